//! What becomes of a message, what its client is told, what readers see, and what the owner of the author domain learns.

use dkim::Status;
use mailtext::authres::Letters;

use crate::action::{Action, Disposition};
use crate::input::Input;
use crate::labels::Labels;
use crate::limits::REPLY_TEXT_BYTES_MAX;
use crate::reason::{Cause, Finding, Override, Reason};
use crate::rules::RuleSet;
use crate::template::{Place, Template};

/// What becomes of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// What is done.
    pub action: Action,
    /// What would be done at the stage `block`.
    pub wanted: Action,
    /// Whether the MTA is to hold a message that is set apart.
    pub hold: Hold,
    /// What the client is told, when the message is refused.
    pub reply: Option<Reply>,
    /// What readers see, when the message is delivered.
    pub labels: Labels,
    /// What a report says of the policy that was applied.
    pub disposition: Disposition,
    /// Why the policy was not applied as it is published; empty when it was.
    pub overrides: Vec<Override>,
    /// How it came about, in the order in which the rules were asked; never empty.
    pub reasons: Vec<Reason>,
}

/// Whether the MTA is to hold a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Hold {
    /// It is.
    Yes,
    /// It is not.
    #[default]
    No,
}

/// What SMTP answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// 550 or 451.
    pub code: u16,
    /// The enhanced status code (RFC 3463): `5.7.26`.
    pub enhanced: String,
    /// The text: one line, at most [`REPLY_TEXT_BYTES_MAX`] bytes, ASCII unless the client said SMTPUTF8.
    pub text: String,
}

impl Reply {
    /// The reply for what decided.
    pub(crate) fn to(
        finding: &Finding,
        action: Action,
        rules: &RuleSet,
        input: &Input,
        values: impl Fn(Place, Letters) -> Option<String>,
    ) -> Option<Self> {
        // RFC 9989 §7.2: deferring for want of an answer is best done with a 4xy reply code.
        let (code, class) = match action {
            Action::TempFail => (451, 4),
            Action::Reject => (550, 5),
            _ => return None,
        };
        let enhanced = format!("{class}.{}", detail(finding, input));
        let cause = match finding {
            // RFC 9989 §7.2 is about policies that owners publish; this one is the receiver's.
            Finding::DmarcFail { author, .. } if rules.forced_policy(author).is_some() => Cause::OwnPolicy,
            _ => finding.cause(),
        };
        let usual = || Template::own(usual_text(cause));
        // RFC 6531 §3.7.4.1: UTF-8 in a reply is for a client that gave SMTPUTF8 with MAIL; it is written only where the
        // operator wants it.
        let template = match rules.texts.get(&cause) {
            Some(given) if given.is_ascii() || input.reply_letters == Letters::Utf8 => given.clone(),
            _ => usual(),
        };
        let letters = if template.is_ascii() { Letters::Ascii } else { input.reply_letters };
        let text = template.fill(|place| values(place, letters), letters, REPLY_TEXT_BYTES_MAX);
        Some(Self { code, enhanced, text })
    }
}

/// The last two numbers of the enhanced status code.
fn detail(finding: &Finding, input: &Input) -> &'static str {
    let passes = || input.dkim.iter().any(|signature| signature.status == Status::Pass);
    let accepted = || input.dkim.iter().any(crate::input::Signature::authenticates);
    match finding {
        // RFC 7372 §3.4: X.7.26 – the message failed more than one message authentication check.
        Finding::DmarcFail { .. } if !spf_passes(input) && !accepted() => "7.26",
        // RFC 9989 §7.2: 550 5.7.1 Email rejected per DMARC policy for example.com
        Finding::DmarcFail { .. } => "7.1",
        Finding::DmarcTempError { .. } => "7.0",
        Finding::From(_) | Finding::AuthorsOverLimit => "6.0",
        // RFC 7372 §3.2: X.7.24 – evaluation of SPF resulted in an error.
        Finding::Spf { verdict: spf::Verdict::TempError | spf::Verdict::PermError, .. } => "7.24",
        // RFC 7372 §3.2: X.7.23 – an SPF check that produced a "fail" result.
        Finding::Spf { .. } => "7.23",
        // RFC 7372 §3.1: X.7.20 – no passing signature; X.7.21 – none acceptable; X.7.22 – none author-matched.
        Finding::Adsp(_) if !passes() => "7.20",
        Finding::Adsp(_) if !accepted() => "7.21",
        Finding::Adsp(_) => "7.22",
        // RFC 7505 §4.1: a 550 reply code and a 5.7.27 enhanced status code.
        Finding::NullMx { .. } => "7.27",
        // RFC 7372 §3.3: X.7.25 – the client's address failed a reverse DNS validation check.
        Finding::NoName | Finding::NameNotConfirmed => "7.25",
        // RFC 8617 §5.2.2: 5.7.29 – ARC validation failure.
        Finding::ArcFail => "7.29",
        Finding::SpfEveryone { .. }
        | Finding::SenderId
        | Finding::DomainKeys
        | Finding::Listed { .. }
        | Finding::Denied { .. }
        | Finding::BadDomain { .. }
        | Finding::BadClient { .. }
        | Finding::Replay { .. }
        | Finding::DsnOfOthers
        | Finding::DsnOfNothing
        | Finding::Spam => "7.1",
    }
}

fn spf_passes(input: &Input) -> bool {
    input.spf.as_ref().is_some_and(|spf| spf.verdict == spf::Verdict::Pass)
}

/// What a client is told where the operator says nothing else. RFC 9989 §7.2 wants the reason named, and the word DMARC.
#[must_use]
pub fn usual_text(cause: Cause) -> &'static str {
    match cause {
        Cause::Dmarc => "Email rejected per DMARC policy for {author}",
        Cause::DmarcTempError => "DMARC policy for {author} cannot be determined",
        Cause::From => "Email refused: From is missing or ambiguous (RFC 5322, RFC 9989)",
        Cause::Spf => "SPF validation failed: {client} may not send for {mail_from}",
        Cause::SpfError => "SPF validation error for {mail_from}",
        Cause::Signing => "No valid author-matched DKIM signature found for {author}",
        Cause::SenderId => "Sender ID validation failed for {author}",
        Cause::NullMx => "Sender address has null MX",
        Cause::ReverseName => "Reverse DNS validation failed for {client}",
        Cause::Arc => "ARC validation failure",
        Cause::List => "Email refused: listed in {list}",
        Cause::Denied => "Email refused by local policy",
        Cause::Reputation => "Email refused: poor reputation of the sender",
        Cause::Replay => "Email refused: this signed message was seen too often",
        Cause::Dsn => "Notification refused: it answers no message that was sent from here",
        Cause::Spam => "Email refused: a filter found it to be unsolicited",
        Cause::OwnPolicy => "Email refused: {author} is not authenticated, and this receiver requires it",
    }
}
