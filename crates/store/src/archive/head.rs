//! What stores add to a report's head: on which side and on which day it counts, and whether it can be kept. The same for
//! every store.

use feedback::archive::{ArchiveError, Content, Kind, Parcel, Status, Trust};
pub(super) use feedback::head::Head;

/// Whether a report counts, or is kept apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Side {
    /// Nobody vouches for it.
    Apart,
    /// Somebody does.
    Counted,
}

impl Side {
    pub(super) fn of(trust: &Trust) -> Self {
        match trust {
            Trust::Given | Trust::Authenticated(_) => Self::Counted,
            // RFC 9990 §8.2: reports may be forged; what nobody vouches for does not count.
            Trust::Unauthenticated => Self::Apart,
        }
    }
}

/// A report in short, with numbers that stores can keep with a sign.
pub(super) fn head_of(parcel: &Parcel) -> Head {
    let head = Head::of(parcel);
    let bounded = |number: u64| number.min(i64::MAX as u64);
    Head { begin_s: bounded(head.begin_s), end_s: bounded(head.end_s), ..head }
}

/// Under which name the reporter's ids are its own.
pub(super) fn sender(head: &Head) -> Box<str> {
    if head.reporter.is_empty() { head.organization.to_lowercase().into() } else { head.reporter.clone() }
}

/// The day on which a report counts, in days since 1970.
pub(super) fn day(head: &Head, received_ms: u64) -> u32 {
    let (begin_s, _) = period(head.begin_s, head.end_s, received_ms);
    u32::try_from(begin_s / DAY_S).unwrap_or(DAY_MAX).min(DAY_MAX)
}

/// Whether another one may be the same report by its id.
pub(super) fn has_name(head: &Head) -> bool {
    matches!(head.kind, Some(Kind::Aggregate | Kind::Tls)) && !head.domains.is_empty()
}

/// The period of a report, in seconds since 1970; of one without, the time of receipt.
pub(super) fn period(begin_s: u64, end_s: u64, received_ms: u64) -> (u64, u64) {
    if begin_s == 0 && end_s == 0 { (received_ms / 1000, received_ms / 1000) } else { (begin_s, end_s) }
}

/// Whether a parcel can be kept at all.
pub(super) fn check(parcel: &Parcel) -> Result<(), ArchiveError> {
    let failed = |what: &str| Err(ArchiveError::Failed { what: what.to_owned() });
    let is_refused = matches!(parcel.content, Content::Refused(_));
    if is_refused != (parcel.status == Status::Refused) {
        return failed("a report is refused if it has no content, and only then");
    }
    match &parcel.content {
        Content::Aggregate(report) if report.records.iter().any(|record| report.circumstances_of(record).is_none()) => {
            failed("a record without circumstances")
        }
        _ => Ok(()),
    }
}

const DAY_S: u64 = 86_400;
/// The last day that is told from others.
const DAY_MAX: u32 = u32::MAX - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_the_day_of_the_begin() {
        let day = |begin_s, end_s| day(&Head { begin_s, end_s, ..Head::default() }, 3 * DAY_S * 1000);
        assert_eq!((day(DAY_S, 9 * DAY_S), day(2 * DAY_S - 1, 2 * DAY_S), day(0, 0)), (1, 1, 3));
        assert_eq!((day(0, 5), day(u64::MAX, 0)), (0, DAY_MAX));
    }
}
