//! Text of strangers in a picture: how wide it is, what is cut, what is escaped, what is made visible.

use unicode_width::UnicodeWidthChar as _;

use crate::limits::{LABEL_COLUMNS_MAX, TEXT_COLUMNS_MAX};

/// Height of the letters, in units of the view box.
pub(crate) const SIZE: i32 = 12;

/// A text with everything visible that has no shape or turns the direction of writing: `⟨202E⟩`. Line ends and tabs
/// become blanks.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\t' | '\n' | '\r' => out.push(' '),
            letter if is_hidden(letter) => out.push_str(&format!("⟨{:04X}⟩", u32::from(letter))),
            letter => out.push(letter),
        }
    }
    out
}

/// Controls, marks of direction, letters without width that are no part of another letter, and what XML 1.0 cannot hold.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// A label as it is drawn: visible, not longer than a label may be.
pub(crate) fn label(text: &str) -> String {
    clip(&visible(text), LABEL_COLUMNS_MAX)
}

/// A title or a description as it is written.
pub(crate) fn prose(text: &str) -> String {
    clip(&visible(text), TEXT_COLUMNS_MAX)
}

/// A label that is not wider than `room`, in units of the view box.
pub(crate) fn label_within(text: &str, room: i32) -> String {
    let label = label(text);
    if width(&label) <= room {
        return label;
    }
    let mut out = String::new();
    let mut taken = width("…");
    for letter in label.chars() {
        taken += letter_width(letter, SIZE);
        if taken > room {
            break;
        }
        out.push(letter);
    }
    out.push('…');
    out
}

/// How wide a text is at least given, in units of the view box. There is no font to ask: a wide letter (UAX #11) is as
/// wide as it is high, any other is taken for a broad one.
pub(crate) fn width(text: &str) -> i32 {
    width_at(text, SIZE)
}

/// As [`width`], for letters of another height.
pub(crate) fn width_at(text: &str, size: i32) -> i32 {
    text.chars().map(|letter| letter_width(letter, size)).fold(0, i32::saturating_add)
}

/// For text and for the value of an attribute.
pub(crate) fn escape(text: &str, out: &mut String) {
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
}

fn clip(text: &str, columns_max: usize) -> String {
    let mut columns = 0;
    for (at, letter) in text.char_indices() {
        columns += letter.width().unwrap_or_default();
        // Letters that have no width could go on for ever.
        if columns > columns_max || at > columns_max * 8 {
            let kept: String = text[..at].chars().collect();
            return format!("{}…", drop_last(&kept));
        }
    }
    text.to_owned()
}

/// Without the last letter: `…` stands in its place.
fn drop_last(text: &str) -> &str {
    text.char_indices().next_back().map_or("", |(at, _)| &text[..at])
}

fn letter_width(letter: char, size: i32) -> i32 {
    match letter.width().unwrap_or_default() {
        0 => 0,
        1 if matches!(letter, 'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '|' | '!' | '\'' | ' ') => size * 35 / 100,
        1 if matches!(letter, 'm' | 'w' | 'M' | 'W' | '%' | '@' | '…') => size * 95 / 100,
        1 => size * 60 / 100,
        _ => size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides() {
        assert_eq!(visible("a\u{202e}gpj.exe\0\r\nb"), "a⟨202E⟩gpj.exe⟨0000⟩  b");
        assert_eq!(visible("受信 ✓ é が"), "受信 ✓ é が");
        assert_eq!(visible("\u{ffff}\u{85}\u{2066}"), "⟨FFFF⟩⟨0085⟩⟨2066⟩");
    }

    #[test]
    fn wide_letters_are_as_wide_as_high() {
        assert_eq!(width("受信"), 24);
        assert_eq!(width("ab"), 14);
    }

    #[test]
    fn labels_are_cut_at_the_limit_and_not_before() {
        assert_eq!(label(&"a".repeat(80)), "a".repeat(80));
        assert_eq!(label(&"a".repeat(81)), format!("{}…", "a".repeat(79)));
        assert_eq!(label(&"漢".repeat(41)), format!("{}…", "漢".repeat(39)));
        assert!(label(&"\u{301}".repeat(10_000)).len() < 2_000);
        assert_eq!(label_within("municipality", 60), "municip…");
        assert_eq!(label_within("町", 60), "町");
    }

    #[test]
    fn markup_is_text() {
        let mut out = String::new();
        escape("<b a=\"x\" c='y'>&", &mut out);
        assert_eq!(out, "&lt;b a=&quot;x&quot; c=&#39;y&#39;&gt;&amp;");
    }
}
