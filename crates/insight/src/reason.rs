//! Why a source is judged as it is: signs, with what each of them weighs.

use mailtext::{Explain, Rule, Value};
use report::vocabulary::OverrideKind;

use crate::alignment::Difference;
use crate::map::{Kind, Naming};
use dmarc::Mechanism;

/// A sign, and what it weighs.
#[derive(Clone, PartialEq, Debug)]
pub struct Reason<'a> {
    /// The sign.
    pub sign: Sign<'a>,
    /// For what it speaks. All 0 where a sign decides alone, or is only told.
    pub weight: Scores,
}

/// How much speaks for each thing that mail which fails DMARC can be. [`crate::classify::SCORE_MIN`] is enough.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Scores {
    /// For the domain's own mail, badly set up.
    pub own: i16,
    /// For the domain's own mail, forwarded.
    pub forwarded: i16,
    /// For mail of somebody else.
    pub forged: i16,
}

/// A sign.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Sign<'a> {
    /// The owner says that this source sends for the domain.
    MarkApproved {
        /// The source.
        sender: &'a str,
    },
    /// The owner says that this source forwards.
    MarkForwarder {
        /// The source.
        sender: &'a str,
    },
    /// The owner says that this source has no business with the domain.
    MarkDenied {
        /// The source.
        sender: &'a str,
    },
    /// SPF gives an aligned pass.
    SpfAligned {
        /// For this MAIL FROM domain.
        domain: &'a str,
    },
    /// A signature gives an aligned pass.
    DkimAligned {
        /// Its domain.
        domain: &'a str,
        /// Its selector; empty when it is not told.
        selector: &'a str,
    },
    /// The reporter says so, and gives no result that could show it.
    ReportedPass {
        /// Of which mechanism.
        mechanism: Mechanism,
    },
    /// The reporter's own evaluation differs from its results.
    Differs {
        /// Of which mechanism.
        mechanism: Mechanism,
        /// How.
        kind: Difference,
    },
    /// SPF does not show by which way the message came.
    PathUnknown,
    /// A signature of the domain holds, and the message came by a way that SPF does not confirm.
    OtherWay,
    /// The reporter found that the message was forwarded, or came by a list.
    Override {
        /// In its word.
        kind: OverrideKind,
    },
    /// The reporter found a chain of ARC that holds.
    ArcPass,
    /// Who handed the message over.
    Carrier(Naming<'a>),
    /// Who signed it.
    Maker(Naming<'a>),
    /// The address has a name of the domain's own organisation.
    OwnHost {
        /// The name.
        name: &'a str,
    },
    /// SPF passes for HELO, which is a name of the domain's own organisation.
    OwnHelo {
        /// The name.
        domain: &'a str,
    },
    /// A signature that a service makes for this customer holds; it is not aligned.
    OwnTenant {
        /// Its domain.
        domain: &'a str,
        /// Whether the name holds the whole of the customer's, or only its first label.
        likeness: Likeness,
    },
    /// An identifier of the same organisation passes; strict alignment asks for the same name.
    NotStrict {
        /// Of which mechanism.
        mechanism: Mechanism,
        /// The identifier.
        domain: &'a str,
    },
    /// SPF passes for another organisation's MAIL FROM.
    ThirdEnvelope {
        /// Its domain.
        domain: &'a str,
    },
    /// MAIL FROM is written as forwarders rewrite it. Anybody can write so.
    RewrittenEnvelope {
        /// Its domain.
        domain: &'a str,
    },
    /// Who stands in MAIL FROM also signed the message: lists do so.
    ThirdSignature {
        /// The signature's domain.
        domain: &'a str,
    },
    /// There is a signature of the domain that does not hold any more.
    BrokenSignature {
        /// Its domain.
        domain: &'a str,
        /// Its selector.
        selector: &'a str,
        /// Whether the selector is one that is known to sign.
        selector_is: Acquaintance,
    },
    /// There is a signature of the domain, and its key cannot be used.
    UnusableSignature {
        /// Its domain.
        domain: &'a str,
        /// Its selector.
        selector: &'a str,
    },
    /// The domain's SPF record does not allow the address.
    SpfDenies {
        /// The domain.
        domain: &'a str,
        /// How firmly.
        result: Denial,
    },
    /// The domain's SPF record cannot be evaluated.
    SpfBroken {
        /// The domain.
        domain: &'a str,
    },
    /// A result of the domain's own is missing because DNS did not answer.
    Temporary {
        /// Of which mechanism.
        mechanism: Mechanism,
    },
    /// Nobody vouches for the message: neither SPF nor DKIM passes for anyone.
    NothingAuthentic,
    /// No signature of the domain is there.
    Unsigned,
    /// The address has no name.
    Nameless,
    /// The address has a name that no mail server should have.
    GenericName {
        /// The name.
        name: &'a str,
    },
}

/// How much a name holds of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Likeness {
    /// All of it.
    Whole,
    /// Its first label.
    FirstLabel,
}

/// Whether something is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acquaintance {
    /// It is.
    Known,
    /// It is not among those that are known.
    Strange,
    /// None are known, so that nothing follows.
    Untold,
}

/// How firmly SPF denies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Denial {
    /// `fail`.
    Fail,
    /// `softfail`.
    SoftFail,
}

impl<'a> Sign<'a> {
    /// The sign with its weight, for mail that fails DMARC.
    #[must_use]
    pub fn weighed(self) -> Reason<'a> {
        Reason { weight: self.weight(), sign: self }
    }

    /// The sign, without a weight.
    #[must_use]
    pub fn told(self) -> Reason<'a> {
        Reason { weight: Scores::default(), sign: self }
    }

    /// A table: what a sign weighs for mail that fails DMARC.
    ///
    /// That only one message was counted weighs nothing. What a stranger can write does not suffice by itself, however
    /// much of it there is: [`crate::classify`] asks for a trace of the domain's own besides.
    fn weight(self) -> Scores {
        let (own, forwarded, forged) = match self {
            Self::Override { kind: OverrideKind::MailingList } => (0, 60, 0),
            Self::Override { .. } | Self::ArcPass => (0, 70, 0),
            Self::Carrier(naming) => return carrier_weight(naming),
            Self::Maker(_) => (25, 0, 0),
            Self::OwnHost { .. } => (80, 0, -40),
            Self::OwnHelo { .. } => (70, 0, -40),
            Self::OwnTenant { likeness: Likeness::Whole, .. } => (80, 0, -40),
            Self::OwnTenant { likeness: Likeness::FirstLabel, .. } => (45, 0, -20),
            Self::NotStrict { .. } => (90, 0, -40),
            Self::ThirdEnvelope { .. } | Self::ThirdSignature { .. } => (0, 10, 0),
            Self::RewrittenEnvelope { .. } => (0, 15, 0),
            Self::BrokenSignature { selector_is: Acquaintance::Known, .. } => (0, 50, -25),
            Self::BrokenSignature { selector_is: Acquaintance::Untold, .. } => (0, 35, -25),
            Self::BrokenSignature { selector_is: Acquaintance::Strange, .. } => (0, 10, 0),
            Self::UnusableSignature { .. } => (25, 0, -15),
            Self::SpfDenies { result: Denial::Fail, .. } => (0, 0, 30),
            Self::SpfDenies { result: Denial::SoftFail, .. } => (0, 0, 20),
            Self::SpfBroken { .. } => (15, 0, -20),
            Self::Temporary { .. } => (0, 0, -40),
            Self::NothingAuthentic => (0, 0, 40),
            Self::Unsigned => (0, 0, 20),
            Self::Nameless => (0, -20, 15),
            Self::GenericName { .. } => (0, -30, 25),
            _ => (0, 0, 0),
        };
        Scores { own, forwarded, forged }
    }
}

/// Who is known for sure to have handed the message over is no unknown machine: that speaks against forgery.
fn carrier_weight(naming: Naming<'_>) -> Scores {
    let kinds = naming.entry.kinds;
    let own = match (kinds.has(Kind::Service), kinds.hands_on()) {
        (true, false) => 40,
        (true, true) => 20,
        (false, _) => 0,
    };
    let forwarded = match kinds {
        kinds if kinds.has(Kind::Forwarder) || kinds.has(Kind::List) => 35,
        kinds if kinds.has(Kind::Gateway) => 30,
        kinds if kinds.has(Kind::Isp) => 25,
        _ => 0,
    };
    // A server that anybody can let says nothing of who let it.
    let forged = if kinds.has(Kind::Service) || kinds.hands_on() { -35 } else { 0 };
    Scores { own, forwarded, forged }
}

impl Scores {
    pub(crate) fn add(&mut self, other: Self) {
        self.own = self.own.saturating_add(other.own);
        self.forwarded = self.forwarded.saturating_add(other.forwarded);
        self.forged = self.forged.saturating_add(other.forged);
    }
}

impl Explain for Reason<'_> {
    fn id(&self) -> &'static str {
        match &self.sign {
            Sign::MarkApproved { .. } => "class-mark-approved",
            Sign::MarkForwarder { .. } => "class-mark-forwarder",
            Sign::MarkDenied { .. } => "class-mark-denied",
            Sign::SpfAligned { .. } => "class-spf-aligned",
            Sign::DkimAligned { .. } => "class-dkim-aligned",
            Sign::ReportedPass { .. } => "class-reported-pass",
            Sign::Differs { kind: Difference::Missed, .. } => "class-reporter-missed",
            Sign::Differs { .. } => "class-reporter-granted",
            Sign::PathUnknown => "class-path-unknown",
            Sign::OtherWay => "class-other-way",
            Sign::Override { .. } => "class-override",
            Sign::ArcPass => "class-arc-pass",
            Sign::Carrier(_) => "class-carrier",
            Sign::Maker(_) => "class-maker",
            Sign::OwnHost { .. } => "class-own-host",
            Sign::OwnHelo { .. } => "class-own-helo",
            Sign::OwnTenant { .. } => "class-own-tenant",
            Sign::NotStrict { .. } => "class-not-strict",
            Sign::ThirdEnvelope { .. } => "class-third-envelope",
            Sign::RewrittenEnvelope { .. } => "class-rewritten-envelope",
            Sign::ThirdSignature { .. } => "class-third-signature",
            Sign::BrokenSignature { selector_is: Acquaintance::Strange, .. } => "class-broken-signature-strange",
            Sign::BrokenSignature { .. } => "class-broken-signature",
            Sign::UnusableSignature { .. } => "class-unusable-signature",
            Sign::SpfDenies { .. } => "class-spf-denies",
            Sign::SpfBroken { .. } => "class-spf-broken",
            Sign::Temporary { .. } => "class-temporary",
            Sign::NothingAuthentic => "class-nothing-authentic",
            Sign::Unsigned => "class-unsigned",
            Sign::Nameless => "class-nameless",
            Sign::GenericName { .. } => "class-generic-name",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match &self.sign {
            Sign::DkimAligned { .. } => Some(Rule("RFC 9989", "4.4.1")),
            Sign::SpfAligned { .. } => Some(Rule("RFC 9989", "4.4.2")),
            Sign::NotStrict { .. } => Some(Rule("RFC 9989", "3.2.10.2")),
            _ => None,
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let method = |mechanism: &Mechanism| ("method", Value::Word(mechanism.as_str()));
        match &self.sign {
            Sign::MarkApproved { sender } | Sign::MarkForwarder { sender } | Sign::MarkDenied { sender } => {
                vec![("sender", (*sender).into())]
            }
            Sign::SpfAligned { domain }
            | Sign::OwnHelo { domain }
            | Sign::OwnTenant { domain, .. }
            | Sign::ThirdEnvelope { domain }
            | Sign::RewrittenEnvelope { domain }
            | Sign::ThirdSignature { domain }
            | Sign::SpfBroken { domain } => vec![("domain", (*domain).into())],
            Sign::DkimAligned { domain, selector }
            | Sign::BrokenSignature { domain, selector, .. }
            | Sign::UnusableSignature { domain, selector } => {
                let selector = Some(*selector).filter(|selector| !selector.is_empty());
                let selector = selector.map(|selector| ("selector", selector.into()));
                std::iter::once(("domain", (*domain).into())).chain(selector).collect()
            }
            Sign::ReportedPass { mechanism } | Sign::Differs { mechanism, .. } | Sign::Temporary { mechanism } => {
                vec![method(mechanism)]
            }
            Sign::NotStrict { mechanism, domain } => vec![method(mechanism), ("domain", (*domain).into())],
            Sign::Override { kind } => vec![("kind", Value::Word(kind.as_str()))],
            Sign::Carrier(naming) | Sign::Maker(naming) => vec![
                ("service", Value::from(&*naming.entry.name)),
                ("kind", Value::Word(naming.entry.kinds.main().as_str())),
            ],
            Sign::OwnHost { name } | Sign::GenericName { name } => vec![("name", (*name).into())],
            Sign::SpfDenies { domain, result } => vec![
                ("domain", (*domain).into()),
                ("result", Value::Word(if *result == Denial::Fail { "fail" } else { "softfail" })),
            ],
            Sign::PathUnknown
            | Sign::OtherWay
            | Sign::ArcPass
            | Sign::NothingAuthentic
            | Sign::Unsigned
            | Sign::Nameless => Vec::new(),
        }
    }
}
