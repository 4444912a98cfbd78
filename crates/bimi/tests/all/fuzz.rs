//! A fuzzer for each parser. They run for `SEKISHO_FUZZ_SECONDS` each: `cargo test -- --ignored fuzz_`.

use bimi::evidence::validate;
use bimi::{Author, Record, Roots, Selector, indicator};
use lookup::fetch::Disabled;
use mailtext::Domain;
use testkit::block_on;

use crate::forge::{Mark, NOW_S, SVG, gzip};

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_bimi_record() {
    let seeds = [
        "v=BIMI1; l=https://a.example/b.svg; a=https://a.example/c.pem; lps=brand-,news; avp=personal;",
        "v=BIMI1; l=; a=;",
        "v = BIMI1 ; s=brand.2026",
    ];
    testkit::fuzz("bimi-record", &seeds, |bytes| {
        let (record, flaws) = Record::parse(bytes);
        assert!(flaws.iter().all(|flaw| flaw.span.start <= flaw.span.end && flaw.span.end as usize <= bytes.len()));
        if flaws.is_empty() {
            assert!(Record::claims(bytes));
            assert_eq!(Record::parse(record.to_string().as_bytes()).0, record);
        }
        let _ = Selector::of_field(bytes);
    });
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_bimi_indicator() {
    let more = SVG.replace("<rect", "<g id='a'><use href='#b'/></g><defs id='b'/><rect");
    let seeds = [SVG.as_bytes().to_vec(), more.into_bytes(), gzip(SVG.as_bytes())];
    testkit::fuzz("bimi-indicator", &seeds, |bytes| {
        let reading = indicator::read(bytes);
        let fatal = reading.findings.iter().any(|finding| finding.kind.is_fatal());
        assert_eq!(reading.indicator.is_none(), fatal);
        if let Some(indicator) = reading.indicator {
            assert_eq!(indicator::read(indicator.svg()).indicator, Some(indicator));
        }
    });
}

/// Bytes as the certificate of an evidence document, as its text, and as a revocation list's: none of it is ours.
#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_bimi_evidence() {
    let forged = Mark::default().forge();
    let roots = forged.roots();
    let domain = Domain::parse("example.jp").unwrap();
    let author = Author { local_part: "a".into(), domain: domain.clone(), organizational: domain };
    let der = |pem: &str| {
        let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        data_encoding::BASE64.decode(base64.as_bytes()).unwrap()
    };
    let mark = der(&forged.chain[0]);
    let judge = |document: &str, roots: &Roots| {
        block_on(validate(&Disabled, document.as_bytes(), &author, &Selector::default(), roots, NOW_S)).result
    };
    testkit::fuzz("bimi-evidence", std::slice::from_ref(&mark), |bytes| {
        let base64 = data_encoding::BASE64.encode(bytes);
        let document = format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n{}", forged.chain[1]);
        assert_eq!(judge(&document, &roots).is_some(), bytes == mark);
        let _ = judge(&String::from_utf8_lossy(bytes), &roots);
        let _ = Roots::from_der(&[bytes]);
    });
}
