//! Requirement profiles: what a provider wants of whoever sends to it, judged by what rules found and what is known.
//!
//! A profile is data, its sentences too: whoever wants other requirements writes another one. What cannot be told is
//! [`Met::Unknown`], never met.

use dmarc::Policy;
use mailtext::{Domain, Explain, Value};

use crate::desk::{Desk, Letter};
use crate::families::letter::{OneClick, one_click};
use crate::finding::Finding;
use crate::guideline::{self, Answered, Evidence, Level, Met};
use crate::known::Statement;
use crate::presence::Presence;
use crate::rule::{Judge, Rule};
use crate::subject::SelectorSource;

/// A provider's requirements.
#[derive(Clone, Debug)]
pub struct Profile {
    /// `gmail`.
    pub id: Box<str>,
    /// The provider's name, as people know it.
    pub name: Box<str>,
    /// Where the provider says so.
    pub source: Box<str>,
    /// Since when it is required, or the document's day: `2024-02-01`.
    pub stated: Box<str>,
    /// The requirements, in their order.
    pub requirements: Vec<Requirement>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// `one-click`.
    pub id: Box<str>,
    /// What is required; `None` where a requirement of the guideline says it.
    pub sentence: Option<Sentence>,
    /// How strongly.
    pub level: Level,
    /// Of whom.
    pub scope: Scope,
    /// Where the provider says so.
    pub reference: Box<str>,
    /// What must hold: all of it.
    pub conditions: Vec<Condition>,
}

/// A sentence in both languages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sentence {
    /// English.
    pub en: Box<str>,
    /// Japanese.
    pub ja: Box<str>,
}

/// Of whom something is required.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scope {
    /// Of everybody who sends.
    All,
    /// Of whoever sends much.
    Bulk,
}

/// What must hold.
#[derive(Clone, Debug)]
pub enum Condition {
    /// None of these rules finds anything.
    Silent(Vec<&'static Rule>),
    /// Something is so.
    Fact(Fact),
    /// The rate of complaints is below so many hundredths of a per cent.
    SpamRateBelow(u32),
    /// The author's domain is none of these, and not below them.
    AuthorOutside(Vec<Domain>),
    /// A requirement of the guideline is met.
    Guideline(&'static guideline::Requirement),
    /// Only the operator can say so: a [`Statement`] with the id `PROFILE/REQUIREMENT`.
    Declared,
}

/// What may be so, of a message or of what a domain publishes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Fact {
    /// SPF passes; of a domain: a record that receivers can use.
    Spf,
    /// A signature holds; of a domain: a key is published.
    Dkim,
    /// One of the two.
    SpfOrDkim,
    /// A DMARC record applies.
    Dmarc,
    /// DMARC passes.
    DmarcPasses,
    /// The policy is quarantine or reject.
    Enforced,
    /// Aggregate reports are asked for.
    Reports,
    /// SPF passes for the author's organization.
    SpfAligned,
    /// A signature of the author's organization holds.
    DkimAligned,
    /// Both fields of RFC 8058, signed.
    OneClick,
    /// List-Unsubscribe is there.
    Unsubscribe,
    /// The message came over TLS 1.2 or later.
    Tls,
    /// The address that sends has a name that leads back.
    Reverse,
}

/// What a profile is held against. What is not known is left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen<'a> {
    /// A domain.
    pub desk: Option<&'a Desk<'a>>,
    /// A message.
    pub letter: Option<&'a Letter<'a>>,
    /// What rules found of both.
    pub findings: &'a [Finding],
    /// What the guideline says of the domain, for all roles.
    pub guideline: &'a [Answered<'a>],
    /// The rate of complaints, hundredths of a per cent.
    pub spam_rate: Option<u32>,
    /// Whether the sender sends much.
    pub is_bulk: bool,
    /// What the operator declared.
    pub statements: &'a [Statement],
}

/// A requirement with what came out.
#[derive(Clone, Debug)]
pub struct Held<'a> {
    /// The requirement.
    pub requirement: &'a Requirement,
    /// What came out.
    pub met: Met,
    /// What shows it.
    pub shown: Vec<Shown<'a>>,
    /// What the operator declared, where nothing else could be told.
    pub declared: Option<&'a Statement>,
}

/// What shows it.
#[derive(Clone, Debug)]
pub enum Shown<'a> {
    /// A rule found something.
    Finding(&'a Finding),
    /// What is known, or is not.
    Said(Evidence),
}

/// Holds a profile against what is seen: each requirement, in the profile's order.
#[must_use]
pub fn judge<'a>(profile: &'a Profile, seen: &Seen<'a>) -> Vec<Held<'a>> {
    profile.requirements.iter().map(|requirement| hold(profile, requirement, seen)).collect()
}

fn hold<'a>(profile: &Profile, requirement: &'a Requirement, seen: &Seen<'a>) -> Held<'a> {
    let mut shown = Vec::new();
    if requirement.scope == Scope::Bulk && !seen.is_bulk {
        shown.push(Shown::said("audit-profile-not-bulk", Vec::new()));
        return Held { requirement, met: Met::NotApplicable, shown, declared: None };
    }
    let each: Vec<Met> = requirement.conditions.iter().map(|condition| condition.hold(seen, &mut shown)).collect();
    let told = all_of(&each);
    let is_ours = |statement: &&Statement| {
        statement.requirement.split_once('/').is_some_and(|(of, id)| *of == *profile.id && *id == *requirement.id)
    };
    let declared = seen.statements.iter().rev().find(is_ours).filter(|_| told == Met::Unknown);
    let met = match declared {
        Some(statement) if statement.met => Met::Met,
        Some(_) => Met::NotMet,
        None => told,
    };
    Held { requirement, met, shown, declared }
}

/// Of several conditions: one that fails decides, then one of which nothing is known.
fn all_of(each: &[Met]) -> Met {
    let has = |met: Met| each.contains(&met);
    if has(Met::Partial) || (has(Met::NotMet) && has(Met::Met)) {
        Met::Partial
    } else if has(Met::NotMet) {
        Met::NotMet
    } else if has(Met::Unknown) {
        Met::Unknown
    } else if has(Met::Met) {
        Met::Met
    } else {
        Met::NotApplicable
    }
}

impl Condition {
    fn hold<'a>(&self, seen: &Seen<'a>, shown: &mut Vec<Shown<'a>>) -> Met {
        match self {
            Self::Silent(rules) => silent(rules, seen, shown),
            Self::Fact(fact) => {
                let met = fact.hold(seen);
                shown.push(Shown::said(fact.id(), vec![("held", Value::Word(met.as_str()))]));
                met
            }
            Self::SpamRateBelow(limit) => {
                let limit_text = ("limit", Value::Text(percent(*limit)));
                let Some(rate) = seen.spam_rate else {
                    shown.push(Shown::said("audit-profile-no-rate", vec![limit_text]));
                    return Met::Unknown;
                };
                shown.push(Shown::said("audit-profile-rate", vec![("rate", Value::Text(percent(rate))), limit_text]));
                if rate < *limit { Met::Met } else { Met::NotMet }
            }
            Self::AuthorOutside(domains) => {
                let author = seen.letter.and_then(|letter| letter.facts.author.as_ref());
                let Some(author) = author.or(seen.desk.map(|desk| &desk.snapshot.subject.domain)) else {
                    return unknown(shown);
                };
                shown.push(Shown::said("audit-profile-author", vec![("domain", author.as_str().into())]));
                if domains.iter().any(|domain| author.is_within(domain)) { Met::NotMet } else { Met::Met }
            }
            Self::Guideline(wanted) => {
                let Some(one) = seen.guideline.iter().find(|one| one.requirement.id == wanted.id) else {
                    return unknown(shown);
                };
                shown.extend(one.evidence.iter().cloned().map(Shown::Said));
                one.met
            }
            Self::Declared => unknown(shown),
        }
    }
}

/// Whether rules are silent, those that had something to look at.
fn silent<'a>(rules: &[&'static Rule], seen: &Seen<'a>, shown: &mut Vec<Shown<'a>>) -> Met {
    let looked = |rule: &&&Rule| match rule.judge {
        Judge::Domain(_) => seen.desk.is_some(),
        Judge::Message(_) => seen.letter.is_some(),
    };
    let ids: Vec<_> = rules.iter().filter(looked).map(|rule| rule.id).collect();
    if ids.is_empty() {
        return unknown(shown);
    }
    let before = shown.len();
    shown.extend(seen.findings.iter().filter(|finding| ids.contains(&finding.rule.id)).map(Shown::Finding));
    if shown.len() > before {
        return Met::NotMet;
    }
    shown.push(Shown::said("audit-profile-silent", vec![("rules", Value::Text(ids.join(", ")))]));
    Met::Met
}

fn unknown(shown: &mut Vec<Shown<'_>>) -> Met {
    shown.push(Shown::said("audit-profile-unknown", Vec::new()));
    Met::Unknown
}

/// Hundredths of a per cent as they are read.
fn percent(hundredths: u32) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

impl Shown<'_> {
    fn said(sentence: &'static str, arguments: Vec<(&'static str, Value)>) -> Self {
        Self::Said(Evidence { sentence, arguments })
    }
}

impl Explain for Shown<'_> {
    fn id(&self) -> &'static str {
        match self {
            Self::Finding(finding) => finding.id(),
            Self::Said(evidence) => evidence.id(),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Finding(finding) => finding.arguments(),
            Self::Said(evidence) => evidence.arguments(),
        }
    }
}

impl Scope {
    /// The word of a profile's file and of JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Bulk => "bulk",
        }
    }
}

impl Fact {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 13] = [
        Self::Spf,
        Self::Dkim,
        Self::SpfOrDkim,
        Self::Dmarc,
        Self::DmarcPasses,
        Self::Enforced,
        Self::Reports,
        Self::SpfAligned,
        Self::DkimAligned,
        Self::OneClick,
        Self::Unsubscribe,
        Self::Tls,
        Self::Reverse,
    ];

    /// The word of a profile's file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spf => "spf",
            Self::Dkim => "dkim",
            Self::SpfOrDkim => "spf-or-dkim",
            Self::Dmarc => "dmarc",
            Self::DmarcPasses => "dmarc-passes",
            Self::Enforced => "dmarc-enforced",
            Self::Reports => "dmarc-reports",
            Self::SpfAligned => "spf-aligned",
            Self::DkimAligned => "dkim-aligned",
            Self::OneClick => "one-click",
            Self::Unsubscribe => "unsubscribe",
            Self::Tls => "tls",
            Self::Reverse => "reverse-dns",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fact| fact.as_str() == word)
    }

    /// The id of the sentence that says how it stands.
    fn id(self) -> &'static str {
        match self {
            Self::Spf => "audit-profile-spf",
            Self::Dkim => "audit-profile-dkim",
            Self::SpfOrDkim => "audit-profile-spf-or-dkim",
            Self::Dmarc => "audit-profile-dmarc",
            Self::DmarcPasses => "audit-profile-dmarc-passes",
            Self::Enforced => "audit-profile-enforced",
            Self::Reports => "audit-profile-reports",
            Self::SpfAligned => "audit-profile-spf-aligned",
            Self::DkimAligned => "audit-profile-dkim-aligned",
            Self::OneClick => "audit-profile-one-click",
            Self::Unsubscribe => "audit-profile-unsubscribe",
            Self::Tls => "audit-profile-tls",
            Self::Reverse => "audit-profile-reverse",
        }
    }

    /// What a message shows stands above what its domain publishes: it is what the provider sees.
    fn hold(self, seen: &Seen<'_>) -> Met {
        let of_message = seen.letter.map_or(Met::Unknown, |letter| self.of_message(letter));
        match (of_message, seen.desk) {
            (Met::Unknown, Some(desk)) => self.of_domain(desk, seen.findings),
            (met, _) => met,
        }
    }

    fn of_message(self, letter: &Letter<'_>) -> Met {
        let facts = letter.facts;
        let within = |domain: &Domain| facts.organization.as_ref().is_some_and(|top| domain.is_within(top));
        let holding = || facts.signatures.iter().filter(|signature| signature.holds);
        // What fails while DNS fails, and DMARC without a client, may pass another time.
        let unless_unsure = |met: Met, unsure: bool| if met == Met::NotMet && unsure { Met::Unknown } else { met };
        let no_client = facts.spf.is_none();
        let met = match self {
            Self::Spf => facts.spf.as_ref().map_or(Met::Unknown, |(passes, _)| yes(*passes)),
            Self::Dkim => yes(holding().next().is_some()),
            Self::SpfOrDkim => {
                let spf = facts.spf.as_ref().is_some_and(|(passes, _)| *passes);
                unless_unsure(yes(spf || holding().next().is_some()), no_client)
            }
            Self::Dmarc => yes(facts.dmarc.is_some()),
            Self::DmarcPasses => unless_unsure(yes(facts.dmarc == Some(true)), no_client && facts.dmarc.is_some()),
            Self::SpfAligned => {
                facts.spf.as_ref().map_or(Met::Unknown, |(passes, domain)| yes(*passes && within(domain)))
            }
            Self::DkimAligned => yes(holding().any(|signature| within(&signature.domain))),
            Self::OneClick => match one_click(letter) {
                OneClick::Signed => Met::Met,
                OneClick::Unsigned => Met::Partial,
                OneClick::Absent => Met::NotMet,
            },
            Self::Unsubscribe => yes(letter.headers.named("list-unsubscribe").next().is_some()),
            Self::Tls => {
                facts.tls.as_deref().map_or(Met::Unknown, |version| yes(!matches!(version, "none" | "1.0" | "1.1")))
            }
            Self::Reverse => facts.reverse.map_or(Met::Unknown, yes),
            Self::Enforced | Self::Reports => Met::Unknown,
        };
        unless_unsure(met, facts.dns_failed)
    }

    fn of_domain(self, desk: &Desk<'_>, findings: &[Finding]) -> Met {
        let snapshot = desk.snapshot;
        let spf = || match snapshot.usable_spf(findings) {
            Presence::There => Met::Met,
            Presence::Absent => Met::NotMet,
            Presence::Unanswered(..) => Met::Unknown,
        };
        let key = || {
            let named = snapshot.subject.selectors.iter().any(|(_, source)| *source == SelectorSource::Given);
            match (snapshot.has_key(), named && !snapshot.keys.is_uncertain()) {
                (true, _) => Met::Met,
                (false, true) => Met::NotMet,
                // Keys have names of their own: that the well-known ones are not there says nothing.
                (false, false) => Met::Unknown,
            }
        };
        let dmarc = &snapshot.dmarc;
        let record = |holds: &dyn Fn() -> bool| match dmarc.applied() {
            Some(_) => yes(holds()),
            None if dmarc.by_walk.result.failure().is_some() => Met::Unknown,
            None => Met::NotMet,
        };
        match self {
            Self::Spf => spf(),
            Self::Dkim => key(),
            Self::SpfOrDkim => match (spf(), key()) {
                (Met::Met, _) | (_, Met::Met) => Met::Met,
                (Met::Unknown, _) => Met::Unknown,
                (_, other) => other,
            },
            Self::Dmarc => record(&|| true),
            Self::Enforced => record(&|| dmarc.policy().is_some_and(|policy| policy != Policy::None)),
            Self::Reports => record(&|| dmarc.applied().is_some_and(|found| !found.record.rua.is_empty())),
            Self::Reverse if findings.iter().any(|finding| finding.rule.id == "MXN08") => Met::NotMet,
            Self::DmarcPasses
            | Self::SpfAligned
            | Self::DkimAligned
            | Self::OneClick
            | Self::Unsubscribe
            | Self::Tls
            | Self::Reverse => Met::Unknown,
        }
    }
}

fn yes(holds: bool) -> Met {
    if holds { Met::Met } else { Met::NotMet }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_conditions() {
        use Met::{Met as Yes, NotApplicable, NotMet as No, Partial, Unknown};
        for (each, wanted) in [
            (&[][..], NotApplicable),
            (&[Yes, Yes], Yes),
            (&[Yes, No], Partial),
            (&[No, No], No),
            (&[No, Unknown], No),
            (&[Yes, Unknown], Unknown),
            (&[Yes, No, Unknown], Partial),
            (&[NotApplicable, Yes], Yes),
            (&[NotApplicable], NotApplicable),
            (&[Partial], Partial),
        ] {
            assert_eq!(all_of(each), wanted, "{each:?}");
        }
    }

    #[test]
    fn words_and_facts() {
        for fact in Fact::ALL {
            assert_eq!(Fact::parse(fact.as_str()), Some(fact));
        }
        assert_eq!(Fact::parse("SPF"), None);
    }
}
