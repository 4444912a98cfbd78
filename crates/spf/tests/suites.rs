//! The suites of pyspf, run where they lie.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a test reads files and prints")]

mod twice;

use std::collections::BTreeSet;
use std::net::IpAddr;

use lookup::{Data, Failure, Kind, MailExchange, Text, Zone};
use mailtext::Domain;
use sekisho_spf::{Checked, ExplanationUse, Identity, Limits, MailFrom, Request, check_identity};
use twice::{Counted, Way};
use yaml_rust2::{Yaml, YamlLoader};

#[test]
fn rfc7208() {
    let Some(tally) = run("spf/pyspf/rfc7208-tests.yml", &BTreeSet::new()) else { return };
    assert_eq!(tally, 203);
}

#[test]
fn rfc4408() {
    // What RFC 7208 changed on purpose is written there as lists of results, of which ours is one.
    let Some(tally) = run("spf/pyspf/rfc4408-tests.yml", &BTreeSet::new()) else { return };
    assert_eq!(tally, 191);
}

#[test]
fn pyspf_own() {
    // `ambiguous` is not a result of RFC 7208, and `default=` means nothing (§6).
    let differ = ["default-modifier", "default-modifier-harsh"];
    let Some(tally) = run("spf/pyspf/test.yml", &differ.into()) else { return };
    assert_eq!(tally, 14);
}

/// Every client of a scenario for every sender of it, again and again, so that flat policies are made, completed and used:
/// each time with the outcome of an ordinary check.
#[test]
fn flat_policies() {
    let mut flat_count = 0;
    for file in ["rfc7208-tests.yml", "rfc4408-tests.yml", "test.yml"] {
        let Some(path) = testkit::suite(&format!("spf/pyspf/{file}")) else { return };
        let text = std::fs::read_to_string(path).expect("the suite is readable");
        for scenario in YamlLoader::load_from_str(&text).expect("the suite is YAML") {
            flat_count += every_client_for_every_sender(&scenario);
        }
    }
    println!("{flat_count} checks by flat policies");
    assert!(flat_count > 2_000, "{flat_count}");
}

/// The count of checks for which nothing but the sender's own record was asked.
fn every_client_for_every_sender(scenario: &Yaml) -> usize {
    let lookup = Counted::new(zone(&scenario["zonedata"]));
    let Some(tests) = scenario["tests"].as_hash() else { return 0 };
    let clients: BTreeSet<IpAddr> = tests.values().filter_map(|test| test["host"].as_str()?.parse().ok()).collect();
    let limits = [Limits::default(), Limits { lookup_count_max: 2, void_lookup_count_max: 0, ..Limits::default() }];
    let mut flat_count = 0;
    for _ in 0..4 {
        for (test, ip) in tests.values().flat_map(|test| clients.iter().map(move |ip| (test, *ip))) {
            for (limits, explanation) in limits.iter().zip([ExplanationUse::Fetch, ExplanationUse::Skip]) {
                let mail_from = String::from_utf8_lossy(&latin1(&test["mailfrom"])).into_owned();
                let request = Request { ip, explanation, ..request(test, &mail_from) };
                let (_, way) = twice::check(&lookup, &request, Identity::MailFrom, limits);
                flat_count += usize::from(way == Way::Flat);
            }
        }
    }
    flat_count
}

/// Runs a file and gives the count of cases as wanted; none may be otherwise but those named.
fn run(file: &str, differ: &BTreeSet<&str>) -> Option<usize> {
    let text = std::fs::read_to_string(testkit::suite(file)?).expect("the suite is readable");
    let mut good = 0;
    let mut wrong = Vec::new();
    for scenario in YamlLoader::load_from_str(&text).expect("the suite is YAML") {
        let zone = zone(&scenario["zonedata"]);
        let Some(tests) = scenario["tests"].as_hash() else { continue };
        for (name, test) in tests {
            let name = name.as_str().unwrap_or_default();
            let checked = check(&zone, test);
            match judge(name, test, &checked) {
                Ok(()) => good += 1,
                Err(_) if differ.contains(name) => {}
                Err(why) => wrong.push(format!("{name}: {why}\n  {checked:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{file}: {} wrong\n{}", wrong.len(), wrong.join("\n"));
    println!("{file}: {good} as wanted");
    Some(good)
}

fn check(zone: &Zone, test: &Yaml) -> Checked {
    let mail_from = String::from_utf8_lossy(&latin1(&test["mailfrom"])).into_owned();
    let request = request(test, &mail_from);
    testkit::block_on(check_identity(zone, &request, Identity::MailFrom, &Limits::default())).result
}

fn request<'t>(test: &'t Yaml, mail_from: &'t str) -> Request<'t> {
    let helo = test["helo"].as_str().unwrap_or_default();
    Request {
        ip: test["host"].as_str().unwrap_or_default().parse::<IpAddr>().expect("an address"),
        helo,
        mail_from: match mail_from.rsplit_once('@') {
            None => MailFrom::Null,
            Some((local_part, domain)) => MailFrom::mailbox(local_part, domain),
        },
        receiver: test["receiver"].as_str().unwrap_or("unknown"),
        now_s: 1_400_000_000,
        explanation: ExplanationUse::Fetch,
    }
}

fn judge(name: &str, test: &Yaml, checked: &Checked) -> Result<(), String> {
    let result = &test["result"];
    let wanted: Vec<_> = match result.as_vec() {
        Some(list) => list.iter().filter_map(Yaml::as_str).collect(),
        None => result.as_str().into_iter().collect(),
    };
    if !wanted.contains(&checked.verdict.as_str()) {
        return Err(format!("{} instead of {wanted:?}", checked.verdict));
    }
    let explanation = checked.explanation.as_deref();
    match test["explanation"].as_str() {
        None => Ok(()),
        Some("DEFAULT") if explanation.is_none() => Ok(()),
        // The nibbles of %{i}: RFC 7208 §7.4 shows them in lower case, the suite in upper case; DNS does not mind.
        Some(text) if name == "v-macro-ip6" && explanation.is_some_and(|ours| ours.eq_ignore_ascii_case(text)) => {
            Ok(())
        }
        Some(text) if explanation == Some(text) => Ok(()),
        Some(text) => Err(format!("explanation {explanation:?} instead of {text:?}")),
    }
}

/// `SPF:` entries are served as TXT unless the name has TXT of its own; `TIMEOUT` is for every kind not listed.
fn zone(yaml: &Yaml) -> Zone {
    let mut zone = Zone::new();
    for (name, entries) in yaml.as_hash().expect("zonedata") {
        let name = name.as_str().unwrap_or_default();
        let Ok(name) = Domain::query(name) else { continue };
        let entries = entries.as_vec().expect("a list of records");
        let has_text = entries.iter().any(|entry| !entry["TXT"].is_badvalue());
        let mut kinds = BTreeSet::new();
        for (kind, value) in entries.iter().filter_map(Yaml::as_hash).flatten() {
            let kind = kind.as_str().unwrap_or_default();
            let kind = if kind == "SPF" && !has_text { "TXT" } else { kind };
            if value.as_str() == Some("NONE") {
                continue;
            }
            if let Some(data) = data(kind, value) {
                kinds.insert(data.kind());
                zone.add(&name, data, 300);
            }
        }
        if entries.iter().any(|entry| entry.as_str() == Some("TIMEOUT")) {
            for kind in Kind::ALL.into_iter().filter(|kind| !kinds.contains(kind)) {
                zone.fail(&name, kind, Failure::Timeout);
            }
        }
        zone.exists(&name);
    }
    zone
}

fn data(kind: &str, value: &Yaml) -> Option<Data> {
    let domain = |value: &Yaml| Domain::query(value.as_str().unwrap_or_default()).ok();
    match kind {
        "TXT" => Some(Data::Txt(match value.as_vec() {
            Some(strings) => Text::from_strings(strings.iter().map(latin1)),
            None => Text::from_strings([latin1(value)]),
        })),
        "A" => Some(Data::A(value.as_str()?.parse().expect("IPv4"))),
        "AAAA" => Some(Data::Aaaa(value.as_str()?.parse().expect("IPv6"))),
        "PTR" => domain(value).map(Data::Ptr),
        "CNAME" => domain(value).map(Data::Cname),
        "MX" => {
            let preference = u16::try_from(value[0].as_i64().expect("a preference")).expect("16 bits");
            Some(Data::Mx(MailExchange { preference, exchange: domain(&value[1]) }))
        }
        _ => None,
    }
}

/// The suite writes bytes as the characters of ISO 8859-1.
fn latin1(value: &Yaml) -> Vec<u8> {
    let text = value.as_str().unwrap_or_default();
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap_or(b'?')).collect()
}
