//! A message in parts, as an MTA holds it; and what an MTA makes of a filter's edits.

use dkim::Signer;
use mailtext::Headers;
use milter::{Edit, LeadingSpace};

/// A message in parts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mail {
    /// Name, and everything after the colon, lines separated by LF.
    pub fields: Vec<Field>,
    /// With CRLF.
    pub body: Vec<u8>,
}

/// A header field: name and value.
pub type Field = (Vec<u8>, Vec<u8>);

/// How an MTA counts the fields of one name when a filter names one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counting {
    /// Postfix: a deleted field does not count any more.
    WhatIsLeft,
    /// Sendmail: a deleted field keeps its place.
    WhatCame,
}

impl Mail {
    /// A message of these fields; values with their leading space.
    #[must_use]
    pub fn new(fields: &[(&str, &str)], body: &str) -> Self {
        let fields = fields.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
        Self { fields: fields.collect(), body: body.replace('\n', "\r\n").into_bytes() }
    }

    /// Puts a field on top.
    pub fn put(&mut self, name: &str, value: &str) {
        self.fields.insert(0, (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
    }

    /// Puts a field on top that is written as text, `Name: value` with folds of CRLF.
    pub fn put_field(&mut self, text: &str) {
        let (name, value) = text.split_once(':').unwrap_or((text, ""));
        self.put(name, &value.replace("\r\n", "\n"));
    }

    /// The message as it goes over the wire.
    #[must_use]
    pub fn wire(&self) -> Vec<u8> {
        let mut wire = Vec::new();
        for (name, value) in &self.fields {
            wire.extend_from_slice(name);
            wire.push(b':');
            for (at, line) in value.split(|byte| *byte == b'\n').enumerate() {
                if at > 0 {
                    wire.extend_from_slice(b"\r\n");
                }
                wire.extend_from_slice(line);
            }
            wire.extend_from_slice(b"\r\n");
        }
        wire.extend_from_slice(b"\r\n");
        wire.extend_from_slice(&self.body);
        wire
    }

    /// Signs it. A message that cannot be signed stays as it is.
    pub fn sign(&mut self, signer: &Signer, now_s: u64) {
        let wire = self.wire();
        let headers = Headers::parse(&wire);
        let mut hasher = signer.body_hasher();
        hasher.update(&self.body);
        if let Ok(field) = signer.sign(&headers, &hasher.finish(), now_s) {
            self.put_field(&field);
        }
    }

    /// The first value of a field.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&[u8]> {
        self.fields.iter().find(|field| is_named(field, name)).map(|(_, value)| &value[..])
    }
}

/// Whether a field has this name.
#[must_use]
pub fn is_named((name, _): &Field, wanted: &str) -> bool {
    name.trim_ascii().eq_ignore_ascii_case(wanted.as_bytes())
}

/// An edit of a header, as it was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asked {
    /// Take the field away.
    Delete {
        /// Counted among the fields of this name, from 1.
        occurrence: usize,
        /// Its name.
        name: Vec<u8>,
    },
    /// Put it there.
    Insert {
        /// 0 is above everything.
        index: usize,
        /// What.
        field: Field,
    },
    /// Write another value.
    Change {
        /// Counted among the fields of this name, from 1.
        occurrence: usize,
        /// Its name and the new value.
        field: Field,
    },
    /// Put it behind the others.
    Add {
        /// What.
        field: Field,
    },
    /// Hold the message.
    Hold,
    /// Something that nobody wanted.
    Other,
}

impl Asked {
    /// What a filter asks for.
    #[must_use]
    pub fn of(edit: Edit<'_>, space: LeadingSpace) -> Self {
        let field = |name: &[u8], value: &[u8]| {
            let start: &[u8] = if space == LeadingSpace::Assumed { b" " } else { b"" };
            (name.to_vec(), [start, value].concat())
        };
        match edit {
            Edit::DeleteHeader { occurrence, name } => {
                Self::Delete { occurrence: occurrence as usize, name: name.to_vec() }
            }
            Edit::InsertHeader { index, name, value } => {
                Self::Insert { index: index as usize, field: field(name, value) }
            }
            Edit::ChangeHeader { occurrence, name, value } => {
                Self::Change { occurrence: occurrence as usize, field: field(name, value) }
            }
            Edit::AddHeader { name, value } => Self::Add { field: field(name, value) },
            Edit::Quarantine { .. } => Self::Hold,
            _ => Self::Other,
        }
    }
}

/// The fields of the delivered message: the MTA's own Received, which the filter has not seen, and the edited rest.
///
/// # Errors
/// An edit that names no field of the message, or that nobody wanted.
pub fn apply(mail: &Mail, edits: &[Asked], counting: Counting) -> Result<Vec<Field>, String> {
    let mut fields = vec![Some((b"Received".to_vec(), b" by mx.example.net".to_vec()))];
    fields.extend(mail.fields.iter().cloned().map(Some));
    // A deleted field keeps its name in Sendmail's list.
    let mut names: Vec<Vec<u8>> = fields.iter().flatten().map(|(name, _)| name.clone()).collect();
    for edit in edits {
        let missing = || format!("{edit:?} names no field");
        match edit {
            Asked::Delete { occurrence, name } => {
                let counted = |at: &usize| {
                    let counts = counting == Counting::WhatCame || fields[*at].is_some();
                    counts && names[*at].eq_ignore_ascii_case(name)
                };
                let found = (0..fields.len()).filter(counted).nth(occurrence.saturating_sub(1));
                fields[found.ok_or_else(missing)?] = None;
            }
            Asked::Insert { index, field } => {
                let index = (*index).min(fields.len());
                fields.insert(index, Some(field.clone()));
                names.insert(index, field.0.clone());
            }
            Asked::Change { occurrence, field: (name, value) } => {
                let mut left = fields.iter_mut().flatten().filter(|(own, _)| own.eq_ignore_ascii_case(name));
                left.nth(occurrence.saturating_sub(1)).ok_or_else(missing)?.1.clone_from(value);
            }
            Asked::Add { field } => {
                fields.push(Some(field.clone()));
                names.push(field.0.clone());
            }
            Asked::Hold => {}
            Asked::Other => return Err("an edit that nobody wanted".to_owned()),
        }
    }
    Ok(fields.into_iter().flatten().collect())
}
