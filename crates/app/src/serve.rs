//! `sekisho serve`: the milter. Listens, puts a [`service::Conversation`] behind each connection, and logs one line for
//! each message. Works with no configuration; ends at SIGTERM or SIGINT when the messages under way are finished.

mod ledger;
mod log;
mod world;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use clap::{Args, ValueHint};
use net::{ListenAddress, ListenError, Listener, Resolver, ResolverConfig, ServeOptions, SocketAccess, serve_milter};
use service::{Conversation, Settings};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::common::{Common, no_control, resolver_failure};
use crate::config::LedgerConfig;
use crate::dns::Web;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::say::{Language, Say};
use ledger::Keeper;
use world::{Daemon, Held};

/// `serve`
#[derive(Args, Debug)]
pub(crate) struct ServeArguments {
    /// Where to listen: inet:PORT@HOST, inet6:PORT@HOST or unix:PATH [default: inet:8894@127.0.0.1]
    #[arg(long, value_name = "SOCKET")]
    pub(crate) listen: Option<String>,
    /// Name under which results are given [default: the host's name]
    #[arg(long, value_name = "ID", value_hint = ValueHint::Hostname)]
    pub(crate) authserv_id: Option<String>,
}

/// Runs the daemon, until a signal ends it.
///
/// # Errors
/// An option is wrong, there is no resolver, or nobody can listen there.
pub(crate) fn run(common: &Common, arguments: ServeArguments) -> Result<ExitCode, Failure> {
    let ServeArguments { listen, authserv_id } = arguments;
    no_control("--authserv-id", authserv_id.as_deref())?;
    let start = Start {
        address: address(common, listen.as_deref())?,
        authserv_id: common.authserv_id(authserv_id.as_deref()),
        resolver: common.resolver_config()?,
        at_s: common.at_s(),
        language: common.say().language(),
        methods: common.config().methods()?,
        rules: common.config().rules(),
        fetches: common.config().bimi_fetch != Some(false),
        ledger: common.config().ledger.clone(),
        state: common.state_directory(),
    };
    log::start(common.verbosity());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| internal(&error))?;
    runtime.block_on(serve(start))
}

/// What the daemon starts with.
struct Start {
    address: ListenAddress,
    authserv_id: String,
    resolver: ResolverConfig,
    at_s: Option<u64>,
    language: Language,
    methods: auth::Methods,
    rules: policy::Rules,
    /// Whether BIMI's documents may be fetched.
    fetches: bool,
    ledger: LedgerConfig,
    /// The state directory.
    state: std::path::PathBuf,
}

async fn serve(start: Start) -> Result<ExitCode, Failure> {
    let say = Arc::new(Say::new(start.language));
    let mut signals = Signals::listen().map_err(|error| internal(&error))?;
    let resolver = Resolver::start(start.resolver).map_err(|error| resolver_failure(&error))?;
    let bound = Listener::bind(&start.address, &SocketAccess::default()).await;
    let listener = bound.map_err(|error| cannot_listen(&start.address, &error))?;
    let address = with_port(start.address, listener.tcp_address().map(|address| address.port()));
    let keeper = match start.ledger.enabled {
        true => Some(Keeper::open(&start.state, &start.ledger).await?),
        false => None,
    };
    let ledger = keeper.as_ref().map(Keeper::file);
    greet(&say, &address, &start.authserv_id, resolver.config(), start.rules.general.stage, ledger);
    let sweeping = keeper.clone().map(|keeper| tokio::spawn(keeper.sweep()));
    drop(tokio::spawn(tell_whether_dns_answers(resolver.clone(), Arc::clone(&say))));

    let web = match start.methods.bimi.is_some() && start.fetches {
        true => Web::start(&resolver)?,
        false => Web::Nothing,
    };
    let mut settings = auth::Settings::new(start.authserv_id);
    settings.methods = start.methods;
    let settings = Settings::with_rules(Arc::new(settings), Arc::new(start.rules)).on_failure(start.ledger.on_failure);
    let settings = if start.ledger.enabled { settings.with_rows(start.ledger.evidence) } else { settings };
    let world = Daemon::new(resolver, web, keeper.clone(), start.at_s, Arc::clone(&say));
    let counts = world.counts();
    let options = ServeOptions::default();
    let observe = log::observer(Arc::clone(&say), Arc::clone(&counts), options.connection_count_max);
    let make = |_: &net::Peer| {
        world.counts().connections.fetch_add(1, Ordering::Relaxed);
        Held(Conversation::new(world.clone(), settings.clone()))
    };
    let (stop, stopped) = oneshot::channel();
    let serving = serve_milter(vec![listener], options, make, observe, async {
        // A sender that is gone says the same as one that has spoken.
        let _ = stopped.await;
    });
    {
        tokio::pin!(serving);
        tokio::select! {
            _ = &mut serving => {}
            () = signals.next() => {
                log::stopping(&say, &counts);
                let _ = stop.send(());
                // Whoever asks twice does not want to wait.
                tokio::select! {
                    _ = &mut serving => {}
                    () = signals.next() => {}
                }
            }
        }
    }
    // No conversation is left to bring a row.
    drop(world);
    let closed = close_ledger(keeper, sweeping, &say).await;
    log::stopped(&say, &counts);
    closed
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

/// Where to listen: the option, the configuration, the default.
fn address(common: &Common, option: Option<&str>) -> Result<ListenAddress, Failure> {
    let configured = common.config().listen.as_deref();
    let (text, code) = match (option, configured) {
        (Some(text), _) => (text, ExitCode::Usage),
        (None, Some(text)) => (text, ExitCode::Configuration),
        (None, None) => (DEFAULT_ADDRESS, ExitCode::Internal),
    };
    ListenAddress::parse(text).map_err(|_| Failure::new(code, "serve-bad-address").with("address", text))
}

fn cannot_listen(address: &ListenAddress, error: &ListenError) -> Failure {
    let shown = address.to_string();
    let failed = |code, reason: String| {
        Failure::new(code, "serve-cannot-listen").with("address", shown.as_str()).with("reason", reason)
    };
    match error {
        ListenError::InUse { .. } => {
            Failure::new(ExitCode::Network, "serve-address-in-use").with("address", shown.as_str())
        }
        ListenError::System { source, .. } => failed(ExitCode::Network, source.to_string()),
        // Its text begins with the address, which the sentence names already.
        other => {
            let text = other.to_string();
            let reason = text.strip_prefix(&format!("{shown}: ")).unwrap_or(&text);
            failed(ExitCode::Configuration, reason.to_owned())
        }
    }
}

fn internal(error: &std::io::Error) -> Failure {
    Failure::new(ExitCode::Internal, "cli-internal-error").with("reason", error.to_string())
}

/// Tells on standard error what was started, and what Postfix needs to know.
fn greet(
    say: &Say,
    address: &ListenAddress,
    authserv_id: &str,
    resolver: &ResolverConfig,
    stage: policy::Stage,
    ledger: Option<&std::path::Path>,
) {
    let servers: Vec<_> = resolver.servers.iter().map(ToString::to_string).collect();
    let lines = [
        say.say("serve-listening", &[("address", address.to_string().into())]),
        say.say("serve-authserv-id", &[("name", authserv_id.into())]),
        say.say("serve-resolver", &[("resolvers", servers.join(", ").into())]),
        say.say("serve-stage", &[("stage", mailtext::Value::Word(stage.as_str()))]),
        ledger.map_or_else(
            || say.word("serve-no-ledger"),
            |file| say.say("serve-ledger", &[("file", file.display().to_string().into())]),
        ),
        say.word("serve-postfix-hint"),
        format!("    {}", say.say("serve-postfix-milters", &[("address", for_postfix(address).into())])),
        // Mail of this machine's own users and programs; no sentence, but a line to copy.
        "    non_smtpd_milters = $smtpd_milters".to_owned(),
        format!("    {}", say.word("serve-postfix-default-action")),
    ];
    eprintln!("{}", lines.join("\n"));
}

/// A daemon that starts before the network is up must not end for it, but its operator must hear of it.
async fn tell_whether_dns_answers(resolver: Resolver, say: Arc<Say>) {
    if let Err(error) = resolver.check().await {
        tracing::warn!("{}", say.explain(&resolver_failure(&error)));
    }
}

/// The address with the port that the system has chosen, where it was asked to choose.
fn with_port(address: ListenAddress, bound: Option<u16>) -> ListenAddress {
    match (address, bound) {
        (ListenAddress::Inet { host, .. }, Some(port)) => ListenAddress::Inet { host, port },
        (ListenAddress::Inet6 { host, .. }, Some(port)) => ListenAddress::Inet6 { host, port },
        (address, _) => address,
    }
}

/// postconf(5), smtpd_milters: `inet:HOST:PORT` or `unix:PATH`.
fn for_postfix(address: &ListenAddress) -> String {
    match address {
        ListenAddress::Inet { host, port } => format!("inet:{}:{port}", host.as_deref().unwrap_or("127.0.0.1")),
        ListenAddress::Inet6 { host, port } => format!("inet:[{}]:{port}", host.as_deref().unwrap_or("::1")),
        ListenAddress::Unix(path) => format!("unix:{}", path.display()),
    }
}

/// The signals that end the daemon.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Whether colours are wanted on standard error.
fn is_coloured() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

const DEFAULT_ADDRESS: &str = "inet:8894@127.0.0.1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_postfix_writes_them() {
        for (ours, postfix) in [
            (DEFAULT_ADDRESS, "inet:127.0.0.1:8894"),
            ("inet:8894", "inet:127.0.0.1:8894"),
            ("inet:8894@mx.example.jp", "inet:mx.example.jp:8894"),
            ("inet6:8894@[::1]", "inet:[::1]:8894"),
            ("inet6:8894", "inet:[::1]:8894"),
            ("/run/sekisho/milter.sock", "unix:/run/sekisho/milter.sock"),
        ] {
            assert_eq!(for_postfix(&ListenAddress::parse(ours).unwrap()), postfix);
        }
    }

    #[test]
    fn the_port_that_the_system_chose_is_told() {
        let address = with_port(ListenAddress::parse("inet:0@127.0.0.1").unwrap(), Some(4711));
        assert_eq!(address.to_string(), "inet:4711@127.0.0.1");
        let local = ListenAddress::parse("/run/a").unwrap();
        assert_eq!(with_port(local.clone(), None), local);
    }

    #[test]
    fn why_nobody_listens() {
        use mailtext::Explain as _;
        let address = ListenAddress::parse(DEFAULT_ADDRESS).unwrap();
        let failure = cannot_listen(&address, &ListenError::InUse { address: address.clone() });
        assert_eq!((failure.id(), failure.code()), ("serve-address-in-use", ExitCode::Network));
        let source = std::io::ErrorKind::PermissionDenied.into();
        let failure = cannot_listen(&address, &ListenError::System { address: address.clone(), source });
        assert_eq!((failure.id(), failure.code()), ("serve-cannot-listen", ExitCode::Network));
        let failure = cannot_listen(&address, &ListenError::NoSuchHost { address: address.clone() });
        assert_eq!(failure.code(), ExitCode::Configuration);
        let reason = failure.arguments().into_iter().find(|(name, _)| *name == "reason").unwrap().1.to_string();
        assert_eq!(reason, "the host has no address of this family");
    }
}
