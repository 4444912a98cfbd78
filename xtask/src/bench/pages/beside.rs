//! Pages beside the milter: what 200 requests a second cost a milter that runs at half its speed, and what becomes of them.
//!
//! The driver starts a daemon for each run, warms it, measures and ends it. Pages are asked for from when they are there,
//! as they would be in a house that runs for days; counted is only what falls due while messages flow and are measured. A
//! request that falls due while all connections wait for answers goes out late, and its time counts from when it was due.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::http::Client;
use super::{Bench, PAGES, percentile, with_language};
use crate::bench::corpus;
use crate::bench::milter::{Figures, Place, Stage};
use crate::bench::turns::quartiles;
use crate::house::Outcome;

/// When messages flow.
#[derive(Clone, Copy, Default)]
struct Flow {
    from: Option<Instant>,
    until: Option<Instant>,
}

/// A request: when it was due, when it was answered, and what went wrong.
struct Request {
    due: Instant,
    ended: Instant,
    wrong: Option<String>,
}

/// How pages were answered while messages flowed.
struct Steady {
    per_s: f64,
    median_ms: f64,
    p95_ms: f64,
    /// What went wrong, and how often.
    wrong: BTreeMap<String, usize>,
}

impl Bench<'_> {
    /// The milter at half its speed, with and without pages, in turn.
    pub(super) fn beside_the_milter(&self, rounds: usize) -> Outcome<Vec<String>> {
        let corpus = corpus(self.house)?;
        let place = Place::prepare(self.house, &corpus, self.program.to_string_lossy().into_owned())?;
        let address = format!("unix:{}/load.sock", self.folder.display());
        let serve = self.serve(&address);
        let run = |connections| place.load(self.house, [&address, &serve], connections, |_| {});
        let whole = run(WHOLE_CONNECTIONS)?;
        let connections = half(whole, run)?;
        let (mut losses, mut alone, mut beside, mut asked) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            let before = run(connections)?;
            let flow = Mutex::new(Flow::default());
            let (with, pages) = std::thread::scope(|scope| {
                let pages = scope.spawn(|| self.ask_steadily(&flow));
                let with = place.load(self.house, [&address, &serve], connections, |stage| note(&flow, stage));
                // Also where it fails.
                note(&flow, Stage::Ends);
                (with, pages.join())
            });
            let (with, pages) = (with?, pages.map_err(|_| "a thread that asked died")??);
            let without = before.mean(run(connections)?);
            losses.push(100.0 * (1.0 - with.messages_per_s / without.messages_per_s));
            alone.push(without.messages_per_s);
            beside.push(with.messages_per_s);
            asked.push(pages);
        }
        let middle = |values: &[f64]| percentile(values, 50);
        let mut lines = vec![
            format!(
                "milter, {WHOLE_CONNECTIONS} connections: {:.0} messages/s; half: {connections}",
                whole.messages_per_s
            ),
            format!("alone {:.0} messages/s, beside pages {:.0}", middle(&alone), middle(&beside)),
        ];
        lines.extend(told(&asked));
        let [low, middle, high] = quartiles(&losses);
        lines.push(format!("loss of throughput {middle:.1} % ({low:.1}–{high:.1}); target: 10"));
        Ok(lines)
    }

    /// Asks pages so often in a second, by turns, until messages flow no more.
    fn ask_steadily(&self, flow: &Mutex<Flow>) -> Outcome<Steady> {
        self.await_pages()?;
        let began = Instant::now();
        let found: Vec<Request> = std::thread::scope(|scope| {
            let askers: Vec<_> =
                (0..ASKER_COUNT).map(|number| scope.spawn(move || self.ask_in_turn(number, began, flow))).collect();
            askers.into_iter().filter_map(|asker| asker.join().ok()).flatten().collect()
        });
        let flow = *flow.lock().map_err(|_| "a thread that asked died")?;
        let (from, until) = flow.from.zip(flow.until).ok_or("no messages flowed")?;
        Ok(Steady::of(&found, from, until))
    }

    /// One of those who ask.
    fn ask_in_turn(&self, number: u32, began: Instant, flow: &Mutex<Flow>) -> Vec<Request> {
        let each = Duration::from_secs(1) * ASKER_COUNT / REQUESTS_PER_S;
        let mut client = Client::new(self.port, &self.token);
        let mut found = Vec::new();
        let mut due = began + each * number / ASKER_COUNT;
        let mut turn = number as usize;
        while flow.lock().is_ok_and(|flow| flow.until.is_none()) {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let target = with_language(PAGES[turn % PAGES.len()], ["en", "ja"][turn / PAGES.len() % 2]);
            turn += ASKER_COUNT as usize;
            let wrong = match client.get(&target, "gzip") {
                Ok(answer) if answer.status == 200 => None,
                Ok(answer) => Some(format!("status {}", answer.status)),
                // The reason alone: the address before it would tell each page apart.
                Err(reason) => Some(reason.rsplit_once(": ").map_or(reason.clone(), |(_, reason)| reason.to_owned())),
            };
            found.push(Request { due, ended: Instant::now(), wrong });
            due += each;
        }
        found
    }
}

/// As many connections as come nearest to half of the speed: each waits for its answers.
fn half(whole: Figures, run: impl Fn(usize) -> Outcome<Figures>) -> Outcome<usize> {
    let mut nearest: Option<(usize, f64)> = None;
    for connections in 1..=HALF_CONNECTIONS_MAX {
        let speed = run(connections)?.messages_per_s;
        let distance = (speed - whole.messages_per_s / 2.0).abs();
        if nearest.is_none_or(|(_, other)| distance < other) {
            nearest = Some((connections, distance));
        }
        if speed > whole.messages_per_s * BEYOND_HALF {
            break;
        }
    }
    Ok(nearest.ok_or("the milter does not run")?.0)
}

fn note(flow: &Mutex<Flow>, stage: Stage) {
    let Ok(mut flow) = flow.lock() else { return };
    let place = match stage {
        Stage::Flows => &mut flow.from,
        Stage::Ends => &mut flow.until,
    };
    place.get_or_insert_with(Instant::now);
}

impl Steady {
    /// Of what fell due while messages flowed.
    fn of(found: &[Request], from: Instant, until: Instant) -> Self {
        let meant = || found.iter().filter(|request| (from..until).contains(&request.due));
        let mut wrong = BTreeMap::new();
        for reason in meant().filter(|request| request.ended < until).filter_map(|request| request.wrong.as_ref()) {
            *wrong.entry(reason.clone()).or_insert(0) += 1;
        }
        let answered = || meant().filter(|request| request.wrong.is_none() && request.ended <= until);
        let ms = |request: &Request| request.ended.saturating_duration_since(request.due).as_secs_f64() * 1e3;
        let times: Vec<f64> = answered().map(ms).collect();
        Self {
            per_s: times.len() as f64 / until.saturating_duration_since(from).as_secs_f64(),
            median_ms: percentile(&times, 50),
            p95_ms: percentile(&times, 95),
            wrong,
        }
    }
}

/// For the reader.
fn told(asked: &[Steady]) -> Vec<String> {
    let of = |pages: fn(&Steady) -> f64| percentile(&asked.iter().map(pages).collect::<Vec<_>>(), 50);
    let mut wrong: BTreeMap<&str, usize> = BTreeMap::new();
    for (reason, count) in asked.iter().flat_map(|steady| &steady.wrong) {
        *wrong.entry(reason).or_insert(0) += count;
    }
    let reasons: Vec<_> = wrong.iter().map(|(reason, count)| format!(", {count} × {reason}")).collect();
    vec![
        format!("pages: {:.0} requests/s of {REQUESTS_PER_S} held", of(|of| of.per_s)),
        format!("pages: {} failed in all rounds{}", wrong.values().sum::<usize>(), reasons.concat()),
        format!("pages: median {:.1} ms, p95 {:.1} ms after they were due", of(|of| of.median_ms), of(|of| of.p95_ms)),
    ]
}

const REQUESTS_PER_S: u32 = 200;
/// Connections over which they come.
const ASKER_COUNT: u32 = 8;
/// Connections at which the milter is as fast as it gets.
const WHOLE_CONNECTIONS: usize = 64;
/// Half its speed is looked for with so many at most.
const HALF_CONNECTIONS_MAX: usize = 6;
/// Of the whole speed; with more connections it is no nearer to half.
const BEYOND_HALF: f64 = 0.65;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_falls_due_while_messages_flow_counts() {
        let began = Instant::now();
        let at = |ms: u64| began + Duration::from_millis(ms);
        let one = |due: u64, ended: u64, wrong: Option<&str>| Request {
            due: at(due),
            ended: at(ended),
            wrong: wrong.map(str::to_owned),
        };
        let found = [
            one(10, 20, Some("refused")),
            one(90, 150, None),
            one(100, 110, None),
            one(200, 500, None),
            one(300, 310, Some("status 500")),
            one(1000, 1099, None),
            // The daemon ends: what it owed by then is not answered, and no failure.
            one(1090, 1200, Some("reset")),
            one(1100, 1200, Some("refused")),
        ];
        let steady = Steady::of(&found, at(100), at(1100));
        assert_eq!((steady.per_s, steady.median_ms, steady.p95_ms), (3.0, 99.0, 300.0));
        assert_eq!(
            steady.wrong.iter().map(|(reason, count)| (reason.as_str(), *count)).collect::<Vec<_>>(),
            [("status 500", 1)]
        );
        assert!(told(&[steady]).iter().any(|line| line.ends_with("1 failed in all rounds, 1 × status 500")));
    }

    #[test]
    fn half_is_what_comes_nearest() {
        let speeds = [2000.0, 2900.0, 3600.0, 5000.0];
        let figures = |speed: f64| Figures::of_speed(speed);
        assert_eq!(half(figures(6000.0), |connections| Ok(figures(speeds[connections - 1]))), Ok(2));
    }
}
