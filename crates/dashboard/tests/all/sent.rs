//! Reports that we send.

use dashboard::Desk;
use dashboard::who::Role;
use feedback::mail::Letter;
use feedback::outbox::{
    Change, Delivery, DeliveryEnd, DeliveryId, DeliveryQuery, DeliveryState, Job, JobEnd, JobId, JobKind, JobState,
    Outbox as _,
};
use feedback::period::Period;
use http::StatusCode;
use mailtext::Domain;
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

/// Twelve hundred reports of one day, some of one second, made before those of the house: of every third one a
/// destination refused it; every tenth is about example.net.
fn with_many(world: &World) {
    let now_s = NOW_MS / 1000;
    let period = Period::new(now_s - 86_400, now_s).unwrap();
    let many = (0..1_200_u64).flat_map(|number| {
        let id = JobId(format!("many{number:04}").into());
        let domain = Domain::parse(if number % 10 == 0 { "example.net" } else { "example.org" }).unwrap();
        let state = JobState::Done { at_s: now_s, end: JobEnd::Delivered };
        let (kind, made_s) = (JobKind::Aggregate, now_s - 1_000 - number / 100);
        let job = Job { id: id.clone(), kind, domain, period, message_count: 1, made_s, state };
        let end = if number % 3 == 0 { DeliveryEnd::Refused { reply: "550".into() } } else { DeliveryEnd::Accepted };
        let delivery = Delivery {
            id: DeliveryId(format!("d{number}").into()),
            job: id,
            mailbox: format!("rua{}@example.org", number % 4).into(),
            attempts: 1,
            state: DeliveryState::Done { at_s: now_s, end },
        };
        let letter = Letter { subject: Vec::new(), content_type: "".into(), body: Vec::new(), date_s: now_s };
        [Change::AddJob(job, letter), Change::AddDelivery(delivery)]
    });
    block_on(world.outbox.commit(many.collect())).unwrap();
}

/// The ids of all pages, and how many pages there are; each page leads to the next one with its filters.
fn paged(desk: &Desk<World>, query: &str, fields: &[(&str, &str)]) -> (Vec<String>, usize) {
    let (mut ids, mut next, mut count) = (Vec::new(), String::new(), 0);
    loop {
        count += 1;
        let target = format!("/outgoing?x=1{query}{next}");
        let page: Value =
            serde_json::from_slice(ask(desk, "GET", &format!("/api/v1{target}"), fields, "").body()).unwrap();
        let reports = page["reports"].as_array().unwrap();
        assert!(reports.len() <= 101, "{}", reports.len());
        ids.extend(reports.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        let Some(key) = page["next"].as_str() else { return (ids, count) };
        let shown = text(&ask(desk, "GET", &target, fields, ""));
        let onward = format!("rel=\"next\" href=\"/outgoing?x=1{}&amp;before={key}\"", query.replace('&', "&amp;"));
        assert!(shown.contains(&onward), "{onward} in {shown}");
        next = format!("&before={key}");
    }
}

#[test]
fn older_reports_are_on_further_pages() {
    let world = World::with_reports(Role::Viewer);
    with_many(&world);
    let desk = Desk::new(world, [0; 32]);
    let (ids, count) = paged(&desk, "", &[]);
    // Those of the house have five lines; the report with two destinations is on one page.
    assert_eq!((ids.len(), count), (1_205, 13));
    let many: Vec<_> = ids.iter().filter(|id| id.starts_with("many")).cloned().collect();
    assert_eq!(many, (0..1_200).map(|number| format!("many{number:04}")).collect::<Vec<_>>());
    let (failed, count) = paged(&desk, "&state=failed", &[]);
    assert_eq!((failed.len(), count), (401, 5));
    let (of_domain, _) = paged(&desk, "&domain=example.net&state=failed", &[]);
    assert_eq!(of_domain, (0..40).map(|number| format!("many{:04}", number * 30)).collect::<Vec<_>>());
    // The state leads to its first page, and the domain stays.
    let page = text(&get(&desk, "/outgoing?domain=example.net&before=1795427000-x"));
    assert!(page.contains("href=\"/outgoing?domain=example.net&amp;state=sent\""), "{page}");
    // A file has all of them.
    assert_eq!(text(&get(&desk, "/outgoing.csv?state=failed")).lines().count(), 402);
    for wrong in ["x", "5", "-1-x", "99999999999999999999-x"] {
        assert_eq!(get(&desk, &format!("/outgoing?before={wrong}")).status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[test]
fn a_person_of_one_domain_finds_its_reports_among_many() {
    let world = known(World::with_reports(Role::Viewer), "viewer:example.jp");
    with_many(&world);
    let now_s = NOW_MS / 1000;
    let old = Job {
        id: JobId("old".into()),
        kind: JobKind::Aggregate,
        domain: Domain::parse("example.jp").unwrap(),
        period: Period::new(now_s - 86_400, now_s).unwrap(),
        message_count: 1,
        made_s: now_s - 9_000,
        state: JobState::Sending,
    };
    let letter = Letter { subject: Vec::new(), content_type: "".into(), body: Vec::new(), date_s: now_s };
    block_on(world.outbox.commit(vec![Change::AddJob(old, letter)])).unwrap();
    let desk = Desk::new(world, [0; 32]);
    assert_eq!(paged(&desk, "", KNOWN).0, ["3", "old"]);
}
