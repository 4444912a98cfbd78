//! Why a verb could not do what it was asked: an id and arguments, told in the user's language, and the exit code.

use std::io::ErrorKind;

use mailtext::{Explain, Value};

use crate::exit::ExitCode;
use crate::say::Say;

/// What went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    /// Told on standard error.
    Told {
        /// What the process ends with.
        code: ExitCode,
        /// The sentence.
        id: &'static str,
        /// Its arguments.
        arguments: Vec<(&'static str, Value)>,
    },
    /// Nobody reads our output any more (`sekisho … | head`): the end, without a word.
    OutputClosed,
}

impl Failure {
    /// A failure that is told by this sentence.
    pub(crate) fn new(code: ExitCode, id: &'static str) -> Self {
        Self::Told { code, id, arguments: Vec::new() }
    }

    /// … with this argument.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        if let Self::Told { arguments, .. } = &mut self {
            arguments.push((name, value.into()));
        }
        self
    }

    /// The same about another file: a message in a mailbox has a name of its own.
    pub(crate) fn about(mut self, file: &str) -> Self {
        if let Self::Told { arguments, .. } = &mut self {
            arguments.iter_mut().filter(|(name, _)| *name == "file").for_each(|(_, value)| *value = file.into());
        }
        self
    }

    /// An option whose value cannot be used, told by this sentence.
    pub(crate) fn option(id: &'static str, option: &'static str, value: &str) -> Self {
        Self::new(ExitCode::Usage, id).with("option", option).with("value", value)
    }

    /// A file that cannot be read.
    pub(crate) fn unreadable(file: &str, error: &std::io::Error) -> Self {
        let id = match error.kind() {
            ErrorKind::NotFound => "cli-not-found",
            ErrorKind::PermissionDenied => "cli-no-permission",
            ErrorKind::IsADirectory => "cli-is-directory",
            _ => "cli-unreadable",
        };
        Self::new(ExitCode::Input, id).with("file", file).with("reason", error.to_string())
    }

    /// Tells it on standard error, and gives the exit code.
    pub(crate) fn tell(&self, say: &Say) -> ExitCode {
        if *self != Self::OutputClosed {
            eprintln!("sekisho: {}", say.explain(self));
        }
        self.code()
    }

    /// What the process ends with.
    pub(crate) fn code(&self) -> ExitCode {
        match self {
            Self::Told { code, .. } => *code,
            Self::OutputClosed => ExitCode::Done,
        }
    }
}

impl Explain for Failure {
    fn id(&self) -> &'static str {
        match self {
            Self::Told { id, .. } => id,
            Self::OutputClosed => "cli-output-failed",
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Told { arguments, .. } => arguments.clone(),
            Self::OutputClosed => Vec::new(),
        }
    }
}

impl From<std::io::Error> for Failure {
    /// An error of writing to standard output: every other one is made with its file.
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::new(ExitCode::Internal, "cli-output-failed").with("reason", error.to_string()),
        }
    }
}
