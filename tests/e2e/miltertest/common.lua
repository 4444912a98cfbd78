-- What the scripts of miltertest(8) share. They are given `socket`, `folder` (where the messages are) and `here`; a script
-- ends with `finish()`, which fails when something did not hold.

checked, failed = 0, 0

function holds(what, condition)
	checked = checked + 1
	if not condition then
		failed = failed + 1
		mt.echo("FAILED: " .. what)
	end
end

function same(what, got, wanted)
	holds(what .. ": got " .. tostring(got) .. ", wanted " .. tostring(wanted), got == wanted)
end

function finish()
	mt.echo(string.format("%d checks, %d failed", checked, failed))
	if failed > 0 then error("not all holds") end
end

-- A connection, negotiated: by default with everything that a new MTA can do.
function connect(version, actions, steps)
	local conn = mt.connect(socket, 40, 0.25)
	if conn == nil then error("nobody listens at " .. socket) end
	-- Its manual has these two the other way round.
	local problem = mt.negotiate(conn, version, steps, actions)
	if problem ~= nil then error("negotiation: " .. problem) end
	return conn
end

-- The reply to what was just said must be this one.
local function said(conn, what, problem, wanted)
	if problem ~= nil then error(what .. ": " .. problem) end
	same(what, mt.getreply(conn), wanted or SMFIR_CONTINUE)
end

-- The connection of a client.
function client(conn, name, ip, helo)
	said(conn, "connect", mt.conninfo(conn, name, ip))
	said(conn, "HELO", mt.helo(conn, helo))
end

-- The envelope. What the filter does not want to hear is left out, as an MTA leaves it out.
function envelope(conn, id, sender, recipients)
	mt.macro(conn, SMFIC_MAIL, "i", id)
	said(conn, "MAIL", mt.mailfrom(conn, sender))
	if not mt.test_option(conn, SMFIP_NORCPT) then
		for _, recipient in ipairs(recipients) do said(conn, "RCPT", mt.rcptto(conn, recipient)) end
	end
	if not mt.test_option(conn, SMFIP_NODATA) then said(conn, "DATA", mt.data(conn)) end
end

-- A message: fields as { name, value }, and the body in such pieces.
function content(conn, fields, pieces)
	for _, field in ipairs(fields) do
		-- A filter that wants the space behind the colon gets it.
		local space = mt.test_option(conn, SMFIP_HDR_LEADSPC) and " " or ""
		said(conn, field[1], mt.header(conn, field[1], space .. field[2]))
	end
	said(conn, "end of header", mt.eoh(conn))
	for _, piece in ipairs(pieces) do said(conn, "body", mt.bodystring(conn, piece)) end
end

-- The end of a message.
function ending(conn, wanted)
	said(conn, "end of message", mt.eom(conn), wanted)
end

-- A message from a file: its fields, and its body.
function read(name)
	local file = assert(io.open(folder .. "/" .. name, "rb"))
	local text = file:read("a"):gsub("\r\n", "\n")
	file:close()
	local header, body = text:match("^(.-\n)\n(.*)$")
	local fields = {}
	for line in header:gmatch("([^\n]*)\n") do
		local name, value = line:match("^([^ \t:]+):[ ]?(.*)$")
		if name then
			fields[#fields + 1] = { name, value }
		else
			fields[#fields][2] = fields[#fields][2] .. "\n" .. line
		end
	end
	return fields, (body:gsub("\n", "\r\n"))
end

function plain(domain)
	return {
		{ "From", "a@" .. domain },
		{ "To", "b@example.net" },
		{ "Subject", "hello" },
		{ "Date", "Mon, 02 Jan 2023 03:04:05 +0900" },
	}
end

-- Ours is on top, and says all of these.
function ours(conn, ...)
	local value = mt.getheader(conn, "Authentication-Results", 0)
	holds("there is a field of ours", value ~= nil)
	if value == nil then return end
	holds("in our name: " .. value, value:match("^%s*mx%.example%.net;") ~= nil)
	holds("on top", mt.eom_check(conn, MT_HDRINSERT, "Authentication-Results", value, 0))
	for _, wanted in ipairs({ ... }) do
		holds("it says " .. wanted .. ": " .. value, value:find(wanted, 1, true) ~= nil)
	end
end
