//! Whether BIMI may be looked at for a message: draft-brand-indicators-for-message-identification §7.1, with the policies
//! of RFC 9989.

use mailtext::{Domain, Explain, Rule, Value};

use crate::DRAFT;

/// What DMARC found for the author domain, as values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DmarcFacts {
    /// The result.
    pub result: DmarcResult,
    /// The record at the author domain, when there is one.
    pub author: Option<Published>,
    /// The record at the organizational domain, or, where it has none, the one of the public suffix domain that speaks
    /// for it. The same as `author` when the author domain is the organizational domain.
    pub organizational: Option<Published>,
}

/// The results of DMARC, as far as BIMI tells them apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DmarcResult {
    /// Pass, or treated as pass by the receiver's policy (§7.1, 5).
    Pass,
    /// It could not be told.
    TempError,
    /// Anything else.
    NoPass,
}

/// A DMARC record, as far as BIMI reads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Published {
    /// Where it stands.
    pub domain: Domain,
    /// `p=`; none when it is absent or not valid.
    pub policy: Policy,
    /// `sp=`, when it is there.
    pub subdomain_policy: Option<Policy>,
    /// `t=`.
    pub testing: Testing,
}

/// The policies of DMARC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Policy {
    /// Nothing is asked for.
    None,
    /// To be taken as suspicious.
    Quarantine,
    /// To be refused.
    Reject,
}

/// Whether the owner is testing the policy.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Testing {
    /// `t=n`.
    Off,
    /// `t=y`.
    On,
}

/// Why BIMI is not looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Shortfall {
    /// There is not exactly one From with exactly one address.
    Author,
    /// DMARC did not pass.
    NoPass,
    /// Whether DMARC passes could not be told.
    DmarcUnknown,
    /// No DMARC record speaks for the organizational domain.
    NoPolicy,
    /// `p=none`.
    PolicyNone(Domain),
    /// `sp=none`.
    SubdomainPolicyNone(Domain),
    /// `t=y`: the policy is not enforced.
    Testing(Domain),
}

/// Looks whether BIMI may be looked at. `None`: it may.
#[must_use]
pub fn shortfall(dmarc: &DmarcFacts) -> Option<Shortfall> {
    match dmarc.result {
        DmarcResult::TempError => return Some(Shortfall::DmarcUnknown),
        // §7.1, 6: without a pass BIMI processing must not be performed.
        DmarcResult::NoPass => return Some(Shortfall::NoPass),
        DmarcResult::Pass => {}
    }
    // §1: a strong policy is wanted of the organizational domain as of the author domain.
    let Some(organizational) = &dmarc.organizational else { return Some(Shortfall::NoPolicy) };
    dmarc.author.iter().chain([organizational]).find_map(Published::shortfall)
}

impl Published {
    fn shortfall(&self) -> Option<Shortfall> {
        let domain = || self.domain.clone();
        // §7.1, 7.
        if self.policy == Policy::None {
            return Some(Shortfall::PolicyNone(domain()));
        }
        // §7.1, 8.
        if self.subdomain_policy == Some(Policy::None) {
            return Some(Shortfall::SubdomainPolicyNone(domain()));
        }
        // §7.1, 9 wants pct=100 of quarantine.
        // RFC 9989 §4.7: "t=y" has taken the place of "pct": the policy is not to be enforced as published.
        (self.testing == Testing::On).then(|| Shortfall::Testing(domain()))
    }
}

impl Shortfall {
    /// All ids.
    pub const IDS: &'static [&'static str] = &[
        "bimi-shortfall-author",
        "bimi-shortfall-no-pass",
        "bimi-shortfall-dmarc-unknown",
        "bimi-shortfall-no-policy",
        "bimi-shortfall-policy-none",
        "bimi-shortfall-subdomain-policy-none",
        "bimi-shortfall-testing",
    ];
}

impl Explain for Shortfall {
    fn id(&self) -> &'static str {
        match self {
            Self::Author => "bimi-shortfall-author",
            Self::NoPass => "bimi-shortfall-no-pass",
            Self::DmarcUnknown => "bimi-shortfall-dmarc-unknown",
            Self::NoPolicy => "bimi-shortfall-no-policy",
            Self::PolicyNone(_) => "bimi-shortfall-policy-none",
            Self::SubdomainPolicyNone(_) => "bimi-shortfall-subdomain-policy-none",
            Self::Testing(_) => "bimi-shortfall-testing",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Testing(_) => Some(Rule("RFC 9989", "4.7")),
            _ => Some(Rule(DRAFT, "7.1")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::PolicyNone(domain) | Self::SubdomainPolicyNone(domain) | Self::Testing(domain) => {
                vec![("domain", domain.into())]
            }
            Self::Author | Self::NoPass | Self::DmarcUnknown | Self::NoPolicy => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published(domain: &str, policy: Policy) -> Published {
        let domain = Domain::parse(domain).unwrap();
        Published { domain, policy, subdomain_policy: None, testing: Testing::Off }
    }

    #[test]
    fn both_domains_must_enforce() {
        let strong = || Some(published("example.jp", Policy::Reject));
        let facts = |author, organizational| DmarcFacts { result: DmarcResult::Pass, author, organizational };
        assert_eq!(shortfall(&facts(strong(), strong())), None);
        assert_eq!(shortfall(&facts(None, strong())), None);
        assert_eq!(shortfall(&facts(strong(), None)), Some(Shortfall::NoPolicy));
        let weak = published("a.example.jp", Policy::None);
        let domain = weak.domain.clone();
        assert_eq!(shortfall(&facts(Some(weak.clone()), strong())), Some(Shortfall::PolicyNone(domain.clone())));
        assert_eq!(shortfall(&facts(strong(), Some(weak.clone()))), Some(Shortfall::PolicyNone(domain.clone())));
        let quarantine = Published { policy: Policy::Quarantine, ..weak };
        assert_eq!(shortfall(&facts(Some(quarantine.clone()), strong())), None);
        let testing = Published { testing: Testing::On, ..quarantine.clone() };
        assert_eq!(shortfall(&facts(Some(testing), strong())), Some(Shortfall::Testing(domain.clone())));
        let split = Published { subdomain_policy: Some(Policy::None), ..quarantine };
        assert_eq!(shortfall(&facts(None, Some(split))), Some(Shortfall::SubdomainPolicyNone(domain)));
    }

    #[test]
    fn without_a_pass_nothing_is_looked_at() {
        for (result, expected) in
            [(DmarcResult::NoPass, Shortfall::NoPass), (DmarcResult::TempError, Shortfall::DmarcUnknown)]
        {
            let strong = Some(published("example.jp", Policy::Reject));
            assert_eq!(
                shortfall(&DmarcFacts { result, author: strong.clone(), organizational: strong }),
                Some(expected)
            );
        }
    }
}
