//! Received fields (RFC 5321 §4.4), read as far as they can be: from which host the message came, as `verify --trace`
//! wants to know when nobody tells the client's address. Forms of Postfix, Sendmail, Exim, Exchange, Gmail, qmail.

use std::net::IpAddr;

use crate::date::DateTime;
use crate::domain::Domain;
use crate::lex::{Cursor, is_white_space};
use crate::limits::RECEIVED_BYTES_MAX;

/// What a Received field tells. Everything is what the writer of the field claims: trust only those of your own hosts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Received {
    /// The address of the client.
    pub ip: Option<IpAddr>,
    /// What the client said in HELO or EHLO.
    pub helo: Option<String>,
    /// The name that the receiver found for the client's address.
    pub client_name: Option<Domain>,
    /// The host that received the message.
    pub by: Option<String>,
    /// `ESMTPS`, `LMTP`, ….
    pub protocol: Option<String>,
    /// When.
    pub date: Option<DateTime>,
}

/// A word of the field, or a comment.
#[derive(Clone, Copy, Debug)]
enum Part<'a> {
    Word(&'a str),
    Comment(&'a str),
}

impl Received {
    /// Reads the value of a Received field. What cannot be read is absent; a field longer than
    /// [`RECEIVED_BYTES_MAX`] gives nothing.
    #[must_use]
    pub fn parse(value: &[u8]) -> Self {
        let mut received = Self::default();
        if value.len() > RECEIVED_BYTES_MAX {
            return received;
        }
        let text = String::from_utf8_lossy(value);
        let (clauses, date) = text.rsplit_once(';').unwrap_or((&text, ""));
        received.date = DateTime::parse(date.as_bytes()).ok();
        let mut clause = "";
        for part in parts(clauses) {
            match part {
                Part::Word(word) if is_clause(word) => clause = word,
                Part::Word(word) => received.word(clause, word),
                Part::Comment(comment) if clause.eq_ignore_ascii_case("from") => received.comment(comment),
                Part::Comment(_) => {}
            }
        }
        received
    }

    /// The version of TLS that the value tells of, as programs write it – `TLSv1.3`, `TLS1.2`, `version=TLS1_3` –; `None`
    /// where none is told. A version without a second digit is 1.0.
    #[must_use]
    pub fn tls_version(value: &[u8]) -> Option<&'static str> {
        let value = value.get(..RECEIVED_BYTES_MAX).unwrap_or(value);
        let mut starts = (0..value.len()).filter(|at| value[*at..].get(..3).is_some_and(|head| head == b"TLS"));
        starts.find_map(|at| {
            let rest = &value[at + 3..];
            let rest = rest.strip_prefix(b"v").unwrap_or(rest).strip_prefix(b"1")?;
            Some(match rest {
                [b'.' | b'_', b'3', ..] => "1.3",
                [b'.' | b'_', b'2', ..] => "1.2",
                [b'.' | b'_', b'1', ..] => "1.1",
                _ => "1.0",
            })
        })
    }

    fn word(&mut self, clause: &str, word: &str) {
        let fill = |slot: &mut Option<String>| {
            slot.get_or_insert_with(|| word.to_owned());
        };
        match &*clause.to_ascii_lowercase() {
            "from" if self.helo.is_none() => {
                self.ip = self.ip.or_else(|| bracketed(word));
                fill(&mut self.helo);
            }
            // Exim: `from [192.0.2.1] (helo=name)`, `from name ([192.0.2.1])`; others write the address bare.
            "from" => self.ip = self.ip.or_else(|| bracketed(word)),
            "by" => fill(&mut self.by),
            "with" => fill(&mut self.protocol),
            _ => {}
        }
    }

    /// What stands in parentheses behind `from`: the name found, the address, and for some the HELO.
    fn comment(&mut self, comment: &str) {
        // qmail: `from unknown (HELO mail.example) (192.0.2.1)`.
        for lead in ["HELO ", "EHLO ", "helo=", "HELO=", "EHLO="] {
            if let Some(at) = comment.find(lead) {
                let helo = comment[at + lead.len()..].split(|end: char| end.is_whitespace() || end == ')').next();
                if let Some(helo) = helo.filter(|helo| !helo.is_empty()) {
                    let name = self.helo.replace(helo.to_owned());
                    self.name_of_client(name.as_deref().unwrap_or_default());
                }
            }
        }
        // qmail writes the name that ident gave before the address: `user@192.0.2.1`.
        let bare = |word: &str| {
            let word = word.rsplit('@').next().unwrap_or_default();
            word.trim_matches(|end| "()[],;".contains(end)).parse::<IpAddr>().ok()
        };
        for word in comment.split_whitespace() {
            self.ip = self.ip.or_else(|| bracketed(word)).or_else(|| bare(word));
        }
        // Postfix, Sendmail, Exchange: the name stands before the address.
        let first = comment.split(|end: char| end.is_whitespace() || end == '[').next().unwrap_or_default();
        self.name_of_client(first.rsplit('@').next().unwrap_or_default());
    }

    fn name_of_client(&mut self, name: &str) {
        let known = !name.eq_ignore_ascii_case("unknown") && name.contains('.') && name.parse::<IpAddr>().is_err();
        if self.client_name.is_none() && known {
            self.client_name = Domain::parse(name).ok();
        }
    }
}

fn is_clause(word: &str) -> bool {
    ["from", "by", "via", "with", "id", "for"].iter().any(|clause| word.eq_ignore_ascii_case(clause))
}

/// `[192.0.2.1]`, `[IPv6:2001:db8::1]`, `[192.0.2.1]:25`, with a name before it or not.
fn bracketed(word: &str) -> Option<IpAddr> {
    let inner = word.split_once('[')?.1.split(']').next()?;
    let tagged = inner.get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case("IPv6:"));
    if tagged { inner[5..].parse().ok() } else { inner.parse().ok() }
}

fn parts(clauses: &str) -> Vec<Part<'_>> {
    let mut cursor = Cursor::new(clauses.as_bytes());
    let mut parts = Vec::new();
    while !cursor.is_end() {
        let before = cursor.at();
        cursor.cfws(|comment| {
            parts.push(Part::Comment(std::str::from_utf8(comment.inner).unwrap_or_default()));
        });
        let word = cursor.take_while(|byte| !is_white_space(byte) && byte != b'(');
        if !word.is_empty() {
            parts.push(Part::Word(std::str::from_utf8(word).unwrap_or_default()));
        } else if cursor.at() == before {
            break;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Program, value, address, HELO, name found, receiving host.
    const FORMS: &[[&str; 6]] = &[
        [
            "Postfix",
            "from out3.mailer.example (out3.mailer.example [203.0.113.9])\r\n\tby mx.example.jp (Postfix) with ESMTPS id 4ABC\r\n\tfor <user@example.jp>; Fri, 21 Nov 1997 09:55:06 -0600 (CST)",
            "203.0.113.9",
            "out3.mailer.example",
            "out3.mailer.example",
            "mx.example.jp",
        ],
        [
            "Postfix, unknown, IPv6",
            "from evil (unknown [IPv6:2001:db8::9]) by mx.example.jp (Postfix) with ESMTP id 4; Fri, 21 Nov 1997 09:55:06 -0600",
            "2001:db8::9",
            "evil",
            "",
            "mx.example.jp",
        ],
        [
            "Sendmail",
            "from helo.example (host.example [192.0.2.7] (may be forged)) by mx.example (8.17.1/8.17.1) with ESMTP id x; Fri, 21 Nov 1997 09:55:06 -0600",
            "192.0.2.7",
            "helo.example",
            "host.example",
            "mx.example",
        ],
        [
            "Exim",
            "from [192.0.2.8] (helo=client.example) by mx.example with esmtps (TLS1.3) (Exim 4.96) (envelope-from <a@b.example>) id 1a; Fri, 21 Nov 1997 09:55:06 -0600",
            "192.0.2.8",
            "client.example",
            "",
            "mx.example",
        ],
        [
            "Exim, name",
            "from host.example ([192.0.2.9] helo=client.example) by mx.example with esmtp (Exim 4.96) id 1a; Fri, 21 Nov 1997 09:55:06 -0600",
            "192.0.2.9",
            "client.example",
            "host.example",
            "mx.example",
        ],
        [
            "Exchange",
            "from AB.eur.prod.example (2001:db8:101::15) by CD.eur.prod.example (2001:db8:208::16) with Microsoft SMTP Server (version=TLS1_2) id 15.20; Fri, 21 Nov 1997 09:55:06 +0000",
            "2001:db8:101::15",
            "AB.eur.prod.example",
            "",
            "CD.eur.prod.example",
        ],
        [
            "Gmail",
            "from mail-x.example (mail-x.example. [192.0.2.41]) by mx.google.example with SMTPS id abc for <a@b.example> (Google Transport Security); Fri, 21 Nov 1997 09:55:06 -0600 (PST)",
            "192.0.2.41",
            "mail-x.example",
            "mail-x.example",
            "mx.google.example",
        ],
        [
            "qmail",
            "from unknown (HELO mail.example) (192.0.2.5) by mx.example with SMTP; 21 Nov 1997 15:55:06 -0000",
            "192.0.2.5",
            "mail.example",
            "",
            "mx.example",
        ],
        [
            "qmail, name",
            "from host.example (HELO mail.example) (user@192.0.2.5) by mx.example with SMTP; 21 Nov 1997 15:55:06 -0000",
            "192.0.2.5",
            "mail.example",
            "host.example",
            "mx.example",
        ],
    ];

    #[test]
    fn the_version_of_tls() {
        let version = |text: &str| Received::tls_version(text.as_bytes());
        // As Postfix, Exim, Gmail, Exchange and an old OpenSSL write it.
        assert_eq!(version("(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits))"), Some("1.3"));
        assert_eq!(version("with esmtps (TLS1.2) tls TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"), Some("1.2"));
        assert_eq!(version("(version=TLS1_1 cipher=x bits=256/256)"), Some("1.1"));
        assert_eq!(version("with TLS_AES_256_GCM_SHA384 (TLSv1_2)"), Some("1.2"));
        assert_eq!(version("(using TLSv1 with cipher x)"), Some("1.0"));
        assert_eq!(version("by mx.example with ESMTPS id 1"), None);
        assert_eq!(version("TLS"), None);
    }

    #[test]
    fn forms_of_many_programs() {
        for [program, value, ip, helo, name, by] in FORMS {
            let read = Received::parse(value.as_bytes());
            assert_eq!(read.ip.map(|ip| ip.to_string()).unwrap_or_default(), *ip, "{program}");
            assert_eq!(read.helo.as_deref().unwrap_or_default(), *helo, "{program}");
            assert_eq!(read.client_name.as_ref().map_or("", Domain::as_str), *name, "{program}");
            assert_eq!(read.by.as_deref(), Some(*by), "{program}");
            assert!(read.date.is_some() && read.protocol.is_some(), "{program}");
        }
    }

    #[test]
    fn local_hops_have_no_address() {
        let read =
            Received::parse(b"by mx.example (Postfix, from userid 1000)\r\n\tid 4; Fri, 21 Nov 1997 09:55:06 -0600");
        assert_eq!((read.ip, read.helo), (None, None));
        assert_eq!(read.by.as_deref(), Some("mx.example"));
        let read = Received::parse(b"(qmail 123 invoked by uid 0); 21 Nov 1997 15:55:06 -0000");
        assert_eq!((read.ip, read.by), (None, None));
    }

    #[test]
    fn limits_at_below_and_above() {
        for (length, read) in
            [(RECEIVED_BYTES_MAX - 1, true), (RECEIVED_BYTES_MAX, true), (RECEIVED_BYTES_MAX + 1, false)]
        {
            let value = format!("{:length$}", "from a ([192.0.2.1]) by b");
            assert_eq!(Received::parse(value.as_bytes()).ip.is_some(), read, "{length}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(value in proptest::collection::vec(any::<u8>(), 0..120), text in "[a-z()\\[\\]; =@.]{0,80}") {
            let _ = Received::parse(&value);
            let _ = Received::parse(format!("from {text}").as_bytes());
        }
    }
}
