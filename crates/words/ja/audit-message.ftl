### メッセージ (SND)。

audit-snd01 = 多数に送られるメールですが、DMARC に成功していません。Gmail、Yahoo、Microsoft はこのようなメールを拒否します。
audit-snd01-one = 多数に送られるメールですが、{ $missing } に成功していません。Gmail、Yahoo、Microsoft は SPF と DKIM の両方を求めます。
audit-snd02 = 多数に送られるメールですが、ワンクリックで登録を解除できません。Gmail と Yahoo は拒否するか、迷惑メールとして扱います。
audit-snd02-fix = "List-Unsubscribe: <https://…>" と "List-Unsubscribe-Post: List-Unsubscribe=One-Click" を加え、両方を署名対象にしてください。
audit-snd03 = List-Unsubscribe に https: のアドレスがありません({ $value })。受信側は登録解除のボタンを表示しません。
audit-snd04 = 作成者が { $count } 人います。DMARC は一人の作成者を判定するもので、受信側は拒否したり印を付けたりします。
audit-snd04-absent = From がありません。受信側は拒否します。
audit-snd05 = 1 回だけ許されるヘッダ { $field } が { $count } 回あります。どれを表示するかは受信側によって異なり、拒否する受信側もあります。
audit-snd06 = 読者が迷惑メールとして報告した割合が { $rate } パーセントです。{ $limit } パーセント以上になると、受信側は信用を下げるか拒否します。
audit-snd07 = SPF は { $spf_domain } で成功していますが、作成者 { $author } とは別の組織で、整合する電子署名もありません。DMARC は成功しません。
audit-snd08 = メーリングリストが書き換えたメールです。DMARC は失敗し、From は書き換えられておらず、ARC のシールもありません。作成者のポリシーによっては受信側に拒否されます。
audit-snd08-fix = メーリングリストが自分のアドレスを From に書いて署名するか、ARC でシールしてください。
audit-snd09 = CFBL-Address がありません。あれば、受信側は苦情を送信者に知らせることができます。
audit-snd10 = TLS "{ $version }" で届いたメールです。受信側は 1.2 以降を求めます。
audit-snd11 = ヘッダ { $field } がありません。このようなメールは迷惑メールとみなされやすくなります。
