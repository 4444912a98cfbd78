### BIMI: 根拠、理由、レコードの誤り、ロゴ画像および証明書の検査結果。

## 根拠

bimi-asked = { $name } { $kind } → { $answer ->
        [records] { $data }{ GIVEN($ttl_s) ->
            [yes] {" "}(TTL { $ttl_s })
           *[no] {""}
        }
        [nodata] この種類のレコードなし
        [nxdomain] 名前が存在しない
       *[other] { $answer }
    }
bimi-fetched = { $resource ->
        [indicator] ロゴ画像
        [evidence] ロゴの証明書
        [revocation-list] 失効リスト
       *[other] { $resource }
    }を { $url } から取得しました({ $bytes } バイト)。
bimi-not-fetched = { $resource ->
        [indicator] ロゴ画像
        [evidence] ロゴの証明書
        [revocation-list] 失効リスト
       *[other] { $resource }
    }を { $url } から取得できませんでした({ GIVEN($status) ->
        [yes] ステータス { $status }
       *[no] { $error }
    })。
bimi-selector-of-field = 署名された BIMI-Selector ヘッダがセレクタ { $selector } を指定しています。
bimi-selector-ignored = BIMI-Selector ヘッダを無視しました{ $defect ->
        [several] (複数あるため)。
        [unsigned] (整合している電子署名の対象ではないため)。
        [syntax] (「v=BIMI1; s=…」の形式ではないため)。
       *[other] 。
    }
bimi-name-too-long = { $selector }._bimi.{ $domain } は DNS の名前として長すぎるため、レコードは存在し得ません。
bimi-text-ignored = { $name } の TXT レコードのうち { $count } 個は BIMI レコードではないため、無視しました。
bimi-record-found = { $name } の BIMI レコードは { $record } です。
bimi-several-records = { $name } に BIMI レコードが { $count } 個あります。設定できるのは 1 個だけのため、使用しません。
bimi-local-part-selects = 差出人アドレスのローカルパートからセレクタ { $selector } を使用します(lps=)。
bimi-evidence-valid = ロゴの証明書は有効です({ $organization }、{ $mark })。
bimi-indicators-same = l= のロゴ画像は、証明書に含まれるロゴ画像と同一です。
bimi-indicators-differ = l= のロゴ画像は、証明書に含まれるロゴ画像と異なります。
bimi-decided = BIMI の結果は { $result } です。{ $reason }

## 理由

bimi-reason-indicator = ロゴ画像は有効です(証明書は確認していません)。
bimi-reason-evidence = ロゴ画像は証明書で裏付けられています。
bimi-reason-no-record = BIMI レコードがありません。
bimi-reason-several-records = 同じ名前に BIMI レコードが複数あります。
bimi-reason-lookup-failed = BIMI レコードを参照できませんでした({ $failure })。
bimi-reason-declined = ドメイン管理者は BIMI を利用しないと宣言しています。
bimi-reason-defective-record = BIMI レコードが正しくありません。
bimi-reason-no-evidence = BIMI レコードに証明書の指定がありません。この受信側では証明書が必須です。
bimi-reason-not-fetched = { $resource ->
        [indicator] ロゴ画像
        [evidence] ロゴの証明書
        [revocation-list] 失効リスト
       *[other] { $resource }
    }を取得できませんでした({ GIVEN($status) ->
        [yes] ステータス { $status }
       *[no] { $error }
    })。
bimi-reason-invalid-indicator = ロゴ画像が正しくありません。
bimi-reason-invalid-evidence = ロゴの証明書が正しくありません。
bimi-reason-indicators-differ = l= のロゴ画像は、証明書に含まれるロゴ画像と異なります。

bimi-shortfall-author = 差出人(ヘッダ From)を一つに特定できません。
bimi-shortfall-no-pass = DMARC が pass していません。
bimi-shortfall-dmarc-unknown = DMARC を一時的に確認できませんでした。
bimi-shortfall-no-policy = 組織ドメイン名に DMARC ポリシーがありません。
bimi-shortfall-policy-none = { $domain } の DMARC ポリシーが none です。
bimi-shortfall-subdomain-policy-none = { $domain } のサブドメイン名に対する DMARC ポリシーが none です。
bimi-shortfall-testing = { $domain } の DMARC ポリシーは試験運用中(t=y)のため、適用されていません。

## レコードの誤り

bimi-version-absent = バージョン(v=)がありません。
bimi-version-not-first = バージョン(v=)が先頭にないため、BIMI レコードではありません。
bimi-version-value = バージョンが「BIMI1」ではないため、BIMI レコードではありません。
bimi-location-absent = ロゴ画像の場所(l=)がありません。
bimi-location-empty = ロゴ画像の場所(l=)が空ですが、証明書の場所(a=)は空ではありません。
bimi-location-url = ロゴ画像の場所(l=)は利用できません({ $flaw })。
bimi-location-syntax = ロゴ画像の場所(l=)が https の URL ではありません。
bimi-location-host = ロゴ画像の場所(l=)のホストが完全なドメイン名ではありません。
bimi-location-format = ロゴ画像の場所(l=)の拡張子が SVG 以外の画像のものです。
bimi-authority-url = 証明書の場所(a=)は利用できません({ $flaw })。
bimi-authority-syntax = 証明書の場所(a=)が https の URL ではありません。
bimi-authority-host = 証明書の場所(a=)のホストが完全なドメイン名ではありません。
bimi-url-comma = URL の「,」はパーセント符号化する必要があります。
bimi-local-part-prefix = lps= に英数字とハイフン以外を含む接頭辞があるため、無視されます。
bimi-local-part-prefixes = lps= の接頭辞が { $limit } 個を超えているため、残りは無視されます。
bimi-avatar-value = avp= の値が brand、personal のいずれでもないため、無視されます。
bimi-unknown-tag = 未知のタグのため、無視されます。

## ロゴ画像の検査結果

bimi-svg-too-large = ロゴ画像が { $limit_bytes } バイトを超えています。
bimi-svg-gzip = 圧縮されたロゴ画像が gzip として正しくありません。
bimi-svg-encoding = ロゴ画像が UTF-8 ではありません。
bimi-svg-declared-encoding = ロゴ画像に宣言された文字符号化方式が実際と異なります。
bimi-svg-doctype = ロゴ画像に文書型宣言があります。
bimi-svg-xml = ロゴ画像が整形式の XML ではありません。
bimi-svg-too-many-nodes = ロゴ画像のノードが { $limit } 個を超えています。
bimi-svg-too-many-attributes = ロゴ画像に { $limit } 個を超える属性を持つ要素があります。
bimi-svg-too-deep = ロゴ画像の入れ子が { $limit } 段を超えています。
bimi-svg-root = ロゴ画像が SVG ではありません。
bimi-svg-instruction = ロゴ画像に処理命令があります。
bimi-svg-element = 要素 { $name } は { $parent } の中では使用できません。
bimi-svg-text = { $element } の中に文字を置くことはできません。
bimi-svg-attribute = 要素 { $element } に属性 { $name } は使用できません。
bimi-svg-attribute-value = 要素 { $element } の属性 { $name } の値が許可されていません。
bimi-svg-attribute-absent = 属性 { $name } がありません。
bimi-svg-title-absent = 最初の要素が title ではありません。
bimi-svg-title-empty = title が空です。
bimi-svg-title-long = title が { $limit } 文字を超えています。
bimi-svg-reference = 属性 { $name } が文書の外部を参照しています。
bimi-svg-use-loop = 要素 use が互いを際限なく参照しています。
bimi-svg-use-too-many = 要素 use の参照により、要素が { $limit } 個を超えます。
bimi-svg-size-absent = ロゴ画像に大きさ(viewBox)の指定がありません。
bimi-svg-not-square = ロゴ画像が正方形ではありません。
bimi-svg-more-findings = 検査結果が { $limit } 件を超えているため、残りは表示しません。

## ロゴの証明書の誤り

bimi-evidence-too-large = ロゴの証明書が { $limit_bytes } バイトを超えています。
bimi-evidence-pem = ロゴの証明書が PEM として正しくありません。
bimi-evidence-too-many-certificates = ロゴの証明書のファイルに { $limit } 個を超える証明書があります。
bimi-evidence-certificate = ロゴの証明書のファイルに読み取れない証明書があります。
bimi-evidence-no-mark = ロゴの証明書がありません。
bimi-evidence-several-marks = ロゴの証明書が複数あります。
bimi-evidence-order = ロゴの証明書がファイルの先頭にありません。
bimi-evidence-usage = ロゴ用の証明書ではありません(拡張鍵用途)。
bimi-evidence-issuer-usage = 発行者の証明書がロゴ用ではありません(拡張鍵用途)。
bimi-evidence-not-yet-valid = { $link ->
        [mark] ロゴの証明書
        [issuer] 発行者の証明書
        [root] ルート証明書
       *[other] { $link }
    }の有効期間が始まっていません。
bimi-evidence-expired = { $link ->
        [mark] ロゴの証明書
        [issuer] 発行者の証明書
        [root] ルート証明書
       *[other] { $link }
    }の有効期間が過ぎています。
bimi-evidence-extension = 証明書に未対応の拡張 { $oid } があります。
bimi-evidence-untrusted = 証明書の連鎖が、信頼するルート証明書に到達しません。
bimi-evidence-no-authority = 証明書の連鎖に、証明書を発行できない証明書があります。
bimi-evidence-domain = ロゴの証明書にドメイン名が含まれていません。
bimi-evidence-logotype-absent = ロゴの証明書にロゴ画像がありません。
bimi-evidence-logotype = 証明書に含まれるロゴ画像を読み取れません。
bimi-evidence-logotype-no-svg = 証明書に含まれるロゴ画像が SVG ではありません。
bimi-evidence-logotype-remote = ロゴ画像が証明書に埋め込まれていません。
bimi-evidence-logotype-hash = 証明書に含まれるロゴ画像のハッシュ値が一致しません。
bimi-evidence-indicator = 証明書に含まれるロゴ画像が正しくありません。
bimi-evidence-timestamps-absent = ロゴの証明書に証明書の透明性(CT)のタイムスタンプがありません。
bimi-evidence-revocation-point-absent = ロゴの証明書に失効リストの場所がありません。
bimi-evidence-revoked = { $link ->
        [mark] ロゴの証明書
        [issuer] 発行者の証明書
        [root] ルート証明書
       *[other] { $link }
    }は失効しています。
bimi-evidence-revocation-unknown = ロゴの証明書が失効しているかどうかを確認できませんでした{ $doubt ->
        [not-https] (失効リストが https で公開されていない)。
        [not-fetched] (失効リストを取得できない)。
        [malformed] (失効リストとして読み取れない)。
        [issuer] (失効リストが発行者のものではない)。
        [not-current] (失効リストが期限外)。
        [scope] (失効リストの対象外)。
       *[other] 。
    }
