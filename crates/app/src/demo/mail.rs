//! A month of mail: some dozens of messages go through the service as an MTA would bring them, judged by what the zone says,
//! and what is kept of them is what the daemon keeps. Then each is a message that came so often.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use dkim::Signer;
use futures_util::FutureExt as _;
use lookup::{Zone, fetch};
use mailtext::{Explain, Headers};
use milter::mta::{Delivery, Message, Progress};
use milter::{Address as MtaAddress, Mta, Offer, Stage as MtaStage};
use outgoing::{Key, KeyDomain, Manner, Origins, Role, Users};
use policy::{RuleSet, Rules, Stage};
use report::row::Address;
use report::{Entry, IdSource, Ledger as _, LedgerError, RowId, Site};
use service::{Conversation, EvidenceKept, Outgoing, Receipt, Sent, Settings, World};
use store::Sqlite;

use super::dice::Dice;
use super::letters::{Footer, LETTERS, Letter, Way};
use super::town::{ACTIVE, HOST, Keys, TOWN, name};
use super::{DAY_S, broken};
use crate::failure::Failure;

/// Fills the ledger.
///
/// # Errors
/// A message cannot be made, or the store cannot take it.
pub(super) async fn fill(ledger: &Sqlite, zone: &Arc<Zone>, keys: &Keys, now_s: u64) -> Result<(), Failure> {
    let settings = settings(keys)?;
    let mut templates = Vec::with_capacity(LETTERS.len());
    for letter in LETTERS {
        templates.push((letter, through(letter, zone, keys, &settings, now_s)?));
    }
    let mut ids = IdSource::new(Site::default(), None);
    for entries in month(&templates, now_s, &mut ids).chunks(ENTRY_COUNT) {
        ledger.append(entries.to_vec()).await.map_err(|error| broken(&error.to_string()))?;
    }
    ledger.flush().await.map_err(|error| broken(&error.to_string()))
}

/// Each message as often as it came, in the order of time.
fn month(templates: &[(&Letter, Entry)], now_s: u64, ids: &mut IdSource) -> Vec<Entry> {
    let mut moments: Vec<(u64, usize)> = Vec::new();
    for days_ago in (0..DAY_COUNT).rev() {
        let day = now_s / DAY_S - days_ago;
        let weekend = (day + 3) % 7 >= 5;
        for (place, (letter, _)) in templates.iter().enumerate() {
            let mut dice = Dice::of(&[day, place as u64, 3]);
            let per_day = if weekend && letter.way == Way::Out { letter.per_day / 4 } else { letter.per_day };
            // Those who forge came in a certain week.
            let count = if days_ago <= letter.since_days { dice.near(per_day) } else { 0 };
            moments.extend((0..count).map(|_| {
                let hour = if dice.happens(800) { dice.between(0, 10) } else { dice.between(10, 24) };
                ((day * DAY_S + hour * 3600) * 1000 + dice.below(3_600_000), place)
            }));
        }
    }
    moments.retain(|(at_ms, _)| *at_ms < now_s * 1000);
    moments.sort_unstable();
    let mut dice = Dice::of(&[4]);
    let made = moments.into_iter().filter_map(|(at_ms, place)| {
        let (_, template) = templates.get(place)?;
        let mut entry = template.clone();
        entry.row.id = ids.next(at_ms);
        entry.row.queue_id = Some(format!("4H{:08X}", at_ms / 10 % (1 << 32)).into());
        entry.row.latency_us = dice.between(1_200, 9_000) + if dice.happens(30) { dice.below(400_000) } else { 0 };
        entry.row.message.size_bytes += dice.below(60_000);
        entry.row.message.message_id = Some(u128::from(dice.below(u64::MAX)).to_be_bytes());
        Some(entry)
    });
    made.collect()
}

/// What is kept of a message that goes through the service.
fn through(letter: &Letter, zone: &Arc<Zone>, keys: &Keys, settings: &Settings, now_s: u64) -> Result<Entry, Failure> {
    let world = Office { zone: Arc::clone(zone), now_s, kept: Arc::default() };
    let mut conversation = Conversation::new(world.clone(), settings.clone());
    let wire = written(letter, keys, now_s)?;
    let headers = Headers::parse(&wire);
    let values: Vec<(Vec<u8>, Vec<u8>)> = headers
        .iter()
        .map(|field| {
            let value: Vec<u8> = field.value.iter().copied().filter(|byte| *byte != b'\r').collect();
            (field.name.to_vec(), value.strip_suffix(b"\n").map_or(value.clone(), <[u8]>::to_vec))
        })
        .collect();
    let address: Option<Ipv4Addr> = letter.ip.parse().ok();
    let (sender, recipient) = (format!("<{}>", letter.mail_from), format!("<{}>", letter.to));
    let mut macros: Vec<(MtaStage, &[u8], &[u8])> = vec![(MtaStage::EndOfMessage, b"i", b"4H")];
    if letter.way == Way::Out {
        macros.push((MtaStage::Mail, b"auth_authen", letter.mail_from.as_bytes()));
        macros.push((MtaStage::Mail, b"auth_type", b"PLAIN"));
    }
    let message = Message {
        hostname: letter.host.as_bytes(),
        address: address.map(|ip| MtaAddress::Inet { ip, port: 25 }),
        helo: letter.host.as_bytes(),
        macros,
        sender: sender.as_bytes(),
        recipients: vec![recipient.as_bytes()],
        headers: values.iter().map(|(name, value)| (&name[..], &value[..])).collect(),
        body: wire.get(headers.body_start()..).unwrap_or_default(),
        ..Message::default()
    };
    deliver(&mut conversation, &message).ok_or_else(|| broken(letter.subject))?;
    let kept = world.kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
    kept.ok_or_else(|| broken(letter.subject))
}

/// Plays the MTA's part. `None` where the conversation does not come to an end.
fn deliver(conversation: &mut Conversation<Office>, message: &Message<'_>) -> Option<()> {
    let mut mta = Mta::new(Offer::postfix());
    let mut delivery = Delivery::first(message);
    for _ in 0..TURN_COUNT_MAX {
        if let Progress::Done(_) = delivery.advance(&mut mta).ok()? {
            return Some(());
        }
        conversation.feed(&mta.take_output()).ok()?;
        // Whatever is asked is answered at once: the zone is in memory.
        conversation.drive().now_or_never();
        let mut output = Vec::new();
        conversation.output(&mut output);
        mta.feed(&output);
    }
    None
}

/// A message as it goes over the wire, signed by those who sign it.
fn written(letter: &Letter, keys: &Keys, now_s: u64) -> Result<Vec<u8>, Failure> {
    let mut message = format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{id}@{host}>\r\n\
         Date: {date}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n",
        from = letter.from,
        to = letter.to,
        subject = letter.subject,
        id = letter.subject.len() * 7919 + letter.ip.len(),
        host = letter.host,
        date = mailtext::date::DateTime { unix_seconds: i64::try_from(now_s).unwrap_or_default(), offset_minutes: 540 },
    );
    if let Some(list) = letter.list {
        message = format!("{message}List-Id: <{list}>\r\n");
    }
    let mut body = format!("{}\r\n", letter.subject);
    for (place, (domain, selector)) in letter.signed.iter().enumerate() {
        let key = if *domain == TOWN && *selector == ACTIVE { &keys.active.1 } else { &keys.others };
        let signer = Signer::new(name(domain)?, name(selector)?, key.clone());
        let mut hasher = signer.body_hasher();
        hasher.update(body.as_bytes());
        let whole = format!("{message}\r\n");
        let headers = Headers::parse(whole.as_bytes());
        let field = signer.sign(&headers, &hasher.finish(), now_s).map_err(|error| broken(&error.to_string()))?;
        let field = field.trim_end_matches("\r\n");
        message = format!("{field}\r\n{message}");
        if place == 0 && letter.footer == Footer::Added {
            body.push_str("-- \r\nUmibe Club mailing list\r\n");
        }
    }
    Ok(format!("{message}\r\n{body}").into_bytes())
}

/// How the town's office receives and sends.
fn settings(keys: &Keys) -> Result<Settings, Failure> {
    let rules = Rules::of(RuleSet { stage: Stage::Block, ..RuleSet::default() });
    let domain = KeyDomain::parse(TOWN).ok_or_else(|| broken(TOWN))?;
    let key = Key { name: "town".to_owned(), domain, selector: name(ACTIVE)?, private: keys.active.1.clone() };
    let role = Role::new(vec![key], &[], Manner::default()).map_err(|_| broken("the key of the town"))?;
    let origins = Origins { users: Users::Everybody, ..Origins::default() };
    let auth = Arc::new(auth::Settings::new(HOST));
    let settings =
        Settings::with_rules(auth, Arc::new(rules)).with_outgoing(Outgoing { origins, role: Arc::new(role) });
    Ok(settings.with_rows(EvidenceKept::All))
}

/// The world of one message.
#[derive(Clone)]
struct Office {
    zone: Arc<Zone>,
    now_s: u64,
    kept: Arc<Mutex<Vec<Entry>>>,
}

impl World for Office {
    type Lookup = Arc<Zone>;
    type Fetch = fetch::Disabled;

    fn lookup(&self) -> Arc<Zone> {
        Arc::clone(&self.zone)
    }

    fn fetch(&self) -> fetch::Disabled {
        fetch::Disabled
    }

    fn now_s(&self) -> u64 {
        self.now_s
    }

    fn elapsed_us(&self) -> u64 {
        0
    }

    fn next_id(&self) -> Option<RowId> {
        Some(RowId::first_at(self.now_s * 1000))
    }

    async fn keep(&self, entry: Entry) -> Result<(), LedgerError> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        Ok(())
    }

    fn address(&self, address: &str) -> Address {
        Address::Text(address.into())
    }

    fn digest(&self, _: &[u8]) -> [u8; 16] {
        [0; 16]
    }

    fn dealt_with(&self, _: Receipt<'_>) {}

    fn sent(&self, _: Sent<'_>) {}

    fn say(&self, reason: &dyn Explain) -> String {
        reason.id().to_owned()
    }
}

/// Of how many days there is mail.
pub(super) const DAY_COUNT: u64 = 30;
/// Rows that are committed together.
const ENTRY_COUNT: usize = 1024;
/// Most turns of one conversation.
const TURN_COUNT_MAX: usize = 1000;
