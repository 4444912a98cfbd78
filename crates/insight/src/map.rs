//! The map of senders: which service, provider or forwarder an address is, and by what that is known.
//!
//! What a stranger can write by himself – a MAIL FROM that SPF does not confirm, a signature that does not hold – names
//! nobody: it is told as a claim and no more.

mod own;
mod table;

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use feedback::aggregate::DkimResult;
use feedback::archive::{Host, Sighting};
use foldhash::fast::FixedState;
use mailtext::{Explain, Value};
use report::vocabulary::MethodResult;

use crate::alignment::{Aligner, counts, domain_of};
use crate::limits::MAP_LABEL_COUNT_MAX;

pub use own::{MapFlaw, MapFlawKind};

/// A map of senders: an owner's own first, then ours.
#[derive(Clone, Debug)]
pub struct Map {
    entries: Vec<Entry>,
    own: Index,
    curated: Index,
}

/// Somebody who sends mail for many.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its id, which marks name.
    pub id: Cow<'static, str>,
    /// Its name, as people know it.
    pub name: Cow<'static, str>,
    /// What it is.
    pub kinds: Kinds,
    /// How mail is signed there in an owner's name.
    pub setup: Setup,
}

/// What a sender is. One can be several things: Google sends for owners of domains, forwards, and runs lists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// It sends mail for owners of domains: mailboxes, newsletters, invoices.
    Service,
    /// An access provider or carrier, whose servers people send through and forward from.
    Isp,
    /// It forwards.
    Forwarder,
    /// It runs mailing lists.
    List,
    /// It filters mail on its way and hands it on.
    Gateway,
    /// It lets servers.
    Hosting,
}

/// A set of kinds; the first given is the one that is shown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Kinds {
    main: Kind,
    bits: u8,
}

/// How mail is signed at a service in an owner's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Setup {
    /// It is not known, or not possible.
    Unknown,
    /// CNAME records at these names before the owner's domain, with targets that the service shows.
    Cname(&'static [&'static str]),
    /// TXT records at these names before the owner's domain, with keys that the service shows.
    Txt(&'static [&'static str]),
}

/// By what a sender is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Evidence<'a> {
    /// The address lies in one of its networks.
    Address(IpAddr),
    /// The address has this name, confirmed both ways.
    HostName(&'a str),
    /// SPF passes for its MAIL FROM domain.
    Envelope(&'a str),
    /// A signature of its domain holds.
    Signature(&'a str),
    /// A signature of the author's organisation holds, and its selector is one that this service makes.
    Selector(&'a str),
    /// The address belongs to its autonomous system.
    System(u32),
    /// MAIL FROM is of its domain, and SPF does not confirm it.
    ClaimedEnvelope(&'a str),
    /// There is a signature of its domain that does not hold.
    ClaimedSignature(&'a str),
}

/// How sure a name is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Confidence {
    /// A guess, or what a stranger claims.
    Low,
    /// Probable.
    Medium,
    /// It cannot well be somebody else.
    High,
}

/// A sender, and by what it is known.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Naming<'a> {
    /// Who.
    pub entry: &'a Entry,
    /// By what.
    pub evidence: Evidence<'a>,
}

/// Who handed a message over, and who made it: two, when it was forwarded.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Names<'a> {
    /// Who handed it over, by what cannot be forged.
    pub carrier: Option<Naming<'a>>,
    /// Who signed it.
    pub maker: Option<Naming<'a>>,
    /// Who may have handed it over.
    pub guess: Option<Naming<'a>>,
}

#[derive(Clone, Debug, Default)]
struct Index {
    signers: HashMap<Box<str>, u16, FixedState>,
    envelopes: HashMap<Box<str>, u16, FixedState>,
    hosts: HashMap<Box<str>, u16, FixedState>,
    systems: HashMap<u32, u16, FixedState>,
    /// Patterns of selectors; `*` at the end stands for anything.
    selectors: Vec<(Box<str>, u16)>,
    networks: Networks,
}

/// Networks by the number of their bits, the narrowest first: many cost no more than few.
#[derive(Clone, Debug, Default)]
struct Networks {
    by_bits: BTreeMap<Reverse<u8>, HashMap<(Family, u128), u16, FixedState>>,
}

/// Whether an address is one of IPv4 or of IPv6.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Family {
    V4,
    V6,
}

impl Map {
    /// Our map.
    #[must_use]
    pub fn curated() -> Self {
        let mut map = Self { entries: Vec::new(), own: Index::default(), curated: Index::default() };
        for row in table::SENDERS {
            let at = u16::try_from(map.entries.len()).unwrap_or(u16::MAX);
            map.entries.push(Entry {
                id: Cow::Borrowed(row.id),
                name: Cow::Borrowed(row.name),
                kinds: Kinds::new(row.kinds),
                setup: row.setup,
            });
            let Index { signers, envelopes, hosts, systems, selectors, .. } = &mut map.curated;
            let all = |to: &mut HashMap<Box<str>, u16, FixedState>, from: &[&str]| {
                to.extend(from.iter().map(|name| (Box::from(*name), at)));
            };
            all(signers, row.signers);
            all(envelopes, row.envelopes);
            all(hosts, row.hosts);
            systems.extend(row.systems.iter().map(|number| (*number, at)));
            selectors.extend(row.selectors.iter().map(|pattern| (Box::from(*pattern), at)));
        }
        map
    }

    /// Our map behind an owner's own, which is CSV: see [`MapFlawKind`] for what its lines are.
    ///
    /// Lines that cannot be read are flawed and passed over.
    #[must_use]
    pub fn with_own(text: &str) -> (Self, Vec<MapFlaw>) {
        let mut map = Self::curated();
        let flaws = own::read(text, &mut map);
        (map, flaws)
    }

    /// All senders that it knows; those of an owner's own map are behind ours.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// A sender by its id.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// Who handed a message over and who made it.
    #[must_use]
    pub fn names<'a>(&'a self, seen: &Sighting<'a>, host: Option<&'a Host>, aligner: &Aligner) -> Names<'a> {
        let carrier = self.carrier(seen, host);
        Names {
            carrier,
            maker: self.maker(seen, aligner),
            guess: if carrier.is_some() { None } else { self.guess(seen, host) },
        }
    }

    /// Who handed a message over, by what cannot be forged: its network, its confirmed name, or SPF.
    #[must_use]
    pub fn carrier<'a>(&'a self, seen: &Sighting<'a>, host: Option<&'a Host>) -> Option<Naming<'a>> {
        let name = host.and_then(|host| host.name.as_deref());
        self.layers().find_map(|index| {
            let network =
                seen.source.and_then(|address| Some((index.networks.find(address)?, Evidence::Address(address))));
            let named = || Some((suffix(&index.hosts, name?)?, Evidence::HostName(name?)));
            let enveloped = || {
                let mut passed = seen.circumstances.spf.iter().filter(|result| {
                    result.result.known() == Some(MethodResult::Pass) && counts(seen.circumstances, result)
                });
                passed.find_map(|result| {
                    Some((suffix(&index.envelopes, &result.domain)?, Evidence::Envelope(&result.domain)))
                })
            };
            let (at, evidence) = network.or_else(named).or_else(enveloped)?;
            Some(Naming { entry: self.entries.get(usize::from(at))?, evidence })
        })
    }

    /// Who signed a message: by a signature of a sender's own, or by the selector of one in the author's name.
    #[must_use]
    pub fn maker<'a>(&'a self, seen: &Sighting<'a>, aligner: &Aligner) -> Option<Naming<'a>> {
        let passed =
            || seen.circumstances.dkim.iter().filter(|result| result.result.known() == Some(MethodResult::Pass));
        self.layers().find_map(|index| {
            let signed = passed().find_map(|result| {
                Some((suffix(&index.signers, &result.domain)?, Evidence::Signature(&result.domain)))
            });
            let selected = || passed().find_map(|result| self.selected(index, result, seen, aligner));
            let (at, evidence) = signed.or_else(selected)?;
            Some(Naming { entry: self.entries.get(usize::from(at))?, evidence })
        })
    }

    /// Who may have handed a message over: by the autonomous system, or by what is claimed.
    #[must_use]
    pub fn guess<'a>(&'a self, seen: &Sighting<'a>, host: Option<&Host>) -> Option<Naming<'a>> {
        let circumstances = seen.circumstances;
        self.layers().find_map(|index| {
            let system = host
                .and_then(|host| host.asn)
                .and_then(|number| Some((*index.systems.get(&number)?, Evidence::System(number))));
            let signed = || {
                let mut all = circumstances.dkim.iter();
                all.find_map(|it| Some((suffix(&index.signers, &it.domain)?, Evidence::ClaimedSignature(&it.domain))))
            };
            let enveloped = || {
                let domain = domain_of(circumstances.envelope_from.as_deref()?);
                Some((suffix(&index.envelopes, domain)?, Evidence::ClaimedEnvelope(domain)))
            };
            let (at, evidence) = system.or_else(enveloped).or_else(signed)?;
            Some(Naming { entry: self.entries.get(usize::from(at))?, evidence })
        })
    }

    /// Whose MAIL FROM a domain is.
    #[must_use]
    pub fn envelope_of(&self, domain: &str) -> Option<&Entry> {
        let at = self.layers().find_map(|index| suffix(&index.envelopes, domain))?;
        self.entries.get(usize::from(at))
    }

    fn layers(&self) -> impl Iterator<Item = &Index> {
        [&self.own, &self.curated].into_iter().filter(|index| !index.is_empty())
    }

    fn selected<'a>(
        &self,
        index: &Index,
        result: &'a DkimResult,
        seen: &Sighting<'_>,
        aligner: &Aligner,
    ) -> Option<(u16, Evidence<'a>)> {
        let selector = result.selector.as_deref()?;
        let at = index.selectors.iter().find(|(pattern, _)| fits(pattern, selector))?.1;
        let own = aligner.relation(seen.policy, &seen.circumstances.header_from, &result.domain).is_own();
        own.then_some((at, Evidence::Selector(selector)))
    }
}

impl Default for Map {
    fn default() -> Self {
        Self::curated()
    }
}

impl Index {
    fn is_empty(&self) -> bool {
        self.signers.is_empty()
            && self.envelopes.is_empty()
            && self.hosts.is_empty()
            && self.systems.is_empty()
            && self.selectors.is_empty()
            && self.networks.by_bits.is_empty()
    }
}

impl Networks {
    /// Adds a network that was parsed; `bits` is what stands behind its slash.
    fn add(&mut self, address: IpAddr, bits: u8, at: u16) {
        let (family, number, _) = numbers(address);
        self.by_bits.entry(Reverse(bits)).or_default().insert((family, number), at);
    }

    fn find(&self, address: IpAddr) -> Option<u16> {
        if self.by_bits.is_empty() {
            return None;
        }
        let (family, number, width) = numbers(address.to_canonical());
        self.by_bits.iter().find_map(|(Reverse(bits), networks)| {
            let behind = width.checked_sub(*bits)?;
            // A shift by all bits is none that Rust knows.
            let mask = u128::MAX.checked_shl(behind.into()).unwrap_or(0);
            networks.get(&(family, number & mask)).copied()
        })
    }
}

fn numbers(address: IpAddr) -> (Family, u128, u8) {
    match address {
        IpAddr::V4(v4) => (Family::V4, v4.to_bits().into(), 32),
        IpAddr::V6(v6) => (Family::V6, v6.to_bits(), 128),
    }
}

impl<'a> Names<'a> {
    /// Who is the source: who handed the message over, else who made it, else who may have been it.
    #[must_use]
    pub fn source(&self) -> Option<Naming<'a>> {
        self.carrier.or(self.maker).or(self.guess)
    }
}

impl Naming<'_> {
    /// How sure it is.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        match self.evidence {
            Evidence::Address(_) | Evidence::HostName(_) | Evidence::Envelope(_) | Evidence::Signature(_) => {
                Confidence::High
            }
            Evidence::Selector(_) => Confidence::Medium,
            Evidence::System(_) | Evidence::ClaimedEnvelope(_) | Evidence::ClaimedSignature(_) => Confidence::Low,
        }
    }
}

impl Confidence {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl Kinds {
    /// These; of none, a service.
    #[must_use]
    pub fn new(kinds: &[Kind]) -> Self {
        let bits = kinds.iter().fold(0, |bits, kind| bits | kind.bit());
        Self { main: kinds.first().copied().unwrap_or(Kind::Service), bits }
    }

    /// The one that is shown.
    #[must_use]
    pub fn main(self) -> Kind {
        self.main
    }

    /// Whether it is one of these.
    #[must_use]
    pub fn has(self, kind: Kind) -> bool {
        self.bits & kind.bit() != 0
    }

    /// Whether it sends for owners, and mail of others does not pass through it.
    #[must_use]
    pub fn only_sends(self) -> bool {
        self.has(Kind::Service) && !self.hands_on()
    }

    /// Whether mail that others made passes through it.
    #[must_use]
    pub fn hands_on(self) -> bool {
        [Kind::Isp, Kind::Forwarder, Kind::List, Kind::Gateway].into_iter().any(|kind| self.has(kind))
    }
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 6] = [Self::Service, Self::Isp, Self::Forwarder, Self::List, Self::Gateway, Self::Hosting];

    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Isp => "isp",
            Self::Forwarder => "forwarder",
            Self::List => "list",
            Self::Gateway => "gateway",
            Self::Hosting => "hosting",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl Explain for Naming<'_> {
    fn id(&self) -> &'static str {
        match self.evidence {
            Evidence::Address(_) => "sender-by-address",
            Evidence::HostName(_) => "sender-by-host-name",
            Evidence::Envelope(_) => "sender-by-envelope",
            Evidence::Signature(_) => "sender-by-signature",
            Evidence::Selector(_) => "sender-by-selector",
            Evidence::System(_) => "sender-by-system",
            Evidence::ClaimedEnvelope(_) => "sender-claimed-envelope",
            Evidence::ClaimedSignature(_) => "sender-claimed-signature",
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let service = ("service", Value::from(&*self.entry.name));
        let evidence = match self.evidence {
            Evidence::Address(address) => ("ip", Value::Text(address.to_string())),
            Evidence::HostName(name) => ("name", name.into()),
            Evidence::Selector(selector) => ("selector", selector.into()),
            Evidence::System(number) => ("asn", Value::Text(number.to_string())),
            Evidence::Envelope(domain)
            | Evidence::Signature(domain)
            | Evidence::ClaimedEnvelope(domain)
            | Evidence::ClaimedSignature(domain) => ("domain", domain.into()),
        };
        vec![service, evidence]
    }
}

/// Whether a pattern of selectors fits: the same, or the same up to a `*` at its end.
fn fits(pattern: &str, selector: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => selector.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start)),
        None => pattern.eq_ignore_ascii_case(selector),
    }
}

/// The value of the longest name that `name` is, or lies below.
fn suffix(names: &HashMap<Box<str>, u16, FixedState>, name: &str) -> Option<u16> {
    if names.is_empty() || name.is_empty() {
        return None;
    }
    let mut starts = [0; MAP_LABEL_COUNT_MAX];
    let mut count = 0;
    // From the right, so that a name of very many labels costs no more than a usual one.
    for (dot, _) in name.bytes().enumerate().rev().filter(|(_, byte)| *byte == b'.') {
        let Some(start) = starts.get_mut(count) else { break };
        *start = dot + 1;
        count += 1;
    }
    // The name itself counts when it has no more labels than are compared.
    if let Some(start) = starts.get_mut(count) {
        *start = 0;
        count += 1;
    }
    starts.iter().take(count).rev().find_map(|start| names.get(name.get(*start..)?).copied())
}
