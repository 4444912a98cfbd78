//! What a spam filter that ran before wrote into the header.
//!
//! Anybody can write such a field, so nobody's is read unless the operator names it ([`SpamField::name`]). It is believed
//! when the message comes from where the filter hands mail on ([`SpamField::clients`], where these are named), and when it
//! stands there once: of several one may be the sender's, and none of them counts. A filter that works as it should takes
//! away what came with the message under its name.

use std::net::IpAddr;

use mailtext::Network;
use policy::Filtered;

use crate::limits::{SPAM_SCORE_DIGIT_COUNT_MAX, SPAM_WORD_COUNT_MAX};

/// The field in which a filter says whether a message is spam.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SpamField {
    /// Its name; nothing is read where there is none.
    pub name: String,
    /// From which score on a message is spam, in thousandths; `None` where the filter says yes or no.
    pub score_min: Option<i64>,
    /// Who hands mail on from the filter: only their messages are believed. Those of everybody where none is named, since
    /// the filter is one of the MTA's own.
    pub clients: Vec<Network>,
}

/// What was found of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Said {
    count: u32,
    first: Filtered,
}

impl SpamField {
    /// Reads a score as people write it, in thousandths: `5`, `7.25`, `-1.9`. Digits beyond are cut off.
    #[must_use]
    pub fn score(text: &str) -> Option<i64> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_plain = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() > SPAM_SCORE_DIGIT_COUNT_MAX || !is_plain(whole) || !is_plain(part) {
            return None;
        }
        let thousandths =
            part.bytes().chain([b'0'; 3]).take(3).fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
        Some(sign * (whole.parse::<i64>().ok()? * 1000 + thousandths))
    }

    /// What a value says: the first word that means something. `Yes`; `No, score=1.2 required=5.0`; `7.3`;
    /// `default: False [1.23 / 15.00]; …`.
    #[must_use]
    pub fn read(&self, value: &[u8]) -> Filtered {
        let is_of_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
        let words = value.split(|byte| !is_of_word(byte)).filter(|word| !word.is_empty()).take(SPAM_WORD_COUNT_MAX);
        let mut words = words.filter_map(|word| std::str::from_utf8(word).ok());
        let found = match self.score_min {
            Some(score_min) => words.find_map(Self::score).map(|score| score >= score_min),
            None => words.find_map(answer),
        };
        match found {
            None => Filtered::Unknown,
            Some(true) => Filtered::Spam,
            Some(false) => Filtered::Clean,
        }
    }

    /// Whether mail of this client is believed.
    pub(crate) fn believes(&self, client: Option<IpAddr>) -> bool {
        let is_meant = |ip: IpAddr| self.clients.iter().any(|network| network.contains(ip));
        self.clients.is_empty() || client.is_some_and(is_meant)
    }
}

impl Said {
    /// Takes a field.
    pub(crate) fn field(&mut self, name: &[u8], value: &[u8], asked: &SpamField) {
        if asked.name.is_empty() || !name.eq_ignore_ascii_case(asked.name.as_bytes()) {
            return;
        }
        if self.count == 0 {
            self.first = asked.read(value);
        }
        self.count = self.count.saturating_add(1);
    }

    /// What counts of it.
    pub(crate) fn end(self, asked: &SpamField, client: Option<IpAddr>) -> Filtered {
        if self.count == 1 && asked.believes(client) { self.first } else { Filtered::Unknown }
    }
}

/// Whether a word says that a message is spam, if it says anything.
fn answer(word: &str) -> Option<bool> {
    let is = |words: &[&str]| words.iter().any(|other| word.eq_ignore_ascii_case(other));
    match () {
        () if is(&["yes", "true", "spam"]) => Some(true),
        () if is(&["no", "false", "ham"]) => Some(false),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_say_it_in_their_ways() {
        let (plain, scored) = (SpamField::default(), SpamField { score_min: Some(5_000), ..SpamField::default() });
        for (value, word, score) in [
            (&b" YES"[..], Filtered::Spam, Filtered::Unknown),
            (b" No", Filtered::Clean, Filtered::Unknown),
            (b" Yes, score=15.3 required=5.0 tests=A,\n\tB", Filtered::Spam, Filtered::Spam),
            (b" No, score=-1.9 required=5.0 autolearn=ham", Filtered::Clean, Filtered::Clean),
            (b" default: False [4.99 / 15.00];\n\tBAYES_HAM(-3.00)[99.99%]", Filtered::Clean, Filtered::Clean),
            (b" default: True [15.00 / 15.00]", Filtered::Spam, Filtered::Spam),
            (b" 5", Filtered::Unknown, Filtered::Spam),
            (b" 4.9999", Filtered::Unknown, Filtered::Clean),
            (b"", Filtered::Unknown, Filtered::Unknown),
            (b" maybe, yesterday", Filtered::Unknown, Filtered::Unknown),
            (b"\xff\x00\x1b[31m \x80yes\x80", Filtered::Spam, Filtered::Unknown),
        ] {
            assert_eq!(
                (plain.read(value), scored.read(value)),
                (word, score),
                "{:?}",
                value.escape_ascii().to_string()
            );
        }
    }

    #[test]
    fn scores_are_read_to_the_thousandth() {
        for (text, score) in
            [("5", 5_000), ("7.25", 7_250), ("-1.9", -1_900), ("+0.0019", 1), ("999999999", 999_999_999_000)]
        {
            assert_eq!(SpamField::score(text), Some(score), "{text}");
        }
        for wrong in ["", "-", ".", "5.", ".5", "1e3", "--1", "9999999999", "1.2.3", "٣", "NaN"] {
            assert_eq!(SpamField::score(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_may_be_forged_is_not_believed() {
        let asked = |clients: &[&str]| SpamField {
            name: "X-Spam-Flag".to_owned(),
            clients: clients.iter().map(|network| network.parse().unwrap()).collect(),
            ..SpamField::default()
        };
        let told = |fields: &[(&str, &str)], asked: &SpamField, client: Option<&str>| {
            let mut said = Said::default();
            fields.iter().for_each(|(name, value)| said.field(name.as_bytes(), value.as_bytes(), asked));
            said.end(asked, client.map(|ip| ip.parse().unwrap()))
        };
        let all = asked(&[]);
        assert_eq!(told(&[("x-SPAM-flag", " yes"), ("X-Spam-Flags", "no")], &all, None), Filtered::Spam);
        assert_eq!(told(&[("X-Spam-Flag", "no"), ("X-Spam-Flag", "yes")], &all, None), Filtered::Unknown, "two");
        assert_eq!(told(&[("X-Spam-Flag", "yes")], &SpamField::default(), None), Filtered::Unknown, "not asked for");
        assert_eq!(told(&[("", "yes")], &SpamField::default(), None), Filtered::Unknown);
        let some = asked(&["127.0.0.1", "2001:db8::/32"]);
        let of = |client| told(&[("X-Spam-Flag", "yes")], &some, client);
        assert_eq!((of(Some("127.0.0.1")), of(Some("2001:db8::7"))), (Filtered::Spam, Filtered::Spam));
        assert_eq!((of(Some("192.0.2.1")), of(None)), (Filtered::Unknown, Filtered::Unknown));
    }

    #[test]
    fn words_are_looked_at_up_to_their_limit() {
        let text = |count: usize| format!("{}yes", "x ".repeat(count));
        let read = |count| SpamField::default().read(text(count).as_bytes());
        assert_eq!(read(SPAM_WORD_COUNT_MAX - 2), Filtered::Spam);
        assert_eq!(read(SPAM_WORD_COUNT_MAX - 1), Filtered::Spam);
        assert_eq!(read(SPAM_WORD_COUNT_MAX), Filtered::Unknown);
    }
}
