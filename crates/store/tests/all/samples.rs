//! Rows like those of a site: few domains, many clients.

use mailtext::Domain;
use report::ledger::Entry;
use report::row::*;
use report::vocabulary::*;
use report::{Ledger, Page, Query, Row, RowId, Site, Why};

/// 2026-06-01T00:00:00Z.
pub(crate) const START_MS: u64 = 1_780_272_000_000;
pub(crate) const DAY_MS: u64 = 86_400_000;

/// Numbers that look like chance and are always the same.
pub(crate) struct Chance(pub u64);

impl Chance {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    pub(crate) fn one_of<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize].clone()
    }

    pub(crate) fn yes(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }
}

pub(crate) const DOMAINS: &[&str] =
    &["example.jp", "mail.example.jp", "example-x.jp", "bank.example", "list.example.org", "jp"];

pub(crate) fn domain(name: &str) -> Domain {
    Domain::parse(name).unwrap()
}

/// A row of the id `number`, somewhere in ten days.
pub(crate) fn row(number: u64) -> Row {
    let mut chance = Chance(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let site = Site::new(chance.below(3) as u16).unwrap();
    let time_ms = START_MS + chance.below(10 * DAY_MS);
    let direction = if chance.yes(5) { Direction::Out } else { Direction::In };
    let mut row = Row::new(RowId::new(time_ms, site, (number % 2048) as u16), direction);
    row.tenant = chance.one_of(&["", "", "city", "school"]).into();
    row.queue_id = Some(format!("Q{}", number % 50).into());
    row.client.ip = Some(std::net::Ipv4Addr::from(0xc633_6400 + chance.below(600) as u32).into());
    let hash = [chance.below(3) as u8; 16];
    row.envelope.mail_from = chance.one_of(&[
        None,
        Some(Address::Text("a@example.jp".into())),
        Some(Address::Hash(hash)),
        Some(Address::Withheld),
    ]);
    row.envelope.mail_from_domain = Some(domain(chance.one_of(DOMAINS)));
    row.envelope.recipient_count = 1 + chance.below(3);
    row.envelope.recipient_domains = vec![domain(chance.one_of(DOMAINS))];
    row.message.size_bytes = chance.below(100_000);
    row.message.message_id = Some([chance.below(40) as u8; 16]);
    row.spf.mail_from = Some(SpfCheck { domain: None, result: chance.one_of(MethodResult::ALL) });
    for _ in 0..chance.below(3) {
        row.dkim.push(Signature {
            domain: Some(domain(chance.one_of(DOMAINS))),
            selector: Some(domain("k1")),
            result: chance.one_of(MethodResult::ALL),
            algorithm: Algorithm::RsaSha256,
            key_bits: Some(2048),
            problem: None,
        });
    }
    let result = chance.one_of(&[DmarcResult::Pass, DmarcResult::Fail, DmarcResult::None]);
    row.dmarc = Dmarc { result, authors: vec![evaluation(&mut chance, result)] };
    row.verdict.disposition = chance.one_of(Disposition::ALL);
    row.verdict.action = chance.one_of(&[Action::Accept, Action::Accept, Action::Reject, Action::Label]);
    row.latency_us = chance.below(500_000);
    while chance.yes(3) {
        row.envelope.recipient_domains.push(domain(chance.one_of(DOMAINS)));
    }
    row
}

fn evaluation(chance: &mut Chance, result: DmarcResult) -> Evaluation {
    Evaluation {
        author: domain(chance.one_of(DOMAINS)),
        result,
        published: None,
        spf: Aligned::No,
        dkim: vec![],
        spf_aligned_pass: AlignedPass::Fail,
        dkim_aligned_pass: AlignedPass::Pass,
        wanted: Policy::Reject,
        reason: None,
    }
}

pub(crate) struct Step(pub u64);

impl mailtext::Explain for Step {
    fn id(&self) -> &'static str {
        "spf-record-found"
    }

    fn arguments(&self) -> Vec<(&'static str, mailtext::Value)> {
        vec![("number", self.0.into())]
    }
}

/// A row with evidence.
pub(crate) fn entry(number: u64) -> Entry {
    let mut why = Why::default();
    why.push(&Step(number));
    Entry { row: row(number), why }
}

pub(crate) fn entries(numbers: std::ops::Range<u64>) -> Vec<Entry> {
    numbers.map(entry).collect()
}

/// All rows of a question, page by page.
pub(crate) fn all(store: &impl Ledger, mut query: Query) -> Vec<Row> {
    let mut rows = Vec::new();
    loop {
        let Page { rows: more, next, damaged } = testkit::block_on(store.rows(query.clone())).unwrap();
        assert!(damaged.is_empty());
        assert!(query.limit == 0 || more.len() <= query.limit);
        rows.extend(more);
        match next {
            Some(next) => query.after = Some(next),
            None => return rows,
        }
    }
}
