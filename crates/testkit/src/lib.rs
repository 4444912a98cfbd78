//! What the tests of all crates share: case directories, suites, a small fuzzer, failures at the n-th question.
//!
//! What it does: runs `testdata/cases/<area>/NN-name.{msg,zone,in,want,why}` ([`cases`]), finds the suites of others
//! ([`suite`]), polls a future without a runtime ([`block_on`]), breaks one lookup after another
//! ([`every_nth_failure`]), throws mutated bytes at a parser ([`fuzz()`]), and makes arbitrary values
//! ([`arbitrary`]) and files of places ([`mmdb`](mod@mmdb)).
//!
//! What it will never do: be a dependency of the product. It panics, prints and reads files, as tests may.
//!
//! Reading order: [`case`], [`nth`], [`fuzz`](mod@fuzz), the rest by need.

// A test ends by a panic.
#![allow(clippy::panic)]

pub mod arbitrary;
pub mod case;
mod diff;
pub mod executor;
pub mod fuzz;
pub mod mmdb;
pub mod municipalities;
pub mod nth;
pub mod place;

pub use case::{Case, KeyValues, cases, evidence};
pub use diff::diff;
pub use executor::block_on;
pub use fuzz::fuzz;
pub use nth::every_nth_failure;
pub use place::{root, suite};

use mailtext::Domain;

/// The domain of a text that the test knows to be one; panics otherwise.
#[must_use]
pub fn domain(text: &str) -> Domain {
    Domain::query(text).unwrap_or_else(|error| panic!("{text:?} is not a domain: {error:?}"))
}

/// The zone of a master file that the test knows to be right; panics with its error otherwise.
#[must_use]
pub fn zone(text: &str) -> lookup::Zone {
    lookup::Zone::parse(text).unwrap_or_else(|error| panic!("zone: {error}"))
}

/// The bytes as they go over the wire: every LF that follows no CR becomes CRLF.
#[must_use]
pub fn wire(text: impl AsRef<[u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for &byte in text.as_ref() {
        if byte == b'\n' && out.last() != Some(&b'\r') {
            out.push(b'\r');
        }
        out.push(byte);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn line_ends_of_the_wire() {
        assert_eq!(super::wire("a\nb\r\n\nc\r"), b"a\r\nb\r\n\r\nc\r");
    }
}
