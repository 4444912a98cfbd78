//! From several threads that read to one that takes: whatever their pace, what comes out is in the order of the inputs.
//!
//! Each input has a lane. The taker empties the first lane until its input is over, then the next one. What waits is
//! bounded in bytes; whoever fills the first lane may always go on, so that nobody waits for ever.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Lanes in their order.
pub(super) struct Belt<T> {
    state: Mutex<State<T>>,
    wake: Condvar,
    weight_max: usize,
}

struct State<T> {
    /// Those that are not yet taken to their end.
    lanes: VecDeque<Items<T>>,
    /// The number of the first of them.
    first: usize,
    /// Of all that waits, in bytes.
    weight: usize,
    /// Threads that may open further lanes.
    filler_count: usize,
    is_shut: bool,
}

struct Items<T> {
    items: VecDeque<(T, usize)>,
    is_over: bool,
}

/// Whether somebody still takes what is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wanted {
    Yes,
    No,
}

impl<T> Belt<T> {
    /// A belt for so many threads, each of which holds a [`Filler`] until it ends.
    pub(super) fn new(filler_count: usize, weight_max: usize) -> Self {
        let state = State { lanes: VecDeque::new(), first: 0, weight: 0, filler_count, is_shut: false };
        Self { state: Mutex::new(state), wake: Condvar::new(), weight_max }
    }

    /// One of the threads.
    pub(super) fn filler(&self) -> Filler<'_, T> {
        Filler { belt: self }
    }

    /// The one that takes.
    pub(super) fn taker(&self) -> Taker<'_, T> {
        Taker { belt: self }
    }

    fn take(&self) -> Option<T> {
        let mut state = self.state();
        loop {
            let State { lanes, first, weight, filler_count, .. } = &mut *state;
            if let Some(lane) = lanes.front_mut() {
                if let Some((item, its)) = lane.items.pop_front() {
                    *weight -= its;
                    self.wake.notify_all();
                    return Some(item);
                }
                if lane.is_over {
                    lanes.pop_front();
                    *first += 1;
                    // The next one is the first now, and may go on.
                    self.wake.notify_all();
                    continue;
                }
            } else if *filler_count == 0 {
                return None;
            }
            state = self.wait(state);
        }
    }

    fn shut(&self) {
        let mut state = self.state();
        state.is_shut = true;
        state.lanes.iter_mut().for_each(|lane| lane.items.clear());
        state.weight = 0;
        self.wake.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State<T>>) -> MutexGuard<'a, State<T>> {
        self.wake.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who takes, until it is dropped: then whoever fills stops, however the taker came to its end.
pub(super) struct Taker<'b, T> {
    belt: &'b Belt<T>,
}

impl<T> Taker<'_, T> {
    /// The next thing; `None` when there is none and never will be.
    pub(super) fn take(&self) -> Option<T> {
        self.belt.take()
    }
}

impl<T> Drop for Taker<'_, T> {
    fn drop(&mut self) {
        self.belt.shut();
    }
}

/// A thread that fills lanes, until it is dropped.
pub(super) struct Filler<'b, T> {
    belt: &'b Belt<T>,
}

impl<'b, T> Filler<'b, T> {
    /// Opens the next lane. Who gives inputs out opens their lanes in the same order.
    pub(super) fn open(&self) -> Lane<'b, T> {
        let mut state = self.belt.state();
        let number = state.first + state.lanes.len();
        state.lanes.push_back(Items { items: VecDeque::new(), is_over: false });
        Lane { belt: self.belt, number }
    }
}

impl<T> Filler<'_, T> {
    /// How many lanes were opened until now.
    pub(super) fn opened(&self) -> usize {
        let state = self.belt.state();
        state.first + state.lanes.len()
    }
}

impl<T> Drop for Filler<'_, T> {
    fn drop(&mut self) {
        self.belt.state().filler_count -= 1;
        self.belt.wake.notify_all();
    }
}

/// What is read of one input, until it is dropped.
pub(super) struct Lane<'b, T> {
    belt: &'b Belt<T>,
    number: usize,
}

impl<T> Lane<'_, T> {
    /// Its number: how many were opened before it.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// Adds something of so many bytes; waits while too much waits already.
    pub(super) fn add(&self, item: T, weight: usize) -> Wanted {
        let mut state = self.belt.state();
        loop {
            if state.is_shut {
                return Wanted::No;
            }
            let at = self.number - state.first;
            let has_room = state.weight < self.belt.weight_max;
            let State { lanes, weight: all, .. } = &mut *state;
            if let Some(lane) = lanes.get_mut(at).filter(|lane| has_room || (at == 0 && lane.items.is_empty())) {
                lane.items.push_back((item, weight));
                *all += weight;
                if at == 0 {
                    self.belt.wake.notify_all();
                }
                return Wanted::Yes;
            }
            state = self.belt.wait(state);
        }
    }
}

impl<T> Drop for Lane<'_, T> {
    fn drop(&mut self) {
        let mut state = self.belt.state();
        let at = self.number - state.first;
        if let Some(lane) = state.lanes.get_mut(at) {
            lane.is_over = true;
        }
        if at == 0 {
            self.belt.wake.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some threads fill lanes that one hands out, each as many things as its number, and yield in many places.
    fn filled(
        thread_count: usize,
        lane_count: usize,
        weight_max: usize,
        take: impl FnOnce(&Taker<'_, (usize, usize)>),
    ) {
        let belt = Belt::new(thread_count, weight_max);
        let inputs = Mutex::new(0..lane_count);
        std::thread::scope(|scope| {
            for _ in 0..thread_count {
                let filler = belt.filler();
                let inputs = &inputs;
                scope.spawn(move || {
                    loop {
                        let lane = {
                            let mut inputs = inputs.lock().unwrap();
                            let Some(input) = inputs.next() else { return };
                            let lane = filler.open();
                            assert_eq!(lane.number(), input);
                            lane
                        };
                        for part in 0..lane.number() % 7 {
                            std::thread::yield_now();
                            let _ = lane.add((lane.number(), part), 10);
                        }
                    }
                });
            }
            take(&belt.taker());
        });
    }

    #[test]
    fn what_comes_out_is_in_the_order_of_the_inputs() {
        let wanted: Vec<_> = (0..500).flat_map(|lane| (0..lane % 7).map(move |part| (lane, part))).collect();
        for (thread_count, weight_max) in [(1, 1), (2, 1), (4, 25), (8, 10_000)] {
            filled(thread_count, 500, weight_max, |taker| {
                let all: Vec<_> = std::iter::from_fn(|| taker.take()).collect();
                assert_eq!(all, wanted, "{thread_count} {weight_max}");
            });
        }
    }

    #[test]
    fn what_waits_is_bounded_and_the_first_lane_may_go_on() {
        let belt = Belt::new(2, 20);
        let (one, other) = (belt.filler(), belt.filler());
        let (first, second) = (one.open(), other.open());
        assert_eq!((second.add(1, 10), second.add(2, 15)), (Wanted::Yes, Wanted::Yes));
        // There is no room any more, but the first lane must not wait for what the second one has.
        assert_eq!(first.add(0, 100), Wanted::Yes);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| second.add(3, 1));
            assert_eq!(belt.take(), Some(0));
            drop(first);
            assert_eq!(belt.take(), Some(1));
            assert_eq!(waiting.join().unwrap(), Wanted::Yes);
        });
        drop(second);
        assert_eq!((belt.take(), belt.take()), (Some(2), Some(3)));
        drop((one, other));
        assert_eq!(belt.take(), None);
    }

    #[test]
    fn who_fills_does_not_wait_for_a_taker_that_is_gone() {
        let taken = std::cell::Cell::new(0);
        filled(3, 100, 1, |taker| {
            for _ in 0..5 {
                taker.take();
                taken.set(taken.get() + 1);
            }
        });
        assert_eq!(taken.get(), 5);
    }
}
