#!/usr/bin/env bash
# ARC against another's: what `sekisho seal` seals, dkimpy verifies, and what dkimpy seals, `sekisho verify` and
# `sekisho seal` take on. Three hops, keys of two sizes, a change on the way.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    install_python dkim python3-dkim
    install_python dns.resolver python3-dnspython
    # dkimpy seals with it.
    install_python authres python3-authres
    keys_and_dns
    message > "$T/message"

    # Ours alone, then dkimpy behind it, then ours again.
    ours a.example "$T/rsa2048.pem" "$T/message" > "$T/one"
    equal "dkimpy on our first seal" "$(theirs_verify "$T/one")" "pass 1"
    theirs b.example "$T/rsa2048.pem" pass "$T/one" > "$T/two"
    equal "ours on theirs" "$(ours_verify "$T/two")" "pass 2"
    ours c.example "$T/rsa2048.pem" "$T/two" > "$T/three"
    check "our seal says that theirs held" grep -q '^ARC-Seal: i=3; a=rsa-sha256; cv=pass;' "$T/three"
    equal "dkimpy on ours on theirs" "$(theirs_verify "$T/three")" "pass 3"
    equal "ours on ours on theirs" "$(ours_verify "$T/three")" "pass 3"

    # The other way round, with a short key.
    theirs b.example "$T/rsa1024.pem" none "$T/message" short > "$T/one"
    equal "ours on their first seal" "$(ours_verify "$T/one")" "pass 1"
    ours c.example "$T/rsa2048.pem" "$T/one" > "$T/two"
    check "our seal says that their first one held" grep -q '^ARC-Seal: i=2; a=rsa-sha256; cv=pass;' "$T/two"
    equal "dkimpy on ours behind theirs" "$(theirs_verify "$T/two")" "pass 2"

    # A change on the way, and simple canonicalization.
    sed 's/^Subject: .*/Subject: [list] hello/' "$T/two" > "$T/changed"
    equal "dkimpy sees the change" "$(theirs_verify "$T/changed")" "fail 2"
    equal "we see the change" "$(ours_verify "$T/changed")" "fail 2"
    ours c.example "$T/rsa2048.pem" "$T/changed" > "$T/marked" 2> "$T/marked.err"
    check "we say why it is sealed as failed" grep -q 'cv=fail' "$T/marked.err"
    # It gives no status then.
    equal "dkimpy on what is marked as failed" "$(theirs_verify "$T/marked")" "None 3"
    equal "ours on what is marked as failed" "$(ours_verify "$T/marked")" "fail 3"
    ours a.example "$T/rsa2048.pem" "$T/message" --canonicalization simple/simple > "$T/simple"
    equal "dkimpy on simple/simple" "$(theirs_verify "$T/simple")" "pass 1"
    finish
}

message() {
    cat << 'END'
Authentication-Results: mx.example.net; spf=pass smtp.mailfrom=author.example;
 dmarc=pass header.from=author.example
From: =?UTF-8?B?6Zai5omA?= <a@author.example>
To: list@list.example
Subject: hello
Date: Wed, 01 Apr 2026 18:00:00 +0900
Message-ID: <1@author.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Hello,

this is a  test. 

END
}

keys_and_dns() {
    local name
    : > "$T/zone"
    for name in rsa2048 rsa1024; do
        install_key "$name"
    done
    for name in a b c; do
        echo "k1._domainkey.$name.example. 60 IN TXT $(record "$T/rsa2048.pem")" >> "$T/zone"
    done
    echo "short._domainkey.b.example. 60 IN TXT $(record "$T/rsa1024.pem")" >> "$T/zone"
    start_dns "$T/zone"
}

install_key() {
    cp "$ROOT/testdata/keys/$1.pem" "$T/$1.pem"
    chmod 600 "$T/$1.pem"
}

# record KEY – the TXT record of a private key, as strings of a zone file.
record() {
    openssl pkey -in "$1" -pubout -outform DER | base64 -w 0 |
        sed -e 's/^/v=DKIM1; k=rsa; p=/' -e 's/.\{200\}/&" "/g' -e 's/^/"/' -e 's/$/"/'
}

# ours DOMAIN KEY FILE OPTIONS… – our seal.
ours() {
    local domain=$1 key=$2 file=$3
    shift 3
    "$SEKISHO" seal --lang en --domain "$domain" --selector k1 --key "$key" --authserv-id mx.example.net \
        --resolver "$DNS" "$@" "$file"
}

# ours_verify FILE – the result and the instance, as the contract of the JSON has them.
ours_verify() {
    "$SEKISHO" verify --lang en --format json --resolver "$DNS" --authserv-id mx.example.net "$1" 2> "$T/verify.log" |
        /usr/bin/python3 -c 'import json, sys; arc = json.load(sys.stdin).get("arc", {}); print(arc.get("result"), arc.get("instance"))'
}

# theirs DOMAIN KEY STATUS FILE [SELECTOR] – dkimpy's seal. It takes the chain's state from Authentication-Results.
theirs() {
    dkimpy sign "$1" "${5:-k1}" "$2" "$3" < "$4"
}

theirs_verify() {
    dkimpy verify < "$1"
}

dkimpy() {
    DNS=$DNS /usr/bin/python3 - "$@" 3< /dev/stdin << 'END' 2>> "$T/dkimpy.log"
import os, sys
import dkim, dns.resolver

server, port = os.environ["DNS"].rsplit(":", 1)
resolver = dns.resolver.Resolver(configure=False)
resolver.nameservers, resolver.port = [server.strip("[]")], int(port)


def txt(name, timeout=5):
    name = name.decode() if isinstance(name, bytes) else name
    try:
        return b"".join(resolver.resolve(name, "TXT", lifetime=timeout)[0].strings)
    except dns.resolver.NXDOMAIN:
        return None


with os.fdopen(3, "rb") as file:
    message = file.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
if sys.argv[1] == "verify":
    status, sets, reason = dkim.arc_verify(message, dnsfunc=txt)
    print(reason, file=sys.stderr)
    text = status.decode() if isinstance(status, bytes) else status
    instances = [int(line.split(b"i=")[1].split(b";")[0]) for line in message.split(b"\r\n") if line.startswith(b"ARC-Seal:")]
    print(text, max(instances, default=0))
else:
    domain, selector, key, status = sys.argv[2:]
    field = b"Authentication-Results: mx.dkimpy.example; arc=" + status.encode() + b"; spf=pass\r\n"
    message = field + message
    with open(key, "rb") as file:
        lines = dkim.arc_sign(message, selector.encode(), domain.encode(), file.read(), b"mx.dkimpy.example",
                              include_headers=[b"from", b"to", b"subject", b"date"])
    sys.stdout.buffer.write((b"".join(lines) + message).replace(b"\r\n", b"\n"))
END
}

main
