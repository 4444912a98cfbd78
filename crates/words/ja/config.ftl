### 設定ファイル: 各キーの説明。`config default` と設定リファレンスで使う。

config-title = Sekisho の設定
config-head = すべてのキーと既定値の一覧です。コメントになっている行は動作に影響しません。変更する場合は行頭の # を外してください。`sekisho config check` で設定ファイルを検査でき、誤りがあれば場所を表示します。動作中のデーモンには `sekisho reload` で反映します。
config-made-by = `cargo xtask documents` がプログラムから生成した文書です。直接編集しないでください。
config-place = 設定ファイルは /etc/sekisho/sekisho.toml、または --config で指定したファイルです。何も書かなくても動作します。コマンドラインのオプションは設定ファイルより優先します。
config-column-key = キー
config-column-form = 形式
config-column-default = 既定
config-column-what = 説明
config-default-mark = 既定値
config-good = { $file }: 設定に誤りはありません。
config-none = 設定ファイルがないため、既定値を使用します。
config-rule-idle = { $key } は働きません。[methods] の { $method } が無効です。
config-rule-list-unasked = [policy.client] の lists にある { $zone } は、どの [[dns_list]] でも問い合わせないため働きません。
config-rule-unremembered = { $key } は働きません。[policy.memory] の remember = true と台帳が必要です。
config-rule-nothing-sent = { $key } は働きません。送信したメールを知るには、台帳と署名鍵が必要です。
config-no-user = 「{ $name }」はこのシステムの利用者ではありません。

## 形式

config-form-text = 文字列
config-form-boolean = true または false
config-form-number = 数
config-form-duration = 時間の長さ("500ms"、"5s"、"10m"、"2h"、"14d" など)
config-form-listen = "inet:PORT@HOST"、"inet6:PORT@HOST"、"unix:PATH"、またはそれらの配列
config-form-listen-one = "inet:PORT@HOST"、"inet6:PORT@HOST"、"unix:PATH" のいずれか
config-form-addresses = メールアドレスの一覧
config-form-mode = 引用符で囲んだ 8 進数
config-form-address = "ADDRESS:PORT" または "off"
config-form-servers = "ADDRESS" または "ADDRESS:PORT" の配列
config-form-domain = ドメイン名
config-form-domains = ドメイン名の配列。".example.jp" はその名前と配下のすべて
config-form-networks = IP アドレスまたはネットワークの配列("192.0.2.0/24" など)
config-form-users = "all" またはログイン名の配列
config-form-file = パス。ディレクトリがなければ設定ファイルと同じ場所
config-form-path = 絶対パス
config-form-template = reason や author などの差し込み箇所を波括弧で書く文字列
config-form-codes = "127.0.0.2"、"127.0.0.2-127.0.0.9"、"&0.0.0.4" の配列
config-form-lists = ゾーンごとの処置の表
config-form-subject = 文字列、または "mark" と "from" (処置)の表
config-form-fields = "name"、"value" (差し込み箇所のある文字列)、"from" (処置)の表の配列
config-form-names = ヘッダ名の配列
config-form-receivers = 受信側の名前 (authserv-id) の配列
config-form-logins = true、false、またはログイン名の配列
config-form-login-names = ログイン名、"*@example.jp"、またはそれらの配列
config-form-macros = マクロごとに値または値の配列を書く表
config-form-listeners = listen と同じ書き方の配列
config-form-senders = "from"、"sender"、"mail_from" の配列
config-form-canonicalization = ヘッダの "relaxed" または "simple"、斜線、本文の同じ指定
config-form-key-domain = ドメイン名。"%" は作成者自身のドメイン名
config-form-patterns = "taro@example.jp"、"example.jp"、"*.example.jp" (その下のすべて)、".example.jp" (両方)、"*"、またはそれらの配列
config-form-keys = 鍵の名前、またはその配列
config-form-date = 日付。2026-11-01 の形
config-form-audited = ドメイン名の配列
config-form-selectors = セレクタの配列
config-form-days-of = ドメイン名と日数の表(サブドメイン名にも適用)
config-form-kinds = "new-source"、"pass-fell"、"reporter-silent"、"policy-changed"、"key-gone"、"reports-refused"、"record-changed"、"audit-worse" の配列
config-form-offset = "+09:00"、"-03:30" の形
config-form-hours = "22:00-07:00" の形
config-form-weekly = "monday 08:00" の形、または "never"
config-form-command = プログラムの絶対パスと引数の配列
config-form-scopes = スコープの配列
config-form-groups = "name" (グループ)と "grant" ("viewer"、"operator:example.jp,example.com"、"admin" など)の表の配列

## 値ではない既定

config-default-umask = umask による
config-default-process = プロセスと同じ
config-default-host = ホスト名
config-default-all = すべて
config-default-as-started = 起動した利用者のまま
config-default-none = なし
config-default-system = /etc/resolv.conf のもの
config-default-ledger = 状態ディレクトリの ledger.sqlite
config-default-reports = 状態ディレクトリの reports.sqlite
config-default-anybody = すべての宛先
config-default-every-client = すべてのクライアント
config-default-shown-fields = 失敗の原因を示し、個人を示さないフィールド
config-default-redaction-key = 状態ディレクトリの redaction.key
config-default-required-with-push = push とともに指定が必要
config-default-reporter = domain の値
config-default-from-domain = from のドメイン
config-default-sender = 識別子なしの from
config-default-mailbox-name = USER@SERVER
config-default-mailbox-port = tls なら 993、それ以外は 143
config-default-or-token = これか token_file の指定が必要
config-default-or-webhook = webhook がなければ必須
config-default-as-send = [reports.send] と同じ
config-default-public-roots = 公的な認証局のみ
config-default-required-with-move = after = "move" とともに指定が必要
config-default-required-by-way = 公開方法に応じて指定が必要
config-default-required = 必須
config-default-zone = ゾーン名
config-default-every-code = 拒否を示すもの以外のすべてのコード
config-default-usual = 通常のもの
config-default-nothing = 何もしない
config-default-own-field = 段階が filter または block のとき X-Sekisho-Verdict、observe ではなし
config-default-receiver = [receiver] と同じ
config-default-never = なし
config-default-key-name = SELECTOR._domainkey.DOMAIN
config-default-key-file = ファイルの鍵のもの
config-default-state = 状態ディレクトリの keys
config-default-name-servers = ゾーンの NS レコードが示すもの
config-default-loopback = このマシンを指す名前だけ
config-default-utc = UTC
config-default-nobody = なし
config-default-issuer-host = issuer のホスト名

## [receiver]

config-receiver = メールサーバからの接続と、受信側の段階についての設定です。
config-receiver-listen = milter の待ち受けアドレスです。systemd からソケットを渡された場合は、そのソケットを使用します。
config-receiver-socket-mode = UNIX ソケットの許可ビットです。
config-receiver-socket-owner = UNIX ソケットの所有者です。名前または番号で指定します。
config-receiver-socket-group = UNIX ソケットのグループです。名前または番号で指定します。メールサーバが接続できる必要があります。
config-receiver-authserv-id = Authentication-Results に認証結果を記録するときの名前です。外部からこの名前で付けられたヘッダは削除します。
config-receiver-connections = メールサーバから同時に受け付ける接続数の上限です。
config-receiver-idle-timeout = 通信のない接続を維持する時間です。
config-receiver-stop-within = 停止を指示されてから、処理中のメールを待つ時間です。
config-receiver-stage = observe(観測)は認証結果を記録するだけで、メールを止めません。filter(振り分け)は疑わしいメールに印を付けます。block(遮断)は受信を拒否します。
config-receiver-blocked-authors = 受信を拒否してよい作成者ドメイン名です。それ以外のメールには印を付けるだけです。
config-receiver-quarantine = 疑わしいメールの分け方です。fields は振り分け用のヘッダ、hold はメールサーバのキューでの保留、both は両方です。
config-receiver-on-failure = DNS または台帳を利用できないときの処置です。accept は受信を続け、tempfail は接続元に再送を求めます。
config-receiver-mixed-recipients = 宛先ごとに規則が異なるメールで、どの判定を採用するかを指定します。

## [daemon]

config-daemon = デーモンの動作についての設定です。変更の反映には再起動が必要です。
config-daemon-user = ソケットを開いた後に、デーモンが権限を切り替える利用者です。
config-daemon-pid-file = プロセス番号を書き込むファイルです。
config-daemon-http = メトリクス(/metrics)と稼働状態(/healthz、/readyz)を HTTP で提供するアドレスです。
config-daemon-log = 標準エラー出力に書くログの形式です。

## [ledger]

config-ledger = メールについて記録する内容の設定です。1 通につき 1 行を記録し、本文は記録しません。
config-ledger-enabled = 台帳に記録を残すかどうかを指定します。
config-ledger-file = 台帳のファイルです。
config-ledger-durability = before-reply はディスクに書き込んでからメールサーバに応答します。async はすぐに応答しますが、異常終了時に直近の記録を失うことがあります。
config-ledger-addresses = メールアドレスの記録方法です。full はそのまま、hash はハッシュ値、none は記録しません。
config-ledger-evidence = 判定の根拠を残すメールです。none はなし、notable は認証に失敗したか通常どおり受信しなかったもの、all はすべてです。
config-ledger-keep-rows-days = 記録を保存する日数です。
config-ledger-keep-evidence-days = 判定の根拠を保存する日数です。
config-ledger-site = 台帳を共有するデーモンの間で、このデーモンを区別する番号(0 から 1023)です。

## [dns]

config-dns = 問い合わせ先の設定です。
config-dns-resolvers = 問い合わせる DNS サーバです。同じマシンまたは同じネットワークにあり、DNSSEC を検証するものが適しています。
config-dns-timeout = 再試行を含む、1 回の問い合わせにかける時間です。

## [methods]

config-methods = SPF、DKIM、DMARC のほかに評価する認証方式です。
config-methods-arc = ARC です。転送される前に他の受信側が確認した結果を評価します。
config-methods-iprev = 接続元 IP アドレスの逆引き名が、その IP アドレスに戻るかを確認します。
config-methods-null-mx = 送信者のドメイン名が、メールを受信しないと宣言しているかを確認します。
config-methods-bimi = BIMI です。送信側が表示を望むロゴを確認します。
config-methods-reports = 署名の検証失敗の通知を望む送信側を確認します。
config-methods-atps = ATPS です。別のドメイン名による代理署名を確認します。実験的な仕様です。
config-methods-sender-id = Sender ID です。歴史的な仕様です。
config-methods-domainkeys = DomainKeys です。歴史的な仕様です。
config-methods-adsp = ADSP です。歴史的な仕様です。

## [bimi]

config-bimi = ロゴとその証明についての設定です。
config-bimi-roots = 証明書文書について信頼するルート証明書のファイル(PEM)です。
config-bimi-fetch = ロゴと証明書文書を取得するかどうかを指定します。
config-bimi-evidence = 有効な証明のないロゴを pass とするかどうかを指定します。

## [[dns_list]]

config-dns-list = DNS で公開されているリストです。掲載されていた場合の処置は [policy.client] で指定します。テスト用エントリが正しくないリストは、正しくなるまで使用しません。
config-dns-list-zone = 問い合わせるゾーンです。
config-dns-list-kind = dnswl は歓迎する IP アドレス、dnsbl は歓迎しない IP アドレス、rhsbl は歓迎しないドメイン名のリストです。
config-dns-list-public-zone = ゾーン名に秘密の文字列が含まれる場合に、認証結果とログに記録する名前です。
config-dns-list-listed = 掲載を示すコードです。
config-dns-list-refused = 応答の拒否を示すコードです。
config-dns-list-text = 掲載理由の文字列を問い合わせるかどうかを指定します。

## [policy.dmarc]

config-policy-dmarc = DMARC が fail のときの処置です。
config-policy-dmarc-none = ドメイン管理者のポリシーが p=none の場合です。
config-policy-dmarc-quarantine = ドメイン管理者のポリシーが p=quarantine の場合です。
config-policy-dmarc-reject = ドメイン管理者のポリシーが p=reject の場合です。
config-policy-dmarc-temperror = DMARC を一時的に評価できない場合の処置です。
config-policy-dmarc-spf-everyone = 誰でも pass となる SPF レコードだけで DMARC が pass した場合の処置です。
config-policy-dmarc-reject-alone = ほかに疑わしい点がなく p=reject だけのときの処置です(RFC 9989 の 7.4 節)。

## [policy.from]

config-policy-from = 作成者を判定できない From ヘッダに対する処置です。
config-policy-from-absent = From ヘッダがない場合です。
config-policy-from-repeated = From ヘッダが複数ある場合です。
config-policy-from-malformed = 複数の読み方ができるか、メールアドレスまたはドメイン名がない場合です。
config-policy-from-over-limit = 評価できる数を超える作成者ドメイン名がある場合です。
config-policy-from-with-policy = これらのいずれかに当てはまり、書かれているドメイン名のポリシーが p=none より厳しい場合です。

## [policy.historic]

config-policy-historic = 作成者ドメイン名に DMARC レコードがない場合にだけ使用する結果に対する処置です。
config-policy-historic-spf-fail = SPF が fail の場合です。
config-policy-historic-spf-softfail = SPF が softfail の場合です。
config-policy-historic-spf-temperror = SPF を一時的に評価できない場合です。
config-policy-historic-spf-permerror = SPF レコードに誤りがある場合です。
config-policy-historic-adsp-fail = ADSP: すべてのメールに署名すると宣言しているのに、署名がない場合です。
config-policy-historic-adsp-discard = ADSP: さらに、署名のないメールは破棄してよいと宣言している場合です。
config-policy-historic-adsp-nxdomain = ADSP: 作成者ドメイン名が存在しない場合です。
config-policy-historic-sender-id-fail = Sender ID が fail の場合です。
config-policy-historic-domainkeys-fail = DomainKeys: すべてのメールに署名すると宣言しているのに、有効な署名がない場合です。

## [policy.client]

config-policy-client = 接続元と送信者のドメイン名についての処置です。
config-policy-client-null-mx = 送信者のドメイン名がメールを受信しない場合です。
config-policy-client-no-name = 接続元の IP アドレスに逆引き名がない場合です。
config-policy-client-name-not-confirmed = 接続元の逆引き名が IP アドレスに戻らない場合です。
config-policy-client-arc-fail = ARC チェーンが有効ではない場合です。
config-policy-client-lists = リストに掲載されている場合の処置を、ゾーンごとに指定します。歓迎する IP アドレスのリストに掲載されていれば、接続元についての処置を免除します。

## [policy.dsn]

config-policy-dsn = ここから送信したメールに対応しない配送状況の通知への処置です。送信者が空のメールと配送レポートが対象です。送信メールにここで署名し、台帳に記録している場合に働きます。処置を有効にする前に、台帳を 1 週間ほど運用してください。
config-policy-dsn-of-others = 通知の対象のメールを、過去 30 日間にここから送信していない場合です。
config-policy-dsn-of-nothing = 通知が対象のメールを示していない場合です。
config-policy-spam = 前段の迷惑メールフィルタの判定([results] の spam_field)に応じた処置です。
config-policy-spam-found = 迷惑メールと判定した場合です。

## [policy.memory]

config-policy-memory = 認証されたドメイン名と接続元ネットワークについて記憶する内容と、それに応じた処置です。台帳と同じ場所に記録するため、台帳が必要です。
config-policy-memory-remember = 記憶するかどうかです。
config-policy-memory-half-life-days = 記録の重みが半分になるまでの日数です。最大 64 日です。
config-policy-memory-bad-domain = 認証されたドメイン名の評価が低い場合です。
config-policy-memory-bad-client = 接続元ネットワーク(/24、/64)の評価が低い場合です。
config-policy-memory-bad-below = 良いメールが 1000 通中この数に満たない場合に、評価が低いとみなします。
config-policy-memory-messages = 評価を使い始めるまでに必要なメールの数です。
config-policy-memory-replay = 同じ署名のメールを受け取りすぎた場合(再利用)です。
config-policy-memory-replay-count = 再利用とみなす配送の回数です。0 で無効になります。
config-policy-memory-usual-count = 作成者ドメイン名の通常の状態がわかるとみなす、DMARC に合格したメールの数です。通常は合格するドメイン名の fail は、p=reject 以外の根拠になります。

## [policy.exceptions]

config-policy-exceptions = ポリシー適用の例外と、受信しない相手の設定です。
config-policy-exceptions-networks = メールを判定の対象としない接続元です。
config-policy-exceptions-users = メールを判定の対象としない SMTP AUTH の利用者です。
config-policy-exceptions-forwarder-networks = 信頼する転送元のネットワークです。転送によって生じる認証の失敗を免除します。
config-policy-exceptions-forwarder-names = 信頼する転送元の、確認済みの逆引き名です。
config-policy-exceptions-forwarder-domains = 信頼する転送元の、認証されたドメイン名です。
config-policy-exceptions-sealers = ARC の封印を信頼するドメイン名です。
config-policy-exceptions-mailing-lists = List-Id のドメイン名で指定するメーリングリストです。認証されている必要があります。
config-policy-exceptions-allowed = メールを歓迎する、認証されたドメイン名です。
config-policy-exceptions-denied = メールを受信しないドメイン名です。
config-policy-exceptions-denied-action = 受信しないドメイン名に対する処置です。

## [policy.domains]

config-policy-domains = 作成者ドメイン名ごとに受信側で定めるポリシーです。
config-policy-domains-name = このドメイン名と配下のすべてに、公開されているポリシーの代わりに適用するポリシーです。

## [reports]

config-reports = 自ドメインのメールについて届くレポートの設定です。
config-reports-domains = 自分のドメイン名です。これらとその下以外のドメインについてのレポートは拒否します。空なら、すべて受け入れます。
config-reports-file = レポートを保管するファイルです。
config-reports-senders = 自分用の送信元の一覧です。付属の一覧より優先します。CSV の行 "match,pattern,service,name,kinds" で書きます。
config-reports-lmtp = レポートのメールを LMTP で受け取る場所です。MTA の transport の設定から配送します。
config-reports-recipients = LMTP でレポートのメールを受け取る宛先です。
config-reports-push = レポートを HTTP で受け取る場所です。bearer トークンを付けた POST の本文がレポートです。
config-reports-push-tokens = HTTP で送ることを許すトークンを 1 行に 1 つ書いたファイルです。
config-reports-keep-days = レポートとその集計を保管する日数です。対象期間の終わりと届いた日のうち、遅い方から数えます。0 の場合は無期限に保管します。
config-reports-keep-days-of = ドメイン名ごとの保管日数です。最も近い名前の指定が優先されます。複数のドメイン名に関するレポートは、最も長い日数まで保管します。
config-reports-keep-raw-days = レポートの元データを保管する日数です。過ぎた後も内容は残ります。0 の場合はレポートと同じ期間保管します。

## [reports.send]

config-reports-send = 他のドメインのメールについて、その所有者が求めるレポートを送る設定です。from と submit を書くまで何も送りません。
config-reports-send-enabled = 送信全体の切り替えです。止めていた期間のレポートは、後からも送りません。
config-reports-send-from = レポートの差出人アドレスです。レポートの中にも書きます。受信側は DMARC に合格したメールだけを受け取るため、このドメインに署名する鍵を [[signing.key]] に用意してください。
config-reports-send-submit = メールを引き受けるサーバです。"smtp://127.0.0.1:25"、"submission://mail.example.jp" (STARTTLS)、"smtps://mail.example.jp" (TLS) のように書きます。パスワードを使う場合、TLS なしで接続できるのは同じ機械のサーバだけです。
config-reports-send-user = サーバにログインするユーザです。
config-reports-send-password-file = パスワードだけを書いたファイルです。
config-reports-send-roots = 公的な認証局のほかに信頼する認証局の証明書 (PEM) のファイルです。
config-reports-send-name = 差出人アドレスに添える名前です。
config-reports-send-organization = レポートを送る組織の名前です。
config-reports-send-domain = レポートを送る側のドメインです。件名とファイル名に入ります。
config-reports-send-contact = 問い合わせ先です。
config-reports-send-every = 1 つのレポートの期間です。1 日 (UTC) か、その一部です。
config-reports-send-shape = レポートの形式です。RFC 9990 か、以前の RFC 7489 の形式です。
config-reports-send-except = レポートを送らないドメインです。先頭にドットを付けると、その下も含みます。
config-reports-send-never-to = レポートを送らないアドレスとドメインです。
config-reports-send-report-domains = レポートだけを受け取るドメインです。そこへ届いたメールはレポートの対象にしません。
config-reports-send-spam-alone = そのドメイン名のメールがすべて迷惑メールとして拒否された場合にもレポートを送るかどうかです。
config-reports-send-envelope-to = レポートに受信者のドメインを書くかどうかです。
config-reports-send-bounces = 不達通知の宛先です。@ の前にプラス記号と識別子を付け、どのメールが戻ったかを判別します。不達になった宛先には、しばらく送りません。
config-reports-send-jitter = 1 つの期間のレポートを、どれだけの時間に分散して送るかです。
config-reports-send-retry = サーバがメールを引き受けないときに待つ時間です。以後は毎回 2 倍に延ばし、6 時間を上限とします。
config-reports-send-give-up = これより古いレポートは送りません。
config-reports-send-suppress = レポートを受け取らなかった宛先への送信を止める期間です。繰り返すたびに 3 倍になり、30 日間受け取れば最初の期間に戻ります。
config-reports-send-suppress-most = 宛先への送信を止める期間の上限です。
config-reports-send-domain-reports = 1 つのドメインについて 1 つの期間に送るレポートの上限です。
config-reports-send-reports = 1 つの期間に送るレポートの上限です。
config-reports-send-language = メールの本文で人に説明する言語です。
config-reports-send-in-doubt = 最後のバイトの後で接続またはこのプログラムが終わり、サーバが引き受けたか分からないメールの扱いです。送ったものとみなすか、同じ名前と識別子で送り直します。

## [reports.alerts]

config-reports-alerts = レポートから分かったことを、メールまたは Webhook で知らせます。異常は見つかったときに、全体の状況は毎週知らせます。変更は再読み込みで反映されます。
config-reports-alerts-to = 知らせの宛先アドレスです。
config-reports-alerts-from = 知らせの送信元アドレスです。そのドメイン名で署名する鍵が [[signing.key]] に必要です。
config-reports-alerts-submit = 知らせを送るサーバです。書き方は [reports.send] と同じです。
config-reports-alerts-user = サーバにログインする名前です。
config-reports-alerts-password-file = パスワードだけを書いたファイルです。
config-reports-alerts-webhook = 知らせを JSON で受け取る場所です。HTTPS の POST で送ります。
config-reports-alerts-webhook-token-file = Webhook に送るトークン(Bearer)だけを書いたファイルです。
config-reports-alerts-webhook-private = Webhook がプライベートアドレスにあってもよいかどうかです。
config-reports-alerts-roots = 公的な認証局のほかに信頼する認証局の証明書(PEM)のファイルです。メールサーバと Webhook の両方に使います。
config-reports-alerts-kinds = 見つかったときに知らせる内容です。通数の多い新しい送信元、正規のメールの pass の割合の低下、レポート送信元の途絶、ポリシーの変更、使われなくなった鍵、受け入れられなかったレポート、検査しているドメイン名のレコードやその SPF レコードが参照するレコードの変更、検査の指摘の悪化があります。空の場合は週次の報告だけを送ります。
config-reports-alerts-language = 知らせの言語です。
config-reports-alerts-utc-offset = 知らせを読む人の時計と UTC との差です。quiet と digest はこの時計に従います。レポートの日付は UTC です。
config-reports-alerts-quiet = 知らせを送らない時間帯です。その間に見つかったことは、時間帯が終わってから 1 通にまとめて送ります。
config-reports-alerts-letters-per-day = 24 時間に送る警告の最大通数です。超えた分は待って、1 通にまとめて送ります。
config-reports-alerts-digest = 週次の報告を送る曜日と時刻です。
config-reports-alerts-wait = 1 日(UTC)が終わってから、その日を最初に調べるまでの時間です。後から届いたレポートがあれば調べ直します。
config-reports-alerts-retry = 送れなかったときに待つ時間です。繰り返すたびに 2 倍になり、上限は 6 時間です。
config-reports-alerts-give-up = これより古い知らせは送りません。
config-reports-alerts-learning-days = 新しいドメイン名を観察だけする日数です。
config-reports-alerts-new-source-messages = 新しい送信元を知らせる、1 日の通数の下限です。
config-reports-alerts-pass-fall = pass の割合が何ポイント下がったら知らせるかです。
config-reports-alerts-pass-messages = pass の割合を判断する、1 日の正規のメールの通数の下限です。
config-reports-alerts-silent-days = レポートが何日届かなければ、途絶として知らせるかです。
config-reports-alerts-key-days = 電子署名が何日確認されなければ、使われなくなった鍵として知らせるかです。
config-reports-alerts-refused = 受け入れられなかったレポートが 1 日に何件あれば知らせるかです。

## [reports.failure]

config-reports-failure = 認証に失敗した個々のメールについて、希望するドメイン管理者に送る失敗レポートの設定です。[reports.send] の設定に従って送ります。失敗レポートは通信の秘密に関わることがあります。有効にする前に docs/reports.ja.md を読んでください。
config-reports-failure-dmarc = DMARC の失敗を、fo が指定する場合に ruf の宛先へ報告するかどうかを指定します(RFC 9991)。
config-reports-failure-dkim = 検証に失敗した署名を、r=y で報告を求め DNS でも確認できる署名者へ報告するかどうかを指定します(RFC 6651)。
config-reports-failure-spf = SPF の失敗を、SPF レコードの ra= で報告を求めるドメインへ報告するかどうかを指定します(RFC 6652)。
config-reports-failure-only = 失敗を報告するドメインを指定します。先頭に点を付けると、そのドメインとその下のすべてを指します。空の場合は、求めるすべてのドメインについて報告します。
config-reports-failure-header = レポートに載せるメールのヘッダフィールドを指定します。アドレスのローカル部は置き換え、名前とコメントは取り除きます。本文は決して載せません。
config-reports-failure-key-file = ローカル部をハッシュ値に置き換えるための鍵(乱数 32 バイト)のファイルを指定します。ファイルがなければ作成します。
config-reports-failure-source-ip = メールの送信元 IP アドレスを載せるかどうかを指定します。
config-reports-failure-to-each = 一つの宛先に 1 時間に送る失敗レポートの上限です。
config-reports-failure-in-all = 1 時間に送る失敗レポート全体の上限です。
config-reports-failure-alike = 似た失敗を一つのレポートにまとめて数える時間を指定します。

## [reports.milter]

config-reports-milter = milter を通過する際に取り込む、レポートのメールの設定です。
config-reports-milter-addresses = 取り込むメールの宛先アドレスを指定します。
config-reports-milter-action = 取り込んだ後の扱いを指定します。deliver では通常どおり配送します。swallow では、レポートを保存できた時点で受け付けたと応答し、誰にも配送しません。保存できない間は、再送を求めます。
config-reports-milter-bytes = 取り込むメールの大きさの上限(バイト)です。これより大きいメールは配送します。

## [reports.hosts]

config-reports-hosts = レポートに現れる IP アドレスについて調べる内容の設定です。
config-reports-hosts-lookup = IP アドレスのホスト名を、ほかの処理を妨げないようゆっくり調べるかどうかを指定します。ホスト名は、逆引きと正引きが一致する場合だけ使います。

## [reports.geo]

config-reports-geo = IP アドレスの所在を示す MaxMind 形式(MMDB)のファイルの設定です。ファイルは付属しません。
config-reports-geo-country = 国を示すファイルを指定します。
config-reports-geo-asn = ネットワーク(AS 番号と AS 名)を示すファイルを指定します。

## [[reports.imap]]

config-reports-imap = レポートが届くメールボックスです。IMAP で読み、新しいメールを待ちます。
config-reports-imap-name = ログと保管記録での呼び名です。
config-reports-imap-server = サーバの名前です。証明書の名前と一致する必要があります。
config-reports-imap-port = サーバのポートです。
config-reports-imap-security = 接続の保護方法です。"tls" は最初から TLS、"starttls" は STARTTLS、"loopback" は同じ機械のサーバへの TLS なしの接続です。
config-reports-imap-user = ログインするユーザです。
config-reports-imap-password-file = パスワードだけを書いたファイルです。
config-reports-imap-token-file = OAuth のトークンのファイルです。更新は別のプログラムが行い、接続のたびに読みます。
config-reports-imap-roots = 公的な認証局のほかに信頼する認証局の証明書 (PEM) のファイルです。
config-reports-imap-mailbox = メールボックスです。
config-reports-imap-after = レポートの保管が終わったメールの扱いです。そのまま残す、既読にする、移動する、削除する、のいずれかです。保管が終わるまで手を付けません。
config-reports-imap-move-to = 移動先のフォルダです。なければ作ります。

## [labels]

config-results = Authentication-Results のほかに書く情報と、他者が付けた認証結果の扱いです。
config-results-received-spf = Received-SPF (RFC 7208) も書きます。その場合、メールに付いていた同名のフィールドは削除します。
config-results-explanation = X-Sekisho-Explanation に、処置、規則、理由を書きます。
config-results-foreign = 他者が書いた Authentication-Results をメールに残すかどうかです。
config-results-foreign-except = 上と逆に扱う相手の名前 (authserv-id) です。
config-results-spam-field = 前段の迷惑メールフィルタが判定を書くヘッダフィールドの名前です(X-Spam-Flag、X-Spam-Status、X-Spamd-Result、X-Spam-Score など)。統計と評価に数え、[policy.spam] で処置を定められます。このようなフィールドは誰でも書けます。届いたメールに付いている同名のフィールドを、自身のフィルタがすべて削除する場合にだけ指定してください。同名のフィールドが 2 つ以上あるメールでは、判定を使いません。
config-results-spam-score = フィールドがスコアを示す場合に、迷惑メールとするスコアの下限です。指定がなければ、フィールド内の最初の yes / no(true / false)を使います。
config-results-spam-clients = メールを MTA に戻すコンテンツフィルタのネットワークです。ここから届いたメールでだけ、フィールドの判定を使います。フィルタが本製品より前に動く milter の場合は指定しません。
config-labels = 受信者とそのフィルタに見せる印です。
config-labels-subject = 疑わしいメールの件名の先頭に付ける印です。
config-labels-fields = 振り分け用のヘッダです。外部から付けられた同名のヘッダは削除します。

## [replies]

config-replies = 受信を拒否するときに接続元へ返す文です。ASCII で指定します。
config-replies-dmarc = DMARC が fail の場合です。
config-replies-dmarc-temperror = DMARC を一時的に評価できない場合です。
config-replies-from = From ヘッダに誤りがある場合です。
config-replies-spf = SPF が fail の場合です。
config-replies-spf-error = SPF を評価できないか、レコードに誤りがある場合です。
config-replies-signing = あるはずの署名がない場合です(ADSP、DomainKeys)。
config-replies-sender-id = Sender ID が fail の場合です。
config-replies-null-mx = 送信者のドメイン名がメールを受信しない場合です。
config-replies-reverse-name = 接続元の IP アドレスに、その IP アドレスに戻る逆引き名がない場合です。
config-replies-arc = ARC チェーンが有効ではない場合です。
config-replies-list = DNS のリストに接続元またはドメイン名が掲載されている場合です。
config-replies-denied = 受信しないドメイン名の場合です。
config-replies-own-policy = [policy.domains] でポリシーを定めたドメイン名が認証されていない場合です。
config-replies-dsn = ここから送信したメールに対応しない通知の場合です。
config-replies-spam = 迷惑メールフィルタが迷惑メールと判定した場合です。
config-replies-reputation = 評価が低い場合です。
config-replies-replay = 同じ署名のメールを受け取りすぎた場合です。

## [[recipients]]

config-recipients = 特定のドメイン名の宛先に対する規則です。ここに書かないことは、すべての宛先と同じです。
config-recipients-domains = 宛先のドメイン名です。
config-recipients-stage = この宛先の段階です。
config-recipients-quarantine = この宛先への疑わしいメールの分け方です。
config-recipients-blocked-authors = この宛先へのメールの受信を拒否してよい作成者ドメイン名です。

## [outgoing]

config-outgoing = 送信メールの判別です。送信メールは判定せず、署名します。鍵がなければ、すべて受信メールとして扱います。
config-outgoing-authenticated = SMTP AUTH で認証したクライアントのメールです。
config-outgoing-networks = これらのネットワークにあるクライアントのメールです。メールをメールサーバに戻すコンテンツフィルタを含めないでください。
config-outgoing-macros = メールサーバがマクロにこれらの値を示したメールです。Postfix では master.cf に -o milter_macro_daemon_name=ORIGINATING と書きます。
config-outgoing-listeners = listen のうち、これらの待ち受け先に届いたメールです。

## [signing]

config-signing = 送信メールへの署名(DKIM)の方法です。
config-signing-unsigned = 作成者の鍵がないメールの扱いです。エラーメールは必ず通します。
config-signing-senders = 規則を引く送信者です。このうち、規則のある最初のものを用います。from は作成者で、DMARC が署名を求める相手です。
config-signing-canonicalization = 署名前のヘッダおよび本文の正規化方式です。
config-signing-expire-in = 電子署名の有効期間(x=)です。
config-signing-identity = 電子署名に示す作成者の識別子(i=)です。
config-signing-oversign = 気付かれずに追加されないよう、ある数より一つ多く署名するヘッダです。推奨されるもの、そのうちメールにあるもの、From だけ、のいずれかです。
config-signing-also = 推奨されるもののほかに署名するヘッダです。
config-signing-except = 後段で変更されるなどのため、推奨されるもののうち署名しないヘッダです。From には必ず署名します。
config-signing-key-table = 鍵の表のファイルです。1 行に name domain:selector:file と書きます。
config-signing-rule-table = 規則の表のファイルです。1 行に pattern key,key と書きます。
config-signing-key-readers = 秘密鍵のファイルを読み取れる者です。所有者だけ、またはグループまでです。ほかの者が読み取れるファイルは使用しません。

## [[signing.key]]

config-signing-key = 秘密鍵です。PEM (RSA または Ed25519)、または Ed25519 の種の base64 です。RSA は 1024 bit 以上で、2048 bit 以上を勧めます。
config-signing-key-domain = 署名するドメイン名(d=)です。規則がなければ、このドメイン名とその下のすべての作成者のために署名します。
config-signing-key-selector = 公開鍵の場所 SELECTOR._domainkey.DOMAIN のセレクタ(s=)です。
config-signing-key-file = 秘密鍵のファイルです。
config-signing-key-name = 規則から参照するための名前です。
config-signing-key-algorithm = 鍵の署名アルゴリズムです。

## [[signing.rule]]

config-signing-rule = 作成者ごとの、署名に用いる鍵です。最も限定された規則を用います。アドレスはドメイン名に、ドメイン名はその上位のドメイン名に優先します。
config-signing-rule-from = 作成者です。
config-signing-rule-keys = 鍵です。すべての鍵で署名します。空の配列では署名しません。
config-signing-rule-users = この規則の対象とする SMTP AUTH の利用者です。"*@example.jp" はそのように終わるすべてです。ほかの利用者がこの作成者のメールを出しても、より広い規則を含め、署名しません。
config-signing-rule-networks = この規則の対象とするクライアントのネットワークです。users もあるときは、どちらかに当てはまれば足ります。

## [keys]

config-keys = Sekisho が自ら作り、公開し、交換する鍵です。操作は `sekisho key` で行います(docs/keys.ja.md)。
config-keys-enabled = デーモンがこれらの鍵で署名し、交換を進めるかどうかです。
config-keys-directory = 鍵の置き場所です。所有者だけが読めるディレクトリです。
config-keys-algorithm = 新しい鍵のアルゴリズムです。両方なら、メールに署名が 2 つ付きます。
config-keys-selector = セレクタの付け方です。algorithm、year、month、day と、空いている最初の番号 n を、波括弧に入れて使えます。
config-keys-slot-selector = 鍵を provider_zone に置く顧客のセレクタの付け方です。波括弧に入れた n はスロットの番号です。
config-keys-rotate-after = 鍵を次の鍵に交換するまでの期間です。"never" なら `sekisho key rotate` に任せます。
config-keys-queue = 最も長い配送キューがメールを保つ期間です。鍵は最後の署名からこの期間、公開を続けます。
config-keys-retry = その後の最後の再送に見込む時間です。
config-keys-ttl = レコードの TTL です。以前の内容がすべてのキャッシュから消えるまで、新しい鍵では署名しません。
config-keys-revoked = 失効した鍵を、失効済み(空の p=) として公開し続ける最短の期間です。その後レコードを削除します。
config-keys-quiet = レコードを削除する前に、受け取ったレポートにセレクタが現れない状態が続くべき期間です。
config-keys-check = 何も予定がないときに権威サーバを確かめる間隔です。
config-keys-disclose = 失効した秘密鍵を公開のために置くディレクトリです。過去の署名は証拠の力を失います。なければ秘密鍵を破棄します。
config-keys-provider-zone = CNAME で委任した顧客の鍵を、この名前の下で公開します(`sekisho key new --cname`)。
config-keys-slots = そのような顧客がアルゴリズムごとに公開する CNAME レコードの数です。2 から 16 までです。
config-keys-identity-file = age の identity(`age-keygen`) のファイルです。秘密鍵をこれで暗号化して保存します。

## [[keys.zone]]

config-keys-zone = ゾーンと、そこにレコードを入れる方法です。どのゾーンにも含まれない名前は表示し、手作業での公開に任せます。
config-keys-zone-zone = ゾーンです。
config-keys-zone-publish = print は手作業、update は動的更新(RFC 2136)、zone-file はゾーンが取り込むファイル、hook はレコードごとに実行するコマンドです。
config-keys-zone-server = update のときの、ゾーンのプライマリサーバです。
config-keys-zone-tsig-file = update のときの TSIG 鍵です。ALGORITHM:NAME:SECRET の形か、`tsig-keygen` の出力です。
config-keys-zone-file = zone-file のときのファイルです。Sekisho のレコードだけを含みます。
config-keys-zone-reload = zone-file のときに、ファイルが変わったら実行するコマンドです。シェルは使いません。
config-keys-zone-hook = hook のときに、レコードごとに実行するコマンドです。標準入力に JSON を渡します(docs/keys.ja.md)。
config-keys-zone-timeout = 更新 1 回またはコマンド 1 回に許す時間です。
config-keys-zone-servers = ゾーンの内容を尋ねる相手です。すべての権威サーバを指します。

## [audit]

config-audit = ドメイン名が公開しているレコードを、デーモンが定期的に検査します。変更は [reports.alerts] に従って知らせます。すべて再読み込みだけで反映されます。
config-audit-domains = 検査するドメイン名です。
config-audit-every = 同じドメイン名の検査の間隔です。
config-audit-selectors = よく使われるセレクタと、これまでに鍵が見つかったセレクタのほかに検査する、DKIM の鍵のセレクタです。
config-audit-keep-days = 検査の結果を残す日数です。0 は無期限です。

config-dashboard = 画面の設定です。画面はメトリクスと稼働確認と同じアドレス([daemon] http)で開けます。変更にはすべて再起動が必要です。
config-dashboard-enabled = 画面を表示するかどうかです。
config-dashboard-hosts = localhost とアドレスのほかに、ブラウザが画面を呼び出してよいホスト名です。それ以外の名前あての要求は拒否するため、他人の名前をここに向けても使えません。
config-dashboard-zone = 画面に表示する日時の時間帯です。利用者が自分で選んだ場合はそちらを使います。
config-dashboard-tls = ブラウザの接続方法です。none はループバックだけで画面を表示します。own は certificate と key を使って自分で TLS を受け持ちます。proxy は手前のプロキシが TLS を受け持つことを表します。insecure は TLS なしで外部からも表示しますが、パスワードを途中で読まれるおそれがあります。ループバック以外では、管理者を登録するまで画面を表示しません。
config-dashboard-certificate = tls = "own" のときに使用する証明書のファイル(PEM)です。サーバの証明書に続けて、中間認証局の証明書を並べます。メトリクスと稼働確認もこの TLS で提供します。ファイルが変わると、再起動しなくても数秒で新しい証明書に切り替わります。使用できない証明書の場合は、これまでの証明書を使い続けます。
config-dashboard-key = 証明書の秘密鍵のファイル(PEM)です。デーモンを動かす利用者が読み取れる必要があります。
config-dashboard-proxies = 利用者が誰かを伝えるプロキシです。それ以外から伝えられた内容は使いません。
config-dashboard-proxy-header = 利用者の名前を伝えるヘッダです。プロキシは、外部から届いた内容にかかわらず、必ず自分で設定する必要があります。
config-dashboard-openid = OpenID Connect で画面にログインするための認証サービスです(認可コードフローと PKCE)。パスワードと併用できます。認証サービスには、url の後ろに /login/openid/back を付けたものをリダイレクト URI として登録します。
config-dashboard-openid-issuer = 認証サービスの名前です。ID トークンに書かれるものと同じ HTTPS のアドレスを書きます。認証サービスの情報は、その下の /.well-known/openid-configuration から読み取ります。
config-dashboard-openid-name = 利用者に見せる名前です。ボタンに「… でログイン」と表示します。
config-dashboard-openid-client-id = 認証サービスに登録したクライアントの名前です。
config-dashboard-openid-client-secret-file = クライアントシークレットだけを書いたファイルです。ない場合は公開クライアントとして扱い、PKCE だけでログインを守ります。
config-dashboard-openid-url = ブラウザが画面を開くアドレスです。パスは付けません。HTTPS かループバックに限ります。ホスト名は hosts に含める必要があります。
config-dashboard-openid-scopes = openid のほかに要求するスコープです。専用のスコープを要求しないとグループを返さない認証サービスもあります。
config-dashboard-openid-claim = 利用者のグループが入る ID トークンのクレームです。「a.b」はクレーム a の中の b を指します。
config-dashboard-openid-groups = グループごとの権限です。一つでも書くと、認証サービスでログインした利用者の権限は所属するグループの合計になり、ログインのたびに読み直します。ただし最後の管理者の権限は減らしません。何も書かない場合は、ここで与えた権限を使います。
config-dashboard-openid-admit = ログインを許可する相手です。known は、その識別子を持つ利用者(sekisho user add --issuer … --subject …)だけを許可します。groups は、groups のどれかに属する人を許可し、最初のログイン時に利用者として登録します。同じ名前の利用者がここにいても、置き換えることはありません。
config-dashboard-openid-private = 認証サービスがプライベートアドレスにあってもよいかどうかです。
config-dashboard-openid-roots = 公的な認証局のほかに、認証サービスについて信頼する認証局の証明書のファイル(PEM)です。

## [[audit.statement]]

config-audit-statement = 確かめる材料のない、ガイドラインやプロファイルの要件について、運用者が申告する内容です。`sekisho check` は、名前と日付とともに申告として表示します。DNS、メール、レポートから分かることの代わりにはなりません。
config-audit-statement-requirement = 要件です。ガイドラインの要件は 2-1 から 5-10 までです。プロファイルの要件は、gmail/one-click のように、プロファイルの名前と要件の id で書きます。
config-audit-statement-met = 対応済みかどうかです。
config-audit-statement-by = 申告する人です。
config-audit-statement-date = 申告した日です。同じ要件についての申告が複数あるときは、最も新しいものを使います。
config-audit-statement-note = 対応の方法、または不足しているものです。
