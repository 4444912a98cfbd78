//! The exit codes: a contract with every script that calls us.

/// What the process ends with. Of several that apply, the highest number is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub(crate) enum ExitCode {
    /// Done.
    Done = 0,
    /// Done, and something that was asked about does not hold.
    DoesNotHold = 1,
    /// The command line is wrong.
    Usage = 2,
    /// An input is unreadable or malformed.
    Input = 3,
    /// The configuration is wrong.
    Configuration = 4,
    /// The network or DNS is not usable.
    Network = 5,
    /// The store.
    Store = 6,
    /// An error of ours.
    Internal = 70,
    /// A signal ended what can be gone on with; shells say the same of programs that SIGINT ended.
    Stopped = 130,
}

impl ExitCode {
    /// Tells this one too.
    pub(crate) fn add(&mut self, other: Self) {
        *self = (*self).max(other);
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}
