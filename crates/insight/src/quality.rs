//! How good a reporter's reports are: whether they come whole, in time, as the standards have them, and whether the
//! reporter's own evaluation agrees with its results.

use std::collections::BTreeMap;

use dmarc::Mechanism;
use feedback::aggregate::PublishedPolicy;
use feedback::archive::{DocumentLine, ReporterLine, SourceLine, Status};
use mailtext::{Explain, Rule, Value};

use crate::advise::{percent, share};
use crate::alignment::{Aligner, Difference};

/// How good a reporter's reports are.
#[derive(Clone, PartialEq, Debug)]
pub struct Quality<'a> {
    /// Who, and the counts.
    pub reporter: &'a ReporterLine,
    /// In a word.
    pub grade: Grade,
    /// What there is to say, the worst first.
    pub remarks: Vec<Remark>,
    /// The median of the time between the end of a period and the receipt of its report, in seconds.
    pub delay_s: Option<u64>,
    /// Messages for which the reporter's own evaluation differs from its results.
    pub differences: BTreeMap<Difference, u64>,
}

/// How good, in a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Grade {
    /// As the standards have it.
    Good,
    /// It can be read, with deviations.
    Fair,
    /// Reports are lost or contradict themselves.
    Poor,
}

/// What there is to say of a reporter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Remark {
    /// Reports could not be read.
    Refused {
        /// How many.
        count: u64,
        /// Of all, in 1000.
        share: u64,
    },
    /// Reports were cut off or damaged.
    Salvaged {
        /// How many.
        count: u64,
        /// Of all, in 1000.
        share: u64,
    },
    /// Two reports with the same id say different things.
    Conflicts {
        /// How many.
        count: u64,
    },
    /// Periods overlap, so that messages may be counted twice.
    Overlaps {
        /// How many.
        count: u64,
    },
    /// The evaluation differs from the results.
    Differs {
        /// How.
        kind: Difference,
        /// Of which mechanism, mostly.
        mechanism: Mechanism,
        /// For how many messages.
        count: u64,
    },
    /// Reports come late.
    Late {
        /// The median, in hours.
        hours: u64,
    },
    /// Reports deviate from the standards.
    Deviates {
        /// In how many ways.
        count: u64,
    },
    /// Nothing is to be said.
    Fine,
}

/// From which delay on reports come late, in seconds. RFC 9990 wants a report each day; a day for the sending is usual.
pub const LATE_S: u64 = 2 * 86_400;

/// Says how good a reporter's reports are. `seen` are the messages that it reported, with their policies; `documents` its
/// reports.
#[must_use]
pub fn quality<'a>(
    reporter: &'a ReporterLine,
    documents: &[DocumentLine],
    seen: &[(&PublishedPolicy, &[SourceLine])],
    aligner: &Aligner,
) -> Quality<'a> {
    let mut counts: BTreeMap<(Difference, &'static str), (Mechanism, u64)> = BTreeMap::new();
    for (policy, lines) in seen {
        for line in *lines {
            for (mechanism, kind) in aligner.differences(&line.circumstances, policy) {
                let (_, count) = counts.entry((kind, mechanism.as_str())).or_insert((mechanism, 0));
                *count = count.saturating_add(line.count);
            }
        }
    }
    let mut differences: BTreeMap<Difference, u64> = BTreeMap::new();
    for ((kind, _), (_, count)) in &counts {
        let sum = differences.entry(*kind).or_default();
        *sum = sum.saturating_add(*count);
    }
    let delay_s = delay_s(documents);
    let mut remarks = of_documents(reporter, documents);
    for ((kind, _), (mechanism, count)) in counts {
        remarks.push(Remark::Differs { kind, mechanism, count });
    }
    remarks.extend(delay_s.filter(|delay| *delay > LATE_S).map(|delay| Remark::Late { hours: delay / 3600 }));
    let deviations = reporter.deviations.len() as u64;
    if deviations > 0 {
        remarks.push(Remark::Deviates { count: deviations });
    }
    remarks.sort_by_key(|remark| std::cmp::Reverse(remark.grade()));
    let grade = remarks.first().map_or(Grade::Good, Remark::grade);
    if remarks.is_empty() {
        remarks.push(Remark::Fine);
    }
    Quality { reporter, grade, remarks, delay_s, differences }
}

fn of_documents(reporter: &ReporterLine, documents: &[DocumentLine]) -> Vec<Remark> {
    let all = reporter.report_count.saturating_add(reporter.refused_count);
    let count = |fits: fn(&DocumentLine) -> bool| documents.iter().filter(|line| fits(line)).count() as u64;
    let (conflicts, overlaps) = (count(|line| line.conflict.is_some()), count(|line| line.overlap.is_some()));
    let (refused, salvaged) = (reporter.refused_count, reporter.salvaged_count);
    let remarks = [
        (refused, Remark::Refused { count: refused, share: share(refused, all) }),
        (salvaged, Remark::Salvaged { count: salvaged, share: share(salvaged, all) }),
        (conflicts, Remark::Conflicts { count: conflicts }),
        (overlaps, Remark::Overlaps { count: overlaps }),
    ];
    remarks.into_iter().filter(|(count, _)| *count > 0).map(|(_, remark)| remark).collect()
}

fn delay_s(documents: &[DocumentLine]) -> Option<u64> {
    let came = documents.iter().filter(|line| line.status != Status::Refused && line.end_s > 0);
    let mut delays: Vec<u64> = came.map(|line| (line.received_ms / 1000).saturating_sub(line.end_s)).collect();
    delays.sort_unstable();
    delays.get(delays.len() / 2).copied()
}

impl Remark {
    /// How bad it is.
    #[must_use]
    pub fn grade(&self) -> Grade {
        match self {
            Self::Fine => Grade::Good,
            Self::Refused { share, .. } | Self::Salvaged { share, .. } if *share >= 100 => Grade::Poor,
            Self::Conflicts { .. } => Grade::Poor,
            Self::Refused { .. }
            | Self::Salvaged { .. }
            | Self::Overlaps { .. }
            | Self::Differs { .. }
            | Self::Late { .. }
            | Self::Deviates { .. } => Grade::Fair,
        }
    }
}

impl Grade {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
        }
    }
}

impl Explain for Remark {
    fn id(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "quality-refused",
            Self::Salvaged { .. } => "quality-salvaged",
            Self::Conflicts { .. } => "quality-conflicts",
            Self::Overlaps { .. } => "quality-overlaps",
            Self::Differs { kind: Difference::Missed, .. } => "quality-missed",
            Self::Differs { kind: Difference::Granted, .. } => "quality-granted",
            Self::Differs { kind: Difference::Bare, .. } => "quality-bare",
            Self::Late { .. } => "quality-late",
            Self::Deviates { .. } => "quality-deviates",
            Self::Fine => "quality-fine",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Overlaps { .. } => Some(Rule("RFC 9990", "3.1.1.4")),
            _ => None,
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Refused { count, share } | Self::Salvaged { count, share } => {
                vec![("count", (*count).into()), ("share", Value::Text(percent(*share)))]
            }
            Self::Conflicts { count } | Self::Overlaps { count } | Self::Deviates { count } => {
                vec![("count", (*count).into())]
            }
            Self::Differs { mechanism, count, .. } => {
                vec![("method", Value::Word(mechanism.as_str())), ("count", (*count).into())]
            }
            Self::Late { hours } => vec![("hours", (*hours).into())],
            Self::Fine => Vec::new(),
        }
    }
}
