//! Whether the lists in DNS that are asked still are lists (RFC 5782 §5): one that has died lists nobody, or everybody,
//! without a word. It is not used until it is one again.

use std::sync::Arc;
use std::time::Duration;

use auth::client::dns_lists::{Entries, List, Standing, TestEntries, self_test};

use super::metrics::Usable;
use super::reload::{Reloader, shown};
use crate::limits::{LIST_RETEST_S, LIST_RETRY_S, LIST_TEST_S, MESSAGE_DNS_S};

/// Tests all lists at the start, each day, and when the configuration has changed.
pub(super) async fn watch(reloader: Arc<Reloader>) {
    let mut changes = reloader.subscribe();
    loop {
        let wait = test(&reloader).await;
        // What this round itself has changed is no reason for another.
        changes.mark_unchanged();
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            changed = changes.changed() => if changed.is_err() { return },
        }
    }
}

/// Tests all lists, and says when to test them again.
async fn test(reloader: &Reloader) -> Duration {
    let live = reloader.live();
    let mut wait_s = LIST_TEST_S;
    for list in live.plan.methods.dns_lists.iter() {
        let lookup = live.world.resolver().for_message(Duration::from_secs(MESSAGE_DNS_S));
        match self_test(&lookup, list, entries(list)).await.result {
            Standing::Works => tell(reloader, list, Usable::Yes, None),
            Standing::Broken(problem) => {
                wait_s = wait_s.min(LIST_RETEST_S);
                tell(reloader, list, Usable::No, Some(reloader.say().explain(&problem)));
            }
            // Nobody knows: it stays as it is.
            Standing::Unknown(problem) => {
                wait_s = wait_s.min(LIST_RETRY_S);
                tracing::warn!(zone = %shown(list), "{}", reloader.say().explain(&problem));
            }
        }
    }
    Duration::from_secs(wait_s)
}

fn tell(reloader: &Reloader, list: &List, usable: Usable, reason: Option<String>) {
    let zone = shown(list);
    let before = reloader.lists().into_iter().find(|(name, _)| *name == zone).map(|(_, usable)| usable);
    let say = reloader.say();
    match (before, usable) {
        (_, Usable::No) => {
            let arguments = [("zone", zone.into()), ("reason", reason.unwrap_or_default().into())];
            tracing::warn!("{}", say.say("serve-list-dead", &arguments));
        }
        (Some(Usable::No), Usable::Yes) => tracing::info!("{}", say.say("serve-list-works", &[("zone", zone.into())])),
        (_, Usable::Yes) => {}
    }
    reloader.use_list(&list.zone, usable);
}

/// Which test entries the list must have.
fn entries(list: &List) -> TestEntries {
    match list.entries {
        Entries::Ip4 | Entries::Ip => TestEntries::Ip4,
        Entries::Ip6 => TestEntries::Ip6,
        Entries::Domains => TestEntries::Domains,
    }
}
