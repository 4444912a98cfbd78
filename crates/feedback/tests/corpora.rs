//! Reports that were really sent, and those of other programs' tests: every file of the corpus has a known outcome.
//!
//! What is expected is counted here by another reader (roxmltree, serde_json) or was counted by hand and by Python's
//! libraries; never by the reader under test.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // a test

extern crate sekisho_feedback as feedback;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use feedback::archive::{Content, Kind, Status};
use feedback::intake::{Item, Settings, read};
use feedback::{Aggregate, Failure};

fn corpus() -> Option<PathBuf> {
    testkit::suite("../corpora/dmarc")
}

fn items(bytes: &[u8]) -> Vec<Item> {
    let mut items = Vec::new();
    read(&mut &*bytes, &Settings::default(), &mut |item| items.push(item)).unwrap();
    assert!(!items.is_empty(), "something is always said");
    items
}

/// The files below a folder, by their path from there.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(
                    path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(),
                    std::fs::read(&path).unwrap(),
                );
            }
        }
    }
    files
}

fn ends_with(name: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| name.ends_with(end))
}

/// Records and messages of a well-formed report, counted by another reader. `None` when it is no report at all.
fn counted(text: &str) -> Option<(usize, u64)> {
    let document = roxmltree::Document::parse(text).unwrap();
    let root = document.root_element();
    let children = |node: roxmltree::Node<'_, '_>, name: &str| -> Vec<roxmltree::NodeId> {
        node.children().filter(|child| child.tag_name().name() == name).map(|child| child.id()).collect()
    };
    let parts = ["report_metadata", "policy_published", "record"];
    if root.tag_name().name() != "feedback" || parts.iter().all(|name| children(root, name).is_empty()) {
        return None;
    }
    let records = children(root, "record");
    let first = |id: roxmltree::NodeId, name: &str| children(document.get_node(id).unwrap(), name).first().copied();
    let count = |record: &roxmltree::NodeId| -> u64 {
        let count = first(*record, "row").and_then(|row| first(row, "count"));
        count.map_or(0, |count| document.get_node(count).unwrap().text().unwrap().trim().parse().unwrap())
    };
    Some((records.len(), records.iter().map(count).sum()))
}

fn aggregate(item: &Item) -> &Aggregate {
    match &item.content {
        Content::Aggregate(report) => report,
        other => panic!("no aggregate report: {other:?} {:?}", item.reason),
    }
}

fn reason(item: &Item) -> (&'static str, &str) {
    item.reason.as_ref().map(|reason| (reason.kind.id(), &*reason.what)).unwrap_or_default()
}

fn deviates(item: &Item, id: &str, example: &str) -> bool {
    item.deviations.iter().any(|deviation| &*deviation.id == id && &*deviation.example == example)
}

/// Files that are not well-formed: status, records, messages, and why.
const MALFORMED: &[(&str, Status, usize, u64, &str)] = &[
    // The middle was cut out of these by who published them.
    ("0ff1604d8eb140e88688a7ab5cede568.xml", Status::Refused, 0, 0, "refused-malformed"),
    ("6a7ddc4fd6be4da1b4248a5653efb966.xml", Status::Refused, 0, 0, "refused-malformed"),
    ("87c46157d0fe44e6b7a9356fc27f8118.xml", Status::Refused, 0, 0, "refused-malformed"),
    ("a66228d959b444dcbbb36033fd794f7b.xml", Status::Refused, 0, 0, "refused-malformed"),
    ("c603e2493bb74dce990a60e5e871c6d4.xml", Status::Refused, 0, 0, "refused-malformed"),
    ("d33dd654590a4da38b5853cecc9eb5fc.xml", Status::Refused, 0, 0, "refused-malformed"),
    ("f916811c199949be86de6bbcc43c8e71.xml", Status::Refused, 0, 0, "refused-malformed"),
    ("samples/empty.xml", Status::Refused, 0, 0, "refused-empty"),
    // A schema's tag stands around the report, and is never closed.
    ("ikea.com!example.de!1538690400!1538776800.xml", Status::Accepted, 1, 1, ""),
    // The one record has a tag in the middle of its From.
    ("invalid_xml.xml", Status::Refused, 0, 0, "refused-malformed"),
    // Bytes that are no UTF-8.
    ("invalid_utf_8.xml", Status::Accepted, 1, 1, ""),
];

#[test]
fn xml_of_the_corpus_has_exact_counts() {
    let Some(root) = corpus() else { return };
    let (mut accepted, mut others, mut malformed) = (0, 0, 0);
    let (mut records, mut messages) = (0, 0);
    for (name, bytes) in files(&root).iter().filter(|(name, _)| name.ends_with(".xml")) {
        let found = items(bytes);
        let [item] = &found[..] else { panic!("{name}: {} items", found.len()) };
        if let Some((_, status, record_count, message_count, why)) =
            MALFORMED.iter().find(|(end, ..)| name.ends_with(end))
        {
            malformed += 1;
            assert_eq!((item.status, reason(item).0), (*status, *why), "{name}");
            if *status == Status::Accepted {
                let report = aggregate(item);
                assert_eq!((report.records.len(), report.message_count()), (*record_count, *message_count), "{name}");
            }
            continue;
        }
        match counted(std::str::from_utf8(bytes).unwrap().trim_start_matches('\u{feff}')) {
            Some(counts) => {
                accepted += 1;
                let report = aggregate(item);
                assert_eq!((report.records.len(), report.message_count()), counts, "{name}");
                assert_eq!((item.status, &item.reason), (Status::Accepted, &None), "{name}");
                for record in &report.records {
                    assert!(report.circumstances_of(record).is_some(), "{name}");
                }
                records += counts.0;
                messages += counts.1;
            }
            None => {
                others += 1;
                assert_eq!(
                    (&item.content, reason(item).0),
                    (&Content::Refused(None), "refused-not-a-report"),
                    "{name}"
                );
                assert!(item.deviations.is_empty(), "{name}");
            }
        }
    }
    assert_eq!(malformed, MALFORMED.len());
    // All that there are: so many of the corpus's 815 are reports; the others are pieces of reports, for unit tests.
    assert_eq!((accepted, others), (689, 115));
    // As Python's ElementTree counts them.
    assert_eq!((records, messages), (8_307, 42_190));
}

/// Mails and compressed files: records and messages of each.
const PACKED: &[(&str, usize, u64)] = &[
    ("20150705_163.com.eml", 1, 1),
    ("20150705_163-failed.com.eml", 1, 1),
    ("Report-ID_aggr_report_ngyn.org_20210622.eml", 1, 1),
    ("Report-ID_2015.06.23.5672770.eml", 1, 2),
    ("Report-ID_1282989064754998675.eml", 4, 50),
    ("Report-ID_14872432101891615947.eml", 1, 1),
    ("Report-ID_66f317a021ff4cdabad2b350d3303615@hotmail.com.eml", 1, 1),
    ("Report-ID_1435111091.916236.eml", 1, 9),
    ("Report-ID_1436111091.916236-ignored.eml", 1, 9),
    ("amazonses.com!georgestarcher.com!1518134400!1518220800.xml.gz", 1, 1),
    ("aol.com!georgestarcher.com!1342497600!1342584000.zip", 1, 1),
    ("rfc9990-modern-synthetic.xml.gz", 2, 3),
    ("Report-ID- 949348866075514174.eml", 1, 1),
    ("estadocuenta1.infonacot.gob.mx!example.com!1536853302!1536939702!2940.xml.zip", 1, 1),
    ("fastmail.com!example.com!1516060800!1516147199!102675056.xml.gz", 1, 1),
    ("mimecast-weird-gzip.eml", 1, 1),
    ("twilight.eml", 1, 1),
    ("nice-input.xml.gz", 20, 3047),
    ("nice-input.xml.zip", 20, 3047),
    ("dmarc-feedback/100.eml", 1, 1),
    ("dmarc-feedback/101.eml", 1, 1),
    ("dmarc-feedback/102.eml", 1, 1),
    ("dmarc-feedback/103.eml", 1, 1),
    ("dmarc-feedback/104.eml", 1, 1),
    ("email-source-with-gz.txt", 1, 1),
    ("email-source-with-zip.txt", 1, 22),
];

#[test]
fn packed_reports_of_the_corpus_have_exact_counts() {
    let Some(root) = corpus() else { return };
    let all = files(&root);
    for (end, records, messages) in PACKED {
        let (name, bytes) = all.iter().find(|(name, _)| name.ends_with(end)).unwrap_or_else(|| panic!("no {end}"));
        let found = items(bytes);
        let [item] = &found[..] else { panic!("{name}: {found:#?}") };
        let report = aggregate(item);
        assert_eq!((report.records.len(), report.message_count()), (*records, *messages), "{name}");
        assert_eq!((item.status, &item.reason), (Status::Accepted, &None), "{name}");
        assert!(!item.member.is_empty() || ends_with(name, &[".gz"]), "{name}");
        // What is kept can be read again, and says the same.
        let again = items(&item.raw);
        assert_eq!((&again[0].content, again[0].digest), (&item.content, item.digest), "{name}");
    }
    // A picture in a gzip that was named as a report.
    let (_, bytes) = all.iter().find(|(name, _)| name.ends_with("20210607-ignored.eml")).unwrap();
    let found = items(bytes);
    assert_eq!((found.len(), reason(&found[0])), (1, ("refused-format", "PNG")));
}

#[test]
fn one_report_in_four_forms_is_one_report() {
    let Some(root) = corpus() else { return };
    let read = |name: &str| {
        items(&std::fs::read(root.join("domainaware__parsedmarc/samples/extract_report").join(name)).unwrap()).remove(0)
    };
    let (xml, gz, zip) = (read("nice-input.xml"), read("nice-input.xml.gz"), read("nice-input.xml.zip"));
    assert_eq!((&xml.content, xml.digest), (&gz.content, gz.digest));
    assert_eq!((&xml.content, xml.digest), (&zip.content, zip.digest));
    assert_ne!(read("changed-input.xml").digest, xml.digest);
}

#[test]
fn deviations_of_the_corpus_are_named() {
    let Some(root) = corpus() else { return };
    let all = files(&root);
    for (end, id, example) in [
        ("hardfail.xml", "deviation-word-alias", "spf/result hardfail"),
        ("mimecast-weird-gzip.eml", "deviation-junk-after", ""),
        ("empty_reason.xml", "deviation-field-empty", "policy_evaluated/reason"),
        ("invalid_utf_8.xml", "deviation-encoding", "UTF-8"),
        ("report_with_upper_cased_pass.xml", "deviation-word-case", "policy_evaluated/disposition None"),
        ("MultiplePolicyPublishedTags.xml", "deviation-field-repeated", "policy_published"),
        ("NoReportMetadataTags.xml", "deviation-field-missing", "report_metadata"),
        ("NoRecordTags.xml", "deviation-no-records", ""),
        ("48e6051ace7242e8a3fdcac9b4a71d21.xml", "deviation-field-order", "auth_results/dkim"),
        ("9a20eac6e55a4ce9aeed8f6d1c7893f3.xml", "deviation-field-empty", "policy_published/sp"),
        ("ikea.com!example.de!1538690400!1538776800.xml", "deviation-wrapper", "xs:schema"),
        ("rfc-samples/dmarc-xmlalt-0.2.xml", "deviation-namespace", "http://dmarc.org/dmarc-xml/0.2"),
        // A zip that says it is a gzip.
        ("163-failed.com.eml", "deviation-media-type", "application/gzip"),
        ("rfc8460-appendixB-asprinted.json", "deviation-encoding", "control characters"),
    ] {
        let (name, bytes) = all.iter().find(|(name, _)| name.ends_with(end)).unwrap_or_else(|| panic!("no {end}"));
        let item = items(bytes).remove(0);
        assert!(deviates(&item, id, example), "{name}: {:#?}", item.deviations);
    }
}

#[test]
fn the_sample_of_rfc_9990_deviates_in_nothing() {
    let Some(root) = corpus() else { return };
    for name in [
        "xsd/rfc9990-appendix-B-sample.xml",
        "xsd/rfc9990-sample-draft32.xml",
        "domainaware__parsedmarc/samples/aggregate/rfc9990-sample.xml",
    ] {
        let item = items(&std::fs::read(root.join(name)).unwrap()).remove(0);
        let unknown: Vec<_> =
            item.deviations.iter().filter(|deviation| &*deviation.id != "deviation-field-order").collect();
        assert_eq!(unknown, Vec::<&feedback::Deviation>::new(), "{name}");
        let report = aggregate(&item);
        assert_eq!(&*report.namespace, feedback::aggregate::read::NAMESPACE);
        assert_eq!((report.records.len(), report.message_count()), (1, 123), "{name}");
    }
}

/// What another program reads in the same reports.
#[test]
fn aggregate_reports_say_what_another_reader_says() {
    let Some(root) = corpus() else { return };
    let folder = root.join("stalwartlabs__mail-auth/resources/dmarc-feedback");
    for number in
        ["001.xml", "002.xml", "003.xml", "004.xml", "005.xml", "100.eml", "101.eml", "102.eml", "103.eml", "104.eml"]
    {
        let item = items(&std::fs::read(folder.join(number)).unwrap()).remove(0);
        let report = aggregate(&item);
        let json = std::fs::read(folder.join(number).with_extension("json")).unwrap();
        let theirs: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let metadata = &theirs["report_metadata"];
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        assert_eq!(&*report.metadata.organization, text(&metadata["org_name"]), "{number}");
        assert_eq!(&*report.metadata.email, text(&metadata["email"]), "{number}");
        assert_eq!(&*report.metadata.report_id, text(&metadata["report_id"]), "{number}");
        assert_eq!(Some(report.metadata.begin_s), metadata["date_range"]["begin"].as_u64(), "{number}");
        assert_eq!(Some(report.metadata.end_s), metadata["date_range"]["end"].as_u64(), "{number}");
        assert_eq!(&*report.policy.domain, text(&theirs["policy_published"]["domain"]), "{number}");
        let records = theirs["record"].as_array().unwrap();
        assert_eq!(report.records.len(), records.len(), "{number}");
        for (ours, theirs) in report.records.iter().zip(records) {
            assert_eq!(
                ours.source.map(|source| source.to_string()).unwrap_or_default(),
                text(&theirs["row"]["source_ip"]),
                "{number}"
            );
            assert_eq!(Some(ours.count), theirs["row"]["count"].as_u64(), "{number}");
            let circumstances = report.circumstances_of(ours).unwrap();
            assert_eq!(&*circumstances.header_from, text(&theirs["identifiers"]["header_from"]), "{number}");
            assert_eq!(circumstances.dkim.len(), theirs["auth_results"]["dkim"].as_array().unwrap().len(), "{number}");
            assert_eq!(circumstances.spf.len(), theirs["auth_results"]["spf"].as_array().unwrap().len(), "{number}");
        }
    }
}

fn failure(item: &Item) -> &Failure {
    match &item.content {
        Content::Failure(report) => report,
        other => panic!("no failure report: {other:?} {:?}", item.reason),
    }
}

#[test]
fn failure_reports_say_what_another_reader_says() {
    let Some(root) = corpus() else { return };
    let folder = root.join("stalwartlabs__mail-auth/resources/arf");
    for number in ["001", "002", "003", "004", "005"] {
        let found = items(&std::fs::read(folder.join(number).with_extension("eml")).unwrap());
        let [item] = &found[..] else { panic!("{number}: {found:#?}") };
        assert_eq!(item.status, Status::Accepted);
        let ours = failure(item);
        let json = std::fs::read(folder.join(number).with_extension("json")).unwrap();
        let theirs: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let text = |name: &str| theirs[name].as_str().map(|text| text.trim_matches(['<', '>']).to_owned());
        let list = |name: &str| -> Vec<String> {
            let values = theirs[name].as_array().unwrap();
            values.iter().map(|value| value.as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ours.arrival_s, theirs["arrival_date"].as_i64(), "{number}");
        assert_eq!(Some(ours.incidents), theirs["incidents"].as_u64(), "{number}");
        assert_eq!(ours.envelope_id.as_deref(), text("original_envelope_id").as_deref(), "{number}");
        assert_eq!(ours.mail_from.as_deref(), text("original_mail_from").as_deref(), "{number}");
        assert_eq!(ours.rcpt_to.first().map(|path| &**path), text("original_rcpt_to").as_deref(), "{number}");
        assert_eq!(ours.source.map(|source| source.to_string()), text("source_ip"), "{number}");
        assert_eq!(ours.user_agent.as_deref(), text("user_agent").as_deref(), "{number}");
        assert_eq!(ours.dkim_domain.as_deref(), text("dkim_domain").as_deref(), "{number}");
        assert_eq!(ours.dkim_identity.as_deref(), text("dkim_identity").as_deref(), "{number}");
        assert_eq!(ours.dkim_selector.as_deref(), text("dkim_selector").as_deref(), "{number}");
        assert_eq!(ours.reported_domains.iter().map(ToString::to_string).collect::<Vec<_>>(), list("reported_domain"));
        assert_eq!(ours.reported_uris.iter().map(ToString::to_string).collect::<Vec<_>>(), list("reported_uri"));
        let theirs = list("authentication_results");
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(
            ours.authentication_results.as_deref().map(words),
            theirs.first().map(|text| words(text)),
            "{number}"
        );
        assert!(ours.original_header.as_ref().is_some_and(|header| !header.is_empty()), "{number}");
    }
}

/// Feedback-Type, Auth-Failure, source, a reported domain, the From shown.
#[test]
fn failure_reports_of_the_world() {
    use feedback::failure::AuthFailure::{BodyHash, Dmarc};
    let Some(root) = corpus() else { return };
    let all = files(&root);
    for (end, kind, why, source, domain, from) in [
        ("ip=10.10.10.10).eml", "auth-failure", Some(Dmarc), "10.10.10.10", "domain.de", "domain.de"),
        ("Rent Reminder.eml", "auth-failure", None, "167.89.69.24", "cardinal.com", "cardinal.com"),
        ("dmarc_ruf_report_linkedin.eml", "auth-failure", Some(Dmarc), "10.10.10.10", "example.com", "example.com"),
        (
            "dmarc_ruf_report_linkedin.crlf.eml",
            "auth-failure",
            Some(Dmarc),
            "10.10.10.10",
            "example.com",
            "example.com",
        ),
        (
            "exim_plain_text_only_no_arf_part.eml",
            "auth-failure",
            Some(Dmarc),
            "203.0.113.68",
            "example.com",
            "example.com",
        ),
        ("rfc5965-appendixB-1.eml", "abuse", None, "", "", "example.net"),
        ("rfc5965-appendixB-2.eml", "abuse", None, "192.0.2.1", "example.net", "example.net"),
        (
            "rfc6591-appendixB-auth-failure.eml",
            "auth-failure",
            Some(BodyHash),
            "192.0.2.1",
            "a.sender.example",
            "a.sender.example",
        ),
        (
            "rfc9991-draft24-example.eml",
            "auth-failure",
            Some(Dmarc),
            "192.0.2.2",
            "consumer.example",
            "consumer.example",
        ),
    ] {
        let (name, bytes) = all.iter().find(|(name, _)| name.ends_with(end)).unwrap_or_else(|| panic!("no {end}"));
        let found = items(bytes);
        let [item] = &found[..] else { panic!("{name}: {found:#?}") };
        let report = failure(item);
        assert_eq!((&*report.feedback_type, report.auth_failure.known()), (kind, why), "{name}");
        assert_eq!(report.source.map(|source| source.to_string()).unwrap_or_default(), source, "{name}");
        assert_eq!(report.reported_domains.first().map_or("", |domain| &**domain), domain, "{name}");
        assert_eq!(report.header_from.as_deref().unwrap_or_default(), from, "{name}");
        // What is kept is the mail: it can be read again, and says the same.
        let again = items(&item.raw);
        assert_eq!((&again[0].content, again[0].digest), (&item.content, item.digest), "{name}");
    }
}

/// Policies, sessions that succeeded, sessions that failed.
#[test]
fn tls_reports_of_the_corpus_have_exact_counts() {
    let Some(root) = corpus() else { return };
    let all = files(&root);
    let mut seen = 0;
    for (name, bytes) in &all {
        let folder = [
            "smtp-tls-reports/",
            "samples/smtp_tls/",
            "tlsrpt-digest/testdata/",
            "resources/tlsrpt/",
            "rfc8460-appendixB",
        ];
        if !folder.iter().any(|folder| name.contains(folder)) {
            continue;
        }
        let found = items(bytes);
        let [item] = &found[..] else { panic!("{name}: {found:#?}") };
        let Content::Tls(report) = &item.content else { panic!("{name}: {:?}", item.reason) };
        let sum = |count: fn(&feedback::tls::TlsPolicy) -> u64| report.policies.iter().map(count).sum::<u64>();
        let ours = (report.policies.len(), sum(|policy| policy.successful_count), sum(|policy| policy.failed_count));
        let theirs = if name.ends_with(".json") {
            // The RFC's sample as it is printed has a line end inside of a text.
            let plain: Vec<u8> = bytes.iter().map(|byte| if byte.is_ascii_control() { b' ' } else { *byte }).collect();
            let json: serde_json::Value = serde_json::from_slice(&plain).unwrap();
            let policies = json["policies"].as_array().unwrap();
            let sum =
                |name: &str| policies.iter().map(|policy| policy["summary"][name].as_u64().unwrap_or_default()).sum();
            (policies.len(), sum("total-successful-session-count"), sum("total-failure-session-count"))
        } else {
            let hand = [
                ("google.com_smtp_tls_report.eml", (1, 48, 0)),
                ("tlsrpt_failure.eml", (1, 4523, 2)),
                ("tlsrpt_success_google_1.eml", (1, 1, 0)),
                ("tlsrpt_success_google_2.eml", (1, 4, 0)),
                ("tlsrpt_success_microsoft.eml", (1, 2, 0)),
                ("rpt01.eml", (1, 5326, 303)),
                ("rpt02.eml", (1, 23, 1)),
            ];
            hand.iter().find(|(end, _)| name.ends_with(end)).unwrap_or_else(|| panic!("{name}")).1
        };
        assert_eq!(ours, theirs, "{name}");
        assert_eq!(item.status, Status::Accepted, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 20);
}

#[test]
fn everything_else_is_refused_with_a_reason() {
    let Some(root) = corpus() else { return };
    for (name, bytes) in &files(&root) {
        for item in items(bytes) {
            let is_refused = matches!(item.content, Content::Refused(_));
            assert_eq!(is_refused, item.status == Status::Refused, "{name}");
            assert_eq!(item.reason.is_some(), item.status != Status::Accepted, "{name}");
            if name.ends_with(".xsd") {
                assert_eq!(reason(&item).0, "refused-not-a-report", "{name}");
            }
            if item.content == Content::Refused(Some(Kind::Tls)) {
                panic!("{name}: {:?}", item.reason);
            }
        }
    }
}
