#!/usr/bin/env bash
# The daemon, driven by miltertest(8) with the scripts in tests/e2e/miltertest: what no real MTA can be brought to say –
# old versions, every stage, messages that are given up at each of them, very many recipients.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    install miltertest miltertest
    cat > "$T/zone" << 'EOF'
$TTL 300
example.jp. TXT "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all"
_dmarc.example.jp. TXT "v=DMARC1; p=reject"
ed._domainkey.example.jp. TXT "v=DKIM1; k=ed25519; p=XvVvfB4I+ZHGhwTpBIAiei8hwNllimF64w4SgsxqCPM="
held.example. TXT "v=spf1 -all"
_dmarc.held.example. TXT "v=DMARC1; p=quarantine"
EOF
    start_dns "$T/zone"
    { plain signed; printf '\nHello,\n\n.\nthis is a test. \n\n'; } | message signed
    signed signed

    serve
    for script in stages forged several plain; do run "$script"; done
    equal "what was given up is not in the log" "$(grep -c 'given-up' "$T/sekisho.log")" 0
    for id in several1 several2 several3 several4; do check "$id: one line of the log" one_log_line "$id"; done
    check "plain: what cannot be written is told" grep -q ' WARN message queue_id="plain6" .*not_labelled=' "$T/sekisho.log"
    end

    filter_rules | sed -e 's/"filter"/"block"/' > "$T/block.toml"
    printf '[[recipients]]\ndomains = ["observed.example"]\nstage = "observe"\n' >> "$T/block.toml"
    serve --config "$T/block.toml"
    run verdicts
    check "verdicts: the refusal is told" grep -q 'queue_id="refused" .* action=reject ' "$T/sekisho.log"
    end
    finish
}

serve() {
    start_sekisho "$@" --listen inet:0@127.0.0.1 --authserv-id "$OURS" --resolver "$DNS"
    MILTER=$(grep -o 'smtpd_milters = inet:.*' "$T/sekisho.log" | head -n 1)
    MILTER=${MILTER##*:}
}

# run NAME – a script; what it counts is added to ours.
run() {
    local scripts=$ROOT/tests/e2e/miltertest
    timeout 120 miltertest -s "$scripts/$1.lua" -D "socket=inet:$MILTER@127.0.0.1" -D "folder=$T" -D "here=$scripts" \
        > "$T/$1.log" 2>&1 || fail "miltertest/$1.lua"
    grep '^FAILED' "$T/$1.log"
    local count
    count=$(sed -n -e 's/^\([0-9]*\) checks.*/\1/p' "$T/$1.log")
    check "$1: it came to its end" test -n "$count"
    CHECKED=$((CHECKED + ${count:-0}))
}

end() {
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    equal "the daemon ends well" $? 0
    check "no panic" sh -c "! grep -q -i panic '$T/sekisho.log'"
}

main
