//! Whom a message asks: DNS, a tape, or nobody.

use std::sync::Arc;
use std::time::Duration;

use lookup::tape::{Recording, Replay, Tape};
use lookup::{Answer, Failure, Lookup, Question};
use net::{MessageResolver, Resolver};

use crate::limits::MESSAGE_DNS_S;

/// Where the answers of a run come from.
pub(crate) enum World {
    /// From DNS.
    Net(Resolver),
    /// From a tape.
    Replay(Arc<Replay>),
    /// From nowhere: there is no server. Every message is judged all the same, as far as that goes.
    Nobody,
}

/// Whether the answers are recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Recorded {
    /// They are.
    Yes,
    /// They are not.
    No,
}

/// Where the answers for one message come from. Clones share its time and its tape.
#[derive(Clone)]
pub(crate) enum Dns {
    /// As they come.
    Plain(Source),
    /// … and onto a tape.
    Taped(Arc<Tape<Source>>),
}

/// The source of answers.
#[derive(Clone)]
pub(crate) enum Source {
    /// DNS, with the time and the number of questions of one message.
    Net(MessageResolver),
    /// A tape.
    Replay(Arc<Replay>),
    /// Nobody.
    Nobody,
}

impl World {
    /// For the next message.
    pub(crate) fn for_message(&self, recorded: Recorded) -> Dns {
        let source = match self {
            Self::Net(resolver) => Source::Net(resolver.for_message(Duration::from_secs(MESSAGE_DNS_S))),
            Self::Replay(replay) => Source::Replay(Arc::clone(replay)),
            Self::Nobody => Source::Nobody,
        };
        match recorded {
            Recorded::Yes => Dns::Taped(Arc::new(Tape::new(source))),
            Recorded::No => Dns::Plain(source),
        }
    }

    /// Whether DNS was asked and not one server has said a word.
    pub(crate) fn is_silent(&self) -> bool {
        match self {
            Self::Net(resolver) => {
                let counts = resolver.counts();
                counts.udp_tries + counts.tcp_tries > 0 && counts.bytes_received == 0
            }
            Self::Replay(_) | Self::Nobody => false,
        }
    }
}

impl Dns {
    /// What was recorded so far; nothing without a tape.
    pub(crate) fn recording(&self) -> Option<Recording> {
        match self {
            Self::Plain(_) => None,
            Self::Taped(tape) => Some(tape.recording(&[])),
        }
    }
}

impl Lookup for Dns {
    async fn ask(&self, question: Question) -> Answer {
        match self {
            Self::Plain(source) => source.ask(question).await,
            Self::Taped(tape) => tape.ask(question).await,
        }
    }
}

impl Lookup for Source {
    async fn ask(&self, question: Question) -> Answer {
        match self {
            Self::Net(resolver) => resolver.ask(question).await,
            Self::Replay(replay) => replay.ask(question).await,
            Self::Nobody => Answer::Failed(Failure::Unreachable),
        }
    }
}
