//! Verification (RFC 6376 §6): every signature on its own, with one body hash for each kind that they ask for.

use std::sync::Arc;

use lookup::{Answer, Lookup, Question};
use mailtext::{Domain, Headers, NameKey, Outcome, Span};

use crate::body::{Bodies, BodyHash};
use crate::canonical::Canonicalization;
use crate::crypto::{Algorithm, Digest};
use crate::key::{KeyError, KeyRecord, KeyRecords};
use crate::limits::{RSA_BITS_MIN, RSA_BITS_RECOMMENDED, SIGNATURE_COUNT_MAX};
use crate::signature::{Identity, Parsed, Signature};
use crate::step::{Problem, Status, Step, Weakness};

/// What may vary in verification.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Most signatures that are verified.
    pub signature_count_max: usize,
    /// Which age of the standard rules.
    pub age: Age,
}

/// Which age of the standard rules over algorithms and keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Age {
    /// RFC 8301: no rsa-sha1, no key below 1024 bits.
    #[default]
    Current,
    /// Before it, for old mail and studies: SHA-1, keys from 512 bits, `g=`.
    Legacy,
}

/// The verification of one message, from its header to its end.
pub struct Verifier {
    candidates: Vec<Candidate>,
    /// Its own; empty where others are shared.
    bodies: Bodies,
    questions: Vec<Question>,
    options: Options,
}

/// What is known of one signature, pass or not.
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
    /// The key's length, in bits, when a key was found.
    pub key_bits: Option<u32>,
    /// What weakens a pass.
    pub weaknesses: Vec<Weakness>,
}

struct Candidate {
    field_index: usize,
    parsed: Parsed,
    problem: Option<Problem>,
    body: usize,
    question: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { signature_count_max: SIGNATURE_COUNT_MAX, age: Age::Current }
    }
}

impl Verifier {
    /// Finds the signatures of a message whose header is complete.
    ///
    /// `now_s` is the time of verification, in seconds since 1970.
    #[must_use]
    pub fn new(headers: &Headers<'_>, options: Options, now_s: u64) -> Self {
        let mut bodies = Bodies::new();
        let verifier = Self::with_bodies(headers, options, now_s, &mut bodies);
        Self { bodies, ..verifier }
    }

    /// The same with body hashes that are shared with others: the body goes to `bodies`, and what comes of it to
    /// [`Verifier::finish_with`].
    #[must_use]
    pub fn with_bodies(headers: &Headers<'_>, options: Options, now_s: u64, bodies: &mut Bodies) -> Self {
        // Most messages have one, and it is large.
        let candidates = Vec::with_capacity(1);
        let mut verifier = Self { candidates, bodies: Bodies::new(), questions: Vec::with_capacity(1), options };
        let name = b"DKIM-Signature";
        for field_index in headers.indexes_named(NameKey::of(name), name) {
            let Some(field) = headers.get(field_index) else { continue };
            let parsed = Parsed::parse(field.value, options.age);
            // RFC 6376 §6.1: a verifier may limit the number of signatures that it tries.
            let problem = if verifier.candidates.len() >= options.signature_count_max {
                Some(Problem::TooManySignatures)
            } else {
                match &parsed.signature {
                    Ok(signature) => early_problem(signature, options.age, now_s),
                    Err(error) => Some(Problem::Signature(*error)),
                }
            };
            let mut candidate = Candidate { field_index, parsed, problem, body: 0, question: 0 };
            if let (None, Ok(signature)) = (&candidate.problem, &candidate.parsed.signature) {
                candidate.body = bodies.register(signature.body_hash_kind());
                candidate.question = place_of_question(&mut verifier.questions, &signature.key_name);
            }
            verifier.candidates.push(candidate);
            // Those that are counted only need no memory without end.
            if verifier.candidates.len() > options.signature_count_max + SIGNATURE_COUNT_MAX {
                break;
            }
        }
        verifier
    }

    /// Whether a signature bears `atps=` (RFC 6541 §4.2).
    #[must_use]
    pub fn names_third_party(&self) -> bool {
        self.candidates.iter().any(|candidate| candidate.parsed.extensions.third_party.is_some())
    }

    /// The keys to ask for: each once.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Takes the next bytes of the body, in wire form (CRLF, dots undone).
    pub fn body(&mut self, chunk: &[u8]) {
        self.bodies.update(chunk);
    }

    /// The outcome of each signature, in the fields' order. `headers` are those given to [`Verifier::new`]; `answers`
    /// are to [`Verifier::questions`], in their order.
    #[must_use]
    pub fn finish(mut self, headers: &Headers<'_>, answers: &[Answer], now_s: u64) -> Vec<Outcome<Verification, Step>> {
        let bodies = std::mem::take(&mut self.bodies).finish();
        self.finish_with(headers, answers, &bodies, now_s)
    }

    /// The same for [`Verifier::with_bodies`]: `bodies` is what [`Bodies::finish`] gave.
    #[must_use]
    pub fn finish_with(
        self,
        headers: &Headers<'_>,
        answers: &[Answer],
        bodies: &[BodyHash],
        now_s: u64,
    ) -> Vec<Outcome<Verification, Step>> {
        let Self { candidates, questions, options, .. } = self;
        let world = World { headers, bodies, questions: &questions, answers, options, now_s };
        candidates.into_iter().map(|candidate| world.conclude(candidate)).collect()
    }
}

/// Verifies a whole message that is in memory: `message` in wire form.
pub async fn verify<L: Lookup + Sync>(
    lookup: &L,
    message: &[u8],
    options: Options,
    now_s: u64,
) -> Vec<Outcome<Verification, Step>> {
    let headers = Headers::parse(message);
    let mut verifier = Verifier::new(&headers, options, now_s);
    let answers = lookup::ask_all(lookup, verifier.questions()).await;
    verifier.body(&message[headers.body_start()..]);
    verifier.finish(&headers, &answers, now_s)
}

/// The place of the question for the key at `name`; each is asked once.
pub(crate) fn place_of_question(questions: &mut Vec<Question>, name: &Domain) -> usize {
    questions.iter().position(|question| question.name == *name).unwrap_or_else(|| {
        questions.push(Question::txt(name.clone()));
        questions.len() - 1
    })
}

/// What stands in the way before any key is asked for.
pub(crate) fn early_problem(signature: &Signature, age: Age, now_s: u64) -> Option<Problem> {
    // RFC 8301 §3.1: rsa-sha1 must not be used for verifying.
    if age == Age::Current && signature.algorithm == Algorithm::RsaSha1 {
        return Some(Problem::AlgorithmForbidden(signature.algorithm));
    }
    // RFC 6376 §3.5: a signature past its expiration is no longer valid.
    signature.expiration_s.filter(|expiration| *expiration < now_s).map(Problem::Expired)
}

/// What all signatures of a message share at its end.
struct World<'a> {
    headers: &'a Headers<'a>,
    bodies: &'a [BodyHash],
    questions: &'a [Question],
    answers: &'a [Answer],
    options: Options,
    now_s: u64,
}

impl World<'_> {
    fn conclude(&self, candidate: Candidate) -> Outcome<Verification, Step> {
        let mut evidence = Vec::with_capacity(4);
        let mut weaknesses = Vec::new();
        let mut key_bits = None;
        let problem = candidate.problem.or_else(|| {
            let signature = candidate.parsed.signature.as_ref().ok()?;
            let mut trial = Trial { signature, evidence: &mut evidence, weaknesses: &mut weaknesses, key_bits: None };
            let result = self.try_signature(&candidate, &mut trial);
            key_bits = trial.key_bits;
            result.err()
        });
        evidence.extend(problem.map(Step::Stopped));
        let status = problem.map_or(Status::Pass, |problem| problem.status());
        let Candidate { field_index, parsed, .. } = candidate;
        Outcome { result: Verification { status, problem, field_index, parsed, key_bits, weaknesses }, evidence }
    }

    /// RFC 6376 §6.1.2 and §6.1.3, the cheap parts first: the key's record, the body hash, then the public-key operation.
    fn try_signature(&self, candidate: &Candidate, trial: &mut Trial<'_>) -> Result<(), Problem> {
        let signature = trial.signature;
        let (Some(question), Some(answer)) =
            (self.questions.get(candidate.question), self.answers.get(candidate.question))
        else {
            return Err(Problem::NoKeyRecord);
        };
        trial.evidence.push(Step::Asked { question: question.clone(), answer: answer.clone() });
        let records = key_records(answer)?;
        let Some(body) = self.bodies.get(candidate.body) else { return Err(Problem::BodyHashDiffers) };
        let keys = usable_keys(&records, signature.key_use(), self.options.age)?;
        body_agrees(signature, body)?;
        trial.evidence.push(Step::BodyHashAgrees);
        let digest = header_digest(self.headers, signature, candidate.field_index);
        // RFC 6376 §3.6.2.2 leaves several records at one name undefined: any that verifies will do.
        let verified =
            keys.iter().find(|key| key.public_key.verifies(signature.algorithm, &digest, &signature.signature));
        let key = *verified.or(keys.first()).ok_or(Problem::NoKeyRecord)?;
        trial.key_bits = Some(key.public_key.bits());
        trial.evidence.push(Step::KeyFound { kind: key.kind, bits: key.public_key.bits() });
        if verified.is_none() {
            return Err(Problem::SignatureDiffers);
        }
        trial.evidence.push(Step::SignatureAgrees);
        weigh(self.headers, signature, key, body, self.now_s, trial.weaknesses);
        Ok(())
    }
}

/// RFC 6376 §3.7: the hash of the signed fields and of the signature field itself with an empty `b=`.
pub(crate) fn header_digest(headers: &Headers<'_>, signature: &Signature, own_index: usize) -> Digest {
    let canonicalization = signature.header_canonicalization;
    let mut data = Vec::with_capacity(4096);
    // Of each name the instance that was taken last; 0 behind the topmost.
    let mut taken: Vec<(NameKey, usize)> = Vec::with_capacity(16);
    for (key, name) in signature.header_fields.iter() {
        // RFC 6376 §5.4.2: instances are taken from the bottom up; a name beyond the last one adds nothing, so
        // that no further field of that name can be added later.
        let before = taken.iter().rev().find(|(other, _)| *other == key).map_or(headers.len(), |(_, index)| *index);
        let above = |index: usize| headers.last_named(key, name, index);
        let instance = above(before).and_then(|index| if index == own_index { above(index) } else { Some(index) });
        taken.push((key, instance.unwrap_or(0)));
        if let Some(field) = instance.and_then(|index| headers.get(index)) {
            canonicalization.header(field.raw, field.name, field.value, &mut data);
            data.extend_from_slice(b"\r\n");
        }
    }
    if let Some(field) = headers.get(own_index) {
        append_unsigned(canonicalization, field, signature.signature_span, &mut data);
    }
    signature.algorithm.hash().digest(&data)
}

/// What a pass is worth: facts for policy.
pub(crate) fn weigh(
    headers: &Headers<'_>,
    signature: &Signature,
    key: &KeyRecord,
    body: &BodyHash,
    now_s: u64,
    weaknesses: &mut Vec<Weakness>,
) {
    if let Some(signed) = signature.body_length.filter(|signed| *signed < body.canonical_bytes) {
        weaknesses.push(Weakness::BodyLength { signed, total: body.canonical_bytes });
    }
    let counts = headers.counts(&FIELDS_TO_COVER).into_iter().zip(signature.header_fields.counts(&FIELDS_TO_COVER));
    for ((_, field), (present, signed)) in FIELDS_TO_COVER.into_iter().zip(counts) {
        if present > 0 && signed == 0 {
            weaknesses.push(Weakness::NotCovered { field });
        } else if present > signed {
            weaknesses.push(Weakness::MoreInstances { field, present, signed });
        }
    }
    let bits = key.public_key.bits();
    if signature.algorithm != Algorithm::Ed25519Sha256 && bits < RSA_BITS_RECOMMENDED {
        weaknesses.push(Weakness::ShortKey(bits));
    }
    if signature.algorithm == Algorithm::RsaSha1 {
        weaknesses.push(Weakness::Sha1);
    }
    if key.testing {
        weaknesses.push(Weakness::Testing);
    }
    if let Some(ahead) = signature.timestamp_s.and_then(|time| time.checked_sub(now_s)).filter(|by| *by > 300) {
        weaknesses.push(Weakness::SignedInFuture(ahead));
    }
}

/// One signature under trial, and what comes of it.
struct Trial<'a> {
    signature: &'a Signature,
    evidence: &'a mut Vec<Step>,
    weaknesses: &'a mut Vec<Weakness>,
    key_bits: Option<u32>,
}

/// What a signature needs a key for.
#[derive(Clone, Copy)]
pub(crate) struct KeyUse<'a> {
    pub(crate) algorithm: Algorithm,
    pub(crate) domain: &'a Domain,
    pub(crate) identity: Option<&'a Identity>,
}

impl Signature {
    pub(crate) fn key_use(&self) -> KeyUse<'_> {
        KeyUse { algorithm: self.algorithm, domain: &self.domain, identity: self.identity.as_ref() }
    }
}

/// The key records that DNS has given.
pub(crate) fn key_records(answer: &Answer) -> Result<Arc<KeyRecords>, Problem> {
    match answer {
        Answer::Records(records) => Ok(records.derived(KeyRecord::parse_all)),
        // RFC 6376 §6.1.2: no key is permanent, no answer is temporary.
        Answer::NoData(_) | Answer::NxDomain(_) => Err(Problem::NoKeyRecord),
        Answer::Failed(failure) => Err(Problem::Lookup(*failure)),
    }
}

/// The keys among the records that may have made the signature.
pub(crate) fn usable_keys<'a>(
    records: &'a KeyRecords,
    wanted: KeyUse<'_>,
    age: Age,
) -> Result<Vec<&'a KeyRecord>, Problem> {
    let mut problem = None;
    let mut usable = Vec::with_capacity(1);
    for record in records {
        let fits = match record {
            Ok(record) => key_fits(record, wanted, age).map(|()| record),
            Err(error) => Err(Problem::Key(*error)),
        };
        match fits {
            Ok(record) => usable.push(record),
            // A text that is no key record at all says less than a key record that does not fit.
            Err(Problem::Key(KeyError::NoKey | KeyError::TagList(_))) if problem.is_some() => {}
            Err(why) => problem = Some(why),
        }
    }
    if usable.is_empty() { Err(problem.unwrap_or(Problem::NoKeyRecord)) } else { Ok(usable) }
}

/// RFC 6376 §6.1.2, the checks that the record asks for.
fn key_fits(record: &KeyRecord, wanted: KeyUse<'_>, age: Age) -> Result<(), Problem> {
    if record.kind != wanted.algorithm.key_kind() {
        return Err(Problem::KeyKindMismatch(record.kind));
    }
    if !record.allows_hash(wanted.algorithm.hash()) {
        return Err(Problem::HashNotAllowed(wanted.algorithm.hash()));
    }
    if !record.email {
        return Err(Problem::NotForEmail);
    }
    if record.strict && wanted.identity.is_some_and(|identity| identity.domain != *wanted.domain) {
        return Err(Problem::SubdomainNotAllowed);
    }
    let bits = record.public_key.bits();
    // RFC 8301 §3.2: keys below 1024 bits must not be accepted.
    if age == Age::Current && record.kind == crate::crypto::KeyKind::Rsa && bits < RSA_BITS_MIN {
        return Err(Problem::KeyShort(bits));
    }
    let local = wanted.identity.map_or("", |identity| &identity.local);
    if age == Age::Legacy && !record.granularity_allows(local.as_bytes()) {
        return Err(Problem::LocalPartNotAllowed);
    }
    Ok(())
}

pub(crate) fn body_agrees(signature: &Signature, body: &BodyHash) -> Result<(), Problem> {
    // RFC 6376 §3.5: `l=` must not be larger than the canonical body.
    if let Some(signed) = signature.body_length.filter(|signed| *signed > body.canonical_bytes) {
        return Err(Problem::BodyShorterThanSigned(signed, body.canonical_bytes));
    }
    if body.digest.as_ref() == signature.body_hash { Ok(()) } else { Err(Problem::BodyHashDiffers) }
}

/// RFC 6376 §3.7: the signature field goes last, its `b=` without value and its end without CRLF.
pub(crate) fn append_unsigned(
    canonicalization: Canonicalization,
    field: mailtext::Field<'_>,
    signature_span: Span,
    data: &mut Vec<u8>,
) {
    let blank = |byte: u8| mailtext::taglist::is_space(byte);
    let value = field.value;
    let (mut start, mut end) = (signature_span.start as usize, signature_span.end as usize);
    // All white space around the value belongs to it.
    while start > 0 && blank(value[start - 1]) {
        start -= 1;
    }
    while value.get(end).copied().is_some_and(blank) {
        end += 1;
    }
    let unsigned = [&value[..start], &value[end..]].concat();
    let mut raw = Vec::new();
    if canonicalization == Canonicalization::Simple {
        raw.extend_from_slice(&field.raw[..field.raw.len() - value.len()]);
        raw.extend_from_slice(&unsigned);
    }
    canonicalization.header(&raw, field.name, &unsigned, data);
}

/// Fields that recipients see or that steer how the rest is shown (RFC 6376 §5.4.1; guideline 2-7): one of them
/// unsigned, or more often there than signed, is a fact.
const FIELDS_TO_COVER: [(NameKey, &str); 8] = [
    with_key("from"),
    with_key("to"),
    with_key("cc"),
    with_key("subject"),
    with_key("date"),
    with_key("reply-to"),
    with_key("content-type"),
    with_key("content-transfer-encoding"),
];

const fn with_key(name: &str) -> (NameKey, &str) {
    (NameKey::of(name.as_bytes()), name)
}
