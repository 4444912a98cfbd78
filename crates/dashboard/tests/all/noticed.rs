//! What was noticed and told, on the overview.

use audit::history::{Change, RecordKind, Slot, Turn};
use dashboard::Desk;
use dashboard::sources::{Noticed, NoticedPage, NoticedQuery, What};
use dashboard::who::Role;
use feedback::archive::{Class, Sender};
use insight::digest::{Brief, State};
use insight::{Alert, Event};
use mailtext::Domain;
use report::query::Reach;
use serde_json::Value;

use super::world::{TODAY, World, ask, get, text};

/// One of each kind of `example.jp`, one of the station, one of `example.net`; `taint` is what becomes of text that
/// strangers write.
pub(crate) fn of_the_house(taint: &dyn Fn(&str) -> String) -> Vec<Noticed> {
    let day = TODAY - 3;
    let spoofer = Event::NewSource {
        sender: Sender::Network("203.0.113.0/24".into()),
        name: taint("spoofer.example").into(),
        class: Class::Suspected,
        count: 90,
    };
    let events = [
        spoofer.clone(),
        Event::PassFell { now: 700, before: 950 },
        Event::ReporterSilent { reporter: taint("Yahoo").into(), days: 4 },
        Event::PolicyChanged { from: taint("p=none").into(), to: "p=reject".into() },
        Event::SelectorGone { domain: "example.jp".into(), selector: taint("s1").into(), days: 7 },
        Event::More { count: 3 },
    ];
    let reported = |domain: &str, event| (domain.into(), What::Reported(Alert { day, domain: domain.into(), event }));
    let mut all: Vec<(Box<str>, What)> = events.map(|event| reported("example.jp", event)).into();
    all.push(reported("mx.example.jp", Event::ReportsRefused { count: 12 }));
    all.push((
        "example.jp".into(),
        What::Audited(Box::new(Change::Record {
            slot: Slot::new(RecordKind::Spf, "example.jp"),
            domain: "example.jp".into(),
            path: Vec::new(),
            turn: Turn::Changed,
            old: vec![b"v=spf1 -all".as_slice().into()],
            new: vec![taint("v=spf1 +all").as_bytes().into()],
        })),
    ));
    let brief = Brief {
        domain: "example.jp".into(),
        from_day: day - 6,
        until_day: day + 1,
        state: State::NeedsYou,
        messages: 950,
        own: 860,
        passed: 740,
        suspected: 90,
        alerts: 6,
    };
    all.push(("example.jp".into(), What::Told(brief)));
    all.push(reported("example.net", spoofer));
    let numbered = (1..).zip(all);
    numbered
        .map(|(id, (domain, what))| Noticed { id, domain, day, made_s: u64::from(day + 1) * 86_400, what })
        .collect()
}

/// As a store would answer.
pub(crate) fn page(all: &[Noticed], asked: &NoticedQuery) -> NoticedPage {
    let is_of = |one: &Noticed, (domain, reach): &(Domain, Reach)| {
        let own = Domain::parse(&one.domain).unwrap();
        own == *domain || (*reach == Reach::Below && own.is_within(domain))
    };
    let fits = |one: &&Noticed| {
        (asked.from_day..asked.until_day).contains(&one.day)
            && asked.before.is_none_or(|before| one.id < before)
            && asked.domains.as_ref().is_none_or(|domains| domains.iter().any(|of| is_of(one, of)))
    };
    let mut lines: Vec<Noticed> = all.iter().rev().filter(fits).cloned().collect();
    let is_more = lines.len() > asked.count;
    lines.truncate(asked.count);
    NoticedPage { next: lines.last().filter(|_| is_more).map(|one| one.id), lines }
}

fn overview(desk: &Desk<World>, query: &str) -> Value {
    serde_json::from_slice(get(desk, &format!("/api/v1/overview{query}")).body()).unwrap()
}

fn kinds(value: &Value) -> Vec<&str> {
    value["noticed"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect()
}

#[test]
fn what_was_noticed_stands_on_the_overview() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let all = overview(&desk, "");
    assert_eq!(
        kinds(&all),
        [
            "new-source",
            "digest",
            "record-changed",
            "reports-refused",
            "more",
            "key-gone",
            "policy-changed",
            "reporter-silent",
            "pass-fell",
            "new-source"
        ]
    );
    assert_eq!(all["noticed_next"], Value::Null);
    let newest = &all["noticed"][0];
    assert_eq!((&newest["domain"], &newest["day"]), (&"example.net".into(), &"2026-11-20".into()));
    assert_eq!(newest["noticed"], "2026-11-21T00:00:00Z");
    for (lang, sentence) in [
        ("en", "example.jp: needs you – messages 950, own mail that passes 86.0 %, suspected spoofing 90, alerts 6"),
        ("ja", "example.jp: 要対応(メール 950 通、正規のメールの pass 86.0 %、なりすまし疑い 90 通、警告 6 件)"),
    ] {
        let page = text(&get(&desk, &format!("/overview?lang={lang}")));
        assert!(page.contains(sentence), "{page}");
    }
    let file = text(&get(&desk, "/overview.csv?table=noticed"));
    assert!(file.contains("day,noticed,domain,kind,text,page\r\n2026-11-20,2026-11-21T00:00:00Z,example.net,"));
    assert_eq!(file.lines().count(), 11);
    assert_eq!(kinds(&overview(&desk, "?domain=example.net")), ["new-source"]);
    assert_eq!(kinds(&overview(&desk, "?days=2")), [""; 0]);
    let page = text(&get(&desk, "/overview?days=2&lang=en"));
    assert!(page.contains("There are no alerts and no digests of these days."));
}

/// Each leads to a page that is there and tells of the same.
#[test]
fn each_leads_to_the_page_that_explains_it() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let all = overview(&desk, "");
    for (place, wanted) in [
        (0, "203.0.113.0/24"),
        (1, "quarantine"),
        (2, "id=\"history\""),
        (3, "value=\"refused\" selected"),
        (4, "example.jp"),
        (5, "s1"),
        (6, "p="),
        (7, "Yahoo"),
        (8, "value=\"misconfigured\" selected"),
        (9, "203.0.113.0/24"),
    ] {
        let address = all["noticed"][place]["page"].as_str().unwrap();
        let answer = get(&desk, address.trim_end_matches("#history"));
        assert_eq!(answer.status(), 200, "{address}");
        let page = text(&answer);
        assert!(page.contains(wanted), "{address}: {wanted} in {page}");
    }
}

#[test]
fn a_person_sees_what_is_of_their_domains() {
    let world = World::with_reports(Role::Viewer).with_limited("viewer:example.jp");
    let desk = Desk::new(world, [0; 32]);
    let answer = ask(&desk, "GET", "/api/v1/overview", &[("remote-user", "limited")], "");
    let all: Value = serde_json::from_slice(answer.body()).unwrap();
    let kinds = kinds(&all);
    // Not the other domain, and not the reports that are of none, though the station's name lies below theirs.
    assert_eq!(kinds.len(), 8);
    assert!(!kinds.contains(&"reports-refused"), "{kinds:?}");
    assert!(all["noticed"].as_array().unwrap().iter().all(|one| one["domain"] == "example.jp"));
    let answer = ask(&desk, "GET", "/api/v1/overview?domain=example.net", &[("remote-user", "limited")], "");
    let other: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(other["noticed"], Value::Array(Vec::new()));
}

#[test]
fn older_ones_are_on_the_next_page() {
    let mut world = World::with_reports(Role::Viewer);
    let one = world.noticed[0].clone();
    world.noticed = (1..=45).map(|id| Noticed { id, ..one.clone() }).collect();
    let desk = Desk::new(world, [0; 32]);
    let (mut seen, mut query) = (Vec::new(), String::new());
    let mut rounds = 0;
    loop {
        rounds += 1;
        let page = overview(&desk, &format!("?days=9{query}"));
        seen.extend(page["noticed"].as_array().unwrap().iter().filter_map(|one| one["id"].as_u64()));
        let Some(next) = page["noticed_next"].as_u64() else { break };
        let shown = text(&get(&desk, &format!("/overview?days=9{query}")));
        assert!(shown.contains(&format!("days=9&amp;before={next}")), "{shown}");
        query = format!("&before={next}");
    }
    assert_eq!((rounds, seen), (3, (1..=45).rev().collect()));
    assert_eq!(text(&get(&desk, "/overview.csv?table=noticed")).lines().count(), 46, "a file has them all");
    assert_eq!(get(&desk, "/overview?before=x").status(), 400);
}
