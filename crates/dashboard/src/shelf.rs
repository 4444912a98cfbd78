//! What screens read a moment ago, and the answers that were made of it: the same question of the same person is answered
//! from memory while nothing it is made of has changed, and of many who ask it at the same time one reads.
//!
//! What was read is large, and kept of a few questions, so that a page, its file and what a program is told of it are of one
//! reading. Answers are kept packed, and of many questions. The secret of forms is in none of them: it is put in for whoever
//! asks, each time under another mask.

use std::any::{Any, type_name};
use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::lock::Mutex as Turn;

use crate::ask::Visit;
use crate::limits::{
    SHELF_ANSWER_BYTES_MAX, SHELF_ANSWER_COUNT_MAX, SHELF_ANSWERS_BYTES_MAX, SHELF_MAIL_MS, SHELF_PLACE_COUNT_MAX,
    SHELF_REPORTS_MS,
};
use crate::packed::Packed;
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

/// Places for what was read, and for answers.
#[derive(Default)]
pub(crate) struct Shelf {
    read: Places,
    answers: Places,
    /// How often something was done here.
    deed_count: AtomicU64,
}

#[derive(Default)]
struct Places(Mutex<HashMap<String, Arc<Place>>>);

#[derive(Default)]
struct Place {
    /// When it was asked for last.
    asked_ms: AtomicU64,
    /// How much is kept there, in bytes, where that is counted.
    bytes: AtomicUsize,
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
        let Some((edition, age_ms)) = self.age(C::FRESH, visit.sources) else {
            return C::read(visit).await.map(Arc::new);
        };
        let key = || key(type_name::<C>(), visit, visit.form == Form::Csv);
        let Some(place) = self.read.place(&key(), visit.now_ms, SHELF_PLACE_COUNT_MAX) else {
            return C::read(visit).await.map(Arc::new);
        };
        let mut kept = place.kept.lock().await;
        if let Some((data, at_ms)) = current::<C::Data>(kept.as_ref(), edition, visit.now_ms, age_ms) {
            visit.read_ms.fetch_min(at_ms, Ordering::Relaxed);
            return Ok(data);
        }
        // The old goes before the new is read: there is room for one.
        *kept = None;
        let data = Arc::new(C::read(visit).await?);
        *kept = Some(Kept { edition, at_ms: visit.now_ms, data: Arc::<C::Data>::clone(&data) });
        Ok(data)
    }

    /// The answer to a visit of a screen, from its place or made; `None` where none is kept. `make` gives what is to be kept.
    ///
    /// # Errors
    /// As `make`. What cannot be made is not kept.
    pub(crate) async fn answer<S: Sources, F: Future<Output = Result<Packed, Trouble>> + Send>(
        &self,
        (id, fresh): (&str, Fresh),
        visit: &Visit<'_, S>,
        make: impl FnOnce() -> F + Send,
    ) -> Result<Arc<Packed>, Trouble> {
        let Some((edition, age_ms)) = self.age(fresh, visit.sources) else { return make().await.map(Arc::new) };
        let who = (visit.path, visit.form, &visit.who.theme, visit.who.csrf.is_empty());
        let key = format!("{who:?} {}", key(id, visit, visit.form == Form::Csv));
        let Some(place) = self.answers.place(&key, visit.now_ms, SHELF_ANSWER_COUNT_MAX) else {
            return make().await.map(Arc::new);
        };
        let mut kept = place.kept.lock().await;
        if let Some((answer, _)) = current::<Packed>(kept.as_ref(), edition, visit.now_ms, age_ms) {
            return Ok(answer);
        }
        *kept = None;
        place.bytes.store(0, Ordering::Relaxed);
        let answer = Arc::new(make().await?);
        if answer.bytes() <= SHELF_ANSWER_BYTES_MAX {
            // It is as old as the oldest thing that it is made of.
            let at_ms = visit.read_ms.load(Ordering::Relaxed);
            place.bytes.store(answer.bytes(), Ordering::Relaxed);
            *kept = Some(Kept { edition, at_ms, data: Arc::<Packed>::clone(&answer) });
            drop(kept);
            drop(place);
            self.answers.shrink(SHELF_ANSWERS_BYTES_MAX);
        }
        Ok(answer)
    }

    /// Something was done here: all that was read is old.
    pub(crate) fn turn(&self) {
        self.deed_count.fetch_add(1, Ordering::AcqRel);
    }

    /// The state of all now – before anything is read: what changes meanwhile makes it old – and for how long what is read
    /// is good; `None` where it is read each time.
    fn age<S: Sources>(&self, fresh: Fresh, sources: &S) -> Option<(Edition, u64)> {
        let (store, age_ms) = match (fresh, sources.edition()) {
            (Fresh::Anew, _) | (_, None) => return None,
            (Fresh::Reports, Some(edition)) => (edition, SHELF_REPORTS_MS),
            (Fresh::Mail, Some(_)) => (0, SHELF_MAIL_MS),
        };
        Some(((store, self.deed_count.load(Ordering::Acquire)), age_ms))
    }
}

impl Places {
    /// The place of a question; `None` while so many are in use.
    fn place(&self, key: &str, now_ms: u64, count_max: usize) -> Option<Arc<Place>> {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !places.contains_key(key) {
            places.retain(|_, place| {
                !is_idle(place) || now_ms < place.asked_ms.load(Ordering::Relaxed).saturating_add(SHELF_REPORTS_MS)
            });
            if places.len() >= count_max {
                let oldest = oldest(&places)?;
                places.remove(&oldest);
            }
            places.insert(key.to_owned(), Arc::default());
        }
        let place = places.get(key)?;
        place.asked_ms.store(now_ms, Ordering::Relaxed);
        Some(Arc::clone(place))
    }

    /// Takes away what was asked for longest ago until no more than so many bytes are kept.
    fn shrink(&self, bytes_max: usize) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while places.values().map(|place| place.bytes.load(Ordering::Relaxed)).sum::<usize>() > bytes_max {
            let Some(oldest) = oldest(&places) else { return };
            places.remove(&oldest);
        }
    }
}

/// Whether nobody waits or reads there.
fn is_idle(place: &Arc<Place>) -> bool {
    Arc::strong_count(place) == 1
}

/// The place that was asked for longest ago, of those that nobody uses.
fn oldest(places: &HashMap<String, Arc<Place>>) -> Option<String> {
    let idle = places.iter().filter(|(_, place)| is_idle(place));
    idle.min_by_key(|(_, place)| place.asked_ms.load(Ordering::Relaxed)).map(|(key, _)| key.clone())
}

/// What is kept, and since when, where it is still good.
fn current<T: Send + Sync + 'static>(
    kept: Option<&Kept>,
    edition: Edition,
    now_ms: u64,
    age_ms: u64,
) -> Option<(Arc<T>, u64)> {
    let kept = kept.filter(|kept| kept.edition == edition && now_ms < kept.at_ms.saturating_add(age_ms))?;
    Some((Arc::clone(&kept.data).downcast::<T>().ok()?, kept.at_ms))
}

/// What the answer depends on, beside the stores: the question, and who asks.
fn key<S: Sources>(what: &str, visit: &Visit<'_, S>, is_csv: bool) -> String {
    let view = &visit.view;
    let who = (&view.who.name, view.who.role, &view.who.scope, &view.who.grants);
    let place = (what, view.object, is_csv, view.voice.language(), view.ahead_s, view.today());
    format!("{place:?} {} {who:?}", view.query.to_text())
}
