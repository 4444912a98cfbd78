### ガイドラインの要件。

audit-req-2-1 = 送信に使うドメイン名は、DMARC レコードを設定し、SPF または DKIM を導入していなければなりません。
audit-req-2-2 = SPF と DKIM の両方を導入した方が良いです。
audit-req-2-3 = DMARC のポリシーは none から始め、結果を確認しながら quarantine、reject へ段階的に強化した方が良いです。
audit-req-2-4 = DMARC レポートをもとにポリシーの強化を判断することを勧めます。
audit-req-2-5 = SPF レコードは、公開する前に検査ツールで確認することを勧めます。
audit-req-2-6 = SPF レコードで他の事業者のドメイン名を参照している場合は、定期的に確認した方が良いです。
audit-req-2-7 = DKIM の電子署名は、From のほか推奨されるヘッダと、十分な範囲の本文を対象としていなければなりません。
audit-req-2-8 = 組織ドメイン名に DMARC レコードを設定していなければなりません。
audit-req-2-9 = メールに利用する各ドメイン名に DMARC レコードを設定することを勧めます。
audit-req-2-10 = メールに利用しないサブドメインは、ポリシーが reject となるように設定することを勧めます。
audit-req-2-11 = メールに利用しないドメイン名(パークドメイン)には、SPF の -all のみのレコード、DMARC の p=reject、Null MX を設定した方が良いです。
audit-req-2-12 = DMARC レポート、特に集約レポートを受け取った方が良いです。
audit-req-2-13 = 受信側での SPF、DKIM、DMARC の状況を把握し、ポリシー reject を目指した方が良いです。
audit-req-2-14 = DMARC レポートの受信と分析に、ツールやサービスを利用することを勧めます。
audit-req-2-15 = レポートの宛先が外部のドメイン名である場合は、受け取る側に委譲設定がなければなりません。
audit-req-3-1 = 顧客のドメイン名で送るメールは、そのドメイン名の DMARC に成功しなければなりません。
audit-req-3-2 = 顧客が include するための SPF レコードを提供した方が良いです。
audit-req-3-3 = 顧客に DKIM の公開鍵、または CNAME の宛先を提供した方が良いです。
audit-req-3-4 = 自分のドメイン名で送る顧客は、事業者の案内に従って SPF、DKIM、DMARC を設定しなければなりません。
audit-req-4-1 = 転送先で SPF が必要な場合は、転送時にエンベロープ From を転送元のドメイン名に書き換えることを勧めます。
audit-req-4-2 = 転送される可能性のあるメールには、DKIM の電子署名がなければなりません。
audit-req-4-3 = エンベロープ From を書き換える場合は、エラーメールがループしないようにしなければなりません。
audit-req-4-4 = メーリングリストは、エンベロープ From とヘッダ From を自分のドメイン名にして再配送しなければなりません。
audit-req-4-5 = メーリングリストは、自分のドメイン名の DKIM で再署名しなければなりません。
audit-req-4-6 = メーリングリストのドメイン名に、SPF、DKIM の鍵、DMARC のレコードを設定していなければなりません。
audit-req-4-7 = 受信側が対応している場合は、ARC を利用することを勧めます。
audit-req-5-1 = 受信時に SPF、DKIM、DMARC を検証し、送信側のポリシーに従って処理しなければなりません。
audit-req-5-2 = SPF が成功した場合でも、SPF レコードの内容(広すぎる範囲など)を調べることを勧めます。
audit-req-5-3 = DKIM が成功した場合でも、署名対象の範囲や再利用(リプレイ)を調べることを勧めます。
audit-req-5-4 = 認証の結果だけでなく、認証されたドメイン名を確認しなければなりません。
audit-req-5-5 = 認証されたドメイン名を評価(ドメインレピュテーション)し、配送の判断に使った方が良いです。
audit-req-5-6 = 外部のドメイン名にレポートを送る前に、委譲設定を確認しなければなりません。
audit-req-5-7 = 失敗レポートには、個人情報や機微な情報が含まれないようにしなければなりません。
audit-req-5-8 = 送信側として集約レポートを利用するのであれば、受信側として送った方が良いです。
audit-req-5-9 = 認証結果と認証されたドメイン名を、利用者に分かりやすく示した方が良いです。
audit-req-5-10 = 送信側が BIMI に対応し、条件を満たしている場合は、ロゴを表示した方が良いです。

## 根拠

audit-shown-aligned = 顧客のためのメール { $total } 通のうち { $count } 通に、整合する電子署名がありました。
audit-shown-audits = これまでに { $count } 回検査しています。
audit-shown-below = 下位の存在する名前には "{ $sp }"、存在しない名前には "{ $np }" が適用されます。
audit-shown-bounces = エラーメールは、署名と期限の付いたアドレスで戻ります。
audit-shown-breadth = SPF レコードの範囲の広さを判定に使っています。
audit-shown-clients-unanswered = { $domains } については DNS の応答がなく、判定できません。
audit-shown-coverage = 署名対象の範囲と再利用を判定に使っています。
audit-shown-delegated = 顧客 { $total } 件のうち { $count } 件が、委譲された鍵を使っています。
audit-shown-destinations = レポートの宛先は { $uris } です。
audit-shown-destinations-blocked = これらの宛先の中に、レポートを受け取れないものがあります。
audit-shown-dmarc = { $domain } の DMARC レコードのポリシーは "{ $policy }" です。
audit-shown-dns-failed = { $name } の { $kind } の問い合わせに DNS の応答がなく({ $failure })、判定できません。
audit-shown-domain = 認証されたドメイン名をメールに記録し、判定に使っています。
audit-shown-external-agreed = { $uri } には委譲設定があります。
audit-shown-external-refused = { $uri } には委譲設定がありません。
audit-shown-external-unanswered = { $uri } の委譲設定の問い合わせに応答がありませんでした。
audit-shown-include = include 用に { $name } を提供しています。
audit-shown-indicators = BIMI を評価し、ロゴの情報を渡しています。
audit-shown-keys = 使える DKIM の鍵がセレクタ { $selectors } にあります。
audit-shown-list-signatures = メーリングリストは自分のドメイン名で署名しています。
audit-shown-lists = メーリングリストはエンベロープ From とヘッダ From を書き換えています。
audit-shown-mail = メールに利用しているドメイン名です。
audit-shown-no-bounces = 書き換えたメールのエラーメールを制限していません。
audit-shown-no-breadth = SPF レコードの内容を判定に使っていません。
audit-shown-no-coverage = 署名対象の範囲を判定に使っていません。
audit-shown-no-destination = { $domain } には集約レポートの宛先がありません。
audit-shown-no-destination-of-ours = レポートを求めていないため、送る必要もありません。
audit-shown-no-dmarc = { $domain } に適用される DMARC レコードがありません。
audit-shown-no-domain = 認証されたドメイン名を示していません。
audit-shown-no-external = 外部のドメイン名へのレポートはありません。
audit-shown-no-failure-reports = 失敗レポートは送っていません。
audit-shown-no-include = include 用のレコードがありません。
audit-shown-no-indicators = BIMI を評価していません。
audit-shown-no-keys = 調べたセレクタでは { $domain } に DKIM の鍵が見つかりませんでした。
audit-shown-no-list-signatures = メーリングリストは署名していません。
audit-shown-no-lists = メーリングリストは作成者のアドレスを From に残しています。
audit-shown-no-mail = メールを送らないドメイン名です。
audit-shown-no-others = SPF レコードは他のドメイン名を参照していません。
audit-shown-no-own-record = { $domain } 自身のレコードはありません。
audit-shown-no-provider = 顧客のために送るメールについて、分かることがありません。
audit-shown-no-receiver = メールの受信方法について、分かることがありません。
audit-shown-no-relay = 転送やメーリングリストについて、分かることがありません。
audit-shown-no-reports-known = ここではレポートを読んでいません。
audit-shown-no-reports-sent = 集約レポートを送っていません。
audit-shown-no-reputation = ドメインレピュテーションを記録していません。
audit-shown-no-seals = ARC のシールを付けていません。
audit-shown-no-signatures-known = ここでは電子署名を確認していません。
audit-shown-no-spf = { $domain } に SPF レコードがありません。
audit-shown-no-spf-record = SPF レコードがありません。
audit-shown-no-srs = エンベロープ From を書き換えていません。
audit-shown-not-ready = 準備ができていないもの: { $domains } です。
audit-shown-organization = 組織ドメイン名は、パブリックサフィックスの一覧では { $psl_domain }、ツリーウォークでは { $walk_domain } です。
audit-shown-own-record = { $domain } 自身のレコードがあります。
audit-shown-parked = SPF の -all のみ: { $spf }、DMARC の reject: { $dmarc }、Null MX: { $mx } です。
audit-shown-policy = { $domain } のポリシーは "{ $policy }" です。
audit-shown-ready = 顧客 { $total } 件のうち { $count } 件が、すべてを設定しています。
audit-shown-redacts = 失敗レポートでは、ヘッダを一覧で選び、アドレスを鍵付きハッシュに置き換え、本文を除いています。
audit-shown-reports = { $days } 日間のレポート { $reports } 件({ $messages } 通分)を読みました。
audit-shown-reports-above = レコードが適用される { $domain } についてのレポートです。メールの数は、このドメイン名のものです。
audit-shown-reports-sent = 集約レポートを送っています。
audit-shown-reputation = ドメインレピュテーションを配送の判断に使っています。
audit-shown-reputation-kept = ドメインレピュテーションを記録していますが、判断には使っていません。
audit-shown-results = 認証結果と認証されたドメイン名を、利用者やメールソフトから見える形で示しています。
audit-shown-results-only = 認証結果は示していますが、認証されたドメイン名は示していません。
audit-shown-seals = ARC のシールを付けています。
audit-shown-signed = { $total } 通のうち { $count } 通が署名されています。
audit-shown-signed-fields = { $messages } 通が署名されていますが、推奨されるヘッダがすべては含まれていません。
audit-shown-signed-length = { $messages } 通が "l=" を使って署名されています。
audit-shown-signed-whole = { $messages } 通が、推奨されるすべてのヘッダと本文全体を対象に署名されています。
audit-shown-spf = { $domain } の SPF レコードは使えます。
audit-shown-spf-broken = { $domain } の SPF レコードはエラーになります。
audit-shown-spf-checked = { $domain } の SPF レコードを検査しました。エラーはありません。
audit-shown-srs = 転送時にエンベロープ From を書き換えています。
audit-shown-steps = これまでに { $count } 種類のレコードを記録しています。
audit-shown-verifies = SPF: { $spf }、DKIM: { $dkim }、DMARC: { $dmarc }、ポリシーの適用: { $acts }、30 日間に { $messages } 通です。
audit-shown-verifies-destinations = レポートを送る前に、外部の宛先の委譲設定をすべて確認しています。

## 直し方

audit-mend-2-1 = DMARC レコードを公開してください。レポートの宛先を付けた p=none から安全に始められます。
audit-mend-2-1-methods = SPF レコードを公開するか、DKIM で署名してセレクタを指定してください。
audit-mend-2-2 = SPF と DKIM のうち足りないものを公開してください。調べられていないセレクタは指定してください。
audit-mend-2-3 = 自分のメールが成功していることをレポートで確認し、ポリシーを 1 段階上げてください。
audit-mend-2-4 = "sekisho report advise" で、レポートをもとに判断してください。
audit-mend-2-5 = SPF レコードを直してください。公開前に "sekisho check --record spf=…" で確かめられます。
audit-mend-2-6 = "sekisho check --watch" またはデーモンの予定で、自動的に検査してください。
audit-mend-2-7 = From、To、Subject、Date などの推奨されるヘッダに署名し、"l=" を使わないでください。"sekisho check --message FILE" でメールを確かめられます。
audit-mend-2-8 = 組織ドメイン名に DMARC レコードを公開してください。
audit-mend-2-9 = このドメイン名にもレコードを公開してください。
audit-mend-2-10 = 自分のレコードを持たずに送るサブドメインがないことを確認し、組織ドメイン名に "sp=reject" と "np=reject" を加えてください。
audit-mend-2-11 = "sekisho record parked" が作成する一式を公開してください。
audit-mend-2-12 = レポートの宛先 "rua=mailto:…" を加えてください。
audit-mend-2-12-arrive = 宛先に委譲設定をしてメールを受け取れるようにし、届いたレポートを読んでください。
audit-mend-2-13 = レポートを読み、失敗しているものを直し、reject へ進んでください。
audit-mend-2-13-raise = レポートから、次の段階に進んでも安全だと分かります。ポリシーを上げてください。
audit-mend-2-14 = "sekisho report import" で読むか、デーモンに受け取らせてください。
audit-mend-2-15 = 宛先の管理者にレコードの公開を依頼するか、自分のドメイン名の宛先を使ってください。
audit-mend-3-1 = 顧客のドメイン名で署名するか、そのドメイン名のエンベロープ From で送ってください。
audit-mend-3-2 = "sekisho record esp" が作成するレコードを公開してください。
audit-mend-3-3 = 顧客ごとに CNAME または専用の鍵を用意してください("sekisho key new")。
audit-mend-3-4 = 準備ができていない顧客に、最初のメールを送る前に設定内容を案内してください。
audit-mend-4-1 = 転送するところで SRS を有効にしてください。
audit-mend-4-2 = すべてのメールに DKIM の電子署名を付けてください。
audit-mend-4-3 = エラーメールは、署名の付いたアドレスで、期限内のものだけを受け取ってください。
audit-mend-4-4 = メーリングリストが自分のアドレスを From に書くようにしてください。
audit-mend-4-5 = メーリングリストが送るメールに署名するようにしてください。
audit-mend-4-6 = メーリングリストのドメイン名に足りないレコードを公開してください。
audit-mend-4-7 = ARC のシールを有効にしてください。
audit-mend-5-1 = 三つすべてを検証し、観測から振り分けへ進んでください。
audit-mend-5-2 = SPF レコードの広さについての規則を加えてください。
audit-mend-5-3 = 署名対象の範囲と再利用についての規則を加えてください。
audit-mend-5-4 = Authentication-Results を記録し、ドメイン名を指定した規則を使ってください。
audit-mend-5-5 = ドメインレピュテーションを有効にし、規則で使ってください。
audit-mend-5-7 = 失敗レポートを無効にしておくか、秘匿処理を有効にしておいてください。
audit-mend-5-8 = 集約レポートの送信を有効にしてください。
audit-mend-5-9 = 利用者から見えるラベルと、認証されたドメイン名を付けてください。
audit-mend-5-10 = BIMI を有効にしてください。
