//! The weekly digest: what an owner wants to read of a domain once a week, as sentences to be said in any language.

use feedback::archive::{Class, SourceLine};
use mailtext::{Explain, Rule, Value};

use crate::advise::{Advice, Rung, percent, share};
use crate::group::{Tally, class_word};
use crate::limits::DIGEST_SOURCE_COUNT_MAX;
use crate::watch::Alert;

/// A sentence of a digest.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// How far it stands in: 0 for a heading.
    pub level: u8,
    /// The id of the sentence.
    pub id: &'static str,
    /// The rule behind it.
    pub rule: Option<Rule>,
    /// Its arguments.
    pub arguments: Vec<(&'static str, Value)>,
}

/// What a digest is made of.
#[derive(Clone, Copy, Debug)]
pub struct Week<'a> {
    /// The first day, in days since 1970.
    pub from_day: u32,
    /// The day after the last.
    pub until_day: u32,
    /// The advisor's word on the domain.
    pub advice: &'a Advice<'a>,
    /// The messages of the week before.
    pub before: &'a [SourceLine],
    /// What was told in the week.
    pub alerts: &'a [Alert],
    /// How many reporters there were.
    pub reporter_count: u32,
    /// Reports that were refused.
    pub refused_count: u64,
}

/// How a domain is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum State {
    /// Somebody has to do something.
    NeedsYou,
    /// Nothing is to be done.
    Well,
    /// No mail was counted.
    Silent,
}

/// A domain's week in one line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Brief {
    /// Of which policy domain.
    pub domain: Box<str>,
    /// The first day, in days since 1970.
    pub from_day: u32,
    /// The day after the last.
    pub until_day: u32,
    /// How the domain is.
    pub state: State,
    /// Messages of the week.
    pub messages: u64,
    /// The domain's own mail as its own senders sent it.
    pub own: u64,
    /// Of it, that which passes.
    pub passed: u64,
    /// Suspected spoofing.
    pub suspected: u64,
    /// How many alerts there were.
    pub alerts: u64,
}

/// The digest of a domain.
#[must_use]
pub fn digest(week: &Week<'_>) -> Vec<Line> {
    let advice = week.advice;
    let mut before = Tally::default();
    for line in week.before {
        before.add(line.class, line.count);
    }
    let mut lines = Vec::new();
    let mut say = |level, sentence: &dyn Explain| lines.push(Line::of(level, sentence));
    let title =
        Sentence::Title { domain: advice.domain, from_day: week.from_day, last_day: week.until_day.saturating_sub(1) };
    say(0, &title);
    say(1, &advice.verdict);
    say(1, &Sentence::Total { now: advice.tally.total(), before: before.total(), reporters: week.reporter_count });
    for class in Tally::CLASSES {
        let (now, before) = (advice.tally.of(class), before.of(class));
        if now > 0 || before > 0 {
            say(2, &Sentence::OfClass { class, now, before, share: share(now, advice.tally.total()) });
        }
    }
    if week.refused_count > 0 {
        say(1, &Sentence::Refused { count: week.refused_count });
    }
    say(0, &Sentence::Events { count: week.alerts.len() });
    for alert in week.alerts {
        say(1, alert);
    }
    if !advice.groups.is_empty() {
        say(0, &Sentence::Sources { count: advice.groups.len() });
    }
    for group in advice.groups.iter().take(DIGEST_SOURCE_COUNT_MAX) {
        let passed = share(group.pass_count, group.tally.total());
        say(1, &Sentence::Source { name: group.name(), class: group.class(), count: group.tally.total(), passed });
    }
    let repairs: Vec<_> = advice.repairs.iter().take(DIGEST_SOURCE_COUNT_MAX).collect();
    if !repairs.is_empty() {
        say(0, &Sentence::Repairs { count: advice.repairs.len() });
    }
    for repair in repairs {
        say(1, repair);
    }
    if advice.rung != Rung::Reject {
        say(0, &Sentence::Next { name: &advice.publication.name, text: &advice.publication.text });
    }
    for note in advice.publication.notes.iter().filter(|_| advice.rung != Rung::Reject) {
        say(1, note);
    }
    lines
}

/// The digest as plain text. `say` makes the sentence of an id and its arguments, in the language that is wanted.
#[must_use]
pub fn plain_text(lines: &[Line], say: impl Fn(&str, &[(&'static str, Value)]) -> String) -> String {
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        if line.level == 0 && at > 0 {
            text.push('\n');
        }
        let mark = match line.level {
            0 => "",
            1 => "- ",
            _ => "  - ",
        };
        text.push_str(mark);
        text.push_str(&say(line.id, &line.arguments));
        text.push('\n');
    }
    text
}

impl State {
    const ALL: [Self; 3] = [Self::NeedsYou, Self::Well, Self::Silent];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NeedsYou => "needs-you",
            Self::Well => "well",
            Self::Silent => "silent",
        }
    }
}

impl Brief {
    /// The line as text, without the domain: its fields separated by blanks. A store keeps it whole.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self { domain: _, from_day, until_day, state, messages, own, passed, suspected, alerts } = self;
        format!("{from_day} {until_day} {} {messages} {own} {passed} {suspected} {alerts}", state.as_str())
    }

    /// Reads what [`Brief::to_text`] wrote of a domain.
    #[must_use]
    pub fn parse(domain: &str, text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split(' ').collect();
        let [from_day, until_day, state, messages, own, passed, suspected, alerts] = fields.as_slice() else {
            return None;
        };
        Some(Self {
            domain: domain.into(),
            from_day: from_day.parse().ok()?,
            until_day: until_day.parse().ok()?,
            state: State::ALL.into_iter().find(|one| one.as_str() == *state)?,
            messages: messages.parse().ok()?,
            own: own.parse().ok()?,
            passed: passed.parse().ok()?,
            suspected: suspected.parse().ok()?,
            alerts: alerts.parse().ok()?,
        })
    }
}

impl Explain for Brief {
    fn id(&self) -> &'static str {
        "digest-label-brief"
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        // In 1000, as the sentences of the digest have it.
        let passed = share(self.passed, self.own);
        vec![
            ("domain", (&*self.domain).into()),
            ("state", Value::Word(self.state.as_str())),
            ("messages", self.messages.into()),
            ("share", if self.own == 0 { "–".into() } else { format!("{}.{} %", passed / 10, passed % 10).into() }),
            ("suspected", self.suspected.into()),
            ("alerts", self.alerts.into()),
        ]
    }
}

impl Line {
    /// The sentence of something that can say why it is.
    #[must_use]
    pub fn of(level: u8, sentence: &dyn Explain) -> Self {
        Self { level, id: sentence.id(), rule: sentence.rule(), arguments: sentence.arguments() }
    }
}

enum Sentence<'a> {
    Title { domain: &'a str, from_day: u32, last_day: u32 },
    Total { now: u64, before: u64, reporters: u32 },
    OfClass { class: Class, now: u64, before: u64, share: u64 },
    Refused { count: u64 },
    Events { count: usize },
    Sources { count: usize },
    Source { name: &'a str, class: Class, count: u64, passed: u64 },
    Repairs { count: usize },
    Next { name: &'a str, text: &'a str },
}

impl Explain for Sentence<'_> {
    fn id(&self) -> &'static str {
        match self {
            Self::Title { .. } => "digest-title",
            Self::Total { .. } => "digest-total",
            Self::OfClass { .. } => "digest-of-class",
            Self::Refused { .. } => "digest-refused",
            Self::Events { count: 0 } => "digest-no-events",
            Self::Events { .. } => "digest-events",
            Self::Sources { .. } => "digest-sources",
            Self::Source { .. } => "digest-source",
            Self::Repairs { .. } => "digest-repairs",
            Self::Next { .. } => "digest-next",
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Title { domain, from_day, last_day } => vec![
                ("domain", (*domain).into()),
                ("from", Value::Text(date(*from_day))),
                ("until", Value::Text(date(*last_day))),
            ],
            Self::Total { now, before, reporters } => vec![
                ("count", (*now).into()),
                ("before", (*before).into()),
                ("reporters", u64::from(*reporters).into()),
            ],
            Self::OfClass { class, now, before, share } => vec![
                ("class", Value::Word(class_word(*class))),
                ("count", (*now).into()),
                ("before", (*before).into()),
                ("share", Value::Text(percent(*share))),
            ],
            Self::Source { name, class, count, passed } => vec![
                ("sender", (*name).into()),
                ("class", Value::Word(class_word(*class))),
                ("count", (*count).into()),
                ("share", Value::Text(percent(*passed))),
            ],
            Self::Refused { count } => vec![("count", (*count).into())],
            Self::Events { count } | Self::Sources { count } | Self::Repairs { count } => {
                vec![("count", (*count).into())]
            }
            Self::Next { name, text } => vec![("name", (*name).into()), ("record", (*text).into())],
        }
    }
}

/// A day as `2026-11-23`, from days since 1970.
#[must_use]
pub fn date(day: u32) -> String {
    // The days of a 400-year cycle, counted from 1 March, so that the leap day is the last of its year.
    let shifted = u64::from(day) + 719_468;
    let (cycle, of_cycle) = (shifted / 146_097, shifted % 146_097);
    let of_cycle_years = (of_cycle - of_cycle / 1_460 + of_cycle / 36_524 - of_cycle / 146_096) / 365;
    let of_year = of_cycle - (365 * of_cycle_years + of_cycle_years / 4 - of_cycle_years / 100);
    let from_march = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = cycle * 400 + of_cycle_years + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{of_month:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brief_is_read_as_it_is_written() {
        let brief = Brief {
            domain: "example.jp".into(),
            from_day: 20_770,
            until_day: 20_777,
            state: State::NeedsYou,
            messages: u64::MAX,
            own: 7,
            passed: 6,
            suspected: 1,
            alerts: 0,
        };
        for state in State::ALL {
            let brief = Brief { state, ..brief.clone() };
            assert_eq!(Brief::parse("example.jp", &brief.to_text()), Some(brief));
        }
        let text = brief.to_text();
        for wrong in ["", "1", &format!("{text} 1"), &text.replace("needs-you", "later"), &text.replace(" 7", " -7")] {
            assert_eq!(Brief::parse("example.jp", wrong), None, "{wrong}");
        }
    }
}
