#!/usr/bin/env bash
# A survey of names that a real name server holds: ended in the middle and gone on with, with datagrams lost, with a resolver
# that goes away and comes back – the results are the same, byte for byte, and no name that is done is asked again.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/survey/lib.sh"

COUNT=1200

main() {
    begin
    install knotd knot
    zone "$COUNT"
    serve_zone . "$T/root.zone"
    whole
    counted
    killed
    stopped
    lossy
    disturbed
    cut
    away
    refused
    opted_out
    piped
    finish
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

killed() {
    relay killed 0
    start_survey killed --rate 3000
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
    start_survey stopped --rate 3000
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

# Answers come in another order, and somebody forges others.
disturbed() {
    relay disturbed 0 shuffled spoofed
    survey disturbed
    equal "disturbed: the exit code" "$?" 0
    same disturbed
}

# What was cut cannot be had over a connection: of exactly these names SPF is unknown, and of each it is said why.
cut() {
    relay cut 0 no-tcp
    # Patient, since there is no second way for what a busy machine loses.
    survey cut --concurrency 64 --dns-timeout 100s
    equal "cut: the exit code" "$?" 0
    equal "cut: what is known and what is not" "$(/usr/bin/python3 -c '
import csv, json, sys
rows = {row["group"]: row for row in csv.DictReader(open(sys.argv[1] + "/table-region.csv"))}
errors = [json.loads(line)["errors"] for line in open(sys.argv[1] + "/results.ndjson")]
print(*(rows["ALL"][column] for column in ("total", "spf_unknown", "unanswered", "dmarc", "dmarc_unknown")))
print([number % 8 == 1 for number in range(len(errors))] == [bool(of) for of in errors],
      {error for of in errors for error in (json.dumps(of) if of else "",) if error and "truncate" not in error})
' "$T/cut")" "$COUNT $((COUNT / 8)) $((COUNT / 8)) $((COUNT / 4)) 0
True set()"
}

# The resolver goes away for some seconds in the middle.
away() {
    relay away 0
    start_survey away --rate 3000
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
