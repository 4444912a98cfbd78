//! What the daemon counts, and how it is told: the text format of Prometheus, version 0.0.4.

pub(super) mod reports;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use auth::Facts;
use net::ResolverCounts;
use policy::Action;
use store::Stats;

use super::results;

/// The counters of the daemon.
#[derive(Default)]
pub(super) struct Metrics {
    /// Messages, by action.
    actions: [AtomicU64; Action::ALL.len()],
    /// Results, by method and result.
    results: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    /// Recipients that were refused before the message came.
    recipients_refused: AtomicU64,
    /// Outgoing messages that were signed.
    signed: AtomicU64,
    /// Outgoing messages that were not.
    unsigned: AtomicU64,
    /// From the end of a message to its verdict.
    latency: Histogram,
    /// Connections accepted.
    pub(super) accepted: AtomicU64,
    /// Connections closed as they came.
    pub(super) refused: AtomicU64,
    /// Connections that ended early: silence, a breach of the protocol, an error.
    pub(super) lost: AtomicU64,
    /// Failure reports.
    pub(super) failure_reports: Arc<super::failure::Counts>,
    /// Configurations taken by reload.
    pub(super) reloads_taken: AtomicU64,
    /// Configurations refused by reload.
    pub(super) reloads_refused: AtomicU64,
    /// Reports.
    pub(super) reports: reports::ReportCounts,
}

/// How many took no longer than each bound, and how long all together.
#[derive(Default)]
struct Histogram {
    /// Not cumulative; the last is for what took longer than every bound.
    counts: [AtomicU64; BOUNDS_MS.len() + 1],
    sum_us: AtomicU64,
}

/// Bounds of the histogram, in milliseconds.
const BOUNDS_MS: [u64; 13] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 20_000];

/// What is told beside the counters.
pub(super) struct Surroundings {
    /// Connections that are open.
    pub(super) connections: u64,
    /// What the resolver has done.
    pub(super) dns: ResolverCounts,
    /// What the ledger has done, where there is one.
    pub(super) ledger: Option<Stats>,
    /// The lists in DNS, and whether each is used.
    pub(super) lists: Vec<(String, Usable)>,
    /// When the process began, seconds since 1970.
    pub(super) started_s: u64,
    /// When the configuration was read, seconds since 1970.
    pub(super) loaded_s: u64,
}

/// Whether a list is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Usable {
    /// It answers rightly, as far as is known.
    Yes,
    /// Its test entries were wrong.
    No,
}

impl Metrics {
    /// A message was dealt with.
    pub(super) fn message(&self, facts: &Facts, action: Action) {
        self.action(action);
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        for found in results::main(facts).into_iter().chain(results::others(facts)) {
            *results.entry((found.method, found.result)).or_default() += 1;
        }
    }

    /// A recipient was refused before the message came.
    pub(super) fn recipient_refused(&self) {
        self.recipients_refused.fetch_add(1, Ordering::Relaxed);
    }

    /// An outgoing message was dealt with.
    pub(super) fn sent(&self, signed: &outgoing::Signed, action: Action) {
        self.action(action);
        let counter = if signed.signatures.is_empty() { &self.unsigned } else { &self.signed };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn action(&self, action: Action) {
        if let Some(at) = Action::ALL.iter().position(|other| *other == action) {
            self.actions[at].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// An MTA has waited so long for a verdict.
    pub(super) fn waited(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let at = BOUNDS_MS.iter().position(|bound| micros <= bound * 1_000).unwrap_or(BOUNDS_MS.len());
        self.latency.counts[at].fetch_add(1, Ordering::Relaxed);
        self.latency.sum_us.fetch_add(micros, Ordering::Relaxed);
    }

    /// Messages by action, from the mildest.
    pub(super) fn actions(&self) -> [(Action, u64); Action::ALL.len()] {
        std::array::from_fn(|at| (Action::ALL[at], self.actions[at].load(Ordering::Relaxed)))
    }

    /// Results by method and result.
    pub(super) fn results(&self) -> BTreeMap<(&'static str, &'static str), u64> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Everything, as Prometheus reads it.
    pub(super) fn text(&self, around: &Surroundings) -> String {
        let mut page = Page(String::new());
        page.one("sekisho_build_info", Kind::Gauge, "The version.", &[("version", env!("CARGO_PKG_VERSION"))], 1);
        page.head("sekisho_messages_total", Kind::Counter, "Messages, by what was done with them.");
        for (action, count) in self.actions() {
            page.sample("sekisho_messages_total", &[("action", action.as_str())], count);
        }
        page.head("sekisho_results_total", Kind::Counter, "Results of authentication, by method.");
        for ((method, result), count) in self.results() {
            page.sample("sekisho_results_total", &[("method", method), ("result", result)], count);
        }
        let (name, what) = ("sekisho_recipients_refused_total", "Recipients refused before the message came.");
        page.one(name, Kind::Counter, what, &[], load(&self.recipients_refused));
        page.head("sekisho_outgoing_total", Kind::Counter, "Outgoing messages, by whether they were signed.");
        page.sample("sekisho_outgoing_total", &[("signed", "yes")], load(&self.signed));
        page.sample("sekisho_outgoing_total", &[("signed", "no")], load(&self.unsigned));
        page.histogram(&self.latency);
        self.connections(&mut page, around);
        dns(&mut page, &around.dns);
        page.head("sekisho_dns_list_usable", Kind::Gauge, "Whether a list in DNS is used (1) or was found dead (0).");
        for (zone, usable) in &around.lists {
            page.sample("sekisho_dns_list_usable", &[("zone", zone)], u64::from(*usable == Usable::Yes));
        }
        if let Some(stats) = &around.ledger {
            ledger(&mut page, stats);
        }
        self.reports.page(&mut page);
        page.head("sekisho_failure_reports_total", Kind::Counter, "Failure reports, and what none was made of.");
        for ((kind, result), count) in self.failure_reports.each() {
            page.sample("sekisho_failure_reports_total", &[("kind", kind), ("result", result)], count);
        }
        let (taken, refused) = (load(&self.reloads_taken), load(&self.reloads_refused));
        page.head("sekisho_reloads_total", Kind::Counter, "Configurations read while running.");
        page.sample("sekisho_reloads_total", &[("result", "taken")], taken);
        page.sample("sekisho_reloads_total", &[("result", "refused")], refused);
        let loaded = "sekisho_configuration_loaded_timestamp_seconds";
        page.one(loaded, Kind::Gauge, "When the configuration in effect was read.", &[], around.loaded_s);
        let started = "process_start_time_seconds";
        page.one(started, Kind::Gauge, "When the process began.", &[], around.started_s);
        if let Some(bytes) = resident_bytes() {
            page.one("process_resident_memory_bytes", Kind::Gauge, "Memory in use.", &[], bytes);
        }
        if let Some(count) = open_descriptors() {
            page.one("process_open_fds", Kind::Gauge, "Open descriptors.", &[], count);
        }
        page.0
    }

    fn connections(&self, page: &mut Page, around: &Surroundings) {
        let (accepted, refused, lost) = (load(&self.accepted), load(&self.refused), load(&self.lost));
        for (name, kind, what, value) in [
            ("sekisho_connections", Kind::Gauge, "Connections of mail servers that are open.", around.connections),
            ("sekisho_connections_total", Kind::Counter, "Connections of mail servers.", accepted),
            ("sekisho_connections_refused_total", Kind::Counter, "Connections closed for want of room.", refused),
            ("sekisho_connections_lost_total", Kind::Counter, "Connections that ended early.", lost),
        ] {
            page.one(name, kind, what, &[], value);
        }
    }
}

fn dns(page: &mut Page, counts: &ResolverCounts) {
    for (name, kind, what, value) in [
        ("sekisho_dns_questions_total", Kind::Counter, "Questions put to the resolver.", counts.asked),
        ("sekisho_dns_cache_hits_total", Kind::Counter, "Questions answered from the cache.", counts.cache_hits),
        ("sekisho_dns_coalesced_total", Kind::Counter, "Questions that joined an equal one.", counts.coalesced),
        ("sekisho_dns_over_budget_total", Kind::Counter, "Questions beyond a message's budget.", counts.over_budget),
        ("sekisho_dns_answers_total", Kind::Counter, "Answers of DNS servers.", counts.answers),
        ("sekisho_dns_failures_total", Kind::Counter, "Questions without an answer.", counts.failures),
        ("sekisho_dns_timeouts_total", Kind::Counter, "Tries without an answer in time.", counts.timeouts),
        ("sekisho_dns_servfails_total", Kind::Counter, "Answers that said SERVFAIL.", counts.servfails),
        ("sekisho_dns_malformed_total", Kind::Counter, "Answers that could not be read.", counts.malformed),
        ("sekisho_dns_sent_bytes_total", Kind::Counter, "Bytes of questions.", counts.bytes_sent),
        ("sekisho_dns_received_bytes_total", Kind::Counter, "Bytes of answers.", counts.bytes_received),
        ("sekisho_dns_cache_entries", Kind::Gauge, "Answers in the cache.", counts.cache_entries),
        ("sekisho_dns_cache_bytes", Kind::Gauge, "Bytes in the cache.", counts.cache_bytes),
    ] {
        page.one(name, kind, what, &[], value);
    }
    page.head("sekisho_dns_tries_total", Kind::Counter, "Tries at DNS servers.");
    page.sample("sekisho_dns_tries_total", &[("transport", "udp")], counts.udp_tries);
    page.sample("sekisho_dns_tries_total", &[("transport", "tcp")], counts.tcp_tries);
}

fn ledger(page: &mut Page, stats: &Stats) {
    for (name, kind, what, value) in [
        ("sekisho_ledger_rows_total", Kind::Counter, "Rows stored.", stats.stored),
        ("sekisho_ledger_refused_total", Kind::Counter, "Rows refused because the queue was full.", stats.refused),
        ("sekisho_ledger_lost_total", Kind::Counter, "Rows taken and not stored.", stats.lost),
        ("sekisho_ledger_transactions_total", Kind::Counter, "Transactions.", stats.groups),
        ("sekisho_ledger_failures_total", Kind::Counter, "Transactions that failed.", stats.failures),
        ("sekisho_ledger_queue", Kind::Gauge, "Rows that wait to be stored.", stats.waiting),
    ] {
        page.one(name, kind, what, &[], value);
    }
}

/// A page in Prometheus's format.
struct Page(String);

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Page {
    fn head(&mut self, name: &str, kind: Kind, what: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let _ = write!(self.0, "# HELP {name} {what}\n# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let labels: Vec<_> = labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn one(&mut self, name: &str, kind: Kind, what: &str, labels: &[(&str, &str)], value: u64) {
        self.head(name, kind, what);
        self.sample(name, labels, value);
    }

    fn histogram(&mut self, histogram: &Histogram) {
        let name = "sekisho_message_seconds";
        self.head(name, Kind::Histogram, "From the end of a message to its verdict.");
        let counts: Vec<u64> = histogram.counts.iter().map(load).collect();
        let bounds = BOUNDS_MS.iter().map(|bound_ms| seconds(*bound_ms * 1_000)).chain(["+Inf".to_owned()]);
        let mut total = 0;
        for (bound, count) in bounds.zip(counts) {
            total += count;
            self.sample(&format!("{name}_bucket"), &[("le", &bound)], total);
        }
        let _ = writeln!(self.0, "{name}_sum {}\n{name}_count {total}", seconds(load(&histogram.sum_us)));
    }
}

/// Microseconds as seconds, without a float.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

/// What the process holds in memory, as the kernel says (proc(5), `VmRSS`).
pub(super) fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1_024)
}

fn open_descriptors() -> Option<u64> {
    // One of them is the directory that is read.
    u64::try_from(std::fs::read_dir("/proc/self/fd").ok()?.count()).ok().map(|count| count.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around() -> Surroundings {
        Surroundings {
            connections: 3,
            dns: ResolverCounts { asked: 7, ..ResolverCounts::default() },
            ledger: Some(Stats { waiting: 2, ..Stats::default() }),
            lists: vec![("a\"b.example".to_owned(), Usable::No), ("c.example".to_owned(), Usable::Yes)],
            started_s: 1_000,
            loaded_s: 2_000,
        }
    }

    #[test]
    fn times_at_below_and_above_each_bound() {
        for (at, bound_ms) in BOUNDS_MS.into_iter().enumerate() {
            let metrics = Metrics::default();
            for extra_us in [-1_i64, 0, 1] {
                metrics.waited(Duration::from_micros((bound_ms * 1_000).saturating_add_signed(extra_us)));
            }
            let counts: Vec<u64> = metrics.latency.counts.iter().map(load).collect();
            assert_eq!((counts[at], counts[at + 1]), (2, 1), "{bound_ms} ms");
        }
    }

    #[test]
    fn the_page_tells_what_was_counted() {
        let metrics = Metrics::default();
        metrics.waited(Duration::from_micros(1_500));
        metrics.waited(Duration::from_secs(30));
        metrics.refused.fetch_add(5, Ordering::Relaxed);
        metrics.recipient_refused();
        let page = metrics.text(&around());
        for line in [
            "sekisho_connections 3",
            "sekisho_connections_refused_total 5",
            "sekisho_dns_questions_total 7",
            "sekisho_ledger_queue 2",
            "sekisho_message_seconds_bucket{le=\"0.001\"} 0",
            "sekisho_message_seconds_bucket{le=\"0.002\"} 1",
            "sekisho_message_seconds_bucket{le=\"20\"} 1",
            "sekisho_message_seconds_bucket{le=\"+Inf\"} 2",
            "sekisho_message_seconds_sum 30.0015",
            "sekisho_message_seconds_count 2",
            "sekisho_dns_list_usable{zone=\"a\\\"b.example\"} 0",
            "sekisho_messages_total{action=\"reject\"} 0",
            "sekisho_recipients_refused_total 1",
            "process_start_time_seconds 1000",
        ] {
            assert!(page.contains(&format!("\n{line}\n")), "{line} in\n{page}");
        }
    }

    /// Every sample stands under the HELP and TYPE of its name, and no name comes twice.
    #[test]
    fn the_page_is_well_formed() {
        let page = Metrics::default().text(&around());
        let mut seen = std::collections::BTreeSet::new();
        let mut current = String::new();
        assert!(page.ends_with('\n'));
        let mut lines = page.lines();
        while let Some(line) = lines.next() {
            if let Some(head) = line.strip_prefix("# HELP ") {
                current = head.split(' ').next().unwrap().to_owned();
                assert!(seen.insert(current.clone()), "{current} twice");
                assert!(lines.next().unwrap().starts_with(&format!("# TYPE {current} ")), "{current}");
                continue;
            }
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            let name = name.split('{').next().unwrap();
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            assert!(name == current || base == current, "{line} under {current}");
        }
    }

    #[test]
    fn the_process_has_memory() {
        assert!(resident_bytes().unwrap() > 1 << 20);
        assert!(open_descriptors().unwrap() >= 3);
    }
}
