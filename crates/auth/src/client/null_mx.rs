//! Null MX of the sender's domain (RFC 7505): does it say that it takes no mail? Then nobody can answer it.
//!
//! A fact about the domains of MAIL FROM and From. The null reverse-path is none of them, and is not asked about.

use futures_util::future::join_all;
use lookup::{Answer, Data, Failure, Kind, Lookup, MailExchange, Question};
use mailtext::{Domain, Explain, Outcome, Rule, Value};

use super::{Named, Reply, Role, asked_arguments};

/// What a domain says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NullMx {
    /// Where the domain stands in the message.
    pub role: Role,
    /// The domain.
    pub domain: Domain,
    /// What its MX records say.
    pub state: State,
}

/// What MX records say of taking mail.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum State {
    /// `MX 0 .` alone: no mail.
    Published,
    /// The root alone, and with another preference than 0: no mail, malformed.
    Preference(u16),
    /// The root several times, with different preferences: no mail, malformed.
    Repeated(usize),
    /// The root beside so many mail exchanges: malformed, and the exchanges count.
    BesideOthers(usize),
    /// Nothing of the kind.
    Absent,
    /// DNS gave no answer.
    Unknown(Failure),
}

/// One step of the evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// A question and its answer.
    Asked {
        /// What was asked.
        question: Question,
        /// What was answered.
        answer: Answer,
    },
}

/// What to ask about a domain.
#[must_use]
pub fn question(domain: &Domain) -> Question {
    Question::new(domain.clone(), Kind::Mx)
}

/// What the answer to [`question`] says of a domain.
#[must_use]
pub fn conclude(role: Role, question: Question, answer: Answer) -> Outcome<NullMx, Step> {
    let result = NullMx { role, domain: question.name.clone(), state: State::of(&answer) };
    Outcome { result, evidence: vec![Step::Asked { question, answer }] }
}

/// Asks about one domain.
pub async fn check<L: Lookup + Sync>(lookup: &L, role: Role, domain: &Domain) -> Outcome<NullMx, Step> {
    let question = question(domain);
    let answer = lookup.ask(question.clone()).await;
    conclude(role, question, answer)
}

/// Asks about several domains at the same time; outcomes stand in their order. A domain in two roles is asked for twice,
/// and answered from memory the second time.
pub async fn check_all<L: Lookup + Sync>(lookup: &L, domains: &[Named]) -> Vec<Outcome<NullMx, Step>> {
    join_all(domains.iter().map(|(role, domain)| check(lookup, *role, domain))).await
}

impl State {
    /// What an answer to a question for MX says.
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        let exchanges = answer.data().iter().filter_map(|data| match data {
            Data::Mx(exchange) => Some(exchange),
            _ => None,
        });
        // RFC 7505 §3: a zero-length label, written in master files as ".", as the exchange domain
        let is_root = |mx: &&MailExchange| mx.exchange.is_none();
        let others = exchanges.clone().filter(|mx| !is_root(mx)).count();
        let mut roots = exchanges.filter(is_root);
        match (roots.next(), others, answer) {
            (_, _, Answer::Failed(Failure::BadName)) => Self::Absent,
            (_, _, Answer::Failed(failure)) => Self::Unknown(*failure),
            (None, ..) => Self::Absent,
            // RFC 7505 §3: a domain that advertises a null MX MUST NOT advertise any other MX RR
            (_, 1.., _) => Self::BesideOthers(others),
            (Some(root), ..) => match (roots.count(), root.preference) {
                // RFC 7505 §3: a single MX RR with preference number 0
                (0, 0) => Self::Published,
                (0, other) => Self::Preference(other),
                (more, _) => Self::Repeated(1 + more),
            },
        }
    }

    /// Whether no host is left that mail could be sent to.
    #[must_use]
    pub fn takes_no_mail(self) -> bool {
        matches!(self, Self::Published | Self::Preference(_) | Self::Repeated(_))
    }

    /// Whether the records break RFC 7505 §3.
    #[must_use]
    pub fn is_malformed(self) -> bool {
        matches!(self, Self::Preference(_) | Self::Repeated(_) | Self::BesideOthers(_))
    }
}

impl NullMx {
    /// What a server says that rejects the message because its sender takes no mail.
    #[must_use]
    pub fn reply(&self) -> Option<Reply> {
        // RFC 7505 §4.1: SHOULD use a 550 reply code and a 5.7.27 enhanced status code
        let reply = Reply { code: 550, enhanced: "5.7.27", text: "Sender address has null MX" };
        self.state.takes_no_mail().then_some(reply)
    }
}

/// The ids of this module, for the catalogues.
pub const IDS: &[&str] = &[
    "null-mx-asked",
    "null-mx-published",
    "null-mx-preference",
    "null-mx-repeated",
    "null-mx-beside-others",
    "null-mx-absent",
    "null-mx-unknown",
];

impl Explain for Step {
    fn id(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "null-mx-asked",
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let Self::Asked { question, answer } = self;
        asked_arguments(question, answer)
    }
}

impl Explain for NullMx {
    fn id(&self) -> &'static str {
        match self.state {
            State::Published => "null-mx-published",
            State::Preference(_) => "null-mx-preference",
            State::Repeated(_) => "null-mx-repeated",
            State::BesideOthers(_) => "null-mx-beside-others",
            State::Absent => "null-mx-absent",
            State::Unknown(_) => "null-mx-unknown",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self.state {
            State::Absent | State::Unknown(_) => None,
            State::Published => Some(Rule("RFC 7505", "4.1")),
            State::Preference(_) | State::Repeated(_) | State::BesideOthers(_) => Some(Rule("RFC 7505", "3")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let mut arguments = vec![("domain", (&self.domain).into()), ("role", Value::Word(self.role.as_str()))];
        match self.state {
            State::Published | State::Absent => {}
            State::Preference(preference) => arguments.push(("preference", u64::from(preference).into())),
            State::Repeated(count) | State::BesideOthers(count) => arguments.push(("count", count.into())),
            State::Unknown(failure) => arguments.push(("failure", Value::Word(failure.word()))),
        }
        arguments
    }
}
