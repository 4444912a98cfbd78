//! `report remove`: everything of a domain, or its old reports. Without `--yes` it tells what it would take.

use clap::Args;
use feedback::Archive as _;
use feedback::archive::Removal;
use mailtext::Value;
use report::query::Reach;
use serde_json::json;

use super::ask::{domain_of, open_existing, wait};
use super::print;
use crate::cli::SpfFormat;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::time;

/// `report remove`
#[derive(Args, Debug)]
pub(super) struct RemoveArguments {
    /// Of this domain: reports about it, also such as are about others too, what they count, and what was said of its
    /// sources
    #[arg(long, value_name = "DOMAIN", required = true)]
    domain: String,
    /// Also of what lies below it
    #[arg(long, conflicts_with = "before")]
    below: bool,
    /// Only reports whose period ended before this day or time
    #[arg(long, value_name = "TIME")]
    before: Option<String>,
    /// Of this tenant alone
    #[arg(long, value_name = "NAME", conflicts_with = "before")]
    tenant: Option<String>,
    /// Do it; else it is counted what would go
    #[arg(long)]
    yes: bool,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: SpfFormat,
}

/// Runs the verb.
///
/// # Errors
/// An option is wrong, or the store cannot do it.
pub(super) fn run(common: &Common, arguments: &RemoveArguments) -> Result<ExitCode, Failure> {
    let domain = domain_of("--domain", &arguments.domain)?;
    let before_s = match &arguments.before {
        Some(text) => {
            let time = time::parse_or_day(text);
            Some(time.ok_or_else(|| Failure::option("cli-bad-time", "--before", text))?)
        }
        None => None,
    };
    let what = match before_s {
        Some(before_s) => Removal::Reports { before_s, domain: Some(domain.clone()) },
        None => {
            let reach = if arguments.below { Reach::Below } else { Reach::Name };
            Removal::Domain { domain: domain.clone(), reach, tenant: arguments.tenant.as_deref().map(Into::into) }
        }
    };
    let store = open_existing(common)?;
    let would = wait(common, store.would_take(what.clone()))?;
    let mut count = 0;
    if arguments.yes {
        loop {
            let removed = wait(common, store.remove(what.clone()))?;
            count += removed.count;
            if removed.is_done {
                break;
            }
        }
    }
    let name = ("domain", Value::from(domain.to_string()));
    let numbers =
        [("reports", Value::from(would.reports)), ("messages", would.messages.into()), ("marks", would.marks.into())];
    let told = match (arguments.format, arguments.yes, before_s) {
        (SpfFormat::Json, is_done, _) => {
            let object = json!({
                "domain": domain.to_string(),
                "before": before_s.map(time::rfc3339),
                "reports": if is_done { count } else { would.reports },
                "messages": would.messages,
                "marks": would.marks,
                "removed": is_done,
            });
            object.to_string()
        }
        (SpfFormat::Text, true, _) => common.say().say("reports-removed", &[name, ("count", count.into())]),
        (SpfFormat::Text, false, None) => common.say().say("reports-remove-would", &[&[name][..], &numbers].concat()),
        (SpfFormat::Text, false, Some(before_s)) => {
            let before = ("before", Value::from(time::rfc3339(before_s)));
            let [reports, messages, _] = numbers;
            common.say().say("reports-remove-would-before", &[name, before, reports, messages])
        }
    };
    print(&(told + "\n"))?;
    Ok(ExitCode::Done)
}
