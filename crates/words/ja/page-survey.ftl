# 普及状況調査のページ。

page-survey-label-surveys = 普及状況調査
page-survey-label-survey = 調査
page-survey-label-study = 調査名
page-survey-label-by = グループ分け
page-survey-label-with = 比べる調査
page-survey-label-figure = 項目
page-survey-label-points = 差 (ポイント)
page-survey-label-difference = 変化 (%)
page-survey-label-tables = 表
page-survey-label-counts = すべての数値
page-survey-label-list = 対象
page-survey-label-begun = 開始
page-survey-label-ended = 終了
page-survey-label-refused = ドメイン名ではない行
page-survey-label-opted-out = 調査を望まないドメイン名
page-survey-label-sample = 標本 (シード)
page-survey-label-resolvers = 問い合わせ先
page-survey-label-version = Sekisho
page-survey-about = 多数のドメイン名が何を宣言しているかを、毎回同じ方法で調べて数えたものです。ここに残すのは個数だけで、ドメイン名は残しません。
page-survey-none = 残っている調査はありません。
page-survey-how = 調査の結果は、終わるときに、または後から sekisho survey keep で、ここに残すことができます。
page-survey-beyond = { $count } 個のドメイン名は、表示していないグループのもので、全体だけに数えています。
