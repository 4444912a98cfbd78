//! The method `auth` (RFC 8601 §2.7.4): what the MTA says of SMTP AUTH (RFC 4954). Nothing is asked and nothing checked
//! here; the MTA is believed.

use mailtext::authres::{Keyword, MethodResult};
use mailtext::{Explain, Outcome, ReversePath, Rule, Value};

use super::limits::{AUTH_IDENTITY_BYTES_MAX, AUTH_MECHANISM_BYTES_MAX};

/// What the MTA says, as the macros of the milter protocol have it. Empty values are none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Told<'a> {
    /// `{auth_authen}`: the identity that was authenticated.
    pub identity: Option<&'a str>,
    /// `{auth_type}`: the mechanism: `PLAIN`.
    pub mechanism: Option<&'a str>,
    /// `{auth_author}`: the parameter AUTH of MAIL, decoded.
    pub mail_from: Option<&'a str>,
    /// How an attempt failed, where the MTA tells; milters are not told.
    pub failure: Option<AttemptFailure>,
}

/// How an attempt to authenticate failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AttemptFailure {
    /// The credentials were wrong.
    Credentials,
    /// The server could not check them, for now.
    Temporary,
    /// The server could not check them.
    Permanent,
}

/// The results of RFC 8601 §2.7.4.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Verdict {
    /// Not attempted.
    None,
    /// The client authenticated.
    Pass,
    /// It tried, with wrong credentials.
    Fail,
    /// It tried; the server had a passing failure.
    TempError,
    /// It tried; the server had a failure that stays.
    PermError,
}

/// What is known of SMTP AUTH.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SmtpAuth {
    /// The result.
    pub verdict: Verdict,
    /// The identity that was authenticated; none may be known beside a pass.
    pub identity: Option<String>,
    /// The mechanism, in upper case.
    pub mechanism: Option<String>,
    /// The mailbox of the parameter AUTH, of an authenticated client only.
    pub mail_from: Option<ReversePath>,
}

/// One step of the evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The client did not authenticate.
    None,
    /// The client authenticated.
    Authenticated {
        /// As whom.
        identity: Option<String>,
        /// By which mechanism.
        mechanism: Option<String>,
    },
    /// The client used a mechanism that authenticates nobody.
    Anonymous,
    /// The client tried in vain.
    Failed(AttemptFailure),
    /// The identity is too long or not printable, and is not told.
    IdentityUnusable,
    /// The parameter AUTH is not used: it is no mailbox, or the client is not authenticated.
    MailFromUnusable,
}

/// Makes a result of what the MTA says.
#[must_use]
pub fn read(told: &Told<'_>) -> Outcome<SmtpAuth, Step> {
    let identity = told.identity.filter(|identity| !identity.is_empty());
    let mechanism = told.mechanism.and_then(mechanism);
    let mut evidence = Vec::new();
    let verdict = match (told.failure, identity, &mechanism) {
        (Some(failure), ..) => {
            evidence.push(Step::Failed(failure));
            failure.verdict()
        }
        // RFC 4505 §2: the mechanism ANONYMOUS authenticates nobody; what it gives is a trace and no identity
        (None, _, Some(mechanism)) if mechanism == "ANONYMOUS" => {
            evidence.push(Step::Anonymous);
            Verdict::None
        }
        // RFC 8601 §2.7.4: none – SMTP authentication was not attempted
        (None, None, None) => {
            evidence.push(Step::None);
            Verdict::None
        }
        // RFC 8601 §2.7.4: pass – the client authenticated to the server reporting the result
        (None, ..) => Verdict::Pass,
    };
    let identity = identity.filter(|_| verdict == Verdict::Pass).map(|identity| usable(identity).map(str::to_owned));
    if identity == Some(None) {
        evidence.push(Step::IdentityUnusable);
    }
    let identity = identity.flatten();
    if verdict == Verdict::Pass {
        evidence.push(Step::Authenticated { identity: identity.clone(), mechanism: mechanism.clone() });
    }
    let given = told.mail_from.filter(|text| !text.is_empty()).map(|text| ReversePath::parse(text.as_bytes()));
    let mail_from = match given {
        // RFC 4954 §5: AUTH=<> says that the original submitter is not known
        None | Some(Ok(ReversePath::Null)) => None,
        Some(Ok(path)) if verdict == Verdict::Pass => Some(path),
        // RFC 4954 §5: from a client that is not trusted, the parameter is to be taken as AUTH=<>
        Some(_) => {
            evidence.push(Step::MailFromUnusable);
            None
        }
    };
    Outcome { result: SmtpAuth { verdict, identity, mechanism, mail_from }, evidence }
}

/// The name of a mechanism in upper case, when it is one.
fn mechanism(text: &str) -> Option<String> {
    // RFC 4422 §3.1: sasl-mech = 1*20 of upper-case letters, digits, hyphen, underscore
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let sound = (1..=AUTH_MECHANISM_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_sound);
    sound.then(|| text.to_ascii_uppercase())
}

fn usable(identity: &str) -> Option<&str> {
    let good = identity.len() <= AUTH_IDENTITY_BYTES_MAX && !identity.chars().any(char::is_control);
    good.then_some(identity)
}

impl AttemptFailure {
    fn verdict(self) -> Verdict {
        match self {
            Self::Credentials => Verdict::Fail,
            Self::Temporary => Verdict::TempError,
            Self::Permanent => Verdict::PermError,
        }
    }
}

impl Verdict {
    /// The word of RFC 8601.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

impl SmtpAuth {
    /// The result for Authentication-Results: `auth=pass smtp.auth=a@example.jp`.
    #[must_use]
    pub fn method_result(&self) -> MethodResult {
        let mut result = MethodResult::new(Keyword::of("auth"), Keyword::of(self.verdict.as_str()));
        // RFC 8601 §2.7.4: if both identities are available, both can be reported
        if let Some(identity) = &self.identity {
            result = result.with("smtp", "auth", identity.as_str());
        }
        if let Some(path) = &self.mail_from {
            result = result.with("smtp", "mailfrom", path.to_string());
        }
        result
    }
}

/// The ids of this module, for the catalogues.
pub const IDS: &[&str] = &[
    "smtp-auth-none",
    "smtp-auth-authenticated",
    "smtp-auth-anonymous",
    "smtp-auth-failed",
    "smtp-auth-identity-unusable",
    "smtp-auth-mail-from-unusable",
];

impl Explain for Step {
    fn id(&self) -> &'static str {
        match self {
            Self::None => "smtp-auth-none",
            Self::Authenticated { .. } => "smtp-auth-authenticated",
            Self::Anonymous => "smtp-auth-anonymous",
            Self::Failed(_) => "smtp-auth-failed",
            Self::IdentityUnusable => "smtp-auth-identity-unusable",
            Self::MailFromUnusable => "smtp-auth-mail-from-unusable",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::MailFromUnusable => Some(Rule("RFC 4954", "5")),
            _ => Some(Rule("RFC 8601", "2.7.4")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Authenticated { identity, mechanism } => {
                let identity = identity.iter().map(|identity| ("identity", identity.as_str().into()));
                identity.chain(mechanism.iter().map(|mechanism| ("mechanism", mechanism.as_str().into()))).collect()
            }
            Self::Failed(failure) => vec![("result", Value::Word(failure.verdict().as_str()))],
            Self::None | Self::Anonymous | Self::IdentityUnusable | Self::MailFromUnusable => Vec::new(),
        }
    }
}
