//! What must hold of every history, whatever went wrong in it. Each checker reads the history alone, and each has a test
//! that gives it a history that is wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use dmarc::{DmarcResult, Policy};
use mailtext::authres::authserv_id_matches;
use policy::Action;
use report::Row;

use crate::history::{Answer, Attempt, End, History, Judged, Noted, Said, Way};
use crate::letters::Expected;
use crate::limits::PATIENCE_US;
use crate::mail::{Counting, Field, apply, is_named};
use crate::operator::OURS;
use crate::wake::at_once;

/// Messages judged by themselves, in a world where nothing goes wrong, by their places.
pub type Alone = BTreeMap<(u32, usize), Attempt>;

/// Something that must hold and does not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broken {
    /// Which checker says so.
    pub checker: &'static str,
    /// What it has found.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.checker, self.what)
    }
}

type Checker = fn(&History, &Alone) -> Vec<String>;

/// Every checker, by its name.
pub const CHECKERS: [(&str, Checker); 13] = [
    ("nothing hangs, nobody breaks the protocol", incidents),
    ("no answer of DNS is lost on the way", dns_arrives),
    ("one answer for each message", one_answer),
    ("one field of ours on top, none forged", one_field),
    ("no verdict stronger than the published policy", not_stronger),
    ("never pass from fail", never_pass),
    ("what is honest passes, what is forged does not", as_expected),
    ("rows say what was answered", rows_agree),
    ("no acknowledged row lost, none doubled", rows_kept),
    ("sessions are independent", independent),
    ("what we sign verifies", signatures),
    ("sums agree, and decisions repeat", sums_agree),
    ("nothing is left behind", nothing_left),
];

/// Everything that does not hold.
#[must_use]
pub fn check(history: &History, alone: &Alone) -> Vec<Broken> {
    let run = |(name, checker): &(&'static str, Checker)| {
        let name = *name;
        checker(history, alone).into_iter().map(move |what| Broken { checker: name, what }).collect::<Vec<_>>()
    };
    CHECKERS.iter().flat_map(run).collect()
}

fn incidents(history: &History, _: &Alone) -> Vec<String> {
    history.incidents.clone()
}

/// Where DNS answers everything, and soon, nobody waits in vain: neither for an answer that does not come, nor for one that
/// came and woke nobody, so that something else had to.
fn dns_arrives(history: &History, _: &Alone) -> Vec<String> {
    let mut broken = Vec::new();
    for attempt in history.attempts.iter().filter(|_| history.dns.is_none()) {
        let failures = attempt.dns_failures - attempt.late_questions;
        if failures > 0 {
            broken.push(format!("{} has {failures} failures", attempt.queue_id));
        }
        let rows = attempt.noted.iter().filter_map(|noted| noted.stored.as_ref());
        for row in rows.filter(|row| row.latency_us >= PATIENCE_US) {
            broken.push(format!("{} waited {} us", attempt.queue_id, row.latency_us));
        }
    }
    broken
}

/// Every message whose connection lived has one answer, and its world heard of it once, with what the answer says.
fn one_answer(history: &History, _: &Alone) -> Vec<String> {
    let mut broken = Vec::new();
    for attempt in &history.attempts {
        let id = &attempt.queue_id;
        match &attempt.end {
            End::UnderWay => broken.push(format!("{id} has no end")),
            End::Answered(answer) => {
                if attempt.answer_count != 1 {
                    broken.push(format!("{id} has {} answers", attempt.answer_count));
                }
                match &attempt.noted[..] {
                    [noted] if says(answer, noted.action) => {}
                    [noted] => broken.push(format!("{id}: {:?} was said, {:?} decided", answer.what, noted.action)),
                    // Refused before the message came: whether that is noted is another matter.
                    [] if matches!(answer.what, Said::Rejected(_) | Said::Deferred(_)) => {}
                    several => broken.push(format!("{id} was noted {} times", several.len())),
                }
                if !matches!(answer.what, Said::Accepted) && !answer.edits.is_empty() {
                    broken.push(format!("{id} is not delivered and has edits"));
                }
            }
            End::Aborted if !attempt.noted.is_empty() || attempt.answer_count != 0 => {
                broken.push(format!("{id} was given up, and answered"));
            }
            End::Aborted | End::Broken | End::Garbage => {}
        }
    }
    broken
}

fn says(answer: &Answer, action: Action) -> bool {
    match &answer.what {
        Said::Accepted => action.delivers(),
        Said::Discarded => action == Action::Discard,
        Said::Rejected(text) => action == Action::Reject && text.starts_with('5'),
        Said::Deferred(text) => action == Action::TempFail && text.starts_with('4'),
    }
}

/// RFC 8601 §5, attack A15: whatever came, an incoming message has one field in our name, on top; what others wrote is
/// there as it was. An outgoing one has none.
fn one_field(history: &History, _: &Alone) -> Vec<String> {
    each_delivered(history, |attempt, noted, answer| {
        let count = |counting| apply(&attempt.letter.mail, &answer.edits, counting);
        let (postfix, sendmail) = (count(Counting::WhatIsLeft)?, count(Counting::WhatCame)?);
        if postfix != sendmail {
            return Err("two MTAs make different messages of the edits".to_owned());
        }
        if !noted.cleaned || !noted.labelled {
            return Err("the edits were not made, although the MTA allows them".to_owned());
        }
        let ours = postfix.iter().filter(|field| is_ours(field)).count();
        match &noted.way {
            Way::In(_) if ours != 1 => Err(format!("{ours} fields in our name")),
            Way::In(_) if !postfix.first().is_some_and(is_ours) => Err("our field is not on top".to_owned()),
            Way::Out(_) if ours != 0 => Err(format!("{ours} fields in our name on an outgoing message")),
            _ => others_as_they_were(&attempt.letter.mail.fields, &postfix, &noted.way),
        }
    })
}

fn is_ours(field: &Field) -> bool {
    is_named(field, "Authentication-Results") && authserv_id_matches(&field.1, OURS)
}

/// Fields that only a receiver writes, and the subject that it may mark.
fn is_a_receivers(field: &Field) -> bool {
    let bimi = auth::BIMI_FIELDS.iter().any(|name| is_named(field, name));
    is_ours(field) || bimi || is_named(field, "X-Sekisho-Verdict") || is_named(field, "Subject")
}

fn others_as_they_were(came: &[Field], delivered: &[Field], way: &Way) -> Result<(), String> {
    let is_new_signature =
        |field: &Field| matches!(way, Way::Out(_)) && is_named(field, "DKIM-Signature") && !came.contains(field);
    let came = came.iter().filter(|field| !is_a_receivers(field));
    let others = delivered.iter().filter(|field| !is_a_receivers(field) && !is_new_signature(field));
    // The first is the Received field of this hop.
    if came.eq(others.skip(1)) { Ok(()) } else { Err("fields of others were changed".to_owned()) }
}

/// What is done is not more than the owner asks for, unless a rule of the operator's says so and is named.
fn not_stronger(history: &History, _: &Alone) -> Vec<String> {
    let mut broken = Vec::new();
    // Who sends nonsense may have named another author.
    for attempt in history.attempts.iter().filter(|attempt| attempt.end != End::Garbage) {
        for noted in attempt.noted.iter().chain(&attempt.early) {
            let Way::In(judged) = &noted.way else { continue };
            let by_policy = match (judged.dmarc, attempt.letter.asks) {
                (DmarcResult::Fail, Policy::Reject) => Action::Reject,
                (DmarcResult::Fail, Policy::Quarantine) => Action::Quarantine,
                _ => Action::Label,
            };
            let failed = noted.failure.is_some() && noted.action == Action::TempFail;
            if noted.action > by_policy && noted.action > judged.by_local_rule && !failed {
                let (id, action, asks) = (&attempt.queue_id, noted.action.as_str(), attempt.letter.asks);
                let reasons = judged.reasons.join(" ");
                broken.push(format!("{id}: {action}, the owner asks for {asks:?}, the reasons are {reasons}"));
            }
        }
    }
    broken
}

/// No failure of anything makes a result better than it is where nothing fails.
fn never_pass(history: &History, alone: &Alone) -> Vec<String> {
    let mut broken = Vec::new();
    for (attempt, judged, calm) in beside(history, alone) {
        let mut tell =
            |what: &str| broken.push(format!("{}: {what} passes, and fails without faults", attempt.queue_id));
        if judged.dmarc == DmarcResult::Pass && calm.dmarc != DmarcResult::Pass {
            tell("dmarc");
        }
        if judged.spf == "pass" && calm.spf != "pass" {
            tell("spf");
        }
        if judged.dkim.iter().zip(&calm.dkim).any(|(now, calm)| *now == "pass" && *calm != "pass") {
            tell("dkim");
        }
    }
    broken
}

/// Messages that were judged, with what is thought of them by themselves.
fn beside<'a>(history: &'a History, alone: &'a Alone) -> impl Iterator<Item = (&'a Attempt, &'a Judged, &'a Judged)> {
    history.attempts.iter().filter(|attempt| attempt.end != End::Garbage).flat_map(|attempt| {
        let calm = alone.get(&attempt.place).and_then(|calm| calm.noted.first());
        attempt.noted.iter().filter_map(move |noted| match (&noted.way, &calm?.way) {
            (Way::In(judged), Way::In(calm)) => Some((attempt, &**judged, &**calm)),
            _ => None,
        })
    })
}

/// What is honest passes DMARC where DNS answers; what is forged never does.
fn as_expected(history: &History, _: &Alone) -> Vec<String> {
    let mut broken = Vec::new();
    for attempt in history.attempts.iter().filter(|attempt| attempt.end != End::Garbage) {
        for noted in &attempt.noted {
            let Way::In(judged) = &noted.way else { continue };
            let passes = judged.dmarc == DmarcResult::Pass;
            let wrong = match attempt.letter.expected {
                Expected::Pass => !passes && attempt.dns_failures == 0,
                Expected::NoPass => passes,
            };
            if wrong {
                let (id, kind, dmarc) = (&attempt.queue_id, attempt.letter.kind, judged.dmarc.as_str());
                broken.push(format!("{id}: {kind:?} from {} has dmarc={dmarc}", attempt.letter.sender));
            }
        }
    }
    broken
}

/// In the moment of the answer the row is stored, and it says what was answered.
fn rows_agree(history: &History, _: &Alone) -> Vec<String> {
    let mut broken = Vec::new();
    for attempt in &history.attempts {
        for noted in &attempt.noted {
            match (&noted.row, &noted.stored) {
                (Some(_), Some(row)) => {
                    let different = different(row, noted, attempt);
                    broken.extend(different.map(|what| format!("{}: the row says another {what}", attempt.queue_id)));
                }
                (Some(_), None) => broken.push(format!("{} is answered, its row is not stored", attempt.queue_id)),
                (None, _) if noted.failure.is_none() => {
                    broken.push(format!("{} has no row, and nothing failed", attempt.queue_id));
                }
                (None, _) => {}
            }
        }
        if attempt.end == End::Garbage {
            continue;
        }
        // Of several recipients that are refused the first alone has a row.
        for noted in attempt.early.iter().filter(|noted| noted.row.is_some()) {
            let action = noted.stored.as_ref().map(|row| row.verdict.action.as_str());
            if action != Some(noted.action.as_str()) {
                broken.push(format!("{}: the row of a refused recipient says {action:?}", attempt.queue_id));
            }
        }
        let has_row = attempt.early.first().is_none_or(|first| first.row.is_some() || first.failure.is_some());
        if !has_row || attempt.early.iter().skip(1).any(|noted| noted.row.is_some()) {
            broken.push(format!("{}: not the first refused recipient alone has a row", attempt.queue_id));
        }
    }
    broken
}

fn different(row: &Row, noted: &Noted, attempt: &Attempt) -> Option<&'static str> {
    let is_garbage = attempt.end == End::Garbage;
    let recipient_count = attempt.letter.recipients.len() - attempt.refused_count;
    let what_was_found = match &noted.way {
        Way::In(judged) => {
            let spf = row.spf.mail_from.as_ref().map_or("-", |check| check.result.as_str());
            let dkim = row.dkim.iter().map(|signature| signature.result.as_str());
            row.dmarc.result == judged.dmarc && spf == judged.spf && dkim.eq(judged.dkim.iter().copied())
        }
        Way::Out(domains) => row.signed.iter().map(|signed| signed.domain.to_string()).eq(domains.iter().cloned()),
    };
    let checks = [
        ("queue id", row.queue_id.as_deref().unwrap_or_default() == noted.queue_id),
        ("queue id than the MTA", is_garbage || noted.queue_id == attempt.queue_id),
        ("action", row.verdict.action.as_str() == noted.action.as_str()),
        ("reply", reply_agrees(row, &attempt.end)),
        ("result", what_was_found),
        ("number of recipients", is_garbage || row.envelope.recipient_count == recipient_count as u64),
        ("latency than time has passed", row.latency_us <= noted.at_us),
    ];
    checks.into_iter().find(|(_, holds)| !holds).map(|(what, _)| what)
}

/// Whether the code in the row is the one that was said; where nobody heard an answer there is nothing to compare.
fn reply_agrees(row: &Row, end: &End) -> bool {
    let End::Answered(answer) = end else { return true };
    match &answer.what {
        // In the MTA's words there is no code of ours.
        Said::Rejected(text) | Said::Deferred(text) => {
            text.get(..3).is_none_or(|code| row.verdict.reply_code == code.parse().ok())
        }
        Said::Accepted | Said::Discarded => row.verdict.reply_code.is_none(),
    }
}

/// In the end every row that was acknowledged is there as it was, and no message has two.
fn rows_kept(history: &History, _: &Alone) -> Vec<String> {
    let mut broken = Vec::new();
    let mut of_messages: BTreeMap<&str, u32> = BTreeMap::new();
    for row in &history.rows {
        *of_messages.entry(row.queue_id.as_deref().unwrap_or_default()).or_default() += 1;
    }
    let by_id: BTreeMap<_, _> = history.rows.iter().map(|row| (row.id, row)).collect();
    let garbage: BTreeSet<&str> =
        history.attempts.iter().filter(|one| one.end == End::Garbage).map(|one| &*one.queue_id).collect();
    for noted in history.attempts.iter().flat_map(|attempt| attempt.noted.iter().chain(&attempt.early)) {
        let kept = noted.row.and_then(|id| by_id.get(&id).copied());
        if noted.row.is_some() && kept != noted.stored.as_deref() {
            broken.push(format!("{}: the acknowledged row is gone, or another one", noted.queue_id));
        }
    }
    // Nonsense may end a message twice, and by any name.
    let doubled = of_messages.iter().filter(|(id, count)| **count > 1 && !id.is_empty() && !garbage.contains(*id));
    broken.extend(doubled.map(|(id, count)| format!("{id} has {count} rows")));
    broken
}

/// A message of which nothing failed is answered as it would be by itself: no other session, no other message before it, no
/// cut of its bytes and no delay changes that.
fn independent(history: &History, alone: &Alone) -> Vec<String> {
    let mut broken = Vec::new();
    for attempt in history.attempts.iter().filter(|attempt| attempt.dns_failures + attempt.ledger_failures == 0) {
        let (End::Answered(answer), Some(calm)) = (&attempt.end, alone.get(&attempt.place)) else { continue };
        let End::Answered(wanted) = &calm.end else {
            broken.push(format!("{} has no answer by itself", attempt.queue_id));
            continue;
        };
        // A signature of ours tells its time.
        let signs = attempt.noted.iter().any(|noted| matches!(noted.way, Way::Out(_)));
        let is_same = answer.what == wanted.what
            && if signs { answer.edits.len() == wanted.edits.len() } else { answer.edits == wanted.edits };
        if !is_same {
            broken.push(format!("{}: {answer:?}, by itself {wanted:?}", attempt.queue_id));
        }
    }
    broken
}

/// Whoever gets what we sign finds that it holds.
fn signatures(history: &History, _: &Alone) -> Vec<String> {
    let zone = crate::names::Names::of(0).zone;
    each_delivered(history, |attempt, noted, answer| {
        let Way::Out(domains) = &noted.way else { return Ok(()) };
        let fields = apply(&attempt.letter.mail, &answer.edits, Counting::WhatIsLeft)?;
        let wire = crate::mail::Mail { fields, body: attempt.letter.mail.body.clone() }.wire();
        let outcomes = at_once(dkim::verify(&*zone, &wire, dkim::Options::default(), noted.now_s)).unwrap_or_default();
        let passed = outcomes.iter().filter(|outcome| outcome.result.status == dkim::Status::Pass).count();
        match domains.len() {
            0 => Err("our user's mail is not signed".to_owned()),
            signed if passed < signed => Err(format!("{passed} of {signed} signatures hold")),
            _ => Ok(()),
        }
    })
}

/// The counts of the store are the sums of its rows, made anew they are the same, and a verdict that is made again of the
/// same facts is the same.
fn sums_agree(history: &History, _: &Alone) -> Vec<String> {
    let sums = history.sums.each.iter().filter(|(_, counted, of_rows)| counted != of_rows);
    let mut broken: Vec<String> =
        sums.map(|(name, counted, of_rows)| format!("{name}: {counted} counted, {of_rows} in rows")).collect();
    if history.sums.differing > 0 {
        broken.push(format!("{} counts were others when made anew", history.sums.differing));
    }
    for attempt in history.attempts.iter().filter(|attempt| attempt.end != End::Garbage) {
        for noted in attempt.noted.iter().chain(&attempt.early) {
            if let Way::In(judged) = &noted.way
                && !judged.replayed_otherwise.is_empty()
            {
                broken.push(format!("{}: decided again, another {}", attempt.queue_id, judged.replayed_otherwise));
            }
        }
    }
    broken
}

/// When all have gone there is no question in flight, no timer and no conversation; and there never were more questions than
/// the messages under way may ask.
fn nothing_left(history: &History, _: &Alone) -> Vec<String> {
    let left = &history.left;
    let mut broken = Vec::new();
    for (what, count) in [("questions", left.flights), ("timers", left.sleepers), ("conversations", left.handles)] {
        if count > 0 {
            broken.push(format!("{count} {what} are left"));
        }
    }
    if left.flights_max > left.flights_limit {
        broken.push(format!("{} questions in flight, {} may be", left.flights_max, left.flights_limit));
    }
    broken
}

fn each_delivered(
    history: &History,
    mut judge: impl FnMut(&Attempt, &Noted, &Answer) -> Result<(), String>,
) -> Vec<String> {
    let mut broken = Vec::new();
    for attempt in &history.attempts {
        let (End::Answered(answer), Some(noted)) = (&attempt.end, attempt.noted.first()) else { continue };
        if answer.what == Said::Accepted
            && let Err(what) = judge(attempt, noted, answer)
        {
            broken.push(format!("{}: {what}", attempt.queue_id));
        }
    }
    broken
}
