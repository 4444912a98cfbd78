//! The scheduler: one thread, one queue of events. What happens next is what has the least time; of equals, the seed says.

use std::collections::BTreeMap;
use std::sync::Arc;

use lookup::coalesce::Coalesce;
use report::tally::{Measure, MeasureKind, Step, TallyQuery};
use report::{Ledger as _, Row};

use crate::clock::Clock;
use crate::dice::Dice;
use crate::dns::Upstream;
use crate::history::{End, History, Left, Sums};
use crate::ledger::{FOREIGN, Ledger};
use crate::limits::EVENT_COUNT_MAX;
use crate::line::{Line, Turn};
use crate::scenario::{BEGINNING_S, Resolver, Scenario};
use crate::wake::at_once;
use crate::world::Daemon;

/// Lets a world go on until everybody has gone.
#[must_use]
pub fn run(scenario: &Scenario) -> History {
    let mut machine = Machine::new(scenario);
    while let Some(at_us) = machine.next_us() {
        machine.event_count += 1;
        if machine.event_count > EVENT_COUNT_MAX {
            machine.history.incidents.push(format!("no rest after {EVENT_COUNT_MAX} events"));
            break;
        }
        machine.clock.advance(at_us);
        machine.set_clock();
        machine.crash();
        machine.ledger.work();
        machine.turns();
    }
    machine.finish()
}

/// A world under way.
struct Machine<'a> {
    scenario: &'a Scenario,
    clock: Clock,
    ledger: Arc<Ledger>,
    daemon: Arc<Daemon>,
    upstreams: Vec<Arc<Coalesce<Upstream>>>,
    lines: Vec<Line>,
    /// When each line has something to do by itself.
    due_us: BTreeMap<usize, u64>,
    dice: Dice,
    jumps: Vec<(u64, i64)>,
    crashes_us: Vec<u64>,
    event_count: u64,
    history: History,
}

impl<'a> Machine<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        let clock = Clock::new(BEGINNING_S);
        let ledger = Arc::new(Ledger::new(clock.clone(), scenario.seed, scenario.faults.ledger.clone()));
        let daemon = Daemon::start(Arc::clone(&ledger), clock.clone(), Arc::clone(&scenario.operator.rules));
        let upstream = |scope: String| {
            let zone = Arc::clone(&scenario.names.zone);
            let upstream = Upstream::new(zone, clock.clone(), scenario.seed, scope, scenario.faults.dns);
            Arc::new(Coalesce::new(upstream))
        };
        let upstreams = match scenario.resolver {
            Resolver::Shared => vec![upstream("all".to_owned())],
            Resolver::Own => scenario.sessions.iter().map(|plan| upstream(plan.number.to_string())).collect(),
        };
        let of = |at: usize| upstreams.get(at).or(upstreams.first()).map(Arc::clone);
        let plans = scenario.sessions.iter().cloned().enumerate();
        let lines: Vec<Line> = plans.filter_map(|(at, plan)| Some(Line::new(scenario.seed, plan, of(at)?))).collect();
        Self {
            due_us: scenario.sessions.iter().map(|plan| plan.begins_us).enumerate().collect(),
            dice: Dice::new(scenario.seed, &["scheduler"]),
            jumps: scenario.faults.jumps.clone(),
            crashes_us: scenario.faults.crashes_us.clone(),
            event_count: 0,
            history: History { dns: scenario.faults.dns, ..History::default() },
            scenario,
            clock,
            ledger,
            daemon,
            upstreams,
            lines,
        }
    }

    /// When something happens next; `None` when nothing ever will.
    fn next_us(&self) -> Option<u64> {
        let due = self.due_us.values().min().copied();
        let others = [self.clock.next_us(), self.ledger.next_us()];
        let next = others.into_iter().flatten().chain(due).min();
        // Clocks are set and daemons die only as long as there is somebody to see it.
        let shocks = self.jumps.first().map(|(at, _)| *at).into_iter().chain(self.crashes_us.first().copied());
        next.map(|next| shocks.fold(next, u64::min).max(self.clock.now_us()))
    }

    fn set_clock(&mut self) {
        while let Some((at_us, by_ms)) = self.jumps.first().copied().filter(|(at, _)| *at <= self.clock.now_us()) {
            self.jumps.remove(0);
            self.clock.jump(by_ms);
            self.tell(&format!("clock set by {by_ms} ms, planned at {at_us}"));
        }
    }

    /// The daemon dies with all that it has in memory, and is started again.
    fn crash(&mut self) {
        while self.crashes_us.first().is_some_and(|at| *at <= self.clock.now_us()) {
            self.crashes_us.remove(0);
            let mut ended = Vec::new();
            for (at, line) in self.lines.iter_mut().enumerate() {
                let has_begun = self.due_us.get(&at).is_none_or(|due| *due <= self.clock.now_us());
                line.cut_off(&mut ended);
                if has_begun {
                    self.due_us.insert(at, self.clock.now_us() + RESTART_US);
                }
            }
            self.ledger.crash();
            self.tell("the daemon dies");
            self.take(ended);
            self.count_handles();
            let rules = Arc::clone(&self.scenario.operator.rules);
            self.daemon = Daemon::start(Arc::clone(&self.ledger), self.clock.clone(), rules);
        }
    }

    /// Everybody whose time has come, or who was woken, takes a turn; in an order that the seed says.
    fn turns(&mut self) {
        let now_us = self.clock.now_us();
        let is_due = |at: &usize| self.due_us.get(at).is_some_and(|due| *due <= now_us) || self.lines[*at].is_woken();
        let mut due: Vec<usize> = (0..self.lines.len()).filter(is_due).collect();
        while !due.is_empty() {
            let at = due.swap_remove(self.dice.place(due.len()));
            self.due_us.remove(&at);
            let mut ended = Vec::new();
            let turn = self.lines[at].turn(&self.daemon, &self.scenario.operator, &mut ended);
            match turn {
                Turn::Again(after_us) => {
                    self.due_us.insert(at, now_us + after_us);
                }
                Turn::Waits | Turn::Done => {}
                Turn::Wrong(what) => {
                    let number = self.lines[at].number();
                    self.history.incidents.push(format!("session {number}: {what}"));
                    self.lines[at].cut_off(&mut ended);
                    self.due_us.insert(at, now_us + RESTART_US);
                }
            }
            self.take(ended);
            let flights = self.flights();
            self.history.left.flights_max = self.history.left.flights_max.max(flights);
        }
        // Who was woken by others' turns has news now, without any time passing.
        for at in 0..self.lines.len() {
            if self.lines[at].is_woken() {
                self.due_us.insert(at, now_us);
            }
        }
    }

    fn take(&mut self, ended: Vec<crate::history::Attempt>) {
        for attempt in ended {
            for noted in attempt.early.iter().chain(&attempt.noted) {
                self.tell(&noted.line());
            }
            let end = match &attempt.end {
                End::Answered(answer) => format!("{:?}, {} edits", answer.what, answer.edits.len()),
                other => format!("{other:?}"),
            };
            let (kind, failures) = (attempt.letter.kind, (attempt.dns_failures, attempt.ledger_failures));
            self.tell(&format!("{} {kind:?} {end} failures={failures:?}", attempt.queue_id));
            self.history.attempts.push(attempt);
        }
    }

    fn tell(&mut self, what: &str) {
        self.history.lines.push(format!("{:>12} {what}", self.clock.now_us()));
    }

    fn flights(&self) -> usize {
        self.upstreams.iter().map(|upstream| upstream.in_flight_count()).sum()
    }

    /// How many others hold the daemon: conversations that were not let go.
    fn count_handles(&mut self) {
        self.history.left.handles += Arc::strong_count(&self.daemon) - 1;
    }

    fn finish(mut self) -> History {
        for line in &self.lines {
            if !line.is_done() {
                let what = format!("session {} waits for an answer that nobody gives any more", line.number());
                self.history.incidents.push(what);
            }
        }
        self.lines.clear();
        self.count_handles();
        let flights = self.flights();
        let limit = self.scenario.sessions.len().saturating_mul(lookup::limits::BUDGET_QUESTION_COUNT_MAX);
        self.history.left =
            Left { flights, sleepers: self.clock.sleeper_count(), flights_limit: limit, ..self.history.left };
        let rows = self.ledger.rows();
        self.history.sums = sums(&self.ledger, &rows);
        self.history.rows = rows.into_iter().filter(|row| row.queue_id.as_deref() != Some(FOREIGN)).collect();
        let told: Vec<String> = self.history.rows.iter().map(|row| format!("row {row:?}")).collect();
        self.history.lines.extend(told);
        self.history
    }
}

/// What the store counts, and what its rows add up to.
fn sums(ledger: &Ledger, rows: &[Row]) -> Sums {
    let ask = |kind| {
        let query = TallyQuery::new(kind, 0, FAR_MS, Step::Whole);
        let tally = at_once(ledger.memory().tally(query)).and_then(Result::ok).unwrap_or_default();
        tally.lines
    };
    let mut each = Vec::new();
    let mut add = |measure: Measure, of_rows: u64| {
        let lines = ask(measure.kind());
        let counted = lines.iter().filter(|line| line.measure == measure).map(|line| line.count).sum();
        each.push((format!("{measure:?}"), counted, of_rows));
    };
    add(Measure::Messages, rows.len() as u64);
    add(Measure::Bytes, rows.iter().map(|row| row.message.size_bytes).sum());
    add(Measure::Recipients, rows.iter().map(|row| row.envelope.recipient_count).sum());
    for action in report::vocabulary::Action::ALL {
        add(Measure::Action(*action), rows.iter().filter(|row| row.verdict.action == *action).count() as u64);
    }
    for disposition in report::vocabulary::Disposition::ALL {
        let count = rows.iter().filter(|row| row.verdict.disposition == *disposition).count();
        add(Measure::Disposition(*disposition), count as u64);
    }
    // Asked last: it makes them anew.
    let of_ledger: u64 = ask(MeasureKind::Author).iter().map(|line| line.count).sum();
    let of_rows = rows.iter().map(|row| row.dmarc.authors.len() as u64).sum();
    each.push(("Author".to_owned(), of_ledger, of_rows));
    let differing = at_once(ledger.memory().rebuild()).and_then(Result::ok).map_or(u64::MAX, |made| made.differing);
    Sums { each, differing }
}

/// After the end of all ids: 42 bits of milliseconds.
const FAR_MS: u64 = 1 << 42;
const RESTART_US: u64 = 200_000;
