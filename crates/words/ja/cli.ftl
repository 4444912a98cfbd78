### コマンドラインの入力と実行環境に関する表示。

## 入力

cli-standard-input = 標準入力
cli-not-a-message = { $file }: メールではありません。{ $flaw }
cli-empty-file = { $file }: ファイルが空です。
cli-empty-mailbox = { $file }: メールが 1 通もありません。
cli-is-directory = { $file }: Maildir ではないディレクトリです。
cli-not-found = { $file }: ファイルがありません。
cli-no-permission = { $file }: 読み取る権限がありません。
cli-unreadable = { $file }: 読み取れません({ $reason })。
cli-too-large = { $file }: { $limit_bytes } バイトを超えているため、読み取りませんでした。
cli-cannot-sign = { $file }: 署名できません。{ $reason }
cli-seal-chain-fails = { $file }: ARC チェーンが有効ではないため、cv=fail として封印しました。{ $reason }
cli-seal-failed-before = { $file }: ARC チェーンがすでに失敗しているため、封印せずそのまま出力しました。
cli-seal-full = { $file }: ARC セットが { $limit } 個あり、これ以上は追加できないため、そのまま出力しました。
cli-key-readable-by-others = { $file }: 秘密鍵を他の利用者が読めます。chmod 600 を実行してください。
cli-some-inputs-failed = { $total } 件の入力のうち { $count } 件を評価できませんでした。
cli-output-failed = 出力に書き込めません({ $reason })。

## オプション

cli-bad-value = { $option }: 「{ $value }」は使用できません。
cli-bad-ip = { $option }: 「{ $value }」は IP アドレスではありません。
cli-bad-resolver = { $option }: 「{ $value }」は DNS サーバのアドレスではありません。192.0.2.53:53 や [2001:db8::53]:53 のように指定してください。
cli-bad-duration = { $option }: 「{ $value }」は時間の長さではありません。5s や 500ms のように指定してください。
cli-no-ledger = { $file } に台帳がありません。まだ受信していないか、--state または [ledger] が別の場所を指しています。
cli-bad-time = { $option }: 「{ $value }」は時刻ではありません。2026-07-01T00:00:00Z のように指定してください。
cli-bad-language = { $option }: 「{ $value }」は使用できない言語です。ja または en を指定してください。
cli-bad-choice = { $option }: 「{ $value }」は使用できません。{ $choices } のいずれかを指定してください。
cli-control-character = { $option }: 値に制御文字が含まれています。
cli-option-missing = { $option } を指定してください。
cli-option-needs = { $option } は { $other } とともに指定してください。
cli-option-conflict = { $option } と { $other } は同時に指定できません。

## DNS

cli-no-dns = DNS を利用できません({ $failure })。
cli-no-resolver = システムに DNS サーバが設定されていません。--resolver で指定してください。
cli-resolver-unusable = DNS サーバ { $resolver } を利用できません({ $reason })。
cli-tape-unreadable = { $file }: DNS 応答の記録を読み取れません({ $reason })。
cli-tape-malformed = { $file }: { $line } 行目が DNS 応答の記録ではありません。
cli-tape-unwritable = { $file }: DNS 応答の記録を書き込めません({ $reason })。

## 設定

cli-config-unreadable = { $file }: 設定ファイルを読み取れません({ $reason })。
cli-config-error = { $file }:{ $line }:{ $column }: { $problem }
cli-config-unknown-key = { $file }:{ $line }:{ $column }: [{ $section }] に未知のキー "{ $key }" があります。{ GIVEN($suggestion) ->
        [yes] "{ $suggestion }" の誤りではありませんか。
       *[no] {""}
    }
cli-config-unknown-section = { $file }:{ $line }:{ $column }: "{ $key }" というセクションはありません。{ GIVEN($suggestion) ->
        [yes] "{ $suggestion }" の誤りではありませんか。
       *[no] {""}
    }
cli-config-bad-value = { $file }:{ $line }:{ $column }: "{ $key }" に「{ $value }」は使用できません。
cli-config-missing-key = { $file }:{ $line }:{ $column }: この [[{ $section }]] に "{ $key }" がありません。
cli-config-openid-host = { $file }:{ $line }:{ $column }: ログインした人が戻る { $host } あての要求は拒否されます。[dashboard] の "hosts" に加えてください。
cli-config-no-secret = { $file }: シークレットが書かれていないか、一行で書かれていません。
cli-config-unknown-requirement = { $file }:{ $line }:{ $column }: 要件「{ $value }」はありません。ガイドラインの要件は 2-1 から 2-15、3-1 から 3-4、4-1 から 4-7、5-1 から 5-10 までです。プロファイルの要件は、gmail/one-click のように、プロファイルの名前を付けて書きます。
cli-roots-unreadable = { $file }: ルート証明書を読み込めません({ $reason })。
cli-roots-unusable = { $file }: ルート証明書を使用できません{ $problem ->
        [too-large] (ファイルが大きすぎます)。
        [pem] (ファイルが正しい PEM ではありません)。
        [empty] (ファイルに証明書がありません)。
        [too-many] (証明書が多すぎます)。
        [certificate] ({ $number } 番目の証明書を読み取れません)。
        [no-authority] ({ $number } 番目の証明書は認証局のものではありません)。
       *[other] 。
    }

## デーモン

cli-no-daemon = { $file } で応答するデーモンがありません({ $reason })。起動しているか、状態ディレクトリの指定(--state)を確認してください。
cli-no-answer = { $file }: デーモンから使用できる応答がありませんでした({ $reason })。

## デモンストレーション

demo-ready = http://{ $address }/ でデモンストレーションを開いています(内容はすべて架空のものです。Ctrl-C で終わります)。
demo-questions = 画面で次の 3 つを確かめてみてください。asagiri.example を詐称しているのは誰か、直すべき送信元はどれか、次に公開するレコードは何かが分かります。
demo-state = 状態は { $directory } にあります。ほかのコマンドでも --state を付けて表示できます。
demo-filled = { $directory } にデータを作りました。ほかのコマンドで --state を付けて表示できます。
demo-not-empty = { $directory } は空ではありません。実際のデータを失わないように、デモンストレーションは空のディレクトリだけに書き込みます。
demo-once-without-state = --once には --state が必要です。指定がなければ、作ったデータは何も残りません。
demo-unusable = { $directory } を使えません({ $reason })。

## 起きてはならないこと

cli-internal-error = 内部エラーが発生しました: { $reason }。お手数ですがご報告ください。
