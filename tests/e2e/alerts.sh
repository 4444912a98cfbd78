#!/usr/bin/env bash
# What is told of reports: a new source is noticed by the daemon, told through a real Postfix in a mail that is signed, and
# to a webhook that says no at first; once, also when the program is killed again and again. Every week a digest in
# Japanese. Old reports go, and what is asked to go.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mail/lib.sh"

PUBLIC=XvVvfB4I+ZHGhwTpBIAiei8hwNllimF64w4SgsxqCPM=
DAY=86400

main() {
    begin
    [ -x /usr/bin/python3 ] || skip "there is no Python"
    configure_postfix postmaster killed
    # What is settled below is so for a while.
    while [ $(($(date +%s) % DAY)) -gt $((DAY - 240)) ]; do sleep 1; done
    TODAY=$(($(date +%s) / DAY * DAY))
    write_zone
    start_dns "$T/zone"
    start_postfix
    start_hook
    configure

    learn "$T/state"
    noticed_by_the_daemon
    shown
    reloaded
    killed
    digest
    advised
    removed
    kept_for_so_long
    finish
}

write_zone() {
    cat > "$T/zone" << EOF
\$TTL 300
hook.example. A 127.0.0.1
_dmarc.station.example. TXT "v=DMARC1; p=reject"
ed._domainkey.station.example. TXT "v=DKIM1; k=ed25519; p=$PUBLIC"
_dmarc.example.jp. TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.jp"
www.example.jp. A 192.0.2.80
EOF
}

# A webhook: what is put to it into $T/hook.json, a line each. The first time it says that it cannot.
start_hook() {
    install openssl openssl
    local new=(req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
    openssl "${new[@]}" -x509 -days 30 -subj "/CN=Authority" -addext basicConstraints=critical,CA:TRUE \
        -keyout "$T/ca.key" -out "$T/ca.pem" 2>> "$T/openssl.log"
    printf 'subjectAltName=DNS:hook.example\nbasicConstraints=CA:FALSE\n' > "$T/cert.ext"
    openssl "${new[@]}" -subj /CN=hook.example -keyout "$T/key.pem" -out "$T/cert.csr" 2>> "$T/openssl.log" &&
        openssl x509 -req -in "$T/cert.csr" -CA "$T/ca.pem" -CAkey "$T/ca.key" -CAcreateserial -days 30 \
            -extfile "$T/cert.ext" -out "$T/cert.pem" 2>> "$T/openssl.log" ||
        { fail "there are no certificates"; finish; }
    free_port
    HOOK=$PORT
    cat > "$T/hook.py" << 'EOF'
import http.server, json, ssl, sys
folder, port = sys.argv[1], int(sys.argv[2])
class Hook(http.server.BaseHTTPRequestHandler):
    count = 0
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Hook.count += 1
        with open(folder + "/hook.json", "a") as out:
            told = {"token": self.headers["Authorization"], "key": self.headers["Idempotency-Key"], "body": json.loads(body)}
            out.write(json.dumps(told, ensure_ascii=False) + "\n")
        self.send_response(503 if Hook.count == 1 else 200)
        self.end_headers()
    def log_message(self, *words):
        pass
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
server = http.server.HTTPServer(("127.0.0.1", port), Hook)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
EOF
    /usr/bin/python3 "$T/hook.py" "$T" "$HOOK" > "$T/hook.log" 2>&1 &
    STARTED+=($!)
    within 15 is_open "$HOOK" || { fail "the webhook does not start"; finish; }
}

configure() {
    cp "$KEYS/ed25519.pem" "$T/station.pem"
    chmod 600 "$T/station.pem"
    echo "sesame-sesame-sesame" > "$T/token"
    free_port
    HTTP=$PORT
    cat > "$T/sekisho.toml" << EOF
[receiver]
authserv_id = "$OURS"

[dns]
resolvers = ["$DNS"]

[daemon]
http = "127.0.0.1:$HTTP"

[reports]
domains = ["example.jp"]

[reports.alerts]
to = ["postmaster@example.net"]
from = "sekisho@station.example"
submit = "smtp://127.0.0.1:$SMTP"
webhook = "https://hook.example:$HOOK/told?a=b"
webhook_token_file = "token"
webhook_private = true
roots = "ca.pem"
digest = "monday 08:00"
utc_offset = "+09:00"
wait = "0s"
retry = "1s"

[[signing.key]]
domain = "station.example"
selector = "ed"
file = "station.pem"
EOF
    sed -e '/^webhook/d' -e '/^roots/d' -e 's/^to = .*/to = ["killed@example.net"]/' -e 's/^digest = .*/digest = "never"/' \
        -e '/^\[daemon\]/,/^http/d' "$T/sekisho.toml" > "$T/killed.toml"
    sed -e '/^webhook/d' -e '/^roots/d' -e 's/^digest = .*/&\nlanguage = "ja"/' -e '/^\[daemon\]/,/^http/d' \
        "$T/sekisho.toml" > "$T/japanese.toml"
}

# report DAYS-AGO NAME RECORDS… – a report as a file; a record is ADDRESS:COUNT:RESULT:AUTHOR.
report() {
    local begin=$((TODAY - $1 * DAY)) name=$2 record ip count result author signer
    shift 2
    {
        printf '<?xml version="1.0"?><feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><version>1.0</version>'
        printf '<report_metadata><org_name>Receiver</org_name><email>dmarc@receiver.example</email>'
        printf '<report_id>%s</report_id><date_range><begin>%d</begin><end>%d</end></date_range></report_metadata>' \
            "$name" "$begin" $((begin + DAY - 1))
        printf '<policy_published><domain>example.jp</domain><p>none</p></policy_published>'
        for record; do
            IFS=: read -r ip count result author <<< "$record"
            printf '<record><row><source_ip>%s</source_ip><count>%s</count><policy_evaluated>' "$ip" "$count"
            printf '<disposition>none</disposition><dkim>%s</dkim><spf>fail</spf></policy_evaluated></row>' "$result"
            printf '<identifiers><header_from>%s</header_from></identifiers><auth_results>' "${author:-example.jp}"
            [ "$result" = fail ] && signer=evil.example || signer=example.jp
            printf '<dkim><domain>%s</domain><selector>s1</selector><result>%s</result></dkim>' "$signer" "$result"
            printf '<spf><domain>other.example</domain><scope>mfrom</scope><result>fail</result></spf>'
            printf '</auth_results></record>'
        done
        printf '</feedback>'
    } > "$T/in/$name.xml"
}

import() {
    "$SEKISHO" report import --lang en --state "$1" --config "$T/sekisho.toml" "$T/in" > "$T/import.log" 2>&1
}

# once STATE CONFIGURATION OPTIONS… – what is due, and the end.
once() {
    local state=$1 configuration=$2
    shift 2
    "$SEKISHO" serve --once --lang en --state "$state" --config "$T/$configuration" "$@" > "$T/once.out.log" 2> "$T/once.log"
}

# Ten days of quiet, until the day before yesterday.
learn() {
    local ago
    mkdir -p "$T/in"
    rm -f "$T/in/"*
    for ago in $(seq 2 12); do report "$ago" "quiet$ago" 192.0.2.1:1000:pass; done
    check "ten days are imported" import "$1"
    check "what is there is learnt" once "$1" sekisho.toml
    equal "and not told" "$(in_mailbox postmaster)" 0
}

in_mailbox() {
    find "$T/mail/$1/new" -type f 2> /dev/null | wc -l
}

has() {
    [ "$(in_mailbox "$1")" -eq "$2" ]
}

mail_of() {
    find "$T/mail/$1/new" -type f -print0 | sort -z | xargs -0 -n 1 echo | tail -n 1
}

# text FILE – the body of a mail, as people read it.
text() {
    /usr/bin/python3 -c 'import email, email.policy, sys
mail = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
print(mail["Subject"]); print(mail.get_content())' "$1"
}

noticed_by_the_daemon() {
    report 1 yesterday 192.0.2.1:1000:pass 198.51.100.9:200:fail 203.0.113.5:20:fail:gone.example.jp
    check "the last day is imported" import "$T/state"
    start_sekisho --config "$T/sekisho.toml" --listen inet:0@127.0.0.1
    check "it is told where alerts go" grep -q 'Alerts and digests go to postmaster@example.net, https://hook.example' "$T/sekisho.log"
    equal "but not the way behind the host" "$(grep -c 'told?a=b' "$T/sekisho.log")" 0
    check "a mail comes" within 30 has postmaster 1
    ALERT=$(mail_of postmaster)
    text "$ALERT" > "$T/alert.txt"
    equal "its subject tells it" "$(head -n 1 "$T/alert.txt")" \
        "DMARC alert: example.jp has a new source, 198.51.100.0/24 with 200 messages a day"
    check "its text tells the next step" grep -q 'sekisho report sources --domain example.jp' "$T/alert.txt"
    equal "it passes DMARC" \
        "$("$SEKISHO" verify --resolver "$DNS" --format json "$ALERT" | grep -c '"dmarc":{"result":"pass"')" 1
    # The first answer was no.
    check "the webhook is asked again" within 60 hooked 2
    equal "with the same id" "$(grep -o '"key": "[0-9a-f]*"' "$T/hook.json" | sort -u | wc -l)" 1
    equal "with the token" "$(grep -c 'Bearer sesame-sesame-sesame' "$T/hook.json")" 2
    equal "and the facts" "$(grep -c '"alert": "new-source"' "$T/hook.json")" 2
    check "metrics tell of the alert" metric 'sekisho_alerts_total 1'
    check "metrics tell of the letters" within 10 metric 'sekisho_letters_total{kind="alerts",status="sent"} 2'
    check "status tells of it" status_tells 'Alerts: 1 noticed'
    # Another start tells nothing again; the other process may not watch beside the daemon.
    check "nobody watches beside the daemon" refused_beside
}

# What was told stands on the overview, newest first, with the page that explains it.
shown() {
    check "somebody may come in" \
        "$SEKISHO" --state "$T/state" user add robot --grant viewer <<< "seven wild horses" > "$T/user.log" 2>&1
    "$SEKISHO" --state "$T/state" user token add robot --grant viewer > "$T/robot.txt" 2>> "$T/user.log"
    check "the overview is there" overview
    equal "it tells of the alert" "$(noticed kind)" new-source
    equal "and of its domain" "$(noticed domain)" example.jp
    check "it leads to the source" grep -q '^/senders/network%3A198.51.100.0%2F24?domain=example.jp&' <(noticed page)
}

overview() {
    /usr/bin/python3 - "http://127.0.0.1:$HTTP" "$(grep -o 'sekisho_[A-Za-z0-9_-]*' "$T/robot.txt" | head -n 1)" > "$T/overview.json" << 'EOF'
import sys, urllib.request
request = urllib.request.Request(sys.argv[1] + "/api/v1/overview", headers={"Authorization": "Bearer " + sys.argv[2]})
print(urllib.request.urlopen(request, timeout=20).read().decode())
EOF
}

noticed() {
    /usr/bin/python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["noticed"][0][sys.argv[2]])' "$T/overview.json" "$1"
}

hooked() {
    [ -f "$T/hook.json" ] && [ "$(wc -l < "$T/hook.json")" -ge "$1" ]
}

metric() {
    exec 3<> "/dev/tcp/127.0.0.1/$HTTP" || return 1
    printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3
    grep -qF "$1" <&3
}

status_tells() {
    "$SEKISHO" status --lang en --state "$T/state" | grep -q "$1"
}

refused_beside() {
    ! once "$T/state" sekisho.toml && grep -q 'Another process' "$T/once.log"
}

# What a reload takes, and what it names.
reloaded() {
    sed -i -e 's/^domains = .*/&\nlmtp = "inet:0@127.0.0.1"/' "$T/sekisho.toml"
    sed -i -e 's/^digest = .*/digest = "never"/' "$T/sekisho.toml"
    printf '[reports.hosts]\nlookup = false\n' >> "$T/sekisho.toml"
    "$SEKISHO" reload --lang en --state "$T/state" > "$T/reload.log" 2>&1
    check "a door needs a restart" grep -q 'reports.file, lmtp' "$T/reload.log"
    check "looking for names does, too" grep -q 'reports.hosts, reports.geo' "$T/reload.log"
    equal "the hour of the digest does not" "$(grep -c 'alerts' "$T/reload.log")" 0
    rm -f "$T/token"
    check "what cannot be read is refused" not_reloaded
    echo "sesame-sesame-sesame" > "$T/token"
    kill "$DAEMON"
    wait "$DAEMON" 2> /dev/null
    check "the same is not told again" once "$T/state" sekisho.toml
    equal "by no mail" "$(in_mailbox postmaster)" 1
    equal "by no webhook" "$(wc -l < "$T/hook.json")" 2
}

not_reloaded() {
    ! "$SEKISHO" reload --lang en --state "$T/state" > "$T/reload.log" 2>&1
}

# Killed again and again while it notices, writes and sends: the letter comes, and it is one.
killed() {
    local round ids pid
    rm -f "$T/in/yesterday.xml"
    check "reports for the killed one" import "$T/other"
    check "it has learnt" once "$T/other" killed.toml
    report 1 yesterday 192.0.2.1:1000:pass 198.51.100.9:200:fail
    check "and hears of another day" import "$T/other"
    for round in $(seq 1 20); do
        "$SEKISHO" serve --once --lang en --state "$T/other" --config "$T/killed.toml" > "$T/round.log" 2>&1 &
        pid=$!
        sleep "0.$(printf '%03d' $((RANDOM % 400)))"
        kill -9 "$pid" 2> /dev/null
        wait "$pid" 2> /dev/null
    done
    check "at last it is let be" once "$T/other" killed.toml
    check "the letter has come" within 30 in_the_box
    ids=$(grep -h -i '^Message-ID:' "$T/mail/killed/new/"* | sort -u | wc -l)
    equal "and it is one, by its id" "$ids" 1
    echo "$(in_mailbox killed) copies after 20 kills"
}

in_the_box() {
    [ "$(in_mailbox killed)" -ge 1 ]
}

# The next Monday, nine in the morning in Japan.
digest() {
    local days=$(((7 - ($(date -u +%u) - 1)) % 7))
    local monday=$((TODAY + (days == 0 ? 7 : days) * DAY))
    check "the week is told of" once "$T/state" japanese.toml --at "$monday"
    # When today is a Monday a whole week passes, and a letter about what fell silent in it comes as well.
    check "a mail comes" within 30 weekly_are 1
    text "$(weekly | head -n 1)" > "$T/digest.txt"
    check "its subject tells how it is" grep -q '^DMARC 週報: example.jp 要対応、' "$T/digest.txt"
    check "and its text" grep -q 'example.jp の .* までの DMARC の状況です。' "$T/digest.txt"
    check "it tells of the alert" grep -q '新しい送信元 198.51.100.0/24' "$T/digest.txt"
    check "once" once "$T/state" japanese.toml --at "$((monday + 3600))"
    equal "a week" "$(weekly | wc -l)" 1
}

# The weekly letters among the mails.
weekly() {
    local mail
    find "$T/mail/postmaster/new" -type f | while read -r mail; do
        text "$mail" | head -n 1 | grep -q '^DMARC 週報' && echo "$mail"
    done
}

weekly_are() {
    [ "$(weekly | wc -l)" -eq "$1" ]
}

# The record of today, and which names below do not exist.
advised() {
    "$SEKISHO" report advise example.jp --lang en --state "$T/state" --resolver "$DNS" --format json > "$T/advise.json"
    check "the record of today" grep -qF '"record":"v=DMARC1; p=none; rua=mailto:dmarc@example.jp"' "$T/advise.json"
    check "the next one keeps its address" \
        grep -qE '"text":"v=DMARC1; p=quarantine;[^"]*rua=mailto:dmarc@example.jp' "$T/advise.json"
    check "a name below that is not there" grep -qF '"nonexistent":["gone.example.jp"]' "$T/advise.json"
    "$SEKISHO" report advise example.jp --lang en --state "$T/state" --offline --format json > "$T/offline.json"
    check "nobody is asked offline" grep -qF '"result":"not_asked"' "$T/offline.json"
}

removed() {
    local before
    before=$(date -u -d "@$((TODAY - 5 * DAY))" +%F)
    "$SEKISHO" report remove --domain example.jp --before "$before" --format json --state "$T/other" > "$T/remove.json"
    check "it is counted first" grep -q '"removed":false,"reports":7' "$T/remove.json"
    equal "and nothing goes" "$(reports_of "$T/other")" 12
    "$SEKISHO" report remove --domain example.jp --before "$before" --yes --state "$T/other" > "$T/remove.log"
    equal "then it goes" "$(reports_of "$T/other")" 5
    "$SEKISHO" report remove --domain example.jp --yes --state "$T/other" > "$T/remove.log"
    equal "all of it" "$(reports_of "$T/other")" 0
}

reports_of() {
    "$SEKISHO" report list --from 2020-01-01 --format json --state "$1" | grep -c '"kind":"aggregate"'
}

kept_for_so_long() {
    local now
    now=$(date +%s)
    sed -e 's/^domains = .*/&\nkeep_days = 5/' "$T/killed.toml" > "$T/short.toml"
    # They came a moment ago, and are kept from then on.
    check "what came lately stays" once "$T/state" short.toml --at "$((now + 4 * DAY))"
    equal "all of it" "$(reports_of "$T/state")" 12
    check "what is old goes" once "$T/state" short.toml --at "$((now + 6 * DAY))"
    equal "all of it, too" "$(reports_of "$T/state")" 0
}

main
