//! What a series is drawn as: colour, pattern, mark and dash, the same for the same thing everywhere.

/// The place of a series in the palette. The five classes of mail have theirs, in every figure and on every page; whatever
/// else is drawn is numbered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Slot {
    /// Legitimate mail: ●, green, solid.
    Legitimate,
    /// Forwarded mail: ◆, blue, diagonal.
    Forwarded,
    /// Mail of one's own that is misconfigured: ▲, amber, dotted.
    Misconfigured,
    /// Suspected spoofing: ✕, red, crossed.
    Suspected,
    /// Undecidable: ○, grey, horizontal lines.
    Undecidable,
    /// Anything else, from 0; after 7 they begin again.
    Other(u8),
}

impl Slot {
    /// All slots, in the order of their numbers.
    pub const ALL: [Self; 13] = [
        Self::Legitimate,
        Self::Forwarded,
        Self::Misconfigured,
        Self::Suspected,
        Self::Undecidable,
        Self::Other(0),
        Self::Other(1),
        Self::Other(2),
        Self::Other(3),
        Self::Other(4),
        Self::Other(5),
        Self::Other(6),
        Self::Other(7),
    ];

    /// Its number, 1 to 13.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Legitimate => 1,
            Self::Forwarded => 2,
            Self::Misconfigured => 3,
            Self::Suspected => 4,
            Self::Undecidable => 5,
            Self::Other(other) => 6 + other % 8,
        }
    }

    /// The class that gives its colour to whatever stands inside a `.chart`: `series-1` to `series-13`. In [`crate::STYLE`]
    /// it sets `color`, so a text or a border of `currentColor` outside a picture can bear it too.
    #[must_use]
    pub const fn class(self) -> &'static str {
        self.row().class
    }

    /// Its mark as a letter, for texts and tables beside the picture.
    #[must_use]
    pub const fn mark(self) -> char {
        self.row().mark
    }

    /// The dashes of its line, as `stroke-dasharray`; an unbroken line has none.
    pub(crate) const fn dash(self) -> Option<&'static str> {
        self.row().dash
    }

    /// What its pattern consists of, on a ground of its colour.
    pub(crate) const fn pattern(self) -> Pattern {
        self.row().pattern
    }

    /// The shape of its mark.
    pub(crate) const fn form(self) -> Form {
        self.row().form
    }

    const fn row(self) -> &'static Look {
        &LOOKS[self.number() as usize - 1]
    }
}

/// The pattern of an area, on a tile of 8 by 8.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pattern {
    /// The full colour.
    Solid,
    /// The lines of this path.
    Lines(&'static str),
    /// Filled discs around these points.
    Dots(&'static [(&'static str, &'static str)]),
    /// The filled areas of this path.
    Areas(&'static str),
    /// A faint ground and nothing on it.
    Faint,
}

/// The shape of a mark around (0, 0), in tenths of a unit of the view box.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// A disc.
    Disc,
    /// A circle, empty inside.
    Ring,
    /// A filled polygon.
    Filled(&'static [(i32, i32)]),
    /// A polygon, empty inside.
    Hollow(&'static [(i32, i32)]),
    /// Strokes, each from a point to another.
    Strokes(&'static [[(i32, i32); 2]]),
}

struct Look {
    class: &'static str,
    mark: char,
    form: Form,
    dash: Option<&'static str>,
    pattern: Pattern,
}

const DIAMOND: &[(i32, i32)] = &[(0, -50), (50, 0), (0, 50), (-50, 0)];
const TRIANGLE: &[(i32, i32)] = &[(0, -48), (46, 36), (-46, 36)];
const DOWNWARD: &[(i32, i32)] = &[(0, 48), (46, -36), (-46, -36)];
const SQUARE: &[(i32, i32)] = &[(-37, -37), (37, -37), (37, 37), (-37, 37)];
const CROSS: &[[(i32, i32); 2]] = &[[(-36, -36), (36, 36)], [(-36, 36), (36, -36)]];
const PLUS: &[[(i32, i32); 2]] = &[[(-45, 0), (45, 0)], [(0, -45), (0, 45)]];

/// A table: the look of each slot, by its number.
const LOOKS: [Look; 13] = [
    Look { class: "series-1", mark: '●', form: Form::Disc, dash: None, pattern: Pattern::Solid },
    Look {
        class: "series-2",
        mark: '◆',
        form: Form::Filled(DIAMOND),
        dash: Some("7 3"),
        pattern: Pattern::Lines("M-2 2 2-2M0 8 8 0M6 10 10 6"),
    },
    Look {
        class: "series-3",
        mark: '▲',
        form: Form::Filled(TRIANGLE),
        dash: Some("2 3"),
        pattern: Pattern::Dots(&[("2", "2"), ("6", "6")]),
    },
    Look {
        class: "series-4",
        mark: '✕',
        form: Form::Strokes(CROSS),
        dash: Some("10 3 2 3"),
        pattern: Pattern::Lines("M0 0 8 8M8 0 0 8"),
    },
    Look {
        class: "series-5",
        mark: '○',
        form: Form::Ring,
        dash: Some("12 5"),
        pattern: Pattern::Lines("M0 2H8M0 6H8"),
    },
    Look {
        class: "series-6",
        mark: '■',
        form: Form::Filled(SQUARE),
        dash: None,
        pattern: Pattern::Areas("M1 1H8V8H1Z"),
    },
    Look {
        class: "series-7",
        mark: '□',
        form: Form::Hollow(SQUARE),
        dash: Some("5 2"),
        pattern: Pattern::Lines("M2 0V8M6 0V8"),
    },
    Look {
        class: "series-8",
        mark: '▼',
        form: Form::Filled(DOWNWARD),
        dash: Some("1 2"),
        pattern: Pattern::Lines("M-2 6 2 10M0 0 8 8M6-2 10 2"),
    },
    Look {
        class: "series-9",
        mark: '◇',
        form: Form::Hollow(DIAMOND),
        dash: Some("8 2 2 2"),
        pattern: Pattern::Lines("M0 4H8M4 0V8"),
    },
    Look {
        class: "series-10",
        mark: '△',
        form: Form::Hollow(TRIANGLE),
        dash: Some("14 4"),
        pattern: Pattern::Areas("M0 0H4V4H0ZM4 4H8V8H4Z"),
    },
    Look {
        class: "series-11",
        mark: '▽',
        form: Form::Hollow(DOWNWARD),
        dash: Some("4 4"),
        pattern: Pattern::Lines("M0 6 4 2 8 6"),
    },
    Look {
        class: "series-12",
        mark: '+',
        form: Form::Strokes(PLUS),
        dash: Some("10 2 2 2 2 2"),
        pattern: Pattern::Lines("M0 2H4M4 6H8"),
    },
    Look { class: "series-13", mark: '◯', form: Form::Ring, dash: Some("3 6"), pattern: Pattern::Faint },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_table() {
        for (place, slot) in Slot::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(slot.number()), place + 1);
            assert_eq!(slot.class(), format!("series-{}", place + 1));
        }
        assert_eq!(Slot::Other(255).number(), 13);
        assert_eq!(Slot::Other(8), Slot::Other(8));
        assert_eq!(Slot::Other(8).class(), "series-6");
    }

    #[test]
    fn no_two_look_alike_without_colour() {
        for (place, one) in LOOKS.iter().enumerate() {
            for other in &LOOKS[place + 1..] {
                assert!(one.pattern != other.pattern && one.mark != other.mark, "{} {}", one.class, other.class);
            }
        }
        assert_eq!(Slot::ALL.map(Slot::mark)[..5], ['●', '◆', '▲', '✕', '○']);
    }
}
