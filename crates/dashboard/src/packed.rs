//! An answer as it is kept: packed, with a mark where the secret of forms belongs.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue, Response};

use crate::limits::COMPRESSED_BYTES_MIN;
use crate::trouble::Trouble;

/// An answer with a body that is packed.
pub(crate) struct Packed {
    headers: HeaderMap,
    body: Vec<u8>,
    /// How long the body is when it is not packed, in bytes.
    length: usize,
    /// Whether the mark stands in it.
    has_mark: bool,
}

impl Packed {
    /// Packs an answer; `mark` stands where the secret belongs.
    pub(crate) fn new(answer: Response<Vec<u8>>, mark: &str) -> Self {
        let (head, body) = answer.into_parts();
        let has_mark = memchr::memmem::find(&body, mark.as_bytes()).is_some();
        Self { headers: head.headers, length: body.len(), has_mark, body: pack(&body) }
    }

    /// How much is kept of it, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.body.len()
    }

    /// The answer: packed where that is taken and nothing has to be put into it, else with the secret in the mark's place.
    ///
    /// # Errors
    /// What was packed cannot be unpacked.
    pub(crate) fn open(&self, takes_gzip: bool, mark: &str, secret: &str) -> Result<Response<Vec<u8>>, Trouble> {
        let mut answer = Response::new(Vec::new());
        *answer.headers_mut() = self.headers.clone();
        if takes_gzip && !self.has_mark && self.length >= COMPRESSED_BYTES_MIN {
            answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            answer.body_mut().clone_from(&self.body);
            return Ok(answer);
        }
        let mut body = Vec::with_capacity(self.length);
        let unpacked = GzDecoder::new(&self.body[..]).read_to_end(&mut body);
        unpacked.map_err(|error| Trouble::Store(error.to_string()))?;
        *answer.body_mut() = if self.has_mark { filled(&body, mark, secret) } else { body };
        Ok(answer)
    }
}

/// Packs bytes, fast.
pub(crate) fn pack(body: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    // Writing to memory does not fail.
    let _ = packer.write_all(body);
    packer.finish().unwrap_or_default()
}

/// The body with the secret in each place of the mark.
fn filled(body: &[u8], mark: &str, secret: &str) -> Vec<u8> {
    let mut filled = Vec::with_capacity(body.len() + secret.len());
    let mut from = 0;
    for place in memchr::memmem::find_iter(body, mark.as_bytes()) {
        filled.extend_from_slice(&body[from..place]);
        filled.extend_from_slice(secret.as_bytes());
        from = place + mark.len();
    }
    filled.extend_from_slice(&body[from..]);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_put_in_each_time() {
        let text = format!("MARK a MARK{} MARK", "x".repeat(COMPRESSED_BYTES_MIN));
        let packed = Packed::new(Response::new(text.clone().into_bytes()), "MARK");
        assert!(packed.bytes() < 200);
        for (takes_gzip, secret) in [(true, "one"), (false, "another one"), (true, "")] {
            let answer = packed.open(takes_gzip, "MARK", secret).unwrap();
            assert!(!answer.headers().contains_key(CONTENT_ENCODING));
            assert_eq!(String::from_utf8_lossy(answer.body()), text.replace("MARK", secret));
        }
    }

    #[test]
    fn what_has_no_secret_goes_as_it_is_packed() {
        for (length, is_packed) in [(COMPRESSED_BYTES_MIN - 1, false), (COMPRESSED_BYTES_MIN, true)] {
            let text = "x".repeat(length);
            let packed = Packed::new(Response::new(text.clone().into_bytes()), "MARK");
            let answer = packed.open(true, "MARK", "secret").unwrap();
            assert_eq!(answer.headers().contains_key(CONTENT_ENCODING), is_packed, "{length}");
            assert_eq!(answer.body().len() < 200, is_packed);
            assert_eq!(packed.open(false, "MARK", "secret").unwrap().body(), text.as_bytes());
        }
    }
}
