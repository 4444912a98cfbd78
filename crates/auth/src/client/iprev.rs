//! `iprev` (RFC 8601 §2.7.3, §3): does the name of the client's address lead back to the address?
//!
//! It says that somebody keeps the two zones in order, and nothing of who sends. The name is a fact of its own.

use std::net::IpAddr;

use lookup::{Answer, Data, Failure, Kind, Lookup, Question};
use mailtext::authres::{Keyword, MethodResult};
use mailtext::{Domain, Explain, Outcome, Rule, Value};

use super::{Reply, asked_arguments, limits};

/// What the check may cost.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Limits {
    /// Most names whose addresses are asked for; the rest is ignored.
    pub name_count_max: u8,
}

/// The results of RFC 8601 §2.7.3.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Verdict {
    /// A name of the address leads back to it.
    Pass,
    /// There are names, and none leads back.
    Fail,
    /// DNS gave no answer that would decide.
    TempError,
    /// The address has no name.
    PermError,
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Iprev {
    /// The client's address; never an IPv4-mapped one.
    pub ip: IpAddr,
    /// The result.
    pub verdict: Verdict,
    /// The name that leads back to the address: the first of them in the answer.
    pub name: Option<Domain>,
    /// All names that were examined, in the order of the answer.
    pub names: Vec<Domain>,
    /// Why it is not pass.
    pub reason: Option<Problem>,
}

/// Why it is not pass.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// The address has no name.
    NoName,
    /// None of so many names leads back to the address.
    NotConfirmed(usize),
    /// A question got no answer.
    Dns(Question, Failure),
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
    /// There are more names than are examined.
    NamesIgnored(u8),
    /// The name leads back to the address.
    Confirmed(Domain),
}

/// Checks a client's address.
pub async fn check<L: Lookup + Sync>(lookup: &L, ip: IpAddr, limits: &Limits) -> Outcome<Iprev, Step> {
    // An IPv4-mapped address is the IPv4 address that it holds: its name stands in in-addr.arpa.
    let ip = ip.to_canonical();
    let question = Question::new(Domain::reverse(ip), Kind::Ptr);
    let answer = lookup.ask(question.clone()).await;
    let mut evidence = vec![Step::Asked { question: question.clone(), answer: answer.clone() }];
    let none = |problem: Problem| Iprev {
        ip,
        verdict: problem.verdict(),
        name: None,
        names: Vec::new(),
        reason: Some(problem),
    };
    let names = match &answer {
        Answer::Failed(failure) => {
            return Outcome { result: none(Problem::Dns(question, *failure)), evidence };
        }
        _ => names(&answer, limits, &mut evidence),
    };
    if names.is_empty() {
        return Outcome { result: none(Problem::NoName), evidence };
    }
    // RFC 8601 §3: "A" and "AAAA" queries – those of the other family cannot hold the address
    let kind = if ip.is_ipv4() { Kind::A } else { Kind::Aaaa };
    let questions: Vec<_> = names.iter().map(|name| Question::new(name.clone(), kind)).collect();
    let answers = lookup::ask_all(lookup, &questions).await;
    let (verdict, name, reason) = judge(ip, &questions, &answers);
    evidence.extend(questions.into_iter().zip(answers).map(|(question, answer)| Step::Asked { question, answer }));
    evidence.extend(name.clone().map(Step::Confirmed));
    Outcome { result: Iprev { ip, verdict, name, names, reason }, evidence }
}

/// The different names of an answer, as many as are examined.
fn names(answer: &Answer, limits: &Limits, evidence: &mut Vec<Step>) -> Vec<Domain> {
    let mut names: Vec<Domain> = Vec::new();
    for data in answer.data() {
        let Data::Ptr(name) = data else { continue };
        if names.contains(name) {
            continue;
        }
        // RFC 8601 §3: the number of names evaluated is limited so as not to be unduly taxing to the DNS
        if names.len() >= usize::from(limits.name_count_max) {
            evidence.push(Step::NamesIgnored(limits.name_count_max));
            break;
        }
        names.push(name.clone());
    }
    names
}

fn judge(ip: IpAddr, questions: &[Question], answers: &[Answer]) -> (Verdict, Option<Domain>, Option<Problem>) {
    let is_client = |data: &Data| match (data, ip) {
        (Data::A(address), IpAddr::V4(client)) => *address == client,
        (Data::Aaaa(address), IpAddr::V6(client)) => *address == client,
        _ => false,
    };
    // RFC 8601 §3: this test is successful if I is an element of L
    let confirmed = questions.iter().zip(answers).find(|(_, answer)| answer.data().iter().any(is_client));
    if let Some((question, _)) = confirmed {
        return (Verdict::Pass, Some(question.name.clone()), None);
    }
    // RFC 8601 §2.7.3: temperror – the evaluation could not be completed: the name that got no answer might be the one
    let failed = questions.iter().zip(answers).find_map(|(question, answer)| match answer {
        // A name that DNS cannot hold has no address.
        Answer::Failed(Failure::BadName) => None,
        Answer::Failed(failure) => Some(Problem::Dns(question.clone(), *failure)),
        _ => None,
    });
    let problem = failed.unwrap_or(Problem::NotConfirmed(questions.len()));
    (problem.verdict(), None, Some(problem))
}

impl Default for Limits {
    fn default() -> Self {
        Self { name_count_max: limits::IPREV_NAME_COUNT_MAX }
    }
}

impl Verdict {
    /// The word of RFC 8601.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

impl Iprev {
    /// The result for Authentication-Results: `iprev=pass policy.iprev=192.0.2.1`, without a reason. The name is its
    /// comment, for the registry has no property for it.
    #[must_use]
    pub fn method_result(&self) -> MethodResult {
        let mut result = MethodResult::new(Keyword::of("iprev"), Keyword::of(self.verdict.as_str()));
        if let Some(name) = &self.name {
            result = result.commented(name.as_str());
        }
        // RFC 8601 §2.7.3: a ptype of "policy" and a property of "iprev"
        result.with("policy", "iprev", self.ip.to_string())
    }

    /// What a server says that rejects the message because of a fail or for want of a name.
    #[must_use]
    pub fn reply(&self) -> Option<Reply> {
        // RFC 7372 §3.3: X.7.25, reverse DNS validation failed
        let is_refusable = matches!(self.verdict, Verdict::Fail | Verdict::PermError);
        is_refusable.then_some(Reply { code: 550, enhanced: "5.7.25", text: "Reverse DNS validation failed" })
    }
}

impl Problem {
    /// The result that follows.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            // RFC 8601 §2.7.3: permerror – no PTR data are published for the connecting IP address
            Self::NoName => Verdict::PermError,
            // RFC 8601 §2.7.3: fail – the lookups were not in agreement, or the forward query produced no result
            Self::NotConfirmed(_) => Verdict::Fail,
            Self::Dns(..) => Verdict::TempError,
        }
    }
}

/// The ids of this module, for the catalogues.
pub const IDS: &[&str] = &[
    "iprev-asked",
    "iprev-names-ignored",
    "iprev-confirmed",
    "iprev-no-name",
    "iprev-not-confirmed",
    "iprev-dns-failure",
];

impl Explain for Step {
    fn id(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "iprev-asked",
            Self::NamesIgnored(_) => "iprev-names-ignored",
            Self::Confirmed(_) => "iprev-confirmed",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Asked { .. } => None,
            Self::NamesIgnored(_) | Self::Confirmed(_) => Some(Rule("RFC 8601", "3")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Asked { question, answer } => asked_arguments(question, answer),
            Self::NamesIgnored(count) => vec![("count", u64::from(*count).into())],
            Self::Confirmed(name) => vec![("name", name.into())],
        }
    }
}

impl Explain for Problem {
    fn id(&self) -> &'static str {
        match self {
            Self::NoName => "iprev-no-name",
            Self::NotConfirmed(_) => "iprev-not-confirmed",
            Self::Dns(..) => "iprev-dns-failure",
        }
    }

    fn rule(&self) -> Option<Rule> {
        Some(Rule("RFC 8601", "2.7.3"))
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::NoName => Vec::new(),
            Self::NotConfirmed(count) => vec![("count", (*count).into())],
            Self::Dns(question, failure) => {
                let kind = Value::Word(question.kind.as_str());
                vec![("name", (&question.name).into()), ("kind", kind), ("failure", Value::Word(failure.word()))]
            }
        }
    }
}
