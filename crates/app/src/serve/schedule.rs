//! What is done with reports as time goes by: old ones are taken away, what is unusual is told, and what is on its way
//! out is counted. All of it follows a reload.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use feedback::Archive as _;
use feedback::ArchiveError;
use feedback::archive::Removal;
use mailtext::encoded_word::display_safe;
use service::World as _;
use store::SqliteArchive;
use store::archive::Retention;
use tokio::sync::watch;

use super::metrics::reports::count;
use super::reload::Live;
use super::trouble::Trouble;
use crate::common::Common;
use crate::config::ReportsConfig;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{LOOK_EVERY_S, RETENTION_EVERY_S, SEND_STOP_S, TELL_EVERY_S};
use crate::say::Say;
use crate::sending::OnlyOne;
use crate::telling::{Manner, Telling, Told};

/// What is done as time goes by.
pub(super) struct Schedule {
    file: PathBuf,
    state: PathBuf,
    live: watch::Receiver<Arc<Live>>,
    say: Arc<Say>,
    opened: Option<Opened>,
    /// How it is told by what is in effect.
    manner: Option<(Arc<Live>, Option<Arc<Manner>>)>,
    trouble: Trouble,
}

/// What is open as long as there is something to do.
struct Opened {
    archive: Arc<SqliteArchive>,
    telling: Telling,
    /// When something is done again, in seconds since 1970.
    look_s: u64,
    sweep_s: u64,
    _only_one: OnlyOne,
}

impl Schedule {
    pub(super) fn new(common: &Common, live: watch::Receiver<Arc<Live>>, say: &Arc<Say>) -> Self {
        let (file, state) = (common.reports_file(), common.state_directory());
        Self { file, state, live, say: Arc::clone(say), opened: None, manner: None, trouble: Trouble::default() }
    }

    /// Does what is due until the end; a letter that is under way then has a moment to be taken.
    pub(super) async fn run(mut self, end: impl Future<Output = ()> + Send) {
        let mut end = std::pin::pin!(end);
        loop {
            {
                let mut round = std::pin::pin!(self.round());
                tokio::select! {
                    () = &mut round => {}
                    () = &mut end => {
                        // What is cut off here is put in order by the next start.
                        let _ = tokio::time::timeout(Duration::from_secs(SEND_STOP_S), round).await;
                        return;
                    }
                }
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(TELL_EVERY_S)) => {}
                () = &mut end => return,
            }
        }
    }

    /// Does what is due, now.
    ///
    /// # Errors
    /// The configuration or the store cannot be used.
    pub(super) async fn once(&mut self) -> Result<(), Failure> {
        let live = Arc::clone(&self.live.borrow_and_update());
        self.due(&live).await
    }

    async fn round(&mut self) {
        let live = Arc::clone(&self.live.borrow_and_update());
        let done = self.due(&live).await;
        self.trouble.tell(done, &self.say);
    }

    /// How it is told; made anew when something else is in effect.
    fn manner(&mut self, live: &Arc<Live>) -> Result<Option<Arc<Manner>>, Failure> {
        if let Some((known, manner)) = &self.manner
            && Arc::ptr_eq(known, live)
        {
            return Ok(manner.clone());
        }
        let manner = manner(live)?.map(Arc::new);
        self.manner = Some((Arc::clone(live), manner.clone()));
        Ok(manner)
    }

    async fn due(&mut self, live: &Arc<Live>) -> Result<(), Failure> {
        let config = &live.plan.config;
        let manner = self.manner(live)?;
        // Nobody wants a store who has no reports and is told of none.
        if manner.is_none() && self.opened.is_none() && !self.file.exists() {
            return Ok(());
        }
        let now_s = live.world.now_s();
        let opened = self.open(now_s).await?;
        let counts = &live.world.metrics().reports;
        let sweep = opened.sweep_s <= now_s;
        if sweep {
            let taken = expire(&opened.archive, &config.reports, now_s).await;
            let taken = taken.map_err(|error| failed("reports-expire-failed", &error))?;
            opened.sweep_s = now_s.saturating_add(RETENTION_EVERY_S);
            if let Some(days) = Some(config.audits.keep_days).filter(|days| *days > 0) {
                let before_s = now_s.saturating_sub(u64::from(days) * DAY_S);
                let forgotten = opened.archive.forget_audits(before_s).await;
                forgotten.map_err(|error| failed("reports-expire-failed", &error))?;
            }
            count(&counts.expired, taken);
            if taken > 0 {
                tracing::info!("{}", self.say.say("reports-expired", &[("count", taken.into())]));
            }
        }
        let Some(opened) = &mut self.opened else { return Ok(()) };
        if let Some(manner) = &manner {
            if opened.look_s <= now_s {
                let noticed = opened.telling.look(manner, now_s).await.map_err(cannot_tell)?;
                opened.look_s = now_s.saturating_add(LOOK_EVERY_S);
                count(&counts.noticed, noticed);
                if noticed > 0 {
                    tracing::info!("{}", self.say.say("reports-alerts-noticed", &[("count", noticed.into())]));
                }
            }
            let mut tell = |told: Told| {
                counts.told(told.notice.kind, told.status);
                log(&told);
            };
            opened.telling.carry(manner, now_s, &mut tell).await.map_err(cannot_tell)?;
        }
        let way_out = opened.archive.way_out(now_s).await.map_err(cannot_tell)?;
        counts.looked_at(way_out);
        Ok(())
    }

    async fn open(&mut self, now_s: u64) -> Result<&mut Opened, Failure> {
        if self.opened.is_none() {
            let only_one = OnlyOne::take_as(&self.state, LOCK_FILE)?;
            let only_one = only_one.ok_or_else(|| Failure::new(ExitCode::Store, "reports-alerts-busy"))?;
            let archive = SqliteArchive::open(&self.file, store::archive::Settings::default());
            let archive = Arc::new(archive.map_err(|error| self.unusable(&error.to_string()))?);
            let telling = Telling::new(Arc::clone(&archive));
            let count = telling.recover(now_s).await.map_err(cannot_tell)?;
            if count > 0 {
                tracing::warn!("{}", self.say.say("reports-alerts-recovered", &[("count", count.into())]));
            }
            let opened = Opened { archive, telling, look_s: 0, sweep_s: 0, _only_one: only_one };
            return Ok(self.opened.insert(opened));
        }
        let none = self.unusable("");
        self.opened.as_mut().ok_or(none)
    }

    fn unusable(&self, reason: &str) -> Failure {
        let failure = Failure::new(ExitCode::Store, "reports-unusable");
        failure.with("file", self.file.display().to_string()).with("reason", reason)
    }
}

/// How it is told, by what is in effect.
///
/// # Errors
/// A file that the configuration names cannot be read any more.
pub(super) fn manner(live: &Live) -> Result<Option<Manner>, Failure> {
    let role = live.plan.outgoing.as_ref().map(|outgoing| Arc::clone(&outgoing.role));
    Manner::of(&live.plan.config, &live.plan.authserv_id, live.world.resolver(), role)
}

/// What is told at the start.
pub(super) fn greeting(live: &Live, say: &Say) -> Vec<String> {
    let Ok(Some(manner)) = manner(live) else { return Vec::new() };
    if let Some(domain) = manner.unsigned() {
        tracing::warn!("{}", say.say("reports-alerts-unsigned", &[("domain", domain.into())]));
    }
    // What follows the host of a webhook is as good as a password.
    let shown = |place: String| match place.strip_prefix("https://").and_then(|rest| rest.split('/').next()) {
        Some(host) => format!("https://{host}/…"),
        None => place,
    };
    let places: Vec<String> = manner.places().into_iter().map(shown).collect();
    vec![say.say("reports-alerts-on", &[("places", places.join(", ").into())])]
}

/// Takes away what is older than it is kept; how many reports.
async fn expire(archive: &SqliteArchive, config: &ReportsConfig, now_s: u64) -> Result<u64, ArchiveError> {
    let before = |days: u32| (days > 0).then(|| now_s.saturating_sub(u64::from(days) * DAY_S));
    let own = config.keep_days_of.iter().map(|(domain, days)| (domain.clone(), before(days.0)));
    let retention = Retention { before_s: before(config.keep_days.0), own: own.collect() };
    let mut count = 0;
    loop {
        let taken = archive.expire(retention.clone()).await?;
        count += taken.count;
        if taken.is_done {
            break;
        }
    }
    if let Some(before_s) = before(config.keep_raw_days) {
        while !archive.remove(Removal::Raw { before_s }).await?.is_done {}
    }
    Ok(count)
}

// By value, so that it stands in `map_err`.
#[allow(clippy::needless_pass_by_value)] // as above
fn cannot_tell(error: ArchiveError) -> Failure {
    failed("reports-alerts-failed", &error)
}

fn failed(id: &'static str, error: &ArchiveError) -> Failure {
    Failure::new(ExitCode::Store, id).with("reason", error.to_string())
}

fn log(told: &Told) {
    let safe = |text: &str| display_safe(text).into_owned();
    let (reason, attempts) = (told.reason.as_deref().unwrap_or_default(), told.notice.attempts);
    let (id, subject) = (&*told.notice.id, safe(&told.notice.subject));
    // The way to a webhook may hold a secret.
    let place = told
        .notice
        .place
        .strip_prefix("https://")
        .map_or(&*told.notice.place, |rest| rest.split('/').next().unwrap_or_default());
    let place = safe(place);
    match told.status {
        "given-up" => tracing::error!(id, place, attempts, subject, reason = safe(reason), "letter {}", told.status),
        _ => tracing::info!(id, place, attempts, subject, reason = safe(reason), "letter {}", told.status),
    }
}

/// Held by whoever watches: two at the same time would notice everything twice.
const LOCK_FILE: &str = "alerts.lock";
/// A day, in seconds.
const DAY_S: u64 = 86_400;
