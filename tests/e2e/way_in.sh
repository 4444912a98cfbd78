#!/usr/bin/env bash
# Reports that are taken in while they pass the milter, in a real Postfix: swallowed once they are on the disk and not
# before, or delivered as well; for one recipient of two; and not when nobody can say whose they are.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    install postconf postfix
    [ "$(id -u)" -eq 0 ] || skip "Postfix can be started by root only"
    cat > "$T/zone" << EOF
\$TTL 300
receiver.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.receiver.example. TXT "v=DMARC1; p=none"
mail.receiver.example. A 192.0.2.1
1.2.0.192.in-addr.arpa. PTR mail.receiver.example.
2.2.0.192.in-addr.arpa. PTR other.example.
other.example. A 192.0.2.77
flaky.example. TXT "v=spf1 -all"
;! _dmarc.flaky.example * servfail
EOF
    start_dns "$T/zone"
    free_port; SMTP=$PORT
    MILTER=$((SMTP + 1)); while is_open "$MILTER"; do MILTER=$((MILTER + 1)); done
    serve swallow
    start_postfix

    swallowed
    for_one_of_two
    not_now
    not_authenticated
    others
    stop
    serve deliver
    delivered
    named
    finish
}

# serve ACTION
serve() {
    cat > "$T/sekisho.toml" << EOF
[daemon]
http = "off"

[reports]
domains = ["example.jp"]

[reports.milter]
addresses = ["dmarc@example.net"]
action = "$1"
bytes = 50000
EOF
    start_sekisho --config "$T/sekisho.toml" --listen "inet:$MILTER@127.0.0.1" --resolver "$DNS" --authserv-id "$OURS"
    check "it tells whose mail is taken in" grep -q 'milter:dmarc@example.net' "$T/sekisho.log"
}

stop() {
    kill "$DAEMON"
    wait "$DAEMON" 2> /dev/null
    equal "it ends well" $? 0
    cp "$T/sekisho.log" "$T/before.log"
}

start_postfix() {
    mkdir -p "$T/conf" "$T/queue" "$T/data" "$T/mail"
    chown postfix "$T/data"
    chown nobody "$T/mail"
    printf 'b@example.net b/\ndmarc@example.net dmarc/\n' > "$T/conf/mailboxes"
    cat > "$T/conf/main.cf" << EOF
compatibility_level = 3.6
queue_directory = $T/queue
data_directory = $T/data
maillog_file = $T/postfix.log
maillog_file_prefixes = $T
myhostname = $OURS
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = all
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_transport = error:no local mail here
default_transport = error:no mail leaves this test
virtual_mailbox_domains = example.net
virtual_mailbox_base = $T/mail
virtual_mailbox_maps = texthash:$T/conf/mailboxes
virtual_minimum_uid = 1
virtual_uid_maps = static:$(id -u nobody)
virtual_gid_maps = static:$(id -g nobody)
smtpd_recipient_restrictions = permit
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_milters = inet:127.0.0.1:$MILTER
milter_default_action = accept
disable_dns_lookups = yes
notify_classes =
bounce_template_file =
EOF
    cat > "$T/conf/master.cf" << EOF
127.0.0.1:$SMTP inet n - n - - smtpd
pickup    unix  n - n 1 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
error     unix  - - n - - error
retry     unix  - - n - - error
virtual   unix  - n n - - virtual
showq     unix  n - n - - showq
anvil     unix  - - n - 1 anvil
proxymap  unix  - - n - - proxymap
postlog   unix-dgram n - n - 1 postlogd
EOF
    postfix -c "$T/conf" check > "$T/check.log" 2>&1
    chgrp postdrop "$T/queue/maildrop" "$T/queue/public" && chmod 1730 "$T/queue/maildrop" && chmod 2710 "$T/queue/public"
    POSTFIX_STARTED=yes
    postfix -c "$T/conf" start > "$T/start.log" 2>&1
    within 15 is_open "$SMTP" || { fail "Postfix does not start"; finish; }
}

before_clean_up() {
    [ -z "${POSTFIX_STARTED:-}" ] || postfix -c "$T/conf" stop > "$T/stop.log" 2>&1
}

# report NUMBER [DOMAIN] – a mail of DOMAIN with an aggregate report about as many messages, in $T/one.msg.
report() {
    local from=${2:-receiver.example} day=$((1772323200 + 86400 * $1))
    cat > "$T/one.xml" << EOF
<?xml version="1.0"?><feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0"><version>1.0</version><report_metadata>
<org_name>Receiver</org_name><email>dmarc@$from</email><report_id>$1</report_id>
<date_range><begin>$day</begin><end>$((day + 86399))</end></date_range></report_metadata>
<policy_published><domain>example.jp</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.$1</source_ip><count>$1</count><policy_evaluated><disposition>none</disposition>
<dkim>pass</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>example.jp</header_from></identifiers>
<auth_results><dkim><domain>example.jp</domain><selector>s</selector><result>pass</result></dkim></auth_results></record></feedback>
EOF
    {
        printf 'From: Reports <dmarc@%s>\nTo: dmarc@example.net\nDate: Mon, 02 Mar 2026 03:04:05 +0000\n' "$from"
        printf 'Message-ID: <report-%s@%s>\nSubject: Report Domain: example.jp Submitter: %s Report-ID: <%s>\n' "$1" "$from" "$from" "$1"
        printf 'MIME-Version: 1.0\nContent-Type: application/gzip\nContent-Transfer-Encoding: base64\n\n'
        gzip -n -c "$T/one.xml" | base64
    } > "$T/one.msg"
}

# send FROM TO [IP] – $T/one.msg.
send() {
    smtp "$SMTP" "${3:-192.0.2.1}" client.example client.example "$1" "$2" "$T/one.msg"
}

# said FROM CODE RECIPIENT… – $T/one.msg in one transaction; CODE is what the message gets.
said() {
    local from=$1 code=$2 recipient
    shift 2
    exec 3<> "/dev/tcp/127.0.0.1/$SMTP" || return 1
    reply 220 && command_line 250 "EHLO tester.example" && command_line 220 "XCLIENT NAME=client.example ADDR=192.0.2.1" &&
        command_line 250 "EHLO client.example" && command_line 250 "MAIL FROM:<$from>" || return 1
    for recipient; do command_line 250 "RCPT TO:<$recipient>" || return 1; done
    command_line 354 "DATA" || return 1
    sed -e 's/$/\r/' "$T/one.msg" >&3
    command_line "$code" "." && command_line 221 "QUIT" || return 1
    exec 3>&-
}

# kept COUNT
kept() {
    "$SEKISHO" report list --lang en --state "$T/state" --config "$T/sekisho.toml" --from 2026-03-01 --to 2026-04-01 \
        --format json 2> "$T/list.log" |
        grep '"kind":"aggregate"' > "$T/list.json"
    equal "so many are kept" "$(grep -c . "$T/list.json")" "$1"
}

# in_mailbox NAME COUNT
in_mailbox() {
    [ "$(find "$T/mail/$1/new" -type f 2> /dev/null | wc -l)" -eq "$2" ]
}

swallowed() {
    report 1
    check "the client is told that it was taken" send bounce@receiver.example DMARC@example.net
    # Who was told so may rely on it: there is nothing to wait for.
    kept 1
    check "who vouches for it is known" grep -q 'report accepted.*source="milter".*trust="authenticated"' "$T/sekisho.log"
    check "the line of the message tells what became of it" grep -q 'message queue_id=.*action=discard' "$T/sekisho.log"
    check "Postfix discards it" within 10 grep -q 'milter-discard' "$T/postfix.log"
}

for_one_of_two() {
    report 2
    check "both are taken" said bounce@receiver.example 250 dmarc@example.net b@example.net
    kept 2
    check "the other one gets it" within 10 in_mailbox b 1
    check "the address of reports does not" in_mailbox dmarc 0
}

# Nobody can say whose it is: it must come again.
not_now() {
    report 3 flaky.example
    check "it is refused for now" said bounce@flaky.example 451 dmarc@example.net
    kept 2
}

# What nobody vouches for is kept apart.
not_authenticated() {
    report 4
    check "it is taken" send bounce@elsewhere.example dmarc@example.net 203.0.113.9
    kept 3
    check "and kept apart" grep -q 'report accepted.*source="milter".*trust="unauthenticated"' "$T/sekisho.log"
}

# Mail to others, and mail that is too large, go their way.
others() {
    report 5
    check "mail to another is taken" send bounce@receiver.example b@example.net
    check "and delivered" within 10 in_mailbox b 2
    kept 3
    report 6
    head -c 60000 /dev/urandom | base64 >> "$T/one.msg"
    check "a large one is taken" send bounce@receiver.example dmarc@example.net
    check "and delivered" within 10 in_mailbox dmarc 1
    kept 3
}

delivered() {
    report 7
    check "it is taken" send bounce@receiver.example dmarc@example.net
    kept 4
    check "and delivered, too" within 10 in_mailbox dmarc 2
    "$SEKISHO" report summary --lang en --state "$T/state" --config "$T/sekisho.toml" --from 2026-03-01 --to 2026-04-01 \
        --format json > "$T/summary.json" 2> "$T/summary.log"
    # 1, 2 and 7: for 4 nobody vouches.
    equal "what counts" "$(grep -o '"messages":[0-9]*' "$T/summary.json" | head -n 1)" '"messages":10'
}

# Names are looked up while the daemon runs; only those count that lead back to their address.
named() {
    "$SEKISHO" report sources --lang en --state "$T/state" --config "$T/sekisho.toml" --resolver "$DNS" --from 2026-03-01 \
        --to 2026-04-01 --lookup --addresses --format json > "$T/sources.json" 2> "$T/sources.log"
    equal "the command ends well" $? 0
    check "hosts of one domain are one source" grep -q '"hosts":"receiver.example"' "$T/sources.json"
    check "an address has its name" grep -q '"address":"192.0.2.1","name":"mail.receiver.example"' "$T/sources.json"
    check "a name that leads elsewhere is none" grep -q '"address":"192.0.2.2","name":null' "$T/sources.json"
}

main
