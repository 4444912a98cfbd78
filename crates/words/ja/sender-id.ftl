### Sender ID。

## 根拠

sender-id-address = PRA(送信責任者のアドレス)は { FIELD($field) } の { $address } です。
sender-id-own-record = { $domain } には{ $scope ->
        [pra] {" "}PRA{" "}
       *[mfrom] エンベロープ From{" "}
    }を対象とする Sender ID のレコード(spf2.0)があります。
sender-id-spf-record = { $scope ->
        [pra] { $domain } の SPF レコード(v=spf1)を PRA に適用しました。結果は報告にだけ使用します。
       *[mfrom] { $domain } の SPF レコード(v=spf1)をエンベロープ From に適用しました。
    }

## 理由

sender-id-no-such-domain = { $domain } は存在しません。PRA の認証では fail です。
sender-id-no-record = { $domain } には{ $scope ->
        [pra] {" "}PRA{" "}
       *[mfrom] エンベロープ From{" "}
    }に適用できるレコードがありません。
sender-id-several-records = { $domain } には{ $scope ->
        [pra] {" "}PRA{" "}
       *[mfrom] エンベロープ From{" "}
    }を対象とするレコードが { $count } 個あります。設定できるのは 1 個だけです。

## PRA が定まらない理由

sender-id-header-cut = ヘッダが読み取り上限を超えているため、PRA が定まりません。
sender-id-no-field = PRA となるヘッダがありません。
sender-id-several-fields = { FIELD($field) } が { $count } 個あるため、PRA が定まりません。
sender-id-several-mailboxes = { FIELD($field) } に { $count } 個のアドレスがあるため、PRA が定まりません。
sender-id-malformed = { FIELD($field) } を一通りに読み取れないため、PRA が定まりません。{ $flaw }
sender-id-hidden-line = { FIELD($field) } に単独の CR、LF または NUL があるため、PRA が定まりません。
sender-id-no-domain = { FIELD($field) } のアドレスにドメイン名がないため、PRA が定まりません。{ GIVEN($flaw) ->
        [yes] { $flaw }
       *[no] {""}
    }

## SUBMITTER パラメータ

sender-id-submitter-matches = SUBMITTER の { $address } はヘッダの PRA と一致します。
sender-id-submitter-differs = SUBMITTER の { $address } はヘッダの PRA と一致しません。
sender-id-submitter-unverifiable = SUBMITTER をヘッダと比較できません。{ $reason }
sender-id-submitter-malformed = SUBMITTER がメールアドレスではありません。
