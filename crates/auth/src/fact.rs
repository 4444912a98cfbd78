//! What is worth knowing beside the results, and what weakens a signature so far that it does not count.

use dkim::Weakness;
use dmarc::FromDefect;
use mailtext::address::AddressFlaw;
use mailtext::header::HeaderFlaw;
use mailtext::{Domain, Explain, Rule, Value};

use crate::client::dns_lists::{Entry, Omitted, Verdict as ListVerdict};
use crate::client::null_mx::NullMx;
use crate::methods::Others;

/// Something about a message that is no result and that a reader or a policy may want to know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fact {
    /// A passing signature is weak.
    Signature {
        /// Who signed.
        domain: Domain,
        /// In which way.
        weakness: Weakness,
    },
    /// A passing signature does not authenticate its domain for DMARC.
    NotAccepted {
        /// Who signed.
        domain: Domain,
        /// Because of which weakness.
        weakness: Weakness,
    },
    /// The SPF term that passed lets every address pass.
    SpfEveryone {
        /// The domain whose record it is.
        domain: Domain,
        /// The term.
        term: String,
    },
    /// The SPF term that passed lets a very wide range pass.
    SpfWideRange {
        /// The domain whose record it is.
        domain: Domain,
        /// The term.
        term: String,
        /// Its prefix length.
        bits: u8,
    },
    /// The From field is not as it must be.
    From(FromDefect),
    /// Something is wrong, or misleading, in the addresses of From.
    FromAddress(AddressFlaw),
    /// Something is wrong with the header block.
    Header(HeaderFlaw),
    /// A domain of the sender takes no mail, or says so in a broken way.
    NullMx(NullMx),
    /// A list in DNS has an entry, or cannot be used.
    Listed(Box<Entry>),
    /// Entries that were not looked for.
    ListsOmitted(Omitted),
}

impl Fact {
    /// What of the other methods is worth knowing: what is as it should be is none.
    pub(crate) fn of_others(others: &Others) -> impl Iterator<Item = Self> {
        let said = others.null_mx.iter().flatten().map(|outcome| &outcome.result);
        let said = said.filter(|said| said.state.takes_no_mail() || said.state.is_malformed());
        let entries = others.dns_lists.iter().flat_map(|checked| &checked.entries).map(|outcome| &outcome.result);
        let entries = entries.filter(|entry| entry.verdict != ListVerdict::None);
        let omitted = others.dns_lists.iter().filter_map(|checked| checked.omitted);
        let said = said.cloned().map(Self::NullMx);
        let entries = entries.cloned().map(|entry| Self::Listed(Box::new(entry)));
        said.chain(entries).chain(omitted.map(Self::ListsOmitted))
    }
}

/// Which weak signatures count for DMARC. A pass that covers too little authenticates less than a reader would think.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Acceptance {
    /// Signatures that leave the end of the body unsigned (`l=`).
    pub unsigned_body: Accept,
    /// Signatures that do not cover a Subject that is there.
    pub unsigned_subject: Accept,
    /// Signatures of keys that say that they are under test (`t=y`): RFC 6376 §3.6.1 wants such mail treated like
    /// unsigned mail.
    pub testing_key: Accept,
}

/// Whether something counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Accept {
    /// It does.
    Yes,
    /// It does not.
    No,
}

impl Default for Acceptance {
    fn default() -> Self {
        Self { unsigned_body: Accept::No, unsigned_subject: Accept::No, testing_key: Accept::No }
    }
}

impl Acceptance {
    /// The weakness for which a signature with these ones does not count.
    #[must_use]
    pub fn objection(&self, weaknesses: &[Weakness]) -> Option<Weakness> {
        weaknesses.iter().copied().find(|weakness| match weakness {
            Weakness::BodyLength { .. } => self.unsigned_body == Accept::No,
            Weakness::NotCovered { field: "subject" } => self.unsigned_subject == Accept::No,
            // A From more than was signed: nobody can say which of them the signature vouches for.
            Weakness::MoreInstances { field: "from", .. } => true,
            Weakness::Testing => self.testing_key == Accept::No,
            // RFC 8301 §3: what must not be accepted authenticates nothing, even where the legacy switch shows a pass.
            Weakness::Sha1 => true,
            Weakness::ShortKey(bits) => *bits < dkim::limits::RSA_BITS_MIN,
            _ => false,
        })
    }
}

/// Every id of this crate's own facts; the others are those of the crates that raised them.
pub const IDS: [&str; 8] = [
    "dkim-not-accepted",
    "spf-everyone",
    "spf-wide-range",
    "from-absent",
    "from-repeated",
    "from-malformed",
    "from-no-mailbox",
    "from-bad-domain",
];

impl Explain for Fact {
    fn id(&self) -> &'static str {
        match self {
            Self::Signature { weakness, .. } => weakness.id(),
            Self::NotAccepted { .. } => "dkim-not-accepted",
            Self::SpfEveryone { .. } => "spf-everyone",
            Self::SpfWideRange { .. } => "spf-wide-range",
            Self::From(FromDefect::Absent) => "from-absent",
            Self::From(FromDefect::Repeated) => "from-repeated",
            Self::From(FromDefect::Malformed) => "from-malformed",
            Self::From(FromDefect::NoMailbox) => "from-no-mailbox",
            Self::From(FromDefect::BadDomain) => "from-bad-domain",
            Self::FromAddress(flaw) => flaw.id(),
            Self::Header(flaw) => flaw.id(),
            Self::NullMx(said) => said.id(),
            Self::Listed(entry) => entry.id(),
            Self::ListsOmitted(omitted) => omitted.id(),
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Signature { weakness, .. } | Self::NotAccepted { weakness, .. } => weakness.rule(),
            Self::SpfEveryone { .. } | Self::SpfWideRange { .. } => Some(Rule("RFC 7208", "11.4")),
            Self::From(_) => Some(Rule("RFC 5322", "3.6")),
            Self::FromAddress(flaw) => flaw.rule(),
            Self::Header(flaw) => flaw.rule(),
            Self::NullMx(said) => said.rule(),
            Self::Listed(entry) => entry.rule(),
            Self::ListsOmitted(omitted) => omitted.rule(),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Signature { domain, weakness } => {
                let mut arguments = weakness.arguments();
                arguments.push(("domain", domain.into()));
                arguments
            }
            Self::NotAccepted { domain, weakness } => {
                vec![("domain", domain.into()), ("weakness", Value::Word(weakness.id()))]
            }
            Self::SpfEveryone { domain, term } => vec![("domain", domain.into()), ("term", term.as_str().into())],
            Self::SpfWideRange { domain, term, bits } => {
                vec![("domain", domain.into()), ("term", term.as_str().into()), ("bits", u64::from(*bits).into())]
            }
            Self::From(_) => Vec::new(),
            Self::FromAddress(flaw) => flaw.arguments(),
            Self::Header(flaw) => flaw.arguments(),
            Self::NullMx(said) => said.arguments(),
            Self::Listed(entry) => entry.arguments(),
            Self::ListsOmitted(omitted) => omitted.arguments(),
        }
    }
}
