//! Messages that get fields on top: read twice, once to be hashed, once to be written – files in chunks, standard input
//! from memory. What is written is what was read, byte for byte; the new fields have the line ends that the message has.
//! Signatures are made over the wire form, whose lines end with CRLF.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

use mailtext::Value;
use mailtext::source::{Event, Format, Splitter};

use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::{CHUNK_BYTES, SIGN_STDIN_BYTES_MAX};

/// What makes fields of a message.
pub(crate) trait Stamp {
    /// Takes the message's next part.
    fn take(&mut self, event: Event<'_>);

    /// The fields, from the top, without the final CRLF. `name` is the message's name for failures.
    ///
    /// # Errors
    /// The message cannot have them.
    fn fields(self, name: &str) -> Result<Vec<String>, Failure>;
}

/// Writes the message of this file, or of standard input, with what `stamp` puts on top.
///
/// # Errors
/// The message cannot be read or have the fields, or the output cannot be written.
pub(crate) fn run(common: &Common, file: Option<&Path>, stamp: impl Stamp) -> Result<ExitCode, Failure> {
    match file.filter(|file| *file != Path::new("-")) {
        Some(path) => {
            let name = path.display().to_string();
            let unreadable = |error: &io::Error| Failure::unreadable(&name, error);
            let file = File::open(path).map_err(|error| unreadable(&error))?;
            if file.metadata().is_ok_and(|metadata| metadata.is_file()) {
                write(BufReader::with_capacity(CHUNK_BYTES, file), &name, stamp)
            } else {
                write(held(file, &name)?, &name, stamp)
            }
        }
        None => {
            let name = common.say().word("cli-standard-input");
            write(held(io::stdin().lock(), &name)?, &name, stamp)
        }
    }
}

/// What a stamp says that was given no message: `flaw` says why.
pub(crate) fn not_a_message(name: &str, flaw: Option<&'static str>) -> Failure {
    let failure = Failure::new(ExitCode::Input, "cli-not-a-message").with("file", name);
    failure.with("flaw", Value::Word(flaw.unwrap_or_default()))
}

/// What can be read once only, in memory.
fn held(input: impl Read, name: &str) -> Result<Cursor<Vec<u8>>, Failure> {
    let mut bytes = Vec::new();
    input
        .take(SIGN_STDIN_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::unreadable(name, &error))?;
    if bytes.len() > SIGN_STDIN_BYTES_MAX {
        let failure = Failure::new(ExitCode::Input, "cli-too-large").with("file", name);
        return Err(failure.with("limit_bytes", SIGN_STDIN_BYTES_MAX));
    }
    Ok(Cursor::new(bytes))
}

fn write(mut input: impl Read + Seek, name: &str, mut stamp: impl Stamp) -> Result<ExitCode, Failure> {
    let unreadable = |error: &io::Error| Failure::unreadable(name, error);
    let start = read(&mut input, &mut stamp).map_err(|error| unreadable(&error))?;
    let fields = stamp.fields(name)?;
    input.seek(SeekFrom::Start(start.mark_bytes)).map_err(|error| unreadable(&error))?;
    let mut out = BufWriter::with_capacity(CHUNK_BYTES, io::stdout().lock());
    for field in fields {
        let field = field + "\r\n";
        let field = if start.line_end == "\n" { field.replace("\r\n", "\n") } else { field };
        out.write_all(field.as_bytes())?;
    }
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => out.write_all(&chunk[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(&error)),
        }
    }
    out.flush()?;
    Ok(ExitCode::Done)
}

/// What the first pass finds out about how the message is written.
struct Start {
    /// The bytes of a byte order mark before it, which is no part of it.
    mark_bytes: u64,
    /// How its lines end: as the first one does.
    line_end: &'static str,
}

/// Reads the whole message.
fn read(input: &mut impl Read, stamp: &mut impl Stamp) -> io::Result<Start> {
    let mut splitter = Splitter::new(Some(Format::Eml));
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut start = Start { mark_bytes: 0, line_end: "" };
    let (mut is_first, mut last) = (true, 0);
    loop {
        let bytes = match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => &chunk[..count],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if std::mem::take(&mut is_first) && bytes.starts_with(b"\xef\xbb\xbf") {
            start.mark_bytes = 3;
        }
        if let (true, Some(at)) = (start.line_end.is_empty(), bytes.iter().position(|byte| *byte == b'\n')) {
            let before = if at == 0 { last } else { bytes[at - 1] };
            start.line_end = if before == b'\r' { "\r\n" } else { "\n" };
        }
        last = bytes.last().copied().unwrap_or(last);
        splitter.feed(bytes, &mut |event| stamp.take(event));
    }
    splitter.finish(&mut |event| stamp.take(event));
    Ok(start)
}
