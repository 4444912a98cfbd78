//! What every store does, asked of each: in memory, and in SQLite with both durabilities.

use report::ledger::{Deletion, LedgerError, Receipt};
use report::limits::{APPEND_COUNT_MAX, DELETE_COUNT_MAX, EXAMINED_COUNT_MAX, PAGE_ROW_COUNT_MAX};
use report::query::{DomainFilter, DomainRole, Network, Order, Reach};
use report::tally::{MeasureKind, Step as Division};
use report::vocabulary::*;
use report::{Filter, IdSource, Ledger, Measure, Query, RowId, Site, TallyQuery};
use store::{Durability, Memory, Settings, Sqlite};
use testkit::block_on;

use crate::samples::{DAY_MS, START_MS, all, domain, entries, entry, row};

/// Runs a test over every store.
macro_rules! over_all {
    ($($name:ident),* $(,)?) => {
        mod memory {$(
            #[test]
            fn $name() {
                super::$name(&super::Memory::default());
            }
        )*}
        mod sqlite {$(
            #[test]
            fn $name() {
                let (_folder, store) = super::sqlite_with(super::Durability::BeforeReply);
                super::$name(&store);
            }
        )*}
        mod sqlite_async {$(
            #[test]
            fn $name() {
                let (_folder, store) = super::sqlite_with(super::Durability::Async);
                super::$name(&store);
            }
        )*}
    };
}

pub(crate) fn sqlite_with(durability: Durability) -> (tempfile::TempDir, Sqlite) {
    sqlite_of(Settings { durability, queue_row_count_max: 100_000, ..Settings::default() })
}

pub(crate) fn sqlite_of(settings: Settings) -> (tempfile::TempDir, Sqlite) {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&folder.path().join("ledger"), settings).unwrap();
    (folder, store)
}

over_all!(
    rows_come_back_as_they_were,
    a_repeated_row_is_stored_once,
    another_row_of_the_same_id_is_told,
    pages_are_the_filter_in_order,
    a_page_ends_after_so_many_rows_looked_at,
    counts_are_those_of_the_rows,
    counts_of_domains_are_those_of_their_rows,
    old_rows_go_and_their_counts_stay,
    evidence_goes_alone,
    a_domain_goes_with_everything,
    a_tenant_has_its_own_age,
    ids_go_on,
    one_call_has_a_limit,
);

fn fill(store: &impl Ledger, count: u64) {
    for start in (0..count).step_by(1000) {
        block_on(store.append(entries(start..(start + 1000).min(count)))).unwrap();
    }
    block_on(store.flush()).unwrap();
}

fn rows_come_back_as_they_were(store: &impl Ledger) {
    fill(store, 100);
    for number in 0..100 {
        let want = entry(number);
        assert_eq!(block_on(store.entry(want.row.id)), Ok(Some(want)));
    }
    assert_eq!(block_on(store.entry(RowId::MIN)), Ok(None));
    assert!(block_on(store.append(vec![])).is_ok());
}

fn a_repeated_row_is_stored_once(store: &impl Ledger) {
    fill(store, 10);
    let receipt = block_on(store.append(entries(5..15))).unwrap();
    assert!(receipt == Receipt::Taken || receipt == Receipt::Stored { new: 5, repeated: 5 }, "{receipt:?}");
    let twice = vec![entry(20), entry(20)];
    block_on(store.append(twice)).unwrap();
    block_on(store.flush()).unwrap();
    assert_eq!(all(store, Query::default()).len(), 16);
    let query = TallyQuery::new(MeasureKind::Messages, 0, u64::MAX, Division::Whole);
    assert_eq!(block_on(store.tally(query)).unwrap().lines[0].count, 16);
    assert_eq!(block_on(store.rebuild()).unwrap().differing, 0);
}

fn another_row_of_the_same_id_is_told(store: &impl Ledger) {
    fill(store, 3);
    let other = |number| {
        let mut other = entry(number);
        other.row.latency_us += 1;
        other
    };
    // Ids in the order of the call, which is not their own.
    let ids: Vec<_> = [2, 0, 1].map(|number| row(number).id).into();
    match block_on(store.append(vec![other(2), entry(7), other(0), other(1)])) {
        Err(error) => assert_eq!(error, LedgerError::Conflict { first: ids[0], others: ids[1..].to_vec() }),
        // Nobody waits; the store counts them as lost (its own test).
        Ok(receipt) => assert_eq!(receipt, Receipt::Taken),
    }
    block_on(store.flush()).unwrap();
    for number in 0..3 {
        assert_eq!(block_on(store.entry(row(number).id)), Ok(Some(entry(number))), "the first stays");
    }
    assert_eq!(block_on(store.entry(row(7).id)), Ok(Some(entry(7))), "the others are stored");
}

fn filters() -> Vec<Filter> {
    let none = Filter::default;
    let domain_of = |name, reach, role| Filter {
        domain: Some(DomainFilter { domain: domain(name), reach, role }),
        ..Filter::default()
    };
    let network = |ip: &str, bits| Filter { client: Some(Network { ip: ip.parse().unwrap(), bits }), ..none() };
    vec![
        none(),
        Filter::between(START_MS + DAY_MS, START_MS + 3 * DAY_MS),
        Filter::between(START_MS + 3 * DAY_MS, START_MS + DAY_MS),
        Filter { tenant: Some("city".into()), ..none() },
        Filter { tenant: Some("".into()), site: Site::new(1), ..none() },
        Filter { direction: Some(Direction::Out), ..none() },
        Filter { queue_id: Some("Q7".into()), ..none() },
        Filter { queue_id: Some("Q77".into()), ..none() },
        Filter { message_id: Some([3; 16]), tenant: Some("school".into()), ..none() },
        network("198.51.100.7", 32),
        network("198.51.101.0", 24),
        network("0.0.0.0", 0),
        Filter { mail_from: Some(report::row::Address::Text("a@example.jp".into())), ..none() },
        Filter { mail_from: Some(report::row::Address::Hash([1; 16])), ..none() },
        Filter { mail_from: Some(report::row::Address::Withheld), ..none() },
        domain_of("example.jp", Reach::Name, None),
        domain_of("example.jp", Reach::Below, Some(DomainRole::Author)),
        domain_of("jp", Reach::Below, None),
        domain_of("nowhere.example", Reach::Below, None),
        Filter { action: Some(Action::Reject), ..Filter::between(START_MS, START_MS + 5 * DAY_MS) },
        Filter { action: Some(Action::Accept), ..none() },
        Filter { disposition: Some(Disposition::Quarantine), ..none() },
        Filter { result: Some((Method::Dmarc, MethodResult::Fail)), ..none() },
    ]
}

fn pages_are_the_filter_in_order(store: &impl Ledger) {
    fill(store, 2500);
    let mut rows: Vec<_> = (0..2500).map(row).collect();
    rows.sort_by_key(|row| row.id);
    let mut found = 0;
    for filter in filters() {
        let mut want: Vec<_> = rows.iter().filter(|row| filter.admits(row)).cloned().collect();
        found += want.len();
        for (order, limit) in [(Order::OldestFirst, 0), (Order::OldestFirst, 7), (Order::NewestFirst, 97)] {
            let query = Query { filter: filter.clone(), order, after: None, limit };
            let found = all(store, query);
            if order == Order::NewestFirst {
                want.reverse();
            }
            assert!(found == want, "{filter:?} {order:?}: {} of {}", found.len(), want.len());
        }
    }
    assert!(found > 10_000, "the questions find something: {found}");
    let page = block_on(store.rows(Query { limit: PAGE_ROW_COUNT_MAX + 1, ..Query::default() })).unwrap();
    assert_eq!(page.rows.len(), PAGE_ROW_COUNT_MAX);
}

fn a_page_ends_after_so_many_rows_looked_at(store: &impl Ledger) {
    let count = EXAMINED_COUNT_MAX as u64 + 10;
    fill(store, count);
    // No key helps here, and no row is meant.
    let filter = Filter { result: Some((Method::Bimi, MethodResult::Pass)), ..Filter::default() };
    let page = block_on(store.rows(Query { filter: filter.clone(), ..Query::default() })).unwrap();
    assert!(page.rows.is_empty());
    let next = page.next.expect("not the end");
    let page = block_on(store.rows(Query { filter, after: Some(next), ..Query::default() })).unwrap();
    assert!(page.rows.is_empty() && page.next.is_none());
    let left = Query { after: Some(next), ..Query::default() };
    assert_eq!(all(store, left).len(), 10);
}

fn counts_are_those_of_the_rows(store: &impl Ledger) {
    fill(store, 2000);
    let rows: Vec<_> = (0..2000).map(row).collect();
    let (from_ms, until_ms) = (START_MS + DAY_MS, START_MS + 4 * DAY_MS);
    let ask = |query: TallyQuery| block_on(store.tally(query)).unwrap().lines;
    let mut query = TallyQuery::new(MeasureKind::Result, from_ms, until_ms, Division::Day { ahead_h: 0 });
    query.tenant = Some("city".into());
    let lines = ask(query);
    for day in 1..4 {
        for result in MethodResult::ALL {
            let filter = Filter {
                tenant: Some("city".into()),
                result: Some((Method::Dmarc, *result)),
                ..Filter::between(START_MS + day * DAY_MS, START_MS + (day + 1) * DAY_MS)
            };
            let want = rows.iter().filter(|row| filter.admits(row)).count() as u64;
            let measure = Measure::Result(Method::Dmarc, *result);
            let line = lines.iter().find(|line| line.start_ms == START_MS + day * DAY_MS && line.measure == measure);
            assert_eq!(line.map_or(0, |line| line.count), want, "{day} {result:?}");
        }
    }
    let mut query = TallyQuery::new(MeasureKind::Bytes, from_ms, until_ms, Division::Whole);
    (query.site, query.direction) = (Site::new(2), Some(Direction::Out));
    let wanted = Filter { site: Site::new(2), direction: Some(Direction::Out), ..Filter::between(from_ms, until_ms) };
    let bytes: u64 = rows.iter().filter(|row| wanted.admits(row)).map(|row| row.message.size_bytes).sum();
    assert_eq!(ask(query)[0].count, bytes);
    let mut query = TallyQuery::new(MeasureKind::Source, START_MS, START_MS + 10 * DAY_MS, Division::Whole);
    assert_eq!(ask(query.clone()).iter().map(|line| line.count).sum::<u64>(), 2000);
    query.top = Some(3);
    let top = ask(query);
    let address = |measure: &Measure| match measure {
        Measure::Source(ip, ..) => *ip,
        other => panic!("{other:?}"),
    };
    let named: std::collections::BTreeSet<_> = top.iter().map(|line| address(&line.measure)).collect();
    assert_eq!(named.len(), 3);
    let rebuilt = block_on(store.rebuild()).unwrap();
    assert!(rebuilt.differing == 0 && rebuilt.count > 1000, "{rebuilt:?}");
}

fn counts_of_domains_are_those_of_their_rows(store: &impl Ledger) {
    fill(store, 2000);
    let rows: Vec<_> = (0..2000).map(row).filter(|row| row.direction == Direction::In).collect();
    for names in [&["example.jp"][..], &["mail.example.jp", "example.jp"], &["bank.example", "list.example.org"], &[]] {
        let domains: Vec<_> = names.iter().map(|name| domain(name)).collect();
        let query = TallyQuery {
            direction: Some(Direction::In),
            domains: Some(domains.clone().into()),
            ..TallyQuery::new(MeasureKind::Action, START_MS, START_MS + 5 * DAY_MS, Division::Whole)
        };
        let lines = block_on(store.tally(query)).unwrap().lines;
        for action in Action::ALL {
            let is_meant = |row: &&report::Row| {
                let covers = |to: &mailtext::Domain| domains.iter().any(|own| to.is_within(own));
                row.verdict.action == *action
                    && row.time_ms() < START_MS + 5 * DAY_MS
                    && row.envelope.recipient_domains.iter().any(covers)
            };
            let found: u64 =
                lines.iter().filter(|line| line.measure == Measure::Action(*action)).map(|line| line.count).sum();
            assert_eq!(found, rows.iter().filter(is_meant).count() as u64, "{names:?} {action:?}");
        }
    }
}

fn delete_all(store: &impl Ledger, what: &Deletion) -> u64 {
    let mut count = 0;
    loop {
        let deleted = block_on(store.delete(what.clone())).unwrap();
        assert!(deleted.count <= DELETE_COUNT_MAX as u64 || matches!(what, Deletion::Counts { .. }));
        count += deleted.count;
        if deleted.is_done {
            return count;
        }
    }
}

fn tallies(store: &impl Ledger) -> Vec<Vec<report::TallyLine>> {
    let query = |kind: &MeasureKind| TallyQuery::new(*kind, 0, u64::MAX, Division::Hour);
    MeasureKind::ALL.iter().map(|kind| block_on(store.tally(query(kind))).unwrap().lines).collect()
}

fn old_rows_go_and_their_counts_stay(store: &impl Ledger) {
    let count = DELETE_COUNT_MAX as u64 * 3;
    fill(store, count);
    let before = tallies(store);
    // In the middle of a day: the whole day stays.
    let what = Deletion::Rows { before_ms: START_MS + 6 * DAY_MS + 5_000_000, tenant: None };
    let old = Filter { until_ms: Some(START_MS + 6 * DAY_MS), ..Filter::default() };
    let want = (0..count).filter(|number| old.admits(&row(*number))).count() as u64;
    assert!(want > DELETE_COUNT_MAX as u64);
    assert_eq!(delete_all(store, &what), want);
    assert_eq!(all(store, Query::default()).len() as u64, count - want);
    assert!(all(store, Query { filter: old, ..Query::default() }).is_empty());
    assert_eq!(tallies(store), before);
    assert_eq!(block_on(store.rebuild()).unwrap().differing, 0, "the days that are gone are not made anew");
    assert_eq!(tallies(store), before);
    // By its keys nothing is found either.
    let queue = Filter { queue_id: Some("Q7".into()), until_ms: Some(START_MS + 6 * DAY_MS), ..Filter::default() };
    assert!(all(store, Query { filter: queue, ..Query::default() }).is_empty());
    assert!(delete_all(store, &Deletion::Counts { before_ms: START_MS + 6 * DAY_MS }) > 0);
    let query = TallyQuery::new(MeasureKind::Messages, 0, u64::MAX, Division::Whole);
    assert_eq!(block_on(store.tally(query)).unwrap().lines[0].count, count - want);
    assert_eq!(block_on(store.rebuild()).unwrap().differing, 0);
}

fn evidence_goes_alone(store: &impl Ledger) {
    fill(store, 200);
    let before_ms = START_MS + 5 * DAY_MS;
    let is_old = |number: &u64| row(*number).time_ms() < before_ms;
    assert_eq!(delete_all(store, &Deletion::Evidence { before_ms }), (0..200).filter(is_old).count() as u64);
    for number in 0..200 {
        let found = block_on(store.entry(row(number).id)).unwrap().unwrap();
        assert_eq!(found.why.is_empty(), is_old(&number));
        assert_eq!(found.row, row(number));
    }
}

fn a_domain_goes_with_everything(store: &impl Ledger) {
    fill(store, 3000);
    delete_all(store, &Deletion::Rows { before_ms: START_MS + 2 * DAY_MS, tenant: None });
    let (domain, reach) = (domain("example.jp"), Reach::Below);
    let wanted = Filter { domain: Some(DomainFilter::anywhere(domain.clone(), reach)), ..Filter::default() };
    let there = all(store, Query { filter: wanted.clone(), ..Query::default() }).len() as u64;
    assert!(there > 100);
    assert_eq!(delete_all(store, &Deletion::Domain { domain: domain.clone(), reach, tenant: None }), there);
    assert!(all(store, Query { filter: wanted, ..Query::default() }).is_empty());
    let authors = TallyQuery::new(MeasureKind::Author, 0, u64::MAX, Division::Whole);
    let lines = block_on(store.tally(authors)).unwrap().lines;
    assert!(!lines.is_empty());
    assert!(lines.iter().all(|line| line.measure.domain().is_none_or(|name| !name.is_within(&domain))), "{lines:?}");
    let own = TallyQuery::new(MeasureKind::Own, 0, u64::MAX, Division::Whole);
    let lines = block_on(store.tally(own)).unwrap().lines;
    assert!(lines.iter().any(|line| line.start_ms < START_MS + 2 * DAY_MS), "those of the days that are gone, too");
    let is_named = |name: &str| lines.iter().any(|line| format!("{:?}", line.measure).contains(name));
    assert!(!is_named("\"example.jp") && !is_named("mail.example.jp") && is_named("bank.example"), "{lines:?}");
    let rebuilt = block_on(store.rebuild()).unwrap();
    assert!(rebuilt.differing == 0 && rebuilt.count > 0, "{rebuilt:?}");
}

fn a_tenant_has_its_own_age(store: &impl Ledger) {
    fill(store, 1000);
    let tenant: Option<Box<str>> = Some("city".into());
    let what = Deletion::Rows { before_ms: START_MS + 9 * DAY_MS, tenant: tenant.clone() };
    let old = Filter { until_ms: Some(START_MS + 9 * DAY_MS), tenant, ..Filter::default() };
    let want = (0..1000).filter(|number| old.admits(&row(*number))).count() as u64;
    let before = tallies(store);
    assert_eq!(delete_all(store, &what), want);
    assert_eq!(all(store, Query::default()).len() as u64, 1000 - want);
    assert_eq!(block_on(store.rebuild()).unwrap().differing, 0);
    assert_eq!(tallies(store), before);
}

fn ids_go_on(store: &impl Ledger) {
    let site = Site::new(1).unwrap();
    assert_eq!(block_on(store.last_id(site)), Ok(None));
    fill(store, 300);
    let highest = (0..300).map(|number| row(number).id).filter(|id| id.site() == site).max();
    assert_eq!(block_on(store.last_id(site)), Ok(highest));
    delete_all(store, &Deletion::Rows { before_ms: START_MS + 20 * DAY_MS, tenant: None });
    assert!(all(store, Query::default()).is_empty());
    let last = block_on(store.last_id(site)).unwrap();
    assert_eq!(last, highest, "also when the row is gone");
    let highest = highest.unwrap();
    assert!(IdSource::new(site, last).next(highest.time_ms() - 1000) > highest);
    assert_eq!(block_on(store.last_id(Site::new(9).unwrap())), Ok(None));
}

fn one_call_has_a_limit(store: &impl Ledger) {
    let count = APPEND_COUNT_MAX as u64;
    assert!(block_on(store.append(entries(0..count))).is_ok());
    let too_many = block_on(store.append(entries(0..count + 1)));
    assert_eq!(too_many, Err(LedgerError::TooMany { count: APPEND_COUNT_MAX + 1 }));
    let mut large = entry(1);
    large.row.queue_id = Some("x".repeat(1000).into());
    let id = large.row.id;
    assert_eq!(block_on(store.append(vec![entry(99_999), large])), Err(LedgerError::TooLarge { id }));
    block_on(store.flush()).unwrap();
    assert_eq!(all(store, Query::default()).len(), APPEND_COUNT_MAX, "nothing of the call is stored");
}
