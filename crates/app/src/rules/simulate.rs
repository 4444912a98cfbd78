//! `policy simulate`: the mail of the ledger under other rules.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, ValueHint};
use policy::{Action, Simulation, Stored};
use report::{Filter, Ledger as _, Order, Query};
use serde::Serialize;

use crate::cli::SpfFormat;
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::paint::{blanks, columns};
use crate::rules::rules_of;
use crate::say::Say;
use crate::{ledger, time};

/// `policy simulate`
#[derive(Args, Debug)]
pub(super) struct SimulateArguments {
    /// From this time on: 2026-04-01T00:00:00Z, 2026-04-01, or seconds since 1970 [default: 30 days before now]
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Before this time [default: now]
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// Judge by the rules of this file instead of the configuration's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    rules: Option<PathBuf>,
    /// Form of the output
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: SpfFormat,
}

/// Runs the verb.
///
/// # Errors
/// The rules or the ledger cannot be read.
pub(super) fn run(common: &Common, arguments: &SimulateArguments) -> Result<ExitCode, Failure> {
    let rules = rules_of(common, arguments.rules.as_deref())?;
    let (from_s, until_s) = time::span(common, arguments.from.as_deref(), arguments.to.as_deref())?;
    let found = ledger::with(common, async |store| {
        let mut found = Found::default();
        let filter = Filter::between(from_s.saturating_mul(1000), until_s.saturating_mul(1000));
        let mut query = Query { filter, order: Order::OldestFirst, after: None, limit: 0 };
        loop {
            let page = store.rows(query.clone()).await?;
            for stored in page.rows.iter().filter_map(service::replay::stored) {
                found.add(&rules, &stored);
            }
            match page.next {
                Some(next) => query.after = Some(next),
                None => return Ok(found),
            }
        }
    })?;
    let say = common.say();
    let text = match arguments.format {
        SpfFormat::Json => found.json(from_s, until_s),
        SpfFormat::Text => found.text(from_s, until_s, say),
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::Done)
}

/// What was found.
#[derive(Default)]
struct Found {
    simulation: Simulation,
    /// Messages that would be treated otherwise, by author domain and by what was and would be done.
    authors: BTreeMap<Changed, Hurt>,
    /// How many author domains were left out.
    left_out: u64,
}

/// The author domain, what was done, what would be, and the id of the reason.
type Changed = (String, Action, Action, &'static str);

/// Whom a change meets.
#[derive(Default, Clone, Copy)]
struct Hurt {
    count: u64,
    /// Those of them of which DMARC passed: nothing says that they are forged.
    authenticated: u64,
}

/// The JSON of it.
#[derive(Serialize)]
struct Object {
    from: String,
    to: String,
    messages: u64,
    changed: u64,
    stricter: u64,
    milder: u64,
    actions: Vec<Cell>,
    changes: Vec<ChangeObject>,
    omitted: u64,
}

/// So many messages were done one thing with and would be done another.
#[derive(Serialize)]
struct Cell {
    done: &'static str,
    would: &'static str,
    messages: u64,
}

/// What would change for an author domain.
#[derive(Serialize)]
struct ChangeObject {
    author: String,
    done: &'static str,
    would: &'static str,
    reason: &'static str,
    messages: u64,
    authenticated: u64,
}

impl Found {
    fn add(&mut self, rules: &policy::Rules, stored: &Stored) {
        let mut one = Simulation::default();
        one.add(rules, stored);
        for change in &one.changes {
            let author = change.author.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            let key = (author, change.done, change.would, change.reason);
            if self.authors.len() >= AUTHOR_COUNT_MAX && !self.authors.contains_key(&key) {
                self.left_out += change.count;
                continue;
            }
            let hurt = self.authors.entry(key).or_default();
            hurt.count += change.count;
            if stored.input.dmarc == dmarc::DmarcResult::Pass {
                hurt.authenticated += change.count;
            }
        }
        one.changes.clear();
        self.simulation.merge(one);
    }

    /// The changes, the strictest first, of those the most frequent.
    fn sorted(&self) -> Vec<(&Changed, Hurt)> {
        let mut all: Vec<_> = self.authors.iter().map(|(key, hurt)| (key, *hurt)).collect();
        all.sort_by(|(a, left), (b, right)| (b.2, right.count, &a.0).cmp(&(a.2, left.count, &b.0)));
        all
    }

    fn json(&self, from_s: u64, until_s: u64) -> String {
        let cells = Action::ALL.iter().flat_map(|done| Action::ALL.iter().map(move |would| (*done, *would)));
        let cells = cells.filter_map(|(done, would)| {
            let messages = self.simulation.count(done, would);
            (messages > 0).then(|| Cell { done: done.as_str(), would: would.as_str(), messages })
        });
        let changes = self.sorted().into_iter().map(|((author, done, would, reason), hurt)| ChangeObject {
            author: author.clone(),
            done: done.as_str(),
            would: would.as_str(),
            reason,
            messages: hurt.count,
            authenticated: hurt.authenticated,
        });
        let object = Object {
            from: time::rfc3339(from_s),
            to: time::rfc3339(until_s),
            messages: self.simulation.message_count,
            changed: self.simulation.changed_count,
            stricter: self.simulation.stricter_count,
            milder: self.simulation.milder_count,
            actions: cells.collect(),
            changes: changes.collect(),
            omitted: self.left_out,
        };
        serde_json::to_string(&object).unwrap_or_default() + "\n"
    }

    fn text(&self, from_s: u64, until_s: u64, say: &Say) -> String {
        let simulation = &self.simulation;
        let span = [("from", time::rfc3339(from_s).into()), ("to", time::rfc3339(until_s).into())];
        let mut out =
            say.say("rules-label-simulated", &[&span[..], &[("count", simulation.message_count.into())]].concat());
        out.push('\n');
        if simulation.changed_count == 0 {
            return out + &say.word("rules-nothing-changes") + "\n";
        }
        let counts = [
            ("count", simulation.changed_count.into()),
            ("stricter", simulation.stricter_count.into()),
            ("milder", simulation.milder_count.into()),
        ];
        let _ = writeln!(out, "{}\n", say.say("rules-changed", &counts));
        let lines: Vec<[String; 4]> = self
            .sorted()
            .into_iter()
            .take(SHOWN_COUNT_MAX)
            .map(|((author, done, would, _), hurt)| {
                let authenticated = match hurt.authenticated {
                    0 => String::new(),
                    count => say.say("rules-label-authenticated", &[("count", count.into())]),
                };
                let change = format!("{} → {}", done.as_str(), would.as_str());
                [hurt.count.to_string(), change, author.clone(), authenticated]
            })
            .collect();
        let wide = |place: usize| lines.iter().map(|line| columns(&line[place])).max().unwrap_or_default();
        let (counts, changes, authors) = (wide(0), wide(1), wide(2));
        for [count, change, author, authenticated] in &lines {
            let line = format!(
                "{}{count}  {change}{}  {author}{}  {authenticated}",
                blanks(count, counts),
                blanks(change, changes),
                blanks(author, authors)
            );
            let _ = writeln!(out, "  {}", line.trim_end());
        }
        let hidden = self.authors.len().saturating_sub(lines.len()) as u64 + self.left_out;
        if hidden > 0 {
            let _ = writeln!(out, "  {}", say.say("rules-label-more", &[("count", hidden.into())]));
        }
        let _ = writeln!(out, "\n{}", say.word("rules-simulate-limits"));
        out
    }
}

/// Most author domains and changes that are kept apart.
const AUTHOR_COUNT_MAX: usize = 100_000;
/// Most of them that are shown to people.
const SHOWN_COUNT_MAX: usize = 40;
