//! The chain of the log: whatever is done to it shows.

use people::log::{Broken, verify_chain};
use people::*;
use proptest::prelude::*;

fn lines(count: u64) -> Vec<LogLine> {
    let mut chain = Chain::START;
    let mut lines = Vec::new();
    for at_ms in 0..count {
        let line = chain.next(NewLine::new(at_ms, "taro", "sign-in", "").from("192.0.2.1".parse().unwrap()));
        chain.take(&line).unwrap();
        lines.push(line);
    }
    lines
}

#[test]
fn what_was_written_holds() {
    assert_eq!(verify_chain(&[]), Ok(Chain::START));
    let lines = lines(5);
    let chain = verify_chain(&lines).unwrap();
    assert_eq!((chain.number, chain.digest), (5, lines[4].digest));
}

#[test]
fn every_change_shows_where_it_is() {
    let good = lines(5);
    let changed = |change: &dyn Fn(&mut LogLine)| {
        let mut lines = good.clone();
        change(&mut lines[2]);
        verify_chain(&lines).unwrap_err()
    };
    let here = Broken::Changed { number: 3 };
    assert_eq!(changed(&|line| line.line.at_ms += 1), here);
    assert_eq!(changed(&|line| line.line.who = "jiro".into()), here);
    assert_eq!(changed(&|line| line.line.address = None), here);
    assert_eq!(changed(&|line| line.line.verb = "sign-out".into()), here);
    assert_eq!(changed(&|line| line.line.object = "x".into()), here);
    assert_eq!(changed(&|line| line.line.note = "x".into()), here);
    assert_eq!(changed(&|line| line.line.outcome = Outcome::Refused), here);
    assert_eq!(changed(&|line| line.digest = Digest::new([0; 32])), here);
    assert_eq!(changed(&|line| line.number = 7), Broken::Missing { wanted: 3, found: 7 });
    // What is moved from one text to the next gives other bytes.
    assert_eq!(changed(&|line| (line.line.who, line.line.verb) = ("tar".into(), "osign-in".into())), here);
}

#[test]
fn lines_that_go_or_come_show_but_for_the_last() {
    let good = lines(5);
    let without = |at: usize| {
        let mut lines = good.clone();
        lines.remove(at);
        verify_chain(&lines)
    };
    assert_eq!(without(0), Err(Broken::Missing { wanted: 1, found: 2 }));
    assert_eq!(without(2), Err(Broken::Missing { wanted: 3, found: 4 }));
    // The end is seen by who kept the last digest.
    assert_eq!(without(4).map(|chain| chain.digest), Ok(good[3].digest));
    let mut twice = good.clone();
    twice.insert(2, good[2].clone());
    assert_eq!(verify_chain(&twice), Err(Broken::Missing { wanted: 4, found: 3 }));
    // One that begins anew behind a change shows at the change.
    let mut forged = good.clone();
    forged[2] = Chain { number: 2, digest: good[1].digest }.next(NewLine::new(2, "jiro", "sign-in", ""));
    assert_eq!(verify_chain(&forged), Err(Broken::Changed { number: 4 }));
}

proptest! {
    #[test]
    fn any_texts_hold(who in "\\PC{0,200}", note in "(?s).{0,900}", at_ms: u64) {
        let mut chain = Chain::START;
        let line = chain.next(NewLine::new(at_ms, &who, "x", &note).noting(&note));
        prop_assert_eq!(chain.take(&line), Ok(()));
        prop_assert_eq!(line.line.clone().clip(), line.line);
    }
}
