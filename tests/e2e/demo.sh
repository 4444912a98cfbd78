#!/usr/bin/env bash
# The demonstration: every page that its menu leads to is there in both languages, the first one answers the newcomer's three
# questions, a domain is looked at, no DNS question leaves, and nothing is left behind.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    install curl curl
    start_demo
    pages en
    pages ja
    answers
    looked
    ended
    finish
}

# start_demo – its directory stands under $T, its address is in $DEMO.
start_demo() {
    mkdir "$T/tmp"
    TMPDIR=$T/tmp "$SEKISHO" demo --lang en > "$T/demo.out.log" 2> "$T/demo.log" &
    DAEMON=$!
    STARTED+=("$DAEMON")
    within 60 grep -q 'http://' "$T/demo.out.log" || { fail "the demonstration does not start"; finish; }
    DEMO=$(grep -o 'http://[^/]*' "$T/demo.out.log" | head -n 1)
    equal "one state directory" "$(find "$T/tmp" -mindepth 1 -maxdepth 1 -name 'sekisho-demo-*' -type d | wc -l)" 1
}

# page LANGUAGE PATH – into $T/page.html; its status into $STATUS.
page() {
    STATUS=$(curl -s -m 20 -H "Accept-Language: $1" -o "$T/page.html" -w '%{http_code}' "$DEMO$2")
}

# pages LANGUAGE – each that the menu leads to.
pages() {
    local language=$1 path count=0
    page "$language" /
    equal "the first page, $language" "$STATUS" 200
    check "its language" grep -q "<html[^>]* lang=\"$language\"" "$T/page.html"
    grep -o 'href="/[a-z/-]*"' "$T/page.html" | sed 's/^href="//; s/"$//' | sort -u > "$T/paths"
    while read -r path; do
        [ "$path" = /login ] && continue
        page "$language" "$path"
        equal "$path, $language" "$STATUS" 200
        # An id in the place of a sentence: none was found.
        if sed 's/<[^>]*>//g' "$T/page.html" | grep -qE '\b(page|class|advise|repair|reports|feedback)-(label-)?[a-z]+(-[a-z]+)*\b'; then
            fail "$path, $language: a sentence is missing: $(sed 's/<[^>]*>//g' "$T/page.html" |
                grep -oE '\b(page|class|advise|repair|reports|feedback)-(label-)?[a-z]+(-[a-z]+)*\b' | head -n 3 | paste -s)"
        fi
        count=$((count + 1))
    done < "$T/paths"
    check "some pages, $language: $count" test "$count" -ge 2
}

# answers – who forges, what to repair, what to publish: on the first page, in both languages.
answers() {
    local language
    for language in en ja; do
        page "$language" /
        check "who forges, $language" grep -q 'bulk-vps\.example' "$T/page.html"
        check "what to repair, $language" grep -q 'SendGrid' "$T/page.html"
        check "what to publish, $language" grep -q 'v=DMARC1; p=quarantine; t=y' "$T/page.html"
        check "how, $language" grep -q 's1\._domainkey\.asagiri\.example' "$T/page.html"
    done
    curl -s -m 20 "$DEMO/api/v1/overview" > "$T/overview.json"
    check "the town is there for programs" grep -q 'asagiri\.example' "$T/overview.json"
}

# looked – a domain, looked at now: the town's DNS is in memory, so nobody else is asked.
looked() {
    page en /domains/asagiri.example
    check "a button looks now" grep -q '<button>Look now</button>' "$T/page.html"
    check "until then it is the last audit" grep -q 'what the last audit kept' "$T/page.html"
    page en '/domains/asagiri.example?now=1'
    equal "a look" "$STATUS" 200
    check "the SPF tree" grep -q 'worst case so far' "$T/page.html"
    check "a record to publish" grep -q 'data-copy="[^"]*asagiri\.example' "$T/page.html"
    page ja /domains/asagiri.example
    check "it is shown again for a while" grep -q 'DNS に問い合わせた結果です' "$T/page.html"
    curl -s -m 20 "$DEMO/api/v1/domains/asagiri.example" > "$T/look.json"
    check "and told to programs" grep -q '"look":"seen"' "$T/look.json"
    page en '/domains/elsewhere.example?now=1'
    equal "nobody else's domain is looked at" "$STATUS" 404
}

# ended – at SIGTERM it goes, and its directory with it.
ended() {
    kill "$DAEMON"
    local status=0
    wait "$DAEMON" || status=$?
    equal "its exit code" "$status" 0
    equal "nothing is left" "$(find "$T/tmp" -mindepth 1 | wc -l)" 0
}

main "$@"
