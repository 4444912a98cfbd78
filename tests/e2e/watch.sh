#!/usr/bin/env bash
# What the daemon audits by itself: a record of an include that changes is told by mail, through a real Postfix, once; an
# outage of DNS is no change; what was kept is shown by `check --history`.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mail/lib.sh"

main() {
    begin
    [ -x /usr/bin/python3 ] || skip "there is no Python"
    configure_postfix postmaster
    write_zone 192.0.2.0/24
    start_dns "$T/zone"
    start_postfix
    configure

    learnt
    changed
    outage
    shown
    reported
    finish
}

# write_zone NETWORK – what the domain publishes, with an include whose network it is.
write_zone() {
    cat > "$T/zone" << ZONE
\$TTL 1
example.jp. SOA ns1.example.jp. hostmaster.example.jp. 1 3600 600 86400 1
example.jp. NS ns1.example.jp.
example.jp. MX 10 mx.example.jp.
mx.example.jp. A 192.0.2.1
example.jp. TXT "v=spf1 include:_spf.service.example -all"
_spf.service.example. TXT "v=spf1 ip4:$1 -all"
_dmarc.example.jp. TXT "v=DMARC1; p=reject"
ZONE
}

# start_dns again, with what the zone says now; its address is another one.
change_zone() {
    write_zone "$1"
    start_dns "$T/zone"
    configure
}

configure() {
    cat > "$T/sekisho.toml" << CONFIGURATION
[receiver]
authserv_id = "$OURS"

[dns]
resolvers = ["$DNS"]

[audit]
domains = ["example.jp"]
every = "6h"

[reports.alerts]
to = ["postmaster@example.net"]
from = "sekisho@station.example"
submit = "smtp://127.0.0.1:$SMTP"
digest = "never"
CONFIGURATION
}

# once TIME – what is due then, and the end.
once() {
    "$SEKISHO" serve --once --lang en --state "$T/state" --config "$T/sekisho.toml" --at "$1" \
        > "$T/once.out.log" 2> "$T/once.log"
}

in_mailbox() {
    find "$T/mail/postmaster/new" -type f 2> /dev/null | wc -l
}

has() {
    [ "$(in_mailbox)" -eq "$1" ]
}

# text FILE – the subject and the body of a mail, as people read them.
text() {
    /usr/bin/python3 -c 'import email, email.policy, sys
mail = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.default)
print(mail["Subject"]); print(mail.get_content())' "$1"
}

learnt() {
    check "the first look" once 2026-11-01T00:00:00Z
    equal "tells nothing" "$(in_mailbox)" 0
    check "the next one is not due" once 2026-11-01T01:00:00Z
    equal "and keeps nothing" "$(audits)" 1
}

audits() {
    "$SEKISHO" check example.jp --history --format json --state "$T/state" | grep -o '"audits":[0-9]*' | cut -d : -f 2
}

changed() {
    change_zone 192.0.2.0/25
    check "a look six hours later" once 2026-11-01T06:00:00Z
    check "a mail comes" within 30 has 1
    text "$(find "$T/mail/postmaster/new" -type f)" > "$T/mail.txt"
    equal "its subject names the record" "$(head -n 1 "$T/mail.txt")" \
        "DMARC alert: example.jp: _spf.service.example is not as it was"
    check "its text the old one" grep -q -e '    - v=spf1 ip4:192.0.2.0/24 -all' "$T/mail.txt"
    check "and the new one" grep -q -e '    + v=spf1 ip4:192.0.2.0/25 -all' "$T/mail.txt"
    check "another look" once 2026-11-01T12:00:00Z
    equal "does not tell it again" "$(in_mailbox)" 1
}

# Nobody answers at all: nothing is known, nothing is told, nothing is kept.
outage() {
    local there=$DNS
    free_port
    sed -i "s/^resolvers = .*/resolvers = [\"127.0.0.1:$PORT\"]/; /^resolvers/a timeout = \"1s\"" "$T/sekisho.toml"
    check "a look without DNS" once 2026-11-01T18:00:00Z
    check "is told in the log" grep -q 'Nobody answered' "$T/once.log"
    equal "and by no mail" "$(in_mailbox)" 1
    equal "and is not kept" "$(audits)" 3
    DNS=$there
    configure
    check "a look with DNS again" once 2026-11-02T00:00:00Z
    equal "tells of no change" "$(in_mailbox)" 1
    equal "and is kept" "$(audits)" 4
}

shown() {
    "$SEKISHO" check example.jp --history --lang ja --state "$T/state" > "$T/history.txt"
    check "the history in Japanese" grep -q '_spf.service.example の SPF レコードが変更されました' "$T/history.txt"
}

# Where reports about the domain are kept, the requirements that need them are judged: 2-4 and 2-14 by reading them.
reported() {
    local without begin=$((1793491200 - 2 * 86400)) # two days before 2026-11-01T00:00:00Z
    without=$(met "$T/state")
    cat > "$T/report.xml" << REPORT
<?xml version="1.0"?><feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><version>1.0</version><report_metadata>
<org_name>Receiver</org_name><email>dmarc@receiver.example</email><report_id>one</report_id>
<date_range><begin>$begin</begin><end>$((begin + 86399))</end></date_range></report_metadata>
<policy_published><domain>example.jp</domain><p>reject</p></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>9</count><policy_evaluated><disposition>none</disposition>
<dkim>pass</dkim><spf>pass</spf></policy_evaluated></row><identifiers><header_from>example.jp</header_from></identifiers>
<auth_results><dkim><domain>example.jp</domain><selector>s1</selector><result>pass</result></dkim>
<spf><domain>example.jp</domain><scope>mfrom</scope><result>pass</result></spf></auth_results></record></feedback>
REPORT
    check "a report is read" "$SEKISHO" report import --lang en --state "$T/read" "$T/report.xml"
    sed "s,^resolvers = .*,resolvers = [\"$DNS\"]," -i "$T/sekisho.toml"
    cp -R "$T/read" "$T/watched"
    check "a look where it is kept" "$SEKISHO" serve --once --lang en --state "$T/read" --config "$T/sekisho.toml" \
        --at 2026-11-01T00:00:00Z
    check "judges what reports tell" [ "$(met "$T/read")" -gt "$without" ]
    "$SEKISHO" check example.jp --watch --save --lang en --state "$T/watched" --config "$T/sekisho.toml" \
        --at 2026-11-01T00:00:00Z > "$T/check.out.log" 2> "$T/check.log" &
    local watching=$!
    STARTED+=("$watching")
    check "a look of check --watch is kept" within 30 is_kept "$T/watched"
    kill "$watching"
    equal "and judges the same" "$(met "$T/watched")" "$(met "$T/read")"
}

# met STATE – how many of the guideline's May were met in the first audit that is kept there.
met() {
    "$SEKISHO" check example.jp --history --format json --state "$1" | /usr/bin/python3 -c 'import json, sys
print(json.load(sys.stdin)["history"][-1]["score"]["may"]["met"])'
}

is_kept() {
    "$SEKISHO" check example.jp --history --format json --state "$1" | grep -q '"audits":1'
}

main
