//! The machine against a zone of two servers that a test moves as it likes.

use std::collections::HashMap;

use dkim::publish::{key_text, public_text, revoked_text};
use dkim::{KeyKind, PrivateKey};
use mailtext::{Domain, Explain};
use proptest::prelude::*;

use super::line::Refusal;
use super::*;
use crate::limits::*;

const HOUR_S: u64 = 3_600;
const DAY_S: u64 = 24 * HOUR_S;
const START_S: u64 = 1_795_219_200; // 2026-11-21
/// Two keys of Ed25519, as `p=` has them.
const KEYS: [&str; 3] = [
    "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    "PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=",
    "/FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU=",
];

fn name(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

/// A line, its zone on two servers, and what was told of late.
struct World {
    line: Line,
    settings: Settings,
    now_s: u64,
    servers: [HashMap<Domain, View>; 2],
    /// Whether the second server takes over what the first has.
    follows: bool,
    reported: HashMap<(Domain, Domain), u64>,
    turn: Turn,
    made: usize,
    erased: Vec<String>,
    disclosed: Vec<String>,
}

impl World {
    fn new(place: Place) -> Self {
        Self {
            line: Line::new(name("example.jp"), KeyKind::Ed25519, place),
            settings: Settings::default(),
            now_s: START_S,
            servers: Default::default(),
            follows: true,
            reported: HashMap::new(),
            turn: Turn::default(),
            made: 0,
            erased: Vec::new(),
            disclosed: Vec::new(),
        }
    }

    /// A turn at this moment, another when a key was made, and what happened.
    fn turn(&mut self) -> Vec<String> {
        let made = self.made;
        let mut events = self.one_turn();
        if self.made > made {
            events.extend(self.one_turn());
        }
        events
    }

    fn one_turn(&mut self) -> Vec<String> {
        let view = |server: &HashMap<Domain, View>, name: &Domain| {
            server.get(name).cloned().unwrap_or(View::Nothing { ttl_s: 900 })
        };
        let views = self.line.names().into_iter().map(|name| {
            let views = self.servers.iter().map(|server| view(server, &name)).collect();
            (name, views)
        });
        let sight = Sight { views: views.collect(), reported: self.reported.clone() };
        // A crash between two turns: the book is what is left.
        let mut book = Book::new();
        book.add(self.line.clone()).unwrap();
        let id = LineId::new(self.line.domain.clone(), self.line.kind);
        let mut book = Book::parse(&book.to_text()).unwrap();
        assert_eq!(book.line(&id), Some(&self.line));
        self.turn = book.advance(std::slice::from_ref(&id), self.now_s, &sight, &self.settings).remove(0).1;
        self.line = book.line(&id).unwrap().clone();
        for action in self.turn.actions.clone() {
            self.follow(action);
        }
        assert!(self.turn.wake_s > self.now_s);
        assert!(self.line.keys.iter().filter(|key| key.stage == Stage::Active).count() <= 1);
        self.turn.events.iter().map(|event| event.id().to_owned()).collect()
    }

    fn follow(&mut self, action: Action) {
        match action {
            Action::Generate { selector } => {
                self.line.stage(selector, KEYS[self.made % KEYS.len()], self.now_s).unwrap();
                self.made += 1;
            }
            Action::Put { name, wanted } => self.put(&name, &wanted),
            Action::Disclose { selector } => self.disclosed.push(selector.to_string()),
            Action::Erase { selector } => self.erased.push(selector.to_string()),
        }
    }

    fn put(&mut self, name: &Domain, wanted: &Wanted) {
        let view = match wanted {
            Wanted::Text(text) => View::Texts { texts: vec![text.as_bytes().into()], ttl_s: 3_600 },
            Wanted::Alias(target) => View::Alias { target: target.clone(), ttl_s: 3_600 },
            Wanted::Nothing => View::Nothing { ttl_s: 900 },
        };
        let count = if self.follows { 2 } else { 1 };
        for server in &mut self.servers[..count] {
            server.insert(name.clone(), view.clone());
        }
    }

    /// Turns, each when the one before said, until this time has passed.
    fn pass(&mut self, time_s: u64) -> Vec<String> {
        let until_s = self.now_s + time_s;
        let mut events = self.turn();
        while self.turn.wake_s <= until_s {
            self.now_s = self.turn.wake_s;
            events.extend(self.turn());
        }
        self.now_s = until_s;
        events.extend(self.turn());
        events
    }

    fn stages(&self) -> String {
        let stages = self.line.keys.iter().map(|key| format!("{} {}", key.selector, key.stage.as_str()));
        stages.collect::<Vec<_>>().join(", ")
    }

    fn waits(&self) -> Vec<&'static str> {
        self.turn.waits.iter().map(Explain::id).collect()
    }

    /// A line whose first key signs.
    fn signing() -> Self {
        let mut world = Self::new(Place::Own);
        world.pass(2 * HOUR_S);
        assert_eq!(world.stages(), "ed25519-202611-1 active");
        world
    }
}

#[test]
fn the_first_key_signs_when_every_server_shows_it() {
    let mut world = World::new(Place::Own);
    world.follows = false;
    world.pass(DAY_S);
    assert_eq!(world.stages(), "ed25519-202611-1 staged");
    assert_eq!(world.waits(), ["rotation-wait-not-everywhere"]);
    // The second server takes it over; but caches may hold for an hour that there was nothing.
    world.servers[1] = world.servers[0].clone();
    assert_eq!(world.turn(), Vec::<String>::new());
    assert_eq!(world.waits(), ["rotation-wait-settling"]);
    assert_eq!(world.turn.wake_s, world.now_s + HOUR_S);
    world.now_s = world.turn.wake_s - 1;
    world.turn();
    assert!(world.line.active().is_none());
    world.now_s += 1;
    assert_eq!(world.turn(), ["rotation-active"]);
    assert_eq!(world.waits(), ["rotation-wait-due"]);
    let record = World::view_text(&world, "ed25519-202611-1._domainkey.example.jp");
    assert_eq!(record, format!("v=DKIM1; k=ed25519; p={}", KEYS[0]));
}

impl World {
    fn view_text(&self, at: &str) -> String {
        match self.servers[0].get(&name(at)) {
            Some(View::Texts { texts, .. }) => String::from_utf8(texts[0].to_vec()).unwrap(),
            other => format!("{other:?}"),
        }
    }
}

#[test]
fn a_silent_server_is_waited_for() {
    let mut world = World::new(Place::Own);
    world.turn();
    let at = world.line.names().remove(0);
    world.servers[1].insert(at.clone(), View::Silent);
    world.now_s += DAY_S;
    world.turn();
    assert_eq!(world.waits(), ["rotation-wait-silent"]);
    world.servers[1] = world.servers[0].clone();
    world.turn();
    world.now_s += HOUR_S;
    assert_eq!(world.turn(), ["rotation-active"]);
    // Of a key that signs, silence says nothing.
    world.servers[0].insert(at.clone(), View::Silent);
    world.servers[1].insert(at, View::Silent);
    assert_eq!(world.turn(), Vec::<String>::new());
    assert!(world.line.active().is_some());
}

#[test]
fn a_whole_life() {
    let mut world = World::signing();
    world.settings.disclosure = Disclosure::AfterRevocation;
    world.now_s = world.line.keys[0].active_s.unwrap() + 180 * DAY_S - 1;
    assert_eq!(world.turn(), Vec::<String>::new());
    assert_eq!(world.line.keys.len(), 1);
    world.now_s += 1;
    let events = world.pass(3 * HOUR_S);
    assert_eq!(events, ["rotation-active", "rotation-draining"]);
    assert_eq!(world.stages(), "ed25519-202611-1 draining, ed25519-202705-1 active");
    let drained_s = world.line.keys[0].since_s;
    // An hour's lag, five days of queue, one of retries.
    world.pass(drained_s + HOUR_S + 6 * DAY_S - 1 - world.now_s);
    assert_eq!(world.line.keys[0].stage, Stage::Draining);
    assert_eq!(world.pass(1), ["rotation-revoked"]);
    assert_eq!(world.view_text("ed25519-202611-1._domainkey.example.jp"), revoked_text());
    // Not disclosed while caches may hold the key.
    assert_eq!(world.pass(HOUR_S - 1), [] as [&str; 0]);
    assert!(world.disclosed.is_empty());
    assert_eq!(world.pass(HOUR_S), ["rotation-disclosed"]);
    assert_eq!(world.disclosed[0], "ed25519-202611-1");
    let selector = (name("example.jp"), name("ed25519-202611-1"));
    world.reported.insert(selector.clone(), world.now_s + 13 * DAY_S);
    world.pass(15 * DAY_S);
    assert_eq!(world.line.keys[0].stage, Stage::Disclosed, "reports show it");
    assert!(world.waits().contains(&"rotation-wait-reported"));
    assert_eq!(world.pass(6 * DAY_S), ["rotation-deleted", "rotation-gone"]);
    assert_eq!(world.stages(), "ed25519-202705-1 active");
    assert!(world.erased.contains(&"ed25519-202611-1".to_owned()));
    assert_eq!(world.view_text("ed25519-202611-1._domainkey.example.jp"), "Some(Nothing { ttl_s: 900 })");
    assert_eq!(world.line.used.len(), 1);
}

#[test]
fn x_holds_longer_than_the_queue() {
    let mut world = World::signing();
    world.settings.expire_in_s = Some(30 * DAY_S);
    world.line.rotate().unwrap();
    assert_eq!(world.line.rotate(), Err(Refusal::AlreadySo));
    world.pass(2 * HOUR_S);
    assert_eq!(world.stages(), "ed25519-202611-1 draining, ed25519-202611-2 active");
    world.pass(30 * DAY_S - 2 * HOUR_S);
    assert_eq!(world.line.keys[0].stage, Stage::Draining);
    world.pass(3 * HOUR_S);
    assert_eq!(world.line.keys[0].stage, Stage::Revoked);
}

#[test]
fn a_compromised_key_is_revoked_at_once() {
    let mut world = World::signing();
    let (first, now_s, settings) = (world.line.keys[0].selector.clone(), world.now_s, world.settings.clone());
    // Without a successor it is revoked for that reason alone.
    let refused = world.line.revoke(&first, Standing::Secret, now_s, &settings);
    assert_eq!(refused, Err(Refusal::NoReplacement));
    world.line.revoke(&first, Standing::Compromised, now_s, &settings).unwrap();
    assert!(world.line.active().is_none());
    world.turn();
    assert_eq!(world.view_text("ed25519-202611-1._domainkey.example.jp"), revoked_text());
    assert!(world.waits().contains(&"rotation-wait-nothing-signs"));
    // The successor signs as soon as it is seen: nothing has to settle first.
    world.now_s += 60;
    world.turn();
    world.now_s += 60;
    world.turn();
    assert_eq!(world.stages(), "ed25519-202611-1 revoked, ed25519-202611-2 active");
    assert_eq!(world.line.revoke(&first, Standing::Compromised, now_s, &settings), Err(Refusal::AlreadySo));
}

#[test]
fn a_compromised_key_gives_way_to_one_that_is_seen() {
    let mut world = World::signing();
    world.line.rotate().unwrap();
    world.turn();
    world.now_s += 60;
    world.turn();
    let (first, now_s, settings) = (world.line.keys[0].selector.clone(), world.now_s, world.settings.clone());
    assert_eq!(world.line.retire(&first, now_s, &settings), Err(Refusal::NoReplacement), "not settled");
    world.line.revoke(&first, Standing::Compromised, now_s, &settings).unwrap();
    assert_eq!(world.stages(), "ed25519-202611-1 revoked, ed25519-202611-2 active");
}

#[test]
fn a_key_that_is_lost_is_rolled_back() {
    let mut world = World::signing();
    world.line.rotate().unwrap();
    world.pass(2 * HOUR_S);
    world.turn();
    // Somebody takes the new key's record away.
    world.servers.iter_mut().for_each(|server| {
        server.remove(&name("ed25519-202611-2._domainkey.example.jp"));
    });
    assert_eq!(world.turn(), ["rotation-lost", "rotation-rolled-back"]);
    assert_eq!(world.stages(), "ed25519-202611-1 active, ed25519-202611-2 staged");
    // It is published again, and takes its turn again.
    world.pass(2 * HOUR_S);
    assert_eq!(world.stages(), "ed25519-202611-1 draining, ed25519-202611-2 active");
    // Of one server alone it is told, and no more.
    world.servers[0].clear();
    assert_eq!(world.turn(), Vec::<String>::new());
    assert!(world.waits().contains(&"rotation-wait-not-everywhere"));
}

#[test]
fn what_was_half_published_is_taken_back_or_goes_on() {
    let mut world = World::signing();
    world.line.rotate().unwrap();
    world.follows = false;
    world.pass(DAY_S);
    assert_eq!(world.stages(), "ed25519-202611-1 active, ed25519-202611-2 staged");
    let (now_s, settings) = (world.now_s, world.settings.clone());
    world.line.retire(&name("ed25519-202611-2"), now_s, &settings).unwrap();
    world.pass(2 * DAY_S);
    assert_eq!(world.stages(), "ed25519-202611-1 active");
    // The name is not taken again.
    world.line.rotate().unwrap();
    world.follows = true;
    world.pass(HOUR_S / 2);
    assert_eq!(world.stages(), "ed25519-202611-1 active, ed25519-202611-3 staged");
}

#[test]
fn a_foreign_record_is_no_key_of_ours() {
    let mut world = World::new(Place::Own);
    world.turn();
    let at = world.line.names().remove(0);
    for foreign in ["v=DKIM1; k=ed25519; p=PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=", "v=DKIM1; p=", "hello"] {
        let view = View::Texts { texts: vec![foreign.as_bytes().into()], ttl_s: 60 };
        world.servers.iter_mut().for_each(|server| drop(server.insert(at.clone(), view.clone())));
        let wanted = world.line.wanted(&world.line.keys[0]);
        assert_eq!(wanted.judge(&[view.clone(), view]).0, Agreement::Nowhere, "{foreign}");
    }
    // Ours may say more, and stand alone.
    let wanted = Wanted::Text(key_text(KeyKind::Ed25519, KEYS[0]));
    let is_shown = |texts: &[String]| {
        let texts = texts.iter().map(|text| text.as_bytes().into()).collect();
        wanted.is_shown(&View::Texts { texts, ttl_s: 0 })
    };
    let ours = format!("k=ed25519; t=y:s; s=email; h=sha256; n=note; p={}", KEYS[0]);
    assert_eq!(is_shown(std::slice::from_ref(&ours)), Some(true));
    assert_eq!(is_shown(&[ours.clone(), ours.clone()]), Some(false));
    assert_eq!(is_shown(&[ours.replace("sha256", "sha1")]), Some(false));
    assert_eq!(is_shown(&[ours.replace("email", "tlsrpt")]), Some(false));
}

#[test]
#[allow(clippy::disallowed_methods)] // the key is a file
fn rsa_keys_are_the_same_in_both_encodings() {
    let pem = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/keys/rsa2048.pem")).unwrap();
    let key = PrivateKey::parse(&pem).unwrap();
    let wanted = Wanted::Text(key_text(KeyKind::Rsa, &public_text(&key)));
    assert!(public_text(&key).starts_with("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"), "{}", public_text(&key));
    let bare = key_text(KeyKind::Rsa, &mailtext::encode::encode_base64(&key.public_key()));
    let shown = |text: &str| wanted.is_shown(&View::Texts { texts: vec![text.as_bytes().into()], ttl_s: 0 });
    assert_eq!(shown(&bare), Some(true));
    assert_eq!(shown(&bare.replace("k=rsa; ", "")), Some(true));
    assert_eq!(shown(&revoked_text()), Some(false));
}

#[test]
fn a_provider_uses_slots_in_turn_and_the_client_does_nothing() {
    let mut world = World::new(Place::Provider { zone: name("dkim.provider.example"), slots: 3 });
    // The client has not published its CNAME records.
    let target = name("ed255191.example.jp.dkim.provider.example");
    world.turn();
    let put = |name_: &str, wanted: &Wanted, world: &mut World| world.put(&name(name_), wanted);
    world.servers.iter_mut().for_each(|server| drop(server.remove(&name("ed255191._domainkey.example.jp"))));
    assert_eq!(world.line.names(), [target.clone(), name("ed255191._domainkey.example.jp")]);
    let wanted = world.line.wanted(&world.line.keys[0]);
    put(target.as_str(), &wanted, &mut world);
    world.turn();
    world.servers.iter_mut().for_each(|server| drop(server.remove(&name("ed255191._domainkey.example.jp"))));
    world.turn();
    assert!(world.waits().contains(&"rotation-wait-alias-missing"), "{:?}", world.waits());
    for slot in 1..=3 {
        let alias = Wanted::Alias(name(&format!("ed25519{slot}.example.jp.dkim.provider.example")));
        put(&format!("ed25519{slot}._domainkey.example.jp"), &alias, &mut world);
    }
    world.pass(2 * HOUR_S);
    assert_eq!(world.stages(), "ed255191 active");
    for wanted in ["ed255192", "ed255191", "ed255192"] {
        world.pass(60 * DAY_S);
        world.line.rotate().unwrap();
        world.pass(3 * HOUR_S);
        assert_eq!(world.line.active().unwrap().selector.as_str(), wanted);
    }
    // With all slots in use there is none.
    world.line.rotate().unwrap();
    world.pass(2 * HOUR_S);
    world.line.rotate().unwrap();
    world.pass(2 * HOUR_S);
    assert!(world.waits().contains(&"rotation-wait-no-selector"), "{} {:?}", world.stages(), world.waits());
    assert_eq!(world.line.keys.len(), 3);
}

#[test]
fn a_domain_that_gives_up_keeps_what_mail_on_its_way_needs() {
    let mut world = World::signing();
    let (now_s, settings) = (world.now_s, world.settings.clone());
    world.line.end(now_s, &settings);
    assert_eq!(world.line.rotate(), Err(Refusal::Ending));
    assert_eq!(world.pass(6 * DAY_S), [] as [&str; 0]);
    assert_eq!(world.stages(), "ed25519-202611-1 draining");
    world.pass(30 * DAY_S);
    assert_eq!(world.stages(), "");
    assert_eq!(world.made, 1);
    let mut book = Book::new();
    book.add(world.line.clone()).unwrap();
    book.forget_ended();
    assert!(book.is_empty());
}

#[test]
fn lines_of_a_domain_keep_clear_of_each_other() {
    let mut book = Book::new();
    let settings = Settings { template: Template::parse("s{n}").unwrap(), ..Settings::default() };
    for kind in [KeyKind::Rsa, KeyKind::Ed25519] {
        book.add(Line::new(name("example.jp"), kind, Place::Own)).unwrap();
    }
    book.add(Line::new(name("example.jp"), KeyKind::Rsa, Place::Own)).unwrap_err();
    let ids: Vec<_> = book.lines().map(|(id, _)| id.clone()).collect();
    let mut selectors = Vec::new();
    for id in &ids {
        let turn = book.advance(std::slice::from_ref(id), START_S, &Sight::default(), &settings).remove(0).1;
        let Action::Generate { selector } = &turn.actions[0] else { panic!("{turn:?}") };
        selectors.push(selector.to_string());
        book.line_mut(id).unwrap().stage(selector.clone(), KEYS[0], START_S).unwrap();
    }
    assert_eq!(selectors, ["s1", "s2"]);
    assert_eq!(book.of_domain(&name("example.jp")).count(), 2);
    assert_eq!(book.find(&name("example.jp"), &name("s2")).unwrap().0.algorithm, "rsa");
    assert_eq!(book.signing().count(), 0);
    assert_eq!(book.wanted().len(), 2);
}

#[test]
fn templates() {
    let fill = |text: &str| Template::parse(text)?.fill(KeyKind::Rsa, START_S, 7).map(|it| it.to_string());
    assert_eq!(fill("{algorithm}-{year}{month}-{n}").as_deref(), Some("rsa-202611-7"));
    assert_eq!(fill("{n}.{day}{month}{year}").as_deref(), Some("7.21112026"));
    assert_eq!(fill("fixed").as_deref(), Some("fixed"));
    for wrong in ["", "{who}", "{n", "-{n}-", "a_b", "a b", &"x".repeat(64)] {
        assert_eq!(Template::parse(wrong), None, "{wrong}");
    }
    assert!(Template::parse(&"x".repeat(SELECTOR_BYTES_MAX)).is_some());
}

#[test]
fn texts_that_are_no_book() {
    let key = format!("key s1 active since=1 created=1 p={}", KEYS[0]);
    let read = |text: &str| Book::parse(text).map(|book| book.len()).map_err(|error| (error.line, error.kind));
    assert_eq!(read("sekisho-keys 1\n"), Ok(0));
    assert_eq!(read(&format!("sekisho-keys 1\nline example.jp ed25519 own\n{key}\n")), Ok(1));
    for (text, line, kind) in [
        ("", 1, TextErrorKind::Version),
        ("sekisho-keys 2\n", 1, TextErrorKind::Version),
        ("sekisho-keys 1\nkey s1\n", 2, TextErrorKind::Word),
        ("sekisho-keys 1\nline example.jp dsa own\n", 2, TextErrorKind::Word),
        ("sekisho-keys 1\nline a..b rsa own\n", 2, TextErrorKind::Value),
        ("sekisho-keys 1\nline a.jp rsa provider b.example 1\n", 2, TextErrorKind::Value),
        ("sekisho-keys 1\nline a.jp rsa provider b.example 17\n", 2, TextErrorKind::Value),
        ("sekisho-keys 1\nline a.jp rsa own\nline a.jp rsa own\n", 3, TextErrorKind::Repeated),
        ("sekisho-keys 1\nline a.jp rsa own\nkey s1 active since=1\n", 3, TextErrorKind::Word),
        ("sekisho-keys 1\nline a.jp rsa own\nkey s1 active since=x p=AAAA\n", 3, TextErrorKind::Value),
        ("sekisho-keys 1\nline a.jp rsa own\nkey s1 active since=1 p=*\n", 3, TextErrorKind::Value),
        ("sekisho-keys 1\nline a.jp rsa own\nkey s1 asleep since=1 p=AAAA\n", 3, TextErrorKind::Word),
        ("sekisho-keys 1\nline a.jp rsa own\nkey s1 active p=AAAA\nkey s2 active p=AAAA\n", 4, TextErrorKind::Repeated),
    ] {
        assert_eq!(read(text), Err((line, kind)), "{text}");
    }
}

#[test]
fn limits_hold() {
    let mut line = Line::new(name("example.jp"), KeyKind::Rsa, Place::Own);
    for number in 0..LINE_KEY_COUNT_MAX {
        line.stage(name(&format!("s{number}")), KEYS[0], 1).unwrap();
    }
    assert_eq!(line.stage(name("more"), KEYS[0], 1), Err(Refusal::TooManyKeys));
    assert_eq!(line.stage(name("s1"), KEYS[0], 1), Err(Refusal::SelectorTaken));
    let book = |public: &str| {
        Book::parse(&format!("sekisho-keys 1\nline a.jp rsa own\nkey s1 staged since=1 created=1 p={public}\n")).is_ok()
    };
    assert!(book(&"A".repeat(PUBLIC_BYTES_MAX)));
    assert!(!book(&"A".repeat(PUBLIC_BYTES_MAX + 4)));
    let used = |count| {
        let lines = "used s1 1\n".repeat(count);
        Book::parse(&format!("sekisho-keys 1\nline a.jp rsa own\n{lines}")).is_ok()
    };
    assert!(used(USED_SELECTOR_COUNT_MAX) && !used(USED_SELECTOR_COUNT_MAX + 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever servers show and whatever is commanded: one key signs at most, it is one whose record was everywhere, and the
    /// text of the book says everything.
    #[test]
    fn whatever_happens(steps in prop::collection::vec((0_u8..12, 1_u64..200_000, 0_usize..4), 1..60)) {
        let mut world = World::new(Place::Own);
        for (step, time_s, at) in steps {
            let selector = world.line.keys.get(at).map(|key| key.selector.clone());
            let (now_s, settings) = (world.now_s, world.settings.clone());
            match (step, selector) {
                (0, _) => world.follows = !world.follows,
                (1, _) => world.servers[1] = world.servers[0].clone(),
                (2, _) => drop(world.line.rotate()),
                (3, Some(selector)) => drop(world.line.retire(&selector, now_s, &settings)),
                (4, Some(selector)) => drop(world.line.revoke(&selector, Standing::Compromised, now_s, &settings)),
                (5, Some(selector)) => drop(world.line.revoke(&selector, Standing::Secret, now_s, &settings)),
                (6, _) => world.servers[0].clear(),
                (7, Some(selector)) => {
                    world.reported.insert((name("example.jp"), selector), now_s);
                }
                _ => {}
            }
            let before = world.line.active().map(|key| key.selector.clone());
            world.turn();
            if let Some(active) = world.line.active() && before.as_ref() != Some(&active.selector) {
                let at = world.line.record_name(&active.selector).unwrap();
                let shown = world.servers.iter().filter(|server| {
                    server.get(&at).is_some_and(|view| world.line.wanted(active).is_shown(view) == Some(true))
                });
                prop_assert!(shown.count() >= 1);
            }
            world.now_s += time_s;
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(sekisho-keys 1\n)?(line|key|used| |=|[a-z0-9.]{1,6}|\n){0,40}") {
        if let Ok(book) = Book::parse(&text) {
            prop_assert_eq!(Book::parse(&book.to_text()), Ok(book));
        }
    }
}
