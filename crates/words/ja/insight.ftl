### レポートから分かること: 送信元の分類、助言、警告。

## 分類の名前

class-label-undecidable = 判定不能
class-label-legitimate = 正常
class-label-forwarded = 転送由来
class-label-misconfigured = 設定不備
class-label-suspected = なりすまし疑い

## 整合

align-author = 作成者ドメイン名は { $author } です(組織ドメイン名は { $organization } とみなします)。
align-same-name = { $method ->
        [dkim] DKIM
       *[other] SPF
    } ({ $result })のドメイン名 { $domain } は、作成者ドメイン名そのものです。
align-same-organization = { $method ->
        [dkim] DKIM
       *[other] SPF
    } ({ $result })のドメイン名 { $domain } は組織ドメイン名が同じため、relaxed の整合を満たします。
align-not-strict = { $method ->
        [dkim] DKIM
       *[other] SPF
    } ({ $result })のドメイン名 { $domain } は組織ドメイン名が同じですが、strict では同じドメイン名でなければ整合しません。
align-other-organization = { $method ->
        [dkim] DKIM
       *[other] SPF
    } ({ $result })のドメイン名 { $domain } は別の組織のものなので、整合していません。
align-unknown = { $method ->
        [dkim] DKIM
       *[other] SPF
    } ({ $result })は、レポートに両方のドメイン名が示されていないため比べられません{ GIVEN($domain) ->
        [yes] ({ $domain })
       *[no] {""}
    }。
align-helo-unused = エンベロープ From があるため、HELO の SPF の結果({ $domain })は使用しません。
align-difference-missed = レポート送信元は { $method ->
        [dkim] DKIM
       *[other] SPF
    } を fail としていますが、示された認証結果では整合した pass です。
align-difference-granted = レポート送信元は { $method ->
        [dkim] DKIM
       *[other] SPF
    } を pass としていますが、示された認証結果からは整合した pass を確認できません。
align-difference-bare = レポート送信元は { $method ->
        [dkim] DKIM
       *[other] SPF
    } を pass としていますが、その認証結果が示されていません。

## 送信元が誰か

sender-by-address = アドレス { $ip } は { $service } のネットワークに含まれます。
sender-by-host-name = アドレスの確認済みの名前 { $name } は { $service } のものです。
sender-by-envelope = SPF が pass となったエンベロープ From のドメイン名 { $domain } は { $service } のものです。
sender-by-signature = 有効な電子署名のドメイン名 { $domain } は { $service } のものです。
sender-by-selector = ドメイン名の有効な電子署名のセレクタ { $selector } は { $service } が使うものです。
sender-by-system = アドレスは { $service } のネットワーク(AS { $asn })に属しますが、推測にすぎません。
sender-claimed-envelope = エンベロープ From は { $service } のドメイン名 { $domain } ですが、SPF では確認できず、誰でも書けるものです。
sender-claimed-signature = { $service } のドメイン名 { $domain } の電子署名がありますが、有効ではなく、誰でも書けるものです。

## 独自の送信元一覧

map-flaw-too-long = 送信元一覧が { $limit_bytes } バイトを超えているため、読み込みませんでした({ $line } 行目)。
map-flaw-too-many = 送信元一覧の { $line } 行目: { $limit } 行を超えた部分は読み込みません。
map-flaw-fields = 送信元一覧の { $line } 行目: 項目の数が 3 から 5 ではありません({ $text })。
map-flaw-quote = 送信元一覧の { $line } 行目: 引用符が閉じられていません({ $text })。
map-flaw-match = 送信元一覧の { $line } 行目:「{ $text }」は network、host、mailfrom、dkim、selector、asn のいずれでもありません。
map-flaw-pattern = 送信元一覧の { $line } 行目:「{ $text }」は最初の項目に合った値ではありません。
map-flaw-service = 送信元一覧の { $line } 行目: 識別名「{ $text }」に英小文字、数字、ハイフン以外の文字があります。
map-flaw-kind = 送信元一覧の { $line } 行目:「{ $text }」は service、isp、forwarder、list、gateway、hosting のいずれでもありません。

## 分類の理由

class-mark-approved = 承認済みの送信元です({ $sender })。
class-mark-forwarder = 転送元として登録済みの送信元です({ $sender })。
class-mark-denied = このドメイン名とは無関係として登録済みの送信元です({ $sender })。
class-spf-aligned = { $domain } の SPF が pass で、整合しています。
class-dkim-aligned = { $domain } の電子署名{ GIVEN($selector) ->
        [yes] (セレクタ { $selector })
       *[no] {""}
    }が有効で、整合しています。
class-reported-pass = レポート送信元は { $method ->
        [dkim] DKIM
       *[other] SPF
    } を整合した pass としていますが、その認証結果は示されていません。
class-reporter-missed = レポート送信元は { $method ->
        [dkim] DKIM
       *[other] SPF
    } を fail と評価していますが、認証結果では整合した pass です。
class-reporter-granted = レポート送信元は { $method ->
        [dkim] DKIM
       *[other] SPF
    } を pass と評価していますが、認証結果からは確認できません。
class-path-unknown = どの経路で届いたかは SPF からは分かりません。
class-other-way = ドメイン名の電子署名が有効で、SPF で許可されていない経路から届いています。転送されたか、未承認の自組織のサーバから送信されています。
class-override = レポート送信元がポリシー適用の例外としています({ $kind })。
class-arc-pass = レポート送信元が有効な ARC のチェーンを確認しており、転送前の認証は pass です。
class-carrier = { $service } から届いています({ $kind ->
        [service] メール送信サービス
        [isp] 接続事業者
        [forwarder] 転送サービス
        [list] メーリングリスト
        [gateway] メールセキュリティサービス
       *[other] ホスティング
    })。
class-maker = { $service } が電子署名を付けています({ $kind ->
        [service] メール送信サービス
        [isp] 接続事業者
        [forwarder] 転送サービス
        [list] メーリングリスト
        [gateway] メールセキュリティサービス
       *[other] ホスティング
    })。
class-own-host = アドレスの確認済みの名前 { $name } は、このドメイン名の組織のものです。
class-own-helo = SPF が pass となった HELO の名前 { $domain } は、このドメイン名の組織のものです。
class-own-tenant = サービスがこのドメイン名の契約者用に付ける { $domain } の電子署名が有効です。
class-not-strict = { $method ->
        [dkim] DKIM
       *[other] SPF
    } は同じ組織の { $domain } で pass ですが、strict では同じドメイン名でなければ整合しません。
class-third-envelope = 別の組織の { $domain } で SPF が pass です。
class-rewritten-envelope = エンベロープ From({ $domain })は転送時の書き換えの形をしていますが、誰でも書けるものです。
class-third-signature = エンベロープ From の組織({ $domain })も電子署名を付けています。
class-broken-signature = { $domain } の電子署名{ GIVEN($selector) ->
        [yes] (セレクタ { $selector })
       *[no] {""}
    }がありますが、有効ではありません。配送の途中で内容が変わったか、署名が複製されています。
class-broken-signature-strange = { $domain } の電子署名がありますが有効ではなく、有効な署名に使われたことのないセレクタ{ GIVEN($selector) ->
        [yes] {" "}{ $selector }{" "}
       *[no] {""}
    }です。
class-unusable-signature = { $domain } の電子署名{ GIVEN($selector) ->
        [yes] (セレクタ { $selector })
       *[no] {""}
    }がありますが、公開鍵を利用できません。
class-spf-denies = { $domain } の SPF レコードはこのアドレスを許可していません({ $result })。
class-spf-broken = { $domain } の SPF レコードを評価できません。
class-temporary = DNS の応答がなく、{ $method ->
        [dkim] DKIM
       *[other] SPF
    } を判定できませんでした。
class-nothing-authentic = SPF も DKIM もどのドメイン名についても pass ではありません。
class-unsigned = このドメイン名の電子署名がありません。
class-nameless = アドレスに確認できる名前がありません。
class-generic-name = アドレスの名前 { $name } はメールサーバの名前らしくありません。

## 修正すること

repair-mend-spf = { $sender }({ $count } 通): { $domain } の SPF レコードを評価できるように修正してください。
repair-publish-key = { $sender }({ $count } 通): { $domain } のセレクタ{ GIVEN($selector) ->
        [yes] {" "}{ $selector }{" "}
       *[no] {""}
    }の公開鍵を公開してください。受信側で利用できない状態です。
repair-mend-signing = { $sender }({ $count } 通): { $domain } の電子署名が有効ではありません。{ GIVEN($selector) ->
        [yes] セレクタ { $selector }{" "}
       *[no] セレクタ
    }の鍵を DNS の公開鍵と照合し、署名した後にメールが変更されないようにしてください。
repair-same-name-dkim = { $sender }({ $count } 通): d={ $domain } ではなく d={ $author } で署名するか、adkim=r を公開してください。
repair-same-name-spf = { $sender }({ $count } 通): エンベロープ From に { $domain } ではなく { $author } を使うか、aspf=r を公開してください。
repair-sign-by-cname = { $sender }({ $count } 通): d={ $author } で署名するように、{ $sender } が示す CNAME レコード{ GIVEN($records) ->
        [yes] ({ $records })
       *[no] {""}
    }を設定してください。
repair-sign-by-txt = { $sender }({ $count } 通): d={ $author } で署名するように、{ $sender } が示す TXT レコード{ GIVEN($records) ->
        [yes] ({ $records })
       *[no] {""}
    }を設定してください。
repair-sign = { $sender }({ $count } 通): d={ $author } の電子署名を付けて送信するように設定してください。
repair-sign-too = { $sender }({ $count } 通): SPF だけで pass となっており、転送されると fail になります。d={ $author } の電子署名も付けてください。
repair-decide = { $sender }({ $count } 通): 誰のメールか判定できません。承認するか、転送元とするか、無関係とするかを指定してください。

## ポリシー強化の助言

advise-no-record = { $domain } に DMARC レコードがありません。まず p=none とレポートの宛先を公開してください。
advise-no-data = 対象期間に { $domain } のメールが集計されていないため、判断できません。
advise-wait = { $domain } は { $rung } の段階です。判断材料が足りないため、レポートが集まるまでお待ちください。
advise-repair = { $domain } は { $rung } の段階です。次の段階に進む前に、正規の送信元 { $count } 件({ $messages } 通)の設定を修正してください。
advise-decide = { $domain } は { $rung } の段階です。次の段階に進む前に、不明な送信元({ $messages } 通)が誰のものかを指定してください。
advise-raise = { $domain } は { $rung } の段階です。{ $next } を公開できます。
advise-top = { $domain } は p=reject の段階にあり、正規のメールは pass となっています。
advise-hurts = { $domain } は { $rung } の段階にあり、正規のメール { $messages } 通にも適用されています。先に修正するか、修正が済むまで一つ前の段階に戻してください。
advise-gate-messages = 集計されたメールは { $has } 通です(必要: { $wants } 通以上)。
advise-gate-days = レポートのある日数は { $has } 日です(必要: { $wants } 日以上)。
advise-gate-reporters = レポート送信元は { $has } 組織です(必要: { $wants } 組織以上)。
advise-gate-known = 正規のメールのうち、既知の送信元からのものは { $has } です(必要: { $wants } 以上)。
advise-gate-pass = 転送を除く正規のメールのうち、pass となったものは { $has } です(必要: { $wants } 以上)。
advise-gate-problems = 設定不備の正規の送信元は { $has } 件です(許容: { $wants } 件以下)。
advise-gate-undecided = 判定不能のメールは { $has } です(許容: { $wants } 以下)。
advise-note-from-reports = このレコードはレポートの内容から作ったものです。公開する前に DNS の現在のレコードと照合してください。
advise-note-no-report-address = レコードにレポートの宛先がありません。rua を追加してください。
advise-note-testing-weakens = t=y は sp と np にも適用されるため、試験運用の間はそれらの処置も一段弱くなります。
advise-note-dropped = 現在は意味を持たないタグを省いています({ $tags })。
advise-note-weak-subdomains = sp={ $policy } は p より弱いため、サブドメイン名は保護されません。
advise-unseen = 承認済みの送信元 { $sender } は対象期間に現れていないため、影響を判断できません。

## 警告

alert-new-source = { $domain }: 新しい送信元 { $sender } から 1 日に { $count } 通のメールが送信されています(主な分類: { $class ->
        [legitimate] 正常
        [forwarded] 転送由来
        [misconfigured] 設定不備
        [suspected] なりすまし疑い
       *[other] 判定不能
    })。
alert-pass-fell = { $domain }: 正規のメールのうち pass となった割合が { $before } から { $now } に下がりました。
alert-reporter-silent = { $domain }: これまで届いていた { $reporter } のレポートが { $days } 日間届いていません。
alert-policy-changed = { $domain }: ポリシーが「{ $from }」から「{ $to }」に変わりました。
alert-selector-gone = { $domain }: { $signer } のセレクタ { $selector } による電子署名が { $days } 日間確認されていません。
alert-reports-refused = { $domain }: 1 日に { $count } 件のレポートを受け入れられませんでした。
alert-more = { $domain }: ほかに { $count } 件の警告があります。

## 週次の報告

digest-title = { $domain } の { $from } から { $until } までの DMARC の状況です。
digest-total = { $reporters } 組織のレポートで { $count } 通のメールが集計されました(前の週: { $before } 通)。
digest-of-class = { $class ->
        [legitimate] 正常
        [forwarded] 転送由来
        [misconfigured] 設定不備
        [suspected] なりすまし疑い
       *[other] 判定不能
    }は { $count } 通、{ $share } です(前の週: { $before } 通)。
digest-refused = { $count } 件のレポートを受け入れられませんでした。
digest-no-events = 特に変わったことはありませんでした。
digest-events = 警告は { $count } 件です。
digest-sources = 送信元は { $count } 件です。
digest-source = { $sender } からは { $count } 通で、{ $share } が pass です(主な分類: { $class ->
        [legitimate] 正常
        [forwarded] 転送由来
        [misconfigured] 設定不備
        [suspected] なりすまし疑い
       *[other] 判定不能
    })。
digest-repairs = 修正が必要な送信元は { $count } 件です。
digest-next = 次に公開するレコードは { $name } の「{ $record }」です。
digest-label-brief = { $domain }: { $state ->
        [needs-you] 要対応
        [well] 良好
       *[silent] メールなし
    }(メール { $messages } 通、正規のメールの pass { $share }、なりすまし疑い { $suspected } 通、警告 { $alerts } 件)

## レポート送信元の品質

quality-refused = { $count } 件のレポートを読み取れませんでした(全体の { $share })。
quality-salvaged = { $count } 件のレポートが途中で切れているか壊れていました(全体の { $share })。その前までを集計しています。
quality-conflicts = { $count } 件のレポートが、同じ識別子のほかのレポートと内容が異なります。
quality-overlaps = { $count } 件のレポートの期間が重なっており、メールが二重に集計されている可能性があります。
quality-missed = { $count } 通のメールの { $method ->
        [dkim] DKIM
       *[other] SPF
    } を fail と評価していますが、認証結果では整合した pass です。
quality-granted = { $count } 通のメールの { $method ->
        [dkim] DKIM
       *[other] SPF
    } を pass と評価していますが、認証結果からは確認できません。
quality-bare = { $count } 通のメールの { $method ->
        [dkim] DKIM
       *[other] SPF
    } を pass と評価していますが、認証結果がありません。
quality-late = レポートは期間の終わりから { $hours } 時間後に届いています。
quality-deviates = レポートが標準と異なる点が { $count } 種類あります。
quality-fine = レポートは完全な形で、遅れなく、標準のとおりに届いています。
