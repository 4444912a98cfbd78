//! Sekisho: the station where mail shows who it is from.
//!
//! What it does: reads the command line and the configuration, puts the world (`net`) before the pure crates, and shows
//! what they found – as text, JSON or header fields – in the user's language.
//!
//! What it will never do: parse mail, evaluate a protocol, or build a sentence by itself; nobody imports it.
//!
//! Reading order: [`cli`] (what can be asked), [`common`], then a verb: [`verify`], [`spf_verb`], [`sign`], [`seal`],
//! [`rules`], [`keys`], [`reports`], [`desk`], [`survey`], [`users`], [`serve`], [`demo`], and [`control`], which asks
//! what serves.

mod cli;
mod common;
mod config;
mod control;
mod demo;
mod desk;
mod dns;
mod documents;
mod duration;
mod exit;
mod explain;
mod failure;
mod hosts;
mod json;
mod keys;
mod ledger;
mod limits;
mod lists;
mod memory;
mod paint;
mod published;
mod reports;
mod rules;
mod say;
mod seal;
mod sending;
mod serve;
mod sign;
mod spf_verb;
mod stamp;
mod stats;
mod study;
mod survey;
mod telling;
mod time;
mod users;
mod verify;

use std::sync::Arc;

use clap::Parser as _;

use crate::cli::{Cli, Verb};
use crate::common::Common;

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    let common = match Common::start(cli.common, cli.verb.needs()) {
        Ok(common) => Arc::new(common),
        Err(code) => return code.into(),
    };
    let ended = match cli.verb {
        Verb::Serve(arguments) => serve::run(&common, arguments),
        Verb::Demo(arguments) => demo::run(&common, &arguments),
        Verb::Verify(arguments) => verify::run(&common, arguments),
        Verb::Spf(arguments) => spf_verb::run(&common, &arguments),
        Verb::Sign(arguments) => sign::run(&common, &arguments),
        Verb::Seal(arguments) => seal::run(&common, &arguments),
        Verb::Check(arguments) => desk::check::run(&common, &arguments),
        Verb::Record(arguments) => desk::record::run(&common, &arguments),
        Verb::Key(arguments) => keys::run(&common, &arguments),
        Verb::Report(arguments) => reports::run(&common, &arguments),
        Verb::Stats(arguments) => stats::run(&common, &arguments),
        Verb::Survey(arguments) => survey::run(&common, &arguments),
        Verb::Policy(arguments) => rules::run(&common, arguments),
        Verb::Reputation(arguments) => memory::reputation::run(&common, &arguments),
        Verb::Replay(arguments) => memory::replay::run(&common, &arguments),
        Verb::List(arguments) => lists::run(&common, &arguments),
        Verb::User(arguments) => users::run(&common, arguments),
        Verb::Config(arguments) => config::verbs::run(&common, &arguments),
        Verb::Status(arguments) => control::status(&common, &arguments),
        Verb::Reload => control::reload(&common),
        Verb::Completions { shell } => documents::completions(shell),
        Verb::Man => documents::man(),
    };
    ended.unwrap_or_else(|failure| failure.tell(common.say())).into()
}
