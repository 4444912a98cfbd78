//! Sealing (RFC 8617 §5.1): one set on top of what is there.

use mailtext::authres::{AuthresFlaw, Keyword, Letters, LineEnd, MethodResult, Style, authserv_id_matches};
use mailtext::encode::encode_base64;
use mailtext::{AuthenticationResults, Domain, Headers};
use thiserror::Error;

use crate::arc::chain::Chain;
use crate::arc::field::{ChainStatus, FieldKind};
use crate::arc::sets::{FieldSet, Found, collect};
use crate::arc::step::Problem;
use crate::arc::validate::append_field;
use crate::body::{BodyHash, BodyHashKind};
use crate::canonical::Canonicalization;
use crate::crypto::{HashAlgorithm, PrivateKey, SigningFailed};
use crate::limits::{
    ARC_RESULTS_BYTES_MAX, ARC_RESULTS_FIELD_COUNT_MAX, ARC_SET_COUNT_MAX, LINE_CHARACTERS_MAX, SIGNED_FIELD_COUNT_MAX,
};
use crate::sign::{Folded, fold_base64, is_field_name, recommended, signed_fields};

/// Everything that makes a set but the message. One key makes both signatures.
pub struct Sealer {
    /// `d=` of both signatures.
    pub domain: Domain,
    /// `s=` of both.
    pub selector: Domain,
    /// The key.
    pub key: PrivateKey,
    /// Under which name results are given here: whose Authentication-Results go into the set.
    pub authserv_id: String,
    /// First half of the message signature's `c=`.
    pub header_canonicalization: Canonicalization,
    /// Second half of it.
    pub body_canonicalization: Canonicalization,
    /// What the message signature's `h=` names.
    pub fields: SealedFields,
    /// How the signatures are written.
    pub layout: Layout,
}

/// Which fields the message signature signs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SealedFields {
    /// Those that a DKIM signature covers, and the DKIM signatures themselves.
    Recommended,
    /// These, in this order.
    Named(Vec<String>),
}

/// How the signatures are written. Readers do not care; the bytes that are signed depend on it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Layout {
    /// The instance first, as RFC 8617 §4.1 has it, the signature last, lines of usual length.
    #[default]
    Usual,
    /// Tags by the alphabet and values without folds, as the signing suite of the protocol's makers compares them.
    Comparable,
}

/// A new set. Its fields go above all others, the seal on top.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSet {
    /// `i=`, from 1 to 50.
    pub instance: u32,
    /// `cv=`.
    pub chain_status: ChainStatus,
    /// The ARC-Seal field, without the final CRLF; so the others.
    pub seal: String,
    /// The ARC-Message-Signature field.
    pub message_signature: String,
    /// The ARC-Authentication-Results field.
    pub authentication_results: String,
}

/// Why a message is not sealed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum SealError {
    /// The newest seal says that the chain had failed: there is nothing to add (RFC 8617 §5.1). The message goes on as it
    /// is.
    #[error("the chain had failed before; nothing is added to it (RFC 8617 §5.1)")]
    FailedBefore,
    /// There are fifty sets. The message goes on as it is.
    #[error("the chain has 50 sets, and there can be no more (RFC 8617 §4.2.1)")]
    Full,
    /// The list of fields holds something that is not a field name.
    #[error("the list of fields to sign holds something that is not a field name")]
    FieldName,
    /// The list of fields names one that must not be signed.
    #[error("Authentication-Results and the ARC fields must not be signed (RFC 8617 §4.1.2)")]
    FieldForbidden,
    /// The list of fields does not name From.
    #[error("the list of fields to sign does not name From (RFC 6376 §5.4)")]
    FromNotNamed,
    /// The key's place would be too long a name.
    #[error("selector and domain together make too long a name")]
    NameTooLong,
    /// The back-end failed.
    #[error(transparent)]
    Crypto(#[from] SigningFailed),
}

impl Sealer {
    /// A sealer with the usual choices: relaxed/relaxed, the recommended fields.
    #[must_use]
    pub fn new(domain: Domain, selector: Domain, key: PrivateKey, authserv_id: impl Into<String>) -> Self {
        Self {
            domain,
            selector,
            key,
            authserv_id: authserv_id.into(),
            header_canonicalization: Canonicalization::Relaxed,
            body_canonicalization: Canonicalization::Relaxed,
            fields: SealedFields::Recommended,
            layout: Layout::Usual,
        }
    }

    /// The body hash that a seal needs.
    #[must_use]
    pub fn body_hash_kind(&self) -> BodyHashKind {
        BodyHashKind { canonicalization: self.body_canonicalization, hash: HashAlgorithm::Sha256, length: None }
    }

    /// One set more for a message with these header fields and this body. `chain` is what validation said of the message
    /// as it came; `now_s` is `t=`, in seconds since 1970. RFC 8617 §5.1: sealing comes after every other change, a DKIM
    /// signature of ours included.
    ///
    /// # Errors
    /// When the chain cannot be continued, or the choices cannot make a set that holds.
    pub fn seal(&self, headers: &Headers<'_>, chain: &Chain, body: &BodyHash, now_s: u64) -> Result<NewSet, SealError> {
        if self.domain.prefixed(&format!("{}._domainkey", self.selector)).is_err() {
            return Err(SealError::NameTooLong);
        }
        let names = self.field_names(headers)?;
        let (instance, chain_status, sets) = continued(headers, chain)?;
        let results = self.results(headers, chain, instance, chain_status);
        let message_signature = self.message_signature(headers, &names, body, instance, now_s)?;
        // RFC 8617 §5.1.1: the sets in order, each as results, message signature and seal; the new seal last.
        let mut data = Vec::with_capacity(4096);
        for set in &sets {
            set.places.iter().for_each(|place| append_field(headers, *place, &mut data));
        }
        for field in [&results, &message_signature] {
            append_text(Canonicalization::Relaxed, field, &mut data);
            data.extend_from_slice(b"\r\n");
        }
        let tags = self.tags([
            ("i", instance.to_string()),
            ("a", self.key.algorithm().as_str().to_owned()),
            ("cv", chain_status.as_str().to_owned()),
            ("d", self.domain.to_string()),
            ("s", self.selector.to_string()),
            ("t", now_s.to_string()),
            ("b", String::new()),
        ]);
        let seal = self.signed(FieldKind::Seal, &tags, Canonicalization::Relaxed, data)?;
        Ok(NewSet { instance, chain_status, seal, message_signature, authentication_results: results })
    }

    fn field_names(&self, headers: &Headers<'_>) -> Result<Vec<String>, SealError> {
        let mut names = match &self.fields {
            SealedFields::Named(names) => names.clone(),
            SealedFields::Recommended => {
                // RFC 8617 §4.1.2: the DKIM signatures that are there should be signed.
                let mut names = recommended(headers);
                names.extend(headers.named(DKIM_SIGNATURE).map(|_| DKIM_SIGNATURE.to_owned()));
                names
            }
        };
        names.truncate(SIGNED_FIELD_COUNT_MAX);
        if !names.iter().all(|name| is_field_name(name)) {
            return Err(SealError::FieldName);
        }
        // RFC 8617 §4.1.2: results are likely to be removed on the way, and the seal covers the ARC fields.
        if names.iter().any(|name| FORBIDDEN.iter().any(|forbidden| name.eq_ignore_ascii_case(forbidden))) {
            return Err(SealError::FieldForbidden);
        }
        // RFC 6376 §5.4: From must be signed.
        if names.iter().any(|name| name.eq_ignore_ascii_case("from")) {
            Ok(names)
        } else {
            Err(SealError::FromNotNamed)
        }
    }

    /// RFC 8617 §4.1.1: all results of our own that the message carries, in one field.
    fn results(&self, headers: &Headers<'_>, chain: &Chain, instance: u32, status: ChainStatus) -> String {
        let mut all = AuthenticationResults::new(self.authserv_id.clone());
        all.instance = Some(instance);
        let mut letters = Letters::Ascii;
        let own =
            headers.named("authentication-results").filter(|field| authserv_id_matches(field.value, &self.authserv_id));
        for field in own.take(ARC_RESULTS_FIELD_COUNT_MAX) {
            let (read, flaws) = AuthenticationResults::parse(field.value);
            // What only looks like ours, or is of another version, is not ours.
            let strange = flaws.iter().any(|flaw| flaw.kind == AuthresFlaw::Version);
            if strange || !read.authserv_id.as_deref().is_some_and(|id| is_same_id(id, &self.authserv_id)) {
                continue;
            }
            if !field.value.is_ascii() {
                // RFC 8617 §4.1.4: UTF-8 may stand where Authentication-Results allows it.
                letters = Letters::Utf8;
            }
            all.results.extend(read.results);
        }
        if !all.results.iter().any(|result| result.method.as_str() == "arc") {
            // RFC 8617 §4.4: the state of the chain is told in these results, too.
            all.results.insert(0, arc_result(chain, status));
        }
        let style = Style { line_end: LineEnd::CrLf, letters };
        let mut field = all.to_field(style);
        while field.len() > ARC_RESULTS_BYTES_MAX && !all.results.is_empty() {
            all.results.truncate(all.results.len() / 2);
            field = all.to_field(style);
        }
        field
    }

    fn message_signature(
        &self,
        headers: &Headers<'_>,
        names: &[String],
        body: &BodyHash,
        instance: u32,
        now_s: u64,
    ) -> Result<String, SealError> {
        let (header, body_form) = (self.header_canonicalization, self.body_canonicalization);
        let tags = self.tags([
            ("i", instance.to_string()),
            ("a", self.key.algorithm().as_str().to_owned()),
            ("c", format!("{}/{}", header.as_str(), body_form.as_str())),
            ("d", self.domain.to_string()),
            ("s", self.selector.to_string()),
            ("t", now_s.to_string()),
            ("h", names.join(":")),
            ("bh", encode_base64(body.digest.as_ref())),
            ("b", String::new()),
        ]);
        self.signed(FieldKind::MessageSignature, &tags, header, signed_fields(headers, names, header))
    }

    fn tags<const N: usize>(&self, mut tags: [Tag; N]) -> [Tag; N] {
        if self.layout == Layout::Comparable {
            tags.sort_by_key(|(name, _)| *name);
        }
        tags
    }

    /// The field with its signature over `data` and itself.
    fn signed(
        &self,
        kind: FieldKind,
        tags: &[Tag],
        canonicalization: Canonicalization,
        mut data: Vec<u8>,
    ) -> Result<String, SealError> {
        append_text(canonicalization, &self.field_text(kind, tags, ""), &mut data);
        Ok(self.field_text(kind, tags, &encode_base64(&self.key.sign(&data)?)))
    }

    /// The field with these tags and this signature. Outside of the signature the text does not depend on it.
    fn field_text(&self, kind: FieldKind, tags: &[Tag], signature: &str) -> String {
        let mut field = Folded::new(&format!("{}:", kind.as_str()));
        for (at, (name, value)) in tags.iter().enumerate() {
            let end = if at + 1 == tags.len() { "" } else { ";" };
            match *name {
                "b" => {
                    field.tag("b=");
                    match self.layout {
                        Layout::Usual => fold_base64(&mut field.text, signature),
                        Layout::Comparable => field.text.push_str(signature),
                    }
                    field.text.push_str(end);
                    // What follows starts on a line of its own, so that its folds do not hang on the signature.
                    field.line_characters = LINE_CHARACTERS_MAX;
                }
                "h" if self.layout == Layout::Usual => {
                    let names: Vec<String> = value.split(':').map(str::to_owned).collect();
                    field.names(&names);
                }
                _ => field.tag(&format!("{name}={value}{end}")),
            }
        }
        field.text
    }
}

impl NewSet {
    /// The fields as they stand from the top.
    #[must_use]
    pub fn fields(&self) -> [&str; 3] {
        [&self.seal, &self.message_signature, &self.authentication_results]
    }
}

/// A tag's name and value; the value of `b` is put in by [`Sealer::field_text`].
type Tag = (&'static str, String);

/// The new instance, what is said of the chain before it, and the sets that the new seal covers: RFC 8617 §5.1, steps 2
/// and 3.
fn continued(headers: &Headers<'_>, chain: &Chain) -> Result<(u32, ChainStatus, Vec<FieldSet>), SealError> {
    let (highest, status, sets) = match collect(headers) {
        Found::Nothing => (0, ChainStatus::None, Vec::new()),
        Found::Broken { problem: Problem::FailedBefore(_), .. } => return Err(SealError::FailedBefore),
        Found::Broken { instance, .. } => (instance, ChainStatus::Fail, Vec::new()),
        Found::Whole(sets) => {
            let highest = u32::try_from(sets.len()).unwrap_or(u32::MAX);
            if chain.result == ChainStatus::Pass && chain.instance == highest {
                (highest, ChainStatus::Pass, sets)
            } else {
                // RFC 8617 §5.1.2: the seal of a failed chain covers its own set only.
                (highest, ChainStatus::Fail, Vec::new())
            }
        }
    };
    // RFC 8617 §4.2.1: there is no instance above 50.
    if highest < ARC_SET_COUNT_MAX { Ok((highest + 1, status, sets)) } else { Err(SealError::Full) }
}

fn arc_result(chain: &Chain, status: ChainStatus) -> MethodResult {
    let result = MethodResult::new(Keyword::of("arc"), Keyword::of(status.as_str()));
    match chain.oldest_pass.filter(|_| status == ChainStatus::Pass) {
        // RFC 8617 §6: header.oldest-pass is told where it is known.
        Some(oldest) => result.with("header", "oldest-pass", oldest.to_string()),
        None => result,
    }
}

fn is_same_id(id: &str, own: &str) -> bool {
    match (Domain::parse(id), Domain::parse(own)) {
        (Ok(id), Ok(own)) => id == own,
        _ => id.eq_ignore_ascii_case(own),
    }
}

fn append_text(canonicalization: Canonicalization, field: &str, data: &mut Vec<u8>) {
    let (name, value) = field.split_once(':').unwrap_or((field, ""));
    canonicalization.header(field.as_bytes(), name.as_bytes(), value.as_bytes(), data);
}

const DKIM_SIGNATURE: &str = "dkim-signature";

/// What the message signature must not sign.
const FORBIDDEN: [&str; 4] = [
    "authentication-results",
    FieldKind::AuthenticationResults.as_str(),
    FieldKind::MessageSignature.as_str(),
    FieldKind::Seal.as_str(),
];
