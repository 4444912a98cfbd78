//! The corpus' DNS as mail-auth's cache: every question is answered from memory, also "there is none".

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use foldhash::fast::FixedState;
use mail_auth::dkim::DomainKey;
use mail_auth::dmarc::DmarcRecord;
use mail_auth::dns::TxtRecordParser;
use mail_auth::hickory_resolver::proto::op::ResponseCode;
use mail_auth::spf::SpfRecord;
use mail_auth::{DnsCache, DnsError, DnssecStatus, Error, Mx, Negative, RecordSet, ResolverCache, TxtRecord};

type Found<T> = Result<RecordSet<T>, Negative>;

/// One map per record type, all filled beforehand.
pub struct Memory {
    txt: Answers<Box<str>, TxtRecord>,
    mx: Answers<Box<str>, Found<Mx>>,
    a: Answers<Box<str>, Found<Ipv4Addr>>,
    aaaa: Answers<Box<str>, Found<Ipv6Addr>>,
    ptr: Answers<IpAddr, Found<Box<str>>>,
}

/// The answers of one type; a name that is not in the map does not exist.
pub struct Answers<K, V> {
    known: HashMap<K, V, FixedState>,
    absent: V,
}

impl<K: Hash + Eq, V: Clone> ResolverCache<K, V> for Answers<K, V> {
    fn get<Q>(&self, name: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        Some(self.known.get(name).unwrap_or(&self.absent).clone())
    }

    fn remove<Q>(&self, _: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: K, _: V, _: Instant) {}
}

impl DnsCache for Memory {
    type Txt = Answers<Box<str>, TxtRecord>;
    type Mx = Answers<Box<str>, Found<Mx>>;
    type Ipv4 = Answers<Box<str>, Found<Ipv4Addr>>;
    type Ipv6 = Answers<Box<str>, Found<Ipv6Addr>>;
    type Ptr = Answers<IpAddr, Found<Box<str>>>;

    fn txt(&self) -> Option<&Self::Txt> {
        Some(&self.txt)
    }

    fn mx(&self) -> Option<&Self::Mx> {
        Some(&self.mx)
    }

    fn ipv4(&self) -> Option<&Self::Ipv4> {
        Some(&self.a)
    }

    fn ipv6(&self) -> Option<&Self::Ipv6> {
        Some(&self.aaaa)
    }

    fn ptr(&self) -> Option<&Self::Ptr> {
        Some(&self.ptr)
    }
}

/// The lines of a zone, by type.
#[derive(Default)]
struct Lines {
    names: BTreeSet<Box<str>>,
    txt: BTreeMap<Box<str>, Vec<Vec<u8>>>,
    mx: BTreeMap<Box<str>, BTreeMap<u16, Vec<Box<str>>>>,
    a: BTreeMap<Box<str>, Vec<Ipv4Addr>>,
    aaaa: BTreeMap<Box<str>, Vec<Ipv6Addr>>,
    ptr: BTreeMap<IpAddr, Vec<Box<str>>>,
}

impl Memory {
    /// Reads `zone.tsv`: name, type and data between tabs.
    pub fn parse(text: &str) -> Self {
        let mut lines = Lines::default();
        text.lines().for_each(|line| lines.add(line));
        let names = &lines.names;
        let mx = lines.mx.into_iter().map(|(name, groups)| (name, groups.into_iter().map(group).collect()));
        Self {
            txt: Answers {
                known: with_existing(names, no_text(ResponseCode::NoError), lines.txt.iter().map(parsed)),
                absent: no_text(ResponseCode::NXDomain),
            },
            mx: Answers::of(names, mx),
            a: Answers::of(names, lines.a),
            aaaa: Answers::of(names, lines.aaaa),
            ptr: Answers::of(&BTreeSet::new(), lines.ptr),
        }
    }
}

impl Lines {
    fn add(&mut self, line: &str) {
        let columns: Vec<&str> = line.splitn(3, '\t').collect();
        let (name, data) = (qualified(columns[0]), columns[2]);
        // A name above another one exists, although it has no records.
        let mut rest = &*name;
        while let Some((_, above)) = rest.split_once('.').filter(|(label, _)| !label.is_empty()) {
            self.names.insert(rest.into());
            rest = above;
        }
        match columns[1] {
            "TXT" => self.txt.entry(name).or_default().push(data.as_bytes().to_vec()),
            "A" => self.a.entry(name).or_default().push(data.parse().unwrap()),
            "AAAA" => self.aaaa.entry(name).or_default().push(data.parse().unwrap()),
            "MX" => {
                let (preference, host) = data.split_once(' ').unwrap();
                let groups = self.mx.entry(name).or_default();
                groups.entry(preference.parse().unwrap()).or_default().push(qualified(host));
            }
            "PTR" => self.ptr.entry(address(&name)).or_default().push(qualified(data)),
            other => panic!("{other} in the corpus"),
        }
    }
}

impl<K: Hash + Eq + Clone, T: Clone> Answers<K, Found<T>> {
    fn of(existing: &BTreeSet<K>, records: impl IntoIterator<Item = (K, Vec<T>)>) -> Self {
        let found = |(name, records): (K, Vec<T>)| {
            (name, Ok(RecordSet { records: records.into(), dnssec_status: DnssecStatus::Indeterminate }))
        };
        let none = |code| Err(Negative { code });
        Self {
            known: with_existing(existing, none(ResponseCode::NoError), records.into_iter().map(found)),
            absent: none(ResponseCode::NXDomain),
        }
    }
}

/// The records, and for every other existing name the answer that it has none of the type.
fn with_existing<K: Hash + Eq + Clone, V: Clone>(
    existing: &BTreeSet<K>,
    none: V,
    records: impl Iterator<Item = (K, V)>,
) -> HashMap<K, V, FixedState> {
    existing.iter().map(|name| (name.clone(), none.clone())).chain(records).collect()
}

fn no_text(code: ResponseCode) -> TxtRecord {
    TxtRecord::Error(Error::Dns(DnsError::RecordNotFound(code)))
}

/// mail-auth keeps one parsed record per name; the name tells which kind it will be asked for.
fn parsed((name, texts): (&Box<str>, &Vec<Vec<u8>>)) -> (Box<str>, TxtRecord) {
    let record = if name.contains("._domainkey.") {
        DomainKey::parse_records(texts).into()
    } else if name.starts_with("_dmarc.") {
        DmarcRecord::parse_records(texts).into()
    } else {
        SpfRecord::parse_records(texts).into()
    };
    (name.clone(), record)
}

fn group((preference, exchanges): (u16, Vec<Box<str>>)) -> Mx {
    Mx { exchanges: exchanges.into(), preference }
}

fn qualified(name: &str) -> Box<str> {
    format!("{}.", name.trim_end_matches('.').to_ascii_lowercase()).into()
}

/// The address of a name below in-addr.arpa or ip6.arpa.
fn address(name: &str) -> IpAddr {
    if let Some(octets) = name.strip_suffix(".in-addr.arpa.") {
        let octets: Vec<u8> = octets.rsplit('.').map(|octet| octet.parse().unwrap()).collect();
        IpAddr::from(<[u8; 4]>::try_from(octets).unwrap())
    } else {
        let digits: String = name.strip_suffix(".ip6.arpa.").unwrap().rsplit('.').collect();
        IpAddr::from(u128::from_str_radix(&digits, 16).unwrap().to_be_bytes())
    }
}
