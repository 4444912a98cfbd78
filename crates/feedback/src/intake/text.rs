//! Bytes as text: whatever charset they are in, what comes out is UTF-8.

use std::io::{self, BufRead, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::bytes::Window;
use crate::deviation::{DeviationKind, Notes};

/// A window's bytes as UTF-8.
pub(super) struct Text<'w, 'r> {
    window: &'w mut Window<'r>,
    form: Form,
    /// Text that is not in the window as it stands.
    made: Vec<u8>,
    made_start: usize,
    /// How many bytes of the window are known to be UTF-8.
    sound: usize,
    /// Bytes that are not in the charset.
    pub(super) has_foreign: bool,
}

enum Form {
    /// UTF-8 in which single bytes may be wrong.
    Utf8,
    Other(Box<Decoder>),
    /// The decoder has seen the end.
    Ended,
}

impl<'w, 'r> Text<'w, 'r> {
    /// Begins at a place of the window, in a charset.
    pub(super) fn new(window: &'w mut Window<'r>, charset: &'static Encoding) -> Self {
        let form = if charset == UTF_8 {
            Form::Utf8
        } else {
            Form::Other(Box::new(charset.new_decoder_without_bom_handling()))
        };
        Self { window, form, made: Vec::new(), made_start: 0, sound: 0, has_foreign: false }
    }

    /// Makes `sound` or `made` be more than nothing, unless the end has come.
    fn refill(&mut self) -> io::Result<()> {
        self.made.clear();
        self.made_start = 0;
        loop {
            let bytes = self.window.fill_buf()?;
            let decoder = match &mut self.form {
                Form::Utf8 => return self.refill_utf8(),
                Form::Ended => return Ok(()),
                Form::Other(decoder) => decoder,
            };
            let is_end = bytes.is_empty();
            self.made.reserve(16 << 10);
            let room = self.made.capacity();
            self.made.resize(room, 0);
            let (result, read, written, replaced) = decoder.decode_to_utf8(bytes, &mut self.made, is_end);
            self.made.truncate(written);
            self.has_foreign |= replaced;
            self.window.consume(read);
            if is_end && result == CoderResult::InputEmpty {
                self.form = Form::Ended;
                return Ok(());
            }
            if written > 0 {
                return Ok(());
            }
        }
    }

    fn refill_utf8(&mut self) -> io::Result<()> {
        let bytes = self.window.seen();
        let error = match std::str::from_utf8(bytes) {
            Ok(_) => {
                self.sound = bytes.len();
                return Ok(());
            }
            Err(error) if error.valid_up_to() > 0 => {
                self.sound = error.valid_up_to();
                return Ok(());
            }
            Err(error) => error,
        };
        // The window begins with a byte that is no text; or with a character whose end it does not show yet.
        let wrong = match error.error_len() {
            Some(length) => length,
            None => {
                let bytes = self.window.peek(4);
                match std::str::from_utf8(bytes) {
                    Ok(_) => 0,
                    Err(error) if error.valid_up_to() > 0 => 0,
                    Err(error) => error.error_len().unwrap_or(bytes.len()),
                }
            }
        };
        if wrong == 0 {
            return self.refill_utf8();
        }
        // Whoever writes such bytes writes windows-1252, as a rule.
        let text = WINDOWS_1252.decode_without_bom_handling(&self.window.seen()[..wrong]).0;
        self.made.extend_from_slice(text.as_bytes());
        self.window.consume(wrong);
        self.has_foreign = true;
        Ok(())
    }
}

impl BufRead for Text<'_, '_> {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.sound == 0 && self.made_start == self.made.len() {
            self.refill()?;
        }
        if self.sound > 0 {
            return Ok(self.window.seen().get(..self.sound).unwrap_or_default());
        }
        Ok(&self.made[self.made_start..])
    }

    #[inline]
    fn consume(&mut self, count: usize) {
        if self.sound > 0 {
            let count = count.min(self.sound);
            self.sound -= count;
            self.window.consume(count);
        } else {
            self.made_start = (self.made_start + count).min(self.made.len());
        }
    }
}

impl Read for Text<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let count = bytes.len().min(out.len());
        out[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}

/// The charset of a text that begins with these bytes, and how many of them come before the text.
pub(super) fn charset(bytes: &[u8], notes: &mut Notes) -> (&'static Encoding, usize) {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => return (UTF_8, 3),
        [0xff, 0xfe, ..] => return (UTF_16LE, 2),
        [0xfe, 0xff, ..] => return (UTF_16BE, 2),
        [byte, 0, ..] if *byte != 0 => return (UTF_16LE, 0),
        [0, byte, ..] if *byte != 0 => return (UTF_16BE, 0),
        _ => {}
    }
    let Some(label) = declared(bytes) else { return (UTF_8, 0) };
    match Encoding::for_label(label.as_bytes()) {
        // Whoever declares UTF-16 and writes something else writes UTF-8: so does what keeps texts in UTF-16.
        Some(found) if found == UTF_16LE || found == UTF_16BE => {
            notes.note(DeviationKind::Encoding, &label);
            (UTF_8, 0)
        }
        Some(found) => (found, 0),
        None => {
            notes.note(DeviationKind::Encoding, &label);
            (UTF_8, 0)
        }
    }
}

/// `encoding` of an XML declaration.
fn declared(bytes: &[u8]) -> Option<String> {
    let start = memchr::memmem::find(bytes, b"<?xml")?;
    let declaration = &bytes[start..];
    let declaration = &declaration[..memchr::memmem::find(declaration, b"?>")?.min(256)];
    let at = memchr::memmem::find(declaration, b"encoding")?;
    let rest = declaration[at + 8..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let (quote, rest) = rest.split_first()?;
    let end = memchr::memchr(*quote, rest)?;
    Some(String::from_utf8_lossy(&rest[..end]).into_owned())
}
