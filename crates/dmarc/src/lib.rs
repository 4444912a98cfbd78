//! DMARC (RFC 9989): the record, the tree walk that finds it, alignment, result, policy, and whether the destinations
//! of reports (RFC 9990) want them.
//!
//! What it does: takes the domains of From and the identifiers that SPF and DKIM authenticated, asks DNS through
//! [`lookup::Lookup`], and says pass, fail, none, temperror or permerror with the policy, its tag and the evidence.
//! Discovery by public suffix list (RFC 7489) can be chosen instead, and is shown beside the walk in any case.
//!
//! What it will never do: know what a signature or an SPF record is, read a message, decide what is done with one, ask
//! DNS by itself, or let an identifier pass for a name that its owner has not bound to it.
//!
//! Reading order: [`record`], [`walk`] (the tree walk), [`discovery`] (which record applies),
//! [`evaluate`](mod@evaluate) (one author domain), [`authors`] (several, or none), then
//! [`destinations`](mod@destinations), [`psl`] and [`uri`] by need. [`evidence`] names all steps and reasons.

pub mod authors;
pub mod destinations;
pub mod discovery;
pub mod evaluate;
pub mod evidence;
pub mod limits;
pub mod psl;
pub mod record;
pub mod uri;
pub mod walk;

pub use authors::{Authors, Discovered, FromDefect, MessageEvaluation, discover_authors, evaluate_authors};
pub use destinations::{Destination, Refusal, ReportKind, Verdict, destination, destinations};
pub use discovery::{
    Discovery, Existence, Method, Place, PolicyRecord, PolicySearch, Reach, Settings, discover, organizational_domain,
};
pub use evaluate::{
    Aligned, Alignment, Applied, Authentication, DmarcResult, Evaluation, Identifier, Identifiers, Mechanism, evaluate,
};
pub use evidence::{Reason, Step};
pub use psl::{PublicSuffixList, Suffixes};
pub use record::{Policy, PolicyTag, Record, RecordFlaw};
pub use uri::Uri;
pub use walk::{Kept, Selected};
