//! What bytes are, by how they begin. Names and types are not asked.

/// What bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sort {
    Empty,
    Gzip,
    Zip,
    Tar,
    /// XML; so many bytes stand before it.
    Xml(usize),
    Json,
    /// One mail, or several in a file.
    Mail,
    /// Base64 of something else.
    Base64,
    /// A kind of file that is known and not read.
    Foreign(&'static str),
    Unknown,
}

/// Kinds of file that are named when they are refused.
const FOREIGN: [(&[u8], &str); 12] = [
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"Rar!", "rar"),
    (b"\x1f\x9d", "compress"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE"),
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"\x78\x9f\x3e\x22", "TNEF"),
];

/// Says what bytes are that begin so.
pub(super) fn sort(bytes: &[u8]) -> Sort {
    if bytes.is_empty() {
        return Sort::Empty;
    }
    // RFC 8460 §5.2, §5.6: compressed with gzip or not; what file names and types say is not authoritative.
    if bytes.starts_with(&super::inflate::MAGIC) {
        return Sort::Gzip;
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Sort::Zip;
    }
    if bytes.get(257..262) == Some(b"ustar") {
        return Sort::Tar;
    }
    if let Some((_, name)) = FOREIGN.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Sort::Foreign(name);
    }
    text(bytes)
}

fn text(bytes: &[u8]) -> Sort {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0xef | 0xbb | 0xbf | 0xff | 0xfe);
    // A byte order mark, blanks, and the zeros of UTF-16 among them.
    let Some(first) = bytes.iter().position(|byte| !blank(byte)) else {
        return if bytes.trim_ascii().is_empty() { Sort::Empty } else { Sort::Unknown };
    };
    let begins_wide =
        matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'<' | b'{', 0, ..] | [0, b'<' | b'{', ..]);
    match bytes[first] {
        b'<' => return Sort::Xml(if begins_wide { 0 } else { blanks_before(bytes) }),
        b'{' | b'[' => return Sort::Json,
        _ => {}
    }
    if is_mail(&bytes[first..]) {
        return Sort::Mail;
    }
    let xml = memchr::memmem::find(bytes, b"<?xml").or_else(|| memchr::memmem::find(bytes, b"<feedback"));
    if let Some(at) = xml {
        return Sort::Xml(at);
    }
    if is_base64(&bytes[first..]) { Sort::Base64 } else { Sort::Unknown }
}

/// How many bytes of blanks, and of a byte order mark behind blanks, come before a text that has any before its first
/// mark. A byte order mark at the very beginning is no blank.
fn blanks_before(bytes: &[u8]) -> usize {
    let mark = usize::from(bytes.starts_with(b"\xef\xbb\xbf")) * 3;
    let at = memchr::memchr(b'<', bytes).unwrap_or_default();
    if at > mark { at } else { 0 }
}

/// Two lines of a header, or one and the end of it; or the line before the mails of a mailbox file.
fn is_mail(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"From ") {
        return true;
    }
    let mut lines = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = lines.next().unwrap_or_default();
    let second = lines.next();
    is_field(first)
        && second
            .is_none_or(|line| line.is_empty() || line.starts_with(b" ") || line.starts_with(b"\t") || is_field(line))
}

fn is_field(line: &[u8]) -> bool {
    let name = memchr::memchr(b':', line).map(|colon| line[..colon].trim_ascii_end());
    name.is_some_and(|name| {
        !name.is_empty()
            && name.len() < 80
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
    })
}

/// What base64 of a gzip, a zip, an XML declaration, or a root element begins with.
fn is_base64(bytes: &[u8]) -> bool {
    [&b"H4sI"[..], b"UEsD", b"PD94bWwg", b"PGZlZWRiYWNr", b"77u/PD94"].iter().any(|start| bytes.starts_with(start))
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=\r\n \t".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts() {
        for (bytes, wanted) in [
            (&b""[..], Sort::Empty),
            (b" \r\n", Sort::Empty),
            (b"\x1f\x8b\x08", Sort::Gzip),
            (b"PK\x03\x04..", Sort::Zip),
            (b"<?xml version='1.0'?>", Sort::Xml(0)),
            (b"\xef\xbb\xbf<feedback>", Sort::Xml(0)),
            (b"\n\n <?xml version='1.0'?>", Sort::Xml(3)),
            (b"\xef\xbb\xbf \xef\xbb\xbf<feedback>", Sort::Xml(7)),
            (b"\xff\xfe<\0f\0", Sort::Xml(0)),
            (b"\0<\0f", Sort::Xml(0)),
            (b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n<feedback>", Sort::Xml(25)),
            (b"{\"a\":1}", Sort::Json),
            (b"From: a@b\r\nTo: c\r\n\r\n<feedback>", Sort::Mail),
            (b"From a@b Thu\nA: b\n\n", Sort::Mail),
            (b"Subject: x\n\n", Sort::Mail),
            (b"H4sIAAAA\r\nAAAA==\r\n", Sort::Base64),
            (b"BZh91AY&SY", Sort::Foreign("bzip2")),
            (b"hello world", Sort::Unknown),
            (b"\0\0\0\0", Sort::Unknown),
        ] {
            assert_eq!(sort(bytes), wanted, "{}", bytes.escape_ascii());
        }
    }
}
