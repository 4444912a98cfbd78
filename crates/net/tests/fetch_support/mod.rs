//! Servers on loopback that speak TLS, and then whatever a test wants; and a DNS that is a zone.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lookup::fetch::{Fetch, Fetched, HttpsUrl, Redirects, Request};
use lookup::{Answer, Lookup, Question, Zone};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sekisho_net::{FetchConfig, Fetcher, PrivateAddresses};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// An authority of our own.
pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// What a server does with one request.
#[derive(Clone)]
pub enum Act {
    /// These bytes, and an end as it should be.
    Say(Vec<u8>),
    /// These bytes, and the connection is cut.
    Cut(Vec<u8>),
    /// These bytes, and then nothing, for ever.
    Hang(Vec<u8>),
    /// The first bytes, and then the second again and again.
    Endless(Vec<u8>, Vec<u8>),
    /// This after a while.
    After(Duration, Vec<u8>),
}

/// A server.
pub struct Site {
    pub port: u16,
    pub connections: Arc<AtomicUsize>,
    pub requests: Arc<Mutex<Vec<String>>>,
}

/// A DNS that counts.
#[derive(Clone)]
pub struct Dns {
    zone: Arc<Zone>,
    pub asked: Arc<Mutex<Vec<String>>>,
}

impl Authority {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// TLS with a certificate for `name`.
    pub fn tls(&self, name: &str) -> TlsAcceptor {
        self.tls_of(&CertificateParams::new(vec![name.to_owned()]).unwrap())
    }

    pub fn tls_of(&self, params: &CertificateParams) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        acceptor(certificate.der().clone(), &key)
    }
}

/// TLS with a certificate that vouches for itself.
pub fn self_signed(name: &str) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&key).unwrap();
    acceptor(certificate.der().clone(), &key)
}

fn acceptor(certificate: CertificateDer<'static>, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

impl Site {
    /// A server on 127.0.0.1 that does `act` with the path of each request.
    pub async fn start(tls: TlsAcceptor, act: impl Fn(&str) -> Act + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1:0", tls, act).await
    }

    pub async fn start_at(address: &str, tls: TlsAcceptor, act: impl Fn(&str) -> Act + Send + Sync + 'static) -> Self {
        let (act, requests) = (Arc::new(act), Arc::new(Mutex::new(Vec::new())));
        let kept = Arc::clone(&requests);
        let (port, connections) = accept(address, move |stream| {
            let (tls, act, requests) = (tls.clone(), Arc::clone(&act), Arc::clone(&kept));
            async move {
                let Ok(mut stream) = tls.accept(stream).await else { return };
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { return };
                    head.push(byte);
                }
                let head = String::from_utf8(head).unwrap();
                let path = head.split(' ').nth(1).unwrap().to_owned();
                requests.lock().unwrap().push(head);
                perform(&act(&path), stream).await;
            }
        })
        .await;
        Self { port, connections, requests }
    }

    /// A server on 127.0.0.1 that says these bytes to whoever comes, without TLS.
    pub async fn plain(bytes: &'static [u8]) -> Self {
        let (port, connections) = accept("127.0.0.1:0", move |mut stream| async move {
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
            let _ = stream.read_to_end(&mut Vec::new()).await;
        })
        .await;
        Self { port, connections, requests: Arc::default() }
    }

    pub fn count(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn url(&self, path: &str) -> String {
        format!("https://www.example.test:{}{path}", self.port)
    }
}

async fn accept<F>(address: &str, serve: impl Fn(TcpStream) -> F + Send + 'static) -> (u16, Arc<AtomicUsize>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(address).await.unwrap();
    let (port, connections) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            counter.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(stream));
        }
    });
    (port, connections)
}

async fn perform(act: &Act, mut stream: tokio_rustls::server::TlsStream<TcpStream>) {
    match act {
        Act::Say(bytes) => {
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
        }
        Act::Cut(bytes) => {
            let _ = stream.write_all(bytes).await;
            let _ = stream.flush().await;
            // Without the goodbye of TLS.
            let _ = stream.get_mut().0.shutdown().await;
        }
        Act::Hang(bytes) => {
            let _ = stream.write_all(bytes).await;
            let _ = stream.flush().await;
            std::future::pending::<()>().await;
        }
        Act::Endless(head, more) => {
            let _ = stream.write_all(head).await;
            while stream.write_all(more).await.is_ok() {}
        }
        Act::After(time, bytes) => {
            tokio::time::sleep(*time).await;
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
        }
    }
}

impl Dns {
    pub fn of(zone: &str) -> Self {
        Self { zone: Arc::new(Zone::parse(zone).unwrap()), asked: Arc::default() }
    }

    /// `www.example.test` is here.
    pub fn here() -> Self {
        Self::of("www.example.test A 127.0.0.1\nother.example.test A 127.0.0.1\n")
    }
}

impl Lookup for Dns {
    async fn ask(&self, question: Question) -> Answer {
        self.asked.lock().unwrap().push(question.to_string());
        self.zone.answer(&question)
    }
}

/// Trusts the authority, goes to private addresses, and does not wait for long.
pub fn config(authority: &Authority) -> FetchConfig {
    let mut config = FetchConfig {
        private_addresses: PrivateAddresses::Allowed,
        total_timeout: Duration::from_secs(20),
        ..FetchConfig::default()
    };
    assert_eq!(config.roots.add_pem(authority.pem.as_bytes()).unwrap(), 1);
    config
}

pub fn fetcher(authority: &Authority) -> Fetcher<Dns> {
    Fetcher::start(config(authority), Dns::here()).unwrap()
}

pub fn request(url: &str) -> Request {
    Request { url: HttpsUrl::parse(url).unwrap(), bytes_max: 1000, redirects: Redirects::Follow }
}

/// What came, as a word: the status for a status.
pub async fn word(fetch: &impl Fetch, url: &str) -> String {
    match fetch.fetch(request(url)).await {
        Fetched::Status(status) => status.to_string(),
        other => other.word().to_owned(),
    }
}

/// A response with a length.
pub fn response(head: &str, body: &[u8]) -> Act {
    let mut bytes = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    Act::Say(bytes)
}
