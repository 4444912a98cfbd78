//! The advisor: ladder, gates, what-if, the record to publish, what to repair; the digest; reporters.

use dmarc::Policy;
use dmarc::record::{Mode, Testing};
use feedback::Deviation;
use feedback::archive::{DocumentId, DocumentLine, Kind, Origin, ReporterLine, SourceLine, Status};
use mailtext::{Explain, Value};

use crate::insight::advise::{GateState, Note};
use crate::insight::digest::date;
use crate::insight::group::sighting;
use crate::insight::marks::sender_text;
use crate::insight::quality::Remark;
use crate::insight::{
    Advice, Aligner, Classifier, Existence, Gates, Grade, Modes, Proposal, Rung, Situation, Week, advise, digest,
    groups, plain_text, quality, what_if,
};
use crate::sightings::{Told, classifier, told};

/// A domain as many are: its own server, a newsletter that is not aligned, mail that is forwarded, and forged mail.
const USUAL: [&str; 7] = [
    "count=8000 ip=192.0.2.1 host=mx1.example.jp from=example.jp mail=example.jp:pass sign=example.jp/s1:pass said=pass/pass",
    "count=1500 ip=192.0.2.2 host=app.example.jp from=example.jp mail=example.jp:pass said=fail/pass",
    "count=900 ip=167.89.1.1 host=o1.em.sendgrid.net from=example.jp mail=sendgrid.net:pass sign=sendgrid.net/a:pass said=fail/fail",
    "count=300 ip=209.85.220.41 host=mail-sor-f41.google.com from=example.jp mail=example.jp:softfail sign=example.jp/s1:pass said=pass/fail",
    "count=40 ip=209.85.220.41 host=mail-sor-f41.google.com from=example.jp mail=other.example:pass sign=example.jp/s1:fail said=fail/fail",
    "count=5000 ip=198.51.100.9 host=- from=example.jp mail=example.jp:fail said=fail/fail",
    "count=60 ip=203.0.113.9 host=mail.vendor.example from=example.jp mail=vendor.example:pass said=fail/fail",
];

struct Case {
    told: Vec<Told>,
    lines: Vec<SourceLine>,
    classifier: Classifier,
}

fn case(policy: &str, texts: &[&str]) -> Case {
    let told: Vec<Told> = texts.iter().map(|text| told(&format!("{policy} {text}"))).collect();
    let classifier = classifier(&told);
    let lines = told.iter().map(|told| {
        let class = classifier.class(&sighting(told.line(), &told.policy));
        SourceLine { class, ..told.line().clone() }
    });
    Case { lines: lines.collect(), classifier, told }
}

impl Case {
    fn advise(&self, record: Option<&'static str>) -> Advice<'_> {
        self.advise_for(record, 30, 5)
    }

    fn advise_for(&self, record: Option<&'static str>, day_count: u32, reporter_count: u32) -> Advice<'_> {
        let policy = &self.told.first().unwrap().policy;
        let existence: &'static dyn Fn(&str) -> Existence = &|_| Existence::Exists;
        let situation = Situation { policy, record, lines: &self.lines, day_count, reporter_count, existence };
        advise(&situation, &Gates::default(), &self.classifier)
    }
}

fn ids<'a>(all: impl IntoIterator<Item = &'a (impl Explain + 'a)>) -> Vec<&'static str> {
    all.into_iter().map(Explain::id).collect()
}

fn closed(advice: &Advice<'_>) -> Vec<&'static str> {
    ids(advice.gates.iter().filter(|gate: &&GateState| !gate.is_open()))
}

fn argument(of: &impl Explain, name: &str) -> String {
    of.arguments().into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_string()).unwrap()
}

#[test]
fn repair_first_the_largest_first() {
    let usual = case("p=none", &USUAL);
    let advice = usual.advise(Some("v=DMARC1; p=none; rua=mailto:d@example.jp; pct=50; ri=3600"));
    assert_eq!((advice.rung, advice.verdict.id()), (Rung::None, "advise-repair"));
    assert_eq!(closed(&advice), ["advise-gate-pass", "advise-gate-problems"]);
    assert_eq!(argument(&advice.verdict, "messages"), "900");
    assert_eq!(ids(&advice.repairs), ["repair-sign-by-cname", "repair-decide", "repair-sign-too"]);
    let first = advice.repairs.first().unwrap();
    assert_eq!(argument(first, "records"), "s1._domainkey.example.jp s2._domainkey.example.jp");
    assert_eq!((argument(first, "sender").as_str(), first.count), ("SendGrid", 900));
    // The record keeps what it has; what has no meaning any more is named.
    assert_eq!(advice.publication.text, "v=DMARC1; p=quarantine; t=y; rua=mailto:d@example.jp");
    assert_eq!(advice.publication.name, "_dmarc.example.jp");
    assert_eq!(advice.publication.notes, [Note::Dropped { tags: "pct ri".to_owned() }]);
    // Nothing is hit now, and under t=y nothing would be.
    assert_eq!((advice.now.hit().total(), advice.next.hit().total()), (0, 0));
    assert_eq!(advice.tally.own(), 8000 + 1500 + 900 + 300 + 40);
}

#[test]
fn every_rung_in_its_time() {
    let good = [
        "count=8000 ip=192.0.2.1 host=mx1.example.jp mark=hosts:example.jp:approved from=example.jp mail=example.jp:pass sign=example.jp/s1:pass said=pass/pass",
    ];
    for (policy, record, rung, verdict, next) in [
        ("p=none", None, Rung::None, "advise-raise", "v=DMARC1; p=quarantine; t=y"),
        ("p=quarantine t=y", None, Rung::QuarantineTest, "advise-raise", "v=DMARC1; p=quarantine"),
        ("p=quarantine", None, Rung::Quarantine, "advise-raise", "v=DMARC1; p=reject; t=y"),
        ("p=reject t=y", None, Rung::RejectTest, "advise-raise", "v=DMARC1; p=reject"),
        ("p=reject", None, Rung::Reject, "advise-top", "v=DMARC1; p=reject"),
        // The record of today counts more than the reports of yesterday.
        (
            "p=none",
            Some("v=DMARC1; p=quarantine; rua=mailto:a@example.jp"),
            Rung::Quarantine,
            "advise-raise",
            "v=DMARC1; p=reject; t=y; rua=mailto:a@example.jp",
        ),
        (
            "p=none",
            Some("v=DMARC1; p=quarantine; pct=20; rua=mailto:a@example.jp"),
            Rung::QuarantineTest,
            "advise-raise",
            "v=DMARC1; p=quarantine; rua=mailto:a@example.jp",
        ),
        (
            "p=none",
            Some(
                "v=DMARC1; p=none; sp=none; adkim=s; fo=1; rua=mailto:a@example.jp,mailto:b@x.example; ruf=mailto:f@example.jp",
            ),
            Rung::None,
            "advise-raise",
            "v=DMARC1; p=quarantine; sp=none; adkim=s; t=y; rua=mailto:a@example.jp,mailto:b@x.example; ruf=mailto:f@example.jp; fo=1",
        ),
        ("p=none", Some("v=spf1 -all"), Rung::NoRecord, "advise-no-record", "v=DMARC1; p=none"),
        ("p=none", Some("v=DMARC1; p=nein"), Rung::NoRecord, "advise-no-record", "v=DMARC1; p=none"),
    ] {
        let case = case(policy, &good);
        let advice = case.advise(record);
        assert_eq!(
            (advice.rung, advice.verdict.id(), advice.publication.text.as_str()),
            (rung, verdict, next),
            "{record:?}"
        );
        let notes = ids(&advice.publication.notes);
        assert_eq!(notes.contains(&"advise-note-from-reports"), record.is_none(), "{record:?}");
        assert_eq!(notes.contains(&"advise-note-no-report-address"), !next.contains("rua"), "{record:?}");
        assert_eq!(notes.contains(&"advise-note-weak-subdomains"), next.contains("sp=none"), "{record:?}");
    }
    assert_eq!(
        Rung::ALL.map(Rung::next).map(|rung| Rung::ALL.iter().position(|at| *at == rung)),
        [1, 2, 3, 4, 5, 5].map(Some)
    );
}

#[test]
fn gates_at_below_and_above() {
    let of = |count: u64| {
        let text = format!(
            "count={count} ip=192.0.2.1 mark=network:192.0.2.1:approved from=example.jp mail=example.jp:pass sign=example.jp/s:pass"
        );
        case("p=none", &[text.as_str()])
    };
    for (count, days, reporters, shut) in [
        (99, 14, 2, &["advise-gate-messages"][..]),
        (100, 14, 2, &[]),
        (101, 15, 3, &[]),
        (100, 13, 2, &["advise-gate-days"]),
        (100, 14, 1, &["advise-gate-reporters"]),
        (1, 1, 1, &["advise-gate-messages", "advise-gate-days", "advise-gate-reporters"]),
    ] {
        let case = of(count);
        let advice = case.advise_for(None, days, reporters);
        assert_eq!(closed(&advice), shut, "{count} {days} {reporters}");
        assert_eq!(advice.verdict.id(), if shut.is_empty() { "advise-raise" } else { "advise-wait" });
    }
    let nothing = case("p=none", &["count=0 from=example.jp mail=example.jp:pass"]);
    assert_eq!(nothing.advise(None).verdict.id(), "advise-no-data");
    // Own mail from a source that nobody has named.
    let unknown = case("p=none", &["count=5000 ip=192.0.2.1 from=example.jp mail=example.jp:pass"]);
    assert_eq!(
        (closed(&unknown.advise(None)), unknown.advise(None).verdict.id()),
        (vec!["advise-gate-known"], "advise-decide")
    );
    // Mail of which nothing tells whose it is.
    let undecided = case(
        "p=none",
        &[
            "count=900 ip=192.0.2.1 mark=network:192.0.2.1:approved from=example.jp mail=example.jp:pass sign=example.jp/s:pass",
            "count=100 ip=192.0.2.9 from=example.jp mail=vendor.example:pass",
        ],
    );
    assert_eq!(
        (closed(&undecided.advise(None)), undecided.advise(None).verdict.id()),
        (vec!["advise-gate-undecided"], "advise-decide")
    );
}

#[test]
fn a_policy_that_hurts_is_told() {
    let usual = case("p=reject", &USUAL);
    let advice = usual.advise(None);
    assert_eq!((advice.rung, advice.verdict.id()), (Rung::Reject, "advise-hurts"));
    assert_eq!(argument(&advice.verdict, "messages"), "900");
    assert_eq!(advice.now.rejected.total(), 900 + 40 + 5000 + 60);
    let names: Vec<_> = advice.now.hits.iter().map(|hit| (&*hit.name, hit.own(), hit.total())).collect();
    assert_eq!(
        names,
        [
            ("198.51.100.0/24", 0, 5000),
            ("SendGrid", 900, 900),
            ("vendor.example", 0, 60),
            ("Google Workspace / Gmail", 40, 40),
        ]
    );
}

#[test]
fn approved_sources_that_were_not_seen_are_told() {
    let case = case(
        "p=none",
        &[
            "ip=192.0.2.1 mark=network:192.0.2.0/24:approved mark=service:zendesk:approved mark=hosts:x.example:denied from=example.jp mail=example.jp:pass",
        ],
    );
    let advice = case.advise(None);
    assert_eq!(advice.unseen.len(), 1);
    assert_eq!(advice.unseen.first().map(sender_text), Some("zendesk"));
}

#[test]
fn what_if_of_every_tag() {
    let case = case(
        "p=none adkim=r aspf=r domain=example.jp",
        &[
            "count=10 from=example.jp mail=example.jp:pass said=fail/pass",
            "count=20 from=example.jp mail=m.example.jp:pass said=fail/pass",
            "count=40 from=a.example.jp mail=x.jp:none sign=example.jp/s:pass said=pass/fail",
            "count=80 from=a.example.jp mail=x.jp:none said=fail/fail",
            "count=160 from=absent.example.jp mail=x.jp:none said=fail/fail",
            "count=320 from=example.jp mail=x.jp:none said=fail/fail",
            "count=640 from=example.jp mail=x.jp:pass said=fail/fail why=mailing_list",
        ],
    );
    let policy = &case.told.first().unwrap().policy;
    let groups = groups(&case.lines, policy, &case.classifier);
    let existence = |author: &str| if author.starts_with("absent") { Existence::Absent } else { Existence::Exists };
    let none = Proposal::published(policy);
    let strict = |dkim, spf| Modes { dkim, spf };
    for (proposal, quarantined, rejected, excused) in [
        (none, 0, 0, 0),
        (Proposal { policy: Policy::Reject, ..none }, 0, 80 + 160 + 320 + 640, 640),
        (Proposal { policy: Policy::Reject, testing: Testing::On, ..none }, 80 + 160 + 320 + 640, 0, 640),
        (Proposal { policy: Policy::Quarantine, testing: Testing::On, ..none }, 0, 0, 0),
        (Proposal { subdomain_policy: Some(Policy::Quarantine), ..none }, 80 + 160, 0, 0),
        (Proposal { nonexistent_policy: Some(Policy::Reject), ..none }, 0, 160, 0),
        (Proposal { policy: Policy::Reject, subdomain_policy: Some(Policy::None), ..none }, 0, 320 + 640, 640),
        (
            Proposal { policy: Policy::Reject, modes: strict(Mode::Relaxed, Mode::Strict), ..none },
            0,
            80 + 160 + 320 + 640 + 20,
            640,
        ),
        (
            Proposal { policy: Policy::Reject, modes: strict(Mode::Strict, Mode::Relaxed), ..none },
            0,
            80 + 160 + 320 + 640 + 40,
            640,
        ),
    ] {
        let found = what_if(proposal, &case.lines, policy, &groups, &case.classifier, &existence);
        let counts = (found.quarantined.total(), found.rejected.total(), found.excused.total());
        assert_eq!(counts, (quarantined, rejected, excused), "{proposal:?}");
    }
}

#[test]
fn one_thing_to_change_at_each_source() {
    for (text, expected) in [
        ("aspf=s ip=192.0.2.1 from=example.jp mail=bounce.example.jp:pass", Some("repair-same-name-spf")),
        ("adkim=s ip=192.0.2.1 from=example.jp mail=x.jp:none sign=m.example.jp/s:pass", Some("repair-same-name-dkim")),
        (
            "ip=192.0.2.1 host=o1.em.sendgrid.net from=example.jp mail=x.jp:none sign=example.jp/s1:permerror",
            Some("repair-publish-key"),
        ),
        (
            "ip=192.0.2.1 host=mx.example.jp from=example.jp mail=x.jp:none sign=example.jp/s1:fail",
            Some("repair-mend-signing"),
        ),
        ("ip=192.0.2.1 host=mx.example.jp from=example.jp mail=example.jp:permerror", Some("repair-mend-spf")),
        ("ip=192.0.2.1 host=mx.example.jp from=example.jp mail=example.jp:fail", Some("repair-sign")),
        (
            "from=example.jp mail=google.com:pass sign=example-jp.20230601.gappssmtp.com/1:pass",
            Some("repair-sign-by-txt"),
        ),
        ("from=example.jp mail=example.jp:pass", Some("repair-sign-too")),
        ("from=example.jp mail=vendor.example:pass", Some("repair-decide")),
        ("from=example.jp mail=example.jp:pass sign=example.jp/s:pass", None),
        // Never anything at a forwarder, and nothing for forged mail.
        ("ip=192.0.2.1 host=mail-a.google.com from=example.jp mail=example.jp:softfail sign=example.jp/s1:pass", None),
        ("ip=192.0.2.1 mark=network:192.0.2.1:forwarder from=example.jp mail=vendor.example:pass", None),
        ("ip=192.0.2.1 mark=network:192.0.2.1:denied from=example.jp mail=vendor.example:pass", None),
        ("from=example.jp mail=example.jp:fail", None),
    ] {
        let case = case("p=none", &[text]);
        let advice = case.advise(None);
        assert_eq!(advice.repairs.first().map(Explain::id), expected, "{text}");
        assert!(advice.repairs.len() <= 1);
    }
}

#[test]
fn a_digest_reads_from_the_top() {
    let usual = case("p=none", &USUAL);
    let advice = usual.advise(Some("v=DMARC1; p=none; rua=mailto:d@example.jp"));
    let week = Week {
        from_day: 20_773,
        until_day: 20_780,
        advice: &advice,
        before: &usual.lines[..2],
        alerts: &[],
        reporter_count: 5,
        refused_count: 3,
    };
    let lines = digest(&week);
    let ids: Vec<&str> = lines.iter().map(|line| line.id).collect();
    assert_eq!(
        ids,
        [
            "digest-title",
            "advise-repair",
            "digest-total",
            "digest-of-class",
            "digest-of-class",
            "digest-of-class",
            "digest-of-class",
            "digest-of-class",
            "digest-refused",
            "digest-no-events",
            "digest-sources",
            "digest-source",
            "digest-source",
            "digest-source",
            "digest-source",
            "digest-source",
            "digest-repairs",
            "repair-sign-by-cname",
            "repair-decide",
            "repair-sign-too",
            "digest-next",
        ]
    );
    let say = |id: &str, arguments: &[(&'static str, Value)]| {
        let arguments: Vec<String> = arguments.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{id} {}", arguments.join(" "))
    };
    let text = plain_text(&lines, say);
    let expected = "digest-title domain=example.jp from=2026-11-16 until=2026-11-22\n\
                    - advise-repair domain=example.jp rung=p=none count=1 messages=900\n\
                    - digest-total count=15800 before=9500 reporters=5\n\
                    \x20 - digest-of-class class=legitimate count=9500 before=9500 share=60.1%\n";
    assert!(text.starts_with(expected), "{text}");
    assert!(
        text.ends_with(
            "\n\ndigest-next name=_dmarc.example.jp record=v=DMARC1; p=quarantine; t=y; rua=mailto:d@example.jp\n"
        ),
        "{text}"
    );
}

#[test]
fn days_as_dates() {
    for (day, text) in [
        (0, "1970-01-01"),
        (58, "1970-02-28"),
        (59, "1970-03-01"),
        (789, "1972-02-29"),
        (11_016, "2000-02-29"),
        (20_780, "2026-11-23"),
        (47_540, "2100-02-28"),
        (47_541, "2100-03-01"),
    ] {
        assert_eq!(date(day), text);
    }
}

fn reporter() -> ReporterLine {
    ReporterLine {
        organization: "Receiver".into(),
        reporter: "receiver.example".into(),
        report_count: 90,
        salvaged_count: 0,
        refused_count: 0,
        record_count: 900,
        message_count: 9_000,
        first_s: 0,
        last_s: 86_400,
        deviations: Vec::new(),
    }
}

fn document(id: u64, delay_s: u64) -> DocumentLine {
    DocumentLine {
        id: DocumentId(id),
        tenant: Box::default(),
        kind: Some(Kind::Aggregate),
        status: Status::Accepted,
        reason: None,
        origin: Origin::default(),
        received_ms: (86_400 + delay_s) * 1000,
        organization: "Receiver".into(),
        reporter: "receiver.example".into(),
        report_id: "1".into(),
        domain: "example.jp".into(),
        begin_s: 0,
        end_s: 86_400,
        record_count: 10,
        message_count: 100,
        deviations: Vec::new(),
        errors: Vec::new(),
        copies: 0,
        conflict: None,
        overlap: None,
    }
}

#[test]
fn what_reporters_are_worth() {
    let aligner = Aligner::default();
    let fine = reporter();
    let found = quality(&fine, &[document(1, 3_600)], &[], &aligner);
    assert_eq!((found.grade, found.delay_s, found.remarks.as_slice()), (Grade::Good, Some(3_600), &[Remark::Fine][..]));
    let bad = ReporterLine {
        salvaged_count: 5,
        refused_count: 10,
        deviations: vec![Deviation { id: "deviation-namespace".into(), example: Box::default(), count: 3 }],
        ..reporter()
    };
    let mut twice = document(3, 400_000);
    (twice.conflict, twice.overlap) = (Some(DocumentId(1)), Some(DocumentId(1)));
    let documents = [document(1, 3_600), document(2, 300_000), twice];
    let case = case(
        "p=none",
        &[
            "count=7 said=fail/fail from=example.jp mail=example.jp:pass",
            "count=5 said=pass/fail from=example.jp sign=example.jp/s:fail",
            "count=3 said=fail/pass from=example.jp",
        ],
    );
    let seen = [(&case.told.first().unwrap().policy, case.lines.as_slice())];
    let found = quality(&bad, &documents, &seen, &aligner);
    assert_eq!((found.grade, found.delay_s), (Grade::Poor, Some(300_000)));
    let mut told = ids(&found.remarks);
    assert!(["quality-refused", "quality-conflicts"].contains(told.first().unwrap()));
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "quality-bare",
            "quality-conflicts",
            "quality-deviates",
            "quality-granted",
            "quality-late",
            "quality-missed",
            "quality-overlaps",
            "quality-refused",
            "quality-salvaged",
        ]
    );
    assert_eq!(found.differences.values().copied().collect::<Vec<_>>(), [7, 5, 3]);
}
