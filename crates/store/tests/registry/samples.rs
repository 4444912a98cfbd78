//! People, sessions and tokens to try stores with.

use people::*;
use store::SqliteRegistry;

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(crate) fn line(verb: &str, object: &str) -> NewLine {
    NewLine::new(1_000, "root", verb, object)
}

pub(crate) fn secret(number: u8) -> Secret {
    Secret::new([number; 32])
}

/// Somebody with a grant, and a password that nothing opens.
pub(crate) fn person(text: &str, grant: &str) -> Person {
    let grants = vec![Grant::parse(grant).unwrap()];
    Person { password: Some(kept(b'a')), grants, ..Person::new(name(text), 100) }
}

/// A kept password; making a real one takes time and is tried elsewhere.
pub(crate) fn kept(of: u8) -> PasswordHash {
    let part = |count: usize| data_encoding(of, count);
    PasswordHash::parse(&format!("$argon2id$v=19$m=19456,t=2,p=1${}${}", part(16), part(32))).unwrap()
}

/// So many equal bytes in base64 without padding.
fn data_encoding(byte: u8, count: usize) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = (0..count * 8).map(|at| byte >> (7 - at % 8) & 1).collect();
    let digit = |bits: &[u8]| (0..6).fold(0, |sum, at| sum << 1 | usize::from(*bits.get(at).unwrap_or(&0)));
    bits.chunks(6).map(|bits| char::from(alphabet[digit(bits)])).collect()
}

pub(crate) fn session(number: u8, of: &str, now_s: u64) -> Session {
    let from = ("2001:db8::7".parse().unwrap(), "Browser/1.0 \u{65e5}");
    Session::begin(&secret(number), secret(200), name(of), from, now_s, Lifetimes::default())
}

pub(crate) fn token(number: u8, of: &str, grant: &str) -> Token {
    Token::new(&secret(number), name(of), "for the monitor", vec![Grant::parse(grant).unwrap()], (100, 10_000))
}

pub(crate) fn file() -> (tempfile::TempDir, SqliteRegistry) {
    let folder = tempfile::tempdir().unwrap();
    let registry = SqliteRegistry::open(&folder.path().join("people.sqlite")).unwrap();
    (folder, registry)
}
