### 認証結果のほかに知っておくべきこと。

from-absent = From ヘッダがありません。
from-repeated = From ヘッダが複数あります。メールソフトによっては、検証した差出人とは別の差出人が表示される可能性があります。
from-malformed = From ヘッダに複数の解釈があり得ます。メールソフトによっては、検証した差出人とは別の差出人が表示される可能性があります。
from-no-mailbox = From ヘッダにメールアドレスがありません。
from-bad-domain = From ヘッダの「@」の後がドメイン名ではありません。
from-space-before-colon = 「From」とコロンの間に空白があります。このようなフィールドの解釈はメールソフトによって異なります。
spf-everyone = { $domain } の SPF レコードはすべてのアドレスを許可しています({ $term })。pass であっても送信元の証明にはなりません。
spf-wide-range = { $domain } の SPF レコードは極めて広い範囲のアドレスを許可しています({ $term }、プレフィックス長 { $bits })。
dkim-not-accepted = { $domain } の電子署名は pass ですが、DMARC の認証には使用しません{ $weakness ->
        [dkim-body-length] (本文の末尾が署名の対象外、l=)。
        [dkim-not-covered] (Subject が署名の対象外)。
        [dkim-more-instances] (署名の対象外の From ヘッダあり)。
        [dkim-testing] (鍵が試験運用中、t=y)。
        [dkim-sha1] (安全ではない SHA-1 を使用)。
        [dkim-weak-key] (鍵が短い)。
       *[other] ({ $weakness })。
    }
