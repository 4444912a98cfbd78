# What the scripts of surveys share, besides ../lib.sh: a name server with one zone, a relay before it that writes down what is
# asked, surveys of $T/list.csv, and what must hold between two of them.

# serve_zone ORIGIN ZONE-FILE [COMMAND…] – Debian's Knot with this zone, and with a root in which there is nothing else, started
# by COMMAND if there is one; its port into $KNOT.
serve_zone() {
    local origin=$1 file=$2
    shift 2
    free_port
    KNOT=$PORT
    local place=$T/knot-$KNOT
    mkdir -p "$place"
    cat > "$place/knot.conf" << END
server:
    listen: 127.0.0.1@$KNOT
    rundir: $place
database:
    storage: $place
log:
  - target: stderr
    any: warning
zone:
  - domain: $origin
    storage: $place
    file: $file
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
END
    if [ "$origin" != . ]; then
        printf '. 3600 SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 300\n. 3600 NS ns.invalid.\n%s. 3600 NS ns.%s.\n' \
            "$origin" "$origin" > "$place/root.zone"
        printf '  - domain: .\n    storage: %s\n    file: root.zone\n    semantic-checks: off\n' "$place" >> "$place/knot.conf"
    fi
    "$@" knotd -c "$place/knot.conf" > "$T/knot.log" 2>&1 &
    STARTED+=($!)
    within 30 "$@" bash -c "(exec 3<> /dev/tcp/127.0.0.1/$KNOT) 2> /dev/null" || { fail "Knot does not start"; finish; }
}

# relay NAME PERCENT [WORD…] – stands before Knot, on $RELAY, in the place of the one before: what is asked is written into
# $T/NAME.asked, and so many datagrams of a hundred are lost each way; the words are those of relay.py.
relay() {
    local name=$1 percent=$2
    shift 2
    if [ -n "${RELAY_PROCESS:-}" ]; then
        kill "$RELAY_PROCESS"
        wait "$RELAY_PROCESS" 2> /dev/null
    else
        free_port
        RELAY=$PORT
    fi
    /usr/bin/python3 "$ROOT/tests/e2e/survey/relay.py" "$RELAY" "$KNOT" "$T" "$name" "$percent" "$@" > "$T/relay.log" 2>&1 &
    RELAY_PROCESS=$!
    STARTED+=("$RELAY_PROCESS")
    case " $* " in
        *" no-tcp "*) within 15 test -e "$T/$name.asked" ;;
        *) within 15 is_open "$RELAY" ;;
    esac || { fail "the relay does not start"; finish; }
}

# zone COUNT – names of every kind, their list, and what is true of them.
zone() {
    /usr/bin/python3 "$ROOT/tests/e2e/survey/zone.py" "$T" "$1" || { fail "there is no zone"; finish; }
}

# ask NAME OPTIONS… – a survey into $T/NAME, in the place of the shell that asks for it.
ask() {
    local name=$1
    shift
    exec "$SEKISHO" survey "$T/list.csv" --out "$T/$name" --group-by region --lang en --at 2026-11-23T00:00:00Z \
        --resolver "127.0.0.1:$RELAY" "$@" > "$T/$name.out.log" 2> "$T/$name.log"
}

# survey NAME OPTIONS… – waits for it.
survey() {
    (ask "$@")
}

# start_survey NAME OPTIONS… – does not: it is process $RUNNING.
start_survey() {
    ask "$@" &
    RUNNING=$!
}

# same NAME – everything that came of it is what came of the survey "whole", byte for byte; the journal has another order.
same() {
    CHECKED=$((CHECKED + 1))
    diff -r -x journal "$T/whole" "$T/$1" > "$T/diff.log" ||
        fail "$1: the results are others: $(head -c 600 "$T/diff.log")"
}

# lines NAME COUNT – the journal has so many results.
lines() {
    [ "$(cat "$T/$1/journal" 2> /dev/null | wc -l)" -gt "$2" ]
}

# not_again NAME – of the names that stand in $T/NAME.done, a copy of the journal, none stands in $T/NAME-again.asked.
not_again() {
    CHECKED=$((CHECKED + 1))
    /usr/bin/python3 - "$T/$1.done" "$T/$1-again.asked" << 'END' || fail "$1: a name that was done was asked again"
import json, sys
done = set()
for line in open(sys.argv[1]):
    parts = line.rstrip("\n").split(" ", 2)
    try: done.add(json.loads(parts[2])["domain"])
    except (IndexError, ValueError): pass
asked = [line.split()[0] for line in open(sys.argv[2])]
again = [name for name in asked if ".".join(name.split(".")[-2:]) in done]
print(len(done), "done,", len(asked), "asked,", again[:5])
sys.exit(1 if again or len(done) < 100 or not asked else 0)
END
}

# The counts of the survey "whole" are those of the zone.
counted() {
    equal "counts" "$(/usr/bin/python3 -c '
import csv, sys
rows = [row for row in csv.DictReader(open(sys.argv[1])) if row["group"] != "ALL"]
print("\n".join(sorted("%s %s %s %s" % (row["group"], row["total"], row["spf"], row["dmarc"]) for row in rows)))
' "$T/whole/table-region.csv")" "$(sort "$T/truth")"
}
