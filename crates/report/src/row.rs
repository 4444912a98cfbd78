//! One message as it was judged: who sent it, what every method said, what the policy was, what we did. Not its content.
//!
//! A row holds all that an aggregate report (RFC 9990) is a fold of: [`Evaluation::published`] is its
//! `policy_published`, [`Verdict`] with [`Evaluation`] its `policy_evaluated`, [`Envelope`] and [`Evaluation::author`]
//! its `identifiers`, [`Spf::mail_from`] and [`Signature`] its `auth_results`.

use std::net::IpAddr;

use mailtext::Domain;

use crate::id::RowId;
use crate::limits::{
    AUTHOR_COUNT_MAX, METHOD_COUNT_MAX, OVERRIDE_COUNT_MAX, REASON_COUNT_MAX, RECIPIENT_DOMAIN_COUNT_MAX,
    SEALER_COUNT_MAX, SIGNATURE_COUNT_MAX, SIGNED_COUNT_MAX, TEXT_BYTES_MAX,
};
use crate::vocabulary::{Action, Algorithm, Aligned, Direction, Disposition, Method, MethodResult, OverrideKind, Spam};

/// The words of DMARC that rows hold, for those who read rows and know nothing of DMARC.
pub use dmarc::record::{FailureOptions, FailureWhen, Mode, Testing, Wanted};
pub use dmarc::{Aligned as AlignedPass, DmarcResult, Method as Discovery, Policy, PolicyTag};

/// A message, as it is stored. Its time and its site are in its id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Which message.
    pub id: RowId,
    /// Whose mail it is, where several share a ledger; empty where nobody does.
    pub tenant: Box<str>,
    /// Which way it went.
    pub direction: Direction,
    /// The MTA's queue id.
    pub queue_id: Option<Box<str>>,
    /// Who brought it.
    pub client: Client,
    /// From and to whom, by SMTP.
    pub envelope: Envelope,
    /// What is known of the message itself.
    pub message: Message,
    /// SPF of both identities.
    pub spf: Spf,
    /// Every DKIM signature, from the top.
    pub dkim: Vec<Signature>,
    /// DMARC, over all author domains.
    pub dmarc: Dmarc,
    /// ARC, when it was evaluated.
    pub arc: Option<Arc>,
    /// What the other methods said.
    pub others: Vec<MethodOutcome>,
    /// What became of it.
    pub verdict: Verdict,
    /// The signatures that we put on it.
    pub signed: Vec<Signed>,
    /// How long the MTA waited for us at the end of the message, in microseconds.
    pub latency_us: u64,
    /// How many entries of all lists were left out because of the limits.
    pub omitted: u64,
}

/// Who brought a message.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Client {
    /// Its address; `None` for mail from the machine itself.
    pub ip: Option<IpAddr>,
    /// Its name, as the MTA found it.
    pub name: Option<Box<str>>,
    /// What it said in HELO.
    pub helo: Option<Box<str>>,
    /// The user that it authenticated as.
    pub user: Option<Address>,
}

/// Somebody's address, as much of it as the site keeps.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Address {
    /// The address.
    Text(Box<str>),
    /// A hash of it under a key of the site: it can be found again by those who have the key, and is not readable.
    Hash([u8; 16]),
    /// It is not kept.
    Withheld,
}

/// From and to whom a message went.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Envelope {
    /// MAIL FROM; `None` when it was empty.
    pub mail_from: Option<Address>,
    /// Its domain, where it has one that can be read.
    pub mail_from_domain: Option<Domain>,
    /// How many recipients there were.
    pub recipient_count: u64,
    /// Their domains, each once.
    pub recipient_domains: Vec<Domain>,
}

/// What is known of a message itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Message {
    /// Its size, in bytes.
    pub size_bytes: u64,
    /// The size of its header, in bytes.
    pub header_bytes: u64,
    /// A hash of its Message-ID.
    pub message_id: Option<[u8; 16]>,
    /// What another filter said of it.
    pub spam: Spam,
}

/// SPF of both identities; `None` where it was not evaluated.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Spf {
    /// Of MAIL FROM, or of HELO in the place of an empty one: what DMARC takes.
    pub mail_from: Option<SpfCheck>,
    /// Of HELO.
    pub helo: Option<SpfCheck>,
}

/// One evaluation of SPF.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpfCheck {
    /// The domain that was asked; `None` when the identity had none.
    pub domain: Option<Domain>,
    /// The result.
    pub result: MethodResult,
}

/// One DKIM signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// `d=`; `None` when it cannot be read.
    pub domain: Option<Domain>,
    /// `s=`; `None` when it cannot be read.
    pub selector: Option<Domain>,
    /// The result.
    pub result: MethodResult,
    /// `a=`.
    pub algorithm: Algorithm,
    /// The key's length in bits, when a key was found.
    pub key_bits: Option<u64>,
    /// The id of the reason why it did not pass.
    pub problem: Option<Box<str>>,
}

/// DMARC of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dmarc {
    /// The result over all author domains.
    pub result: DmarcResult,
    /// The evaluation of each.
    pub authors: Vec<Evaluation>,
}

/// DMARC of one author domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evaluation {
    /// The author domain: `header_from`.
    pub author: Domain,
    /// The result.
    pub result: DmarcResult,
    /// The record that applies; `None` when there is none.
    pub published: Option<Published>,
    /// How SPF's identifier is aligned.
    pub spf: Aligned,
    /// How each signature's is, in their order.
    pub dkim: Vec<Aligned>,
    /// Whether SPF gave an aligned pass.
    pub spf_aligned_pass: AlignedPass,
    /// Whether a signature gave an aligned pass.
    pub dkim_aligned_pass: AlignedPass,
    /// What the owner asks for this message.
    pub wanted: Policy,
    /// The id of the reason of the result.
    pub reason: Option<Box<str>>,
}

/// A DMARC record, as much of it as reports tell.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Published {
    /// The policy domain: where the record stands.
    pub domain: Domain,
    /// `p`.
    pub policy: Policy,
    /// `sp`, when it is there.
    pub subdomain_policy: Option<Policy>,
    /// `np`, when it is there.
    pub nonexistent_policy: Option<Policy>,
    /// Which of them is meant for the author domain.
    pub applied: PolicyTag,
    /// `adkim`.
    pub dkim_mode: Mode,
    /// `aspf`.
    pub spf_mode: Mode,
    /// `fo`.
    pub failure_options: FailureOptions,
    /// `t`.
    pub testing: Testing,
    /// How the record was found.
    pub discovery: Discovery,
    /// Whether it asks for aggregate reports.
    pub reports: Wanted,
}

/// ARC of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arc {
    /// Whether the chain holds.
    pub result: MethodResult,
    /// `d=` of the seals, from the first.
    pub sealers: Vec<Domain>,
    /// The instance of the oldest message signature that holds; 0 when all do.
    pub oldest_pass: Option<u64>,
}

/// What another method said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MethodOutcome {
    /// The method.
    pub method: Method,
    /// Its result.
    pub result: MethodResult,
    /// Of whom: a domain, a name, a list.
    pub subject: Option<Box<str>>,
}

/// What became of a message.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verdict {
    /// What it got of the DMARC policy.
    pub disposition: Disposition,
    /// Why that is not what the policy asks for.
    pub overrides: Vec<Override>,
    /// What we did.
    pub action: Action,
    /// The code of the reply, when it was not simply taken: 550.
    pub reply_code: Option<u64>,
    /// The ids of the reasons.
    pub reasons: Vec<Box<str>>,
}

/// Why a message did not get the published policy.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Override {
    /// Of which kind.
    pub kind: OverrideKind,
    /// More about it.
    pub comment: Option<Box<str>>,
}

/// A signature of our own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed {
    /// `d=`.
    pub domain: Domain,
    /// `s=`.
    pub selector: Domain,
}

impl Row {
    /// A row of which nothing is known yet.
    #[must_use]
    pub fn new(id: RowId, direction: Direction) -> Self {
        Self {
            id,
            tenant: "".into(),
            direction,
            queue_id: None,
            client: Client::default(),
            envelope: Envelope::default(),
            message: Message::default(),
            spf: Spf::default(),
            dkim: Vec::new(),
            dmarc: Dmarc { result: DmarcResult::None, authors: Vec::new() },
            arc: None,
            others: Vec::new(),
            verdict: Verdict::default(),
            signed: Vec::new(),
            latency_us: 0,
            omitted: 0,
        }
    }

    /// When the message was taken, in milliseconds since 1970.
    #[must_use]
    pub fn time_ms(&self) -> u64 {
        self.id.time_ms()
    }

    /// The result of a method for the whole message, as counts have it; `None` when it was not evaluated.
    ///
    /// Of several signatures the best counts: pass before temperror, then fail, permerror, policy, neutral; none when
    /// there is no signature. Of several outcomes of another method the first.
    #[must_use]
    pub fn result(&self, method: Method) -> Option<MethodResult> {
        match method {
            Method::Spf => self.spf.mail_from.as_ref().map(|check| check.result),
            Method::SpfHelo => self.spf.helo.as_ref().map(|check| check.result),
            Method::Dkim if self.direction == Direction::Out && self.dkim.is_empty() => None,
            Method::Dkim => {
                let best = self.dkim.iter().map(|signature| signature.result).min_by_key(|result| rank(*result));
                Some(best.unwrap_or(MethodResult::None))
            }
            Method::Dmarc if self.direction == Direction::Out && self.dmarc.authors.is_empty() => None,
            Method::Dmarc => Some(self.dmarc.result.into()),
            Method::Arc => self.arc.as_ref().map(|arc| arc.result),
            other => self.others.iter().find(|outcome| outcome.method == other).map(|outcome| outcome.result),
        }
    }

    /// Cuts texts and lists to the limits of this crate; what is left out of lists is counted in [`Row::omitted`]. A row
    /// that was not cut may be refused by [`crate::codec::encode`].
    pub fn clip(&mut self) {
        let mut left_out = 0;
        left_out += cut(&mut self.envelope.recipient_domains, RECIPIENT_DOMAIN_COUNT_MAX);
        left_out += cut(&mut self.dkim, SIGNATURE_COUNT_MAX);
        left_out += cut(&mut self.dmarc.authors, AUTHOR_COUNT_MAX);
        for evaluation in &mut self.dmarc.authors {
            cut(&mut evaluation.dkim, SIGNATURE_COUNT_MAX);
        }
        if let Some(arc) = &mut self.arc {
            left_out += cut(&mut arc.sealers, SEALER_COUNT_MAX);
        }
        left_out += cut(&mut self.others, METHOD_COUNT_MAX);
        left_out += cut(&mut self.verdict.overrides, OVERRIDE_COUNT_MAX);
        left_out += cut(&mut self.verdict.reasons, REASON_COUNT_MAX);
        left_out += cut(&mut self.signed, SIGNED_COUNT_MAX);
        self.omitted = self.omitted.saturating_add(left_out);
        self.texts().into_iter().for_each(clip_text);
    }

    /// Every text of the row.
    fn texts(&mut self) -> Vec<&mut Box<str>> {
        let mut texts = vec![&mut self.tenant];
        texts.extend(&mut self.queue_id);
        texts.extend(&mut self.client.name);
        texts.extend(&mut self.client.helo);
        for address in [&mut self.client.user, &mut self.envelope.mail_from].into_iter().flatten() {
            if let Address::Text(text) = address {
                texts.push(text);
            }
        }
        texts.extend(self.dkim.iter_mut().filter_map(|signature| signature.problem.as_mut()));
        texts.extend(self.dmarc.authors.iter_mut().filter_map(|evaluation| evaluation.reason.as_mut()));
        texts.extend(self.others.iter_mut().filter_map(|outcome| outcome.subject.as_mut()));
        texts.extend(self.verdict.overrides.iter_mut().filter_map(|reason| reason.comment.as_mut()));
        texts.extend(&mut self.verdict.reasons);
        texts
    }
}

impl From<DmarcResult> for MethodResult {
    fn from(result: DmarcResult) -> Self {
        match result {
            DmarcResult::Pass => Self::Pass,
            DmarcResult::Fail => Self::Fail,
            DmarcResult::None => Self::None,
            DmarcResult::TempError => Self::TempError,
            DmarcResult::PermError => Self::PermError,
        }
    }
}

fn rank(result: MethodResult) -> u8 {
    match result {
        MethodResult::Pass => 0,
        MethodResult::TempError => 1,
        MethodResult::Fail => 2,
        MethodResult::PermError => 3,
        MethodResult::Policy => 4,
        MethodResult::Neutral => 5,
        _ => 6,
    }
}

fn cut<T>(list: &mut Vec<T>, count_max: usize) -> u64 {
    let left_out = list.len().saturating_sub(count_max);
    list.truncate(count_max);
    left_out as u64
}

/// Cuts a text to [`TEXT_BYTES_MAX`], between two characters.
fn clip_text(text: &mut Box<str>) {
    if text.len() > TEXT_BYTES_MAX {
        *text = clipped(text).into();
    }
}

/// As much of a text as [`TEXT_BYTES_MAX`] allows, cut between two characters.
pub(crate) fn clipped(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}
