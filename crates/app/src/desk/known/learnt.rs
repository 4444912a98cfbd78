//! The selectors that mail and reports here show, of whatever domain.

use std::collections::BTreeSet;

use mailtext::Domain;
use report::vocabulary::MethodResult;

use super::mail::Mail;
use crate::common::Common;
use crate::failure::Failure;
use crate::limits::KNOWN_REPORT_DAYS;
use crate::reports::kept::Kept;

/// Domains and selectors of signatures that hold: of the mail of the last days, as far as the ledger is looked at, and of the
/// reports about our domains.
///
/// # Errors
/// What is there cannot be read.
pub(crate) async fn learnt(common: &Common) -> Result<BTreeSet<(Domain, Box<str>)>, Failure> {
    let mut found = BTreeSet::new();
    if let Some(mail) = Mail::open(common).await? {
        mail.selectors(&mut |domain, selector| {
            found.insert((domain.clone(), selector.to_ascii_lowercase().into()));
        })
        .await?;
    }
    if let Some(reports) = Kept::open(common, KNOWN_REPORT_DAYS).await? {
        for domain in reports.names() {
            let Some(about) = reports.about(&domain).await? else { continue };
            let signatures = about.told.lines.iter().flat_map(|line| &line.circumstances.dkim);
            // A signature that does not hold is one that anybody can write.
            for signature in signatures.filter(|one| one.result.known() == Some(MethodResult::Pass)) {
                if let (Ok(of), Some(selector)) = (Domain::parse(&signature.domain), signature.selector.as_deref()) {
                    found.insert((of, selector.to_ascii_lowercase().into()));
                }
            }
        }
    }
    Ok(found)
}
