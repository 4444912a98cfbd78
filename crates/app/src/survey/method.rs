//! How a survey was made, as it is published with its tables.

use audit::limits::SURVEY_GROUP_COUNT_MAX;
use audit::survey::Table;
use audit::survey::tally::in_tenths;

use super::manifest::Manifest;
use crate::reports::table::grouped;
use crate::say::Say;

/// How the survey was made, in sentences.
pub(super) fn lines(manifest: &Manifest, table: &Table, say: &Say) -> Vec<String> {
    let number = |number: u64| mailtext::Value::from(grouped(number));
    let list = &manifest.list;
    let mut lines = Vec::new();
    // What was made without a manifest has no method to be told of.
    if !manifest.begun.is_empty() {
        lines.push(say.say(
            "survey-made",
            &[
                ("names", number(manifest.names)),
                ("begun", manifest.begun.as_str().into()),
                ("ended", manifest.ended.as_str().into()),
                ("unanswered", number(manifest.names_unanswered)),
            ],
        ));
        lines.push(say.say(
            "survey-list",
            &[
                ("file", list.name.as_str().into()),
                ("hash", list.sha256.as_str().into()),
                ("names", number(list.names)),
                ("duplicates", number(list.duplicates)),
                ("refused", number(list.refused)),
                ("opted_out", number(list.opted_out)),
            ],
        ));
        let asked =
            [("resolvers", manifest.resolvers.join(", ").into()), ("version", manifest.version.as_str().into())];
        lines.push(say.say("survey-resolver", &asked));
    }
    if let Some(sample) = &manifest.sample {
        // Hundredths of a per cent are enough to recognise it; the manifest has all digits.
        let share = in_tenths(u64::from(sample.per_million) / 1_000);
        lines.push(say.say("survey-sample", &[("share", share.into()), ("seed", sample.seed.to_string().into())]));
    }
    lines.push(say.word("survey-how-counted"));
    if table.beyond() > 0 {
        let limit = number(SURVEY_GROUP_COUNT_MAX as u64);
        lines.push(say.say("survey-beyond", &[("count", number(table.beyond())), ("limit", limit)]));
    }
    lines
}
