### Sender ID.

## Steps

sender-id-address = The purported responsible address is { $address }, from { FIELD($field) }.
sender-id-own-record = { $domain } has a record of Sender ID (spf2.0) for { $scope ->
        [pra] the purported responsible address.
       *[mfrom] the envelope sender.
    }
sender-id-spf-record = { $scope ->
        [pra] The SPF record (v=spf1) of { $domain } was taken for the purported responsible address; the result is for reporting only.
       *[mfrom] The SPF record (v=spf1) of { $domain } counts for the envelope sender.
    }

## Reasons

sender-id-no-such-domain = { $domain } does not exist, which is a fail for the purported responsible address.
sender-id-no-record = { $domain } publishes no record that counts for { $scope ->
        [pra] the purported responsible address.
       *[mfrom] the envelope sender.
    }
sender-id-several-records = { $domain } publishes { $count } records for { $scope ->
        [pra] the purported responsible address;
       *[mfrom] the envelope sender;
    } exactly one is allowed.

## Without a purported responsible address

sender-id-header-cut = The header is longer than is read, so the purported responsible address is not known.
sender-id-no-field = There is no field that could hold the purported responsible address.
sender-id-several-fields = There is no purported responsible address: { FIELD($field) } occurs { $count } times.
sender-id-several-mailboxes = There is no purported responsible address: { FIELD($field) } holds { $count } addresses.
sender-id-malformed = There is no purported responsible address: { FIELD($field) } cannot be read in one way only. { $flaw }
sender-id-hidden-line = There is no purported responsible address: { FIELD($field) } holds a bare CR, a bare LF or a NUL.
sender-id-no-domain = There is no purported responsible address: the address in { FIELD($field) } has no domain name.{ GIVEN($flaw) ->
        [yes] {" "}{ $flaw }
       *[no] {""}
    }

## The parameter SUBMITTER

sender-id-submitter-matches = SUBMITTER is { $address }, the purported responsible address of the header.
sender-id-submitter-differs = SUBMITTER is { $address }, which is not the purported responsible address of the header.
sender-id-submitter-unverifiable = SUBMITTER cannot be compared with the header. { $reason }
sender-id-submitter-malformed = SUBMITTER is not a mail address.
