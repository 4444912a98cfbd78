//! A house with its stores in memory.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use audit::history::Kept;
use dashboard::sources::{
    Asking, Catalogue, Looked, Noticed, NoticedPage, NoticedQuery, Published, Rotations, Settings, Sources, Survey,
    Voice,
};
use dashboard::who::Role;
use dashboard::{Desk, Moment, Trouble};
use feedback::aggregate::{
    Aggregate, AlignedPass, Circumstances, DkimResult, Metadata, PublishedPolicy, Record, SpfResult,
};
use feedback::archive::{
    Archive as _, Class, Content, DocumentLine, Origin, Parcel, Receipt, SourceLine, Status, Trust,
};
use feedback::outbox::JobId;
use feedback::outbox::desk::hasten;
use feedback::outbox::memory::MemoryOutbox;
use feedback::{Deviation, Word};
use http::{Request, Response};
use insight::{Classifier, Hosts, Map, Marks};
use mailtext::{Domain, Value};
use people::openid::party::{PartyError, Redeemed};
use people::openid::token::Claims;
use people::openid::{Client, Provider};
use people::{Grant, Name, NewLine, Person, Registry as _};
use report::row::{Address, Policy};
use report::sources::Place;
use report::vocabulary::{Disposition, MethodResult};
use report::{Entry, Ledger as _};
use store::{Memory, MemoryArchive, MemoryRegistry};
use testkit::block_on;
use words::{Argument, Language};

use super::openid::{self, Site};
use super::published::Audits;
use super::surveys;
use super::{inbound, noticed};

/// 2026-11-23T10:00:00Z.
pub(crate) const NOW_MS: u64 = 1_795_428_000_000;
pub(crate) const TODAY: u32 = 20_780;
const DAY_S: u64 = 86_400;
static REQUEST_COUNT: AtomicU64 = AtomicU64::new(0);

pub(crate) struct World {
    pub(crate) ledger: Memory,
    pub(crate) archive: MemoryArchive,
    pub(crate) outbox: MemoryOutbox,
    pub(crate) people: MemoryRegistry,
    pub(crate) audits: Audits,
    pub(crate) surveys: Vec<audit::survey::kept::Kept>,
    /// The newest last.
    pub(crate) noticed: Vec<Noticed>,
    pub(crate) settings: Settings,
    pub(crate) keeps_addresses: bool,
    pub(crate) site: Site,
    /// What is said of changes; 0: nothing is known of them.
    pub(crate) edition: AtomicU64,
    voices: [Speaker; 2],
}

struct Speaker(Catalogue);

impl Voice for Speaker {
    fn language(&self) -> Language {
        self.0.language()
    }

    fn say(&self, id: &str, arguments: &[(&'static str, Value)]) -> String {
        assert!(self.0.has(id), "no sentence {id}");
        self.0.say(id, arguments)
    }

    fn tell(&self, id: &str, arguments: &[(&str, Argument<'_>)]) -> String {
        self.0.tell(id, arguments)
    }
}

impl World {
    /// An empty house, open to guests with a role.
    pub(crate) fn new(guest: Role) -> Self {
        Self {
            ledger: Memory::new(10_000),
            archive: MemoryArchive::new(store::archive::Settings::default()),
            outbox: MemoryOutbox::new(),
            people: MemoryRegistry::new(),
            audits: Audits::default(),
            surveys: Vec::new(),
            noticed: Vec::new(),
            settings: Settings { name: "mx.example.jp".into(), guest: Some(guest), ..Settings::default() },
            keeps_addresses: true,
            site: Site::new(),
            edition: AtomicU64::new(0),
            voices: Language::ALL.map(|language| Speaker(Catalogue::new(language))),
        }
    }

    /// One with reports about two domains: senders that pass, that do not, a forwarder and a spoofer.
    pub(crate) fn with_reports(guest: Role) -> Self {
        let (audits, surveys) = (Audits::of_the_house(), surveys::of_the_house(&str::to_owned));
        let world = Self { audits, surveys, noticed: noticed::of_the_house(&str::to_owned), ..Self::new(guest) };
        for day in 0..20 {
            world.bring(report("example.jp", TODAY - 1 - day, "google.com", &|text| text.to_owned()));
            world.bring(report("example.net", TODAY - 1 - day, "Yahoo", &|text| text.to_owned()));
        }
        world.take(super::mail::messages(&|text| text.to_owned()));
        inbound::fill(&world, "example.jp", &str::to_owned);
        world
    }

    /// One in which a stranger wrote something into every field that a stranger writes.
    pub(crate) fn with_hostile_reports(guest: Role, hostile: &str) -> Self {
        let surveys = surveys::of_the_house(&|text| format!("{hostile}{text}"));
        let noticed = noticed::of_the_house(&|text| format!("{hostile}{text}"));
        let world = Self { audits: Audits::hostile(hostile), surveys, noticed, ..Self::new(guest) };
        for day in 0..3 {
            world.bring(report("example.jp", TODAY - 1 - day, hostile, &|text| format!("{text}{hostile}")));
        }
        world.take(super::mail::messages(&|text| format!("{hostile}{text}")));
        let taint = |text: &str| format!("{text}{hostile}");
        inbound::fill(&world, "example.jp", &taint);
        inbound::fill_badly(&world, "example.jp", hostile, &taint);
        world
    }

    /// With somebody who comes as `remote-user: limited`, and may do this alone: `viewer:example.jp`.
    pub(crate) fn with_limited(mut self, rights: &str) -> Self {
        self.settings.guest = None;
        self.settings.proxies = vec!["127.0.0.0/8".parse().unwrap()];
        self.settings.proxy_field = Some("remote-user".into());
        let mut person = Person::new(Name::parse("limited").unwrap(), 0);
        person.grants = vec![Grant::parse(rights).unwrap()];
        block_on(self.people.put_person(person, NewLine::new(0, "test", "person-put", "limited"))).unwrap();
        self
    }

    /// Messages that passed.
    pub(crate) fn take(&self, entries: Vec<Entry>) {
        block_on(self.ledger.append(entries)).unwrap();
    }

    pub(crate) fn bring(&self, parcel: Parcel) {
        block_on(self.archive.import(vec![parcel], None)).unwrap();
    }
}

/// A report of a day; `taint` is what becomes of text that strangers write.
pub(crate) fn report(domain: &str, day: u32, reporter: &str, taint: &dyn Fn(&str) -> String) -> Parcel {
    let begin_s = u64::from(day) * DAY_S;
    let known = |yes: bool| Word::Known(if yes { AlignedPass::Yes } else { AlignedPass::No });
    let circumstances = |dkim: bool, spf: bool, signer: &str| Circumstances {
        disposition: Word::Known(Disposition::None),
        dkim_aligned: known(dkim),
        spf_aligned: known(spf),
        header_from: domain.into(),
        envelope_from: Some(taint(signer).into()),
        dkim: vec![DkimResult {
            domain: signer.into(),
            selector: Some(taint("s1").into()),
            result: Word::Known(MethodResult::Pass),
            comment: Some(taint("").into()),
        }],
        spf: vec![SpfResult {
            domain: taint(signer).into(),
            scope: Word::Missing,
            result: Word::Known(if spf { MethodResult::Pass } else { MethodResult::Fail }),
            comment: None,
        }],
        ..Circumstances::default()
    };
    let record = |source: &str, count, circumstances| Record { source: source.parse().ok(), count, circumstances };
    let aggregate = Aggregate {
        version: Some("1.0".into()),
        namespace: "".into(),
        metadata: Metadata {
            organization: reporter.into(),
            email: taint("noreply@reporter.example").into(),
            contact: Some(taint("").into()),
            report_id: format!("{domain}-{day}-{}", taint("")).into(),
            begin_s,
            end_s: begin_s + DAY_S - 1,
            errors: vec![taint("no record").into()],
            generator: None,
        },
        policy: PublishedPolicy {
            domain: domain.into(),
            policy: Word::Known(Policy::None),
            ..PublishedPolicy::default()
        },
        circumstances: vec![
            circumstances(true, true, domain),
            circumstances(true, false, domain),
            circumstances(false, false, "esp.example"),
            circumstances(false, false, "spoofer.example"),
        ],
        records: vec![
            record("192.0.2.1", 700, 0),
            record("198.51.100.7", 40, 1),
            record("203.0.113.20", 120, 2),
            record("203.0.113.66", 90, 3),
        ],
    };
    let mut digest = [day as u8; 32];
    digest[..4].copy_from_slice(&day.to_be_bytes());
    digest[4] = domain.len() as u8;
    Parcel {
        tenant: "".into(),
        received_ms: (begin_s + DAY_S + 600) * 1000,
        origin: Origin {
            source: "file".into(),
            path: taint("report.xml").into(),
            member: taint("").into(),
            trust: Trust::Given,
        },
        digest,
        raw: inbound::gzipped(taint("<feedback/>").as_bytes()),
        content: Content::Aggregate(Box::new(aggregate)),
        status: Status::Accepted,
        reason: None,
        deviations: vec![Deviation { id: "deviation-field-order".into(), example: taint("x").into(), count: 1 }],
        classes: vec![Class::Legitimate, Class::Forwarded, Class::Misconfigured, Class::Suspected],
    }
}

impl Sources for World {
    type Ledger = Memory;
    type Archive = MemoryArchive;
    type Outbox = MemoryOutbox;
    type Registry = MemoryRegistry;

    fn edition(&self) -> Option<u64> {
        Some(self.edition.load(Ordering::Relaxed)).filter(|edition| *edition > 0)
    }

    fn ledger(&self) -> Option<&Memory> {
        Some(&self.ledger)
    }

    fn archive(&self) -> Option<&MemoryArchive> {
        Some(&self.archive)
    }

    fn outbox(&self) -> Option<&MemoryOutbox> {
        Some(&self.outbox)
    }

    fn people(&self) -> Option<&MemoryRegistry> {
        Some(&self.people)
    }

    async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        work()
    }

    fn voice(&self, language: Language) -> &dyn Voice {
        self.voices.iter().find(|voice| voice.language() == language).unwrap()
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }

    async fn provider(&self, now_s: u64) -> Result<Arc<Provider>, PartyError> {
        self.site.party.provider(&self.site, now_s).await
    }

    async fn redeem(&self, brought: Redeemed<'_>) -> Result<Claims, PartyError> {
        let client = Client { id: openid::CLIENT, secret: Some("a secret") };
        self.site.party.redeem(&self.site, client, brought).await
    }

    fn ahead_s(&self, zone: &str, _at_s: u64) -> Option<i32> {
        (zone == "Asia/Tokyo").then_some(9 * 3600)
    }

    fn kept_address(&self, address: &str) -> Address {
        if self.keeps_addresses { Address::Text(address.into()) } else { Address::Withheld }
    }

    async fn classifier(&self, tenant: &str, lines: &[SourceLine]) -> Result<Classifier, Trouble> {
        let marks = self.archive.marks(tenant).await?;
        let addresses: Vec<IpAddr> = lines.iter().filter_map(|line| line.source).collect();
        let hosts = self.archive.hosts(addresses).await?;
        Ok(Classifier::new(Map::curated(), Marks::new(marks), Hosts::new(hosts)))
    }

    async fn places(&self, addresses: Vec<IpAddr>) -> Result<Option<Vec<Place>>, Trouble> {
        let find = |ip: &IpAddr| match ip.to_string().as_str() {
            "192.0.2.1" => Place { country: Some("JP".into()), asn: Some(64_496), as_name: Some("Net & Co".into()) },
            "203.0.113.66" => Place { country: Some("US".into()), ..Place::default() },
            _ => Place::default(),
        };
        Ok(Some(addresses.iter().map(find).collect()))
    }

    async fn published(&self, _domain: &Domain, _below: &[Domain]) -> Published {
        Published {
            record: Some("v=DMARC1; p=none; rua=mailto:d@example.jp".into()),
            was_asked: true,
            ..Published::default()
        }
    }

    async fn read_again(&self, line: &DocumentLine, bytes: Vec<u8>) -> Result<Vec<Receipt>, Trouble> {
        Ok(inbound::read_again(self, line, &bytes).await)
    }

    async fn send_now(&self, id: &JobId, now_s: u64) -> Result<bool, Trouble> {
        Ok(hasten(&self.outbox, now_s, id).await?)
    }

    async fn noticed(&self, asked: &NoticedQuery) -> Result<NoticedPage, Trouble> {
        Ok(noticed::page(&self.noticed, asked))
    }

    async fn audited(&self) -> Result<Vec<Box<str>>, Trouble> {
        Ok(self.audits.kept.keys().map(|domain| domain.as_str().into()).collect())
    }

    async fn audits(&self, domain: &Domain) -> Result<Kept, Trouble> {
        Ok(self.audits.kept.get(domain).cloned().unwrap_or_else(|| Kept::none(domain.clone())))
    }

    async fn look(&self, domain: &Domain, asking: Asking) -> Result<Looked, Trouble> {
        Ok(self.audits.look(domain, asking))
    }

    async fn surveys(&self) -> Result<Vec<Survey>, Trouble> {
        let numbered = (1..).zip(&self.surveys);
        Ok(numbered.map(|(id, kept)| Survey { id, made: kept.made.clone() }).collect())
    }

    async fn survey(&self, id: u64) -> Result<Option<audit::survey::kept::Kept>, Trouble> {
        Ok(usize::try_from(id).ok().and_then(|id| self.surveys.get(id.checked_sub(1)?)).cloned())
    }

    async fn rotations(&self) -> Result<Option<Arc<Rotations>>, Trouble> {
        Ok(self.audits.rotations.clone())
    }
}

/// Asks the desk for something.
pub(crate) fn get(desk: &Desk<World>, target: &str) -> Response<Vec<u8>> {
    ask(desk, "GET", target, &[], "")
}

/// The same with fields and a body.
pub(crate) fn ask(
    desk: &Desk<World>,
    method: &str,
    target: &str,
    fields: &[(&str, &str)],
    body: &str,
) -> Response<Vec<u8>> {
    let mut request = Request::builder().method(method).uri(target);
    if !fields.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", "127.0.0.1:8460");
    }
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    // No two are the same.
    let number = REQUEST_COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let random = std::array::from_fn(|place| number[place % 8] ^ (place as u8).wrapping_mul(29));
    let moment = Moment { now_ms: NOW_MS, peer: "127.0.0.1".parse().ok(), random };
    block_on(desk.answer(moment, request.body(body.as_bytes().to_vec()).unwrap()))
}

/// The body as text.
pub(crate) fn text(answer: &Response<Vec<u8>>) -> String {
    String::from_utf8(answer.body().clone()).unwrap()
}
