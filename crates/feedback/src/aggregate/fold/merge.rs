//! The end of a fold: sorted runs become reports, one after the other.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::Read;
use std::vec::IntoIter;

use super::FoldError;
use super::line::{Counted, Key, Line, RunReader, circumstances_of, policy_of};
use crate::aggregate::{Aggregate, Metadata, Record};
use crate::limits::REPORT_RECORD_COUNT_MAX;
use crate::period::Period;

/// A report without its head: who reports, and under which id, is still to be said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// Policy, period, and records.
    pub aggregate: Aggregate,
    /// The policy's configuration, as bytes: equal ones are equal, and differing ones differ.
    pub configuration: Box<[u8]>,
    /// 0, unless there are more records than one report has; then the reports of one policy are numbered.
    pub part: u32,
}

/// The reports of a fold, sorted by policy domain, then by configuration.
#[derive(Debug)]
pub struct Drafts<R> {
    runs: Vec<Run<R>>,
    /// The next line of each run that has one.
    heads: BinaryHeap<Reverse<(Counted, usize)>>,
    period: Period,
    record_count_max: usize,
    /// The domain that has mail which counts alone.
    marked: Box<[u8]>,
    /// What of the report at hand was given out already.
    part: u32,
    /// A line that belongs to the next report.
    next: Option<Counted>,
    left_out: u64,
}

#[derive(Debug)]
enum Run<R> {
    LaidAside(RunReader<R>),
    InMemory(IntoIter<(Box<[u8]>, Line)>),
}

impl<R: Read> Drafts<R> {
    pub(super) fn new(
        readers: Vec<R>,
        rest: Vec<(Box<[u8]>, Line)>,
        period: Period,
        record_count_max: usize,
    ) -> Result<Self, FoldError> {
        let mut runs: Vec<_> = readers.into_iter().map(|reader| Run::LaidAside(RunReader::new(reader))).collect();
        runs.push(Run::InMemory(rest.into_iter()));
        let mut drafts = Self {
            heads: BinaryHeap::with_capacity(runs.len()),
            runs,
            period,
            record_count_max: record_count_max.clamp(1, REPORT_RECORD_COUNT_MAX),
            marked: Box::default(),
            part: 0,
            next: None,
            left_out: 0,
        };
        (0..drafts.runs.len()).try_for_each(|at| drafts.advance(at))?;
        Ok(drafts)
    }

    /// How many messages were left out so far, because there was no other mail of their domain than spam that was refused,
    /// or bounces.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Puts the next line of a run among the heads.
    fn advance(&mut self, at: usize) -> Result<(), FoldError> {
        let line = match self.runs.get_mut(at) {
            None => None,
            Some(Run::LaidAside(run)) => run.next()?,
            Some(Run::InMemory(lines)) => lines.next().map(|(key, line)| Counted { key, count: line.count }),
        };
        self.heads.extend(line.map(|line| Reverse((line, at))));
        Ok(())
    }

    /// The next key, with the counts of all runs.
    fn merged(&mut self) -> Result<Option<Counted>, FoldError> {
        if let Some(line) = self.next.take() {
            return Ok(Some(line));
        }
        let Some(Reverse((mut line, at))) = self.heads.pop() else { return Ok(None) };
        self.advance(at)?;
        while let Some(Reverse((other, _))) = self.heads.peek()
            && other.key == line.key
        {
            let Some(Reverse((other, at))) = self.heads.pop() else { break };
            line.count = line.count.saturating_add(other.count);
            self.advance(at)?;
        }
        Ok(Some(line))
    }

    fn draft(&mut self) -> Result<Option<Draft>, FoldError> {
        let mut report: Option<Report> = None;
        while let Some(line) = self.merged()? {
            let parsed = Key::parse(&line.key).ok_or(FoldError::Corrupt)?;
            let Some(rest) = parsed.rest else {
                // A mark stands before the lines of its domain, and behind those of the one before.
                self.marked = parsed.domain.into();
                continue;
            };
            if *self.marked != *parsed.domain {
                self.left_out = self.left_out.saturating_add(line.count);
                continue;
            }
            let open = match &mut report {
                None => report.insert(Report::new(parsed.domain, rest.configuration).ok_or(FoldError::Corrupt)?),
                Some(open) => open,
            };
            if !open.has(parsed.domain, rest.configuration) {
                self.next = Some(line);
                let part = std::mem::take(&mut self.part);
                return Ok(report.map(|report| report.finish(self.period, part)));
            }
            if open.aggregate.records.len() == self.record_count_max {
                self.next = Some(line);
                self.part += 1;
                let part = self.part - 1;
                return Ok(report.map(|report| report.finish(self.period, part)));
            }
            open.add(rest.circumstances, Record { source: Some(rest.source), count: line.count, circumstances: 0 })?;
        }
        let part = std::mem::take(&mut self.part);
        Ok(report.map(|report| report.finish(self.period, part)))
    }
}

impl<R: Read> Iterator for Drafts<R> {
    type Item = Result<Draft, FoldError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.draft().transpose()
    }
}

/// A report that grows.
struct Report {
    domain: Box<[u8]>,
    configuration: Box<[u8]>,
    aggregate: Aggregate,
    /// The bytes of the circumstances at hand: lines with the same ones follow each other.
    circumstances: Box<[u8]>,
}

impl Report {
    fn new(domain: &[u8], configuration: &[u8]) -> Option<Self> {
        let policy = policy_of(domain, configuration)?;
        let aggregate = Aggregate { policy, ..Aggregate::default() };
        Some(Self {
            domain: domain.into(),
            configuration: configuration.into(),
            aggregate,
            circumstances: Box::default(),
        })
    }

    fn has(&self, domain: &[u8], configuration: &[u8]) -> bool {
        *self.domain == *domain && *self.configuration == *configuration
    }

    fn add(&mut self, circumstances: &[u8], record: Record) -> Result<(), FoldError> {
        let known = &mut self.aggregate.circumstances;
        if known.is_empty() || *self.circumstances != *circumstances {
            known.push(circumstances_of(circumstances).ok_or(FoldError::Corrupt)?);
            self.circumstances = circumstances.into();
        }
        let at = u32::try_from(known.len() - 1).map_err(|_| FoldError::Corrupt)?;
        self.aggregate.records.push(Record { circumstances: at, ..record });
        Ok(())
    }

    fn finish(mut self, period: Period, part: u32) -> Draft {
        // RFC 9990 §3.1.1.4: the period of the report, not the first and last message.
        let (begin_s, end_s) = (period.begin_s(), period.end_s());
        self.aggregate.metadata = Metadata { begin_s, end_s, ..Metadata::default() };
        Draft { aggregate: self.aggregate, configuration: self.configuration, part }
    }
}
