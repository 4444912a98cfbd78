//! DomainKeys (RFC 4870), DKIM's forerunner: **historic**, for old mail and studies.
//!
//! What it does: finds the DomainKey-Signature fields, hashes header and body as one stream, checks every signature
//! against its key, and reads the policy record of the sending domain.
//!
//! What it will never do: authenticate anybody. Everything rests on SHA-1, and keys of 512 bits count; a pass is a line
//! in a report, and no identifier leaves this module that DMARC could align with (RFC 8601 §6.7 deprecates the method).
//!
//! Reading order: this file, [`signature`], [`canonical`], [`policy`], [`step`].

pub mod canonical;
pub mod policy;
pub mod signature;
pub mod step;
#[cfg(test)]
mod tests;

use lookup::{Answer, Lookup, Question};
use mailtext::{AddressFlaw, AddressList, Domain, Flaw, Headers, NameKey, Outcome};

use crate::crypto::{Algorithm, Digest, HashAlgorithm, KeyKind};
use crate::key::{KeyError, KeyRecord, KeyRecords};
use crate::limits::DOMAINKEYS_SIGNATURE_COUNT_MAX;

pub use canonical::Canonicalization;
pub use policy::{Policy, PolicyFlaw, PolicyOutcome, Signing};
pub use signature::{FieldName, Parsed, Signature, SignatureError};
pub use step::{Problem, Status, Step};

use canonical::MessageHasher;

/// What may vary in verification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Most signatures that are verified; each hashes the body on its own.
    pub signature_count_max: usize,
    /// Whether a signature without `q=` is read.
    pub query_tag: QueryTag,
}

/// Whether `q=` must be there. RFC 4870 §3.3 says so; many signers left it out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum QueryTag {
    /// A missing `q=` means `dns`, as most verifiers of the time took it.
    #[default]
    Optional,
    /// A signature without it is ignored.
    Required,
}

/// The verification of one message, from its header to its end.
pub struct DomainKeysVerifier {
    candidates: Vec<Candidate>,
    questions: Vec<Question>,
    policy_question: Option<Question>,
}

/// What is known of one signature, pass or not. A pass names nobody whom DMARC could align with.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The result.
    pub status: Status,
    /// Why it is not pass.
    pub problem: Option<Problem>,
    /// Where the field stands among all fields, from the top from 0.
    pub field_index: usize,
    /// What the field says.
    pub parsed: Parsed,
    /// The address that the signature speaks for, where one was found.
    pub sending: Option<SendingAddress>,
    /// The key's length, in bits, when a key was found.
    pub key_bits: Option<u32>,
    /// Whether the key record says that the domain tests DomainKeys: then a failure must change nothing
    /// (RFC 4870 §3.2.3).
    pub testing: bool,
}

/// Whom a message claims as its sender (RFC 4870 §3.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SendingAddress {
    /// Which field names it.
    pub field: SendingField,
    /// The local part.
    pub local: String,
    /// The domain.
    pub domain: Domain,
}

/// The field that names the sending address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SendingField {
    /// From.
    From,
    /// Sender, which goes before From.
    Sender,
}

/// What [`AddressList::parse`] gave for a From field.
pub type FromRead<'a> = (&'a AddressList, &'a [Flaw<AddressFlaw>]);

/// A whole message verified: [`verify`].
#[derive(Clone, Debug)]
pub struct Checked {
    /// The outcome of each signature, in the fields' order.
    pub signatures: Vec<Outcome<Verification, Step>>,
    /// The policy of the sending domain, asked for when no signature passed.
    pub policy: Option<Outcome<PolicyOutcome, Step>>,
}

struct Candidate {
    field_index: usize,
    parsed: Parsed,
    sending: Option<SendingAddress>,
    state: Result<Ready, Problem>,
}

/// A signature that only lacks the body and its key.
struct Ready {
    hasher: MessageHasher,
    question: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { signature_count_max: DOMAINKEYS_SIGNATURE_COUNT_MAX, query_tag: QueryTag::Optional }
    }
}

impl SendingField {
    /// As the field is called.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::From => "From",
            Self::Sender => "Sender",
        }
    }
}

impl DomainKeysVerifier {
    /// Finds the signatures of a message whose header is complete. Without one nothing is kept and nothing hashed.
    #[must_use]
    pub fn new(headers: &Headers<'_>, options: Options) -> Self {
        Self::with_from(headers, options, None)
    }

    /// The same where the one From field was read already.
    #[must_use]
    pub fn with_from(headers: &Headers<'_>, options: Options, from: Option<FromRead<'_>>) -> Self {
        let name = b"DomainKey-Signature";
        let mut verifier = Self { candidates: Vec::new(), questions: Vec::new(), policy_question: None };
        // Those that are counted only need no memory without end.
        let most = options.signature_count_max.saturating_add(DOMAINKEYS_SIGNATURE_COUNT_MAX);
        for field_index in headers.indexes_named(NameKey::of(name), name).take(most) {
            let Some(field) = headers.get(field_index) else { continue };
            let parsed = Parsed::parse(field.value, options.query_tag);
            let mut candidate =
                Candidate { field_index, parsed, sending: None, state: Err(Problem::TooManySignatures) };
            if verifier.candidates.len() < options.signature_count_max {
                candidate.state = verifier.prepare(headers, field_index, &candidate.parsed, &mut candidate.sending);
            }
            verifier.candidates.push(candidate);
        }
        let everything: Vec<usize> = indexes(headers, SendingField::Sender).chain(from_indexes(headers)).collect();
        let sending = sending_address(headers, &everything, from).ok();
        verifier.policy_question = sending.and_then(|address| policy::question(&address.domain));
        verifier
    }

    /// The keys to ask for: each once.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Where the sending domain would state its policy. It is not among [`Self::questions`], since it should be asked for
    /// only when no signature passes (RFC 4870 §3.6); [`policy::conclude`] reads the answer.
    #[must_use]
    pub fn policy_question(&self) -> Option<&Question> {
        self.policy_question.as_ref()
    }

    /// Takes the next bytes of the body, in wire form (CRLF, dots undone).
    pub fn body(&mut self, chunk: &[u8]) {
        for ready in self.candidates.iter_mut().filter_map(|candidate| candidate.state.as_mut().ok()) {
            ready.hasher.body(chunk);
        }
    }

    /// The outcome of each signature, in the fields' order; none for a message without one. `answers` are to
    /// [`Self::questions`], in their order.
    #[must_use]
    pub fn finish(self, answers: &[Answer]) -> Vec<Outcome<Verification, Step>> {
        let questions = self.questions;
        self.candidates.into_iter().map(|candidate| conclude(candidate, &questions, answers)).collect()
    }

    fn prepare(
        &mut self,
        headers: &Headers<'_>,
        own_index: usize,
        parsed: &Parsed,
        sending: &mut Option<SendingAddress>,
    ) -> Result<Ready, Problem> {
        let signature = parsed.signature.as_ref().map_err(|error| Problem::Signature(*error))?;
        let signed = signed_fields(headers, own_index, signature);
        let address = sending_address(headers, &signed, None)?;
        let inside = address.domain.is_within(&signature.domain);
        *sending = Some(address);
        // RFC 4870 §3.3: `d=` must be the domain of the sending address, or one of its parents.
        if !inside {
            return Err(Problem::DomainOutside);
        }
        let mut hasher = MessageHasher::new(signature.canonicalization);
        for field in signed.iter().filter_map(|index| headers.get(*index)) {
            hasher.header(field.raw);
        }
        Ok(Ready { hasher, question: self.question(&signature.key_name) })
    }

    fn question(&mut self, name: &Domain) -> usize {
        if let Some(at) = self.questions.iter().position(|question| question.name == *name) {
            return at;
        }
        self.questions.push(Question::txt(name.clone()));
        self.questions.len() - 1
    }
}

/// Verifies a whole message that is in memory, in wire form; asks for the policy when no signature passes.
pub async fn verify<L: Lookup + Sync>(lookup: &L, message: &[u8], options: Options) -> Checked {
    let headers = Headers::parse(message);
    let mut verifier = DomainKeysVerifier::new(&headers, options);
    let answers = lookup::ask_all(lookup, verifier.questions()).await;
    verifier.body(message.get(headers.body_start()..).unwrap_or_default());
    let policy_question = verifier.policy_question().cloned();
    let signatures = verifier.finish(&answers);
    // RFC 4870 §3.7.6: when a message fails to verify, the policy of the sending domain must be consulted.
    let unverified = signatures.iter().all(|outcome| outcome.result.status != Status::Pass);
    let policy = match policy_question.filter(|_| unverified) {
        Some(question) => {
            let answer = lookup.ask(question.clone()).await;
            Some(policy::conclude(&question, &answer))
        }
        None => None,
    };
    Checked { signatures, policy }
}

/// The signature that speaks for the message: the topmost that is well formed and of the sending domain.
#[must_use]
pub fn most_appropriate(outcomes: &[Outcome<Verification, Step>]) -> Option<&Outcome<Verification, Step>> {
    // RFC 4870 §3.7.3: rules 1 to 4 leave out signatures that are not of the sending domain or not understood; of the
    // others the earlier is preferred.
    outcomes.iter().find(|outcome| {
        let left_out = matches!(
            outcome.result.problem,
            Some(
                Problem::Signature(_)
                    | Problem::SendingAddress
                    | Problem::AddressNotSigned
                    | Problem::DomainOutside
                    | Problem::TooManySignatures
            )
        );
        !left_out
    })
}

/// The domain of Sender, or of the first address of From (RFC 4870 §3.5.1), whatever a signature covers.
#[must_use]
pub fn sending_domain(headers: &Headers<'_>) -> Option<Domain> {
    let everything: Vec<usize> = indexes(headers, SendingField::Sender).chain(from_indexes(headers)).collect();
    sending_address(headers, &everything, None).ok().map(|address| address.domain)
}

/// The fields that a signature covers, in the order in which they are hashed.
///
/// RFC 4870 says two things of `h=`: that it gives the order in which the fields were presented (§3.3), and that they
/// are presented in the order of the message (§3.4.2.1). For a message as it was signed both are one; where fields were
/// reordered on the way, the former still verifies, and is what signers and verifiers did.
fn signed_fields(headers: &Headers<'_>, own_index: usize, signature: &Signature) -> Vec<usize> {
    // RFC 4870 §3.3: only fields below the signature count.
    let below = own_index.saturating_add(1)..headers.len();
    let Some(names) = &signature.header_fields else {
        // RFC 4870 §3.3: without `h=` all fields below, in the order found.
        return below.collect();
    };
    let mut fields = Vec::with_capacity(names.len());
    for (at, (key, name)) in names.iter().enumerate() {
        let same = |other: &FieldName| other.0 == *key && other.1.eq_ignore_ascii_case(name);
        let before = names.get(..at).unwrap_or_default().iter().filter(|other| same(other)).count();
        let after = names.get(at + 1..).unwrap_or_default().iter().filter(|other| same(other)).count();
        let present: Vec<usize> = headers.indexes_named(*key, name).filter(|index| below.contains(index)).collect();
        // RFC 4870 §3.3: a verifier must include all occurrences of a field that is named. Those that are named again
        // leave the lower ones to the later names.
        let end = present.len().saturating_sub(after);
        let start = if before == 0 { 0 } else { end.saturating_sub(1) };
        let taken = if present.len() > after { start..end } else { 0..0 };
        fields.extend_from_slice(present.get(taken).unwrap_or_default());
    }
    fields
}

/// The sending address among the fields that a signature covers.
///
/// A Sender that the signature does not cover was added later, or by anybody; the signature speaks for From then. (RFC
/// 4870 §3.7.3 would have every signature fail below an added Sender.)
fn sending_address(
    headers: &Headers<'_>,
    signed: &[usize],
    from_read: Option<FromRead<'_>>,
) -> Result<SendingAddress, Problem> {
    let covered = |index: &usize| signed.contains(index);
    let mut senders = indexes(headers, SendingField::Sender).filter(covered);
    // RFC 4870 §3.1: a conforming message has a single From.
    let mut froms = from_indexes(headers);
    let (Some(from), None) = (froms.next(), froms.next()) else { return Err(Problem::SendingAddress) };
    let (field, index) = match (senders.next(), senders.next()) {
        (Some(index), None) => (SendingField::Sender, index),
        (Some(_), Some(_)) => return Err(Problem::SendingAddress),
        // RFC 4870 §3.7.3: the list of signed fields must include the one that names the sending address.
        (None, _) if !covered(&from) => return Err(Problem::AddressNotSigned),
        (None, _) => (SendingField::From, from),
    };
    let parsed;
    let (list, flaws) = match (from_read, field) {
        (Some(read), SendingField::From) => read,
        _ => {
            parsed = AddressList::parse(headers.get(index).map(|field| field.value).unwrap_or_default());
            (&parsed.0, &parsed.1[..])
        }
    };
    if flaws.iter().any(|flaw| flaw.kind.breaks_grammar()) {
        return Err(Problem::SendingAddress);
    }
    // RFC 4870 §3.5.1: the first address.
    let mailbox = list.mailboxes().next().ok_or(Problem::SendingAddress)?;
    let domain = mailbox.domain_name().ok_or(Problem::SendingAddress)?.clone();
    Ok(SendingAddress { field, local: mailbox.local.clone(), domain })
}

fn indexes<'a>(headers: &'a Headers<'_>, field: SendingField) -> impl Iterator<Item = usize> + 'a {
    let name = field.as_str().as_bytes();
    headers.indexes_named(NameKey::of(name), name)
}

fn from_indexes<'a>(headers: &'a Headers<'_>) -> impl Iterator<Item = usize> + 'a {
    indexes(headers, SendingField::From)
}

fn conclude(candidate: Candidate, questions: &[Question], answers: &[Answer]) -> Outcome<Verification, Step> {
    let Candidate { field_index, parsed, sending, state } = candidate;
    let mut verification = Verification {
        status: Status::Pass,
        problem: None,
        field_index,
        parsed,
        sending,
        key_bits: None,
        testing: false,
    };
    let mut evidence = Vec::with_capacity(4);
    if let Some(sending) = &verification.sending {
        evidence.push(Step::SendingAddress { field: sending.field, domain: sending.domain.clone() });
    }
    let result = state.and_then(|ready| {
        let (Some(question), Some(answer)) = (questions.get(ready.question), answers.get(ready.question)) else {
            return Err(Problem::NoKeyRecord);
        };
        evidence.push(Step::Asked { question: question.clone(), answer: answer.clone() });
        try_signature(&mut verification, &mut evidence, answer, ready.hasher)
    });
    if let Err(problem) = result {
        evidence.push(Step::Stopped(problem));
        verification.status = problem.status();
        verification.problem = Some(problem);
    }
    Outcome { result: verification, evidence }
}

/// RFC 4870 §3.7.4 and §3.7.5: the key, then the signature.
fn try_signature(
    verification: &mut Verification,
    evidence: &mut Vec<Step>,
    answer: &Answer,
    hasher: MessageHasher,
) -> Result<(), Problem> {
    let (Ok(signature), Some(sending)) = (&verification.parsed.signature, &verification.sending) else {
        return Err(Problem::SendingAddress);
    };
    let records = match answer {
        Answer::Records(records) => records.derived(KeyRecord::parse_all),
        // RFC 4870 §3.7.4: data that does not exist leaves the message unverified; no answer defers.
        Answer::NoData(_) | Answer::NxDomain(_) => return Err(Problem::NoKeyRecord),
        Answer::Failed(failure) => return Err(Problem::Lookup(*failure)),
    };
    let keys = usable_keys(&records, sending)?;
    let digest: Digest = hasher.finish();
    let verified = keys.iter().find(|key| key.public_key.verifies(Algorithm::RsaSha1, &digest, &signature.signature));
    let key = *verified.or(keys.first()).ok_or(Problem::NoKeyRecord)?;
    verification.key_bits = Some(key.public_key.bits());
    verification.testing = key.testing;
    evidence.push(Step::KeyFound { bits: key.public_key.bits() });
    if key.testing {
        evidence.push(Step::Testing);
    }
    if verified.is_none() {
        return Err(Problem::SignatureDiffers);
    }
    evidence.push(Step::SignatureAgrees);
    Ok(())
}

fn usable_keys<'a>(records: &'a KeyRecords, sending: &SendingAddress) -> Result<Vec<&'a KeyRecord>, Problem> {
    let mut problem = None;
    let mut usable = Vec::with_capacity(1);
    for record in records {
        match record.as_ref().map_err(|error| Problem::Key(*error)).and_then(|record| key_fits(record, sending)) {
            Ok(record) => usable.push(record),
            // A text that is no key record at all says less than a key record that does not fit.
            Err(Problem::Key(KeyError::NoKey | KeyError::TagList(_))) if problem.is_some() => {}
            Err(why) => problem = Some(why),
        }
    }
    if usable.is_empty() { Err(problem.unwrap_or(Problem::NoKeyRecord)) } else { Ok(usable) }
}

/// DomainKeys and DKIM keep their keys under the same names; a record that says more, in DKIM's tags, means it.
fn key_fits<'a>(record: &'a KeyRecord, sending: &SendingAddress) -> Result<&'a KeyRecord, Problem> {
    // RFC 4870 §3.7.4: a key that does not suit the algorithm leaves the message unverified.
    if record.kind != KeyKind::Rsa {
        return Err(Problem::KeyKindMismatch(record.kind));
    }
    if !record.allows_hash(HashAlgorithm::Sha1) {
        return Err(Problem::HashNotAllowed);
    }
    if !record.email {
        return Err(Problem::NotForEmail);
    }
    // RFC 4870 §3.2.3: a `g=` that is not empty must be the local part of the sending address; an empty one allows any,
    // unlike in RFC 4871. DKIM's wildcard is understood, since records were shared.
    let restricted = record.granularity.as_ref().is_some_and(|pattern| !pattern.is_empty());
    if restricted && !record.granularity_allows(sending.local.as_bytes()) {
        return Err(Problem::LocalPartNotAllowed);
    }
    Ok(record)
}
