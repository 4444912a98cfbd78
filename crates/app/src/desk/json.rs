//! A check as one line of JSON, as the contract of the command line has it.

use audit::guideline::Answered;
use audit::{Published, Snapshot};
use dashboard::told::{self, FindingObject, RequirementObject};
use lookup::Data;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::profile::Holding;
use super::{Checked, spf_tree};
use crate::say::Say;

/// The object of a domain. It is written as it is gone through: of ten thousand domains, half of the work would be to build a value
/// of what is then written once.
#[derive(Serialize)]
struct DomainObject<'a, T> {
    domain: &'a str,
    findings: Vec<FindingObject<'a>>,
    guideline: Vec<RequirementObject<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    profiles: Vec<Value>,
    records: Value,
    spf_tree: T,
}

/// The line of a domain, with its line end.
pub(super) fn line(checked: &Checked<'_>, say: &Say) -> String {
    let object = DomainObject {
        domain: checked.snapshot.subject.domain.as_str(),
        findings: checked.findings.iter().map(|one| told::finding(one, say)).collect(),
        guideline: checked.guideline.iter().map(|one| requirement(one, say)).collect(),
        profiles: checked.profiles.iter().map(|profile| profile.json(say)).collect(),
        records: records(checked.snapshot),
        spf_tree: spf_tree::object(&checked.snapshot.spf.tree, say),
    };
    // Nothing in it can fail: no key that is no text, no number that JSON has not.
    let mut line = Vec::with_capacity(USUAL_LINE_BYTES);
    let written = serde_json::to_writer(&mut line, &object);
    line.push(b'\n');
    written.ok().and_then(|()| String::from_utf8(line).ok()).unwrap_or_default()
}

/// What providers require, where it was asked about.
pub(super) fn add_profiles(object: &mut Value, profiles: &[Holding<'_>], say: &Say) {
    if !profiles.is_empty() {
        object["profiles"] = profiles.iter().map(|profile| profile.json(say)).collect();
    }
}

fn requirement<'a>(one: &'a Answered<'_>, say: &Say) -> RequirementObject<'a> {
    told::requirement((one.requirement, one.met), &one.evidence, one.fix.as_ref(), one.declared, say)
}

/// What is published, by kind; what is not there is left out.
fn records(snapshot: &Snapshot) -> Value {
    let mut records = Map::new();
    let texts = |published: Option<&Published>, version: &str| -> Option<Value> {
        let claims =
            |text: &&[u8]| text.get(..version.len()).is_some_and(|head| head.eq_ignore_ascii_case(version.as_bytes()));
        let found: Vec<_> = published?.texts().filter(claims).map(String::from_utf8_lossy).collect();
        (!found.is_empty()).then(|| json!(found))
    };
    let named = [
        ("spf", texts(Some(&snapshot.spf.texts), "v=spf1")),
        ("dmarc", texts(snapshot.dmarc.own.as_ref(), "v=DMARC1")),
        ("bimi", texts(snapshot.dmarc.brand.as_ref(), "v=BIMI1")),
        ("mta_sts", texts(snapshot.transport.record.as_ref(), "v=STSv1")),
        ("tls_rpt", texts(snapshot.transport.reporting.as_ref(), "v=TLSRPTv1")),
        ("adsp", texts(snapshot.legacy.adsp.as_ref(), "dkim=")),
    ];
    for (name, found) in named {
        if let Some(found) = found {
            records.insert(name.to_owned(), found);
        }
    }
    let exchanges: Vec<_> = snapshot.hosts.exchanges.answer.data().iter().map(Data::to_string).collect();
    records.insert("mx".to_owned(), json!(exchanges));
    let keys: Map<String, Value> = snapshot
        .keys
        .usable()
        .map(|(seen, key)| {
            let object = json!({ "algorithm": key.kind.as_str(), "key_bits": key.public_key.bits() });
            (seen.selector.to_string(), object)
        })
        .collect();
    records.insert("dkim".to_owned(), Value::Object(keys));
    if let Some(found) = snapshot.dmarc.applied() {
        let object = json!({ "domain": found.domain.as_str(), "policy": found.record.policy().as_str() });
        records.insert("dmarc_applied".to_owned(), object);
    }
    Value::Object(records)
}

/// Room for the line of most domains, bytes.
const USUAL_LINE_BYTES: usize = 16 << 10;
