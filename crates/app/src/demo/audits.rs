//! Audits of the domains, as the daemon takes and keeps them: what the zone said then, judged with what is known here.

use audit::guideline::Role;
use audit::{SelectorSource, Subject};
use lookup::fetch::{Both, Disabled};
use store::SqliteArchive;
use store::archive::Keeping;

use super::town::{ACTIVE, BUSES, DOMAINS, Keys, TOWN, name, zone};
use super::{DAY_S, broken};
use crate::common::Common;
use crate::desk::history::{Looked, last, look, new_audit};
use crate::desk::known::{Installation, Warned};
use crate::failure::Failure;

/// Takes the audits of these moments, in days ago.
///
/// # Errors
/// The store cannot take them.
pub(super) async fn fill(
    common: &Common,
    archive: &SqliteArchive,
    keys: &Keys,
    moments: &[u64],
) -> Result<(), Failure> {
    let now_s = common.now_s();
    let warned = Warned::in_log();
    let installation = Installation::open(common, &[Role::Owner], &warned).await;
    for days_ago in moments.iter().copied() {
        let world = Both { lookup: zone(keys, days_ago)?, fetch: Disabled };
        let at_s = now_s.saturating_sub(days_ago * DAY_S);
        for domain in DOMAINS {
            let mut subject = Subject::new(name(domain)?);
            subject.now_s = i64::try_from(at_s).unwrap_or(i64::MAX);
            let selectors: &[&str] = match domain {
                TOWN => &[ACTIVE, "k2"],
                BUSES => &["bus1"],
                _ => &[],
            };
            subject.selectors.extend(selectors.iter().map(|selector| ((*selector).into(), SelectorSource::Given)));
            let history = archive.audits("", domain).await.map_err(|error| broken(&error.to_string()))?;
            let before = last(&subject.domain, &history);
            let looked = look((&world, &installation), subject, (&history, before.as_ref()), 7 * DAY_S).await;
            let Looked::Audited(audit, _) = looked else { return Err(broken("an audit that nobody answers")) };
            let kept = archive.keep_audit(new_audit(&audit, Vec::new())).await;
            if kept.map_err(|error| broken(&error.to_string()))? != Keeping::Kept {
                return Err(broken("an audit that is not kept"));
            }
        }
    }
    Ok(())
}

/// When, in days ago, before the next key was made.
pub(super) const BEFORE: &[u64] = &[84, 56, 42, 28, 14, 7];
/// When, behind that.
pub(super) const BEHIND: &[u64] = &[0];
