//! What an operator decides: which action follows what, who is excepted, and what is told.
//!
//! The defaults are those of a receiver that begins: stage `observe`, the policies of domain owners as they ask, RFC 9989
//! §7.4 obeyed, nothing historic, nobody trusted but whoever gave a password.

use std::collections::{BTreeMap, BTreeSet};

use dmarc::Policy;
use mailtext::Domain;

use crate::action::{Action, Response, Stage, When};
use crate::labels::LabelRules;
use crate::reason::Cause;
use crate::template::Template;
use crate::trust::{Domains, Forwarders, Network};

/// The rules of a receiver.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rules {
    /// For every recipient that none of the others is for.
    pub general: RuleSet,
    /// For recipients of certain domains; the first that names the domain counts.
    pub by_recipient: Vec<ForRecipients>,
    /// What becomes of a message whose recipients have different rules: it cannot be split.
    pub mixed: Mixed,
}

/// Rules for certain recipients.
#[derive(Clone, PartialEq, Debug)]
pub struct ForRecipients {
    /// Their domains.
    pub domains: Domains,
    /// Their rules, as a whole.
    pub rules: RuleSet,
}

/// What becomes of a message whose recipients have different rules.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Mixed {
    /// The mildest verdict: nobody loses mail by another one's rules.
    #[default]
    Mildest,
    /// The strictest verdict.
    Strictest,
}

/// One set of rules.
#[derive(Clone, PartialEq, Debug)]
pub struct RuleSet {
    /// How far the receiver has got.
    pub stage: Stage,
    /// Author domains that may be blocked; mail of others is labelled at most. `None`: all.
    ///
    /// The road-map of 2012 begins with domestic domains: `jp` and all below it.
    pub blocked_authors: Option<Domains>,
    /// DMARC.
    pub dmarc: DmarcRules,
    /// From.
    pub from: FromRules,
    /// What counts where DMARC does not apply.
    pub historic: HistoricRules,
    /// What is known of the client and of the sender's domains.
    pub client: ClientRules,
    /// Notifications of deliveries.
    pub dsn: DsnRules,
    /// A filter that ran before says that the message is spam.
    pub spam: Action,
    /// What the receiver remembers.
    pub memory: MemoryRules,
    /// Who is excepted, and who is never wanted.
    pub exceptions: Exceptions,
    /// Author domains with a policy of the receiver's own; the longest name counts.
    pub forced: BTreeMap<Domain, Policy>,
    /// How suspicious mail is set apart.
    pub quarantine: QuarantineBy,
    /// What readers see.
    pub labels: LabelRules,
    /// What clients are told, where it is not the usual text.
    pub texts: BTreeMap<Cause, Template>,
}

/// What follows a result of DMARC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DmarcRules {
    /// It failed and the owner asks for nothing. RFC 9989 §5.4: `p=none` must not change what becomes of mail.
    pub none: Action,
    /// It failed and the owner asks for quarantine.
    pub quarantine: Action,
    /// It failed and the owner asks for rejection.
    pub reject: Action,
    /// It could not be told for now.
    pub temp_error: Action,
    /// It passes by SPF alone, and the SPF record lets everybody pass (A18).
    pub spf_everyone: Action,
    /// Whether the owner's `p=reject` is enough to reject.
    pub reject_alone: RejectAlone,
}

/// Whether the owner's `p=reject` is enough to reject.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum RejectAlone {
    /// RFC 9989 §7.4: no; without another sign the message is treated as if the policy were quarantine.
    #[default]
    Quarantine,
    /// Yes.
    Reject,
}

/// What follows a From field that names no author who could be judged.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FromRules {
    /// There is none.
    pub absent: Action,
    /// There are several.
    pub repeated: Action,
    /// It can be read in more than one way, or names no mailbox or no domain.
    pub malformed: Action,
    /// It names more author domains than are evaluated.
    pub over_limit: Action,
    /// Any of these, and one of the domains it names asks for more than `p=none`: breaking the field is no way around
    /// a policy. The stricter of the two is done.
    pub with_policy: Action,
}

/// What follows results that count only where DMARC does not apply: the author domain has no record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct HistoricRules {
    /// SPF of the reverse-path says fail. When it is asked early, DMARC is not waited for (RFC 9989 §7.1).
    pub spf_fail: Response,
    /// SPF says softfail.
    pub spf_soft_fail: Action,
    /// SPF could not be told for now.
    pub spf_temp_error: Response,
    /// The SPF record is broken.
    pub spf_perm_error: Response,
    /// ADSP: the author domain signs everything, and this is not signed.
    pub adsp_fail: Action,
    /// ADSP: and what is not signed may be thrown away.
    pub adsp_discard: Action,
    /// ADSP: the author domain does not exist.
    pub adsp_nxdomain: Action,
    /// Sender ID says fail.
    pub sender_id_fail: Action,
    /// DomainKeys: the sending domain signs everything, and no signature holds.
    pub domainkeys_fail: Action,
}

/// What follows what is known of the client and of the sender's domains.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClientRules {
    /// A sender's domain takes no mail (RFC 7505).
    pub null_mx: Response,
    /// The client's address has no name.
    pub no_name: Response,
    /// The client's name does not lead back to its address.
    pub name_not_confirmed: Response,
    /// A chain of ARC that does not hold. RFC 8617 §5.2: treated as if there were none, unless a receiver knows better.
    pub arc_fail: Action,
    /// What follows an entry in a black list, by its zone. An entry in a white list named here excuses what is known
    /// of the client, and nothing of authentication.
    pub lists: BTreeMap<Domain, Response>,
}

/// What follows a notification of a delivery that answers nothing of ours: forged senders bring them by the thousands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct DsnRules {
    /// It names messages, and none of them was sent from here.
    pub of_others: Action,
    /// It names no message.
    pub of_nothing: Action,
}

/// What follows what the receiver remembers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MemoryRules {
    /// An authenticated domain has a bad reputation.
    pub bad_domain: Action,
    /// The client's network has a bad reputation.
    pub bad_client: Action,
    /// Below how many thousandths of good mail a reputation is bad.
    pub bad_below_per_mille: u16,
    /// How much mail must have been seen before a reputation says anything.
    pub weight_min: u64,
    /// The same signed message was seen often enough to be a replay.
    pub replay: Action,
    /// How often that is, in deliveries; 0 switches it off.
    pub replay_count_min: u64,
    /// From how much authenticated mail on an author domain's habits are known: a failure is then another sign.
    pub usual_count_min: u64,
}

/// Who is excepted, in the order in which it is asked, and who is never wanted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Exceptions {
    /// Clients whose mail is not judged.
    pub networks: Vec<Network>,
    /// Users of SMTP AUTH whose mail is not judged.
    pub users: Users,
    /// Forwarders: what forwarding breaks is excused.
    pub forwarders: Forwarders,
    /// Sealers of ARC whose word counts: each seal from theirs on must be trusted too.
    pub sealers: Vec<Domain>,
    /// Mailing lists, by the domains of their List-Id; they must be authenticated.
    pub mailing_lists: Domains,
    /// Domains whose mail is wanted. Only an authenticated identifier matches; it excuses everything but a failure of
    /// DMARC, a broken From, a denied domain and a replay.
    pub allowed: Domains,
    /// Domains whose mail is not wanted. Every identifier matches, authenticated or not.
    pub denied: Domains,
    /// What follows a denied domain.
    pub denied_response: Response,
}

/// Users of SMTP AUTH.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Users {
    /// All of them: their mail is the receiver's own.
    #[default]
    All,
    /// These.
    Named(BTreeSet<String>),
}

/// How suspicious mail is set apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum QuarantineBy {
    /// By fields that a filter files away.
    #[default]
    Fields,
    /// The MTA holds it.
    Hold,
    /// Both.
    Both,
}

impl Default for RuleSet {
    fn default() -> Self {
        Self {
            stage: Stage::Observe,
            blocked_authors: None,
            dmarc: DmarcRules::default(),
            from: FromRules::default(),
            historic: HistoricRules::default(),
            client: ClientRules::default(),
            dsn: DsnRules::default(),
            spam: Action::Accept,
            memory: MemoryRules::default(),
            exceptions: Exceptions { denied_response: Response::early(Action::Reject), ..Exceptions::default() },
            forced: BTreeMap::new(),
            quarantine: QuarantineBy::Fields,
            labels: LabelRules::default(),
            texts: BTreeMap::new(),
        }
    }
}

impl Default for DmarcRules {
    fn default() -> Self {
        Self {
            // RFC 9989 §5.4: discovered policies of "p=none" MUST NOT modify existing mail handling processes.
            none: Action::Accept,
            quarantine: Action::Quarantine,
            reject: Action::Reject,
            // RFC 9989 §5.3.6: the policy cannot be applied; the message is judged by what else is known.
            temp_error: Action::Accept,
            spf_everyone: Action::Accept,
            reject_alone: RejectAlone::Quarantine,
        }
    }
}

impl Default for FromRules {
    fn default() -> Self {
        Self {
            absent: Action::Quarantine,
            repeated: Action::Quarantine,
            malformed: Action::Label,
            over_limit: Action::Quarantine,
            with_policy: Action::Reject,
        }
    }
}

impl Default for MemoryRules {
    fn default() -> Self {
        Self {
            bad_domain: Action::Accept,
            bad_client: Action::Accept,
            bad_below_per_mille: 200,
            weight_min: 50,
            replay: Action::Accept,
            replay_count_min: 1000,
            usual_count_min: 100,
        }
    }
}

impl Rules {
    /// One set of rules for all recipients.
    #[must_use]
    pub fn of(general: RuleSet) -> Self {
        Self { general, ..Self::default() }
    }

    /// The rules for a recipient's domain.
    #[must_use]
    pub fn for_recipient(&self, domain: &Domain) -> &RuleSet {
        self.number_for(domain).and_then(|at| self.by_recipient.get(at)).map_or(&self.general, |found| &found.rules)
    }

    /// Which of `by_recipient` is for the domain.
    pub(crate) fn number_for(&self, domain: &Domain) -> Option<usize> {
        self.by_recipient.iter().position(|rules| rules.domains.contains(domain))
    }

    /// The names of all fields that these rules may write: what a sender forged under them is to be removed.
    pub fn field_names(&self) -> BTreeSet<&str> {
        let sets = std::iter::once(&self.general).chain(self.by_recipient.iter().map(|rules| &rules.rules));
        sets.flat_map(|rules| rules.labels.fields.iter().map(|field| field.name.as_str())).collect()
    }
}

impl RuleSet {
    /// Whether anything of the memory can change a verdict: an action, or a sign beside `p=reject`.
    #[must_use]
    pub fn asks_memory(&self) -> bool {
        let MemoryRules { bad_domain, bad_client, replay, .. } = self.memory;
        let acts = [bad_domain, bad_client, replay].iter().any(|action| *action > Action::Accept);
        acts || (self.dmarc.reject_alone == RejectAlone::Quarantine && self.dmarc.reject > self.dmarc.quarantine)
    }

    /// The receiver's own policy for an author domain, and the name for which it was given.
    #[must_use]
    pub fn forced_policy(&self, author: &Domain) -> Option<(&Domain, Policy)> {
        if self.forced.is_empty() {
            return None;
        }
        let mut above = (1..=author.label_count()).rev();
        let (domain, policy) = above.find_map(|count| self.forced.get_key_value(&author.rightmost(count)))?;
        Some((domain, *policy))
    }

    /// Whether something may be refused when only the envelope is known.
    #[must_use]
    pub fn may_refuse_early(&self) -> bool {
        let (historic, client) = (&self.historic, &self.client);
        let denied = (!self.exceptions.denied.is_empty()).then_some(self.exceptions.denied_response);
        let fixed = [
            historic.spf_fail,
            historic.spf_temp_error,
            historic.spf_perm_error,
            client.null_mx,
            client.no_name,
            client.name_not_confirmed,
        ];
        let mut all = fixed.into_iter().chain(client.lists.values().copied()).chain(denied);
        self.stage == Stage::Block && all.any(|response| response.when == When::Early && response.action.refuses())
    }

    /// Whether mail of these author domains may be blocked. Mail that names nobody may.
    #[must_use]
    pub(crate) fn may_block<'a>(&self, mut authors: impl Iterator<Item = &'a Domain>) -> bool {
        let Some(blocked) = &self.blocked_authors else { return true };
        let mut named = false;
        authors.any(|author| {
            named = true;
            blocked.contains(author)
        }) || !named
    }
}

impl Exceptions {
    /// Whether this user of SMTP AUTH is excepted; a user without a name is only where all are.
    #[must_use]
    pub fn excepts_user(&self, name: Option<&str>) -> bool {
        match &self.users {
            Users::All => true,
            Users::Named(names) => name.is_some_and(|name| names.contains(name)),
        }
    }
}
