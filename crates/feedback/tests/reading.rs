//! The cases of reading, and the fuzz targets of the readers.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // a test

extern crate sekisho_feedback as feedback;

use std::fmt::Write as _;

use feedback::archive::Content;
use feedback::deviation::Notes;
use feedback::failure::read::Original;
use feedback::intake::{Item, Settings, read};

fn items(bytes: &[u8]) -> Vec<Item> {
    let mut items = Vec::new();
    read(&mut &*bytes, &Settings::default(), &mut |item| items.push(item)).unwrap();
    items
}

/// An item as cases print it.
fn printed(item: &Item) -> String {
    let mut out = format!("item {:?} {:?}", item.member, item.status);
    if let Some(reason) = &item.reason {
        let _ = write!(out, " {} {:?}", reason.kind.id(), reason.what);
    }
    out.push('\n');
    match &item.content {
        Content::Aggregate(report) => {
            let _ = writeln!(out, "version {:?} namespace {:?}", report.version, report.namespace);
            let _ = writeln!(out, "{:#?}", report.metadata);
            let _ = writeln!(out, "{:#?}", report.policy);
            for record in &report.records {
                let _ = writeln!(out, "{:?} x {} #{}", record.source, record.count, record.circumstances);
            }
            for (number, circumstances) in report.circumstances.iter().enumerate() {
                let _ = writeln!(out, "#{number} {circumstances:#?}");
            }
        }
        Content::Failure(report) => {
            let mut report = report.clone();
            let header = report.original_header.take();
            let _ = writeln!(out, "{report:#?}");
            let header = header.map(|header| String::from_utf8_lossy(&header).into_owned());
            let _ = writeln!(out, "header: {header:?}");
        }
        Content::Tls(report) => {
            let _ = writeln!(out, "{report:#?}");
        }
        Content::Refused(kind) => {
            let _ = writeln!(out, "{kind:?}");
        }
    }
    for deviation in &item.deviations {
        let _ = writeln!(out, "{} {:?} x {}", deviation.id, deviation.example, deviation.count);
    }
    out
}

#[test]
fn cases() {
    let count = testkit::cases("feedback", |case| {
        let bytes = case.message.clone().unwrap_or_default();
        items(&bytes).iter().map(printed).collect()
    });
    assert!(count >= 10, "{count}");
}

fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = testkit::case::seeds("feedback", "msg");
    let Some(corpus) = testkit::suite("../corpora/dmarc") else { return seeds };
    for file in [
        "domainaware__parsedmarc/samples/extract_report/nice-input.xml.gz",
        "domainaware__parsedmarc/samples/extract_report/nice-input.xml.zip",
        "domainaware__parsedmarc/samples/aggregate/mimecast-weird-gzip.eml",
        "domainaware__parsedmarc/samples/failure/dmarc_ruf_report_linkedin.eml",
        "domainaware__parsedmarc/samples/smtp_tls/mail.ru.json",
        "xsd/rfc9990-appendix-B-sample.xml",
    ] {
        seeds.push(std::fs::read(corpus.join(file)).unwrap());
    }
    seeds
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_intake() {
    testkit::fuzz("feedback-intake", &seeds(), |bytes| {
        assert!(!items(bytes).is_empty());
    });
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_aggregate_read() {
    testkit::fuzz("feedback-aggregate-read", &seeds(), |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let reading = feedback::aggregate::read::read(text.as_bytes(), &mut Notes::default());
        for record in &reading.report.records {
            assert!(reading.report.circumstances_of(record).is_some());
        }
    });
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_tls_read() {
    testkit::fuzz("feedback-tls-read", &seeds(), |bytes| {
        let _ = feedback::tls::read::read(bytes, &mut Notes::default());
    });
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_failure_read() {
    testkit::fuzz("feedback-failure-read", &seeds(), |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let _ = feedback::failure::read::read_text(&text);
        let _ =
            feedback::failure::read::read(bytes, Some(Original::Message(bytes)), Some(&text), &mut Notes::default());
    });
}
