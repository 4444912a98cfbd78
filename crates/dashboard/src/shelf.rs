//! What screens read a moment ago: the same question of the same person is answered from memory while nothing it is made
//! of has changed, and of many who ask it at the same time one reads.
//!
//! Only what a screen read is kept, never a page: each page has its own secret for forms.

use std::any::{Any, type_name};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::lock::Mutex as Turn;

use crate::ask::Visit;
use crate::limits::{SHELF_MAIL_MS, SHELF_PLACE_COUNT_MAX, SHELF_REPORTS_MS};
use crate::screen::{Form, Screen};
use crate::sources::Sources;
use crate::trouble::Trouble;

/// For how long what a screen read may be shown again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fresh {
    /// It is read for each page.
    Anew,
    /// Until a report, a mark, an audit or a letter is kept, or a minute has gone: names in DNS change too.
    Reports,
    /// Some moments: mail comes all the time.
    Mail,
}

/// Places for what was read.
#[derive(Default)]
pub(crate) struct Shelf {
    places: Mutex<HashMap<String, Arc<Place>>>,
    /// How often something was done here.
    deed_count: AtomicU64,
}

#[derive(Default)]
struct Place {
    /// When it was asked for last.
    asked_ms: AtomicU64,
    /// Held by who reads: the others wait, and find what was read.
    kept: Turn<Option<Kept>>,
}

struct Kept {
    edition: Edition,
    at_ms: u64,
    data: Arc<dyn Any + Send + Sync>,
}

/// The state of all that pages are made of, as far as it is known: the store's, and how often something was done here.
type Edition = (u64, u64);

impl Shelf {
    /// What the screen shows: from its place, or read.
    ///
    /// # Errors
    /// As the screen's own reading. What cannot be read is not kept.
    pub(crate) async fn read<C: Screen, S: Sources>(&self, visit: &Visit<'_, S>) -> Result<Arc<C::Data>, Trouble> {
        let (store, age_ms) = match (C::FRESH, visit.sources.edition()) {
            (Fresh::Anew, _) | (_, None) => return C::read(visit).await.map(Arc::new),
            (Fresh::Reports, Some(edition)) => (edition, SHELF_REPORTS_MS),
            (Fresh::Mail, Some(_)) => (0, SHELF_MAIL_MS),
        };
        // Before anything is read: what changes meanwhile makes it old.
        let edition = (store, self.deed_count.load(Ordering::Acquire));
        let Some(place) = self.place(key::<C, S>(visit), visit.now_ms) else {
            return C::read(visit).await.map(Arc::new);
        };
        let mut kept = place.kept.lock().await;
        if let Some(kept) = &*kept
            && kept.edition == edition
            && visit.now_ms < kept.at_ms.saturating_add(age_ms)
            && let Ok(data) = Arc::clone(&kept.data).downcast::<C::Data>()
        {
            return Ok(data);
        }
        // The old goes before the new is read: there is room for one.
        *kept = None;
        let data = Arc::new(C::read(visit).await?);
        *kept = Some(Kept { edition, at_ms: visit.now_ms, data: Arc::<C::Data>::clone(&data) });
        Ok(data)
    }

    /// Something was done here: all that was read is old.
    pub(crate) fn turn(&self) {
        self.deed_count.fetch_add(1, Ordering::AcqRel);
    }

    /// The place of a question; `None` while all are in use.
    fn place(&self, key: String, now_ms: u64) -> Option<Arc<Place>> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if !places.contains_key(&key) {
            let is_idle = |place: &Arc<Place>| Arc::strong_count(place) == 1;
            let asked_ms = |place: &Place| place.asked_ms.load(Ordering::Relaxed);
            places.retain(|_, place| !is_idle(place) || now_ms < asked_ms(place).saturating_add(SHELF_REPORTS_MS));
            if places.len() >= SHELF_PLACE_COUNT_MAX {
                let idle = places.iter().filter(|(_, place)| is_idle(place));
                let oldest = idle.min_by_key(|(_, place)| asked_ms(place)).map(|(key, _)| key.clone())?;
                places.remove(&oldest);
            }
        }
        let place = places.entry(key).or_default();
        place.asked_ms.store(now_ms, Ordering::Relaxed);
        Some(Arc::clone(place))
    }
}

/// What the answer depends on, beside the stores: the question, and who asks.
fn key<C: Screen, S: Sources>(visit: &Visit<'_, S>) -> String {
    let view = &visit.view;
    let who = (&view.who.name, view.who.role, &view.who.scope, &view.who.grants);
    let place =
        (type_name::<C>(), view.object, view.form == Form::Csv, view.voice.language(), view.ahead_s, view.today());
    format!("{place:?} {} {who:?}", view.query.to_text())
}
