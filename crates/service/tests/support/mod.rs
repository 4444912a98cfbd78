//! A world that stands still, an MTA that plays a script into a conversation, and what two MTAs make of the edits.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)] // Each test file uses its part.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use lookup::{Lookup, Zone};
use mailtext::Explain;
use mailtext::authres::authserv_id_matches;
use milter::codec::{Address, Command};
use milter::mta::{Delivery, Message, Outcome, Progress, Sent, Verdict};
use milter::{Actions, Edit, LeadingSpace, Mta, Offer, Protocol, Stage};
use outgoing::origin::macro_name;
use outgoing::{Key, KeyDomain, Manner, Origins, Role, Unsigned};
use policy::labels::{FieldName, FieldRule, LabelRules, SubjectRule};
use policy::rules::{ForRecipients, QuarantineBy, RejectAlone, Users};
use policy::{Action, Domains, RuleSet, Rules};
use report::row::{self, Row};
use report::{Entry, IdSource, LedgerError, RowId, Site};
use sekisho_service::world::Moment;
use sekisho_service::{
    AfterWayIn, Conversation, EvidenceKept, Foreign, OnFailure, Outgoing, Receipt, Results, Sent as Dispatched,
    Settings, SpamField, WasSent, WayIn, World, Written,
};
use testkit::{Case, KeyValues, block_on};

/// Our name in all tests.
pub const OURS: &str = "mx.example.net";
/// The time in all tests.
pub const NOW_S: u64 = 1_700_000_000;

/// A lookup, a clock that stands still, and an ear for receipts.
#[derive(Clone)]
pub struct StillWorld<L> {
    lookup: L,
    pub receipts: Arc<Mutex<Vec<String>>>,
    pub verdicts: Arc<Mutex<Vec<String>>>,
    /// What was told of recipients that were refused before the message came.
    pub refusals: Arc<Mutex<Vec<String>>>,
    pub ledger: Option<Arc<Ledger>>,
    /// What was taken in on its way, and whether that works.
    pub taken: Arc<Mutex<Vec<Vec<u8>>>>,
    pub takes: Result<(), &'static str>,
}

/// Where rows are kept, and how that goes.
pub struct Ledger {
    pub rows: Mutex<BTreeMap<RowId, Entry>>,
    ids: Mutex<IdSource>,
    /// How many appends still fail, and how.
    failing: Mutex<(usize, LedgerError)>,
}

/// How a case keeps its rows.
#[derive(Clone, Default)]
pub struct Keeping {
    /// `ledger: yes | full | closed | conflict COUNT`
    ledger: Option<String>,
    /// `on-failure: tempfail`
    on_failure: OnFailure,
    /// `evidence: none | all`
    evidence: EvidenceKept,
    /// `received-spf: yes`, `explanation: yes`, `foreign: remove`, `foreign-except: ID ID`,
    /// `spam-field: NAME`, `spam-score: SCORE`, `spam-client: NETWORK`
    results: Results,
    /// `key: NAME DOMAIN SELECTOR FILE`, `unsigned: reject | tempfail`, `outgoing-network: NETWORK`,
    /// `outgoing-users: all`, `outgoing-macro: NAME VALUE`, `outgoing-listener: SOCKET`
    outgoing: Option<Outgoing>,
    /// `socket: SOCKET`, to which the MTA comes.
    socket: Option<Arc<str>>,
    /// `way-in: ADDRESS deliver | swallow [BYTES [broken]]`
    way_in: Option<(WayIn, Result<(), &'static str>)>,
}

impl Keeping {
    fn of(input: &KeyValues) -> Self {
        Self {
            ledger: input.get("ledger").map(str::to_owned),
            on_failure: match input.get("on-failure") {
                None | Some("accept") => OnFailure::Accept,
                Some("tempfail") => OnFailure::TempFail,
                Some(other) => panic!("{other}: no such answer to failures"),
            },
            evidence: match input.get("evidence") {
                None => EvidenceKept::Notable,
                Some("none") => EvidenceKept::None,
                Some("all") => EvidenceKept::All,
                Some(other) => panic!("{other}: no such choice of evidence"),
            },
            results: Results {
                received_spf: if input.get("received-spf").is_some() { Written::Yes } else { Written::No },
                explanation: if input.get("explanation").is_some() { Written::Yes } else { Written::No },
                foreign: if input.get("foreign") == Some("remove") { Foreign::Remove } else { Foreign::Keep },
                foreign_except: input
                    .get("foreign-except")
                    .iter()
                    .flat_map(|ids| ids.split(' '))
                    .map(str::to_owned)
                    .collect(),
                spam: spam_of(input),
            },
            outgoing: outgoing_of(input),
            socket: input.get("socket").map(Into::into),
            way_in: input.get("way-in").map(way_in_of),
        }
    }

    fn settings(&self, settings: Settings) -> Settings {
        let settings = settings.on_failure(self.on_failure).with_results(self.results.clone());
        let settings = match &self.outgoing {
            Some(outgoing) => settings.with_outgoing(outgoing.clone()),
            None => settings,
        };
        let settings = match &self.way_in {
            Some((way_in, _)) => settings.with_way_in(way_in.clone()),
            None => settings,
        };
        if self.ledger.is_some() { settings.with_rows(self.evidence) } else { settings }
    }

    fn ledger(&self) -> Option<Arc<Ledger>> {
        let first = RowId::first_at(NOW_S * 1000);
        let failing = match self.ledger.as_deref()? {
            "yes" => (0, LedgerError::Closed),
            "full" => (usize::MAX, LedgerError::DiskFull),
            "closed" => (usize::MAX, LedgerError::Closed),
            other => {
                let count = other.strip_prefix("conflict ").unwrap().parse().unwrap();
                (count, LedgerError::Conflict { first, others: Vec::new() })
            }
        };
        let ids = Mutex::new(IdSource::new(Site::default(), None));
        Some(Arc::new(Ledger { rows: Mutex::default(), ids, failing: Mutex::new(failing) }))
    }
}

fn way_in_of(text: &str) -> (WayIn, Result<(), &'static str>) {
    let words: Vec<_> = text.split(' ').collect();
    let after = match words[1] {
        "deliver" => AfterWayIn::Deliver,
        "swallow" => AfterWayIn::Swallow,
        other => panic!("{other}: nothing that becomes of it"),
    };
    let way_in = WayIn::new([words[0]], after);
    let way_in = match words.get(2) {
        Some(bytes) => way_in.up_to(bytes.parse().unwrap()),
        None => way_in,
    };
    (way_in, if words.get(3) == Some(&"broken") { Err("the disk is full") } else { Ok(()) })
}

fn outgoing_of(input: &KeyValues) -> Option<Outgoing> {
    let mut origins = Origins::default();
    origins.networks.extend(input.all("outgoing-network").map(|text| text.parse::<mailtext::Network>().unwrap()));
    origins.listeners.extend(input.all("outgoing-listener").map(str::to_owned));
    if input.get("outgoing-users") == Some("all") {
        origins.users = outgoing::Users::Everybody;
    }
    for given in input.all("outgoing-macro") {
        let (name, value) = given.split_once(' ').unwrap();
        origins.macros.entry(macro_name(name).unwrap().to_owned()).or_default().insert(value.to_owned());
    }
    let unsigned = match input.get("unsigned") {
        None => Unsigned::Accept,
        Some("tempfail") => Unsigned::TempFail,
        Some("reject") => Unsigned::Reject,
        Some(other) => panic!("{other}: nothing that becomes of unsigned mail"),
    };
    let keys = input.all("key").map(|text| {
        let [name, domain, selector, file] = text.split(' ').collect::<Vec<_>>()[..] else { panic!("{text}") };
        let path = testkit::root().join("testdata/keys").join(file).with_extension("pem");
        let private = dkim::PrivateKey::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
        let (name, domain) = (name.to_owned(), KeyDomain::parse(domain).unwrap());
        Key { name, domain, selector: testkit::domain(selector), private }
    });
    let role = Role::new(keys.collect(), &[], Manner { unsigned, ..Manner::default() }).unwrap();
    let is_any = !origins.is_empty();
    is_any.then(|| Outgoing { origins, role: Arc::new(role) })
}

impl<L: Lookup + Clone + Send + Sync + 'static> StillWorld<L> {
    pub fn new(lookup: L) -> Self {
        Self {
            lookup,
            receipts: Arc::default(),
            verdicts: Arc::default(),
            refusals: Arc::default(),
            ledger: None,
            taken: Arc::default(),
            takes: Ok(()),
        }
    }
}

impl<L: Lookup + Clone + Send + Sync + 'static> World for StillWorld<L> {
    type Lookup = L;
    type Fetch = lookup::fetch::Disabled;

    fn lookup(&self) -> L {
        self.lookup.clone()
    }

    fn fetch(&self) -> lookup::fetch::Disabled {
        lookup::fetch::Disabled
    }

    fn now_s(&self) -> u64 {
        NOW_S
    }

    fn elapsed_us(&self) -> u64 {
        0
    }

    fn next_id(&self) -> Option<RowId> {
        Some(self.ledger.as_ref()?.ids.lock().unwrap().next(NOW_S * 1000))
    }

    async fn keep(&self, entry: Entry) -> Result<(), LedgerError> {
        let ledger = self.ledger.as_ref().unwrap();
        {
            let mut failing = ledger.failing.lock().unwrap();
            if failing.0 > 0 {
                failing.0 -= 1;
                return Err(failing.1.clone());
            }
        }
        let before = ledger.rows.lock().unwrap().insert(entry.row.id, entry);
        assert!(before.is_none(), "an id for each row");
        Ok(())
    }

    async fn take_in(&self, message: Vec<u8>, _: &auth::Facts, _: AfterWayIn) -> Result<(), Box<str>> {
        self.takes?;
        self.taken.lock().unwrap().push(message);
        Ok(())
    }

    async fn sent_before(&self, message_ids: Vec<[u8; 16]>) -> WasSent {
        let Some(ledger) = &self.ledger else { return WasSent::Unknown };
        if ledger.failing.lock().unwrap().0 > 0 {
            return WasSent::Unknown;
        }
        let rows = ledger.rows.lock().unwrap();
        let sent = rows.values().filter(|entry| entry.row.direction == report::vocabulary::Direction::Out);
        let mut hashes = sent.filter_map(|entry| entry.row.message.message_id);
        if hashes.any(|hash| message_ids.contains(&hash)) { WasSent::Yes } else { WasSent::No }
    }

    fn address(&self, address: &str) -> row::Address {
        row::Address::Text(address.into())
    }

    fn digest(&self, bytes: &[u8]) -> [u8; 16] {
        // Not a hash: a reader of the cases sees of what one would be.
        std::array::from_fn(|at| bytes.get(at).copied().unwrap_or_default())
    }

    fn dealt_with(&self, receipt: Receipt<'_>) {
        let facts = receipt.facts;
        let spf = facts.spf.as_ref().map_or("-", |both| both.mail_from.result.verdict.as_str());
        let dkim: Vec<_> = facts.dkim.iter().map(|outcome| outcome.result.status.as_str()).collect();
        let told =
            |result: Result<(), milter::EditError>| result.map_or_else(|error| error.to_string(), |()| "ok".into());
        let held = receipt.held.map_or_else(String::new, |held| format!(" held={}", told(held)));
        let overrides: Vec<_> = receipt.verdict.overrides.iter().map(|why| why.kind.as_str()).collect();
        let overrides =
            if overrides.is_empty() { String::new() } else { format!(" overrides={}", overrides.join(",")) };
        let decisive = sekisho_service::decisive(receipt.verdict).map_or("-", Explain::id);
        let row = receipt.row.map_or_else(String::new, |row| format!(" row={row}"));
        let failure = receipt.failure.map_or_else(String::new, |failure| format!(" failure={}", failure.id()));
        let way_in = receipt.way_in.map_or_else(String::new, |end| format!(" way-in={}", end.id()));
        let dsn = receipt.dsn.word().map_or_else(String::new, |word| format!(" dsn={word}"));
        let verdict = format!(
            "action={} reason={decisive}{overrides}{held}{row}{failure}{dsn}{way_in}",
            receipt.verdict.action.as_str()
        );
        if receipt.moment == Moment::Recipient {
            let reply = receipt.verdict.reply.as_ref();
            let reply = reply.map(|reply| format!("{} {} {}", reply.code, reply.enhanced, reply.text));
            self.refusals.lock().unwrap().push(format!("{}; spf={spf} {verdict}", reply.unwrap_or_default()));
            return;
        }
        self.verdicts.lock().unwrap().push(verdict);
        self.receipts.lock().unwrap().push(format!(
            "queue-id={} client={} helo={} spf={spf} dkim={} dmarc={} forged={} cleaned={} labelled={}",
            receipt.queue_id.unwrap_or("-").escape_debug(),
            receipt.client_name.escape_debug(),
            facts.envelope.helo.as_deref().unwrap_or("-").escape_debug(),
            if dkim.is_empty() { "-".to_owned() } else { dkim.join(",") },
            facts.dmarc.result.result.as_str(),
            receipt.forged_count,
            told(receipt.cleaned),
            told(receipt.labelled),
        ));
    }

    fn sent(&self, sent: Dispatched<'_>) {
        let told =
            |result: Result<(), milter::EditError>| result.map_or_else(|error| error.to_string(), |()| "ok".into());
        let evidence: Vec<_> = sent.signed.evidence.iter().map(Explain::id).collect();
        let row = sent.row.map_or_else(String::new, |row| format!(" row={row}"));
        let failure = sent.failure.map_or_else(String::new, |failure| format!(" failure={}", failure.id()));
        let verdict = format!("action={} evidence={}{row}{failure}", sent.action.as_str(), evidence.join(","));
        self.verdicts.lock().unwrap().push(verdict);
        let signed = sent.signed.signatures.iter().map(|one| format!("{}:{}", one.domain, one.selector));
        self.receipts.lock().unwrap().push(format!(
            "out queue-id={} client={} by={} user={} signed={} forged={} cleaned={} inserted={}",
            sent.queue_id.unwrap_or("-").escape_debug(),
            sent.client.name.escape_debug(),
            outgoing::Step::Outgoing(sent.origin.clone()).id(),
            sent.user.unwrap_or("-"),
            signed.collect::<Vec<_>>().join(","),
            sent.forged_count,
            told(sent.cleaned),
            told(sent.inserted),
        ));
    }

    fn say(&self, reason: &dyn Explain) -> String {
        reason.id().to_owned()
    }
}

pub fn conversation<L: Lookup + Clone + Send + Sync + 'static>(
    world: StillWorld<L>,
    rules: Option<Rules>,
    keeping: &Keeping,
) -> Conversation<StillWorld<L>> {
    let auth = Arc::new(auth::Settings::new(OURS));
    let settings = match rules {
        Some(rules) => Settings::with_rules(auth, Arc::new(rules)),
        None => Settings::new(auth),
    };
    let conversation = Conversation::new(world, keeping.settings(settings));
    match &keeping.socket {
        Some(socket) => conversation.at(Arc::clone(socket)),
        None => conversation,
    }
}

fn spam_of(input: &KeyValues) -> SpamField {
    SpamField {
        name: input.get("spam-field").unwrap_or_default().to_owned(),
        score_min: input.get("spam-score").map(|score| SpamField::score(score).unwrap()),
        clients: input.get("spam-client").iter().map(|network| network.parse().unwrap()).collect(),
    }
}

/// The rules of a case: its lines `rule.KEY: VALUE`, and `at DOMAIN: KEY=VALUE; …` for recipients.
pub fn rules_of(input: &KeyValues) -> Option<Rules> {
    let labels = LabelRules { subject: None, fields: Vec::new() };
    let mut rules = Rules::of(RuleSet { labels, ..RuleSet::default() });
    let mut any = false;
    for (key, value) in input.iter() {
        if let Some(key) = key.strip_prefix("rule.") {
            any = true;
            rule(&mut rules.general, key, value);
        } else if let Some(name) = key.strip_prefix("at ") {
            let mut own = rules.general.clone();
            for pair in value.split(';').map(str::trim) {
                let (key, value) = pair.split_once('=').unwrap();
                rule(&mut own, key, value);
            }
            let mut domains = Domains::default();
            domains.extend([Domains::read(name).unwrap()]);
            rules.by_recipient.push(ForRecipients { domains, rules: own });
        }
    }
    any.then_some(rules)
}

fn rule(rules: &mut RuleSet, key: &str, value: &str) {
    let act = |word: &str| Action::of(word).unwrap();
    match key {
        "stage" => rules.stage = policy::Stage::of(value).unwrap(),
        "dmarc.reject" => rules.dmarc.reject = act(value),
        "dmarc.temperror" => rules.dmarc.temp_error = act(value),
        "dsn.of-others" => rules.dsn.of_others = act(value),
        "dsn.of-nothing" => rules.dsn.of_nothing = act(value),
        "spam.found" => rules.spam = act(value),
        "reject-alone" if value == "reject" => rules.dmarc.reject_alone = RejectAlone::Reject,
        "quarantine" if value == "hold" => rules.quarantine = QuarantineBy::Hold,
        "quarantine" if value == "both" => rules.quarantine = QuarantineBy::Both,
        "spf.fail" => rules.historic.spf_fail = response(value),
        "denied" => rules.exceptions.denied.extend([Domains::read(value).unwrap()]),
        "spf.text" => drop(rules.texts.insert(policy::Cause::Spf, value.parse().unwrap())),
        "network" => rules.exceptions.networks.push(value.parse().unwrap()),
        "user" => rules.exceptions.users = Users::Named([value.to_owned()].into()),
        "mailing-list" => rules.exceptions.mailing_lists.extend([Domains::read(value).unwrap()]),
        "subject" => {
            let (from, prefix) = value.split_once(' ').unwrap();
            let prefix = mailtext::subject::Prefix::new(prefix).unwrap();
            rules.labels.subject = Some(SubjectRule { prefix, from: act(from) });
        }
        "field" => {
            let words: Vec<&str> = value.splitn(3, ' ').collect();
            let (name, value) = (FieldName::new(words[1]).unwrap(), words[2].parse().unwrap());
            rules.labels.fields.push(FieldRule { name, value, from: act(words[0]) });
        }
        _ => panic!("{key}: no such rule"),
    }
}

/// `reject`, or `reject early`.
fn response(value: &str) -> policy::Response {
    match value.strip_suffix(" early") {
        Some(action) => policy::Response::early(Action::of(action).unwrap()),
        None => policy::Response::at_end(Action::of(value).unwrap()),
    }
}

/// A message in parts, as an MTA holds it.
pub struct Mail {
    /// Name and everything after the colon, lines separated by LF.
    pub fields: Vec<(Vec<u8>, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Mail {
    /// Takes a message in wire form apart as Postfix does: blanks before the colon belong to nothing.
    pub fn parse(wire: &[u8]) -> Self {
        let headers = mailtext::Headers::parse(wire);
        let fields = headers.iter().map(|field| {
            let value: Vec<u8> = field.value.iter().copied().filter(|byte| *byte != b'\r').collect();
            (field.name.to_vec(), value.strip_suffix(b"\n").map_or(value.clone(), <[u8]>::to_vec))
        });
        Self { fields: fields.collect(), body: wire[headers.body_start()..].to_vec() }
    }

    fn as_sent(&self, space: LeadingSpace) -> Vec<(&[u8], &[u8])> {
        let skipped = |value: &[u8]| match space {
            LeadingSpace::Kept => 0,
            LeadingSpace::Assumed => usize::from(value.first() == Some(&b' ')),
        };
        self.fields.iter().map(|(name, text)| (&name[..], &text[skipped(text)..])).collect()
    }
}

/// A conversation and the MTA that holds it.
pub struct Story<L: Lookup + Clone + Send + Sync + 'static> {
    mta: Mta,
    conversation: Conversation<StillWorld<L>>,
    world: StillWorld<L>,
    pub sender: String,
    /// What comes with the next MAIL: `mail-arguments: SMTPUTF8 SIZE=1`.
    sender_arguments: String,
    pub queue_id: String,
    /// `rcpt: <a@example.net> <b@example.org>`
    pub recipients: Vec<String>,
    has_rules: bool,
    /// Whether nothing is written or taken away but Authentication-Results of ours.
    writes_results_alone: bool,
    /// Who has authenticated, and how: `auth: taro@example.jp PLAIN`.
    auth: Option<(String, String)>,
    /// `macro: NAME VALUE`, which the MTA gives with MAIL.
    macros: Vec<(String, String)>,
    outgoing: Option<Outgoing>,
    /// Everything that the MTA has sent.
    pub sent: Vec<u8>,
    pub out: String,
}

impl<L: Lookup + Clone + Send + Sync + 'static> Story<L> {
    pub fn new(lookup: L, offer: Offer) -> Self {
        Self::with_rules(lookup, offer, None)
    }

    pub fn with_rules(lookup: L, offer: Offer, rules: Option<Rules>) -> Self {
        Self::opened(lookup, offer, rules, &Keeping::default())
    }

    fn opened(lookup: L, offer: Offer, rules: Option<Rules>, keeping: &Keeping) -> Self {
        let mut story = Self::unopened(lookup, offer, rules, keeping);
        story.exchange();
        assert_eq!(story.mta.receive().map(|response| response.is_some()), Ok(true), "no answer to the offer");
        story
    }

    /// Nothing was said yet.
    fn unopened(lookup: L, offer: Offer, rules: Option<Rules>, keeping: &Keeping) -> Self {
        let takes = keeping.way_in.as_ref().map_or(Ok(()), |(_, takes)| *takes);
        let world = StillWorld { ledger: keeping.ledger(), takes, ..StillWorld::new(lookup) };
        Self {
            mta: Mta::new(offer),
            writes_results_alone: keeping.results == Results::default(),
            has_rules: rules.is_some()
                || world.ledger.is_some()
                || keeping.outgoing.is_some()
                || keeping.way_in.is_some(),
            conversation: conversation(world.clone(), rules, keeping),
            recipients: vec!["<you@example.net>".to_owned()],
            world,
            sender: "<>".into(),
            sender_arguments: String::new(),
            queue_id: String::new(),
            auth: None,
            macros: Vec::new(),
            outgoing: keeping.outgoing.clone(),
            sent: Vec::new(),
            out: String::new(),
        }
    }

    /// Plays all lines of a case.
    pub fn of_case(case: &Case, lookup: L) -> Self {
        let mut story = match case.input.get("offer").unwrap_or("postfix") {
            "none" => Self::unopened(lookup, Offer::postfix(), None, &Keeping::default()),
            name => Self::opened(lookup, offer(name), rules_of(&case.input), &Keeping::of(&case.input)),
        };
        let mails = mails(case);
        for (key, value) in case.input.iter() {
            story.line(key, value, &mails, &case.input);
        }
        if let Some(error) = story.conversation.error() {
            writeln!(story.out, "error: {error}").unwrap();
        }
        if story.conversation.is_finished() {
            story.out.push_str("finished\n");
        }
        let ended = story.conversation.is_finished() || story.conversation.is_between_messages();
        assert!(ended || case.input.get("open").is_some(), "the end is in the middle of a message");
        story
    }

    fn line(&mut self, key: &str, value: &str, mails: &[Mail], input: &KeyValues) {
        match key {
            "offer" | "body-repeat" | "open" | "ledger" | "on-failure" | "evidence" | "received-spf"
            | "explanation" | "foreign" | "foreign-except" | "spam-field" | "spam-score" | "spam-client" => {}
            "key" | "unsigned" | "socket" | "way-in" => {}
            _ if key.starts_with("outgoing-") => {}
            "macro" => {
                self.macros.extend(value.split_once(' ').map(|(name, value)| (name.to_owned(), value.to_owned())));
            }
            _ if key.starts_with("rule.") || key.starts_with("at ") => {}
            "rcpt" => self.recipients = value.split(' ').map(str::to_owned).collect(),
            "connect" => {
                let (name, address) = value.split_once(' ').unwrap_or((value, ""));
                let address = match address.parse() {
                    Ok(IpAddr::V4(ip)) => Address::Inet { ip, port: 4711 },
                    Ok(IpAddr::V6(ip)) => Address::Inet6 { ip, port: 4711 },
                    Err(_) if address.starts_with('/') => Address::Unix(address.as_bytes()),
                    Err(_) => Address::Unknown,
                };
                self.send(&Command::Connect { hostname: name.as_bytes(), address });
            }
            "helo" => self.send(&Command::Helo { name: value.as_bytes() }),
            "mail" => value.clone_into(&mut self.sender),
            "mail-arguments" => self.sender_arguments = value.split(' ').map(|one| format!("{one}\0")).collect(),
            "auth" => self.auth = value.split_once(' ').map(|(who, how)| (who.to_owned(), how.to_owned())),
            "queue-id" => value.clone_into(&mut self.queue_id),
            "message" => {
                let outcome = self.deliver(mail(mails, value));
                self.tell(value, &outcome, mail(mails, value));
            }
            "begin" => self.begin(mail(mails, value)),
            "abort" => self.send(&Command::Abort),
            "quit-nc" => self.send(&Command::QuitNewConnection),
            "quit" => self.send(&Command::Quit),
            "raw" => self.raw(value),
            _ => panic!("{key}: no such line; {input:?}"),
        }
    }

    /// Sends a command whose answer, if there is one, is "continue".
    fn send(&mut self, command: &Command<'_>) {
        let sent = self.mta.send(command).unwrap();
        self.exchange();
        if sent == Sent::AnswerComes {
            assert!(self.mta.receive().unwrap().is_some(), "no answer to {command:?}");
        }
    }

    /// A message up to the middle of its header.
    fn begin(&mut self, mail: &Mail) {
        let sender = self.sender.clone();
        self.send(&Command::Mail { sender: sender.as_bytes(), arguments: milter::Arguments::default() });
        self.send(&Command::Recipient { recipient: b"<you@example.net>", arguments: milter::Arguments::default() });
        for (name, value) in mail.as_sent(self.space()).into_iter().take(2) {
            self.send(&Command::Header { name, value });
        }
    }

    /// A whole message.
    pub fn deliver(&mut self, mail: &Mail) -> Outcome {
        let arguments = std::mem::take(&mut self.sender_arguments);
        let (sender, queue_id, recipients) = (self.sender.clone(), self.queue_id.clone(), self.recipients.clone());
        let mut macros = Vec::new();
        if !queue_id.is_empty() {
            macros.push((Stage::EndOfMessage, &b"i"[..], queue_id.as_bytes()));
        }
        let auth = self.auth.clone();
        if let Some((who, how)) = &auth {
            macros.push((Stage::Mail, &b"auth_authen"[..], who.as_bytes()));
            macros.push((Stage::Mail, &b"auth_type"[..], how.as_bytes()));
        }
        let given = self.macros.clone();
        for (name, value) in &given {
            macros.push((Stage::Mail, name.as_bytes(), value.as_bytes()));
        }
        let message = Message {
            macros,
            sender: sender.as_bytes(),
            sender_arguments: milter::Arguments::new(arguments.as_bytes()),
            recipients: recipients.iter().map(String::as_bytes).collect(),
            headers: mail.as_sent(self.space()),
            body: &mail.body,
            ..Message::default()
        };
        let mut delivery = Delivery::further(&message);
        loop {
            match delivery.advance(&mut self.mta).unwrap() {
                Progress::Done(outcome) => {
                    // That the message was given up, where it was.
                    self.exchange();
                    return outcome;
                }
                Progress::Waiting => assert!(self.exchange(), "the MTA waits for ever"),
            }
        }
    }

    fn raw(&mut self, text: &str) {
        let bytes = unescape(text);
        self.sent.extend_from_slice(&bytes);
        if self.conversation.feed(&bytes).is_ok() {
            self.settle();
        }
        let mut output = Vec::new();
        self.conversation.output(&mut output);
        writeln!(self.out, "answer: {}", output.escape_ascii()).unwrap();
    }

    /// Moves bytes both ways until both wait; whether any moved.
    fn exchange(&mut self) -> bool {
        let bytes = self.mta.take_output();
        if !bytes.is_empty() {
            self.sent.extend_from_slice(&bytes);
            self.conversation.feed(&bytes).unwrap();
        }
        self.settle();
        let mut output = Vec::new();
        self.conversation.output(&mut output);
        self.mta.feed(&output);
        !bytes.is_empty() || !output.is_empty()
    }

    fn settle(&mut self) {
        while !self.conversation.wants_input() && !self.conversation.is_finished() {
            block_on(self.conversation.drive());
        }
    }

    fn space(&self) -> LeadingSpace {
        self.mta.negotiated().unwrap().leading_space()
    }

    /// What was decided on the last message.
    pub fn verdict(&mut self) -> String {
        self.world.verdicts.lock().unwrap().pop().unwrap()
    }

    /// The receipt of the only message since the last one.
    pub fn receipt(&mut self) -> String {
        let mut receipts = self.world.receipts.lock().unwrap();
        let receipt = receipts.pop().expect("a receipt for every message");
        assert!(receipts.is_empty(), "one receipt for one message");
        receipt
    }

    /// The row that a verdict names.
    fn tell_row_of(&mut self, verdict: &str) {
        let Some((_, id)) = verdict.split_once(" row=") else { return };
        let id = RowId::parse(id.split(' ').next().unwrap()).unwrap();
        let ledger = self.world.ledger.as_ref().unwrap();
        let rows = ledger.rows.lock().unwrap();
        tell_row(&mut self.out, rows.get(&id).expect("what the receipt names is kept"));
    }

    fn tell(&mut self, name: &str, outcome: &Outcome, mail: &Mail) {
        let refusals = std::mem::take(&mut *self.world.refusals.lock().unwrap());
        assert_eq!(refusals.len(), outcome.refused_recipients.len(), "who is refused is told of");
        for (refusal, at) in refusals.iter().zip(&outcome.refused_recipients) {
            writeln!(self.out, "recipient {}: {refusal}", self.recipients[*at]).unwrap();
            self.tell_row_of(refusal);
        }
        if outcome.verdict == Verdict::NoRecipients {
            writeln!(self.out, "message {name}: no recipients").unwrap();
            assert!(self.world.receipts.lock().unwrap().is_empty(), "no message came");
            return;
        }
        let receipt = self.receipt();
        let verdict = self.verdict();
        let taken = std::mem::take(&mut *self.world.taken.lock().unwrap());
        for taken in &taken {
            let fields = mail.as_sent(self.space());
            let header = fields.iter().flat_map(|(name, value)| [name, &b":"[..], value, b"\n"].concat());
            let header: Vec<u8> = header.chain(*b"\n").collect();
            assert_eq!(*taken, [testkit::wire(header), mail.body.clone()].concat(), "as it came");
            writeln!(self.out, "taken in: {} bytes", taken.len()).unwrap();
        }
        let out = &mut self.out;
        match &outcome.verdict {
            Verdict::Code(text) => writeln!(out, "message {name}: {}", text.escape_ascii()).unwrap(),
            other => writeln!(out, "message {name}: {other:?}").unwrap(),
        }
        tell_edits(out, outcome);
        writeln!(out, "  receipt {receipt}").unwrap();
        if self.has_rules {
            writeln!(out, "  verdict {verdict}").unwrap();
            self.tell_row_of(&verdict);
        } else {
            assert!(verdict.starts_with("action=accept ") || verdict.starts_with("action=label "), "{verdict}");
        }
        if outcome.verdict != Verdict::Accepted {
            assert_eq!(outcome.edits().count(), 0, "who is refused gets no edits");
            return;
        }
        let space = self.mta.negotiated().unwrap().leading_space();
        let [postfix, sendmail] =
            [Counting::WhatIsLeft, Counting::WhatCame].map(|counting| apply(mail, outcome, counting, space));
        assert_eq!(postfix, sendmail, "the two MTAs make different messages of the edits");
        writeln!(self.out, "  delivered {}", summary(&postfix)).unwrap();
        // Where more is written or taken away, the edits above tell it one by one.
        let granted = receipt.ends_with("cleaned=ok labelled=ok") && self.writes_results_alone;
        if granted {
            assert_one_on_top(mail, &postfix);
        }
        if receipt.starts_with("out ") {
            let statuses = self.verified(&postfix, &mail.body);
            writeln!(self.out, "  a receiver says: {}", statuses.join(" ")).unwrap();
        }
    }

    /// What a receiver says of the signatures, where our keys are published.
    fn verified(&self, fields: &[(Vec<u8>, Vec<u8>)], body: &[u8]) -> Vec<&'static str> {
        let mut zone = Zone::new();
        for key in self.outgoing.as_ref().unwrap().role.keys() {
            let KeyDomain::Of(domain) = &key.domain else { continue };
            let p = mailtext::encode::encode_base64(&key.private.public_key());
            let record = format!("v=DKIM1; k={}; p={p}", key.private.kind().as_str());
            let name = domain.prefixed(&format!("{}._domainkey", key.selector)).unwrap();
            zone.add(&name, lookup::Data::Txt(lookup::Text::from_strings([record])), 60);
        }
        let mut message = Vec::new();
        for (name, value) in fields {
            message.extend([name, &b":"[..], value, b"\n"].concat());
        }
        message = [testkit::wire([&message[..], b"\n"].concat()), body.to_vec()].concat();
        let outcomes = block_on(dkim::verify(&zone, &message, dkim::Options::default(), NOW_S));
        outcomes.iter().map(|outcome| outcome.result.status.as_str()).collect()
    }
}

/// What the MTA is to change.
fn tell_edits(out: &mut String, outcome: &Outcome) {
    for edit in outcome.edits() {
        match edit {
            Edit::DeleteHeader { occurrence, name } => {
                writeln!(out, "  delete {} {occurrence}", name.escape_ascii()).unwrap();
            }
            Edit::InsertHeader { index, name, value } => {
                writeln!(out, "  insert {index} {}:", name.escape_ascii()).unwrap();
                lines(out, value);
            }
            Edit::ChangeHeader { occurrence, name, value } => {
                writeln!(out, "  change {} {occurrence}:", name.escape_ascii()).unwrap();
                lines(out, value);
            }
            Edit::AddHeader { name, value } => {
                writeln!(out, "  add {}:", name.escape_ascii()).unwrap();
                lines(out, value);
            }
            Edit::DeleteRecipient { recipient } => {
                writeln!(out, "  delete recipient {}", recipient.escape_ascii()).unwrap();
            }
            Edit::Quarantine { reason } => writeln!(out, "  hold {}", reason.escape_ascii()).unwrap(),
            other => panic!("nobody asked for {other:?}"),
        }
    }
}

/// What is kept of a message, a line for each part that holds something.
fn tell_row(out: &mut String, entry: &Entry) {
    // Taken apart in full: a field that is added to a row is to be told here.
    let Row {
        id: _,
        tenant,
        direction,
        queue_id,
        client,
        envelope,
        message,
        spf,
        dkim,
        dmarc,
        arc,
        others,
        verdict,
        signed,
        latency_us,
        omitted,
    } = &entry.row;
    let queue_id = queue_id.as_deref().unwrap_or("-");
    writeln!(
        out,
        "  row {} tenant={tenant:?} queue-id={queue_id} latency={latency_us} omitted={omitted}",
        direction.as_str()
    )
    .unwrap();
    writeln!(out, "    {client:?}").unwrap();
    writeln!(out, "    {envelope:?}").unwrap();
    let message_id = message.message_id.map(|hash| hash.escape_ascii().to_string());
    let (size, header) = (message.size_bytes, message.header_bytes);
    writeln!(out, "    size={size} header={header} message-id={message_id:?} {:?}", message.spam).unwrap();
    writeln!(out, "    {spf:?}").unwrap();
    dkim.iter().for_each(|one| writeln!(out, "    {one:?}").unwrap());
    writeln!(out, "    {:?}", dmarc.result).unwrap();
    dmarc.authors.iter().for_each(|one| writeln!(out, "      {one:?}").unwrap());
    arc.iter().for_each(|arc| writeln!(out, "    {arc:?}").unwrap());
    others.iter().for_each(|one| writeln!(out, "    {one:?}").unwrap());
    writeln!(out, "    {verdict:?}").unwrap();
    signed.iter().for_each(|one| writeln!(out, "    {one:?}").unwrap());
    let steps = entry.why.steps();
    let steps: Vec<&str> = steps.iter().map(|step| &*step.id).collect();
    writeln!(out, "    why: {}", if steps.is_empty() { "-".to_owned() } else { steps.join(" ") }).unwrap();
}

fn lines(out: &mut String, value: &[u8]) {
    for line in value.split(|byte| *byte == b'\n') {
        match std::str::from_utf8(line) {
            Ok(text) if line.is_ascii() || !text.chars().any(char::is_control) => {
                writeln!(out, "    |{}", text.escape_debug()).unwrap();
            }
            _ => writeln!(out, "    |{}", line.escape_ascii()).unwrap(),
        }
    }
}

/// How an MTA counts the fields of one name when a filter names one of them.
#[derive(Clone, Copy)]
pub enum Counting {
    /// Postfix: a deleted field does not count any more.
    WhatIsLeft,
    /// Sendmail: a deleted field keeps its place.
    WhatCame,
}

/// The fields of the delivered message: the MTA's own Received, which the filter has not seen, and the edited rest.
pub fn apply(mail: &Mail, outcome: &Outcome, counting: Counting, space: LeadingSpace) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut fields = vec![Some((b"Received".to_vec(), b" by mx.example.net".to_vec()))];
    fields.extend(mail.fields.iter().cloned().map(Some));
    // A deleted field keeps its name in Sendmail's list.
    let mut names: Vec<Vec<u8>> = fields.iter().flatten().map(|(name, _)| name.clone()).collect();
    let spaced = |value: &[u8]| match space {
        LeadingSpace::Kept => value.to_vec(),
        LeadingSpace::Assumed => [b" ", value].concat(),
    };
    for edit in outcome.edits() {
        match edit {
            Edit::DeleteHeader { occurrence, name } => {
                let counted = |at: &usize| {
                    let counts = matches!(counting, Counting::WhatCame) || fields[*at].is_some();
                    counts && names[*at].eq_ignore_ascii_case(name)
                };
                let found = (0..fields.len()).filter(counted).nth(occurrence as usize - 1);
                fields[found.expect("the field to delete is there")] = None;
            }
            Edit::InsertHeader { index, name, value } => {
                fields.insert(index as usize, Some((name.to_vec(), spaced(value))));
                names.insert(index as usize, name.to_vec());
            }
            Edit::ChangeHeader { occurrence, name, value } => {
                let is = |field: &&mut Option<(Vec<u8>, Vec<u8>)>| {
                    field.as_ref().is_some_and(|(own, _)| own.eq_ignore_ascii_case(name))
                };
                let found = fields.iter_mut().filter(is).nth(occurrence as usize - 1);
                found.expect("the field to change is there").as_mut().unwrap().1 = spaced(value);
            }
            Edit::AddHeader { name, value } => {
                fields.push(Some((name.to_vec(), spaced(value))));
                names.push(name.to_vec());
            }
            Edit::Quarantine { .. } | Edit::DeleteRecipient { .. } => {}
            other => panic!("nobody asked for {other:?}"),
        }
    }
    fields.into_iter().flatten().collect()
}

/// RFC 8601 §5, attack A15: whatever came, one field in our name is on the message, and it is the first of all; what
/// others wrote is still there, in its order, but what only BIMI's receiver may write.
pub fn assert_one_on_top(mail: &Mail, delivered: &[(Vec<u8>, Vec<u8>)]) {
    let is_ours = |(name, value): &&(Vec<u8>, Vec<u8>)| is_results(name) && authserv_id_matches(value, OURS);
    assert_eq!(delivered.iter().filter(is_ours).count(), 1);
    assert!(is_ours(&delivered.first().unwrap()));
    let is_bimi = |(name, _): &(Vec<u8>, Vec<u8>)| {
        auth::BIMI_FIELDS.iter().any(|field| name.eq_ignore_ascii_case(field.as_bytes()))
    };
    // The labels of the cases, and the subject that they mark: their edits are told one by one.
    let is_label = |(name, _): &(Vec<u8>, Vec<u8>)| {
        ["x-sekisho-verdict", "x-suspicious", "subject"].iter().any(|label| name.eq_ignore_ascii_case(label.as_bytes()))
    };
    let came = mail.fields.iter().filter(|field| !is_ours(field) && !is_bimi(field) && !is_label(field));
    let left = delivered.iter().filter(|field| !is_label(field)).skip(2);
    assert_eq!(came.collect::<Vec<_>>(), left.collect::<Vec<_>>());
}

fn summary(delivered: &[(Vec<u8>, Vec<u8>)]) -> String {
    let results: Vec<_> = delivered.iter().filter(|(name, _)| is_results(name)).collect();
    let ours = results.iter().filter(|(_, value)| authserv_id_matches(value, OURS)).count();
    let first = delivered.first().map(|(name, _)| name.escape_ascii().to_string()).unwrap_or_default();
    format!("first={first} ours={ours} of-others={}", results.len() - ours)
}

fn is_results(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"authentication-results")
}

pub fn offer(name: &str) -> Offer {
    let postfix = Offer::postfix();
    match name {
        "postfix" => postfix,
        "sendmail" => Offer::sendmail(),
        "version-2" => Offer::version_2(),
        "no-hold" => {
            Offer { actions: Actions::from_bits(postfix.actions.bits() & !Actions::QUARANTINE.bits()), ..postfix }
        }
        "no-edits" => Offer { actions: Actions::SET_SYMBOL_LIST, ..postfix },
        "add-only" => Offer { actions: Actions::ADD_HEADERS, ..postfix },
        "all-answers" => Offer { protocol: Protocol::HEADER_LEADING_SPACE, ..postfix },
        _ => panic!("{name}: no such offer"),
    }
}

/// The messages of a case: its `.msg`, cut at the lines `=== next message ===`.
pub fn mails(case: &Case) -> Vec<Mail> {
    if case.message.is_none() {
        return Vec::new();
    }
    let repeat: usize = case.input.get("body-repeat").map_or(1, |count| count.parse().unwrap());
    let text = case.wire();
    let mut mails = Vec::new();
    let mut rest = &text[..];
    let cut = b"=== next message ===\r\n";
    while let Some(at) = rest.windows(cut.len()).position(|window| window == cut) {
        mails.push(Mail::parse(&rest[..at]));
        rest = &rest[at + cut.len()..];
    }
    mails.push(Mail::parse(rest));
    mails.iter_mut().for_each(|mail| mail.body = mail.body.repeat(repeat));
    mails
}

pub fn zone_of(case: &Case) -> Arc<Zone> {
    Arc::new(case.zone.clone().unwrap_or_default())
}

fn mail<'a>(mails: &'a [Mail], number: &str) -> &'a Mail {
    &mails[number.parse::<usize>().unwrap() - 1]
}

/// Bytes, `\xNN` for those that cannot be written.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("\\x") {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        bytes.push(u8::from_str_radix(&rest[at + 2..at + 4], 16).unwrap());
        rest = &rest[at + 4..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}
