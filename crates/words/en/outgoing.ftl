### Outgoing mail: which mail that is, who signs for it, and what the configuration of keys can have wrong.

## Which mail is outgoing

outgoing-by-listener = The message is outgoing: it came to { $listener }.
outgoing-by-macro = The message is outgoing: the mail server gives { $name } as “{ $value }”.
outgoing-by-user = The message is outgoing: { $user } has logged in (SMTP AUTH).
outgoing-by-network = The message is outgoing: its client is in { $network }.

## Who signs

outgoing-rule-found = For { $address } ({ $field ->
        [from] From
        [sender] Sender
        [mail_from] MAIL FROM
       *[other] { $field }
    }) the rule { $pattern } says who signs.
outgoing-no-rule = No key signs for { $address } ({ $field ->
        [from] From
        [sender] Sender
        [mail_from] MAIL FROM
       *[other] { $field }
    }).
outgoing-not-entitled = The rule { $pattern } is not for this client: nothing signs for { $address } ({ $field ->
        [from] From
        [sender] Sender
        [mail_from] MAIL FROM
       *[other] { $field }
    }).
outgoing-not-wanted = The rule { $pattern } says that nothing is signed.
outgoing-no-sender = The message names no sender whose rule could be asked.
outgoing-too-many-senders = The message names many senders; the first { $limit } were asked for.
outgoing-too-many-signatures = More keys would sign; a message gets { $limit } signatures at most.
outgoing-signed = Signed for { $domain } with the selector { $selector } ({ $algorithm }).
outgoing-cannot-insert = Not signed: the mail server lets no header field be inserted.
outgoing-from-count = Not signed: the message has { $count } From fields, and only exactly one can be signed for.
outgoing-header-too-long = Not signed: the header is too long, or has too many fields, to be read whole.
outgoing-too-many-fields = Not signed: { $count } fields would be signed; verifiers read { $limit } at most.
outgoing-name-too-long = Not signed for { $domain } with the selector { $selector }: together they make too long a name.
outgoing-failed = Not signed for { $domain } with the selector { $selector }: the cryptographic library failed.
outgoing-long-line = A line of { $bytes } bytes is longer than the { $limit } that mail servers pass on as they are; the signature will probably be broken on the way.

## Keys and rules

outgoing-key-repeated = Two keys have the name “{ $name }”.
outgoing-key-unknown = A rule names the key “{ $name }”, which does not exist.
outgoing-selector-repeated = Two keys have the domain { $domain } and the selector { $selector }; each key needs a selector of its own.
outgoing-key-name-too-long = The selector { $selector } and the domain { $domain } together make too long a name.
outgoing-field-name = “{ $name }” is not the name of a field that can be signed or left out.
outgoing-rule-line = { $file }: line { $line } is not a rule; write: *@example.jp key
outgoing-key-line = { $file }: line { $line } is not a key; write: name example.jp:selector:/path/to/key.pem
outgoing-too-many-keys = There are more than { $limit } keys.
outgoing-too-many-rules = There are more than { $limit } rules.
outgoing-table-too-long = { $file }: the table is longer than { $limit } bytes.
