//! The requirements of the guideline (DMARC ガイドライン案, March 2024), judged: 36 of them, each with a result, its evidence, and
//! what to change.
//!
//! What DNS shows is verified. What only an installation knows comes in [`crate::Known`]; what an operator says is shown as
//! declared, never as verified, and never hides what DNS shows.

use mailtext::{Explain, Value};

use crate::desk::Desk;
use crate::finding::{Finding, Fix};
use crate::known::Statement;
use crate::presence::Presence;

mod owner;
mod provider;
mod receiver;
mod relay;
mod table;

pub use table::REQUIREMENTS;

/// A requirement. Its id is the guideline's own.
pub struct Requirement {
    /// `2-7`.
    pub id: &'static str,
    /// How strongly the guideline wants it.
    pub level: Level,
    /// Whose it is.
    pub role: Role,
    /// The id of the sentence that says it.
    pub sentence: &'static str,
    judge: fn(&View<'_>) -> Judged,
}

/// How strongly a requirement is wanted: weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// 設定を勧める.
    May,
    /// 設定した方が良い.
    Should,
    /// 設定しなければならない.
    Must,
}

/// Whose requirement it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Chapter 2: who owns a domain and sends in its name.
    Owner,
    /// Chapter 3: who sends for others.
    Provider,
    /// Chapter 4: who forwards, or keeps mailing lists.
    Relay,
    /// Chapter 5: who receives.
    Receiver,
}

/// What came out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Met {
    /// 対応済み.
    Met,
    /// 未対応.
    NotMet,
    /// 一部対応.
    Partial,
    /// 対象外.
    NotApplicable,
    /// 判定不能.
    Unknown,
}

/// A requirement with what came out.
#[derive(Clone, Debug)]
pub struct Answered<'a> {
    /// The requirement.
    pub requirement: &'static Requirement,
    /// What came out.
    pub met: Met,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// What to change; nothing when it is met.
    pub fix: Option<Fix>,
    /// What the operator declared, where nothing else could be told.
    pub declared: Option<&'a Statement>,
}

/// One thing that shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// The id of its sentence.
    pub sentence: &'static str,
    /// The sentence's arguments.
    pub arguments: Vec<(&'static str, Value)>,
}

/// How many requirements of a level are met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Score {
    /// The level.
    pub level: Level,
    /// Met, by what was verified or declared.
    pub met: usize,
    /// Partly met.
    pub partial: usize,
    /// Not met.
    pub not_met: usize,
    /// Could not be told.
    pub unknown: usize,
}

/// What a requirement is judged by.
pub(crate) struct View<'a> {
    pub(crate) desk: &'a Desk<'a>,
    findings: &'a [Finding],
}

/// What a judge says.
pub(crate) struct Judged {
    met: Met,
    evidence: Vec<Evidence>,
    fix: Option<Fix>,
}

/// Judges the requirements of these roles, in the guideline's order. `findings` are those of [`crate::rule::judge_domain`].
#[must_use]
pub fn judge<'a>(desk: &'a Desk<'a>, findings: &'a [Finding], roles: &[Role]) -> Vec<Answered<'a>> {
    let view = View { desk, findings };
    REQUIREMENTS
        .iter()
        .filter(|requirement| roles.contains(&requirement.role))
        .map(|requirement| {
            let judged = (requirement.judge)(&view);
            let statement =
                desk.known.statements.iter().rev().find(|statement| *statement.requirement == *requirement.id);
            let declared = statement.filter(|_| judged.met == Met::Unknown);
            let met = match declared {
                Some(statement) if statement.met => Met::Met,
                Some(_) => Met::NotMet,
                None => judged.met,
            };
            let fix = judged.fix.filter(|_| !matches!(met, Met::Met | Met::NotApplicable));
            Answered { requirement, met, evidence: judged.evidence, fix, declared }
        })
        .collect()
}

/// The score of each level, Must first.
#[must_use]
pub fn scores(answered: &[Answered<'_>]) -> [Score; 3] {
    [Level::Must, Level::Should, Level::May].map(|level| {
        let count = |met: Met| answered.iter().filter(|one| one.requirement.level == level && one.met == met).count();
        Score {
            level,
            met: count(Met::Met),
            partial: count(Met::Partial),
            not_met: count(Met::NotMet),
            unknown: count(Met::Unknown),
        }
    })
}

impl Score {
    /// How many apply.
    #[must_use]
    pub fn applicable(&self) -> usize {
        self.met + self.partial + self.not_met + self.unknown
    }
}

impl Level {
    /// The word of JSON: `must`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::May => "may",
        }
    }
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Provider, Self::Relay, Self::Receiver];

    /// The word of the command line: `owner`, `esp`, `relay`, `receiver`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Provider => "esp",
            Self::Relay => "relay",
            Self::Receiver => "receiver",
        }
    }
}

impl Met {
    /// The word of JSON: `not_met`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not_met",
            Self::Partial => "partial",
            Self::NotApplicable => "not_applicable",
            Self::Unknown => "unknown",
        }
    }

    /// The id of its name. What was declared is never named as if it were verified.
    #[must_use]
    pub fn label(self, is_declared: bool) -> &'static str {
        match (self, is_declared) {
            (Self::Met, true) => "check-label-declared-met",
            (Self::NotMet, true) => "check-label-declared-not-met",
            (Self::Met, false) => "check-label-met",
            (Self::NotMet, false) => "check-label-not-met",
            (Self::Partial, _) => "check-label-partial",
            (Self::NotApplicable, _) => "check-label-not-applicable",
            (Self::Unknown, _) => "check-label-unknown",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::Met, Self::NotMet, Self::Partial, Self::NotApplicable, Self::Unknown];
        all.into_iter().find(|met| met.as_str() == word)
    }
}

impl Explain for Evidence {
    fn id(&self) -> &'static str {
        self.sentence
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        self.arguments.clone()
    }
}

impl std::fmt::Debug for Requirement {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.id)
    }
}

impl View<'_> {
    /// Whether one of these rules found something.
    fn found(&self, ids: &[&str]) -> bool {
        self.findings.iter().any(|finding| ids.contains(&finding.rule.id))
    }

    /// Whether there is an SPF record that receivers can use.
    fn spf(&self) -> Presence {
        self.desk.snapshot.usable_spf(self.findings)
    }

    fn domain(&self) -> &str {
        self.desk.snapshot.subject.domain.as_str()
    }
}

impl Judged {
    fn new(met: Met) -> Self {
        Self { met, evidence: Vec::new(), fix: None }
    }

    /// Of several things: all there, some, none. What was not answered leaves open what only it keeps from being met; where
    /// another is missing for certain, no answer would make it whole. What was not answered is shown.
    fn of_all(there: &[Presence]) -> Self {
        let count = |wanted: fn(&Presence) -> bool| there.iter().filter(|one| wanted(one)).count();
        let met = match (count(Presence::is_there), count(Presence::is_absent)) {
            (all, _) if all == there.len() => Met::Met,
            (_, 0) => Met::Unknown,
            (0, _) => Met::NotMet,
            _ => Met::Partial,
        };
        there.iter().fold(Self::new(met), Self::showing)
    }

    /// A judgement that hangs on the answer to one question, which there is not. Nothing is proposed: nobody knows whether
    /// anything is wrong.
    fn unanswered(asked: &Presence) -> Self {
        Self::new(Met::Unknown).showing(asked)
    }

    /// Adds what was asked and why there is no answer, if that is so.
    fn showing(self, asked: &Presence) -> Self {
        let Presence::Unanswered(question, failure) = asked else { return self };
        let (name, kind) = (question.name.as_str().into(), Value::Word(question.kind.as_str()));
        self.shown(DNS_FAILED, vec![("name", name), ("kind", kind), ("failure", Value::Word(failure.word()))])
    }

    /// What falls short may yet be whole, or not be wanted at all: that was not answered.
    fn unless_unanswered(mut self, asked: &Presence) -> Self {
        if matches!(asked, Presence::Unanswered(..)) && matches!(self.met, Met::NotMet | Met::Partial) {
            (self.met, self.fix) = (Met::Unknown, None);
            return self.showing(asked);
        }
        self
    }

    fn not_applicable(sentence: &'static str) -> Self {
        Self::new(Met::NotApplicable).shown(sentence, Vec::new())
    }

    fn unknown(sentence: &'static str) -> Self {
        Self::new(Met::Unknown).shown(sentence, Vec::new())
    }

    /// Adds what shows it.
    fn shown(mut self, sentence: &'static str, arguments: Vec<(&'static str, Value)>) -> Self {
        self.evidence.push(Evidence { sentence, arguments });
        self
    }

    /// Adds what to change, as a sentence.
    fn mend(mut self, sentence: &'static str) -> Self {
        let is_unanswered = self.evidence.iter().any(|evidence| evidence.sentence == DNS_FAILED);
        if !(self.met == Met::Unknown && is_unanswered) {
            self.fix.get_or_insert(Fix::Do(sentence, Vec::new()));
        }
        self
    }

    /// Adds what to change, as the first finding of these rules has it; else the sentence.
    fn mend_like(mut self, view: &View<'_>, ids: &[&str], sentence: &'static str) -> Self {
        let found = view.findings.iter().filter(|finding| ids.contains(&finding.rule.id));
        self.fix = found.filter_map(|finding| finding.fix.clone()).next().or(self.fix);
        self.mend(sentence)
    }
}

/// The sentence that tells of a question without an answer.
const DNS_FAILED: &str = "audit-shown-dns-failed";
