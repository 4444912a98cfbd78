//! The logotype extension (RFC 3709, RFC 9399): the indicator that a mark certificate carries.

use aws_lc_rs::digest;
use data_encoding::BASE64_MIME_PERMISSIVE;

use super::EvidenceFlaw;
use super::der::{Der, IA5_STRING, OBJECT, OCTET_STRING, SEQUENCE};
use crate::indicator;
use crate::limits::LOGOTYPE_IMAGE_COUNT_MAX;

/// The bytes of the subject's SVG, as they are embedded: compressed, mostly. `extension` is the extension's value.
pub(super) fn subject_svg(extension: &[u8]) -> Result<Vec<u8>, EvidenceFlaw> {
    let details = subject_images(extension).ok_or(EvidenceFlaw::Logotype)?;
    let details = details.into_iter().take(LOGOTYPE_IMAGE_COUNT_MAX).find(|details| is_svg(details.media_type));
    let details = details.ok_or(EvidenceFlaw::LogotypeNoSvg)?;
    // RFC 6170 §4: the image is embedded by a data URI, so that nothing is fetched.
    let data = details.uris.iter().find_map(|uri| embedded(uri)).ok_or(EvidenceFlaw::LogotypeRemote)?;
    // RFC 3709 §4.1: the hash tells that it is the one that was certified. What cannot be uncompressed is found out later.
    match indicator::uncompressed(&data) {
        Ok(svg) if !hashes_hold(&details.hashes, &svg) => Err(EvidenceFlaw::LogotypeHash),
        _ => Ok(data),
    }
}

/// RFC 3709 §4.1, LogotypeDetails.
struct Details<'a> {
    media_type: &'a [u8],
    /// Algorithm and value.
    hashes: Vec<(&'a [u8], &'a [u8])>,
    uris: Vec<&'a [u8]>,
}

/// The images of `subjectLogo`, when it is given directly.
fn subject_images(extension: &[u8]) -> Option<Vec<Details<'_>>> {
    // RFC 3709 §4.1: subjectLogo is [2] of LogotypeExtn; in it stands LogotypeInfo, of which direct is [0].
    let mut logos = Der(Der(extension).only(SEQUENCE)?);
    let subject = logos.find(|item| item.tag == CONTEXT_2)?.content;
    let direct = Der(subject).only(CONTEXT_0)?;
    // LogotypeData begins with its images.
    Der(Der(direct).expect(SEQUENCE)?).map(|image| details(image.content)).collect()
}

/// Of LogotypeImage only its details are read.
fn details(image: &[u8]) -> Option<Details<'_>> {
    let mut parts = Der(Der(image).expect(SEQUENCE)?);
    let media_type = parts.expect(IA5_STRING)?;
    let hashes = Der(parts.expect(SEQUENCE)?).map(|item| hash(item.content)).collect::<Option<_>>()?;
    let uris = Der(parts.expect(SEQUENCE)?).filter(|item| item.tag == IA5_STRING).map(|item| item.content).collect();
    Some(Details { media_type, hashes, uris })
}

/// HashAlgAndValue.
fn hash(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut parts = Der(content);
    let algorithm = Der(parts.expect(SEQUENCE)?).expect(OBJECT)?;
    Some((algorithm, parts.expect(OCTET_STRING)?))
}

fn is_svg(media_type: &[u8]) -> bool {
    // RFC 6170 §5.2: image/svg+xml, and with "+gzip" when it is compressed.
    media_type.get(..SVG.len()).is_some_and(|start| start.eq_ignore_ascii_case(SVG))
}

/// RFC 2397: `data:image/svg+xml;base64,…`.
fn embedded(uri: &[u8]) -> Option<Vec<u8>> {
    let (scheme, rest) = uri.split_at_checked(DATA.len())?;
    let comma = rest.iter().position(|byte| *byte == b',')?;
    let (kind, data) = rest.split_at(comma);
    let base64 = kind.len().checked_sub(BASE64.len()).and_then(|at| kind.get(at..))?.eq_ignore_ascii_case(BASE64);
    if !scheme.eq_ignore_ascii_case(DATA) || !is_svg(kind) || !base64 {
        return None;
    }
    BASE64_MIME_PERMISSIVE.decode(data.get(1..)?).ok()
}

/// Every hash by an algorithm that is known must hold, and there must be one.
fn hashes_hold(hashes: &[(&[u8], &[u8])], svg: &[u8]) -> bool {
    // RFC 6170 §5.2: the hash is over the decompressed document with its lines ended by LF. Some authorities leave the
    // ends as they are.
    let known = hashes.iter().filter_map(|(algorithm, value)| Some((algorithm_of(algorithm)?, *value)));
    let known: Vec<_> = known.collect();
    let hold = |svg: &[u8]| known.iter().all(|(algorithm, value)| digest::digest(algorithm, svg).as_ref() == *value);
    !known.is_empty() && (hold(svg) || hold(&with_line_feeds(svg)))
}

fn with_line_feeds(svg: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(svg.len());
    for (at, &byte) in svg.iter().enumerate() {
        match byte {
            b'\r' if svg.get(at + 1) == Some(&b'\n') => {}
            b'\r' => out.push(b'\n'),
            _ => out.push(byte),
        }
    }
    out
}

/// The certificate's signature covers the image itself; SHA-1 is checked because certificates have it, and trusted for
/// nothing.
fn algorithm_of(oid: &[u8]) -> Option<&'static digest::Algorithm> {
    match oid {
        [0x2b, 0x0e, 0x03, 0x02, 0x1a] => Some(&digest::SHA1_FOR_LEGACY_USE_ONLY),
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01] => Some(&digest::SHA256),
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02] => Some(&digest::SHA384),
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03] => Some(&digest::SHA512),
        _ => None,
    }
}

const CONTEXT_0: u8 = 0xa0;
const CONTEXT_2: u8 = 0xa2;
const SVG: &[u8] = b"image/svg+xml";
const DATA: &[u8] = b"data:";
const BASE64: &[u8] = b";base64";
