//! What the receiver knows besides the message: reputation, habits, replays, lists that it keeps. A plain value, made by
//! whoever keeps the counters, so that a verdict can be repeated.

use mailtext::Domain;

use crate::reputation::Score;

/// What the receiver knows besides the message. Empty when it remembers nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// The reputation of the domains that the message authenticates; of others it is not to be asked.
    pub domains: Vec<(Domain, Score)>,
    /// The reputation of the client's network.
    pub client: Option<Score>,
    /// What is usual for mail of the author domain.
    pub usual: Option<Usual>,
    /// How often a signature of this message was delivered before, to whomever and from wherever; the highest count.
    pub replay_count: u64,
    /// Entries of lists that change while the receiver runs.
    pub members: Vec<Member>,
}

/// What was seen of an author domain's mail: RFC 9989 §7.4 calls it observed sending patterns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Usual {
    /// Messages that passed DMARC.
    pub passed: u64,
    /// Messages that failed and were not found to be forwarded.
    pub failed: u64,
}

/// An entry of a list that changes while the receiver runs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Member {
    /// The list's name.
    pub list: String,
    /// What the entry means.
    pub meaning: Meaning,
    /// Whom it names.
    pub domain: Domain,
}

/// What an entry of a list means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Meaning {
    /// Mail of the domain is wanted, where it is authenticated.
    Allowed,
    /// Mail of the domain is not wanted.
    Denied,
}

impl Usual {
    /// Whether so much mail was seen, and nearly all of it passed, that a failure is unusual: 99 of 100.
    #[must_use]
    pub fn makes_failure_unusual(self, count_min: u64) -> bool {
        let (passed, failed) = (u128::from(self.passed), u128::from(self.failed));
        self.passed >= count_min.max(1) && passed * 100 >= (passed + failed) * 99
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_usual() {
        let unusual = |passed, failed| Usual { passed, failed }.makes_failure_unusual(100);
        assert!(unusual(100, 0) && unusual(100, 1) && unusual(u64::MAX, 1));
        assert!(!unusual(99, 0) && !unusual(100, 2) && !unusual(0, 0) && !unusual(u64::MAX, u64::MAX));
        assert!(!Usual::default().makes_failure_unusual(0));
    }
}
