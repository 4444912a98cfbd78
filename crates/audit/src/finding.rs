//! What a rule found: where, how bad, with which arguments, and what to publish instead.

use std::sync::Arc;

use lookup::{Kind, Question};
use mailtext::{Domain, Explain, Span, Value};

use crate::limits::FINDING_COUNT_MAX;
use crate::records::Written;
use crate::rule::Rule;
use crate::severity::Severity;

/// Something that a rule found. Its sentence says what is, and what that does to mail.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// The id of the sentence.
    pub sentence: &'static str,
    /// How bad it is here.
    pub severity: Severity,
    /// The record that it is about.
    pub place: Option<Place>,
    /// The arguments of the sentence.
    pub arguments: Vec<(&'static str, Value)>,
    /// What to do.
    pub fix: Option<Fix>,
}

/// A record, or a part of one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Where the record stands.
    pub name: Domain,
    /// Its kind.
    pub kind: Kind,
    /// Its text, as it was answered; `None` where there is none.
    pub text: Option<Arc<[u8]>>,
    /// The bytes of the text.
    pub span: Option<Span>,
}

/// What to do about a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fix {
    /// Publish this text in place of what stands there.
    Publish(Replacement),
    /// Take the record away.
    Remove {
        /// Where.
        name: Domain,
        /// Which kind.
        kind: Kind,
    },
    /// What a sentence says, by its id, with arguments: nothing that could be pasted.
    Do(&'static str, Vec<(&'static str, Value)>),
}

/// A record to paste.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replacement {
    /// Where.
    pub name: Domain,
    /// Which kind.
    pub kind: Kind,
    /// The record's data: of a TXT record the text itself, of the others as a master file writes it.
    pub text: String,
}

impl Replacement {
    /// The record in a line, as a zone file has it without TTL: `example.jp. TXT "v=spf1 -all"`.
    #[must_use]
    pub fn line(&self) -> String {
        let name = self.name.as_str().to_owned();
        let written = Written { name, kind: self.kind, text: self.text.clone(), caveat: None };
        format!("{}. {} {}", written.name, written.kind, written.data())
    }
}

/// The findings of one rule, as they are made.
pub struct Findings {
    rule: &'static Rule,
    list: Vec<Finding>,
    passed_over: usize,
}

impl Findings {
    pub(crate) fn new(rule: &'static Rule) -> Self {
        Self { rule, list: Vec::new(), passed_over: 0 }
    }

    /// A new finding, with the rule's own sentence and severity. Beyond [`FINDING_COUNT_MAX`] the last one is written over,
    /// and counted.
    pub fn found(&mut self) -> &mut Finding {
        let finding = Finding {
            rule: self.rule,
            sentence: self.rule.sentence,
            severity: self.rule.severity,
            place: None,
            arguments: Vec::new(),
            fix: None,
        };
        if self.list.len() == FINDING_COUNT_MAX {
            self.passed_over += 1;
            self.list.pop();
        }
        self.list.push(finding);
        let last = self.list.len() - 1;
        &mut self.list[last]
    }

    /// A finding at a place.
    pub fn at(&mut self, place: Place) -> &mut Finding {
        let finding = self.found();
        finding.place = Some(place);
        finding
    }

    pub(crate) fn into_list(mut self) -> Vec<Finding> {
        if let (Some(last), 1..) = (self.list.last_mut(), self.passed_over) {
            last.arguments.push(("passed_over", self.passed_over.into()));
        }
        self.list
    }
}

impl Finding {
    /// Says how bad it is here.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// Chooses another sentence than the rule's.
    pub fn sentence(&mut self, id: &'static str) -> &mut Self {
        self.sentence = id;
        self
    }

    /// Adds an argument of the sentence.
    pub fn with(&mut self, name: &'static str, value: impl Into<Value>) -> &mut Self {
        self.arguments.push((name, value.into()));
        self
    }

    /// Adds an argument that is a word of a closed set.
    pub fn word(&mut self, name: &'static str, word: &'static str) -> &mut Self {
        self.arguments.push((name, Value::Word(word)));
        self
    }

    /// Says what to do.
    pub fn fix(&mut self, fix: Fix) -> &mut Self {
        self.fix = Some(fix);
        self
    }

    /// Says which text to publish in place of what stands there.
    pub fn publish(&mut self, name: Domain, kind: Kind, text: impl Into<String>) -> &mut Self {
        self.fix(Fix::Publish(Replacement { name, kind, text: text.into() }))
    }

    /// Says what to do by a sentence.
    pub fn advise(&mut self, sentence: &'static str) -> &mut Self {
        self.fix(Fix::Do(sentence, Vec::new()))
    }
}

impl Explain for Finding {
    fn id(&self) -> &'static str {
        self.sentence
    }

    fn rule(&self) -> Option<mailtext::Rule> {
        Some(self.rule.reference)
    }

    /// Its own arguments; before them `name` and `text` of its place.
    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let mut arguments = Vec::new();
        if let Some(place) = &self.place {
            arguments.push(("name", place.name.as_str().into()));
            if let (Some(text), Some(span)) = (&place.text, place.span) {
                arguments.push(("text", String::from_utf8_lossy(span.of(text)).into_owned().into()));
            }
        }
        arguments.extend(self.arguments.iter().cloned());
        arguments
    }
}

impl Place {
    /// A name and a kind, whatever stands there.
    #[must_use]
    pub fn of(question: &Question) -> Self {
        Self { name: question.name.clone(), kind: question.kind, text: None, span: None }
    }

    /// A whole record.
    #[must_use]
    pub fn record(question: &Question, text: &[u8]) -> Self {
        Self { text: Some(text.into()), ..Self::of(question) }
    }

    /// A part of a record.
    #[must_use]
    pub fn part(question: &Question, text: &[u8], span: Span) -> Self {
        Self { span: Some(span), ..Self::record(question, text) }
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.id)
    }
}
