//! What can be answered: records, nothing in one of two ways, or a failure with its reason.

use std::any::Any;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, OnceLock};

use mailtext::Domain;

use crate::certificate::{CertificationAuthority, DelegationSigner, TlsAssociation};
use crate::limits::STRING_BYTES_MAX;
use crate::master::Name;
use crate::question::Kind;

/// The answer to one question. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// There are records of the kind: at least one.
    Records(Arc<Records>),
    /// The name exists and has no record of the kind (RFC 2308 §2.2).
    NoData(Negative),
    /// The name does not exist, nor anything below it (RFC 8020).
    NxDomain(Negative),
    /// No answer could be had, now.
    Failed(Failure),
}

/// Records of one kind at one name.
pub struct Records {
    /// How long they may be kept, in seconds: the least of the records' and of the aliases' on the way.
    pub ttl_s: u32,
    /// What the resolver says of their authenticity.
    pub dnssec: Dnssec,
    /// The names that aliases led to, in order; empty when the name itself has the records.
    pub aliases: Box<[Domain]>,
    /// The records, in the order in which they came.
    pub data: Box<[Data]>,
    derived: OnceLock<Arc<dyn Any + Send + Sync>>,
}

/// What is known of an answer that has no records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Negative {
    /// How long it may be kept, in seconds (RFC 2308 §5); 0 when no SOA record said.
    pub ttl_s: u32,
    /// What the resolver says of its authenticity.
    pub dnssec: Dnssec,
}

/// The resolver's word on DNSSEC: we do not validate, we tell what a validating resolver told us.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Dnssec {
    /// The AD bit was not set: unsigned, or the resolver does not validate.
    #[default]
    Unproven,
    /// The AD bit was set (RFC 4035 §3.2.3).
    Authenticated,
}

/// The data of one record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Data {
    /// TXT.
    Txt(Text),
    /// A.
    A(Ipv4Addr),
    /// AAAA.
    Aaaa(Ipv6Addr),
    /// MX.
    Mx(MailExchange),
    /// PTR.
    Ptr(Domain),
    /// NS.
    Ns(Domain),
    /// CNAME.
    Cname(Domain),
    /// SOA.
    Soa(StartOfAuthority),
    /// TLSA.
    Tlsa(TlsAssociation),
    /// CAA.
    Caa(CertificationAuthority),
    /// DS.
    Ds(DelegationSigner),
    /// SPF, type 99: text as in a TXT record.
    Spf(Text),
}

/// The bytes of a TXT record, raw: neither UTF-8 nor printable is promised.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    joined: Box<[u8]>,
    /// Where each character-string but the first begins.
    cuts: Box<[u32]>,
}

/// One MX record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MailExchange {
    /// Lower is tried first.
    pub preference: u16,
    /// The host; `None` is the root, which says that the domain takes no mail (RFC 7505).
    pub exchange: Option<Domain>,
}

/// What a SOA record says, as far as mail asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StartOfAuthority {
    /// The primary name server; `None` is the root.
    pub primary: Option<Domain>,
    /// The serial number.
    pub serial: u32,
    /// How long absence may be kept, in seconds (RFC 2308 §4).
    pub minimum_s: u32,
}

/// Why no answer could be had.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Failure {
    /// No answer in time.
    Timeout,
    /// The server failed (RCODE 2), or DNSSEC validation failed there.
    ServFail,
    /// The server refused (RCODE 5).
    Refused,
    /// The answer was cut, over TCP too.
    Truncated,
    /// The resolver says that DNSSEC validation failed (RFC 8914 extended error).
    Bogus,
    /// What came was not an answer to the question.
    Malformed,
    /// More aliases than [`crate::limits::ALIAS_COUNT_MAX`], or a loop of them.
    AliasChain,
    /// No resolver could be reached.
    Unreachable,
    /// The message's budget of questions, bytes or time is used up.
    Budget,
    /// A replay was asked something that its tape does not hold.
    NotOnTape,
    /// The name cannot stand in a DNS question.
    BadName,
}

impl Answer {
    /// An answer of records that were not reached through aliases; [`Answer::NoData`] when `data` is empty.
    #[must_use]
    pub fn of(data: Vec<Data>, ttl_s: u32) -> Self {
        Self::records(Records::new(data, ttl_s, Dnssec::Unproven, Vec::new()))
    }

    /// The answer that holds `records`; [`Answer::NoData`] when there are none.
    #[must_use]
    pub fn records(records: Records) -> Self {
        if records.data.is_empty() {
            Self::NoData(Negative { ttl_s: records.ttl_s, dnssec: records.dnssec })
        } else {
            Self::Records(Arc::new(records))
        }
    }

    /// The data of the answer; empty when there are no records.
    #[must_use]
    pub fn data(&self) -> &[Data] {
        match self {
            Self::Records(records) => &records.data,
            _ => &[],
        }
    }

    /// How long the answer may be kept, in seconds; failures are not kept.
    #[must_use]
    pub fn ttl_s(&self) -> u32 {
        match self {
            Self::Records(records) => records.ttl_s,
            Self::NoData(negative) | Self::NxDomain(negative) => negative.ttl_s,
            Self::Failed(_) => 0,
        }
    }

    /// The size of what the answer says, in bytes, as budgets count it: texts and names as they are, a few bytes for
    /// the rest. An answer without records counts nothing.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        match self {
            Self::Records(records) => {
                let aliases = records.aliases.iter().map(|name| name.as_str().len()).sum::<usize>();
                records.data.iter().map(Data::size_bytes).sum::<usize>() + aliases
            }
            _ => 0,
        }
    }

    /// Whether it is the very same: the same records in memory, not merely equal ones, or the same absence.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Records(one), Self::Records(other)) => Arc::ptr_eq(one, other),
            _ => self == other,
        }
    }

    /// Whether the answer is that there is nothing: what RFC 7208 §4.6.4 calls a void lookup.
    #[must_use]
    pub fn is_void(&self) -> bool {
        matches!(self, Self::NoData(_) | Self::NxDomain(_))
    }

    /// A word for the kind of answer, stable: `records`, `nodata`, `nxdomain` or the failure's.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Records(_) => "records",
            Self::NoData(_) => "nodata",
            Self::NxDomain(_) => "nxdomain",
            Self::Failed(failure) => failure.word(),
        }
    }
}

impl Records {
    /// Records as they came.
    #[must_use]
    pub fn new(data: Vec<Data>, ttl_s: u32, dnssec: Dnssec, aliases: Vec<Domain>) -> Self {
        Self { ttl_s, dnssec, aliases: aliases.into(), data: data.into(), derived: OnceLock::new() }
    }

    /// What `make` makes of the data, made once and kept with the records: a cache that holds them for their TTL holds
    /// the parsed SPF record or the prepared key for just as long.
    ///
    /// One kind of value is kept, the first that is asked for; another kind is made anew each time.
    pub fn derived<T: Any + Send + Sync>(&self, make: impl FnOnce(&[Data]) -> T) -> Arc<T> {
        if let Some(kept) = self.derived.get() {
            return match Arc::clone(kept).downcast() {
                Ok(value) => value,
                Err(_) => Arc::new(make(&self.data)),
            };
        }
        let value = Arc::new(make(&self.data));
        // Another thread may have been quicker; both values say the same.
        let _ = self.derived.set(Arc::<T>::clone(&value));
        value
    }

    /// As [`Records::derived`], where it is; `None` when a value of another kind is kept.
    pub fn derived_here<T: Any + Send + Sync>(&self, make: impl FnOnce(&[Data]) -> T) -> Option<&T> {
        self.derived.get_or_init(|| Arc::new(make(&self.data))).downcast_ref()
    }

    /// The same records without what was derived from them.
    #[must_use]
    pub fn bare(&self) -> Self {
        Self::new(self.data.to_vec(), self.ttl_s, self.dnssec, self.aliases.to_vec())
    }
}

impl PartialEq for Records {
    fn eq(&self, other: &Self) -> bool {
        (self.ttl_s, self.dnssec, &self.aliases, &self.data) == (other.ttl_s, other.dnssec, &other.aliases, &other.data)
    }
}

impl Eq for Records {}

impl fmt::Debug for Records {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Records")
            .field("ttl_s", &self.ttl_s)
            .field("dnssec", &self.dnssec)
            .field("aliases", &self.aliases)
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

impl Text {
    /// The text made of these character-strings.
    #[must_use]
    pub fn from_strings<S: AsRef<[u8]>>(strings: impl IntoIterator<Item = S>) -> Self {
        let mut joined = Vec::new();
        let mut cuts = Vec::new();
        for (index, string) in strings.into_iter().enumerate() {
            if index > 0 {
                cuts.push(u32::try_from(joined.len()).unwrap_or(u32::MAX));
            }
            joined.extend_from_slice(string.as_ref());
        }
        Self { joined: joined.into(), cuts: cuts.into() }
    }

    /// A text for a record that is to be written: in as few character-strings as hold it, of 255 bytes at most (RFC 1035
    /// §3.3).
    #[must_use]
    pub fn split(text: &[u8]) -> Self {
        if text.is_empty() { Self::from_strings([text]) } else { Self::from_strings(text.chunks(STRING_BYTES_MAX)) }
    }

    /// The character-strings joined without anything between (RFC 7208 §3.3, RFC 6376 §3.6.2.2, RFC 9989 §4.5).
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.joined
    }

    /// The character-strings as they stand in the record.
    pub fn strings(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.cuts.iter().map(|cut| *cut as usize));
        let ends = self.cuts.iter().map(|cut| *cut as usize).chain(std::iter::once(self.joined.len()));
        starts.zip(ends).map(|(start, end)| &self.joined[start..end])
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.strings().map(|string| string.escape_ascii().to_string())).finish()
    }
}

impl Failure {
    /// All failures.
    pub const ALL: [Self; 11] = [
        Self::Timeout,
        Self::ServFail,
        Self::Refused,
        Self::Truncated,
        Self::Bogus,
        Self::Malformed,
        Self::AliasChain,
        Self::Unreachable,
        Self::Budget,
        Self::NotOnTape,
        Self::BadName,
    ];

    /// A stable word for it, as zone files and tapes write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::ServFail => "servfail",
            Self::Refused => "refused",
            Self::Truncated => "truncate",
            Self::Bogus => "bogus",
            Self::Malformed => "malformed",
            Self::AliasChain => "alias-chain",
            Self::Unreachable => "unreachable",
            Self::Budget => "budget",
            Self::NotOnTape => "not-on-tape",
            Self::BadName => "bad-name",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.word() == word)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

impl Data {
    /// The text of one TXT record, in one character-string however long: what tests and generators want.
    #[must_use]
    pub fn txt(text: impl AsRef<[u8]>) -> Self {
        Self::Txt(Text::from_strings([text]))
    }

    fn size_bytes(&self) -> usize {
        let name_bytes = |name: Option<&Domain>| name.map_or(0, |name| name.as_str().len());
        match self {
            Self::Txt(text) | Self::Spf(text) => text.bytes().len(),
            Self::A(_) => 4,
            Self::Aaaa(_) => 16,
            Self::Mx(mx) => 2 + name_bytes(mx.exchange.as_ref()),
            Self::Ptr(name) | Self::Ns(name) | Self::Cname(name) => name_bytes(Some(name)),
            Self::Soa(soa) => 8 + name_bytes(soa.primary.as_ref()),
            Self::Tlsa(association) => 3 + association.data.len(),
            Self::Caa(authority) => 1 + authority.tag.len() + authority.value.len(),
            Self::Ds(signer) => 4 + signer.digest.len(),
        }
    }

    /// The kind of record that this is the data of.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Txt(_) => Kind::Txt,
            Self::A(_) => Kind::A,
            Self::Aaaa(_) => Kind::Aaaa,
            Self::Mx(_) => Kind::Mx,
            Self::Ptr(_) => Kind::Ptr,
            Self::Ns(_) => Kind::Ns,
            Self::Cname(_) => Kind::Cname,
            Self::Soa(_) => Kind::Soa,
            Self::Tlsa(_) => Kind::Tlsa,
            Self::Caa(_) => Kind::Caa,
            Self::Ds(_) => Kind::Ds,
            Self::Spf(_) => Kind::Spf,
        }
    }
}

impl fmt::Display for Data {
    /// The record's data as a master file writes it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Txt(text) | Self::Spf(text) => {
                for (index, string) in text.strings().enumerate() {
                    write_string(formatter, if index > 0 { " " } else { "" }, string)?;
                }
                Ok(())
            }
            Self::A(address) => write!(formatter, "{address}"),
            Self::Aaaa(address) => write!(formatter, "{address}"),
            Self::Mx(mx) => write!(formatter, "{} {}", mx.preference, Name(mx.exchange.as_ref())),
            Self::Ptr(name) | Self::Ns(name) | Self::Cname(name) => write!(formatter, "{}", Name(Some(name))),
            Self::Soa(soa) => {
                write!(formatter, "{} . {} 0 0 0 {}", Name(soa.primary.as_ref()), soa.serial, soa.minimum_s)
            }
            Self::Tlsa(association) => write!(formatter, "{association}"),
            Self::Caa(authority) => write!(formatter, "{authority}"),
            Self::Ds(signer) => write!(formatter, "{signer}"),
        }
    }
}

/// A character-string in quotes, RFC 1035 §5.1: `\DDD` for what is not printable.
pub(crate) fn write_string(formatter: &mut fmt::Formatter<'_>, before: &str, string: &[u8]) -> fmt::Result {
    write!(formatter, "{before}\"")?;
    for &byte in string {
        match byte {
            b'"' | b'\\' => write!(formatter, "\\{}", byte as char)?,
            b' '..=b'~' => write!(formatter, "{}", byte as char)?,
            _ => write!(formatter, "\\{byte:03}")?,
        }
    }
    formatter.write_str("\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_their_strings() {
        let text = Text::from_strings(["v=spf1 ", "", "-all"]);
        assert_eq!(text.bytes(), b"v=spf1 -all");
        assert_eq!(text.strings().collect::<Vec<_>>(), [&b"v=spf1 "[..], b"", b"-all"]);
        assert_eq!(Data::Txt(Text::from_strings([b"a\"\\\x00\xff"])).to_string(), r#""a\"\\\000\255""#);
    }

    #[test]
    fn long_texts_are_split_where_a_string_is_full() {
        let lengths = |count: usize| Text::split(&vec![b'a'; count]).strings().map(<[u8]>::len).collect::<Vec<_>>();
        assert_eq!([lengths(0), lengths(255)], [vec![0], vec![255]]);
        assert_eq!([lengths(256), lengths(511)], [vec![255, 1], vec![255, 255, 1]]);
    }

    #[test]
    fn derived_values_are_made_once() {
        let Answer::Records(records) = Answer::of(vec![Data::A(Ipv4Addr::LOCALHOST)], 60) else {
            panic!("records were given");
        };
        let first = records.derived(<[Data]>::len);
        let again = records.derived(|_| 99_usize);
        assert_eq!((*first, *again), (1, 1));
        assert_eq!(*records.derived(|_| "another kind"), "another kind");
    }

    #[test]
    fn no_data_has_no_records() {
        assert_eq!(Answer::of(vec![], 60), Answer::NoData(Negative { ttl_s: 60, dnssec: Dnssec::Unproven }));
    }
}
