//! Questions about rows: which ones, in which order, how many at a time.
//!
//! [`Filter::admits`] is what a filter means. A store may find rows by its indices ([`crate::index`]), and asks this
//! function in the end; so all stores answer alike.

use std::net::IpAddr;

use mailtext::Domain;

use crate::id::{RowId, Site};
use crate::index::ip_bits;
use crate::row::{Address, Row};
use crate::vocabulary::{Action, Direction, Disposition, Method, MethodResult};

/// Which rows. Every condition that is there must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// Taken at this time or later, in milliseconds since 1970.
    pub from_ms: Option<u64>,
    /// Taken before this time.
    pub until_ms: Option<u64>,
    /// Of this tenant.
    pub tenant: Option<Box<str>>,
    /// Taken by this site.
    pub site: Option<Site>,
    /// Going this way.
    pub direction: Option<Direction>,
    /// With this queue id.
    pub queue_id: Option<Box<str>>,
    /// With this hash of the Message-ID.
    pub message_id: Option<[u8; 16]>,
    /// Brought by a client of this network.
    pub client: Option<Network>,
    /// With this MAIL FROM, in the form in which the site keeps it.
    pub mail_from: Option<Address>,
    /// In which this domain stands.
    pub domain: Option<DomainFilter>,
    /// With this result of a method.
    pub result: Option<(Method, MethodResult)>,
    /// With this disposition.
    pub disposition: Option<Disposition>,
    /// With this action.
    pub action: Option<Action>,
}

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network {
    /// An address of it. IPv4 and IPv4-mapped IPv6 are the same.
    pub ip: IpAddr,
    /// How many bits are the network's: up to 32 or 128, and more means all.
    pub bits: u8,
}

/// Rows in which a domain stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DomainFilter {
    /// The domain.
    pub domain: Domain,
    /// With or without what lies below it.
    pub reach: Reach,
    /// Where it stands; anywhere when it is not said.
    pub role: Option<DomainRole>,
}

/// How much of the tree of names is meant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Reach {
    /// The name.
    #[default]
    Name,
    /// The name and all below it.
    Below,
}

/// In which role a domain stands in a row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DomainRole {
    /// From.
    Author,
    /// The domain whose DMARC record applies.
    Policy,
    /// MAIL FROM.
    MailFrom,
    /// A recipient's.
    Recipient,
    /// `d=` of a signature, found on the message or put on it.
    Signer,
}

/// In which order rows come. Their ids sort by time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Order {
    /// The newest first.
    #[default]
    NewestFirst,
    /// The oldest first.
    OldestFirst,
}

/// A question for a page of rows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
    /// Which rows.
    pub filter: Filter,
    /// In which order.
    pub order: Order,
    /// Only those that come after this one, in this order: [`Page::next`] of the page before.
    pub after: Option<RowId>,
    /// Most rows that are wanted; 0, and more than [`crate::limits::PAGE_ROW_COUNT_MAX`], mean that many.
    pub limit: usize,
}

/// An answer. A page may have fewer rows than were wanted, or none, and still not be the last: no more than
/// [`crate::limits::EXAMINED_COUNT_MAX`] rows are looked at for one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Row>,
    /// Where to go on ([`Query::after`]); `None` when there is nothing more.
    pub next: Option<RowId>,
    /// Rows that are there and cannot be read.
    pub damaged: Vec<RowId>,
}

impl Filter {
    /// The rows of a time, from `from_ms` to before `until_ms`.
    #[must_use]
    pub fn between(from_ms: u64, until_ms: u64) -> Self {
        Self { from_ms: Some(from_ms), until_ms: Some(until_ms), ..Self::default() }
    }

    /// Whether a row is meant.
    #[must_use]
    pub fn admits(&self, row: &Row) -> bool {
        self.admits_id(row.id)
            && self.tenant.as_ref().is_none_or(|tenant| *tenant == row.tenant)
            && self.direction.is_none_or(|direction| direction == row.direction)
            && self.queue_id.as_ref().is_none_or(|queue_id| row.queue_id.as_ref() == Some(queue_id))
            && self.message_id.is_none_or(|hash| row.message.message_id == Some(hash))
            && self.client.is_none_or(|network| row.client.ip.is_some_and(|ip| network.contains(ip)))
            && self.mail_from.as_ref().is_none_or(|address| row.envelope.mail_from.as_ref() == Some(address))
            && self.domain.as_ref().is_none_or(|domain| domain.admits(row))
            && self.result.is_none_or(|(method, result)| row.result(method) == Some(result))
            && self.disposition.is_none_or(|disposition| disposition == row.verdict.disposition)
            && self.action.is_none_or(|action| action == row.verdict.action)
    }

    /// Whether a row of this id can be meant.
    #[must_use]
    pub fn admits_id(&self, id: RowId) -> bool {
        let time_ms = id.time_ms();
        self.from_ms.is_none_or(|from_ms| time_ms >= from_ms)
            && self.until_ms.is_none_or(|until_ms| time_ms < until_ms)
            && self.site.is_none_or(|site| site == id.site())
    }
}

impl Network {
    /// One address.
    #[must_use]
    pub fn one(ip: IpAddr) -> Self {
        Self { ip, bits: 128 }
    }

    /// Whether an address lies in it.
    #[must_use]
    pub fn contains(self, ip: IpAddr) -> bool {
        let (lowest, highest) = self.range();
        (lowest..=highest).contains(&ip_bits(ip))
    }

    /// The lowest and the highest address, as 128 bits.
    pub(crate) fn range(self) -> (u128, u128) {
        let is_ipv4 = self.ip.to_canonical().is_ipv4();
        let bits = if is_ipv4 { u32::from(self.bits.min(32)) + 96 } else { u32::from(self.bits.min(128)) };
        let hosts = u128::MAX.checked_shr(bits).unwrap_or(0);
        let lowest = ip_bits(self.ip) & !hosts;
        (lowest, lowest | hosts)
    }
}

impl DomainFilter {
    /// Rows in which a domain stands in any role.
    #[must_use]
    pub fn anywhere(domain: Domain, reach: Reach) -> Self {
        Self { domain, reach, role: None }
    }

    fn admits(&self, row: &Row) -> bool {
        let roles = self.role.as_ref().map_or(DomainRole::ALL, std::slice::from_ref);
        roles.iter().any(|role| role.domains(row).any(|domain| self.covers(domain)))
    }

    /// Whether a name is meant.
    #[must_use]
    pub fn covers(&self, domain: &Domain) -> bool {
        match self.reach {
            Reach::Name => *domain == self.domain,
            Reach::Below => domain.is_within(&self.domain),
        }
    }
}

impl DomainRole {
    /// Every role.
    pub const ALL: &[Self] = &[Self::Author, Self::Policy, Self::MailFrom, Self::Signer, Self::Recipient];

    /// The domains that stand in this role in a row; one may come twice.
    pub fn domains(self, row: &Row) -> Box<dyn Iterator<Item = &Domain> + '_> {
        match self {
            Self::Author => Box::new(row.dmarc.authors.iter().map(|evaluation| &evaluation.author)),
            Self::Policy => {
                let published = row.dmarc.authors.iter().filter_map(|evaluation| evaluation.published.as_ref());
                Box::new(published.map(|published| &published.domain))
            }
            Self::MailFrom => Box::new(row.envelope.mail_from_domain.iter()),
            Self::Recipient => Box::new(row.envelope.recipient_domains.iter()),
            Self::Signer => {
                let found = row.dkim.iter().filter_map(|signature| signature.domain.as_ref());
                Box::new(found.chain(row.signed.iter().map(|signed| &signed.domain)))
            }
        }
    }
}
