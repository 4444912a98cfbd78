-- Several messages on one connection, given up at each stage between them; then an end without a word.
dofile(here .. "/common.lua")

local conn = connect()
client(conn, "out.example.jp", "192.0.2.1", "out.example.jp")
local fields, body = read("signed.msg")

envelope(conn, "several1", "<a@example.jp>", { "<b@example.net>" })
content(conn, fields, { body })
ending(conn)
ours(conn, "spf=pass smtp.mailfrom=a@example.jp", "dkim=pass", "dmarc=pass")

-- After MAIL; within the header; within the body.
for stage = 1, 3 do
	envelope(conn, "given-up" .. stage, "<nobody@given-up.example>", { "<b@example.net>" })
	if stage == 2 then same("header", mt.header(conn, "Authentication-Results", "mx.example.net; none"), nil) end
	if stage == 3 then content(conn, plain("given-up.example"), { "half of" }) end
	same("abort", mt.abort(conn), nil)
end

-- Nothing of what was given up is left.
envelope(conn, "several2", "<a@elsewhere.example>", { "<b@example.net>" })
content(conn, plain("example.jp"), { "unsigned\r\n" })
ending(conn)
ours(conn, "spf=none", "smtp.mailfrom=a@elsewhere.example", "dkim=none", "dmarc=fail")
holds("nothing is removed", not mt.eom_check(conn, MT_HDRDELETE))

envelope(conn, "several3", "<a@example.jp>", { "<b@example.net>" })
content(conn, fields, { body })
ending(conn)
ours(conn, "dkim=pass", "dmarc=pass")
mt.disconnect(conn, false)

-- Who follows is served.
conn = connect()
client(conn, "out.example.jp", "192.0.2.1", "out.example.jp")
envelope(conn, "several4", "<a@example.jp>", { "<b@example.net>" })
content(conn, fields, { body })
ending(conn)
ours(conn, "dkim=pass", "dmarc=pass")
mt.disconnect(conn)
finish()
