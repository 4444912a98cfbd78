#!/usr/bin/env bash
# A message that fails, all the way: it comes through a real Postfix and is judged by one Sekisho; the reports about it go
# back through Postfix to those who asked for them and to nobody else, and a second Sekisho takes them in while they pass
# its milter. They hold nobody's name and nothing of what was written, and there is none about reports.

. "$(dirname "$0")/lib.sh"

PUBLIC=XvVvfB4I+ZHGhwTpBIAiei8hwNllimF64w4SgsxqCPM=

main() {
    begin
    install postconf postfix
    [ "$(id -u)" -eq 0 ] || skip "Postfix can be started by root only"
    write_zone
    start_dns "$T/zone"
    ports
    write_configurations
    start_reader
    start_sender
    start_postfix

    it_needs_a_sender
    failed
    told
    read_by_the_second
    nobody_is_in_it
    counted
    never_about_itself
    finish
}

write_zone() {
    cat > "$T/zone" << EOF
\$TTL 300
sender.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.sender.example. TXT "v=DMARC1; p=none; ruf=mailto:ruf@sender.example,mailto:copy@sender.example"
refused.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.refused.example. TXT "v=DMARC1; p=none; ruf=mailto:victim@nobody.example"
silent.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.silent.example. TXT "v=DMARC1; p=none; fo=1"
asking.example. TXT "v=spf1 ip4:192.0.2.0/24 -all ra=spf-failures"
signer.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"
ed._domainkey.signer.example. TXT "v=DKIM1; k=ed25519; p=$PUBLIC"
_report._domainkey.signer.example. TXT "ra=dkim-failures; rr=v"
_dmarc.receiver.example. TXT "v=DMARC1; p=reject; ruf=mailto:ruf@receiver.example; fo=1"
ed._domainkey.receiver.example. TXT "v=DKIM1; k=ed25519; p=$PUBLIC"
EOF
}

# ports – one for each who listens.
ports() {
    free_port; SMTP=$PORT
    local name
    for name in SMTP2 READER HTTP; do
        PORT=$((PORT + 1)); while is_open "$PORT"; do PORT=$((PORT + 1)); done
        printf -v "$name" %s "$PORT"
    done
}

write_configurations() {
    cp "$KEYS/ed25519.pem" "$T/reports.pem"
    chmod 600 "$T/reports.pem"
    cat > "$T/sender.toml" << EOF
[daemon]
http = "127.0.0.1:$HTTP"

[reports.send]
from = "reports@receiver.example"
submit = "smtp://127.0.0.1:$SMTP"
jitter = "0s"
retry = "1s"

[reports.failure]
dmarc = true
dkim = true
spf = true

[[signing.key]]
domain = "receiver.example"
selector = "ed"
file = "reports.pem"
EOF
    sed -e '/^\[reports.send\]/,/^$/d' "$T/sender.toml" > "$T/nobody.toml"
    cat > "$T/reader.toml" << EOF
[daemon]
http = "off"

[reports]
domains = ["sender.example", "asking.example", "signer.example"]

[reports.milter]
addresses = ["ruf@sender.example", "spf-failures@asking.example", "dkim-failures@signer.example"]
action = "swallow"
EOF
}

start_sender() {
    start_sekisho --config "$T/sender.toml" --listen inet:0@127.0.0.1 --authserv-id "$OURS" --resolver "$DNS"
    MILTER=$(grep -o 'smtpd_milters = inet:.*' "$T/sekisho.log" | head -n 1)
}

# The one that takes the reports; it has a state of its own.
start_reader() {
    "$SEKISHO" serve --lang en --state "$T/reader" --config "$T/reader.toml" --listen "inet:$READER@127.0.0.1" \
        --authserv-id second.example --resolver "$DNS" > "$T/reader.out.log" 2> "$T/reader.log" &
    STARTED+=($!)
    within 10 is_open "$READER" || { fail "the reader does not start"; finish; }
}

start_postfix() {
    mkdir -p "$T/conf" "$T/queue" "$T/data" "$T/mail"
    chown postfix "$T/data"
    chown nobody "$T/mail"
    printf 'b@example.net b/\ncopy@sender.example copy/\n' > "$T/conf/mailboxes"
    cat > "$T/conf/transport" << EOF
copy@sender.example virtual:
sender.example smtp:[127.0.0.1]:$SMTP2
asking.example smtp:[127.0.0.1]:$SMTP2
signer.example smtp:[127.0.0.1]:$SMTP2
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
disable_dns_lookups = yes
notify_classes =
bounce_template_file =
EOF
    cat > "$T/conf/master.cf" << EOF
127.0.0.1:$SMTP inet n - n - - smtpd
127.0.0.1:$SMTP2 inet n - n - - smtpd
 -o smtpd_milters=inet:127.0.0.1:$READER
 -o myhostname=second.example
pickup    unix  n - n 1 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
error     unix  - - n - - error
retry     unix  - - n - - error
smtp      unix  - - n - - smtp
virtual   unix  - n n - - virtual
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

# Without [reports.send] they could not go out: that is said, and nothing starts.
it_needs_a_sender() {
    "$SEKISHO" serve --lang en --state "$T/nobody" --config "$T/nobody.toml" --listen inet:0@127.0.0.1 \
        --resolver "$DNS" > "$T/nobody.out.log" 2>&1
    equal "who does not say from whom" $? 4
    check "is told so" grep -q 'reports.send' "$T/nobody.out.log"
}

# from DOMAIN [FIELDS] – a message of it, with much in it that concerns nobody else.
from() {
    printf '%bReceived: from [192.168.7.7] (Authenticated sender: hanako) by out.%s for <taro@example.net>; Mon, 02 Jan 2023 03:04:05 +0900\n' "${2:-}" "$1"
    printf 'From: Hanako Yamada <hanako@%s>\nTo: Taro Suzuki <taro@example.net>\nSubject: the secret plan\n' "$1"
    printf 'Date: Mon, 02 Jan 2023 03:04:05 +0900\nMessage-ID: <%s.hanako@%s>\n\nDear Taro, the confidential part.\n' "$RANDOM$RANDOM" "$1"
}

# deliver IP DOMAIN [FIELDS]
deliver() {
    from "$2" "${3:-}" > "$T/one.msg"
    check "mail of $2 is taken" smtp "$SMTP" "$1" client.example client.example "hanako@$2" b@example.net "$T/one.msg"
}

# Three that look alike, one that is right, and one of each other.
failed() {
    local signature
    for _ in 1 2 3; do deliver 203.0.113.9 sender.example; done
    deliver 192.0.2.1 sender.example
    deliver 203.0.113.9 refused.example
    deliver 203.0.113.9 silent.example
    deliver 203.0.113.9 asking.example
    signature='DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=signer.example; s=ed; r=y;\n h=from:to; i=hanako@signer.example; bh=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=;\n b='
    signature+="$(printf 'A%.0s' {1..86})==\\n"
    deliver 192.0.2.1 signer.example "$signature"
}

# To sender.example twice, for it names two addresses.
told() {
    check "reports are sent" within 40 sent 4
    equal "who did not agree gets none" "$(grep -c 'report sent: no-destination.*domain=refused.example' "$T/sekisho.log")" 1
    equal "nor does who did not ask" "$(grep -c 'failure report made.*silent.example' "$T/sekisho.log")" 0
    equal "one of each kind, and one that nobody gets" "$(grep -c 'failure report made' "$T/sekisho.log")" 4
    equal "the key is for its owner alone" "$(stat -c %a "$T/state/redaction.key")" 600
}

sent() {
    [ "$(grep -c 'report sent: accepted' "$T/sekisho.log")" -eq "$1" ]
}

taken() {
    [ "$(grep -c 'report accepted.*source="milter"' "$T/reader.log")" -eq "$1" ]
}

read_by_the_second() {
    check "they arrive" within 30 taken 3
    equal "and their mail is authenticated" "$(grep -c 'report accepted.*trust="authenticated"' "$T/reader.log")" 3
    "$SEKISHO" report list --lang en --state "$T/reader" --config "$T/reader.toml" --format json > "$T/list.json" 2> "$T/list.log"
    equal "three are kept" "$(grep -c '"kind":"failure"' "$T/list.json")" 3
    local domain
    for domain in sender asking signer; do
        equal "one about $domain.example" "$(grep -c "\"domain\":\"$domain.example\"" "$T/list.json")" 1
    done
    equal "nothing came back" "$(grep -c 'loops back\|status=bounced' "$T/postfix.log")" 0
}

# The copy went to a mailbox, where it can be looked at as it is.
nobody_is_in_it() {
    local copy word
    within 20 copied || { fail "the copy does not arrive"; return; }
    copy=$(find "$T/mail/copy/new" -type f | head -n 1)
    # Below the header, which names the mailbox itself.
    body "$copy" > "$T/copy.body"
    for word in hanako Hanako Yamada taro Taro Suzuki secret Dear confidential example.net; do
        equal "nothing of $word" "$(grep -v '^Authentication-Results:\|^Reporting-MTA:' "$T/copy.body" | grep -v "$OURS" | grep -c "$word")" 0
    done
    for word in 'Feedback-Type: auth-failure' 'Auth-Failure: dmarc' 'Identity-Alignment: dkim, spf' \
        'Source-IP: 203.0.113.9' 'Reported-Domain: sender.example' 'Delivery-Result: delivered' 'From: <.*@sender.example>'; do
        check "it says $word" grep -q "^$word" "$T/copy.body"
    done
    equal "the mail passes DMARC" "$("$SEKISHO" verify --resolver "$DNS" --format json "$copy" | grep -c '"dmarc":{"result":"pass"')" 1
}

copied() {
    [ -n "$(find "$T/mail/copy/new" -type f 2> /dev/null)" ]
}

counted() {
    metrics > "$T/metrics"
    check "two were folded" grep -q 'sekisho_failure_reports_total{kind="dmarc",result="folded"} 2' "$T/metrics"
    check "two about DMARC were made" grep -q 'sekisho_failure_reports_total{kind="dmarc",result="made"} 2' "$T/metrics"
    check "one about a signature" grep -q 'sekisho_failure_reports_total{kind="dkim",result="made"} 1' "$T/metrics"
    check "one about SPF" grep -q 'sekisho_failure_reports_total{kind="spf",result="made"} 1' "$T/metrics"
}

# What the daemon counts.
metrics() {
    exec 4<> "/dev/tcp/127.0.0.1/$HTTP" || return 1
    printf 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&4
    cat <&4
    exec 4>&-
}

# A report in the name of somebody who wants reports of failures, and a bounce: there is no report about either.
never_about_itself() {
    local before
    before=$(grep -c 'failure report made' "$T/sekisho.log")
    {
        printf 'From: hanako@sender.example\nTo: b@example.net\nSubject: DMARC failure report for example.net\nMIME-Version: 1.0\n'
        printf 'Content-Type: multipart/report; report-type=feedback-report; boundary=x\n\n--x--\n'
    } > "$T/one.msg"
    check "a report is taken" smtp "$SMTP" 203.0.113.77 client.example client.example hanako@sender.example b@example.net "$T/one.msg"
    from sender.example > "$T/one.msg"
    check "a bounce is taken" smtp "$SMTP" 203.0.113.78 client.example client.example "" b@example.net "$T/one.msg"
    check "both were seen" within 10 not_reported 2
    equal "no report about them" "$(grep -c 'failure report made' "$T/sekisho.log")" "$before"
}

not_reported() {
    metrics | grep -q "sekisho_failure_reports_total{kind=\"any\",result=\"report-mail\"} $1"
}

main
