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

# `reputation`、`replay`、`list`: 記憶している内容と、動作中に変えられるリスト。

rules-nothing-remembered = 記憶している内容はありません。[policy.memory] の remember = true で記憶を始めます。
rules-label-reputation = 良いメールは 1000 通中 { $good_per_mille } 通、重み { $count } 通
rules-label-reputation-counts = 良い { $good }、悪い { $bad }、不明 { $unknown }
rules-reputation-set = { $domain }: 数を設定しました。
rules-reputation-forgotten = { $domain } の記憶を消しました。
rules-label-replay = { $count } 回の配送: { $domain }、セレクタ { $selector }、{ $first } から { $last } まで
rules-no-replay = 何度も届いた署名はありません。
rules-list-added = { $entry } をリスト { $list } に加えました。
rules-list-removed = { $entry } をリスト { $list } から外しました。
rules-list-as-it-was = { $entry }: リスト { $list } に変わりはありません。
rules-list-heard = 動作中のデーモンに反映しました。
rules-list-later = デーモンは動作していません。起動時に反映されます。
rules-list-empty = リストには何もありません。
rules-list-bad-line = { $file } の { $line } 行目は、リストの項目として読めません。
rules-list-unusable = { $file } のリストを使えません: { $reason }
