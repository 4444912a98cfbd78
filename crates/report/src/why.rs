//! Why a message was judged so: its evidence, as every crate names it ([`Explain`]), kept as it was given. `words` makes
//! sentences of it later, in any language.

use mailtext::{Explain, Value};

use crate::codec::step_bytes;
use crate::limits::{WHY_ARGUMENT_COUNT_MAX, WHY_BYTES_MAX, WHY_STEP_COUNT_MAX};
use crate::row::clip_text;

/// The evidence of a message, in its order. Never larger than [`WHY_BYTES_MAX`]; what did not fit is counted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Why {
    steps: Vec<WhyStep>,
    bytes: usize,
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

impl Why {
    /// The steps that are kept.
    #[must_use]
    pub fn steps(&self) -> &[WhyStep] {
        &self.steps
    }

    /// How many steps did not fit.
    #[must_use]
    pub fn omitted(&self) -> u64 {
        self.omitted
    }

    /// Whether there is nothing to keep.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.omitted == 0
    }

    /// Keeps a step, as long as there is room: once one did not fit, none after it is kept, so that no story has a hole
    /// in its middle.
    pub fn push(&mut self, step: &dyn Explain) {
        if self.omitted > 0 {
            self.omit(1);
            return;
        }
        let mut arguments: Vec<WhyArgument> = step.arguments().into_iter().map(argument).collect();
        arguments.truncate(WHY_ARGUMENT_COUNT_MAX);
        let rule = step.rule().map(|rule| (rule.0.into(), rule.1.into()));
        self.add(WhyStep { id: step.id().into(), rule, arguments });
    }

    /// Keeps what another store kept, under the same limits.
    pub(crate) fn add(&mut self, step: WhyStep) {
        let bytes = step_bytes(&step);
        if self.omitted > 0 || self.steps.len() >= WHY_STEP_COUNT_MAX || self.bytes + bytes > WHY_BYTES_MAX {
            self.omit(1);
            return;
        }
        self.bytes += bytes;
        self.steps.push(step);
    }

    pub(crate) fn omit(&mut self, count: u64) {
        self.omitted = self.omitted.saturating_add(count);
    }
}

fn argument((name, value): (&'static str, Value)) -> WhyArgument {
    let value = match value {
        Value::Text(text) => {
            let mut text = text.into_boxed_str();
            clip_text(&mut text);
            WhyValue::Text(text)
        }
        Value::Number(number) => WhyValue::Number(number),
        Value::Word(word) => WhyValue::Word(word.into()),
    };
    WhyArgument { name: name.into(), value }
}
