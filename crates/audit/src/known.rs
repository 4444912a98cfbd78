//! What an installation knows of a domain beside what it publishes: from mail, from reports, from its own configuration,
//! and what its operator declared. Nothing known is not the same as nothing there: what was never looked at is `None`.

use mailtext::Domain;

/// What is known of a domain.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// The moment of the audit, seconds since 1970.
    pub now_s: i64,
    /// Selectors that were seen.
    pub selectors: Vec<SelectorUse>,
    /// What aggregate reports say.
    pub reports: Option<Reported>,
    /// The DMARC records that the domain had, oldest first, with the moment at which each was first seen.
    pub policies: Vec<(i64, Box<[u8]>)>,
    /// The audits before this one.
    pub history: Option<History>,
    /// What this installation does as a receiver.
    pub receiver: Option<Receiver>,
    /// What it does as a signer of the domain's mail.
    pub signer: Option<Signer>,
    /// What it does as a forwarder or a list.
    pub relay: Option<Relay>,
    /// What it does for others: clients whose mail it sends.
    pub provider: Option<Provider>,
    /// What the operator declared.
    pub statements: Vec<Statement>,
}

/// A selector of the domain, as it was used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SelectorUse {
    /// The selector.
    pub selector: Box<str>,
    /// The domain of the signatures: the domain itself or a name below it.
    pub domain: Domain,
    /// When a signature was first seen, seconds since 1970.
    pub first_s: i64,
    /// When the last.
    pub last_s: i64,
    /// Messages.
    pub messages: u64,
    /// Whether `i=` was below the signature's domain in any of them.
    pub identity_below: bool,
}

/// What aggregate reports say of the domain, in the period that was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reported {
    /// The policy domain that the reports are about, where that is a domain above whose record applies: messages are those of
    /// the domain itself and of names below it.
    pub policy_domain: Option<Domain>,
    /// Days of the period.
    pub days: u32,
    /// Reports.
    pub reports: u64,
    /// Messages.
    pub messages: u64,
    /// Messages of legitimate and misconfigured senders: all that the owner should answer for.
    pub own: u64,
    /// Of those, how many passed DMARC.
    pub own_passed: u64,
    /// Of those, how many passed by an aligned signature.
    pub own_signed: u64,
    /// Of those, how many came from names below the domain, or were signed or sent by them, so that strict alignment fails.
    pub own_below: u64,
    /// Messages that somebody else sent on: forwarders and lists.
    pub forwarded: u64,
    /// When the last report ended, seconds since 1970.
    pub last_s: Option<i64>,
    /// The include targets of the SPF record whose services were seen to send.
    pub seen_services: Vec<Domain>,
    /// Whether the advisor sees the way free for the next step; `None` when it cannot tell.
    pub next_step: Option<NextStep>,
}

/// What the advisor says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NextStep {
    /// Stay.
    Stay,
    /// Go on to a stricter policy.
    Raise,
    /// Already at the last step.
    Arrived,
}

/// The audits before this one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct History {
    /// How many.
    pub audits: u64,
    /// When the last was, seconds since 1970.
    pub last_s: i64,
    /// How often audits are made by themselves, seconds; `None` when they are not.
    pub every_s: Option<u64>,
    /// The keys that were seen.
    pub keys: Vec<KeySeen>,
    /// The MTA-STS record's id and the policy's text at the last audit.
    pub mta_sts: Option<(Box<str>, Box<[u8]>)>,
    /// Since when the MTA-STS policy has been in its mode, seconds since 1970.
    pub mta_sts_mode_since_s: Option<i64>,
}

/// A key that earlier audits saw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeySeen {
    /// Its selector.
    pub selector: Box<str>,
    /// The record's text.
    pub text: Box<[u8]>,
    /// When it was first seen, seconds since 1970.
    pub first_s: i64,
    /// When last.
    pub last_s: i64,
}

/// What an installation does as a receiver: its configuration, and what it did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Receiver {
    /// Verifies SPF.
    pub spf: bool,
    /// Verifies DKIM.
    pub dkim: bool,
    /// Verifies DMARC.
    pub dmarc: bool,
    /// Acts on the sender's policy: more than labelling.
    pub acts: bool,
    /// Rules use how wide an SPF record is.
    pub judges_spf_breadth: bool,
    /// Rules use what a signature covers, or replays.
    pub judges_signatures: bool,
    /// The authenticated domain is written into the message.
    pub shows_domain: bool,
    /// Domain reputation is kept.
    pub keeps_reputation: bool,
    /// Domain reputation decides on delivery.
    pub uses_reputation: bool,
    /// Aggregate reports are sent.
    pub sends_reports: bool,
    /// Failure reports are sent; ours are redacted always.
    pub sends_failure_reports: bool,
    /// BIMI is evaluated, and the indicator handed on.
    pub bimi: bool,
    /// Messages received in the last 30 days.
    pub messages: u64,
}

/// What an installation does as a signer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Signer {
    /// Messages of the domain that were signed in the last 30 days.
    pub signed: u64,
    /// Messages of the domain that left unsigned.
    pub unsigned: u64,
    /// The signatures' recommended fields are all covered.
    pub covers_fields: bool,
    /// `l=` is used.
    pub uses_length: bool,
    /// Private keys that others may read.
    pub exposed_keys: u64,
    /// Selectors whose private key is not the one that is published.
    pub mismatched: Vec<Box<str>>,
    /// Selectors with a key that is published and not yet used.
    pub staged: Vec<Box<str>>,
}

/// What an installation does as a forwarder or a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Relay {
    /// Rewrites MAIL FROM where it forwards (SRS).
    pub rewrites_envelope: bool,
    /// Bounces of rewritten mail come back by signed addresses with a time limit.
    pub bounds_bounces: bool,
    /// Lists write From and MAIL FROM anew, with the list's domain.
    pub rewrites_lists: bool,
    /// Lists sign with the list's domain.
    pub signs_lists: bool,
    /// ARC seals are made.
    pub seals: bool,
}

/// What an installation does for clients whose mail it sends.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Provider {
    /// The client domains.
    pub clients: u64,
    /// Those of them whose SPF, DKIM and DMARC records are as they should.
    pub ready: u64,
    /// Those that are not, by name; a part of them.
    pub not_ready: Vec<Domain>,
    /// What DNS did not tell of them.
    pub unanswered: Unanswered,
    /// Messages sent for clients in the last 30 days.
    pub messages: u64,
    /// Those of them that had an aligned signature of the client's domain.
    pub aligned: u64,
    /// The SPF record that is made to be included.
    pub include: Option<Domain>,
    /// Clients whose key is a CNAME to the provider's zone, or a key that was handed over.
    pub delegated: u64,
}

/// The clients of whom DNS did not tell what there is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Unanswered {
    /// Those who may be ready: nothing is missing for certain.
    pub ready: u64,
    /// Those who may use a key that was handed over.
    pub delegated: u64,
    /// Those who may include the provider's SPF record.
    pub include: u64,
    /// Those that are counted in any of these, by name; a part of them.
    pub domains: Vec<Domain>,
}

/// What the operator declared: shown as declared, never as verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// The requirement: `4-3`.
    pub requirement: Box<str>,
    /// Whether it is met.
    pub met: bool,
    /// Who said so.
    pub by: Box<str>,
    /// When, seconds since 1970.
    pub at_s: i64,
    /// In his words.
    pub note: Box<str>,
}

/// What is known of a message.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LetterFacts {
    /// Whether SPF passed, and for which domain; `None` when it was not evaluated.
    pub spf: Option<(bool, Domain)>,
    /// Each signature.
    pub signatures: Vec<SignatureFacts>,
    /// The author domain.
    pub author: Option<Domain>,
    /// The author's organizational domain.
    pub organization: Option<Domain>,
    /// Whether DMARC passed; `None` where there is no record.
    pub dmarc: Option<bool>,
    /// Whether DNS failed while the message was verified: what does not pass may pass another time, and is not told.
    pub dns_failed: bool,
    /// Whether the client's address has a name that leads back to it; `None` when the client is not known.
    pub reverse: Option<bool>,
    /// Whether it is sent to many: the caller says so, or a List-Unsubscribe field does.
    pub is_bulk: bool,
    /// The TLS version of the last hop, where it is told: `1.2`.
    pub tls: Option<Box<str>>,
    /// Complaints, hundredths of a per cent of the messages, where the operator knows them.
    pub spam_rate: Option<u32>,
}

/// What is known of one signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignatureFacts {
    /// `d=`.
    pub domain: Domain,
    /// `s=`.
    pub selector: Box<str>,
    /// Whether it holds.
    pub holds: bool,
    /// `h=`, lower case.
    pub fields: Vec<Box<str>>,
    /// `l=`.
    pub body_length: Option<u64>,
    /// `c=`: whether the header is canonicalised by `simple`.
    pub simple_header: bool,
    /// `t=`, seconds since 1970.
    pub signed_s: Option<i64>,
    /// `x=`.
    pub expires_s: Option<i64>,
    /// The domain of `i=`, where it is given.
    pub identity: Option<Domain>,
}
