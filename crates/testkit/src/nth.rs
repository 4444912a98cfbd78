//! Anomalies: the n-th question fails, for every n.

use std::fmt::Debug;

use lookup::chaos::Chaos;
use lookup::{Failure, Lookup};

/// Runs once with `lookup` whole, and then once for each question and each of [`FAILURES`] with that question failing.
/// `judge` says of an outcome whether it may come instead of the whole one: weaker or a temporary error, never pass
/// from fail. Gives how many questions the whole run asked. A zone's clock runs on through all the runs; with a time limit,
/// let `run` begin with [`lookup::Zone::restart_clock`].
///
/// ```
/// # use sekisho_testkit as testkit;
/// use lookup::{Answer, Lookup, Question};
/// let zone = testkit::zone("a TXT x\n");
/// let count = testkit::every_nth_failure(
///     &zone,
///     |lookup| testkit::block_on(lookup.ask(Question::txt(testkit::domain("a")))),
///     |whole, broken| broken == whole || matches!(broken, Answer::Failed(_)),
/// );
/// assert_eq!(count, 1);
/// ```
///
/// # Panics
/// When `judge` says no; the message names the question's number and the failure.
pub fn every_nth_failure<'a, L: Lookup + Sync, R: Debug>(
    lookup: &'a L,
    run: impl Fn(&Chaos<&'a L>) -> R,
    judge: impl Fn(&R, &R) -> bool,
) -> usize {
    let counting = Chaos::none(lookup);
    let whole = run(&counting);
    let count = counting.asked_count();
    for nth in 1..=count {
        for failure in FAILURES {
            let broken = run(&Chaos::nth(lookup, nth, failure));
            assert!(
                judge(&whole, &broken),
                "question {nth} of {count} with {failure}:\nwhole:  {whole:?}\nbroken: {broken:?}"
            );
        }
    }
    count
}

/// The failures that are tried: no answer, a bad one, a forged one, and none for want of budget.
pub const FAILURES: [Failure; 4] = [Failure::Timeout, Failure::ServFail, Failure::Bogus, Failure::Budget];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{block_on, domain, zone};
    use lookup::{Answer, Question};

    fn both(lookup: &impl Lookup) -> (Answer, Answer) {
        let ask = |name| block_on(lookup.ask(Question::txt(domain(name))));
        (ask("a"), ask("b"))
    }

    #[test]
    fn every_question_fails_once() {
        let zone = zone("a TXT x\nb TXT y\n");
        let broken = std::cell::RefCell::new(Vec::new());
        let count = every_nth_failure(&zone, both, |_, (a, b)| {
            broken.borrow_mut().push((a.word(), b.word()));
            true
        });
        assert_eq!(count, 2);
        assert_eq!(broken.borrow()[0], ("timeout", "records"));
        assert_eq!(broken.borrow()[7], ("records", "budget"));
        assert_eq!(broken.borrow().len(), 8);
    }

    #[test]
    #[should_panic(expected = "question 1 of 2 with timeout")]
    fn a_bad_judgement_is_told() {
        every_nth_failure(&zone("a TXT x\n"), both, |whole, broken| whole == broken);
    }
}
