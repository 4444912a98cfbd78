### SPF: steps, reasons, flaws of records.

## Steps

spf-asked = { $name } { $kind } → { $answer ->
        [records] { $data }{ GIVEN($more) ->
            [yes] {" "}(and { $more } more)
           *[no] {""}
        }
        [nodata] no record of this type
        [nxdomain] the name does not exist
       *[other] { $answer }
    }
spf-record = { $domain }: { GIVEN($term) ->
        [yes] { $term } decides{ GIVEN($result) ->
            [yes] : { $result }.
           *[no] .
        }
       *[no] the evaluation did not end.
    }
spf-target-unusable = { $term } of { $domain } leads to what is no usable name, and does not match. { $flaw }
spf-local-part-not-ascii = { $term } of { $domain } uses the local part, which is not US-ASCII, and does not match.
spf-void = This answer is empty: void lookup { $count }.
spf-void-forgiven = { $name } { $kind } is empty but does not count, as the host has addresses of the other family.
spf-names-ignored = The client has more names than are examined; only the first { $count } count.
spf-explanation-unusable = The explanation that the domain offers is not used: { $flaw ->
        [target] its name cannot be asked.
        [no-answer] there is none.
        [several] there is more than one.
        [characters] it is not printable US-ASCII.
        [too-long] it is too long.
       *[other] { $flaw }
    }

## Reasons

spf-sender-malformed = The envelope sender is not a mail address, so there is nothing to check.
spf-domain-malformed = The domain is not usable in DNS, so there is nothing to check. { $flaw }
spf-address-literal = The domain is an address literal, so there is nothing to check.
spf-single-label = The domain has one label only, so there is nothing to check.
spf-no-such-domain = { $domain } does not exist.
spf-no-record = { $domain } publishes no SPF record.
spf-several-records = { $domain } publishes { $count } SPF records; exactly one is allowed.
spf-record-broken = The SPF record of { $domain } is not valid{ GIVEN($text) ->
        [yes] {""} at “{ $text }” (character { ORDINAL($at) }). { $flaw }
       *[no] .
    }
spf-too-many-lookups = The SPF record needs more than { $limit } DNS lookups; { $term } of { $domain } is one too many.
spf-too-many-void-lookups = More than { $limit } DNS lookups of the SPF record found nothing, the last by { $term } of { $domain }.
spf-too-many-mail-exchanges = { $term } of { $domain } leads to more than { $limit } mail exchanges.
spf-target-without-record = { $term } of { $domain } leads to { $target }, which publishes no SPF record.
spf-target-malformed = { $term } of { $domain } leads to what is no domain name.
spf-dns-failure = { $name } { $kind } could not be looked up ({ $failure }).

## Flaws of records

spf-flaw-version-missing = The record does not begin with “v=spf1”.
spf-flaw-record-too-long = The record is longer than is read.
spf-flaw-too-many-terms = The record has more terms than are read.
spf-flaw-control-character = The record holds a control character.
spf-flaw-non-ascii = The record holds a character outside US-ASCII.
spf-flaw-unknown-mechanism = There is no mechanism of this name.
spf-flaw-modifier-as-mechanism = The modifier is written with “:” instead of “=”.
spf-flaw-qualifier-on-modifier = A qualifier (+ - ~ ?) stands before a modifier.
spf-flaw-modifier-name = What stands before “=” is not a name.
spf-flaw-argument-missing = The mechanism lacks its argument.
spf-flaw-argument-unexpected = The mechanism takes no such argument.
spf-flaw-empty-domain-spec = The domain behind “:” or “=” is missing.
spf-flaw-top-label = The domain does not end with a valid top-level label.
spf-flaw-macro-stray = A “%” stands alone; a literal one is written “%%”.
spf-flaw-macro-unclosed = A macro has no closing “{"}"}”.
spf-flaw-macro-letter = There is no macro of this letter.
spf-flaw-macro-explanation-only = This macro is allowed in explanations only.
spf-flaw-macro-zero = A macro asks for zero parts.
spf-flaw-macro-delimiter = A macro holds a character that is no delimiter.
spf-flaw-cidr-syntax = What follows “/” is not a prefix length.
spf-flaw-leading-zero = A number begins with a zero.
spf-flaw-cidr-too-long = The prefix length is longer than the address.
spf-flaw-ip4-address = This is not an IPv4 address.
spf-flaw-ip6-address = This is not an IPv6 address.
spf-flaw-ip6-under-ip4 = An IPv6 address stands behind “ip4:”.
spf-flaw-ip4-under-ip6 = An IPv4 address stands behind “ip6:”.
spf-flaw-duplicate-redirect = “redirect=” occurs twice.
spf-flaw-duplicate-explanation = “exp=” occurs twice.
spf-flaw-unknown-modifier = This modifier is not known and is ignored.
spf-flaw-mechanism-as-modifier = The mechanism is written with “=” instead of “:”, and is ignored as an unknown modifier.
spf-flaw-term-after-all = What follows “all” is never reached.
spf-flaw-redirect-ignored = “redirect=” is ignored, as the record has “all”.
spf-flaw-modifier-not-last = A modifier stands before a mechanism; it acts as if it stood at the end.
spf-flaw-host-bits = The address has bits beyond its prefix; they are ignored.
spf-flaw-domain-malformed = The domain cannot exist in DNS, so the term never matches.
spf-flaw-report-address = “ra=” is not a local part.
spf-flaw-report-percentage = “rp=” is not a percentage from 0 to 100.
spf-flaw-report-request = “rr=” asks for a kind of report that does not exist.
spf-flaw-report-without-address = “rp=” and “rr=” have no effect without “ra=”.
spf-report-wished = The domain wishes reports of { $percentage } % of such results at { $address }.
