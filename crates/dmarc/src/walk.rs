//! The DNS tree walk of RFC 9989 §4.10: one routine, for policies and for alignment.

use std::sync::Arc;

use lookup::{Answer, Data, Failure, Lookup, Question, Records};
use mailtext::Domain;

use crate::evidence::Step;
use crate::limits::WALK_QUESTION_COUNT_MAX;
use crate::record::{Psd, Record};

/// A walk: under way, ended, or broken off by a failure. It can be taken up where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Walk {
    start: Domain,
    labels: usize,
    state: State,
    /// The labels of the last name that was answered; one more than the start has when there is none.
    lowest: usize,
    /// The records that count, longest name first.
    kept: Vec<Kept>,
    /// What the start's own question says of the start's existence.
    start_exists: Option<bool>,
}

/// A record that a walk found alone at its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// The name, without `_dmarc`.
    pub domain: Domain,
    /// The record.
    pub record: Arc<Record>,
    labels: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// The name of this many labels is next.
    Next(usize),
    /// No name is left, or a record said where the top is.
    Ended,
    /// A question was not answered.
    Broken(Failure),
}

/// Why a domain is an organizational domain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Selected {
    /// Its record says `psd=n`.
    PsdNo,
    /// The record one label above says `psd=y`.
    BelowPsd,
    /// Of the names with records it has the fewest labels.
    FewestLabels,
    /// No record was found: the domain stands for itself.
    Nothing,
    /// By the public suffix list.
    SuffixList,
    /// The same domain is author and identifier and has a record: no walk was needed.
    SameDomain,
}

/// What the TXT records at one `_dmarc` name come to; kept beside the DNS answer.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) records: RecordCount,
    /// How many TXT records are none of DMARC's.
    pub(crate) ignored: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum RecordCount {
    Zero,
    One(Arc<Record>),
    Several(usize),
}

impl Found {
    /// What the records come to, read once and kept beside them.
    pub(crate) fn beside(records: &Records) -> Self {
        records.derived_here(Self::of).cloned().unwrap_or_else(|| Self::of(&records.data))
    }

    fn of(data: &[Data]) -> Self {
        let mut first = None;
        let mut count = 0;
        for data in data {
            let Data::Txt(text) = data else { continue };
            // RFC 9989 §4.10: records that do not start with a "v" tag of the current version are discarded.
            if !Record::looks_like(text.bytes()) {
                continue;
            }
            // RFC 9989 §4.5: the character-strings are concatenated and parsed as one.
            if let (Some(record), _) = Record::parse(text.bytes()) {
                count += 1;
                first.get_or_insert(record);
            }
        }
        let records = match (first, count) {
            (Some(record), 1) => RecordCount::One(Arc::new(record)),
            (Some(_), _) => RecordCount::Several(count),
            (None, _) => RecordCount::Zero,
        };
        Self { records, ignored: data.len() - count }
    }
}

impl Walk {
    pub(crate) fn new(start: &Domain) -> Self {
        let labels = start.label_count();
        Self {
            start: start.clone(),
            labels,
            state: State::Next(labels),
            lowest: labels + 1,
            kept: Vec::new(),
            start_exists: None,
        }
    }

    pub(crate) fn start(&self) -> &Domain {
        &self.start
    }

    pub(crate) fn kept(&self) -> &[Kept] {
        &self.kept
    }

    pub(crate) fn failure(&self) -> Option<Failure> {
        match self.state {
            State::Broken(failure) => Some(failure),
            State::Next(_) | State::Ended => None,
        }
    }

    /// The record of the walk's own start.
    pub(crate) fn own(&self) -> Option<&Kept> {
        self.kept.first().filter(|kept| kept.labels == self.labels)
    }

    /// Whether the start exists, as far as the question about its own record tells: below a name that does not exist
    /// nothing exists (RFC 8020), so whatever is there below shows that the name exists.
    pub(crate) fn start_exists(&self) -> Option<bool> {
        self.start_exists
    }

    /// Asks until the walk ends; what `near` has been told already is not asked again.
    pub(crate) async fn finish<L: Lookup + Sync>(&mut self, lookup: &L, near: Option<&Self>, steps: &mut Vec<Step>) {
        while let State::Next(_) = self.state {
            self.step(lookup, near, steps).await;
        }
    }

    /// Asks at the next name.
    pub(crate) async fn step<L: Lookup + Sync>(&mut self, lookup: &L, near: Option<&Self>, steps: &mut Vec<Step>) {
        let State::Next(labels) = self.state else { return };
        let record = match near.and_then(|near| near.knows(self.start.last_labels(labels), labels)) {
            Some(known) => known.cloned(),
            None => match self.ask(lookup, labels, steps).await {
                Ok(record) => record,
                Err(failure) => {
                    self.state = State::Broken(failure);
                    return;
                }
            },
        };
        self.lowest = labels;
        self.state = match self.next_labels(labels) {
            0 => State::Ended,
            next => State::Next(next),
        };
        if let Some(kept) = record {
            // RFC 9989 §4.10: a single record with "psd=n" or "psd=y" stops the walk.
            if kept.record.psd != Psd::Unknown {
                self.state = State::Ended;
            }
            self.kept.push(kept);
        }
    }

    /// RFC 9989 §4.10: below 8 labels the leftmost is removed; from 8 on, labels are removed until 7 remain.
    fn next_labels(&self, labels: usize) -> usize {
        if labels < WALK_QUESTION_COUNT_MAX { labels - 1 } else { WALK_QUESTION_COUNT_MAX - 1 }
    }

    /// The organizational domain of the start; `None` while the walk has not ended.
    pub(crate) fn organizational(&self) -> Option<(Domain, Selected)> {
        if self.state != State::Ended {
            return None;
        }
        // A record with "psd" ends the walk, so that it can only be the last, and the last has the fewest labels.
        Some(match self.kept.last() {
            // RFC 9989 §4.10.2: if this does not determine it, the initial target is the organizational domain.
            None => (self.start.clone(), Selected::Nothing),
            // RFC 9989 §4.10.2: 1. a record with "psd=n" is at the organizational domain.
            Some(kept) if kept.record.psd == Psd::No => (kept.domain.clone(), Selected::PsdNo),
            // RFC 9989 §4.10.2: 2. one label below a record with "psd=y", unless that is where the walk started.
            Some(kept) if kept.record.psd == Psd::Yes && kept.labels < self.labels => {
                (self.start.rightmost(kept.labels + 1), Selected::BelowPsd)
            }
            // RFC 9989 §4.10.2: 3. otherwise the name with the fewest labels.
            Some(kept) => (kept.domain.clone(), Selected::FewestLabels),
        })
    }

    /// What was found at `name`, when this walk asked there.
    fn knows(&self, name: &str, labels: usize) -> Option<Option<&Kept>> {
        let visited = labels >= self.lowest && (labels == self.labels || labels < WALK_QUESTION_COUNT_MAX);
        if !visited || self.start.last_labels(labels) != name {
            return None;
        }
        Some(self.kept.iter().find(|kept| kept.labels == labels))
    }

    async fn ask<L: Lookup + Sync>(
        &mut self,
        lookup: &L,
        labels: usize,
        steps: &mut Vec<Step>,
    ) -> Result<Option<Kept>, Failure> {
        let is_start = labels == self.labels;
        // The start is known to be that long: its labels need not be counted once more.
        let name = match is_start {
            true => self.start.prefixed("_dmarc"),
            false => self.start.rightmost_prefixed(labels, "_dmarc"),
        };
        let Ok(name) = name else {
            // A name that DNS cannot hold has no record.
            steps.push(Step::NameTooLong { domain: self.start.rightmost(labels) });
            return Ok(None);
        };
        let question = Question::txt(name);
        let answer = lookup.ask_ref(&question).await;
        if is_start {
            self.start_exists = match answer {
                Answer::Records(_) | Answer::NoData(_) => Some(true),
                Answer::NxDomain(_) | Answer::Failed(_) => None,
            };
        }
        let found = match &answer {
            Answer::Records(records) => Ok(Some(Found::beside(records))),
            Answer::NoData(_) | Answer::NxDomain(_) => Ok(None),
            // RFC 9989 §5.3.6: with a question unanswered the message can neither pass nor fail.
            Answer::Failed(failure) => Err(*failure),
        };
        steps.push(Step::Asked { question, answer });
        Ok(found?.and_then(|found| self.judge(labels, found, steps)))
    }

    fn judge(&self, labels: usize, found: Found, steps: &mut Vec<Step>) -> Option<Kept> {
        let domain = if labels == self.labels { self.start.clone() } else { self.start.rightmost(labels) };
        if found.ignored > 0 {
            steps.push(Step::TextIgnored { domain: domain.clone(), count: found.ignored });
        }
        match found.records {
            RecordCount::Zero => None,
            RecordCount::One(record) => {
                steps.push(Step::RecordFound { domain: domain.clone(), record: Arc::clone(&record) });
                Some(Kept { domain, record, labels })
            }
            // RFC 9989 §4.10: multiple DMARC policy records for a single target are all discarded.
            RecordCount::Several(count) => {
                steps.push(Step::SeveralRecords { domain, count });
                None
            }
        }
    }
}

impl Selected {
    /// A stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PsdNo => "psd-n",
            Self::BelowPsd => "below-psd-y",
            Self::FewestLabels => "fewest-labels",
            Self::Nothing => "no-record",
            Self::SuffixList => "suffix-list",
            Self::SameDomain => "same-domain",
        }
    }
}
