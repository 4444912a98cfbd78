//! Which section of which standard a report deviates from: for those who write reports, so that they find it.

use mailtext::Rule;

use crate::archive::Kind;
use crate::deviation::DeviationKind as Deviation;
use crate::reason::ReasonKind as Reason;

/// The section that a deviation of a report of a kind, by its id, is one from; `None` where only a limit of ours was
/// passed, or the id is none that is known.
#[must_use]
pub fn of_deviation(id: &str, kind: Kind) -> Option<Rule> {
    use Deviation as D;
    let place = D::IDS.iter().position(|other| *other == id)?;
    let is = |kinds: &[D]| kinds.iter().any(|kind| *kind as usize == place);
    if is(&[D::TextCut, D::TooMany, D::More]) {
        return None;
    }
    if is(&[D::MediaType, D::MailHeader, D::TransferEncoding, D::MailStructure, D::TextOnly]) {
        return Some(carriage(kind));
    }
    Some(match kind {
        Kind::Aggregate if is(&[D::Namespace, D::Wrapper]) => Rule(AGGREGATE, "3.1.1.1"),
        Kind::Aggregate if is(&[D::Version, D::NoRecords]) => Rule(AGGREGATE, "3.1.1.2"),
        Kind::Aggregate if is(&[D::Date, D::Period]) => Rule(AGGREGATE, "3.1.1.4"),
        Kind::Aggregate if is(&[D::Number, D::CountZero, D::Address]) => Rule(AGGREGATE, "3.1.1.8"),
        Kind::Failure if is(&[D::Number, D::Date, D::Address]) => Rule(ARF, "3.2"),
        Kind::Failure if is(&[D::WordUnknown, D::WordAlias, D::WordCase]) => Rule(FAILURE, "3.3"),
        _ => content(kind),
    })
}

/// The section that says how what was not read, for a reason by its id, should have been; `None` where nothing was wrong
/// with the report, or the id is none that is known.
#[must_use]
pub fn of_reason(id: &str, kind: Kind) -> Option<Rule> {
    use Reason as R;
    let place = R::IDS.iter().position(|other| *other == id)?;
    let is = |kinds: &[R]| kinds.iter().any(|kind| *kind as usize == place);
    // A limit of ours, or a domain that is not ours, is no fault of the report's form.
    if is(&[R::ForeignDomain, R::TooLarge, R::TooMany, R::SalvagedLimit]) {
        return None;
    }
    let is_of_file = is(&[
        R::Empty,
        R::Unknown,
        R::Format,
        R::NoReport,
        R::Encrypted,
        R::Method,
        R::Archive,
        R::Ratio,
        R::TooDeep,
        R::SalvagedChecksum,
    ]);
    Some(if is_of_file { carriage(kind) } else { content(kind) })
}

/// How a report is carried.
fn carriage(kind: Kind) -> Rule {
    match kind {
        Kind::Aggregate => Rule(AGGREGATE, "3.5.2"),
        Kind::Failure => Rule(ARF, "2"),
        Kind::Tls => Rule(TLS, "5.3"),
    }
}

/// What a report consists of.
fn content(kind: Kind) -> Rule {
    match kind {
        Kind::Aggregate => Rule(AGGREGATE, "3.1.1"),
        Kind::Failure => Rule(ARF, "3.1"),
        Kind::Tls => Rule(TLS, "4.4"),
    }
}

const AGGREGATE: &str = "RFC 9990";
const ARF: &str = "RFC 5965";
const FAILURE: &str = "RFC 6591";
const TLS: &str = "RFC 8460";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_deviation_has_a_section_or_is_a_limit() {
        for kind in [Kind::Aggregate, Kind::Failure, Kind::Tls] {
            let without = |ids: &'static [&'static str], of: fn(&str, Kind) -> Option<Rule>| -> Vec<&str> {
                ids.iter().copied().filter(|id| of(id, kind).is_none()).collect()
            };
            let limits = ["deviation-text-cut", "deviation-too-many", "deviation-more"];
            assert_eq!(without(Deviation::IDS, of_deviation), limits);
            let limits = ["refused-too-large", "refused-too-many", "refused-foreign-domain", "salvaged-limit"];
            assert_eq!(without(Reason::IDS, of_reason), limits);
            assert_eq!((of_deviation("deviation-other", kind), of_reason("", kind)), (None, None));
        }
        let text = |id, kind| of_deviation(id, kind).map(|rule| rule.to_string()).unwrap_or_default();
        assert_eq!(text("deviation-count-zero", Kind::Aggregate), "RFC 9990 §3.1.1.8");
        assert_eq!(text("deviation-date", Kind::Tls), "RFC 8460 §4.4");
        assert_eq!(text("deviation-word-case", Kind::Failure), "RFC 6591 §3.3");
        assert_eq!(of_reason("salvaged-cut", Kind::Aggregate), Some(Rule("RFC 9990", "3.1.1")));
    }
}
