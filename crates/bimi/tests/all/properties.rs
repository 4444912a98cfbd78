//! Any bytes: no panic, no pass, no more than the limits.

use bimi::evidence::validate;
use bimi::{Author, Record, Roots, Selector, indicator, limits};
use lookup::fetch::Disabled;
use mailtext::Domain;
use proptest::prelude::*;
use testkit::block_on;

use crate::forge::{Mark, NOW_S, SVG, gzip};

fn author() -> Author {
    let domain = Domain::parse("example.jp").unwrap();
    Author { local_part: "a".into(), domain: domain.clone(), organizational: domain }
}

fn holds(document: &[u8], roots: &Roots) -> bool {
    block_on(validate(&Disabled, document, &author(), &Selector::default(), roots, NOW_S)).result.is_some()
}

/// `bytes` with one changed, cut or doubled.
fn changed(bytes: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = bytes.len();
    (0..length, any::<u8>(), 0..4).prop_map(move |(at, byte, how)| {
        let mut bytes = bytes.clone();
        match how {
            0 => bytes[at] = byte,
            1 => bytes.truncate(at),
            2 => bytes.insert(at, byte),
            _ => {
                let tail = bytes[at..].to_vec();
                bytes.extend(tail);
            }
        }
        bytes
    })
}

proptest! {
    #[test]
    fn records_of_any_bytes(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (record, flaws) = Record::parse(&text);
        prop_assert!(flaws.iter().all(|flaw| flaw.span.start <= flaw.span.end && flaw.span.end as usize <= text.len()));
        let _ = record.to_string();
        let _ = Record::claims(&text);
    }

    #[test]
    fn a_printed_record_reads_back(
        location in "https://[a-z]{1,9}\\.example/[a-z/]{0,9}",
        prefixes in proptest::collection::vec("[a-z0-9-]{1,63}", 0..4),
        avatar in proptest::option::of(prop_oneof![Just("brand"), Just("personal")]),
    ) {
        let avatar = avatar.map(|avatar| format!(" avp={avatar};")).unwrap_or_default();
        let text = format!("v=BIMI1; l={location}; lps={};{avatar}", prefixes.join(","));
        let (record, flaws) = Record::parse(text.as_bytes());
        prop_assert_eq!(flaws.len(), 0);
        prop_assert_eq!(Record::parse(record.to_string().as_bytes()).0, record);
    }

    #[test]
    fn normalized_local_parts_are_selectors(local in "\\PC{0,80}") {
        if let Some(selector) = bimi::record::normalize_local_part(&local) {
            prop_assert!(Selector::parse(&selector).is_some_and(|parsed| parsed.as_str() == selector));
            prop_assert_eq!(bimi::record::normalize_local_part(&selector), Some(selector));
        }
    }

    #[test]
    fn selector_fields_of_any_bytes(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Selector::of_field(&text);
    }

    #[test]
    fn indicators_changed_by_a_byte(bytes in changed(SVG.as_bytes().to_vec())) {
        let reading = indicator::read(&bytes);
        for finding in &reading.findings {
            prop_assert!(finding.span.start <= finding.span.end && finding.span.end as usize <= bytes.len());
        }
        prop_assert_eq!(reading.indicator.is_none(), reading.findings.iter().any(|finding| finding.kind.is_fatal()));
    }

    #[test]
    fn compressed_indicators_changed_by_a_byte(bytes in changed(gzip(SVG.as_bytes()))) {
        let reading = indicator::read(&bytes);
        prop_assert!(reading.indicator.is_none_or(|indicator| indicator.svg().len() <= limits::INDICATOR_BYTES_MAX));
    }

    #[test]
    fn indicators_of_any_elements(
        names in proptest::collection::vec(prop_oneof![Just("g"), Just("path"), Just("use"), Just("defs"), Just("x:y")], 0..20),
        attribute in "[a-z:]{1,9}", value in "[^<&'\\x00-\\x1f]{0,20}",
    ) {
        let inside: String = names.iter().map(|name| format!("<{name} {attribute}='{value}'>")).collect();
        let ends: String = names.iter().rev().map(|name| format!("</{name}>")).collect();
        let _ = indicator::read(SVG.replace("<rect", &format!("{inside}{ends}<rect")).as_bytes());
    }
}

/// Whatever byte of the certificates is changed, the chain does not hold: everything is signed.
#[test]
fn no_changed_certificate_holds() {
    let forged = Mark::default().forge();
    let (roots, document) = (forged.roots(), forged.document().into_bytes());
    assert!(holds(&document, &roots));
    let mut runner = proptest::test_runner::TestRunner::default();
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let begin = document.windows(5).position(|window| window == b"-----").unwrap() + 30;
    let end = document.windows(8).position(|window| window == b"-----END").unwrap() - 4;
    let strategy = (begin..end, proptest::sample::select(b"ABCxyz019+/".to_vec()));
    runner
        .run(&strategy, |(at, byte)| {
            if !base64(document[at]) || document[at] == byte {
                return Ok(());
            }
            let mut changed = document.clone();
            changed[at] = byte;
            prop_assert!(!holds(&changed, &roots), "byte {at}");
            Ok(())
        })
        .unwrap();
}

#[test]
fn documents_of_any_bytes_prove_nothing() {
    let forged = Mark::default().forge();
    let roots = forged.roots();
    proptest::test_runner::TestRunner::default()
        .run(&proptest::collection::vec(any::<u8>(), 0..400), |der| {
            let base64 = data_encoding::BASE64.encode(&der);
            let document =
                format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n{}", forged.chain[1]);
            prop_assert!(!holds(document.as_bytes(), &roots));
            prop_assert!(!holds(&der, &roots));
            Ok(())
        })
        .unwrap();
}

/// Documents made to cost much end.
#[test]
fn costly_documents_end() {
    let attributes: String = (0..500).map(|number| format!(" a{number:x}=''")).collect();
    let spaces: String = (0..500).map(|number| format!(" xmlns:n{number:x}='u'")).collect();
    let long = "u".repeat(16 << 10);
    for (svg, good) in [
        (SVG.replace("<rect", &format!("<rect{attributes}")), false),
        (
            SVG.replace("<svg", &format!("<svg{spaces}")).replace("<rect", &format!("{}<rect", "<g/>".repeat(3000))),
            true,
        ),
        (
            SVG.replace("<svg", &format!("<svg xmlns:n='{long}'"))
                .replace("<rect", &format!("{}<rect", "<n:g/>".repeat(2000))),
            false,
        ),
        (SVG.replace("fill=\"#fff\"", &format!("fill='{}'", "url(#a) ".repeat(3000))), true),
    ] {
        let reading = indicator::read(svg.as_bytes());
        assert_eq!(reading.indicator.is_some(), good);
        assert!(reading.findings.len() <= limits::FINDING_COUNT_MAX + 1);
    }
}
