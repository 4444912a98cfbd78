### The configuration: what each key does, for `config default` and the reference.

config-title = The configuration of Sekisho
config-head = Every key with its default. A line that is commented out changes nothing; remove the # to change it. `sekisho config check` reads the file and names the place of an error; `sekisho reload` lets a running daemon take it.
config-made-by = Made by `cargo xtask documents` from the program; do not edit.
config-place = The file is /etc/sekisho/sekisho.toml, or the one that --config names. All of it may be absent. An option on the command line stands above the file.
config-column-key = key
config-column-form = form
config-column-default = default
config-column-what = what it does
config-default-mark = default
config-good = { $file }: the configuration is good.
config-none = There is no configuration file; the defaults are used.
config-rule-idle = { $key } has no effect: [methods] { $method } is off.
config-rule-list-unasked = [policy.client] lists names { $zone }, which no [[dns_list]] asks; it has no effect.
config-rule-unremembered = { $key } has no effect: it needs [policy.memory] remember = true and the ledger.
config-rule-nothing-sent = { $key } has no effect: nobody knows what was sent from here, as that needs the ledger and a signing key.
config-no-user = “{ $name }” is not a user of this system.

## Forms

config-form-text = text
config-form-boolean = true or false
config-form-number = number
config-form-duration = time, such as "500ms", "5s", "10m", "2h", "14d"
config-form-listen = "inet:PORT@HOST", "inet6:PORT@HOST" or "unix:PATH", or a list of them
config-form-listen-one = "inet:PORT@HOST", "inet6:PORT@HOST" or "unix:PATH"
config-form-addresses = list of mail addresses
config-form-mode = octal digits in quotes
config-form-address = "ADDRESS:PORT", or "off"
config-form-servers = list of "ADDRESS" or "ADDRESS:PORT"
config-form-domain = domain name
config-form-domains = list of domain names; ".example.jp" is the name and all below it
config-form-networks = list of addresses and networks, such as "192.0.2.0/24"
config-form-users = "all", or a list of login names
config-form-file = path; without a directory, beside the configuration file
config-form-path = absolute path
config-form-template = text with places for values in braces, such as reason and author
config-form-codes = list of "127.0.0.2", "127.0.0.2-127.0.0.9" or "&0.0.0.4"
config-form-lists = table of zones, each with an action
config-form-subject = text, or a table of "mark" and "from" (an action)
config-form-fields = list of tables of "name", "value" (a text with places) and "from" (an action)
config-form-names = list of names of header fields
config-form-receivers = list of names of receivers (authserv-id)
config-form-logins = true, false, or a list of login names
config-form-login-names = login name, "*@example.jp", or a list of them
config-form-macros = table of macros, each with a value or a list of values
config-form-listeners = list of places, as in listen
config-form-senders = list of "from", "sender", "mail_from"
config-form-canonicalization = "relaxed" or "simple" for the header, a slash, and the same for the body
config-form-key-domain = domain name, or "%" for the author’s own
config-form-patterns = "taro@example.jp", "example.jp", "*.example.jp" (all below it), ".example.jp" (both), "*", or a list of them
config-form-keys = name of a key, or a list of them
config-form-date = day: 2026-11-01
config-form-audited = list of domain names
config-form-selectors = list of selectors
config-form-days-of = table of domain names, each with a number of days; it holds for what lies below the name, too
config-form-kinds = list of "new-source", "pass-fell", "reporter-silent", "policy-changed", "key-gone", "reports-refused", "record-changed", "audit-worse"
config-form-offset = "+09:00", "-03:30"
config-form-hours = "22:00-07:00"
config-form-weekly = "monday 08:00", or "never"
config-form-command = list: a program with its whole path, and its arguments
config-form-scopes = list of scopes
config-form-groups = list of tables of "name" (a group) and "grant" ("viewer", "operator:example.jp,example.com", "admin")

## Defaults that are not a value

config-default-umask = by the umask
config-default-process = the process’s own
config-default-host = the name of the host
config-default-all = all
config-default-as-started = whoever started it
config-default-none = none
config-default-system = those of /etc/resolv.conf
config-default-ledger = ledger.sqlite in the state directory
config-default-reports = reports.sqlite in the state directory
config-default-anybody = anybody
config-default-every-client = every client
config-default-shown-fields = those that tell what went wrong, and nobody
config-default-redaction-key = redaction.key in the state directory
config-default-required-with-push = to be given with push
config-default-reporter = the domain that reports
config-default-from-domain = that of from
config-default-sender = from, without an id
config-default-mailbox-name = USER@SERVER
config-default-mailbox-port = 993 with tls, else 143
config-default-or-token = to be given, or token_file
config-default-or-webhook = to be given, or webhook
config-default-as-send = as in [reports.send]
config-default-public-roots = the public authorities alone
config-default-required-with-move = to be given with after = "move"
config-default-required-by-way = must be given for its way of publishing
config-default-required = must be given
config-default-zone = the zone
config-default-every-code = every code but those that are refused
config-default-usual = the usual
config-default-nothing = nothing
config-default-own-field = X-Sekisho-Verdict at the stages filter and block, nothing at observe
config-default-receiver = as in [receiver]
config-default-never = never
config-default-key-name = SELECTOR._domainkey.DOMAIN
config-default-key-file = that of the key in the file
config-default-state = keys in the state directory
config-default-name-servers = those that the zone names
config-default-loopback = names of this machine alone
config-default-utc = UTC
config-default-nobody = nobody
config-default-issuer-host = the host of the issuer

## [receiver]

config-receiver = Where mail servers connect, and how far the receiver goes.
config-receiver-listen = Where the milter listens. Sockets that systemd hands over stand in its place.
config-receiver-socket-mode = Permission bits of UNIX sockets.
config-receiver-socket-owner = Owner of UNIX sockets, by name or number.
config-receiver-socket-group = Group of UNIX sockets, by name or number; the mail server must be able to connect.
config-receiver-authserv-id = Name under which results are given in Authentication-Results. Fields that come from outside under this name are removed.
config-receiver-connections = Most connections of mail servers at one time.
config-receiver-idle-timeout = How long a connection may say nothing.
config-receiver-stop-within = How long messages under way may take when the daemon is told to end.
config-receiver-stage = observe: results are recorded, and no mail is stopped. filter: suspicious mail is marked. block: mail is rejected.
config-receiver-blocked-authors = Author domains whose mail may be rejected; that of others is marked at most.
config-receiver-quarantine = How suspicious mail is set apart: fields for filters, held in the mail server’s queue, or both.
config-receiver-on-failure = What becomes of mail when DNS or the ledger fails: it goes on, or its client is asked to try again later.
config-receiver-mixed-recipients = Which verdict counts for a message whose recipients have different rules.

## [daemon]

config-daemon = How the daemon runs. A change here needs a restart.
config-daemon-user = User whose rights the daemon takes on when its sockets are open.
config-daemon-pid-file = File into which the number of the process is written.
config-daemon-http = Where metrics (/metrics) and health (/healthz, /readyz) can be asked over HTTP.
config-daemon-log = Form of the log on standard error.

## [ledger]

config-ledger = What is kept of mail: one row a message, never its content.
config-ledger-enabled = Whether rows are kept.
config-ledger-file = The file of the rows.
config-ledger-durability = before-reply: the mail server is answered when the row is on the disk. async: it is answered at once, and a crash may lose the last rows.
config-ledger-addresses = How much of addresses is kept: all, a hash, nothing.
config-ledger-evidence = Of which messages the evidence is kept: none; those that fail or are not simply accepted; all.
config-ledger-keep-rows-days = How many days rows are kept.
config-ledger-keep-evidence-days = How many days evidence is kept.
config-ledger-site = Number of this daemon among those that share a ledger, from 0 to 1023.

## [dns]

config-dns = Who is asked.
config-dns-resolvers = DNS servers to ask. One on the same machine or in the same network, which validates DNSSEC, is best.
config-dns-timeout = Time for one question, with all its tries.

## [methods]

config-methods = What is evaluated beside SPF, DKIM and DMARC.
config-methods-arc = ARC: what other receivers saw before the message was forwarded.
config-methods-iprev = Whether the name of the client’s address leads back to it.
config-methods-null-mx = Whether the sender’s domain says that it takes no mail.
config-methods-bimi = BIMI: the indicator that a sender wants to have shown.
config-methods-reports = Who wishes to be told of signatures that failed.
config-methods-atps = ATPS: signatures by order of another domain. An experiment.
config-methods-sender-id = Sender ID. Historic.
config-methods-domainkeys = DomainKeys. Historic.
config-methods-adsp = ADSP. Historic.

## [bimi]

config-bimi = Indicators and their evidence.
config-bimi-roots = File of the root certificates (PEM) that are trusted for evidence documents.
config-bimi-fetch = Whether indicators and evidence documents are fetched.
config-bimi-evidence = Whether an indicator without valid evidence passes.

## [[dns_list]]

config-dns-list = A list in DNS: of addresses or domains that are welcome or are not. What follows an entry is said in [policy.client]. A list whose test entries are wrong is not used until they are right again.
config-dns-list-zone = The zone that is asked.
config-dns-list-kind = dnswl: welcome addresses. dnsbl: unwelcome addresses. rhsbl: unwelcome domains.
config-dns-list-public-zone = Name of the list in results and logs, where the zone holds a secret.
config-dns-list-listed = Codes that say that there is an entry.
config-dns-list-refused = Codes that say that the list refuses to answer.
config-dns-list-text = Whether the text of an entry is asked for.

## [policy.dmarc]

config-policy-dmarc = What follows when DMARC fails.
config-policy-dmarc-none = … and the domain asks for nothing (p=none).
config-policy-dmarc-quarantine = … and the domain asks for quarantine (p=quarantine).
config-policy-dmarc-reject = … and the domain asks for rejection (p=reject).
config-policy-dmarc-temperror = What follows when DMARC cannot be told for now.
config-policy-dmarc-spf-everyone = What follows when DMARC passes by an SPF record that lets everybody pass.
config-policy-dmarc-reject-alone = What p=reject alone leads to, without another sign (RFC 9989 section 7.4).

## [policy.from]

config-policy-from = What follows a From field that names no author who could be judged.
config-policy-from-absent = There is none.
config-policy-from-repeated = There are several.
config-policy-from-malformed = It can be read in more than one way, or names no mailbox or no domain.
config-policy-from-over-limit = It names more author domains than are evaluated.
config-policy-from-with-policy = Any of these, and a domain that it names asks for more than p=none.

## [policy.historic]

config-policy-historic = What follows results that count only where the author domain has no DMARC record.
config-policy-historic-spf-fail = SPF says fail.
config-policy-historic-spf-softfail = SPF says softfail.
config-policy-historic-spf-temperror = SPF cannot be told for now.
config-policy-historic-spf-permerror = The SPF record is broken.
config-policy-historic-adsp-fail = ADSP: the author domain signs everything, and this is not signed.
config-policy-historic-adsp-discard = ADSP: and what is not signed may be thrown away.
config-policy-historic-adsp-nxdomain = ADSP: the author domain does not exist.
config-policy-historic-sender-id-fail = Sender ID says fail.
config-policy-historic-domainkeys-fail = DomainKeys: the domain signs everything, and no signature holds.

## [policy.client]

config-policy-client = What follows what is known of the client and of the sender’s domain.
config-policy-client-null-mx = The sender’s domain takes no mail.
config-policy-client-no-name = The client’s address has no name.
config-policy-client-name-not-confirmed = The client’s name does not lead back to its address.
config-policy-client-arc-fail = The ARC chain does not hold.
config-policy-client-lists = What follows an entry in a list, by its zone. An entry in a list of welcome addresses excuses what is known of the client.

## [policy.dsn]

config-policy-dsn = What follows a notification of a delivery that answers nothing of ours: it comes with an empty sender or as a delivery report, and outgoing mail is signed here, so that the ledger knows what was sent. Let the ledger run for a week before these act.
config-policy-dsn-of-others = It speaks of messages, and none of them was sent from here in the last 30 days.
config-policy-dsn-of-nothing = It names no message.
config-policy-spam = What follows what a spam filter that ran before says ([results] spam_field).
config-policy-spam-found = It calls the message spam.

## [policy.memory]

config-policy-memory = What is remembered of domains that messages authenticate and of clients’ networks, and what follows it. It stands beside the ledger and needs it.
config-policy-memory-remember = Whether anything is remembered.
config-policy-memory-half-life-days = After how many days what was seen counts half; 64 at most.
config-policy-memory-bad-domain = What follows an authenticated domain with a bad reputation.
config-policy-memory-bad-client = What follows a client’s network (/24, /64) with a bad reputation.
config-policy-memory-bad-below = Below how many thousandths of good mail a reputation is bad.
config-policy-memory-messages = How many messages must have been seen before a reputation says anything.
config-policy-memory-replay = What follows a signed message that was seen too often.
config-policy-memory-replay-count = After how many deliveries that is; 0 switches it off.
config-policy-memory-usual-count = From how many messages that passed DMARC on it is known what is usual for an author domain: a failure is then another sign beside p=reject.

## [policy.exceptions]

config-policy-exceptions = Who is excepted, and who is never wanted.
config-policy-exceptions-networks = Clients whose mail is not judged.
config-policy-exceptions-users = Users of SMTP AUTH whose mail is not judged.
config-policy-exceptions-forwarder-networks = Trusted forwarders by network: what forwarding breaks is excused.
config-policy-exceptions-forwarder-names = Trusted forwarders by the confirmed name of their address.
config-policy-exceptions-forwarder-domains = Trusted forwarders by an authenticated domain.
config-policy-exceptions-sealers = Domains whose ARC seals are trusted.
config-policy-exceptions-mailing-lists = Mailing lists by the domain of their List-Id; they must be authenticated.
config-policy-exceptions-allowed = Authenticated domains whose mail is wanted.
config-policy-exceptions-denied = Domains whose mail is not wanted.
config-policy-exceptions-denied-action = What follows a denied domain.

## [policy.domains]

config-policy-domains = Policies of the receiver’s own for author domains.
config-policy-domains-name = The policy for this domain and all below it, in the place of the one that it publishes.

## [reports]

config-reports = Reports that others send about our mail.
config-reports-domains = Our domains. Reports about others, and about no name below these, are refused. Empty: every report is taken.
config-reports-file = The file in which reports are kept.
config-reports-senders = A map of senders of one's own, which counts before the one that comes along: lines of CSV, "match,pattern,service,name,kinds".
config-reports-lmtp = Where mail with reports is taken over LMTP, as an MTA's transport map delivers it.
config-reports-recipients = The addresses to which mail with reports may come over LMTP.
config-reports-push = Where reports are taken over HTTP: a POST with a bearer token, the report in the body.
config-reports-push-tokens = The file with the tokens of those who may push, one on each line.
config-reports-keep-days = For how many days a report is kept, with what it counts: after the end of its period, or after it came, if that was later. 0 for ever.
config-reports-keep-days-of = The same of some domains. The nearest name counts; a report about several domains stays as long as the one that is kept longest.
config-reports-keep-raw-days = For how many days the bytes of a report are kept, to be shown and read again; what it says stays. 0 for as long as the report.

## [reports.send]

config-reports-send = Reports about the mail of others, which their owners asked for. Nothing is sent before from and submit are given.
config-reports-send-enabled = The switch for all of it. About the time in which it is off there are no reports, later neither.
config-reports-send-from = The address from which reports come; it stands in them, too. A key of [[signing.key]] should sign for its domain: receivers take only mail that passes DMARC.
config-reports-send-submit = The server that takes the mail: "smtp://127.0.0.1:25", "submission://mail.example.jp" (STARTTLS), "smtps://mail.example.jp" (TLS). Without TLS only to this machine where there is a password.
config-reports-send-user = As whom to log in at the server.
config-reports-send-password-file = The file with the password, and nothing else.
config-reports-send-roots = A file with certificates (PEM) of authorities that are trusted beside the public ones.
config-reports-send-name = The name beside the address.
config-reports-send-organization = The organisation that reports.
config-reports-send-domain = The domain that reports: it stands in subjects and names of files.
config-reports-send-contact = How to reach whoever knows more.
config-reports-send-every = How long a report is: a day (UTC), or a piece of it.
config-reports-send-shape = The form of the reports: that of RFC 9990, or the older one of RFC 7489.
config-reports-send-except = Domains about which nothing is sent; with a dot in front, the domain and all below it.
config-reports-send-never-to = Addresses and domains to which nothing is sent.
config-reports-send-report-domains = Domains at which nothing but reports is received: about such mail no report is sent.
config-reports-send-spam-alone = Whether a domain gets a report when all mail in its name was refused as spam.
config-reports-send-envelope-to = Whether reports tell the domain of the recipients.
config-reports-send-bounces = Where bounces go: before the @ a plus sign and an id are put, by which it is known what came back. A mailbox that bounces is left alone for a while.
config-reports-send-jitter = Over how much time the reports of a period are spread.
config-reports-send-retry = How long to wait when the server does not take a mail; then twice as long each time, up to 6 hours.
config-reports-send-give-up = A report that is older is not sent any more.
config-reports-send-suppress = For how long a mailbox is left alone that did not take a report. Three times as long each time it happens again; who takes reports for 30 days begins anew.
config-reports-send-suppress-most = For how long a mailbox is left alone at most.
config-reports-send-domain-reports = Most reports of a period about one domain.
config-reports-send-reports = Most reports of a period.
config-reports-send-language = The language of what the mails tell people.
config-reports-send-in-doubt = What becomes of a mail of which nobody knows whether the server took it, since the connection or this program ended behind the last byte: it counts as sent, or is sent again with the same name and id.

## [reports.alerts]

config-reports-alerts = What is told of reports by mail or to a webhook: what is unusual, as it is noticed, and a digest every week. A reload is enough for all of it.
config-reports-alerts-to = The addresses to which letters go.
config-reports-alerts-from = The address from which letters come. A key of [[signing.key]] should sign for its domain.
config-reports-alerts-submit = The server that takes the letters, as in [reports.send].
config-reports-alerts-user = As whom to log in at that server.
config-reports-alerts-password-file = The file with the password, and nothing else.
config-reports-alerts-webhook = A place that gets each letter as JSON, by POST over HTTPS.
config-reports-alerts-webhook-token-file = The file with a bearer token for it, and nothing else.
config-reports-alerts-webhook-private = Whether the webhook may be at a private address.
config-reports-alerts-roots = A file with certificates (PEM) of authorities that are trusted beside the public ones, at the server and at the webhook.
config-reports-alerts-kinds = What is told as it is noticed: a new source with many messages, a share of own mail that passes and falls, a reporter that falls silent, a policy that changes, a key whose signatures are not seen any more, reports that cannot be taken, a record of an audited domain or of what its SPF record includes that changes, a finding about such a domain that becomes worse. Empty: the digest alone.
config-reports-alerts-language = The language of the letters.
config-reports-alerts-utc-offset = How far the clock of those who read the letters is ahead of UTC: quiet and digest go by it. Reports count days in UTC.
config-reports-alerts-quiet = Hours in which no letter goes. What is noticed then is told behind them, in one letter.
config-reports-alerts-letters-per-day = Most letters with alerts within 24 hours. What is more waits, and is told in one letter.
config-reports-alerts-digest = When the digest of the week goes.
config-reports-alerts-wait = How long after its end a day (UTC) is looked at first: most of its reports have come then. When more of them come, it is looked at again.
config-reports-alerts-retry = How long to wait when a letter is not taken; then twice as long each time, up to 6 hours.
config-reports-alerts-give-up = A letter that is older is not sent any more.
config-reports-alerts-learning-days = For how many days a domain that is new is only watched.
config-reports-alerts-new-source-messages = From how many messages a day a new source is told of.
config-reports-alerts-pass-fall = By how many percentage points the share that passes must fall.
config-reports-alerts-pass-messages = From how many messages a day of the domain's own on the share is judged.
config-reports-alerts-silent-days = After how many days without a report a reporter is missed.
config-reports-alerts-key-days = After how many days without a signature a key is missed.
config-reports-alerts-refused = From how many refused reports a day on that is told.

## [reports.failure]

config-reports-failure = Reports about single messages that failed, to owners who ask for them. They go out as [reports.send] says. A failure report may touch the secrecy of communications; read docs/reports.md before any of these is switched on.
config-reports-failure-dmarc = Whether DMARC failures are reported to the addresses of ruf, on the occasions that fo names (RFC 9991).
config-reports-failure-dkim = Whether signatures that failed are reported to signers who ask for it with r=y and confirm it in DNS (RFC 6651).
config-reports-failure-spf = Whether SPF failures are reported to domains whose SPF record asks for it with ra= (RFC 6652).
config-reports-failure-only = The domains about which failures are reported; with a dot in front, the domain and all below it. Empty: about all who ask.
config-reports-failure-header = The header fields of the message that are shown. Local parts of addresses are replaced in them, names and comments are left out; a body is never shown.
config-reports-failure-key-file = The key under which local parts are replaced by hashes: 32 random bytes, made where the file is missing.
config-reports-failure-source-ip = Whether the address is told from which the message came.
config-reports-failure-to-each = Most failure reports to one destination in an hour.
config-reports-failure-in-all = Most failure reports in an hour.
config-reports-failure-alike = For how long failures that look alike are one report, which counts them.

## [reports.milter]

config-reports-milter = Mail with reports that is taken in while it passes the milter.
config-reports-milter-addresses = Mail to these addresses is taken in.
config-reports-milter-action = What becomes of it: it is delivered as any other mail, or swallowed – accepted and delivered to nobody, once the report is stored. As long as that cannot be done, its sender is told to try again.
config-reports-milter-bytes = The longest message that is taken in, in bytes; longer ones are delivered.

## [reports.hosts]

config-reports-hosts = What is found out about the addresses that reports tell of.
config-reports-hosts-lookup = Whether the daemon looks up the names of addresses, slowly, beside everything else. A name counts only when it leads back to the address.

## [reports.geo]

config-reports-geo = Files in MaxMind's format (MMDB) that tell where addresses are. None comes along.
config-reports-geo-country = A file that tells countries.
config-reports-geo-asn = A file that tells networks: numbers and names of autonomous systems.

## [[reports.imap]]

config-reports-imap = A mailbox to which reports come. It is read over IMAP; new mail is waited for.
config-reports-imap-name = How it is called in the log, and in the store as the way by which reports came.
config-reports-imap-server = The server's name, which its certificate must have.
config-reports-imap-port = The server's port.
config-reports-imap-security = How the way to the server is secured: "tls" from the first byte, "starttls", or "loopback" for a server on this machine without TLS.
config-reports-imap-user = As whom to log in.
config-reports-imap-password-file = The file with the password, and nothing else.
config-reports-imap-token-file = The file with a token for OAuth, which another program renews; read for each connection.
config-reports-imap-roots = A file with certificates (PEM) of authorities that are trusted beside the public ones.
config-reports-imap-mailbox = The mailbox.
config-reports-imap-after = What becomes of a message whose report is on the disk: it stays as it is, is marked as seen, moved, or deleted. Before that it is never touched.
config-reports-imap-move-to = The folder to which it is moved; made when there is none.

## [labels]

config-results = What is written beside Authentication-Results, and what becomes of the results of others.
config-results-received-spf = Write Received-SPF (RFC 7208) as well; fields of this name that come with a message are removed then.
config-results-explanation = Write X-Sekisho-Explanation: what was done, by which rule, and why.
config-results-foreign = Whether Authentication-Results that others wrote stay on the message.
config-results-foreign-except = Names (authserv-id) of those with whom the other thing is done.
config-results-spam-field = The header field in which a spam filter that ran before says whether a message is spam: X-Spam-Flag, X-Spam-Status, X-Spamd-Result, X-Spam-Score. It counts in the statistics and in the reputation, and [policy.spam] may act on it. Anybody can write such a field: name one only if your own filter takes away every field of this name that comes with a message. If it stands there twice, it is not believed.
config-results-spam-score = From which score on a message is spam, where the field tells a score. Without this key the first yes or no (true, false) in the field counts.
config-results-spam-clients = Networks of the content filters that hand mail back to the MTA: the field is believed in their messages alone. Leave it out where the filter is a milter that runs before this one.
config-labels = What readers and their filters see.
config-labels-subject = Mark in front of the subject of suspicious mail.
config-labels-fields = Header fields for filters. Those that come from outside under these names are removed.

## [replies]

config-replies = What clients are told when mail is refused; in ASCII.
config-replies-dmarc = DMARC fails.
config-replies-dmarc-temperror = DMARC cannot be told for now.
config-replies-from = The From field is broken.
config-replies-spf = SPF fails.
config-replies-spf-error = SPF cannot be told, or its record is broken.
config-replies-signing = A signature is missing that should be there (ADSP, DomainKeys).
config-replies-sender-id = Sender ID fails.
config-replies-null-mx = The sender’s domain takes no mail.
config-replies-reverse-name = The client’s address has no name that leads back to it.
config-replies-arc = The ARC chain does not hold.
config-replies-list = A list in DNS names the client or a domain.
config-replies-denied = The domain is denied.
config-replies-own-policy = A domain for which [policy.domains] has a policy is not authenticated.
config-replies-dsn = A notification answers nothing that was sent from here.
config-replies-spam = A spam filter calls the message spam.
config-replies-reputation = The reputation is bad.
config-replies-replay = The signed message was seen too often.

## [[recipients]]

config-recipients = Rules for recipients of certain domains; what is not said here is as for everybody.
config-recipients-domains = The recipients’ domains.
config-recipients-stage = The stage for them.
config-recipients-quarantine = How suspicious mail to them is set apart.
config-recipients-blocked-authors = Author domains whose mail to them may be rejected.

## [outgoing]

config-outgoing = Which mail is outgoing: it is signed, not judged. Without a key all mail is incoming.
config-outgoing-authenticated = Mail of clients that have logged in (SMTP AUTH).
config-outgoing-networks = Mail of clients in these networks. A content filter that gives mail back to the mail server must not be among them.
config-outgoing-macros = Mail for which the mail server gives a macro one of these values; with Postfix, -o milter_macro_daemon_name=ORIGINATING in master.cf.
config-outgoing-listeners = Mail that comes to these of the places in listen.

## [signing]

config-signing = How outgoing mail is signed (DKIM).
config-signing-unsigned = What becomes of mail whose author has no key. Bounces always pass.
config-signing-senders = Whose rules are asked: the first of these fields for which there is a rule. From is the author, for whom DMARC wants a signature.
config-signing-canonicalization = How header and body are made equal before they are signed.
config-signing-expire-in = How long signatures hold (x=).
config-signing-identity = What the signature says of the author (i=).
config-signing-oversign = Which fields are signed once more than they are there, so that none can be added unseen: the recommended ones, these only if they are there, or From alone.
config-signing-also = Fields that are signed beside the recommended ones.
config-signing-except = Recommended fields that are not signed because something behind changes them. From is always signed.
config-signing-key-table = A file with keys, one a line: name domain:selector:file
config-signing-rule-table = A file with rules, one a line: pattern key,key
config-signing-key-readers = Who may read the files of private keys: their owner alone, or their group, too. Files that others can read are refused.

## [[signing.key]]

config-signing-key = A private key: PEM (RSA or Ed25519), or the base64 of an Ed25519 seed. RSA from 1024 bits, better from 2048.
config-signing-key-domain = The domain that signs (d=). Without any rule it signs for its authors and those of all domains below it.
config-signing-key-selector = Where the public key is: SELECTOR._domainkey.DOMAIN (s=).
config-signing-key-file = The file of the private key.
config-signing-key-name = The name by which rules call it.
config-signing-key-algorithm = The algorithm that the key must be for.

## [[signing.rule]]

config-signing-rule = Which keys sign for which author. The most specific rule counts: an address before a domain, a domain before those above it.
config-signing-rule-from = The authors.
config-signing-rule-keys = The keys; all of them sign. An empty list: nothing is signed.
config-signing-rule-users = Users of SMTP AUTH for whose mail alone the rule is; "*@example.jp" for all that end so. For anybody else these authors' mail gets no signature, by no wider rule either.
config-signing-rule-networks = Networks of clients for whose mail alone the rule is; with users, either is enough.

## [keys]

config-keys = Keys that Sekisho makes, publishes and rotates itself; `sekisho key` commands them (docs/keys.md).
config-keys-enabled = Whether the daemon signs with these keys and leads them on.
config-keys-directory = Where the keys are: a directory that its owner alone can read.
config-keys-algorithm = Algorithms of new keys. With both, mail gets two signatures.
config-keys-selector = How selectors are named: algorithm, year, month, day, and n, the first number that is free, each in braces.
config-keys-slot-selector = How the selectors of clients are named whose keys are in provider_zone; n, in braces, is the slot.
config-keys-rotate-after = How long a key signs before it gets a successor; "never" leaves that to `sekisho key rotate`.
config-keys-queue = How long the longest mail queue holds mail. A key stays published so long after its last signature.
config-keys-retry = Time for a last attempt behind that.
config-keys-ttl = TTL of the records. No key signs before what was there is out of all caches.
config-keys-revoked = How long a key stays published as revoked (p=) at least, before its record is taken away.
config-keys-quiet = For how long no received report may have shown a selector before its record is taken away.
config-keys-check = How often name servers are asked when nothing is expected.
config-keys-disclose = A directory into which private keys go that were revoked, to be published: signatures of the past prove nothing then. Without it they are destroyed.
config-keys-provider-zone = Below this name the keys of clients are published that lead here by CNAME (`sekisho key new --cname`).
config-keys-slots = How many CNAME records such a client publishes for each algorithm, from 2 to 16.
config-keys-identity-file = An identity of age (`age-keygen`), by which private keys are encrypted on the disk.

## [[keys.zone]]

config-keys-zone = A zone, and how records come into it. Names in no such zone are printed, to be published by hand.
config-keys-zone-zone = The zone.
config-keys-zone-publish = print: by hand; update: dynamic update (RFC 2136); zone-file: a file that the zone includes; hook: a command for each record.
config-keys-zone-server = With update: the primary server of the zone.
config-keys-zone-tsig-file = With update: the TSIG key, as ALGORITHM:NAME:SECRET or as `tsig-keygen` writes it.
config-keys-zone-file = With zone-file: the file, which holds nothing but our records.
config-keys-zone-reload = With zone-file: what is run when the file has changed. No shell is between.
config-keys-zone-hook = With hook: what is run for each record, with JSON on its standard input (docs/keys.md).
config-keys-zone-timeout = Time for one update or one command.
config-keys-zone-servers = Who is asked what the zone shows: all authoritative servers.

## [audit]

config-audit = What domains publish, looked at by the daemon again and again: what changes is told as [reports.alerts] says. A reload is enough for all of it.
config-audit-domains = The domains that are looked at.
config-audit-every = Time between two looks at a domain.
config-audit-selectors = Selectors of DKIM keys that are looked at beside the well-known ones and those at which a key was found.
config-audit-keep-days = For how many days audits are kept; 0 for ever.

config-dashboard = The pages, where metrics and health are ([daemon] http). A restart is needed for all of it.
config-dashboard-enabled = Whether there are pages.
config-dashboard-hosts = Names by which browsers may call the pages, beside localhost and addresses. A request for another name is refused, so that no foreign name can be made to point here.
config-dashboard-zone = The time zone of times on pages, where a user has chosen none.
config-dashboard-tls = How browsers come: none shows pages on the loopback alone; own means that TLS is spoken here, with certificate and key; proxy means that a proxy in front speaks TLS; insecure shows them without TLS also elsewhere, where passwords can be read on the way. Beyond the loopback there are no pages before there is an administrator.
config-dashboard-certificate = The certificate that is shown with tls = "own": a file (PEM) with the certificate itself and behind it those between it and its authority. Metrics and health are asked over it, too. When the file changes, the new certificate is taken within seconds, without a restart; one that cannot be used leaves the old one in place.
config-dashboard-key = Its private key (PEM). The user as whom the daemon runs must be able to read it.
config-dashboard-proxies = Proxies that say who a user is. What others say of that is not heard.
config-dashboard-proxy-header = The header field in which they say it. Such a proxy must set it itself, whatever came from outside.
config-dashboard-openid = A provider of OpenID Connect by which people may log in to the pages (authorization code flow with PKCE). It stands beside passwords. At the provider, register url with /login/openid/back behind it as the redirect URI.
config-dashboard-openid-issuer = The provider’s name, as its tokens have it: an address over HTTPS. What it says of itself is read below it, at /.well-known/openid-configuration.
config-dashboard-openid-name = How users call it: the button says “Log in with …”.
config-dashboard-openid-client-id = The name under which the pages are registered there.
config-dashboard-openid-client-secret-file = The file with the client secret, and nothing else. Without one, the pages are registered as a public client, and PKCE alone protects the log-in.
config-dashboard-openid-url = The address by which browsers reach the pages, without a path: over HTTPS, or on the loopback. Its host has to be one of hosts.
config-dashboard-openid-scopes = What is asked for beside openid. Some providers tell groups only when asked for a scope of their own.
config-dashboard-openid-claim = The claim of the ID token that lists the groups of a user; “a.b” is the member b of the claim a.
config-dashboard-openid-groups = What each group may do here. With at least one, the rights of those who log in by the provider are the sum over their groups, read anew at each log-in; only the last administrator keeps what they have. Without any, the rights given here count.
config-dashboard-openid-admit = Who may log in: known lets in those who are users here with that identity (sekisho user add --issuer … --subject …); groups lets in whoever has one of groups, and makes them users at their first log-in. A local user of the same name is never taken over.
config-dashboard-openid-private = Whether the provider may be at a private address.
config-dashboard-openid-roots = A file of certificates (PEM) of authorities that are trusted for the provider, beside the public ones.

## [[audit.statement]]

config-audit-statement = What the operator declares of a requirement of the guideline, or of a profile, that nothing shows. `sekisho check` shows it as declared, with name and date, and never in the place of what DNS, mail or reports show.
config-audit-statement-requirement = The requirement: of the guideline, from 2-1 to 5-10; of a profile, its name and the requirement’s id, as gmail/one-click.
config-audit-statement-met = Whether it is met.
config-audit-statement-by = Who says so.
config-audit-statement-date = When. Of several about one requirement the newest counts.
config-audit-statement-note = By what it is met, or what is lacking.
