//! Authorized Third-Party Signatures (RFC 6541): an **experiment**, little used.
//!
//! A signer says in its signature, `atps=`, on whose behalf it signs; that domain confirms it in DNS, under a name made
//! of the signer's. The questions are known when the header ends, before any signature is verified, so that they are
//! asked with all others; the conclusion needs the signatures' results. A pass does not authenticate for DMARC, which
//! knows no such thing.
//!
//! The name holds a hash in base32. RFC 6541 has no padding in it; OpenDKIM's verifier asks with padding, and its zone
//! tool `opendkim-atpszone` writes a SHA-256 cut at 32 characters. All three are asked for at once; the cut name counts
//! only with a `d=` that names the signer.

use data_encoding::BASE32_NOPAD;
use lookup::{Answer, Data, Failure, Lookup, Question};
use mailtext::{AddressList, Domain, Explain, Headers, NameKey, Outcome, Rule, TagList, Value};

use crate::crypto::HashAlgorithm;
use crate::limits::{ATPS_RECORD_COUNT_MAX, AUTHOR_DOMAIN_COUNT_MAX, PRACTICE_RECORD_BYTES_MAX, SIGNATURE_COUNT_MAX};
use crate::signature::{NameHash, Parsed, ThirdParty};
use crate::step::{Status as DkimStatus, Step as DkimStep};
use crate::verify::{Options, Verification};

/// The result for one signature that bears `atps=`, in the words of RFC 6541 §8.3.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// The signature is not valid, so its `atps=` says nothing.
    None,
    /// The author domain confirms the signer.
    Pass,
    /// It does not, or it is not the author's domain.
    Fail,
    /// DNS failed for now.
    TempError,
    /// The question cannot be asked.
    PermError,
}

/// Why there is no pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Problem {
    /// The signature itself did not pass.
    SignatureNotValid,
    /// `atps=` is not a domain.
    AuthorSyntax,
    /// `atps=` is not a domain of From.
    OtherAuthor,
    /// `atpsh=` is missing.
    HashMissing,
    /// `atpsh=` names a hash that nobody knows.
    HashUnknown,
    /// The name to ask would be too long.
    NameTooLong,
    /// The domain does not confirm it.
    NotConfirmed,
    /// DNS failed.
    Lookup(Failure),
}

/// The form in which the signer's domain stands in the name that is asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Form {
    /// As RFC 6541 §4.3 says.
    Standard,
    /// With the padding of base32, as OpenDKIM's verifier asks.
    Padded,
    /// Cut at 32 characters, as OpenDKIM's zone tool writes.
    Cut,
}

/// The evaluation of one message.
#[derive(Default)]
pub struct Atps {
    candidates: Vec<Candidate>,
    questions: Vec<Question>,
}

struct Candidate {
    field_index: usize,
    signer: Option<Domain>,
    author: Option<Domain>,
    /// The questions with their forms, or why there are none.
    asked: Result<Vec<(Form, usize)>, Problem>,
}

/// What is known of one signature that bears `atps=`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delegation {
    /// The result.
    pub status: Status,
    /// Why it is not pass.
    pub problem: Option<Problem>,
    /// The signature's field, from the top from 0.
    pub field_index: usize,
    /// `d=`, where it is a domain.
    pub signer: Option<Domain>,
    /// `atps=`, where it is a domain: the author domain that a pass stands for.
    pub author: Option<Domain>,
}

/// One step of evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// The author domain was asked.
    Asked {
        /// What was asked.
        question: Question,
        /// What came.
        answer: Answer,
    },
    /// The author domain confirms the signer.
    Confirmed {
        /// The signer's domain.
        signer: Domain,
        /// The author domain.
        author: Domain,
        /// The name that had the record.
        form: Form,
    },
    /// The evaluation ended here.
    Stopped(Problem),
}

/// A record at an ATPS name: `v=ATPS1`, and `d=` where it is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    /// `d=`: the domain that is authorised, in plain text; `Err` when it is not a domain.
    pub domain: Option<Result<Domain, mailtext::DomainError>>,
}

/// The replies at a name.
struct Replies(Vec<Reply>);

impl Status {
    /// The word of RFC 6541 §8.3.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }

    /// The result of a whole message, for Authentication-Results.
    #[must_use]
    pub fn of_message(outcomes: &[Outcome<Delegation, Step>]) -> Self {
        // RFC 6541 §4.4: one confirmation is enough; after an error it is no longer possible to determine the rest.
        [Self::Pass, Self::TempError, Self::Fail, Self::PermError]
            .into_iter()
            .find(|status| outcomes.iter().any(|outcome| outcome.result.status == *status))
            .unwrap_or(Self::None)
    }
}

impl Problem {
    /// The result that this problem leads to.
    #[must_use]
    pub fn status(&self) -> Status {
        match self {
            Self::SignatureNotValid => Status::None,
            // RFC 6541 §8.3: fail also when `atps=` is of no domain in From.
            Self::OtherAuthor | Self::NotConfirmed => Status::Fail,
            Self::Lookup(_) => Status::TempError,
            Self::AuthorSyntax | Self::HashMissing | Self::HashUnknown | Self::NameTooLong => Status::PermError,
        }
    }
}

impl Form {
    /// A word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Padded => "padded",
            Self::Cut => "cut",
        }
    }
}

impl Reply {
    /// Reads the text of a TXT record; `None` when it is not a valid ATPS reply.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        if text.len() > PRACTICE_RECORD_BYTES_MAX {
            return None;
        }
        let (tags, flaws) = TagList::parse(text);
        // RFC 6541 §4.4: tag=value pairs as in DKIM; the record must be ignored if `v=` is not ATPS1.
        if !flaws.is_empty() || tags.value("v") != Some(b"ATPS1") {
            return None;
        }
        let domain = |tag: &mailtext::Tag<'_>| Domain::parse(tag.text().unwrap_or_default());
        Some(Self { domain: tags.get("d").map(domain) })
    }

    fn confirms(&self, signer: &Domain, form: Form) -> bool {
        match &self.domain {
            // RFC 6541 §4.4: a `d=` of somebody else hints at a collision of hashes.
            Some(domain) => domain.as_ref() == Ok(signer),
            None => form != Form::Cut,
        }
    }
}

impl Atps {
    /// Finds the signatures with `atps=` and what to ask. `options` are those of the DKIM verifier.
    #[must_use]
    pub fn new(headers: &Headers<'_>, options: Options) -> Self {
        let name = b"DKIM-Signature";
        let mut atps = Self::default();
        let mut authors = None;
        let count = options.signature_count_max.min(SIGNATURE_COUNT_MAX);
        for field_index in headers.indexes_named(NameKey::of(name), name).take(count) {
            let value = headers.get(field_index).map(|field| field.value).unwrap_or_default();
            // A message without the tag costs no more than this.
            if memchr::memmem::find(value, b"atps").is_none() {
                continue;
            }
            let parsed = Parsed::parse(value, options.age);
            if let Some(third_party) = &parsed.extensions.third_party {
                let authors = authors.get_or_insert_with(|| author_domains(headers));
                atps.add(field_index, parsed.domain.as_ref(), third_party, authors);
            }
        }
        atps
    }

    /// What to ask: each name once.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The outcome of each signature with `atps=`, in the fields' order. `verifications` are the DKIM verifier's;
    /// `answers` are to [`Self::questions`], in their order.
    #[must_use]
    pub fn conclude(
        self,
        answers: &[Answer],
        verifications: &[Outcome<Verification, DkimStep>],
    ) -> Vec<Outcome<Delegation, Step>> {
        let Self { candidates, questions } = self;
        let conclude = |candidate: Candidate| {
            let mut evidence = Vec::with_capacity(2);
            let outcome = verifications.iter().find(|outcome| outcome.result.field_index == candidate.field_index);
            let valid = outcome.is_some_and(|outcome| outcome.result.status == DkimStatus::Pass);
            // RFC 6541 §4.3: only a signature that is successfully verified.
            let result = if valid {
                candidate.confirmed(&questions, answers, &mut evidence)
            } else {
                Err(Problem::SignatureNotValid)
            };
            let problem = result.err();
            evidence.extend(problem.map(Step::Stopped));
            let status = problem.map_or(Status::Pass, |problem| problem.status());
            let Candidate { field_index, signer, author, .. } = candidate;
            Outcome { result: Delegation { status, problem, field_index, signer, author }, evidence }
        };
        candidates.into_iter().map(conclude).collect()
    }

    fn add(&mut self, field_index: usize, signer: Option<&Domain>, third_party: &ThirdParty, authors: &[Domain]) {
        let asked = names(signer, third_party, authors)
            .map(|names| names.into_iter().map(|(form, name)| (form, self.question(name))).collect());
        let (signer, author) = (signer.cloned(), third_party.author.clone());
        self.candidates.push(Candidate { field_index, signer, author, asked });
    }

    fn question(&mut self, name: Domain) -> usize {
        let question = Question::txt(name);
        if let Some(at) = self.questions.iter().position(|other| *other == question) {
            return at;
        }
        self.questions.push(question);
        self.questions.len() - 1
    }
}

/// The author domains that RFC 6541 confirmed, for [`crate::adsp::Signatures::delegated`].
#[must_use]
pub fn delegated(outcomes: &[Outcome<Delegation, Step>]) -> Vec<Domain> {
    let passed = outcomes.iter().filter(|outcome| outcome.result.status == Status::Pass);
    passed.filter_map(|outcome| outcome.result.author.clone()).collect()
}

/// Asks and concludes at once.
pub async fn check<L: Lookup + Sync>(
    lookup: &L,
    atps: Atps,
    verifications: &[Outcome<Verification, DkimStep>],
) -> Vec<Outcome<Delegation, Step>> {
    let answers = lookup::ask_all(lookup, atps.questions()).await;
    atps.conclude(&answers, verifications)
}

/// RFC 6541 §4.3: the names to ask, the standard's first.
///
/// # Errors
/// Says why nothing is to be asked.
pub fn names(
    signer: Option<&Domain>,
    third_party: &ThirdParty,
    authors: &[Domain],
) -> Result<Vec<(Form, Domain)>, Problem> {
    let author = third_party.author.as_ref().ok_or(Problem::AuthorSyntax)?;
    // RFC 6541 §4.3: `atps=` must be a domain of From, without regard to case; if not, it must be ignored.
    if !authors.contains(author) {
        return Err(Problem::OtherAuthor);
    }
    let signer = signer.ok_or(Problem::SignatureNotValid)?;
    // RFC 6541 §4.2: `atpsh=` must also be there.
    let hash = match third_party.hash.ok_or(Problem::HashMissing)? {
        NameHash::Plain => None,
        NameHash::Sha1 => Some(HashAlgorithm::Sha1),
        NameHash::Sha256 => Some(HashAlgorithm::Sha256),
        // RFC 6541 §4.3: with a hash that is not registered the query is aborted.
        NameHash::Unknown => return Err(Problem::HashUnknown),
    };
    let name = |label: &str| author.prefixed(&format!("{label}._atps")).map_err(|_| Problem::NameTooLong);
    let Some(hash) = hash else {
        return Ok(vec![(Form::Standard, name(signer.as_str())?)]);
    };
    // RFC 6541 §4.3: the hash of the domain in lower case, in base32; a `Domain` is in lower case.
    let label = BASE32_NOPAD.encode(hash.digest(signer.as_str().as_bytes()).as_ref());
    let mut names = vec![(Form::Standard, name(&label)?)];
    let padding = label.len().next_multiple_of(BASE32_BLOCK) - label.len();
    if padding > 0 {
        names.push((Form::Padded, name(&format!("{label}{}", "=".repeat(padding)))?));
    }
    if let Some(cut) = label.get(..CUT_LENGTH).filter(|cut| cut.len() < label.len()) {
        names.push((Form::Cut, name(cut)?));
    }
    Ok(names)
}

/// The domains of all addresses of From, each once.
fn author_domains(headers: &Headers<'_>) -> Vec<Domain> {
    let mut domains = Vec::new();
    for field in headers.named("From") {
        let (list, _) = AddressList::parse(field.value);
        // RFC 6541 §4.3: with several addresses, any of their domains may match.
        for domain in list.mailboxes().filter_map(|mailbox| mailbox.domain_name()) {
            if domains.len() < AUTHOR_DOMAIN_COUNT_MAX && !domains.contains(domain) {
                domains.push(domain.clone());
            }
        }
    }
    domains
}

impl Candidate {
    /// RFC 6541 §4.4.
    fn confirmed(&self, questions: &[Question], answers: &[Answer], evidence: &mut Vec<Step>) -> Result<(), Problem> {
        let asked = self.asked.as_ref().map_err(|problem| *problem)?;
        let (Some(signer), Some(author)) = (&self.signer, &self.author) else {
            return Err(Problem::SignatureNotValid);
        };
        let mut problem = Problem::NotConfirmed;
        for (form, index) in asked {
            let (Some(question), Some(answer)) = (questions.get(*index), answers.get(*index)) else {
                return Err(Problem::Lookup(Failure::Budget));
            };
            evidence.push(Step::Asked { question: question.clone(), answer: answer.clone() });
            match answer {
                Answer::Records(records) => {
                    let replies = records.derived(Replies::of);
                    if replies.0.iter().any(|reply| reply.confirms(signer, *form)) {
                        let (signer, author) = (signer.clone(), author.clone());
                        evidence.push(Step::Confirmed { signer, author, form: *form });
                        return Ok(());
                    }
                }
                // RFC 6541 §4.4: no answer means that the signer is not authorised.
                Answer::NoData(_) | Answer::NxDomain(_) => {}
                // RFC 6541 §4.4: after an error it cannot be determined any more.
                Answer::Failed(failure) => problem = Problem::Lookup(*failure),
            }
        }
        Err(problem)
    }
}

impl Replies {
    fn of(data: &[Data]) -> Self {
        let texts = data.iter().filter_map(|data| match data {
            Data::Txt(text) => Some(text.bytes()),
            _ => None,
        });
        Self(texts.take(ATPS_RECORD_COUNT_MAX).filter_map(Reply::parse).collect())
    }
}

/// Characters of one whole block of base32.
const BASE32_BLOCK: usize = 8;
/// Where OpenDKIM's zone tool cuts the hash, in characters.
const CUT_LENGTH: usize = 32;

impl Explain for Problem {
    fn id(&self) -> &'static str {
        match self {
            Self::SignatureNotValid => "atps-signature-not-valid",
            Self::AuthorSyntax => "atps-author-syntax",
            Self::OtherAuthor => "atps-other-author",
            Self::HashMissing => "atps-hash-missing",
            Self::HashUnknown => "atps-hash-unknown",
            Self::NameTooLong => "atps-name-too-long",
            Self::NotConfirmed => "atps-not-confirmed",
            Self::Lookup(_) => "atps-lookup-failed",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::AuthorSyntax | Self::HashMissing => Some(Rule("RFC 6541", "4.2")),
            Self::SignatureNotValid | Self::OtherAuthor | Self::HashUnknown | Self::NameTooLong => {
                Some(Rule("RFC 6541", "4.3"))
            }
            Self::NotConfirmed | Self::Lookup(_) => Some(Rule("RFC 6541", "4.4")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Lookup(failure) => vec![("failure", Value::Word(failure.word()))],
            _ => Vec::new(),
        }
    }
}

impl Explain for Step {
    fn id(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "atps-asked",
            Self::Confirmed { .. } => "atps-confirmed",
            Self::Stopped(problem) => problem.id(),
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Asked { .. } => Some(Rule("RFC 6541", "4.3")),
            Self::Confirmed { .. } => Some(Rule("RFC 6541", "4.4")),
            Self::Stopped(problem) => problem.rule(),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Asked { question, answer } => {
                vec![("question", question.to_string().into()), ("answer", Value::Word(answer.word()))]
            }
            Self::Confirmed { signer, author, form } => vec![
                ("signer", signer.to_string().into()),
                ("author", author.to_string().into()),
                ("form", Value::Word(form.as_str())),
            ],
            Self::Stopped(problem) => problem.arguments(),
        }
    }
}
