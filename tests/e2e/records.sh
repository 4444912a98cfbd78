#!/usr/bin/env bash
# The records that `record` writes, in the hands of others: lines of a zone as Debian's knot reads them, with every text whole;
# updates as knsupdate sends them, after which a domain has one SPF record and its other texts; and what is read back is what
# `record --form plain` says.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    install knotd knot
    install knsupdate knot-dnsutils
    install openssl openssl
    free_port
    write_zone
    configure
    check "knot reads the zone" knotc -c "$T/knot.conf" zone-check > "$T/zone-check.log" 2>&1
    start
    read_back
    anew
    long_key
    parked
    finish
}

SECRET=c2VraXNob3Nla2lzaG9zZWtpc2hvc2VraXNobzEyMzQ=

# record … – in English, and asking the server here.
record() {
    "$SEKISHO" record "$@" --lang en --resolver "127.0.0.1:$PORT"
}

# Everything that can be written stands in one zone as it was written, remarks and all.
write_zone() {
    # The longest key that is usual: its text takes several strings.
    openssl genrsa 4096 2> /dev/null | openssl rsa -pubout -outform DER 2> /dev/null | base64 -w 0 > "$T/key"
    KEY="v=DKIM1; k=rsa; p=$(cat "$T/key")"
    local network networks=()
    for network in $(seq 0 30); do networks+=(--ip "192.0.2.$((network * 8))/29"); done
    {
        printf '$TTL 3600\n$ORIGIN example.jp.\n@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\nns A 127.0.0.1\n'
        printf '@ MX 10 mx\nmx A 192.0.2.1\n@ TXT "another text"\n'
        record spf example.jp --ip 192.0.2.0/24 --mx --include _spf.esp.example.jp &&
            record dmarc example.jp --policy quarantine --np reject --rua a@example.jp &&
            record dkim example.jp --selector s1 --text "$KEY" &&
            record esp esp.example.jp "${networks[@]}" &&
            record esp esp.example.jp --client client.example.jp --selector s1=s1.client.esp.example.jp &&
            record bimi example.jp --location https://example.jp/logo.svg &&
            record tlsrpt example.jp --rua tls@example.jp &&
            record mtasts example.jp --mode enforce --mx mx.example.jp &&
            record parked parked.example.jp --wildcards --rua a@example.jp
    } > "$T/example.jp.zone" || fail "a record cannot be written"
}

configure() {
    cat > "$T/knot.conf" << EOK
server:
    listen: 127.0.0.1@$PORT
    rundir: $T
database:
    storage: $T
log:
  - target: stderr
    any: warning
key:
  - id: sekisho.
    algorithm: hmac-sha256
    secret: $SECRET
acl:
  - id: update
    key: sekisho.
    action: update
zone:
  - domain: example.jp
    storage: $T
    file: example.jp.zone
    acl: update
    zonefile-sync: -1
    journal-content: all
    zonefile-load: difference-no-serial
EOK
}

start() {
    knotd -c "$T/knot.conf" > "$T/knot.log" 2>&1 &
    STARTED+=($!)
    within 15 is_open "$PORT" || { fail "Knot does not start"; finish; }
    within 15 texts example.jp > /dev/null || { fail "Knot does not serve the zone"; finish; }
}

# texts NAME – the TXT records there, each with its strings joined, in a line of its own, sorted.
texts() {
    /usr/bin/python3 - "$PORT" "$1" << 'EOP'
import socket, struct, sys
port, name = int(sys.argv[1]), sys.argv[2]
question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0" + struct.pack(">HH", 16, 1)
with socket.create_connection(("127.0.0.1", port), timeout=10) as stream:
    message = struct.pack(">HHHHHH", 7, 0, 1, 0, 0, 0) + question
    stream.sendall(struct.pack(">H", len(message)) + message)
    file = stream.makefile("rb")
    answer = file.read(struct.unpack(">H", file.read(2))[0])
count, at, found = struct.unpack(">H", answer[6:8])[0], 12 + len(question), []
for _ in range(count):
    while answer[at] and answer[at] < 192: at += answer[at] + 1
    at += 2 if answer[at] else 1
    kind, _, _, length = struct.unpack(">HHIH", answer[at:at + 10])
    data, at, text = answer[at + 10:at + 10 + length], at + 10 + length, b""
    while kind == 16 and data:
        text, data = text + data[1:1 + data[0]], data[1 + data[0]:]
    if kind == 16: found.append(text.decode("latin-1"))
print("\n".join(sorted(found)))
sys.exit(answer[3] & 15 or not found)
EOP
}

# plain WORDS… – the text of the first record that is written so.
plain() {
    record "$@" --form plain | grep -v '^#' | sed -n 3p
}

read_back() {
    equal "SPF and the other text" "$(texts example.jp)" "another text
v=spf1 ip4:192.0.2.0/24 mx include:_spf.esp.example.jp ~all"
    equal "a key of 4096 bits" "$(texts s1._domainkey.example.jp)" "$KEY"
    equal "the provider's networks" "$(texts _spf.esp.example.jp)" "$(plain esp esp.example.jp $(seq 0 30 | sed 's/.*/echo --ip 192.0.2.$((&*8))\/29/' | sh))"
    equal "DMARC" "$(texts _dmarc.example.jp)" "v=DMARC1; p=quarantine; np=reject; rua=mailto:a@example.jp"
    equal "BIMI" "$(texts default._bimi.example.jp)" "$(plain bimi example.jp --location https://example.jp/logo.svg)"
    equal "TLS-RPT" "$(texts _smtp._tls.example.jp)" "v=TLSRPTv1; rua=mailto:tls@example.jp"
    check "MTA-STS" sh -c "$(declare -f texts); PORT=$PORT; texts _mta-sts.example.jp | grep -q '^v=STSv1; id='"
    equal "a wildcard" "$(texts nobody.parked.example.jp)" "v=spf1 -all"
}

# update – sends what is on standard input.
update() {
    { printf 'server 127.0.0.1 %s\nzone example.jp.\n' "$PORT"; cat; } |
        knsupdate -y "hmac-sha256:sekisho:$SECRET" > "$T/knsupdate.log" 2>&1
}

# Written anew and sent as it is printed: one SPF record is there afterwards, and the other text.
anew() {
    record spf example.jp --flatten --form nsupdate > "$T/anew"
    check "an update" update < "$T/anew"
    equal "anew: one SPF record" "$(texts example.jp | grep -c '^v=spf1 ')" 1
    check "anew: without names" sh -c "! grep -q include: '$T/anew' || grep -q 'delete.*include:' '$T/anew'"
    check "anew: the other text" sh -c "$(declare -f texts); PORT=$PORT; texts example.jp | grep -qx 'another text'"
    # A second time: what the first wrote is taken away in its turn, however it was cut into strings.
    record spf example.jp --minimise --form nsupdate > "$T/again"
    check "again: an update" update < "$T/again"
    equal "again: one SPF record" "$(texts example.jp | grep -c '^v=spf1 ')" 1
    "$SEKISHO" check example.jp --lang en --resolver "127.0.0.1:$PORT" > "$T/check.log" 2>&1
    check "no two records" sh -c "! grep -q SPF01 '$T/check.log'"
}

# A text of several strings by an update, in the place of what was there.
long_key() {
    openssl genrsa 2048 2> /dev/null | openssl rsa -pubout -outform DER 2> /dev/null | base64 -w 0 > "$T/key"
    local text="v=DKIM1; k=rsa; p=$(cat "$T/key")"
    record dkim example.jp --selector s1 --text "$text" --form nsupdate > "$T/update"
    check "a key: an update" update < "$T/update"
    equal "a key: alone there, and whole" "$(texts s1._domainkey.example.jp)" "$text"
}

parked() {
    record parked client.example.jp --form nsupdate > "$T/update"
    check "parked: what may stand there is told" grep -q '^; If an SPF record stands at that name already' "$T/update"
    check "parked: an update" update < "$T/update"
    equal "parked: DMARC" "$(texts _dmarc.client.example.jp)" "v=DMARC1; p=reject; adkim=s; aspf=s"
}

main
