//! The policy record of the sending domain, at `_domainkey.<domain>` (RFC 4870 §3.6): historic.

use lookup::{Answer, Data, Failure, Question};
use mailtext::{Domain, Explain, Flaw, Outcome, Rule, TagFlaw, TagList, Value};

use super::Step;
use crate::limits::PRACTICE_RECORD_BYTES_MAX;

/// What the sending domain says of its signing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Policy {
    /// `o=`.
    pub signing: Signing,
    /// Whether `t=` holds `y`: the domain tests, and unverified mail must not be treated differently.
    pub testing: bool,
    /// `r=`: an address for reports, as it is written.
    pub report_address: Option<String>,
    /// `n=`: for people.
    pub notes: Option<String>,
}

/// `o=`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Signing {
    /// `~`, the default: the domain may sign some mail.
    #[default]
    Some,
    /// `-`: the domain signs all mail.
    All,
}

/// What came of asking for the policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PolicyOutcome {
    /// There is one.
    Found(Policy),
    /// There is none that can be read: the defaults hold (RFC 4870 §3.6).
    Default,
    /// DNS failed.
    TempError(Failure),
}

/// What can be wrong with a policy record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PolicyFlaw {
    /// Longer than [`PRACTICE_RECORD_BYTES_MAX`]; it was not read.
    TooLong,
    /// Not a tag list: the flaw that says so.
    TagList(TagFlaw),
    /// `o=` is neither `-` nor `~`; the default holds.
    Signing,
    /// There are several records.
    Several,
}

impl Policy {
    /// Reads the text of a record, and says all that is wrong with it.
    #[must_use]
    pub fn parse(text: &[u8]) -> (Self, Vec<Flaw<PolicyFlaw>>) {
        if text.len() > PRACTICE_RECORD_BYTES_MAX {
            return (Self::default(), vec![Flaw::new(PolicyFlaw::TooLong, 0, text.len())]);
        }
        let (tags, flaws) = TagList::parse(text);
        let mut flaws: Vec<Flaw<PolicyFlaw>> =
            flaws.into_iter().map(|flaw| Flaw { kind: PolicyFlaw::TagList(flaw.kind), span: flaw.span }).collect();
        // RFC 4870 §3.6: all tags are optional.
        let signing = match tags.get("o").map(|tag| (tag.value, tag.span)) {
            Some((b"-", _)) => Signing::All,
            Some((b"~", _)) | None => Signing::Some,
            Some((_, span)) => {
                flaws.push(Flaw { kind: PolicyFlaw::Signing, span });
                Signing::Some
            }
        };
        let text_of = |name: &str| tags.value(name).map(|value| String::from_utf8_lossy(value).into_owned());
        let testing = tags.value("t").is_some_and(|flags| flags.contains(&b'y'));
        (Self { signing, testing, report_address: text_of("r"), notes: text_of("n") }, flaws)
    }
}

impl Signing {
    /// As `o=` writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Some => "~",
            Self::All => "-",
        }
    }

    /// As sentences name it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Some => "some",
            Self::All => "all",
        }
    }
}

impl PolicyOutcome {
    /// Whether the domain says that all its mail is signed, so that unverified mail deserves suspicion. Never while it
    /// tests.
    #[must_use]
    pub fn signs_all(&self) -> bool {
        // RFC 4870 §3.6: in testing mode unverified mail must not be treated differently.
        matches!(self, Self::Found(policy) if policy.signing == Signing::All && !policy.testing)
    }
}

/// Where a domain states its policy: `_domainkey.<domain>`.
#[must_use]
pub fn question(domain: &Domain) -> Option<Question> {
    domain.prefixed("_domainkey").ok().map(Question::txt)
}

/// Reads the answer to the question.
#[must_use]
pub fn conclude(question: &Question, answer: &Answer) -> Outcome<PolicyOutcome, Step> {
    let mut evidence = Vec::with_capacity(2);
    evidence.push(Step::PolicyAsked { question: question.clone(), answer: answer.clone() });
    let mut texts = answer.data().iter().filter_map(|data| match data {
        Data::Txt(text) => Some(text.bytes()),
        _ => None,
    });
    let result = match (answer, texts.next(), texts.next()) {
        (Answer::Failed(failure), ..) => PolicyOutcome::TempError(*failure),
        (_, Some(text), None) => {
            let (policy, flaws) = Policy::parse(text);
            evidence.extend(flaws.iter().map(|flaw| Step::PolicyFlaw(flaw.kind)));
            let unreadable = |flaw: &Flaw<PolicyFlaw>| flaw.kind != PolicyFlaw::Signing;
            if flaws.iter().any(unreadable) { PolicyOutcome::Default } else { PolicyOutcome::Found(policy) }
        }
        (_, Some(_), Some(_)) => {
            evidence.push(Step::PolicyFlaw(PolicyFlaw::Several));
            PolicyOutcome::Default
        }
        // RFC 4870 §3.6: if the record does not exist, the defaults are assumed.
        (_, None, _) => PolicyOutcome::Default,
    };
    if let PolicyOutcome::Found(policy) = &result {
        evidence.push(Step::PolicyFound { signing: policy.signing, testing: policy.testing });
        evidence.extend(policy.report_address.clone().map(|address| Step::PolicyReports { address }));
    } else if result == PolicyOutcome::Default {
        evidence.push(Step::PolicyDefault);
    }
    Outcome { result, evidence }
}

impl Explain for PolicyFlaw {
    fn id(&self) -> &'static str {
        match self {
            Self::TooLong => "domainkeys-policy-too-long",
            Self::TagList(_) => "domainkeys-policy-syntax",
            Self::Signing => "domainkeys-policy-signing",
            Self::Several => "domainkeys-policy-several",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::TooLong => None,
            Self::TagList(_) => Some(Rule("RFC 4870", "A")),
            Self::Signing | Self::Several => Some(Rule("RFC 4870", "3.6")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooLong => vec![("limit", PRACTICE_RECORD_BYTES_MAX.into())],
            Self::TagList(flaw) => vec![("flaw", Value::Word(flaw.id()))],
            Self::Signing | Self::Several => Vec::new(),
        }
    }
}
