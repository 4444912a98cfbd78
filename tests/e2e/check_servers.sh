#!/usr/bin/env bash
# A domain's own name servers and mail hosts, asked and greeted one by one: two Knots that hold the same zone, and two that do
# not agree; one server that cuts its answers and is deaf on TCP; and a Postfix with a certificate, with another's, without
# TLS. A well-kept domain must give no finding about them, and the other each of them.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mail/lib.sh"

main() {
    begin
    install knotd knot
    install openssl openssl
    configure_zones
    start_knots
    start_cutter
    configure_hosts
    start_postfix
    resolver
    well_kept
    ill_kept
    as_json
    later
    unreachable
    finish
}

# Servers of both zones, on $FIRST and $SECOND; of bad.example they know different things.
configure_zones() {
    local number long
    two_ports
    FIRST=$PORT
    SECOND=$OTHER_PORT
    long=$(printf 'x%.0s' $(seq 250))
    for number in 1 2; do
        mkdir -p "$T/knot$number"
        cat > "$T/knot$number/knot.conf" << END
server:
    listen: 127.0.0.1@$([ "$number" = 1 ] && echo "$FIRST" || echo "$SECOND")
    rundir: $T/knot$number
database:
    storage: $T/knot$number
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: $T/knot$number
    zonefile-sync: -1
    journal-content: none
zone:
  - domain: good.example
    file: good.zone
  - domain: bad.example
    file: bad.zone
END
        cat > "$T/knot$number/good.zone" << 'END'
$TTL 3600
@ SOA ns1 hostmaster 1 3600 600 86400 300
@ NS ns1
@ NS ns2
@ MX 10 mx
@ TXT "v=spf1 mx -all"
_dmarc TXT "v=DMARC1; p=reject"
ns1 A 11.1.1.1
ns2 A 11.2.1.1
mx A 11.3.1.1
END
        cat > "$T/knot$number/bad.zone" << END
\$TTL 3600
@ SOA ns1 hostmaster $number 3600 600 86400 300
@ NS ns1
@ NS ns2
@ NS ns3
@ MX 10 mx
@ TXT "v=spf1 mx -all"
@ TXT "$long" "$long" "$long" "$long" "$long"
_dmarc TXT "v=DMARC1; p=$([ "$number" = 1 ] && echo none || echo reject)"
ns1 A 11.1.1.1
ns2 A 11.2.1.1
ns3 A 11.4.1.1
mx A 11.3.1.1
END
    done
}

start_knots() {
    local number
    for number in 1 2; do
        knotd -c "$T/knot$number/knot.conf" > "$T/knot$number.log" 2>&1 &
        STARTED+=($!)
    done
    within 15 is_open "$FIRST" && within 15 is_open "$SECOND" || { fail "Knot does not start"; finish; }
    within 15 answers "$FIRST" && within 15 answers "$SECOND" || { fail "Knot does not serve the zones"; finish; }
}

# answers PORT – the server there has both zones.
answers() {
    /usr/bin/python3 - "$1" << 'END'
import socket, struct, sys
def code(name):
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0" + struct.pack(">HH", 6, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(1)
        asking.sendto(struct.pack(">HHHHHH", 7, 0, 1, 0, 0, 0) + question, ("127.0.0.1", int(sys.argv[1])))
        return asking.recv(4096)[3] & 15
sys.exit(any(code(name) for name in ("good.example", "bad.example")))
END
}

# A server that says of each answer that it does not fit, and does not listen on TCP; on $CUTTER.
start_cutter() {
    free_port
    CUTTER=$PORT
    /usr/bin/python3 - "$CUTTER" > "$T/cutter.log" 2>&1 << 'END' &
import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", int(sys.argv[1])))
print("listens", flush=True)
while True:
    asked, peer = server.recvfrom(4096)
    end = 12
    while asked[end]: end += asked[end] + 1
    # The question again, with QR, AA and TC.
    server.sendto(asked[:2] + b"\x86\x00\x00\x01\0\0\0\0\0\0" + asked[12:end + 5], peer)
END
    STARTED+=($!)
    within 15 grep -q listens "$T/cutter.log" || { fail "the server that cuts does not start"; finish; }
}

# Postfix with STARTTLS as mx.good.example on $GOOD_MX, and without on $PLAIN_MX.
configure_hosts() {
    configure_postfix nobody
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=mx.good.example \
        -addext subjectAltName=DNS:mx.good.example -keyout "$T/key.pem" -out "$T/cert.pem" 2> "$T/openssl.log" ||
        { fail "there is no certificate"; finish; }
    KEY_HASH=$(openssl x509 -in "$T/cert.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d ' ' -f 1)
    two_ports
    GOOD_MX=$PORT
    PLAIN_MX=$OTHER_PORT
    cat >> "$T/conf/master.cf" << END
127.0.0.1:$GOOD_MX inet n - n - - smtpd
    -o smtpd_tls_security_level=may -o smtpd_tls_cert_file=$T/cert.pem -o smtpd_tls_key_file=$T/key.pem
127.0.0.1:$PLAIN_MX inet n - n - - smtpd
    -o smtpd_tls_security_level=none
END
}

# What the resolver says, DNSSEC and all. The zones' servers are asked at the addresses of --connect-to.
resolver() {
    local name
    {
        for name in good bad; do
            printf '$ORIGIN %s.example.\n' "$name"
            sed -e '/^\$TTL/d' "$T/knot1/$name.zone"
            printf '_25._tcp.mx TLSA 3 1 1 %s\n' "$KEY_HASH"
            printf ';! mx * authenticated\n;! @ MX authenticated\n;! _25._tcp.mx * authenticated\n'
        done
        # One more host of the ill-kept domain, whose record is about another key.
        printf '@ MX 20 other\nother A 11.3.2.1\n;! other * authenticated\n_25._tcp.other TLSA 3 1 1 %064d\n' 0
        printf ';! _25._tcp.other * authenticated\n'
        # And one without a record.
        printf '@ MX 30 third\nthird A 11.3.3.1\n;! third * authenticated\n;! _25._tcp.third * authenticated\n'
    } > "$T/resolver.zone"
    start_dns "$T/resolver.zone"
}

# look NAME OPTIONS… – sekisho check, into $T/check.log.
look() {
    local name=$1
    shift
    "$SEKISHO" check "$name.example" --lang en --resolver "$DNS" --connect-to "ns1.$name.example:53=127.0.0.1:$FIRST" \
        --connect-to "ns2.$name.example:53=127.0.0.1:$SECOND" "$@" > "$T/check.log" 2>&1
    equal "$name: the exit code" "$?" 0
}

# found RULE… – there are findings of these rules. Each stands in a line that names its rule.
found() {
    local rule
    for rule; do check "$rule is found" grep -q -E "(^|[^A-Z0-9])$rule([^0-9]|$)" "$T/check.log"; done
}

# not_found RULE…
not_found() {
    local rule
    for rule; do check "$rule is not found" sh -c "! grep -q -E '(^|[^A-Z0-9])$rule([^0-9]|\$)' '$T/check.log'"; done
}

well_kept() {
    look good --greet --connect-to "mx.good.example:25=127.0.0.1:$GOOD_MX"
    check "the domain is judged" grep -q good.example "$T/check.log"
    not_found COM01 COM02 COM03 COM04 MXN11 MXN12 STS13
}

ill() {
    look bad --greet --connect-to "ns3.bad.example:53=127.0.0.1:$CUTTER" \
        --connect-to "mx.bad.example:25=127.0.0.1:$PLAIN_MX" --connect-to "other.bad.example:25=127.0.0.1:$GOOD_MX" \
        --connect-to "third.bad.example:25=127.0.0.1:$GOOD_MX" "$@"
}

ill_kept() {
    ill
    found COM02 COM03 COM04 MXN11 MXN12
    check "who disagrees" grep -q 'The servers ns1.bad.example and ns2.bad.example answer differently for _dmarc.bad.example' "$T/check.log"
    check "who is deaf on TCP" grep -q 'The server ns3.bad.example cuts the answer for bad.example over UDP' "$T/check.log"
    check "how large it is" grep -q -E 'The answer for bad.example has 1[0-9]{3} bytes' "$T/check.log"
    check "who offers no TLS" grep -q 'The mail host mx.bad.example offers no STARTTLS' "$T/check.log"
    check "whose certificate it is" grep -q "certificate of the mail host other.bad.example is for another name" "$T/check.log"
    check "another key" grep -q 'name another certificate than the one that other.bad.example shows' "$T/check.log"
    check "no record" grep -q 'The zone of the mail host third.bad.example is signed' "$T/check.log"
    # Postfix writes its log when the client has gone. One greeting was the well-kept domain's.
    within 10 greeted 4
    equal "one greeting for each host" "$(grep -c ' ehlo=1 .*quit=1' "$T/postfix.log")" 4
    check "nothing was sent" sh -c "! grep -q -E 'from=<|client=' '$T/postfix.log'"
    # And without both, nothing is said of them.
    look bad --no-servers
    not_found COM02 COM03 COM04 MXN11
}

# greeted COUNT
greeted() {
    [ "$(grep -c ' ehlo=1 .*quit=1' "$T/postfix.log")" -ge "$1" ]
}

as_json() {
    ill --format json
    check "JSON" /usr/bin/python3 - "$T/check.log" << 'END'
import json, sys
told = json.load(open(sys.argv[1]))
text = json.dumps(told)
missing = [rule for rule in ("COM02", "COM03", "COM04", "MXN11", "MXN12") if '"%s"' % rule not in text]
sys.exit("missing: %s" % missing if missing else 0)
END
}

# A certificate that has ended.
later() {
    look good --greet --connect-to "mx.good.example:25=127.0.0.1:$GOOD_MX" --at 2040-01-01T00:00:00Z
    check "an old certificate" grep -q 'The certificate of the mail host mx.good.example has expired' "$T/check.log"
}

# Where the way out is closed, nothing is said of the servers, and nothing takes long.
unreachable() {
    local before=$SECONDS
    free_port
    "$SEKISHO" check good.example --lang en --resolver "$DNS" --greet --connect-to "ns1.good.example:53=127.0.0.1:$PORT" \
        --connect-to "ns2.good.example:53=127.0.0.1:$PORT" --connect-to "mx.good.example:25=127.0.0.1:$PORT" > "$T/check.log" 2>&1
    equal "unreachable: the exit code" "$?" 0
    not_found COM01 COM02 COM03 COM04 MXN11 STS13
    check "unreachable: soon" test $((SECONDS - before)) -lt 60
    "$SEKISHO" check good.example --lang en --connect-to "ns1.good.example=127.0.0.1" > "$T/check.log" 2>&1
    equal "a place that is none" "$?" 2
}

main
