### `config import` の説明。

## 出力

import-title = sekisho config import で作成しました。内容を確かめ、sekisho config check で検査してください。
import-always = 次の設定項目は、上記に含まれるか、Sekisho の既定の動作と同じであるため、書く必要がありません。

## 行ごとの説明

import-told = { $place }: { $option }: { $reason }
import-told-line = { $place }: { $reason }
import-line = この行は読み取れません。
import-unknown = このような設定項目はありません。
import-repeated = { $other } ですでに設定されています。先の行を採りました。
import-rest = 先頭の { $limit } 件だけを読みました。
import-which = { $file }: どのプログラムの設定か判別できません。--from で指定してください。
import-too-long = 設定が { $limit_bytes } バイトを超えます。--tables DIR を指定すると、鍵と規則を別の表に書き出します。
import-table-unwritten = 表 { $file } を書き込めません: { $reason }
import-bad-value = 「{ $value }」は { $key } には使えません。
import-bad-option = 「{ $value }」はこの設定項目の値ではありません。
import-contradiction = { $key } は「{ $value }」となりますが、{ $other } と食い違うため、後者を採りました。
import-overridden = KeyTable があるため、用いられません。
import-table-unreadable = { $file } を読み込めません({ $reason })。
import-base = パスは省略せずに書きました。常駐プロセスは作業ディレクトリを持ちません。
import-relative = 「{ $value }」は、今後は Sekisho の設定ファイルと同じディレクトリから読み込みます。
import-include = このファイルは読み込んでいません。コマンドラインで併せて指定してください。

## 署名

import-key-incomplete = Domain、Selector、KeyFile の三つがそろっている必要があります。
import-key-inline = 鍵「{ $value }」が表の中に書かれています。別のファイルに移してください。
import-key-by-sender = 鍵「{ $value }」のファイルが送信者によって変わります。ドメイン名ごとに [[signing.key]] を書いてください。
import-key-unknown = 鍵「{ $value }」がありません。
import-no-key-table = KeyTable がないため、鍵を特定できません。
import-no-signing-table = SigningTable がないため、各鍵は自身のドメイン名とその下のドメイン名のために署名します。
import-not-signing = Mode により、署名しない設定です。
import-by-key = アルゴリズムは鍵によって決まります。
import-unsafe-keys = 他者が読み取れる鍵は常に拒否します。[signing] の key_readers を参照してください。
import-unreached = 「{ $value }」は用いられていませんでした。先に { $other } が一致します。
import-rules-do-not-add = パターンの異なる規則の鍵は合わさりません。最も限定的な規則だけを用いるため、すべての鍵をその規則に書いてください。
import-no-pattern = 「{ $value }」に相当するパターンは書けません。
import-no-identity = 識別子(i=)は、すべての署名に共通して決めます。[signing] の identity を参照してください。
import-no-sender = 「{ $value }」ヘッダを送信者として用いることはできません。
import-not-oversigned = 「{ $value }」ヘッダは、存在する数だけ署名しますが、常に一つ多く署名するわけではありません。
import-macro-any = マクロ「{ $value }」には値が必要です。[outgoing] の macros を参照してください。
import-no-host-name = 「{ $value }」: クライアントは IP アドレスで見分けます。ネットワークを書いてください。
import-no-negation = 「{ $value }」: ネットワークの一部を除くことはできません。残りのネットワークを書いてください。

## 相当する設定がない理由

import-no-service = systemd など、常駐プロセスを起動する側で設定します。
import-no-log = ログは、理由とともに標準エラー出力に書きます。[daemon] の log を参照してください。
import-no-reports = レポートの送信も要求も行いません。
import-ledger = メールの記録は台帳に残します。[ledger] を参照してください。
import-no-database = データベースや外部のサービスへの問い合わせは行いません。項目をファイルに書いてください。
import-no-script = スクリプトは実行しません。
import-no-debug = そのプログラムの試験のための設定です。
import-no-resolver = Sekisho は独自のリゾルバを用います。[dns] を参照してください。
import-no-dnssec = DNSSEC の検証は DNS サーバが行います。[dns] の resolvers を参照してください。
import-limits = Sekisho の上限は固定です。
import-no-standard = 標準に定めがあり、Sekisho はそれに従います。
import-no-verdict = 検証に失敗した署名は、ないものとして扱い(RFC 6376 6.1 節)、DMARC で判定します。[policy.dmarc] を参照してください。
import-no-cover = 署名の範囲を理由に署名を拒むことはできません。範囲の不足は verify で確かめられます。
import-no-length = 常に本文全体に署名し、l= は付けません。
import-no-recipients = 署名するかどうかは送信者だけで決まり、宛先や既存の署名にはよりません。
import-no-rewriting = メールを書き換えたり、他へ送ったりすることはありません。
import-no-field = これをヘッダに書くことはありません。
import-no-required-fields = このような誤りを理由にメールを拒むことはありません。From ヘッダの誤りは [policy.from] を参照してください。
import-no-exemption = From ヘッダには誰でも任意の名前を書けるため、例外とするのは認証されたドメイン名だけです。[policy.exceptions] の allowed を参照してください。
import-no-external = ログにそのような行はありません。
import-no-vbr = Vouch By Reference は評価しません。
import-remove-from = 自身の名前の認証結果ヘッダは常に削除します。他者のものについては [results] の foreign を参照してください。
import-own-results = Sekisho は SPF、DKIM、ARC を自ら評価し、他者の認証結果は用いません。
import-tree-walk = 組織ドメイン名は、一覧を用いず、DNS から求めます(RFC 9989)。
import-authors = 作成者ドメイン名をそれぞれ判定します。判定できないものは [policy.from] を参照してください。
import-from-alone = ヘッダのうち、From だけを検査します。
import-held-too = p=reject で認証に失敗したメールも保留します。
import-no-switch = 受信メールの SPF、DKIM、DMARC は常に評価します。
import-no-control = 代わりに sekisho status と sekisho reload を用います。[daemon] の http を参照してください。
import-no-code = 応答コードは処置によって決まります。文面は [replies] で設定します。
import-no-hardfail = RFC 8601 に従い、fail と書きます。
import-no-spf-type = DNS の SPF 型は、もう用いられていません(RFC 7208 3.1 節)。
import-no-explanation = Sender ID の説明文には対応していません。
