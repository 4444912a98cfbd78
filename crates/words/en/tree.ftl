### The SPF tree: what is to be said of a record, of a term, and of a record written anew.

## Records

spf-tree-no-record = { $domain } publishes no SPF record: receivers answer permerror.
spf-tree-no-such-domain = { $domain } does not exist: receivers answer permerror, and whoever registers the name decides who may send.
spf-tree-not-checkable = { $domain } is not a name that SPF can be checked for.
spf-tree-several-records = { $domain } publishes { $count } SPF records; exactly one is allowed, so receivers answer permerror.
spf-tree-broken = The record of { $domain } is not valid at “{ $text }”: receivers answer permerror. { $flaw }
spf-tree-failed = { $name } { $kind } could not be looked up ({ $failure }): receivers answer temperror.
spf-tree-loop = The record leads back to { $domain }, which is above it: receivers answer permerror.
spf-tree-cut = The tree is larger than we look; it is cut here by our limit of { $what ->
        [records] records
        [depth] includes one inside the other
        [questions] questions
        [bytes] bytes in answers
        [hosts] hosts of one term
        [terms] terms
       *[other] { $what }
    }.
spf-tree-strict-voids = Hosts with addresses of one family only count as void lookups for some receivers: { $count }, where { $limit } are allowed.

## Terms

spf-tree-too-many-lookups = Here lookup { $limit } is passed: receivers stop and answer permerror to whoever was not matched before.
spf-tree-too-many-voids = Here more than { $limit } lookups have found nothing: receivers stop and answer permerror.
spf-tree-void = { $name } has no { $kind ->
        [MX] mail exchange
       *[other] address
    }: the term matches nobody, and counts as a void lookup.
spf-tree-too-many-hosts = There are { $count } mail exchanges, and { $limit } are allowed: receivers answer permerror.
spf-tree-after-all = Never reached: it stands behind { $terms }.
spf-tree-covered = Superfluous: { $terms } matches all of it before.
spf-tree-contradicted = Without effect: { $terms } matches all of it before, with another result.
spf-tree-unreached = Never reached: the terms before it match everyone.
spf-tree-varies = Depends on each message ({ $macros }), so its addresses are not known.
spf-tree-ptr = “ptr” is slow and unreliable and should not be used; which addresses it matches is not known.
spf-tree-everyone = Lets everyone pass.
spf-tree-target-malformed = Leads to what can be no name in DNS. { $flaw }

## Records written anew

spf-minimise-unsound = The record has errors, or something below it could not be looked up; only a record without errors can be written anew.
spf-minimise-too-large = It would take { $count } networks, and no more than { $limit } are written.
spf-minimise-too-long = The record cannot be made short enough: { $octets } octets are left.
spf-minimise-name = The name for a further record would be too long.
spf-minimise-unproved = The new record could not be proved to mean the same, so it is not shown.
