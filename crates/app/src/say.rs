//! Sentences: ids and arguments go to `words`, which has the Japanese and the English ones. No sentence is built here.

use std::borrow::Cow;
use std::sync::OnceLock;

use dashboard::Voice;
use mailtext::encoded_word::display_safe;
use mailtext::{Explain, Value};
use words::{Argument, Words};

pub(crate) use words::Language;

/// The words of one language, read when the first sentence is wanted.
pub(crate) struct Say {
    language: Language,
    words: OnceLock<Words>,
}

impl Say {
    /// The words of this language.
    pub(crate) fn new(language: Language) -> Self {
        Self { language, words: OnceLock::new() }
    }

    /// Which language.
    pub(crate) fn language(&self) -> Language {
        self.language
    }

    /// The sentence with these arguments. What came from outside is made safe to show.
    pub(crate) fn say(&self, id: &str, arguments: &[(&'static str, Value)]) -> String {
        let given: Vec<(&str, Argument<'_>)> = arguments
            .iter()
            .map(|(name, value)| match value {
                Value::Text(text) => (*name, Argument::Text(text)),
                Value::Word(word) => (*name, Argument::Word(word)),
                Value::Number(number) => (*name, Argument::Number(*number)),
            })
            .collect();
        self.tell(id, &given)
    }

    /// A sentence without arguments.
    pub(crate) fn word(&self, id: &str) -> String {
        self.say(id, &[])
    }

    /// The sentence of something that explains itself.
    pub(crate) fn explain(&self, what: &dyn Explain) -> String {
        self.say(what.id(), &what.arguments())
    }
}

impl Voice for Say {
    fn language(&self) -> Language {
        self.language
    }

    fn say(&self, id: &str, arguments: &[(&'static str, Value)]) -> String {
        self.say(id, arguments)
    }

    fn tell(&self, id: &str, arguments: &[(&str, Argument<'_>)]) -> String {
        let words = self.words.get_or_init(|| Words::new(self.language));
        let safe: Vec<Cow<'_, str>> = arguments
            .iter()
            .map(|(_, argument)| match argument {
                Argument::Text(text) => display_safe(text),
                Argument::Word(_) | Argument::Number(_) => Cow::Borrowed(""),
            })
            .collect();
        let given = arguments.iter().zip(&safe).map(|((name, argument), text)| match argument {
            Argument::Text(_) => (*name, Argument::Text(text)),
            other => (*name, *other),
        });
        words.say(id, &given.collect::<Vec<_>>())
    }
}

/// The language of the user: what was asked for, else the environment's, else English.
pub(crate) fn language(asked: Option<Language>, environment: impl Fn(&str) -> Option<String>) -> Language {
    // The C library's order: the first that is set and not empty decides, whatever it says.
    let set = |name| environment(name).filter(|value| !value.is_empty());
    let locale = || set("LC_ALL").or_else(|| set("LANG")).and_then(|locale| Language::parse(&locale));
    asked.or_else(locale).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_the_user() {
        let of = |asked, variables: &[(&str, &str)]| {
            let environment =
                |name: &str| variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
            language(asked, environment)
        };
        assert_eq!(of(None, &[]), Language::English);
        assert_eq!(of(None, &[("LANG", "ja_JP.UTF-8")]), Language::Japanese);
        assert_eq!(of(None, &[("LC_ALL", "C"), ("LANG", "ja_JP.UTF-8")]), Language::English);
        assert_eq!(of(None, &[("LC_ALL", ""), ("LANG", "ja_JP.UTF-8")]), Language::Japanese);
        assert_eq!(of(Some(Language::English), &[("LC_ALL", "ja_JP.UTF-8")]), Language::English);
        assert_eq!(of(None, &[("LANG", "de_DE.UTF-8")]), Language::English);
    }

    #[test]
    fn what_came_from_outside_is_made_safe() {
        let say = Say::new(Language::English);
        let text = say.say("cli-not-found", &[("file", "\u{1b}[31mred\u{202e}".into())]);
        assert!(!text.contains(['\u{1b}', '\u{202e}']) && text.contains("[31mred"), "{text:?}");
    }
}
