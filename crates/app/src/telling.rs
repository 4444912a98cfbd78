//! Telling of reports: what is unusual as it is noticed, and every week how a domain does – by mail, and to a webhook.
//!
//! The days that are over and have settled are folded ([`insight::watch`]), what is noticed becomes a letter,
//! and letters go their ways. What must be remembered is in the store of reports, and each step is one transaction there:
//! what was noticed is stored with the memory that will not notice it again, a letter with the word that its alerts are
//! told. When the program ends while a letter is being taken, the next start sends it once more under the same id: an alert
//! that comes twice is a smaller fault than one that never comes.
//!
//! The daemon does this as time goes by (`serve::alerts`), and `serve --once` does it now.
//!
//! Reading order: this file, `fold` (days become alerts), `noticed` (one alert, also of audits), `letter` (alerts become a
//! letter), `week` (the digest), `carry`.

mod carry;
mod fold;
mod letter;
pub(crate) mod noticed;
mod week;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{Context, SHA256};
use feedback::ArchiveError;
use feedback::mail::Sender;
use insight::Map;
use net::mail_server::Secret;
use net::submission::Submitter;
use net::{Poster, Resolver};
use outgoing::Role;
use store::SqliteArchive;
use store::archive::{Notice, NoticeChange, NoticeKind, NoticeQuery, NoticeState};

use crate::config::{AlertsConfig, Config};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::TOLD_KEPT_S;
use crate::say::Say;
use crate::sending::Signer;

/// How it is told: what the configuration says, read and found good.
pub(crate) struct Manner {
    config: AlertsConfig,
    /// The name of this station.
    station: String,
    map: Map,
    mail: Option<MailWay>,
    web: Option<WebWay>,
    resolver: Resolver,
    /// The words of the letters.
    words: Say,
}

/// How mail goes.
struct MailWay {
    submitter: Submitter,
    sender: Sender,
    signer: Signer,
}

/// How JSON goes.
struct WebWay {
    poster: Poster<Resolver>,
    token: Option<Secret>,
}

/// What tells.
pub(crate) struct Telling {
    archive: Arc<SqliteArchive>,
    /// How many messages each day of a domain had when it was folded last: what is the same is not read again.
    seen: Mutex<HashMap<(Box<str>, u32), u64>>,
}

/// What became of a letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Told {
    /// The letter, as it is now.
    pub(crate) notice: Notice,
    /// What became of it: `sent`, `deferred`, `given-up`.
    pub(crate) status: &'static str,
    /// Why.
    pub(crate) reason: Option<String>,
}

impl Manner {
    /// How it is told by the configuration; `None` when nothing is.
    ///
    /// # Errors
    /// A file cannot be read, or the server cannot be used.
    pub(crate) fn of(
        config: &Config,
        station: &str,
        resolver: &Resolver,
        role: Option<Arc<Role>>,
    ) -> Result<Option<Self>, Failure> {
        let alerts = &config.alerts;
        if !alerts.is_on() {
            return Ok(None);
        }
        let mail = match (alerts.sender(&config.reporting), alerts.submission(&config.reporting, station)?) {
            (Some(from), Some(submission)) if !alerts.to.is_empty() => {
                let submitter = Submitter::new(submission).map_err(|error| bad_server(&error.to_string()))?;
                let domain = from.domain.clone();
                let address = from.address.as_str().into();
                let sender = Sender { address, name: Some("Sekisho".into()), message_id_domain: domain.clone() };
                Some(MailWay { submitter, sender, signer: Signer::new(role, domain) })
            }
            _ => None,
        };
        let web = match &alerts.webhook {
            Some(_) => {
                let poster = Poster::new(alerts.web()?, resolver.clone());
                let poster = poster.map_err(|error| bad_server(&error.to_string()))?;
                Some(WebWay { poster, token: alerts.token()? })
            }
            None => None,
        };
        let (map, words) = (config.reports.map()?, Say::new(alerts.language));
        let (config, station, resolver) = (alerts.clone(), station.to_owned(), resolver.clone());
        Ok(Some(Self { config, station, map, mail, web, resolver, words }))
    }

    /// Whether alerts of a kind are told.
    pub(crate) fn tells(&self, kind: insight::watch::Kind) -> bool {
        self.config.kinds.contains(&kind) && !self.places().is_empty()
    }

    /// Where letters go.
    pub(crate) fn places(&self) -> Vec<String> {
        let to = self.config.to.iter().filter(|_| self.mail.is_some()).cloned();
        to.chain(self.config.webhook.iter().map(|url| url.as_str().to_owned())).collect()
    }

    /// The domain of From, when no key makes letters from it pass DMARC.
    pub(crate) fn unsigned(&self) -> Option<String> {
        let mail = self.mail.as_ref()?;
        let is_aligned = mail.signer.is_aligned(&mail.sender.address);
        (!is_aligned).then(|| mail.sender.message_id_domain.to_string())
    }
}

impl Telling {
    pub(crate) fn new(archive: Arc<SqliteArchive>) -> Self {
        Self { archive, seen: Mutex::default() }
    }

    /// Puts in order what was being sent when the program ended, and tells how much that was.
    ///
    /// # Errors
    /// The store cannot do it.
    pub(crate) async fn recover(&self, now_s: u64) -> Result<usize, ArchiveError> {
        let mut count = 0;
        loop {
            let open = self.archive.notices(NoticeQuery::Open).await?;
            if open.is_empty() {
                return Ok(count);
            }
            count += open.len();
            let again = |notice| Notice { state: NoticeState::Waiting { next_s: now_s, last: None }, ..notice };
            self.archive.note(open.into_iter().map(again).map(NoticeChange::SetNotice).collect()).await?;
        }
    }

    /// Looks at the days that are over, and writes the letters that are due; how many alerts there were.
    ///
    /// # Errors
    /// The store cannot do it: what was done before stays done.
    pub(crate) async fn look(&self, manner: &Manner, now_s: u64) -> Result<u64, ArchiveError> {
        let noticed = self.fold(manner, now_s).await?;
        self.write_alerts(manner, now_s).await?;
        self.write_week(manner, now_s).await?;
        let before_s = now_s.saturating_sub(TOLD_KEPT_S);
        self.archive.note(vec![NoticeChange::Forget { before_s }]).await?;
        Ok(noticed)
    }
}

/// A letter to each place: what is the same of all of them, and what is done in the same moment.
struct Letter {
    kind: NoticeKind,
    /// Of what it is made: the same parts make the same letter.
    parts: Vec<String>,
    subject: String,
    text: String,
    data: serde_json::Value,
}

impl Letter {
    /// The changes that put it on its ways.
    fn changes(&self, manner: &Manner, now_s: u64) -> impl Iterator<Item = NoticeChange> {
        let word = match self.kind {
            NoticeKind::Alerts => "alerts",
            NoticeKind::Digest => "digest",
        };
        let id: Box<str> = id_of(std::iter::once(word).chain(self.parts.iter().map(String::as_str))).into();
        let mut data = self.data.clone();
        data["id"] = (*id).into();
        data["kind"] = word.into();
        data["station"] = manner.station.as_str().into();
        data["language"] = manner.config.language.tag().into();
        data["subject"] = self.subject.as_str().into();
        data["text"] = self.text.as_str().into();
        let data = data.to_string();
        let notices = manner.places().into_iter().map(move |place| {
            let is_mail = carry::is_mail(&place);
            Notice {
                id: id.clone(),
                place: place.into(),
                kind: self.kind,
                subject: self.subject.as_str().into(),
                text: if is_mail { self.text.as_str().into() } else { Box::default() },
                data: if is_mail { Box::default() } else { data.as_str().into() },
                made_s: now_s,
                attempts: 0,
                state: NoticeState::Waiting { next_s: now_s, last: None },
            }
        });
        notices.map(NoticeChange::AddNotice).collect::<Vec<_>>().into_iter()
    }
}

/// An id of several parts: 32 letters and digits. Each part counts with its length.
fn id_of<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    context.finish().as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn bad_server(reason: &str) -> Failure {
    Failure::new(ExitCode::Configuration, "reports-alerts-bad-server").with("reason", reason)
}

/// A day, in seconds.
const DAY_S: u64 = 86_400;
