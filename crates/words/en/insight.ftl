### What reports tell: classes of senders, advice, alerts.

## Names of classes

class-label-undecidable = undecidable
class-label-legitimate = legitimate
class-label-forwarded = forwarded
class-label-misconfigured = misconfigured
class-label-suspected = suspected spoofing

## Alignment

align-author = The author domain is { $author }; its organizational domain is taken to be { $organization }.
align-same-name = { $method ->
        [dkim] DKIM
       *[other] SPF
    } ({ $result }) is for { $domain }, which is the author domain itself.
align-same-organization = { $method ->
        [dkim] DKIM
       *[other] SPF
    } ({ $result }) is for { $domain }, which has the same organizational domain; that is enough for relaxed alignment.
align-not-strict = { $method ->
        [dkim] DKIM
       *[other] SPF
    } ({ $result }) is for { $domain }, which has the same organizational domain; strict alignment asks for the same name.
align-other-organization = { $method ->
        [dkim] DKIM
       *[other] SPF
    } ({ $result }) is for { $domain }, another organization; it is not aligned.
align-unknown = { $method ->
        [dkim] DKIM
       *[other] SPF
    } ({ $result }) cannot be compared, because the report does not name both domains{ GIVEN($domain) ->
        [yes] {" "}({ $domain })
       *[no] {""}
    }.
align-helo-unused = The SPF result for HELO ({ $domain }) does not count, because there was a MAIL FROM.
align-difference-missed = The reporter says that { $method ->
        [dkim] DKIM
       *[other] SPF
    } fails; by the results it gives, it is an aligned pass.
align-difference-granted = The reporter says that { $method ->
        [dkim] DKIM
       *[other] SPF
    } passes; the results it gives do not show an aligned pass.
align-difference-bare = The reporter says that { $method ->
        [dkim] DKIM
       *[other] SPF
    } passes, and gives no result that could show it.

## Who a sender is

sender-by-address = The address { $ip } lies in a network of { $service }.
sender-by-host-name = The address has the confirmed name { $name }, which is one of { $service }.
sender-by-envelope = SPF passes for { $domain }, a MAIL FROM domain of { $service }.
sender-by-signature = A signature of { $domain } holds, which is a domain of { $service }.
sender-by-selector = A signature of the domain holds, and its selector { $selector } is one that { $service } makes.
sender-by-system = The address belongs to the network AS{ $asn }, which is one of { $service }; that is only a guess.
sender-claimed-envelope = MAIL FROM is of { $domain }, a domain of { $service }; SPF does not confirm it, and anybody can write it.
sender-claimed-signature = There is a signature of { $domain }, a domain of { $service }; it does not hold, and anybody can write it.

## An own map of senders

map-flaw-too-long = The map of senders is longer than { $limit_bytes } bytes; it was not read (line { $line }).
map-flaw-too-many = Line { $line } of the map of senders: no more than { $limit } lines are read.
map-flaw-fields = Line { $line } of the map of senders does not have three to five fields: { $text }.
map-flaw-quote = Line { $line } of the map of senders: a quotation mark is not closed: { $text }.
map-flaw-match = Line { $line } of the map of senders: “{ $text }” is none of network, host, mailfrom, dkim, selector, asn.
map-flaw-pattern = Line { $line } of the map of senders: “{ $text }” is not what its first field wants.
map-flaw-service = Line { $line } of the map of senders: the id “{ $text }” is not of lower-case letters, digits and hyphens.
map-flaw-kind = Line { $line } of the map of senders: “{ $text }” is none of service, isp, forwarder, list, gateway, hosting.

## Why a source is judged as it is

class-mark-approved = You approved this source ({ $sender }).
class-mark-forwarder = You marked this source as a forwarder ({ $sender }).
class-mark-denied = You said that this source has no business with the domain ({ $sender }).
class-spf-aligned = SPF passes for { $domain } and is aligned.
class-dkim-aligned = A signature of { $domain } holds and is aligned{ GIVEN($selector) ->
        [yes] {" "}(selector { $selector })
       *[no] {""}
    }.
class-reported-pass = The reporter says that { $method ->
        [dkim] DKIM
       *[other] SPF
    } gives an aligned pass, and gives no result of it.
class-reporter-missed = The reporter’s own evaluation of { $method ->
        [dkim] DKIM
       *[other] SPF
    } is fail; by its results it is an aligned pass.
class-reporter-granted = The reporter’s own evaluation of { $method ->
        [dkim] DKIM
       *[other] SPF
    } is pass; its results do not show it.
class-path-unknown = SPF does not tell by which way the mail came.
class-other-way = The mail is signed by the domain and came by a way that its SPF does not know: it was forwarded, or is sent by a server of yours that you can approve.
class-override = The reporter excepted the mail from the policy: { $kind }.
class-arc-pass = The reporter found a chain of ARC that holds: the mail passed before it was forwarded.
class-carrier = { $service } handed the mail over ({ $kind ->
        [service] sends for owners of domains
        [isp] access provider
        [forwarder] forwards
        [list] mailing lists
        [gateway] mail filter
       *[other] hosting
    }).
class-maker = { $service } signed the mail ({ $kind ->
        [service] sends for owners of domains
        [isp] access provider
        [forwarder] forwards
        [list] mailing lists
        [gateway] mail filter
       *[other] hosting
    }).
class-own-host = The address has the confirmed name { $name }, which is one of the domain’s own.
class-own-helo = SPF passes for the HELO name { $domain }, which is one of the domain’s own.
class-own-tenant = The signature of { $domain } holds; the service makes it for its customer of the domain’s name.
class-not-strict = { $method ->
        [dkim] DKIM
       *[other] SPF
    } passes for { $domain }, which is of the same organization; strict alignment asks for the same name.
class-third-envelope = SPF passes for { $domain }, another organization.
class-rewritten-envelope = MAIL FROM at { $domain } is written as forwarders rewrite it; anybody can write so.
class-third-signature = { $domain }, whose MAIL FROM it is, also signed the mail.
class-broken-signature = There is a signature of { $domain } that does not hold any more{ GIVEN($selector) ->
        [yes] {" "}(selector { $selector })
       *[no] {""}
    }: the mail was changed on its way, or the signature was copied.
class-broken-signature-strange = There is a signature of { $domain } that does not hold, by a selector that never signed anything that held{ GIVEN($selector) ->
        [yes] {" "}({ $selector })
       *[no] {""}
    }.
class-unusable-signature = There is a signature of { $domain } whose key cannot be used{ GIVEN($selector) ->
        [yes] {" "}(selector { $selector })
       *[no] {""}
    }.
class-spf-denies = The SPF record of { $domain } does not allow the address ({ $result }).
class-spf-broken = The SPF record of { $domain } cannot be evaluated.
class-temporary = DNS did not answer, so that { $method ->
        [dkim] DKIM
       *[other] SPF
    } could not be told.
class-nothing-authentic = Nobody vouches for the mail: neither SPF nor DKIM passes for anyone.
class-unsigned = There is no signature of the domain.
class-nameless = The address has no confirmed name.
class-generic-name = The address has a name that no mail server should have: { $name }.

## What to repair

repair-mend-spf = { $sender } ({ $count } messages): repair the SPF record of { $domain }, which cannot be evaluated.
repair-publish-key = { $sender } ({ $count } messages): publish the key of the selector { GIVEN($selector) ->
        [yes] { $selector }
       *[no] in use
    } at { $domain }; receivers cannot use what is there.
repair-mend-signing = { $sender } ({ $count } messages): its signatures of { $domain } do not hold; compare the key of { GIVEN($selector) ->
        [yes] the selector { $selector }
       *[no] its selector
    } with the one in DNS, and let nothing change the mail after it is signed.
repair-same-name-dkim = { $sender } ({ $count } messages): sign with d={ $author } instead of d={ $domain }, or publish adkim=r.
repair-same-name-spf = { $sender } ({ $count } messages): use a MAIL FROM of { $author } instead of { $domain }, or publish aspf=r.
repair-sign-by-cname = { $sender } ({ $count } messages): sign with d={ $author } there: set the CNAME records that { $sender } shows{ GIVEN($records) ->
        [yes] {" "}({ $records })
       *[no] {""}
    }.
repair-sign-by-txt = { $sender } ({ $count } messages): sign with d={ $author } there: set the TXT record that { $sender } shows{ GIVEN($records) ->
        [yes] {" "}({ $records })
       *[no] {""}
    }.
repair-sign = { $sender } ({ $count } messages): let the mail be signed with d={ $author } there.
repair-sign-too = { $sender } ({ $count } messages): only SPF passes, so that forwarded mail will fail; sign with d={ $author } as well.
repair-decide = { $sender } ({ $count } messages): nothing tells whose mail this is; say whether it sends for you, forwards, or has no business with the domain.

## The advisor

advise-no-record = { $domain } has no DMARC record: publish p=none with an address for reports first.
advise-no-data = No mail of { $domain } was counted in the period; nothing can be said.
advise-wait = { $domain } stands at { $rung }; there is too little to judge by, so wait for more reports.
advise-repair = { $domain } stands at { $rung }; before the next step { $count ->
        [one] one source of its own mail has
       *[other] { $count } sources of its own mail have
    } to be repaired ({ $messages } messages).
advise-decide = { $domain } stands at { $rung }; before the next step say whose the unknown sources are ({ $messages } messages).
advise-raise = { $domain } stands at { $rung }; { $next } can be published now.
advise-top = { $domain } stands at p=reject, and its own mail passes.
advise-hurts = { $domain } stands at { $rung }, and that hits { $messages } messages of its own mail: repair that first, or go one step back until it is done.
advise-gate-messages = Messages that were counted: { $has } (at least { $wants }).
advise-gate-days = Days with reports: { $has } (at least { $wants }).
advise-gate-reporters = Reporters: { $has } (at least { $wants }).
advise-gate-known = Own mail from senders who are known: { $has } (at least { $wants }).
advise-gate-pass = Own mail that passes, without what was forwarded: { $has } (at least { $wants }).
advise-gate-problems = Sources of own mail that are badly set up: { $has } (at most { $wants }).
advise-gate-undecided = Mail of which nothing tells whose it is: { $has } (at most { $wants }).
advise-note-from-reports = The record is made from what reports say; compare it with the one in DNS before you publish it.
advise-note-no-report-address = The record has no address for reports: add rua.
advise-note-testing-weakens = t=y holds for sp and np as well: what they ask for now is one level weaker while it stands.
advise-note-dropped = Tags that mean nothing any more are left out: { $tags }.
advise-note-weak-subdomains = sp={ $policy } is weaker than p, so that names below stay unprotected.
advise-unseen = { $sender } is approved and was not seen in the period; nothing is known of how its mail would fare.

## Alerts

alert-new-source = { $domain }: a new source sends in its name: { $sender }, { $count } messages a day, mostly { $class ->
        [legitimate] legitimate
        [forwarded] forwarded
        [misconfigured] misconfigured
        [suspected] suspected spoofing
       *[other] undecidable
    }.
alert-pass-fell = { $domain }: of its own mail { $now } passes, before it was { $before }.
alert-reporter-silent = { $domain }: { $reporter } used to report, and has been silent for { $days } days.
alert-policy-changed = { $domain }: the policy was “{ $from }” and is now “{ $to }”.
alert-selector-gone = { $domain }: no signature of { $signer } with the selector { $selector } was seen for { $days } days.
alert-reports-refused = { $domain }: { $count } reports of a day could not be taken.
alert-more = { $domain }: { $count } further alerts are not told one by one.

## The weekly digest

digest-title = { $domain }: DMARC from { $from } to { $until }.
digest-total = { $count } messages were counted by { $reporters } reporters (the week before: { $before }).
digest-of-class = { $class ->
        [legitimate] Legitimate
        [forwarded] Forwarded
        [misconfigured] Misconfigured
        [suspected] Suspected spoofing
       *[other] Undecidable
    }: { $count } ({ $share }; the week before: { $before }).
digest-refused = { $count } reports could not be taken.
digest-no-events = Nothing unusual happened.
digest-events = Alerts: { $count }.
digest-sources = Sources: { $count }.
digest-source = { $sender }: { $count } messages, { $share } pass; mostly { $class ->
        [legitimate] legitimate
        [forwarded] forwarded
        [misconfigured] misconfigured
        [suspected] suspected spoofing
       *[other] undecidable
    }.
digest-repairs = To repair: { $count }.
digest-next = The next record to publish, at { $name }: { $record }.
digest-label-brief = { $domain }: { $state ->
        [needs-you] needs you
        [well] is well
       *[silent] had no mail
    } – messages { $messages }, own mail that passes { $share }, suspected spoofing { $suspected }, alerts { $alerts }

## What reporters are worth

quality-refused = { $count } reports could not be read ({ $share } of all).
quality-salvaged = { $count } reports were cut off or damaged ({ $share } of all); what stood before is counted.
quality-conflicts = { $count } reports say something else than another one with the same id.
quality-overlaps = { $count } reports have periods that overlap; messages may be counted twice.
quality-missed = For { $count } messages it says that { $method ->
        [dkim] DKIM
       *[other] SPF
    } fails; by its results it is an aligned pass.
quality-granted = For { $count } messages it says that { $method ->
        [dkim] DKIM
       *[other] SPF
    } passes; its results do not show it.
quality-bare = For { $count } messages it says that { $method ->
        [dkim] DKIM
       *[other] SPF
    } passes, and gives no result.
quality-late = Reports come { $hours } hours after the end of their period.
quality-deviates = Reports deviate from the standards in { $count } ways.
quality-fine = Reports come whole, in time and as the standards have them.
