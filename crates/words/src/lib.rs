//! Message catalogues: one English and one Japanese sentence for each id that the house emits.
//!
//! What it does: [`Words::say`] takes a stable id and its arguments – those of `mailtext::Explain` and the program's own
//! (listed in [`texts`]) – and gives the sentence in the reader's language. The catalogues are Fluent files, `en/*.ftl`
//! and `ja/*.ftl`, compiled in; both hold exactly the same ids, which the build holds them to, with the same arguments, which
//! tests do.
//!
//! What it will never do: choose a language by itself, escape, colour or align anything, interpret an argument as
//! markup, or panic because a sentence or an argument is missing.
//!
//! **Arguments are data.** A [`Argument::Text`] goes into the sentence byte for byte and is never looked up or read as
//! Fluent; domains, record texts and addresses come from strangers and may hold control characters. Whoever prints
//! escapes, before or after.
//!
//! Reading order: [`language`], [`Words`] in this file, [`function`] (what the catalogues may call), [`texts`], and then
//! `en/spf.ftl` beside `ja/spf.ftl`. A new sentence: the same id in both languages; its arguments by the names that the
//! emitting crate gives them.

mod catalogue;
pub mod function;
pub mod language;
mod limits;
pub mod texts;

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::resolver::ResolverError;
use fluent_bundle::resolver::errors::ReferenceKind;
use fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue};

pub use catalogue::ids;
pub use language::Language;

/// One argument of a sentence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Argument<'a> {
    /// Text that is shown as it is. It may be hostile: see the crate's documentation.
    Text(&'a str),
    /// A word of a closed set (`mailtext::Value::Word`): `reject`, `timeout`, `domain-hyphen`. The sentence may choose
    /// by it, and a word that names a reason – see [`Words::say`] – is replaced by that reason in the language.
    Word(&'a str),
    /// A count, a size or a time; the unit is in the argument's name.
    Number(u64),
}

/// The catalogue of one language. `Send` and `Sync`: one serves all threads.
pub struct Words {
    language: Language,
    files: Vec<File>,
}

/// A file of a catalogue. Most programs that run once need the sentences of one or two.
struct File {
    source: &'static str,
    /// Its sentences, once one of them was wanted. No sentence speaks of one of another file.
    bundle: OnceLock<FluentBundle<FluentResource>>,
}

impl File {
    fn bundle(&self, language: Language) -> &FluentBundle<FluentResource> {
        self.bundle.get_or_init(|| {
            let mut bundle = FluentBundle::new_concurrent(vec![language.identifier()]);
            // Isolation marks (U+2068, U+2069) are for mixed writing directions; here they would end up in logs and headers.
            bundle.set_use_isolating(false);
            bundle.set_formatter(Some(|value, _| matches!(value, FluentValue::None).then(|| MISSING.to_owned())));
            function::add_all(&mut bundle);
            // The catalogues are part of the program; that they hold no error is a test, not a case to handle.
            let resource = FluentResource::try_new(self.source.to_owned()).unwrap_or_else(|(partial, _)| partial);
            bundle.add_resource_overriding(resource);
            bundle
        })
    }
}

impl Words {
    /// The catalogue of `language`. A file of it is read when the first of its sentences is wanted; whoever says more than
    /// one keeps this.
    #[must_use]
    pub fn new(language: Language) -> Self {
        let file = |source: &&'static str| File { source, bundle: OnceLock::new() };
        Self { language, files: catalogue::sources(language).iter().map(file).collect() }
    }

    /// The language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.language
    }

    /// Whether there is a sentence of this id.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        catalogue::file_of(id).is_some()
    }

    /// The sentence of `id`, with its arguments.
    ///
    /// - An unknown id gives the id itself and its arguments; a missing argument gives `?`; an argument that the
    ///   sentence does not use is ignored.
    /// - Arguments of the same name (`data` of a DNS answer) are shown one after the other, with ` | ` between them.
    /// - [`Argument::Word`] of the names `failure`, `alignment`, `verdict` and `answer` becomes the phrase
    ///   `failure-WORD` where there is one; of the names `flaw`, `error` and `reason` the sentence whose id is the word,
    ///   made with the other arguments of this call. Other words stay as they are: results and policies are English in
    ///   every language.
    #[must_use]
    pub fn say(&self, id: &str, arguments: &[(&str, Argument<'_>)]) -> String {
        let mut values = FluentArgs::with_capacity(arguments.len());
        for (name, argument) in arguments {
            if !is_nested(name, argument) {
                set(&mut values, name, self.plain(name, *argument));
            }
        }
        for (name, argument) in arguments {
            if let (true, Argument::Word(word)) = (is_nested(name, argument), argument) {
                let sentence = self.format(word, &mut values);
                set(&mut values, name, FluentValue::from(sentence.unwrap_or_else(|| (*word).to_owned())));
            }
        }
        self.format(id, &mut values).unwrap_or_else(|| unknown(id, arguments))
    }

    fn plain<'a>(&self, name: &str, argument: Argument<'a>) -> FluentValue<'a> {
        match argument {
            Argument::Text(text) => FluentValue::from(text),
            // Numbers of Fluent are floating point; what they cannot hold exactly goes in as text.
            Argument::Number(number) if number > EXACT_NUMBER_MAX => FluentValue::from(number.to_string()),
            Argument::Number(number) => FluentValue::from(number),
            Argument::Word(word) if FAILURE_NAMES.contains(&name) => {
                let phrase = self.format(&format!("failure-{word}"), &mut FluentArgs::new());
                FluentValue::from(phrase.map_or(Cow::Borrowed(word), Cow::Owned))
            }
            Argument::Word(word) => FluentValue::from(word),
        }
    }

    /// Makes the sentence; arguments that it wanted and that are not there are noted in `values` as given and empty.
    fn format(&self, id: &str, values: &mut FluentArgs<'_>) -> Option<String> {
        let bundle = self.files.get(catalogue::file_of(id)?)?.bundle(self.language);
        let message = bundle.get_message(id)?;
        let pattern = message.value()?;
        let mut errors = Vec::new();
        let sentence = bundle.format_pattern(pattern, Some(values), &mut errors);
        if errors.is_empty() {
            return Some(sentence.into_owned());
        }
        for error in errors {
            if let FluentError::ResolverError(ResolverError::Reference(ReferenceKind::Variable { id })) = error {
                values.set(id, FluentValue::None);
            }
        }
        Some(bundle.format_pattern(pattern, Some(values), &mut Vec::new()).into_owned())
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Words").field("language", &self.language).finish_non_exhaustive()
    }
}

impl fmt::Display for Argument<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Word(text) => formatter.write_str(text),
            Self::Number(number) => write!(formatter, "{number}"),
        }
    }
}

/// Whether the argument is the id of a sentence of its own.
fn is_nested(name: &str, argument: &Argument<'_>) -> bool {
    matches!(argument, Argument::Word(_)) && SENTENCE_NAMES.contains(&name)
}

/// Sets an argument, behind those of the same name that are there.
fn set<'a>(values: &mut FluentArgs<'a>, name: &'a str, value: FluentValue<'a>) {
    let joined = match (values.get(name), &value) {
        (Some(FluentValue::String(before)), FluentValue::String(text)) => Some(format!("{before} | {text}")),
        _ => None,
    };
    values.set(name, joined.map_or(value, FluentValue::from));
}

fn unknown(id: &str, arguments: &[(&str, Argument<'_>)]) -> String {
    use fmt::Write as _;
    let mut text = id.to_owned();
    for (index, (name, argument)) in arguments.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{}{name}: {argument}", if index == 0 { " (" } else { ", " });
    }
    if !arguments.is_empty() {
        text.push(')');
    }
    text
}

use limits::EXACT_NUMBER_MAX;

/// Arguments whose words may name a failure of DNS.
const FAILURE_NAMES: [&str; 4] = ["failure", "alignment", "verdict", "answer"];
/// Arguments whose words are ids of sentences.
const SENTENCE_NAMES: [&str; 3] = ["flaw", "error", "reason"];
/// What stands for an argument that was not given.
const MISSING: &str = "?";
