# `policy test` と `policy simulate`: 運用者の規則をメールに当てはめた結果。

rules-label-verdict = 段階 { $stage } の規則による判定
rules-wanted = 段階 block では { $action } になります。
rules-label-reasons = 理由
rules-label-reported = レポートでの表示: disposition { $disposition }
rules-label-reported-because = レポートでの表示: disposition { $disposition }、理由 { $overrides }
rules-label-simulated = { $from } から { $to } まで: 台帳のメール { $count } 通
rules-nothing-changes = この規則でも、すべてのメールの扱いは変わりません。
rules-changed = そのうち { $count } 通の扱いが変わります。厳しくなるものが { $stricter } 通、緩くなるものが { $milder } 通です。
rules-label-authenticated = うち { $count } 通は DMARC に合格
rules-label-more = … ほか { $count } 件
rules-simulate-limits = 台帳には規則が使う情報のすべては残りません。List-Id、評判、すべてを許可する SPF レコードは、問題がないものとして扱いました。
