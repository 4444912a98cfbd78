### 普及状況調査。

survey-made = { $begun } から { $ended } までに { $names } 個のドメイン名を調べました。そのうち { $unanswered } 個では、応答のない問い合わせがありました。
survey-list = 対象は { $file }(SHA-256 { $hash })の { $names } 個です。重複 { $duplicates } 個、ドメイン名ではない { $refused } 行、調査を望まない { $opted_out } 個は除きました。
survey-resolver = Sekisho { $version } が { $resolvers } を通して問い合わせました。
survey-sample = 対象の { $share } % を抽出した標本です(シード { $seed })。割合の後ろは、対象全体の割合が 95 % の信頼度で入る区間です。
survey-how-counted = 割合は、グループの全ドメイン名に対する百分率です。分からなかったドメイン名は「ある」に数えていません。その個数は最後に示します。
survey-beyond = { $count } 個のドメイン名は、最初の { $limit } グループより後に現れたグループのもので、全体だけに数えています。
survey-residue-none = すべての問い合わせに応答がありました。
survey-chart-adoption = グループごとに、SPF レコードを宣言しているドメイン名の割合と DMARC レコードを宣言しているドメイン名の割合を示します。
survey-chart-levels = グループごとに、ドメイン名自身の DMARC レコードのポリシーの内訳を示します。内訳は reject、quarantine、none、使えないレコード、レコードなし、判定不能です。
survey-chart-series = 全ドメイン名のうち各レコードを宣言しているものの割合を、調査ごとに示します。
survey-diff-summary = 両方の調査にあるドメイン名は { $both } 個で、そのうち { $changed } 個が変わりました。前の調査だけにあるものは { $gone } 個、後の調査だけにあるものは { $new } 個です。
survey-bad-line = { $file }: { $line } 行目は調査の結果ではありません。
survey-no-column = { $option }: 対象の一覧に列 "{ $value }" はありません。
survey-no-chart = 図を描くことができません: { $reason }。
survey-unwritable = { $file }: 書き込むことができません: { $reason }。
survey-label-title = 送信ドメイン認証技術の普及状況
survey-label-group = グループ
survey-label-no-group = (なし)
survey-label-all = 全体
survey-label-total = ドメイン名
survey-label-day = 日付
survey-label-absent = 不明
survey-label-field = 項目
survey-label-before = 前
survey-label-after = 後
survey-label-count = ドメイン名
survey-label-section-adoption = 宣言率 (%)
survey-label-section-mail = メールサーバ (%)
survey-label-section-spf = SPF (%)
survey-label-section-dmarc = ドメイン名自身の DMARC レコード (%)
survey-label-section-effective = 適用される DMARC ポリシー (%)
survey-label-section-dkim = DKIM: 三つの値(順に前の値の内数) (%)
survey-label-section-others = その他 (%)
survey-label-section-residue = 判定不能(個)
survey-label-chart-adoption = グループ別の SPF と DMARC の宣言率
survey-label-chart-levels = グループ別の DMARC ポリシー
survey-label-chart-series = 宣言率の推移
survey-label-level-reject = p=reject
survey-label-level-quarantine = p=quarantine
survey-label-level-none = p=none
survey-label-level-invalid = 使えないレコード
survey-label-level-absent = レコードなし
survey-label-level-unknown = 判定不能
survey-label-spf = SPF
survey-label-dmarc = DMARC
survey-label-mx = MX あり
survey-label-null-mx = Null MX
survey-label-a-only = アドレスのみ
survey-label-no-mail = メールサーバなし
survey-label-nxdomain = 存在しない
survey-label-parked = パークドメイン
survey-label-spf-valid = 有効
survey-label-spf-invalid = 無効
survey-label-spf-fail = -all
survey-label-spf-softfail = ~all
survey-label-spf-neutral = ?all
survey-label-spf-pass = +all
survey-label-dmarc-invalid = 使えない
survey-label-dmarc-none = p=none
survey-label-dmarc-quarantine = p=quarantine
survey-label-dmarc-reject = p=reject
survey-label-dmarc-testing = t=y
survey-label-dmarc-rua = rua
survey-label-effective = 適用あり (RFC 9989)
survey-label-effective-none = none
survey-label-effective-quarantine = quarantine
survey-label-effective-reject = reject
survey-label-effective-psl = 適用あり (RFC 7489)
survey-label-dkim-folder = DKIM: _domainkey の下に何かある
survey-label-dkim-listed = DKIM: よく使われるセレクタ
survey-label-dkim-learnt = DKIM: メールで確認したセレクタ
survey-label-adsp = ADSP
survey-label-bimi = BIMI
survey-label-mta-sts = MTA-STS
survey-label-tls-rpt = TLS-RPT
survey-label-dnssec = DNSSEC
survey-label-wildcard = ワイルドカード
survey-label-unanswered = 応答のない問い合わせあり
