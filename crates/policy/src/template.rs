//! Texts with places for what differs from message to message: replies of SMTP, values of fields.
//!
//! `{author}` is replaced; `{{` and `}}` are braces. Whatever comes from outside is cleaned on the way: no control
//! characters, and nothing but ASCII where only that may be written.

use std::fmt;
use std::str::FromStr;

use mailtext::authres::Letters;

use crate::limits::TEMPLATE_BYTES_MAX;

/// A text with places.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    source: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Text(String),
    Place(Place),
}

/// What may stand in a place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// The author domain.
    Author,
    /// The domain of the reverse-path.
    MailFrom,
    /// The client's address.
    Client,
    /// The policy that the author domain asks for.
    Policy,
    /// The zone of the DNS list.
    List,
    /// What was done.
    Action,
    /// What would have been done at the stage `block`.
    Wanted,
    /// The stage.
    Stage,
    /// The id of the reason that decided.
    Reason,
}

/// Why a text is no template.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TemplateError {
    /// Longer than [`TEMPLATE_BYTES_MAX`].
    #[error("longer than {TEMPLATE_BYTES_MAX} bytes")]
    TooLong,
    /// A brace without its partner.
    #[error("a brace without its partner; write {{{{ or }}}} for the brace itself")]
    Brace,
    /// No such place: its name.
    #[error("no such place: {{{0}}}")]
    UnknownPlace(String),
    /// A control character, a line end among them.
    #[error("a control character")]
    ControlCharacter,
    /// Nothing at all.
    #[error("empty")]
    Empty,
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        if text.trim().is_empty() {
            return Err(TemplateError::Empty);
        }
        if text.len() > TEMPLATE_BYTES_MAX {
            return Err(TemplateError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(TemplateError::ControlCharacter);
        }
        let mut pieces = Vec::new();
        let (mut plain, mut rest) = (String::new(), text);
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            plain.push_str(before);
            if let Some(after) = from.strip_prefix("{{") {
                plain.push('{');
                rest = after;
            } else if let Some(after) = from.strip_prefix("}}") {
                plain.push('}');
                rest = after;
            } else {
                let (name, after) =
                    from.strip_prefix('{').and_then(|from| from.split_once('}')).ok_or(TemplateError::Brace)?;
                let place = Place::of(name).ok_or_else(|| TemplateError::UnknownPlace(name.to_owned()))?;
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                pieces.push(Piece::Place(place));
                rest = after;
            }
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        Ok(Self { source: text.to_owned(), pieces })
    }
}

impl Template {
    /// A template of our own, known to be one; as plain text where it is not.
    pub(crate) fn own(text: &str) -> Self {
        text.parse().unwrap_or_else(|_| Self { source: text.to_owned(), pieces: vec![Piece::Text(text.to_owned())] })
    }

    /// Whether it can be written where only ASCII may stand.
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        self.source.is_ascii()
    }

    /// The text, at most `bytes_max` long, with what `values` has for each place; `-` for what is not known.
    #[must_use]
    pub fn fill(&self, values: impl Fn(Place) -> Option<String>, letters: Letters, bytes_max: usize) -> String {
        let mut filled = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => push_clean(&mut filled, text, letters, bytes_max),
                Piece::Place(place) => {
                    let value = values(*place).filter(|value| !value.is_empty());
                    push_clean(&mut filled, value.as_deref().unwrap_or("-"), letters, bytes_max);
                }
            }
        }
        filled
    }
}

/// The text as it was given.
impl fmt::Display for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.source)
    }
}

impl Place {
    /// All places.
    pub const ALL: [Self; 9] = [
        Self::Author,
        Self::MailFrom,
        Self::Client,
        Self::Policy,
        Self::List,
        Self::Action,
        Self::Wanted,
        Self::Stage,
        Self::Reason,
    ];

    /// The name between the braces.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::MailFrom => "mail_from",
            Self::Client => "client",
            Self::Policy => "policy",
            Self::List => "list",
            Self::Action => "action",
            Self::Wanted => "wanted",
            Self::Stage => "stage",
            Self::Reason => "reason",
        }
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.as_str() == name)
    }
}

/// Adds what may be written, whole characters only.
pub(crate) fn push_clean(target: &mut String, text: &str, letters: Letters, bytes_max: usize) {
    for character in text.chars() {
        let written = match letters {
            _ if character.is_control() => '?',
            Letters::Ascii if !character.is_ascii() => '?',
            _ => character,
        };
        if target.len() + written.len_utf8() > bytes_max {
            return;
        }
        target.push(written);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str, letters: Letters, bytes_max: usize) -> String {
        let value = |place: Place| (place != Place::List).then(|| format!("<{}\r\n関>", place.as_str()));
        text.parse::<Template>().unwrap().fill(value, letters, bytes_max)
    }

    #[test]
    fn places_are_filled_and_cleaned() {
        assert_eq!(fill("for {author}!", Letters::Utf8, 99), "for <author??関>!");
        assert_eq!(fill("{{{author}}} {list}", Letters::Ascii, 99), "{<author???>} -");
        assert_eq!(fill("拒否 {list}", Letters::Ascii, 99), "?? -");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, error) in [
            ("", TemplateError::Empty),
            ("  ", TemplateError::Empty),
            ("a{", TemplateError::Brace),
            ("a}", TemplateError::Brace),
            ("{author", TemplateError::Brace),
            ("{Author}", TemplateError::UnknownPlace("Author".into())),
            ("{}", TemplateError::UnknownPlace(String::new())),
            ("a\nb", TemplateError::ControlCharacter),
        ] {
            assert_eq!(text.parse::<Template>(), Err(error), "{text:?}");
        }
    }

    #[test]
    fn limits_at_below_and_above() {
        for (length, good) in
            [(TEMPLATE_BYTES_MAX - 1, true), (TEMPLATE_BYTES_MAX, true), (TEMPLATE_BYTES_MAX + 1, false)]
        {
            assert_eq!("a".repeat(length).parse::<Template>().is_ok(), good, "{length}");
        }
        // A character is never cut in two.
        for (bytes_max, shown) in [(5, "関"), (6, "関所"), (7, "関所")] {
            assert_eq!(fill("関所", Letters::Utf8, bytes_max), shown);
        }
    }
}
