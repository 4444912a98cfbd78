//! Lists in DNS: DNSWL (RFC 8904), DNSBL and RHSBL (RFC 5782).
//!
//! Every entry of every list is asked for at the same time, with its text and the list's test entries. A list that does
//! not have the test entries it must have, or has the one it must not have, is not used, and this is told.

mod code;
mod list;
mod step;

use std::net::{IpAddr, Ipv4Addr};

use futures_util::future::join;
use lookup::{Answer, Data, Dnssec, Failure, Kind, Lookup, Question};
use mailtext::authres::{Keyword, MethodResult};
use mailtext::{Domain, DomainError, Outcome};

use self::code::is_code;
use super::limits::{LIST_CODE_COUNT_MAX, LIST_ENTRY_COUNT_MAX, LIST_TEXT_BYTES_MAX};
use super::{Named, Role};

pub use self::code::{Code, CodeError};
pub use self::list::{Color, Entries, Key, List, Origin, TestEntries, TestUse, TextUse};
pub use self::step::{IDS, Problem, Step};

/// What is looked for in the lists: the client's address in those of addresses, the domains in those of domains.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Subjects {
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// Domains, and where each stands; the same domain may stand in several places.
    pub domains: Vec<Named>,
}

/// What all lists say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Checked {
    /// What each list says of each key that it may hold: by list, in the order given.
    pub entries: Vec<Outcome<Entry, Step>>,
    /// That entries were not looked for, being more than [`LIST_ENTRY_COUNT_MAX`].
    pub omitted: Option<Omitted>,
}

/// So many entries were not looked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Omitted(pub usize);

/// What one list says of one key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Which list, from 0.
    pub list: usize,
    /// The name under which the list is told.
    pub zone: Domain,
    /// What being listed means.
    pub color: Color,
    /// What was looked for.
    pub key: Key,
    /// Where the domain stands in the message; empty for an address.
    pub roles: Vec<Role>,
    /// The result.
    pub verdict: Verdict,
    /// The codes of the entry that mean listed.
    pub codes: Vec<Ipv4Addr>,
    /// The text of the entry: printable, and the words of a third party.
    pub text: Option<String>,
    /// Whether DNSSEC vouches for what is told.
    pub dnssec: DnsSec,
    /// Why it is permerror or temperror.
    pub reason: Option<Problem>,
}

/// The results of RFC 8904 §2, for lists of any colour.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Verdict {
    /// Listed; `pass` for a white list.
    Listed,
    /// Not listed.
    None,
    /// DNS gave no answer, for now.
    TempError,
    /// The list is broken, or refuses to answer.
    PermError,
}

/// The values of `dns.sec` (RFC 8904 §2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DnsSec {
    /// Validated.
    Yes,
    /// Not signed.
    No,
    /// Not applicable, or not known.
    NotApplicable,
}

/// Whether a list has the test entries that it must have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It has them, and not the other.
    Works,
    /// It is not to be used.
    Broken(Problem),
    /// DNS gave no answer, for now.
    Unknown(Problem),
}

/// Asks all lists about all subjects, everything at the same time.
pub async fn check<L: Lookup + Sync>(lookup: &L, lists: &[List], subjects: &Subjects) -> Checked {
    let keys = keys(subjects, lists.iter().any(|list| list.entries == Entries::Domains));
    let mut planned: Vec<Planned<'_>> = Vec::new();
    let mut omitted = 0;
    for (index, list) in lists.iter().enumerate() {
        for (key, roles) in keys.iter().filter(|(key, _)| list.holds(key)) {
            if planned.len() < LIST_ENTRY_COUNT_MAX {
                planned.push(Planned::new(index, list, key, roles));
            } else {
                omitted += 1;
            }
        }
    }
    let mut answers = Answers::default();
    answers.ask(lookup, planned.iter().flat_map(Planned::questions).cloned().collect()).await;
    // What only an entry makes interesting: of most messages that is nothing.
    let further = planned.iter_mut().flat_map(|planned| planned.further_questions(&answers)).collect::<Vec<_>>();
    answers.ask(lookup, further).await;
    let entries = planned.into_iter().map(|planned| planned.judge(&answers)).collect();
    Checked { entries, omitted: (omitted > 0).then_some(Omitted(omitted)) }
}

/// What was asked and answered, in the order of the questions.
#[derive(Default)]
struct Answers(Vec<(Question, Answer)>);

impl Answers {
    fn get(&self, question: &Question) -> Option<&Answer> {
        let at = self.0.binary_search_by(|(asked, _)| asked.cmp(question)).ok()?;
        self.0.get(at).map(|(_, answer)| answer)
    }

    /// Asks for what was not asked yet, all at once.
    async fn ask<L: Lookup + Sync>(&mut self, lookup: &L, mut questions: Vec<Question>) {
        questions.retain(|question| self.get(question).is_none());
        questions.sort();
        questions.dedup();
        let answers = lookup::ask_all(lookup, &questions).await;
        self.0.extend(questions.into_iter().zip(answers));
        self.0.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
}

/// Asks for the test entries of a list.
pub async fn self_test<L: Lookup + Sync>(lookup: &L, list: &List, entries: TestEntries) -> Outcome<Standing, Step> {
    let Ok(questions) = list.test_questions(entries) else {
        return Outcome { result: Standing::Broken(Problem::NameTooLong), evidence: Vec::new() };
    };
    let [there, absent] = questions.each_ref().map(|question| lookup.ask(question.clone()));
    let answers: [Answer; 2] = join(there, absent).await.into();
    let standing = Standing::of(list, &questions, &answers);
    let asked = questions.into_iter().zip(answers);
    Outcome { result: standing, evidence: asked.map(|(question, answer)| Step::Asked { question, answer }).collect() }
}

/// The different keys that lists may hold, each with the places where it stands.
fn keys(subjects: &Subjects, any_of_domains: bool) -> Vec<(Key, Vec<Role>)> {
    let mut keys: Vec<(Key, Vec<Role>)> = subjects.ip.iter().map(|ip| (Key::address(*ip), Vec::new())).collect();
    for (role, domain) in subjects.domains.iter().filter(|_| any_of_domains) {
        let is_same = |(key, _): &&mut (Key, Vec<Role>)| matches!(key, Key::Domain(other) if other == domain);
        match keys.iter_mut().find(is_same) {
            Some((_, roles)) if roles.contains(role) => {}
            Some((_, roles)) => roles.push(*role),
            None => keys.push((Key::Domain(domain.clone()), vec![*role])),
        }
    }
    keys
}

/// An entry that is to be looked for.
struct Planned<'a> {
    index: usize,
    list: &'a List,
    key: &'a Key,
    roles: &'a [Role],
    /// The question for the code; `None` when the name is too long.
    code: Option<Question>,
    text: Option<Question>,
    /// The questions for the test entries, when they are wanted.
    test: Option<Result<[Question; 2], DomainError>>,
}

impl<'a> Planned<'a> {
    fn new(index: usize, list: &'a List, key: &'a Key, roles: &'a [Role]) -> Self {
        let name = list.entry(key).ok();
        // RFC 8904 §3: a mail server can issue two simultaneous queries, A and TXT
        let text = name.clone().filter(|_| list.text == TextUse::Fetch).map(Question::txt);
        // RFC 5782 §5: clients SHOULD periodically check appropriate test entries; kept answers make that the TTL
        let wants_test = name.is_some() && list.test == TestUse::WithEach;
        let test = wants_test.then(|| list.test_questions(key.test_entries()));
        Self { index, list, key, roles, code: name.map(|name| Question::new(name, Kind::A)), text, test }
    }

    /// What to ask when the code is known: nothing unless it says that there is an entry.
    fn further_questions(&mut self, answers: &Answers) -> Vec<Question> {
        let answer = self.code.as_ref().and_then(|question| answers.get(question));
        let is_entry = answer.is_some_and(|answer| {
            answer.data().iter().any(|data| matches!(data, Data::A(address) if is_code(*address)))
        });
        if !is_entry {
            return Vec::new();
        }
        if self.list.text == TextUse::WhenListed {
            self.text = self.code.as_ref().map(|question| Question::txt(question.name.clone()));
        }
        if self.list.test == TestUse::WhenListed {
            self.test = Some(self.list.test_questions(self.key.test_entries()));
        }
        self.questions().cloned().collect()
    }

    fn questions(&self) -> impl Iterator<Item = &Question> {
        self.code.iter().chain(&self.text).chain(self.test.iter().flatten().flatten())
    }

    fn judge(self, answers: &Answers) -> Outcome<Entry, Step> {
        let mut evidence = Vec::with_capacity(2);
        let mut take = |question: &Question| {
            let answer = answers.get(question).cloned().unwrap_or(Answer::Failed(Failure::NotOnTape));
            evidence.push(Step::Asked { question: question.clone(), answer: answer.clone() });
            answer
        };
        let mut entry = Entry {
            list: self.index,
            zone: self.list.shown_zone().clone(),
            color: self.list.color,
            key: self.key.clone(),
            roles: self.roles.to_vec(),
            verdict: Verdict::None,
            codes: Vec::new(),
            text: None,
            dnssec: DnsSec::NotApplicable,
            reason: None,
        };
        let Some(question) = &self.code else {
            // A name that DNS cannot hold is in no list.
            return Outcome { result: entry, evidence: vec![Step::NameTooLong(self.key.clone())] };
        };
        let code = take(question);
        let text = self.text.as_ref().map(&mut take);
        let standing = self.test.as_ref().map(|test| match test {
            Ok(questions) => Standing::of(self.list, questions, &questions.each_ref().map(&mut take)),
            Err(_) => Standing::Broken(Problem::NameTooLong),
        });
        entry.codes(self.list, question, &code, &mut evidence);
        // RFC 5782 §7: SHOULD NOT use any DNSxL domain that does not have correct test entries
        match standing {
            Some(Standing::Broken(problem)) => entry.spoil(problem),
            Some(Standing::Unknown(problem)) if entry.reason.is_none() => entry.spoil(problem),
            _ => {}
        }
        let text = text.filter(|_| entry.verdict == Verdict::Listed);
        if let Some(answer) = &text {
            entry.take_text(answer, &mut evidence);
        }
        let told = text.as_ref().filter(|_| entry.text.is_some());
        entry.dnssec = match entry.verdict {
            Verdict::Listed | Verdict::None => DnsSec::of(self.list.origin, std::iter::once(&code).chain(told)),
            Verdict::TempError | Verdict::PermError => DnsSec::NotApplicable,
        };
        Outcome { result: entry, evidence }
    }
}

impl Entry {
    /// Reads the answer with the codes.
    fn codes(&mut self, list: &List, question: &Question, answer: &Answer, evidence: &mut Vec<Step>) {
        let addresses = answer.data().iter().filter_map(|data| match data {
            Data::A(address) => Some(*address),
            _ => None,
        });
        let (codes, others): (Vec<_>, Vec<_>) = addresses.partition(|address| is_code(*address));
        if let Some(other) = others.first() {
            evidence.push(Step::Outside(*other));
        }
        let refused = codes.iter().find(|code| is_any(&list.refused, **code));
        match (answer, refused, others.first()) {
            (_, Some(code), _) => self.spoil(Problem::Refused(*code)),
            // RFC 5782 §7: an abandoned list gets a new owner, and a wildcard with an A record pointing to a web server
            (_, None, Some(other)) if codes.is_empty() => self.spoil(Problem::NoCode(*other)),
            // RFC 8904 §2: permerror – queries are over quota, reported by a DNS RCODE of 5, commonly known as REFUSED
            (Answer::Failed(Failure::Refused), ..) => self.spoil(Problem::QueryRefused),
            (Answer::Failed(Failure::BadName), ..) => {}
            (Answer::Failed(failure), ..) => self.spoil(Problem::Dns(question.clone(), *failure)),
            // RFC 5782 §6: able to use bit masks and value range tests in order to select particular sublists
            _ => {
                let count = codes.len();
                let wanted = codes.into_iter().filter(|code| list.listed.is_empty() || is_any(&list.listed, *code));
                self.codes = wanted.take(LIST_CODE_COUNT_MAX).collect();
                if !self.codes.is_empty() {
                    self.verdict = Verdict::Listed;
                } else if count > 0 {
                    evidence.push(Step::OtherCodes(count));
                }
            }
        }
    }

    /// The list cannot be believed.
    fn spoil(&mut self, problem: Problem) {
        self.verdict = problem.verdict();
        self.codes.clear();
        self.reason = Some(problem);
    }

    fn take_text(&mut self, answer: &Answer, evidence: &mut Vec<Step>) {
        // RFC 8904 §2: multiple records are concatenated in the usual way
        let mut bytes = Vec::new();
        for data in answer.data() {
            let Data::Txt(text) = data else { continue };
            bytes.extend_from_slice(text.bytes());
        }
        if bytes.is_empty() {
            return;
        }
        // RFC 8904 §5.3: TXT records are reported only if their format is compatible with the computing environment
        let printable = |text: &String| text.len() <= LIST_TEXT_BYTES_MAX && !text.chars().any(char::is_control);
        self.text = String::from_utf8(bytes).ok().filter(printable);
        if self.text.is_none() {
            evidence.push(Step::TextUnusable);
        }
    }

    /// The result for Authentication-Results, for an address in a white list: `dnswl=pass dns.zone=… policy.ip=…`,
    /// without a reason. Other lists have no method there.
    #[must_use]
    pub fn method_result(&self) -> Option<MethodResult> {
        if self.color != Color::White || matches!(self.key, Key::Domain(_)) {
            return None;
        }
        let mut result = MethodResult::new(Keyword::of("dnswl"), Keyword::of(self.verdict.method_word()))
            .with("dns", "zone", self.zone.as_str())
            .with("dns", "sec", self.dnssec.as_str());
        // RFC 8904 §2: multiple entries can be arranged in a quoted, comma-separated list
        if !self.codes.is_empty() {
            let codes: Vec<String> = self.codes.iter().map(Ipv4Addr::to_string).collect();
            result = result.with("policy", "ip", codes.join(","));
        }
        if let Some(text) = &self.text {
            result = result.with("policy", "txt", text.as_str());
        }
        Some(result)
    }
}

fn is_any(tests: &[Code], code: Ipv4Addr) -> bool {
    tests.iter().any(|test| test.matches(code))
}

impl Standing {
    fn of(list: &List, questions: &[Question; 2], answers: &[Answer; 2]) -> Self {
        let [there, absent] = answers;
        let codes = |answer: &Answer| {
            let address = |data: &Data| if let Data::A(address) = data { Some(*address) } else { None };
            answer.data().iter().filter_map(address).collect::<Vec<_>>()
        };
        let refused = answers.iter().flat_map(codes).find(|code| is_any(&list.refused, *code));
        let failed = questions.iter().zip(answers).find_map(|(question, answer)| match answer {
            Answer::Failed(failure) => Some((question, *failure)),
            _ => None,
        });
        match (refused, failed) {
            (Some(code), _) => Self::Broken(Problem::Refused(code)),
            // RFC 5782 §5: MUST NOT contain an entry for 127.0.0.1: defends against a wildcard for all queries
            _ if !absent.data().is_empty() => Self::Broken(Problem::ListsAll),
            (_, Some((_, Failure::Refused))) => Self::Broken(Problem::QueryRefused),
            (_, Some((question, failure))) => Self::Unknown(Problem::Dns(question.clone(), failure)),
            // RFC 5782 §5: MUST contain an entry for 127.0.0.2 for testing purposes
            _ if !codes(there).into_iter().any(is_code) => Self::Broken(Problem::NoTestEntry),
            _ => Self::Works,
        }
    }
}

impl DnsSec {
    fn of<'a>(origin: Origin, answers: impl Iterator<Item = &'a Answer>) -> Self {
        if origin == Origin::Mirror {
            return Self::NotApplicable;
        }
        // RFC 8904 §2: the relevant data are the reported policy properties or, with "none", their nonexistence
        let mut states = answers.map(|answer| match answer {
            Answer::Records(records) => Some(records.dnssec),
            Answer::NoData(negative) | Answer::NxDomain(negative) => Some(negative.dnssec),
            Answer::Failed(_) => None,
        });
        if states.all(|state| state == Some(Dnssec::Authenticated)) {
            Self::Yes
        } else if origin == Origin::ValidatingResolver {
            Self::No
        } else {
            Self::NotApplicable
        }
    }

    /// The word of RFC 8904: `yes`, `no`, `na`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::NotApplicable => "na",
        }
    }
}

impl Verdict {
    /// The word of RFC 8904 for white lists: `pass`.
    #[must_use]
    pub fn method_word(self) -> &'static str {
        match self {
            Self::Listed => "pass",
            _ => self.as_str(),
        }
    }

    /// A stable word, for lists of any colour: `listed`, `none`, `temperror`, `permerror`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::None => "none",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}
