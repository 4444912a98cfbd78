//! How fast reports are taken in, and how fast questions are answered:
//! `cargo run --release -p sekisho-store --example reports -- [reports] [folder]`.
//!
//! Reports are of two sorts: such as come from everyone (57 records on average, most have one), and small ones (5 records
//! each). They come in calls of 256, which is what reading a directory or a mailbox brings; two calls are under way at a
//! time. Prints reports and records per second, the size of the file, and the time of questions.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // an example

use std::path::{Path, PathBuf};
use std::time::Instant;

use feedback::aggregate::{
    Aggregate, AlignedPass, Circumstances, DkimResult, Metadata, PublishedPolicy, Record, SpfResult, SpfScope,
};
use feedback::archive::{Class, Content, CountQuery, Division, DocumentQuery, Origin, Parcel, Status};
use feedback::{Archive, Word};
use report::query::Reach;
use report::row::Policy;
use report::vocabulary::{Disposition, MethodResult};
use sekisho_store::SqliteArchive;
use sekisho_store::archive::Settings;
use testkit::block_on;

const START_S: u64 = 1_735_689_600;
const DAY_S: u64 = 86_400;
const CALL_COUNT: u64 = 256;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let reports: u64 = arguments.next().map_or(17_500, |text| text.parse().unwrap());
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    run("of everyone", reports, &folder, mixed);
    run("small", reports * 57 / 5, &folder, |_| 5);
    run("one record each", reports, &folder, |_| 1);
}

/// 1, 10, 100, 1,000 and 10,000 records, as often as in the mail of everyone: 57 on average.
fn mixed(number: u64) -> u64 {
    match number % 672 {
        0..400 => 1,
        400..600 => 10,
        600..660 => 100,
        660..670 => 1_000,
        _ => 10_000,
    }
}

fn run(name: &str, reports: u64, folder: &Path, records: fn(u64) -> u64) {
    let folder = tempfile::tempdir_in(folder).unwrap();
    let path = folder.path().join("reports.sqlite");
    let archive = SqliteArchive::open(&path, Settings::default()).unwrap();
    // Made before, so that only the store is measured; as far as memory allows.
    let (mut took, mut cpu, mut record_count) = (0.0, 0, 0);
    for from in (0..reports).step_by(8_192) {
        let calls: Vec<_> = (from..reports.min(from + 8_192)).step_by(CALL_COUNT as usize).collect();
        let mut parcels: Vec<Option<Vec<Parcel>>> = calls
            .iter()
            .map(|first| {
                Some((*first..reports.min(first + CALL_COUNT)).map(|number| parcel(number, records(number))).collect())
            })
            .collect();
        record_count += (from..reports.min(from + 8_192)).map(records).sum::<u64>();
        let (began, cpu_before) = (Instant::now(), cpu_ms());
        let mut halves = parcels.chunks_mut(calls.len().div_ceil(2));
        std::thread::scope(|scope| {
            for half in [halves.next(), halves.next()].into_iter().flatten() {
                let archive = &archive;
                scope.spawn(move || {
                    for parcels in half {
                        block_on(archive.import(parcels.take().unwrap(), None)).unwrap();
                    }
                });
            }
        });
        took += began.elapsed().as_secs_f64();
        cpu += cpu_ms() - cpu_before;
    }
    println!(
        "{name}: {reports} reports, {record_count} records in {took:.2} s = {:.0} reports/s, {:.0} records/s; {:.1} ms CPU \
         per 1,000 reports",
        reports as f64 / took,
        record_count as f64 / took,
        cpu as f64 / (reports as f64 / 1000.0),
    );
    ask(&archive);
    drop(archive);
    let bytes = std::fs::metadata(&path).unwrap().len();
    println!("  {:.1} MB, {:.0} bytes per report", bytes as f64 / 1e6, bytes as f64 / reports as f64);
    let began = Instant::now();
    let again = SqliteArchive::open(&path, Settings { check_bytes_max: 0, ..Settings::default() }).unwrap();
    let opened = began.elapsed();
    block_on(again.import(vec![parcel(reports, 10)], None)).unwrap();
    let kept = began.elapsed();
    drop(again);
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1e3;
    println!(
        "  opened in {:.1} ms, one report kept after {:.1} ms, closed after {:.1} ms",
        ms(opened),
        ms(kept),
        ms(began.elapsed())
    );
}

fn ask(archive: &SqliteArchive) {
    let timed = |name: &str, question: &dyn Fn() -> (usize, u64)| {
        let (began, cpu) = (Instant::now(), cpu_us());
        let (lines, messages) = question();
        let (took, cpu) = (began.elapsed().as_secs_f64() * 1e3, cpu_us().saturating_sub(cpu) as f64 / 1e3);
        println!("  {name}: {lines} lines, {messages} messages in {took:.1} ms, {cpu:.1} ms of CPU");
    };
    let counts = |query: CountQuery, by: Division| {
        let lines = block_on(archive.counts(query, by)).unwrap();
        (lines.len(), lines.iter().map(|line| line.count).sum())
    };
    let everything = CountQuery { with_unauthenticated: true, ..CountQuery::default() };
    let by_all = Division { day: true, domain: true, reporter: true, class: true, disposition: true, aligned: true };
    timed("all", &|| counts(everything.clone(), Division::default()));
    timed("by day", &|| counts(everything.clone(), Division { day: true, ..Division::default() }));
    timed("by class and alignment", &|| {
        counts(everything.clone(), Division { class: true, aligned: true, ..Division::default() })
    });
    timed("by domain and reporter", &|| {
        counts(everything.clone(), Division { domain: true, reporter: true, ..Division::default() })
    });
    timed("by everything", &|| counts(everything.clone(), by_all));
    let domain = Some((mailtext::Domain::parse("shop007.co.jp").unwrap(), Reach::Below));
    timed("one domain by day and class", &|| {
        let by = Division { day: true, class: true, ..Division::default() };
        counts(CountQuery { domain: domain.clone(), ..CountQuery::default() }, by)
    });
    timed("one reporter by domain", &|| {
        let by = Division { domain: true, ..Division::default() };
        counts(CountQuery { reporter: Some("Yahoo".into()), ..CountQuery::default() }, by)
    });
    let sources = |query: CountQuery| {
        let lines = block_on(archive.sources(query)).unwrap();
        (lines.len(), lines.iter().map(|line| line.count).sum())
    };
    timed("sources of one domain", &|| sources(CountQuery { domain: domain.clone(), ..CountQuery::default() }));
    timed("sources of all", &|| sources(CountQuery { limit: 100, ..CountQuery::default() }));
    timed("reporters", &|| (block_on(archive.reporters(CountQuery::default())).unwrap().len(), 0));
    timed("domains", &|| (block_on(archive.domains(None)).unwrap().len(), 0));
    timed("newest 50", &|| {
        let query = DocumentQuery { limit: 50, ..DocumentQuery::default() };
        (block_on(archive.documents(query)).unwrap().lines.len(), 0)
    });
    timed("unknown hosts", &|| (block_on(archive.unknown_hosts(0, 100)).unwrap().len(), 0));
    timed("rebuild", &|| (0, block_on(archive.rebuild()).unwrap()));
}

fn parcel(number: u64, records: u64) -> Parcel {
    let mut chance = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = move |limit: u64| {
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (chance >> 33) % limit
    };
    let domain = format!("shop{:03}.co.jp", below(200));
    let organization = ["google.com", "Yahoo", "Outlook.com", "mail.ru", "Fastmail", "nifty.com"][below(6) as usize];
    let begin_s = START_S + DAY_S * below(300);
    let kinds = records.min(24);
    let circumstances = (0..kinds).map(|_| circumstances(&mut below, &domain)).collect();
    let records: Vec<Record> = (0..records)
        .map(|_| Record {
            source: Some(std::net::Ipv4Addr::from(0xc612_0000 + below(100_000) as u32).into()),
            count: 1 + below(99),
            circumstances: below(kinds) as u32,
        })
        .collect();
    let classes = [Class::Legitimate, Class::Forwarded, Class::Misconfigured, Class::Suspected];
    let classes = records.iter().map(|record| classes[record.circumstances as usize % 4]).collect();
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    digest[24..].copy_from_slice(&number.to_be_bytes());
    let raw = (0..1_200 + records.len() * 30).map(|at| (at as u64 ^ number) as u8).collect();
    let aggregate = Aggregate {
        version: Some("1.0".into()),
        metadata: Metadata {
            organization: organization.into(),
            email: format!("noreply@{}", organization.to_lowercase()).into(),
            report_id: number.to_string().into(),
            begin_s,
            end_s: begin_s + DAY_S - 1,
            ..Metadata::default()
        },
        policy: PublishedPolicy {
            domain: domain.into(),
            policy: Word::Known(Policy::Quarantine),
            ..PublishedPolicy::default()
        },
        circumstances,
        records,
        ..Aggregate::default()
    };
    Parcel {
        tenant: Box::default(),
        received_ms: (begin_s + DAY_S) * 1000,
        origin: Origin {
            source: "file".into(),
            path: format!("/var/reports/{number}.xml.gz").into(),
            ..Origin::default()
        },
        digest,
        raw,
        content: Content::Aggregate(Box::new(aggregate)),
        status: Status::Accepted,
        reason: None,
        deviations: Vec::new(),
        classes,
    }
}

fn circumstances(below: &mut impl FnMut(u64) -> u64, domain: &str) -> Circumstances {
    let aligned = [AlignedPass::Yes, AlignedPass::Yes, AlignedPass::No];
    Circumstances {
        disposition: Word::Known([Disposition::None, Disposition::Quarantine, Disposition::Reject][below(3) as usize]),
        dkim_aligned: Word::Known(aligned[below(3) as usize]),
        spf_aligned: Word::Known(aligned[below(3) as usize]),
        header_from: if below(5) == 0 { format!("news.{domain}") } else { domain.to_owned() }.into(),
        envelope_from: Some(format!("bounces.{domain}").into()),
        envelope_to: Some("rcpt.example.jp".into()),
        dkim: vec![DkimResult {
            domain: domain.into(),
            selector: Some(["s1024", "s2048"][below(2) as usize].into()),
            result: Word::Known([MethodResult::Pass, MethodResult::Fail][below(2) as usize]),
            comment: None,
        }],
        spf: vec![SpfResult {
            domain: format!("bounces.{domain}").into(),
            scope: Word::Known(SpfScope::MailFrom),
            result: Word::Known([MethodResult::Pass, MethodResult::SoftFail][below(2) as usize]),
            comment: None,
        }],
        ..Circumstances::default()
    }
}

/// CPU time of the threads of this process, in microseconds.
fn cpu_us() -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let of = |thread: std::fs::DirEntry| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).unwrap_or_default();
        text.split(' ').next().and_then(|ns| ns.parse::<u64>().ok()).unwrap_or(0) / 1000
    };
    threads.map(of).sum()
}

/// CPU time of this process, in milliseconds.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: u64 = after_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    ticks * 10
}
