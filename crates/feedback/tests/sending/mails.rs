//! Mails that carry reports, and what failure reports say.

use std::io::Read;
use std::net::IpAddr;

use feedback::Word;
use feedback::failure::incident::{
    DeliveryResult, DkimFact, DkimFailure, DmarcFact, Incident, Occasion, SpfFact, Witness,
};
use feedback::failure::throttle::{Decision, Likeness, Rate, Rates, Throttle, is_drawn};
use feedback::failure::{AuthFailure, Failure, write};
use feedback::limits::{THROTTLE_ALIKE_COUNT_MAX, THROTTLE_DESTINATION_COUNT_MAX};
use feedback::mail::{Attachment, Letter, Sender};
use feedback::redact::{Redaction, ShownFields};
use mailtext::mime::walk;
use mailtext::{Domain, Headers};
use proptest::prelude::*;
use report::row::{AlignedPass, FailureOptions, FailureWhen, Wanted};
use report::vocabulary::{Aligned, MethodResult};

use crate::samples::{DAY_S, name};

fn sender() -> Sender {
    Sender {
        address: "dmarc-reports@receiver.example".into(),
        name: Some("関所 \"DMARC\"".into()),
        message_id_domain: name("receiver.example"),
    }
}

/// What every mail must be: ASCII, CRLF, lines that fit.
fn check_lines(bytes: &[u8]) {
    assert!(bytes.is_ascii());
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(text.ends_with("\r\n"));
    for line in text.strip_suffix("\r\n").unwrap().split("\r\n") {
        assert!(line.len() <= 998 && !line.contains(['\r', '\n']), "{line:?}");
    }
}

fn value(headers: &Headers<'_>, name: &str) -> String {
    let values: Vec<_> = headers.named(name).collect();
    assert_eq!(values.len(), 1, "{name}");
    String::from_utf8(values[0].unfolded()).unwrap()
}

#[test]
fn a_mail_with_a_file() {
    let subject =
        ["Report Domain: example.jp", "Submitter: mx.receiver.example", "Report-ID: <abc>"].map(str::to_owned);
    let packed: Vec<u8> = (0..=255).cycle().take(1000).collect();
    let file = Attachment { name: "r!d!1!2!abc.xml.gz", media_type: "application/gzip", bytes: &packed };
    for text in ["A report.\nSecond line.\n", "集計レポートです。", ""] {
        let letter = Letter::with_file(&subject, text, file, DAY_S);
        let bytes = letter.to_bytes(&sender(), "dmarc@example.jp", "0123");
        assert_eq!(bytes, letter.to_bytes(&sender(), "dmarc@example.jp", "0123"), "the same again");
        check_lines(&bytes);
        let headers = Headers::parse(&bytes);
        assert_eq!(
            value(&headers, "subject"),
            "Report Domain: example.jp Submitter: mx.receiver.example Report-ID: <abc>"
        );
        assert_eq!(value(&headers, "date"), "Sun, 22 Nov 2026 00:00:00 +0000");
        assert_eq!(value(&headers, "message-id"), "<0123@receiver.example>");
        assert_eq!(value(&headers, "auto-submitted"), "auto-generated");
        assert_eq!(value(&headers, "to"), "dmarc@example.jp");
        assert!(value(&headers, "from").ends_with("<dmarc-reports@receiver.example>"));
        assert_eq!(headers.named("precedence").count(), 0);
        let body = &bytes[headers.body_start()..];
        let (parts, flaws) = walk(headers, body);
        assert_eq!((parts.len(), flaws.len()), (3, 0));
        assert_eq!(parts[0].content_type.kind, "multipart/mixed");
        assert_eq!(parts[1].text().replace("\r\n", "\n").trim_end(), text.trim_end());
        assert_eq!(parts[2].content_type.kind, "application/gzip");
        assert_eq!(parts[2].file_name().as_deref(), Some("r!d!1!2!abc.xml.gz"));
        assert_eq!(&*parts[2].decoded(), packed.as_slice());
    }
}

#[test]
fn a_text_alone_in_any_language() {
    let japanese = "example.jp の DMARC の状況です。\n\n- 正規のメールは pass となっています。\n".repeat(20);
    let english = format!("one line\n{}\n.\n", "word ".repeat(15));
    let quoted = format!("the policy was “p=none” and is now “p=reject”\n{english}");
    let endless = "x".repeat(2_000);
    for (text, encoding) in [
        (english.as_str(), "7bit"),
        (&quoted, "quoted-printable"),
        (&japanese, "base64"),
        (&endless, "quoted-printable"),
        ("a\u{0}b\n", "quoted-printable"),
        ("", "7bit"),
    ] {
        for subject in [
            "short".to_owned(),
            "DMARC 警告: example.jp に新しい送信元があります".repeat(4),
            "a subject of many words ".repeat(9).trim_end().to_owned(),
        ] {
            let bytes = Letter::plain(&subject, text, DAY_S).to_bytes(&sender(), "postmaster@example.jp", "77");
            check_lines(&bytes);
            let headers = Headers::parse(&bytes);
            let shown = mailtext::encoded_word::decode(value(&headers, "subject").as_bytes());
            assert_eq!(shown, subject);
            assert!(bytes.split(|byte| *byte == b'\n').all(|line| line.len() <= 80), "lines that every reader likes");
            assert_eq!(value(&headers, "content-transfer-encoding"), encoding, "{text}");
            let body = &bytes[headers.body_start()..];
            let (parts, flaws) = walk(headers, body);
            assert_eq!((parts.len(), flaws.len()), (1, 0));
            assert_eq!(parts[0].text().replace("\r\n", "\n").trim_end(), text.trim_end());
        }
    }
    // Nothing in a subject ends its field.
    let bytes = Letter::plain("a\r\nBcc: x@y.example", "text", 0).to_bytes(&sender(), "a@b.example", "1");
    assert_eq!(Headers::parse(&bytes).named("bcc").count(), 0);
}

#[test]
fn nothing_in_a_mail_ends_a_field() {
    let subject = ["a\r\nBcc: x@y.example".to_owned()];
    let file = Attachment { name: "n", media_type: "application/gzip", bytes: b"" };
    let letter = Letter::with_file(&subject, "\u{0}\r\r\n.\n", file, u64::MAX);
    let from = Sender {
        address: "a@b.example\r\nBcc: q".into(),
        name: Some("n\r\nBcc: \u{7f}".into()),
        message_id_domain: name("b.example"),
    };
    let bytes = letter.to_bytes(&from, "c@d.example\r\nBcc: e", "i\n");
    check_lines(&bytes);
    assert_eq!(Headers::parse(&bytes).named("bcc").count(), 0);
}

struct World {
    author: Domain,
    other: Domain,
    selector: Domain,
}

fn world() -> World {
    World { author: name("example.jp"), other: name("example.net"), selector: name("key1") }
}

const HEADER: &[u8] =
    b"Received: from mail.example.net by mx for <taro@receiver.example>; Sun, 22 Nov 2026 00:00:00 +0000\r\n\
    From: Hanako <hanako@example.jp>\r\nTo: Taro <taro@receiver.example>\r\nSubject: secret\r\n\
    Message-ID: <1@example.jp>\r\n\r\nBody\r\n";

fn incident<'m>(world: &'m World, dkim: &'m [DkimFact<'m>], records: &'m [(&'m Domain, &'m str)]) -> Incident<'m> {
    Incident {
        arrival_s: i64::try_from(DAY_S).unwrap(),
        source: Some("2001:db8::25".parse().unwrap()),
        source_port: Some(40_000),
        mail_from: Some("bounce+taro=receiver.example@example.net"),
        rcpt_to: &[],
        envelope_id: Some("4QxZ"),
        header: HEADER,
        author: &world.author,
        delivery: Some(DeliveryResult::Reject),
        dmarc: Some(DmarcFact { result: MethodResult::Fail, spf: AlignedPass::Fail, dkim: AlignedPass::Fail }),
        spf: Some(SpfFact { domain: &world.other, result: MethodResult::Fail, aligned: Aligned::No, records }),
        dkim,
    }
}

fn fact<'m>(domain: &'m Domain, selector: &'m Domain, result: MethodResult, aligned: Aligned) -> DkimFact<'m> {
    DkimFact { domain, selector, identity: Some("hanako@example.jp"), result, failure: DkimFailure::BodyHash, aligned }
}

const WITNESS: Witness<'_> = Witness {
    authserv_id: "mx.receiver.example",
    reporting_mta: Some("mx.receiver.example"),
    user_agent: "sekisho/0.1",
};

fn redaction() -> Redaction {
    Redaction::new(b"a key of sixteen")
}

#[test]
fn when_a_report_is_wanted() {
    use AlignedPass::{Fail, Pass, Unknown};
    let world = world();
    let options = |when, dkim, spf| FailureOptions { when, dkim, spf };
    let wanted = |options: FailureOptions, spf, dkim, raw_spf, signature: Option<MethodResult>| {
        let facts: Vec<_> =
            signature.into_iter().map(|result| fact(&world.other, &world.selector, result, Aligned::No)).collect();
        let mut incident = incident(&world, &facts, &[]);
        incident.dmarc = Some(DmarcFact { result: MethodResult::Fail, spf, dkim });
        incident.spf.as_mut().unwrap().result = raw_spf;
        incident.wanted(options)
    };
    let (no, yes) = (Wanted::No, Wanted::Yes);
    let zero = options(FailureWhen::AllFailed, no, no);
    let one = options(FailureWhen::AnyFailed, no, no);
    let (passes, fails) = (MethodResult::Pass, MethodResult::Fail);
    for (spf, dkim, by_zero, by_one) in [
        (Fail, Fail, true, true),
        (Pass, Fail, false, true),
        (Fail, Pass, false, true),
        (Pass, Pass, false, false),
        (Unknown, Fail, false, true),
        (Unknown, Unknown, false, false),
    ] {
        assert_eq!(wanted(zero, spf, dkim, passes, None) == [Occasion::Dmarc], by_zero, "0: {spf:?} {dkim:?}");
        assert_eq!(wanted(one, spf, dkim, passes, None) == [Occasion::Dmarc], by_one, "1: {spf:?} {dkim:?}");
    }
    let both = options(FailureWhen::Unsaid, yes, yes);
    assert_eq!(
        wanted(both, Pass, Pass, fails, Some(fails)),
        [Occasion::Dkim(0), Occasion::Spf],
        "regardless of alignment"
    );
    assert_eq!(wanted(both, Fail, Fail, passes, Some(passes)), []);
    assert_eq!(
        wanted(both, Fail, Fail, MethodResult::TempError, Some(MethodResult::TempError)),
        [],
        "not known for now"
    );
    assert_eq!(
        wanted(options(FailureWhen::AllFailed, no, yes), Fail, Fail, fails, Some(fails)),
        [Occasion::Dmarc, Occasion::Spf]
    );
    assert_eq!(wanted(options(FailureWhen::Unsaid, no, no), Fail, Fail, fails, Some(fails)), []);
}

#[test]
fn what_a_dmarc_failure_report_says() {
    let world = world();
    let facts = [
        fact(&world.other, &world.selector, MethodResult::Fail, Aligned::No),
        fact(&world.author, &world.selector, MethodResult::Fail, Aligned::Strict),
    ];
    let records = [(&world.other, "v=spf1 exp=\"a\\b\" -all"), (&world.author, "v=spf1 -all")];
    let mut incident = incident(&world, &facts, &records);
    let told = incident.describe(Occasion::Dmarc, WITNESS, &redaction(), &ShownFields::default());
    assert_eq!(told.auth_failure, Word::Known(AuthFailure::Dmarc));
    assert_eq!(told.identity_alignment.as_deref(), Some("dkim, spf"));
    assert_eq!(told.authentication_results.as_deref(), Some("mx.receiver.example; dmarc=fail header.from=example.jp"));
    assert_eq!(
        (told.dkim_domain.as_deref(), told.dkim_selector.as_deref()),
        (Some("example.jp"), Some("key1")),
        "the aligned one"
    );
    assert_eq!(told.spf_dns.len(), 0, "SPF's identifier is not aligned");
    assert_eq!(told.delivery_result.as_deref(), Some("reject"));
    let identity = told.dkim_identity.clone().unwrap();
    assert!(identity.ends_with("@example.jp") && !identity.contains("hanako"), "{identity}");
    let path = told.mail_from.clone().unwrap();
    assert!(path.ends_with("@example.net") && !path.contains("taro"), "{path}");

    incident.spf.as_mut().unwrap().aligned = Aligned::Relaxed;
    incident.dmarc = Some(DmarcFact { result: MethodResult::Fail, spf: AlignedPass::Fail, dkim: AlignedPass::Pass });
    let told = incident.describe(Occasion::Dmarc, WITNESS, &redaction(), &ShownFields::default());
    assert_eq!(told.identity_alignment.as_deref(), Some("spf"));
    assert_eq!(
        *told.spf_dns,
        [r#"txt : example.net : "v=spf1 exp=\"a\\b\" -all""#.into(), r#"txt : example.jp : "v=spf1 -all""#.into()]
    );
    incident.dmarc = Some(DmarcFact { result: MethodResult::Pass, spf: AlignedPass::Pass, dkim: AlignedPass::Pass });
    let told = incident.describe(Occasion::Dmarc, WITNESS, &redaction(), &ShownFields::default());
    assert_eq!(told.identity_alignment.as_deref(), Some("none"));
}

#[test]
fn what_dkim_and_spf_failure_reports_say() {
    let world = world();
    for (failure, wanted) in [
        (DkimFailure::BodyHash, AuthFailure::BodyHash),
        (DkimFailure::Revoked, AuthFailure::Revoked),
        (DkimFailure::Signature, AuthFailure::Signature),
    ] {
        let facts = [DkimFact { failure, ..fact(&world.other, &world.selector, MethodResult::Fail, Aligned::No) }];
        let told =
            incident(&world, &facts, &[]).describe(Occasion::Dkim(0), WITNESS, &redaction(), &ShownFields::default());
        assert_eq!(told.auth_failure, Word::Known(wanted));
        assert_eq!(
            told.authentication_results.as_deref(),
            Some("mx.receiver.example; dkim=fail header.d=example.net header.s=key1")
        );
        assert_eq!((told.dkim_domain.as_deref(), told.dkim_selector.as_deref()), (Some("example.net"), Some("key1")));
        assert_eq!((told.identity_alignment, &*told.reported_domains), (None, ["example.net".into()].as_slice()));
    }
    let records = [(&world.other, "v=spf1 -all")];
    let told = incident(&world, &[], &records).describe(Occasion::Spf, WITNESS, &redaction(), &ShownFields::default());
    assert_eq!(told.auth_failure, Word::Known(AuthFailure::Spf));
    let results = told.authentication_results.unwrap();
    assert!(
        results.starts_with("mx.receiver.example; spf=fail smtp.mailfrom=") && !results.contains("taro"),
        "{results}"
    );
    assert_eq!(*told.spf_dns, ["txt : example.net : \"v=spf1 -all\"".into()]);
}

fn parts_of(letter: &Letter) -> Vec<(String, Vec<u8>)> {
    let bytes = letter.to_bytes(&sender(), "ruf@example.jp", "77");
    check_lines(&bytes);
    let headers = Headers::parse(&bytes);
    let body = &bytes[headers.body_start()..];
    let (parts, flaws) = walk(headers, body);
    assert_eq!(flaws, []);
    parts.iter().map(|part| (part.content_type.kind.clone(), part.decoded().into_owned())).collect()
}

#[test]
fn a_failure_report_as_mail_holds_nothing_that_is_private() {
    let world = world();
    let facts = [fact(&world.author, &world.selector, MethodResult::Fail, Aligned::Strict)];
    let told = incident(&world, &facts, &[]).describe(Occasion::Dmarc, WITNESS, &redaction(), &ShownFields::default());
    let letter = write::letter(&told, "認証に失敗したメールの報告です。", DAY_S);
    assert!(letter.content_type.starts_with("multipart/report; report-type=feedback-report;"));
    let parts = parts_of(&letter);
    let kinds: Vec<_> = parts.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["multipart/report", "text/plain", "message/feedback-report", "text/rfc822-headers"]);
    let fields = Headers::parse(&parts[2].1);
    for (field, wanted) in [
        ("feedback-type", "auth-failure"),
        ("version", "1"),
        ("user-agent", "sekisho/0.1"),
        ("auth-failure", "dmarc"),
        ("authentication-results", "mx.receiver.example; dmarc=fail header.from=example.jp"),
        ("identity-alignment", "dkim, spf"),
        ("source-ip", "IPv6:2001:db8::25"),
        ("source-port", "40000"),
        ("reported-domain", "example.jp"),
        ("arrival-date", "Sun, 22 Nov 2026 00:00:00 +0000"),
        ("delivery-result", "reject"),
        ("original-envelope-id", "4QxZ"),
        ("reporting-mta", "dns; mx.receiver.example"),
    ] {
        assert_eq!(value(&fields, field), wanted);
    }
    assert_eq!((fields.named("incidents").count(), fields.named("dkim-canonicalized-header").count()), (0, 0));
    let whole = letter.to_bytes(&sender(), "ruf@example.jp", "77");
    let whole = String::from_utf8(whole).unwrap();
    for private in ["hanako", "Hanako", "taro", "Taro", "secret", "Body"] {
        assert!(!whole.contains(private), "{private}");
    }
    assert!(String::from_utf8_lossy(&parts[3].1).contains("Message-ID: <1@example.jp>"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_failure_report_says_the_mail_is_sound(
        texts in prop::collection::vec("\\PC{0,40}|[\r\n\u{0}-\u{7f}]{0,40}|[a-z]{900,1100}", 12),
        header in prop::collection::vec(any::<u8>(), 0..300),
        cover in "\\PC{0,200}|[\r\n -~]{0,200}",
    ) {
        let text = |at: usize| Some(texts[at].as_str().into());
        let failure = Failure {
            feedback_type: texts[0].as_str().into(),
            user_agent: text(1),
            authentication_results: text(2),
            dkim_identity: text(3),
            spf_dns: vec![texts[4].as_str().into(), texts[5].as_str().into()],
            mail_from: text(6),
            rcpt_to: vec![texts[7].as_str().into()],
            envelope_id: text(8),
            reported_domains: vec![texts[9].as_str().into()],
            incidents: 7,
            original_header: Some(redaction().header(&header, &ShownFields::new(["from", "a", "subject"])).into_bytes().into()),
            ..Failure::default()
        };
        let letter = write::letter(&failure, &cover, DAY_S);
        let parts = parts_of(&letter);
        prop_assert_eq!(parts.len(), 4);
        prop_assert_eq!(Headers::parse(&parts[2].1).named("incidents").count(), 1);
        let once = Headers::parse(&parts[2].1).named("original-envelope-id").count();
        prop_assert_eq!(once, 1, "no text makes a further field");
    }
}

fn likeness(destination: &str, source: u32) -> Likeness {
    let failure = Failure { source: Some(IpAddr::V4(source.into())), ..Failure::default() };
    Likeness::of(&failure, [destination])
}

#[test]
fn what_looks_alike_is_folded_and_counted() {
    let mut throttle = Throttle::new(Rates::default());
    assert_eq!(throttle.offer(likeness("a@b.example", 1), 0), Decision::Report { incidents: 1 });
    for at in 1..50 {
        assert_eq!(throttle.offer(likeness("A@B.example", 1), at * 1000), Decision::Fold);
    }
    assert_eq!(throttle.offer(likeness("a@b.example", 2), 50_000), Decision::Report { incidents: 1 }, "another source");
    assert_eq!(throttle.offer(likeness("a@b.example", 1), 3_600_000), Decision::Report { incidents: 50 });
    assert_eq!(throttle.offer(likeness("a@b.example", 1), 7_200_000), Decision::Report { incidents: 1 });
}

#[test]
fn rates_hold_for_each_destination_and_for_all() {
    let rates = Rates {
        destination: Rate { burst: 3, interval_ms: 60_000 },
        all: Rate { burst: 5, interval_ms: 1_000 },
        alike_ms: 0,
    };
    let reported = |throttle: &mut Throttle, destination: &str, count: u32, now_ms| {
        let offers = (0..count).map(|source| throttle.offer(likeness(destination, source), now_ms));
        offers.filter(|decision| matches!(decision, Decision::Report { .. })).count()
    };
    let mut throttle = Throttle::new(rates);
    assert_eq!(reported(&mut throttle, "a@a.example", 10, 1_000_000), 3, "the destination's burst");
    assert_eq!(reported(&mut throttle, "b@b.example", 10, 1_000_000), 2, "the burst of all");
    assert_eq!(reported(&mut throttle, "c@c.example", 10, 1_000_000), 0);
    assert_eq!(reported(&mut throttle, "c@c.example", 10, 1_002_000), 2);
    assert_eq!(reported(&mut throttle, "a@a.example", 10, 1_059_999), 0);
    assert_eq!(reported(&mut throttle, "a@a.example", 10, 1_060_000), 1, "one more a minute");
    // Whatever happens, no more than burst and time allow; and every incident is counted once.
    let mut throttle = Throttle::new(rates);
    let (mut sent, mut incidents, mut offered) = (0_u64, 0_u64, 0_u64);
    let mut random = 7_u64;
    for at in 0..20_000_u64 {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let destination = format!("{}@x.example", (random >> 33) % 20);
        offered += 1;
        if let Decision::Report { incidents: told } = throttle.offer(likeness(&destination, 1), at * 50) {
            sent += 1;
            incidents += told;
        }
    }
    assert!(sent <= 5 + 1_000 && sent > 300, "{sent}");
    assert!(incidents <= offered && incidents > offered * 9 / 10, "{incidents}");
}

#[test]
fn a_report_to_several_destinations_takes_of_each_or_of_none() {
    let rates = Rates {
        destination: Rate { burst: 2, interval_ms: 60_000 },
        all: Rate { burst: 100, interval_ms: 1 },
        alike_ms: 0,
    };
    let mut throttle = Throttle::new(rates);
    let to = |destinations: &[&'static str]| Likeness::of(&Failure::default(), destinations.iter().copied());
    assert_eq!(to(&["b@x.example", "A@x.example", "a@X.example"]), to(&["a@x.example", "b@x.example"]), "no order");
    assert_eq!(throttle.offer(to(&["a@x.example"]), 1_000), Decision::Report { incidents: 1 });
    assert_eq!(throttle.offer(to(&["a@x.example", "b@x.example"]), 1_000), Decision::Report { incidents: 1 });
    assert_eq!(throttle.offer(to(&["b@x.example", "a@x.example"]), 1_000), Decision::Fold, "the one has none left");
    assert_eq!(
        throttle.offer(to(&["b@x.example"]), 1_000),
        Decision::Report { incidents: 1 },
        "of the other none was taken"
    );
    assert_eq!(throttle.offer(to(&["b@x.example"]), 1_000), Decision::Fold);
    assert_eq!(throttle.offer(to(&[]), 1_000), Decision::Report { incidents: 1 });
}

#[test]
fn the_throttle_itself_is_bounded() {
    let rates = Rates {
        destination: Rate { burst: 1, interval_ms: 1_000_000 },
        all: Rate { burst: 100_000_000, interval_ms: 1 },
        alike_ms: 1_000_000,
    };
    let mut throttle = Throttle::new(rates);
    let (mut reported, mut at) = (0, 0_u32);
    while at < u32::try_from(THROTTLE_DESTINATION_COUNT_MAX).unwrap() + 2 {
        let decision = throttle.offer(likeness(&format!("{at}@x.example"), 1), 1_000);
        reported += usize::from(decision == Decision::Report { incidents: 1 });
        at += 1;
    }
    assert_eq!(reported, THROTTLE_DESTINATION_COUNT_MAX, "at the limit, and not above");
    for source in 0..u32::try_from(THROTTLE_ALIKE_COUNT_MAX).unwrap() {
        throttle.offer(likeness("1@x.example", source + 2), 1_000);
    }
    assert!(throttle.forgotten() > 0);
    assert_eq!(
        throttle.offer(likeness("new@x.example", 1), 3_000_000),
        Decision::Report { incidents: 1 },
        "time heals"
    );
}

#[test]
fn so_many_in_a_hundred_are_drawn() {
    for (percentage, wanted) in [(0, 0), (1, 1), (25, 25), (99, 99), (100, 100)] {
        assert_eq!((0..100).filter(|random| is_drawn(percentage, *random)).count(), wanted);
    }
}

/// The file of a whole mail unpacks to the report.
#[test]
fn the_file_is_the_report() {
    let packed = {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        std::io::Write::write_all(&mut packed, b"<feedback/>").unwrap();
        packed.finish().unwrap()
    };
    let file = Attachment { name: "x.xml.gz", media_type: "application/gzip", bytes: &packed };
    let letter = Letter::with_file(&["s".to_owned()], "t", file, DAY_S);
    let parts = parts_of(&letter);
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(parts[2].1.as_slice()).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, "<feedback/>");
}
