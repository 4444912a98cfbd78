//! The real world of a message: DNS, the clock, the log.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use auth::Facts;
use mailtext::Explain;
use milter::ProtocolError;
use net::{MessageResolver, Resolver};
use policy::{Input, Standing};
use report::row::Address;
use report::{Entry, LedgerError, RowId};
use service::world::Moment;
use service::{AfterWayIn, Conversation, Receipt, Sent, WasSent, World};

use super::failure::Failures;
use super::ledger::Keeper;
use super::log;
use super::memory::Memory;
use super::metrics::Metrics;
use super::way_in::MilterIntake;
use crate::dns::{Documents, Web};
use crate::limits::{MESSAGE_DNS_S, PROGRESS_EVERY_S};
use crate::say::{Language, Say};

/// The world of all conversations. Cheap to clone.
#[derive(Clone)]
pub(super) struct Daemon {
    resolver: Resolver,
    web: Web,
    /// Where rows are kept, if they are.
    keeper: Option<Keeper>,
    /// What is remembered beside the rows.
    memory: Option<Arc<Memory>>,
    /// When the daemon began.
    began: Instant,
    /// `--at`, where it was given.
    at_s: Option<u64>,
    /// The words of the log.
    say: Arc<Say>,
    /// The words of the header field: programs read it, everywhere, so it is English.
    header_words: Arc<Say>,
    counts: Arc<Counts>,
    metrics: Arc<Metrics>,
    ears: Arc<Ears>,
}

/// Who else wants to hear of messages: known once all is open.
#[derive(Default)]
struct Ears {
    failures: OnceLock<Failures>,
    way_in: OnceLock<MilterIntake>,
}

/// What has been done so far.
#[derive(Default)]
pub(super) struct Counts {
    /// Connections that are open.
    pub(super) connections: AtomicU64,
    /// Messages that were dealt with.
    pub(super) messages: AtomicU64,
}

impl Daemon {
    pub(super) fn new(
        resolver: Resolver,
        web: Web,
        (keeper, memory): (Option<Keeper>, Option<Arc<Memory>>),
        at_s: Option<u64>,
        say: Arc<Say>,
    ) -> Self {
        let header_words = match say.language() {
            Language::English => Arc::clone(&say),
            Language::Japanese => Arc::new(Say::new(Language::English)),
        };
        let (counts, metrics, ears) = Default::default();
        Self { resolver, web, keeper, memory, began: Instant::now(), at_s, say, header_words, counts, metrics, ears }
    }

    /// The same with other sources of answers.
    pub(super) fn with(&self, resolver: Resolver, web: Web) -> Self {
        Self { resolver, web, ..self.clone() }
    }

    /// From now on these hear of messages, each where it is.
    pub(super) fn hear(&self, failures: Option<Failures>, way_in: Option<MilterIntake>) {
        // This is said once.
        let _ = failures.map(|failures| self.ears.failures.set(failures));
        let _ = way_in.map(|way_in| self.ears.way_in.set(way_in));
    }

    pub(super) fn resolver(&self) -> &Resolver {
        &self.resolver
    }

    pub(super) fn web(&self) -> Web {
        self.web.clone()
    }

    pub(super) fn keeper(&self) -> Option<&Keeper> {
        self.keeper.as_ref()
    }

    pub(super) fn memory(&self) -> Option<&Arc<Memory>> {
        self.memory.as_ref()
    }

    pub(super) fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    pub(super) fn counts(&self) -> Arc<Counts> {
        Arc::clone(&self.counts)
    }
}

impl World for Daemon {
    type Lookup = MessageResolver;
    type Fetch = Documents;

    fn lookup(&self) -> MessageResolver {
        self.resolver.for_message(Duration::from_secs(MESSAGE_DNS_S))
    }

    fn fetch(&self) -> Documents {
        self.web.for_message()
    }

    fn now_s(&self) -> u64 {
        self.at_s.unwrap_or_else(net::clock::now_s)
    }

    fn elapsed_us(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn next_id(&self) -> Option<RowId> {
        let now_ms = self.at_s.map_or_else(net::clock::now_ms, |at_s| at_s.saturating_mul(1000));
        self.keeper.as_ref().map(|keeper| keeper.next_id(now_ms))
    }

    async fn keep(&self, entry: Entry) -> Result<(), LedgerError> {
        match &self.keeper {
            Some(keeper) => keeper.keep(entry).await,
            None => Err(LedgerError::Closed),
        }
    }

    async fn sent_before(&self, message_ids: Vec<[u8; 16]>) -> WasSent {
        match &self.keeper {
            Some(keeper) => keeper.was_sent(message_ids, self.now_s().saturating_mul(1000)).await,
            None => WasSent::Unknown,
        }
    }

    async fn standing(&self, facts: &Facts, input: &Input) -> Standing {
        match &self.memory {
            Some(memory) => memory.standing(facts, input, self.now_s()).await,
            None => Standing::default(),
        }
    }

    fn patience(&self) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(Duration::from_secs(PROGRESS_EVERY_S))
    }

    async fn take_in(&self, message: Vec<u8>, facts: &Facts, after: AfterWayIn) -> Result<(), Box<str>> {
        match self.ears.way_in.get() {
            Some(way_in) => way_in.take(message, facts, after).await,
            None => Err(self.say.word("reports-label-nobody-takes").into()),
        }
    }

    fn address(&self, address: &str) -> Address {
        self.keeper.as_ref().map_or(Address::Withheld, |keeper| keeper.address(address))
    }

    fn digest(&self, bytes: &[u8]) -> [u8; 16] {
        self.keeper.as_ref().map(|keeper| keeper.digest(bytes)).unwrap_or_default()
    }

    fn dealt_with(&self, receipt: Receipt<'_>) {
        match receipt.moment {
            Moment::End => {
                self.counts.messages.fetch_add(1, Ordering::Relaxed);
                self.metrics.message(receipt.facts, receipt.verdict.action);
                if let Some(memory) = &self.memory {
                    memory.note(&receipt, self.now_s());
                }
            }
            // No message came.
            Moment::Recipient => self.metrics.recipient_refused(),
        }
        if let Some(failures) = self.ears.failures.get() {
            failures.hear(&receipt, self.now_s());
        }
        log::message(&receipt, &self.say);
    }

    fn sent(&self, sent: Sent<'_>) {
        self.counts.messages.fetch_add(1, Ordering::Relaxed);
        self.metrics.sent(sent.signed, sent.action);
        log::sent(&sent, &self.say);
    }

    fn say(&self, reason: &dyn Explain) -> String {
        self.header_words.explain(reason)
    }
}

/// A conversation as `net` holds it: the two crates do not know each other.
pub(super) struct Held {
    conversation: Conversation<Daemon>,
    metrics: Arc<Metrics>,
    /// Since when the MTA waits for a verdict.
    waits: Option<Instant>,
}

impl Held {
    pub(super) fn new(conversation: Conversation<Daemon>, metrics: Arc<Metrics>) -> Self {
        Self { conversation, metrics, waits: None }
    }

    /// While the MTA waits for a verdict, nothing more is taken from it.
    fn watch(&mut self) {
        if self.waits.is_none() && !self.conversation.wants_input() && !self.conversation.is_finished() {
            self.waits = Some(Instant::now());
        }
    }
}

impl net::Conversation for Held {
    type Error = ProtocolError;

    fn feed(&mut self, bytes: &[u8]) -> Result<(), ProtocolError> {
        let fed = self.conversation.feed(bytes);
        self.watch();
        fed
    }

    fn output(&mut self, into: &mut Vec<u8>) {
        self.conversation.output(into);
    }

    async fn drive(&mut self) {
        self.conversation.drive().await;
        // A recipient's answer is waited for, too; of that no time is told.
        if let Some(since) = self.waits.take().filter(|_| self.conversation.is_between_messages()) {
            self.metrics.waited(since.elapsed());
        }
        self.watch();
        // What came behind the end of a message was kept until its verdict, and nobody feeds any more to hear of it.
        if let Some(error) = self.conversation.error() {
            tracing::warn!(reason = %error, "milter");
        }
    }

    fn wants_input(&self) -> bool {
        self.conversation.wants_input()
    }

    fn is_finished(&self) -> bool {
        self.conversation.is_finished()
    }

    fn is_between_messages(&self) -> bool {
        self.conversation.is_between_messages()
    }
}
