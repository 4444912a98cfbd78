//! Networks as configurations write them: addresses that share their leading bits.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Addresses that share their leading bits: `192.0.2.0/24`, `2001:db8::/32`. A single address has all bits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

/// Why a text is no network.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NetworkError {
    /// What stands before the slash is no address.
    Address,
    /// What stands behind the slash is no prefix length of the family.
    PrefixLength,
    /// Bits behind the prefix are set, so that another network may be meant.
    HostBits,
}

impl Network {
    /// A network.
    ///
    /// # Errors
    /// When there are not so many bits, or some behind them are set.
    pub fn new(address: IpAddr, bits: u8) -> Result<Self, NetworkError> {
        let (value, width) = bits_of(address);
        if u32::from(bits) > width {
            return Err(NetworkError::PrefixLength);
        }
        if masked(value, width, bits) != value {
            return Err(NetworkError::HostBits);
        }
        Ok(Self { address, bits })
    }

    /// Whether the address lies in it. An IPv4-mapped address is the IPv4 address that it holds.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let ((own, width), (other, other_width)) = (bits_of(self.address), bits_of(address));
        width == other_width && masked(other, width, self.bits) == own
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NetworkError::Address)?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => whole,
            // `str::parse` takes a plus sign too.
            Some(bits) if !bits.bytes().all(|byte| byte.is_ascii_digit()) => return Err(NetworkError::PrefixLength),
            Some(bits) => bits.parse().map_err(|_| NetworkError::PrefixLength)?,
        };
        Self::new(address, bits)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.bits)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for NetworkError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Address => "not an IP address",
            Self::PrefixLength => "not a prefix length",
            Self::HostBits => "bits are set behind the prefix",
        })
    }
}

impl std::error::Error for NetworkError {}

fn bits_of(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    }
}

fn masked(value: u128, width: u32, bits: u8) -> u128 {
    let behind = width.saturating_sub(u32::from(bits));
    // A shift by all bits is none that Rust knows.
    let mask = u128::MAX.checked_shl(behind).unwrap_or(0);
    value & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        let holds =
            |network: &str, address: &str| network.parse::<Network>().unwrap().contains(address.parse().unwrap());
        assert!(holds("192.0.2.0/24", "192.0.2.255") && !holds("192.0.2.0/24", "192.0.3.0"));
        assert!(holds("192.0.2.1", "192.0.2.1") && !holds("192.0.2.1", "192.0.2.2"));
        assert!(holds("0.0.0.0/0", "255.1.2.3") && !holds("0.0.0.0/0", "::1"));
        assert!(holds("::/0", "2001:db8::1") && !holds("::/0", "192.0.2.1"));
        assert!(holds("192.0.2.0/24", "::ffff:192.0.2.7"));
        assert!(holds("2001:db8::/33", "2001:db8:7fff::1") && !holds("2001:db8::/33", "2001:db8:8000::1"));
        for (text, error) in [
            ("", NetworkError::Address),
            ("example.jp", NetworkError::Address),
            ("192.0.2.0/", NetworkError::PrefixLength),
            ("192.0.2.0/33", NetworkError::PrefixLength),
            ("192.0.2.0/+4", NetworkError::PrefixLength),
            ("::/129", NetworkError::PrefixLength),
            ("192.0.2.1/24", NetworkError::HostBits),
            ("2001:db8::1/127", NetworkError::HostBits),
        ] {
            assert_eq!(text.parse::<Network>(), Err(error), "{text}");
        }
        assert_eq!("::/128".parse::<Network>().unwrap().to_string(), "::/128");
    }
}
