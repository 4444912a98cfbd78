//! `--explain`: each DNS answer and each rule, numbered, in the order in which they were used.

mod others;
mod steps;

use std::fmt::Write as _;

use auth::Facts;
use lookup::{Answer, Question};
use mailtext::{Explain, Rule, Value};

use crate::limits::SHOWN_RECORD_CHARACTERS_MAX;
use crate::paint::{Paint, Tone, blanks, columns};
use crate::say::Say;
use steps::Step;

/// One step, ready to be shown.
enum Shown {
    /// A question, its answer, how long the answer holds.
    Asked { question: String, answer: String, note: String },
    /// A sentence.
    Sentence { text: String, rule: Option<Rule> },
}

/// The evidence of a message.
pub(crate) fn evidence(facts: &Facts, say: &Say, paint: Paint) -> String {
    let mut parts: Vec<(String, Vec<Shown>)> = Vec::new();
    if let Some(both) = &facts.spf {
        let told = |outcome: &spf::Outcome| {
            let wish = outcome.result.report_wish().map(|wish| sentence(&wish, say));
            spf_steps(&outcome.evidence, say).into_iter().chain(wish).collect::<Vec<_>>()
        };
        let (mail_from, helo) = (told(&both.mail_from), told(&both.helo));
        let same = facts.envelope.mail_from == Some(Ok(mailtext::ReversePath::Null));
        if !same && !helo.is_empty() {
            parts.push(("SPF (HELO)".to_owned(), helo));
        }
        if !mail_from.is_empty() {
            parts.push(("SPF (MAIL FROM)".to_owned(), mail_from));
        }
    }
    for outcome in &facts.dkim {
        let parsed = &outcome.result.parsed;
        let name =
            |domain: &Option<mailtext::Domain>| domain.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string);
        let title = format!("DKIM d={} s={}", name(&parsed.domain), name(&parsed.selector));
        parts.push((title, steps(&outcome.evidence, say)));
    }
    parts.push(("DMARC".to_owned(), steps(&facts.dmarc.evidence, say)));
    // A method that found nothing to look at has no evidence.
    parts.extend(others::parts(&facts.others, say).into_iter().filter(|(_, steps)| !steps.is_empty()));
    list(&parts, paint)
}

/// The evidence of one SPF check.
pub(crate) fn spf_evidence(steps: &[spf::Step], say: &Say, paint: Paint) -> String {
    list(&[(String::new(), spf_steps(steps, say))], paint)
}

/// The evidence of one Sender ID check.
pub(crate) fn sender_id_evidence(steps: &[spf::sender_id::Step], say: &Say, paint: Paint) -> String {
    list(&[(String::new(), sender_id_steps(steps, say))], paint)
}

fn spf_steps(steps: &[spf::Step], say: &Say) -> Vec<Shown> {
    steps.iter().flat_map(|step| spf_step(step, say)).collect()
}

fn spf_step(step: &spf::Step, say: &Say) -> Vec<Shown> {
    match step {
        spf::Step::Asked { question, answer } => vec![asked(question, answer, say)],
        spf::Step::Record { at, answer, .. } => {
            vec![asked(&Question::txt(at.domain().clone()), answer, say), sentence(step, say)]
        }
        step => vec![sentence(step, say)],
    }
}

fn sender_id_steps(steps: &[spf::sender_id::Step], say: &Say) -> Vec<Shown> {
    let shown = |step: &spf::sender_id::Step| match step {
        spf::sender_id::Step::Spf(step) => spf_step(step, say),
        step => vec![sentence(step, say)],
    };
    steps.iter().flat_map(shown).collect()
}

fn steps<S: Step>(steps: &[S], say: &Say) -> Vec<Shown> {
    let shown = |step: &S| match step.asked() {
        Some((question, answer)) => asked(question, answer, say),
        None => sentence(step, say),
    };
    steps.iter().map(shown).collect()
}

fn sentence(step: &dyn Explain, say: &Say) -> Shown {
    Shown::Sentence { text: say.explain(step), rule: step.rule() }
}

fn asked(question: &Question, answer: &Answer, say: &Say) -> Shown {
    let records = answer.data().iter().map(|data| shortened(&data.to_string())).collect::<Vec<_>>().join(" | ");
    let mut arguments = vec![
        ("name", Value::from(&question.name)),
        ("kind", Value::Word(question.kind.as_str())),
        ("answer", Value::Word(answer.word())),
    ];
    if !records.is_empty() {
        arguments.push(("data", records.into()));
    }
    let whole = say.say("spf-asked", &arguments);
    let (_, answered) = whole.split_once(" → ").unwrap_or(("", &whole));
    let note = match answer {
        Answer::Records(records) => {
            let ttl = say.say("verify-ttl", &[("seconds", u64::from(records.ttl_s).into())]);
            let authentic = if records.dnssec == lookup::Dnssec::Authenticated { " AD" } else { "" };
            format!("{ttl}{authentic}")
        }
        _ => String::new(),
    };
    Shown::Asked { question: question.to_string(), answer: answered.to_owned(), note }
}

/// The beginning of a record that is too long for a line: keys are.
fn shortened(record: &str) -> String {
    let count = record.chars().count();
    if count <= SHOWN_RECORD_CHARACTERS_MAX {
        return record.to_owned();
    }
    let head: String = record.chars().take(SHOWN_RECORD_CHARACTERS_MAX - 1).collect();
    format!("{head}…\"")
}

fn list(parts: &[(String, Vec<Shown>)], paint: Paint) -> String {
    let all = || parts.iter().flat_map(|(_, steps)| steps);
    let number_columns = all().count().to_string().len().max(2);
    let questions = all().filter_map(|step| match step {
        Shown::Asked { question, .. } => Some(columns(question)),
        Shown::Sentence { .. } => None,
    });
    let question_columns = questions.max().unwrap_or(0).min(QUESTION_COLUMNS_MAX);
    let (mut text, mut number) = (String::new(), 0);
    for (title, steps) in parts {
        if !title.is_empty() {
            let _ = writeln!(text, "  {}", paint.tone(Tone::Faint, title));
        }
        for step in steps {
            number += 1;
            let _ = write!(text, "  {number:>number_columns$}  ");
            let _ = match step {
                Shown::Asked { question, answer, note } => {
                    let gap = if note.is_empty() { "" } else { "   " };
                    let note = paint.tone(Tone::Faint, note);
                    writeln!(text, "{question}{} → {answer}{gap}{note}", blanks(question, question_columns))
                }
                Shown::Sentence { text: sentence, rule: Some(rule) } => {
                    writeln!(text, "{sentence}   {}", paint.tone(Tone::Faint, &rule.to_string()))
                }
                Shown::Sentence { text: sentence, rule: None } => writeln!(text, "{sentence}"),
            };
        }
    }
    text
}

/// Longer questions push their answer to the right, instead of all answers.
const QUESTION_COLUMNS_MAX: usize = 48;
