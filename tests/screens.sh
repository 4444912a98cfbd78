#!/usr/bin/env bash
# Pictures of the pages in both languages, over the demonstration: docs/screens/PAGE.LANGUAGE.webp. They are made anew by hand when
# pages change; no test compares them, since the demonstration ends today, whatever day it is.

. "$(dirname "$0")/e2e/lib.sh"

PAGES="overview:/ surveys:/surveys mail:/mail statistics:/statistics senders:/senders ladder:/ladder?domain=asagiri.example
    explore:/explore?by=class&by=reporter reports:/reports reporters:/reporters tls:/tls failures:/failures outgoing:/outgoing
    domains:/domains domain:/domains/asagiri.example guideline:/guideline?domain=asagiri.example keys:/keys settings:/settings"

main() {
    begin
    install chromium chromium
    install cwebp webp
    # Without a font for it, Japanese is boxes.
    install fc-list fontconfig
    fc-list :lang=ja | grep -q . || from_debian fonts-noto-cjk "a font for Japanese"
    mkdir -p "$T/tmp" "$ROOT/docs/screens"
    TMPDIR=$T/tmp "$SEKISHO" demo --lang en > "$T/demo.out" 2> "$T/demo.log" &
    STARTED+=("$!")
    within 60 grep -q 'http://' "$T/demo.out" || { fail "the demonstration does not start"; finish; }
    local desk page language
    desk=$(grep -o 'http://[^/]*' "$T/demo.out" | head -n 1)
    for page in $PAGES; do
        for language in en ja; do picture "$desk" "${page%%:*}" "${page#*:}" "$language"; done
    done
    finish
}

# picture DESK NAME PATH LANGUAGE
picture() {
    local address=$1$3
    case $address in *\?*) address="$address&lang=$4" ;; *) address="$address?lang=$4" ;; esac
    timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-background-networking --hide-scrollbars \
        --user-data-dir="$T/chromium" --window-size=1200,1400 --screenshot="$T/page.png" "$address" > "$T/chromium.log" 2>&1
    check "$2, $4" cwebp -quiet -q 70 "$T/page.png" -o "$ROOT/docs/screens/$2.$4.webp"
}

main "$@"
