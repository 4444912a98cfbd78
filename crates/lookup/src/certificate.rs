//! Records that say which certificates and which zone keys hold: CAA, TLSA and DS.

use std::fmt;

use crate::answer::write_string;

/// One CAA record (RFC 8659 §4.1): who may issue certificates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificationAuthority {
    /// The flags; 128 says that an issuer who does not know the tag must not issue.
    pub flags: u8,
    /// The property: `issue`, `issuewild`, `issuevmc`, `iodef`.
    pub tag: Box<str>,
    /// Its value, raw.
    pub value: Box<[u8]>,
}

/// One TLSA record (RFC 6698 §2.1): which certificate a service shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlsAssociation {
    /// Whom the certificate is compared with: 2 an authority, 3 the server itself; 0 and 1 are not for mail (RFC 7672 §3.1.3).
    pub usage: u8,
    /// What is compared: 0 the certificate, 1 its public key.
    pub selector: u8,
    /// How: 0 whole, 1 SHA-256, 2 SHA-512.
    pub matching: u8,
    /// The bytes or their hash.
    pub data: Box<[u8]>,
}

/// One DS record (RFC 4034 §5): the parent zone's word that the zone is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DelegationSigner {
    /// The tag of the key.
    pub key_tag: u16,
    /// The algorithm of the key.
    pub algorithm: u8,
    /// The algorithm of the digest.
    pub digest_kind: u8,
    /// The digest.
    pub digest: Box<[u8]>,
}

impl DelegationSigner {
    /// Reads the record's data as it stands on the wire.
    #[must_use]
    pub fn of_wire(bytes: &[u8]) -> Option<Self> {
        let ([high, low, algorithm, digest_kind], digest) = bytes.split_first_chunk()?;
        Some(Self {
            key_tag: u16::from_be_bytes([*high, *low]),
            algorithm: *algorithm,
            digest_kind: *digest_kind,
            digest: digest.into(),
        })
    }
}

impl fmt::Display for CertificationAuthority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.flags, self.tag)?;
        write_string(formatter, " ", &self.value)
    }
}

impl fmt::Display for TlsAssociation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {} {}", self.usage, self.selector, self.matching, Hex(&self.data))
    }
}

impl fmt::Display for DelegationSigner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {} {} {}", self.key_tag, self.algorithm, self.digest_kind, Hex(&self.digest))
    }
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// Reads hexadecimal digits, which may stand in several groups.
pub(crate) fn parse_hex(groups: &[String]) -> Option<Box<[u8]>> {
    let digits: Vec<_> =
        groups.iter().flat_map(|group| group.chars()).map(|digit| digit.to_digit(16)).collect::<Option<_>>()?;
    let bytes = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    });
    bytes.collect::<Option<Vec<_>>>().filter(|bytes| !bytes.is_empty()).map(Into::into)
}
