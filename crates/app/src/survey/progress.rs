//! How far a survey is: how many domains, how fast, how long it will take. On standard error.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use audit::survey::engine::Counts;
use mailtext::Value;
use tokio::time::Instant;

use crate::limits::{SURVEY_PROGRESS_LOG_S, SURVEY_PROGRESS_MS};
use crate::say::Say;

/// Tells how far it is: each moment in one line of a terminal, and where asked for now and then in a line of its own.
pub(super) struct Progress<'a> {
    say: &'a Say,
    manner: Manner,
    begun: Instant,
    /// Since when the rate is counted, and how many were done then.
    last: (Instant, u64),
    told: Instant,
    rate: f64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// One line, written again and again.
    Line,
    /// A line now and then.
    Lines,
    Silent,
}

/// How far it is.
#[derive(Clone, Copy)]
pub(super) struct Far {
    /// Domains that are done, those of earlier runs among them.
    pub(super) done: u64,
    /// The part of the list that was read, and how long it is, in bytes.
    pub(super) read: (u64, u64),
    /// What the engine did.
    pub(super) counts: Counts,
    /// Whether no resolver answers.
    pub(super) is_silent: bool,
}

impl<'a> Progress<'a> {
    /// On terminals, or where it is asked for.
    pub(super) fn new(say: &'a Say, is_wanted: bool, done: u64) -> Self {
        let now = Instant::now();
        let manner = match (std::io::stderr().is_terminal(), is_wanted) {
            (true, _) => Manner::Line,
            (false, true) => Manner::Lines,
            (false, false) => Manner::Silent,
        };
        Self { say, manner, begun: now, last: (now, done), told: now, rate: 0.0 }
    }

    /// Tells it, when it is time again.
    pub(super) fn tell(&mut self, far: &Far) {
        let every = match self.manner {
            Manner::Line => Duration::from_millis(SURVEY_PROGRESS_MS),
            Manner::Lines => Duration::from_secs(SURVEY_PROGRESS_LOG_S),
            Manner::Silent => return,
        };
        if self.told.elapsed() >= every {
            self.told = Instant::now();
            self.show(far);
        }
    }

    /// Tells it for the last time.
    pub(super) fn end(&mut self, far: &Far) {
        if self.manner != Manner::Silent {
            self.last = (self.begun, 0);
            self.show(far);
        }
        if self.manner == Manner::Line {
            let _ = writeln!(std::io::stderr());
        }
    }

    fn show(&mut self, far: &Far) {
        let seconds = self.last.0.elapsed().as_secs_f64();
        if seconds > 0.2 {
            // Half of what was, half of what is: it follows and does not jump.
            let now = far.done.saturating_sub(self.last.1) as f64 / seconds;
            self.rate = if self.rate > 0.0 { f64::midpoint(self.rate, now) } else { now };
            self.last = (Instant::now(), far.done);
        }
        let (read, whole) = (far.read.0.min(far.read.1), far.read.1.max(1));
        let percent = read.saturating_mul(100) / whole;
        // The list's bytes tell how many names there will be.
        let names = far.done as f64 * whole as f64 / read.max(1) as f64;
        let left_s = if self.rate > 0.0 { ((names - far.done as f64) / self.rate).max(0.0) } else { 0.0 };
        let id = if far.is_silent { "survey-progress-silent" } else { "survey-progress" };
        let line = self.say.say(
            id,
            &[
                ("count", Value::Number(far.done)),
                ("percent", Value::Number(percent)),
                ("rate", Value::Number(self.rate as u64)),
                ("unanswered", Value::Number(far.counts.unanswered)),
                ("left", Value::Text(duration(left_s as u64))),
            ],
        );
        let mut out = std::io::stderr().lock();
        let _ = match self.manner {
            Manner::Line => write!(out, "\r\x1b[K{line}").and_then(|()| out.flush()),
            _ => writeln!(out, "{line}"),
        };
    }
}

/// `1:02:03`
fn duration(seconds: u64) -> String {
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
