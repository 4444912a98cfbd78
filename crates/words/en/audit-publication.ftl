### Publication: what is common to all records (COM).

audit-com01 = The question for { $name } ({ $kinds }) was not answered: { $failure }. Receivers put mail off, or treat it as if nothing were published.
audit-com01-all = Not one of { $count } questions about { $name } and the names below it was answered: { $failure }. Nothing can be said of what is published there; receivers put mail off, or treat it as if nothing were published.
audit-com01-more = The questions for { $count } more names, { $name } among them, were not answered: { $failure }. Whatever is published there is not judged.
audit-com01-server = The server { $server } ({ $ip }) does not answer the question for { $name }: { $failure }. Receivers that ask it have to wait.
audit-com02 = The servers { $server } and { $other } answer differently for { $name }. What a receiver sees depends on which one it asks.
audit-com03 = The server { $server } cuts the answer for { $name } over UDP and gives nothing over TCP. Receivers that ask it see no record.
audit-com04 = The answer for { $name } has { $size_bytes } bytes; { $limit_bytes } cross every network in one packet. On some ways it is lost or has to be asked for again over TCP.
audit-com05 = The text at { $name } is cut into pieces in such a way that two terms grow together at "{ $text }". Receivers join the pieces without a space between.
audit-com06 = The text at { $name } holds "{ $text }". Quotes and backslashes belong into a zone file only; receivers read them as a part of the record.
audit-com06-smart = The text at { $name } holds typographic quotes. A program for texts put them there; receivers cannot read the record.
audit-com07 = The text at { $name } holds the byte { $byte } at { $offset }, which is no printable ASCII. Receivers ignore the record or read something else.
audit-com08 = { $name } is an alias and the top of a zone at once. Servers and resolvers differ in what they answer.
audit-com08-chain = The aliases at { $name } lead in a circle, or through too many names. Receivers get no answer.
audit-com09 = { $name } is an alias of { $target }, and nothing is there. Whoever gets that name decides what the domain publishes.
audit-com10 = { $name } leads to { $target }, which belongs to somebody else. What stands there is theirs to change.
audit-com11 = The record at { $name } is there only because of a wildcard, which answers to every other name too.
audit-com12 = The record at { $name } may be kept for { $seconds } seconds only. Servers are asked needlessly often, and one that fails is noticed at once.
audit-com12-long = The record at { $name } may be kept for { $seconds } seconds. A mistake stays for as long.
audit-com13 = The zone of { $name } is not signed (DNSSEC). Whoever can forge DNS answers decides what receivers see of SPF, DKIM and DMARC.
audit-com13-bogus = The signature of { $name } does not hold (DNSSEC). Receivers whose resolvers check it get no answer.
audit-com14 = A record stands at { $name }, one name off: often a form appended the domain once more. Nobody reads it there.
audit-com15 = The text at { $name } has white space before or behind it. Some receivers do not know it for a record then.
audit-com16 = "{ $domain }" is a single name. It is asked for as it stands; other programs may append something to it and find another domain.
audit-com17 = { $name } does not exist in DNS. Nobody can answer mail from it, and many receivers refuse such mail. Is the name written rightly, and is the domain registered?
