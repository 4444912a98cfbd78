#!/usr/bin/env bash
# The door of the pages: TLS of our own with a certificate that is renewed, one that is broken, and what is told of it.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pages/lib.sh"

PASSWORD='a barrier on the road'

main() {
    begin
    install curl curl
    install openssl openssl
    free_port
    HTTP=$PORT
    free_port
    authority
    certificate desk.example.jp 90
    configure
    checked
    start_sekisho --config "$T/sekisho.toml" --listen "inet:$PORT@127.0.0.1" --resolver 127.0.0.1:9
    DESK=https://desk.example.jp:$HTTP
    CURL=(--cacert "$T/root.pem" --resolve "desk.example.jp:$HTTP:127.0.0.1" --resolve "other.example.jp:$HTTP:127.0.0.1")
    answered
    plain
    come_in
    renewed
    broken
    without
    finish
}

# An authority of our own, with one between it and the servers.
authority() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj '/CN=root' \
        -keyout "$T/root.key" -out "$T/root.pem" 2> "$T/openssl.log" || fail "no authority"
    printf 'basicConstraints=critical,CA:TRUE\n' > "$T/between.ext"
    sign between root between.ext 90
}

# sign NAME BY EXTENSIONS DAYS – a key and a certificate.
sign() {
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$T/$1.key" -out "$T/$1.csr" \
        2>> "$T/openssl.log" &&
        openssl x509 -req -in "$T/$1.csr" -CA "$T/$2.pem" -CAkey "$T/$2.key" -days "$4" -extfile "$T/$3" -out "$T/$1.pem" \
            2>> "$T/openssl.log" || fail "no certificate for $1"
}

# certificate NAME DAYS – the chain and the key that the daemon shows, each put there at once.
certificate() {
    printf 'subjectAltName=DNS:%s\n' "$1" > "$T/own.ext"
    sign own between own.ext "$2"
    cat "$T/own.pem" "$T/between.pem" > "$T/chain.new"
    cp "$T/own.key" "$T/key.new"
    chmod 600 "$T/key.new"
    mv "$T/chain.new" "$T/chain.pem"
    mv "$T/key.new" "$T/key.pem"
}

configure() {
    cat > "$T/sekisho.toml" << END
[daemon]
http = "127.0.0.1:$HTTP"
[dashboard]
hosts = ["desk.example.jp"]
tls = "own"
certificate = "chain.pem"
key = "key.pem"
END
}

# What `config check` says of the certificate, into $T/check.
checked() {
    config_check
    equal "a good certificate: the code" "$?" 0
    equal "and not a word beside" "$(grep -c 'chain.pem\|key.pem' "$T/check")" 0
    chmod 644 "$T/key.pem"
    config_check
    equal "a key that everybody can read: the code" "$?" 0
    check "is told of" grep -q 'key.pem: everybody on this machine can read' "$T/check"
    certificate other.example.jp 3
    config_check
    check "a certificate that ends soon is told of" grep -q 'chain.pem: the certificate ends at ' "$T/check"
    check "and one for another name" grep -q 'is not for desk.example.jp' "$T/check"
    cp "$T/root.key" "$T/key.pem"
    config_check
    equal "the key of another: the code" "$?" 4
    check "and the sentence" grep -q 'key.pem: this is not the key of the first certificate in .*chain.pem' "$T/check"
    "$SEKISHO" --lang ja config check "$T/sekisho.toml" > "$T/check" 2>&1
    check "in Japanese, too" grep -q '最初の証明書の鍵ではありません' "$T/check"
    rm "$T/key.pem"
    config_check
    check "a file that is missing is named" grep -q 'key.pem cannot be read' "$T/check"
    certificate desk.example.jp 90
}

config_check() {
    "$SEKISHO" --lang en config check "$T/sekisho.toml" > "$T/check" 2>&1
}

answered() {
    check "the daemon tells where its pages are" grep -q "Pages: https://127.0.0.1:$HTTP/" "$T/sekisho.log"
    check "and until when its certificate holds" grep -q 'this certificate is shown from now on; it ends at ' "$T/sekisho.log"
    ask /healthz
    equal "health, over TLS" "$STATUS" 200
    ask /metrics
    equal "metrics, over TLS" "$STATUS" 200
    for version in 1.2 1.3; do
        ask /login "--tlsv$version" --tls-max "$version"
        equal "TLS $version" "$STATUS" 200
    done
    check "browsers are told to stay with TLS" grep -qi '^strict-transport-security: max-age=31536000' "$T/head"
    STATUS=$(curl -s -m 20 -k -D "$T/head" -o /dev/null -w '%{http_code}' "https://127.0.0.1:$HTTP/login")
    equal "by its address" "$STATUS" 200
    equal "nobody is told so about an address" "$(grep -ci '^strict-transport' "$T/head")" 0
}

# Who speaks no TLS gets nothing, and others notice nothing.
plain() {
    equal "HTTP without TLS" "$(curl -s -m 20 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$HTTP/login")" 000
    ask /login --tls-max 1.1
    equal "TLS 1.1" "$STATUS" 000
    ask /login
    equal "and the next one is served" "$STATUS" 200
}

come_in() {
    local token
    token=$("$SEKISHO" --state "$T/state" user setup --format json | sed -n 's/.*"setup_token":"\([^"]*\)".*/\1/p')
    ask "/setup?token=$token"
    send /setup "token=$token" name=admin "password=$PASSWORD" "again=$PASSWORD"
    equal "the first administrator" "$STATUS" 303
    check "the cookie is for TLS alone" grep -qi '^set-cookie: __Host-sekisho=.*Path=/.*HttpOnly; SameSite=Lax; Secure' "$T/head"
    ask /users
    equal "and inside" "$STATUS" 200
}

# names NAME – whether the certificate that is shown is for it.
names() {
    curl -s -m 20 --cacert "$T/root.pem" --resolve "$1:$HTTP:127.0.0.1" -o /dev/null "https://$1:$HTTP/healthz"
}

renewed() {
    certificate other.example.jp 60
    check "a renewed certificate is taken without a restart" within 30 names other.example.jp
    check "and told of" within 10 test "$(grep -c 'is shown from now on' "$T/sekisho.log")" -ge 2
    check "with its concerns" within 10 grep -q 'is not for desk.example.jp' "$T/sekisho.log"
    certificate desk.example.jp 60
    check "and the next one" within 30 names desk.example.jp
    ask /users
    equal "a session outlives certificates" "$STATUS" 200
}

broken() {
    head -c 300 "$T/chain.pem" > "$T/chain.new"
    mv "$T/chain.new" "$T/chain.pem"
    check "a broken certificate is told of" within 30 grep -q 'chain.pem: .* The certificate from before is shown on' "$T/sekisho.log"
    check "and the one before is shown" names desk.example.jp
    certificate other.example.jp 60
    check "a good one comes after it" within 30 names other.example.jp
}

# A daemon that has no certificate answers nobody, takes mail, and opens when there is one.
without() {
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    equal "the daemon ends well" "$?" 0
    rm "$T/key.pem"
    start_sekisho --config "$T/sekisho.toml" --listen "inet:$PORT@127.0.0.1" --resolver 127.0.0.1:9
    check "what is missing is told" grep -q 'key.pem cannot be read.*answer nobody' "$T/sekisho.log"
    equal "nobody is answered without TLS" "$(curl -s -m 20 -o /dev/null -w '%{http_code}' "http://127.0.0.1:$HTTP/healthz")" 000
    certificate desk.example.jp 60
    check "until there is a certificate" within 30 names desk.example.jp
}

main "$@"
