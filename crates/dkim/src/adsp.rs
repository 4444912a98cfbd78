//! Author Domain Signing Practices (RFC 5617): **historic** since 2013; DMARC took their place.
//!
//! A domain says at `_adsp._domainkey.<author domain>` whether all its mail bears a DKIM signature of exactly that
//! domain. Asked beside it is whether the author domain exists at all. Both questions are known when the header ends;
//! the conclusion needs the domains of the signatures that verified.

use lookup::{Answer, Data, Failure, Kind, Lookup, Question};
use mailtext::{AddressList, Domain, Explain, Flaw, Headers, Outcome, Rule, TagFlaw, TagList, Value};

use crate::limits::{AUTHOR_DOMAIN_COUNT_MAX, PRACTICE_RECORD_BYTES_MAX};
use crate::reporting::{self, Occasion, ReportFlaw, Reports, Wish};

/// The result for one author domain, in the words of RFC 5617 §5.4.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// The domain publishes no practices.
    None,
    /// There is a valid signature of the author domain.
    Pass,
    /// There is none, and the domain says `unknown`.
    Unknown,
    /// There is none, and the domain says `all`.
    Fail,
    /// There is none, and the domain says `discardable`.
    Discard,
    /// The author domain does not exist.
    NxDomain,
    /// DNS failed for now.
    TempError,
    /// The record cannot be used, or the author has no domain.
    PermError,
}

/// What a domain says of its signing, `dkim=`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Practice {
    /// `unknown`, and every other word: the domain might sign some or all mail.
    #[default]
    Unknown,
    /// `all`.
    All,
    /// `discardable`: all, and what bears no signature may be thrown away.
    Discardable,
}

/// A record.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Record {
    /// `dkim=`.
    pub practice: Practice,
    /// The tags of RFC 6651 §4.
    pub reports: Reports,
}

/// What can be wrong with a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RecordFlaw {
    /// Longer than [`PRACTICE_RECORD_BYTES_MAX`]; it was not read.
    TooLong,
    /// Not a tag list: the flaw that says so.
    TagList(TagFlaw),
    /// A line end: ADSP allows spaces and tabs only.
    Fold,
    /// The record does not begin with `dkim=`.
    Start,
    /// The value of `dkim=` is not a word.
    PracticeSyntax,
    /// The value of `dkim=` is a word that is not known; it counts as `unknown`.
    OtherPractice,
    /// A tag of RFC 6651 is wrong; it is passed over.
    Report(ReportFlaw),
}

/// The evaluation of one message.
pub struct Adsp {
    authors: Vec<Option<Domain>>,
    questions: Vec<Question>,
}

/// Which signatures of the message hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Signatures<'a> {
    /// `d=` of each DKIM signature that verified.
    pub verified: &'a [Domain],
    /// The author domains for which ATPS confirmed a third party's signature (RFC 6541 §6).
    pub delegated: &'a [Domain],
}

/// What is known of one author domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evaluation {
    /// The domain; `None` when the author's address has none.
    pub author: Option<Domain>,
    /// The result.
    pub status: Status,
    /// The record, when it was needed and is sound.
    pub record: Option<Record>,
    /// The wish to be told of this failure.
    pub wish: Option<Wish>,
}

/// One step of evidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Something was asked.
    Asked {
        /// What was asked.
        question: Question,
        /// What came.
        answer: Answer,
    },
    /// The author's address has no domain that ADSP could be asked for.
    NoAuthorDomain,
    /// A verified signature is of the author domain.
    AuthorSignature {
        /// The domain.
        domain: Domain,
    },
    /// The author domain authorised a third party that signed.
    Delegated {
        /// The author domain.
        domain: Domain,
    },
    /// No verified signature is of the author domain.
    NoAuthorSignature {
        /// The author domain.
        domain: Domain,
    },
    /// The author domain does not exist.
    NoSuchDomain,
    /// DNS failed.
    LookupFailed(Failure),
    /// There is no record.
    NoRecord,
    /// There are several records.
    Several,
    /// Something is wrong with the record.
    Flaw(RecordFlaw),
    /// There is a record.
    RecordFound {
        /// `dkim=`.
        practice: Practice,
    },
    /// A step of the reporting address.
    Report(reporting::Step),
}

impl Status {
    /// The word of RFC 5617 §5.4.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
            Self::Discard => "discard",
            Self::NxDomain => "nxdomain",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

impl Practice {
    /// As `dkim=` writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::All => "all",
            Self::Discardable => "discardable",
        }
    }
}

impl Record {
    /// Reads the text of a TXT record. With a fatal flaw ([`RecordFlaw::is_fatal`]) it says nothing.
    #[must_use]
    pub fn parse(text: &[u8]) -> (Self, Vec<Flaw<RecordFlaw>>) {
        if text.len() > PRACTICE_RECORD_BYTES_MAX {
            return (Self::default(), vec![Flaw::new(RecordFlaw::TooLong, 0, text.len())]);
        }
        let (tags, flaws) = TagList::parse(text);
        let mut flaws: Vec<Flaw<RecordFlaw>> =
            flaws.into_iter().map(|flaw| Flaw { kind: RecordFlaw::TagList(flaw.kind), span: flaw.span }).collect();
        // RFC 5617 §4.1: the tag list uses WSP where DKIM has FWS.
        if let Some(at) = memchr::memchr2(b'\r', b'\n', text) {
            flaws.push(Flaw::new(RecordFlaw::Fold, at, at + 1));
        }
        // RFC 5617 §4.2.1: the record starts with the tag `dkim`, in lower case.
        let first = tags.iter().next().filter(|tag| tag.name == b"dkim" && text.starts_with(b"dkim"));
        let Some(first) = first else {
            flaws.push(Flaw::new(RecordFlaw::Start, 0, text.len().min(4)));
            return (Self::default(), flaws);
        };
        let known = [Practice::Unknown, Practice::All, Practice::Discardable];
        let practice = known.into_iter().find(|known| first.value.eq_ignore_ascii_case(known.as_str().as_bytes()));
        if practice.is_none() {
            // RFC 5617 §4.2.1: any other value is treated as "unknown"; it is a hyphenated word.
            let kind = if is_word(first.value) { RecordFlaw::OtherPractice } else { RecordFlaw::PracticeSyntax };
            flaws.push(Flaw { kind, span: first.span });
        }
        let (reports, wrong) = Reports::from_tags(&tags, &Occasion::ADSP);
        // A tag that is wrong in an address for reports must not undo the practice itself.
        flaws.extend(wrong.into_iter().map(|flaw| Flaw { kind: RecordFlaw::Report(flaw.kind), span: flaw.span }));
        (Self { practice: practice.unwrap_or_default(), reports }, flaws)
    }
}

impl RecordFlaw {
    /// Whether the record is not a valid ADSP record (RFC 5617 §4.3).
    #[must_use]
    pub fn is_fatal(self) -> bool {
        !matches!(self, Self::OtherPractice | Self::Report(_))
    }
}

/// RFC 4871 §2.4 `hyphenated-word`.
fn is_word(text: &[u8]) -> bool {
    let starts = text.first().is_some_and(u8::is_ascii_alphabetic);
    starts && text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-') && !text.ends_with(b"-")
}

impl Adsp {
    /// For the author domains of a message: the domains of all addresses of From.
    #[must_use]
    pub fn new(headers: &Headers<'_>) -> Self {
        let mut authors = Vec::new();
        for field in headers.named("From") {
            let (list, _) = AddressList::parse(field.value);
            // RFC 5617 §3.2: every author address has its author domain.
            authors
                .extend(list.mailboxes().map(|mailbox| mailbox.domain_name().cloned()).take(AUTHOR_DOMAIN_COUNT_MAX));
        }
        Self::of(authors)
    }

    /// For these author domains; `None` stands for an address without one. Each counts once, and at most
    /// [`AUTHOR_DOMAIN_COUNT_MAX`] count.
    #[must_use]
    pub fn of(authors: impl IntoIterator<Item = Option<Domain>>) -> Self {
        let mut adsp = Self { authors: Vec::new(), questions: Vec::new() };
        for author in authors {
            if adsp.authors.len() == AUTHOR_DOMAIN_COUNT_MAX {
                break;
            }
            if adsp.authors.contains(&author) {
                continue;
            }
            // A name too long to be asked has no record; it is out of scope like a broken one.
            let record_name = author.as_ref().and_then(|author| author.prefixed("_adsp._domainkey").ok());
            let author = author.filter(|_| record_name.is_some());
            if let (Some(author), Some(record_name)) = (&author, record_name) {
                // RFC 5617 §4.3: the two queries may be done in parallel; MX is a reasonable type for the existence.
                adsp.questions.push(Question::new(author.clone(), Kind::Mx));
                adsp.questions.push(Question::txt(record_name));
            }
            adsp.authors.push(author);
        }
        adsp
    }

    /// What to ask: for each author domain whether it exists, and its record.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The outcome for each author domain. `answers` are to [`Self::questions`], in their order.
    #[must_use]
    pub fn conclude(self, answers: &[Answer], signatures: Signatures<'_>) -> Vec<Outcome<Evaluation, Step>> {
        let asked: Vec<(&Question, &Answer)> = self.questions.iter().zip(answers).collect();
        let mut pairs = asked.chunks(2);
        let author = |author: Option<Domain>| match author {
            Some(author) => evaluate(author, pairs.next().unwrap_or_default(), signatures),
            // RFC 5617 §4.3: an author domain outside the scope of ADSP is an error.
            None => {
                let result = Evaluation { author: None, status: Status::PermError, record: None, wish: None };
                Outcome { result, evidence: vec![Step::NoAuthorDomain] }
            }
        };
        self.authors.into_iter().map(author).collect()
    }
}

/// Asks and concludes at once.
pub async fn check<L: Lookup + Sync>(
    lookup: &L,
    adsp: Adsp,
    signatures: Signatures<'_>,
) -> Vec<Outcome<Evaluation, Step>> {
    let answers = lookup::ask_all(lookup, adsp.questions()).await;
    adsp.conclude(&answers, signatures)
}

fn evaluate(author: Domain, asked: &[(&Question, &Answer)], signatures: Signatures<'_>) -> Outcome<Evaluation, Step> {
    let mut evidence = Vec::with_capacity(4);
    let mut found = None;
    // RFC 5617 §2.7: an Author Domain Signature is a valid signature whose `d=` is the author domain itself.
    let status = if signatures.verified.contains(&author) {
        // RFC 5617 §5.4: it satisfies all practices, whatever DNS says.
        evidence.push(Step::AuthorSignature { domain: author.clone() });
        Status::Pass
    } else if signatures.delegated.contains(&author) {
        // RFC 6541 §6: a valid delegation counts as an Author Domain Signature.
        evidence.push(Step::Delegated { domain: author.clone() });
        Status::Pass
    } else {
        evidence.push(Step::NoAuthorSignature { domain: author.clone() });
        practised(asked, &mut evidence, &mut found)
    };
    let wish = found.as_ref().and_then(|record: &Record| wish(record, &author, status, signatures));
    evidence.extend(wish.iter().flat_map(Wish::steps).map(Step::Report));
    Outcome { result: Evaluation { author: Some(author), status, record: found, wish }, evidence }
}

/// RFC 5617 §4.3.
fn practised(asked: &[(&Question, &Answer)], evidence: &mut Vec<Step>, found: &mut Option<Record>) -> Status {
    let [(existence_question, existence), (record_question, record)] = asked else {
        evidence.push(Step::LookupFailed(Failure::Budget));
        return Status::TempError;
    };
    let step =
        |question: &Question, answer: &Answer| Step::Asked { question: question.clone(), answer: answer.clone() };
    evidence.push(step(existence_question, existence));
    match existence {
        // RFC 5617 §4.3: an author domain that does not exist is out of scope; NODATA is not the same.
        Answer::NxDomain(_) => {
            evidence.push(Step::NoSuchDomain);
            return Status::NxDomain;
        }
        Answer::Failed(failure) => {
            evidence.push(Step::LookupFailed(*failure));
            return Status::TempError;
        }
        Answer::Records(_) | Answer::NoData(_) => {}
    }
    evidence.push(step(record_question, record));
    if let Answer::Failed(failure) = record {
        evidence.push(Step::LookupFailed(*failure));
        return Status::TempError;
    }
    let mut texts = record.data().iter().filter_map(|data| match data {
        Data::Txt(text) => Some(text.bytes()),
        _ => None,
    });
    match (texts.next(), texts.next()) {
        (None, _) => {
            evidence.push(Step::NoRecord);
            Status::None
        }
        // RFC 5617 §4.3: with more than one record, or one that is not valid, the result is undefined.
        (Some(_), Some(_)) => {
            evidence.push(Step::Several);
            Status::PermError
        }
        (Some(text), None) => {
            let (record, flaws) = Record::parse(text);
            evidence.extend(flaws.iter().map(|flaw| Step::Flaw(flaw.kind)));
            if flaws.iter().any(|flaw| flaw.kind.is_fatal()) {
                return Status::PermError;
            }
            let practice = found.insert(record).practice;
            evidence.push(Step::RecordFound { practice });
            match practice {
                Practice::Unknown => Status::Unknown,
                Practice::All => Status::Fail,
                Practice::Discardable => Status::Discard,
            }
        }
    }
}

fn wish(record: &Record, author: &Domain, status: Status, signatures: Signatures<'_>) -> Option<Wish> {
    if !matches!(status, Status::Fail | Status::Discard) {
        return None;
    }
    // RFC 6651 §5.2: `s` is for messages with a valid signature of somebody else, `u` for those without any.
    let occasion = if signatures.verified.is_empty() { Occasion::Unknown } else { Occasion::Syntax };
    record.reports.wish(author, &[occasion])
}

impl Explain for RecordFlaw {
    fn id(&self) -> &'static str {
        match self {
            Self::TooLong => "adsp-record-too-long",
            Self::TagList(_) => "adsp-record-syntax",
            Self::Fold => "adsp-record-fold",
            Self::Start => "adsp-record-start",
            Self::PracticeSyntax => "adsp-practice-syntax",
            Self::OtherPractice => "adsp-practice-other",
            Self::Report(flaw) => flaw.id(),
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::TooLong => None,
            Self::TagList(_) | Self::Fold => Some(Rule("RFC 5617", "4.1")),
            Self::Start | Self::PracticeSyntax | Self::OtherPractice => Some(Rule("RFC 5617", "4.2.1")),
            Self::Report(_) => Some(Rule("RFC 6651", "4")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooLong => vec![("limit", PRACTICE_RECORD_BYTES_MAX.into())],
            Self::TagList(flaw) => vec![("flaw", Value::Word(flaw.id()))],
            Self::Report(flaw) => flaw.arguments(),
            _ => Vec::new(),
        }
    }
}

impl Explain for Step {
    fn id(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "adsp-asked",
            Self::NoAuthorDomain => "adsp-no-author-domain",
            Self::AuthorSignature { .. } => "adsp-author-signature",
            Self::Delegated { .. } => "adsp-delegated",
            Self::NoAuthorSignature { .. } => "adsp-no-author-signature",
            Self::NoSuchDomain => "adsp-no-such-domain",
            Self::LookupFailed(_) => "adsp-lookup-failed",
            Self::NoRecord => "adsp-no-record",
            Self::Several => "adsp-several-records",
            Self::Flaw(flaw) => flaw.id(),
            Self::RecordFound { .. } => "adsp-record-found",
            Self::Report(step) => step.id(),
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::AuthorSignature { .. } | Self::NoAuthorSignature { .. } => Some(Rule("RFC 5617", "2.7")),
            Self::Delegated { .. } => Some(Rule("RFC 6541", "6")),
            Self::Flaw(flaw) => flaw.rule(),
            Self::Report(_) => Some(Rule("RFC 6651", "4")),
            _ => Some(Rule("RFC 5617", "4.3")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Asked { question, answer } => {
                vec![("question", question.to_string().into()), ("answer", Value::Word(answer.word()))]
            }
            Self::AuthorSignature { domain } | Self::Delegated { domain } | Self::NoAuthorSignature { domain } => {
                vec![("domain", domain.to_string().into())]
            }
            Self::LookupFailed(failure) => vec![("failure", Value::Word(failure.word()))],
            Self::Flaw(flaw) => flaw.arguments(),
            Self::RecordFound { practice } => vec![("practice", Value::Word(practice.as_str()))],
            Self::Report(step) => step.arguments(),
            Self::NoAuthorDomain | Self::NoSuchDomain | Self::NoRecord | Self::Several => Vec::new(),
        }
    }
}
