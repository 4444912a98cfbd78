//! Encodings of bytes in text: base64 with folds, quoted-printable, DKIM's own quoted-printable, and text that keeps odd
//! bytes.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::explain::Explain;
use crate::lex::is_white_space;

/// Why an encoded text cannot be decoded.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EncodingError {
    /// A byte that is not in the alphabet of base64.
    Base64Character,
    /// A number of letters that no base64 text has, or `=` elsewhere than at the end.
    Base64Length,
    /// `=` not followed by two hexadecimal digits.
    QuotedPrintable,
}

/// Decodes base64 in which white space and folds may stand anywhere (RFC 6376 §3.5, `b=`, `bh=`; §3.6.1, `p=`).
///
/// Missing padding and surplus bits at the end are accepted, as every verifier does.
///
/// # Errors
/// A byte outside the alphabet, or an impossible length.
pub fn decode_base64_fws(text: &[u8]) -> Result<Vec<u8>, EncodingError> {
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut quantum = Quantum::default();
    let mut padding = 0;
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        if quantum.count == 0 && padding == 0 {
            // Most of a text is letters alone, four of which are three bytes.
            rest = decode_quanta(rest, &mut decoded);
            if rest.len() <= behind.len() {
                continue;
            }
        }
        rest = behind;
        match sextet(byte) {
            Some(_) if padding > 0 => return Err(EncodingError::Base64Length),
            Some(bits) => quantum.push(bits, &mut decoded),
            None if byte == b'=' => padding += 1,
            None if is_white_space(byte) => {}
            None => return Err(EncodingError::Base64Character),
        }
    }
    // One letter alone holds six bits: not a byte. Padding beyond two letters never occurs.
    if quantum.count == 1 || padding > 2 {
        return Err(EncodingError::Base64Length);
    }
    quantum.flush(&mut decoded);
    Ok(decoded)
}

/// Decodes the base64 of a MIME body: what is not in the alphabet is skipped (RFC 2045 §6.8), and decoding goes on
/// behind padding.
#[must_use]
pub fn decode_base64_lenient(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut quantum = Quantum::default();
    for &byte in text {
        match sextet(byte) {
            Some(bits) => quantum.push(bits, &mut decoded),
            None if byte == b'=' => quantum.flush(&mut decoded),
            None => {}
        }
    }
    quantum.flush(&mut decoded);
    decoded
}

/// Encodes as base64 with padding, without line breaks.
#[must_use]
pub fn encode_base64(bytes: &[u8]) -> String {
    data_encoding::BASE64.encode(bytes)
}

/// Decodes quoted-printable (RFC 2045 §6.7) without ever failing: a broken `=` stays as it is, white space at the end
/// of lines goes, soft line breaks are joined. Lines may end with CRLF or LF; they come out as they went in.
#[must_use]
pub fn decode_quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let ending = if line.ends_with(b"\r\n") { 2 } else { usize::from(line.ends_with(b"\n")) };
        let (content, end) = line.split_at(line.len() - ending);
        // RFC 2045 §6.7 (3): white space at the end of a line was added by transport.
        let content = trim_blank_end(content);
        match content.strip_suffix(b"=") {
            Some(soft) => push_hex_octets(soft, &mut decoded),
            None => {
                push_hex_octets(content, &mut decoded);
                decoded.extend_from_slice(end);
            }
        }
    }
    decoded
}

/// Encodes text as quoted-printable: lines of at most 76 columns; CRLF stays a line end, every other control byte,
/// 8-bit byte and `=` is written as hexadecimal.
#[must_use]
pub fn encode_quoted_printable(bytes: &[u8]) -> String {
    const LINE_COLUMNS_MAX: usize = 76;
    let mut encoded = String::with_capacity(bytes.len() + bytes.len() / 8);
    let mut column = 0;
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at..].starts_with(b"\r\n") {
            encoded.push_str("\r\n");
            column = 0;
            at += 2;
            continue;
        }
        let byte = bytes[at];
        let line_ends = at + 1 == bytes.len() || bytes[at + 1..].starts_with(b"\r\n");
        let plain = match byte {
            b' ' | b'\t' => !line_ends,
            b'=' => false,
            _ => byte.is_ascii_graphic(),
        };
        let width = if plain { 1 } else { 3 };
        // One column is kept for the `=` of a soft line break.
        if column + width > LINE_COLUMNS_MAX - 1 {
            encoded.push_str("=\r\n");
            column = 0;
        }
        push_octet(byte, plain, &mut encoded);
        column += width;
        at += 1;
    }
    encoded
}

/// Decodes DKIM-Quoted-Printable (RFC 6376 §2.11): white space is not part of the value.
///
/// # Errors
/// When `=` is not followed by two hexadecimal digits. Lower-case digits are accepted.
pub fn decode_dkim_quoted_printable(text: &[u8]) -> Result<Vec<u8>, EncodingError> {
    // RFC 6376 §2.11: such white space is not part of the value and is removed before decoding.
    let mut packed = text.iter().copied().filter(|byte| !is_white_space(*byte));
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = packed.next() {
        if byte != b'=' {
            decoded.push(byte);
            continue;
        }
        let digits = packed.next().and_then(hex).zip(packed.next().and_then(hex));
        let (high, low) = digits.ok_or(EncodingError::QuotedPrintable)?;
        decoded.push(high << 4 | low);
    }
    Ok(decoded)
}

/// Encodes as DKIM-Quoted-Printable, without folds. The bar is encoded too, so that the value may stand in `z=`.
#[must_use]
pub fn encode_dkim_quoted_printable(bytes: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len());
    for &byte in bytes {
        // RFC 6376 §2.11: dkim-safe-char is printable ASCII without `;` and `=`.
        let plain = byte.is_ascii_graphic() && !matches!(byte, b';' | b'=' | b'|');
        push_octet(byte, plain, &mut encoded);
    }
    encoded
}

/// Bytes as text without loss: what is UTF-8 stays; every other byte becomes one of U+EF80 to U+EFFF, and so do the
/// bytes of these characters themselves, so that different bytes are always different texts.
#[must_use]
pub fn text_of_bytes(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(is_odd) => return Cow::Borrowed(text),
        _ => {}
    }
    let mut text = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            if is_odd(character) {
                let mut buffer = [0; 4];
                text.extend(character.encode_utf8(&mut buffer).bytes().map(odd_of_byte));
            } else {
                text.push(character);
            }
        }
        text.extend(chunk.invalid().iter().copied().map(odd_of_byte));
    }
    Cow::Owned(text)
}

/// The bytes of which [`text_of_bytes`] made `text`.
#[must_use]
pub fn bytes_of_text(text: &str) -> Cow<'_, [u8]> {
    if !text.chars().any(is_odd) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        if is_odd(character) {
            // The low eight bits are the byte: U+EF80 to U+EFFF stand for 80 to FF.
            bytes.push((u32::from(character) & 0xff) as u8);
        } else {
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    Cow::Owned(bytes)
}

impl EncodingError {
    /// Every id of this enum.
    pub const IDS: &'static [&'static str] = &["base64-character", "base64-length", "quoted-printable-octet"];
}

impl Explain for EncodingError {
    fn id(&self) -> &'static str {
        match self {
            Self::Base64Character => "base64-character",
            Self::Base64Length => "base64-length",
            Self::QuotedPrintable => "quoted-printable-octet",
        }
    }
}

/// Letters of base64 on their way to bytes.
#[derive(Default)]
struct Quantum {
    bits: u32,
    count: u32,
}

impl Quantum {
    fn push(&mut self, sextet: u8, decoded: &mut Vec<u8>) {
        self.bits = self.bits << 6 | u32::from(sextet);
        self.count += 1;
        if self.count == 4 {
            decoded.extend_from_slice(&self.bits.to_be_bytes()[1..]);
            *self = Self::default();
        }
    }

    fn flush(&mut self, decoded: &mut Vec<u8>) {
        let bytes = (self.bits << (6 * (4 - self.count))).to_be_bytes();
        match self.count {
            2 => decoded.extend_from_slice(&bytes[1..2]),
            3 => decoded.extend_from_slice(&bytes[1..3]),
            _ => {}
        }
        *self = Self::default();
    }
}

/// Decodes as many whole quanta of letters as stand at the start of `text`; gives what is behind them.
fn decode_quanta<'a>(text: &'a [u8], decoded: &mut Vec<u8>) -> &'a [u8] {
    let mut rest = text;
    // Two at a time, as long as there are.
    while let Some(([a, b, c, d, e, f, g, h], behind)) = rest.split_first_chunk::<8>() {
        let (first, second) = (quantum([*a, *b, *c, *d]), quantum([*e, *f, *g, *h]));
        if (first | second) & NO_QUANTUM != 0 {
            break;
        }
        decoded.extend_from_slice(&(u64::from(first) << 24 | u64::from(second)).to_be_bytes()[2..]);
        rest = behind;
    }
    while let Some((letters, behind)) = rest.split_first_chunk::<4>() {
        let bits = quantum(*letters);
        if bits & NO_QUANTUM != 0 {
            break;
        }
        decoded.extend_from_slice(&bits.to_be_bytes()[1..]);
        rest = behind;
    }
    rest
}

/// The three bytes that four letters are; [`NO_QUANTUM`] is in it when one of them is no letter.
#[inline]
fn quantum(letters: [u8; 4]) -> u32 {
    let [first, second, third, fourth] = &QUANTA;
    let [a, b, c, d] = letters.map(usize::from);
    first[a] | second[b] | third[c] | fourth[d]
}

fn sextet(byte: u8) -> Option<u8> {
    Some(SEXTETS[usize::from(byte)]).filter(|sextet| *sextet != NO_SEXTET)
}

/// What stands in [`SEXTETS`] for bytes that are no letters; no sextet has this bit.
const NO_SEXTET: u8 = 0x80;

/// The six bits of each letter of base64 (RFC 4648 §4).
const SEXTETS: [u8; 256] = {
    let mut table = [NO_SEXTET; 256];
    let mut index = 0;
    while index < 64 {
        table[b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[index] as usize] = index as u8;
        index += 1;
    }
    table
};

/// What stands in [`QUANTA`] for bytes that are no letters; three bytes do not have this bit.
const NO_QUANTUM: u32 = 1 << 31;

/// The bits of each letter at each of the four places in a quantum, so that none need be shifted.
const QUANTA: [[u32; 256]; 4] = {
    let mut tables = [[NO_QUANTUM; 256]; 4];
    let mut byte = 0;
    while byte < 256 {
        let mut place = 0;
        while place < 4 && SEXTETS[byte] != NO_SEXTET {
            tables[place][byte] = (SEXTETS[byte] as u32) << (18 - 6 * place);
            place += 1;
        }
        byte += 1;
    }
    tables
};

pub(crate) fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// `=XX` becomes a byte; a broken one stays.
pub(crate) fn push_hex_octets(text: &[u8], decoded: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(equals) = memchr::memchr(b'=', rest) {
        let (before, after) = rest.split_at(equals);
        decoded.extend_from_slice(before);
        let digits = after.get(1).copied().and_then(hex).zip(after.get(2).copied().and_then(hex));
        if let Some((high, low)) = digits {
            decoded.push(high << 4 | low);
            rest = &after[3..];
        } else {
            decoded.push(b'=');
            rest = &after[1..];
        }
    }
    decoded.extend_from_slice(rest);
}

fn push_octet(byte: u8, plain: bool, encoded: &mut String) {
    if plain {
        encoded.push(char::from(byte));
    } else {
        let _ = write!(encoded, "={byte:02X}");
    }
}

fn trim_blank_end(line: &[u8]) -> &[u8] {
    let blanks = line.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    &line[..line.len() - blanks]
}

fn is_odd(character: char) -> bool {
    matches!(character, '\u{ef80}'..='\u{efff}')
}

fn odd_of_byte(byte: u8) -> char {
    char::from_u32(0xef00 | u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn base64_of_tags() {
        assert_eq!(decode_base64_fws(b"Zm9v\r\n YmE ="), Ok(b"fooba".to_vec()));
        assert_eq!(decode_base64_fws(b"Zm9vYmE"), Ok(b"fooba".to_vec()));
        assert_eq!(decode_base64_fws(b""), Ok(Vec::new()));
        assert_eq!(decode_base64_fws(b"Zm9v-"), Err(EncodingError::Base64Character));
        assert_eq!(decode_base64_fws(b"Zm9vY"), Err(EncodingError::Base64Length));
        assert_eq!(decode_base64_fws(b"Zg==Zg=="), Err(EncodingError::Base64Length));
        assert_eq!(decode_base64_fws(b"Zm9v==="), Err(EncodingError::Base64Length));
    }

    #[test]
    fn base64_of_bodies_goes_on() {
        assert_eq!(decode_base64_lenient(b"Zg==\r\nZm9v!"), b"ffoo");
    }

    #[test]
    fn quoted_printable_lines() {
        assert_eq!(decode_quoted_printable(b"a=3D=\r\nb  \r\nc=zz="), b"a=b\r\nc=zz");
        assert_eq!(encode_quoted_printable("a=b é\r\nx ".as_bytes()), "a=3Db =C3=A9\r\nx=20");
    }

    #[test]
    fn dkim_quoted_printable() {
        assert_eq!(decode_dkim_quoted_printable(b"From:foo=40ex\r\n ample=2e"), Ok(b"From:foo@example.".to_vec()));
        assert_eq!(decode_dkim_quoted_printable(b"a=4"), Err(EncodingError::QuotedPrintable));
        assert_eq!(encode_dkim_quoted_printable(b"a b;c=|\x7f"), "a=20b=3Bc=3D=7C=7F");
    }

    proptest! {
        #[test]
        fn base64_round_trip(bytes in any::<Vec<u8>>()) {
            let encoded = encode_base64(&bytes);
            prop_assert_eq!(decode_base64_fws(encoded.as_bytes()), Ok(bytes.clone()));
            prop_assert_eq!(decode_base64_lenient(encoded.as_bytes()), bytes);
        }

        #[test]
        fn quoted_printable_round_trip(bytes in any::<Vec<u8>>()) {
            let encoded = encode_quoted_printable(&bytes);
            prop_assert_eq!(decode_quoted_printable(encoded.as_bytes()), bytes);
            prop_assert!(encoded.split("\r\n").all(|line| line.len() <= 76));
        }

        #[test]
        fn dkim_quoted_printable_round_trip(bytes in any::<Vec<u8>>()) {
            let encoded = encode_dkim_quoted_printable(&bytes);
            prop_assert_eq!(decode_dkim_quoted_printable(encoded.as_bytes()), Ok(bytes));
        }

        #[test]
        fn text_keeps_every_byte(bytes in any::<Vec<u8>>()) {
            let text = text_of_bytes(&bytes);
            prop_assert_eq!(bytes_of_text(&text).to_vec(), bytes.clone());
        }

        #[test]
        fn text_keeps_odd_characters(text in "[a\u{ef7f}\u{ef80}\u{efff}\u{f000}]{0,8}") {
            let kept = text_of_bytes(text.as_bytes());
            prop_assert_eq!(bytes_of_text(&kept).to_vec(), text.as_bytes().to_vec());
        }
    }
}
