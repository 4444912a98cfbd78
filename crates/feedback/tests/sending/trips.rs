//! What we write, our own readers read back.

use feedback::aggregate::fold::{Alone, EnvelopeTo, Fold, FoldOptions, InMemory};
use feedback::aggregate::read::{End, read};
use feedback::aggregate::write::{Shape, write};
use feedback::aggregate::{Aggregate, Reason};
use feedback::deviation::Notes;
use feedback::failure::read::Original;
use feedback::failure::{AuthFailure, Failure};
use feedback::period::Period;
use feedback::{Word, failure};
use proptest::prelude::*;
use report::vocabulary::OverrideKind;

use crate::arbitrary;
use crate::samples::reporter;

/// A report as it comes back: forwarding is no type of RFC 9990 any more, and white space at the ends of texts, and what
/// XML cannot hold, is not kept.
fn as_read(mut report: Aggregate) -> Aggregate {
    let tidy = |text: &mut Option<Box<str>>| {
        let kept = |character: char| match character {
            '\t' | '\n' | '\r' => ' ',
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
            other => other,
        };
        let kept = |text: Box<str>| -> Box<str> { text.chars().map(kept).collect::<String>().trim().into() };
        *text = text.take().map(kept).filter(|text| !str::is_empty(text));
    };
    for circumstances in &mut report.circumstances {
        for reason in &mut circumstances.reasons {
            if reason.kind == Word::Known(OverrideKind::Forwarded) {
                let comment =
                    reason.comment.as_ref().map_or("forwarded".into(), |more| format!("forwarded: {more}").into());
                *reason = Reason { kind: Word::Known(OverrideKind::Other), comment: Some(comment) };
            }
            tidy(&mut reason.comment);
        }
        for signature in &mut circumstances.dkim {
            tidy(&mut signature.comment);
            // A selector that could not be read is written as an empty element, which the schema wants.
            tidy(&mut signature.selector);
        }
    }
    report
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn aggregate_reports_come_back(rows in prop::collection::vec(arbitrary::row(), 0..40)) {
        let period = Period::new(1_780_000_000, 1_780_400_000).unwrap();
        let options = FoldOptions {
            spam_alone: Alone::MakesOne,
            bounces_alone: Alone::MakesOne,
            envelope_to: EnvelopeTo::Tell,
            ..FoldOptions::new(period)
        };
        let mut fold = Fold::new(options, InMemory);
        rows.iter().for_each(|row| fold.add(row).unwrap());
        for draft in fold.finish().unwrap() {
            let report = reporter().complete(draft.unwrap(), Shape::Rfc9990);
            let mut xml = Vec::new();
            write(&report, Shape::Rfc9990, &mut xml).unwrap();
            let mut notes = Notes::default();
            let reading = read(xml.as_slice(), &mut notes);
            prop_assert_eq!(reading.end, End::Whole);
            let wanted = as_read(report);
            prop_assert_eq!(&reading.report.metadata, &wanted.metadata);
            prop_assert_eq!(&reading.report.policy, &wanted.policy);
            let lines = |report: &Aggregate| -> Vec<_> {
                report.records.iter().map(|one| (one.source, one.count, report.circumstances_of(one).cloned())).collect()
            };
            prop_assert_eq!(lines(&reading.report), lines(&wanted));
            prop_assert_eq!((&reading.report.version, &reading.report.namespace), (&wanted.version, &wanted.namespace));
        }
    }

    #[test]
    fn failure_reports_come_back(
        incidents in 1..u64::from(u32::MAX),
        source in any::<std::net::IpAddr>(),
        port in prop::option::of(any::<u16>()),
        arrival_s in 0..4_000_000_000_i64,
        kind in 0..5_usize,
        words in prop::collection::vec("[a-z0-9]{1,60}", 6),
    ) {
        let kinds = [AuthFailure::Dmarc, AuthFailure::Spf, AuthFailure::BodyHash, AuthFailure::Revoked, AuthFailure::Signature];
        let word = |at: usize| Some(words[at].as_str().into());
        let wanted = Failure {
            feedback_type: "auth-failure".into(),
            user_agent: word(0),
            version: Some("1".into()),
            auth_failure: Word::Known(kinds[kind]),
            identity_alignment: Some("dkim, spf".into()),
            delivery_result: Some("policy".into()),
            envelope_id: word(1),
            mail_from: Some(format!("{}@example.net", words[2]).into()),
            rcpt_to: vec![format!("{}@example.org", words[3]).into()],
            arrival_s: Some(arrival_s),
            reporting_mta: Some("dns; mx.receiver.example".into()),
            source: Some(source.to_canonical()),
            source_port: port,
            incidents,
            authentication_results: Some(format!("mx.receiver.example; dmarc=fail header.from={}.example", words[4]).into()),
            reported_domains: vec!["example.jp".into()],
            dkim_domain: Some("example.jp".into()),
            dkim_identity: Some("@example.jp".into()),
            dkim_selector: word(5),
            spf_dns: vec!["txt : example.jp : \"v=spf1 -all\"".into(), format!("txt : example.jp : \"v=spf1 exists:{} -all\"", words.concat()).into()],
            ..Failure::default()
        };
        let mut notes = Notes::default();
        let fields = failure::write::fields(&wanted);
        let read = failure::read::read(fields.as_bytes(), None::<Original<'_>>, None, &mut notes).unwrap();
        prop_assert_eq!(read, wanted);
        prop_assert!(notes.is_empty(), "{:?}", notes.iter().collect::<Vec<_>>());
    }
}
