#!/usr/bin/env bash
# A survey through a resolver that has to follow servers which delegate to each other in circles: of exactly these names nothing is
# known, each says so, and the others have all their figures.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/survey/lib.sh"

COUNT=400
CIRCLES=20

main() {
    begin
    install knotd knot
    install unbound unbound
    zone "$COUNT"
    circles
    serve_zone . "$T/root.zone"
    start_unbound
    survey whole
    equal "the exit code" "$?" 0
    # Those that are not in a circle, as in every survey of this zone; then those that are.
    equal "the names of the zone" "$(/usr/bin/python3 -c '
import csv, sys
rows = [row for row in csv.DictReader(open(sys.argv[1])) if row["group"] not in ("ALL", "circle")]
print("\n".join(sorted("%s %s %s %s" % (row["group"], row["total"], row["spf"], row["dmarc"]) for row in rows)))
' "$T/whole/table-region.csv")" "$(sort "$T/truth")"
    equal "the names in circles" "$(/usr/bin/python3 -c '
import csv, sys
for row in csv.DictReader(open(sys.argv[1])):
    if row["group"] in ("ALL", "circle"):
        print(*(row[column] for column in ("group", "total", "spf_unknown", "dmarc_unknown", "unanswered")))
' "$T/whole/table-region.csv")" "circle $CIRCLES $CIRCLES $CIRCLES $CIRCLES
ALL $((COUNT + CIRCLES)) $CIRCLES $CIRCLES $CIRCLES"
    equal "each says so" "$(grep -c '"domain":"c[0-9]*.example".*servfail' "$T/whole/results.ndjson")" "$CIRCLES"
    finish
}

# The servers of each are within the next one, and those of the last within the first.
circles() {
    local number
    for number in $(seq 0 $((CIRCLES - 1))); do
        echo "c$number.example. NS ns.c$(((number + 1) % CIRCLES)).example." >> "$T/root.zone"
        echo "c$number.example,circle" >> "$T/list.csv"
    done
}

# A resolver that begins at our root; its port into $RELAY.
start_unbound() {
    free_port
    RELAY=$PORT
    mkdir -p "$T/unbound"
    cat > "$T/unbound/unbound.conf" << END
server:
    interface: 127.0.0.1@$RELAY
    access-control: 127.0.0.0/8 allow
    do-not-query-localhost: no
    do-ip6: no
    do-daemonize: no
    use-syslog: no
    chroot: ""
    username: ""
    directory: "$T/unbound"
    pidfile: "$T/unbound/pid"
    module-config: "iterator"
    local-zone: "example." transparent
    outgoing-range: 512
    num-queries-per-thread: 1024
stub-zone:
    name: "."
    stub-addr: 127.0.0.1@$KNOT
remote-control:
    control-enable: no
END
    unbound -c "$T/unbound/unbound.conf" > "$T/unbound.log" 2>&1 &
    STARTED+=($!)
    within 30 is_open "$RELAY" || { fail "Unbound does not start"; finish; }
}

main
