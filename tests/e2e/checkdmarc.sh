#!/usr/bin/env bash
# Broken records, judged by checkdmarc and by us: whatever it complains of has a finding of ours. And domains that are well
# run: no error, no warning. The table of both is docs/comparison-check.md; a stale one fails.

. "$(dirname "$0")/lib.sh"

# checkdmarc asks about DNSSEC at port 53, whatever port it is given: the server has that of an address of its own.
SERVER=127.53.0.1
# The one that the table was made with.
CHECKDMARC=6.0.4

main() {
    begin
    [ "$(id -u)" = 0 ] || skip "port 53 belongs to root"
    install knotd knot
    install_checkdmarc
    start_knot
    broken
    sound
    finish
}

# Into an environment of its own; Debian has no package of it.
install_checkdmarc() {
    /usr/bin/env python3 -m venv "$T/venv" > "$T/venv.log" 2>&1 || skip "Python's venv is not there"
    "$T/venv/bin/pip" install -q "checkdmarc==$CHECKDMARC" > "$T/pip.log" 2>&1 ||
        skip "checkdmarc $CHECKDMARC cannot be had: $(tail -n 1 "$T/pip.log")"
}

# The root zone holds the broken domains; those that are well run have zones of their own.
start_knot() {
    free_port
    mkdir -p "$T/knot"
    { printf '$TTL 3600\n. SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 300\n. NS ns.invalid.\n'
        cat "$ROOT/testdata/checkdmarc/broken.zone"; } > "$T/knot/root.zone"
    cat > "$T/knot/knot.conf" << EOK
server:
    listen: 127.0.0.1@$PORT
    listen: $SERVER@53
    rundir: $T/knot
database:
    storage: $T/knot
log:
  - target: stderr
    any: warning
template:
  - id: default
    storage: $T/knot
    semantic-checks: off
    zonefile-sync: -1
zone:
  - domain: .
    file: root.zone
EOK
    local zone name
    for zone in "$ROOT"/testdata/checkdmarc/sound/*.zone; do
        name=${zone##*/}
        cp "$zone" "$T/knot/$name"
        printf '  - domain: %s\n    file: %s\n' "${name%.zone}" "$name" >> "$T/knot/knot.conf"
    done
    knotd -c "$T/knot/knot.conf" > "$T/knot.log" 2>&1 &
    STARTED+=($!)
    within 15 is_open "$PORT" || { fail "Knot does not start"; finish; }
}

# ours FILE DOMAIN… – what sekisho says.
ours() {
    local file=$1
    shift
    "$SEKISHO" check --format json --resolver "127.0.0.1:$PORT" --at 2026-11-23T00:00:00Z --lang en "$@" > "$file"
}

broken() {
    local domains
    mapfile -t domains < <(grep -o '^[a-z0-9-]*\.example\. ' "$ROOT/testdata/checkdmarc/broken.zone" | tr -d ' ' | sort -u)
    CHECKED=$((CHECKED + 1))
    [ "${#domains[@]}" -ge 60 ] || fail "only ${#domains[@]} domains"
    check "sekisho check" ours "$T/ours.json" "${domains[@]}"
    check "what checkdmarc says is said by us" \
        "$T/venv/bin/python" "$ROOT/tests/e2e/checkdmarc_beside.py" "$SERVER" "$T/ours.json" "$ROOT/testdata/checkdmarc/broken.zone" "$T/table"
    { sed '/^<!-- table -->/q' "$ROOT/docs/comparison-check.md"; echo; cat "$T/table"; } > "$T/comparison.md"
    [ "${SEKISHO_BLESS:-}" = 1 ] && cp "$T/comparison.md" "$ROOT/docs/comparison-check.md"
    check "docs/comparison-check.md is stale; SEKISHO_BLESS=1 writes it" cmp -s "$T/comparison.md" "$ROOT/docs/comparison-check.md"
}

sound() {
    local zone domains=()
    for zone in "$ROOT"/testdata/checkdmarc/sound/*.zone; do
        zone=${zone##*/}
        case $zone in *.arpa.zone) ;; *) domains+=("${zone%.zone}") ;; esac
    done
    check "sekisho check" ours "$T/sound.json" "${domains[@]}"
    check "a well-run domain has no error and no warning" /usr/bin/env python3 - "$T/sound.json" << 'EOP'
import json, sys
wrong = [(one["domain"], found["rule"], found["message"]) for one in map(json.loads, open(sys.argv[1]))
         for found in one["findings"] if found["severity"] != "info"]
for one in wrong:
    print(*one)
sys.exit(1 if wrong else 0)
EOP
}

main
