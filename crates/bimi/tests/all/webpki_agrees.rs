//! Our walk to the root against webpki's, where webpki takes the certificates at all.

use bimi::evidence::validate;
use bimi::{Author, Selector};
use lookup::fetch::Disabled;
use mailtext::{Domain, Explain};
use rcgen::{BasicConstraints, IsCa, KeyUsagePurpose};
use rustls_pki_types::{CertificateDer, UnixTime};
use testkit::{block_on, suite};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use crate::forge::{EARLIER_S, Forged, LATER_S, MARK_TYPE, MARK_USAGE, Mark, NOW_S, SERVER_USAGE, der};

/// id-kp-BrandIndicatorforMessageIdentification, as webpki takes it: the content of the object identifier.
const USAGE: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x1f];

/// What our walk can say against a chain.
const OF_THE_WALK: [&str; 8] = [
    "bimi-evidence-usage",
    "bimi-evidence-issuer-usage",
    "bimi-evidence-not-yet-valid",
    "bimi-evidence-expired",
    "bimi-evidence-extension",
    "bimi-evidence-untrusted",
    "bimi-evidence-no-authority",
    "bimi-evidence-several-marks",
];

fn by_webpki(ders: &[Vec<u8>], root: &[u8], now_s: u64) -> Result<(), webpki::Error> {
    let ders: Vec<CertificateDer<'_>> = ders.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let root = CertificateDer::from(root);
    let anchor = anchor_from_trusted_cert(&root).unwrap();
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(now_s));
    EndEntityCert::try_from(&ders[0])?
        .verify_for_usage(ALL_VERIFICATION_ALGS, &[anchor], &ders[1..], time, KeyUsage::required(USAGE), None, None)
        .map(|_| ())
}

fn by_us(document: &str, root: &[u8], domain: &str, now_s: u64) -> Vec<&'static str> {
    let domain = Domain::parse(domain).unwrap();
    let author = Author { local_part: "a".into(), domain: domain.clone(), organizational: domain };
    let roots = bimi::Roots::from_der(&[root]).unwrap();
    let outcome = block_on(validate(&Disabled, document.as_bytes(), &author, &Selector::default(), &roots, now_s));
    outcome.evidence.iter().map(Explain::id).filter(|id| OF_THE_WALK.contains(id)).collect()
}

fn ders(document: &str) -> Vec<Vec<u8>> {
    document
        .split("-----BEGIN CERTIFICATE-----")
        .skip(1)
        .map(|part| {
            let base64: String = part.split("-----END").next().unwrap().split_whitespace().collect();
            data_encoding::BASE64.decode(base64.as_bytes()).unwrap()
        })
        .collect()
}

#[test]
fn on_made_up_chains() {
    let mark = Mark::default;
    let unknown = || vec![(&[1, 3, 6, 1, 4, 1, 99999, 1][..], true, der(0x05, &[]))];
    let marks = [
        (mark(), true),
        (Mark { usages: vec![SERVER_USAGE], ..mark() }, false),
        (Mark { usages: vec![], ..mark() }, false),
        (Mark { usages: vec![SERVER_USAGE, MARK_USAGE], ..mark() }, true),
        (Mark { issuer_usages: vec![SERVER_USAGE], ..mark() }, false),
        (Mark { issuer_usages: vec![], ..mark() }, false),
        (Mark { extensions: unknown(), ..mark() }, false),
        (Mark { issuer_extensions: unknown(), ..mark() }, false),
        (Mark { issuer_is_ca: IsCa::Ca(BasicConstraints::Unconstrained), ..mark() }, true),
        (Mark { issuer_is_ca: IsCa::ExplicitNoCa, ..mark() }, false),
        (Mark { issuer_key_usages: vec![], ..mark() }, true),
    ];
    for (index, (mark, good)) in marks.iter().enumerate() {
        let Forged { root_der, chain, .. } = mark.forge();
        let document = chain.concat();
        let theirs = by_webpki(&ders(&document), &root_der, NOW_S);
        let ours = by_us(&document, &root_der, "example.jp", NOW_S);
        assert_eq!((theirs.is_ok(), ours.is_empty()), (*good, *good), "{index}: {theirs:?} {ours:?}");
    }
    let (one, other) = (mark().forge(), mark().forge());
    let document = one.document();
    for (root, now_s) in [(&one.root_der, EARLIER_S), (&one.root_der, LATER_S), (&other.root_der, NOW_S)] {
        assert!(by_webpki(&ders(&document), root, now_s).is_err());
        assert!(!by_us(&document, root, "example.jp", now_s).is_empty());
    }
}

/// The differences: webpki does not know the critical extension of common mark certificates, and does not look at the
/// key usage of issuers, which RFC 5280 §6.1.4 (n) wants.
#[test]
fn but_for_common_marks_and_key_usage() {
    let forged = Mark { issuer_key_usages: vec![KeyUsagePurpose::CrlSign], ..Mark::default() }.forge();
    let document = forged.document();
    assert_eq!(by_webpki(&ders(&document), &forged.root_der, NOW_S), Ok(()));
    assert_eq!(by_us(&document, &forged.root_der, "example.jp", NOW_S), ["bimi-evidence-no-authority"]);
    let common = Mark { extensions: vec![(MARK_TYPE, true, der(0x0c, b"Mark Certificate"))], ..Mark::default() };
    let forged = common.forge();
    let document = forged.document();
    let theirs = by_webpki(&ders(&document), &forged.root_der, NOW_S);
    assert_eq!(theirs, Err(webpki::Error::UnsupportedCriticalExtension));
    assert_eq!(by_us(&document, &forged.root_der, "example.jp", NOW_S), [""; 0]);
}

#[test]
fn on_chains_of_the_world() {
    let Some(directory) = suite("bimi/vmc") else { return };
    let read = |file: &str| std::fs::read_to_string(directory.join(file)).unwrap();
    for (file, root, domain, now_s) in [
        ("cnn", "digicert", "cnn.com", 1_640_000_000),
        ("paypal_vmc", "digicert", "paypal.com", 1_740_000_000),
        ("redshift", "entrust_vmc_specific", "redsift.com", 1_640_000_000),
        ("globalsign-vmc", "gsverifiedmarkrootr42", "globalsign.com", 1_750_000_000),
    ] {
        let document = read(&format!("test/fixtures/{file}.pem"));
        let root = &ders(&read(&format!("data/root-store/{root}.pem")))[0];
        assert_eq!(by_webpki(&ders(&document), root, now_s), Ok(()), "{file}");
        assert_eq!(by_us(&document, root, domain, now_s), [""; 0], "{file}");
        for now_s in [1_500_000_000, 1_900_000_000] {
            assert!(by_webpki(&ders(&document), root, now_s).is_err());
            assert!(!by_us(&document, root, domain, now_s).is_empty());
        }
    }
}
