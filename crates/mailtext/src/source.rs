//! Messages out of files: a push splitter for `.eml` and mbox files, fed with chunks of any size. What comes out is the
//! wire form (lines end with CRLF), whatever the file has; only the header block is ever held in memory.

use std::borrow::Cow;

use crate::explain::Explain;
use crate::header::Headers;
use crate::limits::HEADER_BLOCK_BYTES_MAX;

/// What the splitter finds, in order: for each message `Start`, then `Headers` or `NotAMessage`, then any number of
/// `Body`, then `End`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event<'a> {
    /// A message begins.
    Start,
    /// The whole header block with its empty line, or as much of it as there is; cut one byte above
    /// [`HEADER_BLOCK_BYTES_MAX`], so that [`Headers::parse`] names the flaw, the rest comes as body.
    Headers(&'a [u8]),
    /// There is no header field at all. What the file holds may follow as body.
    NotAMessage(NotAMessage),
    /// The next bytes of the body.
    Body(&'a [u8]),
    /// The message ends.
    End {
        /// Bare LF or bare CR in a body whose lines end with CRLF: they were left as they are.
        bare_newlines: bool,
    },
}

/// Why something is no message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NotAMessage {
    /// Not a single byte.
    Empty,
    /// No header field before the first empty line, or none in the first mebibyte.
    NoHeaderField,
}

/// What kind of file it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// One message.
    Eml,
    /// Many messages, each behind a line `From …`; `>From ` in bodies loses one `>` (mboxrd).
    Mbox,
}

/// Splits a file into messages. Feed it chunks, then finish it.
#[derive(Debug)]
pub struct Splitter {
    format: Option<Format>,
    /// The first bytes, until it is known what they are.
    first: Vec<u8>,
    lines: LineForm,
    state: State,
    /// The header block, in wire form.
    block: Vec<u8>,
    /// The body bytes of a chunk whose lines had to be given another end.
    wire: Vec<u8>,
    last_byte: u8,
    bare_newlines: bool,
    mbox: MboxLine,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum LineForm {
    /// No line has ended yet.
    Unknown,
    CrLf,
    Lf,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Before the first byte of a message.
    Before,
    Headers,
    Body,
    /// In the line `From …` before a message.
    FromLine,
}

/// What is known of the line of an mbox body that is being read. At most one line end and `>From` are held back.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct MboxLine {
    /// At the start of a line: how many bytes of `From ` have matched; `None` behind it.
    matched: Option<u8>,
    /// A `>` has been held back: it goes when `From ` follows.
    quoted: bool,
    /// The line before was empty, and its end is held back: it belongs to the `From ` line that may follow.
    empty_line: &'static [u8],
    /// The line so far is empty.
    empty_so_far: bool,
    /// The line before was empty, or there is none.
    after_empty: bool,
}

const FROM: &[u8] = b"From ";
const BOM: &[u8] = b"\xef\xbb\xbf";

impl Splitter {
    /// A splitter; without a format, a file that begins with `From ` is an mbox.
    #[must_use]
    pub fn new(format: Option<Format>) -> Self {
        Self {
            format,
            first: Vec::new(),
            lines: LineForm::Unknown,
            state: State::Before,
            block: Vec::new(),
            wire: Vec::new(),
            last_byte: 0,
            bare_newlines: false,
            mbox: MboxLine::default(),
        }
    }

    /// Takes the next bytes of the file, and gives what they complete.
    pub fn feed(&mut self, chunk: &[u8], sink: &mut impl FnMut(Event<'_>)) {
        if self.lines != LineForm::Unknown {
            self.split(chunk, sink);
            return;
        }
        // The first line tells how lines end; it is held until it has ended.
        self.first.extend_from_slice(chunk);
        if memchr::memchr(b'\n', &self.first).is_some() || self.first.len() > HEADER_BLOCK_BYTES_MAX {
            self.begin(sink);
        }
    }

    /// The file has ended.
    pub fn finish(mut self, sink: &mut impl FnMut(Event<'_>)) {
        if self.lines == LineForm::Unknown {
            self.begin(sink);
        }
        if self.state == State::Before {
            sink(Event::Start);
            sink(Event::NotAMessage(NotAMessage::Empty));
            sink(Event::End { bare_newlines: false });
            return;
        }
        self.end_message(true, sink);
    }

    fn begin(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        let first = std::mem::take(&mut self.first);
        let text = first.strip_prefix(BOM).unwrap_or(&first);
        let newline = memchr::memchr(b'\n', text);
        let bare = newline.is_some_and(|at| at == 0 || text[at - 1] != b'\r');
        self.lines = if bare { LineForm::Lf } else { LineForm::CrLf };
        if self.format.is_none() {
            self.format = Some(if text.starts_with(FROM) { Format::Mbox } else { Format::Eml });
        }
        if self.format == Some(Format::Mbox) {
            self.mbox = MboxLine { matched: Some(0), after_empty: true, empty_so_far: true, ..MboxLine::default() };
        }
        self.split(text, sink);
    }

    fn split(&mut self, chunk: &[u8], sink: &mut impl FnMut(Event<'_>)) {
        if chunk.is_empty() {
            return;
        }
        match self.format {
            Some(Format::Mbox) => self.split_mbox(chunk, sink),
            _ => self.message(chunk, sink),
        }
    }

    /// Goes line by line: at the start of a line it looks for `From `, the rest of the line is passed on whole.
    fn split_mbox(&mut self, chunk: &[u8], sink: &mut impl FnMut(Event<'_>)) {
        let mut rest = chunk;
        while let Some(&byte) = rest.first() {
            if let Some(matched) = self.mbox.matched {
                if self.line_start(byte, matched, sink) {
                    rest = &rest[1..];
                }
                continue;
            }
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
            let (line, behind) = rest.split_at(end);
            let ended = line.ends_with(b"\n");
            if self.state != State::FromLine {
                self.mbox_line(line, ended, sink);
            }
            if ended {
                let from_line = self.state == State::FromLine;
                if from_line {
                    self.state = State::Before;
                }
                self.mbox.matched = Some(0);
                self.mbox.empty_so_far = true;
            }
            rest = behind;
        }
    }

    /// One byte at the start of a line; tells whether it was taken.
    fn line_start(&mut self, byte: u8, matched: u8, sink: &mut impl FnMut(Event<'_>)) -> bool {
        let index = usize::from(matched);
        if FROM.get(index) == Some(&byte) {
            if index + 1 < FROM.len() {
                self.mbox.matched = Some(matched + 1);
                return true;
            }
            if self.mbox.quoted && self.state == State::Body {
                // mboxrd: one `>` was added before `From `, after any number of others, and goes now.
                self.mbox.quoted = false;
                self.release(FROM, sink);
            } else if self.mbox.after_empty && !self.mbox.quoted {
                self.begin_message(sink);
            } else {
                self.release(FROM, sink);
            }
            return true;
        }
        if byte == b'>' && index == 0 {
            // All these signs look alike: one is held back for the case that `From ` follows, the others go on.
            if self.mbox.quoted {
                self.pass(b">", sink);
            }
            self.mbox.quoted = true;
            self.mbox.empty_so_far = false;
            return true;
        }
        self.release(&FROM[..index], sink);
        false
    }

    /// The line is no `From ` line: what was held back of it is passed on.
    fn release(&mut self, held: &[u8], sink: &mut impl FnMut(Event<'_>)) {
        self.mbox.matched = None;
        if std::mem::take(&mut self.mbox.quoted) {
            self.pass(b">", sink);
        }
        if !held.is_empty() {
            self.mbox.empty_so_far = false;
            self.pass(held, sink);
        }
    }

    fn begin_message(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        if self.state != State::Before {
            self.mbox.empty_line = b"";
            self.end_message(false, sink);
        }
        self.state = State::FromLine;
        self.mbox = MboxLine::default();
    }

    /// The rest of a line, or a piece of it, of a message in an mbox.
    fn mbox_line(&mut self, line: &[u8], ended: bool, sink: &mut impl FnMut(Event<'_>)) {
        let in_body = self.state == State::Body;
        let may_be_empty = in_body && self.mbox.empty_so_far;
        let after_cr = may_be_empty && self.mbox.empty_line == b"\r";
        if may_be_empty && !after_cr && line == b"\r" {
            // A CR at the end of a chunk: the line may still become an empty one.
            self.pass_held(sink);
            self.mbox.empty_line = b"\r";
            return;
        }
        let empty = may_be_empty && (line == b"\n" || (!after_cr && line == b"\r\n"));
        if empty {
            if !after_cr {
                self.pass_held(sink);
            }
            self.mbox.empty_line = if after_cr || line.len() == 2 { b"\r\n" } else { b"\n" };
        } else {
            self.pass(line, sink);
        }
        self.mbox.empty_so_far = false;
        if ended {
            let headers_ended = !in_body && self.state == State::Body;
            self.mbox.after_empty = empty || headers_ended;
        }
    }

    fn pass_held(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        let held = std::mem::take(&mut self.mbox.empty_line);
        if !held.is_empty() {
            self.message(held, sink);
        }
    }

    fn pass(&mut self, bytes: &[u8], sink: &mut impl FnMut(Event<'_>)) {
        self.pass_held(sink);
        self.message(bytes, sink);
    }

    /// Bytes of the message as they stand in the file.
    fn message(&mut self, chunk: &[u8], sink: &mut impl FnMut(Event<'_>)) {
        if self.state == State::Before {
            sink(Event::Start);
            self.state = State::Headers;
            self.last_byte = 0;
        }
        let mut body = chunk;
        if self.state == State::Headers {
            body = self.headers(chunk, sink);
        }
        if body.is_empty() || self.state != State::Body {
            return;
        }
        if self.lines == LineForm::Lf {
            self.wire.clear();
            let mut wire = std::mem::take(&mut self.wire);
            push_wire(body, &mut self.last_byte, &mut wire);
            sink(Event::Body(&wire));
            self.wire = wire;
        } else {
            self.look_for_bare_newlines(body);
            self.last_byte = body.last().copied().unwrap_or_default();
            sink(Event::Body(body));
        }
    }

    /// Adds to the header block until it ends; gives back what is body.
    fn headers<'c>(&mut self, chunk: &'c [u8], sink: &mut impl FnMut(Event<'_>)) -> &'c [u8] {
        let mut rest = chunk;
        while !rest.is_empty() {
            let room = (HEADER_BLOCK_BYTES_MAX + 1).saturating_sub(self.block.len());
            if room == 0 {
                self.end_headers(sink);
                return rest;
            }
            let window = &rest[..rest.len().min(room)];
            let end = memchr::memchr(b'\n', window).map_or(window.len(), |at| at + 1);
            if self.lines == LineForm::Lf {
                push_wire(&window[..end], &mut self.last_byte, &mut self.block);
            } else {
                self.block.extend_from_slice(&window[..end]);
                self.last_byte = window[end - 1];
            }
            rest = &rest[end..];
            // RFC 5322 §2.1: the header ends with an empty line.
            if self.block.ends_with(b"\r\n\r\n") || self.block == b"\r\n" {
                self.end_headers(sink);
                return rest;
            }
        }
        rest
    }

    fn end_headers(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        let headers = Headers::parse(&self.block);
        let broken = |index: usize| {
            headers.get(index).is_none_or(|field| field.name.is_empty() || !field.name.iter().all(u8::is_ascii_graphic))
        };
        if (0..headers.len()).all(broken) {
            sink(Event::NotAMessage(NotAMessage::NoHeaderField));
        } else {
            sink(Event::Headers(&self.block));
        }
        self.block = Vec::new();
        self.state = State::Body;
        self.mbox.after_empty = true;
    }

    fn look_for_bare_newlines(&mut self, body: &[u8]) {
        if self.bare_newlines {
            return;
        }
        let before = |at: usize| if at == 0 { self.last_byte } else { body[at - 1] };
        let bare_lf = memchr::memchr_iter(b'\n', body).any(|at| before(at) != b'\r');
        let bare_cr = self.last_byte == b'\r' && body.first() != Some(&b'\n');
        let cr_inside =
            || memchr::memchr_iter(b'\r', body).any(|at| body.get(at + 1).is_some_and(|next| *next != b'\n'));
        self.bare_newlines = bare_lf || bare_cr || cr_inside();
    }

    fn end_message(&mut self, at_end_of_file: bool, sink: &mut impl FnMut(Event<'_>)) {
        if at_end_of_file && self.format == Some(Format::Mbox) && self.state != State::FromLine {
            self.release_at_end(sink);
        }
        match self.state {
            State::Before => return,
            State::FromLine => {
                sink(Event::Start);
                sink(Event::NotAMessage(NotAMessage::Empty));
            }
            State::Headers => self.end_headers(sink),
            State::Body => {}
        }
        let bare_newlines =
            std::mem::take(&mut self.bare_newlines) || (self.state == State::Body && self.ends_with_cr());
        sink(Event::End { bare_newlines });
        self.state = State::Before;
    }

    fn ends_with_cr(&self) -> bool {
        self.lines == LineForm::CrLf && self.last_byte == b'\r'
    }

    /// The last line may have been held back as the start of a `From ` line. An empty line at the end of the file is the
    /// separator behind the last message, not part of it.
    fn release_at_end(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        let index = usize::from(self.mbox.matched.unwrap_or_default());
        if index > 0 || self.mbox.quoted {
            self.release(&FROM[..index], sink);
        } else if self.mbox.empty_line == b"\r" {
            self.pass_held(sink);
        }
    }
}

/// Appends `text` with CRLF for each bare LF. `last` is the byte before, and is carried on.
fn push_wire(text: &[u8], last: &mut u8, wire: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\n', rest) {
        let before = if at == 0 { *last } else { rest[at - 1] };
        wire.extend_from_slice(&rest[..at]);
        wire.extend_from_slice(if before == b'\r' { b"\n" } else { b"\r\n" });
        *last = b'\n';
        rest = &rest[at + 1..];
    }
    if let Some(byte) = rest.last() {
        wire.extend_from_slice(rest);
        *last = *byte;
    }
}

/// A whole message in wire form, for tests and small tools: lines that end with LF end with CRLF when the first line
/// does so.
#[must_use]
pub fn wire_form(text: &[u8]) -> Cow<'_, [u8]> {
    let bare = memchr::memchr(b'\n', text).is_some_and(|at| at == 0 || text[at - 1] != b'\r');
    if !bare {
        return Cow::Borrowed(text);
    }
    let mut wire = Vec::with_capacity(text.len() + text.len() / 32);
    push_wire(text, &mut 0, &mut wire);
    Cow::Owned(wire)
}

impl NotAMessage {
    /// Every id of this enum.
    pub const IDS: &'static [&'static str] = &["not-a-message-empty", "not-a-message-no-header-field"];
}

impl Explain for NotAMessage {
    fn id(&self) -> &'static str {
        match self {
            Self::Empty => "not-a-message-empty",
            Self::NoHeaderField => "not-a-message-no-header-field",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::HeaderFlaw;
    use proptest::prelude::*;

    /// A message as the splitter gave it: header block, body, and what was said about it.
    #[derive(Clone, PartialEq, Eq, Debug, Default)]
    struct Seen {
        headers: Option<String>,
        body: String,
        not_a_message: Option<NotAMessage>,
        bare_newlines: Option<bool>,
    }

    fn split_in(format: Option<Format>, chunks: &[&[u8]]) -> Vec<Seen> {
        let mut seen: Vec<Seen> = Vec::new();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut sink = |event: Event<'_>| match event {
            Event::Start => seen.push(Seen::default()),
            Event::Headers(block) => {
                let message = seen.last_mut().unwrap();
                assert!(message.headers.is_none() && message.not_a_message.is_none() && message.body.is_empty());
                message.headers = Some(text(block));
            }
            Event::NotAMessage(why) => seen.last_mut().unwrap().not_a_message = Some(why),
            Event::Body(bytes) => {
                let message = seen.last_mut().unwrap();
                assert!(message.headers.is_some() || message.not_a_message.is_some());
                message.body.push_str(&text(bytes));
            }
            Event::End { bare_newlines } => seen.last_mut().unwrap().bare_newlines = Some(bare_newlines),
        };
        let mut splitter = Splitter::new(format);
        for chunk in chunks {
            splitter.feed(chunk, &mut sink);
        }
        splitter.finish(&mut sink);
        assert!(seen.iter().all(|message| message.bare_newlines.is_some()), "every message ends");
        seen
    }

    fn split(text: &str) -> Vec<(String, String)> {
        split_in(None, &[text.as_bytes()])
            .into_iter()
            .map(|seen| (seen.headers.unwrap_or_else(|| "-".to_owned()), seen.body))
            .collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(headers, body)| ((*headers).to_owned(), (*body).to_owned())).collect()
    }

    #[test]
    fn files_of_one_message() {
        for (file, expected) in [
            ("A: b\r\n\r\nbody\r\n", ("A: b\r\n\r\n", "body\r\n")),
            ("A: b\n\nbody\n", ("A: b\r\n\r\n", "body\r\n")),
            ("\u{feff}A: b\n\nbody", ("A: b\r\n\r\n", "body")),
            ("A: b\n\nmixed\r\nlines\n", ("A: b\r\n\r\n", "mixed\r\nlines\r\n")),
            ("A: b\r\n\r\nmixed\nlines\r\n", ("A: b\r\n\r\n", "mixed\nlines\r\n")),
            ("A: b\r\nC: d\n\nE: f\r\n\r\nx", ("A: b\r\nC: d\n\nE: f\r\n\r\n", "x")),
            ("A: b\r\n", ("A: b\r\n", "")),
            ("A: b", ("A: b", "")),
            ("A: b\r\n\r\n", ("A: b\r\n\r\n", "")),
            ("A: b\n\n\n\nFrom x\n>From y\n", ("A: b\r\n\r\n", "\r\n\r\nFrom x\r\n>From y\r\n")),
        ] {
            assert_eq!(split(file), pairs(&[expected]), "{file:?}");
        }
    }

    #[test]
    fn mbox_files() {
        let file = "From a@b Thu Jan  1\nA: 1\n\nbody 1\n>From here\n>>From there\n> From\n>Fro\n\nFrom c@d Thu\nA: 2\n\n\nFrom e Thu\nA: 3\n\nFromage\nFrom in text\n\n\nFro";
        let expected = pairs(&[
            ("A: 1\r\n\r\n", "body 1\r\nFrom here\r\n>From there\r\n> From\r\n>Fro\r\n"),
            ("A: 2\r\n\r\n", ""),
            ("A: 3\r\n\r\n", "Fromage\r\nFrom in text\r\n\r\n\r\nFro"),
        ]);
        assert_eq!(split(file), expected);
        let wire = file.replace('\n', "\r\n");
        assert_eq!(split(&wire), expected);
        assert_eq!(split("From a\nA: 1\n\nx\n\n"), pairs(&[("A: 1\r\n\r\n", "x\r\n")]));
        assert_eq!(split("From a\nA: 1\n\nx\n\n\n"), pairs(&[("A: 1\r\n\r\n", "x\r\n\r\n")]));
        assert_eq!(split("From a\nA: 1\n\nFrom b\nA: 2\n\n"), pairs(&[("A: 1\r\n\r\n", ""), ("A: 2\r\n\r\n", "")]));
    }

    #[test]
    fn what_is_no_message_is_named() {
        let why = |bytes: &[u8]| split_in(None, &[bytes]).iter().map(|seen| seen.not_a_message).collect::<Vec<_>>();
        assert_eq!(why(b""), [Some(NotAMessage::Empty)]);
        assert_eq!(why(BOM), [Some(NotAMessage::Empty)]);
        assert_eq!(why(b"\r\nA: b\r\n\r\n"), [Some(NotAMessage::NoHeaderField)]);
        assert_eq!(why(b"hello\nworld\n"), [Some(NotAMessage::NoHeaderField)]);
        assert_eq!(why(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), [Some(NotAMessage::NoHeaderField)]);
        assert_eq!(why(&vec![b'x'; HEADER_BLOCK_BYTES_MAX + 7]), [Some(NotAMessage::NoHeaderField)]);
        assert_eq!(why(b"From a\n"), [Some(NotAMessage::Empty)]);
        assert_eq!(why(b"A: b\r\n\r\n"), [None]);
    }

    #[test]
    fn bare_newlines_are_a_fact_of_wire_form_bodies() {
        let bare = |text: &str| split_in(None, &[text.as_bytes()])[0].bare_newlines == Some(true);
        assert!(!bare("A: b\r\n\r\na\r\nb\r\n"));
        assert!(bare("A: b\r\n\r\na\nb\r\n"));
        assert!(bare("A: b\r\n\r\na\rb\r\n"));
        assert!(bare("A: b\r\n\r\na\r"));
        assert!(!bare("A: b\n\na\nb\n"));
    }

    #[test]
    fn header_blocks_are_cut_above_the_limit() {
        for (length, cut) in
            [(HEADER_BLOCK_BYTES_MAX - 1, false), (HEADER_BLOCK_BYTES_MAX, false), (HEADER_BLOCK_BYTES_MAX + 9, true)]
        {
            let file = format!("A: b\r\nX: {}\r\n\r\n", "x".repeat(length - 13));
            assert_eq!(file.len(), length);
            let seen = split_in(None, &[file.as_bytes()]);
            let block = seen[0].headers.clone().unwrap();
            assert_eq!(block.len(), length.min(HEADER_BLOCK_BYTES_MAX + 1));
            let headers = Headers::parse(block.as_bytes());
            assert_eq!(headers.flaws().iter().any(|flaw| flaw.kind == HeaderFlaw::BlockTooLong), cut, "{length}");
            assert_eq!(block.len() + seen[0].body.len(), length);
        }
    }

    fn file() -> impl Strategy<Value = String> {
        let line = prop_oneof![
            Just(String::new()),
            Just("From a@b Thu Jan 1".to_owned()),
            Just(">From x".to_owned()),
            Just(">>From x".to_owned()),
            Just("Fro".to_owned()),
            Just("A: b".to_owned()),
            "[>F\r]{0,3}",
        ];
        let end = prop_oneof![4 => Just("\n"), 4 => Just("\r\n"), 1 => Just("")];
        (any::<bool>(), proptest::collection::vec((line, end), 0..14)).prop_map(|(mbox, lines)| {
            let mut file = if mbox { "From first\nA: b\n\n".to_owned() } else { String::new() };
            for (line, end) in lines {
                file.push_str(&line);
                file.push_str(end);
            }
            file
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn every_chunking_gives_the_same(file in file(), cuts in proptest::collection::vec(0usize..80, 0..6)) {
            let whole = split_in(None, &[file.as_bytes()]);
            let bytes: Vec<&[u8]> = file.as_bytes().chunks(1).collect();
            prop_assert_eq!(&split_in(None, &bytes), &whole, "{:?}", file);
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= file.len()).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut start = 0;
            for cut in cuts {
                chunks.push(&file.as_bytes()[start..cut]);
                start = cut;
            }
            chunks.push(&file.as_bytes()[start..]);
            prop_assert_eq!(&split_in(None, &chunks), &whole, "{:?}", file);
        }

        #[test]
        fn a_message_of_one_file_is_its_wire_form(file in "(A: b\n)[a-zF:> \n]{0,60}") {
            let seen = split_in(Some(Format::Eml), &[file.as_bytes()]);
            let whole = format!("{}{}", seen[0].headers.clone().unwrap_or_default(), seen[0].body);
            prop_assert_eq!(whole, file.replace('\n', "\r\n"));
        }
    }
}
