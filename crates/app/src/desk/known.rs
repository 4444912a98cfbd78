//! What this installation knows of a domain beside what the domain publishes, for `check` and the daemon's audits: reports (`reported`), mail
//! (`mail`), the configuration as a receiver (`receiver`), keys (`signer`), clients (`provider`), and what the operator
//! declares. Everything is opened for questions alone: nothing is made or changed, and the daemon notices nothing.
//!
//! What is not there was never looked at, and stays `None`. What is there and cannot be read is told, and left out.

mod learnt;
mod mail;
mod provider;
mod receiver;
mod reported;
mod signer;

pub(crate) use self::learnt::learnt;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use audit::guideline::Role;
use audit::known::{SelectorUse, Statement};
use audit::{Known, SelectorSource, Snapshot, Subject, World};
use mailtext::{Domain, Explain as _};

use self::mail::Mail;
use self::provider::Clients;
use self::signer::Keys;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{KNOWN_REPORT_DAYS, KNOWN_SELECTOR_COUNT_MAX, KNOWN_WARNED_COUNT_MAX};
use crate::reports::kept::{Kept, OfDomain};

/// What there is to be asked here.
pub(crate) struct Installation<'a> {
    common: &'a Common,
    reports: Option<Kept<'a>>,
    mail: Option<Mail>,
    keys: Keys,
    receiver: Option<audit::known::Receiver>,
    statements: Vec<Statement>,
    clients: Option<Clients>,
    warned: &'a Warned,
}

/// What was told already of what cannot be read: it is not told for each of a thousand domains, nor round after round.
pub(crate) struct Warned {
    told: Mutex<BTreeSet<String>>,
    tell: fn(&str),
}

impl<'a> Installation<'a> {
    /// Opens what is there. `roles` are those whose requirements will be judged.
    pub(crate) async fn open(common: &'a Common, roles: &[Role], warned: &'a Warned) -> Self {
        let mut installation = Self {
            common,
            reports: None,
            mail: None,
            keys: Keys::default(),
            receiver: None,
            statements: common.config().audit.statements(),
            clients: None,
            warned,
        };
        let reports = Kept::open(common, KNOWN_REPORT_DAYS).await;
        installation.reports = installation.or_told(reports).flatten();
        let mail = Mail::open(common).await;
        installation.mail = installation.or_told(mail).flatten();
        let (keys, failures) = Keys::open(common);
        installation.keys = keys;
        failures.iter().for_each(|failure| installation.warn(failure));
        if common.config_file().is_some() {
            let receiver = receiver::receiver(common.config(), installation.mail.as_ref().map(Mail::received));
            installation.receiver = installation.or_told(receiver);
        }
        if roles.contains(&Role::Provider) {
            installation.clients = Clients::of(common.config(), &installation.keys);
        }
        installation
    }

    /// Takes the snapshot of a domain, with the selectors that are known here, and says what is known beside it.
    pub(crate) async fn examine<W: World>(&self, world: &W, mut subject: Subject) -> (Snapshot, Known) {
        let domain = subject.domain.clone();
        let reports = self.about(&domain).await;
        let mail = match &self.mail {
            Some(mail) => self.or_told(mail.about(&domain).await),
            None => None,
        };
        let of_reports = reports.as_ref().map(|reports| reported::selectors(reports, &domain)).unwrap_or_default();
        let of_mail = mail.as_ref().map(|mail| mail.selectors.clone()).unwrap_or_default();
        let own = self.keys.selectors(&domain).into_iter().map(|selector| (selector, SelectorSource::Keys));
        let named = |uses: &[SelectorUse], source| {
            let here = uses.iter().filter(|one| one.domain == domain);
            here.map(|one| (one.selector.clone(), source)).collect::<Vec<_>>()
        };
        let learnt =
            own.chain(named(&of_mail, SelectorSource::Mail)).chain(named(&of_reports, SelectorSource::Reports));
        subject.selectors.extend(learnt.take(KNOWN_SELECTOR_COUNT_MAX));
        let snapshot = Snapshot::take(world, subject).await;
        // Reports about a domain above tell of this one only while that domain's record applies to it.
        let applies = |reports: &OfDomain<'_>| {
            reports.policy_domain == domain
                || snapshot.dmarc.applied().is_some_and(|found| found.domain == reports.policy_domain)
        };
        let reports = reports.filter(applies);
        let signed = mail.as_ref().map(|mail| mail.outgoing);
        let known = Known {
            now_s: i64::try_from(self.common.now_s()).unwrap_or(i64::MAX),
            selectors: joined(of_mail, of_reports),
            reports: match &reports {
                Some(reports) => Some(reported::reported(world, reports, &snapshot).await),
                None => self.never_reported(&domain),
            },
            receiver: self.receiver.clone(),
            signer: self.keys.signer(&domain, &snapshot, signed, &self.common.config().signing),
            // There is no role here that forwards or keeps lists, so nothing is known of those who do: not even that they do
            // not. What the operator declares counts.
            relay: None,
            provider: self.provider(world, &domain).await,
            statements: self.statements.clone(),
            ..Known::default()
        };
        (snapshot, known)
    }

    async fn about(&self, domain: &Domain) -> Option<OfDomain<'_>> {
        let about = self.reports.as_ref()?.about(domain).await;
        self.or_told(about).flatten()
    }

    /// A domain of our own of which there never was a report, although reports are kept here. Whether somebody reads reports
    /// about a domain that we have nothing to do with is not known.
    fn never_reported(&self, domain: &Domain) -> Option<audit::known::Reported> {
        let is_ours = self.reports.is_some() && self.keys.sign_for(domain);
        is_ours.then(|| audit::known::Reported { days: KNOWN_REPORT_DAYS, ..audit::known::Reported::default() })
    }

    async fn provider<W: World>(&self, world: &W, domain: &Domain) -> Option<audit::known::Provider> {
        let clients = self.clients.as_ref().filter(|clients| clients.are_of(domain))?;
        let sent = match &self.mail {
            Some(mail) => self.or_told(mail.for_clients(&clients.domains()).await),
            None => None,
        };
        Some(clients.provider(world, domain, sent.unwrap_or_default()).await)
    }

    /// What was found; a failure is told, and the check goes on without.
    fn or_told<T>(&self, found: Result<T, Failure>) -> Option<T> {
        found.map_err(|failure| self.warn(&failure)).ok()
    }

    fn warn(&self, failure: &Failure) {
        self.warned.tell(self.common.say().explain(&warning(failure)));
    }
}

impl Warned {
    /// Tells on standard error.
    pub(crate) fn on_standard_error() -> Self {
        Self { told: Mutex::default(), tell: |text| eprintln!("sekisho: {text}") }
    }

    /// Tells in the log.
    pub(crate) fn in_log() -> Self {
        Self { told: Mutex::default(), tell: |text| tracing::warn!("{text}") }
    }

    fn tell(&self, text: String) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever serves for years begins anew one day.
        if told.len() == KNOWN_WARNED_COUNT_MAX {
            told.clear();
        }
        if !told.contains(&text) {
            (self.tell)(&text);
            told.insert(text);
        }
    }
}

/// A failure of what is kept here, as a warning; what is wrong with the configuration says so itself.
fn warning(failure: &Failure) -> Failure {
    let argument = |wanted: &str| {
        let found = failure.arguments().into_iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| value.to_string())
    };
    match (failure.code(), argument("file"), argument("reason")) {
        (ExitCode::Store, Some(file), Some(reason)) => {
            Failure::new(ExitCode::Store, "check-known-unreadable").with("file", file).with("reason", reason)
        }
        _ => failure.clone(),
    }
}

/// The uses of selectors by mail and by reports, which may tell of the same messages: the counts are not added.
fn joined(mut uses: Vec<SelectorUse>, more: Vec<SelectorUse>) -> Vec<SelectorUse> {
    for one in more {
        match uses.iter_mut().find(|there| there.domain == one.domain && there.selector == one.selector) {
            Some(there) => {
                there.first_s = there.first_s.min(one.first_s);
                there.last_s = there.last_s.max(one.last_s);
                there.messages = there.messages.max(one.messages);
                there.identity_below |= one.identity_below;
            }
            None => uses.push(one),
        }
    }
    uses
}

/// Adds a use of a selector to those that are known.
fn note_use(
    uses: &mut Vec<SelectorUse>,
    domain: &Domain,
    selector: &str,
    (first_s, last_s): (i64, i64),
    messages: u64,
) {
    let (selector, has_room) = (selector.to_ascii_lowercase(), uses.len() < KNOWN_SELECTOR_COUNT_MAX);
    match uses.iter_mut().find(|one| one.domain == *domain && *one.selector == *selector) {
        Some(one) => {
            one.first_s = one.first_s.min(first_s);
            one.last_s = one.last_s.max(last_s);
            one.messages = one.messages.saturating_add(messages);
        }
        None if has_room => uses.push(SelectorUse {
            selector: selector.into(),
            domain: domain.clone(),
            first_s,
            last_s,
            messages,
            // Neither rows nor reports tell of `i=`.
            identity_below: false,
        }),
        None => {}
    }
}

const DAY_S: i64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(name: &str) -> Domain {
        Domain::parse(name).unwrap()
    }

    #[test]
    fn uses_of_a_selector_are_one() {
        let mut uses = Vec::new();
        note_use(&mut uses, &domain("example.jp"), "S1", (5, 9), 2);
        note_use(&mut uses, &domain("example.jp"), "s1", (3, 7), 4);
        note_use(&mut uses, &domain("a.example.jp"), "s1", (1, 1), 1);
        let told = |uses: &[SelectorUse]| -> Vec<_> {
            uses.iter()
                .map(|one| (one.domain.to_string(), one.selector.to_string(), one.first_s, one.last_s, one.messages))
                .collect()
        };
        let here = ("example.jp".to_owned(), "s1".to_owned(), 3, 9, 6);
        let below = ("a.example.jp".to_owned(), "s1".to_owned(), 1, 1, 1);
        assert_eq!(told(&uses), [here, below.clone()]);
        let mut more = Vec::new();
        note_use(&mut more, &domain("example.jp"), "s1", (4, 20), 3);
        let all = joined(uses, more);
        assert_eq!(told(&all), [("example.jp".to_owned(), "s1".to_owned(), 3, 20, 6), below]);
    }

    #[test]
    fn selectors_at_below_and_above_the_limit() {
        for count in [KNOWN_SELECTOR_COUNT_MAX - 1, KNOWN_SELECTOR_COUNT_MAX, KNOWN_SELECTOR_COUNT_MAX + 1] {
            let mut uses = Vec::new();
            (0..count).for_each(|at| note_use(&mut uses, &domain("example.jp"), &format!("s{at}"), (0, 0), 1));
            assert_eq!(uses.len(), count.min(KNOWN_SELECTOR_COUNT_MAX), "{count}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_as_a_warning() {
        let failure = Failure::new(ExitCode::Store, "reports-unusable").with("file", "a").with("reason", "b");
        assert_eq!(mailtext::Explain::id(&warning(&failure)), "check-known-unreadable");
        let other = Failure::new(ExitCode::Configuration, "cli-roots-unreadable").with("file", "a").with("reason", "b");
        assert_eq!(warning(&other), other);
    }
}
