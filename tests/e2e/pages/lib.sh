# The pages as a browser asks for them, with cookies and the secret of forms. $DESK is their address; CURL holds what curl has to be
# told beside.

CURL=()

# ask TARGET [CURL-OPTIONS] – the body into $T/page, the head into $T/head, the status into $STATUS. It keeps cookies.
ask() {
    local target=$1
    shift
    STATUS=$(curl -s -m 20 "${CURL[@]}" -b "$T/cookies" -c "$T/cookies" -D "$T/head" -o "$T/page" -w '%{http_code}' "$@" "$DESK$target")
}

# The secret of the forms of the page that was asked for last.
secret() {
    sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' "$T/page" | head -n 1
}

# send TARGET [name=value…] – a form of the page that was asked for last.
send() {
    local target=$1 fields=(--data-urlencode "csrf=$(secret)") field
    shift
    for field in "$@"; do fields+=(--data-urlencode "$field"); done
    ask "$target" -H "Origin: $DESK" "${fields[@]}"
}
