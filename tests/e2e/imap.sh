#!/usr/bin/env bash
# A mailbox of a real Dovecot, read over IMAP: every message as it is, then dealt with, new ones as they come, over
# connections that are lost and through a mailbox that is made anew.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mail/lib.sh"

main() {
    begin
    install_dovecot
    find_peer
    make_certificates
    configure_dovecot
    start_dovecot

    everything_is_dealt_with
    new_messages_wake_it
    a_server_that_goes_and_comes
    a_mailbox_that_is_made_anew
    who_may_not
    a_server_that_can_little
    finish
}

# drop USER NAME SUBJECT – a message in the user's mailbox, as a delivery agent puts it there. More of it from standard
# input.
drop() {
    local home=$T/mail/$1
    mkdir -p "$home/Maildir/new" "$home/Maildir/tmp" "$home/Maildir/cur"
    { plain "$2" | sed -e "s/^Subject: .*/Subject: $3/"; printf '\n'; cat; } > "$home/Maildir/tmp/$2"
    chown -R nobody "$home"
    mv "$home/Maildir/tmp/$2" "$home/Maildir/new/$2"
    cp "$home/Maildir/new/$2" "$T/$2.want"
}

# watch USER KEY=VALUE… – reads the user's mailbox; $OUT is where messages go, $LOG what is told.
watch() {
    local user=$1
    shift
    OUT=$T/out-$user
    LOG=$T/watch-$user.log
    mkdir -p "$OUT"
    : >> "$LOG"
    "$PEER" imap "user=$user" "password=$PASSWORD" "ca=$T/ca.pem" "out=$OUT" "$@" >> "$LOG" 2>&1 &
    WATCH=$!
    STARTED+=("$WATCH")
}

stop_watching() {
    kill -TERM "$WATCH"
    wait "$WATCH"
    equal "it ends when it is told" $? 0
}

told() {
    [ "$(grep -c -- "$1" "$LOG")" -ge "${2:-1}" ]
}

# is_read NAME – this message was read, byte for byte; Dovecot keeps LF, and IMAP has CRLF.
is_read() {
    local file
    for file in "$OUT"/*.eml; do
        sed -e 's/$/\r/' "$T/$1.want" | cmp -s - "$file" && return
    done
    return 1
}

# kept USER NAME – where the message is, and under which flags, seen from Maildir.
kept() {
    (cd "$T/mail/$1/Maildir" && find . -maxdepth 2 -path './[cn][ue][rw]/*' -name "$2*" |
        sed -E -e 's/(,[SW]=[0-9]+)+//' | sort)
}

everything_is_dealt_with() {
    echo keep | drop all m1 keep
    echo seen | drop all m2 seen
    echo keyword | drop all m3 keyword
    echo move | drop all m4 move
    echo delete | drop all m5 delete
    printf '.\n..\n関所\n\n' | drop all m6 'keep 関所'
    head -c 900000 /dev/urandom | base64 | drop all m7 'move large'
    watch all "port=$IMAPS" security=tls folder=読了 piece=100000
    check "all are dealt with" within 30 told '^Disposed' 7
    local name
    for name in m1 m2 m3 m4 m5 m6 m7; do check "$name is read as it is" is_read "$name"; done
    stop_watching
    equal "kept" "$(kept all m1)" './cur/m1:2,'
    equal "seen" "$(kept all m2)" './cur/m2:2,S'
    equal "marked" "$(kept all m3)" './cur/m3:2,a'
    equal "the keyword" "$(cat "$T/mail/all/Maildir/dovecot-keywords")" '0 $Sekisho'
    # RFC 3501 §5.1.3: 読了 in modified UTF-7.
    equal "moved" "$(find "$T/mail/all/Maildir/.&iq1Ohg-" -type f ! -name 'dovecot*' ! -name maildirfolder | wc -l)" 2
    equal "not here any more" "$(kept all m4)" ''
    equal "deleted" "$(kept all m5)" ''
    equal "nothing went wrong" "$(grep -c -e '^failed' -e NotDisposed "$LOG")" 0
}

new_messages_wake_it() {
    echo first | drop idle i1 keep
    watch idle "port=$IMAP" security=starttls
    check "the first" within 15 told '^Disposed' 1
    # It idles now, or is about to: whichever comes first, the next one is told of.
    echo second | drop idle i2 keep
    check "the second wakes it" within 15 is_read i2
    echo third | drop idle i3 delete
    check "the third as well" within 15 told 'disposed: Deleted'
    equal "over one connection" "$(grep -c '^Opened' "$LOG")" 1
}

a_server_that_goes_and_comes() {
    stop_dovecot
    check "it notices" within 15 told '^failed'
    echo fourth | drop idle i4 move
    start_dovecot
    check "what came between is read" within 30 told 'disposed: Moved'
    check "as it is" is_read i4
    stop_watching
    equal "nothing is read twice" "$(grep -c '^message' "$LOG")" 4
    equal "a connection that is cut again and again loses nothing" "$(kept idle i1)$(kept idle i2)" './cur/i1:2,./cur/i2:2,'
}

a_mailbox_that_is_made_anew() {
    watch idle "port=$IMAP" security=starttls
    check "nothing is read again" within 15 told '^Opened' 3
    stop_dovecot
    rm -f "$T/mail/idle/Maildir"/dovecot*
    # Dovecot takes the time for the new UIDVALIDITY, in seconds.
    within 5 later_than "$(date +%s)"
    start_dovecot
    check "the change is told" within 30 told '^UidValidityChanged'
    check "and all that is there is read again" within 15 told '^message' 6
    stop_watching
}

later_than() {
    [ "$(date +%s)" -gt "$1" ]
}

who_may_not() {
    watch wrong "port=$IMAPS" security=tls password=wrong
    check "a wrong password" within 30 told '^failed AUTHENTICATE: refused: '
    stop_watching
    watch other "port=$IMAPS" security=tls "ca=$T/other.pem"
    check "an authority that is not trusted" within 30 told '^failed TLS with localhost: .*UnknownIssuer'
    stop_watching
    watch plain "port=$IMAP" security=tls
    check "no TLS where it is wanted" within 30 told '^failed TLS with localhost: '
    stop_watching
    watch none "port=$IMAPS" security=tls mailbox=none
    check "a mailbox that is not there" within 30 told '^failed SELECT: refused: '
    stop_watching
    watch local "port=$IMAP" security=loopback
    check "to this machine without TLS" within 30 told '^Opened'
    stop_watching
}

# The same without MOVE, UIDPLUS and IDLE: what is moved is copied and removed, and new messages are asked for.
a_server_that_can_little() {
    stop_dovecot
    echo 'imap_capability = IMAP4rev1 SASL-IR' >> "$T/dovecot.conf"
    start_dovecot
    echo keep | drop little l1 keep
    echo keyword | drop little l2 keyword
    echo move | drop little l3 move
    echo delete | drop little l4 delete
    watch little "port=$IMAPS" security=tls folder=読了 poll_ms=50 'skip=$Sekisho'
    check "all are dealt with" within 30 told '^Disposed' 4
    echo later | drop little l5 move
    check "a new one as well" within 15 told 'disposed: Moved' 2
    stop_watching
    equal "nothing went wrong" "$(grep -c -e '^failed' -e NotDisposed -e MarkedDeleted "$LOG")" 0
    equal "moved" "$(find "$T/mail/little/Maildir/.&iq1Ohg-" -type f ! -name 'dovecot*' ! -name maildirfolder | wc -l)" 2
    equal "what is left" "$(kept little l)" './cur/l1:2,
./cur/l2:2,a'
    # Who has forgotten what was read reads it again, but not what has the keyword.
    rm "$OUT"/*
    watch little "port=$IMAPS" security=tls poll_ms=50 'skip=$Sekisho'
    check "one is read again" within 15 told '^message 1 ' 2
    check "it is open" within 15 told '^Disposed' 6
    stop_watching
    equal "the other is not" "$(grep -c '^message 2 ' "$LOG")" 1
    # Another has marked a message: EXPUNGE would take it along.
    set -- "$T/mail/little/Maildir/cur/l1"*
    mv "$1" "${1}T"
    echo delete | drop little l6 delete
    watch little "port=$IMAPS" security=tls poll_ms=50
    check "it is marked" within 15 told 'disposed: MarkedDeleted'
    stop_watching
    check "and the other is still there" is_there little l1
}

is_there() {
    [ -n "$(kept "$@")" ]
}

main
