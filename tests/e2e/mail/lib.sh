# What the scripts about sending and receiving mail share: the program with our clients and our LMTP server, certificates,
# a Postfix and a Dovecot of their own. To be read behind ../lib.sh.

PASSWORD=sesame


find_peer() {
    PEER=$(dirname "$SEKISHO")/examples/mail_peer
    case $PEER in
        "$ROOT"/target/*) ;;
        *) [ -x "$PEER" ] && return ;;
    esac
    PEER=$ROOT/target/debug/examples/mail_peer
    (cd "$ROOT" && cargo build --quiet --target-dir target --package sekisho-net --example mail_peer) ||
        { fail "the mail clients cannot be built"; finish; }
}

# An authority, $T/ca.pem, another that nobody trusts, $T/other.pem, and a certificate of the first for localhost.
make_certificates() {
    install openssl openssl
    local new=(req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes) name
    for name in ca other; do
        openssl "${new[@]}" -x509 -days 30 -subj "/CN=Authority $name" -addext basicConstraints=critical,CA:TRUE \
            -keyout "$T/$name.key" -out "$T/$name.pem" 2>> "$T/openssl.log"
    done
    printf 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n' > "$T/cert.ext"
    openssl "${new[@]}" -subj /CN=localhost -keyout "$T/key.pem" -out "$T/cert.csr" 2>> "$T/openssl.log" &&
        openssl x509 -req -in "$T/cert.csr" -CA "$T/ca.pem" -CAkey "$T/ca.key" -CAcreateserial -days 30 \
            -extfile "$T/cert.ext" -out "$T/cert.pem" 2>> "$T/openssl.log" ||
        { fail "there are no certificates"; finish; }
}

# two_ports – two free ports, into $PORT and $OTHER_PORT.
two_ports() {
    free_port
    OTHER_PORT=$PORT
    free_port
    while [ "$PORT" = "$OTHER_PORT" ]; do free_port; done
}

# Debian's Dovecot, installed without its service being started.
install_dovecot() {
    command -v dovecot > /dev/null && return
    [ "$(id -u)" -eq 0 ] || skip "dovecot is not installed, and only root could install it"
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
        chmod 755 /usr/sbin/policy-rc.d
        NO_SERVICES=yes
    fi
    # Where it cannot be had, from_debian ends us: the file must have gone by then.
    (install dovecot dovecot-imapd)
    local status=$?
    [ -n "${NO_SERVICES:-}" ] && rm -f /usr/sbin/policy-rc.d
    [ "$status" -eq 0 ] || exit "$status"
    hash -r
}

# configure_dovecot – everybody's password is $PASSWORD, mail is in $T/mail/USER, IMAP with STARTTLS on $IMAP and with TLS
# on $IMAPS; Postfix asks for passwords at $T/dovecot-auth.
configure_dovecot() {
    two_ports
    IMAP=$PORT
    IMAPS=$OTHER_PORT
    mkdir -p "$T/mail" "$T/dovecot"
    chown nobody "$T/mail"
    cat > "$T/dovecot.conf" << EOF
base_dir = $T/dovecot
state_dir = $T/dovecot
log_path = $T/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <$T/cert.pem
ssl_key = <$T/key.pem
auth_mechanisms = plain login
disable_plaintext_auth = yes
first_valid_uid = 1
mail_location = maildir:~/Maildir
passdb {
  driver = static
  args = password=$PASSWORD
}
userdb {
  driver = static
  args = uid=$(id -u nobody) gid=$(id -g nobody) home=$T/mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = $IMAP
  }
  inet_listener imaps {
    port = $IMAPS
    ssl = yes
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
service auth {
  unix_listener $T/dovecot-auth {
    mode = 0666
  }
}
EOF
}

start_dovecot() {
    dovecot -F -c "$T/dovecot.conf" >> "$T/dovecot.out.log" 2>&1 &
    DOVECOT=$!
    STARTED+=("$DOVECOT")
    within 15 is_open "$IMAP" || { fail "Dovecot does not start"; finish; }
}

stop_dovecot() {
    # A session that idles may outlive its master, and go on as if nothing had happened.
    local sessions
    sessions=$(grep -l -s "^PPid:[[:space:]]*$DOVECOT\$" /proc/[0-9]*/status | cut -d / -f 3)
    kill "$DOVECOT" && wait "$DOVECOT" 2> /dev/null
    # shellcheck disable=SC2086 # several numbers
    [ -z "$sessions" ] || kill $sessions 2> /dev/null
    within 15 is_closed "$IMAP" || { fail "Dovecot does not stop"; finish; }
}

is_closed() {
    ! is_open "$1"
}

# configure_postfix NAME… – with SMTP on $SMTP, and mailboxes of example.net of these names in $T/mail.
configure_postfix() {
    local user group mailbox
    install postconf postfix
    [ "$(id -u)" -eq 0 ] || skip "Postfix can be started by root only"
    user=$(id -u nobody) && group=$(id -g nobody)
    mkdir -p "$T/conf" "$T/queue" "$T/data" "$T/mail"
    chown postfix "$T/data"
    chown nobody "$T/mail"
    for mailbox; do echo "$mailbox@example.net $mailbox/"; done > "$T/conf/mailboxes"
    free_port
    SMTP=$PORT
    cat > "$T/conf/main.cf" << EOF
compatibility_level = 3.6
queue_directory = $T/queue
data_directory = $T/data
maillog_file = $T/postfix.log
maillog_file_prefixes = $T
myhostname = $OURS
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_transport = error:no local mail here
default_transport = error:no mail leaves this test
virtual_mailbox_domains = example.net
virtual_mailbox_base = $T/mail
virtual_mailbox_maps = texthash:$T/conf/mailboxes
virtual_minimum_uid = 1
virtual_uid_maps = static:$user
virtual_gid_maps = static:$group
smtpd_recipient_restrictions = permit
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtputf8_enable = yes
smtp_dns_support_level = disabled
disable_dns_lookups = yes
notify_classes =
bounce_template_file =
EOF
    cat > "$T/conf/master.cf" << EOF
127.0.0.1:$SMTP inet n - n - - smtpd
pickup    unix  n - n 1 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
error     unix  - - n - - error
retry     unix  - - n - - error
lmtp      unix  - - n - - lmtp
flush     unix  n - n 1000? 0 flush
virtual   unix  - n n - - virtual
showq     unix  n - n - - showq
anvil     unix  - - n - 1 anvil
proxymap  unix  - - n - - proxymap
postlog   unix-dgram n - n - 1 postlogd
EOF
}

start_postfix() {
    # Postfix makes what is missing in its queue, but not the rights of its setgid programs.
    postfix -c "$T/conf" check > "$T/check.log" 2>&1
    chgrp postdrop "$T/queue/maildrop" "$T/queue/public" && chmod 1730 "$T/queue/maildrop" && chmod 2710 "$T/queue/public"
    POSTFIX_STARTED=yes
    postfix -c "$T/conf" start > "$T/start.log" 2>&1
    within 15 is_open "$SMTP" || { fail "Postfix does not start"; finish; }
}

before_clean_up() {
    [ -n "${POSTFIX_STARTED:-}" ] && postfix -c "$T/conf" stop > /dev/null 2>&1
}

# crlf NAME – a message in $T/NAME.eml, from standard input.
crlf() {
    sed -e 's/$/\r/' > "$T/$1.eml"
}
