#!/usr/bin/env bash
# Running the daemon: reload under load without a lost connection, a broken configuration kept out, the end with a message
# under way, sockets that were handed over, what a service manager is told, metrics and health, other rights than root's.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    [ -x /usr/bin/python3 ] || skip "there is no Python"
    cat > "$T/zone" <<'END'
bank.example. 60 IN TXT "v=spf1 -all"
_dmarc.bank.example. 60 IN TXT "v=DMARC1; p=reject"
2.0.0.127.good.example. 60 IN A 127.0.0.2
client.example. 60 IN A 192.0.2.9
END
    start_dns "$T/zone"
    told_where
    reloaded_under_load
    kept_out
    ended_with_a_message_under_way
    ended_at_once
    told_the_manager
    handed_over
    with_other_rights
    logged_as_objects
    without_http
    units
    finish
}

helper() {
    /usr/bin/python3 "$ROOT/tests/e2e/operation.py" "$@"
}

# background COMMAND… – the same beside; killed at the end.
background() {
    /usr/bin/python3 "$ROOT/tests/e2e/operation.py" "$@" &
    STARTED+=($!)
}

# configure STAGE MORE… – a configuration; MORE are lines of [receiver], before other sections.
configure() {
    local stage=$1
    shift
    {
        printf '[receiver]\nauthserv_id = "mx.example.jp"\nstage = "%s"\n' "$stage"
        printf '%s\n' "$@"
        printf '[policy.dmarc]\nreject_alone = "reject"\n[dns]\nresolvers = ["%s"]\n' "$DNS"
        printf '[[dns_list]]\nzone = "good.example"\nkind = "dnsbl"\n'
        printf '[[dns_list]]\nzone = "dead.example"\nkind = "dnsbl"\n'
        printf '[daemon]\nhttp = "127.0.0.1:%s"\n' "$HTTP"
        printf '%s\n' "${DAEMON_LINES[@]+"${DAEMON_LINES[@]}"}"
    } > "$T/new.toml"
    # In one step: nobody reads half of it.
    mv "$T/new.toml" "$T/sekisho.toml"
}

control() {
    "$SEKISHO" --lang en --state "$T/state" "$@"
}

# ports – two that are free, into $PORT and $HTTP.
ports() {
    free_port
    HTTP=$PORT
    free_port
    [ "$PORT" != "$HTTP" ] || ports
}

serve() {
    start_sekisho --config "$T/sekisho.toml" "$@"
}

end_of_daemon() {
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    equal "$1" $? 0
}

is_gone() {
    ! kill -0 "$1" 2> /dev/null
}

metric() {
    helper get "http://127.0.0.1:$HTTP/metrics" > "$T/page"
    grep -qxF "$1" "$T/page"
}

told_where() {
    local status
    ports
    configure observe "listen = [\"inet:$PORT@127.0.0.1\", \"unix:$T/milter.sock\"]" 'socket_mode = "0620"'
    serve
    equal "over TCP" "$(helper message "$PORT")" accept
    equal "over a local socket" "$(helper message "$T/milter.sock")" accept
    equal "the socket's mode" "$(stat -c %a "$T/milter.sock")" 620
    equal "health" "$(helper status "http://127.0.0.1:$HTTP/healthz")" 200
    equal "readiness" "$(helper status "http://127.0.0.1:$HTTP/readyz")" 200
    equal "another page" "$(helper status "http://127.0.0.1:$HTTP/reload")" 404
    helper get "http://127.0.0.1:$HTTP/metrics" > "$T/metrics"
    check "the metrics are in Prometheus's format" helper exposition "$T/metrics"
    if command -v promtool > /dev/null; then
        check "promtool says so, too" promtool check metrics < "$T/metrics"
    fi
    check "messages are counted" metric 'sekisho_messages_total{action="label"} 2'
    check "results are counted" metric 'sekisho_results_total{method="dmarc",result="fail"} 2'
    check "times are counted" metric 'sekisho_message_seconds_count 2'
    check "rows are counted" metric 'sekisho_ledger_rows_total 2'
    check "a dead list is found" within 10 metric 'sekisho_dns_list_usable{zone="dead.example"} 0'
    check "and told" grep -q 'WARN.*list dead\.example is not used' "$T/sekisho.log"
    check "a good one is used" metric 'sekisho_dns_list_usable{zone="good.example"} 1'
    control status > "$T/status" || fail "status"
    check "status: messages" grep -q '^Messages: 2 (label 2)' "$T/status"
    check "status: DNS answers" grep -q "^DNS: $DNS (.* questions" "$T/status"
    check "status: the dead list" grep -q 'list dead\.example is not used' "$T/status"
    control status --format json > "$T/status.json"
    status=$(/usr/bin/python3 -c 'import json, sys
told = json.load(open(sys.argv[1]))
print(told["state"], told["messages"]["total"], told["dns"]["answering"], told["ledger"]["stored"], told["stage"])' "$T/status.json")
    equal "status as JSON" "$status" "running 2 True 2 observe"
    # Other servers of DNS, which know the list.
    echo '2.0.0.127.dead.example. 60 IN A 127.0.0.2' >> "$T/zone"
    start_dns "$T/zone"
    configure observe "listen = [\"inet:$PORT@127.0.0.1\", \"unix:$T/milter.sock\"]" 'socket_mode = "0620"'
    check "other servers of DNS are taken" control reload > "$T/reload.out"
    check "the dead list lives again" within 10 metric 'sekisho_dns_list_usable{zone="dead.example"} 1'
    check "and that is told" grep -q 'INFO.*list dead\.example answers rightly again' "$T/sekisho.log"
    control status > "$T/status" || fail "status"
    check "status: the other servers" grep -q "^DNS: $DNS " "$T/status"
    control --config "$T/sekisho.toml" config show > "$T/shown.toml" || fail "config show"
    check "what is in effect can be read again" control config check "$T/shown.toml" > "$T/checked"
    check "it says what the file says" grep -qx 'authserv_id = "mx.example.jp"' "$T/shown.toml"
    check "and what the file does not say" grep -qx 'stop_within = "25s" # default' "$T/shown.toml"
    end_of_daemon "it ends"
    control status > /dev/null 2> "$T/status.err"
    equal "status without a daemon" $? 5
    check "the local socket has gone" test ! -e "$T/state/control.sock"
}

reloaded_under_load() {
    local round stage held
    ports
    configure observe "listen = \"inet:$PORT@127.0.0.1\""
    serve
    background load "$PORT" "$T/enough" "$T/load" 2> "$T/load.log"
    local loading=$!
    rm -f "$T/go"
    background half "$PORT" "$T/go" > "$T/half"
    held=$!
    check "half a message is there" within 10 grep -q half "$T/half"
    for round in 1 2 3 4 5 6; do
        stage=$([ $((round % 2)) = 0 ] && echo observe || echo block)
        configure "$stage" "listen = \"inet:$PORT@127.0.0.1\""
        check "round $round: the configuration is taken" control reload > "$T/reload.out"
        equal "round $round: the next message" "$(helper message "$PORT")" \
            "$([ "$stage" = block ] && echo reject || echo accept)"
    done
    configure block "listen = \"inet:$PORT@127.0.0.1\""
    kill -HUP "$DAEMON"
    blocks() { [ "$(helper message "$PORT")" = reject ]; }
    check "SIGHUP does the same" within 10 blocks
    touch "$T/go"
    wait "$held"
    equal "who began under the old rules ends under them" "$(tail -n 1 "$T/half")" accept
    check "the load goes on" within 20 enough
    touch "$T/enough"
    wait "$loading"
    equal "nothing is lost" "$(cat "$T/load")" "some messages, 0 lost"
    check "reloads are counted" metric 'sekisho_reloads_total{result="taken"} 7'
    configure block "listen = \"inet:$((PORT + 1))@127.0.0.1\""
    check "another place to listen is taken note of" control reload > "$T/reload.out"
    check "and said to need a restart" grep -q 'receiver\.listen has changed' "$T/reload.out"
}

enough() {
    [ "$(cat "$T/load.so-far" 2> /dev/null || echo 0)" -gt 40 ]
}

# The daemon of before goes on.
kept_out() {
    local taken
    cp "$T/sekisho.toml" "$T/good.toml"
    printf '[receiver]\nstage = "observe"\nauthserv-id = "x"\n' > "$T/sekisho.toml"
    control reload > /dev/null 2> "$T/reload.err"
    equal "a broken configuration: the exit code" $? 4
    check "its place is told" grep -q 'sekisho\.toml:3:1: unknown key "authserv-id".*did you mean "authserv_id"' "$T/reload.err"
    kill -HUP "$DAEMON"
    check "it is told loudly" within 10 grep -q 'ERROR.*refused.*sekisho\.toml:3:1' "$T/sekisho.log"
    equal "the old one stays" "$(helper message "$PORT")" reject
    check "refusals are counted" within 10 metric 'sekisho_reloads_total{result="refused"} 2'
    printf '[methods]\nbimi = true\n[bimi]\nroots = "%s/none.pem"\n' "$T" > "$T/sekisho.toml"
    control reload > /dev/null 2> "$T/reload.err"
    equal "roots that are not there: the exit code" $? 4
    mv "$T/good.toml" "$T/sekisho.toml"
    check "and a good one is taken again" control reload > "$T/reload.out"
    end_of_daemon "it ends after all that"
}

ended_with_a_message_under_way() {
    local held status
    ports
    configure block "listen = \"inet:$PORT@127.0.0.1\"" 'stop_within = "50s"'
    serve
    rm -f "$T/go"
    background half "$PORT" "$T/go" > "$T/half"
    held=$!
    check "half a message is there" within 10 grep -q half "$T/half"
    kill -TERM "$DAEMON"
    check "it says that it stops" within 10 grep -q 'Stopping; 1 connection is being finished' "$T/sekisho.log"
    check "nobody is let in" within 10 eval '! is_open "$PORT"'
    equal "it is not ready any more" "$(helper status "http://127.0.0.1:$HTTP/readyz")" 503
    control status > "$T/status"
    check "and status says so" grep -q 'is stopping' "$T/status"
    touch "$T/go"
    wait "$held"
    equal "the message has its verdict" "$(tail -n 1 "$T/half")" reject
    wait "$DAEMON"
    status=$?
    equal "then it ends" "$status" 0
    check "after one message" grep -q 'Stopped after 1 message' "$T/sekisho.log"
}

ended_at_once() {
    local held limit
    for limit in 1s 500s; do
        ports
        configure block "listen = \"inet:$PORT@127.0.0.1\"" "stop_within = \"$limit\""
        serve
        rm -f "$T/go"
        background half "$PORT" "$T/go" > "$T/half" 2> "$T/half.err"
        held=$!
        check "$limit: half a message is there" within 10 grep -q half "$T/half"
        kill -TERM "$DAEMON"
        check "$limit: it stops" within 10 grep -q 'Stopping; 1 connection' "$T/sekisho.log"
        # Within one second it ends by itself; with so much patience it is asked again.
        [ "$limit" = 1s ] || kill -TERM "$DAEMON"
        check "$limit: it ends" within 20 is_gone "$DAEMON"
        wait "$DAEMON"
        equal "$limit: in order" $? 0
        touch "$T/go"
        wait "$held"
    done
}

told_the_manager() {
    ports
    configure observe "listen = \"inet:$PORT@127.0.0.1\""
    : > "$T/told"
    background manager "$T/notify" "$T/told"
    check "the manager is there" within 10 grep -q listening "$T/told"
    NOTIFY_SOCKET=$T/notify WATCHDOG_USEC=100000 serve
    check "it is ready" within 10 grep -qx 'READY=1' "$T/told"
    check "it lives" within 10 several_beats
    check "it reloads" control reload > "$T/reload.out"
    check "and tells that" within 10 grep -qx 'RELOADING=1' "$T/told"
    equal "and that it is ready again" "$(grep -v WATCHDOG "$T/told" | paste -s -d ' ')" \
        "listening READY=1 RELOADING=1 READY=1"
    end_of_daemon "it ends"
    check "and tells that it does" within 10 grep -qx 'STOPPING=1' "$T/told"
}

several_beats() {
    [ "$(grep -c 'WATCHDOG=1' "$T/told")" -ge 3 ]
}

handed_over() {
    local handed web
    ports
    configure observe
    background activate "$T/ports" "$SEKISHO" serve --lang en --state "$T/state" --config "$T/sekisho.toml" \
        > "$T/sekisho.out.log" 2> "$T/sekisho.log"
    DAEMON=$!
    check "it starts" within 10 grep -q 'smtpd_milters = ' "$T/sekisho.log"
    read -r handed web < "$T/ports"
    check "it tells where it listens" grep -q "connections at inet:$handed@127\.0\.0\.1" "$T/sekisho.log"
    equal "a message over the socket that was handed over" "$(helper message "$handed")" accept
    equal "health over the other" "$(helper status "http://127.0.0.1:$web/healthz")" 200
    end_of_daemon "it ends"
    command -v systemd-socket-activate > /dev/null || return 0
    ports
    configure observe
    systemd-socket-activate -l "127.0.0.1:$PORT" "$SEKISHO" serve --lang en --state "$T/state" \
        --config "$T/sekisho.toml" > "$T/sekisho.out.log" 2> "$T/sekisho.log" &
    DAEMON=$!
    STARTED+=("$DAEMON")
    check "systemd's tool listens" within 10 grep -q Listening "$T/sekisho.log"
    equal "a message over systemd's socket" "$(helper message "$PORT")" accept
    end_of_daemon "it ends"
}

with_other_rights() {
    [ "$(id -u)" -eq 0 ] || return 0
    local of
    ports
    rm -rf "$T/state"
    DAEMON_LINES=('user = "nobody"' "pid_file = \"$T/pid\"")
    configure observe "listen = \"unix:$T/milter.sock\"" 'socket_mode = "0600"' 'socket_owner = "daemon"'
    serve
    equal "the number of the process" "$(cat "$T/pid")" "$DAEMON"
    of=$(awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$DAEMON/status")
    equal "its user" "$of" "$(for at in 1 2 3 4; do id -u nobody; done | paste -s -d ' ')"
    equal "its groups" "$(awk '/^Groups:/ { $1 = ""; print }' "/proc/$DAEMON/status" | tr -d ' ')" "$(id -G nobody | tr -d ' ')"
    equal "the socket's owner" "$(stat -c %U "$T/milter.sock")" daemon
    equal "the state's owner" "$(stat -c %U "$T/state" "$T/state/ledger.sqlite" "$T/state/control.sock" | uniq)" nobody
    check "it is not said to be root" eval '! grep -q "as root" "$T/sekisho.log"'
    equal "it judges" "$(helper message "$T/milter.sock")" accept
    check "it reloads" control reload > "$T/reload.out"
    end_of_daemon "it ends"
    DAEMON_LINES=('user = "nobody-of-this-name"')
    configure observe "listen = \"inet:$PORT@127.0.0.1\""
    "$SEKISHO" serve --lang en --state "$T/state" --config "$T/sekisho.toml" 2> "$T/refused.log"
    equal "a user that is none" $? 4
    control --config "$T/sekisho.toml" config check 2> "$T/refused.log"
    equal "a check finds that, too" $? 4
    DAEMON_LINES=()
    rm -rf "$T/state"
}

logged_as_objects() {
    local told
    ports
    DAEMON_LINES=('log = "json"')
    configure block "listen = \"inet:$PORT@127.0.0.1\""
    : > "$T/sekisho.log"
    "$SEKISHO" serve --lang en --state "$T/state" --config "$T/sekisho.toml" 2> "$T/sekisho.log" &
    DAEMON=$!
    STARTED+=("$DAEMON")
    check "it starts" within 10 is_open "$PORT"
    equal "it rejects" "$(helper message "$PORT")" reject
    end_of_daemon "it ends"
    told=$(/usr/bin/python3 -c 'import json, sys
for line in open(sys.argv[1]):
    told = json.loads(line)
    assert told["time"].endswith("Z") and told["level"], line
    if told["event"] == "message":
        results = told["results"]
        print(told["queue_id"], told["ip"], told["action"], results["spf"][0]["result"], results["dmarc"][0]["result"],
              results["arc"][0]["result"])' "$T/sekisho.log")
    equal "a message is an object" "$told" "OPERATION 192.0.2.9 reject fail fail none"
    DAEMON_LINES=()
}

without_http() {
    ports
    configure observe "listen = \"inet:$PORT@127.0.0.1\""
    /usr/bin/python3 -c 'import socket, sys, time
taken = socket.socket()
taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
taken.bind(("127.0.0.1", int(sys.argv[1])))
taken.listen()
time.sleep(600)' "$HTTP" &
    STARTED+=($!)
    check "somebody else has the port" within 10 is_open "$HTTP"
    serve
    check "that is told" within 10 grep -q "WARN.*Metrics and health cannot be asked at 127.0.0.1:$HTTP" "$T/sekisho.log"
    equal "mail is judged all the same" "$(helper message "$PORT")" accept
    end_of_daemon "it ends"
}

# The units of systemd are read by systemd itself, where it is.
units() {
    command -v systemd-analyze > /dev/null || return 0
    mkdir "$T/units"
    sed "s|/usr/bin/sekisho|$SEKISHO|" "$ROOT/packaging/sekisho.service" > "$T/units/sekisho.service"
    cp "$ROOT/packaging/sekisho.socket" "$T/units"
    systemd-analyze verify --man=no "$T/units/sekisho.service" "$T/units/sekisho.socket" > "$T/units.log" 2>&1
    # What is said of other units of this machine is not ours.
    equal "systemd has no complaint of the units" "$(grep -i sekisho "$T/units.log")" ""
}

main
