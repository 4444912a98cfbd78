//! What can be wrong with a record or a macro-string.

use mailtext::{Explain, Flaw, Rule};

/// Something wrong in a record. [`RecordFlaw::is_fatal`] says whether evaluation must answer permerror.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RecordFlaw {
    /// The text does not begin with `v=spf1` followed by a space or the end.
    VersionMissing,
    /// Longer than [`crate::limits::RECORD_BYTES_MAX`].
    RecordTooLong,
    /// More terms than [`crate::limits::TERM_COUNT_MAX`].
    TooManyTerms,
    /// A control byte, NUL and tab among them.
    ControlCharacter,
    /// A byte outside US-ASCII.
    NonAscii,
    /// No mechanism of this name.
    UnknownMechanism,
    /// `redirect:` or `exp:` where `=` must stand.
    ModifierAsMechanism,
    /// A qualifier before a modifier: `-redirect=…`.
    QualifierOnModifier,
    /// What stands before `=` is not a name.
    ModifierName,
    /// The mechanism needs an argument and has none: `include`, `ip4`.
    ArgumentMissing,
    /// The mechanism takes no such argument: `all:example.jp`, `ptr/24`.
    ArgumentUnexpected,
    /// Nothing after `:` or `=` where a domain must stand.
    EmptyDomainSpec,
    /// The domain ends neither in a macro nor in a dot and a top label that is a host name's.
    TopLabel,
    /// `%` without `{`, `%`, `_` or `-` after it.
    MacroStray,
    /// `%{` without its `}`.
    MacroUnclosed,
    /// A letter that is not a macro's.
    MacroLetter,
    /// `c`, `r` or `t` outside an explanation.
    MacroExplanationOnly,
    /// A number of parts that is zero.
    MacroZero,
    /// A character in a macro that is neither digit, `r` nor delimiter.
    MacroDelimiter,
    /// What follows `/` is not a prefix length.
    CidrSyntax,
    /// A prefix length or an octet with a leading zero.
    LeadingZero,
    /// A prefix longer than the address.
    CidrTooLong,
    /// Not four octets.
    Ip4Address,
    /// Not an IPv6 address.
    Ip6Address,
    /// An IPv6 address after `ip4:`.
    Ip6UnderIp4,
    /// An IPv4 address after `ip6:`.
    Ip4UnderIp6,
    /// A second `redirect=`.
    DuplicateRedirect,
    /// A second `exp=`.
    DuplicateExplanation,
    /// A modifier that this product does not know; it is ignored.
    UnknownModifier,
    /// A mechanism's name before `=`, which makes it an unknown modifier; it is ignored.
    MechanismAsModifier,
    /// A mechanism after `all`; it is never reached.
    TermAfterAll,
    /// `redirect=` beside `all`; it is ignored.
    RedirectIgnored,
    /// `redirect=` or `exp=` before a mechanism; legal, and easily misread.
    ModifierNotLast,
    /// Bits of the address beyond the prefix are set; they are ignored.
    HostBits,
    /// The domain is legal here and cannot be a name in DNS; the term never matches.
    DomainMalformed,
    /// `ra=` is not a local part.
    ReportAddress,
    /// `rp=` is not a percentage.
    ReportPercentage,
    /// `rr=` names a kind of report that does not exist.
    ReportRequest,
    /// `rp=` or `rr=` without `ra=`; no report is asked for.
    ReportWithoutAddress,
}

/// id, fatal, section of RFC 7208 (or another document's).
type Row = (RecordFlaw, &'static str, bool, Rule);

const fn rule(section: &'static str) -> Rule {
    Rule("RFC 7208", section)
}

const fn rule_of_reports() -> Rule {
    Rule("RFC 6652", "3")
}

impl RecordFlaw {
    /// All kinds, with what is to be known of each.
    const TABLE: [Row; 39] = [
        (Self::VersionMissing, "spf-flaw-version-missing", true, rule("4.5")),
        (Self::RecordTooLong, "spf-flaw-record-too-long", true, rule("3.4")),
        (Self::TooManyTerms, "spf-flaw-too-many-terms", true, rule("3.4")),
        (Self::ControlCharacter, "spf-flaw-control-character", true, rule("4.6.1")),
        (Self::NonAscii, "spf-flaw-non-ascii", true, rule("3.1")),
        (Self::UnknownMechanism, "spf-flaw-unknown-mechanism", true, rule("4.6.1")),
        (Self::ModifierAsMechanism, "spf-flaw-modifier-as-mechanism", true, rule("4.6.1")),
        (Self::QualifierOnModifier, "spf-flaw-qualifier-on-modifier", true, rule("4.6.1")),
        (Self::ModifierName, "spf-flaw-modifier-name", true, rule("4.6.1")),
        (Self::ArgumentMissing, "spf-flaw-argument-missing", true, rule("5")),
        (Self::ArgumentUnexpected, "spf-flaw-argument-unexpected", true, rule("5")),
        (Self::EmptyDomainSpec, "spf-flaw-empty-domain-spec", true, rule("7.1")),
        (Self::TopLabel, "spf-flaw-top-label", true, rule("7.1")),
        (Self::MacroStray, "spf-flaw-macro-stray", true, rule("7.3")),
        (Self::MacroUnclosed, "spf-flaw-macro-unclosed", true, rule("7.1")),
        (Self::MacroLetter, "spf-flaw-macro-letter", true, rule("7.2")),
        (Self::MacroExplanationOnly, "spf-flaw-macro-explanation-only", true, rule("7.2")),
        (Self::MacroZero, "spf-flaw-macro-zero", true, rule("7.3")),
        (Self::MacroDelimiter, "spf-flaw-macro-delimiter", true, rule("7.1")),
        (Self::CidrSyntax, "spf-flaw-cidr-syntax", true, rule("5.6")),
        (Self::LeadingZero, "spf-flaw-leading-zero", true, rule("5.6")),
        (Self::CidrTooLong, "spf-flaw-cidr-too-long", true, rule("5.6")),
        (Self::Ip4Address, "spf-flaw-ip4-address", true, rule("5.6")),
        (Self::Ip6Address, "spf-flaw-ip6-address", true, rule("5.6")),
        (Self::Ip6UnderIp4, "spf-flaw-ip6-under-ip4", true, rule("5.6")),
        (Self::Ip4UnderIp6, "spf-flaw-ip4-under-ip6", true, rule("5.6")),
        (Self::DuplicateRedirect, "spf-flaw-duplicate-redirect", true, rule("6")),
        (Self::DuplicateExplanation, "spf-flaw-duplicate-explanation", true, rule("6")),
        (Self::UnknownModifier, "spf-flaw-unknown-modifier", false, rule("6")),
        (Self::MechanismAsModifier, "spf-flaw-mechanism-as-modifier", false, rule("4.6.1")),
        (Self::TermAfterAll, "spf-flaw-term-after-all", false, rule("5.1")),
        (Self::RedirectIgnored, "spf-flaw-redirect-ignored", false, rule("6.1")),
        (Self::ModifierNotLast, "spf-flaw-modifier-not-last", false, rule("6")),
        (Self::HostBits, "spf-flaw-host-bits", false, rule("5.6")),
        (Self::DomainMalformed, "spf-flaw-domain-malformed", false, rule("4.8")),
        (Self::ReportAddress, "spf-flaw-report-address", false, rule_of_reports()),
        (Self::ReportPercentage, "spf-flaw-report-percentage", false, rule_of_reports()),
        (Self::ReportRequest, "spf-flaw-report-request", false, rule_of_reports()),
        (Self::ReportWithoutAddress, "spf-flaw-report-without-address", false, rule_of_reports()),
    ];

    /// The ids of all flaws, for the catalogues.
    pub const IDS: &[&str] = &{
        let mut ids = [""; Self::TABLE.len()];
        let mut index = 0;
        while index < ids.len() {
            ids[index] = Self::TABLE[index].1;
            index += 1;
        }
        ids
    };

    /// Whether a record with this flaw is answered with permerror.
    #[must_use]
    pub fn is_fatal(self) -> bool {
        self.row().2
    }

    fn row(self) -> &'static Row {
        // The table stands in the order of the declaration; a test holds it to that.
        &Self::TABLE[self as usize]
    }
}

impl Explain for RecordFlaw {
    fn id(&self) -> &'static str {
        self.row().1
    }

    fn rule(&self) -> Option<Rule> {
        Some(self.row().3)
    }
}

/// Where flaws are collected, up to the limit.
pub(crate) struct Flaws(Vec<Flaw<RecordFlaw>>);

impl Flaws {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    /// Notes a flaw. When the list is full, a fatal one still replaces the last so that none is lost to the verdict.
    pub(crate) fn push(&mut self, kind: RecordFlaw, start: usize, end: usize) {
        let flaw = Flaw::new(kind, start, end);
        if self.0.len() < crate::limits::FLAW_COUNT_MAX {
            self.0.push(flaw);
        } else if kind.is_fatal()
            && let Some(last) = self.0.last_mut()
            && !last.kind.is_fatal()
        {
            *last = flaw;
        }
    }

    pub(crate) fn into_vec(self) -> Vec<Flaw<RecordFlaw>> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_order() {
        for (index, (kind, id, _, _)) in RecordFlaw::TABLE.into_iter().enumerate() {
            assert_eq!(kind as usize, index, "{id}");
        }
        let mut ids = RecordFlaw::IDS.to_vec();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RecordFlaw::TABLE.len());
    }

    #[test]
    fn a_full_list_still_takes_a_fatal_flaw() {
        for (before, kept) in [(63, 64), (64, 64), (65, 64)] {
            let mut flaws = Flaws::new();
            (0..before).for_each(|at| flaws.push(RecordFlaw::UnknownModifier, at, at + 1));
            flaws.push(RecordFlaw::TopLabel, 99, 100);
            let flaws = flaws.into_vec();
            assert_eq!(flaws.len(), kept);
            assert!(flaws.iter().any(|flaw| flaw.kind.is_fatal()));
        }
    }
}
