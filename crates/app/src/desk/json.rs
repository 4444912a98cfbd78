//! A check as one line of JSON, as the contract of the command line has it.

use audit::guideline::Answered;
use audit::{Published, Snapshot};
use dashboard::told;
use lookup::Data;
use serde_json::{Map, Value, json};

use super::profile::Holding;
use super::{Checked, spf_tree};
use crate::say::Say;

/// The object of a domain, with its line end.
pub(super) fn line(checked: &Checked<'_>, say: &Say) -> String {
    let findings: Vec<_> = checked.findings.iter().map(|one| told::finding(one, say)).collect();
    let guideline: Vec<_> = checked.guideline.iter().map(|one| requirement(one, say)).collect();
    let mut object = json!({ "domain": checked.snapshot.subject.domain.as_str() });
    // What is inserted is moved; what the macro takes is written anew, each time one deeper.
    object["findings"] = findings.into();
    object["guideline"] = guideline.into();
    object["records"] = records(checked.snapshot);
    object["spf_tree"] = spf_tree::render_json(&checked.snapshot.spf.tree, say);
    add_profiles(&mut object, checked.profiles, say);
    format!("{object}\n")
}

/// What providers require, where it was asked about.
pub(super) fn add_profiles(object: &mut Value, profiles: &[Holding<'_>], say: &Say) {
    if !profiles.is_empty() {
        object["profiles"] = profiles.iter().map(|profile| profile.json(say)).collect();
    }
}

fn requirement(one: &Answered<'_>, say: &Say) -> Value {
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
