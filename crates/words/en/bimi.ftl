### BIMI: steps, reasons, flaws of records, findings in indicators and evidence documents.

## Steps

bimi-asked = { $name } { $kind } → { $answer ->
        [records] { $data }{ GIVEN($ttl_s) ->
            [yes] {" "}(TTL { $ttl_s })
           *[no] {""}
        }
        [nodata] no record of this type
        [nxdomain] the name does not exist
       *[other] { $answer }
    }
bimi-fetched = { $resource ->
        [indicator] The indicator
        [evidence] The evidence document
        [revocation-list] The revocation list
       *[other] { $resource }
    } was fetched from { $url } ({ $bytes } bytes).
bimi-not-fetched = { $resource ->
        [indicator] The indicator
        [evidence] The evidence document
        [revocation-list] The revocation list
       *[other] { $resource }
    } could not be fetched from { $url } ({ GIVEN($status) ->
        [yes] status { $status }
       *[no] { $error }
    }).
bimi-selector-of-field = The signed field BIMI-Selector names the selector { $selector }.
bimi-selector-ignored = BIMI-Selector is ignored{ $defect ->
        [several] {" "}(there are several).
        [unsigned] {" "}(no aligned signature covers it).
        [syntax] {" "}(it is not “v=BIMI1; s=…”).
       *[other] .
    }
bimi-name-too-long = { $selector }._bimi.{ $domain } is longer than DNS allows, so there can be no record.
bimi-text-ignored = TXT records at { $name } that are not BIMI's: { $count }.
bimi-record-found = BIMI record at { $name }: { $record }
bimi-several-records = There are { $count } BIMI records at { $name }; only one is allowed, so none is used.
bimi-local-part-selects = The local part of the sender's address names the selector { $selector } (lps=).
bimi-evidence-valid = The evidence document holds: mark of { $organization } ({ $mark }).
bimi-indicators-same = The indicator at l= is the one in the evidence document.
bimi-indicators-differ = The indicator at l= is not the one in the evidence document.
bimi-decided = BIMI: { $result }. { $reason }

## Reasons

bimi-reason-indicator = The indicator is valid; no evidence was looked at.
bimi-reason-evidence = The evidence document vouches for the indicator.
bimi-reason-no-record = The domain has no BIMI record.
bimi-reason-several-records = The domain has several BIMI records at one name.
bimi-reason-lookup-failed = The BIMI record could not be looked up ({ $failure }).
bimi-reason-declined = The domain owner declines to take part in BIMI.
bimi-reason-defective-record = The BIMI record is not valid.
bimi-reason-no-evidence = The BIMI record names no evidence document, and one is required here.
bimi-reason-not-fetched = { $resource ->
        [indicator] The indicator
        [evidence] The evidence document
        [revocation-list] The revocation list
       *[other] { $resource }
    } could not be fetched ({ GIVEN($status) ->
        [yes] status { $status }
       *[no] { $error }
    }).
bimi-reason-invalid-indicator = The indicator is not valid.
bimi-reason-invalid-evidence = The evidence document is not valid.
bimi-reason-indicators-differ = The indicator at l= is not the one in the evidence document.

bimi-shortfall-author = The message does not have exactly one author.
bimi-shortfall-no-pass = DMARC did not pass.
bimi-shortfall-dmarc-unknown = DMARC could not be checked for now.
bimi-shortfall-no-policy = No DMARC policy speaks for the organizational domain.
bimi-shortfall-policy-none = The DMARC policy of { $domain } is none.
bimi-shortfall-subdomain-policy-none = The DMARC policy of { $domain } for subdomains is none.
bimi-shortfall-testing = The DMARC policy of { $domain } is under test (t=y), so it is not enforced.

## Flaws of records

bimi-version-absent = The record has no version (v=).
bimi-version-not-first = The version (v=) is not the first tag, so this is not a BIMI record.
bimi-version-value = The version is not exactly “BIMI1”, so this is not a BIMI record.
bimi-location-absent = The location of the indicator (l=) is missing.
bimi-location-empty = The location of the indicator (l=) is empty, but that of the evidence (a=) is not.
bimi-location-url = The location of the indicator (l=) cannot be used: { $flaw }.
bimi-location-syntax = The location of the indicator (l=) is not an https URL.
bimi-location-host = The host of the indicator's location (l=) is not a fully qualified domain name.
bimi-location-format = The location of the indicator (l=) ends like an image that is not SVG.
bimi-authority-url = The location of the evidence (a=) cannot be used: { $flaw }.
bimi-authority-syntax = The location of the evidence (a=) is not an https URL.
bimi-authority-host = The host of the evidence's location (a=) is not a fully qualified domain name.
bimi-url-comma = A “,” in a URL must be percent-encoded.
bimi-local-part-prefix = A prefix of lps= is not made of letters, digits and hyphens; it is ignored.
bimi-local-part-prefixes = There are more than { $limit } prefixes in lps=; the rest is ignored.
bimi-avatar-value = The value of avp= is neither brand nor personal and is ignored.
bimi-unknown-tag = This tag is not known and is ignored.

## Findings in indicators

bimi-svg-too-large = The indicator is larger than { $limit_bytes } bytes.
bimi-svg-gzip = The indicator is compressed, but not as gzip has it.
bimi-svg-encoding = The indicator is not UTF-8.
bimi-svg-declared-encoding = The indicator declares an encoding that it does not have.
bimi-svg-doctype = The indicator has a document type declaration.
bimi-svg-xml = The indicator is not well-formed XML.
bimi-svg-too-many-nodes = The indicator has more than { $limit } nodes.
bimi-svg-too-many-attributes = An element of the indicator has more than { $limit } attributes.
bimi-svg-too-deep = The indicator is nested more than { $limit } deep.
bimi-svg-root = The indicator is not an SVG document.
bimi-svg-instruction = The indicator has a processing instruction.
bimi-svg-element = The element { $name } may not stand in { $parent }.
bimi-svg-text = No text may stand in { $element }.
bimi-svg-attribute = The element { $element } may not have the attribute { $name }.
bimi-svg-attribute-value = The attribute { $name } of { $element } has a value that is not allowed.
bimi-svg-attribute-absent = The attribute { $name } is missing.
bimi-svg-title-absent = The first element is not title.
bimi-svg-title-empty = The title is empty.
bimi-svg-title-long = The title is longer than { $limit } characters.
bimi-svg-reference = The attribute { $name } refers to something outside of the document.
bimi-svg-use-loop = The elements use refer to each other without end.
bimi-svg-use-too-many = The elements use multiply the indicator to more than { $limit } elements.
bimi-svg-size-absent = The indicator does not tell its size (viewBox).
bimi-svg-not-square = The indicator is not square.
bimi-svg-more-findings = More than { $limit } things were found; the rest is not shown.

## Flaws of evidence documents

bimi-evidence-too-large = The evidence document is larger than { $limit_bytes } bytes.
bimi-evidence-pem = The evidence document is not valid PEM.
bimi-evidence-too-many-certificates = The evidence document holds more than { $limit } certificates.
bimi-evidence-certificate = A certificate of the evidence document cannot be read.
bimi-evidence-no-mark = The evidence document holds no mark certificate.
bimi-evidence-several-marks = The evidence document holds more than one mark certificate.
bimi-evidence-order = The mark certificate is not the first of the evidence document.
bimi-evidence-usage = The certificate is not one for marks (extended key usage).
bimi-evidence-issuer-usage = The issuer's certificate is not one for marks (extended key usage).
bimi-evidence-not-yet-valid = { $link ->
        [mark] The mark certificate
        [issuer] An issuer's certificate
        [root] The root certificate
       *[other] { $link }
    } is not yet valid.
bimi-evidence-expired = { $link ->
        [mark] The mark certificate
        [issuer] An issuer's certificate
        [root] The root certificate
       *[other] { $link }
    } is no longer valid.
bimi-evidence-extension = A certificate has the extension { $oid }, which is not supported.
bimi-evidence-untrusted = The chain of certificates does not lead to a trusted root.
bimi-evidence-no-authority = A certificate of the chain may not issue certificates.
bimi-evidence-domain = The mark certificate does not name the domain.
bimi-evidence-logotype-absent = The mark certificate carries no indicator.
bimi-evidence-logotype = The indicator in the mark certificate cannot be read.
bimi-evidence-logotype-no-svg = The indicator in the mark certificate is not SVG.
bimi-evidence-logotype-remote = The indicator is not embedded in the mark certificate.
bimi-evidence-logotype-hash = The indicator in the mark certificate does not have the hash given there.
bimi-evidence-indicator = The indicator in the mark certificate is not valid.
bimi-evidence-timestamps-absent = The mark certificate has no timestamp of certificate transparency.
bimi-evidence-revocation-point-absent = The mark certificate does not say where its revocation list is.
bimi-evidence-revoked = { $link ->
        [mark] The mark certificate
        [issuer] An issuer's certificate
        [root] The root certificate
       *[other] { $link }
    } is revoked.
bimi-evidence-revocation-unknown = Whether the mark certificate is revoked is not known{ $doubt ->
        [not-https] {" "}(its list is not published over https).
        [not-fetched] {" "}(its list could not be fetched).
        [malformed] {" "}(what came is no revocation list).
        [issuer] {" "}(the list is not its issuer's).
        [not-current] {" "}(the list is not current).
        [scope] {" "}(the list is for other certificates).
       *[other] .
    }
