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

/// Texts of 64 KB, loops and NULs, all at once: each domain has its findings, and none ends the run.
#[test]
fn what_is_hostile_has_findings() {
    let strings = |text: &str| {
        text.as_bytes().chunks(250).map(|part| format!("\"{}\" ", part.escape_ascii())).collect::<String>()
    };
    let networks: String = (0..4_300).map(|number| format!("ip4:11.{}.{}.1 ", number / 250, number % 250)).collect();
    let zone = format!(
        "large.jp. TXT {}\nother.jp. TXT {}\nother.jp. MX 10 mx.other.jp.\nloop.jp. TXT \"v=spf1 include:loop.jp redirect=_a.loop.jp\"\n\
         _a.loop.jp. TXT \"v=spf1 redirect=loop.jp\"\nnul.jp. TXT \"v=spf1 \\000 -all\"\n\
         _dmarc.nul.jp. TXT \"v=DMARC1; p=\\000\\255; rua=mailto:\\007@nul.jp\"\n",
        strings(&format!("v=spf1 {networks}-all")),
        strings(&"x".repeat(64_000)),
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(Server::of_zone(&zone));
    for (domain, rule) in [("large.jp", "SPF42"), ("other.jp", "SPF02"), ("loop.jp", "SPF22"), ("nul.jp", "COM07")] {
        for format in ["json", "text", "html"] {
            let output = Command::new(env!("CARGO_BIN_EXE_sekisho"))
                .args(["--resolver", &server.address.to_string(), "--lang", "en", "check", domain, "--format", format])
                .env_clear()
                .output()
                .unwrap();
            let told = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{domain}: {:?}", output.status);
            assert!(told.contains(rule), "{domain}: no {rule} in {format}");
            assert!(!told.contains(['\0', '\u{7}']), "{domain}: control characters");
        }
    }
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
