### Facts: what is worth knowing beside the results.

from-absent = The message has no From field.
from-repeated = The message has more than one From field; mail programs may show another author than the one examined.
from-malformed = The From field can be read in more than one way; mail programs may show another author than the one examined.
from-no-mailbox = The From field names no mailbox.
from-bad-domain = What stands behind the “@” in From is not a domain name.
from-space-before-colon = White space stands between “From” and its colon; mail programs read such a field differently.
spf-everyone = The SPF record of { $domain } lets every address pass ({ $term }); its pass proves nothing.
spf-wide-range = The SPF record of { $domain } lets a very wide range of addresses pass ({ $term }, prefix length { $bits }).
dkim-not-accepted = The signature of { $domain } passes but does not count for DMARC: { $weakness ->
        [dkim-body-length] it leaves the end of the body unsigned (l=).
        [dkim-not-covered] it does not cover Subject.
        [dkim-more-instances] a From field is there that it does not cover.
        [dkim-testing] its key is under test (t=y).
        [dkim-sha1] it uses SHA-1, which is no longer safe.
        [dkim-weak-key] its key is too short.
       *[other] it is too weak ({ $weakness }).
    }
