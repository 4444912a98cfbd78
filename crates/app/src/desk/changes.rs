//! Changes between two audits, for people and for programs.

use audit::history::{Change, Way};
use audit::rule;
use dashboard::told;
use mailtext::encoded_word::display_safe;
use serde_json::Value;

use crate::paint::{Paint, Tone};
use crate::say::Say;

/// A change as lines: what it does to mail, and what stood and stands there.
pub(crate) fn lines(change: &Change, say: &Say, paint: Paint) -> Vec<String> {
    let (mark, tone) = match change.way() {
        Way::Worse => ("✗", Tone::Bad),
        Way::Better => ("✓", Tone::Good),
        Way::Other => ("!", Tone::Doubtful),
    };
    let mut lines = vec![format!("{} {}", paint.tone(tone, mark), say.explain(change))];
    lines.extend(texts(change).into_iter().map(|line| format!("    {}", paint.tone(Tone::Faint, &line))));
    lines
}

/// What stood there and what stands there, a line each: `- v=spf1 …`, `+ v=spf1 …`.
pub(crate) fn texts(change: &Change) -> Vec<String> {
    let Change::Record { old, new, .. } = change else { return Vec::new() };
    let shown = |mark: &str, text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        // A policy is a file of several lines.
        let lines: Vec<_> = text.lines().map(|line| display_safe(line).into_owned()).collect();
        format!("{mark} {}", lines.join(" | "))
    };
    let gone = old.iter().filter(|text| !new.contains(text)).map(|text| shown("-", text));
    gone.chain(new.iter().filter(|text| !old.contains(text)).map(|text| shown("+", text))).collect()
}

/// The same as an object of JSON.
pub(crate) fn object(change: &Change, say: &Say) -> Value {
    let mut object = told::change(change, say);
    if let Change::Finding { rule: id, .. } = change {
        object["reference"] = rule::find(id).map(|rule| rule.reference.to_string()).into();
    }
    object
}
