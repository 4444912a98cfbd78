#!/usr/bin/env bash
# The program is killed while it makes and sends reports, again and again. What nobody can know – whether a server took a
# mail whose last byte was on its way – is decided as configured: nothing comes twice, or nothing is lost.

. "$(dirname "$0")/lib.sh"

COUNT=20

main() {
    begin
    command -v python3 > /dev/null || skip "there is no python3, which plays the server here"
    while [ $(($(date +%s) % 86400)) -gt 86280 ]; do sleep 1; done
    python3 "$ROOT/tests/e2e/mail/slow_server.py" "$T/port" "$T/taken" 2> "$T/server.log" &
    STARTED+=($!)
    within 10 test -s "$T/port" || { fail "the server does not start"; finish; }
    for number in $(seq "$COUNT"); do
        echo "_dmarc.d$number.example. TXT \"v=DMARC1; p=none; rua=mailto:dmarc@d$number.example\""
    done > "$T/zone"
    start_dns "$T/zone"
    fill_ledger
    twice_never sent
    lost_never again
    finish
}

# One message of each domain, from a milter client of one line per message.
fill_ledger() {
    local number
    start_sekisho --listen inet:0@127.0.0.1 --authserv-id "$OURS" --resolver "$DNS"
    local port
    port=$(grep -o 'smtpd_milters = inet:[0-9.]*:[0-9]*' "$T/sekisho.log" | grep -o '[0-9]*$')
    check "mail is taken" python3 "$ROOT/tests/e2e/mail/milter_client.py" "$port" "$COUNT"
    kill "$DAEMON"
    wait "$DAEMON" 2> /dev/null
    cp -r "$T/state" "$T/state.filled"
    UNTIL=$(($(date +%s) + 1))
    within 5 passed
}

passed() {
    [ "$(date +%s)" -ge "$UNTIL" ]
}

# run NAME – sends, in the background; its process into $RUNNING.
run() {
    "$SEKISHO" report send --lang en --state "$T/state" --resolver "$DNS" --config "$T/$1.toml" --until "$UNTIL" \
        --format json > "$T/$1.json" 2>> "$T/$1.log" &
    RUNNING=$!
}

# kill_often MODE – until nothing is left; $KILLS is how often.
kill_often() {
    local mode=$1 pause=2 code
    rm -rf "$T/state"
    cp -r "$T/state.filled" "$T/state"
    : > "$T/taken"
    cat > "$T/$mode.toml" << END
[reports.send]
from = "dmarc-reports@receiver.example"
submit = "smtp://127.0.0.1:$(cat "$T/port")"
retry = "1s"
in_doubt = "$mode"
END
    KILLS=0
    while [ "$KILLS" -lt 25 ]; do
        run "$mode"
        # Further each time, so that every part of it is cut off.
        sleep "0.$(printf %02d "$pause")"
        kill -KILL "$RUNNING" 2> /dev/null
        wait "$RUNNING" 2> /dev/null
        KILLS=$((KILLS + 1))
        pause=$(((pause + 7) % 90))
    done
    within 60 finished "$mode"
}

# Nothing is due any more: the command ends well and has nothing to tell.
finished() {
    run "$1"
    wait "$RUNNING" && [ ! -s "$T/$1.json" ]
}

twice_never() {
    check "it comes to an end" kill_often "$1"
    equal "nothing is sent twice" "$(sort "$T/taken" | uniq -d | wc -l)" 0
    check "what was not taken was in doubt ($(wc -l < "$T/taken") of $COUNT, $KILLS kills)" \
        test "$(wc -l < "$T/taken")" -ge 1
}

lost_never() {
    check "it comes to an end" kill_often "$1"
    equal "nothing is lost" "$(sort -u "$T/taken" | wc -l)" "$COUNT"
}

main
