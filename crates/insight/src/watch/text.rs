//! What the watch remembers, as text: one line for each thing, its fields separated by tabs. A store keeps it whole.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use feedback::archive::Sender;
use thiserror::Error;

use super::{DayCount, Memory, Rhythm, State};
use crate::limits::WATCH_BYTES_MAX;

/// Why a text is no memory of a watch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum StateError {
    /// The first line is another one.
    #[error("not a memory of the watch, or of another version")]
    Version,
    /// More bytes than [`WATCH_BYTES_MAX`].
    #[error("too long")]
    TooLong,
    /// A line that cannot be read.
    #[error("line {0} cannot be read")]
    Line(usize),
}

const FIRST_LINE: &str = "sekisho-watch 1";

impl State {
    /// The memory as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n");
        for (domain, memory) in &self.domains {
            memory.write(domain, &mut text);
        }
        text
    }

    /// Reads what [`State::to_text`] wrote.
    ///
    /// # Errors
    /// The text is another one.
    pub fn parse(text: &str) -> Result<Self, StateError> {
        if text.len() > WATCH_BYTES_MAX {
            return Err(StateError::TooLong);
        }
        let mut lines = text.lines().enumerate();
        if lines.next().map(|(_, line)| line) != Some(FIRST_LINE) {
            return Err(StateError::Version);
        }
        let mut state = Self::default();
        let mut domain: Option<Box<str>> = None;
        for (at, line) in lines {
            read(line, &mut state, &mut domain).ok_or(StateError::Line(at + 1))?;
        }
        Ok(state)
    }
}

impl Memory {
    fn write(&self, domain: &str, text: &mut String) {
        let mut line = |fields: &[&str], numbers: &[u64]| {
            let fields: Vec<String> = fields.iter().map(|field| escape(field)).collect();
            text.push_str(&fields.join("\t"));
            for number in numbers {
                // Writing to a String cannot fail.
                let _ = write!(text, "\t{number}");
            }
            text.push('\n');
        };
        line(&["domain", domain], &[self.since_day.into()]);
        if let Some(policy) = &self.policy {
            line(&["policy", policy], &[]);
        }
        for (sender, rhythm) in &self.sources {
            let (kind, name) = match sender {
                Sender::Service(name) => ("service", name),
                Sender::Hosts(name) => ("hosts", name),
                Sender::Network(name) => ("network", name),
            };
            line(&[kind, name], &rhythm.numbers());
        }
        for (reporter, rhythm) in &self.reporters {
            line(&["reporter", reporter], &rhythm.numbers());
        }
        for ((selector, signer), rhythm) in &self.selectors {
            line(&["selector", selector, signer], &rhythm.numbers());
        }
        for (day, count) in &self.days {
            line(&["day"], &[(*day).into(), count.sent, count.passed, count.total]);
        }
        for ((id, subject), day) in &self.told {
            line(&["told", id, subject], &[(*day).into()]);
        }
    }
}

fn read(line: &str, state: &mut State, domain: &mut Option<Box<str>>) -> Option<()> {
    let fields: Vec<String> = line.split('\t').map(unescape).collect::<Option<_>>()?;
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    if let ["domain", name, since] = fields.as_slice() {
        let memory = Memory { since_day: since.parse().ok()?, ..Memory::default() };
        state.domains.insert((*name).into(), memory);
        *domain = Some((*name).into());
        return Some(());
    }
    let memory = state.domains.get_mut(domain.as_ref()?)?;
    match fields.as_slice() {
        ["policy", text] => memory.policy = Some((*text).into()),
        ["service", name, rhythm @ ..] => put(&mut memory.sources, Sender::Service((*name).into()), rhythm)?,
        ["hosts", name, rhythm @ ..] => put(&mut memory.sources, Sender::Hosts((*name).into()), rhythm)?,
        ["network", name, rhythm @ ..] => put(&mut memory.sources, Sender::Network((*name).into()), rhythm)?,
        ["reporter", name, rhythm @ ..] => put(&mut memory.reporters, (*name).into(), rhythm)?,
        ["selector", selector, signer, rhythm @ ..] => {
            put(&mut memory.selectors, ((*selector).into(), (*signer).into()), rhythm)?;
        }
        ["day", day, sent, passed, total] => {
            let count = DayCount { sent: sent.parse().ok()?, passed: passed.parse().ok()?, total: total.parse().ok()? };
            memory.days.insert(day.parse().ok()?, count);
        }
        ["told", id, subject, day] => {
            memory.told.insert(((*id).into(), (*subject).into()), day.parse().ok()?);
        }
        _ => return None,
    }
    Some(())
}

fn put<K: Ord>(all: &mut BTreeMap<K, Rhythm>, key: K, numbers: &[&str]) -> Option<()> {
    let [first, last, bits] = numbers else { return None };
    let rhythm = Rhythm { first_day: first.parse().ok()?, last_day: last.parse().ok()?, bits: bits.parse().ok()? };
    all.insert(key, rhythm);
    (rhythm.first_day <= rhythm.last_day).then_some(())
}

impl Rhythm {
    fn numbers(self) -> [u64; 3] {
        [self.first_day.into(), self.last_day.into(), self.bits.into()]
    }
}

/// Without tabs and ends of lines; `%` introduces a byte in hexadecimal.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '%' | '\0'..='\u{1f}' | '\u{7f}' => {
                let _ = write!(escaped, "%{:02x}", u32::from(letter));
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

pub(super) fn unescape(text: &str) -> Option<String> {
    let (first, rest) = text.split_once('%').map_or((text, None), |(first, rest)| (first, Some(rest)));
    let mut plain = first.to_owned();
    for part in rest.into_iter().flat_map(|rest| rest.split('%')) {
        let byte = u8::from_str_radix(part.get(..2)?, 16).ok()?;
        plain.push(char::from(byte));
        plain.push_str(part.get(2..)?);
    }
    Some(plain)
}
