//! What happened to a line, and why it waits.

use mailtext::{Domain, Explain, Rule, Value};

use super::life::Stage;

/// Something that happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A key came into another stage.
    Moved {
        /// Its selector.
        selector: Domain,
        /// The stage.
        stage: Stage,
    },
    /// The record of the key that signed is gone from every server: it signs no more.
    Lost {
        /// Its selector.
        selector: Domain,
    },
    /// The key before signs again, as its record is still there.
    RolledBack {
        /// Its selector.
        selector: Domain,
    },
    /// A key is forgotten, as no server shows anything of it.
    Gone {
        /// Its selector.
        selector: Domain,
    },
}

/// Why a line waits. Times are seconds since 1970.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wait {
    /// Nobody was asked what this name holds: the zone's servers are not known.
    Unasked {
        /// The name.
        name: Domain,
    },
    /// Some of the zone's servers did not answer.
    Silent {
        /// The name.
        name: Domain,
        /// So many.
        count: usize,
    },
    /// Some servers show something else yet.
    NotEverywhere {
        /// The name.
        name: Domain,
        /// So many.
        count: usize,
        /// Of so many.
        total: usize,
    },
    /// No server shows what it should.
    Nowhere {
        /// The name.
        name: Domain,
    },
    /// The domain's owner has not published the CNAME record.
    AliasMissing {
        /// Where it should be.
        name: Domain,
        /// Where it should lead.
        target: Domain,
    },
    /// Caches may hold what was there before.
    Settling {
        /// The key's selector.
        selector: Domain,
        /// Until then.
        until_s: u64,
    },
    /// Mail that the key has signed may be on its way.
    InFlight {
        /// The key's selector.
        selector: Domain,
        /// Until then.
        until_s: u64,
    },
    /// A revoked key stays published as such for a while.
    Revoked {
        /// The key's selector.
        selector: Domain,
        /// Until then.
        until_s: u64,
    },
    /// Reports show the selector still.
    Reported {
        /// The key's selector.
        selector: Domain,
        /// The last time for which one does.
        seen_s: u64,
        /// Until when none may.
        until_s: u64,
    },
    /// No selector is free for the next key.
    NoSelector,
    /// No key signs for the domain.
    NothingSigns,
    /// The next rotation.
    Due {
        /// When.
        until_s: u64,
    },
}

impl Wait {
    /// Whether somebody should look at it.
    #[must_use]
    pub fn is_trouble(&self) -> bool {
        matches!(self, Self::NoSelector | Self::NothingSigns | Self::AliasMissing { .. } | Self::Nowhere { .. })
    }
}

impl Explain for Event {
    fn id(&self) -> &'static str {
        match self {
            Self::Moved { stage, .. } => match stage {
                Stage::Staged => "rotation-staged",
                Stage::Active => "rotation-active",
                Stage::Draining => "rotation-draining",
                Stage::Revoked => "rotation-revoked",
                Stage::Disclosed => "rotation-disclosed",
                Stage::Deleted => "rotation-deleted",
            },
            Self::Lost { .. } => "rotation-lost",
            Self::RolledBack { .. } => "rotation-rolled-back",
            Self::Gone { .. } => "rotation-gone",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Moved { stage: Stage::Revoked, .. } => Some(Rule("RFC 6376", "3.6.1")),
            _ => None,
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let (Self::Moved { selector, .. }
        | Self::Lost { selector }
        | Self::RolledBack { selector }
        | Self::Gone { selector }) = self;
        vec![("selector", selector.as_str().into())]
    }
}

impl Explain for Wait {
    fn id(&self) -> &'static str {
        match self {
            Self::Unasked { .. } => "rotation-wait-unasked",
            Self::Silent { .. } => "rotation-wait-silent",
            Self::NotEverywhere { .. } => "rotation-wait-not-everywhere",
            Self::Nowhere { .. } => "rotation-wait-nowhere",
            Self::AliasMissing { .. } => "rotation-wait-alias-missing",
            Self::Settling { .. } => "rotation-wait-settling",
            Self::InFlight { .. } => "rotation-wait-in-flight",
            Self::Revoked { .. } => "rotation-wait-revoked",
            Self::Reported { .. } => "rotation-wait-reported",
            Self::NoSelector => "rotation-wait-no-selector",
            Self::NothingSigns => "rotation-wait-nothing-signs",
            Self::Due { .. } => "rotation-wait-due",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::InFlight { .. } => Some(Rule("RFC 5321", "4.5.4.1")),
            _ => None,
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let number = |count: usize| Value::from(count);
        match self {
            Self::Unasked { name } | Self::Nowhere { name } => vec![("name", name.as_str().into())],
            Self::Silent { name, count } => vec![("name", name.as_str().into()), ("count", number(*count))],
            Self::NotEverywhere { name, count, total } => {
                vec![("name", name.as_str().into()), ("count", number(*count)), ("total", number(*total))]
            }
            Self::AliasMissing { name, target } => {
                vec![("name", name.as_str().into()), ("target", target.as_str().into())]
            }
            Self::Settling { selector, until_s }
            | Self::InFlight { selector, until_s }
            | Self::Revoked { selector, until_s } => {
                vec![("selector", selector.as_str().into()), ("until", (*until_s).into())]
            }
            Self::Reported { selector, seen_s, until_s } => {
                vec![("selector", selector.as_str().into()), ("seen", (*seen_s).into()), ("until", (*until_s).into())]
            }
            Self::Due { until_s } => vec![("until", (*until_s).into())],
            Self::NoSelector | Self::NothingSigns => Vec::new(),
        }
    }
}
