//! Twenty seeds for every change; more by `cargo xtask sim --seeds COUNT`. And that a seed is a seed.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // A test ends by a panic.

extern crate sekisho_sim as sim;

use std::collections::BTreeSet;

use sim::history::{End, Said, Way};
use sim::trial::once;
use sim::{Scenario, run, trial};

/// Chosen once, and then the same for ever.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=20;
const MESSAGES: u64 = 40;

#[test]
fn twenty_seeds() {
    let mut kinds = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for seed in SEEDS {
        let trial = trial(seed, MESSAGES);
        print!("{}", trial.to_string().lines().next().unwrap_or_default());
        assert!(trial.broken.is_empty(), "{trial}");
        for attempt in &trial.history.attempts {
            kinds.insert(attempt.letter.kind);
            seen.insert(match &attempt.end {
                End::Answered(answer) => match answer.what {
                    Said::Accepted => "accepted",
                    Said::Discarded => "discarded",
                    Said::Rejected(_) => "rejected",
                    Said::Deferred(_) => "deferred",
                },
                End::Aborted => "aborted",
                End::Broken => "broken",
                End::Garbage => "garbage",
                End::UnderWay => "under way",
            });
            seen.extend(attempt.noted.iter().filter_map(|noted| noted.failure));
            seen.extend((attempt.dns_failures > 0).then_some("dns"));
            seen.extend((attempt.progress_count > 0).then_some("progress"));
            for noted in &attempt.noted {
                match &noted.way {
                    Way::In(judged) => seen.extend(judged.reasons.iter().copied().chain([judged.dmarc.as_str()])),
                    Way::Out(domains) => seen.extend((!domains.is_empty()).then_some("signed")),
                }
            }
        }
        let told = |word: &str| trial.history.lines.iter().any(|line| line.contains(word));
        seen.extend(["daemon dies", "clock set"].into_iter().filter(|word| told(word)));
    }
    // Worlds in which nothing happens prove nothing.
    assert_eq!(kinds.len(), 15, "{kinds:?}");
    let wanted = [
        "accepted",
        "rejected",
        "deferred",
        "aborted",
        "broken",
        "garbage",
        "dns",
        "progress",
        "signed",
        "daemon dies",
        "clock set",
        "pass",
        "fail",
        "temperror",
        "none",
        "service-row-not-kept",
        "service-dns-unanswered",
        "policy-dmarc-fail",
        "policy-trusted-sealer",
        "policy-mailing-list",
        "policy-forwarder-network",
        "policy-test-mode",
        "policy-forced",
        "policy-from-defect",
        "policy-denied",
        "policy-recipient-rules",
        "policy-held-back",
    ];
    let missing: Vec<_> = wanted.iter().filter(|word| !seen.contains(*word)).collect();
    assert!(missing.is_empty(), "never seen: {missing:?}");
}

#[test]
fn the_same_seed_is_the_same_day() {
    for seed in [3, 7, 1_000_003] {
        let story = || run(&Scenario::of(seed, MESSAGES)).lines.join("\n");
        let first = story();
        assert!(first.len() > 1_000);
        assert_eq!(first, story(), "seed {seed}");
    }
    let story = |seed| run(&Scenario::of(seed, MESSAGES)).lines;
    assert_ne!(story(1), story(2));
}

/// Who sends nonsense or breaks off changes nothing for the others.
#[test]
fn a_session_less_and_the_others_are_as_they_were() {
    for seed in [2, 5, 11] {
        let whole = Scenario::of(seed, MESSAGES);
        let with = run(&whole);
        for gone in whole.sessions.iter().map(|plan| plan.number) {
            let without = run(&whole.without(gone));
            let mut compared = 0;
            for attempt in with.attempts.iter().filter(|attempt| attempt.place.0 != gone) {
                let same = without.attempts.iter().find(|other| other.place == attempt.place).unwrap();
                let calm = |one: &sim::history::Attempt| one.dns_failures + one.ledger_failures == 0;
                let (End::Answered(here), End::Answered(there)) = (&attempt.end, &same.end) else { continue };
                let signs = attempt.noted.iter().any(|noted| matches!(noted.way, Way::Out(_)));
                if calm(attempt) && calm(same) && !signs {
                    assert_eq!(here, there, "seed {seed} without {gone}: {}", attempt.queue_id);
                    compared += 1;
                }
            }
            assert!(compared > 3, "seed {seed} without {gone}: {compared}");
        }
    }
}

#[test]
fn a_trial_tells_how_to_see_it_again() {
    let mut broken = once(1, 3);
    broken.broken.push(sim::Broken { checker: "a checker", what: "a thing".to_owned() });
    let text = broken.to_string();
    assert!(text.contains("broken: a checker: a thing"), "{text}");
    assert!(text.ends_with("again: cargo xtask sim --seed 1 --messages 3\n"), "{text}");
}
