//! Documents as lines of a tape or a zone file, read and written.
//!
//! ```text
//! ;! fetch https://example.jp/logo.svg 200 image/svg+xml
//! ;! + "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\010"
//! ;! fetch https://example.jp/logo.svgz follow 200 image/svg+xml
//! ;! + H4sIAAAAAAAAA7MpLkvXqMhRstIvz8ss0S9OLkpNLUksSbUFADv8kCUYAAAA
//! ;! fetch https://example.jp/gone 404
//! ;! fetch https://example.jp/slow timeout
//! ```

use std::fmt;
use std::sync::Arc;

use mailtext::encode::encode_base64;

use super::{Document, FetchFailure, Fetched, Redirects, Target};
use crate::answer::write_string;
use crate::limits::{TAPE_LINE_BASE64_BYTES, TAPE_LINE_TEXT_BYTES};
use crate::master::ZoneErrorKind;

/// One such line.
pub(crate) enum Line {
    /// What was fetched, or how it failed.
    Head(Target, Said),
    /// The next bytes of the document.
    Body(Vec<u8>),
}

/// What came, but for the document's bytes.
pub(crate) enum Said {
    Document(Option<String>),
    Status(u16),
    Failed(FetchFailure),
}

/// The documents of a text, gathered line by line.
#[derive(Default)]
pub(crate) struct Lines {
    done: Vec<(Target, Fetched)>,
    open: Option<(Target, Document, Vec<u8>)>,
}

impl Lines {
    pub(crate) fn take(&mut self, line: Line) -> Result<(), ZoneErrorKind> {
        match (line, &mut self.open) {
            (Line::Body(bytes), Some((_, _, body))) => body.extend_from_slice(&bytes),
            (Line::Body(_), None) => return Err(ZoneErrorKind::Fetch),
            (Line::Head(target, said), _) => {
                self.close();
                match said {
                    Said::Document(content_type) => {
                        self.open = Some((target, Document { bytes: Box::default(), content_type }, Vec::new()));
                    }
                    Said::Status(status) => self.done.push((target, Fetched::Status(status))),
                    Said::Failed(failure) => self.done.push((target, Fetched::Failed(failure))),
                }
            }
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Vec<(Target, Fetched)> {
        self.close();
        self.done
    }

    fn close(&mut self) {
        if let Some((target, document, body)) = self.open.take() {
            let document = Document { bytes: body.into(), ..document };
            self.done.push((target, Fetched::Document(Arc::new(document))));
        }
    }
}

/// One request and what came of it.
pub(crate) fn write(out: &mut fmt::Formatter<'_>, target: &Target, fetched: &Fetched) -> fmt::Result {
    write!(out, ";! fetch")?;
    write_word(out, target.url.as_str())?;
    if target.redirects == Redirects::Follow {
        write!(out, " follow")?;
    }
    match fetched {
        Fetched::Status(status) => writeln!(out, " {status}"),
        Fetched::Failed(failure) => writeln!(out, " {failure}"),
        Fetched::Document(document) => {
            write!(out, " 200")?;
            if let Some(content_type) = &document.content_type {
                write_word(out, content_type)?;
            }
            writeln!(out)?;
            write_body(out, &document.bytes)
        }
    }
}

fn write_body(out: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    // Text stays readable: an indicator, a policy, a certificate in PEM. What would be mostly escapes is not text.
    let escaped = bytes.iter().filter(|byte| !matches!(byte, b' '..=b'~' | b'\n')).count();
    if escaped > bytes.len() / 8 {
        return bytes
            .chunks(TAPE_LINE_BASE64_BYTES)
            .try_for_each(|chunk| writeln!(out, ";! + {}", encode_base64(chunk)));
    }
    for line in bytes.split_inclusive(|byte| *byte == b'\n').flat_map(|line| line.chunks(TAPE_LINE_TEXT_BYTES)) {
        write!(out, ";! +")?;
        write_string(out, " ", line)?;
        writeln!(out)?;
    }
    Ok(())
}

/// A word, in quotes when it would not be read as one.
fn write_word(out: &mut fmt::Formatter<'_>, word: &str) -> fmt::Result {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b';' | b'(' | b')');
    if !word.is_empty() && word.bytes().all(plain) {
        write!(out, " {word}")
    } else {
        write_string(out, " ", word.as_bytes())
    }
}
