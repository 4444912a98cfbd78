//! One message that failed: whether its owner wants to be told of it, and what is said.

use std::net::IpAddr;

use mailtext::Domain;
use mailtext::authres::{AuthenticationResults, Keyword, Letters, LineEnd, MethodResult as Result_, Style};
use report::row::{AlignedPass, FailureOptions, FailureWhen, Wanted};
use report::vocabulary::{Aligned, MethodResult};

use super::{AuthFailure, Failure};
use crate::redact::{Redaction, ShownFields};
use crate::word::Word;

/// What is known of a message that failed.
#[derive(Clone, Debug)]
pub struct Incident<'m> {
    /// When it came, in seconds since 1970.
    pub arrival_s: i64,
    /// From where; `None` where that is not to be told.
    pub source: Option<IpAddr>,
    /// From which port (RFC 6692).
    pub source_port: Option<u16>,
    /// MAIL FROM, without brackets; empty for the null path, `None` where it is not to be told.
    pub mail_from: Option<&'m str>,
    /// The recipients that are to be told; best none.
    pub rcpt_to: &'m [&'m str],
    /// The envelope id (RFC 3461 §4.4), or the queue id.
    pub envelope_id: Option<&'m str>,
    /// The message's header.
    pub header: &'m [u8],
    /// The author domain.
    pub author: &'m Domain,
    /// What became of it, where that is to be told.
    pub delivery: Option<DeliveryResult>,
    /// What DMARC said of the author domain; `None` where it does not apply.
    pub dmarc: Option<DmarcFact>,
    /// What SPF said.
    pub spf: Option<SpfFact<'m>>,
    /// What the signatures said, from the top.
    pub dkim: &'m [DkimFact<'m>],
}

/// What DMARC said: whether each mechanism gave an aligned pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DmarcFact {
    /// The result.
    pub result: MethodResult,
    /// SPF.
    pub spf: AlignedPass,
    /// DKIM.
    pub dkim: AlignedPass,
}

/// What SPF said of MAIL FROM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpfFact<'m> {
    /// The domain.
    pub domain: &'m Domain,
    /// The result.
    pub result: MethodResult,
    /// How the domain stands to the author's.
    pub aligned: Aligned,
    /// The records that were looked at, each with the name where it stands.
    pub records: &'m [(&'m Domain, &'m str)],
}

/// What a signature said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DkimFact<'m> {
    /// `d=`.
    pub domain: &'m Domain,
    /// `s=`.
    pub selector: &'m Domain,
    /// `i=`, as it stands there or by default.
    pub identity: Option<&'m str>,
    /// The result.
    pub result: MethodResult,
    /// Why it does not hold.
    pub failure: DkimFailure,
    /// How the domain stands to the author's.
    pub aligned: Aligned,
}

/// Why a signature does not hold (RFC 6591 §3.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum DkimFailure {
    /// The body's hash is another.
    BodyHash,
    /// The key was revoked.
    Revoked,
    /// Anything else.
    #[default]
    Signature,
}

/// What became of a message (RFC 6591 §3.2.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DeliveryResult {
    /// It was delivered.
    Delivered,
    /// It was put among spam.
    Spam,
    /// It was not delivered where it should have been, because of authentication.
    Policy,
    /// It was refused.
    Reject,
    /// Something else, or it is not said.
    Other,
}

/// What a report is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Occasion {
    /// DMARC: mechanisms gave no aligned pass.
    Dmarc,
    /// A signature that failed: its place among the message's.
    Dkim(usize),
    /// SPF that failed.
    Spf,
}

/// Who says so.
#[derive(Clone, Copy, Debug)]
pub struct Witness<'w> {
    /// The authserv-id.
    pub authserv_id: &'w str,
    /// The MTA's name.
    pub reporting_mta: Option<&'w str>,
    /// The program: `sekisho/0.1.0`.
    pub user_agent: &'w str,
}

impl Incident<'_> {
    /// On which occasions the owner of the author domain wants a report, by `fo` of a DMARC record.
    #[must_use]
    pub fn wanted(&self, options: FailureOptions) -> Vec<Occasion> {
        let mut occasions = Vec::new();
        if let Some(dmarc) = self.dmarc {
            // An answer that is still out is no failure.
            let failed = [dmarc.spf, dmarc.dkim].map(|pass| pass == AlignedPass::Fail);
            // RFC 9989 §4.7: `0` when all mechanisms failed to give an aligned pass, `1` when any did.
            let wanted = match options.when {
                FailureWhen::AllFailed => failed == [true, true],
                FailureWhen::AnyFailed => failed.contains(&true),
                FailureWhen::Unsaid => false,
            };
            occasions.extend(wanted.then_some(Occasion::Dmarc));
        }
        // RFC 9989 §4.7: `d` and `s` regardless of alignment.
        if options.dkim == Wanted::Yes {
            occasions.extend(self.failed_signature().map(Occasion::Dkim));
        }
        let spf_failed = self.spf.is_some_and(|spf| is_spf_failure(spf.result));
        occasions.extend((options.spf == Wanted::Yes && spf_failed).then_some(Occasion::Spf));
        occasions
    }

    /// The signature whose failure says most: an aligned one before others.
    fn failed_signature(&self) -> Option<usize> {
        let failed = self.dkim.iter().enumerate().filter(|(_, fact)| is_dkim_failure(fact.result));
        failed.min_by_key(|(_, fact)| u8::from(!is_aligned(fact.aligned))).map(|(at, _)| at)
    }

    /// What is said on an occasion; local parts are replaced, the header is cut to what may be shown, and no body is there.
    ///
    /// DKIM-Canonicalized-Header and -Body never are: they would have to be exact, and show everything.
    // RFC 6591 §3.2.4: when they would encode redacted data, they MUST NOT be included.
    #[must_use]
    pub fn describe(
        &self,
        occasion: Occasion,
        witness: Witness<'_>,
        redaction: &Redaction,
        shown: &ShownFields,
    ) -> Failure {
        let mut failure = Failure {
            feedback_type: "auth-failure".into(),
            user_agent: Some(witness.user_agent.into()),
            version: Some("1".into()),
            delivery_result: self.delivery.map(|result| result.as_str().into()),
            envelope_id: self.envelope_id.map(Into::into),
            mail_from: self.mail_from.map(|address| redaction.address(address).into()),
            rcpt_to: self.rcpt_to.iter().map(|address| redaction.address(address).into()).collect(),
            arrival_s: Some(self.arrival_s),
            reporting_mta: witness.reporting_mta.map(|name| format!("dns; {name}").into()),
            source: self.source,
            source_port: self.source_port.filter(|_| self.source.is_some()),
            incidents: 1,
            original_header: Some(redaction.header(self.header, shown).into_bytes().into()),
            ..Failure::default()
        };
        match occasion {
            Occasion::Dmarc => self.describe_dmarc(&mut failure, witness, redaction),
            Occasion::Dkim(at) => self.describe_dkim(&mut failure, at, witness, redaction),
            Occasion::Spf => self.describe_spf(&mut failure, witness, redaction),
        }
        failure
    }

    fn describe_dmarc(&self, failure: &mut Failure, witness: Witness<'_>, redaction: &Redaction) {
        failure.auth_failure = Word::Known(AuthFailure::Dmarc);
        // RFC 6591 §3.1: Reported-Domain MUST be present where it is known.
        failure.reported_domains = vec![self.author.as_str().into()];
        let dmarc = self.dmarc.unwrap_or(DmarcFact {
            result: MethodResult::Fail,
            spf: AlignedPass::Fail,
            dkim: AlignedPass::Fail,
        });
        let result = Result_::new(Keyword::of("dmarc"), Keyword::of(dmarc.result.as_str())).with(
            "header",
            "from",
            self.author.as_str(),
        );
        failure.authentication_results = Some(written(witness, result));
        // RFC 9991 §4: the mechanisms that failed to authenticate an aligned identity, or "none" if none did.
        let failed = [("dkim", dmarc.dkim), ("spf", dmarc.spf)];
        let failed: Vec<_> =
            failed.iter().filter(|(_, pass)| *pass != AlignedPass::Pass).map(|(name, _)| *name).collect();
        failure.identity_alignment = Some(if failed.is_empty() { "none".into() } else { failed.join(", ").into() });
        // RFC 9991 §4: required for DKIM failures of an aligned identifier.
        let aligned = |fact: &&DkimFact<'_>| is_dkim_failure(fact.result) && is_aligned(fact.aligned);
        if let Some(fact) = self.dkim.iter().find(aligned) {
            set_dkim(failure, fact, redaction);
        }
        // RFC 9991 §4: required for SPF failure of an aligned identifier.
        if let Some(fact) = self.spf.filter(|fact| is_spf_failure(fact.result) && is_aligned(fact.aligned)) {
            set_spf(failure, &fact);
        }
    }

    fn describe_dkim(&self, failure: &mut Failure, at: usize, witness: Witness<'_>, redaction: &Redaction) {
        let Some(fact) = self.dkim.get(at) else { return };
        failure.auth_failure = Word::Known(match fact.failure {
            DkimFailure::BodyHash => AuthFailure::BodyHash,
            DkimFailure::Revoked => AuthFailure::Revoked,
            DkimFailure::Signature => AuthFailure::Signature,
        });
        failure.reported_domains = vec![fact.domain.as_str().into()];
        let result = Result_::new(Keyword::of("dkim"), Keyword::of(fact.result.as_str()))
            .with("header", "d", fact.domain.as_str())
            .with("header", "s", fact.selector.as_str());
        failure.authentication_results = Some(written(witness, result));
        set_dkim(failure, fact, redaction);
    }

    fn describe_spf(&self, failure: &mut Failure, witness: Witness<'_>, redaction: &Redaction) {
        let Some(fact) = &self.spf else { return };
        failure.auth_failure = Word::Known(AuthFailure::Spf);
        failure.reported_domains = vec![fact.domain.as_str().into()];
        let whole = self.mail_from.filter(|address| address.contains('@'));
        let identity = whole.map_or_else(|| fact.domain.as_str().to_owned(), |address| redaction.address(address));
        let result =
            Result_::new(Keyword::of("spf"), Keyword::of(fact.result.as_str())).with("smtp", "mailfrom", identity);
        failure.authentication_results = Some(written(witness, result));
        set_spf(failure, fact);
    }
}

// RFC 6591 §3.1: exactly one field, which reflects one method's result.
fn written(witness: Witness<'_>, result: Result_) -> Box<str> {
    let mut field = AuthenticationResults::new(witness.authserv_id);
    field.results.push(result);
    let value = field.to_value(Style { line_end: LineEnd::Lf, letters: Letters::Ascii });
    value.split_whitespace().collect::<Vec<_>>().join(" ").into()
}

// RFC 6591 §3.2.3: domain, identity and selector of the signature.
fn set_dkim(failure: &mut Failure, fact: &DkimFact<'_>, redaction: &Redaction) {
    failure.dkim_domain = Some(fact.domain.as_str().into());
    let by_default = format!("@{}", fact.domain);
    failure.dkim_identity = Some(redaction.address(fact.identity.unwrap_or(&by_default)).into());
    failure.dkim_selector = Some(fact.selector.as_str().into());
}

// RFC 6591 §3.2.6: once for every record that was used, with its type, its name and its text.
fn set_spf(failure: &mut Failure, fact: &SpfFact<'_>) {
    let field = |(name, record): &(&Domain, &str)| {
        let quoted: String = record.chars().filter(|character| !character.is_control()).collect();
        let quoted = quoted.replace('\\', "\\\\").replace('"', "\\\"");
        format!("txt : {name} : \"{quoted}\"").into()
    };
    failure.spf_dns = fact.records.iter().map(field).collect();
}

fn is_aligned(aligned: Aligned) -> bool {
    matches!(aligned, Aligned::Strict | Aligned::Relaxed)
}

/// A signature that was judged and does not hold; one that waits for an answer has not failed yet.
fn is_dkim_failure(result: MethodResult) -> bool {
    matches!(result, MethodResult::Fail | MethodResult::PermError | MethodResult::Policy | MethodResult::Neutral)
}

/// RFC 6591 §3.3: none, fail, softfail, temperror or permerror; here what is no failure of the sender is left out.
fn is_spf_failure(result: MethodResult) -> bool {
    matches!(result, MethodResult::Fail | MethodResult::SoftFail | MethodResult::PermError)
}

impl DeliveryResult {
    /// The word of the field.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Spam => "spam",
            Self::Policy => "policy",
            Self::Reject => "reject",
            Self::Other => "other",
        }
    }
}
