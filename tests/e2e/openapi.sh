#!/usr/bin/env bash
# What the daemon says of its interface for programs, held against what it does: schemathesis makes requests of the description – good
# ones and bad ones – and every answer must have the status, the type and the shape that are described. Over a filled house, with the
# token of an administrator.
#
# All checks are on but these:
# - ignored_auth: that doors are shut without a token is held by tests/e2e/pages.sh.
# - positive_data_acceptance: a domain, an id or a pair of dimensions can be well formed and still not be there, or not go together.
# - missing_required_header: no operation has one.
# - use_after_free, ensure_resource_availability: they follow links between operations, and the description has none.

. "$(dirname "$0")/lib.sh"

VERSION=4.32.5
PASSWORD='a barrier on the road'

main() {
    begin
    install curl curl
    install_python ensurepip python3-venv
    fetched
    check "the house is filled" "$SEKISHO" demo --once --state "$T/state" --lang en 2> "$T/demo.log"
    check "somebody may come in" "$SEKISHO" --state "$T/state" user add robot --grant admin <<< "$PASSWORD" > "$T/user.log" 2>&1
    check "and has a token" token
    free_port
    HTTP=$PORT
    free_port
    sed -e '/^\[audit\]/,$d' "$T/state/sekisho.toml" > "$T/sekisho.toml"
    printf '[daemon]\nhttp = "127.0.0.1:%s"\n' "$HTTP" >> "$T/sekisho.toml"
    start_sekisho --config "$T/sekisho.toml" --listen "inet:$PORT@127.0.0.1"
    API=http://127.0.0.1:$HTTP/api/v1
    described
    held
    check "the daemon is still there" curl -s -f -o "$T/health" "http://127.0.0.1:$HTTP/healthz"
    finish
}

token() {
    "$SEKISHO" --state "$T/state" user token add robot --grant admin > "$T/token.txt" 2> "$T/token.log" || return 1
    TOKEN=$(grep -o 'sekisho_[A-Za-z0-9_-]*' "$T/token.txt" | head -n 1)
    [ -n "$TOKEN" ]
}

# In a Python of its own, that goes with $T.
fetched() {
    /usr/bin/python3 -m venv "$T/python" > "$T/venv.log" 2>&1 || skip "Python makes no environment: $(tail -n 1 "$T/venv.log")"
    "$T/python/bin/pip" install --quiet --disable-pip-version-check --cache-dir "$T/pip" "schemathesis==$VERSION" > "$T/pip.log" 2>&1 ||
        skip "schemathesis $VERSION cannot be had: $(tail -n 1 "$T/pip.log")"
}

described() {
    curl -s -f -H "Authorization: Bearer $TOKEN" "$API/openapi.json" > "$T/openapi.json" || fail "there is no description"
    equal "and none for nobody" "$(curl -s -o "$T/nobody" -w '%{http_code}' "$API/openapi.json")" 401
}

# held – seeds and numbers are fixed: a failure is found again.
held() {
    (cd "$T" && HOME=$T "$T/python/bin/schemathesis" run "$T/openapi.json" --url "$API" -H "Authorization: Bearer $TOKEN" \
        --checks all --exclude-checks ignored_auth,positive_data_acceptance,missing_required_header,use_after_free,ensure_resource_availability \
        --phases examples,coverage,fuzzing --mode all --max-examples "${EXAMPLES:-15}" --seed 8460 --workers 2 \
        --suppress-health-check all --no-color) > "$T/schemathesis.log" 2>&1 ||
        { fail "schemathesis found something"; grep -v '^$' "$T/schemathesis.log" | head -n 120; }
    grep -E 'Operations|Test cases|passed' "$T/schemathesis.log" | head -n 5
}

main "$@"
