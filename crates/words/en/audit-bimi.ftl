### BIMI (BIM).

audit-bim01 = There are { $count } BIMI records at { $name }. Receivers use none of several, and show no indicator.
audit-bim01-fix = Publish exactly one of them.
audit-bim02 = The text at { $name } is meant to be a BIMI record, and does not begin with "v=BIMI1". Receivers ignore it. { $flaw }
audit-bim03 = The record at { $name } names no indicator. No indicator is shown. { $flaw }
audit-bim04 = "{ $text }" in the record at { $name } is no https: address that may be asked for. No indicator is shown. { $flaw }
audit-bim05 = { $url } in the record at { $name } does not end in { $ends }. Some receivers do not fetch it then.
audit-bim06 = The record at { $name } names no evidence document. Gmail and Apple show no indicator without one.
audit-bim07 = "{ $text }" in the record at { $name } is no tag of BIMI. It is ignored; it may be a typing error. { $flaw }
audit-bim08 = "{ $text }" in the record at { $name } cannot be the beginning of a selector. { $flaw }
audit-bim09 = "{ $text }" in the record at { $name } is neither "brand" nor "personal". { $flaw }
audit-bim10 = There is a BIMI record at { $name }, and the DMARC policy is "{ $policy }", or is weakened by "sp", "t" or "pct". No indicator is shown without enforcement.
audit-bim11 = There is a BIMI record, and the SPF record at { $name } lets everyone send. Some receivers show no indicator then.
audit-bim12 = { $url } cannot be fetched: { $reason }. No indicator is shown.
audit-bim12-status = { $url } is answered with status { $status }. No indicator is shown.
audit-bim13 = The indicator at { $url } comes as "{ $content_type }" and not as image/svg+xml. Some receivers refuse it.
audit-bim14 = The indicator at { $url } is larger than 32 KiB. Receivers refuse it.
audit-bim15 = The indicator at { $url } cannot be read. Receivers refuse it. { $flaw }
audit-bim16 = The indicator at { $url } does not say baseProfile="tiny-ps". Receivers refuse it. { $flaw }
audit-bim17 = The indicator at { $url } does not say version="1.2". Receivers refuse it. { $flaw }
audit-bim18 = The indicator at { $url } has no title as its first element. Receivers refuse it. { $flaw }
audit-bim19 = The title of the indicator at { $url } is empty or too long. { $flaw }
audit-bim19-generic = The title of the indicator at { $url } says only "{ $text }". People who hear instead of see learn nothing from it.
audit-bim20 = The root of the indicator at { $url } has "x" or "y". Receivers refuse it. { $flaw }
audit-bim21 = The indicator at { $url } has something that the format does not know. Receivers refuse it. { $flaw }
audit-bim22 = The indicator at { $url } has something that runs, moves or brings in other files. Receivers refuse it. { $flaw }
audit-bim23 = The indicator at { $url } has an attribute or a style that the format does not know. Receivers refuse it. { $flaw }
audit-bim24 = The indicator at { $url } leads out of itself. Receivers refuse it. { $flaw }
audit-bim25 = The indicator at { $url } is not square, or does not say its size. It is cut or shown small. { $flaw }
audit-bim26 = The indicator at { $url } begins with something else than a rectangle or a circle: its background may be transparent, and receivers show it on any colour.
audit-bim27 = A value in the indicator at { $url } is none that the format allows. Receivers refuse it. { $flaw }
audit-bim28 = The certificate at { $url } does not hold at this time. No indicator is shown. { $flaw }
audit-bim28-soon = The certificate at { $url } ends in { $days } days. After that no indicator is shown.
audit-bim29 = The certificate at { $url } does not lead to a trusted authority. No indicator is shown. { $flaw }
audit-bim30 = The certificate at { $url } is not for marks. No indicator is shown. { $flaw }
audit-bim31 = The certificate at { $url } does not name the domain. No indicator is shown. { $flaw }
audit-bim32 = The certificate at { $url } holds no sound indicator. No indicator is shown. { $flaw }
audit-bim32-other = The indicator in the certificate at { $url } is not the one that the record names. No indicator is shown.
audit-bim33 = The certificate at { $url } is revoked, or does not say where that could be seen. No indicator is shown. { $flaw }
audit-bim34 = The certificate at { $url } has no timestamps of certificate transparency. Gmail shows no indicator then. { $flaw }
audit-bim35 = The certificate at { $url } does not tell the kind of its mark ("{ $kind }"). Receivers may not know how to show it.
audit-bim36 = The certificate at { $url } has extensions that receivers do not know. Some refuse it. { $flaw }
audit-bim37 = { $domain } has no BIMI record of its own; the one at { $name } stands in.
audit-bim38 = The BIMI-Selector field is not signed. Receivers take the default selector instead.
audit-bim38-signed = The field { $field } is signed. Receivers write it themselves, and break the signature by it.
audit-bim39 = By its CAA records nobody may issue mark certificates for { $name }. The next certificate will not be issued.
