//! Reports as XML: valid, the same whenever they are written, and named as the standard names them.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use feedback::Word;
use feedback::aggregate::check::{Checker, Problem};
use feedback::aggregate::fold::{Alone, Draft, EnvelopeTo, Fold, FoldOptions, InMemory};
use feedback::aggregate::write::{Shape, WriteError, pack, write};
use feedback::aggregate::{Aggregate, Reason};
use feedback::period::Period;
use proptest::prelude::*;
use report::Row;
use report::row::*;
use report::vocabulary::*;

use crate::arbitrary;
use crate::samples::{failed, passed, period, reporter, signature};

fn drafts(period: Period, rows: &[Row]) -> Vec<Draft> {
    let options = FoldOptions {
        spam_alone: Alone::MakesOne,
        bounces_alone: Alone::MakesOne,
        envelope_to: EnvelopeTo::Tell,
        ..FoldOptions::new(period)
    };
    let mut fold = Fold::new(options, InMemory);
    rows.iter().for_each(|row| fold.add(row).unwrap());
    fold.finish().unwrap().map(Result::unwrap).collect()
}

fn sample() -> Aggregate {
    let mut forwarded = failed(3, "www.example.jp", "2001:db8::25");
    forwarded.verdict.disposition = Disposition::None;
    forwarded.verdict.overrides =
        vec![Override { kind: OverrideKind::Forwarded, comment: Some("a < b & \"c\"\u{1}\n".into()) }];
    let mut broken = failed(4, "example.jp", "192.0.2.9");
    broken.dkim.push(signature("example.jp", "old", MethodResult::Fail));
    broken.dkim[1].problem = Some("dkim-body-hash-differs".into());
    broken.dmarc.authors[0].dkim.push(Aligned::Strict);
    let rows = [failed(1, "example.jp", "192.0.2.1"), passed(2, "example.jp", "192.0.2.1"), forwarded, broken];
    let drafts = drafts(period(), &rows);
    assert_eq!(drafts.len(), 1);
    reporter().complete(drafts[0].clone(), Shape::Rfc9990)
}

fn text(aggregate: &Aggregate, shape: Shape) -> String {
    let mut text = Vec::new();
    write(aggregate, shape, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn check(text: &str, shape: Shape) -> Result<(), Problem> {
    let mut checker = Checker::new(shape);
    checker.push(text.as_bytes()).and_then(|()| checker.finish()).map_err(|violation| violation.problem)
}

#[test]
fn the_elements_of_a_report() {
    let xml = text(&sample(), Shape::Rfc9990);
    let document = roxmltree::Document::parse(&xml).unwrap();
    let all = |name: &str| -> Vec<String> {
        let named = document.descendants().filter(|node| node.has_tag_name(("urn:ietf:params:xml:ns:dmarc-2.0", name)));
        named.map(|node| node.text().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(all("version"), ["1.0"]);
    assert_eq!(all("org_name"), ["Receiver & Söhne <GmbH>"]);
    assert_eq!(all("extra_contact_info"), ["https://receiver.example/dmarc?a=1&b=2"]);
    assert_eq!((all("begin"), all("end")), (vec!["1795305600".into()], vec!["1795391999".into()]));
    assert_eq!(all("discovery_method"), ["treewalk"]);
    assert_eq!((all("p"), all("sp"), all("np")), (vec!["reject".into()], vec!["reject".into()], vec!["reject".into()]));
    assert_eq!((all("fo"), all("adkim"), all("testing")), (vec!["0".into()], vec!["r".into()], vec!["n".into()]));
    assert_eq!(all("count"), ["1", "1", "1", "1"]);
    let mut dispositions = all("disposition");
    dispositions.sort();
    assert_eq!(dispositions, ["none", "pass", "reject", "reject"]);
    assert_eq!(all("type"), ["other"]);
    assert_eq!(all("comment"), ["forwarded: a < b & \"c\"\u{fffd} "], "forwarded is no type of RFC 9990");
    assert_eq!(all("human_result"), ["dkim-body-hash-differs"]);
    assert_eq!(all("scope"), ["mfrom", "mfrom", "mfrom", "mfrom"]);
    assert_eq!(all("envelope_to").len(), 4);
}

#[test]
fn the_older_shape() {
    let xml = text(&sample(), Shape::Rfc7489);
    let document = roxmltree::Document::parse(&xml).unwrap();
    let all = |name: &str| -> Vec<&str> {
        document
            .descendants()
            .filter(|node| node.has_tag_name(name))
            .map(|node| node.text().unwrap_or_default())
            .collect()
    };
    assert_eq!(all("type"), ["forwarded"]);
    assert_eq!(all("pct"), ["100"]);
    for absent in ["np", "testing", "discovery_method", "generator"] {
        assert_eq!(all(absent), Vec::<&str>::new(), "{absent}");
    }
    assert!(!all("disposition").contains(&"pass"));
    assert!(all("source_ip").contains(&"2001:db8:0:0:0:0:0:25"));
    assert_eq!(check(&xml, Shape::Rfc9990), Err(Problem::Root));
}

#[test]
fn what_no_schema_allows_is_not_written() {
    let broken = |change: &dyn Fn(&mut Aggregate)| {
        let mut aggregate = sample();
        change(&mut aggregate);
        match write(&aggregate, Shape::Rfc9990, &mut Vec::new()) {
            Err(WriteError::Invalid(violation)) => violation.to_string(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(broken(&|report| report.records.clear()), "element record missing at feedback");
    assert_eq!(
        broken(&|report| report.policy.policy = Word::Missing),
        "element p missing at feedback/policy_published"
    );
    assert_eq!(
        broken(&|report| report.circumstances[0].disposition = Word::Other("hardfail".into())),
        "value \"hardfail\" not allowed at feedback/record/row/policy_evaluated/disposition"
    );
    assert_eq!(broken(&|report| report.records[0].source = None), "element source_ip missing at feedback/record/row");
    assert_eq!(
        broken(&|report| report.circumstances[0].dkim[0].selector = None),
        "element selector missing at feedback/record/auth_results/dkim"
    );
    let mut two = sample();
    let spf = two.circumstances[0].spf[0].clone();
    two.circumstances[0].spf.push(spf);
    assert!(matches!(pack(&two, Shape::Rfc9990), Err(WriteError::Invalid(_))), "one result of SPF");
    // What other words a reason has becomes `other` with a comment.
    let mut sampled = sample();
    sampled.circumstances[0].reasons = vec![Reason { kind: Word::Other("sampled_out".into()), comment: None }];
    assert!(text(&sampled, Shape::Rfc9990).contains("<comment>sampled_out</comment>"));
    assert!(text(&sampled, Shape::Rfc7489).contains("<type>sampled_out</type>"));
}

/// Each line of a report taken away or doubled: what is left is valid only where the schema lets it be.
#[test]
fn the_check_sees_what_is_missing_and_what_is_too_much() {
    let xml = text(&sample(), Shape::Rfc9990);
    assert_eq!(check(&xml, Shape::Rfc9990), Ok(()));
    let lines: Vec<_> = xml.lines().collect();
    let optional = [
        "version",
        "extra_contact_info",
        "generator",
        "discovery_method",
        "sp",
        "np",
        "fo",
        "adkim",
        "aspf",
        "testing",
        "comment",
        "envelope_to",
        "envelope_from",
        "human_result",
        "scope",
    ];
    let (mut without, mut doubled) = (0, 0);
    for at in 1..lines.len() {
        let name = lines[at].trim().trim_start_matches(['<', '/']).split(['>', ' ']).next().unwrap();
        let mut cut = lines.clone();
        cut.remove(at);
        let is_element = lines[at].contains("</") && !lines[at].trim().starts_with("</");
        assert_eq!(
            check(&cut.join("\n"), Shape::Rfc9990).is_ok(),
            is_element && optional.contains(&name),
            "{}",
            lines[at]
        );
        without += 1;
        if is_element {
            let mut twice = lines.clone();
            twice.insert(at, lines[at]);
            assert!(
                matches!(check(&twice.join("\n"), Shape::Rfc9990), Err(Problem::TooMany(_) | Problem::Unexpected(_))),
                "{}",
                lines[at]
            );
            doubled += 1;
        }
    }
    assert!(without > 100 && doubled > 60, "{without} {doubled}");
    // Where the order counts.
    for (wrong, why) in [
        (
            xml.replacen("<dkim>fail</dkim>\n        <spf>fail</spf>", "<spf>fail</spf>\n        <dkim>fail</dkim>", 1),
            "dkim before spf",
        ),
        (xml.replace("<!", "<"), ""),
    ] {
        assert_eq!(check(&wrong, Shape::Rfc9990).is_ok(), why.is_empty(), "{why}");
    }
    for wrong in [
        xml.replacen("<count>1<", "<count>-1<", 1),
        xml.replacen("<count>1<", "<count><", 1),
        xml.replacen("reject", "rejct", 1),
        xml.replacen("1.0</version>", "1.1</version>", 1),
        xml.replacen("192.0.2.1", "192.0.2", 1),
        xml.replacen("dmarc-2.0", "dmarc-2.1", 1),
        xml.replacen("&amp;", "&nbsp;", 1),
        xml.replacen("Receiver", "\u{1}", 1),
        xml.replacen("<record>", "<record>x", 1),
        xml.replacen("<record>", "<!-- x --><record>", 1),
        xml.replacen("<p>", "<p lang=\"en\">", 1),
        format!("{xml}<feedback>"),
        xml.trim_end().trim_end_matches('>').to_owned(),
    ] {
        assert!(check(&wrong, Shape::Rfc9990).is_err());
    }
}

fn validator() -> Option<&'static str> {
    let there = |program: &str| {
        Command::new(program)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    if there("xmllint") {
        return Some("xmllint");
    }
    println!("skipped: no xmllint (Debian's libxml2-utils)");
    None
}

/// Against the schema of the standard, by a validator of others.
#[test]
fn others_find_it_valid() {
    let schema = testkit::root().join("../shared/rfc/rfc9990-appendix-A.xsd");
    if !schema.exists() {
        println!("skipped: no {}", schema.display());
        return;
    }
    let Some(program) = validator() else { return };
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let rows = prop::collection::vec(arbitrary::row(), 50..80);
    let mut reports = vec![sample()];
    for _ in 0..60 {
        let rows = rows.new_tree(&mut runner).unwrap();
        let rows = proptest::strategy::ValueTree::current(&rows);
        let period = Period::new(1_780_000_000, 1_780_400_000).unwrap();
        reports.extend(drafts(period, &rows).into_iter().map(|draft| reporter().complete(draft, Shape::Rfc9990)));
    }
    assert!(reports.len() > 50, "{}", reports.len());
    for report in &reports {
        let xml = text(report, Shape::Rfc9990);
        let mut child = Command::new(program)
            .args(["--noout", "--schema", schema.to_str().unwrap(), "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(xml.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}\n{xml}", String::from_utf8_lossy(&output.stderr));
    }
    println!("{} reports found valid", reports.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_rows_the_reports_are_valid_in_both_shapes(rows in prop::collection::vec(arbitrary::row(), 0..20)) {
        let period = Period::new(1_780_000_000, 1_780_400_000).unwrap();
        for draft in drafts(period, &rows) {
            for shape in [Shape::Rfc9990, Shape::Rfc7489] {
                let aggregate = reporter().complete(draft.clone(), shape);
                let xml = text(&aggregate, shape);
                prop_assert!(roxmltree::Document::parse(&xml).is_ok());
                let mut unpacked = String::new();
                let packed = pack(&aggregate, shape).unwrap();
                flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut unpacked).unwrap();
                prop_assert_eq!(&unpacked, &xml);
                prop_assert_eq!(&packed[4..8], &[0; 4], "no time");
                prop_assert_eq!(packed, pack(&aggregate, shape).unwrap());
            }
        }
    }

    #[test]
    fn the_check_takes_bytes_in_any_pieces(cuts in prop::collection::vec(0..6000_usize, 0..40)) {
        let xml = text(&sample(), Shape::Rfc9990);
        let mut cuts: Vec<_> = cuts.into_iter().filter(|at| *at < xml.len()).collect();
        cuts.extend([0, xml.len()]);
        cuts.sort_unstable();
        let mut checker = Checker::new(Shape::Rfc9990);
        for piece in cuts.windows(2) {
            checker.push(&xml.as_bytes()[piece[0]..piece[1]]).unwrap();
        }
        prop_assert!(checker.finish().is_ok());
    }
}

/// RFC 5322 §3.2.3: dot-atom-text.
fn is_dot_atom(text: &str) -> bool {
    !text.is_empty()
        && text.split('.').all(|atom| {
            !atom.is_empty()
                && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
        })
}

/// RFC 6376 §3.5: domain-name.
fn is_domain_name(text: &str) -> bool {
    let is_label = |label: &str| {
        label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && label.starts_with(|first: char| first.is_ascii_alphanumeric())
            && label.ends_with(|last: char| last.is_ascii_alphanumeric())
    };
    text.contains('.') && text.split('.').all(is_label)
}

#[test]
fn names_follow_the_grammar() {
    let draft = drafts(period(), &[failed(1, "example.jp", "192.0.2.1")]).remove(0);
    let id = reporter().report_id(&draft);
    assert!(is_dot_atom(&id) && id.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{id}");
    let file = reporter().file_name("example.jp", period(), &id);
    let parts: Vec<_> = file.strip_suffix(".xml.gz").unwrap().split('!').collect();
    let [receiver, domain, begin, end, unique] = parts.as_slice() else { panic!("{file}") };
    assert!(is_domain_name(receiver) && is_domain_name(domain), "{file}");
    assert_eq!((*begin, *end, *unique), ("1795305600", "1795391999", id.as_str()));
    // Words with white space between them, and nothing else.
    let lines = reporter().subject("example.jp", &id);
    let words: Vec<_> = lines.iter().flat_map(|line| line.split(' ')).collect();
    let ["Report", "Domain:", domain, "Submitter:", receiver, "Report-ID:", ridtxt] = words.as_slice() else {
        panic!("{words:?}")
    };
    assert!(is_domain_name(domain) && is_domain_name(receiver));
    assert!(is_dot_atom(ridtxt.strip_prefix('<').unwrap().strip_suffix('>').unwrap()));
    // What no domain holds ends nothing.
    let strange = reporter().file_name("a!b\".exa mple\r\n.jp", period(), &id);
    assert_eq!(strange.matches('!').count(), 4);
    assert!(!strange.contains(['"', ' ', '\r', '\n']));
}

#[test]
fn ids_are_the_same_again_and_differ_where_reports_differ() {
    let draft = drafts(period(), &[failed(1, "example.jp", "192.0.2.1")]).remove(0);
    let more =
        drafts(period(), &[failed(1, "example.jp", "192.0.2.1"), failed(9, "example.jp", "192.0.2.8")]).remove(0);
    assert_eq!(
        reporter().report_id(&draft),
        reporter().report_id(&more),
        "an id is of what it reports on, not of what it counts"
    );
    let id = reporter().report_id(&draft);
    let changed = |change: &dyn Fn(&mut Draft)| {
        let mut other = draft.clone();
        change(&mut other);
        reporter().report_id(&other)
    };
    let others = [
        changed(&|draft| draft.part = 1),
        changed(&|draft| draft.configuration[0] ^= 1),
        changed(&|draft| draft.aggregate.metadata.begin_s += 1),
        changed(&|draft| draft.aggregate.metadata.end_s += 1),
        changed(&|draft| draft.aggregate.policy.domain = "example.com".into()),
    ];
    let distinct: std::collections::BTreeSet<_> = others.iter().chain([&id]).collect();
    assert_eq!(distinct.len(), 6);
    let mut elsewhere = reporter();
    elsewhere.domain = crate::samples::name("mx2.receiver.example");
    assert_ne!(elsewhere.report_id(&draft), id);
}
