//! Codes: the A records of a list, 127.0.0.0/8, which are no addresses (RFC 5782 §2.3).

use std::fmt;
use std::net::Ipv4Addr;

/// A test on a code: a range of values, or bits (RFC 5782 §6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Code {
    /// The values from the first to the last, both included.
    Range(Ipv4Addr, Ipv4Addr),
    /// Any of these bits in the last three octets.
    Bits(u32),
}

/// Why a text is no test on a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeError {
    /// It is no IPv4 address.
    Address,
    /// The code lies outside of 127.0.0.0/8.
    Outside,
    /// The range ends before it begins.
    Order,
    /// No bit of the last three octets is set.
    NoBit,
}

impl Code {
    /// One value.
    #[must_use]
    pub const fn one(value: Ipv4Addr) -> Self {
        Self::Range(value, value)
    }

    /// Reads `127.0.0.2`, `127.0.0.2-127.0.0.11`, or `&0.0.0.6` for bits.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let address = |text: &str| text.trim().parse::<Ipv4Addr>().map_err(|_| CodeError::Address);
        if let Some(bits) = text.trim().strip_prefix('&') {
            let bits = address(bits)?.to_bits() & SUFFIX_BITS;
            return if bits == 0 { Err(CodeError::NoBit) } else { Ok(Self::Bits(bits)) };
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (address(first)?, address(last)?);
        match (is_code(first) && is_code(last), first <= last) {
            (false, _) => Err(CodeError::Outside),
            (true, false) => Err(CodeError::Order),
            (true, true) => Ok(Self::Range(first, last)),
        }
    }

    /// Whether a code passes the test.
    #[must_use]
    pub fn matches(self, code: Ipv4Addr) -> bool {
        match self {
            Self::Range(first, last) => (first..=last).contains(&code),
            Self::Bits(bits) => is_code(code) && code.to_bits() & bits & SUFFIX_BITS != 0,
        }
    }
}

impl fmt::Display for CodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Address => "not an IPv4 address",
            Self::Outside => "not in 127.0.0.0/8",
            Self::Order => "the range ends before it begins",
            Self::NoBit => "no bit is set",
        })
    }
}

impl std::error::Error for CodeError {}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(first, last) if first == last => write!(formatter, "{first}"),
            Self::Range(first, last) => write!(formatter, "{first}-{last}"),
            Self::Bits(bits) => write!(formatter, "&{}", Ipv4Addr::from_bits(*bits)),
        }
    }
}

/// Whether an address is a code at all.
pub(super) fn is_code(address: Ipv4Addr) -> bool {
    // RFC 5782 §2.3: all A values SHOULD be in the 127.0.0.0/8 range
    address.octets()[0] == 127
}

const SUFFIX_BITS: u32 = 0x00FF_FFFF;
