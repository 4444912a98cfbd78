### DKIM: steps, reasons, weaknesses of signatures.

## Steps

dkim-asked = { $question } → { $answer ->
        [records] records found
        [nodata] no record of this type
        [nxdomain] the name does not exist
       *[other] { $answer }
    }
dkim-key-found = The key is usable: { $kind }, { $bits } bits.
dkim-body-hash-agrees = The body is as it was signed.
dkim-signature-agrees = The signature fits the signed header fields and the key.

## The DKIM-Signature field

dkim-signature-too-long = The signature field is longer than { $limit } bytes and was not read.
dkim-signature-syntax = The signature field cannot be read. { $flaw }
dkim-tag-missing = The signature lacks the tag { $tag }=.
dkim-version = The version of the signature (v=) is not 1.
dkim-algorithm-unknown = The algorithm of the signature (a=) is not known.
dkim-canonicalization-unknown = The canonicalization of the signature (c=) is not known.
dkim-query-method = The signature offers no known way to fetch its key (q=).
dkim-domain-syntax = The domain of the signature (d=) is not a domain name.
dkim-selector-syntax = The selector of the signature (s=) is not valid.
dkim-identity-syntax = The identity of the signature (i=) is not valid.
dkim-identity-outside = The identity of the signature (i=) does not lie within its domain (d=).
dkim-field-names = The list of signed header fields (h=) is not valid.
dkim-from-not-signed = The signature does not cover From.
dkim-signature-encoding = The signature value (b=) is not base64.
dkim-body-hash-encoding = The body hash (bh=) is not a hash of the algorithm.
dkim-body-length-syntax = The body length (l=) is not a number.
dkim-time-syntax = The time in { $tag }= is not a number.
dkim-expires-before-signing = The signature expires (x=) before it was made (t=).

## The key record

dkim-key-record-too-long = The key record is longer than { $limit } bytes and was not read.
dkim-key-syntax = The key record cannot be read. { $flaw }
dkim-key-version = The version of the key record (v=) is not DKIM1.
dkim-key-absent = The key record has no key (p=).
dkim-key-revoked = The key was revoked by its owner (p= is empty).
dkim-key-kind-unknown = The kind of key (k=) is not known.
dkim-key-base64 = The key (p=) is not base64.
dkim-key-encoding = What stands in the key record is not a public key of its kind.
dkim-key-too-short = The key has { $bits } bits; fewer than { $limit } are not computed with.
dkim-key-too-long = The key has { $bits } bits; more than { $limit } are not computed with.

## Reasons

dkim-too-many-signatures = Only the first { $limit } signatures of a message are verified.
dkim-expired = The signature expired at { TIME($time) }.
dkim-algorithm-forbidden = { $algorithm } is no longer allowed for signatures.
dkim-lookup-failed = The key could not be looked up ({ $failure }); another try may succeed.
dkim-no-key-record = There is no key record in DNS.
dkim-key-kind-mismatch = The key is of the kind { $kind }, which does not fit the algorithm of the signature.
dkim-hash-not-allowed = The key record does not allow { $hash }.
dkim-key-not-for-email = The key record does not allow the key to be used for e-mail.
dkim-subdomain-not-allowed = The key record does not allow identities in subdomains (t=s).
dkim-local-part-not-allowed = The key record does not allow this local part (g=).
dkim-key-short = The key has { $bits } bits; at least { $limit } are needed for a signature to count.
dkim-body-shorter-than-signed = The body is shorter than what was signed: { $total } of { $signed } bytes are there.
dkim-body-hash-differs = The body was changed after signing (body hash differs).
dkim-signature-differs = A signed header field was changed after signing, or the key is not the one it was signed with.

## Weaknesses

dkim-body-length = { GIVEN($domain) ->
        [yes] The signature of { $domain }
       *[no] The signature
    } covers only the first { $signed } of { $total } bytes of the body (l=); anyone could have added the rest.
dkim-not-covered = { GIVEN($domain) ->
        [yes] The signature of { $domain }
       *[no] The signature
    } does not cover { FIELD($field) }.
dkim-more-instances = { FIELD($field) } is there { $present } times, but { GIVEN($domain) ->
        [yes] the signature of { $domain }
       *[no] the signature
    } covers { $signed }; anyone could have added the rest.
dkim-weak-key = The key{ GIVEN($domain) ->
        [yes] {" "}of { $domain }
       *[no] {""}
    } has only { $bits } bits; { $limit } are recommended.
dkim-sha1 = { GIVEN($domain) ->
        [yes] The signature of { $domain }
       *[no] The signature
    } uses SHA-1, which is no longer safe.
dkim-testing = { GIVEN($domain) ->
        [yes] { $domain } says
       *[no] The key record says
    } that DKIM is under test (t=y).
dkim-signed-in-future = { GIVEN($domain) ->
        [yes] The signature of { $domain }
       *[no] The signature
    } was made { $seconds ->
        [one] { $seconds } second
       *[other] { $seconds } seconds
    } in the future (t=); a clock is wrong.
