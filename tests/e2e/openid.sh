#!/usr/bin/env bash
# Those who log in to the pages by a provider of OpenID Connect: a small one beside (openid/provider.py), over HTTPS, found by DNS. Who is
# let in with which rights, who is not, and a provider that is down, that signs wrongly, that means somebody else, that changes its keys.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pages/lib.sh"

PASSWORD='a barrier on the road'
# How long the keys of the provider are not asked for again, in seconds.
KEYS_PAUSE=60

main() {
    begin
    install curl curl
    install openssl openssl
    install /usr/bin/python3 python3-minimal
    free_port
    ID=$PORT
    free_port
    HTTP=$PORT
    free_port
    ISSUER=https://id.example.jp:$ID
    DESK=http://127.0.0.1:$HTTP
    certificates
    printf '$TTL 300\nid.example.jp. A 127.0.0.1\n' > "$T/zone"
    start_dns "$T/zone"
    configure
    checked
    check "an administrator with a password" "$SEKISHO" --state "$T/state" user add admin --grant admin <<< "$PASSWORD" > "$T/user.log" 2>&1
    orders '{"key": "k1"}'
    start_sekisho --config "$T/sekisho.toml" --listen "inet:$PORT@127.0.0.1" --resolver "$DNS"
    down
    come_in
    strangers
    refused
    forged
    unreached
    rotated
    logged
    finish
}

certificates() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=root' -addext 'basicConstraints=critical,CA:TRUE' \
        -keyout "$T/root.key" -out "$T/root.pem" 2> "$T/openssl.log" || fail "no authority"
    printf 'subjectAltName=DNS:id.example.jp\n' > "$T/provider.ext"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=id -keyout "$T/provider.key" -out "$T/provider.csr" 2>> "$T/openssl.log" &&
        openssl x509 -req -in "$T/provider.csr" -CA "$T/root.pem" -CAkey "$T/root.key" -days 2 -extfile "$T/provider.ext" -out "$T/provider.pem" \
            2>> "$T/openssl.log" || fail "no certificate"
    local key
    for key in k1 k2 other; do
        openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$T/$key.key" 2>> "$T/openssl.log" || fail "no key"
    done
}

configure() {
    printf 's:e cret\n' > "$T/openid-secret"
    cat > "$T/sekisho.toml" << END
[daemon]
http = "127.0.0.1:$HTTP"
[dashboard.openid]
issuer = "$ISSUER"
name = "Example"
client_id = "sekisho"
client_secret_file = "openid-secret"
url = "$DESK"
admit = "groups"
groups = [{ name = "mail", grant = "operator:example.jp" }, { name = "heads", grant = "admin" }]
private = true
roots = "root.pem"
END
}

# What the configuration has to say of it, and the example of the document.
checked() {
    "$SEKISHO" --lang en config check "$T/sekisho.toml" > "$T/check" 2>&1
    equal "the configuration: the code" "$?" 0
    mv "$T/openid-secret" "$T/elsewhere"
    "$SEKISHO" --lang en config check "$T/sekisho.toml" > "$T/check" 2>&1
    equal "a secret that is missing: the code" "$?" 4
    check "and the sentence" grep -q 'openid-secret' "$T/check"
    : > "$T/openid-secret"
    "$SEKISHO" --lang en config check "$T/sekisho.toml" > "$T/check" 2>&1
    check "one that is empty" grep -q 'there is no secret in it' "$T/check"
    mv "$T/elsewhere" "$T/openid-secret"
    sed -e "s,^url = .*,url = \"https://desk.example.jp\"," "$T/sekisho.toml" > "$T/wrong.toml"
    "$SEKISHO" --lang en config check "$T/wrong.toml" > "$T/check" 2>&1
    check "a host that is refused" grep -q 'desk.example.jp, and requests for it are refused' "$T/check"
    local document
    for document in dashboard.md dashboard.ja.md; do
        awk '/^```toml/ { take = 1; text = ""; next } /^```/ { if (take && text ~ /openid/) printf "%s", text; take = 0; next } take { text = text $0 "\n" }' \
            "$ROOT/docs/$document" > "$T/example.toml"
        check "$document has an example" test -s "$T/example.toml"
        "$SEKISHO" --lang en config check "$T/example.toml" > "$T/check" 2>&1
        equal "the example of $document: the code" "$?" 0
    done
}

# orders JSON – what the provider does from now on.
orders() {
    printf '%s\n' "$1" > "$T/provider.new"
    mv "$T/provider.new" "$T/provider.json"
}

start_provider() {
    /usr/bin/python3 "$ROOT/tests/e2e/openid/provider.py" "$T" "$ID" > "$T/provider.log" 2>&1 &
    PROVIDER=$!
    STARTED+=("$PROVIDER")
    within 10 is_open "$ID" || { fail "the provider does not start"; finish; }
}

stop_provider() {
    kill "$PROVIDER"
    wait "$PROVIDER" 2> /dev/null
}

# asked_for PATH – how often the provider was.
asked_for() {
    grep -c " $1\$" "$T/provider.requests" 2> /dev/null
}

to() {
    sed -n 's/^location: //Ip' "$T/head" | tr -d '\r'
}

# leave – goes to the provider and is sent back: where to, into $WAY.
leave() {
    ask "/login/openid${1:-}"
    [ "$STATUS" = 303 ] || { WAY=none; return 1; }
    curl -s -m 20 --cacert "$T/root.pem" --resolve "id.example.jp:$ID:127.0.0.1" -D "$T/provider.head" -o /dev/null "$(to)"
    WAY=$(sed -n 's/^location: //Ip' "$T/provider.head" | tr -d '\r')
    WAY=${WAY#"$DESK"}
}

# through – the whole way, as a new browser.
through() {
    : > "$T/cookies"
    leave "$@" && ask "$WAY"
}

# tells WHAT STATUS SENTENCE – what the last answer was.
tells() {
    equal "$1: the status" "$STATUS" "$2"
    check "$1: the sentence" grep -q "$3" "$T/page"
}

# Nobody is there at first; then many come at once, and the provider hears of it once.
down() {
    : > "$T/cookies"
    ask /login
    check "the button is there" grep -q 'href="/login/openid">Log in with Example<' "$T/page"
    ask /login/openid
    tells "a provider that is down" 409 'does not answer'
    check "the log has the reason" grep -q 'openid.*reason=' "$T/sekisho.log"
    start_provider
    sleep 11
    local number
    for number in $(seq 30); do
        curl -s -m 20 -o /dev/null -w '%{http_code}\n' "$DESK/login/openid" > "$T/storm.$number" &
        eval "STORM_$number=$!"
    done
    for number in $(seq 30); do eval "wait \$STORM_$number"; done
    equal "a storm is answered" "$(cat "$T"/storm.* | sort | uniq -c | tr -s ' ')" " 30 303"
    equal "and the provider heard of it once" "$(asked_for /.well-known/openid-configuration)" 1
}

come_in() {
    orders '{"key": "k1", "claims": {"sub": "f3a1", "preferred_username": "Hanako", "groups": ["mail", "office"]}}'
    through '?back=%2Fsenders%3Fdays%3D7'
    equal "somebody with a group comes in" "$STATUS $(to)" "303 /senders?days=7"
    KEYS_AT=$SECONDS
    check "the cookie of the session" grep -qi '^set-cookie: sekisho=.*HttpOnly; SameSite=Lax' "$T/head"
    ask /settings
    equal "and is inside" "$STATUS" 200
    ask /users
    equal "as far as the group goes" "$STATUS" 403
    "$SEKISHO" --state "$T/state" user list > "$T/users" 2>&1
    check "with the rights of the group" grep -q 'hanako.*operator:example.jp' "$T/users"
    orders '{"key": "k1", "claims": {"sub": "f3a1", "preferred_username": "Hanako", "groups": ["heads"]}}'
    through
    ask '/users?lang=en'
    equal "another group, another role" "$STATUS" 200
    check "who came by the provider is marked" grep -q "$ISSUER f3a1" "$T/page"
    orders '{"key": "k1", "claims": {"sub": "f3a1", "preferred_username": "Hanako", "groups": []}}'
    through
    tells "no group any more" 409 'None of your groups'
}

strangers() {
    orders '{"key": "k1", "claims": {"sub": "x", "preferred_username": "admin", "groups": ["heads"]}}'
    through
    tells "a name that somebody has" 409 'Another user here has your name'
    orders '{"key": "k1", "claims": {"sub": "y", "preferred_username": "taro", "groups": ["strangers"]}}'
    through
    tells "a stranger" 409 'None of your groups'
    "$SEKISHO" --state "$T/state" user add jiro --grant viewer --no-password --issuer "$ISSUER" --subject z > "$T/user.log" 2>&1
    equal "somebody made known by hand" "$?" 0
    orders '{"key": "k1", "claims": {"sub": "z", "preferred_username": "other", "groups": ["mail"]}}'
    through
    equal "comes in" "$STATUS" 303
}

refused() {
    orders '{"key": "k1", "error": {"error": "access_denied", "error_description": "<script>alert(1)</script>"}}'
    through '?lang=ja'
    ask "$WAY&lang=ja"
    equal "an attempt comes back once" "$STATUS" 409
    through
    tells "who was not let in there" 409 'did not let you in'
    equal "nothing of the provider’s words" "$(grep -c 'alert(1)' "$T/page")" 0
    orders '{"key": "k1", "claims": {"sub": "z"}}'
    : > "$T/cookies"
    leave
    ask "${WAY/state=/state=x}"
    tells "a forged state" 409 'does not belong'
    : > "$T/cookies"
    ask "$WAY"
    tells "without the cookie" 409 'did not begin in this browser'
    leave
    ask "${WAY/iss=/iss=x}"
    tells "the answer of another provider" 409 'does not prove'
}

# again – somebody comes in, so that wrong attempts before do not make the next ones wait.
again() {
    orders "{\"key\": \"${1:-k1}\", \"claims\": {\"sub\": \"z\", \"groups\": [\"mail\"]}}"
    through
    equal "and the right way still leads in" "$STATUS" 303
}

forged() {
    again
    orders '{"key": "k1", "wrong": "signature", "claims": {"sub": "z", "groups": ["heads"]}}'
    through
    tells "a wrong signature" 409 'does not prove'
    orders '{"key": "k1", "claims": {"sub": "z", "aud": "another", "groups": ["heads"]}}'
    through
    tells "a token for another" 409 'does not prove'
    orders '{"key": "k1", "claims": {"sub": "z", "nonce": "another", "groups": ["heads"]}}'
    through
    tells "a token of another attempt" 409 'does not prove'
    again
}

unreached() {
    : > "$T/cookies"
    leave
    stop_provider
    ask "$WAY"
    tells "a provider that goes down meanwhile" 409 'does not answer'
    start_provider
    again
}

# New keys are asked for when a token names one, and not more often than once in a while.
rotated() {
    while [ $((SECONDS - KEYS_AT)) -le "$KEYS_PAUSE" ]; do sleep 1; done
    local before
    before=$(asked_for /keys)
    again k2
    equal "new keys were asked for once" "$(asked_for /keys)" $((before + 1))
    again k2
    equal "and not again" "$(asked_for /keys)" $((before + 1))
}

logged() {
    "$SEKISHO" --state "$T/state" user log > "$T/log" 2>&1
    local word
    for word in token-signature token-audience token-nonce name-taken no-group state returned-before iss 'error access_denied' provider-unreached; do
        check "the log knows of $word" grep -q "sign-in-openid.*$word" "$T/log"
    done
    "$SEKISHO" --state "$T/state" user log --check > "$T/check" 2>&1
    equal "and holds together" "$?" 0
    check "nobody's secret is in a log" test "$(cat "$T/sekisho.log" "$T/log" | grep -c 'e cret')" = 0
}

main "$@"
