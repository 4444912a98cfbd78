### The output of `verify` and `spf`.

## Verdict: the word, the label, the one sentence

verdict-pass = ✓ PASS
verdict-fail = ✗ FAIL
verdict-none = ? NO POLICY
verdict-temperror = ? UNDECIDED
verdict-permerror = ✗ BROKEN
verdict-spoofing-suspected = spoofing suspected
verdict-reject-nobody-vouches = { $domain } asks receivers to reject mail like this (p={ $policy }); neither SPF nor DKIM vouches for { $domain }.
verdict-quarantine-nobody-vouches = { $domain } asks receivers to treat mail like this as suspicious (p={ $policy }); neither SPF nor DKIM vouches for { $domain }.
verdict-monitor-nobody-vouches = Neither SPF nor DKIM vouches for { $domain }, which asks receivers only to report this (p={ $policy }).
verdict-testing-nobody-vouches = Neither SPF nor DKIM vouches for { $domain }; its policy { $policy } is under test (t=y), so { $to_apply } applies.
verdict-pass-spf = SPF vouches for { $domain } ({ $spf_domain }).
verdict-pass-dkim = DKIM vouches for { $domain } (signature of { $dkim_domain }).
verdict-pass-both = SPF and DKIM both vouch for { $domain }.
verdict-pass-several = SPF or DKIM vouches for every domain that From names ({ $count }).
verdict-no-record-spf = { $domain } publishes no DMARC policy; SPF passes for { $spf_domain }.
verdict-no-record-dkim = { $domain } publishes no DMARC policy; DKIM passes for { $dkim_domain }.
verdict-no-record-both = { $domain } publishes no DMARC policy; SPF passes for { $spf_domain }, and DKIM for { $dkim_domain }.
verdict-no-record-nothing = { $domain } publishes no DMARC policy, and neither SPF nor DKIM passes; nothing is known of the sender.
verdict-unusable-record = The DMARC record of { $domain } has no valid policy, so it protects nobody.
verdict-dns-failed = DNS did not give all the answers that are needed to judge { $domain }; another try may.
verdict-from-absent = The message has no From field, so there is no author to authenticate.
verdict-from-repeated = The message has more than one From field, so nobody can say who its author is.
verdict-from-malformed = The From field can be read in more than one way, so nobody can say who the author is.
verdict-from-no-mailbox = The From field names no mailbox, so there is no author to authenticate.
verdict-from-bad-domain = The domain in From is not a domain name, so the author cannot be authenticated.
verdict-several-authors = From names { $count } domains, and not all of them are vouched for.
verdict-too-many-authors = From names { $count } domains; more than { $limit } are not evaluated.

## Labels and cells

verify-from-label = From:
verify-no-from = (none)
verify-worth-knowing = Worth knowing
verify-evidence = Evidence
verify-reason = Reason
verify-policy = policy { $policy }, from { $record }
verify-policy-testing = policy { $policy } under test (t=y), { $to_apply } applies, from { $record }
verify-no-policy = no record at { $record }
verify-organizational-domains = organizational domain { $psl_domain } (public suffix list){ GIVEN($walk_domain) ->
        [yes] , { $walk_domain } (tree walk)
       *[no] {""}
    }
verify-aligned = aligned with { $domain }
verify-not-aligned = not aligned with { $domain }
verify-spf-domain = for { $domain }
verify-spf-term = for { $domain } ({ $term })
verify-spf-helo = for { $domain } (HELO)
verify-spf-not-checked = not checked: no client address; give one with --ip
verify-spf-no-domain = no domain to check
verify-spf-lookups = { $lookups } of { $limit } DNS lookups, { $void_lookups } void
verify-spf-explanation = { $domain } explains: { $text }
verify-dkim-signature = d={ $domain } s={ $selector }
verify-dkim-algorithm = { $algorithm } { $bits } bit
verify-dkim-none = no signature
verify-arc-unchanged = { $count ->
        [one] { $count } set
       *[other] { $count } sets
    }, sealed by { $sealers }; unchanged since the first set
verify-arc-changed = { $count ->
        [one] { $count } set
       *[other] { $count } sets
    }, sealed by { $sealers }; unchanged since set { $instance }, changed before
verify-arc-sealed = { $count ->
        [one] { $count } set
       *[other] { $count } sets
    }, sealed by { $sealers }
verify-iprev-name = { $ip } is { $name }
verify-bimi-mark = The mark belongs to { $organization }.
verify-bimi-no-roots = No root is trusted; name a file of them in the configuration ([bimi] roots).
verify-historic = Historic methods and experiments: they change nothing above
verify-historic-method = { $method } (historic)
verify-experimental-method = { $method } (experimental)
verify-sender-id = for { $address } ({ FIELD($field) })
verify-sender-id-borrowed = by an SPF record that was not written for this; for reporting only
verify-adsp-record = dkim={ $practice }, from { $record }
verify-atps = { $signer } for { $author }
verify-not-evaluated = not evaluated
verify-bare-newlines = The body mixes line ends: CR or LF stands alone beside CRLF.
verify-client-from-received = Client address { $ip } taken from Received.
verify-ttl = TTL { $seconds }
verify-message-number = message { $number } of { $file }

## What comes next

verify-hint-explain = sekisho verify --explain shows each DNS answer and rule.
verify-hint-language = --lang ja で日本語表示
verify-hint-spf = sekisho spf --help shows what else can be given.
