//! What a delivered message shows its readers: a mark in front of the subject, fields for filters.
//!
//! The mark itself is put there by [`mailtext::subject`]; this says which one is wanted.

use mailtext::subject::Prefix;

use crate::action::Action;
use crate::limits::FIELD_NAME_BYTES_MAX;
use crate::template::Template;

/// What readers see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LabelRules {
    /// The mark in front of the subject.
    pub subject: Option<SubjectRule>,
    /// Fields for filters.
    pub fields: Vec<FieldRule>,
}

/// A mark in front of the subject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubjectRule {
    /// The mark.
    pub prefix: Prefix,
    /// From which action on it is wanted.
    pub from: Action,
}

/// A field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldRule {
    /// Its name.
    pub name: FieldName,
    /// Its value.
    pub value: Template,
    /// From which action on it is wanted; `accept` for all mail.
    pub from: Action,
}

/// The name of a field: printable ASCII without a colon (RFC 5322 §3.6.8).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldName(String);

/// Why a text is no name for a field of ours.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum FieldNameError {
    /// A character that no name may hold, or nothing at all.
    #[error("not the name of a header field")]
    Character,
    /// Longer than [`FIELD_NAME_BYTES_MAX`].
    #[error("longer than {FIELD_NAME_BYTES_MAX} bytes")]
    TooLong,
    /// A field that others write: who labels with it would be believed, or would remove what is not ours.
    #[error("this field is not ours to write")]
    NotOurs,
}

/// What is to be written on a delivered message.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Labels {
    /// The mark wanted in front of the subject.
    pub subject: Option<Prefix>,
    /// The fields wanted, with their values, in one line each.
    pub fields: Vec<(FieldName, String)>,
}

impl Default for LabelRules {
    fn default() -> Self {
        let value = Template::own("{action}; wanted={wanted}; reason={reason}; stage={stage}");
        let name = FieldName("X-Sekisho-Verdict".to_owned());
        Self { subject: None, fields: vec![FieldRule { name, value, from: Action::Label }] }
    }
}

impl FieldName {
    /// A name. What the standards give a meaning to is refused: only `X-…` names are for such labels.
    ///
    /// # Errors
    /// Names the first rule broken.
    pub fn new(name: &str) -> Result<Self, FieldNameError> {
        // RFC 5322 §3.6.8: a field name is any printable ASCII but the colon.
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') {
            return Err(FieldNameError::Character);
        }
        if name.len() > FIELD_NAME_BYTES_MAX {
            return Err(FieldNameError::TooLong);
        }
        let ours = name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-")) && name.len() > 2;
        if ours { Ok(Self(name.to_owned())) } else { Err(FieldNameError::NotOurs) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fields() {
        for (name, error) in [
            ("", FieldNameError::Character),
            ("X-A:", FieldNameError::Character),
            ("X A", FieldNameError::Character),
            ("X-関", FieldNameError::Character),
            ("Subject", FieldNameError::NotOurs),
            ("X-", FieldNameError::NotOurs),
        ] {
            assert_eq!(FieldName::new(name), Err(error), "{name}");
        }
        for (length, good) in
            [(FIELD_NAME_BYTES_MAX - 1, true), (FIELD_NAME_BYTES_MAX, true), (FIELD_NAME_BYTES_MAX + 1, false)]
        {
            let name = format!("X-{}", "a".repeat(length - 2));
            assert_eq!(FieldName::new(&name).is_ok(), good, "{length}");
        }
        assert!(FieldName::new("x-spam-flag").is_ok());
    }

    #[test]
    fn the_usual_label_is_a_sound_template() {
        let usual = LabelRules::default();
        let [field] = &usual.fields[..] else { panic!("{usual:?}") };
        assert_eq!(FieldName::new(field.name.as_str()).as_ref(), Ok(&field.name));
        assert_eq!(field.value.to_string().parse().as_ref(), Ok(&field.value));
    }
}
