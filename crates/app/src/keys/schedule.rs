//! What the daemon does about keys: it hears of changes, whoever makes them, and leads the lines on as their time comes.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mailtext::Value;
use net::Resolver;
use outgoing::rotation::{Book, LineId};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::pass::{Keys, Report};
use super::signing::Source;
use super::store::Lock;
use super::world::{Network, Published};
use crate::failure::Failure;
use crate::limits::{KEYS_RETRY_S, KEYS_WATCH_S};
use crate::say::Say;

/// Leads keys on.
pub(crate) struct Schedule {
    source: Source,
    resolver: Resolver,
    reports_file: PathBuf,
    say: Arc<Say>,
    /// When each line wants to be turned again.
    wakes: HashMap<LineId, u64>,
}

impl Schedule {
    pub(crate) fn new(source: Source, resolver: Resolver, reports_file: PathBuf, say: Arc<Say>) -> Self {
        Self { source, resolver, reports_file, say, wakes: HashMap::new() }
    }

    /// Goes on for ever. `changed` is called when the keys that sign may be others.
    pub(crate) async fn run(mut self, changed: impl Fn() + Send) {
        let mut stamp = self.source.stamp();
        let mut next_s = 0;
        loop {
            let now = self.source.stamp();
            if now != stamp {
                // Somebody else has changed something: a line may be new, or was commanded.
                stamp = now;
                next_s = 0;
                self.wakes.clear();
                changed();
            }
            let now_s = net::clock::now_s();
            if self.source.is_used() && now_s >= next_s {
                // Files are flushed and commands run in between: that is no work for those who answer the MTA.
                let handle = Handle::current();
                let turning = spawn_blocking(move || {
                    let turned = handle.block_on(self.turn(now_s));
                    (self, turned)
                });
                let Ok((back, turned)) = turning.await else { return };
                self = back;
                let wake_s = self.wakes.values().min().copied().unwrap_or(u64::MAX);
                next_s = now_s.saturating_add(KEYS_RETRY_S).min(wake_s.max(now_s + 1));
                if let Err(failure) = turned {
                    tracing::error!("{}", self.say.explain(&failure));
                    next_s = now_s.saturating_add(KEYS_RETRY_S);
                }
                let now = self.source.stamp();
                if now != stamp {
                    stamp = now;
                    changed();
                }
            }
            tokio::time::sleep(Duration::from_secs(KEYS_WATCH_S)).await;
        }
    }

    /// Turns every line, once.
    ///
    /// # Errors
    /// The store cannot be used.
    pub(crate) async fn once(mut self, now_s: u64) -> Result<(), Failure> {
        if self.source.is_used() { self.turn(now_s).await } else { Ok(()) }
    }

    /// Turns the lines whose time has come.
    async fn turn(&mut self, now_s: u64) -> Result<(), Failure> {
        let store = self.source.store()?;
        let config = &self.source.config;
        let world = Network::new(config, self.resolver.clone(), self.reports_file.clone());
        let keys = Keys { store: &store, config, world };
        let wakes = &self.wakes;
        let is_due = |id: &&LineId| wakes.get(*id).is_none_or(|wake_s| *wake_s <= now_s);
        let due = |book: &mut Book, _: &Lock| Ok(book.lines().map(|(id, _)| id).filter(is_due).cloned().collect());
        let report = keys.pass(now_s, due).await?;
        tell(&report, &self.say);
        self.wakes.retain(|id, _| report.book.line(id).is_some());
        self.wakes.extend(report.turns.into_iter().map(|(id, turn)| (id, turn.wake_s)));
        Ok(())
    }
}

/// Writes to the log what happened, and what somebody should look at.
fn tell(report: &Report, say: &Say) {
    for (id, turn) in &report.turns {
        for event in &turn.events {
            tracing::info!(domain = %id.domain, algorithm = id.algorithm, "{}", say.explain(event));
        }
        for wait in turn.waits.iter().filter(|wait| wait.is_trouble()) {
            tracing::warn!(domain = %id.domain, algorithm = id.algorithm, "{}", say.explain(wait));
        }
    }
    for (id, put, published) in &report.published {
        match published {
            Published::Failed(failure) => {
                tracing::error!(domain = %id.domain, name = %put.name, "{}", say.explain(failure));
            }
            Published::ByHand => {
                let name = [("name", Value::from(put.name.as_str()))];
                tracing::warn!(domain = %id.domain, "{}", say.say("keys-by-hand", &name));
            }
            Published::Done | Published::Unchanged => {}
        }
    }
    for failure in &report.failures {
        tracing::error!("{}", say.explain(failure));
    }
}
