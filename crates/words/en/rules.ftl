# `policy test` and `policy simulate`: what the operator's rules make of mail.

rules-label-verdict = by the rules, at the stage { $stage }
rules-wanted = At the stage block it would be { $action }.
rules-label-reasons = Reasons
rules-label-reported = Reports would say: disposition { $disposition }
rules-label-reported-because = Reports would say: disposition { $disposition }, because of { $overrides }
rules-label-simulated = { $from } to { $to }: { $count ->
        [one] { $count } message
       *[other] { $count } messages
    } in the ledger
rules-nothing-changes = By these rules every one of them would be treated as it was.
rules-changed = { $count } of them would be treated otherwise: { $stricter } more strictly, { $milder } more mildly.
rules-label-authenticated = of these { $count } that passed DMARC
rules-label-more = … and { $count } more
rules-simulate-limits = The ledger does not keep everything that rules can ask for: List-Id, reputation and SPF records that let everybody pass are taken as harmless.

# `reputation`, `replay` and `list`: what is remembered, and lists that change while the daemon runs.

rules-nothing-remembered = Nothing is remembered. [policy.memory] remember = true begins it.
rules-label-reputation = { $good_per_mille } of 1000 messages good; weight { $count ->
        [one] { $count } message
       *[other] { $count } messages
    }
rules-label-reputation-counts = good { $good }, bad { $bad }, unknown { $unknown }
rules-reputation-set = { $domain }: the counts are set.
rules-reputation-forgotten = { $domain } is forgotten.
rules-label-replay = { $count } deliveries: { $domain }, selector { $selector }; { $first } to { $last }
rules-no-replay = No signature came often.
rules-list-added = { $entry } is on the list { $list } now.
rules-list-removed = { $entry } is no more on the list { $list }.
rules-list-as-it-was = { $entry }: the list { $list } stays as it was.
rules-list-heard = The running daemon goes by it from now on.
rules-list-later = No daemon runs; it goes by the lists when it starts.
rules-list-empty = There is nothing on the lists.
rules-list-bad-line = Line { $line } of { $file } is no entry of a list.
rules-list-unusable = The lists in { $file } cannot be used: { $reason }
