#!/usr/bin/env bash
# Sekisho behind a real Postfix: a private instance with its own configuration, queue and ports, clients from anywhere by
# XCLIENT, DNS from a zone file. What is looked at is the message in the mailbox.

. "$(dirname "$0")/lib.sh"

MAILBOXES='aligned ipv6 null failing spoofed broken forged tight eight dots big utf8 here beside held clean passing blocked marked local'

main() {
    begin
    install postconf postfix
    [ "$(id -u)" -eq 0 ] || skip "Postfix can be started by root only"
    write_zone
    start_dns "$T/zone"
    start_sekisho --listen inet:0@127.0.0.1 --authserv-id "$OURS" --resolver "$DNS"
    start_postfix

    aligned
    spoofed
    forged
    no_space_after_colon
    bodies
    internationalised
    submitted_here
    garbage_beside
    stopping
    filtering
    blocking
    local_socket
    finish
}

write_zone() {
    cat > "$T/zone" << 'EOF'
$TTL 300
example.jp. TXT "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"
_dmarc.example.jp. TXT "v=DMARC1; p=reject"
ed._domainkey.example.jp. TXT "v=DKIM1; k=ed25519; p=XvVvfB4I+ZHGhwTpBIAiei8hwNllimF64w4SgsxqCPM="
xn--r8jz45g.jp. TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.xn--r8jz45g.jp. TXT "v=DMARC1; p=quarantine"
ed._domainkey.xn--r8jz45g.jp. TXT "v=DKIM1; k=ed25519; p=XvVvfB4I+ZHGhwTpBIAiei8hwNllimF64w4SgsxqCPM="
held.example. TXT "v=spf1 -all"
_dmarc.held.example. TXT "v=DMARC1; p=quarantine"
;! slow.example * servfail
;! _dmarc.slow.example * servfail
EOF
}

start_postfix() {
    local daemons user group mailbox
    daemons=$(postconf -dh daemon_directory 2> /dev/null)
    user=$(id -u nobody) && group=$(id -g nobody)
    mkdir -p "$T/conf" "$T/queue" "$T/data" "$T/mail"
    chown postfix "$T/data"
    chown nobody "$T/mail"
    for mailbox in $MAILBOXES; do echo "$mailbox@example.net $mailbox/"; done > "$T/conf/mailboxes"
    free_port
    SMTP=$PORT
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
virtual_uid_maps = static:$user
virtual_gid_maps = static:$group
smtpd_recipient_restrictions = permit
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtputf8_enable = yes
smtp_dns_support_level = disabled
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
    # The lines of the README, with the address that the daemon has told.
    local milters
    milters=$(grep -o 'smtpd_milters = inet:.*' "$T/sekisho.log" | head -n 1)
    postconf -c "$T/conf" -e "$milters" 'non_smtpd_milters = $smtpd_milters'
    equal "the daemon tells the second line of the README, too" \
        "$(grep -c '^ *non_smtpd_milters = \$smtpd_milters$' "$T/sekisho.log")" 1
    # Postfix makes what is missing in its queue, but not the rights of its setgid programs.
    postfix -c "$T/conf" check > "$T/check.log" 2>&1
    chgrp postdrop "$T/queue/maildrop" "$T/queue/public" && chmod 1730 "$T/queue/maildrop" && chmod 2710 "$T/queue/public"
    POSTFIX_STARTED=yes
    postfix -c "$T/conf" start > "$T/start.log" 2>&1
    within 15 is_open "$SMTP" || { fail "Postfix does not start (daemons in $daemons)"; finish; }
}

before_clean_up() {
    [ -n "${POSTFIX_STARTED:-}" ] && postfix -c "$T/conf" stop > /dev/null 2>&1
}

is_there() {
    set -- "$T/mail/$1/new/"*
    [ -f "$1" ]
}

# deliver NAME IP CLIENT HELO SENDER [MAIL-OPTIONS] – sends $T/NAME.msg to a mailbox of that name; $MAIL is what arrived.
deliver() {
    local name=$1
    MAIL=/dev/null
    QUEUE_ID=
    CHECKED=$((CHECKED + 1))
    smtp "$SMTP" "$2" "$3" "$4" "$5" "$name@example.net" "$T/$name.msg" "${6:-}" || { fail "$name: not taken"; finish; }
    arrived "$name"
    check "$name: one line of the log tells of it, with the reason" one_log_line "$QUEUE_ID"
}

arrived() {
    within 15 is_there "$1" || { fail "$1: not delivered"; return; }
    MAIL=$(echo "$T/mail/$1/new/"*)
    equal "$1: one field in our name" "$(ours | wc -l)" 1
    # The delivery agent puts its own fields above; Received is the first of the message as it was queued.
    local above
    above=$(header "$MAIL" | sed -e '/^Received:/,$d' | grep -v -i -E '^(Return-Path|Delivered-To|X-Original-To):')
    equal "$1: it is above Received, and alone there" "${above%%;*}" "Authentication-Results: $OURS"
}

aligned() {
    { plain aligned; printf '\nHello,\n\nthis is a test.\n'; } | message aligned
    signed aligned
    deliver aligned 192.0.2.1 out.example.jp out.example.jp a@example.jp
    check "aligned: all pass" says spf=pass smtp.mailfrom=a@example.jp dkim=pass header.d=example.jp dmarc=pass header.from=example.jp
    check "aligned: the log has client, envelope and results" grep -q \
        "queue_id=\"$QUEUE_ID\" client=\"out.example.jp\" ip=192.0.2.1 helo=\"out.example.jp\" mail_from=\"a@example.jp\" from=\"a@example.jp\" spf=pass dkim=pass:example.jp dmarc=pass:example.jp .*forged=0 " "$T/sekisho.log"
    { plain ipv6; printf '\nover IPv6\n'; } | message ipv6
    # Without IPv6 in the kernel, Postfix takes no such address.
    if [ -e /proc/net/if_inet6 ]; then
        deliver ipv6 IPV6:2001:db8::25 out.example.jp out.example.jp a@example.jp
        check "ipv6: SPF passes" says spf=pass dkim=none dmarc=pass
    else
        echo "not checked: a client over IPv6, which this machine does not have"
    fi
    { plain null; printf '\nthe null sender\n'; } | message null
    deliver null 192.0.2.1 out.example.jp example.jp ""
    check "null: SPF of HELO" says spf=pass smtp.helo=example.jp dmarc=pass
    { plain failing | sed -e 's/@example.jp/@slow.example/'; printf '\nDNS fails\n'; } | message failing
    deliver failing 192.0.2.1 out.example.jp slow.example a@slow.example
    check "failing: temperror, and the message goes on" says spf=temperror dmarc=temperror
}

spoofed() {
    { plain spoofed; printf '\nSend money.\n'; } | message spoofed
    deliver spoofed 203.0.113.9 "[UNAVAILABLE]" evil.example a@example.jp
    check "spoofed: nobody vouches" says spf=fail dkim=none dmarc=fail policy.dmarc=reject
    { plain broken; printf '\nHello,\n'; } | message broken
    signed broken
    sed -i -e 's/Hello/Hullo/' "$T/broken.msg"
    deliver broken 203.0.113.9 "[UNAVAILABLE]" evil.example a@example.jp
    check "broken: the body was changed" says spf=fail dkim=fail dmarc=fail
}

forged() {
    forged_message
    deliver forged 203.0.113.9 "[UNAVAILABLE]" evil.example a@example.jp
    check "forged: ours tells the truth" says dmarc=fail
    equal "forged: nothing of the forger is left" "$(header "$MAIL" | grep -c 'bank\.example')" 0
    equal "forged: what others wrote is kept" "$(header "$MAIL" | grep -c 'kept\.example')" 2
    check "forged: the log counts them" grep -q "queue_id=\"$QUEUE_ID\" .* forged=11 " "$T/sekisho.log"
}

# D7: simple canonicalization hashes what follows the colon.
no_space_after_colon() {
    { plain tight | sed -e 's/^Subject: /Subject:/'; printf '\nHello,\n'; } | message tight
    signed tight --canonicalization simple/simple
    deliver tight 192.0.2.1 out.example.jp out.example.jp a@example.jp
    check "tight: the signature holds" says dkim=pass dmarc=pass
}

bodies() {
    { plain eight; printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\ncaf\xe9 \xff\xfe\n'; } | message eight
    signed eight
    deliver eight 192.0.2.1 out.example.jp out.example.jp a@example.jp BODY=8BITMIME
    check "eight: 8-bit bytes are what was signed" says dkim=pass
    { plain dots; printf '\n.\n..\n.one\n...three\n \n\nend\n\n\n'; } | message dots
    signed dots
    deliver dots 192.0.2.1 out.example.jp out.example.jp a@example.jp
    check "dots: lines that begin with a dot are what was signed" says dkim=pass
    equal "dots: and they arrive" "$(body "$MAIL" | head -n 4 | tr '\n' '|')" '.|..|.one|...three|'
    { plain big; echo; head -c 786432 /dev/urandom | base64; } | message big
    signed big
    deliver big 192.0.2.1 out.example.jp out.example.jp a@example.jp
    check "big: a megabyte, in many chunks" says dkim=pass dmarc=pass
}

internationalised() {
    printf 'From: 送信者 <利用者@例え.jp>\nTo: b@example.net\nSubject: こんにちは\nDate: Mon, 02 Jan 2023 03:04:05 +0900\n\n本文\n' | message utf8
    deliver utf8 192.0.2.1 out.example.jp out.example.jp 利用者@例え.jp "SMTPUTF8 BODY=8BITMIME"
    check "utf8: judged by the name in DNS" says spf=pass dmarc=pass header.from=xn--r8jz45g.jp
}

# sendmail(1): non_smtpd_milters. The client is this machine.
submitted_here() {
    { printf 'Authentication-Results: mx.example.net; dkim=pass header.d=bank.example\n'; plain here; printf '\nHello,\n'; } | message here
    signed here
    sendmail -C "$T/conf" -i -f a@example.jp here@example.net < "$T/here.msg" || fail "here: sendmail"
    MAIL=/dev/null
    arrived here
    check "here: the signature vouches" says dkim=pass dmarc=pass
    equal "here: a line of the log, with the queue id" \
        "$(grep -c ' message queue_id="[0-9A-Za-z][0-9A-Za-z]*" .* from="a@example.jp" .*dkim=pass:example.jp .* forged=1 ' "$T/sekisho.log")" 1
}

# A21: who speaks something else, or nothing, harms nobody.
garbage_beside() {
    local port
    port=$(grep -o 'smtpd_milters = inet:.*' "$T/sekisho.log" | head -n 1)
    port=${port##*:}
    exec 4<> "/dev/tcp/127.0.0.1/$port"
    printf 'GET / HTTP/1.1\r\n\r\n' >&4
    exec 5<> "/dev/tcp/127.0.0.1/$port"
    printf '\0\0\0' >&5
    { plain beside; printf '\nstill there\n'; } | message beside
    deliver beside 192.0.2.1 out.example.jp out.example.jp a@example.jp
    check "beside: judged as ever" says spf=pass dmarc=pass
    check "garbage: told in the log" grep -q ' WARN .*connection' "$T/sekisho.log"
    exec 4>&- 5>&-
}

# SIGTERM: a message more than given up, and the count.
stopping() {
    local count
    count=$(grep -c ' message queue_id=' "$T/sekisho.log")
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    equal "stopping: the exit code" $? 0
    check "stopping: the count" grep -q "Stopped after $count messages" "$T/sekisho.log"
    check "stopping: no panic" sh -c "! grep -q -i panic '$T/sekisho.log'"
    equal "nothing of it is in a line of its own" \
        "$(grep -v -E '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z ' "$T/sekisho.log" | grep -c queue_id)" 0
}

# again RULES – the daemon with these rules, and Postfix with its new address.
again() {
    start_sekisho --config "$1" --listen inet:0@127.0.0.1 --authserv-id "$OURS" --resolver "$DNS"
    to_milter "$(grep -o 'smtpd_milters = inet:.*' "$T/sekisho.log" | head -n 1)"
}

# to_milter SETTING – Postfix with this line in main.cf.
to_milter() {
    postconf -c "$T/conf" -e "$1"
    # Not "reload": a process of before it may still take the next client, and ask a filter that is gone.
    postfix -c "$T/conf" stop > "$T/stop.log" 2>&1
    postfix -c "$T/conf" start > "$T/start.log" 2>&1
    within 15 is_open "$SMTP" || { fail "Postfix does not start again"; finish; }
}

# The stage "filter": held mail waits in Postfix' hold queue until somebody lets it go, and has its marks then.
filtering() {
    filter_rules > "$T/filter.toml"
    again "$T/filter.toml"
    held_message
    CHECKED=$((CHECKED + 1))
    smtp "$SMTP" 203.0.113.9 "[UNAVAILABLE]" evil.example a@held.example held@example.net "$T/held.msg" || fail "held: not taken"
    # postqueue(1): an exclamation mark behind the queue id.
    check "held: Postfix lists it" within 15 held "$QUEUE_ID"
    check "held: the log tells it" grep -q "queue_id=\"$QUEUE_ID\" .* action=quarantine " "$T/sekisho.log"
    equal "held: and does not say that it is not held" "$(grep -c 'not_held' "$T/sekisho.log")" 0
    { plain clean; printf '\nHello,\n'; } | message clean
    deliver clean 192.0.2.1 out.example.jp out.example.jp a@example.jp
    equal "clean: no mark" "$(header "$MAIL" | grep -i -E '^(Subject|X-Suspicious):')" "Subject: hello"
    postqueue -c "$T/conf" -f
    check "held: though what came after it is delivered" held "$(held_id)"
    postsuper -c "$T/conf" -H "$(held_id)" > "$T/release.log" 2>&1
    postqueue -c "$T/conf" -f
    within 15 is_there held || fail "held: not delivered when it is let go"
    MAIL=$(echo "$T/mail/held/new/"*)
    check "held: it is judged" says spf=fail dmarc=fail policy.dmarc=quarantine
    marked_as_held
    kill -TERM "$DAEMON"
    wait "$DAEMON"
}

held() {
    [ -n "$1" ] && postqueue -c "$T/conf" -p | grep -q "^$1!"
}

# The one that is held.
held_id() {
    postqueue -c "$T/conf" -p | sed -n -e 's/^\([0-9A-Za-z]*\)!.*/\1/p'
}

# The stage "block": a forged message is refused in the dialogue, with the reason; who vouches for itself comes, and so
# does mail of a network that is excepted. Nothing bounces.
blocking() {
    cat > "$T/block.toml" << 'EOF'
[receiver]
stage = "block"

[policy.exceptions]
networks = ["198.51.100.0/24"]
denied = ["denied.example"]

[labels]
subject = "[meiwaku]"
fields = [{ name = "X-Suspicious", value = "{action}; {reason}" }]
EOF
    again "$T/block.toml"
    check "block: the daemon tells the stage" grep -q '^Stage: block' "$T/sekisho.log"
    { printf 'X-Suspicious: no\n'; plain passing; printf '\nHello,\n'; } | message passing
    deliver passing 192.0.2.1 out.example.jp out.example.jp a@example.jp
    check "block: who vouches for itself comes" says spf=pass dmarc=pass
    equal "block: a forged label does not" "$(header "$MAIL" | grep -c -i '^X-Suspicious')" 0
    { plain blocked; printf '\nSend money.\n'; } | message blocked
    smtp "$SMTP" 203.0.113.9 "[UNAVAILABLE]" evil.example a@example.jp blocked@example.net "$T/blocked.msg" > "$T/blocked.log" &&
        fail "block: a forged message was taken"
    equal "block: the client is told why" "${REPLY_LINE%$'\r'}" \
        "550 5.7.26 Email rejected per DMARC policy for example.jp"
    check "block: the log tells it" grep -q ' dmarc=fail:example.jp .* action=reject rule=policy-dmarc-fail ' "$T/sekisho.log"
    { plain marked; printf '\nfrom a friend\n'; } | message marked
    deliver marked 198.51.100.7 "[UNAVAILABLE]" friend.example a@example.jp
    check "block: an excepted network is not judged" says spf=fail dmarc=fail
    check "block: and that is told" grep -q "queue_id=\"$QUEUE_ID\" .* action=accept .*rule=policy-excepted-network override=local_policy " "$T/sekisho.log"
    smtp "$SMTP" 203.0.113.9 "[UNAVAILABLE]" evil.example a@denied.example blocked@example.net "$T/blocked.msg" > "$T/early.log" &&
        fail "block: a denied domain was taken"
    equal "block: a denied domain is told why" "${REPLY_LINE%$'\r'}" "550 5.7.1 Email refused by local policy"
    check "block: before its message comes" grep -q 'after RCPT TO' "$T/early.log"
    check "block: the log tells of the recipient" grep -q ' recipient queue_id=.* action=reject rule=policy-denied ' "$T/sekisho.log"
    check "block: what was refused is nowhere" sh -c "! ls '$T/mail/blocked/new/'* 2> /dev/null"
    kill -TERM "$DAEMON"
    wait "$DAEMON"
}

# A socket below the queue directory, open to the group of Postfix alone: the lines of docs/postfix.md.
local_socket() {
    command install -d -g postfix -m 2750 "$T/queue/sekisho"
    printf '[receiver]\nsocket_mode = "0660"\n' > "$T/socket.toml"
    start_sekisho --config "$T/socket.toml" --listen "unix:$T/queue/sekisho/milter.sock" --authserv-id "$OURS" --resolver "$DNS"
    equal "local: who may connect" "$(stat -c '%A %G' "$T/queue/sekisho/milter.sock")" "srw-rw---- postfix"
    to_milter 'smtpd_milters = unix:sekisho/milter.sock'
    { plain local; printf '\nHello,\n'; } | message local
    deliver local 192.0.2.1 out.example.jp out.example.jp a@example.jp
    check "local: judged" says spf=pass dmarc=pass
    kill -TERM "$DAEMON"
    wait "$DAEMON"
}

main
