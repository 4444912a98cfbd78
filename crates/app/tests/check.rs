//! `check` and `record` as their user sees them, in both languages, against a name server: `testdata/cases/check`.
//!
//! `args:` is the command line, several times for several runs; the zone is the world. What is beside as `.stdin` is read by each.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // tests may fail loudly

extern crate net as sekisho_net;
// Named by `support`, which makes DNS messages with it.
use hickory_proto as _;

#[allow(dead_code, unreachable_pub)]
#[path = "../../net/tests/support/mod.rs"]
mod support;

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use support::Server;
use testkit::{Case, cases};

#[test]
fn what_the_user_sees() {
    assert!(cases("check", run) >= 4);
}

fn run(case: &Case) -> String {
    let zone = std::fs::read_to_string(format!("{}.zone", case.stem.display())).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(Server::of_zone(&zone));
    let mut out = String::new();
    for line in case.input.all("args") {
        let input = std::fs::File::open(case.stem.with_file_name(format!("{}.stdin", case.name)));
        let output = Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .stdin(input.map_or_else(|_| Stdio::null(), Stdio::from))
            .args(["--resolver", &server.address.to_string(), "--at", "2026-11-23T00:00:00Z"])
            .args(words(line))
            // Messages lie beside the case.
            .current_dir(case.stem.parent().unwrap())
            .env_clear()
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let _ = write!(out, "$ sekisho {line}\n{}{}", text(output.stdout), text(output.stderr));
        let _ = writeln!(out, "--- exit code {}\n", output.status.code().unwrap());
    }
    out
}

/// A command line in words; quotes keep blanks together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
