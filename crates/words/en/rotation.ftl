### The life of keys: what happened, and why it waits.

rotation-staged = The key { $selector } is made; it signs when every name server shows it.
rotation-active = The key { $selector } signs from now on.
rotation-draining = The key { $selector } signs no more; it stays published for the mail that it has signed.
rotation-revoked = The key { $selector } is revoked: its record says p= and nothing more.
rotation-disclosed = The private key of { $selector } is published: nobody can prove any more who signed with it.
rotation-deleted = The record of { $selector } is taken away.
rotation-lost = The record of { $selector } is gone from every name server; it signs no more until it is back.
rotation-rolled-back = The key { $selector }, which was used before, signs again.
rotation-gone = Of { $selector } nothing is left; the private key is destroyed.

rotation-wait-unasked = Nobody was asked what { $name } holds: the name servers of its zone were not found.
rotation-wait-silent = { $count ->
        [one] { $count } name server does
       *[other] { $count } name servers do
    } not say what { $name } holds.
rotation-wait-not-everywhere = { $count } of { $total } name servers do not show what { $name } is to hold.
rotation-wait-nowhere = No name server shows what { $name } is to hold.
rotation-wait-alias-missing = The domain’s owner has still to publish { $name } CNAME { $target }.
rotation-wait-settling = Caches may hold until { TIME($until) } what was there before the record of { $selector }.
rotation-wait-in-flight = Mail that { $selector } has signed may be on its way until { TIME($until) }.
rotation-wait-revoked = { $selector } stays published as revoked until { TIME($until) }.
rotation-wait-reported = A report shows { $selector } at { TIME($seen) }; its record stays until { TIME($until) }.
rotation-wait-no-selector = No selector is free for the next key.
rotation-wait-nothing-signs = No key signs for the domain.
rotation-wait-due = The next key is due at { TIME($until) }.

rotation-refused-unknown-selector = There is no key with this selector.
rotation-refused-no-replacement = The key signs, and no other is ready to take its place.
rotation-refused-already-so = That is done already, or under way.
rotation-refused-selector-taken = The selector is or was another key’s.
rotation-refused-ending = The domain gives up signing.
rotation-refused-too-many-keys = There are more than { $limit } keys.
