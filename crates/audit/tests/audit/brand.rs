//! Evidence documents: made up sound, and then with one thing wrong each.

use std::collections::BTreeSet;
use std::sync::Arc;

use audit::{Desk, Known, Snapshot, Subject, rule};
use lookup::fetch::{Both, Fetched, HttpsUrl, Shelf};
use mailtext::Domain;

use crate::forge::{EARLIER_S, LATER_S, LIST_URL, List, Mark, NOW_S, SVG, gzip, logotype};

const ZONE: &str = "$ORIGIN example.jp.\n_dmarc TXT \"v=DMARC1; p=reject\"\n\
    default._bimi TXT \"v=BIMI1; l=https://example.jp/l.svg; a=https://example.jp/m.pem\"\n";

/// The rules that a mark certificate breaks at this moment.
fn broken(mark: &Mark, now_s: u64, list: &List, svg: &str, zone: &str) -> Vec<(&'static str, &'static str)> {
    let forged = mark.forge();
    let url = |text: &str| HttpsUrl::parse(text).unwrap();
    let mut shelf = Shelf::new();
    shelf.put(url("https://example.jp/l.svg"), Fetched::document(svg.as_bytes(), Some("image/svg+xml")));
    shelf.put(url("https://example.jp/m.pem"), Fetched::document(forged.document().into_bytes(), None));
    shelf.put(url(LIST_URL), Fetched::document(forged.list(list), None));
    let mut subject = Subject::new(Domain::parse("example.jp").unwrap());
    subject.roots = Arc::new(forged.roots());
    subject.now_s = i64::try_from(now_s).unwrap();
    let known = Known { now_s: subject.now_s, ..Known::default() };
    let zone = lookup::Zone::parse(&format!("{ZONE}{zone}")).unwrap();
    let snapshot = testkit::block_on(Snapshot::take(&Both { lookup: zone, fetch: shelf }, subject));
    let findings = rule::judge_domain(&Desk { snapshot: &snapshot, known: &known });
    let of_brand = findings.iter().filter(|finding| finding.rule.id.starts_with("BIM"));
    of_brand.map(|finding| (finding.rule.id, finding.sentence)).collect()
}

/// What breaks which rule.
fn table() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    let sound = List::default;
    let marked = |mark: &Mark| broken(mark, NOW_S, &sound(), SVG, "");
    let other = SVG.replace("Sekisho", "Another");
    vec![
        ("", marked(&Mark::default())),
        ("BIM28", broken(&Mark::default(), LATER_S, &sound(), SVG, "")),
        ("BIM28", broken(&Mark::default(), EARLIER_S, &sound(), SVG, "")),
        ("BIM30", marked(&Mark { usages: Vec::new(), ..Mark::default() })),
        ("BIM31", marked(&Mark { names: vec!["example.com"], ..Mark::default() })),
        ("BIM32", marked(&Mark { logotype: None, ..Mark::default() })),
        ("BIM32", broken(&Mark::default(), NOW_S, &sound(), &other, "")),
        ("BIM32", marked(&Mark { logotype: Some(logotype(&gzip(SVG.as_bytes()), b"other")), ..Mark::default() })),
        ("BIM33", broken(&Mark::default(), NOW_S, &List { revoked: true, ..sound() }, SVG, "")),
        ("BIM34", marked(&Mark { timestamps: None, ..Mark::default() })),
        ("BIM35", marked(&Mark { kind: None, ..Mark::default() })),
        ("BIM36", marked(&Mark { extensions: vec![(&[1, 2, 3, 4], true, vec![5, 0])], ..Mark::default() })),
        ("BIM39", broken(&Mark::default(), NOW_S, &sound(), SVG, "@ CAA 0 issuevmc \";\"\n")),
    ]
}

/// The rules that some document breaks.
pub(crate) fn found() -> BTreeSet<&'static str> {
    table().into_iter().flat_map(|(_, broken)| broken).map(|(id, _)| id).chain(untrusted()).collect()
}

/// Another root than the document's.
fn untrusted() -> Vec<&'static str> {
    let (forged, other) = (Mark::default().forge(), Mark::default().forge());
    let url = |text: &str| HttpsUrl::parse(text).unwrap();
    let mut shelf = Shelf::new();
    shelf.put(url("https://example.jp/m.pem"), Fetched::document(forged.document().into_bytes(), None));
    let mut subject = Subject::new(Domain::parse("example.jp").unwrap());
    subject.roots = Arc::new(other.roots());
    subject.now_s = i64::try_from(NOW_S).unwrap();
    let zone = lookup::Zone::parse(ZONE).unwrap();
    let snapshot = testkit::block_on(Snapshot::take(&Both { lookup: zone, fetch: shelf }, subject));
    let known = Known { now_s: i64::try_from(NOW_S).unwrap(), ..Known::default() };
    rule::judge_domain(&Desk { snapshot: &snapshot, known: &known }).iter().map(|finding| finding.rule.id).collect()
}

#[test]
fn one_thing_wrong_breaks_one_rule() {
    for (wanted, broken) in table() {
        let ids: BTreeSet<_> = broken.iter().map(|(id, _)| *id).collect();
        let wanted: BTreeSet<_> = (!wanted.is_empty()).then_some(wanted).into_iter().collect();
        assert_eq!(ids, wanted, "{broken:?}");
    }
    assert!(untrusted().contains(&"BIM29"));
}
