### BIMI (BIM)。

audit-bim01 = { $name } に BIMI レコードが { $count } 個あります。複数あるとどれも使われず、ロゴは表示されません。
audit-bim01-fix = 1 個だけを残してください。
audit-bim02 = { $name } のテキストは BIMI レコードのつもりのようですが、"v=BIMI1" で始まっていません。受信側は無視します。{ $flaw }
audit-bim03 = { $name } のレコードにロゴの場所がありません。ロゴは表示されません。{ $flaw }
audit-bim04 = { $name } のレコードの "{ $text }" は、取得できる https: のアドレスではありません。ロゴは表示されません。{ $flaw }
audit-bim05 = { $name } のレコードの { $url } が { $ends } で終わっていません。取得しない受信側があります。
audit-bim06 = { $name } のレコードに証明書の場所がありません。Gmail と Apple は証明書がなければロゴを表示しません。
audit-bim07 = { $name } のレコードの "{ $text }" は BIMI のタグではありません。無視されますが、入力の誤りかもしれません。{ $flaw }
audit-bim08 = { $name } のレコードの "{ $text }" はセレクタの先頭にできません。{ $flaw }
audit-bim09 = { $name } のレコードの "{ $text }" は "brand" でも "personal" でもありません。{ $flaw }
audit-bim10 = { $name } に BIMI レコードがありますが、DMARC のポリシーが "{ $policy }" であるか、"sp"、"t"、"pct" で弱められています。強制力のあるポリシーがなければロゴは表示されません。
audit-bim11 = BIMI レコードがありますが、{ $name } の SPF レコードが誰にでも送信を許しています。ロゴを表示しない受信側があります。
audit-bim12 = { $url } を取得できません: { $reason }。ロゴは表示されません。
audit-bim12-status = { $url } への応答がステータス { $status } です。ロゴは表示されません。
audit-bim13 = { $url } のロゴが image/svg+xml ではなく "{ $content_type }" です。拒否する受信側があります。
audit-bim14 = { $url } のロゴが 32 KiB を超えています。受信側は拒否します。
audit-bim15 = { $url } のロゴを読めません。受信側は拒否します。{ $flaw }
audit-bim16 = { $url } のロゴに baseProfile="tiny-ps" がありません。受信側は拒否します。{ $flaw }
audit-bim17 = { $url } のロゴに version="1.2" がありません。受信側は拒否します。{ $flaw }
audit-bim18 = { $url } のロゴの最初の要素が title ではありません。受信側は拒否します。{ $flaw }
audit-bim19 = { $url } のロゴの title が空か、長すぎます。{ $flaw }
audit-bim19-generic = { $url } のロゴの title が "{ $text }" だけです。音声で読む人には何も伝わりません。
audit-bim20 = { $url } のロゴの最上位の要素に "x" か "y" があります。受信側は拒否します。{ $flaw }
audit-bim21 = { $url } のロゴに、形式にないものがあります。受信側は拒否します。{ $flaw }
audit-bim22 = { $url } のロゴに、実行されるもの、動くもの、外部のファイルを取り込むものがあります。受信側は拒否します。{ $flaw }
audit-bim23 = { $url } のロゴに、形式にない属性やスタイルがあります。受信側は拒否します。{ $flaw }
audit-bim24 = { $url } のロゴが外部を参照しています。受信側は拒否します。{ $flaw }
audit-bim25 = { $url } のロゴが正方形でないか、大きさが示されていません。切り取られたり小さく表示されたりします。{ $flaw }
audit-bim26 = { $url } のロゴが四角形でも円でもないもので始まっています。背景が透明かもしれず、受信側はどのような色の上にも表示します。
audit-bim27 = { $url } のロゴに、形式で許されない値があります。受信側は拒否します。{ $flaw }
audit-bim28 = { $url } の証明書は現在有効ではありません。ロゴは表示されません。{ $flaw }
audit-bim28-soon = { $url } の証明書はあと { $days } 日で期限が切れます。その後ロゴは表示されません。
audit-bim29 = { $url } の証明書から信頼できる認証局にたどれません。ロゴは表示されません。{ $flaw }
audit-bim30 = { $url } の証明書はロゴ用ではありません。ロゴは表示されません。{ $flaw }
audit-bim31 = { $url } の証明書にこのドメイン名がありません。ロゴは表示されません。{ $flaw }
audit-bim32 = { $url } の証明書に正しいロゴがありません。ロゴは表示されません。{ $flaw }
audit-bim32-other = { $url } の証明書のロゴは、レコードが示すロゴと異なります。ロゴは表示されません。
audit-bim33 = { $url } の証明書は失効しているか、失効情報の場所を示していません。ロゴは表示されません。{ $flaw }
audit-bim34 = { $url } の証明書に、証明書の透明性のタイムスタンプがありません。Gmail はロゴを表示しません。{ $flaw }
audit-bim35 = { $url } の証明書は商標の種類を示していません("{ $kind }")。受信側が表示方法を決められないことがあります。
audit-bim36 = { $url } の証明書に、受信側が知らない拡張があります。拒否する受信側があります。{ $flaw }
audit-bim37 = { $domain } 自身の BIMI レコードはなく、{ $name } のものが使われます。
audit-bim38 = BIMI-Selector ヘッダが署名されていません。受信側は既定のセレクタを使います。
audit-bim38-signed = { $field } ヘッダが署名されています。受信側が自分で書き込むヘッダなので、電子署名が壊れます。
audit-bim39 = CAA レコードにより、{ $name } のロゴの証明書は誰も発行できません。次の証明書は発行されません。
