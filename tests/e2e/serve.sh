#!/usr/bin/env bash
# How the daemon starts, cannot start, and ends: messages, exit codes (design: 2 command line, 4 configuration, 5
# network), sockets.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    echo > "$T/zone"
    start_dns "$T/zone"

    start_sekisho --listen "unix:$T/milter.sock" --authserv-id mx.example.net --resolver "$DNS"
    check "it tells where it listens" grep -q "milter connections at unix:$T/milter.sock" "$T/sekisho.log"
    check "it tells under which name" grep -q 'mx\.example\.net (authserv-id)' "$T/sekisho.log"
    check "it tells whom it asks" grep -q "DNS servers: $DNS" "$T/sekisho.log"
    check "it tells what Postfix needs" grep -q "smtpd_milters = unix:$T/milter.sock" "$T/sekisho.log"
    check "the socket is there" test -S "$T/milter.sock"

    refuses "another one in the same place" 5 'already in use' --listen "unix:$T/milter.sock" --resolver "$DNS"
    check "the first one goes on" test -S "$T/milter.sock"
    kill -INT "$DAEMON"
    wait "$DAEMON"
    equal "SIGINT ends it" $? 0
    check "the socket has gone" test ! -e "$T/milter.sock"

    touch "$T/file"
    refuses "a file in its place" 4 'not a socket' --listen "unix:$T/file" --resolver "$DNS"
    check "the file is left alone" test -f "$T/file"
    refuses "no such folder" 5 'Cannot listen' --listen "unix:$T/none/milter.sock" --resolver "$DNS"
    refuses "no address" 2 'not an address' --listen nonsense --resolver "$DNS"
    refuses "an address that is not ours" 5 'Cannot listen' --listen inet:0@192.0.2.1 --resolver "$DNS"
    refuses "no DNS server" 2 'nonsense' --listen inet:0@127.0.0.1 --resolver nonsense
    refuses "a control character in the name" 2 'control' --listen inet:0@127.0.0.1 --authserv-id $'a\nb' --resolver "$DNS"
    printf '[receiver]\nlisten = "nonsense"\n' > "$T/bad.toml"
    refuses "a bad address in the configuration" 4 "bad.toml:2" --config "$T/bad.toml"
    refuses "no configuration where one is named" 4 "none.toml" --config "$T/none.toml"

    free_port
    printf '[receiver]\nlisten = "inet:%s@127.0.0.1"\nauthserv_id = "configured.example"\n[dns]\nresolvers = ["%s"]\n' \
        "$PORT" "$DNS" > "$T/good.toml"
    start_sekisho --config "$T/good.toml"
    check "the configuration says where" is_open "$PORT"
    check "the configuration says the name" grep -q 'configured\.example' "$T/sekisho.log"
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    equal "SIGTERM ends it" $? 0

    start_sekisho --listen inet:0@127.0.0.1 --resolver 127.0.0.1:1 --dns-timeout 1s
    check "without DNS it starts, and says so" within 10 grep -q ' WARN .*DNS' "$T/sekisho.log"
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    equal "a slow start ends as well" $? 0
    check "the ledger is for its owner alone" test "$(stat -c %a "$T/state/ledger.sqlite")" = 600
    printf 'not a ledger at all' > "$T/other"
    chmod 600 "$T/other"
    printf '[ledger]\nfile = "other"\n' > "$T/other.toml"
    refuses "a file that is no ledger" 6 'other cannot be used' --config "$T/other.toml" --listen inet:0@127.0.0.1 --resolver "$DNS"
    printf '[ledger]\nenabled = false\n' > "$T/without.toml"
    rm -r "$T/state"
    start_sekisho --config "$T/without.toml" --listen inet:0@127.0.0.1 --resolver "$DNS"
    check "without a ledger it says so" grep -q 'No ledger' "$T/sekisho.log"
    check "and makes none" test ! -e "$T/state/ledger.sqlite"
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    touch "$T/ja.log"
    "$SEKISHO" serve --lang ja --state "$T/state" --listen "unix:$T/milter.sock" --resolver "$DNS" 2> "$T/ja.log" &
    STARTED+=($!)
    check "it speaks Japanese" within 10 grep -q '待ち受けています' "$T/ja.log"
    finish
}

# refuses WHAT CODE TEXT OPTIONS… – `serve` ends at once with this code and this text on standard error, in one line.
refuses() {
    local what=$1 code=$2 text=$3 status
    shift 3
    timeout 10 "$SEKISHO" serve --lang en --state "$T/state" "$@" > /dev/null 2> "$T/refused.log"
    status=$?
    equal "$what: the exit code" "$status" "$code"
    check "$what: the message" grep -q -i -e "$text" "$T/refused.log"
    equal "$what: one line" "$(wc -l < "$T/refused.log")" 1
}

main
