### Checks of domains.

check-title = Audit of domains
check-made = Made at { $time }.
check-summary = { $domain }: { $errors ->
        [one] { $errors } error
       *[other] { $errors } errors
    }, { $warnings ->
        [one] { $warnings } warning
       *[other] { $warnings } warnings
    }, { $notes ->
        [one] { $notes } note
       *[other] { $notes } notes
    }.
check-findings = Findings
check-guideline = The requirements of the guideline
check-score = { $level ->
        [must] Must
        [should] Should
       *[other] May
    }: { $met } of { $total } met, { $partial } in part, { $not_met } not met, { $unknown } unknown.
check-declared = Declared by { $name } on { $date }, not verified. { $text }
check-remove = Take away the { $kind } record at { $name }.
check-not-a-domain = “{ $value }” is not a domain: { $error }
check-bad-record = { $option }: “{ $value }” is not of the form TYPE=TEXT. The types are spf, dmarc, dkim:SELECTOR, bimi, mtasts, tlsrpt and adsp.
check-an-address = “{ $value }” is an address and not a domain.
check-line = line { $number }: { $message }
check-lines-more = { $count } more lines are no domains.
check-list-too-long = The list is longer than { $limit_bytes } bytes. Nothing was checked; divide it.
check-bad-place = { $option }: “{ $value }” is not of the form HOST:53=ADDRESS:PORT for a name server, or HOST:25=ADDRESS:PORT for a mail host.
check-record-too-long = { $option }: the record is longer than any that DNS can hold.
check-history-none = No audit of { $domain } was kept. “sekisho check --save” keeps one, and so does the daemon ([audit] in the configuration).
check-history-head = { $domain }: { $count } audits were kept, from { $first } to { $last }.
check-history-standing = Must { $must } of { $musts }, Should { $should } of { $shoulds }, May { $may } of { $mays }; errors: { $errors }, warnings: { $warnings }.
check-not-kept-large = { $domain }: the audit is not kept, because it is larger than any that is.
check-not-kept-many = { $domain }: the audit is not kept, because audits of as many domains are kept as may be.
check-not-kept-late = { $domain }: the audit is not kept, because one of this moment or a later one is kept already.
check-watch-outage = { $time }: nobody answers any question. Nothing is known of a change; the next round asks again.
check-watch-round = { $time }: a round over { $domains } domains; changes: { $count }, without any answer: { $unanswered }.
check-label-fix = →
check-label-met = met
check-label-not-met = not met
check-label-partial = in part
check-label-not-applicable = does not apply
check-label-unknown = unknown
check-label-declared-met = met, as declared
check-label-declared-not-met = not met, as declared
check-label-id = No.
check-label-level = Level
check-label-requirement = Requirement
check-label-result = Result
check-label-evidence = Evidence, and what to do
check-label-rule = Rule
check-label-severity = Severity
check-label-finding = Finding, and what to do
check-label-error = error
check-label-warning = warning
check-label-info = note

## Messages

check-message-method = { $method } { $result }: { $about }
check-message-no-spf = SPF not evaluated: which client the message came from is not known (--ip, --trace).
check-message-no-dkim = DKIM: no signature.
check-message-bulk = { $bulk ->
        [many] Sent to many.
       *[few] Not said to be sent to many.
    } Unsubscribing with one click: { $offered ->
        [signed] offered, and signed.
        [unsigned] offered, and covered by no signature that holds.
       *[absent] not offered.
    }

## Profiles

check-profile-summary = { $name }: { $met } met, { $partial } in part, { $not_met } not met, { $unknown } unknown, { $not_applicable } do not apply.
check-profile-source = As stated at { $source } ({ $time }).
check-profile-unknown = { $option }: there is neither a profile nor a file of the name “{ $value }”. The built-in profiles are { $names }.
check-profile-too-large = { $file }: a profile has { $limit_bytes } bytes at most.
check-profile-not-text = { $file }: a profile is UTF-8.
check-profile-malformed = { $file }:{ $line }: { $reason }
check-profile-too-many = { $file }:{ $line }: a profile has { $limit } requirements at most.
check-profile-twice = { $file }:{ $line }: the requirement “{ $value }” stands twice.
check-profile-conditions = { $file }:{ $line }: the requirement “{ $value }” needs one condition at least and { $limit } at most: facts, silent, author_outside, spam_rate_below, guideline, declared.
check-profile-no-sentence = { $file }:{ $line }: the requirement “{ $value }” needs a sentence in English (en) and one in Japanese (ja).
check-profile-word = { $file }:{ $line }: “{ $value }” is not known here.
check-profile-text = { $file }:{ $line }: a text here has one line, and { $limit } characters at most.

## Records that are written

record-policy = The policy belongs at { $url }, as text/plain, with a certificate that holds:
record-caveat-destination = The destination of the reports publishes this, in its own zone.
record-caveat-wildcard = A wildcard does not reach names that have records of their own: each of those needs its own.
record-caveat-beside = If an SPF record stands at that name already, take it away in the same update; two records are none.
record-more-remarks = … and the same of { $count } more.
record-why-unsound = "sekisho check { $domain } --spf-tree" tells what is wrong with it.
record-caveat-one-spf = If the domain has an SPF record already, put the include into that one; two records are none.
record-bad-name = { $name } is no name that DNS can hold.
record-bad-network = “{ $value }” is not a network. It is written as 192.0.2.0/24 or 2001:db8::/32, with no bits beyond the prefix.
record-bad-uri = “{ $value }” is not an address that this record may name.
record-too-many-lookups = The record would take { $count } look-ups; receivers make ten.
record-bad-key = The text is not a usable DKIM key record.
record-bad-host = “{ $value }”: name the mail hosts, by name or as *.example.jp.

## What the installation knows

check-known-unreadable = What this installation knows is left out as far as it is in { $file }, which cannot be read: { $reason }
