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
