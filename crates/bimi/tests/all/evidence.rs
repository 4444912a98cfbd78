//! Evidence documents made up for the purpose, one fault at a time.

use bimi::evidence::{Revocation, RevocationDoubt, validate};
use bimi::{Author, Evidence, MarkType, Roots, RootsError, Selector, limits};
use lookup::fetch::{FetchFailure, Fetched, HttpsUrl, Shelf};
use mailtext::{Domain, Explain, Outcome};
use rcgen::{BasicConstraints, CrlScope, IsCa, KeyUsagePurpose};
use testkit::block_on;

use crate::forge::{
    EARLIER_S, Forged, LATER_S, LIST_URL, List, MARK_TYPE, MARK_USAGE, Mark, NOW_S, SERVER_USAGE, SVG, der, gzip,
    image, logotype, logotype_of, logotype_of_images, timestamps,
};

fn author(domain: &str, organizational: &str) -> Author {
    let parse = |text| Domain::parse(text).unwrap();
    Author { local_part: "news".into(), domain: parse(domain), organizational: parse(organizational) }
}

fn shelf(list: Option<Vec<u8>>) -> Shelf {
    let mut shelf = Shelf::new();
    let fetched = list.map_or(Fetched::Status(404), |list| Fetched::document(list, None));
    shelf.put(HttpsUrl::parse(LIST_URL).unwrap(), fetched);
    shelf
}

/// The evidence, and the ids of the flaws.
fn judged(
    forged: &Forged,
    shelf: &Shelf,
    author: &Author,
    selector: &str,
    now_s: u64,
) -> (Option<Evidence>, Vec<&'static str>) {
    judged_document(forged.document().as_bytes(), &forged.roots(), shelf, author, selector, now_s)
}

fn judged_document(
    document: &[u8],
    roots: &Roots,
    shelf: &Shelf,
    author: &Author,
    selector: &str,
    now_s: u64,
) -> (Option<Evidence>, Vec<&'static str>) {
    let selector = Selector::parse(selector).unwrap();
    let Outcome { result, evidence } = block_on(validate(shelf, document, author, &selector, roots, now_s));
    let ids = evidence.iter().map(Explain::id);
    (result, ids.filter(|id| !["bimi-fetched", "bimi-not-fetched", "bimi-evidence-valid"].contains(id)).collect())
}

fn usual(forged: &Forged) -> (Option<Evidence>, Vec<&'static str>) {
    judged(forged, &shelf(Some(forged.list(&List::default()))), &author("example.jp", "example.jp"), "default", NOW_S)
}

#[test]
fn a_sound_document_holds() {
    let (evidence, flaws) = usual(&Mark::default().forge());
    assert_eq!(flaws, [""; 0]);
    let evidence = evidence.unwrap();
    assert_eq!(evidence.indicator.svg(), SVG.as_bytes());
    assert_eq!((evidence.mark, &*evidence.organization), (MarkType::Registered, "Sekisho K.K."));
    assert_eq!(evidence.revocation, Revocation::Good);
    assert_eq!(evidence.not_after_s, 1_798_761_600);
    let (evidence, flaws) = usual(&Mark { intermediates_between: 1, ..Mark::default() }.forge());
    assert_eq!((evidence.is_some(), flaws), (true, vec![]));
}

#[test]
fn kinds_of_marks() {
    for (kind, mark, verified) in [
        (Some("Government Mark"), MarkType::Government, Some(true)),
        (Some("Prior Use Mark"), MarkType::PriorUse, Some(false)),
        (Some("Modified Registered Mark"), MarkType::ModifiedRegistered, Some(false)),
        (Some("Fancy Mark"), MarkType::Other("Fancy Mark".into()), None),
        (None, MarkType::Unstated, Some(true)),
    ] {
        let (evidence, _) = usual(&Mark { kind, ..Mark::default() }.forge());
        let evidence = evidence.unwrap();
        assert_eq!(evidence.mark.is_verified(), verified);
        assert_eq!(evidence.mark, mark);
    }
}

#[test]
fn one_fault_each() {
    let mark = Mark::default;
    let faults = [
        (Mark { usages: vec![SERVER_USAGE], ..mark() }, "bimi-evidence-usage"),
        (Mark { usages: vec![], ..mark() }, "bimi-evidence-usage"),
        (Mark { issuer_usages: vec![SERVER_USAGE], ..mark() }, "bimi-evidence-issuer-usage"),
        (Mark { issuer_usages: vec![], ..mark() }, "bimi-evidence-issuer-usage"),
        (Mark { names: vec!["example.com"], ..mark() }, "bimi-evidence-domain"),
        (Mark { names: vec![], ..mark() }, "bimi-evidence-domain"),
        (Mark { names: vec!["*.jp"], ..mark() }, "bimi-evidence-domain"),
        (Mark { names: vec!["jp"], ..mark() }, "bimi-evidence-domain"),
        (Mark { names: vec!["www.example.jp"], ..mark() }, "bimi-evidence-domain"),
        (Mark { names: vec!["other._bimi.example.jp"], ..mark() }, "bimi-evidence-domain"),
        (Mark { timestamps: None, ..mark() }, "bimi-evidence-timestamps-absent"),
        (Mark { logotype: None, ..mark() }, "bimi-evidence-logotype-absent"),
        (Mark { logotype: Some(der(0x30, &[])), ..mark() }, "bimi-evidence-logotype"),
        (Mark { logotype: Some(vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), ..mark() }, "bimi-evidence-logotype"),
        (Mark { logotype: Some(logotype_of("image/png", &[], "data:,")), ..mark() }, "bimi-evidence-logotype-no-svg"),
        (
            Mark { logotype: Some(logotype_of("image/svg+xml", &[], "https://a.example/l.svg")), ..mark() },
            "bimi-evidence-logotype-remote",
        ),
        (
            Mark { logotype: Some(logotype_of("image/svg+xml", &[0; 32], "data:image/svg+xml;base64,AAAA")), ..mark() },
            "bimi-evidence-logotype-hash",
        ),
        (Mark { list_urls: vec![], ..mark() }, "bimi-evidence-revocation-point-absent"),
        (
            Mark { extensions: vec![(&[1, 3, 6, 1, 4, 1, 99999, 1], true, der(0x05, &[]))], ..mark() },
            "bimi-evidence-extension",
        ),
        (Mark { extensions: vec![(MARK_TYPE, true, der(0x0c, b"Something"))], ..mark() }, "bimi-evidence-extension"),
        (
            Mark { issuer_extensions: vec![(&[1, 3, 6, 1, 4, 1, 99999, 1], true, der(0x05, &[]))], ..mark() },
            "bimi-evidence-extension",
        ),
        (Mark { issuer_key_usages: vec![KeyUsagePurpose::CrlSign], ..mark() }, "bimi-evidence-no-authority"),
        (Mark { issuer_is_ca: IsCa::ExplicitNoCa, ..mark() }, "bimi-evidence-several-marks"),
    ];
    for (mark, id) in faults {
        let (evidence, flaws) = usual(&mark.forge());
        assert_eq!((evidence.is_none(), flaws), (true, vec![id]));
    }
    let svg = SVG.replace("<rect", "<script");
    let (evidence, flaws) =
        usual(&Mark { logotype: Some(logotype(&gzip(svg.as_bytes()), svg.as_bytes())), ..mark() }.forge());
    assert_eq!((evidence, flaws), (None, vec!["bimi-svg-element", "bimi-evidence-indicator"]));
}

#[test]
fn what_is_known_or_not_critical_does_no_harm() {
    let common = vec![(MARK_TYPE, true, der(0x0c, b"Mark Certificate"))];
    let (evidence, flaws) = usual(&Mark { extensions: common, ..Mark::default() }.forge());
    assert_eq!((evidence.is_some(), flaws), (true, vec![]));
    let other = vec![(&[1, 3, 6, 1, 4, 1, 99999, 1][..], false, der(0x05, &[]))];
    let (evidence, flaws) = usual(&Mark { extensions: other, ..Mark::default() }.forge());
    assert_eq!((evidence.is_some(), flaws), (true, vec![]));
    let several = Mark { timestamps: Some(timestamps(3)), usages: vec![SERVER_USAGE, MARK_USAGE], ..Mark::default() };
    assert!(usual(&several.forge()).0.is_some());
    let plain = Mark { logotype: Some(logotype(SVG.as_bytes(), SVG.as_bytes())), ..Mark::default() };
    assert!(usual(&plain.forge()).0.is_some());
    // RFC 9399: the ends of lines are hashed as line feeds; some authorities hash what is there.
    let lines = SVG.replace("><", ">\r\n<");
    for (hashed, holds) in [(lines.clone(), true), (lines.replace('\r', ""), true), (lines.replace('\n', ""), false)] {
        let mark = Mark { logotype: Some(logotype(&gzip(lines.as_bytes()), hashed.as_bytes())), ..Mark::default() };
        assert_eq!(usual(&mark.forge()).0.is_some(), holds);
    }
}

#[test]
fn names_that_cover() {
    for (names, domain, organizational, selector, covered) in [
        (vec!["example.jp"], "a.example.jp", "example.jp", "x", true),
        (vec!["a.example.jp"], "a.example.jp", "example.jp", "x", true),
        (vec!["b.example.jp"], "a.example.jp", "example.jp", "x", false),
        (vec!["x._bimi.example.jp"], "a.example.jp", "example.jp", "x", true),
        (vec!["x._bimi.a.example.jp"], "a.example.jp", "example.jp", "x", true),
        (vec!["default._bimi.example.jp"], "example.jp", "example.jp", "x", false),
        (vec!["a.example", "EXAMPLE.jp"], "example.jp", "example.jp", "default", true),
        (vec!["xn--8ous75i.jp"], "関所.jp", "関所.jp", "default", true),
        (vec!["xn--8ous75i.jp"], "xn--8ous75i.jp", "xn--8ous75i.jp", "default", true),
    ] {
        let forged = Mark { names: names.clone(), ..Mark::default() }.forge();
        let shelf = shelf(Some(forged.list(&List::default())));
        let (evidence, _) = judged(&forged, &shelf, &author(domain, organizational), selector, NOW_S);
        assert_eq!(evidence.is_some(), covered, "{names:?} {domain} {selector}");
    }
}

#[test]
fn validity_includes_both_ends() {
    let forged = Mark::default().forge();
    let at = |now_s| judged(&forged, &shelf(None), &author("example.jp", "example.jp"), "default", now_s).1;
    // 2026-01-01 to 2027-01-01.
    assert_eq!(at(1_767_225_599)[0], "bimi-evidence-not-yet-valid");
    assert_eq!(at(1_767_225_600), ["bimi-evidence-revocation-unknown"]);
    assert_eq!(at(1_798_761_600), ["bimi-evidence-revocation-unknown"]);
    assert_eq!(at(1_798_761_601)[0], "bimi-evidence-expired");
    assert_eq!(at(EARLIER_S), ["bimi-evidence-not-yet-valid"; 2]);
    assert_eq!(at(LATER_S), ["bimi-evidence-expired"; 2]);
    assert_eq!(at(u64::MAX).len(), 2);
}

#[test]
fn only_trusted_roots_count() {
    let (forged, other) = (Mark::default().forge(), Mark::default().forge());
    let shelf = shelf(None);
    let author = author("example.jp", "example.jp");
    let document = forged.document();
    let judged =
        |document: &str, roots: &Roots| judged_document(document.as_bytes(), roots, &shelf, &author, "default", NOW_S);
    // The other root has the same name and another key.
    assert_eq!(judged(&document, &other.roots()), (None, vec!["bimi-evidence-untrusted"]));
    assert_eq!(judged(&document, &Roots::default()), (None, vec!["bimi-evidence-untrusted"]));
    let both = Roots::from_der(&[&other.root_der, &forged.root_der]).unwrap();
    assert_eq!(both.count(), 2);
    assert!(judged(&document, &both).0.is_some());
    // Without the issuer there is no way; with another's issuer neither.
    assert_eq!(judged(&forged.chain[0], &forged.roots()), (None, vec!["bimi-evidence-untrusted"]));
    let mixed = format!("{}{}", forged.chain[0], other.chain[1]);
    assert_eq!(judged(&mixed, &forged.roots()), (None, vec!["bimi-evidence-untrusted"]));
    // In another order it holds, with a remark.
    let turned = format!("{}{}", forged.chain[1], forged.chain[0]);
    let (evidence, flaws) = judged(&turned, &forged.roots());
    assert_eq!((evidence.is_some(), flaws[0]), (true, "bimi-evidence-order"));
    // An issuer may not have another below itself when its path has no room.
    let narrow =
        Mark { issuer_is_ca: IsCa::Ca(BasicConstraints::Constrained(0)), intermediates_between: 1, ..Mark::default() };
    assert!(usual(&narrow.forge()).0.is_some());
}

#[test]
fn changed_bytes_break_the_signature() {
    let forged = Mark::default().forge();
    let mut ders: Vec<Vec<u8>> = forged.chain.iter().map(|pem| der_of(pem)).collect();
    let at = ders[0].windows(7).position(|window| window == b"Sekisho").unwrap();
    ders[0][at] = b'Z';
    let document: String = ders.iter().map(|der| pem_of(der)).collect();
    let (evidence, flaws) = judged_document(
        document.as_bytes(),
        &forged.roots(),
        &shelf(None),
        &author("example.jp", "example.jp"),
        "default",
        NOW_S,
    );
    assert_eq!((evidence, flaws), (None, vec!["bimi-evidence-untrusted"]));
}

#[test]
fn revocation_lists() {
    let forged = Mark::default().forge();
    let author = author("example.jp", "example.jp");
    let judge = |shelf: &Shelf| judged(&forged, shelf, &author, "default", NOW_S);
    let with = |list: List| judge(&shelf(Some(forged.list(&list))));
    assert_eq!(with(List { revoked: true, ..List::default() }), (None, vec!["bimi-evidence-revoked"]));
    let revocation = |(evidence, _): (Option<Evidence>, Vec<&str>)| evidence.unwrap().revocation;
    let unknown = Revocation::Unknown;
    assert_eq!(revocation(with(List { scope: None, ..List::default() })), Revocation::Good);
    assert_eq!(
        revocation(with(List { scope: Some(CrlScope::CaCertsOnly), ..List::default() })),
        unknown(RevocationDoubt::Scope)
    );
    assert_eq!(
        revocation(with(List { until: (2026, 5, 30), ..List::default() })),
        unknown(RevocationDoubt::NotCurrent)
    );
    assert_eq!(revocation(with(List { from: (2026, 6, 2), ..List::default() })), unknown(RevocationDoubt::NotCurrent));
    assert_eq!(revocation(judge(&shelf(None))), unknown(RevocationDoubt::NotFetched));
    assert_eq!(revocation(judge(&shelf(Some(b"x".to_vec())))), unknown(RevocationDoubt::Malformed));
    let others = Mark::default().forge().list(&List { revoked: true, ..List::default() });
    assert_eq!(revocation(judge(&shelf(Some(others)))), unknown(RevocationDoubt::Issuer));
    let mut broken = shelf(None);
    broken.put(HttpsUrl::parse(LIST_URL).unwrap(), Fetched::Failed(FetchFailure::Timeout));
    assert_eq!(revocation(judge(&broken)), unknown(RevocationDoubt::NotFetched));
    let plain = Mark { list_urls: vec!["http://lists.example/marks.crl"], ..Mark::default() }.forge();
    assert_eq!(revocation(usual(&plain)), unknown(RevocationDoubt::NotHttps));
}

#[test]
fn issuers_are_revoked_too() {
    const ABOVE_URL: &str = "https://lists.example/issuers.crl";
    let forged = Mark { issuer_list_urls: vec![ABOVE_URL], ..Mark::default() }.forge();
    let mut shelf = shelf(Some(forged.list(&List::default())));
    for (revoked, flaws) in [(false, vec![]), (true, vec!["bimi-evidence-revoked"])] {
        let list = List { revoked, scope: Some(CrlScope::CaCertsOnly), ..List::default() };
        shelf.put(HttpsUrl::parse(ABOVE_URL).unwrap(), Fetched::document(forged.list_above(&list), None));
        let (evidence, found) = judged(&forged, &shelf, &author("example.jp", "example.jp"), "default", NOW_S);
        assert_eq!((evidence.is_none(), found), (revoked, flaws));
    }
}

#[test]
fn limits_at_below_and_above() {
    // The mark, its issuer and the root stand beside those between.
    for (between, good) in [(2, true), (3, true), (4, false)] {
        assert_eq!(good, between + 3 <= limits::CHAIN_CERTIFICATE_COUNT_MAX);
        let mark = Mark { intermediates_between: between, ..Mark::default() };
        assert_eq!(usual(&mark.forge()).0.is_some(), good, "{between} between");
    }
    for (place, good) in [(254, true), (255, true), (256, false)] {
        let mut names = vec!["other.example"; limits::SUBJECT_NAME_COUNT_MAX + 1];
        names[place] = "example.jp";
        assert_eq!(usual(&Mark { names, ..Mark::default() }.forge()).0.is_some(), good, "name {place}");
    }
    for (place, good) in [(6, true), (7, true), (8, false)] {
        let mut images = vec![image("image/png", &[], "data:,"); limits::LOGOTYPE_IMAGE_COUNT_MAX + 1];
        images[place] = sound_image();
        let mark = Mark { logotype: Some(logotype_of_images(&images)), ..Mark::default() };
        assert_eq!(usual(&mark.forge()).0.is_some(), good, "image {place}");
    }
    // One check is of the mark's signature, the others are of its issuer's: by roots of the same name, the last the right one.
    let forged = Mark::default().forge();
    let others: Vec<_> = (0..limits::SIGNATURE_CHECK_COUNT_MAX).map(|_| Mark::default().forge().root_der).collect();
    for (before, good) in [(13, true), (14, true), (15, false)] {
        let roots: Vec<_> = others.iter().take(before).chain([&forged.root_der]).collect();
        let roots = Roots::from_der(&roots).unwrap();
        let author = author("example.jp", "example.jp");
        let document = forged.document();
        let (evidence, _) = judged_document(document.as_bytes(), &roots, &shelf(None), &author, "default", NOW_S);
        assert_eq!(evidence.is_some(), good, "{before} roots before");
    }
}

#[test]
fn limits_of_revocation_lists() {
    let forged = Mark::default().forge();
    let author = author("example.jp", "example.jp");
    for (length, doubt) in [
        (limits::REVOCATION_LIST_BYTES_MAX - 1, RevocationDoubt::Malformed),
        (limits::REVOCATION_LIST_BYTES_MAX, RevocationDoubt::Malformed),
        (limits::REVOCATION_LIST_BYTES_MAX + 1, RevocationDoubt::NotFetched),
    ] {
        let (evidence, _) = judged(&forged, &shelf(Some(vec![0x30; length])), &author, "default", NOW_S);
        assert_eq!(evidence.unwrap().revocation, Revocation::Unknown(doubt), "{length}");
    }
    for (between, asked) in [(0, 2), (1, 2), (2, 2)] {
        let mark = Mark { issuer_list_urls: vec![LIST_URL], intermediates_between: between, ..Mark::default() };
        assert_eq!(list_count(&mark.forge(), &author), asked, "{between} between");
    }
    assert_eq!(list_count(&forged, &author), 1);
}

/// How many lists were asked for.
fn list_count(forged: &Forged, author: &Author) -> usize {
    let (document, selector) = (forged.document(), Selector::default());
    let outcome = block_on(validate(&shelf(None), document.as_bytes(), author, &selector, &forged.roots(), NOW_S));
    outcome.evidence.iter().filter(|step| step.id() == "bimi-not-fetched").count()
}

fn sound_image() -> Vec<u8> {
    let uri = format!("data:image/svg+xml;base64,{}", data_encoding::BASE64.encode(SVG.as_bytes()));
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, SVG.as_bytes());
    image("image/svg+xml", hash.as_ref(), &uri)
}

#[test]
fn documents_that_are_none() {
    let roots = Mark::default().forge().roots();
    let author = author("example.jp", "example.jp");
    let judge = |document: &[u8]| judged_document(document, &roots, &shelf(None), &author, "default", NOW_S);
    assert_eq!(judge(b""), (None, vec!["bimi-evidence-no-mark"]));
    assert_eq!(judge(b"-----BEGIN CERTIFICATE-----\nAQ"), (None, vec!["bimi-evidence-pem"]));
    assert_eq!(judge(pem_of(b"\x30\x03abc").as_bytes()), (None, vec!["bimi-evidence-certificate"]));
    let forged = Mark::default().forge();
    assert_eq!(judge(forged.chain[1].as_bytes()), (None, vec!["bimi-evidence-no-mark"]));
    assert_eq!(judge(forged.chain[0].repeat(2).as_bytes()), (None, vec!["bimi-evidence-several-marks"]));
    let many = |count: usize| judge(forged.chain[1].repeat(count).as_bytes()).1[0];
    assert_eq!(many(limits::CERTIFICATE_COUNT_MAX - 1), "bimi-evidence-no-mark");
    assert_eq!(many(limits::CERTIFICATE_COUNT_MAX), "bimi-evidence-no-mark");
    assert_eq!(many(limits::CERTIFICATE_COUNT_MAX + 1), "bimi-evidence-too-many-certificates");
    for (length, id) in [
        (limits::EVIDENCE_BYTES_MAX - 1, "bimi-evidence-no-mark"),
        (limits::EVIDENCE_BYTES_MAX, "bimi-evidence-no-mark"),
        (limits::EVIDENCE_BYTES_MAX + 1, "bimi-evidence-too-large"),
    ] {
        assert_eq!(judge(&vec![b'-'; length]), (None, vec![id]), "{length}");
    }
}

#[test]
fn sets_of_roots() {
    let forged = Mark::default().forge();
    let pem = pem_of(&forged.root_der);
    assert_eq!(Roots::from_pem(pem.as_bytes()).unwrap(), forged.roots());
    assert_eq!(Roots::from_pem(b""), Err(RootsError::Empty));
    assert_eq!(Roots::from_pem(b"-----BEGIN CERTIFICATE-----"), Err(RootsError::Pem));
    assert_eq!(Roots::from_pem(pem_of(b"x").as_bytes()), Err(RootsError::Certificate(0)));
    assert_eq!(Roots::from_pem(format!("{pem}{}", forged.chain[0]).as_bytes()), Err(RootsError::NoAuthority(1)));
    let many = |count: usize| Roots::from_der(&vec![&forged.root_der; count]).map(|roots| roots.count());
    assert_eq!(many(limits::ROOT_COUNT_MAX - 1), Ok(limits::ROOT_COUNT_MAX - 1));
    assert_eq!(many(limits::ROOT_COUNT_MAX), Ok(limits::ROOT_COUNT_MAX));
    assert_eq!(many(limits::ROOT_COUNT_MAX + 1), Err(RootsError::TooMany));
    assert_eq!(Roots::from_pem(&vec![b' '; limits::ROOTS_BYTES_MAX + 1]), Err(RootsError::TooLarge));
}

fn pem_of(der: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", data_encoding::BASE64.encode(der))
}

fn der_of(pem: &str) -> Vec<u8> {
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    data_encoding::BASE64.decode(base64.as_bytes()).unwrap()
}
