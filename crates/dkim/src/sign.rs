//! Signing (RFC 6376 §5).

use std::fmt::Write as _;

use mailtext::encode::{encode_base64, encode_dkim_quoted_printable};
use mailtext::{Domain, Headers, NameKey};
use thiserror::Error;

use crate::body::{BodyHash, BodyHashKind, BodyHasher};
use crate::canonical::Canonicalization;
use crate::crypto::{HashAlgorithm, PrivateKey, SigningFailed};
use crate::limits::{LINE_CHARACTERS_MAX, SIGNED_FIELD_COUNT_MAX};

/// Everything that makes a signature but the message.
#[derive(Clone, Debug)]
pub struct Signer {
    /// `d=`.
    pub domain: Domain,
    /// `s=`.
    pub selector: Domain,
    /// The key.
    pub key: PrivateKey,
    /// First half of `c=`.
    pub header_canonicalization: Canonicalization,
    /// Second half of `c=`.
    pub body_canonicalization: Canonicalization,
    /// What `h=` names.
    pub fields: SignedFields,
    /// `i=`, as text: `user@mail.example.jp`.
    pub identity: Option<String>,
    /// How long the signature holds, in seconds: `x=` is that much later than `t=`.
    pub expire_in_s: Option<u64>,
}

/// Which fields are signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SignedFields {
    /// Those that RFC 6376 §5.4.1 recommends, as far as they are there, and once more each that may stand only once,
    /// so that none can be added unseen (§8.15): see [`RECOMMENDED`].
    Recommended,
    /// These, in this order.
    Named(Vec<String>),
    /// These, in this order, as often as their cover says of the message.
    Covered(Vec<(String, Cover)>),
}

/// How often a name is signed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cover {
    /// As often as it is there: more may be added on the way.
    Present,
    /// Once more than it is there.
    OnceMore,
    /// Once more than it is there, if it is there at all: who has none may get one on the way.
    OnceMoreIfPresent,
}

/// Why a message cannot be signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum SignError {
    /// The message has no From field, or more than one.
    #[error("the message has {0} From fields; exactly one can be signed for (RFC 6376 §5.4, RFC 5322 §3.6)")]
    FromCount(usize),
    /// `h=` would not name From.
    #[error("the list of fields to sign does not name From (RFC 6376 §5.4)")]
    FromNotNamed,
    /// A name in the list is not a field name.
    #[error("the list of fields to sign holds something that is not a field name")]
    FieldName,
    /// More fields than a verifier reads names of.
    #[error("the message has {0} fields that would be signed; {SIGNED_FIELD_COUNT_MAX} are the most")]
    FieldCount(usize),
    /// `i=` is not within `d=`.
    #[error("the identity's domain is neither the signing domain nor below it (RFC 6376 §3.5)")]
    Identity,
    /// The key's place would be too long a name.
    #[error("selector and domain together make too long a name")]
    NameTooLong,
    /// The back-end failed.
    #[error(transparent)]
    Crypto(#[from] SigningFailed),
}

impl Signer {
    /// A signer for `domain` with the usual choices: relaxed/relaxed, the recommended fields.
    #[must_use]
    pub fn new(domain: Domain, selector: Domain, key: PrivateKey) -> Self {
        Self {
            domain,
            selector,
            key,
            header_canonicalization: Canonicalization::Relaxed,
            body_canonicalization: Canonicalization::Relaxed,
            fields: SignedFields::Recommended,
            identity: None,
            expire_in_s: None,
        }
    }

    /// A hasher for the message's body; feed it the whole body in wire form.
    #[must_use]
    pub fn body_hasher(&self) -> BodyHasher {
        BodyHasher::new(BodyHashKind {
            canonicalization: self.body_canonicalization,
            hash: HashAlgorithm::Sha256,
            length: None,
        })
    }

    /// The DKIM-Signature field for a message with these header fields and this body, without the final CRLF. It goes
    /// above all other fields. `now_s` is `t=`, in seconds since 1970.
    ///
    /// # Errors
    /// When the message or the choices cannot make a signature that verifies.
    pub fn sign(&self, headers: &Headers<'_>, body: &BodyHash, now_s: u64) -> Result<String, SignError> {
        let from_count = headers.named("from").count();
        if from_count != 1 {
            return Err(SignError::FromCount(from_count));
        }
        if self.domain.prefixed(&format!("{}._domainkey", self.selector)).is_err() {
            return Err(SignError::NameTooLong);
        }
        let names = self.field_names(headers)?;
        let mut field = self.unsigned_field(&names, body, now_s)?;
        let data = self.signed_data(headers, &names, field.as_bytes());
        let signature = encode_base64(&self.key.sign(&data)?);
        fold_base64(&mut field, &signature);
        Ok(field)
    }

    fn field_names(&self, headers: &Headers<'_>) -> Result<Vec<String>, SignError> {
        let names = match &self.fields {
            SignedFields::Named(names) => names.clone(),
            SignedFields::Recommended => recommended(headers),
            SignedFields::Covered(fields) => {
                covered(headers, fields.iter().map(|(name, cover)| (name.as_str(), *cover)))
            }
        };
        if names.len() > SIGNED_FIELD_COUNT_MAX {
            return Err(SignError::FieldCount(names.len()));
        }
        if !names.iter().all(|name| is_field_name(name)) {
            return Err(SignError::FieldName);
        }
        // RFC 6376 §5.4: From must be signed.
        if names.iter().any(|name| name.eq_ignore_ascii_case("from")) {
            Ok(names)
        } else {
            Err(SignError::FromNotNamed)
        }
    }

    /// The field up to and with `b=`.
    fn unsigned_field(&self, names: &[String], body: &BodyHash, now_s: u64) -> Result<String, SignError> {
        let mut field = Folded::new("DKIM-Signature:");
        field.tag("v=1;");
        field.tag(&format!("a={};", self.key.algorithm().as_str()));
        field.tag(&format!("c={}/{};", self.header_canonicalization.as_str(), self.body_canonicalization.as_str()));
        field.tag(&format!("d={};", self.domain));
        field.tag(&format!("s={};", self.selector));
        field.tag(&format!("t={now_s};"));
        if let Some(expire_in_s) = self.expire_in_s {
            field.tag(&format!("x={};", now_s.saturating_add(expire_in_s.max(1))));
        }
        if let Some(identity) = &self.identity {
            let (local, host) = identity.rsplit_once('@').ok_or(SignError::Identity)?;
            let host = Domain::parse(host).map_err(|_| SignError::Identity)?;
            if !host.is_within(&self.domain) {
                return Err(SignError::Identity);
            }
            field.tag(&format!("i={}@{host};", encode_dkim_quoted_printable(local.as_bytes())));
        }
        field.names(names);
        field.tag(&format!("bh={};", encode_base64(body.digest.as_ref())));
        field.tag("b=");
        Ok(field.text)
    }

    fn signed_data(&self, headers: &Headers<'_>, names: &[String], field: &[u8]) -> Vec<u8> {
        let mut data = signed_fields(headers, names, self.header_canonicalization);
        let (name, value) = field.split_at(field.iter().position(|byte| *byte == b':').unwrap_or(0));
        self.header_canonicalization.header(field, name, value.get(1..).unwrap_or_default(), &mut data);
        data
    }
}

/// The canonical form of the fields that `h=` names, each with its CRLF.
pub(crate) fn signed_fields(headers: &Headers<'_>, names: &[String], canonicalization: Canonicalization) -> Vec<u8> {
    let mut data = Vec::with_capacity(4096);
    for (index, name) in names.iter().enumerate() {
        // RFC 6376 §5.4.2: instances from the bottom up; a name beyond the last one signs that there is no more.
        let before = names[..index].iter().filter(|other| other.eq_ignore_ascii_case(name)).count();
        let key = NameKey::of(name.as_bytes());
        let instance = headers.indexes_named(key, name.as_bytes()).rev().nth(before);
        if let Some(signed) = instance.and_then(|index| headers.get(index)) {
            canonicalization.header(signed.raw, signed.name, signed.value, &mut data);
            data.extend_from_slice(b"\r\n");
        }
    }
    data
}

/// RFC 5322 §2.2: names are printable ASCII without the colon; a semicolon would end the tag.
pub(crate) fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b':' | b';'))
}

/// A header field that is folded as it grows.
pub(crate) struct Folded {
    pub(crate) text: String,
    pub(crate) line_characters: usize,
}

impl Folded {
    pub(crate) fn new(start: &str) -> Self {
        Self { text: start.to_owned(), line_characters: start.len() }
    }

    /// Adds a tag, on a new line when this one is full.
    pub(crate) fn tag(&mut self, tag: &str) {
        if self.line_characters + 1 + tag.len() > LINE_CHARACTERS_MAX {
            self.text.push_str("\r\n");
            self.line_characters = 0;
        }
        let _ = write!(self.text, " {tag}");
        self.line_characters += 1 + tag.len();
    }

    /// Adds `h=`; folds between names only.
    pub(crate) fn names(&mut self, names: &[String]) {
        for (index, name) in names.iter().enumerate() {
            let first = if index == 0 { " h=" } else { "" };
            let last = if index + 1 == names.len() { ";" } else { ":" };
            let length = first.len() + name.len() + last.len();
            if self.line_characters + length > LINE_CHARACTERS_MAX {
                self.text.push_str("\r\n");
                self.line_characters = 0;
                if index > 0 {
                    self.text.push(' ');
                    self.line_characters = 1;
                }
            }
            let _ = write!(self.text, "{first}{name}{last}");
            self.line_characters += length;
        }
    }
}

/// Adds base64 to a field that ends with `b=`: folds inside a value are white space that verifiers drop.
pub(crate) fn fold_base64(field: &mut String, base64: &str) {
    let mut line_characters = field.rsplit('\n').next().map_or(0, str::len);
    for character in base64.chars() {
        if line_characters >= LINE_CHARACTERS_MAX {
            field.push_str("\r\n ");
            line_characters = 1;
        }
        field.push(character);
        line_characters += 1;
    }
}

/// The recommended fields of this message.
pub(crate) fn recommended(headers: &Headers<'_>) -> Vec<String> {
    covered(headers, RECOMMENDED.into_iter())
}

fn covered<'a>(headers: &Headers<'_>, fields: impl Iterator<Item = (&'a str, Cover)>) -> Vec<String> {
    let mut names = Vec::with_capacity(24);
    for (name, cover) in fields {
        let present = headers.named(name).count();
        let more = match cover {
            Cover::Present => 0,
            Cover::OnceMore => 1,
            Cover::OnceMoreIfPresent => present.min(1),
        };
        names.extend(std::iter::repeat_n(name.to_owned(), present + more));
    }
    names
}

/// RFC 6376 §5.4.1, and the fields of RFC 2369, 2919 and 8058 that recipients' programs act on.
///
/// What may stand once at most (RFC 5322 §3.6) is signed once more than it is there. Those that a gateway adds where they
/// are missing, such as Message-ID, only if they are there; what mailing lists and resenders add to mail of others, not.
pub const RECOMMENDED: [(&str, Cover); 26] = [
    ("from", Cover::OnceMore),
    ("sender", Cover::Present),
    ("reply-to", Cover::OnceMore),
    ("subject", Cover::OnceMore),
    ("date", Cover::OnceMore),
    ("message-id", Cover::OnceMoreIfPresent),
    ("to", Cover::OnceMore),
    ("cc", Cover::OnceMore),
    ("mime-version", Cover::OnceMore),
    ("content-type", Cover::OnceMore),
    ("content-transfer-encoding", Cover::OnceMoreIfPresent),
    ("content-id", Cover::OnceMoreIfPresent),
    ("content-description", Cover::OnceMoreIfPresent),
    ("in-reply-to", Cover::OnceMoreIfPresent),
    ("references", Cover::OnceMoreIfPresent),
    ("resent-date", Cover::Present),
    ("resent-from", Cover::Present),
    ("resent-to", Cover::Present),
    ("resent-cc", Cover::Present),
    ("list-id", Cover::Present),
    ("list-help", Cover::Present),
    ("list-unsubscribe", Cover::Present),
    ("list-unsubscribe-post", Cover::Present),
    ("list-subscribe", Cover::Present),
    ("list-post", Cover::Present),
    ("list-owner", Cover::Present),
];
