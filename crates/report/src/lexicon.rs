//! Words that evidence says often, each by a number of one byte: the names of steps and of their arguments, standards and
//! their sections, and words of closed sets. What is not here is spelled out.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The number of a word; never [`SPELLED`].
pub(crate) fn number(word: &str) -> Option<u8> {
    NUMBERS.get(word).copied()
}

/// The word of a number.
pub(crate) fn word(number: u8) -> Option<&'static str> {
    WORDS.get(usize::from(number.checked_sub(1)?)).copied()
}

/// The number that says that a word is spelled out.
pub(crate) const SPELLED: u8 = 0;

static NUMBERS: LazyLock<HashMap<&str, u8>> = LazyLock::new(|| WORDS.iter().copied().zip(SPELLED + 1..).collect());

/// A table: the words of version 2 of evidence, from the number 1. They are in the ledgers of the world: none may change
/// its place, and a longer table belongs to another version.
const WORDS: [&str; 204] = [
    // Names of arguments.
    "domain",
    "result",
    "answer",
    "record",
    "kind",
    "term",
    "name",
    "data",
    "author",
    "organizational",
    "question",
    "reason",
    "bits",
    "selected",
    "policy",
    "mechanism",
    "identifier",
    "alignment",
    "ttl_s",
    "place",
    "tag",
    "to_apply",
    "action",
    "stage",
    "wanted",
    "count",
    "limit",
    "time",
    "total",
    "signed",
    "weakness",
    "sign",
    "field",
    "failure",
    "address",
    "selector",
    "scope",
    "zone",
    "flaw",
    "text",
    "limit_bytes",
    "header",
    "instance",
    "identity",
    "status",
    "network",
    "user",
    "algorithm",
    "percentage",
    "error",
    "target",
    "signer",
    "method",
    "list",
    "kept",
    "from",
    // Answers, kinds of questions and of keys.
    "records",
    "nodata",
    "nxdomain",
    "timeout",
    "servfail",
    "TXT",
    "A",
    "AAAA",
    "MX",
    "PTR",
    "NS",
    "CNAME",
    "rsa",
    "ed25519",
    "rsa-sha256",
    "rsa-sha1",
    "ed25519-sha256",
    // Results and policies.
    "pass",
    "fail",
    "softfail",
    "neutral",
    "none",
    "temperror",
    "permerror",
    "quarantine",
    "reject",
    "accept",
    "label",
    "tempfail",
    "discard",
    "observe",
    "filter",
    "block",
    "p",
    "sp",
    "np",
    "spf",
    "dkim",
    "arc",
    "same-name",
    "same-organization",
    "other-name",
    "other-organization",
    "not-sought",
    "unknown",
    "no-record",
    "fewest-labels",
    "only-record",
    "author-domain",
    "forwarded",
    "mailing_list",
    "local_policy",
    // Standards and their sections.
    "RFC 7208",
    "RFC 6376",
    "RFC 9989",
    "RFC 8617",
    "RFC 8301",
    "RFC 8601",
    "RFC 5322",
    "RFC 7505",
    "RFC 5617",
    "RFC 6541",
    "2.3",
    "2.4",
    "3.2",
    "3.2.10.1",
    "3.2.10.2",
    "3.3",
    "3.4",
    "3.5",
    "3.6.1",
    "3.6.2",
    "4.1",
    "4.2",
    "4.3",
    "4.5",
    "4.6.4",
    "4.7",
    "4.8",
    "4.10.1",
    "4.10.2",
    "5.1",
    "5.2",
    "5.3",
    "5.3.2",
    "5.3.5",
    "5.3.6",
    "5.4",
    "5.5",
    "5.6",
    "5.7",
    "6.1",
    "6.1.1",
    "6.1.2",
    "6.1.3",
    "6.2",
    "7.4",
    "8.2",
    // Steps.
    "spf-asked",
    "spf-record",
    "spf-no-record",
    "spf-void",
    "spf-dns-failure",
    "spf-fail-unsigned",
    "spf-single-label",
    "spf-no-such-domain",
    "spf-target-unusable",
    "spf-too-many-lookups",
    "spf-record-broken",
    "dkim-asked",
    "dkim-body-hash-agrees",
    "dkim-body-hash-differs",
    "dkim-key-found",
    "dkim-signature-agrees",
    "dkim-signature-differs",
    "dkim-no-key-record",
    "dkim-not-accepted",
    "dkim-weak-key",
    "dkim-body-length",
    "dkim-expired",
    "dkim-lookup-failed",
    "dkim-key-revoked",
    "dkim-testing",
    "dmarc-asked",
    "dmarc-record-found",
    "dmarc-organizational-domain",
    "dmarc-policy-record",
    "dmarc-policy-applied",
    "dmarc-aligned",
    "dmarc-not-aligned",
    "dmarc-alignment-not-sought",
    "dmarc-decided",
    "dmarc-reason-aligned",
    "dmarc-reason-not-aligned",
    "dmarc-reason-not-authenticated",
    "dmarc-reason-no-record",
    "policy-nothing-against",
    "policy-dmarc-fail",
    "policy-reject-alone",
    "policy-held-back",
    "policy-another-sign",
    "policy-forwarded",
    "policy-mailing-list",
    "arc-sets-found",
    "arc-seal-agrees",
    "arc-message-signature-agrees",
    "iprev-asked",
    "iprev-confirmed",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_has_its_number_and_each_number_its_word() {
        for (at, known) in WORDS.iter().enumerate() {
            let its = number(known).unwrap();
            assert_eq!((usize::from(its), word(its)), (at + 1, Some(*known)), "each word is there once");
        }
        assert_eq!((number("an-unknown-word"), word(SPELLED), word(205)), (None, None, None));
    }

    /// The words of version 2 stay as they are.
    #[test]
    fn the_table_does_not_change() {
        let sum = WORDS
            .iter()
            .flat_map(|word| word.bytes().chain([0]))
            .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        assert_eq!(sum, 0xc1db_ee4a_8ef7_57d2);
    }
}
