//! A check as text: how it stands first, then what was found, the worst first, then the guideline.

use std::fmt::Write as _;

use audit::guideline::{Answered, Met, scores};
use audit::known::Statement;
use audit::{Finding, Severity};
use dashboard::told;
use mailtext::Value;

use super::{Checked, spf_tree};
use crate::paint::{Paint, Tone, blanks};
use crate::say::Say;
use crate::time;

/// What is shown beside findings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parts {
    /// The requirements of the guideline.
    pub(super) guideline: bool,
    /// The tree of the SPF record.
    pub(super) spf_tree: bool,
}

/// Shows a domain.
pub(super) fn show(checked: &Checked<'_>, parts: Parts, say: &Say, paint: Paint) -> String {
    let domain = checked.snapshot.subject.domain.as_str();
    let mut out = paint.tone(Tone::Strong, &summary(domain, checked.findings, say)) + "\n";
    findings(checked.findings, say, paint, &mut out);
    if parts.spf_tree {
        out.push('\n');
        out.push_str(&spf_tree::render_text(&checked.snapshot.spf.tree, say, paint));
    }
    if parts.guideline {
        out.push('\n');
        guideline(checked.guideline, say, paint, &mut out);
    }
    checked.profiles.iter().for_each(|profile| profile.text(say, paint, &mut out));
    out.push('\n');
    out
}

/// How many findings there are: of a domain, or of a message.
pub(super) fn summary(about: &str, findings: &[Finding], say: &Say) -> String {
    let count = |severity| Value::from(findings.iter().filter(|finding| finding.severity == severity).count());
    say.say(
        "check-summary",
        &[
            ("domain", about.into()),
            ("errors", count(Severity::Error)),
            ("warnings", count(Severity::Warning)),
            ("notes", count(Severity::Info)),
        ],
    )
}

/// The findings, the worst first.
pub(super) fn findings(findings: &[Finding], say: &Say, paint: Paint, out: &mut String) {
    let mut findings: Vec<_> = findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in findings {
        let (mark, tone) = match finding.severity {
            Severity::Error => ("✗", Tone::Bad),
            Severity::Warning => ("!", Tone::Doubtful),
            Severity::Info => ("·", Tone::Faint),
        };
        let _ =
            writeln!(out, "\n{} {}", paint.tone(tone, &format!("{mark} {}", finding.rule.id)), say.explain(finding));
        if let Some(fix) = &finding.fix {
            let _ =
                writeln!(out, "  {} {}", paint.tone(Tone::Faint, &say.word("check-label-fix")), told::fix(fix, say));
        }
        let _ = writeln!(out, "  {}", paint.tone(Tone::Faint, &finding.rule.reference.to_string()));
    }
}

fn guideline(answered: &[Answered<'_>], say: &Say, paint: Paint, out: &mut String) {
    let _ = writeln!(out, "{}", paint.tone(Tone::Strong, &say.word("check-guideline")));
    for score in scores(answered) {
        let line = say.say(
            "check-score",
            &[
                ("level", Value::Word(score.level.as_str())),
                ("met", score.met.into()),
                ("total", score.applicable().into()),
                ("partial", score.partial.into()),
                ("not_met", score.not_met.into()),
                ("unknown", score.unknown.into()),
            ],
        );
        let _ = writeln!(out, "  {line}");
    }
    for one in answered {
        let (id, word) = (one.requirement.id, say.word(one.met.label(one.declared.is_some())));
        let head = format!("{id}{} {word}", blanks(id, 4));
        let _ = writeln!(out, "\n{} {}", paint.tone(tone(one.met), &head), say.word(one.requirement.sentence));
        for evidence in &one.evidence {
            let _ = writeln!(out, "       {}", say.explain(evidence));
        }
        if let Some(statement) = one.declared {
            let _ = writeln!(out, "       {}", declared(statement, say));
        }
        if let Some(fix) = &one.fix {
            let _ = writeln!(out, "       {} {}", say.word("check-label-fix"), told::fix(fix, say));
        }
    }
}

/// How a result looks.
pub(super) fn tone(met: Met) -> Tone {
    match met {
        Met::Met => Tone::Good,
        Met::NotMet => Tone::Bad,
        Met::Partial | Met::Unknown => Tone::Doubtful,
        Met::NotApplicable => Tone::Faint,
    }
}

/// What the operator declared, as a sentence.
pub(super) fn declared(statement: &Statement, say: &Say) -> String {
    let arguments =
        [("name", (&*statement.by).into()), ("date", date(statement).into()), ("text", (&*statement.note).into())];
    say.say("check-declared", &arguments).trim_end().to_owned()
}

/// The day of a statement: 2026-11-01.
pub(super) fn date(statement: &Statement) -> String {
    time::rfc3339(u64::try_from(statement.at_s).unwrap_or_default()).chars().take(10).collect()
}
