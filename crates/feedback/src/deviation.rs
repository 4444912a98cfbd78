//! What a report has that is not as the standards have it: shown for each report, and summed up for each reporter.

use mailtext::Value;

use crate::limits::{DEVIATION_COUNT_MAX, WORD_BYTES_MAX};
use crate::word::cut;

/// A way in which a report deviates, and how often.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deviation {
    /// Which: an id such as `deviation-namespace`; the catalogues have a sentence for each.
    pub id: Box<str>,
    /// An example of what stood there: an element's name, a word; empty where nothing can be shown.
    pub example: Box<str>,
    /// How often.
    pub count: u64,
}

/// The ways in which reports deviate. `field` is an element of XML, a member of JSON or a header field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DeviationKind {
    /// Bytes that are not in the charset that the report says, or that every XML has.
    Encoding,
    /// Something stands before the report's first line.
    JunkBefore,
    /// Something stands behind the report's end.
    JunkAfter,
    /// The report stands inside an element of another kind.
    Wrapper,
    /// The namespace of the root element is none of the standards'.
    Namespace,
    /// The version is not the standard's.
    Version,
    /// A field that no standard has; it was skipped.
    FieldUnknown,
    /// A field that may stand once stands again; the first counts.
    FieldRepeated,
    /// A field that must be there is not.
    FieldMissing,
    /// A field that must say something says nothing.
    FieldEmpty,
    /// A field under another name than the standard's.
    FieldAlias,
    /// A field whose name has other letters than small ones.
    FieldCase,
    /// Fields in another order than the standard's.
    FieldOrder,
    /// A reference to an entity, which reports must not have; it was left as it stood.
    Entity,
    /// A word that no standard has.
    WordUnknown,
    /// A word that is known to mean one of the standard's.
    WordAlias,
    /// A word of the standard's in other letters.
    WordCase,
    /// Something that is no number stands where one must be.
    Number,
    /// A record that counts no message.
    CountZero,
    /// A time that is not as the standard has it.
    Date,
    /// The period ends before it begins.
    Period,
    /// Something that is no address stands where one must be.
    Address,
    /// A text too long, of which only the beginning was kept.
    TextCut,
    /// More of something than is kept.
    TooMany,
    /// A report without any record.
    NoRecords,
    /// A value of another type than the standard's: a number as text, a text for a list.
    ValueType,
    /// The media type of the mail's part is not the standard's.
    MediaType,
    /// A header field of the mail is misspelt.
    MailHeader,
    /// The part of the mail is encoded in another way than it says.
    TransferEncoding,
    /// The mail is not put together as the standard wants it.
    MailStructure,
    /// The mail tells of the failure in words for people alone.
    TextOnly,
    /// Further deviations, which are not listed.
    More,
}

impl DeviationKind {
    /// Every id, in the order of the variants.
    pub const IDS: &'static [&'static str] = &[
        "deviation-encoding",
        "deviation-junk-before",
        "deviation-junk-after",
        "deviation-wrapper",
        "deviation-namespace",
        "deviation-version",
        "deviation-field-unknown",
        "deviation-field-repeated",
        "deviation-field-missing",
        "deviation-field-empty",
        "deviation-field-alias",
        "deviation-field-case",
        "deviation-field-order",
        "deviation-entity",
        "deviation-word-unknown",
        "deviation-word-alias",
        "deviation-word-case",
        "deviation-number",
        "deviation-count-zero",
        "deviation-date",
        "deviation-period",
        "deviation-address",
        "deviation-text-cut",
        "deviation-too-many",
        "deviation-no-records",
        "deviation-value-type",
        "deviation-media-type",
        "deviation-mail-header",
        "deviation-transfer-encoding",
        "deviation-mail-structure",
        "deviation-text-only",
        "deviation-more",
    ];

    /// The id, under which the catalogues have a sentence.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::IDS.get(self as usize).copied().unwrap_or_default()
    }
}

impl Deviation {
    /// What its sentence may name.
    #[must_use]
    pub fn arguments(&self) -> Vec<(&'static str, Value)> {
        let mut arguments = vec![("count", Value::Number(self.count))];
        if !self.example.is_empty() {
            arguments.push(("example", Value::Text(self.example.to_string())));
        }
        arguments
    }
}

/// Collects the deviations of a report: each kind and example once, with its count.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notes {
    found: Vec<(DeviationKind, Box<str>, u64)>,
    further: u64,
}

impl Notes {
    /// Notes a deviation. The example is cut to [`WORD_BYTES_MAX`].
    pub fn note(&mut self, kind: DeviationKind, example: &str) {
        self.note_times(kind, example, 1);
    }

    /// Notes a deviation that was met several times.
    pub fn note_times(&mut self, kind: DeviationKind, example: &str, count: u64) {
        let example = cut(example, WORD_BYTES_MAX);
        if let Some(known) = self.found.iter_mut().find(|known| known.0 == kind && *known.1 == *example) {
            known.2 = known.2.saturating_add(count);
        } else if self.found.len() + 1 < DEVIATION_COUNT_MAX {
            let printable: String =
                example.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect();
            // A character that cannot be shown is replaced; the replaced text is what later ones are compared with.
            match self.found.iter_mut().find(|known| known.0 == kind && *known.1 == *printable) {
                Some(known) => known.2 = known.2.saturating_add(count),
                None => self.found.push((kind, printable.into_boxed_str(), count)),
            }
        } else {
            self.further = self.further.saturating_add(count);
        }
    }

    /// Whether a deviation of this kind was met.
    #[must_use]
    pub fn has(&self, kind: DeviationKind) -> bool {
        self.found.iter().any(|known| known.0 == kind)
    }

    /// Whether nothing was met.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Takes what another has, beside its own.
    pub fn join(&mut self, other: &Self) {
        for (kind, example, count) in &other.found {
            self.note_times(*kind, example, *count);
        }
        self.further = self.further.saturating_add(other.further);
    }

    /// What was met so far, kind and example, in the order in which they were met first.
    pub fn iter(&self) -> impl Iterator<Item = (DeviationKind, &str, u64)> {
        self.found.iter().map(|(kind, example, count)| (*kind, &**example, *count))
    }

    /// The deviations, in the order in which they were met first.
    #[must_use]
    pub fn into_deviations(self) -> Vec<Deviation> {
        let more = (self.further > 0).then_some((DeviationKind::More, "".into(), self.further));
        let all = self.found.into_iter().chain(more);
        all.map(|(kind, example, count)| Deviation { id: kind.id().into(), example, count }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stand_in_the_order_of_the_variants() {
        assert_eq!(DeviationKind::IDS.len(), DeviationKind::More as usize + 1);
        for (kind, id) in [
            (DeviationKind::Encoding, "deviation-encoding"),
            (DeviationKind::FieldMissing, "deviation-field-missing"),
            (DeviationKind::WordAlias, "deviation-word-alias"),
            (DeviationKind::Address, "deviation-address"),
            (DeviationKind::MediaType, "deviation-media-type"),
            (DeviationKind::More, "deviation-more"),
        ] {
            assert_eq!(kind.id(), id);
        }
    }

    #[test]
    fn equal_ones_are_counted_and_further_ones_too() {
        let mut notes = Notes::default();
        notes.note(DeviationKind::WordUnknown, "a");
        notes.note(DeviationKind::WordUnknown, "a");
        notes.note(DeviationKind::WordCase, "a");
        notes.note(DeviationKind::WordCase, "a\u{7}");
        notes.note(DeviationKind::WordCase, "a\u{7}");
        let found: Vec<_> = notes.iter().collect();
        assert_eq!(
            found,
            [
                (DeviationKind::WordUnknown, "a", 2),
                (DeviationKind::WordCase, "a", 1),
                (DeviationKind::WordCase, "a\u{fffd}", 2)
            ]
        );
        for number in 0..DEVIATION_COUNT_MAX {
            notes.note(DeviationKind::FieldUnknown, &number.to_string());
        }
        let deviations = notes.into_deviations();
        assert_eq!(deviations.len(), DEVIATION_COUNT_MAX);
        let last = deviations.last().unwrap();
        assert_eq!((&*last.id, last.count), ("deviation-more", 4));
    }
}
