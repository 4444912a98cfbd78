//! Everything that is counted, by everything by which it is counted.

use dashboard::Desk;
use dashboard::who::Role;
use http::StatusCode;
use serde_json::Value;

use super::world::{World, get, text};

fn json(desk: &Desk<World>, query: &str) -> Value {
    let answer = get(desk, &format!("/api/v1/explore?{query}"));
    assert_eq!(answer.status(), StatusCode::OK, "{query}: {}", text(&answer));
    serde_json::from_slice(answer.body()).unwrap()
}

/// The lines of a question: the values of its dimensions and the count.
fn lines(desk: &Desk<World>, query: &str) -> Vec<(String, u64)> {
    let value = json(desk, query);
    let by: Vec<&str> = value["by"].as_array().unwrap().iter().map(|by| by.as_str().unwrap()).collect();
    let text = |line: &Value| by.iter().map(|by| line[*by].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ");
    let lines = value["lines"].as_array().unwrap();
    let lines: Vec<_> = lines.iter().map(|line| (text(line), line["messages"].as_u64().unwrap())).collect();
    assert_eq!(value["messages"].as_u64().unwrap(), lines.iter().map(|(_, count)| count).sum::<u64>(), "{query}");
    lines
}

fn told(lines: &[(String, u64)]) -> Vec<(&str, u64)> {
    lines.iter().map(|(text, count)| (text.as_str(), *count)).collect()
}

#[test]
fn every_dimension_divides_and_filters() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let all = |query: &str, wanted: &[(&str, u64)]| {
        let lines = lines(&desk, query);
        assert_eq!(told(&lines), wanted, "{query}");
    };
    all(
        "domain=example.jp",
        &[("legitimate", 14_000), ("misconfigured", 2_400), ("suspected", 1_800), ("forwarded", 800)],
    );
    all("by=reporter&class=suspected&reporter=Yahoo", &[("Yahoo", 1_800)]);
    all("by=dkim&by=spf&domain=example.jp", &[("yes yes", 14_000), ("no no", 4_200), ("yes no", 800)]);
    all("by=disposition&dkim=no&spf=no", &[("none", 8_400)]);
    all("by=domain&by=class&class=forwarded", &[("example.jp forwarded", 800), ("example.net forwarded", 800)]);
    all("by=source&domain=example.net&class=misconfigured", &[("203.0.113.20", 2_400)]);
    all("by=header_from&source=192.0.2.1", &[("example.jp", 14_000), ("example.net", 14_000)]);
    all("by=selector&selector=s1&class=legitimate", &[("s1", 28_000)]);
    all("by=country&domain=example.jp", &[("-", 19_000)]);
    all("by=day&from=2026-11-21&to=2026-11-23&domain=example.jp", &[("2026-11-21", 950), ("2026-11-22", 950)]);
    all(
        "by=day&by=source&class=suspected&from=2026-11-21&to=2026-11-23&domain=example.jp",
        &[("2026-11-21 203.0.113.66", 90), ("2026-11-22 203.0.113.66", 90)],
    );
}

#[test]
fn two_periods_stand_side_by_side() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let value = json(&desk, "domain=example.jp&days=10&compare=before");
    // Nine of the ten days up to today have reports; all of the ten before.
    assert_eq!((value["messages"].as_u64(), value["messages_before"].as_u64()), (Some(8_550), Some(9_500)));
    assert_eq!(
        (value["before"]["from"].as_str(), value["before"]["to"].as_str()),
        (Some("2026-11-04"), Some("2026-11-13"))
    );
    let page = text(&get(&desk, "/explore?domain=example.jp&days=10&compare=before"));
    for shown in ["8,550", "9,500", "−950", "−10.0 %", "6,300", "−700"] {
        assert!(page.contains(shown), "{shown}");
    }
    let file = text(&get(&desk, "/explore.csv?domain=example.jp&days=10&compare=before"));
    assert!(
        file.contains("class,messages,before,difference,per_cent\r\nlegitimate,6300,7000,-700,-10.0\r\n"),
        "{file}"
    );
    // Another first day; days stand beside each other by their place.
    let value = json(&desk, "domain=example.jp&from=2026-11-21&to=2026-11-22&against=2026-11-01&by=day");
    let lines = value["lines"].as_array().unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (line["day"].as_str().unwrap(), line["messages"].as_u64(), line["before"].as_u64()))
        .collect();
    assert_eq!(told, [("2026-11-21", Some(950), Some(0)), ("2026-11-22", Some(950), Some(0))]);
    let value = json(&desk, "domain=example.jp&from=2026-11-21&to=2026-11-22&against=2026-11-10&by=day");
    assert_eq!(value["lines"][1]["before"], 950);
}

#[test]
fn a_cell_leads_to_what_it_counts() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let page = text(&get(&desk, "/explore?by=class&by=reporter"));
    for shown in [
        "/explore?by=class&amp;by=reporter&amp;class=suspected&amp;reporter=Yahoo",
        "<th class=\"number\" scope=\"col\">google.com</th>",
        "28,000",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    let page = text(&get(&desk, "/explore?by=day&by=class&class=suspected"));
    assert!(page.contains("chart-wide") && page.contains("from=2026-11-22&amp;to=2026-11-22"));
    assert!(page.contains("without Class"), "a filter can be taken away");
}

#[test]
fn what_is_no_question_is_told() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    for (query, wanted) in [
        ("by=weather", StatusCode::BAD_REQUEST),
        ("by=day&by=class&by=domain", StatusCode::BAD_REQUEST),
        ("class=good", StatusCode::BAD_REQUEST),
        ("dkim=maybe", StatusCode::BAD_REQUEST),
        ("disposition=eaten", StatusCode::BAD_REQUEST),
        ("compare=never", StatusCode::BAD_REQUEST),
        ("against=yesterday", StatusCode::BAD_REQUEST),
        ("by=source&by=reporter", StatusCode::CONFLICT),
        ("by=day&by=source&days=90", StatusCode::CONFLICT),
        ("domain=nobody.example", StatusCode::OK),
    ] {
        assert_eq!(get(&desk, &format!("/explore?{query}")).status(), wanted, "{query}");
    }
    assert_eq!(json(&desk, "domain=nobody.example")["messages"], 0);
}

#[test]
fn who_has_one_domain_counts_nothing_of_another() {
    let desk = super::senders::house_of_one_domain();
    let get = |target: &str| super::world::ask(&desk, "GET", target, &[("remote-user", "hanako")], "");
    for query in ["", "?by=reporter", "?by=source", "?by=domain", "?by=day", "?by=country&by=domain", "?by=header_from"]
    {
        let value: Value = serde_json::from_slice(get(&format!("/api/v1/explore{query}")).body()).unwrap();
        assert_eq!(value["messages"], 19_000, "{query}: {value}");
        assert!(!value.to_string().contains("example.jp"), "{query}: {value}");
    }
    let value: Value = serde_json::from_slice(get("/api/v1/explore?domain=example.jp").body()).unwrap();
    assert_eq!(value["messages"], 0);
}
