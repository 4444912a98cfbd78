//! Which record applies: draft-brand-indicators-for-message-identification §7.2.

use std::sync::Arc;

use lookup::{Answer, Data, Failure, Lookup, Question};
use mailtext::{Domain, Flaw, Outcome, TagList};

use crate::limits::{SELECTOR_FIELD_BYTES_MAX, TEXT_RECORD_COUNT_MAX};
use crate::record::{Record, RecordFlaw};
use crate::step::Step;

/// The author of a message: the one address of its one From.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Author {
    /// The local-part, without quotes.
    pub local_part: Box<str>,
    /// The author domain.
    pub domain: Domain,
    /// Its organizational domain, as DMARC found it.
    pub organizational: Domain,
}

/// A BIMI-Selector field of the message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SelectorField<'a> {
    /// Its value.
    pub value: &'a [u8],
    /// Whether an aligned signature that passed covers it.
    pub coverage: Coverage,
}

/// Whether a signature covers a field.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Coverage {
    /// A DKIM signature that passed and is aligned covers this very field.
    Signed,
    /// None does.
    Unsigned,
}

/// A selector: one or more labels.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Selector(Arc<str>);

/// Why a BIMI-Selector field is ignored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SelectorDefect {
    /// There are several.
    Several,
    /// No aligned signature covers it.
    Unsigned,
    /// It is not `v=BIMI1; s=selector`.
    Syntax,
}

/// The search for a record: its first questions are known at once, so that they can be asked along with others.
#[derive(Clone, Debug)]
pub struct Search {
    author: Author,
    selector: Selector,
    questions: Vec<Question>,
    /// The domain of each question.
    domains: Vec<Domain>,
    steps: Vec<Step>,
}

/// How the search ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// This record applies.
    Record(Assertion),
    /// None does.
    Nothing,
    /// Several stand at one name: none applies (§7.2, 9).
    Several,
    /// A question was not answered.
    Failed(Failure),
}

/// The record that applies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assertion {
    /// The author domain or its organizational domain.
    pub domain: Domain,
    /// The selector under which it was found.
    pub selector: Selector,
    /// The record.
    pub record: Arc<Record>,
    /// Its flaws.
    pub flaws: Arc<[Flaw<RecordFlaw>]>,
}

impl Selector {
    /// Reads a selector: labels of letters, digits and inner hyphens (§4.4).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let sound = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        let domain = Domain::parse(text).ok().filter(|_| !text.ends_with('.') && text.bytes().all(sound))?;
        Some(Self(domain.as_str().into()))
    }

    /// Reads the value of a BIMI-Selector field (§5.1).
    #[must_use]
    pub fn of_field(value: &[u8]) -> Option<Self> {
        if value.len() > SELECTOR_FIELD_BYTES_MAX || !Record::claims(value) {
            return None;
        }
        let (tags, flaws) = TagList::parse(value);
        let tag = tags.get("s").filter(|_| flaws.is_empty())?;
        Self::parse(tag.text()?)
    }

    /// The selector as text, lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `selector._bimi.domain`.
    pub(crate) fn name(&self, domain: &Domain) -> Option<Domain> {
        domain.prefixed(&format!("{}.{LABEL}", self.0)).ok()
    }
}

impl Default for Selector {
    fn default() -> Self {
        // §7.2, 2.
        Self("default".into())
    }
}

impl Search {
    /// Begins a search. `fields` are the message's BIMI-Selector fields.
    #[must_use]
    pub fn new(author: Author, fields: &[SelectorField<'_>]) -> Self {
        let mut steps = Vec::with_capacity(8);
        let selector = choose_selector(fields, &mut steps);
        let (mut questions, mut domains) = (Vec::with_capacity(2), Vec::with_capacity(2));
        let above = Some(&author.organizational).filter(|organizational| **organizational != author.domain);
        for domain in std::iter::once(&author.domain).chain(above) {
            match selector.name(domain) {
                Some(name) => {
                    questions.push(Question::txt(name));
                    domains.push(domain.clone());
                }
                None => steps.push(Step::NameTooLong { selector: selector.clone(), domain: domain.clone() }),
            }
        }
        Self { author, selector, questions, domains, steps }
    }

    /// What to ask first: at the author domain, and at the organizational domain when that is another. Whoever asks
    /// these early gives the answers to [`Search::conclude`], in their order.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Ends the search. Only `lps=` makes a further question.
    pub async fn conclude<L: Lookup + Sync>(self, lookup: &L, answers: &[Answer]) -> Outcome<Found, Step> {
        let Self { author, selector, questions, domains, mut steps } = self;
        let mut result = Found::Nothing;
        for ((question, domain), answer) in questions.iter().zip(&domains).zip(answers) {
            steps.push(Step::Asked { question: question.clone(), answer: answer.clone() });
            result = records(question, answer, domain, &selector, &mut steps);
            // §7.2, 6: the organizational domain is asked when the set is empty, with the same selector.
            if result != Found::Nothing {
                break;
            }
        }
        if let Found::Record(assertion) = &result
            && let Some(other) = by_local_part(lookup, &author, assertion, &questions, &mut steps).await
        {
            result = other;
        }
        Outcome { result, evidence: steps }
    }
}

/// Searches: asks, and concludes.
pub async fn discover<L: Lookup + Sync>(
    lookup: &L,
    author: Author,
    fields: &[SelectorField<'_>],
) -> Outcome<Found, Step> {
    let search = Search::new(author, fields);
    let answers = lookup::ask_all(lookup, search.questions()).await;
    search.conclude(lookup, &answers).await
}

/// §7.2, 2, and §5.5: the selector of the field, when a signature covers it, else `default`.
fn choose_selector(fields: &[SelectorField<'_>], steps: &mut Vec<Step>) -> Selector {
    let defect = match fields {
        [] => return Selector::default(),
        // Which of several a signature covers and which one a reader takes need not be the same.
        [_, _, ..] => SelectorDefect::Several,
        [field] if field.coverage == Coverage::Unsigned => SelectorDefect::Unsigned,
        [field] => match Selector::of_field(field.value) {
            Some(selector) => {
                steps.push(Step::SelectorOfField { selector: selector.clone() });
                return selector;
            }
            None => SelectorDefect::Syntax,
        },
    };
    steps.push(Step::SelectorIgnored { defect });
    Selector::default()
}

/// What an answer holds. The parsed records stay with the answer.
fn records(question: &Question, answer: &Answer, domain: &Domain, selector: &Selector, steps: &mut Vec<Step>) -> Found {
    let records = match answer {
        Answer::Records(records) => records.derived(parse),
        Answer::NoData(_) | Answer::NxDomain(_) => return Found::Nothing,
        Answer::Failed(failure) => return Found::Failed(*failure),
    };
    if records.other_count > 0 {
        steps.push(Step::TextIgnored { name: question.name.clone(), count: records.other_count });
    }
    match &records.bimi[..] {
        [] => Found::Nothing,
        [(record, flaws)] => {
            steps.push(Step::RecordFound { name: question.name.clone(), record: Arc::clone(record) });
            for flaw in flaws.iter() {
                steps.push(Step::RecordFlawed { flaw: flaw.kind });
            }
            let (record, flaws) = (Arc::clone(record), Arc::clone(flaws));
            Found::Record(Assertion { domain: domain.clone(), selector: selector.clone(), record, flaws })
        }
        several => {
            steps.push(Step::SeveralRecords { name: question.name.clone(), count: several.len() });
            Found::Several
        }
    }
}

type RecordAndFlaws = (Arc<Record>, Arc<[Flaw<RecordFlaw>]>);

/// The BIMI records of one answer.
struct Parsed {
    bimi: Vec<RecordAndFlaws>,
    other_count: usize,
}

fn parse(data: &[Data]) -> Parsed {
    let mut parsed = Parsed { bimi: Vec::new(), other_count: 0 };
    for data in data.iter().take(TEXT_RECORD_COUNT_MAX) {
        // §4: character-strings are joined as SPF's are.
        // RFC 7208 §3.3: without adding spaces.
        match data {
            // §7.2, 4: what does not start with this version is discarded.
            Data::Txt(text) if Record::claims(text.bytes()) => {
                let (record, flaws) = Record::parse(text.bytes());
                parsed.bimi.push((Arc::new(record), flaws.into()));
            }
            _ => parsed.other_count += 1,
        }
    }
    parsed
}

/// §4.5: the record of the selector that the local-part gives, when there is one. `None`: the first record stays.
async fn by_local_part<L: Lookup + Sync>(
    lookup: &L,
    author: &Author,
    first: &Assertion,
    asked: &[Question],
    steps: &mut Vec<Step>,
) -> Option<Found> {
    let selector = Selector::parse(&first.record.local_part_selector(&author.local_part)?)?;
    let question = Question::txt(selector.name(&first.domain)?);
    // §7.2, 5: only when it differs from what was asked already.
    if asked.contains(&question) {
        return None;
    }
    let answer = lookup.ask(question.clone()).await;
    steps.push(Step::LocalPartSelects { selector: selector.clone() });
    steps.push(Step::Asked { question: question.clone(), answer: answer.clone() });
    match records(&question, &answer, &first.domain, &selector, steps) {
        Found::Record(found) if found.flaws.iter().all(|flaw| !flaw.kind.is_fatal()) => Some(Found::Record(found)),
        // It may be there, and decline.
        Found::Failed(failure) => Some(Found::Failed(failure)),
        _ => None,
    }
}

impl SelectorDefect {
    /// A stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Several => "several",
            Self::Unsigned => "unsigned",
            Self::Syntax => "syntax",
        }
    }
}

const LABEL: &str = "_bimi";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors() {
        for (field, selector) in [
            ("v=BIMI1; s=brand", Some("brand")),
            (" v=BIMI1; s=Brand.2026;", Some("brand.2026")),
            ("v=BIMI1; s=", None),
            ("s=brand", None),
            ("s=brand; v=BIMI1", None),
            ("v=BIMI2; s=brand", None),
            ("v=BIMI1; s=a_b", None),
            ("v=BIMI1; s=-a", None),
            ("v=BIMI1; s=a.", None),
            ("v=BIMI1; s=a..b", None),
            ("v=BIMI1; s=関所", None),
            ("v=BIMI1; s=a; s=b", None),
        ] {
            assert_eq!(Selector::of_field(field.as_bytes()).as_ref().map(Selector::as_str), selector, "{field}");
        }
        for (length, good) in [(SELECTOR_FIELD_BYTES_MAX, true), (SELECTOR_FIELD_BYTES_MAX + 1, false)] {
            let field = format!("{:length$}", "v=BIMI1; s=brand");
            assert_eq!(Selector::of_field(field.as_bytes()).is_some(), good, "{length}");
        }
        assert_eq!(Selector::default().as_str(), "default");
    }

    #[test]
    fn records_at_below_and_above_the_limit() {
        for (count, read) in
            [(TEXT_RECORD_COUNT_MAX - 1, true), (TEXT_RECORD_COUNT_MAX, true), (TEXT_RECORD_COUNT_MAX + 1, false)]
        {
            let mut data = vec![Data::txt("x"); count - 1];
            data.push(Data::txt("v=BIMI1; l=;"));
            let parsed = parse(&data);
            assert_eq!(parsed.bimi.len(), usize::from(read), "{count}");
        }
    }
}
