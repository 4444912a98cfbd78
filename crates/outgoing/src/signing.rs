//! A message on its way out: its header, its body in chunks, and then its signatures.

use std::net::IpAddr;
use std::sync::Arc;

use dkim::body::{Bodies, BodyHashKind};
use dkim::crypto::HashAlgorithm;
use dkim::{Algorithm, SignError, Signer};
use mailtext::header::{HeaderIndex, Headers};
use mailtext::{Domain, ReversePath};

use crate::limits::LINE_BYTES_MAX;
use crate::role::{Role, Unsigned};
use crate::step::Step;

/// The signing of one message. Memory does not grow with the body.
pub struct Signing {
    role: Arc<Role>,
    submission: Submission,
    /// Why nothing is signed, known from the beginning.
    hindrance: Option<Step>,
    header: Vec<u8>,
    index: HeaderIndex,
    signers: Vec<(Signer, usize)>,
    bodies: Bodies,
    lines: Lines,
    evidence: Vec<Step>,
}

/// Who hands a message in (RFC 6409), as the MTA knows it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Submission {
    /// MAIL FROM; `None` when it is malformed.
    pub mail_from: Option<ReversePath>,
    /// The user of SMTP AUTH; not empty.
    pub user: Option<String>,
    /// The client's address.
    pub client: Option<IpAddr>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The signatures, in the order of the fields from the top.
    pub signatures: Vec<Signature>,
    /// Why, and why not.
    pub evidence: Vec<Step>,
    /// What becomes of the message, where there is no signature.
    pub unsigned: Option<Unsigned>,
}

/// One signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// `d=`.
    pub domain: Domain,
    /// `s=`.
    pub selector: Domain,
    /// `a=`.
    pub algorithm: Algorithm,
    /// What follows `DKIM-Signature:`, with folds of CRLF and without the final one.
    pub value: String,
}

/// The longest line so far.
#[derive(Default)]
struct Lines {
    current: u64,
    longest: u64,
    is_cr_last: bool,
}

impl Signing {
    /// A message of which the envelope is known.
    #[must_use]
    pub fn new(role: Arc<Role>, submission: Submission) -> Self {
        Self {
            role,
            submission,
            hindrance: None,
            header: Vec::new(),
            index: HeaderIndex::default(),
            signers: Vec::new(),
            bodies: Bodies::new(),
            lines: Lines::default(),
            evidence: Vec::new(),
        }
    }

    /// The same where the MTA takes no fields: nothing is signed, and the evidence says why.
    #[must_use]
    pub fn without_fields(self) -> Self {
        Self { hindrance: Some(Step::CannotInsert), ..self }
    }

    /// Takes the header, whole, in wire form with the empty line at its end: who signs is known from here on.
    pub fn header(&mut self, block: Vec<u8>) {
        if let Some(hindrance) = self.hindrance.take() {
            self.evidence.push(hindrance);
            return;
        }
        self.header = block;
        let headers = Headers::parse(&self.header);
        let plan = self.role.plan(&headers, &self.submission);
        self.evidence.extend(plan.evidence);
        for signer in plan.signers {
            // RFC 6376 §8.2: `l=` lets others add to the body; it is never made.
            let kind = BodyHashKind {
                canonicalization: signer.body_canonicalization,
                hash: HashAlgorithm::Sha256,
                length: None,
            };
            let place = self.bodies.register(kind);
            self.signers.push((signer, place));
        }
        self.lines.take(&self.header);
        self.index = headers.into_index();
    }

    /// Whether somebody signs. If not, the body need not come.
    #[must_use]
    pub fn wants_body(&self) -> bool {
        !self.signers.is_empty()
    }

    /// Takes the next bytes of the body, in wire form, cut anywhere.
    pub fn body(&mut self, chunk: &[u8]) {
        if self.wants_body() {
            self.bodies.update(chunk);
            self.lines.take(chunk);
        }
    }

    /// The message is whole. `now_s` is `t=`, in seconds since 1970.
    #[must_use]
    pub fn finish(self, now_s: u64) -> Signed {
        let Self { role, submission, header, index, signers, bodies, lines, mut evidence, hindrance: _ } = self;
        let headers = Headers::from_index(&header, index);
        let hashes = bodies.finish();
        let mut signatures = Vec::with_capacity(signers.len());
        for (signer, place) in signers {
            let Some(hash) = hashes.get(place) else { continue };
            match signer.sign(&headers, hash, now_s) {
                Ok(field) => {
                    let signature = Signature::of(&signer, &field);
                    evidence.push(signature.step());
                    signatures.push(signature);
                }
                Err(error) => evidence.push(not_signed(error, &signer)),
            }
        }
        // RFC 5322 §2.1.1: MTAs cut lines that are longer, and the cut breaks the signature.
        if !signatures.is_empty() && lines.longest() > LINE_BYTES_MAX as u64 {
            evidence.push(Step::LongLine { bytes: lines.longest() });
        }
        let is_waived = evidence.iter().any(|step| matches!(step, Step::NotWanted { .. }));
        let unsigned = signatures.is_empty().then(|| match submission.mail_from {
            // RFC 5321 §4.5.5: of a message from nobody nobody is told, so that a bounce that is refused is lost.
            Some(ReversePath::Null) => Unsigned::Accept,
            // The operator wants it so.
            _ if is_waived => Unsigned::Accept,
            _ => role.manner().unsigned,
        });
        Signed { signatures, evidence, unsigned }
    }
}

impl Signature {
    fn of(signer: &Signer, field: &str) -> Self {
        Self {
            domain: signer.domain.clone(),
            selector: signer.selector.clone(),
            algorithm: signer.key.algorithm(),
            value: field.split_once(':').map_or("", |(_, value)| value).to_owned(),
        }
    }

    fn step(&self) -> Step {
        Step::Signed { domain: self.domain.clone(), selector: self.selector.clone(), algorithm: self.algorithm }
    }
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) {
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', bytes) {
            self.add(&bytes[start..end]);
            // The CR belongs to the line's end, wherever the cut was.
            self.longest = self.longest.max(self.current.saturating_sub(u64::from(self.is_cr_last)));
            (self.current, self.is_cr_last) = (0, false);
            start = end + 1;
        }
        self.add(&bytes[start..]);
    }

    fn add(&mut self, piece: &[u8]) {
        self.current += piece.len() as u64;
        self.is_cr_last = piece.last().map_or(self.is_cr_last, |last| *last == b'\r');
    }

    fn longest(&self) -> u64 {
        self.longest.max(self.current)
    }
}

fn not_signed(error: SignError, signer: &Signer) -> Step {
    let (domain, selector) = (signer.domain.clone(), signer.selector.clone());
    match error {
        SignError::FromCount(count) => Step::FromCount(count),
        SignError::FieldCount(count) => Step::TooManyFields(count),
        SignError::NameTooLong => Step::NameTooLong { domain, selector },
        // Names of fields and identities are right by construction.
        SignError::FromNotNamed | SignError::FieldName | SignError::Identity | SignError::Crypto(_) => {
            Step::Failed { domain, selector }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_line_wherever_the_cut_is() {
        let text = b"a\r\nlonger\r\n\r\nlong\nlast";
        for cut in 0..=text.len() {
            let mut lines = Lines::default();
            lines.take(&text[..cut]);
            lines.take(&text[cut..]);
            assert_eq!(lines.longest(), 6, "{cut}");
        }
        let mut lines = Lines::default();
        lines.take(b"no end");
        assert_eq!(lines.longest(), 6);
    }
}
