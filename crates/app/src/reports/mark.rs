//! `report mark`: what an owner says of a source.

use clap::{Args, ValueEnum};
use feedback::Archive as _;
use feedback::archive::{Mark, Sender, Standing};
use insight::marks::standing_word;
use serde::Serialize;

use super::ask::{domain_of, open, wait};
use super::print;
use crate::cli::SpfFormat;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::time;

/// `report mark`
#[derive(Args, Debug)]
pub(super) struct MarkArguments {
    /// The domain in whose name the source sends; without one, the marks are listed
    #[arg(value_name = "DOMAIN")]
    domain: Option<String>,
    /// A service, by its id in `report sources`
    #[arg(long, value_name = "ID", conflicts_with_all = ["hosts", "network"])]
    service: Option<String>,
    /// Hosts whose names end in this domain
    #[arg(long, value_name = "DOMAIN", conflicts_with = "network")]
    hosts: Option<String>,
    /// Addresses: 192.0.2.1, 192.0.2.0/24
    #[arg(long, value_name = "NETWORK")]
    network: Option<String>,
    /// What it is
    #[arg(long = "as", value_name = "STANDING", requires = "domain")]
    standing: Option<StandingName>,
    /// Why, in a few words
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// Of this tenant
    #[arg(long, value_name = "NAME", default_value = "")]
    tenant: String,
    /// Form of the list
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: SpfFormat,
}

/// What a source can be.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum StandingName {
    /// It sends for the domain
    Approved,
    /// It forwards
    Forwarder,
    /// It has no business with the domain
    Denied,
    /// Nothing is said of it any more
    Forgotten,
}

/// A mark, as JSON.
#[derive(Serialize)]
struct Object {
    domain: String,
    service: Option<String>,
    hosts: Option<String>,
    network: Option<String>,
    standing: &'static str,
    note: String,
    at: String,
}

/// Runs the verb.
///
/// # Errors
/// An option is wrong, or the store cannot be used.
pub(super) fn run(common: &Common, arguments: &MarkArguments) -> Result<ExitCode, Failure> {
    let store = open(common)?;
    let (Some(name), Some(standing)) = (&arguments.domain, arguments.standing) else {
        let marks = wait(common, store.marks(&arguments.tenant))?;
        print(&list(&marks, arguments, common))?;
        return Ok(ExitCode::Done);
    };
    let domain = domain_of("DOMAIN", name)?;
    let mark = Mark {
        tenant: arguments.tenant.as_str().into(),
        domain: domain.clone(),
        sender: sender(arguments)?,
        standing: standing.standing().unwrap_or(Standing::Approved),
        note: arguments.note.as_str().into(),
        at_s: common.now_s(),
    };
    wait(common, store.set_mark(mark, standing.standing()))?;
    let changed = super::import::judge_anew(common, &store, &arguments.tenant, &domain)?;
    print(
        &(common.say().say("reports-marked", &[("domain", domain.to_string().into()), ("count", changed.into())])
            + "\n"),
    )?;
    Ok(ExitCode::Done)
}

fn sender(arguments: &MarkArguments) -> Result<Sender, Failure> {
    let MarkArguments { service, hosts, network, .. } = arguments;
    match (service, hosts, network) {
        (Some(id), ..) => Ok(Sender::Service(id.as_str().into())),
        (_, Some(name), _) => Ok(Sender::Hosts(domain_of("--hosts", name)?.to_string().into())),
        (.., Some(text)) => {
            let network = match text.parse::<std::net::IpAddr>() {
                Ok(address) => format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 }),
                Err(_) => text.clone(),
            };
            let network: mailtext::Network =
                network.parse().map_err(|_| Failure::option("cli-bad-value", "--network", text))?;
            Ok(Sender::Network(network.to_string().into()))
        }
        _ => Err(Failure::new(ExitCode::Usage, "reports-mark-whom")),
    }
}

fn list(marks: &[Mark], arguments: &MarkArguments, common: &Common) -> String {
    let wanted = |mark: &&Mark| {
        arguments
            .domain
            .as_ref()
            .is_none_or(|name| mark.domain.to_string().eq_ignore_ascii_case(name.trim_end_matches('.')))
    };
    let marks: Vec<&Mark> = marks.iter().filter(wanted).collect();
    if arguments.format == SpfFormat::Json {
        let lines = marks.into_iter().map(|mark| serde_json::to_string(&Object::of(mark)).unwrap_or_default() + "\n");
        return lines.collect();
    }
    if marks.is_empty() {
        return common.say().word("reports-no-marks") + "\n";
    }
    let rows: Vec<Vec<String>> = marks
        .into_iter()
        .map(|mark| {
            let text = insight::marks::sender_text(&mark.sender);
            let at = time::rfc3339(mark.at_s).chars().take(10).collect();
            vec![
                mark.domain.to_string(),
                text.to_string(),
                standing_word(mark.standing).to_owned(),
                at,
                super::list::shown(&mark.note),
            ]
        })
        .collect();
    super::table::aligned("", &[super::table::Column::Left; 5], &rows)
}

impl Object {
    fn of(mark: &Mark) -> Self {
        let (mut service, mut hosts, mut network) = (None, None, None);
        match &mark.sender {
            Sender::Service(id) => service = Some(id.to_string()),
            Sender::Hosts(name) => hosts = Some(name.to_string()),
            Sender::Network(text) => network = Some(text.to_string()),
        }
        Self {
            domain: mark.domain.to_string(),
            service,
            hosts,
            network,
            standing: standing_word(mark.standing),
            note: mark.note.to_string(),
            at: time::rfc3339(mark.at_s),
        }
    }
}

impl StandingName {
    fn standing(self) -> Option<Standing> {
        match self {
            Self::Approved => Some(Standing::Approved),
            Self::Forwarder => Some(Standing::Forwarder),
            Self::Denied => Some(Standing::Denied),
            Self::Forgotten => None,
        }
    }
}
