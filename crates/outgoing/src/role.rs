//! The signing role: keys, rules and manner; and from a message's header to the signatures that it is to get.

use std::collections::{HashMap, HashSet};

use dkim::sign::RECOMMENDED;
use dkim::{Canonicalization, Cover, SignedFields, Signer};
use mailtext::header::HeaderFlaw;
use mailtext::{AddressList, Domain, Headers, Mailbox, ReversePath};

use crate::key::{Key, KeyDomain};
use crate::limits::{AUTHOR_COUNT_MAX, KEY_COUNT_MAX, SIGNATURE_COUNT_MAX};
use crate::problem::Problem;
use crate::signing::Submission;
use crate::step::Step;
use crate::table::{Clients, Found, Pattern, Rule, SigningTable};

/// What the operator wants of signing, ready for messages.
#[derive(Clone, Debug)]
pub struct Role {
    keys: Vec<Key>,
    table: SigningTable,
    manner: Manner,
}

/// How it is signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Manner {
    /// First half of `c=`.
    pub header_canonicalization: Canonicalization,
    /// Second half of `c=`.
    pub body_canonicalization: Canonicalization,
    /// Fields that are signed beside [`RECOMMENDED`] where they are there.
    pub also: Vec<String>,
    /// Of [`RECOMMENDED`], those that are not signed: something behind us changes them.
    pub except: Vec<String>,
    /// Whether fields are signed once more than they are there.
    pub oversigning: Oversigning,
    /// `i=`.
    pub identity: Identity,
    /// `x=`, seconds after `t=`.
    pub expire_in_s: Option<u64>,
    /// Whose mail it is, as far as rules are concerned: the first of these fields for which there is a rule.
    pub senders: Vec<SenderField>,
    /// What becomes of mail that nobody signs for.
    pub unsigned: Unsigned,
}

/// Whether fields are signed once more than they are there, so that none can be added unseen (RFC 6376 §8.15).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Oversigning {
    /// As [`RECOMMENDED`] says.
    #[default]
    Recommended,
    /// Only those that are there: something behind us adds what is missing.
    IfPresent,
    /// From alone, without which signing would be of little use.
    From,
}

/// What `i=` says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Identity {
    /// Nothing: the domain signs.
    #[default]
    Absent,
    /// The author's domain, `@news.example.jp`.
    AuthorDomain,
    /// The author's address.
    Author,
}

/// Where a sender's address is taken from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SenderField {
    /// From: the author, for whom DMARC wants a signature.
    From,
    /// Sender.
    Sender,
    /// MAIL FROM.
    MailFrom,
}

/// What becomes of mail that nobody signs for. Bounces – their reverse-path is null – pass in any case, and so does mail of
/// which a rule says that it is not signed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Unsigned {
    /// It goes on.
    #[default]
    Accept,
    /// The client is told to try later.
    TempFail,
    /// It is refused.
    Reject,
}

/// The signatures that a message is to get.
#[derive(Clone, Debug)]
pub struct Plan {
    /// One for each signature, in the order of the fields from the top.
    pub signers: Vec<Signer>,
    /// Why.
    pub evidence: Vec<Step>,
}

impl Default for Manner {
    /// relaxed/relaxed, the recommended fields, no `i=`, no `x=`, the author's rules, and unsigned mail passes.
    fn default() -> Self {
        Self {
            header_canonicalization: Canonicalization::Relaxed,
            body_canonicalization: Canonicalization::Relaxed,
            also: Vec::new(),
            except: Vec::new(),
            oversigning: Oversigning::default(),
            identity: Identity::default(),
            expire_in_s: None,
            senders: vec![SenderField::From],
            unsigned: Unsigned::default(),
        }
    }
}

impl Role {
    /// Makes keys and rules ready. Without any rule each key signs for its own domain and all below it.
    ///
    /// # Errors
    /// When they do not fit together.
    pub fn new(keys: Vec<Key>, rules: &[Rule], manner: Manner) -> Result<Self, Problem> {
        let places = places(&keys)?;
        manner.check()?;
        let mut table = SigningTable::default();
        for rule in rules {
            let place = |name: &String| {
                places.get(name.as_str()).copied().ok_or_else(|| Problem::KeyUnknown { name: name.clone() })
            };
            let keys = rule.keys.iter().map(place).collect::<Result<Vec<_>, _>>()?;
            table.insert(&rule.pattern, &keys, &rule.clients)?;
        }
        if rules.is_empty() {
            for (at, key) in keys.iter().enumerate() {
                if let KeyDomain::Of(domain) = &key.domain {
                    table.insert(&Pattern::within(domain.clone()), &[at], &Clients::default())?;
                }
            }
        }
        Ok(Self { keys, table, manner })
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// How it is signed.
    #[must_use]
    pub fn manner(&self) -> &Manner {
        &self.manner
    }

    /// The keys that no rule names: they never sign.
    #[must_use]
    pub fn idle_keys(&self) -> Vec<&Key> {
        let used: HashSet<usize> = self.table.found().flat_map(Found::every_key).collect();
        self.keys.iter().enumerate().filter(|(at, _)| !used.contains(at)).map(|(_, key)| key).collect()
    }

    /// Which signatures a message with this header is to get.
    #[must_use]
    pub fn plan(&self, headers: &Headers<'_>, submission: &Submission) -> Plan {
        let mut plan = Plan { signers: Vec::new(), evidence: Vec::new() };
        let is_cut = |flaw: &HeaderFlaw| matches!(flaw, HeaderFlaw::BlockTooLong | HeaderFlaw::TooManyFields);
        if headers.flaws().iter().any(|flaw| is_cut(&flaw.kind)) {
            plan.evidence.push(Step::HeaderTooLong);
            return plan;
        }
        // RFC 6376 §5.4: From must be signed; of several, readers would see one and verifiers another.
        let count = headers.named("from").count();
        if count != 1 {
            plan.evidence.push(Step::FromCount(count));
            return plan;
        }
        let mut named = 0;
        for field in &self.manner.senders {
            let senders = field.senders(headers, submission.mail_from.as_ref());
            named += senders.len();
            if self.plan_for(*field, &senders, submission, &mut plan) {
                return plan;
            }
        }
        if named == 0 {
            plan.evidence.push(Step::NoSender);
        }
        plan
    }

    /// Adds the signatures for these senders; whether there was a rule for one of them.
    fn plan_for(&self, field: SenderField, senders: &[Mailbox], submission: &Submission, plan: &mut Plan) -> bool {
        let mut has_rule = false;
        if senders.len() > AUTHOR_COUNT_MAX {
            plan.evidence.push(Step::TooManySenders);
        }
        for sender in senders.iter().take(AUTHOR_COUNT_MAX) {
            let address = sender.to_string();
            let (Some(found), Some(domain)) = (self.table.find(sender), sender.domain_name()) else {
                plan.evidence.push(Step::NoRule { field, address });
                continue;
            };
            has_rule = true;
            let pattern = found.pattern.to_string();
            let Some(keys) = found.keys(submission.user.as_deref(), submission.client) else {
                plan.evidence.push(Step::NotEntitled { field, address, pattern });
                continue;
            };
            if keys.is_empty() {
                plan.evidence.push(Step::NotWanted { pattern });
                continue;
            }
            plan.evidence.push(Step::RuleFound { field, address, pattern });
            for key in keys.iter().filter_map(|at| self.keys.get(*at)) {
                self.add(key, sender, domain, plan);
            }
        }
        has_rule
    }

    fn add(&self, key: &Key, author: &Mailbox, author_domain: &Domain, plan: &mut Plan) {
        let domain = key.domain.for_author(author_domain);
        if plan.signers.iter().any(|signer| signer.domain == domain && signer.selector == key.selector) {
            return;
        }
        if plan.signers.len() >= SIGNATURE_COUNT_MAX {
            if plan.evidence.last() != Some(&Step::TooManySignatures) {
                plan.evidence.push(Step::TooManySignatures);
            }
            return;
        }
        let manner = &self.manner;
        plan.signers.push(Signer {
            header_canonicalization: manner.header_canonicalization,
            body_canonicalization: manner.body_canonicalization,
            fields: manner.fields(),
            identity: manner.identity(author, author_domain, &domain),
            expire_in_s: manner.expire_in_s,
            ..Signer::new(domain, key.selector.clone(), key.private.clone())
        });
    }
}

impl Manner {
    fn check(&self) -> Result<(), Problem> {
        // RFC 5322 §2.2: names are printable ASCII without the colon; a semicolon would end the tag.
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b':' | b';'))
        };
        let wrong = |name: &String| Problem::FieldName { name: name.clone() };
        if let Some(name) = self.also.iter().chain(&self.except).find(|name| !is_name(name)) {
            return Err(wrong(name));
        }
        // RFC 6376 §5.4: From must be signed. A signature signs itself in its own way (§3.7).
        let forbidden = self.except.iter().find(|name| name.eq_ignore_ascii_case("from"));
        let forbidden = forbidden.or(self.also.iter().find(|name| name.eq_ignore_ascii_case("dkim-signature")));
        forbidden.map_or(Ok(()), |name| Err(wrong(name)))
    }

    fn fields(&self) -> SignedFields {
        if self.also.is_empty() && self.except.is_empty() && self.oversigning == Oversigning::Recommended {
            return SignedFields::Recommended;
        }
        let is_excepted = |name: &str| self.except.iter().any(|other| other.eq_ignore_ascii_case(name));
        let is_recommended = |name: &str| RECOMMENDED.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        let recommended = RECOMMENDED.into_iter().filter(|(name, _)| !is_excepted(name));
        let recommended = recommended.map(|(name, cover)| (name.to_owned(), self.oversigning.cover(name, cover)));
        let also = self.also.iter().filter(|name| !is_recommended(name) && !is_excepted(name));
        let also = also.map(|name| (name.to_ascii_lowercase(), Cover::Present));
        SignedFields::Covered(recommended.chain(also).collect())
    }

    fn identity(&self, author: &Mailbox, author_domain: &Domain, domain: &Domain) -> Option<String> {
        // RFC 6376 §3.5: the domain of `i=` is that of `d=` or below it.
        if !author_domain.is_within(domain) {
            return None;
        }
        match self.identity {
            Identity::Absent => None,
            Identity::AuthorDomain => Some(format!("@{author_domain}")),
            // With quotation marks where the local part needs them: `i=` holds it as addresses do.
            Identity::Author => Some(author.to_string()),
        }
    }
}

impl Oversigning {
    fn cover(self, name: &str, recommended: Cover) -> Cover {
        match (self, recommended) {
            (Self::From, _) if name != "from" => Cover::Present,
            (Self::IfPresent, Cover::OnceMore) => Cover::OnceMoreIfPresent,
            _ => recommended,
        }
    }
}

impl SenderField {
    /// As configurations write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::Sender => "sender",
            Self::MailFrom => "mail_from",
        }
    }

    /// Reads what a configuration says.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::From, Self::Sender, Self::MailFrom].into_iter().find(|field| field.as_str() == text)
    }

    fn senders(self, headers: &Headers<'_>, mail_from: Option<&ReversePath>) -> Vec<Mailbox> {
        let of_field = |name| {
            let fields = headers.named(name).map(|field| AddressList::parse(field.value).0);
            fields.flat_map(|list| list.mailboxes().cloned().collect::<Vec<_>>()).collect()
        };
        match self {
            Self::From => of_field("from"),
            Self::Sender => of_field("sender"),
            Self::MailFrom => match mail_from {
                Some(ReversePath::Mailbox { local, domain }) => vec![Mailbox {
                    display_name: None,
                    local: local.clone(),
                    domain: Ok(domain.clone()),
                    span: mailtext::Span::default(),
                }],
                _ => Vec::new(),
            },
        }
    }
}

/// Where each key is, by its name.
fn places(keys: &[Key]) -> Result<HashMap<&str, usize>, Problem> {
    if keys.len() > KEY_COUNT_MAX {
        return Err(Problem::TooManyKeys);
    }
    let (mut places, mut records) = (HashMap::new(), HashSet::new());
    for (at, key) in keys.iter().enumerate() {
        if places.insert(key.name.as_str(), at).is_some() {
            return Err(Problem::KeyRepeated { name: key.name.clone() });
        }
        // RFC 6376 §3.1: a selector names one key of its domain; RFC 8463 §3 gives two algorithms two of them.
        if !records.insert((&key.domain, &key.selector)) {
            let domain = match &key.domain {
                KeyDomain::Of(domain) => domain.to_string(),
                KeyDomain::Author => "%".to_owned(),
            };
            return Err(Problem::SelectorRepeated { domain, selector: key.selector.clone() });
        }
        if let KeyDomain::Of(domain) = &key.domain
            && domain.prefixed(&format!("{}._domainkey", key.selector)).is_err()
        {
            return Err(Problem::NameTooLong { domain: domain.clone(), selector: key.selector.clone() });
        }
    }
    Ok(places)
}
