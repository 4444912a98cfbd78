//! `sekisho check --profile`: what providers require. The built-in profiles are files of the program, `profiles/*.toml`; an
//! operator's own have the same form. An error names its line.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use audit::guideline::{Level, Met, REQUIREMENTS};
use audit::profile::{Condition, Fact, Held, Profile, Requirement, Scope, Sentence, Shown};
use audit::rule;
use mailtext::encoded_word::display_safe;
use mailtext::{Domain, Value};
use serde::Deserialize;
use serde_json::json;
use toml::Spanned;

use super::html::escape;
use super::message::hundredths;
use super::text::{declared, tone};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{
    PROFILE_CONDITION_COUNT_MAX, PROFILE_FILE_BYTES_MAX, PROFILE_REQUIREMENT_COUNT_MAX, PROFILE_TEXT_CHARACTERS_MAX,
};
use crate::paint::{Paint, Tone};
use crate::say::{Language, Say};

/// The built-in profiles, by name.
const BUILT_IN: [(&str, &str); 4] = [
    ("gmail", include_str!("../../profiles/gmail.toml")),
    ("yahoo", include_str!("../../profiles/yahoo.toml")),
    ("microsoft", include_str!("../../profiles/microsoft.toml")),
    ("guideline", include_str!("../../profiles/guideline.toml")),
];

/// A profile that was held against something.
pub(crate) struct Holding<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) held: Vec<Held<'a>>,
}

/// A profile's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: Spanned<String>,
    name: Spanned<String>,
    source: Spanned<String>,
    stated: Spanned<String>,
    requirement: Vec<Spanned<Row>>,
}

/// One requirement of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: Spanned<String>,
    en: Option<Spanned<String>>,
    ja: Option<Spanned<String>>,
    level: Spanned<String>,
    applies: Spanned<String>,
    reference: Spanned<String>,
    #[serde(default)]
    facts: Vec<Spanned<String>>,
    #[serde(default)]
    silent: Vec<Spanned<String>>,
    #[serde(default)]
    author_outside: Vec<Spanned<String>>,
    spam_rate_below: Option<Spanned<String>>,
    guideline: Option<Spanned<String>>,
    #[serde(default)]
    declared: bool,
}

/// The profiles of these names: built-in ones, or files.
///
/// # Errors
/// There is none of that name, or the file is wrong.
pub(super) fn read(names: &[String]) -> Result<Vec<Profile>, Failure> {
    names.iter().map(|name| one(name)).collect()
}

/// Whether a profile may have a requirement of this id: a built-in one has it or has not; of a profile of one's own nothing is
/// known before its file is named.
pub(crate) fn may_have_requirement(profile: &str, id: &str) -> bool {
    match BUILT_IN.iter().find(|(built_in, _)| *built_in == profile) {
        Some(_) => one(profile).is_ok_and(|profile| profile.requirements.iter().any(|one| *one.id == *id)),
        None => !profile.is_empty() && !id.is_empty(),
    }
}

fn one(name: &str) -> Result<Profile, Failure> {
    if let Some((_, text)) = BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
        return Reading { file: name, text }.profile();
    }
    let path = Path::new(name);
    if !path.exists() {
        let names = BUILT_IN.map(|(name, _)| name).join(", ");
        return Err(Failure::option("check-profile-unknown", "--profile", name).with("names", names));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| Failure::unreadable(name, &error))?;
    file.take(PROFILE_FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| Failure::unreadable(name, &error))?;
    let wrong = |id| Failure::new(ExitCode::Input, id).with("file", name);
    if bytes.len() as u64 > PROFILE_FILE_BYTES_MAX {
        return Err(wrong("check-profile-too-large").with("limit_bytes", PROFILE_FILE_BYTES_MAX));
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong("check-profile-not-text"))?;
    Reading { file: name, text: &text }.profile()
}

/// A file while it is read.
struct Reading<'a> {
    file: &'a str,
    text: &'a str,
}

impl Reading<'_> {
    fn profile(&self) -> Result<Profile, Failure> {
        let File { id, name, source, stated, requirement } = toml::from_str(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.wrong("check-profile-malformed", at).with("reason", error.message())
        })?;
        if requirement.len() > PROFILE_REQUIREMENT_COUNT_MAX {
            let wrong = self.wrong("check-profile-too-many", requirement[PROFILE_REQUIREMENT_COUNT_MAX].span().start);
            return Err(wrong.with("limit", PROFILE_REQUIREMENT_COUNT_MAX));
        }
        let mut seen = BTreeSet::new();
        let mut requirements = Vec::new();
        for row in requirement {
            let at = row.span().start;
            let requirement = self.requirement(row.into_inner(), at)?;
            if !seen.insert(requirement.id.clone()) {
                return Err(self.wrong("check-profile-twice", at).with("value", &*requirement.id));
            }
            requirements.push(requirement);
        }
        Ok(Profile {
            id: self.text(id)?,
            name: self.text(name)?,
            source: self.text(source)?,
            stated: self.text(stated)?,
            requirements,
        })
    }

    fn requirement(&self, row: Row, at: usize) -> Result<Requirement, Failure> {
        let level = self.word(&row.level, |word| {
            [Level::May, Level::Should, Level::Must].into_iter().find(|level| level.as_str() == word)
        })?;
        let scope =
            self.word(&row.applies, |word| [Scope::All, Scope::Bulk].into_iter().find(|one| one.as_str() == word))?;
        let conditions = self.conditions(&row)?;
        if conditions.is_empty() || conditions.len() > PROFILE_CONDITION_COUNT_MAX {
            let wrong = self.wrong("check-profile-conditions", at);
            return Err(wrong.with("value", row.id.into_inner()).with("limit", PROFILE_CONDITION_COUNT_MAX));
        }
        let sentence = match (row.en, row.ja) {
            (Some(en), Some(ja)) => Some(Sentence { en: self.text(en)?, ja: self.text(ja)? }),
            // The guideline's own requirements have their sentences in the catalogue.
            (None, None) if row.guideline.is_some() => None,
            _ => return Err(self.wrong("check-profile-no-sentence", at).with("value", row.id.into_inner())),
        };
        Ok(Requirement {
            id: self.text(row.id)?,
            sentence,
            level,
            scope,
            reference: self.text(row.reference)?,
            conditions,
        })
    }

    fn conditions(&self, row: &Row) -> Result<Vec<Condition>, Failure> {
        let mut conditions = Vec::new();
        for fact in &row.facts {
            conditions.push(Condition::Fact(self.word(fact, Fact::parse)?));
        }
        let rules = row.silent.iter().map(|id| self.word(id, rule::find)).collect::<Result<Vec<_>, _>>()?;
        if !rules.is_empty() {
            conditions.push(Condition::Silent(rules));
        }
        let domains = row.author_outside.iter().map(|name| self.word(name, |name| Domain::parse(name).ok()));
        let domains = domains.collect::<Result<Vec<_>, _>>()?;
        if !domains.is_empty() {
            conditions.push(Condition::AuthorOutside(domains));
        }
        if let Some(rate) = &row.spam_rate_below {
            conditions.push(Condition::SpamRateBelow(self.word(rate, |rate| hundredths(rate).ok())?));
        }
        if let Some(id) = &row.guideline {
            let find = |id: &str| REQUIREMENTS.iter().find(|requirement| requirement.id == id);
            conditions.push(Condition::Guideline(self.word(id, find)?));
        }
        if row.declared {
            conditions.push(Condition::Declared);
        }
        Ok(conditions)
    }

    /// A word of a closed set.
    fn word<T>(&self, word: &Spanned<String>, read: impl Fn(&str) -> Option<T>) -> Result<T, Failure> {
        let shown: String = word.get_ref().chars().take(PROFILE_TEXT_CHARACTERS_MAX).collect();
        read(word.get_ref()).ok_or_else(|| self.wrong("check-profile-word", word.span().start).with("value", shown))
    }

    /// Text that is shown: short, of one line, and nothing in it that would move a cursor.
    fn text(&self, text: Spanned<String>) -> Result<Box<str>, Failure> {
        let at = text.span().start;
        let text = text.into_inner();
        if text.is_empty() || text.chars().count() > PROFILE_TEXT_CHARACTERS_MAX || text.contains(char::is_control) {
            return Err(self.wrong("check-profile-text", at).with("limit", PROFILE_TEXT_CHARACTERS_MAX));
        }
        Ok(display_safe(&text).into())
    }

    fn wrong(&self, id: &'static str, at: usize) -> Failure {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Failure::new(ExitCode::Input, id).with("file", self.file).with("line", line)
    }
}

impl Holding<'_> {
    /// Whether a requirement of this level, or a stronger one, is not met.
    pub(super) fn fails(&self, least: Level) -> bool {
        let mut strong = self.held.iter().filter(|one| one.requirement.level >= least);
        strong.any(|one| matches!(one.met, Met::NotMet | Met::Partial))
    }

    pub(super) fn text(&self, say: &Say, paint: Paint, out: &mut String) {
        let _ = writeln!(out, "\n{}", paint.tone(Tone::Strong, &self.summary(say)));
        for one in &self.held {
            let head = format!("{} {}", one.requirement.id, say.word(one.met.label(one.declared.is_some())));
            let _ = writeln!(out, "\n{}  {}", paint.tone(tone(one.met), &head), sentence(one.requirement, say));
            for line in shown(one, say) {
                let _ = writeln!(out, "       {line}");
            }
        }
        let _ = writeln!(out, "\n{}", paint.tone(Tone::Faint, &self.source(say)));
    }

    pub(super) fn json(&self, say: &Say) -> serde_json::Value {
        let requirements: Vec<_> = self.held.iter().map(|one| requirement(one, say)).collect();
        json!({
            "id": self.profile.id,
            "name": self.profile.name,
            "source": self.profile.source,
            "stated": self.profile.stated,
            "requirements": requirements,
        })
    }

    pub(super) fn html(&self, say: &Say, out: &mut String) {
        let heads = ["id", "level", "requirement", "result", "evidence"];
        let heads: String = heads
            .iter()
            .map(|id| format!("<th scope=\"col\">{}</th>", escape(&say.word(&format!("check-label-{id}")))))
            .collect();
        let _ = writeln!(
            out,
            "<h3>{}</h3>\n<p>{}</p>\n<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>",
            escape(&self.summary(say)),
            escape(&self.source(say)),
        );
        for one in &self.held {
            let evidence: Vec<_> = shown(one, say).iter().map(|line| escape(line)).collect();
            let _ = writeln!(
                out,
                "<tr class=\"{}\"><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                one.met.as_str(),
                escape(&one.requirement.id),
                super::html::level_name(one.requirement.level.as_str()),
                escape(&sentence(one.requirement, say)),
                escape(&say.word(one.met.label(one.declared.is_some()))),
                evidence.join("<br>"),
            );
        }
        out.push_str("</tbody>\n</table>\n");
    }

    fn summary(&self, say: &Say) -> String {
        let count = |met: Met| Value::from(self.held.iter().filter(|one| one.met == met).count());
        let arguments = [
            ("name", Value::from(&*self.profile.name)),
            ("met", count(Met::Met)),
            ("partial", count(Met::Partial)),
            ("not_met", count(Met::NotMet)),
            ("unknown", count(Met::Unknown)),
            ("not_applicable", count(Met::NotApplicable)),
        ];
        say.say("check-profile-summary", &arguments)
    }

    fn source(&self, say: &Say) -> String {
        let arguments = [("source", Value::from(&*self.profile.source)), ("time", Value::from(&*self.profile.stated))];
        say.say("check-profile-source", &arguments)
    }
}

/// The object of a requirement.
fn requirement(one: &Held<'_>, say: &Say) -> serde_json::Value {
    let evidence: Vec<_> = one.shown.iter().map(|shown| say.explain(shown)).collect();
    let findings: BTreeSet<_> = one
        .shown
        .iter()
        .filter_map(|shown| match shown {
            Shown::Finding(finding) => Some(finding.rule.id),
            Shown::Said(_) => None,
        })
        .collect();
    json!({
        "id": one.requirement.id,
        "level": one.requirement.level.as_str(),
        "applies": one.requirement.scope.as_str(),
        "requirement": sentence(one.requirement, say),
        "result": one.met.as_str(),
        "evidence": evidence,
        "rules": findings,
        "declared": one.declared.map(|statement| json!({ "by": statement.by, "note": statement.note })),
        "reference": one.requirement.reference,
    })
}

fn sentence(requirement: &Requirement, say: &Say) -> String {
    let own = requirement.sentence.as_ref().map(|sentence| match say.language() {
        Language::Japanese => sentence.ja.to_string(),
        Language::English => sentence.en.to_string(),
    });
    own.unwrap_or_else(|| {
        let ours = requirement.conditions.iter().find_map(|condition| match condition {
            Condition::Guideline(ours) => Some(say.word(ours.sentence)),
            _ => None,
        });
        ours.unwrap_or_default()
    })
}

/// What shows it, a line each.
fn shown(one: &Held<'_>, say: &Say) -> Vec<String> {
    let mut lines: Vec<_> = one
        .shown
        .iter()
        .map(|shown| match shown {
            Shown::Finding(finding) => format!("{}: {}", finding.rule.id, say.explain(*finding)),
            Shown::Said(evidence) => say.explain(evidence),
        })
        .collect();
    if let Some(statement) = one.declared {
        lines.push(declared(statement, say));
    }
    lines
}

#[cfg(test)]
mod tests;
