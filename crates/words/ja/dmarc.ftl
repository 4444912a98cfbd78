### DMARC: 根拠、理由、レコードおよびパブリックサフィックスリストの誤り。

## 根拠

dmarc-asked = { $name } { $kind } → { $answer ->
        [records] { $data }{ GIVEN($ttl_s) ->
            [yes] {" "}(TTL { $ttl_s })
           *[no] {""}
        }
        [nodata] この種類のレコードなし
        [nxdomain] 名前が存在しない
       *[other] { $answer }
    }
dmarc-name-too-long = _dmarc.{ $domain } は DNS の名前として長すぎるため、レコードは存在し得ません。
dmarc-text-ignored = _dmarc.{ $domain } の TXT レコードのうち { $count } 個は DMARC レコードではないため、無視しました。
dmarc-record-found = { $domain } の DMARC レコード: { $record }
dmarc-several-records = _dmarc.{ $domain } に DMARC レコードが { $count } 個あります。設定できるのは 1 個だけのため、すべて無視しました。
dmarc-organizational-domain = { $domain } の組織ドメイン名は { $organizational } です{ $selected ->
        [psd-n] (レコードの psd=n による)。
        [below-psd-y] (パブリックサフィックス(psd=y)の直下)。
        [fewest-labels] (DMARC レコードのある最上位のドメイン名)。
        [no-record] (上位に DMARC レコードなし)。
        [suffix-list] (パブリックサフィックスリストによる)。
        [same-domain] (同一のドメイン名)。
       *[other] 。
    }
dmarc-policy-record = { $domain } のレコードを適用します{ $place ->
        [author] (作成者ドメイン名)。
        [organizational] (組織ドメイン名)。
        [public-suffix] (パブリックサフィックス)。
       *[other] 。
    }
dmarc-defective-policy-monitored = { $domain } のレコードにはポリシーがないか誤りがあるため、p=none として扱います。
dmarc-defective-policy-unusable = { $domain } のレコードにはポリシーがないか誤りがあり、レポート宛先もないため、DMARC を適用しません。
dmarc-author-exists = { $domain } は DNS に存在します。
dmarc-author-does-not-exist = { $domain } は DNS に存在しません。
dmarc-author-existence-unknown = { $domain } が存在するかどうかを確認できませんでした({ $failure })。
dmarc-policy-applied = ポリシーは { $policy } です({ $tag }=)。
dmarc-policy-testing = ポリシーは { $policy } ({ $tag }=)ですが、試験運用中(t=y)のため { $to_apply } を適用します。
dmarc-aligned = { $identifier }({ $mechanism ->
        [spf] SPF
        [dkim] DKIM
       *[other] { $mechanism }
    })は { $author } と整合しています{ $alignment ->
        [same-name] (同一のドメイン名)。
        [same-organization] (組織ドメイン名が同一)。
       *[other] 。
    }
dmarc-not-aligned = { $identifier }({ $mechanism ->
        [spf] SPF
        [dkim] DKIM
       *[other] { $mechanism }
    })は { $author } と整合していません{ $alignment ->
        [other-name] (ドメイン名が異なる、strict)。
        [other-organization] (組織ドメイン名が異なる)。
       *[other] 。
    }
dmarc-alignment-unknown = { $identifier }({ $mechanism ->
        [spf] SPF
        [dkim] DKIM
       *[other] { $mechanism }
    })が { $author } と整合しているかどうかを確認できませんでした({ $alignment })。
dmarc-alignment-not-sought = { $identifier }({ $mechanism ->
        [spf] SPF
        [dkim] DKIM
       *[other] { $mechanism }
    })と { $author } の整合は確認していません{ $alignment ->
        [over-limit] (確認対象の上限を超過)。
       *[other] (結果に影響しないため)。
    }
dmarc-authors-over-limit = 差出人(ヘッダ From)に { $count } 個のドメイン名があります。評価するのは { $limit } 個までです。
dmarc-destination = レポート宛先 { $uri } に送信できます{ $verdict ->
        [internal] (同じ組織のドメイン名)。
        [agreed] (委譲設定あり)。
        [redirected] (委譲設定で別の宛先を指定)。
       *[other] 。
    }
dmarc-destination-refused = レポート宛先 { $uri } には送信しません{ $verdict ->
        [scheme] (mailto: 以外は未対応)。
        [not-agreed] (委譲設定なし)。
        [other-host] (委譲設定で別のドメイン名を指定)。
        [name-too-long] (委譲設定を参照する名前が長すぎる)。
        [public-suffix] (宛先がパブリックサフィックス)。
       *[other] ({ $verdict })。
    }
dmarc-destination-unknown = レポート宛先 { $uri } の委譲設定を確認できませんでした({ $verdict })。
dmarc-decided = { $author } の DMARC 認証結果は { $result } です。{ $reason }

## 理由

dmarc-reason-aligned = { $mechanism ->
        [spf] SPF
        [dkim] DKIM
       *[other] { $mechanism }
    } が pass し、作成者ドメイン名と整合しています。
dmarc-reason-not-aligned = pass した認証結果は、作成者ドメイン名と整合していません。
dmarc-reason-not-authenticated = SPF、DKIM のいずれも pass していません。
dmarc-reason-no-record = 適用できる DMARC レコードがありません。
dmarc-reason-unusable-record = DMARC レコードに有効なポリシーもレポート宛先もありません。
dmarc-reason-policy-unknown = DMARC レコードを参照できませんでした({ $failure })。
dmarc-reason-alignment-unknown = 整合を確認できませんでした({ $failure })。
dmarc-reason-authentication-unknown = { $mechanism ->
        [spf] SPF
        [dkim] DKIM
       *[other] { $mechanism }
    } を一時的に確認できませんでした。
dmarc-reason-existence-unknown = ポリシーの決定に必要な作成者ドメイン名の存在を確認できませんでした({ $failure })。
dmarc-reason-from-absent = From ヘッダがありません。
dmarc-reason-from-repeated = From ヘッダが複数あります。
dmarc-reason-from-malformed = From ヘッダを一意に解釈できません。
dmarc-reason-from-no-mailbox = From ヘッダにメールアドレスがありません。
dmarc-reason-from-bad-domain = From ヘッダのドメイン名が正しくありません。
dmarc-reason-one-of-several = From ヘッダに複数のドメイン名があり、結果を決めるドメイン名の認証結果は { $decisive } です。
dmarc-reason-authors-over-limit = From ヘッダのドメイン名が { $limit } 個を超えています。

## レコードの誤り

dmarc-version-absent = バージョン(v=)がありません。
dmarc-version-not-first = バージョン(v=)が先頭にないため、DMARC レコードではありません。
dmarc-version-value = バージョンが「DMARC1」ではないため、DMARC レコードではありません。
dmarc-leading-space = 「v=」の前に空白があります。受信側によっては DMARC レコードとして扱われません。
dmarc-policy-absent = ポリシー(p=)がありません。
dmarc-policy-value = ポリシーが none、quarantine、reject のいずれでもありません。
dmarc-policy-not-second = ポリシー(p=)がバージョンの直後にありません。古い受信側ではレコードが無視される可能性があります。
dmarc-mode-value = 整合の指定が r、s のいずれでもありません。
dmarc-psd-value = psd= の値が y、n、u のいずれでもありません。
dmarc-testing-value = t= の値が y、n のいずれでもありません。
dmarc-failure-options-value = fo= の値が正しくありません。
dmarc-failure-options-alone = ruf= がないため、fo= は無効です。
dmarc-uri-empty = レポート宛先のカンマの間が空です。
dmarc-uri-syntax = レポート宛先が URI ではありません。「mailto:」で始まる必要があります。
dmarc-uri-mailbox = レポート宛先が単独のメールアドレスではありません。
dmarc-uri-mark = レポート宛先の「!」や「,」はパーセント符号化する必要があります。
dmarc-uri-size = 「!」に続くサイズの指定は廃止されたため、無視されます。
dmarc-uri-scheme = レポートの送信先は mailto: のみです。
dmarc-uri-too-many = レポート宛先が { $limit } 件を超えているため、残りは無視されます。
dmarc-uri-too-long = レポート宛先が { $limit_bytes } バイトを超えているため、無視されます。
dmarc-historic-tag = 廃止されたタグのため、無視されます。
dmarc-historic-value = 廃止されたタグです。値も正しくありません。
dmarc-unknown-tag = 未知のタグのため、無視されます。

## パブリックサフィックスリスト

dmarc-suffix-line = パブリックサフィックスリストに規則ではない行があるため、無視しました。
dmarc-suffix-list-too-long = パブリックサフィックスリストが { $limit_bytes } バイトを超えているため、残りは読み取りませんでした。
dmarc-suffix-list-empty = パブリックサフィックスリストに規則がありません。
