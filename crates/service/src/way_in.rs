//! Mail that is taken in on its way: reports that come to an address of ours. The message is kept while it comes, up to a
//! bound, and handed to the world when all of it is there and it would be delivered.

use std::collections::BTreeSet;

use mailtext::{Explain, Value};

use crate::limits::{WAY_IN_BYTES_MAX, WAY_IN_RECIPIENT_COUNT_MAX};

/// Which mail is taken in on its way, and what becomes of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WayIn {
    /// In small letters.
    addresses: BTreeSet<Box<str>>,
    /// What becomes of it then.
    pub(crate) after: AfterWayIn,
    /// The longest message that is taken in, in bytes.
    bytes_max: usize,
}

/// What becomes of a message that was taken in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum AfterWayIn {
    /// It goes on as if nothing had been.
    #[default]
    Deliver,
    /// It ends here: the client is told that it was taken, and nobody else gets it.
    Swallow,
}

/// How the way in ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WayInEnd {
    /// It was taken in, and goes on.
    Delivered,
    /// It was taken in, and ends here; for recipients of whom nothing is taken in it goes on.
    Swallowed,
    /// It is longer than may be taken in, and goes on.
    TooLarge,
    /// It was not taken in: the reason, of the world.
    NotTaken(Box<str>),
}

/// A message that is kept while it comes.
#[derive(Debug, Default)]
pub(crate) struct Captured {
    bytes: Vec<u8>,
    /// To whom it came of those whose mail is taken in, as the MTA wrote them.
    recipients: Vec<Vec<u8>>,
    /// How many they were.
    recipient_count: u64,
    is_too_large: bool,
}

impl WayIn {
    /// Mail to these addresses.
    #[must_use]
    pub fn new<'a>(addresses: impl IntoIterator<Item = &'a str>, after: AfterWayIn) -> Self {
        let addresses = addresses.into_iter().map(|address| address.to_lowercase().into()).collect();
        Self { addresses, after, bytes_max: WAY_IN_BYTES_MAX }
    }

    /// The same for messages of so many bytes at most, and never of more than [`WAY_IN_BYTES_MAX`].
    #[must_use]
    pub fn up_to(self, bytes_max: usize) -> Self {
        Self { bytes_max: bytes_max.min(WAY_IN_BYTES_MAX), ..self }
    }

    fn is_for(&self, recipient: &[u8]) -> bool {
        let address = milter::without_brackets(recipient.trim_ascii());
        // RFC 5321 §2.4: local parts may have a case; that two mailboxes differ by it alone is not to be expected.
        std::str::from_utf8(address).is_ok_and(|address| self.addresses.contains(address.to_lowercase().as_str()))
    }
}

impl Captured {
    /// Notes a recipient, when mail to it is taken in.
    pub(crate) fn recipient(captured: &mut Option<Box<Self>>, recipient: &[u8], way_in: &WayIn) {
        if way_in.is_for(recipient) {
            let captured = captured.get_or_insert_default();
            captured.recipient_count = captured.recipient_count.saturating_add(1);
            if captured.recipients.len() < WAY_IN_RECIPIENT_COUNT_MAX {
                captured.recipients.push(recipient.to_vec());
            }
        }
    }

    /// Keeps a piece.
    pub(crate) fn keep(&mut self, piece: &[u8], way_in: &WayIn) {
        if self.is_too_large {
            return;
        }
        if self.bytes.len().saturating_add(piece.len()) > way_in.bytes_max {
            (self.is_too_large, self.bytes) = (true, Vec::new());
            return;
        }
        self.bytes.extend_from_slice(piece);
    }

    /// All of it; `None` when it is longer than may be.
    pub(crate) fn take(&mut self) -> Option<Vec<u8>> {
        (!self.is_too_large).then(|| std::mem::take(&mut self.bytes))
    }

    /// Whether there is nobody else to whom the message came.
    pub(crate) fn is_for_nobody_else(&self, recipient_count: u64) -> bool {
        self.recipient_count >= recipient_count
    }

    /// The recipients who get nothing when it is swallowed.
    pub(crate) fn recipients(&self) -> impl Iterator<Item = &[u8]> {
        self.recipients.iter().map(Vec::as_slice)
    }
}

impl Explain for WayInEnd {
    fn id(&self) -> &'static str {
        match self {
            Self::Delivered => "service-taken-in",
            Self::Swallowed => "service-swallowed",
            Self::TooLarge => "service-not-taken-in-too-large",
            Self::NotTaken(_) => "service-not-taken-in",
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::NotTaken(reason) => vec![("reason", Value::Text(reason.to_string()))],
            Self::Delivered | Self::Swallowed | Self::TooLarge => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way_in() -> WayIn {
        WayIn::new(["DMARC@example.jp", "tls@example.jp"], AfterWayIn::Swallow).up_to(10)
    }

    #[test]
    fn it_is_for_those_addresses_alone() {
        for (recipient, is_for) in [
            ("<dmarc@example.jp>", true),
            ("dmarc@EXAMPLE.jp", true),
            (" <DMARC@example.jp>", true),
            ("<tls@example.jp>", true),
            ("<dmarc@example.jp.>", false),
            ("<dmarc+x@example.jp>", false),
            ("<a@example.jp>", false),
            ("", false),
        ] {
            assert_eq!(way_in().is_for(recipient.as_bytes()), is_for, "{recipient}");
        }
    }

    #[test]
    fn what_is_longer_than_may_be_is_let_go() {
        for (sizes, kept) in [
            (vec![9], Some(9)),
            (vec![10], Some(10)),
            (vec![11], None),
            (vec![5, 5], Some(10)),
            (vec![5, 6], None),
            (vec![11, 1], None),
        ] {
            let mut captured = Captured::default();
            sizes.iter().for_each(|size| captured.keep(&vec![b'x'; *size], &way_in()));
            assert_eq!(captured.take().map(|bytes| bytes.len()), kept, "{sizes:?}");
        }
        assert_eq!(way_in().up_to(usize::MAX).bytes_max, WAY_IN_BYTES_MAX);
    }

    #[test]
    fn who_else_there_is_is_known() {
        let mut captured = None;
        for recipient in ["<b@example.net>", "<dmarc@example.jp>", "<tls@example.jp>"] {
            Captured::recipient(&mut captured, recipient.as_bytes(), &way_in());
        }
        let captured = captured.unwrap();
        assert!(captured.is_for_nobody_else(2) && !captured.is_for_nobody_else(3));
        assert_eq!(captured.recipients().collect::<Vec<_>>(), [b"<dmarc@example.jp>".as_slice(), b"<tls@example.jp>"]);
        let mut none = None;
        Captured::recipient(&mut none, b"<b@example.net>", &way_in());
        assert!(none.is_none());
    }
}
