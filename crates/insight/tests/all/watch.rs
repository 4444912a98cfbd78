//! Alerts: the fold over days.

use feedback::archive::SourceLine;
use mailtext::Explain;

use crate::insight::group::sighting;
use crate::insight::limits::ALERT_COUNT_MAX;
use crate::insight::watch::StateError;
use crate::insight::{Alert, Day, Event, State, Thresholds, observe, observe_refused};
use crate::sightings::{Told, classifier, told};

const START: u32 = 20_000;
const OWN: &str =
    "count=1000 ip=192.0.2.1 host=mx.example.jp from=example.jp mail=example.jp:pass sign=example.jp/s1:pass";

struct Watch {
    state: State,
    thresholds: Thresholds,
}

impl Watch {
    fn new() -> Self {
        Self { state: State::default(), thresholds: Thresholds::default() }
    }

    fn day(&mut self, day: u32, policy: &str, texts: &[&str], reporters: &[&str], refused_count: u64) -> Vec<Alert> {
        let told: Vec<Told> = texts.iter().map(|text| told(&format!("{policy} {text}"))).collect();
        let classifier = classifier(&told);
        let lines: Vec<SourceLine> = told
            .iter()
            .map(|told| SourceLine {
                class: classifier.class(&sighting(told.line(), &told.policy)),
                ..told.line().clone()
            })
            .collect();
        let policy = &told.first().unwrap().policy;
        let day = Day { day: START + day, policy, lines: &lines, reporters, refused_count };
        let (state, alerts) = observe(std::mem::take(&mut self.state), &day, &self.thresholds, &classifier);
        // What is remembered survives being written and read.
        assert_eq!(State::parse(&state.to_text()), Ok(state.clone()));
        self.state = state;
        for alert in &alerts {
            assert_eq!(Alert::parse(&alert.to_text()).as_ref(), Some(alert));
        }
        alerts
    }

    fn quiet(&mut self, days: std::ops::Range<u32>) {
        for day in days {
            let alerts = self.day(day, "p=none", &[OWN], &["google.com", "Yahoo!\t100%"], 0);
            assert_eq!(alerts, [], "{day}");
        }
    }
}

fn ids(alerts: &[Alert]) -> Vec<&'static str> {
    alerts.iter().map(Explain::id).collect()
}

const NEW: &str = "count=200 ip=198.51.100.9 host=- from=example.jp mail=example.jp:fail";

#[test]
fn a_new_source_is_told_once() {
    let mut watch = Watch::new();
    watch.quiet(0..10);
    assert_eq!(
        watch.day(
            10,
            "p=none",
            &[OWN, "count=49 ip=198.51.100.9 host=- from=example.jp mail=example.jp:fail"],
            &["google.com", "Yahoo!\t100%"],
            0
        ),
        []
    );
    let alerts = watch.day(11, "p=none", &[OWN, NEW], &["google.com", "Yahoo!\t100%"], 0);
    assert_eq!(ids(&alerts), ["alert-new-source"]);
    let arguments = alerts.first().unwrap().arguments();
    let text: Vec<String> = arguments.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(text.join(" "), "domain=example.jp sender=198.51.100.0/24 class=suspected count=200");
    // The same day again, when more reports have come, and the days after.
    for day in [11, 12, 13, 20, 25] {
        assert_eq!(watch.day(day, "p=none", &[OWN, NEW], &["google.com", "Yahoo!\t100%"], 0), [], "{day}");
    }
}

#[test]
fn while_a_domain_is_new_its_sources_are_learnt() {
    let mut watch = Watch::new();
    watch.quiet(0..3);
    assert_eq!(watch.day(3, "p=none", &[OWN, NEW], &["google.com"], 0), []);
    assert_eq!(watch.day(8, "p=none", &[OWN, NEW], &["google.com"], 0), []);
    let approved = "mark=network:203.0.113.0/24:approved count=900 ip=203.0.113.7 from=example.jp mail=x.jp:none sign=example.jp/s1:pass";
    assert_eq!(watch.day(12, "p=none", &[OWN, approved], &["google.com"], 0), [], "the owner knows it");
}

#[test]
fn a_share_that_falls() {
    let mut watch = Watch::new();
    watch.quiet(0..10);
    let broken =
        |count: u64| format!("count={count} ip=192.0.2.1 host=mx.example.jp from=example.jp mail=example.jp:fail");
    assert_eq!(watch.day(10, "p=none", &[OWN, &broken(51)], &["google.com"], 0), []);
    let alerts = watch.day(11, "p=none", &[OWN, &broken(60)], &["google.com"], 0);
    assert_eq!(ids(&alerts), ["alert-pass-fell"]);
    assert_eq!(watch.day(12, "p=none", &[OWN, &broken(200)], &["google.com"], 0), [], "told already");
    let few = "count=40 ip=192.0.2.1 host=mx.example.jp from=example.jp mail=example.jp:fail";
    let mut small = Watch::new();
    small.quiet(0..10);
    assert_eq!(small.day(10, "p=none", &[few], &["google.com"], 0), [], "too little to judge by");
}

#[test]
fn a_reporter_that_falls_silent() {
    let mut watch = Watch::new();
    watch.quiet(0..10);
    for day in 10..13 {
        assert_eq!(watch.day(day, "p=none", &[OWN], &["google.com"], 0), [], "{day}");
    }
    let alerts = watch.day(13, "p=none", &[OWN], &["google.com"], 0);
    assert_eq!(ids(&alerts), ["alert-reporter-silent"]);
    assert_eq!(alerts.first().unwrap().arguments().last().unwrap().1.to_string(), "4");
    for day in 14..30 {
        assert_eq!(watch.day(day, "p=none", &[OWN], &["google.com"], 0), [], "{day}");
    }
    // It comes back, and falls silent again.
    for day in 30..40 {
        assert_eq!(watch.day(day, "p=none", &[OWN], &["google.com", "Yahoo!\t100%"], 0), [], "{day}");
    }
    let again: Vec<Alert> = (40..46).flat_map(|day| watch.day(day, "p=none", &[OWN], &["google.com"], 0)).collect();
    assert_eq!(ids(&again), ["alert-reporter-silent"]);
    // One that came now and then is not missed.
    let mut rare = Watch::new();
    for day in 0..20 {
        let reporters: &[&str] = if day % 5 == 0 { &["google.com", "rare"] } else { &["google.com"] };
        assert_eq!(rare.day(day, "p=none", &[OWN], reporters, 0), [], "{day}");
    }
}

#[test]
fn a_policy_that_changes() {
    let mut watch = Watch::new();
    watch.quiet(0..3);
    let alerts = watch.day(3, "p=quarantine sp=none t=y adkim=s", &[OWN], &["google.com"], 0);
    assert_eq!(ids(&alerts), ["alert-policy-changed"]);
    let arguments: Vec<String> =
        alerts.first().unwrap().arguments().iter().map(|(_, value)| value.to_string()).collect();
    assert_eq!(arguments, ["example.jp", "p=none", "p=quarantine; sp=none; adkim=s; t=y"]);
    assert_eq!(watch.day(4, "p=quarantine sp=none t=y adkim=s", &[OWN], &["google.com"], 0), []);
    assert_eq!(
        watch.day(2, "p=none", &[OWN], &["google.com"], 0),
        [],
        "a day of before, folded again, is no change back"
    );
    assert_eq!(ids(&watch.day(5, "p=none", &[OWN], &["google.com"], 0)), ["alert-policy-changed"]);
}

#[test]
fn a_key_that_is_not_seen_any_more() {
    let mut watch = Watch::new();
    watch.quiet(0..10);
    let other =
        "count=1000 ip=192.0.2.1 host=mx.example.jp from=example.jp mail=example.jp:pass sign=example.jp/s2:pass";
    let alerts: Vec<Alert> =
        (10..25).flat_map(|day| watch.day(day, "p=none", &[other], &["google.com", "Yahoo!\t100%"], 0)).collect();
    assert_eq!(ids(&alerts), ["alert-selector-gone"]);
    assert_eq!(alerts.first().map(|alert| alert.day), Some(START + 16));
    // Where no mail is sent at all, no key is missed.
    let mut silent = Watch::new();
    silent.quiet(0..10);
    let forged = "count=10 ip=198.51.100.9 host=- from=example.jp mail=example.jp:fail";
    for day in 10..20 {
        let alerts = silent.day(day, "p=none", &[forged], &["google.com", "Yahoo!\t100%"], 0);
        assert_eq!(alerts, [], "{day}");
    }
}

#[test]
fn reports_that_are_refused() {
    let mut watch = Watch::new();
    assert_eq!(watch.day(0, "p=none", &[OWN], &["google.com"], 9), []);
    assert_eq!(ids(&watch.day(1, "p=none", &[OWN], &["google.com"], 10)), ["alert-reports-refused"]);
    assert_eq!(watch.day(2, "p=none", &[OWN], &["google.com"], 10), [], "not every day");
    assert_eq!(
        ids(&watch.day(8, "p=none", &[OWN], &["google.com"], 11)),
        ["alert-reports-refused"],
        "after a week again"
    );
}

#[test]
fn too_many_alerts_are_counted() {
    for (count, expected) in [
        (ALERT_COUNT_MAX - 1, ALERT_COUNT_MAX - 1),
        (ALERT_COUNT_MAX, ALERT_COUNT_MAX),
        (ALERT_COUNT_MAX + 1, ALERT_COUNT_MAX + 1),
    ] {
        let mut watch = Watch::new();
        watch.quiet(0..10);
        let texts: Vec<String> =
            (0..count).map(|at| format!("count=100 ip=198.51.{at}.1 from=example.jp mail=example.jp:fail")).collect();
        let texts: Vec<&str> = std::iter::once(OWN).chain(texts.iter().map(String::as_str)).collect();
        let alerts = watch.day(10, "p=none", &texts, &["google.com", "Yahoo!\t100%"], 0);
        assert_eq!(alerts.len(), expected);
        assert_eq!(alerts.last().unwrap().id() == "alert-more", count > ALERT_COUNT_MAX);
    }
}

#[test]
fn texts_that_are_no_memory() {
    assert_eq!(State::parse(""), Err(StateError::Version));
    assert_eq!(State::parse("sekisho-watch 2\n"), Err(StateError::Version));
    assert_eq!(State::parse("sekisho-watch 1\n"), Ok(State::default()));
    for line in ["domain\tx", "policy\tp=none", "domain\tx\tmany", "what\tx", "domain\t%zz\t1", "domain\tx%0\t1"] {
        assert_eq!(State::parse(&format!("sekisho-watch 1\n{line}\n")), Err(StateError::Line(2)), "{line}");
    }
}

#[test]
fn reports_of_no_domain_that_are_refused() {
    let thresholds = Thresholds::default();
    let mut state = State::default();
    let mut day = |day: u32, count: u64| {
        let (next, alerts) =
            observe_refused(std::mem::take(&mut state), "mx.example.jp", (START + day, count), &thresholds);
        assert_eq!(State::parse(&next.to_text()), Ok(next.clone()));
        state = next;
        ids(&alerts)
    };
    assert_eq!(day(0, 9), Vec::<&str>::new());
    assert_eq!(day(1, 10), ["alert-reports-refused"]);
    assert_eq!(day(1, 11), Vec::<&str>::new(), "the same day again");
    assert_eq!(day(2, 99), Vec::<&str>::new());
    assert_eq!(day(8, 10), ["alert-reports-refused"]);
    assert_eq!((state.total("mx.example.jp", START + 8), state.total("mx.example.jp", START + 9)), (Some(10), None));
    assert!(state.knows("mx.example.jp") && !state.knows("example.jp"));
}

#[test]
fn alerts_are_read_as_they_were_written() {
    let alert = |event| Alert { day: START, domain: "a\tb%".into(), event };
    for event in [
        Event::More { count: 3 },
        Event::ReportsRefused { count: u64::MAX },
        Event::PassFell { now: 1, before: 1000 },
        Event::PolicyChanged { from: "p=none; x\n".into(), to: "p=拒否".into() },
        Event::SelectorGone { domain: "d".into(), selector: "".into(), days: 9 },
    ] {
        let alert = alert(event);
        assert_eq!(Alert::parse(&alert.to_text()), Some(alert));
    }
    for text in [
        "",
        "1\ta",
        "1\ta\tmore",
        "x\ta\tmore\t1",
        "1\ta\tmore\tx",
        "1\ta\tnew-source\tservice\ta\tb\tbad\t1",
        "1\ta\twhat\t1",
    ] {
        assert_eq!(Alert::parse(text), None, "{text}");
    }
}
