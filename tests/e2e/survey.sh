#!/usr/bin/env bash
# A survey of names that a real name server holds: ended in the middle and gone on with, with datagrams lost, with a resolver
# that goes away and comes back – the results are the same, byte for byte, and no name that is done is asked again.

. "$(dirname "$0")/lib.sh"

COUNT=1200

main() {
    begin
    install knotd knot
    zone
    start_knot
    whole
    counted
    killed
    stopped
    lossy
    away
    refused
    opted_out
    piped
    finish
}

# Names of every kind, their list, and what is true of them.
zone() {
    mkdir -p "$T/knot"
    /usr/bin/python3 - "$T" "$COUNT" << 'END' || { fail "there is no zone"; finish; }
import csv, sys
place, count = sys.argv[1], int(sys.argv[2])
regions = ["北海道", "東北", "関東", "中部", "近畿"]
zone = ["$TTL 3600", ". SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 300", ". NS ns.invalid.",
        '_spf.provider.example. TXT "v=spf1 ip4:192.0.2.0/24 include:_more.provider.example ~all"',
        '_more.provider.example. TXT "v=spf1 ip4:198.51.100.0/24 ~all"']
names, truth = [], {}
for number in range(count):
    name, region = "n%d.example" % number, regions[number * number % 5]
    counts = truth.setdefault(region, [0, 0, 0])
    names.append((name, region))
    counts[0] += 1
    kind = number % 8
    if kind == 7:
        continue                                     # does not exist
    zone.append("%s. MX %s" % (name, "0 ." if kind == 6 else "10 mx.provider.example."))
    if kind in (0, 1, 2):
        zone.append('%s. TXT "v=spf1 include:_spf.provider.example -all"' % name)
        counts[1] += 1
    if kind == 3:
        zone.append('%s. TXT "v=spf1 ip4:192.0.2.%d ?all"' % (name, number % 256))
        counts[1] += 1
    if kind in (0, 4):
        zone.append('_dmarc.%s. TXT "v=DMARC1; p=%s; rua=mailto:r@provider.example"' % (name, "reject" if number % 16 else "none"))
        counts[2] += 1
    if kind == 1:
        # An answer that no datagram holds.
        zone.extend('%s. TXT "%s"' % (name, ("%d " % part) * 60) for part in range(20))
    zone.append('s1._domainkey.%s. TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="' % name)
open(place + "/knot/root.zone", "w").write("\n".join(zone) + "\n")
with open(place + "/list.csv", "w", newline="") as out:
    csv.writer(out).writerows([("domain", "region")] + names)
open(place + "/truth", "w").write("".join("%s %d %d %d\n" % (region, *truth[region]) for region in sorted(truth)))
END
}

start_knot() {
    free_port
    KNOT=$PORT
    cat > "$T/knot/knot.conf" << END
server:
    listen: 127.0.0.1@$KNOT
    rundir: $T/knot
database:
    storage: $T/knot
log:
  - target: stderr
    any: warning
zone:
  - domain: .
    storage: $T/knot
    file: root.zone
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
END
    knotd -c "$T/knot/knot.conf" > "$T/knot.log" 2>&1 &
    STARTED+=($!)
    within 15 is_open "$KNOT" || { fail "Knot does not start"; finish; }
}

# relay NAME PERCENT – stands before Knot, on $RELAY: writes each question it sees into $T/NAME.asked, loses so many datagrams
# of a hundred each way, and passes nothing while $T/gone is there.
relay() {
    free_port
    RELAY=$PORT
    /usr/bin/python3 - "$RELAY" "$KNOT" "$T" "$1" "$2" > "$T/relay.log" 2>&1 << 'END' &
import os, random, selectors, socket, struct, sys, threading
port, knot, place, name, percent = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])
asked = open("%s/%s.asked" % (place, name), "w", buffering=1)
dice = random.Random(7)

def question(message):
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode())
        at += 1 + message[at]
    return "%s %d" % (".".join(labels).lower(), struct.unpack(">H", message[at + 1:at + 3])[0])

def copy(from_, to):
    try:
        while True:
            data = from_.recv(65536)
            if not data: break
            to.sendall(data)
    except OSError: pass
    finally:
        try: to.shutdown(socket.SHUT_WR)
        except OSError: pass

def connections(listening):
    while True:
        client, _ = listening.accept()
        server = socket.create_connection(("127.0.0.1", knot))
        for pair in ((client, server), (server, client)):
            threading.Thread(target=copy, args=pair, daemon=True).start()

listening = socket.create_server(("127.0.0.1", port), backlog=128)
threading.Thread(target=connections, args=(listening,), daemon=True).start()
front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
front.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
front.bind(("127.0.0.1", port))
back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
back.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
back.connect(("127.0.0.1", knot))
for one in (front, back): one.setblocking(False)
loses = lambda: dice.random() * 100 < percent or os.path.exists(place + "/gone")
waiting, number = {}, 0
chooser = selectors.DefaultSelector()
chooser.register(front, selectors.EVENT_READ)
chooser.register(back, selectors.EVENT_READ)
while True:
    for key, _ in chooser.select():
        for _ in range(64):
            try:
                message, peer = key.fileobj.recvfrom(65536)
            except OSError:
                break
            if loses(): continue
            if key.fileobj is front:
                asked.write(question(message) + "\n")
                number = (number + 1) & 0xffff
                waiting[number] = (peer, message[:2])
                try: back.send(struct.pack(">H", number) + message[2:])
                except OSError: pass
            else:
                found = waiting.pop(struct.unpack(">H", message[:2])[0], None)
                if found: front.sendto(found[1] + message[2:], found[0])
END
    RELAY_PROCESS=$!
    STARTED+=("$RELAY_PROCESS")
    within 15 is_open "$RELAY" || { fail "the relay does not start"; finish; }
}

# survey NAME OPTIONS… – into $T/NAME.
survey() {
    local name=$1
    shift
    "$SEKISHO" survey "$T/list.csv" --out "$T/$name" --group-by region --lang en --at 2026-11-23T00:00:00Z \
        --resolver "127.0.0.1:$RELAY" "$@" > "$T/$name.out.log" 2> "$T/$name.log"
}

# start_survey NAME OPTIONS… – the same behind our back, as process $RUNNING; not faster than can be watched.
start_survey() {
    local name=$1
    shift
    "$SEKISHO" survey "$T/list.csv" --out "$T/$name" --group-by region --lang en --at 2026-11-23T00:00:00Z \
        --resolver "127.0.0.1:$RELAY" --rate 3000 "$@" > "$T/$name.out.log" 2> "$T/$name.log" &
    RUNNING=$!
}

# The resolver's address stands in the manifest, and is another each time.
same() {
    CHECKED=$((CHECKED + 1))
    diff -r -x journal -x manifest.json -x '*.html' -x '*.md' "$T/whole" "$T/$1" > "$T/diff.log" ||
        fail "$1: the results are others: $(head -c 600 "$T/diff.log")"
}

whole() {
    relay whole 0
    # So patient, and so few at once, that nothing is tried twice on a busy machine.
    survey whole --concurrency 64 --dns-timeout 100s
    equal "whole: the exit code" "$?" 0
    equal "whole: a line for each name" "$(wc -l < "$T/whole/results.ndjson")" "$COUNT"
    equal "whole: what is included was asked once" "$(grep -c '^_spf.provider.example 16$' "$T/whole.asked")" 1
    equal "whole: nothing was asked twice over UDP" "$(sort "$T/whole.asked" | uniq -d | wc -l)" 0
    equal "whole: in the order of the list" "$(/usr/bin/python3 -c '
import json, sys
print([json.loads(line)["domain"] for line in open(sys.argv[1])] == ["n%d.example" % number for number in range(int(sys.argv[2]))])
' "$T/whole/results.ndjson" "$COUNT")" True
    equal "whole: no answer is missing" "$(grep -c '"errors":\[\]' "$T/whole/results.ndjson")" "$COUNT"
    survey whole
    equal "a survey that is there is not written over" "$?" 2
}

# The counts are those of the zone.
counted() {
    equal "counts" "$(/usr/bin/python3 -c '
import csv, sys
rows = [row for row in csv.DictReader(open(sys.argv[1])) if row["group"] != "ALL"]
print("\n".join(sorted("%s %s %s %s" % (row["group"], row["total"], row["spf"], row["dmarc"]) for row in rows)))
' "$T/whole/table-region.csv")" "$(sort "$T/truth")"
}

# lines NAME COUNT – the journal has so many results.
lines() {
    [ "$(cat "$T/$1/journal" 2> /dev/null | wc -l)" -gt "$2" ]
}

# not_again NAME – of the names that were done before, none was asked afterwards.
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

killed() {
    relay killed 0
    start_survey killed
    within 60 lines killed 200 || fail "killed: nothing is done"
    kill -9 "$RUNNING"
    wait "$RUNNING" 2> /dev/null
    check "killed: it was not at its end" test ! -e "$T/killed/results.ndjson"
    # As if it had ended in the middle of a line.
    cp "$T/killed/journal" "$T/killed.done"
    printf '0badc0de 77 {"domain":"n77.exa' >> "$T/killed/journal"
    relay killed-again 0
    survey killed --resume
    equal "killed: the exit code of the second run" "$?" 0
    same killed
    not_again killed
}

stopped() {
    relay stopped 0
    start_survey stopped
    within 60 lines stopped 200 || fail "stopped: nothing is done"
    kill -TERM "$RUNNING"
    wait "$RUNNING"
    equal "stopped: the exit code" "$?" 130
    check "stopped: how to go on" grep -q -e '--resume' "$T/stopped.log"
    cp "$T/stopped/journal" "$T/stopped.done"
    relay stopped-again 0
    survey stopped --resume
    equal "stopped: the exit code of the second run" "$?" 0
    same stopped
    not_again stopped
}

lossy() {
    relay lossy 5
    survey lossy
    equal "lossy: the exit code" "$?" 0
    same lossy
}

# The resolver goes away for some seconds in the middle.
away() {
    relay away 0
    start_survey away
    within 60 lines away 200 || fail "away: nothing is done"
    touch "$T/gone"
    sleep 8
    rm "$T/gone"
    wait "$RUNNING"
    equal "away: the exit code" "$?" 0
    same away
}

refused() {
    sed -i '$d' "$T/list.csv"
    survey killed --resume
    equal "another list" "$?" 3
    check "another list: why" grep -q 'another list' "$T/killed.log"
    survey nothing --resume
    equal "nothing to resume" "$?" 3
    survey sampled --sample 2
    equal "a sample of more than all" "$?" 2
}

opted_out() {
    printf 'n1.example\n.n2.example # by mail\n' > "$T/opt-out"
    printf 'n0.example\nn1.example\nn2.example\nsub.n2.example\nno domain\n' > "$T/list.csv"
    relay opted-out 0
    "$SEKISHO" survey "$T/list.csv" --out "$T/opted-out" --lang en --opt-out "$T/opt-out" --resolver "127.0.0.1:$RELAY" \
        > "$T/opted-out.out.log" 2> "$T/opted-out.log"
    equal "opt-out: a line that is no name is told by the exit code" "$?" 3
    equal "opt-out: nobody is asked" "$(grep -c -E '(^|\.)n[12]\.example ' "$T/opted-out.asked")" 0
    equal "opt-out: the others are" "$(grep -c '^n0.example 15$' "$T/opted-out.asked")" 1
    equal "opt-out: nothing is silently absent" "$(grep -c budget "$T/opted-out/results.ndjson")" 3
}

piped() {
    printf 'n0.example\n' | "$SEKISHO" survey - --out "$T/piped" --lang en --resolver "127.0.0.1:$RELAY" > "$T/piped.out.log" 2>&1
    equal "standard input" "$?" 0
    equal "standard input: a result" "$(wc -l < "$T/piped/results.ndjson")" 1
}

main
