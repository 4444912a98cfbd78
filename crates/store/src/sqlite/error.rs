//! What SQLite says, in the words of the ledger.

use report::LedgerError;
use rusqlite::{Error, ErrorCode};

/// The ledger's error of SQLite's. By value, so that it stands in `map_err`.
#[allow(clippy::needless_pass_by_value)] // as above
pub(super) fn from_sqlite(error: Error) -> LedgerError {
    match &error {
        Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => LedgerError::Busy,
            ErrorCode::DiskFull => LedgerError::DiskFull,
            ErrorCode::DatabaseCorrupt => LedgerError::Corrupt { what: error.to_string() },
            ErrorCode::NotADatabase => LedgerError::NotALedger,
            _ => LedgerError::Io(error.to_string()),
        },
        // A column that is not what the schema says.
        Error::FromSqlConversionFailure(..) | Error::IntegralValueOutOfRange(..) | Error::InvalidColumnType(..) => {
            LedgerError::Corrupt { what: error.to_string() }
        }
        _ => LedgerError::Io(error.to_string()),
    }
}
