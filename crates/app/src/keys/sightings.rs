//! Selectors that received reports show.

use std::collections::{HashMap, HashSet};

use feedback::Archive as _;
use feedback::archive::CountQuery;
use feedback::limits::PAGE_LINE_COUNT_MAX;
use mailtext::Domain;
use report::query::Reach;
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
        let query = CountQuery {
            domain: Some(((*domain).clone(), Reach::Below)),
            from_day: u32::try_from(now_s.saturating_sub(LOOK_BACK_S) / DAY_S).ok(),
            limit: PAGE_LINE_COUNT_MAX,
            ..CountQuery::default()
        };
        // Where the store cannot answer, the next turn asks again; until then nothing new is known.
        for line in archive.sources(query).await.unwrap_or_default() {
            let end_s = (u64::from(line.last_day) + 1) * DAY_S;
            for signature in &line.circumstances.dkim {
                let of = Domain::parse(&signature.domain).ok().filter(|of| of == domain);
                let selector = signature.selector.as_deref().and_then(|it| Domain::parse(it).ok());
                if let (Some(of), Some(selector)) = (of, selector) {
                    let latest: &mut u64 = found.entry((of, selector)).or_default();
                    *latest = (*latest).max(end_s);
                }
            }
        }
    }
    found
}

const DAY_S: u64 = 86_400;
const LOOK_BACK_S: u64 = 90 * DAY_S;
