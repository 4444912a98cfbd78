#!/usr/bin/env bash
# DomainKeys (historic) as Mail::DKIM signs it: every form must pass, and every broken one must not. Signatures are made
# with both canonicalisations, with and without h=, over several bodies.

. "$(dirname "$0")/lib.sh"

main() {
    begin
    install_mail_dkim
    # 1024 bits; DomainKeys knows no other hash than SHA-1, so nothing is gained by more.
    openssl genrsa -traditional -out "$T/key.pem" 1024 2> /dev/null ||
        openssl genrsa -out "$T/key.pem" 1024 2> /dev/null ||
        skip "openssl makes no RSA key"
    PUBLIC=$(openssl rsa -in "$T/key.pem" -pubout 2> /dev/null | grep -v '^-' | tr -d '\n')
    # Strings of at most 255 bytes.
    printf 'dk._domainkey.signer.example. 60 TXT "k=rsa; t=y; p=" "%s"\n_domainkey.signer.example. 60 TXT "o=-"\n' \
        "$PUBLIC" > "$T/zone"
    messages
    perl "$ROOT/tests/e2e/domainkeys.pl" "$T" || { fail "Mail::DKIM does not sign"; finish; }
    if [ -n "${SEKISHO_DOMAINKEYS_KEEP:-}" ]; then
        mkdir -p "$SEKISHO_DOMAINKEYS_KEEP" && cp "$T"/zone "$T"/*.eml "$T"/*.broken "$SEKISHO_DOMAINKEYS_KEEP"
    fi
    verify_all
    finish
}

# Perl's module has no command of its own to look for.
install_mail_dkim() {
    command -v perl > /dev/null || skip "perl is not installed"
    command -v openssl > /dev/null || skip "openssl is not installed"
    perl -MMail::DKIM::Signer -e 1 2> /dev/null && return
    [ "$(id -u)" -eq 0 ] || skip "Mail::DKIM is not installed, and only root could install it"
    command -v apt-get > /dev/null || skip "Mail::DKIM is not installed, and there is no apt-get"
    export DEBIAN_FRONTEND=noninteractive
    local quiet=(-q -o Dpkg::Use-Pty=0 -o Acquire::Retries=1 -o Acquire::http::Timeout=20)
    apt-get "${quiet[@]}" install -y --no-install-recommends libmail-dkim-perl > "$T/apt.log" 2>&1 ||
        { apt-get "${quiet[@]}" update > "$T/apt.log" 2>&1 &&
            apt-get "${quiet[@]}" install -y --no-install-recommends libmail-dkim-perl >> "$T/apt.log" 2>&1; } ||
        skip "Debian's package libmail-dkim-perl cannot be installed: $(tail -n 1 "$T/apt.log")"
    perl -MMail::DKIM::Signer -e 1 2> /dev/null || skip "Debian's package libmail-dkim-perl brought no Mail::DKIM"
}

# Bodies with what canonicalisation is about: nothing, white space, empty lines at the end. Each last line ends, as all
# lines do on the wire: where one does not, RFC 4870 §3.4.2 adds its end, and Mail::DKIM does not.
messages() {
    header='From: "Alice" <alice@signer.example>\nTo: bob@example.net\nSubject: hello \n folded  twice\nDate: Thu, 12 Nov 2026 10:00:00 +0900\nMessage-ID: <1@signer.example>\n\n'
    printf "${header}Hi.\n\nWe lost  the game.\tAre you hungry yet?\n" > "$T/plain.msg"
    printf "${header}" > "$T/empty.msg"
    printf "${header}\n\n\n" > "$T/blank.msg"
    printf "${header}one \n \t\ntwo\n\n \n\n" > "$T/spaces.msg"
    printf "${header}.\n..dots\n\n\nend\n" > "$T/dots.msg"
    printf "Sender: list@lists.signer.example\n${header}by a list\n" > "$T/sender.msg"
}

verify_all() {
    local file result
    start_dns "$T/zone"
    for file in "$T"/*.eml "$T"/*.broken; do
        result=$("$SEKISHO" verify --format json --resolver "$DNS" --ip 192.0.2.1 --helo signer.example \
            --mail-from alice@signer.example "$file" 2> "$T/verify.log" | domainkeys_result)
        case $file in
            *.eml) equal "${file##*/}" "$result" pass ;;
            *) equal "${file##*/}" "$result" fail ;;
        esac
    done
}

# The `result` of the first element of `domainkeys`.
domainkeys_result() {
    tr -d '\n' | sed -n 's/.*"domainkeys": *\[ *{[^}]*"result": *"\([a-z]*\)".*/\1/p'
}

main
