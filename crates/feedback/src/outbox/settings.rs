//! How reports are sent: what an operator decides.

use mailtext::Domain;

use crate::aggregate::write::Shape;
use crate::limits::{
    DESTINATION_COUNT_MAX, REPORTS_OF_DOMAIN_COUNT_MAX, REPORTS_OF_PERIOD_COUNT_MAX, SUPPRESSION_S_MAX,
};
use crate::mail::Sender;
use crate::period::Division;
use crate::reporter::Reporter;

/// How reports are sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Whether aggregate reports are sent at all.
    pub sending: Switch,
    /// The domains about which none are sent.
    pub off: Vec<OffDomain>,
    /// Who reports.
    pub reporter: Reporter,
    /// Whom the mails are from.
    pub sender: Sender,
    /// The address that bounces go to; before its `@` the id of the delivery is put. `None`: bounces come back to the
    /// address of From, and are known by their content alone.
    pub bounces: Option<BounceAddress>,
    /// In which shape.
    pub shape: Shape,
    /// Of which pieces of a day.
    pub division: Division,
    /// How long after the end of a period its rows are read, in seconds: until then late ones are stored.
    pub grace_s: u64,
    /// Over how much time the reports of a period are spread, in seconds.
    pub jitter_s: u64,
    /// How far back reports are made up for when the program did not run, in seconds.
    pub lookback_s: u64,
    /// Most reports of a period about one domain: whoever changes its record all day has no more.
    pub domain_report_count_max: usize,
    /// Most reports of a period in all.
    pub report_count_max: usize,
    /// Most destinations of a report; what more a record names is not used.
    pub destination_count_max: usize,
    /// Mailboxes, and domains of mailboxes, to which nothing is ever sent: our own report addresses among them.
    pub never_to: Vec<NeverTo>,
    /// When it is tried again.
    pub retry: Retry,
    /// How long a mailbox that does not take reports is left alone.
    pub suppression: SuppressionTimes,
    /// What becomes of a mail of which nobody knows whether the server has taken it.
    pub doubt: Doubt,
    /// How long is remembered what a destination outside the organization said, in seconds.
    pub confirmation_s: u64,
    /// How long is remembered what was sent, in seconds. Longer than bounces take to come back.
    pub memory_s: u64,
}

/// Whether something is done.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Switch {
    /// It is.
    #[default]
    On,
    /// It is not.
    Off,
}

/// A domain about which nothing is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OffDomain {
    /// Which policy domain.
    pub domain: Domain,
    /// Whether the policy domains below it too.
    pub below: Switch,
}

/// To whom nothing is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NeverTo {
    /// A mailbox, without regard to case.
    Mailbox(Box<str>),
    /// Every mailbox of a domain and of what lies below it.
    Domain(Domain),
}

/// Where bounces go: `local+ID@domain`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BounceAddress {
    /// What stands before the mark: `dmarc-reports`; at most 31 bytes, so that it is no longer than a local part may be.
    pub local: Box<str>,
    /// The mark: `+` with most mail servers.
    pub mark: char,
    /// The domain.
    pub domain: Domain,
}

/// When a delivery is tried again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retry {
    /// After the first failure, in seconds; then twice as long each time,
    pub first_s: u64,
    /// but never longer than this.
    pub most_s: u64,
    /// A report that is older than this is given up, in seconds.
    pub give_up_s: u64,
}

/// How long a mailbox is left alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SuppressionTimes {
    /// The first time, in seconds; then three times as long each time,
    pub first_s: u64,
    /// but never longer than this.
    pub most_s: u64,
    /// Who has taken reports for so long after the end of it begins anew, in seconds.
    pub forgiven_s: u64,
}

/// What becomes of a mail that the server may have taken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Doubt {
    /// It counts as sent, with a note: nobody gets it twice, and in an instant of a crash it may be lost.
    #[default]
    CountsAsSent,
    /// It is sent again, with the same name, id and content, by which receivers know it: nothing is lost, and in an instant
    /// of a crash it may come twice.
    IsSentAgain,
}

const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 60 * MINUTE_S;
const DAY_S: u64 = 24 * HOUR_S;

impl Settings {
    /// Everything as it is best, for a reporter.
    #[must_use]
    pub fn new(reporter: Reporter, sender: Sender) -> Self {
        Self {
            sending: Switch::On,
            off: Vec::new(),
            reporter,
            sender,
            bounces: None,
            shape: Shape::Rfc9990,
            division: Division::Day,
            grace_s: 10 * MINUTE_S,
            jitter_s: 2 * HOUR_S,
            lookback_s: 2 * DAY_S,
            domain_report_count_max: REPORTS_OF_DOMAIN_COUNT_MAX,
            report_count_max: REPORTS_OF_PERIOD_COUNT_MAX,
            destination_count_max: DESTINATION_COUNT_MAX,
            never_to: Vec::new(),
            retry: Retry { first_s: 5 * MINUTE_S, most_s: 6 * HOUR_S, give_up_s: 3 * DAY_S },
            suppression: SuppressionTimes { first_s: DAY_S, most_s: SUPPRESSION_S_MAX, forgiven_s: 30 * DAY_S },
            doubt: Doubt::CountsAsSent,
            confirmation_s: 6 * HOUR_S,
            memory_s: 14 * DAY_S,
        }
    }

    /// Whether reports about a policy domain are switched off.
    #[must_use]
    pub fn is_off(&self, domain: &Domain) -> bool {
        let covers = |off: &OffDomain| match off.below {
            Switch::On => domain.is_within(&off.domain),
            Switch::Off => *domain == off.domain,
        };
        self.sending == Switch::Off || self.off.iter().any(covers)
    }

    /// Whether nothing is ever sent to a mailbox.
    #[must_use]
    pub fn is_never(&self, mailbox: &str) -> bool {
        let host = mailbox.rsplit_once('@').and_then(|(_, host)| Domain::parse(host).ok());
        self.never_to.iter().any(|never| match never {
            NeverTo::Mailbox(never) => never.eq_ignore_ascii_case(mailbox),
            NeverTo::Domain(never) => host.as_ref().is_some_and(|host| host.is_within(never)),
        })
    }
}

impl Retry {
    /// How long to wait after so many attempts, in seconds.
    #[must_use]
    pub fn wait_s(self, attempts: u32) -> u64 {
        let doubled = 1_u64.checked_shl(attempts.saturating_sub(1)).unwrap_or(u64::MAX);
        self.first_s.max(1).saturating_mul(doubled).min(self.most_s.max(1))
    }
}

impl SuppressionTimes {
    /// How long the so-manieth suppression in a row lasts, in seconds.
    #[must_use]
    pub fn length_s(self, strikes: u32) -> u64 {
        let factor = 3_u64.checked_pow(strikes.saturating_sub(1)).unwrap_or(u64::MAX);
        self.first_s.saturating_mul(factor).min(self.most_s)
    }
}

impl BounceAddress {
    /// MAIL FROM of a delivery.
    #[must_use]
    pub fn of(&self, id: &super::DeliveryId) -> String {
        format!("{}{}{}@{}", self.local, self.mark, id.0, self.domain)
    }

    /// The delivery that an address of ours is for; `None` when it is for none.
    #[must_use]
    pub fn read(&self, address: &str) -> Option<super::DeliveryId> {
        let (local, domain) = address.trim().trim_matches(['<', '>']).rsplit_once('@')?;
        let prefix = local.get(..self.local.len()).filter(|prefix| prefix.eq_ignore_ascii_case(&self.local))?;
        let id = local.get(prefix.len()..)?.strip_prefix(self.mark)?.to_ascii_lowercase();
        let is_ours = domain.eq_ignore_ascii_case(self.domain.as_str()) && is_id(&id);
        is_ours.then(|| super::DeliveryId(id.into()))
    }
}

/// Whether a text has the form of an id.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
