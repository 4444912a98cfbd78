### The SPF tree: what is to be said of a record, of a term, and of a record written anew.

## The whole

spf-tree-summary = { $lookups } of { $limit } lookups, { $void_lookups } of them void; { $ip4 } addresses of IPv4 and { $ip6 } of IPv6 pass.
spf-tree-summary-and-more = { $lookups } of { $limit } lookups, { $void_lookups } of them void; { $ip4 } addresses of IPv4 and { $ip6 } of IPv6 pass, and whoever matches the terms that depend on each message.
spf-tree-summary-with-errors = { $lookups } of { $limit } lookups, { $void_lookups } of them void; { $ip4 } addresses of IPv4 and { $ip6 } of IPv6 pass before an error is met.
spf-tree-label-ip4 = IPv4
spf-tree-label-ip6 = IPv6
spf-tree-label-lookups = lookups

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
spf-minimise-unproved = The new record could not be proved to mean the same, so it is not shown.
spf-minimise-dropped = { $term } is left out: what it matches, others match with the same result, or nothing does.
spf-minimise-frozen = { $name } { $kind } is written down as it is now (TTL { $seconds } s): when it changes, the record must be written again.
spf-minimise-frozen-short = { $name } { $kind } may change at any time (TTL { $seconds } s) and is written down as it is now: watch it, or leave it as a name.
spf-minimise-kept = { $term } stays as it is: { $why ->
        [varies] it depends on each message.
        [entangled] what it leads to depends on each message, behind terms that cannot be lifted out.
        [exists] it asks whether a name is there.
       *[other] { $why }
    }
spf-minimise-name = The name for a further record would be too long.
spf-minimise-over-limit = It still takes { $after } lookups, and { $limit } are allowed.
spf-minimise-proved = { $before } lookups become { $after }. The same addresses pass ({ $ip4 } of IPv4), every other result is the same, too.
spf-minimise-several = There are { $count } records: publish the further ones first, the domain's own last.
