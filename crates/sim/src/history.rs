//! What happened in a world: the checkers read this and nothing else, so that a test can give them a history that is wrong.

use std::sync::Arc;

use dmarc::DmarcResult;
use milter::LeadingSpace;
use policy::{Action, Finding, Reason, Verdict};
use report::{Row, RowId};
use service::world::Moment;

use crate::faults::DnsFaults;
use crate::letters::Letter;
use crate::mail::Asked;

/// Everything that happened.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Every message that was begun, each time.
    pub attempts: Vec<Attempt>,
    /// What the ledger holds in the end.
    pub rows: Vec<Row>,
    /// What the ledger counts.
    pub sums: Sums,
    /// What went wrong with DNS.
    pub dns: DnsFaults,
    /// What was left behind when everybody had gone.
    pub left: Left,
    /// What went wrong on the way that is not a message's affair.
    pub incidents: Vec<String>,
    /// The story, a line for each event.
    pub lines: Vec<String>,
}

/// One message, once.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The queue id: no other attempt has it.
    pub queue_id: String,
    /// The session, and the message's place in it.
    pub place: (u32, usize),
    /// What was sent.
    pub letter: Arc<Letter>,
    /// How fields are handed over.
    pub space: LeadingSpace,
    /// How it ended.
    pub end: End,
    /// How often the filter has answered for good.
    pub answer_count: u32,
    /// How often it has said that it is still at work.
    pub progress_count: u32,
    /// What the filter told its world at the end of the message; one where all is well.
    pub noted: Vec<Noted>,
    /// What it told of recipients that were refused before the message came.
    pub early: Vec<Noted>,
    /// How many recipients were refused.
    pub refused_count: usize,
    /// How many of its questions DNS did not answer.
    pub dns_failures: u32,
    /// How many of those were asked when the time for questions was up, because the MTA was slow.
    pub late_questions: u32,
    /// How many times the ledger failed.
    pub ledger_failures: u32,
}

/// How a message ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// It goes on.
    UnderWay,
    /// The filter has answered.
    Answered(Answer),
    /// The MTA gave it up.
    Aborted,
    /// The connection broke.
    Broken,
    /// The connection broke, after nonsense.
    Garbage,
}

/// What the filter has answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// What it is.
    pub what: Said,
    /// The edits, in their order.
    pub edits: Vec<Asked>,
}

/// What an answer is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Said {
    /// It goes on.
    Accepted,
    /// It is taken and thrown away.
    Discarded,
    /// It is refused; the reply begins with 5.
    Rejected(String),
    /// It is refused for now; the reply begins with 4.
    Deferred(String),
}

/// What the filter told its world of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Noted {
    /// When.
    pub moment: Moment,
    /// The queue id.
    pub queue_id: String,
    /// Which way it went.
    pub way: Way,
    /// What was done.
    pub action: Action,
    /// The id of what failed of what we depend on.
    pub failure: Option<&'static str>,
    /// The row that is kept.
    pub row: Option<RowId>,
    /// That row, as it was stored in this moment.
    pub stored: Option<Box<Row>>,
    /// Whether taking forged fields away worked.
    pub cleaned: bool,
    /// Whether writing fields worked.
    pub labelled: bool,
    /// The wall clock, in seconds since 1970.
    pub now_s: u64,
    /// Microseconds since the world began.
    pub at_us: u64,
}

/// Which way a message went, and what was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Way {
    /// In.
    In(Box<Judged>),
    /// Out, with signatures of these domains.
    Out(Vec<String>),
}

/// What was found of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judged {
    /// DMARC.
    pub dmarc: DmarcResult,
    /// SPF of MAIL FROM.
    pub spf: &'static str,
    /// Each signature.
    pub dkim: Vec<&'static str>,
    /// The disposition.
    pub disposition: &'static str,
    /// What local rules alone would justify, at most.
    pub by_local_rule: Action,
    /// The ids of all reasons.
    pub reasons: Vec<&'static str>,
    /// What is different when the same is decided once more; empty when nothing is.
    pub replayed_otherwise: String,
}

/// What the ledger counts, beside what its rows add up to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sums {
    /// Name of the measure, what the ledger says, what the rows say.
    pub each: Vec<(String, u64, u64)>,
    /// How many counts were other ones when they were made anew.
    pub differing: u64,
}

/// What was left behind.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Left {
    /// Questions in flight.
    pub flights: usize,
    /// Timers.
    pub sleepers: usize,
    /// Handles of daemons whose conversations have all ended.
    pub handles: usize,
    /// Most questions that were in flight at one time.
    pub flights_max: usize,
    /// How many there may be.
    pub flights_limit: usize,
}

impl Judged {
    /// What was found, of the facts and the verdict.
    #[must_use]
    pub fn of(facts: &auth::Facts, verdict: &Verdict) -> Self {
        Self {
            dmarc: facts.dmarc.result.result,
            spf: facts.spf.as_ref().map_or("-", |both| both.mail_from.result.verdict.as_str()),
            dkim: facts.dkim.iter().map(|outcome| outcome.result.status.as_str()).collect(),
            disposition: match verdict.disposition {
                policy::Disposition::None => "none",
                policy::Disposition::Pass => "pass",
                policy::Disposition::Quarantine => "quarantine",
                policy::Disposition::Reject => "reject",
            },
            by_local_rule: by_local_rule(&verdict.reasons),
            reasons: verdict.reasons.iter().map(mailtext::Explain::id).collect(),
            replayed_otherwise: String::new(),
        }
    }
}

/// The strictest action that a rule of the operator's names, beside the policy of the author domain.
fn by_local_rule(reasons: &[Reason]) -> Action {
    let forced = reasons.iter().any(|reason| matches!(reason, Reason::Forced { .. }));
    let named = reasons.iter().filter_map(|reason| match reason {
        Reason::Found { finding: Finding::DmarcFail { .. }, action } => forced.then_some(*action),
        Reason::Found { action, .. } => Some(*action),
        _ => None,
    });
    named.max().unwrap_or_default()
}

impl Noted {
    /// One line of the story.
    #[must_use]
    pub fn line(&self) -> String {
        let what = match &self.way {
            Way::In(judged) => format!(
                "spf={} dkim={} dmarc={} disposition={} reasons={}",
                judged.spf,
                judged.dkim.join(","),
                judged.dmarc.as_str(),
                judged.disposition,
                judged.reasons.join(","),
            ),
            Way::Out(domains) => format!("signed={}", domains.join(",")),
        };
        let row = self.row.map_or_else(|| "-".to_owned(), |row| row.to_string());
        let failure = self.failure.unwrap_or("-");
        let (moment, action) = (self.moment, self.action.as_str());
        format!("noted at {moment:?} {} {action} row={row} failure={failure} {what}", self.queue_id)
    }
}
