#!/usr/bin/env bash
# The table that the technical working group published in 2017 – SPF and DMARC of 1,788 local governments in eight regions – made by
# `sekisho survey` of a zone that a real name server holds, and made again behind a network that loses one datagram in twenty.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/survey/lib.sh"

main() {
    begin
    install knotd knot
    example municipalities list > "$T/list.csv"
    example municipalities zone > "$T/lg.jp.zone"
    example municipalities table > "$T/wanted"
    equal "names" "$(wc -l < "$T/list.csv")" 1789
    serve_zone lg.jp "$T/lg.jp.zone"
    RELAY=$KNOT
    survey whole --state "$T/state" --store --study municipalities
    equal "the exit code" "$?" 0
    tables whole
    kept
    lossy
    finish
}

# example NAME ARGUMENTS… – of the package for tests.
example() {
    local program
    program=$(dirname "$SEKISHO")/examples/$1
    if [ ! -x "$program" ]; then
        (cd "$ROOT" && cargo build --quiet --package sekisho-testkit --example "$1" --target-dir target) > "$T/build.log" 2>&1 ||
            { fail "the example $1 cannot be built"; finish; }
        program=$ROOT/target/debug/examples/$1
    fi
    shift
    "$program" "$@"
}

# tables NAME – each cell of what was published: in the CSV, in the Markdown, and on the terminal.
tables() {
    equal "$1: CSV" "$(/usr/bin/python3 -c '
import csv, sys
for row in csv.DictReader(open(sys.argv[1])):
    group = "全国" if row["group"] == "ALL" else row["group"]
    cell = lambda column: "%s (%s/%s)" % (row[column + "_pct"], row[column], row["total"])
    print("%s: SPF %s, DMARC %s" % (group, cell("spf"), cell("dmarc")))
    assert row["spf_unknown"] == row["dmarc_unknown"] == row["unanswered"] == "0", row
' "$T/$1/table-region.csv")" "$(cat "$T/wanted")"
    equal "$1: Markdown" "$(/usr/bin/python3 -c '
import sys
section = open(sys.argv[1]).read().split("## ")[1]
rows = [line.strip("| \n").split(" | ") for line in section.splitlines() if line.startswith("| ")]
for group, spf, dmarc, *_ in rows[1:]:
    print("%s: SPF %s, DMARC %s" % ("全国" if group == "All" else group, spf, dmarc))
' "$T/$1/table-region.md")" "$(cat "$T/wanted")"
    equal "$1: the terminal" "$(sed '1d; /^\//d; /^Kept /d; s/  \+/|/g' "$T/$1.out.log" |
        awk -F '|' '{ sub(/^All$/, "全国", $1); print $1 ": SPF " $2 ", DMARC " $3 }')" "$(cat "$T/wanted")"
}

# The counts are in the store, once: what is kept again takes the place of what was there.
kept() {
    check "kept: where it is to be seen" grep -q '^Kept as survey 1 of the study municipalities;' "$T/whole.out.log"
    "$SEKISHO" survey keep "$T/whole" --study municipalities --group-by region --group-by mail --lang en --state "$T/state" > "$T/keep.log" 2>&1
    equal "kept again: the exit code" "$?" 0
    check "kept again: as the same" grep -q '^Kept as survey 1 of' "$T/keep.log"
    equal "kept: all names" "$(/usr/bin/python3 -c '
import sqlite3, sys, zlib
rows = sqlite3.connect(sys.argv[1]).execute("SELECT id, study, made, tables FROM survey").fetchall()
for number, study, made, tables in rows:
    whole = [line for line in made.splitlines() if line.startswith("all\t")][0].split("\t")
    text = zlib.decompress(tables, -15).decode()
    print(number, study, *whole[1:4], [line.split("\t")[1] for line in text.splitlines() if line.startswith("table\t")],
          "town" in text)
' "$T/state/reports.sqlite")" "1 municipalities 1788 1402/0 2/0 ['region', 'mail'] False"
}

# The same within a network of its own, which has nothing but a loopback that loses five of a hundred.
lossy() {
    SPACE=sekisho-e2e-$$
    command -v ip > /dev/null && ip netns add "$SPACE" 2> "$T/netns.log" ||
        { skipped_part "network namespaces are not permitted: $(tail -n 1 "$T/netns.log" 2> /dev/null)"; return; }
    inside ip link set lo up
    loses || { skipped_part "neither netem nor nftables can lose datagrams here"; return; }
    serve_zone lg.jp "$T/lg.jp.zone" inside
    (exec ip netns exec "$SPACE" "$SEKISHO" survey "$T/list.csv" --out "$T/lossy" --group-by region --lang en \
        --at 2026-11-23T00:00:00Z --resolver "127.0.0.1:$KNOT" --progress > "$T/lossy.out.log" 2> "$T/lossy.log")
    equal "lossy: the exit code" "$?" 0
    tables lossy
    check "lossy: the same results" cmp "$T/whole/results.ndjson" "$T/lossy/results.ndjson"
    check "lossy: datagrams were lost" test "$(lost)" -gt 100
}

inside() {
    ip netns exec "$SPACE" "$@"
}

# Five of a hundred datagrams are lost: by netem where the kernel has it, else by nftables.
loses() {
    LOSES=netem
    command -v tc > /dev/null && inside tc qdisc add dev lo root netem loss 5% 2> "$T/netem.log" && return
    LOSES=nftables
    (install nft nftables) > "$T/nft.log" 2>&1
    inside nft -f - 2>> "$T/nft.log" << 'END'
table inet lossy {
    chain in {
        type filter hook input priority 0
        meta l4proto udp numgen random mod 100 < 5 counter drop
    }
}
END
}

# How many datagrams were lost.
lost() {
    case $LOSES in
        netem) inside tc -s qdisc show dev lo | sed -n 's/.*dropped \([0-9]*\).*/\1/p' ;;
        nftables) inside nft list ruleset | sed -n 's/.*counter packets \([0-9]*\).*/\1/p' ;;
    esac
}

before_clean_up() {
    [ -z "${SPACE:-}" ] || ip netns pids "$SPACE" 2> /dev/null | xargs -r kill 2> /dev/null
    [ -z "${SPACE:-}" ] || ip netns del "$SPACE" 2> /dev/null
}

skipped_part() {
    echo "a part is skipped: $*"
}

main
