//! Countries and networks out of files in MaxMind's format, which the test writes.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)] // tests may, and need no docs

use std::net::IpAddr;
use std::path::PathBuf;

use sekisho_net::limits::PLACE_NAME_CHARACTERS_MAX;
use sekisho_net::places::{Place, Places, PlacesError};
use testkit::mmdb::{Value, mmdb};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("sekisho-places-{}-{name}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    path
}

fn country(code: &'static str) -> Value {
    Value::Map(vec![("country", Value::Map(vec![("iso_code", Value::Text(code))]))])
}

fn found(country: Option<&str>, asn: Option<u32>, as_name: Option<&str>) -> Place {
    Place { country: country.map(str::to_owned), asn, as_name: as_name.map(str::to_owned) }
}

#[test]
fn countries_and_networks() {
    let countries = mmdb(
        "GeoLite2-Country",
        &[
            (ip("192.0.2.0"), 24, country("JP")),
            (ip("198.51.100.0"), 25, country("de")),
            (
                ip("203.0.113.0"),
                24,
                Value::Map(vec![("registered_country", Value::Map(vec![("iso_code", Value::Text("US"))]))]),
            ),
            (ip("2001:db8::"), 32, country("FR")),
        ],
    );
    let number = ("autonomous_system_number", Value::Number(64_496));
    let name = ("autonomous_system_organization", Value::Text("Example Net"));
    let networks = mmdb("GeoLite2-ASN", &[(ip("192.0.2.128"), 25, Value::Map(vec![number, name]))]);
    let (countries, networks) = (file("country", &countries), file("asn", &networks));
    let places = Places::open(Some(&countries), Some(&networks)).unwrap();
    assert_eq!(places.find(ip("192.0.2.1")), found(Some("JP"), None, None));
    assert_eq!(places.find(ip("192.0.2.129")), found(Some("JP"), Some(64_496), Some("Example Net")));
    assert_eq!(places.find(ip("::ffff:192.0.2.129")), found(Some("JP"), Some(64_496), Some("Example Net")));
    assert_eq!(places.find(ip("198.51.100.1")), found(Some("DE"), None, None));
    assert_eq!(places.find(ip("198.51.100.200")), Place::default());
    assert_eq!(places.find(ip("203.0.113.1")), found(Some("US"), None, None));
    assert_eq!(places.find(ip("2001:db8::1")), found(Some("FR"), None, None));
    assert_eq!(places.find(ip("2001:db9::1")), Place::default());
    let only = Places::open(None, Some(&networks)).unwrap();
    assert_eq!(only.find(ip("192.0.2.1")), Place::default());
    assert!(!only.is_empty() && Places::default().is_empty());
    [countries, networks].iter().for_each(|path| std::fs::remove_file(path).unwrap());
}

#[test]
fn one_flat_file_for_both() {
    let flat = Value::Map(vec![
        ("asn", Value::Text("AS64500")),
        ("as_name", Value::Text("Flat\u{7}")),
        ("country", Value::Text("Japan")),
        ("country_code", Value::Text("JP")),
    ]);
    let odd =
        Value::Map(vec![("asn", Value::Number(7)), ("country", Value::Text("Nowhere")), ("as_name", Value::Text(" "))]);
    let path = file("flat", &mmdb("flat", &[(ip("192.0.2.0"), 24, flat), (ip("198.51.100.0"), 24, odd)]));
    let places = Places::open(Some(&path), Some(&path)).unwrap();
    assert_eq!(places.find(ip("192.0.2.1")), found(Some("JP"), Some(64_500), Some("Flat")));
    assert_eq!(places.find(ip("198.51.100.1")), Place::default());
    std::fs::remove_file(path).unwrap();
}

#[test]
fn names_at_above_and_below_the_limit() {
    for length in [PLACE_NAME_CHARACTERS_MAX - 1, PLACE_NAME_CHARACTERS_MAX, PLACE_NAME_CHARACTERS_MAX + 1] {
        let name: &'static str = "x".repeat(length).leak();
        let value = Value::Map(vec![("as_name", Value::Text(name))]);
        let path = file(&format!("long{length}"), &mmdb("long", &[(ip("192.0.2.0"), 24, value)]));
        let place = Places::open(None, Some(&path)).unwrap().find(ip("192.0.2.1"));
        assert_eq!(place.as_name.unwrap().len(), length.min(PLACE_NAME_CHARACTERS_MAX));
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn files_that_are_none() {
    let whole = mmdb("whole", &[(ip("192.0.2.0"), 24, country("JP"))]);
    for (name, bytes) in
        [("empty", &b""[..]), ("text", b"something else entirely"), ("half", &whole[..whole.len() / 2])]
    {
        let path = file(name, bytes);
        let (named, error) = Places::open(Some(&path), None).unwrap_err();
        assert!(named == path && matches!(error, PlacesError::Format(_)), "{name}: {error}");
        std::fs::remove_file(path).unwrap();
    }
    let missing = std::env::temp_dir().join("sekisho-places-missing");
    assert!(matches!(Places::open(None, Some(&missing)), Err((_, PlacesError::Io(_)))));
    // Damage anywhere: an error or another answer, and never a panic.
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        let path = file("damaged", &bytes);
        if let Ok(places) = Places::open(Some(&path), Some(&path)) {
            let _ = places.find(ip("192.0.2.1"));
        }
        std::fs::remove_file(path).unwrap();
    }
}
