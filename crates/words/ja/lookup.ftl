### DNS の応答が得られない理由。他の文の括弧内やコロンの後に表示される。

failure-timeout = 応答時間切れ
failure-servfail = DNS サーバの障害
failure-refused = DNS サーバによる応答拒否
failure-truncate = 応答の切り詰め
failure-bogus = DNSSEC 検証の失敗
failure-malformed = 解釈できない応答
failure-alias-chain = 別名(CNAME)の連鎖が多すぎる
failure-unreachable = DNS サーバに到達できない
failure-budget = 1 通あたりの DNS 参照の上限に到達
failure-not-on-tape = 記録に応答がない
failure-bad-name = DNS に問い合わせできない名前
