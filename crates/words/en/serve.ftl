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
