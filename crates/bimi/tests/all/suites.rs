//! The suites: indicators of mailauth by the verdict of the working group's grammar, a good one of Mail::BIMI, mark
//! certificates of the world.

use bimi::evidence::validate;
use bimi::{Author, MarkType, Roots, Selector, indicator};
use lookup::fetch::Disabled;
use mailtext::{Domain, Explain};
use testkit::{block_on, suite};

#[test]
fn indicators_of_mailauth() {
    let Some(directory) = suite("bimi/svg-mailauth") else { return };
    let table = std::fs::read_to_string(directory.join("expected.tsv")).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for row in table.lines().skip(1) {
        let cells: Vec<_> = row.split('\t').collect();
        if cells[0] == "-" {
            continue;
        }
        count += 1;
        let reading = indicator::read(&std::fs::read(directory.join(cells[0])).unwrap());
        if reading.indicator.is_some() != (cells[4] == "valid") {
            wrong.push((cells[0].to_owned(), reading.findings));
        }
    }
    assert_eq!(count, 32);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_good_indicator_of_mail_bimi() {
    let Some(file) = suite("bimi/mail-bimi/t/data/FM-good.svg") else { return };
    let reading = indicator::read(&std::fs::read(file).unwrap());
    assert_eq!(reading.findings, []);
    assert!(reading.indicator.is_some());
}

/// Document, domain, a second within its validity, the type of the mark; and what is wrong with it, when it does not hold.
type Row = (&'static str, &'static str, u64, Option<MarkType>, &'static [&'static str]);

const CERTIFICATES: [Row; 9] = [
    ("cnn", "cnn.com", 1_640_000_000, Some(MarkType::Unstated), &[]),
    ("paypal_vmc", "paypal.com", 1_740_000_000, Some(MarkType::Registered), &[]),
    ("xometry_cmc", "xometry.com", 1_740_000_000, Some(MarkType::PriorUse), &[]),
    ("redshift", "redsift.com", 1_640_000_000, Some(MarkType::Unstated), &[]),
    ("globalsign-vmc", "globalsign.com", 1_750_000_000, Some(MarkType::Registered), &[]),
    (
        "catchall.delivery",
        "catchall.delivery",
        1_660_000_000,
        None,
        &["bimi-evidence-usage", "bimi-evidence-logotype-absent", "bimi-evidence-issuer-usage"],
    ),
    (
        "postal_vmc",
        "postal.vmc.local",
        1_680_000_000,
        None,
        &[
            "bimi-evidence-usage",
            "bimi-evidence-domain",
            "bimi-evidence-timestamps-absent",
            "bimi-evidence-logotype-absent",
            "bimi-evidence-untrusted",
        ],
    ),
    ("digicert", "digicert.com", 1_740_000_000, None, &["bimi-evidence-no-mark"]),
    ("entrust_vmc_specific", "entrust.com", 1_740_000_000, None, &["bimi-evidence-no-mark"]),
];

#[test]
fn mark_certificates_of_the_world() {
    let Some(directory) = suite("bimi/vmc") else { return };
    let roots = roots(&directory.join("data/root-store"));
    assert_eq!(roots.count(), 5);
    for (file, domain, now_s, mark, flaws) in CERTIFICATES {
        let document = std::fs::read(directory.join(format!("test/fixtures/{file}.pem"))).unwrap();
        let (found, ids) = judge(&document, domain, &roots, now_s);
        assert_eq!(found, mark, "{file}: {ids:?}");
        let fatal: Vec<_> = ids.into_iter().filter(|id| *id != "bimi-evidence-revocation-unknown").collect();
        assert_eq!(fatal, flaws, "{file}");
        if mark.is_some() {
            let at = |now_s| judge(&document, domain, &roots, now_s);
            assert_eq!(at(1_500_000_000).0, None, "{file} before its time");
            assert!(at(1_500_000_000).1.contains(&"bimi-evidence-not-yet-valid"));
            assert_eq!(at(1_900_000_000).0, None, "{file} after its time");
            assert!(at(1_900_000_000).1.contains(&"bimi-evidence-expired"));
            assert_eq!(judge(&document, "other.example", &roots, now_s).1, ["bimi-evidence-domain"]);
            assert_eq!(judge(&document, domain, &Roots::default(), now_s).1, ["bimi-evidence-untrusted"]);
        }
    }
}

/// The roots of Mail::BIMI are read as well; they are the same authorities.
#[test]
fn roots_of_mail_bimi() {
    let Some(directory) = suite("bimi/mail-bimi/lib/Mail/BIMI/Data/CA") else { return };
    assert_eq!(roots(&directory).count(), 10);
}

fn roots(directory: &std::path::Path) -> Roots {
    let mut files: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let texts: Vec<_> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    Roots::from_pem(&texts.concat()).unwrap()
}

fn judge(document: &[u8], domain: &str, roots: &Roots, now_s: u64) -> (Option<MarkType>, Vec<&'static str>) {
    let domain = Domain::parse(domain).unwrap();
    let author = Author { local_part: "a".into(), domain: domain.clone(), organizational: domain };
    let outcome = block_on(validate(&Disabled, document, &author, &Selector::default(), roots, now_s));
    let ids = outcome.evidence.iter().map(Explain::id).filter(|id| *id != "bimi-evidence-valid").collect();
    (outcome.result.map(|evidence| evidence.mark), ids)
}
