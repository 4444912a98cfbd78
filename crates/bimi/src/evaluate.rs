//! A message's result: draft-brand-indicators-for-message-identification §7.

use std::sync::Arc;

use futures_util::future::join;
use lookup::Lookup;
use lookup::fetch::{Document, Fetch, Fetched, HttpsUrl, Redirects, Request};
use mailtext::Outcome;

use crate::discovery::{Assertion, Author, Found, Search, SelectorField};
use crate::evidence::{self, Evidence, Roots};
use crate::indicator::{self, Indicator};
use crate::limits::{EVIDENCE_BYTES_MAX, INDICATOR_BYTES_MAX};
use crate::preconditions::{DmarcFacts, Shortfall, shortfall};
use crate::record::Record;
use crate::step::{Comparison, FetchTrouble, Reason, Resource, Step};

/// What BIMI wants to know of a message.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// The author; `None` unless there is exactly one From with exactly one address (§7.1, 1).
    pub author: Option<Author>,
    /// Its BIMI-Selector fields.
    pub selectors: &'a [SelectorField<'a>],
    /// What DMARC found for the author domain.
    pub dmarc: DmarcFacts,
}

/// What the receiver wants.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How evidence documents are used.
    pub evidence: EvidenceUse,
    /// Whom to trust for mark certificates.
    pub roots: Arc<Roots>,
}

/// How evidence documents are used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum EvidenceUse {
    /// Without one that holds there is no pass.
    #[default]
    Required,
    /// One that is named must hold; naming none is no fault.
    WhenPresent,
    /// None is looked at.
    Ignored,
}

/// A message's BIMI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bimi {
    /// The result.
    pub result: BimiResult,
    /// Why.
    pub reason: Reason,
    /// The record that applies, and where it was found.
    pub assertion: Option<Assertion>,
    /// What came of the evidence document.
    pub authority: Authority,
    /// What the evidence document proves, when it holds.
    pub evidence: Option<Evidence>,
    /// The indicator to show; only on pass.
    pub indicator: Option<Indicator>,
    /// Where the indicator of `l=` was found to be the same; the location of the one that was taken without evidence.
    pub location: Option<HttpsUrl>,
}

/// The results (§7.7). The draft knows no permerror.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BimiResult {
    /// An indicator may be shown.
    Pass,
    /// There is no record.
    None,
    /// Something about record, indicator or evidence is wrong.
    Fail,
    /// It cannot be told now.
    TempError,
    /// The domain owner does not take part.
    Declined,
    /// It was not looked at.
    Skipped,
}

/// `policy.authority` (§7.7).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Authority {
    /// The evidence document holds.
    Pass,
    /// It does not.
    Fail,
    /// There is none, or it was not checked.
    #[default]
    None,
}

/// Evaluates a message. `now_s` is the time, in seconds since 1970.
pub async fn evaluate<L: Lookup + Sync, F: Fetch + Sync>(
    lookup: &L,
    fetch: &F,
    message: &Message<'_>,
    settings: &Settings,
    now_s: u64,
) -> Outcome<Bimi, Step> {
    let author = match may_be_looked_at(message) {
        Ok(author) => author.clone(),
        Err(shortfall) => return skip(shortfall),
    };
    let search = Search::new(author.clone(), message.selectors);
    let answers = lookup::ask_all(lookup, search.questions()).await;
    let Outcome { result: found, evidence: steps } = search.conclude(lookup, &answers).await;
    conclude(fetch, &author, found, steps, settings, now_s).await
}

/// Ends an evaluation whose record has been sought: for those who asked the questions of [`Search`] themselves.
pub async fn conclude<F: Fetch + Sync>(
    fetch: &F,
    author: &Author,
    found: Found,
    mut steps: Vec<Step>,
    settings: &Settings,
    now_s: u64,
) -> Outcome<Bimi, Step> {
    let assertion = match found {
        Found::Record(assertion) => assertion,
        Found::Nothing => return decided(Bimi::new(BimiResult::None, Reason::NoRecord), steps),
        // §7.2, 9: with several records BIMI processing must not be performed.
        Found::Several => return decided(Bimi::new(BimiResult::None, Reason::SeveralRecords), steps),
        Found::Failed(failure) => {
            return decided(Bimi::new(BimiResult::TempError, Reason::LookupFailed(failure)), steps);
        }
    };
    let mut bimi = match locations(&assertion, settings) {
        Ok((location, authority)) => {
            let documents = Documents { fetch, author, assertion: &assertion, settings, now_s };
            documents.judge(location, authority, &mut steps).await
        }
        Err((result, reason)) => Bimi::new(result, reason),
    };
    bimi.assertion = Some(assertion);
    decided(bimi, steps)
}

/// Whether BIMI may be looked at, and for whom (§7.1).
///
/// # Errors
/// What is missing.
pub fn may_be_looked_at<'a>(message: &'a Message<'_>) -> Result<&'a Author, Shortfall> {
    // §7.1, 1: one From, one address.
    let author = message.author.as_ref().ok_or(Shortfall::Author)?;
    match shortfall(&message.dmarc) {
        Some(shortfall) => Err(shortfall),
        None => Ok(author),
    }
}

/// The outcome for a message that may not be looked at.
#[must_use]
pub fn skip(shortfall: Shortfall) -> Outcome<Bimi, Step> {
    let result = match shortfall {
        Shortfall::DmarcUnknown => BimiResult::TempError,
        _ => BimiResult::Skipped,
    };
    decided(Bimi::new(result, Reason::Shortfall(shortfall)), Vec::with_capacity(1))
}

impl Bimi {
    fn new(result: BimiResult, reason: Reason) -> Self {
        Self {
            result,
            reason,
            assertion: None,
            authority: Authority::None,
            evidence: None,
            indicator: None,
            location: None,
        }
    }

    /// The record that applies.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        self.assertion.as_ref().map(|assertion| &*assertion.record)
    }
}

impl BimiResult {
    /// The word of Authentication-Results (§7.7).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::None => "none",
            Self::Fail => "fail",
            Self::TempError => "temperror",
            Self::Declined => "declined",
            Self::Skipped => "skipped",
        }
    }
}

impl Authority {
    /// The word of Authentication-Results (§7.7).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::None => "none",
        }
    }
}

fn decided(bimi: Bimi, mut steps: Vec<Step>) -> Outcome<Bimi, Step> {
    steps.push(Step::Decided { result: bimi.result, reason: bimi.reason.clone() });
    Outcome { result: bimi, evidence: steps }
}

/// The addresses of indicator and evidence, when the record is good for them.
type Locations<'a> = (&'a HttpsUrl, Option<&'a HttpsUrl>);

fn locations<'a>(assertion: &'a Assertion, settings: &Settings) -> Result<Locations<'a>, (BimiResult, Reason)> {
    let record = &assertion.record;
    // §4.3: errors are not fixed.
    if assertion.flaws.iter().any(|flaw| flaw.kind.is_fatal()) {
        return Err((BimiResult::Fail, Reason::DefectiveRecord));
    }
    // §4.3.1: both empty is an explicit refusal.
    if record.is_declination() {
        return Err((BimiResult::Declined, Reason::Declined));
    }
    // §7.3, 1: without a valid location the indicator must not be displayed.
    let location = record.location.url().ok_or((BimiResult::Fail, Reason::DefectiveRecord))?;
    match (settings.evidence, record.authority.url()) {
        (EvidenceUse::Required, None) => Err((BimiResult::Skipped, Reason::NoEvidence)),
        // §7.3, 3.
        (EvidenceUse::Ignored, _) => Ok((location, None)),
        (_, authority) => Ok((location, authority)),
    }
}

/// The two documents, and what they are judged by.
struct Documents<'a, F> {
    fetch: &'a F,
    author: &'a Author,
    assertion: &'a Assertion,
    settings: &'a Settings,
    now_s: u64,
}

impl<F: Fetch + Sync> Documents<'_, F> {
    async fn judge(&self, location: &HttpsUrl, authority: Option<&HttpsUrl>, steps: &mut Vec<Step>) -> Bimi {
        let indicator = self.fetch.fetch(request(location, INDICATOR_BYTES_MAX));
        let Some(authority) = authority else {
            let indicator = indicator.await;
            steps.push(Step::Fetched {
                resource: Resource::Indicator,
                url: location.clone(),
                fetched: indicator.clone(),
            });
            return without_evidence(location, &indicator, steps);
        };
        let evidence = self.fetch.fetch(request(authority, EVIDENCE_BYTES_MAX));
        let (indicator, evidence) = join(indicator, evidence).await;
        for (resource, url, fetched) in
            [(Resource::Indicator, location, &indicator), (Resource::Evidence, authority, &evidence)]
        {
            steps.push(Step::Fetched { resource, url: url.clone(), fetched: fetched.clone() });
        }
        match document(Resource::Evidence, &evidence) {
            Ok(document) => self.with_evidence(location, &indicator, &document.bytes, steps).await,
            Err((result, reason)) => {
                // A document that is not there vouches for nothing; one that does not come now may yet.
                let authority = if result == BimiResult::Fail { Authority::Fail } else { Authority::None };
                Bimi { authority, ..Bimi::new(result, reason) }
            }
        }
    }

    /// §7.4: the indicator of the evidence document is the one; what is at `l=` must not be another.
    async fn with_evidence(
        &self,
        location: &HttpsUrl,
        indicator: &Fetched,
        document: &[u8],
        steps: &mut Vec<Step>,
    ) -> Bimi {
        let Self { fetch, author, assertion, settings, now_s } = self;
        let outcome = evidence::validate(*fetch, document, author, &assertion.selector, &settings.roots, *now_s).await;
        steps.extend(outcome.evidence);
        let Some(evidence) = outcome.result else {
            let bimi = Bimi::new(BimiResult::Fail, Reason::InvalidEvidence);
            return Bimi { authority: Authority::Fail, ..bimi };
        };
        let mut bimi = Bimi::new(BimiResult::Pass, Reason::Evidence);
        bimi.authority = Authority::Pass;
        // draft-fetch-validation-vmc §5.3, 7: fetching `l=` is optional; validation may fail when it differs.
        if let Fetched::Document(document) = indicator {
            let comparison = compare(&evidence.indicator, document);
            steps.push(Step::IndicatorsCompared { comparison });
            if comparison == Comparison::Other {
                bimi.result = BimiResult::Fail;
                bimi.reason = Reason::IndicatorsDiffer;
                bimi.evidence = Some(evidence);
                return bimi;
            }
            bimi.location = Some(location.clone());
        }
        bimi.indicator = Some(evidence.indicator.clone());
        bimi.evidence = Some(evidence);
        bimi
    }
}

/// §7.5.
fn without_evidence(location: &HttpsUrl, fetched: &Fetched, steps: &mut Vec<Step>) -> Bimi {
    let document = match document(Resource::Indicator, fetched) {
        Ok(document) => document,
        Err((result, reason)) => return Bimi::new(result, reason),
    };
    // §7.6: size, format, and the rules of the indicator's format.
    let reading = indicator::read(&document.bytes);
    for finding in reading.findings {
        steps.push(Step::IndicatorFound { resource: Resource::Indicator, finding: finding.kind });
    }
    match reading.indicator {
        None => Bimi::new(BimiResult::Fail, Reason::InvalidIndicator),
        Some(indicator) => {
            let bimi = Bimi::new(BimiResult::Pass, Reason::Indicator);
            Bimi { indicator: Some(indicator), location: Some(location.clone()), ..bimi }
        }
    }
}

fn request(url: &HttpsUrl, bytes_max: usize) -> Request {
    Request { url: url.clone(), bytes_max, redirects: Redirects::Follow }
}

fn document(resource: Resource, fetched: &Fetched) -> Result<&Document, (BimiResult, Reason)> {
    let trouble = match fetched {
        Fetched::Document(document) => return Ok(document),
        Fetched::Status(status) => FetchTrouble::Status(*status),
        Fetched::Failed(failure) => FetchTrouble::Failure(*failure),
    };
    let result = if trouble == FetchTrouble::Failure(lookup::fetch::FetchFailure::Disabled) {
        BimiResult::Skipped
    } else if trouble.is_temporary() {
        BimiResult::TempError
    } else {
        BimiResult::Fail
    };
    Err((result, Reason::NotFetched(resource, trouble)))
}

/// Whether the document is the indicator, compressed or not.
fn compare(indicator: &Indicator, document: &Document) -> Comparison {
    let same = indicator::read(&document.bytes).indicator.is_some_and(|other| other.sha256() == indicator.sha256());
    if same { Comparison::Same } else { Comparison::Other }
}
