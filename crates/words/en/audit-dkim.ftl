### DKIM keys and signing (DKM).

audit-dkm01 = There is no key at { $name }, and { $messages } messages were signed with the selector "{ $selector }". Their signatures fail.
audit-dkm01-given = There is no key at { $name }. Whatever is signed with the selector "{ $selector }" fails.
audit-dkm02 = There are { $count } TXT records at { $name }. A verifier takes one of them, nobody knows which: signatures fail now and then.
audit-dkm02-fix = Keep the record of the key that is used; give another key another selector.
audit-dkm03 = In the key record at { $name } "v" is not the first tag or not "DKIM1". Verifiers ignore the record, and signatures fail.
audit-dkm04 = The key record at { $name } has no "v=DKIM1". It works; but only with it is it clear what the text is.
audit-dkm05 = The record at { $name } has no key ("p="). Signatures with this selector fail.
audit-dkm06 = The key of the selector "{ $selector }" at { $name } is revoked (an empty "p="). That is how it should be once nothing is signed with it.
audit-dkm06-used = The key of the selector "{ $selector }" at { $name } is revoked, and { $messages } messages were signed with it lately. Their signatures fail.
audit-dkm07 = The key at { $name } is not base64. Verifiers cannot read it, and signatures fail.
audit-dkm07-armour = The key at { $name } still has the lines of a PEM file around it. Only what stands between them belongs into "p=".
audit-dkm07-cut = The key at { $name } is cut off. Often a form for DNS took only the first 255 characters; signatures fail.
audit-dkm07-doubled = The key at { $name } has a second key behind the first. Signatures fail.
audit-dkm08 = The key at { $name } is not an RSA key. Signatures with this selector fail.
audit-dkm09 = The key at { $name } has { $bits } bits. Receivers must not accept less than 1024; such a key can be broken at home.
audit-dkm10 = The key at { $name } has { $bits } bits. RFC 8301 wants 2048; some receivers count less as weak.
audit-dkm11 = The key at { $name } has { $bits } bits. 2048 are enough; longer keys do not fit into one DNS packet, and above 4096 verifiers may refuse.
audit-dkm12 = The exponent of the key at { $name } is not 65537. It works; it shows that something unusual made the key.
audit-dkm12-none = The exponent of the key at { $name } is 1 or even. Anybody can make signatures that this key confirms.
audit-dkm12-three = The exponent of the key at { $name } is 3. With verifiers that check padding loosely, signatures can be forged.
audit-dkm13 = The key at { $name } is known to be weak ({ $weakness ->
        [roca] it was made by a chip with the ROCA fault
        [small-factor] its modulus has a small factor
        [close-factors] its two primes are neighbours
       *[other] it shares a prime with another key of the domain
    }). Its private half can be computed: make a new one.
audit-dkm14 = The Ed25519 key at { $name } is not 32 bytes in base64. Often it was published with the ASN.1 around it; signatures fail.
audit-dkm15 = Only Ed25519 keys were found, as at { $name }. Many receivers cannot verify them and treat the mail as unsigned.
audit-dkm15-fix = Sign with an RSA key of 2048 bits too, under a selector of its own.
audit-dkm16 = The key record at { $name } is of a kind that nobody knows ("k={ $text }"). Signatures with this selector fail.
audit-dkm17 = The key at { $name } does not allow SHA-256 ("h={ $text }"). Receivers accept nothing else; signatures fail.
audit-dkm18 = The key at { $name } allows SHA-1 ("h={ $text }"). Receivers do not accept it any more.
audit-dkm19 = The key at { $name } is not for mail ("s={ $text }"). Signatures with it fail.
audit-dkm20 = The key at { $name } says "t=y": the domain tests DKIM. Receivers may treat signed mail as unsigned.
audit-dkm21 = The key at { $name } says "t=s": "i=" must be exactly the domain of the signature.
audit-dkm21-below = The key at { $name } says "t=s", and messages were signed with "i=" below the domain. These signatures fail.
audit-dkm22 = The key record at { $name } has "g=", which ended with RFC 6376. Some old verifiers read it and refuse signatures.
audit-dkm23 = The key record at { $name } has the tag "{ $tag }", which nobody knows. It is ignored; it may be a typing error.
audit-dkm23-signature = The key record at { $name } has the tag "{ $tag }", which belongs into a signature. Here it does nothing.
audit-dkm24 = A tag stands twice in the key record at { $name }. Verifiers ignore the record, and signatures fail.
audit-dkm25 = The key record at { $name } holds backslashes before its semicolons. They belong into a zone file only; some verifiers cannot read the record.
audit-dkm26 = The key at { $name } is the same as that of the selector "{ $other }". Who revokes one leaves the other, and a new selector without a new key is no rotation.
audit-dkm27 = The key of the selector "{ $selector }" has been in use for { $days } days or more. The longer a key is used, the more it is worth to whoever steals it.
audit-dkm27-fix = Make a new key under a new selector at least every six months: "sekisho key rotate".
audit-dkm28 = The selector "{ $selector }" has signed nothing for { $days } days and its key is still published. Mail signed with it can be sent again as if it were new.
audit-dkm29 = The key of the selector "{ $selector }" was replaced in place. Mail that was under way, and answers kept in caches, fail.
audit-dkm29-fix = Publish the next key under a new selector, sign with it once it is seen everywhere, and take the old one away a week later.
audit-dkm30 = The key of the selector "{ $selector }" was taken away { $days } days after its last signature. Mail may wait in queues for a week; then it fails.
audit-dkm31 = No next key of { $domain } is published. When the present one must go at once, nothing can take its place before DNS has seen it.
audit-dkm31-fix = Stage the next key: "sekisho key new", and publish it.
audit-dkm32 = { $name } is an alias of { $target }, and nothing is there. The service does not use this selector, or whoever gets that name can sign for the domain.
audit-dkm33 = Every selector answers with a usable key, { $name } among them, because of a wildcard. Nobody can revoke a single selector then.
audit-dkm34 = { $domain } sends no mail. A wildcard with an empty key says that no signature in its name holds.
audit-dkm35 = { $count ->
        [one] { $count } private key
       *[other] { $count } private keys
    } can be read by others than the signer. Whoever reads one can sign for the domain.
audit-dkm35-other = The private key of the selector "{ $selector }" is not the one whose public half is published. Every signature with it fails.
audit-dkm36 = The signature of { $domain } ("{ $selector }") leaves out fields that are there: { $fields }. They can be changed without breaking it.
audit-dkm37 = The signature of { $domain } ("{ $selector }") does not sign "From" once more than it stands there. A second "From" can be added, and some programs show that one.
audit-dkm38 = The signature of { $domain } ("{ $selector }") forbids fields that lists and forwarders add: { $fields }. Mail that goes through a list fails.
audit-dkm39 = The signature of { $domain } ("{ $selector }") covers only the first { $length_bytes } bytes of the body ("l="). Anything can be appended, and the signature still holds.
audit-dkm40 = The signature of { $domain } ("{ $selector }") takes the header as it stands ("simple"). A relay that folds a line breaks it.
audit-dkm41 = The signature of { $domain } ("{ $selector }") expires after { $hours } hours. Mail may wait longer in a queue, and fails then.
audit-dkm41-before = The signature of { $domain } ("{ $selector }") expires before it was made. It fails everywhere.
audit-dkm42 = None of the signatures ({ $domains }) is aligned with the author { $author }. They do not help DMARC.
audit-dkm43 = The signature of { $domain } ("{ $selector }") leaves out { $fields }. Receivers offer unsubscribing with one click only when both fields are signed.
audit-dkm44 = The note ("n=") in the key record at { $name } is longer than needed. Every verifier fetches it with the key.
audit-dkm45 = The selector "{ $selector }" seems to name a person or a customer. Whoever gets a message learns it.
