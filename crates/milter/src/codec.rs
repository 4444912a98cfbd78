//! What packets look like, both directions, both ways: parse and encode.
//!
//! ```text
//! uint32 length   of what follows, big-endian
//! uint8  code     a command of the MTA or a response of the filter
//! uint8  data[length - 1]
//! ```
//!
//! [`frame`] finds packets in a run of bytes; [`Command`] and [`Response`] are what they mean. Strings end with NUL.

mod command;
mod response;

pub use command::{Address, Arguments, Command};
pub(crate) use response::encode_negotiation;
pub use response::{Response, SymbolLists};

use crate::ProtocolError;

/// The bytes that name commands (MTA to filter).
pub mod code {
    /// `SMFIC_ABORT`: the message is given up.
    pub const ABORT: u8 = b'A';
    /// `SMFIC_BODY`: a chunk of the body.
    pub const BODY: u8 = b'B';
    /// `SMFIC_CONNECT`: an SMTP client.
    pub const CONNECT: u8 = b'C';
    /// `SMFIC_MACRO`: macros for the command that follows.
    pub const MACRO: u8 = b'D';
    /// `SMFIC_BODYEOB`: the end of the message, perhaps with a last chunk.
    pub const END_OF_MESSAGE: u8 = b'E';
    /// `SMFIC_HELO`: HELO or EHLO.
    pub const HELO: u8 = b'H';
    /// `SMFIC_QUIT_NC`: the SMTP client is gone, another one comes on this socket.
    pub const QUIT_NEW_CONNECTION: u8 = b'K';
    /// `SMFIC_HEADER`: a header.
    pub const HEADER: u8 = b'L';
    /// `SMFIC_MAIL`: MAIL.
    pub const MAIL: u8 = b'M';
    /// `SMFIC_EOH`: the end of the header.
    pub const END_OF_HEADERS: u8 = b'N';
    /// `SMFIC_OPTNEG`: options, in both directions.
    pub const NEGOTIATE: u8 = b'O';
    /// `SMFIC_QUIT`: the end.
    pub const QUIT: u8 = b'Q';
    /// `SMFIC_RCPT`: RCPT.
    pub const RECIPIENT: u8 = b'R';
    /// `SMFIC_DATA`: DATA.
    pub const DATA: u8 = b'T';
    /// `SMFIC_UNKNOWN`: a command that the MTA does not know.
    pub const UNKNOWN: u8 = b'U';
}

/// What stands at the front of a run of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// The packet has not arrived as a whole.
    Incomplete {
        /// Bytes that are missing; a guess from below until the length has arrived.
        missing: usize,
    },
    /// A packet. It takes `5 + data.len()` bytes.
    Packet {
        /// Command or response.
        code: u8,
        /// What it says.
        data: &'a [u8],
    },
}

/// Finds the packet at the front of `bytes`. `bytes_max` gives the limit for a packet with a certain code, command byte
/// included.
///
/// # Errors
/// [`ProtocolError::EmptyPacket`], [`ProtocolError::PacketTooLarge`] – as soon as length and code have arrived.
pub fn frame(bytes: &[u8], bytes_max: impl FnOnce(u8) -> u32) -> Result<Frame<'_>, ProtocolError> {
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else {
        return Ok(Frame::Incomplete { missing: HEAD_BYTES - bytes.len() });
    };
    let length = u32::from_be_bytes(*length);
    if length == 0 {
        return Err(ProtocolError::EmptyPacket);
    }
    let Some((code, rest)) = rest.split_first() else {
        return Ok(Frame::Incomplete { missing: 1 });
    };
    let bytes_max = bytes_max(*code);
    if length > bytes_max {
        return Err(ProtocolError::PacketTooLarge { bytes: length, bytes_max });
    }
    let data_bytes = length as usize - 1;
    match rest.get(..data_bytes) {
        Some(data) => Ok(Frame::Packet { code: *code, data }),
        None => Ok(Frame::Incomplete { missing: data_bytes - rest.len() }),
    }
}

/// Bytes of length and code.
pub const HEAD_BYTES: usize = 5;

/// Writes a packet; `write` appends its data.
pub(crate) fn packet(out: &mut Vec<u8>, code: u8, write: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0, 0, 0, 0, code]);
    write(out);
    // Everything that is written was checked against a limit far below 4 GiB.
    let length = u32::try_from(out.len() - at - 4).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(at..at + 4) {
        place.copy_from_slice(&length.to_be_bytes());
    }
}

/// Appends a string and its NUL.
pub(crate) fn put_string(out: &mut Vec<u8>, string: &[u8]) {
    out.extend_from_slice(string);
    out.push(0);
}

/// Reads the data of a packet from the front.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn u8(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_be_bytes(*first))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*first))
    }

    /// Up to the next NUL, which is consumed.
    pub(crate) fn string(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let (string, rest) = self.0.split_at(end);
        self.0 = rest.get(1..)?;
        Some(string)
    }

    /// Everything that is left, which must end with a NUL; NULs inside are part of it.
    pub(crate) fn last_string(&mut self) -> Option<&'a [u8]> {
        let string = self.0.strip_suffix(b"\0")?;
        self.0 = &[];
        Some(string)
    }

    pub(crate) fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_at_below_above() {
        let bytes_max = 10;
        for (length, fits) in [(9, true), (10, true), (11, false)] {
            let mut bytes = Vec::new();
            packet(&mut bytes, b'B', |out| out.resize(HEAD_BYTES + length - 1, 7));
            let found = frame(&bytes, |_| bytes_max);
            if fits {
                assert_eq!(found, Ok(Frame::Packet { code: b'B', data: &vec![7; length - 1] }));
            } else {
                assert_eq!(found, Err(ProtocolError::PacketTooLarge { bytes: 11, bytes_max }));
            }
        }
    }

    #[test]
    fn pieces_are_incomplete() {
        let bytes = [0, 0, 0, 3, b'B', 1, 2];
        for (held, missing) in [(0, 5), (3, 2), (4, 1), (5, 2), (6, 1)] {
            assert_eq!(frame(&bytes[..held], |_| 10), Ok(Frame::Incomplete { missing }));
        }
        assert_eq!(frame(&[0, 0, 0, 0], |_| 10), Err(ProtocolError::EmptyPacket));
    }
}
