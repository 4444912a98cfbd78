//! What is noticed of reports, the letters that tell of it, and what is old.

use feedback::Archive;
use feedback::archive::*;
use mailtext::Domain;
use report::query::Reach;
use store::SqliteArchive;
use store::archive::{
    AlertLine, AlertQuery, LatestQuery, Notice, NoticeChange, NoticeKind, NoticeQuery, NoticeState, Retention,
    Settings, Taken, WayOut,
};
use testkit::block_on;

use crate::samples::*;

fn alert(domain: &str, day: u32) -> AlertLine {
    AlertLine {
        id: 0,
        tenant: Box::default(),
        domain: domain.into(),
        day,
        what: format!("what of {domain} {day}").into(),
        made_s: u64::from(day),
    }
}

fn notice(id: &str, place: &str, made_s: u64) -> Notice {
    Notice {
        id: id.into(),
        place: place.into(),
        kind: NoticeKind::Alerts,
        subject: "件名".into(),
        text: "text\n".into(),
        data: "{}".into(),
        made_s,
        attempts: 0,
        state: NoticeState::Waiting { next_s: made_s, last: None },
    }
}

fn watch(domain: &str, state: &str) -> NoticeChange {
    NoticeChange::SetWatch { tenant: Box::default(), domain: domain.into(), state: state.into() }
}

fn waiting(archive: &SqliteArchive) -> Vec<AlertLine> {
    block_on(archive.alerts(AlertQuery { is_waiting: true, ..AlertQuery::default() })).unwrap()
}

fn due(archive: &SqliteArchive, now_s: u64) -> Vec<Notice> {
    block_on(archive.notices(NoticeQuery::Due { now_s })).unwrap()
}

#[test]
fn what_was_noticed_outlives_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let archive = SqliteArchive::open(&path, Settings::default()).unwrap();
    let first = vec![watch("a.example", "one"), NoticeChange::AddAlert(alert("a.example", 5))];
    block_on(archive.note(first)).unwrap();
    block_on(archive.note(vec![watch("a.example", "two"), NoticeChange::AddAlert(alert("b.example", 6))])).unwrap();
    drop(archive);
    let archive = SqliteArchive::open(&path, Settings::default()).unwrap();
    assert_eq!(block_on(archive.watched("", "a.example")), Ok(Some("two".into())));
    assert_eq!(block_on(archive.watched("city", "a.example")), Ok(None));
    let lines = waiting(&archive);
    assert_eq!(lines.iter().map(|line| &*line.domain).collect::<Vec<_>>(), ["a.example", "b.example"]);
    // A letter, and the word that its alerts are told.
    let ids = lines.iter().map(|line| line.id).collect();
    let told = vec![NoticeChange::Told(ids), NoticeChange::AddNotice(notice("n1", "a@example.jp", 10))];
    block_on(archive.note(told)).unwrap();
    assert_eq!(waiting(&archive), []);
    let week = |from_day, until_day| {
        let of = Some((Box::default(), "b.example".into()));
        block_on(archive.alerts(AlertQuery { of, from_day, until_day, is_waiting: false })).unwrap().len()
    };
    assert_eq!((week(6, 7), week(0, 6), week(7, 9), week(0, 0)), (1, 0, 0, 1));
    // Ever larger numbers, also when others were forgotten.
    block_on(archive.note(vec![NoticeChange::Forget { before_s: 100 }])).unwrap();
    block_on(archive.note(vec![NoticeChange::AddAlert(alert("c.example", 7))])).unwrap();
    let again = waiting(&archive);
    assert!(again.len() == 1 && again[0].id > lines[1].id, "{again:?}");
}

#[test]
fn what_was_noticed_is_paged_newest_first() {
    let (_folder, archive) = file_with(Settings::default());
    let names = ["a.example", "sub.a.example", "nota.example", "b.example"];
    let lines = (0..40).map(|day: u32| alert(names[day as usize % 4], day));
    // A digest's lines are told from the first; a letter never looks at them.
    let change = |line: AlertLine| match line.day % 8 {
        0..4 => NoticeChange::AddAlert(line),
        _ => NoticeChange::AddTold(line),
    };
    block_on(archive.note(lines.map(change).collect())).unwrap();
    block_on(archive.note(vec![NoticeChange::AddAlert(AlertLine { tenant: "city".into(), ..alert(names[0], 1) })]))
        .unwrap();
    assert_eq!(waiting(&archive).len(), 21);
    let all = LatestQuery { until_day: 100, limit: 7, ..LatestQuery::default() };
    let paged = |query: &LatestQuery| {
        let (mut days, mut query) = (Vec::new(), query.clone());
        loop {
            let page = block_on(archive.latest(query.clone())).unwrap();
            assert!(page.lines.len() <= 7);
            days.extend(page.lines.iter().map(|line| line.day));
            let Some(next) = page.next else { return days };
            query.before = Some(next);
        }
    };
    assert_eq!(paged(&all), (0..40).rev().collect::<Vec<_>>());
    assert_eq!(paged(&LatestQuery { from_day: 3, until_day: 9, ..all.clone() }), [8, 7, 6, 5, 4, 3]);
    let of =
        |name: &str, reach| LatestQuery { domains: Some(vec![(Domain::parse(name).unwrap(), reach)]), ..all.clone() };
    let some = |wanted: &[u32]| (0..40).rev().filter(|day| wanted.contains(&(day % 4))).collect::<Vec<_>>();
    assert_eq!(paged(&of("a.example", Reach::Name)), some(&[0]));
    assert_eq!(paged(&of("a.example", Reach::Below)), some(&[0, 1]));
    assert_eq!(paged(&of("c.example", Reach::Below)), Vec::<u32>::new());
    assert_eq!(paged(&LatestQuery { domains: Some(Vec::new()), ..all.clone() }), Vec::<u32>::new());
    // What comes meanwhile is on no page that is behind it.
    let first = block_on(archive.latest(all.clone())).unwrap();
    block_on(archive.note(vec![NoticeChange::AddAlert(alert(names[0], 41))])).unwrap();
    let second = block_on(archive.latest(LatestQuery { before: first.next, ..all.clone() })).unwrap();
    assert_eq!(second.lines.first().map(|line| line.day), Some(32));
}

#[test]
fn a_file_of_an_older_version_is_brought_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.sqlite");
    let archive = SqliteArchive::open(&path, Settings::default()).unwrap();
    block_on(archive.note(vec![NoticeChange::AddAlert(alert("a.example", 5))])).unwrap();
    block_on(archive.import((0..40).map(parcel).collect(), None)).unwrap();
    block_on(archive.import((0..40).map(|number| Variant::Changed.of(number)).collect(), None)).unwrap();
    block_on(archive.import((0..4).map(parcel).collect(), None)).unwrap();
    let before = block_on(archive.totals(DocumentQuery::default(), None)).unwrap();
    drop(archive);
    let file = rusqlite::Connection::open(&path).unwrap();
    let is_there = |file: &rusqlite::Connection| -> u32 {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'alert_newest'";
        file.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(is_there(&file), 1);
    // As the version before this step left it.
    file.execute_batch(BEFORE_NEWEST).unwrap();
    drop(file);
    let archive = SqliteArchive::open(&path, Settings::default()).unwrap();
    let domains = Some(vec![(Domain::parse("a.example").unwrap(), Reach::Name)]);
    let query = LatestQuery { until_day: 100, limit: 7, domains, ..LatestQuery::default() };
    assert_eq!(block_on(archive.latest(query)).unwrap().lines.len(), 1);
    assert_eq!(is_there(&rusqlite::Connection::open(&path).unwrap()), 1);
    assert!(before.conflicting > 0 && before.duplicate > 0, "{before:?}");
    // Of copies that came before the step, nothing is known.
    let after = block_on(archive.totals(DocumentQuery::default(), None)).unwrap();
    assert_eq!(after, Totals { duplicate: 0, ..before });
    let of_days = DocumentQuery { from_s: Some(START_S + 4 * DAY_S), ..DocumentQuery::default() };
    let count = all(&archive, of_days.clone()).len() as u64;
    let Totals { accepted, salvaged, refused, .. } = block_on(archive.totals(of_days, None)).unwrap();
    assert!(count > 0 && accepted + salvaged + refused == count, "{count}");
}

/// Back to the version before the index of what was noticed.
const BEFORE_NEWEST: &str = "DROP INDEX document_totals; ALTER TABLE document DROP COLUMN until_s; \
    ALTER TABLE document DROP COLUMN from_s; ALTER TABLE document DROP COLUMN is_contradicted; ALTER TABLE document DROP COLUMN copies; \
    DROP INDEX alert_newest; PRAGMA user_version = 6;";

#[test]
fn a_letter_is_made_once_and_goes_its_way() {
    let (_folder, archive) = file_with(Settings::default());
    let made = notice("n1", "a@example.jp", 10);
    let other = notice("n1", "https://hook.example/", 10);
    let add = |notice: &Notice| NoticeChange::AddNotice(notice.clone());
    block_on(archive.note(vec![add(&made), add(&other), add(&Notice { text: "another".into(), ..made.clone() })]))
        .unwrap();
    assert_eq!(due(&archive, 9), []);
    assert_eq!(due(&archive, 10), [made.clone(), other.clone()]);
    let at = |state| Notice { attempts: 1, state, ..made.clone() };
    let set = |notice: Notice| block_on(archive.note(vec![NoticeChange::SetNotice(notice)])).unwrap();
    set(at(NoticeState::Sending { at_s: 11 }));
    assert_eq!(block_on(archive.notices(NoticeQuery::Open)), Ok(vec![at(NoticeState::Sending { at_s: 11 })]));
    assert_eq!(due(&archive, 20), [other]);
    let waits = at(NoticeState::Waiting { next_s: 30, last: Some("451 later".into()) });
    set(waits.clone());
    assert_eq!(due(&archive, 30).pop(), Some(waits));
    let before = block_on(archive.way_out(0)).unwrap();
    assert_eq!(before, WayOut { notices: 2, ..WayOut::default() });
    // What is done with is remembered, and its text is not.
    set(at(NoticeState::Sent { at_s: 31 }));
    let since = |from_s| block_on(archive.notices(NoticeQuery::MadeSince { from_s })).unwrap();
    let sent = since(10).into_iter().find(|one| &*one.place == "a@example.jp").unwrap();
    assert_eq!((&*sent.text, &*sent.data, &sent.state), ("", "", &NoticeState::Sent { at_s: 31 }));
    assert_eq!((since(11).len(), block_on(archive.way_out(0)).unwrap().notices), (0, 1));
    // One that is made again is not sent again.
    block_on(archive.note(vec![add(&made)])).unwrap();
    assert_eq!(due(&archive, 50).len(), 1);
    block_on(archive.note(vec![NoticeChange::Forget { before_s: 31 }])).unwrap();
    assert_eq!(since(0).len(), 2);
    block_on(archive.note(vec![NoticeChange::Forget { before_s: 32 }])).unwrap();
    assert_eq!(since(0).len(), 1, "what waits is not forgotten");
}

#[test]
fn moments_never_go_back() {
    let (_folder, archive) = file_with(Settings::default());
    assert_eq!(block_on(archive.moment("digest")), Ok(None));
    for (set, want) in [(5, 5), (3, 5), (9, 9)] {
        block_on(archive.note(vec![NoticeChange::SetMoment("digest", set)])).unwrap();
        assert_eq!(block_on(archive.moment("digest")), Ok(Some(want)));
    }
}

#[test]
fn nothing_is_left_of_a_domain() {
    let (_folder, archive) = file_with(Settings::default());
    for name in ["example.jp", "mail.example.jp", "example-x.jp"] {
        block_on(archive.note(vec![watch(name, "x"), NoticeChange::AddAlert(alert(name, 3))])).unwrap();
    }
    let what = Removal::Domain { domain: domain("example.jp"), reach: Reach::Below, tenant: None };
    block_on(archive.remove(what)).unwrap();
    assert_eq!(waiting(&archive).iter().map(|line| &*line.domain).collect::<Vec<_>>(), ["example-x.jp"]);
    let there = |name: &str| block_on(archive.watched("", name)).unwrap().is_some();
    assert_eq!(["example.jp", "mail.example.jp", "example-x.jp"].map(there), [false, false, true]);
}

/// Reports of all kinds about several domains, and refused ones.
fn filled() -> (tempfile::TempDir, SqliteArchive) {
    let (folder, archive) = file_with(Settings::default());
    let parcels: Vec<Parcel> = (0..300).map(parcel).collect();
    block_on(archive.import(parcels, None)).unwrap();
    (folder, archive)
}

fn expire(archive: &SqliteArchive, retention: &Retention) -> u64 {
    let mut count = 0;
    loop {
        let removed = block_on(archive.expire(retention.clone())).unwrap();
        count += removed.count;
        if removed.is_done {
            return count;
        }
    }
}

/// When a report is as old as it is: behind its period, and behind its coming.
fn ended_s(line: &DocumentLine) -> u64 {
    line.end_s.max(line.received_ms / 1000)
}

/// All domains that a report is about.
fn domains_of(archive: &SqliteArchive, line: &DocumentLine) -> Vec<Box<str>> {
    match block_on(archive.content(line.id)).unwrap() {
        Some(Content::Tls(tls)) => tls.policies.into_iter().map(|policy| policy.domain).collect(),
        Some(Content::Failure(_)) => {
            // Those under which it is found.
            let under = |name: &&&str| {
                let query = DocumentQuery { domain: Some((domain(name), Reach::Name)), ..DocumentQuery::default() };
                all(archive, query).iter().any(|other| other.id == line.id)
            };
            DOMAINS.iter().filter(under).map(|name| Box::from(*name)).collect()
        }
        _ => vec![line.domain.clone()],
    }
}

#[test]
fn each_domain_is_kept_as_long_as_is_said() {
    let day = |days: u64| Some(START_S + days * DAY_S);
    let own = |text: &str, before_s| (Domain::parse(text).unwrap(), before_s);
    for retention in [
        Retention { before_s: day(5), own: Vec::new() },
        Retention { before_s: day(5), own: vec![own("example.jp", day(2))] },
        Retention { before_s: day(5), own: vec![own("example.jp", day(8)), own("mail.example.jp", None)] },
        Retention {
            before_s: day(5),
            own: vec![own("example.jp", None), own("bank.example", day(8)), own("jp", day(3))],
        },
        Retention { before_s: None, own: vec![own("example.jp", day(6)), own("bank.example", day(3))] },
        Retention { before_s: None, own: Vec::new() },
    ] {
        let (_folder, archive) = filled();
        let before = all(&archive, DocumentQuery::default());
        // The nearest name above, by hand.
        let nearest = |name: &str| {
            let mut rest = name;
            loop {
                if let Some((_, before_s)) = retention.own.iter().find(|(domain, _)| domain.as_str() == rest) {
                    return *before_s;
                }
                match rest.split_once('.') {
                    Some((_, above)) => rest = above,
                    None => return retention.before_s,
                }
            }
        };
        let goes = |line: &DocumentLine| {
            let of_all = domains_of(&archive, line);
            let times = match line.status {
                Status::Refused => vec![retention.before_s],
                _ => of_all.iter().map(|name| nearest(name)).collect(),
            };
            times.into_iter().all(|time| time.is_some_and(|time| ended_s(line) < time))
        };
        let stays: Vec<DocumentId> = before.iter().filter(|line| !goes(line)).map(|line| line.id).collect();
        assert_eq!(expire(&archive, &retention), (before.len() - stays.len()) as u64, "{retention:?}");
        let after: Vec<DocumentId> = all(&archive, DocumentQuery::default()).iter().map(|line| line.id).collect();
        assert_eq!(after, stays, "{retention:?}");
        check_sums(&archive);
        assert_eq!(block_on(archive.rebuild()), Ok(0), "{retention:?}");
    }
}

#[test]
fn what_a_removal_would_take_is_what_it_takes() {
    let before_s = START_S + 5 * DAY_S;
    for what in [
        Removal::Domain { domain: domain("example.jp"), reach: Reach::Name, tenant: None },
        Removal::Domain { domain: domain("example.jp"), reach: Reach::Below, tenant: Some("city".into()) },
        Removal::Reports { before_s, domain: Some(domain("bank.example")) },
        Removal::Reports { before_s, domain: None },
    ] {
        let (_folder, archive) = filled();
        for (name, tenant) in [("example.jp", "city"), ("mail.example.jp", ""), ("example-x.jp", "")] {
            let mark = Mark {
                tenant: tenant.into(),
                domain: domain(name),
                sender: Sender::Service("a".into()),
                standing: Standing::Approved,
                note: Box::default(),
                at_s: 1,
            };
            block_on(archive.set_mark(mark, Some(Standing::Approved))).unwrap();
        }
        let state = |archive: &SqliteArchive| {
            let lines = all(archive, DocumentQuery::default());
            let messages: u64 =
                lines.iter().filter(|line| line.kind == Some(Kind::Aggregate)).map(|line| line.message_count).sum();
            let marks = ["", "city"].map(|tenant| block_on(archive.marks(tenant)).unwrap().len());
            (lines.len() as u64, messages, marks.iter().sum::<usize>() as u64)
        };
        let (would, before) = (block_on(archive.would_take(what.clone())).unwrap(), state(&archive));
        while !block_on(archive.remove(what.clone())).unwrap().is_done {}
        let after = state(&archive);
        let took = Taken { reports: before.0 - after.0, messages: before.1 - after.1, marks: before.2 - after.2 };
        assert!(would.reports > 0, "{what:?}");
        assert_eq!(would, took, "{what:?}");
    }
}
