//! By which keys a row is found: what a store keeps beside the row, sorted.
//!
//! A key is a kind and bytes; equal bytes mean equal things, and a domain's keys are the beginning of the keys of all
//! below it. [`ranges`] turns a filter into ranges of keys: the rows found there are candidates, and
//! [`Filter::admits`] decides.

use std::net::IpAddr;

use mailtext::Domain;

use crate::query::{DomainRole, Filter, Reach};
use crate::row::{Address, Row};
use crate::vocabulary::{Action, Disposition};

/// What a key is of. The numbers are stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum KeyKind {
    /// A domain that stands for the sender: of From, of the policy, of MAIL FROM, of a signature. One key for all of these,
    /// since in most mail they are one.
    Sender = 1,
    /// A recipient's domain.
    Recipient = 4,
    /// A queue id.
    QueueId = 6,
    /// The beginning of the hash of a Message-ID.
    MessageId = 7,
    /// MAIL FROM, as a hash of what is kept of it.
    MailFrom = 8,
    /// The client's address.
    Client = 9,
    /// A tenant, where it has a name.
    Tenant = 10,
    /// An action that is not accept.
    Action = 11,
    /// A disposition of quarantine or reject.
    Disposition = 12,
}

/// A key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    /// Of what.
    pub kind: KeyKind,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A range of keys of one kind: from `low` to `high`, both included; one key when they are equal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyRange {
    /// Of what.
    pub kind: KeyKind,
    /// The lowest key.
    pub low: Vec<u8>,
    /// The highest key.
    pub high: Vec<u8>,
}

/// The keys of a row, each once, sorted.
#[must_use]
pub fn keys(row: &Row) -> Vec<Key> {
    let mut keys = Vec::with_capacity(12);
    for role in DomainRole::ALL {
        keys.extend(role.domains(row).map(|domain| Key { kind: role.kind(), bytes: domain_key(domain) }));
    }
    let mut add = |kind, bytes| keys.push(Key { kind, bytes });
    if let Some(queue_id) = &row.queue_id {
        add(KeyKind::QueueId, queue_id.as_bytes().to_vec());
    }
    if let Some(hash) = row.message.message_id {
        add(KeyKind::MessageId, hash[..HASH_BYTES].to_vec());
    }
    if let Some(bytes) = row.envelope.mail_from.as_ref().and_then(address_key) {
        add(KeyKind::MailFrom, bytes);
    }
    if let Some(ip) = row.client.ip {
        add(KeyKind::Client, ip_bits(ip).to_be_bytes().to_vec());
    }
    if !row.tenant.is_empty() {
        add(KeyKind::Tenant, row.tenant.as_bytes().to_vec());
    }
    if is_rare_action(row.verdict.action) {
        add(KeyKind::Action, vec![row.verdict.action.code()]);
    }
    if is_rare_disposition(row.verdict.disposition) {
        add(KeyKind::Disposition, vec![row.verdict.disposition.code()]);
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The ranges in one of which every row that a filter admits has a key: those of its narrowest condition. `None` when the
/// filter has no condition with keys.
#[must_use]
pub fn ranges(filter: &Filter) -> Option<Vec<KeyRange>> {
    let one = |kind, bytes: Vec<u8>| vec![KeyRange { kind, low: bytes.clone(), high: bytes }];
    if let Some(queue_id) = &filter.queue_id {
        return Some(one(KeyKind::QueueId, queue_id.as_bytes().to_vec()));
    }
    if let Some(hash) = filter.message_id {
        return Some(one(KeyKind::MessageId, hash[..HASH_BYTES].to_vec()));
    }
    if let Some(bytes) = filter.mail_from.as_ref().and_then(address_key) {
        return Some(one(KeyKind::MailFrom, bytes));
    }
    if let Some(network) = filter.client {
        let (lowest, highest) = network.range();
        let (low, high) = (lowest.to_be_bytes().to_vec(), highest.to_be_bytes().to_vec());
        return Some(vec![KeyRange { kind: KeyKind::Client, low, high }]);
    }
    if let Some(wanted) = &filter.domain {
        let roles = wanted.role.as_ref().map_or(DomainRole::ALL, std::slice::from_ref);
        let mut kinds: Vec<KeyKind> = roles.iter().map(|role| role.kind()).collect();
        kinds.dedup();
        return Some(kinds.into_iter().map(|kind| domain_range(kind, &wanted.domain, wanted.reach)).collect());
    }
    if let Some(action) = filter.action.filter(|action| is_rare_action(*action)) {
        return Some(one(KeyKind::Action, vec![action.code()]));
    }
    if let Some(disposition) = filter.disposition.filter(|disposition| is_rare_disposition(*disposition)) {
        return Some(one(KeyKind::Disposition, vec![disposition.code()]));
    }
    let tenant = filter.tenant.as_ref().filter(|tenant| !tenant.is_empty())?;
    Some(one(KeyKind::Tenant, tenant.as_bytes().to_vec()))
}

/// Whether few messages meet with it, so that a key helps to find them.
fn is_rare_action(action: Action) -> bool {
    action != Action::Accept
}

fn is_rare_disposition(disposition: Disposition) -> bool {
    matches!(disposition, Disposition::Quarantine | Disposition::Reject)
}

/// The range of a domain's keys.
#[must_use]
pub fn domain_range(kind: KeyKind, domain: &Domain, reach: Reach) -> KeyRange {
    let low = domain_key(domain);
    let mut high = low.clone();
    if reach == Reach::Below {
        // No byte of a name is as high.
        high.push(0xff);
    }
    KeyRange { kind, low, high }
}

/// A domain as a key: its labels from the right, each with its dot, so that `example.jp` is `jp.example.`.
#[must_use]
pub fn domain_key(domain: &Domain) -> Vec<u8> {
    let mut key = Vec::with_capacity(domain.as_str().len() + 1);
    for label in domain.as_str().rsplit('.') {
        key.extend_from_slice(label.as_bytes());
        key.push(b'.');
    }
    key
}

/// An address as 128 bits: IPv4 as IPv4-mapped IPv6.
#[must_use]
pub fn ip_bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().to_bits(),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

fn address_key(address: &Address) -> Option<Vec<u8>> {
    match address {
        Address::Text(text) => Some(short_hash(text.as_bytes()).to_vec()),
        Address::Hash(hash) => Some(hash[..HASH_BYTES].to_vec()),
        Address::Withheld => None,
    }
}

/// A short hash (FNV-1a): addresses are long, and most of them come once. Whoever makes two that meet makes a search
/// look at one row more.
fn short_hash(bytes: &[u8]) -> [u8; HASH_BYTES] {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
    hash.to_be_bytes()
}

impl KeyKind {
    /// The number that stores keep.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl KeyRange {
    /// Whether it is one key, so that the rows under it are sorted by their ids.
    #[must_use]
    pub fn is_one_key(&self) -> bool {
        self.low == self.high
    }
}

impl DomainRole {
    /// The keys of this role.
    #[must_use]
    pub fn kind(self) -> KeyKind {
        match self {
            Self::Recipient => KeyKind::Recipient,
            Self::Author | Self::Policy | Self::MailFrom | Self::Signer => KeyKind::Sender,
        }
    }
}

const HASH_BYTES: usize = 8;
