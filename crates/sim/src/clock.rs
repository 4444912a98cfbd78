//! Time that passes when the scheduler says so: one clock that only runs on, and the wall clock beside it, which jumps.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The clock of a world. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    now_us: u64,
    /// What the wall clock shows more than the other one.
    wall_ahead_ms: i64,
    timer_count: u64,
    /// Who is to be woken when. Of equal times the first comer is first.
    timers: BTreeMap<(u64, u64), Waker>,
}

impl Clock {
    /// A clock that shows `wall_s` seconds since 1970.
    #[must_use]
    pub fn new(wall_s: u64) -> Self {
        let wall_ahead_ms = i64::try_from(wall_s).unwrap_or_default().saturating_mul(1000);
        Self(Arc::new(Mutex::new(State { now_us: 0, wall_ahead_ms, timer_count: 0, timers: BTreeMap::new() })))
    }

    /// Microseconds since the world began.
    #[must_use]
    pub fn now_us(&self) -> u64 {
        self.state().now_us
    }

    /// What the wall clock shows, in milliseconds since 1970.
    #[must_use]
    pub fn wall_ms(&self) -> u64 {
        let state = self.state();
        let elapsed_ms = i64::try_from(state.now_us / 1000).unwrap_or(i64::MAX);
        u64::try_from(elapsed_ms.saturating_add(state.wall_ahead_ms)).unwrap_or_default()
    }

    /// Sets the wall clock forward or back.
    pub fn jump(&self, by_ms: i64) {
        let mut state = self.state();
        state.wall_ahead_ms = state.wall_ahead_ms.saturating_add(by_ms);
    }

    /// When the next sleeper wants to be woken.
    #[must_use]
    pub fn next_us(&self) -> Option<u64> {
        self.state().timers.keys().next().map(|(at_us, _)| *at_us)
    }

    /// Lets time pass, and wakes whose time has come.
    pub fn advance(&self, to_us: u64) {
        let mut state = self.state();
        let now_us = state.now_us.max(to_us);
        state.now_us = now_us;
        let later = state.timers.split_off(&(now_us + 1, 0));
        let due = std::mem::replace(&mut state.timers, later);
        drop(state);
        due.into_values().for_each(Waker::wake);
    }

    /// How many sleep.
    #[must_use]
    pub fn sleeper_count(&self) -> usize {
        self.state().timers.len()
    }

    /// Ready when that time has come.
    #[must_use]
    pub fn sleep_until(&self, at_us: u64) -> Sleep {
        Sleep { clock: self.clone(), at_us, place: None }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Clock::sleep_until`].
#[derive(Debug)]
pub struct Sleep {
    clock: Clock,
    at_us: u64,
    place: Option<(u64, u64)>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let mut state = this.clock.state();
        if state.now_us >= this.at_us {
            return Poll::Ready(());
        }
        let place = *this.place.get_or_insert_with(|| {
            state.timer_count += 1;
            (this.at_us, state.timer_count)
        });
        state.timers.insert(place, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.clock.state().timers.remove(&place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wake::Flag;

    #[test]
    fn sleepers_are_woken_in_time_and_forgotten() {
        let clock = Clock::new(1_000);
        let flag = Flag::new();
        let waker = flag.waker();
        let mut context = Context::from_waker(&waker);
        let (mut first, mut second) = (clock.sleep_until(10), clock.sleep_until(20));
        assert!(Pin::new(&mut first).poll(&mut context).is_pending());
        assert!(Pin::new(&mut second).poll(&mut context).is_pending());
        assert_eq!(clock.next_us(), Some(10));
        clock.advance(10);
        assert!(flag.take() && Pin::new(&mut first).poll(&mut context).is_ready());
        assert!(Pin::new(&mut second).poll(&mut context).is_pending());
        drop(second);
        assert_eq!((clock.sleeper_count(), clock.next_us()), (0, None));
    }

    #[test]
    fn the_wall_clock_jumps_and_the_other_does_not() {
        let clock = Clock::new(1_000);
        clock.advance(5_000);
        assert_eq!(clock.wall_ms(), 1_000_005);
        clock.jump(-3_600_000);
        assert_eq!((clock.wall_ms(), clock.now_us()), (0, 5_000));
        clock.jump(7_200_000);
        assert_eq!(clock.wall_ms(), 4_600_005);
    }
}
