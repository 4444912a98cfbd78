//! What changed of one name between two surveys, and how groups moved.

use crate::survey::facts::Examined;
use crate::survey::fields::Field;

/// A field that is another one now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Changed<'a> {
    /// Its name.
    pub field: &'static str,
    /// What it was.
    pub before: Field<'a>,
    /// What it is.
    pub after: Field<'a>,
}

/// What changed of a name: of the fields that say what is published. How a question was answered, which questions were not, and
/// what hangs on an answer that is missing in one of the two surveys, is no change.
#[must_use]
pub fn changes<'a>(before: &'a Examined, after: &'a Examined) -> Vec<Changed<'a>> {
    let (before, after) = (before.to_fields(), after.to_fields());
    let unknown: Vec<&str> = before
        .iter()
        .chain(&after)
        .filter(|(field, value)| is_unknown(field, value))
        .map(|(field, _)| topic(field))
        .collect();
    let pairs = before.into_iter().zip(after).filter(|((field, _), _)| is_published(field));
    let differ = pairs.filter(|((field, before), (_, after))| before != after && !unknown.contains(&topic(field)));
    differ.map(|((field, before), (_, after))| Changed { field, before, after }).collect()
}

/// What belongs together: a question that failed leaves all of it open.
fn topic(field: &str) -> &str {
    // The two discoveries of DMARC ask different questions.
    let depth = if field.starts_with("dmarc.walk") || field.starts_with("dmarc.psl") { 2 } else { 1 };
    let end = field.match_indices('.').nth(depth - 1).map_or(field.len(), |(at, _)| at);
    let topic = &field[..end];
    if topic.starts_with("mail_") { "mail" } else { topic }
}

fn is_unknown(field: &str, value: &Field<'_>) -> bool {
    match value {
        Field::Text(text) => matches!(&**text, "unanswered" | "temperror"),
        // Selectors of which there was no answer.
        Field::Number(count) => field.ends_with(".unanswered") && *count > 0,
        _ => false,
    }
}

fn is_published(field: &str) -> bool {
    !field.ends_with("reply")
        && !field.starts_with("errors")
        && !field.starts_with("wildcard")
        && !OTHERS.contains(&field)
}

/// How questions were answered, and what is told by another field, too.
const OTHERS: [&str; 9] = [
    "dmarc.policy",
    "dmarc.effective",
    "dmarc.rua",
    "dkim.folder",
    "dkim.nonsense",
    "dkim.listed.asked",
    "dkim.listed.unanswered",
    "dkim.learnt.asked",
    "dkim.learnt.unanswered",
];
