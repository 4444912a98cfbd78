//! Every outcome of a message, unflattened: all signatures, both SPF identities, the evaluation of every author domain.

use std::net::IpAddr;
use std::sync::Arc;

use dkim::{Status, Verification};
use dmarc::{Authentication, Identifier, Identifiers, MessageEvaluation};
use mailtext::header::HeaderIndex;
use mailtext::{Flaw, Outcome};
use spf::{Breadth, Verdict};

use crate::check::Envelope;
use crate::fact::{Acceptance, Fact};
use crate::from::From;
use crate::limits::{HEADER_FACT_COUNT_MAX, SPF_WIDE_BITS_IPV4, SPF_WIDE_BITS_IPV6};
use crate::methods::Others;

/// What is known of a message when everything was asked and answered.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Whom it came from, by SMTP.
    pub envelope: Arc<Envelope>,
    /// Who it says its author is.
    pub from: From,
    /// SPF of both identities; `None` when the client's address is not known.
    pub spf: Option<spf::Both>,
    /// Every signature, from the top.
    pub dkim: Vec<Outcome<Verification, dkim::Step>>,
    /// DMARC over all author domains.
    pub dmarc: Outcome<MessageEvaluation, dmarc::Step>,
    /// What came of the methods beside these.
    pub others: Box<Others>,
    /// What else is worth knowing.
    pub facts: Vec<Fact>,
    /// Whether the header holds UTF-8, so that what is written into it may too (RFC 6532).
    pub internationalised: bool,
}

/// The identifiers that SPF and DKIM give to DMARC (RFC 9989 §4.4), and the facts raised on the way.
pub(crate) fn identifiers(
    envelope: &Envelope,
    spf: Option<&spf::Both>,
    dkim: &[Outcome<Verification, dkim::Step>],
    acceptance: &Acceptance,
    facts: &mut Vec<Fact>,
) -> Identifiers {
    let spf = spf.and_then(|both| {
        // RFC 9989 §4.4.2: only MAIL FROM counts, or HELO in the place of an empty one; never HELO beside it.
        let checked = &both.mail_from.result;
        spf_facts(checked, envelope.ip, facts);
        let authentication = match checked.verdict {
            Verdict::Pass => Authentication::Pass,
            Verdict::TempError => Authentication::TempError,
            _ => Authentication::NoPass,
        };
        checked.domain().map(|domain| Identifier { domain: domain.clone(), authentication })
    });
    let dkim = dkim.iter().filter_map(|outcome| dkim_identifier(&outcome.result, acceptance, facts)).collect();
    Identifiers { spf, dkim }
}

fn dkim_identifier(verification: &Verification, acceptance: &Acceptance, facts: &mut Vec<Fact>) -> Option<Identifier> {
    let domain = verification.parsed.domain.clone()?;
    for weakness in &verification.weaknesses {
        facts.push(Fact::Signature { domain: domain.clone(), weakness: *weakness });
    }
    let authentication = match verification.status {
        Status::Pass => match acceptance.objection(&verification.weaknesses) {
            None => Authentication::Pass,
            Some(weakness) => {
                facts.push(Fact::NotAccepted { domain: domain.clone(), weakness });
                Authentication::NoPass
            }
        },
        Status::TempError => Authentication::TempError,
        _ => Authentication::NoPass,
    };
    Some(Identifier { domain, authentication })
}

fn spf_facts(checked: &spf::Checked, ip: Option<IpAddr>, facts: &mut Vec<Fact>) {
    let (Verdict::Pass, Some(place), Some(ip)) = (checked.verdict, checked.decided_by(), ip) else {
        return;
    };
    let domain = || place.at.domain().clone();
    match place.breadth(ip) {
        Breadth::Everyone => facts.push(Fact::SpfEveryone { domain: domain(), term: place.text() }),
        Breadth::Prefix { bits, of } => {
            let wide = if of == 32 { SPF_WIDE_BITS_IPV4 } else { SPF_WIDE_BITS_IPV6 };
            if bits < wide {
                facts.push(Fact::SpfWideRange { domain: domain(), term: place.text(), bits });
            }
        }
        Breadth::ByName => {}
    }
}

/// Facts of the header alone.
pub(crate) fn header_facts(from: &From, flaws: &[Flaw<mailtext::header::HeaderFlaw>]) -> Vec<Fact> {
    let mut facts = Vec::new();
    facts.extend(from.defect().map(Fact::From));
    let of_from = from.flaws.iter().map(|flaw| Fact::FromAddress(flaw.kind));
    let of_header = flaws.iter().map(|flaw| Fact::Header(flaw.kind));
    // Each kind once, and few: a field of garbage has a flaw for every byte.
    for fact in of_from.chain(of_header) {
        if facts.len() < HEADER_FACT_COUNT_MAX && !facts.contains(&fact) {
            facts.push(fact);
        }
    }
    facts
}

/// Where the fields are, kept with the bytes that own them.
pub(crate) struct OwnedHeaders {
    pub(crate) raw: Vec<u8>,
    pub(crate) index: HeaderIndex,
}
