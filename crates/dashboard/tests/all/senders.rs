//! Who sends in our domains' names, one of them in full, and what is said of them.

use dashboard::Desk;
use dashboard::who::Role;
use feedback::archive::{Archive as _, Class, CountQuery, Host, Sender, Standing};
use http::StatusCode;
use people::{Grant, Name, NewLine, Person, Registry as _};
use serde_json::Value;
use testkit::block_on;

use super::world::{World, ask, get, text};

fn json(desk: &Desk<World>, target: &str) -> Value {
    let answer = get(desk, target);
    assert_eq!(answer.status(), StatusCode::OK, "{target}: {}", text(&answer));
    serde_json::from_slice(answer.body()).unwrap()
}

fn post(desk: &Desk<World>, body: &str) -> http::Response<Vec<u8>> {
    ask(desk, "POST", "/senders/mark", &[("content-type", "application/x-www-form-urlencoded")], body)
}

/// A form of a browser: who has no secret carries none.
fn form(fields: &[(&str, &str)]) -> String {
    let mut out = url::form_urlencoded::Serializer::new(String::new());
    out.extend_pairs(fields);
    out.finish()
}

const OWN: &str = "example.jp network:192.0.2.0/24";
const MIXED: &str = "example.jp network:203.0.113.0/24";

#[test]
fn the_overview_of_one_domain_counts_that_domain_alone() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let all = json(&desk, "/api/v1/overview");
    let one = json(&desk, "/api/v1/overview?domain=example.net");
    let names = |value: &Value| -> Vec<String> {
        let domains = value["domains"].as_array().unwrap();
        domains.iter().map(|domain| domain["domain"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&all).len(), 2);
    assert_eq!(names(&one), ["example.net"]);
    let of_day = |value: &Value| {
        let days = value["daily"].as_array().unwrap().iter();
        days.map(|day| day["classes"]["legitimate"].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!((of_day(&all), of_day(&one)), (28_000, 14_000));
    let file = text(&get(&desk, "/overview.csv?domain=example.net"));
    assert!(file.contains("example.net,") && !file.contains("example.jp"), "{file}");
    let page = text(&get(&desk, "/?domain=example.net"));
    assert!(
        page.contains("<a href=\"/senders?domain=example.net&amp;") && !page.contains("/senders?domain=example.jp")
    );
    assert_eq!(names(&json(&desk, "/api/v1/overview?domain=example.org")), [""; 0]);
    for wrong in ["/api/v1/overview?domain=..", "/api/v1/overview?domain=example.jp&domain=example.net"] {
        assert_eq!(get(&desk, wrong).status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
    let description = json(&desk, "/api/v1/openapi.json");
    let parameters = description["paths"]["/overview"]["get"]["parameters"].as_array().unwrap();
    assert!(parameters.iter().any(|one| one["name"] == "domain"), "{parameters:?}");
}

#[test]
fn the_list_counts_what_reports_count() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let value = json(&desk, "/api/v1/senders?domain=example.jp");
    assert_eq!((value["count"].as_u64(), value["messages"].as_u64()), (Some(3), Some(19_000)));
    let sources = value["sources"].as_array().unwrap();
    let told: Vec<_> = sources
        .iter()
        .map(|source| {
            let number = |name: &str| source[name].as_u64().unwrap();
            (source["id"].as_str().unwrap(), number("messages"), number("pass"), source["class"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("network:192.0.2.0/24", 14_000, 14_000, "legitimate"),
            ("network:203.0.113.0/24", 4_200, 0, "misconfigured"),
            ("network:198.51.100.0/24", 800, 800, "forwarded"),
        ]
    );
    assert_eq!(
        (sources[1]["classes"]["misconfigured"].as_u64(), sources[1]["classes"]["suspected"].as_u64()),
        (Some(2_400), Some(1_800))
    );
    assert_eq!((sources[0]["first"].as_str(), sources[0]["last"].as_str()), (Some("2026-11-03"), Some("2026-11-22")));
    assert_eq!(sources[0]["selectors"][0], "s1");
    let spread: Vec<u64> = sources[0]["spread"].as_array().unwrap().iter().map(|day| day.as_u64().unwrap()).collect();
    assert_eq!((spread.len(), spread.iter().sum::<u64>(), spread.iter().max()), (30, 14_000, Some(&700)));
    assert!(!sources[1]["reasons"].as_array().unwrap().is_empty(), "no reason is told");
}

#[test]
fn the_page_shows_each_domain_its_reasons_and_a_line() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let page = text(&get(&desk, "/senders"));
    for shown in [
        "example.jp",
        "example.net",
        "14,000",
        "203.0.113.0/24",
        "class=\"spark\"",
        "/senders/network%3A192.0.2.0%2F24?domain=example.jp",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("type=\"checkbox\" name=\"source\""), "a viewer ticks nothing");
    let operator = Desk::new(World::with_reports(Role::Operator), [0; 32]);
    assert!(text(&get(&operator, "/senders")).contains("type=\"checkbox\" name=\"source\""));
}

#[test]
fn filters_choose_by_class_by_words_and_by_days() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let ids = |target: &str| -> Vec<String> {
        let value = json(&desk, &format!("/api/v1/senders?{target}"));
        let sources = value["sources"].as_array().unwrap();
        sources
            .iter()
            .map(|source| format!("{} {}", source["domain"].as_str().unwrap(), source["id"].as_str().unwrap()))
            .collect()
    };
    assert_eq!(ids("class=suspected&domain=example.jp"), [MIXED]);
    assert_eq!(ids("class=forwarded").len(), 2);
    assert_eq!(ids("q=spoofer.example&domain=example.jp"), [MIXED]);
    assert_eq!(ids("q=192.0.2.1&domain=example.jp"), [OWN]);
    assert_eq!(ids("q=ESP.example+203.0&domain=example.net"), ["example.net network:203.0.113.0/24"]);
    assert!(ids("q=nobody.example").is_empty());
    assert_eq!(json(&desk, "/api/v1/senders?domain=example.jp&from=2026-11-22&to=2026-11-22")["messages"], 950);
    assert_eq!(json(&desk, "/api/v1/senders?domain=example.jp&days=90")["spread_days"].as_array().unwrap().len(), 30);
    assert_eq!(json(&desk, "/api/v1/senders?after=50")["sources"].as_array().unwrap().len(), 0);
    for wrong in ["class=good", "after=x", "domain=%00"] {
        assert_eq!(get(&desk, &format!("/senders?{wrong}")).status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[test]
fn a_source_is_shown_with_its_addresses_circumstances_and_why() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let path = "/senders/network%3A203.0.113.0%2F24?domain=example.jp";
    let value = json(&desk, &format!("/api/v1{path}"));
    let addresses = value["addresses"].as_array().unwrap();
    assert_eq!(
        addresses
            .iter()
            .map(|place| (place["address"].as_str().unwrap(), place["messages"].as_u64().unwrap()))
            .collect::<Vec<_>>(),
        [("203.0.113.20", 2_400), ("203.0.113.66", 1_800)]
    );
    let cases = value["circumstances"].as_array().unwrap();
    assert_eq!(
        (cases.len(), cases[0]["messages"].as_u64(), cases[0]["class"].as_str()),
        (2, Some(2_400), Some("misconfigured"))
    );
    assert_eq!(cases[0]["header_from"], "example.jp");
    assert_eq!(cases[0]["dkim"][0], "d=esp.example s=s1 pass");
    assert_eq!(cases[0]["found"]["dkim"], "fail");
    let steps: Vec<_> =
        cases[0]["alignment"].as_array().unwrap().iter().map(|step| step["id"].as_str().unwrap()).collect();
    assert_eq!(steps, ["align-author", "align-other-organization", "align-other-organization"]);
    assert_eq!(value["repair"]["id"], "repair-sign");
    let page = text(&get(&desk, path));
    for shown in ["203.0.113.66", "esp.example", "spoofer.example", "adkim=r", "Why?", "another organization"] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("action=\"/senders/mark\""), "a viewer marks nothing");
    for nothing in [
        "/senders/1",
        "/senders/service%3Anone",
        "/senders/network%3A10.0.0.0%2F24",
        "/senders/hosts%3Ax?domain=example.jp",
    ] {
        assert_eq!(get(&desk, nothing).status(), StatusCode::NOT_FOUND, "{nothing}");
    }
    let file = text(&get(&desk, "/senders/network%3A203.0.113.0%2F24.csv?domain=example.jp&table=circumstances"));
    assert!(file.lines().nth(1).unwrap().starts_with("example.jp,esp.example,d=esp.example s=s1 pass,"), "{file}");
}

#[test]
fn a_mark_is_kept_and_the_mail_is_judged_anew() {
    let desk = Desk::new(World::with_reports(Role::Operator), [0; 32]);
    let body = form(&[
        ("source", OWN),
        ("source", MIXED),
        ("standing", "denied"),
        ("note", "not us"),
        ("back", "/senders?domain=example.jp"),
    ]);
    let answer = post(&desk, &body);
    assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{}", text(&answer));
    assert_eq!(answer.headers()["location"], "/senders?domain=example.jp&done=page-done-marked");
    let archive = &desk.sources().archive;
    let mut marks = block_on(archive.marks("")).unwrap();
    marks.sort_by(|a, b| a.sender.cmp(&b.sender));
    let kept: Vec<_> = marks.iter().map(|mark| (mark.sender.clone(), mark.standing, &*mark.note, mark.at_s)).collect();
    let network = |text: &str| Sender::Network(text.into());
    assert_eq!(
        kept,
        [
            (network("192.0.2.0/24"), Standing::Denied, "not us", super::world::NOW_MS / 1000),
            (network("203.0.113.0/24"), Standing::Denied, "not us", super::world::NOW_MS / 1000),
        ]
    );
    let lines = block_on(archive.sources(CountQuery::default())).unwrap();
    let of = |domain: &str, class: Class| -> u64 {
        lines.iter().filter(|line| *line.domain == *domain && line.class == class).map(|line| line.count).sum()
    };
    assert_eq!(of("example.jp", Class::Suspected), 14_000 + 4_200);
    assert_eq!(of("example.net", Class::Suspected), 1_800, "another domain is not touched");
    let page = text(&get(&desk, "/senders?domain=example.jp&class=suspected"));
    assert!(page.contains("not us") && page.contains("not ours"));
    // It can be taken back; then the mail is judged by its signs alone.
    let body = form(&[("source", OWN), ("source", MIXED), ("standing", "forgotten")]);
    assert_eq!(post(&desk, &body).status(), StatusCode::SEE_OTHER);
    assert!(block_on(desk.sources().archive.marks("")).unwrap().is_empty());
    let lines = block_on(desk.sources().archive.sources(CountQuery::default())).unwrap();
    let own: u64 = lines
        .iter()
        .filter(|line| *line.domain == *"example.jp" && line.class == Class::Legitimate)
        .map(|line| line.count)
        .sum();
    // What DKIM alone vouches for came by a way that SPF does not know: it counts as forwarded.
    assert_eq!(own, 14_000);
}

#[test]
fn what_is_wrong_changes_nothing() {
    let desk = Desk::new(World::with_reports(Role::Operator), [0; 32]);
    let long = "x".repeat(401);
    for (fields, wanted) in [
        (vec![("standing", "approved")], StatusCode::CONFLICT),
        (vec![("source", OWN)], StatusCode::BAD_REQUEST),
        (vec![("source", OWN), ("standing", "good")], StatusCode::BAD_REQUEST),
        (vec![("source", OWN), ("source", "example.jp network:x"), ("standing", "denied")], StatusCode::BAD_REQUEST),
        (vec![("source", "example.jp service:nobody"), ("standing", "denied")], StatusCode::BAD_REQUEST),
        (vec![("source", "example.jp hosts:"), ("standing", "denied")], StatusCode::BAD_REQUEST),
        (vec![("source", "other.example network:192.0.2.0/24"), ("standing", "denied")], StatusCode::BAD_REQUEST),
        (vec![("source", "example.jp"), ("standing", "denied")], StatusCode::BAD_REQUEST),
        (vec![("source", OWN), ("standing", "denied"), ("note", &long)], StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        assert_eq!(post(&desk, &form(&fields)).status(), wanted, "{fields:?}");
    }
    assert!(block_on(desk.sources().archive.marks("")).unwrap().is_empty());
    let viewer = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    assert_eq!(post(&viewer, &form(&[("source", OWN), ("standing", "denied")])).status(), StatusCode::FORBIDDEN);
    assert!(block_on(viewer.sources().archive.marks("")).unwrap().is_empty());
    let foreign = ask(
        &desk,
        "POST",
        "/senders/mark",
        &[("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "cross-site")],
        &form(&[("source", OWN), ("standing", "denied")]),
    );
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
}

/// A house in which a proxy says who somebody is, and they operate one domain alone.
pub(crate) fn house_of_one_domain() -> Desk<World> {
    let mut world = World::with_reports(Role::Viewer);
    world.settings.guest = None;
    world.settings.proxies = vec!["127.0.0.1/32".parse().unwrap()];
    world.settings.proxy_field = Some("remote-user".into());
    let mut person = Person::new(Name::parse("hanako").unwrap(), 0);
    person.grants = vec![Grant::parse("operator:example.net").unwrap()];
    block_on(world.people.put_person(person, NewLine::new(0, "test", "person-put", "hanako"))).unwrap();
    Desk::new(world, [0; 32])
}

#[test]
fn who_has_one_domain_sees_and_marks_nothing_of_another() {
    let desk = house_of_one_domain();
    let get = |target: &str| ask(&desk, "GET", target, &[("remote-user", "hanako")], "");
    for target in
        ["/senders", "/senders?domain=example.jp", "/senders?q=example", "/ladder", "/ladder?domain=example.jp"]
    {
        let page = get(target);
        assert_eq!(page.status(), StatusCode::OK, "{target}: {}", text(&page));
        let page = text(&page).replace("domain=example.jp", "").replace("mx.example.jp", "");
        // The address in the record that this house publishes everywhere.
        let page = page.replace("d@example.jp", "");
        assert!(!page.contains("example.jp"), "{target}");
    }
    assert!(text(&get("/senders")).contains("example.net"));
    let path = "/senders/network%3A192.0.2.0%2F24";
    assert_eq!(get(&format!("{path}?domain=example.jp")).status(), StatusCode::NOT_FOUND);
    let own: Value = serde_json::from_slice(get(&format!("/api/v1{path}")).body()).unwrap();
    assert_eq!((own["domain"].as_str(), own["messages"].as_u64()), (Some("example.net"), Some(14_000)));
    let page = text(&get("/senders"));
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    for (source, wanted) in [(OWN, StatusCode::FORBIDDEN), ("example.net network:192.0.2.0/24", StatusCode::SEE_OTHER)]
    {
        let body = form(&[("csrf", csrf), ("source", source), ("standing", "denied")]);
        let answer = ask(&desk, "POST", "/senders/mark", &[("remote-user", "hanako")], &body);
        assert_eq!(answer.status(), wanted, "{}", text(&answer));
    }
    let marks = block_on(desk.sources().archive.marks("")).unwrap();
    assert_eq!(marks.iter().map(|mark| mark.domain.as_str()).collect::<Vec<_>>(), ["example.net"]);
}

#[test]
fn names_and_places_of_addresses_make_a_source_and_a_mark_of_its_hosts_holds() {
    let desk = Desk::new(World::with_reports(Role::Operator), [0; 32]);
    let host = Host {
        address: "192.0.2.1".parse().unwrap(),
        name: Some("mx1.example.jp".into()),
        asn: Some(64_496),
        as_name: Some("Example Net".into()),
        country: Some("JP".into()),
        at_s: 1,
    };
    block_on(desk.sources().archive.keep_hosts(vec![host])).unwrap();
    let value = json(&desk, "/api/v1/senders?domain=example.jp&q=mx1");
    let source = &value["sources"][0];
    assert_eq!((source["id"].as_str(), source["countries"][0].as_str()), (Some("hosts:example.jp"), Some("JP")));
    assert_eq!(source["autonomous_systems"][0], "AS64496 Example Net");
    assert!(text(&get(&desk, "/senders?domain=example.jp")).contains("JP · AS64496 Example Net"));
    let one = json(&desk, "/api/v1/senders/hosts%3Aexample.jp?domain=example.jp");
    let place = &one["addresses"][0];
    assert_eq!((place["hosts"].as_str(), place["name"].as_str()), (Some("example.jp"), Some("mx1.example.jp")));
    assert_eq!((place["country"].as_str(), place["messages"].as_u64()), (Some("JP"), Some(14_000)));
    let lines = json(&desk, "/api/v1/explore?by=country&domain=example.jp&country=JP");
    assert_eq!((lines["lines"][0]["country"].as_str(), lines["messages"].as_u64()), (Some("JP"), Some(14_000)));
    let body = form(&[("source", "example.jp hosts:example.jp"), ("standing", "denied")]);
    assert_eq!(post(&desk, &body).status(), StatusCode::SEE_OTHER);
    let one = json(&desk, "/api/v1/senders/hosts%3Aexample.jp?domain=example.jp");
    assert_eq!((one["class"].as_str(), one["standing"].as_str()), (Some("suspected"), Some("denied")));
    assert_eq!(one["reasons"][0]["id"], "class-mark-denied");
}

#[test]
fn what_strangers_wrote_is_text_on_the_pages_that_lead_on() {
    let desk = Desk::new(World::with_hostile_reports(Role::Admin, super::hostile::HOSTILE), [0; 32]);
    for target in [
        "/senders/network%3A192.0.2.0%2F24?domain=example.jp",
        "/senders/network%3A203.0.113.0%2F24?domain=example.jp",
        "/explore?by=reporter&by=class",
        "/explore?by=selector&by=header_from",
        "/explore?by=day&by=selector",
        "/explore?by=day&by=reporter&compare=before",
        "/explore?selector=%3Cscript%3E&source=%3Cimg%20src=x%3E&country=%22%3E",
        "/ladder?domain=example.jp&p=reject",
    ] {
        let answer = get(&desk, target);
        assert_eq!(answer.status(), StatusCode::OK, "{target}");
        let page = text(&answer);
        assert_eq!(page.matches("<script").count(), page.matches("<script src=\"/assets/").count(), "{target}");
        assert!(!page.contains("<img") && !page.contains(" style="), "{target}");
        assert!(!page.contains(['\u{202e}', '\u{2066}', '\u{0}']), "{target}: unseen characters");
    }
}
