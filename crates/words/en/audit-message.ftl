### Messages (SND).

audit-snd01 = The message is sent to many, and DMARC does not pass. Gmail, Yahoo and Microsoft refuse such mail.
audit-snd01-one = The message is sent to many, and { $missing } does not pass. Gmail, Yahoo and Microsoft want SPF and DKIM both.
audit-snd02 = The message is sent to many, and cannot be unsubscribed from with one click. Gmail and Yahoo refuse such mail or take it for spam.
audit-snd02-fix = Add "List-Unsubscribe: <https://…>" and "List-Unsubscribe-Post: List-Unsubscribe=One-Click", and sign both.
audit-snd03 = List-Unsubscribe names no https: address ({ $value }). Receivers show no button for it.
audit-snd04 = The message has { $count } authors. DMARC judges one author; receivers refuse or mark such mail.
audit-snd04-absent = The message has no From. Receivers refuse it.
audit-snd05 = The field { $field } stands { $count } times, and may stand once. Receivers differ in which they show; some refuse the message.
audit-snd06 = { $rate } per cent of the messages are called spam by their readers; from { $limit } per cent on receivers trust the sender less or refuse its mail.
audit-snd07 = SPF passes for { $spf_domain }, which is another organization than the author { $author }, and no signature is aligned. DMARC does not pass.
audit-snd08 = The message comes from a mailing list that changed it: DMARC fails, From was not rewritten, and there is no ARC seal. Receivers refuse it when the author's policy says so.
audit-snd08-fix = Let the list write its own address into From and sign the message, or seal it with ARC.
audit-snd09 = The message has no CFBL-Address. With one, receivers could report complaints to the sender.
audit-snd10 = The message came over TLS "{ $version }". Receivers want 1.2 or later.
audit-snd11 = The field { $field } is missing. Receivers take such mail for spam more often.
