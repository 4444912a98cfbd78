//! Counts are folds of rows.

use std::collections::BTreeMap;

use mailtext::Domain;
use proptest::prelude::*;
use report::limits::TALLY_LINE_COUNT_MAX;
use report::query::Filter;
use report::tally::{Cell, HOUR_MS, MeasureKind, Step, answer, cells};
use report::vocabulary::*;
use report::{Measure, Row, TallyQuery};

use crate::arbitrary::{row, some_domain};
use crate::codec::sample;

fn fold<'a>(rows: impl IntoIterator<Item = &'a Row>) -> BTreeMap<Cell, u64> {
    let mut sums = BTreeMap::new();
    for row in rows {
        cells(row, |cell, count| *sums.entry(cell).or_default() += count);
    }
    sums
}

fn ask(query: &TallyQuery, cells: &BTreeMap<Cell, u64>) -> report::tally::Tally {
    let wanted = cells.iter().filter(|(cell, _)| query.admits(cell));
    answer(query, wanted.map(|(cell, count)| (cell.hour, cell.measure.clone(), *count)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn sums_do_not_depend_on_batches(rows in prop::collection::vec(row(), 0..20), at in 0..20_usize) {
        let (first, second) = rows.split_at(at.min(rows.len()));
        let mut sums = fold(first);
        for (cell, count) in fold(second) {
            *sums.entry(cell).or_default() += count;
        }
        prop_assert_eq!(sums, fold(&rows));
    }

    #[test]
    fn counts_are_the_rows_counted(
        rows in prop::collection::vec(row(), 0..20),
        from_h in 0..100_u64,
        hours in 0..100_u64,
        tenant in prop::option::of(prop::sample::select(vec!["", "a"])),
    ) {
        let start_ms = 1_780_000_000_000 - 1_780_000_000_000 % HOUR_MS;
        let (from_ms, until_ms) = (start_ms + from_h * HOUR_MS, start_ms + (from_h + hours) * HOUR_MS);
        let filter = Filter { tenant: tenant.map(Into::into), ..Filter::between(from_ms, until_ms) };
        for step in [Step::Whole, Step::Hour, Step::Day { ahead_h: 9 }] {
            let mut query = TallyQuery::new(MeasureKind::Result, from_ms, until_ms, step);
            query.tenant = filter.tenant.clone();
            let tally = ask(&query, &fold(&rows));
            for method in Method::ALL {
                for result in MethodResult::ALL {
                    let counted: u64 =
                        tally.lines.iter().filter(|line| line.measure == Measure::Result(*method, *result)).map(|line| line.count).sum();
                    let wanted = Filter { result: Some((*method, *result)), ..filter.clone() };
                    prop_assert_eq!(counted, rows.iter().filter(|row| wanted.admits(row)).count() as u64);
                }
            }
        }
    }

    #[test]
    fn keys_of_measures_lead_back(row in row()) {
        for (cell, _) in fold([&row]) {
            let kind = cell.measure.kind();
            prop_assert_eq!(Measure::from_key(kind, &cell.measure.key()), Some(cell.measure));
            prop_assert_eq!(MeasureKind::from_code(kind.code()), Some(kind));
        }
    }

    #[test]
    fn a_message_of_several_domains_is_counted_once(
        rows in prop::collection::vec(row(), 0..20),
        asked in prop::collection::vec(some_domain(), 0..4),
    ) {
        let is_meant = |row: &&Row| whose(row).iter().any(|domain| asked.iter().any(|own| domain.is_within(own)));
        for direction in Direction::ALL {
            let meant: Vec<&Row> = rows.iter().filter(|row| row.direction == *direction).filter(is_meant).collect();
            let of = |kind| {
                let query = TallyQuery::new(kind, 0, u64::MAX, Step::Whole);
                let (domains, direction) = (Some(asked.clone().into()), Some(*direction));
                ask(&TallyQuery { domains, direction, ..query }, &fold(&rows)).lines
            };
            let messages: u64 = of(MeasureKind::Messages).iter().map(|line| line.count).sum();
            prop_assert_eq!(messages, meant.len() as u64);
            for line in of(MeasureKind::Result).into_iter().chain(of(MeasureKind::Action)).chain(of(MeasureKind::Spam)) {
                let has = |row: &&&Row| match line.measure {
                    Measure::Result(method, result) => row.result(method) == Some(result),
                    Measure::Action(action) => row.verdict.action == action,
                    Measure::Spam(spam) => row.message.spam == spam,
                    _ => false,
                };
                prop_assert_eq!(line.count, meant.iter().filter(has).count() as u64, "{:?}", line.measure);
            }
            prop_assert!(of(MeasureKind::Latency).is_empty(), "what is not counted by domain is not told");
        }
    }

    #[test]
    fn hostile_keys_are_no_panic(code in any::<u8>(), key in prop::collection::vec(any::<u8>(), 0..30)) {
        if let Some(kind) = MeasureKind::from_code(code % 14)
            && let Some(measure) = Measure::from_key(kind, &key) {
            prop_assert_eq!(measure.kind(), kind);
        }
    }
}

/// The domains of ours that a message is of.
fn whose(row: &Row) -> Vec<Domain> {
    match row.direction {
        Direction::In => row.envelope.recipient_domains.clone(),
        Direction::Out => {
            let authors = row.dmarc.authors.iter().map(|one| one.author.clone());
            let signed = row.signed.iter().map(|one| one.domain.clone());
            authors.chain(row.envelope.mail_from_domain.clone()).chain(signed).collect()
        }
    }
}

#[test]
fn who_has_some_domains_has_their_messages_alone() {
    let domain = |name: &str| Domain::parse(name).unwrap();
    let to = |names: &[&str]| {
        let mut row = Row { direction: Direction::In, ..sample() };
        row.envelope.recipient_domains = names.iter().map(|name| domain(name)).collect();
        row
    };
    let rows = [
        to(&["a.example.jp"]),
        to(&["city.example", "b.example.jp", "a.example.jp"]),
        to(&["example.jp", "example.jp"]),
        to(&["notexample.jp"]),
        to(&[]),
    ];
    let sums = fold(&rows);
    let count = |names: &[&str]| {
        let query = TallyQuery::new(MeasureKind::Messages, 0, u64::MAX, Step::Whole);
        let domains = Some(names.iter().map(|name| domain(name)).collect());
        ask(&TallyQuery { domains, ..query }, &sums).lines.iter().map(|line| line.count).sum::<u64>()
    };
    assert_eq!(count(&["example.jp"]), 3);
    assert_eq!((count(&["a.example.jp"]), count(&["b.example.jp"])), (2, 1));
    assert_eq!(count(&["b.example.jp", "a.example.jp"]), 2, "a message for both is one");
    assert_eq!(count(&["city.example", "example.jp", "a.example.jp"]), 3);
    assert_eq!((count(&["jp"]), count(&["example"]), count(&["example.org"]), count(&[])), (4, 1, 0, 0));
    // A domain that goes takes its name along, and leaves the messages of others theirs.
    let gone = |measure: &Measure| measure.without(|name| *name == domain("a.example.jp"));
    let left: Vec<Measure> = sums.keys().filter_map(|cell| gone(&cell.measure)).collect();
    assert!(!format!("{left:?}").contains("a.example.jp") && format!("{left:?}").contains("b.example.jp"));
}

#[test]
fn what_a_message_adds() {
    let row = sample();
    let sums = fold([&row]);
    let of = |measure: Measure| sums.iter().find(|(cell, _)| cell.measure == measure).map(|(_, count)| *count);
    let domain = Domain::parse("mail.bank.example").unwrap();
    assert_eq!(of(Measure::Messages), Some(1));
    assert_eq!((of(Measure::Bytes), of(Measure::Recipients)), (Some(48_213), Some(2)));
    assert_eq!(of(Measure::Result(Method::Dkim, MethodResult::Fail)), Some(1));
    assert_eq!(of(Measure::Result(Method::SpfHelo, MethodResult::Pass)), Some(1));
    assert_eq!(of(Measure::Result(Method::Bimi, MethodResult::None)), None, "not evaluated, not counted");
    assert_eq!(of(Measure::Override(OverrideKind::MailingList)), Some(1));
    assert_eq!(of(Measure::Latency(16_384)), Some(1));
    assert_eq!(of(Measure::Author(domain, MethodResult::Fail, Disposition::None)), Some(1));
    let source = Measure::Source("203.0.113.9".parse().unwrap(), MethodResult::Fail, Action::Label);
    assert_eq!(of(source), Some(1));
}

#[test]
fn a_day_begins_where_it_is_wanted() {
    // 1970-01-03 from 00:00 to 23:00 UTC, one message each hour.
    let rows: Vec<Row> = (48..72)
        .map(|hour| Row { id: report::RowId::new(hour * HOUR_MS, report::Site::default(), 0), ..sample() })
        .collect();
    let counts = |ahead_h| {
        let query = TallyQuery::new(MeasureKind::Messages, 0, 100 * HOUR_MS, Step::Day { ahead_h });
        let lines = ask(&query, &fold(&rows)).lines;
        lines.iter().map(|line| (line.start_ms / HOUR_MS, line.count)).collect::<Vec<_>>()
    };
    assert_eq!(counts(0), [(48, 24)]);
    assert_eq!(counts(9), [(39, 15), (63, 9)], "15:00 UTC is midnight in Japan");
    assert_eq!(counts(-5), [(29, 5), (53, 19)]);
    let daily = TallyQuery::new(MeasureKind::Author, 50 * HOUR_MS, 73 * HOUR_MS, Step::Day { ahead_h: 9 });
    assert_eq!(ask(&daily, &fold(&rows)).lines.iter().map(|line| line.start_ms / HOUR_MS).collect::<Vec<_>>(), [48]);
}

#[test]
fn the_top_subjects_keep_all_their_lines() {
    let query = TallyQuery { top: Some(1), ..TallyQuery::new(MeasureKind::Source, 0, 24 * HOUR_MS, Step::Whole) };
    let source = |ip: &str, result| Measure::Source(ip.parse().unwrap(), result, Action::Accept);
    let lines = [
        (0, source("192.0.2.1", MethodResult::Pass), 5),
        (0, source("192.0.2.2", MethodResult::Pass), 4),
        (0, source("192.0.2.2", MethodResult::Fail), 3),
        (0, source("192.0.2.3", MethodResult::Pass), 6),
    ];
    let tally = answer(&query, lines);
    assert_eq!(tally.lines.iter().map(|line| line.count).collect::<Vec<_>>(), [4, 3]);
}

#[test]
fn lines_at_their_limit() {
    let query = TallyQuery::new(MeasureKind::Latency, 0, 24 * HOUR_MS, Step::Whole);
    for (count, left_out) in [(TALLY_LINE_COUNT_MAX - 1, 0), (TALLY_LINE_COUNT_MAX, 0), (TALLY_LINE_COUNT_MAX + 1, 1)] {
        let tally = answer(&query, (1..=count as u64).map(|number| (0, Measure::Latency(number), number)));
        assert_eq!((tally.lines.len(), tally.omitted.line_count), (count - left_out as usize, left_out));
        assert_eq!(tally.omitted.count, left_out, "the smallest goes");
    }
}
