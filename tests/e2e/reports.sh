#!/usr/bin/env bash
# Reports all the way: mail comes through a real Postfix and is judged by one Sekisho; the reports about it go back through
# Postfix, and a second Sekisho takes them over LMTP and counts what the first has seen. On the way a server that is not
# there, a mailbox that does not exist, and an owner who did not agree.

. "$(dirname "$0")/lib.sh"

PUBLIC=XvVvfB4I+ZHGhwTpBIAiei8hwNllimF64w4SgsxqCPM=

main() {
    begin
    install postconf postfix
    [ "$(id -u)" -eq 0 ] || skip "Postfix can be started by root only"
    # What is counted below is one UTC day's.
    while [ $(($(date +%s) % 86400)) -gt 86280 ]; do sleep 1; done
    write_zone
    start_dns "$T/zone"
    ports
    write_configurations
    start_reader
    start_sender
    start_postfix

    receive
    dry_run
    only_one
    not_there
    sent_by_the_daemon
    same_numbers
    bounced
    never_about_itself
    finish
}

write_zone() {
    cat > "$T/zone" << EOF
\$TTL 300
sender.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.sender.example. TXT "v=DMARC1; p=reject; rua=mailto:dmarc@sender.example"
ed._domainkey.sender.example. TXT "v=DKIM1; k=ed25519; p=$PUBLIC"
outside.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.outside.example. TXT "v=DMARC1; p=none; rua=mailto:dmarc@collector.example"
outside.example._report._dmarc.collector.example. TXT "v=DMARC1"
refused.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.refused.example. TXT "v=DMARC1; p=none; rua=mailto:victim@nobody.example"
unlucky.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.unlucky.example. TXT "v=DMARC1; p=none; rua=mailto:nobody@unlucky.example"
silent.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.silent.example. TXT "v=DMARC1; p=none"
_dmarc.receiver.example. TXT "v=DMARC1; p=reject; rua=mailto:dmarc@receiver.example"
ed._domainkey.receiver.example. TXT "v=DKIM1; k=ed25519; p=$PUBLIC"
EOF
}

ports() {
    free_port; SMTP=$PORT
    READER=$((SMTP + 1)); while is_open "$READER"; do READER=$((READER + 1)); done
    BOUNCES=$((READER + 1)); while is_open "$BOUNCES"; do BOUNCES=$((BOUNCES + 1)); done
    CLOSED=$((BOUNCES + 1)); while is_open "$CLOSED"; do CLOSED=$((CLOSED + 1)); done
}

write_configurations() {
    cp "$KEYS/ed25519.pem" "$T/reports.pem"
    chmod 600 "$T/reports.pem"
    cat > "$T/sender.toml" << EOF
[reports]
lmtp = "inet:$BOUNCES@127.0.0.1"

[reports.send]
from = "dmarc-reports@receiver.example"
bounces = "bounces@receiver.example"
submit = "smtp://127.0.0.1:$SMTP"
organization = "Receiver"
jitter = "0s"
retry = "1s"

[[signing.key]]
domain = "receiver.example"
selector = "ed"
file = "reports.pem"
EOF
    sed -e "s/:$SMTP\"/:$CLOSED\"/" "$T/sender.toml" > "$T/nowhere.toml"
    cat > "$T/reader.toml" << EOF
[reports]
domains = ["sender.example", "outside.example"]
lmtp = "inet:$READER@127.0.0.1"
recipients = ["dmarc@sender.example", "dmarc@collector.example"]
EOF
}

start_sender() {
    start_sekisho --config "$T/sender.toml" --listen inet:0@127.0.0.1 --authserv-id "$OURS" --resolver "$DNS"
    SENDER=$DAEMON
    [ -n "${MILTER:-}" ] || MILTER=$(grep -o 'smtpd_milters = inet:.*' "$T/sekisho.log" | head -n 1)
}

# The one that takes the reports; it has a state of its own.
start_reader() {
    "$SEKISHO" serve --lang en --state "$T/reader" --config "$T/reader.toml" --listen inet:0@127.0.0.1 \
        --resolver "$DNS" > "$T/reader.out.log" 2> "$T/reader.log" &
    STARTED+=($!)
    within 10 is_open "$READER" || { fail "the reader does not start"; finish; }
}

start_postfix() {
    mkdir -p "$T/conf" "$T/queue" "$T/data" "$T/mail"
    chown postfix "$T/data"
    chown nobody "$T/mail"
    echo "b@example.net b/" > "$T/conf/mailboxes"
    cat > "$T/conf/transport" << EOF
sender.example lmtp:inet:127.0.0.1:$READER
collector.example lmtp:inet:127.0.0.1:$READER
unlucky.example lmtp:inet:127.0.0.1:$READER
receiver.example lmtp:inet:127.0.0.1:$BOUNCES
EOF
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
transport_maps = texthash:$T/conf/transport
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
smtp_dns_support_level = disabled
lmtp_dns_support_level = disabled
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
lmtp      unix  - - n - - lmtp
showq     unix  n - n - - showq
anvil     unix  - - n - 1 anvil
proxymap  unix  - - n - - proxymap
postlog   unix-dgram n - n - 1 postlogd
EOF
    postconf -c "$T/conf" -e "$MILTER" 'milter_default_action = accept'
    postfix -c "$T/conf" check > "$T/check.log" 2>&1
    chgrp postdrop "$T/queue/maildrop" "$T/queue/public" && chmod 1730 "$T/queue/maildrop" && chmod 2710 "$T/queue/public"
    POSTFIX_STARTED=yes
    postfix -c "$T/conf" start > "$T/start.log" 2>&1
    within 15 is_open "$SMTP" || { fail "Postfix does not start"; finish; }
}

before_clean_up() {
    [ -z "${POSTFIX_STARTED:-}" ] || postfix -c "$T/conf" stop > "$T/stop.log" 2>&1
}

# from DOMAIN – a message of it.
from() {
    printf 'From: Sender <a@%s>\nTo: b@example.net\nSubject: hello\nDate: Mon, 02 Jan 2023 03:04:05 +0900\nMessage-ID: <%s@%s>\n\nhello\n' \
        "$1" "$RANDOM$RANDOM" "$1" > "$T/one.msg"
}

# deliver IP DOMAIN
deliver() {
    from "$2"
    check "mail of $2 is taken" smtp "$SMTP" "$1" client.example client.example "a@$2" b@example.net "$T/one.msg"
}

# Five in the name of sender.example, two of them from elsewhere; one of each other.
receive() {
    local ip
    for ip in 192.0.2.1 192.0.2.1 192.0.2.2 203.0.113.9 203.0.113.9; do deliver "$ip" sender.example; done
    for domain in outside refused unlucky silent; do deliver 192.0.2.7 "$domain.example"; done
    # Until the last of them lies in a second that is over.
    UNTIL=$(($(date +%s) + 1))
    within 5 test_passed "$UNTIL"
}

test_passed() {
    [ "$(date +%s)" -ge "$1" ]
}

# send WHAT OPTIONS… – JSON into $T/WHAT.json, the exit code into $CODE.
send() {
    local name=$1
    shift
    "$SEKISHO" report send --lang en --state "$T/state" --resolver "$DNS" --format json "$@" > "$T/$name.json" 2> "$T/$name.log"
    CODE=$?
}

# told FILE DOMAIN KEY – a value of the line about a domain, of those that come several times the last.
told() {
    grep "\"domain\":\"$2\"" "$T/$1.json" | tail -n 1 | grep -o "\"$3\":[^,}]*" | cut -d : -f 2- | tr -d '"'
}

dry_run() {
    local mail
    send dry --config "$T/sender.toml" --dry-run "$T/dry" --until "$UNTIL"
    equal "a dry run ends well" "$CODE" 0
    equal "messages of sender.example" "$(told dry sender.example messages)" 5
    equal "records of sender.example" "$(told dry sender.example records)" 3
    equal "who did not agree" "$(told dry refused.example status)" no-destination
    equal "nobody asked" "$(grep -c silent.example "$T/dry.json")" 0
    equal "mails in the Maildir" "$(find "$T/dry/new" -type f | wc -l)" 3
    mail=$(grep -l '^To: dmarc@sender.example' "$T/dry/new/"*)
    check "signed" grep -q '^DKIM-Signature:.*' "$mail"
    equal "its signature holds" "$("$SEKISHO" verify --resolver "$DNS" --format json "$mail" | grep -c '"dmarc":{"result":"pass"')" 1
}

# While the daemon sends, nobody else does.
only_one() {
    send busy --config "$T/sender.toml" --until "$UNTIL"
    check "nobody sends beside the daemon" test "$CODE" -ne 0
    check "and it says why" grep -q 'Another process sends reports' "$T/busy.log"
    kill "$SENDER"
    wait "$SENDER" 2> /dev/null
}

# The server does not take connections: nothing is lost.
not_there() {
    send nowhere --config "$T/nowhere.toml" --until "$UNTIL"
    equal "deferred" "$(told nowhere sender.example status)" deferred
    equal "to a destination outside" "$(told nowhere outside.example status)" deferred
    equal "not agreed" "$(told nowhere refused.example status)" no-destination
    check "the exit code tells of it" test "$CODE" -ne 0
}

sent_by_the_daemon() {
    # On the port that Postfix knows.
    local port=${MILTER##*inet:}
    port=${port##*:}
    start_sekisho --config "$T/sender.toml" --listen "inet:$port@127.0.0.1" --authserv-id "$OURS" --resolver "$DNS"
    SENDER=$DAEMON
    check "the daemon sends what waits" within 30 accepted 3
}

accepted() {
    [ "$(grep -c 'report sent: accepted' "$T/sekisho.log")" -eq "$1" ]
}

taken() {
    [ "$(grep -c 'report accepted' "$T/reader.log")" -eq "$1" ]
}

report() {
    "$SEKISHO" report "$@" --lang en --state "$T/reader" --config "$T/reader.toml" --format json 2> "$T/report.log"
}

# What the second one tells is what the first one saw.
same_numbers() {
    check "the reports arrive" within 30 taken 2
    check "their mail is authenticated" within 5 grep -q 'domain="sender.example".* trust="authenticated"' "$T/reader.log"
    report summary --domain sender.example > "$T/summary.json"
    equal "messages" "$(grep -o '"messages":[0-9]*' "$T/summary.json" | head -n 1)" '"messages":5'
    report export --domain sender.example > "$T/export.json"
    for line in 192.0.2.1:2 192.0.2.2:1 203.0.113.9:2; do
        equal "messages of $line" "$(grep "\"${line%:*}\"" "$T/export.json" | grep -c "\"count\":${line#*:}[,}]")" 1
    done
    report sources --domain sender.example > "$T/sources.json"
    equal "messages of all sources" \
        "$(grep -o '"messages":[0-9]*' "$T/sources.json" | cut -d : -f 2 | awk '{ sum += $1 } END { print sum }')" 5
    report sources --domain outside.example > "$T/outside.json"
    equal "messages of outside.example" "$(grep -o '"messages":[0-9]*' "$T/outside.json" | head -n 1)" '"messages":1'
    report list > "$T/list.json"
    equal "each report came once" "$(grep -c '"status":"accepted"' "$T/list.json")" 2
}

# The third went to a mailbox that nobody has: it comes back, and the mailbox is left alone.
bounced() {
    check "the bounce is understood" within 30 grep -q 'report bounced' "$T/sekisho.log"
    equal "one bounce" "$(grep -c 'report bounced' "$T/sekisho.log")" 1
}

# Our reports came by the same milter; there is no report about them.
never_about_itself() {
    UNTIL=$(($(date +%s) + 1))
    within 5 test_passed "$UNTIL"
    kill "$SENDER"
    wait "$SENDER" 2> /dev/null
    deliveries=$(find "$T/dry/new" -type f | wc -l)
    send again --config "$T/sender.toml" --until "$UNTIL"
    equal "no report about our reports" "$(grep -c . "$T/again.json")" 0
    send dry2 --config "$T/sender.toml" --dry-run "$T/dry2" --until "$UNTIL"
    equal "not even in a dry run" "$(grep -c receiver.example "$T/dry2.json")" 0
    equal "but the same as before" "$(find "$T/dry2/new" -type f | wc -l)" "$deliveries"
    equal "with the same ids" "$(told dry2 sender.example messages)" "$(told dry sender.example messages)"
}

main
