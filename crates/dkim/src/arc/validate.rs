//! Validation (RFC 8617 §5.2): the form first, then the newest message signature, the older ones as far as they hold, and
//! every seal.

use lookup::{Answer, Lookup, Question};
use mailtext::{Headers, Outcome};

use crate::Age;
use crate::arc::chain::{Chain, Set};
use crate::arc::field::{ChainStatus, FieldKind, Seal};
use crate::arc::sets::{FieldSet, Found, collect};
use crate::arc::step::{Problem, Step};
use crate::body::{Bodies, BodyHash};
use crate::canonical::Canonicalization;
use crate::crypto::{Algorithm, Digest, HashAlgorithm, Hasher};
use crate::key::KeyRecord;
use crate::limits::ARC_BODY_HASH_COUNT_MAX;
use crate::signature::Signature;
use crate::step::{Problem as SignatureProblem, Weakness};
use crate::verify::{
    KeyUse, append_unsigned, body_agrees, early_problem, header_digest, key_records, place_of_question, usable_keys,
    weigh,
};

/// What may vary in validation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Whether older message signatures are verified.
    pub oldest_pass: OldestPass,
}

/// Whether it is found out since when nobody changed the message: the optional step 5 of RFC 8617 §5.2. It asks for more
/// keys and costs a signature's verification for each set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum OldestPass {
    /// It is.
    #[default]
    Determined,
    /// It is not.
    Skipped,
}

/// The validation of one message's chain, from its header to its end. A message without ARC fields costs a look for them.
pub struct Validator {
    state: State,
    /// Its own; empty where others are shared.
    bodies: Bodies,
    questions: Vec<Question>,
}

enum State {
    Nothing,
    /// The chain has failed before any key was asked for.
    Broken(Chain, Problem),
    Whole(Vec<Link>),
}

/// One set under validation.
struct Link {
    set: FieldSet,
    /// Where the question for the seal's key is.
    seal_question: usize,
    /// What the message signature needs; a problem where it is not looked at, `None` where nobody wants to know.
    message: Option<Result<Needs, Problem>>,
}

/// Where the question for a key is, and the body hash.
#[derive(Clone, Copy)]
struct Needs {
    question: usize,
    body: usize,
}

impl Validator {
    /// Finds the chain of a message whose header is complete.
    ///
    /// `now_s` is the time of validation, in seconds since 1970.
    #[must_use]
    pub fn new(headers: &Headers<'_>, options: Options, now_s: u64) -> Self {
        let mut bodies = Bodies::new();
        let validator = Self::with_bodies(headers, options, now_s, &mut bodies);
        Self { bodies, ..validator }
    }

    /// The same with body hashes that are shared with others: the body goes to `bodies`, and what comes of it to
    /// [`Validator::finish_with`].
    #[must_use]
    pub fn with_bodies(headers: &Headers<'_>, options: Options, now_s: u64, bodies: &mut Bodies) -> Self {
        let mut validator = Self { state: State::Nothing, bodies: Bodies::new(), questions: Vec::new() };
        validator.state = match collect(headers) {
            Found::Nothing => State::Nothing,
            Found::Broken { instance, problem } => State::Broken(Chain { instance, ..Chain::none() }, problem),
            Found::Whole(sets) => validator.prepare(sets, options, now_s, bodies),
        };
        validator
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

    /// The chain. `headers` are those given to [`Validator::new`]; `answers` are to [`Validator::questions`], in their
    /// order.
    #[must_use]
    pub fn finish(mut self, headers: &Headers<'_>, answers: &[Answer], now_s: u64) -> Outcome<Chain, Step> {
        let bodies = std::mem::take(&mut self.bodies).finish();
        self.finish_with(headers, answers, &bodies, now_s)
    }

    /// The same for [`Validator::with_bodies`]: `bodies` is what [`Bodies::finish`] gave.
    #[must_use]
    pub fn finish_with(
        self,
        headers: &Headers<'_>,
        answers: &[Answer],
        bodies: &[BodyHash],
        now_s: u64,
    ) -> Outcome<Chain, Step> {
        match self.state {
            State::Nothing => Outcome { result: Chain::none(), evidence: Vec::new() },
            State::Broken(chain, problem) => failed(chain, problem, Vec::new()),
            State::Whole(links) => {
                let mut evidence = Vec::with_capacity(2 + answers.len() + 2 * links.len());
                evidence.push(Step::SetsFound(u32::try_from(links.len()).unwrap_or(u32::MAX)));
                evidence.extend(
                    self.questions
                        .iter()
                        .zip(answers)
                        .map(|(question, answer)| Step::Asked { question: question.clone(), answer: answer.clone() }),
                );
                Trial { headers, answers, bodies, now_s, evidence }.run(links)
            }
        }
    }

    /// What each set needs; a chain that cannot hold needs nothing.
    fn prepare(&mut self, sets: Vec<FieldSet>, options: Options, now_s: u64, bodies: &mut Bodies) -> State {
        let early = early_chain_problem(&sets, now_s);
        if let Some(problem) = early {
            return State::Broken(chain_of(sets), problem);
        }
        let newest = sets.len();
        let mut links: Vec<Link> = sets
            .into_iter()
            .map(|set| Link {
                seal_question: place_of_question(&mut self.questions, &set.seal.key_name),
                message: None,
                set,
            })
            .collect();
        let mut room = ARC_BODY_HASH_COUNT_MAX;
        for (at, link) in links.iter_mut().enumerate().rev() {
            if at + 1 < newest && options.oldest_pass == OldestPass::Skipped {
                break;
            }
            let needs = self.needs(&link.set, now_s, bodies, &mut room);
            let goes_on = needs.is_ok();
            link.message = Some(needs);
            if !goes_on {
                break;
            }
        }
        State::Whole(links)
    }

    fn needs(&mut self, set: &FieldSet, now_s: u64, bodies: &mut Bodies, room: &mut usize) -> Result<Needs, Problem> {
        let signature = sound_message_signature(set, now_s)?;
        let kind = signature.body_hash_kind();
        let body = match bodies.place(kind) {
            Some(place) => place,
            // Each `l=` makes another hash of the whole body; a chain could ask for fifty.
            None if *room == 0 => return Err(Problem::TooManyBodyHashes(set.instance)),
            None => {
                *room -= 1;
                bodies.register(kind)
            }
        };
        Ok(Needs { question: place_of_question(&mut self.questions, &signature.key_name), body })
    }
}

/// Validates the chain of a whole message that is in memory: `message` in wire form.
pub async fn validate<L: Lookup + Sync>(
    lookup: &L,
    message: &[u8],
    options: Options,
    now_s: u64,
) -> Outcome<Chain, Step> {
    let headers = Headers::parse(message);
    let mut validator = Validator::new(&headers, options, now_s);
    let answers = lookup::ask_all(lookup, validator.questions()).await;
    validator.body(message.get(headers.body_start()..).unwrap_or_default());
    validator.finish(&headers, &answers, now_s)
}

/// What makes a chain of good form fail before any key is asked for.
fn early_chain_problem(sets: &[FieldSet], now_s: u64) -> Option<Problem> {
    let newest = sets.last().and_then(|set| sound_message_signature(set, now_s).err());
    newest.or_else(|| {
        // RFC 8301 §3.1: rsa-sha1 must not be used for verifying.
        let forbidden = sets.iter().rev().find(|set| set.seal.algorithm == Algorithm::RsaSha1)?;
        let problem = SignatureProblem::AlgorithmForbidden(forbidden.seal.algorithm);
        Some(Problem::Seal { instance: forbidden.instance, problem })
    })
}

/// The set's message signature, when nothing stands in the way of its verification.
fn sound_message_signature(set: &FieldSet, now_s: u64) -> Result<&Signature, Problem> {
    let of = |problem| Problem::MessageSignature { instance: set.instance, problem };
    let signature = set.signature.as_ref().map_err(|error| of(SignatureProblem::Signature(*error)))?;
    // RFC 8617 §4.1.2: ARC fields must not be signed by it. Most sealers sign the results all the same, which does no
    // harm; a seal that is signed by what it seals does.
    if signature.header_fields.count(FieldKind::Seal.key()) > 0 {
        return Err(Problem::SealIsSigned(set.instance));
    }
    early_problem(signature, Age::Current, now_s).map_or(Ok(signature), |problem| Err(of(problem)))
}

/// A chain of these sets of which nothing is known yet.
fn chain_of(sets: Vec<FieldSet>) -> Chain {
    let sets: Vec<Set> = sets
        .into_iter()
        .map(|set| Set {
            instance: set.instance,
            sealer: set.seal.domain,
            selector: set.seal.selector,
            sealed_at_s: set.seal.timestamp_s,
            signer: set.signature.ok().map(|signature| signature.domain),
            results: set.results,
        })
        .collect();
    Chain { instance: sets.last().map_or(0, |set| set.instance), sets, ..Chain::none() }
}

fn failed(mut chain: Chain, problem: Problem, mut evidence: Vec<Step>) -> Outcome<Chain, Step> {
    (chain.result, chain.problem) = (ChainStatus::Fail, Some(problem));
    evidence.push(Step::Stopped(problem));
    Outcome { result: chain, evidence }
}

/// What all signatures of a chain share at the message's end.
struct Trial<'a> {
    headers: &'a Headers<'a>,
    answers: &'a [Answer],
    bodies: &'a [BodyHash],
    now_s: u64,
    evidence: Vec<Step>,
}

impl Trial<'_> {
    fn run(mut self, links: Vec<Link>) -> Outcome<Chain, Step> {
        let mut weaknesses = Vec::new();
        let tried = self.newest(&links, &mut weaknesses).and_then(|()| {
            let oldest_pass = self.oldest_pass(&links);
            self.seals(&links).map(|()| oldest_pass)
        });
        let mut chain = chain_of(links.into_iter().map(|link| link.set).collect());
        match tried {
            // RFC 8617 §5.2: any error makes the chain fail.
            Err(problem) => failed(chain, problem, self.evidence),
            Ok(oldest_pass) => {
                chain.result = ChainStatus::Pass;
                chain.sealers = chain.sets.iter().map(|set| set.sealer.clone()).collect();
                (chain.oldest_pass, chain.weaknesses) = (oldest_pass, weaknesses);
                Outcome { result: chain, evidence: self.evidence }
            }
        }
    }

    /// RFC 8617 §5.2, step 4: the newest message signature must hold.
    fn newest(&mut self, links: &[Link], weaknesses: &mut Vec<Weakness>) -> Result<(), Problem> {
        let Some(link) = links.last() else { return Ok(()) };
        self.message_signature(link, Some(weaknesses))
    }

    /// RFC 8617 §5.2, step 5: the lowest instance down to which all message signatures hold, 0 when that is all.
    fn oldest_pass(&mut self, links: &[Link]) -> Option<u32> {
        for link in links.iter().rev().skip(1) {
            // Nobody wants to know.
            link.message.as_ref()?;
            if let Err(problem) = self.message_signature(link, None) {
                self.evidence.push(Step::OlderDiffers(problem));
                return Some(link.set.instance + 1);
            }
        }
        Some(0)
    }

    fn message_signature(&mut self, link: &Link, weaknesses: Option<&mut Vec<Weakness>>) -> Result<(), Problem> {
        let instance = link.set.instance;
        let of = |problem| Problem::of(FieldKind::MessageSignature, instance, problem);
        let signature = link.set.signature.as_ref().map_err(|error| of(SignatureProblem::Signature(*error)))?;
        let Some(needs) = link.message else { return Err(Problem::TooManyBodyHashes(instance)) };
        let needs = needs?;
        let body = self.bodies.get(needs.body).ok_or_else(|| of(SignatureProblem::BodyHashDiffers))?;
        body_agrees(signature, body).map_err(of)?;
        let headers = self.headers;
        let [_, own_place, _] = link.set.places;
        let digest = || header_digest(headers, signature, own_place);
        let weigh = |key: &KeyRecord| {
            if let Some(weaknesses) = weaknesses {
                weigh(headers, signature, key, body, self.now_s, weaknesses);
            }
        };
        verify(self.answers.get(needs.question), signature.key_use(), digest, &signature.signature, weigh)
            .map_err(of)?;
        let domain = signature.domain.clone();
        self.evidence.push(Step::MessageSignatureAgrees { instance, domain });
        Ok(())
    }

    /// RFC 8617 §5.2, step 6: every seal, from the newest to the first.
    fn seals(&mut self, links: &[Link]) -> Result<(), Problem> {
        let digests = seal_digests(self.headers, links);
        for (link, digest) in links.iter().zip(digests).rev() {
            let (instance, seal) = (link.set.instance, &link.set.seal);
            let wanted = KeyUse { algorithm: seal.algorithm, domain: &seal.domain, identity: None };
            verify(self.answers.get(link.seal_question), wanted, || digest, &seal.signature, |_| {})
                .map_err(|problem| Problem::of(FieldKind::Seal, instance, problem))?;
            self.evidence.push(Step::SealAgrees { instance, domain: seal.domain.clone() });
        }
        Ok(())
    }
}

/// Verifies one signature with whichever of the keys fits.
fn verify(
    answer: Option<&Answer>,
    wanted: KeyUse<'_>,
    digest: impl FnOnce() -> Digest,
    signature: &[u8],
    weigh: impl FnOnce(&KeyRecord),
) -> Result<(), SignatureProblem> {
    let records = key_records(answer.ok_or(SignatureProblem::NoKeyRecord)?)?;
    let keys = usable_keys(&records, wanted, Age::Current)?;
    let digest = digest();
    let verified = keys.iter().find(|key| key.public_key.verifies(wanted.algorithm, &digest, signature));
    verified.map(|key| weigh(key)).ok_or(SignatureProblem::SignatureDiffers)
}

/// The hash that each seal signs, the first one's first. RFC 8617 §5.1.1: all sets up to its own, each as results, message
/// signature and seal; its own seal without the value of `b=`. What is common to all is hashed once.
fn seal_digests(headers: &Headers<'_>, links: &[Link]) -> Vec<Digest> {
    // Every algorithm that is allowed hashes so.
    let mut common = Hasher::new(HashAlgorithm::Sha256);
    let mut digests = Vec::with_capacity(links.len());
    for link in links {
        let [results, signature, seal] = link.set.places;
        let mut data = Vec::with_capacity(2048);
        append_field(headers, results, &mut data);
        append_field(headers, signature, &mut data);
        common.update(&data);
        let mut own = common.clone();
        own.update(&unsealed(headers, seal, &link.set.seal));
        digests.push(own.finish());
        data.clear();
        append_field(headers, seal, &mut data);
        common.update(&data);
    }
    digests
}

/// RFC 8617 §4.1.3: only relaxed canonicalisation is used.
pub(crate) fn append_field(headers: &Headers<'_>, place: usize, data: &mut Vec<u8>) {
    if let Some(field) = headers.get(place) {
        Canonicalization::Relaxed.header(field.raw, field.name, field.value, data);
        data.extend_from_slice(b"\r\n");
    }
}

fn unsealed(headers: &Headers<'_>, place: usize, seal: &Seal) -> Vec<u8> {
    let mut data = Vec::with_capacity(512);
    if let Some(field) = headers.get(place) {
        append_unsigned(Canonicalization::Relaxed, field, seal.signature_span, &mut data);
    }
    data
}
