//! What is known of the client and of the sender apart from the message: facts, none of which authenticates anything
//! for DMARC.
//!
//! What it does: [`iprev`] (RFC 8601 §3), [`null_mx`] (RFC 7505), lists in DNS ([`dns_lists`]: RFC 5782, RFC 8904), and
//! [`smtp_auth`], what the MTA says of SMTP AUTH. Each gives an outcome with its evidence, and the result that
//! Authentication-Results has for it, where it has one.
//!
//! What it will never do: decide that a message is refused. A list that is wrong, or a client without a name, is a fact.
//!
//! Reading order: [`iprev`], [`null_mx`], [`smtp_auth`], then [`dns_lists`]; [`limits`].

pub mod dns_lists;
pub mod iprev;
pub mod limits;
pub mod null_mx;
pub mod smtp_auth;

use lookup::{Answer, Question};
use mailtext::{Domain, Value};

/// Where a domain stands in a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// In the reverse-path.
    MailFrom,
    /// In From.
    From,
    /// In HELO or EHLO.
    Helo,
    /// In `d=` of a DKIM signature.
    Signature,
}

/// A domain and where it stands.
pub type Named = (Role, Domain);

/// What an SMTP server answers that rejects for a reason of this module. Whether it does is not decided here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reply {
    /// 550.
    pub code: u16,
    /// The enhanced status code: `5.7.25`.
    pub enhanced: &'static str,
    /// The text, of one line.
    pub text: &'static str,
}

impl Role {
    /// A stable word: `mailfrom`, `from`, `helo`, `signature`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MailFrom => "mailfrom",
            Self::From => "from",
            Self::Helo => "helo",
            Self::Signature => "signature",
        }
    }
}

/// The arguments of a step that is a question and its answer.
fn asked_arguments(question: &Question, answer: &Answer) -> Vec<(&'static str, Value)> {
    let mut arguments = vec![
        ("name", (&question.name).into()),
        ("kind", Value::Word(question.kind.as_str())),
        ("answer", Value::Word(answer.word())),
    ];
    let shown = limits::SHOWN_RECORD_COUNT_MAX;
    arguments.extend(answer.data().iter().take(shown).map(|data| ("data", data.to_string().into())));
    let more = answer.data().len().saturating_sub(shown);
    if more > 0 {
        arguments.push(("more", more.into()));
    }
    arguments
}
