//! TLS reports, failure reports, and the reporters.

use dashboard::Desk;
use dashboard::who::Role;
use http::StatusCode;
use serde_json::Value;

use super::inbound::{self, KNOWN, known, tls};
use super::world::{TODAY, World, ask, get, text};

fn json(desk: &Desk<World>, target: &str) -> Value {
    serde_json::from_slice(get(desk, &format!("/api/v1{target}")).body()).unwrap()
}

#[test]
fn sessions_are_counted_by_day_policy_and_result() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let all = json(&desk, "/tls");
    let domain = &all["domains"][0];
    assert_eq!(
        (&domain["domain"], &domain["mode"], &domain["days"]),
        (&"example.jp".into(), &"testing".into(), &16.into())
    );
    let policy = &domain["policies"][0];
    assert_eq!((&policy["policy"], &policy["successful"], &policy["failed"]), (&"sts".into(), &1600.into(), &7.into()));
    assert_eq!(all["daily"].as_array().unwrap().len(), 30);
    let failure = &all["failures"][0];
    assert_eq!(
        (&failure["result"], &failure["mx_host"], &failure["sessions"]),
        (&"certificate-expired".into(), &"mx1.example.jp".into(), &7.into())
    );
    let page = text(&get(&desk, "/tls"));
    for wanted in ["The certificate has expired", "7 of 1607 sessions failed", "192.0.2.25", "Google Inc.", "<svg"] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    assert_eq!(json(&desk, "/tls?domain=example.net")["domains"].as_array().unwrap().len(), 0);
}

#[test]
fn whether_enforce_is_safe_is_said() {
    let said = |days: u32, failed: u64| {
        let world = World::new(Role::Viewer);
        (1..=days).for_each(|day| world.bring(tls("example.jp", TODAY - day, failed, &str::to_owned)));
        let value = json(&Desk::new(world, [0; 32]), "/tls");
        value["domains"][0]["text"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(
        said(14, 0),
        "example.jp: no session failed on 14 days with 1400 sessions. MTA-STS can be set to enforce."
    );
    assert!(said(13, 0).contains("Wait for 14"));
    assert!(said(14, 1).contains("14 of 1414 sessions failed"));
    assert_eq!(said(0, 0), "");
}

#[test]
fn failure_reports_are_for_operators() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    for target in ["/failures", "/failures/41", "/failures.csv", "/api/v1/failures"] {
        assert_eq!(get(&desk, target).status(), StatusCode::FORBIDDEN, "{target}");
    }
    assert!(!text(&get(&desk, "/")).contains("href=\"/failures\""), "nor does the menu lead there");
    let desk = Desk::new(World::with_reports(Role::Operator), [0; 32]);
    let list = json(&desk, "/failures");
    assert_eq!(list["failures"].as_array().unwrap().len(), 1);
    assert_eq!((&list["failures"][0]["incidents"], &list["failures"][0]["failed"]), (&3.into(), &"dmarc".into()));
    let page = text(&get(&desk, "/failures/41"));
    for wanted in ["X-Other: x", "[redacted]@receiver.example", "dmarc=fail", "203.0.113.66", "A message failed."] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    assert_eq!(get(&desk, "/failures/1").status(), StatusCode::NOT_FOUND, "that is an aggregate report");
    let desk = Desk::new(known(World::with_reports(Role::Viewer), "operator:example.net viewer:example.jp"), [0; 32]);
    assert_eq!(ask(&desk, "GET", "/failures/41", KNOWN, "").status(), StatusCode::NOT_FOUND);
    assert!(!text(&ask(&desk, "GET", "/failures", KNOWN, "")).contains("Pay now"));
    assert!(!text(&ask(&desk, "GET", "/reports/41", KNOWN, "")).contains("Pay now"));
}

#[test]
fn reporters_have_grades() {
    let world = World::with_reports(Role::Viewer);
    inbound::fill_badly(&world, "example.jp", "google.com", &str::to_owned);
    let desk = Desk::new(world, [0; 32]);
    let all = json(&desk, "/reporters");
    let of =
        |name: &str| all["reporters"].as_array().unwrap().iter().find(|one| one["reporter"] == name).unwrap().clone();
    let (google, yahoo) = (of("google.com"), of("Yahoo"));
    assert_eq!((&google["grade"], &google["reports"], &google["salvaged"]), (&"poor".into(), &22.into(), &1.into()));
    assert_eq!((&yahoo["grade"], &yahoo["reports"], &yahoo["messages"]), (&"fair".into(), &20.into(), &19_000.into()));
    assert_eq!((&yahoo["last"], &yahoo["silent_days"]), (&"2026-11-22".into(), &0.into()));
    let page = text(&get(&desk, "/reporters?reporter=google.com"));
    for wanted in ["2 reports say something else", "Fields stand in another order", "status=salvaged"] {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    assert!(!page.contains("Yahoo"));
    assert!(
        text(&get(&desk, "/reporters.csv?reporter=google.com&table=deviations")).contains("deviation-field-order,22")
    );
    let desk = Desk::new(known(World::with_reports(Role::Viewer), "viewer:example.net"), [0; 32]);
    let page = text(&ask(&desk, "GET", "/reporters", KNOWN, ""));
    assert!(page.contains("Yahoo") && !page.contains("google.com"), "{page}");
}
