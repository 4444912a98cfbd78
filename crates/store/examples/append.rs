//! How fast rows are stored: `cargo run --release -p sekisho-store --example append -- [rows] [writers] [folder]`.
//!
//! Each writer appends one row, waits for the answer, and goes on, as a daemon's connections do. Prints rows per second,
//! the CPU time per 1,000 rows, the size of the file, and the time of a few questions.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // an example

use std::path::PathBuf;
use std::time::{Duration, Instant};

use mailtext::Domain;
use report::ledger::{Entry, LedgerError};
use report::query::{DomainFilter, Reach};
use report::row::{AlignedPass, Dmarc, DmarcResult, Evaluation, MethodOutcome, Policy, Signature, SpfCheck};
use report::tally::{MeasureKind, Step};
use report::vocabulary::{Action, Algorithm, Aligned, Direction, Method, MethodResult};
use report::{Filter, Ledger, Query, Row, RowId, Site, TallyQuery, Why};
use sekisho_store::{Durability, Settings, Sqlite};
use testkit::block_on;

#[path = "shared/found.rs"]
mod found;

use found::Found;

const START_MS: u64 = 1_780_272_000_000;
/// One message every 100 ms, so that a million rows are a bit more than a day.
const STEP_MS: u64 = 100;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rows: u64 = arguments.next().map_or(50_000, |text| text.parse().unwrap());
    let writers: u64 = arguments.next().map_or(64, |text| text.parse().unwrap());
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    built(rows);
    for (durability, evidence) in
        [(Durability::BeforeReply, 0), (Durability::Async, 0), (Durability::BeforeReply, 12), (Durability::Async, 12)]
    {
        run(rows, writers, &folder, durability, evidence);
    }
}

fn run(rows: u64, writers: u64, folder: &std::path::Path, durability: Durability, evidence: u64) {
    let folder = tempfile::tempdir_in(folder).unwrap();
    let path = folder.path().join("ledger");
    let settings = Settings { durability, ..Settings::default() };
    let store = Sqlite::open(&path, settings).unwrap();
    let (began, cpu) = (Instant::now(), cpu_ms());
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let store = &store;
            scope.spawn(move || {
                for number in (writer..rows).step_by(writers as usize) {
                    // A full queue holds the mail back, as a daemon does that answers it later.
                    while let Err(error) = block_on(store.append(vec![entry(number, evidence)])) {
                        assert!(matches!(error, LedgerError::QueueFull { .. }), "{error}");
                        std::thread::sleep(Duration::from_millis(5));
                    }
                }
            });
        }
    });
    block_on(store.flush()).unwrap();
    let (took, cpu) = (began.elapsed(), cpu_ms() - cpu);
    let stats = store.stats();
    println!(
        "{durability:?}, {evidence} steps of evidence, {writers} writers: {rows} rows in {:.2} s = {:.0} rows/s, \
         {:.1} ms CPU per 1,000 rows, {:.1} rows per transaction",
        took.as_secs_f64(),
        rows as f64 / took.as_secs_f64(),
        cpu as f64 / (rows as f64 / 1000.0),
        stats.stored as f64 / stats.groups as f64,
    );
    ask(&store, rows);
    store.close().unwrap();
    let bytes = std::fs::metadata(&path).unwrap().len();
    println!("  {:.1} MB, {:.0} bytes per row", bytes as f64 / 1e6, bytes as f64 / rows as f64);
}

/// What the rows cost before they come to the store, and what their preparation costs.
fn built(rows: u64) {
    let cpu = cpu_ms();
    let made: u64 = (0..rows).map(|number| entry(number, 0).row.latency_us).sum();
    let building = cpu_ms() - cpu;
    let bytes: usize = (0..rows).map(|number| report::codec::encode(&entry(number, 0).row).unwrap().len()).sum();
    let per_thousand = |ms: u64| ms as f64 / (rows as f64 / 1000.0);
    println!(
        "making rows {:.1} ms CPU per 1,000, making and encoding {:.1} ms ({} bytes each) [{made}]",
        per_thousand(building),
        per_thousand(cpu_ms() - cpu - building),
        bytes as u64 / rows,
    );
}

fn ask(store: &Sqlite, rows: u64) {
    let timed = |name: &str, question: &dyn Fn() -> usize| {
        let began = Instant::now();
        let count = question();
        println!("  {name}: {count} in {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
    };
    let page =
        |filter: Filter| block_on(store.rows(Query { filter, limit: 50, ..Query::default() })).unwrap().rows.len();
    let tally = |kind, step, top| {
        let query = TallyQuery { top, ..TallyQuery::new(kind, START_MS, START_MS + rows * STEP_MS + 86_400_000, step) };
        block_on(store.tally(query)).unwrap().lines.len()
    };
    timed("newest 50", &|| page(Filter::default()));
    timed("by queue id", &|| page(Filter { queue_id: Some("4bXyZ0000000777".into()), ..Filter::default() }));
    let domain = DomainFilter::anywhere(domain("sender7.example"), Reach::Below);
    timed("by domain and below", &|| page(Filter { domain: Some(domain.clone()), ..Filter::default() }));
    timed("rejected", &|| page(Filter { action: Some(Action::Reject), ..Filter::default() }));
    timed("results by day", &|| tally(MeasureKind::Result, Step::Day { ahead_h: 9 }, None));
    timed("top 20 sources", &|| tally(MeasureKind::Source, Step::Whole, Some(20)));
}

fn domain(name: &str) -> Domain {
    Domain::parse(name).unwrap()
}

fn entry(number: u64, evidence: u64) -> Entry {
    let chance = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let sender = domain(&format!("sender{}.example", chance % 5000));
    let mut row = Row::new(RowId::new(START_MS + number * STEP_MS, Site::default(), 0), Direction::In);
    row.queue_id = Some(format!("4bXyZ{number:010}").into());
    row.client.ip = Some(std::net::Ipv4Addr::from(0x0a00_0000 + (chance % 200_000) as u32).into());
    row.client.name = Some(format!("out{}.sender.example", chance % 97).into());
    row.client.helo.clone_from(&row.client.name);
    row.envelope.mail_from = Some(report::row::Address::Text(format!("bounce-{number}@{sender}").into()));
    row.envelope.mail_from_domain = Some(sender.clone());
    row.envelope.recipient_count = 1;
    row.envelope.recipient_domains = vec![domain("city.example.jp")];
    row.message.size_bytes = 20_000;
    row.message.message_id = Some((u128::from(number) * 0x9e37_79b9_7f4a_7c15_0000_0001).to_be_bytes());
    let passed = MethodResult::Pass;
    row.spf.mail_from = Some(SpfCheck { domain: Some(sender.clone()), result: passed });
    row.spf.helo = Some(SpfCheck { domain: None, result: MethodResult::None });
    row.dkim.push(Signature {
        domain: Some(sender.clone()),
        selector: Some(domain("k2026")),
        result: passed,
        algorithm: Algorithm::RsaSha256,
        key_bits: Some(2048),
        problem: None,
    });
    row.dmarc = Dmarc { result: DmarcResult::Pass, authors: vec![evaluation(sender)] };
    row.others.push(MethodOutcome { method: Method::Iprev, result: passed, subject: None });
    row.verdict.action = if number.is_multiple_of(20) { Action::Reject } else { Action::Accept };
    row.latency_us = 1000 + chance % 30_000;
    let mut why = Why::default();
    (0..evidence).for_each(|_| why.push(&Found));
    Entry { row, why }
}

fn evaluation(author: Domain) -> Evaluation {
    Evaluation {
        author,
        result: DmarcResult::Pass,
        published: None,
        spf: Aligned::Strict,
        dkim: vec![Aligned::Strict],
        spf_aligned_pass: AlignedPass::Pass,
        dkim_aligned_pass: AlignedPass::Pass,
        wanted: Policy::None,
        reason: None,
    }
}

/// CPU time of this process, in milliseconds.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: u64 = after_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    ticks * 10
}
