//! Stores as large as the pages are promised to be quick over, for `cargo xtask bench pages`:
//! `cargo run --release -p sekisho-store --example pages -- FOLDER [thousandths of the whole]`.
//!
//! A million records of aggregate reports (50 million messages; 40 domains, 60 reporters, 400 days) with TLS and failure
//! reports beside them, and five million messages of 60 days. Always the same; the last day is [`LAST_DAY`], so that
//! whoever asks names the days. A store that is there is left as it is.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)] // an example

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::time::Instant;

use feedback::aggregate::{
    Aggregate, AlignedPass, Circumstances, DkimResult, Metadata, PublishedPolicy, Record, SpfResult, SpfScope,
};
use feedback::archive::{Class, Content, Host, Origin, Parcel, Status, Trust};
use feedback::failure::{AuthFailure, Failure};
use feedback::tls::{PolicyKind, Tls, TlsFailure, TlsPolicy, TlsResult};
use feedback::{Archive, Word};
use mailtext::Domain;
use report::ledger::Entry;
use report::row::{self, Address, Dmarc, DmarcResult, Evaluation, Policy, Signature, SpfCheck};
use report::vocabulary::{Action, Algorithm, Aligned, Direction, Disposition, MethodResult};
use report::{Ledger, Row, RowId, Site, Why};
use sekisho_store::archive::Settings as ArchiveSettings;
use sekisho_store::{Durability, Settings, Sqlite, SqliteArchive};
use testkit::block_on;

#[path = "shared/found.rs"]
mod found;

use found::Found;

/// 2026-11-22, in days since 1970.
const LAST_DAY: u64 = 20_779;
const DAY_S: u64 = 86_400;
const REPORT_DAYS: u64 = 400;
const REPORTS: u64 = 40_000;
const RECORDS: u64 = 25;
const DOMAINS: u64 = 40;
const REPORTERS: u64 = 60;
const MAIL_DAYS: u64 = 60;
const MESSAGES: u64 = 5_000_000;
const CALL: u64 = 256;
const BATCH: u64 = 1024;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().unwrap();
    let folder = Path::new(&folder);
    let thousandths: u64 = arguments.next().map_or(1000, |text| text.parse().unwrap());
    // Filled beside, and given its name when it is whole.
    let filled = |name: &str, fill: &dyn Fn(&Path)| {
        let (whole, part) = (folder.join(name), folder.join(format!("{name}.part")));
        if whole.exists() {
            return;
        }
        let clear = |ends: &[&str]| {
            for end in ends {
                let _ = std::fs::remove_file(folder.join(format!("{name}.part{end}")));
            }
        };
        clear(&["", "-wal", "-shm"]);
        let began = Instant::now();
        fill(&part);
        clear(&[".hot", ".hot-wal", ".hot-shm"]);
        std::fs::rename(&part, &whole).unwrap();
        println!(
            "{name}: {:.0} s, {:.1} MB",
            began.elapsed().as_secs_f64(),
            whole.metadata().unwrap().len() as f64 / 1e6
        );
    };
    filled("reports.sqlite", &|path| reports(path, thousandths));
    filled("ledger.sqlite", &|path| messages(path, thousandths));
}

/// Numbers that look thrown, and are the same each time.
struct Dice(u64);

impl Dice {
    fn of(number: u64) -> Self {
        Self(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// One of so many, the first of them more often than the last.
    fn skewed(&mut self, limit: u64) -> u64 {
        self.below(limit).min(self.below(limit))
    }
}

fn reports(path: &Path, thousandths: u64) {
    let archive = SqliteArchive::open(path, ArchiveSettings::default()).unwrap();
    block_on(archive.keep_hosts((0..3_000).map(host).collect())).unwrap();
    let count = REPORTS * thousandths / 1000;
    for from in (0..count).step_by(CALL as usize) {
        let parcels = (from..count.min(from + CALL)).map(|number| aggregate(number, number * REPORT_DAYS / count));
        block_on(archive.import(parcels.collect(), None)).unwrap();
    }
    let others = 4_000 * thousandths / 1000;
    for from in (0..others).step_by(CALL as usize) {
        let parcels = (from..others.min(from + CALL)).map(|number| {
            let day = number * REPORT_DAYS / others;
            if number.is_multiple_of(4) { failure(number, day) } else { tls(number, day) }
        });
        block_on(archive.import(parcels.collect(), None)).unwrap();
    }
}

fn own(domain: u64) -> String {
    format!("town{domain:02}.example")
}

fn begin_s(day: u64) -> u64 {
    (LAST_DAY + 1 - REPORT_DAYS + day) * DAY_S
}

fn parcel(number: u64, kind: u8, begin_s: u64, content: Content, classes: Vec<Class>, raw_bytes: u64) -> Parcel {
    let mut digest = [kind; 32];
    digest[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    digest[24..].copy_from_slice(&number.to_be_bytes());
    Parcel {
        tenant: Box::default(),
        received_ms: (begin_s + DAY_S + number % 30_000) * 1000,
        origin: Origin {
            source: "imap:dmarc".into(),
            path: format!("INBOX/{number}").into(),
            member: format!("report-{number}.xml.gz").into(),
            trust: Trust::Given,
        },
        digest,
        raw: (0..raw_bytes).map(|at| (at ^ number) as u8).collect(),
        content,
        status: if number.is_multiple_of(97) { Status::Salvaged } else { Status::Accepted },
        reason: None,
        deviations: Vec::new(),
        classes,
    }
}

fn aggregate(number: u64, day: u64) -> Parcel {
    let mut dice = Dice::of(number);
    let (domain, reporter) = (dice.skewed(DOMAINS), dice.skewed(REPORTERS));
    let policy = [Policy::None, Policy::Quarantine, Policy::Reject][(domain % 3) as usize];
    let mut report = Aggregate {
        version: Some("1.0".into()),
        metadata: Metadata {
            organization: format!("Reporter {reporter}").into(),
            email: format!("dmarc@reporter{reporter:02}.example").into(),
            report_id: number.to_string().into(),
            begin_s: begin_s(day),
            end_s: begin_s(day) + DAY_S - 1,
            ..Metadata::default()
        },
        policy: PublishedPolicy {
            domain: own(domain).into(),
            policy: Word::Known(policy),
            ..PublishedPolicy::default()
        },
        ..Aggregate::default()
    };
    let (mut kinds, mut classes): (Vec<(u64, u64)>, Vec<Class>) = (Vec::new(), Vec::new());
    for _ in 0..RECORDS {
        let (kind, source, count, class) = sending(&mut dice, domain);
        let place = kinds.iter().position(|there| *there == kind).unwrap_or_else(|| {
            kinds.push(kind);
            report.circumstances.push(circumstances(domain, kind, policy));
            kinds.len() - 1
        });
        report.records.push(Record { source: Some(source.into()), count, circumstances: place as u32 });
        classes.push(class);
    }
    let begin_s = report.metadata.begin_s;
    parcel(number, 1, begin_s, Content::Aggregate(Box::new(report)), classes, 1_500)
}

/// Who sent: own servers, services, forwarders, forgers. What and which of it; from where; how many messages.
fn sending(dice: &mut Dice, domain: u64) -> ((u64, u64), Ipv4Addr, u64, Class) {
    match dice.below(100) {
        0..60 => {
            let kind = if dice.below(40) == 0 { 1 } else { 0 };
            ((0, kind), [198, 18, domain as u8, dice.skewed(24) as u8].into(), 1 + dice.below(130), Class::Legitimate)
        }
        60..72 => {
            let service = dice.skewed(8);
            let class = if (domain + service).is_multiple_of(3) { Class::Misconfigured } else { Class::Legitimate };
            ((1, service), [198, 19, service as u8, dice.below(60) as u8].into(), 1 + dice.below(60), class)
        }
        72..80 => {
            let forwarder = dice.skewed(300);
            (
                (2, forwarder % 50),
                [192, 0, (forwarder / 100) as u8, (forwarder % 100) as u8].into(),
                1 + dice.below(4),
                Class::Forwarded,
            )
        }
        _ => {
            let forger = dice.skewed(20_000);
            let address = Ipv4Addr::from(0xcb00_0000 + forger as u32 * 37);
            ((3, forger % 7), address, 1 + dice.below(9), Class::Suspected)
        }
    }
}

fn circumstances(domain: u64, (kind, which): (u64, u64), policy: Policy) -> Circumstances {
    let (own, passes) = (own(domain), |passes| Word::Known(if passes { AlignedPass::Yes } else { AlignedPass::No }));
    let (envelope, signed, dkim, spf) = match kind {
        0 => (own.clone(), own.clone(), true, which == 0),
        1 => {
            let service = format!("mailer{which}.example");
            let is_right = !(domain + which).is_multiple_of(3);
            (service.clone(), if is_right { own.clone() } else { service }, is_right, false)
        }
        2 => (format!("forwarder{which}.example"), own.clone(), true, false),
        _ => (format!("forger{which}.example"), own.clone(), false, false),
    };
    let wanted = match policy {
        Policy::None => Disposition::None,
        Policy::Quarantine => Disposition::Quarantine,
        Policy::Reject => Disposition::Reject,
    };
    Circumstances {
        disposition: Word::Known(if dkim || spf { Disposition::None } else { wanted }),
        dkim_aligned: passes(dkim),
        spf_aligned: passes(spf),
        header_from: if which == 3 { format!("news.{own}") } else { own }.into(),
        envelope_from: Some(envelope.clone().into()),
        dkim: vec![DkimResult {
            domain: signed.into(),
            selector: Some("s2026".into()),
            result: Word::Known(if kind == 3 { MethodResult::Fail } else { MethodResult::Pass }),
            comment: None,
        }],
        spf: vec![SpfResult {
            domain: envelope.into(),
            scope: Word::Known(SpfScope::MailFrom),
            result: Word::Known(if kind == 3 { MethodResult::Fail } else { MethodResult::Pass }),
            comment: None,
        }],
        ..Circumstances::default()
    }
}

fn tls(number: u64, day: u64) -> Parcel {
    let mut dice = Dice::of(number + (1 << 40));
    let failed = if dice.below(5) == 0 { 1 + dice.below(40) } else { 0 };
    let failures = (failed > 0).then(|| TlsFailure {
        result: Word::Known([TlsResult::CertificateExpired, TlsResult::StartTlsNotSupported][dice.below(2) as usize]),
        sending_ip: Some(Ipv4Addr::new(203, 0, 113, dice.below(250) as u8).into()),
        mx_host: Some("mx1.example".into()),
        count: failed,
        ..TlsFailure::default()
    });
    let report = Tls {
        organization: format!("Reporter {}", dice.skewed(REPORTERS)).into(),
        contact: "tls@reporter.example".into(),
        report_id: format!("t{number}").into(),
        begin_s: begin_s(day),
        end_s: begin_s(day) + DAY_S - 1,
        policies: vec![TlsPolicy {
            kind: Word::Known(PolicyKind::Sts),
            domain: own(dice.skewed(DOMAINS)).into(),
            successful_count: dice.below(2_000),
            failed_count: failed,
            failures: failures.into_iter().collect(),
            ..TlsPolicy::default()
        }],
    };
    parcel(number, 2, begin_s(day), Content::Tls(report), Vec::new(), 500)
}

fn failure(number: u64, day: u64) -> Parcel {
    let mut dice = Dice::of(number + (2 << 40));
    let domain = own(dice.skewed(DOMAINS));
    let report = Failure {
        feedback_type: "auth-failure".into(),
        auth_failure: Word::Known(AuthFailure::Dmarc),
        arrival_s: Some((begin_s(day) + dice.below(DAY_S)) as i64),
        source: Some(Ipv4Addr::from(0xcb00_0000 + dice.skewed(20_000) as u32 * 37).into()),
        incidents: 1,
        reported_domains: vec![domain.as_str().into()],
        header_from: Some(format!("info@{domain}").into()),
        subject: Some(format!("Invoice {number}").into()),
        ..Failure::default()
    };
    parcel(number, 3, begin_s(day), Content::Failure(Box::new(report)), Vec::new(), 800)
}

fn host(number: u64) -> Host {
    let address = match number {
        0..1_000 => Ipv4Addr::new(198, 18, (number / 25) as u8, (number % 25) as u8),
        1_000..1_480 => Ipv4Addr::new(198, 19, ((number - 1_000) / 60) as u8, ((number - 1_000) % 60) as u8),
        _ => Ipv4Addr::from(0xcb00_0000 + (number as u32 - 1_480) * 37),
    };
    Host {
        address: IpAddr::V4(address),
        name: Some(format!("host{number}.net{}.example", number / 25).into()),
        asn: Some(64_500 + (number / 100) as u32),
        as_name: Some(format!("Network {}", number / 100).into()),
        country: Some(["JP", "US", "DE", "BR"][(number / 100 % 4) as usize].into()),
        at_s: LAST_DAY * DAY_S,
    }
}

fn messages(path: &Path, thousandths: u64) {
    let ledger = Sqlite::open(path, Settings { durability: Durability::Async, ..Settings::default() }).unwrap();
    let count = MESSAGES * thousandths / 1000;
    for from in (0..count).step_by(BATCH as usize) {
        let entries: Vec<_> = (from..count.min(from + BATCH)).map(|number| message(number, count)).collect();
        // A full queue holds the mail back.
        while block_on(ledger.append(entries.clone())).is_err() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
    block_on(ledger.flush()).unwrap();
    ledger.close().unwrap();
}

fn domain(name: &str) -> Domain {
    Domain::parse(name).unwrap()
}

fn message(number: u64, count: u64) -> Entry {
    let mut dice = Dice::of(number + (3 << 40));
    let start_ms = (LAST_DAY + 1 - MAIL_DAYS) * DAY_S * 1000;
    let at_ms = start_ms + (u128::from(number) * u128::from(MAIL_DAYS * DAY_S * 1000) / u128::from(count)) as u64;
    let direction = if dice.below(6) == 0 { Direction::Out } else { Direction::In };
    let id = RowId::new(at_ms, Site::default(), (number % 1024) as _);
    let mut row = Row::new(id, direction);
    let sender = dice.skewed(20_000);
    let sender_domain = match (direction, dice.below(50)) {
        (Direction::Out, _) | (_, 0) => domain(&own(dice.skewed(DOMAINS))),
        _ => domain(&format!("sender{sender}.example")),
    };
    row.queue_id = Some(format!("4bXyZ{number:010}").into());
    row.client.ip = Some(Ipv4Addr::from(0x0a00_0000 + (sender * 8 + dice.below(8)) as u32).into());
    row.client.name = Some(format!("out{}.sender{sender}.example", dice.below(9)).into());
    row.client.helo.clone_from(&row.client.name);
    row.envelope.mail_from = Some(Address::Text(format!("user{}@{sender_domain}", dice.below(50)).into()));
    row.envelope.mail_from_domain = Some(sender_domain.clone());
    row.envelope.recipient_count = 1;
    row.envelope.recipient_domains = vec![domain(&own(dice.skewed(DOMAINS)))];
    row.message.size_bytes = 2_000 + dice.below(60_000);
    row.message.header_bytes = 2_000;
    row.message.message_id = Some((u128::from(number) * 0x9e37_79b9_7f4a_7c15_0000_0001).to_be_bytes());
    row.latency_us = 1_000 + dice.below(30_000);
    judged(&mut row, &sender_domain, &mut dice);
    let mut why = Why::default();
    if number.is_multiple_of(6) {
        (0..12).for_each(|_| why.push(&Found));
    }
    Entry { row, why }
}

fn judged(row: &mut Row, sender: &Domain, dice: &mut Dice) {
    let results = [MethodResult::Pass, MethodResult::Fail, MethodResult::SoftFail, MethodResult::None];
    let spf = if dice.below(10) < 7 { MethodResult::Pass } else { results[dice.below(4) as usize] };
    row.spf.mail_from = Some(SpfCheck { domain: Some(sender.clone()), result: spf });
    row.spf.helo = Some(SpfCheck { domain: None, result: MethodResult::None });
    let dkim = if dice.below(10) < 6 { MethodResult::Pass } else { MethodResult::Fail };
    if dice.below(5) > 0 {
        row.dkim.push(Signature {
            domain: Some(sender.clone()),
            selector: Some(domain("s2026")),
            result: dkim,
            algorithm: Algorithm::RsaSha256,
            key_bits: Some(2048),
            problem: None,
        });
    }
    let spf_passes = spf == MethodResult::Pass;
    let dkim_passes = dkim == MethodResult::Pass && !row.dkim.is_empty();
    let result = if spf_passes || dkim_passes { DmarcResult::Pass } else { DmarcResult::Fail };
    let pass = |passes| if passes { row::AlignedPass::Pass } else { row::AlignedPass::Fail };
    let author = Evaluation {
        author: sender.clone(),
        result,
        published: None,
        spf: Aligned::Strict,
        dkim: vec![Aligned::Strict; row.dkim.len()],
        spf_aligned_pass: pass(spf_passes),
        dkim_aligned_pass: pass(dkim_passes),
        wanted: Policy::None,
        reason: None,
    };
    row.dmarc = Dmarc { result, authors: vec![author] };
    if result == DmarcResult::Fail {
        (row.verdict.action, row.verdict.disposition) = match dice.below(4) {
            0 => (Action::Reject, Disposition::Reject),
            1 => (Action::Quarantine, Disposition::Quarantine),
            2 => (Action::Label, Disposition::None),
            _ => (Action::Accept, Disposition::None),
        };
    }
}
