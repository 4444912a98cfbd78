//! What may change while the daemon runs: rules, methods, lists, labels, the name, the servers of DNS. A connection that
//! is open keeps what it began with; the next one gets what is in effect then. A configuration that is wrong changes
//! nothing, and is told loudly.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use auth::Methods;
use mailtext::Domain;
use net::{Resolver, ResolverConfig};
use service::{Conversation, Outgoing, Settings};
use tokio::sync::watch;

use super::keys;
use super::ledger::Keeper;
use super::memory::Memory;
use super::metrics::{Metrics, Usable};
use super::notify::Manager;
use super::world::{Daemon, Held};
use crate::common::{Common, resolver_failure};
use crate::config::{
    Config, FailingConfig, LedgerConfig, MemoryConfig, ReportsConfig, Running, SigningConfig, WayInConfig,
};
use crate::dns::Web;
use crate::failure::Failure;
use crate::keys::signing::Source;
use crate::lists::Lists;
use crate::say::Say;
use crate::sending::Roles;

/// What the command line and the configuration ask for, read and found good.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) authserv_id: String,
    pub(super) resolver: ResolverConfig,
    pub(super) methods: Methods,
    pub(super) rules: Arc<policy::Rules>,
    /// BIMI's documents, when somebody wants them and they may be fetched.
    documents: Documents,
    pub(super) ledger: LedgerConfig,
    memory: MemoryConfig,
    results: service::Results,
    /// The file that was read.
    pub(super) file: Option<PathBuf>,
    listen: Vec<String>,
    pub(super) running: Running,
    /// All of it, for those who read it as they need it.
    pub(super) config: Arc<Config>,
    /// All of it as it was at the start, which is what holds where a reload changes nothing.
    started: Arc<Config>,
    /// Who is who among senders.
    pub(super) senders: insight::Map,
    /// Which mail is outgoing, and who signs it.
    pub(super) outgoing: Option<Outgoing>,
    /// Which failures are reported.
    failing: FailingConfig,
    /// Which mail is taken in on its way.
    way_in: WayInConfig,
    /// What the configuration says of keys and of who signs.
    signing: SigningConfig,
    /// The keys that are made here.
    pub(super) keys: Source,
    /// What the operator should hear of the keys, and of rules that can never act.
    warnings: Vec<Failure>,
}

/// Whether documents are fetched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Documents {
    Fetched,
    NotFetched,
}

impl Plan {
    /// # Errors
    /// An option or something that the configuration names is wrong.
    pub(super) fn of(common: &Common, authserv_id: Option<&str>) -> Result<Self, Failure> {
        let config = common.config();
        let methods = config.methods()?;
        config.alerts.check(&config.reporting)?;
        config.dashboard.openid.check()?;
        let source = Source::of(common);
        let signing = keys::read(&config.signing, source.managed()?)?;
        let mut rules = config.rules();
        Lists::read(&common.state_directory())?.apply(&mut rules);
        let idle = crate::config::idle(&rules, &methods, config);
        let fetched = methods.bimi.is_some() && config.bimi_fetch != Some(false);
        Ok(Self {
            authserv_id: common.authserv_id(authserv_id),
            resolver: common.resolver_config()?,
            rules: Arc::new(rules),
            documents: if fetched { Documents::Fetched } else { Documents::NotFetched },
            methods,
            ledger: config.ledger.clone(),
            memory: config.memory,
            results: config.results.clone(),
            file: common.config_file(),
            listen: config.listen.clone(),
            running: config.running.clone(),
            senders: config.reports.map()?,
            started: Arc::new(config.clone()),
            config: Arc::new(config.clone()),
            failing: config.failing.clone(),
            way_in: config.way_in.clone(),
            outgoing: signing.outgoing,
            signing: config.signing.clone(),
            keys: source,
            warnings: signing.warnings.into_iter().chain(idle).collect(),
        })
    }

    /// The same with the keys that sign now.
    fn with_keys(&self) -> Result<Self, Failure> {
        let outgoing = keys::read(&self.signing, self.keys.managed()?)?.outgoing;
        Ok(Self { outgoing, ..self.clone() })
    }

    /// The web for these methods: the one that there is, as long as nothing has changed about it.
    fn web(&self, resolver: &Resolver, before: Option<Web>) -> Result<Web, Failure> {
        match (self.documents, before) {
            (Documents::NotFetched, _) => Ok(Web::Nothing),
            (Documents::Fetched, Some(web @ Web::Net(_))) => Ok(web),
            (Documents::Fetched, _) => Web::start(resolver),
        }
    }

    /// What a conversation goes by.
    fn settings(&self, broken: &BTreeSet<Domain>, keeper: Option<&Keeper>) -> Settings {
        let mut settings = auth::Settings::new(self.authserv_id.clone());
        settings.methods = self.methods.clone();
        let lists = self.methods.dns_lists.iter();
        settings.methods.dns_lists = lists.filter(|list| !broken.contains(&list.zone)).cloned().collect();
        let settings = Settings::with_rules(Arc::new(settings), Arc::clone(&self.rules));
        let settings = settings.on_failure(self.ledger.on_failure).with_results(self.results.clone());
        let settings = match &self.outgoing {
            Some(outgoing) => settings.with_outgoing(outgoing.clone()),
            None => settings,
        };
        let settings = match self.way_in.way_in() {
            Some(way_in) => settings.with_way_in(way_in),
            None => settings,
        };
        let settings = if self.failing.is_any() { settings.with_header() } else { settings };
        if keeper.is_some() { settings.with_rows(self.ledger.evidence) } else { settings }
    }

    /// Tells what the operator should hear.
    fn warn(&self, say: &Say) {
        self.warnings.iter().for_each(|warning| tracing::warn!("{}", say.explain(warning)));
    }

    /// The keys that say something else than `other`, and that only a restart brings into effect.
    fn needing_restart(&self, other: &Self) -> Vec<&'static str> {
        let (running, before) = (&self.running, &other.running);
        let (ledger, kept) = (&self.ledger, &other.ledger);
        // What of the ledger's section takes effect at once.
        let taken = LedgerConfig { evidence: kept.evidence, on_failure: kept.on_failure, ..ledger.clone() };
        let changes = [
            ("receiver.listen", self.listen != other.listen),
            ("receiver.socket_mode, socket_owner, socket_group", running.socket != before.socket),
            ("receiver.connections", running.connections != before.connections),
            ("receiver.idle_timeout", running.idle_timeout != before.idle_timeout),
            ("receiver.stop_within", running.stop_within != before.stop_within),
            ("daemon.user", running.user != before.user),
            ("daemon.pid_file", running.pid_file != before.pid_file),
            ("daemon.http", running.http != before.http),
            ("daemon.log", running.log != before.log),
            ("ledger", taken != *kept),
            ("reports.file, lmtp, push, push_tokens", !is_same_door(&self.config.reports, &other.started.reports)),
            ("reports.imap", self.config.reports.mailboxes != other.started.reports.mailboxes),
            ("reports.send", self.config.reporting != other.started.reporting),
            ("reports.failure", self.failing != other.failing),
            ("reports.hosts, reports.geo", self.config.places != other.started.places),
            ("reports.milter", self.way_in != other.way_in),
            ("keys", self.keys != other.keys),
        ];
        changes.into_iter().filter(|(_, changed)| *changed).map(|(key, _)| key).collect()
    }
}

/// Whether reports come by the same doors, and into the same store.
fn is_same_door(one: &ReportsConfig, other: &ReportsConfig) -> bool {
    let doors = |config: &ReportsConfig| {
        (config.file.clone(), config.lmtp.clone(), config.push.clone(), config.push_tokens.clone())
    };
    doors(one) == doors(other)
}

/// What is in effect.
pub(super) struct Live {
    pub(super) world: Daemon,
    settings: Settings,
    pub(super) plan: Arc<Plan>,
    /// When it was read, seconds since 1970.
    pub(super) loaded_s: u64,
}

impl Live {
    /// A conversation by what is in effect.
    /// `listener` is the place at which the MTA came.
    pub(super) fn conversation(&self, listener: Option<Arc<str>>) -> Held {
        let conversation = Conversation::new(self.world.clone(), self.settings.clone());
        let conversation = match listener {
            Some(listener) => conversation.at(listener),
            None => conversation,
        };
        Held::new(conversation, self.world.metrics())
    }
}

/// Holds what is in effect, and puts something else in its place.
pub(super) struct Reloader {
    common: Arc<Common>,
    authserv_id: Option<String>,
    live: watch::Sender<Arc<Live>>,
    /// The lists that were found dead, by their zones. Held while something is put in place: one at a time.
    broken: Mutex<BTreeSet<Domain>>,
    say: Arc<Say>,
    manager: Arc<Manager>,
    metrics: Arc<Metrics>,
}

impl Reloader {
    /// Begins with this plan.
    ///
    /// # Errors
    /// There can be no resolver, or no TLS.
    pub(super) fn start(
        common: &Arc<Common>,
        (plan, authserv_id): (Plan, Option<String>),
        keeper: Option<Keeper>,
        say: &Arc<Say>,
        manager: &Arc<Manager>,
    ) -> Result<Self, Failure> {
        let resolver = Resolver::start(plan.resolver.clone()).map_err(|error| resolver_failure(&error))?;
        let web = plan.web(&resolver, None)?;
        plan.warn(say);
        let settings = plan.settings(&BTreeSet::new(), keeper.as_ref());
        let memory = keeper.clone().map(|keeper| Arc::new(Memory::new(keeper, plan.memory)));
        let world = Daemon::new(resolver, web, (keeper, memory), common.at_s(), Arc::clone(say));
        let metrics = world.metrics();
        let live = Live { world, settings, plan: Arc::new(plan), loaded_s: net::clock::now_s() };
        let (common, say, manager) = (Arc::clone(common), Arc::clone(say), Arc::clone(manager));
        let live = watch::Sender::new(Arc::new(live));
        Ok(Self { common, authserv_id, live, broken: Mutex::default(), say, manager, metrics })
    }

    /// What is in effect.
    pub(super) fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live.borrow())
    }

    /// Hears of changes.
    pub(super) fn subscribe(&self) -> watch::Receiver<Arc<Live>> {
        self.live.subscribe()
    }

    /// Who signs, whenever it is asked.
    pub(super) fn roles(&self) -> Roles {
        let live = self.live.subscribe();
        Arc::new(move || live.borrow().plan.outgoing.as_ref().map(|outgoing| Arc::clone(&outgoing.role)))
    }

    /// Reads the configuration again, and puts it into effect when it is good. What only a restart could change is named.
    ///
    /// # Errors
    /// It is wrong; nothing has changed.
    pub(super) fn reload(&self) -> Result<Vec<&'static str>, Failure> {
        self.manager.reloading();
        let taken = self.take();
        self.manager.ready();
        match &taken {
            Ok(waiting) => {
                self.metrics.reloads_taken.fetch_add(1, Ordering::Relaxed);
                tracing::info!("{}", self.say.word("serve-reloaded"));
                for key in waiting {
                    tracing::warn!("{}", self.say.say("serve-needs-restart", &[("key", (*key).into())]));
                }
            }
            Err(failure) => {
                self.metrics.reloads_refused.fetch_add(1, Ordering::Relaxed);
                let reason = self.say.explain(failure);
                tracing::error!("{}", self.say.say("serve-reload-refused", &[("reason", reason.into())]));
            }
        }
        taken
    }

    fn take(&self) -> Result<Vec<&'static str>, Failure> {
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        let plan = Plan::of(&self.common.again()?, self.authserv_id.as_deref())?;
        let now = self.live();
        let world = if plan.resolver == now.plan.resolver {
            // Its cache is kept.
            let resolver = now.world.resolver().clone();
            let web = plan.web(&resolver, Some(now.world.web()))?;
            now.world.with(resolver, web)
        } else {
            let resolver = Resolver::start(plan.resolver.clone()).map_err(|error| resolver_failure(&error))?;
            let web = plan.web(&resolver, None)?;
            now.world.with(resolver, web)
        };
        let waiting = plan.needing_restart(&now.plan);
        plan.warn(&self.say);
        if let Some(memory) = world.memory() {
            memory.configure(plan.memory);
        }
        // A list that is no more there may come again, and is innocent then.
        broken.retain(|zone| plan.methods.dns_lists.iter().any(|list| list.zone == *zone));
        // What needs a restart is as it was at the start, whatever was read since.
        let (failing, way_in) = (now.plan.failing.clone(), now.plan.way_in.clone());
        let (running, listen) = (now.plan.running.clone(), now.plan.listen.clone());
        let plan = Plan { running, listen, failing, way_in, started: Arc::clone(&now.plan.started), ..plan };
        let settings = plan.settings(&broken, world.keeper());
        self.live.send_replace(Arc::new(Live { world, settings, plan: Arc::new(plan), loaded_s: net::clock::now_s() }));
        Ok(waiting)
    }

    /// Takes the keys that sign now; of the configuration nothing is read again.
    pub(super) fn rekey(&self) {
        let broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.live();
        match now.plan.with_keys() {
            Ok(plan) => {
                let settings = plan.settings(&broken, now.world.keeper());
                let (world, loaded_s) = (now.world.clone(), now.loaded_s);
                self.live.send_replace(Arc::new(Live { world, settings, plan: Arc::new(plan), loaded_s }));
                tracing::info!("{}", self.say.word("keys-taken"));
            }
            // What signed so far goes on: its key is published as long as mail may be on its way.
            Err(failure) => tracing::error!("{}", self.say.explain(&failure)),
        }
    }

    /// Whether a list is used from now on.
    pub(super) fn use_list(&self, zone: &Domain, usable: Usable) {
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = match usable {
            Usable::Yes => broken.remove(zone),
            Usable::No => broken.insert(zone.clone()),
        };
        if changed {
            let now = self.live();
            let settings = now.plan.settings(&broken, now.world.keeper());
            let (world, plan, loaded_s) = (now.world.clone(), Arc::clone(&now.plan), now.loaded_s);
            self.live.send_replace(Arc::new(Live { world, settings, plan, loaded_s }));
        }
    }

    /// The lists, by the names under which they are shown, and whether each is used.
    pub(super) fn lists(&self) -> Vec<(String, Usable)> {
        let broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        let usable = |zone| if broken.contains(zone) { Usable::No } else { Usable::Yes };
        let live = self.live();
        live.plan.methods.dns_lists.iter().map(|list| (shown(list), usable(&list.zone))).collect()
    }

    /// The words of the log.
    pub(super) fn say(&self) -> &Say {
        &self.say
    }

    /// The counters.
    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }
}

/// The name of a list: a zone may hold a secret.
pub(super) fn shown(list: &auth::client::dns_lists::List) -> String {
    list.public_zone.as_ref().unwrap_or(&list.zone).to_string()
}
