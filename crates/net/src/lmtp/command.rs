//! A command line of LMTP, taken apart (RFC 2033 §4, RFC 5321 §4.1).

use mailtext::ReversePath;

/// A command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Command {
    Lhlo,
    Mail {
        sender: String,
        parameters: Vec<String>,
    },
    Rcpt {
        recipient: String,
        parameters: Vec<String>,
    },
    Data,
    Rset,
    Noop,
    Vrfy,
    Quit,
    /// HELO or EHLO: the client takes us for an SMTP server.
    Smtp,
    /// BDAT: bytes follow that are no command.
    Bdat,
    Unknown,
    /// The verb is known, and what follows is not as it should be.
    Arguments,
    /// An address that is none.
    BadAddress,
}

impl Command {
    /// Reads a line without its CRLF.
    pub(super) fn parse(line: &[u8]) -> Self {
        let Ok(line) = std::str::from_utf8(line) else { return Self::Unknown };
        let line = line.trim_end_matches([' ', '\t']);
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let with_nothing = |command| if rest.is_empty() { command } else { Self::Arguments };
        match verb.to_ascii_uppercase().as_str() {
            "LHLO" if rest.is_empty() || !rest.bytes().all(|byte| byte.is_ascii_graphic()) => Self::Arguments,
            "LHLO" => Self::Lhlo,
            "MAIL" => path(rest, "FROM:", |sender, parameters| Self::Mail { sender, parameters }),
            "RCPT" => match path(rest, "TO:", |recipient, parameters| Self::Rcpt { recipient, parameters }) {
                // RFC 5321 §4.1.1.3: the null path is nobody's.
                Self::Rcpt { recipient, .. } if recipient.is_empty() => Self::BadAddress,
                command => command,
            },
            "DATA" => with_nothing(Self::Data),
            "RSET" => with_nothing(Self::Rset),
            // RFC 5321 §4.1.1.9: what follows NOOP is ignored.
            "NOOP" => Self::Noop,
            "VRFY" => Self::Vrfy,
            "QUIT" => with_nothing(Self::Quit),
            "HELO" | "EHLO" => Self::Smtp,
            "BDAT" => Self::Bdat,
            _ => Self::Unknown,
        }
    }
}

/// `FROM:<path> parameters`, or the same with `TO:`.
fn path(text: &str, prefix: &str, make: impl FnOnce(String, Vec<String>) -> Command) -> Command {
    let starts = text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    // RFC 5321 §3.3: no space belongs there, and some say one.
    let Some(text) = starts.then(|| text[prefix.len()..].trim_start_matches(' ')) else { return Command::Arguments };
    let Some(end) = bracket(text) else { return Command::Arguments };
    let (path, rest) = text.split_at(end + 1);
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return Command::Arguments;
    }
    // RFC 5321 §4.1.1.3: Postmaster needs no domain.
    let address = if prefix == "TO:" && path.eq_ignore_ascii_case("<postmaster>") {
        "postmaster".to_owned()
    } else {
        match ReversePath::parse(path.as_bytes()) {
            Ok(parsed) => parsed.to_string(),
            Err(_) => return Command::BadAddress,
        }
    };
    make(address, rest.split(' ').filter(|word| !word.is_empty()).map(str::to_ascii_uppercase).collect())
}

/// Where the bracket closes that the text begins with; quotes may hold others.
fn bracket(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate();
    bytes.next().filter(|(_, byte)| *byte == b'<')?;
    let mut is_quoted = false;
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\\' if is_quoted => drop(bytes.next()),
            b'>' if !is_quoted => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands() {
        let mail = |sender: &str, parameters: &[&str]| Command::Mail {
            sender: sender.to_owned(),
            parameters: parameters.iter().map(|text| (*text).to_owned()).collect(),
        };
        let rcpt = |recipient: &str| Command::Rcpt { recipient: recipient.to_owned(), parameters: vec![] };
        for (line, want) in [
            ("LHLO client.example.jp", Command::Lhlo),
            ("lhlo [127.0.0.1] ", Command::Lhlo),
            ("LHLO", Command::Arguments),
            ("LHLO a b", Command::Arguments),
            ("EHLO a", Command::Smtp),
            ("helo a", Command::Smtp),
            ("MAIL FROM:<>", mail("", &[])),
            ("mail from:<a@example.jp> size=12 Body=8BITMIME", mail("a@example.jp", &["SIZE=12", "BODY=8BITMIME"])),
            ("MAIL FROM: <a@example.jp>", mail("a@example.jp", &[])),
            ("MAIL FROM:<@x.example:a@example.jp>", mail("a@example.jp", &[])),
            ("MAIL FROM:<\"a>b\"@example.jp>", mail("\"a>b\"@example.jp", &[])),
            ("MAIL FROM:<\"a\\\">b\"@example.jp>", mail("\"a\\\">b\"@example.jp", &[])),
            ("MAIL FROM:<関@example.jp> SMTPUTF8", mail("関@example.jp", &["SMTPUTF8"])),
            ("MAIL FROM:a@example.jp", Command::Arguments),
            ("MAIL FROM:<a@example.jp", Command::Arguments),
            ("MAIL FROM:<a@example.jp>SIZE=1", Command::Arguments),
            ("MAIL FROM:<a b@example.jp>", Command::BadAddress),
            ("MAIL TO:<a@example.jp>", Command::Arguments),
            ("MAIL", Command::Arguments),
            ("MAIL 関", Command::Arguments),
            ("RCPT TO:<b@example.net>", rcpt("b@example.net")),
            ("RCPT TO:<PostMaster>", rcpt("postmaster")),
            ("RCPT TO:<>", Command::BadAddress),
            ("RCPT TO:<b>", Command::BadAddress),
            ("DATA", Command::Data),
            ("DATA x", Command::Arguments),
            ("RSET", Command::Rset),
            ("NOOP x", Command::Noop),
            ("VRFY x", Command::Vrfy),
            ("QUIT", Command::Quit),
            ("BDAT 5 LAST", Command::Bdat),
            ("STARTTLS", Command::Unknown),
            ("", Command::Unknown),
        ] {
            assert_eq!(Command::parse(line.as_bytes()), want, "{line}");
        }
        assert_eq!(Command::parse(b"MAIL FROM:<\xff@example.jp>"), Command::Unknown);
    }
}
