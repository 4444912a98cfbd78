#!/usr/bin/env bash
# People from the command line: who may come in, passwords that no argument and no screen shows, tokens, the first run, the
# last admin who must stay, and a log in which a change shows.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    [ -x /usr/bin/python3 ] || skip "there is no Python"
    S=$T/state
    first_run
    people
    passwords
    tokens
    the_last_admin
    the_log
    words_in_japanese
    finish
}

user() {
    "$SEKISHO" --state "$S" user "$@"
}

# code WANTED COMMAND… – ends with this code; its output is in $T/out, its complaints in $T/err.
code() {
    local wanted=$1 got=0
    shift
    "$@" > "$T/out" 2> "$T/err" || got=$?
    equal "the end of \"$*\" ($(head -c 200 "$T/err"))" "$got" "$wanted"
}

# json FILTER – what Python's FILTER makes of the objects in $T/out, called lines.
json() {
    /usr/bin/python3 -c "import json,sys
lines = [json.loads(line) for line in sys.stdin]
print($1)" < "$T/out"
}

first_run() {
    code 6 user list
    code 0 user setup --format json
    equal "a token of 43 characters" "$(json 'len(lines[0]["setup_token"])')" 43
    equal "the file is its owner's alone" "$(stat -c %a "$S/people.sqlite")" 600
    code 0 user setup
    equal "the token is the last line" "$(tail -n 1 "$T/out" | tr -d '\n' | wc -c)" 43
    check "the token is nowhere in the file" eval '! grep -qF "$(tail -n 1 "$T/out")" "$S"/people.sqlite*'
    code 0 user list
    check "it says what to do" grep -q "user setup" "$T/out"
}

people() {
    code 0 user add Boss --grant admin <<< "seven wild horses"
    code 0 user add taro@example.jp --grant viewer --grant operator:Example.JP,example.com --language ja \
        --zone Asia/Tokyo <<< "twelve tame foxes"
    code 0 user add robot --grant viewer:example.jp --no-password
    code 3 user add boss --grant viewer <<< "another good one"
    check "the name is taken" grep -q "has this name" "$T/err"
    code 2 user add "a b" --grant viewer
    code 2 user add x --grant owner
    code 2 user add x --grant "viewer:not a domain"
    code 2 user add x
    code 0 user list --format json
    equal "names" "$(json '[line["name"] for line in lines]')" "['boss', 'robot', 'taro@example.jp']"
    equal "grants" "$(json 'lines[2]["grants"]')" "['viewer', 'operator:example.com,example.jp']"
    equal "passwords" "$(json '[line["has_password"] for line in lines]')" "[True, False, True]"
    equal "looks" "$(json '(lines[2]["language"], lines[2]["zone"], lines[2]["theme"])')" "('ja', 'Asia/Tokyo', 'auto')"
    check "no hash is shown" eval '! grep -q argon "$T/out"'
    code 0 user set robot --disable --issuer https://id.example --subject 42
    code 0 user list
    check "disabled is told" grep -q "^robot .*viewer:example.jp  (disabled)  (no password)$" "$T/out"
    code 0 user set robot --enable --theme dark
    code 0 user set robot --theme dark
    check "nothing to change" grep -q "stays as it was" "$T/out"
    code 3 user set nobody --theme dark
    code 3 user set taro@example.jp --issuer https://id.example --subject 42
    code 3 user setup
    check "there is no second first run" grep -q "no first run" "$T/err"
}

passwords() {
    code 3 user password boss <<< "short"
    code 3 user password boss <<< "bossbossboss"
    code 3 user password boss <<< "123456789012"
    code 3 user password boss < /dev/null
    code 2 user password boss --password "seven wild horses"
    code 0 user password boss <<< "nine quiet owls at night"
    check "no password is in the file" eval '! grep -qF "quiet owls" "$S"/people.sqlite*'
    at_a_terminal
}

# A terminal asks twice, and shows nothing of it.
at_a_terminal() {
    cat > "$T/terminal.py" << 'END'
import os, pty, sys, time

def run(first, second):
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.argv[1], sys.argv[1:])
    seen = b""
    for prompt, answer in ((b"Password:", first), (b"Again:", second)):
        while prompt not in seen:
            seen += os.read(terminal, 1000)
        os.write(terminal, answer + b"\n")
    try:
        while True:
            more = os.read(terminal, 1000)
            if not more:
                break
            seen += more
    except OSError:
        pass
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return code, first in seen or second in seen

print(run(b"eleven loud geese", b"eleven loud geese"), run(b"eleven loud geese", b"eleven loud goose"))
END
    equal "what a terminal shows" "$(/usr/bin/python3 "$T/terminal.py" "$SEKISHO" --state "$S" user password boss)" \
        "(0, False) (3, False)"
}

tokens() {
    code 2 user token add taro@example.jp --grant admin
    code 2 user token add taro@example.jp --grant operator
    code 2 user token add taro@example.jp --expire-in 367d
    code 0 user token add taro@example.jp --grant operator:mail.example.jp --label "the monitor" --expire-in 30d
    local token
    token=$(tail -n 1 "$T/out")
    check "the look of a token" grep -Eq '^sekisho_[A-Za-z0-9_-]{43}$' <<< "$token"
    check "the token is nowhere in the file" eval '! grep -qF "$token" "$S"/people.sqlite*'
    code 0 user token list --format json
    equal "what the list tells" "$(json '(lines[0]["name"], lines[0]["label"], lines[0]["grants"], lines[0]["used"])')" \
        "('taro@example.jp', 'the monitor', ['operator:mail.example.jp'], None)"
    local id
    id=$(json 'lines[0]["id"]')
    code 3 user token remove boss "$id"
    code 0 user token remove taro@example.jp "$id"
    code 0 user token list
    check "no token is left" grep -q "no tokens" "$T/out"
    code 0 user sessions
    code 0 user sessions boss --end
}

the_last_admin() {
    code 3 user remove boss
    check "somebody must stay" grep -q "Nobody would be left" "$T/err"
    code 3 user set boss --grant viewer
    code 3 user set boss --disable
    code 3 user password boss --none
    code 0 user set taro@example.jp --grant admin
    code 0 user set boss --disable
    code 0 user remove boss
    code 3 user remove taro@example.jp
    code 3 user remove boss
}

the_log() {
    code 0 user log --format json
    equal "the newest line" "$(json '(lines[0]["verb"], lines[0]["object"], lines[0]["outcome"])')" \
        "('person-remove', 'boss', 'done')"
    equal "who did it" "$(json '{line["who"] for line in lines}')" "{'system:$(id -un)'}"
    check "no password is in the log" eval '! grep -qE "horses|owls|geese" "$T/out"'
    local lines
    lines=$(wc -l < "$T/out")
    code 0 user log --verb password-set --format json
    equal "lines of one kind" "$(json 'len(lines)')" 2
    code 0 user log --limit 3
    equal "as many as asked for" "$(wc -l < "$T/out")" 3
    code 0 user log --by nobody
    check "no such lines" grep -q "no such lines" "$T/out"
    code 0 user log --check --format json
    equal "the log holds" "$(json '(lines[0]["holds"], lines[0]["lines"])')" "(True, $lines)"
    code 0 /usr/bin/python3 -c "import sqlite3
file = sqlite3.connect('$S/people.sqlite')
try:
    file.execute('DELETE FROM log WHERE number = 2')
    raise SystemExit(1)
except sqlite3.IntegrityError:
    pass
file.execute('DROP TRIGGER log_line_is_so')
file.execute(\"UPDATE log SET who = 'somebody' WHERE number = 2\")
file.commit()"
    code 1 user log --check
    check "where it was changed" grep -q "line 2 " "$T/out"
    chmod 644 "$S/people.sqlite"
    code 6 user list
    chmod 600 "$S/people.sqlite"
}

words_in_japanese() {
    code 0 user --lang ja sessions
    check "Japanese" grep -q "ログイン中の人はいません。" "$T/out"
}

main
