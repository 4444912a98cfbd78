//! The objects of the methods beside SPF, DKIM and DMARC. A key that is not there was not evaluated.

use auth::client::{dns_lists, iprev, null_mx, smtp_auth};
use auth::{Facts, Others};
use dkim::{adsp, arc, atps, domainkeys, reporting};
use mailtext::{Domain, Explain};
use serde::Serialize;
use spf::{Checked, ReportWish, sender_id};

use crate::say::Say;

/// All of them.
#[derive(Serialize)]
pub(super) struct OtherResults {
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_id: Option<SenderId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domainkeys: Option<Vec<DomainKeys>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domainkeys_policy: Option<DomainKeysPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adsp: Option<Adsp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    atps: Option<Vec<Atps>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arc: Option<Arc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bimi: Option<Bimi>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iprev: Option<Iprev>,
    #[serde(skip_serializing_if = "Option::is_none")]
    null_mx: Option<Vec<NullMx>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dns_lists: Option<Vec<ListEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth: Option<SmtpAuth>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reports: Option<Vec<Wish>>,
}

/// Sender ID of the purported responsible address: historic.
#[derive(Serialize)]
struct SenderId {
    result: &'static str,
    field: Option<&'static str>,
    address: Option<String>,
    domain: Option<String>,
    /// Whether the record was an SPF record, taken for want of another.
    reporting_only: bool,
    matched: Option<String>,
    #[serde(flatten)]
    reason: Reason,
}

/// One DomainKeys signature: historic.
#[derive(Serialize, Default)]
struct DomainKeys {
    result: &'static str,
    domain: Option<String>,
    selector: Option<String>,
    key_bits: Option<u32>,
    testing: bool,
    #[serde(flatten)]
    reason: Reason,
}

/// What the sending domain says of DomainKeys: historic.
#[derive(Serialize)]
struct DomainKeysPolicy {
    signing: &'static str,
    testing: bool,
    report_address: Option<String>,
}

/// ADSP: historic. Of several author domains, the one that fares worst, and all of them.
#[derive(Serialize)]
struct Adsp {
    #[serde(flatten)]
    worst: AuthorPractice,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    each: Vec<AuthorPractice>,
}

/// ADSP of one author domain.
#[derive(Serialize)]
struct AuthorPractice {
    result: &'static str,
    domain: Option<String>,
    practice: Option<&'static str>,
}

/// ATPS of one signature: an experiment.
#[derive(Serialize)]
struct Atps {
    result: &'static str,
    domain: Option<String>,
    signer: Option<String>,
    #[serde(flatten)]
    reason: Reason,
}

/// The ARC chain.
#[derive(Serialize)]
struct Arc {
    result: &'static str,
    instance: u32,
    oldest_pass: Option<u32>,
    sealers: Vec<String>,
    #[serde(flatten)]
    reason: Reason,
}

/// BIMI.
#[derive(Serialize)]
struct Bimi {
    result: &'static str,
    domain: Option<String>,
    selector: Option<String>,
    /// `l=`.
    location: Option<String>,
    /// `a=`.
    authority: Option<String>,
    authority_result: &'static str,
    mark: Option<String>,
    organization: Option<String>,
    #[serde(flatten)]
    reason: Reason,
}

/// The client's name.
#[derive(Serialize)]
struct Iprev {
    result: &'static str,
    name: Option<String>,
    #[serde(flatten)]
    reason: Reason,
}

/// What one domain says of taking mail.
#[derive(Serialize)]
struct NullMx {
    result: &'static str,
    identity: &'static str,
    domain: String,
    #[serde(flatten)]
    reason: Reason,
}

/// What one list says of one key.
#[derive(Serialize)]
struct ListEntry {
    result: &'static str,
    zone: String,
    color: &'static str,
    key: String,
    identities: Vec<&'static str>,
    codes: Vec<String>,
    text: Option<String>,
    dnssec: &'static str,
    #[serde(flatten)]
    reason: Reason,
}

/// What the MTA says of SMTP AUTH.
#[derive(Serialize)]
struct SmtpAuth {
    result: &'static str,
    identity: Option<String>,
    mechanism: Option<String>,
    mail_from: Option<String>,
}

/// Who wishes to be told of this failure.
#[derive(Serialize)]
struct Wish {
    method: &'static str,
    domain: String,
    address: Option<String>,
    percentage: u8,
    /// The tokens of RFC 6651; SPF's wish is of its result.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    occasions: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_text: Option<String>,
}

/// Why a result is what it is.
#[derive(Serialize, Default)]
struct Reason {
    reason: Option<String>,
    reason_code: Option<&'static str>,
}

impl OtherResults {
    pub(super) fn of(facts: &Facts, say: &Say) -> Self {
        let others: &Others = &facts.others;
        let domainkeys = others.domainkeys.as_ref();
        Self {
            sender_id: others.sender_id.as_ref().map(|outcome| SenderId::of(&outcome.result, say)),
            domainkeys: domainkeys.map(|checked| DomainKeys::all(checked, say)),
            domainkeys_policy: domainkeys.and_then(|checked| DomainKeysPolicy::of(&checked.policy.as_ref()?.result)),
            adsp: others.adsp.as_ref().and_then(|outcomes| Adsp::of(outcomes.iter().map(|outcome| &outcome.result))),
            atps: others
                .atps
                .as_ref()
                .map(|outcomes| outcomes.iter().map(|outcome| Atps::of(&outcome.result, say)).collect()),
            arc: others.arc.as_ref().map(|outcome| Arc::of(&outcome.result, say)),
            bimi: others.bimi.as_ref().map(|outcome| Bimi::of(&outcome.result, say)),
            iprev: others.iprev.as_ref().map(|outcome| Iprev::of(&outcome.result, say)),
            null_mx: others
                .null_mx
                .as_ref()
                .map(|outcomes| outcomes.iter().map(|outcome| NullMx::of(&outcome.result, say)).collect()),
            dns_lists: others
                .dns_lists
                .as_ref()
                .map(|checked| checked.entries.iter().map(|outcome| ListEntry::of(&outcome.result, say)).collect()),
            auth: others.smtp_auth.as_ref().map(|outcome| SmtpAuth::of(&outcome.result)),
            reports: others.reporting.as_ref().map(|_| wishes(facts)),
        }
    }
}

impl SenderId {
    fn of(checked: &sender_id::Checked, say: &Say) -> Self {
        Self {
            result: checked.verdict.as_str(),
            field: checked.pra.as_ref().map(|pra| pra.field.as_str()),
            address: checked.pra.as_ref().map(|pra| pra.mailbox.to_string()),
            domain: name(checked.domain.as_ref()),
            reporting_only: checked.is_for_reporting_only(),
            matched: checked.matched().map(|place| place.text()),
            reason: Reason::of(checked.reason.as_ref(), say),
        }
    }
}

impl DomainKeys {
    /// As with DKIM, a message without a signature has one result: none.
    fn all(checked: &domainkeys::Checked, say: &Say) -> Vec<Self> {
        if checked.signatures.is_empty() {
            return vec![Self { result: domainkeys::Status::None.as_str(), ..Self::default() }];
        }
        checked.signatures.iter().map(|outcome| Self::of(&outcome.result, say)).collect()
    }

    fn of(verification: &domainkeys::Verification, say: &Say) -> Self {
        Self {
            result: verification.status.as_str(),
            domain: name(verification.parsed.domain.as_ref()),
            selector: name(verification.parsed.selector.as_ref()),
            key_bits: verification.key_bits,
            testing: verification.testing,
            reason: Reason::of(verification.problem.as_ref(), say),
        }
    }
}

impl DomainKeysPolicy {
    fn of(outcome: &domainkeys::PolicyOutcome) -> Option<Self> {
        let domainkeys::PolicyOutcome::Found(policy) = outcome else { return None };
        Some(Self {
            signing: match policy.signing {
                domainkeys::Signing::Some => "some",
                domainkeys::Signing::All => "all",
            },
            testing: policy.testing,
            report_address: policy.report_address.clone(),
        })
    }
}

impl Adsp {
    fn of<'a>(evaluations: impl Iterator<Item = &'a adsp::Evaluation>) -> Option<Self> {
        let mut all: Vec<_> = evaluations.collect();
        let each = if all.len() > 1 { all.iter().map(|one| AuthorPractice::of(one)).collect() } else { Vec::new() };
        all.sort_by_key(|one| Self::severity(one.status));
        Some(Self { worst: AuthorPractice::of(all.first()?), each })
    }

    /// From the worst, 0, to the best.
    fn severity(status: adsp::Status) -> u8 {
        match status {
            adsp::Status::NxDomain => 0,
            adsp::Status::Discard => 1,
            adsp::Status::Fail => 2,
            adsp::Status::PermError => 3,
            adsp::Status::TempError => 4,
            adsp::Status::Unknown => 5,
            adsp::Status::None => 6,
            adsp::Status::Pass => 7,
        }
    }
}

impl AuthorPractice {
    fn of(one: &adsp::Evaluation) -> Self {
        let practice = one.record.as_ref().map(|record| record.practice.as_str());
        Self { result: one.status.as_str(), domain: name(one.author.as_ref()), practice }
    }
}

impl Atps {
    fn of(delegation: &atps::Delegation, say: &Say) -> Self {
        Self {
            result: delegation.status.as_str(),
            domain: name(delegation.author.as_ref()),
            signer: name(delegation.signer.as_ref()),
            reason: Reason::of(delegation.problem.as_ref(), say),
        }
    }
}

impl Arc {
    fn of(chain: &arc::Chain, say: &Say) -> Self {
        Self {
            result: chain.result.as_str(),
            instance: chain.instance,
            oldest_pass: chain.oldest_pass,
            sealers: chain.sealers.iter().map(ToString::to_string).collect(),
            reason: Reason::of(chain.problem.as_ref(), say),
        }
    }
}

impl Bimi {
    fn of(found: &bimi::Bimi, say: &Say) -> Self {
        let record = found.record();
        let evidence = found.evidence.as_ref();
        Self {
            result: found.result.as_str(),
            domain: found.assertion.as_ref().map(|assertion| assertion.domain.to_string()),
            selector: found.assertion.as_ref().map(|assertion| assertion.selector.as_str().to_owned()),
            location: record.and_then(|record| Some(record.location.url()?.to_string())),
            authority: record.and_then(|record| Some(record.authority.url()?.to_string())),
            authority_result: found.authority.as_str(),
            mark: evidence.map(|evidence| evidence.mark.as_str().to_owned()),
            organization: evidence.map(|evidence| evidence.organization.to_string()),
            reason: Reason::of(Some(&found.reason), say),
        }
    }
}

impl Iprev {
    fn of(found: &iprev::Iprev, say: &Say) -> Self {
        let reason = Reason::of(found.reason.as_ref(), say);
        Self { result: found.verdict.as_str(), name: name(found.name.as_ref()), reason }
    }
}

impl NullMx {
    fn of(said: &null_mx::NullMx, say: &Say) -> Self {
        let result = match said.state {
            null_mx::State::Published => "null_mx",
            null_mx::State::Preference(_) | null_mx::State::Repeated(_) | null_mx::State::BesideOthers(_) => {
                "malformed"
            }
            null_mx::State::Absent => "none",
            null_mx::State::Unknown(_) => "temperror",
        };
        let reason = Reason::of(Some(said), say);
        Self { result, identity: said.role.as_str(), domain: said.domain.to_string(), reason }
    }
}

impl ListEntry {
    fn of(entry: &dns_lists::Entry, say: &Say) -> Self {
        Self {
            result: entry.verdict.as_str(),
            zone: entry.zone.to_string(),
            color: entry.color.as_str(),
            key: entry.key.to_string(),
            identities: entry.roles.iter().map(|role| role.as_str()).collect(),
            codes: entry.codes.iter().map(ToString::to_string).collect(),
            text: entry.text.clone(),
            dnssec: entry.dnssec.as_str(),
            reason: Reason::of(entry.reason.as_ref(), say),
        }
    }
}

impl SmtpAuth {
    fn of(found: &smtp_auth::SmtpAuth) -> Self {
        Self {
            result: found.verdict.as_str(),
            identity: found.identity.clone(),
            mechanism: found.mechanism.clone(),
            mail_from: found.mail_from.as_ref().map(ToString::to_string),
        }
    }
}

/// The wishes of RFC 6651, of signatures and of ADSP, and of RFC 6652.
fn wishes(facts: &Facts) -> Vec<Wish> {
    let of_signatures = facts.others.reporting.iter().flatten().filter_map(|outcome| outcome.result.wish.as_ref());
    let of_adsp = facts.others.adsp.iter().flatten().filter_map(|outcome| outcome.result.wish.as_ref());
    let of_spf = facts.spf.as_ref().and_then(|both| {
        let checked = &both.mail_from.result;
        Some(Wish::of_spf(checked, checked.report_wish()?))
    });
    let of_signatures = of_signatures.map(|wish| Wish::of("dkim", wish));
    of_signatures.chain(of_adsp.map(|wish| Wish::of("adsp", wish))).chain(of_spf).collect()
}

impl Wish {
    fn of(method: &'static str, wish: &reporting::Wish) -> Self {
        Self {
            method,
            domain: wish.domain.to_string(),
            address: wish.address.clone(),
            percentage: wish.percentage.get(),
            occasions: wish.occasions.iter().map(|occasion| occasion.token()).collect(),
            error_text: wish.error_text.clone(),
        }
    }

    fn of_spf(checked: &Checked, wish: ReportWish) -> Self {
        Self {
            method: "spf",
            domain: name(checked.domain()).unwrap_or_default(),
            address: Some(wish.address),
            percentage: wish.percentage,
            occasions: Vec::new(),
            error_text: None,
        }
    }
}

impl Reason {
    fn of<E: Explain>(reason: Option<&E>, say: &Say) -> Self {
        Self { reason: reason.map(|reason| say.explain(reason)), reason_code: reason.map(Explain::id) }
    }
}

fn name(domain: Option<&Domain>) -> Option<String> {
    domain.map(ToString::to_string)
}
