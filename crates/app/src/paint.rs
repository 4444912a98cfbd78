//! Colour, on terminals only; and columns that line up in Japanese too.

use std::io::IsTerminal as _;

use unicode_width::UnicodeWidthStr as _;

/// Whether and how text is coloured.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Paint {
    /// With the codes of ECMA-48.
    Coloured,
    /// As it is.
    Plain,
}

/// What a colour means here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tone {
    /// All is well.
    Good,
    /// Something is wrong.
    Bad,
    /// Nobody knows.
    Doubtful,
    /// Of less weight.
    Faint,
    /// A heading.
    Strong,
}

impl Paint {
    /// For standard output: a terminal, and no `NO_COLOR` (<https://no-color.org>) nor `TERM=dumb`.
    pub(crate) fn of_standard_output() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        if !unwanted && std::io::stdout().is_terminal() { Self::Coloured } else { Self::Plain }
    }

    /// The text in the colour of its meaning.
    pub(crate) fn tone(self, tone: Tone, text: &str) -> String {
        let code = match (self, tone) {
            (Self::Plain, _) => return text.to_owned(),
            (Self::Coloured, Tone::Good) => "32",
            (Self::Coloured, Tone::Bad) => "31",
            (Self::Coloured, Tone::Doubtful) => "33",
            (Self::Coloured, Tone::Faint) => "2",
            (Self::Coloured, Tone::Strong) => "1",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// How many columns a text takes on a terminal: two for each wide letter (UAX #11).
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// The blanks that bring a text to this many columns; none when it has more.
pub(crate) fn blanks(text: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(columns(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_take_two_columns() {
        assert_eq!(columns("✗ 不合格"), 8);
        assert_eq!(format!("不合格{}|", blanks("不合格", 8)), "不合格  |");
        assert_eq!(blanks("too long", 3), "");
    }

    #[test]
    fn plain_text_stays_plain() {
        assert_eq!(Paint::Plain.tone(Tone::Bad, "x"), "x");
        assert_eq!(Paint::Coloured.tone(Tone::Bad, "x"), "\x1b[31mx\x1b[0m");
    }
}
