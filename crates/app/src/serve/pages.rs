//! The pages: the desk over the stores of this house. `look` is what costs questions, `sight` where keys were seen.

mod look;
mod sight;

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use audit::history::Kept;
use dashboard::limits::ORIGIN_MS;
use dashboard::openid::Way;
use dashboard::origins::{self, Origins};
use dashboard::sources::{
    Asking, Catalogue, Looked, NoticedPage, NoticedQuery, Published, Rotations, Settings, Sources, Survey, Voice,
    no_provider,
};
use dashboard::{Desk, Moment, Trouble};
use feedback::Archive as _;
use feedback::archive::{DocumentLine, Receipt, SourceLine};
use feedback::intake;
use feedback::outbox::JobId;
use insight::{Classifier, Hosts, Map, Marks};
use lookup::Lookup;
use mailtext::Domain;
use net::MessageResolver;
use net::http::{Request, Response, StatusCode, status};
use people::openid::Provider;
use people::openid::party::{PartyError, Redeemed};
use people::openid::token::Claims;
use people::{NewLine, Registry as _, Secret, Setup};
use report::row::Address;
use report::sources::{Origin, Place};
use store::archive::{LatestQuery, SurveyLine};
use store::{Sqlite, SqliteArchive, SqliteRegistry};
use tokio::sync::watch;
use words::Language;

use self::look::{Looks, look_at};
use self::sight::{Found, Sights};
use super::ledger::Keeper;
use super::openid::Reach;
use super::reload::Live;
use super::reporting::Wake;
use crate::common::Common;
use crate::config::{DashboardConfig, DashboardTls, PlacesConfig};
use crate::desk::world::{Elsewhere, Outside, Patient};
use crate::dns::Web;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::keys::sightings::LOOK_BACK_DAYS;
use crate::keys::signing::Source;
use crate::limits::{LOOK_QUESTION_S, MESSAGE_DNS_S, PAGE_DNS_COUNT_MAX, PAGE_DNS_KEPT_S, PAGE_DNS_MS, PEOPLE_SWEEP_S};
use crate::published::Published as OfDns;
use crate::reports::packer::Packer;
use crate::say::Say;
use crate::survey::keep::{kept_of, made_of};
use crate::telling::noticed;

/// What is around the pages: the same for a daemon and for a demonstration.
pub(crate) trait Around: Send + Sync + 'static {
    /// How DNS is asked.
    type Lookup: Lookup + Send + Sync;
    /// Whom a look at a domain asks.
    type World: audit::World + Send + 'static;

    /// For the questions of one page.
    fn lookup(&self) -> Self::Lookup;

    /// For one look at a domain: the configuration in effect, and whom it asks.
    ///
    /// # Errors
    /// TLS cannot be set up.
    fn outside(&self) -> Result<(Common, Self::World), Failure>;

    /// Who is who among senders, as the configuration in effect has it.
    fn senders(&self) -> Map;
}

/// The house, for the desk.
pub(crate) struct House<A> {
    around: A,
    ledger: Option<Keeper>,
    archive: SqliteArchive,
    people: Option<SqliteRegistry>,
    places: PlacesConfig,
    voices: [Catalogue; 2],
    settings: Settings,
    /// The keys that are made here, where any are.
    keys: Option<Source>,
    /// The domains whose reports are taken; all where there are none.
    own: Vec<Domain>,
    /// Where mail came from, as it was counted a while ago.
    origins: Origins,
    /// The provider by which people may come in.
    provider: Option<Reach>,
    /// What wakes who sends reports, where that is this process.
    sender: Option<Wake>,
    /// What DNS said a short while ago, and when, in seconds since 1970.
    said: Mutex<HashMap<Domain, (u64, Published)>>,
    looks: Looks,
    sights: Sights,
}

/// The desk, and whether it is open.
pub(crate) struct Pages<A> {
    desk: Desk<House<A>>,
    tls: DashboardTls,
    /// Whether there is an administrator: asked until there is one.
    is_kept: AtomicBool,
}

/// Everything that is needed for pages.
pub(crate) struct Parts<A> {
    /// What is around.
    pub(crate) around: A,
    /// The ledger, where one is kept.
    pub(crate) ledger: Option<Keeper>,
    /// The file of the reports.
    pub(crate) reports: PathBuf,
    /// The file of the people; none where nobody logs in.
    pub(crate) people: Option<PathBuf>,
    /// Where addresses are.
    pub(crate) places: PlacesConfig,
    /// What is set about the desk.
    pub(crate) settings: Settings,
    /// How browsers come.
    pub(crate) tls: DashboardTls,
}

impl<A: Around> Pages<A> {
    /// Opens the stores.
    ///
    /// # Errors
    /// One cannot be used.
    pub(crate) fn open(parts: Parts<A>) -> Result<Self, Failure> {
        let Parts { around, ledger, reports, people, places, settings, tls } = parts;
        // The daemon checks the whole file once, where it takes reports in.
        // One question at a time: a long one takes tens of megabytes.
        let quick =
            store::archive::Settings { check_bytes_max: 0, reader_count: 1, ..store::archive::Settings::default() };
        let archive = SqliteArchive::open(&reports, quick).map_err(|error| unusable(&reports, &error))?;
        let opened = |path: PathBuf| SqliteRegistry::open(&path).map_err(|error| unusable(&path, &error));
        let people = people.map(opened).transpose()?;
        let voices = Language::ALL.map(Catalogue::new);
        let (said, looks, sights) = (Mutex::default(), Looks::new(), Sights::default());
        let (keys, own, sender, provider) = (None, Vec::new(), None, None);
        let origins = Origins::default();
        let house = House {
            around,
            ledger,
            archive,
            people,
            places,
            voices,
            settings,
            keys,
            own,
            origins,
            provider,
            sender,
            said,
            looks,
            sights,
        };
        Ok(Self { desk: Desk::new(house, drawn()?), tls, is_kept: AtomicBool::new(false) })
    }

    /// The same with the keys that are made here, and the domains whose reports are taken.
    pub(crate) fn with(mut self, keys: Source, own: Vec<Domain>) -> Self {
        let house = self.desk.sources_mut();
        (house.keys, house.own) = (Some(keys), own);
        self
    }

    /// The same with a provider by which people may come in.
    fn by_way(mut self, way: Option<Way>, provider: Option<Reach>) -> Self {
        let house = self.desk.sources_mut();
        (house.settings.openid, house.provider) = (way.filter(|_| provider.is_some()), provider);
        self
    }

    /// The same where reports are sent from here.
    pub(super) fn with_sender(mut self, sender: Option<Wake>) -> Self {
        self.desk.sources_mut().sender = sender;
        self
    }

    /// Answers a browser, or a program.
    pub(crate) async fn answer(&self, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
        let peer = request.extensions().get::<net::http::From>().map(|from| from.0.ip().to_canonical());
        if !self.is_open_to(peer).await {
            return status(StatusCode::FORBIDDEN);
        }
        let Ok(random) = drawn() else { return status(StatusCode::SERVICE_UNAVAILABLE) };
        self.desk.answer(Moment { now_ms: net::clock::now_ms(), peer, random }, request).await
    }

    /// Whether somebody from there is answered at all.
    async fn is_open_to(&self, peer: Option<IpAddr>) -> bool {
        match self.tls {
            _ if peer.is_none_or(|peer| peer.is_loopback()) => true,
            DashboardTls::None => false,
            // Whoever comes first must not become the administrator.
            DashboardTls::Own | DashboardTls::Proxy | DashboardTls::Insecure => self.has_keeper().await,
        }
    }

    /// Whether there is an administrator.
    async fn has_keeper(&self) -> bool {
        if self.is_kept.load(Ordering::Relaxed) {
            return true;
        }
        let Some(people) = &self.desk.sources().people else { return false };
        let is_kept = people.has_keeper().await.unwrap_or(false);
        self.is_kept.store(is_kept, Ordering::Relaxed);
        is_kept
    }

    /// Takes away what has ended, now and then.
    pub(super) async fn sweep(&self) {
        let sources = self.desk.sources();
        let Some(people) = &sources.people else { return };
        loop {
            if let Err(error) = people.sweep(net::clock::now_s(), sources.settings.lifetimes).await {
                tracing::warn!(reason = %error, "people");
            }
            tokio::time::sleep(Duration::from_secs(PEOPLE_SWEEP_S)).await;
        }
    }

    /// Counts where mail came from before somebody asks, again and again: of a large ledger that takes a second, which nobody
    /// shall wait for.
    pub(super) async fn count_origins(&self) {
        let house = self.desk.sources();
        if house.ledger.is_none() {
            return;
        }
        loop {
            let now_ms = net::clock::now_ms();
            let ahead_s = house.settings.zone.as_deref().and_then(|zone| house.ahead_s(zone, now_ms / 1000));
            for days in origins::usual(now_ms, ahead_s.unwrap_or(0)) {
                // A little younger than what a page still shows, so that no page meets one that is too old.
                if let Err(trouble) = house.origins.get(house, days, now_ms, ORIGIN_MS / 2).await {
                    tracing::debug!(reason = ?trouble, "where mail came from");
                }
            }
            tokio::time::sleep(Duration::from_millis(ORIGIN_MS / 3)).await;
        }
    }

    /// Whether nobody can log in yet.
    pub(super) async fn is_first_run(&self) -> bool {
        self.desk.sources().people.is_some() && !self.has_keeper().await
    }

    /// The token of the first run, where there is nobody yet who could log in.
    pub(super) async fn first_token(&self) -> Option<String> {
        let people = self.desk.sources().people.as_ref()?;
        if self.has_keeper().await {
            return None;
        }
        let secret = Secret::new(drawn().ok()?);
        let setup = Setup::new(&secret, net::clock::now_s());
        let line = NewLine::new(net::clock::now_ms(), "serve", "setup-put", "");
        people.put_setup(setup, line).await.ok()?;
        Some(secret.to_text())
    }
}

/// What is around the pages of the daemon: whatever is in effect.
pub(super) struct InEffect {
    common: Arc<Common>,
    live: watch::Receiver<Arc<Live>>,
}

impl Around for InEffect {
    type Lookup = MessageResolver;
    type World = Outside;

    fn lookup(&self) -> MessageResolver {
        let resolver = self.live.borrow().world.resolver().clone();
        resolver.for_message(Duration::from_secs(MESSAGE_DNS_S))
    }

    fn outside(&self) -> Result<(Common, Outside), Failure> {
        let live = Arc::clone(&self.live.borrow());
        let resolver = live.world.resolver().clone();
        let web = Web::start(&resolver)?;
        let dns = Patient { resolver, patience: Duration::from_secs(LOOK_QUESTION_S) };
        // As `check`: whoever names a resolver wants what can be seen through it.
        let asks_servers = !self.common.has_own_resolver();
        let authorities = asks_servers.then(|| Elsewhere::default().authorities(&dns));
        let common = self.common.with((*live.plan.config).clone());
        Ok((common, Outside { dns, web, authorities, greeter: None }))
    }

    fn senders(&self) -> Map {
        self.live.borrow().plan.senders.clone()
    }
}

/// Opens the pages of the daemon; `None` where they are not wanted, or where a store cannot be used, which is told.
pub(super) fn of_daemon(
    common: &Arc<Common>,
    live: watch::Receiver<Arc<Live>>,
    ledger: Option<Keeper>,
    say: &Say,
) -> Option<Pages<InEffect>> {
    let config = common.config();
    if !config.dashboard.is_enabled {
        return None;
    }
    let (name, resolver) = {
        let live = live.borrow();
        (live.plan.authserv_id.clone(), live.world.resolver().clone())
    };
    let openid = &config.dashboard.openid;
    let parts = Parts {
        around: InEffect { common: Arc::clone(common), live },
        ledger,
        reports: common.reports_file(),
        people: Some(crate::users::file(common)),
        places: config.places.clone(),
        settings: settings(&config.dashboard, &name),
        tls: config.dashboard.tls,
    };
    let pages = super::missed(super::behind::opened(|| Pages::open(parts)), say)?;
    // Without it, whoever has a password still comes in.
    let provider = super::missed(Reach::of(openid, &resolver), say).flatten();
    let pages = pages.by_way(openid.way(), provider);
    Some(pages.with(Source::of(common), config.reports.domains.clone()))
}

/// What is set about the desk, as the configuration has it.
pub(crate) fn settings(config: &DashboardConfig, name: &str) -> Settings {
    Settings {
        name: name.into(),
        is_secure: matches!(config.tls, DashboardTls::Own | DashboardTls::Proxy),
        hosts: config.hosts.clone(),
        zone: config.zone.clone(),
        proxies: config.proxies.clone(),
        proxy_field: config.proxy_header.clone(),
        ..Settings::default()
    }
}

fn drawn<const LENGTH: usize>() -> Result<[u8; LENGTH], Failure> {
    let mut random = [0; LENGTH];
    let failed = |_| Failure::new(ExitCode::Internal, "cli-internal-error").with("reason", "no random bytes");
    aws_lc_rs::rand::fill(&mut random).map_err(failed)?;
    Ok(random)
}

fn unusable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    let failure = Failure::new(ExitCode::Store, "serve-no-pages");
    failure.with("file", path.display().to_string()).with("reason", error.to_string())
}

impl<A: Around> Sources for House<A> {
    type Ledger = Sqlite;
    type Archive = SqliteArchive;
    type Outbox = SqliteArchive;
    type Registry = SqliteRegistry;

    fn edition(&self) -> Option<u64> {
        self.archive.edition()
    }

    fn ledger(&self) -> Option<&Sqlite> {
        self.ledger.as_ref().map(Keeper::store)
    }

    fn archive(&self) -> Option<&SqliteArchive> {
        Some(&self.archive)
    }

    fn outbox(&self) -> Option<&SqliteArchive> {
        Some(&self.archive)
    }

    fn people(&self) -> Option<&SqliteRegistry> {
        self.people.as_ref()
    }

    async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done,
            // Whoever panics there would have panicked here.
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn voice(&self, language: Language) -> &dyn Voice {
        let [english, japanese] = &self.voices;
        match language {
            Language::English => english,
            Language::Japanese => japanese,
        }
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    async fn provider(&self, now_s: u64) -> Result<Arc<Provider>, PartyError> {
        self.provider.as_ref().ok_or_else(no_provider)?.provider(now_s).await
    }

    async fn redeem(&self, brought: Redeemed<'_>) -> Result<Claims, PartyError> {
        self.provider.as_ref().ok_or_else(no_provider)?.redeem(brought).await
    }

    fn ahead_s(&self, zone: &str, at_s: u64) -> Option<i32> {
        let zone = jiff::tz::TimeZone::get(zone).ok()?;
        let at = jiff::Timestamp::from_second(i64::try_from(at_s).ok()?).ok()?;
        Some(zone.to_offset(at).seconds())
    }

    fn kept_address(&self, address: &str) -> Address {
        self.ledger.as_ref().map_or(Address::Withheld, |ledger| ledger.address(address))
    }

    async fn classifier(&self, tenant: &str, lines: &[SourceLine]) -> Result<Classifier, Trouble> {
        let marks = self.archive.marks(tenant).await?;
        let mut addresses: Vec<IpAddr> = lines.iter().filter_map(|line| line.source).collect();
        addresses.sort_unstable();
        addresses.dedup();
        let hosts = self.archive.hosts(addresses.clone()).await?;
        let hosts = crate::hosts::complete_all(&self.places, &addresses, hosts);
        Ok(Classifier::new(
            self.around.senders(),
            Marks::new(marks),
            Hosts::new(hosts.map_err(|failure| failed(&failure))?),
        ))
    }

    async fn places(&self, addresses: Vec<IpAddr>) -> Result<Option<Vec<Place>>, Trouble> {
        let config = self.places.clone();
        // The files are read for it.
        let found = self.apart(move || crate::hosts::find_all(&config, &addresses)).await;
        found.map_err(|failure| failed(&failure))
    }

    async fn origin(&self, days: (u32, u32), now_ms: u64) -> Result<(u64, Arc<Origin>), Trouble> {
        self.origins.get(self, days, now_ms, ORIGIN_MS).await
    }

    async fn published(&self, domain: &Domain, below: &[Domain]) -> Published {
        let now_s = net::clock::now_s();
        let kept = |said: &HashMap<Domain, (u64, Published)>| {
            said.get(domain)
                .filter(|(at_s, _)| now_s < at_s.saturating_add(PAGE_DNS_KEPT_S))
                .map(|(_, said)| said.clone())
        };
        if let Some(said) = kept(&self.said.lock().unwrap_or_else(PoisonError::into_inner)) {
            return said;
        }
        let lookup = self.around.lookup();
        let names: BTreeSet<&str> = below.iter().map(Domain::as_str).collect();
        let asked = OfDns::ask_of(&lookup, domain.as_str(), names);
        let found = tokio::time::timeout(Duration::from_millis(PAGE_DNS_MS), asked).await;
        let published = found.map_or_else(|_| Published::default(), |found| told(&found));
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() >= PAGE_DNS_COUNT_MAX {
            said.clear();
        }
        said.insert(domain.clone(), (now_s, published.clone()));
        published
    }

    async fn read_again(&self, line: &DocumentLine, bytes: Vec<u8>) -> Result<Vec<Receipt>, Trouble> {
        let marks = self.archive.marks(&line.tenant).await?;
        let judge = Classifier::new(self.around.senders(), Marks::new(marks), Hosts::default()).into_judge();
        let packer = Packer {
            source: line.origin.source.clone(),
            tenant: line.tenant.clone(),
            own: self.own.clone(),
            judge,
            received_ms: line.received_ms,
        };
        let (path, trust) = (line.origin.path.clone(), line.origin.trust.clone());
        let read = self.apart(move || {
            let mut parcels = Vec::new();
            // Bytes in memory can be read to their end.
            let _ = intake::read(&mut &bytes[..], &intake::Settings::default(), &mut |item| {
                parcels.push(packer.parcel(item, &path, trust.clone()));
            });
            parcels
        });
        Ok(self.archive.import(read.await, None).await?)
    }

    async fn send_now(&self, id: &JobId, now_s: u64) -> Result<bool, Trouble> {
        let is_any = feedback::outbox::desk::hasten(&self.archive, now_s, id).await?;
        if let Some(sender) = self.sender.as_ref().filter(|_| is_any) {
            sender.wake();
        }
        Ok(is_any)
    }

    async fn noticed(&self, asked: &NoticedQuery) -> Result<NoticedPage, Trouble> {
        let query = LatestQuery {
            tenant: Box::default(),
            domains: asked.domains.clone(),
            from_day: asked.from_day,
            until_day: asked.until_day,
            before: asked.before,
            limit: asked.count,
        };
        let found = self.archive.latest(query).await?;
        Ok(NoticedPage { lines: found.lines.into_iter().filter_map(noticed::shown).collect(), next: found.next })
    }

    async fn audited(&self) -> Result<Vec<Box<str>>, Trouble> {
        Ok(self.archive.audited("").await?)
    }

    async fn audits(&self, domain: &Domain) -> Result<Kept, Trouble> {
        let history = self.archive.audits("", domain.as_str()).await?;
        Ok(crate::desk::history::kept(domain, &history))
    }

    async fn look(&self, domain: &Domain, asking: Asking) -> Result<Looked, Trouble> {
        let look = || async {
            let (common, world) = self.around.outside()?;
            look_at((common, Arc::clone(&self.looks.warned)), world, &self.archive, domain).await
        };
        self.looks.look(domain, asking, look).await.map_err(|failure| failed(&failure))
    }

    async fn surveys(&self) -> Result<Vec<Survey>, Trouble> {
        let lines = self.archive.surveys("").await?;
        let made = |line: SurveyLine| Some(Survey { id: line.id, made: made_of(&line)? });
        Ok(lines.into_iter().filter_map(made).collect())
    }

    async fn survey(&self, id: u64) -> Result<Option<audit::survey::kept::Kept>, Trouble> {
        let found = self.archive.survey("", id).await?;
        Ok(found.and_then(|(line, tables)| kept_of(&line, &tables)))
    }

    async fn rotations(&self) -> Result<Option<Arc<Rotations>>, Trouble> {
        let Some(source) = self.keys.clone() else { return Ok(None) };
        let settings = source.settings().clone();
        let book = self.apart(move || source.book()).await.map_err(|failure| failed(&failure))?;
        let found = self.sights.of((&self.archive, self.ledger()), &book, net::clock::now_s()).await;
        let Found { sight, seen } = found;
        Ok(Some(Arc::new(Rotations { book, settings, sight, seen, seen_days: LOOK_BACK_DAYS })))
    }
}

/// What a failure of ours is on a page.
fn failed(failure: &Failure) -> Trouble {
    Trouble::Store(Say::new(Language::English).explain(failure))
}

fn told(found: &OfDns) -> Published {
    let text = found.text();
    Published {
        record: text.map(Into::into),
        was_asked: text.is_some(),
        absent: found.absent().into_iter().filter_map(|name| Domain::parse(name).ok()).collect(),
        ..Published::default()
    }
}
