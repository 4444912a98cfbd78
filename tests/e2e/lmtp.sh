#!/usr/bin/env bash
# Mail that a real Postfix delivers over LMTP by its transport map, over TCP and over a local socket: whole, for each
# recipient by itself, again when it is told to come again, and back to its sender when it is refused.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mail/lib.sh"

main() {
    begin
    find_peer
    configure_postfix sender
    start_lmtp "unix:$T/lmtp.sock"
    free_port
    LMTP=$PORT
    start_lmtp "inet:$LMTP@127.0.0.1"
    printf '%s\n' "tcp.example.net lmtp:inet:127.0.0.1:$LMTP" "reports.example.net lmtp:unix:$T/lmtp.sock" > "$T/conf/transport"
    postconf -c "$T/conf" -e "transport_maps = texthash:$T/conf/transport" 'relay_domains = tcp.example.net reports.example.net' \
        'lmtp_destination_concurrency_limit = 20' 'minimal_backoff_time = 1s' 'queue_run_delay = 1s' 'maximal_backoff_time = 2s'
    start_postfix

    whole
    each_recipient
    many
    the_server_is_gone
    finish
}

# start_lmtp ADDRESS – its process into $TAKER, what it takes is in $T/taken.
start_lmtp() {
    mkdir -p "$T/taken"
    : > "$T/lmtp.log"
    "$PEER" lmtp "listen=$1" "out=$T/taken" >> "$T/lmtp.log" 2>&1 &
    TAKER=$!
    STARTED+=("$TAKER")
    within 10 grep -q '^listening' "$T/lmtp.log" || { fail "no LMTP server at $1"; finish; }
}

# deliver NAME RECIPIENTS – hands $T/NAME.eml to Postfix.
deliver() {
    CHECKED=$((CHECKED + 1))
    "$PEER" submit "port=$SMTP" security=loopback from=sender@example.net "to=$2" "$T/$1.eml" > "$T/sent.log" 2>&1
    grep -v -q -e '^connected' -e ' accepted 250 ' "$T/sent.log" && fail "$1 is not taken: $(cat "$T/sent.log")"
}

taken() {
    [ -s "$T/taken/$1.eml" ]
}

# is_whole NAME FILE – the end of what was taken is the message, byte for byte; Postfix has put fields above it.
is_whole() {
    tail -c "$(wc -c < "$T/$2.eml")" "$T/taken/$1.eml" | cmp - "$T/$2.eml"
}

status_of() {
    grep -c "to=<$1>.* dsn=$2, status=$3" "$T/postfix.log"
}

has_status() {
    [ "$(status_of "$@")" -ge 1 ]
}

whole() {
    { plain dots; printf '\n.\n..\nMAIL FROM:<x@y>\n\n.\n.x\n'; } | crlf dots
    { plain wide | sed -e 's/hello/関所/'; printf '\n関所\n'; } | crlf wide
    deliver dots dots@reports.example.net
    deliver dots dots-tcp@tcp.example.net
    deliver wide wide@reports.example.net
    local name
    for name in dots dots-tcp wide; do check "$name arrives" within 15 taken "$name"; done
    check "dots, over a local socket" is_whole dots dots
    check "dots, over TCP" is_whole dots-tcp dots
    check "more than ASCII" is_whole wide wide
    check "Postfix knows what was said" within 15 has_status dots@reports.example.net 2.0.0 'sent (250 2.0.0 taken)'
}

each_recipient() {
    { plain some; printf '\nfor some\n'; } | crlf some
    deliver some good@reports.example.net,never@reports.example.net,nobody@reports.example.net,later@reports.example.net
    check "one has it" within 15 has_status good@reports.example.net 2.0.0 sent
    check "one will never have it" within 15 has_status never@reports.example.net 5.6.0 bounced
    check "one is not there" within 15 has_status nobody@reports.example.net 5.1.1 bounced
    check "one is to come again" within 15 has_status later@reports.example.net 4.3.0 deferred
    postqueue -c "$T/conf" -f
    check "and comes again" within 30 has_status later@reports.example.net 2.0.0 sent
    equal "the first had it once" "$(status_of good@reports.example.net 2.0.0 sent)" 1
    check "and it is whole" is_whole later some
    check "the sender hears of it" within 15 grep -r -q 'this is no report' "$T/mail/sender/new"
    check "and why" within 15 grep -r -q 'there is nobody of this name' "$T/mail/sender/new"
}

many() {
    local number
    for number in $(seq 40); do
        { plain "n$number"; printf '\n'; yes "$number" | head -n 5000; } | crlf "n$number"
        deliver "n$number" "n$number@reports.example.net"
    done
    for number in $(seq 40); do
        check "n$number" within 30 has_status "n$number@reports.example.net" 2.0.0 sent
        check "n$number is whole" is_whole "n$number" "n$number"
    done
}

the_server_is_gone() {
    kill -TERM "$TAKER"
    wait "$TAKER"
    equal "it ends when it is told" $? 0
    check "in order" grep -q '^stopped' "$T/lmtp.log"
    deliver some back@tcp.example.net
    check "Postfix keeps the mail" within 15 has_status back@tcp.example.net 4.4.1 deferred
    start_lmtp "inet:$LMTP@127.0.0.1"
    postqueue -c "$T/conf" -f
    check "and brings it" within 30 taken back
    check "whole" is_whole back some
}

main
