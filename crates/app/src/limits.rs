//! The limits of the command line.

/// Bytes of a message that are read at one time.
pub(crate) const CHUNK_BYTES: usize = 64 << 10;
/// Messages whose answers are awaited together.
pub(crate) const WAITING_COUNT_MAX: usize = 16;
/// Time that one message may wait for DNS, in seconds (RFC 7208 §4.6.4 asks for at least 20).
pub(crate) const MESSAGE_DNS_S: u64 = 20;
/// Time for one try at one server is a third of the time for a question, and no longer than this, in milliseconds.
pub(crate) const TRY_MS_MAX: u64 = 2_000;
/// Largest message from standard input that `sign` takes, in bytes: it is read twice, so it is held. Files have no limit.
pub(crate) const SIGN_STDIN_BYTES_MAX: usize = 256 << 20;
/// Largest key file, in bytes.
pub(crate) const KEY_FILE_BYTES_MAX: u64 = 64 << 10;
/// Largest configuration file, in bytes.
pub(crate) const CONFIG_FILE_BYTES_MAX: u64 = 1 << 20;
/// Time that a message waits for the ledger, in seconds: less than an MTA waits for its filters.
pub(crate) const LEDGER_WAIT_S: u64 = 20;
/// Time after which an MTA that waits for a verdict hears that we are still at it, in seconds: less than the 60 s that
/// some wait for each answer.
pub(crate) const PROGRESS_EVERY_S: u64 = 15;
/// Time between two rounds that take old rows away, in seconds.
pub(crate) const SWEEP_EVERY_S: u64 = 3_600;
/// Time between two looks for reports that are due to be made or sent, in seconds.
pub(crate) const SEND_EVERY_S: u64 = 5;
/// Time that a report under way has when the daemon ends, in seconds.
pub(crate) const SEND_STOP_S: u64 = 10;
/// Most messages that wait to be made failure reports of; those beyond are let go.
pub(crate) const FAILURE_CASE_COUNT_MAX: usize = 256;
/// Time between two rounds that forget what was sent long ago, in seconds.
pub(crate) const SEND_TIDY_S: u64 = 3_600;
/// Addresses of which names are looked for at one time.
pub(crate) const HOST_PARALLEL_COUNT: usize = 8;
/// Time that the daemon waits after so many, in milliseconds: eight questions a second are no burden to anybody.
pub(crate) const HOST_PACE_MS: u64 = 1_000;
/// … and a command for which somebody waits.
pub(crate) const HOST_HURRY_MS: u64 = 100;
/// Addresses that are asked of the store at one time.
pub(crate) const HOST_BATCH_COUNT: usize = 256;
/// Most addresses that one command looks for.
pub(crate) const HOST_LOOKUP_COUNT_MAX: usize = 2_000;
/// Time that one address may wait for DNS, in seconds.
pub(crate) const HOST_DNS_S: u64 = 10;
/// Time for which what was found of an address counts, in seconds: 30 days.
pub(crate) const HOST_FRESH_S: u64 = 30 * 86_400;
/// Time after which an address is asked for again of which DNS did not tell, in seconds.
pub(crate) const HOST_RETRY_S: u64 = 3_600;
/// Time between two looks for addresses of which nothing is known, in seconds.
pub(crate) const HOSTS_EVERY_S: u64 = 60;
/// Longest record that is shown whole by `--explain`, in characters.
pub(crate) const SHOWN_RECORD_CHARACTERS_MAX: usize = 120;
/// Longest value from outside in a line of the log, in characters.
pub(crate) const LOGGED_VALUE_CHARACTERS_MAX: usize = 256;
/// Most signatures in a line of the log.
pub(crate) const LOGGED_SIGNATURE_COUNT_MAX: usize = 10;
/// Most sealers of an ARC chain that are named; of more, the newest.
pub(crate) const SHOWN_SEALER_COUNT_MAX: usize = 8;
/// Places at which one daemon listens for the milter.
pub(crate) const LISTEN_COUNT_MAX: usize = 16;
/// Most connections of mail servers that the configuration may ask for: each needs a descriptor.
pub(crate) const CONNECTION_COUNT_MAX: usize = 1_000_000;
/// Time between two tests of the lists in DNS, in seconds.
pub(crate) const LIST_TEST_S: u64 = 86_400;
/// … while one of them is dead.
pub(crate) const LIST_RETEST_S: u64 = 3_600;
/// … while of one nobody knows, because DNS does not answer.
pub(crate) const LIST_RETRY_S: u64 = 600;
/// Most lines of a configuration that is imported.
pub(crate) const IMPORT_LINE_COUNT_MAX: usize = 10_000;
/// Most entries of a list or table that such a configuration names.
pub(crate) const IMPORT_ENTRY_COUNT_MAX: usize = 4_096;
/// Most names below a domain that are looked for in DNS, to know which do not exist.
pub(crate) const EXISTENCE_COUNT_MAX: usize = 200;
/// Days of a domain that is new which are learnt from.
pub(crate) const FOLD_HISTORY_DAYS: u32 = 35;
/// Days that are looked at again when more reports of them come.
pub(crate) const FOLD_BACK_DAYS: u32 = 8;
/// What is older is learnt and not told, in days.
pub(crate) const ALERT_AGE_DAYS_MAX: u32 = 8;
/// Most alerts of one letter; more wait for the next.
pub(crate) const LETTER_ALERT_COUNT_MAX: usize = 200;
/// Most domains of which a digest tells more than a line.
pub(crate) const DIGEST_DOMAIN_COUNT_MAX: usize = 50;
/// Days by which it is judged whether a step may be taken.
pub(crate) const DIGEST_GATE_DAYS: u32 = 30;
/// Time for what DNS knows of a domain, in seconds.
pub(crate) const DIGEST_DNS_S: u64 = 20;
/// Longest time between two tries of a letter, in seconds.
pub(crate) const RETRY_S_MAX: u64 = 6 * 3_600;
/// Longest reply to a letter that is kept, in bytes.
pub(crate) const TOLD_REPLY_BYTES_MAX: usize = 512;
/// How long is remembered what was told, in seconds: the digest of the next week tells of it once more.
pub(crate) const TOLD_KEPT_S: u64 = 60 * 86_400;
/// Time between two looks for letters that are due, in seconds.
pub(crate) const TELL_EVERY_S: u64 = 30;
/// Time between two looks at the days of all domains, in seconds.
pub(crate) const LOOK_EVERY_S: u64 = 600;
/// Time between two rounds that take old reports away, in seconds.
pub(crate) const RETENTION_EVERY_S: u64 = 3_600;
/// Time between two writes of what the daemon remembers of senders, in seconds.
pub(crate) const MEMORY_WRITE_S: u64 = 5;
/// Most names and signatures that wait to be written; further new ones are left out until the next write.
pub(crate) const MEMORY_PENDING_COUNT_MAX: usize = 10_000;
/// Most authenticated domains, and most signatures, of a message that the memory is asked about.
pub(crate) const MEMORY_ASKED_COUNT_MAX: usize = 8;
/// Time between two lines of the log that say that the memory fails, in seconds.
pub(crate) const MEMORY_COMPLAIN_S: u64 = 60;
/// How often a signature comes before the store hears of it.
pub(crate) const SIGHTING_TOLD_COUNT: u64 = 4;
/// Sets of places for signatures, and places in each: half a mebibyte.
pub(crate) const SIGHTING_SET_COUNT: usize = 2_048;
/// … see above.
pub(crate) const SIGHTING_WAY_COUNT: usize = 5;
/// How far back it is looked what was sent from here, in days: no mail server tries for longer.
pub(crate) const SENT_LOOK_BACK_DAYS: u64 = 30;
/// Largest file of the lists that `list` keeps, in bytes.
pub(crate) const LISTS_FILE_BYTES_MAX: u64 = 16 << 20;
/// Domains that are checked at the same time, count.
pub(crate) const CHECK_AT_ONCE: usize = 32;
/// Questions of a check that may come all at once, count. As a socket has it unless somebody asked for more, its buffer takes some
/// 270 that are short.
pub(crate) const CHECK_BURST_COUNT: usize = 128;
/// Domains that the daemon audits at the same time, count.
pub(crate) const AUDIT_AT_ONCE: usize = 8;
/// Time between two looks for domains that are to be audited, in seconds.
pub(crate) const AUDIT_TICK_S: u64 = 15;
/// Time for one question of a check, with every try, seconds.
pub(crate) const CHECK_DNS_S: u64 = 20;
/// Reports of so many days are looked at for a check.
pub(crate) const KNOWN_REPORT_DAYS: u32 = 90;
/// Mail of so many days is counted for a check.
pub(crate) const KNOWN_MAIL_DAYS: u32 = 30;
/// Most rows of the ledger that are looked at for one question of a check.
pub(crate) const KNOWN_ROW_COUNT_MAX: usize = 100_000;
/// Most selectors of a domain that a check learns of what is kept here.
pub(crate) const KNOWN_SELECTOR_COUNT_MAX: usize = 100;
/// Most different warnings about what is kept here and cannot be read, before they are told anew.
pub(crate) const KNOWN_WARNED_COUNT_MAX: usize = 1_000;
/// Most clients of a provider that a check looks at.
pub(crate) const KNOWN_CLIENT_COUNT_MAX: usize = 10_000;
/// Most clients that are named as not ready.
pub(crate) const KNOWN_CLIENT_NAMED_COUNT_MAX: usize = 20;
/// A list of domains to check, bytes.
pub(crate) const CHECK_LIST_BYTES_MAX: u64 = 256 << 20;
/// Lines of it that are no names and are told one by one, count.
pub(crate) const CHECK_LIST_BAD_COUNT_SHOWN: usize = 20;
/// Letters of such a line that are shown. No name in any writing has more.
pub(crate) const CHECK_NAME_CHARS_SHOWN: usize = 300;
/// Remarks of one kind about a record that is written anew, count; of more, their number is told.
pub(crate) const RECORD_REMARK_COUNT_SHOWN: usize = 12;
/// Largest file of a requirement profile, bytes.
pub(crate) const PROFILE_FILE_BYTES_MAX: u64 = 256 << 10;
/// Requirements of one profile, count.
pub(crate) const PROFILE_REQUIREMENT_COUNT_MAX: usize = 200;
/// Conditions of one requirement, count.
pub(crate) const PROFILE_CONDITION_COUNT_MAX: usize = 50;
/// Longest text in a profile, characters.
pub(crate) const PROFILE_TEXT_CHARACTERS_MAX: usize = 500;
/// Most signing keys of which it is asked whether they are published.
pub(crate) const KEY_ASKED_COUNT_MAX: usize = 1_000;
/// How long it is waited until somebody else has finished with keys, in seconds.
pub(crate) const KEYS_LOCK_S: u64 = 30;
/// Time for one try at one name server, in milliseconds, when it is asked what it shows of keys.
pub(crate) const KEYS_DNS_MS: u64 = 2_000;
/// Most questions about keys on their way at one time.
pub(crate) const KEYS_QUESTION_COUNT: usize = 64;
/// Most records in one update: all of them happen, or none.
pub(crate) const UPDATE_RECORD_COUNT_MAX: usize = 50;
/// Most that is read of what a command of the operator says, in bytes.
pub(crate) const HOOK_OUTPUT_BYTES_MAX: u64 = 4_096;
/// How soon the daemon sees that keys have changed, in seconds.
pub(crate) const KEYS_WATCH_S: u64 = 5;
/// How long the daemon waits after keys could not be turned, in seconds.
pub(crate) const KEYS_RETRY_S: u64 = 300;
/// Longest list of domains that get keys at one time, in bytes.
pub(crate) const KEYS_LIST_BYTES_MAX: u64 = 16 << 20;
/// Most names by which browsers may call the pages.
pub(crate) const HOST_NAME_COUNT_MAX: usize = 64;
/// How long a page waits for DNS, in milliseconds; then it says that nobody could be asked.
pub(crate) const PAGE_DNS_MS: u64 = 1_500;
/// How long pages remember what DNS said of a domain, in seconds.
pub(crate) const PAGE_DNS_KEPT_S: u64 = 300;
/// Domains of which pages remember what DNS said.
pub(crate) const PAGE_DNS_COUNT_MAX: usize = 1_000;
/// How long a look at a domain asks DNS and the web for a page, in seconds; what is not answered then is named.
pub(crate) const LOOK_DNS_S: u64 = 15;
/// Time for one of its questions, with every try, in seconds.
pub(crate) const LOOK_QUESTION_S: u64 = 6;
/// Longest time of a look with all that is read here for it, in seconds: less than browsers and proxies wait.
pub(crate) const LOOK_S_MAX: u64 = 40;
/// How long pages show what a look saw, in seconds.
pub(crate) const LOOK_KEPT_S: u64 = 180;
/// … and that nothing was to be seen.
pub(crate) const LOOK_FAILED_KEPT_S: u64 = 20;
/// Domains of which pages remember what a look saw, and domains that somebody waits for.
pub(crate) const LOOK_COUNT_MAX: usize = 64;
/// Domains that are looked at at the same time for pages.
pub(crate) const LOOK_AT_ONCE: usize = 4;
/// Domains whose selectors are looked for in reports and mail for the page of the keys.
pub(crate) const SIGHT_DOMAIN_COUNT_MAX: usize = 100;
/// Rows of the ledger that are read for that, of all domains together.
pub(crate) const SIGHT_ROW_COUNT_MAX: usize = 20_000;
/// How long the page of the keys shows what was found, in seconds.
pub(crate) const SIGHT_KEPT_S: u64 = 300;
/// Requests of browsers at one time.
pub(crate) const PAGE_CONNECTION_COUNT_MAX: usize = 256;
/// A certificate with its chain, or a key, in bytes.
pub(crate) const CERTIFICATE_FILE_BYTES_MAX: u64 = 256 << 10;
/// How often the files of the certificate of the pages are looked at, in seconds.
pub(crate) const CERTIFICATE_LOOK_S: u64 = 5;
/// How often it is told that a certificate ends soon, in seconds.
pub(crate) const CERTIFICATE_TOLD_S: u64 = 86_400;
/// What is soon, in seconds: certificates are renewed when a third of their life is left.
pub(crate) const CERTIFICATE_SOON_S: i64 = 14 * 86_400;
/// One line of a survey's results, in bytes.
pub(crate) const SURVEY_RESULT_BYTES_MAX: u64 = 1 << 20;
/// A survey's manifest, in bytes.
pub(crate) const SURVEY_MANIFEST_BYTES_MAX: u64 = 16 << 20;
/// Most columns by which one survey's tables are made.
pub(crate) const SURVEY_BY_COUNT_MAX: usize = 64;
/// A public suffix list, in bytes.
pub(crate) const SURVEY_SUFFIX_LIST_BYTES_MAX: u64 = 8 << 20;
/// Most different turns, from one value of a field to another, that are counted between two surveys.
pub(crate) const SURVEY_TURN_COUNT_MAX: usize = 10_000;
/// How often sessions and tokens that have ended are taken away, in seconds.
pub(crate) const PEOPLE_SWEEP_S: u64 = 3_600;
/// Domains that a survey examines at the same time, unless it is told otherwise.
pub(crate) const SURVEY_CONCURRENCY: usize = 256;
/// … at most.
pub(crate) const SURVEY_CONCURRENCY_MAX: usize = 16_384;
/// An opt-out list, in bytes.
pub(crate) const SURVEY_OPT_OUT_BYTES_MAX: u64 = 256 << 20;
/// Largest file of selectors that is read, bytes.
pub(crate) const SURVEY_SELECTORS_BYTES_MAX: u64 = 256 << 20;
/// Selectors of one domain that are asked for because they were seen, count.
pub(crate) const SURVEY_SELECTOR_COUNT_MAX: usize = 100;
/// Lines of a list that are told as refused; further ones are counted.
pub(crate) const SURVEY_REFUSED_TOLD_COUNT_MAX: u64 = 100;
/// Time between two writes of a survey's journal onto the disk, in seconds.
pub(crate) const SURVEY_SYNC_S: u64 = 10;
/// One line of a survey's journal, in bytes: a result with its number.
pub(crate) const SURVEY_JOURNAL_LINE_BYTES_MAX: u64 = (1 << 20) + 64;
/// Time between two lines of progress on a terminal, in milliseconds.
pub(crate) const SURVEY_PROGRESS_MS: u64 = 500;
/// … elsewhere, in seconds.
pub(crate) const SURVEY_PROGRESS_LOG_S: u64 = 10;
/// Time for one answer of a provider of OpenID Connect, in milliseconds: somebody waits before a browser.
pub(crate) const OPENID_ANSWER_MS: u64 = 8_000;
/// For how long what a provider answered, or that it did not, is told again to all who ask, in seconds: it is not asked by each.
pub(crate) const OPENID_PAUSE_S: u64 = 10;
/// Most addresses of a provider of which answers are kept: its description and its keys.
pub(crate) const OPENID_KEPT_COUNT_MAX: usize = 8;
/// Most groups of a provider that may do something.
pub(crate) const OPENID_GROUP_COUNT_MAX: usize = 256;
/// Most scopes that are asked for beside `openid`.
pub(crate) const OPENID_SCOPE_COUNT_MAX: usize = 32;
/// Longest text about a provider in the configuration, and longest secret, in bytes.
pub(crate) const OPENID_TEXT_BYTES_MAX: usize = 1_024;
/// Longest name of a provider on a button, in characters.
pub(crate) const OPENID_NAME_CHARACTERS_MAX: usize = 64;
