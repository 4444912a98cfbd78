//! All that reports count, divided by whatever is asked for: every dimension is a filter, and a way to divide.

use std::collections::BTreeMap;

use chart::{Figure, Scale, Series, Shape, Slot};
use feedback::Archive as _;
use feedback::aggregate::AlignedPass;
use feedback::archive::{CountLine, CountQuery, Division, SourceLine};
use feedback::limits::PAGE_LINE_COUNT_MAX;
use feedback::word::Word;
use insight::Hosts;
use insight::group::{class_label, class_word};
use mailtext::Domain;
use maud::{Markup, html};
use report::query::Reach;
use report::vocabulary::Disposition;
use serde_json::{Value, json};

use super::source::{CLASS, class_choice, parse_class};
use crate::ask::{Period, Query, View, Visit, day_text, parse_day};
use crate::data::{Cell, Column, Table, grouped, percent};
use crate::limits::{DOWNLOAD_ROW_COUNT_MAX, PAGE_ROW_COUNT, SPREAD_COUNT_MAX};
use crate::page::Page;
use crate::parts::{Tone, choice, class, days, downloads, field, figure, filter, notice, onward, safe, slot};
use crate::screen::{Fresh, Kind, Parameter, Screen};
use crate::sources::Sources;
use crate::trouble::Trouble;

/// The screen.
pub(crate) struct Explore;

/// By what messages are told apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Dimension {
    /// The day.
    Day,
    /// The policy domain.
    Domain,
    /// The reporter's organisation.
    Reporter,
    /// The class.
    Class,
    /// The disposition.
    Disposition,
    /// Whether DKIM is aligned, as the reporter says.
    Dkim,
    /// Whether SPF is.
    Spf,
    /// The author domain.
    HeaderFrom,
    /// The address.
    Source,
    /// The country of the address.
    Country,
    /// The selector of the first signature.
    Selector,
}

/// What it shows.
pub(crate) struct Data {
    period: Period,
    /// The days with which they are compared.
    before: Option<Period>,
    names: Vec<String>,
    by: Vec<Dimension>,
    /// What is counted, by the values of the dimensions.
    counts: BTreeMap<Vec<String>, Count>,
    is_cut: bool,
    offset: usize,
}

/// Messages of the days, and of those with which they are compared.
#[derive(Clone, Copy, Default)]
struct Count {
    now: u64,
    before: u64,
}

/// What a line has of each dimension; the day apart.
struct Line {
    count: u64,
    values: BTreeMap<Dimension, String>,
}

impl Screen for Explore {
    type Data = Data;

    const FRESH: Fresh = Fresh::Reports;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let period = visit.period()?;
        let before = before(visit, period)?;
        let by = divided(&visit.query)?;
        check(&visit.query)?;
        let offset = usize::try_from(visit.query.number("after")?.unwrap_or(0)).unwrap_or(usize::MAX);
        let names: Vec<String> = visit.own_domains().await?.iter().map(|line| line.domain.to_string()).collect();
        let mut data = Data {
            period,
            before,
            names,
            by,
            counts: BTreeMap::new(),
            is_cut: false,
            offset: offset.min(DOWNLOAD_ROW_COUNT_MAX),
        };
        data.add(visit, period, |count| &mut count.now).await?;
        if let Some(before) = before {
            data.add(visit, before, |count| &mut count.before).await?;
        }
        Ok(data)
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let keys = data.keys();
        let shown = keys.get(data.offset.min(keys.len())..).unwrap_or_default();
        let shown = shown.get(..shown.len().min(PAGE_ROW_COUNT)).unwrap_or_default();
        let next = Some(data.offset + PAGE_ROW_COUNT).filter(|next| *next < keys.len()).map(|next| next.to_string());
        let body = html! {
            (filter(view, &data.names, &fields(data, view)))
            (active(view))
            @if data.is_cut { (notice(Tone::Warning, &html! { (view.word("page-explore-cut")) })) }
            (totals(data, view))
            @if data.by.first() == Some(&Dimension::Day) && !data.counts.is_empty() {
                (figure("explore", &chart_of(data, view), view))
            }
            (table(data, shown, view).markup(&view.word("page-nothing")))
            (onward(view, "after", next.as_deref()))
            (downloads(view, &Self::tables(data, view)))
        };
        Page::new(view.word("page-reports-label-explore"), body).lead(days(data.period))
    }

    fn json(data: &Data, _view: &View<'_>) -> Value {
        let period = |period: Period| json!({ "from": day_text(period.from_day), "to": day_text(period.until_day.saturating_sub(1)) });
        let lines = data.lines().into_iter().take(DOWNLOAD_ROW_COUNT_MAX).map(|(key, count)| {
            let values = data.by.iter().zip(key).map(|(by, value)| (by.word().to_owned(), Value::from(value.as_str())));
            let mut object: serde_json::Map<String, Value> = values.collect();
            object.insert("messages".to_owned(), count.now.into());
            if data.before.is_some() {
                object.insert("before".to_owned(), count.before.into());
            }
            Value::Object(object)
        });
        json!({
            "period": period(data.period),
            "before": data.before.map(period),
            "by": data.by.iter().map(|by| by.word()).collect::<Vec<_>>(),
            "messages": data.total().now,
            "messages_before": data.before.map(|_| data.total().before),
            "lines": lines.collect::<Vec<_>>(),
            "cut": data.is_cut,
        })
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        let mut columns: Vec<Column> = data.by.iter().map(|by| Column::hidden(by.word())).collect();
        columns.push(Column::hidden("messages"));
        if data.before.is_some() {
            columns.extend(["before", "difference", "per_cent"].map(Column::hidden));
        }
        let mut table = Table::new("explore", view.word("page-reports-label-explore"), columns);
        for (key, count) in data.lines().into_iter().take(DOWNLOAD_ROW_COUNT_MAX) {
            let mut row: Vec<Cell> = key.iter().map(Cell::text).collect();
            row.push(Cell::number(count.now));
            if data.before.is_some() {
                row.extend(compared(*count));
            }
            table.rows.push(row);
        }
        vec![table]
    }
}

impl Dimension {
    const ALL: [Self; 11] = [
        Self::Day,
        Self::Domain,
        Self::Reporter,
        Self::Class,
        Self::Disposition,
        Self::Dkim,
        Self::Spf,
        Self::HeaderFrom,
        Self::Source,
        Self::Country,
        Self::Selector,
    ];

    /// Its name in addresses and files.
    fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Domain => "domain",
            Self::Reporter => "reporter",
            Self::Class => "class",
            Self::Disposition => "disposition",
            Self::Dkim => "dkim",
            Self::Spf => "spf",
            Self::HeaderFrom => "header_from",
            Self::Source => "source",
            Self::Country => "country",
            Self::Selector => "selector",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Day => "page-label-day",
            Self::Domain => "page-label-domain",
            Self::Reporter => "page-reports-label-by-reporter",
            Self::Class => "page-reports-label-class",
            Self::Disposition => "page-reports-label-disposition",
            Self::Dkim => "page-reports-label-dkim-aligned",
            Self::Spf => "page-reports-label-spf-aligned",
            Self::HeaderFrom => "page-reports-label-by-header-from",
            Self::Source => "page-reports-label-address",
            Self::Country => "page-reports-label-country",
            Self::Selector => "page-reports-label-by-selector",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.word() == text)
    }

    /// Whether only the lines of sources tell it, which cost more to read than counts.
    fn is_of_sources(self) -> bool {
        matches!(self, Self::HeaderFrom | Self::Source | Self::Country | Self::Selector)
    }

    /// A value, as people read it.
    fn shown(self, value: &str, view: &View<'_>) -> Markup {
        match (self, value) {
            (Self::Class, _) => match parse_class(value) {
                Some(of) => class(of, view),
                None => html! { "–" },
            },
            (Self::Dkim | Self::Spf, "yes") => html! { (view.word("page-reports-label-yes")) },
            (Self::Dkim | Self::Spf, "no") => html! { (view.word("page-reports-label-no")) },
            (_, NOTHING) => html! { "–" },
            _ => safe(value),
        }
    }

    /// The same without marks, for charts.
    fn text(self, value: &str, view: &View<'_>) -> String {
        match (self, parse_class(value)) {
            (Self::Class, Some(of)) => view.word(class_label(of)),
            _ => value.to_owned(),
        }
    }
}

impl Data {
    /// Counts the messages of some days.
    async fn add<S: Sources>(
        &mut self,
        visit: &Visit<'_, S>,
        period: Period,
        to: fn(&mut Count) -> &mut u64,
    ) -> Result<(), Trouble> {
        // Days of both periods stand beside each other by their place.
        let shift = i64::from(self.period.from_day) - i64::from(period.from_day);
        let is_any = |dimension: &Dimension| dimension.is_of_sources();
        let is_wanted = |dimension: &Dimension| visit.query.get(dimension.word()).is_some();
        let of_sources =
            self.by.iter().any(is_any) || Dimension::ALL.iter().filter(|dimension| is_any(dimension)).any(is_wanted);
        let lines = match of_sources {
            true => self.of_sources(visit, period).await?,
            false => self.of_counts(visit, period).await?,
        };
        for (day, line) in lines {
            if !is_meant(&line, &visit.query) || !visit.who.scope.has_name(line.get(Dimension::Domain)) {
                continue;
            }
            let key = self.by.iter().map(|by| match (by, day) {
                (Dimension::Day, Some(day)) => day_text(u32::try_from(i64::from(day) + shift).unwrap_or(day)),
                _ => line.get(*by).to_owned(),
            });
            let count = to(self.counts.entry(key.collect()).or_default());
            *count = count.saturating_add(line.count);
        }
        Ok(())
    }

    async fn of_counts<S: Sources>(
        &mut self,
        visit: &Visit<'_, S>,
        period: Period,
    ) -> Result<Vec<(Option<u32>, Line)>, Trouble> {
        let is_needed =
            |dimension: Dimension| self.by.contains(&dimension) || visit.query.get(dimension.word()).is_some();
        let division = Division {
            day: is_needed(Dimension::Day),
            // Who may see some domains sees the messages of these.
            domain: is_needed(Dimension::Domain) || visit.who.scope != crate::who::Scope::All,
            reporter: self.by.contains(&Dimension::Reporter),
            class: is_needed(Dimension::Class),
            disposition: is_needed(Dimension::Disposition),
            aligned: is_needed(Dimension::Dkim) || is_needed(Dimension::Spf),
        };
        let found = visit.archive()?.counts(asked(visit, period)?, division).await?;
        self.is_cut |= found.len() >= PAGE_LINE_COUNT_MAX;
        Ok(found.iter().map(|line| (line.day, Line::of_count(line))).collect())
    }

    async fn of_sources<S: Sources>(
        &mut self,
        visit: &Visit<'_, S>,
        period: Period,
    ) -> Result<Vec<(Option<u32>, Line)>, Trouble> {
        let archive = visit.archive()?;
        let mut pieces = vec![(None, period)];
        if self.by.contains(&Dimension::Day) {
            // Sources are not counted by day, so that each day is a question of its own.
            if period.day_count() > SPREAD_COUNT_MAX {
                return Err(Trouble::Failed {
                    sentence: "page-explore-too-many-days",
                    arguments: vec![("limit", u64::from(SPREAD_COUNT_MAX).into())],
                });
            }
            let days = period.from_day..period.until_day;
            pieces = days.map(|day| (Some(day), Period { from_day: day, until_day: day + 1 })).collect();
        }
        let mut lines = Vec::new();
        for (day, piece) in pieces {
            let found = archive.sources(asked(visit, piece)?).await?;
            self.is_cut |= found.len() >= PAGE_LINE_COUNT_MAX;
            let needs_hosts = self.by.contains(&Dimension::Country) || visit.query.get("country").is_some();
            let known: &[SourceLine] = if needs_hosts { &found } else { &[] };
            let hosts = match known.is_empty() {
                true => None,
                false => Some(visit.sources.classifier("", known).await?.hosts),
            };
            lines.extend(found.iter().map(|line| (day, Line::of_source(line, hosts.as_deref()))));
        }
        Ok(lines)
    }

    fn total(&self) -> Count {
        let mut total = Count::default();
        for count in self.counts.values() {
            total.now = total.now.saturating_add(count.now);
            total.before = total.before.saturating_add(count.before);
        }
        total
    }

    /// What is counted, in order: by day, or the most first.
    fn lines(&self) -> Vec<(&Vec<String>, &Count)> {
        let mut lines: Vec<_> = self.counts.iter().collect();
        if self.by.first() != Some(&Dimension::Day) {
            lines.sort_by_key(|(_, count)| std::cmp::Reverse((count.now, count.before)));
        }
        lines
    }

    /// The rows of the page: of a comparison each line, else the values of the first dimension.
    fn keys(&self) -> Vec<Vec<String>> {
        if self.before.is_some() || self.by.len() < 2 {
            return self.lines().into_iter().map(|(key, _)| key.clone()).collect();
        }
        let sums = self.sums(0);
        sums.into_iter().map(|(value, _)| vec![value.to_owned()]).collect()
    }

    /// The values of a dimension with their messages; days in their order, else the most first.
    fn sums(&self, place: usize) -> Vec<(&str, u64)> {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for (key, count) in &self.counts {
            let Some(value) = key.get(place) else { continue };
            let sum = sums.entry(value).or_default();
            *sum = sum.saturating_add(count.now);
        }
        let mut sums: Vec<_> = sums.into_iter().collect();
        if self.by.get(place) != Some(&Dimension::Day) {
            sums.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
        }
        sums
    }
}

impl Line {
    fn of_count(line: &CountLine) -> Self {
        let text = |text: Option<&str>| text.unwrap_or(NOTHING).to_owned();
        let aligned = |aligned: Option<bool>| text(aligned.map(|aligned| if aligned { "yes" } else { "no" }));
        let values = [
            (Dimension::Domain, text(line.domain.as_deref())),
            (Dimension::Reporter, text(line.reporter.as_deref())),
            (Dimension::Class, text(line.class.map(class_word))),
            (Dimension::Disposition, text(line.disposition.map(Disposition::as_str))),
            (Dimension::Dkim, aligned(line.dkim_aligned)),
            (Dimension::Spf, aligned(line.spf_aligned)),
        ];
        Self { count: line.count, values: values.into_iter().collect() }
    }

    fn of_source(line: &SourceLine, hosts: Option<&Hosts>) -> Self {
        let it = &line.circumstances;
        let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).unwrap_or(NOTHING).to_owned();
        let aligned = |word: &Word<AlignedPass>| {
            text(word.known().map(|pass| if pass == AlignedPass::Yes { "yes" } else { "no" }))
        };
        let host = line.source.and_then(|source| hosts?.get(source));
        let selector = it.dkim.iter().find_map(|result| result.selector.as_deref());
        let values = [
            (Dimension::Domain, text(Some(&line.domain))),
            (Dimension::Class, class_word(line.class).to_owned()),
            (Dimension::Disposition, text(it.disposition.known().map(Disposition::as_str))),
            (Dimension::Dkim, aligned(&it.dkim_aligned)),
            (Dimension::Spf, aligned(&it.spf_aligned)),
            (Dimension::HeaderFrom, text(Some(&it.header_from))),
            (Dimension::Source, text(line.source.map(|source| source.to_string()).as_deref())),
            (Dimension::Country, text(host.and_then(|host| host.country.as_deref()))),
            (Dimension::Selector, text(selector)),
        ];
        Self { count: line.count, values: values.into_iter().collect() }
    }

    fn get(&self, dimension: Dimension) -> &str {
        self.values.get(&dimension).map_or(NOTHING, String::as_str)
    }
}

/// By what is divided: by class where nothing is asked for.
///
/// # Errors
/// It is no dimension, or too many, or two that are not kept together.
fn divided(query: &Query) -> Result<Vec<Dimension>, Trouble> {
    let mut by = Vec::new();
    for text in query.all("by") {
        let wrong = || Trouble::Parameter { name: "by", value: text.to_owned() };
        let dimension = Dimension::parse(text).ok_or_else(wrong)?;
        if !by.contains(&dimension) {
            by.push(dimension);
        }
        if by.len() > DIMENSION_COUNT_MAX {
            return Err(wrong());
        }
    }
    if by.is_empty() {
        by.push(Dimension::Class);
    }
    let is_of_sources = by.iter().any(|by| by.is_of_sources())
        || Dimension::ALL.iter().any(|by| by.is_of_sources() && query.get(by.word()).is_some());
    // A day that two dimensions ask for would be read once for each of its sources.
    if is_of_sources && by.contains(&Dimension::Reporter) {
        return Err(Trouble::Failed { sentence: "page-explore-not-together", arguments: Vec::new() });
    }
    Ok(by)
}

/// # Errors
/// A filter says nothing that could be.
fn check(query: &Query) -> Result<(), Trouble> {
    query.read("class", parse_class)?;
    query.read("disposition", |text| (text == NOTHING || Disposition::parse(text).is_some()).then_some(()))?;
    let aligned = |text: &str| matches!(text, "yes" | "no" | NOTHING).then_some(());
    query.read("dkim", aligned)?;
    query.read("spf", aligned)?;
    Ok(())
}

/// The days with which is compared: as many, before these or from another day on.
///
/// # Errors
/// It is no day.
fn before(view: &View<'_>, period: Period) -> Result<Option<Period>, Trouble> {
    let since = view.query.read("against", parse_day)?;
    let is_wanted = view.query.read("compare", |text| (text == "before").then_some(()))?.is_some();
    let of = |from_day: u32| Period { from_day, until_day: from_day.saturating_add(period.day_count()) };
    Ok(since.map(of).or_else(|| is_wanted.then(|| period.before())).filter(|before| before.day_count() > 0))
}

fn asked<S: Sources>(visit: &Visit<'_, S>, period: Period) -> Result<CountQuery, Trouble> {
    let domain: Option<Domain> = visit.query.domain("domain")?;
    Ok(CountQuery {
        domain: domain.map(|domain| (domain, Reach::Name)),
        from_day: Some(period.from_day),
        until_day: Some(period.until_day),
        reporter: visit.query.get("reporter").map(Into::into),
        ..CountQuery::default()
    })
}

/// Whether a line is what the filters want; domain and reporter were asked of the store.
fn is_meant(line: &Line, query: &Query) -> bool {
    let filters = Dimension::ALL.into_iter().filter(|dimension| FILTERS.contains(dimension));
    let mut wanted = filters.filter_map(|dimension| Some((dimension, query.get(dimension.word())?)));
    wanted.all(|(dimension, wanted)| line.get(dimension).eq_ignore_ascii_case(wanted))
}

/// What the form asks for beside days and domain.
fn fields(data: &Data, view: &View<'_>) -> Markup {
    let label = |id: &str| view.word(id);
    let dispositions = Disposition::ALL.iter().map(|one| (one.as_str(), one.as_str().to_owned())).collect::<Vec<_>>();
    let aligned = [("yes", label("page-reports-label-yes")), ("no", label("page-reports-label-no"))];
    html! {
        (divide(view, data.by.first().copied(), "page-reports-label-by-first"))
        (divide(view, data.by.get(1).copied(), "page-reports-label-by-second"))
        (choice(view, "compare", &label("page-reports-label-compare"), &[("before", label("page-reports-label-compare-before"))]))
        label { span { (label("page-reports-label-against")) } input type="date" name="against" value=(view.query.get("against").unwrap_or_default()); }
        (class_choice(view))
        (choice(view, "disposition", &label("page-reports-label-disposition"), &dispositions))
        (choice(view, "dkim", &label("page-reports-label-dkim-aligned"), &aligned))
        (choice(view, "spf", &label("page-reports-label-spf-aligned"), &aligned))
        (field(view, "reporter", &label("page-reports-label-by-reporter")))
        (field(view, "header_from", &label("page-reports-label-by-header-from")))
        (field(view, "source", &label("page-reports-label-address")))
        (field(view, "country", &label("page-reports-label-country")))
        (field(view, "selector", &label("page-reports-label-by-selector")))
    }
}

/// The choice of a dimension.
fn divide(view: &View<'_>, chosen: Option<Dimension>, label: &str) -> Markup {
    html! {
        label { span { (view.word(label)) }
            select name="by" {
                option value="" { "–" }
                @for dimension in Dimension::ALL {
                    option value=(dimension.word()) selected[chosen == Some(dimension)] { (view.word(dimension.label())) }
                }
            }
        }
    }
}

/// The filters that hold, each with a way to take it away.
fn active(view: &View<'_>) -> Markup {
    let held = Dimension::ALL.into_iter().filter_map(|dimension| Some((dimension, view.query.get(dimension.word())?)));
    let held: Vec<_> = held.filter(|(dimension, _)| *dimension != Dimension::Day).collect();
    html! {
        @if !held.is_empty() {
            ul .plain aria-label=(view.word("page-reports-label-filters")) { @for (dimension, value) in held {
                li {
                    (view.word(dimension.label())) ": " (dimension.shown(value, view)) " "
                    a href=(format!("{}{}", view.path, view.query.with("after", None).with(dimension.word(), None).to_text())) {
                        (view.say("page-reports-label-without-filter", &[("name", view.word(dimension.label()).into())]))
                    }
                }
            } }
        }
    }
}

fn totals(data: &Data, view: &View<'_>) -> Markup {
    let total = data.total();
    html! {
        @match data.before {
            None => p { (view.say("page-explore-total", &[("messages", grouped(total.now).into())])) },
            Some(before) => p {
                (view.say("page-explore-compared", &[("messages", grouped(total.now).into()), ("before", grouped(total.before).into())]))
                " (" (days(before)) ") " (signed(total)) " · " (changed(total))
            },
        }
    }
}

/// The table of the page: a comparison, a list, or a pivot.
fn table(data: &Data, keys: &[Vec<String>], view: &View<'_>) -> Table {
    let names: Vec<_> = data.by.iter().map(|by| view.word(by.label())).collect();
    let caption = view.say("page-reports-label-messages-by", &[("names", names.join(" × ").into())]);
    if data.before.is_none() && data.by.len() > 1 {
        return pivot(data, keys, caption, view);
    }
    let mut columns: Vec<Column> = names.into_iter().map(|name| Column::text("", name)).collect();
    columns.push(Column::number("", view.word("page-label-messages")));
    match data.before {
        None => columns.push(Column::number("", view.word("page-reports-label-share"))),
        Some(_) => columns.extend(
            ["page-reports-label-before", "page-reports-label-difference", "page-reports-label-change"]
                .map(|label| Column::number("", view.word(label))),
        ),
    }
    let mut table = Table::new("explore", caption, columns);
    let total = data.total().now;
    for key in keys {
        let count = data.counts.get(key).copied().unwrap_or_default();
        let mut row: Vec<Cell> = Vec::new();
        for (place, (by, value)) in data.by.iter().zip(key).enumerate() {
            let cell = Cell::text(value).showing(by.shown(value, view)).link(&narrowed(view, &[(*by, value)]));
            row.push(if place == 0 { cell.head() } else { cell });
        }
        let pairs: Vec<_> = data.by.iter().copied().zip(key.iter().map(String::as_str)).collect();
        row.push(Cell::number(count.now).link(&narrowed(view, &pairs)));
        match data.before {
            None => row.push(Cell::percent(count.now, total)),
            Some(_) => row.extend(compared(count)),
        }
        table.rows.push(row);
    }
    table
}

/// The first dimension down, the second across: its largest values, and all others together.
fn pivot(data: &Data, keys: &[Vec<String>], caption: String, view: &View<'_>) -> Table {
    let (first, second) = match data.by.as_slice() {
        [first, second, ..] => (*first, *second),
        _ => return Table::default(),
    };
    let across = data.sums(1);
    let shown: Vec<&str> = across.iter().take(COLUMN_COUNT_MAX).map(|(value, _)| *value).collect();
    let mut columns = vec![Column::text("", view.word(first.label()))];
    columns.extend(shown.iter().map(|value| Column::number("", dimension_text(second, value, view))));
    if across.len() > shown.len() {
        columns.push(Column::number("", view.word("page-reports-label-others")));
    }
    columns.push(Column::number("", view.word("page-reports-label-total")));
    let mut table = Table::new("explore", caption, columns);
    let mut sums: BTreeMap<&str, (u64, BTreeMap<&str, u64>)> = BTreeMap::new();
    for (key, count) in &data.counts {
        let [row, column, ..] = key.as_slice() else { continue };
        let (sum, cells) = sums.entry(row).or_default();
        *sum = sum.saturating_add(count.now);
        cells.insert(column, count.now);
    }
    for row in keys.iter().filter_map(|key| key.first()) {
        let Some((sum, cells)) = sums.get(row.as_str()) else { continue };
        let head = Cell::text(row).showing(first.shown(row, view)).link(&narrowed(view, &[(first, row)])).head();
        let mut line = vec![head];
        let mut rest = *sum;
        for column in &shown {
            let count = cells.get(column).copied().unwrap_or(0);
            rest = rest.saturating_sub(count);
            let cell = Cell::number(count);
            let address = narrowed(view, &[(first, row), (second, column)]);
            line.push(if count > 0 { cell.link(&address) } else { cell });
        }
        if across.len() > shown.len() {
            line.push(Cell::number(rest));
        }
        line.push(Cell::number(*sum).link(&narrowed(view, &[(first, row)])));
        table.rows.push(line);
    }
    table
}

fn dimension_text(dimension: Dimension, value: &str, view: &View<'_>) -> String {
    let text = match (dimension, value) {
        (Dimension::Dkim | Dimension::Spf, "yes") => view.word("page-reports-label-yes"),
        (Dimension::Dkim | Dimension::Spf, "no") => view.word("page-reports-label-no"),
        _ => dimension.text(value, view),
    };
    // A heading is no place for marks that cannot be seen.
    mailtext::encoded_word::display_safe(&text).into_owned()
}

/// The same page, with these values for filters.
fn narrowed(view: &View<'_>, pairs: &[(Dimension, &str)]) -> String {
    let mut query = view.query.with("after", None).with("done", None);
    for (dimension, value) in pairs {
        query = match dimension {
            Dimension::Day => query.with("days", None).with("from", Some(value)).with("to", Some(value)),
            _ if *value == NOTHING && matches!(dimension, Dimension::Domain | Dimension::Reporter) => query,
            _ => query.with(dimension.word(), Some(value)),
        };
    }
    format!("{}{}", view.path, query.to_text())
}

/// Before, the difference, and the change in per cent.
fn compared(count: Count) -> [Cell; 3] {
    let plain = i128::from(count.now) - i128::from(count.before);
    let change = changed(count);
    [
        Cell::number(count.before),
        Cell::text(plain.to_string()).showing(html! { (signed(count)) }),
        Cell::text(change.trim_end_matches(" %").replace(['+', '–'], "").replace('−', "-")).showing(html! { (change) }),
    ]
}

/// A difference with its sign.
fn signed(count: Count) -> String {
    match count.now.cmp(&count.before) {
        std::cmp::Ordering::Less => format!("−{}", grouped(count.before - count.now)),
        std::cmp::Ordering::Equal => "0".to_owned(),
        std::cmp::Ordering::Greater => format!("+{}", grouped(count.now - count.before)),
    }
}

/// A change in per cent of what was before; of nothing there is none.
fn changed(count: Count) -> String {
    let sign = match count.now.cmp(&count.before) {
        _ if count.before == 0 => return "–".to_owned(),
        std::cmp::Ordering::Less => "−",
        std::cmp::Ordering::Equal => "",
        std::cmp::Ordering::Greater => "+",
    };
    format!("{sign}{}", percent(count.now.abs_diff(count.before), count.before))
}

/// Messages day by day: by the largest values of the second dimension, or beside those of the other period.
fn chart_of(data: &Data, view: &View<'_>) -> Figure {
    let days: Vec<String> = (data.period.from_day..data.period.until_day).map(day_text).collect();
    let of = |wanted: Option<&str>, to: fn(&Count) -> u64| -> Vec<Option<u64>> {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for (key, count) in &data.counts {
            let (Some(day), second) = (key.first(), key.get(1)) else { continue };
            if wanted.is_none_or(|wanted| second.is_some_and(|second| second == wanted)) {
                *sums.entry(day).or_default() += to(count);
            }
        }
        days.iter().map(|day| Some(sums.get(day.as_str()).copied().unwrap_or(0))).collect()
    };
    let series = match (data.by.get(1), data.before) {
        (Some(second), None) => {
            let values = data.sums(1).into_iter().take(SERIES_COUNT_MAX).enumerate();
            let one = |(place, (value, _)): (usize, (&str, u64))| Series {
                name: dimension_text(*second, value, view),
                slot: parse_class(value)
                    .filter(|_| *second == Dimension::Class)
                    .map_or(Slot::Other(u8::try_from(place).unwrap_or(0)), slot),
                values: of(Some(value), |count| count.now),
            };
            values.map(one).collect()
        }
        (_, before) => {
            let now = Series {
                name: view.word("page-label-messages"),
                slot: Slot::Other(0),
                values: of(None, |count| count.now),
            };
            let then = before.map(|_| Series {
                name: view.word("page-reports-label-before"),
                slot: Slot::Other(1),
                values: of(None, |count| count.before),
            });
            std::iter::once(now).chain(then).collect()
        }
    };
    Figure {
        shape: if data.before.is_some() { Shape::Lines } else { Shape::StackedBars },
        title: view.word("page-label-volume"),
        description: view.word("page-label-volume"),
        unit: String::new(),
        absent: view.word("page-label-no-data"),
        category_name: view.word("page-label-day"),
        categories: days,
        scale: Scale::Count,
        series,
    }
}

/// The names of the dimensions, in their order.
const WORDS: &[&str] = &[
    "day",
    "domain",
    "reporter",
    "class",
    "disposition",
    "dkim",
    "spf",
    "header_from",
    "source",
    "country",
    "selector",
];
/// What stands for a value that nobody told.
const NOTHING: &str = "-";
/// Most dimensions at a time.
const DIMENSION_COUNT_MAX: usize = 2;
/// Values of the second dimension that a pivot shows.
const COLUMN_COUNT_MAX: usize = 12;
/// Values of the second dimension that a chart shows.
const SERIES_COUNT_MAX: usize = 8;
/// The dimensions whose filters are looked at here.
const FILTERS: [Dimension; 8] = [
    Dimension::Class,
    Dimension::Disposition,
    Dimension::Dkim,
    Dimension::Spf,
    Dimension::HeaderFrom,
    Dimension::Source,
    Dimension::Country,
    Dimension::Selector,
];
/// What is asked for: by what is divided, with what is compared, and a filter for each dimension.
pub(crate) const PARAMETERS: &[Parameter] = &[
    Parameter::DOMAIN,
    Parameter::FROM,
    Parameter::TO,
    Parameter::DAYS,
    Parameter { name: "by", kind: Kind::Words(WORDS) },
    Parameter { name: "compare", kind: Kind::Word(&["before"]) },
    Parameter { name: "against", kind: Kind::Day },
    Parameter { name: "reporter", kind: Kind::Text },
    CLASS,
    Parameter { name: "disposition", kind: Kind::Word(&["none", "pass", "quarantine", "reject", "-"]) },
    Parameter { name: "dkim", kind: Kind::Word(&["yes", "no", "-"]) },
    Parameter { name: "spf", kind: Kind::Word(&["yes", "no", "-"]) },
    Parameter { name: "header_from", kind: Kind::Text },
    Parameter { name: "source", kind: Kind::Text },
    Parameter { name: "country", kind: Kind::Text },
    Parameter { name: "selector", kind: Kind::Text },
    Parameter { name: "after", kind: Kind::Number },
];
