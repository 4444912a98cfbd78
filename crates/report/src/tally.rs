//! Counts of messages: the fold of rows that statistics and pages are made of.
//!
//! [`cells`] says which counts a row raises and by how much. A store keeps the sums as rows come and go, so that a month
//! is counted without reading its rows; summing the cells of all rows again gives the same, and
//! [`crate::Ledger::rebuild`] does that. Counts of few different things are kept by the hour, so that a day may begin at
//! any of them; those by domain and by address are kept by the day in UTC.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use mailtext::Domain;

use crate::id::Site;
use crate::limits::TALLY_LINE_COUNT_MAX;
use crate::row::Row;
use crate::vocabulary::{Action, Direction, Disposition, Method, MethodResult, OverrideKind, Spam};

/// What is counted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Measure {
    /// Messages.
    Messages,
    /// Their bytes.
    Bytes,
    /// Their recipients.
    Recipients,
    /// Messages with this result of a method ([`Row::result`]).
    Result(Method, MethodResult),
    /// Messages with this disposition.
    Disposition(Disposition),
    /// Messages with this action.
    Action(Action),
    /// Messages with an override of this kind.
    Override(OverrideKind),
    /// Messages of which another filter said so.
    Spam(Spam),
    /// Messages that waited for us at least so many microseconds, and less than twice as many: a power of two, or 0.
    Latency(u64),
    /// Messages of an author domain, by DMARC's result and disposition; several authors count each.
    Author(Domain, MethodResult, Disposition),
    /// Messages of a client address, by DMARC's result and action.
    Source(IpAddr, MethodResult, Action),
    /// Messages that we signed for a domain.
    Signed(Domain),
    /// Messages of a domain of ours, by how they ended.
    Own(Box<Own>),
}

/// Messages of a domain of ours: of those that come in, for which it stands among the recipients; of those that go out,
/// in which it stands as From, as MAIL FROM or in a signature of ours.
///
/// A message may be of several domains. It is counted under each, with those that come before in the order of keys
/// ([`crate::index::domain_key`]): whoever asks for several domains takes it under the first of them alone, and so once.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Own {
    /// The domain.
    pub domain: Domain,
    /// The other domains of the same messages that come before it.
    pub before: Box<[Domain]>,
    /// How they ended.
    pub outcome: Outcome,
}

/// How a message ended; a method that was not evaluated has no result.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Outcome {
    /// The results of [`Outcome::METHODS`].
    pub results: [Option<MethodResult>; Self::METHODS.len()],
    /// What was done.
    pub action: Action,
    /// What was said about spam.
    pub spam: Spam,
}

/// The kinds of [`Measure`]. The numbers are stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MeasureKind {
    /// [`Measure::Messages`]
    Messages = 1,
    /// [`Measure::Bytes`]
    Bytes = 2,
    /// [`Measure::Recipients`]
    Recipients = 3,
    /// [`Measure::Result`]
    Result = 4,
    /// [`Measure::Disposition`]
    Disposition = 5,
    /// [`Measure::Action`]
    Action = 6,
    /// [`Measure::Override`]
    Override = 7,
    /// [`Measure::Spam`]
    Spam = 8,
    /// [`Measure::Latency`]
    Latency = 9,
    /// [`Measure::Author`]
    Author = 10,
    /// [`Measure::Source`]
    Source = 11,
    /// [`Measure::Signed`]
    Signed = 12,
    /// [`Measure::Own`]
    Own = 13,
}

/// Where a count belongs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Cell {
    /// What is counted.
    pub measure: Measure,
    /// When: hours since 1970, the first of its day for what is kept by the day.
    pub hour: u32,
    /// Whose.
    pub tenant: Box<str>,
    /// Where.
    pub site: Site,
    /// Which way.
    pub direction: Direction,
}

/// A question for counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TallyQuery {
    /// What is counted.
    pub kind: MeasureKind,
    /// From this time, in milliseconds since 1970, cut to the hour, or to the UTC day for what is kept by the day.
    pub from_ms: u64,
    /// To before this time, cut likewise.
    pub until_ms: u64,
    /// Of this tenant alone.
    pub tenant: Option<Box<str>>,
    /// Of this site alone.
    pub site: Option<Site>,
    /// Of this direction alone.
    pub direction: Option<Direction>,
    /// How time is divided.
    pub step: Step,
    /// Only the lines of so many subjects, those with the most in all: for domains and addresses.
    pub top: Option<usize>,
    /// Of the messages of these domains and of those below them ([`Own`]), each message once: for messages, results of
    /// [`Outcome::METHODS`], actions and spam. By author and by signature these names alone. Of other kinds nothing is
    /// counted by domain, and nothing is answered.
    pub domains: Option<Box<[Domain]>>,
}

/// How time is divided.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Step {
    /// Not at all.
    Whole,
    /// By hours. For what is kept by the day, that is the day.
    Hour,
    /// By days that begin so many hours before those of UTC: 9 for Japan. What is kept by the day has UTC's days.
    Day {
        /// From -23 to 23.
        ahead_h: i8,
    },
}

/// A count.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TallyLine {
    /// When its part of time begins, in milliseconds since 1970.
    pub start_ms: u64,
    /// Of what.
    pub measure: Measure,
    /// How many.
    pub count: u64,
}

/// An answer: lines by time, then by measure.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// The lines.
    pub lines: Vec<TallyLine>,
    /// How many lines were left out because of [`TALLY_LINE_COUNT_MAX`], and what they sum up to.
    pub omitted: Omitted,
    /// From when on everything is counted, in milliseconds since 1970: what an earlier version stored before that has no
    /// counts of this kind. 0 where that is so from the beginning.
    pub whole_from_ms: u64,
}

/// What an answer has no room for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Omitted {
    /// So many lines.
    pub line_count: u64,
    /// With this sum.
    pub count: u64,
}

/// What a row adds to the counts.
pub fn cells(row: &Row, mut add: impl FnMut(Cell, u64)) {
    let hour = hour_of(row.time_ms());
    let mut add = |measure: Measure, count: u64| {
        let hour = if measure.kind().is_daily() { hour - hour % HOURS } else { hour };
        let (tenant, site, direction) = (row.tenant.clone(), row.id.site(), row.direction);
        add(Cell { measure, hour, tenant, site, direction }, count);
    };
    add(Measure::Messages, 1);
    add(Measure::Bytes, row.message.size_bytes);
    add(Measure::Recipients, row.envelope.recipient_count);
    for method in Method::ALL {
        if let Some(result) = row.result(*method) {
            add(Measure::Result(*method, result), 1);
        }
    }
    let (dmarc, disposition, action) = (row.dmarc.result.into(), row.verdict.disposition, row.verdict.action);
    add(Measure::Disposition(disposition), 1);
    add(Measure::Action(action), 1);
    for kind in OverrideKind::ALL {
        if row.verdict.overrides.iter().any(|reason| reason.kind == *kind) {
            add(Measure::Override(*kind), 1);
        }
    }
    add(Measure::Spam(row.message.spam), 1);
    add(Measure::Latency(latency_step(row.latency_us)), 1);
    for evaluation in &row.dmarc.authors {
        add(Measure::Author(evaluation.author.clone(), evaluation.result.into(), disposition), 1);
    }
    if let Some(ip) = row.client.ip {
        add(Measure::Source(ip.to_canonical(), dmarc, action), 1);
    }
    let mut signed: Vec<&Domain> = row.signed.iter().map(|signed| &signed.domain).collect();
    signed.sort_unstable();
    signed.dedup();
    for domain in signed {
        add(Measure::Signed(domain.clone()), 1);
    }
    own(row, &mut |own| add(Measure::Own(Box::new(own)), 1));
}

/// Under which domains of ours a row is counted.
pub fn own(row: &Row, add: &mut dyn FnMut(Own)) {
    let mut domains: Vec<&Domain> = match row.direction {
        Direction::In => row.envelope.recipient_domains.iter().collect(),
        Direction::Out => {
            let authors = row.dmarc.authors.iter().map(|evaluation| &evaluation.author);
            let signed = row.signed.iter().map(|signed| &signed.domain);
            authors.chain(&row.envelope.mail_from_domain).chain(signed).collect()
        }
    };
    if domains.len() > 1 {
        domains.sort_by_cached_key(|domain| crate::index::domain_key(domain));
        domains.dedup();
    }
    let outcome = Outcome::of(row);
    for (place, domain) in domains.iter().enumerate() {
        let before = domains.iter().take(place).map(|domain| (*domain).clone()).collect();
        add(Own { domain: (*domain).clone(), before, outcome });
    }
}

/// The answer to a question, from the cells that it [admits](TallyQuery::admits), in any order, summed or not.
#[must_use]
pub fn answer(query: &TallyQuery, cells: impl IntoIterator<Item = (u32, Measure, u64)>) -> Tally {
    let mut counting = Counting::new(query);
    cells.into_iter().for_each(|(hour, measure, count)| counting.add(hour, measure, count));
    counting.finish()
}

/// Counts by part of the time and measure. Millions are looked up for an answer, hence the hash.
type Sums = HashMap<(u32, Measure), u64, foldhash::fast::RandomState>;

/// An answer that is being made.
pub struct Counting<'q> {
    query: &'q TallyQuery,
    sums: Sums,
}

impl<'q> Counting<'q> {
    /// Nothing is counted yet.
    #[must_use]
    pub fn new(query: &'q TallyQuery) -> Self {
        Self { query, sums: Sums::default() }
    }

    /// Counts a cell that is asked for.
    pub fn add(&mut self, hour: u32, measure: Measure, count: u64) {
        let part = self.query.part_of(hour);
        self.query.each_asked(measure, |measure| {
            let sum = self.sums.entry((part, measure)).or_default();
            *sum = sum.saturating_add(count);
        });
    }

    /// The answer.
    #[must_use]
    pub fn finish(self) -> Tally {
        lines_of(self.query, self.sums)
    }
}

fn lines_of(query: &TallyQuery, sums: Sums) -> Tally {
    let mut lines: Vec<TallyLine> = sums
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|((hour, measure), count)| TallyLine { start_ms: u64::from(hour) * HOUR_MS, measure, count })
        .collect();
    if let Some(top) = query.top {
        keep_top(&mut lines, top);
    }
    let mut omitted = Omitted::default();
    if lines.len() > TALLY_LINE_COUNT_MAX {
        lines.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.cmp(b)));
        for line in lines.split_off(TALLY_LINE_COUNT_MAX) {
            omitted.line_count += 1;
            omitted.count = omitted.count.saturating_add(line.count);
        }
    }
    lines.sort_unstable();
    Tally { lines, omitted, whole_from_ms: 0 }
}

fn keep_top(lines: &mut Vec<TallyLine>, top: usize) {
    let mut totals: HashMap<Subject, u64> = HashMap::new();
    for line in lines.iter() {
        let total = totals.entry(line.measure.subject()).or_default();
        *total = total.saturating_add(line.count);
    }
    let mut subjects: Vec<(Subject, u64)> = totals.into_iter().collect();
    subjects.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    subjects.truncate(top);
    let kept: std::collections::HashSet<Subject> = subjects.into_iter().map(|(subject, _)| subject).collect();
    lines.retain(|line| kept.contains(&line.measure.subject()));
}

/// What the lines of a measure are of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Subject {
    Domain(Domain),
    Address(IpAddr),
    Other(Measure),
}

impl Measure {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> MeasureKind {
        match self {
            Self::Messages => MeasureKind::Messages,
            Self::Bytes => MeasureKind::Bytes,
            Self::Recipients => MeasureKind::Recipients,
            Self::Result(..) => MeasureKind::Result,
            Self::Disposition(_) => MeasureKind::Disposition,
            Self::Action(_) => MeasureKind::Action,
            Self::Override(_) => MeasureKind::Override,
            Self::Spam(_) => MeasureKind::Spam,
            Self::Latency(_) => MeasureKind::Latency,
            Self::Author(..) => MeasureKind::Author,
            Self::Source(..) => MeasureKind::Source,
            Self::Signed(_) => MeasureKind::Signed,
            Self::Own(_) => MeasureKind::Own,
        }
    }

    /// What distinguishes it from others of its kind, as stored.
    #[must_use]
    pub fn key(&self) -> Vec<u8> {
        match self {
            Self::Messages | Self::Bytes | Self::Recipients => Vec::new(),
            Self::Result(method, result) => vec![method.code(), result.code()],
            Self::Disposition(disposition) => vec![disposition.code()],
            Self::Action(action) => vec![action.code()],
            Self::Override(kind) => vec![kind.code()],
            Self::Spam(spam) => vec![spam.code()],
            Self::Latency(from_us) => from_us.to_be_bytes().to_vec(),
            Self::Author(domain, result, disposition) => named(&[result.code(), disposition.code()], domain),
            Self::Source(ip, result, action) => {
                let mut key = vec![result.code(), action.code()];
                key.extend_from_slice(&crate::index::ip_bits(*ip).to_be_bytes());
                key
            }
            Self::Signed(domain) => named(&[], domain),
            Self::Own(own) => own.key(),
        }
    }

    /// The measure of a stored key; `None` when it is none.
    #[must_use]
    pub fn from_key(kind: MeasureKind, key: &[u8]) -> Option<Self> {
        let domain = |bytes: &[u8]| Domain::query(std::str::from_utf8(bytes).ok()?).ok();
        Some(match (kind, key) {
            (MeasureKind::Messages, []) => Self::Messages,
            (MeasureKind::Bytes, []) => Self::Bytes,
            (MeasureKind::Recipients, []) => Self::Recipients,
            (MeasureKind::Result, [method, result]) => {
                Self::Result(Method::from_code(*method)?, MethodResult::from_code(*result)?)
            }
            (MeasureKind::Disposition, [code]) => Self::Disposition(Disposition::from_code(*code)?),
            (MeasureKind::Action, [code]) => Self::Action(Action::from_code(*code)?),
            (MeasureKind::Override, [code]) => Self::Override(OverrideKind::from_code(*code)?),
            (MeasureKind::Spam, [code]) => Self::Spam(Spam::from_code(*code)?),
            (MeasureKind::Latency, key) => Self::Latency(u64::from_be_bytes(key.try_into().ok()?)),
            (MeasureKind::Author, [result, disposition, name @ ..]) => {
                Self::Author(domain(name)?, MethodResult::from_code(*result)?, Disposition::from_code(*disposition)?)
            }
            (MeasureKind::Source, [result, action, ip @ ..]) => {
                let ip = IpAddr::V6(Ipv6Addr::from_bits(u128::from_be_bytes(ip.try_into().ok()?))).to_canonical();
                Self::Source(ip, MethodResult::from_code(*result)?, Action::from_code(*action)?)
            }
            (MeasureKind::Signed, name) => Self::Signed(domain(name)?),
            (MeasureKind::Own, key) => Self::Own(Box::new(Own::from_key(key)?)),
            _ => return None,
        })
    }

    /// The domain whose messages are counted, for those that count by domain.
    #[must_use]
    pub fn domain(&self) -> Option<&Domain> {
        match self {
            Self::Author(domain, ..) | Self::Signed(domain) => Some(domain),
            Self::Own(own) => Some(&own.domain),
            _ => None,
        }
    }

    /// The same without the names that are meant; `None` when nothing is left of it.
    #[must_use]
    pub fn without(&self, is_meant: impl Fn(&Domain) -> bool) -> Option<Self> {
        if self.domain().is_some_and(&is_meant) {
            return None;
        }
        Some(match self {
            Self::Own(own) if own.before.iter().any(&is_meant) => {
                let before = own.before.iter().filter(|domain| !is_meant(domain)).cloned().collect();
                Self::Own(Box::new(Own { before, ..(**own).clone() }))
            }
            other => other.clone(),
        })
    }

    /// Whether its messages are counted here for whoever asks for these domains and those below them.
    fn is_of(&self, domains: &[Domain]) -> bool {
        let covers = |domain: &Domain| domains.iter().any(|own| domain.is_within(own));
        match self {
            Self::Own(own) => covers(&own.domain) && !own.before.iter().any(covers),
            other => other.domain().is_some_and(covers),
        }
    }

    fn subject(&self) -> Subject {
        match self {
            Self::Author(domain, ..) | Self::Signed(domain) => Subject::Domain(domain.clone()),
            Self::Own(own) => Subject::Domain(own.domain.clone()),
            Self::Source(ip, ..) => Subject::Address(*ip),
            other => Subject::Other(other.clone()),
        }
    }
}

fn named(codes: &[u8], domain: &Domain) -> Vec<u8> {
    let mut key = codes.to_vec();
    key.extend_from_slice(domain.as_str().as_bytes());
    key
}

impl Own {
    /// The domain as its key is, a zero, the codes of the outcome, then the other names, each with a zero.
    fn key(&self) -> Vec<u8> {
        let mut key = crate::index::domain_key(&self.domain);
        key.push(0);
        key.extend(self.outcome.results.map(|result| result.map_or(NOT_EVALUATED, MethodResult::code)));
        key.extend([self.outcome.action.code(), self.outcome.spam.code()]);
        for domain in &self.before {
            key.extend_from_slice(domain.as_str().as_bytes());
            key.push(0);
        }
        key
    }

    fn from_key(key: &[u8]) -> Option<Self> {
        let domain = |bytes: &[u8]| Domain::query(std::str::from_utf8(bytes).ok()?).ok();
        let end = key.iter().position(|byte| *byte == 0)?;
        let (reversed, rest) = (key.get(..end)?.strip_suffix(b".")?, key.get(end + 1..)?);
        let labels: Vec<&[u8]> = reversed.rsplit(|byte| *byte == b'.').collect();
        let (results, rest) = rest.split_first_chunk::<{ Outcome::METHODS.len() }>()?;
        let ([action, spam], names) = rest.split_first_chunk()?;
        let mut outcome =
            Outcome { results: [None; 4], action: Action::from_code(*action)?, spam: Spam::from_code(*spam)? };
        for (result, code) in outcome.results.iter_mut().zip(results) {
            *result = if *code == NOT_EVALUATED { None } else { Some(MethodResult::from_code(*code)?) };
        }
        let before = match names.split_last() {
            None => Box::default(),
            Some((0, names)) => names.split(|byte| *byte == 0).map(domain).collect::<Option<_>>()?,
            Some(_) => return None,
        };
        Some(Self { domain: domain(&labels.join(&b'.'))?, before, outcome })
    }
}

impl Outcome {
    /// The methods whose results it has.
    pub const METHODS: [Method; 4] = [Method::Spf, Method::Dkim, Method::Dmarc, Method::Arc];

    /// How a message ended.
    #[must_use]
    pub fn of(row: &Row) -> Self {
        let results = Self::METHODS.map(|method| row.result(method));
        Self { results, action: row.verdict.action, spam: row.message.spam }
    }

    /// Gives what it says to a question for a kind of counts.
    fn each(&self, kind: MeasureKind, mut take: impl FnMut(Measure)) {
        match kind {
            MeasureKind::Messages => take(Measure::Messages),
            MeasureKind::Action => take(Measure::Action(self.action)),
            MeasureKind::Spam => take(Measure::Spam(self.spam)),
            MeasureKind::Result => {
                for (method, result) in Self::METHODS.into_iter().zip(self.results) {
                    result.into_iter().for_each(|result| take(Measure::Result(method, result)));
                }
            }
            _ => {}
        }
    }
}

impl MeasureKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::Messages,
        Self::Bytes,
        Self::Recipients,
        Self::Result,
        Self::Disposition,
        Self::Action,
        Self::Override,
        Self::Spam,
        Self::Latency,
        Self::Author,
        Self::Source,
        Self::Signed,
        Self::Own,
    ];

    /// The number that stores keep.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The kind of a number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.code() == code)
    }

    /// Whether it is kept by the day in UTC.
    #[must_use]
    pub fn is_daily(self) -> bool {
        matches!(self, Self::Author | Self::Source | Self::Signed)
    }
}

impl TallyQuery {
    /// Counts of all messages of a time.
    #[must_use]
    pub fn new(kind: MeasureKind, from_ms: u64, until_ms: u64, step: Step) -> Self {
        let (tenant, site, direction, top, domains) = (None, None, None, None, None);
        Self { kind, from_ms, until_ms, tenant, site, direction, step, top, domains }
    }

    /// The kind of the cells that answer it.
    #[must_use]
    pub fn stored_kind(&self) -> MeasureKind {
        use MeasureKind::{Action, Messages, Own, Result, Spam};
        if self.domains.is_some() && matches!(self.kind, Messages | Result | Action | Spam) { Own } else { self.kind }
    }

    /// Gives what a cell that is asked for says.
    fn each_asked(&self, measure: Measure, mut take: impl FnMut(Measure)) {
        match measure {
            Measure::Own(own) if self.kind != MeasureKind::Own => own.outcome.each(self.kind, take),
            measure => take(measure),
        }
    }

    /// The hours of the cells that are asked for: from the first to before the second.
    #[must_use]
    pub fn hours(&self) -> (u32, u32) {
        let cut = |time_ms| {
            let hour = hour_of(time_ms);
            if self.stored_kind().is_daily() { hour - hour % HOURS } else { hour }
        };
        (cut(self.from_ms), cut(self.until_ms))
    }

    /// Whether a cell is asked for.
    #[must_use]
    pub fn admits(&self, cell: &Cell) -> bool {
        let (from, until) = self.hours();
        cell.measure.kind() == self.stored_kind()
            && (from..until).contains(&cell.hour)
            && self.tenant.as_ref().is_none_or(|tenant| *tenant == cell.tenant)
            && self.site.is_none_or(|site| site == cell.site)
            && self.direction.is_none_or(|direction| direction == cell.direction)
            && self.admits_domain(&cell.measure)
    }

    /// Whether the domain of a measure is asked for.
    #[must_use]
    pub fn admits_domain(&self, measure: &Measure) -> bool {
        self.domains.as_ref().is_none_or(|domains| measure.is_of(domains))
    }

    /// The first hour of the part of time that an hour belongs to.
    fn part_of(&self, hour: u32) -> u32 {
        match self.step {
            Step::Whole => self.hours().0,
            Step::Hour => hour,
            Step::Day { .. } if self.kind.is_daily() => hour,
            Step::Day { ahead_h } => {
                let into_day = (i64::from(hour) + i64::from(ahead_h)).rem_euclid(i64::from(HOURS));
                u32::try_from(i64::from(hour) - into_day).unwrap_or(0)
            }
        }
    }
}

/// Hours since 1970.
#[must_use]
pub fn hour_of(time_ms: u64) -> u32 {
    u32::try_from(time_ms / HOUR_MS).unwrap_or(u32::MAX)
}

/// The beginning of the UTC day of a time, in milliseconds since 1970.
#[must_use]
pub fn day_start_ms(time_ms: u64) -> u64 {
    time_ms - time_ms % (HOUR_MS * u64::from(HOURS))
}

fn latency_step(latency_us: u64) -> u64 {
    latency_us.checked_ilog2().map_or(0, |power| 1 << power)
}

/// An hour in milliseconds.
pub const HOUR_MS: u64 = 3_600_000;
/// Hours of a day.
pub const HOURS: u32 = 24;
/// In the place of a result's code.
const NOT_EVALUATED: u8 = 0xff;
