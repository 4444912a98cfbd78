### serve の起動時、停止時、起動できない場合の表示。

serve-listening = { $address } で milter 接続を待ち受けています。
serve-resolver = DNS サーバ: { $resolvers }
serve-authserv-id = 認証結果は { $name } (authserv-id)として記録します。
serve-stage = 段階: { $stage ->
        [observe] 観測(認証結果を記録し、メールは止めません)
        [filter] 振り分け(疑わしいメールに印を付け、受信拒否はしません)
        [block] 遮断(ドメイン管理者の求めに応じて受信を拒否します)
       *[other] { $stage }
    }
serve-ledger = 台帳: { $file }
serve-no-ledger = 台帳はありません。判定の記録は残りません。
serve-ledger-unusable = 台帳 { $file } を使えません({ $reason })。台帳なしで動かすには、[ledger] に enabled = false と書いてください。
serve-ledger-lost = { $count } 行を保存できませんでした({ $reason })。
service-dns-unanswered = メッセージに関する DNS への問い合わせに、一つも回答がありませんでした。
service-row-not-kept = メッセージの行を台帳に記録できませんでした({ $reason })。
serve-no-configuration = 設定ファイルがないため、既定値で動作します。
serve-configuration = 設定ファイル: { $file }
serve-postfix-hint = Postfix から利用するには、main.cf に次の行を追加してください。
serve-postfix-milters = smtpd_milters = { $address }
serve-postfix-default-action = milter_default_action = accept
serve-stopping = 停止します。{ $count ->
        [0] 処理中の接続はありません。
       *[other] { $count } 件の接続の処理を終えるまで待ちます。
    }
serve-stopped = 停止しました({ $messages } 通を処理)。
serve-bad-address = 「{ $address }」は待ち受けアドレスとして使用できません。inet:8894@127.0.0.1 や unix:/run/sekisho/milter.sock のように指定してください。
serve-address-in-use = { $address } はすでに使用されています。別の sekisho が動作している可能性があります。
serve-cannot-listen = { $address } で待ち受けできません({ $reason })。
serve-connection-lost = メールサーバからの接続が途中で切断されました({ $reason })。
serve-at-capacity = { $limit } 件の接続がすべて使用中です。新しい接続は待機します。
