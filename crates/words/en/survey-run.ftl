# `survey FILE`: how it goes, and why it does not.

survey-progress = { $count } names · { $percent } % · { $rate }/s · { $unanswered } unanswered · { $left } left
survey-progress-silent = { $count } names · { $percent } % · no resolver answers; waiting · { $unanswered } unanswered · { $rate }/s · { $left } left
survey-stopped = Stopped; what is done is kept. To go on: the same command with --resume (directory { $directory })
survey-dead = No resolver has answered for ten minutes; what is done is kept. To go on: the same command with --resume (directory { $directory })
survey-exists = { $directory } holds a survey already; go on with it by --resume, or name another directory
survey-nothing-to-resume = There is no survey in { $directory } to go on with
survey-no-journal = The journal in { $directory } is none that this program can go on with
survey-other-list = The survey in { $directory } is of another list; a survey goes on only with the list it was begun with
survey-other-method = The survey in { $directory } was begun with other options for --sample, --seed, --psl, --opt-out or --selectors-from, or by another version; its results would not fit together
survey-refused-line = Line { $line } of the list is no domain name, and was passed over
survey-list-unreadable = The list cannot be read: { $reason }
survey-bad-opt-out = { $file }, line { $line }: no domain name; nobody is asked as long as it is not clear who does not want to be
survey-kept = Kept as survey { $id } of the study { $study }; the pages of surveys show it
survey-bad-selectors = { $file }, line { $line }: no domain with selectors
