//! A password as it comes in: typed twice at a terminal that does not show it, or as a line of standard input. Never an
//! argument: those are seen by everybody on the machine, and kept by shells.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::os::fd::AsFd as _;

use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use people::limits::PASSWORD_BYTES_MAX;
use people::{Name, PasswordHash, password};

use super::{random, told};
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;

/// Asks for a new password of somebody, and hashes it.
///
/// # Errors
/// None came, the two differ, or it is not taken.
pub(super) fn new_password(common: &Common, name: &Name) -> Result<PasswordHash, Failure> {
    let typed = if io::stdin().is_terminal() { typed_twice(common)? } else { line_of(&mut io::stdin().lock())? };
    password::check(&typed, name).map_err(told::password)?;
    password::hash(&typed, random()?).map_err(told::password)
}

fn typed_twice(common: &Common) -> Result<String, Failure> {
    let _quiet = Quiet::begin().map_err(|error| unreadable(&error))?;
    let say = common.say();
    let ask = |id| {
        eprint!("{} ", say.word(id));
        let _ = io::stderr().flush();
        let typed = line_of(&mut io::stdin().lock());
        // The terminal did not show the end of the line either.
        eprintln!();
        typed
    };
    let (first, second) = (ask("people-label-password")?, ask("people-label-password-again")?);
    if first == second { Ok(first) } else { Err(Failure::new(ExitCode::Input, "people-password-differs")) }
}

/// A line without its end, of a bounded length.
fn line_of(input: &mut impl io::BufRead) -> Result<String, Failure> {
    let mut line = Vec::new();
    // One byte more than a password may have with the two of an end, so that too long ones are seen.
    let mut input = input.take(PASSWORD_BYTES_MAX as u64 + 3);
    input.read_until(b'\n', &mut line).map_err(|error| unreadable(&error))?;
    let text = line.strip_suffix(b"\n").map_or(&*line, |line| line.strip_suffix(b"\r").unwrap_or(line));
    if text.is_empty() {
        return Err(Failure::new(ExitCode::Input, "people-password-missing"));
    }
    let text = std::str::from_utf8(text).map_err(|_| Failure::new(ExitCode::Input, "people-password-control"))?;
    Ok(text.to_owned())
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::new(ExitCode::Input, "people-password-unreadable").with("reason", error.to_string())
}

/// A terminal that shows nothing of what is typed, until this goes.
struct Quiet(Termios);

impl Quiet {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin().as_fd())?;
        let mut quiet = before.clone();
        // Without signals of the keyboard: one of them would leave the terminal dumb. Control characters are refused.
        quiet.local_flags.remove(LocalFlags::ECHO | LocalFlags::ISIG);
        tcsetattr(io::stdin().as_fd(), SetArg::TCSAFLUSH, &quiet)?;
        Ok(Self(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin().as_fd(), SetArg::TCSANOW, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<String, &'static str> {
        line_of(&mut &*bytes).map_err(|failure| mailtext::Explain::id(&failure))
    }

    #[test]
    fn a_line_without_its_end() {
        for (bytes, want) in [
            (&b"a password\n"[..], Ok("a password")),
            (b"a password\r\n", Ok("a password")),
            (b"a password", Ok("a password")),
            (b" with blanks \nmore\n", Ok(" with blanks ")),
            (b"", Err("people-password-missing")),
            (b"\n", Err("people-password-missing")),
            (b"\xff\xfe\n", Err("people-password-control")),
        ] {
            assert_eq!(read(bytes), want.map(str::to_owned), "{bytes:?}");
        }
        let long = "x".repeat(PASSWORD_BYTES_MAX * 2);
        assert!(read(long.as_bytes()).unwrap().len() > PASSWORD_BYTES_MAX, "too long is seen as too long");
    }
}
