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
