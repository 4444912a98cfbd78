//! Macros: what the MTA tells beside a command, such as the queue id or the authenticated user.

use crate::{ProtocolError, codec::code, limits};

/// A stage of the conversation for which the MTA defines macros. In the order in which they come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The connection of the SMTP client.
    Connect,
    /// HELO or EHLO.
    Helo,
    /// MAIL.
    Mail,
    /// RCPT, each.
    Recipient,
    /// DATA.
    Data,
    /// The end of the header.
    EndOfHeaders,
    /// The end of the message.
    EndOfMessage,
}

impl Stage {
    /// All of them, oldest first.
    pub const ALL: [Self; 7] =
        [Self::Connect, Self::Helo, Self::Mail, Self::Recipient, Self::Data, Self::EndOfHeaders, Self::EndOfMessage];

    /// The number of this stage in a list of wanted macros (smfi_setsymlist, `SMFIM_*`).
    #[must_use]
    pub const fn symbol_list_number(self) -> u32 {
        match self {
            Self::Connect => 0,
            Self::Helo => 1,
            Self::Mail => 2,
            Self::Recipient => 3,
            Self::Data => 4,
            Self::EndOfMessage => 5,
            Self::EndOfHeaders => 6,
        }
    }

    /// The stage with this number, see [`symbol_list_number`](Self::symbol_list_number).
    #[must_use]
    pub fn from_symbol_list_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.symbol_list_number() == number)
    }

    /// The byte of the command whose macros these are.
    #[must_use]
    pub const fn command_code(self) -> u8 {
        match self {
            Self::Connect => code::CONNECT,
            Self::Helo => code::HELO,
            Self::Mail => code::MAIL,
            Self::Recipient => code::RECIPIENT,
            Self::Data => code::DATA,
            Self::EndOfHeaders => code::END_OF_HEADERS,
            Self::EndOfMessage => code::END_OF_MESSAGE,
        }
    }

    /// The stage of the command with this byte, if macros of it are kept.
    #[must_use]
    pub fn from_command_code(command_code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.command_code() == command_code)
    }
}

/// The macros that are in force, by stage.
#[derive(Debug, Default)]
pub struct Macros {
    /// For each stage `name NUL value NUL …` as it came.
    stages: [Vec<u8>; Stage::ALL.len()],
}

impl Macros {
    /// The value of a macro, from the newest stage that defines it. `x` and `{x}` are the same name.
    ///
    /// The newest wins because an MTA may learn late: Postfix knows the queue id (`i`) only at the first accepted
    /// recipient or at DATA.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        Stage::ALL.into_iter().rev().find_map(|stage| self.get_at(stage, name))
    }

    /// The value of a macro as defined at one stage.
    #[must_use]
    pub fn get_at(&self, stage: Stage, name: &[u8]) -> Option<&[u8]> {
        let name = without_braces(name);
        self.iter(stage).find(|(defined, _)| *defined == name).map(|(_, value)| value)
    }

    /// The macros of one stage: names without braces, and values.
    pub fn iter(&self, stage: Stage) -> impl Iterator<Item = (&[u8], &[u8])> {
        pairs(self.stages.get(stage as usize).map_or(&[], Vec::as_slice))
    }

    /// Replaces the macros of a stage. `data` is `name NUL value NUL …`.
    pub(crate) fn define(&mut self, stage: Stage, data: &[u8]) -> Result<(), ProtocolError> {
        if data.len() > limits::MACRO_BYTES_MAX {
            return Err(ProtocolError::MacroBytes);
        }
        if pairs(data).nth(limits::MACRO_COUNT_MAX).is_some() {
            return Err(ProtocolError::MacroCount);
        }
        if let Some(kept) = self.stages.get_mut(stage as usize) {
            kept.clear();
            kept.extend_from_slice(data);
        }
        Ok(())
    }

    /// Forgets the macros of `first` and of everything after it.
    pub(crate) fn clear_from(&mut self, first: Stage) {
        for kept in self.stages.iter_mut().skip(first as usize) {
            kept.clear();
        }
    }

    /// Forgets the macros of everything after `stage`.
    pub(crate) fn clear_after(&mut self, stage: Stage) {
        for kept in self.stages.iter_mut().skip(stage as usize + 1) {
            kept.clear();
        }
    }

    /// Gives back memory that an idle session need not hold.
    pub(crate) fn release(&mut self) {
        for kept in &mut self.stages {
            if kept.is_empty() && kept.capacity() > RELEASE_BYTES {
                *kept = Vec::new();
            }
        }
    }
}

/// Names and values; a last name without a value is left out.
pub(crate) fn pairs(data: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut strings = data.strip_suffix(b"\0").map(|data| data.split(|byte| *byte == 0)).into_iter().flatten();
    std::iter::from_fn(move || Some((without_braces(strings.next()?), strings.next()?)))
}

/// smfi_getsymval: a single letter may be written with or without braces; we say so of every name.
fn without_braces(name: &[u8]) -> &[u8] {
    name.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}")).unwrap_or(name)
}

/// Bytes of one stage's storage that are kept for the next message.
const RELEASE_BYTES: usize = 1 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn defined(list: &[(Stage, &[u8])]) -> Macros {
        let mut macros = Macros::default();
        for (stage, data) in list {
            macros.define(*stage, data).unwrap();
        }
        macros
    }

    #[test]
    fn newest_stage_wins() {
        let macros = defined(&[(Stage::Mail, b"i\0early\0"), (Stage::EndOfMessage, b"i\0late\0")]);
        assert_eq!(macros.get(b"i"), Some(&b"late"[..]));
        assert_eq!(macros.get_at(Stage::Mail, b"{i}"), Some(&b"early"[..]));
    }

    #[test]
    fn braces_do_not_matter() {
        let macros = defined(&[(Stage::Connect, b"{daemon_name}\0smtpd\0j\0mx.example.jp\0")]);
        for name in [&b"daemon_name"[..], b"{daemon_name}"] {
            assert_eq!(macros.get(name), Some(&b"smtpd"[..]));
        }
        assert_eq!(macros.get(b"{j}"), Some(&b"mx.example.jp"[..]));
        assert_eq!(macros.get(b"v"), None);
    }

    #[test]
    fn odd_and_unterminated_lists() {
        assert_eq!(pairs(b"").count(), 0);
        assert_eq!(pairs(b"a").count(), 0);
        assert_eq!(pairs(b"a\0").count(), 0);
        assert_eq!(pairs(b"a\0b\0c\0").collect::<Vec<_>>(), [(&b"a"[..], &b"b"[..])]);
        assert_eq!(pairs(b"a\0\0").collect::<Vec<_>>(), [(&b"a"[..], &b""[..])]);
    }

    #[test]
    fn limits_at_below_above() {
        let mut macros = Macros::default();
        let of = |bytes: usize| [&b"a\0"[..], &vec![b'x'; bytes - 3], b"\0"].concat();
        assert_eq!(macros.define(Stage::Helo, &of(limits::MACRO_BYTES_MAX - 1)), Ok(()));
        assert_eq!(macros.define(Stage::Helo, &of(limits::MACRO_BYTES_MAX)), Ok(()));
        let too_long = of(limits::MACRO_BYTES_MAX + 1);
        assert_eq!(macros.define(Stage::Helo, &too_long), Err(ProtocolError::MacroBytes));
        assert_eq!(macros.define(Stage::Helo, &b"a\0b\0".repeat(limits::MACRO_COUNT_MAX - 1)), Ok(()));
        assert_eq!(macros.define(Stage::Helo, &b"a\0b\0".repeat(limits::MACRO_COUNT_MAX)), Ok(()));
        let too_many = b"a\0b\0".repeat(limits::MACRO_COUNT_MAX + 1);
        assert_eq!(macros.define(Stage::Helo, &too_many), Err(ProtocolError::MacroCount));
    }

    #[test]
    fn numbers_and_codes_lead_back() {
        for stage in Stage::ALL {
            assert_eq!(Stage::from_symbol_list_number(stage.symbol_list_number()), Some(stage));
            assert_eq!(Stage::from_command_code(stage.command_code()), Some(stage));
        }
        assert_eq!(Stage::from_symbol_list_number(7), None);
        assert_eq!(Stage::from_command_code(b'L'), None);
    }
}
