//! The bytes of stored values: numbers of seven bits per byte, texts and structures with their length before them.
//!
//! A structure is its fields in their order, and its length. A reader that knows more fields than were written takes
//! their defaults; one that knows fewer skips the rest. So a field may be added at the end of any structure, and nothing
//! else may ever change without a new version in [`crate::codec`].

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use mailtext::Domain;

use crate::codec::CodecError;
use crate::limits::{LIST_COUNT_MAX, TEXT_BYTES_MAX};

/// What can be written and read.
pub(crate) trait Wire: Sized {
    fn write(&self, into: &mut Writer);
    fn read(from: &mut Reader<'_>) -> Result<Self, CodecError>;
}

/// Bytes that are being written.
#[derive(Default)]
pub(crate) struct Writer {
    pub(crate) bytes: Vec<u8>,
    /// Whether something was longer than a reader takes.
    pub(crate) is_too_large: bool,
}

/// Bytes that are being read.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], CodecError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(CodecError::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, CodecError> {
        self.take(1)?.first().copied().ok_or(CodecError::Short)
    }

    /// The fields of a structure.
    pub(crate) fn inner(&mut self) -> Result<Self, CodecError> {
        let count = self.length()?;
        Ok(Reader::new(self.take(count)?))
    }

    fn length(&mut self) -> Result<usize, CodecError> {
        usize::try_from(u64::read(self)?).map_err(|_| CodecError::Short)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        self.take(N)?.try_into().map_err(|_| CodecError::Short)
    }
}

/// Writes a structure: what `fields` writes, with its length before it.
pub(crate) fn structure(into: &mut Writer, fields: impl FnOnce(&mut Writer)) {
    let start = into.bytes.len();
    into.bytes.push(0);
    fields(into);
    let length = into.bytes.len() - start - 1;
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => into.bytes[start] = short,
        _ => {
            let mut prefix = Writer::default();
            (length as u64).write(&mut prefix);
            into.bytes.splice(start..=start, prefix.bytes);
        }
    }
}

/// [`Wire`] of a structure: its fields, then those that later versions added.
macro_rules! wire_structure {
    ($name:ty { $($field:ident),* $(,)? } $(later { $($later:ident),* $(,)? })?) => {
        impl $crate::wire::Wire for $name {
            fn write(&self, into: &mut $crate::wire::Writer) {
                $crate::wire::structure(into, |into| {
                    $($crate::wire::Wire::write(&self.$field, into);)*
                    $($($crate::wire::Wire::write(&self.$later, into);)*)?
                });
            }

            fn read(from: &mut $crate::wire::Reader<'_>) -> Result<Self, $crate::codec::CodecError> {
                let mut inner = from.inner()?;
                $(let $field = $crate::wire::Wire::read(&mut inner)?;)*
                $($(let $later = if inner.is_done() { Default::default() } else { $crate::wire::Wire::read(&mut inner)? };)*)?
                Ok(Self { $($field,)* $($($later,)*)? })
            }
        }
    };
}

/// [`Wire`] of a word of [`crate::vocabulary`].
macro_rules! wire_word {
    ($($name:ident),* $(,)?) => {$(
        impl $crate::wire::Wire for $name {
            fn write(&self, into: &mut $crate::wire::Writer) {
                into.bytes.push(self.code());
            }

            fn read(from: &mut $crate::wire::Reader<'_>) -> Result<Self, $crate::codec::CodecError> {
                Self::from_code(from.byte()?).ok_or($crate::codec::CodecError::Word)
            }
        }
    )*};
}

/// [`Wire`] of an enum of another crate: its variants and their numbers.
macro_rules! wire_foreign {
    ($($name:ty { $($variant:ident = $code:literal),* $(,)? })*) => {$(
        impl $crate::wire::Wire for $name {
            fn write(&self, into: &mut $crate::wire::Writer) {
                into.bytes.push(match self { $(<$name>::$variant => $code),* });
            }

            fn read(from: &mut $crate::wire::Reader<'_>) -> Result<Self, $crate::codec::CodecError> {
                match from.byte()? {
                    $($code => Ok(<$name>::$variant),)*
                    _ => Err($crate::codec::CodecError::Word),
                }
            }
        }
    )*};
}

pub(crate) use {wire_foreign, wire_structure, wire_word};

impl Wire for u64 {
    fn write(&self, into: &mut Writer) {
        let mut left = *self;
        while left >= 0x80 {
            into.bytes.push(left as u8 | 0x80);
            left >>= 7;
        }
        into.bytes.push(left as u8);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, CodecError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = from.byte()?;
            let bits = Self::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(CodecError::Number);
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(CodecError::Number)
    }
}

impl Wire for Box<str> {
    fn write(&self, into: &mut Writer) {
        into.is_too_large |= self.len() > TEXT_BYTES_MAX;
        (self.len() as u64).write(into);
        into.bytes.extend_from_slice(self.as_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, CodecError> {
        text(from).map(Into::into)
    }
}

impl Wire for Domain {
    fn write(&self, into: &mut Writer) {
        (self.as_str().len() as u64).write(into);
        into.bytes.extend_from_slice(self.as_str().as_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, CodecError> {
        Self::query(text(from)?).map_err(|_| CodecError::Text)
    }
}

fn text<'a>(from: &mut Reader<'a>) -> Result<&'a str, CodecError> {
    let count = from.length()?;
    if count > TEXT_BYTES_MAX {
        return Err(CodecError::TooLarge);
    }
    std::str::from_utf8(from.take(count)?).map_err(|_| CodecError::Text)
}

impl<T: Wire> Wire for Option<T> {
    fn write(&self, into: &mut Writer) {
        into.bytes.push(u8::from(self.is_some()));
        if let Some(value) = self {
            value.write(into);
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, CodecError> {
        match from.byte()? {
            0 => Ok(None),
            1 => T::read(from).map(Some),
            _ => Err(CodecError::Word),
        }
    }
}

impl<T: Wire> Wire for Vec<T> {
    fn write(&self, into: &mut Writer) {
        into.is_too_large |= self.len() > LIST_COUNT_MAX;
        (self.len() as u64).write(into);
        self.iter().for_each(|value| value.write(into));
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, CodecError> {
        let count = from.length()?;
        if count > LIST_COUNT_MAX {
            return Err(CodecError::TooLarge);
        }
        (0..count).map(|_| T::read(from)).collect()
    }
}

impl Wire for [u8; 16] {
    fn write(&self, into: &mut Writer) {
        into.bytes.extend_from_slice(self);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, CodecError> {
        from.array()
    }
}

impl Wire for IpAddr {
    fn write(&self, into: &mut Writer) {
        match self {
            Self::V4(address) => {
                into.bytes.push(4);
                into.bytes.extend_from_slice(&address.octets());
            }
            Self::V6(address) => {
                into.bytes.push(6);
                into.bytes.extend_from_slice(&address.octets());
            }
        }
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, CodecError> {
        match from.byte()? {
            4 => Ok(Self::V4(Ipv4Addr::from(from.array::<4>()?))),
            6 => Ok(Self::V6(Ipv6Addr::from(from.array::<16>()?))),
            _ => Err(CodecError::Word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(PartialEq, Eq, Debug)]
    struct Old {
        a: u64,
    }

    #[derive(PartialEq, Eq, Debug)]
    struct New {
        a: u64,
        b: Option<u64>,
        c: Box<str>,
    }

    wire_structure!(Old { a });
    wire_structure!(New { a } later { b, c });

    fn bytes(value: &impl Wire) -> Vec<u8> {
        let mut into = Writer::default();
        value.write(&mut into);
        into.bytes
    }

    fn read<T: Wire>(bytes: &[u8]) -> Result<T, CodecError> {
        let mut reader = Reader::new(bytes);
        let value = T::read(&mut reader)?;
        assert!(reader.is_done());
        Ok(value)
    }

    #[test]
    fn fields_may_be_added_at_the_end() {
        let new = New { a: 300, b: Some(1), c: "x".repeat(200).into() };
        assert_eq!(read::<Old>(&bytes(&new)), Ok(Old { a: 300 }), "an old reader skips what it does not know");
        assert_eq!(read::<New>(&bytes(&Old { a: 300 })), Ok(New { a: 300, b: None, c: "".into() }));
        assert_eq!(read::<New>(&bytes(&new)), Ok(new));
    }

    #[test]
    fn numbers() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            assert_eq!(read::<u64>(&bytes(&number)), Ok(number));
        }
        assert_eq!(bytes(&u64::MAX).len(), 10);
        let too_large = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        assert_eq!(read::<u64>(&too_large), Err(CodecError::Number));
        assert_eq!(read::<u64>(&[0x80; 11]), Err(CodecError::Number));
        assert_eq!(read::<u64>(&[0x80]), Err(CodecError::Short));
    }

    #[test]
    fn lengths_around_their_limits() {
        for count in [TEXT_BYTES_MAX - 1, TEXT_BYTES_MAX] {
            assert!(read::<Box<str>>(&bytes(&Box::from("x".repeat(count)))).is_ok());
        }
        let long: Box<str> = "x".repeat(TEXT_BYTES_MAX + 1).into();
        assert_eq!(read::<Box<str>>(&bytes(&long)), Err(CodecError::TooLarge));
        for (count, fits) in [(LIST_COUNT_MAX - 1, true), (LIST_COUNT_MAX, true), (LIST_COUNT_MAX + 1, false)] {
            assert_eq!(read::<Vec<u64>>(&bytes(&vec![0_u64; count])).is_ok(), fits, "{count}");
        }
        let promise = bytes(&u64::MAX);
        assert_eq!(read::<Box<str>>(&promise), Err(CodecError::TooLarge), "a promise is not allocated");
        assert_eq!(read::<Vec<u64>>(&promise), Err(CodecError::TooLarge));
    }
}
