//! What can be done with a message, how far a receiver has got, and what it tells the owner of the author domain.

/// What becomes of a message, the mildest first. Where several rules speak, the one that comes last here wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Action {
    /// Delivered as it is.
    #[default]
    Accept,
    /// Delivered, with a mark in its header.
    Label,
    /// Delivered where suspicious mail goes, or held.
    Quarantine,
    /// Refused for now (4xx).
    TempFail,
    /// Taken and thrown away. It tells nobody, so that a rule that rejects goes before it.
    Discard,
    /// Refused (5xx).
    Reject,
}

/// How far a receiver has got (road-map of 2012: label, then filter, then block).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Stage {
    /// Nothing but labels.
    #[default]
    Observe,
    /// Suspicious mail is set apart; nothing is refused.
    Filter,
    /// What the rules say is done.
    Block,
}

/// When a rule is asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum When {
    /// When the message is whole.
    #[default]
    End,
    /// At MAIL and RCPT already, and at the end.
    Early,
}

/// An action, and when it may be taken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Response {
    /// What to do.
    pub action: Action,
    /// From when on.
    pub when: When,
}

/// What a report says of the policy that was applied (RFC 9990, ActionDispositionType).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Disposition {
    /// No action taken.
    #[default]
    None,
    /// No action, DMARC passed, and the policy is one of enforcement.
    Pass,
    /// DMARC failed; marked for quarantine.
    Quarantine,
    /// DMARC failed; rejected.
    Reject,
}

impl Action {
    /// All actions, the mildest first.
    pub const ALL: [Self; 6] =
        [Self::Accept, Self::Label, Self::Quarantine, Self::TempFail, Self::Discard, Self::Reject];

    /// A stable word: `accept`, `label`, `quarantine`, `tempfail`, `discard`, `reject`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Label => "label",
            Self::Quarantine => "quarantine",
            Self::TempFail => "tempfail",
            Self::Discard => "discard",
            Self::Reject => "reject",
        }
    }

    /// The action of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }

    /// Whether the message comes to somebody, so that labels are read.
    #[must_use]
    pub fn delivers(self) -> bool {
        self <= Self::Quarantine
    }

    /// Whether SMTP answers with a reply of its own.
    #[must_use]
    pub fn refuses(self) -> bool {
        matches!(self, Self::TempFail | Self::Reject)
    }
}

impl Stage {
    /// All stages, in their order.
    pub const ALL: [Self; 3] = [Self::Observe, Self::Filter, Self::Block];

    /// What is left of an action at this stage.
    #[must_use]
    pub fn cap(self, action: Action) -> Action {
        match (self, action) {
            (_, Action::Accept) => Action::Accept,
            (Self::Block, action) => action,
            (Self::Observe, _) | (Self::Filter, Action::Label) => Action::Label,
            // Nobody knows yet whether there is anything against the message: it is not set apart.
            (Self::Filter, Action::TempFail) => Action::Label,
            (Self::Filter, Action::Quarantine | Action::Discard | Action::Reject) => Action::Quarantine,
        }
    }

    /// `observe`, `filter`, `block`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Filter => "filter",
            Self::Block => "block",
        }
    }

    /// The stage of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == word)
    }
}

impl Response {
    /// Asked at the end only.
    #[must_use]
    pub const fn at_end(action: Action) -> Self {
        Self { action, when: When::End }
    }

    /// Asked as soon as it can be.
    #[must_use]
    pub const fn early(action: Action) -> Self {
        Self { action, when: When::Early }
    }
}

impl Disposition {
    /// The word of RFC 9990.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_hold_back() {
        use Action::{Accept, Discard, Label, Quarantine, Reject, TempFail};
        let table = [
            (Stage::Observe, [Accept, Label, Label, Label, Label, Label]),
            (Stage::Filter, [Accept, Label, Quarantine, Label, Quarantine, Quarantine]),
            (Stage::Block, [Accept, Label, Quarantine, TempFail, Discard, Reject]),
        ];
        for (stage, wanted) in table {
            assert_eq!(Action::ALL.map(|action| stage.cap(action)), wanted, "{stage:?}");
            assert!(Action::ALL.iter().all(|action| stage.cap(*action) <= *action));
            assert_eq!(Stage::of(stage.as_str()), Some(stage));
        }
        assert!(Action::ALL.iter().all(|action| Action::of(action.as_str()) == Some(*action)));
        assert!(Action::ALL.is_sorted());
    }
}
