# `report`: reports of others about our mail.

## Problems

reports-none = There are no reports at { $file }; bring some with: sekisho report import PATH
reports-unusable = The store of reports { $file } cannot be used ({ $reason }).
reports-bad-map = { $file }:{ $line }: { $flaw }
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
