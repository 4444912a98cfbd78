### 送信元について分かること: iprev、DNS のリスト、Null MX。

## iprev

iprev-asked = { $name } { $kind } → { $answer ->
        [records] { $data }{ GIVEN($more) ->
            [yes] {" "}(ほか { $more } 件)
           *[no] {""}
        }
        [nodata] この種類のレコードなし
        [nxdomain] 名前が存在しない
       *[other] { $answer }
    }
iprev-names-ignored = 送信元のホスト名が多いため、最初の { $count } 件だけを確認しました。
iprev-confirmed = { $name } から送信元の IP アドレスに戻ることを確認しました。
iprev-no-name = 送信元の IP アドレスにホスト名がありません(逆引きなし)。
iprev-not-confirmed = { $count ->
        [one] 送信元のホスト名から IP アドレスに戻れません。
       *[other] 送信元の { $count } 個のホスト名のどれからも IP アドレスに戻れません。
    }
iprev-dns-failure = { $name } { $kind } の DNS 参照に失敗しました({ $failure })。

## Null MX

null-mx-asked = { $name } { $kind } → { $answer ->
        [records] { $data }{ GIVEN($more) ->
            [yes] {" "}(ほか { $more } 件)
           *[no] {""}
        }
        [nodata] この種類のレコードなし
        [nxdomain] 名前が存在しない
       *[other] { $answer }
    }
null-mx-published = { $role ->
        [from] 作成者ドメイン名 { $domain } はメールを受信しないと宣言しています(Null MX)。
       *[mailfrom] エンベロープ From のドメイン名 { $domain } はメールを受信しないと宣言しています(Null MX)。
    }
null-mx-preference = { $domain } の Null MX のプリファレンス値が 0 ではなく { $preference } です。メールは受信できません。
null-mx-repeated = { $domain } に Null MX が { $count } 個あります。設定できるのは 1 個だけです。メールは受信できません。
null-mx-beside-others = { $domain } に Null MX とほかの MX({ $count } 個)が併存し、矛盾しています。
null-mx-absent = { $domain } はメールを受信しないとは宣言していません。
null-mx-unknown = { $domain } がメールを受信するかどうかを DNS で確認できませんでした({ $failure })。

## SMTP AUTH

smtp-auth-none = 送信元は SMTP AUTH で認証していません。
smtp-auth-authenticated = 送信元は{ GIVEN($identity) ->
        [yes] {" "}{ $identity } として
       *[no] {""}
    }{ GIVEN($mechanism) ->
        [yes] {" "}{ $mechanism }{" "}
       *[no] {" "}SMTP AUTH{" "}
    }で認証済みです。
smtp-auth-anonymous = 送信元は誰も認証しない方式 ANONYMOUS を使用しました。
smtp-auth-failed = 送信元の SMTP AUTH は成功しませんでした({ $result })。
smtp-auth-identity-unusable = 認証された識別子は長すぎるか印字できない文字を含むため、表示しません。
smtp-auth-mail-from-unusable = MAIL の AUTH パラメータは、メールアドレスではないか送信元が認証していないため、使用しません。

## DNS のリスト

dns-list-asked = { $name } { $kind } → { $answer ->
        [records] { $data }{ GIVEN($more) ->
            [yes] {" "}(ほか { $more } 件)
           *[no] {""}
        }
        [nodata] この種類のレコードなし
        [nxdomain] 名前が存在しない
       *[other] { $answer }
    }
dns-list-outside = { $address } はリストのコードではないため、数えません。
dns-list-other-codes = 登録はありますが、コード({ $count } 個)はどれも対象とするコードではありません。
dns-list-text-unusable = 登録の説明文は印字できないか長すぎるため、使用しません。
dns-list-name-too-long = { $key } はリスト名と合わせると DNS で長すぎるため、登録はありません。
dns-list-listed = { $key } はブロックリスト { $zone } に登録されています({ $codes })。{ GIVEN($text) ->
        [yes] 説明文は「{ $text }」です。
       *[no] {""}
    }
dns-list-welcome = { $key } はホワイトリスト { $zone } に登録されています({ $codes })。{ GIVEN($text) ->
        [yes] 説明文は「{ $text }」です。
       *[no] {""}
    }
dns-list-not-listed = { $key } はリスト { $zone } に登録されていません。
dns-list-not-used = { $key } についての { $zone } の応答は使用しません。{ $reason }
dns-list-refused = リストが応答を拒否しています({ $code })。
dns-list-query-refused = リストの DNS サーバが応答を拒否しています。
dns-list-no-code = リストの応答 { $address } はリストのコードではありません。
dns-list-no-test-entry = リストに必須のテスト用の登録がありません。
dns-list-lists-all = リストにあってはならないテスト用の登録があり、すべてが登録されている可能性があります。
dns-list-names-too-long = リスト名が長すぎて、登録を問い合わせできません。
dns-list-dns-failure = { $name } { $kind } の DNS 参照に失敗しました({ $failure })。
dns-list-omitted = リストと名前の数が上限を超えたため、{ $count } 件の登録を確認しませんでした。
