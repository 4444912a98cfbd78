//! Where mail came from, counted now and then and not for each page: of a large ledger that takes a second, and a week that
//! is over does not change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::lock::Mutex as Turn;
use report::Ledger as _;
use report::sources::{self, Origin};

use crate::ask::DAY_MS;
use crate::limits::{ORIGIN_COUNT_MAX, ORIGIN_MS, PLACE_COUNT, SOURCE_COUNT, SOURCE_WEEK_COUNT, STATISTICS_DAYS};
use crate::sources::Sources;
use crate::trouble::Trouble;

/// Days: the first, and the first that is not one of them; since 1970.
pub type Days = (u32, u32);

/// What was counted, for [`ORIGIN_MS`].
#[derive(Default)]
pub struct Origins {
    kept: Mutex<HashMap<Days, (u64, Arc<Origin>)>>,
    /// Held by who counts: one at a time, the others wait and find what was counted.
    turn: Turn<()>,
}

impl Origins {
    /// Where the mail of these days came from, and when that was counted: from memory, unless that is `age_ms` old.
    ///
    /// # Errors
    /// As [`count`]. What cannot be counted is not kept.
    pub async fn get<S: Sources + ?Sized>(
        &self,
        house: &S,
        days: Days,
        now_ms: u64,
        age_ms: u64,
    ) -> Result<(u64, Arc<Origin>), Trouble> {
        if let Some(kept) = self.kept(days, now_ms, age_ms) {
            return Ok(kept);
        }
        let _turn = self.turn.lock().await;
        if let Some(kept) = self.kept(days, now_ms, age_ms) {
            return Ok(kept);
        }
        let counted = (now_ms, Arc::new(count(house, days).await?));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (at_ms, _)| now_ms < at_ms.saturating_add(ORIGIN_MS));
        if kept.len() >= ORIGIN_COUNT_MAX {
            let oldest = kept.iter().min_by_key(|(days, (at_ms, _))| (*at_ms, **days)).map(|(days, _)| *days);
            oldest.map(|oldest| kept.remove(&oldest));
        }
        kept.insert(days, counted.clone());
        Ok(counted)
    }

    fn kept(&self, days: Days, now_ms: u64, age_ms: u64) -> Option<(u64, Arc<Origin>)> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&days).filter(|(at_ms, _)| now_ms < at_ms.saturating_add(age_ms)).cloned()
    }
}

/// Counts where the mail of these days came from.
///
/// # Errors
/// No ledger is kept, it cannot answer, or a file of countries or networks cannot be used.
pub async fn count<S: Sources + ?Sized>(house: &S, days: Days) -> Result<Origin, Trouble> {
    let ledger = house.ledger().ok_or_else(Trouble::not_here)?;
    let week = sources::of(days, &ledger.tally(sources::query(days)).await?);
    let places = house.places(week.addresses.iter().map(|(ip, _)| *ip).collect()).await?;
    Ok(week.origin(places.as_deref(), PLACE_COUNT, SOURCE_COUNT))
}

/// The days of which the statistics of a period tell: its newest weeks, and its last seven days.
#[must_use]
pub fn asked((from_day, until_day): Days) -> (Vec<Days>, Days) {
    let weeks = sources::weeks(from_day, until_day, SOURCE_WEEK_COUNT);
    (weeks, (until_day.saturating_sub(7).max(from_day), until_day))
}

/// All days that the statistics tell of when nobody asks for others, where clocks are so far ahead of UTC: to be counted
/// before somebody asks.
#[must_use]
pub fn usual(now_ms: u64, ahead_s: i32) -> Vec<Days> {
    let local_ms = now_ms.saturating_add_signed(i64::from(ahead_s) * 1000);
    let until_day = u32::try_from(local_ms / DAY_MS).unwrap_or(u32::MAX).saturating_add(1);
    let (mut all, last) = asked((until_day.saturating_sub(STATISTICS_DAYS), until_day));
    all.push(last);
    all
}
