-- MTAs that can do less, or that hand on more than is wanted: every stage is said and answered.
dofile(here .. "/common.lua")

local fields, body = read("signed.msg")
local ADD_CHANGE = SMFIF_ADDHDRS + SMFIF_CHGHDRS

-- Version 6 without a single step that can be left out, so that unknown commands are said, too.
local conn = connect(6, 511, 0)
holds("every step is said", not mt.test_option(conn, SMFIP_NOUNKNOWN) and not mt.test_option(conn, SMFIP_NORCPT))
client(conn, "out.example.jp", "192.0.2.1", "out.example.jp")
same("an unknown command", mt.unknown(conn, "XBOGUS"), nil)
same("an unknown command goes on", mt.getreply(conn), SMFIR_CONTINUE)
envelope(conn, "plain1", "<a@example.jp>", { "<b@example.net>" })
content(conn, fields, { body })
ending(conn)
ours(conn, "spf=pass", "dkim=pass", "dmarc=pass")
mt.disconnect(conn)

-- Version 2, as Sendmail 8.12 had it.
conn = connect(2, ADD_CHANGE, 127)
holds("no step is left out that version 2 does not know", not mt.test_option(conn, SMFIP_NR_HDR))
client(conn, "out.example.jp", "192.0.2.1", "out.example.jp")
envelope(conn, "plain2", "<a@example.jp>", { "<b@example.net>" })
content(conn, fields, { body })
ending(conn)
ours(conn, "spf=pass", "dkim=pass", "dmarc=pass")
mt.disconnect(conn)

-- A client whose family is unknown: there is no address, and the signature still counts.
conn = connect()
client(conn, "somewhere", "unspec", "out.example.jp")
envelope(conn, "plain3", "<a@example.jp>", { "<b@example.net>" })
content(conn, fields, { body })
ending(conn)
ours(conn, "dkim=pass", "dmarc=pass")
mt.disconnect(conn)

-- Neither header nor body, and the null sender.
conn = connect()
client(conn, "out.example.jp", "192.0.2.1", "example.jp")
envelope(conn, "plain4", "<>", { "<b@example.net>" })
content(conn, {}, {})
ending(conn)
ours(conn, "spf=pass smtp.helo=example.jp", "dkim=none")
mt.disconnect(conn)

-- IPv6.
conn = connect()
client(conn, "out.example.jp", "2001:db8::25", "out.example.jp")
envelope(conn, "plain5", "<a@example.jp>", { "<b@example.net>" })
content(conn, plain("example.jp"), { "six\r\n" })
ending(conn)
ours(conn, "spf=pass", "dmarc=pass")
mt.disconnect(conn)

-- An MTA that lets nothing be changed: the message goes on, and the log says so.
conn = connect(6, 0, 0)
client(conn, "out.example.jp", "192.0.2.1", "out.example.jp")
envelope(conn, "plain6", "<a@example.jp>", { "<b@example.net>" })
content(conn, fields, { body })
ending(conn)
holds("nothing is added", not mt.eom_check(conn, MT_HDRINSERT))
mt.disconnect(conn)
finish()
