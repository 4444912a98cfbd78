//! One turn of keys: look, advance, make, keep, and only then do. It may be cut off between any two of them; the next turn
//! makes it good.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use dkim::publish::{key_text, public_text, revoked_text};
use mailtext::Domain;
use outgoing::rotation::{Action, Book, Line, LineId, Sight, Stage, Turn, Wanted};
use tokio::task::block_in_place;

use super::generate::generate;
use super::store::{Lock, Store, replace};
use super::world::{Published, Put, World};
use crate::config::KeysConfig;
use crate::exit::ExitCode;
use crate::failure::Failure;

/// The keys, and the world that they are in.
pub(super) struct Keys<'a, W> {
    pub(super) store: &'a Store,
    pub(super) config: &'a KeysConfig,
    pub(super) world: W,
}

/// What came of a turn.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Of each line that was turned.
    pub(super) turns: Vec<(LineId, Turn)>,
    /// What was to be brought into DNS, and what came of it.
    pub(super) published: Vec<(LineId, Put, Published)>,
    /// What else could not be done.
    pub(super) failures: Vec<Failure>,
    /// The lines as they are now.
    pub(super) book: Book,
}

impl<W: World> Keys<'_, W> {
    /// Follows a command, then turns the lines that it names.
    ///
    /// # Errors
    /// The command is refused, or the store cannot be used: nothing has changed.
    pub(super) async fn pass(
        &self,
        now_s: u64,
        command: impl FnOnce(&mut Book, &Lock) -> Result<BTreeSet<LineId>, Failure>,
    ) -> Result<Report, Failure> {
        let lock = block_in_place(|| self.store.lock())?;
        let before = self.store.load()?;
        let mut book = before.clone();
        let ids: Vec<LineId> = block_in_place(|| command(&mut book, &lock))?.into_iter().collect();
        let sight = self.sight(&book, &ids, now_s).await;
        let mut turns = book.advance(&ids, now_s, &sight, &self.config.settings);
        let mut report = Report::default();
        let made = block_in_place(|| self.make(&lock, &mut book, &turns, now_s, &mut report));
        // What was made just now wants to be published.
        let later = book.advance(&made, now_s, &Sight::default(), &self.config.settings);
        let mut later: HashMap<LineId, Turn> = later.into_iter().collect();
        for (id, turn) in &mut turns {
            if let Some(later) = later.remove(id) {
                join(turn, later);
            }
        }
        let actions: Vec<(LineId, Action)> = turns
            .iter()
            .flat_map(|(id, turn)| turn.actions.iter().map(|action| (id.clone(), action.clone())))
            .collect();
        let kept = book.clone();
        book.forget_ended();
        if book != before {
            self.store.save(&lock, &book)?;
        }
        self.act(&lock, &kept, actions, &mut report).await;
        (report.turns, report.book) = (turns, book);
        Ok(report)
    }

    /// What is known of a domain's keys.
    pub(super) async fn look(&self, book: &Book, domain: &Domain, now_s: u64) -> Sight {
        let ids: Vec<LineId> = book.of_domain(domain).map(|(id, _)| id.clone()).collect();
        self.sight(book, &ids, now_s).await
    }

    async fn sight(&self, book: &Book, ids: &[LineId], now_s: u64) -> Sight {
        let lines = || ids.iter().filter_map(|id| book.line(id));
        let names: Vec<Domain> = lines().flat_map(Line::names).collect();
        let is_revoked =
            |line: &&Line| line.keys.iter().any(|key| matches!(key.stage, Stage::Revoked | Stage::Disclosed));
        let domains: Vec<Domain> = lines().filter(is_revoked).map(|line| line.domain.clone()).collect();
        let views = if names.is_empty() { HashMap::new() } else { self.world.views(&names).await };
        Sight { views, reported: self.world.reported(&domains, now_s).await }
    }

    /// Makes the keys that are wanted, and says for which lines.
    fn make(
        &self,
        lock: &Lock,
        book: &mut Book,
        turns: &[(LineId, Turn)],
        now_s: u64,
        report: &mut Report,
    ) -> Vec<LineId> {
        let mut made = Vec::new();
        for (id, action) in turns.iter().flat_map(|(id, turn)| turn.actions.iter().map(move |action| (id, action))) {
            let Action::Generate { selector } = action else { continue };
            match self.make_one(lock, book, id, selector, now_s) {
                Ok(()) => made.push(id.clone()),
                Err(failure) => report.failures.push(failure),
            }
        }
        made
    }

    /// Makes one key. Its file is there before the book speaks of it.
    pub(super) fn make_one(
        &self,
        lock: &Lock,
        book: &mut Book,
        id: &LineId,
        selector: &Domain,
        now_s: u64,
    ) -> Result<(), Failure> {
        let Some(line) = book.line_mut(id) else { return Ok(()) };
        let (pem, key) = generate(line.kind)?;
        self.store.keep(lock, &id.domain, selector, &pem)?;
        let staged = line.stage(selector.clone(), &public_text(&key), now_s);
        staged.map_err(|refusal| super::told(ExitCode::Usage, &refusal, &[]))
    }

    /// Does what the turns want, after the book is kept.
    async fn act(&self, lock: &Lock, book: &Book, actions: Vec<(LineId, Action)>, report: &mut Report) {
        let (mut ids, mut puts, mut places) = (Vec::new(), Vec::<Put>::new(), HashMap::new());
        for (id, action) in actions {
            let done = match action {
                Action::Generate { .. } => Ok(()),
                Action::Put { name, wanted } => {
                    // The last word counts.
                    if let Some(at) = places.get(&name).copied() {
                        let put: &mut Put = &mut puts[at];
                        put.wanted = wanted;
                    } else {
                        let ours = ours(book.line(&id), &name);
                        places.insert(name.clone(), puts.len());
                        puts.push(Put { name, wanted, ours });
                        ids.push(id);
                    }
                    Ok(())
                }
                Action::Disclose { selector } => self.disclose(&id.domain, &selector),
                Action::Erase { selector } => self.store.erase(lock, &id.domain, &selector),
            };
            report.failures.extend(done.err());
        }
        if puts.is_empty() {
            return;
        }
        let outcomes = self.world.publish(&puts, book).await;
        report.published = ids.into_iter().zip(puts).zip(outcomes).map(|((id, put), it)| (id, put, it)).collect();
    }

    fn disclose(&self, domain: &Domain, selector: &Domain) -> Result<(), Failure> {
        let Some(directory) = &self.config.disclose else { return Ok(()) };
        let path = directory.join(format!("{selector}._domainkey.{domain}.pem"));
        if path.exists() {
            return Ok(());
        }
        let pem = self.store.pem(domain, selector)?;
        disclose(&path, &pem)
    }
}

fn disclose(path: &Path, pem: &str) -> Result<(), Failure> {
    replace(path, pem.as_bytes(), 0o644).map_err(|error| super::unusable(path, &error.to_string()))
}

/// A later turn of the same line at the same time: what happened adds up, and the rest is as it is now.
fn join(before: &mut Turn, later: Turn) {
    before.events.extend(later.events);
    for action in later.actions {
        if !before.actions.contains(&action) {
            before.actions.push(action);
        }
    }
    before.waits = later.waits;
    before.wake_s = before.wake_s.min(later.wake_s);
}

/// What of ours a name may hold: the key that is there now, or its revocation.
fn ours(line: Option<&Line>, name: &Domain) -> Vec<Wanted> {
    let Some(line) = line else { return Vec::new() };
    let key = line.keys.iter().find(|key| line.record_name(&key.selector).as_ref() == Some(name));
    key.map_or_else(Vec::new, |key| vec![Wanted::Text(key_text(line.kind, &key.public)), Wanted::Text(revoked_text())])
}
