//! Where reports go: what the record of a domain names, and what came of asking.

use dmarc::{Destination, Refusal, Verdict};
use mailtext::TagList;

use super::{Confirmation, ConfirmationTag};

/// One URI of a record, judged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// The URI, as published, without its size.
    pub uri: Box<str>,
    /// What came of it.
    pub answer: TargetAnswer,
    /// The largest mail that is wanted there, in bytes (RFC 7489 §6.2); `None` when that is not said.
    pub bytes_max: Option<u64>,
    /// Whether it was found out just now, of a destination outside the organization: worth to be remembered.
    pub is_fresh: bool,
}

/// What came of a URI.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TargetAnswer {
    /// Reports go to these mailboxes.
    To(Vec<Box<str>>),
    /// It is not to be used.
    Refused(Refusal),
    /// It is not known for now.
    Later,
}

/// What was found of a report's destinations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// These, in their order.
    Targets(Vec<Target>),
    /// The owner does not ask for reports, not any more.
    NotWanted,
    /// It is not known for now.
    Later,
}

impl Target {
    /// A destination that was judged just now; `sizes` are those of the same record ([`sizes`]).
    #[must_use]
    pub fn new(destination: &Destination, sizes: &[(Box<str>, u64)]) -> Self {
        let uri = destination.uri.as_str();
        let answer = match &destination.verdict {
            Verdict::Internal | Verdict::Agreed | Verdict::Redirected(_) => {
                let uris = destination.send_to().iter();
                TargetAnswer::To(uris.filter_map(|uri| uri.mailbox()).map(Into::into).collect())
            }
            // RFC 9990 §4: what did not agree MUST be ignored.
            Verdict::Refused(refusal) => TargetAnswer::Refused(*refusal),
            Verdict::Retry(_) => TargetAnswer::Later,
        };
        let is_fresh = !matches!(destination.verdict, Verdict::Internal | Verdict::Retry(_));
        Self { uri: uri.into(), answer, bytes_max: size_of(uri, sizes), is_fresh }
    }

    /// A destination of which is known what it said.
    #[must_use]
    pub fn known(confirmation: &Confirmation, sizes: &[(Box<str>, u64)]) -> Self {
        let uri = confirmation.key.uri.clone();
        let answer = match &confirmation.answer {
            Ok(mailboxes) => TargetAnswer::To(mailboxes.clone()),
            Err(refusal) => TargetAnswer::Refused(*refusal),
        };
        Self { bytes_max: size_of(&uri, sizes), uri, answer, is_fresh: false }
    }
}

fn size_of(uri: &str, sizes: &[(Box<str>, u64)]) -> Option<u64> {
    sizes.iter().find(|(known, _)| **known == *uri).map(|(_, bytes)| *bytes)
}

/// The sizes that the URIs of a record's tag have, in bytes: `mailto:a@example.com!10m`. RFC 9989 has no such thing any
/// more; who still publishes one means it.
#[must_use]
pub fn sizes(record: &[u8], tag: ConfirmationTag) -> Vec<(Box<str>, u64)> {
    let (tags, _) = TagList::parse(record);
    let name = match tag {
        ConfirmationTag::Rua => "rua",
        ConfirmationTag::Ruf => "ruf",
    };
    let Some(value) = tags.get(name).and_then(|tag| std::str::from_utf8(tag.value).ok()) else { return Vec::new() };
    value.split(',').filter_map(|uri| size(uri.trim())).collect()
}

// RFC 7489 §6.4: dmarc-uri = URI [ "!" 1*DIGIT [ "k" / "m" / "g" / "t" ] ]; the units are powers of two.
fn size(uri: &str) -> Option<(Box<str>, u64)> {
    let (uri, size) = uri.rsplit_once('!')?;
    let (digits, shift) = match size.as_bytes().last()?.to_ascii_lowercase() {
        b'k' => (&size[..size.len() - 1], 10),
        b'm' => (&size[..size.len() - 1], 20),
        b'g' => (&size[..size.len() - 1], 30),
        b't' => (&size[..size.len() - 1], 40),
        _ => (size, 0),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // More than any number can tell bounds nothing.
    let number: u64 = digits.parse().unwrap_or(u64::MAX);
    Some((uri.into(), number.saturating_mul(1 << shift)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_powers_of_two() {
        let record = b"v=DMARC1; p=none; rua=mailto:a@b.example!10m , mailto:c@d.example!50,mailto:e@f.example!2K, \
                       mailto:g@h.example!1t,mailto:i@j.example,mailto:k@l.example!m,mailto:m@n.example!99999999999999999999g; \
                       ruf=mailto:a@b.example!1g";
        let told: Vec<_> = sizes(record, ConfirmationTag::Rua);
        let told: Vec<_> = told.iter().map(|(uri, size)| (&**uri, *size)).collect();
        assert_eq!(
            told,
            [
                ("mailto:a@b.example", 10_485_760),
                ("mailto:c@d.example", 50),
                ("mailto:e@f.example", 2048),
                ("mailto:g@h.example", 1_099_511_627_776),
                ("mailto:m@n.example", u64::MAX),
            ]
        );
        assert_eq!(sizes(record, ConfirmationTag::Ruf), [("mailto:a@b.example".into(), 1 << 30)]);
        assert_eq!(sizes(b"v=DMARC1; p=none", ConfirmationTag::Rua), []);
    }
}
