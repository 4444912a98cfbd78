//! What audits find, as programs are told: the same from a page and from the command line.

use std::borrow::Cow;

use audit::guideline::{Evidence, Met, Requirement};
use audit::history::Change;
use audit::known::Statement;
use audit::{Finding, Fix, Severity};
use serde::Serialize;
use serde_json::{Value, json};

use crate::examined::date;
use crate::sources::Voice;

/// A finding, as `check` tells it. The members of this object and of the next stand in the order of their names.
#[derive(Serialize)]
pub struct FindingObject<'a> {
    fix: Option<String>,
    message: String,
    name: Option<&'a str>,
    record: Option<Cow<'a, str>>,
    reference: String,
    rule: &'static str,
    severity: &'static str,
    span: Option<[u32; 2]>,
    #[serde(rename = "type")]
    kind: Option<&'static str>,
}

/// What became of a requirement of the guideline, as `check --guideline` tells it.
#[derive(Serialize)]
pub struct RequirementObject<'a> {
    declared: Option<StatementObject<'a>>,
    evidence: Vec<String>,
    fix: Option<String>,
    id: &'static str,
    level: &'static str,
    requirement: String,
    result: &'static str,
    role: &'static str,
}

#[derive(Serialize)]
struct StatementObject<'a> {
    by: &'a str,
    date: String,
    met: bool,
    note: &'a str,
}

/// A finding, as `check` tells it.
#[must_use]
pub fn finding<'a>(finding: &'a Finding, voice: &dyn Voice) -> FindingObject<'a> {
    let place = finding.place.as_ref();
    FindingObject {
        rule: finding.rule.id,
        severity: finding.severity.as_str(),
        name: place.map(|place| place.name.as_str()),
        kind: place.map(|place| place.kind.as_str()),
        record: place.and_then(|place| place.text.as_deref()).map(String::from_utf8_lossy),
        span: place.and_then(|place| place.span).map(|span| [span.start, span.end]),
        message: voice.explain(finding),
        reference: finding.rule.reference.to_string(),
        fix: finding.fix.as_ref().map(|one| fix(one, voice)),
    }
}

/// What to do, in one line: a record to paste, or a sentence.
#[must_use]
pub fn fix(fix: &Fix, voice: &dyn Voice) -> String {
    match fix {
        Fix::Publish(record) => record.line(),
        Fix::Remove { name, kind } => {
            let arguments = [("name", name.as_str().into()), ("kind", mailtext::Value::Word(kind.as_str()))];
            voice.say("check-remove", &arguments)
        }
        Fix::Do(sentence, arguments) => voice.say(sentence, arguments),
    }
}

/// What became of a requirement of the guideline, as `check --guideline` tells it: with what shows it, what to do, and what
/// the operator declared.
#[must_use]
pub fn requirement<'a>(
    (requirement, met): (&Requirement, Met),
    evidence: &[Evidence],
    todo: Option<&Fix>,
    declared: Option<&'a Statement>,
    voice: &dyn Voice,
) -> RequirementObject<'a> {
    RequirementObject {
        id: requirement.id,
        level: requirement.level.as_str(),
        role: requirement.role.as_str(),
        requirement: voice.word(requirement.sentence),
        result: met.as_str(),
        evidence: evidence.iter().map(|evidence| voice.explain(evidence)).collect(),
        declared: declared.map(|statement| StatementObject {
            met: statement.met,
            by: &statement.by,
            date: date(statement),
            note: &statement.note,
        }),
        fix: todo.map(|one| fix(one, voice)),
    }
}

/// A change between two audits, as `check --history` tells it.
#[must_use]
pub fn change(change: &Change, voice: &dyn Voice) -> Value {
    let texts =
        |texts: &[Box<[u8]>]| texts.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect::<Vec<_>>();
    let mut object = match change {
        Change::Record { slot, path, turn, old, new, .. } => json!({
            "change": "record", "type": slot.kind.as_str(), "name": slot.name, "path": path, "turn": turn.as_str(),
            "old": texts(old), "new": texts(new),
        }),
        Change::Unasked { slot, failure, rounds } => json!({
            "change": "unasked", "type": slot.kind.as_str(), "name": slot.name, "failure": failure, "rounds": rounds,
        }),
        Change::Answered { slot, rounds } => json!({
            "change": "answered", "type": slot.kind.as_str(), "name": slot.name, "rounds": rounds,
        }),
        Change::Finding { rule, name, before, after } => json!({
            "change": "finding", "rule": rule, "name": name,
            "before": before.map(Severity::as_str), "after": after.map(Severity::as_str),
        }),
        Change::Requirement { id, before, after } => json!({
            "change": "requirement", "id": id, "before": before.as_str(), "after": after.as_str(),
        }),
    };
    object["way"] = change.way().as_str().into();
    object["message"] = voice.explain(change).into();
    object
}
