//! What kind of mail a record counts: 正常, 転送由来, 設定不備, なりすまし疑い or 判定不能, and why.
//!
//! The order: what the owner said of the source; an aligned pass of SPF; an aligned pass of DKIM, which either came from
//! the domain's own senders or was forwarded; and for mail that fails, the sum of signs. Forwarded mail that fails is
//! called so only when something of the domain's own is left on it – a signature that broke – or the reporter itself
//! found the forwarder: what a stranger can write by himself is not enough.

use std::collections::BTreeMap;
use std::sync::Arc;

use dmarc::Mechanism;
use feedback::aggregate::{AlignedPass, DkimResult, SpfScope};
use feedback::archive::{Class, Host, Judge, Sighting, SourceLine, Standing};
use report::vocabulary::{MethodResult, OverrideKind};

use crate::alignment::{Aligner, Modes, Passes, Relation, counts, domain_of, is_within};
use crate::hosts::{Hosts, is_generic};
use crate::limits::KNOWN_SELECTOR_COUNT_MAX;
use crate::map::{Kind, Map, Names};
use crate::marks::{Asked, Marks, sender_text};
use crate::reason::{Acquaintance, Denial, Likeness, Reason, Scores, Sign};

/// The score that is enough for a class.
pub const SCORE_MIN: i16 = 60;

/// Judges sources. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Classifier {
    /// Who is who.
    pub map: Arc<Map>,
    /// What owners said.
    pub marks: Arc<Marks>,
    /// What is known of addresses.
    pub hosts: Arc<Hosts>,
    /// How names are compared.
    pub aligner: Aligner,
    /// Which selectors are known to sign.
    pub selectors: Arc<Selectors>,
}

/// A class, and why.
#[derive(Clone, PartialEq, Debug)]
pub struct Judgement<'a> {
    /// The class.
    pub class: Class,
    /// Every sign that was looked at, in order.
    pub reasons: Vec<Reason<'a>>,
    /// The sum of their weights; all 0 where one sign decided alone.
    pub scores: Scores,
    /// Who handed the mail over, and who made it.
    pub names: Names<'a>,
    /// Whether SPF and DKIM gave an aligned pass.
    pub passes: Passes,
}

/// Selectors that are known to sign, by the domain of the signature: seen on signatures that held.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selectors {
    domains: BTreeMap<Box<str>, Vec<Box<str>>>,
}

impl Classifier {
    /// With a map, marks and hosts, and the rest by default.
    #[must_use]
    pub fn new(map: Map, marks: Marks, hosts: Hosts) -> Self {
        Self { map: Arc::new(map), marks: Arc::new(marks), hosts: Arc::new(hosts), ..Self::default() }
    }

    /// The class of a source. Nothing is allocated.
    #[must_use]
    pub fn class(&self, seen: &Sighting<'_>) -> Class {
        self.decide(seen, &mut Silent::default())
    }

    /// The class, and why.
    #[must_use]
    pub fn judge<'a>(&'a self, seen: &Sighting<'a>) -> Judgement<'a> {
        let mut heard = Heard::default();
        let class = self.decide(seen, &mut heard);
        let host = self.host(seen);
        Judgement {
            class,
            reasons: heard.reasons,
            scores: heard.scores,
            names: self.map.names(seen, host, &self.aligner),
            passes: self.passes(seen),
        }
    }

    /// As a store of reports wants it.
    #[must_use]
    pub fn into_judge(self) -> Judge {
        Arc::new(move |seen| self.class(seen))
    }

    /// What is known of a source's address.
    #[must_use]
    pub fn host(&self, seen: &Sighting<'_>) -> Option<&Host> {
        self.hosts.get(seen.source?)
    }

    /// Whether SPF and DKIM gave an aligned pass, under the modes that were published.
    #[must_use]
    pub fn passes(&self, seen: &Sighting<'_>) -> Passes {
        self.aligner.passes(seen.circumstances, seen.policy, Modes::published(seen.policy))
    }

    fn decide<'a>(&'a self, seen: &Sighting<'a>, tell: &mut impl Tell<'a>) -> Class {
        let look = Look { classifier: self, seen: *seen, host: self.host(seen), passes: self.passes(seen) };
        if tell.listens() {
            for (mechanism, kind) in self.aligner.differences(seen.circumstances, seen.policy) {
                tell.tell(Sign::Differs { mechanism, kind }.told());
            }
        }
        if let Some(class) = look.by_mark(tell) {
            return class;
        }
        match (look.passes.spf, look.passes.dkim) {
            (AlignedPass::Yes, _) => {
                tell.tell(look.spf_aligned().told());
                Class::Legitimate
            }
            (AlignedPass::No, AlignedPass::Yes) => look.signed(tell),
            (AlignedPass::No, AlignedPass::No) => look.failing(tell),
        }
    }
}

impl Selectors {
    /// Those of signatures that hold.
    #[must_use]
    pub fn of_lines(lines: &[SourceLine]) -> Self {
        let mut all = Self::default();
        for result in lines.iter().flat_map(|line| &line.circumstances.dkim) {
            let Some(selector) = &result.selector else { continue };
            if result.result.known() == Some(MethodResult::Pass) {
                all.add(&result.domain, selector);
            }
        }
        all
    }

    /// One more.
    pub fn add(&mut self, domain: &str, selector: &str) {
        let known = self.domains.entry(domain.into()).or_default();
        let is_known = known.iter().any(|known| known.eq_ignore_ascii_case(selector));
        if !is_known && known.len() < KNOWN_SELECTOR_COUNT_MAX {
            known.push(selector.into());
        }
    }

    /// Whether a selector is known.
    #[must_use]
    pub fn know(&self, domain: &str, selector: &str) -> Acquaintance {
        if self.domains.is_empty() {
            return Acquaintance::Untold;
        }
        let known = self.domains.get(domain);
        match known.is_some_and(|known| known.iter().any(|known| known.eq_ignore_ascii_case(selector))) {
            true => Acquaintance::Known,
            false => Acquaintance::Strange,
        }
    }
}

/// Who wants to hear signs.
trait Tell<'a> {
    fn tell(&mut self, reason: Reason<'a>);
    fn scores(&self) -> Scores;
    fn listens(&self) -> bool;
}

/// Adds only.
#[derive(Default)]
struct Silent(Scores);

/// Keeps everything.
#[derive(Default)]
struct Heard<'a> {
    reasons: Vec<Reason<'a>>,
    scores: Scores,
}

impl<'a> Tell<'a> for Silent {
    fn tell(&mut self, reason: Reason<'a>) {
        self.0.add(reason.weight);
    }

    fn scores(&self) -> Scores {
        self.0
    }

    fn listens(&self) -> bool {
        false
    }
}

impl<'a> Tell<'a> for Heard<'a> {
    fn tell(&mut self, reason: Reason<'a>) {
        self.scores.add(reason.weight);
        self.reasons.push(reason);
    }

    fn scores(&self) -> Scores {
        self.scores
    }

    fn listens(&self) -> bool {
        true
    }
}

/// One source that is looked at.
struct Look<'a> {
    classifier: &'a Classifier,
    seen: Sighting<'a>,
    host: Option<&'a Host>,
    passes: Passes,
}

/// What SPF tells of the way by which a message came.
#[derive(Clone, Copy)]
enum Path<'a> {
    /// Nothing.
    Untold,
    /// MAIL FROM is of the domain's organisation, with this result, which is no pass or not strict enough.
    Own(&'a str, MethodResult),
    /// SPF passes for another organisation.
    Third(&'a str),
    /// MAIL FROM is of another organisation, and SPF does not pass.
    Unproven,
}

impl<'a> Look<'a> {
    fn relation(&self, name: &str) -> Relation {
        self.classifier.aligner.relation(self.seen.policy, &self.seen.circumstances.header_from, name)
    }

    fn host_name(&self) -> Option<&'a str> {
        self.host.and_then(|host| host.name.as_deref())
    }

    fn by_mark(&self, tell: &mut impl Tell<'a>) -> Option<Class> {
        let Classifier { marks, map, aligner, .. } = self.classifier;
        let domain = &*self.seen.policy.domain;
        if !marks.has(domain) {
            return None;
        }
        let carrier = map.carrier(&self.seen, self.host);
        let maker = || map.maker(&self.seen, aligner);
        let named = carrier.or_else(maker);
        let asked = Asked {
            address: self.seen.source,
            host_name: self.host_name(),
            service: named.map(|naming| &*naming.entry.id),
        };
        let mark = marks.find(domain, &asked)?;
        let sender = sender_text(&mark.sender);
        let is_made_only = carrier.is_none() && matches!(mark.sender, feedback::archive::Sender::Service(_));
        Some(match mark.standing {
            Standing::Denied => {
                tell.tell(Sign::MarkDenied { sender }.told());
                Class::Suspected
            }
            Standing::Forwarder if self.passes.spf == AlignedPass::Yes => {
                tell.tell(self.spf_aligned().told());
                Class::Legitimate
            }
            Standing::Forwarder => {
                tell.tell(Sign::MarkForwarder { sender }.told());
                Class::Forwarded
            }
            Standing::Approved if self.passes.is_pass() => {
                tell.tell(Sign::MarkApproved { sender }.told());
                Class::Legitimate
            }
            // The service made it and somebody else handed it over: that is no fault of its setting.
            Standing::Approved if is_made_only => return None,
            Standing::Approved => {
                tell.tell(Sign::MarkApproved { sender }.told());
                Class::Misconfigured
            }
        })
    }

    /// SPF passes and is aligned.
    fn spf_aligned(&self) -> Sign<'a> {
        let circumstances = self.seen.circumstances;
        let passed = circumstances
            .spf
            .iter()
            .find(|result| result.result.known() == Some(MethodResult::Pass) && self.relation(&result.domain).is_own());
        match passed {
            Some(result) => Sign::SpfAligned { domain: &result.domain },
            None => Sign::ReportedPass { mechanism: Mechanism::Spf },
        }
    }

    /// DKIM passes and is aligned; SPF is not.
    fn signed(&self, tell: &mut impl Tell<'a>) -> Class {
        let circumstances = self.seen.circumstances;
        let held = circumstances
            .dkim
            .iter()
            .find(|result| result.result.known() == Some(MethodResult::Pass) && self.relation(&result.domain).is_own());
        let signed = match held {
            Some(result) => Sign::DkimAligned { domain: &result.domain, selector: selector(result) },
            None => Sign::ReportedPass { mechanism: Mechanism::Dkim },
        };
        tell.tell(signed.told());
        if let Some(own) = self.own_host().or_else(|| self.own_helo()) {
            tell.tell(own.told());
            return Class::Legitimate;
        }
        if let Some(overridden) = self.overridden() {
            tell.tell(overridden.told());
            return Class::Forwarded;
        }
        let path = self.path();
        match path {
            Path::Own(domain, MethodResult::Pass) => {
                tell.tell(Sign::NotStrict { mechanism: Mechanism::Spf, domain }.told());
                return Class::Legitimate;
            }
            // A domain without an SPF record, or with one that does not say, has no way that would be another one.
            Path::Untold => {
                tell.tell(Sign::PathUnknown.told());
                return Class::Legitimate;
            }
            Path::Own(_, result) if !denies(result) => {
                tell.tell(Sign::PathUnknown.told());
                return Class::Legitimate;
            }
            Path::Own(..) | Path::Third(_) | Path::Unproven => {}
        }
        let Classifier { map, aligner, .. } = self.classifier;
        if let Some(carrier) = map.carrier(&self.seen, self.host) {
            tell.tell(Sign::Carrier(carrier).told());
            let kinds = carrier.entry.kinds;
            let own_tenant = || {
                let maker = map.maker(&self.seen, aligner).filter(|maker| maker.entry.id == carrier.entry.id);
                let elsewhere = match path {
                    Path::Third(domain) => map.envelope_of(domain).is_none_or(|entry| entry.id != carrier.entry.id),
                    _ => false,
                };
                maker.filter(|_| !elsewhere)
            };
            if kinds.only_sends() {
                return Class::Legitimate;
            }
            if let Some(maker) = own_tenant().filter(|_| kinds.has(Kind::Service)) {
                tell.tell(Sign::Maker(maker).told());
                return Class::Legitimate;
            }
        }
        if let Path::Third(domain) = path {
            tell.tell(Sign::ThirdEnvelope { domain }.told());
        }
        tell.tell(Sign::OtherWay.told());
        Class::Forwarded
    }

    /// Neither passes: the signs are summed up.
    fn failing(&self, tell: &mut impl Tell<'a>) -> Class {
        let trace = self.signatures(tell) | self.overrides(tell);
        self.way(tell);
        self.machine(tell);
        let Scores { own, forwarded, forged } = tell.scores();
        if own >= SCORE_MIN && own >= forwarded {
            Class::Misconfigured
        } else if trace && forwarded >= SCORE_MIN {
            Class::Forwarded
        } else if forged >= SCORE_MIN {
            Class::Suspected
        } else {
            Class::Undecidable
        }
    }

    /// What the signatures say; whether one of the domain's own broke.
    fn signatures(&self, tell: &mut impl Tell<'a>) -> bool {
        let (mut is_broken, mut is_signed, mut is_temporary) = (false, false, false);
        for result in &self.seen.circumstances.dkim {
            let (domain, selector) = (&*result.domain, selector(result));
            let relation = self.relation(domain);
            let Some(word) = result.result.known() else { continue };
            match (relation.is_own(), word) {
                (true, MethodResult::Pass) => {
                    is_signed = true;
                    tell.tell(Sign::NotStrict { mechanism: Mechanism::Dkim, domain }.weighed());
                }
                (true, MethodResult::Fail | MethodResult::HardFail) if !is_broken => {
                    (is_broken, is_signed) = (true, true);
                    let selector_is = self.classifier.selectors.know(domain, selector);
                    tell.tell(Sign::BrokenSignature { domain, selector, selector_is }.weighed());
                }
                (true, MethodResult::PermError | MethodResult::Policy | MethodResult::Neutral) if !is_signed => {
                    is_signed = true;
                    tell.tell(Sign::UnusableSignature { domain, selector }.weighed());
                }
                (true, MethodResult::TempError) if !is_temporary => {
                    (is_temporary, is_signed) = (true, true);
                    tell.tell(Sign::Temporary { mechanism: Mechanism::Dkim }.weighed());
                }
                (false, MethodResult::Pass) => {
                    if let Some(likeness) = self.tenant(domain) {
                        tell.tell(Sign::OwnTenant { domain, likeness }.weighed());
                    }
                }
                _ => {}
            }
        }
        if !is_signed {
            tell.tell(Sign::Unsigned.weighed());
        }
        is_broken
    }

    fn overrides(&self, tell: &mut impl Tell<'a>) -> bool {
        let overridden = self.overridden();
        if let Some(sign) = overridden {
            tell.tell(sign.weighed());
        }
        overridden.is_some()
    }

    /// What SPF says of the way, and who is known to have handed the message over.
    fn way(&self, tell: &mut impl Tell<'a>) {
        let Classifier { map, aligner, .. } = self.classifier;
        let path = self.path();
        match path {
            Path::Own(domain, MethodResult::Pass) => {
                tell.tell(Sign::NotStrict { mechanism: Mechanism::Spf, domain }.weighed());
            }
            Path::Own(domain, MethodResult::Fail | MethodResult::HardFail) => {
                tell.tell(Sign::SpfDenies { domain, result: Denial::Fail }.weighed());
            }
            Path::Own(domain, MethodResult::SoftFail) => {
                tell.tell(Sign::SpfDenies { domain, result: Denial::SoftFail }.weighed());
            }
            Path::Own(domain, MethodResult::PermError) => tell.tell(Sign::SpfBroken { domain }.weighed()),
            Path::Own(_, MethodResult::TempError) => {
                tell.tell(Sign::Temporary { mechanism: Mechanism::Spf }.weighed());
            }
            Path::Third(domain) => {
                tell.tell(Sign::ThirdEnvelope { domain }.weighed());
                if let Some(domain) = self.third_signature(domain) {
                    tell.tell(Sign::ThirdSignature { domain }.weighed());
                }
            }
            Path::Own(..) | Path::Untold | Path::Unproven => {}
        }
        if let Some(domain) = self.rewritten().filter(|_| matches!(path, Path::Third(_))) {
            tell.tell(Sign::RewrittenEnvelope { domain }.weighed());
        }
        let carrier = map.carrier(&self.seen, self.host);
        if let Some(naming) = carrier {
            tell.tell(Sign::Carrier(naming).weighed());
        }
        // That a service made it weighs only where the service itself handed it over.
        let maker = carrier
            .and_then(|carrier| map.maker(&self.seen, aligner).filter(|maker| maker.entry.id == carrier.entry.id));
        if let Some(naming) = maker.filter(|maker| maker.entry.kinds.only_sends()) {
            tell.tell(Sign::Maker(naming).weighed());
        }
    }

    /// What the machine is, and whether anybody vouches for the message.
    fn machine(&self, tell: &mut impl Tell<'a>) {
        for own in [self.own_host(), self.own_helo()].into_iter().flatten() {
            tell.tell(own.weighed());
        }
        let circumstances = self.seen.circumstances;
        let dkim = circumstances.dkim.iter().filter_map(|result| result.result.known());
        let spf = circumstances.spf.iter().filter_map(|result| result.result.known());
        // Where the reporter gives no results, nothing tells that nobody vouches.
        let vouched = dkim
            .chain(spf)
            .fold(None, |vouched, result| Some(vouched.unwrap_or(false) || result == MethodResult::Pass));
        if vouched == Some(false) {
            tell.tell(Sign::NothingAuthentic.weighed());
        }
        match (self.host, self.host_name(), self.seen.source) {
            (Some(_), None, _) => tell.tell(Sign::Nameless.weighed()),
            (_, Some(name), Some(address)) if is_generic(name, address) => {
                tell.tell(Sign::GenericName { name }.weighed());
            }
            _ => {}
        }
    }

    fn own_host(&self) -> Option<Sign<'a>> {
        self.host_name().filter(|name| self.relation(name).is_own()).map(|name| Sign::OwnHost { name })
    }

    fn own_helo(&self) -> Option<Sign<'a>> {
        let own = self.seen.circumstances.spf.iter().find(|result| {
            result.scope.known() == Some(SpfScope::Helo)
                && result.result.known() == Some(MethodResult::Pass)
                && self.relation(&result.domain).is_own()
        });
        own.map(|result| Sign::OwnHelo { domain: &result.domain })
    }

    fn overridden(&self) -> Option<Sign<'a>> {
        self.seen.circumstances.reasons.iter().find_map(|reason| match reason.kind.known() {
            Some(kind @ (OverrideKind::Forwarded | OverrideKind::TrustedForwarder | OverrideKind::MailingList)) => {
                Some(Sign::Override { kind })
            }
            // Receivers that believe a chain of ARC have no word for it and say so in the comment.
            Some(OverrideKind::LocalPolicy | OverrideKind::Other) => {
                let comment = reason.comment.as_deref()?.trim_start();
                let is_arc = comment.get(..ARC_PASS.len()).is_some_and(|start| start.eq_ignore_ascii_case(ARC_PASS));
                is_arc.then_some(Sign::ArcPass)
            }
            _ => None,
        })
    }

    fn path(&self) -> Path<'a> {
        let circumstances = self.seen.circumstances;
        let mut path = Path::Untold;
        for result in circumstances.spf.iter().filter(|result| counts(circumstances, result)) {
            let Some(word) = result.result.known() else { continue };
            let relation = self.relation(&result.domain);
            match (relation, word) {
                (Relation::Unknown, _) => {}
                (Relation::Other, MethodResult::Pass) => return Path::Third(&result.domain),
                (Relation::Other, _) => path = Path::Unproven,
                (_, word) => path = Path::Own(&result.domain, word),
            }
        }
        path
    }

    /// Whether the one who stands in MAIL FROM signed too.
    fn third_signature(&self, envelope: &str) -> Option<&'a str> {
        let aligner = &self.classifier.aligner;
        let organization = aligner.organization(envelope);
        let signed = self.seen.circumstances.dkim.iter().find(|result| {
            result.result.known() == Some(MethodResult::Pass) && is_within(&result.domain, organization)
        });
        signed.map(|result| &*result.domain)
    }

    /// Whether MAIL FROM is written as forwarders rewrite it; most reports do not show that part.
    fn rewritten(&self) -> Option<&'a str> {
        let envelope = self.seen.circumstances.envelope_from.as_deref()?;
        let (local, _) = envelope.rsplit_once('@')?;
        let starts = |mark: &str| local.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark));
        let holds =
            |mark: &str| local.as_bytes().windows(mark.len()).any(|at| at.eq_ignore_ascii_case(mark.as_bytes()));
        (starts("srs0") || starts("srs1") || holds("+srs=") || holds("+caf_=")).then(|| domain_of(envelope))
    }

    /// Whether a signature that holds is one that a service makes for this very customer by default.
    fn tenant(&self, domain: &str) -> Option<Likeness> {
        let own = self.classifier.aligner.organization(&self.seen.circumstances.header_from);
        let is_below = |suffix: &str| is_within(domain, suffix);
        let (tenant, _) = domain.split_once('.')?;
        let hyphened = tenant.len() == own.len()
            && tenant.bytes().zip(own.bytes()).all(|(is, wanted)| is == wanted || (is == b'-' && wanted == b'.'));
        let (first, _) = own.split_once('.')?;
        match () {
            () if is_below("gappssmtp.com") && hyphened => Some(Likeness::Whole),
            () if is_below("onmicrosoft.com") && tenant == first => Some(Likeness::FirstLabel),
            () => None,
        }
    }
}

/// Whether an SPF result says that the address may not send for the domain.
fn denies(result: MethodResult) -> bool {
    matches!(result, MethodResult::Fail | MethodResult::HardFail | MethodResult::SoftFail)
}

fn selector(result: &DkimResult) -> &str {
    result.selector.as_deref().unwrap_or_default()
}

/// How a comment that tells of ARC begins.
const ARC_PASS: &str = "arc=pass";
