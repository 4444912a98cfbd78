//! What may vary in a conversation, and what follows of it: which steps, edits and macros are wanted of the MTA, and
//! which fields a message may not bring.

use std::sync::Arc;

use mailtext::authres::authserv_id_matches;
use milter::{Actions, Stage, Step, Steps, Wanted};
use outgoing::{Origins, Role};
use policy::labels::LabelRules;
use policy::rules::QuarantineBy;
use policy::{RuleSet, Rules};

use crate::spam::SpamField;
use crate::way_in::{AfterWayIn, WayIn};

/// What may vary in a conversation.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Of the checks.
    pub(crate) auth: Arc<auth::Settings>,
    /// What is wanted of the MTA.
    pub(crate) wanted: Arc<Wanted>,
    /// What becomes of messages.
    pub(crate) rules: Arc<Rules>,
    /// What is kept of messages because somebody wants to know it.
    pub(crate) watch: Arc<Watch>,
    /// Of which messages the evidence is kept with the row.
    pub(crate) evidence: EvidenceKept,
    /// What becomes of mail when something fails that we depend on.
    pub(crate) on_failure: OnFailure,
    /// Which mail is outgoing, and who signs it; all is incoming where nothing is said.
    pub(crate) outgoing: Option<Arc<Outgoing>>,
}

/// Which mail is outgoing, and who signs it.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Which mail.
    pub origins: Origins,
    /// Who signs.
    pub role: Arc<Role>,
}

/// What becomes of mail when something fails that we depend on: DNS, or the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum OnFailure {
    /// It goes on, and the failure is told.
    #[default]
    Accept,
    /// It is refused for now, so that its client tries again.
    TempFail,
}

/// Of which messages the evidence is kept with the row.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum EvidenceKept {
    /// Of none.
    None,
    /// Of those that DMARC does not let pass, or that are not simply accepted.
    #[default]
    Notable,
    /// Of all.
    All,
}

/// What is written on a message beside Authentication-Results, and what becomes of the results of others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Results {
    /// Received-SPF (RFC 7208 §9.1).
    pub received_spf: Written,
    /// `X-Sekisho-Explanation`: what was done, by which rule, and why.
    pub explanation: Written,
    /// Authentication-Results of others.
    pub foreign: Foreign,
    /// The names of those with whom the other thing is done.
    pub foreign_except: Vec<String>,
    /// The field of a spam filter that ran before.
    pub spam: SpamField,
}

/// Whether a field is written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Written {
    /// It is.
    Yes,
    /// It is not.
    #[default]
    No,
}

/// What becomes of Authentication-Results that others wrote.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Foreign {
    /// They stay: who reads them has to know whom to believe (RFC 8601 §7.1).
    #[default]
    Keep,
    /// They go.
    Remove,
}

/// What is kept of a message beside what authentication needs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Watch {
    /// The fields that only this receiver may write on a message, beside results: its labels.
    pub(crate) label_names: Vec<String>,
    /// Whether the subject may be marked.
    pub(crate) subject: Kept,
    /// Whether the recipients' domains count.
    pub(crate) recipients: Kept,
    /// Whether the List-Id counts.
    pub(crate) list_id: Kept,
    /// Whether a row is kept.
    pub(crate) row: Kept,
    /// Whether recipients may be refused before the message comes.
    pub(crate) early: Kept,
    /// Whether the world wants to see the header when all is done.
    pub(crate) header: Kept,
    /// Which mail is taken in on its way.
    pub(crate) way_in: Option<WayIn>,
    /// Whether it is known what was sent from here, so that notifications can be told apart.
    pub(crate) dsn: Kept,
    /// What is written beside, and what becomes of the results of others.
    pub(crate) results: Results,
}

/// Whether something is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Kept {
    /// It is.
    Yes,
    /// It is not.
    #[default]
    No,
}

impl Settings {
    /// A receiver that observes: every message goes on, with results on it and no other label.
    #[must_use]
    pub fn new(auth: Arc<auth::Settings>) -> Self {
        let labels = LabelRules { subject: None, fields: Vec::new() };
        Self::with_rules(auth, Arc::new(Rules::of(RuleSet { labels, ..RuleSet::default() })))
    }

    /// A receiver with rules. What these have no use for is not asked of the MTA.
    #[must_use]
    pub fn with_rules(auth: Arc<auth::Settings>, rules: Arc<Rules>) -> Self {
        let watch = Watch::of(&rules);
        Self {
            auth,
            wanted: Arc::new(wanted(&rules, &watch, None)),
            rules,
            watch: Arc::new(watch),
            evidence: EvidenceKept::None,
            on_failure: OnFailure::Accept,
            outgoing: None,
        }
    }

    /// The same where some mail is outgoing, which is signed instead of judged.
    #[must_use]
    pub fn with_outgoing(self, outgoing: Outgoing) -> Self {
        let watch = Watch { dsn: self.watch.row, ..(*self.watch).clone() };
        let wanted = wanted(&self.rules, &watch, Some(&outgoing));
        Self { wanted: Arc::new(wanted), watch: Arc::new(watch), outgoing: Some(Arc::new(outgoing)), ..self }
    }

    /// The same where rows are kept: their world gives ids.
    #[must_use]
    pub fn with_rows(self, evidence: EvidenceKept) -> Self {
        // Only rows of outgoing mail tell what was sent from here.
        let dsn = Kept::when(self.outgoing.is_some());
        let watch = Watch { row: Kept::Yes, dsn, ..(*self.watch).clone() };
        let wanted = wanted(&self.rules, &watch, self.outgoing.as_deref());
        Self { wanted: Arc::new(wanted), watch: Arc::new(watch), evidence, ..self }
    }

    /// The same with other wishes for what is written beside Authentication-Results.
    #[must_use]
    pub fn with_results(self, results: Results) -> Self {
        let mut watch = (*self.watch).clone();
        if results.explanation == Written::Yes {
            // Nobody else may explain in our name.
            watch.label_names.push(EXPLANATION.to_owned());
        }
        watch.results = results;
        Self { watch: Arc::new(watch), ..self }
    }

    /// The same where the world is shown the header of each incoming message that was dealt with.
    #[must_use]
    pub fn with_header(self) -> Self {
        Self { watch: Arc::new(Watch { header: Kept::Yes, ..(*self.watch).clone() }), ..self }
    }

    /// The same where some mail is taken in on its way.
    #[must_use]
    pub fn with_way_in(self, way_in: WayIn) -> Self {
        let watch = Watch { way_in: Some(way_in), ..(*self.watch).clone() };
        let wanted = wanted(&self.rules, &watch, self.outgoing.as_deref());
        Self { wanted: Arc::new(wanted), watch: Arc::new(watch), ..self }
    }

    /// The same with another answer to failures.
    #[must_use]
    pub fn on_failure(self, on_failure: OnFailure) -> Self {
        Self { on_failure, ..self }
    }
}

impl Watch {
    fn of(rules: &Rules) -> Self {
        let mut label_names: Vec<String> = rules.field_names().into_iter().map(str::to_owned).collect();
        if holds(rules) {
            // It is written where the MTA does not hold the message.
            label_names.extend(usual_field_name());
        }
        // Names of fields have no case (RFC 5322 §1.2.2): one entry for each, or a field would be taken away twice.
        label_names.sort_by_key(|name| name.to_ascii_lowercase());
        label_names.dedup_by(|name, before| name.eq_ignore_ascii_case(before));
        Self {
            label_names,
            subject: Kept::when(sets(rules).any(|set| set.labels.subject.is_some())),
            recipients: Kept::when(!rules.by_recipient.is_empty()),
            list_id: Kept::when(sets(rules).any(|set| !set.exceptions.mailing_lists.is_empty())),
            row: Kept::No,
            early: Kept::when(sets(rules).any(RuleSet::may_refuse_early)),
            header: Kept::No,
            way_in: None,
            dsn: Kept::No,
            results: Results::default(),
        }
    }
}

impl Watch {
    /// Whether Authentication-Results that are not ours have to go.
    pub(crate) fn removes_foreign(&self, value: &[u8]) -> bool {
        let Results { foreign, foreign_except, .. } = &self.results;
        let is_named = foreign_except.iter().any(|id| authserv_id_matches(value, id));
        (*foreign == Foreign::Remove) != is_named
    }

    /// Whether the MTA is to tell the recipients.
    pub(crate) fn counts_recipients(&self) -> bool {
        self.way_in.is_some() || [self.recipients, self.row, self.early].contains(&Kept::Yes)
    }
}

impl Kept {
    fn when(wanted: bool) -> Self {
        if wanted { Self::Yes } else { Self::No }
    }
}

/// The field that explains.
pub(crate) const EXPLANATION: &str = "X-Sekisho-Explanation";

/// The name of the field that labels a message where nothing else is said.
pub(crate) fn usual_field_name() -> Option<String> {
    LabelRules::default().fields.first().map(|field| field.name.as_str().to_owned())
}

/// What is wanted of the MTA: every event but recipients – unless they count – and unknown commands, answers at
/// the end only, and at each recipient where it may be refused, header edits, and quarantine where the rules hold mail.
fn wanted(rules: &Rules, watch: &Watch, outgoing: Option<&Outgoing>) -> Wanted {
    let mut steps =
        vec![Step::Connect, Step::Helo, Step::Mail, Step::Header, Step::EndOfHeaders, Step::Body, Step::EndOfMessage];
    if watch.counts_recipients() {
        steps.push(Step::Recipient);
    }
    let mut at_mail = "i {auth_authen} {auth_type} {auth_author}".to_owned();
    for name in outgoing.iter().flat_map(|outgoing| outgoing.origins.macros.keys()) {
        // A name of one letter goes without braces.
        at_mail.push_str(&if name.len() == 1 { format!(" {name}") } else { format!(" {{{name}}}") });
    }
    let mut actions = Actions::ADD_HEADERS | Actions::CHANGE_HEADERS;
    if holds(rules) {
        actions = actions | Actions::QUARANTINE;
    }
    if watch.way_in.as_ref().is_some_and(|way_in| way_in.after == AfterWayIn::Swallow) {
        // For those who get it otherwise.
        actions = actions | Actions::DELETE_RECIPIENTS;
    }
    Wanted {
        steps: Steps::of(&steps),
        answers: if watch.early == Kept::Yes { Steps::of(&[Step::Recipient]) } else { Steps::NONE },
        actions,
        // Postfix knows the queue id of the first recipient's message late; at the end it is always there.
        // Of SMTP AUTH it tells with MAIL.
        macros: vec![(Stage::EndOfMessage, "i".into()), (Stage::Mail, at_mail)],
        // Hashes take it as it comes.
        chunks: milter::Chunks::AsTheyCome,
        ..Wanted::default()
    }
}

/// Whether the MTA may be asked to hold a message.
fn holds(rules: &Rules) -> bool {
    sets(rules).any(|set| set.stage > policy::Stage::Observe && set.quarantine != QuarantineBy::Fields)
}

fn sets(rules: &Rules) -> impl Iterator<Item = &RuleSet> {
    std::iter::once(&rules.general).chain(rules.by_recipient.iter().map(|rules| &rules.rules))
}
