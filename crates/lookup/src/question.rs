//! What can be asked.

use std::fmt;

use mailtext::Domain;

/// One question: a name and the kind of record wanted.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Question {
    /// The name asked.
    pub name: Domain,
    /// The kind of record.
    pub kind: Kind,
}

/// Kinds of records that mail asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Text (RFC 1035 §3.3.14).
    Txt,
    /// IPv4 address.
    A,
    /// IPv6 address (RFC 3596).
    Aaaa,
    /// Mail exchange (RFC 1035 §3.3.9).
    Mx,
    /// Pointer, for reverse names (RFC 1035 §3.3.12).
    Ptr,
    /// Name server.
    Ns,
    /// Alias itself, not followed.
    Cname,
    /// Start of authority.
    Soa,
    /// Which certificates hold for a service (RFC 6698).
    Tlsa,
    /// Who may issue certificates (RFC 8659).
    Caa,
    /// The parent's word that a zone is signed (RFC 4034 §5).
    Ds,
    /// The SPF record's own type, 99, which nobody shall use any more (RFC 7208 §3.1).
    Spf,
}

impl Question {
    /// The question for `kind` at `name`.
    #[must_use]
    pub fn new(name: Domain, kind: Kind) -> Self {
        Self { name, kind }
    }

    /// The question for TXT at `name`.
    #[must_use]
    pub fn txt(name: Domain) -> Self {
        Self::new(name, Kind::Txt)
    }
}

impl Kind {
    /// All kinds, in the order of their declaration.
    pub const ALL: [Self; 12] = [
        Self::Txt,
        Self::A,
        Self::Aaaa,
        Self::Mx,
        Self::Ptr,
        Self::Ns,
        Self::Cname,
        Self::Soa,
        Self::Tlsa,
        Self::Caa,
        Self::Ds,
        Self::Spf,
    ];

    /// The mnemonic of master files: `TXT`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Txt => "TXT",
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Mx => "MX",
            Self::Ptr => "PTR",
            Self::Ns => "NS",
            Self::Cname => "CNAME",
            Self::Soa => "SOA",
            Self::Tlsa => "TLSA",
            Self::Caa => "CAA",
            Self::Ds => "DS",
            Self::Spf => "SPF",
        }
    }

    /// Reads a mnemonic, without regard to case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(text))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for Question {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.name, self.kind)
    }
}
