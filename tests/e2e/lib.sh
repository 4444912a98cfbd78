# What the end-to-end scripts share: skipping, checking, a temporary folder that goes with all that was started in it,
# DNS from a zone file, the daemon, and a small SMTP client. Bash and coreutils only.
#
# The contract of a script (xtask/src/test/scripts.rs): `$SEKISHO` is the built program; the end is 0 (passed), 77 after
# a line `skipped: REASON`, or anything else (failed).

set -u
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin
unset SEKISHO_CONFIG RUST_LOG NO_COLOR

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SEKISHO=${SEKISHO:-$ROOT/target/debug/sekisho}
CHECKED=0
FAILED=0
STARTED=()

skip() {
    echo "skipped: $*"
    exit 77
}

fail() {
    echo "FAILED: $*"
    FAILED=$((FAILED + 1))
}

# check WHAT COMMAND… – the command must succeed.
check() {
    local what=$1
    shift
    CHECKED=$((CHECKED + 1))
    "$@" || fail "$what"
}

# equal WHAT GOT WANTED
equal() {
    CHECKED=$((CHECKED + 1))
    [ "$2" = "$3" ] || fail "$1: got \"$2\", wanted \"$3\""
}

# within SECONDS COMMAND… – tries until the command succeeds.
within() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.05
    done
}

# The temporary folder $T; at the end it goes, and what was started before it.
begin() {
    [ -x "$SEKISHO" ] || { echo "there is no program at $SEKISHO"; exit 1; }
    T=$(mktemp -d "${TMPDIR:-/tmp}/sekisho-e2e.XXXXXX")
    # Servers run as users of their own, and look into it.
    chmod 755 "$T"
    trap clean_up EXIT
    trap 'exit 130' INT TERM
}

clean_up() {
    local status=$?
    trap - EXIT
    local pid
    if declare -F before_clean_up > /dev/null; then before_clean_up; fi
    for pid in "${STARTED[@]+"${STARTED[@]}"}"; do
        kill "$pid" 2> /dev/null && wait "$pid" 2> /dev/null
    done
    if [ "$status" -ne 0 ] && [ "$status" -ne 77 ]; then show_logs; fi
    rm -rf "$T"
    exit "$status"
}

show_logs() {
    local log
    for log in "$T"/*.log; do
        [ -s "$log" ] && { echo "── ${log##*/}"; tail -n 40 "$log"; }
    done
}

# The end: how much was checked, and the exit code.
finish() {
    echo "$CHECKED checks, $FAILED failed, ${SECONDS} s"
    [ "$FAILED" -eq 0 ] || exit 1
    exit 0
}

# install COMMAND PACKAGE – by Debian's name, when we may; skips when it cannot be had.
install() {
    command -v "$1" > /dev/null && return
    from_debian "$2" "$1"
    command -v "$1" > /dev/null || skip "Debian's package $2 brought no $1"
}

# install_python MODULE PACKAGE – the same for what Debian's Python imports.
install_python() {
    /usr/bin/python3 -c "import $1" 2> /dev/null && return
    from_debian "$2" "Python's module $1"
    /usr/bin/python3 -c "import $1" 2> /dev/null || skip "Debian's package $2 brought no module $1"
}

# from_debian PACKAGE WHAT – WHAT is wanted of it.
from_debian() {
    [ "$(id -u)" -eq 0 ] || skip "$2 is not installed, and only root could install it"
    command -v apt-get > /dev/null || skip "$2 is not installed, and there is no apt-get"
    export DEBIAN_FRONTEND=noninteractive
    # Not configured, so that no mail system of its own starts on this machine.
    command -v debconf-set-selections > /dev/null &&
        echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections > /dev/null 2>&1
    local quiet=(-q -o Dpkg::Use-Pty=0 -o Acquire::Retries=1 -o Acquire::http::Timeout=20)
    apt-get "${quiet[@]}" install -y --no-install-recommends "$1" > "$T/apt.log" 2>&1 ||
        { apt-get "${quiet[@]}" update > "$T/apt.log" 2>&1 &&
            apt-get "${quiet[@]}" install -y --no-install-recommends "$1" >> "$T/apt.log" 2>&1; } ||
        skip "Debian's package $1 cannot be installed: $(tail -n 1 "$T/apt.log")"
}

# unpack PACKAGE… – Debian's packages, and what they need beside what is here, laid in $T/debian instead of installed: for
# those that would push out this machine's own, or start. $LIBRARIES is where their shared libraries are.
unpack() {
    [ "$(id -u)" -eq 0 ] || skip "only root could run what comes of $1"
    command -v apt-get > /dev/null || skip "there is no apt-get for $1"
    local deb fetch=(apt-get -q -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o APT::Sandbox::User=root
        -o Debug::NoLocking=1 -o "Dir::Cache::archives=$T/archives"
        install -y --download-only --reinstall --no-install-recommends)
    mkdir -p "$T/archives/partial" "$T/debian"
    "${fetch[@]}" "$@" > "$T/apt.log" 2>&1 ||
        { apt-get -q -o Acquire::Retries=1 -o Acquire::http::Timeout=20 update > "$T/apt.log" 2>&1 &&
            "${fetch[@]}" "$@" >> "$T/apt.log" 2>&1; } ||
        skip "Debian's $1 cannot be had: $(tail -n 1 "$T/apt.log")"
    for deb in "$T"/archives/*.deb; do dpkg-deb -x "$deb" "$T/debian"; done
    # A program that is setgid would not look for its libraries there.
    chmod -R a-s "$T/debian"
    LIBRARIES=$(find "$T/debian" -name '*.so*' -printf '%h\n' | sort -u | paste -s -d :)
}

is_open() {
    (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null
}

# A port on which nobody listens, into $PORT.
free_port() {
    PORT=$((20000 + RANDOM % 10000))
    while is_open "$PORT"; do PORT=$((PORT + 1)); done
}

# start_dns ZONE-FILE – a DNS server of the project's own; its address into $DNS.
start_dns() {
    local program
    program=$(dirname "$SEKISHO")/examples/zone_dns
    [ -x "$program" ] || program=$ROOT/target/debug/examples/zone_dns
    if [ ! -x "$program" ]; then
        (cd "$ROOT" && cargo build --quiet --target-dir target --package sekisho-net --example zone_dns) ||
            { fail "the DNS server cannot be built"; finish; }
    fi
    : > "$T/dns.address"
    "$program" "$1" > "$T/dns.address" 2> "$T/dns.log" &
    STARTED+=($!)
    within 10 test -s "$T/dns.address" || { fail "the DNS server does not start"; finish; }
    DNS=$(cat "$T/dns.address")
}

# start_sekisho OPTIONS… – serves on a free port; its process into $DAEMON, its log is $T/sekisho.log.
start_sekisho() {
    # What an earlier one has written must not be taken for this one's.
    : > "$T/sekisho.log"
    "$SEKISHO" serve --lang en --state "$T/state" "$@" > "$T/sekisho.out.log" 2> "$T/sekisho.log" &
    DAEMON=$!
    STARTED+=("$DAEMON")
    within 10 grep -q 'smtpd_milters = ' "$T/sekisho.log" || { fail "sekisho does not start"; finish; }
}

# smtp PORT IP NAME HELO SENDER RECIPIENT FILE [MAIL-OPTIONS] – delivers a message as that client, by XCLIENT, and gives
# the queue id. A message is given up before, so that the filter hears of that, too.
smtp() {
    local port=$1 ip=$2 name=$3 helo=$4
    shift 4
    exec 3<> "/dev/tcp/127.0.0.1/$port" || return 1
    reply 220 || return 1
    command_line 250 "EHLO tester.example" &&
        command_line 220 "XCLIENT NAME=$name ADDR=$ip" || { exec 3>&-; return 1; }
    transaction "$helo" "$@"
}

# transaction HELO SENDER RECIPIENT FILE [MAIL-OPTIONS] – what follows the greeting, up to QUIT; $TAKEN is the reply to the
# message, and $QUEUE_ID what the MTA calls it.
transaction() {
    local helo=$1 sender=$2 recipient=$3 file=$4 options=${5:-}
    command_line 250 "EHLO $helo" &&
        command_line 250 "MAIL FROM:<nobody@given-up.example>" &&
        command_line 250 "RSET" &&
        command_line 250 "MAIL FROM:<$sender>${options:+ $options}" &&
        command_line 250 "RCPT TO:<$recipient>" &&
        command_line 354 "DATA" || { exec 3>&-; return 1; }
    # RFC 5321 §4.5.2: a dot that begins a line is doubled. Lines end with CRLF.
    sed -e 's/^\./../' -e 's/$/\r/' "$file" >&3
    command_line 250 "." || { exec 3>&-; return 1; }
    TAKEN=$REPLY_LINE
    command_line 221 "QUIT"
    exec 3>&-
    # "250 2.0.0 Ok: queued as ID", "250 2.0.0 ID Message accepted for delivery"
    QUEUE_ID=${TAKEN##*queued as }
    QUEUE_ID=${QUEUE_ID#250 2.0.0 }
    QUEUE_ID=${QUEUE_ID%%[!A-Za-z0-9]*}
}

# command_line CODE LINE – says LINE and wants CODE.
command_line() {
    printf '%s\r\n' "$2" >&3
    reply "$1" || { echo "  after $2"; return 1; }
}

# reply CODE – reads a whole reply; its last line into $REPLY_LINE.
reply() {
    while IFS= read -r -t 20 -u 3 REPLY_LINE; do
        case $REPLY_LINE in
            "$1 "*) return 0 ;;
            "$1-"*) ;;
            *) break ;;
        esac
    done
    echo "SMTP: wanted $1, got: ${REPLY_LINE:-nothing}"
    return 1
}

# header FILE – the fields of a message, each on one line.
header() {
    awk '{ sub(/\r$/, "") } /^$/ { exit } /^[ \t]/ { sub(/^[ \t]+/, " "); line = line $0; next } { if (NR > 1) print line; line = $0 } END { print line }' "$1"
}

# body FILE – what comes behind the header.
body() {
    sed -e '1,/^\r\{0,1\}$/d' "$1"
}

# What the scripts that deliver messages share: $OURS is the name of the receiver, $KEYS where the keys are, and $MAIL what
# arrived.
OURS=mx.example.net
KEYS=$ROOT/testdata/keys

# message NAME – a message in $T/NAME.msg, header fields and body from standard input.
message() {
    cat > "$T/$1.msg"
}

# signed NAME [OPTIONS…] – signs $T/NAME.msg for example.jp.
signed() {
    local name=$1
    shift
    "$SEKISHO" sign --domain example.jp --selector ed --key "$KEYS/ed25519.pem" "$@" < "$T/$name.msg" > "$T/$name.signed" &&
        # The client makes CRLF of LF.
        sed -e 's/\r$//' "$T/$name.signed" > "$T/$name.msg"
}

one_log_line() {
    local lines
    lines=$(grep -c " message queue_id=\"$1\" " "$T/sekisho.log")
    [ "$lines" -eq 1 ] && grep " message queue_id=\"$1\" " "$T/sekisho.log" | grep -q ' reason="..*"$'
}

# The fields that a reader could take for ours, whatever their spelling.
ours() {
    header "$MAIL" | grep -i '^Authentication-Results[ \t]*:' | tr -d '"\\' | grep -i -E ":[ \t]*(\([^)]*\)[ \t]*)?mx\.example\.net\.?[ \t]*(\([^)]*\)[ \t]*)?[0-9]*[ \t]*(;|$)"
}

# says METHOD=RESULT… – the field of the message that arrived has them.
says() {
    local field want
    field=$(ours)
    for want; do
        case "$field " in
            *" $want "* | *" $want;"*) ;;
            *) echo "  no $want in: $field" && return 1 ;;
        esac
    done
}

plain() {
    printf 'From: Sender <a@example.jp>\nTo: b@example.net\nSubject: hello\nDate: Mon, 02 Jan 2023 03:04:05 +0900\nMessage-ID: <%s@example.jp>\n' "$1"
}

# RFC 8601 §5, attack A15, D1 and D2: each spelling in a row, so that an index that shifts leaves one of them. Eleven are
# forged in our name, two are what others wrote.
forged_message() {
    {
        cat << 'EOF'
Authentication-Results: other.example; dkim=pass header.d=kept.example
Authentication-Results: mx.example.net; dkim=pass header.d=bank.example
Authentication-Results: "mx.example.net"; dkim=pass header.d=bank.example
AUTHENTICATION-RESULTS: MX.Example.NET; dkim=pass header.d=bank.example
Authentication-Results: (a; comment) mx.example.net (b); dkim=pass header.d=bank.example
Authentication-Results:
	mx.example.net;
	dkim=pass header.d=bank.example
Authentication-Results: mx.example.net 1; dkim=pass header.d=bank.example
Authentication-Results : mx.example.net; dkim=pass header.d=bank.example
Authentication-Results:mx.example.net; dkim=pass header.d=bank.example
Authentication-Results: "mx\.example.net" 1; dkim=pass header.d=bank.example
EOF
        plain forged
        cat << 'EOF'
Authentication-Results: mx.example.net.; dkim=pass header.d=bank.example
X-Between: something
Authentication-Results: mx.example.net.evil.example; dkim=pass header.d=kept.example
Authentication-Results: mx.example.net; dmarc=pass header.from=bank.example
EOF
        printf '\nSend money.\n'
    } | message forged
}

# Rules by which mail that fails DMARC is held and marked.
filter_rules() {
    cat << 'EOF'
[receiver]
stage = "filter"
quarantine = "both"

[labels]
subject = "[meiwaku]"
fields = [{ name = "X-Suspicious", value = "{action}; {reason}" }]
EOF
}

# A message of a domain that asks for quarantine, with a Japanese subject.
held_message() {
    {
        plain held | sed -e 's/@example\.jp/@held.example/' \
            -e 's/^Subject: .*/Subject: =?ISO-2022-JP?B?GyRCJDMkcyRLJEEkTxsoQg==?=/'
        printf 'X-Suspicious: no\n\nhold me\n'
    } | message held
}

# $MAIL has the marks of these rules, and the subject still says what it said.
marked_as_held() {
    equal "held: the field" "$(header "$MAIL" | grep -i '^X-Suspicious')" "X-Suspicious: quarantine; policy-dmarc-fail"
    equal "held: the subject" "$(header "$MAIL" | grep -i '^Subject')" \
        "Subject: [meiwaku] =?ISO-2022-JP?B?GyRCJDMkcyRLJEEkTxsoQg==?="
}
