//! From what is named on the command line to messages under check.

use std::io::Read as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use auth::{Check, Envelope, Settings};
use mailtext::received::Received;
use mailtext::source::{Event, NotAMessage, Splitter};
use mailtext::{Explain as _, Headers, Value};
use tokio::io::AsyncReadExt as _;

use super::{Place, Underway, Waiting};
use crate::dns::Dns;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::limits::CHUNK_BYTES;
use crate::rules::list_of;

/// What the command line, or the tape, says of the envelope.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// The client's address.
    pub(crate) ip: Option<IpAddr>,
    /// The name in HELO.
    pub(crate) helo: Option<String>,
    /// The sender of the envelope, as SMTP has it.
    pub(crate) mail_from: Option<String>,
    /// Where the address comes from when it is not given.
    pub(crate) client: Client,
}

/// Where the client's address comes from when it is not given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Client {
    /// From nowhere: SPF is not evaluated.
    #[default]
    Unknown,
    /// From the topmost Received field that has one (`--trace`).
    Traced,
}

/// The files that stand behind one argument: itself, or those of a Maildir.
pub(super) fn expand(path: PathBuf) -> Vec<Result<PathBuf, Failure>> {
    if !path.is_dir() {
        return vec![Ok(path)];
    }
    let name = path.display().to_string();
    let parts: Vec<PathBuf> =
        ["new", "cur"].map(|part| path.join(part)).into_iter().filter(|part| part.is_dir()).collect();
    if parts.is_empty() {
        return vec![Err(Failure::new(ExitCode::Input, "cli-is-directory").with("file", name))];
    }
    let mut files = Vec::new();
    for part in parts {
        match std::fs::read_dir(&part) {
            Ok(entries) => {
                let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
                let visible = |path: &PathBuf| {
                    !path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) && !path.is_dir()
                };
                let mut paths: Vec<PathBuf> = paths.filter(visible).collect();
                paths.sort();
                files.extend(paths.into_iter().map(Ok));
            }
            Err(error) => files.push(Err(Failure::unreadable(&part.display().to_string(), &error))),
        }
    }
    if files.is_empty() {
        files.push(Err(Failure::new(ExitCode::Input, "cli-empty-mailbox").with("file", name)));
    }
    files
}

/// The file that a failure is about.
pub(super) fn file_of(failure: &Failure) -> String {
    let file = failure.arguments().into_iter().find(|(name, _)| *name == "file");
    file.map(|(_, value)| value.to_string()).unwrap_or_default()
}

/// An open input.
pub(super) struct Source {
    name: String,
    reader: Reader,
    splitter: Option<Splitter>,
    chunk: Vec<u8>,
    started: bool,
}

enum Reader {
    File(std::fs::File),
    StandardInput(tokio::io::Stdin),
}

/// Opens an input.
pub(super) fn open(path: &Path) -> Result<Source, (Place, Failure)> {
    let name = path.display().to_string();
    let reader = if name == "-" {
        Reader::StandardInput(tokio::io::stdin())
    } else {
        match std::fs::File::open(path) {
            Ok(file) => Reader::File(file),
            Err(error) => {
                let failure = Failure::unreadable(&name, &error);
                return Err((Place { file: name, number: None }, failure));
            }
        }
    };
    Ok(Source { name, reader, splitter: Some(Splitter::new(None)), chunk: vec![0; CHUNK_BYTES], started: false })
}

impl Source {
    /// The file as it was named.
    pub(super) fn name(&self) -> String {
        self.name.clone()
    }

    pub(super) fn is_standard_input(&self) -> bool {
        matches!(self.reader, Reader::StandardInput(_))
    }

    /// Reads the next chunk into the intake; tells whether there may be more.
    pub(super) async fn feed(&mut self, intake: &mut Intake, dns: impl Fn() -> Dns) -> Result<bool, Failure> {
        let read = loop {
            let read = match &mut self.reader {
                Reader::File(file) => file.read(&mut self.chunk),
                Reader::StandardInput(input) => input.read(&mut self.chunk).await,
            };
            match read {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let count = read.map_err(|error| Failure::unreadable(&self.name, &error))?;
        let mut sink = |event: Event<'_>| intake.event(event, &dns);
        if count == 0 {
            if let Some(splitter) = self.splitter.take() {
                splitter.finish(&mut sink);
            }
            return Ok(false);
        }
        let chunk = &self.chunk[..count];
        if !std::mem::replace(&mut self.started, true) && chunk.starts_with(b"From ") {
            intake.number = Some(0);
        }
        if let Some(splitter) = &mut self.splitter {
            splitter.feed(chunk, &mut |event| intake.event(event, &dns));
        }
        Ok(true)
    }
}

/// Takes the events of one input and makes checks of them.
pub(super) struct Intake {
    file: String,
    /// The number of the message, in a mailbox.
    number: Option<usize>,
    settings: Arc<Settings>,
    asked: Asked,
    now_s: u64,
    current: Option<Box<Underway>>,
    whole: Vec<Waiting>,
}

impl Intake {
    pub(super) fn new(file: String, settings: Arc<Settings>, asked: Asked, now_s: u64) -> Self {
        Self { file, number: None, settings, asked, now_s, current: None, whole: Vec::new() }
    }

    /// The messages that are whole, in their order.
    pub(super) fn take_whole(&mut self) -> Vec<Waiting> {
        std::mem::take(&mut self.whole)
    }

    /// Lets the current message's questions go on, and waits for none of them.
    pub(super) async fn progress(&mut self) {
        if let Some(current) = &mut self.current {
            tokio::select! {
                biased;
                () = current.check.progress() => {}
                () = tokio::task::yield_now() => {}
            }
        }
    }

    fn event(&mut self, event: Event<'_>, dns: &impl Fn() -> Dns) {
        match event {
            Event::Start => self.number = self.number.map(|number| number + 1),
            Event::Headers(block) => self.current = Some(Box::new(self.begin(block, dns()))),
            Event::NotAMessage(flaw) => {
                let failure = self.not_a_message(flaw);
                self.whole.push(Waiting::Bad(self.place(), failure));
            }
            Event::Body(bytes) => {
                if let Some(current) = &mut self.current {
                    current.check.body(bytes);
                }
            }
            Event::End { bare_newlines } => {
                if let Some(mut current) = self.current.take() {
                    current.bare_newlines = bare_newlines;
                    self.whole.push(Waiting::Message(current));
                }
            }
        }
    }

    fn begin(&self, block: &[u8], dns: Dns) -> Underway {
        let (envelope, traced) = self.envelope(block);
        let mut check = Check::new(dns.clone(), Arc::clone(&self.settings), self.now_s).with_fetch(dns.clone());
        check.envelope(envelope);
        check.header(block.to_vec());
        let bimi_root_count = self.settings.methods.bimi.as_ref().map_or(0, |bimi| bimi.roots.count());
        let list_id = list_of(block);
        let header = block.into();
        Underway { place: self.place(), check, dns, traced, bare_newlines: false, bimi_root_count, list_id, header }
    }

    /// What was said of the envelope and, with `--trace`, what the fields say of it that receivers add: Received, and
    /// Return-Path for the sender (RFC 5321 §4.4).
    fn envelope(&self, block: &[u8]) -> (Envelope, bool) {
        let Asked { ip, helo, mail_from, client } = &self.asked;
        let given = |mail_from: Option<&[u8]>| Envelope::new(*ip, helo.as_deref(), mail_from);
        if ip.is_some() || *client == Client::Unknown {
            return (given(mail_from.as_deref().map(str::as_bytes)), false);
        }
        let headers = Headers::parse(block);
        let Some(hop) =
            headers.named("received").map(|field| Received::parse(field.value)).find(|hop| hop.ip.is_some())
        else {
            return (given(mail_from.as_deref().map(str::as_bytes)), false);
        };
        let return_path = headers.named("return-path").next().map(|field| field.unfolded());
        let sender = mail_from.as_deref().map(str::as_bytes).or(return_path.as_deref());
        (Envelope::new(hop.ip, helo.as_deref().or(hop.helo.as_deref()), sender), true)
    }

    fn place(&self) -> Place {
        Place { file: self.file.clone(), number: self.number }
    }

    fn not_a_message(&self, flaw: NotAMessage) -> Failure {
        let id = match (flaw, self.number) {
            (NotAMessage::Empty, None) => "cli-empty-file",
            _ => "cli-not-a-message",
        };
        let failure = Failure::new(ExitCode::Input, id).with("file", self.file.as_str());
        failure.with("flaw", Value::Word(flaw.id()))
    }
}
