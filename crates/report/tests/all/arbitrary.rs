//! Arbitrary rows.

use dmarc::record::{FailureOptions, FailureWhen, Mode, Testing, Wanted};
use dmarc::{DmarcResult, Policy, PolicyTag};
use mailtext::Domain;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use report::row::*;
use report::vocabulary::*;
use report::{Row, RowId};
use testkit::arbitrary::{domain, host};

/// One of few domains, so that questions find something, or any.
pub(crate) fn some_domain() -> impl Strategy<Value = Domain> {
    let few = ["example.jp", "mail.example.jp", "example.jp.example", "example-x.jp", "xn--eckwd4c7c.jp"];
    prop_oneof![
        6 => select(few.to_vec()).prop_map(|name| Domain::parse(name).unwrap()),
        1 => host(),
        1 => domain(),
    ]
}

pub(crate) fn text() -> impl Strategy<Value = Box<str>> {
    prop_oneof!["[a-z0-9]{0,3}", "\\PC{0,30}"].prop_map(String::into_boxed_str)
}

pub(crate) fn result() -> impl Strategy<Value = MethodResult> {
    select(MethodResult::ALL.to_vec())
}

pub(crate) fn ip() -> impl Strategy<Value = std::net::IpAddr> {
    let few = ["192.0.2.1", "192.0.2.200", "::ffff:192.0.2.1", "2001:db8::1", "2001:db8:0:1::1"];
    prop_oneof![3 => select(few.to_vec()).prop_map(|ip| ip.parse().unwrap()), 1 => any::<std::net::IpAddr>()]
}

pub(crate) fn address() -> impl Strategy<Value = Address> {
    prop_oneof![text().prop_map(Address::Text), any::<[u8; 16]>().prop_map(Address::Hash), Just(Address::Withheld)]
}

/// Ids within a few days, several in one millisecond.
pub(crate) fn id() -> impl Strategy<Value = RowId> {
    (0..200_u64, 0..3_u16, 0..3_u16).prop_map(|(hours, site, sequence)| {
        RowId::new(1_780_000_000_000 + hours * 1_799_999, report::Site::new(site).unwrap(), sequence)
    })
}

pub(crate) fn row() -> impl Strategy<Value = Row> {
    let head = (id(), select(vec!["", "a", "b"]), select(Direction::ALL.to_vec()), of(text()), client(), envelope());
    let results = (message(), spf(), vec(signature(), 0..4), dmarc_of(), of(arc()), vec(other(), 0..3));
    let end = (verdict(), vec((some_domain(), host()), 0..3), 0..5_000_000_u64, 0..3_u64);
    (head, results, end).prop_map(|(head, results, end)| Row {
        id: head.0,
        tenant: head.1.into(),
        direction: head.2,
        queue_id: head.3,
        client: head.4,
        envelope: head.5,
        message: results.0,
        spf: results.1,
        dkim: results.2,
        dmarc: results.3,
        arc: results.4,
        others: results.5,
        verdict: end.0,
        signed: end.1.into_iter().map(|(domain, selector)| Signed { domain, selector }).collect(),
        latency_us: end.2,
        omitted: end.3,
    })
}

fn client() -> impl Strategy<Value = Client> {
    (of(ip()), of(text()), of(text()), of(address())).prop_map(|(ip, name, helo, user)| Client { ip, name, helo, user })
}

fn envelope() -> impl Strategy<Value = Envelope> {
    (of(address()), of(some_domain()), any::<u32>(), vec(some_domain(), 0..3)).prop_map(|parts| Envelope {
        mail_from: parts.0,
        mail_from_domain: parts.1,
        recipient_count: u64::from(parts.2),
        recipient_domains: parts.3,
    })
}

fn message() -> impl Strategy<Value = Message> {
    (any::<u32>(), any::<u32>(), of(select(vec![[0; 16], [7; 16]])), select(Spam::ALL.to_vec())).prop_map(|parts| {
        let (size_bytes, header_bytes) = (u64::from(parts.0), u64::from(parts.1));
        Message { size_bytes, header_bytes, message_id: parts.2, spam: parts.3 }
    })
}

fn spf() -> impl Strategy<Value = Spf> {
    let check = || of((of(some_domain()), result()).prop_map(|(domain, result)| SpfCheck { domain, result }));
    (check(), check()).prop_map(|(mail_from, helo)| Spf { mail_from, helo })
}

fn signature() -> impl Strategy<Value = Signature> {
    let algorithm = select(Algorithm::ALL.to_vec());
    (of(some_domain()), of(host()), result(), algorithm, of(any::<u64>()), of(text())).prop_map(|parts| Signature {
        domain: parts.0,
        selector: parts.1,
        result: parts.2,
        algorithm: parts.3,
        key_bits: parts.4,
        problem: parts.5,
    })
}

fn dmarc_result() -> impl Strategy<Value = DmarcResult> {
    use DmarcResult::{Fail, None, Pass, PermError, TempError};
    select(vec![Pass, Fail, None, TempError, PermError])
}

fn policy() -> impl Strategy<Value = Policy> {
    select(vec![Policy::None, Policy::Quarantine, Policy::Reject])
}

fn dmarc_of() -> impl Strategy<Value = Dmarc> {
    (dmarc_result(), vec(evaluation(), 0..3)).prop_map(|(result, authors)| Dmarc { result, authors })
}

fn evaluation() -> impl Strategy<Value = Evaluation> {
    let aligned = || select(Aligned::ALL.to_vec());
    let pass = || select(vec![dmarc::Aligned::Pass, dmarc::Aligned::Fail, dmarc::Aligned::Unknown]);
    let first = (some_domain(), dmarc_result(), of(published()), aligned(), vec(aligned(), 0..4));
    (first, pass(), pass(), policy(), of(text())).prop_map(|(first, spf, dkim, wanted, reason)| Evaluation {
        author: first.0,
        result: first.1,
        published: first.2,
        spf: first.3,
        dkim: first.4,
        spf_aligned_pass: spf,
        dkim_aligned_pass: dkim,
        wanted,
        reason,
    })
}

fn published() -> impl Strategy<Value = Published> {
    let mode = || select(vec![Mode::Relaxed, Mode::Strict]);
    let wanted = || select(vec![Wanted::No, Wanted::Yes]);
    let tag = select(vec![PolicyTag::P, PolicyTag::Sp, PolicyTag::Np, PolicyTag::Defective]);
    let when = select(vec![FailureWhen::AllFailed, FailureWhen::AnyFailed, FailureWhen::Unsaid]);
    let policies = (some_domain(), policy(), of(policy()), of(policy()), tag);
    let how =
        (select(vec![Testing::Off, Testing::On]), select(vec![dmarc::Method::TreeWalk, dmarc::Method::SuffixList]));
    (policies, mode(), mode(), (when, wanted(), wanted()), how, wanted()).prop_map(
        |(policies, a, s, fo, how, reports)| Published {
            domain: policies.0,
            policy: policies.1,
            subdomain_policy: policies.2,
            nonexistent_policy: policies.3,
            applied: policies.4,
            dkim_mode: a,
            spf_mode: s,
            failure_options: FailureOptions { when: fo.0, dkim: fo.1, spf: fo.2 },
            testing: how.0,
            discovery: how.1,
            reports,
        },
    )
}

fn arc() -> impl Strategy<Value = Arc> {
    (result(), vec(some_domain(), 0..3), of(0..50_u64)).prop_map(|(result, sealers, oldest_pass)| Arc {
        result,
        sealers,
        oldest_pass,
    })
}

fn other() -> impl Strategy<Value = MethodOutcome> {
    (select(Method::ALL.to_vec()), result(), of(text())).prop_map(|(method, result, subject)| MethodOutcome {
        method,
        result,
        subject,
    })
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let reason =
        (select(OverrideKind::ALL.to_vec()), of(text())).prop_map(|(kind, comment)| Override { kind, comment });
    let (disposition, action) = (select(Disposition::ALL.to_vec()), select(Action::ALL.to_vec()));
    (disposition, vec(reason, 0..3), action, of(400..560_u64), vec(text(), 0..3)).prop_map(|parts| Verdict {
        disposition: parts.0,
        overrides: parts.1,
        action: parts.2,
        reply_code: parts.3,
        reasons: parts.4,
    })
}
