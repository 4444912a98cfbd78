//! Commands: what the MTA tells the filter.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Reader, code, packet, put_string};
use crate::{Actions, Offer, Protocol, ProtocolError};

/// A command of the MTA. Strings are without their NUL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// Options that the MTA offers.
    Negotiate(Offer),
    /// Macros.
    Macro {
        /// The byte of the command that they belong to.
        command_code: u8,
        /// `name NUL value NUL …`
        definitions: &'a [u8],
    },
    /// An SMTP client has connected.
    Connect {
        /// Its name as the MTA found it, or its address in square brackets.
        hostname: &'a [u8],
        /// Its address.
        address: Address<'a>,
    },
    /// HELO or EHLO.
    Helo {
        /// What the client called itself.
        name: &'a [u8],
    },
    /// MAIL.
    Mail {
        /// Usually with angle brackets.
        sender: &'a [u8],
        /// ESMTP arguments.
        arguments: Arguments<'a>,
    },
    /// RCPT.
    Recipient {
        /// Usually with angle brackets.
        recipient: &'a [u8],
        /// ESMTP arguments.
        arguments: Arguments<'a>,
    },
    /// DATA.
    Data,
    /// A header.
    Header {
        /// Its name.
        name: &'a [u8],
        /// Its value, lines separated by LF.
        value: &'a [u8],
    },
    /// The end of the header.
    EndOfHeaders,
    /// A chunk of the body.
    Body(&'a [u8]),
    /// The end of the message.
    EndOfMessage {
        /// A last chunk of the body, usually empty.
        last_chunk: &'a [u8],
    },
    /// The message is given up.
    Abort,
    /// A command that the MTA does not know.
    Unknown {
        /// All of it, with its arguments.
        line: &'a [u8],
    },
    /// The SMTP client is gone; another one comes on this socket.
    QuitNewConnection,
    /// The end.
    Quit,
}

/// The address of an SMTP client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address<'a> {
    /// TCP over IPv4.
    Inet {
        /// The address.
        ip: Ipv4Addr,
        /// The port; 0 if the MTA does not know it.
        port: u16,
    },
    /// TCP over IPv6. May be an IPv4 address in IPv6 clothes; see [`Ipv6Addr::to_canonical`].
    Inet6 {
        /// The address.
        ip: Ipv6Addr,
        /// The port; 0 if the MTA does not know it.
        port: u16,
    },
    /// A local socket.
    Unix(&'a [u8]),
    /// Not a connection, such as mail from standard input, or not known.
    Unknown,
}

/// ESMTP arguments such as `SIZE=1000`: strings, each ended by NUL.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Arguments<'a>(&'a [u8]);

impl<'a> Arguments<'a> {
    /// The arguments in `data`, each ended by NUL; what follows the last NUL is left out.
    #[must_use]
    pub fn new(data: &'a [u8]) -> Self {
        let end = data.iter().rposition(|byte| *byte == 0).map_or(0, |last| last + 1);
        Self(data.get(..end).unwrap_or_default())
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.0.strip_suffix(b"\0").into_iter().flat_map(|data| data.split(|byte| *byte == 0))
    }
}

impl std::fmt::Debug for Arguments<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(<[u8]>::escape_ascii).map(|text| text.to_string())).finish()
    }
}

impl<'a> Command<'a> {
    /// Reads the data of the packet with this command code.
    ///
    /// # Errors
    /// [`ProtocolError::UnknownCommand`], [`ProtocolError::Malformed`].
    pub fn parse(command_code: u8, data: &'a [u8]) -> Result<Self, ProtocolError> {
        let mut reader = Reader(data);
        let command = match command_code {
            code::NEGOTIATE => parse_offer(&mut reader).map(Self::Negotiate),
            code::MACRO => reader.u8().map(|command_code| Self::Macro { command_code, definitions: reader.0 }),
            code::CONNECT => parse_connect(&mut reader),
            // xxfi_helo, xxfi_unknown: a C string, so the first NUL ends it.
            code::HELO => reader.string().map(|name| Self::Helo { name }),
            code::UNKNOWN => reader.string().map(|line| Self::Unknown { line }),
            code::MAIL => parse_path(&mut reader).map(|(sender, arguments)| Self::Mail { sender, arguments }),
            code::RECIPIENT => {
                parse_path(&mut reader).map(|(recipient, arguments)| Self::Recipient { recipient, arguments })
            }
            code::DATA => Some(Self::Data),
            code::HEADER => parse_header(&mut reader),
            code::END_OF_HEADERS => Some(Self::EndOfHeaders),
            code::BODY => Some(Self::Body(data)),
            code::END_OF_MESSAGE => Some(Self::EndOfMessage { last_chunk: data }),
            code::ABORT => Some(Self::Abort),
            code::QUIT_NEW_CONNECTION => Some(Self::QuitNewConnection),
            code::QUIT => Some(Self::Quit),
            other => return Err(ProtocolError::UnknownCommand(other)),
        };
        command.ok_or(ProtocolError::Malformed(command_code))
    }

    /// The byte of this command.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::Negotiate(_) => code::NEGOTIATE,
            Self::Macro { .. } => code::MACRO,
            Self::Connect { .. } => code::CONNECT,
            Self::Helo { .. } => code::HELO,
            Self::Mail { .. } => code::MAIL,
            Self::Recipient { .. } => code::RECIPIENT,
            Self::Data => code::DATA,
            Self::Header { .. } => code::HEADER,
            Self::EndOfHeaders => code::END_OF_HEADERS,
            Self::Body(_) => code::BODY,
            Self::EndOfMessage { .. } => code::END_OF_MESSAGE,
            Self::Abort => code::ABORT,
            Self::Unknown { .. } => code::UNKNOWN,
            Self::QuitNewConnection => code::QUIT_NEW_CONNECTION,
            Self::Quit => code::QUIT,
        }
    }

    /// Appends the packet of this command. The caller sees to it that strings hold no NUL.
    pub fn encode(&self, out: &mut Vec<u8>) {
        packet(out, self.code(), |out| match *self {
            Self::Negotiate(offer) => {
                for word in [offer.version, offer.actions.bits(), offer.protocol.bits()] {
                    out.extend_from_slice(&word.to_be_bytes());
                }
            }
            Self::Macro { command_code, definitions } => {
                out.push(command_code);
                out.extend_from_slice(definitions);
            }
            Self::Connect { hostname, address } => {
                put_string(out, hostname);
                put_address(out, address);
            }
            Self::Helo { name: string } | Self::Unknown { line: string } => put_string(out, string),
            Self::Mail { sender: path, arguments } | Self::Recipient { recipient: path, arguments } => {
                put_string(out, path);
                out.extend_from_slice(arguments.0);
            }
            Self::Header { name, value } => {
                put_string(out, name);
                put_string(out, value);
            }
            Self::Body(chunk) | Self::EndOfMessage { last_chunk: chunk } => out.extend_from_slice(chunk),
            Self::Data | Self::EndOfHeaders | Self::Abort | Self::QuitNewConnection | Self::Quit => {}
        });
    }
}

fn parse_offer(reader: &mut Reader<'_>) -> Option<Offer> {
    // A later version may say more; what follows the three words is left alone.
    Some(Offer {
        version: reader.u32()?,
        actions: Actions::from_bits(reader.u32()?),
        protocol: Protocol::from_bits(reader.u32()?),
    })
}

fn parse_connect<'a>(reader: &mut Reader<'a>) -> Option<Command<'a>> {
    let hostname = reader.string()?;
    let family = reader.u8()?;
    if family == FAMILY_UNKNOWN {
        // milter-protocol, SMFIA_UNKNOWN: 'Omits "port" and "host" fields entirely'
        return Some(Command::Connect { hostname, address: Address::Unknown });
    }
    let port = reader.u16()?;
    let text = reader.string()?;
    let address = match family {
        FAMILY_INET => Address::Inet { ip: std::str::from_utf8(text).ok()?.parse().ok()?, port },
        FAMILY_INET6 => Address::Inet6 { ip: parse_inet6(text)?, port },
        FAMILY_UNIX => Address::Unix(text),
        _ => return None,
    };
    Some(Command::Connect { hostname, address })
}

/// An IPv6 address as MTAs write it: Sendmail puts `IPv6:` in front, a link-local one may name its interface.
fn parse_inet6(text: &[u8]) -> Option<Ipv6Addr> {
    let text = match text.split_first_chunk::<5>() {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(b"IPv6:") => rest,
        _ => text,
    };
    let address = text.split(|byte| *byte == b'%').next()?;
    std::str::from_utf8(address).ok()?.parse().ok()
}

fn parse_path<'a>(reader: &mut Reader<'a>) -> Option<(&'a [u8], Arguments<'a>)> {
    let path = reader.string()?;
    let arguments = Arguments(reader.0);
    (reader.0.is_empty() || reader.0.ends_with(b"\0")).then_some((path, arguments))
}

fn parse_header<'a>(reader: &mut Reader<'a>) -> Option<Command<'a>> {
    Some(Command::Header { name: reader.string()?, value: reader.last_string()? })
}

fn put_address(out: &mut Vec<u8>, address: Address<'_>) {
    let (family, port) = match address {
        Address::Unknown => return out.push(FAMILY_UNKNOWN),
        Address::Inet { port, .. } => (FAMILY_INET, port),
        Address::Inet6 { port, .. } => (FAMILY_INET6, port),
        Address::Unix(_) => (FAMILY_UNIX, 0),
    };
    out.push(family);
    out.extend_from_slice(&port.to_be_bytes());
    match address {
        Address::Inet { ip, .. } => put_string(out, ip.to_string().as_bytes()),
        Address::Inet6 { ip, .. } => put_string(out, ip.to_string().as_bytes()),
        Address::Unix(path) => put_string(out, path),
        Address::Unknown => {}
    }
}

/// `SMFIA_*`
const FAMILY_UNKNOWN: u8 = b'U';
const FAMILY_UNIX: u8 = b'L';
const FAMILY_INET: u8 = b'4';
const FAMILY_INET6: u8 = b'6';

#[cfg(test)]
mod tests {
    use super::*;

    fn connect(data: &[u8]) -> Result<Address<'_>, ProtocolError> {
        match Command::parse(code::CONNECT, data)? {
            Command::Connect { address, .. } => Ok(address),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn families() {
        let ip = "192.0.2.1".parse().unwrap();
        assert_eq!(connect(b"mail.example\x004\x00\x19192.0.2.1\0"), Ok(Address::Inet { ip, port: 25 }));
        let ip = "2001:db8::1".parse().unwrap();
        for text in [&b"2001:db8::1\0"[..], b"IPv6:2001:DB8::1\0", b"ipv6:2001:db8:0::1%eth0\0"] {
            let data = [&b"h\x006\x00\x19"[..], text].concat();
            assert_eq!(connect(&data), Ok(Address::Inet6 { ip, port: 25 }));
        }
        assert_eq!(connect(b"localhost\0L\0\0/run/x\0"), Ok(Address::Unix(b"/run/x")));
        assert_eq!(connect(b"localhost\0U"), Ok(Address::Unknown));
        assert_eq!(connect(b"localhost\0U\0\0\0"), Ok(Address::Unknown));
        for data in [
            &b""[..],
            b"h",
            b"h\0",
            b"h\x004",
            b"h\x004\0",
            b"h\x004\0\0",
            b"h\x004\0\x00192.0.2.1",
            b"h\x004\0\x00192.0.2.999\0",
            b"h\x006\0\x00192.0.2.1\0",
            b"h\x004\0\x00::1\0",
            b"h\0X\0\0a\0",
        ] {
            assert_eq!(connect(data), Err(ProtocolError::Malformed(b'C')), "{data:?}");
        }
    }

    #[test]
    fn paths_and_arguments() {
        let Ok(Command::Mail { sender, arguments }) = Command::parse(code::MAIL, b"<a@b>\0SIZE=10\0BODY=8BITMIME\0")
        else {
            panic!()
        };
        assert_eq!(sender, b"<a@b>");
        assert_eq!(arguments.iter().collect::<Vec<_>>(), [&b"SIZE=10"[..], b"BODY=8BITMIME"]);
        assert_eq!(Arguments::new(b"a\0b").iter().collect::<Vec<_>>(), [b"a"]);
        assert_eq!(Arguments::default().iter().count(), 0);
        for data in [&b""[..], b"<a@b>", b"<a@b>\0SIZE=10"] {
            assert_eq!(Command::parse(code::MAIL, data), Err(ProtocolError::Malformed(b'M')));
        }
    }

    #[test]
    fn headers() {
        let header = |data| Command::parse(code::HEADER, data);
        assert_eq!(header(b"To\0 a\n\tb\0"), Ok(Command::Header { name: b"To", value: b" a\n\tb" }));
        assert_eq!(header(b"To\0\0"), Ok(Command::Header { name: b"To", value: b"" }));
        for data in [&b""[..], b"To", b"To\0", b"To\0a"] {
            assert_eq!(header(data), Err(ProtocolError::Malformed(b'L')));
        }
    }
}
