### MTA-STS と TLS レポート (STS、TRP)。

audit-sts01 = { $name } のテキストは MTA-STS のつもりのようですが、"v=STSv1;" で始まっていません。送信側は無視し、意図した保護は働きません。
audit-sts01-several = { $name } に MTA-STS レコードが { $count } 個あります。複数あるとどれも使われません。
audit-sts02 = { $name } のレコードに正しい id(英数字 1 から 32 文字)がありません。送信側はレコードを無視します。
audit-sts03 = MTA-STS のポリシーが変わりましたが、{ $name } の id が変わっていません。送信側は古いポリシーを期限まで使い続けます。
audit-sts04 = { $url } のポリシーを取得できません: { $reason }。送信側はポリシーがないものとみなします。
audit-sts04-status = { $url } のポリシーへの応答がステータス { $status } です。送信側は 200 だけを受け入れ、ポリシーがないものとみなします。
audit-sts05 = { $url } のポリシーが text/plain ではなく "{ $content_type }" です。無視する送信側があります。
audit-sts06 = { $url } のポリシーの行 "{ $line }" を読めません。送信側はポリシーを無視します。
audit-sts06-long = { $url } のポリシーが 64 KiB を超えています。送信側は無視します。
audit-sts07 = { $url } のポリシーに正しい "mode" または "max_age" がありません({ $line })。送信側はポリシーを無視します。
audit-sts08 = { $url } のポリシーの "max_age" が 1 年以内の秒数ではありません({ $line })。送信側はポリシーを無視します。
audit-sts09 = { $url } のポリシーの有効期間は { $seconds } 秒だけです。保護には { $limit } 秒が必要です。攻撃する側は忘れられるまで待てます。
audit-sts10 = { $url } のポリシーにメールサーバの指定がありません。"enforce" では何も配送できなくなります。
audit-sts11 = メールサーバ { $host } が、"enforce" である { $url } のポリシーに含まれていません。送信側はそこへ配送しません。
audit-sts11-fix = ポリシーに "mx: { $host }" を加え、レコードの id を新しくしてください。
audit-sts12 = { $url } のポリシーに、どのホストにも一致しないパターン "{ $line }" があります。"*" は先頭のラベルだけを表します。
audit-sts13 = メールサーバ { $host } の証明書は有効ではありませんが、{ $url } のポリシーは "enforce" です。送信側はそこへ配送しません。
audit-sts13-name = メールサーバ { $host } の証明書は別の名前のものですが、{ $url } のポリシーは "enforce" です。送信側はそこへ配送しません。
audit-sts13-no-tls = メールサーバ { $host } は TLS を使えませんが、{ $url } のポリシーは "enforce" です。送信側はそこへ配送しません。
audit-sts14 = { $url } のポリシーは { $days } 日間 "testing" のままです。"enforce" にするまで何も保護しません。
audit-sts15 = { $url } のポリシーは "none" です。MTA-STS をやめるときの途中の状態であって、とどまる状態ではありません。
audit-sts15-fix = 以前のポリシーの "max_age" が過ぎたら、レコードとポリシーを取り除いてください。
audit-sts16 = { $url } のポリシーに無視される行 "{ $line }" があります。
audit-sts17 = MTA-STS がありますが、{ $name } にレコードがなく、TLS レポートを受け取れません。送信側が配送できないときに気付けません。
audit-trp01 = { $name } に TLS レポートのレコードが { $count } 個あります。複数あるとどれも使われません。
audit-trp01-fix = 1 個だけを残してください。宛先はコンマで区切って複数書けます。
audit-trp02 = { $name } のテキストは TLS レポートのつもりのようですが、"v=TLSRPTv1;" で始まっていません。送信側は無視します。
audit-trp03 = { $name } のレコードにレポートの宛先("rua")がありません。送信側は無視します。
audit-trp03-scheme = { $name } の "{ $uri }" は mailto: の URI でも https: の URI でもありません。送信側は何も送りません。
audit-trp04 = { $name } の "{ $uri }" に、パーセントエンコードされていない感嘆符があります。送信側が別のアドレスと読むことがあります。
audit-trp04-http = { $name } の "{ $uri }" は暗号化されません。送信側は https: だけを使います。
audit-trp05 = { $name } はメールを受け取らないため、TLS レポートは届きません。
audit-trp05-own = TLS レポートの宛先が { $name } 自身のメールボックスです。メールサーバの TLS に問題があるときは、そのレポートも届かないことがあります。
audit-trp06 = { $name } のレコードに宛先が { $count } 個あります。2 個以上には送らない送信側があります。
audit-trp07 = { $name } のレコードに知られていないタグ "{ $tag }" があります。無視されますが、入力の誤りかもしれません。
