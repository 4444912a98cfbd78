# `report`: reports of others about our mail.

## Problems

reports-none = There are no reports at { $file }; bring some with: sekisho report import PATH
reports-unusable = The store of reports { $file } cannot be used ({ $reason }).
reports-bad-map = { $file }:{ $line }: { $flaw }
reports-mailbox-incomplete = [[reports.imap]] “{ $name }”: the key { $key } is missing.
reports-mark-whom = Say which source is meant: --service, --hosts or --network, and with --as what it is.
reports-no-such-report = There is no report { $id }; sekisho report list names them.
reports-no-raw = Of report { $id } the bytes are not kept.

## What was done

reports-imported = { $accepted } accepted, { $duplicate } known already, { $salvaged } salvaged, { $refused } refused: { $records } records, { $messages } messages.
reports-marked = Noted for { $domain }; { $count } counts were judged anew.
reports-no-marks = Nothing was said of any source.
reports-no-messages = No reports count anything there.
reports-no-reports = There are no such reports.
reports-error-told = The reporter says: { $text }

## Labels

reports-label-summary = { $from } to { $to }, { $reporters ->
        [one] { $reporters } reporter
       *[other] { $reporters } reporters
    }, { $messages ->
        [one] { $messages } message
       *[other] { $messages } messages
    }
reports-label-summary-tls = TLS, { $from } to { $to }, { $reporters ->
        [one] { $reporters } reporter
       *[other] { $reporters } reporters
    }, { $sessions ->
        [one] { $sessions } session
       *[other] { $sessions } sessions
    }
reports-label-summary-failure = failures, { $from } to { $to }, { $reporters ->
        [one] { $reporters } reporter
       *[other] { $reporters } reporters
    }, { $reports ->
        [one] { $reports } report
       *[other] { $reports } reports
    } of { $incidents ->
        [one] { $incidents } incident
       *[other] { $incidents } incidents
    }
reports-label-sessions-successful = successful
reports-label-sessions-failed = failed
reports-label-pass = pass
reports-label-dkim-aligned = DKIM, aligned
reports-label-spf-aligned = SPF, aligned
reports-label-day = day
reports-label-days = days
reports-label-messages = messages
reports-label-id = no.
reports-label-received = received
reports-label-status = status
reports-label-reporter = reporter
reports-label-domain = domain
reports-label-period = period
reports-label-remarks = remarks
reports-label-source = source
reports-label-class = class
reports-label-unauthenticated = nobody vouches for it
reports-label-conflict = says something else than report { $id }, which has the same id
reports-label-overlap = its period overlaps that of report { $id }
reports-label-deviations = deviates from the standard in { $count ->
        [one] { $count } way
       *[other] { $count } ways
    }
reports-label-sources = { $count ->
        [one] { $count } source
       *[other] { $count } sources
    }, { $messages ->
        [one] { $messages } message
       *[other] { $messages } messages
    }
reports-label-counted = { $days ->
        [one] { $days } day
       *[other] { $days } days
    }, { $reporters ->
        [one] { $reporters } reporter
       *[other] { $reporters } reporters
    }, { $messages ->
        [one] { $messages } message
       *[other] { $messages } messages
    }
reports-label-passed = { $share } pass
reports-label-hits = If { $policy } had stood: { $messages ->
        [one] { $messages } message
       *[other] { $messages } messages
    } affected, of these
reports-hits-nobody = If { $policy } had stood, no message would have been affected.
reports-label-more-sources = … and { $count ->
        [one] { $count } more source
       *[other] { $count } more sources
    }
reports-label-gates = Before the next step
reports-label-repairs = Repair first
reports-label-next-record = Publish next

## The daemon

reports-taken-at = Reports are taken at { $address }.
reports-kept-in = Reports are kept in { $file }.
reports-not-now = A report that came by { $source } is not taken for now: { $reason }
reports-label-unanswered = DNS does not answer, so that its sender cannot be authenticated.
reports-label-place = where
reports-label-nobody-takes = No reports are taken in at present.
reports-mail-too-large = { $source }: message { $uid } is too large for a report, and stays where it is.
reports-mail-not-disposed = { $source }: the server did not do with message { $uid } what was asked for ({ $reason }).
reports-mailbox-failed = { $source }: the mailbox cannot be read for now ({ $reason }).
reports-mailbox-anew = { $source }: the server has numbered the mailbox anew; it is read from the beginning, and nothing is counted twice.
reports-mailbox-open = { $source }: the mailbox is open.
reports-no-tokens = [reports] push needs push_tokens, a file with a token of at least 16 letters and digits on each line ({ $reason }).

## Reports that we send

reports-send-on = Reports about the mail of others are sent through { $server }.
reports-send-made = { $count ->
        [one] { $count } report was made
       *[other] { $count } reports were made
    }.
reports-send-recovered = When the program ended last, { $count ->
        [one] { $count } mail with a report was under way; it is in order now
       *[other] { $count } mails with reports were under way; they are in order now
    }.
reports-send-unsigned = No key of [[signing.key]] signs for { $domain }, from which reports are sent: receivers refuse reports that do not pass DMARC.
reports-send-no-ledger = No reports are sent: they are made from the ledger, which is switched off.
reports-send-not-configured = [reports.send] needs from and submit, and must not be switched off, for reports to be sent.
reports-send-busy = Another process sends reports at this time, perhaps the daemon.
reports-send-bad-server = The server for reports cannot be used ({ $reason }).
reports-send-capped = There are more reports about { $domain }, or in all, than [reports.send] allows; one is not made.
reports-send-invalid = A report about { $domain } is not valid, and is not sent ({ $reason }).
reports-send-failed = Reports cannot be made or sent for now ({ $reason }).
reports-hosts-failed = Names of addresses cannot be looked for now ({ $reason }).
reports-failure-not-sent = [reports.failure] needs [reports.send] with from and submit, and the ledger, for failure reports to be sent.
reports-sent = { $accepted } accepted, { $deferred } deferred, { $others } otherwise.

## What DNS says today

reports-dns-record = DNS, { $name }: { $record }
reports-dns-no-record = DNS, { $name }: there is no DMARC record.
reports-dns-several-records = DNS, { $name }: there are { $count } DMARC records; receivers discard all of them.
reports-dns-failed = DNS, { $name }: no answer ({ $failure }); the record is taken from what reports say.
reports-dns-not-asked = DNS was not asked for { $name }; the record is taken from what reports say.
reports-dns-absent = Mail was counted of { $count ->
        [one] { $count } name below that does not exist
       *[other] { $count } names below that do not exist
    }, for which np counts: { $names }
reports-dns-unknown = Of { $count ->
        [one] { $count } name below nobody says whether it exists
       *[other] { $count } names below nobody says whether they exist
    }; sp counts for them here.

## What is told

reports-alerts-on = Alerts and digests go to { $places }.
reports-alerts-bad-server = Alerts cannot be sent ({ $reason }).
reports-alerts-unsigned = No key of [[signing.key]] signs for { $domain }, from which alerts are sent: receivers may refuse them.
reports-alerts-busy = Another process watches the reports at this time, perhaps the daemon.
reports-alerts-failed = Alerts cannot be made or sent for now ({ $reason }).
reports-alerts-recovered = When the program ended last, { $count ->
        [one] { $count } letter was under way; it is sent again under the same id
       *[other] { $count } letters were under way; they are sent again under the same ids
    }.
reports-alerts-noticed = { $count ->
        [one] { $count } alert was noticed
       *[other] { $count } alerts were noticed
    }.
reports-label-not-wanted = the configuration does not name this place any more
reports-label-subject-new-source = DMARC alert: { $domain } has a new source, { $sender } with { $count } messages a day
reports-label-subject-pass-fell = DMARC alert: only { $now } of the own mail of { $domain } passes, it was { $before }
reports-label-subject-reporter-silent = DMARC alert: no reports of { $reporter } about { $domain } for { $days } days
reports-label-subject-policy-changed = DMARC alert: the policy of { $domain } is now { $to }
reports-label-subject-key-gone = DMARC alert: key { $selector } of { $signer } has not been seen for { $days } days
reports-label-subject-refused = DMARC alert: { $count } reports could not be taken at { $domain }
reports-label-subject-audit = DMARC alert: { $domain }: { $name } is not as it was
reports-label-subject-alerts = DMARC alert: { $count } things about { $domain }
reports-label-subject-alerts-several = DMARC alert: { $count } things about { $domains } domains
reports-label-hint-new-source = Who it is: sekisho report sources --domain { $domain } --from { $day }; then say whether it is yours: sekisho report mark { $domain }
reports-label-hint-pass-fell = What fails, and what to change: sekisho report advise { $domain } --from { $day }
reports-label-hint-reporter-silent = Whether its reports still arrive, or are refused: sekisho report list --reporter { $reporter }
reports-label-hint-policy-changed = If nobody of yours changed it, look at _dmarc.{ $domain } now.
reports-label-hint-key-gone = If it was not retired on purpose, look at { $name } and at who signs with it.
reports-label-hint-refused = Which, and why: sekisho report list --status refused --from { $day }
reports-label-hint-more = All of them: sekisho report sources --domain { $domain }
reports-label-hint-audit = What changed when: sekisho check { $domain } --history
reports-label-foot = Sekisho at { $station }. What is told, and to whom, stands in [reports.alerts] of its configuration.
reports-label-subject-week = DMARC: { $domain } { $state ->
        [needs-you] needs you
        [well] is well
       *[silent] had no mail
    }, { $share } of its own mail passes, { $messages } messages (week to { $until })
reports-label-subject-week-bare = DMARC: { $domain } { $state ->
        [needs-you] needs you
        [well] is well
       *[silent] had no mail
    }, { $messages } messages (week to { $until })
reports-label-subject-week-well = DMARC: all of { $count } domains are well (week to { $until })
reports-label-subject-week-several = DMARC: { $needing } of { $count } domains need you, { $domain }{ $more ->
        [0] {""}
       *[other] {" "}and others
    } (week to { $until })
reports-label-week-more = More: sekisho report advise { $domain }
reports-label-week-refused = Reports that could not be taken, of whatever domain: { $count }; sekisho report list --status refused tells why.

## What is taken away

reports-remove-would = Of { $domain } there are { $reports } reports with { $messages } messages and { $marks } marks to be taken away. Nothing was; say --yes to do it.
reports-remove-would-before = Of { $domain } there are { $reports } reports with { $messages } messages from before { $before } to be taken away. Nothing was; say --yes to do it.
reports-removed = { $count } reports of { $domain } were taken away.
reports-expired = { $count } reports were older than they are kept, and were taken away.
reports-expire-failed = Old reports cannot be taken away for now ({ $reason }).
