//! Responses: what the filter tells the MTA.

use super::{Reader, code, packet, put_string};
use crate::{Actions, Edit, Negotiated, Protocol, ProtocolError, Stage, limits};

/// A response of the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Response<'a> {
    /// The options that the filter has chosen.
    Negotiate {
        /// Version, actions, steps.
        chosen: Negotiated,
        /// The macros that it wants.
        symbol_lists: SymbolLists<'a>,
    },
    /// Go on (`SMFIR_CONTINUE`).
    Continue,
    /// Accept without asking any further (`SMFIR_ACCEPT`).
    Accept,
    /// Refuse for good (`SMFIR_REJECT`).
    Reject,
    /// Refuse for now (`SMFIR_TEMPFAIL`).
    TemporaryFailure,
    /// Accept and drop (`SMFIR_DISCARD`).
    Discard,
    /// No more of this kind (`SMFIR_SKIP`).
    Skip,
    /// Still working (`SMFIR_PROGRESS`).
    Progress,
    /// Answer 421 and close (`SMFIR_SHUTDOWN`).
    Shutdown,
    /// Break the SMTP connection (`SMFIR_CONN_FAIL`).
    ConnectionFailure,
    /// Answer this (`SMFIR_REPLYCODE`): see [`ReplyText::wire`](crate::ReplyText::wire).
    ReplyCode(&'a [u8]),
    /// Change the message. Header values are as on the wire.
    Edit(Edit<'a>),
}

/// The wanted macros of some stages: for each the stage's number and names separated by spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SymbolLists<'a>(&'a [u8]);

impl<'a> SymbolLists<'a> {
    /// One after the other; stages that are not known are left out.
    pub fn iter(&self) -> impl Iterator<Item = (Stage, &'a [u8])> + use<'a> {
        let mut reader = Reader(self.0);
        std::iter::from_fn(move || Some((reader.u32()?, reader.string()?)))
            .filter_map(|(number, names)| Some((Stage::from_symbol_list_number(number)?, names)))
    }
}

/// The bytes that name responses.
mod response_code {
    pub(super) const ADD_RECIPIENT: u8 = b'+';
    pub(super) const DELETE_RECIPIENT: u8 = b'-';
    pub(super) const ADD_RECIPIENT_WITH_ARGUMENTS: u8 = b'2';
    pub(super) const SHUTDOWN: u8 = b'4';
    pub(super) const ACCEPT: u8 = b'a';
    pub(super) const REPLACE_BODY: u8 = b'b';
    pub(super) const CONTINUE: u8 = b'c';
    pub(super) const DISCARD: u8 = b'd';
    pub(super) const CHANGE_SENDER: u8 = b'e';
    pub(super) const CONNECTION_FAILURE: u8 = b'f';
    pub(super) const ADD_HEADER: u8 = b'h';
    pub(super) const INSERT_HEADER: u8 = b'i';
    pub(super) const CHANGE_HEADER: u8 = b'm';
    pub(super) const PROGRESS: u8 = b'p';
    pub(super) const QUARANTINE: u8 = b'q';
    pub(super) const REJECT: u8 = b'r';
    pub(super) const SKIP: u8 = b's';
    pub(super) const TEMPORARY_FAILURE: u8 = b't';
    pub(super) const REPLY_CODE: u8 = b'y';
}
use response_code as r;

impl<'a> Response<'a> {
    /// Reads the data of the packet with this response code.
    ///
    /// # Errors
    /// [`ProtocolError::UnknownCommand`], [`ProtocolError::Malformed`].
    pub fn parse(response_code: u8, data: &'a [u8]) -> Result<Self, ProtocolError> {
        let mut reader = Reader(data);
        let response = match response_code {
            code::NEGOTIATE => parse_negotiate(&mut reader),
            r::CONTINUE => Some(Self::Continue),
            r::ACCEPT => Some(Self::Accept),
            r::REJECT => Some(Self::Reject),
            r::TEMPORARY_FAILURE => Some(Self::TemporaryFailure),
            r::DISCARD => Some(Self::Discard),
            r::SKIP => Some(Self::Skip),
            r::PROGRESS => Some(Self::Progress),
            r::SHUTDOWN => Some(Self::Shutdown),
            r::CONNECTION_FAILURE => Some(Self::ConnectionFailure),
            r::REPLY_CODE => reader.last_string().filter(|text| is_reply(text)).map(Self::ReplyCode),
            other => match parse_edit(other, &mut reader) {
                Err(()) => return Err(ProtocolError::UnknownCommand(other)),
                Ok(edit) => edit.map(Self::Edit),
            },
        };
        response.filter(|_| reader.end().is_some()).ok_or(ProtocolError::Malformed(response_code))
    }

    /// The byte of this response.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Negotiate { .. } => code::NEGOTIATE,
            Self::Continue => r::CONTINUE,
            Self::Accept => r::ACCEPT,
            Self::Reject => r::REJECT,
            Self::TemporaryFailure => r::TEMPORARY_FAILURE,
            Self::Discard => r::DISCARD,
            Self::Skip => r::SKIP,
            Self::Progress => r::PROGRESS,
            Self::Shutdown => r::SHUTDOWN,
            Self::ConnectionFailure => r::CONNECTION_FAILURE,
            Self::ReplyCode(_) => r::REPLY_CODE,
            Self::Edit(edit) => edit_code(edit),
        }
    }

    /// Appends the packet of this response; a long new body becomes several packets. The caller sees to it that
    /// strings hold no NUL.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Negotiate { chosen, symbol_lists } => packet(out, code::NEGOTIATE, |out| {
                put_chosen(out, &chosen);
                out.extend_from_slice(symbol_lists.0);
            }),
            Self::ReplyCode(text) => packet(out, r::REPLY_CODE, |out| put_string(out, text)),
            Self::Edit(Edit::ReplaceBody([])) => packet(out, r::REPLACE_BODY, |_| ()),
            Self::Edit(Edit::ReplaceBody(body)) => {
                for chunk in body.chunks(limits::BODY_CHUNK_BYTES_MAX) {
                    packet(out, r::REPLACE_BODY, |out| out.extend_from_slice(chunk));
                }
            }
            Self::Edit(edit) => packet(out, edit_code(&edit), |out| put_edit(out, &edit)),
            _ => packet(out, self.code(), |_| ()),
        }
    }
}

/// Appends the answer to an offer.
pub(crate) fn encode_negotiation(out: &mut Vec<u8>, chosen: &Negotiated, macros: &[(Stage, String)]) {
    packet(out, code::NEGOTIATE, |out| {
        put_chosen(out, chosen);
        // smfi_setsymlist; only an MTA that offers it is told.
        if chosen.actions.contains(Actions::SET_SYMBOL_LIST) {
            for (stage, names) in macros {
                out.extend_from_slice(&stage.symbol_list_number().to_be_bytes());
                put_string(out, names.as_bytes());
            }
        }
    });
}

fn put_chosen(out: &mut Vec<u8>, chosen: &Negotiated) {
    for word in [chosen.version, chosen.actions.bits(), chosen.protocol.bits()] {
        out.extend_from_slice(&word.to_be_bytes());
    }
}

fn parse_negotiate<'a>(reader: &mut Reader<'a>) -> Option<Response<'a>> {
    let chosen = Negotiated {
        version: reader.u32()?,
        actions: Actions::from_bits(reader.u32()?),
        protocol: Protocol::from_bits(reader.u32()?),
    };
    let symbol_lists = SymbolLists(std::mem::take(&mut reader.0));
    let mut lists = Reader(symbol_lists.0);
    while lists.end().is_none() {
        lists.u32()?;
        lists.string()?;
    }
    Some(Response::Negotiate { chosen, symbol_lists })
}

/// milter-protocol, SMFIR_REPLYCODE: three digits of a 4xx or 5xx code, then a space (or a hyphen: more lines follow).
fn is_reply(text: &[u8]) -> bool {
    matches!(text, [b'4' | b'5', b'0'..=b'9', b'0'..=b'9', b' ' | b'-', ..])
}

/// `Err` if this is not the code of an edit, `Ok(None)` if its data are malformed.
fn parse_edit<'a>(response_code: u8, reader: &mut Reader<'a>) -> Result<Option<Edit<'a>>, ()> {
    Ok(match response_code {
        r::ADD_HEADER => parse_pair(reader).map(|(name, value)| Edit::AddHeader { name, value }),
        r::INSERT_HEADER => reader
            .u32()
            .and_then(|index| parse_pair(reader).map(|(name, value)| Edit::InsertHeader { index, name, value })),
        r::CHANGE_HEADER => reader.u32().and_then(|occurrence| {
            let (name, value) = parse_pair(reader)?;
            // milter-protocol, SMFIR_CHGHEADER: 'A zero length string for "value" … indicates that the header should
            // be deleted entirely.'
            Some(match value {
                [] => Edit::DeleteHeader { occurrence, name },
                value => Edit::ChangeHeader { occurrence, name, value },
            })
        }),
        r::REPLACE_BODY => Some(Edit::ReplaceBody(std::mem::take(&mut reader.0))),
        r::CHANGE_SENDER => {
            parse_with_arguments(reader).map(|(sender, arguments)| Edit::ChangeSender { sender, arguments })
        }
        r::ADD_RECIPIENT => reader.string().map(|recipient| Edit::AddRecipient { recipient, arguments: None }),
        r::ADD_RECIPIENT_WITH_ARGUMENTS => parse_with_arguments(reader).map(|(recipient, arguments)| {
            Edit::AddRecipient { recipient, arguments: Some(arguments.unwrap_or_default()) }
        }),
        r::DELETE_RECIPIENT => reader.string().map(|recipient| Edit::DeleteRecipient { recipient }),
        r::QUARANTINE => reader.string().map(|reason| Edit::Quarantine { reason }),
        _ => return Err(()),
    })
}

fn parse_pair<'a>(reader: &mut Reader<'a>) -> Option<(&'a [u8], &'a [u8])> {
    Some((reader.string()?, reader.string()?))
}

fn parse_with_arguments<'a>(reader: &mut Reader<'a>) -> Option<(&'a [u8], Option<&'a [u8]>)> {
    let address = reader.string()?;
    Some((address, if reader.0.is_empty() { None } else { Some(reader.string()?) }))
}

const fn edit_code(edit: &Edit<'_>) -> u8 {
    match edit {
        Edit::AddHeader { .. } => r::ADD_HEADER,
        Edit::InsertHeader { .. } => r::INSERT_HEADER,
        Edit::ChangeHeader { .. } | Edit::DeleteHeader { .. } => r::CHANGE_HEADER,
        Edit::ReplaceBody(_) => r::REPLACE_BODY,
        Edit::ChangeSender { .. } => r::CHANGE_SENDER,
        Edit::AddRecipient { arguments: None, .. } => r::ADD_RECIPIENT,
        Edit::AddRecipient { arguments: Some(_), .. } => r::ADD_RECIPIENT_WITH_ARGUMENTS,
        Edit::DeleteRecipient { .. } => r::DELETE_RECIPIENT,
        Edit::Quarantine { .. } => r::QUARANTINE,
    }
}

fn put_edit(out: &mut Vec<u8>, edit: &Edit<'_>) {
    match *edit {
        Edit::AddHeader { name, value } => {
            put_string(out, name);
            put_value(out, value);
        }
        Edit::InsertHeader { index: number, name, value } | Edit::ChangeHeader { occurrence: number, name, value } => {
            out.extend_from_slice(&number.to_be_bytes());
            put_string(out, name);
            put_value(out, value);
        }
        Edit::DeleteHeader { occurrence, name } => {
            out.extend_from_slice(&occurrence.to_be_bytes());
            put_string(out, name);
            out.push(0);
        }
        Edit::ReplaceBody(body) => out.extend_from_slice(body),
        Edit::ChangeSender { sender: address, arguments } | Edit::AddRecipient { recipient: address, arguments } => {
            put_string(out, address);
            if let Some(arguments) = arguments {
                put_string(out, arguments);
            }
        }
        Edit::DeleteRecipient { recipient: text } | Edit::Quarantine { reason: text } => put_string(out, text),
    }
}

/// A header value: smfi_addheader wants LF between lines, never CRLF.
fn put_value(out: &mut Vec<u8>, value: &[u8]) {
    let mut lines = value.split(|byte| *byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        if lines.peek().is_some() {
            out.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
            out.push(b'\n');
        } else {
            out.extend_from_slice(line);
        }
    }
    out.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(response: Response<'_>) -> String {
        let mut out = Vec::new();
        response.encode(&mut out);
        out.escape_ascii().to_string()
    }

    #[test]
    fn bytes_of_edits() {
        let edit = Edit::InsertHeader { index: 0, name: b"X", value: b" a\r\n b\n\tc" };
        assert_eq!(wire(Response::Edit(edit)), r"\x00\x00\x00\x10i\x00\x00\x00\x00X\x00 a\n b\n\tc\x00");
        let edit = Edit::DeleteHeader { occurrence: 2, name: b"X" };
        assert_eq!(wire(Response::Edit(edit)), r"\x00\x00\x00\x08m\x00\x00\x00\x02X\x00\x00");
        assert_eq!(wire(Response::Edit(Edit::ReplaceBody(b""))), r"\x00\x00\x00\x01b");
    }

    #[test]
    fn a_long_body_is_sent_in_chunks() {
        let mut out = Vec::new();
        Response::Edit(Edit::ReplaceBody(&[b'x'; limits::BODY_CHUNK_BYTES_MAX + 1])).encode(&mut out);
        assert_eq!(out.len(), limits::BODY_CHUNK_BYTES_MAX + 1 + 2 * super::super::HEAD_BYTES);
    }

    #[test]
    fn malformed_responses() {
        for (code, data) in [
            (b'c', &b"x"[..]),
            (b'y', b"250 ok\0"),
            (b'y', b"550\0"),
            (b'y', b"550 x"),
            (b'h', b"X\0a"),
            (b'h', b"X\0a\0b\0"),
            (b'm', b"\0\0\0"),
            (b'O', b"\0\0\0\x06\0\0\0\0\0\0\0"),
            (b'O', b"\0\0\0\x06\0\0\0\0\0\0\0\0\0\0\0\x02i"),
            (b'q', b"why"),
        ] {
            assert_eq!(Response::parse(code, data), Err(ProtocolError::Malformed(code)), "{}", char::from(code));
        }
        assert_eq!(Response::parse(b'!', b""), Err(ProtocolError::UnknownCommand(b'!')));
    }
}
