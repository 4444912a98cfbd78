//! The DKIM-Signature field (RFC 6376 §3.5).

use mailtext::encode::{decode_base64_fws, decode_dkim_quoted_printable};
use mailtext::taglist::is_space;
use mailtext::{Domain, Explain, Flaw, NameKey, Rule, Span, TagFlaw, TagList, Value};

use crate::Age;
use crate::body::BodyHashKind;
use crate::canonical::Canonicalization;
use crate::crypto::Algorithm;
use crate::limits::{SIGNATURE_BYTES_MAX, SIGNED_FIELD_COUNT_MAX};

/// A signature that can be verified.
#[derive(Clone, Debug)]
pub struct Signature {
    /// `a=`.
    pub algorithm: Algorithm,
    /// First half of `c=`.
    pub header_canonicalization: Canonicalization,
    /// Second half of `c=`.
    pub body_canonicalization: Canonicalization,
    /// `d=`.
    pub domain: Domain,
    /// `s=`.
    pub selector: Domain,
    /// `i=` decoded, where it is given.
    pub identity: Option<Identity>,
    /// The names of `h=`.
    pub header_fields: FieldNames,
    /// `l=`, in bytes of the canonical body.
    pub body_length: Option<u64>,
    /// `t=`, seconds since 1970.
    pub timestamp_s: Option<u64>,
    /// `x=`, seconds since 1970.
    pub expiration_s: Option<u64>,
    /// `bh=` decoded.
    pub body_hash: Vec<u8>,
    /// `b=` decoded.
    pub signature: Vec<u8>,
    /// Where the value of `b=` stands in the field's value; it is hashed as if it were empty.
    pub signature_span: Span,
    /// Where the key is: `<s>._domainkey.<d>`.
    pub key_name: Domain,
}

/// The agent or user identifier, `i=`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The local part; empty in `i=@example.jp`.
    pub local: String,
    /// The domain.
    pub domain: Domain,
}

/// The names of `h=`, in their order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FieldNames {
    /// The names with colons between, without white space.
    text: Box<[u8]>,
    /// The key of each, and where it ends in the text.
    names: Box<[(NameKey, usize)]>,
}

/// What could be read of a DKIM-Signature field, whether it can be verified or not.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// `d=`, where it is a domain.
    pub domain: Option<Domain>,
    /// `s=`, where it is one.
    pub selector: Option<Domain>,
    /// `a=`, where it is known.
    pub algorithm: Option<Algorithm>,
    /// The first characters of `b=`, for `header.b` (RFC 6008): only letters, digits, `+` and `/`.
    pub signature_start: String,
    /// The signature, or what is wrong with it.
    pub signature: Result<Signature, SignatureError>,
    /// The tags that other standards added.
    pub extensions: Extensions,
    /// Everything wrong with the tag list.
    pub flaws: Vec<Flaw<TagFlaw>>,
}

/// The tags that other standards added to DKIM-Signature. They change nothing in its verification.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Extensions {
    /// `r=y`: the signer wishes to be told of failures (RFC 6651 §3.1).
    pub reports_requested: bool,
    /// `atps=` and `atpsh=`: whom the signer says it signs for (RFC 6541 §4.2).
    pub third_party: Option<ThirdParty>,
    /// Whether there is a tag that none of these standards defines.
    pub unknown_tag: bool,
}

/// `atps=` with its `atpsh=`: history and experiment (RFC 6541).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ThirdParty {
    /// `atps=`, where it is a domain.
    pub author: Option<Domain>,
    /// `atpsh=`; `None` when it is missing.
    pub hash: Option<NameHash>,
}

/// How the signer's domain is written in the name that is asked, `atpsh=`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NameHash {
    /// `none`: as it is.
    Plain,
    /// `sha1`, in base32.
    Sha1,
    /// `sha256`, in base32.
    Sha256,
    /// A hash that nobody knows.
    Unknown,
}

/// Why a DKIM-Signature field cannot be verified.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SignatureError {
    /// Longer than [`SIGNATURE_BYTES_MAX`].
    TooLong,
    /// Not a tag list: the flaw that says so.
    TagList(TagFlaw),
    /// A tag that must be there is not: its name.
    Missing(&'static str),
    /// `v=` is not `1`.
    Version,
    /// `a=` names an algorithm that nobody knows.
    Algorithm,
    /// `c=` names a canonicalisation that nobody knows.
    Canonicalization,
    /// `q=` offers no method that we have.
    QueryMethod,
    /// `d=` is not a domain.
    Domain,
    /// `s=` is not a selector.
    Selector,
    /// `i=` is not an identity.
    IdentitySyntax,
    /// The domain of `i=` is neither `d=` nor below it.
    IdentityOutside,
    /// A name in `h=` is not a name, or there are more than [`SIGNED_FIELD_COUNT_MAX`].
    FieldNames,
    /// `h=` does not name From.
    FromNotSigned,
    /// `b=` is not base64.
    SignatureEncoding,
    /// `bh=` is not base64 of a hash of the algorithm's length.
    BodyHashEncoding,
    /// `l=` is not a number.
    BodyLength,
    /// `t=` or `x=` is not a number: its name.
    Time(&'static str),
    /// `x=` is not later than `t=`.
    ExpiresBeforeSigning,
}

impl Parsed {
    /// Reads the value of a DKIM-Signature field: all that follows the colon.
    ///
    /// [`Age::Legacy`] lets pass what signers of the drafts before RFC 4871 wrote: no `v=`, or one below 1.
    #[must_use]
    pub fn parse(value: &[u8], age: Age) -> Self {
        let (tags, flaws, sound) = read_tags(value);
        let domain = domain_of(tags.value("d"));
        let selector = domain_of(tags.value("s"));
        let field = SignatureField::Dkim(age);
        let signature = sound.and_then(|()| Signature::from_tags(&tags, domain.as_ref(), selector.as_ref(), field));
        Self {
            algorithm: tags.value("a").and_then(Algorithm::parse),
            signature_start: signature_start(tags.value("b").unwrap_or_default()),
            domain,
            selector,
            signature,
            extensions: Extensions::of(&tags),
            flaws,
        }
    }
}

impl Extensions {
    fn of(tags: &TagList<'_>) -> Self {
        let third_party = tags.value("atps").map(|author| ThirdParty {
            author: domain_of(Some(author)),
            hash: tags.value("atpsh").map(NameHash::parse),
        });
        Self {
            // RFC 6651 §3.1: the only legal value is a lower-case y.
            reports_requested: tags.value("r") == Some(b"y"),
            third_party,
            unknown_tag: tags.iter().any(|tag| !is_known_tag(tag.name)),
        }
    }
}

impl NameHash {
    /// Reads `atpsh=`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        [Self::Plain, Self::Sha1, Self::Sha256]
            .into_iter()
            .find(|hash| text.eq_ignore_ascii_case(hash.as_str().as_bytes()))
            .unwrap_or(Self::Unknown)
    }

    /// As `atpsh=` writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "none",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether RFC 6376 §3.5, RFC 6541 or RFC 6651 has the tag.
fn is_known_tag(name: &[u8]) -> bool {
    match name {
        [letter] => b"abcdhilqrstvxz".contains(letter),
        _ => matches!(name, b"bh" | b"atps" | b"atpsh"),
    }
}

/// The fields that have this form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SignatureField {
    /// DKIM-Signature.
    Dkim(Age),
    /// ARC-Message-Signature.
    ArcMessageSignature,
}

/// Reads a field's tags, and whether they can be used: RFC 6376 §3.2.
pub(crate) fn read_tags(value: &[u8]) -> (TagList<'_>, Vec<Flaw<TagFlaw>>, Result<(), SignatureError>) {
    if value.len() > SIGNATURE_BYTES_MAX {
        return (TagList::default(), Vec::new(), Err(SignatureError::TooLong));
    }
    let (tags, flaws) = TagList::parse(value);
    // RFC 6376 §3.2: a list that is not well formed is not used.
    let sound = flaws.first().map_or(Ok(()), |flaw| Err(SignatureError::TagList(flaw.kind)));
    (tags, flaws, sound)
}

impl Signature {
    /// Reads a signature from sound tags.
    pub(crate) fn from_tags(
        tags: &TagList<'_>,
        domain: Option<&Domain>,
        selector: Option<&Domain>,
        field: SignatureField,
    ) -> Result<Self, SignatureError> {
        let must = |name: &'static str| tags.get(name).ok_or(SignatureError::Missing(name));
        if let SignatureField::Dkim(age) = field {
            version(tags.value("v"), age)?;
        }
        // RFC 6376 §6.1.1: a required tag that is absent makes the signature invalid.
        let (a, b, bh, _, h, _) = (must("a")?, must("b")?, must("bh")?, must("d")?, must("h")?, must("s")?);
        let algorithm = Algorithm::parse(a.value).ok_or(SignatureError::Algorithm)?;
        let (header_canonicalization, body_canonicalization) = match (tags.value("c"), field) {
            // RFC 8617 §4.1.2 says no more than that DKIM holds here, too; sealers and the suite of the protocol's makers
            // take relaxed for the default, as the seal does.
            (None, SignatureField::ArcMessageSignature) => (Canonicalization::Relaxed, Canonicalization::Relaxed),
            (value, _) => canonicalization(value)?,
        };
        query_method(tags.value("q"))?;
        let domain = domain.ok_or(SignatureError::Domain)?.clone();
        let selector = selector.ok_or(SignatureError::Selector)?.clone();
        let key_name = key_name(&selector, &domain).ok_or(SignatureError::Selector)?;
        let (identity, header_fields) = match field {
            SignatureField::Dkim(_) => (identity(tags.value("i"), &domain)?, FieldNames::parse(h.value)?),
            // RFC 8617 §4.1.2: `v=` is ignored if seen, and `i=` is the instance. That From must be signed holds here,
            // too, but chains in the world do without; it is a fact for policy then.
            SignatureField::ArcMessageSignature => (None, FieldNames::parse_any(h.value)?),
        };
        let (timestamp_s, expiration_s) = times(tags)?;
        let body_hash = decode_base64_fws(bh.value)
            .ok()
            .filter(|hash| hash.len() == hash_length(algorithm))
            .ok_or(SignatureError::BodyHashEncoding)?;
        let signature = signature_bytes(b.value)?;
        let body_length = number(tags.value("l")).map_err(|()| SignatureError::BodyLength)?;
        Ok(Self {
            algorithm,
            header_canonicalization,
            body_canonicalization,
            domain,
            selector,
            identity,
            header_fields,
            body_length,
            timestamp_s,
            expiration_s,
            body_hash,
            signature,
            signature_span: b.span,
            key_name,
        })
    }

    /// The body hash that it asks for.
    #[must_use]
    pub fn body_hash_kind(&self) -> BodyHashKind {
        BodyHashKind {
            canonicalization: self.body_canonicalization,
            hash: self.algorithm.hash(),
            length: self.body_length,
        }
    }

    /// The identity as RFC 6376 §3.5 defaults it: `@` and `d=` when `i=` is absent.
    #[must_use]
    pub fn identity_text(&self) -> String {
        match &self.identity {
            Some(identity) => format!("{}@{}", identity.local, identity.domain),
            None => format!("@{}", self.domain),
        }
    }
}

impl FieldNames {
    /// Reads `h=` of DKIM-Signature.
    fn parse(text: &[u8]) -> Result<Self, SignatureError> {
        // Pieces, since white space is folds for the most part: one for each line.
        let mut packed = Vec::with_capacity(text.len());
        text.split(|byte| is_space(*byte)).for_each(|piece| packed.extend_from_slice(piece));
        let names = Self::from_text(packed.into())?;
        // RFC 6376 §3.5: From must be among the signed fields.
        let from = names.iter().any(|(_, name)| name.eq_ignore_ascii_case(b"from"));
        if from { Ok(names) } else { Err(SignatureError::FromNotSigned) }
    }

    /// Reads `h=` of ARC-Message-Signature: chains in the world hold with empty names in it, which sign nothing, and with
    /// no name at all.
    fn parse_any(text: &[u8]) -> Result<Self, SignatureError> {
        let mut names = Vec::with_capacity(text.len());
        for name in text.split(|byte| *byte == b':') {
            let start = names.len();
            names.extend(name.iter().copied().filter(|byte| !is_space(*byte)));
            if names.len() > start {
                names.push(b':');
            }
        }
        names.pop();
        if names.is_empty() { Ok(Self::default()) } else { Self::from_text(names.into()) }
    }

    /// Names with colons between, without white space.
    fn from_text(text: Box<[u8]>) -> Result<Self, SignatureError> {
        // RFC 5322 §2.2: names are printable ASCII without the colon. No early end: the compiler looks at many at once.
        if !text.iter().fold(true, |sound, byte| sound & byte.is_ascii_graphic()) {
            return Err(SignatureError::FieldNames);
        }
        let mut names = Vec::with_capacity(16);
        let mut start = 0;
        for end in memchr::memchr_iter(b':', &text).chain([text.len()]) {
            let name = &text[start..end];
            if name.is_empty() || names.len() == SIGNED_FIELD_COUNT_MAX {
                return Err(SignatureError::FieldNames);
            }
            names.push((NameKey::of(name), end));
            start = end + 1;
        }
        Ok(Self { text, names: names.into() })
    }

    /// The names as written, each with its key, one for each time a field is signed.
    pub fn iter(&self) -> impl Iterator<Item = (NameKey, &[u8])> {
        let starts = std::iter::once(0).chain(self.names.iter().map(|(_, end)| end + 1));
        starts.zip(&self.names).map(|(start, (key, end))| (*key, self.text.get(start..*end).unwrap_or_default()))
    }

    /// How many times each of these fields is signed.
    pub(crate) fn counts<const COUNT: usize>(&self, names: &[(NameKey, &str); COUNT]) -> [usize; COUNT] {
        let mut counts = [0; COUNT];
        for (signed, _) in &self.names {
            if let Some(at) = names.iter().position(|(key, _)| key == signed) {
                counts[at] += 1;
            }
        }
        counts
    }

    /// How many times the field of this key is signed.
    #[must_use]
    pub fn count(&self, key: NameKey) -> usize {
        self.names.iter().filter(|(signed, _)| *signed == key).count()
    }
}

fn version(value: Option<&[u8]>, age: Age) -> Result<(), SignatureError> {
    // RFC 6376 §6.1.1: the version first; a signature of another version is not read further.
    match value {
        Some(b"1") => Ok(()),
        Some(draft) if age == Age::Legacy && draft.starts_with(b"0.") => Ok(()),
        None if age == Age::Legacy => Ok(()),
        Some(_) => Err(SignatureError::Version),
        None => Err(SignatureError::Missing("v")),
    }
}

/// `b=` decoded.
pub(crate) fn signature_bytes(value: &[u8]) -> Result<Vec<u8>, SignatureError> {
    let signature = decode_base64_fws(value).ok().filter(|signature| !signature.is_empty());
    signature.ok_or(SignatureError::SignatureEncoding)
}

pub(crate) fn domain_of(value: Option<&[u8]>) -> Option<Domain> {
    // A trailing dot is no part of the grammar of RFC 6376 §3.5, and `Domain` would drop it.
    let text = std::str::from_utf8(value?).ok()?;
    if text.ends_with('.') { None } else { Domain::parse(text).ok() }
}

pub(crate) fn key_name(selector: &Domain, domain: &Domain) -> Option<Domain> {
    let mut labels = String::with_capacity(selector.as_str().len() + 11);
    labels.push_str(selector.as_str());
    labels.push_str("._domainkey");
    domain.prefixed(&labels).ok()
}

fn canonicalization(value: Option<&[u8]>) -> Result<(Canonicalization, Canonicalization), SignatureError> {
    // RFC 6376 §3.5: `c=` defaults to simple/simple, and its second half to simple.
    let Some(value) = value else { return Ok((Canonicalization::Simple, Canonicalization::Simple)) };
    let mut halves = value.splitn(2, |byte| *byte == b'/');
    let read = |half: &[u8]| Canonicalization::parse(half.trim_ascii()).ok_or(SignatureError::Canonicalization);
    let header = read(halves.next().unwrap_or_default())?;
    let body = halves.next().map_or(Ok(Canonicalization::Simple), read)?;
    Ok((header, body))
}

fn query_method(value: Option<&[u8]>) -> Result<(), SignatureError> {
    // RFC 6376 §3.5: `q=` is a list; methods that are not known are passed over, `dns/txt` must be known.
    let Some(value) = value else { return Ok(()) };
    let known = |method: &[u8]| {
        method.trim_ascii().eq_ignore_ascii_case(b"dns/txt")
        // RFC 4871's example and early signers wrote the method without its option.
        || method.trim_ascii().eq_ignore_ascii_case(b"dns")
    };
    if value.split(|byte| *byte == b':').any(known) { Ok(()) } else { Err(SignatureError::QueryMethod) }
}

fn identity(value: Option<&[u8]>, domain: &Domain) -> Result<Option<Identity>, SignatureError> {
    let Some(value) = value else { return Ok(None) };
    let decoded = decode_dkim_quoted_printable(value).map_err(|_| SignatureError::IdentitySyntax)?;
    let text = String::from_utf8(decoded).map_err(|_| SignatureError::IdentitySyntax)?;
    let (local, host) = text.rsplit_once('@').ok_or(SignatureError::IdentitySyntax)?;
    let host = Domain::parse(host).map_err(|_| SignatureError::IdentitySyntax)?;
    if local.chars().any(char::is_control) {
        return Err(SignatureError::IdentitySyntax);
    }
    // RFC 6376 §3.5: the domain of `i=` is `d=` or lies below it.
    if !host.is_within(domain) {
        return Err(SignatureError::IdentityOutside);
    }
    Ok(Some(Identity { local: local.to_owned(), domain: host }))
}

fn times(tags: &TagList<'_>) -> Result<(Option<u64>, Option<u64>), SignatureError> {
    let timestamp = timestamp(tags)?;
    let expiration = number(tags.value("x")).map_err(|()| SignatureError::Time("x"))?;
    // RFC 6376 §3.5: `x=` must be greater than `t=` if both are present.
    match (timestamp, expiration) {
        (Some(signed), Some(expires)) if expires <= signed => Err(SignatureError::ExpiresBeforeSigning),
        _ => Ok((timestamp, expiration)),
    }
}

/// `t=` of a field that has no `x=`.
pub(crate) fn timestamp(tags: &TagList<'_>) -> Result<Option<u64>, SignatureError> {
    number(tags.value("t")).map_err(|()| SignatureError::Time("t"))
}

/// A decimal number; one of more digits than 64 bits hold is as good as the largest.
fn number(value: Option<&[u8]>) -> Result<Option<u64>, ()> {
    let Some(value) = value else { return Ok(None) };
    // RFC 6376 §3.5: `l=` has up to 76 digits, `t=` and `x=` at least 12.
    if value.is_empty() || value.len() > 76 || !value.iter().all(u8::is_ascii_digit) {
        return Err(());
    }
    let add = |sum: u64, digit: &u8| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    Ok(Some(value.iter().fold(0, add)))
}

fn hash_length(algorithm: Algorithm) -> usize {
    match algorithm.hash() {
        crate::crypto::HashAlgorithm::Sha1 => 20,
        crate::crypto::HashAlgorithm::Sha256 => 32,
    }
}

/// RFC 6008 §4: enough of `b=` to tell signatures apart; at least eight characters.
fn signature_start(b: &[u8]) -> String {
    let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    b.iter().filter(|byte| base64(byte)).take(8).map(|byte| char::from(*byte)).collect()
}

impl Explain for SignatureError {
    fn id(&self) -> &'static str {
        match self {
            Self::TooLong => "dkim-signature-too-long",
            Self::TagList(_) => "dkim-signature-syntax",
            Self::Missing(_) => "dkim-tag-missing",
            Self::Version => "dkim-version",
            Self::Algorithm => "dkim-algorithm-unknown",
            Self::Canonicalization => "dkim-canonicalization-unknown",
            Self::QueryMethod => "dkim-query-method",
            Self::Domain => "dkim-domain-syntax",
            Self::Selector => "dkim-selector-syntax",
            Self::IdentitySyntax => "dkim-identity-syntax",
            Self::IdentityOutside => "dkim-identity-outside",
            Self::FieldNames => "dkim-field-names",
            Self::FromNotSigned => "dkim-from-not-signed",
            Self::SignatureEncoding => "dkim-signature-encoding",
            Self::BodyHashEncoding => "dkim-body-hash-encoding",
            Self::BodyLength => "dkim-body-length-syntax",
            Self::Time(_) => "dkim-time-syntax",
            Self::ExpiresBeforeSigning => "dkim-expires-before-signing",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::TooLong => None,
            Self::TagList(_) => Some(Rule("RFC 6376", "3.2")),
            Self::Missing(_) | Self::Version => Some(Rule("RFC 6376", "6.1.1")),
            _ => Some(Rule("RFC 6376", "3.5")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooLong => vec![("limit", SIGNATURE_BYTES_MAX.into())],
            Self::Missing(tag) | Self::Time(tag) => vec![("tag", Value::Word(tag))],
            Self::TagList(flaw) => vec![("flaw", Value::Word(flaw.id()))],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "v=1; a=rsa-sha256; c=relaxed/simple; d=example.jp; s=k1; h=from:to; \
                        bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA";

    fn error(text: &str) -> Option<SignatureError> {
        Parsed::parse(text.as_bytes(), Age::Current).signature.err()
    }

    #[test]
    fn a_good_signature() {
        let parsed = Parsed::parse(GOOD.as_bytes(), Age::Current);
        let signature = parsed.signature.unwrap();
        assert_eq!(signature.key_name.as_str(), "k1._domainkey.example.jp");
        assert_eq!(signature.identity_text(), "@example.jp");
        assert_eq!(signature.signature_span.of(GOOD.as_bytes()), b"AAAA");
        assert_eq!(signature.header_fields.count(NameKey::of(b"FROM")), 1);
    }

    #[test]
    fn each_required_tag_is_required() {
        for tag in ["v", "a", "b", "bh", "d", "h", "s"] {
            let without: Vec<&str> =
                GOOD.split(';').filter(|part| !part.trim().starts_with(&format!("{tag}="))).collect();
            assert_eq!(error(&without.join(";")), Some(SignatureError::Missing(tag)));
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (from, to, wanted) in [
            ("v=1", "v=2", SignatureError::Version),
            ("rsa-sha256", "rsa-md5", SignatureError::Algorithm),
            ("relaxed/simple", "relaxed/future", SignatureError::Canonicalization),
            ("d=example.jp", "d=example..jp", SignatureError::Domain),
            ("d=example.jp", "d=victim.example\0", SignatureError::TagList(TagFlaw::ValueByte)),
            ("d=example.jp", "d=victim.example'a.evil.example", SignatureError::Domain),
            ("s=k1", "s=k1._domainkey.evil.example.\u{7f}", SignatureError::TagList(TagFlaw::ValueByte)),
            ("h=from:to", "h=subject:to", SignatureError::FromNotSigned),
            ("h=from:to", "h=from::to", SignatureError::FieldNames),
            ("bh=47", "bh=7", SignatureError::BodyHashEncoding),
            ("b=AAAA", "b=A*", SignatureError::SignatureEncoding),
            ("b=AAAA", "b=AAAA; l=-1", SignatureError::BodyLength),
            ("b=AAAA", "b=AAAA; t=x", SignatureError::Time("t")),
            ("b=AAAA", "b=AAAA; t=5; x=5", SignatureError::ExpiresBeforeSigning),
            ("b=AAAA", "b=AAAA; q=http", SignatureError::QueryMethod),
            ("b=AAAA", "b=AAAA; i=a@example.com", SignatureError::IdentityOutside),
            ("b=AAAA", "b=AAAA; i=example.jp", SignatureError::IdentitySyntax),
            ("b=AAAA", "b=AAAA; d=example.jp", SignatureError::TagList(TagFlaw::Duplicate)),
        ] {
            assert_eq!(error(&GOOD.replace(from, to)), Some(wanted), "{from} -> {to}");
        }
        assert_eq!(error(&GOOD.replace("b=AAAA", "b=AAAA; q=x:dns/txt; i=a=20b@m.Example.JP;")), None);
    }

    #[test]
    fn limits_at_and_above() {
        let names = |count: usize| format!("h=from{}", ":x".repeat(count - 1));
        assert_eq!(error(&GOOD.replace("h=from:to", &names(SIGNED_FIELD_COUNT_MAX))), None);
        assert_eq!(
            error(&GOOD.replace("h=from:to", &names(SIGNED_FIELD_COUNT_MAX + 1))),
            Some(SignatureError::FieldNames)
        );
        let padded = |length: usize| format!("{GOOD}; z={}", "x".repeat(length - GOOD.len() - 4));
        assert_eq!(error(&padded(SIGNATURE_BYTES_MAX)), None);
        assert_eq!(error(&padded(SIGNATURE_BYTES_MAX + 1)), Some(SignatureError::TooLong));
    }
}
