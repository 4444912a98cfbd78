//! Alignment, from what a report says of SPF and DKIM: which names were authenticated, and how they stand to the author
//! domain. What comes out is set beside what the reporter says came out.

use dmarc::{Mechanism, Method, Suffixes};
use feedback::aggregate::{AlignedPass, Circumstances, DkimResult, PublishedPolicy, SpfResult, SpfScope};
use feedback::word::Word;
use mailtext::{Explain, Rule, Value};
use report::row::Mode;
use report::vocabulary::MethodResult;

/// Compares names.
#[derive(Clone, Debug, Default)]
pub struct Aligner {
    /// The public suffix list.
    pub suffixes: Suffixes,
    /// Where an organisation ends.
    pub boundary: Boundary,
}

/// Where an organisation ends. A report does not name the organizational domain, and DNS of today need not be that of
/// the report's day.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Boundary {
    /// Where the report says that the tree walk found the policy above the author domain, the policy domain is the
    /// organizational domain; else as the public suffix list has it.
    #[default]
    AsReported,
    /// As the public suffix list has it.
    SuffixList,
    /// Everything at and below the policy domain is one organisation.
    PolicyDomain,
}

/// How alike names must be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Modes {
    /// `adkim`.
    pub dkim: Mode,
    /// `aspf`.
    pub spf: Mode,
}

/// How a name stands to the author domain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Relation {
    /// The same name.
    SameName,
    /// The same organizational domain.
    SameOrganization,
    /// Another organisation.
    Other,
    /// One of the two is not told.
    Unknown,
}

/// Whether each mechanism gave an aligned pass.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Passes {
    /// DKIM.
    pub dkim: AlignedPass,
    /// SPF.
    pub spf: AlignedPass,
}

/// What was compared, and what follows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alignment<'a> {
    /// What came out.
    pub passes: Passes,
    /// How it came out, in the order of the report.
    pub steps: Vec<Step<'a>>,
}

/// One thing that was compared, or a difference from what the reporter says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step<'a> {
    /// The author domain, and the name that stands for its organisation.
    Author {
        /// The author domain.
        author: &'a str,
        /// Its organisation.
        organization: &'a str,
    },
    /// An identifier was compared.
    Compared {
        /// Whose identifier.
        mechanism: Mechanism,
        /// Which.
        domain: &'a str,
        /// The result of authentication, in the report's word.
        result: &'a str,
        /// How it stands.
        relation: Relation,
        /// How alike it must be.
        mode: Mode,
    },
    /// A result for HELO that does not count, because there was a MAIL FROM.
    HeloUnused {
        /// Which.
        domain: &'a str,
    },
    /// What came out differs from what the reporter says.
    Difference {
        /// Of which mechanism.
        mechanism: Mechanism,
        /// How.
        kind: Difference,
    },
}

/// How a reporter's own evaluation differs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Difference {
    /// It says fail; by its results it is an aligned pass.
    Missed,
    /// It says pass; its results say otherwise.
    Granted,
    /// It says pass, and gives no result that could show it.
    Bare,
}

impl Modes {
    /// Those that were published; what is not told is relaxed.
    #[must_use]
    pub fn published(policy: &PublishedPolicy) -> Self {
        Self { dkim: policy.dkim_mode.known().unwrap_or_default(), spf: policy.spf_mode.known().unwrap_or_default() }
    }
}

impl Relation {
    /// Whether it is aligned.
    #[must_use]
    pub fn is_aligned(self, mode: Mode) -> bool {
        match self {
            Self::SameName => true,
            Self::SameOrganization => mode == Mode::Relaxed,
            Self::Other | Self::Unknown => false,
        }
    }

    /// Whether both names are of one organisation.
    #[must_use]
    pub fn is_own(self) -> bool {
        matches!(self, Self::SameName | Self::SameOrganization)
    }
}

impl Passes {
    /// Whether DMARC passes.
    #[must_use]
    pub fn is_pass(self) -> bool {
        self.dkim == AlignedPass::Yes || self.spf == AlignedPass::Yes
    }
}

impl Aligner {
    /// How a name stands to the author domain. Names are in lower case.
    #[must_use]
    pub fn relation(&self, policy: &PublishedPolicy, author: &str, identifier: &str) -> Relation {
        if author.is_empty() || identifier.is_empty() {
            return Relation::Unknown;
        }
        if author == identifier {
            return Relation::SameName;
        }
        if top(author) != top(identifier) {
            return Relation::Other;
        }
        let same = match self.organization_by_policy(policy, author) {
            // RFC 9989 §3.2.14: an organizational domain is at or above its domain, so all below it are its own.
            Some(organization) => is_within(identifier, organization),
            None => self.organization(author) == self.organization(identifier),
        };
        if same { Relation::SameOrganization } else { Relation::Other }
    }

    /// Whether each mechanism gave an aligned pass, under these modes. Where a report has no results that tell, its
    /// own evaluation counts.
    #[must_use]
    pub fn passes(&self, circumstances: &Circumstances, policy: &PublishedPolicy, modes: Modes) -> Passes {
        let dkim = self.found(circumstances, policy, Mechanism::Dkim, modes.dkim);
        let spf = self.found(circumstances, policy, Mechanism::Spf, modes.spf);
        Passes {
            dkim: dkim.or_reported(circumstances.dkim_aligned.known()),
            spf: spf.or_reported(circumstances.spf_aligned.known()),
        }
    }

    /// The same under the modes that were published, with everything that was compared.
    #[must_use]
    pub fn explain<'a>(&self, circumstances: &'a Circumstances, policy: &'a PublishedPolicy) -> Alignment<'a> {
        let author = &*circumstances.header_from;
        let modes = Modes::published(policy);
        let organization = self.organization_by_policy(policy, author).unwrap_or_else(|| self.organization(author));
        let mut steps = vec![Step::Author { author, organization }];
        let compared = |mechanism, domain: &'a str, result: &'a Word<MethodResult>, mode| Step::Compared {
            mechanism,
            domain,
            result: result_text(result),
            relation: self.relation(policy, author, domain),
            mode,
        };
        for DkimResult { domain, result, .. } in &circumstances.dkim {
            steps.push(compared(Mechanism::Dkim, domain, result, modes.dkim));
        }
        for result in &circumstances.spf {
            steps.push(match counts(circumstances, result) {
                true => compared(Mechanism::Spf, &result.domain, &result.result, modes.spf),
                false => Step::HeloUnused { domain: &result.domain },
            });
        }
        for (mechanism, kind) in self.differences(circumstances, policy) {
            steps.push(Step::Difference { mechanism, kind });
        }
        Alignment { passes: self.passes(circumstances, policy, modes), steps }
    }

    /// Where the reporter's own evaluation differs from what its results say.
    pub fn differences(
        &self,
        circumstances: &Circumstances,
        policy: &PublishedPolicy,
    ) -> impl Iterator<Item = (Mechanism, Difference)> + use<> {
        let modes = Modes::published(policy);
        let of = |mechanism, mode, reported: &Word<AlignedPass>| {
            let found = self.found(circumstances, policy, mechanism, mode);
            let kind = match (found, reported.known()?) {
                (Found::Pass, AlignedPass::No) => Difference::Missed,
                (Found::NoPass, AlignedPass::Yes) => Difference::Granted,
                (Found::Silent, AlignedPass::Yes) => Difference::Bare,
                _ => return None,
            };
            Some((mechanism, kind))
        };
        let dkim = of(Mechanism::Dkim, modes.dkim, &circumstances.dkim_aligned);
        let spf = of(Mechanism::Spf, modes.spf, &circumstances.spf_aligned);
        [dkim, spf].into_iter().flatten()
    }

    /// The public suffix and one label; a public suffix stands for itself.
    #[must_use]
    pub fn organization<'n>(&self, name: &'n str) -> &'n str {
        self.suffixes.registrable_text(name).unwrap_or(name)
    }

    fn organization_by_policy<'a>(&self, policy: &'a PublishedPolicy, author: &str) -> Option<&'a str> {
        let domain = &*policy.domain;
        let applies = match self.boundary {
            Boundary::SuffixList => false,
            Boundary::PolicyDomain => true,
            // A policy at the author domain itself says nothing of where its organisation ends.
            Boundary::AsReported => policy.discovery.known() == Some(Method::TreeWalk) && author != domain,
        };
        // RFC 9989 §4.10.1: a policy may come from a public suffix domain, which is nobody's organizational domain.
        (applies && is_within(author, domain) && self.suffixes.registrable_text(domain).is_some()).then_some(domain)
    }

    fn found(&self, it: &Circumstances, policy: &PublishedPolicy, mechanism: Mechanism, mode: Mode) -> Found {
        let author = &*it.header_from;
        let mut found = Found::Silent;
        let mut look = |domain: &str, result: &Word<MethodResult>| {
            let pass = result.known() == Some(MethodResult::Pass);
            if result.known().is_none() {
                return false;
            }
            let relation = self.relation(policy, author, domain);
            if pass && relation.is_aligned(mode) {
                found = Found::Pass;
            } else if mechanism == Mechanism::Spf || relation.is_own() {
                // SPF has one identifier, so that whatever it says of one excludes a pass for another.
                found = Found::NoPass;
            }
            found == Found::Pass
        };
        match mechanism {
            Mechanism::Dkim => {
                let _ = it.dkim.iter().any(|result| look(&result.domain, &result.result));
            }
            Mechanism::Spf => {
                let mut counting = it.spf.iter().filter(|result| counts(it, result));
                let _ = counting.any(|result| look(&result.domain, &result.result));
            }
        }
        found
    }
}

/// What a report's results say of a mechanism.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    /// An aligned pass.
    Pass,
    /// No aligned pass.
    NoPass,
    /// Nothing: no result was given that could tell.
    Silent,
}

impl Found {
    fn or_reported(self, reported: Option<AlignedPass>) -> AlignedPass {
        match (self, reported) {
            (Self::Pass, _) | (Self::Silent, Some(AlignedPass::Yes)) => AlignedPass::Yes,
            _ => AlignedPass::No,
        }
    }
}

/// Whether an SPF result is one of DMARC's identifiers.
pub(crate) fn counts(circumstances: &Circumstances, result: &SpfResult) -> bool {
    if result.scope.known() != Some(SpfScope::Helo) {
        return true;
    }
    // RFC 9989 §4.4.2: a result for HELO counts only in the place of an empty MAIL FROM.
    match circumstances.envelope_from.as_deref() {
        Some(domain) => domain.is_empty(),
        None => circumstances.spf.iter().all(|other| other.scope.known() == Some(SpfScope::Helo)),
    }
}

/// The domain that stands behind `@`, or the whole text: some reporters give whole addresses.
pub(crate) fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(_, domain)| domain)
}

/// Whether a name is another or lies below it.
pub(crate) fn is_within(name: &str, above: &str) -> bool {
    let Some(before) = name.len().checked_sub(above.len()) else { return false };
    !above.is_empty() && name.ends_with(above) && (before == 0 || name.as_bytes().get(before - 1) == Some(&b'.'))
}

fn top(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, top)| top)
}

/// The report's word of a result.
pub(crate) fn result_text(result: &Word<MethodResult>) -> &str {
    match result {
        Word::Known(result) => result.as_str(),
        Word::Missing => "-",
        Word::Other(text) => text,
    }
}

impl Difference {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Missed, Self::Granted, Self::Bare];
}

impl Explain for Step<'_> {
    fn id(&self) -> &'static str {
        match self {
            Self::Author { .. } => "align-author",
            Self::Compared { relation: Relation::SameName, .. } => "align-same-name",
            Self::Compared { relation: Relation::SameOrganization, mode: Mode::Relaxed, .. } => {
                "align-same-organization"
            }
            Self::Compared { relation: Relation::SameOrganization, mode: Mode::Strict, .. } => "align-not-strict",
            Self::Compared { relation: Relation::Other, .. } => "align-other-organization",
            Self::Compared { relation: Relation::Unknown, .. } => "align-unknown",
            Self::HeloUnused { .. } => "align-helo-unused",
            Self::Difference { kind: Difference::Missed, .. } => "align-difference-missed",
            Self::Difference { kind: Difference::Granted, .. } => "align-difference-granted",
            Self::Difference { kind: Difference::Bare, .. } => "align-difference-bare",
        }
    }

    fn rule(&self) -> Option<Rule> {
        Some(match self {
            Self::Author { .. } => Rule("RFC 9989", "4.10.2"),
            Self::Compared { mechanism: Mechanism::Dkim, .. } => Rule("RFC 9989", "4.4.1"),
            Self::Compared { mechanism: Mechanism::Spf, .. } | Self::HeloUnused { .. } => Rule("RFC 9989", "4.4.2"),
            Self::Difference { .. } => return None,
        })
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Author { author, organization } => {
                vec![("author", (*author).into()), ("organization", (*organization).into())]
            }
            Self::Compared { mechanism, domain, result, .. } => {
                let mut arguments = vec![("method", Value::Word(mechanism.as_str())), ("result", (*result).into())];
                // A report may leave the name out.
                arguments.extend(Some(*domain).filter(|name| !name.is_empty()).map(|name| ("domain", name.into())));
                arguments
            }
            Self::HeloUnused { domain } => vec![("domain", (*domain).into())],
            Self::Difference { mechanism, .. } => vec![("method", Value::Word(mechanism.as_str()))],
        }
    }
}
