//! One key of a line.

use mailtext::Domain;

/// Where a key stands in its life.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stage {
    /// Published, and not used before everybody can see it.
    Staged,
    /// It signs.
    Active,
    /// It has signed, and mail with its signatures may be on its way.
    Draining,
    /// Its record says that it is no longer good: `p=`.
    Revoked,
    /// The private key was published, too: nobody can prove any more who signed with it.
    Disclosed,
    /// Its record is taken away.
    Deleted,
}

/// Whether a key is still its owner's alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Standing {
    /// As far as anybody knows.
    #[default]
    Secret,
    /// Somebody else may have it: it was revoked at once.
    Compromised,
}

/// A key and what happened to it. Times are seconds since 1970.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyLife {
    /// `s=`.
    pub selector: Domain,
    /// Where it stands.
    pub stage: Stage,
    /// Since when.
    pub since_s: u64,
    /// When it was made.
    pub created_s: u64,
    /// The public key as `p=` has it: base64.
    pub public: Box<str>,
    /// Since when it signs, or began to sign.
    pub active_s: Option<u64>,
    /// Until when mail may have been signed with it.
    pub signed_until_s: Option<u64>,
    /// Since when every server shows what this stage wants.
    pub seen_s: Option<u64>,
    /// How long caches may hold what servers showed before, in seconds.
    pub settle_s: u32,
    /// The end of the last period of which a report shows it.
    pub reported_s: Option<u64>,
    /// Whether it is still a secret.
    pub standing: Standing,
}

impl Stage {
    /// All, in their order.
    pub const ALL: [Self; 6] =
        [Self::Staged, Self::Active, Self::Draining, Self::Revoked, Self::Disclosed, Self::Deleted];

    /// A stable word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staged => "staged",
            Self::Active => "active",
            Self::Draining => "draining",
            Self::Revoked => "revoked",
            Self::Disclosed => "disclosed",
            Self::Deleted => "deleted",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text)
    }
}

impl KeyLife {
    /// A key that was made just now.
    #[must_use]
    pub fn new(selector: Domain, public: &str, now_s: u64) -> Self {
        Self {
            selector,
            stage: Stage::Staged,
            since_s: now_s,
            created_s: now_s,
            public: public.into(),
            active_s: None,
            signed_until_s: None,
            seen_s: None,
            settle_s: 0,
            reported_s: None,
            standing: Standing::Secret,
        }
    }

    /// Puts it into another stage. What servers showed counts on when both stages want the same of them.
    pub(super) fn enter(&mut self, stage: Stage, now_s: u64) {
        if self.stage.publishes() != stage.publishes() {
            self.seen_s = None;
            self.settle_s = 0;
        }
        self.stage = stage;
        self.since_s = now_s;
    }

    /// From when on caches hold what this stage wants, when it was seen everywhere. `ttl_s` is the TTL of our records.
    #[must_use]
    pub fn settled_s(&self, ttl_s: u32) -> Option<u64> {
        self.seen_s.map(|seen_s| seen_s.saturating_add(self.settle_s.max(ttl_s).into()))
    }
}

/// What DNS holds of a key in a stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Publishes {
    Key,
    Revocation,
    Nothing,
}

impl Stage {
    pub(super) fn publishes(self) -> Publishes {
        match self {
            Self::Staged | Self::Active | Self::Draining => Publishes::Key,
            Self::Revoked | Self::Disclosed => Publishes::Revocation,
            Self::Deleted => Publishes::Nothing,
        }
    }
}
