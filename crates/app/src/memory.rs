//! What is remembered beside the ledger: the records ([`record`]), which the daemon writes, and the verbs that show and
//! change them, `reputation` and `replay`.

pub(crate) mod record;
pub(crate) mod replay;
pub(crate) mod reputation;

use std::io::Write as _;

use report::{Hot, HotError, HotKey, LedgerError};

use crate::exit::ExitCode;
use crate::failure::Failure;

/// Changes a value, whoever else changes it at the same time. `change` makes of what is there what is to be there, and
/// says until when.
///
/// # Errors
/// The store fails, or others are always faster.
pub(crate) async fn update(
    hot: &impl Hot,
    key: &HotKey,
    now_ms: u64,
    change: impl Fn(Option<&[u8]>) -> (Vec<u8>, u64),
) -> Result<(), HotError> {
    let mut there = hot.get(key.clone(), now_ms).await?;
    for _ in 0..TRY_COUNT_MAX {
        let (value, expires_ms) = change(there.as_deref());
        match hot.compare_and_put(key.clone(), there, value, expires_ms, now_ms).await? {
            report::hot::Compared::Put => return Ok(()),
            report::hot::Compared::Differs(other) => there = other,
        }
    }
    Err(HotError::Store(LedgerError::Busy))
}

/// All values of a space.
async fn all(hot: &impl Hot, space: record::Space, now_ms: u64) -> Result<Vec<(HotKey, Vec<u8>)>, HotError> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = hot.list(space.name(), after, usize::MAX, now_ms).await?;
        let Some((last, _)) = page.last() else { return Ok(all) };
        after = Some(last.clone());
        all.extend(page);
        if all.len() >= LISTED_COUNT_MAX {
            return Ok(all);
        }
    }
}

fn of_store(error: HotError) -> LedgerError {
    match error {
        HotError::Store(error) => error,
        other => LedgerError::Io(other.to_string()),
    }
}

fn print(text: &str) -> Result<ExitCode, Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::Done)
}

/// How often a change is tried while others change the same.
const TRY_COUNT_MAX: usize = 8;
/// Most records that are read for a list.
const LISTED_COUNT_MAX: usize = 1_000_000;
