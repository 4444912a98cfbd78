#!/usr/bin/env bash
# The pages in a real browser, over a filled house: every screen by axe (WCAG 2.2 AA) in both languages, light and dark, wide and at
# 360 px; the keyboard alone; in by the first run or by a password, a message found, its reasons, a sender marked, the advice moved,
# with scripts and without; nothing in the console, no other host. What drives the browser is in browser/.

. "$(dirname "$0")/lib.sh"

PASSWORD='a barrier on the road'

main() {
    begin
    install chromium chromium
    install node nodejs
    install npm npm
    modern
    fetched
    filled
    free_port
    HTTP=$PORT
    free_port
    # Its own audits would find no DNS here, and put nothing in the place of what was found before.
    sed -e '/^\[audit\]/,$d' "$T/state/sekisho.toml" > "$T/sekisho.toml"
    printf '[daemon]\nhttp = "127.0.0.1:%s"\n[dashboard]\nzone = "Asia/Tokyo"\n' "$HTTP" >> "$T/sekisho.toml"
    start_sekisho --config "$T/sekisho.toml" --listen "inet:$PORT@127.0.0.1"
    browse
    finish
}

# What drives the browser needs Node 18.
modern() {
    local version
    version=$(node --version)
    version=${version#v}
    [ "${version%%.*}" -ge 18 ] || skip "node is $version, and playwright needs 18"
}

# The versions and their hashes are in the lock; nothing that comes with them is run while it is put in place.
fetched() {
    cp -r "$ROOT/tests/e2e/browser" "$T/browser"
    rm -rf "$T/browser/node_modules"
    (cd "$T/browser" && npm ci --ignore-scripts --no-audit --no-fund --cache "$T/npm") > "$T/npm.log" 2>&1 ||
        skip "npm cannot fetch playwright-core and axe-core: $(grep -m 1 -i 'error' "$T/npm.log" || tail -n 1 "$T/npm.log")"
}

filled() {
    check "the house is filled" "$SEKISHO" demo --once --state "$T/state" --lang en 2> "$T/demo.log"
    local name
    for name in one two; do
        check "$name may come in" "$SEKISHO" --state "$T/state" user add "$name" --grant operator <<< "$PASSWORD" > "$T/user.log" 2>&1
    done
}

browse() {
    local token
    token=$("$SEKISHO" --state "$T/state" user setup --format json | sed -n 's/.*"setup_token":"\([^"]*\)".*/\1/p')
    # The browser and npm keep what they write under $T.
    SETUP_TOKEN=$token PASSWORD=$PASSWORD HOME=$T TMPDIR=$T \
        timeout 780 node "$T/browser/main.mjs" "http://127.0.0.1:$HTTP" "$(command -v chromium)" "$ROOT/crates/words/en" ||
        fail "the browser found something, or did not end"
}

main "$@"
