//! What SQLite says, in the words of a store of reports.

use feedback::ArchiveError;
use rusqlite::{Error, ErrorCode};

use super::codec::Damage;
use crate::crew::Fault;

/// The error of SQLite's. By value, so that it stands in `map_err`.
#[allow(clippy::needless_pass_by_value)] // as above
pub(super) fn from_sqlite(error: Error) -> ArchiveError {
    let what = error.to_string();
    match &error {
        Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => ArchiveError::Busy,
            ErrorCode::DiskFull => ArchiveError::DiskFull,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => ArchiveError::Corrupt { what },
            _ => ArchiveError::Failed { what },
        },
        // A column that is not what the schema says.
        Error::FromSqlConversionFailure(..) | Error::IntegralValueOutOfRange(..) | Error::InvalidColumnType(..) => {
            ArchiveError::Corrupt { what }
        }
        _ => ArchiveError::Failed { what },
    }
}

/// A report whose bytes are not what was written.
pub(super) fn damaged(id: i64) -> impl Fn(Damage) -> ArchiveError {
    move |Damage| ArchiveError::Corrupt { what: format!("report {id}") }
}

/// Nobody is left to do it.
pub(super) fn closed() -> ArchiveError {
    ArchiveError::Failed { what: "it is closed".to_owned() }
}

impl Fault for ArchiveError {
    fn busy() -> Self {
        Self::Busy
    }

    fn closed() -> Self {
        closed()
    }

    fn failed(what: String) -> Self {
        Self::Failed { what }
    }

    fn of_sqlite(error: Error) -> Self {
        from_sqlite(error)
    }
}
