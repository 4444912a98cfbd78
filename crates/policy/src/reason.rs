//! Why a verdict is what it is, and what is told to the owner of the author domain about it.

use std::net::IpAddr;

use dkim::adsp;
use dmarc::{FromDefect, Policy};
use mailtext::{Domain, Explain, Rule, Value};

use crate::action::{Action, Stage};
use crate::limits::COMMENT_BYTES_MAX;
use crate::trust::Network;

/// A reason, in the order in which the rules were asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Nothing speaks against the message.
    NothingAgainst,
    /// A rule found something, and this would follow from it.
    Found {
        /// What was found.
        finding: Finding,
        /// What follows by the rules, before anything excuses it or holds it back.
        action: Action,
    },
    /// Another sign than the policy speaks against the message.
    AnotherSign(Sign),
    /// RFC 9989 §7.4: `p=reject` alone does not reject.
    RejectAlone {
        /// The author domain.
        author: Domain,
    },
    /// The owner tests its policy: one level below it counts.
    TestMode {
        /// The author domain.
        author: Domain,
        /// What is published.
        published: Policy,
        /// What counts.
        applied: Policy,
    },
    /// The receiver has a policy of its own for the domain.
    Forced {
        /// For which name it was given.
        domain: Domain,
        /// The policy.
        policy: Policy,
    },
    /// A domain that a broken From names has a policy, so that more follows than from the break alone.
    StricterFrom {
        /// The domain.
        author: Domain,
        /// Its policy, or the receiver's own for it.
        policy: Policy,
    },
    /// Something excuses what was found.
    Excused(Excuse),
    /// The author domain is not among those that are blocked.
    NotBlocked {
        /// The author domain; `None` when there are several.
        author: Option<Domain>,
    },
    /// The stage does not let it be done.
    HeldBack {
        /// The stage.
        stage: Stage,
        /// What would be done at `block`.
        wanted: Action,
    },
    /// Rules for the domain of a recipient were asked.
    RecipientRules {
        /// The recipient's domain.
        domain: Domain,
    },
    /// The recipients have different rules, with different verdicts.
    RecipientsDiffer {
        /// How many different verdicts.
        count: usize,
    },
}

/// Something that speaks against a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finding {
    /// DMARC failed.
    DmarcFail {
        /// The author domain.
        author: Domain,
        /// The policy that counts.
        policy: Policy,
    },
    /// DMARC could not be told for now.
    DmarcTempError {
        /// The author domain.
        author: Domain,
    },
    /// DMARC passes by an SPF record that lets everybody pass, and by nothing else.
    SpfEveryone {
        /// The author domain.
        author: Domain,
    },
    /// From names no author who could be judged.
    From(FromDefect),
    /// From names more author domains than are evaluated.
    AuthorsOverLimit,
    /// SPF's result for the reverse-path, where DMARC does not apply or is not waited for.
    Spf {
        /// The domain, when there is one.
        domain: Option<Domain>,
        /// `fail`, `softfail`, `temperror`, `permerror`.
        verdict: spf::Verdict,
    },
    /// ADSP's result.
    Adsp(adsp::Status),
    /// Sender ID says fail.
    SenderId,
    /// DomainKeys: everything is signed, and no signature holds.
    DomainKeys,
    /// A sender's domain takes no mail.
    NullMx {
        /// The domain.
        domain: Domain,
    },
    /// The client's address has no name.
    NoName,
    /// The client's name does not lead back to its address.
    NameNotConfirmed,
    /// The chain of ARC does not hold.
    ArcFail,
    /// A black list has an entry.
    Listed {
        /// The list.
        zone: Domain,
        /// What is listed: an address or a domain.
        key: String,
    },
    /// A domain is not wanted.
    Denied {
        /// The domain.
        domain: Domain,
    },
    /// An authenticated domain has a bad reputation.
    BadDomain {
        /// The domain.
        domain: Domain,
        /// Good mail in thousandths.
        good_per_mille: u16,
    },
    /// The client's network has a bad reputation.
    BadClient {
        /// Good mail in thousandths.
        good_per_mille: u16,
    },
    /// The signed message was seen too often.
    Replay {
        /// In how many deliveries.
        count: u64,
    },
    /// It notifies of the delivery of messages, and none of them was sent from here.
    DsnOfOthers,
    /// It notifies of a delivery, and names no message.
    DsnOfNothing,
    /// A filter that ran before says that it is spam.
    Spam,
}

/// A sign beside `p=reject` that the message is not the author's (RFC 9989 §7.4, "other knowledge and analysis").
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Sign {
    /// SPF says fail, and nobody even tried to sign for the author domain: a forwarder leaves signatures in place.
    SpfFailUnsigned,
    /// The author domain does not exist.
    NoSuchAuthor,
    /// A sender's domain takes no mail.
    NullMx,
    /// The client's address has no name that leads back to it.
    NoConfirmedName,
    /// A black list has an entry.
    Listed,
    /// The client's network, or a domain that is authenticated, has a bad reputation.
    BadReputation,
    /// Mail of the author domain practically always passes.
    Unusual,
}

/// What excuses a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Excuse {
    /// The client's network is excepted.
    Network(Network),
    /// The user of SMTP AUTH is excepted.
    User(Option<String>),
    /// A trusted forwarder, by its address.
    ForwarderNetwork(Network),
    /// A trusted forwarder, by its confirmed name.
    ForwarderName(Domain),
    /// A trusted forwarder, by a domain that it authenticates.
    ForwarderDomain(Domain),
    /// A trusted sealer of ARC found that DMARC passed.
    Sealer {
        /// The sealer.
        domain: Domain,
        /// What a report says of the chain (RFC 8617 §7.2.2).
        comment: String,
    },
    /// A known mailing list, authenticated.
    MailingList(Domain),
    /// A signature of the author domain holds, so that what SPF says of the last hop does not count.
    Forwarded(Domain),
    /// The domain is authenticated and wanted.
    Allowed(Domain),
    /// A white list in DNS has an entry for the client.
    WhiteListed {
        /// The list.
        zone: Domain,
        /// The address.
        client: Option<IpAddr>,
    },
}

/// Why the policy of the author domain was not applied as it is published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Override {
    /// Of which kind the reason is.
    pub kind: OverrideKind,
    /// More about it, in ASCII.
    pub comment: String,
}

/// The kinds of reasons.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum OverrideKind {
    /// The message seems to be forwarded.
    Forwarded,
    /// It came through a forwarder that is trusted.
    TrustedForwarder,
    /// It came through a mailing list.
    MailingList,
    /// A rule of the receiver's own.
    LocalPolicy,
    /// The owner tests its policy.
    PolicyTestMode,
    /// Something else.
    Other,
}

/// Of which kind a finding is: which text and which codes a client is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cause {
    /// DMARC failed.
    Dmarc,
    /// DMARC could not be told for now.
    DmarcTempError,
    /// From.
    From,
    /// SPF says fail or softfail, or lets everybody pass.
    Spf,
    /// SPF ended in an error.
    SpfError,
    /// A practice of signing: ADSP, DomainKeys.
    Signing,
    /// Sender ID.
    SenderId,
    /// Null MX.
    NullMx,
    /// The client's name.
    ReverseName,
    /// ARC.
    Arc,
    /// A DNS list.
    List,
    /// A denied domain.
    Denied,
    /// Reputation.
    Reputation,
    /// A replay.
    Replay,
    /// A notification of a delivery that answers nothing of ours.
    Dsn,
    /// A filter that ran before.
    Spam,
    /// DMARC failed for a domain for which the receiver has a policy of its own.
    OwnPolicy,
}

impl Finding {
    /// Of which kind it is.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::DmarcFail { .. } => Cause::Dmarc,
            Self::DmarcTempError { .. } => Cause::DmarcTempError,
            Self::From(_) | Self::AuthorsOverLimit => Cause::From,
            Self::Spf { verdict: spf::Verdict::TempError | spf::Verdict::PermError, .. } => Cause::SpfError,
            Self::Spf { .. } | Self::SpfEveryone { .. } => Cause::Spf,
            Self::Adsp(_) | Self::DomainKeys => Cause::Signing,
            Self::SenderId => Cause::SenderId,
            Self::NullMx { .. } => Cause::NullMx,
            Self::NoName | Self::NameNotConfirmed => Cause::ReverseName,
            Self::ArcFail => Cause::Arc,
            Self::Listed { .. } => Cause::List,
            Self::Denied { .. } => Cause::Denied,
            Self::BadDomain { .. } | Self::BadClient { .. } => Cause::Reputation,
            Self::Replay { .. } => Cause::Replay,
            Self::DsnOfOthers | Self::DsnOfNothing => Cause::Dsn,
            Self::Spam => Cause::Spam,
        }
    }

    /// Whether the message that fails could have been authenticated before somebody forwarded it.
    #[must_use]
    pub fn breaks_by_forwarding(&self) -> bool {
        match self.cause() {
            Cause::Dmarc | Cause::DmarcTempError | Cause::SpfError | Cause::Signing | Cause::SenderId | Cause::Arc => {
                true
            }
            // A record that lets everybody pass is as bad behind a forwarder.
            Cause::Spf => !matches!(self, Self::SpfEveryone { .. }),
            _ => false,
        }
    }

    /// Whether it speaks of the client and of what the receiver remembers, not of who the author is.
    #[must_use]
    pub fn is_of_client(&self) -> bool {
        matches!(self.cause(), Cause::List | Cause::ReverseName | Cause::NullMx | Cause::Reputation)
    }
}

impl Excuse {
    /// Whether it excuses this finding.
    #[must_use]
    pub fn covers(&self, finding: &Finding) -> bool {
        match self {
            Self::Network(_) | Self::User(_) => true,
            Self::ForwarderNetwork(_)
            | Self::ForwarderName(_)
            | Self::ForwarderDomain(_)
            | Self::Sealer { .. }
            | Self::MailingList(_) => finding.breaks_by_forwarding(),
            Self::Forwarded(_) => matches!(finding.cause(), Cause::Spf | Cause::SpfError),
            // Who is authenticated is not thereby the author; and a replay abuses just such a domain.
            Self::Allowed(_) => !matches!(
                finding.cause(),
                Cause::Dmarc | Cause::DmarcTempError | Cause::From | Cause::Denied | Cause::Replay
            ),
            Self::WhiteListed { .. } => finding.is_of_client(),
        }
    }

    /// What a report says of it.
    #[must_use]
    pub fn reported(&self) -> Override {
        let (kind, comment) = match self {
            Self::Network(network) => (OverrideKind::LocalPolicy, format!("client network {network}")),
            Self::User(_) => (OverrideKind::LocalPolicy, "authenticated submission".to_owned()),
            Self::ForwarderNetwork(network) => (OverrideKind::TrustedForwarder, format!("client network {network}")),
            Self::ForwarderName(name) => (OverrideKind::TrustedForwarder, format!("iprev={name}")),
            Self::ForwarderDomain(domain) => (OverrideKind::TrustedForwarder, format!("authenticated {domain}")),
            // RFC 8617 §7.2.2: a "reason" element of "local_policy", its comment naming the chain.
            Self::Sealer { comment, .. } => (OverrideKind::LocalPolicy, comment.clone()),
            Self::MailingList(list) => (OverrideKind::MailingList, format!("list-id={list}")),
            Self::Forwarded(domain) => (OverrideKind::Forwarded, format!("signature of {domain} holds")),
            Self::Allowed(domain) => (OverrideKind::LocalPolicy, format!("allowed {domain}")),
            Self::WhiteListed { zone, .. } => (OverrideKind::LocalPolicy, format!("listed in {zone}")),
        };
        Override::new(kind, &comment)
    }
}

impl Override {
    /// A reason with a comment; of the comment printable ASCII is kept, and no more than [`COMMENT_BYTES_MAX`].
    #[must_use]
    pub fn new(kind: OverrideKind, comment: &str) -> Self {
        let clean = |character: char| if matches!(character, ' '..='~') { character } else { '?' };
        Self { kind, comment: comment.chars().map(clean).take(COMMENT_BYTES_MAX).collect() }
    }
}

impl OverrideKind {
    /// The word that header, ledger and RFC 7489 use: `trusted_forwarder`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forwarded => "forwarded",
            Self::TrustedForwarder => "trusted_forwarder",
            Self::MailingList => "mailing_list",
            Self::LocalPolicy => "local_policy",
            Self::PolicyTestMode => "policy_test_mode",
            Self::Other => "other",
        }
    }

    /// The word of a report by RFC 9990.
    #[must_use]
    pub fn as_reported(self) -> &'static str {
        match self {
            // RFC 9990 §3.1.6: there is no "forwarded" any more; "other" is for what the other entries do not cover.
            Self::Forwarded => "other",
            other => other.as_str(),
        }
    }
}

impl Sign {
    /// A stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SpfFailUnsigned => "spf-fail-unsigned",
            Self::NoSuchAuthor => "no-such-author",
            Self::NullMx => "null-mx",
            Self::NoConfirmedName => "no-confirmed-name",
            Self::Listed => "listed",
            Self::BadReputation => "bad-reputation",
            Self::Unusual => "unusual",
        }
    }
}

impl Explain for Reason {
    fn id(&self) -> &'static str {
        match self {
            Self::NothingAgainst => "policy-nothing-against",
            Self::Found { finding, .. } => finding.id(),
            Self::AnotherSign(_) => "policy-another-sign",
            Self::RejectAlone { .. } => "policy-reject-alone",
            Self::TestMode { .. } => "policy-test-mode",
            Self::Forced { .. } => "policy-forced",
            Self::StricterFrom { .. } => "policy-from-stricter",
            Self::Excused(excuse) => excuse.id(),
            Self::NotBlocked { .. } => "policy-not-blocked",
            Self::HeldBack { .. } => "policy-held-back",
            Self::RecipientRules { .. } => "policy-recipient-rules",
            Self::RecipientsDiffer { .. } => "policy-recipients-differ",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Found { finding, .. } => finding.rule(),
            Self::AnotherSign(_) | Self::RejectAlone { .. } => Some(Rule("RFC 9989", "7.4")),
            Self::TestMode { .. } => Some(Rule("RFC 9989", "4.7")),
            Self::Forced { .. } => Some(Rule("RFC 9989", "5.4")),
            Self::StricterFrom { .. } => Some(Rule("RFC 9989", "11.5")),
            Self::Excused(excuse) => excuse.rule(),
            _ => None,
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::NothingAgainst => Vec::new(),
            Self::Found { finding, action } => {
                let mut arguments = finding.arguments();
                arguments.push(("action", Value::Word(action.as_str())));
                arguments
            }
            Self::AnotherSign(sign) => vec![("sign", Value::Word(sign.as_str()))],
            Self::RejectAlone { author } => vec![("author", author.into())],
            Self::TestMode { author, published, applied } => vec![
                ("author", author.into()),
                ("published", Value::Word(published.as_str())),
                ("applied", Value::Word(applied.as_str())),
            ],
            Self::Forced { domain, policy } => {
                vec![("domain", domain.into()), ("policy", Value::Word(policy.as_str()))]
            }
            Self::StricterFrom { author, policy } => {
                vec![("author", author.into()), ("policy", Value::Word(policy.as_str()))]
            }
            Self::Excused(excuse) => excuse.arguments(),
            Self::NotBlocked { author } => author.iter().map(|author| ("author", author.into())).collect(),
            Self::HeldBack { stage, wanted } => {
                vec![("stage", Value::Word(stage.as_str())), ("wanted", Value::Word(wanted.as_str()))]
            }
            Self::RecipientRules { domain } => vec![("domain", domain.into())],
            Self::RecipientsDiffer { count } => vec![("count", (*count).into())],
        }
    }
}

impl Explain for Finding {
    fn id(&self) -> &'static str {
        match self {
            Self::DmarcFail { .. } => "policy-dmarc-fail",
            Self::DmarcTempError { .. } => "policy-dmarc-temperror",
            Self::SpfEveryone { .. } => "policy-spf-everyone",
            Self::From(_) => "policy-from-defect",
            Self::AuthorsOverLimit => "policy-authors-over-limit",
            Self::Spf { .. } => "policy-spf",
            Self::Adsp(_) => "policy-adsp",
            Self::SenderId => "policy-sender-id",
            Self::DomainKeys => "policy-domainkeys",
            Self::NullMx { .. } => "policy-null-mx",
            Self::NoName => "policy-no-name",
            Self::NameNotConfirmed => "policy-name-not-confirmed",
            Self::ArcFail => "policy-arc-fail",
            Self::Listed { .. } => "policy-listed",
            Self::Denied { .. } => "policy-denied",
            Self::BadDomain { .. } => "policy-bad-domain",
            Self::BadClient { .. } => "policy-bad-client",
            Self::Replay { .. } => "policy-replay",
            Self::DsnOfOthers => "policy-dsn-of-others",
            Self::DsnOfNothing => "policy-dsn-of-nothing",
            Self::Spam => "policy-spam",
        }
    }

    fn rule(&self) -> Option<Rule> {
        Some(match self {
            Self::DmarcFail { .. } | Self::DmarcTempError { .. } => Rule("RFC 9989", "5.3.6"),
            Self::From(_) | Self::AuthorsOverLimit => Rule("RFC 9989", "11.5"),
            Self::SpfEveryone { .. } => Rule("RFC 7208", "11.4"),
            Self::Spf { verdict: spf::Verdict::SoftFail, .. } => Rule("RFC 7208", "8.5"),
            Self::Spf { verdict: spf::Verdict::TempError, .. } => Rule("RFC 7208", "8.6"),
            Self::Spf { verdict: spf::Verdict::PermError, .. } => Rule("RFC 7208", "8.7"),
            Self::Spf { .. } => Rule("RFC 7208", "8.4"),
            Self::Adsp(_) => Rule("RFC 5617", "4.2.1"),
            Self::SenderId => Rule("RFC 4406", "5.3"),
            Self::DomainKeys => Rule("RFC 4870", "3.6"),
            Self::NullMx { .. } => Rule("RFC 7505", "4.1"),
            Self::NoName | Self::NameNotConfirmed => Rule("RFC 8601", "2.7.3"),
            Self::ArcFail => Rule("RFC 8617", "5.2.2"),
            Self::Listed { .. } | Self::Denied { .. } => return None,
            Self::BadDomain { .. } | Self::BadClient { .. } | Self::Replay { .. } => return None,
            Self::DsnOfOthers | Self::DsnOfNothing | Self::Spam => return None,
        })
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::DmarcFail { author, policy } => {
                vec![("author", author.into()), ("policy", Value::Word(policy.as_str()))]
            }
            Self::DmarcTempError { author } | Self::SpfEveryone { author } => vec![("author", author.into())],
            Self::From(defect) => vec![("defect", Value::Word(defect_word(*defect)))],
            Self::Spf { domain, verdict } => {
                let mut arguments = vec![("result", Value::Word(verdict.as_str()))];
                arguments.extend(domain.iter().map(|domain| ("domain", domain.into())));
                arguments
            }
            Self::Adsp(status) => vec![("result", Value::Word(status.as_str()))],
            Self::NullMx { domain } | Self::Denied { domain } => vec![("domain", domain.into())],
            Self::Listed { zone, key } => vec![("zone", zone.into()), ("key", key.as_str().into())],
            Self::BadDomain { domain, good_per_mille } => {
                vec![("domain", domain.into()), ("good_per_mille", u64::from(*good_per_mille).into())]
            }
            Self::BadClient { good_per_mille } => vec![("good_per_mille", u64::from(*good_per_mille).into())],
            Self::Replay { count } => vec![("count", (*count).into())],
            Self::AuthorsOverLimit
            | Self::SenderId
            | Self::DomainKeys
            | Self::NoName
            | Self::NameNotConfirmed
            | Self::ArcFail
            | Self::DsnOfOthers
            | Self::DsnOfNothing
            | Self::Spam => Vec::new(),
        }
    }
}

impl Explain for Excuse {
    fn id(&self) -> &'static str {
        match self {
            Self::Network(_) => "policy-excepted-network",
            Self::User(_) => "policy-excepted-user",
            Self::ForwarderNetwork(_) => "policy-forwarder-network",
            Self::ForwarderName(_) => "policy-forwarder-name",
            Self::ForwarderDomain(_) => "policy-forwarder-domain",
            Self::Sealer { .. } => "policy-trusted-sealer",
            Self::MailingList(_) => "policy-mailing-list",
            Self::Forwarded(_) => "policy-forwarded",
            Self::Allowed(_) => "policy-allowed",
            Self::WhiteListed { .. } => "policy-white-listed",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Sealer { .. } => Some(Rule("RFC 8617", "7.2.1")),
            Self::Forwarded(_) => Some(Rule("RFC 9989", "7.1")),
            _ => None,
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Network(network) | Self::ForwarderNetwork(network) => vec![("network", network.to_string().into())],
            Self::User(user) => user.iter().map(|user| ("user", user.as_str().into())).collect(),
            Self::ForwarderName(domain)
            | Self::ForwarderDomain(domain)
            | Self::Sealer { domain, .. }
            | Self::MailingList(domain)
            | Self::Forwarded(domain)
            | Self::Allowed(domain) => vec![("domain", domain.into())],
            Self::WhiteListed { zone, client } => {
                let mut arguments = vec![("zone", zone.into())];
                arguments.extend(client.iter().map(|client| ("client", client.to_string().into())));
                arguments
            }
        }
    }
}

fn defect_word(defect: FromDefect) -> &'static str {
    match defect {
        FromDefect::Absent => "absent",
        FromDefect::Repeated => "repeated",
        FromDefect::Malformed => "malformed",
        FromDefect::NoMailbox => "no-mailbox",
        FromDefect::BadDomain => "bad-domain",
    }
}
