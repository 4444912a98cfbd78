//! What DNS should hold of a key, and what servers show of it.

use dkim::crypto::HashAlgorithm;
use dkim::key::{KeyError, KeyRecord};
use mailtext::encode::decode_base64_fws;
use mailtext::{Domain, TagList};

/// What a name should hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// A TXT record with this text.
    Text(String),
    /// A CNAME record to this name.
    Alias(Domain),
    /// Nothing.
    Nothing,
}

/// What one authoritative server shows of a name. TTLs are in seconds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum View {
    /// TXT records, the strings of each joined.
    Texts {
        /// The texts.
        texts: Vec<Box<[u8]>>,
        /// How long caches keep them.
        ttl_s: u32,
    },
    /// A CNAME record.
    Alias {
        /// Where it leads.
        target: Domain,
        /// How long caches keep it.
        ttl_s: u32,
    },
    /// Neither, and how long caches keep that.
    Nothing {
        /// The TTL of absence.
        ttl_s: u32,
    },
    /// No answer that counts.
    Silent,
}

/// What the servers of a zone say together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Agreement {
    /// All of them show what is wanted.
    Everywhere,
    /// Some show something else.
    Partly {
        /// So many.
        others: usize,
        /// Of so many servers.
        of: usize,
    },
    /// Whoever answered shows something else.
    Nowhere,
    /// Nobody shows anything else, and so many did not answer.
    Silence {
        /// So many.
        silent: usize,
    },
    /// Nobody was asked.
    Unasked,
}

impl Wanted {
    /// Whether a view shows it; `None` when it shows nothing at all. A key record may say more than ours does (flags,
    /// notes), as long as it is one key, this one, and good for signing mail with SHA-256.
    #[must_use]
    pub fn is_shown(&self, view: &View) -> Option<bool> {
        match (self, view) {
            (_, View::Silent) => None,
            (Self::Nothing, View::Nothing { .. }) => Some(true),
            (Self::Text(wanted), View::Texts { texts, .. }) => {
                // RFC 6376 §3.6.2.2: with several records at one selector the results are undefined.
                Some(matches!(&texts[..], [text] if says_the_same(wanted.as_bytes(), text)))
            }
            (Self::Alias(wanted), View::Alias { target, .. }) => Some(wanted == target),
            _ => Some(false),
        }
    }

    /// What these servers say together, and how long caches may hold what others of them show, in seconds.
    #[must_use]
    pub fn judge(&self, views: &[View]) -> (Agreement, u32) {
        let (mut shown, mut others, mut silent, mut ttl_s) = (0, 0, 0, 0);
        for view in views {
            match self.is_shown(view) {
                None => silent += 1,
                Some(true) => shown += 1,
                Some(false) => {
                    others += 1;
                    ttl_s = ttl_s.max(view.ttl_s());
                }
            }
        }
        let agreement = match (shown, others, silent) {
            (0, 0, 0) => Agreement::Unasked,
            (0, 1.., _) => Agreement::Nowhere,
            (_, 1.., _) => Agreement::Partly { others, of: views.len() },
            (_, 0, 1..) => Agreement::Silence { silent },
            (_, 0, 0) => Agreement::Everywhere,
        };
        (agreement, ttl_s)
    }
}

impl View {
    /// How long caches keep what is shown, in seconds.
    #[must_use]
    pub fn ttl_s(&self) -> u32 {
        match self {
            Self::Texts { ttl_s, .. } | Self::Alias { ttl_s, .. } | Self::Nothing { ttl_s } => *ttl_s,
            Self::Silent => 0,
        }
    }
}

/// Whether two key records are to the same effect for us.
fn says_the_same(wanted: &[u8], shown: &[u8]) -> bool {
    if wanted == shown {
        return true;
    }
    match (KeyRecord::parse(wanted).0, KeyRecord::parse(shown).0) {
        (Err(KeyError::Revoked), Err(KeyError::Revoked)) => true,
        (Ok(wanted_key), Ok(key)) => {
            let signs_mail = key.email && key.allows_hash(HashAlgorithm::Sha256) && key.granularity.is_none();
            signs_mail && wanted_key.kind == key.kind && same_public(wanted, shown)
        }
        _ => false,
    }
}

/// RSA keys are published as SubjectPublicKeyInfo or as the RSAPublicKey in it, which is its end.
fn same_public(one: &[u8], other: &[u8]) -> bool {
    let public = |record| {
        let (tags, _) = TagList::parse(record);
        tags.value("p").and_then(|text| decode_base64_fws(text).ok()).unwrap_or_default()
    };
    let (one, other) = (public(one), public(other));
    one.len().min(other.len()) >= PUBLIC_BYTES_MIN && (one.ends_with(&other) || other.ends_with(&one))
}

/// The shortest public key: Ed25519's.
const PUBLIC_BYTES_MIN: usize = 32;
