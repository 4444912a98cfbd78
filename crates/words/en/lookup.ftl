### Why DNS gave no answer. These stand in parentheses or behind a colon in other sentences.

failure-timeout = no answer in time
failure-servfail = the DNS server failed
failure-refused = the DNS server refused to answer
failure-truncate = the answer was cut off
failure-bogus = DNSSEC validation failed
failure-malformed = the answer could not be read
failure-alias-chain = too many aliases (CNAME)
failure-unreachable = no DNS server could be reached
failure-budget = the limit of DNS questions for one message is used up
failure-not-on-tape = the recording does not hold this answer
failure-bad-name = the name cannot be asked in DNS
