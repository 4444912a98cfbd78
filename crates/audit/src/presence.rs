//! Whether something is published, as far as DNS answered: a question that failed says neither.

use dmarc::Step;
use lookup::{Answer, Failure, Question};
use spf::tree::State;

use crate::families::dmarc_record;
use crate::finding::Finding;
use crate::published::Published;
use crate::severity::Severity;
use crate::snapshot::Snapshot;
use crate::subject::Usage;

/// Whether something is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Presence {
    /// It is.
    There,
    /// It is not: that was answered.
    Absent,
    /// This question had to be answered, and was not.
    Unanswered(Question, Failure),
}

impl Presence {
    /// Whether it is there for certain.
    #[must_use]
    pub fn is_there(&self) -> bool {
        *self == Self::There
    }

    /// Whether it is missing for certain.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        *self == Self::Absent
    }

    fn of(is_there: bool) -> Self {
        if is_there { Self::There } else { Self::Absent }
    }

    /// What is not there may be there all the same, when one of these questions was not answered.
    pub(crate) fn or_unanswered<'a>(self, asked: impl IntoIterator<Item = &'a Published>) -> Self {
        match self {
            Self::Absent => asked.into_iter().find_map(Published::unanswered).unwrap_or(self),
            _ => self,
        }
    }
}

impl From<bool> for Presence {
    fn from(is_there: bool) -> Self {
        Self::of(is_there)
    }
}

impl Published {
    /// The question with its failure, when it was not answered.
    #[must_use]
    pub fn unanswered(&self) -> Option<Presence> {
        match self.answer {
            Answer::Failed(failure) => Some(Presence::Unanswered(self.question.clone(), failure)),
            _ => None,
        }
    }
}

impl dmarc_record::Seen {
    /// Whether a DMARC record applies to the domain.
    #[must_use]
    pub fn presence(&self) -> Presence {
        if self.applied().is_some() { Presence::There } else { self.broken_off().unwrap_or(Presence::Absent) }
    }

    /// The question that broke the walk off.
    pub(crate) fn broken_off(&self) -> Option<Presence> {
        let failure = self.by_walk.result.failure()?;
        let asked = self.by_walk.evidence.iter().rev().find_map(|step| match step {
            Step::Asked { question, answer: Answer::Failed(_) } => Some(question.clone()),
            _ => None,
        });
        Some(Presence::Unanswered(asked?, failure))
    }
}

impl Snapshot {
    /// Whether there is an SPF record, whatever it says.
    #[must_use]
    pub fn spf_presence(&self) -> Presence {
        Presence::of(self.has_spf()).or_unanswered([&self.spf.texts])
    }

    /// Whether a usable DKIM key was found at any of the selectors that were asked for.
    #[must_use]
    pub fn key_presence(&self) -> Presence {
        let selectors = &self.keys.selectors;
        let is_failed = |published: &Published| matches!(published.answer, Answer::Failed(_));
        let found = Presence::of(self.has_key());
        let named = selectors.iter().filter(|seen| seen.is_named());
        let found = found.or_unanswered(named.map(|seen| &seen.published));
        // Nobody chose the well-known selectors: that all of them failed is better said of the name above them.
        let above = self.legacy.domainkeys.iter().filter(|_| selectors.iter().any(|seen| is_failed(&seen.published)));
        found.or_unanswered(above).or_unanswered(selectors.iter().map(|seen| &seen.published))
    }

    /// Whether the domain sends no mail ([`Snapshot::sends_no_mail`]).
    #[must_use]
    pub fn silence(&self) -> Presence {
        let silent = Presence::of(self.sends_no_mail());
        match self.subject.usage {
            Usage::Unsaid => silent.or_unanswered([&self.spf.texts, &self.hosts.exchanges]),
            Usage::Mail | Usage::Parked => silent,
        }
    }

    /// Whether there is an SPF record that receivers can use, by what rules found.
    pub(crate) fn usable_spf(&self, findings: &[Finding]) -> Presence {
        let there = self.spf_presence();
        if !there.is_there() {
            return there;
        }
        let wrong = |finding: &&Finding| finding.severity == Severity::Error && finding.rule.id.starts_with("SPF");
        // A record that could not be asked for says nothing against the one that names it.
        if findings.iter().filter(wrong).any(|finding| finding.sentence != SPF_UNANSWERED) {
            return Presence::Absent;
        }
        let failed = self.spf.tree.nodes().find_map(|(_, node)| match node.state {
            State::Failed(failure) => Some(Presence::Unanswered(Question::txt(node.domain.clone()), failure)),
            _ => None,
        });
        failed.unwrap_or_else(|| Presence::of(self.spf.is_sound()))
    }
}

/// The sentence of SPF21 about a record that could not be asked for.
const SPF_UNANSWERED: &str = "audit-spf21-failed";
