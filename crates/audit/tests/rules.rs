//! The rules against zones: `testdata/cases/audit-*`, one area for each family.

// Helpers of tests may panic; clippy spares only the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros)]

extern crate sekisho_audit as audit;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use audit::draft::{Draft, DraftKind};
use audit::known::{History, LetterFacts, Reported, SelectorUse, SignatureFacts, Signer};
use audit::world::{Certificate, Greeting, ServerAnswer, Servers, Way, World};
use audit::{Desk, Finding, Fix, Known, Letter, SelectorSource, Snapshot, Subject, Usage, rule};
use lookup::fetch::{Both, Fetch, Fetched, Request, Shelf};
use lookup::{Answer, Data, Failure, Lookup, Question};
use mailtext::{Domain, Explain, Headers};
use testkit::Case;

/// The areas, with the beginnings of the ids that each is about: what other families find is not shown there.
const AREAS: &[(&str, &[&str])] = &[
    ("audit-dkim", &["DKM"]),
    ("audit-dmarc", &["DMC"]),
    ("audit-hosts", &["MXN"]),
    ("audit-legacy", &["ADS"]),
    ("audit-publication", &["COM"]),
    ("audit-transport", &["STS", "TRP"]),
];

#[test]
fn cases() {
    for (area, ids) in AREAS {
        let count = testkit::cases(area, |case| print(case, ids));
        assert!(count > 0, "{area}");
    }
}

#[test]
fn messages() {
    assert!(testdata_messages(|case| print_all(&letter_findings(case))) > 0);
}

/// Every rule is found somewhere.
#[test]
fn every_rule_has_a_case() {
    let mut found = BTreeSet::new();
    let of_messages = std::cell::RefCell::new(BTreeSet::new());
    testdata_messages(|case| {
        let list = letter_findings(case);
        of_messages.borrow_mut().extend(list.iter().map(|finding| finding.rule.id));
        print_all(&list)
    });
    found.extend(of_messages.into_inner());
    for (area, ids) in AREAS {
        let seen = std::cell::RefCell::new(BTreeSet::new());
        testkit::cases(area, |case| {
            seen.borrow_mut().extend(findings(case, ids).iter().map(|finding| finding.rule.id));
            print(case, ids)
        });
        found.extend(seen.into_inner());
    }
    let without: Vec<_> = rule::all().filter(|rule| !found.contains(rule.id)).map(|rule| rule.id).collect();
    assert!(without.is_empty(), "rules without a case: {without:?}");
}

#[test]
fn ids_are_in_order_and_sentences_are_theirs() {
    let ids: Vec<_> = rule::all().map(|rule| rule.id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "an id stands twice");
    for rule in rule::all() {
        assert_eq!(rule.sentence, format!("audit-{}", rule.id.to_ascii_lowercase()));
    }
}

fn findings(case: &Case, ids: &[&str]) -> Vec<Finding> {
    let (subject, known) = (subject(case), known(case));
    let world = Stage { case, web: Both { lookup: case.zone(), fetch: shelf(case) } };
    let snapshot = testkit::block_on(Snapshot::take(&world, subject));
    let mut list = rule::judge_domain(&Desk { snapshot: &snapshot, known: &known });
    list.retain(|finding| ids.iter().any(|id| finding.rule.id.starts_with(id)));
    list
}

/// `domain`, `usage` (`mail`, `parked`), `selector` (several), `draft` (`spf = v=spf1 -all`).
fn subject(case: &Case) -> Subject {
    let domain = Domain::parse(case.input.need("domain")).unwrap();
    let mut subject = Subject::new(domain.clone());
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
fn known(case: &Case) -> Known {
    let now_s = case.input.get("now").map_or(1_800_000_000, |now| now.parse().unwrap());
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
        ..Known::default()
    }
}

/// `mta_sts: id = policy` (line ends as `|`) and `mta_sts_since: seconds`.
fn history(case: &Case, keys: Vec<(Box<str>, Box<[u8]>, i64, i64)>) -> Option<History> {
    let mta_sts = case.input.get("mta_sts").map(|line| {
        let (id, policy) = line.split_once(" = ").unwrap();
        (id.into(), policy.replace('|', "\r\n").into_bytes().into())
    });
    let mta_sts_mode_since_s = case.input.get("mta_sts_since").map(|since| since.parse().unwrap());
    let known = !keys.is_empty() || mta_sts.is_some() || mta_sts_mode_since_s.is_some();
    known.then(|| History { keys, mta_sts, mta_sts_mode_since_s, ..History::default() })
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
fn key(line: &str) -> (Box<str>, Box<[u8]>, i64, i64) {
    let (words, text) = line.split_once(" = ").unwrap();
    let words: Vec<_> = words.split(' ').collect();
    (words[0].into(), text.as_bytes().into(), words[1].parse().unwrap(), words[2].parse().unwrap())
}

fn signer(words: &str) -> Signer {
    let mut signer = Signer::default();
    for (name, value) in words.split(' ').map(|word| word.split_once('=').unwrap()) {
        match name {
            "signed" => signer.signed = value.parse().unwrap(),
            "exposed" => signer.exposed_keys = value.parse().unwrap(),
            "mismatched" => signer.mismatched.push(value.into()),
            other => panic!("signer: {other}"),
        }
    }
    signer
}

fn reported(words: &str) -> Reported {
    let mut reported = Reported::default();
    for (name, value) in words.split(' ').map(|word| word.split_once('=').unwrap()) {
        let value = value.parse().unwrap();
        match name {
            "own" => reported.own = value,
            "own_passed" => reported.own_passed = value,
            "own_signed" => reported.own_signed = value,
            "own_below" => reported.own_below = value,
            "forwarded" => reported.forwarded = value,
            other => panic!("reports: {other}"),
        }
    }
    reported
}

/// The documents of a case: `.shelf` beside the zone, as `lookup::fetch::Shelf` reads them.
fn shelf(case: &Case) -> Shelf {
    let path = case.stem.with_file_name(format!("{}.shelf", case.name));
    std::fs::read_to_string(path).map_or_else(|_| Shelf::new(), |text| Shelf::parse(&text).unwrap())
}

fn testdata_messages(run: impl Fn(&Case) -> String) -> usize {
    testkit::cases("audit-message", run)
}

fn letter_findings(case: &Case) -> Vec<Finding> {
    let message = case.wire();
    let (headers, facts) = (Headers::parse(&message), letter_facts(case));
    rule::judge_message(&Letter { headers: &headers, facts: &facts })
}

/// `spf` (`pass example.jp`), `signature` (several), `author`, `organization`, `dmarc` (`pass`, `fail`), `bulk: yes`, `tls`, `spam_rate`.
fn letter_facts(case: &Case) -> LetterFacts {
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

fn print(case: &Case, ids: &[&str]) -> String {
    print_all(&findings(case, ids))
}

fn print_all(list: &[Finding]) -> String {
    let mut out = String::new();
    for finding in list {
        let _ = write!(out, "{} {} {}", finding.severity, finding.rule.id, finding.sentence);
        if let Some(place) = &finding.place {
            let _ = write!(out, " at {} {}", place.name, place.kind);
            if let Some(span) = place.span {
                let _ = write!(out, " [{}, {}]", span.start, span.end);
            }
        }
        for (name, value) in finding.arguments() {
            let _ = write!(out, "\n    {name}: {value}");
        }
        match &finding.fix {
            None => {}
            Some(Fix::Publish(record)) => {
                let _ = write!(out, "\n    publish: {} {} {}", record.name, record.kind, record.text);
            }
            Some(Fix::Remove { name, kind }) => {
                let _ = write!(out, "\n    remove: {name} {kind}");
            }
            Some(Fix::Do(sentence, arguments)) => {
                let _ = write!(out, "\n    do: {sentence} {arguments:?}");
            }
        }
        out.push('\n');
    }
    if out.is_empty() { "nothing\n".into() } else { out }
}
