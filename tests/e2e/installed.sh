#!/usr/bin/env bash
# The Debian package installed by dpkg: its user, its files, the daemon started as that user, a configuration that stays
# when the package is renewed, and what is left when it is removed and purged. Over this machine's own files where these can
# be laid over, so that nothing of it stays; else in this machine itself, if nobody has Sekisho there.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    [ "$(id -u)" -eq 0 ] || skip "only root installs packages"
    [ -x /usr/bin/python3 ] || skip "there is no Python"
    command -v dpkg-deb > /dev/null || skip "dpkg-deb is not installed"
    command -v cargo > /dev/null || skip "cargo is not installed"
    if dpkg -s sekisho > /dev/null 2>&1 || [ -e /etc/sekisho ] || [ -e /var/lib/sekisho ]; then
        skip "Sekisho is installed on this machine"
    fi
    install adduser adduser
    install deb-systemd-helper init-system-helpers
    echo > "$T/zone"
    start_dns "$T/zone"
    (cd "$ROOT" && DEBFULLNAME=Packager DEBEMAIL=packager@example.org cargo xtask deb --binary "$SEKISHO" --out "$T") \
        > "$T/make.log" 2>&1 || { fail "no package"; finish; }
    PACKAGE=$(echo "$T"/*.deb)
    lay_over
    installed
    started
    renewed
    removed
    purged
    finish
}

# A root of its own into $WHERE, over this machine's; empty where that cannot be.
lay_over() {
    WHERE=
    mkdir "$T/over" "$T/root"
    mount -t tmpfs tmpfs "$T/over" 2> /dev/null || return 0
    OVER=yes
    mkdir "$T/over/upper" "$T/over/work"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$T/over/upper,workdir=$T/over/work" "$T/root" 2> /dev/null || return 0
    WHERE=$T/root
    # The index of manual pages takes longest of all, and nobody reads it here.
    rm -f "$WHERE/var/lib/man-db/auto-update"
    mount -t proc proc "$WHERE/proc" && mount --bind /dev "$WHERE/dev" && mkdir -p "$WHERE$T" && cp "$PACKAGE" "$WHERE$T"
}

before_clean_up() {
    [ -n "${DAEMON:-}" ] && kill -KILL "$DAEMON" 2> /dev/null && wait "$DAEMON" 2> /dev/null
    if [ -n "${WHERE:-}" ]; then
        # At once, whoever still is in there: what follows removes the folder.
        umount -l "$WHERE/dev" "$WHERE/proc" "$WHERE"
    elif [ -n "${PACKAGE:-}" ]; then
        # Nothing is left behind, however it went.
        dpkg --purge sekisho > /dev/null 2>&1
        deluser --quiet --system sekisho > /dev/null 2>&1
    fi
    [ -n "${OVER:-}" ] && umount -l "$T/over"
    return 0
}

# there COMMAND… – in the root where it is installed.
there() {
    env DEBIAN_FRONTEND=noninteractive ${WHERE:+chroot "$WHERE"} "$@"
}

# as_user COMMAND… – the same, as the package's user.
as_user() {
    local ids
    ids=$(awk -F: '$1 == "sekisho" { print $3, $4 }' "$WHERE/etc/passwd")
    if [ -n "$WHERE" ]; then
        exec chroot --userspec="${ids/ /:}" "$WHERE" "$@"
    fi
    exec chroot --userspec="${ids/ /:}" / "$@"
}

dpkg_does() {
    there dpkg "$@" > "$T/dpkg.log" 2>&1 || { fail "dpkg $1: $(tail -n 3 "$T/dpkg.log")"; return 1; }
}

state_of() {
    # shellcheck disable=SC2016
    there dpkg-query -W -f '${db:Status-Abbrev}' sekisho 2> /dev/null | tr -d ' '
}

installed() {
    dpkg_does -i "$PACKAGE" || finish
    equal "it is installed" "$(state_of)" ii
    check "nothing is half done" test -z "$(there dpkg --audit)"
    equal "no file differs" "$(there dpkg -V sekisho)" ""
    equal "it is the program" "$(there sekisho --version)" "$("$SEKISHO" --version)"
    check "it has a user" grep -q '^sekisho:.*:/var/lib/sekisho:' "$WHERE/etc/passwd"
    check "nobody logs in as it" grep -q '^sekisho:.*\(nologin\|false\)$' "$WHERE/etc/passwd"
    equal "the state is its user's" "$(there stat -c '%U:%G %a' /var/lib/sekisho)" "sekisho:sekisho 750"
    check "the configuration is good" there sekisho --lang en config check /etc/sekisho/sekisho.toml > "$T/checked"
    check "the unit is there" test -f "$WHERE/usr/lib/systemd/system/sekisho.service"
    check "and enabled" test -L "$WHERE/etc/systemd/system/multi-user.target.wants/sekisho.service"
    check "the manual page" there test -s /usr/share/man/man1/sekisho.1.gz
}

started() {
    free_port
    as_user /usr/bin/sekisho serve --lang en --state /var/lib/sekisho --listen "inet:$PORT@127.0.0.1" --resolver "$DNS" \
        2> "$T/sekisho.log" &
    DAEMON=$!
    STARTED+=("$DAEMON")
    within 60 grep -q 'smtpd_milters = ' "$T/sekisho.log" || { fail "it does not start"; finish; }
    equal "it runs as its user" "$(awk '/^Uid:/ { print $2 }' "/proc/$DAEMON/status")" \
        "$(awk -F: '$1 == "sekisho" { print $3 }' "$WHERE/etc/passwd")"
    equal "it judges" "$(/usr/bin/python3 "$ROOT/tests/e2e/operation.py" message "$PORT")" accept
    check "status finds it" there sekisho --lang en --state /var/lib/sekisho status > "$T/status"
    check "and its message" grep -q '^Messages: 1 ' "$T/status"
    equal "the ledger is its user's alone" "$(there stat -c '%U %a' /var/lib/sekisho/ledger.sqlite)" "sekisho 600"
    kill -TERM "$DAEMON"
    wait "$DAEMON"
    equal "it ends in order" $? 0
    DAEMON=
}

renewed() {
    printf '\n[receiver]\nstage = "filter"\n' >> "$WHERE/etc/sekisho/sekisho.toml"
    dpkg_does -i "$PACKAGE" || finish
    check "what the operator wrote stays" grep -q '^stage = "filter"' "$WHERE/etc/sekisho/sekisho.toml"
    check "and so does the ledger" there test -s /var/lib/sekisho/ledger.sqlite
}

removed() {
    dpkg_does -r sekisho || return 0
    equal "it is removed, its configuration stays" "$(state_of)" rc
    check "the program has gone" there test ! -e /usr/bin/sekisho
    check "the unit has gone" there test ! -e /usr/lib/systemd/system/sekisho.service
    check "the configuration is there" there test -s /etc/sekisho/sekisho.toml
    check "the ledger is there" there test -s /var/lib/sekisho/ledger.sqlite
    dpkg_does -i "$PACKAGE" || finish
    check "installed again, all is as it was" grep -q '^stage = "filter"' "$WHERE/etc/sekisho/sekisho.toml"
}

purged() {
    dpkg_does -P sekisho || return 0
    equal "nothing is known of it" "$(state_of)" ""
    check "no configuration" there test ! -e /etc/sekisho
    check "no state" there test ! -e /var/lib/sekisho
    check "no link of the unit" test ! -L "$WHERE/etc/systemd/system/multi-user.target.wants/sekisho.service"
    equal "no file at all" "$(there find /usr /etc /var/lib -xdev -name 'sekisho*' -not -path '/usr/local/*' 2> /dev/null | grep -v -e "$ROOT" -e '^/var/lib/systemd/' | head -n 5)" ""
    check "its user stays, so that nobody gets its number" grep -q '^sekisho:' "$WHERE/etc/passwd"
}

main
