# Pages of reports: senders, explore, the ladder.

## Senders

page-reports-label-senders = Senders
page-reports-label-sender = Sender
page-reports-label-senders-of = Senders of { $domain }
page-reports-label-class = Class
page-reports-label-search = Search
page-reports-label-trend = Over time
page-reports-label-trend-of = { $name } over time
page-reports-label-trend-told = Messages of { $name } over the period; { $most } at most.
page-reports-label-dkim-aligned = DKIM aligned
page-reports-label-spf-aligned = SPF aligned
page-reports-label-seen = Seen
page-reports-label-selectors = Selectors
page-reports-label-place = Where
page-reports-label-standing = Your word
page-reports-label-standing-approved = sends for us
page-reports-label-standing-forwarder = forwards
page-reports-label-standing-denied = not ours
page-reports-label-tick = Tick
page-reports-label-tick-sender = Tick { $name }
page-reports-label-note = Note
page-reports-label-approve = It sends for us
page-reports-label-is-forwarder = It forwards
page-reports-label-deny = It is not ours
page-reports-label-forget = Forget what was said
page-senders-counted = { $count ->
        [one] One sender
       *[other] { $count } senders
    }, { $messages } messages.
page-senders-tick = Tick senders below and say what they are; their mail is judged anew at once.
page-senders-none-ticked = No sender was ticked. Nothing was changed.
page-done-marked = It is noted, and the mail of the domain was judged anew.

## One sender

page-reports-label-why-class = Why it is judged so
page-reports-label-repair = What to repair
page-reports-label-addresses = Addresses
page-reports-label-circumstances = Under which circumstances its mail came
page-reports-label-known-by = Known by
page-reports-label-say = Say what it is
page-reports-label-hosts = Hosts
page-reports-label-address = Address
page-reports-label-host-name = Confirmed name
page-reports-label-country = Country
page-reports-label-network = Network
page-reports-label-first-day = First day
page-reports-label-last-day = Last day
page-reports-label-modes = Asked for
page-reports-label-found = By its results
page-reports-label-reported = As reported
page-reports-label-disposition = Disposition
page-reports-label-why = Why?
page-reports-label-alignment = Alignment
page-sender-nothing-to-repair = Nothing has to be repaired here.
page-sender-differs = The reporter’s own evaluation differs from the results it gives.
page-sender-addresses = { $count ->
        [one] One address
       *[other] { $count } addresses
    } in { $groups ->
        [one] one group of hosts.
       *[other] { $groups } groups of hosts.
    }
page-sender-more-circumstances = { $count } more are in the file.

## The ladder

page-reports-label-gates = What the next step asks for
page-reports-label-gate-met = met
page-reports-label-gate-not-met = not met
page-reports-label-first-repair = Repair first
page-reports-label-next-record = What to publish next
page-reports-label-what-if = What would another policy have done?
page-reports-label-as-now = as it is
page-reports-label-tag-absent = without it
page-reports-label-which-policy = Which
page-reports-label-policy = Policy
page-reports-label-policy-now = published now
page-reports-label-policy-next = next step
page-reports-label-policy-asked = what if
page-reports-label-outcomes = What each policy does to the mail of these days
page-reports-label-untouched = Fail, let through
page-reports-label-quarantined = Quarantined
page-reports-label-rejected = Rejected
page-reports-label-own-hit = Own mail hit
page-reports-label-excused = Let through by receivers
page-reports-label-hits = Whom it hits
page-reports-label-hits-of = Senders that { $policy } hits
page-ladder-counted = { $domain }: { $messages } messages, from { $reporters ->
        [one] one reporter
       *[other] { $reporters } reporters
    }, on { $days ->
        [one] one day.
       *[other] { $days } days.
    }
page-ladder-record-now = DNS has now:
page-ladder-record-none = DNS has no record now.
page-ladder-record-unasked = DNS was not asked; what reports say is taken for what is published.
page-ladder-top = The domain is at the top. Nothing has to be published.
page-ladder-not-yet = Not yet: first what is not met above.
page-ladder-absent = { $count ->
        [one] One name below, from which mail was sent, does not exist; np holds for it.
       *[other] { $count } names below, from which mail was sent, do not exist; np holds for them.
    }
page-ladder-what-if = Published now: { $policy }. Choose what should be different.
page-ladder-nobody = Nobody is hit.

## Explore

page-reports-label-explore = Explore
page-reports-label-by-first = Divide by
page-reports-label-by-second = and by
page-reports-label-by-reporter = Reporter
page-reports-label-by-header-from = From domain
page-reports-label-by-selector = Selector
page-reports-label-compare = Compare with
page-reports-label-compare-before = the days before
page-reports-label-against = or from this day on
page-reports-label-yes = yes
page-reports-label-no = no
page-reports-label-filters = Filters that hold
page-reports-label-without-filter = without { $name }
page-reports-label-messages-by = Messages by { $names }
page-reports-label-share = Share
page-reports-label-before = Before
page-reports-label-difference = Difference
page-reports-label-change = Change
page-reports-label-others = Others
page-reports-label-total = All
page-explore-total = { $messages } messages.
page-explore-compared = { $messages } messages, { $before } in the days with which they are compared.
page-explore-cut = There are more lines than are read at once; only the largest are counted here. Choose fewer days or a domain.
page-explore-too-many-days = Addresses, countries, selectors and From domains are told day by day for { $limit } days at most. Choose fewer days.
page-explore-not-together = Reports are not kept by reporter together with addresses, countries, selectors or From domains. Choose the reporter as a filter instead.
