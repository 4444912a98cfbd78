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
