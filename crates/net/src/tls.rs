//! TLS as a server: a certificate with its chain and its key, and what shows it to those who come. A certificate that is
//! renewed takes the place of the one before without a connection being lost; whoever reads the files gives bytes here.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{InconsistentKeys, ServerConfig};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;

use crate::limits::{CHAIN_CERTIFICATE_COUNT_MAX, GREET_NAME_COUNT_MAX};

/// A certificate with its chain and its key, found fit to be shown.
#[derive(Clone)]
pub struct ServerCertificate {
    config: Arc<ServerConfig>,
    validity: Validity,
}

/// What a certificate says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Validity {
    /// The names that it is for (subjectAltName): DNS names as they stand there.
    pub names: Vec<Box<str>>,
    /// From when, in seconds since 1970.
    pub begins_s: i64,
    /// Until when, in seconds since 1970.
    pub ends_s: i64,
}

/// Shows a certificate to those who come. Clones show the same one.
#[derive(Clone, Default)]
pub struct ServerTls {
    shown: Arc<RwLock<Option<TlsAcceptor>>>,
}

/// Why a certificate cannot be shown.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CertificateError {
    /// The text of the chain holds no certificate.
    #[error("there is no certificate in it")]
    NoCertificate,
    /// A certificate of the chain cannot be read.
    #[error("certificate {number} cannot be read")]
    BadCertificate {
        /// Which, counted from 1.
        number: usize,
    },
    /// More certificates than [`CHAIN_CERTIFICATE_COUNT_MAX`].
    #[error("more than {CHAIN_CERTIFICATE_COUNT_MAX} certificates")]
    TooManyCertificates,
    /// The text of the key holds none: neither PKCS #8, nor PKCS #1, nor SEC 1, or one under a passphrase.
    #[error("there is no private key without a passphrase in it")]
    NoKey,
    /// The key is of a kind that TLS does not sign with, or not sound.
    #[error("the private key cannot be used: {reason}")]
    BadKey {
        /// In the words of the library.
        reason: String,
    },
    /// The first certificate is for another key.
    #[error("the key is not that of the first certificate")]
    OtherKey,
}

impl ServerCertificate {
    /// Reads a chain, its own certificate first, and the key of that one, both in PEM.
    ///
    /// # Errors
    /// [`CertificateError`]. Whether it is valid now is not looked at: [`Self::validity`] says when it is.
    pub fn parse(chain: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        let chain = read_chain(chain)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| CertificateError::NoKey)?;
        let validity = chain.first().and_then(read).ok_or(CertificateError::BadCertificate { number: 1 })?;
        let bad = |error: rustls::Error| match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => CertificateError::OtherKey,
            rustls::Error::InvalidCertificate(_) => CertificateError::BadCertificate { number: 1 },
            other => CertificateError::BadKey { reason: other.to_string() },
        };
        // Given here and not installed for the process, where it would be state that everybody shares.
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        // TLS 1.2 and 1.3; RFC 8996 §4: "TLS 1.0 MUST NOT be used", nor 1.1 by its §5.
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = config.map_err(bad)?.with_no_client_auth().with_single_cert(chain, key).map_err(bad)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), validity })
    }

    /// What the certificate says of itself.
    #[must_use]
    pub fn validity(&self) -> &Validity {
        &self.validity
    }
}

impl Validity {
    /// Whether it is for this name: by itself, or by a name whose first label is `*` (RFC 9525 §6.3).
    #[must_use]
    pub fn is_for(&self, name: &str) -> bool {
        let rest = name.split_once('.').map(|(_, rest)| rest);
        self.names.iter().any(|own| match own.strip_prefix("*.") {
            Some(own) => rest.is_some_and(|rest| rest.eq_ignore_ascii_case(own)),
            None => own.eq_ignore_ascii_case(name),
        })
    }
}

impl ServerTls {
    /// Shows nothing yet: whoever comes is turned away until there is a certificate.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows this certificate from now on. Connections that are there already stay as they are.
    pub fn show(&self, certificate: &ServerCertificate) {
        let acceptor = TlsAcceptor::from(Arc::clone(&certificate.config));
        *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Some(acceptor);
    }

    /// Whether there is a certificate to be shown.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.shown.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// The handshake with somebody who came, within this time; `None` where nothing comes of it.
    pub(crate) async fn accept(&self, stream: TcpStream, within: Duration) -> Option<TlsStream<TcpStream>> {
        let acceptor = self.shown.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        timeout(within, acceptor.accept(stream)).await.ok()?.ok()
    }
}

impl fmt::Debug for ServerCertificate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ServerCertificate").field("validity", &self.validity).finish_non_exhaustive()
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ServerTls").field("is_ready", &self.is_ready()).finish()
    }
}

fn read_chain(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let mut chain = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let number = chain.len() + 1;
        if number > CHAIN_CERTIFICATE_COUNT_MAX {
            return Err(CertificateError::TooManyCertificates);
        }
        chain.push(certificate.map_err(|_| CertificateError::BadCertificate { number })?);
    }
    if chain.is_empty() { Err(CertificateError::NoCertificate) } else { Ok(chain) }
}

fn read(certificate: &CertificateDer<'_>) -> Option<Validity> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.iter().flat_map(|names| &names.value.general_names).filter_map(|name| match name {
        GeneralName::DNSName(name) if name.bytes().all(|byte| byte.is_ascii_graphic()) => Some(Box::from(*name)),
        _ => None,
    });
    let validity = certificate.validity();
    Some(Validity {
        names: names.take(GREET_NAME_COUNT_MAX).collect(),
        begins_s: validity.not_before.timestamp(),
        ends_s: validity.not_after.timestamp(),
    })
}
