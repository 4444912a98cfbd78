//! Turns against a zone in memory and a store in a directory of the test's own.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Mutex;

use dkim::KeyKind;
use mailtext::{Domain, Explain as _};
use outgoing::rotation::{Book, Line, LineId, Place, Stage, View, Wanted};
use outgoing::table::{Clients, Pattern, Rule};
use outgoing::{Key, KeyDomain};

use super::pass::{Keys, Report};
use super::signing::{Managed, Source};
use super::store::Store;
use super::world::{Published, Put, World};
use crate::config::KeysConfig;

/// A zone that takes everything, or nothing.
#[derive(Default)]
struct Memory {
    holds: Mutex<HashMap<Domain, Wanted>>,
    refuses: Mutex<bool>,
}

impl World for &Memory {
    async fn views(&self, names: &[Domain]) -> HashMap<Domain, Vec<View>> {
        let holds = self.holds.lock().unwrap();
        let view = |name: &Domain| match holds.get(name) {
            Some(Wanted::Text(text)) => View::Texts { texts: vec![text.as_bytes().into()], ttl_s: 60 },
            Some(Wanted::Alias(target)) => View::Alias { target: target.clone(), ttl_s: 60 },
            _ => View::Nothing { ttl_s: 60 },
        };
        names.iter().map(|name| (name.clone(), vec![view(name)])).collect()
    }

    async fn publish(&self, puts: &[Put], _: &Book) -> Vec<Published> {
        if *self.refuses.lock().unwrap() {
            return vec![Published::ByHand; puts.len()];
        }
        let mut holds = self.holds.lock().unwrap();
        holds.extend(puts.iter().map(|put| (put.name.clone(), put.wanted.clone())));
        vec![Published::Done; puts.len()]
    }

    async fn reported(&self, _: &[Domain], _: u64) -> HashMap<(Domain, Domain), u64> {
        HashMap::new()
    }
}

/// A directory that goes with the test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sekisho-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn name(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

fn all(book: &Book) -> BTreeSet<LineId> {
    book.lines().map(|(id, _)| id.clone()).collect()
}

async fn turn(keys: &Keys<'_, &Memory>, now_s: u64) -> Report {
    keys.pass(now_s, |book, _| Ok(all(book))).await.unwrap()
}

fn stages(report: &Report) -> Vec<Stage> {
    report.book.lines().flat_map(|(_, line)| line.keys.iter().map(|key| key.stage)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_kept_published_and_sign() {
    let directory = Directory::new("keys_life");
    let (config, world) = (KeysConfig::default(), Memory::default());
    let source = Source { config: config.clone(), directory: directory.0.join("keys") };
    assert!(!source.is_used() && !source.managed().unwrap().is_any());
    let store = source.store().unwrap();
    let keys = Keys { store: &store, config: &config, world: &world };
    *world.refuses.lock().unwrap() = true;
    let made = keys.pass(1_000, |book, _| {
        let line = Line::new(name("example.jp"), KeyKind::Ed25519, Place::Own);
        Ok(BTreeSet::from([book.add(line).unwrap()]))
    });
    let report = made.await.unwrap();
    assert_eq!(stages(&report), [Stage::Staged]);
    assert!(matches!(report.published[..], [(.., Published::ByHand)]));
    // Nobody published it: it does not sign, however long that takes; and then it does.
    assert_eq!(stages(&turn(&keys, 1_000_000).await), [Stage::Staged]);
    assert!(source.is_used() && source.managed().unwrap().is_any() && source.managed().unwrap().keys.is_empty());
    *world.refuses.lock().unwrap() = false;
    for now_s in [1_000_100, 1_000_200, 1_003_800] {
        turn(&keys, now_s).await;
    }
    let managed = source.managed().unwrap();
    assert_eq!(managed.keys.len(), 1);
    let selector = managed.keys[0].selector.clone();
    // What others can read is refused, and so is what is no book.
    let file = directory.0.join(format!("keys/private/example.jp/{selector}.pem"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
    assert_eq!(source.managed().map(drop).unwrap_err().id(), "keys-open-to-others");
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    let book = directory.0.join("keys/book");
    let text = fs::read_to_string(&book).unwrap();
    fs::write(&book, text.replace("active", "asleep")).unwrap();
    assert_eq!(source.managed().map(drop).unwrap_err().id(), "keys-book-malformed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_refused_changes_nothing() {
    let directory = Directory::new("keys_refused");
    let (config, world) = (KeysConfig::default(), Memory::default());
    let store = Store::open(&directory.0, None).unwrap();
    let keys = Keys { store: &store, config: &config, world: &world };
    let refused = keys.pass(1, |book, _| {
        book.add(Line::new(name("example.jp"), KeyKind::Rsa, Place::Own)).unwrap();
        Err(super::unusable(&directory.0, "no"))
    });
    assert!(refused.await.is_err());
    assert!(store.load().unwrap().is_empty() && !directory.0.join("book").exists());
}

#[test]
fn managed_keys_join_those_of_the_configuration() {
    let managed = || Managed { keys: Vec::new(), domains: vec![name("example.jp")] };
    let rule = |from: &str, keys: &[&str]| Rule {
        pattern: Pattern::parse(from).unwrap(),
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        clients: Clients::default(),
    };
    // A rule that names keys of ours is no rule as long as there are none: the mail is not meant to go unsigned.
    let (mut keys, mut rules) = (Vec::new(), vec![rule("a.jp", &["keys:example.jp"]), rule("b.jp", &[])]);
    managed().join(&mut keys, &mut rules);
    assert_eq!(rules, [rule("b.jp", &[])]);
}

/// A domain's keys sign for it whoever hands the mail in; but where a rule gives them to some clients, nobody else has them.
#[test]
fn keys_that_are_given_to_some_clients_are_for_no_others() {
    let key = |domain: &str| {
        let pem = fs::read_to_string(testkit::root().join("testdata/keys/ed25519.pem")).unwrap();
        let private = dkim::PrivateKey::parse(&pem).unwrap();
        Key {
            name: format!("s1._domainkey.{domain}"),
            domain: KeyDomain::Of(name(domain)),
            selector: name("s1"),
            private,
        }
    };
    let domains = ["a.example", "b.example"];
    let managed = Managed { keys: domains.map(key).into(), domains: domains.map(name).into() };
    let clients = Clients { users: vec!["taro".to_owned()], networks: Vec::new() };
    let pattern = |text: &str| Pattern::parse(text).unwrap();
    let mut rules =
        vec![Rule { pattern: pattern("a.example"), keys: vec!["keys:a.example".to_owned()], clients: clients.clone() }];
    managed.join(&mut Vec::new(), &mut rules);
    let rule = |from: &str, domain: &str, clients| Rule {
        pattern: pattern(from),
        keys: vec![format!("s1._domainkey.{domain}")],
        clients,
    };
    let wanted = [rule("a.example", "a.example", clients), rule(".b.example", "b.example", Clients::default())];
    assert_eq!(rules, wanted);
}

/// `cargo test --release --package sekisho five_thousand -- --ignored --nocapture`: the CPU of one turn in which 5,000 clients
/// change their keys. Ed25519, whose making costs next to nothing.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn five_thousand_clients_change_their_keys() {
    let directory = Directory::new("keys_5000");
    let (config, world) = (KeysConfig::default(), Memory::default());
    let store = Store::open(&directory.0, None).unwrap();
    let keys = Keys { store: &store, config: &config, world: &world };
    let place = Place::Provider { zone: name("dkim.provider.example"), slots: 3 };
    let added = keys.pass(0, |book, _| {
        for number in 0..5_000 {
            let domain = name(&format!("client{number}.example"));
            book.add(Line::new(domain, KeyKind::Ed25519, place.clone())).unwrap();
        }
        Ok(all(book))
    });
    added.await.unwrap();
    for now_s in [10, 4_000] {
        turn(&keys, now_s).await;
    }
    let before_s = cpu_s();
    let rotated = keys.pass(10_000, |book, _| {
        let ids = all(book);
        for id in &ids {
            book.line_mut(id).unwrap().rotate().unwrap();
        }
        Ok(ids)
    });
    rotated.await.unwrap();
    turn(&keys, 10_010).await;
    let report = turn(&keys, 14_000).await;
    println!("5000 keys made, published, seen and in use: {:.1} s of CPU", cpu_s() - before_s);
    assert_eq!(stages(&report).iter().filter(|stage| **stage == Stage::Draining).count(), 5_000);
}

/// What the process has used so far, of user and system time.
fn cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().unwrap();
    (ticks(11) + ticks(12)) / 100.0
}
