//! Guessing is slow, and keeps nobody out who is elsewhere.

use people::limits::{
    ATTEMPT_COUNT_PER_MINUTE, ATTEMPT_ENTRY_COUNT_MAX, FORGET_MS, FREE_ATTEMPT_COUNT, FREE_NETWORK_ATTEMPT_COUNT,
    WAIT_MS_FIRST, WAIT_MS_MAX,
};
use people::*;
use proptest::prelude::*;

/// One attempt a second, so that the bound on all of them does not matter.
const STEP_MS: u64 = 1_000;

fn network(text: &str) -> Network {
    Network::of(text.parse().unwrap())
}

fn wait(gate: Gate) -> u64 {
    match gate {
        Gate::Open => 0,
        Gate::Wait { wait_ms } => wait_ms,
    }
}

#[test]
fn networks_are_as_far_as_one_stranger_has_them() {
    assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1:2:3"));
    assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
    assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
}

#[test]
fn the_fifth_wrong_one_waits_and_the_wait_doubles() {
    let (mut throttle, from) = (Throttle::default(), network("192.0.2.1"));
    let mut now_ms = 1_000_000;
    for _ in 0..FREE_ATTEMPT_COUNT {
        assert_eq!(throttle.attempt(from, "taro", now_ms), Gate::Open);
        now_ms += STEP_MS;
    }
    let mut waits = Vec::new();
    for _ in 0..9 {
        let wait_ms = wait(throttle.attempt(from, "taro", now_ms)) + STEP_MS;
        // Asking again meanwhile changes nothing.
        assert_eq!(wait(throttle.attempt(from, "TARO", now_ms)) + STEP_MS, wait_ms);
        waits.push(wait_ms);
        now_ms += wait_ms - STEP_MS;
        assert_eq!(throttle.attempt(from, "taro", now_ms), Gate::Open);
        now_ms += STEP_MS;
    }
    let wanted: Vec<u64> = (0..9).map(|power| (WAIT_MS_FIRST << power).min(WAIT_MS_MAX)).collect();
    assert_eq!(waits, wanted);
    assert_eq!(*waits.last().unwrap(), WAIT_MS_MAX);
}

#[test]
fn nobody_elsewhere_is_kept_out() {
    let (mut throttle, here) = (Throttle::default(), network("203.0.113.5"));
    let mut now_ms = 0;
    for guess in 0..200_u32 {
        now_ms += STEP_MS;
        throttle.attempt(Network::V4(guess.into()), "admin", now_ms);
        throttle.attempt(network("192.0.2.1"), "admin", now_ms);
    }
    now_ms += STEP_MS;
    assert_eq!(throttle.attempt(here, "admin", now_ms), Gate::Open);
}

#[test]
fn the_right_one_takes_its_own_back_and_no_others() {
    let (mut throttle, from) = (Throttle::default(), network("192.0.2.1"));
    for at in 0..u64::from(FREE_ATTEMPT_COUNT) {
        assert_eq!(throttle.attempt(from, "taro", at * STEP_MS), Gate::Open);
    }
    throttle.succeeded(from, "Taro", 5_000);
    for at in 6..6 + u64::from(FREE_ATTEMPT_COUNT) {
        assert_eq!(throttle.attempt(from, "taro", at * STEP_MS), Gate::Open);
    }
    assert!(wait(throttle.attempt(from, "taro", 11_001)) > 0);
}

/// Somebody with an account of their own signs in between guesses at others: the network waits all the same.
#[test]
fn an_account_of_ones_own_buys_no_guesses_at_others() {
    let (mut throttle, from) = (Throttle::default(), network("192.0.2.1"));
    let mut now_ms = 0;
    for guess in 0..FREE_NETWORK_ATTEMPT_COUNT {
        now_ms += STEP_MS;
        assert_eq!(throttle.attempt(from, &format!("person{guess}"), now_ms), Gate::Open, "{guess}");
        if guess + 1 < FREE_NETWORK_ATTEMPT_COUNT {
            assert_eq!(throttle.attempt(from, "own", now_ms), Gate::Open);
            throttle.succeeded(from, "own", now_ms);
        }
    }
    assert!(wait(throttle.attempt(from, "another", now_ms + STEP_MS)) > 0);
}

#[test]
fn attempts_at_the_same_moment_gain_nothing() {
    let (mut throttle, from) = (Throttle::default(), network("192.0.2.1"));
    let open = (0..50).filter(|_| throttle.attempt(from, "taro", 5) == Gate::Open).count();
    assert_eq!(open, FREE_ATTEMPT_COUNT as usize);
}

#[test]
fn all_together_are_bounded_and_who_was_here_before_has_a_share() {
    let (mut throttle, here) = (Throttle::default(), network("203.0.113.5"));
    assert_eq!(throttle.attempt(here, "taro", 0), Gate::Open);
    throttle.succeeded(here, "taro", 0);
    let now_ms = 10_000_000;
    let flood = |throttle: &mut Throttle, at_ms: u64, first: u32| {
        let open = (0..500).filter(|at| throttle.attempt(Network::V4((first + at).into()), "x", at_ms) == Gate::Open);
        open.count()
    };
    assert_eq!(flood(&mut throttle, now_ms, 0), ATTEMPT_COUNT_PER_MINUTE as usize);
    assert_eq!(flood(&mut throttle, now_ms + 5_000, 1_000), 5 * ATTEMPT_COUNT_PER_MINUTE as usize / 60);
    assert!(wait(throttle.attempt(network("198.51.100.1"), "x", now_ms + 5_000)) > 0);
    assert_eq!(throttle.attempt(here, "taro", now_ms + 5_000), Gate::Open);
}

#[test]
fn a_day_of_quiet_forgets() {
    let (mut throttle, from) = (Throttle::default(), network("192.0.2.1"));
    for at in 0..u64::from(FREE_ATTEMPT_COUNT) {
        throttle.attempt(from, "taro", at);
    }
    let last_ms = u64::from(FREE_ATTEMPT_COUNT) - 1;
    assert_eq!(throttle.attempt(from, "taro", last_ms + FORGET_MS), Gate::Open);
    assert_eq!(throttle.attempt(from, "taro", last_ms + FORGET_MS), Gate::Open, "it counts from one again");
}

/// A flood of networks makes the oldest forgotten, and memory stays bounded.
#[test]
fn what_is_remembered_is_bounded() {
    let (mut throttle, from) = (Throttle::default(), network("192.0.2.1"));
    for at in 0..u64::from(FREE_ATTEMPT_COUNT) {
        throttle.attempt(from, "taro", at * STEP_MS);
    }
    let count = u32::try_from(ATTEMPT_ENTRY_COUNT_MAX).unwrap();
    for guess in 0..count - 1 {
        throttle.attempt(Network::V4(guess.into()), "x", (100 + u64::from(guess)) * STEP_MS);
    }
    // Long quiet, but there is room for all of them.
    let then_ms = FORGET_MS - STEP_MS;
    let still = format!("{throttle:?}").matches("count: 5").count();
    assert_eq!(still, 2, "the pair and the network");
    throttle.attempt(Network::V4(u32::MAX.into()), "x", then_ms);
    assert_eq!(format!("{throttle:?}").matches("count: 5").count(), 0, "the quietest went");
}

proptest! {
    /// Whatever happened, a clock that jumps about included, nobody waits longer than the longest wait.
    #[test]
    fn no_wait_is_longer_than_the_longest(
        steps in prop::collection::vec((0..4_u32, 0..3_usize, 0..u64::from(u32::MAX), any::<bool>()), 1..80),
        now_ms: u64,
    ) {
        let mut throttle = Throttle::default();
        for (from, who, at_ms, is_right) in steps {
            let (from, who) = (Network::V4(from.into()), ["a", "b", "c"][who]);
            if throttle.attempt(from, who, at_ms) == Gate::Open && is_right {
                throttle.succeeded(from, who, at_ms);
            }
        }
        let wait_ms = wait(throttle.attempt(Network::V4(0.into()), "a", now_ms));
        prop_assert!(wait_ms <= WAIT_MS_MAX);
    }
}

#[test]
fn what_was_not_decided_does_not_count_and_takes_nothing_else_back() {
    let (mut throttle, from) = (Throttle::default(), network("192.0.2.1"));
    let mut now_ms = 0;
    let mut attempt = |throttle: &mut Throttle| {
        now_ms += STEP_MS;
        wait(throttle.attempt(from, "taro", now_ms))
    };
    for _ in 0..FREE_ATTEMPT_COUNT * 3 {
        assert_eq!(attempt(&mut throttle), 0);
        throttle.undecided(from, "Taro");
    }
    for _ in 0..FREE_ATTEMPT_COUNT {
        assert_eq!(attempt(&mut throttle), 0);
    }
    assert!(attempt(&mut throttle) > 0, "those that were wrong count");
    throttle.undecided(from, "nobody");
    throttle.undecided(network("192.0.2.2"), "taro");
    assert!(attempt(&mut throttle) > 0, "another name, another network");
}
