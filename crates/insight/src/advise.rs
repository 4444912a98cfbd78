//! The advisor (the guideline's 2-3, 2-4, 2-13): where a domain stands on the way to `reject`, what keeps it from the
//! next rung, what to publish then, and what to repair first.

use dmarc::Policy;
use dmarc::record::{Record, Standing as RecordStanding, Testing};
use feedback::aggregate::PublishedPolicy;
use feedback::archive::{Class, DomainLine, Sender, SourceLine, Standing, Volume};
use mailtext::{Explain, Rule, Value};

use crate::classify::Classifier;
use crate::group::{Group, Tally, groups};
use crate::marks::sender_text;
use crate::repair::{Repair, repairs};
use crate::whatif::{Existence, Proposal, WhatIf, what_if};

/// A rung of the ladder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Rung {
    /// No record, as far as is known.
    NoRecord,
    /// `p=none`.
    None,
    /// `p=quarantine; t=y`.
    QuarantineTest,
    /// `p=quarantine`.
    Quarantine,
    /// `p=reject; t=y`.
    RejectTest,
    /// `p=reject`.
    Reject,
}

/// What has to be so before the next rung.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gates {
    /// Least messages that were counted.
    pub message_count_min: u64,
    /// Least days with reports.
    pub day_count_min: u32,
    /// Least reporters.
    pub reporter_count_min: u32,
    /// Least share of the domain's own mail that comes from senders who are known, in 1000.
    pub known_per_mille_min: u32,
    /// Least share of the domain's own mail, without what was forwarded, that passes, in 1000.
    pub pass_per_mille_min: u32,
    /// Most sources with mail that is badly set up.
    pub problem_count_max: u32,
    /// From how many messages on such a source counts, in 1000 of the domain's own mail.
    pub problem_per_mille_min: u32,
    /// Most messages of which nothing tells whose they are, in 1000 of all but suspected ones.
    pub undecided_per_mille_max: u32,
}

/// What is known of a domain, for a period.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// The policy, as the newest report has it.
    pub policy: &'a PublishedPolicy,
    /// The record that stands in DNS now, when somebody looked.
    pub record: Option<&'a str>,
    /// The messages of the period.
    pub lines: &'a [SourceLine],
    /// On how many days of the period reports count something.
    pub day_count: u32,
    /// How many reporters there were.
    pub reporter_count: u32,
    /// Whether an author domain below exists.
    pub existence: &'a dyn Fn(&str) -> Existence,
}

impl<'a> Situation<'a> {
    /// That of a domain, from what reports tell of some days: `lines` are its messages by source, as far as they are told
    /// apart, `volume` counts all of them.
    #[must_use]
    pub fn of(
        domain: &'a DomainLine,
        lines: &'a [SourceLine],
        volume: Volume,
        record: Option<&'a str>,
        existence: &'a dyn Fn(&str) -> Existence,
    ) -> Self {
        Self {
            policy: &domain.policy,
            record,
            lines,
            day_count: volume.day_count,
            reporter_count: u32::try_from(volume.sum.reporter_count).unwrap_or(u32::MAX),
            existence,
        }
    }
}

/// What the advisor says.
#[derive(Clone, PartialEq, Debug)]
pub struct Advice<'a> {
    /// The policy domain.
    pub domain: &'a str,
    /// Where it stands.
    pub rung: Rung,
    /// The sentence that says it all.
    pub verdict: Verdict,
    /// What is asked for before the next rung, and how it is.
    pub gates: Vec<GateState>,
    /// All messages of the period.
    pub tally: Tally,
    /// The sources.
    pub groups: Vec<Group<'a>>,
    /// What the policy that is published does.
    pub now: WhatIf,
    /// What the next rung would have done; the same policy, at the top.
    pub next: WhatIf,
    /// What to publish: the next rung's record.
    pub publication: Publication,
    /// What to repair first.
    pub repairs: Vec<Repair<'a>>,
    /// Approved sources that were not seen in the period: nothing is known of how they would fare.
    pub unseen: Vec<Sender>,
}

/// The sentence that says it all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Publish a record first.
    NoRecord {
        /// The domain.
        domain: String,
    },
    /// No message was counted.
    NoData {
        /// The domain.
        domain: String,
    },
    /// Wait: there is too little to judge by.
    Wait {
        /// The domain.
        domain: String,
        /// Where it stands.
        rung: Rung,
    },
    /// Repair first.
    Repair {
        /// The domain.
        domain: String,
        /// Where it stands.
        rung: Rung,
        /// How many sources.
        count: u64,
        /// With how many messages.
        messages: u64,
    },
    /// Say first whose some sources are.
    Decide {
        /// The domain.
        domain: String,
        /// Where it stands.
        rung: Rung,
        /// How many messages.
        messages: u64,
    },
    /// The next rung can be taken.
    Raise {
        /// The domain.
        domain: String,
        /// Where it stands.
        rung: Rung,
        /// The next one.
        next: Rung,
    },
    /// It is at the top, and that is well.
    Top {
        /// The domain.
        domain: String,
    },
    /// A policy is in force and hits the domain's own mail.
    Hurts {
        /// The domain.
        domain: String,
        /// Where it stands.
        rung: Rung,
        /// How many messages of its own it hits.
        messages: u64,
    },
}

/// Something that is asked for before the next rung.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GateState {
    /// What.
    pub gate: Gate,
    /// What there is.
    pub has: u64,
    /// What it must be: at least, or at most.
    pub wants: u64,
}

/// What can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Gate {
    /// Messages.
    Messages,
    /// Days.
    Days,
    /// Reporters.
    Reporters,
    /// The share of senders who are known, in 1000.
    Known,
    /// The share that passes, in 1000.
    Pass,
    /// Sources that are badly set up: at most.
    Problems,
    /// The share of which nothing tells whose it is, in 1000: at most.
    Undecided,
}

/// A record to publish.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Publication {
    /// Where.
    pub name: String,
    /// What.
    pub text: String,
    /// What to know of it.
    pub notes: Vec<Note>,
}

/// What to know of a record to publish.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Note {
    /// Nobody looked at the record of today: it is made from what reports say, which do not tell everything.
    FromReports,
    /// It has no address for reports: add one.
    NoReportAddress,
    /// Tags that mean nothing any more, or never did, are left out.
    Dropped {
        /// Which.
        tags: String,
    },
    /// `t=y` holds for `sp` and `np` too: what they ask for now is one level weaker while it stands.
    TestingWeakens,
    /// `sp` is weaker than `p`: names below stay unprotected.
    WeakSubdomains {
        /// `sp`.
        policy: Policy,
    },
}

impl Default for Gates {
    fn default() -> Self {
        Self {
            message_count_min: 100,
            day_count_min: 14,
            reporter_count_min: 2,
            known_per_mille_min: 900,
            pass_per_mille_min: 980,
            problem_count_max: 0,
            problem_per_mille_min: 5,
            undecided_per_mille_max: 20,
        }
    }
}

/// Says where a domain stands and what to do next.
#[must_use]
pub fn advise<'a>(situation: &Situation<'a>, gates: &Gates, classifier: &'a Classifier) -> Advice<'a> {
    let Situation { policy, lines, existence, .. } = *situation;
    let groups = groups(lines, policy, classifier);
    let mut tally = Tally::default();
    for group in &groups {
        tally.join(&group.tally);
    }
    let record = situation.record.and_then(|text| Record::parse(text.as_bytes()).0);
    let now = record.as_ref().map_or_else(|| Proposal::published(policy), Proposal::of_record);
    let rung = match (&record, situation.record) {
        (Some(record), _) if record.standing == RecordStanding::Unusable => Rung::NoRecord,
        (Some(record), _) => Rung::of(record.policy(), record.testing, record.historic.pct),
        (None, Some(_)) => Rung::NoRecord,
        (None, None) => Rung::published(policy),
    };
    let (publication, next) = publication(policy, situation.record, record.as_ref(), rung.next());
    let ask = |proposal| what_if(proposal, lines, policy, &groups, classifier, existence);
    let (now, next) = (ask(now), ask(Proposal::of_record(&next)));
    let states = states(situation, gates, &groups, &tally);
    let repairs = repairs(&groups, lines, policy, classifier);
    let verdict = verdict(policy, rung, &states, &groups, gates, &tally, &now);
    Advice {
        domain: &policy.domain,
        rung,
        verdict,
        gates: states,
        tally,
        now,
        next,
        publication,
        repairs,
        unseen: unseen(policy, &groups, classifier),
        groups,
    }
}

fn states(situation: &Situation<'_>, gates: &Gates, groups: &[Group<'_>], tally: &Tally) -> Vec<GateState> {
    let own_known = groups
        .iter()
        .filter(|group| group.is_known())
        .fold(0_u64, |sum, group| sum.saturating_add(own_sent(&group.tally)));
    let own = own_sent(tally);
    let undecided = tally.of(Class::Undecidable);
    let unsuspected = tally.total().saturating_sub(tally.of(Class::Suspected));
    let problems = problems(groups, gates, tally).count() as u64;
    let state = |gate, has, wants| GateState { gate, has, wants };
    vec![
        state(Gate::Messages, tally.total(), gates.message_count_min),
        state(Gate::Days, situation.day_count.into(), gates.day_count_min.into()),
        state(Gate::Reporters, situation.reporter_count.into(), gates.reporter_count_min.into()),
        state(Gate::Known, per_mille(own_known, own), gates.known_per_mille_min.into()),
        state(Gate::Pass, per_mille(tally.of(Class::Legitimate), own), gates.pass_per_mille_min.into()),
        state(Gate::Problems, problems, gates.problem_count_max.into()),
        state(Gate::Undecided, share(undecided, unsuspected), gates.undecided_per_mille_max.into()),
    ]
}

/// The sources with so much mail that is badly set up that it counts.
fn problems<'g, 'a>(
    groups: &'g [Group<'a>],
    gates: &Gates,
    tally: &Tally,
) -> impl Iterator<Item = &'g Group<'a>> + use<'g, 'a> {
    let least = own_sent(tally).saturating_mul(gates.problem_per_mille_min.into()) / 1000;
    groups.iter().filter(move |group| {
        let count = group.tally.of(Class::Misconfigured);
        count > 0 && count >= least
    })
}

/// The domain's own mail as its own senders sent it.
fn own_sent(tally: &Tally) -> u64 {
    tally.of(Class::Legitimate).saturating_add(tally.of(Class::Misconfigured))
}

fn verdict(
    policy: &PublishedPolicy,
    rung: Rung,
    states: &[GateState],
    groups: &[Group<'_>],
    gates: &Gates,
    tally: &Tally,
    now: &WhatIf,
) -> Verdict {
    let domain = || policy.domain.to_string();
    let is_closed = |wanted: &[Gate]| states.iter().any(|state| wanted.contains(&state.gate) && !state.is_open());
    let hurt = now.hit().of(Class::Misconfigured);
    let misconfigured = || problems(groups, gates, tally);
    if rung == Rung::NoRecord {
        return Verdict::NoRecord { domain: domain() };
    }
    if tally.total() == 0 {
        return Verdict::NoData { domain: domain() };
    }
    if rung.is_enforced() && is_closed(&[Gate::Pass, Gate::Problems]) && hurt > 0 {
        return Verdict::Hurts { domain: domain(), rung, messages: hurt };
    }
    if is_closed(&[Gate::Messages, Gate::Days, Gate::Reporters]) && rung != Rung::Reject {
        return Verdict::Wait { domain: domain(), rung };
    }
    if is_closed(&[Gate::Pass, Gate::Problems]) {
        let messages = misconfigured().fold(0, |sum, group| group.tally.of(Class::Misconfigured) + sum);
        return Verdict::Repair { domain: domain(), rung, count: misconfigured().count() as u64, messages };
    }
    match rung {
        Rung::Reject => Verdict::Top { domain: domain() },
        _ if is_closed(&[Gate::Known, Gate::Undecided]) => {
            let unknown = groups.iter().filter(|group| !group.is_known());
            let unknown = unknown.fold(0_u64, |sum, group| sum.saturating_add(own_sent(&group.tally)));
            let messages = tally.of(Class::Undecidable).saturating_add(unknown);
            Verdict::Decide { domain: domain(), rung, messages }
        }
        _ => Verdict::Raise { domain: domain(), rung, next: rung.next() },
    }
}

/// The record of a rung, with everything else as it is.
fn publication(
    policy: &PublishedPolicy,
    text: Option<&str>,
    record: Option<&Record>,
    rung: Rung,
) -> (Publication, Record) {
    let mut notes = Vec::new();
    let mut next = record.cloned().unwrap_or_else(|| {
        if text.is_none() {
            notes.push(Note::FromReports);
        }
        from_reports(policy)
    });
    let (p, testing) = rung.tags();
    let strongest = next.sp.max(next.np).unwrap_or_default();
    if next.testing == Testing::Off && testing == Testing::On && strongest > Policy::None {
        // RFC 9989 §4.7: "t" is for every policy of the record.
        notes.push(Note::TestingWeakens);
    }
    (next.p, next.testing, next.standing) = (Some(p), testing, RecordStanding::AsPublished);
    if next.rua.is_empty() {
        notes.push(Note::NoReportAddress);
    }
    if let Some(tags) = text.map(dropped).filter(|tags| !tags.is_empty()) {
        notes.push(Note::Dropped { tags });
    }
    if let Some(sp) = next.sp.filter(|sp| *sp < p) {
        notes.push(Note::WeakSubdomains { policy: sp });
    }
    (Publication { name: format!("_dmarc.{}", policy.domain), text: next.to_string(), notes }, next)
}

fn from_reports(policy: &PublishedPolicy) -> Record {
    // Reporters write what "sp" and "np" are taken to be, where there are none: the same as "p" and "sp".
    let (p, sp) = (policy.policy.known(), policy.subdomain_policy.known());
    Record {
        sp: sp.filter(|sp| Some(*sp) != p),
        np: policy.nonexistent_policy.known().filter(|np| Some(*np) != sp.or(p)),
        adkim: policy.dkim_mode.known().unwrap_or_default(),
        aspf: policy.spf_mode.known().unwrap_or_default(),
        ..Record::default()
    }
}

/// The tags that a record loses when it is written anew.
fn dropped(text: &str) -> String {
    let kept = ["v", "p", "sp", "np", "adkim", "aspf", "fo", "rua", "ruf", "psd", "t"];
    let (tags, _) = mailtext::TagList::parse(text.as_bytes());
    let names = tags.iter().filter_map(|tag| std::str::from_utf8(tag.name).ok());
    let dropped: Vec<_> = names.filter(|name| !kept.contains(name)).collect();
    dropped.join(" ")
}

fn unseen(policy: &PublishedPolicy, groups: &[Group<'_>], classifier: &Classifier) -> Vec<Sender> {
    let approved = classifier.marks.of(&policy.domain).filter(|mark| mark.standing == Standing::Approved);
    let is_seen = |sender: &Sender| {
        groups.iter().any(|group| match sender {
            Sender::Service(_) => group.sender == *sender,
            Sender::Hosts(suffix) => group
                .addresses
                .iter()
                .any(|address| address.name.is_some_and(|name| crate::alignment::is_within(name, suffix))),
            Sender::Network(text) => text.parse::<mailtext::Network>().is_ok_and(|network| {
                group.addresses.iter().any(|address| address.address.is_some_and(|ip| network.contains(ip)))
            }),
        })
    };
    approved.filter(|mark| !is_seen(&mark.sender)).map(|mark| mark.sender.clone()).collect()
}

impl Rung {
    /// All rungs, the lowest first.
    pub const ALL: [Self; 6] =
        [Self::NoRecord, Self::None, Self::QuarantineTest, Self::Quarantine, Self::RejectTest, Self::Reject];

    /// The rung of a policy. A share below 100 of RFC 7489 counts as testing, which took its place.
    #[must_use]
    pub fn of(policy: Policy, testing: Testing, percent: Option<u8>) -> Self {
        // RFC 9989 §A.6: "t=y" stands where "pct" below 100 stood.
        let is_testing = testing == Testing::On || percent.is_some_and(|percent| percent < 100);
        match (policy, is_testing) {
            (Policy::None, _) => Self::None,
            (Policy::Quarantine, true) => Self::QuarantineTest,
            (Policy::Quarantine, false) => Self::Quarantine,
            (Policy::Reject, true) => Self::RejectTest,
            (Policy::Reject, false) => Self::Reject,
        }
    }

    /// The rung of what reports say is published.
    #[must_use]
    pub fn published(policy: &PublishedPolicy) -> Self {
        let Some(p) = policy.policy.known() else { return Self::NoRecord };
        Self::of(p, policy.testing.known().unwrap_or_default(), policy.percent)
    }

    /// The next one; the top is its own.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::NoRecord => Self::None,
            Self::None => Self::QuarantineTest,
            Self::QuarantineTest => Self::Quarantine,
            Self::Quarantine => Self::RejectTest,
            Self::RejectTest | Self::Reject => Self::Reject,
        }
    }

    /// Whether receivers do something about mail that fails.
    #[must_use]
    pub fn is_enforced(self) -> bool {
        matches!(self, Self::Quarantine | Self::RejectTest | Self::Reject)
    }

    /// Its tags, as they are published.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoRecord => "-",
            Self::None => "p=none",
            Self::QuarantineTest => "p=quarantine; t=y",
            Self::Quarantine => "p=quarantine",
            Self::RejectTest => "p=reject; t=y",
            Self::Reject => "p=reject",
        }
    }

    fn tags(self) -> (Policy, Testing) {
        match self {
            Self::NoRecord | Self::None => (Policy::None, Testing::Off),
            Self::QuarantineTest => (Policy::Quarantine, Testing::On),
            Self::Quarantine => (Policy::Quarantine, Testing::Off),
            Self::RejectTest => (Policy::Reject, Testing::On),
            Self::Reject => (Policy::Reject, Testing::Off),
        }
    }
}

impl GateState {
    /// Whether it is as it must be.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self.gate {
            Gate::Problems | Gate::Undecided => self.has <= self.wants,
            _ => self.has >= self.wants,
        }
    }
}

/// A share in 1000; of nothing, all.
fn per_mille(part: u64, whole: u64) -> u64 {
    if whole == 0 { 1000 } else { share(part, whole) }
}

/// A share in 1000; of nothing, none.
pub(crate) fn share(part: u64, whole: u64) -> u64 {
    let share = u128::from(part) * 1000 / u128::from(whole.max(1));
    u64::try_from(share).unwrap_or(u64::MAX)
}

impl Explain for Verdict {
    fn id(&self) -> &'static str {
        match self {
            Self::NoRecord { .. } => "advise-no-record",
            Self::NoData { .. } => "advise-no-data",
            Self::Wait { .. } => "advise-wait",
            Self::Repair { .. } => "advise-repair",
            Self::Decide { .. } => "advise-decide",
            Self::Raise { .. } => "advise-raise",
            Self::Top { .. } => "advise-top",
            Self::Hurts { .. } => "advise-hurts",
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let rung_word = |rung: &Rung| ("rung", Value::Word(rung.as_str()));
        match self {
            Self::NoRecord { domain } | Self::NoData { domain } | Self::Top { domain } => {
                vec![("domain", domain.as_str().into())]
            }
            Self::Wait { domain, rung } => vec![("domain", domain.as_str().into()), rung_word(rung)],
            Self::Repair { domain, rung, count, messages } => vec![
                ("domain", domain.as_str().into()),
                rung_word(rung),
                ("count", (*count).into()),
                ("messages", (*messages).into()),
            ],
            Self::Decide { domain, rung, messages } | Self::Hurts { domain, rung, messages } => {
                vec![("domain", domain.as_str().into()), rung_word(rung), ("messages", (*messages).into())]
            }
            Self::Raise { domain, rung, next } => {
                vec![("domain", domain.as_str().into()), rung_word(rung), ("next", Value::Word(next.as_str()))]
            }
        }
    }
}

impl Explain for GateState {
    fn id(&self) -> &'static str {
        match self.gate {
            Gate::Messages => "advise-gate-messages",
            Gate::Days => "advise-gate-days",
            Gate::Reporters => "advise-gate-reporters",
            Gate::Known => "advise-gate-known",
            Gate::Pass => "advise-gate-pass",
            Gate::Problems => "advise-gate-problems",
            Gate::Undecided => "advise-gate-undecided",
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let is_share = matches!(self.gate, Gate::Known | Gate::Pass | Gate::Undecided);
        let shown = |number: u64| if is_share { Value::Text(percent(number)) } else { Value::Number(number) };
        vec![("has", shown(self.has)), ("wants", shown(self.wants))]
    }
}

/// Thousandths as people read them: `98.2%`.
pub(crate) fn percent(per_mille: u64) -> String {
    match per_mille % 10 {
        0 => format!("{}%", per_mille / 10),
        tenth => format!("{}.{tenth}%", per_mille / 10),
    }
}

impl Explain for Note {
    fn id(&self) -> &'static str {
        match self {
            Self::FromReports => "advise-note-from-reports",
            Self::NoReportAddress => "advise-note-no-report-address",
            Self::TestingWeakens => "advise-note-testing-weakens",
            Self::Dropped { .. } => "advise-note-dropped",
            Self::WeakSubdomains { .. } => "advise-note-weak-subdomains",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Dropped { .. } => Some(Rule("RFC 9989", "C.5.2")),
            Self::TestingWeakens => Some(Rule("RFC 9989", "4.7")),
            _ => None,
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::FromReports | Self::NoReportAddress | Self::TestingWeakens => Vec::new(),
            Self::Dropped { tags } => vec![("tags", tags.as_str().into())],
            Self::WeakSubdomains { policy } => vec![("policy", Value::Word(policy.as_str()))],
        }
    }
}

/// An approved source that was not seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unseen<'a>(
    /// Which.
    pub &'a Sender,
);

impl Explain for Unseen<'_> {
    fn id(&self) -> &'static str {
        "advise-unseen"
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        vec![("sender", sender_text(self.0).into())]
    }
}
