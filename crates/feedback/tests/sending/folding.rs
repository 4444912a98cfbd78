//! Rows become reports.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};

use feedback::Word;
use feedback::aggregate::fold::{Alone, Draft, EnvelopeTo, Fold, FoldError, FoldOptions, InMemory, Scratch};
use feedback::aggregate::{AlignedPass as Reported, Circumstances, Reason};
use feedback::limits::{FOLD_RUN_COUNT_MAX, SIGNATURE_COUNT_MAX};
use feedback::period::Period;
use proptest::prelude::*;
use report::row::*;
use report::vocabulary::*;
use report::{Row, RowId, Site};

use crate::arbitrary;
use crate::samples::{DAY_S, failed, name, passed, period, published, signature};

fn fold(options: FoldOptions, rows: &[Row]) -> Vec<Draft> {
    let mut fold = Fold::new(options, InMemory);
    rows.iter().for_each(|row| fold.add(row).unwrap());
    fold.finish().unwrap().collect::<Result<_, _>>().unwrap()
}

fn of(rows: &[Row]) -> Vec<Draft> {
    fold(FoldOptions::new(period()), rows)
}

/// The circumstances of the only record.
fn only(row: Row) -> Circumstances {
    let drafts = of(&[row]);
    assert_eq!(drafts.len(), 1);
    let report = &drafts[0].aggregate;
    assert_eq!((report.records.len(), report.circumstances.len()), (1, 1));
    report.circumstances[0].clone()
}

#[test]
fn equal_mail_is_counted_together_and_subdomains_stand_in_their_policy_domain() {
    let rows = [
        failed(1, "example.jp", "192.0.2.1"),
        failed(86_399, "example.jp", "192.0.2.1"),
        failed(5, "example.jp", "::ffff:192.0.2.1"),
        failed(6, "www.example.jp", "192.0.2.1"),
        passed(7, "example.jp", "2001:db8::1"),
    ];
    let drafts = of(&rows);
    assert_eq!(drafts.len(), 1, "one report for the policy domain");
    let report = &drafts[0].aggregate;
    assert_eq!(&*report.policy.domain, "example.jp");
    let mut lines: Vec<_> = report
        .records
        .iter()
        .map(|record| {
            let circumstances = report.circumstances_of(record).unwrap();
            (circumstances.header_from.to_string(), record.source.unwrap().to_string(), record.count)
        })
        .collect();
    lines.sort();
    let line = |from: &str, source: &str, count| (from.to_owned(), source.to_owned(), count);
    assert_eq!(
        lines,
        [
            line("example.jp", "192.0.2.1", 3),
            line("example.jp", "2001:db8::1", 1),
            line("www.example.jp", "192.0.2.1", 1)
        ]
    );
    assert_eq!((report.metadata.begin_s, report.metadata.end_s), (DAY_S, DAY_S + 86_399), "the period, not the mail");
}

#[test]
fn each_configuration_has_a_report_of_its_own() {
    let mut changed = failed(2, "example.jp", "192.0.2.1");
    changed.dmarc.authors[0].published.as_mut().unwrap().testing = Testing::On;
    let mut said = failed(3, "example.jp", "192.0.2.1");
    // Said or left to the default: the same configuration.
    said.dmarc.authors[0].published.as_mut().unwrap().subdomain_policy = Some(Policy::Reject);
    let mut other = failed(4, "example.com", "192.0.2.1");
    other.dmarc.authors[0].published.as_mut().unwrap().domain = name("example.com");
    let drafts = of(&[failed(1, "example.jp", "192.0.2.1"), changed, said, other]);
    let of_whom: Vec<_> = drafts
        .iter()
        .map(|draft| {
            let policy = &draft.aggregate.policy;
            (&*policy.domain, policy.testing.known().unwrap(), draft.aggregate.message_count())
        })
        .collect();
    assert_eq!(
        of_whom,
        [("example.com", Testing::Off, 1), ("example.jp", Testing::Off, 2), ("example.jp", Testing::On, 1)]
    );
    let policy = &drafts[1].aggregate.policy;
    assert_eq!(policy.subdomain_policy, Word::Known(Policy::Reject), "the default is told");
    assert_eq!(policy.nonexistent_policy, Word::Known(Policy::Reject));
    assert_eq!(policy.failure_options.as_deref(), Some("0"));
    assert_ne!(drafts[1].configuration, drafts[2].configuration);
}

#[test]
fn what_is_not_reported_is_counted_by_its_reason() {
    let mut out = failed(1, "example.jp", "192.0.2.1");
    out.direction = Direction::Out;
    let mut local = failed(1, "example.jp", "192.0.2.1");
    local.client.ip = None;
    let mut later = failed(1, "example.jp", "192.0.2.1");
    later.verdict.action = Action::TempFail;
    let mut silent = failed(1, "example.jp", "192.0.2.1");
    silent.dmarc.authors[0].published.as_mut().unwrap().reports = Wanted::No;
    let mut none = failed(1, "example.jp", "192.0.2.1");
    none.dmarc.authors[0].result = DmarcResult::None;
    let mut by_reason = failed(1, "example.jp", "192.0.2.1");
    by_reason.verdict.reasons = vec!["a".into(), "report-mail".into()];
    let mut by_recipient = failed(1, "example.jp", "192.0.2.1");
    by_recipient.envelope.recipient_domains = vec![name("reports.receiver.example")];
    let mut also_others = by_recipient.clone();
    also_others.envelope.recipient_domains.push(name("receiver.example"));
    let rows = [
        out,
        local,
        later,
        silent,
        none,
        by_reason,
        by_recipient,
        also_others,
        failed(86_400, "example.jp", "192.0.2.1"),
    ];
    let mut options = FoldOptions::new(period());
    options.report_mail.reasons = vec!["report-mail".into()];
    options.report_mail.recipient_domains = vec![name("reports.receiver.example")];
    let mut fold = Fold::new(options, InMemory);
    rows.iter().for_each(|row| fold.add(row).unwrap());
    let counts = fold.counts();
    assert_eq!((counts.rows, counts.counted, counts.outside, counts.not_received), (9, 1, 1, 2));
    assert_eq!((counts.report_mail, counts.refused_for_now), (2, 1));
    assert_eq!((counts.not_evaluated, counts.not_wanted), (1, 1));
    assert_eq!(fold.finish().unwrap().map(|draft| draft.unwrap().aggregate.message_count()).sum::<u64>(), 1);
}

#[test]
fn refused_spam_and_bounces_alone_make_no_report() {
    let mut spam = passed(1, "example.jp", "192.0.2.1");
    spam.verdict.action = Action::Reject;
    spam.message.spam = Spam::Yes;
    let mut blocked = passed(2, "example.jp", "192.0.2.2");
    blocked.verdict.action = Action::Reject;
    let mut bounce = passed(3, "example.jp", "192.0.2.3");
    (bounce.envelope.mail_from, bounce.envelope.mail_from_domain) = (None, None);
    let alone = [spam, blocked, bounce.clone()];
    let mut drafts = Fold::new(FoldOptions::new(period()), InMemory);
    alone.iter().for_each(|row| drafts.add(row).unwrap());
    let mut drafts = drafts.finish().unwrap();
    assert!(drafts.next().is_none());
    assert_eq!(drafts.left_out(), 3);
    // Refused because of the owner's policy: that is what the owner wants to know.
    let with_forgery = [alone.as_slice(), &[failed(4, "example.jp", "192.0.2.4")]].concat();
    assert_eq!(of(&with_forgery)[0].aggregate.message_count(), 4, "beside other mail they are counted");
    for (options, count) in [
        (FoldOptions { spam_alone: Alone::MakesOne, ..FoldOptions::new(period()) }, 1),
        (FoldOptions { bounces_alone: Alone::MakesOne, ..FoldOptions::new(period()) }, 1),
    ] {
        assert_eq!(fold(options, &alone).len(), count);
    }
    let from_nobody = only_of(FoldOptions { bounces_alone: Alone::MakesOne, ..FoldOptions::new(period()) }, bounce);
    assert_eq!(from_nobody.envelope_from.as_deref(), Some(""), "a null reverse-path is told as such");
}

fn only_of(options: FoldOptions, row: Row) -> Circumstances {
    fold(options, &[row])[0].aggregate.circumstances[0].clone()
}

#[test]
fn what_a_record_says() {
    let told = only(passed(1, "example.jp", "192.0.2.1"));
    assert_eq!(told.disposition, Word::Known(Disposition::Pass));
    assert_eq!((told.dkim_aligned, told.spf_aligned), (Word::Known(Reported::Yes), Word::Known(Reported::No)));
    assert_eq!(told.reasons, []);
    assert_eq!(
        (&*told.header_from, told.envelope_from.as_deref(), told.envelope_to),
        ("example.jp", Some("bounces.example.net"), None)
    );
    assert_eq!((told.dkim[0].selector.as_deref(), &*told.dkim[0].domain), (Some("key1"), "example.jp"));
    assert_eq!((told.spf[0].result.known(), &*told.spf[0].domain), (Some(MethodResult::Pass), "bounces.example.net"));
    let options = FoldOptions { envelope_to: EnvelopeTo::Tell, ..FoldOptions::new(period()) };
    assert_eq!(
        only_of(options.clone(), passed(1, "example.jp", "192.0.2.1")).envelope_to.as_deref(),
        Some("receiver.example")
    );
    let mut several = passed(1, "example.jp", "192.0.2.1");
    several.envelope.recipient_domains.push(name("other.example"));
    assert_eq!(only_of(options, several).envelope_to, None);
    let mut unread = passed(1, "example.jp", "192.0.2.1");
    unread.envelope.mail_from_domain = None;
    unread.spf.mail_from = Some(SpfCheck { domain: None, result: MethodResult::None });
    let told = only(unread);
    assert_eq!((told.envelope_from, told.spf.len()), (None, 0));
}

#[test]
fn signatures_stand_in_the_order_of_their_weight_and_are_no_more_than_a_hundred() {
    let mut row = passed(1, "www.example.jp", "192.0.2.1");
    row.dkim = vec![
        signature("fail.example", "a", MethodResult::Fail),
        signature("other.example", "b", MethodResult::Pass),
        signature("example.jp", "c", MethodResult::Pass),
        signature("www.example.jp", "d", MethodResult::Pass),
        signature("www.example.jp", "e", MethodResult::TempError),
    ];
    use Aligned::{No, Relaxed, Strict};
    row.dmarc.authors[0].dkim = vec![No, No, Relaxed, Strict, Strict];
    let selectors =
        |told: &Circumstances| told.dkim.iter().map(|one| one.selector.clone().unwrap()).collect::<Vec<_>>();
    assert_eq!(selectors(&only(row.clone())).concat(), "dcbae");
    for count in [SIGNATURE_COUNT_MAX - 1, SIGNATURE_COUNT_MAX, SIGNATURE_COUNT_MAX + 1] {
        row.dkim = vec![signature("fail.example", "x", MethodResult::Fail); count - 1];
        row.dkim.push(signature("www.example.jp", "last", MethodResult::Pass));
        row.dmarc.authors[0].dkim = vec![No; count - 1];
        row.dmarc.authors[0].dkim.push(Strict);
        let told = selectors(&only(row.clone()));
        assert_eq!((told.len(), &*told[0]), (count.min(SIGNATURE_COUNT_MAX), "last"), "{count}");
    }
}

#[test]
fn a_policy_that_was_not_applied_has_a_reason() {
    let told = |change: &dyn Fn(&mut Row)| {
        let mut row = failed(1, "example.jp", "192.0.2.1");
        row.verdict.disposition = Disposition::None;
        row.verdict.action = Action::Accept;
        change(&mut row);
        only(row).reasons
    };
    let reason =
        |kind, comment: Option<&str>| vec![Reason { kind: Word::Known(kind), comment: comment.map(Into::into) }];
    assert_eq!(told(&|_| {}), reason(OverrideKind::LocalPolicy, None));
    assert_eq!(told(&|row| row.verdict.disposition = Disposition::Reject), []);
    assert_eq!(told(&|row| row.verdict.disposition = Disposition::Quarantine), reason(OverrideKind::LocalPolicy, None));
    let forwarded = Override { kind: OverrideKind::Forwarded, comment: Some("signature holds".into()) };
    assert_eq!(
        told(&|row| row.verdict.overrides = vec![forwarded.clone()]),
        reason(OverrideKind::Forwarded, Some("signature holds"))
    );
    let testing = |row: &mut Row| {
        row.dmarc.authors[0].published.as_mut().unwrap().testing = Testing::On;
        row.dmarc.authors[0].wanted = Policy::Quarantine;
        row.verdict.disposition = Disposition::Quarantine;
    };
    assert_eq!(told(&testing), reason(OverrideKind::PolicyTestMode, None));
    let unanswered = told(&|row| row.dmarc.authors[0].result = DmarcResult::TempError);
    assert_eq!((unanswered.len(), unanswered[0].kind.known()), (1, Some(OverrideKind::Other)));
    assert!(unanswered[0].comment.is_some());
    // A domain whose policy is none has got what it published.
    assert_eq!(told(&|row| row.dmarc.authors[0].published = Some(published("example.jp", Policy::None))), []);
    // What passed needs no reason, and what became of the message because of another author is not its disposition.
    let mut row = passed(1, "example.jp", "192.0.2.1");
    row.verdict.disposition = Disposition::Reject;
    row.verdict.overrides = vec![forwarded];
    let told = only(row);
    assert_eq!((told.reasons.len(), told.disposition.known()), (0, Some(Disposition::Pass)));
}

#[test]
fn reports_with_many_records_are_divided() {
    let rows: Vec<_> = (0..25).map(|at| failed(at, "example.jp", &format!("192.0.2.{at}"))).collect();
    for (most, parts) in [(10, vec![10, 10, 5]), (24, vec![24, 1]), (25, vec![25]), (26, vec![25])] {
        let drafts = fold(FoldOptions { record_count_max: most, ..FoldOptions::new(period()) }, &rows);
        let told: Vec<_> = drafts.iter().map(|draft| (draft.part, draft.aggregate.records.len())).collect();
        let wanted: Vec<_> = parts.iter().enumerate().map(|(at, count)| (u32::try_from(at).unwrap(), *count)).collect();
        assert_eq!(told, wanted, "{most}");
    }
    // A divided report is followed by an undivided one.
    let mut last = failed(1, "example.org", "192.0.2.1");
    last.dmarc.authors[0].published.as_mut().unwrap().domain = name("example.org");
    let rows = [rows, vec![last]].concat();
    let drafts = fold(FoldOptions { record_count_max: 20, ..FoldOptions::new(period()) }, &rows);
    assert_eq!(drafts.iter().map(|draft| draft.part).collect::<Vec<_>>(), [0, 1, 0]);
}

/// What a fold should count, without a fold: messages of each policy domain and configuration.
fn counted(rows: &[Row], period: Period) -> BTreeMap<(String, String), u64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        let here = period.has_ms(row.time_ms()) && row.direction == Direction::In && row.client.ip.is_some();
        if !here || row.verdict.action == Action::TempFail {
            continue;
        }
        for evaluation in &row.dmarc.authors {
            let Some(published) = &evaluation.published else { continue };
            let evaluated = matches!(evaluation.result, DmarcResult::Pass | DmarcResult::Fail | DmarcResult::TempError);
            if !evaluated || published.reports == Wanted::No {
                continue;
            }
            let sp = published.subdomain_policy.unwrap_or(published.policy);
            let np = published.nonexistent_policy.unwrap_or(sp);
            let fo = published.failure_options;
            let configuration = format!(
                "{:?}",
                (
                    published.policy,
                    sp,
                    np,
                    published.dkim_mode,
                    published.spf_mode,
                    fo,
                    published.testing,
                    published.discovery
                )
            );
            *counts.entry((published.domain.to_string(), configuration)).or_default() += 1;
        }
    }
    counts
}

fn every_kind_makes_one(period: Period) -> FoldOptions {
    FoldOptions { spam_alone: Alone::MakesOne, bounces_alone: Alone::MakesOne, ..FoldOptions::new(period) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn reports_count_what_the_ledger_counts(rows in prop::collection::vec(arbitrary::row(), 0..60)) {
        let period = Period::new(1_780_000_000, 1_780_300_000).unwrap();
        let drafts = fold(every_kind_makes_one(period), &rows);
        let mut told: Vec<_> = drafts.iter().map(|draft| (draft.aggregate.policy.domain.to_string(), draft.aggregate.message_count())).collect();
        let mut wanted: Vec<_> = counted(&rows, period).into_iter().map(|((domain, _), count)| (domain, count)).collect();
        told.sort();
        wanted.sort();
        prop_assert_eq!(told, wanted);
    }

    #[test]
    fn neither_order_nor_memory_changes_a_report(
        rows in prop::collection::vec(arbitrary::row(), 0..60).prop_shuffle(),
        bytes_max in 0..20_000_usize,
    ) {
        let period = Period::new(1_780_000_000, 1_780_300_000).unwrap();
        let mut turned = rows.clone();
        turned.reverse();
        let whole = fold(FoldOptions::new(period), &rows);
        prop_assert_eq!(&fold(FoldOptions { bytes_max, ..FoldOptions::new(period) }, &turned), &whole);
        // Records are distinct.
        for draft in &whole {
            let report = &draft.aggregate;
            let mut seen = std::collections::HashSet::new();
            for record in &report.records {
                prop_assert!(seen.insert((record.source, report.circumstances_of(record).unwrap())));
            }
        }
    }
}

#[test]
fn what_is_laid_aside_is_bounded() {
    for (count, is_good) in
        [(FOLD_RUN_COUNT_MAX - 1, true), (FOLD_RUN_COUNT_MAX, true), (FOLD_RUN_COUNT_MAX + 1, false)]
    {
        let mut fold = Fold::new(FoldOptions { bytes_max: 0, ..FoldOptions::new(period()) }, InMemory);
        let row = failed(1, "example.jp", "192.0.2.1");
        let added = (0..count).try_for_each(|_| fold.add(&row));
        assert_eq!(added.is_ok(), is_good, "{count}");
        if is_good {
            let drafts: Vec<_> = fold.finish().unwrap().map(Result::unwrap).collect();
            assert_eq!((drafts.len(), drafts[0].aggregate.message_count()), (1, count as u64));
        } else {
            assert!(matches!(added, Err(FoldError::TooMuch)));
        }
    }
}

/// Scratch that fails: at writing, at reading, or by other bytes than were written.
enum Broken {
    Write,
    Reread,
    Bytes,
}

struct Full(Vec<u8>, bool);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.1 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Scratch for Broken {
    type Writer = Full;
    type Reader = Box<dyn Read>;

    fn create(&mut self) -> io::Result<Full> {
        Ok(Full(Vec::new(), matches!(self, Self::Write)))
    }

    fn reread(&mut self, mut written: Full) -> io::Result<Box<dyn Read>> {
        match self {
            Self::Write => {}
            Self::Reread => return Err(io::ErrorKind::NotFound.into()),
            Self::Bytes => written.0.truncate(written.0.len() - 3),
        }
        Ok(Box::new(Cursor::new(written.0)))
    }
}

#[test]
fn broken_scratch_is_an_error_and_never_a_smaller_report() {
    for (broken, at_add) in [(Broken::Write, true), (Broken::Reread, false), (Broken::Bytes, false)] {
        let mut fold = Fold::new(FoldOptions { bytes_max: 0, ..FoldOptions::new(period()) }, broken);
        let added = fold.add(&failed(1, "example.jp", "192.0.2.1"));
        assert_eq!(added.is_err(), at_add);
        if added.is_ok() {
            let told = fold.finish().and_then(Iterator::collect::<Result<Vec<_>, _>>);
            assert!(told.is_err());
        }
    }
}

/// Files that nobody else sees: they have no name any more.
struct Files;

impl Scratch for Files {
    type Writer = std::fs::File;
    type Reader = std::fs::File;

    fn create(&mut self) -> io::Result<std::fs::File> {
        let path = std::env::temp_dir().join(format!("sekisho-fold-{}", std::process::id()));
        let file = std::fs::File::options().read(true).write(true).create_new(true).open(&path)?;
        std::fs::remove_file(path)?;
        Ok(file)
    }

    fn reread(&mut self, mut written: std::fs::File) -> io::Result<std::fs::File> {
        io::Seek::rewind(&mut written)?;
        Ok(written)
    }
}

#[test]
fn files_do_as_scratch() {
    let rows: Vec<_> = (0..50).map(|at| failed(at, "example.jp", &format!("192.0.2.{}", at % 7))).collect();
    let options = FoldOptions { bytes_max: 500, ..FoldOptions::new(period()) };
    let mut fold = Fold::new(options, Files);
    rows.iter().for_each(|row| fold.add(row).unwrap());
    let drafts: Vec<_> = fold.finish().unwrap().map(Result::unwrap).collect();
    assert_eq!(drafts, of(&rows));
}

/// Ten million rows: `cargo test --release -p sekisho-feedback --test sending -- --ignored --nocapture ten_million`.
#[test]
#[ignore = "takes a minute; prints its figures"]
fn ten_million_rows() {
    let mut fold = Fold::new(FoldOptions::new(period()), Files);
    let mut row = failed(1, "example.jp", "192.0.2.1");
    let domains: Vec<_> = (0..5_000).map(|at| name(&format!("d{at}.example"))).collect();
    let start = std::time::Instant::now();
    let mut random = 88_172_645_463_325_252_u64;
    for at in 0..10_000_000_u64 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        row.id = RowId::new((DAY_S + at % 86_400) * 1000, Site::default(), 0);
        // A hundred addresses for each domain, and a third of all mail from an address of its own.
        let address = if random.is_multiple_of(3) { (random >> 20) as u32 } else { (random >> 40) as u32 % 100 };
        row.client.ip = Some(std::net::Ipv4Addr::from(address).into());
        let evaluation = &mut row.dmarc.authors[0];
        evaluation.author = domains[(random >> 8) as usize % domains.len()].clone();
        evaluation.published.as_mut().unwrap().domain = evaluation.author.clone();
        fold.add(&row).unwrap();
    }
    println!("added after {:?}", start.elapsed());
    let (mut reports, mut messages, mut records, mut bytes) = (0_u64, 0_u64, 0_usize, 0_usize);
    for draft in fold.finish().unwrap() {
        let aggregate = crate::samples::reporter().complete(draft.unwrap(), feedback::aggregate::write::Shape::Rfc9990);
        reports += 1;
        messages += aggregate.message_count();
        records += aggregate.records.len();
        bytes +=
            feedback::aggregate::write::pack(&aggregate, feedback::aggregate::write::Shape::Rfc9990).unwrap().len();
    }
    assert_eq!(messages, 10_000_000);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or(" unknown");
    println!("{reports} reports, {records} records, {bytes} bytes packed, after {:?}", start.elapsed());
    println!("most memory: {}", peak.trim());
}
