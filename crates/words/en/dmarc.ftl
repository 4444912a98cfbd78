### DMARC: steps, reasons, flaws of records and of the public suffix list.

## Steps

dmarc-asked = { $name } { $kind } → { $answer ->
        [records] { $data }{ GIVEN($ttl_s) ->
            [yes] {" "}(TTL { $ttl_s })
           *[no] {""}
        }
        [nodata] no record of this type
        [nxdomain] the name does not exist
       *[other] { $answer }
    }
dmarc-name-too-long = _dmarc.{ $domain } would be too long for DNS, so there can be no record.
dmarc-text-ignored = { $count ->
        [one] { $count } TXT record of _dmarc.{ $domain } is not a DMARC record and was ignored.
       *[other] { $count } TXT records of _dmarc.{ $domain } are not DMARC records and were ignored.
    }
dmarc-record-found = DMARC record of { $domain }: { $record }
dmarc-several-records = _dmarc.{ $domain } has { $count } DMARC records; as only one is allowed, all were ignored.
dmarc-organizational-domain = The organizational domain of { $domain } is { $organizational }{ $selected ->
        [psd-n] , by its record (psd=n).
        [below-psd-y] , directly below a public suffix (psd=y).
        [fewest-labels] , the highest domain with a DMARC record.
        [no-record] , as no DMARC record was found above it.
        [suffix-list] , by the public suffix list.
        [same-domain] , the domain itself.
       *[other] .
    }
dmarc-policy-record = The record of { $domain } applies{ $place ->
        [author] , the author domain itself.
        [organizational] , the organizational domain.
        [public-suffix] , the public suffix.
       *[other] .
    }
dmarc-defective-policy-monitored = The policy in the record of { $domain } is missing or not valid, so p=none applies.
dmarc-defective-policy-unusable = The policy in the record of { $domain } is missing or not valid, and it names no report address, so DMARC does not apply.
dmarc-author-exists = { $domain } exists in DNS.
dmarc-author-does-not-exist = { $domain } does not exist in DNS.
dmarc-author-existence-unknown = Whether { $domain } exists could not be found out ({ $failure }).
dmarc-policy-applied = The policy is { $policy } ({ $tag }=).
dmarc-policy-testing = The policy is { $policy } ({ $tag }=) under test (t=y), so { $to_apply } applies.
dmarc-aligned = { $identifier } ({ $mechanism ->
        [spf] SPF
        [dkim] DKIM
       *[other] { $mechanism }
    }) is aligned with { $author }{ $alignment ->
        [same-name] : the same domain.
        [same-organization] : the same organizational domain.
       *[other] .
    }
dmarc-not-aligned = { $identifier } ({ $mechanism ->
        [spf] SPF
        [dkim] DKIM
       *[other] { $mechanism }
    }) is not aligned with { $author }{ $alignment ->
        [other-name] : another domain, and alignment is strict.
        [other-organization] : another organizational domain.
       *[other] .
    }
dmarc-alignment-unknown = Whether { $identifier } ({ $mechanism ->
        [spf] SPF
        [dkim] DKIM
       *[other] { $mechanism }
    }) is aligned with { $author } could not be found out ({ $alignment }).
dmarc-alignment-not-sought = Whether { $identifier } ({ $mechanism ->
        [spf] SPF
        [dkim] DKIM
       *[other] { $mechanism }
    }) is aligned with { $author } was not looked into{ $alignment ->
        [over-limit] : there are too many identifiers.
       *[other] , as the result does not depend on it.
    }
dmarc-authors-over-limit = From names { $count } domains; more than { $limit } are not evaluated.
dmarc-destination = Reports may go to { $uri }{ $verdict ->
        [internal] : it belongs to the same organization.
        [agreed] : its domain has agreed to take them.
        [redirected] : its domain directs them to another address.
       *[other] .
    }
dmarc-destination-refused = No report goes to { $uri }: { $verdict ->
        [scheme] only mailto: addresses are supported.
        [not-agreed] its domain has not agreed to take reports.
        [other-host] its domain directs reports to another domain.
        [name-too-long] the name to ask for its agreement is too long for DNS.
        [public-suffix] its domain is a public suffix.
       *[other] { $verdict }.
    }
dmarc-destination-unknown = Whether the domain of { $uri } has agreed to take reports could not be found out ({ $verdict }).
dmarc-decided = DMARC for { $author }: { $result }. { $reason }

## Reasons

dmarc-reason-aligned = { $mechanism ->
        [spf] SPF
        [dkim] DKIM
       *[other] { $mechanism }
    } passes and is aligned.
dmarc-reason-not-aligned = What passed is not aligned with the author domain.
dmarc-reason-not-authenticated = Neither SPF nor DKIM passes.
dmarc-reason-no-record = No DMARC record applies.
dmarc-reason-unusable-record = The DMARC record has no valid policy and no report address.
dmarc-reason-policy-unknown = The DMARC record could not be looked up ({ $failure }).
dmarc-reason-alignment-unknown = Alignment could not be found out ({ $failure }).
dmarc-reason-authentication-unknown = { $mechanism ->
        [spf] SPF
        [dkim] DKIM
       *[other] { $mechanism }
    } could not be checked for now.
dmarc-reason-existence-unknown = Whether the author domain exists could not be found out ({ $failure }), and the policy depends on it.
dmarc-reason-from-absent = There is no From field.
dmarc-reason-from-repeated = There is more than one From field.
dmarc-reason-from-malformed = The From field cannot be read for certain.
dmarc-reason-from-no-mailbox = The From field names no mailbox.
dmarc-reason-from-bad-domain = The domain in From is not a domain name.
dmarc-reason-one-of-several = From names several domains, and the one that decides has the result { $decisive }.
dmarc-reason-authors-over-limit = From names more than { $limit } domains.

## Flaws of records

dmarc-version-absent = The record has no version (v=).
dmarc-version-not-first = The version (v=) is not the first tag, so this is not a DMARC record.
dmarc-version-value = The version is not exactly “DMARC1”, so this is not a DMARC record.
dmarc-leading-space = White space stands before “v=”; some receivers may not take this for a DMARC record.
dmarc-policy-absent = The policy (p=) is missing.
dmarc-policy-value = The policy is none of none, quarantine and reject.
dmarc-policy-not-second = The policy (p=) does not follow the version directly; older receivers may ignore the record.
dmarc-mode-value = The alignment mode is neither r nor s.
dmarc-psd-value = The value of psd= is none of y, n and u.
dmarc-testing-value = The value of t= is neither y nor n.
dmarc-failure-options-value = The value of fo= is not valid.
dmarc-failure-options-alone = fo= has no effect without ruf=.
dmarc-uri-empty = There is nothing between two commas of the report addresses.
dmarc-uri-syntax = The report address is not a URI; it must begin with “mailto:”.
dmarc-uri-mailbox = The report address is not one plain mail address.
dmarc-uri-mark = A “!” or “,” in the report address must be percent-encoded.
dmarc-uri-size = The size behind “!” is obsolete and ignored.
dmarc-uri-scheme = Reports are sent to mailto: addresses only.
dmarc-uri-too-many = There are more than { $limit } report addresses; the rest is ignored.
dmarc-uri-too-long = The report address is longer than { $limit_bytes } bytes and is ignored.
dmarc-historic-tag = This tag has no meaning any more and is ignored.
dmarc-historic-value = This tag has no meaning any more, and its value was never valid.
dmarc-unknown-tag = This tag is not known and is ignored.

## The public suffix list

dmarc-suffix-line = A line of the public suffix list is not a rule and was ignored.
dmarc-suffix-list-too-long = The public suffix list is longer than { $limit_bytes } bytes; the rest was not read.
dmarc-suffix-list-empty = The public suffix list holds no rule.
