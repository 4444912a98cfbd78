//! A check as one HTML file that can be printed and handed in: no script, nothing fetched.

use std::fmt::Write as _;

use audit::guideline::scores;
use audit::{Finding, Severity};
use dashboard::told;
use mailtext::Value;

use super::Checked;
use super::profile::Holding;
use super::text::{declared, summary};
use crate::say::{Language, Say};
use crate::time;

/// The beginning of the file.
pub(super) fn head(say: &Say, now_s: u64) -> String {
    let language = if say.language() == Language::Japanese { "ja" } else { "en" };
    let (title, made) = (say.word("check-title"), say.say("check-made", &[("time", time::rfc3339(now_s).into())]));
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<header><h1>{title}</h1><p>{made}</p></header>\n<main>\n",
        title = escape(&title),
        made = escape(&made),
    )
}

/// The end of the file.
pub(super) const TAIL: &str = "</main>\n</body>\n</html>\n";

/// The section of a domain.
pub(super) fn section(checked: &Checked<'_>, say: &Say) -> String {
    let domain = checked.snapshot.subject.domain.as_str();
    let mut out = beginning(domain, checked.findings, say);
    if !checked.guideline.is_empty() {
        guideline(checked, say, &mut out);
    }
    checked.profiles.iter().for_each(|profile| profile.html(say, &mut out));
    findings(checked.findings, say, &mut out);
    out.push_str("</section>\n");
    out
}

/// The section of a message; `lines` say what verification found.
pub(super) fn message(file: &str, lines: &[String], found: &[Finding], profiles: &[Holding<'_>], say: &Say) -> String {
    let mut out = beginning(file, found, say);
    let items: String = lines.iter().map(|line| format!("<li>{}</li>\n", escape(line))).collect();
    let _ = writeln!(out, "<ul>\n{items}</ul>");
    profiles.iter().for_each(|profile| profile.html(say, &mut out));
    findings(found, say, &mut out);
    out.push_str("</section>\n");
    out
}

/// The section of an input that is no message.
pub(super) fn refused(file: &str, reason: &str) -> String {
    format!("<section>\n<h2>{}</h2>\n<p>{}</p>\n</section>\n", escape(file), escape(reason))
}

fn beginning(about: &str, found: &[Finding], say: &Say) -> String {
    let summary = summary(about, found, say);
    format!("<section>\n<h2>{}</h2>\n<p>{}</p>\n", escape(about), escape(&summary))
}

fn guideline(checked: &Checked<'_>, say: &Say, out: &mut String) {
    let _ = writeln!(out, "<h3>{}</h3>\n<ul>", escape(&say.word("check-guideline")));
    for score in scores(checked.guideline) {
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
        let _ = writeln!(out, "<li>{}</li>", escape(&line));
    }
    let heads = [
        "check-label-id",
        "check-label-level",
        "check-label-requirement",
        "check-label-result",
        "check-label-evidence",
    ];
    let heads: String = heads.iter().map(|id| format!("<th scope=\"col\">{}</th>", escape(&say.word(id)))).collect();
    let _ = writeln!(out, "</ul>\n<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>");
    for one in checked.guideline {
        let mut evidence: Vec<_> = one.evidence.iter().map(|evidence| escape(&say.explain(evidence))).collect();
        if let Some(statement) = one.declared {
            evidence.push(escape(&declared(statement, say)));
        }
        if let Some(fix) = &one.fix {
            let label = escape(&say.word("check-label-fix"));
            evidence.push(format!("<strong>{label}</strong> <code>{}</code>", escape(&told::fix(fix, say))));
        }
        let _ = writeln!(
            out,
            "<tr class=\"{class}\"><th scope=\"row\">{id}</th><td>{level}</td><td>{text}</td><td>{result}</td><td>{evidence}</td></tr>",
            class = one.met.as_str(),
            id = one.requirement.id,
            level = level_name(one.requirement.level.as_str()),
            text = escape(&say.word(one.requirement.sentence)),
            result = escape(&say.word(one.met.label(one.declared.is_some()))),
            evidence = evidence.join("<br>"),
        );
    }
    out.push_str("</tbody>\n</table>\n");
}

/// The guideline's own words: Must, Should, May.
pub(super) fn level_name(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

fn findings(found: &[Finding], say: &Say, out: &mut String) {
    if found.is_empty() {
        return;
    }
    let heads = ["check-label-rule", "check-label-severity", "check-label-finding"];
    let heads: String = heads.iter().map(|id| format!("<th scope=\"col\">{}</th>", escape(&say.word(id)))).collect();
    let _ = writeln!(
        out,
        "<h3>{}</h3>\n<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>",
        escape(&say.word("check-findings"))
    );
    let mut sorted: Vec<_> = found.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in sorted {
        let (label, class) = match finding.severity {
            Severity::Error => ("check-label-error", "not_met"),
            Severity::Warning => ("check-label-warning", "partial"),
            Severity::Info => ("check-label-info", "unknown"),
        };
        let mut text = escape(&say.explain(finding));
        if let Some(record) = underlined(finding) {
            let _ = write!(text, "<br><code>{record}</code>");
        }
        if let Some(fix) = &finding.fix {
            let label = escape(&say.word("check-label-fix"));
            let _ = write!(text, "<br><strong>{label}</strong> <code>{}</code>", escape(&told::fix(fix, say)));
        }
        let _ = writeln!(
            out,
            "<tr class=\"{class}\"><th scope=\"row\">{}</th><td>{}</td><td>{text}</td></tr>",
            finding.rule.id,
            escape(&say.word(label)),
        );
    }
    out.push_str("</tbody>\n</table>\n");
}

/// The record with the bytes in question marked.
fn underlined(finding: &Finding) -> Option<String> {
    let place = finding.place.as_ref()?;
    let (text, span) = (place.text.as_deref()?, place.span?);
    let (start, end) = (span.start as usize, span.end as usize);
    let part = |from: usize, to: usize| escape(&String::from_utf8_lossy(text.get(from..to).unwrap_or_default()));
    Some(format!("{}<mark>{}</mark>{}", part(0, start), part(start, end), part(end, text.len())))
}

pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            control if control.is_control() => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

const STYLE: &str = "\
:root{color-scheme:light dark;--met:#1a7f37;--not:#b42318;--part:#9a6700;--line:#8886}\
body{font:16px/1.6 system-ui,'Hiragino Sans','Noto Sans CJK JP',sans-serif;max-width:72rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}\
table{border-collapse:collapse;width:100%;margin:1rem 0}\
th,td{border:1px solid var(--line);padding:.4rem .6rem;text-align:start;vertical-align:top}\
tbody th,td:nth-child(2),td:nth-child(4){white-space:nowrap}\
code{font-family:ui-monospace,monospace}\
mark{background:#ffd54a;color:#000}\
tr.met>td:nth-child(4){color:var(--met)}tr.not_met>td:nth-child(4),tr.not_met>td:nth-child(2){color:var(--not)}\
tr.partial>td:nth-child(4),tr.partial>td:nth-child(2){color:var(--part)}\
@media screen and (prefers-color-scheme:dark){:root{--met:#4ac26b;--not:#ff8182;--part:#e3b341}}\
@media screen and (max-width:40rem){table,tbody,tr,th,td{display:block}thead{display:none}tr{margin-bottom:1rem}tbody th,td:nth-child(2),td:nth-child(4){white-space:normal}}\
@media print{body{max-width:none;padding:0;font-size:10pt}tr{break-inside:avoid}h2,h3{break-after:avoid}}";

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_from_outside_becomes_markup() {
        assert_eq!(super::escape("<a href=\"x\">&\u{1b}"), "&lt;a href=&quot;x&quot;&gt;&amp;\u{fffd}");
    }
}
