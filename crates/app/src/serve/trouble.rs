//! What does not work, round after round: told when it begins, when it becomes something else, and not every time.

use crate::failure::Failure;
use crate::say::Say;

/// What was told last.
#[derive(Default)]
pub(super) struct Trouble {
    told: Option<String>,
}

impl Trouble {
    /// Tells what came of a round in the log, where that was not told of the round before.
    pub(super) fn tell(&mut self, done: Result<(), Failure>, say: &Say) {
        let reason = done.err().map(|failure| say.explain(&failure));
        if let Some(reason) = self.is_news(reason) {
            tracing::error!("{reason}");
        }
    }

    fn is_news(&mut self, reason: Option<String>) -> Option<&str> {
        let is_old = self.told == reason;
        self.told = reason;
        self.told.as_deref().filter(|_| !is_old)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_once_until_it_is_over() {
        let mut trouble = Trouble::default();
        for (reason, told) in [
            (None, None),
            (Some("a"), Some("a")),
            (Some("a"), None),
            (Some("b"), Some("b")),
            (None, None),
            (Some("b"), Some("b")),
        ] {
            assert_eq!(trouble.is_news(reason.map(str::to_owned)), told, "{reason:?}");
        }
    }
}
