//! `report sources`: who sends in our name.

mod places;

use std::fmt::Write as _;

use clap::Args;
use feedback::Archive as _;
use feedback::archive::{DomainLine, Sender, SourceLine};
use insight::group::{class_label, class_word};
use insight::marks::standing_word;
use insight::{Group, Hosts, Tally, groups};
use serde::Serialize;

use super::ask::{Format, Selection, day_text, open_existing, wait};
use super::list::shown;
use super::minds::{classifier_for, look_for_hosts};
use super::print;
use super::table::{Column, aligned, csv, grouped, percent};
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::say::Say;
use places::{Network, Places};

/// `report sources`
#[derive(Args, Debug)]
pub(super) struct SourcesArguments {
    #[command(flatten)]
    selection: Selection,
    /// Each address of a source, too
    #[arg(long)]
    addresses: bool,
    /// Look up names of addresses of which none is known yet
    #[arg(long)]
    lookup: bool,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// Runs the verb.
///
/// # Errors
/// An option is wrong, or the store cannot answer.
pub(super) fn run(common: &Common, arguments: &SourcesArguments) -> Result<ExitCode, Failure> {
    let selection = &arguments.selection;
    let query = selection.query(common)?;
    let store = open_existing(common)?;
    if arguments.lookup {
        look_for_hosts(common, &store)?;
    }
    let lines = wait(common, store.sources(query))?;
    let domains = wait(common, store.domains(selection.tenant()))?;
    let classifier = classifier_for(common, &store, selection.tenant().unwrap_or_default(), &lines)?;
    let say = common.say();
    let mut out = String::new();
    if arguments.format == Format::Csv {
        out.push_str(&csv(&HEAD));
    }
    let mut found = 0;
    for domain in domains {
        let own: Vec<SourceLine> = lines.iter().filter(|line| line.domain == domain.domain).cloned().collect();
        if own.is_empty() {
            continue;
        }
        let groups = groups(&own, &domain.policy, &classifier);
        if arguments.format == Format::Text && found > 0 {
            out.push('\n');
        }
        found += 1;
        let hosts = &classifier.hosts;
        match arguments.format {
            Format::Text => out.push_str(&text((&domain, &groups), hosts, arguments.addresses, say)),
            Format::Json => {
                groups.iter().for_each(|group| out.push_str(&Object::of((&domain, group), hosts, arguments.addresses)));
            }
            Format::Csv => groups.iter().for_each(|group| out.push_str(&csv(&cells(&domain, group, hosts)))),
        }
    }
    if found == 0 && arguments.format == Format::Text {
        out = say.word("reports-no-messages") + "\n";
    }
    print(&out)?;
    Ok(ExitCode::Done)
}

fn text((domain, groups): (&DomainLine, &[Group<'_>]), hosts: &Hosts, with_addresses: bool, say: &Say) -> String {
    // A column of nothing helps nobody.
    let with_places = groups.iter().any(|group| !Places::of(group, hosts).is_empty());
    let total: u64 = groups.iter().map(|group| group.tally.total()).sum();
    let mut out = String::new();
    let arguments = [("count", groups.len().into()), ("messages", total.into())];
    let domain_name = if domain.domain.is_empty() { "–" } else { &*domain.domain };
    let _ = writeln!(out, "{domain_name}   {}", say.say("reports-label-sources", &arguments));
    let mut rows = vec![
        ["reports-label-messages", "reports-label-source", "reports-label-class", "DKIM", "SPF", "reports-label-days"]
            .map(|id| if id.starts_with("reports-") { say.word(id) } else { id.to_owned() })
            .into_iter()
            .chain(with_places.then(|| say.word("reports-label-place")))
            .collect(),
    ];
    for group in groups {
        let total = group.tally.total();
        let mut row = vec![
            grouped(total),
            name(group),
            say.word(class_label(group.class())),
            percent(group.dkim_count, total),
            percent(group.spf_count, total),
            format!("{} – {}", day_text(group.first_day), day_text(group.last_day)),
        ];
        row.extend(with_places.then(|| Places::of(group, hosts).text()));
        rows.push(row);
        let shown_addresses = group.addresses.iter().filter(|_| with_addresses);
        rows.extend(shown_addresses.map(|address| {
            let text = address.address.map_or_else(|| "–".to_owned(), |address| address.to_string());
            let name = address.name.map(shown).unwrap_or_default();
            let mut row = vec![
                grouped(address.tally.total()),
                format!("  {text} {name}").trim_end().to_owned(),
                say.word(class_label(address.tally.main())),
            ];
            if with_places {
                row.extend([String::new(), String::new(), String::new()]);
                row.push(Places::at(address.address, hosts).text());
            }
            row
        }));
    }
    let form = [Column::Right, Column::Left, Column::Left, Column::Right, Column::Right, Column::Left, Column::Left];
    out.push_str(&aligned("  ", &form, &rows));
    out
}

fn name(group: &Group<'_>) -> String {
    let id = match &group.sender {
        Sender::Service(id) => format!(" [{id}]"),
        Sender::Hosts(_) | Sender::Network(_) => String::new(),
    };
    let name = if group.name().is_empty() { "–" } else { group.name() };
    format!("{}{id}", shown(name))
}

/// A source, as JSON.
#[derive(Serialize)]
struct Object {
    domain: String,
    source: String,
    service: Option<String>,
    hosts: Option<String>,
    network: Option<String>,
    class: &'static str,
    standing: Option<&'static str>,
    messages: u64,
    classes: serde_json::Map<String, serde_json::Value>,
    dkim_aligned: u64,
    spf_aligned: u64,
    pass: u64,
    first: String,
    last: String,
    selectors: Vec<String>,
    address_count: usize,
    countries: Vec<String>,
    autonomous_systems: Vec<Network>,
    #[serde(skip_serializing_if = "Option::is_none")]
    addresses: Option<Vec<AddressObject>>,
}

/// An address of it.
#[derive(Serialize)]
struct AddressObject {
    address: Option<String>,
    name: Option<String>,
    messages: u64,
    class: &'static str,
    country: Option<String>,
    asn: Option<u32>,
    as_name: Option<String>,
}

impl Object {
    fn of((domain, group): (&DomainLine, &Group<'_>), known: &Hosts, with_addresses: bool) -> String {
        let (mut service, mut hosts, mut network) = (None, None, None);
        match &group.sender {
            Sender::Service(id) => service = Some(id.to_string()),
            Sender::Hosts(name) => hosts = Some(name.to_string()),
            Sender::Network(text) => network = Some(text.to_string()),
        }
        let addresses = group.addresses.iter().map(|address| {
            let host = address.address.and_then(|address| known.get(address));
            AddressObject {
                address: address.address.map(|address| address.to_string()),
                name: address.name.map(str::to_owned),
                messages: address.tally.total(),
                class: class_word(address.tally.main()),
                country: host.and_then(|host| host.country.as_deref()).map(str::to_owned),
                asn: host.and_then(|host| host.asn),
                as_name: host.and_then(|host| host.as_name.as_deref()).map(str::to_owned),
            }
        });
        let places = Places::of(group, known);
        let classes =
            Tally::CLASSES.into_iter().map(|class| (class_word(class).to_owned(), group.tally.of(class).into()));
        let object = Self {
            domain: domain.domain.to_string(),
            source: group.name().to_owned(),
            service,
            hosts,
            network,
            class: class_word(group.class()),
            standing: group.standing.map(standing_word),
            messages: group.tally.total(),
            classes: classes.collect(),
            dkim_aligned: group.dkim_count,
            spf_aligned: group.spf_count,
            pass: group.pass_count,
            first: day_text(group.first_day),
            last: day_text(group.last_day),
            selectors: group.selectors.iter().map(|selector| (*selector).to_owned()).collect(),
            address_count: group.address_count,
            countries: places.countries,
            autonomous_systems: places.networks,
            addresses: with_addresses.then(|| addresses.collect()),
        };
        serde_json::to_string(&object).unwrap_or_default() + "\n"
    }
}

fn cells(domain: &DomainLine, group: &Group<'_>, hosts: &Hosts) -> Vec<String> {
    let (kind, id) = match &group.sender {
        Sender::Service(id) => ("service", id),
        Sender::Hosts(name) => ("hosts", name),
        Sender::Network(text) => ("network", text),
    };
    let numbers = [group.tally.total(), group.pass_count, group.dkim_count, group.spf_count];
    let numbers = numbers.into_iter().chain(Tally::CLASSES.map(|class| group.tally.of(class)));
    let texts = [domain.domain.to_string(), group.name().to_owned(), kind.to_owned(), id.to_string()];
    let ends = [class_word(group.class()).to_owned(), day_text(group.first_day), day_text(group.last_day)];
    let places = Places::of(group, hosts);
    let network = places.networks.first();
    let asn = network.and_then(|network| network.asn).map(|asn| asn.to_string());
    let as_name = network.and_then(|network| network.name.clone());
    let place = [places.countries.join(" "), asn.unwrap_or_default(), as_name.unwrap_or_default()];
    texts.into_iter().chain(numbers.map(|number| number.to_string())).chain(ends).chain(place).collect()
}

const HEAD: [&str; 19] = [
    "domain",
    "source",
    "kind",
    "id",
    "messages",
    "pass",
    "dkim_aligned",
    "spf_aligned",
    "legitimate",
    "forwarded",
    "misconfigured",
    "suspected",
    "undecidable",
    "class",
    "first",
    "last",
    "countries",
    "asn",
    "as_name",
];
