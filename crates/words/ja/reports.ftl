# `report`: 自ドメインのメールについて届いたレポート。

## 問題

reports-none = { $file } にレポートはありません。sekisho report import PATH で取り込んでください。
reports-unusable = レポートの保管ファイル { $file } を使えません({ $reason })。
reports-bad-map = { $file }:{ $line }: { $flaw }
reports-mailbox-incomplete = [[reports.imap]] 「{ $name }」: キー { $key } がありません。
reports-mark-whom = 対象の送信元を --service、--hosts、--network のいずれかで、扱いを --as で指定してください。
reports-no-such-report = レポート { $id } はありません。sekisho report list で番号を確認してください。
reports-no-raw = レポート { $id } の元データは保管していません。

## 結果

reports-imported = 受理 { $accepted } 件、取り込み済み { $duplicate } 件、一部のみ回収 { $salvaged } 件、拒否 { $refused } 件です。レコードは { $records } 件、メールは { $messages } 通です。
reports-marked = { $domain } について記録し、{ $count } 件の集計を判定し直しました。
reports-no-marks = 送信元についての指定はありません。
reports-no-messages = 該当するレポートの集計はありません。
reports-no-reports = 該当するレポートはありません。
reports-error-told = レポート送信者からの指摘です: { $text }

## ラベル

reports-label-summary = { $from } から { $to } まで、レポート送信者 { $reporters }、メール { $messages } 通
reports-label-summary-tls = TLS、{ $from } から { $to } まで、レポート送信者 { $reporters }、セッション { $sessions } 件
reports-label-summary-failure = 失敗、{ $from } から { $to } まで、レポート送信者 { $reporters }、レポート { $reports } 通、事象 { $incidents } 件
reports-label-sessions-successful = 成功
reports-label-sessions-failed = 失敗
reports-label-pass = 合格
reports-label-dkim-aligned = DKIM アライメント
reports-label-spf-aligned = SPF アライメント
reports-label-day = 日
reports-label-days = 期間
reports-label-messages = 通数
reports-label-id = 番号
reports-label-received = 受信日
reports-label-status = 状態
reports-label-reporter = レポート送信者
reports-label-domain = ドメイン
reports-label-period = 対象期間
reports-label-remarks = 備考
reports-label-source = 送信元
reports-label-class = 分類
reports-label-unauthenticated = 送信者を認証できない
reports-label-conflict = 同じ識別子のレポート { $id } と内容が異なる
reports-label-overlap = 対象期間がレポート { $id } と重なる
reports-label-deviations = 標準との相違 { $count } 種
reports-label-sources = 送信元 { $count }、メール { $messages } 通
reports-label-counted = { $days } 日間、レポート送信者 { $reporters }、メール { $messages } 通
reports-label-passed = { $share } が合格
reports-label-hits = { $policy } であった場合に影響を受けるメール: { $messages } 通。内訳
reports-hits-nobody = { $policy } であっても、影響を受けるメールはありません。
reports-label-more-sources = … ほか { $count } 件
reports-label-gates = 次の段階に進む条件
reports-label-repairs = 先に直すこと
reports-label-next-record = 次に公開するレコード

## デーモン

reports-taken-at = { $address } でレポートを受け取ります。
reports-kept-in = レポートは { $file } に保管します。
reports-not-now = { $source } で届いたレポートを今は受け取れません: { $reason }
reports-label-unanswered = DNS の応答がなく、送信者を認証できません。
reports-label-place = 所在
reports-label-nobody-takes = 今はレポートを取り込んでいません。
reports-mail-too-large = { $source }: メール { $uid } はレポートとしては大きすぎるため、そのまま残します。
reports-mail-not-disposed = { $source }: サーバがメール { $uid } の処理を行いませんでした({ $reason })。
reports-mailbox-failed = { $source }: 今はメールボックスを読めません({ $reason })。
reports-mailbox-anew = { $source }: サーバがメールの番号を付け直したため、最初から読みます。二重には数えません。
reports-mailbox-open = { $source }: メールボックスを開きました。
reports-no-tokens = [reports] push には push_tokens が必要です。16 文字以上の英数字のトークンを 1 行に 1 つ書いたファイルを指定してください({ $reason })。

## 送るレポート

reports-send-on = 他のドメインのメールについてのレポートを { $server } から送ります。
reports-send-made = レポートを { $count } 件作成しました。
reports-send-recovered = 前回の終了時に送信中だったレポートのメール { $count } 通を整理しました。
reports-send-unsigned = レポートの差出人の { $domain } に署名する鍵が [[signing.key]] にありません。受信側は DMARC に合格しないレポートを拒否します。
reports-send-no-ledger = レポートを送りません。元になる台帳が止まっています。
reports-send-not-configured = レポートを送るには [reports.send] に from と submit が必要です。また、止めてあるときは送れません。
reports-send-busy = ほかのプロセス (おそらくデーモン) がレポートを送信中です。
reports-send-bad-server = レポートを送るサーバを使えません({ $reason })。
reports-send-capped = { $domain } または全体のレポートが [reports.send] の上限を超えたため、1 件を作成しません。
reports-send-invalid = { $domain } のレポートが正しい形式にならないため送りません({ $reason })。
reports-send-failed = 今はレポートの作成または送信ができません({ $reason })。
reports-hosts-failed = 今は IP アドレスのホスト名を調べられません({ $reason })。
reports-failure-not-sent = 失敗レポートを送るには、from と submit のある [reports.send] と台帳が必要です([reports.failure])。
reports-sent = 引き受け { $accepted } 件、保留 { $deferred } 件、そのほか { $others } 件です。

## DNS の現在の内容

reports-dns-record = DNS の { $name } は「{ $record }」です。
reports-dns-no-record = DNS の { $name } に DMARC レコードはありません。
reports-dns-several-records = DNS の { $name } に DMARC レコードが { $count } 件あるため、受信側ではすべて無視されます。
reports-dns-failed = DNS の { $name } を確認できないため({ $failure })、レコードはレポートの内容から推測しています。
reports-dns-not-asked = DNS の { $name } は確認していません。レコードはレポートの内容から推測しています。
reports-dns-absent = { $count ->
        [one] { $count } 件
       *[other] { $count } 件
    }の存在しないサブドメイン名({ $names })のメールが集計されています。これらには np が適用されます。
reports-dns-unknown = { $count ->
        [one] { $count } 件
       *[other] { $count } 件
    }のサブドメイン名は存在を確認できないため、sp を適用しています。

## 知らせ

reports-alerts-on = 警告と週次の報告を { $places } に送ります。
reports-alerts-bad-server = 警告を送れません({ $reason })。
reports-alerts-unsigned = 警告の差出人のドメイン { $domain } に署名する鍵が [[signing.key]] にありません。受信側で拒否される可能性があります。
reports-alerts-busy = ほかのプロセス(デーモンなど)がレポートを監視しています。
reports-alerts-failed = 現在、警告の作成または送信ができません({ $reason })。
reports-alerts-recovered = { $count ->
        [one] 前回の終了時に送信中だった知らせ { $count } 件
       *[other] 前回の終了時に送信中だった知らせ { $count } 件
    }を、同じ識別子で送り直します。
reports-alerts-noticed = { $count ->
        [one] { $count } 件の警告
       *[other] { $count } 件の警告
    }がありました。
reports-label-not-wanted = この宛先は設定から削除されています
reports-label-subject-new-source = DMARC 警告: { $domain } に新しい送信元 { $sender } (1 日 { $count } 通)
reports-label-subject-pass-fell = DMARC 警告: { $domain } の正規のメールの pass が { $before } から { $now } に低下
reports-label-subject-reporter-silent = DMARC 警告: { $domain } について { $reporter } のレポートが { $days } 日間途絶
reports-label-subject-policy-changed = DMARC 警告: { $domain } のポリシーが { $to } に変更
reports-label-subject-key-gone = DMARC 警告: { $signer } の鍵 { $selector } を { $days } 日間確認できず
reports-label-subject-refused = DMARC 警告: { $domain } で { $count } 件のレポートを受け入れられず
reports-label-subject-audit = DMARC 警告: { $domain } の検査で { $name } に変化あり
reports-label-subject-alerts = DMARC 警告: { $domain } について { $count } 件
reports-label-subject-alerts-several = DMARC 警告: { $domains } ドメインについて { $count } 件
reports-label-hint-new-source = 送信元の確認: sekisho report sources --domain { $domain } --from { $day } 、自組織のものかどうかの指定: sekisho report mark { $domain }
reports-label-hint-pass-fell = 失敗しているメールと修正内容の確認: sekisho report advise { $domain } --from { $day }
reports-label-hint-reporter-silent = レポートの到着状況の確認: sekisho report list --reporter { $reporter }
reports-label-hint-policy-changed = 変更した覚えがない場合は、すぐに _dmarc.{ $domain } を確認してください。
reports-label-hint-key-gone = 意図して廃止した鍵でない場合は、{ $name } と署名しているシステムを確認してください。
reports-label-hint-refused = レポートと理由の確認: sekisho report list --status refused --from { $day }
reports-label-hint-more = すべての送信元の確認: sekisho report sources --domain { $domain }
reports-label-hint-audit = 変更の履歴の確認: sekisho check { $domain } --history
reports-label-foot = { $station } の Sekisho からお知らせしました。内容と宛先は、設定の [reports.alerts] で変更できます。
reports-label-subject-week = DMARC 週報: { $domain } { $state ->
        [needs-you] 要対応
        [well] 良好
       *[silent] メールなし
    }、正規のメールの pass { $share }、{ $messages } 通({ $until } まで)
reports-label-subject-week-bare = DMARC 週報: { $domain } { $state ->
        [needs-you] 要対応
        [well] 良好
       *[silent] メールなし
    }、{ $messages } 通({ $until } まで)
reports-label-subject-week-well = DMARC 週報: { $count } ドメインすべて良好({ $until } まで)
reports-label-subject-week-several = DMARC 週報: { $count } ドメイン中 { $needing } ドメインが要対応、{ $domain }{ $more ->
        [0] {""}
       *[other] {" "}ほか
    }({ $until } まで)
reports-label-week-more = 詳細: sekisho report advise { $domain }
reports-label-week-refused = 受け入れられなかったレポートが全体で { $count } 件あります。理由は sekisho report list --status refused で確認できます。

## 削除

reports-remove-would = { $domain } のレポート { $reports } 件(メール { $messages } 通)と送信元の指定 { $marks } 件が削除の対象です。まだ何も削除していません。削除するには --yes を付けてください。
reports-remove-would-before = { $domain } の { $before } より前のレポート { $reports } 件(メール { $messages } 通)が削除の対象です。まだ何も削除していません。削除するには --yes を付けてください。
reports-removed = { $domain } のレポート { $count } 件を削除しました。
reports-expired = 保管期間を過ぎたレポート { $count } 件を削除しました。
reports-expire-failed = 現在、保管期間を過ぎたレポートを削除できません({ $reason })。
