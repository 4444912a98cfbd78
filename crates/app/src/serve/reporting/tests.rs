//! Reports that somebody wants to be sent at once.

use std::net::SocketAddr;

use feedback::mail::Letter;
use feedback::outbox::desk::hasten;
use feedback::outbox::{Change, Delivery, DeliveryId, DeliveryQuery, DeliveryState, Job, JobId, JobState, Outbox as _};
use feedback::period::{Division, Period};
use mailtext::Domain;
use tokio::sync::oneshot;

use super::*;
use crate::config::LedgerConfig;
use crate::say::Language;
use crate::sending::tests::{sending_of, server};

/// What sends to that server; it looks by itself once an hour.
async fn reporting(folder: &tempfile::TempDir, server: SocketAddr) -> Reporting {
    let outbox = SqliteArchive::open(&folder.path().join("reports.sqlite"), store::archive::Settings::default());
    let sending = Arc::new(sending_of(outbox.unwrap(), server, ""));
    Reporting {
        sending,
        keeper: Keeper::open(folder.path(), &LedgerConfig::default()).await.unwrap(),
        server: server.to_string(),
        say: Arc::new(Say::new(Language::English)),
        metrics: Arc::default(),
        wake: Wake::default(),
        every: Duration::from_secs(3_600),
        _only_one: OnlyOne::take(folder.path()).unwrap().unwrap(),
    }
}

/// A report that waits to be tried again in a day, of a server that said so.
async fn one_that_waits(outbox: &SqliteArchive) -> JobId {
    let now_s = net::clock::now_s();
    let id = JobId("job".into());
    let job = Job {
        id: id.clone(),
        kind: JobKind::Aggregate,
        domain: Domain::parse("example.jp").unwrap(),
        period: Period::containing(now_s - 86_400, Division::Day),
        message_count: 1,
        made_s: now_s,
        state: JobState::Sending,
    };
    let delivery = Delivery {
        id: DeliveryId("delivery".into()),
        job: id.clone(),
        mailbox: "dmarc@example.jp".into(),
        attempts: 1,
        state: DeliveryState::Waiting { next_s: now_s + 86_400, last: Some("451 later".into()) },
    };
    let (subject, content_type) = (vec!["A report".into()], "text/plain".into());
    let letter = Letter { subject, content_type, body: b"report\r\n".to_vec(), date_s: now_s };
    outbox.commit(vec![Change::AddJob(job, letter), Change::AddDelivery(delivery)]).await.unwrap();
    id
}

async fn until(mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came");
}

/// A press makes the report due and wakes who sends, who would look an hour later; another press at any moment of that sends
/// nothing twice.
#[tokio::test]
async fn pressed_again_and_again_it_is_one_mail() {
    let (address, taken) = server(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let reporting = reporting(&folder, address).await;
    let sending = reporting.sending();
    let outbox = sending.desk().outbox();
    let id = one_that_waits(outbox).await;
    let (wake, (end, ended)) = (reporting.waker(), oneshot::channel::<()>());
    let running = tokio::spawn(reporting.run(async move {
        let _ = ended.await;
    }));
    // As the pages do it: with a connection of their own.
    let pages =
        SqliteArchive::open(&folder.path().join("reports.sqlite"), store::archive::Settings::default()).unwrap();
    let press = async || {
        let is_any = hasten(&pages, net::clock::now_s(), &id).await.unwrap();
        wake.wake();
        is_any
    };
    // The look of the start is over; the next one by itself would be an hour later.
    until(async || outbox.folded_until_s().await.unwrap().is_some()).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(press().await, "it waits until somebody has begun with it");
    until(async || {
        press().await;
        !taken.lock().unwrap().is_empty()
    })
    .await;
    until(async || !press().await).await;
    let ends = async || outbox.deliveries(DeliveryQuery::OfJob(id.clone()), 9).await.unwrap();
    until(async || matches!(ends().await[0].state, DeliveryState::Done { .. })).await;
    for _ in 0..5 {
        assert!(!press().await, "it is done");
    }
    drop(end);
    running.await.unwrap();
    assert_eq!(taken.lock().unwrap().len(), 1);
    assert_eq!(ends().await[0].attempts, 2, "once before, and once now");
}
