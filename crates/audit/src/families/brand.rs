//! BIMI: the assertion, the indicator, the evidence document (BIM).

use futures_util::future::{join, join3};
use lookup::fetch::{Fetched, HttpsUrl, Redirects, Request};
use lookup::{Answer, Kind};

use bimi::discovery::{Author, Selector};
use bimi::evidence::{EvidenceFlaw, validate};
use bimi::indicator::{self, Reading};
use bimi::limits::{EVIDENCE_BYTES_MAX, INDICATOR_BYTES_MAX};
use bimi::record::{Location, Record};
use bimi::{Evidence, Step};

use crate::published::Published;
use crate::rule::Rule;
use crate::subject::Subject;
use crate::world::World;

mod of_evidence;
mod of_indicator;
mod of_record;
mod table;

/// The rules.
pub(crate) const RULES: &[Rule] = table::RULES;

/// What was found.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `default._bimi` before the domain.
    pub own: Option<Published>,
    /// The same before the organizational domain, when that is another and the domain has none.
    pub organization: Option<Published>,
    /// The indicator: where it was asked for, and what came.
    pub indicator: Option<(HttpsUrl, Fetched)>,
    /// The indicator, read.
    pub reading: Option<Reading>,
    /// The evidence document: where it was asked for, and what came of it.
    pub evidence: Option<Document>,
    /// Who may issue certificates for the domain.
    pub authorities: Published,
}

/// An evidence document.
#[derive(Clone, Debug)]
pub struct Document {
    /// Where it was asked for.
    pub url: HttpsUrl,
    /// What came.
    pub fetched: Fetched,
    /// What is wrong with it.
    pub flaws: Vec<EvidenceFlaw>,
    /// What it proves, when it holds.
    pub evidence: Option<Evidence>,
}

/// Asks.
pub async fn look<W: World>(world: &W, subject: &Subject) -> Seen {
    let domain = &subject.domain;
    let (own, authorities) =
        join(Published::ask_below(world, domain, "default._bimi"), Published::ask(world, domain.clone(), Kind::Caa))
            .await;
    let top = subject.suffixes.organizational_domain(domain);
    let absent = own.as_ref().is_some_and(|own| own.answer.is_void());
    let organization = async {
        if absent && top != *domain { Published::ask_below(world, &top, "default._bimi").await } else { None }
    };
    let record = own.as_ref().and_then(only);
    let (organization, indicator, evidence) = join3(
        organization,
        fetched(world, record.as_ref().map(|record| &record.location), INDICATOR_BYTES_MAX),
        document(world, subject, record.as_ref().map(|record| &record.authority)),
    )
    .await;
    let reading = match &indicator {
        Some((_, Fetched::Document(document))) => Some(indicator::read(&document.bytes)),
        _ => None,
    };
    Seen { own, organization, indicator, reading, evidence, authorities }
}

/// The only record there: several are none.
fn only(published: &Published) -> Option<Record> {
    let mut records = published.texts().filter(|text| Record::claims(text));
    records.next().filter(|_| records.next().is_none()).map(|text| Record::parse(text).0)
}

async fn fetched<W: World>(world: &W, location: Option<&Location>, bytes_max: usize) -> Option<(HttpsUrl, Fetched)> {
    let Some(Location::Url(url)) = location else {
        return None;
    };
    let request = Request { url: url.clone(), bytes_max, redirects: Redirects::Follow };
    Some((url.clone(), world.fetch(request).await))
}

async fn document<W: World>(world: &W, subject: &Subject, location: Option<&Location>) -> Option<Document> {
    let (url, fetched) = fetched(world, location, EVIDENCE_BYTES_MAX).await?;
    let mut seen = Document { url, fetched, flaws: Vec::new(), evidence: None };
    if let (Fetched::Document(document), Some(selector)) = (&seen.fetched, Selector::parse("default")) {
        let organizational = subject.suffixes.organizational_domain(&subject.domain);
        let author = Author { local_part: Box::default(), domain: subject.domain.clone(), organizational };
        let now_s = u64::try_from(subject.now_s).unwrap_or_default();
        let outcome = validate(world, &document.bytes, &author, &selector, &subject.roots, now_s).await;
        seen.evidence = outcome.result;
        seen.flaws = outcome
            .evidence
            .into_iter()
            .filter_map(|step| match step {
                Step::EvidenceFlawed { flaw } => Some(flaw),
                _ => None,
            })
            .collect();
    }
    Some(seen)
}

impl Seen {
    /// The texts there that are BIMI records, with what they say.
    fn records(&self) -> impl Iterator<Item = (&Published, &[u8])> {
        let own = self.own.iter();
        own.flat_map(|own| own.texts().map(move |text| (own, text))).filter(|(_, text)| is_meant(text))
    }

    /// Whether the answer for the domain's own record is that there is none.
    fn is_absent(&self) -> bool {
        self.own.as_ref().is_some_and(|own| matches!(own.answer, Answer::NoData(_) | Answer::NxDomain(_)))
    }
}

fn is_meant(text: &[u8]) -> bool {
    Record::claims(text) || text.to_ascii_lowercase().windows(4).any(|word| word == b"bimi")
}
