//! A key that signs.

use dkim::PrivateKey;
use dkim::limits::RSA_BITS_RECOMMENDED;
use mailtext::Domain;

/// A key, with the names under which it signs.
#[derive(Clone, Debug)]
pub struct Key {
    /// The name by which rules call it.
    pub name: String,
    /// `d=`.
    pub domain: KeyDomain,
    /// `s=`.
    pub selector: Domain,
    /// The secret.
    pub private: PrivateKey,
}

/// For whom a key signs, `d=`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum KeyDomain {
    /// This domain, whoever the author is.
    Of(Domain),
    /// The author's own domain: one key that many domains publish, each by a CNAME. `%` in tables.
    Author,
}

/// What speaks against a key that can be used all the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyConcern {
    /// An RSA key of so many bits.
    Short(u32),
}

impl Key {
    /// What its owner should hear about it.
    #[must_use]
    pub fn concern(&self) -> Option<KeyConcern> {
        // RFC 8301 §3.2: signers SHOULD use keys of at least 2048 bits. Ed25519 has one size.
        let is_short = self.private.kind() == dkim::KeyKind::Rsa && self.private.bits() < RSA_BITS_RECOMMENDED;
        is_short.then(|| KeyConcern::Short(self.private.bits()))
    }
}

impl KeyDomain {
    /// Reads what a configuration says: a domain name, or `%` for the author's.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "%" => Some(Self::Author),
            name => Domain::parse(name).ok().map(Self::Of),
        }
    }

    /// `d=` for mail of an author at `author`.
    #[must_use]
    pub fn for_author(&self, author: &Domain) -> Domain {
        match self {
            Self::Of(domain) => domain.clone(),
            Self::Author => author.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_of_keys() {
        let author = Domain::parse("news.example.jp").unwrap();
        let read = |text: &str| KeyDomain::parse(text).map(|domain| domain.for_author(&author).to_string());
        assert_eq!(read("example.jp").as_deref(), Some("example.jp"));
        assert_eq!(read("%").as_deref(), Some("news.example.jp"));
        assert_eq!(read("例え.jp").as_deref(), Some("xn--r8jz45g.jp"));
        assert_eq!(read("a..b"), None);
        assert_eq!(read(""), None);
    }
}
