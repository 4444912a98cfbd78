-- The stage "block", with held mail for p=quarantine, and rules for a domain of recipients: refusal, quarantine, marks.
dofile(here .. "/common.lua")

local function offer(id, domain, wanted, recipients, fields)
	local conn = connect()
	holds("it may hold mail", mt.test_action(conn, SMFIF_QUARANTINE))
	client(conn, "evil.example", "203.0.113.9", "evil.example")
	envelope(conn, id, "<a@" .. domain .. ">", recipients or { "<b@example.net>" })
	content(conn, fields or plain(domain), { "Send money.\r\n" })
	ending(conn, wanted)
	return conn
end

local conn = offer("refused", "example.jp", SMFIR_REPLYCODE)
holds("the words", mt.eom_check(conn, MT_SMTPREPLY, "550", "5.7.26", "Email rejected per DMARC policy for example.jp"))
holds("nothing is written on what is refused", not mt.eom_check(conn, MT_HDRINSERT))
mt.disconnect(conn)

conn = offer("held", "held.example", SMFIR_CONTINUE)
holds("held", mt.eom_check(conn, MT_QUARANTINE))
ours(conn, "spf=fail", "dmarc=fail")
holds("the mark", mt.eom_check(conn, MT_HDRCHANGE, "Subject", " [meiwaku] hello"))
holds("the field", mt.eom_check(conn, MT_HDRINSERT, "X-Suspicious", " quarantine; policy-dmarc-fail"))
mt.disconnect(conn)

-- A forged label goes, and no subject gets one.
conn = offer("unmarked", "held.example", SMFIR_CONTINUE, nil, { { "From", "a@held.example" }, { "X-Suspicious", "no" } })
holds("the forged field", mt.eom_check(conn, MT_HDRDELETE, "X-Suspicious"))
holds("a subject of its own", mt.eom_check(conn, MT_HDRADD, "Subject"))
mt.disconnect(conn)

-- 10,000 recipients, all of whom have rules by which nothing is refused; then one beside whom has not.
local many = {}
for number = 1, 10000 do many[number] = "<user" .. number .. "@observed.example>" end
conn = offer("many", "example.jp", SMFIR_CONTINUE, many)
ours(conn, "spf=fail", "dmarc=fail")
holds("not held", not mt.eom_check(conn, MT_QUARANTINE))
mt.disconnect(conn)
finish()
