//! What a verdict rests on, as a plain value: made of [`auth::Facts`], or of a stored row when verdicts are repeated under
//! other rules.

use std::net::IpAddr;

use auth::client::dns_lists::{Color, Entry, Key, Verdict as ListVerdict};
use auth::client::{iprev, smtp_auth};
use auth::{Fact, Facts};
use dkim::arc::{Chain, ChainStatus, Trusted};
use dkim::{Status, adsp, domainkeys};
use dmarc::{Aligned, Applied, DmarcResult, FromDefect};
use mailtext::Domain;
use mailtext::authres::Letters;
use spf::Verdict;

/// What a verdict rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    /// The client's address.
    pub client: Option<IpAddr>,
    /// Its name, when that leads back to the address.
    pub client_name: Option<Domain>,
    /// What came of asking for the name; `None` when nobody did.
    pub reverse: Option<iprev::Verdict>,
    /// Who authenticated by SMTP AUTH.
    pub user: User,
    /// The domain of the reverse-path.
    pub mail_from: Option<Domain>,
    /// The domains of the recipients, each once.
    pub recipients: Vec<Domain>,
    /// The domain of the List-Id (RFC 2919), when there is one.
    pub list_id: Option<Domain>,
    /// Which letters a reply may have: UTF-8 when the client said SMTPUTF8 (RFC 6531 §3.7.4.1).
    pub reply_letters: Letters,
    /// Which letters the header may have.
    pub header_letters: Letters,
    /// What is wrong with From.
    pub from_defect: Option<FromDefect>,
    /// The author domains that were evaluated.
    pub authors: Vec<Author>,
    /// The result of DMARC for the message.
    pub dmarc: DmarcResult,
    /// SPF of the reverse-path; `None` when it was not evaluated.
    pub spf: Option<Spf>,
    /// Domain and result of SPF for the name in HELO, when it passed.
    pub helo_pass: Option<Domain>,
    /// The DKIM signatures that name their domain.
    pub dkim: Vec<Signature>,
    /// The chain of ARC.
    pub arc: Option<Arc>,
    /// ADSP: the strictest of the author domains' results.
    pub adsp: Option<adsp::Status>,
    /// Sender ID.
    pub sender_id: Option<Verdict>,
    /// Whether the sending domain says that it signs all mail with DomainKeys, and no signature holds.
    pub domainkeys: DomainKeys,
    /// Domains of the sender that take no mail.
    pub null_mx: Vec<Domain>,
    /// Entries of lists in DNS.
    pub listed: Vec<Listed>,
    /// Whether the message notifies of a delivery, and of whose message.
    pub dsn: Dsn,
    /// What a filter that ran before said of it.
    pub filtered: Filtered,
}

/// What a filter that ran before said of a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Filtered {
    /// Nothing, or nothing that can be believed.
    #[default]
    Unknown,
    /// It is not spam.
    Clean,
    /// It is spam.
    Spam,
}

/// Whether a message notifies of what became of another one – its reverse-path is empty, or it is a delivery status
/// notification (RFC 3464) by its type – and whether that one was sent from here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Dsn {
    /// It does not, or nobody looked.
    #[default]
    No,
    /// It names a message that was sent from here.
    OfOurs,
    /// It names messages, and none of them was sent from here.
    OfOthers,
    /// It names no message.
    OfNothing,
    /// Whoever knows what was sent from here did not answer.
    Unknown,
}

/// Who authenticated by SMTP AUTH.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum User {
    /// Nobody.
    #[default]
    Nobody,
    /// Somebody, by this name where it is known.
    Somebody(Option<String>),
}

/// DMARC for one author domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Author {
    /// The domain.
    pub domain: Domain,
    /// The result.
    pub result: DmarcResult,
    /// The policy that applies, when there is a record.
    pub policy: Option<Applied>,
    /// Whether SPF gave an aligned pass.
    pub spf: Aligned,
    /// Whether a signature did.
    pub dkim: Aligned,
}

/// SPF of the reverse-path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spf {
    /// The domain that was checked: of HELO when the reverse-path is empty.
    pub domain: Option<Domain>,
    /// The result.
    pub verdict: Verdict,
    /// Whether a pass proves anything.
    pub breadth: Breadth,
}

/// Whom an SPF record lets pass.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Breadth {
    /// Certain clients.
    #[default]
    Some,
    /// Everybody: a pass proves nothing.
    Everyone,
}

/// A DKIM signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// `d=`.
    pub domain: Domain,
    /// The result.
    pub status: Status,
    /// Whether a pass counts for DMARC.
    pub acceptance: auth::fact::Accept,
}

/// A chain of ARC.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arc {
    /// Whether it holds.
    pub result: ChainStatus,
    /// The sets, from the first to the newest. Empty when the chain does not hold, or when its newest message signature
    /// leaves From or the end of the body open.
    pub seals: Vec<Seal>,
    /// What a report says of the chain (RFC 8617 §7.2.2).
    pub comment: String,
}

/// One set of a chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seal {
    /// `d=` of the seal.
    pub sealer: Domain,
    /// For which of the message's author domains the sealer found that DMARC passes.
    pub dmarc_pass: Vec<Domain>,
}

/// What came of DomainKeys.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum DomainKeys {
    /// Nothing that speaks against the message.
    #[default]
    NothingAgainst,
    /// The sending domain says that it signs all mail and is not testing, and no signature holds.
    AllSignedAndNoneHolds,
}

/// An entry of a list in DNS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// The list.
    pub zone: Domain,
    /// What being listed means.
    pub color: Color,
    /// What is listed.
    pub key: Key,
}

/// What of a message auth is not told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transaction {
    /// The domains of the recipients.
    pub recipients: Vec<Domain>,
    /// The domain of the List-Id, when there is one.
    pub list_id: Option<Domain>,
    /// Which letters a reply may have.
    pub reply_letters: Letters,
    /// Whether it notifies of a delivery, and of whose message.
    pub dsn: Dsn,
    /// What a filter that ran before said of it.
    pub filtered: Filtered,
}

impl Default for Transaction {
    fn default() -> Self {
        let (recipients, list_id, filtered) = (Vec::new(), None, Filtered::Unknown);
        Self { recipients, list_id, reply_letters: Letters::Ascii, dsn: Dsn::No, filtered }
    }
}

impl Default for Input {
    fn default() -> Self {
        Self {
            client: None,
            client_name: None,
            reverse: None,
            user: User::Nobody,
            mail_from: None,
            recipients: Vec::new(),
            list_id: None,
            reply_letters: Letters::Ascii,
            header_letters: Letters::Ascii,
            from_defect: None,
            authors: Vec::new(),
            dmarc: DmarcResult::None,
            spf: None,
            helo_pass: None,
            dkim: Vec::new(),
            arc: None,
            adsp: None,
            sender_id: None,
            domainkeys: DomainKeys::NothingAgainst,
            null_mx: Vec::new(),
            listed: Vec::new(),
            dsn: Dsn::No,
            filtered: Filtered::Unknown,
        }
    }
}

impl Input {
    /// What is needed of everything that is known of a message.
    #[must_use]
    pub fn of(facts: &Facts, transaction: &Transaction) -> Self {
        let others = &*facts.others;
        let dmarc = &facts.dmarc.result;
        let authors: Vec<Author> = dmarc.each.iter().map(Author::of).collect();
        let reverse = others.iprev.as_ref().map(|outcome| &outcome.result);
        let mail_from = match &facts.envelope.mail_from {
            Some(Ok(path)) => path.domain_name().cloned(),
            _ => None,
        };
        let arc = others.arc.as_ref().map(|outcome| Arc::of(&outcome.result, &authors));
        let adsp =
            others.adsp.iter().flatten().map(|outcome| outcome.result.status).max_by_key(|status| weight(*status));
        let null_mx = others.null_mx.iter().flatten().map(|outcome| &outcome.result);
        let entries = others.dns_lists.iter().flat_map(|checked| &checked.entries).map(|outcome| &outcome.result);
        Self {
            client: facts.envelope.ip,
            client_name: reverse.and_then(|reverse| reverse.name.clone()),
            reverse: reverse.map(|reverse| reverse.verdict),
            user: User::of(others.smtp_auth.as_ref().map(|outcome| &outcome.result)),
            mail_from,
            recipients: transaction.recipients.clone(),
            list_id: transaction.list_id.clone(),
            reply_letters: transaction.reply_letters,
            header_letters: if facts.internationalised { Letters::Utf8 } else { Letters::Ascii },
            from_defect: facts.from.defect(),
            authors,
            dmarc: dmarc.result,
            spf: facts.spf.as_ref().map(|both| Spf::of(&both.mail_from.result, facts.envelope.ip)),
            helo_pass: facts.spf.as_ref().and_then(|both| helo_pass(&both.helo.result, facts.envelope.ip)),
            dkim: facts.dkim.iter().filter_map(|outcome| Signature::of(&outcome.result, &facts.facts)).collect(),
            arc,
            adsp,
            sender_id: others.sender_id.as_ref().map(|outcome| outcome.result.verdict),
            domainkeys: others.domainkeys.as_ref().map_or_else(DomainKeys::default, DomainKeys::of),
            null_mx: null_mx.filter(|said| said.state.takes_no_mail()).map(|said| said.domain.clone()).collect(),
            listed: entries.filter_map(Listed::of).collect(),
            dsn: transaction.dsn,
            filtered: transaction.filtered,
        }
    }

    /// The domains that are authenticated: of signatures that hold and count, and of a reverse-path that passes SPF by a
    /// record that does not let everybody pass.
    pub fn authenticated(&self) -> impl Iterator<Item = &Domain> {
        let signed = self.dkim.iter().filter(|signature| signature.authenticates()).map(|signature| &signature.domain);
        let sent = self.spf.iter().filter(|spf| spf.authenticates()).filter_map(|spf| spf.domain.as_ref());
        signed.chain(sent)
    }

    /// Every domain that the message claims, authenticated or not.
    pub fn claimed(&self) -> impl Iterator<Item = &Domain> {
        let authors = self.authors.iter().map(|author| &author.domain);
        let spf = self.spf.iter().filter_map(|spf| spf.domain.as_ref());
        let signed = self.dkim.iter().map(|signature| &signature.domain);
        authors.chain(&self.mail_from).chain(spf).chain(signed).chain(&self.client_name)
    }
}

impl Arc {
    /// The earliest of the sets behind which only trusted sealers handled the message (see [`Chain::trusted_by`]).
    #[must_use]
    pub fn trusted_by(&self, sealers: &[Domain]) -> Option<&Seal> {
        if self.result != ChainStatus::Pass {
            return None;
        }
        // RFC 8617 §9.4: every sealer is suspect; so each one from the newest down must be on the list.
        self.seals.iter().rev().take_while(|seal| sealers.contains(&seal.sealer)).last()
    }

    fn of(chain: &Chain, authors: &[Author]) -> Self {
        // Whether the chain counts at all is asked of the chain itself: by trusting everybody in it.
        let sets = if chain.trusted_by(&chain.sealers).is_some() { &chain.sets[..] } else { &[] };
        let seals = sets.iter().map(|set| {
            let authors = authors.iter().map(|author| &author.domain);
            let dmarc_pass = authors.filter(|author| Trusted { set }.found_dmarc_pass(author)).cloned().collect();
            Seal { sealer: set.sealer.clone(), dmarc_pass }
        });
        Self { result: chain.result, seals: seals.collect(), comment: chain.report_comment().unwrap_or_default() }
    }
}

impl Signature {
    /// Whether it authenticates its domain.
    #[must_use]
    pub fn authenticates(&self) -> bool {
        self.status == Status::Pass && self.acceptance == auth::fact::Accept::Yes
    }

    fn of(verification: &dkim::Verification, facts: &[Fact]) -> Option<Self> {
        let domain = verification.parsed.domain.clone()?;
        // auth objects to a weakness wherever it meets it, so that the weakness names the signature.
        let refused = facts.iter().any(|fact| match fact {
            Fact::NotAccepted { domain: of, weakness } => *of == domain && verification.weaknesses.contains(weakness),
            _ => false,
        });
        let acceptance = if refused { auth::fact::Accept::No } else { auth::fact::Accept::Yes };
        Some(Self { domain, status: verification.status, acceptance })
    }
}

impl Spf {
    /// Whether it authenticates its domain for trust.
    #[must_use]
    pub fn authenticates(&self) -> bool {
        self.verdict == Verdict::Pass && self.breadth == Breadth::Some
    }

    fn of(checked: &spf::Checked, ip: Option<IpAddr>) -> Self {
        let breadth = ip.and_then(|ip| Some(checked.decided_by()?.breadth(ip)));
        let breadth = if breadth == Some(spf::Breadth::Everyone) { Breadth::Everyone } else { Breadth::Some };
        Self { domain: checked.domain().cloned(), verdict: checked.verdict, breadth }
    }
}

impl Author {
    fn of(evaluation: &dmarc::Evaluation) -> Self {
        Self {
            domain: evaluation.discovery.author_domain.clone(),
            result: evaluation.result,
            policy: evaluation.policy,
            spf: evaluation.spf_aligned,
            dkim: evaluation.dkim_aligned,
        }
    }
}

impl User {
    fn of(told: Option<&smtp_auth::SmtpAuth>) -> Self {
        match told {
            Some(told) if told.verdict == smtp_auth::Verdict::Pass => Self::Somebody(told.identity.clone()),
            _ => Self::Nobody,
        }
    }
}

impl DomainKeys {
    fn of(checked: &domainkeys::Checked) -> Self {
        let holds = checked.signatures.iter().any(|outcome| outcome.result.status == domainkeys::Status::Pass);
        match checked.policy.as_ref().map(|outcome| &outcome.result) {
            // RFC 4870 §3.6: t=y – the domain is testing, and unverified mail must not be treated differently.
            Some(domainkeys::PolicyOutcome::Found(policy))
                if !holds && policy.signing == domainkeys::Signing::All && !policy.testing =>
            {
                Self::AllSignedAndNoneHolds
            }
            _ => Self::NothingAgainst,
        }
    }
}

impl Dsn {
    /// A stable word, for logs; `None` when the message is none.
    #[must_use]
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::No => None,
            Self::OfOurs => Some("ours"),
            Self::OfOthers => Some("others"),
            Self::OfNothing => Some("nothing"),
            Self::Unknown => Some("unknown"),
        }
    }
}

impl Listed {
    fn of(entry: &Entry) -> Option<Self> {
        let listed = entry.verdict == ListVerdict::Listed;
        listed.then(|| Self { zone: entry.zone.clone(), color: entry.color, key: entry.key.clone() })
    }
}

/// Which of several results of ADSP says most against a message.
fn weight(status: adsp::Status) -> u8 {
    match status {
        adsp::Status::None | adsp::Status::Pass | adsp::Status::Unknown => 0,
        adsp::Status::PermError => 1,
        adsp::Status::TempError => 2,
        adsp::Status::Fail => 3,
        adsp::Status::NxDomain => 4,
        adsp::Status::Discard => 5,
    }
}

/// The name in HELO where it passes by a record that proves something.
fn helo_pass(checked: &spf::Checked, ip: Option<IpAddr>) -> Option<Domain> {
    let passed = Spf::of(checked, ip);
    passed.domain.clone().filter(|_| passed.authenticates())
}
