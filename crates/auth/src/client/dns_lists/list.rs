//! What is to be known of a list before it is asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use lookup::{Kind, Question};
use mailtext::{Domain, DomainError};

use super::code::Code;

/// One list in DNS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct List {
    /// The name under which its entries are asked.
    pub zone: Domain,
    /// The name under which it is told, where it differs: the public name of a list of which a mirror is asked.
    pub public_zone: Option<Domain>,
    /// What being listed means.
    pub color: Color,
    /// What its entries are.
    pub entries: Entries,
    /// Which codes mean listed; any code when empty.
    pub listed: Vec<Code>,
    /// Which codes mean that the list refuses to answer.
    pub refused: Vec<Code>,
    /// Whether the text of an entry is asked for.
    pub text: TextUse,
    /// When the test entries are asked for.
    pub test: TestUse,
    /// Where the answers come from.
    pub origin: Origin,
}

/// What being listed means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Color {
    /// Something good: a DNSWL.
    White,
    /// Something bad: a DNSBL.
    Black,
}

/// What the entries of a list are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Entries {
    /// IPv4 addresses.
    Ip4,
    /// IPv6 addresses.
    Ip6,
    /// Addresses of both families.
    Ip,
    /// Domain names: an RHSBL, when it is black.
    Domains,
}

/// Whether the text of an entry is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TextUse {
    /// When there is an entry: most messages have none, and its operator is asked once for them.
    WhenListed,
    /// Together with the code (RFC 8904 §3).
    Fetch,
    /// Not at all.
    Skip,
}

/// When the test entries of RFC 5782 §5 are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TestUse {
    /// When there is an entry: a list whose test entries are wrong is not used. One that answers nothing any more lists
    /// nobody, which is found out elsewhere, with [`super::self_test`].
    WhenListed,
    /// With each entry: a list whose test entries are wrong is not used. The answers are kept as long as others.
    WithEach,
    /// Elsewhere, with [`super::self_test`]; the entry alone decides here.
    Elsewhere,
}

/// Where the answers come from, which is what `dns.sec` tells (RFC 8904 §2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Origin {
    /// From a resolver of which is not known whether it validates.
    Resolver,
    /// From a resolver that validates: what is not authenticated is not signed.
    ValidatingResolver,
    /// From a copy of the list: DNSSEC does not apply.
    Mirror,
}

/// What is looked for in a list.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Key {
    /// An address; never an IPv4-mapped one.
    Address(IpAddr),
    /// A domain name.
    Domain(Domain),
}

/// Which pair of test entries a list is to have (RFC 5782 §5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TestEntries {
    /// 127.0.0.2 and 127.0.0.1.
    Ip4,
    /// `::FFFF:7F00:2` and `::FFFF:7F00:1`.
    Ip6,
    /// TEST and INVALID.
    Domains,
}

impl List {
    /// A list of welcome addresses. RFC 8904 §5.1 names 127.0.0.255 as a code that says that the quota is exceeded.
    #[must_use]
    pub fn dnswl(zone: Domain) -> Self {
        let mut list = Self::new(zone, Color::White, Entries::Ip);
        list.refused.push(Code::one(Ipv4Addr::new(127, 0, 0, 255)));
        list
    }

    /// A list of unwelcome addresses.
    #[must_use]
    pub fn dnsbl(zone: Domain) -> Self {
        Self::new(zone, Color::Black, Entries::Ip)
    }

    /// A list of unwelcome domain names.
    #[must_use]
    pub fn rhsbl(zone: Domain) -> Self {
        Self::new(zone, Color::Black, Entries::Domains)
    }

    /// A list of which nothing else is known.
    #[must_use]
    pub fn new(zone: Domain, color: Color, entries: Entries) -> Self {
        Self {
            zone,
            public_zone: None,
            color,
            entries,
            listed: Vec::new(),
            // Several large lists answer so to open resolvers, to those over their quota, and to mistyped questions.
            refused: vec![Code::Range(Ipv4Addr::new(127, 255, 255, 0), Ipv4Addr::new(127, 255, 255, 255))],
            text: TextUse::WhenListed,
            test: TestUse::WhenListed,
            origin: Origin::Resolver,
        }
    }

    /// The name under which the list is told.
    #[must_use]
    pub fn shown_zone(&self) -> &Domain {
        // RFC 8904 §2: the best available reference for all foreseeable downstream consumers
        self.public_zone.as_ref().unwrap_or(&self.zone)
    }

    /// Whether the list may hold the key.
    #[must_use]
    pub fn holds(&self, key: &Key) -> bool {
        matches!(
            (self.entries, key),
            (Entries::Domains, Key::Domain(_))
                | (Entries::Ip | Entries::Ip4, Key::Address(IpAddr::V4(_)))
                | (Entries::Ip | Entries::Ip6, Key::Address(IpAddr::V6(_)))
        )
    }

    /// The test entries that the list is to have.
    #[must_use]
    pub fn test_entries(&self) -> &'static [TestEntries] {
        match self.entries {
            Entries::Ip4 => &[TestEntries::Ip4],
            Entries::Ip6 => &[TestEntries::Ip6],
            Entries::Ip => &[TestEntries::Ip4, TestEntries::Ip6],
            Entries::Domains => &[TestEntries::Domains],
        }
    }

    /// The name of an entry.
    ///
    /// # Errors
    /// When the name is too long for DNS.
    pub fn entry(&self, key: &Key) -> Result<Domain, DomainError> {
        match key {
            // RFC 5782 §2.1: the octets in reversed order; RFC 5782 §2.4: 32 nibbles in reversed order
            Key::Address(ip) => {
                let reverse = Domain::reverse(*ip);
                let labels = reverse.as_str();
                let labels = labels.strip_suffix(".in-addr.arpa").or_else(|| labels.strip_suffix(".ip6.arpa"));
                self.zone.prefixed(labels.unwrap_or_default())
            }
            // RFC 5782 §3: the listed domain name followed by the name of the DNSxL
            Key::Domain(domain) => self.zone.prefixed(domain.as_str()),
        }
    }

    /// The questions of a test: for the entry that must be there, and for the one that must not.
    ///
    /// # Errors
    /// When a name is too long for DNS.
    pub fn test_questions(&self, entries: TestEntries) -> Result<[Question; 2], DomainError> {
        // RFC 5782 §5: 127.0.0.2 and not 127.0.0.1; ::FFFF:7F00:2 and not ::FFFF:7F00:1; TEST and not INVALID
        let mapped = |last: u16| Key::Address(Ipv6Addr::new(0, 0, 0, 0, 0, 0xFFFF, 0x7F00, last).into());
        let [there, absent] = match entries {
            TestEntries::Ip4 => [2, 1].map(|last| self.entry(&Key::Address(Ipv4Addr::new(127, 0, 0, last).into()))),
            TestEntries::Ip6 => [2, 1].map(|last| self.entry(&mapped(last))),
            TestEntries::Domains => ["test", "invalid"].map(|label| self.zone.prefixed(label)),
        };
        Ok([Question::new(there?, Kind::A), Question::new(absent?, Kind::A)])
    }
}

impl Key {
    /// The key of a client's address.
    #[must_use]
    pub fn address(ip: IpAddr) -> Self {
        Self::Address(ip.to_canonical())
    }

    /// The test entries that a list must have which holds such keys.
    #[must_use]
    pub fn test_entries(&self) -> TestEntries {
        match self {
            Self::Address(IpAddr::V4(_)) => TestEntries::Ip4,
            Self::Address(IpAddr::V6(_)) => TestEntries::Ip6,
            Self::Domain(_) => TestEntries::Domains,
        }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(ip) => write!(formatter, "{ip}"),
            Self::Domain(domain) => write!(formatter, "{domain}"),
        }
    }
}

impl Color {
    /// A stable word: `white`, `black`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::White => "white",
            Self::Black => "black",
        }
    }
}
