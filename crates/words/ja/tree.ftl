### SPF の木: レコードと項目についての所見、書き直したレコードについての所見。

## 全体

spf-tree-summary = DNS 参照 { $lookups } 回(上限 { $limit } 回)、うち空振り { $void_lookups } 回。許可されるアドレスは IPv4 { $ip4 } 個、IPv6 { $ip6 } 個です。
spf-tree-summary-and-more = DNS 参照 { $lookups } 回(上限 { $limit } 回)、うち空振り { $void_lookups } 回。許可されるアドレスは IPv4 { $ip4 } 個、IPv6 { $ip6 } 個と、メールごとに変わる項目に一致するものです。
spf-tree-summary-with-errors = DNS 参照 { $lookups } 回(上限 { $limit } 回)、うち空振り { $void_lookups } 回。エラーになる前に許可されるアドレスは IPv4 { $ip4 } 個、IPv6 { $ip6 } 個です。
spf-tree-label-ip4 = IPv4
spf-tree-label-ip6 = IPv6
spf-tree-label-lookups = 参照

## レコード

spf-tree-no-record = { $domain } には SPF レコードがなく、受信側は permerror と判定します。
spf-tree-no-such-domain = { $domain } は存在せず、受信側は permerror と判定します。この名前を登録した者が送信元を決められる状態です。
spf-tree-not-checkable = { $domain } は SPF の認証対象にできない名前です。
spf-tree-several-records = { $domain } に SPF レコードが { $count } 個あります。設定できるのは 1 個だけで、受信側は permerror と判定します。
spf-tree-broken = { $domain } のレコードは「{ $text }」に誤りがあり、受信側は permerror と判定します。{ $flaw }
spf-tree-failed = { $name } { $kind } の DNS 参照に失敗し({ $failure })、受信側は temperror と判定します。
spf-tree-loop = 参照が上位の { $domain } に戻っているため、受信側は permerror と判定します。
spf-tree-cut = 木が大きすぎるため、ここで打ち切りました(上限: { $what ->
        [records] レコードの数
        [depth] include の深さ
        [questions] 問い合わせの数
        [bytes] 応答のバイト数
        [hosts] 1 項目のホストの数
        [terms] 項目の数
       *[other] { $what }
    })。表示は一部だけです。
spf-tree-strict-voids = 片方の IP バージョンのアドレスしか持たないホストを空振り参照に数える受信側では、{ $count } 回となり上限の { $limit } 回を超えます。

## 項目

spf-tree-too-many-lookups = ここで DNS 参照回数が上限の { $limit } 回を超えます。これより前で一致しない送信元を、受信側は permerror と判定します。
spf-tree-too-many-voids = ここで空振り参照が上限の { $limit } 回を超え、受信側は permerror と判定します。
spf-tree-void = { $name } には{ $kind ->
        [MX] {" "}MX
       *[other] アドレス
    }がなく、この項目は何にも一致しません。空振り参照に数えられます。
spf-tree-too-many-hosts = MX が { $count } 個あり、上限の { $limit } 個を超えるため、受信側は permerror と判定します。
spf-tree-after-all = { $terms } の後にあるため、評価されません。
spf-tree-covered = 前にある { $terms } がすべて含んでいるため、不要です。
spf-tree-contradicted = 前にある { $terms } が別の結果で先に一致するため、効果がありません。
spf-tree-unreached = 前にある項目がすべてに一致するため、評価されません。
spf-tree-varies = メールごとに変わるため({ $macros })、対象のアドレスは分かりません。
spf-tree-ptr = 「ptr」は遅く不確実なため、使用しないでください。対象のアドレスは分かりません。
spf-tree-everyone = すべての送信元を許可しています。
spf-tree-target-malformed = 参照先が DNS の名前として使用できません。{ $flaw }

## 書き直したレコード

spf-minimise-unsound = レコードに誤りがあるか、参照先を確認できません。書き直せるのは誤りのないレコードだけです。
spf-minimise-too-large = ネットワークが { $count } 個必要ですが、書き出せるのは { $limit } 個までです。
spf-minimise-too-long = これ以上短くできません({ $octets } オクテットのレコードになります)。
spf-minimise-unproved = 書き直したレコードが同じ意味であることを証明できないため、表示しません。
spf-minimise-dropped = { $term } は省きました。ほかの項目が同じ結果で一致するか、何にも一致しないためです。
spf-minimise-frozen = { $name } { $kind } の現在の値を書き込みました(TTL { $seconds } 秒)。変更されたときは、レコードの書き直しが必要です。
spf-minimise-frozen-short = { $name } { $kind } はいつでも変更されうるもの(TTL { $seconds } 秒)ですが、現在の値を書き込みました。監視を続けるか、名前のまま残してください。
spf-minimise-kept = { $term } はそのまま残しました。{ $why ->
        [varies] メールごとに変わるためです。
        [entangled] 参照先がメールごとに変わり、切り離せない項目の後にあるためです。
        [exists] 名前の有無を確認する項目のためです。
       *[other] { $why }
    }
spf-minimise-name = 追加のレコードの名前が長すぎます。
spf-minimise-over-limit = まだ DNS 参照が { $after } 回必要で、上限は { $limit } 回です。
spf-minimise-proved = DNS 参照は { $before } 回から { $after } 回になります。許可されるアドレスは同じで(IPv4 は { $ip4 } 個)、そのほかの結果も同じです。
spf-minimise-several = レコードは { $count } 個です。追加のレコードを先に、ドメイン自身のレコードを最後に公開してください。
