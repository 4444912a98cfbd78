//! The suites' small YAML: zones and identifiers.

#![allow(dead_code)]

use std::path::Path;

use sekisho_dmarc as dmarc;

use dmarc::{Authentication, Identifier, Identifiers};
use lookup::{Data, Failure, Text, Zone};
use mailtext::Domain;
use yaml_rust2::{Yaml, YamlLoader};

pub(crate) fn load(path: &Path) -> Vec<Yaml> {
    let text = std::fs::read_to_string(path).unwrap();
    let documents = YamlLoader::load_from_str(&text).unwrap();
    documents.into_iter().find_map(Yaml::into_vec).unwrap()
}

/// `zone`, `exists`, `servfail` and `timeout` of a case.
pub(crate) fn zone(case: &Yaml) -> Zone {
    let mut zone = Zone::new();
    for (name, records) in case["zone"].as_hash().into_iter().flatten() {
        let name = testkit::domain(name.as_str().unwrap());
        for record in records.as_vec().unwrap() {
            let text = match record {
                Yaml::Array(strings) => Text::from_strings(strings.iter().map(|string| string.as_str().unwrap())),
                one => Text::from_strings([one.as_str().unwrap()]),
            };
            zone.add(&name, Data::Txt(text), 300);
        }
    }
    for name in list(&case["exists"]) {
        zone.exists(&testkit::domain(&name));
    }
    for (key, failure) in [("servfail", Failure::ServFail), ("timeout", Failure::Timeout)] {
        for name in list(&case[key]) {
            zone.fail(&testkit::domain(&name), None, failure);
        }
    }
    zone
}

pub(crate) fn list(value: &Yaml) -> Vec<String> {
    value.as_vec().into_iter().flatten().map(|item| item.as_str().unwrap().to_owned()).collect()
}

pub(crate) fn domain(value: &Yaml) -> Domain {
    let text = value.as_str().unwrap();
    Domain::parse(text).unwrap_or_else(|error| panic!("{text}: {error:?}"))
}

pub(crate) fn identifiers(input: &Yaml) -> Identifiers {
    let identifier = |value: &Yaml| {
        let authentication = match value["result"].as_str().unwrap() {
            "pass" => Authentication::Pass,
            "temperror" => Authentication::TempError,
            _ => Authentication::NoPass,
        };
        Identifier::new(domain(&value["domain"]), authentication)
    };
    let spf = &input["spf"];
    // A result for HELO alone is no identifier of DMARC's; whoever calls us does not give it.
    let spf = (!spf.is_badvalue() && spf["identity"].as_str() != Some("helo")).then(|| identifier(spf));
    Identifiers { spf, dkim: input["dkim"].as_vec().into_iter().flatten().map(identifier).collect() }
}
