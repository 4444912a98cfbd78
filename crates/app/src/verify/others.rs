//! What the methods beside SPF, DKIM and DMARC found, in a line each, where there is something to say. What lists in DNS and
//! Null MX say is told among what is worth knowing.

use std::fmt::Write as _;

use auth::Others;
use auth::client::{iprev, smtp_auth};
use bimi::{Bimi, BimiResult, Reason};
use dkim::arc::{Chain, ChainStatus};
use dkim::domainkeys::PolicyOutcome;
use dkim::{adsp, atps, domainkeys};
use mailtext::{Domain, Outcome, Value};
use spf::Version;
use spf::sender_id;

use super::Judged;
use super::text::Row;
use crate::limits::SHOWN_SEALER_COUNT_MAX;
use crate::say::Say;

/// The methods of today: ARC, iprev, SMTP AUTH, BIMI.
pub(super) fn rows(judged: &Judged, say: &Say) -> Vec<Row> {
    let others = &judged.facts.others;
    let mut rows = Vec::new();
    rows.extend(others.arc.as_ref().and_then(|outcome| arc_row(&outcome.result, say)));
    rows.extend(others.iprev.as_ref().map(|outcome| iprev_row(&outcome.result, say)));
    rows.extend(others.smtp_auth.as_ref().filter(|outcome| outcome.result.verdict != smtp_auth::Verdict::None).map(
        |outcome| {
            let detail = outcome.evidence.first().map(|step| say.explain(step)).unwrap_or_default();
            Row { method: "AUTH", result: outcome.result.verdict.as_str(), detail, rule: None }
        },
    ));
    rows.extend(others.bimi.iter().flat_map(|outcome| bimi_rows(&outcome.result, judged.bimi_root_count, say)));
    rows
}

/// The historic ones and the experiments: Sender ID, DomainKeys, ADSP, ATPS. Where the reader wants to see everything,
/// what speaks for nobody is shown too.
pub(super) fn historic_rows(others: &Others, explained: bool, say: &Say) -> Vec<Row> {
    let mut rows = Vec::new();
    let sender_id = others.sender_id.as_ref().map(|outcome| &outcome.result);
    // A v=spf1 record was not written for this: it speaks of Sender ID only to whoever asks.
    let is_own = |checked: &&sender_id::Checked| explained || matches!(checked.version, Some(Version::Spf2 { .. }));
    rows.extend(sender_id.filter(is_own).map(|checked| sender_id_row(checked, say)));
    if let Some(checked) = &others.domainkeys {
        rows.extend(checked.signatures.iter().map(|outcome| domainkeys_row(&outcome.result, say)));
        let passes = |outcome: &Outcome<domainkeys::Verification, _>| outcome.result.status == domainkeys::Status::Pass;
        // RFC 4870 §3.6: the policy is for mail without a signature that holds.
        let policy = checked.policy.as_ref().filter(|_| !checked.signatures.iter().any(passes));
        rows.extend(policy.and_then(|outcome| policy_row(&outcome.result, say)));
    }
    let evaluations = others.adsp.iter().flatten().filter(|outcome| explained || says_something(outcome));
    rows.extend(evaluations.map(|outcome| adsp_row(outcome, say)));
    rows.extend(others.atps.iter().flatten().map(|outcome| atps_row(&outcome.result, say)));
    rows
}

fn arc_row(chain: &Chain, say: &Say) -> Option<Row> {
    if chain.result == ChainStatus::None {
        return None;
    }
    let detail = match &chain.problem {
        Some(problem) => say.explain(problem),
        None => {
            let mut arguments = vec![("count", u64::from(chain.instance).into()), ("sealers", sealers(chain).into())];
            // 0 says that nothing was changed since the first set.
            let (id, oldest) = match chain.oldest_pass {
                Some(0) => ("verify-arc-unchanged", None),
                Some(oldest) => ("verify-arc-changed", Some(oldest)),
                None => ("verify-arc-sealed", None),
            };
            arguments.extend(oldest.map(|oldest| ("instance", u64::from(oldest).into())));
            say.say(id, &arguments)
        }
    };
    Some(Row { method: "ARC", result: chain.result.as_str(), detail, rule: None })
}

/// The sealers, the first one first; of many the newest.
fn sealers(chain: &Chain) -> String {
    let skipped = chain.sealers.len().saturating_sub(SHOWN_SEALER_COUNT_MAX);
    let names: Vec<_> = chain.sealers.iter().skip(skipped).map(Domain::to_string).collect();
    let lead = if skipped > 0 { "…, " } else { "" };
    format!("{lead}{}", names.join(", "))
}

fn iprev_row(found: &iprev::Iprev, say: &Say) -> Row {
    let detail = match (&found.name, &found.reason) {
        (Some(name), _) => say.say("verify-iprev-name", &[("ip", found.ip.to_string().into()), ("name", name.into())]),
        (None, Some(reason)) => say.explain(reason),
        (None, None) => found.ip.to_string(),
    };
    Row { method: "iprev", result: found.verdict.as_str(), detail, rule: None }
}

fn bimi_rows(found: &Bimi, root_count: usize, say: &Say) -> Vec<Row> {
    // That a message may not show what its domain does not have is no news.
    let is_news = match (&found.assertion, &found.reason) {
        (Some(_), _) => true,
        (None, Reason::Shortfall(_) | Reason::NoRecord) => false,
        (None, _) => found.result != BimiResult::None,
    };
    if !is_news {
        return Vec::new();
    }
    let row = |result, detail| Row { method: "BIMI", result, detail, rule: None };
    let place = match &found.assertion {
        Some(assertion) => format!("{}._bimi.{}: ", assertion.selector.as_str(), assertion.domain),
        None => String::new(),
    };
    let mut rows = vec![row(found.result.as_str(), place + &say.explain(&found.reason))];
    if let Some(evidence) = &found.evidence {
        let organization = ("organization", Value::from(&*evidence.organization));
        rows.push(row("", say.say("verify-bimi-mark", &[organization])));
    }
    if found.reason == Reason::InvalidEvidence && root_count == 0 {
        rows.push(row("", say.word("verify-bimi-no-roots")));
    }
    rows
}

fn sender_id_row(checked: &sender_id::Checked, say: &Say) -> Row {
    let mut detail = match &checked.pra {
        Some(pra) => {
            let arguments = [("address", pra.mailbox.to_string().into()), ("field", Value::Word(pra.field.as_str()))];
            say.say("verify-sender-id", &arguments)
        }
        None => String::new(),
    };
    if let Some(reason) = &checked.reason {
        let colon = if detail.is_empty() { "" } else { ": " };
        let _ = write!(detail, "{colon}{}", say.explain(reason));
    } else if checked.is_for_reporting_only() {
        let _ = write!(detail, ", {}", say.word("verify-sender-id-borrowed"));
    }
    Row { method: "Sender ID", result: checked.verdict.as_str(), detail, rule: None }
}

fn domainkeys_row(verification: &domainkeys::Verification, say: &Say) -> Row {
    let parsed = &verification.parsed;
    let mut detail = match (&parsed.domain, &parsed.selector) {
        (Some(domain), Some(selector)) => {
            say.say("verify-dkim-signature", &[("domain", domain.into()), ("selector", selector.into())])
        }
        (Some(domain), None) => format!("d={domain}"),
        (None, _) => String::new(),
    };
    if let Some(problem) = &verification.problem {
        let colon = if detail.is_empty() { "" } else { ": " };
        let _ = write!(detail, "{colon}{}", say.explain(problem));
    } else if let Some(bits) = verification.key_bits {
        let arguments = [("algorithm", Value::Word("rsa-sha1")), ("bits", u64::from(bits).into())];
        let _ = write!(detail, ", {}", say.say("verify-dkim-algorithm", &arguments));
    }
    Row { method: "DomainKeys", result: verification.status.as_str(), detail, rule: None }
}

fn policy_row(outcome: &PolicyOutcome, say: &Say) -> Option<Row> {
    let PolicyOutcome::Found(policy) = outcome else { return None };
    let found = domainkeys::Step::PolicyFound { signing: policy.signing, testing: policy.testing };
    Some(Row { method: "DomainKeys", result: "", detail: say.explain(&found), rule: None })
}

/// Whether the author's domain has practices, or does not exist, or somebody else signed for it. A valid signature of its
/// own passes in any case, and says nothing of ADSP.
fn says_something(outcome: &Outcome<adsp::Evaluation, adsp::Step>) -> bool {
    use adsp::Status;
    let one = &outcome.result;
    one.record.is_some()
        || matches!(one.status, Status::Unknown | Status::Fail | Status::Discard | Status::NxDomain)
        || outcome.evidence.iter().any(|step| matches!(step, adsp::Step::Delegated { .. }))
}

fn adsp_row(outcome: &Outcome<adsp::Evaluation, adsp::Step>, say: &Say) -> Row {
    let one = &outcome.result;
    let detail = match (&one.author, &one.record) {
        (Some(author), Some(record)) => {
            let name = Value::Text(format!("_adsp._domainkey.{author}"));
            say.say("verify-adsp-record", &[("practice", Value::Word(record.practice.as_str())), ("record", name)])
        }
        // Whose signature it was, or what was wrong: the last step says it, that of a report is not asked for without a
        // record.
        _ => outcome.evidence.last().map(|step| say.explain(step)).unwrap_or_default(),
    };
    Row { method: "ADSP", result: one.status.as_str(), detail, rule: None }
}

fn atps_row(delegation: &atps::Delegation, say: &Say) -> Row {
    let mut detail = match (&delegation.signer, &delegation.author) {
        (Some(signer), Some(author)) => say.say("verify-atps", &[("signer", signer.into()), ("author", author.into())]),
        (Some(signer), None) => format!("d={signer}"),
        (None, _) => String::new(),
    };
    if let Some(problem) = &delegation.problem {
        let colon = if detail.is_empty() { "" } else { ": " };
        let _ = write!(detail, "{colon}{}", say.explain(problem));
    }
    Row { method: "ATPS", result: delegation.status.as_str(), detail, rule: None }
}
