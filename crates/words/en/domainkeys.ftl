### DomainKeys, ADSP, ATPS and the reporting addresses of RFC 6651.

## DomainKeys: steps

domainkeys-asked = { $question } → { $answer ->
        [records] records found
        [nodata] no record of this type
        [nxdomain] the name does not exist
       *[other] { $answer }
    }
domainkeys-sending-address = The sending address for DomainKeys (historic) is in { $field }, its domain is { $domain }.
domainkeys-key-found = The key is usable for DomainKeys (historic): { $bits } bits.
domainkeys-testing = The key record says that DomainKeys is under test (t=y); a failure is not to be held against the message.
domainkeys-signature-agrees = The DomainKeys signature fits header, body and key; DomainKeys is historic, rests on SHA-1, and authenticates nobody.

## DomainKeys: the DomainKey-Signature field

domainkeys-signature-too-long = The DomainKey-Signature field is longer than { $limit } bytes and was not read.
domainkeys-signature-syntax = The DomainKey-Signature field cannot be read. { $flaw }
domainkeys-tag-name = A tag of the DomainKeys signature is not one lower-case letter.
domainkeys-not-ascii = The DomainKeys signature contains characters outside US-ASCII.
domainkeys-tag-missing = The DomainKeys signature lacks the tag { $tag }=.
domainkeys-algorithm-unknown = The algorithm of the DomainKeys signature (a=) is not rsa-sha1.
domainkeys-canonicalization-unknown = The canonicalization of the DomainKeys signature (c=) is neither simple nor nofws.
domainkeys-query-method = The way to fetch the key of the DomainKeys signature (q=) is not dns.
domainkeys-domain-syntax = The domain of the DomainKeys signature (d=) is not a domain name.
domainkeys-selector-syntax = The selector of the DomainKeys signature (s=) is not valid.
domainkeys-field-names = The list of signed header fields of the DomainKeys signature (h=) is not valid.
domainkeys-signature-encoding = The value of the DomainKeys signature (b=) is not base64.

## DomainKeys: reasons

domainkeys-too-many-signatures = Only the first { $limit } DomainKeys signatures of a message are verified.
domainkeys-no-sending-address = The message has no single From or Sender that names a sending address.
domainkeys-address-not-signed = The DomainKeys signature does not cover the field that names the sending address.
domainkeys-domain-outside = The domain of the DomainKeys signature (d=) is neither the domain of the sending address nor above it.
domainkeys-lookup-failed = The key of the DomainKeys signature could not be looked up ({ $failure }); another try may succeed.
domainkeys-no-key-record = There is no key record in DNS for the DomainKeys signature.
domainkeys-key-kind-mismatch = The key is of the kind { $kind }; DomainKeys knows only rsa.
domainkeys-hash-not-allowed = The key record does not allow SHA-1, which DomainKeys rests on.
domainkeys-key-not-for-email = The key record does not allow the key of the DomainKeys signature to be used for e-mail.
domainkeys-local-part-not-allowed = The key record does not allow the local part of the sending address (g=).
domainkeys-signature-differs = Header or body were changed after the DomainKeys signature was made, or the key is not the one it was signed with.

## DomainKeys: policy of the sending domain

domainkeys-policy-asked = { $question } → { $answer ->
        [records] records found
        [nodata] no record of this type
        [nxdomain] the name does not exist
       *[other] { $answer }
    }
domainkeys-policy-found = The DomainKeys policy (historic) says that { $signing ->
        [all] all mail
       *[some] some mail
    } of the domain is signed{ $testing ->
        [yes] {" "}and that DomainKeys is under test (t=y)
       *[no] {""}
    }.
domainkeys-policy-reports = The DomainKeys policy names { $address } for reports (r=).
domainkeys-policy-default = There is no usable DomainKeys policy, so the domain may sign some mail.
domainkeys-policy-too-long = The DomainKeys policy record is longer than { $limit } bytes and was not read.
domainkeys-policy-syntax = The DomainKeys policy record cannot be read. { $flaw }
domainkeys-policy-signing = The DomainKeys policy (o=) is neither "-" nor "~".
domainkeys-policy-several = There are several DomainKeys policy records, so none is used.

## ADSP

adsp-asked = { $question } → { $answer ->
        [records] records found
        [nodata] no record of this type
        [nxdomain] the name does not exist
       *[other] { $answer }
    }
adsp-no-author-domain = An address in From has no domain for which ADSP (historic) could be evaluated.
adsp-author-signature = A valid DKIM signature is of the author domain { $domain } itself, as ADSP (historic) asks.
adsp-delegated = { $domain } confirmed the third party that signed, which counts for ADSP (historic) as its own signature.
adsp-no-author-signature = No valid DKIM signature is of the author domain { $domain } itself, as ADSP (historic) would ask.
adsp-no-such-domain = The author domain does not exist in DNS.
adsp-lookup-failed = ADSP (historic) could not be looked up ({ $failure }); another try may succeed.
adsp-no-record = The author domain publishes no ADSP record (historic).
adsp-several-records = The author domain publishes several ADSP records (historic), so none is used.
adsp-record-found = The ADSP record (historic) says: { $practice }.
adsp-record-too-long = The ADSP record is longer than { $limit } bytes and was not read.
adsp-record-syntax = The ADSP record cannot be read. { $flaw }
adsp-record-fold = The ADSP record contains a line end.
adsp-record-start = The ADSP record does not begin with dkim=.
adsp-practice-syntax = The practice in the ADSP record (dkim=) is not a word.
adsp-practice-other = The practice in the ADSP record (dkim=) is not known and counts as unknown.

## ATPS

atps-asked = { $question } → { $answer ->
        [records] records found
        [nodata] no record of this type
        [nxdomain] the name does not exist
       *[other] { $answer }
    }
atps-confirmed = { $author } confirms by ATPS (experimental) that { $signer } may sign for it{ $form ->
        [padded] {" "}(name with padding, as OpenDKIM asks)
        [cut] {" "}(name cut at 32 characters, as OpenDKIM publishes)
       *[standard] {""}
    }.
atps-signature-not-valid = The signature with atps= is not valid, so its ATPS claim is ignored.
atps-author-syntax = What the signature claims to sign for (atps=) is not a domain name.
atps-other-author = The domain that the signature claims to sign for (atps=) is not in From.
atps-hash-missing = The signature has atps= but lacks atpsh=.
atps-hash-unknown = The hash for ATPS (atpsh=) is not known.
atps-name-too-long = The name to ask for ATPS would be too long.
atps-not-confirmed = The author domain does not confirm the signer by ATPS (experimental).
atps-lookup-failed = ATPS (experimental) could not be looked up ({ $failure }); another try may succeed.

## Reporting addresses

dkim-report-asked = { $question } → { $answer ->
        [records] records found
        [nodata] no record of this type
        [nxdomain] the name does not exist
       *[other] { $answer }
    }
dkim-report-lookup-failed = The wish for reports could not be looked up ({ $failure }).
dkim-report-no-record = The signature asks for reports (r=y), but its domain does not confirm it.
dkim-report-several = There are several records for reports, so none is used.
dkim-report-not-wished = The domain wishes no report of this failure.
dkim-report-enough = Enough domains of this message are asked about reports already.
dkim-report-wished = The domain wishes reports of { $percentage } % of such failures at { $address }.
dkim-report-error-text = The domain wishes this text in the SMTP reply when the message is refused: { $text }
dkim-report-too-long = The record for reports is longer than { $limit } bytes and was not read.
dkim-report-syntax = The record for reports cannot be read. { $flaw }
dkim-report-address = The address for reports (ra=) is not a local part.
dkim-report-percentage = The percentage of reports (rp=) is not a number from 0 to 100.
dkim-report-request = The list of wished reports (rr=) names something that is not known.
dkim-report-error-text-syntax = The text for the SMTP reply (rs=) cannot be read.
dkim-report-without-address = What reports are wished (rp=, rr=) says nothing without an address for them (ra=).
