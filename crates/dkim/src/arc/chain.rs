//! What a validation finds out.

use std::fmt::Write as _;

use mailtext::authres::MethodResult;
use mailtext::{AuthenticationResults, Domain};

use crate::arc::field::ChainStatus;
use crate::arc::step::Problem;
use crate::step::Weakness;

/// A message's chain.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Whether it holds. RFC 8617 §5.2: one that failed is to be treated as if there were none.
    pub result: ChainStatus,
    /// The highest instance, from 1 to 50; 0 when there is no chain or none can be read.
    pub instance: u32,
    /// The instance of the oldest message signature that still holds, 0 when all do: since then nobody changed what it
    /// signs. `None` when the chain does not hold, or nobody wanted to know.
    pub oldest_pass: Option<u32>,
    /// `d=` of the seals, from the first to the newest; empty when the chain does not hold.
    pub sealers: Vec<Domain>,
    /// Why it does not hold.
    pub problem: Option<Problem>,
    /// The sets, from the first to the newest, where the chain has its form: what they claim, whether it holds or not.
    pub sets: Vec<Set>,
    /// What weakens the newest message signature: it alone says that this message is the one that was sealed.
    pub weaknesses: Vec<Weakness>,
}

/// One set: what one sealer says.
#[derive(Clone, Debug)]
pub struct Set {
    /// `i=`.
    pub instance: u32,
    /// `d=` of the seal.
    pub sealer: Domain,
    /// `s=` of the seal.
    pub selector: Domain,
    /// `t=` of the seal, seconds since 1970.
    pub sealed_at_s: Option<u64>,
    /// `d=` of the message signature, where it can be read. RFC 8617 §4.1.2: it need not be the seal's.
    pub signer: Option<Domain>,
    /// What the sealer found when the message came to it.
    pub results: AuthenticationResults,
}

/// What a trusted sealer found. A fact that a policy may use; see [`Chain::trusted_by`].
#[derive(Clone, Copy, Debug)]
pub struct Trusted<'a> {
    /// The trusted sealer's set: the earliest one behind which only trusted sealers handled the message.
    pub set: &'a Set,
}

impl Chain {
    /// What there is to say of a message without ARC.
    pub(crate) fn none() -> Self {
        Self {
            result: ChainStatus::None,
            instance: 0,
            oldest_pass: None,
            sealers: Vec::new(),
            problem: None,
            sets: Vec::new(),
            weaknesses: Vec::new(),
        }
    }

    /// The results of the earliest trusted sealer, when every sealer from there on is trusted. RFC 8617 §7.2.1 leaves to
    /// local policy whether these override what the message shows here.
    ///
    /// The chain must hold. An older set counts only when nobody untrusted sealed behind it: whoever seals may have
    /// changed everything that the older sets speak of, and a seal that was made over one message can be carried to
    /// another one by the next sealer. For the same reason the newest message signature must cover From and the whole
    /// body; otherwise anyone could have changed these behind the last sealer. Domains are compared as a whole: who
    /// trusts `example.jp` does not trust `list.example.jp`.
    #[must_use]
    pub fn trusted_by(&self, sealers: &[Domain]) -> Option<Trusted<'_>> {
        // RFC 8617 §5.2: a chain that failed counts for nothing.
        if self.result != ChainStatus::Pass || self.weaknesses.iter().any(opens_the_message) {
            return None;
        }
        // RFC 8617 §9.4: every sealer is suspect; so each one from the newest down must be on the list.
        let trusted = self.sets.iter().rev().take_while(|set| sealers.contains(&set.sealer));
        trusted.last().map(|set| Trusted { set })
    }

    /// RFC 8617 §7.2.2: what a DMARC report says when the chain has changed what became of the message. `None` when it
    /// does not hold.
    #[must_use]
    pub fn report_comment(&self) -> Option<String> {
        if self.result != ChainStatus::Pass {
            return None;
        }
        let mut text = "arc=pass".to_owned();
        for set in self.sets.iter().rev() {
            let (instance, domain, selector) = (set.instance, &set.sealer, &set.selector);
            // Writing to a String cannot fail.
            let _ = write!(text, " as[{instance}].d={domain} as[{instance}].s={selector}");
        }
        if let Some(address) = self.sets.first().and_then(remote_ip) {
            let _ = write!(text, " remote-ip[1]={address}");
        }
        Some(text)
    }
}

impl<'a> Trusted<'a> {
    /// What the sealer found with `method`: `spf`, `dkim`, `dmarc`, `arc`, …
    pub fn found(self, method: &str) -> impl Iterator<Item = &'a MethodResult> {
        self.set.results.results.iter().filter(move |result| result.method.as_str() == method)
    }

    /// Whether the sealer found that DMARC passes for this domain of From, and nothing to the contrary. Whoever overrides
    /// DMARC by ARC gives the domain of the From that the message has now.
    #[must_use]
    pub fn found_dmarc_pass(self, from: &Domain) -> bool {
        let is_for = |result: &MethodResult| {
            result.property("header", "from").and_then(|text| Domain::parse(text).ok()).as_ref() == Some(from)
        };
        let mut found = self.found("dmarc").peekable();
        found.peek().is_some() && found.all(|result| result.is("pass") && is_for(result))
    }
}

/// Whether somebody could have changed the author or the text without breaking the message signature.
fn opens_the_message(weakness: &Weakness) -> bool {
    match weakness {
        Weakness::BodyLength { .. } => true,
        Weakness::NotCovered { field } | Weakness::MoreInstances { field, .. } => *field == "from",
        _ => false,
    }
}

/// RFC 8617 §6: smtp.remote-ip of the arc result.
fn remote_ip(set: &Set) -> Option<std::net::IpAddr> {
    let arc = set.results.results.iter().find(|result| result.method.as_str() == "arc")?;
    arc.property("smtp", "remote-ip")?.parse().ok()
}
