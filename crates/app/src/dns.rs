//! Whom a message asks: DNS and the web, a tape, or nobody.

use std::sync::Arc;
use std::time::Duration;

use lookup::budget::FetchBudget;
use lookup::fetch::{Both, Fetch, FetchFailure, FetchMemo, Fetched, Request};
use lookup::tape::{Recording, Replay, Tape};
use lookup::{Answer, Failure, Lookup, Question};
use net::{FetchConfig, Fetcher, MessageResolver, Resolver};

use crate::exit::ExitCode;
use crate::failure::Failure as CannotFetch;
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

/// Where documents come from.
#[derive(Clone)]
pub(crate) enum Web {
    /// From HTTPS.
    Net(Fetcher<Resolver>),
    /// From a tape.
    Replay(Arc<Replay>),
    /// From nowhere.
    Nothing,
}

/// Where the answers for one message come from. Clones share its time, its tape, and what it has fetched.
#[derive(Clone)]
pub(crate) enum Dns {
    /// As they come.
    Plain(Both<Source, Arc<Documents>>),
    /// … and onto a tape.
    Taped(Arc<Tape<Both<Source, Arc<Documents>>>>),
}

/// The documents of one message: each fetched once, and only so many.
pub(crate) type Documents = FetchMemo<FetchBudget<Web>>;

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
    /// For the next message, which fetches no document.
    pub(crate) fn for_message(&self, recorded: Recorded) -> Dns {
        self.for_message_with(&Web::Nothing, recorded)
    }

    /// For the next message, whose documents come from `web`.
    pub(crate) fn for_message_with(&self, web: &Web, recorded: Recorded) -> Dns {
        let source = match self {
            Self::Net(resolver) => Source::Net(resolver.for_message(Duration::from_secs(MESSAGE_DNS_S))),
            Self::Replay(replay) => Source::Replay(Arc::clone(replay)),
            Self::Nobody => Source::Nobody,
        };
        let both = Both { lookup: source, fetch: Arc::new(web.for_message()) };
        match recorded {
            Recorded::Yes => Dns::Taped(Arc::new(Tape::new(both))),
            Recorded::No => Dns::Plain(both),
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

impl Web {
    /// The web of a run or a daemon. Connects to nothing yet.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub(crate) fn start(resolver: &Resolver) -> Result<Self, CannotFetch> {
        let fetcher = Fetcher::start(FetchConfig::default(), resolver.clone());
        fetcher.map(Self::Net).map_err(|error| {
            CannotFetch::new(ExitCode::Internal, "cli-internal-error").with("reason", error.to_string())
        })
    }

    /// For the next message.
    pub(crate) fn for_message(&self) -> Documents {
        FetchMemo::new(FetchBudget::new(self.clone()))
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

impl Fetch for Dns {
    async fn fetch(&self, request: Request) -> Fetched {
        match self {
            Self::Plain(source) => source.fetch(request).await,
            Self::Taped(tape) => tape.fetch(request).await,
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

impl Fetch for Web {
    async fn fetch(&self, request: Request) -> Fetched {
        match self {
            Self::Net(fetcher) => fetcher.fetch(request).await,
            Self::Replay(replay) => replay.fetch(request).await,
            Self::Nothing => Fetched::Failed(FetchFailure::Disabled),
        }
    }
}
