//! Reports of rows, and what becomes of them at a server that says what it was told to say.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use feedback::outbox::memory::MemoryOutbox;
use feedback::outbox::settings::BounceAddress;
use feedback::outbox::target::{Found, Target, TargetAnswer};
use feedback::outbox::{Change, DeliveryQuery, JobEnd, JobQuery};
use net::ResolverConfig;
use net::mail_server::{MailServer, Security};
use net::submission::{SubmissionConfig, Submitter};
use report::row::*;
use report::vocabulary::*;
use report::{Row, RowId, Site};
use store::Memory;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::*;
use crate::config::Config;

/// 2026-11-22T00:00:00Z.
const DAY_S: u64 = 1_795_305_600;
const NOW_S: u64 = DAY_S + 26 * 3600;

fn name(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

/// What a server says at each step; where nothing is said for a step, it takes what comes. Behind "cut" the connection ends.
pub(crate) type Script = &'static [(&'static str, &'static str)];

/// A server, and the messages that it has taken.
pub(crate) async fn server(script: Script) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let taken = Arc::new(Mutex::new(Vec::new()));
    let messages = Arc::clone(&taken);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let said = |step: &str, usual: &'static str| {
                script.iter().find(|(other, _)| *other == step).map_or(usual, |(_, reply)| *reply)
            };
            let mut reply = said("greeting", "220 ready").to_owned();
            loop {
                if reply == "cut" || stream.write_all(format!("{reply}\r\n").as_bytes()).await.is_err() {
                    break;
                }
                let mut line = String::new();
                if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                    break;
                }
                let verb = line.get(..4).unwrap_or_default().to_uppercase();
                reply = match verb.as_str() {
                    "EHLO" => said("ehlo", "250 hello"),
                    "MAIL" => said("mail", "250 sender ok"),
                    "RCPT" => said("rcpt", "250 recipient ok"),
                    "DATA" if said("data", "354 go on").starts_with("354") => {
                        stream.write_all(b"354 go on\r\n").await.unwrap();
                        let mut message = String::new();
                        while !message.ends_with("\r\n.\r\n") && stream.read_line(&mut message).await.unwrap_or(0) > 0 {
                        }
                        let reply = said("end", "250 taken");
                        if reply.starts_with('2') {
                            messages.lock().unwrap().push(message);
                        }
                        reply
                    }
                    "DATA" => said("data", "354 go on"),
                    "QUIT" => "221 bye",
                    _ => "250 ok",
                }
                .to_owned();
            }
        }
    });
    (address, taken)
}

fn sending(server: SocketAddr, more: &str) -> Sending<MemoryOutbox> {
    sending_of(MemoryOutbox::new(), server, more)
}

/// What sends to that server whatever is in the outbox.
pub(crate) fn sending_of<O: Outbox>(outbox: O, server: SocketAddr, more: &str) -> Sending<O> {
    let text = format!(
        "[reports.send]\nfrom = \"reports@receiver.example\"\nsubmit = \"smtp://{server}\"\njitter = \"0s\"\n\
         retry = \"5m\"\nbounces = \"bounces@receiver.example\"\n{more}"
    );
    let config = Config::parse(&text, "x").unwrap().reporting;
    let settings = settings(&config).unwrap();
    let mail_server = MailServer::new(&server.ip().to_string(), server.port(), Security::Loopback);
    let submitter = Submitter::new(SubmissionConfig::new(mail_server, "receiver.example")).unwrap();
    // Nobody is asked: destinations are given.
    let resolver = Resolver::start(ResolverConfig::with_servers(vec!["127.0.0.1:9".parse().unwrap()])).unwrap();
    let signer = Signer::new(None, name("receiver.example"));
    let world = (resolver, signer, Carrier::Server(submitter));
    Sending::new((&config, Language::English, std::env::temp_dir()), (outbox, b"key"), settings, world)
}

fn row(second: u64, author: &str, ip: &str) -> Row {
    let sequence = u16::try_from(second % 4096).unwrap();
    let mut row = Row::new(RowId::new((DAY_S + second) * 1000, Site::default(), sequence), Direction::In);
    row.client.ip = Some(ip.parse().unwrap());
    row.envelope.mail_from = Some(Address::Text(format!("a@{author}").into()));
    row.envelope.mail_from_domain = Some(name(author));
    row.spf.mail_from = Some(SpfCheck { domain: Some(name(author)), result: MethodResult::Pass });
    row.dmarc.result = DmarcResult::Pass;
    row.dmarc.authors = vec![Evaluation {
        author: name(author),
        result: DmarcResult::Pass,
        published: Some(Published {
            domain: name(author),
            policy: Policy::None,
            subdomain_policy: None,
            nonexistent_policy: None,
            applied: PolicyTag::P,
            dkim_mode: Mode::Relaxed,
            spf_mode: Mode::Relaxed,
            failure_options: FailureOptions::default(),
            testing: Testing::Off,
            discovery: Discovery::TreeWalk,
            reports: Wanted::Yes,
        }),
        spf: Aligned::Strict,
        dkim: vec![],
        spf_aligned_pass: AlignedPass::Pass,
        dkim_aligned_pass: AlignedPass::Fail,
        wanted: Policy::None,
        reason: None,
    }];
    row.verdict.disposition = Disposition::Pass;
    row
}

async fn ledger(rows: Vec<Row>) -> Memory {
    let memory = Memory::new(10_000);
    memory.append(rows.into_iter().map(Into::into).collect()).await.unwrap();
    memory
}

/// The reports of a day, as jobs.
async fn made(sending: &Sending<MemoryOutbox>, rows: Vec<Row>) -> Vec<Job> {
    let outbox = sending.desk().outbox();
    outbox.commit(vec![Change::SetFoldedUntil(DAY_S)]).await.unwrap();
    let ledger = ledger(rows).await;
    sending.make_due(&ledger, NOW_S).await.unwrap();
    assert_eq!(sending.make_due(&ledger, NOW_S).await.unwrap(), 0, "made once");
    outbox.jobs(JobQuery::Latest(None), 100).await.unwrap()
}

async fn addressed(sending: &Sending<MemoryOutbox>, job: &Job, mailbox: &str) {
    let answer = TargetAnswer::To(vec![mailbox.into()]);
    let target = Target { uri: format!("mailto:{mailbox}").into(), answer, bytes_max: None, is_fresh: false };
    sending.desk().resolved(NOW_S, job, Found::Targets(vec![target])).await.unwrap();
}

async fn carried(sending: &Sending<MemoryOutbox>, now_s: u64) -> Vec<Outcome> {
    let mut told = Vec::new();
    sending.carry_due(now_s, &Scope::default(), &mut |outcome| told.push(outcome)).await.unwrap();
    told
}

#[tokio::test]
async fn a_day_becomes_one_report_of_each_domain_and_none_about_reports() {
    let (address, taken) = server(&[]).await;
    let sending = sending(address, "");
    let mut ours = row(40, "receiver.example", "127.0.0.1");
    let bounces = BounceAddress { local: "bounces".into(), mark: '+', domain: name("receiver.example") };
    let id = feedback::outbox::DeliveryId("0123456789abcdef0123456789abcdef".into());
    ours.envelope.mail_from = Some(Address::Text(bounces.of(&id).into()));
    let mut nobodys = row(50, "example.jp", "192.0.2.4");
    nobodys.dmarc.authors[0].published.as_mut().unwrap().reports = Wanted::No;
    let jobs = made(
        &sending,
        vec![
            row(10, "example.jp", "192.0.2.1"),
            row(20, "example.jp", "192.0.2.1"),
            row(86_399, "example.jp", "192.0.2.2"),
            row(86_400, "example.jp", "192.0.2.3"),
            row(30, "example.net", "192.0.2.1"),
            ours,
            nobodys,
        ],
    )
    .await;
    let counted: Vec<_> = jobs.iter().map(|job| (job.domain.as_str(), job.message_count)).collect();
    assert_eq!(counted.len(), 2, "{counted:?}");
    assert!(counted.contains(&("example.jp", 3)) && counted.contains(&("example.net", 1)), "{counted:?}");
    for job in &jobs {
        addressed(&sending, job, "dmarc@owner.example").await;
    }
    let told = carried(&sending, NOW_S).await;
    let told: Vec<_> = told.iter().map(|one| (one.job.domain.as_str(), one.records, one.status)).collect();
    assert!(told.contains(&("example.jp", Some(2), "accepted")), "{told:?}");
    assert!(told.contains(&("example.net", Some(1), "accepted")), "{told:?}");
    assert_eq!(carried(&sending, NOW_S + 86_400 * 2).await, [], "sent once");
    let taken = taken.lock().unwrap();
    assert_eq!(taken.len(), 2);
    assert!(taken.iter().all(|message| message.contains("To: dmarc@owner.example\r\n")));
}

/// What a server says, and what becomes of the report and of its mailbox.
#[tokio::test]
async fn what_the_server_says_at_each_step() {
    let cases: &[(Script, &str, bool)] = &[
        (&[("greeting", "421 busy")], "deferred", false),
        (&[("greeting", "554 go away")], "deferred", false),
        (&[("greeting", "cut")], "deferred", false),
        (&[("ehlo", "550 no")], "deferred", false),
        (&[("mail", "451 later")], "deferred", false),
        (&[("mail", "550 not you")], "deferred", false),
        (&[("rcpt", "450 4.2.1 later")], "deferred", false),
        (&[("rcpt", "550 5.1.1 nobody")], "refused", true),
        (&[("rcpt", "550 nobody")], "refused", true),
        (&[("rcpt", "554 5.7.1 relay denied")], "refused", false),
        (&[("rcpt", "cut")], "deferred", false),
        (&[("data", "451 later")], "deferred", false),
        (&[("data", "554 no")], "refused", false),
        (&[("data", "cut")], "deferred", false),
        (&[("end", "452 no room")], "deferred", false),
        (&[("end", "552 too much")], "refused", false),
        (&[("end", "cut")], "in-doubt", false),
        (&[], "accepted", false),
    ];
    for (script, wanted, is_suppressed) in cases {
        let (address, taken) = server(script).await;
        let sending = sending(address, "");
        let jobs = made(&sending, vec![row(10, "example.jp", "192.0.2.1")]).await;
        addressed(&sending, &jobs[0], "dmarc@owner.example").await;
        let told = carried(&sending, NOW_S).await;
        let statuses: Vec<_> = told.iter().map(|one| one.status).collect();
        assert_eq!(statuses, [*wanted], "{script:?}");
        let outbox = sending.desk().outbox();
        let suppression = outbox.suppression("dmarc@owner.example").await.unwrap();
        assert_eq!(suppression.is_some(), *is_suppressed, "{script:?}");
        assert_eq!(taken.lock().unwrap().len(), usize::from(*wanted == "accepted"), "{script:?}");
        // Settled, unless it is tried again.
        let job = outbox.job(&jobs[0].id).await.unwrap().unwrap();
        if *wanted == "deferred" {
            assert_eq!(job.state, JobState::Sending, "{script:?}");
            assert!(told[0].reason.is_some(), "{script:?}");
            assert_eq!(carried(&sending, NOW_S + 299).await, [], "{script:?}");
            assert_eq!(carried(&sending, NOW_S + 300).await.len(), 1, "{script:?}");
            let due = outbox.deliveries(DeliveryQuery::OfJob(job.id.clone()), 10).await.unwrap();
            assert_eq!(due[0].attempts, 2, "{script:?}");
        } else {
            assert!(matches!(job.state, JobState::Done { end: JobEnd::Delivered, .. }), "{script:?}");
            assert_eq!(carried(&sending, NOW_S + 86_400).await, [], "{script:?}");
        }
    }
}

#[tokio::test]
async fn what_is_in_doubt_is_sent_again_where_that_is_wanted() {
    let (address, _) = server(&[("end", "cut")]).await;
    let sending = sending(address, "in_doubt = \"again\"\n");
    let jobs = made(&sending, vec![row(10, "example.jp", "192.0.2.1")]).await;
    addressed(&sending, &jobs[0], "dmarc@owner.example").await;
    assert_eq!(carried(&sending, NOW_S).await[0].status, "deferred");
    assert_eq!(carried(&sending, NOW_S + 300).await[0].status, "deferred");
}

#[tokio::test]
async fn reports_up_to_a_moment_leave_no_gap_and_no_overlap() {
    let (address, _) = server(&[]).await;
    let sending = sending(address, "");
    let outbox = sending.desk().outbox();
    outbox.commit(vec![Change::SetFoldedUntil(DAY_S)]).await.unwrap();
    let rows = [10, 50_000, 50_001, 86_399, 86_400, 90_000].map(|second| row(second, "example.jp", "192.0.2.1"));
    let ledger = ledger(rows.into()).await;
    for until_s in [DAY_S + 50_001, DAY_S + 50_001, DAY_S + 90_001] {
        sending.make_until(&ledger, until_s, NOW_S).await.unwrap();
    }
    let mut jobs = outbox.jobs(JobQuery::Latest(None), 100).await.unwrap();
    jobs.sort_by_key(|job| job.period);
    let told: Vec<_> = jobs
        .iter()
        .map(|job| (job.period.begin_s() - DAY_S, job.period.until_s() - DAY_S, job.message_count))
        .collect();
    assert_eq!(told, [(0, 50_001, 2), (50_001, 86_400, 2), (86_400, 90_001, 2)]);
}

#[test]
fn only_one_sends_at_a_time() {
    let state = std::env::temp_dir().join(format!("sekisho-only-one-{}", std::process::id()));
    let first = OnlyOne::take(&state).unwrap();
    assert!(first.is_some());
    assert!(OnlyOne::take(&state).unwrap().is_none());
    drop(first);
    assert!(OnlyOne::take(&state).unwrap().is_some());
    std::fs::remove_dir_all(state).unwrap();
}

#[test]
fn what_is_laid_aside_can_be_read_and_has_no_name() {
    use feedback::aggregate::fold::Scratch as _;
    use std::io::{Read as _, Write as _};
    let directory = std::env::temp_dir().join(format!("sekisho-spill-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let mut spill = make::Spill::new(directory.clone());
    let (mut one, mut other) = (spill.create().unwrap(), spill.create().unwrap());
    one.write_all(b"one").unwrap();
    other.write_all(b"other").unwrap();
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0);
    let mut text = String::new();
    spill.reread(one).unwrap().read_to_string(&mut text).unwrap();
    spill.reread(other).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "oneother");
    std::fs::remove_dir_all(directory).unwrap();
}
