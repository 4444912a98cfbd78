//! PEM (RFC 7468): the certificates of a text, whatever stands between them.

use data_encoding::BASE64_MIME_PERMISSIVE;

use super::EvidenceFlaw;

/// The certificates of a text, in their order.
pub(super) fn certificates(text: &[u8], count_max: usize) -> Result<Vec<Vec<u8>>, EvidenceFlaw> {
    let mut found = Vec::new();
    let mut rest = text;
    // RFC 7468 §2: data before the first and between the encapsulation boundaries is permitted.
    while let Some(begin) = find(rest, BEGIN) {
        if found.len() == count_max {
            return Err(EvidenceFlaw::TooManyCertificates);
        }
        let body = rest.get(begin + BEGIN.len()..).unwrap_or_default();
        let end = find(body, END).ok_or(EvidenceFlaw::Pem)?;
        let (base64, behind) = body.split_at(end);
        let packed: Vec<u8> = base64.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        found.push(BASE64_MIME_PERMISSIVE.decode(&packed).map_err(|_| EvidenceFlaw::Pem)?);
        rest = behind.get(END.len()..).unwrap_or_default();
    }
    Ok(found)
}

fn find(text: &[u8], mark: &[u8]) -> Option<usize> {
    text.windows(mark.len()).position(|window| window == mark)
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_found_between_other_text() {
        let text = b"x\n-----BEGIN CERTIFICATE-----\r\nAQ\r\nID\n-----END CERTIFICATE-----\ny -----BEGIN CERTIFICATE-----BAU=-----END CERTIFICATE-----";
        assert_eq!(certificates(text, 2), Ok(vec![vec![1, 2, 3], vec![4, 5]]));
        assert_eq!(certificates(text, 1), Err(EvidenceFlaw::TooManyCertificates));
        assert_eq!(certificates(b"", 1), Ok(vec![]));
        assert_eq!(certificates(b"-----BEGIN CERTIFICATE-----AQ", 1), Err(EvidenceFlaw::Pem));
        assert_eq!(certificates(b"-----BEGIN CERTIFICATE-----A?-----END CERTIFICATE-----", 1), Err(EvidenceFlaw::Pem));
    }
}
