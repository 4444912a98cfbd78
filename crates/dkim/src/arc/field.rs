//! The three fields of an ARC set (RFC 8617 §4.1), each on its own.

use mailtext::authres::AuthresFlaw;
use mailtext::{AuthenticationResults, Domain, NameKey, Span, TagList};

use crate::crypto::Algorithm;
use crate::limits::ARC_SET_COUNT_MAX;
use crate::signature::{
    Signature, SignatureError, SignatureField, domain_of, key_name, read_tags, signature_bytes, timestamp,
};

/// One of the three fields.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FieldKind {
    /// ARC-Authentication-Results, the AAR.
    AuthenticationResults,
    /// ARC-Message-Signature, the AMS.
    MessageSignature,
    /// ARC-Seal, the AS.
    Seal,
}

/// The state of a chain, RFC 8617 §4.4.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ChainStatus {
    /// There was no chain.
    None,
    /// There was one, and it did not hold.
    Fail,
    /// There was one, and it held.
    Pass,
}

/// An ARC-Seal that can be verified.
#[derive(Clone, Debug)]
pub struct Seal {
    /// `a=`.
    pub algorithm: Algorithm,
    /// `d=`: who seals.
    pub domain: Domain,
    /// `s=`.
    pub selector: Domain,
    /// `t=`, seconds since 1970.
    pub timestamp_s: Option<u64>,
    /// `b=` decoded.
    pub signature: Vec<u8>,
    /// Where the value of `b=` stands in the field's value.
    pub signature_span: Span,
    /// Where the key is.
    pub key_name: Domain,
}

/// Why an ARC-Seal cannot be verified.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SealFlaw {
    /// What may be wrong with any signature.
    Signature(SignatureError),
    /// It has `h=`.
    FieldNames,
    /// `cv=` is missing, or no status.
    ChainStatus,
}

/// What an ARC-Seal says.
pub(crate) struct SealField {
    pub(crate) instance: Option<u32>,
    pub(crate) chain_status: Option<ChainStatus>,
    pub(crate) seal: Result<Seal, SealFlaw>,
}

/// What an ARC-Message-Signature says.
pub(crate) struct MessageSignatureField {
    pub(crate) instance: Option<u32>,
    pub(crate) signature: Result<Signature, SignatureError>,
}

/// What an ARC-Authentication-Results says.
pub(crate) struct ResultsField {
    pub(crate) instance: Option<u32>,
    pub(crate) results: AuthenticationResults,
}

impl FieldKind {
    /// All, in the order in which RFC 8617 §5.1.1 hashes them.
    pub const ALL: [Self; 3] = [Self::AuthenticationResults, Self::MessageSignature, Self::Seal];

    /// The field's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthenticationResults => "ARC-Authentication-Results",
            Self::MessageSignature => "ARC-Message-Signature",
            Self::Seal => "ARC-Seal",
        }
    }

    /// The key of its name.
    #[must_use]
    pub fn key(self) -> NameKey {
        const KEYS: [NameKey; 3] = [
            NameKey::of(FieldKind::AuthenticationResults.as_str().as_bytes()),
            NameKey::of(FieldKind::MessageSignature.as_str().as_bytes()),
            NameKey::of(FieldKind::Seal.as_str().as_bytes()),
        ];
        KEYS[self as usize]
    }
}

impl ChainStatus {
    /// The word of `cv=` and of Authentication-Results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Fail => "fail",
            Self::Pass => "pass",
        }
    }

    /// Reads `cv=`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        // RFC 8617 §3.9: chain-status is one of three words; words of ABNF have no case.
        [Self::None, Self::Fail, Self::Pass]
            .into_iter()
            .find(|status| text.eq_ignore_ascii_case(status.as_str().as_bytes()))
    }
}

impl SealField {
    pub(crate) fn parse(value: &[u8]) -> Self {
        let (tags, _, sound) = read_tags(value);
        let chain_status = tags.value("cv").and_then(ChainStatus::parse);
        let seal = sound.map_err(SealFlaw::Signature).and_then(|()| {
            // RFC 8617 §4.1.3: `h=` is not allowed; a seal that has it makes the chain fail.
            if tags.get("h").is_some() {
                return Err(SealFlaw::FieldNames);
            }
            let seal = Seal::from_tags(&tags).map_err(SealFlaw::Signature)?;
            chain_status.map(|_| seal).ok_or(SealFlaw::ChainStatus)
        });
        Self { instance: instance(&tags), chain_status, seal }
    }
}

impl Seal {
    /// RFC 8617 §4.1.3: `i`, `a`, `b`, `d`, `s`, `t` and `cv`; tags that are not known are passed over.
    fn from_tags(tags: &TagList<'_>) -> Result<Self, SignatureError> {
        let must = |name: &'static str| tags.get(name).ok_or(SignatureError::Missing(name));
        let (a, b, d, s) = (must("a")?, must("b")?, must("d")?, must("s")?);
        let algorithm = Algorithm::parse(a.value).ok_or(SignatureError::Algorithm)?;
        // RFC 8617 §4.1.4: `d=` and `s=` may hold U-labels.
        let domain = domain_of(Some(d.value)).ok_or(SignatureError::Domain)?;
        let selector = domain_of(Some(s.value)).ok_or(SignatureError::Selector)?;
        let key_name = key_name(&selector, &domain).ok_or(SignatureError::Selector)?;
        let timestamp_s = timestamp(tags)?;
        let signature = signature_bytes(b.value)?;
        Ok(Self { algorithm, domain, selector, timestamp_s, signature, signature_span: b.span, key_name })
    }
}

impl MessageSignatureField {
    pub(crate) fn parse(value: &[u8]) -> Self {
        let (tags, _, sound) = read_tags(value);
        let (domain, selector) = (domain_of(tags.value("d")), domain_of(tags.value("s")));
        let signature = sound.and_then(|()| {
            Signature::from_tags(&tags, domain.as_ref(), selector.as_ref(), SignatureField::ArcMessageSignature)
        });
        Self { instance: instance(&tags), signature }
    }
}

impl ResultsField {
    pub(crate) fn parse(value: &[u8]) -> Self {
        let (results, flaws) = AuthenticationResults::parse_arc(value);
        // RFC 8617 §3.4: the syntax of the results does not matter for the chain; RFC 8617 §4.1.1: the instance does,
        // and it stands first, with a semicolon behind it.
        let sound = !flaws.iter().any(|flaw| flaw.kind == AuthresFlaw::Instance);
        let instance = results.instance.filter(|instance| sound && (1..=ARC_SET_COUNT_MAX).contains(instance));
        Self { instance, results }
    }
}

/// `i=` of a tag list.
fn instance(tags: &TagList<'_>) -> Option<u32> {
    // RFC 8617 §3.9: position = 1*2DIGIT; RFC 8617 §4.2.1: from 1 to 50.
    let digits = tags.value("i").filter(|value| (1..=2).contains(&value.len()))?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
    (1..=ARC_SET_COUNT_MAX).contains(&number).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::SIGNATURE_BYTES_MAX;

    const SEAL: &str = "i=2; a=rsa-sha256; cv=pass; d=example.jp; s=k1; t=5; b=AAAA";

    fn flaw(text: &str) -> Option<SealFlaw> {
        SealField::parse(text.as_bytes()).seal.err()
    }

    #[test]
    fn a_good_seal() {
        let field = SealField::parse(SEAL.as_bytes());
        assert_eq!((field.instance, field.chain_status), (Some(2), Some(ChainStatus::Pass)));
        let seal = field.seal.unwrap();
        assert_eq!(seal.key_name.as_str(), "k1._domainkey.example.jp");
        assert_eq!((seal.timestamp_s, seal.signature_span.of(SEAL.as_bytes())), (Some(5), &b"AAAA"[..]));
    }

    #[test]
    fn what_is_wrong_with_a_seal_is_named() {
        use SealFlaw::{ChainStatus as Cv, FieldNames, Signature as Of};
        for (from, to, wanted) in [
            ("s=k1", "s=k1; h=from", FieldNames),
            ("cv=pass", "cv=", Cv),
            ("cv=pass;", "", Cv),
            ("a=rsa-sha256", "a=rsa-md5", Of(SignatureError::Algorithm)),
            ("a=rsa-sha256;", "", Of(SignatureError::Missing("a"))),
            ("d=example.jp", "d=***", Of(SignatureError::Domain)),
            ("s=k1", "s=", Of(SignatureError::Selector)),
            ("t=5", "t=-1", Of(SignatureError::Time("t"))),
            ("b=AAAA", "b=*", Of(SignatureError::SignatureEncoding)),
            ("b=AAAA", "b=", Of(SignatureError::SignatureEncoding)),
        ] {
            assert_eq!(flaw(&SEAL.replace(from, to)), Some(wanted), "{from} -> {to}");
        }
        // Tags that are not known, no time, and a list that ends with its semicolon.
        assert_eq!(flaw(&SEAL.replace("t=5", "zz=top; c=relaxed/relaxed; bh=x")), None);
        assert_eq!(flaw(&format!("{SEAL};")), None);
        let padded = |length: usize| format!("{SEAL}; z={}", "x".repeat(length - SEAL.len() - 4));
        assert_eq!(flaw(&padded(SIGNATURE_BYTES_MAX)), None);
        assert_eq!(flaw(&padded(SIGNATURE_BYTES_MAX + 1)), Some(Of(SignatureError::TooLong)));
    }

    #[test]
    fn instances() {
        for (text, wanted) in [
            ("1", Some(1)),
            ("01", Some(1)),
            ("50", Some(50)),
            ("51", None),
            ("0", None),
            ("", None),
            ("001", None),
            ("a", None),
            ("1 2", None),
            ("-1", None),
        ] {
            assert_eq!(SealField::parse(format!("i={text}").as_bytes()).instance, wanted, "{text}");
            assert_eq!(MessageSignatureField::parse(format!("i={text}").as_bytes()).instance, wanted, "{text}");
        }
        for (text, wanted) in [
            ("i=1; mx.example; none", Some(1)),
            (" (c) i = 50 ; mx.example", Some(50)),
            ("i=51; mx.example; none", None),
            ("i=1 mx.example; none", None),
            ("mx.example; i=1; none", None),
            ("i=; mx.example; none", None),
            // What follows may be anything.
            ("i=3; \0=;;;", Some(3)),
        ] {
            assert_eq!(ResultsField::parse(text.as_bytes()).instance, wanted, "{text}");
        }
    }

    #[test]
    fn a_message_signature_is_a_signature_without_version_and_identity() {
        let text =
            "i=1; a=rsa-sha256; d=example.jp; s=k1; h=; v=7; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AA==";
        let signature = MessageSignatureField::parse(text.as_bytes()).signature.unwrap();
        assert_eq!((signature.header_fields.iter().count(), signature.identity), (0, None));
        let error = |text: &str| MessageSignatureField::parse(text.as_bytes()).signature.err();
        assert_eq!(error(&text.replace("h=;", "")), Some(SignatureError::Missing("h")));
        assert_eq!(error(&text.replace("h=;", "h=from::to : ;")), None);
        assert_eq!(error(&text.replace("h=;", "h=fröm;")), Some(SignatureError::FieldNames));
    }
}
