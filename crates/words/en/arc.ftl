### ARC: steps, reasons.

## Steps

arc-sets-found = { $count ->
        [one] The chain has { $count } set
       *[other] The chain has { $count } sets
    }.
arc-asked = { $question } → { $answer ->
        [records] records found
        [nodata] no record of this type
        [nxdomain] the name does not exist
       *[other] { $answer }
    }
arc-message-signature-agrees = The message signature of set { $instance } holds: nothing that it signs was changed since { $domain } sealed.
arc-older-message-signature-differs = The message was changed on its way, which does not break the chain. { $reason }
arc-seal-agrees = The seal of set { $instance } holds: { $domain } sealed what is there.

## Reasons: the chain's form

arc-too-many-sets = The chain has more than { $limit } sets.
arc-instance = A field { $field } has no usable instance (i=).
arc-failed-before = The seal of set { $instance } says that the chain had failed before.
arc-gap = The chain lacks set { $instance }.
arc-field-missing = Set { $instance } of the chain lacks { $field }.
arc-field-repeated = Set { $instance } of the chain has { $field } more than once.
arc-chain-status = The seal of set { $instance } says cv={ $status }, which cannot stand in its place.
arc-chain-status-unreadable = The seal of set { $instance } does not say in which state it found the chain (cv=).
arc-seal-names-fields = The seal of set { $instance } names header fields (h=), which no seal may do.
arc-seal-is-signed = The message signature of set { $instance } signs ARC-Seal, which it must not.

## Reasons: signatures

arc-lookup-failed = The key of { $field } in set { $instance } could not be looked up ({ $failure }); for the chain this is final.
arc-message-signature-differs = The message signature of set { $instance } does not hold. { $error }
arc-seal-differs = The seal of set { $instance } does not hold. { $error }
arc-too-many-body-hashes = The message signature of set { $instance } was not looked at; older ones get { $limit } body hashes at most.
