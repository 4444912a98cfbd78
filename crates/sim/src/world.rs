//! The world of conversations, as the daemon has one: only that this one is made of a seed.

use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lookup::budget::Budget;
use lookup::coalesce::Coalesce;
use mailtext::{Domain, Explain};
use policy::{Input, Rules, Standing, Transaction, decide, decide_early};
use report::row::Address;
use report::{Entry, IdSource, LedgerError, RowId, Site};
use service::world::Moment;
use service::{Receipt, Sent, World};

use crate::clock::{Clock, Sleep};
use crate::dns::{Failures, Timed, Upstream};
use crate::history::{Judged, Noted, Way};
use crate::ledger::Ledger;
use crate::limits::PATIENCE_US;

/// A daemon: what it has in memory dies with it.
pub struct Daemon {
    ids: Mutex<IdSource>,
    ledger: Arc<Ledger>,
    clock: Clock,
    rules: Arc<Rules>,
}

impl Daemon {
    /// A daemon that has just started: its ids go on where its ledger ends.
    #[must_use]
    pub fn start(ledger: Arc<Ledger>, clock: Clock, rules: Arc<Rules>) -> Arc<Self> {
        let ids = Mutex::new(IdSource::new(Site::default(), ledger.last_id(Site::default())));
        Arc::new(Self { ids, ledger, clock, rules })
    }
}

/// The world of one session's conversations. Cheap to clone.
#[derive(Clone)]
pub struct SimWorld {
    daemon: Arc<Daemon>,
    upstream: Arc<Coalesce<Upstream>>,
    slot: Arc<Slot>,
}

/// What a session's world knows of the message under way, and hears of it.
#[derive(Default)]
pub struct Slot {
    dns_failures: Arc<Failures>,
    state: Mutex<SlotState>,
}

#[derive(Default)]
struct SlotState {
    queue_id: String,
    /// The recipients' domains; of those that were refused and of what is no domain nothing.
    recipients: Vec<Option<Domain>>,
    list_id: Option<Domain>,
    tries: u32,
    ledger_failures: u32,
    /// How long an MTA that waits is left without a word.
    patience: Option<Sleep>,
    noted: Vec<Noted>,
}

impl Slot {
    /// A message begins: what was counted and heard so far is forgotten.
    pub fn begin(&self, queue_id: &str, recipients: Vec<Option<Domain>>, list_id: Option<Domain>) {
        self.dns_failures.all.store(0, Ordering::Relaxed);
        self.dns_failures.late.store(0, Ordering::Relaxed);
        *self.state() = SlotState { queue_id: queue_id.to_owned(), recipients, list_id, ..SlotState::default() };
    }

    /// A recipient was refused.
    pub fn refuse(&self, at: usize) {
        if let Some(recipient) = self.state().recipients.get_mut(at) {
            *recipient = None;
        }
    }

    /// What policy is told of the message beside what was found.
    fn transaction(&self) -> Transaction {
        let state = self.state();
        let mut transaction = Transaction { list_id: state.list_id.clone(), ..Transaction::default() };
        for domain in state.recipients.iter().flatten() {
            if !transaction.recipients.contains(domain) {
                transaction.recipients.push(domain.clone());
            }
        }
        transaction
    }

    /// What was heard since the last time.
    pub fn take_noted(&self) -> Vec<Noted> {
        std::mem::take(&mut self.state().noted)
    }

    /// How often DNS failed, how often of these because it was asked too late, and how often the ledger failed.
    pub fn failures(&self) -> (u32, u32, u32) {
        let Failures { all, late } = &*self.dns_failures;
        (all.load(Ordering::Relaxed), late.load(Ordering::Relaxed), self.state().ledger_failures)
    }

    fn state(&self) -> MutexGuard<'_, SlotState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SimWorld {
    /// The world of a session.
    #[must_use]
    pub fn new(daemon: Arc<Daemon>, upstream: Arc<Coalesce<Upstream>>, slot: Arc<Slot>) -> Self {
        Self { daemon, upstream, slot }
    }

    /// Decides once more: a verdict is nothing but a fold of facts, rules and what is remembered.
    fn replayed_otherwise(&self, receipt: &Receipt<'_>) -> String {
        let (live, rules) = (receipt.verdict, &self.daemon.rules);
        let transaction = self.slot.transaction();
        let again = match receipt.moment {
            Moment::End => decide(&Input::of(receipt.facts, &transaction), rules, &Standing::default()),
            // Of one recipient; which one the receipt does not say.
            Moment::Recipient => {
                let one = |domain: &Domain| Transaction {
                    recipients: vec![domain.clone()],
                    list_id: None,
                    ..Transaction::default()
                };
                let each = transaction.recipients.iter();
                let verdicts = each
                    .map(|domain| decide_early(&Input::of(receipt.facts, &one(domain)), rules, &Standing::default()));
                let Some(same) = verdicts.into_iter().find(|verdict| verdict.reasons == live.reasons) else {
                    return "verdict for every recipient".to_owned();
                };
                same
            }
        };
        let mut different = Vec::new();
        // What failed of ours changes the action and nothing else.
        if receipt.failure.is_none() && again.action != live.action {
            different.push("action");
        }
        if again.disposition != live.disposition {
            different.push("disposition");
        }
        if again.overrides != live.overrides {
            different.push("overrides");
        }
        if again.reasons != live.reasons {
            different.push("reasons");
        }
        if again.labels != live.labels {
            different.push("labels");
        }
        different.join(" ")
    }

    fn note(&self, noted: Noted) {
        let mut state = self.slot.state();
        state.noted.push(noted);
        state.patience = None;
    }

    fn stored(&self, row: Option<RowId>) -> Option<Box<report::Row>> {
        row.and_then(|id| self.daemon.ledger.row(id)).map(Box::new)
    }
}

impl World for SimWorld {
    type Lookup = Arc<Budget<Timed>>;
    type Fetch = lookup::fetch::Disabled;

    fn lookup(&self) -> Self::Lookup {
        let failures = Arc::clone(&self.slot.dns_failures);
        let timed = Timed::new(Arc::clone(&self.upstream), self.daemon.clock.clone(), failures);
        Arc::new(Budget::new(timed))
    }

    fn fetch(&self) -> lookup::fetch::Disabled {
        lookup::fetch::Disabled
    }

    fn now_s(&self) -> u64 {
        self.daemon.clock.wall_ms() / 1000
    }

    fn elapsed_us(&self) -> u64 {
        self.daemon.clock.now_us()
    }

    fn next_id(&self) -> Option<RowId> {
        let now_ms = self.daemon.clock.wall_ms();
        Some(self.daemon.ids.lock().unwrap_or_else(PoisonError::into_inner).next(now_ms))
    }

    async fn keep(&self, entry: Entry) -> Result<(), LedgerError> {
        let whose = {
            let mut state = self.slot.state();
            state.tries += 1;
            format!("{} {}", state.queue_id, state.tries)
        };
        let result = self.daemon.ledger.keep(entry, &whose).await;
        if let Err(error) = &result
            && !matches!(error, LedgerError::Conflict { .. })
        {
            self.slot.state().ledger_failures += 1;
        }
        result
    }

    async fn patience(&self) {
        // Kept here, so that it does not begin anew with each poll.
        poll_fn(|context| {
            let mut state = self.slot.state();
            let ends_us = self.daemon.clock.now_us() + PATIENCE_US;
            let sleep = state.patience.get_or_insert_with(|| self.daemon.clock.sleep_until(ends_us));
            let is_over = Pin::new(sleep).poll(context);
            if is_over.is_ready() {
                state.patience = None;
            }
            is_over
        })
        .await;
    }

    fn address(&self, address: &str) -> Address {
        Address::Text(address.into())
    }

    fn digest(&self, bytes: &[u8]) -> [u8; 16] {
        // Not a hash: the same bytes give the same, and that is all that is asked of it here.
        std::array::from_fn(|at| bytes.get(at).copied().unwrap_or_default())
    }

    fn dealt_with(&self, receipt: Receipt<'_>) {
        let mut judged = Judged::of(receipt.facts, receipt.verdict);
        judged.replayed_otherwise = self.replayed_otherwise(&receipt);
        self.note(Noted {
            moment: receipt.moment,
            queue_id: receipt.queue_id.unwrap_or_default().to_owned(),
            way: Way::In(Box::new(judged)),
            action: receipt.verdict.action,
            failure: receipt.failure.map(Explain::id),
            row: receipt.row,
            stored: self.stored(receipt.row),
            cleaned: receipt.cleaned.is_ok(),
            labelled: receipt.labelled.is_ok(),
            now_s: self.now_s(),
            at_us: self.elapsed_us(),
        });
    }

    fn sent(&self, sent: Sent<'_>) {
        self.note(Noted {
            moment: Moment::End,
            queue_id: sent.queue_id.unwrap_or_default().to_owned(),
            way: Way::Out(sent.signed.signatures.iter().map(|one| one.domain.to_string()).collect()),
            action: sent.action,
            failure: sent.failure.map(Explain::id),
            row: sent.row,
            stored: self.stored(sent.row),
            cleaned: sent.cleaned.is_ok(),
            labelled: sent.inserted.is_ok(),
            now_s: self.now_s(),
            at_us: self.elapsed_us(),
        });
    }

    fn say(&self, reason: &dyn Explain) -> String {
        reason.id().to_owned()
    }
}
