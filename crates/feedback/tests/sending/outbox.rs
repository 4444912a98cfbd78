//! The outbox: what is sent to whom and when, and that nothing is lost or doubled wherever the program ends.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use dmarc::{Refusal, ReportKind};
use feedback::aggregate::fold::{Draft, Fold, FoldOptions, InMemory};
use feedback::dsn::Dsn;
use feedback::mail::{Letter, Sender};
use feedback::outbox::desk::{AdmitError, Admitted, Desk, Outcome, hasten};
use feedback::outbox::memory::MemoryOutbox;
use feedback::outbox::settings::{BounceAddress, Doubt, NeverTo, OffDomain, Settings, Switch};
use feedback::outbox::target::{Found, Target, TargetAnswer, sizes};
use feedback::outbox::{
    Change, Confirmation, ConfirmationKey, ConfirmationTag, Delivery, DeliveryEnd, DeliveryId, DeliveryQuery,
    DeliveryState, Job, JobEnd, JobId, JobKind, JobQuery, JobState, Outbox, OutboxError, Suppression,
};
use feedback::period::{Division, Period};
use report::row::Policy;
use testkit::block_on;

use crate::samples::{DAY_S, failed, name, period, published, reporter};

const HOUR_S: u64 = 3600;
const KEY: &[u8] = b"a key that nobody else has";

fn settings() -> Settings {
    let sender =
        Sender { address: "dmarc@receiver.example".into(), name: None, message_id_domain: name("receiver.example") };
    let mut settings = Settings::new(reporter(), sender);
    settings.bounces = Some(bounces());
    settings.jitter_s = HOUR_S;
    settings
}

fn bounces() -> BounceAddress {
    BounceAddress { local: "dmarc-bounces".into(), mark: '+', domain: name("receiver.example") }
}

/// Reports about so many domains: `d0.example`, `d1.example`, …
fn drafts(period: Period, domains: u64) -> Vec<Draft> {
    let mut fold = Fold::new(FoldOptions::new(period), InMemory);
    for domain in 0..domains {
        for message in 0..=domain {
            let author = format!("d{domain}.example");
            let mut row = failed(period.begin_s() - DAY_S + message, &author, "192.0.2.1");
            row.dmarc.authors[0].published = Some(published(&author, Policy::Reject));
            fold.add(&row).unwrap();
        }
    }
    fold.finish().unwrap().map(Result::unwrap).collect()
}

fn to(mailboxes: &[&str]) -> Found {
    let target = |mailbox: &&str| Target {
        uri: format!("mailto:{mailbox}").into(),
        answer: TargetAnswer::To(vec![(*mailbox).into()]),
        bytes_max: None,
        is_fresh: false,
    };
    Found::Targets(mailboxes.iter().map(target).collect())
}

fn cover(_: &feedback::mail::Cover) -> String {
    "A report.".to_owned()
}

type TestDesk = Desk<MemoryOutbox>;

fn desk(settings: Settings) -> TestDesk {
    Desk::new(MemoryOutbox::new(), settings, KEY)
}

async fn admit(desk: &TestDesk, now_s: u64, period: Period, domains: u64) -> Vec<Admitted> {
    let mut gathering = desk.gather(period).await.unwrap();
    let mut admitted = Vec::new();
    for draft in drafts(period, domains) {
        admitted.push(gathering.admit(now_s, draft, &cover).await.unwrap());
    }
    gathering.close().await.unwrap();
    admitted
}

/// One job with deliveries to these mailboxes, and the time at which they are due.
async fn one_job(desk: &TestDesk, mailboxes: &[&str]) -> (Job, u64) {
    admit(desk, DAY_S + 25 * HOUR_S, period(), 1).await;
    let now_s = DAY_S + 27 * HOUR_S;
    let job = desk.asking(now_s).await.unwrap().remove(0);
    desk.resolved(now_s, &job, to(mailboxes)).await.unwrap();
    (desk.outbox().job(&job.id).await.unwrap().unwrap(), now_s)
}

async fn ends(desk: &TestDesk, job: &JobId) -> Vec<(String, Option<DeliveryEnd>)> {
    let deliveries = desk.outbox().deliveries(DeliveryQuery::OfJob(job.clone()), 100).await.unwrap();
    deliveries.iter().map(|one| (one.mailbox.to_string(), one.end().cloned())).collect()
}

async fn state(desk: &TestDesk, job: &JobId) -> JobState {
    desk.outbox().job(job).await.unwrap().unwrap().state
}

async fn attempt(desk: &TestDesk, now_s: u64, outcome: Outcome) -> DeliveryId {
    let delivery = desk.due(now_s, 1).await.unwrap().remove(0);
    let mut parcel = desk.offer(now_s, &delivery.id).await.unwrap().unwrap();
    desk.ending(now_s, &mut parcel).await.unwrap();
    desk.ended(now_s, parcel, outcome).await.unwrap();
    delivery.id
}

#[test]
fn periods_follow_each_other_and_are_made_once() {
    block_on(async {
        let desk = desk(settings());
        let noon_s = DAY_S + 12 * HOUR_S;
        assert_eq!(desk.period_due(noon_s).await.unwrap(), None, "the first time nothing has ended yet");
        assert_eq!(desk.period_due(DAY_S + 24 * HOUR_S + 599).await.unwrap(), None, "rows may still come");
        let due_s = DAY_S + 24 * HOUR_S + 600;
        assert_eq!(desk.period_due(due_s).await.unwrap(), Some(period()));
        assert_eq!(desk.period_due(due_s).await.unwrap(), Some(period()), "until it is closed");
        assert_eq!(admit(&desk, due_s, period(), 2).await, [Admitted::New, Admitted::New]);
        assert_eq!(desk.period_due(due_s).await.unwrap(), None);
        assert_eq!(admit(&desk, due_s, period(), 3).await, [Admitted::Already, Admitted::Already, Admitted::New]);
        // The program did not run for a week: no reports about what is too old, and none overlap.
        let later_s = due_s + 7 * 24 * HOUR_S;
        let next = desk.period_due(later_s).await.unwrap().unwrap();
        assert_eq!((next.begin_s(), next.until_s()), (DAY_S + 6 * 24 * HOUR_S, DAY_S + 7 * 24 * HOUR_S));
        desk.gather(next).await.unwrap().close().await.unwrap();
        assert_eq!(desk.period_due(later_s).await.unwrap().unwrap().begin_s(), next.until_s());
    });
}

#[test]
fn what_is_off_is_not_reported() {
    block_on(async {
        let mut off = settings();
        off.sending = Switch::Off;
        let desk = desk(off.clone());
        assert_eq!(desk.period_due(DAY_S + 12 * HOUR_S + 5).await.unwrap(), None);
        assert_eq!(desk.outbox().folded_until_s().await.unwrap(), Some(DAY_S + 12 * HOUR_S));
        assert_eq!(admit(&desk, DAY_S, period(), 2).await, [Admitted::Off, Admitted::Off]);

        let mut some_off = settings();
        some_off.off = vec![OffDomain { domain: name("d0.example"), below: Switch::Off }];
        let desk = Desk::new(MemoryOutbox::new(), some_off.clone(), KEY);
        assert_eq!(admit(&desk, DAY_S, period(), 2).await, [Admitted::Off, Admitted::New]);
        assert!(some_off.is_off(&name("d0.example")) && !some_off.is_off(&name("a.d0.example")));
        some_off.off[0].below = Switch::On;
        assert!(some_off.is_off(&name("a.d0.example")) && !some_off.is_off(&name("ad0.example")));
    });
    // Switched off when the reports were made, but not sent.
    block_on(async {
        let on = desk(settings());
        let (job, now_s) = one_job(&on, &["a@d0.example"]).await;
        let asked = admit(&on, now_s, period(), 2).await;
        assert_eq!(asked, [Admitted::Already, Admitted::New]);
        let mut off = settings();
        off.off = vec![OffDomain { domain: name("example"), below: Switch::On }];
        let off = Desk::new(MemoryOutbox::new(), off, KEY);
        copy(on.outbox(), off.outbox()).await;
        assert_eq!(off.asking(now_s).await.unwrap(), []);
        let due = off.due(now_s, 10).await.unwrap();
        assert_eq!(off.offer(now_s, &due[0].id).await.unwrap(), None);
        assert_eq!(ends(&off, &job.id).await, [("a@d0.example".to_owned(), Some(DeliveryEnd::Off))]);
        let jobs = off.outbox().jobs(JobQuery::Latest(Some(name("d1.example"))), 10).await.unwrap();
        assert!(matches!(jobs[0].state, JobState::Done { end: JobEnd::Off, .. }));
    });
}

/// Everything of one outbox, in another.
async fn copy(from: &MemoryOutbox, to: &MemoryOutbox) {
    for job in from.jobs(JobQuery::Latest(None), usize::MAX).await.unwrap() {
        let letter = from.letter(&job.id).await.unwrap().unwrap_or_default();
        let deliveries = from.deliveries(DeliveryQuery::OfJob(job.id.clone()), usize::MAX).await.unwrap();
        to.commit(vec![Change::AddJob(job, letter)]).await.unwrap();
        to.commit(deliveries.into_iter().map(Change::AddDelivery).collect()).await.unwrap();
    }
}

#[test]
fn there_are_caps_for_a_domain_and_for_all() {
    block_on(async {
        for (most, wanted) in [(2, 2), (3, 3), (4, 3)] {
            let mut capped = settings();
            capped.report_count_max = most;
            let desk = desk(capped);
            let admitted = admit(&desk, DAY_S, period(), 3).await;
            assert_eq!(admitted.iter().filter(|one| **one == Admitted::New).count(), wanted, "{most}");
            // Made again, it is the same reports that are there and the same that are not.
            let again = admit(&desk, DAY_S, period(), 3).await;
            let as_before = admitted.iter().map(|one| if *one == Admitted::New { Admitted::Already } else { *one });
            assert_eq!(again, as_before.collect::<Vec<_>>());
        }
        // A domain that changes its record all day.
        let mut capped = settings();
        capped.domain_report_count_max = 2;
        let desk = desk(capped);
        let mut gathering = desk.gather(period()).await.unwrap();
        let mut admitted = Vec::new();
        for configuration in 0..4 {
            let mut draft = drafts(period(), 1).remove(0);
            draft.configuration[0] = configuration;
            admitted.push(gathering.admit(DAY_S, draft, &cover).await.unwrap());
        }
        assert_eq!(admitted, [Admitted::New, Admitted::New, Admitted::Capped, Admitted::Capped]);
    });
}

#[test]
fn a_report_that_is_not_valid_is_not_sent() {
    block_on(async {
        let desk = desk(settings());
        let mut gathering = desk.gather(period()).await.unwrap();
        let mut draft = drafts(period(), 1).remove(0);
        draft.aggregate.records.clear();
        assert!(matches!(gathering.admit(DAY_S, draft, &cover).await, Err(AdmitError::Write(_))));
        gathering.close().await.unwrap();
        assert_eq!(desk.outbox().jobs(JobQuery::Latest(None), 10).await.unwrap(), []);
    });
}

#[test]
fn reports_are_spread_over_time_and_stay_where_they_are() {
    block_on(async {
        let begins = |desk: &TestDesk| {
            let jobs = block_on(desk.outbox().jobs(JobQuery::Latest(None), 100)).unwrap();
            let next = |job: &Job| match job.state {
                JobState::Asking { next_s, .. } => (job.domain.to_string(), next_s),
                _ => panic!("{job:?}"),
            };
            jobs.iter().map(next).collect::<BTreeMap<_, _>>()
        };
        let (one, other) = (desk(settings()), desk(settings()));
        admit(&one, DAY_S + 25 * HOUR_S, period(), 40).await;
        admit(&other, DAY_S + 26 * HOUR_S, period(), 40).await;
        let spread = begins(&one);
        assert_eq!(spread, begins(&other));
        let earliest = DAY_S + 24 * HOUR_S + 600;
        assert!(spread.values().all(|begin| (earliest..earliest + HOUR_S).contains(begin)));
        let distinct: std::collections::BTreeSet<_> = spread.values().collect();
        assert!(distinct.len() > 30, "{spread:?}");
    });
}

#[test]
fn every_destination_gets_a_mail_of_its_own() {
    block_on(async {
        let mut some = settings();
        some.never_to = vec![NeverTo::Mailbox("Own@receiver.example".into()), NeverTo::Domain(name("own.example"))];
        some.destination_count_max = 2;
        let desk = desk(some);
        let named = [
            "own@receiver.example",
            "x@sub.own.example",
            "a@d0.example",
            "A@D0.example",
            "b@d0.example",
            "c@d0.example",
        ];
        let (job, now_s) = one_job(&desk, &named).await;
        assert_eq!(job.state, JobState::Sending);
        let mut mails = Vec::new();
        for delivery in desk.due(now_s, 10).await.unwrap() {
            let parcel = desk.offer(now_s, &delivery.id).await.unwrap().unwrap();
            assert_eq!(parcel.mail_from.as_deref(), Some(bounces().of(&delivery.id).as_str()));
            assert_eq!(desk.offer(now_s, &delivery.id).await.unwrap(), None, "it is under way");
            let text = String::from_utf8(parcel.bytes.clone()).unwrap();
            assert!(text.contains(&format!("Message-ID: <{}@receiver.example>\r\n", delivery.id.0)));
            assert!(text.contains(&format!(
                "filename=\"mx.receiver.example!d0.example!1795305600!1795391999!{}.xml.gz\"",
                job.id.0
            )));
            mails.push(delivery.mailbox.to_string());
            desk.ended(now_s, parcel, Outcome::Accepted).await.unwrap();
        }
        assert_eq!(mails, ["a@d0.example", "b@d0.example"]);
        assert!(matches!(state(&desk, &job.id).await, JobState::Done { end: JobEnd::Delivered, .. }));
        assert_eq!(desk.outbox().letter(&job.id).await.unwrap(), None, "what was taken is not kept");
    });
}

#[test]
fn what_cannot_be_found_out_is_asked_again_and_given_up() {
    block_on(async {
        let desk = desk(settings());
        admit(&desk, DAY_S + 25 * HOUR_S, period(), 1).await;
        let mut now_s = DAY_S + 27 * HOUR_S;
        let later =
            |uri: &str| Target { uri: uri.into(), answer: TargetAnswer::Later, bytes_max: None, is_fresh: false };
        let job = desk.asking(now_s).await.unwrap().remove(0);
        // One destination is known, the other not: the known one is served, once.
        let Found::Targets(mut some) = to(&["a@d0.example"]) else { panic!() };
        some.push(later("mailto:b@x.example"));
        desk.resolved(now_s, &job, Found::Targets(some.clone())).await.unwrap();
        attempt(&desk, now_s, Outcome::Accepted).await;
        assert!(matches!(state(&desk, &job.id).await, JobState::Asking { attempts: 1, .. }), "not settled");
        assert_eq!(desk.asking(now_s + 299).await.unwrap(), []);
        now_s += 300;
        let job = desk.asking(now_s).await.unwrap().remove(0);
        desk.resolved(now_s, &job, Found::Targets(some.clone())).await.unwrap();
        assert_eq!(desk.due(now_s, 10).await.unwrap(), [], "nobody gets it twice");
        // It is asked less and less often, and at last not any more.
        let (mut asked, mut last_s) = (2, now_s);
        while let JobState::Asking { next_s, .. } = state(&desk, &job.id).await {
            let wait_s = next_s - last_s;
            assert!((300..=6 * HOUR_S).contains(&wait_s), "{wait_s}");
            last_s = next_s;
            let job = desk.asking(next_s).await.unwrap().remove(0);
            desk.resolved(next_s, &job, Found::Targets(some.clone())).await.unwrap();
            asked += 1;
        }
        assert!((10..30).contains(&asked), "{asked}");
        assert!(matches!(state(&desk, &job.id).await, JobState::Done { end: JobEnd::Delivered, .. }));
    });
    for (found, end) in [(Found::NotWanted, JobEnd::NoDestination), (to(&[]), JobEnd::NoDestination)] {
        block_on(async {
            let desk = desk(settings());
            admit(&desk, DAY_S + 25 * HOUR_S, period(), 1).await;
            let job = desk.asking(DAY_S + 27 * HOUR_S).await.unwrap().remove(0);
            desk.resolved(DAY_S + 27 * HOUR_S, &job, found.clone()).await.unwrap();
            assert_eq!(state(&desk, &job.id).await, JobState::Done { at_s: DAY_S + 27 * HOUR_S, end });
        });
    }
    block_on(async {
        let desk = desk(settings());
        admit(&desk, DAY_S + 25 * HOUR_S, period(), 1).await;
        let late_s = DAY_S + 25 * HOUR_S + 3 * 24 * HOUR_S;
        let job = desk.asking(late_s).await.unwrap().remove(0);
        desk.resolved(late_s, &job, Found::Later).await.unwrap();
        assert_eq!(state(&desk, &job.id).await, JobState::Done { at_s: late_s, end: JobEnd::Unknown });
    });
}

#[test]
fn what_is_not_taken_now_is_tried_again_and_given_up() {
    block_on(async {
        let desk = desk(settings());
        let (job, mut now_s) = one_job(&desk, &["a@d0.example"]).await;
        let not_now = || Outcome::NotNow { reply: "451 later".into() };
        let mut waits = Vec::new();
        loop {
            let one = desk.due(now_s, 1).await.unwrap().remove(0);
            let Some(parcel) = desk.offer(now_s, &one.id).await.unwrap() else { break };
            desk.ended(now_s, parcel, not_now()).await.unwrap();
            let one = desk.outbox().deliveries(DeliveryQuery::OfJob(job.id.clone()), 1).await.unwrap().remove(0);
            let DeliveryState::Waiting { next_s, last } = one.state else { break };
            assert_eq!(last.as_deref(), Some("451 later"));
            assert_eq!(desk.due(next_s - 1, 1).await.unwrap(), []);
            waits.push(next_s - now_s);
            now_s = next_s;
        }
        assert_eq!(waits[..8], [300, 600, 1200, 2400, 4800, 9600, 19_200, 21_600]);
        assert_eq!(ends(&desk, &job.id).await[0].1, Some(DeliveryEnd::Expired { reply: "451 later".into() }));
        assert!(now_s - job.made_s >= 3 * 24 * HOUR_S);
        assert!(matches!(state(&desk, &job.id).await, JobState::Done { .. }));
        assert_eq!(
            desk.outbox().suppression("a@d0.example").await.unwrap(),
            None,
            "our own server's moods are not its fault"
        );
    });
}

#[test]
fn what_waits_can_be_made_due_and_what_is_done_stays_done() {
    block_on(async {
        let desk = desk(settings());
        admit(&desk, DAY_S + 24 * HOUR_S, period(), 1).await;
        let early_s = DAY_S + 24 * HOUR_S + 1;
        assert_eq!(desk.asking(early_s).await.unwrap(), [], "it is spread over the time behind the period");
        let id = desk.outbox().jobs(JobQuery::Latest(None), 1).await.unwrap().remove(0).id;
        assert!(hasten(desk.outbox(), early_s, &id).await.unwrap());
        let job = desk.asking(early_s).await.unwrap().remove(0);
        desk.resolved(early_s, &job, to(&["a@d0.example", "b@d0.example"])).await.unwrap();
        attempt(&desk, early_s, Outcome::Accepted).await;
        attempt(&desk, early_s, Outcome::NotNow { reply: "451 later".into() }).await;
        assert_eq!(desk.due(early_s, 9).await.unwrap(), []);
        assert!(hasten(desk.outbox(), early_s, &id).await.unwrap());
        let due = desk.due(early_s, 9).await.unwrap();
        let DeliveryState::Waiting { last, .. } = &due[0].state else { panic!("{due:?}") };
        assert_eq!((due.len(), last.as_deref(), due[0].attempts), (1, Some("451 later"), 1));
        attempt(&desk, early_s, Outcome::Accepted).await;
        assert!(!hasten(desk.outbox(), early_s, &id).await.unwrap(), "all is done");
        assert!(!hasten(desk.outbox(), early_s, &JobId("another".into())).await.unwrap());
    });
}

/// A page may ask for it at any moment, also between two steps of whoever sends.
#[test]
fn what_is_under_way_is_not_begun_again_by_somebody_in_a_hurry() {
    block_on(async {
        let desk = desk(settings());
        admit(&desk, DAY_S + 24 * HOUR_S, period(), 1).await;
        let now_s = DAY_S + 30 * HOUR_S;
        let job = desk.asking(now_s).await.unwrap().remove(0);
        desk.resolved(now_s, &job, to(&["a@d0.example"])).await.unwrap();
        let id = desk.due(now_s, 9).await.unwrap().remove(0).id;
        let mut parcel = desk.offer(now_s, &id).await.unwrap().unwrap();
        for step in 0..3 {
            let is_any = hasten(desk.outbox(), now_s, &job.id).await.unwrap();
            // … even if it was decided a moment ago that something waits.
            desk.outbox().commit(vec![Change::Hasten(job.id.clone(), now_s)]).await.unwrap();
            assert_eq!((is_any, desk.due(u64::MAX, 9).await.unwrap().len()), (false, 0), "{step}");
            assert_eq!(desk.offer(now_s, &id).await.unwrap().map(|parcel| parcel.bytes), None, "{step}");
            match step {
                0 => desk.ending(now_s, &mut parcel).await.unwrap(),
                1 => desk.ended(now_s, parcel.clone(), Outcome::Accepted).await.unwrap(),
                _ => {}
            }
        }
        let job = desk.outbox().job(&job.id).await.unwrap().unwrap();
        assert!(matches!(job.state, JobState::Done { end: JobEnd::Delivered, .. }), "{job:?}");
    });
}

#[test]
fn who_refuses_is_left_alone_longer_each_time() {
    block_on(async {
        let desk = desk(settings());
        let refused = || Outcome::RecipientRefused { reply: "550 no such user".into() };
        let (job, now_s) = one_job(&desk, &["A@d0.example", "b@d0.example"]).await;
        attempt(&desk, now_s, refused()).await;
        attempt(&desk, now_s, Outcome::MessageRefused { reply: "554 no".into() }).await;
        let ends = ends(&desk, &job.id).await;
        assert_eq!(ends[0].1, Some(DeliveryEnd::Refused { reply: "550 no such user".into() }));
        assert_eq!(ends[1].1, Some(DeliveryEnd::Refused { reply: "554 no".into() }));
        assert_eq!(desk.outbox().suppression("b@d0.example").await.unwrap(), None, "that was about the message");
        let day_s = 24 * HOUR_S;
        let mut now_s = now_s;
        let mut lengths = Vec::new();
        for strike in 1..=7 {
            let one = desk.outbox().suppression("a@d0.example").await.unwrap().unwrap();
            assert_eq!((one.strikes, one.since_s, &*one.reply), (strike, now_s, "550 no such user"));
            lengths.push((one.until_s - one.since_s) / day_s);
            // While it lasts nothing is made to be sent; a second later it is tried once more.
            let letter = Letter::default;
            let id = desk
                .admit_method_failure(one.until_s - 1, &name("d0.example"), "a@D0.example", letter())
                .await
                .unwrap();
            assert_eq!(self::ends(&desk, &id).await[0].1, Some(DeliveryEnd::Suppressed));
            assert!(matches!(state(&desk, &id).await, JobState::Done { .. }));
            now_s = one.until_s;
            desk.admit_method_failure(now_s, &name("d0.example"), "a@D0.example", letter()).await.unwrap();
            attempt(&desk, now_s, refused()).await;
        }
        assert_eq!(lengths, [1, 3, 9, 27, 81, 90, 90]);
        // Who takes reports for a month begins anew.
        let one = desk.outbox().suppression("a@d0.example").await.unwrap().unwrap();
        now_s = one.until_s + 30 * day_s;
        desk.admit_method_failure(now_s, &name("d0.example"), "a@d0.example", Letter::default()).await.unwrap();
        attempt(&desk, now_s, refused()).await;
        let one = desk.outbox().suppression("a@d0.example").await.unwrap().unwrap();
        assert_eq!(one.strikes, 1);
        // Its end is remembered for a month, and no longer.
        for (now_s, is_there) in
            [(one.until_s, true), (one.until_s + 30 * day_s - 1, true), (one.until_s + 30 * day_s, false)]
        {
            desk.tidy(now_s).await.unwrap();
            assert_eq!(desk.outbox().suppression("a@d0.example").await.unwrap().is_some(), is_there, "{now_s}");
        }
    });
}

#[test]
fn bounces_find_their_delivery() {
    block_on(async {
        let desk = desk(settings());
        let (job, now_s) = one_job(&desk, &["a@d0.example", "b@d0.example"]).await;
        let waiting = desk.due(now_s, 2).await.unwrap()[1].id.clone();
        assert!(!desk.bounced(now_s, &waiting, "5.1.1").await.unwrap(), "it was never sent: somebody made that up");
        let id = attempt(&desk, now_s, Outcome::Accepted).await;
        let address = bounces().of(&id);
        assert_eq!(bounces().read(&format!("<{}>", address.to_uppercase())), Some(id.clone()));
        for strange in [
            "dmarc-bounces@receiver.example",
            "dmarc-bounces+x@receiver.example",
            "",
            "a@b",
            "dmarc-bouncesé+1@receiver.example",
        ] {
            assert_eq!(bounces().read(strange), None, "{strange}");
        }
        assert!(!desk.bounced(now_s, &DeliveryId("0".repeat(32).into()), "5.1.1").await.unwrap());
        let notification = format!(
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\
             Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@d0.example\r\n\
             Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 gone\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\
             Message-ID: <{}@receiver.example>\r\n\r\n--b--\r\n",
            id.0
        );
        let dsn = Dsn::read(notification.as_bytes()).unwrap();
        assert_eq!(dsn.delivery(), Some(id.clone()));
        let said = dsn.failure().unwrap();
        assert!(desk.bounced(now_s + 60, &id, &said).await.unwrap());
        assert!(!desk.bounced(now_s + 61, &id, &said).await.unwrap(), "told twice");
        assert_eq!(ends(&desk, &job.id).await[0].1, Some(DeliveryEnd::Bounced { reply: "5.1.1 550 gone".into() }));
        assert_eq!(desk.outbox().suppression("a@d0.example").await.unwrap().unwrap().strikes, 1);
        assert_eq!(state(&desk, &job.id).await, JobState::Sending, "the other is still to be served");
    });
}

#[test]
fn sizes_that_an_owner_wants_are_kept() {
    block_on(async {
        let desk = desk(settings());
        let mut target = match to(&["a@d0.example"]) {
            Found::Targets(mut targets) => targets.remove(0),
            other => panic!("{other:?}"),
        };
        admit(&desk, DAY_S + 25 * HOUR_S, period(), 1).await;
        let now_s = DAY_S + 27 * HOUR_S;
        let job = desk.asking(now_s).await.unwrap().remove(0);
        let letter = desk.outbox().letter(&job.id).await.unwrap().unwrap();
        let bytes = letter.to_bytes(&settings().sender, "a@d0.example", &"0".repeat(32)).len() as u64;
        for (bytes_max, is_sent) in [(bytes - 1, false), (bytes, true), (bytes + 1, true)] {
            let other = Desk::new(MemoryOutbox::new(), settings(), KEY);
            copy(desk.outbox(), other.outbox()).await;
            target.bytes_max = Some(bytes_max);
            other.resolved(now_s, &job, Found::Targets(vec![target.clone()])).await.unwrap();
            let wanted = (!is_sent).then_some(DeliveryEnd::TooLarge { bytes, bytes_max });
            assert_eq!(ends(&other, &job.id).await[0].1, wanted);
            assert_eq!(state(&other, &job.id).await == JobState::Sending, is_sent);
        }
    });
}

#[test]
fn what_destinations_said_is_remembered_for_a_while() {
    block_on(async {
        let desk = desk(settings());
        admit(&desk, DAY_S + 25 * HOUR_S, period(), 1).await;
        let now_s = DAY_S + 27 * HOUR_S;
        let job = desk.asking(now_s).await.unwrap().remove(0);
        let fresh = |uri: &str, answer| Target { uri: uri.into(), answer, bytes_max: None, is_fresh: true };
        let targets = vec![
            fresh("mailto:a@x.example", TargetAnswer::To(vec!["other@x.example".into()])),
            fresh("mailto:b@y.example", TargetAnswer::Refused(Refusal::NotAgreed)),
            fresh("mailto:c@z.example", TargetAnswer::Later),
        ];
        desk.resolved(now_s, &job, Found::Targets(targets)).await.unwrap();
        let key =
            |uri: &str| ConfirmationKey { domain: name("d0.example"), uri: uri.into(), tag: ConfirmationTag::Rua };
        let known = desk.known(now_s, &key("mailto:a@x.example")).await.unwrap().unwrap();
        assert_eq!(known.answer, Ok(vec!["other@x.example".into()]));
        assert_eq!(Target::known(&known, &[]).answer, TargetAnswer::To(vec!["other@x.example".into()]));
        let refused = desk.known(now_s, &key("mailto:b@y.example")).await.unwrap().unwrap();
        assert_eq!(Target::known(&refused, &[]).answer, TargetAnswer::Refused(Refusal::NotAgreed));
        assert_eq!(desk.known(now_s, &key("mailto:c@z.example")).await.unwrap(), None);
        assert!(desk.known(now_s + 6 * HOUR_S - 1, &known.key).await.unwrap().is_some());
        assert_eq!(desk.known(now_s + 6 * HOUR_S, &known.key).await.unwrap(), None);
        let ruf = ConfirmationKey { tag: ConfirmationTag::Ruf, ..known.key };
        assert_eq!(desk.known(now_s, &ruf).await.unwrap(), None, "rua is not ruf");
    });
}

#[test]
fn failure_reports_go_the_same_way_and_the_same_one_once() {
    block_on(async {
        let desk = desk(settings());
        let letter = || Letter { body: b"x".to_vec(), ..Letter::default() };
        let id = desk.admit_failure(DAY_S, &name("d0.example"), letter()).await.unwrap();
        assert_eq!(desk.admit_failure(DAY_S, &name("d0.example"), letter()).await.unwrap(), id);
        let asking = desk.asking(DAY_S).await.unwrap();
        assert_eq!((asking.len(), asking[0].kind), (1, JobKind::Failure));
        desk.resolved(DAY_S, &asking[0], to(&["ruf@d0.example"])).await.unwrap();
        attempt(&desk, DAY_S, Outcome::Accepted).await;
        assert!(matches!(state(&desk, &id).await, JobState::Done { end: JobEnd::Delivered, .. }));
        // What is long done is forgotten.
        desk.tidy(DAY_S + 14 * 24 * HOUR_S).await.unwrap();
        assert!(desk.outbox().job(&id).await.unwrap().is_some());
        desk.tidy(DAY_S + 14 * 24 * HOUR_S + 1).await.unwrap();
        assert_eq!(desk.outbox().job(&id).await.unwrap(), None);
        assert_eq!(ends(&desk, &id).await, []);
    });
}

/// All cases of the suite, to the mailboxes that get a mail.
#[test]
fn destinations_of_the_suite() {
    let Some(path) = testkit::suite("dmarc-rfc9989/report-destinations.yml") else { return };
    let documents = yaml_rust2::YamlLoader::load_from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases: Vec<_> = documents.into_iter().find_map(yaml_rust2::Yaml::into_vec).unwrap();
    for case in &cases {
        let about = case["name"].as_str().unwrap();
        let mut zone = String::new();
        for (owner, texts) in case["zone"].as_hash().into_iter().flatten() {
            for text in texts.as_vec().unwrap() {
                zone += &format!("{}. 300 TXT \"{}\"\n", owner.as_str().unwrap(), text.as_str().unwrap());
            }
        }
        for owner in case["servfail"].as_vec().into_iter().flatten() {
            zone += &format!(";! {}. TXT servfail\n", owner.as_str().unwrap());
        }
        let domain = match about {
            "too_long" => name(&format!("{}example", "a.".repeat(120))),
            _ => name(case["policy_domain"].as_str().unwrap()),
        };
        let (kind, tag) = match case["tag"].as_str() {
            Some("ruf") => (ReportKind::Failure, "ruf"),
            _ => (ReportKind::Aggregate, "rua"),
        };
        let psd = case["psd"].as_str().map(|psd| format!("psd={psd};")).unwrap_or_default();
        let text = format!("v=DMARC1; p=none; {psd} {tag}={}!1g", case["uri"].as_str().unwrap());
        let record = dmarc::Record::parse(text.as_bytes()).0.unwrap();
        let judged = block_on(dmarc::destinations(&testkit::zone(&zone), &domain, &record, kind)).result;
        let sizes = sizes(text.as_bytes(), ConfirmationTag::of(kind));
        let found = Found::Targets(judged.iter().map(|one| Target::new(one, &sizes)).collect());
        block_on(async {
            let desk = desk(settings());
            let id = desk.admit_failure(DAY_S, &domain, Letter::default()).await.unwrap();
            let job = desk.asking(DAY_S).await.unwrap().remove(0);
            desk.resolved(DAY_S, &job, found).await.unwrap();
            let due = desk.due(DAY_S, 10).await.unwrap();
            let mailboxes: Vec<_> = due.iter().map(|one| format!("mailto:{}", one.mailbox)).collect();
            let expected = &case["expect"]["send"];
            if expected.as_str() == Some("retry") {
                assert!(matches!(state(&desk, &id).await, JobState::Asking { attempts: 1, .. }), "{about}");
                return;
            }
            let expected: Vec<_> =
                expected.as_vec().unwrap().iter().map(|uri| uri.as_str().unwrap().to_owned()).collect();
            assert_eq!(mailboxes, expected, "{about}");
            assert_eq!(state(&desk, &id).await == JobState::Sending, !expected.is_empty(), "{about}");
        });
    }
    assert_eq!(cases.len(), 17);
}

// The model: a store that stops at its n-th commit, and a mail server that keeps what it took.

/// When the program ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cut {
    /// Right behind the commit: nothing else happens.
    Behind,
    /// At the next commit: what lies between has happened.
    BeforeNext,
}

struct Cutting<'o> {
    outbox: &'o MemoryOutbox,
    left: AtomicU64,
    commits: AtomicU64,
    cut: Cut,
    is_dead: AtomicBool,
}

impl Cutting<'_> {
    fn alive(&self) -> Result<(), OutboxError> {
        if self.is_dead.load(Ordering::SeqCst) { Err(OutboxError::Failed { what: "killed".into() }) } else { Ok(()) }
    }
}

impl Outbox for Cutting<'_> {
    async fn commit(&self, changes: Vec<Change>) -> Result<(), OutboxError> {
        self.alive()?;
        if self.left.load(Ordering::SeqCst) == 0 {
            self.is_dead.store(true, Ordering::SeqCst);
            return self.alive();
        }
        self.left.fetch_sub(1, Ordering::SeqCst);
        self.commits.fetch_add(1, Ordering::SeqCst);
        self.outbox.commit(changes).await?;
        if self.cut == Cut::Behind && self.left.load(Ordering::SeqCst) == 0 {
            self.is_dead.store(true, Ordering::SeqCst);
        }
        // The commit was made, whether or not anybody lives to hear it.
        self.alive()
    }

    async fn job(&self, id: &JobId) -> Result<Option<Job>, OutboxError> {
        self.alive()?;
        self.outbox.job(id).await
    }

    async fn letter(&self, id: &JobId) -> Result<Option<Letter>, OutboxError> {
        self.alive()?;
        self.outbox.letter(id).await
    }

    async fn jobs(&self, query: JobQuery, count_max: usize) -> Result<Vec<Job>, OutboxError> {
        self.alive()?;
        self.outbox.jobs(query, count_max).await
    }

    async fn deliveries(&self, query: DeliveryQuery, count_max: usize) -> Result<Vec<Delivery>, OutboxError> {
        self.alive()?;
        self.outbox.deliveries(query, count_max).await
    }

    async fn suppression(&self, mailbox: &str) -> Result<Option<Suppression>, OutboxError> {
        self.alive()?;
        self.outbox.suppression(mailbox).await
    }

    async fn suppressions(&self, after: &str, count_max: usize) -> Result<Vec<Suppression>, OutboxError> {
        self.outbox.suppressions(after, count_max).await
    }

    async fn folded_until_s(&self) -> Result<Option<u64>, OutboxError> {
        self.alive()?;
        self.outbox.folded_until_s().await
    }

    async fn confirmation(&self, key: &ConfirmationKey) -> Result<Option<Confirmation>, OutboxError> {
        self.alive()?;
        self.outbox.confirmation(key).await
    }
}

const DOMAINS: u64 = 5;

/// The mail server, and the DNS: what they do depends on how often they were asked, which no crash changes.
#[derive(Default)]
struct World {
    /// What was taken: recipient and content.
    taken: Mutex<Vec<(String, Vec<u8>)>>,
    tried: Mutex<BTreeMap<String, u32>>,
}

impl World {
    fn times(&self, what: &str) -> u32 {
        let mut tried = self.tried.lock().unwrap();
        let times = tried.entry(what.to_owned()).or_default();
        *times += 1;
        *times
    }

    fn destinations(&self, domain: &str) -> Found {
        match (domain, self.times(domain)) {
            ("d1.example", 1) => Found::Later,
            ("d2.example", _) => to(&["a@d2.example", "b@d2.example", "c@d2.example"]),
            ("d3.example", _) => Found::NotWanted,
            _ => to(&[&format!("rua@{domain}")]),
        }
    }

    /// Before the dot: some are not taken.
    fn before_dot(&self, mailbox: &str) -> Option<Outcome> {
        match (mailbox, self.times(mailbox)) {
            ("b@d2.example", 1 | 2) => Some(Outcome::NotNow { reply: "451".into() }),
            ("c@d2.example", _) => Some(Outcome::RecipientRefused { reply: "550".into() }),
            _ => None,
        }
    }
}

/// Three days of work, in steps of ten minutes.
async fn work(desk: &Desk<Cutting<'_>>, world: &World) -> Result<(), OutboxError> {
    desk.recover(DAY_S).await?;
    for step in 0..3 * 144 {
        let now_s = DAY_S + step * 600;
        if let Some(period) = desk.period_due(now_s).await? {
            let mut gathering = desk.gather(period).await?;
            for draft in drafts(period, DOMAINS) {
                match gathering.admit(now_s, draft, &cover).await {
                    Ok(_) => {}
                    Err(AdmitError::Outbox(error)) => return Err(error),
                    Err(other) => panic!("{other}"),
                }
            }
            gathering.close().await?;
        }
        for job in desk.asking(now_s).await? {
            let found = world.destinations(job.domain.as_str());
            desk.resolved(now_s, &job, found).await?;
        }
        for delivery in desk.due(now_s, 100).await? {
            let Some(mut parcel) = desk.offer(now_s, &delivery.id).await? else { continue };
            if let Some(outcome) = world.before_dot(&delivery.mailbox) {
                desk.ended(now_s, parcel, outcome).await?;
                continue;
            }
            desk.ending(now_s, &mut parcel).await?;
            world.taken.lock().unwrap().push((delivery.mailbox.to_string(), parcel.bytes.clone()));
            desk.ended(now_s, parcel, Outcome::Accepted).await?;
        }
    }
    Ok(())
}

fn run(outbox: &MemoryOutbox, world: &World, doubt: Doubt, commits: u64, cut: Cut) -> (bool, u64) {
    let cutting = Cutting {
        outbox,
        left: AtomicU64::new(commits),
        commits: AtomicU64::new(0),
        cut,
        is_dead: AtomicBool::new(false),
    };
    let desk = Desk::new(cutting, Settings { doubt, ..settings() }, KEY);
    let is_whole = block_on(work(&desk, world)).is_ok();
    (is_whole, desk.outbox().commits.load(Ordering::SeqCst))
}

/// What is taken when nothing goes wrong: each report and recipient once. Two days are reported.
fn wanted() -> Vec<String> {
    let of_a_day = ["a@d2.example", "b@d2.example", "rua@d0.example", "rua@d1.example", "rua@d4.example"];
    let mut wanted: Vec<String> = of_a_day.iter().chain(&of_a_day).map(|mailbox| (*mailbox).to_owned()).collect();
    wanted.sort();
    wanted
}

#[test]
fn wherever_the_program_ends_nothing_is_lost_or_doubled() {
    let (outbox, world) = (MemoryOutbox::new(), World::default());
    let (is_whole, commits) = run(&outbox, &world, Doubt::CountsAsSent, u64::MAX, Cut::Behind);
    assert!(is_whole && commits > 30, "{commits}");
    let mut taken: Vec<_> = world.taken.into_inner().unwrap().into_iter().map(|(mailbox, _)| mailbox).collect();
    taken.sort();
    assert_eq!(taken, wanted());
    let (mut in_doubt, mut doubled) = (0, 0);
    for at in 0..commits {
        for cut in [Cut::Behind, Cut::BeforeNext] {
            for doubt in [Doubt::CountsAsSent, Doubt::IsSentAgain] {
                let (outbox, world) = (MemoryOutbox::new(), World::default());
                assert!(!run(&outbox, &world, doubt, at, cut).0, "it did not end at {at}");
                assert!(run(&outbox, &world, doubt, u64::MAX, cut).0);
                let told = check(&outbox, world, (at, cut, doubt));
                in_doubt += told.0;
                doubled += told.1;
            }
        }
    }
    // Ten final dots, with a commit before and behind each.
    assert_eq!((in_doubt, doubled), (20, 10));
}

/// Compares what the server took with what it should have, and with what the outbox says. Gives how many are in doubt,
/// and how many came twice.
fn check(outbox: &MemoryOutbox, world: World, about: (u64, Cut, Doubt)) -> (usize, usize) {
    let (_, cut, doubt) = about;
    let mut taken: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for (_, bytes) in world.taken.into_inner().unwrap() {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let id = text.split("Message-ID: <").nth(1).unwrap().split('@').next().unwrap().to_owned();
        taken.entry(id).or_default().push(bytes);
    }
    // What comes twice is the same to the byte.
    assert!(taken.values().all(|mails| mails.iter().all(|mail| *mail == mails[0])), "{about:?}");
    let doubled = taken.values().map(|mails| mails.len() - 1).sum();
    let jobs = block_on(outbox.jobs(JobQuery::Latest(None), 100)).unwrap();
    assert_eq!(jobs.len(), 10, "{about:?}");
    let (mut sent, mut in_doubt) = (Vec::new(), 0);
    for job in &jobs {
        assert!(matches!(job.state, JobState::Done { .. }), "{about:?}: {job:?}");
        assert_eq!(block_on(outbox.letter(&job.id)).unwrap(), None);
        for delivery in block_on(outbox.deliveries(DeliveryQuery::OfJob(job.id.clone()), 100)).unwrap() {
            let count = taken.remove(&*delivery.id.0).map_or(0, |mails| mails.len());
            sent.push(delivery.mailbox.to_string());
            match (delivery.end().unwrap(), doubt, cut) {
                (DeliveryEnd::Accepted, Doubt::CountsAsSent, _) => assert_eq!(count, 1, "{about:?}: {delivery:?}"),
                (DeliveryEnd::Accepted, Doubt::IsSentAgain, _) => assert!(count > 0, "{about:?}: {delivery:?}"),
                // What the server may not have is named, and nothing else is missing.
                (DeliveryEnd::InDoubt, Doubt::CountsAsSent, Cut::Behind) => assert!(count <= 1, "{about:?}"),
                (DeliveryEnd::InDoubt, Doubt::CountsAsSent, Cut::BeforeNext) => assert_eq!(count, 1, "{about:?}"),
                (DeliveryEnd::Refused { .. } | DeliveryEnd::Suppressed, _, _) => {
                    assert_eq!((&*delivery.mailbox, count), ("c@d2.example", 0));
                    sent.pop();
                }
                other => panic!("{about:?}: {other:?}"),
            }
            in_doubt += usize::from(delivery.end() == Some(&DeliveryEnd::InDoubt));
        }
    }
    assert_eq!(taken, BTreeMap::new(), "{about:?}: what no delivery knows");
    sent.sort();
    assert_eq!(sent, wanted(), "{about:?}");
    (in_doubt, doubled)
}

#[test]
fn divisions_may_change_and_periods_still_do_not_overlap() {
    block_on(async {
        let outbox = MemoryOutbox::new();
        let mut periods: Vec<Period> = Vec::new();
        let divisions = [Division::Day, Division::QuarterDay, Division::Hour, Division::HalfDay];
        let mut desk = Desk::new(outbox, settings(), KEY);
        for step in 0..4 * 24 * 6 {
            let now_s = DAY_S + step * 600;
            if step % 100 == 50 {
                let mut next = settings();
                next.division = divisions[(step / 100) as usize % divisions.len()];
                let copied = MemoryOutbox::new();
                if let Some(until_s) = desk.outbox().folded_until_s().await.unwrap() {
                    copied.commit(vec![Change::SetFoldedUntil(until_s)]).await.unwrap();
                }
                desk = Desk::new(copied, next, KEY);
            }
            while let Some(period) = desk.period_due(now_s).await.unwrap() {
                assert!(periods.last().is_none_or(|last| last.until_s() == period.begin_s()));
                assert!(period.until_s() <= now_s);
                periods.push(period);
                desk.gather(period).await.unwrap().close().await.unwrap();
            }
        }
        assert!(periods.len() > 5, "{periods:?}");
        assert_eq!(periods[0].begin_s(), DAY_S);
    });
}
