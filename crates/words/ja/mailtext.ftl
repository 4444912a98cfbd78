### 読み取った文字列の誤り: ドメイン名、ヘッダ、アドレス、タグ、日付、MIME。
### 他の文の後に続けて表示されるため、それぞれ独立した文とする。

## ドメイン名

domain-empty = ドメイン名が空です。
domain-empty-label = ドメイン名のドットが連続しているか、末尾に余分なドットがあります。
domain-label-too-long = ドメイン名のラベルが 63 文字を超えています。
domain-too-long = ドメイン名が 253 文字を超えています。
domain-character = ドメイン名に使用できない文字が含まれています。
domain-hyphen = ドメイン名のラベルの先頭または末尾がハイフンです。
domain-idna = 国際化ドメイン名(IDNA)の規則に反しています。

## ヘッダ

header-block-too-long = ヘッダが読み取り上限を超えたため、残りは無視しました。
header-too-many-fields = ヘッダフィールドの数が読み取り上限を超えたため、残りは無視しました。
header-no-colon = ヘッダにコロンのない行があります。
header-leading-space = 最初のヘッダフィールドの前に空白があります。このような行の解釈はメールソフトによって異なります。
header-space-before-colon = ヘッダフィールド名とコロンの間に空白があります。このようなフィールドの解釈はメールソフトによって異なります。
header-name-character = ヘッダフィールド名に使用できない文字が含まれています。
header-bare-newline = ヘッダに、CRLF ではなく CR または LF だけで終わる行があります。
header-nul = ヘッダに NUL 文字が含まれています。
header-no-empty-line = ヘッダの終わりを示す空行がありません。

## タグ

tag-no-equals = セミコロンの間に「=」のない部分があります。
tag-empty = セミコロンの間が空です。
tag-name = タグ名に英数字と下線以外の文字が含まれているか、先頭が英字ではありません。
tag-duplicate = 同じタグが 2 回記述されています。
tag-value-byte = タグの値に使用できない文字が含まれています。
tag-too-many = タグの数が読み取り上限を超えています。
tag-list-too-long = タグ全体の長さが読み取り上限を超えています。

## ヘッダのアドレス

address-list-too-long = アドレスの並びが { $limit } バイトを超えているため、読み取りませんでした。
address-too-many = アドレスが { $limit } 件を超えているため、残りは読み取りませんでした。
address-list-empty = アドレスがありません。
address-empty-element = カンマの間にアドレスがありません。
address-route = アドレスの前に配送経路の指定があります。この指定は無視しました。
address-missing-at = アドレスがなく、名前だけが記述されています。
address-empty-local = 「@」の前に何もありません。
address-local = 「@」の前がローカルパートとして正しくありません。
address-domain = 「@」の後がドメイン名ではありません。{ $error }
address-literal = 角括弧の中が IP アドレスではありません。
address-several = 1 つのアドレスを記述すべき箇所に複数のアドレスがあります。
address-unbalanced-bracket = 山括弧の対応が取れていません。
address-empty-brackets = 山括弧の中が空です。
address-trailing-words = アドレスの後に余分な語があります。
address-unquoted-byte = 引用符で囲むべき文字がそのまま記述されています。
address-unclosed-quote = 引用符が閉じられていません。
address-unclosed-comment = コメントの括弧が閉じられていません。
address-unclosed-group = アドレスグループの末尾にセミコロンがありません。
address-stray-semicolon = アドレスグループの外にセミコロンがあります。
address-stray-colon = アドレスグループの先頭ではない位置にコロンがあります。
address-control-byte = 制御文字が含まれています。
address-not-utf8 = UTF-8 ではないバイトが含まれています。
address-encoded-word = アドレスの位置に符号化された語(encoded-word)があります。
address-in-display-name = 差出人の表示名に、実際の差出人とは異なるアドレスが含まれています。

## MAIL FROM、RCPT TO

path-too-long = アドレスが { $limit } バイトを超えています。
path-brackets = アドレスの山括弧の対応が取れていないか、山括弧の外に文字があります。
path-missing-at = アドレスに「@」がありません。
path-local = 「@」の前がローカルパートとして正しくありません。
path-domain = 「@」の後がドメイン名でもアドレスリテラルでもありません。{ $error }
path-route = アドレスの前の配送経路の指定が正しくありません。

## 認証結果ヘッダ

authres-too-long = 認証結果ヘッダが { $limit } バイトを超えているため、読み取りませんでした。
authres-too-many = 認証結果が { $limit } 件を超えているため、残りは読み取りませんでした。
authres-instance = ARC の認証結果の番号(i=)がないか、正しくありません。
authres-missing-id = 認証を行ったホストの名前(authserv-id)がありません。
authres-id = 認証を行ったホストの名前(authserv-id)が正しくありません。
authres-version = 認証結果ヘッダのバージョンが 1 ではありません。
authres-no-results = 認証結果も「none」もありません。
authres-result = 認証結果ではない記述があります。
authres-none-beside-results = 認証結果とともに「none」が記述されています。
authres-keyword = 認証方式または結果を示す語が正しくありません。
authres-property = 認証結果に付随する属性が正しくありません。
authres-value = 値がないか、引用符で囲まれていません。
authres-unclosed-comment = コメントの括弧が閉じられていません。
authres-unclosed-quote = 引用符が閉じられていません。
authres-trailing-semicolon = 最後の認証結果の後にセミコロンがあります。
authres-not-utf8 = 認証結果ヘッダに UTF-8 ではないバイトが含まれています。

## 日付、MIME、符号化

date-too-long = 日付が読み取り上限を超えています。
date-syntax = 日付を読み取れません。
date-range = 存在しない日付です。
mime-too-deep = { $limit } 階層より深いパートは読み取りませんでした。
mime-too-many-parts = パートが { $limit } 個を超えているため、残りは読み取りませんでした。
mime-no-boundary = マルチパートに有効な境界文字列(boundary)の指定がありません。
mime-no-parts = マルチパートの中に境界文字列(boundary)が現れません。
mime-unclosed = マルチパートの終わりがありません。
mime-encoded-multipart = マルチパート全体が符号化されています。これは認められていないため、読み取りませんでした。
base64-character = base64 ではない文字があります。
base64-length = base64 の文字列が途中で終わっています。
quoted-printable-octet = quoted-printable の「=」の後に 2 桁の 16 進数がありません。

## メールではないもの

not-a-message-empty = 内容が空です。
not-a-message-no-header-field = ヘッダフィールドで始まっていないため、メールではありません。
