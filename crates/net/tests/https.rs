//! The small HTTP server over TLS: a chain of an authority of our own, a certificate that is renewed, one that is broken,
//! and clients that speak no TLS, an old one, or nothing.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)] // Helpers of tests may panic.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use sekisho_net::http::{From, Request, Response};
use sekisho_net::limits::CHAIN_CERTIFICATE_COUNT_MAX;
use sekisho_net::tls::{CertificateError, ServerCertificate, ServerTls};
use sekisho_net::{HttpOptions, ListenAddress, Listener, SocketAccess, serve_https};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// An authority with one between it and the servers.
struct Authority {
    root: CertificateDer<'static>,
    between: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let authority = || {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params
        };
        let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut of_root = authority();
        of_root.distinguished_name.push(rcgen::DnType::CommonName, "root");
        let root = of_root.self_signed(&root_key).unwrap();
        let mut params = authority();
        params.distinguished_name.push(rcgen::DnType::CommonName, "between");
        let between = params.signed_by(&key, &Issuer::new(of_root, root_key)).unwrap();
        Self { root: root.der().clone(), between: between.pem(), issuer: Issuer::new(params, key) }
    }

    /// A chain for a name, valid until the end of a year, and its key.
    fn chain(&self, name: &str, until: i32) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 12, 31);
        let own = params.signed_by(&key, &self.issuer).unwrap().pem();
        (own + &self.between, key.serialize_pem())
    }

    fn certificate(&self, name: &str) -> ServerCertificate {
        let (chain, key) = self.chain(name, 2099);
        ServerCertificate::parse(chain.as_bytes(), key.as_bytes()).unwrap()
    }

    fn client(&self, versions: &[&'static rustls::SupportedProtocolVersion]) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let client = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
        TlsConnector::from(Arc::new(client.with_root_certificates(roots).with_no_client_auth()))
    }
}

struct Server {
    address: SocketAddr,
    tls: ServerTls,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(options: HttpOptions) -> Self {
        let address = ListenAddress::parse("inet:0@127.0.0.1").unwrap();
        let listener = Listener::bind(&address, &SocketAccess::default()).await.unwrap();
        let (address, tls) = (listener.tcp_address().unwrap(), ServerTls::new());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve_https(listener, tls.clone(), options, echo, async { drop(stopped.await) }));
        Self { address, tls, stop, task }
    }

    async fn handshake(&self, client: &TlsConnector, name: &'static str) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        client.connect(ServerName::try_from(name).unwrap(), stream).await
    }

    /// What is answered to a request; nothing where there is no handshake.
    async fn ask(&self, client: &TlsConnector, name: &'static str) -> Option<String> {
        let mut stream = self.handshake(client, name).await.ok()?;
        stream.write_all(GET.as_bytes()).await.ok()?;
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        Some(answer)
    }
}

async fn echo(request: Request<Vec<u8>>) -> Response<Vec<u8>> {
    let is_named = request.extensions().get::<From>().is_some_and(|from| from.0.ip().is_loopback());
    Response::new(format!("{} {is_named}", request.uri().path()).into_bytes())
}

const GET: &str = "GET /here HTTP/1.1\r\nHost: desk.example\r\nConnection: close\r\n\r\n";
const BOTH: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

#[tokio::test]
async fn requests_are_answered_over_tls_with_the_whole_chain() {
    let authority = Authority::new();
    let server = Server::start(HttpOptions::default()).await;
    server.tls.show(&authority.certificate("desk.example"));
    for versions in [&BOTH[..1], &BOTH[1..], BOTH] {
        let answer = server.ask(&authority.client(versions), "desk.example").await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\n/here true"), "{answer}");
    }
    assert_eq!(server.ask(&authority.client(BOTH), "other.example").await, None, "it is for another name");
    assert_eq!(server.ask(&Authority::new().client(BOTH), "desk.example").await, None, "nobody knows that authority");
    server.stop.send(()).unwrap();
    server.task.await.unwrap();
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_to_those_who_come_and_those_who_are_there_stay() {
    let authority = Authority::new();
    let server = Server::start(HttpOptions::default()).await;
    let client = authority.client(BOTH);
    assert!(!server.tls.is_ready());
    assert_eq!(server.ask(&client, "desk.example").await, None, "there is no certificate yet");
    server.tls.show(&authority.certificate("desk.example"));
    assert!(server.tls.is_ready());
    let mut early = server.handshake(&client, "desk.example").await.unwrap();
    server.tls.show(&authority.certificate("renewed.example"));
    assert_eq!(server.ask(&client, "desk.example").await, None);
    assert!(server.ask(&client, "renewed.example").await.unwrap().ends_with("/here true"));
    early.write_all(GET.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = early.read_to_string(&mut answer).await;
    assert!(answer.ends_with("/here true"), "{answer}");
    // What cannot be read never comes to be shown: the one before is.
    assert!(ServerCertificate::parse(b"broken", b"broken").is_err());
    assert!(server.ask(&client, "renewed.example").await.is_some());
}

#[tokio::test]
async fn who_speaks_no_tls_is_turned_away_and_harms_nobody() {
    let authority = Authority::new();
    let server = Server::start(HttpOptions { connection_count_max: 2, ..HttpOptions::default() }).await;
    server.tls.show(&authority.certificate("desk.example"));
    for text in [GET, "\u{16}\u{3}\u{1}", "EHLO x\r\n"] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/"), "{text:?} {answer:?}");
    }
    assert!(server.ask(&authority.client(BOTH), "desk.example").await.unwrap().ends_with("/here true"));
}

#[tokio::test]
async fn a_handshake_takes_a_place_and_ends() {
    let authority = Authority::new();
    let handshake_timeout = Duration::from_millis(500);
    let options = HttpOptions { connection_count_max: 1, handshake_timeout, ..HttpOptions::default() };
    let server = Server::start(options).await;
    server.tls.show(&authority.certificate("desk.example"));
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let client = authority.client(BOTH);
    assert_eq!(server.ask(&client, "desk.example").await, None, "the only place is taken");
    let mut answer = Vec::new();
    // The server, not the client, ends it: nothing is written, and nothing more is waited for.
    let _ = tokio::time::timeout(Duration::from_secs(120), silent.read_to_end(&mut answer)).await.unwrap();
    assert_eq!(answer, b"");
    let mut answered = None;
    // Its place is free a moment after it is closed.
    while answered.is_none() {
        answered = server.ask(&client, "desk.example").await;
    }
    assert!(answered.unwrap().ends_with("/here true"));
}

#[tokio::test]
async fn a_local_socket_speaks_none() {
    let path = std::env::temp_dir().join(format!("sekisho-https-{}", std::process::id()));
    let listener = Listener::bind(&ListenAddress::Unix(path.clone()), &SocketAccess::default()).await.unwrap();
    let (_stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(serve_https(listener, ServerTls::new(), HttpOptions::default(), echo, async { drop(stopped.await) }));
    let mut stream = UnixStream::connect(&path).await.unwrap();
    stream.write_all(GET.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    assert!(answer.ends_with("/here false"), "{answer}");
}

#[test]
fn chains_and_keys_that_cannot_be_shown() {
    let authority = Authority::new();
    let (chain, key) = authority.chain("desk.example", 2030);
    let (_, other) = authority.chain("desk.example", 2030);
    let parse = |chain: &str, key: &str| ServerCertificate::parse(chain.as_bytes(), key.as_bytes()).map(|_| ());
    assert_eq!(parse(&chain, &key), Ok(()));
    assert_eq!(parse(&(key.clone() + &chain), &(chain.clone() + &key)), Ok(()), "both in one file");
    assert_eq!(parse("", &key), Err(CertificateError::NoCertificate));
    assert_eq!(parse(&key, &key), Err(CertificateError::NoCertificate));
    assert_eq!(parse(&chain, &chain), Err(CertificateError::NoKey));
    assert_eq!(parse(&chain, &other), Err(CertificateError::OtherKey));
    assert_eq!(
        parse(&(authority.between.clone() + &chain), &key),
        Err(CertificateError::OtherKey),
        "the wrong way round"
    );
    let bad = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(parse(bad, &key), Err(CertificateError::BadCertificate { number: 1 }));
    let cut = chain.replace("-----END CERTIFICATE-----", "");
    assert!(parse(&cut, &key).is_err());
    let bad_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert!(matches!(parse(&chain, bad_key), Err(CertificateError::BadKey { .. })), "{:?}", parse(&chain, bad_key));
    let sealed = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    assert_eq!(parse(&chain, sealed), Err(CertificateError::NoKey));
    for (count, want) in [
        (CHAIN_CERTIFICATE_COUNT_MAX - 1, Ok(())),
        (CHAIN_CERTIFICATE_COUNT_MAX, Ok(())),
        (CHAIN_CERTIFICATE_COUNT_MAX + 1, Err(CertificateError::TooManyCertificates)),
    ] {
        assert_eq!(parse(&(chain.clone() + &authority.between.repeat(count - 2)), &key), want, "{count}");
    }
}

#[test]
fn what_a_certificate_says_of_itself() {
    let (chain, key) = Authority::new().chain("*.example.jp", 2030);
    let certificate = ServerCertificate::parse(chain.as_bytes(), key.as_bytes()).unwrap();
    let validity = certificate.validity();
    assert_eq!((validity.begins_s, validity.ends_s), (1_577_836_800, 1_924_905_600));
    for (name, want) in
        [("desk.example.jp", true), ("DESK.Example.JP", true), ("example.jp", false), ("a.desk.example.jp", false)]
    {
        assert_eq!(validity.is_for(name), want, "{name}");
    }
    assert!(
        CertificateDer::pem_slice_iter(chain.as_bytes()).count() == 2 && !format!("{certificate:?}").contains("config")
    );
}
