### DomainKeys、ADSP、ATPS、RFC 6651 のレポート宛先。

## DomainKeys: 根拠

domainkeys-asked = { $question } → { $answer ->
        [records] レコードあり
        [nodata] この種類のレコードなし
        [nxdomain] 名前が存在しない
       *[other] { $answer }
    }
domainkeys-sending-address = DomainKeys(歴史的な方式)の送信者アドレスは { $field } にあり、そのドメイン名は { $domain } です。
domainkeys-key-found = DomainKeys(歴史的な方式)に使用できる鍵です({ $bits } bit)。
domainkeys-testing = DomainKeys の試験運用中であることが鍵レコードに示されています(t=y)。検証に失敗しても不利に扱うべきではありません。
domainkeys-signature-agrees = DomainKeys の電子署名はヘッダ、本文、鍵と一致しました。DomainKeys は SHA-1 に基づく歴史的な方式であり、何も認証しません。

## DomainKeys: DomainKey-Signature ヘッダ

domainkeys-signature-too-long = DomainKey-Signature ヘッダが { $limit } バイトを超えているため、読み取りませんでした。
domainkeys-signature-syntax = DomainKey-Signature ヘッダに誤りがあります。{ $flaw }
domainkeys-tag-name = DomainKeys の電子署名に、英小文字 1 文字ではないタグがあります。
domainkeys-not-ascii = DomainKeys の電子署名に US-ASCII 以外の文字があります。
domainkeys-tag-missing = DomainKeys の電子署名に { $tag }= がありません。
domainkeys-algorithm-unknown = DomainKeys の署名アルゴリズム(a=)が rsa-sha1 ではありません。
domainkeys-canonicalization-unknown = DomainKeys の正規化方式(c=)が simple でも nofws でもありません。
domainkeys-query-method = DomainKeys の鍵の取得方法(q=)が dns ではありません。
domainkeys-domain-syntax = DomainKeys の電子署名のドメイン名(d=)が正しくありません。
domainkeys-selector-syntax = DomainKeys のセレクタ(s=)が正しくありません。
domainkeys-field-names = DomainKeys の署名対象ヘッダの指定(h=)が正しくありません。
domainkeys-signature-encoding = DomainKeys の署名の値(b=)が base64 ではありません。

## DomainKeys: 理由

domainkeys-too-many-signatures = 1 通のメールで検証する DomainKeys の電子署名は、先頭から { $limit } 個までです。
domainkeys-no-sending-address = 送信者アドレスを示す From または Sender が 1 つに定まりません。
domainkeys-address-not-signed = 送信者アドレスを示すヘッダが DomainKeys の署名対象に含まれていません。
domainkeys-domain-outside = DomainKeys の電子署名のドメイン名(d=)が、送信者アドレスのドメイン名でもその上位でもありません。
domainkeys-lookup-failed = DomainKeys の鍵レコードを参照できませんでした({ $failure })。再度の試行で成功する可能性があります。
domainkeys-no-key-record = DNS に DomainKeys の鍵レコードがありません。
domainkeys-key-kind-mismatch = 鍵の種類が { $kind } です。DomainKeys で使用できるのは rsa だけです。
domainkeys-hash-not-allowed = 鍵レコードが、DomainKeys に必要な SHA-1 の使用を認めていません。
domainkeys-key-not-for-email = DomainKeys の鍵レコードがメールでの使用を認めていません。
domainkeys-local-part-not-allowed = 鍵レコードが送信者アドレスのローカルパートを認めていません(g=)。
domainkeys-signature-differs = ヘッダまたは本文が DomainKeys の署名後に変更されているか、鍵が署名時のものと異なります。

## DomainKeys: 送信元ドメイン名のポリシー

domainkeys-policy-asked = { $question } → { $answer ->
        [records] レコードあり
        [nodata] この種類のレコードなし
        [nxdomain] 名前が存在しない
       *[other] { $answer }
    }
domainkeys-policy-found = DomainKeys のポリシー(歴史的な方式)は、ドメイン名の{ $signing ->
        [all] すべてのメール
       *[some] 一部のメール
    }に署名するとしています{ $testing ->
        [yes] (試験運用中、t=y)
       *[no] {""}
    }。
domainkeys-policy-reports = DomainKeys のポリシーに示されたレポート宛先(r=)は { $address } です。
domainkeys-policy-default = 使用できる DomainKeys のポリシーがないため、一部のメールに署名するものとして扱います。
domainkeys-policy-too-long = DomainKeys のポリシーレコードが { $limit } バイトを超えているため、読み取りませんでした。
domainkeys-policy-syntax = DomainKeys のポリシーレコードに誤りがあります。{ $flaw }
domainkeys-policy-signing = DomainKeys のポリシー(o=)が「-」でも「~」でもありません。
domainkeys-policy-several = DomainKeys のポリシーレコードが複数あるため、使用しません。

## ADSP

adsp-asked = { $question } → { $answer ->
        [records] レコードあり
        [nodata] この種類のレコードなし
        [nxdomain] 名前が存在しない
       *[other] { $answer }
    }
adsp-no-author-domain = From に、ADSP(歴史的な方式)を評価できるドメイン名のないアドレスがあります。
adsp-author-signature = 作成者ドメイン名 { $domain } 自身の有効な DKIM 電子署名があります(ADSP、歴史的な方式)。
adsp-delegated = { $domain } が第三者の署名を認めているため、ADSP(歴史的な方式)では自身の署名として扱います。
adsp-no-author-signature = 作成者ドメイン名 { $domain } 自身の有効な DKIM 電子署名がありません(ADSP、歴史的な方式)。
adsp-no-such-domain = 作成者ドメイン名が DNS に存在しません。
adsp-lookup-failed = ADSP(歴史的な方式)を参照できませんでした({ $failure })。再度の試行で成功する可能性があります。
adsp-no-record = 作成者ドメイン名に ADSP レコード(歴史的な方式)がありません。
adsp-several-records = 作成者ドメイン名に ADSP レコード(歴史的な方式)が複数あるため、使用しません。
adsp-record-found = ADSP レコード(歴史的な方式)の内容は { $practice } です。
adsp-record-too-long = ADSP レコードが { $limit } バイトを超えているため、読み取りませんでした。
adsp-record-syntax = ADSP レコードに誤りがあります。{ $flaw }
adsp-record-fold = ADSP レコードに改行が含まれています。
adsp-record-start = ADSP レコードが dkim= で始まっていません。
adsp-practice-syntax = ADSP レコードの署名方針(dkim=)が単語ではありません。
adsp-practice-other = ADSP レコードの署名方針(dkim=)が未知の値のため、unknown として扱います。

## ATPS

atps-asked = { $question } → { $answer ->
        [records] レコードあり
        [nodata] この種類のレコードなし
        [nxdomain] 名前が存在しない
       *[other] { $answer }
    }
atps-confirmed = { $author } は、{ $signer } による署名を ATPS(実験的な方式)で認めています{ $form ->
        [padded] (OpenDKIM が参照する、パディング付きの名前)
        [cut] (OpenDKIM が公開する、32 文字で切った名前)
       *[standard] {""}
    }。
atps-signature-not-valid = atps= のある電子署名が有効ではないため、ATPS の主張を無視します。
atps-author-syntax = 署名を委託したドメイン名(atps=)が正しくありません。
atps-other-author = 署名を委託したドメイン名(atps=)が From にありません。
atps-hash-missing = 電子署名に atps= がありますが、atpsh= がありません。
atps-hash-unknown = 未知の ATPS のハッシュ(atpsh=)です。
atps-name-too-long = ATPS で参照する名前が長すぎます。
atps-not-confirmed = 作成者ドメイン名は、この署名者を ATPS(実験的な方式)で認めていません。
atps-lookup-failed = ATPS(実験的な方式)を参照できませんでした({ $failure })。再度の試行で成功する可能性があります。

## レポート宛先

dkim-report-asked = { $question } → { $answer ->
        [records] レコードあり
        [nodata] この種類のレコードなし
        [nxdomain] 名前が存在しない
       *[other] { $answer }
    }
dkim-report-lookup-failed = レポートの希望を参照できませんでした({ $failure })。
dkim-report-no-record = 電子署名はレポートを求めています(r=y)が、そのドメイン名では確認できません。
dkim-report-several = レポートのためのレコードが複数あるため、使用しません。
dkim-report-not-wished = このドメイン名は、この失敗のレポートを希望していません。
dkim-report-enough = このメールについてレポートの希望を参照するドメイン名の数が上限に達しています。
dkim-report-wished = このドメイン名は、このような失敗の { $percentage } % のレポートを { $address } で希望しています。
dkim-report-error-text = このドメイン名は、受信拒否時の SMTP 応答に次の文を含めることを希望しています。{ $text }
dkim-report-too-long = レポートのためのレコードが { $limit } バイトを超えているため、読み取りませんでした。
dkim-report-syntax = レポートのためのレコードに誤りがあります。{ $flaw }
dkim-report-address = レポート宛先(ra=)がローカルパートではありません。
dkim-report-percentage = レポートの割合(rp=)が 0 から 100 の数値ではありません。
dkim-report-request = 希望するレポート(rr=)に未知の値があります。
dkim-report-error-text-syntax = SMTP 応答に含める文(rs=)を読み取れません。
dkim-report-without-address = レポート宛先(ra=)がないため、希望するレポートの指定(rp=、rr=)は無効です。
