### 送信メール: 送信メールの判別、署名に用いる鍵、鍵の設定の誤り。

## 送信メールの判別

outgoing-by-listener = { $listener } で受け取ったため、送信メールとして扱います。
outgoing-by-macro = メールサーバが { $name } として「{ $value }」を示したため、送信メールとして扱います。
outgoing-by-user = { $user } が SMTP AUTH で認証済みのため、送信メールとして扱います。
outgoing-by-network = クライアントが { $network } に含まれるため、送信メールとして扱います。

## 署名に用いる鍵

outgoing-rule-found = { $address } ({ $field ->
        [from] ヘッダ From
        [sender] ヘッダ Sender
        [mail_from] エンベロープ From
       *[other] { $field }
    })には、規則 { $pattern } の鍵で署名します。
outgoing-no-rule = { $address } ({ $field ->
        [from] ヘッダ From
        [sender] ヘッダ Sender
        [mail_from] エンベロープ From
       *[other] { $field }
    })のために署名する鍵がありません。
outgoing-not-entitled = 規則 { $pattern } はこのクライアントのためのものではありません。{ $address } ({ $field ->
        [from] From
        [sender] Sender
        [mail_from] MAIL FROM
       *[other] { $field }
    }) のためには署名しません。
outgoing-not-wanted = 規則 { $pattern } により、署名しません。
outgoing-no-sender = 規則を引くための送信者がメールに示されていません。
outgoing-too-many-senders = 送信者が多いため、先頭の { $limit } 件についてのみ規則を引きました。
outgoing-too-many-signatures = 署名する鍵が多いため、{ $limit } 個の電子署名だけを付けました。
outgoing-signed = { $domain } のために、セレクタ { $selector } ({ $algorithm })で署名しました。
outgoing-cannot-insert = メールサーバがヘッダの挿入を許していないため、署名しませんでした。
outgoing-from-count = From ヘッダが { $count } 個あるため、署名しませんでした。署名できるのは 1 個の場合だけです。
outgoing-header-too-long = ヘッダが長すぎるか多すぎて全体を読み取れないため、署名しませんでした。
outgoing-too-many-fields = 署名対象ヘッダが { $count } 個になるため、署名しませんでした。検証側が読み取るのは { $limit } 個までです。
outgoing-name-too-long = { $domain } とセレクタ { $selector } を合わせた名前が長すぎるため、署名しませんでした。
outgoing-failed = 暗号ライブラリの誤りにより、{ $domain } のためのセレクタ { $selector } による署名ができませんでした。
outgoing-long-line = { $bytes } バイトの行があります。メールサーバがそのまま配送する { $limit } バイトを超えるため、電子署名は配送中に壊れると見込まれます。

## 鍵と規則

outgoing-key-repeated = 「{ $name }」という名前の鍵が 2 個あります。
outgoing-key-unknown = 規則が参照している鍵「{ $name }」がありません。
outgoing-selector-repeated = ドメイン名 { $domain } とセレクタ { $selector } の組が同じ鍵が 2 個あります。鍵ごとに別のセレクタが必要です。
outgoing-key-name-too-long = セレクタ { $selector } とドメイン名 { $domain } を合わせた名前が長すぎます。
outgoing-field-name = 「{ $name }」は、署名対象に加える、または除くヘッダの名前として使用できません。
outgoing-rule-line = { $file }: { $line } 行目が規則ではありません。*@example.jp key のように書いてください。
outgoing-key-line = { $file }: { $line } 行目が鍵ではありません。name example.jp:selector:/path/to/key.pem のように書いてください。
outgoing-too-many-keys = 鍵が { $limit } 個を超えています。
outgoing-too-many-rules = 規則が { $limit } 個を超えています。
outgoing-table-too-long = { $file }: 表が { $limit } バイトを超えています。
