//! What never passes.

/// Most parameters of a request, in its address or its form.
pub const PARAMETER_COUNT_MAX: usize = 64;
/// Longest value of a parameter, in bytes.
pub const PARAMETER_BYTES_MAX: usize = 4096;
/// Longest path and query of a request, in bytes.
pub const TARGET_BYTES_MAX: usize = 8192;
/// Longest form, in bytes.
pub const FORM_BYTES_MAX: usize = 64 * 1024;
/// Rows of a table on one page; the rest is on the next one.
pub const PAGE_ROW_COUNT: usize = 100;
/// Most rows of a table that is downloaded.
pub const DOWNLOAD_ROW_COUNT_MAX: usize = 10_000;
/// Longest period that is asked about, in days.
pub const PERIOD_DAYS_MAX: u32 = 3_660;
/// Days that a page shows where no period is asked for.
pub const PERIOD_DAYS_DEFAULT: u32 = 30;
/// Longest text from outside that a page shows in one place, in characters.
pub const SHOWN_CHARACTERS_MAX: usize = 400;
/// Lines of a list that are looked at in one go, where few of them may be what is wanted.
pub const SCAN_BATCH_COUNT: usize = 500;
/// Most of them for one page.
pub const SCAN_ROW_COUNT_MAX: usize = 3_000;
/// Longest piece of a report that a page shows as it came, in bytes.
pub const RAW_SHOWN_BYTES_MAX: usize = 64 * 1024;
/// Longest report, decompressed, that is tried again, in bytes.
pub const RAW_AGAIN_BYTES_MAX: u64 = 64 << 20;
/// The newest reports of ours, of which a page tells how many stand how; and as many are looked at in one go for its list.
pub const OUTGOING_JOB_COUNT: usize = 300;
/// Shortest body that is worth packing, in bytes.
pub const COMPRESSED_BYTES_MIN: usize = 1024;
/// How long a browser keeps the style sheet and the script, in seconds: their names change with them.
pub const ASSET_AGE_S: u32 = 31_536_000;
/// How often the ledger is asked on for one page, when few of the rows that it gives are meant.
pub const ROUND_COUNT_MAX: usize = 4;
/// Most domains of a person about each of which the ledger is asked by itself.
pub const ASKED_DOMAIN_COUNT_MAX: usize = 16;
/// Weeks of which statistics tell where mail came from, the newest.
pub const SOURCE_WEEK_COUNT: usize = 5;
/// Days of which statistics tell when nobody asks for others.
pub const STATISTICS_DAYS: u32 = 183;
/// For how long it is told where mail came from before that is counted anew, in milliseconds.
pub const ORIGIN_MS: u64 = 30 * 60_000;
/// Most weeks, or other days, of which that is kept.
pub const ORIGIN_COUNT_MAX: usize = 32;
/// Countries, and networks, that statistics name of a week: those that most messages came from.
pub const PLACE_COUNT: usize = 30;
/// Addresses that statistics name: those that most messages came from.
pub const SOURCE_COUNT: usize = 50;
/// Most pieces into which a period is divided for small lines.
pub const SPREAD_COUNT_MAX: u32 = 31;
/// Sources on one page: each can be ticked, and a form has [`PARAMETER_COUNT_MAX`] fields.
pub const SOURCE_ROW_COUNT: usize = 50;
/// Circumstances of a source that are explained on its page; a file has them all.
pub const CIRCUMSTANCE_ROW_COUNT: usize = 20;
/// Longest note of an owner, in characters.
pub const NOTE_CHARACTERS_MAX: usize = 400;
/// Domains on one page of theirs: the audits of each are read.
pub const DOMAIN_ROW_COUNT: usize = 50;
/// Audits at which something changed, on one page of a domain.
pub const STEP_COUNT: usize = 20;
/// Most of a record that a page shows in one place, in bytes: keys are whole, policies too.
pub const RECORD_BYTES_SHOWN_MAX: usize = 4096;
/// Changes of one audit that a page shows.
pub const CHANGE_COUNT: usize = 100;
/// For how long what was read of reports is shown again while nothing has changed, in milliseconds.
pub const SHELF_REPORTS_MS: u64 = 60_000;
/// The same of what was read of mail, which changes all the time.
pub const SHELF_MAIL_MS: u64 = 2_000;
/// Most questions of which what was read is kept, so that a page, its file and what a program is told are of one reading:
/// some take megabytes, and the answers are kept beside it.
pub const SHELF_PLACE_COUNT_MAX: usize = 1;
/// Most questions to which the answers are kept, packed.
pub const SHELF_ANSWER_COUNT_MAX: usize = 512;
/// Longest answer that is kept, packed, in bytes.
pub const SHELF_ANSWER_BYTES_MAX: usize = 1 << 20;
/// All answers that are kept, packed, in bytes.
pub const SHELF_ANSWERS_BYTES_MAX: usize = 8 << 20;
/// What is wrong that a letter to a reporter names, each a line; of the rest it says how much it is.
pub const LETTER_FAULT_COUNT: usize = 20;
/// Longest text of a report's that a letter quotes in one place, in characters.
pub const LETTER_FIELD_CHARACTERS_MAX: usize = 120;
/// Longest address that a mail program is opened with, in bytes: some systems hand on little more than 2,000.
pub const MAILTO_BYTES_MAX: usize = 2_000;
/// Lines on one page of what was noticed, below all else that the overview shows.
pub const NOTICED_ROW_COUNT: usize = 20;
/// Lines of keys on one page, each with its picture.
pub const LINE_COUNT: usize = 20;
/// Most attempts at a provider of OpenID Connect that have come back and are remembered, so that none comes back twice; the
/// one that would have ended first goes first.
pub const RETURN_COUNT_MAX: usize = 4_096;
/// Longest way back that an attempt at a provider keeps, in bytes: it goes in a cookie.
pub const RETURN_BYTES_MAX: usize = 1_024;
/// Longest word for an error of a provider that the log keeps, in bytes.
pub const PROVIDER_WORD_BYTES_MAX: usize = 64;
