//! From a host to a connection that has been proved to be the host's.
//!
//! Addresses are looked up once, and only those are connected to that were checked: a name that says something else a
//! moment later (DNS rebinding) is not asked again.

use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use lookup::fetch::{FetchFailure, HttpsUrl};
use lookup::{Answer, Data, Kind, Lookup, Question};
use mailtext::Domain;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::address::{Scope, scope};
use super::config::{FetchConfig, FetchConfigError, PrivateAddresses};
use crate::limits::{CONNECT_DELAY_MS, HOST_ADDRESS_COUNT_MAX, RESOLUTION_DELAY_MS};

/// The addresses of a host that may be connected to, in the order in which they are tried.
pub(super) async fn addresses<L: Lookup>(
    lookup: &L,
    host: &Domain,
    private: PrivateAddresses,
) -> Result<Vec<IpAddr>, FetchFailure> {
    let all = resolve(lookup, host).await;
    if all.is_empty() {
        return Err(FetchFailure::NoAddress);
    }
    let allowed = |address: &IpAddr| match scope(*address) {
        Scope::Public => true,
        Scope::Private => private == PrivateAddresses::Allowed,
        Scope::Unusable => false,
    };
    let mut usable: Vec<_> = all.into_iter().filter(allowed).collect();
    usable.truncate(HOST_ADDRESS_COUNT_MAX);
    if usable.is_empty() { Err(FetchFailure::PrivateAddress) } else { Ok(usable) }
}

/// All addresses, the families in turn, IPv6 first (RFC 8305 §4).
async fn resolve<L: Lookup>(lookup: &L, host: &Domain) -> Vec<IpAddr> {
    let mut six = pin!(lookup.ask(Question::new(host.clone(), Kind::Aaaa)));
    let mut four = pin!(lookup.ask(Question::new(host.clone(), Kind::A)));
    // RFC 8305 §3: the families are asked at once, and the slower one is not waited for as long as it may take.
    let delay = Duration::from_millis(RESOLUTION_DELAY_MS);
    let (six, four) = tokio::select! {
        answer = &mut six => {
            let six = found(&answer);
            let four = if six.is_empty() { Some(four.await) } else { timeout(delay, four).await.ok() };
            (six, four.as_ref().map(found).unwrap_or_default())
        }
        answer = &mut four => {
            let four = found(&answer);
            let six = if four.is_empty() { Some(six.await) } else { timeout(delay, six).await.ok() };
            (six.as_ref().map(found).unwrap_or_default(), four)
        }
    };
    let count = six.len().max(four.len());
    (0..count).flat_map(|index| [six.get(index), four.get(index)]).flatten().copied().collect()
}

fn found(answer: &Answer) -> Vec<IpAddr> {
    let Answer::Records(records) = answer else {
        return Vec::new();
    };
    let address = |data: &Data| match data {
        Data::A(address) => Some(IpAddr::V4(*address)),
        Data::Aaaa(address) => Some(IpAddr::V6(*address)),
        _ => None,
    };
    records.data.iter().filter_map(address).collect()
}

/// A connection to the first address that takes one; the next is tried as soon as one fails, and after a pause as well
/// (RFC 8305 §5).
pub(super) async fn connect(
    addresses: &[IpAddr],
    port: u16,
    attempt_timeout: Duration,
) -> Result<TcpStream, FetchFailure> {
    let mut untried = addresses.iter();
    let mut attempts = JoinSet::new();
    let mut failure = FetchFailure::Unreachable;
    loop {
        match untried.next() {
            Some(address) => {
                let address = SocketAddr::new(*address, port);
                attempts.spawn(timeout(attempt_timeout, TcpStream::connect(address)));
            }
            None if attempts.is_empty() => return Err(failure),
            None => {}
        }
        tokio::select! {
            Some(ended) = attempts.join_next() => match ended {
                Ok(Ok(Ok(stream))) => return Ok(stream),
                Ok(Err(_)) => failure = FetchFailure::Timeout,
                _ => {}
            },
            () = sleep(Duration::from_millis(CONNECT_DELAY_MS)), if untried.len() > 0 => {}
            else => return Err(failure),
        }
    }
}

/// TLS to the host of the URL, whose certificate must be for its name (RFC 9110 §4.3.4).
pub(super) async fn secure(
    tls: &TlsConnector,
    url: &HttpsUrl,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, FetchFailure> {
    let name = ServerName::try_from(url.host().as_str().to_owned()).map_err(|_| FetchFailure::Tls)?;
    tls.connect(name, stream).await.map_err(|error| {
        let of_tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if of_tls.is_some() { FetchFailure::Tls } else { FetchFailure::Unreachable }
    })
}

/// TLS as a client that trusts the public authorities and those of the configuration.
pub(super) fn tls(config: &FetchConfig) -> Result<TlsConnector, FetchConfigError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for root in config.roots.iter() {
        roots.add(root.clone())?;
    }
    // Given here and not installed for the process, where it would be state that everybody shares.
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Each connection stands alone; a session kept would be one more thing that grows.
    client.resumption = rustls::client::Resumption::disabled();
    Ok(TlsConnector::from(Arc::new(client)))
}
