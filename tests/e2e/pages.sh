#!/usr/bin/env bash
# The pages of the daemon, as a browser and a program meet them: the first run, coming in and going out, a token, the log, and who is
# refused. Everything over one port with metrics and health. A domain is looked at now, and a report is sent now.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pages/lib.sh"

PASSWORD='a barrier on the road'

main() {
    begin
    install curl curl
    install python3 python3
    free_port
    HTTP=$PORT
    free_port
    printf '[daemon]\nhttp = "127.0.0.1:%s"\n[dashboard]\nhosts = ["desk.example.jp"]\nzone = "Asia/Tokyo"\n' "$HTTP" > "$T/sekisho.toml"
    start_sekisho --config "$T/sekisho.toml" --listen "inet:$PORT@127.0.0.1" --resolver 127.0.0.1:9
    DESK=http://127.0.0.1:$HTTP
    greeted
    first_run
    come_in
    programs
    refusals
    go_out
    stay
    look
    send_now
    finish
}

greeted() {
    check "the daemon tells where its pages are" grep -q "Pages: $DESK/" "$T/sekisho.log"
    check "and that nobody can log in yet" grep -q 'user setup' "$T/sekisho.log"
    check "but no token: this is no terminal" test "$(grep -c 'setup?token' "$T/sekisho.log")" = 0
    ask /healthz
    equal "health is where it was" "$STATUS" 200
    ask /
    equal "a page leads to the door" "$STATUS $(sed -n 's/^location: //Ip' "$T/head" | tr -d '\r')" "303 /login?back=%2F"
}

first_run() {
    local token
    token=$("$SEKISHO" --state "$T/state" user setup --format json | sed -n 's/.*"setup_token":"\([^"]*\)".*/\1/p')
    equal "a token" "${#token}" 43
    ask "/setup?token=$token"
    equal "the page of the first run" "$STATUS" 200
    send /setup "token=$token" name=admin "password=$PASSWORD" "again=something else"
    equal "passwords that differ are refused" "$STATUS" 409
    ask "/setup?token=$token"
    send /setup "token=$token" name=admin "password=$PASSWORD" "again=$PASSWORD"
    equal "the first administrator" "$STATUS" 303
    check "the cookie is for no script and no other site" grep -qi '^set-cookie: sekisho=.*HttpOnly; SameSite=Lax' "$T/head"
    ask /users
    equal "who may see the users" "$STATUS" 200
    ask "/setup?token=$token"
    send /setup "token=$token" name=other "password=$PASSWORD" "again=$PASSWORD"
    equal "a token is good once" "$STATUS" 409
}

come_in() {
    : > "$T/cookies"
    ask /login
    send /login name=admin "password=not this one"
    equal "a wrong password" "$STATUS" 409
    ask /login
    send /login name=admin "password=$PASSWORD" back=/mail
    equal "the right one leads on" "$STATUS $(sed -n 's/^location: //Ip' "$T/head" | tr -d '\r')" "303 /mail"
    local path
    for path in / /senders /ladder /explore /mail /statistics /reports /reporters /tls /failures /outgoing /domains /guideline /keys \
        /settings /users /log; do
        ask "$path?lang=ja"
        equal "$path with nothing in the stores" "$STATUS" 200
    done
    check "a page says what a browser may load" grep -qi "^content-security-policy: default-src 'none'" "$T/head"
    ask /users
    send /users name=viewer version=0 grants=viewer "password=$PASSWORD" "again=$PASSWORD"
    equal "another person" "$STATUS" 303
    "$SEKISHO" --state "$T/state" user log --check > "$T/log" 2>&1
    equal "the log of both holds together" "$?" 0
    "$SEKISHO" --state "$T/state" user log > "$T/log" 2>&1
    check "the wrong password is in it" grep -q 'sign-in' "$T/log"
}

programs() {
    ask /settings
    send /settings/token "label=the wiki" role=viewer days=1
    local token
    token=$(sed -n 's/.*data-copy="\(sekisho_[^"]*\)".*/\1/p' "$T/page")
    equal "a token is shown" "${token:0:8}" sekisho_
    equal "and opens the interface" "$(curl -s -m 20 -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" "$DESK/api/v1/overview")" 200
    equal "as far as its role goes" "$(curl -s -m 20 -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" "$DESK/api/v1/users")" 403
    equal "and no further" "$(curl -s -m 20 -o /dev/null -w '%{http_code}' -H "Authorization: Bearer ${token}x" "$DESK/api/v1/overview")" 401
    check "what there is is described" \
        grep -q '"/senders"' <(curl -s -m 20 -H "Authorization: Bearer $token" "$DESK/api/v1/openapi.json")
}

refusals() {
    equal "another host's name" "$(curl -s -m 20 -o /dev/null -w '%{http_code}' -H 'Host: evil.example' "$DESK/login")" 403
    equal "one of ours" "$(curl -s -m 20 -o /dev/null -w '%{http_code}' -H 'Host: desk.example.jp' "$DESK/login")" 200
    ask /settings
    local secret
    secret=$(secret)
    ask /settings -H 'Origin: https://evil.example' --data-urlencode "csrf=$secret" -d theme=dark
    equal "a form of another site" "$STATUS" 403
    ask /settings -H "Origin: $DESK" -d theme=dark
    equal "a form without its secret" "$STATUS" 403
}

go_out() {
    ask /settings
    send /logout
    equal "out" "$STATUS" 303
    ask /users
    equal "and outside" "$STATUS" 303
}

# Whoever was there before the daemon ended is there afterwards.
stay() {
    ask /login
    send /login name=viewer "password=$PASSWORD"
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    equal "the daemon ends well" "$?" 0
    start_sekisho --config "$T/sekisho.toml" --listen "inet:$PORT@127.0.0.1" --resolver 127.0.0.1:9
    ask /
    equal "a session outlives the daemon" "$STATUS" 200
    check "nobody is asked to set it up again" test "$(grep -c 'user setup' "$T/sekisho.log")" = 0
}

# A domain of [audit], asked about in DNS while somebody waits. Its record was changed after the daemon had audited it.
look() {
    end_daemon
    printf '[audit]\ndomains = ["example.jp"]\n' >> "$T/sekisho.toml"
    zone 'v=spf1 ip4:192.0.2.1 -all'
    start_dns "$T/zone"
    serve "$DNS"
    # The pages were asked for in Japanese before.
    ask '/?lang=en'
    within 20 audited || { fail "the daemon does not audit"; return; }
    check "a page without a look is the last audit" grep -q 'what the last audit kept' "$T/page"
    end_daemon
    kill "${STARTED[-2]}"
    zone 'v=spf1 ip4:192.0.2.1 -all mx'
    start_dns "$T/zone"
    serve "$DNS"
    ask '/domains/example.jp?now=1'
    equal "a look" "$STATUS" 200
    check "underlines what is wrong" grep -q 'v=spf1 ip4:192.0.2.1 -all <mark>mx</mark>' "$T/page"
    check "says what to publish" grep -q 'data-copy="_dmarc.example.jp. TXT' "$T/page"
    check "names what nobody answers" grep -q 'What nobody answered' "$T/page"
    check "and tells what changed" grep -q '<ins>' "$T/page"
    ask '/api/v1/domains/example.jp?now=1'
    check "programs are told the same" grep -q '"look":"seen"' "$T/page"
    check "with the bytes in question" grep -q '"span":\[[0-9]*,[0-9]*\]' "$T/page"
    ask '/domains/example.jp.csv?now=1&table=findings'
    check "and files" grep -q '^SPF[0-9]*,' "$T/page"
    ask '/domains/elsewhere.example?now=1'
    equal "no domain of anybody else is looked at" "$STATUS" 404
    end_daemon
    serve 127.0.0.1:9
    ask '/domains/example.jp?now=1'
    check "where nobody answers that is told" grep -q 'nobody answered anything' "$T/page"
    check "above the last audit" grep -q 'what the last audit kept' "$T/page"
}

# Reports on their way – those of the demonstration – of which one waits for a server that was busy: a form sends it at once, and
# however often it is pressed, and whenever, it is one mail.
send_now() {
    end_daemon
    local town=$T/town sink id
    "$SEKISHO" --state "$town" demo --once > "$T/town.log" 2>&1
    free_port
    sink=$PORT
    mkdir "$T/sent"
    python3 "$ROOT/tests/e2e/sink.py" "$sink" "$T/sent" 2> "$T/sink.log" &
    STARTED+=($!)
    within 10 is_open "$sink" || { fail "the server of mail does not start"; return; }
    {
        printf '[reports.send]\nfrom = "dmarc-reports@asagiri.example"\nsubmit = "smtp://127.0.0.1:%s"\n' "$sink"
        printf '[daemon]\nhttp = "127.0.0.1:%s"\n' "$HTTP"
    } >> "$town/sekisho.toml"
    free_port
    : > "$T/sekisho.log"
    "$SEKISHO" serve --lang en --state "$town" --config "$town/sekisho.toml" --listen "inet:$PORT@127.0.0.1" \
        > "$T/sekisho.out.log" 2> "$T/sekisho.log" &
    DAEMON=$!
    STARTED+=("$DAEMON")
    within 10 grep -q 'smtpd_milters = ' "$T/sekisho.log" || { fail "sekisho does not start over the town"; return; }
    local token
    token=$("$SEKISHO" --state "$town" user setup --format json | sed -n 's/.*"setup_token":"\([^"]*\)".*/\1/p')
    : > "$T/cookies"
    ask "/setup?token=$token"
    send /setup "token=$token" name=admin "password=$PASSWORD" "again=$PASSWORD"
    ask '/outgoing?domain=hokuto-post.example'
    id=$(grep -o 'href="/outgoing/[^"?]*"' "$T/page" | head -n 1 | sed 's|.*/outgoing/||; s/"$//')
    ask "/outgoing/$id"
    check "the server was busy" grep -q 'greylisted' "$T/page"
    equal "nothing is sent yet" "$(sent)" 0
    send /outgoing/send-now "id=$id" "back=/outgoing/$id"
    equal "it is wanted now" "$(sed -n 's/^location: //Ip' "$T/head" | tr -d '\r')" "/outgoing/$id?done=page-done-send-now"
    local press
    for press in 1 2 3 4 5 6; do
        ask "/outgoing/$id"
        send /outgoing/send-now "id=$id" "back=/outgoing/$id"
        equal "pressed again, $press" "$STATUS" 303
    done
    check "it arrives" within 20 test_sent
    check "and is shown as done" within 10 is_done "$id"
    send /outgoing/send-now "id=$id" "back=/outgoing/$id"
    equal "then nothing is left" "$(sed -n 's/^location: //Ip' "$T/head" | tr -d '\r')" \
        "/outgoing/$id?done=page-done-nothing-to-send"
    # Longer than between two looks of whoever sends.
    sleep 6
    equal "one mail" "$(sent)" 1
    check "to whom it was for" grep -q '^To: dmarc@hokuto-post\.example' "$T/sent/"*.eml
}

sent() {
    find "$T/sent" -name '*.eml' | wc -l
}

test_sent() {
    [ "$(sent)" -ge 1 ]
}

is_done() {
    ask "/outgoing/$1" && ! grep -q 'greylisted' "$T/page"
}

end_daemon() {
    kill -TERM "$DAEMON"
    wait "$DAEMON"
}

serve() {
    start_sekisho --config "$T/sekisho.toml" --listen "inet:$PORT@127.0.0.1" --resolver "$1"
}

audited() {
    ask /domains/example.jp && [ "$STATUS" = 200 ]
}

# zone SPF
zone() {
    cat > "$T/zone" << END
\$ORIGIN example.jp.
@ SOA ns1 hostmaster 1 3600 600 86400 300
@ NS ns1
ns1 A 192.0.2.53
@ MX 10 mail
mail A 192.0.2.1
@ TXT "$1"
_dmarc TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.jp"
;! default._bimi TXT servfail
END
}

main "$@"
