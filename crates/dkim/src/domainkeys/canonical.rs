//! Canonicalisation of RFC 4870 §3.4.2: header and body are one text there, hashed as one stream.

use crate::crypto::{Digest, HashAlgorithm, Hasher};

/// One of the two canonicalisations.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Canonicalization {
    /// `simple`: as it came.
    Simple,
    /// `nofws`: without any white space.
    Nofws,
}

impl Canonicalization {
    /// As `c=` writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Nofws => "nofws",
        }
    }

    /// Reads `c=`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        [Self::Simple, Self::Nofws].into_iter().find(|kind| text == kind.as_str().as_bytes())
    }
}

/// Feeds the canonical form of a message to `sink`: signed header fields first, then the body in any chunks.
#[derive(Clone, Debug)]
pub struct Canonicalizer {
    kind: Canonicalization,
    /// Ends of lines that are held back, because they may turn out to be empty lines at the end. The line between header
    /// and body is one of them.
    newlines: u64,
    /// A CR held back, because the chunk ended before its LF.
    carriage_return: bool,
    /// Whether any of the body was passed on.
    content: bool,
}

/// The hash of a message in its canonical form, in the making.
pub struct MessageHasher {
    canonicalizer: Canonicalizer,
    sink: Gathered,
}

/// Small pieces are gathered before they are hashed.
struct Gathered {
    hasher: Hasher,
    bytes: Vec<u8>,
}

impl Canonicalizer {
    /// A message of which nothing came yet.
    #[must_use]
    pub fn new(kind: Canonicalization) -> Self {
        Self { kind, newlines: 1, carriage_return: false, content: false }
    }

    /// Takes a signed field as it came, without its last CRLF. All fields come before the body.
    pub fn header(&self, raw: &[u8], sink: &mut impl FnMut(&[u8])) {
        match self.kind {
            // RFC 4870 §3.4.2.1: lines as they are, each with CRLF.
            Canonicalization::Simple => sink(raw),
            // RFC 4870 §3.4.2.2: unfolded, and without HTAB, NL, CR and SP.
            Canonicalization::Nofws => without_white_space(raw, sink),
        }
        sink(b"\r\n");
    }

    /// Takes the next bytes of the body.
    pub fn body(&mut self, chunk: &[u8], sink: &mut impl FnMut(&[u8])) {
        let mut rest = chunk;
        if self.carriage_return
            && let Some(&first) = rest.first()
        {
            self.carriage_return = false;
            if first == b'\n' {
                self.newlines += 1;
                rest = rest.get(1..).unwrap_or_default();
            } else {
                self.text(b"\r", sink);
            }
        }
        while !rest.is_empty() {
            let at = memchr::memchr(b'\r', rest).unwrap_or(rest.len());
            let (text, end) = rest.split_at(at);
            self.text(text, sink);
            let skipped = match end {
                [] => 0,
                [_] => {
                    self.carriage_return = true;
                    1
                }
                [_, b'\n', ..] => {
                    self.newlines += 1;
                    2
                }
                // A CR that ends no line is content.
                [_, _, ..] => {
                    self.text(b"\r", sink);
                    1
                }
            };
            rest = end.get(skipped..).unwrap_or_default();
        }
    }

    /// Passes on what the end of the body makes certain.
    pub fn finish(mut self, sink: &mut impl FnMut(&[u8])) {
        if self.carriage_return {
            self.text(b"\r", sink);
        }
        // RFC 4870 §3.4.2.1: trailing empty lines are ignored; if the body has none but empty lines, so is the line
        // between header and body. A last line without CRLF gets one.
        if self.content {
            sink(b"\r\n");
        }
    }

    /// Takes bytes within a line.
    fn text(&mut self, bytes: &[u8], sink: &mut impl FnMut(&[u8])) {
        match self.kind {
            Canonicalization::Simple => self.pass(bytes, sink),
            // RFC 4870 §3.4.2.2: the test for an empty line comes after the removal of white space.
            Canonicalization::Nofws => without_white_space(bytes, &mut |piece| self.pass(piece, sink)),
        }
    }

    fn pass(&mut self, bytes: &[u8], sink: &mut impl FnMut(&[u8])) {
        if bytes.is_empty() {
            return;
        }
        while self.newlines > 0 {
            let count = usize::try_from(self.newlines).unwrap_or(usize::MAX).min(NEWLINES.len() / 2);
            sink(NEWLINES.get(..count * 2).unwrap_or_default());
            self.newlines -= count as u64;
        }
        sink(bytes);
        self.content = true;
    }
}

impl MessageHasher {
    /// Nothing hashed yet.
    #[must_use]
    pub fn new(kind: Canonicalization) -> Self {
        let hasher = Hasher::new(HashAlgorithm::Sha1);
        Self {
            canonicalizer: Canonicalizer::new(kind),
            sink: Gathered { hasher, bytes: Vec::with_capacity(GATHERED_BYTES_MAX) },
        }
    }

    /// Adds a signed field, without its last CRLF.
    pub fn header(&mut self, raw: &[u8]) {
        let sink = &mut self.sink;
        self.canonicalizer.header(raw, &mut |bytes| sink.add(bytes));
    }

    /// Adds the next bytes of the body.
    pub fn body(&mut self, chunk: &[u8]) {
        let sink = &mut self.sink;
        self.canonicalizer.body(chunk, &mut |bytes| sink.add(bytes));
    }

    /// The hash of it all.
    #[must_use]
    pub fn finish(self) -> Digest {
        let mut sink = self.sink;
        self.canonicalizer.finish(&mut |bytes| sink.add(bytes));
        sink.flush();
        sink.hasher.finish()
    }
}

impl Gathered {
    fn add(&mut self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() > GATHERED_BYTES_MAX {
            self.flush();
        }
        if bytes.len() > GATHERED_BYTES_MAX {
            self.hasher.update(bytes);
        } else {
            self.bytes.extend_from_slice(bytes);
        }
    }

    fn flush(&mut self) {
        self.hasher.update(&self.bytes);
        self.bytes.clear();
    }
}

fn without_white_space(bytes: &[u8], sink: &mut impl FnMut(&[u8])) {
    let white = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    for piece in bytes.split(white).filter(|piece| !piece.is_empty()) {
        sink(piece);
    }
}

/// Ends of lines to pass on at once.
const NEWLINES: &[u8] = b"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";
/// Bytes of small pieces that are gathered before they are hashed.
const GATHERED_BYTES_MAX: usize = 4096;
