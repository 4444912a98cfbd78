//! What the office reports about the mail of others: made of its own rows, and on the way in every state.

use feedback::aggregate::fold::{Fold, FoldOptions, InMemory};
use feedback::mail::{Cover, Sender};
use feedback::outbox::desk::Desk;
use feedback::outbox::settings::Settings;
use feedback::outbox::{
    Change, Delivery, DeliveryEnd, DeliveryId, DeliveryState, Job, JobEnd, JobQuery, JobState, Outbox as _, Suppression,
};
use feedback::period::{Division, Period};
use feedback::reporter::Reporter;
use report::{Filter, Ledger as _, Order, Query};
use store::{Sqlite, SqliteArchive};

use super::town::{TOWN, name};
use super::{DAY_S, broken};
use crate::failure::Failure;
use crate::say::Say;

/// Fills the store of what is sent.
///
/// # Errors
/// The stores fail.
pub(super) async fn fill(archive: SqliteArchive, ledger: &Sqlite, say: &Say, now_s: u64) -> Result<(), Failure> {
    let failed = |error: feedback::outbox::OutboxError| broken(&error.to_string());
    let desk = Desk::new(archive, settings()?, b"a demonstration");
    let today_s = now_s - now_s % DAY_S;
    for days_ago in (1..=DAY_COUNT).rev() {
        let begin_s = today_s - days_ago * DAY_S;
        make(&desk, ledger, say, Period::containing(begin_s, Division::Day)).await?;
    }
    let jobs = desk.outbox().jobs(JobQuery::Latest(None), JOB_COUNT_MAX).await.map_err(failed)?;
    let mut changes: Vec<Change> = jobs.iter().flat_map(|job| moved(job, today_s, now_s)).collect();
    changes.push(Change::SetSuppression(Suppression {
        mailbox: REFUSING.into(),
        since_s: now_s - 2 * DAY_S,
        until_s: now_s + 5 * DAY_S,
        strikes: 3,
        reply: NO_SUCH_USER.into(),
    }));
    desk.outbox().commit(changes).await.map_err(failed)
}

/// The reports of a day.
async fn make(desk: &Desk<SqliteArchive>, ledger: &Sqlite, say: &Say, period: Period) -> Result<(), Failure> {
    let mut fold = Fold::new(FoldOptions::new(period), InMemory);
    let filter = Filter::between(period.begin_s() * 1000, period.until_s() * 1000);
    let mut query = Query { filter, order: Order::OldestFirst, ..Query::default() };
    loop {
        let page = ledger.rows(query.clone()).await.map_err(|error| broken(&error.to_string()))?;
        for row in &page.rows {
            fold.add(row).map_err(|error| broken(&error.to_string()))?;
        }
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    let mut gathering = desk.gather(period).await.map_err(|error| broken(&error.to_string()))?;
    let cover = |cover: &Cover| say.explain(cover);
    for draft in fold.finish().map_err(|error| broken(&error.to_string()))? {
        let draft = draft.map_err(|error| broken(&error.to_string()))?;
        gathering.admit(period.until_s() + 700, draft, &cover).await.map_err(|error| broken(&error.to_string()))?;
    }
    gathering.close().await.map_err(|error| broken(&error.to_string()))
}

/// How far a report is: those of yesterday are due, the others went out, as well as that went.
fn moved(job: &Job, today_s: u64, now_s: u64) -> Vec<Change> {
    let days_ago = today_s.saturating_sub(job.period.begin_s()) / DAY_S;
    let Some((_, mailbox)) = MAILBOXES.iter().find(|(domain, _)| *domain == job.domain.as_str()) else {
        return Vec::new();
    };
    let at_s = (job.made_s + 2400).min(now_s);
    let state = match (*mailbox, days_ago) {
        (_, 0 | 1) if *mailbox != SLOW => return Vec::new(),
        (SLOW, 0 | 1) => DeliveryState::Waiting { next_s: now_s + 900, last: Some(GREYLISTED.into()) },
        (REFUSING, 2 | 3) => DeliveryState::Done { at_s, end: DeliveryEnd::Suppressed },
        (REFUSING, _) => DeliveryState::Done { at_s, end: DeliveryEnd::Refused { reply: NO_SUCH_USER.into() } },
        (SLOW, 4) => DeliveryState::Done { at_s, end: DeliveryEnd::Bounced { reply: FULL.into() } },
        _ => DeliveryState::Done { at_s, end: DeliveryEnd::Accepted },
    };
    let is_done = matches!(state, DeliveryState::Done { .. });
    let delivery = Delivery {
        // As ids of jobs are, so that of one report the other follows.
        id: DeliveryId(job.id.0.chars().rev().collect::<String>().into()),
        job: job.id.clone(),
        mailbox: (*mailbox).into(),
        attempts: if is_done { 1 } else { 3 },
        state,
    };
    let mut changes = vec![Change::SetJob(job.id.clone(), JobState::Sending), Change::AddDelivery(delivery)];
    if is_done {
        changes.push(Change::SetJob(job.id.clone(), JobState::Done { at_s, end: JobEnd::Delivered }));
    }
    changes
}

fn settings() -> Result<Settings, Failure> {
    let domain = name(TOWN)?;
    let reporter = Reporter {
        domain: domain.clone(),
        organization: "Asagiri Town Office".into(),
        email: "dmarc-reports@asagiri.example".into(),
        contact: None,
        generator: Some(concat!("Sekisho ", env!("CARGO_PKG_VERSION")).into()),
    };
    let sender = Sender { address: "dmarc-reports@asagiri.example".into(), name: None, message_id_domain: domain };
    Ok(Settings::new(reporter, sender))
}

const REFUSING: &str = "reports@minato-bank.example";
const SLOW: &str = "dmarc@hokuto-post.example";
/// A table: to whom reports go.
const MAILBOXES: &[(&str, &str)] = &[
    ("yamanami.example", "dmarc@yamanami.example"),
    ("minato-bank.example", REFUSING),
    ("hokuto-post.example", SLOW),
    ("kaigan-u.example", "postmaster@kaigan-u.example"),
    (TOWN, "dmarc@asagiri.example"),
];
const NO_SUCH_USER: &str = "550 5.1.1 no such user here";
const GREYLISTED: &str = "451 4.7.1 greylisted, come again";
const FULL: &str = "552 5.2.2 mailbox full";
/// Of how many days there are reports.
const DAY_COUNT: u64 = 6;
const JOB_COUNT_MAX: usize = 256;
