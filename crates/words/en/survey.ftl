### Surveys.

survey-made = { $names } names were examined from { $begun } to { $ended }; of { $unanswered } of them, a question was not answered.
survey-list = The list { $file } (SHA-256 { $hash }) has { $names } names; { $duplicates } duplicates and { $refused } lines that are no names were passed over, and { $opted_out } names whose owners do not want to be asked.
survey-resolver = Asked by Sekisho { $version } through { $resolvers }.
survey-sample = This is a sample of { $share } % of the list (seed { $seed }). Behind each share stands the interval that holds the share of the whole list with a confidence of 95 %.
survey-how-counted = Shares are per cent of all names of a group. Names of which something is not known do not count as having it; how many they are stands at the end.
survey-beyond = { $count } names belong to groups that came after the first { $limit }; they are counted among all names only.
survey-residue-none = Every question was answered.
survey-chart-adoption = For each group, the share of its names that publish an SPF record and a DMARC record.
survey-chart-levels = For each group, how its names divide by the policy of their own DMARC records: reject, quarantine, none, a record that cannot be used, no record, unknown.
survey-chart-series = The shares of all names that publish each kind of record, survey after survey.
survey-diff-summary = { $both } names are in both surveys, { $changed } of them changed; { $gone } are in the first only, { $new } in the second only.
survey-bad-line = { $file }: line { $line } is not a survey’s.
survey-no-column = { $option }: the list has no column “{ $value }”.
survey-no-chart = No chart can be drawn of this: { $reason }.
survey-unwritable = { $file }: cannot be written: { $reason }.
survey-label-title = Survey of sender domain authentication
survey-label-group = Group
survey-label-no-group = (none)
survey-label-all = All
survey-label-total = Names
survey-label-day = Date
survey-label-absent = unknown
survey-label-field = Field
survey-label-before = Before
survey-label-after = After
survey-label-count = Names
survey-label-section-adoption = Adoption (%)
survey-label-section-mail = Mail hosts (%)
survey-label-section-spf = SPF (%)
survey-label-section-dmarc = The names’ own DMARC records (%)
survey-label-section-effective = DMARC policies in effect (%)
survey-label-section-dkim = DKIM: three figures, each within the one before it (%)
survey-label-section-others = Others (%)
survey-label-section-residue = Not known (names)
survey-label-chart-adoption = Adoption of SPF and DMARC by group
survey-label-chart-levels = DMARC policies by group
survey-label-chart-series = Adoption through time
survey-label-level-reject = p=reject
survey-label-level-quarantine = p=quarantine
survey-label-level-none = p=none
survey-label-level-invalid = Unusable record
survey-label-level-absent = No record
survey-label-level-unknown = Not known
survey-label-spf = SPF
survey-label-dmarc = DMARC
survey-label-mx = MX
survey-label-null-mx = Null MX
survey-label-a-only = Address only
survey-label-no-mail = No mail host
survey-label-nxdomain = Does not exist
survey-label-parked = Parked
survey-label-spf-valid = Valid
survey-label-spf-invalid = Invalid
survey-label-spf-fail = -all
survey-label-spf-softfail = ~all
survey-label-spf-neutral = ?all
survey-label-spf-pass = +all
survey-label-dmarc-invalid = Unusable
survey-label-dmarc-none = p=none
survey-label-dmarc-quarantine = p=quarantine
survey-label-dmarc-reject = p=reject
survey-label-dmarc-testing = t=y
survey-label-dmarc-rua = rua
survey-label-effective = A policy applies (RFC 9989)
survey-label-effective-none = none
survey-label-effective-quarantine = quarantine
survey-label-effective-reject = reject
survey-label-effective-psl = A policy applies (RFC 7489)
survey-label-dkim-folder = DKIM: something below _domainkey
survey-label-dkim-listed = DKIM: well-known selectors
survey-label-dkim-learnt = DKIM: selectors seen in mail
survey-label-adsp = ADSP
survey-label-bimi = BIMI
survey-label-mta-sts = MTA-STS
survey-label-tls-rpt = TLS-RPT
survey-label-dnssec = DNSSEC
survey-label-wildcard = Wildcard
survey-label-unanswered = A question not answered
