### What is known of the client: iprev, lists in DNS, Null MX.

## iprev

iprev-asked = { $name } { $kind } → { $answer ->
        [records] { $data }{ GIVEN($more) ->
            [yes] {" "}(and { $more } more)
           *[no] {""}
        }
        [nodata] no record of this type
        [nxdomain] the name does not exist
       *[other] { $answer }
    }
iprev-names-ignored = The address has more names than are examined; only the first { $count } count.
iprev-confirmed = { $name } leads back to the address.
iprev-no-name = The address of the client has no name in DNS.
iprev-not-confirmed = { $count ->
        [one] The name of the client’s address does not lead back to it.
       *[other] None of the { $count } names of the client’s address leads back to it.
    }
iprev-dns-failure = { $name } { $kind } could not be looked up ({ $failure }).

## Null MX

null-mx-asked = { $name } { $kind } → { $answer ->
        [records] { $data }{ GIVEN($more) ->
            [yes] {" "}(and { $more } more)
           *[no] {""}
        }
        [nodata] no record of this type
        [nxdomain] the name does not exist
       *[other] { $answer }
    }
null-mx-published = { $role ->
        [from] The author domain { $domain } says that it takes no mail (Null MX).
       *[mailfrom] The domain of the envelope sender, { $domain }, says that it takes no mail (Null MX).
    }
null-mx-preference = { $domain } has a Null MX with the preference { $preference }, where 0 is demanded; it takes no mail.
null-mx-repeated = { $domain } has { $count } records of Null MX, where one is allowed; it takes no mail.
null-mx-beside-others = { $domain } has a Null MX beside mail exchanges ({ $count }), which contradict it.
null-mx-absent = { $domain } does not say that it takes no mail.
null-mx-unknown = Whether { $domain } takes mail could not be looked up ({ $failure }).

## SMTP AUTH

smtp-auth-none = The client did not authenticate (SMTP AUTH).
smtp-auth-authenticated = The client authenticated{ GIVEN($identity) ->
        [yes] {" "}as { $identity }
       *[no] {""}
    }{ GIVEN($mechanism) ->
        [yes] {" "}with { $mechanism }.
       *[no] .
    }
smtp-auth-anonymous = The client used the mechanism ANONYMOUS, which authenticates nobody.
smtp-auth-failed = The client tried to authenticate and did not succeed ({ $result }).
smtp-auth-identity-unusable = The identity of the client is too long or not printable, and is not told.
smtp-auth-mail-from-unusable = The parameter AUTH of MAIL is not used: it is no mail address, or the client did not authenticate.

## Lists in DNS

dns-list-asked = { $name } { $kind } → { $answer ->
        [records] { $data }{ GIVEN($more) ->
            [yes] {" "}(and { $more } more)
           *[no] {""}
        }
        [nodata] no record of this type
        [nxdomain] the name does not exist
       *[other] { $answer }
    }
dns-list-outside = { $address } is no code of a list and does not count.
dns-list-other-codes = There is an entry, and none of its codes ({ $count }) is among those that count.
dns-list-text-unusable = The text of the entry is not printable or too long, and is not used.
dns-list-name-too-long = { $key } with the name of the list is too long for DNS, and so in no such list.
dns-list-listed = { $key } is on the blocklist { $zone } ({ $codes }).{ GIVEN($text) ->
        [yes] {" "}It says: “{ $text }”
       *[no] {""}
    }
dns-list-welcome = { $key } is on the whitelist { $zone } ({ $codes }).{ GIVEN($text) ->
        [yes] {" "}It says: “{ $text }”
       *[no] {""}
    }
dns-list-not-listed = { $key } is not on the list { $zone }.
dns-list-not-used = What { $zone } says of { $key } does not count. { $reason }
dns-list-refused = The list refuses to answer ({ $code }).
dns-list-query-refused = The DNS server of the list refuses to answer.
dns-list-no-code = The list answers with { $address }, which is no code of a list.
dns-list-no-test-entry = The list does not have the test entry that it must have.
dns-list-lists-all = The list has the test entry that it must not have, and so perhaps every entry.
dns-list-names-too-long = The name of the list is too long for its entries.
dns-list-dns-failure = { $name } { $kind } could not be looked up ({ $failure }).
dns-list-omitted = There are more lists and names than are asked about; { $count } entries were not looked for.
