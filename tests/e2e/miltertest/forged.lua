-- Fields forged in our name are removed, those of others are left (RFC 8601 §5).
dofile(here .. "/common.lua")

local function message(id, names)
	local conn = connect()
	client(conn, "evil.example", "203.0.113.9", "evil.example")
	envelope(conn, id, "<a@example.jp>", { "<b@example.net>" })
	local fields = plain("example.jp")
	for _, name in ipairs(names) do fields[#fields + 1] = { "Authentication-Results", name .. "; dkim=pass header.d=bank.example" } end
	content(conn, fields, { "Send money.\r\n" })
	ending(conn)
	ours(conn, "spf=fail", "dkim=none", "dmarc=fail")
	return conn
end

for number, name in ipairs({ "mx.example.net", "\"mx.example.net\"", "MX.EXAMPLE.NET", "(c) mx.example.net (d) 1", "mx.example.net." }) do
	local conn = message("forged" .. number, { name })
	holds("removed: " .. name, mt.eom_check(conn, MT_HDRDELETE, "Authentication-Results"))
	mt.disconnect(conn)
end
for number, name in ipairs({ "other.example", "mx.example.net.evil.example" }) do
	local conn = message("others" .. number, { name })
	holds("left alone: " .. name, not mt.eom_check(conn, MT_HDRDELETE))
	mt.disconnect(conn)
end
finish()
