//! Where a domain stands, what is missing, and whom another policy would hit.

use std::net::Ipv4Addr;

use dashboard::Desk;
use dashboard::who::Role;
use feedback::aggregate::Record;
use feedback::archive::{Class, Content};
use http::StatusCode;
use serde_json::Value;

use super::world::{TODAY, World, get, report, text};

fn domain(desk: &Desk<World>, query: &str) -> Value {
    let answer = get(desk, &format!("/api/v1/ladder?domain=example.jp{query}"));
    assert_eq!(answer.status(), StatusCode::OK, "{query}: {}", text(&answer));
    let mut value: Value = serde_json::from_slice(answer.body()).unwrap();
    assert_eq!(value["domains"].as_array().unwrap().len(), 1);
    value["domains"][0].take()
}

#[test]
fn the_rung_the_gates_and_the_next_record_are_told() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let value = domain(&desk, "");
    assert_eq!((value["rung"].as_str(), value["next_rung"].as_str()), (Some("p=none"), Some("p=quarantine; t=y")));
    // One reporter is not enough to judge by.
    assert_eq!(value["verdict"], "advise-wait");
    assert_eq!(
        (value["messages"].as_u64(), value["days"].as_u64(), value["reporters"].as_u64()),
        (Some(19_000), Some(20), Some(1))
    );
    let gates = value["gates"].as_array().unwrap();
    assert_eq!(gates.len(), 7);
    let gate = |id: &str| gates.iter().find(|gate| gate["id"] == id).unwrap();
    let reporters = gate("advise-gate-reporters");
    assert_eq!(
        (reporters["has"].as_u64(), reporters["wants"].as_u64(), reporters["open"].as_bool()),
        (Some(1), Some(2), Some(false))
    );
    assert_eq!(gate("advise-gate-messages")["open"], true);
    // 14,000 of 16,400.
    assert_eq!(gate("advise-gate-pass")["has"], 853);
    assert_eq!(value["publish"]["name"], "_dmarc.example.jp");
    let record = value["publish"]["text"].as_str().unwrap();
    assert!(
        record.starts_with("v=DMARC1; p=quarantine")
            && record.contains("t=y")
            && record.contains("rua=mailto:d@example.jp"),
        "{record}"
    );
    assert_eq!(value["repairs"][0]["id"], "network:203.0.113.0/24");
    assert_eq!(value["repairs"][0]["messages"], 2_400);
    assert_eq!(value["what_if"], Value::Null);
    let page = text(&get(&desk, "/ladder?domain=example.jp"));
    for shown in [
        "aria-current=\"step\"",
        "not met",
        "v=DMARC1; p=quarantine",
        "/senders/network%3A203.0.113.0%2F24?domain=example.jp",
        "p=none; rua=",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
}

#[test]
fn what_another_policy_would_have_done_is_counted() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let counts = |query: &str| -> [u64; 4] {
        let value = domain(&desk, query);
        ["pass", "untouched", "quarantined", "rejected"].map(|name| value["what_if"][name].as_u64().unwrap())
    };
    assert_eq!(counts("&p=none"), [14_800, 4_200, 0, 0]);
    assert_eq!(counts("&p=quarantine"), [14_800, 0, 4_200, 0]);
    assert_eq!(counts("&p=reject"), [14_800, 0, 0, 4_200]);
    assert_eq!(counts("&p=reject&t=y"), [14_800, 0, 4_200, 0]);
    assert_eq!(counts("&p=reject&adkim=s&aspf=s"), [14_800, 0, 0, 4_200]);
    assert_eq!(counts("&sp=reject"), [14_800, 4_200, 0, 0], "all mail is of the domain itself");
    let value = domain(&desk, "&p=reject&sp=absent&adkim=s");
    assert_eq!(value["what_if"]["policy"], "p=reject; adkim=s");
    let source = &value["what_if"]["sources"][0];
    assert_eq!(source["id"], "network:203.0.113.0/24");
    assert_eq!(
        (
            source["rejected"].as_u64(),
            source["classes"]["suspected"].as_u64(),
            source["classes"]["misconfigured"].as_u64()
        ),
        (Some(4_200), Some(1_800), Some(2_400))
    );
    let page = text(&get(&desk, "/ladder?domain=example.jp&p=reject&adkim=s"));
    assert!(
        page.contains("<option value=\"reject\" selected>") && page.contains("Senders that p=reject; adkim=s hits")
    );
    let file = text(&get(&desk, "/ladder.csv?domain=example.jp&p=reject&table=hits"));
    assert!(
        file.contains("example.jp,p=reject,203.0.113.0/24,network:203.0.113.0/24,misconfigured,0,4200,0,0,2400,1800,0"),
        "{file}"
    );
    for wrong in ["p=none2", "p=", "sp=x", "adkim=strict", "t=1"] {
        let status = get(&desk, &format!("/ladder?domain=example.jp&{wrong}")).status();
        assert_eq!(status == StatusCode::BAD_REQUEST, !wrong.ends_with('='), "{wrong}");
    }
}

#[test]
fn several_domains_are_cards_that_lead_on() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let page = text(&get(&desk, "/ladder?days=30"));
    for name in ["example.jp", "example.net"] {
        assert!(page.contains(&format!("href=\"/ladder?domain={name}&amp;days=30\"")), "{name}");
    }
    let value: Value = serde_json::from_slice(get(&desk, "/api/v1/ladder").body()).unwrap();
    assert_eq!(value["domains"].as_array().unwrap().len(), 2);
}

/// More sources than are told apart: all of their messages are counted, and what is left of them is said.
#[test]
fn sources_that_are_too_many_are_counted_all_the_same() {
    let world = World::new(Role::Viewer);
    let mut parcel = report("example.jp", TODAY - 3, "google.com", &str::to_owned);
    if let Content::Aggregate(aggregate) = &mut parcel.content {
        let many = (0..10_000_u32).map(|host| Record {
            source: Some(Ipv4Addr::from(0x0a00_0000 + host).into()),
            count: 2,
            circumstances: 3,
        });
        aggregate.records.extend(many);
        parcel.classes.resize(10_004, Class::Suspected);
    }
    world.bring(parcel);
    // Fewer than the others: of these four no source is among the largest.
    let mut little = report("example.net", TODAY - 4, "Yahoo", &str::to_owned);
    if let Content::Aggregate(aggregate) = &mut little.content {
        aggregate.records.iter_mut().for_each(|record| record.count = 1);
    }
    world.bring(little);
    let desk = Desk::new(world, [0; 32]);
    let value: Value = serde_json::from_slice(get(&desk, "/api/v1/overview").body()).unwrap();
    let domains = value["domains"].as_array().unwrap();
    let counts = |domain: &Value| (domain["messages"].as_u64().unwrap(), domain["told_apart"].as_u64().unwrap());
    assert_eq!(domains.iter().map(counts).collect::<Vec<_>>(), [(20_950, 20_942), (4, 0)]);
    let days = value["daily"].as_array().unwrap().iter();
    let suspected: u64 = days.map(|day| day["classes"]["suspected"].as_u64().unwrap()).sum();
    assert_eq!(suspected, 20_091);
    let page = text(&get(&desk, "/"));
    assert!(page.contains("8 messages are of sources too small") && page.contains("4 messages are of sources"));
    assert!(text(&get(&desk, "/senders")).contains("12 messages are of sources too small"));
    let alone = get(&desk, "/api/v1/ladder?domain=example.net");
    let alone: Value = serde_json::from_slice(alone.body()).unwrap();
    assert_eq!((alone["domains"][0]["days"].as_u64(), alone["domains"][0]["reporters"].as_u64()), (Some(1), Some(1)));
    assert!(!text(&get(&desk, "/ladder?domain=example.net")).contains("too small"));
}
