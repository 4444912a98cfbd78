//! The program as its user sees it: `testdata/cases/cli`. `args:` is the command line, run in that directory; what is
//! wanted is standard output, standard error, and the exit code. Answers of DNS come from tapes.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // tests may fail loudly

use std::process::Command;

use testkit::{Case, cases, root};

#[test]
fn what_the_user_sees() {
    let count = cases("cli", run);
    assert!(count >= 63, "{count}");
}

fn run(case: &Case) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_sekisho"))
        .args(words(case.input.need("args")))
        .current_dir(root().join("testdata/cases/cli"))
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    let err = if err.is_empty() { err } else { format!("--- standard error\n{err}") };
    format!("{out}{err}--- exit code {}\n", output.status.code().unwrap())
}

/// A command line in words: blanks part them but inside of quotes; `\n` is a line end.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quoted, mut characters) = (false, line.chars().peekable());
    while let Some(character) = characters.next() {
        let word = words.last_mut().unwrap();
        match character {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            '\\' if characters.next_if_eq(&'n').is_some() => word.push('\n'),
            _ => word.push(character),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
