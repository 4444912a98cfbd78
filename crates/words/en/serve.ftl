### What `serve` says when it starts, stops, or cannot start.

serve-listening = Listening for milter connections at { $address }.
serve-resolver = DNS servers: { $resolvers }
serve-authserv-id = Results are recorded as { $name } (authserv-id).
serve-stage = Stage: { $stage ->
        [observe] observe – results are recorded, no mail is stopped.
        [filter] filter – suspicious mail is marked, no mail is rejected.
        [block] block – mail is rejected where its domain asks for it.
       *[other] { $stage }
    }
serve-ledger = Ledger: { $file }
serve-no-ledger = No ledger: what is decided is not kept.
serve-ledger-unusable = The ledger { $file } cannot be used ({ $reason }). To run without one: enabled = false under [ledger].
serve-ledger-lost = { $count } rows could not be stored ({ $reason }).
service-dns-unanswered = DNS answered no question about the message.
service-row-not-kept = The ledger did not take the row of the message ({ $reason }).
service-taken-in = The message was taken in as one that carries reports.
service-swallowed = The message was taken in as one that carries reports, and ends here.
service-not-taken-in = The message to an address of reports could not be taken in ({ $reason }).
service-not-taken-in-too-large = The message to an address of reports is too large to be taken in; it goes on.
service-deferred-not-taken-in = The message to an address of reports could not be taken in ({ $reason }); its sender is told to try again.
serve-signing = Outgoing mail is signed with { $count ->
        [one] { $count } key.
       *[other] { $count } keys.
    }
serve-key-unreadable = { $file }: the private key cannot be read ({ $reason }).
serve-key-readable-by-others = { $file }: the private key can be read by others (mode { $mode }); chmod 600 lets its owner alone read it.
serve-key-unusable = { $file }: the private key cannot be used ({ $reason }).
serve-key-algorithm = { $file }: the key is one for { $algorithm }, not for { $wanted }.
serve-key-short = The key { $name } has { $bits } bits; receivers are told to expect 2048 at least.
serve-key-unpublished = Nothing is published at { $place } for the key { $name }: what it signs cannot be verified.
serve-key-published-otherwise = What is published at { $place } is not the public half of the key { $name }, or not that alone: what it signs does not verify.
serve-key-idle = No rule names the key { $name }; it signs nothing.
serve-table-unreadable = { $file }: the table cannot be read ({ $reason }).
serve-outgoing-nowhere = Outgoing mail is to come to { $address }, and nobody listens there; add it to listen under [receiver].
serve-no-configuration = No configuration file; running with the defaults.
serve-configuration = Configuration: { $file }
serve-postfix-hint = To let Postfix use it, add to main.cf:
serve-postfix-milters = smtpd_milters = { $address }
serve-postfix-default-action = milter_default_action = accept
serve-stopping = Stopping; { $count ->
        [0] no connection is open.
        [one] { $count } connection is being finished.
       *[other] { $count } connections are being finished.
    }
serve-stopped = Stopped after { $messages ->
        [one] { $messages } message.
       *[other] { $messages } messages.
    }
serve-bad-address = “{ $address }” is not an address to listen at; write inet:8894@127.0.0.1 or unix:/run/sekisho/milter.sock.
serve-address-in-use = { $address } is already in use; another sekisho may be running.
serve-cannot-listen = Cannot listen at { $address } ({ $reason }).
serve-connection-lost = A connection from the mail server ended early ({ $reason }).
serve-at-capacity = All { $limit } connections are in use; new ones wait.

serve-http = Metrics and health: { $address }/metrics
serve-as-root = Running as root. Set user under [daemon], or let the service manager start it as a user of its own.
serve-no-http = Metrics and health cannot be asked at { $address } ({ $reason }). Mail goes on without them.
serve-http-pages = Pages: { $address }/
serve-first-run = Nobody can log in to the pages yet: sekisho user setup makes the token of the first administrator.
serve-first-link = Nobody can log in to the pages yet. Make the first administrator, within a day and once, at: { $link }
serve-no-pages = There are no pages: { $file } cannot be used ({ $reason }). Mail goes on without them.
serve-tls-unreadable = { $file } cannot be read ({ $reason }): it is the certificate of the pages, or its key.
serve-tls-no-certificate = { $file }: there is no certificate in it (PEM, “BEGIN CERTIFICATE”).
serve-tls-bad-certificate = { $file }: certificate { $number } cannot be read.
serve-tls-long-chain = { $file }: more than { $limit } certificates.
serve-tls-no-key = { $file }: there is no private key in it (PEM, “BEGIN PRIVATE KEY”), or it is under a passphrase.
serve-tls-bad-key = { $file }: this private key cannot be used ({ $reason }).
serve-tls-other-key = { $file }: this is not the key of the first certificate in { $certificate }.
serve-tls-key-readable-by-everybody = { $file }: everybody on this machine can read this private key, or write it (mode { $mode }). Make it 0640 or 0600.
serve-tls-expired = { $file }: the certificate ended at { $until }. Browsers refuse it.
serve-tls-ends-soon = { $file }: the certificate ends at { $until }. It should have been renewed by now.
serve-tls-not-yet = { $file }: the certificate begins only at { $from }. Browsers refuse it until then.
serve-tls-other-name = { $file }: the certificate is not for { $name }, by which [dashboard] hosts lets browsers call.
serve-tls-shown = { $file }: this certificate is shown from now on; it ends at { $until }.
serve-tls-old-stays = The certificate from before is shown on.
serve-tls-nobody-answered = Until there is one, pages, metrics and health answer nobody.
serve-bad-inherited = A socket that was handed over cannot be used ({ $reason }).
serve-cannot-change-user = The rights of { $name } cannot be taken on ({ $reason }).
serve-no-pid-file = { $file }: the number of the process cannot be written ({ $reason }).
serve-no-control = sekisho status and sekisho reload cannot reach this daemon: no socket at { $file } ({ $reason }).
serve-reloaded = The configuration was read again. It is in effect for new connections.
serve-needs-restart = { $key } has changed. That takes effect at the next start.
serve-reload-refused = The new configuration is refused, and the one in effect stays. { $reason }
serve-list-dead = The list { $zone } is not used until it answers rightly. { $reason }
serve-list-works = The list { $zone } answers rightly again, and is used.
serve-status-running = Sekisho { $version } is running since { $since } (process { $process }).
serve-status-stopping = Sekisho { $version } is stopping (process { $process }, since { $since }).
serve-status-listening = Listening at: { $addresses }
serve-status-configuration = Configuration: { $file } (read { $time })
serve-status-connections = Connections: { $open } open, { $total } since the start, { $refused } refused, { $lost } ended early
serve-status-messages = Messages: { $total } ({ $actions })
serve-status-results = { $method }: { $results }
serve-status-dns = DNS: { $servers } ({ $questions } questions, { $cache_hits } answered from the cache, { $failures } failed)
serve-status-dns-silent = DNS: { $servers } – no answer now. { $reason }
serve-status-list-dead = The list { $zone } is not used: it does not answer rightly.
serve-status-ledger = Ledger: { $file } ({ $stored } rows stored, { $waiting } waiting, { $lost } lost, { $failures } failures)
serve-status-reports = Reports taken: { $received }
serve-status-reports-sent = Reports sent: { $sent } ({ $due } on their way, { $suppressed } mailboxes left alone)
serve-status-alerts = Alerts: { $count } noticed; letters: { $letters } ({ $due } on their way)
serve-status-memory = Memory: { $count } MiB
serve-audits-on = Audited by itself: { $count } domains, every { $every } s.
serve-audit-outage = Nobody answered any question about the domains that are audited. Nothing is known of a change; the next look asks again.
