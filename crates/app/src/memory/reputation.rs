//! `reputation`: what is remembered of domains that messages authenticate.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use mailtext::Domain;
use policy::reputation::{Counts, HalfLife};
use policy::{Reputation, Score};
use report::{Hot as _, LedgerError};
use serde_json::{Value, json};

use super::record::{self, Space};
use super::{all, of_store, print};
use crate::cli::SpfFormat;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::paint::{blanks, columns};
use crate::say::Say;
use crate::{ledger, time};

/// `reputation`
#[derive(Args, Debug)]
pub(crate) struct ReputationArguments {
    #[command(subcommand)]
    verb: ReputationVerb,
}

/// What is wanted of reputations.
#[derive(Subcommand, Debug)]
enum ReputationVerb {
    /// Show what is remembered of domains, day by day
    Show {
        /// The domains
        #[arg(required = true, value_name = "DOMAIN")]
        domains: Vec<String>,
        /// Form of the output
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: SpfFormat,
    },
    /// List the domains that are remembered, those with the worst reputation first
    List {
        /// Most domains that are shown
        #[arg(long, value_name = "COUNT", default_value_t = 50)]
        limit: usize,
        /// Form of the output
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        format: SpfFormat,
    },
    /// Put counts of today in the place of all that is remembered of a domain
    Set {
        /// The domain
        #[arg(value_name = "DOMAIN")]
        domain: String,
        /// Wanted messages
        #[arg(long, value_name = "COUNT", default_value_t = 0)]
        good: u64,
        /// Unwanted messages
        #[arg(long, value_name = "COUNT", default_value_t = 0)]
        bad: u64,
        /// Messages of which nobody knows
        #[arg(long, value_name = "COUNT", default_value_t = 0)]
        unknown: u64,
    },
    /// Forget domains
    Forget {
        /// The domains
        #[arg(required = true, value_name = "DOMAIN")]
        domains: Vec<String>,
    },
}

/// Does what is asked of reputations.
///
/// # Errors
/// A domain is none, there is no ledger, or the output cannot be written.
pub(crate) fn run(common: &Common, arguments: &ReputationArguments) -> Result<ExitCode, Failure> {
    match &arguments.verb {
        ReputationVerb::Show { domains, format } => show(common, &parsed(domains)?, *format),
        ReputationVerb::List { limit, format } => list(common, *limit, *format),
        ReputationVerb::Set { domain, good, bad, unknown } => {
            let counts = Counts { good: *good, bad: *bad, unknown: *unknown };
            let mut reputation = Reputation::default();
            reputation.add_day(common.now_s() / DAY_S, counts);
            put(common, &parsed(std::slice::from_ref(domain))?, Some(&reputation), "rules-reputation-set")
        }
        ReputationVerb::Forget { domains } => put(common, &parsed(domains)?, None, "rules-reputation-forgotten"),
    }
}

fn parsed(domains: &[String]) -> Result<Vec<Domain>, Failure> {
    let bad = |text: &String| Failure::option("cli-bad-value", "DOMAIN", text);
    domains.iter().map(|text| Domain::parse(text).map_err(|_| bad(text))).collect()
}

fn show(common: &Common, domains: &[Domain], format: SpfFormat) -> Result<ExitCode, Failure> {
    let (now_s, say) = (common.now_s(), common.say());
    let found = ledger::with(common, async |store| {
        let mut found = Vec::new();
        for domain in domains {
            let Some(key) = Space::Domain.key(domain.as_str().as_bytes()) else { continue };
            let value = store.get(key, now_s * 1000).await.map_err(of_store)?;
            found.push((domain.clone(), value.as_deref().and_then(record::decode)));
        }
        Ok::<_, LedgerError>(found)
    })?;
    let half_life = HalfLife::days(common.config().memory.half_life_days);
    let mut out = String::new();
    for (domain, reputation) in found {
        let reputation = reputation.unwrap_or_default();
        let score = reputation.score(now_s, half_life);
        if format == SpfFormat::Json {
            let days = reputation.days().map(|(day, counts)| {
                let Counts { good, bad, unknown } = counts;
                json!({ "day": date(day), "good": good, "bad": bad, "unknown": unknown })
            });
            let _ = writeln!(out, "{}", object(domain.as_str(), score, Some(days.collect())));
            continue;
        }
        let _ = writeln!(out, "{}", sentence(domain.as_str(), score, say));
        for (day, Counts { good, bad, unknown }) in reputation.days() {
            let counts = [("good", good.into()), ("bad", bad.into()), ("unknown", unknown.into())];
            let _ = writeln!(out, "  {}  {}", date(day), say.say("rules-label-reputation-counts", &counts));
        }
    }
    print(&out)
}

fn list(common: &Common, limit: usize, format: SpfFormat) -> Result<ExitCode, Failure> {
    let (now_s, say) = (common.now_s(), common.say());
    let found = ledger::with(common, async |store| all(store, Space::Domain, now_s * 1000).await.map_err(of_store))?;
    let half_life = HalfLife::days(common.config().memory.half_life_days);
    let mut scores: Vec<(String, Score)> = Vec::new();
    for (key, value) in &found {
        let name = key.parts().and_then(|parts| String::from_utf8(parts.first()?.to_vec()).ok());
        let (Some(name), Some(reputation)) = (name, record::decode(value)) else { continue };
        scores.push((name, reputation.score(now_s, half_life)));
    }
    scores.sort_by_key(|(_, score)| (score.good_per_mille, std::cmp::Reverse(score.weight)));
    let hidden = scores.len().saturating_sub(limit) as u64;
    scores.truncate(limit);
    let mut out = String::new();
    if format == SpfFormat::Json {
        let lines = scores.iter().map(|(name, score)| format!("{}\n", object(name, *score, None)));
        return print(&lines.collect::<String>());
    }
    if scores.is_empty() {
        return print(&format!("{}\n", say.word("rules-nothing-remembered")));
    }
    let wide = scores.iter().map(|(name, _)| columns(name)).max().unwrap_or_default();
    for (name, score) in &scores {
        let _ = writeln!(out, "{name}{}  {}", blanks(name, wide), told(*score, say));
    }
    if hidden > 0 {
        let _ = writeln!(out, "{}", say.say("rules-label-more", &[("count", hidden.into())]));
    }
    print(&out)
}

/// Puts what is to be remembered, or nothing, and tells each.
fn put(
    common: &Common,
    domains: &[Domain],
    reputation: Option<&Reputation>,
    id: &'static str,
) -> Result<ExitCode, Failure> {
    let now_ms = common.now_s() * 1000;
    ledger::with(common, async |store| {
        for domain in domains {
            let Some(key) = Space::Domain.key(domain.as_str().as_bytes()) else { continue };
            let (value, expires_ms) = match reputation {
                Some(reputation) => (record::encode(reputation), record::expires_ms(reputation)),
                // What has expired is not there.
                None => (Vec::new(), now_ms),
            };
            store.put(key, value, expires_ms, now_ms).await.map_err(of_store)?;
        }
        Ok::<_, LedgerError>(())
    })?;
    let say = common.say();
    let told = domains.iter().map(|domain| say.say(id, &[("domain", domain.as_str().into())]) + "\n");
    print(&told.collect::<String>())
}

fn object(name: &str, score: Score, days: Option<Vec<Value>>) -> Value {
    let mut object = json!({ "domain": name, "good_per_mille": score.good_per_mille, "weight": score.weight });
    if let Some(days) = days {
        object["days"] = days.into();
    }
    object
}

fn sentence(name: &str, score: Score, say: &Say) -> String {
    format!("{name}  {}", told(score, say))
}

fn told(score: Score, say: &Say) -> String {
    let arguments = [("good_per_mille", u64::from(score.good_per_mille).into()), ("count", score.weight.into())];
    say.say("rules-label-reputation", &arguments)
}

/// `2026-04-01`
fn date(day: u64) -> String {
    time::rfc3339(day * DAY_S).chars().take(10).collect()
}

const DAY_S: u64 = 86_400;
