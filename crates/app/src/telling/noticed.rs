//! What was noticed, in reports or by audits, as a letter tells it.

use audit::history::Change;
use dashboard::sources::What;
use insight::digest::Brief;
use insight::watch::Kind;
use insight::{Alert, Event};
use mailtext::{Explain, Value};
use serde_json::json;
use store::archive::AlertLine;

use crate::desk::changes;
use crate::say::Say;

/// Something that was noticed.
pub(super) enum Noticed {
    /// In reports.
    Reported(Alert),
    /// By an audit.
    Audited {
        /// Of which domain.
        domain: Box<str>,
        /// On which day, in days since 1970.
        day: u32,
        /// What changed.
        change: Box<Change>,
    },
}

/// A change that an audit saw, as the store keeps it.
pub(crate) fn line(domain: &str, now_s: u64, change: &Change) -> AlertLine {
    let what = format!("{AUDITED}{}", change.to_text()).into();
    let day = u32::try_from(now_s / super::DAY_S).unwrap_or(u32::MAX);
    AlertLine { id: 0, tenant: Box::default(), domain: domain.into(), day, what, made_s: now_s }
}

/// What a digest told of a domain, as the store keeps it.
pub(super) fn week(brief: &Brief, now_s: u64) -> AlertLine {
    let what = format!("{WEEKLY}{}", brief.to_text()).into();
    let (domain, day) = (brief.domain.clone(), brief.until_day.saturating_sub(1));
    AlertLine { id: 0, tenant: Box::default(), domain, day, what, made_s: now_s }
}

/// What the store keeps, as a page shows it; `None` of what a later version noticed.
pub(crate) fn shown(line: AlertLine) -> Option<dashboard::sources::Noticed> {
    let what = match line.what.strip_prefix(WEEKLY) {
        Some(text) => What::Told(Brief::parse(&line.domain, text)?),
        None => match Noticed::read(&line)? {
            Noticed::Reported(alert) => What::Reported(alert),
            Noticed::Audited { change, .. } => What::Audited(change),
        },
    };
    let AlertLine { id, domain, day, made_s, .. } = line;
    Some(dashboard::sources::Noticed { id, domain, day, made_s, what })
}

/// The kind of a change.
pub(crate) fn kind(change: &Change) -> Kind {
    match change {
        Change::Record { .. } | Change::Unasked { .. } | Change::Answered { .. } => Kind::RecordChanged,
        Change::Finding { .. } | Change::Requirement { .. } => Kind::AuditWorse,
    }
}

impl Noticed {
    /// Reads what the store keeps; `None` of what a later version noticed.
    pub(super) fn read(line: &AlertLine) -> Option<Self> {
        match line.what.strip_prefix(AUDITED) {
            None => Alert::parse(&line.what).map(Self::Reported),
            Some(text) => {
                let change = Box::new(Change::parse(text)?);
                Some(Self::Audited { domain: line.domain.clone(), day: line.day, change })
            }
        }
    }

    pub(super) fn day(&self) -> u32 {
        match self {
            Self::Reported(alert) => alert.day,
            Self::Audited { day, .. } => *day,
        }
    }

    pub(super) fn domain(&self) -> &str {
        match self {
            Self::Reported(alert) => &alert.domain,
            Self::Audited { domain, .. } => domain,
        }
    }

    /// The sentence.
    pub(super) fn text(&self, say: &Say) -> String {
        match self {
            Self::Reported(alert) => say.explain(alert),
            Self::Audited { change, .. } => say.explain(&**change),
        }
    }

    /// What stood there and stands there, whole.
    pub(super) fn records(&self) -> Vec<String> {
        match self {
            Self::Reported(_) => Vec::new(),
            Self::Audited { change, .. } => changes::texts(change),
        }
    }

    /// What a list of letters shows.
    pub(super) fn subject(&self, say: &Say) -> String {
        match self {
            Self::Reported(alert) => say.say(subject_of(&alert.event), &alert.arguments()),
            Self::Audited { domain, change, .. } => {
                let mut arguments = change.arguments();
                let name = arguments.iter().find(|(name, _)| *name == "name").map(|(_, value)| value.clone());
                arguments.clear();
                arguments.push(("domain", (&**domain).into()));
                arguments.push(("name", name.unwrap_or_else(|| (&**domain).into())));
                say.say("reports-label-subject-audit", &arguments)
            }
        }
    }

    /// The next step.
    pub(super) fn hint(&self, say: &Say) -> String {
        match self {
            Self::Reported(alert) => hint_of(say, alert),
            Self::Audited { domain, .. } => say.say("reports-label-hint-audit", &[("domain", Value::from(&**domain))]),
        }
    }

    /// The same for programs.
    pub(super) fn object(&self, say: &Say) -> serde_json::Value {
        let (word, facts) = match self {
            Self::Reported(alert) => (alert.event.kind().map_or("more", Kind::as_str), facts(alert)),
            Self::Audited { change, .. } => (kind(change).as_str(), changes::object(change, say)),
        };
        json!({
            "alert": word,
            "domain": self.domain(),
            "day": insight::digest::date(self.day()),
            "text": self.text(say),
            "facts": facts,
        })
    }
}

fn subject_of(event: &Event) -> &'static str {
    match event {
        Event::NewSource { .. } => "reports-label-subject-new-source",
        Event::PassFell { .. } => "reports-label-subject-pass-fell",
        Event::ReporterSilent { .. } => "reports-label-subject-reporter-silent",
        Event::PolicyChanged { .. } => "reports-label-subject-policy-changed",
        Event::SelectorGone { .. } => "reports-label-subject-key-gone",
        Event::ReportsRefused { .. } | Event::More { .. } => "reports-label-subject-refused",
    }
}

/// The arguments of an alert's sentence, as JSON.
fn facts(alert: &Alert) -> serde_json::Value {
    let value = |value: Value| match value {
        Value::Number(number) => serde_json::Value::from(number),
        other => other.to_string().into(),
    };
    let arguments = alert.arguments().into_iter().filter(|(name, _)| *name != "domain");
    arguments.map(|(name, fact)| (name.to_owned(), value(fact))).collect::<serde_json::Map<_, _>>().into()
}

fn hint_of(say: &Say, alert: &Alert) -> String {
    let domain = ("domain", Value::from(&*alert.domain));
    let day = ("day", Value::Text(insight::digest::date(alert.day)));
    match &alert.event {
        Event::NewSource { .. } => say.say("reports-label-hint-new-source", &[domain, day]),
        Event::PassFell { .. } => say.say("reports-label-hint-pass-fell", &[domain, day]),
        Event::ReporterSilent { reporter, .. } => {
            say.say("reports-label-hint-reporter-silent", &[("reporter", (&**reporter).into())])
        }
        Event::PolicyChanged { .. } => say.say("reports-label-hint-policy-changed", &[domain]),
        Event::SelectorGone { selector, domain, .. } => {
            let name = format!("{selector}._domainkey.{domain}");
            say.say("reports-label-hint-key-gone", &[("name", name.into())])
        }
        Event::ReportsRefused { .. } => say.say("reports-label-hint-refused", &[day]),
        Event::More { .. } => say.say("reports-label-hint-more", &[domain]),
    }
}

/// How what an audit noticed begins, as it is kept. It never changes.
const AUDITED: &str = "audit ";
/// How what a digest told begins. It never changes.
const WEEKLY: &str = "week ";

#[cfg(test)]
mod tests {
    use audit::history::{RecordKind, Slot, Turn};

    use super::*;
    use crate::say::Language;

    #[test]
    fn what_an_audit_notices_is_told() {
        let change = Change::Record {
            slot: Slot::new(RecordKind::Spf, "_spf.service.example"),
            domain: "example.jp".into(),
            path: vec!["example.jp".into()],
            turn: Turn::Changed,
            old: vec![b"v=spf1 ip4:192.0.2.1\t-all".as_slice().into()],
            new: vec![b"v=spf1 +all".as_slice().into()],
        };
        let line = line("example.jp", 20_000 * super::super::DAY_S + 5, &change);
        let noticed = Noticed::read(&line).unwrap();
        assert_eq!((noticed.day(), noticed.domain()), (20_000, "example.jp"));
        let say = Say::new(Language::English);
        assert_eq!(noticed.records()[1], "+ v=spf1 +all");
        assert_eq!(noticed.subject(&say), "DMARC alert: example.jp: _spf.service.example is not as it was");
        let object = noticed.object(&say);
        assert_eq!((&object["alert"], &object["facts"]["turn"]), (&json!("record-changed"), &json!("changed")));
        assert!(Noticed::read(&AlertLine { what: "audit 5:later,".into(), ..line }).is_none());
    }
}
