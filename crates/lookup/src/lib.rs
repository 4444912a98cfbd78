//! DNS as one sentence: a [`Question`], an [`Answer`], and the trait [`Lookup`] that turns one into the other.
//!
//! What it does: gives every evaluation the same way to ask the world, a resolver made of a zone file for tests and
//! replays, and wrappers that add memory, coalescing, budgets, a tape and faults to any [`Lookup`].
//!
//! What it will never do: open a socket, read a clock, or know a protocol. A time-out is an answer here; who waits, and
//! how long, is decided by the resolver in `net`.
//!
//! Reading order: [`question`], [`answer`], this file's [`Lookup`], then [`keeper`], [`zone`] and the wrappers: [`once`],
//! [`coalesce`], [`budget`], [`tape`]; [`chaos`] and [`log`] are for tests. [`fetch`] is the same
//! shape for documents over HTTPS.

use std::future::Future;
use std::sync::Arc;

use futures_util::future::join_all;

pub mod answer;
pub mod budget;
pub mod certificate;
pub mod chaos;
pub mod coalesce;
pub mod fetch;
pub mod keeper;
pub mod limits;
pub mod log;
mod master;
pub mod once;
pub mod question;
pub mod tape;
pub mod zone;

pub use answer::{Answer, Data, Dnssec, Failure, MailExchange, Negative, Records, StartOfAuthority, Text};
pub use certificate::{CertificationAuthority, DelegationSigner, TlsAssociation};
pub use keeper::{Keeper, Moment};
pub use question::{Kind, Question};
pub use zone::Zone;

/// Whoever can answer questions: a resolver, a zone file, a tape, or a wrapper around one of them.
///
/// Asking never fails in Rust's sense: that no answer came is [`Answer::Failed`], a fact that evaluations judge.
pub trait Lookup {
    /// Asks. The future may be dropped at any time.
    fn ask(&self, question: Question) -> impl Future<Output = Answer> + Send;

    /// Asks with a question that stays with the asker: what is known in memory costs no copy of it then.
    fn ask_ref(&self, question: &Question) -> impl Future<Output = Answer> + Send {
        self.ask(question.clone())
    }

    /// The cache that the answers come from. Whoever has something that was made of its answers, all of which still hold,
    /// need not ask for them again. `None` where every question shall be seen, as by a tape or a budget: nothing is left
    /// unasked then.
    fn keeper(&self) -> Option<&dyn Keeper> {
        None
    }
}

/// Asks several questions at the same time; the answers stand in the same order.
pub async fn ask_all<L: Lookup + Sync>(lookup: &L, questions: &[Question]) -> Vec<Answer> {
    match questions {
        [] => Vec::new(),
        // By far the most frequent: nothing to be joined.
        [only] => vec![lookup.ask_ref(only).await],
        several => join_all(several.iter().map(|question| lookup.ask_ref(question))).await,
    }
}

impl<L: Lookup + Sync> Lookup for &L {
    fn ask(&self, question: Question) -> impl Future<Output = Answer> + Send {
        (**self).ask(question)
    }

    fn ask_ref(&self, question: &Question) -> impl Future<Output = Answer> + Send {
        (**self).ask_ref(question)
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        (**self).keeper()
    }
}

impl<L: Lookup + Sync + Send> Lookup for Arc<L> {
    fn ask(&self, question: Question) -> impl Future<Output = Answer> + Send {
        (**self).ask(question)
    }

    fn ask_ref(&self, question: &Question) -> impl Future<Output = Answer> + Send {
        (**self).ask_ref(question)
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        (**self).keeper()
    }
}
