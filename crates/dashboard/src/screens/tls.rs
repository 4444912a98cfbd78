//! How sessions with our mail servers began, as TLS reports tell it: how many succeeded, which failed and why, and
//! whether MTA-STS could be enforced.

use std::collections::{BTreeMap, BTreeSet};

use chart::{Figure, Scale, Series, Shape, Slot};
use feedback::Archive as _;
use feedback::Word;
use feedback::archive::{CountQuery, TlsLine};
use feedback::limits::PAGE_LINE_COUNT_MAX;
use feedback::tls::{PolicyKind, TlsResult};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::report::{policy_word, word};
use crate::ask::{Period, View, Visit, day_text};
use crate::data::{Cell, Column, Table};
use crate::page::Page;
use crate::parts::{Tone, days, downloads, figure, figure_of, filter, notice, safe, share};
use crate::screen::{Fresh, Screen};
use crate::sources::Sources;
use crate::trouble::Trouble;

/// The screen.
pub(crate) struct Sessions;

/// What it shows.
pub(crate) struct Data {
    period: Period,
    names: Vec<String>,
    domains: BTreeMap<Box<str>, OfDomain>,
    daily: BTreeMap<u32, Count>,
    failures: Vec<(Failing, u64)>,
    reporters: BTreeMap<Box<str>, (Count, u32)>,
    is_cut: bool,
}

/// Sessions.
#[derive(Clone, Copy, Default)]
struct Count {
    successful: u64,
    failed: u64,
}

/// A domain.
#[derive(Default)]
struct OfDomain {
    /// By type of policy.
    policies: BTreeMap<String, Count>,
    /// What concerns MTA-STS.
    sts: Count,
    days: BTreeSet<u32>,
    /// The mode of its policy, as the newest report has it.
    mode: Option<String>,
}

/// Who fails, and how.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Failing {
    domain: Box<str>,
    policy: String,
    result: String,
    mx_host: Box<str>,
    receiving_ip: String,
}

impl Screen for Sessions {
    type Data = Data;

    const FRESH: Fresh = Fresh::Reports;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let period = visit.period()?;
        let names = visit.own_domains().await?.into_iter().map(|line| line.domain.into()).collect();
        let asked = visit.query.domain("domain")?;
        let mut data = Data {
            period,
            names,
            domains: BTreeMap::new(),
            daily: (period.from_day..period.until_day).map(|day| (day, Count::default())).collect(),
            failures: Vec::new(),
            reporters: BTreeMap::new(),
            is_cut: false,
        };
        let mut failing: BTreeMap<Failing, u64> = BTreeMap::new();
        for domain in visit.who.places(asked.as_ref()) {
            let query = CountQuery {
                domain,
                from_day: Some(period.from_day),
                until_day: Some(period.until_day),
                ..CountQuery::default()
            };
            let lines = visit.archive()?.tls(query).await?;
            data.is_cut |= lines.len() >= PAGE_LINE_COUNT_MAX;
            // A report may be about domains of others, too.
            let is_meant = |line: &&TlsLine| {
                let domain = &line.policy.domain;
                visit.who.scope.has_name(domain) && asked.as_ref().is_none_or(|asked| **domain == *asked.as_str())
            };
            lines.iter().filter(is_meant).for_each(|line| data.add(line, &mut failing));
        }
        data.failures = failing.into_iter().collect();
        data.failures.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        data.failures.truncate(visit.row_count());
        Ok(data)
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let tables = Self::tables(data, view);
        let body = html! {
            (filter(view, &data.names, &html! {}))
            @if data.domains.is_empty() { p .nothing { (view.word("page-inbox-tls-none")) } }
            @if data.is_cut { (notice(Tone::Plain, &html! { (view.word("page-inbox-tls-cut")) })) }
            div .cards { @for (name, domain) in data.domains.iter().take(CARD_COUNT_MAX) { (card(name, domain, view)) } }
            @if !data.domains.is_empty() {
                h2 { (view.word("page-inbox-label-tls-daily")) }
                (figure("sessions", &chart(data, view), view))
                @for table in tables.iter().filter(|table| table.name != "daily") { (table.markup(&view.word("page-inbox-tls-no-failures"))) }
            }
            (downloads(view, &tables))
        };
        Page::new(view.word("page-inbox-label-tls"), body).lead(days(data.period))
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        let domains = data.domains.iter().map(|(name, domain)| {
            let policies = domain.policies.iter().map(
                |(policy, count)| json!({ "policy": policy, "successful": count.successful, "failed": count.failed }),
            );
            json!({
                "domain": name,
                "mode": domain.mode,
                "days": domain.days.len(),
                "text": verdict(name, domain, view).1,
                "policies": policies.collect::<Vec<_>>(),
            })
        });
        let daily = data.daily.iter().map(
            |(day, count)| json!({ "day": day_text(*day), "successful": count.successful, "failed": count.failed }),
        );
        let failures = data.failures.iter().map(|(failing, count)| {
            json!({
                "domain": failing.domain, "policy": failing.policy, "result": failing.result,
                "mx_host": failing.mx_host, "receiving_ip": failing.receiving_ip, "sessions": count,
            })
        });
        json!({
            "domains": domains.collect::<Vec<_>>(),
            "daily": daily.collect::<Vec<_>>(),
            "failures": failures.collect::<Vec<_>>(),
        })
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        vec![policies(data, view), failures(data, view), reporters(data, view), daily(data, view)]
    }
}

impl Data {
    fn add(&mut self, line: &TlsLine, failing: &mut BTreeMap<Failing, u64>) {
        let policy = &line.policy;
        let count = Count { successful: policy.successful_count, failed: policy.failed_count };
        let domain = self.domains.entry(policy.domain.clone()).or_default();
        domain.policies.entry(policy_word(&policy.kind)).or_default().add(count);
        domain.days.insert(line.day);
        let is_sts = policy.kind == Word::Known(PolicyKind::Sts);
        if is_sts {
            domain.sts.add(count);
            // The newest day comes first.
            domain.mode = domain.mode.take().or_else(|| mode(&policy.text));
        }
        if let Some(of_day) = self.daily.get_mut(&line.day) {
            of_day.add(count);
        }
        let (of_reporter, last_day) = self.reporters.entry(line.reporter.clone()).or_default();
        of_reporter.add(count);
        *last_day = line.day.max(*last_day);
        for failure in &line.failures {
            if !is_sts && failure.result.known().is_some_and(concerns_sts) {
                domain.sts.failed = domain.sts.failed.saturating_add(failure.count);
            }
            let key = Failing {
                domain: policy.domain.clone(),
                policy: policy_word(&policy.kind),
                result: word(&failure.result, TlsResult::as_str),
                mx_host: failure.mx_host.clone().unwrap_or_default(),
                receiving_ip: failure.receiving_ip.map(|address| address.to_string()).unwrap_or_default(),
            };
            let sum = failing.entry(key).or_default();
            *sum = sum.saturating_add(failure.count);
        }
    }
}

impl Count {
    fn add(&mut self, other: Self) {
        self.successful = self.successful.saturating_add(other.successful);
        self.failed = self.failed.saturating_add(other.failed);
    }

    fn total(self) -> u64 {
        self.successful.saturating_add(self.failed)
    }
}

/// The mode that a policy's text says.
fn mode(text: &[Box<str>]) -> Option<String> {
    text.iter().find_map(|line| line.trim().strip_prefix("mode:")).map(|mode| mode.trim().to_owned())
}

/// Whether a session that failed in this way would fail for want of a usable MTA-STS policy.
fn concerns_sts(result: TlsResult) -> bool {
    matches!(result, TlsResult::StsPolicyFetchError | TlsResult::StsPolicyInvalid | TlsResult::StsWebpkiInvalid)
}

/// Whether `enforce` would be safe, as a sentence.
fn verdict(name: &str, domain: &OfDomain, view: &View<'_>) -> (Tone, String) {
    let (sessions, failed, days) = (domain.sts.total(), domain.sts.failed, domain.days.len() as u64);
    let say = |id: &str, arguments: &[(&'static str, mailtext::Value)]| {
        let arguments: Vec<_> = [("domain", name.into())].into_iter().chain(arguments.iter().cloned()).collect();
        view.say(id, &arguments)
    };
    let is_enforced = domain.mode.as_deref() == Some("enforce");
    match (sessions, failed) {
        (0, _) => (Tone::Plain, say("page-inbox-tls-no-policy", &[])),
        (_, 0) if is_enforced => (Tone::Good, say("page-inbox-tls-enforced", &[("sessions", sessions.into())])),
        (_, failed) if is_enforced => (Tone::Bad, say("page-inbox-tls-enforced-failing", &[("failed", failed.into())])),
        (_, 0) if days < DAYS_MIN => {
            (Tone::Plain, say("page-inbox-tls-wait", &[("days", days.into()), ("wanted", DAYS_MIN.into())]))
        }
        (_, 0) => (Tone::Good, say("page-inbox-tls-safe", &[("days", days.into()), ("sessions", sessions.into())])),
        (_, failed) => {
            (Tone::Warning, say("page-inbox-tls-unsafe", &[("failed", failed.into()), ("sessions", sessions.into())]))
        }
    }
}

fn card(name: &str, domain: &OfDomain, view: &View<'_>) -> Markup {
    let mut all = Count::default();
    domain.policies.values().for_each(|count| all.add(*count));
    let (tone, sentence) = verdict(name, domain, view);
    let address = view.link("domain", Some(name));
    html! {
        section .card {
            h2 { a href=(address) { (safe(name)) } }
            (notice(tone, &html! { (safe(&sentence)) }))
            div .keys {
                (figure_of(all.total(), &view.word("page-inbox-label-tls-sessions"), Some(&address)))
                (share(all.successful, all.total(), &view.word("page-inbox-label-tls-successful")))
            }
        }
    }
}

fn chart(data: &Data, view: &View<'_>) -> Figure {
    let series = |label: &str, slot, count: fn(&Count) -> u64| Series {
        name: view.word(label),
        slot,
        // A day without a report is not a day without sessions.
        values: data.daily.values().map(|of_day| (of_day.total() > 0).then(|| count(of_day))).collect(),
    };
    Figure {
        shape: Shape::StackedBars,
        title: view.word("page-inbox-label-tls-daily"),
        description: view.word("page-inbox-label-tls-about"),
        unit: String::new(),
        absent: view.word("page-label-no-data"),
        category_name: view.word("page-label-day"),
        categories: data.daily.keys().map(|day| day_text(*day)).collect(),
        scale: Scale::Count,
        series: vec![
            series("page-inbox-label-tls-successful", Slot::Legitimate, |count| count.successful),
            series("page-inbox-label-tls-failed", Slot::Suspected, |count| count.failed),
        ],
    }
}

fn policies(data: &Data, view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let columns = vec![
        Column::text("domain", label("page-label-domain")),
        Column::text("policy", label("page-inbox-label-policy")),
        Column::text("mode", label("page-inbox-label-mode")),
        Column::number("successful", label("page-inbox-label-tls-successful")),
        Column::number("failed", label("page-inbox-label-tls-failed")),
        Column::number("successful_percent", label("page-inbox-label-share")),
    ];
    let mut table = Table::new("policies", label("page-inbox-label-tls-policies"), columns);
    for (name, domain) in &data.domains {
        for (policy, count) in domain.policies.iter().take(view.row_count().saturating_sub(table.rows.len())) {
            let mode = domain.mode.as_deref().filter(|_| policy == "sts").unwrap_or_default();
            table.rows.push(vec![
                Cell::text(&**name).link(&view.link("domain", Some(name))).head(),
                Cell::text(policy),
                Cell::text(mode),
                Cell::number(count.successful),
                Cell::number(count.failed),
                Cell::percent(count.successful, count.total()),
            ]);
        }
    }
    table
}

fn failures(data: &Data, view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let columns = vec![
        Column::text("result", label("page-inbox-label-tls-result")),
        Column::number("sessions", label("page-inbox-label-tls-sessions")),
        Column::text("domain", label("page-label-domain")),
        Column::text("mx_host", label("page-inbox-label-mx-host")),
        Column::text("receiving_ip", label("page-inbox-label-address")),
        Column::text("policy", label("page-inbox-label-policy")),
    ];
    let mut table = Table::new("failures", label("page-inbox-label-tls-results"), columns);
    for (failing, count) in &data.failures {
        let told = result_label(&failing.result).map(|label| view.word(label));
        let result = Cell::text(&failing.result);
        let shown = told.map(|told| html! { (told) " " code { (failing.result) } });
        table.rows.push(vec![
            match shown {
                Some(shown) => result.showing(shown).head(),
                None => result.head(),
            },
            Cell::number(*count),
            Cell::text(&*failing.domain),
            Cell::text(&*failing.mx_host),
            Cell::text(&failing.receiving_ip),
            Cell::text(&failing.policy),
        ]);
    }
    table
}

/// What a result says, for those who do not know the word (RFC 8460).
fn result_label(result: &str) -> Option<&'static str> {
    Some(match result {
        "starttls-not-supported" => "page-inbox-label-tls-no-starttls",
        "certificate-host-mismatch" => "page-inbox-label-tls-host-mismatch",
        "certificate-expired" => "page-inbox-label-tls-expired",
        "certificate-not-trusted" => "page-inbox-label-tls-not-trusted",
        "validation-failure" => "page-inbox-label-tls-validation",
        "tlsa-invalid" => "page-inbox-label-tls-tlsa",
        "dnssec-invalid" => "page-inbox-label-tls-dnssec",
        "dane-required" => "page-inbox-label-tls-dane",
        "sts-policy-fetch-error" => "page-inbox-label-tls-fetch",
        "sts-policy-invalid" => "page-inbox-label-tls-invalid",
        "sts-webpki-invalid" => "page-inbox-label-tls-webpki",
        _ => return None,
    })
}

fn reporters(data: &Data, view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let columns = vec![
        Column::text("reporter", label("page-inbox-label-reporter")),
        Column::number("successful", label("page-inbox-label-tls-successful")),
        Column::number("failed", label("page-inbox-label-tls-failed")),
        Column::text("last", label("page-inbox-label-last")),
    ];
    let mut table = Table::new("reporters", label("page-inbox-label-reporter"), columns);
    for (name, (count, last_day)) in data.reporters.iter().take(view.row_count()) {
        let query = crate::ask::Query::of(&[("kind", "tls"), ("reporter", name)]);
        table.rows.push(vec![
            Cell::text(&**name).link(&format!("/reports{}", query.to_text())).head(),
            Cell::number(count.successful),
            Cell::number(count.failed),
            Cell::text(day_text(*last_day)),
        ]);
    }
    table
}

fn daily(data: &Data, view: &View<'_>) -> Table {
    let label = |id: &str| view.word(id);
    let columns = vec![
        Column::text("day", label("page-label-day")),
        Column::number("successful", label("page-inbox-label-tls-successful")),
        Column::number("failed", label("page-inbox-label-tls-failed")),
    ];
    let mut table = Table::new("daily", label("page-inbox-label-tls-daily"), columns);
    for (day, count) in &data.daily {
        table.rows.push(vec![
            Cell::text(day_text(*day)).head(),
            Cell::number(count.successful),
            Cell::number(count.failed),
        ]);
    }
    table
}

/// Most domains of which a card stands on the page; all are in the table.
const CARD_COUNT_MAX: usize = 12;
/// So many days with reports and without a failure are wanted before `enforce`.
const DAYS_MIN: u64 = 14;
