//! `replay`: signatures that came more than once.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde_json::json;

use super::record::{Replay, Space};
use super::{all, of_store, print};
use crate::cli::SpfFormat;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::{ledger, time};

/// `replay`
#[derive(Args, Debug)]
pub(crate) struct ReplayArguments {
    #[command(subcommand)]
    verb: ReplayVerb,
}

/// What is wanted of replays.
#[derive(Subcommand, Debug)]
enum ReplayVerb {
    /// Show the signatures that came most often
    Show {
        /// Most signatures that are shown
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        limit: usize,
        /// Form of the output
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: SpfFormat,
    },
}

/// Does what is asked of replays.
///
/// # Errors
/// There is no ledger, or the output cannot be written.
pub(crate) fn run(common: &Common, arguments: &ReplayArguments) -> Result<ExitCode, Failure> {
    let ReplayVerb::Show { limit, format } = &arguments.verb;
    let (now_ms, say) = (common.now_s() * 1000, common.say());
    let found = ledger::with(common, async |store| all(store, Space::Replay, now_ms).await.map_err(of_store))?;
    let mut replays: Vec<Replay> = found.iter().filter_map(|(_, value)| Replay::decode(value)).collect();
    replays.sort_by(|one, other| (other.count, &one.signer).cmp(&(one.count, &other.signer)));
    let hidden = replays.len().saturating_sub(*limit) as u64;
    replays.truncate(*limit);
    let mut out = String::new();
    for replay in &replays {
        let (first, last) = (time::rfc3339(replay.first_s), time::rfc3339(replay.last_s));
        let (domain, selector) = replay.signer.split_once(' ').unwrap_or((&replay.signer, ""));
        if *format == SpfFormat::Json {
            let object =
                json!({ "domain": domain, "selector": selector, "count": replay.count, "first": first, "last": last });
            let _ = writeln!(out, "{object}");
            continue;
        }
        let arguments = [
            ("domain", domain.into()),
            ("selector", selector.into()),
            ("count", replay.count.into()),
            ("first", first.into()),
            ("last", last.into()),
        ];
        let _ = writeln!(out, "{}", say.say("rules-label-replay", &arguments));
    }
    if *format == SpfFormat::Text && replays.is_empty() {
        out = say.word("rules-no-replay") + "\n";
    }
    if *format == SpfFormat::Text && hidden > 0 {
        let _ = writeln!(out, "{}", say.say("rules-label-more", &[("count", hidden.into())]));
    }
    print(&out)
}
