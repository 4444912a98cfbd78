//! What answers consist of, and their order: the same for every store.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Range;

use feedback::Deviation;
use feedback::aggregate::Circumstances;
use feedback::archive::{
    ArchiveError, Class, CountLine, CountQuery, Division, Kind, ReporterLine, SourceLine, Status, TlsLine, Totals,
};
use feedback::limits::{PAGE_LINE_COUNT_MAX, SPREAD_PIECE_COUNT_MAX, SUMMARY_LINE_COUNT_MAX};
use feedback::summary::Summary;
use feedback::tls::{Tls, TlsPolicy};
use mailtext::Domain;
use report::query::Reach;
use report::vocabulary::Disposition;

use super::cells::Cell;
use super::codec::encode_circumstances;
use super::head::{Side, period};

/// How many lines are wanted.
pub(super) fn line_count(limit: usize) -> usize {
    if limit == 0 { PAGE_LINE_COUNT_MAX } else { limit.min(PAGE_LINE_COUNT_MAX) }
}

/// Whether a name of a report is meant.
pub(super) fn covers(wanted: &(Domain, Reach), name: &str) -> bool {
    let (domain, reach) = wanted;
    // Some reporters write U-labels.
    let parsed = if name.is_ascii() { None } else { Domain::parse(name).ok() };
    let name = parsed.as_ref().map_or(name, Domain::as_str);
    match name.strip_suffix(domain.as_str()) {
        Some("") => true,
        Some(before) => *reach == Reach::Below && before.ends_with('.'),
        None => false,
    }
}

/// Whether a reporter is meant.
pub(super) fn admits_reporter(wanted: Option<&str>, organization: &str, domain: &str) -> bool {
    wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(organization) || wanted.eq_ignore_ascii_case(domain))
}

/// The days that are meant.
pub(super) fn days(query: &CountQuery) -> Range<u32> {
    query.from_day.unwrap_or(0)..query.until_day.unwrap_or(u32::MAX)
}

/// Whether what is kept apart, or what is not, is meant.
pub(super) fn admits_side(query: &CountQuery, side: Side) -> bool {
    side == Side::Counted || query.with_unauthenticated
}

/// Where a cell's count belongs, without the count.
pub(super) fn count_line(by: Division, day: u32, domain: &str, organization: &str, cell: Cell) -> CountLine {
    CountLine {
        day: by.day.then_some(day),
        domain: by.domain.then(|| domain.into()),
        reporter: by.reporter.then(|| organization.into()),
        class: by.class.then_some(cell.class),
        disposition: cell.disposition.filter(|_| by.disposition),
        dkim_aligned: cell.dkim_aligned.filter(|_| by.aligned),
        spf_aligned: cell.spf_aligned.filter(|_| by.aligned),
        count: 0,
    }
}

/// Lines of which some belong together.
pub(super) fn counts(lines: impl Iterator<Item = CountLine>, limit: usize) -> Vec<CountLine> {
    type Key = (
        Option<u32>,
        Option<Box<str>>,
        Option<Box<str>>,
        Option<Class>,
        Option<Disposition>,
        Option<bool>,
        Option<bool>,
    );
    let mut sums: BTreeMap<Key, CountLine> = BTreeMap::new();
    for line in lines {
        let CountLine { day, domain, reporter, class, disposition, dkim_aligned, spf_aligned, count } = line.clone();
        let key = (day, domain, reporter, class, disposition, dkim_aligned, spf_aligned);
        match sums.entry(key) {
            std::collections::btree_map::Entry::Occupied(mut there) => {
                let sum = &mut there.get_mut().count;
                *sum = sum.saturating_add(count);
            }
            std::collections::btree_map::Entry::Vacant(free) => drop(free.insert(line)),
        }
    }
    let mut lines: Vec<(usize, CountLine)> = sums.into_values().enumerate().collect();
    if lines.len() > line_count(limit) {
        lines.sort_by(|(at, a), (other, b)| b.count.cmp(&a.count).then(at.cmp(other)));
        lines.truncate(line_count(limit));
        lines.sort_by_key(|(at, _)| *at);
    }
    lines.into_iter().map(|(_, line)| line).collect()
}

/// Messages of one address under the same circumstances, as they are summed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    pub(super) count: u64,
    pub(super) first_day: u32,
    pub(super) last_day: u32,
}

impl Seen {
    pub(super) fn new(count: u64, day: u32) -> Self {
        Self { count, first_day: day, last_day: day }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.first_day = self.first_day.min(other.first_day);
        self.last_day = self.last_day.max(other.last_day);
    }
}

/// The sources of most messages, in the order of the answer.
pub(super) fn sources<T>(mut lines: Vec<T>, limit: usize, line: fn(&T) -> &SourceLine) -> Vec<T> {
    type Rank<'a> = (std::cmp::Reverse<u64>, &'a str, Option<IpAddr>, Class);
    fn rank(line: &SourceLine) -> Rank<'_> {
        (std::cmp::Reverse(line.count), &line.domain, line.source, line.class)
    }
    fn bytes(of: &Circumstances) -> Vec<u8> {
        encode_circumstances(of)
    }
    lines.sort_by(|a, b| {
        let (a, b) = (line(a), line(b));
        rank(a).cmp(&rank(b)).then_with(|| bytes(&a.circumstances).cmp(&bytes(&b.circumstances)))
    });
    lines.truncate(line_count(limit));
    lines
}

/// Time in pieces, as messages of sources are told in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Pieces {
    first_day: u32,
    width: u32,
    pub(super) count: usize,
}

impl Pieces {
    /// Those of a question; none where its ends are open, or where they would be too many.
    pub(super) fn of(query: &CountQuery, piece_days: u32) -> Self {
        let days = query.from_day.zip(query.until_day);
        let day_count = days.map_or(0, |(from, until)| until.saturating_sub(from));
        let width = piece_days.max(1);
        let count = day_count.div_ceil(width);
        let count = if count > SPREAD_PIECE_COUNT_MAX { 0 } else { count as usize };
        Self { first_day: query.from_day.unwrap_or(0), width, count }
    }

    /// None at all.
    pub(super) const NONE: Self = Self { first_day: 0, width: 1, count: 0 };

    /// In which of them a day is.
    pub(super) fn place(self, day: u32) -> Option<usize> {
        let place = (day.checked_sub(self.first_day)? / self.width) as usize;
        (place < self.count).then_some(place)
    }
}

/// What one report adds to what is known of its reporter.
pub(super) struct Contribution<'a> {
    pub(super) kind: Option<Kind>,
    pub(super) status: Status,
    pub(super) record_count: u64,
    pub(super) message_count: u64,
    pub(super) begin_s: u64,
    pub(super) end_s: u64,
    pub(super) received_ms: u64,
    pub(super) deviations: &'a [Deviation],
}

/// A reporter of which nothing is summed yet.
pub(super) fn reporter(organization: Box<str>, reporter: Box<str>) -> ReporterLine {
    ReporterLine {
        organization,
        reporter,
        report_count: 0,
        salvaged_count: 0,
        refused_count: 0,
        record_count: 0,
        message_count: 0,
        first_s: u64::MAX,
        last_s: 0,
        deviations: Vec::new(),
    }
}

/// Adds a report to its reporter.
pub(super) fn contribute(line: &mut ReporterLine, report: &Contribution<'_>) {
    for deviation in report.deviations {
        match line.deviations.iter_mut().find(|there| there.id == deviation.id) {
            Some(there) => there.count += 1,
            None => line.deviations.push(Deviation { count: 1, ..deviation.clone() }),
        }
    }
    if report.status == Status::Refused {
        line.refused_count += 1;
        return;
    }
    let (begin_s, end_s) = period(report.begin_s, report.end_s, report.received_ms);
    line.report_count += 1;
    line.salvaged_count += u64::from(report.status == Status::Salvaged);
    line.first_s = line.first_s.min(begin_s);
    line.last_s = line.last_s.max(end_s);
    if report.kind == Some(Kind::Aggregate) {
        line.record_count += report.record_count;
        line.message_count = line.message_count.saturating_add(report.message_count);
    }
}

/// Counts reports by how they were read.
pub(super) fn add_total(totals: &mut Totals, status: Status, count: u64) {
    match status {
        Status::Accepted => totals.accepted += count,
        Status::Salvaged => totals.salvaged += count,
        Status::Refused => totals.refused += count,
    }
}

/// Reporters in the order of the answer.
pub(super) fn reporters(lines: impl Iterator<Item = ReporterLine>, limit: usize) -> Vec<ReporterLine> {
    let mut lines: Vec<ReporterLine> = lines.collect();
    lines.sort_by(|a, b| {
        let rank = |line: &ReporterLine| (std::cmp::Reverse(line.message_count), std::cmp::Reverse(line.report_count));
        rank(a).cmp(&rank(b)).then_with(|| (&a.organization, &a.reporter).cmp(&(&b.organization, &b.reporter)))
    });
    lines.truncate(line_count(limit));
    for line in &mut lines {
        if line.report_count == 0 {
            line.first_s = 0;
        }
        line.deviations.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.id.cmp(&b.id)));
    }
    lines
}

/// What a TLS report says of the domains that are meant.
pub(super) fn tls_lines<'a>(tls: Tls, day: u32, query: &'a CountQuery) -> impl Iterator<Item = TlsLine> + use<'a> {
    let reporter = tls.organization;
    let meant = tls
        .policies
        .into_iter()
        .filter(|policy| query.domain.as_ref().is_none_or(|wanted| covers(wanted, &policy.domain)));
    meant.map(move |mut policy| {
        let failures = std::mem::take(&mut policy.failures);
        let policy = TlsPolicy { failures: Vec::new(), ..policy };
        TlsLine { day, reporter: reporter.clone(), policy, failures }
    })
}

/// What a TLS report says of the domains that are meant.
pub(super) fn add_tls(summary: &mut Summary, tls: Tls, day: u32, query: &CountQuery) {
    for TlsLine { day, reporter, policy, failures } in tls_lines(tls, day, query) {
        let policy = TlsPolicy { failures, ..policy };
        summary.add_tls(day, &policy);
        summary.add_reporter(Kind::Tls, &policy.domain, &reporter);
    }
}

/// A summary, unless it has too many lines.
pub(super) fn whole(summary: Summary) -> Result<Summary, ArchiveError> {
    if summary.is_too_long() {
        return Err(ArchiveError::Failed { what: format!("a summary of more than {SUMMARY_LINE_COUNT_MAX} lines") });
    }
    Ok(summary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_below_is_not_a_name_that_ends_alike() {
        let wanted = |reach| (Domain::parse("example.jp").unwrap(), reach);
        for (name, itself, below) in [
            ("example.jp", true, true),
            ("a.example.jp", false, true),
            ("notexample.jp", false, false),
            ("jp", false, false),
            ("", false, false),
        ] {
            assert_eq!(covers(&wanted(Reach::Name), name), itself, "{name}");
            assert_eq!(covers(&wanted(Reach::Below), name), below, "{name}");
        }
        let wide = (Domain::parse("例え.jp").unwrap(), Reach::Name);
        assert!(covers(&wide, "例え.jp") && covers(&wide, wide.0.as_str()));
    }

    #[test]
    fn the_largest_counts_stay_in_their_order() {
        let line = |day, count| CountLine { day: Some(day), count, ..CountLine::default() };
        let all = [line(3, 1), line(1, 5), line(2, 2), line(3, 3), line(4, 0)];
        let days =
            |limit| -> Vec<u32> { counts(all.clone().into_iter(), limit).iter().filter_map(|l| l.day).collect() };
        assert_eq!(days(0), [1, 2, 3, 4]);
        assert_eq!(days(2), [1, 3]);
        assert_eq!(counts(all.into_iter(), 2)[1].count, 4);
    }
}
