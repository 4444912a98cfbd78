//! Brand Indicators for Message Identification: the record, the indicator (SVG Tiny P/S) and the evidence document.
//!
//! What it does: takes what DMARC found, seeks the assertion record, fetches indicator and evidence document through
//! [`lookup::fetch::Fetch`], judges them, and says pass, none, fail, temperror, declined or skipped with the evidence, the
//! indicator and what a receiver writes into the message.
//!
//! What it will never do: render an image, fetch by itself, or know what SPF, DKIM and DMARC are: what DMARC found comes in
//! as values. A URL that is not `https` with a host by name cannot be asked for: there is no type for it.
//!
//! Reading order: [`preconditions`], [`record`], [`discovery`], [`evaluate`](mod@evaluate), then what is fetched:
//! [`indicator`] and [`evidence`]; [`headers`] is what is written. [`step`] names all steps and reasons.
//!
//! Sections without a document are of draft-brand-indicators-for-message-identification (November 2025).

pub mod discovery;
pub mod evaluate;
pub mod evidence;
pub mod headers;
pub mod indicator;
pub mod limits;
pub mod preconditions;
pub mod record;
pub mod step;

pub use discovery::{Assertion, Author, Coverage, Found, Search, Selector, SelectorField, discover};
pub use evaluate::{
    Authority, Bimi, BimiResult, EvidenceUse, Message, Settings, conclude, evaluate, may_be_looked_at, skip,
};
pub use evidence::{Evidence, EvidenceFlaw, MarkType, Roots, RootsError};
pub use headers::{FIELDS_TO_REMOVE, Field};
pub use indicator::{Finding, FindingKind, Indicator, Reading};
pub use preconditions::{DmarcFacts, DmarcResult, Policy, Published, Shortfall, Testing};
pub use record::{Avatar, Location, Record, RecordFlaw};
pub use step::{Comparison, FetchTrouble, Reason, Resource, Step};

/// The draft of BIMI, as rules name it.
pub(crate) const DRAFT: &str = "draft-brand-indicators-for-message-identification";
/// The draft of mark certificates, as rules name it.
pub(crate) const EVIDENCE_DRAFT: &str = "draft-fetch-validation-vmc";
