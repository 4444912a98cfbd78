//! `check --save`, `--history` and `--watch`: the program against a zone that changes between two looks.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // tests may fail loudly

extern crate net as sekisho_net;
// Named by `support`, which makes DNS messages with it.
use hickory_proto as _;

#[allow(dead_code, unreachable_pub)]
#[path = "../../net/tests/support/mod.rs"]
mod support;

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::Server;
use tokio::runtime::Runtime;

const ZONE: &str = "
$ORIGIN example.jp.
@ SOA ns1 hostmaster 1 3600 600 86400 300
@ NS ns1
@ MX 10 mx
mx A 11.1.1.1
@ TXT \"v=spf1 ip4:11.1.1.1 include:_spf.service.example -all\"
_spf.service.example. TXT \"v=spf1 include:_a.service.example -all\"
_a.service.example. TXT \"v=spf1 ip4:12.1.2.0/24 -all\"
_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@example.jp\"
";

/// A folder that is empty now.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("sekisho-history-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn sekisho(server: &Server, state: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
    command.args(["--resolver", &server.address.to_string(), "--dns-timeout", "1s", "--state"]).arg(state);
    command.args(arguments).env_clear();
    command
}

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_changed_is_kept_and_told() {
    let state = &folder("kept");
    let runtime = runtime();
    let first = runtime.block_on(Server::of_zone(ZONE));
    let changed = ZONE.replace("12.1.2.0", "12.1.3.0");
    let second = runtime.block_on(Server::of_zone(&changed));
    let without = ZONE.replace("_spf.service.example. TXT", ";! _spf.service.example. TXT servfail\n;");
    let third = runtime.block_on(Server::of_zone(&without));
    let at = |server: &Server, time: &str, more: &[&str]| {
        let arguments = [&["--at", time, "check", "example.jp"], more].concat();
        said(&mut sekisho(server, state, &arguments))
    };
    // A check that is not asked to writes nothing.
    at(&first, "2026-11-01T00:00:00Z", &[]);
    assert!(!state.join("reports.sqlite").exists());
    assert!(at(&first, "2026-11-01T00:00:00Z", &["--history"]).contains("No audit of example.jp was kept"));
    at(&first, "2026-11-01T00:00:00Z", &["--save"]);
    at(&first, "2026-11-02T00:00:00Z", &["--save"]);
    at(&third, "2026-11-03T00:00:00Z", &["--save"]);
    at(&second, "2026-11-04T00:00:00Z", &["--save"]);
    let told = at(&first, "2026-11-05T00:00:00Z", &["--history"]);
    assert!(told.contains("4 audits were kept, from 2026-11-01T00:00:00Z to 2026-11-04T00:00:00Z"), "{told}");
    assert!(told.contains("by way of example.jp → _spf.service.example: other hosts may send"), "{told}");
    assert!(told.contains("- v=spf1 ip4:12.1.2.0/24 -all") && told.contains("+ v=spf1 ip4:12.1.3.0/24 -all"), "{told}");
    assert!(told.contains("could not be asked for (servfail). Nothing is known of a change."), "{told}");
    assert!(!told.contains(" is gone") && !told.contains("does not lead to"), "{told}");
    let line = at(&first, "2026-11-05T00:00:00Z", &["--history", "--format", "json"]);
    let object: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&object["domain"], &object["audits"]), (&"example.jp".into(), &4.into()));
    let newest = object["history"][0]["changes"].as_array().unwrap();
    let record = newest.iter().find(|change| change["change"] == "record").unwrap();
    assert_eq!(record["path"], serde_json::json!(["example.jp", "_spf.service.example"]));
    assert_eq!((&record["turn"], &record["type"]), (&"changed".into(), &"spf".into()));
    // The requirement that looks back says how often.
    let guideline = at(&second, "2026-11-06T00:00:00Z", &["--guideline"]);
    assert!(guideline.contains("There were 4 audits before this one."), "{guideline}");
    std::fs::remove_dir_all(state).unwrap();
}

#[test]
fn a_watch_tells_what_changed_and_ends_when_it_is_told_to() {
    let state = &folder("watched");
    let runtime = runtime();
    let first = runtime.block_on(Server::of_zone(ZONE));
    let second = runtime.block_on(Server::of_zone(&ZONE.replace("p=reject", "p=none")));
    said(&mut sekisho(&first, state, &["check", "example.jp", "--save"]));
    // The moment of an audit is a second, and that of the next must be another.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let watching = ["check", "example.jp", "--watch", "--every", "1s", "--save", "--format", "json"];
    let mut program = sekisho(&second, state, &watching).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let told: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    let policy = told["changes"].as_array().unwrap().iter().find(|change| change["type"] == "dmarc").unwrap();
    assert_eq!(policy["old"], serde_json::json!(["v=DMARC1; p=reject; rua=mailto:dmarc@example.jp"]));
    assert!(policy["message"].as_str().unwrap().contains("a weaker policy than before"), "{policy}");
    let killed = Command::new("kill").arg(program.id().to_string()).status().unwrap();
    assert!(killed.success());
    assert_eq!(program.wait().unwrap().code(), Some(0));
    std::fs::remove_dir_all(state).unwrap();
}
