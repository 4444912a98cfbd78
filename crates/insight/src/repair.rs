//! What to repair first: for each source the one thing to change.
//!
//! A forwarder is never added to an SPF record: that would let everybody whose mail it forwards pass for the domain, and
//! would not help at the next one.

use std::collections::BTreeMap;

use feedback::aggregate::{AlignedPass, PublishedPolicy, SpfScope};
use feedback::archive::{Class, Sender, SourceLine, Standing};
use mailtext::{Explain, Rule, Value};
use report::vocabulary::MethodResult;

use crate::alignment::counts;
use crate::classify::Classifier;
use crate::group::{Group, sighting};
use crate::limits::REPAIR_COUNT_MAX;
use crate::map::{Entry, Setup};

/// Something to repair at a source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repair<'a> {
    /// Which source.
    pub sender: Sender,
    /// How people call it.
    pub name: Box<str>,
    /// How many messages it would help.
    pub count: u64,
    /// What to change.
    pub remedy: Remedy<'a>,
}

/// The one thing to change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Remedy<'a> {
    /// The SPF record of this domain cannot be evaluated.
    MendSpf {
        /// The domain.
        domain: &'a str,
    },
    /// The key of a signature cannot be found or used.
    PublishKey {
        /// The signature's domain.
        domain: &'a str,
        /// Its selector.
        selector: &'a str,
    },
    /// Signatures break at a source that should not change messages.
    MendSigning {
        /// The signature's domain.
        domain: &'a str,
        /// Its selector.
        selector: &'a str,
    },
    /// A signature passes for another name of the same organisation, and alignment is strict.
    SameSigner {
        /// The signature's domain.
        domain: &'a str,
        /// The author domain.
        author: &'a str,
    },
    /// SPF passes for another name of the same organisation, and alignment is strict.
    SameEnvelope {
        /// The domain of MAIL FROM.
        domain: &'a str,
        /// The author domain.
        author: &'a str,
    },
    /// Sign in the author domain's name, by records that the service shows.
    SignAt {
        /// How.
        records: Records,
        /// The author domain.
        author: &'a str,
    },
    /// Sign in the author domain's name.
    Sign {
        /// The author domain.
        author: &'a str,
    },
    /// Only SPF passes: forwarded, this mail will fail. Sign it.
    SignToo {
        /// The author domain.
        author: &'a str,
    },
    /// Nothing tells whose mail this is: say whether this source sends for the domain.
    Decide,
}

/// How a service lets owners sign.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Records {
    /// CNAME records, at these names before the domain.
    Cname(&'static [&'static str]),
    /// TXT records, at these names before the domain.
    Txt(&'static [&'static str]),
}

/// What to repair, the most messages first, at most one thing for each source. What is only a weakness
/// ([`Remedy::SignToo`]) stands behind what fails.
#[must_use]
pub fn repairs<'a>(
    groups: &[Group<'a>],
    lines: &'a [SourceLine],
    policy: &'a PublishedPolicy,
    classifier: &'a Classifier,
) -> Vec<Repair<'a>> {
    let mut repairs: Vec<_> = groups.iter().filter_map(|group| repair(group, lines, policy, classifier)).collect();
    repairs.sort_by_key(|repair| (repair.remedy.is_only_weakness(), std::cmp::Reverse(repair.count)));
    repairs.truncate(REPAIR_COUNT_MAX);
    repairs
}

fn repair<'a>(
    group: &Group<'a>,
    lines: &'a [SourceLine],
    policy: &'a PublishedPolicy,
    classifier: &'a Classifier,
) -> Option<Repair<'a>> {
    // There is nothing to repair at a forwarder, and nothing at one who has no business with the domain.
    if matches!(group.standing, Some(Standing::Forwarder | Standing::Denied)) {
        return None;
    }
    let mut remedies: BTreeMap<Remedy<'a>, u64> = BTreeMap::new();
    for line in group.lines.iter().filter_map(|at| lines.get(*at)) {
        if let Some(remedy) = remedy(line, policy, group.entry, classifier) {
            let sum = remedies.entry(remedy).or_default();
            *sum = sum.saturating_add(line.count);
        }
    }
    let (remedy, count) =
        remedies.into_iter().max_by_key(|(remedy, count)| (!remedy.is_only_weakness(), remedy.is_certain(), *count))?;
    Some(Repair { sender: group.sender.clone(), name: group.name().into(), count, remedy })
}

fn remedy<'a>(
    line: &'a SourceLine,
    policy: &'a PublishedPolicy,
    entry: Option<&Entry>,
    classifier: &Classifier,
) -> Option<Remedy<'a>> {
    let author = &*line.circumstances.header_from;
    match line.class {
        Class::Legitimate => {
            let passes = classifier.passes(&sighting(line, policy));
            // The guideline's 4-2: mail that may be forwarded is signed.
            (passes.dkim == AlignedPass::No && passes.spf == AlignedPass::Yes).then_some(Remedy::SignToo { author })
        }
        Class::Misconfigured => Some(
            from_results(line, policy, classifier)
                .unwrap_or_else(|| Remedy::sign(entry.map_or(Setup::Unknown, |entry| entry.setup), author)),
        ),
        Class::Undecidable => Some(Remedy::Decide),
        Class::Forwarded | Class::Suspected => None,
    }
}

/// What the results themselves show.
fn from_results<'a>(line: &'a SourceLine, policy: &'a PublishedPolicy, classifier: &Classifier) -> Option<Remedy<'a>> {
    let circumstances = &line.circumstances;
    let author = &*circumstances.header_from;
    let is_own = |domain: &str| classifier.aligner.relation(policy, author, domain).is_own();
    let signatures = || circumstances.dkim.iter().filter(|result| is_own(&result.domain));
    let paths = || {
        circumstances.spf.iter().filter(|result| {
            is_own(&result.domain) && counts(circumstances, result) && result.scope.known() != Some(SpfScope::Helo)
        })
    };
    let of = |word: MethodResult| move |found: Option<MethodResult>| found == Some(word);
    let passed = of(MethodResult::Pass);
    if let Some(result) = signatures().find(|result| passed(result.result.known())) {
        return Some(Remedy::SameSigner { domain: &result.domain, author });
    }
    if let Some(result) = paths().find(|result| passed(result.result.known())) {
        return Some(Remedy::SameEnvelope { domain: &result.domain, author });
    }
    for result in signatures() {
        let (domain, selector) = (&*result.domain, result.selector.as_deref().unwrap_or_default());
        match result.result.known() {
            Some(MethodResult::PermError | MethodResult::Policy) => {
                return Some(Remedy::PublishKey { domain, selector });
            }
            Some(MethodResult::Fail | MethodResult::HardFail | MethodResult::Neutral) => {
                return Some(Remedy::MendSigning { domain, selector });
            }
            _ => {}
        }
    }
    let broken = paths().find(|result| result.result.known() == Some(MethodResult::PermError));
    broken.map(|result| Remedy::MendSpf { domain: &result.domain })
}

impl Remedy<'_> {
    fn sign<'a>(setup: Setup, author: &'a str) -> Remedy<'a> {
        let records = match setup {
            Setup::Cname(names) => Records::Cname(names),
            Setup::Txt(names) => Records::Txt(names),
            Setup::Unknown => return Remedy::Sign { author },
        };
        Remedy::SignAt { records, author }
    }

    /// Whether nothing fails yet.
    #[must_use]
    pub fn is_only_weakness(&self) -> bool {
        matches!(self, Self::SignToo { .. })
    }

    /// Whether the owner need not be asked first.
    fn is_certain(&self) -> bool {
        !matches!(self, Self::Decide)
    }
}

impl Records {
    /// The whole names of the records for a domain, separated by spaces; empty when the service alone knows them.
    #[must_use]
    pub fn names(self, domain: &str) -> String {
        let (Self::Cname(names) | Self::Txt(names)) = self;
        let names: Vec<_> = names.iter().map(|name| format!("{name}.{domain}")).collect();
        names.join(" ")
    }
}

impl Explain for Repair<'_> {
    fn id(&self) -> &'static str {
        match self.remedy {
            Remedy::MendSpf { .. } => "repair-mend-spf",
            Remedy::PublishKey { .. } => "repair-publish-key",
            Remedy::MendSigning { .. } => "repair-mend-signing",
            Remedy::SameSigner { .. } => "repair-same-name-dkim",
            Remedy::SameEnvelope { .. } => "repair-same-name-spf",
            Remedy::SignAt { records: Records::Cname(_), .. } => "repair-sign-by-cname",
            Remedy::SignAt { records: Records::Txt(_), .. } => "repair-sign-by-txt",
            Remedy::Sign { .. } => "repair-sign",
            Remedy::SignToo { .. } => "repair-sign-too",
            Remedy::Decide => "repair-decide",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self.remedy {
            Remedy::SameSigner { .. } | Remedy::SameEnvelope { .. } => Some(Rule("RFC 9989", "3.2.10.2")),
            Remedy::MendSpf { .. } => Some(Rule("RFC 7208", "2.6.7")),
            _ => None,
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let mut arguments = vec![("sender", Value::from(&*self.name)), ("count", Value::Number(self.count))];
        arguments.extend(match self.remedy {
            Remedy::MendSpf { domain } => vec![("domain", Value::from(domain))],
            Remedy::PublishKey { domain, selector } | Remedy::MendSigning { domain, selector } => {
                let selector = Some(selector).filter(|selector| !selector.is_empty());
                let selector = selector.map(|selector| ("selector", selector.into()));
                std::iter::once(("domain", domain.into())).chain(selector).collect()
            }
            Remedy::SameSigner { domain, author } | Remedy::SameEnvelope { domain, author } => {
                vec![("domain", domain.into()), ("author", author.into())]
            }
            Remedy::SignAt { records, author } => {
                let names = Some(records.names(author)).filter(|names| !names.is_empty());
                let names = names.map(|names| ("records", Value::Text(names)));
                std::iter::once(("author", author.into())).chain(names).collect()
            }
            Remedy::Sign { author } | Remedy::SignToo { author } => vec![("author", author.into())],
            Remedy::Decide => Vec::new(),
        });
        arguments
    }
}
