### DKIM: 根拠、理由、電子署名の弱点。

## 根拠

dkim-asked = { $question } → { $answer ->
        [records] レコードあり
        [nodata] この種類のレコードなし
        [nxdomain] 名前が存在しない
       *[other] { $answer }
    }
dkim-key-found = 使用できる鍵です({ $kind }、{ $bits } bit)。
dkim-body-hash-agrees = 本文は署名時から変更されていません。
dkim-signature-agrees = 電子署名は署名対象ヘッダおよび鍵と一致しました。

## DKIM-Signature ヘッダ

dkim-signature-too-long = DKIM-Signature ヘッダが { $limit } バイトを超えているため、読み取りませんでした。
dkim-signature-syntax = DKIM-Signature ヘッダに誤りがあります。{ $flaw }
dkim-tag-missing = 電子署名に { $tag }= がありません。
dkim-version = 電子署名のバージョン(v=)が 1 ではありません。
dkim-algorithm-unknown = 未知の署名アルゴリズム(a=)です。
dkim-canonicalization-unknown = 未知の正規化方式(c=)です。
dkim-query-method = 鍵の取得方法(q=)に対応しているものがありません。
dkim-domain-syntax = 電子署名のドメイン名(d=)が正しくありません。
dkim-selector-syntax = セレクタ(s=)が正しくありません。
dkim-identity-syntax = 署名者の識別子(i=)が正しくありません。
dkim-identity-outside = 署名者の識別子(i=)が電子署名のドメイン名(d=)に含まれていません。
dkim-field-names = 署名対象ヘッダの指定(h=)が正しくありません。
dkim-from-not-signed = From が署名対象ヘッダに含まれていません。
dkim-signature-encoding = 署名の値(b=)が base64 ではありません。
dkim-body-hash-encoding = 本文ハッシュ(bh=)が署名アルゴリズムのハッシュ値ではありません。
dkim-body-length-syntax = 署名対象本文長(l=)が数値ではありません。
dkim-time-syntax = { $tag }= の時刻が数値ではありません。
dkim-expires-before-signing = 電子署名の有効期限(x=)が署名時刻(t=)より前です。

## DKIM 鍵レコード

dkim-key-record-too-long = DKIM 鍵レコードが { $limit } バイトを超えているため、読み取りませんでした。
dkim-key-syntax = DKIM 鍵レコードに誤りがあります。{ $flaw }
dkim-key-version = DKIM 鍵レコードのバージョン(v=)が DKIM1 ではありません。
dkim-key-absent = DKIM 鍵レコードに公開鍵(p=)がありません。
dkim-key-revoked = 鍵は失効しています(p= が空です)。
dkim-key-kind-unknown = 未知の鍵の種類(k=)です。
dkim-key-base64 = 公開鍵(p=)が base64 ではありません。
dkim-key-encoding = DKIM 鍵レコードの内容が、指定された種類の公開鍵ではありません。
dkim-key-too-short = 鍵の長さが { $bits } bit です。{ $limit } bit 未満の鍵は使用できません。
dkim-key-too-long = 鍵の長さが { $bits } bit です。{ $limit } bit を超える鍵は使用できません。

## 理由

dkim-too-many-signatures = 1 通のメールで検証する電子署名は、先頭から { $limit } 個までです。
dkim-expired = 電子署名の有効期限({ TIME($time) })が過ぎています。
dkim-algorithm-forbidden = 署名アルゴリズム { $algorithm } は、現在は使用が認められていません。
dkim-lookup-failed = DKIM 鍵レコードを参照できませんでした({ $failure })。再度の試行で成功する可能性があります。
dkim-no-key-record = DNS に DKIM 鍵レコードがありません。
dkim-key-kind-mismatch = 鍵の種類({ $kind })が署名アルゴリズムと一致しません。
dkim-hash-not-allowed = DKIM 鍵レコードが { $hash } の使用を認めていません。
dkim-key-not-for-email = DKIM 鍵レコードがメールでの使用を認めていません。
dkim-subdomain-not-allowed = DKIM 鍵レコードがサブドメインの識別子を認めていません(t=s)。
dkim-local-part-not-allowed = DKIM 鍵レコードがこのローカルパートを認めていません(g=)。
dkim-key-short = 鍵の長さが { $bits } bit です。認証には { $limit } bit 以上の鍵が必要です。
dkim-body-shorter-than-signed = 本文({ $total } バイト)が署名対象本文長({ $signed } バイト)より短くなっています。
dkim-body-hash-differs = 本文が署名後に変更されています(本文ハッシュ不一致)。
dkim-signature-differs = 署名対象ヘッダが署名後に変更されているか、鍵が署名時のものと異なります。

## 弱点

dkim-body-length = { GIVEN($domain) ->
        [yes] { $domain } の電子署名
       *[no] 電子署名
    }の対象は、本文 { $total } バイトのうち先頭の { $signed } バイトだけです(l=)。残りは第三者が追加した可能性があります。
dkim-not-covered = { GIVEN($domain) ->
        [yes] { $domain } の電子署名
       *[no] 電子署名
    }の対象に { FIELD($field) } が含まれていません。
dkim-more-instances = { FIELD($field) } が { $present } 個ありますが、{ GIVEN($domain) ->
        [yes] { $domain } の電子署名
       *[no] 電子署名
    }の対象は { $signed } 個だけです。残りは第三者が追加した可能性があります。
dkim-weak-key = { GIVEN($domain) ->
        [yes] { $domain } の DKIM の鍵
       *[no] DKIM の鍵
    }の長さが { $bits } bit です。{ $limit } bit 以上を推奨します。
dkim-sha1 = { GIVEN($domain) ->
        [yes] { $domain } の電子署名
       *[no] 電子署名
    }は、現在では安全ではない SHA-1 を使用しています。
dkim-testing = { GIVEN($domain) ->
        [yes] { $domain } は DKIM の試験運用中です
       *[no] DKIM の試験運用中であることが鍵レコードに示されています
    }(t=y)。
dkim-signed-in-future = { GIVEN($domain) ->
        [yes] { $domain } の電子署名
       *[no] 電子署名
    }の署名時刻(t=)が { $seconds } 秒先になっています。時計がずれている可能性があります。
