//! The succession of one domain's keys of one algorithm, as a machine with time as an argument.

use std::collections::HashMap;

use dkim::KeyKind;
use dkim::publish::{key_text, revoked_text};
use mailtext::{Domain, Explain, Value};

use super::life::{KeyLife, Publishes, Stage, Standing};
use super::record::{Agreement, View, Wanted};
use super::settings::{Disclosure, Settings};
use super::wait::{Event, Wait};
use crate::limits::{CACHE_S_MAX, LINE_KEY_COUNT_MAX, POLL_S_MAX, POLL_S_MIN, USED_SELECTOR_COUNT_MAX};

/// The keys of a domain for one algorithm, of which at most one signs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// `d=`.
    pub domain: Domain,
    /// Which algorithm.
    pub kind: KeyKind,
    /// Where its keys are published.
    pub place: Place,
    /// Its keys, the oldest first.
    pub keys: Vec<KeyLife>,
    /// Selectors of keys that are forgotten, with when that was: they are not taken again.
    pub used: Vec<(Domain, u64)>,
    /// A successor is wanted now.
    pub is_asked: bool,
    /// No successor is wanted ever: the domain gives up signing.
    pub is_ending: bool,
}

/// Where keys are published.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// In the domain itself: `SELECTOR._domainkey.DOMAIN`.
    Own,
    /// In a provider's zone, to which the domain leads by CNAME records that never change: the selectors are slots, the
    /// first free of which is taken (the guideline's 3-3).
    Provider {
        /// The provider's name under which all keys are: `SELECTOR.DOMAIN.ZONE`.
        zone: Domain,
        /// How many slots each domain has.
        slots: u32,
    },
}

/// What is known of the world at a turn.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// What the servers of each name's zone show, one view for each server. Names that nobody asked for are absent.
    pub views: HashMap<Domain, Vec<View>>,
    /// The end of the last period, in seconds since 1970, of which a report shows a domain's selector.
    pub reported: HashMap<(Domain, Domain), u64>,
}

/// What a turn wants done. Each may be done again without harm, and is told again as long as it shows no effect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// A key is to be made, and handed over with [`Line::stage`].
    Generate {
        /// Under this selector.
        selector: Domain,
    },
    /// DNS is to hold this.
    Put {
        /// At this name.
        name: Domain,
        /// This.
        wanted: Wanted,
    },
    /// The private key is to be published.
    Disclose {
        /// The key's selector.
        selector: Domain,
    },
    /// The private key is to be destroyed.
    Erase {
        /// The key's selector.
        selector: Domain,
    },
}

/// What came of a turn.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Turn {
    /// What happened.
    pub events: Vec<Event>,
    /// What is to be done, after the line is kept.
    pub actions: Vec<Action>,
    /// Why it waits.
    pub waits: Vec<Wait>,
    /// When to come again, in seconds since 1970.
    pub wake_s: u64,
}

/// Why a command is not followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// There is no key with this selector.
    UnknownSelector,
    /// The key signs, and no other is ready.
    NoReplacement,
    /// It is so already, or further.
    AlreadySo,
    /// The selector is or was another key's.
    SelectorTaken,
    /// The line gives up signing.
    Ending,
    /// More keys than [`LINE_KEY_COUNT_MAX`].
    TooManyKeys,
}

impl Line {
    /// A line without keys; its first turn wants one.
    #[must_use]
    pub fn new(domain: Domain, kind: KeyKind, place: Place) -> Self {
        Self { domain, kind, place, keys: Vec::new(), used: Vec::new(), is_asked: false, is_ending: false }
    }

    /// The key that signs.
    #[must_use]
    pub fn active(&self) -> Option<&KeyLife> {
        self.keys.iter().find(|key| key.stage == Stage::Active)
    }

    /// The key with this selector.
    #[must_use]
    pub fn key(&self, selector: &Domain) -> Option<&KeyLife> {
        self.keys.iter().find(|key| key.selector == *selector)
    }

    /// Where the record of a key is.
    #[must_use]
    pub fn record_name(&self, selector: &Domain) -> Option<Domain> {
        match &self.place {
            // RFC 6376 §3.6.2.1: keys are stored below `_domainkey`.
            Place::Own => self.domain.prefixed(&format!("{selector}._domainkey")).ok(),
            Place::Provider { zone, .. } => zone.prefixed(&format!("{selector}.{}", self.domain)).ok(),
        }
    }

    /// The CNAME record of a selector: where it is, and where it leads.
    #[must_use]
    pub fn alias(&self, selector: &Domain) -> Option<(Domain, Domain)> {
        match &self.place {
            Place::Own => None,
            Place::Provider { .. } => {
                let name = self.domain.prefixed(&format!("{selector}._domainkey")).ok()?;
                Some((name, self.record_name(selector)?))
            }
        }
    }

    /// What the name of a key's record should hold now.
    #[must_use]
    pub fn wanted(&self, key: &KeyLife) -> Wanted {
        match key.stage.publishes() {
            Publishes::Key => Wanted::Text(key_text(self.kind, &key.public)),
            Publishes::Revocation => Wanted::Text(revoked_text()),
            Publishes::Nothing => Wanted::Nothing,
        }
    }

    /// The names that should be looked at before a turn.
    #[must_use]
    pub fn names(&self) -> Vec<Domain> {
        let of_key = |key: &KeyLife| {
            let alias = self.alias(&key.selector).filter(|_| key.stage.publishes() == Publishes::Key);
            self.record_name(&key.selector).into_iter().chain(alias.map(|(name, _)| name))
        };
        self.keys.iter().flat_map(of_key).collect()
    }

    /// One turn: takes in what is known at `now_s`, goes on as far as that allows, and says what is to be done. `is_taken`
    /// tells selectors that belong to others of the domain.
    pub fn advance(
        &mut self,
        now_s: u64,
        sight: &Sight,
        settings: &Settings,
        is_taken: &dyn Fn(&Domain) -> bool,
    ) -> Turn {
        let mut turn = Turn::default();
        let looks = self.look(now_s, sight, &mut turn);
        self.follow_loss(now_s, settings, &looks, &mut turn);
        self.activate(now_s, settings, &mut turn);
        self.let_go(now_s, settings, &mut turn);
        self.wish(now_s, settings, is_taken, &mut turn);
        self.act(settings, &looks, &mut turn);
        turn.wake_s = self.wake_s(now_s, settings);
        turn
    }

    /// Takes over a key that was made, or comes from elsewhere.
    ///
    /// # Errors
    /// Its selector is or was another's, or there are too many.
    pub fn stage(&mut self, selector: Domain, public: &str, now_s: u64) -> Result<(), Refusal> {
        if self.is_ending {
            return Err(Refusal::Ending);
        }
        if !self.is_free(&selector) {
            return Err(Refusal::SelectorTaken);
        }
        if self.keys.len() >= LINE_KEY_COUNT_MAX {
            return Err(Refusal::TooManyKeys);
        }
        self.keys.push(KeyLife::new(selector, public, now_s));
        self.is_asked = false;
        Ok(())
    }

    /// Wants a successor now.
    ///
    /// # Errors
    /// The line gives up signing, or one is staged already.
    pub fn rotate(&mut self) -> Result<(), Refusal> {
        if self.is_ending {
            return Err(Refusal::Ending);
        }
        if self.is_asked || self.staged().is_some() {
            return Err(Refusal::AlreadySo);
        }
        self.is_asked = true;
        Ok(())
    }

    /// Lets a key go: one that never signed is taken back, one that signs gives way to its successor if that is ready.
    ///
    /// # Errors
    /// There is no such key, no successor, or it goes already.
    pub fn retire(&mut self, selector: &Domain, now_s: u64, settings: &Settings) -> Result<(), Refusal> {
        let at = self.place_of(selector)?;
        match self.keys[at].stage {
            Stage::Staged => self.take_back(at, now_s),
            Stage::Active => {
                let next = self.ready(now_s, settings).ok_or(Refusal::NoReplacement)?;
                self.hand_over(next, now_s, settings);
            }
            _ => return Err(Refusal::AlreadySo),
        }
        Ok(())
    }

    /// Gives up signing: no key follows.
    pub fn end(&mut self, now_s: u64, settings: &Settings) {
        self.is_ending = true;
        self.is_asked = false;
        for at in 0..self.keys.len() {
            match self.keys[at].stage {
                Stage::Staged => self.take_back(at, now_s),
                Stage::Active => self.drain(at, now_s, settings),
                _ => {}
            }
        }
    }

    /// Revokes a key now, whatever mail is on its way. A key that signs is revoked only when its successor is ready, unless
    /// it is compromised: then the successor signs as soon as everybody shows it, and until then nothing does.
    ///
    /// # Errors
    /// There is no such key, no successor, or it is revoked already.
    pub fn revoke(
        &mut self,
        selector: &Domain,
        standing: Standing,
        now_s: u64,
        settings: &Settings,
    ) -> Result<(), Refusal> {
        let at = self.place_of(selector)?;
        let stage = self.keys[at].stage;
        if stage >= Stage::Revoked {
            return Err(Refusal::AlreadySo);
        }
        if stage == Stage::Active {
            let next = match standing {
                Standing::Secret => Some(self.ready(now_s, settings).ok_or(Refusal::NoReplacement)?),
                Standing::Compromised => self.staged().filter(|staged| self.keys[*staged].seen_s.is_some()),
            };
            match next {
                Some(next) => self.hand_over(next, now_s, settings),
                None => self.is_asked = !self.is_ending && self.staged().is_none(),
            }
        }
        let key = &mut self.keys[at];
        key.standing = standing;
        key.enter(Stage::Revoked, now_s);
        Ok(())
    }

    fn place_of(&self, selector: &Domain) -> Result<usize, Refusal> {
        self.keys.iter().position(|key| key.selector == *selector).ok_or(Refusal::UnknownSelector)
    }

    fn staged(&self) -> Option<usize> {
        self.keys.iter().position(|key| key.stage == Stage::Staged)
    }

    fn is_free(&self, selector: &Domain) -> bool {
        let is_used = matches!(self.place, Place::Own) && self.used.iter().any(|(used, _)| used == selector);
        !is_used && self.key(selector).is_none()
    }

    /// The staged key, when everybody sees it and no cache holds anything else.
    fn ready(&self, now_s: u64, settings: &Settings) -> Option<usize> {
        let at = self.staged()?;
        self.keys[at].settled_s(settings.ttl_s).filter(|settled_s| *settled_s <= now_s).map(|_| at)
    }

    /// Nothing signs since a key was compromised.
    fn is_emergency(&self) -> bool {
        self.active().is_none() && self.keys.iter().any(|key| key.standing == Standing::Compromised)
    }

    /// A key that has never signed leaves no mail behind.
    fn take_back(&mut self, at: usize, now_s: u64) {
        let key = &mut self.keys[at];
        let stage = if key.signed_until_s.is_some() { Stage::Draining } else { Stage::Deleted };
        key.enter(stage, now_s);
    }

    fn drain(&mut self, at: usize, now_s: u64, settings: &Settings) {
        let key = &mut self.keys[at];
        key.signed_until_s = Some(now_s.saturating_add(settings.lag_s));
        key.enter(Stage::Draining, now_s);
    }

    /// The key at `next` signs from now on, and no other.
    fn hand_over(&mut self, next: usize, now_s: u64, settings: &Settings) {
        for at in 0..self.keys.len() {
            if self.keys[at].stage == Stage::Active {
                self.drain(at, now_s, settings);
            }
        }
        let key = &mut self.keys[next];
        key.active_s = Some(now_s);
        key.signed_until_s = None;
        key.enter(Stage::Active, now_s);
    }

    /// Takes in what servers and reports show.
    fn look(&mut self, now_s: u64, sight: &Sight, turn: &mut Turn) -> Looks {
        let judged: Vec<_> = self.keys.iter().map(|key| self.judge(key, sight, turn)).collect();
        let looks = self.keys.iter().zip(&judged);
        let looks = looks.map(|(key, (agreement, _))| (key.selector.clone(), (key.stage.publishes(), *agreement)));
        let looks = Looks(looks.collect());
        for (key, (agreement, ttl_s)) in self.keys.iter_mut().zip(&judged) {
            match agreement {
                Agreement::Everywhere => key.seen_s = key.seen_s.or(Some(now_s)),
                Agreement::Partly { .. } | Agreement::Nowhere => {
                    key.seen_s = None;
                    key.settle_s = key.settle_s.max((*ttl_s).min(CACHE_S_MAX));
                }
                Agreement::Silence { .. } | Agreement::Unasked => {}
            }
            let reported = sight.reported.get(&(self.domain.clone(), key.selector.clone()));
            key.reported_s = key.reported_s.max(reported.copied());
        }
        looks
    }

    /// What the servers say of a key: of its record, and of the CNAME record that leads there.
    fn judge(&self, key: &KeyLife, sight: &Sight, turn: &mut Turn) -> (Agreement, u32) {
        let of = |name: &Domain, wanted: &Wanted| wanted.judge(sight.views.get(name).map_or(&[][..], Vec::as_slice));
        let Some(name) = self.record_name(&key.selector) else { return (Agreement::Unasked, 0) };
        let (agreement, ttl_s) = of(&name, &self.wanted(key));
        turn.waits.extend(waiting(key, &name, agreement));
        let alias = self.alias(&key.selector).filter(|_| key.stage.publishes() == Publishes::Key);
        let Some((name, target)) = alias else { return (agreement, ttl_s) };
        let (of_alias, alias_ttl_s) = of(&name, &Wanted::Alias(target.clone()));
        turn.waits.extend(match of_alias {
            Agreement::Nowhere => Some(Wait::AliasMissing { name, target }),
            other => waiting(key, &name, other),
        });
        let ttl_s = ttl_s.max(alias_ttl_s);
        if agreement == Agreement::Everywhere { (of_alias, ttl_s) } else { (agreement, ttl_s) }
    }

    /// A key whose record is gone from every server signs nothing that anybody could verify. The one before it may still
    /// be there.
    fn follow_loss(&mut self, now_s: u64, settings: &Settings, looks: &Looks, turn: &mut Turn) {
        let is_lost = |key: &KeyLife| key.stage == Stage::Active && looks.of(key) == Agreement::Nowhere;
        let Some(at) = self.keys.iter().position(is_lost) else { return };
        let key = &mut self.keys[at];
        key.signed_until_s = Some(now_s.saturating_add(settings.lag_s));
        key.enter(Stage::Staged, now_s);
        turn.events.push(Event::Lost { selector: key.selector.clone() });
        let is_there = |key: &KeyLife| key.stage == Stage::Draining && looks.of(key) == Agreement::Everywhere;
        if let Some(before) = self.keys.iter().rposition(is_there) {
            self.hand_over(before, now_s, settings);
            turn.events.push(Event::RolledBack { selector: self.keys[before].selector.clone() });
        }
    }

    fn activate(&mut self, now_s: u64, settings: &Settings, turn: &mut Turn) {
        let Some(at) = self.staged() else { return };
        let key = &self.keys[at];
        let Some(settled_s) = key.settled_s(settings.ttl_s) else { return };
        // When nothing signs, a signature that some caches cannot verify yet is better than none.
        if settled_s > now_s && !self.is_emergency() {
            turn.waits.push(Wait::Settling { selector: key.selector.clone(), until_s: settled_s });
            return;
        }
        let before = self.active().map(|key| key.selector.clone());
        self.hand_over(at, now_s, settings);
        turn.events.push(Event::Moved { selector: self.keys[at].selector.clone(), stage: Stage::Active });
        turn.events.extend(before.map(|selector| Event::Moved { selector, stage: Stage::Draining }));
    }

    /// What is no longer needed goes its way to the end.
    fn let_go(&mut self, now_s: u64, settings: &Settings, turn: &mut Turn) {
        for key in &mut self.keys {
            match next_stage(key, now_s, settings) {
                Next::Stage(stage) => {
                    key.enter(stage, now_s);
                    turn.events.push(Event::Moved { selector: key.selector.clone(), stage });
                }
                Next::Waits(wait) => turn.waits.push(wait),
                Next::Nothing => {}
            }
        }
        // A slot is free again when caches have forgotten, too, what was there.
        let is_gone = |key: &KeyLife| {
            key.stage == Stage::Deleted && key.settled_s(settings.ttl_s).is_some_and(|settled_s| settled_s <= now_s)
        };
        for key in self.keys.extract_if(.., |key| is_gone(key)) {
            turn.actions.push(Action::Erase { selector: key.selector.clone() });
            turn.events.push(Event::Gone { selector: key.selector.clone() });
            if self.place == Place::Own {
                self.used.push((key.selector, now_s));
            }
        }
        let surplus = self.used.len().saturating_sub(USED_SELECTOR_COUNT_MAX);
        self.used.drain(..surplus);
    }

    /// Wants a key where one is needed.
    fn wish(&mut self, now_s: u64, settings: &Settings, is_taken: &dyn Fn(&Domain) -> bool, turn: &mut Turn) {
        let has_signed = self.keys.iter().any(|key| key.active_s.is_some());
        if self.active().is_none() && !self.is_ending && has_signed {
            turn.waits.push(Wait::NothingSigns);
        }
        if self.is_ending || self.staged().is_some() {
            return;
        }
        let due_s = self.due_s(settings);
        if due_s.is_none_or(|due_s| due_s > now_s) {
            turn.waits.extend(due_s.map(|until_s| Wait::Due { until_s }));
            return;
        }
        let (template, count) = match &self.place {
            Place::Own => (&settings.template, None),
            Place::Provider { slots, .. } => (&settings.slot_template, Some(*slots)),
        };
        let is_usable = |selector: &Domain| self.is_free(selector) && !is_taken(selector) && self.has_room(selector);
        match template.first_free(self.kind, now_s, count, is_usable) {
            Some(selector) if self.keys.len() < LINE_KEY_COUNT_MAX => turn.actions.push(Action::Generate { selector }),
            _ => turn.waits.push(Wait::NoSelector),
        }
    }

    /// Whether the names that a selector needs can be written.
    fn has_room(&self, selector: &Domain) -> bool {
        let has_alias = matches!(self.place, Place::Own) || self.alias(selector).is_some();
        has_alias && self.record_name(selector).is_some()
    }

    /// When the next key is due; `Some(0)` when it is now, and `None` for never.
    fn due_s(&self, settings: &Settings) -> Option<u64> {
        match self.active() {
            None => Some(0),
            Some(_) if self.is_asked => Some(0),
            Some(key) => Some(key.active_s.unwrap_or(key.since_s).saturating_add(settings.rotate_after_s?)),
        }
    }

    /// What DNS and the store of keys should hold and, as far as anybody has seen, do not.
    fn act(&self, settings: &Settings, looks: &Looks, turn: &mut Turn) {
        for key in &self.keys {
            // Where servers disagree, nobody knows which of them the others follow: it is put there again.
            if looks.of(key) != Agreement::Everywhere && key.seen_s.is_none() {
                if let Some((name, target)) = self.alias(&key.selector)
                    && key.stage.publishes() == Publishes::Key
                {
                    turn.actions.push(Action::Put { name, wanted: Wanted::Alias(target) });
                }
                let name = self.record_name(&key.selector);
                turn.actions.extend(name.map(|name| Action::Put { name, wanted: self.wanted(key) }));
            }
            if key.stage == Stage::Disclosed && settings.disclosure == Disclosure::AfterRevocation {
                turn.actions.push(Action::Disclose { selector: key.selector.clone() });
            }
            if key.stage == Stage::Deleted {
                turn.actions.push(Action::Erase { selector: key.selector.clone() });
            }
        }
    }

    fn wake_s(&self, now_s: u64, settings: &Settings) -> u64 {
        let usual_s = now_s.saturating_add(settings.check_s);
        let due_s = self.due_s(settings).filter(|_| !self.is_ending && self.staged().is_none());
        let of_key = |key: &KeyLife| {
            let poll_s = (now_s.saturating_sub(key.since_s) / 4).clamp(POLL_S_MIN, POLL_S_MAX);
            let unseen_s = now_s.saturating_add(poll_s);
            let settled_s = key.settled_s(settings.ttl_s).unwrap_or(unseen_s);
            match key.stage {
                Stage::Staged | Stage::Deleted => settled_s,
                Stage::Active => usual_s,
                Stage::Draining => kept_until_s(key, settings),
                Stage::Revoked | Stage::Disclosed if key.seen_s.is_none() => unseen_s,
                Stage::Revoked if settings.disclosure == Disclosure::AfterRevocation => settled_s,
                Stage::Revoked | Stage::Disclosed => ends_s(key, settings),
            }
        };
        let first_s = self.keys.iter().map(of_key).chain(due_s).min().unwrap_or(usual_s);
        first_s.clamp(now_s.saturating_add(POLL_S_MIN), usual_s.max(now_s.saturating_add(POLL_S_MIN)))
    }
}

/// Where a key goes from here.
enum Next {
    Stage(Stage),
    Waits(Wait),
    Nothing,
}

fn next_stage(key: &KeyLife, now_s: u64, settings: &Settings) -> Next {
    let selector = || key.selector.clone();
    match key.stage {
        Stage::Draining => match kept_until_s(key, settings) {
            until_s if until_s > now_s => Next::Waits(Wait::InFlight { selector: selector(), until_s }),
            _ => Next::Stage(Stage::Revoked),
        },
        Stage::Revoked | Stage::Disclosed => {
            let Some(settled_s) = key.settled_s(settings.ttl_s) else { return Next::Nothing };
            // As long as a cache holds the key, whoever has the private one could sign what passes.
            if settled_s > now_s {
                return Next::Waits(Wait::Settling { selector: selector(), until_s: settled_s });
            }
            if key.stage == Stage::Revoked && settings.disclosure == Disclosure::AfterRevocation {
                return Next::Stage(Stage::Disclosed);
            }
            match (ends_s(key, settings), key.reported_s) {
                (until_s, _) if until_s <= now_s => Next::Stage(Stage::Deleted),
                (until_s, Some(seen_s)) if seen_s.saturating_add(settings.quiet_s) == until_s => {
                    Next::Waits(Wait::Reported { selector: selector(), seen_s, until_s })
                }
                (until_s, _) => Next::Waits(Wait::Revoked { selector: selector(), until_s }),
            }
        }
        Stage::Staged | Stage::Active | Stage::Deleted => Next::Nothing,
    }
}

/// Until when a key is published for the mail that it has signed.
fn kept_until_s(key: &KeyLife, settings: &Settings) -> u64 {
    key.signed_until_s.unwrap_or(key.since_s).saturating_add(settings.keep_s())
}

/// When a revoked key may be taken away, as far as is known.
fn ends_s(key: &KeyLife, settings: &Settings) -> u64 {
    let quiet_s = key.reported_s.map_or(0, |reported_s| reported_s.saturating_add(settings.quiet_s));
    key.since_s.saturating_add(settings.revoked_s).max(quiet_s)
}

/// Why a key waits for its record.
fn waiting(key: &KeyLife, name: &Domain, agreement: Agreement) -> Option<Wait> {
    let name = name.clone();
    match agreement {
        Agreement::Everywhere => None,
        Agreement::Partly { others, of } => Some(Wait::NotEverywhere { name, count: others, total: of }),
        Agreement::Nowhere => Some(Wait::Nowhere { name }),
        Agreement::Silence { silent } => Some(Wait::Silent { name, count: silent }),
        Agreement::Unasked => key.seen_s.is_none().then_some(Wait::Unasked { name }),
    }
}

/// What was seen of each key, by its selector, and of what it was wanted.
struct Looks(HashMap<Domain, (Publishes, Agreement)>);

impl Looks {
    /// What was seen of a key. What it wants may have changed since: then nothing has been seen.
    fn of(&self, key: &KeyLife) -> Agreement {
        let look = self.0.get(&key.selector).filter(|(publishes, _)| *publishes == key.stage.publishes());
        look.map_or(Agreement::Unasked, |(_, agreement)| *agreement)
    }
}

impl Explain for Refusal {
    fn id(&self) -> &'static str {
        match self {
            Self::UnknownSelector => "rotation-refused-unknown-selector",
            Self::NoReplacement => "rotation-refused-no-replacement",
            Self::AlreadySo => "rotation-refused-already-so",
            Self::SelectorTaken => "rotation-refused-selector-taken",
            Self::Ending => "rotation-refused-ending",
            Self::TooManyKeys => "rotation-refused-too-many-keys",
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooManyKeys => vec![("limit", LINE_KEY_COUNT_MAX.into())],
            _ => Vec::new(),
        }
    }
}
