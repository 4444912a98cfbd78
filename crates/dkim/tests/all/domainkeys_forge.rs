//! A DomainKeys signer for tests only, made from the text of RFC 4870 apart from the crate: the whole message at once,
//! line by line.

use dkim::crypto::HashAlgorithm;
use mailtext::encode::encode_base64;
use mailtext::{Headers, TagList};
use num_bigint::BigUint;

/// Puts a DomainKey-Signature with these tags above `message`, made with the example key of RFC 4870 §3.2.2.
pub(crate) fn sign(message: &[u8], tags: &str) -> Vec<u8> {
    let (list, _) = TagList::parse(tags.as_bytes());
    let text = |name: &str| list.value(name).map(|value| String::from_utf8_lossy(value).into_owned());
    let canonical = canonical(message, text("c").as_deref() == Some("nofws"), text("h").as_deref());
    let signature = encode_base64(&rsa_sha1(&canonical));
    [format!("DomainKey-Signature: {tags} b={signature}\r\n").as_bytes(), message].concat()
}

/// RFC 4870 §3.4.2, on the whole message. Fields named in `h=` go in the order of the message.
pub(crate) fn canonical(message: &[u8], nofws: bool, h: Option<&str>) -> Vec<u8> {
    let headers = Headers::parse(message);
    let names: Option<Vec<String>> = h.map(|h| {
        let h: String = h.chars().filter(|character| !character.is_whitespace()).collect();
        h.split(':').map(str::to_ascii_lowercase).collect()
    });
    let line = |text: &[u8]| -> Vec<u8> {
        let kept = text.iter().copied().filter(|byte| !nofws || !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        kept.collect()
    };
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for field in headers.iter() {
        let name = String::from_utf8_lossy(field.name).to_ascii_lowercase();
        if names.as_ref().is_none_or(|names| names.contains(&name)) {
            lines.push(line(field.raw));
        }
    }
    lines.push(Vec::new());
    let body = String::from_utf8(message[headers.body_start()..].to_vec()).unwrap();
    lines.extend(body.split("\r\n").map(|text| line(text.as_bytes())));
    while lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    lines.iter().flat_map(|line| [line, &b"\r\n"[..]].concat()).collect()
}

/// RSASSA-PKCS1-v1_5 with SHA-1.
fn rsa_sha1(data: &[u8]) -> Vec<u8> {
    let number = |text: &str| BigUint::parse_bytes(text.as_bytes(), 16).unwrap();
    let (modulus, secret) = (number(MODULUS), number(SECRET));
    let digest = HashAlgorithm::Sha1.digest(data);
    let mut message = vec![0, 1];
    message.resize(LENGTH - 1 - SHA1_INFO.len() - digest.as_ref().len(), 0xff);
    message.push(0);
    message.extend_from_slice(&SHA1_INFO);
    message.extend_from_slice(digest.as_ref());
    let signature = BigUint::from_bytes_be(&message).modpow(&secret, &modulus).to_bytes_be();
    [vec![0; LENGTH - signature.len()], signature].concat()
}

/// The public key as its record has it (RFC 4870 §3.2.3).
pub(crate) const PUBLIC: &str = "MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAKJ2lzDLZ8XlVambQfMXn3LRGKOD5o6l\
    MIgulclWjZwP56LRqdg5ZX15bhc/GsvW8xW/R5Sh1NnkJNyL/cqY1a+GzzL47t7EXzVc+nRLWT1kwTvFNGIoAUsFUq+J6+OprwIDAQAB";
/// The length of the modulus, in bytes.
const LENGTH: usize = 96;
const MODULUS: &str = "a2769730cb67c5e555a99b41f3179f72d118a383e68ea530882e95c9568d9c0fe7a2d1a9d839657d796e173f1acb\
    d6f315bf4794a1d4d9e424dc8bfdca98d5af86cf32f8eedec45f355cfa744b593d64c13bc5346228014b0552af89ebe3a9af";
const SECRET: &str = "4e5f451a2dd596bac63336897efa7359d112c0b6bd7f2ca317ded9353242c7f94835dc4cc1d916638c3396954398f7\
    ccb15bdfe15f4e5473d57930fa3eab62f383cc01b7244baa539177ba5fc580a729aa62d913cc711d42c4425d5ce90b0851";
const SHA1_INFO: [u8; 15] = [0x30, 0x21, 0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0, 4, 0x14];
