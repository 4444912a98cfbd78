#!/usr/bin/env bash
# Reports that come to the daemon: over LMTP, in mail that is authenticated or not, and pushed over HTTP; what the command
# line tells of them while the daemon runs, and after it was killed.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    command -v python3 > /dev/null || skip "there is no python3, which speaks LMTP here"
    cat > "$T/zone" << EOF
ed._domainkey.receiver.example. TXT "v=DKIM1; k=ed25519; p=XvVvfB4I+ZHGhwTpBIAiei8hwNllimF64w4SgsxqCPM="
_dmarc.receiver.example. TXT "v=DMARC1; p=reject"
EOF
    start_dns "$T/zone"
    free_port
    LMTP=$PORT
    PUSH=$((PORT + 1))
    while is_open "$PUSH"; do PUSH=$((PUSH + 1)); done
    echo "0123456789abcdef0123456789abcdef" > "$T/tokens"
    cat > "$T/sekisho.toml" << EOF
[reports]
domains = ["example.jp"]
lmtp = "inet:$LMTP@127.0.0.1"
recipients = ["dmarc@example.jp"]
push = "inet:$PUSH@127.0.0.1"
push_tokens = "tokens"
EOF
    serve
    check "it tells where reports are taken" grep -q "Reports are taken at inet:$LMTP@127.0.0.1" "$T/sekisho.log"

    over_lmtp
    pushed
    killed
    finish
}

serve() {
    start_sekisho --config "$T/sekisho.toml" --listen inet:0@127.0.0.1 --resolver "$DNS" --authserv-id "$OURS"
}

# report ID DAY COUNT [DOMAIN] – an aggregate report.
report() {
    local begin=$((1772323200 + $2 * 86400))
    cat << EOF
<?xml version="1.0"?><feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><version>1.0</version><report_metadata>
<org_name>Receiver</org_name><email>dmarc@receiver.example</email><report_id>$1</report_id>
<date_range><begin>$begin</begin><end>$((begin + 86399))</end></date_range></report_metadata>
<policy_published><domain>${4:-example.jp}</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>$3</count><policy_evaluated><disposition>none</disposition>
<dkim>pass</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>${4:-example.jp}</header_from></identifiers>
<auth_results><dkim><domain>${4:-example.jp}</domain><selector>s</selector><result>pass</result></dkim></auth_results></record></feedback>
EOF
}

# mail NAME – a mail with $T/NAME.xml in it.
mail() {
    {
        printf 'From: Reports <dmarc@receiver.example>\nTo: dmarc@example.jp\nDate: Mon, 02 Mar 2026 03:04:05 +0000\n'
        printf 'Message-ID: <%s@receiver.example>\nSubject: Report Domain: example.jp Submitter: receiver.example Report-ID: <%s>\n' "$1" "$1"
        printf 'MIME-Version: 1.0\nContent-Type: application/gzip\nContent-Transfer-Encoding: base64\n\n'
        gzip -n -c "$T/$1.xml" | base64
    } > "$T/$1.eml"
}

sign_mail() {
    "$SEKISHO" sign --domain receiver.example --selector ed --key "$KEYS/ed25519.pem" < "$T/$1.eml" > "$T/$1.signed" &&
        mv "$T/$1.signed" "$T/$1.eml"
}

# lmtp NAME [RECIPIENT] – the code of the last reply.
lmtp() {
    python3 - "$LMTP" "$T/$1.eml" "${2:-dmarc@example.jp}" << 'EOF'
import smtplib, sys
client = smtplib.LMTP("127.0.0.1", int(sys.argv[1]))
try:
    client.sendmail("bounce@receiver.example", [sys.argv[3]], open(sys.argv[2], "rb").read())
    print(250)
except smtplib.SMTPRecipientsRefused as refused:
    print(list(refused.recipients.values())[0][0])
except smtplib.SMTPResponseException as refused:
    print(refused.smtp_code)
EOF
}

# told KEY OPTIONS… – what the summary says under KEY.
told() {
    "$SEKISHO" --state "$T/state" --config "$T/sekisho.toml" report summary --from 2026-03-01 --to 2026-04-01 --format json "${@:2}" |
        python3 -c 'import json, sys; print(json.loads(sys.stdin.readline() or "{}").get(sys.argv[1], 0))' "$1"
}

statuses() {
    "$SEKISHO" --state "$T/state" --config "$T/sekisho.toml" report list --from 2026-03-01 --to 2100-01-01 --format json |
        python3 -c 'import json, sys; print(" ".join(sorted(json.loads(line)["status"] + ":" + json.loads(line)["trust"] for line in sys.stdin)))'
}

over_lmtp() {
    report r1 0 30 > "$T/r1.xml"
    mail r1
    sign_mail r1
    equal "a signed report is taken" "$(lmtp r1)" 250
    equal "it counts at once" "$(told messages)" 30
    check "the log tells it" grep -q 'report accepted.*trust="authenticated"' "$T/sekisho.log"
    equal "the same again is taken" "$(lmtp r1)" 250
    equal "and counts no second time" "$(told messages)" 30
    report r2 1 500 > "$T/r2.xml"
    mail r2
    equal "a report that nobody signed is taken" "$(lmtp r2)" 250
    equal "but does not count" "$(told messages)" 30
    equal "unless one asks for it" "$(told messages --unauthenticated)" 530
    report r3 2 7 other.example > "$T/r3.xml"
    mail r3
    sign_mail r3
    equal "a report about others is taken from the MTA" "$(lmtp r3)" 250
    printf 'From: a@receiver.example\nSubject: hello\n\nno report\n' > "$T/hello.eml"
    equal "a mail without a report, too" "$(lmtp hello)" 250
    equal "what was refused is kept with its reason" "$(statuses)" \
        "accepted:authenticated accepted:unauthenticated refused:authenticated refused:unauthenticated"
    equal "nothing is taken for other addresses" "$(lmtp r1 somebody@example.jp)" 550
}

# push TOKEN FILE – the status.
push() {
    python3 - "$PUSH" "$1" "$2" << 'EOF'
import sys, urllib.error, urllib.request
request = urllib.request.Request(f"http://127.0.0.1:{sys.argv[1]}/reports", open(sys.argv[3], "rb").read(),
                                 {"Authorization": f"Bearer {sys.argv[2]}"})
try:
    print(urllib.request.urlopen(request).status)
except urllib.error.HTTPError as refused:
    print(refused.code)
EOF
}

pushed() {
    report r4 3 11 > "$T/r4.xml"
    equal "who has no token may not push" "$(push 00000000000000000000000000000000 "$T/r4.xml")" 401
    equal "who has one may" "$(push "$(cat "$T/tokens")" "$T/r4.xml")" 202
    equal "and is believed" "$(told messages)" 41
}

killed() {
    kill -KILL "$DAEMON"
    wait "$DAEMON" 2> /dev/null
    equal "what was taken is there after SIGKILL" "$(told messages)" 41
    serve
    equal "and what was taken is known again" "$(lmtp r1)" 250
    equal "so that nothing counts twice" "$(told messages)" 41
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    equal "it ends as ever" $? 0
}

main "$@"
