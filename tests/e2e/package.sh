#!/usr/bin/env bash
# The Debian package that `cargo xtask deb` makes: what is in it, what its scripts do, what its configuration says, and what
# lintian finds wrong. Nothing is installed of it.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    command -v dpkg-deb > /dev/null || skip "dpkg-deb is not installed"
    command -v cargo > /dev/null || skip "cargo is not installed"
    make "$T/out" || { fail "no package"; finish; }
    PACKAGE=$(echo "$T"/out/*.deb)
    check "one package" test -f "$PACKAGE"
    dpkg-deb -R "$PACKAGE" "$T/package"

    contents
    configuration
    documents
    scripts
    twice
    lint
    finish
}

make() {
    (cd "$ROOT" && DEBFULLNAME=Packager DEBEMAIL=packager@example.org cargo xtask deb --binary "$SEKISHO" --out "$1") > "$T/make.log" 2>&1
}

contents() {
    local version unit page=$T/package/usr/share/man/man1/sekisho.1.gz
    version=$("$T/package/usr/bin/sekisho" --version)
    equal "the program's version is the package's" "${version#sekisho }" "$(dpkg-deb -f "$PACKAGE" Version)"
    equal "the package's name" "${PACKAGE##*/}" "sekisho_$(dpkg-deb -f "$PACKAGE" Version)_$(dpkg --print-architecture).deb"
    check "it names the C library" sh -c "dpkg-deb -f '$PACKAGE' Depends | grep -q 'libc6 (>= 2\.[0-9]'"
    check "the sums hold" sh -c "cd '$T/package' && md5sum --quiet -c DEBIAN/md5sums"
    equal "all belongs to root" "$(dpkg-deb -c "$PACKAGE" | grep -c -v ' root/root ')" 0
    equal "and nobody else writes" "$(dpkg-deb -c "$PACKAGE" | grep -c -E '^.{5}w|^.{8}w')" 0
    check "the manual page" sh -c "zcat '$page' | grep -q '^\.TH sekisho 1'"
    check "the completions of bash" bash -c ". '$T/package/usr/share/bash-completion/completions/sekisho' && complete -p sekisho > /dev/null"
    for file in zsh/vendor-completions/_sekisho fish/vendor_completions.d/sekisho.fish doc/sekisho/copyright \
        doc/sekisho/docs/postfix.md doc/sekisho/docs/sendmail.ja.md doc/sekisho/docs/sieve/junk.sieve; do
        check "$file" test -s "$T/package/usr/share/$file"
    done
    equal "no place is left empty" "$(grep -r -l '@[A-Z]*@' "$T/package/DEBIAN" "$T/package/usr/share/doc/sekisho/copyright" | wc -l)" 0
    for unit in "$ROOT"/packaging/*.service "$ROOT"/packaging/*.socket; do
        [ -f "$unit" ] || continue
        check "${unit##*/}" cmp -s "$unit" "$T/package/usr/lib/systemd/system/${unit##*/}"
    done
    if [ -f "$ROOT/packaging/sekisho.service" ]; then
        check "the unit starts this program" \
            grep -q '^ExecStart=/usr/bin/sekisho serve' "$T/package/usr/lib/systemd/system/sekisho.service"
        check "as the user that postinst makes" grep -q '^User=sekisho$' "$T/package/usr/lib/systemd/system/sekisho.service"
    else
        echo "not checked: the unit, which is not there"
    fi
}

# Every key of the configuration is a comment, and it is understood.
configuration() {
    local file=$T/package/etc/sekisho/sekisho.toml
    equal "it is not overwritten" "$(cat "$T/package/DEBIAN/conffiles")" /etc/sekisho/sekisho.toml
    equal "it says nothing" "$(grep -c -v -E '^(#|\[[a-z_.]*\]$|$)' "$file")" 0
    check "it names the keys" grep -q '^#stage = "observe"$' "$file"
    check "it is good" sh -c "'$SEKISHO' config check '$file' > '$T/example.log' 2>&1"
}

# The examples of the documents, each as a configuration of its own.
documents() {
    local document number examples=0
    install openssl openssl
    # Files that examples name, and that have to be there.
    (umask 077 && echo "hmac-sha256:sekisho:$(head -c 32 /dev/zero | base64)" > "$T/tsig.key")
    (umask 077 && echo 'a secret of the provider' > "$T/openid-secret")
    (umask 077 && openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj /CN=desk.example.jp \
        -addext subjectAltName=DNS:desk.example.jp -keyout "$T/privkey.pem" -out "$T/fullchain.pem" 2> "$T/openssl.log")
    for document in "$ROOT"/docs/*.md; do
        rm -f "$T"/example-*.toml
        awk -v folder="$T" '/^```toml$/ { file = folder "/example-" ++count ".toml"; next } /^```$/ { file = "" } file { print > file }' "$document"
        for number in "$T"/example-*.toml; do
            [ -f "$number" ] || continue
            sed -i "s#/etc/letsencrypt/live/desk.example.jp/#$T/#" "$number"
            examples=$((examples + 1))
            check "${document##*/}: $(head -n 2 "$number" | tr '\n' ' ')" \
                sh -c "'$SEKISHO' config check '$number' > '$T/example.log' 2>&1"
        done
    done
    equal "the examples are the same in both languages" \
        "$(for document in "$ROOT"/docs/*.ja.md; do
            diff <(keys "${document%.ja.md}.md") <(keys "$document") > /dev/null || echo "${document##*/}"
        done)" ''
    check "there are examples ($examples)" test "$examples" -ge 10
}

# keys DOCUMENT – the lines of its examples, without comments, and without what is said in the document's language.
keys() {
    sed -n -e '/^```toml$/,/^```$/p' "$1" | sed -e 's/ *#.*//' -e 's/^\(language\|by\|note\) = .*/\1/' | grep .
}

# What the maintainer's scripts do, with everything that they would call written down in its place.
scripts() {
    local script name
    mkdir "$T/bin"
    for name in adduser install deb-systemd-helper deb-systemd-invoke systemctl rm; do
        printf '#!/bin/sh\necho "%s $*" >> "%s/calls"\n' "$name" "$T" > "$T/bin/$name"
    done
    chmod 755 "$T/bin/"*
    for script in postinst prerm postrm; do check "$script" sh -n "$T/package/DEBIAN/$script"; done
    called "installed" postinst configure ''
    check "the user is made" grep -q '^adduser --system .* sekisho$' "$T/calls"
    check "its state belongs to it" grep -q '^install -d -o sekisho .* /var/lib/sekisho$' "$T/calls"
    called "upgraded" postinst configure 0.0.1
    called "removed" prerm remove
    called "gone" postrm remove
    equal "its state stays" "$(grep -c '^rm ' "$T/calls")" 0
    called "purged" postrm purge
    equal "its state goes" "$(grep '^rm ' "$T/calls")" 'rm -rf /var/lib/sekisho'
}

# called WHAT SCRIPT ARGUMENTS… – what it calls is in $T/calls.
called() {
    local what=$1 script=$2
    shift 2
    : > "$T/calls"
    PATH=$T/bin:$PATH check "$what" sh "$T/package/DEBIAN/$script" "$@"
}

twice() {
    make "$T/again" || fail "no second package"
    check "the same again, byte for byte" cmp "$PACKAGE" "$(echo "$T"/again/*.deb)"
}

lint() {
    if ! (install lintian lintian) > "$T/lintian.log"; then
        echo "not checked: lintian, $(tail -n 1 "$T/lintian.log")"
        return
    fi
    check "lintian runs" sh -c "lintian --allow-root --fail-on none '$PACKAGE' > '$T/lintian.log' 2>&1"
    equal "lintian: errors" "$(grep '^E:' "$T/lintian.log")" ''
}

main
