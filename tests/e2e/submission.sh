#!/usr/bin/env bash
# Mail sent through a real Postfix, as reports are: with STARTTLS and with TLS from the first byte, with passwords that
# Dovecot knows, with notifications, and what becomes of it when Postfix says no.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/mail/lib.sh"

main() {
    begin
    install_dovecot
    find_peer
    make_certificates
    configure_dovecot
    start_dovecot
    configure_postfix a b c bounces
    configure_submission
    start_postfix

    write_messages
    with_password
    without_tls
    who_may_not
    each_recipient
    notifications
    finish
}

# SMTP with STARTTLS on $SUBMISSION and with TLS on $SUBMISSIONS, for those with a password.
configure_submission() {
    two_ports
    SUBMISSION=$PORT
    SUBMISSIONS=$OTHER_PORT
    local with_password='-o smtpd_sasl_auth_enable=yes -o smtpd_tls_auth_only=yes
        -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject'
    cat >> "$T/conf/master.cf" << END
127.0.0.1:$SUBMISSION inet n - n - - smtpd
    -o smtpd_tls_security_level=encrypt $(echo $with_password)
127.0.0.1:$SUBMISSIONS inet n - n - - smtpd
    -o smtpd_tls_wrappermode=yes $(echo $with_password)
END
    printf 'never@example.net 550 5.7.1 not for you\nlater@example.net 450 4.2.1 not now\n' > "$T/conf/access"
    postconf -c "$T/conf" -e "smtpd_tls_cert_file = $T/cert.pem" "smtpd_tls_key_file = $T/key.pem" \
        'smtpd_sasl_type = dovecot' "smtpd_sasl_path = $T/dovecot-auth" 'message_size_limit = 100000' \
        "smtpd_recipient_restrictions = check_recipient_access texthash:$T/conf/access, permit" \
        'smtpd_reject_unlisted_recipient = yes' 'address_verify_map =' 'smtpd_error_sleep_time = 0'
}

write_messages() {
    { plain one; printf '\nHello,\n.\n..two\n...\n'; } | crlf one
    { plain two | sed -e 's/hello/関所の報告/'; printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n関所\n'; } | crlf two
    { plain three; printf '\nno last line end'; } | crlf three
    truncate -s -1 "$T/three.eml"
    { plain big; printf '\n'; yes 'one more line of a large report, and another' | head -n 3000; } | crlf big
    { plain half; printf '\nbare\n'; } > "$T/half.eml"
}

# sent WHAT WANTED KEY=VALUE… FILE… – what is told of each, in order.
sent() {
    local what=$1 wanted=$2 status
    shift 2
    "$PEER" submit from=a@example.net "ca=$T/ca.pem" "$@" > "$T/sent.log" 2>&1
    status=$?
    grep -v '^connected' "$T/sent.log" | sed -E -e 's/queued as [0-9A-Za-z]+/queued/' > "$T/sent"
    equal "$what" "$(cat "$T/sent")" "$wanted"
    return "$status"
}

# mailbox NAME – how many messages are in it.
in_mailbox() {
    set -- "$T/mail/$1/new/"*
    [ -f "$1" ] && echo $# || echo 0
}

has() {
    [ "$(in_mailbox "$1")" -eq "$2" ]
}

# arrived_whole NAME FILE – a message of the mailbox is this one, line for line, below what was put above it.
arrived_whole() {
    local message wanted
    wanted=$(tr -d '\r' < "$T/$2.eml")
    for message in "$T/mail/$1/new/"*; do
        [ "$(sed -n -e '/^From: /,$p' "$message")" = "$wanted" ] && return
    done
    return 1
}

with_password() {
    local taken='one.eml b@example.net accepted 250 2.0.0 Ok: queued
two.eml b@example.net accepted 250 2.0.0 Ok: queued
three.eml b@example.net accepted 250 2.0.0 Ok: queued' count=0 keys
    for keys in "port=$SUBMISSION security=starttls" "port=$SUBMISSIONS security=tls" \
        "port=$SUBMISSION security=if-offered pipelining=never"; do
        sent "three messages over one connection: $keys" "$taken" $keys user=reports "password=$PASSWORD" \
            to=b@example.net "$T/one.eml" "$T/two.eml" "$T/three.eml"
        check "TLS: $keys" grep -q '^connected tls=true' "$T/sent.log"
        check "what Postfix offers is known: $keys" grep -q \
            'message_bytes_max: Some(100000), eight_bit_mime: true, smtputf8: true, delivery_status: true, pipelining: true' "$T/sent.log"
        count=$((count + 3))
        check "they arrive: $keys" within 15 has b "$count"
    done
    check "dots and all" arrived_whole b one
    check "more than ASCII in the header" arrived_whole b two
    check "a last line that had no end" arrived_whole b three
    equal "one connection each" "$(grep -c 'sasl_method=PLAIN' "$T/postfix.log")" 9
}

without_tls() {
    sent "to this machine, without a password" 'one.eml c@example.net accepted 250 2.0.0 Ok: queued' \
        "port=$SMTP" security=loopback to=c@example.net "$T/one.eml"
    check "no TLS" grep -q '^connected tls=false' "$T/sent.log"
    check "it arrives" within 15 has c 1
}

who_may_not() {
    equal "a wrong password" "$("$PEER" submit "port=$SUBMISSIONS" security=tls "ca=$T/ca.pem" user=reports password=wrong \
        from=a@example.net to=b@example.net "$T/one.eml" | grep -c '^error Auth: 535 5\.7\.8 ')" 1
    sent "no password" 'one.eml b@example.net refused Rcpt 554 5.7.1 <b@example.net>: Recipient address rejected: Access denied' \
        "port=$SUBMISSIONS" security=tls to=b@example.net "$T/one.eml"
    sent "nobody says a password where none is asked for" 'error the server offers no AUTH that we know' \
        "port=$SMTP" security=loopback user=reports "password=$PASSWORD" to=b@example.net "$T/one.eml"
    sent "STARTTLS where it is not offered" 'error the server does not offer STARTTLS' \
        "port=$SMTP" security=starttls to=b@example.net "$T/one.eml"
    sent "an authority that is not trusted" 'error TLS with localhost: invalid peer certificate: UnknownIssuer' \
        "port=$SUBMISSIONS" security=tls "ca=$T/other.pem" to=b@example.net "$T/one.eml"
    equal "the name of the certificate is another" "$("$PEER" submit host=127.0.0.1 "port=$SUBMISSIONS" security=tls "ca=$T/ca.pem" \
        from=a@example.net to=b@example.net "$T/one.eml" | grep -c '^error TLS with 127.0.0.1: .*not valid for name')" 1
    check "nothing of that arrived" has b 9
}

each_recipient() {
    sent "each recipient has its own outcome" \
        'one.eml never@example.net refused Rcpt 550 5.7.1 <never@example.net>: Recipient address rejected: not for you
one.eml c@example.net accepted 250 2.0.0 Ok: queued
one.eml nobody@example.net refused Rcpt 550 5.1.1 <nobody@example.net>: Recipient address rejected: User unknown in virtual mailbox table
one.eml later@example.net deferred Rcpt 450 4.2.1 <later@example.net>: Recipient address rejected: not now
big.eml never@example.net unsendable the server takes messages up to 100000 bytes
big.eml c@example.net unsendable the server takes messages up to 100000 bytes
big.eml nobody@example.net unsendable the server takes messages up to 100000 bytes
big.eml later@example.net unsendable the server takes messages up to 100000 bytes
half.eml never@example.net unsendable the message has a CR or LF that stands alone
half.eml c@example.net unsendable the message has a CR or LF that stands alone
half.eml nobody@example.net unsendable the message has a CR or LF that stands alone
half.eml later@example.net unsendable the message has a CR or LF that stands alone' \
        "port=$SMTP" security=loopback to=never@example.net,c@example.net,nobody@example.net,later@example.net \
        "$T/one.eml" "$T/big.eml" "$T/half.eml"
    check "the one arrives" within 15 has c 2
    sent "who is refused ends nothing" 'one.eml never@example.net refused Rcpt 550 5.7.1 <never@example.net>: Recipient address rejected: not for you
one.eml never@example.net refused Rcpt 550 5.7.1 <never@example.net>: Recipient address rejected: not for you' \
        "port=$SMTP" security=loopback pipelining=never to=never@example.net "$T/one.eml" "$T/one.eml"
}

notifications() {
    sent "with a notification" 'one.eml c@example.net accepted 250 2.0.0 Ok: queued' "port=$SMTP" security=loopback \
        from=bounces@example.net notify=always original=c+x=y@example.org 'id=report+1' to=c@example.net "$T/one.eml"
    check "it comes" within 15 has bounces 1
    local notification
    notification=$(cat "$T/mail/bounces/new/"*)
    for line in 'Original-Envelope-Id: report+1' 'Original-Recipient: rfc822;c+x=y@example.org' \
        'Final-Recipient: rfc822; c@example.net' 'Action: delivered' 'Content-Type: text/rfc822-headers'; do
        equal "it says $line" "$(grep -c -F -x "$line" <<< "$notification")" 1
    done
    sent "without" 'one.eml c@example.net accepted 250 2.0.0 Ok: queued' "port=$SMTP" security=loopback \
        from=bounces@example.net notify=never to=c@example.net "$T/one.eml"
    check "it arrives" within 15 has c 4
    check "no notification comes" has bounces 1
}

main
