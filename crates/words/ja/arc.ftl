### ARC: 根拠、理由。

## 根拠

arc-sets-found = ARC チェーンに { $count } 個の ARC セットがあります。
arc-asked = { $question } → { $answer ->
        [records] レコードあり
        [nodata] この種類のレコードなし
        [nxdomain] 名前が存在しない
       *[other] { $answer }
    }
arc-message-signature-agrees = ARC セット { $instance } の ARC-Message-Signature は有効です({ $domain } による封印以降、署名対象は変更されていません)。
arc-older-message-signature-differs = メールが配送の途中で変更されていますが、ARC チェーンは失われません。{ $reason }
arc-seal-agrees = ARC セット { $instance } の ARC-Seal は有効です({ $domain } による封印)。

## 理由: ARC チェーンの形

arc-too-many-sets = ARC チェーンの ARC セットが { $limit } 個を超えています。
arc-instance = { $field } ヘッダの番号(i=)が正しくありません。
arc-failed-before = ARC セット { $instance } の ARC-Seal が、ARC チェーンはすでに失敗していたことを示しています。
arc-gap = ARC チェーンに ARC セット { $instance } がありません。
arc-field-missing = ARC セット { $instance } に { $field } ヘッダがありません。
arc-field-repeated = ARC セット { $instance } に { $field } ヘッダが 2 個以上あります。
arc-chain-status = ARC セット { $instance } の ARC-Seal の cv={ $status } は、この位置では認められていません。
arc-chain-status-unreadable = ARC セット { $instance } の ARC-Seal に、ARC チェーンの検証結果(cv=)がありません。
arc-seal-names-fields = ARC セット { $instance } の ARC-Seal に、認められていない署名対象ヘッダの指定(h=)があります。
arc-seal-is-signed = ARC セット { $instance } の ARC-Message-Signature が、認められていない ARC-Seal を署名対象に含めています。

## 理由: 電子署名

arc-lookup-failed = ARC セット { $instance } の { $field } の鍵を参照できませんでした({ $failure })。ARC チェーンの検証は失敗として確定します。
arc-message-signature-differs = ARC セット { $instance } の ARC-Message-Signature は有効ではありません。{ $error }
arc-seal-differs = ARC セット { $instance } の ARC-Seal は有効ではありません。{ $error }
arc-too-many-body-hashes = ARC セット { $instance } の ARC-Message-Signature は検証しませんでした。過去の署名のために計算する本文ハッシュは { $limit } 個までです。
