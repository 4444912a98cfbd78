//! `sekisho serve`: the milter. Listens, puts a [`service::Conversation`] behind each connection, and logs one line for
//! each message. Works with no configuration; ends at SIGTERM or SIGINT when the messages under way are finished; reads
//! its configuration again at SIGHUP.
//!
//! Reading order: this file, which begins and ends the daemon; `world`, `log`; `reload` (what may change), `listen`,
//! `privilege`, `notify`; `health`, `metrics`; `lists`; `ledger`, `memory`; `keys`; reports: `intake` with `way_in` and
//! `hosts`, `reporting`, `failure`, `schedule`; `audits`; `pages` with `openid`; `trouble`; `once`.

mod audits;
mod behind;
mod certificate;
mod failure;
mod health;
mod hosts;
mod intake;
mod keys;
mod ledger;
mod listen;
mod lists;
mod log;
mod memory;
mod metrics;
mod notify;
mod once;
mod openid;
mod pages;
mod privilege;
mod published;
mod reload;
mod reporting;
mod results;
mod schedule;
mod trouble;
mod way_in;
mod world;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueHint};
use net::{HttpOptions, ListenAddress, Listener, Resolver, ServeOptions, serve_http, serve_https, serve_milter};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::common::{Common, no_control, resolver_failure};
use crate::config::Running;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::hosts::Finder;
use crate::keys::schedule::Schedule;
use crate::limits::PAGE_CONNECTION_COUNT_MAX;
use crate::say::Say;
use health::Desk;
use listen::Inherited;
use notify::Manager;
use pages::InEffect;
use privilege::PidFile;
use reload::{Plan, Reloader};

pub(crate) use certificate::{concerns as certificate_concerns, read as read_certificate};
pub(crate) use health::control_socket;
pub(crate) use keys::{KeyFile, exposes as exposes_key, files as key_files, private_key, read as read_keys};
pub(crate) use ledger::{FILE as LEDGER_FILE, Keeper, make_directory};
pub(crate) use pages::{Around, Pages, Parts};
pub(crate) use privilege::find_user;
pub(crate) use published::{Published as PublishedKey, compare as compare_key};
pub(crate) use reporting::sending_key;

/// `serve`
#[derive(Args, Debug)]
pub(crate) struct ServeArguments {
    /// Where to listen: inet:PORT@HOST, inet6:PORT@HOST or unix:PATH; several times for several [default:
    /// inet:8894@127.0.0.1]
    #[arg(long, value_name = "SOCKET")]
    pub(crate) listen: Vec<String>,
    /// Name under which results are given [default: the host's name]
    #[arg(long, value_name = "ID", value_hint = ValueHint::Hostname)]
    pub(crate) authserv_id: Option<String>,
    /// Do what is due – reports to be made, sent, told of, taken away – and end
    #[arg(long)]
    pub(crate) once: bool,
}

/// Runs the daemon, until a signal ends it.
///
/// # Errors
/// An option is wrong, there is no resolver, nobody can listen there, or the ledger cannot be used.
pub(crate) fn run(common: &Arc<Common>, arguments: ServeArguments) -> Result<ExitCode, Failure> {
    no_control("--authserv-id", arguments.authserv_id.as_deref())?;
    log::start(common.verbosity(), common.config().running.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| internal(&error))?;
    if arguments.once {
        return runtime.block_on(once::run(common, &arguments));
    }
    runtime.block_on(async {
        let daemon = Daemon::open(common, arguments).await?;
        daemon.serve().await
    })
}

/// The daemon, when all is open that it needs.
struct Daemon {
    say: Arc<Say>,
    manager: Arc<Manager>,
    signals: Signals,
    reloader: Arc<Reloader>,
    keeper: Option<Keeper>,
    intake: Option<intake::Opened>,
    reporting: Option<reporting::Reporting>,
    schedule: Option<schedule::Schedule>,
    audits: Option<audits::Audits>,
    failing: Option<failure::Maker<store::SqliteArchive>>,
    finder: Option<Finder>,
    keys: Option<Schedule>,
    running: Running,
    milter: Vec<Listener>,
    addresses: Vec<ListenAddress>,
    http: Option<(Listener, String)>,
    /// The certificate, where TLS is spoken here.
    certificate: Option<certificate::Watch>,
    pages: Option<Arc<Pages<InEffect>>>,
    control: Option<Listener>,
    _pid_file: Option<PidFile>,
}

impl Daemon {
    /// Opens everything: first what may need root's rights, then, without them, the rest.
    async fn open(common: &Arc<Common>, arguments: ServeArguments) -> Result<Self, Failure> {
        let mut inherited = Inherited::take()?;
        let addresses = listen::addresses(common, &arguments.listen)?;
        let plan = Plan::of(common, arguments.authserv_id.as_deref())?;
        let running = plan.running.clone();
        let signals = Signals::listen().map_err(|error| internal(&error))?;
        let user = running.user.as_deref().map(find_user).transpose()?;
        let handed_http = inherited.take_http();
        let (milter, addresses) = listen::bind(addresses, &running.socket, inherited).await?;
        listen::check_outgoing(plan.outgoing.as_ref(), &addresses)?;
        let http = listen::bind_http(running.http, handed_http).await;
        let pid_file = running.pid_file.as_deref().map(PidFile::write).transpose()?;
        let state = common.state_directory();
        let state_made = privilege::make_state_directory(&state, user.as_ref());
        user.as_ref().map_or(Ok(()), privilege::become_user)?;

        let keeper = match plan.ledger.enabled {
            true => Some(Keeper::open(&state, &plan.ledger).await?),
            false => None,
        };
        let control = match state_made {
            Ok(()) => health::bind_control(&state).await,
            Err(error) => {
                let failure = Failure::new(ExitCode::Configuration, "serve-no-control");
                Err(failure.with("file", state.display().to_string()).with("reason", error.to_string()))
            }
        };
        let say = Arc::new(Say::new(common.say().language()));
        let manager = Arc::new(Manager::of_environment());
        let reloader = Reloader::start(common, (plan, arguments.authserv_id), keeper.clone(), &say, &manager)?;
        let intake = intake::Opened::open(common, reloader.subscribe(), &say).await?;
        let live = reloader.live();
        let around = (live.world.resolver(), reloader.roles());
        let reporting = reporting::Reporting::open(common, keeper.as_ref(), around, live.world.metrics(), &say)?;
        let schedule = schedule::Schedule::new(common, reloader.subscribe(), &say);
        let keys = keys_schedule(common, &live, &say);
        if let (Some(intake), Some(reporting)) = (&intake, &reporting) {
            intake.hear_bounces(reporting.bounces());
        }
        let counts = Arc::clone(&live.world.metrics().failure_reports);
        let failing = failure::Maker::open(common, reporting.as_ref(), &live.plan.authserv_id, counts)?.unzip();
        live.world.hear(failing.0, intake.as_ref().map(intake::Opened::milter));
        let http = missed(http, &say).flatten();
        let pages = http.as_ref().and_then(|_| pages::of_daemon(common, reloader.subscribe(), keeper.clone(), &say));
        let pages = pages.map(|pages| pages.with_sender(reporting.as_ref().map(reporting::Reporting::waker)));
        let daemon = Self {
            finder: intake.is_some().then(|| hosts::finder(common, live.world.resolver())).transpose()?,
            intake,
            reporting,
            schedule: Some(schedule),
            audits: Some(audits::Audits::new(common, reloader.subscribe(), &say)),
            failing: failing.1,
            keys: Some(keys),
            milter,
            addresses,
            certificate: http.as_ref().and_then(|_| certificate_of(common, &say)),
            http,
            pages: pages.map(Arc::new),
            control: missed(control, &say),
            _pid_file: pid_file,
            reloader: Arc::new(reloader),
            say,
            manager,
            signals,
            keeper,
            running,
        };
        daemon.greet().await;
        Ok(daemon)
    }

    /// Serves until it is told to end, and closes everything.
    async fn serve(mut self) -> Result<ExitCode, Failure> {
        let say = Arc::clone(&self.say);
        let world = self.reloader.live().world.clone();
        let (counts, metrics, memory) = (world.counts(), world.metrics(), world.memory().cloned());
        let sweeping = self.keeper.clone().map(|keeper| tokio::spawn(keeper.sweep()));
        let (desk, desks, beside) = self.beside(world.resolver().clone());
        drop(world);

        let options = self.options();
        let observe =
            log::observer(Arc::clone(&say), Arc::clone(&counts), Arc::clone(&metrics), options.connection_count_max);
        let live = self.reloader.subscribe();
        let (opened, accepted) = (Arc::clone(&counts), metrics);
        let places: Vec<Arc<str>> = self.addresses.iter().map(|address| address.to_string().into()).collect();
        let make = move |peer: &net::Peer| {
            opened.connections.fetch_add(1, Ordering::Relaxed);
            accepted.accepted.fetch_add(1, Ordering::Relaxed);
            live.borrow().conversation(places.get(peer.listener).cloned())
        };
        let (stop, stopped) = oneshot::channel();
        let serving = serve_milter(std::mem::take(&mut self.milter), options, make, observe, async {
            // A sender that is gone says the same as one that has spoken.
            let _ = stopped.await;
        });
        self.manager.ready();
        self.steer(serving, stop, &desk, &counts).await;
        drop(desk);
        // What else is answered may be answered until here.
        desks.finish().await;
        beside.finish().await;
        if let Some(memory) = memory {
            memory.write(net::clock::now_s()).await;
        }
        let Self { keeper, reloader, .. } = self;
        drop(reloader);
        // Nobody is left to bring a row.
        let closed = close_ledger(keeper, sweeping, &say).await;
        log::stopped(&say, &counts);
        closed
    }

    /// Follows the signals until all connections are finished.
    async fn steer(
        &mut self,
        serving: impl Future<Output = net::ServeEnd>,
        stop: oneshot::Sender<()>,
        desk: &Desk,
        counts: &world::Counts,
    ) {
        let mut serving = std::pin::pin!(serving);
        loop {
            tokio::select! {
                _ = &mut serving => return,
                asked = self.signals.next() => match asked {
                    // Whether it is taken has been told.
                    Asked::Reload => drop(self.reloader.reload()),
                    Asked::End => break,
                },
            }
        }
        log::stopping(&self.say, counts);
        self.manager.stopping();
        desk.stopping.store(true, Ordering::Relaxed);
        let _ = stop.send(());
        loop {
            tokio::select! {
                _ = &mut serving => return,
                // Whoever asks twice does not want to wait.
                asked = self.signals.next() => if asked == Asked::End { return },
            }
        }
    }

    /// What runs beside the milter: the two doors of HTTP, and what is done now and then.
    fn beside(&mut self, resolver: Resolver) -> (Arc<Desk>, Tasks, Tasks) {
        let world = &self.reloader.live().world;
        let desk = Arc::new(Desk {
            reloader: Arc::clone(&self.reloader),
            counts: world.counts(),
            started_s: net::clock::now_s(),
            addresses: self.addresses.iter().map(ToString::to_string).collect(),
            http: self.http.as_ref().map(|(_, address)| address.clone()),
            stopping: AtomicBool::new(false),
        });
        let mut desks = Tasks::default();
        if let Some((listener, _)) = self.http.take() {
            let (desk, pages) = (Arc::clone(&desk), self.pages.clone());
            let answer = move |request| front(Arc::clone(&desk), pages.clone(), request);
            let options = HttpOptions { connection_count_max: PAGE_CONNECTION_COUNT_MAX, ..HttpOptions::default() };
            match self.certificate.as_ref().map(certificate::Watch::tls) {
                Some(tls) => desks.spawn(behind::apart(serve_https(listener, tls, options, answer, desks.end()))),
                None => desks.spawn(behind::apart(serve_http(listener, options, answer, desks.end()))),
            }
        }
        if let Some(listener) = self.control.take() {
            let desk = Arc::clone(&desk);
            let answer = move |request| Arc::clone(&desk).control(request);
            desks.spawn(serve_http(listener, HttpOptions::default(), answer, desks.end()));
        }
        let mut beside = Tasks::default();
        if let Some(intake) = self.intake.take() {
            if let Some(finder) = self.finder.take() {
                beside.cut(hosts::watch(finder, intake.archive(), Arc::clone(&self.say)));
            }
            intake.spawn(&mut desks);
        }
        if let Some(reporting) = self.reporting.take() {
            desks.spawn(reporting.run(desks.end()));
        }
        if let Some(failing) = self.failing.take() {
            desks.spawn(failing.run(desks.end()));
        }
        if let Some(schedule) = self.schedule.take() {
            desks.spawn(schedule.run(desks.end()));
        }
        if let Some(audits) = self.audits.take() {
            desks.spawn(audits.run(desks.end()));
        }
        let manager = Arc::clone(&self.manager);
        beside.cut(async move { manager.beat().await });
        if let Some(memory) = world.memory() {
            beside.cut(Arc::clone(memory).write_now_and_then());
        }
        if let Some(keys) = self.keys.take() {
            let reloader = Arc::clone(&self.reloader);
            beside.cut(keys.run(move || reloader.rekey()));
        }
        if let Some(certificate) = self.certificate.take() {
            beside.cut(certificate.run());
        }
        if let Some(pages) = self.pages.clone() {
            let counting = Arc::clone(&pages);
            beside.cut(async move { pages.sweep().await });
            beside.cut(async move { counting.count_origins().await });
        }
        beside.cut(lists::watch(Arc::clone(&self.reloader)));
        beside.cut(published::watch(Arc::clone(&self.reloader)));
        beside.cut(tell_whether_dns_answers(resolver, Arc::clone(&self.say)));
        (desk, desks, beside)
    }

    fn options(&self) -> ServeOptions {
        let (running, default) = (&self.running, ServeOptions::default());
        ServeOptions {
            connection_count_max: running.connections.unwrap_or(default.connection_count_max),
            idle_timeout: running.idle_timeout.unwrap_or(default.idle_timeout),
            grace: running.stop_within.unwrap_or(default.grace),
            ..default
        }
    }

    /// Where the first administrator is made, while there is none. The address is a secret: it is told to a person at
    /// a terminal, and not to a log.
    async fn first_run(&self, pages: &Pages<InEffect>, address: &str) -> Option<String> {
        if !std::io::stderr().is_terminal() || log::is_json() {
            return pages.is_first_run().await.then(|| self.say.word("serve-first-run"));
        }
        let token = pages.first_token().await?;
        let link = format!("{address}/setup?token={token}");
        Some(self.say.say("serve-first-link", &[("link", link.into())]))
    }

    /// Tells on standard error what was started, and what Postfix needs to know.
    async fn greet(&self) {
        let (say, live) = (&self.say, self.reloader.live());
        let servers: Vec<_> = live.plan.resolver.servers.iter().map(ToString::to_string).collect();
        let stage = live.plan.rules.general.stage.as_str();
        let listening =
            |address: &ListenAddress| say.say("serve-listening", &[("address", address.to_string().into())]);
        let mut lines: Vec<String> = self.addresses.iter().map(listening).collect();
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        if let Some(address) = self.http.as_ref().map(|(_, address)| format!("{scheme}://{address}")) {
            lines.push(say.say("serve-http", &[("address", address.as_str().into())]));
            if let Some(pages) = &self.pages {
                lines.push(say.say("serve-http-pages", &[("address", address.as_str().into())]));
                lines.extend(self.first_run(pages, &address).await);
            }
        }
        lines.push(say.say("serve-authserv-id", &[("name", live.plan.authserv_id.as_str().into())]));
        lines.push(say.say("serve-resolver", &[("resolvers", servers.join(", ").into())]));
        lines.push(say.say("serve-stage", &[("stage", mailtext::Value::Word(stage))]));
        if let Some(outgoing) = &live.plan.outgoing {
            lines.push(say.say("serve-signing", &[("count", outgoing.role.keys().len().into())]));
        }
        lines.push(match &self.keeper {
            Some(keeper) => say.say("serve-ledger", &[("file", keeper.file().display().to_string().into())]),
            None => say.word("serve-no-ledger"),
        });
        if let Some(intake) = &self.intake {
            lines.extend(intake.greeting(say));
        }
        lines.extend(self.reporting.as_ref().map(|reporting| reporting.greeting(say)));
        lines.extend(schedule::greeting(&live, say));
        lines.extend(audits::greeting(&live, say));
        if log::is_json() {
            for line in lines {
                tracing::info!("{line}");
            }
        } else {
            if let Some(address) = self.addresses.first() {
                lines.push(say.word("serve-postfix-hint"));
                let address = listen::for_postfix(address);
                lines.push(format!("    {}", say.say("serve-postfix-milters", &[("address", address.into())])));
                // Mail of this machine's own users and programs; no sentence, but a line to copy.
                lines.push("    non_smtpd_milters = $smtpd_milters".to_owned());
                lines.push(format!("    {}", say.word("serve-postfix-default-action")));
            }
            eprintln!("{}", lines.join("\n"));
        }
        if privilege::is_root() {
            tracing::warn!("{}", say.word("serve-as-root"));
        }
    }
}

/// What monitoring asks for, and the pages.
async fn front(
    desk: Arc<Desk>,
    pages: Option<Arc<Pages<InEffect>>>,
    request: net::http::Request<Vec<u8>>,
) -> net::http::Response<Vec<u8>> {
    match (request.uri().path(), pages) {
        ("/metrics" | "/healthz" | "/readyz", _) | (_, None) => desk.public(request).await,
        (_, Some(pages)) => pages.answer(request).await,
    }
}

/// What looks after the certificate of the pages, where TLS is spoken here.
fn certificate_of(common: &Common, say: &Arc<Say>) -> Option<certificate::Watch> {
    let dashboard = &common.config().dashboard;
    Some(certificate::Watch::start(dashboard.own_tls()?, dashboard.hosts.clone(), say))
}

/// What leads the keys that are made here.
fn keys_schedule(common: &Common, live: &reload::Live, say: &Arc<Say>) -> Schedule {
    let resolver = live.world.resolver().clone();
    Schedule::new(live.plan.keys.clone(), resolver, common.reports_file(), Arc::clone(say))
}

/// What the daemon can do without: why it has to is told.
fn missed<T>(result: Result<T, Failure>, say: &Say) -> Option<T> {
    result.map_err(|failure| tracing::warn!("{}", say.explain(&failure))).ok()
}

/// Tasks beside the milter.
struct Tasks {
    tasks: JoinSet<()>,
    ending: watch::Sender<()>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self { tasks: JoinSet::new(), ending: watch::Sender::new(()) }
    }
}

impl Tasks {
    /// Ready when the tasks are to end.
    fn end(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut ending = self.ending.subscribe();
        async move {
            // That the other side is gone is the sign.
            while ending.changed().await.is_ok() {}
        }
    }

    /// A task that ends by itself when it is told to.
    fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// A task that may be cut off anywhere.
    fn cut(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        let end = self.end();
        self.tasks.spawn(async move {
            tokio::select! {
                () = task => {}
                () = end => {}
            }
        });
    }

    /// Tells all of them to end, and waits for that.
    async fn finish(mut self) {
        drop(self.ending);
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Stores what waits. Rows that could not be stored are told, and the exit code says so.
async fn close_ledger(
    keeper: Option<Keeper>,
    sweeping: Option<tokio::task::JoinHandle<()>>,
    say: &Say,
) -> Result<ExitCode, Failure> {
    if let Some(sweeping) = sweeping {
        sweeping.abort();
        // That it was cut off is what was wanted.
        let _ = sweeping.await;
    }
    let Some(Err((stats, error))) = keeper.map(Keeper::close) else { return Ok(ExitCode::Done) };
    let arguments = [("count", stats.lost.into()), ("reason", error.to_string().into())];
    tracing::error!("{}", say.say("serve-ledger-lost", &arguments));
    Ok(ExitCode::Store)
}

fn internal(error: &std::io::Error) -> Failure {
    Failure::new(ExitCode::Internal, "cli-internal-error").with("reason", error.to_string())
}

/// A daemon that starts before the network is up must not end for it, but its operator must hear of it.
async fn tell_whether_dns_answers(resolver: Resolver, say: Arc<Say>) {
    if let Err(error) = resolver.check().await {
        tracing::warn!("{}", say.explain(&resolver_failure(&error)));
    }
}

/// The signals that the daemon follows.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

/// What a signal asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asked {
    /// The end: SIGTERM, SIGINT.
    End,
    /// The configuration, again: SIGHUP.
    Reload,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::End,
            _ = self.interrupt.recv() => Asked::End,
            _ = self.hang_up.recv() => Asked::Reload,
        }
    }
}

/// Whether colours are wanted on standard error.
fn is_coloured() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Where the milter listens when nobody says anything.
pub(crate) const DEFAULT_ADDRESS: &str = "inet:8894@127.0.0.1";
