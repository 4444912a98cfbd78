//! What speaks against a message, and what would follow from each by the rules alone.

use auth::client::dns_lists::{Color, Key};
use auth::client::iprev;
use dkim::adsp;
use dkim::arc::ChainStatus;
use dmarc::{Aligned, DmarcResult, FromDefect, Policy, PolicyTag};
use mailtext::Domain;

use crate::action::{Action, Response, When};
use crate::excuses::related;
use crate::input::{Author, Breadth, DomainKeys, Dsn, Filtered, Input};
use crate::reason::{Excuse, Finding, Override, OverrideKind, Reason, Sign};
use crate::rules::{RejectAlone, RuleSet};
use crate::standing::{Meaning, Standing};

/// What was found, and what follows.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) finding: Finding,
    /// What the rules say.
    pub(crate) action: Action,
    /// What the owner of the author domain publishes, where the finding is that DMARC failed.
    pub(crate) published: Option<Policy>,
    /// Why what is done differs from what is published.
    pub(crate) notes: Vec<Override>,
}

/// What is looked at.
pub(crate) struct Case<'a> {
    pub(crate) input: &'a Input,
    pub(crate) rules: &'a RuleSet,
    pub(crate) standing: &'a Standing,
    pub(crate) excuses: &'a [Excuse],
    pub(crate) moment: Moment,
}

/// How much of the message is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Moment {
    /// The envelope.
    Envelope,
    /// Everything.
    Whole,
}

/// Everything that speaks against the message, with the reasons on the way.
pub(crate) fn findings(case: &Case<'_>) -> (Vec<Found>, Vec<Reason>) {
    let mut all = All { case, found: Vec::new(), reasons: Vec::new() };
    all.denied();
    if case.moment == Moment::Whole {
        all.from();
        all.dmarc();
    }
    all.historic();
    all.client();
    all.dsn();
    all.spam();
    all.memory();
    (all.found, all.reasons)
}

struct All<'a> {
    case: &'a Case<'a>,
    found: Vec<Found>,
    reasons: Vec<Reason>,
}

impl All<'_> {
    /// Adds a finding from which something follows.
    fn add(&mut self, finding: Finding, action: Action) {
        if action > Action::Accept {
            self.found.push(Found { finding, action, published: None, notes: Vec::new() });
        }
    }

    /// The same, of a rule that may be asked early.
    fn add_when(&mut self, finding: Finding, response: Response) {
        if self.case.moment == Moment::Whole || response.when == When::Early {
            self.add(finding, response.action);
        }
    }

    fn denied(&mut self) {
        let Case { input, rules, standing, .. } = *self.case;
        let member = |domain: &Domain| {
            standing.members.iter().any(|member| member.meaning == Meaning::Denied && member.domain == *domain)
        };
        let is_denied = |domain: &&Domain| rules.exceptions.denied.contains(domain) || member(domain);
        if let Some(domain) = input.claimed().find(is_denied).cloned() {
            self.add_when(Finding::Denied { domain }, rules.exceptions.denied_response);
        }
    }

    fn from(&mut self) {
        let Case { input, rules, .. } = *self.case;
        let (finding, action) = match (input.from_defect, input.dmarc) {
            (Some(defect), _) => (Finding::From(defect), by_defect(rules, defect)),
            // RFC 9989 §11.5: not all author domains were processed, so that nobody knows.
            (None, DmarcResult::PermError) => (Finding::AuthorsOverLimit, rules.from.over_limit),
            (None, _) => return,
        };
        // RFC 9989 §11.5: breaking the field must be no way around the policies of the domains that it names.
        let strict = input.authors.iter().filter_map(|author| Some((author, asked(rules, author)?)));
        let strictest = strict.filter(|(_, policy)| *policy > Policy::None).max_by_key(|(_, policy)| *policy);
        if let Some((author, policy)) = strictest.filter(|_| rules.from.with_policy > action) {
            self.reasons.push(Reason::StricterFrom { author: author.domain.clone(), policy });
            self.add(finding, rules.from.with_policy);
            return;
        }
        self.add(finding, action);
    }

    fn dmarc(&mut self) {
        let Case { input, rules, .. } = *self.case;
        // A broken From was judged above: what DMARC says of one of its domains says nothing of the message.
        if input.from_defect.is_some() {
            return;
        }
        for author in &input.authors {
            match self.result(author) {
                DmarcResult::Fail => self.failed(author),
                DmarcResult::TempError => {
                    let finding = Finding::DmarcTempError { author: author.domain.clone() };
                    self.add(finding, rules.dmarc.temp_error);
                }
                DmarcResult::Pass if self.passes_as_everybody(author) => {
                    let finding = Finding::SpfEveryone { author: author.domain.clone() };
                    self.add(finding, rules.dmarc.spf_everyone);
                }
                DmarcResult::Pass | DmarcResult::None | DmarcResult::PermError => {}
            }
        }
    }

    /// The result for an author domain; where it publishes nothing and the receiver has a policy for it, an authenticated
    /// domain at or below the name of that policy is as good as an aligned one.
    fn result(&self, author: &Author) -> DmarcResult {
        let Case { input, rules, .. } = *self.case;
        match (author.result, rules.forced_policy(&author.domain)) {
            (DmarcResult::None, Some((name, _))) => {
                let aligned = input.authenticated().any(|domain| domain.is_within(name));
                if aligned { DmarcResult::Pass } else { DmarcResult::Fail }
            }
            (result, _) => result,
        }
    }

    fn passes_as_everybody(&self, author: &Author) -> bool {
        let everyone = self.case.input.spf.as_ref().is_some_and(|spf| spf.breadth == Breadth::Everyone);
        everyone && author.spf == Aligned::Pass && author.dkim != Aligned::Pass
    }

    fn failed(&mut self, author: &Author) {
        let rules = self.case.rules;
        let published = author.policy.map(|applied| applied.policy);
        let mut notes = Vec::new();
        let policy = match (rules.forced_policy(&author.domain), author.policy) {
            (Some((domain, policy)), _) => {
                self.reasons.push(Reason::Forced { domain: domain.clone(), policy });
                notes.push(Override::new(OverrideKind::LocalPolicy, &format!("policy {} here", policy.as_str())));
                policy
            }
            (None, Some(applied)) => {
                // RFC 9989 §4.7: under "t=y" the policy applied is one level below the specified one.
                let to_apply = applied.to_apply();
                if to_apply != applied.policy {
                    let (author, published) = (author.domain.clone(), applied.policy);
                    self.reasons.push(Reason::TestMode { author, published, applied: to_apply });
                    notes.push(Override::new(OverrideKind::PolicyTestMode, "t=y"));
                }
                to_apply
            }
            (None, None) => Policy::None,
        };
        let mut action = match policy {
            Policy::None => rules.dmarc.none,
            Policy::Quarantine => rules.dmarc.quarantine,
            Policy::Reject => rules.dmarc.reject,
        };
        let is_forced = rules.forced_policy(&author.domain).is_some();
        if policy == Policy::Reject && !is_forced && rules.dmarc.reject_alone == RejectAlone::Quarantine {
            action = self.reject_alone(author, action, &mut notes);
        }
        let finding = Finding::DmarcFail { author: author.domain.clone(), policy };
        self.found.push(Found { finding, action, published, notes });
    }

    /// What follows `p=reject` where it is not enough alone.
    fn reject_alone(&mut self, author: &Author, action: Action, notes: &mut Vec<Override>) -> Action {
        if let Some(sign) = sign(self.case, author) {
            self.reasons.push(Reason::AnotherSign(sign));
            return action;
        }
        // RFC 9989 §7.4: in the absence of other knowledge, treat the mail as if the policy were "p=quarantine".
        let milder = action.min(self.case.rules.dmarc.quarantine);
        if milder != action {
            self.reasons.push(Reason::RejectAlone { author: author.domain.clone() });
            notes.push(Override::new(OverrideKind::LocalPolicy, "no sign beside p=reject (RFC 9989 7.4)"));
        }
        milder
    }

    /// What counts only where DMARC does not apply, or is not waited for.
    fn historic(&mut self) {
        let Case { input, rules, moment, .. } = *self.case;
        let forced = |author: &Author| rules.forced_policy(&author.domain).is_some();
        let applies = input.dmarc == DmarcResult::None && !input.authors.iter().any(forced);
        if moment == Moment::Whole && (!applies || input.from_defect.is_some()) {
            return;
        }
        let historic = &rules.historic;
        if let Some(spf) = &input.spf {
            let response = match spf.verdict {
                spf::Verdict::Fail => historic.spf_fail,
                spf::Verdict::SoftFail => Response::at_end(historic.spf_soft_fail),
                spf::Verdict::TempError => historic.spf_temp_error,
                spf::Verdict::PermError => historic.spf_perm_error,
                spf::Verdict::Pass | spf::Verdict::Neutral | spf::Verdict::None => Response::default(),
            };
            self.add_when(Finding::Spf { domain: spf.domain.clone(), verdict: spf.verdict }, response);
        }
        if moment == Moment::Envelope {
            return;
        }
        if let Some(status) = input.adsp {
            let action = match status {
                adsp::Status::Fail => historic.adsp_fail,
                adsp::Status::Discard => historic.adsp_discard,
                adsp::Status::NxDomain => historic.adsp_nxdomain,
                _ => Action::Accept,
            };
            self.add(Finding::Adsp(status), action);
        }
        if input.sender_id == Some(spf::Verdict::Fail) {
            self.add(Finding::SenderId, historic.sender_id_fail);
        }
        if input.domainkeys == DomainKeys::AllSignedAndNoneHolds {
            self.add(Finding::DomainKeys, historic.domainkeys_fail);
        }
    }

    fn client(&mut self) {
        let Case { input, rules, moment, .. } = *self.case;
        if let Some(domain) = input.null_mx.first().cloned() {
            self.add_when(Finding::NullMx { domain }, rules.client.null_mx);
        }
        match input.reverse {
            Some(iprev::Verdict::PermError) => self.add_when(Finding::NoName, rules.client.no_name),
            Some(iprev::Verdict::Fail) => self.add_when(Finding::NameNotConfirmed, rules.client.name_not_confirmed),
            Some(iprev::Verdict::Pass | iprev::Verdict::TempError) | None => {}
        }
        let broken = input.arc.as_ref().is_some_and(|arc| arc.result == ChainStatus::Fail);
        if broken && moment == Moment::Whole {
            self.add(Finding::ArcFail, rules.client.arc_fail);
        }
        for entry in input.listed.iter().filter(|entry| entry.color == Color::Black) {
            let key = match &entry.key {
                Key::Address(address) => address.to_string(),
                Key::Domain(domain) => domain.to_string(),
            };
            let response = rules.client.lists.get(&entry.zone).copied().unwrap_or_default();
            self.add_when(Finding::Listed { zone: entry.zone.clone(), key }, response);
        }
    }

    fn dsn(&mut self) {
        let Case { input, rules, moment, .. } = *self.case;
        match input.dsn {
            _ if moment == Moment::Envelope => {}
            Dsn::OfOthers => self.add(Finding::DsnOfOthers, rules.dsn.of_others),
            Dsn::OfNothing => self.add(Finding::DsnOfNothing, rules.dsn.of_nothing),
            // Nobody is refused because we do not know what we sent.
            Dsn::No | Dsn::OfOurs | Dsn::Unknown => {}
        }
    }

    fn spam(&mut self) {
        let Case { input, rules, moment, .. } = *self.case;
        if moment == Moment::Whole && input.filtered == Filtered::Spam {
            self.add(Finding::Spam, rules.spam);
        }
    }

    fn memory(&mut self) {
        let Case { input, rules, standing, moment, .. } = *self.case;
        if moment == Moment::Envelope {
            return;
        }
        let memory = &rules.memory;
        for (domain, good_per_mille) in bad_domains(input, rules, standing) {
            self.add(Finding::BadDomain { domain, good_per_mille }, memory.bad_domain);
        }
        let is_bad = |score: &crate::Score| score.is_bad(memory.bad_below_per_mille, memory.weight_min);
        if let Some(score) = standing.client.filter(is_bad) {
            self.add(Finding::BadClient { good_per_mille: score.good_per_mille }, memory.bad_client);
        }
        if memory.replay_count_min > 0 && standing.replay_count >= memory.replay_count_min {
            self.add(Finding::Replay { count: standing.replay_count }, memory.replay);
        }
    }
}

/// The policy that counts for an author domain, whatever its result.
fn asked(rules: &RuleSet, author: &Author) -> Option<Policy> {
    let forced = rules.forced_policy(&author.domain).map(|(_, policy)| policy);
    forced.or_else(|| author.policy.map(dmarc::Applied::to_apply))
}

fn by_defect(rules: &RuleSet, defect: FromDefect) -> Action {
    match defect {
        FromDefect::Absent => rules.from.absent,
        FromDefect::Repeated => rules.from.repeated,
        FromDefect::Malformed | FromDefect::NoMailbox | FromDefect::BadDomain => rules.from.malformed,
    }
}

/// Authenticated domains with a bad reputation, each with how much of its mail is good. Of a domain that is not
/// authenticated no reputation counts: it may be the victim.
fn bad_domains(input: &Input, rules: &RuleSet, standing: &Standing) -> Vec<(Domain, u16)> {
    let memory = &rules.memory;
    let bad = standing.domains.iter().filter(|(domain, score)| {
        score.is_bad(memory.bad_below_per_mille, memory.weight_min) && input.authenticated().any(|own| own == domain)
    });
    bad.map(|(domain, score)| (domain.clone(), score.good_per_mille)).collect()
}

/// The first sign beside `p=reject`. RFC 9989 §7.4 gives observed sending patterns and content filtering as examples.
fn sign(case: &Case<'_>, author: &Author) -> Option<Sign> {
    let Case { input, rules, standing, excuses, .. } = *case;
    let nobody_signed = !input.dkim.iter().any(|signature| related(&author.domain, &signature.domain));
    let spf_fails = input.spf.as_ref().is_some_and(|spf| spf.verdict == spf::Verdict::Fail);
    let is_np = author.policy.is_some_and(|applied| applied.tag == PolicyTag::Np);
    // RFC 9989 §7.4: domains that publish "p=reject" MUST NOT rely solely on SPF, so that their mail is signed.
    if spf_fails && nobody_signed {
        return Some(Sign::SpfFailUnsigned);
    }
    if is_np || input.adsp == Some(adsp::Status::NxDomain) {
        return Some(Sign::NoSuchAuthor);
    }
    // What excuses the client makes nothing of it a sign.
    if !excuses.iter().any(|excuse| matches!(excuse, Excuse::Allowed(_) | Excuse::WhiteListed { .. })) {
        let is_bad = |score: crate::Score| score.is_bad(rules.memory.bad_below_per_mille, rules.memory.weight_min);
        if !input.null_mx.is_empty() {
            return Some(Sign::NullMx);
        }
        if matches!(input.reverse, Some(iprev::Verdict::PermError | iprev::Verdict::Fail)) {
            return Some(Sign::NoConfirmedName);
        }
        let counts = |zone: &Domain| rules.client.lists.contains_key(zone);
        if input.listed.iter().any(|entry| entry.color == Color::Black && counts(&entry.zone)) {
            return Some(Sign::Listed);
        }
        if standing.client.is_some_and(is_bad) || !bad_domains(input, rules, standing).is_empty() {
            return Some(Sign::BadReputation);
        }
    }
    // What comes through a list fails now and then, however good the author's habits are.
    let may_be_list = input.list_id.is_some() || input.arc.as_ref().is_some_and(|arc| arc.result == ChainStatus::Pass);
    let unusual = standing.usual.is_some_and(|usual| usual.makes_failure_unusual(rules.memory.usual_count_min));
    (unusual && !may_be_list).then_some(Sign::Unusual)
}
