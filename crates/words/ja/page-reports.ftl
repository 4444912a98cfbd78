# Pages of reports: senders, explore, the ladder.

## Senders

page-reports-label-senders = 送信元
page-reports-label-sender = 送信元
page-reports-label-senders-of = { $domain } の送信元
page-reports-label-class = 分類
page-reports-label-search = 検索語
page-reports-label-trend = 推移
page-reports-label-trend-of = { $name } の推移
page-reports-label-trend-told = 期間中の { $name } の通数です。最大は { $most } 通です。
page-reports-label-dkim-aligned = DKIM 整合
page-reports-label-spf-aligned = SPF 整合
page-reports-label-seen = 観測期間
page-reports-label-selectors = セレクタ
page-reports-label-place = 所在
page-reports-label-standing = 管理者の判断
page-reports-label-standing-approved = 自組織の送信元
page-reports-label-standing-forwarder = 転送者
page-reports-label-standing-denied = 無関係
page-reports-label-tick = 選択
page-reports-label-tick-sender = { $name } を選択
page-reports-label-note = メモ
page-reports-label-approve = 自組織の送信元とする
page-reports-label-is-forwarder = 転送者とする
page-reports-label-deny = 無関係とする
page-reports-label-forget = 判断を取り消す
page-senders-counted = 送信元は { $count ->
       *[other] { $count }
    } 件、メールは { $messages } 通です。
page-senders-tick = 下の表で送信元を選び、判断を付けてください。メールの分類はすぐにやり直されます。
page-senders-none-ticked = 送信元が選ばれていません。何も変更していません。
page-done-marked = 記録し、このドメイン名のメールを分類し直しました。

## One sender

page-reports-label-why-class = この分類の理由
page-reports-label-repair = 直すこと
page-reports-label-addresses = アドレス
page-reports-label-circumstances = メールの認証状況
page-reports-label-known-by = 識別の根拠
page-reports-label-say = 判断を付ける
page-reports-label-hosts = ホスト
page-reports-label-address = アドレス
page-reports-label-host-name = 確認済みのホスト名
page-reports-label-country = 国
page-reports-label-network = ネットワーク
page-reports-label-first-day = 最初の日
page-reports-label-last-day = 最後の日
page-reports-label-modes = 整合の指定
page-reports-label-found = 結果からの評価
page-reports-label-reported = 報告元の評価
page-reports-label-disposition = 処置
page-reports-label-why = 理由を見る
page-reports-label-alignment = 整合
page-sender-nothing-to-repair = ここで直すことはありません。
page-sender-differs = 報告元の評価が、報告元自身の示した結果と食い違っています。
page-sender-addresses = アドレスは { $count ->
       *[other] { $count }
    } 件、ホストのまとまりは { $groups ->
       *[other] { $groups }
    } 件です。
page-sender-more-circumstances = ほかの { $count } 件はファイルに入っています。

## The ladder

page-reports-label-gates = 次の段階に進む条件
page-reports-label-gate-met = 達成
page-reports-label-gate-not-met = 未達成
page-reports-label-first-repair = 先に直すこと
page-reports-label-next-record = 次に公開するレコード
page-reports-label-what-if = 別のポリシーならどうなるか
page-reports-label-as-now = 現状のまま
page-reports-label-tag-absent = 書かない
page-reports-label-which-policy = 区分
page-reports-label-policy = ポリシー
page-reports-label-policy-now = 現在の公開内容
page-reports-label-policy-next = 次の段階
page-reports-label-policy-asked = 仮定
page-reports-label-outcomes = この期間のメールへの影響
page-reports-label-untouched = 不合格、処置なし
page-reports-label-quarantined = 隔離
page-reports-label-rejected = 受信拒否
page-reports-label-own-hit = 影響を受ける自組織のメール
page-reports-label-excused = 受信側が例外とした通数
page-reports-label-hits = 影響を受ける送信元
page-reports-label-hits-of = { $policy } の影響を受ける送信元
page-ladder-counted = { $domain } の { $messages } 通について、{ $reporters ->
       *[other] { $reporters }
    } の報告元から { $days ->
       *[other] { $days }
    } 日分のレポートがあります。
page-ladder-record-now = 現在 DNS にあるレコードです。
page-ladder-record-none = 現在 DNS にレコードはありません。
page-ladder-record-unasked = DNS には問い合わせていません。レポートにある公開内容で判断しています。
page-ladder-top = 最上位の段階です。公開し直すものはありません。
page-ladder-not-yet = まだ公開しないでください。上の未達成の条件を先に満たしてください。
page-ladder-absent = メールを送っていた下位の名前のうち { $count ->
       *[other] { $count }
    } 件は実在せず、np が適用されます。
page-ladder-what-if = 現在の公開内容は { $policy } です。変えたいところを選んでください。
page-ladder-nobody = 影響を受ける送信元はありません。

## Explore

page-reports-label-explore = 分析
page-reports-label-by-first = 集計の軸
page-reports-label-by-second = 第 2 の軸
page-reports-label-by-reporter = 報告元
page-reports-label-by-header-from = ヘッダ From
page-reports-label-by-selector = セレクタ
page-reports-label-compare = 比較する期間
page-reports-label-compare-before = 直前の同じ日数
page-reports-label-against = または開始日
page-reports-label-yes = はい
page-reports-label-no = いいえ
page-reports-label-filters = 絞り込みの条件
page-reports-label-without-filter = { $name } の条件を外す
page-reports-label-messages-by = { $names } 別の通数
page-reports-label-share = 割合
page-reports-label-before = 比較期間
page-reports-label-difference = 差
page-reports-label-change = 増減率
page-reports-label-others = その他
page-reports-label-total = 合計
page-explore-total = { $messages } 通です。
page-explore-compared = { $messages } 通です。比較期間は { $before } 通です。
page-explore-cut = 行が多いため、多い順に一部だけを集計しています。日数かドメイン名を絞ってください。
page-explore-too-many-days = アドレス、国、セレクタ、ヘッダ From を日ごとに集計できるのは { $limit } 日までです。日数を減らしてください。
page-explore-not-together = 報告元を、アドレス、国、セレクタ、ヘッダ From と組み合わせて集計することはできません。報告元は条件で絞り込んでください。
