//! Rows to begin with.

use std::net::IpAddr;

use feedback::period::{Division, Period};
use feedback::reporter::Reporter;
use mailtext::Domain;
use report::row::*;
use report::vocabulary::*;
use report::{Row, RowId, Site};

/// 2026-11-22T00:00:00Z.
pub(crate) const DAY_S: u64 = 1_795_305_600;

pub(crate) fn period() -> Period {
    Period::containing(DAY_S, Division::Day)
}

pub(crate) fn name(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

pub(crate) fn reporter() -> Reporter {
    Reporter {
        domain: name("mx.receiver.example"),
        organization: "Receiver & Söhne <GmbH>".into(),
        email: "postmaster@receiver.example".into(),
        contact: Some("https://receiver.example/dmarc?a=1&b=2".into()),
        generator: Some("sekisho/0.1".into()),
    }
}

pub(crate) fn published(domain: &str, policy: Policy) -> Published {
    Published {
        domain: name(domain),
        policy,
        subdomain_policy: None,
        nonexistent_policy: None,
        applied: PolicyTag::P,
        dkim_mode: Mode::Relaxed,
        spf_mode: Mode::Relaxed,
        failure_options: FailureOptions::default(),
        testing: Testing::Off,
        discovery: Discovery::TreeWalk,
        reports: Wanted::Yes,
    }
}

/// A message of `author` that failed under `p=reject` of `example.jp`, and was refused for that.
pub(crate) fn failed(second: u64, author: &str, ip: &str) -> Row {
    let mut row = Row::new(RowId::new((DAY_S + second) * 1000, Site::default(), 0), Direction::In);
    row.client.ip = Some(ip.parse::<IpAddr>().unwrap());
    row.envelope.mail_from = Some(Address::Withheld);
    row.envelope.mail_from_domain = Some(name("bounces.example.net"));
    row.envelope.recipient_domains = vec![name("receiver.example")];
    row.spf.mail_from = Some(SpfCheck { domain: Some(name("bounces.example.net")), result: MethodResult::Pass });
    row.dkim = vec![signature("example.net", "s1", MethodResult::Pass)];
    row.dmarc.result = DmarcResult::Fail;
    row.dmarc.authors = vec![Evaluation {
        author: name(author),
        result: DmarcResult::Fail,
        published: Some(published("example.jp", Policy::Reject)),
        spf: Aligned::No,
        dkim: vec![Aligned::No],
        spf_aligned_pass: AlignedPass::Fail,
        dkim_aligned_pass: AlignedPass::Fail,
        wanted: Policy::Reject,
        reason: None,
    }];
    row.verdict.disposition = Disposition::Reject;
    row.verdict.action = Action::Reject;
    row
}

/// A message that passed by an aligned signature.
pub(crate) fn passed(second: u64, author: &str, ip: &str) -> Row {
    let mut row = failed(second, author, ip);
    row.dkim = vec![signature("example.jp", "key1", MethodResult::Pass)];
    row.dmarc.result = DmarcResult::Pass;
    let evaluation = &mut row.dmarc.authors[0];
    evaluation.result = DmarcResult::Pass;
    evaluation.dkim = vec![Aligned::Relaxed];
    evaluation.dkim_aligned_pass = AlignedPass::Pass;
    evaluation.wanted = Policy::None;
    row.verdict.disposition = Disposition::Pass;
    row.verdict.action = Action::Accept;
    row
}

pub(crate) fn signature(domain: &str, selector: &str, result: MethodResult) -> Signature {
    Signature {
        domain: Some(name(domain)),
        selector: Some(name(selector)),
        result,
        algorithm: Algorithm::RsaSha256,
        key_bits: Some(2048),
        problem: None,
    }
}
