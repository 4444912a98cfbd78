### SPF: 根拠、理由、レコードの誤り。

## 根拠

spf-asked = { $name } { $kind } → { $answer ->
        [records] { $data }{ GIVEN($more) ->
            [yes] {" "}(ほか { $more } 件)
           *[no] {""}
        }
        [nodata] この種類のレコードなし
        [nxdomain] 名前が存在しない
       *[other] { $answer }
    }
spf-record = { $domain }: { GIVEN($term) ->
        [yes] { $term } により{ GIVEN($result) ->
            [yes] {" "}{ $result }
           *[no] 次へ
        }
       *[no] 評価は完了していません
    }
spf-target-unusable = { $domain } の { $term } の参照先は DNS の名前として使用できないため、一致しません。{ $flaw }
spf-local-part-not-ascii = { $domain } の { $term } はローカルパートを使用しますが、US-ASCII ではないため一致しません。
spf-void = 応答が空です(空振り参照 { $count } 回目)。
spf-void-forgiven = { $name } { $kind } の応答は空ですが、もう一方の IP バージョンのアドレスがあるため、空振り参照に数えません。
spf-names-ignored = 送信元のホスト名が多いため、最初の { $count } 件だけを確認しました。
spf-explanation-unusable = ドメイン管理者による説明文は使用しません。{ $flaw ->
        [target] 参照先の名前を問い合わせできません。
        [no-answer] 説明文のレコードがありません。
        [several] 説明文のレコードが複数あります。
        [characters] 印字可能な US-ASCII ではありません。
        [too-long] 説明文が長すぎます。
       *[other] { $flaw }
    }

## 理由

spf-sender-malformed = エンベロープ From がメールアドレスではないため、認証の対象がありません。
spf-domain-malformed = DNS で使用できないドメイン名のため、認証の対象がありません。{ $flaw }
spf-address-literal = ドメイン名ではなくアドレスリテラルのため、認証の対象がありません。
spf-single-label = ラベルが 1 つだけの名前のため、認証の対象がありません。
spf-no-such-domain = { $domain } は存在しません。
spf-no-record = { $domain } には SPF レコードがありません。
spf-several-records = { $domain } に SPF レコードが { $count } 個あります。設定できるのは 1 個だけです。
spf-record-broken = { $domain } の SPF レコードに誤りがあります{ GIVEN($text) ->
        [yes] (「{ $text }」、{ ORDINAL($at) } 文字目)。{ $flaw }
       *[no] 。
    }
spf-too-many-lookups = SPF レコードの DNS 参照回数が上限の { $limit } 回を超えました({ $domain } の { $term })。
spf-too-many-void-lookups = SPF レコードの空振り参照が上限の { $limit } 回を超えました({ $domain } の { $term })。
spf-too-many-mail-exchanges = { $domain } の { $term } が参照する MX の数が上限の { $limit } を超えました。
spf-target-without-record = { $domain } の { $term } が参照する { $target } に SPF レコードがありません。
spf-target-malformed = { $domain } の { $term } の参照先がドメイン名ではありません。
spf-dns-failure = { $name } { $kind } の DNS 参照に失敗しました({ $failure })。

## レコードの誤り

spf-flaw-version-missing = レコードが「v=spf1」で始まっていません。
spf-flaw-record-too-long = レコードが読み取り上限を超えています。
spf-flaw-too-many-terms = 項目の数が読み取り上限を超えています。
spf-flaw-control-character = 制御文字が含まれています。
spf-flaw-non-ascii = US-ASCII ではない文字が含まれています。
spf-flaw-unknown-mechanism = このような名前の機構はありません。
spf-flaw-modifier-as-mechanism = 修飾子が「=」ではなく「:」で記述されています。
spf-flaw-qualifier-on-modifier = 修飾子に限定子(+ - ~ ?)が付けられています。
spf-flaw-modifier-name = 「=」の前が修飾子の名前ではありません。
spf-flaw-argument-missing = 機構に必要な引数がありません。
spf-flaw-argument-unexpected = この機構には指定できない引数です。
spf-flaw-empty-domain-spec = 「:」または「=」の後にドメイン名がありません。
spf-flaw-top-label = ドメイン名の末尾がトップレベルドメインとして正しくありません。
spf-flaw-macro-stray = 「%」が単独で記述されています。文字としての「%」は「%%」と記述します。
spf-flaw-macro-unclosed = マクロが「{"}"}」で閉じられていません。
spf-flaw-macro-letter = このような文字のマクロはありません。
spf-flaw-macro-explanation-only = 説明文(exp=)でのみ使用できるマクロです。
spf-flaw-macro-zero = マクロの個数指定が 0 です。
spf-flaw-macro-delimiter = マクロに区切り文字ではない文字が含まれています。
spf-flaw-cidr-syntax = 「/」の後がプレフィックス長ではありません。
spf-flaw-leading-zero = 数値が 0 で始まっています。
spf-flaw-cidr-too-long = プレフィックス長がアドレスの長さを超えています。
spf-flaw-ip4-address = IPv4 アドレスではありません。
spf-flaw-ip6-address = IPv6 アドレスではありません。
spf-flaw-ip6-under-ip4 = 「ip4:」に IPv6 アドレスが記述されています。
spf-flaw-ip4-under-ip6 = 「ip6:」に IPv4 アドレスが記述されています。
spf-flaw-duplicate-redirect = 「redirect=」が 2 回記述されています。
spf-flaw-duplicate-explanation = 「exp=」が 2 回記述されています。
spf-flaw-unknown-modifier = 未知の修飾子のため、無視されます。
spf-flaw-mechanism-as-modifier = 機構が「:」ではなく「=」で記述されているため、未知の修飾子として無視されます。
spf-flaw-term-after-all = 「all」より後の機構は評価されません。
spf-flaw-redirect-ignored = 「all」があるため、「redirect=」は無視されます。
spf-flaw-modifier-not-last = 修飾子が機構より前にあります。末尾に記述した場合と同じ意味になります。
spf-flaw-host-bits = アドレスのプレフィックス長より後のビットは無視されます。
spf-flaw-domain-malformed = DNS に存在し得ないドメイン名のため、この項目が一致することはありません。
spf-flaw-report-address = 「ra=」の値がローカルパートではありません。
spf-flaw-report-percentage = 「rp=」の値が 0 から 100 までの割合ではありません。
spf-flaw-report-request = 「rr=」に存在しない種類のレポートが指定されています。
spf-flaw-report-without-address = 「ra=」がないため、「rp=」と「rr=」は無効です。
spf-report-wished = このドメイン名は、このような結果の { $percentage } % のレポートを { $address } で希望しています。
