//! What is said to an IMAP server: strings that cannot be taken for anything else, and names of mailboxes.

use data_encoding::BASE64_NOPAD;

use crate::limits::IMAP_QUOTED_BYTES_MAX;

/// A command without its tag, in parts; before each part but the first, the server's `+` is waited for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Command {
    pub(super) name: &'static str,
    pub(super) parts: Vec<Vec<u8>>,
}

impl Command {
    /// A command whose name is `name`, and is what begins the text.
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, parts: vec![name.as_bytes().to_vec()] }
    }

    /// A space, and this as it is.
    pub(super) fn word(mut self, text: &str) -> Self {
        self.last().push(b' ');
        self.last().extend_from_slice(text.as_bytes());
        self
    }

    /// A space, and this as a string, whatever is in it (RFC 3501 §4.3).
    pub(super) fn string(self, text: &str) -> Self {
        let is_plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if is_plain && text.len() <= IMAP_QUOTED_BYTES_MAX {
            let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
            return self.word(&format!("\"{quoted}\""));
        }
        let mut command = self.word(&format!("{{{}}}", text.len()));
        command.last().extend_from_slice(b"\r\n");
        command.parts.push(text.as_bytes().to_vec());
        command
    }

    /// A space, and the name of a mailbox.
    pub(super) fn mailbox(self, name: &str) -> Self {
        self.string(&modified_utf7(name))
    }

    fn last(&mut self) -> &mut Vec<u8> {
        if self.parts.is_empty() {
            self.parts.push(Vec::new());
        }
        let last = self.parts.len() - 1;
        &mut self.parts[last]
    }
}

/// RFC 3501 §5.1.3: what can be printed stands for itself, `&` is `&-`, and the rest is UTF-16 in base 64 between `&` and
/// `-`, with a comma for the slash.
pub(super) fn modified_utf7(name: &str) -> String {
    let mut encoded = String::new();
    let mut wide: Vec<u8> = Vec::new();
    for character in name.chars() {
        if (' '..='~').contains(&character) {
            close(&mut wide, &mut encoded);
            encoded.push(character);
            if character == '&' {
                encoded.push('-');
            }
        } else {
            let mut room = [0; 2];
            wide.extend(character.encode_utf16(&mut room).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    close(&mut wide, &mut encoded);
    encoded
}

fn close(wide: &mut Vec<u8>, encoded: &mut String) {
    if !wide.is_empty() {
        encoded.push('&');
        encoded.push_str(&BASE64_NOPAD.encode(wide).replace('/', ","));
        encoded.push('-');
        wide.clear();
    }
}

/// Whether this can be a keyword: an atom (RFC 3501 §2.3.2).
pub(super) fn is_keyword(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"(){%*\"\\]".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_mailboxes() {
        for (name, want) in [
            ("INBOX", "INBOX"),
            ("a/b c", "a/b c"),
            ("R&D", "R&-D"),
            // RFC 3501 §5.1.3: its own example.
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("関所", "&laJiQA-"),
            ("a\u{e9}b\u{1f4ec}", "a&AOk-b&2D3c7A-"),
            ("\t&", "&AAk-&-"),
            ("", ""),
        ] {
            assert_eq!(modified_utf7(name), want, "{name}");
        }
    }

    #[test]
    fn strings() {
        let text = |command: Command| {
            command.parts.iter().map(|part| String::from_utf8(part.clone()).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(text(Command::new("X").string("a b").word("c")), ["X \"a b\" c"]);
        assert_eq!(text(Command::new("X").string("a\"\\")), ["X \"a\\\"\\\\\""]);
        assert_eq!(text(Command::new("X").string("関").string("a")), ["X {3}\r\n", "関 \"a\""]);
        assert_eq!(text(Command::new("X").string("a\r\nb")), ["X {4}\r\n", "a\r\nb"]);
        assert_eq!(text(Command::new("X").mailbox("関")), ["X \"&laI-\""]);
        for length in [IMAP_QUOTED_BYTES_MAX - 1, IMAP_QUOTED_BYTES_MAX, IMAP_QUOTED_BYTES_MAX + 1] {
            let parts = text(Command::new("X").string(&"a".repeat(length)));
            assert_eq!(parts.len(), if length <= IMAP_QUOTED_BYTES_MAX { 1 } else { 2 }, "{length}");
        }
    }

    #[test]
    fn keywords() {
        for (text, is_one) in [
            ("$Sekisho", true),
            ("a.b-c", true),
            ("", false),
            ("a b", false),
            ("\\Seen", false),
            ("関", false),
            ("a)", false),
        ] {
            assert_eq!(is_keyword(text), is_one, "{text}");
        }
    }
}
