//! Each checker says so when a history is wrong: a good one is taken, and one thing in it is changed.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // A test ends by a panic.

extern crate sekisho_sim as sim;

use std::sync::OnceLock;

use sim::check::CHECKERS;
use sim::history::{Answer, Attempt, End, Judged, Noted, Said, Way};
use sim::letters::Expected;
use sim::mail::Asked;
use sim::trial::alone;
use sim::{Alone, History, Scenario, check, run};

/// A seed without faults, whose operator signs: every kind of end is there, and nothing is broken.
fn good() -> &'static (History, Alone) {
    static GOOD: OnceLock<(History, Alone)> = OnceLock::new();
    GOOD.get_or_init(|| {
        let signing = (1..)
            .map(|seed| Scenario::of(seed, 60))
            .find(|scenario| scenario.operator.signs == sim::operator::Signs::Yes);
        let scenario = Scenario { faults: sim::Faults::none(), ..signing.unwrap() };
        let (history, alone) = (run(&scenario), alone(&scenario));
        assert_eq!(check(&history, &alone), []);
        (history, alone)
    })
}

/// The checkers that object to a history that was changed.
fn objections(change: impl FnOnce(&mut History)) -> Vec<&'static str> {
    let (mut history, alone) = good().clone();
    change(&mut history);
    let mut names: Vec<_> = check(&history, &alone).iter().map(|broken| broken.checker).collect();
    names.dedup();
    names
}

/// The first attempt that this is true of.
fn first(history: &mut History, is: impl Fn(&Attempt) -> bool) -> &mut Attempt {
    history.attempts.iter_mut().find(|attempt| is(attempt)).unwrap()
}

fn accepted(attempt: &Attempt) -> bool {
    matches!(&attempt.end, End::Answered(Answer { what: Said::Accepted, .. }))
}

fn judged(attempt: &Attempt) -> Option<&Judged> {
    match &attempt.noted.first()?.way {
        Way::In(judged) => Some(judged),
        Way::Out(_) => None,
    }
}

fn judged_mut(attempt: &mut Attempt) -> &mut Judged {
    match &mut attempt.noted[0].way {
        Way::In(judged) => judged,
        Way::Out(_) => panic!("an outgoing message"),
    }
}

fn noted(attempt: &mut Attempt) -> &mut Noted {
    &mut attempt.noted[0]
}

fn edits(attempt: &mut Attempt) -> &mut Vec<Asked> {
    match &mut attempt.end {
        End::Answered(answer) => &mut answer.edits,
        other => panic!("{other:?}"),
    }
}

fn fails(attempt: &Attempt) -> bool {
    judged(attempt).is_some_and(|judged| judged.dmarc == dmarc::DmarcResult::Fail)
}

fn objects(name: &str, change: impl FnOnce(&mut History)) {
    assert!(CHECKERS.iter().any(|(known, _)| *known == name), "{name}");
    let found = objections(change);
    assert!(found.contains(&name), "{name}: {found:?}");
}

#[test]
fn hanging() {
    objects("nothing hangs, nobody breaks the protocol", |history| history.incidents.push("x".to_owned()));
}

#[test]
fn deprived() {
    objects("no answer of DNS is lost on the way", |history| first(history, accepted).dns_failures = 1);
    objects("no answer of DNS is lost on the way", |history| {
        noted(first(history, accepted)).stored.as_mut().unwrap().latency_us = sim::limits::PATIENCE_US;
    });
}

#[test]
fn answers() {
    let name = "one answer for each message";
    objects(name, |history| first(history, accepted).answer_count = 2);
    objects(name, |history| first(history, accepted).end = End::UnderWay);
    objects(name, |history| first(history, accepted).noted.clear());
    objects(name, |history| {
        let attempt = first(history, accepted);
        attempt.noted.push(attempt.noted[0].clone());
    });
    objects(name, |history| {
        let answer = Answer { what: Said::Rejected("550".to_owned()), edits: Vec::new() };
        first(history, accepted).end = End::Answered(answer);
    });
}

#[test]
fn fields() {
    let name = "one field of ours on top, none forged";
    let incoming = |attempt: &Attempt| accepted(attempt) && judged(attempt).is_some();
    // None of ours, and two.
    objects(name, |history| edits(first(history, incoming)).clear());
    objects(name, |history| {
        let edits = edits(first(history, incoming));
        edits.push(edits.last().unwrap().clone());
    });
    // A forged one is left.
    objects(name, |history| {
        let is_forged = |attempt: &Attempt| {
            let End::Answered(answer) = &attempt.end else { return false };
            answer
                .edits
                .iter()
                .any(|edit| matches!(edit, Asked::Delete { name, .. } if name == b"Authentication-Results"))
        };
        let edits = edits(first(history, is_forged));
        let at = edits.iter().position(|edit| matches!(edit, Asked::Delete { .. })).unwrap();
        edits.remove(at);
    });
    // Not on top; another's field gone; a field that is not there.
    objects(name, |history| {
        let field = (b"X-On-Top".to_vec(), b" x".to_vec());
        edits(first(history, incoming)).push(Asked::Insert { index: 0, field });
    });
    for occurrence in [1, 9] {
        objects(name, |history| {
            edits(first(history, incoming)).push(Asked::Delete { occurrence, name: b"Date".to_vec() });
        });
    }
    // In our name on what goes out.
    objects(name, |history| {
        let is_out = |attempt: &Attempt| accepted(attempt) && judged(attempt).is_none();
        let field = (b"Authentication-Results".to_vec(), b" mx.example.net; none".to_vec());
        edits(first(history, is_out)).push(Asked::Insert { index: 0, field });
    });
}

#[test]
fn strength() {
    let name = "no verdict stronger than the published policy";
    objects(name, |history| {
        let attempt = first(history, |attempt| {
            judged(attempt).is_some_and(|judged| judged.by_local_rule <= policy::Action::Label)
        });
        attempt.noted[0].action = policy::Action::Reject;
        judged_mut(attempt).dmarc = dmarc::DmarcResult::None;
    });
    objects(name, |history| {
        let attempt = first(history, fails);
        attempt.noted[0].action = policy::Action::Reject;
        std::sync::Arc::make_mut(&mut attempt.letter).asks = dmarc::Policy::Quarantine;
        judged_mut(attempt).by_local_rule = policy::Action::Label;
    });
}

#[test]
fn passing() {
    let name = "never pass from fail";
    objects(name, |history| judged_mut(first(history, fails)).dmarc = dmarc::DmarcResult::Pass);
    objects(name, |history| {
        judged_mut(first(history, |one| judged(one).is_some_and(|judged| judged.spf != "pass"))).spf = "pass";
    });
    objects(name, |history| {
        let has_bad =
            |one: &Attempt| judged(one).is_some_and(|judged| judged.dkim.first().is_some_and(|one| *one != "pass"));
        judged_mut(first(history, has_bad)).dkim[0] = "pass";
    });
}

#[test]
fn expectations() {
    let name = "what is honest passes, what is forged does not";
    let passes = |one: &Attempt| judged(one).is_some_and(|judged| judged.dmarc == dmarc::DmarcResult::Pass);
    objects(name, |history| {
        std::sync::Arc::make_mut(&mut first(history, passes).letter).expected = Expected::NoPass;
    });
    objects(name, |history| {
        std::sync::Arc::make_mut(&mut first(history, fails).letter).expected = Expected::Pass;
    });
}

#[test]
fn rows() {
    let name = "rows say what was answered";
    objects(name, |history| noted(first(history, accepted)).stored = None);
    objects(name, |history| {
        let noted = noted(first(history, accepted));
        (noted.row, noted.stored) = (None, None);
    });
    let row = |change: fn(&mut report::Row)| {
        objects(name, move |history| {
            let attempt = first(history, |one| accepted(one) && judged(one).is_some_and(|one| !one.dkim.is_empty()));
            change(noted(attempt).stored.as_mut().unwrap());
        });
    };
    row(|row| row.queue_id = None);
    row(|row| row.verdict.action = report::vocabulary::Action::Reject);
    row(|row| row.verdict.reply_code = Some(550));
    row(|row| row.spf.mail_from = None);
    row(|row| row.dkim.clear());
    row(|row| row.envelope.recipient_count = 0);
    row(|row| row.latency_us = u64::MAX);
    // A refused recipient: its row, and no second one.
    let early = |row: fn(&mut Noted)| {
        objects(name, move |history| {
            let attempt = first(history, |one| accepted(one) && judged(one).is_some());
            let mut noted = attempt.noted[0].clone();
            noted.moment = service::world::Moment::Recipient;
            attempt.early = vec![noted.clone(), noted];
            row(&mut attempt.early[0]);
        });
    };
    early(|_| {});
    early(|noted| noted.stored = None);
    early(|noted| noted.row = None);
}

#[test]
fn lost_and_doubled() {
    let name = "no acknowledged row lost, none doubled";
    objects(name, |history| {
        history.rows.pop().unwrap();
    });
    objects(name, |history| history.rows[0].latency_us += 1);
    objects(name, |history| {
        let mut row = history.rows[0].clone();
        row.id = report::RowId::MAX;
        history.rows.push(row);
    });
}

#[test]
fn independence() {
    let name = "sessions are independent";
    objects(name, |history| edits(first(history, accepted)).push(Asked::Hold));
    objects(name, |history| {
        let answer = Answer { what: Said::Deferred("451".to_owned()), edits: Vec::new() };
        first(history, accepted).end = End::Answered(answer);
    });
}

#[test]
fn our_signatures() {
    let name = "what we sign verifies";
    let signed = |one: &Attempt| accepted(one) && judged(one).is_none();
    objects(name, |history| std::sync::Arc::make_mut(&mut first(history, signed).letter).mail.body.extend(b"x\r\n"));
    objects(name, |history| noted(first(history, signed)).way = Way::Out(Vec::new()));
}

#[test]
fn sums() {
    let name = "sums agree, and decisions repeat";
    objects(name, |history| history.sums.each[0].1 += 1);
    objects(name, |history| history.sums.differing = 1);
    objects(name, |history| {
        judged_mut(first(history, |one| judged(one).is_some())).replayed_otherwise = "action".to_owned();
    });
}

#[test]
fn what_is_left() {
    let name = "nothing is left behind";
    objects(name, |history| history.left.flights = 1);
    objects(name, |history| history.left.sleepers = 1);
    objects(name, |history| history.left.handles = 1);
    objects(name, |history| history.left.flights_max = history.left.flights_limit + 1);
}
