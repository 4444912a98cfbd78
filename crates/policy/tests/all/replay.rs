//! What if: stored messages under other rules.

use policy::limits::CHANGE_SHOWN_COUNT_MAX;
use policy::{Action, Simulation, Stored, decide, simulate};
use testkit::KeyValues;

use crate::read;

fn stored(text: &str, done: Action, count: u64) -> Stored {
    let values = KeyValues::parse(text).unwrap();
    Stored { input: read::input(&values), standing: read::standing(&values), done, count }
}

fn rules(text: &str) -> policy::Rules {
    read::rules(&KeyValues::parse(text).unwrap())
}

const FORGED: &str = "spf: fail bank.example\nauthor: bank.example fail p=reject\n";
const FORWARDED: &str = "spf: fail x.example\ndkim: bank.example fail\nauthor: bank.example fail p=reject\n";
const GOOD: &str = "author: bank.example pass p=reject dkim\n";

fn month() -> Vec<Stored> {
    vec![stored(FORGED, Action::Label, 20), stored(FORWARDED, Action::Label, 3), stored(GOOD, Action::Accept, 1000)]
}

#[test]
fn what_would_change() {
    let simulation = simulate(&rules("stage: block"), month());
    assert_eq!((simulation.message_count, simulation.changed_count), (1023, 23));
    assert_eq!((simulation.stricter_count, simulation.milder_count), (23, 0));
    assert_eq!(simulation.count(Action::Label, Action::Reject), 20);
    assert_eq!(simulation.count(Action::Label, Action::Quarantine), 3);
    assert_eq!(simulation.count(Action::Accept, Action::Accept), 1000);
    let shown: Vec<_> = simulation.changes.iter().map(|change| (change.would, change.reason, change.count)).collect();
    assert_eq!(shown, [(Action::Reject, "policy-dmarc-fail", 20), (Action::Quarantine, "policy-dmarc-fail", 3)]);
    assert_eq!(simulation.changes[0].author, Some(read::domain("bank.example")));
    // What would be done with no rules at all is what was done.
    assert_eq!(simulate(&rules("stage: observe"), month()).changed_count, 0);
    let milder = simulate(&rules("stage: block\nforce: bank.example none"), month());
    assert_eq!((milder.stricter_count, milder.milder_count), (0, 23));
}

#[test]
fn batches_give_the_same_as_the_whole() {
    let rules = rules("stage: block");
    let mut merged = Simulation::default();
    month().into_iter().for_each(|one| merged.merge(simulate(&rules, [one])));
    assert_eq!(merged, simulate(&rules, month()));
}

#[test]
fn changes_at_below_and_above_the_limit() {
    for count in [CHANGE_SHOWN_COUNT_MAX - 1, CHANGE_SHOWN_COUNT_MAX, CHANGE_SHOWN_COUNT_MAX + 1] {
        let simulation = simulate(&rules("stage: block"), (0..count).map(|_| stored(FORGED, Action::Accept, 1)));
        assert_eq!(simulation.changed_count, count as u64);
        assert_eq!(simulation.changes.len(), count.min(CHANGE_SHOWN_COUNT_MAX));
    }
}

/// A verdict that is repeated is the same verdict.
#[test]
fn a_replay_under_the_same_rules_changes_nothing() {
    let rules = rules("stage: block\nspf.fail: reject early\nfrom.absent: reject");
    let all = [FORGED, FORWARDED, GOOD, "from-defect: absent\n"].map(|text| {
        let mut one = stored(text, Action::Accept, 1);
        one.done = decide(&one.input, &rules, &one.standing).action;
        one
    });
    assert_eq!(simulate(&rules, all).changed_count, 0);
}
