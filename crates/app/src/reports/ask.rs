//! What all questions about reports have in common: which domains, which days, and where the reports are kept.

use std::future::Future;

use clap::{Args, ValueEnum};
use feedback::ArchiveError;
use feedback::archive::CountQuery;
use mailtext::Domain;
use report::query::Reach;
use store::SqliteArchive;

use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::time;

/// Which reports are meant.
#[derive(Args, Debug)]
pub(super) struct Selection {
    /// About this domain and what lies below it [default: all]
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// From this day on: 2026-04-01 [default: 30 days before now]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Before this day [default: now]
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// By this reporter: its organisation or its domain
    #[arg(long, value_name = "NAME")]
    reporter: Option<String>,
    /// Also what reports say that nobody vouches for: the mail that carried them was not authenticated
    #[arg(long)]
    unauthenticated: bool,
    /// Of this tenant
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

/// The forms of tables.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    /// For people
    Text,
    /// One JSON object per line
    Json,
    /// Comma-separated values, with a header line
    Csv,
}

/// A span of days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Days {
    /// The first, in days since 1970.
    pub(super) from: u32,
    /// The one behind the last.
    pub(super) until: u32,
}

impl Selection {
    /// The domain, with what lies below it.
    pub(super) fn domain(&self) -> Result<Option<(Domain, Reach)>, Failure> {
        self.domain.as_deref().map(|name| Ok((domain_of("--domain", name)?, Reach::Below))).transpose()
    }

    /// The days. A day that has begun is one of them.
    pub(super) fn days(&self, common: &Common) -> Result<Days, Failure> {
        let (from_s, until_s) = time::span(common, self.from.as_deref(), self.to.as_deref())?;
        let day = |seconds: u64| u32::try_from(seconds / DAY_S).unwrap_or(u32::MAX);
        Ok(Days { from: day(from_s), until: day(until_s.saturating_add(DAY_S - 1)) })
    }

    /// The question.
    pub(super) fn query(&self, common: &Common) -> Result<CountQuery, Failure> {
        let days = self.days(common)?;
        Ok(CountQuery {
            tenant: self.tenant.as_deref().map(Into::into),
            domain: self.domain()?,
            from_day: Some(days.from),
            until_day: Some(days.until),
            reporter: self.reporter.as_deref().map(Into::into),
            with_unauthenticated: self.unauthenticated,
            limit: 0,
        })
    }

    /// Of which tenant.
    pub(super) fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }

    /// By whom.
    pub(super) fn reporter(&self) -> Option<&str> {
        self.reporter.as_deref()
    }
}

/// A domain of the command line.
pub(super) fn domain_of(option: &'static str, name: &str) -> Result<Domain, Failure> {
    Domain::parse(name).map_err(|_| Failure::option("cli-bad-value", option, name))
}

/// Asks the store of reports.
///
/// # Errors
/// There is none, or it cannot answer.
pub(super) fn with<T>(
    common: &Common,
    ask: impl AsyncFnOnce(&SqliteArchive) -> Result<T, ArchiveError>,
) -> Result<T, Failure> {
    let store = open_existing(common)?;
    wait(common, ask(&store))
}

/// Opens the store of reports.
///
/// # Errors
/// There is none, or it cannot be used.
pub(super) fn open_existing(common: &Common) -> Result<SqliteArchive, Failure> {
    let path = common.reports_file();
    if !path.exists() {
        return Err(Failure::new(ExitCode::Store, "reports-none").with("file", path.display().to_string()));
    }
    open(common)
}

/// Opens the store of reports, or makes it.
///
/// # Errors
/// It cannot be used.
pub(super) fn open(common: &Common) -> Result<SqliteArchive, Failure> {
    let path = common.reports_file();
    if let Some(directory) = path.parent() {
        crate::serve::make_directory(directory).map_err(|error| unusable(common, &error.to_string()))?;
    }
    // One command does not wait for a check of the whole file; the daemon does that.
    // It asks one question after the other, too.
    let settings =
        store::archive::Settings { check_bytes_max: 0, reader_count: 1, ..store::archive::Settings::default() };
    SqliteArchive::open(&path, settings).map_err(|error| unusable(common, &error.to_string()))
}

/// Waits for an answer of the store.
///
/// # Errors
/// It cannot answer.
pub(super) fn wait<T>(common: &Common, asked: impl Future<Output = Result<T, ArchiveError>>) -> Result<T, Failure> {
    settle(common, answered(common, asked))
}

/// Waits for something that ends in a failure of the verb, where it fails.
///
/// # Errors
/// As it ends.
pub(super) fn settle<T>(common: &Common, doing: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| unusable(common, &error.to_string()))?.block_on(doing)
}

/// What the store answers.
///
/// # Errors
/// It cannot answer.
pub(super) async fn answered<T>(
    common: &Common,
    asked: impl Future<Output = Result<T, ArchiveError>>,
) -> Result<T, Failure> {
    asked.await.map_err(|error| unusable(common, &error.to_string()))
}

/// Opens the store of reports for questions alone, so that nothing is made or changed; `None` where there is none.
///
/// # Errors
/// It cannot be read.
pub(super) fn open_read_only(common: &Common) -> Result<Option<SqliteArchive>, Failure> {
    let path = common.reports_file();
    if !path.exists() {
        return Ok(None);
    }
    let store = SqliteArchive::open_read_only(&path, store::archive::Settings::default());
    store.map(Some).map_err(|error| unusable(common, &error.to_string()))
}

fn unusable(common: &Common, reason: &str) -> Failure {
    let failure = Failure::new(ExitCode::Store, "reports-unusable");
    failure.with("file", common.reports_file().display().to_string()).with("reason", reason)
}

/// A day as text: 2026-04-01.
pub(super) fn day_text(day: u32) -> String {
    time::rfc3339(u64::from(day) * DAY_S).chars().take(10).collect()
}

/// A day, in seconds.
pub(super) const DAY_S: u64 = 86_400;
