### メールサーバ、Null MX、逆引き (MXN)。
