//! Reports on their way out: the file answers as memory does, and what was committed outlives the process.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use dmarc::Refusal;
use feedback::mail::Letter;
use feedback::outbox::memory::MemoryOutbox;
use feedback::outbox::*;
use feedback::period::Period;
use proptest::prelude::*;
use store::SqliteArchive;
use store::archive::Settings;
use testkit::block_on;

use crate::samples::{Chance, DOMAINS, domain, file_with};

fn id(number: u64) -> JobId {
    JobId(format!("job{number:05}").into())
}

fn letter(number: u64) -> Letter {
    Letter {
        subject: vec!["Report Domain: example.jp".into(), format!("Report-ID: <{number}>").into()],
        content_type: "multipart/mixed".into(),
        body: (0..300 + number).map(|at| at as u8).collect(),
        date_s: number,
    }
}

fn job(number: u64, state: JobState) -> Job {
    let mut chance = Chance::of(number);
    let begin_s = chance.below(20);
    Job {
        id: id(number),
        kind: chance.one_of(&[JobKind::Aggregate, JobKind::Failure, JobKind::Method]),
        domain: domain(chance.one_of(DOMAINS)),
        period: Period::new(begin_s, begin_s + 1 + chance.below(5)).unwrap(),
        message_count: chance.below(100),
        made_s: chance.below(10),
        state,
    }
}

fn job_state() -> impl Strategy<Value = JobState> {
    let end = prop::sample::select(vec![JobEnd::Delivered, JobEnd::NoDestination, JobEnd::Unknown, JobEnd::Off]);
    prop_oneof![
        (0..20_u64, 0..3_u32).prop_map(|(next_s, attempts)| JobState::Asking { next_s, attempts }),
        Just(JobState::Sending),
        (0..20_u64, end).prop_map(|(at_s, end)| JobState::Done { at_s, end }),
    ]
}

fn delivery_state() -> impl Strategy<Value = DeliveryState> {
    let reply = || Box::<str>::from("550 no");
    let end = prop::sample::select(vec![
        DeliveryEnd::Accepted,
        DeliveryEnd::InDoubt,
        DeliveryEnd::Refused { reply: reply() },
        DeliveryEnd::Expired { reply: reply() },
        DeliveryEnd::Suppressed,
        DeliveryEnd::Off,
        DeliveryEnd::TooLarge { bytes: 7, bytes_max: 5 },
        DeliveryEnd::Bounced { reply: reply() },
    ]);
    prop_oneof![
        (0..20_u64, any::<bool>())
            .prop_map(move |(next_s, was)| DeliveryState::Waiting { next_s, last: was.then(|| "451 later".into()) }),
        (0..20_u64).prop_map(|at_s| DeliveryState::Offered { at_s }),
        (0..20_u64).prop_map(|at_s| DeliveryState::Ending { at_s }),
        (0..20_u64, end).prop_map(|(at_s, end)| DeliveryState::Done { at_s, end }),
    ]
}

fn delivery() -> impl Strategy<Value = Delivery> {
    (0..12_u64, 0..8_u64, 0..3_u32, delivery_state()).prop_map(|(number, job, attempts, state)| Delivery {
        id: DeliveryId(format!("delivery{number}").into()),
        job: id(job),
        mailbox: format!("rua{}@example.jp", number % 4).into(),
        attempts,
        state,
    })
}

fn key(number: u64) -> ConfirmationKey {
    let tag = if number.is_multiple_of(2) { ConfirmationTag::Rua } else { ConfirmationTag::Ruf };
    ConfirmationKey { domain: domain(DOMAINS[(number % 3) as usize]), uri: "mailto:a@b.example".into(), tag }
}

fn confirmation() -> impl Strategy<Value = Confirmation> {
    let refusal = prop::sample::select(vec![
        Refusal::Scheme,
        Refusal::NotAgreed,
        Refusal::OtherHost,
        Refusal::NameTooLong,
        Refusal::PublicSuffix,
    ]);
    let answer = prop_oneof![
        refusal.prop_map(Err),
        prop::collection::vec("[a-z]{1,3}@b", 0..3).prop_map(|all| Ok(all.into_iter().map(Into::into).collect())),
    ];
    (0..6_u64, answer, 0..20_u64).prop_map(|(number, answer, until_s)| Confirmation {
        key: key(number),
        answer,
        until_s,
    })
}

fn change() -> impl Strategy<Value = Change> {
    let number = || 0..8_u64;
    let suppression = (0..4_u64, 0..20_u64, 0..5_u32).prop_map(|(number, until_s, strikes)| Suppression {
        mailbox: format!("rua{number}@example.jp").into(),
        since_s: 1,
        until_s,
        strikes,
        reply: "550".into(),
    });
    prop_oneof![
        4 => (number(), job_state()).prop_map(|(number, state)| Change::AddJob(job(number, state), letter(number))),
        3 => (number(), job_state()).prop_map(|(number, state)| Change::SetJob(id(number), state)),
        1 => number().prop_map(|number| Change::DropLetter(id(number))),
        3 => delivery().prop_map(Change::AddDelivery),
        3 => delivery().prop_map(Change::SetDelivery),
        2 => (number(), 0..20_u64).prop_map(|(number, due_s)| Change::Hasten(id(number), due_s)),
        1 => suppression.prop_map(Change::SetSuppression),
        1 => (0..4_u64).prop_map(|number| Change::DropSuppression(format!("RUA{number}@example.jp").into())),
        1 => (0..20_u64).prop_map(Change::SetFoldedUntil),
        1 => confirmation().prop_map(Change::SetConfirmation),
        1 => (0..20_u64).prop_map(|before_s| Change::Forget { before_s }),
    ]
}

/// Everything that can be asked.
fn answers(outbox: &impl Outbox, now_s: u64, count_max: usize) -> String {
    let mut all = String::new();
    let mut note = |answer: String| all.push_str(&(answer + "\n"));
    for number in 0..8 {
        note(format!("{:?}", block_on(outbox.job(&id(number)))));
        note(format!("{:?}", block_on(outbox.letter(&id(number)))));
        note(format!("{:?}", block_on(outbox.deliveries(DeliveryQuery::OfJob(id(number)), count_max))));
        note(format!("{:?}", block_on(outbox.confirmation(&key(number)))));
        let one = DeliveryId(format!("delivery{number}").into());
        note(format!("{:?}", block_on(outbox.deliveries(DeliveryQuery::One(one), count_max))));
        note(format!("{:?}", block_on(outbox.suppression(&format!("Rua{number}@example.jp")))));
    }
    let begun = |kind| JobQuery::Begun { kind, from_s: now_s / 2, until_s: now_s };
    let latest = JobQuery::Latest(Some(domain(DOMAINS[(now_s % 5) as usize])));
    let behind = JobKey { made_s: now_s / 2, id: id(now_s % 8) };
    for query in [
        JobQuery::Due { now_s },
        begun(JobKind::Aggregate),
        begun(JobKind::Failure),
        begun(JobKind::Method),
        JobQuery::Latest(None),
        latest,
        JobQuery::Before(None, behind.clone()),
        JobQuery::Before(Some(domain(DOMAINS[(now_s % 5) as usize])), behind),
    ] {
        note(format!("{query:?} {:?}", block_on(outbox.jobs(query.clone(), count_max))));
    }
    for query in [DeliveryQuery::Due { now_s }, DeliveryQuery::Open] {
        note(format!("{query:?} {:?}", block_on(outbox.deliveries(query.clone(), count_max))));
    }
    note(format!("{:?}", block_on(outbox.suppressions("rua0@example.jp", count_max))));
    note(format!("{:?}", block_on(outbox.suppressions("", count_max))));
    note(format!("{:?}", block_on(outbox.folded_until_s())));
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_file_answers_as_memory_does(
        commits in prop::collection::vec(
            (prop::collection::vec(change(), 0..8), 0..20_u64, prop::sample::select(vec![0_usize, 1, 3, 100])),
            1..12,
        )
    ) {
        let (_folder, file) = file_with(Settings::default());
        let memory = MemoryOutbox::new();
        for (changes, now_s, count_max) in commits {
            block_on(memory.commit(changes.clone())).unwrap();
            block_on(file.commit(changes)).unwrap();
            prop_assert_eq!(answers(&file, now_s, count_max), answers(&memory, now_s, count_max));
        }
    }
}

/// Page by page there is each job once, in the order of one long list, whatever comes or goes meanwhile.
fn pages_are_one_list(outbox: &impl Outbox) {
    // Many of one moment, as those of a day are.
    let add = |number: u64| {
        let made_s = 100 + number / 40;
        let state = JobState::Done { at_s: number, end: JobEnd::Delivered };
        Change::AddJob(Job { made_s, ..job(number, state) }, letter(number))
    };
    block_on(outbox.commit((0..400).map(add).collect())).unwrap();
    let paged = |of: Option<mailtext::Domain>, disturb: &dyn Fn(usize)| -> Vec<JobId> {
        let mut all = Vec::new();
        let mut query = JobQuery::Latest(of.clone());
        for round in 0.. {
            let page = block_on(outbox.jobs(query, 7)).unwrap();
            let Some(last) = page.last() else { break };
            query = JobQuery::Before(of.clone(), last.key());
            all.extend(page.into_iter().map(|job| job.id));
            disturb(round);
        }
        all
    };
    for of in [None, Some(domain(DOMAINS[0]))] {
        let whole = block_on(outbox.jobs(JobQuery::Latest(of.clone()), usize::MAX)).unwrap();
        let ids: Vec<JobId> = whole.into_iter().map(|job| job.id).collect();
        assert!(ids.len() > 40);
        assert_eq!(paged(of.clone(), &|_| ()), ids);
        // What is made meanwhile stands in front of all of them, and the last that was seen may be gone.
        let fresh = |round: usize| {
            let number = 1_000 + round as u64;
            let state = JobState::Done { at_s: 5_000, end: JobEnd::Delivered };
            let change = Change::AddJob(Job { made_s: 9_000, ..job(number, state) }, letter(number));
            block_on(outbox.commit(vec![change])).unwrap();
            if round == 3 {
                block_on(outbox.commit(vec![Change::Forget { before_s: 10 }])).unwrap();
            }
        };
        let disturbed = paged(of, &fresh);
        let left = ids.iter().filter(|id| disturbed.contains(id)).count();
        assert!(left >= ids.len().saturating_sub(10) && disturbed.iter().all(|id| ids.contains(id)), "{left}");
        assert_eq!(disturbed.iter().collect::<std::collections::BTreeSet<_>>().len(), disturbed.len(), "each once");
        block_on(outbox.commit(vec![Change::Forget { before_s: 10_000 }])).unwrap();
        block_on(outbox.commit((0..400).map(add).collect())).unwrap();
    }
}

#[test]
fn jobs_are_paged_by_their_key() {
    let (_folder, file) = file_with(Settings::default());
    pages_are_one_list(&file);
    pages_are_one_list(&MemoryOutbox::new());
}

#[test]
fn who_holds_the_file_too_long_is_told_of() {
    let (folder, file) = file_with(Settings { busy_ms: 50, ..Settings::default() });
    let other = rusqlite::Connection::open(folder.path().join("reports.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(block_on(file.commit(vec![Change::SetFoldedUntil(5)])), Err(OutboxError::Busy));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(block_on(file.folded_until_s()), Ok(None), "nothing was changed");
}

/// What one step changes: a job with its mail and its delivery, and how far that is.
fn step(number: u64) -> Vec<Change> {
    let delivery = |number: u64, state| Delivery {
        id: DeliveryId(format!("delivery{number}").into()),
        job: id(number),
        mailbox: "rua@example.jp".into(),
        attempts: 0,
        state,
    };
    let mut changes = vec![
        Change::AddJob(job(number, JobState::Sending), letter(number)),
        Change::AddDelivery(delivery(number, DeliveryState::Waiting { next_s: 0, last: None })),
        Change::SetFoldedUntil(number + 1),
    ];
    if let Some(before) = number.checked_sub(1) {
        let accepted = DeliveryState::Done { at_s: number, end: DeliveryEnd::Accepted };
        changes.push(Change::SetDelivery(delivery(before, accepted)));
        changes.push(Change::DropLetter(id(before)));
        changes.push(Change::SetJob(id(before), JobState::Done { at_s: number, end: JobEnd::Delivered }));
    }
    changes
}

#[test]
fn killed_between_changes_and_within() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let mut chance = Chance(11);
    let mut acknowledged = 0;
    for _ in 0..60 {
        acknowledged = run_and_kill(&path, Duration::from_micros(chance.below(8_000))).max(acknowledged);
        let outbox = SqliteArchive::open(&path, Settings::default()).unwrap();
        let folded = block_on(outbox.folded_until_s()).unwrap().unwrap();
        assert!((acknowledged..=acknowledged + 1).contains(&folded), "{acknowledged} {folded}");
        let jobs = block_on(outbox.jobs(JobQuery::Latest(None), usize::MAX)).unwrap();
        assert_eq!(jobs.len() as u64, folded, "each job once");
        let open = jobs.iter().filter(|job| job.state == JobState::Sending).collect::<Vec<_>>();
        assert!(open.len() == 1 && open[0].id == id(folded - 1), "{open:?}");
        let due = block_on(outbox.deliveries(DeliveryQuery::Due { now_s: 5 }, usize::MAX)).unwrap();
        assert!(due.len() == 1 && due[0].job == id(folded - 1), "{due:?}");
        assert_eq!(block_on(outbox.letter(&id(folded - 1))), Ok(Some(letter(folded - 1))));
        if folded > 1 {
            assert_eq!(block_on(outbox.letter(&id(folded - 2))), Ok(None));
        }
        acknowledged = folded;
    }
    assert!(acknowledged > 60, "{acknowledged}");
}

fn run_and_kill(path: &Path, after: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "outbox::child_that_commits", "--ignored", "--nocapture"])
        .env("SEKISHO_TEST_REPORTS", path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let told = |line: &str| -> Option<u64> {
        line.trim_end().strip_prefix("kept ").and_then(|line| line.strip_suffix('.')).and_then(|text| text.parse().ok())
    };
    let mut line = String::new();
    let mut last = None;
    while last.is_none() {
        line.clear();
        assert!(output.read_line(&mut line).unwrap() > 0, "the child died");
        last = told(&line);
    }
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    output.lines().map_while(Result::ok).filter_map(|line| told(&line)).last().or(last).unwrap()
}

#[test]
#[ignore = "a child of another test"]
fn child_that_commits() {
    let Some(path) = std::env::var_os("SEKISHO_TEST_REPORTS") else { return };
    let outbox = SqliteArchive::open(Path::new(&path), Settings::default()).unwrap();
    let first = block_on(outbox.folded_until_s()).unwrap().unwrap_or(0);
    for number in first.. {
        block_on(outbox.commit(step(number))).unwrap();
        std::io::stdout().write_all(format!("\nkept {}.\n", number + 1).as_bytes()).unwrap();
    }
}
