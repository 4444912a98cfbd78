//! Who serves the demonstration: the pages of `serve`, over the filled stores, for whoever comes from this machine.

use std::io::Write as _;
use std::sync::Arc;

use dashboard::sources::Settings;
use dashboard::who::Role;
use insight::Map;
use lookup::Zone;
use lookup::fetch::{Both, Disabled};
use mailtext::Value;
use net::{HttpOptions, ListenAddress, ListenError, Listener, SocketAccess, serve_http};

use super::town::HOST;
use crate::common::Common;
use crate::config::DashboardTls;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::keys::signing::Source;
use crate::serve::{Around, Keeper, Pages, Parts};

/// What is around the pages: a zone in memory answers every question, so that none leaves the machine.
struct MadeUp {
    zone: Arc<Zone>,
    common: Common,
}

impl Around for MadeUp {
    type Lookup = Arc<Zone>;
    type World = Both<Arc<Zone>, Disabled>;

    fn lookup(&self) -> Arc<Zone> {
        Arc::clone(&self.zone)
    }

    fn outside(&self) -> Result<(Common, Self::World), Failure> {
        let common = self.common.with(self.common.config().clone());
        Ok((common, Both { lookup: self.lookup(), fetch: Disabled }))
    }

    fn senders(&self) -> Map {
        Map::curated()
    }
}

/// Serves until `end` is ready.
///
/// # Errors
/// A store cannot be used, or nobody can listen.
pub(super) async fn serve(common: &Common, zone: Arc<Zone>, end: impl Future<Output = ()>) -> Result<(), Failure> {
    let config = common.config();
    let parts = Parts {
        around: MadeUp { zone, common: common.with(config.clone()) },
        ledger: Some(Keeper::open(&common.state_directory(), &config.ledger).await?),
        reports: common.reports_file(),
        people: None,
        places: config.places.clone(),
        // Whoever comes may try what operators do: there is nothing here that could be hurt.
        settings: Settings { name: HOST.into(), guest: Some(Role::Operator), is_demo: true, ..Settings::default() },
        tls: DashboardTls::None,
    };
    let pages = Pages::open(parts)?.with(Source::of(common), config.reports.domains.clone());
    let pages = Arc::new(pages);
    let listener = listen().await?;
    let address = listener.tcp_address().map(|address| address.to_string()).unwrap_or_default();
    greet(common, &address)?;
    let answer = move |request| {
        let pages = Arc::clone(&pages);
        async move { pages.answer(request).await }
    };
    serve_http(listener, HttpOptions::default(), answer, end).await;
    Ok(())
}

/// Tells where it is, and what can be found out there.
fn greet(common: &Common, address: &str) -> Result<(), Failure> {
    let say = common.say();
    let directory = common.state_directory().display().to_string();
    let lines = [
        say.say("demo-ready", &[("address", Value::from(address))]),
        say.word("demo-questions"),
        say.say("demo-state", &[("directory", Value::from(directory.as_str()))]),
    ];
    let mut out = std::io::stdout().lock();
    out.write_all((lines.join("\n") + "\n").as_bytes())?;
    Ok(out.flush()?)
}

/// At the desk's usual port, or the next one that is free: a real one may be there already.
async fn listen() -> Result<Listener, Failure> {
    for port in FIRST_PORT..FIRST_PORT + PORT_COUNT {
        let place = ListenAddress::Inet { host: Some("127.0.0.1".to_owned()), port };
        match Listener::bind(&place, &SocketAccess::default()).await {
            Ok(listener) => return Ok(listener),
            Err(ListenError::InUse { .. }) => {}
            Err(error) => {
                let failure = Failure::new(ExitCode::Network, "serve-cannot-listen");
                return Err(failure.with("address", place.to_string()).with("reason", error.to_string()));
            }
        }
    }
    let last = FIRST_PORT + PORT_COUNT - 1;
    let failure = Failure::new(ExitCode::Network, "serve-address-in-use");
    Err(failure.with("address", format!("127.0.0.1:{FIRST_PORT}-{last}")))
}

/// Where the pages of `serve` are.
const FIRST_PORT: u16 = 8460;
/// How many ports are tried.
const PORT_COUNT: u16 = 20;
