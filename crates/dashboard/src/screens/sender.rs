//! One source: its addresses, under which circumstances its mail came and why that is judged as it is, what to repair
//! there, and what the owner says of it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use chart::{Figure, Scale, Series, Shape};
use feedback::aggregate::{AlignedPass, Circumstances, DkimResult, SpfResult};
use feedback::archive::{Class, DomainLine, SourceLine};
use feedback::word::Word;
use insight::alignment::{Modes, Step};
use insight::group::{class_label, class_word, sighting};
use insight::{Classifier, Group, Passes, Tally, groups, repairs};
use maud::{Markup, html};
use report::row::Mode;
use report::vocabulary::{Disposition, MethodResult};
use serde_json::{Value, json};

use super::senders::{mark_fields, may_mark};
use super::source::{Source, Told, network_text, of_days, parse_id};
use crate::ask::{Period, View, Visit, day_text};
use crate::data::{Cell, Column, Table, grouped};
use crate::judged::Judged;
use crate::limits::{CIRCUMSTANCE_ROW_COUNT, DOWNLOAD_ROW_COUNT_MAX, PAGE_ROW_COUNT};
use crate::page::Page;
use crate::parts::{Tone, class, code, day, days, downloads, figure, filter, notice, onward, safe, slot, state};
use crate::screen::{Fresh, Kind, Parameter, Screen};
use crate::sources::Sources;
use crate::trouble::Trouble;

/// The screen.
pub(crate) struct Sender;

/// What it shows.
pub(crate) struct Data {
    period: Period,
    source: Source,
    naming: Option<Told>,
    repair: Option<Told>,
    modes: Modes,
    hosts: Vec<HostGroup>,
    cases: Vec<Case>,
    days: Vec<u32>,
    tallies: Vec<Tally>,
    offset: usize,
}

/// Addresses whose hosts are of one organisation, or that lie in one network.
struct HostGroup {
    name: String,
    tally: Tally,
    addresses: Vec<Place>,
}

/// An address.
struct Place {
    address: String,
    name: String,
    country: String,
    network: String,
    tally: Tally,
    first_day: u32,
    last_day: u32,
}

/// Messages that came under the same circumstances.
struct Case {
    circumstances: Circumstances,
    class: Class,
    count: u64,
    first_day: u32,
    last_day: u32,
    address_count: usize,
    passes: Passes,
    steps: Vec<Told>,
    differs: bool,
    reasons: Vec<Told>,
}

impl Screen for Sender {
    type Data = Data;

    const FRESH: Fresh = Fresh::Reports;

    async fn read<S: Sources>(visit: &Visit<'_, S>) -> Result<Data, Trouble> {
        let wanted = visit.object.and_then(name_of).and_then(|id| parse_id(&id)).ok_or(Trouble::NotFound)?;
        let offset = usize::try_from(visit.query.number("after")?.unwrap_or(0)).unwrap_or(usize::MAX);
        let (judged, mut spread) = Judged::with_spread(visit, Tally::add).await?;
        let classifier = &judged.classifier;
        let mut best: Option<Data> = None;
        for line in &judged.domains {
            let lines = judged.lines(line);
            let groups = groups(lines, &line.policy, classifier);
            let Some(group) = groups.iter().find(|group| group.sender == wanted) else { continue };
            if best.as_ref().is_some_and(|best| best.source.tally.total() >= group.tally.total()) {
                continue;
            }
            let repairs = repairs(&groups, lines, &line.policy, classifier);
            best = Some(Data {
                period: judged.period,
                source: Source::of(line, group, lines, classifier),
                naming: group.naming.as_ref().map(|naming| Told::of(naming)),
                repair: repairs.iter().find(|repair| repair.sender == wanted).map(|repair| Told::of(repair)),
                modes: Modes::published(&line.policy),
                hosts: host_groups(group, classifier),
                cases: cases(line, group, lines, classifier),
                tallies: spread.sums.remove(&(line.domain.clone(), wanted.clone())).unwrap_or_default(),
                days: spread.days.clone(),
                offset: offset.min(DOWNLOAD_ROW_COUNT_MAX),
            });
        }
        best.ok_or(Trouble::NotFound)
    }

    fn page(data: &Data, view: &View<'_>) -> Page {
        let back = format!("/senders{}", of_days(view, &[("domain", &data.source.domain)]).to_text());
        let body = html! {
            (filter(view, &[], &html! { input type="hidden" name="domain" value=(data.source.domain); }))
            (facts(data, view))
            @if data.source.is_markable && may_mark(view, &data.source.domain) { (marks(data, view)) }
            h2 { (view.word("page-reports-label-why-class")) }
            ul { @for reason in &data.source.reasons { li { (reason.markup(view)) } } }
            h2 { (view.word("page-reports-label-repair")) }
            @match &data.repair {
                Some(repair) => (notice(Tone::Warning, &html! { (repair.markup(view)) })),
                None => p { (view.word("page-sender-nothing-to-repair")) },
            }
            h2 { (view.word("page-label-volume")) }
            (figure("source", &volume(data, view), view))
            h2 #addresses { (view.word("page-reports-label-addresses")) }
            (addresses(data, view))
            h2 #circumstances { (view.word("page-reports-label-circumstances")) }
            @for case in data.cases.iter().take(CIRCUMSTANCE_ROW_COUNT) { (card(case, data.modes, view)) }
            @if data.cases.len() > CIRCUMSTANCE_ROW_COUNT {
                p { (view.say("page-sender-more-circumstances", &[("count", (data.cases.len() - CIRCUMSTANCE_ROW_COUNT).into())])) }
            }
            (downloads(view, &Self::tables(data, view)))
        };
        let lead = html! { a href=(back) { (view.word("page-reports-label-senders")) } " · " (safe(&data.source.domain)) " · " (days(data.period)) };
        Page::new(data.source.name.clone(), body).lead(lead)
    }

    fn json(data: &Data, view: &View<'_>) -> Value {
        let mut value = data.source.json(view);
        let told = |told: &Option<Told>| told.as_ref().map(|told| told.json(view));
        let addresses = data.hosts.iter().flat_map(|group| {
            group.addresses.iter().map(|place| {
                json!({
                    "address": place.address, "name": place.name, "hosts": group.name, "messages": place.tally.total(),
                    "class": class_word(place.tally.main()), "country": place.country,
                    "autonomous_system": place.network, "first": day_text(place.first_day),
                    "last": day_text(place.last_day),
                })
            })
        });
        let more = json!({
            "from": day_text(data.period.from_day),
            "to": day_text(data.period.until_day.saturating_sub(1)),
            "naming": told(&data.naming),
            "repair": told(&data.repair),
            "modes": { "adkim": mode_word(data.modes.dkim), "aspf": mode_word(data.modes.spf) },
            "addresses": addresses.collect::<Vec<_>>(),
            "circumstances": data.cases.iter().take(CIRCUMSTANCE_ROW_COUNT).map(|case| case.json(view)).collect::<Vec<_>>(),
            "circumstance_count": data.cases.len(),
            "spread_days": data.days.iter().map(|day| day_text(*day)).collect::<Vec<_>>(),
            "spread": data.tallies.iter().map(Tally::total).collect::<Vec<_>>(),
        });
        if let (Some(object), Value::Object(more)) = (value.as_object_mut(), more) {
            object.extend(more);
        }
        value
    }

    fn tables(data: &Data, view: &View<'_>) -> Vec<Table> {
        let mut addresses = address_table(view);
        addresses.rows = address_rows(data, view).take(DOWNLOAD_ROW_COUNT_MAX).collect();
        let columns = [
            "header_from",
            "envelope_from",
            "dkim",
            "spf",
            "disposition",
            "dkim_aligned_reported",
            "spf_aligned_reported",
            "dkim_aligned",
            "spf_aligned",
            "class",
            "messages",
            "first",
            "last",
        ];
        let mut cases = Table::new(
            "circumstances",
            view.word("page-reports-label-circumstances"),
            columns.map(Column::hidden).to_vec(),
        );
        cases.rows = data.cases.iter().take(DOWNLOAD_ROW_COUNT_MAX).map(case_row).collect();
        vec![addresses, cases]
    }
}

/// The id in the path, as it was before it stood there.
fn name_of(object: &str) -> Option<String> {
    let pair = format!("id={object}");
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
}

fn host_groups(group: &Group<'_>, classifier: &Classifier) -> Vec<HostGroup> {
    let mut groups: BTreeMap<String, HostGroup> = BTreeMap::new();
    for address in &group.addresses {
        let name = match (address.name, address.address) {
            (Some(name), _) => classifier.aligner.organization(name).to_owned(),
            (None, Some(address)) => insight::hosts::network(address),
            (None, None) => String::new(),
        };
        let host = address.address.and_then(|address| classifier.hosts.get(address));
        let of = groups.entry(name.clone()).or_insert_with(|| HostGroup {
            name,
            tally: Tally::default(),
            addresses: Vec::new(),
        });
        of.tally.join(&address.tally);
        of.addresses.push(Place {
            address: address.address.map(|address: IpAddr| address.to_string()).unwrap_or_default(),
            name: address.name.unwrap_or_default().to_owned(),
            country: host.and_then(|host| host.country.as_deref()).unwrap_or_default().to_owned(),
            network: host.map(network_text).unwrap_or_default(),
            tally: address.tally,
            first_day: address.first_day,
            last_day: address.last_day,
        });
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.tally.total()));
    groups
}

/// The circumstances of a source, those with the most messages first; with what the largest of their lines is judged by.
fn cases(domain: &DomainLine, group: &Group<'_>, lines: &[SourceLine], classifier: &Classifier) -> Vec<Case> {
    let mut own: Vec<&SourceLine> = group.lines.iter().filter_map(|place| lines.get(*place)).collect();
    own.sort_by_key(|line| std::cmp::Reverse(line.count));
    let mut places: std::collections::HashMap<(&Circumstances, Class), usize> = std::collections::HashMap::new();
    let mut found: Vec<(&SourceLine, Case)> = Vec::new();
    for line in own {
        let place = *places.entry((&line.circumstances, line.class)).or_insert(found.len());
        if let Some((_, case)) = found.get_mut(place) {
            case.count = case.count.saturating_add(line.count);
            case.address_count += 1;
            case.first_day = case.first_day.min(line.first_day);
            case.last_day = case.last_day.max(line.last_day);
        } else {
            found.push((line, Case::of(line, domain, classifier)));
        }
    }
    found.sort_by_key(|(_, case)| std::cmp::Reverse(case.count));
    for (line, case) in found.iter_mut().take(CIRCUMSTANCE_ROW_COUNT) {
        case.explain(line, domain, classifier);
    }
    found.into_iter().map(|(_, case)| case).collect()
}

impl Case {
    fn of(line: &SourceLine, domain: &DomainLine, classifier: &Classifier) -> Self {
        let seen = sighting(line, &domain.policy);
        Self {
            circumstances: line.circumstances.clone(),
            class: line.class,
            count: line.count,
            first_day: line.first_day,
            last_day: line.last_day,
            address_count: 1,
            passes: classifier.passes(&seen),
            steps: Vec::new(),
            differs: classifier.aligner.differences(&line.circumstances, &domain.policy).next().is_some(),
            reasons: Vec::new(),
        }
    }

    fn explain(&mut self, line: &SourceLine, domain: &DomainLine, classifier: &Classifier) {
        let alignment = classifier.aligner.explain(&line.circumstances, &domain.policy);
        self.steps = alignment.steps.iter().map(|step: &Step<'_>| Told::of(step)).collect();
        let seen = sighting(line, &domain.policy);
        self.reasons = classifier.judge(&seen).reasons.iter().map(|reason| Told::of(reason)).collect();
    }

    fn json(&self, view: &View<'_>) -> Value {
        let it = &self.circumstances;
        let told = |all: &[Told]| all.iter().map(|told| told.json(view)).collect::<Vec<_>>();
        json!({
            "header_from": it.header_from,
            "envelope_from": it.envelope_from,
            "dkim": it.dkim.iter().map(dkim_text).collect::<Vec<_>>(),
            "spf": it.spf.iter().map(spf_text).collect::<Vec<_>>(),
            "disposition": it.disposition.known().map(Disposition::as_str),
            "reported": { "dkim": reported(&it.dkim_aligned), "spf": reported(&it.spf_aligned) },
            "found": { "dkim": pass_word(self.passes.dkim), "spf": pass_word(self.passes.spf) },
            "differs": self.differs,
            "messages": self.count,
            "addresses": self.address_count,
            "class": class_word(self.class),
            "alignment": told(&self.steps),
            "reasons": told(&self.reasons),
            "first": day_text(self.first_day),
            "last": day_text(self.last_day),
        })
    }
}

fn facts(data: &Data, view: &View<'_>) -> Markup {
    let source = &data.source;
    let total = source.tally.total();
    let dash = |text: String| if text.is_empty() { "–".to_owned() } else { text };
    let share = |count: u64| format!("{} ({})", crate::data::percent(count, total), grouped(count));
    html! {
        dl .facts {
            dt { (view.word("page-reports-label-class")) } dd { (source.classes(view)) }
            dt { (view.word("page-label-messages")) } dd { (grouped(total)) }
            dt { (view.word("page-label-passed")) } dd { (share(source.pass_count)) }
            dt { (view.word("page-reports-label-dkim-aligned")) } dd { (share(source.dkim_count)) }
            dt { (view.word("page-reports-label-spf-aligned")) } dd { (share(source.spf_count)) }
            dt { (view.word("page-reports-label-seen")) } dd { (day(source.first_day)) " – " (day(source.last_day)) }
            dt { (view.word("page-reports-label-selectors")) } dd { (safe(&dash(source.selectors.join(" ")))) }
            dt { (view.word("page-reports-label-place")) } dd { (safe(&dash(source.place()))) }
            dt { (view.word("page-reports-label-known-by")) }
            dd { @match &data.naming { Some(naming) => (naming.text(view)), None => "–" } }
            dt { (view.word("page-reports-label-standing")) } dd { (source.said(view)) }
        }
    }
}

fn marks(data: &Data, view: &View<'_>) -> Markup {
    html! {
        h2 { (view.word("page-reports-label-say")) }
        form .fields method="post" action="/senders/mark" {
            input type="hidden" name="csrf" value=(view.csrf);
            input type="hidden" name="back" value={ (view.path) (view.query.with("done", None).with("domain", Some(&data.source.domain)).to_text()) };
            input type="hidden" name="source" value={ (data.source.domain) " " (data.source.id) };
            (mark_fields(&data.source.note, view))
        }
    }
}

fn volume(data: &Data, view: &View<'_>) -> Figure {
    let series = Tally::CLASSES.into_iter().filter(|class| data.source.tally.of(*class) > 0).map(|class| Series {
        name: view.word(class_label(class)),
        slot: slot(class),
        values: data.tallies.iter().map(|tally| Some(tally.of(class))).collect(),
    });
    Figure {
        shape: Shape::StackedBars,
        title: view.word("page-label-volume"),
        description: view.word("page-label-volume-by-class"),
        unit: String::new(),
        absent: view.word("page-label-no-data"),
        category_name: view.word("page-label-day"),
        categories: data.days.iter().map(|day| day_text(*day)).collect(),
        scale: Scale::Count,
        series: series.collect(),
    }
}

fn address_table(view: &View<'_>) -> Table {
    let columns = vec![
        Column::text("hosts", view.word("page-reports-label-hosts")),
        Column::text("address", view.word("page-reports-label-address")),
        Column::text("name", view.word("page-reports-label-host-name")),
        Column::number("messages", view.word("page-label-messages")),
        Column::text("class", view.word("page-reports-label-class")),
        Column::text("country", view.word("page-reports-label-country")),
        Column::text("autonomous_system", view.word("page-reports-label-network")),
        Column::text("first", view.word("page-reports-label-first-day")),
        Column::text("last", view.word("page-reports-label-last-day")),
    ];
    Table::new("addresses", view.word("page-reports-label-addresses"), columns)
}

/// Group by group; the name of a group stands where it begins.
fn address_rows<'d>(data: &'d Data, view: &'d View<'_>) -> impl Iterator<Item = Vec<Cell>> + use<'d> {
    let cells = |group: &HostGroup, place: &Place| {
        vec![
            Cell::text(&group.name),
            Cell::text(&place.address)
                .showing(code(if place.address.is_empty() { "–" } else { &place.address }))
                .head(),
            Cell::text(&place.name),
            Cell::number(place.tally.total()),
            Cell::class(place.tally.main(), view),
            Cell::text(&place.country),
            Cell::text(&place.network),
            Cell::text(day_text(place.first_day)),
            Cell::text(day_text(place.last_day)),
        ]
    };
    data.hosts.iter().flat_map(move |group| group.addresses.iter().map(move |place| cells(group, place)))
}

fn addresses(data: &Data, view: &View<'_>) -> Markup {
    let groups = data.hosts.len();
    let mut table = address_table(view);
    table.rows = address_rows(data, view).skip(data.offset).take(PAGE_ROW_COUNT).collect();
    let count: usize = data.hosts.iter().map(|group| group.addresses.len()).sum();
    let next = Some(data.offset + PAGE_ROW_COUNT).filter(|next| *next < count).map(|next| next.to_string());
    html! {
        p { (view.say("page-sender-addresses", &[("count", data.source.address_count.into()), ("groups", groups.into())])) }
        (table.markup(&view.word("page-nothing")))
        (onward(view, "after", next.as_deref()))
    }
}

fn card(case: &Case, modes: Modes, view: &View<'_>) -> Markup {
    let it = &case.circumstances;
    let texts = |all: Vec<String>| html! { @if all.is_empty() { "–" } @for text in all { div { (code(&text)) } } };
    html! {
        section .card {
            h3 { (class(case.class, view)) " " (grouped(case.count)) " · " (day(case.first_day)) " – " (day(case.last_day)) }
            @if case.differs { (notice(Tone::Warning, &html! { (view.word("page-sender-differs")) })) }
            dl .facts {
                dt { "From" } dd { (code(&it.header_from)) }
                dt { "MAIL FROM" } dd { @match &it.envelope_from { Some(name) => (code(name)), None => "–" } }
                dt { "DKIM" } dd { (texts(it.dkim.iter().map(dkim_text).collect())) }
                dt { "SPF" } dd { (texts(it.spf.iter().map(spf_text).collect())) }
                dt { (view.word("page-reports-label-modes")) } dd { code { "adkim=" (mode_word(modes.dkim)) " aspf=" (mode_word(modes.spf)) } }
                dt { (view.word("page-reports-label-found")) } dd { "DKIM " (pass(case.passes.dkim)) " SPF " (pass(case.passes.spf)) }
                dt { (view.word("page-reports-label-reported")) }
                dd { code { "dkim=" (safe(reported(&it.dkim_aligned))) " spf=" (safe(reported(&it.spf_aligned))) } }
                dt { (view.word("page-reports-label-disposition")) }
                dd { code { (it.disposition.known().map_or("–", Disposition::as_str)) } }
                dt { (view.word("page-reports-label-addresses")) } dd { (grouped(case.address_count as u64)) }
            }
            details {
                summary { (view.word("page-reports-label-why")) }
                p { strong { (view.word("page-reports-label-alignment")) } }
                ul { @for step in &case.steps { li { (step.markup(view)) } } }
                p { strong { (view.word("page-reports-label-why-class")) } }
                ul { @for reason in &case.reasons { li { (reason.markup(view)) } } }
            }
        }
    }
}

fn case_row(case: &Case) -> Vec<Cell> {
    let it = &case.circumstances;
    let joined = |all: Vec<String>| Cell::text(all.join("; "));
    vec![
        Cell::text(&*it.header_from),
        Cell::text(it.envelope_from.as_deref().unwrap_or_default()),
        joined(it.dkim.iter().map(dkim_text).collect()),
        joined(it.spf.iter().map(spf_text).collect()),
        Cell::text(it.disposition.known().map_or("", Disposition::as_str)),
        Cell::text(reported(&it.dkim_aligned)),
        Cell::text(reported(&it.spf_aligned)),
        Cell::text(pass_word(case.passes.dkim)),
        Cell::text(pass_word(case.passes.spf)),
        Cell::text(class_word(case.class)),
        Cell::number(case.count),
        Cell::text(day_text(case.first_day)),
        Cell::text(day_text(case.last_day)),
    ]
}

fn dkim_text(result: &DkimResult) -> String {
    let selector = result.selector.as_deref().map(|selector| format!(" s={selector}")).unwrap_or_default();
    format!("d={}{selector} {}", result.domain, result_text(&result.result))
}

fn spf_text(result: &SpfResult) -> String {
    let scope = match &result.scope {
        Word::Known(feedback::aggregate::SpfScope::Helo) => " (helo)",
        Word::Known(feedback::aggregate::SpfScope::MailFrom) | Word::Missing | Word::Other(_) => "",
    };
    format!("{}{scope} {}", result.domain, result_text(&result.result))
}

fn result_text(result: &Word<MethodResult>) -> &str {
    match result {
        Word::Known(result) => result.as_str(),
        Word::Missing => "-",
        Word::Other(text) => text,
    }
}

fn reported(word: &Word<AlignedPass>) -> &str {
    match word {
        Word::Known(pass) => pass_word(*pass),
        Word::Missing => "-",
        Word::Other(text) => text,
    }
}

fn pass_word(pass: AlignedPass) -> &'static str {
    match pass {
        AlignedPass::Yes => "pass",
        AlignedPass::No => "fail",
    }
}

fn pass(of: AlignedPass) -> Markup {
    state(if of == AlignedPass::Yes { Tone::Good } else { Tone::Bad }, pass_word(of))
}

fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Relaxed => "r",
        Mode::Strict => "s",
    }
}
/// What the page of a source knows.
pub(crate) const PARAMETERS: &[Parameter] = &[
    Parameter::DOMAIN,
    Parameter::FROM,
    Parameter::TO,
    Parameter::DAYS,
    Parameter { name: "after", kind: Kind::Number },
];
