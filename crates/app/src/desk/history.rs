//! The audits before this one: kept in the store where somebody asked for that, read for the rules that need them, shown by
//! `check --history`.

use std::fmt::Write as _;

use audit::guideline::{self, Level, Role};
use audit::history::{Audit, Change, Kept, Part, RecordKind, Step, changes as changed};
use audit::known::{History, KeySeen};
use audit::{Desk, Known, SelectorSource, Severity, Subject, World, rule};
use mailtext::{Domain, Value};
use serde_json::json;
use store::SqliteArchive;
use store::archive::{AlertLine, AuditHistory, AuditPart, Keeping, NewAudit, Settings};

use super::changes;
use super::known::Installation;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::paint::{Paint, Tone};
use crate::say::Say;
use crate::time;

/// Where audits are kept.
pub(crate) struct Past {
    archive: Option<SqliteArchive>,
    keep: Keep,
}

/// Whether audits will be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Keep {
    /// They will: the store is made where there is none.
    Yes,
    /// They are read, where there are any.
    No,
}

impl Past {
    /// Opens the store.
    ///
    /// # Errors
    /// It cannot be used.
    pub(crate) fn open(common: &Common, keep: Keep) -> Result<Self, Failure> {
        let path = common.reports_file();
        if keep == Keep::No && !path.exists() {
            return Ok(Self { archive: None, keep });
        }
        if keep == Keep::No {
            // A file of an earlier version has no audits, and is not brought up by who only looks. One that cannot be read is
            // told by who asks for more of it.
            let archive = SqliteArchive::open_read_only(&path, Settings::default()).ok();
            return Ok(Self { archive, keep });
        }
        if let Some(directory) = path.parent() {
            crate::serve::make_directory(directory).map_err(|error| unusable(common, &error.to_string()))?;
        }
        // One command does not wait for a check of the whole file; the daemon does that.
        let settings = Settings { check_bytes_max: 0, ..Settings::default() };
        let archive = SqliteArchive::open(&path, settings).map_err(|error| unusable(common, &error.to_string()))?;
        Ok(Self { archive: Some(archive), keep })
    }

    /// The same, opened anew where nothing is kept: a file that is read as it lies there is not held open while others may
    /// write into it.
    ///
    /// # Errors
    /// It cannot be used.
    pub(crate) fn again(&self, common: &Common) -> Result<Option<Self>, Failure> {
        if self.keep == Keep::Yes { Ok(None) } else { Self::open(common, Keep::No).map(Some) }
    }

    /// The audits of a domain.
    ///
    /// # Errors
    /// The store cannot answer.
    pub(crate) async fn of(&self, common: &Common, domain: &Domain) -> Result<AuditHistory, Failure> {
        match &self.archive {
            None => Ok(AuditHistory::default()),
            Some(archive) => {
                let asked = archive.audits("", domain.as_str()).await;
                asked.map_err(|error| unusable(common, &error.to_string()))
            }
        }
    }

    /// Keeps an audit, which stands behind the one before it, where audits are kept.
    ///
    /// # Errors
    /// It is not kept.
    pub(crate) async fn keep(&self, common: &Common, audit: &Audit) -> Result<(), Failure> {
        let Some(archive) = self.archive.as_ref().filter(|_| self.keep == Keep::Yes) else { return Ok(()) };
        let kept = archive.keep_audit(new_audit(audit, Vec::new())).await;
        match kept.map_err(|error| unusable(common, &error.to_string()))? {
            Keeping::Kept => Ok(()),
            other => Err(not_kept(&audit.domain, other)),
        }
    }
}

/// An audit as the store takes it.
pub(crate) fn new_audit(audit: &Audit, alerts: Vec<AlertLine>) -> NewAudit {
    let at_s = u64::try_from(audit.at_s).unwrap_or_default();
    NewAudit { tenant: Box::default(), domain: audit.domain.as_str().into(), at_s, parts: audit.to_parts(), alerts }
}

/// Why an audit was not kept.
pub(crate) fn not_kept(domain: &Domain, why: Keeping) -> Failure {
    let id = match why {
        Keeping::TooLarge => "check-not-kept-large",
        Keeping::TooManyDomains => "check-not-kept-many",
        Keeping::Late | Keeping::Kept => "check-not-kept-late",
    };
    Failure::new(ExitCode::Store, id).with("domain", domain.as_str())
}

fn unusable(common: &Common, reason: &str) -> Failure {
    let failure = Failure::new(ExitCode::Store, "reports-unusable");
    failure.with("file", common.reports_file().display().to_string()).with("reason", reason)
}

/// The audit of a moment.
pub(crate) fn audit_at(domain: &Domain, history: &AuditHistory, at_s: u64) -> Audit {
    Audit::of_parts(domain, i64::try_from(at_s).unwrap_or(i64::MAX), history.at(at_s))
}

/// The last audit.
pub(crate) fn last(domain: &Domain, history: &AuditHistory) -> Option<Audit> {
    history.moments.last().map(|at_s| audit_at(domain, history, *at_s))
}

/// The subject with the selectors at which the last audit found a key: a key that is known is looked at again.
pub(crate) fn with_selectors(mut subject: Subject, last: Option<&Audit>) -> Subject {
    for (slot, record) in last.iter().flat_map(|audit| &audit.records) {
        if let Some(selector) = slot.selector(&subject.domain).filter(|_| record.is_there()) {
            subject.selectors.push((selector.into(), SelectorSource::Mail));
        }
    }
    subject
}

/// What the audits before this one tell: keys, policies, MTA-STS, and how often a look is taken by itself.
pub(crate) fn fill(known: &mut Known, domain: &Domain, history: &AuditHistory, every_s: Option<u64>) {
    let seconds = |at_s: u64| i64::try_from(at_s).unwrap_or(i64::MAX);
    let parts: Vec<_> = history
        .parts
        .iter()
        .filter_map(|part| {
            let (slot, mut texts) = Audit::read_record(&part.name, &part.text)?;
            let text = if texts.is_empty() { None } else { Some(texts.swap_remove(0)) };
            Some((slot, text, part))
        })
        .collect();
    let mut policies: Vec<(i64, Box<[u8]>)> = Vec::new();
    let mut keys = Vec::new();
    for (slot, text, AuditPart { first_s, last_s, .. }) in &parts {
        let Some(text) = text else { continue };
        if slot.kind == RecordKind::Dmarc && *slot.name == *format!("_dmarc.{domain}") {
            policies.push((seconds(*first_s), text.clone()));
        }
        if let Some(selector) = slot.selector(domain) {
            let (first_s, last_s) = (seconds(*first_s), seconds(*last_s));
            keys.push(KeySeen { selector: selector.into(), text: text.clone(), first_s, last_s });
        }
    }
    policies.sort_by_key(|(first_s, _)| *first_s);
    known.policies = policies;
    if history.moments.is_empty() && every_s.is_none() {
        return;
    }
    let last_s = history.moments.last().copied().unwrap_or_default();
    let of = |kind: RecordKind| {
        let mut its: Vec<_> = parts.iter().filter(|(slot, ..)| slot.kind == kind).collect();
        its.sort_by_key(|(_, _, part)| std::cmp::Reverse(part.first_s));
        its
    };
    let at_last = |kind| of(kind).into_iter().find(|(_, _, part)| part.last_s == last_s).and_then(|one| one.1.clone());
    let id = at_last(RecordKind::MtaSts).and_then(|text| value_of(&text, ';', '=', "id"));
    let policy = at_last(RecordKind::MtaStsPolicy);
    let mode = |text: &[u8]| value_of(text, '\n', ':', "mode");
    let since = policy.as_deref().and_then(mode).and_then(|now| {
        let texts = of(RecordKind::MtaStsPolicy).into_iter();
        let same = texts.take_while(|(_, text, _)| text.as_deref().and_then(mode).as_ref() == Some(&now));
        same.last().map(|(_, _, part)| seconds(part.first_s))
    });
    known.history = Some(History {
        audits: history.moments.len() as u64,
        last_s: seconds(last_s),
        every_s,
        keys,
        mta_sts: id.zip(policy),
        mta_sts_mode_since_s: since,
    });
}

/// The value of a key, in a text of such entries; lower case is not asked for.
fn value_of(text: &[u8], between: char, sign: char, key: &str) -> Option<Box<str>> {
    let text = String::from_utf8_lossy(text).into_owned();
    let entries = text.split(between).filter_map(|entry| entry.split_once(sign));
    entries
        .map(|(name, value)| (name.trim(), value.trim()))
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value.into())
}

/// What came of a look at a domain.
pub(crate) enum Looked {
    /// Nobody answered anything: nothing is known.
    Outage,
    /// The audit, behind the one before it, and what changed; nothing where there was none before.
    Audited(Box<Audit>, Vec<Change>),
}

/// Asks for a domain, judges it as its owner would, with what is known of it here, and puts the audit behind the one before it.
pub(crate) async fn look<W: World + Sync>(
    (world, installation): (&W, &Installation<'_>),
    subject: Subject,
    (history, before): (&AuditHistory, Option<&Audit>),
    every_s: u64,
) -> Looked {
    let (domain, now_s) = (subject.domain.clone(), subject.now_s);
    let (snapshot, mut known) = installation.examine(world, with_selectors(subject, before)).await;
    if snapshot.is_silent() {
        return Looked::Outage;
    }
    known.now_s = now_s;
    fill(&mut known, &domain, history, Some(every_s));
    let desk = Desk { snapshot: &snapshot, known: &known };
    let findings = rule::judge_domain(&desk);
    let answered = guideline::judge(&desk, &findings, &[Role::Owner]);
    let audit = Audit::of(&snapshot, &findings, &answered, now_s).settled(before);
    let list = before.map(|before| changed(before, &audit)).unwrap_or_default();
    Looked::Audited(Box::new(audit), list)
}

/// What is kept of a domain, as the difference takes it.
pub(crate) fn kept(domain: &Domain, history: &AuditHistory) -> Kept {
    let parts = history.parts.iter().map(|part| Part {
        name: part.name.clone(),
        first_s: part.first_s,
        last_s: part.last_s,
        text: part.text.clone(),
    });
    Kept { domain: domain.clone(), moments: history.moments.clone(), parts: parts.collect() }
}

/// A history as text.
pub(crate) fn show(domain: &Domain, history: &AuditHistory, say: &Say, paint: Paint) -> String {
    let name = ("domain", Value::from(domain.as_str()));
    let (Some(first), Some(last)) = (history.moments.first(), history.moments.last()) else {
        return say.say("check-history-none", &[name]) + "\n\n";
    };
    let count = ("count", history.moments.len().into());
    let (first, last) = (("first", time::rfc3339(*first).into()), ("last", time::rfc3339(*last).into()));
    let mut out = paint.tone(Tone::Strong, &say.say("check-history-head", &[name, count, first, last])) + "\n";
    for step in kept(domain, history).steps(usize::MAX) {
        let moment = time::rfc3339(u64::try_from(step.audit.at_s).unwrap_or_default());
        let _ = writeln!(out, "\n{}  {}", paint.tone(Tone::Strong, &moment), standing(&step.audit, say));
        for line in step.changes.iter().flat_map(|change| changes::lines(change, say, paint)) {
            let _ = writeln!(out, "  {line}");
        }
    }
    out.push('\n');
    out
}

/// How a domain stood.
fn standing(audit: &Audit, say: &Say) -> String {
    let (must, should, may) = (audit.score(Level::Must), audit.score(Level::Should), audit.score(Level::May));
    say.say(
        "check-history-standing",
        &[
            ("must", must.0.into()),
            ("musts", must.1.into()),
            ("should", should.0.into()),
            ("shoulds", should.1.into()),
            ("may", may.0.into()),
            ("mays", may.1.into()),
            ("errors", audit.count(Severity::Error).into()),
            ("warnings", audit.count(Severity::Warning).into()),
        ],
    )
}

/// The same as a line of JSON.
pub(crate) fn line(domain: &Domain, history: &AuditHistory, say: &Say) -> String {
    let rfc3339 = |at_s: i64| time::rfc3339(u64::try_from(at_s).unwrap_or_default());
    let score = |audit: &Audit, level| {
        let (met, total) = audit.score(level);
        json!({ "met": met, "total": total })
    };
    let steps = kept(domain, history).steps(usize::MAX).into_iter().map(|Step { audit, changes: list }| {
        json!({
            "at": rfc3339(audit.at_s),
            "errors": audit.count(Severity::Error),
            "warnings": audit.count(Severity::Warning),
            "score": {
                "must": score(&audit, Level::Must),
                "should": score(&audit, Level::Should),
                "may": score(&audit, Level::May),
            },
            "changes": list.iter().map(|change| changes::object(change, say)).collect::<Vec<_>>(),
        })
    });
    let audits: Vec<_> = steps.collect();
    let object = json!({ "domain": domain.as_str(), "audits": history.moments.len(), "history": audits });
    format!("{object}\n")
}
