### verify と spf の表示。

## 判定: 語、ラベル、1 文の理由

verdict-pass = ✓ 合格
verdict-fail = ✗ 不合格
verdict-none = ? ポリシーなし
verdict-temperror = ? 判定不能
verdict-permerror = ✗ 不備
verdict-spoofing-suspected = なりすまし疑い
verdict-reject-nobody-vouches = { $domain } は、このようなメールの受信拒否を求めています(p={ $policy })。SPF、DKIM のいずれも { $domain } を認証していません。
verdict-quarantine-nobody-vouches = { $domain } は、このようなメールを不審メールとして扱うことを求めています(p={ $policy })。SPF、DKIM のいずれも { $domain } を認証していません。
verdict-monitor-nobody-vouches = SPF、DKIM のいずれも { $domain } を認証していません。{ $domain } はレポートの送信だけを求めています(p={ $policy })。
verdict-testing-nobody-vouches = SPF、DKIM のいずれも { $domain } を認証していません。ポリシー { $policy } は試験運用中(t=y)のため、{ $to_apply } を適用します。
verdict-pass-spf = SPF が { $domain } を認証しました({ $spf_domain })。
verdict-pass-dkim = DKIM が { $domain } を認証しました({ $dkim_domain } の電子署名)。
verdict-pass-both = SPF、DKIM の両方が { $domain } を認証しました。
verdict-pass-several = 差出人の { $count } 個のドメイン名すべてを SPF または DKIM が認証しました。
verdict-no-record-spf = { $domain } には DMARC レコードがありません。SPF は { $spf_domain } で pass です。
verdict-no-record-dkim = { $domain } には DMARC レコードがありません。DKIM は { $dkim_domain } で pass です。
verdict-no-record-both = { $domain } には DMARC レコードがありません。SPF は { $spf_domain }、DKIM は { $dkim_domain } で pass です。
verdict-no-record-nothing = { $domain } には DMARC レコードがなく、SPF、DKIM のいずれも pass していません。送信者を確認する手段がありません。
verdict-unusable-record = { $domain } の DMARC レコードには有効なポリシーがないため、なりすましを防ぐことができません。
verdict-dns-failed = { $domain } の判定に必要な DNS の応答が得られませんでした。再度の試行で判定できる可能性があります。
verdict-from-absent = From ヘッダがないため、認証すべき差出人がありません。
verdict-from-repeated = From ヘッダが複数あるため、差出人を特定できません。
verdict-from-malformed = From ヘッダに複数の解釈があり得るため、差出人を特定できません。
verdict-from-no-mailbox = From ヘッダにメールアドレスがないため、認証すべき差出人がありません。
verdict-from-bad-domain = From ヘッダのドメイン名が正しくないため、差出人を認証できません。
verdict-several-authors = 差出人に { $count } 個のドメイン名があり、その一部が認証されていません。
verdict-too-many-authors = 差出人に { $count } 個のドメイン名があります。評価するのは { $limit } 個までです。

## 見出しと欄

verify-from-label = 差出人:
verify-no-from = (なし)
verify-worth-knowing = ご参考
verify-evidence = 根拠
verify-reason = 理由
verify-policy = ポリシー { $policy }({ $record })
verify-policy-testing = ポリシー { $policy } は試験運用中(t=y)、適用は { $to_apply }({ $record })
verify-no-policy = { $record } にレコードなし
verify-organizational-domains = 組織ドメイン名 { $psl_domain }(パブリックサフィックスリスト){ GIVEN($walk_domain) ->
        [yes] 、{ $walk_domain }(DNS ツリー探索)
       *[no] {""}
    }
verify-aligned = { $domain } と整合している
verify-not-aligned = { $domain } と整合していない
verify-spf-domain = { $domain }
verify-spf-term = { $domain }({ $term })
verify-spf-helo = { $domain }(HELO)
verify-spf-not-checked = 未確認: 送信元 IP アドレスなし(--ip で指定)
verify-spf-no-domain = 認証対象のドメイン名なし
verify-spf-lookups = DNS 参照 { $lookups } 回(上限 { $limit } 回)、空振り参照 { $void_lookups } 回
verify-spf-explanation = { $domain } による説明: { $text }
verify-dkim-signature = d={ $domain } s={ $selector }
verify-dkim-algorithm = { $algorithm } { $bits } bit
verify-dkim-none = 電子署名なし
verify-arc-unchanged = ARC セット { $count } 個、封印 { $sealers }、最初の ARC セット以降は変更なし
verify-arc-changed = ARC セット { $count } 個、封印 { $sealers }、ARC セット { $instance } 以降は変更なし(それ以前に変更あり)
verify-arc-sealed = ARC セット { $count } 個、封印 { $sealers }
verify-iprev-name = { $ip } は { $name }
verify-bimi-mark = マークの組織は { $organization } です。
verify-bimi-no-roots = 信頼するルート証明書がありません。設定([bimi] roots)でファイルを指定してください。
verify-historic = 歴史的な方式と実験的な方式(上の判定には影響しません)
verify-historic-method = { $method }(歴史的な方式)
verify-experimental-method = { $method }(実験的な方式)
verify-sender-id = { $address }({ FIELD($field) })
verify-sender-id-borrowed = この用途ではない SPF レコードによる結果(参考のみ)
verify-adsp-record = dkim={ $practice }({ $record })
verify-atps = { $author } のための { $signer } の電子署名
verify-not-evaluated = 未評価
verify-bare-newlines = 本文の改行が混在しています(CRLF のほかに単独の CR または LF)。
verify-client-from-received = 送信元 IP アドレス { $ip } は Received ヘッダから取得しました。
verify-ttl = TTL { $seconds }
verify-message-number = { $file } の { $number } 通目

## 次の操作

verify-hint-explain = sekisho verify --explain で、DNS の応答と適用した規則をすべて表示します。
verify-hint-language = --lang en for English
verify-hint-spf = sekisho spf --help で、指定できる項目をすべて表示します。
