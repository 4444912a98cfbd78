//! The domains of `[audit]`, looked at again and again: what changed goes into the log, and what somebody must hear of becomes
//! an alert, which is kept together with the audit that raised it. All of it follows a reload.

use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use audit::guideline::Role;
use audit::history::{Audit, Change};
use audit::{SelectorSource, Subject};
use futures_util::future::join_all;
use mailtext::Domain;
use service::World as _;
use store::SqliteArchive;
use store::archive::{Keeping, Settings};
use tokio::sync::watch;

use super::reload::Live;
use super::schedule::manner;
use super::trouble::Trouble;
use crate::common::Common;
use crate::config::AuditsConfig;
use crate::desk::history::{Looked, last, look, new_audit, not_kept};
use crate::desk::known::{Installation, Warned};
use crate::desk::world::{Elsewhere, Outside, Patient};
use crate::dns::Web;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{AUDIT_AT_ONCE, AUDIT_TICK_S, CHECK_DNS_S};
use crate::say::Say;
use crate::telling::{Manner, noticed};

/// What looks at domains.
pub(super) struct Audits {
    common: Arc<Common>,
    file: PathBuf,
    live: watch::Receiver<Arc<Live>>,
    say: Arc<Say>,
    /// Whether the zones' own servers are asked, as `check` does.
    asks_servers: bool,
    opened: Option<SqliteArchive>,
    /// When each domain is looked at again, in seconds since 1970.
    due: HashMap<Domain, u64>,
    trouble: Trouble,
    warned: Arc<Warned>,
    /// Whether nobody answered in the last round.
    is_out: bool,
}

impl Audits {
    pub(super) fn new(common: &Arc<Common>, live: watch::Receiver<Arc<Live>>, say: &Arc<Say>) -> Self {
        let (file, say) = (common.reports_file(), Arc::clone(say));
        let asks_servers = !common.has_own_resolver();
        Self {
            common: Arc::clone(common),
            file,
            live,
            say,
            asks_servers,
            opened: None,
            due: HashMap::new(),
            trouble: Trouble::default(),
            warned: Arc::new(Warned::in_log()),
            is_out: false,
        }
    }

    /// Looks at what is due until the end. A look that is cut off has kept nothing: the next start takes it again.
    pub(super) async fn run(mut self, end: impl Future<Output = ()> + Send) {
        let mut end = std::pin::pin!(end);
        loop {
            tokio::select! {
                () = self.round() => {}
                () = &mut end => return,
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_secs(AUDIT_TICK_S)) => {}
                () = &mut end => return,
            }
        }
    }

    /// Looks at what is due, now.
    ///
    /// # Errors
    /// The store cannot be used.
    pub(super) async fn once(&mut self) -> Result<(), Failure> {
        let live = Arc::clone(&self.live.borrow_and_update());
        self.look_at_due(&live).await
    }

    async fn round(&mut self) {
        let done = self.once().await;
        self.trouble.tell(done, &self.say);
    }

    async fn look_at_due(&mut self, live: &Live) -> Result<(), Failure> {
        let config = &live.plan.config.audits;
        self.due.retain(|domain, _| config.domains.contains(domain));
        if config.domains.is_empty() {
            self.opened = None;
            return Ok(());
        }
        let now_s = live.world.now_s();
        let due: Vec<Domain> = self.due(config, now_s).await?;
        if due.is_empty() {
            return Ok(());
        }
        let resolver = live.world.resolver().clone();
        let web = Web::start(&resolver)?;
        let dns = Patient { resolver, patience: Duration::from_secs(CHECK_DNS_S) };
        let authorities = self.asks_servers.then(|| Elsewhere::default().authorities(&dns));
        let world = Outside { dns, web, authorities, greeter: None };
        let manner = manner(live)?;
        let (common, warned) = (self.common.with((*live.plan.config).clone()), Arc::clone(&self.warned));
        let installation = Installation::open(&common, &[Role::Owner], &warned).await;
        let archive = self.open()?;
        let mut looked = Vec::with_capacity(due.len());
        for some in due.chunks(AUDIT_AT_ONCE) {
            let mut looks = Vec::with_capacity(some.len());
            for domain in some {
                looks.push(look_at(archive, (&world, &installation), config, (domain, now_s), manner.as_ref()));
            }
            looked.extend(join_all(looks).await);
        }
        let mut answered = 0;
        for (domain, looked) in due.iter().zip(looked) {
            let list = looked.unwrap_or_else(|failure| {
                tracing::error!("{}", self.say.explain(&failure));
                Some(Vec::new())
            });
            // A domain that nobody told anything of is asked for again soon.
            let wait_s = if list.is_some() { config.every.as_secs() } else { AUDIT_TICK_S };
            self.due.insert(domain.clone(), now_s.saturating_add(wait_s));
            answered += usize::from(list.is_some());
            for change in list.iter().flatten() {
                self.log(domain, change);
            }
        }
        let is_out = answered == 0;
        if is_out && !self.is_out {
            tracing::error!("{}", self.say.word("serve-audit-outage"));
        }
        self.is_out = is_out;
        Ok(())
    }

    /// The domains whose time has come: by the last audit that is kept, when this is the first look since the start.
    async fn due(&mut self, config: &AuditsConfig, now_s: u64) -> Result<Vec<Domain>, Failure> {
        let every_s = config.every.as_secs();
        let unknown: Vec<Domain> = config.domains.iter().filter(|its| !self.due.contains_key(*its)).cloned().collect();
        for domain in unknown {
            let asked = self.open()?.audits("", domain.as_str()).await;
            let history = asked.map_err(|error| self.unusable(&error.to_string()))?;
            let next_s = history.moments.last().map_or(0, |last_s| last_s.saturating_add(every_s));
            self.due.insert(domain, next_s);
        }
        // The time between two looks may have been made shorter.
        let is_due = |domain: &&Domain| self.due.get(*domain).is_none_or(|next_s| *next_s <= now_s);
        Ok(config.domains.iter().filter(is_due).cloned().collect())
    }

    fn open(&mut self) -> Result<&SqliteArchive, Failure> {
        if self.opened.is_none() {
            let archive = SqliteArchive::open(&self.file, Settings::default());
            let archive = archive.map_err(|error| self.unusable(&error.to_string()))?;
            return Ok(self.opened.insert(archive));
        }
        let none = self.unusable("");
        self.opened.as_ref().ok_or(none)
    }

    fn unusable(&self, reason: &str) -> Failure {
        let failure = Failure::new(ExitCode::Store, "reports-unusable");
        failure.with("file", self.file.display().to_string()).with("reason", reason)
    }

    fn log(&self, domain: &Domain, change: &Change) {
        let text = self.say.explain(change);
        if change.is_alarming() {
            tracing::warn!(domain = domain.as_str(), "{text}");
        } else {
            tracing::info!(domain = domain.as_str(), "{text}");
        }
    }
}

/// What is told at the start.
pub(super) fn greeting(live: &Live, say: &Say) -> Option<String> {
    let config = &live.plan.config.audits;
    let arguments = [("count", config.domains.len().into()), ("every", config.every.as_secs().into())];
    (!config.domains.is_empty()).then(|| say.say("serve-audits-on", &arguments))
}

/// Looks at a domain and keeps what was seen; what changed, or nothing when nobody answered.
async fn look_at(
    archive: &SqliteArchive,
    around: (&Outside, &Installation<'_>),
    config: &AuditsConfig,
    (domain, now_s): (&Domain, u64),
    manner: Option<&Manner>,
) -> Result<Option<Vec<Change>>, Failure> {
    let failed = |error: feedback::ArchiveError| {
        Failure::new(ExitCode::Store, "reports-alerts-failed").with("reason", error.to_string())
    };
    let history = archive.audits("", domain.as_str()).await.map_err(failed)?;
    let before: Option<Audit> = last(domain, &history);
    let mut subject = Subject::new(domain.clone());
    subject.now_s = i64::try_from(now_s).unwrap_or(i64::MAX);
    subject.selectors = config.selectors.iter().map(|its| (its.clone(), SelectorSource::Given)).collect();
    match look(around, subject, (&history, before.as_ref()), config.every.as_secs()).await {
        Looked::Outage => Ok(None),
        Looked::Audited(audit, list) => {
            let is_told = |change: &&Change| {
                change.is_alarming() && manner.is_some_and(|manner| manner.tells(noticed::kind(change)))
            };
            let alerts = list.iter().filter(is_told).map(|change| noticed::line(domain.as_str(), now_s, change));
            match archive.keep_audit(new_audit(&audit, alerts.collect())).await.map_err(failed)? {
                Keeping::Kept => Ok(Some(list)),
                // Somebody else has looked meanwhile, and told what there was to tell.
                Keeping::Late => Ok(Some(Vec::new())),
                other => Err(not_kept(domain, other)),
            }
        }
    }
}
