//! A case's world, and what is known of its domain, read from its `.in`.

use audit::draft::{Draft, DraftKind};
use audit::known::{
    History, KeySeen, LetterFacts, NextStep, Provider, Receiver, Relay, Reported, SelectorUse, SignatureFacts, Signer,
    Statement,
};
use audit::world::{Certificate, Greeting, ServerAnswer, Servers, Way, World};
use audit::{Known, SelectorSource, Snapshot, Subject, Usage};
use lookup::fetch::{Both, Fetch, Fetched, Request, Shelf};
use lookup::{Answer, Data, Failure, Lookup, Question};
use mailtext::Domain;
use testkit::Case;

fn now_s(case: &Case) -> i64 {
    case.input.get("now").map_or(1_800_000_000, |now| now.parse().unwrap())
}

/// What the case's domain publishes.
pub(crate) fn snapshot(case: &Case) -> Snapshot {
    taken(case, case.zone(), shelf(case, "shelf"))
}

/// What it publishes later: the zone and the documents of files beside, `.after` and `.after-shelf`; `None` where there is
/// no such zone.
pub(crate) fn later(case: &Case, when: &str) -> Option<Snapshot> {
    let zone = std::fs::read_to_string(beside(case, when)).ok()?;
    Some(taken(case, &testkit::zone(&zone), shelf(case, &format!("{when}-shelf"))))
}

fn taken(case: &Case, zone: &lookup::Zone, shelf: Shelf) -> Snapshot {
    let world = Stage { case, web: Both { lookup: zone, fetch: shelf } };
    testkit::block_on(Snapshot::take(&world, subject(case)))
}

fn beside(case: &Case, extension: &str) -> std::path::PathBuf {
    case.stem.with_file_name(format!("{}.{extension}", case.name))
}

/// `domain`, `usage` (`mail`, `parked`), `selector` (several), `draft` (`spf = v=spf1 -all`).
fn subject(case: &Case) -> Subject {
    let domain = Domain::parse(case.input.need("domain")).unwrap();
    let mut subject = Subject::new(domain.clone());
    subject.now_s = now_s(case);
    subject.usage = match case.input.get("usage") {
        None => Usage::Unsaid,
        Some("mail") => Usage::Mail,
        Some("parked") => Usage::Parked,
        Some(other) => panic!("{}: usage {other}", case.name),
    };
    subject.selectors = case.input.all("selector").map(|selector| (selector.into(), SelectorSource::Given)).collect();
    for draft in case.input.all("draft") {
        let (kind, text) = draft.split_once(" = ").unwrap();
        subject.drafts.push(Draft::new(&domain, DraftKind::parse(kind).unwrap(), text.as_bytes()).unwrap());
    }
    subject
}

/// `now` in seconds since 1970, `policy` (`seconds = text`, several), `reports` (`own=1000 own_passed=990`).
pub(crate) fn known(case: &Case) -> Known {
    let now_s = now_s(case);
    let policies = case.input.all("policy").map(|policy| {
        let (at_s, text) = policy.split_once(" = ").unwrap();
        (at_s.parse().unwrap(), text.as_bytes().into())
    });
    let keys: Vec<_> = case.input.all("key").map(key).collect();
    Known {
        now_s,
        policies: policies.collect(),
        reports: case.input.get("reports").map(reported),
        selectors: case.input.all("used").map(|words| used(case, words)).collect(),
        history: history(case, keys),
        signer: case.input.get("signer").map(signer),
        receiver: case.input.get("receiver").map(receiver),
        relay: case.input.get("relay").map(relay),
        provider: case.input.get("provider").map(provider),
        statements: case.input.all("statement").map(statement).collect(),
    }
}

/// `mta_sts: id = policy` (line ends as `|`) and `mta_sts_since: seconds`.
fn history(case: &Case, keys: Vec<KeySeen>) -> Option<History> {
    let mta_sts = case.input.get("mta_sts").map(|line| {
        let (id, policy) = line.split_once(" = ").unwrap();
        (id.into(), policy.replace('|', "\r\n").into_bytes().into())
    });
    let mta_sts_mode_since_s = case.input.get("mta_sts_since").map(|since| since.parse().unwrap());
    let audits = case.input.get("audits").map_or(0, |audits| audits.parse().unwrap());
    let every_s = case.input.get("every").map(|every| every.parse().unwrap());
    let known = !keys.is_empty() || mta_sts.is_some() || mta_sts_mode_since_s.is_some() || audits > 0;
    known.then(|| History { audits, every_s, keys, mta_sts, mta_sts_mode_since_s, ..History::default() })
}

/// The world of a case: its zone, its documents, and what `greet` and `server` lines say.
struct Stage<'a> {
    case: &'a Case,
    web: Both<&'a lookup::Zone, Shelf>,
}

impl Lookup for Stage<'_> {
    /// `answer: name NS = server` says what no zone can: records beside an alias.
    async fn ask(&self, question: Question) -> Answer {
        let wanted = format!("{question} = ");
        match self.case.input.all("answer").find_map(|line| line.strip_prefix(&wanted)) {
            Some(server) => Answer::of(vec![Data::Ns(Domain::parse(server).unwrap())], 300),
            None => self.web.ask(question).await,
        }
    }
}

impl Fetch for Stage<'_> {
    fn fetch(&self, request: Request) -> impl Future<Output = Fetched> + Send {
        self.web.fetch(request)
    }
}

impl World for Stage<'_> {
    /// `server: name kind server address "text"`, or a failure's word in place of the text; `size=bytes`, `tcp-refused`.
    async fn ask_servers(&self, question: &Question) -> Servers {
        let answers: Vec<_> = self.case.input.all("server").filter_map(|line| server_answer(line, question)).collect();
        if answers.is_empty() { Servers::NotAsked } else { Servers::Asked { zone: question.name.clone(), answers } }
    }

    /// `greet: host = plain`, `failed`, `unreachable`, `tls names=a,b ends=seconds trusted`.
    async fn greet(&self, host: &Domain) -> Greeting {
        let line = self.case.input.all("greet").find_map(|line| line.strip_prefix(&format!("{host} = ")));
        match line.map(|line| line.split(' ').collect::<Vec<_>>()) {
            None => Greeting::NotAsked,
            Some(words) => match words[0] {
                "plain" => Greeting::Plain,
                "failed" => Greeting::TlsFailed,
                "unreachable" => Greeting::Unreachable,
                "tls" => Greeting::Tls { version: "1.3", certificate: certificate(&words[1..]) },
                other => panic!("greet: {other}"),
            },
        }
    }
}

fn server_answer(line: &str, question: &Question) -> Option<ServerAnswer> {
    let [name, kind, server, address, rest] = line.splitn(5, ' ').collect::<Vec<_>>().try_into().unwrap();
    if name != question.name.as_str() || kind != question.kind.as_str() {
        return None;
    }
    let (answer, words) = match rest.strip_prefix('"') {
        Some(quoted) => {
            let (text, words) = quoted.rsplit_once('"').unwrap();
            (Answer::of(vec![Data::txt(text)], 300), words)
        }
        None => (Answer::Failed(Failure::parse(rest).unwrap()), ""),
    };
    let size = words.split(' ').find_map(|word| word.strip_prefix("size="));
    Some(ServerAnswer {
        server: Domain::parse(server).unwrap(),
        address: address.parse().unwrap(),
        answer,
        size_bytes: size.map_or(100, |size| size.parse().unwrap()),
        way: if words.contains("tcp-refused") { Way::TcpRefused } else { Way::Udp },
    })
}

fn certificate(words: &[&str]) -> Certificate {
    let value = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    Certificate {
        names: value("names").into_iter().flat_map(|names| names.split(',')).map(Into::into).collect(),
        ends_s: value("ends").map_or(i64::MAX, |ends| ends.parse().unwrap()),
        is_trusted: words.contains(&"trusted"),
        der: b"certificate".as_slice().into(),
        public_key: b"key".as_slice().into(),
    }
}

/// `used: selector first last messages`, with `below` when `i=` was below the domain.
fn used(case: &Case, words: &str) -> SelectorUse {
    let words: Vec<_> = words.split(' ').collect();
    let domain = Domain::parse(case.input.need("domain")).unwrap();
    let number = |at: usize| words[at].parse::<i64>().unwrap();
    SelectorUse {
        selector: words[0].into(),
        domain,
        first_s: number(1),
        last_s: number(2),
        messages: u64::try_from(number(3)).unwrap(),
        identity_below: words.get(4) == Some(&"below"),
    }
}

/// `key: selector first last = text`: what an earlier audit saw.
fn key(line: &str) -> KeySeen {
    let (words, text) = line.split_once(" = ").unwrap();
    let words: Vec<_> = words.split(' ').collect();
    KeySeen {
        selector: words[0].into(),
        text: text.as_bytes().into(),
        first_s: words[1].parse().unwrap(),
        last_s: words[2].parse().unwrap(),
    }
}

fn signer(words: &str) -> Signer {
    let mut signer = Signer::default();
    for (name, value) in words.split(' ').map(|word| word.split_once('=').unwrap()) {
        match name {
            "signed" => signer.signed = value.parse().unwrap(),
            "exposed" => signer.exposed_keys = value.parse().unwrap(),
            "mismatched" => signer.mismatched.push(value.into()),
            "unsigned" => signer.unsigned = value.parse().unwrap(),
            "covers" => signer.covers_fields = value == "yes",
            "length" => signer.uses_length = value == "yes",
            other => panic!("signer: {other}"),
        }
    }
    signer
}

fn reported(words: &str) -> Reported {
    let mut reported = Reported::default();
    for (name, value) in words.split(' ').map(|word| word.split_once('=').unwrap()) {
        if name == "above" {
            reported.policy_domain = Some(Domain::parse(value).unwrap());
            continue;
        }
        let value = value.parse().unwrap();
        match name {
            "own" => reported.own = value,
            "own_passed" => reported.own_passed = value,
            "own_signed" => reported.own_signed = value,
            "own_below" => reported.own_below = value,
            "forwarded" => reported.forwarded = value,
            "reports" => reported.reports = value,
            "messages" => reported.messages = value,
            "days" => reported.days = u32::try_from(value).unwrap(),
            "next" => {
                reported.next_step =
                    Some([NextStep::Stay, NextStep::Raise, NextStep::Arrived][usize::try_from(value).unwrap()]);
            }
            other => panic!("reports: {other}"),
        }
    }
    reported
}

/// The documents of a case: `.shelf` beside the zone, as `lookup::fetch::Shelf` reads them.
fn shelf(case: &Case, extension: &str) -> Shelf {
    std::fs::read_to_string(beside(case, extension)).map_or_else(|_| Shelf::new(), |text| Shelf::parse(&text).unwrap())
}

/// `spf` (`pass example.jp`), `signature` (several), `author`, `organization`, `dmarc` (`pass`, `fail`), `bulk: yes`, `tls`, `spam_rate`.
pub(crate) fn letter_facts(case: &Case) -> LetterFacts {
    let domain = |key: &str| case.input.get(key).map(|name| Domain::parse(name).unwrap());
    LetterFacts {
        spf: case.input.get("spf").map(|spf| {
            let (result, domain) = spf.split_once(' ').unwrap();
            (result == "pass", Domain::parse(domain).unwrap())
        }),
        signatures: case.input.all("signature").map(signature).collect(),
        author: domain("author"),
        organization: domain("organization"),
        dmarc: case.input.get("dmarc").map(|result| result == "pass"),
        dns_failed: case.input.get("dns").is_some(),
        reverse: case.input.get("reverse").map(|result| result == "pass"),
        is_bulk: case.input.get("bulk").is_some(),
        tls: case.input.get("tls").map(Into::into),
        spam_rate: case.input.get("spam_rate").map(|rate| rate.parse().unwrap()),
    }
}

/// `domain selector fields`, then `holds`, `simple`, `length=`, `signed=`, `expires=`.
fn signature(words: &str) -> SignatureFacts {
    let words: Vec<_> = words.split(' ').collect();
    let value = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    SignatureFacts {
        domain: Domain::parse(words[0]).unwrap(),
        selector: words[1].into(),
        holds: words.contains(&"holds"),
        fields: words[2].split(':').map(Into::into).collect(),
        body_length: value("length").map(|length| length.parse().unwrap()),
        simple_header: words.contains(&"simple"),
        signed_s: value("signed").map(|signed| signed.parse().unwrap()),
        expires_s: value("expires").map(|expires| expires.parse().unwrap()),
        identity: None,
    }
}

/// The settings that are on, by name: `spf dkim dmarc acts`.
fn receiver(words: &str) -> Receiver {
    let has = |name: &str| words.split(' ').any(|word| word == name);
    Receiver {
        spf: has("spf"),
        dkim: has("dkim"),
        dmarc: has("dmarc"),
        acts: has("acts"),
        judges_spf_breadth: has("breadth"),
        judges_signatures: has("signatures"),
        shows_domain: has("shows"),
        keeps_reputation: has("keeps"),
        uses_reputation: has("uses"),
        sends_reports: has("reports"),
        sends_failure_reports: has("failures"),
        bimi: has("bimi"),
        messages: 1_000,
    }
}

fn relay(words: &str) -> Relay {
    let has = |name: &str| words.split(' ').any(|word| word == name);
    Relay {
        rewrites_envelope: has("srs"),
        bounds_bounces: has("bounces"),
        rewrites_lists: has("lists"),
        signs_lists: has("signs"),
        seals: has("seals"),
    }
}

fn provider(words: &str) -> Provider {
    let mut provider = Provider::default();
    for (name, value) in words.split(' ').map(|word| word.split_once('=').unwrap()) {
        match name {
            "clients" => provider.clients = value.parse().unwrap(),
            "ready" => provider.ready = value.parse().unwrap(),
            "not_ready" => provider.not_ready.push(Domain::parse(value).unwrap()),
            "messages" => provider.messages = value.parse().unwrap(),
            "aligned" => provider.aligned = value.parse().unwrap(),
            "include" => provider.include = Some(Domain::parse(value).unwrap()),
            "delegated" => provider.delegated = value.parse().unwrap(),
            "open" => provider.unanswered.ready = value.parse().unwrap(),
            "open_keys" => provider.unanswered.delegated = value.parse().unwrap(),
            "open_records" => provider.unanswered.include = value.parse().unwrap(),
            "unanswered" => provider.unanswered.domains.push(Domain::parse(value).unwrap()),
            other => panic!("provider: {other}"),
        }
    }
    provider
}

/// `4-3 met operator note`.
fn statement(line: &str) -> Statement {
    let [requirement, met, by, note] = line.splitn(4, ' ').collect::<Vec<_>>().try_into().unwrap();
    Statement {
        requirement: requirement.into(),
        met: met == "met",
        by: by.into(),
        at_s: 1_800_000_000,
        note: note.into(),
    }
}
