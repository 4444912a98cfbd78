### ドメイン名の検査。

check-title = ドメイン名の検査結果です。
check-made = { $time } に作成しました。
check-summary = { $domain }: エラー { $errors } 件、警告 { $warnings } 件、注意 { $notes } 件です。
check-findings = 検査で見つかったことです。
check-guideline = ガイドラインの要件への対応状況です。
check-score = { $level ->
        [must] Must
        [should] Should
       *[other] May
    }: { $total } 件中、対応済み { $met } 件、一部対応 { $partial } 件、未対応 { $not_met } 件、判定不能 { $unknown } 件です。
check-declared = { $date }、{ $name } の申告です。確認はしていません。{ $text }
check-remove = { $name } の { $kind } レコードを取り除いてください。
check-not-a-domain = "{ $value }" はドメイン名ではありません: { $error }
check-bad-record = { $option }: "{ $value }" は TYPE=TEXT の形ではありません。種類は spf、dmarc、dkim:セレクタ、bimi、mtasts、tlsrpt、adsp です。
check-an-address = "{ $value }" は IP アドレスで、ドメイン名ではありません。
check-line = { $number } 行目: { $message }
check-lines-more = ほかに { $count } 行も、ドメイン名ではありません。
check-list-too-long = 一覧が { $limit_bytes } バイトを超えています。検査は行いませんでした。分割してください。
check-bad-place = { $option }: "{ $value }" は、権威サーバの HOST:53=ADDRESS:PORT、メールサーバの HOST:25=ADDRESS:PORT のどちらの形でもありません。
check-record-too-long = { $option }: DNS に登録できる長さを超えています。
check-history-none = { $domain } の検査の記録はありません。「sekisho check --save」またはデーモン(設定の [audit])が記録します。
check-history-head = { $domain } の検査の記録は { $count } 回分、{ $first } から { $last } までです。
check-history-standing = Must { $musts } 件中 { $must } 件、Should { $shoulds } 件中 { $should } 件、May { $mays } 件中 { $may } 件に対応済み、エラー { $errors } 件、警告 { $warnings } 件です。
check-not-kept-large = { $domain } の検査の結果は、大きすぎるため記録しませんでした。
check-not-kept-many = { $domain } の検査の結果は、記録できるドメイン名の数の上限に達しているため記録しませんでした。
check-not-kept-late = { $domain } の検査の結果は、同じ時刻かそれより後の記録がすでにあるため記録しませんでした。
check-watch-outage = { $time } の検査では、どの問い合わせにも応答がありませんでした。変更の有無は分かりません。次回に再び問い合わせます。
check-watch-round = { $time } に { $domains } 個のドメイン名を検査しました。変更は { $count } 件、応答のなかったドメイン名は { $unanswered } 個です。
check-label-fix = →
check-label-met = 対応済み
check-label-not-met = 未対応
check-label-partial = 一部対応
check-label-not-applicable = 対象外
check-label-unknown = 判定不能
check-label-declared-met = 対応済み(申告)
check-label-declared-not-met = 未対応(申告)
check-label-id = 番号
check-label-level = 水準
check-label-requirement = 要件
check-label-result = 結果
check-label-evidence = 根拠と対処
check-label-rule = 規則
check-label-severity = 重大度
check-label-finding = 内容と対処
check-label-error = エラー
check-label-warning = 警告
check-label-info = 注意

## メール

check-message-method = { $method } { $result }: { $about }
check-message-no-spf = SPF は判定していません。--ip か --trace がなく、メールがどのクライアントから来たのか分かりません。
check-message-no-dkim = DKIM: 署名がありません。
check-message-bulk = { $bulk ->
        [many] 多数に宛てたメールです。
       *[few] 多数に宛てたメールとは示されていません。
    }ワンクリックの登録解除: { $offered ->
        [signed] あり、署名されています。
        [unsigned] ありますが、有効な署名に含まれていません。
       *[absent] ありません。
    }

## 要件のプロファイル

check-profile-summary = { $name }: 対応済み { $met } 件、一部対応 { $partial } 件、未対応 { $not_met } 件、判定不能 { $unknown } 件、対象外 { $not_applicable } 件です。
check-profile-source = 出典は { $source } ({ $time }) です。
check-profile-unknown = { $option }: "{ $value }" という名前のプロファイルもファイルもありません。組み込みのプロファイルは { $names } です。
check-profile-too-large = { $file }: プロファイルは { $limit_bytes } バイトまでです。
check-profile-not-text = { $file }: プロファイルは UTF-8 で書いてください。
check-profile-malformed = { $file }:{ $line }: { $reason }
check-profile-too-many = { $file }:{ $line }: 要件は { $limit } 件までです。
check-profile-twice = { $file }:{ $line }: 要件 "{ $value }" が 2 回書かれています。
check-profile-conditions = { $file }:{ $line }: 要件 "{ $value }" には、1 個以上 { $limit } 個以下の条件 (facts、silent、author_outside、spam_rate_below、guideline、declared) が必要です。
check-profile-no-sentence = { $file }:{ $line }: 要件 "{ $value }" には、英語 (en) と日本語 (ja) の文が必要です。
check-profile-word = { $file }:{ $line }: "{ $value }" はここでは使えません。
check-profile-text = { $file }:{ $line }: ここには { $limit } 文字以内の 1 行のテキストを書いてください。

## 作成するレコード

record-policy = ポリシーは、有効な証明書のある { $url } に text/plain で置きます。
record-caveat-destination = これは、レポートの宛先が自分のゾーンで公開するレコードです。
record-caveat-wildcard = ワイルドカードは、自分のレコードを持つ名前には及びません。そのような名前にはそれぞれ設定が必要です。
record-caveat-beside = この名前にすでに SPF レコードがある場合は、同じ更新の中で取り除いてください。2 個あるとどちらも使われません。
record-more-remarks = …ほかに { $count } 件も同じです。
record-why-unsound = 何が問題かは、"sekisho check { $domain } --spf-tree" で確かめられます。
record-caveat-one-spf = すでに SPF レコードがある場合は、その中に include を加えてください。2 個あるとどちらも使われません。
record-bad-name = { $name } は DNS に登録できる名前ではありません。
record-bad-network = "{ $value }" はネットワークではありません。192.0.2.0/24 や 2001:db8::/32 のように、プレフィックスより後のビットを 0 にして書いてください。
record-bad-uri = "{ $value }" は、このレコードに書ける宛先ではありません。
record-too-many-lookups = このレコードの DNS 参照回数は { $count } 回になります。受信側が行うのは 10 回までです。
record-bad-key = 使える DKIM 鍵レコードのテキストではありません。
record-bad-host = "{ $value }": メールサーバを、名前または *.example.jp の形で指定してください。

## このシステムの記録

check-known-unreadable = { $file } を読めないため、そこにあるこのシステムの記録は使いません: { $reason }
