#!/usr/bin/env bash
# Faults of the machine under the running daemon: a disk that is full, and a clock that jumps. Each message gets the answer
# that the configuration names, what fails is told loudly, and afterwards all is as it was, with no row lost that was kept.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    [ -x /usr/bin/python3 ] || skip "there is no Python"
    printf 'bank.example. 60 IN TXT "v=spf1 -all"\n_dmarc.bank.example. 60 IN TXT "v=DMARC1; p=none"\n' > "$T/zone"
    start_dns "$T/zone"
    { plain faults | sed -e 's/@example\.jp/@bank.example/'; printf '\nHello.\n'; } | message plain
    mkdir "$T/state"
    if mount -t tmpfs -o size=8m,mode=0700 tmpfs "$T/state" 2> /dev/null; then
        MOUNTED=yes
    else
        # The limit of a file does nearly the same: what is written beyond it fails.
        command -v prlimit > /dev/null || skip "no file system can be mounted here, and there is no prlimit"
    fi
    full_disk accept before-reply
    full_disk tempfail before-reply
    full_disk accept async
    clock_jumps
    finish
}

before_clean_up() {
    [ -n "${DAEMON:-}" ] && kill -KILL "$DAEMON" 2> /dev/null && wait "$DAEMON" 2> /dev/null
    [ -n "${MOUNTED:-}" ] && umount -l "$T/state"
}

serve() {
    free_port
    cat > "$T/sekisho.toml" <<END
[receiver]
listen = "inet:$PORT@127.0.0.1"
authserv_id = "mx.example.jp"
on_failure = "$1"
[dns]
resolvers = ["$DNS"]
[ledger]
durability = "$2"
evidence = "all"
END
    start_sekisho --config "$T/sekisho.toml"
}

# one_message – delivers it, and says what became of it.
one_message() {
    /usr/bin/python3 "$ROOT/tests/e2e/memory.py" deliver "$PORT" 192.0.2.9 billing@bank.example "$T/plain.msg" FAULTS
}

# deliver WANTED WHAT – one message.
deliver() {
    equal "$2" "$(one_message)" "$1"
}

# From now on nothing more can be written.
fill_disk() {
    if [ -n "${MOUNTED:-}" ]; then
        cat /dev/zero > "$T/state/filler" 2> /dev/null
    else
        prlimit --pid "$DAEMON" --fsize=4096
    fi
}

empty_disk() {
    if [ -n "${MOUNTED:-}" ]; then
        rm "$T/state/filler"
    else
        prlimit --pid "$DAEMON" --fsize=unlimited
    fi
}

# Messages until one of them meets the fault: the log of the file may have room left in its last page.
until_it_fails() {
    local round
    for round in $(seq 50); do
        ANSWER=$(one_message)
        if grep -q "$1" "$T/sekisho.log"; then return 0; fi
    done
    return 1
}

status() {
    "$SEKISHO" --lang en --state "$T/state" status --format json |
        /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["ledger"][sys.argv[1]])' "$1"
}

# Rows of the ledger, counted from the file.
rows() {
    "$SEKISHO" --state "$T/state" policy simulate --from 2000-01-01 --to 2100-01-01 --format json |
        /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["messages"])'
}

told_rows() {
    grep -c ' message queue_id=.* row=' "$T/sekisho.log"
}

full_disk() {
    local on_failure=$1 durability=$2 what="full disk, $1, $2" before
    rm -f "$T/state/"*
    # Without a mounted file system: who writes beyond the limit hears of it, and is not killed.
    trap '' XFSZ
    serve "$on_failure" "$durability"
    trap - XFSZ
    deliver accept "$what: before"
    fill_disk
    if [ "$durability" = before-reply ]; then
        check "$what: a row cannot be kept" until_it_fails 'WARN.* The ledger did not take the row'
        equal "$what: what the client hears" "$ANSWER" \
            "$([ "$on_failure" = accept ] && echo accept || echo '451 4.3.0 Local error in processing; please try again later')"
    else
        until_it_fails 'no such line: fifty messages'
        equal "$what: what the client hears" "$ANSWER" accept
        check "$what: rows wait" test "$(status waiting)" -gt 0
    fi
    equal "$what: it is still alive" "$(kill -0 "$DAEMON" && echo yes)" yes
    check "$what: status tells of failures" test "$(status failures)" -gt 0
    empty_disk
    check "$what: afterwards rows are kept again" within 20 is_kept
    check "$what: nothing waits" within 20 nothing_waits
    equal "$what: nothing was lost" "$(status lost)" 0
    before=$(told_rows)
    equal "$what: each row that the log names is stored" "$(status stored)" "$before"
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    equal "$what: it ends in order" $? 0
    equal "$what: the file has them all" "$(rows)" "$before"
}

is_kept() {
    local before
    before=$(told_rows)
    [ "$(one_message)" = accept ] && [ "$(told_rows)" -gt "$before" ]
}

nothing_waits() {
    [ "$(status waiting)" = 0 ]
}

clock_jumps() {
    local library count=0 jump
    rm -f "$T/state/"*
    command -v faketime > /dev/null || (from_debian faketime faketime) || { echo "the clock does not jump: faketime cannot be had"; return 0; }
    library=$(find /usr/lib -name libfaketimeMT.so.1 2> /dev/null | head -n 1)
    [ -n "$library" ] || { echo "the clock does not jump: there is no libfaketimeMT"; return 0; }
    echo +0 > "$T/clock"
    # Time that only goes on is not touched: so it is when somebody sets the clock of a machine.
    export LD_PRELOAD=$library FAKETIME_TIMESTAMP_FILE=$T/clock FAKETIME_NO_CACHE=1
    export DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_FAKE_MONOTONIC=1
    serve tempfail before-reply
    unset LD_PRELOAD FAKETIME_TIMESTAMP_FILE FAKETIME_NO_CACHE DONT_FAKE_MONOTONIC FAKETIME_DONT_FAKE_MONOTONIC
    deliver accept "clock: before"
    for jump in +400d +0 -30d +2h -2h +0; do
        echo "$jump" > "$T/clock"
        deliver accept "clock at $jump: one message"
        deliver accept "clock at $jump: one more"
        count=$((count + 2))
    done
    equal "clock: each has a row" "$(status stored)" $((count + 1))
    equal "clock: each row an id of its own" "$(grep -o ' row=[^ ]*' "$T/sekisho.log" | sort -u | wc -l)" $((count + 1))
    equal "clock: nothing failed" "$(status failures) $(status lost)" "0 0"
    # The log is under the clock, too: that it jumped can be seen.
    check "clock: it did jump" eval '[ "$(sed -n "s/^\(....\)-.* message queue_id=.*/\1/p" "$T/sekisho.log" | sort -u | wc -l)" -gt 1 ]'
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    equal "clock: it ends in order" $? 0
    equal "clock: the file has them all" "$(rows)" $((count + 1))
    # With the right time, the ids of before lie in the future; those to come follow them.
    serve tempfail before-reply
    deliver accept "clock: after a restart"
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    equal "clock: and that row is there, too" "$(rows)" $((count + 2))
}

main
