//! Alerts become a letter: what was noticed, on which day, and the next step for each. One letter tells of all that was
//! noticed since the one before.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use feedback::ArchiveError;
use serde_json::json;
use store::archive::{AlertLine, AlertQuery, NoticeChange, NoticeKind, NoticeQuery};

use super::noticed::Noticed;
use super::{DAY_S, Letter, Manner, Telling};
use crate::limits::LETTER_ALERT_COUNT_MAX;
use crate::paint::columns;
use crate::say::Say;

impl Telling {
    /// Writes a letter of what waits to be told, when it may go now.
    pub(super) async fn write_alerts(&self, manner: &Manner, now_s: u64) -> Result<(), ArchiveError> {
        if manner.config.quiet.is_some_and(|quiet| quiet.ends_s(now_s, manner.config.clock).is_some()) {
            return Ok(());
        }
        let mut waiting = self.archive.alerts(AlertQuery { is_waiting: true, ..AlertQuery::default() }).await?;
        waiting.truncate(LETTER_ALERT_COUNT_MAX);
        if waiting.is_empty() || manner.places().is_empty() {
            return Ok(());
        }
        let lately = self.archive.notices(NoticeQuery::MadeSince { from_s: now_s.saturating_sub(DAY_S - 1) }).await?;
        let letters: BTreeSet<&str> =
            lately.iter().filter(|one| one.kind == NoticeKind::Alerts).map(|one| &*one.id).collect();
        if letters.len() >= manner.config.letters_per_day {
            return Ok(());
        }
        let told = NoticeChange::Told(waiting.iter().map(|line| line.id).collect());
        // What a later version noticed nobody can read here.
        waiting.retain(|line| Noticed::read(line).is_some());
        if waiting.is_empty() {
            return self.archive.note(vec![told]).await;
        }
        let composed = letter(manner, &waiting);
        let changes = composed.changes(manner, now_s).chain([told]);
        self.archive.note(changes.collect()).await
    }
}

fn letter(manner: &Manner, lines: &[AlertLine]) -> Letter {
    let say = &manner.words;
    let alerts: Vec<Noticed> = lines.iter().filter_map(Noticed::read).collect();
    let mut text = String::new();
    for alert in &alerts {
        let day = insight::digest::date(alert.day());
        text.push_str(&folded(&format!("* {day}  {}", alert.text(say)), "  "));
        for record in alert.records() {
            let _ = writeln!(text, "    {}", clipped(&record));
        }
        text.push_str(&folded(&format!("  → {}", alert.hint(say)), "    "));
        text.push('\n');
    }
    text.push_str(&foot(manner));
    let objects = alerts.iter().map(|alert| alert.object(say));
    Letter {
        kind: NoticeKind::Alerts,
        parts: lines.iter().map(|line| line.id.to_string()).collect(),
        subject: subject(say, &alerts),
        text,
        data: json!({ "alerts": objects.collect::<Vec<_>>() }),
    }
}

/// What a list of letters shows: the one alert, or how many there are of how many domains.
fn subject(say: &Say, alerts: &[Noticed]) -> String {
    let domains: BTreeSet<&str> = alerts.iter().map(Noticed::domain).collect();
    match (alerts, domains.len()) {
        ([alert], _) => alert.subject(say),
        (_, 0 | 1) => {
            let domain = domains.first().copied().unwrap_or_default();
            let arguments = [("domain", domain.into()), ("count", alerts.len().into())];
            say.say("reports-label-subject-alerts", &arguments)
        }
        (_, count) => {
            let arguments = [("count", alerts.len().into()), ("domains", count.into())];
            say.say("reports-label-subject-alerts-several", &arguments)
        }
    }
}

/// A record as one line of mail.
fn clipped(record: &str) -> &str {
    // RFC 5322 §2.1.1: a line must not have more than 998 characters.
    &record[..record.floor_char_boundary(RECORD_BYTES_MAX)]
}

/// Who wrote the letter, and what it goes by.
pub(super) fn foot(manner: &Manner) -> String {
    let told = manner.words.say("reports-label-foot", &[("station", manner.station.as_str().into())]);
    // RFC 3676 §4.3: what stands below this line is no part of the letter.
    format!("-- \n{}", folded(&told, ""))
}

/// A paragraph in lines of no more columns than a terminal has; from the second on, `indent` stands before them. Records
/// to be copied stay whole, and so does every word.
pub(super) fn folded(text: &str, indent: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 32 + 1);
    for paragraph in text.lines() {
        fold_line(paragraph, indent, &mut out);
    }
    out
}

fn fold_line(text: &str, indent: &str, out: &mut String) {
    let mut line = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let piece = &rest[..piece_end(rest)];
        let is_full = columns(&line) + columns(piece.trim_end()) > LINE_COLUMNS_MAX;
        if is_full && !line.trim().is_empty() {
            let _ = writeln!(out, "{}", line.trim_end());
            indent.clone_into(&mut line);
        }
        line.push_str(piece);
        rest = &rest[piece.len()..];
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

/// Where the first piece of a text ends that stays whole: a word with the blanks behind it, or a Japanese letter with the
/// punctuation that must not begin a line.
fn piece_end(text: &str) -> usize {
    let mut letters = text.char_indices().peekable();
    let mut is_blank = false;
    while let Some((at, letter)) = letters.next() {
        if is_blank && letter != ' ' {
            return at;
        }
        is_blank |= letter == ' ';
        let Some((next_at, next)) = letters.peek().copied() else { break };
        let may_part = (is_wide(letter) || is_wide(next)) && !"「(".contains(letter) && !"」。、)ー:".contains(next);
        if may_part && next != ' ' && !is_blank {
            return next_at;
        }
    }
    text.len()
}

fn is_wide(letter: char) -> bool {
    matches!(letter, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Most of a record that a letter shows, in bytes; the whole is in the history.
const RECORD_BYTES_MAX: usize = 900;
/// RFC 5322 §2.1.1: lines of a message should have no more than 78 characters.
const LINE_COLUMNS_MAX: usize = 76;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_where_they_may_be() {
        let long = "one two three ".repeat(12);
        let text = folded(&format!("* {long}"), "  ");
        assert!(text.lines().all(|line| columns(line) <= LINE_COLUMNS_MAX), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("  ")) && text.lines().count() == 3, "{text}");
        let joined: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(joined, format!("* {}", long.trim_end()), "nothing is lost");
        // A word that is too long stays whole.
        let record = format!("record {}", "x".repeat(200));
        assert_eq!(folded(&record, "").lines().map(str::len).collect::<Vec<_>>(), [6, 200]);
        assert_eq!(folded("", "  "), "");
    }

    #[test]
    fn japanese_is_folded_between_letters() {
        let sentence = "これまで届いていたレポートが届いていません。送信元を確認してください。".repeat(3);
        let text = folded(&sentence, "  ");
        assert!(text.lines().all(|line| columns(line) <= LINE_COLUMNS_MAX + 2), "{text}");
        assert!(text.lines().count() > 2 && !text.lines().any(|line| line.trim().starts_with('。')), "{text}");
        assert_eq!(text.lines().map(str::trim).collect::<String>(), sentence, "nothing is lost");
        // Names within stay whole.
        let name = "mail-out-with-a-long-name.example.co.jp";
        let text = folded(&format!("{}{name} です。", "あ".repeat(30)), "");
        assert!(text.lines().any(|line| line.starts_with(name)), "{text}");
    }
}
