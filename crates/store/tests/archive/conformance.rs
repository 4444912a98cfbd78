//! What every store of reports does, asked of each.

use std::sync::Arc;

use feedback::aggregate::Record;
use feedback::archive::*;
use feedback::limits::{
    LINE_MESSAGE_COUNT_MAX, OVERLAP_S_MAX, PAGE_LINE_COUNT_MAX, RAW_BYTES_MAX, REMOVE_COUNT_MAX, SPREAD_PIECE_COUNT_MAX,
};
use feedback::{Aggregate, Archive};
use report::query::Reach;
use store::MemoryArchive;
use store::archive::Settings;
use testkit::block_on;

use crate::samples::*;

/// Runs a test over every store.
macro_rules! over_all {
    ($($name:ident),* $(,)?) => {
        mod memory {$(
            #[test]
            fn $name() {
                super::$name(&super::MemoryArchive::new(super::settings()));
            }
        )*}
        mod file {$(
            #[test]
            fn $name() {
                let (_folder, archive) = super::file_with(super::settings());
                super::$name(&archive);
                // Whatever was done, the counts are those of the reports.
                assert_eq!(super::block_on(super::Archive::rebuild(&archive)), Ok(0));
            }
        )*}
    };
}

fn settings() -> Settings {
    Settings { refused_count_max: 20, refused_bytes_max: 1_000, ..Settings::default() }
}

over_all!(
    reports_come_back_as_they_were,
    the_same_bytes_are_kept_once,
    totals_are_those_of_the_lines,
    the_same_report_in_other_bytes_is_kept_once,
    one_that_says_something_else_is_kept_beside,
    the_same_id_with_another_period_is_another_report,
    periods_that_overlap_are_told_both_ways,
    a_better_copy_takes_the_place_of_a_worse_one,
    what_nobody_vouches_for_is_apart,
    tenants_are_strangers,
    refused_reports_count_nowhere_and_do_not_pile_up,
    a_call_is_kept_whole_or_not_at_all,
    sums_agree_whatever_is_asked,
    a_long_period_counts_on_its_first_day,
    sources_are_grouped_and_the_largest_come_first,
    an_answer_has_a_limit,
    a_line_counts_only_so_much,
    raw_bytes_have_a_limit,
    reporters_and_what_they_do_wrong,
    domains_have_their_newest_policy,
    tls_and_failure_reports,
    judging_anew_moves_the_counts,
    marks_stay_until_they_are_taken_back,
    hosts_are_asked_for_by_their_mail,
    places_move_with_the_reports,
    a_domain_goes_with_all_its_traces,
    old_reports_go_with_their_counts,
    raw_bytes_go_alone,
    one_report_goes,
    removal_comes_in_pieces,
    ids_are_never_given_again,
);

fn import(archive: &impl Archive, parcels: Vec<Parcel>) -> Vec<Receipt> {
    block_on(archive.import(parcels, None)).unwrap()
}

fn stored(archive: &impl Archive, parcel: Parcel) -> DocumentId {
    match import(archive, vec![parcel])[..] {
        [Receipt::Stored(id)] => id,
        ref other => panic!("{other:?}"),
    }
}

fn fill(archive: &impl Archive, count: u64) -> Vec<Receipt> {
    (0..count)
        .step_by(50)
        .flat_map(|from| import(archive, (from..(from + 50).min(count)).map(parcel).collect()))
        .collect()
}

fn line(archive: &impl Archive, id: DocumentId) -> DocumentLine {
    block_on(archive.document(id)).unwrap().unwrap().0
}

fn total(archive: &impl Archive, query: CountQuery) -> u64 {
    block_on(archive.counts(query, Division::default())).unwrap().iter().map(|line| line.count).sum()
}

fn everything() -> CountQuery {
    CountQuery { with_unauthenticated: true, ..CountQuery::default() }
}

/// A report with a given period and records.
fn report(id: &str, begin_s: u64, end_s: u64, counts: &[u64]) -> Parcel {
    let mut report = Aggregate { circumstances: vec![Default::default()], ..Aggregate::default() };
    report.metadata.organization = "google.com".into();
    report.metadata.email = "noreply@google.com".into();
    (report.metadata.report_id, report.metadata.begin_s, report.metadata.end_s) = (id.into(), begin_s, end_s);
    report.policy.domain = "example.jp".into();
    let record = |(at, count): (u32, &u64)| Record {
        source: Some(std::net::Ipv4Addr::from(0xc633_6400 + at).into()),
        count: *count,
        circumstances: 0,
    };
    report.records = (0..).zip(counts).map(record).collect();
    let number = id.bytes().fold(begin_s ^ (end_s << 20), |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let mut parcel = parcel_of(number, Content::Aggregate(Box::new(report)));
    parcel.deviations.clear();
    parcel
}

fn reports_come_back_as_they_were(archive: &impl Archive) {
    let receipts = fill(archive, 60);
    for (number, receipt) in (0..).zip(&receipts) {
        let Receipt::Stored(id) = *receipt else { panic!("{receipt:?}") };
        let want = parcel(number);
        if want.status == Status::Refused {
            continue;
        }
        let (line, raw) = block_on(archive.document(id)).unwrap().unwrap();
        assert_eq!(block_on(archive.content(id)), Ok(Some(want.content.clone())));
        assert_eq!((raw, line.id, &line.tenant, line.status), (want.raw, id, &want.tenant, want.status));
        assert_eq!((line.reason, line.origin, line.received_ms), (want.reason, want.origin, want.received_ms));
        assert_eq!(line.deviations, want.deviations);
        match &want.content {
            Content::Aggregate(report) => {
                let metadata = &report.metadata;
                assert_eq!((line.kind, &line.domain), (Some(Kind::Aggregate), &report.policy.domain));
                assert_eq!((&line.organization, &line.report_id), (&metadata.organization, &metadata.report_id));
                let reporter = metadata.email.rsplit_once('@').map_or("", |(_, domain)| domain);
                assert_eq!((&*line.reporter, &line.errors), (reporter, &metadata.errors));
                assert_eq!((line.begin_s, line.end_s), (metadata.begin_s, metadata.end_s));
                assert_eq!(
                    (line.record_count, line.message_count),
                    (report.records.len() as u64, report.message_count())
                );
            }
            Content::Tls(report) => {
                assert_eq!((line.kind, &*line.reporter), (Some(Kind::Tls), "google.com"));
                let sessions: u64 =
                    report.policies.iter().map(|policy| policy.successful_count + policy.failed_count).sum();
                assert_eq!((line.record_count, line.message_count), (report.policies.len() as u64, sessions));
            }
            Content::Failure(report) => {
                assert_eq!((line.kind, line.message_count), (Some(Kind::Failure), report.incidents));
                assert_eq!(line.organization.as_ref(), "mx.Reporter.example");
            }
            Content::Refused(_) => unreachable!(),
        }
    }
    assert_eq!(block_on(archive.document(DocumentId(0))), Ok(None));
    assert_eq!(block_on(archive.content(DocumentId(u64::MAX))), Ok(None));
    let want: Vec<u64> = all(archive, DocumentQuery::default()).iter().map(|line| line.id.0).collect();
    assert!(want.is_sorted_by(|a, b| a > b), "the newest first");
    let paged = all(archive, DocumentQuery { limit: 7, ..DocumentQuery::default() });
    assert_eq!(paged.iter().map(|line| line.id.0).collect::<Vec<_>>(), want);
    check_sums(archive);
}

fn the_same_bytes_are_kept_once(archive: &impl Archive) {
    let receipts = import(archive, vec![given(1, "example.jp"), given(1, "example.jp"), given(2, "example.jp")]);
    let [Receipt::Stored(first), Receipt::Duplicate(again), Receipt::Stored(_)] = receipts[..] else {
        panic!("{receipts:?}")
    };
    assert_eq!(first, again);
    assert_eq!(line(archive, first).copies, 1);
    assert_eq!(import(archive, vec![given(1, "example.jp")]), [Receipt::Duplicate(first)]);
    assert_eq!(line(archive, first).copies, 2);
    assert_eq!(all(archive, DocumentQuery::default()).len(), 2);
    check_sums(archive);
}

fn totals_are_those_of_the_lines(archive: &impl Archive) {
    fill(archive, 400);
    for number in (0..400).step_by(7) {
        import(archive, vec![parcel(number), Variant::Repacked.of(number)]);
        import(archive, vec![Variant::Changed.of(number + 1), Variant::Unvouched.of(number + 2)]);
    }
    let middle_s = START_S + 5 * DAY_S;
    let queries = [
        DocumentQuery::default(),
        DocumentQuery { tenant: Some("city".into()), ..DocumentQuery::default() },
        DocumentQuery { kind: Some(Kind::Tls), ..DocumentQuery::default() },
        DocumentQuery { domain: within("example.jp"), ..DocumentQuery::default() },
        DocumentQuery { reporter: Some("google.com".into()), from_s: Some(middle_s), ..DocumentQuery::default() },
        DocumentQuery { from_s: Some(START_S + DAY_S), until_s: Some(middle_s), ..DocumentQuery::default() },
        DocumentQuery { report_id: Some("id-8".into()), ..DocumentQuery::default() },
        DocumentQuery { reporter: Some("nobody".into()), ..DocumentQuery::default() },
    ];
    let mut seen = Totals::default();
    for query in queries {
        for first in [None, Some(vec![within("mail.example.jp").unwrap(), (domain("bank.example"), Reach::Name)])] {
            let is_meant = |line: &&DocumentLine| {
                let is_first = |name: &str| name == "mail.example.jp" || name == "bank.example";
                first.is_none() || is_first(&line.domain)
            };
            let lines = all(archive, query.clone());
            let count = |fits: &dyn Fn(&DocumentLine) -> bool| {
                lines.iter().filter(is_meant).filter(|line| fits(line)).count() as u64
            };
            let naive = Totals {
                accepted: count(&|line| line.status == Status::Accepted),
                salvaged: count(&|line| line.status == Status::Salvaged),
                refused: count(&|line| line.status == Status::Refused),
                duplicate: count(&|line| line.copies > 0),
                conflicting: count(&|line| line.conflict.is_some()),
            };
            // What a page would leave out is counted.
            let asked =
                DocumentQuery { status: Some(Status::Refused), before: Some(DocumentId(3)), limit: 1, ..query.clone() };
            assert_eq!(block_on(archive.totals(asked, first.clone())), Ok(naive), "{query:?} {first:?}");
            seen.accepted = seen.accepted.max(naive.accepted);
            seen.salvaged = seen.salvaged.max(naive.salvaged);
            seen.refused = seen.refused.max(naive.refused);
            seen.duplicate = seen.duplicate.max(naive.duplicate);
            seen.conflicting = seen.conflicting.max(naive.conflicting);
        }
    }
    let Totals { accepted, salvaged, refused, duplicate, conflicting } = seen;
    assert!([accepted, salvaged, refused, duplicate, conflicting].iter().all(|count| *count > 0), "{seen:?}");
}

fn the_same_report_in_other_bytes_is_kept_once(archive: &impl Archive) {
    let first = stored(archive, given(5, "example.jp"));
    for variant in [Variant::Repacked, Variant::Reordered] {
        let again = variant.apply(given(5, "example.jp"), 5);
        assert_ne!(again.digest, given(5, "example.jp").digest);
        assert_eq!(import(archive, vec![again]), [Receipt::Duplicate(first)], "{variant:?}");
    }
    let content = Content::Tls(tls(9, "example.jp"));
    let first = stored(archive, parcel_of(9, content.clone()));
    let again = Parcel { digest: digest(9, 77), ..parcel_of(9, content) };
    assert_eq!(import(archive, vec![again]), [Receipt::Duplicate(first)]);
    check_sums(archive);
}

fn one_that_says_something_else_is_kept_beside(archive: &impl Archive) {
    let parcel = given(6, "example.jp");
    assert!(matches!(&parcel.content, Content::Aggregate(report) if !report.records.is_empty()));
    let first = stored(archive, parcel.clone());
    let other = Variant::Changed.apply(parcel, 6);
    let [Receipt::Conflict { id, with }] = import(archive, vec![other])[..] else { panic!("no conflict") };
    assert_eq!(with, first);
    assert_eq!((line(archive, id).conflict, line(archive, first).conflict), (Some(first), Some(id)), "both ways");
    assert_eq!((line(archive, id).overlap, line(archive, first).overlap), (None, None), "a conflict is no overlap");
    block_on(archive.remove(Removal::One(id))).unwrap();
    assert_eq!(line(archive, first).conflict, None, "nothing is left of it");
    check_sums(archive);
}

fn the_same_id_with_another_period_is_another_report(archive: &impl Archive) {
    let first = stored(archive, report("a", START_S, START_S + DAY_S, &[1]));
    let second = stored(archive, report("a", START_S + DAY_S, START_S + 2 * DAY_S, &[1]));
    for id in [first, second] {
        assert_eq!((line(archive, id).conflict, line(archive, id).overlap), (None, None));
    }
    let mut elsewhere = report("a", START_S, START_S + DAY_S, &[2]);
    if let Content::Aggregate(report) = &mut elsewhere.content {
        report.policy.domain = "example.org".into();
    }
    elsewhere.digest = digest(1, 99);
    stored(archive, elsewhere.clone());
    if let Content::Aggregate(report) = &mut elsewhere.content {
        report.metadata.email = "a@yahoo.example".into();
    }
    elsewhere.digest = digest(1, 98);
    stored(archive, elsewhere);
    assert_eq!(total(archive, CountQuery::default()), 6);
}

fn periods_that_overlap_are_told_both_ways(archive: &impl Archive) {
    let first = stored(archive, report("a", START_S, START_S + DAY_S, &[1]));
    let after = stored(archive, report("b", START_S + DAY_S, START_S + 2 * DAY_S, &[1]));
    assert_eq!((line(archive, first).overlap, line(archive, after).overlap), (None, None), "one ends, one begins");
    let over = stored(archive, report("c", START_S + DAY_S - 1, START_S + DAY_S, &[1]));
    assert_eq!((line(archive, first).overlap, line(archive, over).overlap), (Some(over), Some(first)));
    assert_eq!(line(archive, after).overlap, None);
    // At the limit, and one beyond.
    let long_s = START_S + 100 * DAY_S;
    let long = stored(archive, report("d", long_s, long_s + 2 * OVERLAP_S_MAX, &[1]));
    let within = stored(archive, report("e", long_s + OVERLAP_S_MAX - 1, long_s + OVERLAP_S_MAX, &[1]));
    assert_eq!((line(archive, long).overlap, line(archive, within).overlap), (Some(within), Some(long)));
    let beyond = stored(archive, report("f", long_s + OVERLAP_S_MAX, long_s + OVERLAP_S_MAX + 1, &[1]));
    assert_eq!(line(archive, beyond).overlap, None);
    block_on(archive.remove(Removal::One(within))).unwrap();
    assert_eq!(line(archive, long).overlap, None);
    let empty = stored(archive, report("g", START_S + 5, START_S + 5, &[1]));
    assert_eq!(line(archive, empty).overlap, None, "no period, no overlap");
}

fn a_better_copy_takes_the_place_of_a_worse_one(archive: &impl Archive) {
    let whole = given(8, "example.jp");
    let count = line_count(&whole);
    assert!(count > 2);
    // Refused, then read.
    let refused = stored(archive, Variant::Refused.apply(whole.clone(), 8));
    assert_eq!(import(archive, vec![Variant::Refused.apply(whole.clone(), 8)]), [Receipt::Duplicate(refused)]);
    let cut = Parcel { digest: whole.digest, ..Variant::Cut.apply(whole.clone(), 8) };
    let cut_id = stored(archive, cut.clone());
    assert_eq!(block_on(archive.document(refused)), Ok(None));
    // Cut off, then whole; and again cut off, in other bytes.
    let elsewhere = Parcel { digest: digest(8, 50), ..whole.clone() };
    let whole_id = stored(archive, elsewhere);
    assert_eq!(block_on(archive.document(cut_id)), Ok(None));
    assert_eq!(import(archive, vec![Parcel { digest: digest(8, 51), ..cut }]), [Receipt::Duplicate(whole_id)]);
    assert_eq!(import(archive, vec![Variant::Refused.apply(whole.clone(), 8)]).len(), 1);
    let counted = all(archive, DocumentQuery { status: Some(Status::Accepted), ..DocumentQuery::default() });
    assert_eq!((counted.len(), counted[0].record_count), (1, count));
    check_sums(archive);
}

fn line_count(parcel: &Parcel) -> u64 {
    match &parcel.content {
        Content::Aggregate(report) => report.records.len() as u64,
        _ => 0,
    }
}

fn what_nobody_vouches_for_is_apart(archive: &impl Archive) {
    let mut forged = report("a", START_S, START_S + DAY_S, &[1_000_000]);
    forged.origin.trust = Trust::Unauthenticated;
    let forged_id = stored(archive, forged.clone());
    assert_eq!((total(archive, CountQuery::default()), total(archive, everything())), (0, 1_000_000));
    assert!(block_on(archive.sources(CountQuery::default())).unwrap().is_empty());
    assert!(block_on(archive.domains(None)).unwrap().is_empty());
    assert!(block_on(archive.unknown_hosts(0, 0)).unwrap().is_empty());
    // The true one is not held up, nor doubted; the forged one is.
    let truth = Parcel { digest: digest(1, 7), ..report("a", START_S, START_S + DAY_S, &[5]) };
    let true_id = stored(archive, truth);
    assert_eq!((line(archive, true_id).conflict, line(archive, forged_id).conflict), (None, Some(true_id)));
    let late = Parcel { digest: digest(1, 8), ..forged.clone() };
    let late = Variant::Changed.apply(late, 1);
    assert!(matches!(import(archive, vec![late])[..], [Receipt::Conflict { .. }]));
    assert_eq!(total(archive, CountQuery::default()), 5);
    // The same bytes, later by somebody whom we trust.
    let vouched = Parcel { origin: Origin::default(), ..forged };
    assert!(matches!(import(archive, vec![vouched])[..], [Receipt::Conflict { with, .. }] if with == true_id));
    assert_eq!(block_on(archive.document(forged_id)), Ok(None));
    assert_eq!(total(archive, CountQuery::default()), 1_000_005);
    check_sums(archive);
}

fn tenants_are_strangers(archive: &impl Archive) {
    for tenant in ["", "city", "school"] {
        let parcel = Parcel { tenant: tenant.into(), ..report("a", START_S, START_S + DAY_S, &[5]) };
        stored(archive, parcel);
    }
    let of = |tenant: &str| CountQuery { tenant: Some(tenant.into()), ..CountQuery::default() };
    assert_eq!((total(archive, of("city")), total(archive, of("nobody")), total(archive, of(""))), (5, 0, 5));
    assert_eq!(block_on(archive.domains(Some("city"))).unwrap().len(), 1);
    assert_eq!(block_on(archive.domains(None)).unwrap().len(), 3);
    let sources = block_on(archive.sources(CountQuery::default())).unwrap();
    assert_eq!((sources.len(), sources[0].count), (1, 15), "one domain, whoever's it is");
    assert!(
        all(archive, DocumentQuery::default()).iter().all(|line| line.conflict.is_none() && line.overlap.is_none())
    );
    let what = Removal::Domain { domain: domain("example.jp"), reach: Reach::Name, tenant: Some("city".into()) };
    assert_eq!(block_on(archive.remove(what)), Ok(Removed { count: 1, is_done: true }));
    assert_eq!(total(archive, CountQuery::default()), 10);
}

fn refused_reports_count_nowhere_and_do_not_pile_up(archive: &impl Archive) {
    let refused = |number: u64, bytes: usize| {
        let parcel = parcel_of(number, Content::Refused(Some(Kind::Aggregate)));
        Parcel { raw: vec![7; bytes], ..parcel }
    };
    let kept = |archive: &_| all(archive, DocumentQuery { status: Some(Status::Refused), ..DocumentQuery::default() });
    for number in 0..25 {
        stored(archive, refused(number, 10));
        // At the limit of 20 reports, below, and above.
        assert_eq!(kept(archive).len() as u64, (number + 1).min(20));
    }
    let lines = kept(archive);
    assert_eq!(lines.last().unwrap().reason, Some(("report-no-xml".into(), "5".into())), "the oldest go first");
    assert_eq!((lines[0].kind, lines[0].record_count, total(archive, everything())), (Some(Kind::Aggregate), 0, 0));
    // 19 times 10 bytes, and so many that there are 1000 in all; then one more.
    stored(archive, refused(100, 810));
    assert_eq!(kept(archive).len(), 20);
    stored(archive, refused(101, 10));
    assert_eq!(kept(archive).len(), 20);
    stored(archive, refused(102, 11));
    assert_eq!(kept(archive).len(), 19, "its bytes cost two others");
    assert!(block_on(archive.counts(everything(), Division::default())).unwrap().is_empty());
    let reporters = block_on(archive.reporters(everything())).unwrap();
    assert_eq!((reporters.len(), reporters[0].refused_count, reporters[0].report_count), (1, 19, 0));
}

fn a_call_is_kept_whole_or_not_at_all(archive: &impl Archive) {
    let mut broken = given(3, "example.jp");
    if let Content::Aggregate(report) = &mut broken.content {
        report.records.push(Record { source: None, count: 1, circumstances: 1_000 });
    }
    let place = Place { source: "imap:a".into(), position: "7".into() };
    let end = block_on(archive.import(vec![given(1, "example.jp"), broken], Some(place)));
    assert!(matches!(end, Err(ArchiveError::Failed { .. })), "{end:?}");
    let unread = Parcel { status: Status::Refused, ..given(4, "example.jp") };
    assert!(block_on(archive.import(vec![unread], None)).is_err(), "refused, and yet with content");
    assert!(all(archive, DocumentQuery::default()).is_empty());
    assert_eq!(block_on(archive.place("imap:a")), Ok(None));
    assert_eq!(import(archive, vec![]), []);
}

fn sums_agree_whatever_is_asked(archive: &impl Archive) {
    fill(archive, 150);
    check_sums(archive);
    let lines = all(archive, DocumentQuery { kind: Some(Kind::Aggregate), ..DocumentQuery::default() });
    let lines: Vec<_> = lines.iter().filter(|line| line.status != Status::Refused).collect();
    let is_counted = |line: &DocumentLine| line.origin.trust != Trust::Unauthenticated;
    let sum = |meant: &dyn Fn(&DocumentLine) -> bool| -> u64 {
        lines.iter().filter(|line| is_counted(line) && meant(line)).map(|line| line.message_count).sum()
    };
    let day = |line: &DocumentLine| (line.begin_s / DAY_S) as u32;
    let query = CountQuery { domain: within("example.jp"), ..CountQuery::default() };
    assert_eq!(total(archive, query), sum(&|line| line.domain.ends_with("example.jp")));
    let query = CountQuery { domain: Some((domain("example.jp"), Reach::Name)), ..CountQuery::default() };
    assert_eq!(total(archive, query), sum(&|line| &*line.domain == "example.jp"));
    let (from, until) = (START_DAY + 2, START_DAY + 5);
    let query = CountQuery { from_day: Some(from), until_day: Some(until), ..CountQuery::default() };
    assert_eq!(total(archive, query), sum(&|line| (from..until).contains(&day(line))));
    let query = CountQuery { reporter: Some("yahooinc.com".into()), ..CountQuery::default() };
    assert_eq!(total(archive, query), sum(&|line| &*line.reporter == "yahooinc.com"));
    let query = CountQuery { reporter: Some("yahoo japan".into()), ..CountQuery::default() };
    assert!(total(archive, query.clone()) > 0);
    assert_eq!(total(archive, query), sum(&|line| &*line.organization == "Yahoo Japan"));
    let by = Division { day: true, reporter: true, ..Division::default() };
    for line in block_on(archive.counts(CountQuery::default(), by)).unwrap() {
        let want = sum(&|its| Some(day(its)) == line.day && Some(&its.organization) == line.reporter.as_ref());
        assert_eq!(line.count, want, "{line:?}");
        assert_eq!((line.domain, line.class, line.disposition, line.dkim_aligned), (None, None, None, None));
    }
    let by = Division { class: true, ..Division::default() };
    let classes = block_on(archive.counts(CountQuery::default(), by)).unwrap();
    assert_eq!(classes.len(), 5);
    assert!(classes.is_sorted_by_key(|line| line.class));
}

fn a_long_period_counts_on_its_first_day(archive: &impl Archive) {
    stored(archive, report("a", START_S + DAY_S - 1, START_S + 8 * DAY_S, &[3, 4]));
    let by = Division { day: true, ..Division::default() };
    let lines = block_on(archive.counts(CountQuery::default(), by)).unwrap();
    assert_eq!(lines, [CountLine { day: Some(START_DAY), count: 7, ..CountLine::default() }]);
    let before = CountQuery { until_day: Some(START_DAY), ..CountQuery::default() };
    let after = CountQuery { from_day: Some(START_DAY + 1), ..CountQuery::default() };
    assert_eq!((total(archive, before), total(archive, after)), (0, 0));
    let timeless = report("b", 0, 0, &[9]);
    let day = (timeless.received_ms / 1000 / DAY_S) as u32;
    stored(archive, timeless);
    let on = CountQuery { from_day: Some(day), until_day: Some(day + 1), ..CountQuery::default() };
    assert!(day != START_DAY && total(archive, on) == 9, "the day of receipt");
}

fn sources_are_grouped_and_the_largest_come_first(archive: &impl Archive) {
    for day in 0..5 {
        stored(archive, report("a", START_S + day * DAY_S, START_S + (day + 1) * DAY_S, &[1, 10 * (day + 1), 5]));
    }
    let address = |at: u32| Some(std::net::IpAddr::from(std::net::Ipv4Addr::from(0xc633_6400 + at)));
    let mut all_of_one_class = block_on(archive.sources(CountQuery::default())).unwrap();
    assert_eq!(all_of_one_class.iter().map(|line| line.count).sum::<u64>(), 5 + 150 + 25);
    block_on(archive.judge_anew("", &domain("example.jp"), Arc::new(|_: &Sighting<'_>| Class::Legitimate))).unwrap();
    all_of_one_class = block_on(archive.sources(CountQuery::default())).unwrap();
    let found: Vec<_> =
        all_of_one_class.iter().map(|line| (line.source, line.count, line.first_day, line.last_day)).collect();
    let days = (START_DAY, START_DAY + 4);
    let want = [(1, 150), (2, 25), (0, 5)].map(|(at, count)| (address(at), count, days.0, days.1));
    assert_eq!(found, want);
    let limited = CountQuery { limit: 1, from_day: Some(START_DAY + 3), ..CountQuery::default() };
    let first = block_on(archive.sources(limited)).unwrap();
    assert_eq!((first.len(), first[0].count, first[0].first_day), (1, 90, START_DAY + 3));
    let of_days = |from_day, until_day| CountQuery {
        from_day: Some(from_day),
        until_day: Some(until_day),
        ..CountQuery::default()
    };
    let spread = block_on(archive.spread(of_days(START_DAY, START_DAY + 5), 2)).unwrap();
    let lines: Vec<_> = spread.iter().map(|(line, _)| line.clone()).collect();
    assert_eq!(lines, all_of_one_class, "the same lines");
    let pieces: Vec<_> = spread.into_iter().map(|(_, pieces)| pieces).collect();
    assert_eq!(pieces, [[30, 70, 50], [10, 10, 5], [2, 2, 1]]);
    let many = block_on(archive.spread(of_days(START_DAY, START_DAY + SPREAD_PIECE_COUNT_MAX), 1)).unwrap();
    assert_eq!(many[0].1.len(), SPREAD_PIECE_COUNT_MAX as usize);
    for query in [of_days(START_DAY, START_DAY + SPREAD_PIECE_COUNT_MAX + 1), CountQuery::default()] {
        let lines = block_on(archive.spread(query, 1)).unwrap();
        assert!(lines.len() == 3 && lines.iter().all(|(_, pieces)| pieces.is_empty()));
    }
}

fn an_answer_has_a_limit(archive: &impl Archive) {
    stored(archive, report("a", START_S, START_S + DAY_S, &vec![1; PAGE_LINE_COUNT_MAX + 1]));
    for limit in [0, PAGE_LINE_COUNT_MAX, PAGE_LINE_COUNT_MAX + 1] {
        let query = CountQuery { limit, ..CountQuery::default() };
        assert_eq!(block_on(archive.sources(query)).unwrap().len(), PAGE_LINE_COUNT_MAX);
    }
    let query = CountQuery { limit: PAGE_LINE_COUNT_MAX - 1, ..CountQuery::default() };
    assert_eq!(block_on(archive.sources(query)).unwrap().len(), PAGE_LINE_COUNT_MAX - 1);
    assert_eq!(block_on(archive.unknown_hosts(0, 0)).unwrap().len(), PAGE_LINE_COUNT_MAX);
}

fn a_line_counts_only_so_much(archive: &impl Archive) {
    for (day, count, want) in [
        (0, LINE_MESSAGE_COUNT_MAX - 1, LINE_MESSAGE_COUNT_MAX - 1),
        (1, LINE_MESSAGE_COUNT_MAX, LINE_MESSAGE_COUNT_MAX),
        (2, LINE_MESSAGE_COUNT_MAX + 1, LINE_MESSAGE_COUNT_MAX),
        (3, u64::MAX, LINE_MESSAGE_COUNT_MAX),
    ] {
        let parcel = report("a", START_S + day * DAY_S, START_S + (day + 1) * DAY_S, &[count]);
        let id = stored(archive, parcel.clone());
        assert_eq!((line(archive, id).message_count, block_on(archive.content(id))), (want, Ok(Some(parcel.content))));
        let day = START_DAY + day as u32;
        let query = CountQuery { from_day: Some(day), until_day: Some(day + 1), ..CountQuery::default() };
        assert_eq!(total(archive, query), want);
    }
    let forever = stored(archive, report("z", u64::MAX, u64::MAX, &[1]));
    assert_eq!(line(archive, forever).begin_s, i64::MAX as u64, "what a number can hold");
    check_sums(archive);
}

fn raw_bytes_have_a_limit(archive: &impl Archive) {
    for (number, bytes, kept) in
        [(1, RAW_BYTES_MAX - 1, RAW_BYTES_MAX - 1), (2, RAW_BYTES_MAX, RAW_BYTES_MAX), (3, RAW_BYTES_MAX + 1, 0)]
    {
        let id = stored(archive, Parcel { raw: vec![1; bytes], ..given(number, "example.jp") });
        assert_eq!(block_on(archive.document(id)).unwrap().unwrap().1.len(), kept);
    }
}

fn reporters_and_what_they_do_wrong(archive: &impl Archive) {
    let deviation = |id: &str, example: &str| feedback::Deviation { id: id.into(), example: example.into(), count: 9 };
    let mut first = report("a", START_S, START_S + DAY_S, &[5, 6]);
    first.deviations = vec![deviation("x", "1"), deviation("y", "2")];
    let mut second = report("b", START_S + DAY_S, START_S + 2 * DAY_S, &[7]);
    second.deviations = vec![deviation("y", "3")];
    second.status = Status::Salvaged;
    let mut refused = parcel_of(3, Content::Refused(None));
    refused.origin.trust = Trust::Authenticated("google.com".into());
    import(archive, vec![first, second, refused, parcel_of(9, Content::Tls(tls(9, "example.jp")))]);
    let lines = block_on(archive.reporters(CountQuery::default())).unwrap();
    let names: Vec<_> = lines.iter().map(|line| (&*line.organization, &*line.reporter)).collect();
    assert_eq!(names, [("google.com", "google.com"), ("Google Inc.", "google.com"), ("", "google.com")]);
    let line = &lines[0];
    assert_eq!((line.report_count, line.salvaged_count, line.refused_count), (2, 1, 0));
    assert_eq!((line.record_count, line.message_count), (3, 18));
    assert_eq!((line.first_s, line.last_s), (START_S, START_S + 2 * DAY_S));
    let found: Vec<_> = line.deviations.iter().map(|one| (&*one.id, &*one.example, one.count)).collect();
    assert_eq!(found, [("y", "2", 2), ("x", "1", 1)], "in how many reports");
    assert_eq!((lines[1].report_count, lines[1].message_count), (1, 0), "sessions are no messages");
    assert_eq!((lines[2].refused_count, lines[2].first_s), (1, 0));
    let none = CountQuery { domain: within("example.org"), ..CountQuery::default() };
    assert!(block_on(archive.reporters(none)).unwrap().is_empty());
}

fn domains_have_their_newest_policy(archive: &impl Archive) {
    let with = |day: u64, words: &str| {
        let mut parcel = report("a", START_S + day * DAY_S, START_S + (day + 1) * DAY_S, &[1]);
        if let Content::Aggregate(report) = &mut parcel.content {
            report.policy.failure_options = Some(words.into());
        }
        parcel
    };
    import(archive, vec![with(1, "old"), with(5, "new"), with(0, "older")]);
    let lines = block_on(archive.domains(None)).unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].policy.failure_options.as_deref(), Some("new"));
    assert_eq!((lines[0].report_count, lines[0].first_day, lines[0].last_day), (3, START_DAY, START_DAY + 5));
}

fn tls_and_failure_reports(archive: &impl Archive) {
    let parcels = (0..10).map(|number| match number % 2 {
        0 => parcel_of(number, Content::Tls(tls(number, "bank.example"))),
        _ => parcel_of(number, Content::Failure(Box::new(failure(number, "bank.example")))),
    });
    import(archive, parcels.collect());
    let of = |name: &str| CountQuery { domain: within(name), ..CountQuery::default() };
    let lines = block_on(archive.tls(of("bank.example"))).unwrap();
    assert!(lines.len() >= 5 && lines.iter().all(|line| &*line.policy.domain == "bank.example"), "{lines:?}");
    assert!(lines.iter().all(|line| line.policy.failures.is_empty() && line.failures[0].count == 3));
    assert!(lines.is_sorted_by(|a, b| a.day >= b.day));
    assert_eq!(block_on(archive.tls(CountQuery::default())).unwrap().len(), 10, "two policies each");
    assert_eq!(block_on(archive.tls(CountQuery { limit: 3, ..CountQuery::default() })).unwrap().len(), 3);
    let failures = block_on(archive.failures(of("bank.example"))).unwrap();
    assert_eq!(failures.len(), 5);
    assert!(failures.is_sorted_by(|a, b| a.0.id > b.0.id));
    for (line, failure) in &failures {
        assert_eq!((line.kind, failure.header_from.as_deref()), (Some(Kind::Failure), Some("bank.example")));
    }
    assert_eq!(total(archive, everything()), 0, "neither counts messages");
    assert!(block_on(archive.failures(of("nowhere.example"))).unwrap().is_empty());
}

fn judging_anew_moves_the_counts(archive: &impl Archive) {
    import(archive, (0..10).map(|number| given(number, "example.jp")).collect());
    stored(archive, given(100, "a.example.jp"));
    let by = Division { class: true, ..Division::default() };
    let of = |name: &str| CountQuery { domain: Some((domain(name), Reach::Name)), ..CountQuery::default() };
    let (before, other) = (total(archive, of("example.jp")), block_on(archive.counts(of("a.example.jp"), by)));
    let judge: Judge = Arc::new(|sighting: &Sighting<'_>| match sighting.source {
        Some(_) if &*sighting.policy.domain == "example.jp" => Class::Suspected,
        _ => Class::Forwarded,
    });
    let changed = block_on(archive.judge_anew("", &domain("example.jp"), Arc::clone(&judge))).unwrap();
    assert!(changed > 0);
    let lines = block_on(archive.counts(of("example.jp"), by)).unwrap();
    assert!(lines.iter().all(|line| matches!(line.class, Some(Class::Suspected | Class::Forwarded))), "{lines:?}");
    assert_eq!(lines.iter().map(|line| line.count).sum::<u64>(), before);
    assert_eq!(block_on(archive.counts(of("a.example.jp"), by)), other, "of this domain alone");
    assert_eq!(block_on(archive.judge_anew("", &domain("example.jp"), Arc::clone(&judge))), Ok(0));
    assert_eq!(block_on(archive.judge_anew("city", &domain("example.jp"), judge)), Ok(0));
    check_sums(archive);
}

fn mark(sender: Sender, name: &str) -> Mark {
    Mark { tenant: "".into(), domain: domain(name), sender, standing: Standing::Approved, note: "ours".into(), at_s: 5 }
}

fn marks_stay_until_they_are_taken_back(archive: &impl Archive) {
    let (service, network) = (Sender::Service("esp".into()), Sender::Network("192.0.2.0/24".into()));
    for sender in [network.clone(), service.clone()] {
        block_on(archive.set_mark(mark(sender, "example.jp"), Some(Standing::Approved))).unwrap();
    }
    block_on(archive.set_mark(mark(service.clone(), "example.jp"), Some(Standing::Denied))).unwrap();
    let marks = block_on(archive.marks("")).unwrap();
    let denied = Mark { standing: Standing::Denied, ..mark(service.clone(), "example.jp") };
    assert_eq!(marks, [denied, mark(network.clone(), "example.jp")]);
    assert!(block_on(archive.marks("city")).unwrap().is_empty());
    block_on(archive.set_mark(mark(service, "example.jp"), None)).unwrap();
    assert_eq!(block_on(archive.marks("")).unwrap(), [mark(network, "example.jp")]);
}

fn hosts_are_asked_for_by_their_mail(archive: &impl Archive) {
    stored(archive, report("a", START_S, START_S + DAY_S, &[1, 30, 20]));
    let address = |at: u32| std::net::IpAddr::from(std::net::Ipv4Addr::from(0xc633_6400 + at));
    assert_eq!(block_on(archive.unknown_hosts(100, 2)), Ok(vec![address(1), address(2)]));
    let host = |at: u32, at_s| Host {
        address: address(at),
        name: Some("mx.example".into()),
        asn: Some(64_496),
        as_name: None,
        country: Some("JP".into()),
        at_s,
    };
    block_on(archive.keep_hosts(vec![host(1, 100), host(2, 99)])).unwrap();
    assert_eq!(block_on(archive.unknown_hosts(100, 0)), Ok(vec![address(2), address(0)]));
    block_on(archive.keep_hosts(vec![host(2, 100)])).unwrap();
    assert_eq!(block_on(archive.unknown_hosts(100, 0)), Ok(vec![address(0)]));
    let known = block_on(archive.hosts(vec![address(2), address(0), address(1)])).unwrap();
    assert_eq!(known, [host(2, 100), host(1, 100)]);
}

fn places_move_with_the_reports(archive: &impl Archive) {
    let place = |position: &str| Place { source: "imap:a/INBOX".into(), position: position.into() };
    assert_eq!(block_on(archive.place("imap:a/INBOX")), Ok(None));
    block_on(archive.import(vec![given(1, "example.jp")], Some(place("7:1")))).unwrap();
    block_on(archive.import(vec![], Some(place("7:2")))).unwrap();
    assert_eq!(block_on(archive.place("imap:a/INBOX")), Ok(Some(place("7:2"))));
    assert_eq!(block_on(archive.place("imap:b")), Ok(None));
}

fn a_domain_goes_with_all_its_traces(archive: &impl Archive) {
    fill(archive, 150);
    block_on(archive.set_mark(mark(Sender::Service("esp".into()), "mail.example.jp"), Some(Standing::Denied))).unwrap();
    block_on(archive.set_mark(mark(Sender::Service("esp".into()), "bank.example"), Some(Standing::Denied))).unwrap();
    let about = |name| DocumentQuery { domain: within(name), ..DocumentQuery::default() };
    let (gone, all_of_them) = (all(archive, about("example.jp")).len(), all(archive, DocumentQuery::default()).len());
    assert!(gone > 40);
    let what = Removal::Domain { domain: domain("example.jp"), reach: Reach::Below, tenant: None };
    assert_eq!(block_on(archive.remove(what)), Ok(Removed { count: gone as u64, is_done: true }));
    assert!(all(archive, about("example.jp")).is_empty());
    assert_eq!(all(archive, DocumentQuery::default()).len(), all_of_them - gone);
    assert_eq!(total(archive, CountQuery { domain: within("example.jp"), ..everything() }), 0);
    assert!(block_on(archive.domains(None)).unwrap().iter().all(|line| !line.domain.ends_with("example.jp")));
    assert_eq!(block_on(archive.marks("")).unwrap().len(), 1);
    check_sums(archive);
    // It may come again.
    stored(archive, given(700, "example.jp"));
    assert!(total(archive, CountQuery { domain: within("example.jp"), ..everything() }) > 0);
    check_sums(archive);
}

fn old_reports_go_with_their_counts(archive: &impl Archive) {
    fill(archive, 150);
    let before_s = START_S + 4 * DAY_S;
    let is_old = |line: &DocumentLine| {
        let end_s = if line.end_s == 0 { line.received_ms / 1000 } else { line.end_s };
        end_s < before_s
    };
    let lines = all(archive, DocumentQuery::default());
    let old = |name: &str| lines.iter().filter(|line| is_old(line) && &*line.domain == name).count() as u64;
    let what = Removal::Reports { before_s, domain: Some(domain("bank.example")) };
    let removed = block_on(archive.remove(what)).unwrap();
    assert!(removed.is_done && removed.count >= old("bank.example") && removed.count > 0);
    let left = all(archive, DocumentQuery::default());
    assert!(left.iter().all(|line| &*line.domain != "bank.example" || !is_old(line)));
    check_sums(archive);
    let want = left.iter().filter(|line| is_old(line)).count() as u64;
    let removed = block_on(archive.remove(Removal::Reports { before_s, domain: None })).unwrap();
    assert_eq!(removed, Removed { count: want, is_done: true });
    assert!(all(archive, DocumentQuery::default()).iter().all(|line| !is_old(line)));
    assert_eq!(total(archive, CountQuery { until_day: Some(START_DAY + 4), ..everything() }), 0);
    check_sums(archive);
}

fn raw_bytes_go_alone(archive: &impl Archive) {
    let (first, second) = (given(1, "example.jp"), given(500_000, "example.jp"));
    let before_s = second.received_ms / 1000;
    let count = total(archive, everything());
    let (first, second) = (stored(archive, first), stored(archive, second));
    let what = Removal::Raw { before_s };
    assert_eq!(block_on(archive.remove(what.clone())), Ok(Removed { count: 1, is_done: true }));
    let raw = |id| block_on(archive.document(id)).unwrap().unwrap().1.len();
    assert!(raw(first) == 0 && raw(second) > 0);
    assert_eq!(block_on(archive.remove(what)), Ok(Removed { count: 0, is_done: true }));
    assert!(total(archive, everything()) > count && block_on(archive.content(first)).unwrap().is_some());
}

fn one_report_goes(archive: &impl Archive) {
    let receipts = fill(archive, 60);
    let kept = total(archive, everything());
    let Receipt::Stored(id) = receipts[0] else { panic!("{receipts:?}") };
    let its = line(archive, id);
    assert_eq!(its.kind, Some(Kind::Aggregate));
    assert_eq!(block_on(archive.remove(Removal::One(id))), Ok(Removed { count: 1, is_done: true }));
    assert_eq!(total(archive, everything()), kept - its.message_count);
    assert_eq!(block_on(archive.remove(Removal::One(id))), Ok(Removed { count: 0, is_done: true }));
    assert_eq!(block_on(archive.remove(Removal::One(DocumentId(u64::MAX)))), Ok(Removed { count: 0, is_done: true }));
    check_sums(archive);
    assert!(matches!(import(archive, vec![parcel(0)])[..], [Receipt::Stored(again)] if again > id));
}

fn removal_comes_in_pieces(archive: &impl Archive) {
    let count = REMOVE_COUNT_MAX as u64 + 1;
    let failures = |from: u64| {
        (from..(from + 500).min(count))
            .map(|number| parcel_of(number, Content::Failure(Box::new(failure(number, "example.jp")))))
    };
    for from in (0..count).step_by(500) {
        import(archive, failures(from).collect());
    }
    let what = Removal::Reports { before_s: START_S + 100 * DAY_S, domain: None };
    assert_eq!(block_on(archive.remove(what.clone())), Ok(Removed { count: count - 1, is_done: false }));
    assert_eq!(block_on(archive.remove(what)), Ok(Removed { count: 1, is_done: true }));
}

fn ids_are_never_given_again(archive: &impl Archive) {
    let first = stored(archive, given(1, "example.jp"));
    block_on(archive.remove(Removal::One(first))).unwrap();
    assert!(stored(archive, given(1, "example.jp")) > first);
}
