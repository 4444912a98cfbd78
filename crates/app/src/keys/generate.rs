//! New keys: from the system's random numbers, as PEM.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::Ed25519KeyPair;
use dkim::{KeyKind, PrivateKey};
use mailtext::encode::encode_base64;

use crate::exit::ExitCode;
use crate::failure::Failure;

/// A key of this kind: RSA of 2048 bits (RFC 8301 §3.2), or Ed25519.
///
/// # Errors
/// The cryptographic library has no random numbers, or fails.
pub(crate) fn generate(kind: KeyKind) -> Result<(String, PrivateKey), Failure> {
    let failed = || Failure::new(ExitCode::Internal, "keys-not-made");
    let pem = match kind {
        KeyKind::Rsa => {
            let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| failed())?;
            let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| failed())?;
            pem(der.as_ref())
        }
        KeyKind::Ed25519 => {
            let der = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).map_err(|_| failed())?;
            pem(der.as_ref())
        }
    };
    let key = PrivateKey::parse(&pem).map_err(|_| failed())?;
    Ok((pem, key))
}

/// PEM (RFC 7468 §10) of a PKCS #8 key.
fn pem(der: &[u8]) -> String {
    let text = encode_base64(der);
    let mut pem = "-----BEGIN PRIVATE KEY-----\n".to_owned();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, behind) = rest.split_at(rest.len().min(PEM_LINE_BYTES));
        pem.push_str(line);
        pem.push('\n');
        rest = behind;
    }
    pem + "-----END PRIVATE KEY-----\n"
}

const PEM_LINE_BYTES: usize = 64;
