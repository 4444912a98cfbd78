//! Why a report was refused, or read in part: shown where the report is shown, and in the log.

use mailtext::Value;

use crate::limits::WORD_BYTES_MAX;
use crate::word::cut;

/// Why something was not read, or not to its end; and what can be said about it: a name, a number, what stood there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason {
    /// Why.
    pub kind: ReasonKind,
    /// What is said about it; empty where nothing is.
    pub what: Box<str>,
}

/// Why something was not read, or not to its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ReasonKind {
    /// Not a single byte.
    Empty,
    /// None of the kinds that are known.
    Unknown,
    /// A kind of file that is known and not read.
    Format,
    /// A mail without a report.
    NoReport,
    /// XML or JSON that is something else.
    NotAReport,
    /// A member of an archive that is encrypted.
    Encrypted,
    /// A member of an archive that is compressed in a way that is not read.
    Method,
    /// An archive that is damaged.
    Archive,
    /// XML with a document type definition.
    Doctype,
    /// Damaged, and there is no whole record.
    Malformed,
    /// Cut off, and there is no whole record.
    CutEarly,
    /// JSON that is damaged or cut off.
    Json,
    /// More comes out of it than a report can contain: a bomb.
    Ratio,
    /// Larger than what is read.
    TooLarge,
    /// Archives, or mails, inside one another, too deep.
    TooDeep,
    /// More members than are read.
    TooMany,
    /// Elements inside one another, too deep.
    XmlDepth,
    /// A tag, a text or a comment that is too long.
    XmlPiece,
    /// A report about a domain that is not ours.
    ForeignDomain,
    /// Cut off; what stood before is kept.
    SalvagedCut,
    /// Damaged; what is whole is kept.
    SalvagedDamaged,
    /// More records than are kept.
    SalvagedLimit,
    /// The checksum of the compressed report is wrong.
    SalvagedChecksum,
}

impl ReasonKind {
    /// Every id, in the order of the variants.
    pub const IDS: &'static [&'static str] = &[
        "refused-empty",
        "refused-unknown",
        "refused-format",
        "refused-no-report",
        "refused-not-a-report",
        "refused-encrypted",
        "refused-method",
        "refused-archive",
        "refused-doctype",
        "refused-malformed",
        "refused-cut",
        "refused-json",
        "refused-ratio",
        "refused-too-large",
        "refused-too-deep",
        "refused-too-many",
        "refused-xml-depth",
        "refused-xml-piece",
        "refused-foreign-domain",
        "salvaged-cut",
        "salvaged-damaged",
        "salvaged-limit",
        "salvaged-checksum",
    ];

    /// The id, under which the catalogues have a sentence.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::IDS.get(self as usize).copied().unwrap_or_default()
    }
}

impl Reason {
    /// A reason, with what is said about it: cut, and without what cannot be shown.
    #[must_use]
    pub fn new(kind: ReasonKind, what: &str) -> Self {
        let shown = |character: char| if character.is_control() { '\u{fffd}' } else { character };
        Self { kind, what: cut(what, 4 * WORD_BYTES_MAX).chars().map(shown).collect() }
    }

    /// As a store keeps it.
    #[must_use]
    pub fn to_pair(&self) -> (Box<str>, Box<str>) {
        (self.kind.id().into(), self.what.clone())
    }
}

impl From<ReasonKind> for Reason {
    fn from(kind: ReasonKind) -> Self {
        Self { kind, what: "".into() }
    }
}

/// What the sentence of a stored reason may name.
#[must_use]
pub fn arguments(what: &str) -> Vec<(&'static str, Value)> {
    if what.is_empty() { Vec::new() } else { vec![("what", Value::Text(what.to_owned()))] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stand_in_the_order_of_the_variants() {
        assert_eq!(ReasonKind::IDS.len(), ReasonKind::SalvagedChecksum as usize + 1);
        for (kind, id) in [
            (ReasonKind::Empty, "refused-empty"),
            (ReasonKind::Doctype, "refused-doctype"),
            (ReasonKind::Ratio, "refused-ratio"),
            (ReasonKind::ForeignDomain, "refused-foreign-domain"),
            (ReasonKind::SalvagedCut, "salvaged-cut"),
            (ReasonKind::SalvagedChecksum, "salvaged-checksum"),
        ] {
            assert_eq!(kind.id(), id);
        }
    }

    #[test]
    fn what_is_said_is_cut_and_can_be_shown() {
        let reason = Reason::new(ReasonKind::NotAReport, &format!("a\u{1b}[2J{}", "é".repeat(300)));
        assert!(reason.what.starts_with("a\u{fffd}[2Jé") && reason.what.len() <= 4 * WORD_BYTES_MAX + 2);
    }
}
