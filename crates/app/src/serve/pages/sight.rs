//! Where the selectors of our keys were seen, for the page of the keys: in reports, and in the mail that passed here.

use std::collections::{BTreeSet, HashMap};

use dashboard::sources::{Seen, Sighting};
use mailtext::Domain;
use outgoing::rotation::{Book, Sight};
use report::query::{DomainFilter, DomainRole, Filter, Order, Query, Reach};
use report::vocabulary::MethodResult;
use report::{Ledger, Row};
use store::SqliteArchive;
use tokio::sync::Mutex;

use crate::keys::sightings::{LOOK_BACK_DAYS, shown};
use crate::limits::{SIGHT_DOMAIN_COUNT_MAX, SIGHT_KEPT_S, SIGHT_ROW_COUNT_MAX};

/// What was seen a short while ago. Whoever looks holds it; the others wait for what he finds.
#[derive(Default)]
pub(super) struct Sights(Mutex<Option<Kept>>);

struct Kept {
    at_s: u64,
    /// The domains of the book at that time.
    domains: BTreeSet<Domain>,
    found: Found,
}

/// What was found.
#[derive(Clone, Default)]
pub(super) struct Found {
    /// For a turn of the keys.
    pub(super) sight: Sight,
    /// By domain and selector; a domain that could not be looked for is absent.
    pub(super) seen: HashMap<Domain, HashMap<Domain, Seen>>,
}

impl Sights {
    /// Where the selectors of a book's domains were seen: from memory where somebody asked a short while ago.
    pub(super) async fn of(
        &self,
        (archive, ledger): (&SqliteArchive, Option<&impl Ledger>),
        book: &Book,
        now_s: u64,
    ) -> Found {
        let domains: BTreeSet<Domain> = book.lines().map(|(id, _)| id.domain.clone()).collect();
        let mut kept = self.0.lock().await;
        let is_fresh = |kept: &&Kept| now_s < kept.at_s.saturating_add(SIGHT_KEPT_S) && kept.domains == domains;
        if let Some(kept) = kept.as_ref().filter(is_fresh) {
            return kept.found.clone();
        }
        let found = look((archive, ledger), &domains, now_s).await;
        *kept = Some(Kept { at_s: now_s, domains, found: found.clone() });
        found
    }
}

/// Looks for the selectors of the first domains; what a store cannot tell is left out.
async fn look(
    (archive, ledger): (&SqliteArchive, Option<&impl Ledger>),
    domains: &BTreeSet<Domain>,
    now_s: u64,
) -> Found {
    let mut found = Found::default();
    let asked = domains.len().min(SIGHT_DOMAIN_COUNT_MAX);
    let row_count = SIGHT_ROW_COUNT_MAX / asked.max(1);
    for domain in domains.iter().take(asked) {
        let mut seen: HashMap<Domain, Seen> = HashMap::new();
        let Ok(of_reports) = shown(archive, domain, now_s).await else { continue };
        for (selector, its) in of_reports {
            found.sight.reported.insert((domain.clone(), selector.clone()), its.end_s());
            let last_s = u64::from(its.last_day) * DAY_S;
            let (messages, verified, is_whole) = (its.messages, its.verified, its.is_whole);
            seen.entry(selector).or_default().reports = Some(Sighting { last_s, messages, verified, is_whole });
        }
        if let Some(ledger) = ledger {
            let Ok(of_mail) = in_mail(ledger, domain, now_s, row_count).await else { continue };
            for (selector, its) in of_mail {
                seen.entry(selector).or_default().mail = Some(its);
            }
        }
        found.seen.insert(domain.clone(), seen);
    }
    found
}

/// The selectors of a domain's signatures in the newest mail.
async fn in_mail<L: Ledger>(
    ledger: &L,
    domain: &Domain,
    now_s: u64,
    row_count_max: usize,
) -> Result<HashMap<Domain, Sighting>, report::LedgerError> {
    let now_ms = now_s.saturating_mul(1000);
    let signer = DomainFilter { domain: domain.clone(), reach: Reach::Name, role: Some(DomainRole::Signer) };
    let since_ms = now_ms.saturating_sub(u64::from(LOOK_BACK_DAYS) * DAY_S * 1000);
    let filter = Filter { domain: Some(signer), ..Filter::between(since_ms, now_ms.saturating_add(1000)) };
    let mut query = Query { filter, order: Order::NewestFirst, after: None, limit: row_count_max.min(PAGE_ROW_COUNT) };
    let (mut found, mut count) = (HashMap::new(), 0);
    loop {
        let page = ledger.rows(query.clone()).await?;
        count += page.rows.len();
        page.rows.iter().for_each(|row| add(&mut found, row, domain));
        query.after = page.next;
        let is_whole = query.after.is_none();
        if is_whole || count >= row_count_max {
            found.values_mut().for_each(|its| its.is_whole = is_whole);
            return Ok(found);
        }
    }
}

fn add(found: &mut HashMap<Domain, Sighting>, row: &Row, domain: &Domain) {
    // A message may have several signatures under one selector.
    let mut of_row: HashMap<&Domain, bool> = HashMap::new();
    for signed in row.signed.iter().filter(|signed| signed.domain == *domain) {
        of_row.insert(&signed.selector, true);
    }
    for signature in row.dkim.iter().filter(|signature| signature.domain.as_ref() == Some(domain)) {
        if let Some(selector) = &signature.selector {
            *of_row.entry(selector).or_default() |= signature.result == MethodResult::Pass;
        }
    }
    for (selector, holds) in of_row {
        found.entry(selector.clone()).or_default().add(row.time_ms() / 1000, 1, u64::from(holds));
    }
}

const DAY_S: u64 = 86_400;
/// Rows that are read of the ledger at a time.
const PAGE_ROW_COUNT: usize = 1_000;

#[cfg(test)]
mod tests {
    use report::row::{Signature, Signed};
    use report::vocabulary::{Algorithm, Direction};
    use report::{RowId, Site};
    use store::Memory;

    use super::*;

    const NOW_S: u64 = 1_795_428_000;

    fn name(text: &str) -> Domain {
        Domain::parse(text).unwrap()
    }

    fn row(ago_s: u64, number: u16) -> Row {
        Row::new(RowId::new((NOW_S - ago_s) * 1000, Site::default(), number), Direction::In)
    }

    fn signature(of: &str, selector: &str, result: MethodResult) -> Signature {
        Signature {
            domain: Some(name(of)),
            selector: Some(name(selector)),
            result,
            algorithm: Algorithm::RsaSha256,
            key_bits: None,
            problem: None,
        }
    }

    async fn ledger(rows: Vec<Row>) -> Memory {
        let memory = Memory::new(100_000);
        memory.append(rows.into_iter().map(Into::into).collect()).await.unwrap();
        memory
    }

    #[tokio::test]
    async fn messages_are_counted_once_and_what_holds_by_itself() {
        let mut made = row(10, 1);
        made.signed = vec![Signed { domain: name("example.jp"), selector: name("s1") }];
        let mut twice = row(20, 2);
        twice.dkim = vec![
            signature("example.jp", "s1", MethodResult::Fail),
            signature("example.jp", "s1", MethodResult::Pass),
            signature("other.example", "s1", MethodResult::Pass),
        ];
        let mut forged = row(5, 3);
        forged.dkim = vec![signature("example.jp", "s2", MethodResult::Fail)];
        let mut old = row(u64::from(LOOK_BACK_DAYS) * DAY_S + 60, 4);
        old.dkim = vec![signature("example.jp", "s3", MethodResult::Pass)];
        let ledger = ledger(vec![made, twice, forged, old]).await;
        let found = in_mail(&ledger, &name("example.jp"), NOW_S, 100).await.unwrap();
        let whole = |last_s, messages, verified| Sighting { last_s, messages, verified, is_whole: true };
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[&name("s1")], whole(NOW_S - 10, 2, 2));
        assert_eq!(found[&name("s2")], whole(NOW_S - 5, 1, 0));
    }

    #[tokio::test]
    async fn of_much_mail_the_newest_is_looked_at_and_that_is_told() {
        // Of exactly as many it is not known whether that is all.
        for (count, is_whole) in [(2_999, true), (3_000, false), (3_001, false)] {
            let rows = (0..count).map(|at| {
                let mut row = row(at, 0);
                row.signed = vec![Signed { domain: name("example.jp"), selector: name("s1") }];
                row
            });
            let ledger = ledger(rows.collect()).await;
            let found = in_mail(&ledger, &name("example.jp"), NOW_S, 3_000).await.unwrap();
            let its = found[&name("s1")];
            assert_eq!((its.messages, its.is_whole), (count.min(3_000), is_whole));
        }
    }

    #[tokio::test]
    async fn what_was_found_is_kept_while_the_domains_are_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let archive = SqliteArchive::open(&folder.path().join("r"), store::archive::Settings::default()).unwrap();
        let book = |domains: &[&str]| {
            let lines = domains.iter().map(|domain| format!("line {domain} ed25519 own\n"));
            Book::parse(&format!("sekisho-keys 1\n{}", lines.collect::<String>())).unwrap()
        };
        let sights = Sights::default();
        let one = book(&["example.jp"]);
        let mut early = row(10, 1);
        early.signed = vec![Signed { domain: name("example.jp"), selector: name("s1") }];
        let empty = ledger(Vec::new()).await;
        let with_mail = ledger(vec![early]).await;
        let mail = async |ledger: &Memory, book: &Book, now_s: u64| {
            let found = sights.of((&archive, Some(ledger)), book, now_s).await;
            found.seen[&name("example.jp")].get(&name("s1")).and_then(|seen| seen.mail).map(|its| its.messages)
        };
        assert_eq!(mail(&empty, &one, NOW_S).await, None);
        assert_eq!(mail(&with_mail, &one, NOW_S + SIGHT_KEPT_S - 1).await, None, "remembered");
        assert_eq!(mail(&with_mail, &one, NOW_S + SIGHT_KEPT_S).await, Some(1));
        let two = book(&["example.jp", "example.net"]);
        assert_eq!(mail(&empty, &two, NOW_S + SIGHT_KEPT_S).await, None, "another book");
        // Only so many domains are looked for.
        let names: Vec<String> = (0..=SIGHT_DOMAIN_COUNT_MAX).map(|at| format!("d{at:04}.example")).collect();
        let many = book(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let found = sights.of((&archive, Some(&empty)), &many, NOW_S).await;
        assert_eq!(found.seen.len(), SIGHT_DOMAIN_COUNT_MAX);
        assert!(!found.seen.contains_key(&name(&names[SIGHT_DOMAIN_COUNT_MAX])));
    }
}
