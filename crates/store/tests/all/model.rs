//! The file against the plain meaning: the same commands, in any order, have the same answers in both stores.

use proptest::prelude::*;
use report::ledger::{Deletion, Entry};
use report::query::{DomainFilter, DomainRole, Network, Order, Reach};
use report::tally::{Measure, MeasureKind, Step as Division, cells};
use report::vocabulary::*;
use report::{Filter, Ledger, Query, TallyQuery};
use store::limits::FOLD_ROW_COUNT;
use store::{Memory, Settings};
use testkit::block_on;

use crate::conformance::sqlite_of;
use crate::samples::{DAY_MS, DOMAINS, START_MS, all, domain, entry};

#[derive(Clone, Debug)]
enum Command {
    Append(u64, u64),
    Conflict(u64),
    Rows(Query),
    Tally(TallyQuery),
    Delete(Deletion),
    Rebuild,
}

fn tenant() -> impl Strategy<Value = Option<Box<str>>> {
    prop::option::weighted(0.3, prop::sample::select(vec!["", "city", "school"]).prop_map(Into::into))
}

fn time() -> impl Strategy<Value = u64> {
    (0..10 * DAY_MS).prop_map(|ms| START_MS + ms)
}

fn some_domain() -> impl Strategy<Value = (mailtext::Domain, Reach)> {
    let name = prop::sample::select(DOMAINS).prop_map(domain);
    (name, prop::sample::select(vec![Reach::Name, Reach::Below]))
}

fn filter() -> impl Strategy<Value = Filter> {
    use prop::option::weighted;
    let role = prop::option::of(prop::sample::select(DomainRole::ALL));
    let domain = (some_domain(), role).prop_map(|((domain, reach), role)| DomainFilter { domain, reach, role });
    let network = (0..600_u32, 20..=32_u8)
        .prop_map(|(host, bits)| Network { ip: std::net::Ipv4Addr::from(0xc633_6400 + host).into(), bits });
    let named =
        (weighted(0.2, domain), weighted(0.2, network), weighted(0.1, (0..50_u32).prop_map(|n| format!("Q{n}"))));
    let verdict = (
        weighted(0.2, prop::sample::select(Action::ALL)),
        weighted(0.2, prop::sample::select(Disposition::ALL)),
        weighted(0.2, prop::sample::select(MethodResult::ALL)),
    );
    (weighted(0.3, time()), weighted(0.3, time()), tenant(), named, verdict).prop_map(
        |(from_ms, until_ms, tenant, named, verdict)| Filter {
            from_ms,
            until_ms,
            tenant,
            domain: named.0,
            client: named.1,
            queue_id: named.2.map(String::into_boxed_str),
            action: verdict.0,
            disposition: verdict.1,
            result: verdict.2.map(|result| (Method::Dmarc, result)),
            ..Filter::default()
        },
    )
}

/// What is counted, and of which domains.
fn counted() -> impl Strategy<Value = (MeasureKind, Option<Box<[mailtext::Domain]>>)> {
    let domains = prop::collection::vec(prop::sample::select(DOMAINS).prop_map(domain), 0..4);
    (prop::sample::select(MeasureKind::ALL), prop::option::of(domains.prop_map(Into::into)))
}

fn command() -> impl Strategy<Value = Command> {
    let order = prop::sample::select(vec![Order::NewestFirst, Order::OldestFirst]);
    let query = (filter(), order, 0..40_usize)
        .prop_map(|(filter, order, limit)| Command::Rows(Query { filter, order, after: None, limit }));
    let division = prop_oneof![
        Just(Division::Whole),
        Just(Division::Hour),
        (-12..13_i8).prop_map(|ahead_h| Division::Day { ahead_h })
    ];
    let tally = (counted(), time(), time(), division, tenant(), prop::option::of(1..5_usize)).prop_map(
        |((kind, domains), a, b, step, tenant, top)| {
            Command::Tally(TallyQuery { tenant, top, domains, ..TallyQuery::new(kind, a.min(b), a.max(b), step) })
        },
    );
    let delete = prop_oneof![
        (time(), tenant()).prop_map(|(before_ms, tenant)| Deletion::Rows { before_ms, tenant }),
        time().prop_map(|before_ms| Deletion::Evidence { before_ms }),
        time().prop_map(|before_ms| Deletion::Counts { before_ms }),
        (some_domain(), tenant()).prop_map(|((domain, reach), tenant)| Deletion::Domain { domain, reach, tenant }),
    ];
    prop_oneof![
        6 => (0..400_u64, 1..60_u64).prop_map(|(from, count)| Command::Append(from, count)),
        1 => (0..400_u64).prop_map(Command::Conflict),
        6 => query,
        6 => tally,
        1 => delete.prop_map(Command::Delete),
        1 => Just(Command::Rebuild),
    ]
}

fn same(command: &Command, memory: &Memory, file: &impl Ledger) -> Result<(), TestCaseError> {
    match command.clone() {
        Command::Append(from, count) => {
            let entries: Vec<Entry> = (from..from + count).map(entry).collect();
            prop_assert_eq!(block_on(file.append(entries.clone())), block_on(memory.append(entries)));
        }
        Command::Conflict(number) => {
            let mut other = entry(number);
            other.row.latency_us += 1;
            prop_assert_eq!(block_on(file.append(vec![other.clone()])), block_on(memory.append(vec![other])));
        }
        Command::Rows(query) => prop_assert_eq!(all(file, query.clone()), all(memory, query)),
        Command::Tally(query) => prop_assert_eq!(block_on(file.tally(query.clone())), block_on(memory.tally(query))),
        Command::Delete(what) => {
            prop_assert_eq!(block_on(file.delete(what.clone())), block_on(memory.delete(what)));
        }
        Command::Rebuild => {
            let rebuilt = block_on(memory.rebuild()).unwrap();
            prop_assert_eq!(rebuilt.differing, 0);
            prop_assert_eq!(block_on(file.rebuild()), Ok(rebuilt));
        }
    }
    Ok(())
}

/// Rows of a day whose rows have gone, among them those of a domain that goes then.
#[test]
fn rows_that_came_late_leave_nothing_of_a_domain_that_goes() {
    let (late_ms, domain) = (1_780_531_200_000, domain("example.jp"));
    for fold_row_count in [FOLD_ROW_COUNT, 9] {
        let (_folder, file) = sqlite_of(Settings { fold_row_count, ..Settings::default() });
        let memory = Memory::default();
        let rows = Deletion::Rows { before_ms: late_ms, tenant: None };
        let all = Deletion::Domain { domain: domain.clone(), reach: Reach::Below, tenant: None };
        for command in [Command::Delete(rows), Command::Append(74, 40), Command::Delete(all)] {
            same(&command, &memory, &file).unwrap();
        }
        let left = block_on(memory.rows(Query::default())).unwrap();
        let mut own = 0;
        for row in &left.rows {
            cells(row, |cell, count| own += if matches!(cell.measure, Measure::Own(_)) { count } else { 0 });
        }
        let asked = TallyQuery::new(MeasureKind::Own, 0, u64::MAX / 2, Division::Whole);
        same(&Command::Tally(asked.clone()), &memory, &file).unwrap();
        let counted = block_on(memory.tally(asked)).unwrap();
        assert_eq!(counted.lines.iter().map(|line| line.count).sum::<u64>(), own, "what is left is of rows that are");
        same(&Command::Delete(Deletion::Counts { before_ms: late_ms }), &memory, &file).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_file_answers_as_memory_does(commands in prop::collection::vec(command(), 1..60)) {
        // Never folded, and while it is folded all the time, a few keys at once.
        for fold_row_count in [FOLD_ROW_COUNT, 9] {
            let (_folder, file) = sqlite_of(Settings { fold_row_count, ..Settings::default() });
            let memory = Memory::default();
            for command in &commands {
                same(command, &memory, &file)?;
            }
            same(&Command::Rows(Query::default()), &memory, &file)?;
            same(&Command::Rebuild, &memory, &file)?;
        }
    }
}
