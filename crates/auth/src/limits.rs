//! The limits of this crate.

/// Most facts about the header, From included; a block of garbage would have thousands of flaws.
pub const HEADER_FACT_COUNT_MAX: usize = 16;
/// An SPF term that lets pass more addresses than a prefix of so many bits is a fact (IPv4). A /16 is 65,536 addresses.
pub const SPF_WIDE_BITS_IPV4: u8 = 16;
/// The same for IPv6: a /32 is what one provider gets.
pub const SPF_WIDE_BITS_IPV6: u8 = 32;
