### メールの処置とその理由。

policy-nothing-against = このメールに問題は見つかりませんでした。
policy-dmarc-fail = { $author } の DMARC は fail です(適用するポリシー: { $policy }、規則による処置: { $action })。
policy-dmarc-temperror = { $author } の DMARC を一時的に判定できません(規則による処置: { $action })。
policy-spf-everyone = { $author } の DMARC は、すべてのアドレスを許可する SPF レコードだけによって pass になっています(規則による処置: { $action })。
policy-from-defect = From ヘッダから判定できる作成者が得られません({ $defect }、規則による処置: { $action })。
policy-authors-over-limit = From ヘッダの作成者ドメイン名が検証数の上限を超えています(規則による処置: { $action })。
policy-spf = エンベロープ From の SPF の結果は { $result } です({ GIVEN($domain) ->
        [yes] { $domain }、
       *[no] {""}
    }規則による処置: { $action })。
policy-adsp = 作成者ドメイン名の ADSP の結果は { $result } です(規則による処置: { $action })。
policy-sender-id = Sender ID の結果は fail です(規則による処置: { $action })。
policy-domainkeys = 送信ドメインはすべてのメールに DomainKeys の署名を付けると宣言していますが、有効な署名がありません(規則による処置: { $action })。
policy-null-mx = 送信者のドメイン名 { $domain } はメールを受信しません(規則による処置: { $action })。
policy-no-name = 接続元アドレスに名前がありません(規則による処置: { $action })。
policy-name-not-confirmed = 接続元の名前から接続元アドレスに戻れません(規則による処置: { $action })。
policy-arc-fail = ARC のチェーンが成立していません(規則による処置: { $action })。
policy-listed = リスト { $zone } に { $key } が登録されています(規則による処置: { $action })。
policy-denied = { $domain } のメールは受け取らない設定です(規則による処置: { $action })。
policy-bad-domain = 認証されたドメイン名 { $domain } の評価が低い状態です(良いメールは 1000 通中 { $good_per_mille } 通、規則による処置: { $action })。
policy-bad-client = 接続元ネットワークの評価が低い状態です(良いメールは 1000 通中 { $good_per_mille } 通、規則による処置: { $action })。
policy-replay = 同じ署名のメールがすでに { $count } 回配送されています(規則による処置: { $action })。
policy-dsn-of-others = 配送状況の通知ですが、対象のメールはここから送信したものではありません(規則による処置: { $action })。
policy-dsn-of-nothing = 配送状況の通知ですが、対象のメールが示されていません(規則による処置: { $action })。
policy-spam = 前段の迷惑メールフィルタが、このメールを迷惑メールと判定しています(規則による処置: { $action })。
policy-another-sign = ポリシー以外にも、このメールを疑う根拠があります({ $sign })。
policy-reject-alone = { $author } のポリシー reject だけでは拒否しません。ほかに根拠がないため、quarantine として扱います。
policy-test-mode = { $author } のポリシー { $published } は試験運用中(t=y)のため、{ $applied } を適用します。
policy-forced = { $domain } には受信側で独自のポリシー { $policy } を設定しています。
policy-from-stricter = 不正な From ヘッダにポリシー { $policy } のドメイン名 { $author } が含まれるため、より厳しい処置とします。
policy-excepted-network = ネットワーク { $network } からのメールは判定の対象外です。
policy-excepted-user = 接続元は SMTP AUTH で認証済みのため、{ GIVEN($user) ->
        [yes] 利用者 { $user } の
       *[no] {""}
    }メールは判定の対象外です。
policy-forwarder-network = 信頼する転送元(ネットワーク { $network })からのメールです。
policy-forwarder-name = 信頼する転送元(接続元の確認済みの名前 { $domain })からのメールです。
policy-forwarder-domain = 信頼する転送元(認証されたドメイン名 { $domain })からのメールです。
policy-trusted-sealer = 信頼する ARC 署名者 { $domain } が、受信時に DMARC の pass を確認しています。
policy-mailing-list = 登録済みで認証されたメーリングリスト { $domain } からのメールです。
policy-forwarded = { $domain } の電子署名が有効なため、転送されたメールとみなし、最後の経路の SPF の結果は使用しません。
policy-allowed = { $domain } は認証されており、受け取る設定のドメイン名です。
policy-white-listed = ホワイトリスト { $zone } に接続元{ GIVEN($client) ->
        [yes] {" "}{ $client }{" "}
       *[no] {""}
    }が登録されています。
policy-not-blocked = 作成者ドメイン名{ GIVEN($author) ->
        [yes] {" "}{ $author }{" "}
       *[no] {""}
    }は遮断の対象ではないため、ラベルの付与にとどめます。
policy-held-back = 現在の段階は { $stage } のため、本来の処置({ $wanted })は行いません。
policy-recipient-rules = 受信者のドメイン名 { $domain } 用の規則を適用しました。
policy-recipients-differ = 受信者ごとに規則が異なり、判定が { $count } 通りになったため、全体に一つの判定を適用しました。
