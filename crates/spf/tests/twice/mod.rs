//! Each check twice: over answers whose keeper is known, so that flat policies are made and used, and over the same answers
//! with every question asked. Both say the same, down to the evidence.
#![allow(dead_code, reason = "not every test that has this module uses all of it")]

use std::sync::atomic::{AtomicUsize, Ordering};

use lookup::log::Log;
use lookup::{Answer, Keeper, Lookup, Question};
use sekisho_spf::{Identity, Limits, Outcome, Request, check_identity};

/// Counts the questions, and hides nobody.
pub(crate) struct Counted<L> {
    pub(crate) inner: L,
    count: AtomicUsize,
}

impl<L> Counted<L> {
    pub(crate) fn new(inner: L) -> Self {
        Self { inner, count: AtomicUsize::new(0) }
    }

    /// How many questions came since this was asked last.
    pub(crate) fn take(&self) -> usize {
        self.count.swap(0, Ordering::Relaxed)
    }
}

impl<L: Lookup + Sync> Lookup for Counted<L> {
    async fn ask(&self, question: Question) -> Answer {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.inner.ask(question).await
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        self.inner.keeper()
    }
}

/// What a check was: in the ordinary way, or with nothing asked but the domain's own record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    Ordinary,
    Flat,
}

/// Checks twice, with the same outcome.
pub(crate) fn check<L: Lookup + Sync>(
    lookup: &Counted<L>,
    request: &Request<'_>,
    identity: Identity,
    limits: &Limits,
) -> (Outcome, Way) {
    lookup.take();
    let outcome = testkit::block_on(check_identity(lookup, request, identity, limits));
    let asked = lookup.take();
    let log = Log::new(&lookup.inner);
    let ordinary = testkit::block_on(check_identity(&log, request, identity, limits));
    let questions = log.questions();
    assert_eq!(outcome.result, ordinary.result, "{request:?}");
    assert_eq!(*outcome.evidence, *ordinary.evidence, "{request:?}");
    assert!(asked == questions.len() || asked == 1, "{asked} questions of {questions:?}");
    (outcome, if asked < questions.len() { Way::Flat } else { Way::Ordinary })
}
