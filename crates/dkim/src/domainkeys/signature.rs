//! The DomainKey-Signature field (RFC 4870 §3.3, Appendix A).

use mailtext::encode::decode_base64_fws;
use mailtext::taglist::is_space;
use mailtext::{Domain, Explain, Flaw, NameKey, Rule, TagFlaw, TagList, Value};

use super::{Canonicalization, QueryTag};
use crate::limits::{SIGNATURE_BYTES_MAX, SIGNED_FIELD_COUNT_MAX};

/// A signature that can be verified.
#[derive(Clone, Debug)]
pub struct Signature {
    /// `c=`.
    pub canonicalization: Canonicalization,
    /// `d=`.
    pub domain: Domain,
    /// `s=`.
    pub selector: Domain,
    /// `h=`: each name with its key; `None` when all fields below are signed.
    pub header_fields: Option<Vec<FieldName>>,
    /// `b=` decoded.
    pub signature: Vec<u8>,
    /// Where the key is: `<s>._domainkey.<d>`.
    pub key_name: Domain,
}

/// A name of `h=` with its key.
pub type FieldName = (NameKey, Box<[u8]>);

/// What could be read of a DomainKey-Signature field, whether it can be verified or not.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// `d=`, where it is a domain.
    pub domain: Option<Domain>,
    /// `s=`, where it is one.
    pub selector: Option<Domain>,
    /// The signature, or what is wrong with it.
    pub signature: Result<Signature, SignatureError>,
    /// Everything wrong with the tag list.
    pub flaws: Vec<Flaw<TagFlaw>>,
}

/// Why a DomainKey-Signature field is ignored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SignatureError {
    /// Longer than [`SIGNATURE_BYTES_MAX`].
    TooLong,
    /// Not a tag list: the flaw that says so.
    TagList(TagFlaw),
    /// A tag's name is not one lower-case letter.
    TagName,
    /// A value holds a character outside US-ASCII.
    NotAscii,
    /// A tag that must be there is not: its name.
    Missing(&'static str),
    /// `a=` is not `rsa-sha1`.
    Algorithm,
    /// `c=` is neither `simple` nor `nofws`.
    Canonicalization,
    /// `q=` is not `dns`.
    QueryMethod,
    /// `d=` is not a domain.
    Domain,
    /// `s=` is not a selector.
    Selector,
    /// A name in `h=` is not a name, or there are more than [`SIGNED_FIELD_COUNT_MAX`].
    FieldNames,
    /// `b=` is not base64.
    SignatureEncoding,
}

impl Parsed {
    /// Reads the value of a DomainKey-Signature field: all that follows the colon.
    #[must_use]
    pub fn parse(value: &[u8], query_tag: QueryTag) -> Self {
        if value.len() > SIGNATURE_BYTES_MAX {
            let signature = Err(SignatureError::TooLong);
            return Self { domain: None, selector: None, signature, flaws: Vec::new() };
        }
        let (tags, flaws) = TagList::parse(value);
        let (domain, selector) = (domain_of(tags.value("d")), domain_of(tags.value("s")));
        // RFC 4870 §3.7.3: any inconsistency or unexpected value must result in ignoring the field.
        let signature = match flaws.first() {
            Some(flaw) => Err(SignatureError::TagList(flaw.kind)),
            None => Signature::from_tags(&tags, domain.as_ref(), selector.as_ref(), query_tag),
        };
        Self { domain, selector, signature, flaws }
    }
}

impl Signature {
    fn from_tags(
        tags: &TagList<'_>,
        domain: Option<&Domain>,
        selector: Option<&Domain>,
        query_tag: QueryTag,
    ) -> Result<Self, SignatureError> {
        for tag in tags.iter() {
            // RFC 4870 §A: a tag is one lower-case letter; tags that are not known are ignored.
            if !matches!(tag.name, [letter] if letter.is_ascii_lowercase()) {
                return Err(SignatureError::TagName);
            }
            // RFC 4870 §A: values are of US-ASCII, SPACE to TILDE.
            if !tag.value.is_ascii() {
                return Err(SignatureError::NotAscii);
            }
        }
        let must = |name: &'static str| tags.value(name).ok_or(SignatureError::Missing(name));
        // RFC 4870 §3.3: `b=`, `c=`, `d=`, `s=` and `q=` must be present; `a=` defaults to rsa-sha1.
        let (b, c, _, _) = (must("b")?, must("c")?, must("d")?, must("s")?);
        match (tags.value("q"), query_tag) {
            (Some(b"dns"), _) | (None, QueryTag::Optional) => {}
            (None, QueryTag::Required) => return Err(SignatureError::Missing("q")),
            (Some(_), _) => return Err(SignatureError::QueryMethod),
        }
        if tags.value("a").is_some_and(|algorithm| algorithm != b"rsa-sha1") {
            return Err(SignatureError::Algorithm);
        }
        let canonicalization = Canonicalization::parse(c).ok_or(SignatureError::Canonicalization)?;
        let domain = domain.ok_or(SignatureError::Domain)?.clone();
        let selector = selector.ok_or(SignatureError::Selector)?.clone();
        // RFC 4870 §3.7.4: the key is at `<s>._domainkey.<d>`.
        let key_name = domain.prefixed(&format!("{selector}._domainkey")).map_err(|_| SignatureError::Selector)?;
        let header_fields = tags.value("h").map(field_names).transpose()?;
        let signature = decode_base64_fws(b)
            .ok()
            .filter(|signature| !signature.is_empty())
            .ok_or(SignatureError::SignatureEncoding)?;
        Ok(Self { canonicalization, domain, selector, header_fields, signature, key_name })
    }
}

fn domain_of(value: Option<&[u8]>) -> Option<Domain> {
    let text = std::str::from_utf8(value?).ok()?;
    if text.ends_with('.') { None } else { Domain::parse(text).ok() }
}

/// RFC 4870 §3.3: names with colons between; white space is ignored; never empty.
fn field_names(text: &[u8]) -> Result<Vec<FieldName>, SignatureError> {
    let text: Vec<u8> = text.iter().copied().filter(|byte| !is_space(*byte)).collect();
    let mut names = Vec::with_capacity(16);
    for name in text.split(|byte| *byte == b':') {
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) || names.len() == SIGNED_FIELD_COUNT_MAX {
            return Err(SignatureError::FieldNames);
        }
        names.push((NameKey::of(name), name.into()));
    }
    Ok(names)
}

impl Explain for SignatureError {
    fn id(&self) -> &'static str {
        match self {
            Self::TooLong => "domainkeys-signature-too-long",
            Self::TagList(_) => "domainkeys-signature-syntax",
            Self::TagName => "domainkeys-tag-name",
            Self::NotAscii => "domainkeys-not-ascii",
            Self::Missing(_) => "domainkeys-tag-missing",
            Self::Algorithm => "domainkeys-algorithm-unknown",
            Self::Canonicalization => "domainkeys-canonicalization-unknown",
            Self::QueryMethod => "domainkeys-query-method",
            Self::Domain => "domainkeys-domain-syntax",
            Self::Selector => "domainkeys-selector-syntax",
            Self::FieldNames => "domainkeys-field-names",
            Self::SignatureEncoding => "domainkeys-signature-encoding",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::TooLong => None,
            Self::TagList(_) | Self::TagName | Self::NotAscii => Some(Rule("RFC 4870", "A")),
            _ => Some(Rule("RFC 4870", "3.3")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooLong => vec![("limit", SIGNATURE_BYTES_MAX.into())],
            Self::TagList(flaw) => vec![("flaw", Value::Word(flaw.id()))],
            Self::Missing(tag) => vec![("tag", Value::Word(tag))],
            _ => Vec::new(),
        }
    }
}
