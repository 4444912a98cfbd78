# `survey FILE`: 進み具合と、進まない理由。

survey-progress = { $count } ドメイン · { $percent } % · { $rate }/秒 · 応答なし { $unanswered } · 残り { $left }
survey-progress-silent = { $count } ドメイン · { $percent } % · 応答するリゾルバがないため待機中 · 応答なし { $unanswered } · { $rate }/秒 · 残り { $left }
survey-stopped = 中断しました。調査済みの結果は残っています。同じコマンドに --resume を付けると続けられます(ディレクトリ { $directory })。
survey-dead = 10 分間、どのリゾルバからも応答がありません。調査済みの結果は残っています。同じコマンドに --resume を付けると続けられます(ディレクトリ { $directory })。
survey-exists = { $directory } にはすでに調査があります。--resume で続けるか、別のディレクトリを指定してください。
survey-nothing-to-resume = { $directory } に続けられる調査はありません。
survey-no-journal = { $directory } のジャーナルは、このプログラムで続けられるものではありません。
survey-other-list = { $directory } の調査は別のリストのものです。調査は始めたときのリストでのみ続けられます。
survey-other-method = { $directory } の調査は、--sample、--seed、--psl、--opt-out、--selectors-from のいずれかが異なる指定か、別のバージョンで始められました。結果を合わせられません。
survey-refused-line = リストの { $line } 行目はドメイン名ではないため、飛ばしました。
survey-list-unreadable = リストを読めません: { $reason }
survey-bad-opt-out = { $file } の { $line } 行目はドメイン名ではありません。問い合わせを望まない相手がはっきりするまで、どこにも問い合わせません。
survey-kept = 調査 { $study } の { $id } 番として残しました。普及状況調査のページで見ることができます。
survey-bad-selectors = { $file } の { $line } 行目はドメイン名とセレクタの組ではありません。
