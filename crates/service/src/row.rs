//! A message as it is kept: what every method said, what the policy was, what was done. Never its content.

use std::net::IpAddr;

use auth::Facts;
use auth::client::{dns_lists, null_mx, smtp_auth};
use dkim::Verification;
use dmarc::{Alignment, PolicySearch};
use mailtext::{Domain, Outcome, PathFlaw, ReversePath};
use policy::Filtered;
use report::row::{
    Address, Arc, Client, Dmarc, Envelope, Evaluation, Message, MethodOutcome, Override, Published, Row, Signature,
    Spf, SpfCheck, Verdict, Wanted,
};
use report::vocabulary::{
    Action, Algorithm, Aligned, Direction, Disposition, Method, MethodResult, OverrideKind, Spam,
};
use report::{RowId, Why};

use crate::ending::Failure;
use crate::message::Rest;
use crate::way_in::WayInEnd;
use crate::world::World;

/// What is known of a message when it has ended.
pub(crate) struct Seen<'a> {
    pub(crate) client: &'a crate::Client,
    pub(crate) queue_id: Option<&'a str>,
    pub(crate) rest: &'a Rest,
    pub(crate) facts: &'a Facts,
    pub(crate) verdict: &'a policy::Verdict,
    pub(crate) failure: Option<&'a Failure>,
    pub(crate) way_in: Option<&'a WayInEnd>,
    pub(crate) latency_us: u64,
}

/// The row of a message, within the limits of rows.
pub(crate) fn row<W: World>(world: &W, id: RowId, seen: &Seen<'_>) -> Row {
    let Seen { rest, facts, .. } = seen;
    let mut row = Row {
        queue_id: seen.queue_id.map(Into::into),
        client: client(world, seen.client, user(facts)),
        envelope: envelope(world, rest, facts.envelope.mail_from.as_ref()),
        message: Message {
            size_bytes: rest.size.header_bytes + rest.size.body_bytes,
            header_bytes: rest.size.header_bytes,
            message_id: rest.message_id.as_deref().map(|message_id| world.digest(message_id)),
            spam: spam(rest.transaction.filtered),
        },
        spf: facts.spf.as_ref().map(spf).unwrap_or_default(),
        dkim: facts.dkim.iter().map(|outcome| signature(&outcome.result)).collect(),
        dmarc: Dmarc {
            result: facts.dmarc.result.result,
            authors: facts.dmarc.result.each.iter().map(|one| evaluation(one, facts)).collect(),
        },
        arc: facts.others.arc.as_ref().map(|outcome| arc(&outcome.result)),
        others: others(facts),
        verdict: verdict(seen),
        latency_us: seen.latency_us,
        ..Row::new(id, Direction::In)
    };
    row.clip();
    row
}

fn spam(filtered: Filtered) -> Spam {
    match filtered {
        Filtered::Unknown => Spam::Unknown,
        Filtered::Clean => Spam::No,
        Filtered::Spam => Spam::Yes,
    }
}

/// The evidence behind a row: every step of every method, then the reasons of the verdict.
pub(crate) fn why(seen: &Seen<'_>) -> Why {
    let mut why = Why::default();
    crate::evidence::each(seen.facts, &mut |step| why.push(step));
    seen.verdict.reasons.iter().for_each(|reason| why.push(reason));
    if let Some(end) = seen.way_in {
        why.push(end);
    }
    if let Some(failure) = seen.failure {
        why.push(failure);
    }
    why
}

/// The user of SMTP AUTH.
fn user(facts: &Facts) -> Option<&str> {
    let told = facts.others.smtp_auth.as_ref().map(|outcome| &outcome.result);
    told.filter(|told| told.verdict == smtp_auth::Verdict::Pass).and_then(|told| told.identity.as_deref())
}

pub(crate) fn client<W: World>(world: &W, client: &crate::Client, user: Option<&str>) -> Client {
    // An MTA that found no name gives the address in brackets, or a word for that.
    let has_name = !client.name.is_empty() && !client.name.starts_with('[') && client.name != "unknown";
    Client {
        ip: client.ip.map(|ip: IpAddr| ip.to_canonical()),
        name: has_name.then(|| client.name.as_str().into()),
        helo: client.helo.as_deref().map(Into::into),
        user: user.map(|user| world.address(user)),
    }
}

pub(crate) fn envelope<W: World>(
    world: &W,
    rest: &Rest,
    mail_from: Option<&Result<ReversePath, PathFlaw>>,
) -> Envelope {
    let (mail_from, mail_from_domain) = match mail_from {
        Some(Ok(path @ ReversePath::Mailbox { .. })) => {
            (Some(world.address(&path.to_string())), path.domain_name().cloned())
        }
        // What is no mailbox has no address that could be looked for.
        Some(Err(_)) => (Some(Address::Withheld), None),
        Some(Ok(ReversePath::Null)) | None => (None, None),
    };
    Envelope {
        mail_from,
        mail_from_domain,
        recipient_count: rest.recipient_count,
        recipient_domains: rest.transaction.recipients.clone(),
    }
}

fn spf(both: &spf::Both) -> Spf {
    let check = |checked: &spf::Checked| SpfCheck {
        domain: checked.domain().cloned(),
        result: result(checked.verdict.as_str()),
    };
    Spf { mail_from: Some(check(&both.mail_from.result)), helo: Some(check(&both.helo.result)) }
}

fn signature(verification: &Verification) -> Signature {
    let parsed = &verification.parsed;
    Signature {
        domain: parsed.domain.clone(),
        selector: parsed.selector.clone(),
        result: result(verification.status.as_str()),
        algorithm: match parsed.algorithm {
            None => Algorithm::Other,
            Some(dkim::Algorithm::RsaSha1) => Algorithm::RsaSha1,
            Some(dkim::Algorithm::RsaSha256) => Algorithm::RsaSha256,
            Some(dkim::Algorithm::Ed25519Sha256) => Algorithm::Ed25519Sha256,
        },
        key_bits: verification.key_bits.map(u64::from),
        problem: verification.problem.as_ref().map(|problem| mailtext::Explain::id(problem).into()),
    }
}

fn evaluation(evaluation: &dmarc::Evaluation, facts: &Facts) -> Evaluation {
    let mut alignments = evaluation.dkim.iter();
    // A signature that names no domain gave DMARC no identifier.
    let dkim = facts.dkim.iter().map(|outcome| match outcome.result.parsed.domain {
        Some(_) => alignments.next().map_or(Aligned::Unknown, |alignment| aligned(*alignment)),
        None => Aligned::No,
    });
    Evaluation {
        author: evaluation.discovery.author_domain.clone(),
        result: evaluation.result,
        published: published(evaluation),
        dkim: dkim.collect(),
        spf: evaluation.spf.map_or(Aligned::No, aligned),
        spf_aligned_pass: evaluation.spf_aligned,
        dkim_aligned_pass: evaluation.dkim_aligned,
        wanted: evaluation.disposition,
        reason: Some(mailtext::Explain::id(&evaluation.reason).into()),
    }
}

fn aligned(alignment: Alignment) -> Aligned {
    match alignment {
        Alignment::SameName => Aligned::Strict,
        Alignment::SameOrganization => Aligned::Relaxed,
        Alignment::OtherName | Alignment::OtherOrganization | Alignment::OverLimit => Aligned::No,
        Alignment::Unknown(_) | Alignment::NotSought => Aligned::Unknown,
    }
}

fn published(evaluation: &dmarc::Evaluation) -> Option<Published> {
    let (PolicySearch::Found(found), Some(applied)) = (&evaluation.discovery.policy, evaluation.policy) else {
        return None;
    };
    let record = &found.record;
    Some(Published {
        domain: found.domain.clone(),
        policy: record.p.unwrap_or_default(),
        subdomain_policy: record.sp,
        nonexistent_policy: record.np,
        applied: applied.tag,
        dkim_mode: record.adkim,
        spf_mode: record.aspf,
        failure_options: record.fo,
        testing: record.testing,
        discovery: evaluation.discovery.method,
        reports: if record.rua.is_empty() { Wanted::No } else { Wanted::Yes },
    })
}

fn arc(chain: &dkim::arc::Chain) -> Arc {
    Arc {
        result: result(chain.result.as_str()),
        sealers: chain.sealers.clone(),
        oldest_pass: chain.oldest_pass.map(u64::from),
    }
}

/// What the methods said that have no place of their own in a row.
fn others(facts: &Facts) -> Vec<MethodOutcome> {
    let others = &*facts.others;
    let mut said = Vec::new();
    let mut add = |method, word: &str, subject: Option<String>| {
        said.push(MethodOutcome { method, result: result(word), subject: subject.map(String::into_boxed_str) });
    };
    let name = |domain: Option<&Domain>| domain.map(ToString::to_string);
    if let Some(checked) = others.sender_id.as_ref().map(|outcome| &outcome.result) {
        add(Method::SenderId, checked.verdict.as_str(), name(checked.domain.as_ref()));
    }
    for Outcome { result: one, .. } in others.domainkeys.iter().flat_map(|checked| &checked.signatures) {
        add(Method::DomainKeys, one.status.as_str(), name(one.parsed.domain.as_ref()));
    }
    for Outcome { result: one, .. } in others.adsp.iter().flatten() {
        add(Method::Adsp, one.status.as_str(), name(one.author.as_ref()));
    }
    for Outcome { result: one, .. } in others.atps.iter().flatten() {
        add(Method::Atps, one.status.as_str(), name(one.signer.as_ref()));
    }
    if let Some(Outcome { result: one, .. }) = &others.iprev {
        add(Method::Iprev, one.verdict.as_str(), name(one.name.as_ref()));
    }
    if let Some(Outcome { result: one, .. }) = &others.bimi {
        add(Method::Bimi, one.result.as_str(), name(one.assertion.as_ref().map(|found| &found.domain)));
    }
    if let Some(Outcome { result: one, .. }) = &others.smtp_auth {
        // Who it was stands with the client, as much of it as is kept.
        add(Method::SmtpAuth, one.verdict.as_str(), None);
    }
    for Outcome { result: one, .. } in others.null_mx.iter().flatten() {
        add(Method::NullMx, null_mx_word(one.state), Some(one.domain.to_string()));
    }
    for Outcome { result: one, .. } in others.dns_lists.iter().flat_map(|checked| &checked.entries) {
        let method = match one.color {
            dns_lists::Color::White => Method::Dnswl,
            dns_lists::Color::Black => Method::Dnsbl,
        };
        add(method, list_word(one), Some(one.zone.to_string()));
    }
    said
}

/// A domain that takes no mail fails as a sender.
fn null_mx_word(state: null_mx::State) -> &'static str {
    if state.takes_no_mail() { "fail" } else { "none" }
}

/// `pass` for an entry that speaks well of the message, `fail` for one that speaks against it.
fn list_word(entry: &dns_lists::Entry) -> &'static str {
    match (entry.verdict, entry.color) {
        (dns_lists::Verdict::Listed, dns_lists::Color::Black) => "fail",
        (verdict, _) => verdict.method_word(),
    }
}

fn verdict(seen: &Seen<'_>) -> Verdict {
    let verdict = seen.verdict;
    let others = seen.way_in.map(mailtext::Explain::id).into_iter().chain(seen.failure.map(mailtext::Explain::id));
    let reasons = verdict.reasons.iter().map(mailtext::Explain::id).chain(others);
    Verdict {
        disposition: match verdict.disposition {
            policy::Disposition::None => Disposition::None,
            policy::Disposition::Pass => Disposition::Pass,
            policy::Disposition::Quarantine => Disposition::Quarantine,
            policy::Disposition::Reject => Disposition::Reject,
        },
        overrides: verdict.overrides.iter().map(override_of).collect(),
        action: action_of(verdict.action),
        reply_code: verdict.reply.as_ref().map(|reply| u64::from(reply.code)),
        reasons: reasons.map(Into::into).collect(),
    }
}

pub(crate) fn action_of(action: policy::Action) -> Action {
    match action {
        policy::Action::Accept => Action::Accept,
        policy::Action::Label => Action::Label,
        policy::Action::Quarantine => Action::Quarantine,
        policy::Action::TempFail => Action::TempFail,
        policy::Action::Discard => Action::Discard,
        policy::Action::Reject => Action::Reject,
    }
}

fn override_of(why: &policy::Override) -> Override {
    let comment = (!why.comment.is_empty()).then(|| why.comment.as_str().into());
    Override { kind: OverrideKind::parse(why.kind.as_str()).unwrap_or_default(), comment }
}

/// The result of a word that a method says. Every word of every method has one: see the test.
fn result(word: &str) -> MethodResult {
    MethodResult::parse(word).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_known() {
        let spf = ["none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"];
        for word in spf {
            assert_eq!(result(word).as_str(), word);
        }
        for status in [
            dkim::adsp::Status::None,
            dkim::adsp::Status::Pass,
            dkim::adsp::Status::Unknown,
            dkim::adsp::Status::Fail,
            dkim::adsp::Status::Discard,
            dkim::adsp::Status::NxDomain,
            dkim::adsp::Status::TempError,
            dkim::adsp::Status::PermError,
        ] {
            assert_eq!(result(status.as_str()).as_str(), status.as_str());
        }
        for status in [
            dkim::domainkeys::Status::None,
            dkim::domainkeys::Status::Pass,
            dkim::domainkeys::Status::Fail,
            dkim::domainkeys::Status::Policy,
            dkim::domainkeys::Status::Neutral,
            dkim::domainkeys::Status::TempError,
            dkim::domainkeys::Status::PermError,
        ] {
            assert_eq!(result(status.as_str()).as_str(), status.as_str());
        }
        for bimi in ["pass", "none", "fail", "temperror", "declined", "skipped"] {
            assert_eq!(result(bimi).as_str(), bimi);
        }
        for kind in [
            policy::OverrideKind::Forwarded,
            policy::OverrideKind::TrustedForwarder,
            policy::OverrideKind::MailingList,
            policy::OverrideKind::LocalPolicy,
            policy::OverrideKind::PolicyTestMode,
            policy::OverrideKind::Other,
        ] {
            assert_eq!(override_of(&policy::Override::new(kind, "x")).kind.as_str(), kind.as_str());
        }
    }
}
