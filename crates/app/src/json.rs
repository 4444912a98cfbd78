//! JSON as the contract of the command line has it. The shapes are our own: no inner type knows how it is written.

mod others;

use auth::Facts;
use dkim::{Status, Verification, Weakness};
use dmarc::{Aligned, DmarcResult, Evaluation};
use mailtext::{Explain, ReversePath};
use serde::Serialize;
use spf::{Checked, Identity, sender_id};

use crate::failure::Failure;
use crate::say::Say;
use crate::verify::{BARE_NEWLINES, Judged, Judgement, Place, decisive};
use others::OtherResults;

/// One message.
#[derive(Serialize)]
struct Message {
    file: String,
    /// Which message of a mailbox, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<usize>,
    from: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    helo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mail_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spf: Option<Vec<Spf>>,
    dkim: Vec<Dkim>,
    dmarc: Dmarc,
    #[serde(flatten)]
    others: OtherResults,
    facts: Vec<FactObject>,
    verdict: VerdictObject,
    authentication_results: String,
}

/// One SPF result; `spf --format json` prints it alone.
#[derive(Serialize)]
struct Spf {
    identity: &'static str,
    domain: Option<String>,
    result: &'static str,
    matched: Option<String>,
    lookups: u8,
    void_lookups: u8,
    explanation: Option<String>,
    reason: Option<String>,
    reason_code: Option<&'static str>,
}

/// One signature.
#[derive(Serialize, Default)]
struct Dkim {
    result: &'static str,
    domain: Option<String>,
    selector: Option<String>,
    identity: Option<String>,
    algorithm: Option<&'static str>,
    key_bits: Option<u32>,
    canonicalization: Option<String>,
    header_fields: Vec<String>,
    body_length: Option<u64>,
    testing: bool,
    reason: Option<String>,
    reason_code: Option<&'static str>,
}

/// DMARC of the author domain that decides.
#[derive(Serialize)]
struct Dmarc {
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    author_domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organizational_domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    walk_organizational_domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    psl_organizational_domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discovery: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_tag: Option<&'static str>,
    testing: bool,
    spf_aligned: bool,
    dkim_aligned: bool,
    disposition: &'static str,
    #[serde(rename = "override")]
    overridden: Option<&'static str>,
    reason: Option<String>,
    reason_code: &'static str,
}

/// Something worth knowing.
#[derive(Serialize)]
struct FactObject {
    code: &'static str,
    detail: String,
}

/// What a receiver without rules of its own would do, and why.
#[derive(Serialize)]
struct VerdictObject {
    action: &'static str,
    reasons: Vec<String>,
    codes: Vec<&'static str>,
}

/// An input that is no message.
#[derive(Serialize)]
struct BadInput {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<usize>,
    error: FactObject,
}

/// One message, as one line.
pub(crate) fn message(judged: &Judged, header: &str, say: &Say) -> String {
    let facts = &judged.facts;
    let judgement = Judgement::of(facts);
    let mail_from = facts.envelope.mail_from.as_ref().map(|mail_from| match mail_from {
        Ok(path) => path.to_string(),
        Err(flaw) => flaw.id().to_owned(),
    });
    line(&Message {
        file: judged.place.file.clone(),
        message: judged.place.number,
        from: facts.from.addresses.mailboxes().map(ToString::to_string).collect(),
        ip: facts.envelope.ip.map(|ip| ip.to_string()),
        helo: facts.envelope.helo.clone(),
        mail_from,
        spf: facts.spf.as_ref().map(|both| spf_results(facts, both, say)),
        dkim: dkim_results(facts, say),
        dmarc: dmarc_result(facts, say),
        others: OtherResults::of(facts, say),
        facts: fact_objects(judged, say),
        verdict: VerdictObject {
            action: judgement.action,
            reasons: vec![say.say(judgement.sentence, &judgement.arguments)],
            codes: vec![judgement.sentence],
        },
        authentication_results: header.to_owned(),
    })
}

/// An input that could not be judged, as one line.
pub(crate) fn bad_input(place: &Place, failure: &Failure, say: &Say) -> String {
    let error = FactObject { code: failure.id(), detail: say.explain(failure) };
    line(&BadInput { file: place.file.clone(), message: place.number, error })
}

/// One SPF check, as one line.
pub(crate) fn spf_check(checked: &Checked, say: &Say) -> String {
    line(&spf_result(checked, say))
}

/// One Sender ID check, as one line of the same shape.
pub(crate) fn sender_id_check(checked: &sender_id::Checked, say: &Say) -> String {
    line(&Spf {
        identity: "pra",
        domain: checked.domain.as_ref().map(ToString::to_string),
        result: checked.verdict.as_str(),
        matched: checked.matched().map(|place| place.text()),
        lookups: checked.lookups,
        void_lookups: checked.void_lookups,
        explanation: checked.explanation.clone(),
        reason: checked.reason.as_ref().map(|reason| say.explain(reason)),
        reason_code: checked.reason.as_ref().map(Explain::id),
    })
}

fn line(object: &impl Serialize) -> String {
    // Strings, numbers and lists of them: there is nothing in these shapes that cannot be written.
    serde_json::to_string(object).map_or_else(|_| String::new(), |text| text + "\n")
}

fn spf_results(facts: &Facts, both: &spf::Both, say: &Say) -> Vec<Spf> {
    let is_null = matches!(facts.envelope.mail_from, Some(Ok(ReversePath::Null)));
    let helo = facts.envelope.helo.is_some() && !is_null;
    let helo = helo.then(|| spf_result(&both.helo.result, say));
    let mail_from = facts.envelope.mail_from.is_some().then(|| spf_result(&both.mail_from.result, say));
    helo.into_iter().chain(mail_from).collect()
}

fn spf_result(checked: &Checked, say: &Say) -> Spf {
    Spf {
        identity: match checked.identity {
            Identity::Helo => "helo",
            Identity::MailFrom => "mailfrom",
        },
        domain: checked.domain().map(ToString::to_string),
        result: checked.verdict.as_str(),
        matched: checked.matched().map(|place| place.text()),
        lookups: checked.lookups,
        void_lookups: checked.void_lookups,
        explanation: checked.explanation.clone(),
        reason: checked.reason.as_ref().map(|reason| say.explain(reason)),
        reason_code: checked.reason.as_ref().map(Explain::id),
    }
}

fn dkim_results(facts: &Facts, say: &Say) -> Vec<Dkim> {
    if facts.dkim.is_empty() {
        return vec![Dkim { result: "none", ..Dkim::default() }];
    }
    facts.dkim.iter().map(|outcome| dkim_result(&outcome.result, say)).collect()
}

fn dkim_result(verification: &Verification, say: &Say) -> Dkim {
    let Verification { status, problem, parsed, key_bits, weaknesses, .. } = verification;
    let signature = parsed.signature.as_ref().ok();
    let names = signature.into_iter().flat_map(|signature| signature.header_fields.iter());
    Dkim {
        result: status.as_str(),
        domain: parsed.domain.as_ref().map(ToString::to_string),
        selector: parsed.selector.as_ref().map(ToString::to_string),
        identity: signature.map(dkim::Signature::identity_text),
        algorithm: parsed.algorithm.map(dkim::Algorithm::as_str),
        key_bits: *key_bits,
        canonicalization: signature.map(|signature| {
            let (header, body) = (signature.header_canonicalization, signature.body_canonicalization);
            format!("{}/{}", header.as_str(), body.as_str())
        }),
        header_fields: names.map(|(_, name)| String::from_utf8_lossy(name).to_ascii_lowercase()).collect(),
        body_length: signature.and_then(|signature| signature.body_length),
        testing: *status == Status::Pass && weaknesses.contains(&Weakness::Testing),
        reason: problem.as_ref().map(|problem| say.explain(problem)),
        reason_code: problem.as_ref().map(Explain::id),
    }
}

fn dmarc_result(facts: &Facts, say: &Say) -> Dmarc {
    let message = &facts.dmarc.result;
    let one = decisive(facts);
    let policy = message.policy;
    let passed = message.result == DmarcResult::Pass;
    let aligned = |which: fn(&Evaluation) -> Aligned| one.is_some_and(|one| which(one) == Aligned::Pass);
    Dmarc {
        result: message.result.as_str(),
        author_domain: one.map(|one| one.discovery.author_domain.to_string()),
        policy_domain: one.and_then(|one| Some(one.discovery.policy_record()?.domain.to_string())),
        organizational_domain: one.and_then(|one| organizational_domain(facts, one)),
        walk_organizational_domain: one.and_then(|one| Some(one.discovery.walk_organizational_domain()?.to_string())),
        psl_organizational_domain: one.map(|one| one.discovery.psl_organizational_domain().to_string()),
        discovery: one.map(|one| match one.discovery.method {
            dmarc::Method::TreeWalk => "treewalk",
            dmarc::Method::SuffixList => "psl",
        }),
        policy: policy.map(|applied| applied.policy.as_str()),
        policy_tag: policy.map(|applied| applied.tag.as_str()),
        testing: policy.is_some_and(|applied| applied.testing == dmarc::record::Testing::On),
        spf_aligned: aligned(|one| one.spf_aligned),
        dkim_aligned: aligned(|one| one.dkim_aligned),
        disposition: if passed { "pass" } else { message.disposition.as_str() },
        overridden: None,
        reason: (!passed).then(|| say.explain(&message.reason)),
        reason_code: message.reason.id(),
    }
}

/// The organizational domain by the method that decided, as far as it was needed: where author and identifier are the
/// same domain, the evidence has it without a walk.
fn organizational_domain(facts: &Facts, one: &Evaluation) -> Option<String> {
    let author = &one.discovery.author_domain;
    let noted = || {
        facts.dmarc.evidence.iter().rev().find_map(|step| match step {
            dmarc::Step::OrganizationalDomain { domain, organizational, .. } if domain == author => {
                Some(organizational.clone())
            }
            _ => None,
        })
    };
    one.discovery.organizational_domain().or_else(noted).map(|domain| domain.to_string())
}

fn fact_objects(judged: &Judged, say: &Say) -> Vec<FactObject> {
    let facts = judged.facts.facts.iter();
    let mut objects: Vec<_> = facts.map(|fact| FactObject { code: fact.id(), detail: say.explain(fact) }).collect();
    if judged.bare_newlines {
        objects.push(FactObject { code: "body-bare-newlines", detail: say.word(BARE_NEWLINES) });
    }
    objects
}
