//! How documents are fetched.

use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::limits::{
    CONNECT_MS_DEFAULT, DOCUMENT_CACHE_BYTES_DEFAULT, FETCH_IN_FLIGHT_COUNT_DEFAULT, FETCH_MS_DEFAULT, ROOT_COUNT_MAX,
};

/// How documents are fetched.
#[derive(Clone, Debug)]
pub struct FetchConfig {
    /// Whether hosts inside are asked.
    pub private_addresses: PrivateAddresses,
    /// Time for one document: waiting for a place (no more than half of it), look-ups, connections, redirections and the
    /// body.
    pub total_timeout: Duration,
    /// Time for one attempt at one address.
    pub connect_timeout: Duration,
    /// Documents on their way at one time; at least one.
    pub in_flight_count_max: usize,
    /// Bytes of the cache; 0 is none.
    pub cache_bytes_max: usize,
    /// Authorities that are trusted beside the public ones.
    pub roots: Roots,
}

/// Certificates of authorities.
#[derive(Clone, Debug, Default)]
pub struct Roots(Vec<CertificateDer<'static>>);

/// Whether hosts are asked whose addresses are [private](super::address::Scope::Private). An address that is
/// [unusable](super::address::Scope::Unusable) is refused either way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PrivateAddresses {
    /// Never: whoever publishes a record must not reach what is behind our firewall.
    Refused,
    /// They are: in a closed network, or in a test.
    Allowed,
}

/// Why there is no fetcher.
#[derive(thiserror::Error, Debug)]
#[non_exhaustive]
pub enum FetchConfigError {
    /// A text of certificates that holds none.
    #[error("there is no certificate in it")]
    NoCertificate,
    /// A certificate that cannot be read, or that cannot be an authority's.
    #[error("certificate {number} cannot be read")]
    BadCertificate {
        /// Which, counted from 1.
        number: usize,
    },
    /// More certificates than are kept.
    #[error("more than {ROOT_COUNT_MAX} certificates")]
    TooManyCertificates,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// Called outside a tokio runtime.
    #[error("the fetcher was started outside of a tokio runtime")]
    NoRuntime,
}

impl Default for FetchConfig {
    /// The public authorities alone, public addresses alone.
    fn default() -> Self {
        Self {
            private_addresses: PrivateAddresses::Refused,
            total_timeout: Duration::from_millis(FETCH_MS_DEFAULT),
            connect_timeout: Duration::from_millis(CONNECT_MS_DEFAULT),
            in_flight_count_max: FETCH_IN_FLIGHT_COUNT_DEFAULT,
            cache_bytes_max: DOCUMENT_CACHE_BYTES_DEFAULT,
            roots: Roots::default(),
        }
    }
}

impl Roots {
    /// Adds the authorities of these certificates, in PEM. Gives how many there were.
    ///
    /// # Errors
    /// [`FetchConfigError::NoCertificate`], [`FetchConfigError::BadCertificate`],
    /// [`FetchConfigError::TooManyCertificates`]; then none of them is added.
    pub fn add_pem(&mut self, pem: &[u8]) -> Result<usize, FetchConfigError> {
        let mut roots = Vec::new();
        for (index, certificate) in CertificateDer::pem_slice_iter(pem).enumerate() {
            let bad = || FetchConfigError::BadCertificate { number: index + 1 };
            let certificate = certificate.map_err(|_| bad())?;
            rustls::RootCertStore::empty().add(certificate.clone()).map_err(|_| bad())?;
            if self.0.len() + roots.len() == ROOT_COUNT_MAX {
                return Err(FetchConfigError::TooManyCertificates);
            }
            roots.push(certificate);
        }
        let count = roots.len();
        self.0.append(&mut roots);
        if count == 0 { Err(FetchConfigError::NoCertificate) } else { Ok(count) }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &CertificateDer<'static>> {
        self.0.iter()
    }
}
