//! The town's keys, as `key` and the daemon keep them: one that signs, one that is to follow.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use dkim::KeyKind;
use mailtext::encode::encode_base64;
use outgoing::rotation::{Book, KeyLife, Line, Place, Stage};

use super::town::{ACTIVE, Keys, STAGED, STAGED_SINCE_DAYS, TOWN, name};
use super::{DAY_S, broken};
use crate::failure::Failure;

/// Writes the book and the private keys.
///
/// # Errors
/// The files cannot be written.
pub(super) fn fill(state: &Path, keys: &Keys, now_s: u64) -> Result<(), Failure> {
    let failed = |error: std::io::Error| broken(&error.to_string());
    let directory = state.join("keys");
    let private = directory.join("private").join(TOWN);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&private).map_err(failed)?;
    let mut line = Line::new(name(TOWN)?, KeyKind::Rsa, Place::Own);
    for (selector, (pem, key), days) in
        [(ACTIVE, &keys.active, ACTIVE_SINCE_DAYS), (STAGED, &keys.staged, STAGED_SINCE_DAYS)]
    {
        let created_s = now_s - days * DAY_S;
        let mut life = KeyLife::new(name(selector)?, &encode_base64(&key.public_key()), created_s);
        life.seen_s = Some(created_s + 600);
        life.settle_s = 3600;
        if selector == ACTIVE {
            (life.stage, life.since_s) = (Stage::Active, created_s + 7200);
            life.active_s = Some(life.since_s);
            life.reported_s = Some(now_s - now_s % DAY_S);
        }
        line.keys.push(life);
        write_secret(&private.join(format!("{selector}.pem")), pem.as_bytes()).map_err(failed)?;
    }
    line.used.push((name("rsa-202512-1")?, now_s - 20 * DAY_S));
    let mut book = Book::new();
    book.add(line).map_err(|_| broken(TOWN))?;
    write_secret(&directory.join("book"), book.to_text().as_bytes()).map_err(failed)
}

/// A file for its owner alone.
pub(super) fn write_secret(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?.write_all(bytes)
}

/// Since how many days the key signs.
const ACTIVE_SINCE_DAYS: u64 = 172;
