//! `check --watch`: the domains again and again, and what changed.

use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;

use audit::guideline::Role;
use audit::history::{Audit, Change};
use audit::{Subject, World};
use futures_util::stream::{self, StreamExt as _};
use mailtext::{Domain, Value};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::changes;
use super::history::{Looked, Past, last, look};
use super::known::{Installation, Warned};
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::CHECK_AT_ONCE;
use crate::paint::Paint;
use crate::time;

/// How it is watched.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// The time between the beginnings of two rounds.
    pub(super) every: Duration,
    /// Whether objects of JSON are written.
    pub(super) is_json: bool,
    pub(super) paint: Paint,
}

/// Watches until it is told to end.
///
/// # Errors
/// The store cannot be used, or the output cannot be written.
pub(super) async fn run<W: World + Sync>(
    common: &Common,
    (world, past): (&impl Fn() -> W, &Past),
    subjects: &[Subject],
    manner: Manner,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(ExitCode::Internal, "cli-internal-error").with("reason", error.to_string())
    };
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut watch = Watch { common, past, manner, known: HashMap::new(), is_out: false };
    let warned = Warned::on_standard_error();
    let mut ticks = tokio::time::interval(manner.every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        // What a round has not told yet when the end comes, the next one does: it is kept when it is told.
        let round = async {
            ticks.tick().await;
            // What a round remembers of servers, the next one does not go by.
            watch.round((&world(), &warned), subjects, out).await
        };
        tokio::select! {
            told = round => told?,
            _ = terminate.recv() => return Ok(ExitCode::Done),
            _ = interrupt.recv() => return Ok(ExitCode::Done),
        }
    }
}

struct Watch<'a> {
    common: &'a Common,
    past: &'a Past,
    manner: Manner,
    /// The last audit of each domain.
    known: HashMap<Domain, Audit>,
    /// Whether nobody answered in the last round.
    is_out: bool,
}

impl Watch<'_> {
    async fn round<W: World + Sync>(
        &mut self,
        (world, warned): (&W, &Warned),
        subjects: &[Subject],
        out: &mut dyn Write,
    ) -> Result<(), Failure> {
        let now_s = self.common.now_s();
        let again = self.past.again(self.common)?;
        let past = again.as_ref().unwrap_or(self.past);
        // Read anew in each round: reports and mail come in between.
        let installation = Installation::open(self.common, &[Role::Owner], warned).await;
        let mut outages = 0;
        let mut count = 0;
        for some in subjects.chunks(CHECK_AT_ONCE) {
            let looks = some.iter().map(|subject| self.look((world, &installation), past, subject, now_s));
            let looked: Vec<_> = stream::iter(looks).buffered(CHECK_AT_ONCE).collect().await;
            for (subject, looked) in some.iter().zip(looked) {
                match looked? {
                    Looked::Outage => outages += 1,
                    Looked::Audited(audit, list) => {
                        count += list.len();
                        self.tell(&subject.domain, now_s, &list, out)?;
                        // A round that is not kept is told all the same, and so is the next.
                        if let Err(failure) = past.keep(self.common, &audit).await {
                            failure.tell(self.common.say());
                        }
                        self.known.insert(subject.domain.clone(), *audit);
                    }
                }
            }
        }
        let say = self.common.say();
        let is_out = outages == subjects.len();
        if is_out && !self.is_out {
            eprintln!("{}", say.say("check-watch-outage", &[("time", time::rfc3339(now_s).into())]));
        }
        self.is_out = is_out;
        if self.common.verbosity() > 0 {
            let arguments = [
                ("time", Value::from(time::rfc3339(now_s))),
                ("domains", subjects.len().into()),
                ("count", count.into()),
                ("unanswered", outages.into()),
            ];
            eprintln!("{}", say.say("check-watch-round", &arguments));
        }
        Ok(())
    }

    async fn look<W: World + Sync>(
        &self,
        around: (&W, &Installation<'_>),
        past: &Past,
        subject: &Subject,
        now_s: u64,
    ) -> Result<Looked, Failure> {
        let history = past.of(self.common, &subject.domain).await?;
        let stored = last(&subject.domain, &history);
        let before = self.known.get(&subject.domain).or(stored.as_ref());
        let mut subject = subject.clone();
        subject.now_s = i64::try_from(now_s).unwrap_or(i64::MAX);
        Ok(look(around, subject, (&history, before), self.manner.every.as_secs()).await)
    }

    fn tell(&self, domain: &Domain, now_s: u64, list: &[Change], out: &mut dyn Write) -> Result<(), Failure> {
        if list.is_empty() {
            return Ok(());
        }
        let (say, at) = (self.common.say(), time::rfc3339(now_s));
        if self.manner.is_json {
            let changes: Vec<_> = list.iter().map(|change| changes::object(change, say)).collect();
            writeln!(out, "{}", json!({ "domain": domain.as_str(), "at": at, "changes": changes }))?;
        } else {
            writeln!(out, "{at}  {domain}")?;
            for line in list.iter().flat_map(|change| changes::lines(change, say, self.manner.paint)) {
                writeln!(out, "  {line}")?;
            }
        }
        Ok(out.flush()?)
    }
}
