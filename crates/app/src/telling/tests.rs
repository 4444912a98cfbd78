//! Days become letters, with a clock that the test turns; and what is left when a step fails.

use std::net::SocketAddr;
use std::sync::Mutex;

use dashboard::sources::What;
use feedback::Archive as _;
use feedback::aggregate::{
    Aggregate, AlignedPass, Circumstances, DkimResult, Metadata, PublishedPolicy, Record, SpfResult, SpfScope,
};
use feedback::archive::{Class, Content, Mark, Origin, Parcel, Standing, Status};
use feedback::{Word, archive};
use mailtext::Domain;
use net::ResolverConfig;
use report::row::Policy;
use report::vocabulary::MethodResult;
use store::archive::{AlertQuery, LatestQuery, Settings};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::*;

/// 2026-11-02, a Monday: 20 759 days after 1970 began.
const FIRST_DAY: u32 = 20_759;

/// When a day is looked at that has just settled.
fn settled_s(day: u32) -> u64 {
    (u64::from(day) + 1) * DAY_S + 12 * 3600
}

/// A server that takes mail, and what it took. It says `reply` to the final dot.
async fn server(reply: &'static str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let messages = Arc::clone(&taken);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let messages = Arc::clone(&messages);
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                stream.write_all(b"220 ready\r\n").await.unwrap();
                let mut line = String::new();
                while stream.read_line(&mut line).await.unwrap_or(0) > 0 {
                    let said = if line.to_uppercase().starts_with("DATA") {
                        stream.write_all(b"354 go on\r\n").await.unwrap();
                        let mut message = String::new();
                        while !message.ends_with("\r\n.\r\n") && stream.read_line(&mut message).await.unwrap_or(0) > 0 {
                        }
                        messages.lock().unwrap().push(message);
                        reply
                    } else {
                        "250 ok"
                    };
                    if stream.write_all(format!("{said}\r\n").as_bytes()).await.is_err() {
                        break;
                    }
                    line.clear();
                }
            });
        }
    });
    (address, taken)
}

struct Station {
    telling: Telling,
    manner: Manner,
    // It goes when nobody has a file of it open any more.
    folder: tempfile::TempDir,
}

impl Station {
    fn new(name: &str, server: SocketAddr, more: &str) -> Self {
        let folder = tempfile::Builder::new().prefix(&format!("sekisho-telling-{name}-")).tempdir().unwrap();
        let archive = SqliteArchive::open(&folder.path().join("reports.sqlite"), Settings::default()).unwrap();
        Self { telling: Telling::new(Arc::new(archive)), manner: manner(server, more), folder }
    }

    /// The same file, as the next start of the program has it.
    fn again(self) -> Self {
        let Self { folder, telling, manner } = self;
        drop(telling);
        let archive = SqliteArchive::open(&folder.path().join("reports.sqlite"), Settings::default()).unwrap();
        Self { telling: Telling::new(Arc::new(archive)), manner, folder }
    }

    /// A report of a day: addresses, counts, and whether they pass with the selector `s1`.
    async fn report(&self, day: u32, reporter: &str, records: &[(&str, u64, bool)]) {
        let parcel = parcel(day, reporter, records);
        self.telling.archive.import(vec![parcel], None).await.unwrap();
    }

    async fn quiet(&self, days: std::ops::Range<u32>) {
        for day in days {
            self.report(FIRST_DAY + day, "google.com", &[("192.0.2.1", 1000, true)]).await;
        }
    }

    /// One round, by its time; what became of letters.
    async fn round(&self, now_s: u64) -> Vec<(String, &'static str)> {
        self.telling.look(&self.manner, now_s).await.unwrap();
        let mut told = Vec::new();
        let mut tell = |one: Told| told.push((one.notice.subject.to_string(), one.status));
        self.telling.carry(&self.manner, now_s, &mut tell).await.unwrap();
        told
    }

    async fn waiting(&self) -> usize {
        let query = AlertQuery { is_waiting: true, ..AlertQuery::default() };
        self.telling.archive.alerts(query).await.unwrap().len()
    }
}

fn manner(server: SocketAddr, more: &str) -> Manner {
    let text = format!(
        "[reports.alerts]\nto = [\"postmaster@example.jp\"]\nfrom = \"sekisho@example.jp\"\n\
         submit = \"smtp://{server}\"\nkey_days = 28\n{more}"
    );
    let config = Config::parse(&text, "x").unwrap();
    // Nobody answers there.
    let mut resolver = ResolverConfig::with_servers(vec!["127.0.0.1:9".parse().unwrap()]);
    resolver.question_timeout = std::time::Duration::from_millis(50);
    resolver.try_timeout = std::time::Duration::from_millis(20);
    let resolver = Resolver::start(resolver).unwrap();
    Manner::of(&config, "mx.example.jp", &resolver, None).unwrap().unwrap()
}

fn parcel(day: u32, reporter: &str, records: &[(&str, u64, bool)]) -> Parcel {
    let circumstances = |passes: bool| Circumstances {
        dkim_aligned: Word::Known(if passes { AlignedPass::Yes } else { AlignedPass::No }),
        spf_aligned: Word::Known(AlignedPass::No),
        header_from: "example.jp".into(),
        dkim: vec![DkimResult {
            domain: "example.jp".into(),
            selector: Some("s1".into()),
            result: Word::Known(if passes { MethodResult::Pass } else { MethodResult::Fail }),
            comment: None,
        }],
        spf: vec![SpfResult {
            domain: "other.example".into(),
            scope: Word::Known(SpfScope::MailFrom),
            result: Word::Known(MethodResult::Fail),
            comment: None,
        }],
        ..Circumstances::default()
    };
    let begin_s = u64::from(day) * DAY_S;
    let id = format!("{reporter}-{day}-{records:?}");
    let report = Aggregate {
        version: Some("1.0".into()),
        namespace: Box::default(),
        metadata: Metadata {
            organization: reporter.into(),
            email: format!("dmarc@{reporter}").into(),
            contact: None,
            report_id: id.as_str().into(),
            begin_s,
            end_s: begin_s + DAY_S - 1,
            errors: Vec::new(),
            generator: None,
        },
        policy: PublishedPolicy {
            domain: "example.jp".into(),
            policy: Word::Known(Policy::None),
            ..PublishedPolicy::default()
        },
        circumstances: vec![circumstances(true), circumstances(false)],
        records: records
            .iter()
            .map(|(ip, count, passes)| Record {
                source: ip.parse().ok(),
                count: *count,
                circumstances: u32::from(!passes),
            })
            .collect(),
    };
    let classes = records.iter().map(|(_, _, passes)| if *passes { Class::Legitimate } else { Class::Suspected });
    let mut digest = [0; 32];
    digest.copy_from_slice(aws_lc_rs::digest::digest(&SHA256, id.as_bytes()).as_ref());
    Parcel {
        tenant: Box::default(),
        received_ms: (begin_s + DAY_S + 3600) * 1000,
        origin: Origin::default(),
        digest,
        raw: Vec::new(),
        classes: classes.collect(),
        content: Content::Aggregate(Box::new(report)),
        status: Status::Accepted,
        reason: None,
        deviations: Vec::new(),
    }
}

const SPOOF: (&str, u64, bool) = ("198.51.100.9", 200, false);
const OWN: (&str, u64, bool) = ("192.0.2.1", 1000, true);

#[tokio::test]
async fn a_new_source_is_told_once() {
    let (address, taken) = server("250 taken").await;
    let station = Station::new("once", address, "digest = \"never\"\n");
    station.quiet(0..10).await;
    assert_eq!(station.round(settled_s(FIRST_DAY + 9)).await, []);
    station.report(FIRST_DAY + 10, "google.com", &[OWN, SPOOF]).await;
    // The day has not settled yet.
    assert_eq!(station.round(settled_s(FIRST_DAY + 10) - 1).await, []);
    let subject = "DMARC alert: example.jp has a new source, 198.51.100.0/24 with 200 messages a day";
    let now_s = settled_s(FIRST_DAY + 10);
    assert_eq!(station.round(now_s).await, [(subject.to_owned(), "sent")]);
    // Again, when more of the day has come, after a restart, and on the next days.
    station.report(FIRST_DAY + 10, "Yahoo", &[SPOOF]).await;
    assert_eq!(station.round(now_s + 600).await, []);
    let station = station.again();
    assert_eq!(station.telling.recover(now_s + 601).await.unwrap(), 0);
    assert_eq!(station.round(now_s + 602).await, []);
    station.report(FIRST_DAY + 11, "google.com", &[OWN, SPOOF]).await;
    assert_eq!(station.round(settled_s(FIRST_DAY + 11)).await, []);
    let taken = taken.lock().unwrap();
    assert_eq!(taken.len(), 1);
    for wanted in [
        "From: \"Sekisho\"\r\n <sekisho@example.jp>\r\n",
        "To: postmaster@example.jp\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "* 2026-11-12  example.jp: a new source sends in its name:",
        "sekisho report sources --domain example.jp",
        "--from 2026-11-12",
        "Sekisho at mx.example.jp.",
    ] {
        assert!(readable(&taken[0]).contains(wanted), "{wanted} in\n{}", readable(&taken[0]));
    }
}

/// A message with its body as people read it.
fn readable(message: &str) -> String {
    let (head, body) = message.split_once("\r\n\r\n").unwrap();
    let body = if head.contains("quoted-printable") {
        String::from_utf8(mailtext::encode::decode_quoted_printable(body.as_bytes())).unwrap()
    } else if head.contains("base64") {
        String::from_utf8(mailtext::encode::decode_base64_lenient(body.as_bytes())).unwrap()
    } else {
        body.to_owned()
    };
    format!("{head}\r\n\r\n{body}")
}

#[tokio::test]
async fn history_is_learnt_and_not_told() {
    let (address, taken) = server("250 taken").await;
    let station = Station::new("history", address, "digest = \"never\"\n");
    station.quiet(0..20).await;
    station.report(FIRST_DAY + 18, "Yahoo", &[SPOOF]).await;
    assert_eq!(station.round(settled_s(FIRST_DAY + 19)).await, []);
    assert_eq!((station.waiting().await, taken.lock().unwrap().len()), (0, 0));
}

#[tokio::test]
async fn what_is_noticed_at_night_is_told_in_the_morning_in_one_letter() {
    let (address, taken) = server("250 taken").await;
    // 12:00 UTC is 21:00 in Japan.
    let more = "digest = \"never\"\nutc_offset = \"+09:00\"\nquiet = \"20:00-07:00\"\nlanguage = \"ja\"\n";
    let station = Station::new("quiet", address, more);
    station.quiet(0..10).await;
    assert_eq!(station.round(settled_s(FIRST_DAY + 9)).await, []);
    let now_s = settled_s(FIRST_DAY + 10);
    station.report(FIRST_DAY + 10, "google.com", &[OWN, SPOOF, ("203.0.113.7", 300, false)]).await;
    assert_eq!(station.round(now_s).await, []);
    assert_eq!(station.waiting().await, 2);
    assert_eq!(station.round(now_s + 10 * 3600 - 1).await, []);
    let told = station.round(now_s + 10 * 3600).await;
    assert_eq!(told, [("DMARC 警告: example.jp について 2 件".to_owned(), "sent")]);
    let text = readable(&taken.lock().unwrap()[0]);
    for wanted in ["198.51.100.0/24", "203.0.113.0/24", "なりすまし疑い", "お知らせしました。"] {
        assert!(text.contains(wanted), "{wanted} in\n{text}");
    }
    assert!(text.contains("Subject: =?UTF-8?B?") || text.contains("Subject: =?utf-8?"), "{text}");
}

#[tokio::test]
async fn only_so_many_letters_a_day() {
    let (address, taken) = server("250 taken").await;
    let station = Station::new("limit", address, "digest = \"never\"\nletters_per_day = 1\n");
    station.quiet(0..10).await;
    station.round(settled_s(FIRST_DAY + 9)).await;
    station.report(FIRST_DAY + 10, "google.com", &[OWN, SPOOF]).await;
    let now_s = settled_s(FIRST_DAY + 10);
    assert_eq!(station.round(now_s).await.len(), 1);
    station.report(FIRST_DAY + 10, "Yahoo", &[("203.0.113.7", 300, false)]).await;
    assert_eq!(station.round(now_s + 600).await, []);
    assert_eq!(station.waiting().await, 1, "it waits, and is not lost");
    assert_eq!(station.round(now_s + DAY_S - 1).await.len(), 0);
    assert_eq!(station.round(now_s + DAY_S).await.len(), 1);
    assert_eq!(taken.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn kinds_that_are_not_wanted_are_not_told() {
    let (address, _) = server("250 taken").await;
    let station = Station::new("kinds", address, "digest = \"never\"\nkinds = [\"policy-changed\"]\n");
    station.quiet(0..10).await;
    station.round(settled_s(FIRST_DAY + 9)).await;
    station.report(FIRST_DAY + 10, "google.com", &[OWN, SPOOF]).await;
    assert_eq!(station.round(settled_s(FIRST_DAY + 10)).await, []);
    assert_eq!(station.waiting().await, 0);
}

#[tokio::test]
async fn a_source_that_its_owner_knows_is_no_news() {
    let (address, _) = server("250 taken").await;
    let station = Station::new("mark", address, "digest = \"never\"\n");
    station.quiet(0..10).await;
    station.round(settled_s(FIRST_DAY + 9)).await;
    let mark = Mark {
        tenant: Box::default(),
        domain: Domain::parse("example.jp").unwrap(),
        sender: archive::Sender::Network("198.51.100.0/24".into()),
        standing: Standing::Approved,
        note: Box::default(),
        at_s: 1,
    };
    station.telling.archive.set_mark(mark, Some(Standing::Approved)).await.unwrap();
    station.report(FIRST_DAY + 10, "google.com", &[OWN, SPOOF]).await;
    assert_eq!(station.round(settled_s(FIRST_DAY + 10)).await, []);
}

#[tokio::test]
async fn a_server_that_says_no() {
    let later = server("451 not now").await;
    let never = server("550 never").await;
    for (name, (address, taken), status) in [("later", later, "deferred"), ("never", never, "given-up")] {
        let station = Station::new(name, address, "digest = \"never\"\nretry = \"1m\"\ngive_up = \"1h\"\n");
        station.quiet(0..10).await;
        station.round(settled_s(FIRST_DAY + 9)).await;
        station.report(FIRST_DAY + 10, "google.com", &[OWN, SPOOF]).await;
        let now_s = settled_s(FIRST_DAY + 10);
        assert_eq!(station.round(now_s).await[0].1, status);
        let again = station.round(now_s + 60).await;
        if status == "given-up" {
            assert_eq!(again, []);
            continue;
        }
        // Twice as long each time; an hour later it is given up.
        assert_eq!(again[0].1, "deferred");
        assert_eq!(station.round(now_s + 120).await, []);
        assert_eq!(station.round(now_s + 180).await[0].1, "deferred");
        assert_eq!(station.round(now_s + 3600).await[0].1, "given-up");
        assert_eq!(station.round(now_s + 9000).await, []);
        let ids: Vec<String> = taken.lock().unwrap().iter().map(|mail| message_id(mail)).collect();
        assert_eq!((ids.len(), ids.iter().all(|id| *id == ids[0])), (3, true), "the same id each time: {ids:?}");
    }
}

fn message_id(mail: &str) -> String {
    mail.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned()
}

/// The program may end at any step. What was being sent then comes once more under the same id, nothing else comes twice,
/// and nothing is lost.
#[tokio::test]
async fn an_end_at_any_step() {
    for step in 0..6 {
        let (address, taken) = server("250 taken").await;
        let station = Station::new(&format!("step{step}"), address, "digest = \"never\"\n");
        station.quiet(0..10).await;
        station.round(settled_s(FIRST_DAY + 9)).await;
        station.report(FIRST_DAY + 10, "google.com", &[OWN, SPOOF]).await;
        let now_s = settled_s(FIRST_DAY + 10);
        let (telling, manner) = (&station.telling, &station.manner);
        // So many of the steps are done before the end.
        if step > 0 {
            telling.fold(manner, now_s).await.unwrap();
        }
        if step > 1 {
            telling.write_alerts(manner, now_s).await.unwrap();
        }
        let due = telling.archive.notices(NoticeQuery::Due { now_s }).await.unwrap().pop();
        if let Some(notice) = due.filter(|_| step > 2) {
            let sending = Notice { state: NoticeState::Sending { at_s: now_s }, attempts: 1, ..notice.clone() };
            telling.archive.note(vec![NoticeChange::SetNotice(sending)]).await.unwrap();
            if step == 4 {
                // It was taken, and that was not written down any more.
                let mut tell = |_: Told| {};
                let waiting = Notice { state: NoticeState::Waiting { next_s: now_s, last: None }, ..notice.clone() };
                telling.archive.note(vec![NoticeChange::SetNotice(waiting)]).await.unwrap();
                telling.carry(manner, now_s, &mut tell).await.unwrap();
                let sending = Notice { state: NoticeState::Sending { at_s: now_s }, attempts: 1, ..notice.clone() };
                telling.archive.note(vec![NoticeChange::SetNotice(sending)]).await.unwrap();
            }
            if step == 5 {
                let mut tell = |_: Told| {};
                let waiting = Notice { state: NoticeState::Waiting { next_s: now_s, last: None }, ..notice };
                telling.archive.note(vec![NoticeChange::SetNotice(waiting)]).await.unwrap();
                telling.carry(manner, now_s, &mut tell).await.unwrap();
            }
        }
        let station = station.again();
        let count = station.telling.recover(now_s + 1).await.unwrap();
        assert_eq!(count, usize::from(matches!(step, 3 | 4)), "step {step}");
        for later in 2..5 {
            station.round(now_s + later * 60).await;
        }
        let ids: Vec<String> = taken.lock().unwrap().iter().map(|mail| message_id(mail)).collect();
        let sent = if step == 4 { 2 } else { 1 };
        assert_eq!((ids.len(), ids.iter().all(|id| *id == ids[0])), (sent, true), "step {step}: {ids:?}");
        assert_eq!(station.waiting().await, 0);
    }
}

#[tokio::test]
async fn every_week_a_digest() {
    for (language, subject, lines) in [
        (
            "en",
            "DMARC: example.jp needs you, 100.0 % of its own mail passes, 7200 messages (week to 2026-11-14)",
            [
                "example.jp: DMARC from 2026-11-08 to 2026-11-14.",
                "Alerts: 1.",
                "More: sekisho report advise example.jp",
            ],
        ),
        (
            "ja",
            "DMARC 週報: example.jp 要対応、正規のメールの pass 100.0 %、7200 通(2026-11-14 まで)",
            [
                "example.jp の 2026-11-08 から 2026-11-14 までの DMARC の状況です。",
                "警告は 1 件です。",
                "詳細: sekisho report advise example.jp",
            ],
        ),
    ] {
        let (address, taken) = server("250 taken").await;
        let more = format!("utc_offset = \"+09:00\"\ndigest = \"monday 08:00\"\nlanguage = \"{language}\"\n");
        let station = Station::new(&format!("digest-{language}"), address, &more);
        station.quiet(0..10).await;
        // The first time it is looked: no digest of a week in which nobody watched.
        assert_eq!(station.round(settled_s(FIRST_DAY + 9)).await, []);
        station.report(FIRST_DAY + 10, "google.com", &[OWN, SPOOF]).await;
        for day in 11..13 {
            station.report(FIRST_DAY + day, "google.com", &[OWN]).await;
        }
        assert_eq!(station.round(settled_s(FIRST_DAY + 12)).await.len(), 1, "the alert");
        // Monday, 2026-11-16, 08:00 in Japan: the last day that has settled is Saturday.
        let monday_s = u64::from(FIRST_DAY + 14) * DAY_S - 3600;
        assert_eq!(station.round(monday_s - 1).await, []);
        let told = station.round(monday_s).await;
        assert_eq!(told, [(subject.to_owned(), "sent")]);
        assert_eq!(station.round(monday_s + 600).await, []);
        let station = station.again();
        assert_eq!(station.round(monday_s + 1200).await, [], "once a week, whoever restarts");
        // What pages show of it: the alert, and the digest once.
        let query = LatestQuery { until_day: u32::MAX, limit: 9, ..LatestQuery::default() };
        let kept = station.telling.archive.latest(query).await.unwrap().lines;
        let shown: Vec<_> = kept.into_iter().filter_map(noticed::shown).collect();
        let [week, alert] = shown.as_slice() else { panic!("{shown:?}") };
        assert!(matches!(&alert.what, What::Reported(_)), "{alert:?}");
        let What::Told(brief) = &week.what else { panic!("{week:?}") };
        let days = (brief.from_day, brief.until_day, week.day);
        assert_eq!(days, (FIRST_DAY + 6, FIRST_DAY + 13, FIRST_DAY + 12));
        assert_eq!((brief.messages, brief.own, brief.passed, brief.alerts), (7200, 7000, 7000, 1));
        assert_eq!(station.waiting().await, 0, "no letter tells of a digest");
        let text = readable(taken.lock().unwrap().last().unwrap());
        for line in lines {
            assert!(text.contains(line), "{line} in\n{text}");
        }
        let columns = text.lines().map(crate::paint::columns).max();
        assert!(columns <= Some(78), "{columns:?} in\n{text}");
    }
}

#[tokio::test]
async fn one_digest_of_several_domains() {
    let (address, taken) = server("250 taken").await;
    let station = Station::new("several", address, "digest = \"monday 08:00\"\n");
    station.quiet(0..13).await;
    for name in ["quiet.example", "small.example"] {
        for day in 0..13 {
            let mut parcel = parcel(FIRST_DAY + day, "google.com", &[("192.0.2.9", 3, true)]);
            let Content::Aggregate(report) = &mut parcel.content else { panic!() };
            report.policy.domain = name.into();
            report.metadata.report_id = format!("{name}-{day}").into();
            parcel.digest[..name.len()].copy_from_slice(name.as_bytes());
            station.telling.archive.import(vec![parcel], None).await.unwrap();
        }
    }
    station.round(settled_s(FIRST_DAY + 9)).await;
    let told = station.round(u64::from(FIRST_DAY + 14) * DAY_S + 8 * 3600).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].0.starts_with("DMARC: ") && told[0].0.contains(" of 3 domains"), "{told:?}");
    let text = readable(taken.lock().unwrap().last().unwrap());
    for name in ["example.jp", "quiet.example", "small.example"] {
        assert!(text.contains(&format!("{name}: DMARC from")), "{name} in\n{text}");
    }
}

#[tokio::test]
async fn a_reporter_that_falls_silent_is_missed() {
    let (address, _) = server("250 taken").await;
    let station = Station::new("silent", address, "digest = \"never\"\n");
    station.quiet(0..12).await;
    for day in 0..9 {
        station.report(FIRST_DAY + day, "Yahoo", &[("192.0.2.1", 10, true)]).await;
    }
    assert_eq!(station.round(settled_s(FIRST_DAY + 11)).await, [], "learnt");
    station.quiet(12..13).await;
    let told = station.round(settled_s(FIRST_DAY + 12)).await;
    let subject = "DMARC alert: no reports of Yahoo about example.jp for 4 days";
    assert_eq!(told, [(subject.to_owned(), "sent")]);
}
