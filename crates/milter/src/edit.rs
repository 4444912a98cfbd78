//! Changes to a message, made at its end.

use crate::{Actions, EditError, LeadingSpace, limits};

/// One change. Header values are everything after the colon, the leading space included, lines separated by LF or
/// CRLF: what is given is what goes out, if the MTA leaves leading spaces alone ([`LeadingSpace::Kept`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit<'a> {
    /// Add a header at the end of the header (smfi_addheader).
    AddHeader {
        /// Header name.
        name: &'a [u8],
        /// Everything after the colon.
        value: &'a [u8],
    },
    /// Insert a header (smfi_insheader).
    InsertHeader {
        /// 0 is above everything, the Received of this hop included, which the filter has not seen.
        index: u32,
        /// Header name.
        name: &'a [u8],
        /// Everything after the colon.
        value: &'a [u8],
    },
    /// Change a header (smfi_chgheader).
    ChangeHeader {
        /// Counted among the headers of this name, from 1.
        occurrence: u32,
        /// Header name.
        name: &'a [u8],
        /// Everything after the colon; not empty.
        value: &'a [u8],
    },
    /// Delete a header (smfi_chgheader with no value). To delete several of one name, see [`deletion_order`].
    DeleteHeader {
        /// Counted among the headers of this name, from 1.
        occurrence: u32,
        /// Header name.
        name: &'a [u8],
    },
    /// Replace the body, or append to the replacement (smfi_replacebody). CRLF ends lines.
    ReplaceBody(&'a [u8]),
    /// Change the envelope sender (smfi_chgfrom).
    ChangeSender {
        /// With angle brackets.
        sender: &'a [u8],
        /// ESMTP arguments, separated by spaces.
        arguments: Option<&'a [u8]>,
    },
    /// Add a recipient (smfi_addrcpt; with arguments smfi_addrcpt_par).
    AddRecipient {
        /// With angle brackets.
        recipient: &'a [u8],
        /// ESMTP arguments, separated by spaces.
        arguments: Option<&'a [u8]>,
    },
    /// Delete a recipient, written exactly as it came (smfi_delrcpt).
    DeleteRecipient {
        /// With angle brackets.
        recipient: &'a [u8],
    },
    /// Put the message in quarantine (smfi_quarantine).
    Quarantine {
        /// Why; not empty.
        reason: &'a [u8],
    },
}

impl Edit<'_> {
    /// The action that must have been negotiated.
    #[must_use]
    pub const fn action(&self) -> Actions {
        match self {
            Self::AddHeader { .. } | Self::InsertHeader { .. } => Actions::ADD_HEADERS,
            Self::ChangeHeader { .. } | Self::DeleteHeader { .. } => Actions::CHANGE_HEADERS,
            Self::ReplaceBody(_) => Actions::CHANGE_BODY,
            Self::ChangeSender { .. } => Actions::CHANGE_SENDER,
            Self::AddRecipient { arguments: None, .. } => Actions::ADD_RECIPIENTS,
            Self::AddRecipient { arguments: Some(_), .. } => Actions::ADD_RECIPIENTS_WITH_ARGUMENTS,
            Self::DeleteRecipient { .. } => Actions::DELETE_RECIPIENTS,
            Self::Quarantine { .. } => Actions::QUARANTINE,
        }
    }

    /// Checks everything that could make the MTA read something else than was meant.
    pub(crate) fn check(&self) -> Result<(), EditError> {
        match *self {
            Self::AddHeader { name, value } | Self::InsertHeader { name, value, .. } => {
                check_name(name)?;
                check_value(value)
            }
            Self::ChangeHeader { occurrence, name, value } => {
                check_occurrence(occurrence)?;
                check_name(name)?;
                check_value(value)?;
                // smfi_chgheader: no value means deletion, and the space in front may be the MTA's.
                if without_leading_space(value).is_empty() { Err(EditError::EmptyValue) } else { Ok(()) }
            }
            Self::DeleteHeader { occurrence, name } => {
                check_occurrence(occurrence)?;
                check_name(name)
            }
            Self::ReplaceBody(_) => Ok(()),
            Self::ChangeSender { sender: address, arguments }
            | Self::AddRecipient { recipient: address, arguments } => {
                check_text(address)?;
                arguments.map_or(Ok(()), check_text)
            }
            Self::DeleteRecipient { recipient } => check_text(recipient),
            // smfi_quarantine: the reason is "non-empty".
            Self::Quarantine { reason } => check_text(reason),
        }
    }

    /// The bytes of the packet's data at most: line ends only get shorter.
    pub(crate) fn data_bytes_max(&self) -> usize {
        match *self {
            Self::AddHeader { name, value }
            | Self::InsertHeader { name, value, .. }
            | Self::ChangeHeader { name, value, .. } => name.len() + value.len() + 6,
            Self::DeleteHeader { name, .. } => name.len() + 6,
            Self::ReplaceBody(body) => body.len().min(limits::BODY_CHUNK_BYTES_MAX),
            Self::ChangeSender { sender: address, arguments }
            | Self::AddRecipient { recipient: address, arguments } => {
                address.len() + arguments.map_or(0, <[u8]>::len) + 2
            }
            Self::DeleteRecipient { recipient: text } | Self::Quarantine { reason: text } => text.len() + 1,
        }
    }

    /// The edit as the MTA wants it: without the leading space where the MTA puts one there by itself.
    #[must_use]
    pub(crate) fn for_wire(self, leading_space: LeadingSpace) -> Self {
        // smfi_addheader: "The MTA adds a leading space to an added header value unless the flag SMFIP_HDR_LEADSPC is set"
        if leading_space == LeadingSpace::Kept {
            return self;
        }
        match self {
            Self::AddHeader { name, value } => Self::AddHeader { name, value: without_leading_space(value) },
            Self::InsertHeader { index, name, value } => {
                Self::InsertHeader { index, name, value: without_leading_space(value) }
            }
            Self::ChangeHeader { occurrence, name, value } => {
                Self::ChangeHeader { occurrence, name, value: without_leading_space(value) }
            }
            other => other,
        }
    }
}

/// The order in which headers of one name are to be deleted: from the last to the first, none twice.
///
/// Postfix does not count deleted headers any more, so deleting the first moves all others up; Sendmail still counts
/// them. From the last to the first both delete the same headers. (Filters that went upwards left forged
/// Authentication-Results in the message.)
#[must_use]
pub fn deletion_order(occurrences: &[u32]) -> Vec<u32> {
    let mut order = occurrences.to_vec();
    order.sort_unstable_by(|a, b| b.cmp(a));
    order.dedup();
    order
}

fn check_occurrence(occurrence: u32) -> Result<(), EditError> {
    if occurrence == 0 { Err(EditError::Occurrence) } else { Ok(()) }
}

fn check_name(name: &[u8]) -> Result<(), EditError> {
    // RFC 5322 §2.2: a field name is made of printable US-ASCII characters, except colon.
    let fits = !name.is_empty() && name.iter().all(|byte| matches!(byte, b'!'..=b'9' | b';'..=b'~'));
    if fits { Ok(()) } else { Err(EditError::HeaderName) }
}

fn check_value(value: &[u8]) -> Result<(), EditError> {
    let mut rest = value.iter().peekable();
    while let Some(byte) = rest.next() {
        let fits = match byte {
            0 => false,
            b'\r' => rest.peek() == Some(&&b'\n'),
            // smfi_addheader: a line feed is to be "followed by at least one whitespace character"; else a value could
            // bring headers of its own.
            b'\n' => matches!(rest.peek(), Some(b' ' | b'\t')),
            _ => true,
        };
        if !fits {
            return Err(EditError::HeaderValue);
        }
    }
    Ok(())
}

fn check_text(text: &[u8]) -> Result<(), EditError> {
    let fits = !text.is_empty() && !text.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n'));
    if fits { Ok(()) } else { Err(EditError::Text) }
}

fn without_leading_space(value: &[u8]) -> &[u8] {
    value.strip_prefix(b" ").unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_from_the_last_to_the_first() {
        assert_eq!(deletion_order(&[1, 3, 2, 3, 10]), [10, 3, 2, 1]);
        assert_eq!(deletion_order(&[]), [0; 0]);
    }

    #[test]
    fn nothing_can_be_injected() {
        let add = |name, value| Edit::AddHeader { name, value }.check();
        assert_eq!(add(b"X-A", b" b"), Ok(()));
        assert_eq!(add(b"X-A", b""), Ok(()));
        assert_eq!(add(b"X-A", b" b\n\tc\r\n d"), Ok(()));
        for name in [&b""[..], b"X A", b"X:A", b"X\nA", b"X\0", "件名".as_bytes()] {
            assert_eq!(add(name, b" b"), Err(EditError::HeaderName), "{name:?}");
        }
        for value in [&b" b\nEvil: yes"[..], b" b\0", b" b\rc", b" b\n", b" b\r\n\r\n c", b"\n\n "] {
            assert_eq!(add(b"X-A", value), Err(EditError::HeaderValue), "{value:?}");
        }
        for text in [&b""[..], b"<a@b>\0", b"<a@b>\r\nRCPT TO:<c@d>"] {
            assert_eq!(Edit::DeleteRecipient { recipient: text }.check(), Err(EditError::Text));
            assert_eq!(Edit::AddRecipient { recipient: b"<a@b>", arguments: Some(text) }.check(), Err(EditError::Text));
        }
    }

    #[test]
    fn a_change_is_never_a_deletion() {
        let change = |occurrence, value| Edit::ChangeHeader { occurrence, name: b"Subject", value }.check();
        assert_eq!(change(1, b" a"), Ok(()));
        assert_eq!(change(0, b" a"), Err(EditError::Occurrence));
        assert_eq!(change(1, b""), Err(EditError::EmptyValue));
        assert_eq!(change(1, b" "), Err(EditError::EmptyValue));
    }
}
