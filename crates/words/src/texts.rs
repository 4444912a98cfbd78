//! What the program itself says: the outputs of `verify` and `spf`, the command line, `serve`. A test compares these
//! tables with the catalogues.
//!
//! Types: `limit`, `count`, `total`, `bits`, `line`, `column`, `number`, `seconds`, `messages`, `lookups`, `void_lookups`,
//! `limit_bytes`, `instance` are [`Argument::Number`](crate::Argument::Number); `flaw`, `failure`, `policy`, `to_apply`,
//! `field`, `practice`, `problem` of `cli-roots-unusable` and `stage` are [`Argument::Word`](crate::Argument::Word); the rest
//! is [`Argument::Text`](crate::Argument::Text), `reason` of `cli-` and `serve-` (the system's own words) among it, except
//! those of `cli-cannot-sign` and `cli-seal-chain-fails`, which are words. An argument in parentheses may be left out.
//!
//! # `verify` and `spf`
//!
//! | id | arguments |
//! |--|--|
//! | `verdict-pass` | |
//! | `verdict-fail` | |
//! | `verdict-none` | |
//! | `verdict-temperror` | |
//! | `verdict-permerror` | |
//! | `verdict-spoofing-suspected` | |
//! | `verdict-reject-nobody-vouches` | domain, policy |
//! | `verdict-quarantine-nobody-vouches` | domain, policy |
//! | `verdict-monitor-nobody-vouches` | domain, policy |
//! | `verdict-testing-nobody-vouches` | domain, policy, to_apply |
//! | `verdict-pass-spf` | domain, spf_domain |
//! | `verdict-pass-dkim` | domain, dkim_domain |
//! | `verdict-pass-both` | domain |
//! | `verdict-pass-several` | count |
//! | `verdict-no-record-spf` | domain, spf_domain |
//! | `verdict-no-record-dkim` | domain, dkim_domain |
//! | `verdict-no-record-both` | domain, spf_domain, dkim_domain |
//! | `verdict-no-record-nothing` | domain |
//! | `verdict-unusable-record` | domain |
//! | `verdict-dns-failed` | domain |
//! | `verdict-from-absent` | |
//! | `verdict-from-repeated` | |
//! | `verdict-from-malformed` | |
//! | `verdict-from-no-mailbox` | |
//! | `verdict-from-bad-domain` | |
//! | `verdict-several-authors` | count |
//! | `verdict-too-many-authors` | count, limit |
//! | `verify-from-label` | |
//! | `verify-no-from` | |
//! | `verify-worth-knowing` | |
//! | `verify-evidence` | |
//! | `verify-reason` | |
//! | `verify-policy` | policy, record |
//! | `verify-policy-testing` | policy, to_apply, record |
//! | `verify-no-policy` | record |
//! | `verify-organizational-domains` | psl_domain, (walk_domain) |
//! | `verify-aligned` | domain |
//! | `verify-not-aligned` | domain |
//! | `verify-spf-domain` | domain |
//! | `verify-spf-term` | domain, term |
//! | `verify-spf-helo` | domain |
//! | `verify-spf-not-checked` | |
//! | `verify-spf-no-domain` | |
//! | `verify-spf-lookups` | lookups, limit, void_lookups |
//! | `verify-spf-explanation` | domain, text |
//! | `verify-dkim-signature` | domain, selector |
//! | `verify-dkim-algorithm` | algorithm, bits |
//! | `verify-dkim-none` | |
//! | `verify-arc-unchanged` | count, sealers |
//! | `verify-arc-changed` | count, sealers, instance |
//! | `verify-arc-sealed` | count, sealers |
//! | `verify-iprev-name` | ip, name |
//! | `verify-bimi-mark` | organization |
//! | `verify-bimi-no-roots` | |
//! | `verify-historic` | |
//! | `verify-historic-method` | method |
//! | `verify-experimental-method` | method |
//! | `verify-sender-id` | address, field |
//! | `verify-sender-id-borrowed` | |
//! | `verify-adsp-record` | practice, record |
//! | `verify-atps` | signer, author |
//! | `verify-not-evaluated` | |
//! | `verify-bare-newlines` | |
//! | `verify-client-from-received` | ip |
//! | `verify-ttl` | seconds |
//! | `verify-message-number` | number, file |
//! | `verify-hint-explain` | |
//! | `verify-hint-language` | |
//! | `verify-hint-spf` | |
//!
//! # The command line
//!
//! | id | arguments |
//! |--|--|
//! | `cli-standard-input` | |
//! | `cli-not-a-message` | file, flaw |
//! | `cli-empty-file` | file |
//! | `cli-empty-mailbox` | file |
//! | `cli-is-directory` | file |
//! | `cli-not-found` | file |
//! | `cli-no-permission` | file |
//! | `cli-unreadable` | file, reason |
//! | `cli-too-large` | file, limit_bytes |
//! | `cli-cannot-sign` | file, reason |
//! | `cli-seal-chain-fails` | file, reason |
//! | `cli-seal-failed-before` | file |
//! | `cli-seal-full` | file, limit |
//! | `cli-key-readable-by-others` | file |
//! | `cli-some-inputs-failed` | count, total |
//! | `cli-output-failed` | reason |
//! | `cli-bad-value` | option, value |
//! | `cli-bad-ip` | option, value |
//! | `cli-bad-resolver` | option, value |
//! | `cli-bad-duration` | option, value |
//! | `cli-no-ledger` | file |
//! | `cli-bad-time` | option, value |
//! | `cli-bad-language` | option, value |
//! | `cli-bad-choice` | option, value, choices |
//! | `cli-control-character` | option |
//! | `cli-option-missing` | option |
//! | `cli-option-needs` | option, other |
//! | `cli-option-conflict` | option, other |
//! | `cli-no-dns` | failure |
//! | `cli-no-resolver` | |
//! | `cli-resolver-unusable` | resolver, reason |
//! | `cli-tape-unreadable` | file, reason |
//! | `cli-tape-malformed` | file, line |
//! | `cli-tape-unwritable` | file, reason |
//! | `cli-config-unreadable` | file, reason |
//! | `cli-config-error` | file, line, column, problem |
//! | `cli-config-unknown-key` | file, line, column, key, section, (suggestion) |
//! | `cli-config-unknown-section` | file, line, column, key, (suggestion) |
//! | `cli-config-bad-value` | file, line, column, value, key |
//! | `cli-config-missing-key` | file, line, column, key, section |
//! | `cli-config-openid-host` | file, line, column, host |
//! | `cli-config-no-secret` | file |
//! | `cli-config-unknown-requirement` | file, line, column, value |
//! | `cli-roots-unreadable` | file, reason |
//! | `cli-roots-unusable` | file, problem, number |
//! | `cli-no-daemon` | file, reason |
//! | `cli-no-answer` | file, reason |
//! | `demo-ready` | address |
//! | `demo-questions` | |
//! | `demo-state` | directory |
//! | `demo-filled` | directory |
//! | `demo-not-empty` | directory |
//! | `demo-once-without-state` | |
//! | `demo-unusable` | directory, reason |
//! | `cli-internal-error` | reason |
//!
//! # `serve`
//!
//! | id | arguments |
//! |--|--|
//! | `serve-listening` | address |
//! | `serve-resolver` | resolvers |
//! | `serve-authserv-id` | name |
//! | `serve-stage` | stage |
//! | `serve-ledger` | file |
//! | `serve-no-ledger` | |
//! | `serve-ledger-unusable` | file, reason |
//! | `serve-ledger-lost` | count, reason |
//! | `service-dns-unanswered` | |
//! | `service-row-not-kept` | reason |
//! | `service-taken-in` | |
//! | `service-swallowed` | |
//! | `service-not-taken-in` | reason |
//! | `service-not-taken-in-too-large` | |
//! | `service-deferred-not-taken-in` | reason |
//! | `serve-signing` | count |
//! | `serve-key-unreadable` | file, reason |
//! | `serve-key-readable-by-others` | file, mode |
//! | `serve-key-unpublished` | place, name |
//! | `serve-audits-on` | count, every |
//! | `serve-audit-outage` | |
//! | `serve-key-published-otherwise` | place, name |
//! | `serve-key-unusable` | file, reason |
//! | `serve-key-algorithm` | file, algorithm, wanted |
//! | `serve-key-short` | name, bits |
//! | `serve-key-idle` | name |
//! | `serve-table-unreadable` | file, reason |
//! | `serve-outgoing-nowhere` | address |
//! | `serve-no-configuration` | |
//! | `serve-configuration` | file |
//! | `serve-postfix-hint` | |
//! | `serve-postfix-milters` | address |
//! | `serve-postfix-default-action` | |
//! | `serve-stopping` | count |
//! | `serve-stopped` | messages |
//! | `serve-bad-address` | address |
//! | `serve-address-in-use` | address |
//! | `serve-cannot-listen` | address, reason |
//! | `serve-connection-lost` | reason |
//! | `serve-at-capacity` | limit |
//! | `serve-http` | address |
//! | `serve-as-root` | |
//! | `serve-no-http` | address, reason |
//! | `serve-http-pages` | address |
//! | `serve-tls-unreadable` | file, reason |
//! | `serve-tls-no-certificate` | file |
//! | `serve-tls-bad-certificate` | file, number |
//! | `serve-tls-long-chain` | file, limit |
//! | `serve-tls-no-key` | file |
//! | `serve-tls-bad-key` | file, reason |
//! | `serve-tls-other-key` | file, certificate |
//! | `serve-tls-key-readable-by-everybody` | file, mode |
//! | `serve-tls-expired` | file, until |
//! | `serve-tls-ends-soon` | file, until |
//! | `serve-tls-not-yet` | file, from |
//! | `serve-tls-other-name` | file, name |
//! | `serve-tls-shown` | file, until |
//! | `serve-tls-old-stays` | |
//! | `serve-tls-nobody-answered` | |
//! | `serve-first-run` | |
//! | `serve-first-link` | link |
//! | `serve-no-pages` | file, reason |
//! | `serve-bad-inherited` | reason |
//! | `serve-cannot-change-user` | name, reason |
//! | `serve-no-pid-file` | file, reason |
//! | `serve-no-control` | file, reason |
//! | `serve-reloaded` | |
//! | `serve-needs-restart` | key |
//! | `serve-reload-refused` | reason |
//! | `serve-list-dead` | zone, reason |
//! | `serve-list-works` | zone |
//! | `serve-status-running` | version, since, process |
//! | `serve-status-stopping` | version, process, since |
//! | `serve-status-listening` | addresses |
//! | `serve-status-configuration` | file, time |
//! | `serve-status-connections` | open, total, refused, lost |
//! | `serve-status-messages` | total, actions |
//! | `serve-status-results` | method, results |
//! | `serve-status-dns` | servers, questions, cache_hits, failures |
//! | `serve-status-dns-silent` | servers, reason |
//! | `serve-status-list-dead` | zone |
//! | `serve-status-ledger` | file, stored, waiting, lost, failures |
//! | `serve-status-reports` | received |
//! | `serve-status-reports-sent` | sent, due, suppressed |
//! | `serve-status-alerts` | count, letters, due |
//! | `serve-status-memory` | count |
