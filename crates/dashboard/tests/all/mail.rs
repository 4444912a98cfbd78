//! Mail that passes here: the flow, a message with its evidence, statistics.

use std::collections::BTreeSet;
use std::sync::Arc;

use dashboard::Desk;
use dashboard::limits::ORIGIN_MS;
use dashboard::origins::{self, Origins};
use dashboard::who::Role;
use http::StatusCode;
use mailtext::{Domain, Explain, Rule, Value};
use report::row::{Address, Evaluation, MethodOutcome, Override, Signature, Signed, SpfCheck};
use report::row::{AlignedPass, DmarcResult, Policy};
use report::vocabulary::{
    Action, Algorithm, Aligned, Direction, Disposition, Method, MethodResult, OverrideKind, Spam,
};
use report::{Entry, Row, RowId, Site, Why};
use serde_json::Value as Json;

use super::world::{NOW_MS, TODAY, World, ask, get, text};

const DAY_MS: u64 = 86_400_000;
const HOUR_MS: u64 = 3_600_000;

/// A step of evidence.
struct Step(&'static str, Vec<(&'static str, Value)>);

impl Explain for Step {
    fn id(&self) -> &'static str {
        self.0
    }

    fn rule(&self) -> Option<Rule> {
        Some(Rule("RFC 9989", "4.10.1"))
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        self.1.clone()
    }
}

/// Of three days: each has three messages from example.org that pass, one in the name of example.jp that is rejected, one
/// of example.net to elsewhere that is labelled, and one that example.jp sends. `taint` is what becomes of text that
/// strangers write.
pub(crate) fn messages(taint: &dyn Fn(&str) -> String) -> Vec<Entry> {
    (0..3).flat_map(|day| of_day(NOW_MS - HOUR_MS - day * DAY_MS, taint)).collect()
}

fn of_day(at_ms: u64, taint: &dyn Fn(&str) -> String) -> Vec<Entry> {
    let mut entries = Vec::new();
    for number in 0..3 {
        let mut row = row(at_ms + number, Direction::In, "192.0.2.1", "a@example.org", "example.jp", taint);
        judged(&mut row, "example.org", true);
        row.latency_us = 1_500;
        entries.push(Entry { row, why: Why::default() });
    }
    let mut spoof = row(at_ms + 10, Direction::In, "203.0.113.66", "x@spoofer.example", "example.net", taint);
    judged(&mut spoof, "example.jp", false);
    spoof.verdict.disposition = Disposition::Reject;
    spoof.verdict.action = Action::Reject;
    spoof.verdict.reply_code = Some(550);
    spoof.verdict.reasons = vec!["policy-dmarc-fail".into()];
    spoof.latency_us = 9_000;
    let mut why = Why::default();
    why.push(&Step(
        "dmarc-asked",
        vec![
            ("name", "_dmarc.example.jp".into()),
            ("kind", Value::Word("TXT")),
            ("answer", Value::Word("records")),
            ("data", taint("v=DMARC1; p=reject").into()),
        ],
    ));
    let author = ("author", Value::from("example.jp"));
    why.push(&Step(
        "policy-dmarc-fail",
        vec![author, ("policy", Value::Word("reject")), ("action", Value::Word("reject"))],
    ));
    entries.push(Entry { row: spoof, why });
    let mut labelled = row(at_ms + 20, Direction::In, "198.51.100.7", "n@example.net", "other.example", taint);
    judged(&mut labelled, "example.net", false);
    labelled.verdict.action = Action::Label;
    labelled.verdict.overrides =
        vec![Override { kind: OverrideKind::MailingList, comment: Some(taint("a list").into()) }];
    labelled.latency_us = 1_500;
    entries.push(Entry { row: labelled, why: Why::default() });
    let mut sent = row(at_ms + 30, Direction::Out, "192.0.2.99", "s@example.jp", "gmail.example", taint);
    sent.signed = vec![Signed { domain: domain("example.jp"), selector: domain("s1") }];
    entries.push(Entry { row: sent, why: Why::default() });
    entries
}

fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

fn row(at_ms: u64, way: Direction, ip: &str, from: &str, to: &str, taint: &dyn Fn(&str) -> String) -> Row {
    let mut row = Row::new(RowId::new(at_ms, Site::default(), 0), way);
    row.queue_id = Some(taint(&format!("4Q{}", at_ms / 10 % 1_000_000_000)).into());
    row.client.ip = ip.parse().ok();
    row.client.name = Some(taint("mail.client.example").into());
    row.client.helo = Some(taint("helo.example").into());
    row.client.user = (way == Direction::Out).then(|| Address::Text(taint("user").into()));
    row.envelope.mail_from = Some(Address::Text(taint(from).into()));
    row.envelope.mail_from_domain = from.split_once('@').map(|(_, name)| domain(name));
    row.envelope.recipient_count = 1;
    row.envelope.recipient_domains = vec![domain(to)];
    row.message.size_bytes = 4_321;
    row.others = vec![MethodOutcome {
        method: Method::Dnsbl,
        result: MethodResult::None,
        subject: Some(taint("list.example").into()),
    }];
    row
}

fn judged(row: &mut Row, author: &str, passes: bool) {
    let result = if passes { MethodResult::Pass } else { MethodResult::Fail };
    let aligned_pass = if passes { AlignedPass::Pass } else { AlignedPass::Fail };
    row.spf.mail_from = Some(SpfCheck { domain: row.envelope.mail_from_domain.clone(), result: MethodResult::Pass });
    row.dkim = vec![Signature {
        domain: Some(domain(author)),
        selector: Some(domain("s2026")),
        result,
        algorithm: Algorithm::RsaSha256,
        key_bits: Some(2048),
        problem: None,
    }];
    row.dmarc.result = if passes { DmarcResult::Pass } else { DmarcResult::Fail };
    row.dmarc.authors = vec![Evaluation {
        author: domain(author),
        result: row.dmarc.result,
        published: None,
        spf: Aligned::No,
        dkim: vec![Aligned::Strict],
        spf_aligned_pass: AlignedPass::Fail,
        dkim_aligned_pass: aligned_pass,
        wanted: Policy::None,
        reason: None,
    }];
}

fn json(desk: &Desk<World>, target: &str) -> Json {
    let answer = get(desk, target);
    assert_eq!(answer.status(), StatusCode::OK, "{target}: {}", text(&answer));
    serde_json::from_slice(answer.body()).unwrap()
}

/// How many messages a search finds.
fn count(desk: &Desk<World>, query: &str) -> usize {
    json(desk, &format!("/api/v1/mail?limit=1000&{query}"))["messages"].as_array().unwrap().len()
}

#[test]
fn the_flow_counts_what_passed() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let figures = json(&desk, "/api/v1/mail")["figures"].clone();
    assert_eq!((&figures["received"], &figures["sent"], &figures["signed"]), (&15.into(), &3.into(), &3.into()));
    let actions = &figures["actions"];
    assert_eq!((&actions["accept"], &actions["reject"], &actions["label"]), (&9.into(), &3.into(), &3.into()));
    assert_eq!((&actions["quarantine"], &actions["tempfail"]), (&0.into(), &0.into()));
    // 12 of 15 took 1500 us, 3 took 9000: known to a power of two.
    assert_eq!(figures["latency_median_below_us"], 2048);
    assert_eq!(figures["latency_p95_below_us"], 16_384);
    let today = figures["daily"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&today["day"], &today["messages"]), (&"2026-11-23".into(), &5.into()));
    let dmarc = |result: &str| {
        let lines = today["results"].as_array().unwrap().iter();
        lines.filter(|line| line["method"] == "dmarc" && line["result"] == result).map(|line| &line["messages"]).next()
    };
    assert_eq!((dmarc("pass"), dmarc("fail"), dmarc("none")), (Some(&3.into()), Some(&2.into()), None));
    let page = text(&get(&desk, "/mail"));
    assert!(page.contains("&lt; 2.0 ms") && page.contains("&lt; 16.3 ms"), "{page}");
    assert!(page.contains("href=\"/mail?action=reject&amp;direction=in\""));
    let file = text(&get(&desk, "/mail.csv?table=results"));
    assert!(file.contains("2026-11-23,dmarc,fail,2\r\n"), "{file}");
    assert_eq!(text(&get(&desk, "/mail.csv")).lines().count(), 19, "18 messages and a head");
}

#[test]
fn messages_are_found_by_what_they_are() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let queue = json(&desk, "/api/v1/mail?limit=1")["messages"][0]["queue_id"].as_str().unwrap().to_owned();
    for (query, wanted) in [
        ("", 18),
        (&*format!("queue={queue}"), 1),
        ("queue=none", 0),
        ("sender=a@example.org", 9),
        ("sender=%3Ca@example.org%3E", 9),
        ("sender=b@example.org", 0),
        ("sender=example.net", 3),
        ("author=example.jp", 3),
        ("recipient=example.jp", 9),
        ("recipient=jp", 9),
        ("author=example.jp&recipient=example.net", 3),
        ("author=example.jp&recipient=example.jp", 0),
        ("domain=example.jp", 15),
        ("domain=example.jp&sender=spoofer.example", 3),
        ("client=203.0.113.66", 3),
        ("client=203.0.113.0/24", 3),
        ("client=192.0.2.0/24", 12),
        ("method=dmarc&result=fail", 6),
        ("result=fail", 6),
        ("method=dkim", 15),
        ("method=arc", 0),
        ("disposition=reject", 3),
        ("action=label", 3),
        ("direction=out", 3),
        ("from=2026-11-23&to=2026-11-23", 6),
        ("from=2026-11-23&to=2026-11-23&from_time=09:00&to_time=09:00", 6),
        ("from=2026-11-23&from_time=09:01", 0),
        ("to=2026-11-23&from=2026-11-22&to_time=08:59", 6),
    ] {
        assert_eq!(count(&desk, query), wanted, "{query}");
    }
    for wrong in [
        "client=x",
        "client=192.0.2.0/33",
        "sender=..",
        "sender=%23xyz",
        "result=maybe",
        "limit=0",
        "limit=1001",
        "after=1",
        "from_time=25:00",
        "from=2026-11-23&to=2026-11-23&from_time=10:00&to_time=09:00",
        "direction=up",
    ] {
        assert_eq!(get(&desk, &format!("/mail?{wrong}")).status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
    assert!(!text(&get(&desk, "/mail?action=reject")).contains("In this period"), "figures are not of a search");
}

#[test]
fn pages_of_messages_hold_each_once() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    for query in ["", "&method=dmarc", "&author=example.org&recipient=example.jp"] {
        let mut seen = BTreeSet::new();
        let mut after = String::new();
        for _ in 0..20 {
            let page = json(&desk, &format!("/api/v1/mail?limit=4{query}{after}"));
            let ids = page["messages"].as_array().unwrap();
            assert!(ids.len() <= 4);
            for line in ids {
                assert!(seen.insert(line["id"].as_str().unwrap().to_owned()), "{query}: twice");
            }
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(seen.len(), count(&desk, query), "{query}");
    }
    assert!(text(&get(&desk, "/mail?limit=4")).contains("rel=\"next\" href=\"/mail?limit=4&amp;after="));
}

#[test]
fn hashed_and_withheld_addresses() {
    let mut world = World::with_reports(Role::Viewer);
    world.keeps_addresses = false;
    let mut hashed =
        row(NOW_MS - 5, Direction::In, "192.0.2.1", "h@example.org", "example.jp", &|text| text.to_owned());
    hashed.envelope.mail_from = Some(Address::Hash([0xab; 16]));
    world.take(vec![Entry { row: hashed, why: Why::default() }]);
    let desk = Desk::new(world, [0; 32]);
    assert_eq!(count(&desk, &format!("sender=%23{}", "ab".repeat(16))), 1);
    let page = text(&get(&desk, "/mail?sender=nobody@example.org"));
    assert!(
        page.contains("No addresses are kept here") && page.contains("#abababab"),
        "the domain’s messages are shown"
    );
    assert_eq!(count(&desk, "sender=nobody@example.org"), 10);
}

#[test]
fn who_is_limited_sees_messages_of_the_domain_alone() {
    let desk = Desk::new(World::with_reports(Role::Viewer).with_limited("viewer:example.net"), [0; 32]);
    let see = |target: &str| ask(&desk, "GET", target, &[("remote-user", "limited")], "");
    let answer: Json = serde_json::from_slice(see("/api/v1/mail").body()).unwrap();
    let figures = &answer["figures"];
    assert_eq!(
        (&figures["received"], &figures["actions"]["reject"]),
        (&3.into(), &3.into()),
        "what came for the domain"
    );
    assert_eq!((&figures["sent"], &figures["signed"]), (&0.into(), &0.into()));
    assert_eq!(figures["latency_median_below_us"], Json::Null, "the house’s latency is not theirs");
    assert_eq!(answer["messages"].as_array().unwrap().len(), 6);
    let page = text(&see("/mail"));
    assert!(!page.contains("example.org") && !page.contains("gmail.example"), "{page}");
    assert_eq!(see("/mail?domain=example.net").status(), StatusCode::OK);
    assert_eq!(see("/mail?domain=example.jp").status(), StatusCode::FORBIDDEN);
    let figures = see("/api/v1/statistics");
    let figures: Json = serde_json::from_slice(figures.body()).unwrap();
    let november = figures["shares"]["parts"].as_array().unwrap().last().unwrap();
    assert_eq!((&november["messages"], &figures["domains"][0]), (&3.into(), &"example.net".into()));
    let fail = november["results"].as_array().unwrap().iter().find(|one| one["method"] == "dmarc").unwrap();
    assert_eq!((&fail["result"], &fail["messages"], &fail["evaluated"]), (&"fail".into(), &3.into(), &3.into()));
    assert_eq!(figures["sources"], Json::Null, "addresses are counted for all domains together");
    assert_eq!(see("/statistics?domain=example.jp").status(), StatusCode::FORBIDDEN);
    assert_eq!(see("/statistics?domain=a.example.net").status(), StatusCode::OK);
    let page = text(&see("/statistics"));
    assert!(page.contains("received for example.net or a name below"), "{page}");
    assert!(!page.contains("192.0.2.1") && !page.contains("203.0.113.66"), "{page}");
    assert_eq!(see("/statistics.csv?table=sources").status(), StatusCode::NOT_FOUND);
    let all = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let id = |query: &str| {
        let found = json(&all, &format!("/api/v1/mail?{query}"));
        found["messages"][0]["id"].as_str().unwrap().to_owned()
    };
    let (own, foreign) = (id("recipient=example.net"), id("author=example.org"));
    assert_eq!(see(&format!("/mail/{own}")).status(), StatusCode::OK);
    assert_eq!(see(&format!("/mail/{foreign}")).status(), StatusCode::FORBIDDEN);
    assert_eq!(see(&format!("/api/v1/mail/{foreign}")).status(), StatusCode::FORBIDDEN);
    // Several domains are one list, in its order and without a message twice.
    let both = World::with_reports(Role::Viewer).with_limited("viewer:example.net,example.jp");
    let desk = Desk::new(both, [0; 32]);
    let page = ask(&desk, "GET", "/api/v1/mail?limit=7", &[("remote-user", "limited")], "");
    let page: Json = serde_json::from_slice(page.body()).unwrap();
    let ids: Vec<_> = page["messages"].as_array().unwrap().iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 7);
    assert!(ids.is_sorted_by(|one, other| one > other), "{ids:?}");
}

#[test]
fn why_tells_what_was_decided_with_its_evidence() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let found = json(&desk, "/api/v1/mail?action=reject");
    let id = found["messages"][0]["id"].as_str().unwrap();
    let page = text(&get(&desk, &format!("/mail/{id}")));
    for wanted in [
        "The message was rejected with 550.",
        "DMARC fails for example.jp; the policy that counts is reject; by the rules: reject.",
        "_dmarc.example.jp TXT → v=DMARC1; p=reject",
        "RFC 9989",
        "203.0.113.66",
        "9.0 ms",
        "href=\"/mail?author=example.jp\"",
        "href=\"/mail?client=203.0.113.66\"",
        "s=s2026 rsa-sha256 2048 bit",
    ] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    let japanese = text(&get(&desk, &format!("/mail/{id}?lang=ja")));
    assert!(japanese.contains("このメールの受信を、応答コード 550 で拒否しました。"));
    let value = json(&desk, &format!("/api/v1/mail/{id}"));
    assert_eq!(value["evidence"][1]["id"], "policy-dmarc-fail");
    assert_eq!(value["evidence"][0]["rule"], serde_json::json!(["RFC 9989", "4.10.1"]));
    assert_eq!((&value["dmarc"][0]["author"], &value["action"]), (&"example.jp".into(), &"reject".into()));
    let file = text(&get(&desk, &format!("/mail/{id}.csv?table=evidence")));
    assert_eq!(file.lines().count(), 3, "{file}");
    for missing in ["/mail/0000000000000", "/mail/x", "/mail/%3Cscript%3E"] {
        assert_eq!(get(&desk, missing).status(), StatusCode::NOT_FOUND, "{missing}");
    }
    let sent = json(&desk, "/api/v1/mail?direction=out");
    let page = text(&get(&desk, &format!("/mail/{}", sent["messages"][0]["id"].as_str().unwrap())));
    assert!(page.contains("The message was signed for example.jp and sent on."));
    assert!(page.contains("No evidence is kept of this message."));
}

#[test]
fn where_mail_came_from_is_counted_now_and_then() {
    let world = World::new(Role::Viewer);
    let take = |hours_ago: u64| world.take(of_day(NOW_MS - hours_ago * 3_600_000, &str::to_owned));
    take(30);
    let origins = Origins::default();
    let [.., day] = origins::usual(NOW_MS, 0)[..] else { panic!("no days") };
    assert_eq!(day, (TODAY - 6, TODAY + 1));
    let at = |now_ms: u64| testkit::block_on(origins.get(&world, day, now_ms, ORIGIN_MS)).unwrap();
    let (at_ms, first) = at(NOW_MS);
    assert_eq!(at_ms, NOW_MS);
    assert!(first.total.messages > 0);
    take(6);
    assert!(Arc::ptr_eq(&at(NOW_MS + ORIGIN_MS - 1).1, &first), "not older than half an hour");
    let (at_ms, second) = at(NOW_MS + ORIGIN_MS);
    assert_eq!((at_ms, second.total.messages), (NOW_MS + ORIGIN_MS, 2 * first.total.messages));
    let late = || origins.get(&world, day, at_ms * 2, 1);
    let (one, other) = testkit::block_on(futures_util::future::join(late(), late()));
    assert!(Arc::ptr_eq(&one.unwrap().1, &other.unwrap().1), "who comes meanwhile takes what the first counted");
    let asked = testkit::block_on(origins.get(&world, (TODAY, TODAY + 1), at_ms, ORIGIN_MS)).unwrap();
    assert_ne!(asked.1.total, second.total, "other days are another count");
}

#[test]
fn statistics_are_shares_by_volume_with_their_definition() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let value = json(&desk, "/api/v1/statistics");
    assert_eq!(value["by"], "month");
    let november = value["shares"]["parts"].as_array().unwrap().last().unwrap();
    assert_eq!((&november["from"], &november["to"]), (&"2026-11-01".into(), &"2026-11-23".into()));
    assert_eq!(november["messages"], 15, "what is sent does not count");
    let dmarc: Vec<_> = november["results"].as_array().unwrap().iter().filter(|one| one["method"] == "dmarc").collect();
    let of = |result: &str| dmarc.iter().find(|one| one["result"] == result).map(|one| &one["messages"]);
    assert_eq!((of("pass"), of("fail"), dmarc[0]["evaluated"].as_u64()), (Some(&9.into()), Some(&6.into()), Some(15)));
    // 2026-11-23 is a Monday: a week of one day, before it one with the other two.
    let weeks = value["weekly"]["parts"].as_array().unwrap();
    let [.., before, last] = &weeks[..] else { panic!("{weeks:?}") };
    assert_eq!((&last["from"], &last["messages"], &last["kept_away"]), (&"2026-11-23".into(), &5.into(), &1.into()));
    assert_eq!(
        (&before["from"], &before["messages"], &before["kept_away"]),
        (&"2026-11-16".into(), &10.into(), &2.into())
    );
    assert_eq!(last["spam"], Json::Null, "no filter said anything");
    let addresses = value["sources"]["addresses"].as_array().unwrap();
    assert_eq!((&addresses[0]["ip"], &addresses[0]["messages"]), (&"192.0.2.1".into(), &9.into()));
    assert_eq!(
        (addresses.len(), &addresses[2]["kept_away"]),
        (3, &3.into()),
        "clients of outgoing mail are no sources"
    );
    let [.., before, last] = &value["weekly_sources"]["weeks"].as_array().unwrap()[..] else { panic!("{value}") };
    assert_eq!((&last["from"], &last["messages"], &last["addresses"]), (&"2026-11-23".into(), &5.into(), &3.into()));
    assert_eq!((&before["messages"], &before["left_out"]), (&10.into(), &0.into()));
    let countries: Vec<_> = before["countries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (&line["country"], &line["messages"], &line["kept_away"]))
        .collect();
    assert_eq!(
        countries,
        [
            (&"JP".into(), &6.into(), &0.into()),
            (&Json::Null, &2.into(), &0.into()),
            (&"US".into(), &2.into(), &2.into())
        ]
    );
    assert_eq!(before["networks"][0]["network"], "AS64496 Net & Co");
    let file = text(&get(&desk, "/statistics.csv?table=countries&days=1"));
    assert!(file.contains("2026-11-23,JP,3,60.0,3,0,1,"), "{file}");
    assert!(text(&get(&desk, "/statistics")).contains("AS64496 Net &amp; Co"));
    let file = text(&get(&desk, "/statistics.csv?days=7"));
    assert!(file.starts_with("\u{feff}part,method,result,messages,evaluated,percent,definition\r\n"), "{file}");
    assert!(file.contains("2026-11,dmarc,pass,9,15,60.0,"), "{file}");
    let own = json(&desk, "/api/v1/statistics?domain=example.jp");
    let november = own["shares"]["parts"].as_array().unwrap().last().unwrap();
    assert_eq!((&november["messages"], &own["domains"][0]), (&9.into(), &"example.jp".into()), "of one domain");
    let days = json(&desk, "/api/v1/statistics?by=day&days=3");
    assert_eq!(days["shares"]["parts"].as_array().unwrap().len(), 3);
    assert_eq!(get(&desk, "/statistics?by=year").status(), StatusCode::BAD_REQUEST);
    let page = text(&get(&desk, "/statistics?lang=ja&days=30"));
    assert!(page.contains("60.0 %") && page.contains("href=\"/mail?client=192.0.2.1\""), "{page}");
}

#[test]
fn spam_is_what_another_filter_said() {
    let world = World::new(Role::Viewer);
    for (number, spam) in [Spam::Yes, Spam::No, Spam::No, Spam::Unknown].into_iter().enumerate() {
        let at_ms = NOW_MS - 1_000 + number as u64;
        let mut row = row(at_ms, Direction::In, "192.0.2.1", "a@example.org", "example.jp", &|text| text.to_owned());
        row.message.spam = spam;
        world.take(vec![Entry { row, why: Why::default() }]);
    }
    let value = json(&Desk::new(world, [0; 32]), "/api/v1/statistics?days=1");
    let week = &value["weekly"]["parts"][0];
    assert_eq!((&week["messages"], &week["spam"], &week["judged_by_filter"]), (&4.into(), &1.into(), &3.into()));
}

#[test]
fn what_strangers_wrote_stands_in_why_as_text() {
    let hostile = "\"'><script>alert(1)</script>\u{202e}\u{0}=1+1";
    let desk = Desk::new(World::with_hostile_reports(Role::Viewer, hostile), [0; 32]);
    let found = json(&desk, "/api/v1/mail");
    for line in found["messages"].as_array().unwrap() {
        for form in ["", "?lang=ja"] {
            let page = text(&get(&desk, &format!("/mail/{}{form}", line["id"].as_str().unwrap())));
            assert!(!page.contains("<script>") && !page.contains(['\u{202e}', '\u{0}']), "{page}");
            assert!(page.contains("&lt;script&gt;"));
        }
    }
}
