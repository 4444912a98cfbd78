//! Mail hosts, Null MX, reverse names, TLS of mail hosts (MXN).

use std::collections::BTreeSet;
use std::net::IpAddr;

use futures_util::future::{join, join_all, join4};
use lookup::{Answer, Data, Kind, Question};
use mailtext::Domain;
use spf::record::{Directive, Mechanism, Qualifier};

use crate::limits::{MAIL_HOST_COUNT_MAX, REVERSE_COUNT_MAX};
use crate::published::Published;
use crate::rule::Rule;
use crate::subject::Subject;
use crate::world::{Greeting, World};

mod rules;

/// The rules.
pub(crate) const RULES: &[Rule] = rules::RULES;

/// What was found.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The MX records.
    pub exchanges: Published,
    /// The addresses of the domain itself, IPv4 and IPv6.
    pub own: [Published; 2],
    /// The hosts of the MX records, by preference.
    pub hosts: Vec<MailHost>,
    /// The addresses that send, as far as records name them one by one: the mail hosts', and single addresses of SPF.
    pub senders: Vec<Sender>,
}

/// A mail host.
#[derive(Clone, Debug)]
pub struct MailHost {
    /// Its name.
    pub name: Domain,
    /// Its preference.
    pub preference: u16,
    /// The alias at its name, where there should be none.
    pub alias: Published,
    /// Its IPv4 addresses.
    pub ip4: Published,
    /// Its IPv6 addresses.
    pub ip6: Published,
    /// Which certificates hold for it (DANE).
    pub association: Option<Published>,
    /// What it said.
    pub greeting: Greeting,
}

/// An address that sends.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The address.
    pub address: IpAddr,
    /// Its names.
    pub names: Published,
    /// Those of them that lead back to it.
    pub confirmed: Vec<Domain>,
    /// Whether one of them could not be asked, so that it may lead back, too.
    pub is_uncertain: bool,
}

/// Asks.
pub async fn look<W: World>(world: &W, subject: &Subject) -> Seen {
    let domain = &subject.domain;
    let (exchanges, ip4, ip6, texts) = join4(
        Published::ask(world, domain.clone(), Kind::Mx),
        Published::ask(world, domain.clone(), Kind::A),
        Published::ask(world, domain.clone(), Kind::Aaaa),
        Published::ask(world, domain.clone(), Kind::Txt),
    )
    .await;
    let mut named: Vec<(u16, Domain)> = exchanges.answer.data().iter().filter_map(exchange_of).collect();
    named.sort();
    named.truncate(MAIL_HOST_COUNT_MAX);
    let hosts = join_all(named.into_iter().map(|(preference, name)| host(world, preference, name))).await;
    let mut addresses: BTreeSet<IpAddr> = hosts.iter().flat_map(MailHost::addresses).collect();
    addresses.extend(texts.spf_texts().flat_map(single_addresses));
    let senders = addresses.into_iter().take(REVERSE_COUNT_MAX);
    let senders = join_all(senders.map(|address| sender(world, address))).await;
    Seen { exchanges, own: [ip4, ip6], hosts, senders }
}

fn exchange_of(data: &Data) -> Option<(u16, Domain)> {
    match data {
        Data::Mx(mx) => mx.exchange.clone().map(|exchange| (mx.preference, exchange)),
        _ => None,
    }
}

async fn host<W: World>(world: &W, preference: u16, name: Domain) -> MailHost {
    let association = name.prefixed("_25._tcp").ok();
    let association = async {
        match association {
            Some(name) => Some(Published::ask(world, name, Kind::Tlsa).await),
            None => None,
        }
    };
    let records = join4(
        Published::ask(world, name.clone(), Kind::Cname),
        Published::ask(world, name.clone(), Kind::A),
        Published::ask(world, name.clone(), Kind::Aaaa),
        association,
    );
    let ((alias, ip4, ip6, association), greeting) = join(records, world.greet(&name)).await;
    MailHost { name, preference, alias, ip4, ip6, association, greeting }
}

async fn sender<W: World>(world: &W, address: IpAddr) -> Sender {
    let names = Published::ask(world, Domain::reverse(address), Kind::Ptr).await;
    let kind = if address.is_ipv4() { Kind::A } else { Kind::Aaaa };
    let named = names.answer.data().iter().filter_map(|data| match data {
        Data::Ptr(name) => Some(name.clone()),
        _ => None,
    });
    let checked = join_all(named.take(4).map(|name| async move {
        let forward = world.ask_ref(&Question::new(name.clone(), kind)).await;
        let back = addresses_of(&forward).any(|other| other == address);
        (matches!(forward, Answer::Failed(_)), back.then_some(name))
    }));
    let checked = checked.await;
    let is_uncertain = checked.iter().any(|(failed, _)| *failed);
    let confirmed = checked.into_iter().filter_map(|(_, name)| name).collect();
    Sender { address, names, confirmed, is_uncertain }
}

/// The addresses that an SPF record names one by one.
fn single_addresses(text: &[u8]) -> Vec<IpAddr> {
    let (record, _) = spf::Record::parse(text);
    let single = |directive: &Directive| match directive.mechanism {
        Mechanism::Ip4(address, 32) => Some(IpAddr::V4(address)),
        Mechanism::Ip6(address, 128) => Some(IpAddr::V6(address)),
        _ => None,
    };
    let opened = record.directives().iter().filter(|directive| directive.qualifier == Qualifier::Pass);
    opened.filter_map(single).collect()
}

fn addresses_of(answer: &Answer) -> impl Iterator<Item = IpAddr> {
    answer.data().iter().filter_map(|data| match data {
        Data::A(address) => Some(IpAddr::V4(*address)),
        Data::Aaaa(address) => Some(IpAddr::V6(*address)),
        _ => None,
    })
}

impl MailHost {
    /// Its addresses.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        addresses_of(&self.ip4.answer).chain(addresses_of(&self.ip6.answer))
    }

    /// Whether one of the two was not answered, so that it may have other addresses.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        [&self.ip4, &self.ip6].into_iter().any(|seen| matches!(seen.answer, Answer::Failed(_)))
    }
}

impl Seen {
    /// The names of the mail hosts, by preference.
    pub fn mail_hosts(&self) -> impl Iterator<Item = &Domain> {
        self.hosts.iter().map(|host| &host.name)
    }

    /// Whether the domain says that it takes no mail (RFC 7505): a Null MX, alone.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.exchanges.is_null_mx()
    }
}
