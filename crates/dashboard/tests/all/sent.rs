//! Reports that we send.

use dashboard::Desk;
use dashboard::who::Role;
use feedback::outbox::{DeliveryQuery, DeliveryState, JobId, JobState, Outbox as _};
use http::StatusCode;
use serde_json::Value;
use testkit::block_on;

use super::inbound::{KNOWN, known};
use super::world::{NOW_MS, World, ask, get, text};

fn json(desk: &Desk<World>, target: &str) -> Value {
    serde_json::from_slice(get(desk, &format!("/api/v1{target}")).body()).unwrap()
}

#[test]
fn what_is_sent_is_counted_and_told() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let all = json(&desk, "/outgoing");
    let counts = ["due", "sent", "failed", "suppressed"].map(|stand| all["counts"][stand].as_u64().unwrap());
    assert_eq!(counts, [2, 1, 1, 1]);
    assert_eq!(all["made_until"], "2026-11-23T00:00:00Z");
    assert_eq!(all["reports"].as_array().unwrap().len(), 5);
    let failed = json(&desk, "/outgoing?state=failed");
    assert_eq!(
        (failed["reports"].as_array().unwrap().len(), &failed["reports"][0]["domain"]),
        (1, &"example.jp".into())
    );
    assert_eq!(json(&desk, "/outgoing?domain=example.com")["reports"][0]["id"], "1");
    assert_eq!(all["suppressions"][0]["until"], "2026-11-30T10:00:00Z");
    let page = text(&get(&desk, "/outgoing"));
    for wanted in ["550 no such mailbox", "451 later", "gone@example.jp", "Where it goes is still to be found out"] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    assert!(!page.contains("/outgoing/unsuppress"), "a viewer may not");
    assert!(text(&get(&desk, "/outgoing.csv?table=destinations")).contains("gone@example.jp,0,0,1,1"));
}

#[test]
fn a_report_is_shown_as_it_is_sent() {
    let desk = Desk::new(World::with_reports(Role::Operator), [0; 32]);
    let page = text(&get(&desk, "/outgoing/2"));
    for wanted in ["Report Domain: example.org", "&lt;feedback&gt;about example.org&lt;/feedback&gt;", "a@example.org"]
    {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    assert!(text(&get(&desk, "/outgoing/3")).contains("not kept any more"));
    assert!(text(&get(&desk, "/outgoing/4")).contains("Feedback-Type: auth-failure"));
    assert_eq!(get(&desk, "/outgoing/9").status(), StatusCode::NOT_FOUND);
    // The header of a message of others is for operators.
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    assert!(!text(&get(&desk, "/outgoing/4")).contains("Feedback-Type"));
    assert!(text(&get(&desk, "/outgoing/2")).contains("about example.org"));
}

#[test]
fn what_waits_is_sent_now() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    assert_eq!(ask(&desk, "POST", "/outgoing/send-now", &[], "id=2").status(), StatusCode::FORBIDDEN);
    let desk = Desk::new(World::with_reports(Role::Operator), [0; 32]);
    let done = ask(&desk, "POST", "/outgoing/send-now", &[], "id=2&back=%2Foutgoing%2F2");
    assert_eq!(done.headers()["location"], "/outgoing/2?done=page-done-send-now");
    let query = DeliveryQuery::OfJob(JobId("2".into()));
    let deliveries = block_on(desk.sources().outbox.deliveries(query, 9)).unwrap();
    let waiting = deliveries.iter().find(|one| &*one.mailbox == "a@example.org").unwrap();
    assert!(matches!(waiting.state, DeliveryState::Waiting { next_s, .. } if next_s == NOW_MS / 1000), "{waiting:?}");
    ask(&desk, "POST", "/outgoing/send-now", &[], "id=1");
    let job = block_on(desk.sources().outbox.job(&JobId("1".into()))).unwrap().unwrap();
    assert_eq!(job.state, JobState::Asking { next_s: NOW_MS / 1000, attempts: 0 });
    let done = ask(&desk, "POST", "/outgoing/send-now", &[], "id=3&back=%2Foutgoing%2F3");
    assert_eq!(done.headers()["location"], "/outgoing/3?done=page-done-nothing-to-send");
}

#[test]
fn a_mailbox_can_have_reports_again() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    assert_eq!(
        ask(&desk, "POST", "/outgoing/unsuppress", &[], "mailbox=gone@example.jp").status(),
        StatusCode::FORBIDDEN
    );
    let desk = Desk::new(World::with_reports(Role::Operator), [0; 32]);
    let done = ask(&desk, "POST", "/outgoing/unsuppress", &[], "mailbox=Gone@example.jp&back=/outgoing");
    assert_eq!(done.headers()["location"], "/outgoing?done=page-done-unsuppress");
    assert_eq!(block_on(desk.sources().outbox.suppression("gone@example.jp")).unwrap(), None);
    assert_eq!(
        ask(&desk, "POST", "/outgoing/unsuppress", &[], "mailbox=gone@example.jp").status(),
        StatusCode::NOT_FOUND
    );
}

#[test]
fn a_person_of_one_domain_sees_its_reports_alone_and_no_mailboxes() {
    let desk = Desk::new(known(World::with_reports(Role::Viewer), "operator:example.jp"), [0; 32]);
    let page = text(&ask(&desk, "GET", "/outgoing", KNOWN, ""));
    assert!(page.contains("/outgoing/3") && !page.contains("example.org") && !page.contains("example.com"), "{page}");
    assert!(!page.contains("/outgoing/unsuppress"));
    assert_eq!(ask(&desk, "GET", "/outgoing/2", KNOWN, "").status(), StatusCode::NOT_FOUND);
}
