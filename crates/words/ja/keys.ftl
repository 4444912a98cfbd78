### `key` と、鍵についてデーモンが述べること。

keys-by-hand = { $name } は手作業で公開してください。公開方法が [[keys.zone]] にありません。
keys-withdraw-by-hand = { $name } のレコードは手作業で削除してください。公開方法が [[keys.zone]] にありません。
keys-client-records = { $domain } の管理者が次のレコードを一度だけ公開します。以後の変更は不要です。
keys-published = { $name } を公開しました。
keys-withdrawn = { $name } を削除しました。
keys-taken = 鍵が変わりました。今後は現在署名中の鍵で署名します。
keys-unknown-domain = { $domain } の鍵はありません。`sekisho key new { $domain }` で作れます。
keys-no-provider-zone = --cname では鍵を事業者のゾーンで公開します。ゾーンを [keys] の provider_zone に書いてください。
keys-not-made = 暗号ライブラリが鍵を作れませんでした。
keys-store-unusable = { $file }: 鍵を使えません({ $reason })。
keys-store-busy = { $file }: 別のプロセスが鍵を変更中です。
keys-book-malformed = { $file }: { $line } 行目が正しくありません。このファイルは使いません。
keys-open-to-others = { $file } を他の人が読み書きできます(モード { $mode })。chmod 600 で所有者だけが読めるようにしてください。
keys-of-somebody-else = { $file } は別の所有者(uid { $owner }) のものです。
keys-secret-unusable = { $file }: 秘密の値を使えません({ $reason })。
keys-update-timeout = { $server } は { $zone } の更新に時間内に応答しませんでした。更新された可能性があります。
keys-update-unreachable = { $zone } を更新するための { $server } に接続できません。
keys-update-malformed = { $zone } の更新への { $server } の応答を読めません。更新された可能性があります。
keys-update-unsigned = { $zone } の更新への { $server } の応答に、こちらの鍵による署名がありません。信用しません。
keys-update-unwritable = { $zone } の更新が 1 つのメッセージに収まりません。
keys-update-refused = { $server } が { $zone } の更新({ $name }) を拒否しました。理由は「{ $reason ->
        [formerr] 更新の内容を解釈できない (FORMERR)
        [servfail] サーバ側の失敗 (SERVFAIL)
        [nxdomain] あるはずの名前がない (NXDOMAIN)
        [notimp] 更新を受け付けないサーバである (NOTIMP)
        [refused] サーバの設定が許していない (REFUSED)
        [yxdomain] 他者のレコードがあるため、そのまま残した (YXDOMAIN)
        [yxrrset] 他者のレコードがあるため、そのまま残した (YXRRSET)
        [nxrrset] その間にレコードが変わった (NXRRSET)
        [notauth] このゾーンのプライマリではないか、鍵がこのゾーン用ではない (NOTAUTH)
        [notzone] 名前がこのゾーンにない (NOTZONE)
       *[other] エラー
    }」です。
keys-update-signature = { $server } が { $zone } の更新の署名を受け入れません。理由は「{ $reason ->
        [badsig] 鍵の秘密の値が一致しない (BADSIG)
        [badkey] tsig_file の鍵をサーバが知らない (BADKEY)
        [badtime] 時計が離れすぎている (BADTIME)
       *[other] TSIG のエラー
    }」です。
keys-command-unusable = { $command } を実行できません({ $reason })。
keys-command-timeout = { $command } が { $seconds } 秒以内に終わらず、止めました。
keys-command-later = { $command } が、後で成功する可能性があると答えました(終了コード { $code })。出力は「{ $reason }」です。
keys-command-failed = { $command } が失敗しました(終了コード { $code })。出力は「{ $reason }」です。
