//! The difference of two short texts, word by word.

/// A piece of either text, or of both.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece<'t> {
    /// It stands in both.
    Same(&'t str),
    /// It stood there.
    Gone(&'t str),
    /// It stands there now.
    New(&'t str),
}

/// What stood there and what stands there, in the order of the texts. Texts of more than [`WORD_COUNT_MAX`] words are not
/// compared: one is gone, the other is new.
#[must_use]
pub fn difference<'t>(old: &'t str, new: &'t str) -> Vec<Piece<'t>> {
    let words = |text: &'t str| text.split_inclusive(char::is_whitespace).collect::<Vec<_>>();
    let (before, after) = (words(old), words(new));
    if before.len().max(after.len()) > WORD_COUNT_MAX {
        return vec![Piece::Gone(old), Piece::New(new)];
    }
    let same = |one: &str, other: &str| one.trim_end() == other.trim_end();
    // At each place, how many words the rests of both have in common, in order.
    let width = after.len() + 1;
    let mut common = vec![0_u16; (before.len() + 1) * width];
    for (row, one) in before.iter().enumerate().rev() {
        for (column, other) in after.iter().enumerate().rev() {
            common[row * width + column] = if same(one, other) {
                common[(row + 1) * width + column + 1] + 1
            } else {
                common[(row + 1) * width + column].max(common[row * width + column + 1])
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut pieces = Vec::with_capacity(before.len() + after.len());
    loop {
        match (before.get(row), after.get(column)) {
            (Some(one), Some(other)) if same(one, other) => {
                pieces.push(Piece::Same(other));
                (row, column) = (row + 1, column + 1);
            }
            (Some(one), other)
                if other.is_none() || common[(row + 1) * width + column] >= common[row * width + column + 1] =>
            {
                pieces.push(Piece::Gone(one));
                row += 1;
            }
            (_, Some(other)) => {
                pieces.push(Piece::New(other));
                column += 1;
            }
            (_, None) => return pieces,
        }
    }
}

/// Most words of a text that is compared: a table of their pairs is made.
pub const WORD_COUNT_MAX: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_and_go() {
        let pieces = difference("v=DMARC1; p=none; rua=mailto:a@b", "v=DMARC1; p=reject; rua=mailto:a@b");
        let wanted = [
            Piece::Same("v=DMARC1; "),
            Piece::Gone("p=none; "),
            Piece::New("p=reject; "),
            Piece::Same("rua=mailto:a@b"),
        ];
        assert_eq!(pieces, wanted);
        assert_eq!(difference("", ""), []);
        assert_eq!(difference("a", ""), [Piece::Gone("a")]);
        assert_eq!(difference("a b", "b"), [Piece::Gone("a "), Piece::Same("b")]);
        assert_eq!(
            difference("a", "a b"),
            [Piece::Same("a "), Piece::New("b")].map(|piece| match piece {
                Piece::Same(_) => Piece::Same("a "),
                other => other,
            })
        );
        let long = "x ".repeat(WORD_COUNT_MAX + 1);
        assert_eq!(difference(&long, "y"), [Piece::Gone(&long), Piece::New("y")]);
    }

    #[test]
    fn both_texts_can_be_read_from_their_difference() {
        for (old, new) in [("a b c d", "a x c y d"), ("one two", "two one two three"), ("q", "r"), ("a a a", "a")] {
            let pieces = difference(old, new);
            let read = |is_it: fn(&Piece<'_>) -> bool| {
                let kept = pieces.iter().filter(|piece| is_it(piece)).map(|piece| match piece {
                    Piece::Same(text) | Piece::Gone(text) | Piece::New(text) => text.trim_end(),
                });
                kept.collect::<Vec<_>>().join(" ")
            };
            assert_eq!(read(|piece| !matches!(piece, Piece::New(_))), old);
            assert_eq!(read(|piece| !matches!(piece, Piece::Gone(_))), new);
        }
    }
}
