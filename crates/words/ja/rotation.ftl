### 鍵の一生。何が起きたか、なぜ待っているか。

rotation-staged = 鍵 { $selector } を作りました。すべての権威サーバに見えたら署名に使います。
rotation-active = これから鍵 { $selector } で署名します。
rotation-draining = 鍵 { $selector } では今後署名しません。署名済みのメールのために公開を続けます。
rotation-revoked = 鍵 { $selector } を失効しました。レコードは空の p= になります。
rotation-disclosed = { $selector } の秘密鍵を公開しました。この鍵による署名は、もう誰の署名であるかの証明になりません。
rotation-deleted = { $selector } のレコードを削除します。
rotation-lost = { $selector } のレコードがすべての権威サーバから消えました。戻るまで署名に使いません。
rotation-rolled-back = 前に使っていた鍵 { $selector } で再び署名します。
rotation-gone = { $selector } は何も残っていません。秘密鍵も破棄しました。

rotation-wait-unasked = { $name } の内容をまだ確かめていません。ゾーンの権威サーバが見つかりませんでした。
rotation-wait-silent = { $name } の内容について、権威サーバ { $count } 台から回答がありません。
rotation-wait-not-everywhere = 権威サーバ { $total } 台のうち { $count } 台が、{ $name } にあるべき内容をまだ示していません。
rotation-wait-nowhere = { $name } にあるべき内容を示す権威サーバがありません。
rotation-wait-alias-missing = ドメイン名の管理者が { $name } CNAME { $target } を公開する必要があります。
rotation-wait-settling = { $selector } のレコードより前の内容が、{ TIME($until) } までキャッシュに残る可能性があります。
rotation-wait-in-flight = { $selector } で署名したメールが { TIME($until) } まで配送中の可能性があります。
rotation-wait-revoked = { $selector } は { TIME($until) } まで失効済みとして公開します。
rotation-wait-reported = { TIME($seen) } のレポートに { $selector } が現れています。レコードは { TIME($until) } まで残します。
rotation-wait-no-selector = 次の鍵に使えるセレクタがありません。
rotation-wait-nothing-signs = このドメイン名に署名する鍵がありません。
rotation-wait-due = 次の鍵への交換は { TIME($until) } です。

rotation-refused-unknown-selector = このセレクタの鍵はありません。
rotation-refused-no-replacement = この鍵は署名に使われており、代わりになる鍵がまだありません。
rotation-refused-already-so = すでに済んでいるか、進行中です。
rotation-refused-selector-taken = このセレクタは別の鍵が使っているか、使っていました。
rotation-refused-ending = このドメイン名は署名をやめるところです。
rotation-refused-too-many-keys = 鍵が { $limit } 個を超えています。
