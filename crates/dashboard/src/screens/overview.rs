//! What is seen first: a sentence for each domain, where it stands, how much of what came in its name, what is new.

use std::collections::BTreeMap;

use chart::{Figure, Scale, Series, Shape};
use feedback::archive::{Class, DomainLine};
use futures_util::future::join_all;
use insight::advise::Rung;
use insight::group::{class_label, class_word};
use insight::{Existence, Gates, Tally, advise};
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::ask::{Period, Query, View, Visit, day_text};
use crate::data::{Cell, Column, Table, grouped};
use crate::judged::Judged;
use crate::page::Page;
use crate::parts::{Tone, class, days, downloads, figure, figure_of, filter, left, notice, safe, share, slot};
use crate::screen::{Fresh, Screen};
use crate::screens::noticed;
use crate::sources::{NoticedPage, Published, Sources};
use crate::trouble::Trouble;

/// The screen.
pub(crate) struct Overview;

/// What it shows.
pub(crate) struct Data {
    period: Period,
    names: Vec<String>,
    domains: Vec<OfDomain>,
    daily: BTreeMap<u32, Tally>,
    noticed: NoticedPage,
}

/// A domain.
struct OfDomain {
    name: String,
    verdict: String,
    rung: Rung,
    tally: Tally,
    /// How many of these messages are of the sources that are told apart, which are the largest.
    told_apart: u64,
    /// Of those, how many passed.
    passed: u64,
    repair: Option<(String, String)>,
    spoofer: Option<(String, u64)>,
    /// What to publish next: where, and what.
    next: Option<(String, String)>,
    /// Whether nothing is in its way.
    is_ready: bool,
    news: Vec<New>,
}

/// A source that was not there before the period.
struct New {
    name: String,
    class: Class,
    count: u64,
    first_day: u32,
}

impl Screen for Overview {
    type Data = Data;

    const FRESH: Fresh = Fresh::Reports;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let judged = Judged::of(visit).await?;
        let period = judged.period;
        let mut daily: BTreeMap<u32, Tally> =
            (period.from_day..period.until_day).map(|day| (day, Tally::default())).collect();
        daily.extend(judged.volumes.days.iter().map(|(day, sum)| (*day, Tally::from(sum))));
        let mut domains = Vec::with_capacity(judged.domains.len());
        // DNS is asked about many at the same time: a page does not wait for one after the other.
        for lines in judged.domains.chunks(ASKED_AT_ONCE_COUNT) {
            let said: Vec<_> = lines.iter().map(|line| published(visit, &judged, line)).collect();
            let said = join_all(said).await;
            domains.extend(lines.iter().zip(&said).map(|(line, said)| of_domain(visit, &judged, line, said)));
        }
        domains.sort_by_key(|domain| std::cmp::Reverse(domain.tally.total()));
        let noticed = noticed::read(visit, period).await?;
        Ok(Data { period, names: judged.names, domains, daily, noticed })
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let tables = Self::tables(data, view);
        let body = html! {
            (filter(view, &data.names, &html! {}))
            @if data.domains.is_empty() { (empty(view)) }
            div .cards { @for domain in &data.domains { (card(domain, data.period, view)) } }
            @if let Some(table) = tables.first().filter(|_| data.domains.len() > 1) {
                (table.markup(&view.word("page-nothing")))
            }
            (noticed::section(&data.noticed, tables.last(), view))
            h2 { (view.word("page-label-volume")) }
            (figure("volume", &volume(data, view), view))
            (downloads(view, &tables))
        };
        Page::new(view.word("page-label-overview"), body).lead(days(data.period))
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        let classes = |tally: &Tally| {
            let pairs = Tally::CLASSES.into_iter().map(|class| (class_word(class).to_owned(), tally.of(class).into()));
            Value::Object(pairs.collect())
        };
        let domains = data.domains.iter().map(|domain| {
            let news = domain.news.iter().map(|new| {
                json!({ "source": new.name, "class": class_word(new.class), "messages": new.count,
                        "first": day_text(new.first_day) })
            });
            json!({
                "domain": domain.name,
                "text": domain.verdict,
                "rung": domain.rung.as_str(),
                "messages": domain.tally.total(),
                "told_apart": domain.told_apart,
                "passed": domain.passed,
                "classes": classes(&domain.tally),
                "next_is_ready": domain.is_ready,
                "next_record": domain.next.as_ref().map(|(name, text)| json!({ "name": name, "text": text })),
                "new_sources": news.collect::<Vec<_>>(),
            })
        });
        let daily = data.daily.iter().map(|(day, tally)| json!({ "day": day_text(*day), "classes": classes(tally) }));
        json!({
            "from": day_text(data.period.from_day),
            "to": day_text(data.period.until_day.saturating_sub(1)),
            "domains": domains.collect::<Vec<_>>(),
            "daily": daily.collect::<Vec<_>>(),
            "noticed": noticed::objects(&data.noticed, view),
            "noticed_next": data.noticed.next,
        })
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        let label = |id: &str| view.word(id);
        let classes = || Tally::CLASSES.map(|class| Column::number(class_word(class), label(class_label(class))));
        let mut columns = vec![
            Column::text("domain", label("page-label-domain")),
            Column::text("rung", label("page-label-rung")),
            Column::number("messages", label("page-label-messages")),
            Column::number("told_apart", label("page-label-told-apart")),
            Column::number("passed", label("page-label-passed")),
        ];
        columns.extend(classes());
        let mut domains = Table::new("domains", label("page-label-domains"), columns);
        for domain in &data.domains {
            let mut row = vec![
                Cell::text(&domain.name).head(),
                Cell::text(domain.rung.as_str()),
                Cell::number(domain.tally.total()),
                Cell::number(domain.told_apart),
                Cell::number(domain.passed),
            ];
            row.extend(Tally::CLASSES.map(|class| Cell::number(domain.tally.of(class))));
            domains.rows.push(row);
        }
        let mut columns = vec![Column::text("day", label("page-label-day"))];
        columns.extend(classes());
        let mut daily = Table::new("daily", label("page-label-volume"), columns);
        for (day, tally) in &data.daily {
            let mut row = vec![Cell::text(day_text(*day)).head()];
            row.extend(Tally::CLASSES.map(|class| Cell::number(tally.of(class))));
            daily.rows.push(row);
        }
        vec![domains, daily, noticed::table(&data.noticed, view)]
    }
}

/// What DNS says of a domain.
async fn published<S: Sources>(visit: &Visit<'_, S>, judged: &Judged, line: &DomainLine) -> Published {
    match mailtext::Domain::parse(&line.domain) {
        Ok(domain) => visit.sources.published(&domain, &judged.below(line)).await,
        Err(_) => Published::default(),
    }
}

fn of_domain<S: Sources>(visit: &Visit<'_, S>, judged: &Judged, line: &DomainLine, published: &Published) -> OfDomain {
    let existence = |name: &str| -> Existence { published.existence(name) };
    let situation = judged.situation(line, published, &existence);
    let advice = advise(&situation, &Gates::default(), &judged.classifier);
    let named = |name: &str| if name.is_empty() { "–".to_owned() } else { name.to_owned() };
    let news = advice.groups.iter().filter(|group| group.first_day > judged.period.from_day.max(line.first_day));
    let spoofers = advice.groups.iter().filter(|group| group.class() == Class::Suspected);
    let tally = Tally::from(&judged.volume(line).sum);
    let is_top = advice.rung.next() == advice.rung;
    let name = || advice.publication.name.trim_end_matches('.').to_owned();
    OfDomain {
        is_ready: advice.gates.iter().all(advise::GateState::is_open),
        next: (!is_top).then(|| (name(), advice.publication.text.clone())),
        name: line.domain.to_string(),
        verdict: visit.explain(&advice.verdict),
        rung: advice.rung,
        passed: advice.now.passed.total(),
        told_apart: advice.tally.total(),
        repair: advice.repairs.first().map(|repair| (repair.name.to_string(), visit.explain(repair))),
        spoofer: spoofers
            .max_by_key(|group| group.tally.total())
            .map(|group| (named(group.name()), group.tally.total())),
        news: news
            .take(NEWS_COUNT)
            .map(|group| New {
                name: named(group.name()),
                class: group.class(),
                count: group.tally.total(),
                first_day: group.first_day,
            })
            .collect(),
        tally,
    }
}

fn card(domain: &OfDomain, period: Period, view: &View<'_>) -> Markup {
    let to = |path: &str, more: &[(&str, &str)]| {
        let (from, until) = (day_text(period.from_day), day_text(period.until_day.saturating_sub(1)));
        let mut pairs = vec![("domain", domain.name.as_str()), ("from", from.as_str()), ("to", until.as_str())];
        pairs.extend(more);
        format!("{path}{}", Query::of(&pairs).to_text())
    };
    let total = domain.tally.total();
    html! {
        section .card {
            h2 { a href=(to("/senders", &[])) { (safe(&domain.name)) } }
            p .verdict { (domain.verdict) }
            (ladder(domain.rung, view))
            div .keys {
                (figure_of(total, &view.word("page-label-messages"), Some(&to("/explore", &[]))))
                (share(domain.passed, domain.told_apart, &view.word("page-label-passed")))
            }
            (left(total.saturating_sub(domain.told_apart), view))
            ul .plain { @for of in Tally::CLASSES { @if domain.tally.of(of) > 0 {
                li { (class(of, view)) " " a href=(to("/senders", &[("class", class_word(of))])) { (grouped(domain.tally.of(of))) } }
            } } }
            @if let Some((name, count)) = &domain.spoofer {
                (notice(Tone::Bad, &html! {
                    a href=(to("/senders", &[("class", "suspected")])) {
                        (view.say("page-most-suspected", &[("name", name.as_str().into()), ("count", (*count).into())]))
                    }
                }))
            }
            @if let Some((_, sentence)) = &domain.repair {
                (notice(Tone::Warning, &html! { (sentence) " " a href=(to("/ladder", &[])) { (view.word("page-label-ladder")) } }))
            }
            @if let Some((name, text)) = &domain.next {
                h3 { (view.word("reports-label-next-record")) }
                @if !domain.is_ready { p { (view.word("page-next-not-yet")) } }
                p { code { (safe(name)) ". IN TXT \"" (safe(text)) "\"" } }
            }
            @if !domain.news.is_empty() {
                h3 { (view.word("page-label-news")) }
                ul .plain { @for new in &domain.news {
                    li { (class(new.class, view)) " " (safe(&new.name)) " · " (grouped(new.count)) " · " (crate::parts::day(new.first_day)) }
                } }
            }
        }
    }
}

/// The ladder, with the rung on which a domain stands.
pub(crate) fn ladder(here: Rung, view: &View<'_>) -> Markup {
    html! {
        ol .ladder aria-label=(view.word("page-label-ladder")) {
            @for rung in [Rung::NoRecord, Rung::None, Rung::QuarantineTest, Rung::Quarantine, Rung::RejectTest, Rung::Reject] {
                li .past[rung < here] aria-current=[(rung == here).then_some("step")] {
                    @if rung == Rung::NoRecord { (view.word("page-label-no-record")) } @else { (rung_text(rung)) }
                }
            }
        }
    }
}

fn rung_text(rung: Rung) -> &'static str {
    match rung {
        Rung::NoRecord => "",
        Rung::None => "none",
        Rung::QuarantineTest => "quarantine; t=y",
        Rung::Quarantine => "quarantine",
        Rung::RejectTest => "reject; t=y",
        Rung::Reject => "reject",
    }
}

/// Messages of each class, day by day.
fn volume(data: &Data, view: &View<'_>) -> Figure {
    let series = Tally::CLASSES.into_iter().map(|class| Series {
        name: view.word(class_label(class)),
        slot: slot(class),
        values: data.daily.values().map(|tally| Some(tally.of(class))).collect(),
    });
    Figure {
        shape: Shape::StackedBars,
        title: view.word("page-label-volume"),
        description: view.word("page-label-volume-by-class"),
        unit: String::new(),
        absent: view.word("page-label-no-data"),
        category_name: view.word("page-label-day"),
        categories: data.daily.keys().map(|day| day_text(*day)).collect(),
        scale: Scale::Count,
        series: series.collect(),
    }
}

/// What is said while there is nothing to show.
fn empty(view: &View<'_>) -> Markup {
    html! {
        div .nothing {
            p { (view.word("page-no-reports-yet")) }
            pre { code { "sekisho report import PATH" } }
        }
    }
}

/// Domains about which DNS is asked at the same time.
const ASKED_AT_ONCE_COUNT: usize = 64;
/// New sources of a domain that are named here.
const NEWS_COUNT: usize = 5;
