//! A resolver made of a master file: the whole DNS as far as a test, a simulation or a benchmark needs it.
//!
//! ```text
//! $ORIGIN example.jp.
//! $TTL 300
//! @           TXT   "v=spf1 mx -all"
//!             MX    10 mx
//! mx          A     192.0.2.1
//! *.users     TXT   "v=spf1 -all"
//! ;! down     *     servfail
//! ;! slow     TXT   after=3s
//! ```
//!
//! The syntax is RFC 1035 §5 with `$TTL` and units (`1h30m`); the origin is the root until `$ORIGIN` names another.
//! Lines that begin with `;!` are rules for a name and a type (`*` for all), comments to every other program:
//!
//! | word | means |
//! |--|--|
//! | `timeout` `servfail` `refused` `truncate` `bogus` `malformed` `unreachable` … | the [`Failure`] of that word |
//! | `nodata`, `nxdomain` | that answer, whatever the records say; `ttl=60` gives its TTL |
//! | `after=250ms`, `after=3s`, `after=2m` | the answer takes as long on the zone's own clock |
//! | `authenticated` | the answer is [`Dnssec::Authenticated`] |
//! | `via a. b.` | the records came through these aliases |
//! | `exists` | the name exists, with or without records |
//!
//! A rule changes what is answered; it does not make its name exist, unless it says `exists` or the name is a wildcard.

use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::FixedState;
use mailtext::Domain;

use crate::Lookup;
use crate::answer::{Answer, Data, Dnssec, Failure, Negative, Records};
use crate::keeper::{Keeper, Moment};
use crate::limits::ALIAS_COUNT_MAX;
use crate::master::{self, Content, Effect, Forced, Reader, Statement};
use crate::question::{Kind, Question};

pub use crate::master::{ZoneError, ZoneErrorKind};

/// A resolver that knows the records it was given and nothing else: other names do not exist.
///
/// All answers are made at the first question; the same question gets the same [`Records`] each time, so that what is
/// [derived](Records::derived) from them is kept.
#[derive(Default)]
pub struct Zone {
    owners: Vec<Owner>,
    by_name: HashMap<Name, usize, FixedState>,
    flaws: Vec<ZoneFlaw>,
    table: OnceLock<Table>,
    clock_ms: AtomicU64,
    time_limit_ms: Option<u64>,
}

/// Something in a zone file that is not quite right and did not keep it from being read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ZoneFlaw {
    /// The line, counted from 1.
    pub line: u32,
    /// What is not right.
    pub kind: ZoneFlawKind,
}

/// What is not quite right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ZoneFlawKind {
    /// A record of a type that mail does not ask for; its name exists, its data are ignored.
    OtherType,
    /// A record or a rule for the root, which nobody asks; ignored.
    Root,
    /// A character-string of more than 255 bytes (RFC 1035 §3.3); kept.
    StringTooLong,
    /// A CNAME beside other records, or a second CNAME (RFC 2181 §10.1). Kept; the other records and the first CNAME
    /// are answered.
    AliasWithOthers,
}

impl Zone {
    /// A zone without any name.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a master file.
    ///
    /// # Errors
    /// The first entry that cannot be read, with its line.
    pub fn parse(text: &str) -> Result<Self, ZoneError> {
        let mut zone = Self::new();
        let mut reader = Reader::new(text);
        while let Some(statement) = reader.next()? {
            zone.take(statement);
        }
        Ok(zone)
    }

    /// What was not quite right in the text.
    #[must_use]
    pub fn flaws(&self) -> &[ZoneFlaw] {
        &self.flaws
    }

    /// Adds a record.
    pub fn add(&mut self, name: &Domain, data: Data, ttl_s: u32) -> &mut Self {
        self.owner(name).records.push((ttl_s, data));
        self
    }

    /// Takes away all records of one kind.
    pub fn remove(&mut self, name: &Domain, kind: Kind) -> &mut Self {
        self.owner(name).records.retain(|(_, data)| data.kind() != kind);
        self
    }

    /// Makes a question fail; `None` as the kind is every kind.
    pub fn fail(&mut self, name: &Domain, kind: impl Into<Option<Kind>>, failure: Failure) -> &mut Self {
        let effect = Effect { forced: Some(Forced::Failed(failure)), ..Effect::default() };
        self.rule(name, kind.into(), effect)
    }

    /// Takes away all rules for a name: failures, delays, existence.
    pub fn heal(&mut self, name: &Domain) -> &mut Self {
        self.owner(name).rules.clear();
        self
    }

    /// Makes a name exist, without records if it has none.
    pub fn exists(&mut self, name: &Domain) -> &mut Self {
        self.rule(name, None, Effect { exists: true, ..Effect::default() })
    }

    /// Makes the answer take `after_ms` milliseconds on the zone's own clock.
    pub fn delay(&mut self, name: &Domain, kind: impl Into<Option<Kind>>, after_ms: u32) -> &mut Self {
        self.rule(name, kind.into(), Effect { after_ms: Some(after_ms), ..Effect::default() })
    }

    /// Makes the answer [`Dnssec::Authenticated`].
    pub fn authenticate(&mut self, name: &Domain, kind: impl Into<Option<Kind>>) -> &mut Self {
        self.rule(name, kind.into(), Effect { authenticated: true, ..Effect::default() })
    }

    /// Lets every answer that would come later than `limit_ms` on the zone's clock be [`Failure::Timeout`].
    #[must_use]
    pub fn with_time_limit_ms(mut self, limit_ms: u64) -> Self {
        self.time_limit_ms = Some(limit_ms);
        self
    }

    /// How long the answers took so far, in milliseconds: the sum of their delays, one after another.
    #[must_use]
    pub fn elapsed_ms(&self) -> u64 {
        self.clock_ms.load(Ordering::Relaxed)
    }

    /// Puts the clock back to 0.
    pub fn restart_clock(&self) {
        self.clock_ms.store(0, Ordering::Relaxed);
    }

    /// The answer to a question: what [`Lookup::ask`] gives, without a future.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Answer {
        let (answer, after_ms) = self.table().find(question);
        if after_ms == 0 && self.time_limit_ms.is_none() {
            return answer;
        }
        let clock_ms = self.clock_ms.fetch_add(u64::from(after_ms), Ordering::Relaxed).saturating_add(after_ms.into());
        if self.time_limit_ms.is_some_and(|limit_ms| clock_ms > limit_ms) {
            return Answer::Failed(Failure::Timeout);
        }
        answer
    }

    fn table(&self) -> &Table {
        self.table.get_or_init(|| Table::of(self))
    }

    fn get(&self, name: &str) -> Option<&Owner> {
        self.by_name.get(name).and_then(|index| self.owners.get(*index))
    }

    fn rule(&mut self, name: &Domain, kind: Option<Kind>, effect: Effect) -> &mut Self {
        let rules = &mut self.owner(name).rules;
        match rules.iter_mut().find(|(other, _)| *other == kind) {
            Some((_, kept)) => kept.merge(&effect),
            None => rules.push((kind, effect)),
        }
        self
    }

    /// The owner of that name, to be changed: the answers made so far are forgotten.
    fn owner(&mut self, name: &Domain) -> &mut Owner {
        self.table.take();
        let index = *self.by_name.entry(Name(name.clone())).or_insert_with(|| {
            self.owners.push(Owner { name: name.clone(), records: Vec::new(), other_types: false, rules: Vec::new() });
            self.owners.len() - 1
        });
        &mut self.owners[index]
    }

    fn take(&mut self, statement: Statement) {
        let line = statement.line;
        let Some(name) = statement.name else {
            // Documents have no name; [`crate::fetch::Shelf`] reads them.
            if !matches!(statement.content, Content::Fetch(_)) {
                self.flaws.push(ZoneFlaw { line, kind: ZoneFlawKind::Root });
            }
            return;
        };
        match statement.content {
            Content::Rule(kind, effect) => {
                self.rule(&name, kind, effect);
            }
            Content::Fetch(_) => {}
            Content::OtherType => {
                self.owner(&name).other_types = true;
                self.flaws.push(ZoneFlaw { line, kind: ZoneFlawKind::OtherType });
            }
            Content::Record { ttl_s, data, overlong } => {
                let owner = self.owner(&name);
                let beside_alias = !owner.records.is_empty()
                    && (data.kind() == Kind::Cname || owner.records.iter().any(|(_, data)| data.kind() == Kind::Cname));
                owner.records.push((ttl_s, data));
                if overlong {
                    self.flaws.push(ZoneFlaw { line, kind: ZoneFlawKind::StringTooLong });
                }
                if beside_alias {
                    self.flaws.push(ZoneFlaw { line, kind: ZoneFlawKind::AliasWithOthers });
                }
            }
        }
    }
}

impl Lookup for Zone {
    async fn ask(&self, question: Question) -> Answer {
        self.answer(&question)
    }

    async fn ask_ref(&self, question: &Question) -> Answer {
        self.answer(question)
    }

    /// The zone itself, unless answers take time: what is left unasked would take none.
    fn keeper(&self) -> Option<&dyn Keeper> {
        let is_timed = self.time_limit_ms.is_some() || self.table().is_timed;
        if is_timed { None } else { Some(self) }
    }
}

/// Answers hold until the zone is changed, and their records are gone then.
impl Keeper for Zone {
    fn now(&self) -> Moment {
        Moment::of_ticks(0)
    }

    fn holds_until(&self, question: &Question, answer: &Answer) -> Option<Moment> {
        let holds = !matches!(answer, Answer::Failed(_)) && self.table().find(question).0.is_same(answer);
        holds.then_some(Moment::NEVER)
    }

    fn hold_beside(&self, _: &Question, _: usize) -> bool {
        true
    }
}

impl Clone for Zone {
    /// The same records and rules; the clock stands where it stood.
    fn clone(&self) -> Self {
        Self {
            owners: self.owners.clone(),
            by_name: self.by_name.clone(),
            flaws: self.flaws.clone(),
            table: OnceLock::new(),
            clock_ms: AtomicU64::new(self.elapsed_ms()),
            time_limit_ms: self.time_limit_ms,
        }
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Zone").field("names", &self.owners.len()).finish_non_exhaustive()
    }
}

impl fmt::Display for Zone {
    /// The zone as a master file with absolute names, which [`Zone::parse`] reads back.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for owner in &self.owners {
            for (ttl_s, data) in &owner.records {
                master::write_record(formatter, &owner.name, *ttl_s, data)?;
            }
            if owner.other_types && owner.records.is_empty() {
                let exists = Effect { exists: true, ..Effect::default() };
                master::write_rule(formatter, &owner.name, None, &exists)?;
            }
            for (kind, effect) in &owner.rules {
                master::write_rule(formatter, &owner.name, *kind, effect)?;
            }
        }
        Ok(())
    }
}

/// One record as a line of a master file, with an absolute name and a newline: what can be pasted into a zone.
#[must_use]
pub fn record_line(name: &Domain, ttl_s: u32, data: &Data) -> String {
    let mut line = String::new();
    // A string takes everything.
    let _ = master::write_record(&mut line, name, ttl_s, data);
    line
}

/// What a zone says of one name.
#[derive(Clone)]
struct Owner {
    name: Domain,
    /// TTL in seconds, and data.
    records: Vec<(u32, Data)>,
    /// There were records of types that mail does not ask for.
    other_types: bool,
    rules: Vec<(Option<Kind>, Effect)>,
}

impl Owner {
    fn exists(&self) -> bool {
        let wildcard = wildcard_parent(self.name.as_str()).is_some();
        !self.records.is_empty()
            || self.other_types
            || self.rules.iter().any(|(_, effect)| effect.exists || (wildcard && *effect != Effect::default()))
    }

    /// What the rules say of a kind: those for every kind first, its own over them.
    fn effect(&self, kind: Kind) -> Effect {
        let mut effect = Effect::default();
        for wanted in [None, Some(kind)] {
            for (_, other) in self.rules.iter().filter(|(of, _)| *of == wanted) {
                effect.merge(other);
            }
        }
        effect
    }
}

/// A name that can be looked for by its text.
#[derive(Clone, PartialEq, Eq)]
struct Name(Domain);

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_str().hash(state);
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self.0.as_str()
    }
}

/// Every answer of a zone.
struct Table {
    nodes: HashMap<Name, Node, FixedState>,
    /// For names of which no ancestor exists but the root.
    below_root: Below,
    /// Whether any answer takes time.
    is_timed: bool,
}

/// The answers at one name and below it.
struct Node {
    /// False for a name that only rules speak of.
    exists: bool,
    answers: Answers,
    below: Below,
}

/// What names get that do not exist, when this is the nearest of their ancestors that does: the closest encloser of
/// RFC 4592 §3.3.1.
struct Below {
    wildcard: Option<Box<Answers>>,
    nothing: Negative,
}

/// Answers by kind, and how long each takes.
#[derive(Clone)]
struct Answers {
    by_kind: [Answer; KIND_COUNT],
    after_ms: Option<Box<[u32; KIND_COUNT]>>,
}

impl Table {
    fn of(zone: &Zone) -> Self {
        let tree = Tree::of(zone);
        let node = |name: &Name, exists| Node {
            exists,
            answers: tree.answers_at(&name.0),
            below: Below { wildcard: None, nothing: tree.nothing_at(Some(&name.0)) },
        };
        let existing = tree.existing.iter().map(|name| (name.clone(), node(name, true)));
        let others = zone.by_name.keys().filter(|name| !tree.existing.contains(*name));
        let others = others.map(|name| (name.clone(), node(name, false)));
        let below_root = Below { wildcard: None, nothing: tree.nothing_at(None) };
        let takes_time = |(_, effect): &(Option<Kind>, Effect)| effect.after_ms.is_some();
        let is_timed = zone.owners.iter().any(|owner| owner.rules.iter().any(takes_time));
        let mut table = Self { nodes: existing.chain(others).collect(), below_root, is_timed };
        for name in &tree.existing {
            let Some(parent) = wildcard_parent(name.0.as_str()) else {
                continue;
            };
            let answers = table.nodes.get(name.0.as_str()).map(|node| Box::new(node.answers.clone()));
            match table.nodes.get_mut(parent) {
                Some(node) => node.below.wildcard = answers,
                None => table.below_root.wildcard = answers,
            }
        }
        table
    }

    /// The answer, and how long it takes.
    fn find(&self, question: &Question) -> (Answer, u32) {
        if let Some(node) = self.nodes.get(question.name.as_str()) {
            return node.answers.get(question.kind);
        }
        let mut rest = question.name.as_str();
        while let Some(dot) = rest.bytes().position(|byte| byte == b'.') {
            let above = &rest[dot + 1..];
            if let Some(node) = self.nodes.get(above).filter(|node| node.exists) {
                return node.below.get(question.kind);
            }
            rest = above;
        }
        self.below_root.get(question.kind)
    }
}

impl Below {
    fn get(&self, kind: Kind) -> (Answer, u32) {
        self.wildcard.as_ref().map_or((Answer::NxDomain(self.nothing), 0), |answers| answers.get(kind))
    }
}

impl Answers {
    fn get(&self, kind: Kind) -> (Answer, u32) {
        (self.by_kind[kind as usize].clone(), self.after_ms.as_ref().map_or(0, |after_ms| after_ms[kind as usize]))
    }
}

/// The names of a zone that exist, and how answers are found among them.
struct Tree<'a> {
    zone: &'a Zone,
    existing: HashSet<Name, FixedState>,
    has_soa: bool,
}

impl<'a> Tree<'a> {
    fn of(zone: &'a Zone) -> Self {
        let mut existing = HashSet::default();
        for owner in zone.owners.iter().filter(|owner| owner.exists()) {
            // RFC 8020 §2: whatever is above an existing name exists too, be it without records.
            let mut next = Some(owner.name.clone());
            while let Some(name) = next {
                next = name.parent();
                if !existing.insert(Name(name)) {
                    break;
                }
            }
        }
        let is_soa = |(_, data): &(u32, Data)| data.kind() == Kind::Soa;
        Self { zone, existing, has_soa: zone.owners.iter().any(|owner| owner.records.iter().any(is_soa)) }
    }

    fn answers_at(&self, name: &Domain) -> Answers {
        let both = Kind::ALL.map(|kind| self.resolve(name, kind));
        let after_ms = both.each_ref().map(|(_, after_ms)| *after_ms);
        let after_ms = after_ms.iter().any(|after_ms| *after_ms > 0).then(|| Box::new(after_ms));
        Answers { by_kind: both.map(|(answer, _)| answer), after_ms }
    }

    /// The answer to a question and how long it takes, aliases followed.
    fn resolve(&self, name: &Domain, kind: Kind) -> (Answer, u32) {
        let mut aliases = Vec::new();
        let (mut ttl_s, mut after_ms, mut authenticated) = (u32::MAX, 0_u32, true);
        let mut name = name.clone();
        loop {
            let (source, exists, effect) = self.source(&name, kind);
            after_ms = after_ms.saturating_add(effect.after_ms.unwrap_or(0));
            authenticated &= effect.authenticated;
            let dnssec = if authenticated { Dnssec::Authenticated } else { Dnssec::Unproven };
            let nothing =
                Negative { ttl_s: effect.ttl_s.unwrap_or_else(|| self.nothing_at(Some(&name)).ttl_s), dnssec };
            let answer = match effect.forced {
                Some(Forced::Failed(failure)) => Answer::Failed(failure),
                Some(Forced::NoData) => Answer::NoData(nothing),
                Some(Forced::NxDomain) => Answer::NxDomain(nothing),
                None if !exists => Answer::NxDomain(nothing),
                None => {
                    let records = source.map(|owner| owner.records.as_slice()).unwrap_or_default();
                    let wanted = records.iter().filter(|(_, data)| data.kind() == kind);
                    let data = wanted.clone().map(|(_, data)| data.clone()).collect::<Vec<_>>();
                    ttl_s = wanted.map(|(ttl_s, _)| *ttl_s).fold(ttl_s, u32::min);
                    if !data.is_empty() {
                        aliases.extend(effect.via);
                        Answer::records(Records::new(data, ttl_s, dnssec, aliases))
                    } else if let Some((alias_ttl_s, target)) = alias(records) {
                        // RFC 1034 §3.6.2: chains should be followed, and loops signalled as an error.
                        if aliases.len() == ALIAS_COUNT_MAX || aliases.contains(target) {
                            return (Answer::Failed(Failure::AliasChain), after_ms);
                        }
                        ttl_s = ttl_s.min(alias_ttl_s);
                        aliases.push(target.clone());
                        name = target.clone();
                        continue;
                    } else {
                        Answer::NoData(nothing)
                    }
                }
            };
            return (answer, after_ms);
        }
    }

    /// Whose records answer for a name, whether the name exists or is made by a wildcard, and what the rules say.
    fn source(&self, name: &Domain, kind: Kind) -> (Option<&'a Owner>, bool, Effect) {
        let own = self.zone.get(name.as_str());
        let own_effect = own.map(|owner| owner.effect(kind)).unwrap_or_default();
        if self.existing.contains(name.as_str()) {
            return (own, true, own_effect);
        }
        // RFC 4592 §3.3.1: the source of synthesis is the wildcard right below the closest encloser, and no other.
        let mut above = name.parent();
        while let Some(name) = above.take_if(|name| !self.existing.contains(name.as_str())) {
            above = name.parent();
        }
        let wildcard = match above {
            Some(encloser) => self.zone.get(&format!("*.{encloser}")),
            None => self.zone.get("*"),
        };
        let wildcard = wildcard.filter(|owner| owner.exists());
        let mut effect = wildcard.map(|owner| owner.effect(kind)).unwrap_or_default();
        effect.merge(&own_effect);
        (wildcard, wildcard.is_some(), effect)
    }

    /// How long it may be kept that there is nothing at a name, which may be the root.
    fn nothing_at(&self, name: Option<&Domain>) -> Negative {
        let mut rest = name.filter(|_| self.has_soa).map(Domain::as_str);
        while let Some(name) = rest {
            let records = self.zone.get(name).map(|owner| owner.records.as_slice()).unwrap_or_default();
            // RFC 2308 §5: absence is kept for the lesser of the SOA record's own TTL and its MINIMUM.
            let minimum_s = records.iter().find_map(|(ttl_s, data)| match data {
                Data::Soa(soa) => Some(soa.minimum_s.min(*ttl_s)),
                _ => None,
            });
            if let Some(ttl_s) = minimum_s {
                return Negative { ttl_s, dnssec: Dnssec::Unproven };
            }
            rest = name.split_once('.').map(|(_, above)| above);
        }
        Negative { ttl_s: 0, dnssec: Dnssec::Unproven }
    }
}

fn alias(records: &[(u32, Data)]) -> Option<(u32, &Domain)> {
    records.iter().find_map(|(ttl_s, data)| match data {
        Data::Cname(target) => Some((*ttl_s, target)),
        _ => None,
    })
}

/// The name above a wildcard, empty for the root; `None` when the name is no wildcard.
fn wildcard_parent(name: &str) -> Option<&str> {
    if name == "*" { Some("") } else { name.strip_prefix("*.") }
}

const KIND_COUNT: usize = Kind::ALL.len();
