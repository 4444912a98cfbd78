//! What to do about a finding, as text: a record to paste, or a sentence.

use audit::Fix;

use crate::say::Say;

/// A fix in one line.
pub(super) fn line(fix: &Fix, say: &Say) -> String {
    match fix {
        Fix::Publish(record) => record.line(),
        Fix::Remove { name, kind } => {
            say.say("check-remove", &[("name", name.as_str().into()), ("kind", mailtext::Value::Word(kind.as_str()))])
        }
        Fix::Do(sentence, arguments) => say.say(sentence, arguments),
    }
}
