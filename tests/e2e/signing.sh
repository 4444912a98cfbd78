#!/usr/bin/env bash
# Outgoing mail behind a real Postfix: a service for submission whose milters hear daemon_name=ORIGINATING, and sendmail(1).
# What arrives is verified by OpenDKIM's opendkim-testmsg, by dkimpy, and by ourselves, against DNS from a zone file.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    install postconf postfix
    install opendkim-testmsg opendkim-tools
    install_python dkim python3-dkim
    install_python nacl python3-nacl
    [ "$(id -u)" -eq 0 ] || skip "Postfix can be started by root only"
    command -v openssl > /dev/null || skip "openssl is not installed"
    make_keys
    write_zone
    start_dns "$T/zone"
    readable_by_others
    configuration accept > "$T/sekisho.toml"
    start_sekisho --config "$T/sekisho.toml" --listen inet:0@127.0.0.1 --authserv-id "$OURS" --resolver "$DNS"
    check "the start tells of the keys" grep -q 'signed with 3 keys' "$T/sekisho.log"
    start_relay
    start_postfix
    submitted
    bodies
    wildcard
    here
    stranger
    nobody_signs
    restarted_to_refuse
    finish
}

make_keys() {
    mkdir -p "$T/keys"
    (umask 077 && openssl genrsa -out "$T/keys/rsa.pem" 2048 2> /dev/null &&
        openssl genrsa -out "$T/keys/provider.pem" 2048 2> /dev/null &&
        cp "$KEYS/ed25519.pem" "$T/keys/ed25519.pem") || skip "openssl makes no RSA key"
    chmod 600 "$T"/keys/*.pem
}

# public FILE – `p=` of an RSA key, in strings of at most 255 bytes.
public() {
    openssl rsa -in "$1" -pubout 2> /dev/null | grep -v '^-' | tr -d '\n' | sed -e 's/.\{200\}/&" "/g'
}

write_zone() {
    cat > "$T/zone" << EOF
\$TTL 300
example.jp. TXT "v=spf1 -all"
_dmarc.example.jp. TXT "v=DMARC1; p=reject"
ed._domainkey.example.jp. TXT "v=DKIM1; k=ed25519; p=XvVvfB4I+ZHGhwTpBIAiei8hwNllimF64w4SgsxqCPM="
rsa._domainkey.example.jp. TXT "v=DKIM1; k=rsa; p=$(public "$T/keys/rsa.pem")"
p1._domainkey.provider.example. TXT "v=DKIM1; k=rsa; p=$(public "$T/keys/provider.pem")"
EOF
}

# configuration UNSIGNED
configuration() {
    cat << EOF
[outgoing]
macros = { "{daemon_name}" = ["ORIGINATING"] }

[signing]
unsigned = "$1"

[[signing.key]]
name = "rsa"
domain = "example.jp"
selector = "rsa"
file = "keys/rsa.pem"

[[signing.key]]
name = "ed"
domain = "example.jp"
selector = "ed"
file = "keys/ed25519.pem"
algorithm = "ed25519-sha256"

[[signing.key]]
name = "provider"
domain = "provider.example"
selector = "p1"
file = "keys/provider.pem"

[[signing.rule]]
from = "*@example.jp"
keys = ["rsa", "ed"]

[[signing.rule]]
from = "*.client.example"
keys = "provider"
EOF
}

# A key that others can read is refused at the start, and so is one that says of itself what it is not.
readable_by_others() {
    local status
    configuration accept > "$T/refused.toml"
    chmod 644 "$T/keys/rsa.pem"
    refused "readable by others" 'can be read by others (mode 0644)'
    chmod 600 "$T/keys/rsa.pem"
    sed -i -e 's/ed25519-sha256/rsa-sha256/' "$T/refused.toml"
    refused "another algorithm" 'is one for ed25519-sha256, not for rsa-sha256'
}

refused() {
    timeout 20 "$SEKISHO" serve --lang en --state "$T/state" --config "$T/refused.toml" --listen inet:0@127.0.0.1 \
        --resolver "$DNS" > "$T/refused.log" 2>&1
    equal "$1: the exit code" "$?" 4
    check "$1: the sentence" grep -q -F "$2" "$T/refused.log"
}

# opendkim-testmsg asks the servers of resolv.conf, at port 53: a relay to ours, and a resolv.conf that only it sees.
start_relay() {
    echo "nameserver $RELAY" > "$T/resolv.conf"
    cat > "$T/relay.py" << 'EOF'
import socket, sys
here, there = sys.argv[1], sys.argv[2].rsplit(":", 1)
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((here, 53))
print("ready", flush=True)
while True:
    question, client = server.recvfrom(4096)
    upstream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    upstream.settimeout(5)
    upstream.sendto(question, (there[0], int(there[1])))
    try:
        server.sendto(upstream.recvfrom(65535)[0], client)
    except OSError:
        pass
EOF
    : > "$T/relay.ready"
    /usr/bin/python3 "$T/relay.py" "$RELAY" "$DNS" > "$T/relay.ready" 2> "$T/relay.log" &
    STARTED+=($!)
    OPENDKIM=
    if within 5 test -s "$T/relay.ready" && in_namespace true 2> /dev/null; then
        OPENDKIM=yes
    else
        echo "not checked: opendkim-testmsg, which can be given no DNS server on this machine"
    fi
}

# A command that sees the resolv.conf of this test.
in_namespace() {
    unshare -m sh -c 'mount --bind "$1" "$(readlink -f /etc/resolv.conf)" && shift && exec "$@"' - "$T/resolv.conf" "$@"
}

start_postfix() {
    local user group mailbox
    user=$(id -u nobody) && group=$(id -g nobody)
    mkdir -p "$T/conf" "$T/queue" "$T/data" "$T/mail"
    chown postfix "$T/data"
    chown nobody "$T/mail"
    for mailbox in $MAILBOXES; do echo "$mailbox@example.net $mailbox/"; done > "$T/conf/mailboxes"
    free_port
    SMTP=$PORT
    SUBMISSION=$((PORT + 1))
    while is_open "$SUBMISSION"; do SUBMISSION=$((SUBMISSION + 1)); done
    cat > "$T/conf/main.cf" << EOF
compatibility_level = 3.6
queue_directory = $T/queue
data_directory = $T/data
maillog_file = $T/postfix.log
maillog_file_prefixes = $T
myhostname = $OURS
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
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
smtp_dns_support_level = disabled
disable_dns_lookups = yes
notify_classes =
$(grep -o 'smtpd_milters = inet:.*' "$T/sekisho.log" | head -n 1)
non_smtpd_milters = \$smtpd_milters
milter_default_action = tempfail
EOF
    cat > "$T/conf/master.cf" << EOF
127.0.0.1:$SMTP inet n - n - - smtpd
127.0.0.1:$SUBMISSION inet n - n - - smtpd
    -o milter_macro_daemon_name=ORIGINATING
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
    # Postfix makes what is missing in its queue, but not the rights of its setgid programs.
    postfix -c "$T/conf" check > "$T/check.log" 2>&1
    chgrp postdrop "$T/queue/maildrop" "$T/queue/public" && chmod 1730 "$T/queue/maildrop" && chmod 2710 "$T/queue/public"
    POSTFIX_STARTED=yes
    postfix -c "$T/conf" start > "$T/start.log" 2>&1
    within 15 is_open "$SUBMISSION" || { fail "Postfix does not start"; finish; }
}

before_clean_up() {
    [ -n "${POSTFIX_STARTED:-}" ] && postfix -c "$T/conf" stop > /dev/null 2>&1
}

is_there() {
    set -- "$T/mail/$1/new/"*
    [ -f "$1" ]
}

arrived() {
    within 15 is_there "$1" || { fail "$1: not delivered"; return; }
    MAIL=$(echo "$T/mail/$1/new/"*)
    # What the delivery agent has put on top was not there when the message was signed, and goes.
    sed -e '1,/^$/{/^Return-Path:/d;/^Delivered-To:/d;/^X-Original-To:/d}' "$MAIL" > "$T/$1.arrived"
    MAIL=$T/$1.arrived
}

# submit NAME – through the service for submission; $MAIL is what arrived.
submit() {
    MAIL=/dev/null
    CHECKED=$((CHECKED + 1))
    smtp "$SUBMISSION" 198.51.100.7 pc.example pc.example a@example.jp "$1@example.net" "$T/$1.msg" ||
        { fail "$1: not taken"; finish; }
    arrived "$1"
}

# The domains and selectors of the signatures, from the top.
signatures() {
    header "$MAIL" | grep -i '^DKIM-Signature:' | sed -e 's/.*[; ]d=\([^;]*\);.*[; ]s=\([^;]*\);.*/\1:\2/' | paste -s -d ,
}

# verified NAME COUNT – dkimpy, OpenDKIM and we ourselves find so many signatures that hold, and no other.
verified() {
    local got
    got=$(/usr/bin/python3 - "$MAIL" "$T/zone" 2> "$T/dkimpy.log" << 'EOF'
import re, sys, dkim
message = open(sys.argv[1], "rb").read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
zone = {}
for line in open(sys.argv[2]):
    found = re.match(r"(\S+) TXT (.*)", line)
    if found:
        zone[found.group(1)] = "".join(re.findall(r'"([^"]*)"', found.group(2))).encode()
def ask(name, timeout=5):
    return zone.get(name.decode() if isinstance(name, bytes) else name)
verifier = dkim.DKIM(message)
count = sum(name.lower() == b"dkim-signature" for name, _ in verifier.headers)
print(sum(bool(dkim.DKIM(message).verify(idx=at, dnsfunc=ask)) for at in range(count)), "of", count)
EOF
    )
    equal "$1: dkimpy" "$got" "$2 of $2"
    equal "$1: sekisho verify" "$(passing "$MAIL")" "$2 of $2"
    [ -n "$OPENDKIM" ] || return
    # It says nothing when the signatures hold.
    check "$1: opendkim-testmsg" in_namespace opendkim-testmsg < "$MAIL"
}

# How many of the signatures pass, as we see it.
passing() {
    "$SEKISHO" verify --format json --resolver "$DNS" "$1" 2> "$T/verify.log" | /usr/bin/python3 -c '
import json, sys
results = [one["result"] for one in json.load(sys.stdin)["dkim"]]
print(results.count("pass"), "of", len(results))'
}

# RFC 6376 §8.15: a field that is put above a signed one breaks the signature.
added() {
    local field
    for field in 'From: another@example.jp' 'Subject: another' 'Reply-To: another@example.net' 'Content-Type: text/html'; do
        { echo "$field"; cat "$MAIL"; } > "$T/added.eml"
        equal "$1: with one more ${field%%:*}" "$(passing "$T/added.eml")" "0 of 2"
    done
}

submitted() {
    { plain submitted; printf 'Authentication-Results: %s; dmarc=pass\n\nHello,\n\nthis is a test.\n' "$OURS"; } | message submitted
    submit submitted
    equal "submitted: both keys sign" "$(signatures)" example.jp:rsa,example.jp:ed
    equal "submitted: nothing is judged, and what claimed so is gone" "$(header "$MAIL" | grep -c -i '^Authentication-Results')" 0
    equal "submitted: the signature is above Received" "$(header "$MAIL" | head -n 1 | cut -d : -f 1)" DKIM-Signature
    equal "submitted: no l=" "$(header "$MAIL" | grep -c '; l=')" 0
    verified submitted 2
    added submitted
    check "submitted: the log" grep -q \
        "queue_id=\"$QUEUE_ID\" client=\"pc.example\" ip=198.51.100.7 .*direction=out rule=outgoing-by-macro .* signed=example.jp:rsa,example.jp:ed action=accept .* forged=1 " \
        "$T/sekisho.log"
}

# What canonicalisation is about, dots, and a body that comes in many chunks.
bodies() {
    { plain empty; printf '\n'; } | message empty
    submit empty
    verified empty 2
    { plain dots; printf '\n.\n..two\n \t trailing \t \n\n\n\n'; } | message dots
    submit dots
    verified dots 2
    { plain big; echo; for line in {1..4000}; do echo "line $line of many, with some   blanks, until it is long enough	"; done; } | message big
    submit big
    verified big 2
    { plain japanese | sed -e 's/^Subject: .*/Subject: =?UTF-8?B?6Zai5omA?=\n =?UTF-8?B?6Zai5omA?=/'
        printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n関所\n'; } | message japanese
    submit japanese
    verified japanese 2
}

wildcard() {
    { plain wildcard | sed -e 's/@example\.jp/@news.client.example/'; printf '\nby the provider\n'; } | message wildcard
    submit wildcard
    equal "wildcard: the provider signs" "$(signatures)" provider.example:p1
    verified wildcard 1
}

# sendmail(1): the host itself.
here() {
    { plain here; printf '\nfrom this host\n'; } > "$T/here.msg"
    check "here: sendmail takes it" sendmail -C "$T/conf" -f a@example.jp here@example.net < "$T/here.msg"
    arrived here
    equal "here: signed" "$(signatures)" example.jp:rsa,example.jp:ed
    verified here 2
}

# The same author, through the other service: judged, and not signed.
stranger() {
    { plain stranger; printf '\nnot signed\n'; } | message stranger
    smtp "$SMTP" 203.0.113.9 "[UNAVAILABLE]" evil.example a@example.jp stranger@example.net "$T/stranger.msg" ||
        { fail "stranger: not taken"; finish; }
    arrived stranger
    equal "stranger: no signature" "$(signatures)" ""
    check "stranger: judged" says spf=fail dmarc=fail
}

nobody_signs() {
    { plain nobody | sed -e 's/@example\.jp/@other.example/'; printf '\nwho signs?\n'; } | message nobody
    submit nobody
    equal "nobody: it goes on without a signature" "$(signatures)" ""
    check "nobody: it is told" grep -q "queue_id=\"$QUEUE_ID\" .* signed=none action=accept .*No key signs for" "$T/sekisho.log"
}

restarted_to_refuse() {
    local port
    port=$(grep -o 'smtpd_milters = inet:.*' "$T/sekisho.log" | head -n 1 | sed -e 's/.*://')
    kill "$DAEMON" && wait "$DAEMON" 2> /dev/null
    configuration reject > "$T/sekisho.toml"
    start_sekisho --config "$T/sekisho.toml" --listen "inet:$port@127.0.0.1" --authserv-id "$OURS" --resolver "$DNS"
    { plain refused | sed -e 's/@example\.jp/@other.example/'; printf '\nwho signs?\n'; } | message refused
    if smtp "$SUBMISSION" 198.51.100.7 pc.example pc.example a@example.jp refused@example.net "$T/refused.msg" > "$T/smtp.log"; then
        fail "refused: taken"
    fi
    check "refused: the reply" grep -q '550 5\.7\.1 No DKIM key signs' "$T/smtp.log"
    { plain after; printf '\nafter\n'; } | message after
    submit after
    verified after 2
}

RELAY=127.0.0.153
MAILBOXES='submitted empty dots big japanese wildcard here stranger nobody refused after'

main
