### 受信事業者の要件。

audit-profile-not-bulk = 大量に送信する場合 (--bulk) の要件です。
audit-profile-unknown = 判定の材料がありません。
audit-profile-silent = { $rules } で見つかったことはありません。
audit-profile-rate = 迷惑メールとして報告された割合は { $rate } % です。上限は { $limit } % です。
audit-profile-no-rate = 迷惑メールとして報告された割合が分かりません (--spam-rate)。上限は { $limit } % です。
audit-profile-author = From のドメイン名は { $domain } です。
audit-profile-spf = { $held ->
        [met] SPF が pass になる、またはレコードが正しく公開されています。
        [not_met] SPF が pass にならない、または使えるレコードがありません。
       *[unknown] SPF の判定の材料がありません。
    }
audit-profile-dkim = { $held ->
        [met] 有効な DKIM 署名がある、または鍵が公開されています。
        [not_met] 有効な DKIM 署名がない、または鍵が公開されていません。
       *[unknown] DKIM の判定の材料がありません。セレクタかメールを指定してください。
    }
audit-profile-spf-or-dkim = { $held ->
        [met] SPF または DKIM が設定されています。
        [not_met] SPF も DKIM も設定されていません。
       *[unknown] SPF と DKIM の判定の材料がありません。
    }
audit-profile-dmarc = { $held ->
        [met] DMARC レコードが公開されています。
        [not_met] DMARC レコードが公開されていません。
       *[unknown] DMARC レコードの有無は分かりません。
    }
audit-profile-dmarc-passes = { $held ->
        [met] DMARC は pass です。SPF または DKIM が From に揃っています。
        [not_met] DMARC は pass になりません。SPF も DKIM も From に揃っていません。
       *[unknown] DMARC の判定の材料がありません。メールとクライアントのアドレスを指定してください。
    }
audit-profile-enforced = { $held ->
        [met] DMARC のポリシーは quarantine または reject です。
        [not_met] DMARC のポリシーが none であるか、レコードがありません。
       *[unknown] DMARC のポリシーは分かりません。
    }
audit-profile-reports = { $held ->
        [met] DMARC レポートの宛先が設定されています。
        [not_met] DMARC レポートの宛先が設定されていません。
       *[unknown] DMARC レポートの宛先は分かりません。
    }
audit-profile-spf-aligned = { $held ->
        [met] From の組織ドメインで SPF が pass になっています。
        [not_met] From の組織ドメインで SPF が pass になりません。
       *[unknown] From の組織ドメインの SPF は分かりません。
    }
audit-profile-dkim-aligned = { $held ->
        [met] From の組織ドメインによる有効な DKIM 署名があります。
        [not_met] From の組織ドメインによる有効な DKIM 署名がありません。
       *[unknown] From の組織ドメインによる DKIM 署名は分かりません。
    }
audit-profile-one-click = ワンクリックの登録解除は{ $held ->
        [met] あり、署名されています。
        [partial] ありますが、有効な署名に含まれていません。
        [not_met] ありません。
       *[unknown] 判定の材料がありません。メールを指定してください。
    }
audit-profile-unsubscribe = List-Unsubscribe は{ $held ->
        [met] あります。
        [not_met] ありません。
       *[unknown] 判定の材料がありません。メールを指定してください。
    }
audit-profile-tls = { $held ->
        [met] TLS 1.2 以降で届いたメールです。
        [not_met] TLS 1.2 以降で届いたメールではありません。
       *[unknown] TLS で送信しているか分かりません。受信済みのメールを指定してください。
    }
audit-profile-reverse = { $held ->
        [met] 送信元アドレスの逆引きと正引きが一致しています。
        [not_met] 逆引きと正引きが一致しない送信元アドレスがあります。
       *[unknown] 送信元アドレスの逆引きは分かりません。メールとクライアントのアドレスを指定してください。
    }
