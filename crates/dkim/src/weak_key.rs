//! RSA keys that are long enough and can be broken all the same: by what their numbers show. This is for those who audit keys;
//! verification does not ask.

use num_bigint::BigUint;

use crate::crypto::{PublicKeyError, rsa_public_numbers};

/// What makes a key weak.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyWeakness {
    /// The modulus has the form that faulty chips gave it (ROCA, CVE-2017-15361).
    Roca,
    /// The modulus has a small factor.
    SmallFactor,
    /// Its two factors are so close that Fermat's method finds them at once (CVE-2022-26320).
    CloseFactors,
    /// The public exponent is 1 or even: anybody can sign.
    NoExponent,
    /// The public exponent is 3, which padding that is not checked well makes dangerous.
    SmallExponent,
    /// Another exponent than 65537, which nearly all keys have.
    OtherExponent,
}

impl KeyWeakness {
    /// A word for it, stable.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Roca => "roca",
            Self::SmallFactor => "small-factor",
            Self::CloseFactors => "close-factors",
            Self::NoExponent => "no-exponent",
            Self::SmallExponent => "small-exponent",
            Self::OtherExponent => "other-exponent",
        }
    }
}

/// The weaknesses of an RSA key, as `p=` holds it.
///
/// # Errors
/// Says why it is no RSA key.
pub fn weaknesses(der: &[u8]) -> Result<Vec<KeyWeakness>, PublicKeyError> {
    let (modulus, exponent) = rsa_public_numbers(der)?;
    let mut found = Vec::new();
    let of_modulus = [
        (has_small_factor(&modulus), KeyWeakness::SmallFactor),
        (is_roca(&modulus), KeyWeakness::Roca),
        (has_close_factors(&modulus), KeyWeakness::CloseFactors),
    ];
    found.extend(of_modulus.into_iter().filter(|(is, _)| *is).map(|(_, weakness)| weakness));
    let (one, three, usual) = (BigUint::from(1_u32), BigUint::from(3_u32), BigUint::from(65_537_u32));
    if exponent <= one || !exponent.bit(0) {
        found.push(KeyWeakness::NoExponent);
    } else if exponent == three {
        found.push(KeyWeakness::SmallExponent);
    } else if exponent != usual {
        found.push(KeyWeakness::OtherExponent);
    }
    Ok(found)
}

/// Whether two keys have a prime in common: then both are broken.
///
/// # Errors
/// Says why one of them is no RSA key.
pub fn share_a_factor(one: &[u8], other: &[u8]) -> Result<bool, PublicKeyError> {
    let ((first, _), (second, _)) = (rsa_public_numbers(one)?, rsa_public_numbers(other)?);
    let common = gcd(first.clone(), second.clone());
    Ok(common > BigUint::from(1_u32) && common != first && common != second)
}

/// A modulus of ROCA is, modulo each of these primes, a power of 65537. Of other moduli about one in 2^27 is.
fn is_roca(modulus: &BigUint) -> bool {
    PRIMES.iter().filter(|prime| (3..=167).contains(*prime)).all(|prime| {
        let residue = residue(modulus, *prime);
        let generator = 65_537 % prime;
        let mut power = 1;
        for _ in 0..*prime {
            if power == residue {
                return true;
            }
            power = power * generator % prime;
        }
        false
    })
}

fn has_small_factor(modulus: &BigUint) -> bool {
    PRIMES.iter().any(|prime| residue(modulus, *prime) == 0)
}

/// Fermat: a modulus of two close primes is a² - b² with a just above its root.
fn has_close_factors(modulus: &BigUint) -> bool {
    let one = BigUint::from(1_u32);
    let mut a = modulus.sqrt();
    if &a * &a < *modulus {
        a += &one;
    }
    (0..FERMAT_ROUNDS).any(|_| {
        let square = &a * &a - modulus;
        let b = square.sqrt();
        a += &one;
        &b * &b == square
    })
}

fn residue(modulus: &BigUint, prime: u32) -> u32 {
    (modulus % prime).iter_u32_digits().next().unwrap_or(0)
}

fn gcd(mut one: BigUint, mut other: BigUint) -> BigUint {
    let zero = BigUint::from(0_u32);
    while other != zero {
        (one, other) = (other.clone(), one % other);
    }
    one
}

/// How far Fermat's method goes; the keys in question fall in the first rounds.
const FERMAT_ROUNDS: usize = 100;

/// The primes below 256.
const PRIMES: [u32; 54] = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223, 227, 229, 233, 239,
    241, 251,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> BigUint {
        BigUint::parse_bytes(text.as_bytes(), 10).unwrap()
    }

    #[test]
    fn close_primes_are_found_and_others_are_not() {
        // Two neighbouring primes of 64 bits; two primes that are far apart.
        let (one, next, far) = ("18446744073709551557", "18446744073709551533", "9223372036854775783");
        assert!(has_close_factors(&(number(one) * number(next))));
        assert!(!has_close_factors(&(number(one) * number(far))));
    }

    #[test]
    fn powers_of_65537_are_of_the_form_of_roca() {
        let product = PRIMES
            .iter()
            .filter(|prime| (3..=167).contains(*prime))
            .fold(BigUint::from(1_u32), |all, prime| all * *prime);
        let modulus = BigUint::from(65_537_u32).modpow(&number("123456789"), &product) + &product * 12_345_u32;
        assert!(is_roca(&modulus));
        assert!(!is_roca(&(modulus + 2_u32)));
    }

    #[test]
    fn a_common_prime_is_a_common_divisor() {
        assert_eq!(gcd(number("15"), number("35")), number("5"));
        assert!(has_small_factor(&number("251")) && !has_small_factor(&(number("257") * number("263"))));
    }
}
