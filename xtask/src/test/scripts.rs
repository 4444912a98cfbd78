//! The end-to-end scripts: `tests/e2e/*.sh`, each with bash, one after the other.
//!
//! The contract of a script: it finds the built program in `$SEKISHO`, uses loopback and its own temporary folder only,
//! installs what it needs by Debian package name when it may, and ends with 0 (passed), 77 after a line
//! `skipped: REASON` (what it needs cannot be had), or anything else (failed). `lib.sh` is for what scripts share.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::Tally;
use crate::house::{House, Outcome, succeed};

const SCRIPTS: &str = "tests/e2e/";
const SKIPPED: i32 = 77;
/// A script that takes longer hangs; in seconds.
const SCRIPT_SECONDS_MAX: u64 = 15 * 60;

pub(crate) fn run_all(house: &House) -> Outcome<Tally> {
    let mut tally = Tally::default();
    let scripts: Vec<&String> = house.files.iter().filter(|path| is_script(path)).collect();
    if scripts.is_empty() {
        println!("end-to-end: no script in {SCRIPTS}");
        return Ok(tally);
    }
    let target = house.metadata()?.target_directory;
    let program = target.join("debug/sekisho");
    if let Err(reason) = house.cargo(&["build", "--quiet", "--package", "sekisho"]) {
        eprintln!("end-to-end: {reason}");
        return Ok(Tally { failed: scripts.len(), ..tally });
    }
    let mut summary = Vec::new();
    for script in scripts {
        println!("── {script}");
        let end = run_one(house, script, program.as_str()).unwrap_or_else(End::Failed);
        match &end {
            End::Passed => tally.passed += 1,
            End::Skipped(_) => tally.skipped += 1,
            End::Failed(_) => tally.failed += 1,
        }
        summary.push(format!("{script}: {}", end.words()));
    }
    println!("── end-to-end\n{}", summary.join("\n"));
    Ok(tally)
}

enum End {
    Passed,
    Skipped(String),
    Failed(String),
}

impl End {
    fn of(status: ExitStatus, reason: Option<String>) -> Self {
        match (status.code(), reason) {
            (Some(0), _) => Self::Passed,
            (Some(SKIPPED), Some(reason)) => Self::Skipped(reason),
            (Some(SKIPPED), None) => Self::Failed("skipped without saying why".to_owned()),
            _ => Self::Failed(status.to_string()),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Passed => "passed".to_owned(),
            Self::Skipped(reason) => format!("skipped: {reason}"),
            Self::Failed(reason) => format!("failed ({reason})"),
        }
    }
}

fn is_script(path: &str) -> bool {
    path.strip_prefix(SCRIPTS).is_some_and(|name| name.ends_with(".sh") && !name.contains('/') && name != "lib.sh")
}

fn run_one(house: &House, script: &str, program: &str) -> Outcome<End> {
    let mut command = house.command("bash", &[script]);
    // A group of its own, so that what the script has started ends with it.
    command.env("SEKISHO", program).stdout(Stdio::piped()).process_group(0);
    let mut child = command.spawn().map_err(|error| format!("{script}: {error}"))?;
    let output = child.stdout.take();
    let reader = std::thread::spawn(move || output.and_then(pass_through));
    let status = wait(house, &mut child)?;
    // What the script left running would keep its end of the pipe open.
    let _ = succeed(house.command("kill", &["-KILL", "--", &format!("-{}", child.id())]).stderr(Stdio::null()));
    let reason = reader.join().unwrap_or(None);
    Ok(End::of(status, reason))
}

/// Prints what the script prints; gives the reason of its last "skipped:" line.
fn pass_through(output: impl Read) -> Option<String> {
    let mut reason = None;
    for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        println!("{line}");
        if let Some(text) = line.strip_prefix("skipped:") {
            reason = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        }
    }
    reason
}

fn wait(house: &House, child: &mut Child) -> Outcome<ExitStatus> {
    let deadline = Instant::now() + Duration::from_secs(SCRIPT_SECONDS_MAX);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(50)),
            Ok(None) => {
                let _ = succeed(&mut house.command("kill", &["-KILL", "--", &format!("-{}", child.id())]));
                let _ = child.wait();
                return Err(format!("not done after {SCRIPT_SECONDS_MAX} s"));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_found_by_name() {
        assert!(is_script("tests/e2e/postfix.sh"));
        assert!(!is_script("tests/e2e/lib.sh"));
        assert!(!is_script("tests/e2e/conf/x.sh"));
        assert!(!is_script("crates/app/tests/e2e/x.sh"));
    }

    #[test]
    fn a_skip_needs_a_reason() {
        use std::os::unix::process::ExitStatusExt;
        let skipped = ExitStatus::from_raw(SKIPPED << 8);
        assert_eq!(End::of(skipped, Some("no postfix".to_owned())).words(), "skipped: no postfix");
        assert_eq!(End::of(skipped, None).words(), "failed (skipped without saying why)");
        assert_eq!(pass_through(&b"a\nskipped: no root\n"[..]), Some("no root".to_owned()));
        assert_eq!(pass_through(&b"skipped:\n"[..]), None);
    }
}
