//! Mail hosts greeted as a sender would, as far as TLS: what they offer, and whose certificate they show. No mail is sent, and
//! nothing secret is said, so that a certificate which does not hold ends nothing: that it does not hold is what is wanted.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lookup::{Answer, Data, Kind, Lookup, Question, ask_all};
use mailtext::Domain;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, ProtocolVersion, RootCertStore, SignatureScheme};
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

use crate::authoritative::Places;
use crate::fetch::address::{Scope, scope};
use crate::fetch::config::{PrivateAddresses, Roots};
use crate::limits::{
    GREET_ADDRESS_COUNT_MAX, GREET_AT_ONCE, GREET_CONNECT_MS_DEFAULT, GREET_MEMO_COUNT_MAX, GREET_NAME_COUNT_MAX,
    GREET_REPLY_MS_DEFAULT, GREET_TLS_MS_DEFAULT, SMTP_QUIT_MS, SMTP_REPLY_LINE_BYTES_MAX,
};
use crate::mail_server::{MailServer, Security, Wire};
use crate::submission::{Offers, Reply, ReplyReader};

/// How mail hosts are greeted.
#[derive(Clone, Debug)]
pub struct GreetConfig {
    /// What this machine calls itself.
    pub helo: String,
    /// Where hosts stand that are not greeted at the addresses that DNS has for them.
    pub places: Places,
    /// Whether hosts inside are greeted that are not in `places`.
    pub private_addresses: PrivateAddresses,
    /// Authorities that are trusted beside the public ones.
    pub extra_roots: Roots,
    /// Time for a connection to one address.
    pub connect_timeout: Duration,
    /// Time for one reply, with all its lines.
    pub reply_timeout: Duration,
    /// Time for the handshake of TLS.
    pub tls_timeout: Duration,
}

/// What came of a greeting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Greeted {
    /// It was not greeted: its addresses are none that a stranger may make us connect to.
    Refused,
    /// Nobody answers, or not as SMTP does.
    Unreachable,
    /// It does not offer STARTTLS.
    Plain,
    /// It offers STARTTLS, and TLS failed.
    TlsFailed,
    /// TLS was spoken.
    Tls {
        /// The version: `1.2`, `1.3`.
        version: &'static str,
        /// What its certificate says.
        certificate: HostCertificate,
    },
}

/// What a host's certificate says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostCertificate {
    /// The DNS names that it is for (subjectAltName), as they stand there.
    pub names: Vec<Box<str>>,
    /// When it ends, in seconds since 1970.
    pub ends_s: i64,
    /// Whether it leads to one of the authorities, holds now, and the host has its private key. Names are not looked at.
    pub is_trusted: bool,
    /// The certificate itself, DER.
    pub der: Box<[u8]>,
    /// Its public key (SubjectPublicKeyInfo), DER.
    pub public_key: Box<[u8]>,
}

/// Greets mail hosts, each once.
pub struct Greeter<L> {
    resolver: L,
    config: GreetConfig,
    provider: Arc<CryptoProvider>,
    roots: RootCertStore,
    known: Mutex<HashMap<Domain, Arc<OnceCell<Greeted>>>>,
    room: Semaphore,
}

impl GreetConfig {
    /// Hosts outside alone, with time-outs as in [`crate::limits`].
    #[must_use]
    pub fn new(helo: &str) -> Self {
        // What could end the command, or is no name, is not said.
        let is_name = !helo.is_empty() && helo.bytes().all(|byte| byte.is_ascii_graphic());
        Self {
            helo: if is_name { helo } else { "localhost" }.to_owned(),
            places: Places::new(),
            private_addresses: PrivateAddresses::Refused,
            extra_roots: Roots::default(),
            connect_timeout: Duration::from_millis(GREET_CONNECT_MS_DEFAULT),
            reply_timeout: Duration::from_millis(GREET_REPLY_MS_DEFAULT),
            tls_timeout: Duration::from_millis(GREET_TLS_MS_DEFAULT),
        }
    }
}

impl<L: Lookup + Sync> Greeter<L> {
    /// Connects to nobody yet.
    #[must_use]
    pub fn new(resolver: L, config: GreetConfig) -> Self {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for root in config.extra_roots.iter() {
            // One that cannot be read was refused when it was added.
            let _ = roots.add(root.clone());
        }
        Self {
            resolver,
            config,
            provider: Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
            roots,
            known: Mutex::default(),
            room: Semaphore::new(GREET_AT_ONCE),
        }
    }

    /// Greets a host, unless that was done before.
    pub async fn greet(&self, host: &Domain) -> Greeted {
        let cell = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= GREET_MEMO_COUNT_MAX && !known.contains_key(host) {
                known.clear();
            }
            Arc::clone(known.entry(host.clone()).or_default())
        };
        cell.get_or_init(|| self.greet_anew(host)).await.clone()
    }

    /// At the first address where somebody speaks SMTP.
    async fn greet_anew(&self, host: &Domain) -> Greeted {
        let Ok(_room) = self.room.acquire().await else { return Greeted::Unreachable };
        let addresses = self.addresses(host).await;
        let mut greeted = if addresses.is_empty() { Greeted::Refused } else { Greeted::Unreachable };
        for address in addresses {
            greeted = self.greet_at(host, address).await;
            if greeted != Greeted::Unreachable {
                break;
            }
        }
        greeted
    }

    /// IPv4 first: fewer networks are without it.
    async fn addresses(&self, host: &Domain) -> Vec<SocketAddr> {
        if let Some(place) = self.config.places.get(host) {
            return vec![*place];
        }
        let questions = [Kind::A, Kind::Aaaa].map(|kind| Question::new(host.clone(), kind));
        let answers = ask_all(&self.resolver, &questions).await;
        let all = answers.iter().flat_map(Answer::data).filter_map(|data| match data {
            Data::A(address) => Some((*address).into()),
            Data::Aaaa(address) => Some((*address).into()),
            _ => None,
        });
        let usable = all.filter(|address| match scope(*address) {
            Scope::Public => true,
            Scope::Private => self.config.private_addresses == PrivateAddresses::Allowed,
            Scope::Unusable => false,
        });
        usable.take(GREET_ADDRESS_COUNT_MAX).map(|address| SocketAddr::new(address, SMTP_PORT)).collect()
    }

    async fn greet_at(&self, host: &Domain, address: SocketAddr) -> Greeted {
        let mut server = MailServer::new(&address.ip().to_string(), address.port(), Security::StartTls);
        server.connect_timeout = self.config.connect_timeout;
        let Ok(wire) = Wire::connect(&server).await else { return Greeted::Unreachable };
        let mut talk = Talk { wire, wait: self.config.reply_timeout };
        let greeted = self.converse(host, &mut talk).await;
        talk.quit().await;
        greeted
    }

    async fn converse(&self, host: &Domain, talk: &mut Talk) -> Greeted {
        match talk.reply().await {
            Some((reply, _)) if reply.code == 220 => {}
            _ => return Greeted::Unreachable,
        }
        let offers = match talk.command(&format!("EHLO {}\r\n", self.config.helo)).await {
            Some((reply, reader)) if reply.is_positive() => Offers::of(reader.lines()),
            // RFC 5321 §4.1.4: 500 or 502 is said by who knows no EHLO, and so no extension.
            Some((reply, _)) if matches!(reply.code, 500 | 502) => Offers::default(),
            _ => return Greeted::Unreachable,
        };
        if !offers.start_tls {
            return Greeted::Plain;
        }
        match talk.command("STARTTLS\r\n").await {
            Some((reply, _)) if reply.code == 220 => {}
            _ => return Greeted::TlsFailed,
        }
        // What was said in the clear behind the reply must not be taken for what is said under TLS.
        talk.wire.forget();
        self.shake(host, talk).await.unwrap_or(Greeted::TlsFailed)
    }

    /// The handshake, and what it showed; `None` where it failed.
    async fn shake(&self, host: &Domain, talk: &mut Talk) -> Option<Greeted> {
        let anyone = Arc::new(Anyone { provider: Arc::clone(&self.provider), has_key: AtomicBool::new(false) });
        let mut client = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .ok()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::<Anyone>::clone(&anyone))
            .with_no_client_auth();
        client.resumption = rustls::client::Resumption::disabled();
        let name = ServerName::try_from(host.as_str().to_owned()).ok()?;
        let connector = TlsConnector::from(Arc::new(client));
        talk.wire.shake(&connector, name, self.config.tls_timeout).await.ok()?;
        let connection = talk.wire.tls()?;
        let version = match connection.protocol_version()? {
            ProtocolVersion::TLSv1_3 => "1.3",
            _ => "1.2",
        };
        let chain = connection.peer_certificates()?;
        let mut certificate = read(chain)?;
        certificate.is_trusted = anyone.has_key.load(Ordering::Relaxed) && self.is_trusted(chain);
        Some(Greeted::Tls { version, certificate })
    }

    fn is_trusted(&self, chain: &[CertificateDer<'_>]) -> bool {
        let Some((own, others)) = chain.split_first() else { return false };
        let algorithms = self.provider.signature_verification_algorithms.all;
        ParsedCertificate::try_from(own).is_ok_and(|own| {
            verify_server_cert_signed_by_trust_anchor(&own, &self.roots, others, UnixTime::now(), algorithms).is_ok()
        })
    }
}

/// What the first certificate of a chain says.
fn read(chain: &[CertificateDer<'_>]) -> Option<HostCertificate> {
    let own = chain.first()?;
    let (_, certificate) = X509Certificate::from_der(own).ok()?;
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.iter().flat_map(|names| &names.value.general_names).filter_map(|name| match name {
        GeneralName::DNSName(name) if name.bytes().all(|byte| byte.is_ascii_graphic()) => Some(Box::from(*name)),
        _ => None,
    });
    Some(HostCertificate {
        names: names.take(GREET_NAME_COUNT_MAX).collect(),
        ends_s: certificate.validity().not_after.timestamp(),
        is_trusted: false,
        der: own.as_ref().into(),
        public_key: certificate.public_key().raw.into(),
    })
}

/// A connection, and how long is waited for each reply.
struct Talk {
    wire: Wire,
    wait: Duration,
}

impl Talk {
    async fn command(&mut self, line: &str) -> Option<(Reply, ReplyReader)> {
        self.wire.write(line.as_bytes(), self.wait).await.ok()?;
        self.reply().await
    }

    /// A whole reply, within the time; `None` where there is none, or what came is none.
    async fn reply(&mut self) -> Option<(Reply, ReplyReader)> {
        let deadline = Instant::now() + self.wait;
        let mut reader = ReplyReader::default();
        loop {
            let line = self.wire.line(SMTP_REPLY_LINE_BYTES_MAX, deadline).await.ok()?;
            if let Some(reply) = reader.take(&line).ok()? {
                return Some((reply, reader));
            }
        }
    }

    /// Says goodbye, and waits for the reply for a moment.
    async fn quit(mut self) {
        self.wait = self.wait.min(Duration::from_millis(SMTP_QUIT_MS));
        let _ = self.command("QUIT\r\n").await;
    }
}

/// Takes every certificate, and remembers whether the host has shown that it has the certificate's private key.
#[derive(Debug)]
struct Anyone {
    provider: Arc<CryptoProvider>,
    has_key: AtomicBool,
}

impl Anyone {
    fn note(&self, verified: &Result<HandshakeSignatureValid, rustls::Error>) -> HandshakeSignatureValid {
        self.has_key.store(verified.is_ok(), Ordering::Relaxed);
        HandshakeSignatureValid::assertion()
    }
}

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        Ok(self.note(&verify_tls12_signature(message, certificate, signed, algorithms)))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        Ok(self.note(&verify_tls13_signature(message, certificate, signed, algorithms)))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

const SMTP_PORT: u16 = 25;
