//! Sources as people think of them: a named service, else the hosts of one domain, else a network; and in each its
//! addresses.

use std::collections::BTreeMap;
use std::net::IpAddr;

use feedback::aggregate::{AlignedPass, PublishedPolicy};
use feedback::archive::{Class, Sender, Sighting, SourceLine, Standing};
use feedback::summary::AggregateSum;
use report::vocabulary::MethodResult;

use crate::alignment::Passes;
use crate::classify::Classifier;
use crate::hosts::network;
use crate::limits::{GROUP_ADDRESS_COUNT_MAX, GROUP_SELECTOR_COUNT_MAX};
use crate::map::{Confidence, Entry, Naming};
use crate::marks::Asked;

/// Messages by class.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    counts: [u64; 5],
}

/// A source.
#[derive(Clone, PartialEq, Debug)]
pub struct Group<'a> {
    /// Which: what a mark names.
    pub sender: Sender,
    /// The service, when it is one of the map.
    pub entry: Option<&'a Entry>,
    /// By what it is known; the surest of all its messages.
    pub naming: Option<Naming<'a>>,
    /// What the owner says of it.
    pub standing: Option<Standing>,
    /// Whether its hosts bear names of the domain's own organisation.
    pub is_own: bool,
    /// Its messages.
    pub tally: Tally,
    /// Those with an aligned pass of DKIM.
    pub dkim_count: u64,
    /// Those with an aligned pass of SPF.
    pub spf_count: u64,
    /// Those with either.
    pub pass_count: u64,
    /// The first day, in days since 1970.
    pub first_day: u32,
    /// The last day.
    pub last_day: u32,
    /// Its addresses, those with the most messages first; at most [`GROUP_ADDRESS_COUNT_MAX`].
    pub addresses: Vec<Address<'a>>,
    /// How many addresses there are.
    pub address_count: usize,
    /// The selectors of signatures that hold, as far as [`GROUP_SELECTOR_COUNT_MAX`] goes.
    pub selectors: Vec<&'a str>,
    /// Its lines, by their place in what was given.
    pub lines: Vec<usize>,
}

/// An address of a source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address<'a> {
    /// Which; `None` when the report hides it.
    pub address: Option<IpAddr>,
    /// Its confirmed name.
    pub name: Option<&'a str>,
    /// Its messages.
    pub tally: Tally,
    /// The first day.
    pub first_day: u32,
    /// The last day.
    pub last_day: u32,
}

/// The sighting of a line.
#[must_use]
pub fn sighting<'a>(line: &'a SourceLine, policy: &'a PublishedPolicy) -> Sighting<'a> {
    Sighting { source: line.source, count: line.count, circumstances: &line.circumstances, policy }
}

/// Which source a line belongs to, and by what it is known.
///
/// Mail that somebody else handed on is not laid to the service that made it.
#[must_use]
pub fn sender<'a>(classifier: &'a Classifier, seen: &Sighting<'a>, class: Class) -> (Sender, Option<Naming<'a>>) {
    let host = classifier.host(seen);
    let names = classifier.map.names(seen, host, &classifier.aligner);
    let made = names.maker.filter(|_| class != Class::Forwarded);
    if let Some(naming) = names.carrier.or(made) {
        return (Sender::Service((*naming.entry.id).into()), Some(naming));
    }
    let sender = match (host.and_then(|host| host.name.as_deref()), seen.source) {
        (Some(name), _) => Sender::Hosts(classifier.aligner.organization(name).into()),
        (None, Some(address)) => Sender::Network(network(address).into()),
        (None, None) => Sender::Network(Box::default()),
    };
    (sender, names.guess)
}

/// The sources of a policy domain, those with the most messages first.
#[must_use]
pub fn groups<'a>(lines: &'a [SourceLine], policy: &'a PublishedPolicy, classifier: &'a Classifier) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<Sender, Group<'a>> = BTreeMap::new();
    let mut addresses: BTreeMap<(Sender, Option<IpAddr>), Address<'a>> = BTreeMap::new();
    for (at, line) in lines.iter().enumerate() {
        let seen = sighting(line, policy);
        let (sender, naming) = sender(classifier, &seen, line.class);
        let group = groups.entry(sender.clone()).or_insert_with(|| Group::new(sender.clone(), line.first_day));
        group.add(at, line, naming, classifier.passes(&seen));
        let name = classifier.host(&seen).and_then(|host| host.name.as_deref());
        let address = addresses.entry((sender, line.source)).or_insert_with(|| Address {
            address: line.source,
            name,
            tally: Tally::default(),
            first_day: line.first_day,
            last_day: line.last_day,
        });
        address.tally.add(line.class, line.count);
        address.first_day = address.first_day.min(line.first_day);
        address.last_day = address.last_day.max(line.last_day);
    }
    for ((sender, _), address) in addresses {
        if let Some(group) = groups.get_mut(&sender) {
            group.addresses.push(address);
        }
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    for group in &mut groups {
        group.finish(policy, classifier);
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.tally.total()));
    groups
}

impl<'a> Group<'a> {
    fn new(sender: Sender, first_day: u32) -> Self {
        Self {
            sender,
            entry: None,
            naming: None,
            standing: None,
            is_own: false,
            tally: Tally::default(),
            dkim_count: 0,
            spf_count: 0,
            pass_count: 0,
            first_day,
            last_day: first_day,
            addresses: Vec::new(),
            address_count: 0,
            selectors: Vec::new(),
            lines: Vec::new(),
        }
    }

    fn add(&mut self, at: usize, line: &'a SourceLine, naming: Option<Naming<'a>>, passes: Passes) {
        self.tally.add(line.class, line.count);
        let mut count = |counted: bool, to: fn(&mut Self) -> &mut u64| {
            if counted {
                let to = to(self);
                *to = to.saturating_add(line.count);
            }
        };
        count(passes.dkim == AlignedPass::Yes, |group| &mut group.dkim_count);
        count(passes.spf == AlignedPass::Yes, |group| &mut group.spf_count);
        count(passes.is_pass(), |group| &mut group.pass_count);
        self.first_day = self.first_day.min(line.first_day);
        self.last_day = self.last_day.max(line.last_day);
        self.lines.push(at);
        let sureness = |naming: &Naming<'_>| naming.confidence();
        if naming.as_ref().map(sureness) > self.naming.as_ref().map(sureness) {
            self.naming = naming;
        }
        for result in &line.circumstances.dkim {
            let Some(selector) = result.selector.as_deref() else { continue };
            let is_new = self.selectors.len() < GROUP_SELECTOR_COUNT_MAX && !self.selectors.contains(&selector);
            if is_new && result.result.known() == Some(MethodResult::Pass) {
                self.selectors.push(selector);
            }
        }
    }

    fn finish(&mut self, policy: &PublishedPolicy, classifier: &'a Classifier) {
        self.addresses.sort_by_key(|address| std::cmp::Reverse(address.tally.total()));
        self.address_count = self.addresses.len();
        self.addresses.truncate(GROUP_ADDRESS_COUNT_MAX);
        let service = match &self.sender {
            Sender::Service(id) => Some(&**id),
            Sender::Hosts(_) | Sender::Network(_) => None,
        };
        self.is_own = match &self.sender {
            Sender::Hosts(name) => classifier.aligner.relation(policy, &policy.domain, name).is_own(),
            Sender::Service(_) | Sender::Network(_) => false,
        };
        self.entry = service.and_then(|id| classifier.map.entry(id));
        let first = self.addresses.first();
        let asked = Asked {
            address: first.and_then(|address| address.address),
            host_name: first.and_then(|address| address.name),
            service,
        };
        self.standing = classifier.marks.find(&policy.domain, &asked).map(|mark| mark.standing);
    }

    /// The class of most of its messages.
    #[must_use]
    pub fn class(&self) -> Class {
        self.tally.main()
    }

    /// How people call it: the service's name, the domain of its hosts, or its network.
    #[must_use]
    pub fn name(&self) -> &str {
        match (&self.sender, self.entry) {
            (_, Some(entry)) => &entry.name,
            (sender, None) => crate::marks::sender_text(sender),
        }
    }

    /// How sure it is who it is.
    #[must_use]
    pub fn confidence(&self) -> Option<Confidence> {
        self.naming.as_ref().map(Naming::confidence)
    }

    /// Whether it is known who it is: a service, the owner's own hosts, or one that the owner has said something of.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.entry.is_some() || self.is_own || self.standing.is_some()
    }
}

impl From<&AggregateSum> for Tally {
    fn from(sum: &AggregateSum) -> Self {
        let mut tally = Self::default();
        Self::CLASSES.into_iter().for_each(|class| tally.add(class, sum.class(class)));
        tally
    }
}

impl Tally {
    /// All classes, in the order in which they are shown.
    pub const CLASSES: [Class; 5] =
        [Class::Legitimate, Class::Forwarded, Class::Misconfigured, Class::Suspected, Class::Undecidable];

    /// Counts messages.
    pub fn add(&mut self, class: Class, count: u64) {
        if let Some(sum) = self.counts.get_mut(Self::place(class)) {
            *sum = sum.saturating_add(count);
        }
    }

    /// Adds another one.
    pub fn join(&mut self, other: &Self) {
        for class in Self::CLASSES {
            self.add(class, other.of(class));
        }
    }

    /// Messages of a class.
    #[must_use]
    pub fn of(&self, class: Class) -> u64 {
        self.counts.get(Self::place(class)).copied().unwrap_or(0)
    }

    /// All messages.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The domain's own mail, in whatever state it came.
    #[must_use]
    pub fn own(&self) -> u64 {
        let own = [Class::Legitimate, Class::Forwarded, Class::Misconfigured];
        own.into_iter().fold(0, |sum: u64, class| sum.saturating_add(self.of(class)))
    }

    /// The class with the most messages; of equals the one that is shown first.
    #[must_use]
    pub fn main(&self) -> Class {
        let mut main = Class::Undecidable;
        for class in Self::CLASSES.into_iter().rev() {
            if self.of(class) >= self.of(main) {
                main = class;
            }
        }
        if self.total() == 0 { Class::Undecidable } else { main }
    }

    fn place(class: Class) -> usize {
        match class {
            Class::Undecidable => 0,
            Class::Legitimate => 1,
            Class::Forwarded => 2,
            Class::Misconfigured => 3,
            Class::Suspected => 4,
        }
    }
}

/// The word of a class, for tables and JSON.
#[must_use]
pub fn class_word(class: Class) -> &'static str {
    match class {
        Class::Undecidable => "undecidable",
        Class::Legitimate => "legitimate",
        Class::Forwarded => "forwarded",
        Class::Misconfigured => "misconfigured",
        Class::Suspected => "suspected",
    }
}

/// The id of a class's name in the catalogues: 正常, 転送由来, 設定不備, なりすまし疑い, 判定不能.
#[must_use]
pub fn class_label(class: Class) -> &'static str {
    Label(class).id()
}

struct Label(Class);

impl Label {
    fn id(&self) -> &'static str {
        match self.0 {
            Class::Undecidable => "class-label-undecidable",
            Class::Legitimate => "class-label-legitimate",
            Class::Forwarded => "class-label-forwarded",
            Class::Misconfigured => "class-label-misconfigured",
            Class::Suspected => "class-label-suspected",
        }
    }
}
