//! From rows to reports: a fold that may be fed in any order and in any pieces, in memory that does not grow with the
//! mail.
//!
//! Each row becomes a line, whose key is all that a record of a report says, as bytes that sort: policy domain, policy
//! configuration, circumstances, address. Equal keys are counted together. When the lines take more than
//! [`FOLD_BYTES_MAX`], they are sorted and laid aside ([`Scratch`]); at the end everything is merged, and the reports come
//! out one after the other. Nothing depends on the order of the rows, nor on how often something was laid aside.

mod line;
mod merge;

use std::collections::HashMap;
use std::io::{self, Cursor, Read, Write};

use mailtext::Domain;
use report::Row;
use report::row::{DmarcResult, Evaluation, Published, Wanted};
use report::vocabulary::{Action, Direction, Disposition, Spam};
use thiserror::Error;

use self::line::{Line, write_key};
pub use self::merge::{Draft, Drafts};
use crate::limits::{FOLD_BYTES_MAX, FOLD_RUN_COUNT_MAX, REPORT_RECORD_COUNT_MAX};
use crate::period::Period;

/// What is folded, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoldOptions {
    /// Of when. Rows of another time are passed over.
    pub period: Period,
    /// Whether records tell the domain of the recipients (`envelope_to`).
    pub envelope_to: EnvelopeTo,
    /// Whether a domain has a report when all that was seen of it was refused as spam.
    pub spam_alone: Alone,
    /// Whether a domain has a report when all that was seen of it came from nobody (`MAIL FROM:<>`): bounces, those of
    /// our reports among them, which would have reports of their own for ever.
    pub bounces_alone: Alone,
    /// Which mail is mail about reports: it is never reported.
    pub report_mail: ReportMail,
    /// The most records of one report; what is beyond makes a further report, with an id of its own.
    pub record_count_max: usize,
    /// The most bytes of lines that are held in memory.
    pub bytes_max: usize,
}

/// Whether records tell the domain of the recipients.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum EnvelopeTo {
    /// They do not.
    #[default]
    LeaveOut,
    /// They do, where all recipients of a message have the same.
    Tell,
}

/// Whether mail of a kind makes a report when there is no other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Alone {
    /// It makes none; beside other mail it is counted like any.
    #[default]
    MakesNone,
    /// It makes one.
    MakesOne,
}

/// How mail about reports is known.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReportMail {
    /// By the reasons of its verdict: their ids.
    pub reasons: Vec<Box<str>>,
    /// By its recipients: domains at which nothing but reports is received.
    pub recipient_domains: Vec<Domain>,
}

/// What became of the rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Rows that were seen.
    pub rows: u64,
    /// Author domains of rows that are counted in reports; a message with two has two.
    pub counted: u64,
    /// Rows of another time.
    pub outside: u64,
    /// Rows of mail that went out, or that came from the machine itself.
    pub not_received: u64,
    /// Rows of mail about reports.
    pub report_mail: u64,
    /// Rows of mail that was refused for now: it comes again, and is counted then.
    pub refused_for_now: u64,
    /// Author domains without a result of DMARC.
    pub not_evaluated: u64,
    /// Author domains whose owner does not ask for reports.
    pub not_wanted: u64,
}

/// Where lines are laid aside that memory has no room for: files that nobody else sees. Several are open at a time.
pub trait Scratch {
    /// What is written.
    type Writer: Write;
    /// What is read.
    type Reader: Read;

    /// An empty one.
    ///
    /// # Errors
    /// There is no place.
    fn create(&mut self) -> io::Result<Self::Writer>;

    /// The same from its start; nothing is written any more.
    ///
    /// # Errors
    /// It cannot be read.
    fn reread(&mut self, written: Self::Writer) -> io::Result<Self::Reader>;
}

/// Lays lines aside in memory: for tests, and where there is little mail.
#[derive(Clone, Copy, Default, Debug)]
pub struct InMemory;

/// A fold under way.
#[derive(Debug)]
pub struct Fold<S: Scratch> {
    options: FoldOptions,
    scratch: S,
    lines: HashMap<Box<[u8]>, Line>,
    /// How many bytes the lines take, about.
    bytes: usize,
    runs: Vec<S::Writer>,
    counts: Counts,
    /// The key of the row at hand.
    key: Vec<u8>,
    /// The order of its signatures.
    order: Vec<(u8, usize)>,
}

/// Why reports cannot be made.
#[derive(Debug, Error)]
pub enum FoldError {
    /// What was laid aside cannot be written or read.
    #[error("the lines that were laid aside: {0}")]
    Scratch(#[from] io::Error),
    /// What was laid aside is not what was written.
    #[error("the lines that were laid aside are damaged")]
    Corrupt,
    /// More was laid aside than [`FOLD_RUN_COUNT_MAX`] times.
    #[error("more different mail than can be folded")]
    TooMuch,
}

impl FoldOptions {
    /// Everything as it is best, for a period.
    #[must_use]
    pub fn new(period: Period) -> Self {
        Self {
            period,
            envelope_to: EnvelopeTo::default(),
            spam_alone: Alone::default(),
            bounces_alone: Alone::default(),
            report_mail: ReportMail::default(),
            record_count_max: REPORT_RECORD_COUNT_MAX,
            bytes_max: FOLD_BYTES_MAX,
        }
    }
}

impl<S: Scratch> Fold<S> {
    /// An empty one.
    #[must_use]
    pub fn new(options: FoldOptions, scratch: S) -> Self {
        Self {
            options,
            scratch,
            lines: HashMap::new(),
            bytes: 0,
            runs: Vec::new(),
            counts: Counts::default(),
            key: Vec::new(),
            order: Vec::new(),
        }
    }

    /// Counts a row.
    ///
    /// # Errors
    /// Memory was full, and the lines could not be laid aside.
    pub fn add(&mut self, row: &Row) -> Result<(), FoldError> {
        self.counts.rows += 1;
        if let Some(count) = self.options.unfit(row, &mut self.counts) {
            *count += 1;
            return Ok(());
        }
        let counts_alone = self.options.counts_alone(row);
        for evaluation in &row.dmarc.authors {
            // RFC 9990 §3.1, §3.1.2: a report for each policy domain; the authors that follow it are its records.
            // RFC 9990 §3.3: a policy that changes within the period makes a report for each.
            let Some(published) = self.reported(evaluation) else { continue };
            self.key.clear();
            write_key(&mut self.key, &mut self.order, row, evaluation, published, self.options.envelope_to);
            self.counts.counted += 1;
            self.count(counts_alone);
        }
        if self.bytes > self.options.bytes_max {
            self.lay_aside()?;
        }
        Ok(())
    }

    /// What became of the rows so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The reports, sorted by policy domain.
    ///
    /// # Errors
    /// What was laid aside cannot be read.
    pub fn finish(mut self) -> Result<Drafts<S::Reader>, FoldError> {
        let mut readers = Vec::with_capacity(self.runs.len());
        for run in self.runs {
            readers.push(self.scratch.reread(run)?);
        }
        Drafts::new(readers, line::sorted(self.lines), self.options.period, self.options.record_count_max)
    }

    /// The policy under which an author domain of a message is reported.
    fn reported<'r>(&mut self, evaluation: &'r Evaluation) -> Option<&'r Published> {
        let evaluated = match evaluation.result {
            DmarcResult::Pass | DmarcResult::Fail | DmarcResult::TempError => true,
            DmarcResult::None | DmarcResult::PermError => false,
        };
        let Some(published) = evaluation.published.as_ref().filter(|_| evaluated) else {
            self.counts.not_evaluated += 1;
            return None;
        };
        // RFC 9990 §3.4: the presence of `rua` in the record that was found is the request for reports.
        if published.reports == Wanted::No {
            self.counts.not_wanted += 1;
            return None;
        }
        Some(published)
    }

    fn count(&mut self, counts_alone: bool) {
        if let Some(line) = self.lines.get_mut(self.key.as_slice()) {
            line.count = line.count.saturating_add(1);
            line.counts_alone |= counts_alone;
            return;
        }
        self.bytes += self.key.len() + line::BYTES_BESIDE_KEY;
        self.lines.insert(self.key.as_slice().into(), Line { count: 1, counts_alone });
    }

    fn lay_aside(&mut self) -> Result<(), FoldError> {
        if self.runs.len() == FOLD_RUN_COUNT_MAX {
            return Err(FoldError::TooMuch);
        }
        let mut run = self.scratch.create()?;
        line::write_run(&mut run, line::sorted(std::mem::take(&mut self.lines)))?;
        run.flush()?;
        self.runs.push(run);
        self.bytes = 0;
        Ok(())
    }
}

impl FoldOptions {
    /// Why a row belongs into no report: where that is counted.
    fn unfit<'c>(&self, row: &Row, counts: &'c mut Counts) -> Option<&'c mut u64> {
        if !self.period.has_ms(row.time_ms()) {
            return Some(&mut counts.outside);
        }
        if row.direction != Direction::In || row.client.ip.is_none() {
            return Some(&mut counts.not_received);
        }
        if self.report_mail.has(row) {
            return Some(&mut counts.report_mail);
        }
        (row.verdict.action == Action::TempFail).then_some(&mut counts.refused_for_now)
    }

    /// Whether a message is enough for a report when there is no other of its domain.
    fn counts_alone(&self, row: &Row) -> bool {
        let refused = matches!(row.verdict.action, Action::Reject | Action::Discard);
        // What was refused because of the owner's policy is what the owner wants to know.
        let refused_as_spam =
            refused && (row.message.spam == Spam::Yes || row.verdict.disposition != Disposition::Reject);
        let spam = refused_as_spam && self.spam_alone == Alone::MakesNone;
        let bounce = row.envelope.mail_from.is_none() && self.bounces_alone == Alone::MakesNone;
        !spam && !bounce
    }
}

impl ReportMail {
    fn has(&self, row: &Row) -> bool {
        let recipients = &row.envelope.recipient_domains;
        let by_recipients = !self.recipient_domains.is_empty()
            && !recipients.is_empty()
            && recipients.iter().all(|domain| self.recipient_domains.contains(domain));
        by_recipients || row.verdict.reasons.iter().any(|reason| self.reasons.contains(reason))
    }
}

impl Scratch for InMemory {
    type Writer = Vec<u8>;
    type Reader = Cursor<Vec<u8>>;

    fn create(&mut self) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn reread(&mut self, written: Vec<u8>) -> io::Result<Cursor<Vec<u8>>> {
        Ok(Cursor::new(written))
    }
}
