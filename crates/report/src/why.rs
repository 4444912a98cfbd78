//! Why a message was judged so: its evidence, as every crate names it ([`Explain`]), kept as it was given. `words` makes
//! sentences of it later, in any language.
//!
//! It is kept as the bytes that are stored, and taken apart when somebody wants to see it: of most messages nobody does.

use mailtext::{Explain, Value};

use crate::codec::CodecError;
use crate::lexicon::{SPELLED, number, word};
use crate::limits::{TEXT_BYTES_MAX, WHY_ARGUMENT_COUNT_MAX, WHY_BYTES_MAX, WHY_STEP_COUNT_MAX};
use crate::row::clipped;
use crate::wire::{Reader, Wire as _, Writer};

/// The evidence of a message, in its order. Never larger than [`WHY_BYTES_MAX`]; what did not fit is counted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Why {
    /// The steps, one behind the other, as [`Why::write_step`] writes them.
    steps: Vec<u8>,
    count: usize,
    omitted: u64,
}

/// One step of evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WhyStep {
    /// Its id: `spf-record-found`.
    pub id: Box<str>,
    /// The document and the section that were obeyed.
    pub rule: Option<(Box<str>, Box<str>)>,
    /// Its arguments.
    pub arguments: Vec<WhyArgument>,
}

/// An argument of a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WhyArgument {
    /// Its name.
    pub name: Box<str>,
    /// Its value.
    pub value: WhyValue,
}

/// [`Value`], as it comes back from a store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WhyValue {
    /// Text that came from outside.
    Text(Box<str>),
    /// A count or a size.
    Number(u64),
    /// A word of a closed set.
    Word(Box<str>),
}

/// A step on its way into the bytes.
struct Told<'a, A> {
    id: &'a str,
    rule: Option<(&'a str, &'a str)>,
    arguments: A,
}

enum ToldValue<'a> {
    Text(&'a str),
    Number(u64),
    Word(&'a str),
}

impl Why {
    /// The steps that are kept.
    #[must_use]
    pub fn steps(&self) -> Vec<WhyStep> {
        let mut reader = Reader::new(&self.steps);
        // What is here was written here.
        std::iter::from_fn(|| if reader.is_done() { None } else { read_step(&mut reader).ok() }).collect()
    }

    /// How many steps are kept.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many steps did not fit.
    #[must_use]
    pub fn omitted(&self) -> u64 {
        self.omitted
    }

    /// Whether there is nothing to keep.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0 && self.omitted == 0
    }

    /// Keeps a step, as long as there is room: once one did not fit, none after it is kept, so that no story has a hole
    /// in its middle.
    pub fn push(&mut self, step: &dyn Explain) {
        if self.omitted > 0 {
            self.omit(1);
            return;
        }
        let arguments = step.arguments();
        let arguments = arguments.iter().map(|(name, value)| {
            let value = match value {
                Value::Text(text) => ToldValue::Text(text),
                Value::Number(number) => ToldValue::Number(*number),
                Value::Word(word) => ToldValue::Word(word),
            };
            (*name, value)
        });
        self.tell(Told { id: step.id(), rule: step.rule().map(|rule| (rule.0, rule.1)), arguments });
    }

    /// Keeps what another store kept, under the same limits.
    pub(crate) fn add(&mut self, step: &WhyStep) {
        let arguments = step.arguments.iter().map(|argument| {
            let value = match &argument.value {
                WhyValue::Text(text) => ToldValue::Text(text),
                WhyValue::Number(number) => ToldValue::Number(*number),
                WhyValue::Word(word) => ToldValue::Word(word),
            };
            (&*argument.name, value)
        });
        self.tell(Told { id: &step.id, rule: step.rule.as_ref().map(|rule| (&*rule.0, &*rule.1)), arguments });
    }

    pub(crate) fn omit(&mut self, count: u64) {
        self.omitted = self.omitted.saturating_add(count);
    }

    /// Appends what is stored.
    pub(crate) fn write(&self, into: &mut Writer) {
        self.omitted.write(into);
        (self.count as u64).write(into);
        into.bytes.extend_from_slice(&self.steps);
    }

    /// Reads what [`Why::write`] wrote.
    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self, CodecError> {
        let (omitted, count) = (u64::read(from)?, u64::read(from)?);
        let mut why = Self::default();
        for _ in 0..count {
            // Written again: equal evidence has equal bytes, whoever wrote it.
            why.add(&read_step(from)?);
        }
        why.omit(omitted);
        Ok(why)
    }

    fn tell<'a>(&mut self, step: Told<'a, impl ExactSizeIterator<Item = (&'a str, ToldValue<'a>)>>) {
        if self.omitted > 0 || self.count >= WHY_STEP_COUNT_MAX {
            self.omit(1);
            return;
        }
        if self.steps.is_empty() {
            self.steps.reserve(BYTES_USUAL);
        }
        let before = self.steps.len();
        let mut into = Writer { bytes: std::mem::take(&mut self.steps), is_too_large: false };
        write_step(&mut into, step);
        self.steps = into.bytes;
        if self.steps.len() > WHY_BYTES_MAX {
            self.steps.truncate(before);
            self.omit(1);
        } else {
            self.count += 1;
        }
    }
}

/// A step: its id; a byte with the count of its arguments and whether there is a rule; the rule; the arguments.
fn write_step<'a>(into: &mut Writer, step: Told<'a, impl ExactSizeIterator<Item = (&'a str, ToldValue<'a>)>>) {
    write_word(into, step.id);
    let count = step.arguments.len().min(WHY_ARGUMENT_COUNT_MAX);
    (2 * count as u64 + u64::from(step.rule.is_some())).write(into);
    if let Some((document, section)) = step.rule {
        write_word(into, document);
        write_word(into, section);
    }
    for (name, value) in step.arguments.take(count) {
        write_word(into, name);
        match value {
            ToldValue::Text(text) => {
                into.bytes.push(TEXT);
                write_text(into, text);
            }
            ToldValue::Number(number) => {
                into.bytes.push(NUMBER);
                number.write(into);
            }
            ToldValue::Word(word) => {
                into.bytes.push(WORD);
                write_word(into, word);
            }
        }
    }
}

fn read_step(from: &mut Reader<'_>) -> Result<WhyStep, CodecError> {
    let id = read_word(from)?;
    let head = u64::read(from)?;
    let rule = if head & 1 == 1 { Some((read_word(from)?, read_word(from)?)) } else { None };
    let count = usize::try_from(head >> 1).unwrap_or(usize::MAX);
    if count > WHY_ARGUMENT_COUNT_MAX {
        return Err(CodecError::TooLarge);
    }
    let argument = |from: &mut Reader<'_>| {
        let name = read_word(from)?;
        let value = match from.byte()? {
            TEXT => WhyValue::Text(Box::read(from)?),
            NUMBER => WhyValue::Number(u64::read(from)?),
            WORD => WhyValue::Word(read_word(from)?),
            _ => return Err(CodecError::Word),
        };
        Ok(WhyArgument { name, value })
    };
    let arguments = (0..count).map(|_| argument(from)).collect::<Result<_, CodecError>>()?;
    Ok(WhyStep { id, rule, arguments })
}

fn write_word(into: &mut Writer, word: &str) {
    match number(word) {
        Some(number) => into.bytes.push(number),
        None => {
            into.bytes.push(SPELLED);
            write_text(into, word);
        }
    }
}

fn read_word(from: &mut Reader<'_>) -> Result<Box<str>, CodecError> {
    match from.byte()? {
        SPELLED => Box::read(from),
        number => word(number).map(Into::into).ok_or(CodecError::Word),
    }
}

fn write_text(into: &mut Writer, text: &str) {
    let text = clipped(text);
    debug_assert!(text.len() <= TEXT_BYTES_MAX);
    (text.len() as u64).write(into);
    into.bytes.extend_from_slice(text.as_bytes());
}

const TEXT: u8 = 0;
const NUMBER: u8 = 1;
const WORD: u8 = 2;
const BYTES_USUAL: usize = 1024;
