//! Where the daemon listens: for mail servers, and for the operator.

use std::net::SocketAddr;

use net::{InheritedListener, ListenAddress, ListenError, Listener, SocketAccess};
use service::Outgoing;

use super::DEFAULT_ADDRESS;
use crate::common::Common;
use crate::config::Http;
use crate::exit::ExitCode;
use crate::failure::Failure;

/// What systemd has opened, by what it is for.
#[derive(Default)]
pub(super) struct Inherited {
    /// For the milter.
    milter: Vec<Listener>,
    /// For HTTP: the one named `http`.
    http: Option<Listener>,
}

impl Inherited {
    /// Takes what there is; once.
    ///
    /// # Errors
    /// What was handed over cannot be listened on.
    pub(super) fn take() -> Result<Self, Failure> {
        let names = std::env::var("LISTEN_FDNAMES").ok();
        let handed = Listener::inherited(names.as_deref()).map_err(|error| {
            Failure::new(ExitCode::Configuration, "serve-bad-inherited").with("reason", error.to_string())
        })?;
        let mut inherited = Self::default();
        for InheritedListener { name, listener } in handed {
            match name.as_deref() {
                Some("http") => inherited.http = Some(listener),
                _ => inherited.milter.push(listener),
            }
        }
        Ok(inherited)
    }

    /// The listener for HTTP.
    pub(super) fn take_http(&mut self) -> Option<Listener> {
        self.http.take()
    }
}

/// Where to listen: the options, the configuration, the default.
///
/// # Errors
/// One of them is no address.
pub(super) fn addresses(common: &Common, options: &[String]) -> Result<Vec<ListenAddress>, Failure> {
    let configured = &common.config().listen;
    let default = [DEFAULT_ADDRESS.to_owned()];
    let (texts, code) = match (options, &configured[..]) {
        ([_, ..], _) => (options, ExitCode::Usage),
        ([], [_, ..]) => (&configured[..], ExitCode::Configuration),
        ([], []) => (&default[..], ExitCode::Internal),
    };
    let read = |text: &String| {
        ListenAddress::parse(text).map_err(|_| Failure::new(code, "serve-bad-address").with("address", text.as_str()))
    };
    texts.iter().map(read).collect()
}

/// Listens at all of these, or on what was handed over; with the addresses to show.
///
/// # Errors
/// Nobody can listen at one of them.
pub(super) async fn bind(
    addresses: Vec<ListenAddress>,
    access: &SocketAccess,
    inherited: Inherited,
) -> Result<(Vec<Listener>, Vec<ListenAddress>), Failure> {
    if !inherited.milter.is_empty() {
        let shown = inherited.milter.iter().filter_map(Listener::address).collect();
        return Ok((inherited.milter, shown));
    }
    let (mut listeners, mut shown) = (Vec::new(), Vec::new());
    for address in addresses {
        let bound = Listener::bind(&address, access).await;
        let listener = bound.map_err(|error| cannot_listen(&address, &error))?;
        shown.push(with_port(address, listener.tcp_address().map(|address| address.port())));
        listeners.push(listener);
    }
    Ok((listeners, shown))
}

/// Whether the daemon listens where outgoing mail is to come: else all of it would go unsigned, and nobody would know.
///
/// # Errors
/// Nobody listens at one of these places.
pub(super) fn check_outgoing(outgoing: Option<&Outgoing>, addresses: &[ListenAddress]) -> Result<(), Failure> {
    let there: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let wanted = outgoing.into_iter().flat_map(|outgoing| &outgoing.origins.listeners);
    match wanted.into_iter().find(|wanted| !there.contains(wanted)) {
        Some(missing) => {
            let failure = Failure::new(ExitCode::Configuration, "serve-outgoing-nowhere");
            Err(failure.with("address", missing.as_str()))
        }
        None => Ok(()),
    }
}

/// Listens for HTTP. Mail does not depend on it: who cannot, goes on without; so the error is for a warning.
///
/// # Errors
/// Nobody can listen there.
pub(super) async fn bind_http(http: Http, inherited: Option<Listener>) -> Result<Option<(Listener, String)>, Failure> {
    if let Some(listener) = inherited {
        let shown = listener.tcp_address().map_or_else(String::new, |address| address.to_string());
        return Ok(Some((listener, shown)));
    }
    let Http::At(address) = http else { return Ok(None) };
    let host = Some(address.ip().to_string());
    let place = match address {
        SocketAddr::V4(_) => ListenAddress::Inet { host, port: address.port() },
        SocketAddr::V6(_) => ListenAddress::Inet6 { host, port: address.port() },
    };
    let listener = Listener::bind(&place, &SocketAccess::default()).await.map_err(|error| {
        let reason = reason(&place, &error);
        Failure::new(ExitCode::Network, "serve-no-http").with("address", address.to_string()).with("reason", reason)
    })?;
    let shown = listener.tcp_address().unwrap_or(address).to_string();
    Ok(Some((listener, shown)))
}

fn cannot_listen(address: &ListenAddress, error: &ListenError) -> Failure {
    let shown = address.to_string();
    let failed = |code| {
        let failure = Failure::new(code, "serve-cannot-listen").with("address", shown.as_str());
        failure.with("reason", reason(address, error))
    };
    match error {
        ListenError::InUse { .. } => {
            Failure::new(ExitCode::Network, "serve-address-in-use").with("address", shown.as_str())
        }
        ListenError::System { .. } => failed(ExitCode::Network),
        _ => failed(ExitCode::Configuration),
    }
}

/// The reason alone: its text begins with the address, which the sentence names already.
pub(super) fn reason(address: &ListenAddress, error: &ListenError) -> String {
    let text = error.to_string();
    text.strip_prefix(&format!("{address}: ")).unwrap_or(&text).to_owned()
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
pub(super) fn for_postfix(address: &ListenAddress) -> String {
    match address {
        ListenAddress::Inet { host, port } => format!("inet:{}:{port}", host.as_deref().unwrap_or("127.0.0.1")),
        ListenAddress::Inet6 { host, port } => format!("inet:[{}]:{port}", host.as_deref().unwrap_or("::1")),
        ListenAddress::Unix(path) => format!("unix:{}", path.display()),
    }
}

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

    #[tokio::test]
    async fn http_is_answered_where_it_is_wanted_and_missed_where_it_cannot_be() {
        assert!(bind_http(Http::Off, None).await.unwrap().is_none());
        let (first, shown) = bind_http(Http::At("127.0.0.1:0".parse().unwrap()), None).await.unwrap().unwrap();
        let address = first.tcp_address().unwrap();
        assert_eq!(shown, address.to_string());
        assert!(bind_http(Http::At(address), None).await.is_err());
        let (_, shown) = bind_http(Http::Off, Some(first)).await.unwrap().unwrap();
        assert_eq!(shown, address.to_string());
    }
}
