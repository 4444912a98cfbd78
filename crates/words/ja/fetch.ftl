### ウェブから文書を取得できない理由と、URL を取得対象にできない理由。他の文の括弧内やコロンの後に表示される。

fetch-timeout = 応答時間切れ
fetch-no-address = ホストのアドレスがない
fetch-private-address = ホストのアドレスが公開アドレスではない
fetch-unreachable = 接続できない、または接続が切れた
fetch-tls = サーバ証明書が有効ではない
fetch-too-large = サイズの上限を超過
fetch-redirect = 追跡しないリダイレクト
fetch-malformed = HTTP として解釈できない応答
fetch-budget = 1 通あたりの文書取得の上限に到達
fetch-not-on-tape = 記録に文書がない
fetch-disabled = 文書の取得は無効

fetch-url-too-long = URL が長すぎる
fetch-url-syntax = URL ではない
fetch-url-scheme = https の URL ではない
fetch-url-host = URL のホストがドメイン名ではない
fetch-url-credentials = URL にユーザ名またはパスワードがある
fetch-url-port = URL のポートが別のサービスのもの
