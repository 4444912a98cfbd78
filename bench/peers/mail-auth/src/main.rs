//! mail-auth over the benchmark's corpus, one thread, DNS answers in memory: the same passes as our own benchmark
//! (`crates/auth/benches/corpus.rs`), so that `cargo xtask bench` can run both in turn.
//!
//! Usage: `peer-mail-auth DIRECTORY [--rounds N]` prints verdicts and messages per second; with `--serve` it prints the
//! verdicts and `ready`, then answers each line `dkim`, `spf` or `full` with the seconds of one pass over the corpus.
//!
//! The peer gets what it offers: TXT records are kept as it parsed them, absent names are known to be absent, the maps
//! hash as fast as ours, and its own resolver is never asked (a future that is not ready at once ends the program).

mod memory;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use futures_util::FutureExt as _;
use mail_auth::dkim::DkimError;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::hickory_resolver::config::{ResolverConfig, ResolverOpts};
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DmarcOutput, DmarcResult, Error, MessageAuthenticator, Parameters,
    SpfOutput, SpfResult,
};

use memory::Memory;

/// SPF alone takes milliseconds for the whole corpus; so many passes make one measurement.
const SPF_PASSES: u32 = 20;

const RECEIVER: &str = "mx.example.jp";

struct Entry {
    message: Vec<u8>,
    client: IpAddr,
    helo: String,
    mail_from: String,
    want: [String; 3],
    class: String,
}

struct Bench {
    entries: Vec<Entry>,
    dns: Memory,
    authenticator: MessageAuthenticator,
}

fn main() {
    let (mut directory, mut rounds, mut serve) = (None, 7, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => rounds = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(rounds),
            "--serve" => serve = true,
            path => directory = Some(PathBuf::from(path)),
        }
    }
    let Some(directory) = directory else {
        eprintln!("usage: peer-mail-auth DIRECTORY [--rounds N] [--serve]");
        std::process::exit(2);
    };
    let bench = Bench::read(&directory);
    bench.agreement();
    if serve {
        answer(&bench);
    } else {
        report(&bench, rounds);
    }
}

/// Answers the passes that the other side names until it hangs up.
fn answer(bench: &Bench) {
    println!("ready");
    for line in std::io::stdin().lines().map_while(Result::ok) {
        match bench.seconds(&line) {
            Some(seconds) => println!("{seconds:.9}"),
            None => println!("unknown"),
        }
    }
}

fn report(bench: &Bench, rounds: usize) {
    let passes = ["dkim", "spf", "full"];
    let mut seconds = passes.map(|_| Vec::new());
    for round in 0..=rounds {
        for (pass, seconds) in passes.iter().zip(&mut seconds) {
            let taken = bench.seconds(pass).unwrap();
            // The first round warms the caches.
            if round > 0 {
                seconds.push(taken);
            }
        }
    }
    for (pass, mut seconds) in passes.iter().zip(seconds) {
        seconds.sort_by(f64::total_cmp);
        println!("{pass:<8} {:>10.0} /s", bench.entries.len() as f64 / seconds[seconds.len() / 2]);
    }
}

impl Bench {
    fn read(directory: &Path) -> Self {
        let text = |name: &str| std::fs::read_to_string(directory.join(name)).unwrap();
        let entries = text("envelopes.csv").lines().skip(1).map(|line| Entry::read(directory, line)).collect();
        // A resolver without servers: whatever the maps do not answer fails loudly.
        let nowhere = ResolverConfig::from_parts(None, Vec::new(), Vec::new());
        let authenticator = MessageAuthenticator::new(nowhere, ResolverOpts::default()).unwrap();
        Self { entries, dns: Memory::parse(&text("zone/zone.tsv")), authenticator }
    }

    /// The seconds of one pass over the corpus.
    fn seconds(&self, pass: &str) -> Option<f64> {
        let (run, passes): (fn(&Self), u32) = match pass {
            "dkim" => (Self::dkim_pass, 1),
            "spf" => (Self::spf_pass, SPF_PASSES),
            "full" => (Self::full_pass, 1),
            _ => return None,
        };
        let start = Instant::now();
        for _ in 0..passes {
            run(self);
        }
        Some(start.elapsed().as_secs_f64() / f64::from(passes))
    }

    fn dkim_pass(&self) {
        for entry in &self.entries {
            let message = AuthenticatedMessage::parse(&entry.message).unwrap();
            black_box(self.dkim(&message));
        }
    }

    fn spf_pass(&self) {
        for entry in &self.entries {
            black_box(self.spf(entry));
        }
    }

    fn full_pass(&self) {
        for entry in &self.entries {
            let message = AuthenticatedMessage::parse(&entry.message).unwrap();
            let dkim = self.dkim(&message);
            let spf = self.spf(entry);
            black_box(self.dmarc(entry, &message, &dkim, &spf));
        }
    }

    fn dkim<'m>(&'m self, message: &'m AuthenticatedMessage<'m>) -> Vec<DkimOutput<'m>> {
        let verified = self.authenticator.verify_dkim(Parameters::new(message).with_cache(&self.dns));
        verified.now_or_never().expect("answers are in memory")
    }

    fn spf(&self, entry: &Entry) -> SpfOutput {
        let parameters = match entry.mail_from.as_str() {
            "" => SpfParameters::helo(entry.client, &entry.helo, RECEIVER),
            mail_from => SpfParameters::mail_from(entry.client, &entry.helo, RECEIVER, mail_from),
        };
        let checked = self.authenticator.check_host(Parameters::new(parameters).with_cache(&self.dns));
        checked.now_or_never().expect("answers are in memory")
    }

    fn dmarc(
        &self,
        entry: &Entry,
        message: &AuthenticatedMessage<'_>,
        dkim: &[DkimOutput<'_>],
        spf: &SpfOutput,
    ) -> DmarcOutput {
        let domain = entry.mail_from.rsplit_once('@').map_or(entry.helo.as_str(), |(_, domain)| domain);
        let parameters = DmarcParameters::new(message, dkim, domain, spf);
        let verified = self.authenticator.verify_dmarc(Parameters::new(parameters).with_cache(&self.dns));
        verified.now_or_never().expect("answers are in memory")
    }

    /// How many verdicts are those that the corpus wants, and which differ.
    fn agreement(&self) {
        const METHODS: [&str; 3] = ["spf", "dkim", "dmarc"];
        let mut right = [0; 3];
        let mut wrong: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for entry in &self.entries {
            let message = AuthenticatedMessage::parse(&entry.message).unwrap();
            let (dkim, spf) = (self.dkim(&message), self.spf(entry));
            let dmarc = self.dmarc(entry, &message, &dkim, &spf);
            let words: Vec<&str> = dkim.iter().map(|output| dkim_word(output.result())).collect();
            let words = if words.is_empty() { "none".to_owned() } else { words.join("+") };
            let got = [spf_word(spf.result()).to_owned(), words, dmarc_word(&dmarc.result()).to_owned()];
            for (at, got) in got.into_iter().enumerate() {
                let want = &entry.want[at];
                if *want == got {
                    right[at] += 1;
                } else {
                    wrong.entry(format!("{} wants {want}, is {got}", METHODS[at])).or_default().push(&entry.class);
                }
            }
        }
        for (method, right) in METHODS.iter().zip(right) {
            println!("verdicts {method}: {right} of {} right", self.entries.len());
        }
        for (what, classes) in wrong {
            println!("         {what}: {} ({})", classes.len(), classes[0]);
        }
    }
}

impl Entry {
    fn read(directory: &Path, line: &str) -> Self {
        let columns: Vec<&str> = line.split(',').collect();
        Self {
            message: std::fs::read(directory.join(columns[0])).unwrap(),
            client: columns[1].parse().unwrap(),
            helo: columns[3].to_owned(),
            mail_from: columns[4].to_owned(),
            want: [7, 8, 9].map(|column| columns[column].to_owned()),
            class: columns[10].to_owned(),
        }
    }
}

/// The corpus' word for a signature's verdict: mail-auth's "neutral" for a changed body is the corpus' "fail".
fn dkim_word(result: &DkimResult) -> &'static str {
    match result {
        DkimResult::Pass => "pass",
        DkimResult::Neutral(Error::Dkim(DkimError::SignatureExpired)) => "expired",
        DkimResult::Neutral(Error::Dkim(DkimError::BodyHashMismatch)) | DkimResult::Fail(_) => "fail",
        DkimResult::Neutral(Error::Dkim(DkimError::BodyLengthTag)) => "neutral because of l=",
        DkimResult::Neutral(_) => "neutral",
        DkimResult::PermError(_) => "permerror",
        DkimResult::TempError(_) => "temperror",
        DkimResult::None => "none",
    }
}

fn spf_word(result: SpfResult) -> &'static str {
    match result {
        SpfResult::Pass => "pass",
        SpfResult::Fail => "fail",
        SpfResult::SoftFail => "softfail",
        SpfResult::Neutral => "neutral",
        SpfResult::TempError => "temperror",
        SpfResult::PermError => "permerror",
        SpfResult::None => "none",
    }
}

fn dmarc_word(result: &DmarcResult) -> &'static str {
    match result {
        DmarcResult::Pass => "pass",
        DmarcResult::Fail(_) => "fail",
        DmarcResult::TempError(_) => "temperror",
        DmarcResult::PermError(_) => "permerror",
        DmarcResult::None => "none",
    }
}
