//! A year of rotating keys, from twenty seeds.

// Helpers of tests may panic; clippy spares only the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)]

extern crate sekisho_sim as sim;

use sim::rotation::year;

/// Whatever was signed is verified, whenever it arrives and whichever server is asked.
#[test]
fn a_year_of_a_hundred_domains() {
    for seed in 1..=20 {
        let year = year(seed, 100);
        assert!(year.broken.is_empty(), "{year}");
        // The world was not a quiet one, and not a dead one.
        assert!(year.key_count > 500 && year.mail_count > 15_000, "{year}");
        assert!(year.crash_count > 20 && year.lost_count > 100 && year.compromised_count > 0, "{year}");
        assert!(year.unsigned_count * 20 < year.mail_count, "{year}");
    }
}

#[test]
fn a_seed_has_one_year() {
    let told = |seed| year(seed, 10).to_string();
    assert_eq!(told(3), told(3));
    assert_ne!(told(3), told(4));
}
