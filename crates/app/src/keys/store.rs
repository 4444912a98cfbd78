//! Keys on the disk: a directory of its owner's alone with the book, a lock, and a file for each private key.
//!
//! ```text
//! keys/book                           the lines and stages (outgoing::rotation::text)
//! keys/lock                           held by whoever changes anything
//! keys/private/DOMAIN/SELECTOR.pem    or .pem.age
//! ```
//!
//! Every file is written beside its place, flushed to the disk and put there at once: whoever reads finds the old one or
//! the new one.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use dkim::PrivateKey;
use mailtext::Domain;
use nix::unistd::Uid;
use outgoing::limits::BOOK_BYTES_MAX;
use outgoing::rotation::Book;

use super::sealing::{OPEN_SUFFIX, SEALED_SUFFIX, Sealing};
use super::unusable;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{KEY_FILE_BYTES_MAX, KEYS_LOCK_S};

/// The keys of an installation.
pub(super) struct Store {
    directory: PathBuf,
    sealing: Sealing,
}

/// Held by whoever changes keys.
pub(super) struct Lock(#[expect(dead_code, reason = "it is let go when it is closed")] File);

/// What tells that the book was changed: when, and how long it is.
pub(super) type Stamp = Option<(SystemTime, u64, u64)>;

impl Store {
    /// The store in this directory, which need not be there yet.
    ///
    /// # Errors
    /// The identity that keys are encrypted to cannot be used.
    pub(super) fn open(directory: &Path, identity_file: Option<&Path>) -> Result<Self, Failure> {
        Ok(Self { directory: directory.to_path_buf(), sealing: Sealing::open(identity_file)? })
    }

    /// Waits until nobody else changes keys.
    ///
    /// # Errors
    /// Somebody else does for long, or the directory cannot be made.
    pub(super) fn lock(&self) -> Result<Lock, Failure> {
        make_directory(&self.directory)?;
        let path = self.directory.join(LOCK_FILE);
        let failed = |error: io::Error| unusable(&path, &error.to_string());
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
        take_owner(&path).map_err(failed)?;
        let until = Instant::now() + Duration::from_secs(KEYS_LOCK_S);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(LOCK_PAUSE_MS));
                }
                Err(TryLockError::WouldBlock) => {
                    let failure = Failure::new(ExitCode::Store, "keys-store-busy");
                    return Err(failure.with("file", path.display().to_string()));
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }

    /// The book; an empty one where there is none.
    ///
    /// # Errors
    /// It cannot be read, others can write it, or it is none.
    pub(super) fn load(&self) -> Result<Book, Failure> {
        let path = self.directory.join(BOOK_FILE);
        let failed = |error: io::Error| unusable(&path, &error.to_string());
        let file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Book::new()),
            other => other.map_err(failed)?,
        };
        check_owner(&path, &file)?;
        let mut text = String::new();
        file.take(BOOK_BYTES_MAX as u64 + 1).read_to_string(&mut text).map_err(failed)?;
        Book::parse(&text).map_err(|error| {
            let failure = Failure::new(ExitCode::Store, "keys-book-malformed");
            failure.with("file", path.display().to_string()).with("line", error.line)
        })
    }

    /// Keeps the book.
    ///
    /// # Errors
    /// It cannot be written; the one before is still there.
    pub(super) fn save(&self, _: &Lock, book: &Book) -> Result<(), Failure> {
        write_secret(&self.directory.join(BOOK_FILE), book.to_text().as_bytes())
    }

    /// Keeps a private key.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn keep(&self, _: &Lock, domain: &Domain, selector: &Domain, pem: &str) -> Result<(), Failure> {
        let directory = self.directory.join(PRIVATE_DIRECTORY);
        make_directory(&directory)?;
        make_directory(&directory.join(domain.as_str()))?;
        let place = |suffix: &str| self.private_file(domain, selector, suffix);
        let (bytes, suffix) = self.sealing.seal(pem).map_err(|reason| unusable(&place(OPEN_SUFFIX), reason))?;
        write_secret(&place(suffix), &bytes)
    }

    /// The PEM of a private key.
    ///
    /// # Errors
    /// It is not there, others can read it, or it cannot be decrypted.
    pub(super) fn pem(&self, domain: &Domain, selector: &Domain) -> Result<String, Failure> {
        let sealed = self.private_file(domain, selector, SEALED_SUFFIX);
        let (path, suffix) = match sealed.exists() {
            true => (sealed, SEALED_SUFFIX),
            false => (self.private_file(domain, selector, OPEN_SUFFIX), OPEN_SUFFIX),
        };
        let failed = |error: io::Error| unusable(&path, &error.to_string());
        let file = File::open(&path).map_err(failed)?;
        check_owner(&path, &file)?;
        let mut bytes = Vec::new();
        file.take(KEY_FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
        self.sealing.unseal(&bytes, suffix).map_err(|reason| unusable(&path, reason))
    }

    /// A private key, ready to sign.
    ///
    /// # Errors
    /// As [`Self::pem`]; or it is none.
    pub(super) fn private(&self, domain: &Domain, selector: &Domain) -> Result<PrivateKey, Failure> {
        let pem = self.pem(domain, selector)?;
        let path = self.private_file(domain, selector, OPEN_SUFFIX);
        PrivateKey::parse(&pem).map_err(|error| unusable(&path, &error.to_string()))
    }

    /// Destroys a private key; one that is not there is destroyed.
    ///
    /// # Errors
    /// It cannot be taken away.
    pub(super) fn erase(&self, _: &Lock, domain: &Domain, selector: &Domain) -> Result<(), Failure> {
        for suffix in [OPEN_SUFFIX, SEALED_SUFFIX] {
            let path = self.private_file(domain, selector, suffix);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(unusable(&path, &error.to_string()));
                }
                _ => {}
            }
        }
        // As long as the domain has other keys its directory stays.
        let _ = fs::remove_dir(self.directory.join(PRIVATE_DIRECTORY).join(domain.as_str()));
        Ok(())
    }

    fn private_file(&self, domain: &Domain, selector: &Domain, suffix: &str) -> PathBuf {
        // Names have letters, digits, hyphens, underscores, and single dots between: no way leads out of the directory.
        self.directory.join(PRIVATE_DIRECTORY).join(domain.as_str()).join(format!("{selector}.{suffix}"))
    }
}

/// What tells whether the book in this directory was changed since.
pub(super) fn stamp_of(directory: &Path) -> Stamp {
    let metadata = fs::metadata(directory.join(BOOK_FILE)).ok()?;
    Some((metadata.modified().ok()?, metadata.len(), metadata.ino()))
}

/// How many files of private keys of a domain others than their owner can read or write. What cannot be looked at is nobody's.
pub(super) fn exposed_count(directory: &Path, domain: &Domain) -> u64 {
    let Ok(files) = fs::read_dir(directory.join(PRIVATE_DIRECTORY).join(domain.as_str())) else { return 0 };
    let modes = files.filter_map(|file| Some(file.ok()?.metadata().ok()?.permissions().mode()));
    modes.filter(|mode| mode & 0o077 != 0).count() as u64
}

/// Writes a file that its owner alone can read, at once.
///
/// # Errors
/// It cannot be written; what was there before still is.
pub(super) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    replace(path, bytes, 0o600).map_err(|error| unusable(path, &error.to_string()))
}

/// Writes a file beside its place, flushes it, and puts it there.
pub(super) fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let directory = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = directory.join(format!(".{name}.{}.new", std::process::id()));
    let _ = fs::remove_file(&beside);
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
        // The umask may have taken something away.
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        take_owner(&beside)?;
        fs::rename(&beside, path)?;
        File::open(directory)?.sync_all()
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Refuses a file that others than its owner can read or write, and one that is somebody else's.
pub(super) fn check_owner(path: &Path, file: &File) -> Result<(), Failure> {
    let metadata = file.metadata().map_err(|error| unusable(path, &error.to_string()))?;
    let (mode, owner, us) = (metadata.permissions().mode() & 0o777, metadata.uid(), Uid::effective());
    let refused = |id| {
        let failure = Failure::new(ExitCode::Configuration, id).with("file", path.display().to_string());
        failure.with("mode", format!("{mode:04o}")).with("owner", u64::from(owner))
    };
    if mode & 0o077 != 0 {
        return Err(refused("keys-open-to-others"));
    }
    // Root reads what is the daemon's, and the daemon what is its own.
    if owner != us.as_raw() && !us.is_root() && owner != 0 {
        return Err(refused("keys-of-somebody-else"));
    }
    Ok(())
}

/// What root makes for the daemon belongs to the daemon: to whom the directory belongs.
fn take_owner(path: &Path) -> io::Result<()> {
    let Some(directory) = path.parent().filter(|it| !it.as_os_str().is_empty()) else { return Ok(()) };
    if !Uid::effective().is_root() {
        return Ok(());
    }
    let of = fs::metadata(directory)?;
    std::os::unix::fs::chown(path, Some(of.uid()), Some(of.gid()))
}

fn make_directory(path: &Path) -> Result<(), Failure> {
    if path.is_dir() {
        return Ok(());
    }
    let failed = |error: io::Error| unusable(path, &error.to_string());
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
    take_owner(path).map_err(failed)
}

const BOOK_FILE: &str = "book";
const LOCK_FILE: &str = "lock";
const PRIVATE_DIRECTORY: &str = "private";
const LOCK_PAUSE_MS: u64 = 100;
