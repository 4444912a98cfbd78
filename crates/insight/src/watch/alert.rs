//! Alerts by their kinds, and as text: a line, its fields separated by tabs. A store keeps it whole.

use feedback::archive::{Class, Sender};

use super::text::{escape, unescape};
use super::{Alert, Event};
use crate::group::{Tally, class_word};

/// The kinds of alerts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// A source that was never seen sends many messages.
    NewSource,
    /// Less of the domain's own mail passes.
    PassFell,
    /// A reporter fell silent.
    ReporterSilent,
    /// The policy is another one.
    PolicyChanged,
    /// A key is not seen any more.
    KeyGone,
    /// Reports could not be taken.
    ReportsRefused,
    /// A record of an audited domain changed. Reports do not show it; who audits notices.
    RecordChanged,
    /// Something that an audit found is worse than it was. Reports do not show it; who audits notices.
    AuditWorse,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::NewSource,
        Self::PassFell,
        Self::ReporterSilent,
        Self::PolicyChanged,
        Self::KeyGone,
        Self::ReportsRefused,
        Self::RecordChanged,
        Self::AuditWorse,
    ];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewSource => "new-source",
            Self::PassFell => "pass-fell",
            Self::ReporterSilent => "reporter-silent",
            Self::PolicyChanged => "policy-changed",
            Self::KeyGone => "key-gone",
            Self::ReportsRefused => "reports-refused",
            Self::RecordChanged => "record-changed",
            Self::AuditWorse => "audit-worse",
        }
    }
}

impl Event {
    /// Its kind; `None` of what stands for alerts of several kinds.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        Some(match self {
            Self::NewSource { .. } => Kind::NewSource,
            Self::PassFell { .. } => Kind::PassFell,
            Self::ReporterSilent { .. } => Kind::ReporterSilent,
            Self::PolicyChanged { .. } => Kind::PolicyChanged,
            Self::SelectorGone { .. } => Kind::KeyGone,
            Self::ReportsRefused { .. } => Kind::ReportsRefused,
            Self::More { .. } => return None,
        })
    }
}

impl Alert {
    /// The alert as a line of text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut fields: Vec<String> = vec![self.day.to_string(), self.domain.to_string()];
        let word = self.event.kind().map_or(MORE, Kind::as_str);
        fields.push(word.to_owned());
        match &self.event {
            Event::NewSource { sender, name, class, count } => {
                let (kind, id) = match sender {
                    Sender::Service(id) => ("service", id),
                    Sender::Hosts(id) => ("hosts", id),
                    Sender::Network(id) => ("network", id),
                };
                let class = class_word(*class);
                fields.extend([kind, &**id, &**name, class].map(str::to_owned));
                fields.push(count.to_string());
            }
            Event::PassFell { now, before } => fields.extend([now, before].map(u64::to_string)),
            Event::ReporterSilent { reporter, days } => fields.extend([reporter.to_string(), days.to_string()]),
            Event::PolicyChanged { from, to } => fields.extend([from, to].map(ToString::to_string)),
            Event::SelectorGone { domain, selector, days } => {
                fields.extend([domain.to_string(), selector.to_string(), days.to_string()]);
            }
            Event::ReportsRefused { count } | Event::More { count } => fields.push(count.to_string()),
        }
        fields.iter().map(|field| escape(field)).collect::<Vec<_>>().join("\t")
    }

    /// Reads what [`Alert::to_text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fields: Vec<String> = text.split('\t').map(unescape).collect::<Option<_>>()?;
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let [day, domain, word, rest @ ..] = fields.as_slice() else { return None };
        let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == *word);
        let event = match (kind, rest) {
            (Some(Kind::NewSource), [kind, id, name, class, count]) => Event::NewSource {
                sender: match *kind {
                    "service" => Sender::Service((*id).into()),
                    "hosts" => Sender::Hosts((*id).into()),
                    "network" => Sender::Network((*id).into()),
                    _ => return None,
                },
                name: (*name).into(),
                class: class_of(class)?,
                count: count.parse().ok()?,
            },
            (Some(Kind::PassFell), [now, before]) => {
                Event::PassFell { now: now.parse().ok()?, before: before.parse().ok()? }
            }
            (Some(Kind::ReporterSilent), [reporter, days]) => {
                Event::ReporterSilent { reporter: (*reporter).into(), days: days.parse().ok()? }
            }
            (Some(Kind::PolicyChanged), [from, to]) => Event::PolicyChanged { from: (*from).into(), to: (*to).into() },
            (Some(Kind::KeyGone), [domain, selector, days]) => {
                Event::SelectorGone { domain: (*domain).into(), selector: (*selector).into(), days: days.parse().ok()? }
            }
            (Some(Kind::ReportsRefused), [count]) => Event::ReportsRefused { count: count.parse().ok()? },
            (None, [count]) if *word == MORE => Event::More { count: count.parse().ok()? },
            _ => return None,
        };
        Some(Self { day: day.parse().ok()?, domain: (*domain).into(), event })
    }
}

fn class_of(word: &str) -> Option<Class> {
    Tally::CLASSES.into_iter().find(|class| class_word(*class) == word)
}

const MORE: &str = "more";
