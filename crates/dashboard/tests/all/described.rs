//! What programs are answered is what the description says, whatever is in the house.

use std::collections::BTreeMap;

use dashboard::who::Role;
use dashboard::{Desk, SCREENS};
use http::StatusCode;
use people::{Grant, Name, NewLine, Person, Registry as _};
use serde_json::Value;
use testkit::block_on;

use super::hostile::HOSTILE;
use super::world::{World, ask, get, text};

#[test]
fn every_answer_has_the_shape_that_is_described() {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let hostile = World::with_hostile_reports(Role::Admin, HOSTILE);
    for world in [World::with_reports(Role::Admin), hostile, World::new(Role::Admin)] {
        let mut person = Person::new(Name::parse("taro").unwrap(), 1_795_428_000);
        person.grants = vec![Grant::parse("viewer:example.jp").unwrap()];
        block_on(world.people.put_person(person, NewLine::new(0, "test", "person-put", "taro"))).unwrap();
        let desk = Desk::new(world, [0; 32]);
        let description: Value = serde_json::from_str(&text(&get(&desk, "/api/v1/openapi.json"))).unwrap();
        for entry in SCREENS.iter().filter(|entry| entry.needs.is_some()) {
            let path = if entry.path == "/" { "/overview" } else { entry.path };
            let responses = &description["paths"][path]["get"]["responses"];
            for object in objects(&desk, path) {
                for query in [
                    "",
                    "?domain=example.jp",
                    "?now=1",
                    "?days=30&domain=example.jp&by=class&by=reporter&compare=before",
                ] {
                    let target = format!("/api/v1{}{query}", path.replace("{id}", &object));
                    let answer = get(&desk, &target);
                    let schema = &responses[answer.status().as_str()]["content"]["application/json"]["schema"];
                    let value: Value = serde_json::from_str(&text(&answer)).unwrap();
                    let told = fits(&value, schema, &description, "");
                    assert_eq!(told, Ok(()), "{target}: {}", answer.status());
                    *counts.entry(entry.id).or_default() += usize::from(answer.status() == StatusCode::OK);
                }
            }
        }
    }
    for entry in SCREENS.iter().filter(|entry| entry.needs.is_some()) {
        assert!(counts.get(entry.id).is_some_and(|count| *count > 0), "{} was never answered", entry.id);
    }
}

#[test]
fn every_trouble_has_the_shape_that_is_described() {
    let desk = Desk::new(World::with_reports(Role::Viewer), [0; 32]);
    let description: Value = serde_json::from_str(&text(&get(&desk, "/api/v1/openapi.json"))).unwrap();
    let long = format!("/overview?days={}", "7".repeat(9_000));
    for (method, path, target, body, wanted) in [
        ("get", "/overview", "/overview?from=x", "", 400),
        ("get", "/overview", "/overview?days=7&days=8", "", 400),
        ("get", "/overview", "/overview?lang=xx", "", 400),
        ("get", "/overview", &*long, "", 413),
        ("get", "/users", "/users", "", 403),
        ("get", "/reports/{id}", "/reports/99999", "", 404),
        ("post", "/senders/mark", "/senders/mark", "{}", 403),
        ("post", "/settings", "/settings", "no object", 400),
    ] {
        let answer = ask(&desk, &method.to_ascii_uppercase(), &format!("/api/v1{target}"), &[], body);
        assert_eq!(answer.status().as_u16(), wanted, "{target:.60}: {}", text(&answer));
        let responses = &description["paths"][path][method]["responses"];
        let schema = &responses[answer.status().as_str()]["content"]["application/json"]["schema"];
        let value: Value = serde_json::from_str(&text(&answer)).unwrap();
        assert_eq!(fits(&value, schema, &description, ""), Ok(()), "{target}");
    }
}

#[test]
fn a_method_that_an_address_does_not_take_is_answered_with_those_that_it_takes() {
    let desk = Desk::new(World::with_reports(Role::Admin), [0; 32]);
    for (method, target, status, allow) in [
        ("DELETE", "/api/v1/overview", 405, Some("GET, HEAD")),
        ("POST", "/api/v1/overview", 405, Some("GET, HEAD")),
        ("GET", "/api/v1/senders/mark", 405, Some("POST")),
        ("GET", "/logout", 405, Some("POST")),
        ("PUT", "/api/v1/settings", 405, Some("GET, HEAD, POST")),
        ("GET", "/api/v1/nothing", 404, None),
        ("POST", "/api/v1/nothing", 404, None),
    ] {
        let answer = ask(&desk, method, target, &[], "{}");
        assert_eq!(answer.status().as_u16(), status, "{method} {target}");
        let told = answer.headers().get("allow").map(|value| value.to_str().unwrap());
        assert_eq!(told, allow, "{method} {target}");
    }
}

#[test]
fn what_is_not_described_is_noticed() {
    let desk = Desk::new(World::new(Role::Admin), [0; 32]);
    let description: Value = serde_json::from_str(&text(&get(&desk, "/api/v1/openapi.json"))).unwrap();
    let schema = &description["paths"]["/overview"]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
    let whole: Value = serde_json::from_str(&text(&get(&desk, "/api/v1/overview"))).unwrap();
    assert_eq!(fits(&whole, schema, &description, ""), Ok(()));
    for (name, value) in [("more", Value::from(1)), ("from", Value::from("yesterday")), ("domains", Value::Null)] {
        let mut other = whole.clone();
        other[name] = value;
        assert!(fits(&other, schema, &description, "").is_err(), "{name}");
    }
    let mut less = whole;
    less.as_object_mut().unwrap().remove("daily");
    assert!(fits(&less, schema, &description, "").is_err());
}

/// What may stand in the place of the id: some of each kind.
fn objects(desk: &Desk<World>, path: &str) -> Vec<String> {
    if !path.contains("{id}") {
        return vec![String::new()];
    }
    let listed = |path: &str, list: &str| -> Vec<String> {
        let all: Value = serde_json::from_str(&text(&get(desk, path))).unwrap();
        let ids = all[list].as_array().into_iter().flatten().filter_map(|one| one["id"].as_str());
        ids.map(url_escaped).collect()
    };
    let mut all: Vec<String> = (1..=12).map(|id: u32| id.to_string()).collect();
    all.extend(["example.jp", "taro", "nobody"].map(str::to_owned));
    all.extend(listed("/api/v1/mail", "messages").into_iter().take(8));
    all.extend(listed("/api/v1/senders?domain=example.jp", "sources").into_iter().take(8));
    all.extend(listed("/api/v1/outgoing", "reports").into_iter().take(8));
    all
}

fn url_escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Whether a value is what a schema says, as far as ours say anything.
fn fits(value: &Value, schema: &Value, whole: &Value, at: &str) -> Result<(), String> {
    let no = |why: &str| Err(format!("{at}: {why}: {}", value.to_string().chars().take(80).collect::<String>()));
    if let Some(reference) = schema["$ref"].as_str() {
        let found = whole.pointer(reference.trim_start_matches('#')).ok_or("no such schema")?;
        return fits(value, found, whole, at);
    }
    if let Some(all) = schema["allOf"].as_array() {
        return all.iter().try_for_each(|one| fits(value, one, whole, at));
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let told: Vec<_> = any.iter().filter_map(|one| fits(value, one, whole, at).err()).collect();
        return if told.len() < any.len() { Ok(()) } else { Err(told.join(" or ")) };
    }
    if schema.as_object().is_none_or(serde_json::Map::is_empty) {
        return no("nothing is described");
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        return no("none of the words");
    }
    let kinds: Vec<_> = schema["type"].as_array().map_or_else(|| vec![&schema["type"]], |all| all.iter().collect());
    if !kinds.iter().any(|kind| kind.is_null() || **kind == kind_of(value)) {
        return no(&format!("no {}", schema["type"]));
    }
    let is_written =
        |length: usize| value.as_str().is_some_and(|text| text.len() == length && text.as_bytes()[4] == b'-');
    match schema["format"].as_str() {
        Some("date") if !is_written(10) => return no("no day"),
        Some("date-time") if !is_written(20) => return no("no moment"),
        _ => {}
    }
    for (place, one) in value.as_array().into_iter().flatten().enumerate() {
        fits(one, &schema["items"], whole, &format!("{at}/{place}"))?;
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => return no(&format!("{name} is not described")),
            // Beside what another schema says of it.
            (Value::Null, Value::Null) => {}
            (Value::Null, other) => fits(member, other, whole, &format!("{at}/{name}"))?,
            (own, _) => fits(member, own, whole, &format!("{at}/{name}"))?,
        }
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            return no(&format!("{name} is missing"));
        }
    }
    Ok(())
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
