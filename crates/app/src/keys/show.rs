//! Keys as text, as JSON, as lines of a zone.

use std::fmt::Write as _;

use clap::ValueEnum;
use mailtext::{Domain, Explain, Value};
use outgoing::rotation::{Book, KeyLife, Line, LineId, Place, Sight, Stage, Standing, Turn, Wanted};
use serde_json::{Value as Json, json};

use super::pass::Report;
use super::publish::{nsupdate_lines, zone_line};
use super::signing::Source;
use super::world::{Published, Put};
use crate::common::Common;
use crate::say::Say;
use crate::time::rfc3339;

/// The forms of what is told of a turn, and of lists.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ReportFormat {
    /// For people
    Text,
    /// One JSON object per line
    Json,
}

/// The forms of one domain's keys.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ShowFormat {
    /// For people
    Text,
    /// One JSON object per key and line
    Json,
    /// The records as lines of a zone
    Zone,
    /// The records as input of nsupdate
    Nsupdate,
}

/// The forms of records.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RecordForm {
    /// Lines of a zone
    Zone,
    /// Input of nsupdate
    Nsupdate,
}

impl ShowFormat {
    /// The form of the records, when nothing else is wanted.
    pub(super) fn records(self) -> Option<RecordForm> {
        match self {
            Self::Zone => Some(RecordForm::Zone),
            Self::Nsupdate => Some(RecordForm::Nsupdate),
            Self::Text | Self::Json => None,
        }
    }
}

/// What came of a turn.
pub(super) fn report(report: &Report, common: &Common, source: &Source, format: ReportFormat) -> String {
    let mut out = String::new();
    let say = common.say();
    for (id, turn) in &report.turns {
        let published: Vec<_> =
            report.published.iter().filter(|(of, ..)| of == id).map(|(_, put, published)| (put, published)).collect();
        match format {
            ReportFormat::Json => {
                let _ = writeln!(out, "{}", turn_json(id, turn, &published, say));
            }
            ReportFormat::Text => turn_text(&mut out, (id, turn, report.book.line(id)), &published, source, say),
        }
    }
    out
}

fn turn_text(
    out: &mut String,
    (id, turn, line): (&LineId, &Turn, Option<&Line>),
    published: &[(&Put, &Published)],
    source: &Source,
    say: &Say,
) {
    let _ = writeln!(out, "{} {}", id.domain, id.algorithm);
    for event in &turn.events {
        let _ = writeln!(out, "  {}", say.explain(event));
    }
    let ttl_s = source.config.settings.ttl_s;
    for (put, published) in published {
        let name = [("name", Value::from(put.name.as_str()))];
        match published {
            Published::Done if put.wanted == Wanted::Nothing => {
                let _ = writeln!(out, "  {}", say.say("keys-withdrawn", &name));
            }
            Published::Done => {
                let _ = writeln!(out, "  {}", say.say("keys-published", &name));
            }
            // A client publishes all its CNAME records at once, and never again.
            Published::ByHand if matches!(put.wanted, Wanted::Alias(_)) => {
                let domain = [("domain", Value::from(id.domain.as_str()))];
                let _ = writeln!(out, "  {}", say.say("keys-client-records", &domain));
                line.into_iter().for_each(|line| {
                    for record in aliases(line, source, ttl_s) {
                        let _ = write!(out, "    {record}");
                    }
                });
            }
            Published::ByHand => {
                let record = zone_line(&put.name, &put.wanted, ttl_s);
                let id = if record.is_some() { "keys-by-hand" } else { "keys-withdraw-by-hand" };
                let _ = writeln!(out, "  {}", say.say(id, &name));
                let _ = record.map(|record| write!(out, "    {record}"));
            }
            Published::Unchanged | Published::Failed(_) => {}
        }
    }
    for wait in &turn.waits {
        let _ = writeln!(out, "  {}", say.explain(wait));
    }
}

fn turn_json(id: &LineId, turn: &Turn, published: &[(&Put, &Published)], say: &Say) -> Json {
    let told = |what: &dyn Explain| json!({"id": what.id(), "text": say.explain(what)});
    let published = published.iter().map(|(put, published)| {
        let (outcome, reason) = match published {
            Published::Done => ("done", None),
            Published::Unchanged => ("unchanged", None),
            Published::ByHand => ("by-hand", None),
            Published::Failed(failure) => ("failed", Some(say.explain(failure))),
        };
        json!({"name": put.name.as_str(), "outcome": outcome, "reason": reason})
    });
    json!({
        "domain": id.domain.as_str(),
        "algorithm": id.algorithm,
        "events": turn.events.iter().map(|event| told(event)).collect::<Vec<_>>(),
        "published": published.collect::<Vec<_>>(),
        "waits": turn.waits.iter().map(|wait| told(wait)).collect::<Vec<_>>(),
        "next": rfc3339(turn.wake_s),
    })
}

/// All keys with their stages.
pub(super) fn list(book: &Book, is_wanted: &dyn Fn(&LineId) -> bool, format: ReportFormat) -> String {
    let mut out = String::new();
    for (id, line) in book.lines().filter(|(id, _)| is_wanted(id)) {
        for key in &line.keys {
            let _ = match format {
                ReportFormat::Json => writeln!(out, "{}", key_json(id, line, key)),
                ReportFormat::Text => writeln!(
                    out,
                    "{} {} {} {} {}",
                    id.domain,
                    id.algorithm,
                    key.selector,
                    key.stage.as_str(),
                    rfc3339(key.since_s)
                ),
            };
        }
    }
    out
}

fn key_json(id: &LineId, line: &Line, key: &KeyLife) -> Json {
    json!({
        "domain": id.domain.as_str(),
        "algorithm": id.algorithm,
        "selector": key.selector.as_str(),
        "stage": key.stage.as_str(),
        "since": rfc3339(key.since_s),
        "created": rfc3339(key.created_s),
        "signs": key.stage == Stage::Active,
        "visible_since": key.seen_s.map(rfc3339),
        "compromised": key.standing == Standing::Compromised,
        "name": line.record_name(&key.selector).map(|name| name.to_string()),
        "alias": line.alias(&key.selector).map(|(name, _)| name.to_string()),
    })
}

/// The records of lines, or of one key of them, as they should be now.
pub(super) fn records<'a>(
    lines: impl Iterator<Item = &'a Line>,
    selector: Option<&Domain>,
    form: RecordForm,
    ttl_s: u32,
) -> String {
    let mut out = String::new();
    let mut put = |name: &Domain, wanted: &Wanted| match form {
        RecordForm::Zone => out.extend(zone_line(name, wanted, ttl_s)),
        RecordForm::Nsupdate => out.push_str(&nsupdate_lines(name, wanted, ttl_s)),
    };
    for line in lines {
        for key in line.keys.iter().filter(|key| selector.is_none_or(|only| key.selector == *only)) {
            if let Some((name, target)) = line.alias(&key.selector) {
                put(&name, &Wanted::Alias(target));
            }
            let _ = line.record_name(&key.selector).map(|name| put(&name, &line.wanted(key)));
        }
    }
    if form == RecordForm::Nsupdate && !out.is_empty() {
        out.push_str("send\n");
    }
    out
}

/// The CNAME records that a client publishes, one for each slot.
fn aliases(line: &Line, source: &Source, ttl_s: u32) -> Vec<String> {
    let Place::Provider { slots, .. } = line.place else { return Vec::new() };
    let template = &source.config.settings.slot_template;
    let selectors = (1..=slots).filter_map(|slot| template.fill(line.kind, 0, slot));
    let records = selectors.filter_map(|selector| line.alias(&selector));
    records.filter_map(|(name, target)| zone_line(&name, &Wanted::Alias(target), ttl_s)).collect()
}

/// One domain, as it is and as name servers show it.
pub(super) struct Shown<'a> {
    pub(super) source: &'a Source,
    pub(super) book: &'a Book,
    pub(super) domain: &'a Domain,
    pub(super) selector: Option<&'a Domain>,
    pub(super) sight: &'a Sight,
}

impl Shown<'_> {
    pub(super) fn text(&self, common: &Common, format: ShowFormat) -> String {
        let mut out = String::new();
        let settings = &self.source.config.settings;
        for (id, line) in self.book.of_domain(self.domain) {
            // What a turn would say; nothing of it is kept.
            let mut turned = line.clone();
            let turn = turned.advance(common.now_s(), self.sight, settings, &|_| false);
            let keys = line.keys.iter().filter(|key| self.selector.is_none_or(|only| key.selector == *only));
            if format == ShowFormat::Json {
                for key in keys {
                    let mut object = key_json(id, line, key);
                    object["record"] = json!(record(line, key, settings.ttl_s).map(|line| line.trim_end().to_owned()));
                    object["waits"] = json!(turn.waits.iter().map(Explain::id).collect::<Vec<_>>());
                    let _ = writeln!(out, "{object}");
                }
                continue;
            }
            let _ = writeln!(out, "{} {}", id.domain, id.algorithm);
            for key in keys {
                let _ = writeln!(out, "  {} {} {}", key.selector, key.stage.as_str(), rfc3339(key.since_s));
                let _ = record(line, key, settings.ttl_s).map(|record| write!(out, "    {record}"));
            }
            for wait in &turn.waits {
                let _ = writeln!(out, "  {}", common.say().explain(wait));
            }
        }
        out
    }
}

fn record(line: &Line, key: &KeyLife, ttl_s: u32) -> Option<String> {
    zone_line(&line.record_name(&key.selector)?, &line.wanted(key), ttl_s)
}
