#!/usr/bin/env bash
# The ready Sieve rules of docs/sieve, run by Dovecot's delivery agent on messages that the daemon has labelled. Dovecot is
# Debian's, unpacked and not installed (it would start), and runs as nobody on mailboxes of its own.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    install miltertest miltertest
    unpack dovecot-core dovecot-sieve
    cat > "$T/zone" << 'EOF'
$TTL 300
example.jp. TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.example.jp. TXT "v=DMARC1; p=reject"
none.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"
_dmarc.none.example. TXT "v=DMARC1; p=none"
EOF
    start_dns "$T/zone"
    dovecot

    # At the stage "filter" the label is there by itself.
    printf '[receiver]\nstage = "filter"\n' > "$T/filter.toml"
    serve "$T/filter.toml"
    label good 192.0.2.1 a@example.jp
    label spoofed 203.0.113.9 a@example.jp
    label lax 203.0.113.9 a@none.example
    stop_it
    sorts junk good INBOX
    sorts junk spoofed Junk
    sorts junk lax INBOX

    # At the stage "observe" it is there if it is wished: the lines of docs/mail-clients.md.
    sed -n -e '/^```toml/,/^```/p' "$ROOT/docs/mail-clients.md" | grep -v '^```' > "$T/observe.toml"
    check "mail-clients.md has the lines" grep -q 'X-Sekisho-Verdict' "$T/observe.toml"
    serve "$T/observe.toml"
    label observed 203.0.113.9 a@example.jp
    label calm 192.0.2.1 a@example.jp
    stop_it
    sorts junk observed Junk
    sorts junk calm INBOX

    # By Authentication-Results alone; what is in another's name says nothing.
    serve /dev/null
    label flagged 203.0.113.9 a@example.jp
    label unflagged 192.0.2.1 a@example.jp
    label others 192.0.2.1 a@example.jp 'Authentication-Results: mx.example.net.evil.example; dmarc=fail header.from=example.jp'
    stop_it
    sorts flag flagged INBOX
    equal "flagged: the star" "$(flags flagged)" F
    check "flagged: the keyword" grep -q ' Suspicious$' "$T/home/flagged/mail/dovecot-keywords"
    sorts flag unflagged INBOX
    equal "unflagged: no star" "$(flags unflagged)" ''
    sorts flag others INBOX
    equal "others: no star" "$(flags others)" ''
    finish
}

serve() {
    start_sekisho --config "$1" --listen inet:0@127.0.0.1 --authserv-id "$OURS" --resolver "$DNS"
    MILTER=$(grep -o 'smtpd_milters = inet:.*' "$T/sekisho.log" | head -n 1)
    MILTER=${MILTER##*:}
}

stop_it() {
    kill -TERM "$DAEMON"
    wait "$DAEMON"
}

# label NAME CLIENT SENDER [FIELD] – a message through the daemon; $T/NAME.delivered is what it made of it.
label() {
    local scripts=$ROOT/tests/e2e/miltertest
    { [ -n "${4:-}" ] && echo "$4"; plain "$1" | sed -e "s/a@example.jp/$3/"; printf '\nHello,\n'; } | message "$1"
    timeout 60 miltertest -s "$scripts/deliver.lua" -D "socket=inet:$MILTER@127.0.0.1" -D "folder=$T" -D "here=$scripts" \
        -D "name=$1" -D "ip=$2" -D "sender=$3" > "$T/$1.log" 2>&1 || { fail "$1: not labelled"; finish; }
}

# A delivery agent without a server: no authentication, no log daemon.
dovecot() {
    local libraries=$T/debian/usr/lib/dovecot
    mkdir -p "$T/home"
    chown nobody "$T/home"
    cat > "$T/dovecot.conf" << EOF
base_dir = $T/run
protocols =
log_path = /dev/stderr
mail_location = maildir:~/mail
mail_plugin_dir = $libraries/modules
postmaster_address = postmaster@example.net
protocol lda {
  mail_plugins = sieve
}
plugin {
  sieve = file:~/rules;active=~/rules.sieve
}
EOF
}

# sorts RULES NAME FOLDER – $T/NAME.delivered, handed to the delivery agent with these rules, lies in that folder.
sorts() {
    local home=$T/home/$2 program=$T/debian/usr/lib/dovecot/dovecot-lda folder
    mkdir -p "$home/rules"
    cp "$ROOT/docs/sieve/$1.sieve" "$home/rules.sieve"
    chown -R nobody "$home"
    # What dovecot-lda would start by itself, had it been installed: doveconf(1) reads the configuration for it.
    (cd "$home" && LD_LIBRARY_PATH=$LIBRARIES HOME=$home USER=nobody setpriv --reuid="$(id -u nobody)" --regid="$(id -g nobody)" --clear-groups \
        "$T/debian/usr/bin/doveconf" -f service=lda -c "$T/dovecot.conf" -m lda -e "$program" -e -f a@example.jp) \
        < "$T/$2.delivered" > "$T/$2.lda.log" 2>&1 || fail "$2: not delivered"
    check "$2: the rules are sound" sh -c "! grep -q -i -E 'error|failed' '$T/$2.lda.log'"
    # mail/new/FILE, or mail/.FOLDER/new/FILE
    folder=$(find "$home/mail" -type f \( -path '*/new/*' -o -path '*/cur/*' \) -printf '%P\n' |
        sed -e 's/^\(new\|cur\).*/INBOX/' -e 's/^\.\([^/]*\).*/\1/')
    equal "$2: by $1.sieve into" "$folder" "$3"
}

# flags NAME – the flags of maildir that the message has, without keywords, which are small letters.
flags() {
    find "$T/home/$1/mail/cur" "$T/home/$1/mail/new" -type f | sed -n -e 's/.*:2,\([A-Z]*\).*/\1/p'
}

main
