//! What the cases do not tell: fields and properties, failures of the n-th question, and what is never asked.

use std::sync::Arc;

use bimi::{
    Author, Bimi, BimiResult, Coverage, DmarcFacts, DmarcResult, EvidenceUse, FIELDS_TO_REMOVE, Message, Policy,
    Published, Reason, Roots, SelectorField, Settings, Shortfall, Step, Testing, evaluate,
};
use lookup::Lookup;
use lookup::chaos::Chaos;
use lookup::fetch::{Disabled, FetchFailure, Fetched, HttpsUrl, Shelf};
use mailtext::authres::LineEnd;
use mailtext::{Domain, Outcome};
use testkit::block_on;

use crate::forge::{LIST_URL, List, Mark, NOW_S, SVG, gzip};

const LOGO: &str = "https://a.example/l.svg";
const MARK: &str = "https://a.example/m.pem";

fn strong(domain: &str) -> DmarcFacts {
    let record = Published {
        domain: Domain::parse(domain).unwrap(),
        policy: Policy::Reject,
        subdomain_policy: None,
        testing: Testing::Off,
    };
    DmarcFacts { result: DmarcResult::Pass, author: Some(record.clone()), organizational: Some(record) }
}

fn message<'a>(local_part: &str, domain: &str, selectors: &'a [SelectorField<'a>]) -> Message<'a> {
    let domain = Domain::parse(domain).unwrap();
    let organizational = Domain::parse("example.jp").unwrap();
    let author = Author { local_part: local_part.into(), domain, organizational };
    Message { author: Some(author), selectors, dmarc: strong("example.jp") }
}

fn put(shelf: &mut Shelf, url: &str, bytes: impl Into<Box<[u8]>>) {
    shelf.put(HttpsUrl::parse(url).unwrap(), Fetched::document(bytes, None));
}

/// A shelf with indicator, evidence and list, and the settings that trust it.
fn stocked() -> (Shelf, Settings) {
    let forged = Mark::default().forge();
    let mut shelf = Shelf::new();
    put(&mut shelf, LOGO, SVG.as_bytes());
    put(&mut shelf, MARK, forged.document().into_bytes());
    put(&mut shelf, LIST_URL, forged.list(&List::default()));
    (shelf, Settings { evidence: EvidenceUse::Required, roots: Arc::new(forged.roots()) })
}

fn run<L: Lookup + Sync>(lookup: &L, shelf: &Shelf, settings: &Settings) -> Outcome<Bimi, Step> {
    block_on(evaluate(lookup, shelf, &message("news", "example.jp", &[]), settings, NOW_S))
}

const ZONE: &str =
    "default._bimi.example.jp TXT \"v=BIMI1; l=https://a.example/l.svg; a=https://a.example/m.pem; avp=brand\"\n";

#[test]
fn a_pass_with_evidence_is_written() {
    let (shelf, settings) = stocked();
    let bimi = run(&testkit::zone(ZONE), &shelf, &settings).result;
    assert_eq!((bimi.result, bimi.reason.clone()), (BimiResult::Pass, Reason::Evidence));
    let fields = bimi.fields(LineEnd::CrLf);
    let shown: Vec<_> = fields.iter().map(|field| (field.name, field.value.as_str())).collect();
    assert_eq!(shown[0], ("BIMI-Location", "v=BIMI1;\r\n l=https://a.example/l.svg;\r\n a=https://a.example/m.pem;"));
    assert_eq!(shown[1].0, "BIMI-Indicator");
    assert_eq!(shown[2], ("BIMI-Logo-Preference", "avp=brand;"));
    assert!(shown.iter().all(|(name, _)| FIELDS_TO_REMOVE.contains(name)));
    let (value, lines) = (&fields[1].value, fields[1].value.split("\r\n"));
    assert!(lines.clone().count() > 2 && lines.clone().all(|line| line.len() <= 78));
    assert!(lines.skip(1).all(|line| line.starts_with(' ')));
    assert_eq!(mailtext::encode::decode_base64_fws(value.as_bytes()), Ok(SVG.as_bytes().to_vec()));
    assert!(!bimi.fields(LineEnd::Lf).iter().any(|field| field.value.contains('\r')));
    let properties: Vec<_> = bimi
        .properties()
        .iter()
        .map(|one| format!("{}.{}={}", one.ptype.as_str(), one.name.as_str(), one.value))
        .collect();
    let hash = data_encoding::HEXLOWER.encode(bimi.indicator.unwrap().sha256());
    assert_eq!(
        properties,
        [
            "header.d=example.jp",
            "header.selector=default",
            "policy.authority=pass",
            "policy.authority-uri=https://a.example/m.pem",
            "policy.indicator-uri=https://a.example/l.svg",
            &format!("policy.indicator-hash={}", &hash[48..]),
            "policy.logo-preference=brand",
        ]
    );
}

#[test]
fn the_indicator_of_the_location_must_be_the_same() {
    let (mut shelf, settings) = stocked();
    let zone = testkit::zone(ZONE);
    put(&mut shelf, LOGO, gzip(SVG.as_bytes()));
    assert_eq!(run(&zone, &shelf, &settings).result.result, BimiResult::Pass);
    for other in [SVG.replace("Sekisho", "Other"), "x".into(), String::new()] {
        put(&mut shelf, LOGO, other.into_bytes());
        let bimi = run(&zone, &shelf, &settings).result;
        assert_eq!((bimi.result, bimi.reason.clone()), (BimiResult::Fail, Reason::IndicatorsDiffer));
        assert_eq!((bimi.fields(LineEnd::Lf), bimi.indicator), (vec![], None));
    }
    // The evidence document carries the indicator; that of the location may be absent, and is not named then.
    shelf.put(HttpsUrl::parse(LOGO).unwrap(), Fetched::Failed(FetchFailure::Timeout));
    let bimi = run(&zone, &shelf, &settings).result;
    assert_eq!(bimi.result, BimiResult::Pass);
    assert_eq!(bimi.fields(LineEnd::Lf)[0].value, "v=BIMI1;\n a=https://a.example/m.pem;");
}

#[test]
fn documents_that_do_not_come() {
    use FetchFailure as Failure;
    let zone = testkit::zone(ZONE);
    let (mut shelf, mut settings) = stocked();
    let table = [
        (Fetched::Status(404), BimiResult::Fail),
        (Fetched::Status(204), BimiResult::Fail),
        (Fetched::Status(429), BimiResult::TempError),
        (Fetched::Status(500), BimiResult::TempError),
        (Fetched::Failed(Failure::Timeout), BimiResult::TempError),
        (Fetched::Failed(Failure::NoAddress), BimiResult::TempError),
        (Fetched::Failed(Failure::Unreachable), BimiResult::TempError),
        (Fetched::Failed(Failure::Budget), BimiResult::TempError),
        (Fetched::Failed(Failure::NotOnTape), BimiResult::TempError),
        (Fetched::Failed(Failure::Tls), BimiResult::Fail),
        (Fetched::Failed(Failure::PrivateAddress), BimiResult::Fail),
        (Fetched::Failed(Failure::TooLarge), BimiResult::Fail),
        (Fetched::Failed(Failure::Redirect), BimiResult::Fail),
        (Fetched::Failed(Failure::Malformed), BimiResult::Fail),
        (Fetched::Failed(Failure::Disabled), BimiResult::Skipped),
    ];
    for (fetched, result) in &table {
        shelf.put(HttpsUrl::parse(MARK).unwrap(), fetched.clone());
        settings.evidence = EvidenceUse::WhenPresent;
        assert_eq!(run(&zone, &shelf, &settings).result.result, *result, "evidence {fetched:?}");
        shelf.put(HttpsUrl::parse(LOGO).unwrap(), fetched.clone());
        settings.evidence = EvidenceUse::Ignored;
        assert_eq!(run(&zone, &shelf, &settings).result.result, *result, "indicator {fetched:?}");
        put(&mut shelf, LOGO, SVG.as_bytes());
        let bimi = run(&zone, &shelf, &settings).result;
        assert_eq!((bimi.result, bimi.authority), (BimiResult::Pass, bimi::Authority::None));
    }
    let off = block_on(evaluate(&zone, &Disabled, &message("a", "example.jp", &[]), &settings, NOW_S));
    assert_eq!(off.result.result, BimiResult::Skipped);
}

/// Whatever question fails: the result stays, or it is temperror.
#[test]
fn no_failing_question_makes_a_result_stronger() {
    let zone = testkit::zone(
        "default._bimi.example.jp TXT \"v=BIMI1; l=https://a.example/l.svg; a=https://a.example/m.pem; lps=\"\nnews._bimi.example.jp TXT \"v=BIMI1; l=;\"\n",
    );
    let (shelf, settings) = stocked();
    let count = testkit::every_nth_failure(
        &zone,
        |lookup| {
            block_on(evaluate(lookup, &shelf, &message("news", "a.example.jp", &[]), &settings, NOW_S)).result.result
        },
        |whole, broken| broken == whole || *broken == BimiResult::TempError,
    );
    assert_eq!(count, 3);
}

#[test]
fn nothing_is_asked_of_messages_that_may_not_be_looked_at() {
    let (shelf, settings) = stocked();
    let zone = testkit::zone(ZONE);
    let lookup = Chaos::none(&zone);
    let mut none = message("a", "example.jp", &[]);
    none.author = None;
    let mut failed = message("a", "example.jp", &[]);
    failed.dmarc.result = DmarcResult::NoPass;
    for (message, shortfall) in [(none, Shortfall::Author), (failed, Shortfall::NoPass)] {
        let outcome = block_on(evaluate(&lookup, &shelf, &message, &settings, NOW_S));
        assert_eq!((outcome.result.result, outcome.result.reason), (BimiResult::Skipped, Reason::Shortfall(shortfall)));
        assert_eq!(outcome.evidence.len(), 1);
    }
    assert_eq!(lookup.asked_count(), 0);
}

#[test]
fn names_that_are_too_long_have_no_record() {
    let (shelf, settings) = stocked();
    let field = format!("v=BIMI1; s={}", ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(60)].join("."));
    let fields = [SelectorField { value: field.as_bytes(), coverage: Coverage::Signed }];
    let message = message("a", "example.jp", &fields);
    let outcome = block_on(evaluate(&testkit::zone(ZONE), &shelf, &message, &settings, NOW_S));
    assert_eq!(outcome.result.result, BimiResult::None);
    assert!(outcome.evidence.iter().any(|step| matches!(step, Step::NameTooLong { .. })));
}

#[test]
fn without_roots_no_evidence_holds() {
    let (shelf, _) = stocked();
    let settings = Settings { evidence: EvidenceUse::WhenPresent, roots: Arc::new(Roots::default()) };
    let bimi = run(&testkit::zone(ZONE), &shelf, &settings).result;
    assert_eq!((bimi.result, bimi.authority), (BimiResult::Fail, bimi::Authority::Fail));
}

#[test]
fn long_urls_are_not_written() {
    let (mut shelf, mut settings) = stocked();
    settings.evidence = EvidenceUse::Ignored;
    for (length, written) in [(899, true), (900, true), (901, false)] {
        let url = format!("https://a.example/{}", "x".repeat(length - 18));
        put(&mut shelf, &url, SVG.as_bytes());
        let cut = url.split_at(200);
        let zone = testkit::zone(&format!(
            "default._bimi.example.jp TXT \"v=BIMI1; l={}\" {}\n",
            cut.0,
            cut.1
                .as_bytes()
                .chunks(200)
                .map(|part| format!("\"{}\" ", std::str::from_utf8(part).unwrap()))
                .collect::<String>()
        ));
        let fields = run(&zone, &shelf, &settings).result.fields(LineEnd::Lf);
        assert_eq!(fields.iter().any(|field| field.name == "BIMI-Location"), written, "{length}");
        assert!(fields.iter().any(|field| field.name == "BIMI-Indicator"));
    }
}
