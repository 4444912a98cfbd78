//! Commands of the operator: for DNS that is spoken to by an interface of its own, and for servers that read files again.
//!
//! A hook is called once for each record, with a JSON object on its standard input:
//!
//! ```text
//! {"version": 1, "action": "publish" | "withdraw", "zone": "example.jp", "name": "s1._domainkey.example.jp",
//!  "type": "TXT" | "CNAME", "ttl": 3600, "value": "v=DKIM1; …", "strings": ["…"], "line": "s1._domainkey.example.jp. 3600 IN TXT …"}
//! ```
//!
//! It ends with 0 when the record is there (or gone), and when it was so before: the same is asked again as long as servers do
//! not show it. With 75 (`EX_TEMPFAIL`) it says that it may work later; anything else is an error, and what it wrote to
//! standard error is told. No shell is between.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::HOOK_OUTPUT_BYTES_MAX;

/// Runs a command, gives it this on its standard input, and waits so long for its end.
///
/// # Errors
/// It cannot be run, does not end, or does not end well.
pub(super) fn run(command: &[String], input: &str, wait: Duration) -> Result<(), Failure> {
    let Some((program, arguments)) = command.split_first() else { return Ok(()) };
    let failure = |id| Failure::new(ExitCode::Network, id).with("command", program.as_str());
    let failed = |error: std::io::Error| failure("keys-command-unusable").with("reason", error.to_string());
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let input = input.to_owned();
    // Whoever does not read its input, or holds its output open, does not hold us up.
    std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(input.as_bytes())));
    let output = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = stderr.map(|stderr| stderr.take(HOOK_OUTPUT_BYTES_MAX).read_to_end(&mut text));
        String::from_utf8_lossy(&text).trim().to_owned()
    });
    let Some(status) = ended(&mut child, wait).map_err(failed)? else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(failure("keys-command-timeout").with("seconds", wait.as_secs()));
    };
    if status.success() {
        return Ok(());
    }
    let said =
        if output.is_finished() || joins_soon(&output) { output.join().unwrap_or_default() } else { String::new() };
    let code = status.code().and_then(|code| u64::try_from(code).ok()).unwrap_or(u64::from(u8::MAX));
    let id = if code == TEMPORARY { "keys-command-later" } else { "keys-command-failed" };
    Err(failure(id).with("code", code).with("reason", said))
}

fn ended(child: &mut Child, wait: Duration) -> std::io::Result<Option<ExitStatus>> {
    let until = Instant::now() + wait;
    loop {
        match child.try_wait()? {
            Some(status) => return Ok(Some(status)),
            None if Instant::now() >= until => return Ok(None),
            None => std::thread::sleep(Duration::from_millis(PAUSE_MS)),
        }
    }
}

/// A child of the command may hold its output open; what it said by then is not waited for long.
fn joins_soon<T>(thread: &std::thread::JoinHandle<T>) -> bool {
    let until = Instant::now() + Duration::from_secs(1);
    while !thread.is_finished() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(PAUSE_MS));
    }
    thread.is_finished()
}

/// `EX_TEMPFAIL` of sysexits.h.
const TEMPORARY: u64 = 75;
const PAUSE_MS: u64 = 20;
