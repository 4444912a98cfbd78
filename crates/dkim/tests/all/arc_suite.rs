//! ValiMail's suite for ARC, where it lies.

use std::collections::BTreeSet;
use std::fs;

use dkim::arc::{self, ChainStatus, Layout, SealError, SealedFields, Sealer};
use dkim::{PrivateKey, body::BodyHasher};
use lookup::{Data, Text, Zone};
use mailtext::{Domain, Headers, TagList};
use yaml_rust2::{Yaml, YamlLoader};

fn scenarios(file: &str) -> Option<Vec<Yaml>> {
    let text = fs::read_to_string(testkit::suite(file)?).unwrap();
    Some(YamlLoader::load_from_str(&with_unique_names(&text)).unwrap())
}

/// Some names stand twice, which YAML does not allow.
fn with_unique_names(text: &str) -> String {
    let mut seen = BTreeSet::new();
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.lines() {
        let name =
            line.strip_prefix("  ").and_then(|rest| rest.strip_suffix(':')).filter(|name| !name.starts_with(' '));
        match name {
            Some(name) if !seen.insert(name) => out.extend(["  ", name, "_again:"]),
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

fn text<'a>(yaml: &'a Yaml, name: &str) -> &'a str {
    yaml[name].as_str().unwrap_or_default()
}

fn zone(scenario: &Yaml) -> Zone {
    let mut zone = Zone::new();
    for (name, record) in scenario["txt-records"].as_hash().into_iter().flatten() {
        let name = Domain::query(name.as_str().unwrap()).unwrap();
        zone.add(&name, Data::Txt(Text::from_strings([record.as_str().unwrap()])), 60);
    }
    zone
}

fn each_test(scenarios: &[Yaml], mut run: impl FnMut(&Yaml, &str, &Yaml)) {
    for scenario in scenarios {
        for (name, test) in scenario["tests"].as_hash().into_iter().flatten() {
            run(scenario, name.as_str().unwrap(), test);
        }
    }
}

#[test]
fn validation() {
    let Some(scenarios) = scenarios("arc/valimail/tests/arc-draft-validation-tests.yml") else { return };
    let (mut counts, mut wrong) = ([0; 3], Vec::new());
    each_test(&scenarios, |scenario, name, test| {
        let message = testkit::wire(text(test, "message"));
        let got = testkit::block_on(arc::validate(&zone(scenario), &message, arc::Options::default(), 1_500_000_000));
        let wanted = match text(test, "cv") {
            "Pass" => ChainStatus::Pass,
            "None" => ChainStatus::None,
            // What the seal itself calls failed has no word there.
            "Fail" | "" => ChainStatus::Fail,
            other => panic!("{other}"),
        };
        counts[wanted as usize] += 1;
        if got.result.result != wanted {
            wrong.push(format!("{name}: wanted {wanted:?}, got {:?} {:?}", got.result.result, got.evidence));
        }
        let consistent = (got.result.result == ChainStatus::Fail) == got.result.problem.is_some();
        assert!(consistent && got.result.sealers.is_empty() == (got.result.result != ChainStatus::Pass), "{name}");
    });
    assert_eq!(wrong, Vec::<String>::new(), "{} wrong", wrong.len());
    println!("arc/valimail: none, fail, pass: {counts:?}");
    // 171 names, some of them twice.
    assert_eq!(counts, [5, 112, 58]);
}

/// A field's tags as the suite compares them: by name, without white space.
fn tags(value: &str) -> Vec<(String, String)> {
    let (list, flaws) = TagList::parse(value.as_bytes());
    assert_eq!(flaws, [], "{value}");
    let plain = |bytes: &[u8]| String::from_utf8_lossy(bytes).split_whitespace().collect::<String>();
    let mut tags: Vec<_> = list.iter().map(|tag| (plain(tag.name), plain(tag.value))).collect();
    tags.sort();
    tags
}

fn value(field: &str) -> &str {
    field.split_once(':').unwrap().1
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn sealer(scenario: &Yaml, test: &Yaml) -> Sealer {
    let key = PrivateKey::parse(text(scenario, "privatekey")).unwrap();
    let domain = |name| testkit::domain(text(scenario, name));
    Sealer {
        fields: SealedFields::Named(text(test, "sig-headers").split(':').map(str::to_owned).collect()),
        // The suite's own convention, so that signatures can be compared.
        layout: Layout::Comparable,
        ..Sealer::new(domain("domain"), domain("sel"), key, text(test, "srv-id"))
    }
}

#[test]
fn signing() {
    let Some(scenarios) = scenarios("arc/valimail/tests/arc-draft-sign-tests.yml") else { return };
    let mut count = 0;
    each_test(&scenarios, |scenario, name, test| {
        let message = testkit::wire(text(test, "message"));
        let zone = zone(scenario);
        let now_s = u64::try_from(test["t"].as_i64().unwrap()).unwrap();
        let chain = testkit::block_on(arc::validate(&zone, &message, arc::Options::default(), now_s)).result;
        let headers = Headers::parse(&message);
        let sealer = sealer(scenario, test);
        let mut hasher = BodyHasher::new(sealer.body_hash_kind());
        hasher.update(&message[headers.body_start()..]);
        let sealed = sealer.seal(&headers, &chain, &hasher.finish(), now_s);
        count += 1;
        if text(test, "AS").is_empty() {
            assert_eq!(sealed, Err(SealError::FailedBefore), "{name}");
            return;
        }
        let sealed = sealed.unwrap();
        assert_eq!(words(value(&sealed.authentication_results)), words(text(test, "AAR")), "{name}");
        assert_eq!(tags(value(&sealed.message_signature)), tags(text(test, "AMS")), "{name}");
        assert_eq!(tags(value(&sealed.seal)), tags(text(test, "AS")), "{name}");
        // And what was sealed holds, where the chain did.
        let whole = [sealed.fields().join("\r\n").as_bytes(), b"\r\n", &message].concat();
        let again = testkit::block_on(arc::validate(&zone, &whole, arc::Options::default(), now_s)).result;
        let held = chain.result != ChainStatus::Fail;
        assert_eq!(again.result, if held { ChainStatus::Pass } else { ChainStatus::Fail }, "{name}");
    });
    println!("arc/valimail: {count} sealed");
    assert_eq!(count, 17);
}
