//! The corpus of 2,000 messages, one thread, DNS answers in memory: messages per second of DKIM, SPF and all three,
//! beside the machine's limit, measured in turn with them.
//!
//! The limit is SHA-256 of each message and one public-key operation for each signature, with the parsed key kept.
//! Usage: `cargo bench -p sekisho-auth --bench corpus -- DIRECTORY [--rounds N] [--only dkim|spf|full|every]`. With `--serve`
//! it prints the verdicts and `ready`, then answers each line `limit`, `dkim`, `spf`, `full` or `every` (all other methods
//! beside the three) with the seconds of one pass over the corpus, so that `cargo xtask bench` can run it in turn with another program.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // a bench meets the world

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use auth::check::authenticate;
use auth::client::dns_lists::List;
use auth::{Envelope, Methods, Settings};
use dkim::crypto::HashAlgorithm;
use dkim::key::KeyRecord;
use dkim::{Algorithm, Options, Parsed};
use futures_util::FutureExt as _;
use lookup::{Answer, Data, Kind, Lookup as _, MailExchange, Question, Text, Zone};
use mailtext::{Domain, Headers};
use sekisho_auth as auth;

/// The allocator of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Time of verification: behind the corpus' expired signatures, before the others' end.
const NOW_S: u64 = 1_767_225_600;

/// SPF alone takes milliseconds for the whole corpus; so many passes make one measurement.
const SPF_PASSES: u32 = 20;

struct Entry {
    message: Vec<u8>,
    envelope: Arc<Envelope>,
    want: BTreeMap<&'static str, String>,
    class: String,
}

struct Corpus {
    entries: Vec<Entry>,
    zone: Arc<Zone>,
    /// SPF, DKIM and DMARC.
    settings: Arc<Settings>,
    /// … and every other method.
    every: Arc<Settings>,
}

type Pass<'a> = (&'static str, &'a dyn Fn());

fn main() {
    let mut directory = None;
    let (mut rounds, mut only, mut serving) = (7, None, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => rounds = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(rounds),
            "--only" => only = arguments.next(),
            "--serve" => serving = true,
            "--bench" => {}
            path => directory = Some(PathBuf::from(path)),
        }
    }
    let Some(directory) = directory else {
        println!("skipped: no corpus given (cargo bench -p sekisho-auth --bench corpus -- DIRECTORY)");
        return;
    };
    let corpus = Corpus::read(&directory);
    let operations = operations(&corpus);
    let bytes: usize = corpus.entries.iter().map(|entry| entry.message.len()).sum();
    println!("corpus   {} messages, {bytes} bytes, {} signatures", corpus.entries.len(), operations.len());
    agreement(&corpus);
    let passes: [Pass<'_>; 5] = [
        ("limit", &|| limit(&corpus, &operations)),
        ("dkim", &|| dkim_pass(&corpus)),
        ("spf", &|| spf_pass(&corpus)),
        ("full", &|| full_pass(&corpus, &corpus.settings)),
        ("every", &|| full_pass(&corpus, &corpus.every)),
    ];
    if serving {
        serve(&passes);
        return;
    }
    let passes: Vec<_> =
        passes.into_iter().filter(|(name, _)| only.as_deref().is_none_or(|only| only == *name)).collect();
    let mut seconds: Vec<Vec<f64>> = vec![Vec::new(); passes.len()];
    for round in 0..=rounds {
        for (pass, seconds) in passes.iter().zip(&mut seconds) {
            let taken = taken(pass);
            // The first round warms caches and parsed records.
            if round > 0 {
                seconds.push(taken);
            }
        }
    }
    report(&corpus, &passes, &seconds);
}

/// The seconds of one pass over the corpus.
fn taken((name, pass): &Pass<'_>) -> f64 {
    let passes = if *name == "spf" { SPF_PASSES } else { 1 };
    let start = Instant::now();
    for _ in 0..passes {
        pass();
    }
    start.elapsed().as_secs_f64() / f64::from(passes)
}

/// Answers the passes that the other side names until it hangs up.
fn serve(passes: &[Pass<'_>]) {
    println!("ready");
    for line in std::io::stdin().lines().map_while(Result::ok) {
        match passes.iter().find(|(name, _)| *name == line) {
            Some(pass) => println!("{:.9}", taken(pass)),
            None => println!("unknown"),
        }
    }
}

fn report(corpus: &Corpus, passes: &[Pass<'_>], seconds: &[Vec<f64>]) {
    let limit: Option<&Vec<f64>> = passes.iter().position(|pass| pass.0 == "limit").and_then(|at| seconds.get(at));
    for ((name, _), own) in passes.iter().zip(seconds) {
        let per_second = corpus.entries.len() as f64 / median(own);
        // Of each round its own ratio: the machine drifts between rounds more than within one.
        let ratio =
            limit.map(|limit| median(&limit.iter().zip(own).map(|(limit, own)| limit / own).collect::<Vec<_>>()));
        match ratio.filter(|_| matches!(*name, "dkim" | "full")) {
            Some(ratio) => println!("{name:<8} {per_second:>10.0} /s   {ratio:.3} of the limit"),
            None => println!("{name:<8} {per_second:>10.0} /s"),
        }
    }
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// What the limit does for each signature.
struct Operation {
    message: usize,
    key: Arc<Vec<Result<KeyRecord, dkim::key::KeyError>>>,
    algorithm: Algorithm,
    signature: Vec<u8>,
}

/// Every signature with its key; one whose key is gone takes the key before it, since the limit counts each.
fn operations(corpus: &Corpus) -> Vec<Operation> {
    let mut operations: Vec<Operation> = Vec::new();
    for (message, entry) in corpus.entries.iter().enumerate() {
        for field in Headers::parse(&entry.message).named("dkim-signature") {
            let signature = Parsed::parse(field.value, dkim::Age::Current).signature.unwrap();
            let question = Question::txt(signature.key_name.clone());
            let answer = corpus.zone.ask(question).now_or_never().unwrap();
            let key = match answer {
                Answer::Records(records) => records.derived(KeyRecord::parse_all),
                _ => Arc::clone(&operations.last().unwrap().key),
            };
            operations.push(Operation { message, key, algorithm: signature.algorithm, signature: signature.signature });
        }
    }
    operations
}

fn limit(corpus: &Corpus, operations: &[Operation]) {
    let mut operations = operations.iter().peekable();
    for (index, entry) in corpus.entries.iter().enumerate() {
        let digest = HashAlgorithm::Sha256.digest(&entry.message);
        while let Some(operation) = operations.next_if(|operation| operation.message == index) {
            let Some(Ok(key)) = operation.key.first() else { continue };
            black_box(key.public_key.verifies(operation.algorithm, &digest, &operation.signature));
        }
    }
}

fn dkim_pass(corpus: &Corpus) {
    for entry in &corpus.entries {
        let outcomes = dkim::verify(&*corpus.zone, &entry.message, Options::default(), NOW_S).now_or_never();
        black_box(outcomes.unwrap());
    }
}

fn spf_pass(corpus: &Corpus) {
    for entry in &corpus.entries {
        black_box(spf_check(corpus, entry));
    }
}

fn spf_check(corpus: &Corpus, entry: &Entry) -> spf::Checked {
    let request = auth::check::spf_request(&entry.envelope, &corpus.settings, NOW_S).unwrap();
    let limits = spf::Limits::default();
    let outcome = spf::check_identity(&*corpus.zone, &request, spf::Identity::MailFrom, &limits).now_or_never();
    outcome.unwrap().result
}

fn full_pass(corpus: &Corpus, settings: &Arc<Settings>) {
    for entry in &corpus.entries {
        black_box(facts(corpus, settings, entry));
    }
}

fn facts(corpus: &Corpus, settings: &Arc<Settings>, entry: &Entry) -> auth::Facts {
    let (zone, settings) = (Arc::clone(&corpus.zone), Arc::clone(settings));
    authenticate(zone, settings, Arc::clone(&entry.envelope), &entry.message, NOW_S).now_or_never().unwrap()
}

/// How many verdicts are those that the corpus wants.
fn agreement(corpus: &Corpus) {
    let mut right: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for entry in &corpus.entries {
        let facts = facts(corpus, &corpus.settings, entry);
        let dkim: Vec<&str> = facts.dkim.iter().map(|outcome| dkim_word(&outcome.result)).collect();
        let got = [
            ("spf", spf_check(corpus, entry).verdict.as_str().to_owned()),
            ("dkim", if dkim.is_empty() { "none".to_owned() } else { dkim.join("+") }),
            ("dmarc", facts.dmarc.result.result.as_str().to_owned()),
        ];
        for (method, got) in got {
            let want = &entry.want[method];
            if *want == got {
                *right.entry(method).or_default() += 1;
            } else {
                wrong.entry(format!("{method} wants {want}, is {got}")).or_default().push(&entry.class);
            }
        }
    }
    for method in ["spf", "dkim", "dmarc"] {
        println!("verdicts {method}: {} of {} right", right.get(method).unwrap_or(&0), corpus.entries.len());
    }
    for (what, classes) in wrong {
        println!("         {what}: {} ({})", classes.len(), classes[0]);
    }
}

fn dkim_word(verification: &dkim::Verification) -> &'static str {
    match verification.problem {
        None if verification
            .weaknesses
            .iter()
            .any(|weakness| matches!(weakness, dkim::Weakness::BodyLength { .. })) =>
        {
            "pass_l"
        }
        None => "pass",
        Some(dkim::Problem::Expired(_)) => "expired",
        Some(problem) => problem.status().as_str(),
    }
}

impl Corpus {
    fn read(directory: &Path) -> Self {
        let text = |name: &str| std::fs::read_to_string(directory.join(name)).unwrap();
        let mut zone = Zone::new();
        for line in text("zone/zone.tsv").lines() {
            let columns: Vec<&str> = line.splitn(3, '\t').collect();
            zone.add(&Domain::query(columns[0]).unwrap(), data(columns[1], columns[2]), 3600);
        }
        let envelopes = text("envelopes.csv");
        let entries = envelopes.lines().skip(1).map(|line| Entry::read(directory, line)).collect();
        let with = |methods| Arc::new(Settings { methods, ..Settings::new("mx.example.jp") });
        // Lists want an operator's choice; one of each kind is asked, and knows nobody.
        let list = |zone: &str, make: fn(Domain) -> List| make(Domain::parse(zone).unwrap());
        let lists = [list("white.example", List::dnswl), list("black.example", List::dnsbl)];
        let roots = Arc::new(bimi::Roots::default());
        let bimi = bimi::Settings { evidence: bimi::EvidenceUse::Required, roots };
        let every = Methods { dns_lists: Arc::from(lists), bimi: Some(bimi), ..Methods::all() };
        Self { entries, zone: Arc::new(zone), settings: with(Methods::none()), every: with(every) }
    }
}

impl Entry {
    fn read(directory: &Path, line: &str) -> Self {
        let columns: Vec<&str> = line.split(',').collect();
        let (ip, helo, mail_from) = (columns[1].parse().unwrap(), columns[3], columns[4]);
        let want = [("spf", columns[7]), ("dkim", columns[8]), ("dmarc", columns[9])];
        Self {
            message: std::fs::read(directory.join(columns[0])).unwrap(),
            envelope: Arc::new(Envelope::new(Some(ip), Some(helo), Some(mail_from.as_bytes()))),
            want: want.into_iter().map(|(method, word)| (method, word.to_owned())).collect(),
            class: columns[10].to_owned(),
        }
    }
}

fn data(kind: &str, text: &str) -> Data {
    let name = |text: &str| Domain::query(text).unwrap();
    match Kind::parse(kind).unwrap() {
        Kind::Txt => Data::Txt(Text::from_strings(text.as_bytes().chunks(255))),
        Kind::A => Data::A(text.parse().unwrap()),
        Kind::Aaaa => Data::Aaaa(text.parse().unwrap()),
        Kind::Mx => {
            let (preference, host) = text.split_once(' ').unwrap();
            Data::Mx(MailExchange { preference: preference.parse().unwrap(), exchange: Some(name(host)) })
        }
        Kind::Ptr => Data::Ptr(name(text)),
        Kind::Ns => Data::Ns(name(text)),
        other => panic!("{other} in the corpus"),
    }
}
