//! The roots that a receiver trusts for mark certificates. None is compiled in: whom to trust is the receiver's to say.

use x509_parser::prelude::{FromDer, X509Certificate};

use super::{EvidenceFlaw, Link, pem};
use crate::limits::{ROOT_COUNT_MAX, ROOTS_BYTES_MAX};

/// A set of trusted roots.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Roots(Vec<Root>);

/// Why a set of roots cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RootsError {
    /// The text is larger than [`ROOTS_BYTES_MAX`].
    TooLarge,
    /// The text is not PEM.
    Pem,
    /// There is no certificate.
    Empty,
    /// There are more than [`ROOT_COUNT_MAX`].
    TooMany,
    /// The certificate at this place, counted from 0, cannot be read.
    Certificate(usize),
    /// The certificate at this place, counted from 0, is not an authority's.
    NoAuthority(usize),
}

/// What is trusted of a root: its name and its key, for its time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Root {
    subject: Box<[u8]>,
    key: Box<[u8]>,
    not_before_s: i64,
    not_after_s: i64,
}

impl Roots {
    /// The roots of a PEM text.
    ///
    /// # Errors
    /// Names what is wrong with the set; a set with an error is of no use at all.
    pub fn from_pem(text: &[u8]) -> Result<Self, RootsError> {
        if text.len() > ROOTS_BYTES_MAX {
            return Err(RootsError::TooLarge);
        }
        let ders = pem::certificates(text, ROOT_COUNT_MAX).map_err(|flaw| match flaw {
            EvidenceFlaw::TooManyCertificates => RootsError::TooMany,
            _ => RootsError::Pem,
        })?;
        Self::from_der(&ders)
    }

    /// The roots of certificates in DER.
    ///
    /// # Errors
    /// As [`Roots::from_pem`].
    pub fn from_der(ders: &[impl AsRef<[u8]>]) -> Result<Self, RootsError> {
        if ders.is_empty() {
            return Err(RootsError::Empty);
        }
        if ders.len() > ROOT_COUNT_MAX {
            return Err(RootsError::TooMany);
        }
        let roots = ders.iter().enumerate().map(|(place, der)| Root::read(der.as_ref(), place));
        roots.collect::<Result<_, _>>().map(Self)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Root> {
        self.0.iter()
    }
}

impl Root {
    fn read(der: &[u8], place: usize) -> Result<Self, RootsError> {
        let (_, certificate) = X509Certificate::from_der(der).map_err(|_| RootsError::Certificate(place))?;
        if !certificate.is_ca() {
            return Err(RootsError::NoAuthority(place));
        }
        let validity = certificate.validity();
        Ok(Self {
            subject: certificate.subject().as_raw().into(),
            key: certificate.public_key().raw.into(),
            not_before_s: validity.not_before.timestamp(),
            not_after_s: validity.not_after.timestamp(),
        })
    }

    pub(super) fn subject(&self) -> &[u8] {
        &self.subject
    }

    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    /// draft-fetch-validation-vmc §5.1, 2: the validity of every certificate of the chain is checked, the root's too.
    pub(super) fn time_flaw(&self, now_s: i64) -> Option<EvidenceFlaw> {
        if now_s < self.not_before_s {
            Some(EvidenceFlaw::NotYetValid(Link::Root))
        } else if now_s > self.not_after_s {
            Some(EvidenceFlaw::Expired(Link::Root))
        } else {
            None
        }
    }
}
