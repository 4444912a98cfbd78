//! Where the daemon keeps its rows: opens the store, gives ids, waits for a row no longer than an MTA would, and takes
//! away what is old.

use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::hmac;
use report::row::Address;
use report::vocabulary::Direction;
use report::{Deletion, Entry, Filter, Hot as _, IdSource, Ledger as _, LedgerError, Query, RowId};
use service::WasSent;
use store::{Sqlite, Stats};

use crate::config::{AddressesKept, LedgerConfig};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{LEDGER_WAIT_S, SENT_LOOK_BACK_DAYS, SWEEP_EVERY_S};

/// The ledger of the daemon. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Keeper {
    kept: Arc<Kept>,
}

struct Kept {
    store: Sqlite,
    /// The file.
    path: PathBuf,
    ids: Mutex<IdSource>,
    addresses: AddressesKept,
    /// Under which addresses and Message-IDs are hashed.
    key: hmac::Key,
    keep_rows: Duration,
    keep_evidence: Duration,
}

impl Keeper {
    /// Opens the ledger, making the state directory and the file where they are missing.
    ///
    /// # Errors
    /// The directory, the file or the key cannot be made or used.
    pub(crate) async fn open(state: &Path, config: &LedgerConfig) -> Result<Self, Failure> {
        let path = config.file.clone().unwrap_or_else(|| state.join(FILE));
        let directory = path.parent().map(Path::to_path_buf).unwrap_or_default();
        make_directory(&directory).map_err(|error| unusable(&path, &error.to_string()))?;
        let key = site_key(&directory.join(KEY_FILE)).map_err(|error| unusable(&directory.join(KEY_FILE), &error))?;
        let (durability, reader_niceness) = (config.durability, super::behind::PAGE_NICENESS);
        let settings = store::Settings { durability, reader_niceness, ..store::Settings::default() };
        let store = Sqlite::open(&path, settings).map_err(|error| unusable(&path, &error.to_string()))?;
        let last = store.last_id(config.site).await.map_err(|error| unusable(&path, &error.to_string()))?;
        let days = |days: u32| Duration::from_secs(u64::from(days) * 86_400);
        let kept = Kept {
            store,
            path,
            ids: Mutex::new(IdSource::new(config.site, last)),
            addresses: config.addresses,
            key,
            keep_rows: days(config.keep_rows_days),
            keep_evidence: days(config.keep_evidence_days),
        };
        Ok(Self { kept: Arc::new(kept) })
    }

    /// The rows.
    pub(super) fn store(&self) -> &Sqlite {
        &self.kept.store
    }

    /// The file of the rows.
    pub(super) fn file(&self) -> &Path {
        &self.kept.path
    }

    pub(super) fn next_id(&self, now_ms: u64) -> RowId {
        self.kept.ids.lock().unwrap_or_else(PoisonError::into_inner).next(now_ms)
    }

    /// Keeps a row. Who waits here holds an MTA up, which has patience, but not for ever.
    pub(super) async fn keep(&self, entry: Entry) -> Result<(), LedgerError> {
        let appended = self.kept.store.append(vec![entry]);
        match tokio::time::timeout(Duration::from_secs(LEDGER_WAIT_S), appended).await {
            Ok(receipt) => receipt.map(|_| ()),
            Err(_) => Err(LedgerError::Io(format!("no answer within {LEDGER_WAIT_S} s"))),
        }
    }

    /// Whether an outgoing message of the last weeks has one of these hashes of its Message-ID.
    pub(super) async fn was_sent(&self, message_ids: Vec<[u8; 16]>, now_ms: u64) -> WasSent {
        let from_ms = Some(now_ms.saturating_sub(SENT_LOOK_BACK_DAYS * DAY_MS));
        for message_id in message_ids {
            let filter =
                Filter { from_ms, direction: Some(Direction::Out), message_id: Some(message_id), ..Filter::default() };
            match self.kept.store.rows(Query { filter, limit: 1, ..Query::default() }).await {
                Ok(page) if !page.rows.is_empty() => return WasSent::Yes,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(reason = %error, "ledger");
                    return WasSent::Unknown;
                }
            }
        }
        WasSent::No
    }

    pub(super) fn address(&self, address: &str) -> Address {
        match self.kept.addresses {
            AddressesKept::Full => Address::Text(address.into()),
            AddressesKept::Hash => Address::Hash(self.digest(address.to_ascii_lowercase().as_bytes())),
            AddressesKept::None => Address::Withheld,
        }
    }

    /// A hash under the key of this site: nobody without the key can try out what it is the hash of.
    pub(super) fn digest(&self, bytes: &[u8]) -> [u8; 16] {
        let tag = hmac::sign(&self.kept.key, bytes);
        tag.as_ref().first_chunk().copied().unwrap_or_default()
    }

    /// What the store has done, for those who watch it.
    pub(super) fn stats(&self) -> Stats {
        self.kept.store.stats()
    }

    /// Takes away what is older than is wanted, now and then, for as long as the daemon runs.
    pub(super) async fn sweep(self) {
        loop {
            self.sweep_once().await;
            tokio::time::sleep(Duration::from_secs(SWEEP_EVERY_S)).await;
        }
    }

    /// The same, once.
    pub(super) async fn sweep_once(&self) {
        let now_ms = net::clock::now_ms();
        let before = |keep: Duration| now_ms.saturating_sub(keep.as_millis().try_into().unwrap_or(u64::MAX));
        let old = [
            Deletion::Evidence { before_ms: before(self.kept.keep_evidence) },
            Deletion::Rows { before_ms: before(self.kept.keep_rows), tenant: None },
        ];
        for what in old {
            if let Err(error) = self.take_away(what).await {
                tracing::warn!(reason = %error, "ledger");
            }
        }
        // What is remembered for a short time stands beside.
        if let Err(error) = self.kept.store.expire(now_ms).await {
            tracing::warn!(reason = %error, "ledger");
        }
    }

    async fn take_away(&self, what: Deletion) -> Result<(), LedgerError> {
        while !self.kept.store.delete(what.clone()).await?.is_done {
            // Mail is written between two pieces.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Stores what waits, and closes the file.
    ///
    /// # Errors
    /// What could not be stored is lost, and counted.
    pub(super) fn close(self) -> Result<(), (Stats, LedgerError)> {
        match Arc::into_inner(self.kept) {
            Some(kept) => kept.store.close().map(|_| ()),
            // Somebody still holds it: it closes when the last of them goes.
            None => Ok(()),
        }
    }
}

fn unusable(path: &Path, reason: &str) -> Failure {
    let failure = Failure::new(ExitCode::Store, "serve-ledger-unusable");
    failure.with("file", path.display().to_string()).with("reason", reason)
}

/// The directory, for its owner alone where it has to be made.
pub(crate) fn make_directory(directory: &Path) -> std::io::Result<()> {
    if directory.as_os_str().is_empty() || directory.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

/// The key of this site: made once, and then the same for ever, or hashes of one address would differ.
fn site_key(path: &Path) -> Result<hmac::Key, String> {
    key_bytes(path).map(|bytes| hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

/// A random key in a file: made when it is missing.
pub(super) fn key_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(KEY_BYTES as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = match read() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            make_key(path).map_err(|error| error.to_string())?;
            read()
        }
        other => other,
    };
    let bytes = bytes.map_err(|error| error.to_string())?;
    if bytes.len() != KEY_BYTES {
        return Err(format!("a key of {KEY_BYTES} bytes is wanted, the file has {}", bytes.len()));
    }
    Ok(bytes)
}

/// Writes a key beside and moves it into place: nobody ever reads half of one.
fn make_key(path: &Path) -> std::io::Result<()> {
    let mut key = [0; KEY_BYTES];
    aws_lc_rs::rand::fill(&mut key).map_err(std::io::Error::other)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(&key)?;
    file.sync_all()?;
    // Of two daemons that start together, one is the first; the other reads what that one wrote.
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// The ledger in the state directory, where the configuration names no other file.
pub(crate) const FILE: &str = "ledger.sqlite";
const KEY_FILE: &str = "site.key";
const KEY_BYTES: usize = 32;
const DAY_MS: u64 = 86_400_000;

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn directory(name: &str) -> PathBuf {
        let directory = std::env::temp_dir().join(format!("sekisho-ledger-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        directory
    }

    #[tokio::test]
    async fn what_is_missing_is_made_for_the_owner_alone() {
        let state = directory("made").join("deep");
        let keeper = Keeper::open(&state, &LedgerConfig::default()).await.unwrap();
        for name in [FILE, KEY_FILE] {
            let mode = fs::metadata(state.join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        assert_eq!(fs::metadata(&state).unwrap().permissions().mode() & 0o777, 0o700);
        keeper.close().unwrap();
        fs::remove_dir_all(state.parent().unwrap()).unwrap();
    }

    #[tokio::test]
    async fn ids_go_on_and_hashes_stay_after_a_restart() {
        let state = directory("again");
        let hashed = LedgerConfig { addresses: AddressesKept::Hash, ..LedgerConfig::default() };
        let keeper = Keeper::open(&state, &hashed).await.unwrap();
        let id = keeper.next_id(5_000);
        let hash = keeper.address("Taro@example.jp");
        assert!(matches!(hash, Address::Hash(_)));
        keeper.keep(report::Row::new(id, Direction::In).into()).await.unwrap();
        keeper.close().unwrap();
        let keeper = Keeper::open(&state, &hashed).await.unwrap();
        assert!(keeper.next_id(4_000) > id, "the clock went back");
        assert_eq!(keeper.address("taro@EXAMPLE.jp"), hash);
        let withheld = LedgerConfig { addresses: AddressesKept::None, ..LedgerConfig::default() };
        keeper.close().unwrap();
        let keeper = Keeper::open(&state, &withheld).await.unwrap();
        assert_eq!(keeper.address("taro@example.jp"), Address::Withheld);
        keeper.close().unwrap();
        fs::remove_dir_all(state).unwrap();
    }

    #[tokio::test]
    async fn a_file_that_is_no_ledger_is_refused_and_left_alone() {
        let state = directory("other");
        fs::create_dir_all(&state).unwrap();
        fs::write(state.join(FILE), b"something else entirely, and long enough to be looked at").unwrap();
        fs::set_permissions(state.join(FILE), fs::Permissions::from_mode(0o600)).unwrap();
        let failure = Keeper::open(&state, &LedgerConfig::default()).await.err().unwrap();
        assert_eq!(failure.code(), ExitCode::Store);
        assert!(fs::read(state.join(FILE)).unwrap().starts_with(b"something else"));
        fs::write(state.join(KEY_FILE), b"short").unwrap();
        assert_eq!(Keeper::open(&state, &LedgerConfig::default()).await.err().unwrap().code(), ExitCode::Store);
        fs::remove_dir_all(state).unwrap();
    }
}
