### Mail hosts, Null MX, reverse names (MXN).

audit-mxn01 = { $name } has a Null MX and other MX records beside it. Senders differ in which they believe; a Null MX stands alone.
audit-mxn01-fix = Take the Null MX away if the domain takes mail, or all others if it does not.
audit-mxn02 = The Null MX of { $name } has preference { $preference }. It should be 0, or some senders do not know it for one.
audit-mxn03 = { $name } sends mail and says by a Null MX that it takes none. Receivers may refuse its mail (550 5.7.27), and errors cannot be reported to it.
audit-mxn04 = The domain takes no mail, and its SPF record does not say that it sends none. Mail in its name is not known for forged.
audit-mxn04-dmarc = { $name } takes no mail, and no DMARC policy refuses mail in its name.
audit-mxn05 = { $name } has addresses and no MX record. Senders deliver mail to these addresses; if nothing takes it there, say so by a Null MX.
audit-mxn06 = The mail host { $host } of { $name } has no address. Mail waits for days and comes back.
audit-mxn06-address = The mail host { $host } of { $name } is an address. An MX record wants a name; senders ignore it.
audit-mxn06-localhost = The mail host of { $name } is { $host }: senders would deliver to themselves.
audit-mxn06-alias = The mail host { $host } of { $name } is an alias of { $target }. MX records must name a host itself; some senders refuse.
audit-mxn07 = The mail host { $host } has private addresses only. Nobody outside can deliver.
audit-mxn08 = { $ip } sends mail and has no reverse name. Large receivers refuse or delay its mail.
audit-mxn08-unconfirmed = { $ip } sends mail; its reverse name { $host } does not lead back to it. Large receivers refuse or delay its mail.
audit-mxn09 = The reverse name { $host } of { $ip } looks like one of a dial-up line. Filters trust such senders less.
audit-mxn10 = { $name } has one mail host with one address. When it stands still, so does all mail to the domain.
audit-mxn10-network = All mail hosts of { $name } are in one network. When that stands still, so does all mail to the domain.
audit-mxn11 = The mail host { $host } offers no STARTTLS. Mail to it can be read on the way.
audit-mxn11-failed = The mail host { $host } offers STARTTLS, and it fails. Some senders deliver without it, others not at all.
audit-mxn11-expired = The certificate of the mail host { $host } has expired. Senders that check it do not deliver.
audit-mxn11-name = The certificate of the mail host { $host } is for another name. Senders that check it do not deliver.
audit-mxn12 = The zone of the mail host { $host } is signed, and there is no TLSA record at { $name }. With one, senders could know its certificate (DANE).
audit-mxn12-other = The TLSA records at { $name } name another certificate than the one that { $host } shows. Senders that check it do not deliver.
