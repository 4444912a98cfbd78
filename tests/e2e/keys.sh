#!/usr/bin/env bash
# Keys, from their making to their end, with a real name server: published in Knot by dynamic updates under TSIG, used by the
# daemon behind the milter, verified by dkimpy, rotated, revoked, taken away; encrypted as age reads it; and every refusal of
# the server told in words of its own.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    install knotd knot
    install miltertest miltertest
    install_python dkim python3-dkim
    install_python nacl python3-nacl
    configure
    start_knot
    refused
    first_keys
    serve
    signed first 2
    rotated
    compromised
    given_up
    by_hand
    by_file_and_hook
    clients
    encrypted
    secret
    finish
}

# sekisho key …, at $NOW seconds since 1970.
key() {
    "$SEKISHO" key "$@" --lang en --config "$T/sekisho.toml" --state "$T/state" --resolver "127.0.0.1:$PORT" --at "$NOW"
}

# remembered – a line of each private key that there is, to be looked for where none may be.
remembered() {
    local file
    for file in $(find "$T/state/keys/private" -name '*.pem' -type f 2> /dev/null); do
        grep -v -e '-----' "$file" | awk 'length($0) > 40' | tail -n 1 >> "$T/secrets"
    done
    [ ! -e "$T/secrets" ] || sort -u -o "$T/secrets" "$T/secrets"
}

# after SECONDS
after() {
    NOW=$((NOW + $1))
}

SECRET=c2VraXNob3Nla2lzaG9zZWtpc2hvc2VraXNobzEyMzQ=

# The daemon looks at its own clock, so it does not lead the keys here: commands do, with a time of theirs.
configure() {
    free_port
    NOW=$(date +%s)
    mkdir -p "$T/knot"
    cat > "$T/knot/knot.conf" << EOK
server:
    listen: 127.0.0.1@$PORT
    rundir: $T/knot
database:
    storage: $T/knot
log:
  - target: stderr
    any: warning
key:
  - id: sekisho.
    algorithm: hmac-sha256
    secret: $SECRET
  - id: stranger.
    algorithm: hmac-sha256
    secret: $SECRET
acl:
  - id: update
    key: sekisho.
    action: update
zone:
  - domain: example.jp
    storage: $T/knot
    file: example.jp.zone
    acl: update
    zonefile-sync: -1
    journal-content: all
    zonefile-load: difference-no-serial
  - domain: provider.example
    storage: $T/knot
    file: provider.example.zone
    acl: update
    zonefile-sync: -1
    journal-content: all
    zonefile-load: difference-no-serial
EOK
    for zone in example.jp provider.example; do
        cat > "$T/knot/$zone.zone" << EOZ
\$TTL 2
@ SOA ns hostmaster 1 3600 600 86400 2
@ NS ns
ns A 127.0.0.1
EOZ
    done
    (
        umask 077
        echo "hmac-sha256:sekisho:$SECRET" > "$T/tsig.key"
        echo "hmac-sha256:stranger:$SECRET" > "$T/stranger.key"
        echo "hmac-sha256:nobody:$SECRET" > "$T/nobody.key"
        echo "hmac-sha256:sekisho:bm90dGhlc2VjcmV0bm90dGhlc2VjcmV0bm90dGhlcw==" > "$T/wrong.key"
    )
    configuration "$T/tsig.key" > "$T/sekisho.toml"
}

# configuration TSIG-FILE
configuration() {
    cat << EOC
[keys]
ttl = "2s"
provider_zone = "dkim.provider.example"

[[keys.zone]]
zone = "example.jp"
publish = "update"
server = "127.0.0.1:$PORT"
tsig_file = "$1"
servers = ["127.0.0.1:$PORT"]

[[keys.zone]]
zone = "provider.example"
publish = "update"
server = "127.0.0.1:$PORT"
tsig_file = "$1"
servers = ["127.0.0.1:$PORT"]
EOC
}

start_knot() {
    knotd -c "$T/knot/knot.conf" > "$T/knot.log" 2>&1 &
    STARTED+=($!)
    within 15 is_open "$PORT" || { fail "Knot does not start"; finish; }
    within 15 shown example.jp SOA || { fail "Knot does not serve the zone"; finish; }
}

# shown NAME TYPE – what the server has, nothing and a failure where it has nothing.
shown() {
    /usr/bin/python3 - "$PORT" "$1" "$2" << 'EOP'
import socket, struct, sys
port, name, kind = int(sys.argv[1]), sys.argv[2], {"TXT": 16, "CNAME": 5, "SOA": 6}[sys.argv[3]]
question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0" + struct.pack(">HH", kind, 1)
with socket.create_connection(("127.0.0.1", port), timeout=10) as stream:
    message = struct.pack(">HHHHHH", 7, 0, 1, 0, 0, 0) + question
    stream.sendall(struct.pack(">H", len(message)) + message)
    answer = stream.makefile("rb").read(struct.unpack(">H", stream.recv(2))[0])
count, at = struct.unpack(">H", answer[6:8])[0], 12 + len(question)
for _ in range(count):
    while answer[at] and answer[at] < 192: at += answer[at] + 1
    at += 2 if answer[at] else 1
    found, _, _, length = struct.unpack(">HHIH", answer[at:at + 10])
    data, at = answer[at + 10:at + 10 + length], at + 10 + length
    text = b""
    while found == 16 and data:
        text, data = text + data[1:1 + data[0]], data[1 + data[0]:]
    print(text.decode() if found == 16 else "found")
sys.exit(count == 0)
EOP
}

# stages WANTED – the selectors of example.jp with their stages.
stages() {
    equal "$1" "$(key list example.jp | cut -d ' ' -f 2,4 | sort | paste -s -d ,)" "$2"
}

# Every way to be refused has words of its own, and nothing is published.
refused() {
    local name code
    for name in wrong nobody stranger; do
        configuration "$T/$name.key" > "$T/sekisho.toml"
        rm -rf "$T/state"
        key new example.jp --algorithm ed25519 --selector k1 > "$T/refused.log" 2>&1
        code=$?
        equal "$name: the exit code" "$code" 5
        case $name in
            wrong) check "BADSIG is told" grep -q 'another one (BADSIG)' "$T/refused.log" ;;
            nobody) check "BADKEY is told" grep -q 'does not know the key of tsig_file (BADKEY)' "$T/refused.log" ;;
            # Knot says of a key that may not update what it says of one that it does not know.
            stranger) check "a key without rights is told" grep -q -E '\((NOTAUTH|REFUSED|BADKEY)\)' "$T/refused.log" ;;
        esac
        check "$name: nothing is published" test -z "$(shown k1._domainkey.example.jp TXT)"
    done
    configuration "$T/tsig.key" > "$T/sekisho.toml"
    # What was half done goes on: the key is there, and is published now.
    key publish > "$T/half.log" 2>&1
    equal "half done: the exit code" "$?" 0
    check "half done: published" test -n "$(shown k1._domainkey.example.jp TXT)"
    # Foreign records are left as they are.
    key retire example.jp > /dev/null 2>&1
    check "taken back: nothing is published" test -z "$(shown k1._domainkey.example.jp TXT)"
    rm -rf "$T/state"
    printf 'server 127.0.0.1 %s\nzone example.jp\nadd k2._domainkey.example.jp 60 TXT "somebody else"\nsend\nquit\n' "$PORT" |
        foreign_update || { echo "not checked: foreign records, as there is no knsupdate"; return; }
    key new example.jp --algorithm ed25519 --selector k2 > "$T/foreign.log" 2>&1
    equal "foreign: the exit code" "$?" 5
    check "foreign: told" grep -q 'a record of somebody else is there, and is left as it is (YXDOMAIN)' "$T/foreign.log"
    equal "foreign: still there" "$(shown k2._domainkey.example.jp TXT)" "somebody else"
    rm -rf "$T/state"
}

foreign_update() {
    command -v knsupdate > /dev/null || from_debian knot-dnsutils knsupdate
    command -v knsupdate > /dev/null || return 1
    knsupdate -y "hmac-sha256:sekisho:$SECRET" > "$T/knsupdate.log" 2>&1
}

first_keys() {
    key new example.jp > "$T/new.log" 2>&1
    equal "new: the exit code" "$?" 0
    equal "new: two records are published" "$(grep -c '^  Published: ' "$T/new.log")" 2
    stages "new: staged" "ed25519 staged,rsa staged"
    equal "private keys are their owner's alone" \
        "$(find "$T/state/keys" -printf '%y%m\n' | sort -u | paste -s -d ,)" "d700,f600"
    check "nothing private is printed" sh -c "! grep -q -i private '$T/new.log'"
    key rotate --due > "$T/due.log" 2>&1
    stages "due: caches may hold what was there" "ed25519 staged,rsa staged"
    after 3
    key rotate --due > "$T/due.log" 2>&1
    stages "due: they sign" "ed25519 active,rsa active"
    remembered
    key show example.jp --format zone > "$T/show.log"
    check "a long record is split" grep -q -E ' IN TXT "v=DKIM1; k=rsa; p=[^"]{230,}" "[^"]+"$' "$T/show.log"
}

serve() {
    start_sekisho --config "$T/sekisho.toml" --listen inet:0@127.0.0.1 --authserv-id "$OURS" --resolver "127.0.0.1:$PORT"
    MILTER=$(grep -o 'smtpd_milters = inet:.*' "$T/sekisho.log" | head -n 1)
    MILTER=${MILTER##*:}
    check "the start tells of the keys" grep -q 'signed with 2 keys' "$T/sekisho.log"
    cat > "$T/sign.lua" << 'EOL'
dofile(here .. "/common.lua")
local conn = connect()
client(conn, "localhost", "127.0.0.1", "localhost")
envelope(conn, name, "<a@example.jp>", { "<b@example.net>" })
local fields, body = read(name .. ".msg")
content(conn, fields, { body })
if mt.eom(conn) ~= nil then error("end of message") end
local file = assert(io.open(folder .. "/" .. name .. ".delivered", "wb"))
for at = 0, 3 do
	local value = mt.getheader(conn, "DKIM-Signature", at)
	if value then file:write("DKIM-Signature:", value, "\n") end
end
for _, field in ipairs(fields) do file:write(field[1], ": ", field[2], "\n") end
file:write("\n", (body:gsub("\r\n", "\n")))
file:close()
mt.disconnect(conn)
finish()
EOL
}

# send NAME – a mail of example.jp goes through the daemon; the signed one is $T/NAME.delivered.
send() {
    { plain "$1"; printf '\nHello.\n'; } | message "$1"
    timeout 60 miltertest -s "$T/sign.lua" -D "socket=inet:$MILTER@127.0.0.1" -D "folder=$T" \
        -D "here=$ROOT/tests/e2e/miltertest" -D "name=$1" > "$T/$1.log" 2>&1 || fail "$1: miltertest"
}

# verified NAME – how many signatures dkimpy finds to hold, asking the name server.
verified() {
    /usr/bin/python3 - "$T/$1.delivered" "$PORT" 2> "$T/dkimpy.log" << 'EOP'
import socket, struct, sys, dkim
message = open(sys.argv[1], "rb").read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
def ask(name, timeout=5):
    name = name.decode() if isinstance(name, bytes) else name
    labels = name.rstrip(".").split(".")
    question = b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0" + struct.pack(">HH", 16, 1)
    with socket.create_connection(("127.0.0.1", int(sys.argv[2])), timeout=10) as stream:
        query = struct.pack(">HHHHHH", 7, 0, 1, 0, 0, 0) + question
        stream.sendall(struct.pack(">H", len(query)) + query)
        answer = stream.makefile("rb").read(struct.unpack(">H", stream.recv(2))[0])
    at, text = 12 + len(question), None
    for _ in range(struct.unpack(">H", answer[6:8])[0]):
        while answer[at] and answer[at] < 192: at += answer[at] + 1
        at += 2 if answer[at] else 1
        kind, _, _, length = struct.unpack(">HHIH", answer[at:at + 10])
        data, at = answer[at + 10:at + 10 + length], at + 10 + length
        if kind == 16:
            text = b""
            while data: text, data = text + data[1:1 + data[0]], data[1 + data[0]:]
    return text
count = sum(name.lower() == b"dkim-signature" for name, _ in dkim.DKIM(message).headers)
def holds(at):
    try:
        return bool(dkim.DKIM(message).verify(idx=at, dnsfunc=ask))
    except Exception:
        return False
print(sum(holds(at) for at in range(count)))
EOP
}

# signed NAME COUNT – a mail gets so many signatures, all of which hold.
signed() {
    send "$1"
    equal "$1: signatures" "$(grep -c '^DKIM-Signature:' "$T/$1.delivered")" "$2"
    equal "$1: dkimpy" "$(verified "$1")" "$2"
}

selectors() {
    grep -o ' s=[^;]*' "$T/$1.delivered" | sort | paste -s -d ,
}

# taken – the daemon has heard that the keys are others.
taken() {
    within 30 sh -c "[ \$(grep -c 'signed with those that sign now' '$T/sekisho.log') -ge $1 ]" ||
        fail "the daemon does not take the keys"
}

rotated() {
    local before
    before=$(grep -c 'signed with those that sign now' "$T/sekisho.log")
    key rotate example.jp > "$T/rotate.log" 2>&1
    equal "rotate: the exit code" "$?" 0
    key rotate --due > /dev/null 2>&1
    after 3
    key rotate --due > /dev/null 2>&1
    stages "rotated" "ed25519 active,ed25519 draining,rsa active,rsa draining"
    taken $((before + 1))
    within 30 other_selectors || fail "the daemon signs with the old keys"
    remembered
    signed second 2
    equal "mail that is on its way can still be verified" "$(verified first)" 2
}

other_selectors() {
    send probe
    [ "$(selectors probe)" != "$(selectors first)" ]
}

compromised() {
    key revoke example.jp --selector "$(key list example.jp | awk '$2 == "rsa" && $4 == "active" { print $3 }')" \
        > "$T/revoke.log" 2>&1
    equal "revoke: not without a successor" "$?" 2
    check "revoke: told" grep -q 'no other is ready to take its place' "$T/revoke.log"
    key rotate example.jp --algorithm rsa --compromised > "$T/compromised.log" 2>&1
    equal "compromised: the exit code" "$?" 0
    check "compromised: it is told that nothing signs" grep -q 'No key signs for the domain' "$T/compromised.log"
    key rotate --due > /dev/null 2>&1
    remembered
    stages "compromised: the successor signs at once" "ed25519 active,ed25519 draining,rsa active,rsa draining,rsa revoked"
    equal "compromised: only Ed25519 of the mail before holds" "$(verified second)" 1
}

given_up() {
    after $((7 * 86400))
    key rotate --due > /dev/null 2>&1
    key rotate --due > /dev/null 2>&1
    equal "after the queues the keys of before are revoked" "$(verified first)" 0
    stages "revoked" "ed25519 active,ed25519 revoked,rsa active,rsa revoked,rsa revoked"
    after $((15 * 86400))
    for _ in 1 2 3; do
        key rotate --due > /dev/null 2>&1
        after 60
    done
    stages "forgotten" "ed25519 active,rsa active"
    equal "private keys that are left" "$(find "$T/state/keys/private" -type f | wc -l)" 2
    key export example.jp --selector "$(key list example.jp | awk '$2 == "rsa" { print $3 }')" > "$T/exported.log" 2>&1
    check "export" grep -q 'BEGIN PRIVATE KEY' "$T/exported.log"
    rm -f "$T/exported.log"
}

# Where nobody says how, the records are printed.
by_hand() {
    key new elsewhere.example --algorithm ed25519 > "$T/hand.log" 2>&1
    check "by hand: the record" grep -q -E '_domainkey\.elsewhere\.example\. 2 IN TXT "v=DKIM1; k=ed25519; p=[^"]{44}"' "$T/hand.log"
    key publish elsewhere.example --print nsupdate > "$T/nsupdate.log" 2>&1
    check "by hand: input of nsupdate" grep -q '^update add .*elsewhere.example. 2 TXT "v=DKIM1' "$T/nsupdate.log"
    equal "by hand: it ends with send" "$(tail -n 1 "$T/nsupdate.log")" send
}

by_file_and_hook() {
    cat > "$T/hook" << EOH
#!/bin/sh
cat >> "$T/hook.json"
[ -e "$T/broken" ] && { echo "no service" >&2; exit 75; }
exit 0
EOH
    printf '#!/bin/sh\necho reloaded >> "%s/reloaded"\n' "$T" > "$T/reload"
    chmod 755 "$T/hook" "$T/reload"
    {
        configuration "$T/tsig.key"
        printf '[[keys.zone]]\nzone = "file.example"\npublish = "zone-file"\nfile = "%s/file.inc"\nreload = ["%s/reload"]\n' "$T" "$T"
        printf '[[keys.zone]]\nzone = "hook.example"\npublish = "hook"\nhook = ["%s/hook"]\n' "$T"
    } > "$T/sekisho.toml"
    key new file.example > /dev/null 2>&1
    equal "zone file: two records" "$(grep -c '_domainkey\.file\.example\. 2 IN TXT ' "$T/file.inc")" 2
    key publish file.example > /dev/null 2>&1
    equal "zone file: read again when it has changed" "$(cat "$T/reloaded")" reloaded
    touch "$T/broken"
    key new hook.example --algorithm ed25519 > "$T/hooked.log" 2>&1
    equal "hook: it fails" "$?" 5
    check "hook: what it says" grep -q 'may work later (exit code 75): no service' "$T/hooked.log"
    rm "$T/broken"
    key publish hook.example > "$T/hooked.log" 2>&1
    equal "hook: later" "$?" 0
    check "hook: JSON" /usr/bin/python3 -c "
import json
lines = [json.loads(line) for line in open('$T/hook.json')]
assert lines[-1]['action'] == 'publish' and lines[-1]['value'].startswith('v=DKIM1; k=ed25519; p='), lines
assert lines[-1]['zone'] == 'hook.example' and ''.join(lines[-1]['strings']) == lines[-1]['value']"
}

# Keys of clients lie in the provider's zone; the client publishes CNAME records once.
clients() {
    key new client.example --cname --algorithm ed25519 > "$T/client.log" 2>&1
    equal "client: three CNAME records" "$(grep -c 'client\.example\. 2 IN CNAME ed25519[123]\.client\.example\.dkim\.provider\.example\.' "$T/client.log")" 3
    check "client: the key is in our zone" test -n "$(shown ed255191.client.example.dkim.provider.example TXT)"
}

# Whatever was said, written, sent or kept, no private key is in it but where keys are kept.
secret() {
    remembered
    local verb
    for verb in "list" "list --format json" "show example.jp" "show example.jp --format json" "show example.jp --format zone" \
        "publish example.jp --print zone" "publish example.jp --print nsupdate" "rotate example.jp" "rotate --due"; do
        # shellcheck disable=SC2086
        key $verb -v -v >> "$T/verbs.log" 2>&1
    done
    check "there is something to look for" test "$(wc -l < "$T/secrets")" -ge 4
    check "the keys hold it" grep -q -r -F -f "$T/secrets" "$T/state/keys/private"
    equal "no private key elsewhere" "$(grep -r -l -a -F -f "$T/secrets" "$T" | grep -v -e '/keys/private/' -e '/secrets$')" ""
}

# Private keys that lie encrypted are what age itself reads.
encrypted() {
    command -v age-keygen > /dev/null || [ "$(id -u)" -ne 0 ] || (from_debian age age-keygen) > /dev/null 2>&1
    command -v age-keygen > /dev/null || { echo "not checked: the format of age, which is not here"; return; }
    (umask 077 && age-keygen -o "$T/identity" 2> /dev/null)
    sed -e "s|^\[keys\]|[keys]\nidentity_file = \"$T/identity\"|" "$T/sekisho.toml" > "$T/sealed.toml"
    "$SEKISHO" key new sealed.example --algorithm ed25519 --selector s1 --config "$T/sealed.toml" --state "$T/sealed" \
        --resolver "127.0.0.1:$PORT" > "$T/sealed.log" 2>&1
    local file=$T/sealed/keys/private/sealed.example/s1.pem.age
    check "encrypted: no key in the open" sh -c "! grep -q PRIVATE '$file'"
    check "encrypted: age reads it" sh -c "age -d -i '$T/identity' '$file' | grep -q 'BEGIN PRIVATE KEY'"
    # And what age wrote is read here.
    age -d -i "$T/identity" "$file" | age -r "$(age-keygen -y "$T/identity")" > "$T/by-age" && cat "$T/by-age" > "$file"
    check "encrypted: what age wrote is read" sh -c "'$SEKISHO' key export sealed.example --selector s1 --config '$T/sealed.toml' --state '$T/sealed' | grep -q 'BEGIN PRIVATE KEY'"
}

main
