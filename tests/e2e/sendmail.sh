#!/usr/bin/env bash
# Sekisho behind a real Sendmail: Debian's, unpacked and not installed (it would push out Postfix), with a configuration
# made by its own m4 files, DNS from a zone file. Sendmail believes nobody about the client's address, so the clients are
# addresses of 127.0.0.0/8. What is looked at is the message as it is handed to the program that delivers.

. "$(dirname "$0")/lib.sh"

# Who may send for example.jp, and who may not.
SENDER=127.0.1.1
STRANGER=127.0.2.1
FRIEND=127.0.3.1

main() {
    begin
    unpack sendmail-bin sendmail-base sendmail-cf m4
    write_zone
    start_dns "$T/zone"
    start_sekisho --listen inet:0@127.0.0.1 --authserv-id "$OURS" --resolver "$DNS"
    MILTER=$(grep -o 'smtpd_milters = inet:.*' "$T/sekisho.log" | head -n 1)
    MILTER=${MILTER##*:}
    configure "inet:$MILTER@127.0.0.1"
    start_sendmail

    aligned
    spoofed
    forwarded
    forged
    no_space_after_colon
    bodies
    submitted_here
    garbage_beside
    stopped
    filtering
    blocking
    local_socket
    finish
}

write_zone() {
    cat > "$T/zone" << 'EOF'
$TTL 300
example.jp. TXT "v=spf1 ip4:127.0.1.0/24 -all"
_dmarc.example.jp. TXT "v=DMARC1; p=reject"
ed._domainkey.example.jp. TXT "v=DKIM1; k=ed25519; p=XvVvfB4I+ZHGhwTpBIAiei8hwNllimF64w4SgsxqCPM="
held.example. TXT "v=spf1 -all"
_dmarc.held.example. TXT "v=DMARC1; p=quarantine"
EOF
}

# configure SOCKET – the line of docs/sendmail.md, and what makes this Sendmail one of its own: its folders, its port, no DNS, and a mailer
# that keeps what it is given.
configure() {
    local socket=$1
    mkdir -p "$T/queue" "$T/mail"
    chmod 700 "$T/queue"
    chown nobody "$T/mail"
    echo 'hosts files' > "$T/switch"
    cat > "$T/keep" << EOF
#!/bin/sh
cat > "$T/mail/\$1.new" && mv "$T/mail/\$1.new" "$T/mail/\$1"
EOF
    chmod 755 "$T/keep"
    free_port
    SMTP=$PORT
    cat > "$T/sendmail.mc" << EOF
VERSIONID(\`for a test')
OSTYPE(\`linux')
undefine(\`ALIAS_FILE')
define(\`confDOMAIN_NAME', \`$OURS')
define(\`confPID_FILE', \`$T/sendmail.pid')
define(\`confCONTROL_SOCKET_NAME', \`')
define(\`confHOST_STATUS_DIRECTORY', \`')
define(\`STATUS_FILE', \`/dev/null')
define(\`QUEUE_DIR', \`$T/queue')
define(\`confSERVICE_SWITCH_FILE', \`$T/switch')
define(\`confDONT_PROBE_INTERFACES', \`True')
define(\`confDONT_BLAME_SENDMAIL', \`GroupWritableDirPathSafe, TrustStickyBit')
define(\`confTO_IDENT', \`0')
define(\`confLOG_LEVEL', \`14')
define(\`confAUTH_MECHANISMS', \`')
FEATURE(\`no_default_msa')
FEATURE(\`nocanonify')
FEATURE(\`accept_unresolvable_domains')
DAEMON_OPTIONS(\`Port=$SMTP, Addr=127.0.0.1, Name=MTA')
RELAY_DOMAIN(\`example.net')
INPUT_MAIL_FILTER(\`sekisho', \`S=$socket, F=T, T=S:30s;R:30s;E:5m')
MAILER(\`smtp')
MAILER_DEFINITIONS
Mkeep, P=$T/keep, F=n8, S=EnvFromL, R=EnvToL, U=nobody:nogroup, D=$T, L=0, T=DNS/RFC822/X-Unix, A=keep \$u
LOCAL_RULE_0
R\$+ < @ example.net. > \$*	\$#keep \$@ here \$: \$1
R\$+ < @ example.net > \$*	\$#keep \$@ here \$: \$1
EOF
    expand sendmail
}

# expand NAME – $T/NAME.cf, from $T/NAME.mc.
expand() {
    local macros=$T/debian/usr/share/sendmail/cf
    (cd "$macros/cf" && "$(program m4)" -D_CF_DIR_="$macros/" ../m4/cf.m4 "$T/$1.mc") > "$T/$1.cf" 2> "$T/m4.log" ||
        { fail "no configuration $1"; finish; }
}

# program NAME – Debian's, unpacked, or of this machine.
program() {
    local unpacked=$T/debian/usr/bin/$1
    if [ -x "$unpacked" ]; then echo "$unpacked"; else command -v "$1"; fi
}

# Where the machine's name has no dot, Sendmail waits a minute for a better one before it reads what it is to be called: it
# is given one, if it can be.
sendmail() {
    local command=("$T/debian/usr/libexec/sendmail/sendmail" -C "${CONFIGURATION:-$T/sendmail.cf}" "$@")
    if unshare --uts true 2> /dev/null; then
        command=(unshare --uts sh -c 'hostname "$0" && exec "$@"' "$OURS" "${command[@]}")
    fi
    LD_LIBRARY_PATH=$LIBRARIES exec "${command[@]}"
}

start_sendmail() {
    sendmail -bD > "$T/sendmail.log" 2>&1 &
    SENDMAIL=$!
    STARTED+=("$SENDMAIL")
    within 75 is_open "$SMTP" || { fail "Sendmail does not start"; finish; }
}

# from ADDRESS – a way to Sendmail that begins there; the port into $WAY.
from() {
    if [ ! -s "$T/from-$1" ]; then
        perl "$ROOT/tests/e2e/from.pl" "$1" "$SMTP" > "$T/from-$1" 2> "$T/from.log" &
        STARTED+=($!)
        within 10 test -s "$T/from-$1" || { fail "no way from $1"; finish; }
    fi
    WAY=$(cat "$T/from-$1")
}

# offer NAME ADDRESS HELO SENDER [MAIL-OPTIONS] – $T/NAME.msg, for a mailbox of that name.
offer() {
    from "$2"
    exec 3<> "/dev/tcp/127.0.0.1/$WAY" || return 1
    reply 220 || return 1
    transaction "$3" "$4" "$1@example.net" "$T/$1.msg" "${5:-}"
}

# deliver NAME ADDRESS HELO SENDER [MAIL-OPTIONS] – $MAIL is what arrived.
deliver() {
    local name=$1
    MAIL=/dev/null
    QUEUE_ID=
    CHECKED=$((CHECKED + 1))
    offer "$@" || { fail "$name: not taken"; finish; }
    within 15 test -f "$T/mail/$name" || { fail "$name: not delivered"; return; }
    MAIL=$T/mail/$name
    equal "$name: one field in our name" "$(ours | wc -l)" 1
    local above
    above=$(header "$MAIL" | sed -e '/^Received:/,$d' | grep -v -i '^Return-Path:')
    equal "$name: it is above Received, and alone there" "${above%%;*}" "Authentication-Results: $OURS"
    check "$name: one line of the log tells of it, with the reason" one_log_line "$QUEUE_ID"
}

aligned() {
    { plain aligned; printf '\nHello,\n\nthis is a test.\n'; } | message aligned
    signed aligned
    deliver aligned "$SENDER" out.example.jp a@example.jp
    check "aligned: all pass" says spf=pass smtp.mailfrom=a@example.jp dkim=pass header.d=example.jp dmarc=pass header.from=example.jp
    check "aligned: the log has client, envelope and results" grep -q \
        "queue_id=\"$QUEUE_ID\" client=\"\[$SENDER\]\" ip=$SENDER helo=\"out.example.jp\" mail_from=\"a@example.jp\" from=\"a@example.jp\" spf=pass dkim=pass:example.jp dmarc=pass:example.jp .*forged=0 " "$T/sekisho.log"
    { plain null; printf '\nthe null sender\n'; } | message null
    deliver null "$SENDER" example.jp ""
    check "null: SPF of HELO" says spf=pass smtp.helo=example.jp dmarc=pass
}

spoofed() {
    { plain spoofed; printf '\nSend money.\n'; } | message spoofed
    deliver spoofed "$STRANGER" evil.example a@example.jp
    check "spoofed: nobody vouches" says spf=fail dkim=none dmarc=fail policy.dmarc=reject
}

# Who forwards is not in the author's SPF record; the signature came along.
forwarded() {
    { plain forwarded; printf '\nHello,\n'; } | message forwarded
    signed forwarded
    deliver forwarded "$STRANGER" forwarder.example a@example.jp
    check "forwarded: the signature vouches" says spf=fail dkim=pass header.d=example.jp dmarc=pass
}

forged() {
    forged_message
    deliver forged "$STRANGER" evil.example a@example.jp
    check "forged: ours tells the truth" says dmarc=fail
    equal "forged: nothing of the forger is left" "$(header "$MAIL" | grep -c 'bank\.example')" 0
    equal "forged: what others wrote is kept" "$(header "$MAIL" | grep -c 'kept\.example')" 2
    check "forged: the log counts them" grep -q "queue_id=\"$QUEUE_ID\" .* forged=11 " "$T/sekisho.log"
}

# D7: simple canonicalization hashes what follows the colon, which Sendmail hands on as it came if it is asked to.
no_space_after_colon() {
    { plain tight | sed -e 's/^Subject: /Subject:/' -e 's/^To: /To:  /'; printf '\nHello,\n'; } | message tight
    signed tight --canonicalization simple/simple
    deliver tight "$SENDER" out.example.jp a@example.jp
    check "tight: the signature holds" says dkim=pass dmarc=pass
}

bodies() {
    { plain eight; printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\ncaf\xe9 \xff\xfe\n'; } | message eight
    signed eight
    deliver eight "$SENDER" out.example.jp a@example.jp BODY=8BITMIME
    check "eight: 8-bit bytes are what was signed" says dkim=pass
    { plain dots; printf '\n.\n..\n.one\n...three\n \n\nend\n\n\n'; } | message dots
    signed dots
    deliver dots "$SENDER" out.example.jp a@example.jp
    check "dots: lines that begin with a dot are what was signed" says dkim=pass
    equal "dots: and they arrive" "$(body "$MAIL" | head -n 4 | tr '\n' '|')" '.|..|.one|...three|'
    { plain big; echo; head -c 786432 /dev/urandom | base64; } | message big
    signed big
    deliver big "$SENDER" out.example.jp a@example.jp
    check "big: a megabyte, in many chunks" says dkim=pass dmarc=pass
}

# sendmail(1) as programs use it: its own configuration, and SMTP to the daemon. The client is this machine.
submitted_here() {
    mkdir -p "$T/clientqueue"
    chown nobody "$T/clientqueue"
    chmod 770 "$T/clientqueue"
    cat > "$T/submit.mc" << EOF
define(\`__OSTYPE__', \`')
define(\`confDOMAIN_NAME', \`$OURS')
define(\`confRUN_AS_USER', \`nobody:nogroup')
define(\`confTRUSTED_USER', \`root')
define(\`confPID_FILE', \`$T/submit.pid')
define(\`STATUS_FILE', \`/dev/null')
define(\`MSP_QUEUE_DIR', \`$T/clientqueue')
define(\`confSERVICE_SWITCH_FILE', \`$T/switch')
define(\`confDONT_PROBE_INTERFACES', \`True')
define(\`confDONT_BLAME_SENDMAIL', \`GroupWritableDirPathSafe, TrustStickyBit')
define(\`confAUTH_MECHANISMS', \`')
define(\`RELAY_MAILER_ARGS', \`TCP \$h $SMTP')
FEATURE(\`nocanonify')
FEATURE(\`msp', \`[127.0.0.1]')
EOF
    expand submit
    { printf 'Authentication-Results: mx.example.net; dkim=pass header.d=bank.example\n'; plain here; printf '\nHello,\n'; } | message here
    signed here
    (CONFIGURATION=$T/submit.cf sendmail -i -f a@example.jp here@example.net) < "$T/here.msg" > "$T/submit.log" 2>&1 || fail "here: sendmail"
    within 15 test -f "$T/mail/here" || fail "here: not delivered"
    MAIL=$T/mail/here
    equal "here: one field in our name" "$(ours | wc -l)" 1
    check "here: the signature vouches" says dkim=pass dmarc=pass
    equal "here: a line of the log, with the queue id" \
        "$(grep -c ' message queue_id="[0-9A-Za-z][0-9A-Za-z]*" client="[^"]*" ip=127.0.0.1 .* from="a@example.jp" .*dkim=pass:example.jp .* forged=1 ' "$T/sekisho.log")" 1
}

# A21: who speaks something else, or nothing, harms nobody.
garbage_beside() {
    exec 4<> "/dev/tcp/127.0.0.1/$MILTER"
    printf 'GET / HTTP/1.1\r\n\r\n' >&4
    exec 5<> "/dev/tcp/127.0.0.1/$MILTER"
    printf '\0\0\0' >&5
    { plain beside; printf '\nstill there\n'; } | message beside
    deliver beside "$SENDER" out.example.jp a@example.jp
    check "beside: judged as ever" says spf=pass dmarc=pass
    check "garbage: told in the log" grep -q ' WARN .*connection' "$T/sekisho.log"
    exec 4>&- 5>&-
}

# F=T: while the filter is away, Sendmail asks the client to come again.
stopped() {
    local count
    count=$(grep -c ' message queue_id=' "$T/sekisho.log")
    stop_sekisho
    check "stopped: the count" grep -q "Stopped after $count messages" "$T/sekisho.log"
    check "stopped: no panic" sh -c "! grep -q -i panic '$T/sekisho.log'"
    { plain away; printf '\nHello,\n'; } | message away
    offer away "$SENDER" out.example.jp a@example.jp > "$T/away.log" && fail "away: taken without the filter"
    equal "away: the client is asked to come again" "${REPLY_LINE%"${REPLY_LINE#4}"}" 4
}

stop_sekisho() {
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    equal "the daemon ends well" $? 0
}

# again RULES – the daemon with these rules, where Sendmail looks for it.
again() {
    start_sekisho --config "$1" --listen "inet:$MILTER@127.0.0.1" --authserv-id "$OURS" --resolver "$DNS"
}

# The stage "filter": held mail waits in Sendmail's quarantine until somebody lets it go, and has its marks then.
filtering() {
    filter_rules > "$T/filter.toml"
    again "$T/filter.toml"
    held_message
    CHECKED=$((CHECKED + 1))
    offer held "$STRANGER" evil.example a@held.example || fail "held: not taken"
    check "held: Sendmail lists it, with the reason" within 15 quarantined "$QUEUE_ID"
    check "held: the log tells it" grep -q "queue_id=\"$QUEUE_ID\" .* action=quarantine " "$T/sekisho.log"
    equal "held: and does not say that it is not held" "$(grep -c 'not_held' "$T/sekisho.log")" 0
    (sendmail -q) > "$T/run.log" 2>&1
    check "held: a run of the queue does not deliver it" test ! -e "$T/mail/held"
    { (sendmail -qQ -Q "-qI$QUEUE_ID") && (sendmail "-qI$QUEUE_ID"); } > "$T/release.log" 2>&1
    within 15 test -f "$T/mail/held" || fail "held: not delivered when it is let go"
    MAIL=$T/mail/held
    check "held: it is judged" says spf=fail dmarc=fail policy.dmarc=quarantine
    marked_as_held
    { plain clean; printf '\nHello,\n'; } | message clean
    deliver clean "$SENDER" out.example.jp a@example.jp
    equal "clean: no mark" "$(header "$MAIL" | grep -i -E '^(Subject|X-Suspicious):')" "Subject: hello"
    stop_sekisho
}

quarantined() {
    (sendmail -bp -qQ) > "$T/quarantine.log" 2>&1
    grep -A 3 "^$1" "$T/quarantine.log" | grep -q 'QUARANTINE: ..*'
}

# The stage "block": a forged message is refused in the dialogue, with the reason; nothing bounces.
blocking() {
    cat > "$T/block.toml" << EOF
[receiver]
stage = "block"

[policy.exceptions]
networks = ["$FRIEND/32"]
EOF
    again "$T/block.toml"
    { plain blocked; printf '\nSend money.\n'; } | message blocked
    offer blocked "$STRANGER" evil.example a@example.jp > "$T/blocked.log" && fail "block: a forged message was taken"
    equal "block: the client is told why" "${REPLY_LINE%$'\r'}" \
        "550 5.7.26 Email rejected per DMARC policy for example.jp"
    check "block: the log tells it" grep -q ' dmarc=fail:example.jp .* action=reject rule=policy-dmarc-fail ' "$T/sekisho.log"
    { plain passing; printf '\nHello,\n'; } | message passing
    signed passing
    deliver passing "$STRANGER" forwarder.example a@example.jp
    check "block: who vouches for itself comes" says spf=fail dkim=pass dmarc=pass
    { plain friendly; printf '\nfrom a friend\n'; } | message friendly
    deliver friendly "$FRIEND" friend.example a@example.jp
    check "block: an excepted network is not judged" says spf=fail dmarc=fail
    check "block: what was refused is nowhere" test ! -e "$T/mail/blocked"
    stop_sekisho
}

# A socket in a folder that nobody else writes to; of one that others do, Sendmail wants nothing.
local_socket() {
    mkdir -m 750 "$T/run"
    # As /run/sekisho is, which belongs to the daemon.
    chown nobody "$T/run"
    start_sekisho --listen "unix:$T/run/milter.sock" --authserv-id "$OURS" --resolver "$DNS"
    kill -TERM "$SENDMAIL"
    wait "$SENDMAIL"
    rm -f "$T"/from-*
    configure "local:$T/run/milter.sock"
    start_sendmail
    { plain local; printf '\nHello,\n'; } | message local
    deliver local "$SENDER" out.example.jp a@example.jp
    check "local: judged" says spf=pass dmarc=pass
    chmod 777 "$T/run"
    { plain unsafe; printf '\nHello,\n'; } | message unsafe
    offer unsafe "$SENDER" out.example.jp a@example.jp > "$T/unsafe.log" && fail "unsafe: taken"
    stop_sekisho
}

main
