//! Reporting addresses of RFC 6651.

use dkim::Options;
use dkim::reporting::{self, Occasion, ReportFlaw, Reporting, Reports, Step, Wish};
use lookup::Zone;
use lookup::log::Log;
use mailtext::{Explain, Outcome};

use crate::{cases, forge};

fn signed(domain: &str, extra: &str) -> Vec<u8> {
    sign(b"From: a@example.jp\r\n\r\nhello\r\n", domain, extra)
}

fn sign(message: &[u8], domain: &str, extra: &str) -> Vec<u8> {
    forge::sign(message, "ed25519", &format!("v=1; a=ed25519-sha256; d={domain}; s=ed; h=from; {extra}"))
}

fn broken(message: &[u8]) -> Vec<u8> {
    cases::replace(message, b"hello", b"changed")
}

fn zone(report: &str) -> Zone {
    let key = mailtext::encode::encode_base64(&forge::key("ed25519").public_key());
    testkit::zone(&format!(
        "ed._domainkey.example.jp. 60 TXT \"v=DKIM1; k=ed25519; p={key}\"\n\
         _report._domainkey.example.jp. 60 TXT \"{report}\"\n"
    ))
}

fn wishes(zone: &Zone, message: &[u8]) -> Vec<Outcome<Reporting, Step>> {
    testkit::block_on(async {
        let verifications = dkim::verify(zone, message, Options::default(), 1_700_000_000).await;
        reporting::wishes(zone, &verifications).await
    })
}

fn wish(report: &str, message: &[u8]) -> Option<Wish> {
    wishes(&zone(report), message).first().unwrap().result.wish.clone()
}

#[test]
fn a_failure_that_is_asked_for_is_confirmed() {
    let wish =
        wish("ra=dkim=2Dreports; rp=25; rr=v:x; rs=See=20https://example.jp/", &broken(&signed("example.jp", "r=y;")));
    let wish = wish.unwrap();
    assert_eq!(wish.address.as_deref(), Some("dkim-reports@example.jp"));
    assert_eq!((wish.percentage.get(), wish.occasions), (25, vec![Occasion::Verification]));
    assert_eq!(wish.error_text.as_deref(), Some("See https://example.jp/"));
}

#[test]
fn nothing_is_asked_without_a_reason() {
    for message in
        [signed("example.jp", "r=y;"), broken(&signed("example.jp", "")), broken(&signed("example.jp", "r=n;"))]
    {
        assert_eq!(wishes(&zone("ra=x"), &message), vec![]);
    }
}

#[test]
fn what_the_record_decides() {
    let message = broken(&signed("example.jp", "r=y;"));
    for (report, wanted) in [
        ("ra=x", Some("x@example.jp")),
        ("ra=x; rr=d:v", Some("x@example.jp")),
        ("ra=x; rr=all", Some("x@example.jp")),
        ("ra=x; rr=d:x", None),
        ("ra=x; rr=future", None),
        // Syntax that is not valid ends the matter.
        ("ra=x; rp=101", None),
        ("ra=x@evil.example", None),
        ("ra=", None),
        ("ra=x, y", None),
        ("ra=x; ra=y", None),
        // No address, no report; percentage and occasions are ignored then.
        ("rp=5; rr=x", None),
    ] {
        assert_eq!(wish(report, &message).and_then(|wish| wish.address).as_deref(), wanted, "{report}");
    }
    let text_only = wish("rr=x; rs=no", &message).unwrap();
    assert_eq!((text_only.address, text_only.error_text.as_deref()), (None, Some("no")));
}

#[test]
fn several_records_or_a_failure_end_the_matter() {
    let message = broken(&signed("example.jp", "r=y;"));
    let name = testkit::domain("_report._domainkey.example.jp");
    let mut several = zone("ra=x");
    several.add(&name, lookup::Data::txt("ra=y"), 60);
    let mut failing = zone("ra=x");
    failing.fail(&name, None, lookup::Failure::ServFail);
    let mut none = zone("ra=x");
    none.remove(&name, lookup::Kind::Txt);
    for (zone, id) in
        [(several, "dkim-report-several"), (failing, "dkim-report-lookup-failed"), (none, "dkim-report-no-record")]
    {
        let outcomes = wishes(&zone, &message);
        assert_eq!(outcomes[0].result.wish, None);
        assert_eq!(outcomes[0].evidence.last().unwrap().id(), id);
    }
}

#[test]
fn occasions_of_signatures() {
    let message = broken(&signed("example.jp", "r=y; new=1;"));
    assert_eq!(wish("ra=x; rr=u", &message).unwrap().occasions, [Occasion::Unknown]);
    assert_eq!(wish("ra=x", &message).unwrap().occasions, [Occasion::Verification, Occasion::Unknown]);
    assert_eq!(wish("ra=x; rr=x", &signed("example.jp", "r=y; x=5;")).unwrap().occasions, [Occasion::Expired]);
    assert_eq!(wish("ra=x; rr=s", &signed("example.jp", "r=y; q=http;")).unwrap().occasions, [Occasion::Syntax]);
    let no_key = cases::replace(&signed("example.jp", "r=y;"), b"s=ed", b"s=no");
    assert_eq!(wish("ra=x; rr=d", &no_key).unwrap().occasions, [Occasion::Dns]);
}

/// RFC 6651 §3.3: one report to a domain, and a bound overall.
#[test]
fn each_domain_is_asked_once_and_few_are() {
    let max = dkim::limits::REPORT_DOMAIN_COUNT_MAX;
    let mut message = b"From: a@example.jp\r\n\r\nhello\r\n".to_vec();
    for count in 1..=max + 1 {
        message = sign(&message, &format!("d{count}.example"), "r=y;");
        message = if count == 1 { sign(&message, "d1.example", "r=y;") } else { message };
        let zone = Log::new(Zone::new());
        let outcomes = testkit::block_on(async {
            let verifications = dkim::verify(zone.inner(), &message, Options::default(), 0).await;
            reporting::wishes(&zone, &verifications).await
        });
        assert_eq!(zone.questions().len(), count.min(max));
        let enough = outcomes.iter().filter(|outcome| outcome.evidence == [Step::Enough]).count();
        assert_eq!(enough, outcomes.len() - count.min(max));
    }
}

#[test]
fn flaws_of_records() {
    let flaws = |text: &str| Reports::parse(text.as_bytes()).1.iter().map(|flaw| flaw.kind).collect::<Vec<_>>();
    assert_eq!(flaws("ra=reports; rp=0; rr=d:o:p:s:u:v:x:all; rs=a=3Bb; z=unknown"), []);
    assert_eq!(flaws("ra=a=Z1"), [ReportFlaw::Address]);
    assert_eq!(flaws("ra=\"a=20b\"; rp=x"), [ReportFlaw::Percentage]);
    for not_local in ["a@b", "a>", "a(b)", "a,b", "@x:y", "\"a\"b", "a=0D=0Ab", "a=00"] {
        assert_eq!(flaws(&format!("ra={not_local}")), [ReportFlaw::Address], "{not_local}");
    }
    assert_eq!(flaws("ra=x; rp=1000"), [ReportFlaw::Percentage]);
    assert_eq!(flaws("ra=x; rr=v:z"), [ReportFlaw::Request]);
    assert_eq!(flaws("ra=x; rs="), [ReportFlaw::ErrorText]);
    assert_eq!(flaws("rp=3"), [ReportFlaw::WithoutAddress]);
    assert_eq!(flaws("x"), [ReportFlaw::TagList(mailtext::TagFlaw::NoEquals)]);
    let long = |length: usize| flaws(&format!("ra=x; n={}", "x".repeat(length - 8)));
    let max = dkim::limits::PRACTICE_RECORD_BYTES_MAX;
    assert_eq!((long(max - 1), long(max), long(max + 1)), (vec![], vec![], vec![ReportFlaw::TooLong]));
}
