### 歴史的な技術 (ADS)。

## ADSP など

audit-ads01 = { $name } に ADSP レコードがあります。ADSP は 2013 年に歴史的な扱いとなり、DMARC に置き換わりました。今も読む受信側では、メーリングリストが書き換えたメールが拒否されることがあります。
audit-ads01-discardable = { $name } の ADSP レコードは "discardable" です。ADSP は 2013 年に歴史的な扱いとなりましたが、今も読む受信側では、メーリングリストや転送で電子署名が壊れたメールが捨てられます。
audit-ads02 = { $name } の ADSP レコードの値 "{ $text }" は "unknown"、"all"、"discardable" のどれでもないため、"unknown" として扱われます。
audit-ads03 = { $name } の下に ATPS レコードがあります。ATPS は実験的な仕様で、評価する受信側はほとんどありません。第三者の電子署名は DMARC の役に立ちません。
audit-ads04 = { $name } に DomainKeys のポリシーレコードがあります。DomainKeys は 2007 年に DKIM に置き換わり、このレコードはもう必要ありません。
audit-ads05 = { $name } に DKIM の失敗レポートを求めるレコード(RFC 6651)があります。送る受信側はほとんどなく、同じことは DMARC レポートで分かります。
