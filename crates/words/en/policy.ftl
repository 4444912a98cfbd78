### What becomes of a message, and why.

policy-nothing-against = Nothing speaks against the message.
policy-dmarc-fail = DMARC fails for { $author }; the policy that counts is { $policy }; by the rules: { $action }.
policy-dmarc-temperror = DMARC of { $author } cannot be told for now; by the rules: { $action }.
policy-spf-everyone = DMARC of { $author } passes only by an SPF record that lets every address pass; by the rules: { $action }.
policy-from-defect = The From field names no author who could be judged ({ $defect }); by the rules: { $action }.
policy-authors-over-limit = The From field names more author domains than are evaluated; by the rules: { $action }.
policy-spf = SPF of the envelope sender ends with { $result }{ GIVEN($domain) ->
        [yes] {" "}for { $domain }
       *[no] {""}
    }; by the rules: { $action }.
policy-adsp = ADSP of the author domain ends with { $result }; by the rules: { $action }.
policy-sender-id = Sender ID ends with fail; by the rules: { $action }.
policy-domainkeys = The sending domain signs all its mail with DomainKeys and no signature holds; by the rules: { $action }.
policy-null-mx = The sender’s domain { $domain } takes no mail; by the rules: { $action }.
policy-no-name = The client’s address has no name; by the rules: { $action }.
policy-name-not-confirmed = The client’s name does not lead back to its address; by the rules: { $action }.
policy-arc-fail = The chain of ARC does not hold; by the rules: { $action }.
policy-listed = The list { $zone } has an entry for { $key }; by the rules: { $action }.
policy-denied = Mail of { $domain } is not wanted here; by the rules: { $action }.
policy-bad-domain = The authenticated domain { $domain } has a bad reputation ({ $good_per_mille } of 1000 messages were good); by the rules: { $action }.
policy-bad-client = The client’s network has a bad reputation ({ $good_per_mille } of 1000 messages were good); by the rules: { $action }.
policy-replay = The same signed message was delivered { $count } times before; by the rules: { $action }.
policy-dsn-of-others = The notification speaks of a message that was not sent from here; by the rules: { $action }.
policy-dsn-of-nothing = The notification names no message that could be looked for; by the rules: { $action }.
policy-spam = A spam filter that ran before calls the message spam; by the rules: { $action }.
policy-another-sign = Another sign than the policy speaks against the message: { $sign }.
policy-reject-alone = The policy reject of { $author } is not enough to reject without another sign; the message is treated as if the policy were quarantine.
policy-test-mode = { $author } publishes { $published } and is testing (t=y); the policy that counts is { $applied }.
policy-forced = A policy of this receiver’s own is set for { $domain }: { $policy }.
policy-from-stricter = The broken From field names { $author }, whose policy is { $policy }; so more follows than from the break alone.
policy-excepted-network = Mail from the network { $network } is not judged.
policy-excepted-user = The client authenticated itself by SMTP AUTH{ GIVEN($user) ->
        [yes] {" "}as { $user }
       *[no] {""}
    }; its mail is not judged.
policy-forwarder-network = The message comes from a trusted forwarder, in the network { $network }.
policy-forwarder-name = The message comes from a trusted forwarder, { $domain }, by the confirmed name of the client.
policy-forwarder-domain = The message comes from a trusted forwarder, which authenticates { $domain }.
policy-trusted-sealer = The trusted ARC sealer { $domain } found that DMARC passed when the message came to it.
policy-mailing-list = The message comes from the mailing list { $domain }, which is known and authenticated.
policy-forwarded = The signature of { $domain } holds; the message seems to be forwarded, and SPF of the last hop does not count.
policy-allowed = { $domain } is authenticated, and its mail is wanted here.
policy-white-listed = The white list { $zone } has an entry for the client{ GIVEN($client) ->
        [yes] {" "}{ $client }
       *[no] {""}
    }.
policy-not-blocked = { GIVEN($author) ->
        [yes] The author domain { $author } is
       *[no] The author domains are
    } not among those that are blocked; the message is labelled at most.
policy-held-back = The stage is { $stage }, so that this is not done: { $wanted }.
policy-recipient-rules = The rules for recipients at { $domain } were applied.
policy-recipients-differ = The recipients have different rules, with { $count } different verdicts; one was chosen for all.
