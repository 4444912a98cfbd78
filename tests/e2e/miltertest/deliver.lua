-- The message in the file `name` as it is delivered: what the daemon puts on top, and then the rest. `client` is where it
-- comes from, `sender` who is said to send it.
dofile(here .. "/common.lua")

local conn = connect()
client(conn, "client.example", ip, "client.example")
envelope(conn, name, "<" .. sender .. ">", { "<b@example.net>" })
local fields, body = read(name .. ".msg")
content(conn, fields, { body })
ending(conn)
ours(conn)
local file = assert(io.open(folder .. "/" .. name .. ".delivered", "wb"))
for _, field in ipairs({ "Authentication-Results", "X-Sekisho-Verdict" }) do
	local value = mt.getheader(conn, field, 0)
	if value then file:write(field, ":", value, "\n") end
end
for _, field in ipairs(fields) do file:write(field[1], ": ", field[2], "\n") end
file:write("\n", (body:gsub("\r\n", "\n")))
file:close()
mt.disconnect(conn)
finish()
