//! What was read a moment ago is shown again, and never when it is old or somebody else's.

use std::sync::atomic::Ordering;

use dashboard::Desk;
use dashboard::who::Role;
use serde_json::Value;

use super::world::{TODAY, World, ask, get, report, text};

/// A desk of a house that knows when its reports change.
fn desk() -> Desk<World> {
    let world = World::with_reports(Role::Operator);
    world.edition.store(1, Ordering::Relaxed);
    Desk::new(world, [0; 32])
}

fn messages(desk: &Desk<World>, target: &str) -> u64 {
    let value: Value = serde_json::from_slice(get(desk, target).body()).unwrap();
    value["messages"].as_u64().unwrap()
}

/// One more report, of a day of which there is none yet.
fn bring(desk: &Desk<World>, days_ago: u32) {
    desk.sources().bring(report("example.jp", TODAY - days_ago, "google.com", &str::to_owned));
}

const SENDERS: &str = "/api/v1/senders?domain=example.jp";

#[test]
fn what_has_not_changed_is_not_read_again() {
    let desk = desk();
    let before = messages(&desk, SENDERS);
    bring(&desk, 25);
    assert_eq!(messages(&desk, SENDERS), before, "from memory: nobody said that something changed");
    assert!(messages(&desk, "/api/v1/senders?domain=example.jp&days=31") > before, "another question is another place");
    desk.sources().edition.store(2, Ordering::Relaxed);
    let after = messages(&desk, SENDERS);
    assert!(after > before, "{after}");
    desk.sources().edition.store(0, Ordering::Relaxed);
    bring(&desk, 26);
    assert!(messages(&desk, SENDERS) > after, "who knows of no changes reads each time");
}

#[test]
fn a_page_and_its_file_are_of_the_same_reading() {
    let desk = desk();
    let page = text(&get(&desk, "/senders?domain=example.jp&lang=en"));
    bring(&desk, 25);
    let again = text(&get(&desk, "/senders?domain=example.jp&lang=en"));
    assert!(page.contains("19,000") && again.contains("19,000"));
}

#[test]
fn what_is_done_here_is_seen_at_once() {
    let desk = desk();
    let first = || {
        let value: Value = serde_json::from_slice(get(&desk, SENDERS).body()).unwrap();
        value["sources"][0].clone()
    };
    let before = first();
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let id = before["id"].as_str().unwrap();
    let body = format!("source=example.jp+{id}&standing=denied&note=not+ours").replace(':', "%3A").replace('/', "%2F");
    assert_eq!(ask(&desk, "POST", "/senders/mark", &form, &body).status(), 303);
    assert_eq!(first()["standing"], "denied");
    assert_ne!(first(), before);
}

#[test]
fn nobody_sees_what_was_read_for_somebody_else() {
    let world = World::with_reports(Role::Viewer).with_limited("viewer:example.jp");
    world.edition.store(1, Ordering::Relaxed);
    let mut admin = people::Person::new(people::Name::parse("all").unwrap(), 0);
    admin.grants = vec![people::Grant::parse("viewer").unwrap()];
    let line = people::NewLine::new(0, "test", "person-put", "all");
    testkit::block_on(people::Registry::put_person(&world.people, admin, line)).unwrap();
    let desk = Desk::new(world, [0; 32]);
    let count = |name: &str| {
        let answer = ask(&desk, "GET", "/api/v1/overview", &[("remote-user", name)], "");
        let value: Value = serde_json::from_slice(answer.body()).unwrap();
        value["domains"].as_array().unwrap().len()
    };
    assert_eq!([count("all"), count("limited"), count("all"), count("limited")], [2, 1, 2, 1]);
}

#[test]
fn many_questions_find_room() {
    let desk = desk();
    let whole = messages(&desk, SENDERS);
    for days in 1..60 {
        assert!(messages(&desk, &format!("{SENDERS}&days={days}")) <= whole);
    }
    assert_eq!(messages(&desk, SENDERS), whole);
}

/// Whoever serves may await an answer on any thread.
#[test]
fn answers_may_be_awaited_anywhere() {
    fn anywhere<T: Send>(future: T) -> T {
        future
    }
    let desk = desk();
    let request = http::Request::builder().uri("/healthz").header("host", "127.0.0.1").body(Vec::new()).unwrap();
    let moment = dashboard::Moment { now_ms: super::world::NOW_MS, peer: None, random: [0; 96] };
    assert_eq!(testkit::block_on(anywhere(desk.answer(moment, request))).status(), 404);
}

#[test]
fn many_answers_are_kept_and_each_has_a_secret_of_its_own() {
    let desk = desk();
    let pages: Vec<String> = (1..40).map(|days| format!("/senders?domain=example.jp&days={days}")).collect();
    let before: Vec<String> = pages.iter().map(|page| text(&get(&desk, page))).collect();
    bring(&desk, 25);
    for (page, before) in pages.iter().zip(&before) {
        assert_eq!(without_secrets(&text(&get(&desk, page))), without_secrets(before), "from memory: {page}");
    }
    desk.sources().edition.store(2, Ordering::Relaxed);
    assert_ne!(without_secrets(&text(&get(&desk, &pages[34]))), without_secrets(&before[34]));
}

#[test]
fn a_kept_page_has_a_secret_that_opens_and_is_another_one_each_time() {
    let world = World::with_reports(Role::Operator).with_limited("operator");
    world.edition.store(1, Ordering::Relaxed);
    let desk = Desk::new(world, [0; 32]);
    let page = |mask: u8| {
        let request = http::Request::builder().uri("/senders?domain=example.jp").header("host", "127.0.0.1");
        let request = request.header("remote-user", "limited").body(Vec::new()).unwrap();
        let moment = dashboard::Moment {
            now_ms: super::world::NOW_MS,
            peer: Some("127.0.0.1".parse().unwrap()),
            random: [mask; 96],
        };
        text(&testkit::block_on(desk.answer(moment, request)))
    };
    let (first, second) = (page(1), page(2));
    let (one, other) = (secrets(&first), secrets(&second));
    assert!(one.len() > 1 && one.iter().all(|secret| secret == &one[0]), "{one:?}");
    assert!(!one[0].is_empty() && one[0] != other[0]);
    for secret in [&one[0], &other[0]] {
        let body = format!("csrf={secret}&source=example.jp+network%3A192.0.2.0%2F24&standing=denied");
        let form = [("content-type", "application/x-www-form-urlencoded"), ("remote-user", "limited")];
        let status = ask(&desk, "POST", "/senders/mark", &form, &body).status();
        assert_eq!(status, 303, "the secret of a kept page is taken");
    }
    let body = "csrf=AAAA&source=example.jp+network%3A192.0.2.0%2F24&standing=denied";
    let form = [("content-type", "application/x-www-form-urlencoded"), ("remote-user", "limited")];
    assert_ne!(ask(&desk, "POST", "/senders/mark", &form, body).status(), 303);
}

#[test]
fn a_kept_answer_is_no_older_than_what_it_is_made_of() {
    let desk = desk();
    let at = |target: &str, after_ms: u64| {
        let request = http::Request::builder().uri(target).header("host", "127.0.0.1").body(Vec::new()).unwrap();
        let moment = dashboard::Moment {
            now_ms: super::world::NOW_MS + after_ms,
            peer: Some("127.0.0.1".parse().unwrap()),
            random: [0; 96],
        };
        let value: Value = serde_json::from_slice(testkit::block_on(desk.answer(moment, request)).body()).unwrap();
        value["messages"].as_u64().unwrap()
    };
    let page = "/senders?domain=example.jp";
    let _ = get(&desk, page);
    bring(&desk, 25);
    // What the page read is shown to a program half a minute later, and to nobody a minute later.
    let before = at(SENDERS, 30_000);
    assert_eq!(at(SENDERS, 59_999), before);
    assert!(at(SENDERS, 60_000) > before);
}

/// The secrets of the forms of a page.
fn secrets(page: &str) -> Vec<String> {
    let places = page.split("name=\"csrf\" value=\"").skip(1);
    places.filter_map(|rest| rest.split_once('"')).map(|(secret, _)| secret.to_owned()).collect()
}

fn without_secrets(page: &str) -> String {
    secrets(page)
        .iter()
        .filter(|secret| !secret.is_empty())
        .fold(page.to_owned(), |page, secret| page.replace(secret, ""))
}
