//! Canonicalisation (RFC 6376 §3.4): of header fields into a buffer, of the body as a stream.
//!
//! Most bytes of most messages are their own canonical form, so both look for the next byte that is not, a block at a
//! time, and pass everything before it on as one piece.

use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x16, u8x64};

/// One of the two canonicalisations.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Canonicalization {
    /// `simple`.
    Simple,
    /// `relaxed`.
    Relaxed,
}

impl Canonicalization {
    /// As `c=` writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Relaxed => "relaxed",
        }
    }

    /// Reads one half of `c=`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        [Self::Simple, Self::Relaxed].into_iter().find(|kind| text.eq_ignore_ascii_case(kind.as_str().as_bytes()))
    }

    /// Appends the canonical form of one header field without its final CRLF.
    ///
    /// `raw` is the field as it came (for simple), `name` and `value` its parts (for relaxed).
    pub fn header(self, raw: &[u8], name: &[u8], value: &[u8], output: &mut Vec<u8>) {
        match self {
            // RFC 6376 §3.4.1: header fields are not changed in any way.
            Self::Simple => output.extend_from_slice(raw),
            Self::Relaxed => relaxed_header(name, value, output),
        }
    }
}

/// RFC 6376 §3.4.2: name in lower case, unfolded, runs of white space as one space, none at the ends or the colon.
fn relaxed_header(name: &[u8], value: &[u8], output: &mut Vec<u8>) {
    // Lowering is of ASCII only: UTF-8 in names or values stays (RFC 8616 §5).
    let start = output.len();
    output.extend_from_slice(name);
    output[start..].make_ascii_lowercase();
    output.push(b':');
    let mut rest = &value[fold_run(value).0..];
    while !rest.is_empty() {
        let clean = clean_prefix(rest, b'\r');
        output.extend_from_slice(&rest[..clean]);
        rest = &rest[clean..];
        match fold_run(rest) {
            // A CR that is not part of a fold is content.
            (0, _) => {
                output.extend(rest.first());
                rest = rest.get(1..).unwrap_or_default();
            }
            (run, blank) => {
                rest = &rest[run..];
                if blank && !rest.is_empty() {
                    output.push(b' ');
                }
            }
        }
    }
    if output.last() == Some(&b' ') {
        output.pop();
    }
}

/// The length of the run of white space and line ends at the start of `bytes`, and whether white space is in it.
fn fold_run(bytes: &[u8]) -> (usize, bool) {
    let (mut length, mut blank) = (0, false);
    loop {
        match bytes.get(length) {
            Some(b' ' | b'\t') => {
                blank = true;
                length += 1;
            }
            Some(b'\r') if bytes.get(length + 1) == Some(&b'\n') => length += 2,
            _ => return (length, blank),
        }
    }
}

/// A body on its way into canonical form. Feed it any chunks of the wire form; it gives the same pieces in sum.
#[derive(Clone, Debug)]
pub struct BodyCanonicalizer {
    kind: Canonicalization,
    /// Ends of lines that are held back, because they may turn out to be the empty lines at the end.
    newlines: u64,
    /// White space held back, because it may turn out to end a line (relaxed).
    blank: bool,
    /// A CR held back, because the chunk ended before its LF.
    carriage_return: bool,
    /// Whether anything but line ends was passed on.
    content: bool,
}

impl BodyCanonicalizer {
    /// A body of which nothing came yet.
    #[must_use]
    pub fn new(kind: Canonicalization) -> Self {
        Self { kind, newlines: 0, blank: false, carriage_return: false, content: false }
    }

    /// Takes the next bytes and passes what is certain of the canonical form on to `sink`.
    pub fn update(&mut self, mut chunk: &[u8], sink: &mut impl FnMut(&[u8])) {
        if self.carriage_return
            && let Some(&first) = chunk.first()
        {
            self.carriage_return = false;
            if first == b'\n' {
                self.end_line();
                chunk = &chunk[1..];
            } else {
                self.pass(b"\r", sink);
            }
        }
        match self.kind {
            Canonicalization::Simple => self.simple(chunk, sink),
            Canonicalization::Relaxed => self.relaxed(chunk, sink),
        }
    }

    /// Passes on what the end of the body makes certain.
    pub fn finish(mut self, sink: &mut impl FnMut(&[u8])) {
        if self.carriage_return {
            self.carriage_return = false;
            self.pass(b"\r", sink);
        }
        // RFC 6376 §3.4.3: an empty body is one CRLF under simple; §3.4.4: it stays empty under relaxed. Text that
        // lacks its final CRLF gets one, and all empty lines at the end go.
        if self.content || self.kind == Canonicalization::Simple {
            sink(b"\r\n");
        }
    }

    fn end_line(&mut self) {
        self.newlines += 1;
        // RFC 6376 §3.4.4: white space at the end of a line goes.
        self.blank = false;
    }

    /// Passes content on, and before it what was held back.
    fn pass(&mut self, bytes: &[u8], sink: &mut impl FnMut(&[u8])) {
        self.content = true;
        while self.newlines > 0 {
            let count = self.newlines.min(NEWLINES.len() as u64 / 2);
            sink(&NEWLINES[..2 * usize::try_from(count).unwrap_or(0)]);
            self.newlines -= count;
        }
        if self.blank {
            self.blank = false;
            sink(b" ");
        }
        sink(bytes);
    }

    fn simple(&mut self, mut chunk: &[u8], sink: &mut impl FnMut(&[u8])) {
        if let Some(before) = chunk.strip_suffix(b"\r") {
            self.carriage_return = true;
            chunk = before;
        }
        let mut newlines = 0;
        while let Some(before) = chunk.strip_suffix(b"\r\n") {
            newlines += 1;
            chunk = before;
        }
        if !chunk.is_empty() {
            self.pass(chunk, sink);
        }
        self.newlines += newlines;
    }

    fn relaxed(&mut self, mut chunk: &[u8], sink: &mut impl FnMut(&[u8])) {
        while let Some(&first) = chunk.first() {
            match first {
                b' ' | b'\t' => {
                    self.blank = true;
                    let blanks = chunk.iter().take_while(|byte| is_blank(**byte)).count();
                    chunk = &chunk[blanks..];
                }
                b'\r' if chunk.len() == 1 => {
                    self.carriage_return = true;
                    return;
                }
                b'\r' if chunk[1] == b'\n' => {
                    self.end_line();
                    chunk = &chunk[2..];
                }
                _ => {
                    let clean = clean_body_prefix(chunk);
                    self.pass(&chunk[..clean], sink);
                    chunk = &chunk[clean..];
                }
            }
        }
    }
}

/// How many bytes at the start of `chunk`, whose first byte is content, are their own relaxed form for certain: up to
/// the first white space that may change, or the end, less the line ends and the space there.
fn clean_body_prefix(chunk: &[u8]) -> usize {
    // A piece at a time, so that it is hashed while it is near; with the byte behind it, which tells of the last one.
    let end = clean_prefix(&chunk[..chunk.len().min(PIECE_BYTES_MAX + 1)], b'\t');
    if end >= PIECE_BYTES_MAX
        && let Some(cut) = last_cut(chunk)
    {
        return cut;
    }
    // Line ends at the end may be those of empty lines there, what stopped the search or the chunk's end may cut a CRLF
    // in two or follow a space: hold these back.
    let mut end = end;
    while end > 1 {
        match (chunk[end - 2], chunk[end - 1]) {
            (b'\r', b'\n') => end -= 2,
            (_, b' ' | b'\r') => end -= 1,
            _ => break,
        }
    }
    end.max(1)
}

/// The end of the last block of a piece that content follows: nothing need be held back before it, and the hash takes
/// whole blocks as they are.
fn last_cut(chunk: &[u8]) -> Option<usize> {
    let mut ends = (1..=PIECE_BYTES_MAX / BLOCK_BYTES).rev().map(|count| count * BLOCK_BYTES);
    ends.find(|end| chunk.get(*end).is_some_and(|byte| *byte > b' '))
}

/// The index of the first byte that is `also`, or white space that may have another relaxed form, seen what follows; or
/// the length. A space between words has no other form. A control behind a space is rare enough to be looked at more
/// closely, and the byte behind the last one counts as one.
fn clean_prefix(bytes: &[u8], also: u8) -> usize {
    // Twice as wide as what every processor of the kind has, or four times, is twice as fast: which it is, is seen here.
    dispatch!(Level::new(), simd => clean_prefix_by(simd, bytes, also))
}

/// [`clean_prefix`] with the vectors that `simd` has. First whole blocks, then the lanes of what is left.
#[inline(always)] // into the function that has these vectors
fn clean_prefix_by<S: Simd>(simd: S, bytes: &[u8], also: u8) -> usize {
    let mut at = 0;
    while let Some(block) = bytes.get(at..=at + BLOCK_BYTES) {
        let (this, next) =
            (u8x64::from_slice(simd, &block[..BLOCK_BYTES]), u8x64::from_slice(simd, &block[1..=BLOCK_BYTES]));
        let stops = this.simd_eq(b'\t') | this.simd_eq(also) | (this.simd_eq(b' ') & next.simd_le(b' '));
        if stops.any_true() {
            return at + stops.to_bitmask().trailing_zeros() as usize;
        }
        at += BLOCK_BYTES;
    }
    while let Some(lanes) = bytes.get(at..=at + LANE_COUNT) {
        let clean = clean_lanes(simd, lanes, also);
        if clean < LANE_COUNT {
            return at + clean;
        }
        at += LANE_COUNT;
    }
    // The last lanes: where there are so many, with clean ones before them, since their number need not be known then.
    let mut lanes = [0; LANE_COUNT + 1];
    match bytes.last_chunk::<LANE_COUNT>() {
        Some(last) => {
            lanes[..LANE_COUNT].copy_from_slice(last);
            bytes.len() - LANE_COUNT + clean_lanes(simd, &lanes, also).min(LANE_COUNT)
        }
        None => {
            lanes[..bytes.len()].copy_from_slice(bytes);
            clean_lanes(simd, &lanes, also).min(bytes.len())
        }
    }
}

/// How many lanes at the start are clean, given them and the byte behind them.
#[inline(always)] // into the function that has these vectors
fn clean_lanes<S: Simd>(simd: S, lanes: &[u8], also: u8) -> usize {
    let (this, next) = (u8x16::from_slice(simd, &lanes[..LANE_COUNT]), u8x16::from_slice(simd, &lanes[1..=LANE_COUNT]));
    let stops = this.simd_eq(b'\t') | this.simd_eq(also) | (this.simd_eq(b' ') & next.simd_le(b' '));
    stops.to_bitmask().trailing_zeros() as usize
}

#[inline]
fn is_blank(byte: u8) -> bool {
    (byte == b' ') | (byte == b'\t')
}

/// Bytes of the shortest vector.
const LANE_COUNT: usize = 16;
/// Bytes of the longest vector: one look, or two or four, before a branch.
const BLOCK_BYTES: usize = 64;
/// Longest piece that is passed on at once.
const PIECE_BYTES_MAX: usize = 4096;
/// Line ends to pass on.
const NEWLINES: [u8; 64] = {
    let mut bytes = [b'\r'; 64];
    let mut index = 1;
    while index < 64 {
        bytes[index] = b'\n';
        index += 2;
    }
    bytes
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn body(kind: Canonicalization, chunks: &[&[u8]]) -> Vec<u8> {
        let mut output = Vec::new();
        let mut canonicalizer = BodyCanonicalizer::new(kind);
        for chunk in chunks {
            canonicalizer.update(chunk, &mut |bytes| output.extend_from_slice(bytes));
        }
        canonicalizer.finish(&mut |bytes| output.extend_from_slice(bytes));
        output
    }

    /// RFC 6376 §3.4.3 and §3.4.4 word for word, slowly, over the whole body: the other half of the differential tests.
    fn whole(kind: Canonicalization, body: &[u8]) -> Vec<u8> {
        let mut lines: Vec<Vec<u8>> = vec![Vec::new()];
        let mut bytes = body.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            if byte == b'\r' && bytes.peek() == Some(&b'\n') {
                bytes.next();
                lines.push(Vec::new());
            } else if let Some(line) = lines.last_mut() {
                line.push(byte);
            }
        }
        if kind == Canonicalization::Relaxed {
            for line in &mut lines {
                let mut relaxed: Vec<u8> = Vec::new();
                for &byte in line.iter() {
                    match byte {
                        b' ' | b'\t' if relaxed.last() == Some(&b' ') => {}
                        b' ' | b'\t' => relaxed.push(b' '),
                        _ => relaxed.push(byte),
                    }
                }
                if relaxed.last() == Some(&b' ') {
                    relaxed.pop();
                }
                *line = relaxed;
            }
        }
        while lines.last().is_some_and(Vec::is_empty) {
            lines.pop();
        }
        let mut output: Vec<u8> = lines.join(&b"\r\n"[..]);
        if !lines.is_empty() || kind == Canonicalization::Simple {
            output.extend_from_slice(b"\r\n");
        }
        output
    }

    #[test]
    fn the_examples_of_the_rfc() {
        // RFC 6376 §3.4.5.
        let text = b" C \r\nD \t E\r\n\r\n\r\n";
        assert_eq!(body(Canonicalization::Relaxed, &[text]), b" C\r\nD E\r\n");
        assert_eq!(body(Canonicalization::Simple, &[text]), b" C \r\nD \t E\r\n");
        let field = |kind: Canonicalization, raw: &[u8]| {
            let colon = raw.iter().position(|byte| *byte == b':').unwrap();
            let mut output = Vec::new();
            kind.header(raw, raw[..colon].trim_ascii(), &raw[colon + 1..], &mut output);
            output
        };
        assert_eq!(field(Canonicalization::Relaxed, b"A: X"), b"a:X");
        assert_eq!(field(Canonicalization::Relaxed, b"B : Y\t\r\n\tZ  "), b"b:Y Z");
        assert_eq!(field(Canonicalization::Simple, b"B : Y\t\r\n\tZ  "), b"B : Y\t\r\n\tZ  ");
        assert_eq!(field(Canonicalization::Relaxed, b"Subject:\r\n \r\n\t"), b"subject:");
    }

    #[test]
    fn empty_bodies() {
        for (kind, wanted) in [(Canonicalization::Simple, &b"\r\n"[..]), (Canonicalization::Relaxed, b"")] {
            for text in [&b""[..], b"\r\n", b"\r\n\r\n"] {
                assert_eq!(body(kind, &[text]), wanted);
            }
        }
        // RFC 6376 §3.4.4: white space goes first, so lines of it are empty lines.
        assert_eq!(body(Canonicalization::Relaxed, &[b" \t\r\n \r\n"]), b"");
        assert_eq!(body(Canonicalization::Relaxed, &[b"a\r\n \t\r\n \r\n"]), b"a\r\n");
        assert_eq!(body(Canonicalization::Relaxed, &[b"a"]), b"a\r\n");
        assert_eq!(body(Canonicalization::Simple, &[b"a"]), b"a\r\n");
    }

    fn pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let piece = prop_oneof![
            proptest::collection::vec(
                prop_oneof![Just(b' '), Just(b'\t'), Just(b'\r'), Just(b'\n'), Just(b'a'), any::<u8>()],
                0..12
            ),
            Just(b"\r\n".to_vec()),
            Just(b" \r\n".to_vec()),
            Just(b"a line that is long enough to fill more than one block of bytes, and then some.\r\n".to_vec()),
        ];
        proptest::collection::vec(piece, 0..20)
    }

    proptest! {
        #[test]
        fn every_split_gives_the_same(parts in pieces(), relaxed: bool) {
            let kind = if relaxed { Canonicalization::Relaxed } else { Canonicalization::Simple };
            let chunks: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let joined = parts.concat();
            let wanted = whole(kind, &joined);
            prop_assert_eq!(&body(kind, &chunks), &wanted);
            prop_assert_eq!(&body(kind, &[&joined]), &wanted);
            let bytes: Vec<&[u8]> = joined.chunks(1).collect();
            prop_assert_eq!(&body(kind, &bytes), &wanted);
        }

        /// White space around the places where a piece ends.
        #[test]
        fn every_piece_ends_well(before in 3900_usize..4300, odd in "([ \ta]|\r|\n|\r\n){0,200}", behind in 0_usize..9000) {
            let line = b"words of a line and others \r\n";
            let fill = |count: usize| line.iter().copied().cycle().take(count).collect::<Vec<u8>>();
            let text = [&fill(before), odd.as_bytes(), &fill(behind)].concat();
            prop_assert_eq!(body(Canonicalization::Relaxed, &[&text]), whole(Canonicalization::Relaxed, &text));
            let clean: Vec<u8> = text.iter().map(|byte| if byte.is_ascii_whitespace() { b'x' } else { *byte }).collect();
            prop_assert_eq!(body(Canonicalization::Relaxed, &[&clean]), whole(Canonicalization::Relaxed, &clean));
        }

        #[test]
        fn relaxed_is_idempotent(parts in pieces()) {
            let once = body(Canonicalization::Relaxed, &[&parts.concat()]);
            prop_assert_eq!(&body(Canonicalization::Relaxed, &[&once]), &once);
        }

        #[test]
        fn relaxed_fields_are_idempotent_and_without_folds(value in "([ \ta-c]|\r\n){0,60}") {
            let mut once = Vec::new();
            Canonicalization::Relaxed.header(b"", b"Name", value.as_bytes(), &mut once);
            let mut twice = Vec::new();
            Canonicalization::Relaxed.header(b"", b"name", &once[5..], &mut twice);
            prop_assert_eq!(&once, &twice);
            prop_assert!(!once.windows(2).any(|pair| pair == b"  "));
            prop_assert!(!once.contains(&b'\t') && !once.windows(2).any(|pair| pair == b"\r\n"));
        }
    }
}
