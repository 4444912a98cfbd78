//! A message's facts as failure reports need them: values of `auth` in the words of `feedback`.

use dkim::{Problem, Verification};
use dmarc::{Alignment, Evaluation};
use feedback::failure::incident::{DeliveryResult, DkimFact, DkimFailure, DmarcFact, Incident, SpfFact};
use mailtext::{Domain, ReversePath};
use policy::Action;
use report::vocabulary::{Aligned, MethodResult};

use super::Case;

/// What is known of a message.
pub(super) struct Known<'c> {
    case: &'c Case,
    /// MAIL FROM, empty for the null path.
    mail_from: Option<String>,
    /// The signatures that name a domain and a selector.
    signatures: Vec<Signature<'c>>,
    /// The SPF records that were looked at.
    records: Vec<(Domain, String)>,
}

struct Signature<'c> {
    verification: &'c Verification,
    domain: &'c Domain,
    selector: &'c Domain,
    identity: Option<String>,
    /// Its place among those that name a domain, which is its place in DMARC's alignments.
    place: usize,
}

impl<'c> Known<'c> {
    pub(super) fn of(case: &'c Case) -> Self {
        let mail_from = match &case.facts.envelope.mail_from {
            Some(Ok(ReversePath::Null)) => Some(String::new()),
            Some(Ok(path)) => Some(path.to_string()),
            _ => None,
        };
        let verifications = case.facts.dkim.iter().map(|outcome| &outcome.result);
        let named = verifications.filter_map(|one| Some((one, one.parsed.domain.as_ref()?))).enumerate();
        let signatures = named.filter_map(|(place, (verification, domain))| {
            let parsed = &verification.parsed;
            let identity = parsed.signature.as_ref().ok().and_then(|signature| signature.identity.as_ref());
            let identity = identity.map(|identity| format!("{}@{}", identity.local, identity.domain));
            Some(Signature { verification, domain, selector: parsed.selector.as_ref()?, identity, place })
        });
        Self { case, mail_from, signatures: signatures.collect(), records: records(case) }
    }

    /// The place of the first signature of a domain that does not hold and asks for reports.
    pub(super) fn failed_signature_of(&self, domain: &Domain) -> Option<usize> {
        self.signatures.iter().position(|one| {
            let asks = one.verification.parsed.extensions.reports_requested;
            one.domain == domain && asks && one.verification.status != dkim::Status::Pass
        })
    }

    /// The message as an incident, seen from an author domain.
    pub(super) fn incident<T>(
        &self,
        author: &Domain,
        evaluation: Option<&Evaluation>,
        tell: impl FnOnce(&Incident<'_>) -> T,
    ) -> T {
        let aligned_dkim = |place: usize| evaluation.and_then(|one| one.dkim.get(place)).map_or(Aligned::No, aligned);
        let dkim = self.signatures.iter().map(|one| DkimFact {
            domain: one.domain,
            selector: one.selector,
            identity: one.identity.as_deref(),
            result: word(one.verification.status.as_str()),
            failure: failure(one.verification.problem),
            aligned: aligned_dkim(one.place),
        });
        let dkim: Vec<_> = dkim.collect();
        let records: Vec<_> = self.records.iter().map(|(domain, text)| (domain, text.as_str())).collect();
        let facts = &self.case.facts;
        let spf = facts.spf.as_ref().map(|both| &both.mail_from.result);
        let spf = spf.and_then(|checked| {
            Some(SpfFact {
                domain: checked.domain()?,
                result: word(checked.verdict.as_str()),
                aligned: evaluation.and_then(|one| one.spf.as_ref()).map_or(Aligned::No, aligned),
                records: &records,
            })
        });
        tell(&Incident {
            arrival_s: i64::try_from(self.case.arrival_s).unwrap_or(i64::MAX),
            source: facts.envelope.ip,
            source_port: None,
            mail_from: self.mail_from.as_deref(),
            // To whom it was written nobody is told, not even as a hash.
            rcpt_to: &[],
            envelope_id: self.case.queue_id.as_deref(),
            header: &self.case.header,
            author,
            delivery: Some(delivery(self.case.action)),
            dmarc: evaluation.map(|one| DmarcFact {
                result: word(one.result.as_str()),
                spf: one.spf_aligned,
                dkim: one.dkim_aligned,
            }),
            spf,
            dkim: &dkim,
        })
    }
}

/// The SPF records that were looked at, each once.
fn records(case: &Case) -> Vec<(Domain, String)> {
    let mut records: Vec<(Domain, String)> = Vec::new();
    let steps = case.facts.spf.iter().flat_map(|both| both.mail_from.evidence.iter());
    for step in steps {
        if let spf::Step::Record { at, .. } = step
            && records.len() < RECORD_COUNT_MAX
            && !records.iter().any(|(domain, _)| domain == at.domain())
        {
            let text = String::from_utf8_lossy(at.record().text()).chars().take(RECORD_CHARACTERS_MAX).collect();
            records.push((at.domain().clone(), text));
        }
    }
    records
}

fn aligned(alignment: &Alignment) -> Aligned {
    match alignment {
        Alignment::SameName => Aligned::Strict,
        Alignment::SameOrganization => Aligned::Relaxed,
        Alignment::OtherName | Alignment::OtherOrganization | Alignment::OverLimit => Aligned::No,
        Alignment::Unknown(_) | Alignment::NotSought => Aligned::Unknown,
    }
}

// RFC 6591 §3.3: the types of failure of a signature.
fn failure(problem: Option<Problem>) -> DkimFailure {
    match problem {
        Some(Problem::BodyHashDiffers | Problem::BodyShorterThanSigned(..)) => DkimFailure::BodyHash,
        Some(Problem::Key(dkim::key::KeyError::Revoked)) => DkimFailure::Revoked,
        _ => DkimFailure::Signature,
    }
}

// RFC 6591 §3.2.2: what became of the message, as far as a filter can know.
fn delivery(action: Action) -> DeliveryResult {
    match action {
        Action::Accept | Action::Label => DeliveryResult::Delivered,
        Action::Quarantine | Action::Discard => DeliveryResult::Policy,
        Action::Reject => DeliveryResult::Reject,
        Action::TempFail => DeliveryResult::Other,
    }
}

fn word(word: &str) -> MethodResult {
    MethodResult::parse(word).unwrap_or_default()
}

/// Most SPF records that a report shows: as many as a check may ask for.
const RECORD_COUNT_MAX: usize = 11;
/// Longest record that is shown, in characters.
const RECORD_CHARACTERS_MAX: usize = 2_000;
