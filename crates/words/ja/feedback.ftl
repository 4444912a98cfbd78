# Reports of receivers: in what they deviate, why one was refused or read in part, what became of one that was sent.

## レポートの標準からの逸脱

deviation-encoding = レポートが示す文字コードに合わない文字があります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。推定して読み取りました。
deviation-junk-before = レポートの先頭より前に余分な内容があります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。読み飛ばしました。
deviation-junk-after = レポートの末尾より後に余分な内容があります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。読み飛ばしました。
deviation-wrapper = レポートが別の要素の中に置かれています{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。レポートは読み取りました。
deviation-namespace = 標準にない名前空間で書かれています{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。標準のレポートとして読み取りました。
deviation-version = レポートの版が標準のものではありません{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。
deviation-field-unknown = 標準にない項目があります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。読み飛ばし、集計には使用しません。
deviation-field-repeated = 一度だけ書ける項目が繰り返されています{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。最初のものを使用しました。
deviation-field-missing = 必須の項目がありません{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。その内容は不明です。
deviation-field-empty = 値が必要な項目が空です{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。その内容は不明です。
deviation-field-alias = 項目の名前が標準と異なります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。意味は分かるため読み取りました。
deviation-field-case = 項目の名前の表記が標準と異なります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。意味は分かるため読み取りました。
deviation-field-order = 項目の順序が標準と異なります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。内容に影響はありません。
deviation-entity = 使用できない実体参照があります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。そのままの文字として残しました。
deviation-word-unknown = 標準にない語があります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。そのまま表示し、判断には使用しません。
deviation-word-alias = 標準にない語ですが、意味は分かります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。
deviation-word-case = 語の表記が標準と異なります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。意味は分かるため読み取りました。
deviation-number = 数値が必要な項目を数値として読み取れません{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。読み取れた範囲、または 0 として扱います。
deviation-count-zero = 通数が 0 のレコードがあります。
deviation-date = 時刻の書き方が標準と異なります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。可能な範囲で読み取りました。
deviation-period = 報告期間の終わりが始まりより前です{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。
deviation-address = IP アドレスが必要な項目を読み取れません{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。送信元が不明な場合があります。
deviation-text-cut = 長すぎる値があります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。先頭だけを保存しました。
deviation-too-many = 保存できる数を超える項目があります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。残りは省きました。
deviation-no-records = レコードが 1 件もないレポートです。
deviation-value-type = 値の型が標準と異なります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。可能な範囲で読み取りました。
deviation-media-type = メールでのメディアタイプが標準と異なります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。
deviation-mail-header = レポートを運んだメールのヘッダに誤記があります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。
deviation-transfer-encoding = 転送符号化が、メールの表示または標準と異なります{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。
deviation-mail-structure = メールの構造が標準のレポートの形式ではありません{ GIVEN($example) ->
        [yes] ({ $example })
       *[no] {""}
    }。
deviation-text-only = 機械可読な部分がなく、人向けの文章だけのレポートです。理解できた内容だけを使用します。
deviation-more = このほかに { $count } 件の逸脱がありますが、表示は省略します。

## レポートを受理しなかった理由、一部だけ読み取った理由

refused-empty = 中身がありません。
refused-unknown = レポートではなく、レポートを含む形式でもありません{ GIVEN($what) ->
        [yes] ({ $what })
       *[no] {""}
    }。
refused-format = 対応していない形式のファイルです{ GIVEN($what) ->
        [yes] ({ $what })
       *[no] {""}
    }。報告者に gzip での送付を依頼してください。
refused-no-report = メールのどの部分もレポートではありません{ GIVEN($what) ->
        [yes] ({ $what })
       *[no] {""}
    }。
refused-not-a-report = 読み取れますが、レポートではありません{ GIVEN($what) ->
        [yes] ({ $what })
       *[no] {""}
    }。
refused-encrypted = アーカイブ内で暗号化されているため読み取れません。
refused-method = アーカイブ内の圧縮方式に対応していません{ GIVEN($what) ->
        [yes] ({ $what })
       *[no] {""}
    }。
refused-archive = 圧縮ファイルが壊れています。
refused-doctype = 文書型定義(DTD)を含みます。レポートには不要で、攻撃に使用されるため読み取りません。
refused-malformed = 壊れており、完全なレコードを 1 件も読み取れません。報告者に再送を依頼してください。
refused-cut = 最初のレコードが終わる前に途切れています。報告者に再送を依頼してください。
refused-json = JSON が壊れているか途切れています{ GIVEN($what) ->
        [yes] ({ $what })
       *[no] {""}
    }。
refused-ratio = 展開すると不自然に大きくなります。展開爆弾とみられます{ GIVEN($what) ->
        [yes] ({ $what })
       *[no] {""}
    }。
refused-too-large = 読み取る大きさの上限を超えています{ GIVEN($what) ->
        [yes] ({ $what })
       *[no] {""}
    }。
refused-too-deep = アーカイブまたはメールの入れ子が深すぎます。
refused-too-many = 含まれるファイルまたは部分の数が上限を超えています{ GIVEN($what) ->
        [yes] ({ $what })
       *[no] {""}
    }。
refused-xml-depth = 要素の入れ子がレポートとしては深すぎます。
refused-xml-piece = レポートとしては長すぎるタグまたは文字列があります。
refused-foreign-domain = 管理していないドメイン名に関するレポートです{ GIVEN($what) ->
        [yes] ({ $what })
       *[no] {""}
    }。
salvaged-cut = 途中で途切れています。それまでの完全なレコードを保存しました{ GIVEN($what) ->
        [yes] ({ $what })
       *[no] {""}
    }。
salvaged-damaged = 一部が壊れています。完全なレコードだけを保存しました{ GIVEN($what) ->
        [yes] ({ $what })
       *[no] {""}
    }。
salvaged-limit = レコードが上限より多いため、先頭からの分だけを保存しました{ GIVEN($what) ->
        [yes] ({ $what })
       *[no] {""}
    }。
salvaged-checksum = 圧縮ファイルの検査合計が一致しません。途中で変化した可能性があります。

## レポートを運ぶメールの、人に向けた本文

feedback-cover-aggregate = { $submitter } が { $begin } から { $end } までに受信した、{ $domain } を差出人とするメール { $messages } 通についての DMARC 集約レポートです。レポート({ $report_id })は、プログラムで読み取るための圧縮した XML ファイルとして添付しています。
feedback-cover-failure = { $date } に { $source } から受信した、{ $domain } を差出人とするメール { $incidents } 通についての認証の失敗レポートです。アドレスのローカルパートはハッシュに置き換え、本文は含めていません。

## 送信したレポートの結果

feedback-sent = メールサーバが受け取りました。
feedback-sent-in-doubt = 応答を受け取る前に接続が切れました。メールサーバが受け取った可能性があるため、再送しません。
feedback-sent-refused = メールサーバが拒否しました: { $reply }
feedback-sent-expired = 再送の期限を過ぎたため、送信を中止しました: { $reply }
feedback-sent-suppressed = 送信していません。この宛先は以前のレポートを受け取らなかったため、しばらく送信を控えます。
feedback-sent-off = 送信していません。このドメインについてのレポートの送信は無効になりました。
feedback-sent-too-large = 送信していません。メールは { $bytes } バイトで、この宛先が受け取る上限の { $limit_bytes } バイトを超えています。
feedback-sent-bounced = 配送できずに返送されました: { $reply }
feedback-job-delivered = すべての宛先について処理を終えました。
feedback-job-no-destination = このドメインはレポートを求めていないか、使用できる宛先を公開していません。
feedback-job-unknown = 期限までに DNS の応答がなく、レポートの宛先を確認できませんでした。
feedback-job-off = このドメインについてのレポートの送信は無効になりました。
