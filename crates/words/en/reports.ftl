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
