//! Selectors that received reports show.

use std::collections::{HashMap, HashSet};

use feedback::archive::CountQuery;
use feedback::limits::PAGE_LINE_COUNT_MAX;
use feedback::{Archive as _, ArchiveError};
use mailtext::Domain;
use report::query::Reach;
use report::vocabulary::MethodResult;
use store::SqliteArchive;

/// The end of the last day on which a report shows each selector of these domains, in seconds since 1970. What nobody vouches
/// for does not count: anybody could keep a record alive with it.
pub(super) async fn reported(
    archive: &SqliteArchive,
    domains: &[Domain],
    now_s: u64,
) -> HashMap<(Domain, Domain), u64> {
    let mut found = HashMap::new();
    let unique: HashSet<&Domain> = domains.iter().collect();
    for domain in unique {
        // Where the store cannot answer, the next turn asks again; until then nothing new is known.
        let shown = shown(archive, domain, now_s).await.unwrap_or_default();
        found.extend(shown.into_iter().map(|(selector, its)| ((domain.clone(), selector), its.end_s())));
    }
    found
}

/// What reports show of a selector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Shown {
    /// The last day, in days since 1970.
    pub(crate) last_day: u32,
    /// Messages with a signature under it.
    pub(crate) messages: u64,
    /// Those of them whose signature held.
    pub(crate) verified: u64,
    /// Whether all that the reports tell was looked at.
    pub(crate) is_whole: bool,
}

impl Shown {
    /// The end of the last day, in seconds since 1970.
    pub(crate) fn end_s(&self) -> u64 {
        (u64::from(self.last_day) + 1) * DAY_S
    }
}

/// What reports that somebody vouches for show of each selector of a domain.
///
/// # Errors
/// The store cannot answer.
pub(crate) async fn shown(
    archive: &SqliteArchive,
    domain: &Domain,
    now_s: u64,
) -> Result<HashMap<Domain, Shown>, ArchiveError> {
    let query = CountQuery {
        domain: Some((domain.clone(), Reach::Below)),
        from_day: u32::try_from((now_s / DAY_S).saturating_sub(LOOK_BACK_DAYS.into())).ok(),
        limit: PAGE_LINE_COUNT_MAX,
        ..CountQuery::default()
    };
    let lines = archive.sources(query).await?;
    let is_whole = lines.len() < PAGE_LINE_COUNT_MAX;
    let mut found = HashMap::new();
    for line in &lines {
        // A message may have several signatures under one selector.
        let mut of_line: HashMap<Domain, bool> = HashMap::new();
        let own = |name: &str| Domain::parse(name).is_ok_and(|of| of == *domain);
        for signature in line.circumstances.dkim.iter().filter(|one| own(&one.domain)) {
            if let Some(selector) = signature.selector.as_deref().and_then(|it| Domain::parse(it).ok()) {
                *of_line.entry(selector).or_default() |= signature.result.known() == Some(MethodResult::Pass);
            }
        }
        for (selector, holds) in of_line {
            let shown = found.entry(selector).or_insert(Shown { last_day: 0, messages: 0, verified: 0, is_whole });
            shown.last_day = shown.last_day.max(line.last_day);
            shown.messages = shown.messages.saturating_add(line.count);
            shown.verified = shown.verified.saturating_add(if holds { line.count } else { 0 });
        }
    }
    Ok(found)
}

const DAY_S: u64 = 86_400;
/// How far back it is looked, in days.
pub(crate) const LOOK_BACK_DAYS: u32 = 90;
