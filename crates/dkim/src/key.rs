//! The key record (RFC 6376 §3.6.1).

use lookup::Data;
use mailtext::encode::decode_base64_fws;
use mailtext::{Explain, Flaw, Rule, TagFlaw, TagList, Value};

use crate::crypto::{HashAlgorithm, KeyKind, PublicKey, PublicKeyError};
use crate::limits::{KEY_RECORD_BYTES_MAX, KEY_RECORD_COUNT_MAX, RSA_BITS_MAX, RSA_BITS_MIN_LEGACY};

/// A key record whose key is ready for use.
pub struct KeyRecord {
    /// The key.
    pub public_key: PublicKey,
    /// `k=`.
    pub kind: KeyKind,
    /// Whether `h=` allows SHA-1 and SHA-256, in this order.
    hashes: [bool; 2],
    /// Whether `s=` allows e-mail.
    pub email: bool,
    /// Whether `t=` says that the domain tests DKIM.
    pub testing: bool,
    /// Whether `t=` asks that the domain of `i=` be `d=` itself.
    pub strict: bool,
    /// `g=` of RFC 4871 and before, where it is given.
    pub granularity: Option<Box<[u8]>>,
}

/// The key records of one selector: what was read of each TXT record that may be one.
pub type KeyRecords = Vec<Result<KeyRecord, KeyError>>;

/// Why a TXT record is not a usable key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyError {
    /// Longer than [`KEY_RECORD_BYTES_MAX`].
    TooLong,
    /// Not a tag list: the flaw that says so.
    TagList(TagFlaw),
    /// `v=` is there and is not `DKIM1`, or not first.
    Version,
    /// No `p=`.
    NoKey,
    /// `p=` is empty: the key was revoked.
    Revoked,
    /// `k=` names a kind that nobody knows.
    Kind,
    /// `p=` is not base64.
    Base64,
    /// `p=` is not a key of its kind.
    Key,
    /// A key too short to be computed with, in bits.
    TooShort(u32),
    /// A key too long to be computed with, in bits.
    KeyTooLong(u32),
}

impl KeyRecord {
    /// Reads the text of one TXT record.
    ///
    /// # Errors
    /// Names why the record holds no usable key.
    pub fn parse(text: &[u8]) -> (Result<Self, KeyError>, Vec<Flaw<TagFlaw>>) {
        if text.len() > KEY_RECORD_BYTES_MAX {
            return (Err(KeyError::TooLong), Vec::new());
        }
        let (tags, flaws) = TagList::parse(text);
        let record = match flaws.first() {
            // RFC 6376 §3.2: a list that is not well formed is not used.
            Some(flaw) => Err(KeyError::TagList(flaw.kind)),
            None => Self::from_tags(&tags),
        };
        (record, flaws)
    }

    /// Reads the TXT records of a selector.
    #[must_use]
    pub fn parse_all(data: &[Data]) -> KeyRecords {
        let texts = data.iter().filter_map(|data| match data {
            Data::Txt(text) => Some(text.bytes()),
            _ => None,
        });
        texts.take(KEY_RECORD_COUNT_MAX).map(|text| Self::parse(text).0).collect()
    }

    /// Whether `h=` allows this hash.
    #[must_use]
    pub fn allows_hash(&self, hash: HashAlgorithm) -> bool {
        match hash {
            HashAlgorithm::Sha1 => self.hashes[0],
            HashAlgorithm::Sha256 => self.hashes[1],
        }
    }

    fn from_tags(tags: &TagList<'_>) -> Result<Self, KeyError> {
        // RFC 6376 §3.6.1: `v=` is recommended; if there, it is the first tag and exactly DKIM1.
        if let Some(version) = tags.get("v")
            && (version.value != b"DKIM1" || tags.iter().next() != Some(version))
        {
            return Err(KeyError::Version);
        }
        let kind = match tags.value("k") {
            None => KeyKind::Rsa,
            Some(kind) if kind.eq_ignore_ascii_case(b"rsa") => KeyKind::Rsa,
            Some(kind) if kind.eq_ignore_ascii_case(b"ed25519") => KeyKind::Ed25519,
            Some(_) => return Err(KeyError::Kind),
        };
        let encoded = tags.value("p").ok_or(KeyError::NoKey)?;
        if encoded.is_empty() {
            return Err(KeyError::Revoked);
        }
        let encoded = decode_base64_fws(encoded).map_err(|_| KeyError::Base64)?;
        let public_key = match kind {
            KeyKind::Rsa => PublicKey::rsa(&encoded),
            KeyKind::Ed25519 => PublicKey::ed25519(&encoded),
        }?;
        let lists = |name: &str, wanted: &[u8]| list_has(tags.value(name), wanted);
        let hash = |hash: HashAlgorithm| tags.value("h").is_none() || lists("h", hash.as_str().as_bytes());
        Ok(Self {
            public_key,
            kind,
            hashes: [hash(HashAlgorithm::Sha1), hash(HashAlgorithm::Sha256)],
            email: tags.value("s").is_none() || lists("s", b"*") || lists("s", b"email"),
            testing: lists("t", b"y"),
            strict: lists("t", b"s"),
            granularity: tags.value("g").map(Into::into),
        })
    }

    /// RFC 4871 §3.6.1: whether `g=` lets this local part sign. An empty `g=` lets none; one `*` stands for anything.
    #[must_use]
    pub fn granularity_allows(&self, local: &[u8]) -> bool {
        let Some(pattern) = self.granularity.as_deref() else { return true };
        match pattern.iter().position(|byte| *byte == b'*') {
            None => !pattern.is_empty() && pattern == local,
            Some(star) => {
                let (before, after) = (&pattern[..star], &pattern[star + 1..]);
                local.len() >= before.len() + after.len() && local.starts_with(before) && local.ends_with(after)
            }
        }
    }
}

fn list_has(list: Option<&[u8]>, wanted: &[u8]) -> bool {
    list.is_some_and(|list| list.split(|byte| *byte == b':').any(|item| item.trim_ascii().eq_ignore_ascii_case(wanted)))
}

impl From<PublicKeyError> for KeyError {
    fn from(error: PublicKeyError) -> Self {
        match error {
            PublicKeyError::Encoding => Self::Key,
            PublicKeyError::TooShort(bits) => Self::TooShort(bits),
            PublicKeyError::TooLong(bits) => Self::KeyTooLong(bits),
        }
    }
}

impl Explain for KeyError {
    fn id(&self) -> &'static str {
        match self {
            Self::TooLong => "dkim-key-record-too-long",
            Self::TagList(_) => "dkim-key-syntax",
            Self::Version => "dkim-key-version",
            Self::NoKey => "dkim-key-absent",
            Self::Revoked => "dkim-key-revoked",
            Self::Kind => "dkim-key-kind-unknown",
            Self::Base64 => "dkim-key-base64",
            Self::Key => "dkim-key-encoding",
            Self::TooShort(_) => "dkim-key-too-short",
            Self::KeyTooLong(_) => "dkim-key-too-long",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::TooLong => None,
            Self::TooShort(_) | Self::KeyTooLong(_) => Some(Rule("RFC 8301", "3.2")),
            _ => Some(Rule("RFC 6376", "3.6.1")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooLong => vec![("limit", KEY_RECORD_BYTES_MAX.into())],
            Self::TagList(flaw) => vec![("flaw", Value::Word(flaw.id()))],
            Self::TooShort(bits) => {
                vec![("bits", u64::from(*bits).into()), ("limit", u64::from(RSA_BITS_MIN_LEGACY).into())]
            }
            Self::KeyTooLong(bits) => {
                vec![("bits", u64::from(*bits).into()), ("limit", u64::from(RSA_BITS_MAX).into())]
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ED25519: &str = "p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    fn error(text: &str) -> Option<KeyError> {
        KeyRecord::parse(text.as_bytes()).0.err()
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, wanted) in [
            (format!("v=DKIM1; k=ed25519; {ED25519}"), None),
            (format!("k=ed25519; {ED25519}; x=y"), None),
            (format!("k=ed25519; v=DKIM1; {ED25519}"), Some(KeyError::Version)),
            (format!("v=DKIM2; k=ed25519; {ED25519}"), Some(KeyError::Version)),
            (format!("v=dkim1; k=ed25519; {ED25519}"), Some(KeyError::Version)),
            (format!("v=DKIM1; k=dsa; {ED25519}"), Some(KeyError::Kind)),
            (format!("v=DKIM1; k=rsa; {ED25519}"), Some(KeyError::Key)),
            ("v=DKIM1; k=rsa".into(), Some(KeyError::NoKey)),
            ("v=DKIM1; p=".into(), Some(KeyError::Revoked)),
            ("v=DKIM1; p=*".into(), Some(KeyError::Base64)),
            ("v=DKIM1; k=ed25519; p=AAAA".into(), Some(KeyError::Key)),
            ("v=DKIM1; t; p=AAAA".into(), Some(KeyError::TagList(TagFlaw::NoEquals))),
        ] {
            assert_eq!(error(&text), wanted, "{text}");
        }
    }

    #[test]
    fn flags_and_lists() {
        let read = |text: &str| KeyRecord::parse(format!("k=ed25519; {ED25519}; {text}").as_bytes()).0.unwrap();
        assert!(read("t=y:s").testing && read("t = s : y").strict && !read("t=z").testing);
        assert!(read("s=*").email && read("s=web:email").email && !read("s=tlsrpt").email && read("").email);
        assert!(read("h=sha256").allows_hash(HashAlgorithm::Sha256));
        assert!(!read("h=sha1:md5").allows_hash(HashAlgorithm::Sha256));
        for (pattern, local, allowed) in
            [("*", "x", true), ("jl*g", "jlong", true), ("jl*g", "jl", false), ("", "x", false), ("a", "a", true)]
        {
            assert_eq!(read(&format!("g={pattern}")).granularity_allows(local.as_bytes()), allowed, "{pattern}");
        }
    }
}
