//! Which methods are evaluated beside SPF, DKIM and DMARC, and what came of them.
//!
//! None of them authenticates anything for DMARC. ARC is on by default, the rest is not; a method that is off asks
//! nothing, hashes nothing and leaves no trace.

use std::sync::Arc;

use dkim::{adsp, arc, atps, domainkeys, reporting};
use mailtext::Outcome;
use spf::sender_id;

use crate::client::{dns_lists, iprev, null_mx, smtp_auth};

/// Which methods are evaluated.
#[derive(Clone, Debug)]
pub struct Methods {
    /// ARC (RFC 8617).
    pub arc: Option<arc::Options>,
    /// Sender ID (RFC 4406), of the purported responsible address: **historic**.
    pub sender_id: Use,
    /// DomainKeys (RFC 4870): **historic**.
    pub domainkeys: Option<domainkeys::Options>,
    /// ADSP (RFC 5617): **historic**.
    pub adsp: Use,
    /// ATPS (RFC 6541): an experiment.
    pub atps: Use,
    /// Who wishes to be told of signatures that failed (RFC 6651).
    pub reporting: Use,
    /// Reverse DNS of the client (RFC 8601 §2.7.3).
    pub iprev: Option<iprev::Limits>,
    /// Null MX of the sender's domains (RFC 7505).
    pub null_mx: Use,
    /// Lists in DNS (RFC 5782, RFC 8904).
    pub dns_lists: Arc<[dns_lists::List]>,
    /// Whether Authentication-Results tells as whom the client authenticated (SMTP AUTH): it is a login name, and the
    /// field travels on with the message. That it authenticated is always told.
    pub smtp_identity: Use,
    /// BIMI.
    pub bimi: Option<bimi::Settings>,
}

/// Whether a method is evaluated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Use {
    /// It is.
    On,
    /// It is not.
    #[default]
    Off,
}

/// What came of the other methods; what is `None` was not evaluated.
#[derive(Clone, Debug, Default)]
pub struct Others {
    /// The chain of ARC.
    pub arc: Option<Outcome<arc::Chain, arc::Step>>,
    /// Sender ID.
    pub sender_id: Option<sender_id::Outcome>,
    /// DomainKeys: the signatures, and the policy of the sending domain.
    pub domainkeys: Option<domainkeys::Checked>,
    /// ADSP, for each author domain.
    pub adsp: Option<Vec<Outcome<adsp::Evaluation, adsp::Step>>>,
    /// ATPS, for each signature that bears `atps=`.
    pub atps: Option<Vec<Outcome<atps::Delegation, atps::Step>>>,
    /// Who wishes reports of failed signatures.
    pub reporting: Option<Vec<Outcome<reporting::Reporting, reporting::Step>>>,
    /// The client's name.
    pub iprev: Option<Outcome<iprev::Iprev, iprev::Step>>,
    /// Null MX of MAIL FROM and From.
    pub null_mx: Option<Vec<Outcome<null_mx::NullMx, null_mx::Step>>>,
    /// What the lists say.
    pub dns_lists: Option<dns_lists::Checked>,
    /// What the MTA says of SMTP AUTH, when it says something.
    pub smtp_auth: Option<Outcome<smtp_auth::SmtpAuth, smtp_auth::Step>>,
    /// Whether its identity is told in Authentication-Results.
    pub smtp_identity: Use,
    /// BIMI.
    pub bimi: Option<Outcome<bimi::Bimi, bimi::Step>>,
}

impl Methods {
    /// SPF, DKIM and DMARC alone.
    #[must_use]
    pub fn none() -> Self {
        Self {
            arc: None,
            sender_id: Use::Off,
            domainkeys: None,
            adsp: Use::Off,
            atps: Use::Off,
            reporting: Use::Off,
            iprev: None,
            null_mx: Use::Off,
            dns_lists: Arc::from([]),
            smtp_identity: Use::Off,
            bimi: None,
        }
    }

    /// Whether none of them has anything to do before the end of the message.
    pub(crate) fn is_none(&self) -> bool {
        let switches = [self.sender_id, self.adsp, self.atps, self.null_mx];
        self.arc.is_none()
            && self.domainkeys.is_none()
            && self.iprev.is_none()
            && self.bimi.is_none()
            && self.dns_lists.is_empty()
            && !switches.iter().any(|switch| switch.is_on())
    }

    /// Everything that needs no configuration: all but lists and BIMI.
    #[must_use]
    pub fn all() -> Self {
        Self {
            arc: Some(arc::Options::default()),
            sender_id: Use::On,
            domainkeys: Some(domainkeys::Options::default()),
            adsp: Use::On,
            atps: Use::On,
            reporting: Use::On,
            iprev: Some(iprev::Limits::default()),
            null_mx: Use::On,
            smtp_identity: Use::On,
            ..Self::none()
        }
    }
}

impl Default for Methods {
    fn default() -> Self {
        Self { arc: Some(arc::Options::default()), ..Self::none() }
    }
}

impl Use {
    pub(crate) fn is_on(self) -> bool {
        self == Self::On
    }
}
