//! Body hashes: one for each kind that the signatures of a message ask for, fed once with the body's chunks.

use crate::canonical::{BodyCanonicalizer, Canonicalization};
use crate::crypto::{Digest, HashAlgorithm, Hasher};

/// What tells body hashes apart: two signatures with the same kind share one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BodyHashKind {
    /// Canonicalisation of the body.
    pub canonicalization: Canonicalization,
    /// The hash.
    pub hash: HashAlgorithm,
    /// How many bytes of the canonical body are hashed, `l=`; all when absent.
    pub length: Option<u64>,
}

/// A body hash in the making. Memory does not grow with the body.
pub struct BodyHasher {
    kind: BodyHashKind,
    canonicalizer: BodyCanonicalizer,
    sink: Sink,
}

/// The body hashes that the verifications of one message share: each kind once, however many ask for it.
#[derive(Default)]
pub struct Bodies {
    hashers: Vec<BodyHasher>,
}

/// A finished body hash.
pub struct BodyHash {
    /// What was hashed.
    pub kind: BodyHashKind,
    /// The hash.
    pub digest: Digest,
    /// The length of the whole canonical body, in bytes, whatever `l=` says.
    pub canonical_bytes: u64,
}

/// Takes the pieces of the canonical body. Small ones are gathered, since each call of the back-end has its price, and
/// so has a call that ends within a block of the hash.
struct Sink {
    hasher: Hasher,
    gathered: Vec<u8>,
    seen: u64,
    length: u64,
}

impl Bodies {
    /// A body of which nothing came yet and nobody has asked for a hash.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for a hash of this kind: its place among those that [`Bodies::finish`] gives. Before the body comes.
    pub fn register(&mut self, kind: BodyHashKind) -> usize {
        self.place(kind).unwrap_or_else(|| {
            self.hashers.push(BodyHasher::new(kind));
            self.hashers.len() - 1
        })
    }

    /// The place of this kind, where somebody has asked for it.
    #[must_use]
    pub fn place(&self, kind: BodyHashKind) -> Option<usize> {
        self.hashers.iter().position(|hasher| hasher.kind() == kind)
    }

    /// Whether nobody has asked for a hash: then nobody needs the body.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashers.is_empty()
    }

    /// Takes the next bytes of the body, in wire form (CRLF, dots undone).
    pub fn update(&mut self, chunk: &[u8]) {
        for hasher in &mut self.hashers {
            hasher.update(chunk);
        }
    }

    /// The hashes of the whole body.
    #[must_use]
    pub fn finish(self) -> Vec<BodyHash> {
        self.hashers.into_iter().map(BodyHasher::finish).collect()
    }
}

impl BodyHasher {
    /// A body of which nothing came yet.
    #[must_use]
    pub fn new(kind: BodyHashKind) -> Self {
        let sink = Sink {
            hasher: Hasher::new(kind.hash),
            gathered: Vec::with_capacity(GATHERED_BYTES_MAX),
            seen: 0,
            length: kind.length.unwrap_or(u64::MAX),
        };
        Self { kind, canonicalizer: BodyCanonicalizer::new(kind.canonicalization), sink }
    }

    /// What is hashed.
    #[must_use]
    pub fn kind(&self) -> BodyHashKind {
        self.kind
    }

    /// Takes the next bytes of the body, in wire form.
    pub fn update(&mut self, chunk: &[u8]) {
        let Self { canonicalizer, sink, .. } = self;
        canonicalizer.update(chunk, &mut |bytes| sink.take(bytes));
    }

    /// The hash of the whole body.
    #[must_use]
    pub fn finish(self) -> BodyHash {
        let Self { kind, canonicalizer, mut sink } = self;
        canonicalizer.finish(&mut |bytes| sink.take(bytes));
        sink.flush();
        BodyHash { kind, digest: sink.hasher.finish(), canonical_bytes: sink.seen }
    }
}

impl Sink {
    fn take(&mut self, bytes: &[u8]) {
        // RFC 6376 §3.4.5: `l=` counts bytes of the canonical body; what is beyond is not hashed.
        let left = self.length.saturating_sub(self.seen);
        self.seen += bytes.len() as u64;
        let mut bytes = &bytes[..bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
        if self.gathered.len() + bytes.len() >= GATHERED_BYTES_MAX {
            // What was gathered gets the rest of its block; all blocks behind it are hashed where they are.
            let lacking = self.gathered.len().next_multiple_of(HASH_BLOCK_BYTES) - self.gathered.len();
            let (first, behind) = bytes.split_at(lacking.min(bytes.len()));
            self.gathered.extend_from_slice(first);
            self.flush();
            let (blocks, rest) = behind.split_at(behind.len() - behind.len() % HASH_BLOCK_BYTES);
            self.hasher.update(blocks);
            bytes = rest;
        }
        self.gathered.extend_from_slice(bytes);
    }

    fn flush(&mut self) {
        if !self.gathered.is_empty() {
            self.hasher.update(&self.gathered);
            self.gathered.clear();
        }
    }
}

/// Bytes that are gathered before they are hashed.
const GATHERED_BYTES_MAX: usize = 1024;
/// Bytes that SHA-1 and SHA-256 take at once.
const HASH_BLOCK_BYTES: usize = 64;
