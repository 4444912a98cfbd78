//! A year of keys: domains whose keys rotate while servers lag, fall silent and disagree, updates get lost, and the program
//! that turns the machine ([`outgoing::rotation`]) dies between any two of its steps; signers that hear of changes late,
//! mail that waits in queues for days, and resolvers that cache what they were told.
//!
//! The checker is the mail itself: whatever was signed is verified at some moment of the days that queues hold it, by a
//! resolver with a cache that asks any server of the zone. It must find the key that signed. The year of a seed is the same
//! each time.
//!
//! Reading order: [`year`], which is the scheduler; `Daemon` (a turn, and where it dies); `Zones` (servers and their delays);
//! `Resolvers`.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use dkim::KeyKind;
use mailtext::Domain;
use mailtext::encode::encode_base64;
use outgoing::rotation::{Action, Book, Line, LineId, Place, Settings, Sight, Stage, Standing, View, Wanted};

use crate::dice::Dice;

/// What came of a year.
#[derive(Clone, Debug, Default)]
pub struct Year {
    /// The seed.
    pub seed: u64,
    /// Mails that were signed and verified.
    pub mail_count: u64,
    /// Mails that nobody signed, as no key was ready.
    pub unsigned_count: u64,
    /// Keys that came to sign.
    pub key_count: u64,
    /// How often the program died.
    pub crash_count: u64,
    /// Updates that did not arrive.
    pub lost_count: u64,
    /// Keys that were given up as compromised.
    pub compromised_count: u64,
    /// What does not hold.
    pub broken: Vec<String>,
}

/// Lets a year pass for so many domains.
#[must_use]
pub fn year(seed: u64, domain_count: usize) -> Year {
    let mut world = World::new(seed, domain_count);
    while world.now_s < START_S + YEAR_S {
        world.step();
    }
    world.year.key_count = world.daemon.activations;
    world.year
}

struct World {
    year: Year,
    now_s: u64,
    dice: Dice,
    daemon: Daemon,
    zones: Zones,
    resolvers: Resolvers,
    /// Mails under way, by when they arrive.
    queue: BTreeMap<(u64, u64), Mail>,
}

/// A mail with a signature.
struct Mail {
    signed_s: u64,
    line: LineId,
    selector: Domain,
    public: Box<str>,
    names: Vec<Domain>,
}

impl World {
    fn new(seed: u64, domain_count: usize) -> Self {
        let mut dice = Dice::new(seed, &["rotation"]);
        let zones = Zones::new(&mut dice, domain_count);
        let daemon = Daemon::new(domain_count);
        let year = Year { seed, ..Year::default() };
        let mut world =
            Self { year, now_s: START_S, dice, daemon, zones, resolvers: Resolvers::default(), queue: BTreeMap::new() };
        world.publish_aliases();
        world
    }

    /// Clients publish their CNAME records once, and never again.
    fn publish_aliases(&mut self) {
        for (_, line) in self.daemon.book.lines() {
            for slot in 1..=SLOTS {
                let selector = name(&format!("{}{slot}", line.kind.as_str()));
                if let Some((alias, target)) = line.alias(&selector) {
                    self.zones.put(&mut self.dice, START_S, &alias, &Wanted::Alias(target));
                }
            }
        }
    }

    /// Some minutes to hours: a turn, then mail.
    fn step(&mut self) {
        self.now_s += self.dice.between(30 * MINUTE_S, 12 * HOUR_S);
        self.command();
        self.daemon.turn(self.now_s, &mut self.zones, &mut self.dice, &mut self.year);
        for _ in 0..MAILS_A_STEP {
            self.send();
        }
        self.arrive();
    }

    /// The operator's hand.
    fn command(&mut self) {
        if !self.dice.happens(15) {
            return;
        }
        let ids: Vec<LineId> = self.daemon.book.lines().map(|(id, _)| id.clone()).collect();
        let id = ids[self.dice.place(ids.len())].clone();
        let (what, now_s, settings) = (self.dice.below(4), self.now_s, self.daemon.settings.clone());
        let Some(line) = self.daemon.book.line_mut(&id) else { return };
        let active = line.active().map(|key| key.selector.clone());
        let staged = line.keys.iter().find(|key| key.stage == Stage::Staged).map(|key| key.selector.clone());
        match (what, active, staged) {
            (0, Some(selector), _) => {
                if line.revoke(&selector, Standing::Compromised, now_s, &settings).is_ok() {
                    self.daemon.compromised.insert((id.clone(), selector), now_s);
                    self.year.compromised_count += 1;
                }
            }
            (1, _, Some(selector)) => drop(line.retire(&selector, now_s, &settings)),
            (2, Some(selector), _) => drop(line.retire(&selector, now_s, &settings)),
            _ => drop(line.rotate()),
        }
        self.daemon.save(now_s);
        self.daemon.wakes.remove(&id);
    }

    /// A mail of some line, signed by what its signer has heard of.
    fn send(&mut self) {
        let count = self.daemon.ids.len();
        let id = self.daemon.ids[self.dice.place(count)].clone();
        let heard_s = self.now_s.saturating_sub(self.dice.below(self.daemon.settings.lag_s));
        let Some((selector, public, names)) = self.daemon.signed_with(&id, heard_s) else {
            self.year.unsigned_count += 1;
            return;
        };
        let mail = Mail { signed_s: self.now_s, line: id, selector, public, names };
        self.year.mail_count += 1;
        let longest_s = self.daemon.settings.keep_s();
        // Most mail arrives at once; some waits as long as queues let it.
        let waits_s = if self.dice.happens(600) { self.dice.below(300) } else { self.dice.below(longest_s) };
        self.queue.insert((self.now_s + waits_s, self.year.mail_count), mail);
    }

    /// Mail that has arrived by now is verified.
    fn arrive(&mut self) {
        let later = self.queue.split_off(&(self.now_s + 1, 0));
        for ((at_s, _), mail) in std::mem::replace(&mut self.queue, later) {
            let revoked_s = self.daemon.compromised.get(&(mail.line.clone(), mail.selector.clone()));
            if revoked_s.is_some() {
                continue;
            }
            let found = self.resolvers.find(&self.zones, &mut self.dice, at_s, &mail.names);
            let is_found = matches!(&found, Some(Wanted::Text(text)) if text.ends_with(&*mail.public));
            if !is_found {
                self.year.broken.push(format!(
                    "{} {} signed at {} is looked for at {at_s}, and what is found is {found:?}",
                    mail.line.domain, mail.selector, mail.signed_s
                ));
            }
        }
    }
}

/// What turns the machine.
struct Daemon {
    settings: Settings,
    /// What it has in its memory.
    book: Book,
    /// What is on the disk.
    text: String,
    ids: Vec<LineId>,
    wakes: HashMap<LineId, u64>,
    /// What signed since when, by line: what signers read from the disk.
    signing: HashMap<LineId, Vec<(u64, Option<Signs>)>>,
    compromised: HashMap<(LineId, Domain), u64>,
    activations: u64,
    made: u64,
}

/// Selector, public key, and the names that lead to its record.
type Signs = (Domain, Box<str>, Vec<Domain>);

impl Daemon {
    fn new(domain_count: usize) -> Self {
        let mut book = Book::new();
        let provider = Place::Provider { zone: name(PROVIDER), slots: SLOTS };
        for number in 0..domain_count {
            let domain = name(&format!("d{number}.example"));
            let place = if number % 3 == 0 { provider.clone() } else { Place::Own };
            let kinds = if number % 2 == 0 { &[KeyKind::Rsa, KeyKind::Ed25519][..] } else { &[KeyKind::Ed25519] };
            for kind in kinds {
                // Each is new; nothing stands in its way.
                let _ = book.add(Line::new(domain.clone(), *kind, place.clone()));
            }
        }
        let settings = Settings { rotate_after_s: Some(60 * DAY_S), check_s: DAY_S, ..Settings::default() };
        let ids = book.lines().map(|(id, _)| id.clone()).collect();
        let text = book.to_text();
        let (wakes, signing, compromised) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { settings, book, text, ids, wakes, signing, compromised, activations: 0, made: 0 }
    }

    /// One turn of the lines that are due: look, advance, keep, then do – and it may die before each.
    fn turn(&mut self, now_s: u64, zones: &mut Zones, dice: &mut Dice, year: &mut Year) {
        let is_due = |id: &&LineId| self.wakes.get(*id).is_none_or(|wake_s| *wake_s <= now_s);
        let due: Vec<LineId> = self.ids.iter().filter(is_due).cloned().collect();
        let names = due.iter().filter_map(|id| self.book.line(id)).flat_map(Line::names);
        let views = names.map(|name| (name.clone(), zones.views(dice, now_s, &name)));
        let sight = Sight { views: views.collect(), reported: HashMap::new() };
        let turns = self.book.advance(&due, now_s, &sight, &self.settings);
        if self.dies(dice, year) {
            return;
        }
        for (id, turn) in &turns {
            self.wakes.insert(id.clone(), turn.wake_s);
            for action in &turn.actions {
                if let Action::Generate { selector } = action {
                    self.made += 1;
                    let public = encode_base64(format!("key {:028}", self.made).as_bytes());
                    let line = self.book.line_mut(id);
                    let _ = line.map(|line| line.stage(selector.clone(), &public, now_s));
                    self.wakes.remove(id);
                }
            }
        }
        if self.dies(dice, year) {
            return;
        }
        self.save(now_s);
        for action in turns.into_iter().flat_map(|(_, turn)| turn.actions) {
            let Action::Put { name, wanted } = action else { continue };
            if self.dies(dice, year) {
                return;
            }
            if dice.happens(150) {
                year.lost_count += 1;
                continue;
            }
            // CNAME records are the clients'.
            if !matches!(wanted, Wanted::Alias(_)) {
                zones.put(dice, now_s, &name, &wanted);
            }
        }
    }

    /// Now and then the program dies: what is left is what is on the disk.
    fn dies(&mut self, dice: &mut Dice, year: &mut Year) -> bool {
        if !dice.happens(8) {
            return false;
        }
        year.crash_count += 1;
        match Book::parse(&self.text) {
            Ok(book) => self.book = book,
            Err(error) => year.broken.push(format!("the book cannot be read: {error:?}")),
        }
        self.wakes.clear();
        true
    }

    fn save(&mut self, now_s: u64) {
        self.text = self.book.to_text();
        for (id, line) in self.book.lines() {
            let signs = line.active().map(|key| {
                let names = match line.alias(&key.selector) {
                    Some((name, target)) => vec![name, target],
                    None => line.record_name(&key.selector).into_iter().collect(),
                };
                (key.selector.clone(), key.public.clone(), names)
            });
            let history = self.signing.entry(id.clone()).or_default();
            if history.last().is_none_or(|(_, last)| *last != signs) {
                self.activations += u64::from(signs.is_some());
                history.push((now_s, signs));
            }
        }
    }

    fn signed_with(&self, id: &LineId, heard_s: u64) -> Option<Signs> {
        let history = self.signing.get(id)?;
        history.iter().rev().find(|(since_s, _)| *since_s <= heard_s).and_then(|(_, signs)| signs.clone())
    }
}

/// The servers of every zone, and what each shows from when on.
struct Zones {
    by_zone: HashMap<Domain, Vec<Server>>,
}

#[derive(Default)]
struct Server {
    /// How long it takes to take over a change, at most.
    lag_s: u64,
    /// Until when nothing is taken over.
    stuck_until_s: u64,
    /// When the last change was taken over: they come in their order.
    last_s: u64,
    shows: HashMap<Domain, Vec<(u64, Wanted)>>,
}

impl Zones {
    fn new(dice: &mut Dice, domain_count: usize) -> Self {
        let names = (0..domain_count).map(|number| name(&format!("d{number}.example")));
        let zones = names.chain([name(PROVIDER)]).map(|zone| {
            let count = dice.between(1, 4);
            let secondary =
                |dice: &mut Dice| Server { lag_s: dice.pick(&[30, 3_600, 6 * HOUR_S]), ..Server::default() };
            let servers = (0..count).map(|at| if at == 0 { Server::default() } else { secondary(dice) });
            (zone, servers.collect())
        });
        Self { by_zone: zones.collect() }
    }

    fn of(&self, at: &Domain) -> &[Server] {
        let zone = if at.is_within(&name(PROVIDER)) { name(PROVIDER) } else { at.rightmost(2) };
        self.by_zone.get(&zone).map_or(&[], Vec::as_slice)
    }

    /// A change, which every server takes over in its own time.
    fn put(&mut self, dice: &mut Dice, now_s: u64, at: &Domain, wanted: &Wanted) {
        let zone = if at.is_within(&name(PROVIDER)) { name(PROVIDER) } else { at.rightmost(2) };
        for server in self.by_zone.get_mut(&zone).into_iter().flatten() {
            if server.lag_s > 0 && dice.happens(30) {
                server.stuck_until_s = now_s + dice.below(3 * DAY_S);
            }
            let arrives_s = (now_s + dice.below(server.lag_s + 1)).max(server.stuck_until_s).max(server.last_s);
            server.last_s = arrives_s;
            server.shows.entry(at.clone()).or_default().push((arrives_s, wanted.clone()));
        }
    }

    /// What each server answers; some do not.
    fn views(&self, dice: &mut Dice, now_s: u64, at: &Domain) -> Vec<View> {
        let of = |server: &Server, dice: &mut Dice| match server.shown(at, now_s) {
            _ if dice.happens(60) => View::Silent,
            Wanted::Text(text) => View::Texts { texts: vec![text.as_bytes().into()], ttl_s: TTL_S },
            Wanted::Alias(target) => View::Alias { target: target.clone(), ttl_s: TTL_S },
            Wanted::Nothing => View::Nothing { ttl_s: ABSENCE_S },
        };
        self.of(at).iter().map(|server| of(server, dice)).collect()
    }
}

impl Server {
    fn shown(&self, at: &Domain, now_s: u64) -> &Wanted {
        let changes = self.shows.get(at).map_or(&[][..], Vec::as_slice);
        changes.iter().rev().find(|(since_s, _)| *since_s <= now_s).map_or(&Wanted::Nothing, |(_, wanted)| wanted)
    }
}

/// Resolvers of receivers: each keeps what one server told it, as long as it may.
#[derive(Default)]
struct Resolvers {
    caches: HashMap<(u64, Domain), (u64, Wanted)>,
}

impl Resolvers {
    /// What one of them finds by these names, each of which leads to the next.
    fn find(&mut self, zones: &Zones, dice: &mut Dice, now_s: u64, names: &[Domain]) -> Option<Wanted> {
        let resolver = dice.below(RESOLVER_COUNT);
        let mut found = None;
        for at in names {
            let servers = zones.of(at);
            let chosen = dice.place(servers.len());
            let cached = self.caches.get(&(resolver, at.clone())).filter(|(until_s, _)| *until_s > now_s);
            let wanted = match cached {
                Some((_, wanted)) => wanted.clone(),
                None => {
                    let wanted = servers.get(chosen)?.shown(at, now_s).clone();
                    let ttl_s = if wanted == Wanted::Nothing { ABSENCE_S } else { TTL_S };
                    self.caches.insert((resolver, at.clone()), (now_s + u64::from(ttl_s), wanted.clone()));
                    wanted
                }
            };
            found = Some(wanted);
        }
        found
    }
}

impl fmt::Display for Year {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "seed {}: {} keys signed {} mails, {} went unsigned; {} crashes, {} updates lost, {} keys compromised",
            self.seed,
            self.key_count,
            self.mail_count,
            self.unsigned_count,
            self.crash_count,
            self.lost_count,
            self.compromised_count
        )?;
        self.broken.iter().try_for_each(|broken| writeln!(formatter, "broken: {broken}"))
    }
}

fn name(text: &str) -> Domain {
    // The names of this world are names.
    Domain::parse(text).unwrap_or_else(|_| Domain::reverse(std::net::Ipv4Addr::LOCALHOST.into()))
}

const PROVIDER: &str = "dkim.provider.test";
const SLOTS: u32 = 3;
const RESOLVER_COUNT: u64 = 7;
const MAILS_A_STEP: usize = 12;
const TTL_S: u32 = 3_600;
const ABSENCE_S: u32 = 1_800;
const START_S: u64 = 1_767_225_600;
const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 3_600;
const DAY_S: u64 = 24 * HOUR_S;
const YEAR_S: u64 = 365 * DAY_S;
