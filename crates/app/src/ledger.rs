//! The ledger, for verbs that ask it: the daemon may be writing into the same file.

use report::LedgerError;
use store::Sqlite;

use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;

/// Asks the ledger of the configuration.
///
/// # Errors
/// There is none, or it cannot answer.
pub(crate) fn with<T>(common: &Common, ask: impl AsyncFnOnce(&Sqlite) -> Result<T, LedgerError>) -> Result<T, Failure> {
    let file = common.config().ledger.file.clone();
    let path = file.unwrap_or_else(|| common.state_directory().join(crate::serve::LEDGER_FILE));
    let named = |id, error: String| {
        let failure = Failure::new(ExitCode::Store, id).with("file", path.display().to_string());
        failure.with("reason", error)
    };
    if !path.exists() {
        return Err(Failure::new(ExitCode::Store, "cli-no-ledger").with("file", path.display().to_string()));
    }
    let store = Sqlite::open(&path, store::Settings::default());
    let store = store.map_err(|error| named("serve-ledger-unusable", error.to_string()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| named("serve-ledger-unusable", error.to_string()))?;
    let asked = runtime.block_on(ask(&store));
    asked.map_err(|error| named("serve-ledger-unusable", error.to_string()))
}
