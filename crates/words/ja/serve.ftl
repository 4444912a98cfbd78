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
service-taken-in = レポートのメールとして取り込みました。
service-swallowed = レポートのメールとして取り込み、配送はしません。
service-not-taken-in = レポートの宛先へのメールを取り込めませんでした({ $reason })。
service-not-taken-in-too-large = レポートの宛先へのメールが大きすぎるため、取り込まずに配送します。
service-deferred-not-taken-in = レポートの宛先へのメールを取り込めませんでした({ $reason })。送信元に再送を求めます。
serve-signing = 送信メールに { $count } 個の鍵で署名します。
serve-key-unreadable = { $file }: 秘密鍵を読み取れません({ $reason })。
serve-key-readable-by-others = { $file }: 秘密鍵を所有者以外が読み取れます(モード { $mode })。chmod 600 で所有者だけが読み取れるようにしてください。
serve-key-unusable = { $file }: 秘密鍵として使用できません({ $reason })。
serve-key-algorithm = { $file }: { $wanted } の鍵ではなく、{ $algorithm } の鍵です。
serve-key-short = 鍵 { $name } は { $bits } bit です。受信側では 2048 bit 以上が期待されています。
serve-key-unpublished = 鍵 { $name } の公開鍵が { $place } に公開されていません。この鍵による署名は検証できません。
serve-key-published-otherwise = { $place } に公開されている内容は、鍵 { $name } の公開鍵ではないか、それだけではありません。この鍵による署名は検証に失敗します。
serve-key-idle = 鍵 { $name } はどの規則からも参照されていないため、署名に使われません。
serve-table-unreadable = { $file }: 表を読み取れません({ $reason })。
serve-outgoing-nowhere = 送信メールを受け取る { $address } で待ち受けていません。[receiver] の listen に加えてください。
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

serve-http = メトリクスと稼働状態: { $address }/metrics
serve-as-root = root 権限で動作しています。[daemon] の user を設定するか、サービスマネージャで専用の利用者として起動してください。
serve-no-http = { $address } でメトリクスと稼働状態を提供できません({ $reason })。メールの処理は続けます。
serve-http-pages = 画面: { $address }/
serve-first-run = 画面にログインできる人がまだいません。sekisho user setup で最初の管理者のトークンを作ってください。
serve-first-link = 画面にログインできる人がまだいません。次のアドレスで最初の管理者を登録してください。使えるのは 1 日以内に 1 回だけです: { $link } を開きます。
serve-no-pages = 画面は表示できません。{ $file } を使えません({ $reason })。メールの処理は続けます。
serve-tls-unreadable = 画面の証明書または秘密鍵のファイル { $file } を読み取れません({ $reason })。
serve-tls-no-certificate = { $file }: 証明書(PEM 形式、BEGIN CERTIFICATE)がありません。
serve-tls-bad-certificate = { $file }: { $number } 番目の証明書を読み取れません。
serve-tls-long-chain = { $file }: 証明書が { $limit } 個を超えています。
serve-tls-no-key = { $file }: 秘密鍵(PEM 形式、BEGIN PRIVATE KEY)がないか、パスフレーズで保護されています。
serve-tls-bad-key = { $file }: この秘密鍵は使用できません({ $reason })。
serve-tls-other-key = { $file }: { $certificate } の最初の証明書の鍵ではありません。
serve-tls-key-readable-by-everybody = { $file }: この秘密鍵は、このマシンの誰でも読み書きできます(モード { $mode })。0640 または 0600 にしてください。
serve-tls-expired = { $file }: 証明書の有効期限が { $until } に切れています。ブラウザは接続を拒否します。
serve-tls-ends-soon = { $file }: 証明書の有効期限が { $until } に切れます。すでに更新されているはずの時期です。
serve-tls-not-yet = { $file }: 証明書の有効期間が始まるのは { $from } です。それまでブラウザは接続を拒否します。
serve-tls-other-name = { $file }: [dashboard] の hosts にある { $name } は、この証明書の対象ではありません。
serve-tls-shown = { $file }: 今後はこの証明書を使用します。有効期限は { $until } です。
serve-tls-old-stays = これまでの証明書を引き続き使用します。
serve-tls-nobody-answered = 使用できる証明書が置かれるまで、画面、メトリクス、稼働状態のどれにも応答しません。
serve-bad-inherited = 渡されたソケットを使用できません({ $reason })。
serve-cannot-change-user = 利用者 { $name } の権限に切り替えられません({ $reason })。
serve-no-pid-file = { $file }: プロセス番号を書き込めません({ $reason })。
serve-no-control = { $file } にソケットを作成できないため、sekisho status と sekisho reload は使用できません({ $reason })。
serve-reloaded = 設定を読み直しました。新しい接続から反映します。
serve-needs-restart = { $key } の変更は、次回の起動時に反映します。
serve-reload-refused = 新しい設定は使用せず、現在の設定のまま動作を続けます。{ $reason }
serve-list-dead = リスト { $zone } は、正しく応答するまで使用しません。{ $reason }
serve-list-works = リスト { $zone } が再び正しく応答したため、使用します。
serve-status-running = Sekisho { $version } は { $since } から動作しています(プロセス { $process })。
serve-status-stopping = Sekisho { $version } は停止処理中です(プロセス { $process }、起動 { $since })。
serve-status-listening = 待ち受け: { $addresses }
serve-status-configuration = 設定: { $file } (読み込み { $time })
serve-status-connections = 接続: 現在 { $open } 件、起動後の合計 { $total } 件、拒否 { $refused } 件、途中切断 { $lost } 件
serve-status-messages = メール: { $total } 通 ({ $actions })
serve-status-results = { $method }: { $results }
serve-status-dns = DNS: { $servers } (問い合わせ { $questions } 件、うちキャッシュから { $cache_hits } 件、失敗 { $failures } 件)
serve-status-dns-silent = DNS: { $servers } は現在応答しません。{ $reason }
serve-status-list-dead = リスト { $zone } は正しく応答しないため、使用していません。
serve-status-ledger = 台帳: { $file } (保存 { $stored } 行、待ち { $waiting } 行、消失 { $lost } 行、失敗 { $failures } 回)
serve-status-reports = 受け取ったレポート: { $received }
serve-status-reports-sent = 送ったレポート: { $sent }(送信待ち { $due }、送信を止めている宛先 { $suppressed })
serve-status-alerts = 警告: { $count } 件、知らせ: { $letters }(送信待ち { $due })
serve-status-memory = メモリ: { $count } MiB
serve-audits-on = { $count } 個のドメイン名を { $every } 秒ごとに検査します。
serve-audit-outage = 検査するドメイン名についての問い合わせに、何も応答がありませんでした。変更の有無は分かりません。次回に再び問い合わせます。
