### The requirements of the guideline.

audit-req-2-1 = A sending domain publishes a DMARC record and has SPF or DKIM in place.
audit-req-2-2 = Both SPF and DKIM are in place.
audit-req-2-3 = The policy begins at none, is raised to quarantine once the results are confirmed, and then to reject.
audit-req-2-4 = DMARC reports decide when the policy is raised.
audit-req-2-5 = The SPF record is checked before it is published.
audit-req-2-6 = Names of other operators in the SPF record are checked regularly.
audit-req-2-7 = DKIM signatures cover From, the other recommended fields, and enough of the body.
audit-req-2-8 = The organizational domain has a DMARC record.
audit-req-2-9 = Each domain that is used for mail has a DMARC record of its own.
audit-req-2-10 = Names that are not used for mail fall under reject.
audit-req-2-11 = A parked domain has SPF -all alone, DMARC p=reject, and a Null MX.
audit-req-2-12 = DMARC reports, aggregate ones above all, are received.
audit-req-2-13 = The aim is reject, with the state of SPF, DKIM and DMARC at receivers known.
audit-req-2-14 = Reports are read and analysed by a tool or a service.
audit-req-2-15 = A report address outside the own domain is authorised by the domain that receives.
audit-req-3-1 = Mail that is sent for a client passes DMARC for the client's domain.
audit-req-3-2 = There is an SPF record that is made to be included.
audit-req-3-3 = Clients get the DKIM public key, or a name for a CNAME.
audit-req-3-4 = A client whose domain stands in From publishes SPF, DKIM and DMARC as the provider says.
audit-req-4-1 = Forwarding rewrites MAIL FROM where the next hop wants SPF.
audit-req-4-2 = Mail that may be forwarded is signed by DKIM.
audit-req-4-3 = Where MAIL FROM is rewritten, bounces do not loop.
audit-req-4-4 = A mailing list sends with its own domain in MAIL FROM and From.
audit-req-4-5 = A mailing list signs anew with its own domain.
audit-req-4-6 = The list's domain has SPF, a DKIM key and DMARC.
audit-req-4-7 = Where members' receivers support it, ARC seals are made.
audit-req-5-1 = SPF, DKIM and DMARC are verified on receipt, and the sender's policy is acted on.
audit-req-5-2 = Even where SPF passes, the record itself is looked at.
audit-req-5-3 = Even where DKIM passes, what is signed, and replay, is looked at.
audit-req-5-4 = The authenticated domain is looked at, not the result alone.
audit-req-5-5 = The authenticated domain is rated, and delivery depends on it.
audit-req-5-6 = Before a report goes to an external address, its authorisation is verified.
audit-req-5-7 = A failure report holds no personal or sensitive data.
audit-req-5-8 = Who uses aggregate reports as a sender sends them as a receiver.
audit-req-5-9 = Users are shown the result and the authenticated domain clearly.
audit-req-5-10 = Where the sender supports BIMI and the rules are met, the indicator is shown.

## What shows it

audit-shown-aligned = { $count } of { $total } messages for clients had an aligned signature.
audit-shown-audits = There were { $count } audits before this one.
audit-shown-below = Existing names below it get "{ $sp }", names that do not exist "{ $np }".
audit-shown-bounces = Bounces come back by signed addresses with a time limit.
audit-shown-breadth = Rules use how wide an SPF record is.
audit-shown-clients-unanswered = DNS gave no answer about { $domains }, so that it is not known of them.
audit-shown-coverage = Rules use what a signature covers, and replays.
audit-shown-delegated = { $count } of { $total } clients use keys that are delegated.
audit-shown-destinations = Reports go to { $uris }.
audit-shown-destinations-blocked = Not all of these destinations can get reports.
audit-shown-dmarc = The DMARC record at { $domain } asks for "{ $policy }".
audit-shown-dns-failed = { $name } { $kind }: DNS gave no answer ({ $failure }), so that it is not known.
audit-shown-domain = The authenticated domain is written into the message, and used in rules.
audit-shown-external-agreed = { $uri } has agreed.
audit-shown-external-refused = { $uri } has not agreed.
audit-shown-external-unanswered = Whether { $uri } agrees was not answered.
audit-shown-include = { $name } is made to be included.
audit-shown-indicators = BIMI is evaluated, and the indicator handed on.
audit-shown-keys = There are usable DKIM keys at: { $selectors }.
audit-shown-list-signatures = Lists sign with their own domain.
audit-shown-lists = Lists write MAIL FROM and From anew.
audit-shown-mail = The domain is used for mail.
audit-shown-no-bounces = Bounces of rewritten mail are not bounded.
audit-shown-no-breadth = No rule looks at SPF records themselves.
audit-shown-no-coverage = No rule looks at what signatures cover.
audit-shown-no-destination = { $domain } names nobody who gets aggregate reports.
audit-shown-no-destination-of-ours = No reports are asked for, so none need be sent.
audit-shown-no-dmarc = No DMARC record applies to { $domain }.
audit-shown-no-domain = The authenticated domain is not shown.
audit-shown-no-external = No report goes to an external address.
audit-shown-no-failure-reports = No failure reports are sent.
audit-shown-no-include = No record is made to be included.
audit-shown-no-indicators = BIMI is not evaluated.
audit-shown-no-keys = No DKIM key was found at { $domain } at the selectors that were asked for.
audit-shown-no-list-signatures = Lists do not sign.
audit-shown-no-lists = Lists leave the author's address in From.
audit-shown-no-mail = The domain sends no mail.
audit-shown-no-others = The SPF record uses no names of others.
audit-shown-no-own-record = { $domain } has no record of its own.
audit-shown-no-provider = Nothing is known here of mail that is sent for clients.
audit-shown-no-receiver = Nothing is known here of how mail is received.
audit-shown-no-relay = Nothing is known here of forwarding and lists.
audit-shown-no-reports-known = No reports were read here.
audit-shown-no-reports-sent = No aggregate reports are sent.
audit-shown-no-reputation = No domain reputation is kept.
audit-shown-no-seals = No ARC seals are made.
audit-shown-no-signatures-known = No signatures were seen here.
audit-shown-no-spf = There is no SPF record at { $domain }.
audit-shown-no-spf-record = There is no SPF record.
audit-shown-no-srs = MAIL FROM is not rewritten.
audit-shown-not-ready = Not ready: { $domains }.
audit-shown-organization = The organizational domain is { $psl_domain } by the public suffix list and { $walk_domain } by the tree walk.
audit-shown-own-record = { $domain } has a record of its own.
audit-shown-parked = SPF -all alone: { $spf }; DMARC reject: { $dmarc }; Null MX: { $mx }.
audit-shown-policy = The policy for { $domain } is "{ $policy }".
audit-shown-ready = { $count } of { $total } clients publish everything.
audit-shown-redacts = Failure reports are redacted: header fields by a list, addresses by a keyed hash, no body.
audit-shown-reports = { $reports } reports of { $days } days were read, about { $messages } messages.
audit-shown-reports-above = They are about { $domain }, whose record applies; the messages counted are those of this domain.
audit-shown-reports-sent = Aggregate reports are sent.
audit-shown-reputation = Domain reputation decides on delivery.
audit-shown-reputation-kept = Domain reputation is kept, and decides nothing.
audit-shown-results = Results and authenticated domains are written where users and their programs see them.
audit-shown-results-only = Results are shown, the authenticated domain is not.
audit-shown-seals = ARC seals are made.
audit-shown-signed = { $count } of { $total } messages were signed.
audit-shown-signed-fields = { $messages } messages were signed, and not all recommended fields are covered.
audit-shown-signed-length = { $messages } messages were signed with "l=".
audit-shown-signed-whole = { $messages } messages were signed, with all recommended fields and the whole body.
audit-shown-spf = The SPF record of { $domain } can be used.
audit-shown-spf-broken = The SPF record of { $domain } ends in an error.
audit-shown-spf-checked = The SPF record of { $domain } was checked: it has no error.
audit-shown-srs = MAIL FROM is rewritten where mail is forwarded.
audit-shown-steps = The product has seen { $count } different records so far.
audit-shown-verifies = SPF: { $spf }, DKIM: { $dkim }, DMARC: { $dmarc }, acts on policies: { $acts }; { $messages } messages in 30 days.
audit-shown-verifies-destinations = Every external destination is verified before a report is sent.

## What to change

audit-mend-2-1 = Publish a DMARC record; p=none with a report address is a safe beginning.
audit-mend-2-1-methods = Publish an SPF record, or sign with DKIM and name the selector.
audit-mend-2-2 = Publish what is missing of SPF and DKIM; name your selector if it was not asked for.
audit-mend-2-3 = Raise the policy one step once the reports show that your own mail passes.
audit-mend-2-4 = Let the reports decide: "sekisho report advise".
audit-mend-2-5 = Mend the SPF record; try the new text by "sekisho check --record spf=…" first.
audit-mend-2-6 = Have it checked by itself: "sekisho check --watch", or a schedule of the daemon.
audit-mend-2-7 = Sign From, To, Subject, Date and the other recommended fields, without "l="; show a message by "sekisho check --message FILE".
audit-mend-2-8 = Publish a DMARC record at the organizational domain.
audit-mend-2-9 = Publish a record at this domain too.
audit-mend-2-10 = Add "sp=reject" and "np=reject" at the organizational domain, once no sub-domain sends without a record of its own.
audit-mend-2-11 = Publish the set that "sekisho record parked" writes.
audit-mend-2-12 = Add a report address: "rua=mailto:…".
audit-mend-2-12-arrive = Make the destination agree and take mail, and read what arrives.
audit-mend-2-13 = Read the reports, repair what fails, and go on to reject.
audit-mend-2-13-raise = The reports show that the next step is safe: raise the policy.
audit-mend-2-14 = Read them: "sekisho report import", or have the daemon take them in.
audit-mend-2-15 = Ask the destination to publish the record, or use an address of your own.
audit-mend-3-1 = Sign with the client's domain, or send with an envelope of its domain.
audit-mend-3-2 = Publish the record that "sekisho record esp" writes.
audit-mend-3-3 = Give each client a CNAME, or a key of its own: "sekisho key new".
audit-mend-3-4 = Show the clients that are not ready what to publish, before the first mail.
audit-mend-4-1 = Switch SRS on where you forward.
audit-mend-4-2 = Sign all mail by DKIM.
audit-mend-4-3 = Accept bounces at signed addresses only, and for a limited time.
audit-mend-4-4 = Let lists write their own address into From.
audit-mend-4-5 = Let lists sign what they send.
audit-mend-4-6 = Publish what is missing for the list's domain.
audit-mend-4-7 = Switch ARC sealing on.
audit-mend-5-1 = Verify all three, and go on from observing to filtering.
audit-mend-5-2 = Add a rule on the breadth of SPF records.
audit-mend-5-3 = Add a rule on what signatures cover, and on replays.
audit-mend-5-4 = Write Authentication-Results, and let rules name domains.
audit-mend-5-5 = Switch reputation on, and let rules use it.
audit-mend-5-7 = Leave failure reports off, or keep their redaction.
audit-mend-5-8 = Switch the sending of aggregate reports on.
audit-mend-5-9 = Add labels, and the authenticated domain, for users to see.
audit-mend-5-10 = Switch BIMI on.
