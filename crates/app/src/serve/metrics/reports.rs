//! What the daemon counts of reports: those that come, those that it sends, and the letters that tell of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use feedback::archive::Kind as ReportKind;
use serde_json::{Map, Value, json};
use store::archive::{NoticeKind, WayOut};

use super::{Kind, Page, load};

/// The counters of reports.
#[derive(Default)]
pub(in crate::serve) struct ReportCounts {
    /// Reports that came, by kind and by what became of them.
    received: Counts,
    /// Reports that were made.
    pub(in crate::serve) made: AtomicU64,
    /// What became of our reports on their ways.
    sent: Counts,
    /// Alerts that were noticed.
    pub(in crate::serve) noticed: AtomicU64,
    /// What became of letters, by kind.
    told: Counts,
    /// Reports that were older than they are kept.
    pub(in crate::serve) expired: AtomicU64,
    /// What is on its way out, when it was looked at last.
    way_out: Mutex<WayOut>,
}

/// Counts by two words.
#[derive(Default)]
struct Counts(Mutex<BTreeMap<(&'static str, &'static str), u64>>);

impl Counts {
    fn add(&self, first: &'static str, second: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry((first, second)).or_default() += 1;
    }

    fn all(&self) -> BTreeMap<(&'static str, &'static str), u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// As JSON: an object of objects, or where the first word is none an object.
    fn json(&self) -> Value {
        let mut all = Map::new();
        for ((first, second), count) in self.all() {
            if first.is_empty() {
                all.insert(second.to_owned(), count.into());
                continue;
            }
            let of_first = all.entry(first).or_insert_with(|| json!({}));
            of_first[second] = count.into();
        }
        all.into()
    }
}

impl ReportCounts {
    /// A report came.
    pub(in crate::serve) fn received(&self, kind: Option<ReportKind>, status: &'static str) {
        let kind = match kind {
            Some(ReportKind::Aggregate) => "aggregate",
            Some(ReportKind::Failure) => "failure",
            Some(ReportKind::Tls) => "tls",
            None => "unknown",
        };
        self.received.add(kind, status);
    }

    /// A report of ours was tried.
    pub(in crate::serve) fn sent(&self, status: &'static str) {
        self.sent.add("", status);
    }

    /// A letter was tried.
    pub(in crate::serve) fn told(&self, kind: NoticeKind, status: &'static str) {
        let kind = match kind {
            NoticeKind::Alerts => "alerts",
            NoticeKind::Digest => "digest",
        };
        self.told.add(kind, status);
    }

    /// What is on its way out was looked at.
    pub(in crate::serve) fn looked_at(&self, way_out: WayOut) {
        *self.way_out.lock().unwrap_or_else(PoisonError::into_inner) = way_out;
    }

    fn way_out(&self) -> WayOut {
        *self.way_out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For `status`.
    pub(in crate::serve) fn json(&self) -> Value {
        let out = self.way_out();
        json!({
            "received": self.received.json(),
            "made": load(&self.made),
            "sent": self.sent.json(),
            "due": out.asking + out.waiting,
            "suppressed": out.suppressed,
            "alerts": load(&self.noticed),
            "letters": self.told.json(),
            "letters_due": out.notices,
            "expired": load(&self.expired),
        })
    }

    pub(super) fn page(&self, page: &mut Page) {
        page.head(
            "sekisho_reports_received_total",
            Kind::Counter,
            "Reports of others, by kind and what became of them.",
        );
        for ((kind, status), count) in self.received.all() {
            page.sample("sekisho_reports_received_total", &[("kind", kind), ("status", status)], count);
        }
        page.one("sekisho_reports_made_total", Kind::Counter, "Reports of ours that were made.", &[], load(&self.made));
        let name = "sekisho_reports_deliveries_total";
        page.head(name, Kind::Counter, "Tries to bring a report of ours to its destination, by what came of them.");
        for ((_, status), count) in self.sent.all() {
            page.sample(name, &[("status", status)], count);
        }
        page.head("sekisho_letters_total", Kind::Counter, "Tries to bring an alert or a digest to its place.");
        for ((kind, status), count) in self.told.all() {
            page.sample("sekisho_letters_total", &[("kind", kind), ("status", status)], count);
        }
        let out = self.way_out();
        for (name, kind, what, value) in [
            ("sekisho_reports_due", Kind::Gauge, "Reports of ours that are on their way.", out.asking + out.waiting),
            ("sekisho_reports_suppressed", Kind::Gauge, "Mailboxes to which no report is sent now.", out.suppressed),
            ("sekisho_reports_expired_total", Kind::Counter, "Old reports that were taken away.", load(&self.expired)),
            ("sekisho_alerts_total", Kind::Counter, "Alerts that were noticed.", load(&self.noticed)),
            ("sekisho_alerts_waiting", Kind::Gauge, "Alerts of which no letter tells yet.", out.alerts),
            ("sekisho_letters_due", Kind::Gauge, "Alerts and digests that are on their way.", out.notices),
        ] {
            page.one(name, kind, what, &[], value);
        }
    }
}

/// Adds to a counter.
pub(in crate::serve) fn count(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_told() {
        let counts = ReportCounts::default();
        counts.received(Some(ReportKind::Aggregate), "accepted");
        counts.received(Some(ReportKind::Aggregate), "accepted");
        counts.received(None, "refused");
        counts.sent("accepted");
        counts.told(NoticeKind::Digest, "sent");
        count(&counts.noticed, 3);
        counts.looked_at(WayOut { asking: 1, waiting: 2, suppressed: 4, alerts: 5, notices: 6 });
        let mut page = Page(String::new());
        counts.page(&mut page);
        for line in [
            "sekisho_reports_received_total{kind=\"aggregate\",status=\"accepted\"} 2",
            "sekisho_reports_received_total{kind=\"unknown\",status=\"refused\"} 1",
            "sekisho_reports_deliveries_total{status=\"accepted\"} 1",
            "sekisho_letters_total{kind=\"digest\",status=\"sent\"} 1",
            "sekisho_reports_due 3",
            "sekisho_reports_suppressed 4",
            "sekisho_alerts_total 3",
            "sekisho_alerts_waiting 5",
            "sekisho_letters_due 6",
        ] {
            assert!(page.0.contains(&format!("\n{line}\n")), "{line} in\n{}", page.0);
        }
        let told = counts.json();
        assert_eq!(told["received"]["aggregate"]["accepted"], 2);
        assert_eq!((&told["sent"]["accepted"], &told["due"]), (&json!(1), &json!(3)));
    }
}
