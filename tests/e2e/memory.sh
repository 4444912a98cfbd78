#!/usr/bin/env bash
# What the daemon remembers: signatures that come too often, reputations, lists that change while it runs, and which
# notifications answer mail that was sent from here. And that rules which can never act are told.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    [ -x /usr/bin/python3 ] || skip "there is no Python"
    cat > "$T/zone" <<'END'
example.jp. 60 IN TXT "v=spf1 -all"
_dmarc.example.jp. 60 IN TXT "v=DMARC1; p=none"
ed._domainkey.example.jp. 60 IN TXT "v=DKIM1; k=ed25519; p=XvVvfB4I+ZHGhwTpBIAiei8hwNllimF64w4SgsxqCPM="
END
    start_dns "$T/zone"
    cp "$KEYS/ed25519.pem" "$T/key.pem"
    chmod 600 "$T/key.pem"
    rules_without_effect
    free_port
    configure
    start_sekisho --config "$T/sekisho.toml"
    check "no rule is said to be idle" eval '! grep -q "has no effect" "$T/sekisho.log"'
    replays
    reputations
    lists
    notifications
    after_a_restart
    finish
}

configure() {
    cat > "$T/sekisho.toml" <<END
[receiver]
listen = "inet:$PORT@127.0.0.1"
authserv_id = "mx.here.example"
stage = "block"
[dns]
resolvers = ["$DNS"]
[policy.memory]
remember = true
replay = "reject"
replay_count = 6
bad_domain = "reject"
bad_below = 300
messages = 20
[policy.dsn]
of_others = "reject"
[replies]
replay = "seen too often"
reputation = "not so good"
[outgoing]
networks = ["198.51.100.0/24"]
[[signing.key]]
domain = "example.jp"
selector = "ed"
file = "key.pem"
END
}

rules_without_effect() {
    cat > "$T/idle.toml" <<'END'
[methods]
arc = false
[policy.client]
arc_fail = "reject"
[policy.memory]
replay = "reject"
[policy.dsn]
of_others = "reject"
END
    control --config "$T/idle.toml" config check > "$T/checked" 2> "$T/warned"
    equal "a rule without effect is no error" $? 0
    check "a rule whose method is off" grep -q 'policy\.client\.arc_fail has no effect: \[methods\] arc is off' "$T/warned"
    check "a rule of a memory that is off" grep -q 'policy\.memory\.replay has no effect' "$T/warned"
    check "a rule on what nobody knows" grep -q 'policy\.dsn\.of_others has no effect' "$T/warned"
    "$SEKISHO" --lang ja --config "$T/idle.toml" config check > "$T/checked" 2> "$T/warned"
    check "in Japanese" grep -q 'policy\.client\.arc_fail は働きません' "$T/warned"
    start_sekisho --config "$T/idle.toml" --listen inet:0@127.0.0.1 --resolver "$DNS"
    check "the daemon warns at its start" grep -q 'WARN.*policy\.client\.arc_fail has no effect' "$T/sekisho.log"
    kill -TERM "$DAEMON"
    wait "$DAEMON"
}

control() {
    "$SEKISHO" --lang en --state "$T/state" "$@"
}

# deliver QUEUE-ID FILE [SENDER [IP [RECIPIENTS]]]
deliver() {
    /usr/bin/python3 "$ROOT/tests/e2e/memory.py" deliver "$PORT" "${4:-192.0.2.9}" "${3-a@example.jp}" "$2" "$1" "${5:-1}"
}

replays() {
    local round
    { plain replayed; printf '\nOnce more.\n'; } | message replayed
    check "it is signed" signed replayed
    for round in 1 2 3 4 5 6; do
        equal "delivery $round" "$(deliver "R$round" "$T/replayed.msg")" accept
    done
    equal "one too many" "$(deliver R7 "$T/replayed.msg")" "550 5.7.1 seen too often"
    check "its rule is in the log" grep -q 'queue_id="R7" .* rule=policy-replay' "$T/sekisho.log"
    check "the signature is shown" within 20 shown_replay 7
    equal "the rest of the sentence" "$(control replay show | sed -e 's/;.*//')" "7 deliveries: example.jp, selector ed"
    { plain many; printf '\nTo many at once.\n'; } | message many
    check "it is signed" signed many
    equal "one delivery to many" "$(deliver R8 "$T/many.msg" a@example.jp 192.0.2.9 8)" accept
    equal "counts as many" "$(deliver R9 "$T/many.msg")" "550 5.7.1 seen too often"
}

shown_replay() {
    control replay show --format json | grep -q "\"count\":$1[,}]"
}

reputations() {
    { plain fresh; printf '\nFresh.\n'; } | message fresh
    check "it is signed" signed fresh
    check "what was seen is remembered" within 20 remembered
    control reputation set example.jp --good 1 --bad 50 > "$T/told" || fail "reputation set"
    equal "that is told" "$(cat "$T/told")" "example.jp: the counts are set."
    check "it is listed" eval 'control reputation list | grep -q "^example\.jp  .* weight 5[1-9] messages"'
    equal "a bad reputation" "$(deliver B1 "$T/fresh.msg")" "550 5.7.1 not so good"
    control reputation forget example.jp > "$T/told" || fail "reputation forget"
    { plain again; printf '\nAgain.\n'; } | message again
    check "it is signed" signed again
    equal "nothing is known of it any more" "$(deliver B2 "$T/again.msg")" accept
    equal "a name that is none" "$(control reputation show a..b > /dev/null 2>&1; echo $?)" 2
}

remembered() {
    control reputation show example.jp --format json |
        /usr/bin/python3 -c 'import json, sys; told = json.load(sys.stdin); sys.exit(told["days"][-1]["good"] < 7)'
}

lists() {
    { plain unsigned | sed -e 's/@example\.jp/@spam.example/'; printf '\nBuy.\n'; } | message unsigned
    equal "before" "$(deliver L1 "$T/unsigned.msg" a@spam.example)" accept
    control list add deny .spam.example > "$T/told" || fail "list add"
    equal "what is told" "$(paste -s -d '|' "$T/told")" \
        ".spam.example is on the list deny now.|The running daemon goes by it from now on."
    equal "denied" "$(deliver L2 "$T/unsigned.msg" a@mail.spam.example)" "550 5.7.1 Email refused by local policy"
    equal "the list" "$(control list show deny | sed -e 's/  (.*//')" "deny       .spam.example"
    control list add deny .spam.example > "$T/told" || fail "list add"
    check "once is enough" grep -q 'stays as it was' "$T/told"
    control list remove deny .spam.example > "$T/told" || fail "list remove"
    equal "afterwards" "$(deliver L3 "$T/unsigned.msg" a@spam.example)" accept
    equal "nothing is left" "$(control list show)" "There is nothing on the lists."
    equal "no entry" "$(control list add sealer 192.0.2.0/24 > /dev/null 2>&1; echo $?)" 2
}

notifications() {
    { plain out1; printf '\nGoing out.\n'; } | message outgoing
    equal "mail goes out" "$(deliver D1 "$T/outgoing.msg" a@example.jp 198.51.100.7)" accept
    check "it is signed" grep -q 'queue_id="D1" .* signed=example\.jp:ed' "$T/sekisho.log"
    notification out1@example.jp > "$T/ours.msg"
    equal "a notification of it" "$(deliver D2 "$T/ours.msg" '')" accept
    check "is known to be ours" grep -q 'queue_id="D2" .* dsn=ours ' "$T/sekisho.log"
    notification forged@spam.example > "$T/others.msg"
    equal "one of others' mail" "$(deliver D3 "$T/others.msg" '')" \
        "550 5.7.1 Notification refused: it answers no message that was sent from here"
    check "and why" grep -q 'queue_id="D3" .* rule=policy-dsn-of-others dsn=others ' "$T/sekisho.log"
    { plain away | sed -e 's/@example\.jp/@mx.example/'; printf '\nI am away.\n'; } | message away
    equal "one that names nothing" "$(deliver D4 "$T/away.msg" '')" accept
    check "is said to name nothing" grep -q 'queue_id="D4" .* dsn=nothing ' "$T/sekisho.log"
}

notification() {
    cat <<END
From: MAILER-DAEMON@mx.example
To: a@example.jp
Subject: Undelivered Mail
Message-ID: <notification@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b

Nobody of this name is here.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; nobody@mx.example
Action: failed
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

From: a@example.jp
Message-ID: <$1>
Subject: hello

--b--
END
}

after_a_restart() {
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    equal "it ends" $? 0
    check "what was seen last is written" eval 'control replay show --format json | grep -q "\"count\":9[,}]"'
    start_sekisho --config "$T/sekisho.toml"
    equal "a replay is still one" "$(deliver A1 "$T/replayed.msg")" "550 5.7.1 seen too often"
    equal "and our mail is still ours" "$(deliver A2 "$T/ours.msg" '')" accept
    check "as the log says" grep -q 'queue_id="A2" .* dsn=ours ' "$T/sekisho.log"
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    equal "it ends again" $? 0
}

main
