//! What is known of one name when it was examined.

use dmarc::{Place, Policy};
use lookup::{Answer, Failure, Question};
use mailtext::Domain;
use spf::space::Count;

/// Makes enums of words, each with its text.
macro_rules! vocabulary {
    ($($(#[$about:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$of])* $variant,)* }

        impl $name {
            /// Every word.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word as results of surveys write it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// Reads the word.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }
        }
    )*};
}

/// Everything about one name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Examined {
    /// The name.
    pub name: Domain,
    /// Whether it takes mail, and who runs its mail hosts.
    pub mail: Mail,
    /// SPF.
    pub spf: Spf,
    /// DMARC.
    pub dmarc: Dmarc,
    /// DKIM.
    pub dkim: Dkim,
    /// ADSP (RFC 5617), historic.
    pub adsp: Presence,
    /// The assertion at `default._bimi`.
    pub bimi: Presence,
    /// The record of MTA-STS (RFC 8461 §3.1); its policy is not fetched.
    pub mta_sts: Presence,
    /// The wish for TLS reports (RFC 8460 §3).
    pub tls_rpt: Presence,
    /// Whether the answers about the name's mail hosts are proven.
    pub dnssec: Proof,
    /// What names answer that nobody made.
    pub wildcard: Wildcard,
    /// Who runs the name servers.
    pub name_servers: NameServers,
    /// Every question that was not answered, in the order of the names; no more than
    /// [`crate::limits::SURVEY_UNANSWERED_COUNT_MAX`].
    pub unanswered: Vec<Unanswered>,
    /// How many questions were not answered.
    pub unanswered_count: u64,
}

/// A question that was not answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unanswered {
    /// The question.
    pub question: Question,
    /// Why not.
    pub failure: Failure,
}

/// How a question was answered, without what was answered. No data, no such name and each failure are different facts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Reply {
    /// It was not asked: another answer made it needless, or DNS cannot hold such a name.
    #[default]
    NotAsked,
    /// There are records.
    Records,
    /// The name exists, and has none.
    NoData,
    /// The name does not exist.
    NxDomain,
    /// No answer could be had.
    Failed(Failure),
}

/// Mail.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mail {
    /// The answer to the question for MX.
    pub reply: Reply,
    /// What it comes to.
    pub class: MailClass,
    /// Who parks the name, where its name servers or mail hosts show that it is parked.
    pub parked: Option<Box<str>>,
    /// Who runs the mail host that is tried first: by a table, else its registered domain.
    pub operator: Option<Box<str>>,
}

/// SPF (RFC 7208).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Spf {
    /// The answer to the question for TXT.
    pub reply: Reply,
    /// What it comes to.
    pub result: SpfResult,
    /// Why it is not valid; for an absent record, that something looks like one.
    pub problem: Option<SpfProblem>,
    /// What is said of everybody whom no term matches; `None` where there is no `all`.
    pub all: Option<All>,
    /// Look-ups of a client that nothing matches (§4.6.4).
    pub lookups: u32,
    /// Void look-ups of the same client, in the worse family.
    pub void_lookups: u32,
    /// How many addresses of IPv4 may send.
    pub ipv4: u64,
    /// How many addresses of IPv6 may send.
    pub ipv6: Count,
    /// Whether more may: terms that depend on the message.
    pub has_more: bool,
    /// The names that the domain's own record includes or redirects to.
    pub includes: Vec<Domain>,
    /// Who runs what the whole tree includes, as far as a table tells, each once.
    pub providers: Vec<Box<str>>,
}

/// DMARC, by both standards.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dmarc {
    /// The answer to the question for TXT at `_dmarc` before the name itself.
    pub reply: Reply,
    /// The name's own record.
    pub own: OwnPolicy,
    /// What applies by tree walk (RFC 9989 §4.10).
    pub walk: Applied,
    /// What applies by public suffix list (RFC 7489 §6.6.3).
    pub psl: Applied,
}

/// The DMARC record of a name itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OwnPolicy {
    /// What there is.
    pub found: Found,
    /// `p`, as published.
    pub p: Option<Policy>,
    /// `sp`, as published.
    pub sp: Option<Policy>,
    /// `np`, as published.
    pub np: Option<Policy>,
    /// Whether `t=y` stands there.
    pub is_testing: bool,
    /// Whether `psd=y` stands there.
    pub is_psd: bool,
    /// How many addresses want aggregate reports.
    pub rua: u32,
    /// How many addresses want failure reports.
    pub ruf: u32,
    /// What is wrong with it: ids of flaws, each once, in the order of the text.
    pub flaws: Vec<Box<str>>,
}

/// The policy that applies to mail of a name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Applied {
    /// How the search ended.
    pub search: Search,
    /// What the domain of the record is to the name.
    pub place: Option<Place>,
    /// Where the record stands.
    pub domain: Option<Domain>,
    /// The organizational domain.
    pub organizational: Option<Domain>,
    /// The policy for the name itself; under `t=y` one level below what is published.
    pub policy: Option<Policy>,
    /// The policy for names below it that exist and have no record of their own.
    pub below: Option<Policy>,
    /// The policy for names below it that do not exist.
    pub nonexistent: Option<Policy>,
}

/// DKIM: three figures, each within the one before it, and never one blended of them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dkim {
    /// The answer at `_domainkey`. No data says that there is something below (RFC 8020); no such name, that there is nothing.
    pub folder: Reply,
    /// The answer at a selector that nobody made. Where that is no data, the servers deny names that way, and the answer at
    /// `_domainkey` says nothing.
    pub nonsense: Reply,
    /// Selectors of the list.
    pub listed: Selectors,
    /// Selectors that were learnt from mail or reports.
    pub learnt: Selectors,
}

/// Selectors of one kind.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selectors {
    /// How many were asked for.
    pub asked: u32,
    /// Those with a key that can be used.
    pub found: Vec<Box<str>>,
    /// Of how many there was no answer.
    pub unanswered: u32,
}

/// A kind of record of which a name should have one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Presence {
    /// The answer.
    pub reply: Reply,
    /// What it comes to.
    pub found: Found,
}

/// What names answer that nobody made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Wildcard {
    /// TXT at a label before the name.
    pub name: Reply,
    /// TXT at `_dmarc` before that label.
    pub policy: Reply,
}

/// Name servers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NameServers {
    /// The answer to the question for NS: at the name, or where it has none, at its registered domain.
    pub reply: Reply,
    /// Who runs the first of them in the order of their names: by a table, else its registered domain.
    pub operator: Option<Box<str>>,
}

vocabulary! {
    /// Whether a name takes mail.
    #[derive(Default)]
    MailClass {
        /// It has mail hosts.
        Mx = "mx",
        /// It says that it takes none (RFC 7505).
        NullMx = "null_mx",
        /// It has no mail host and an address (RFC 5321 §5.1).
        AddressOnly = "a_only",
        /// It has neither.
        None = "none",
        /// It does not exist.
        NxDomain = "nxdomain",
        /// It is not known.
        #[default]
        Unanswered = "unanswered",
    }

    /// What SPF comes to.
    #[derive(Default)]
    SpfResult {
        /// There is no record.
        Absent = "absent",
        /// It can be evaluated for every client.
        Valid = "valid",
        /// Some client meets permerror.
        Invalid = "invalid",
        /// It is not known, or not as a whole: a question was not answered.
        #[default]
        TempError = "temperror",
    }

    /// Why an SPF record is not valid.
    SpfProblem {
        /// More than one record (§4.5).
        Several = "several",
        /// The record breaks the grammar (§4.6).
        Syntax = "syntax",
        /// An included record breaks the grammar, or there are several.
        IncludedSyntax = "included_syntax",
        /// What is included, or redirected to, has no record (§5.2, §6.1).
        IncludedAbsent = "included_absent",
        /// A record leads back to itself.
        Loop = "loop",
        /// More look-ups than ten (§4.6.4).
        Lookups = "lookups",
        /// More void look-ups than two (§4.6.4).
        VoidLookups = "void_lookups",
        /// Another limit, as that of the hosts of one `mx`.
        Other = "other",
        /// There is no record, and a text that was meant to be one.
        Lookalike = "lookalike",
    }

    /// The qualifier of `all`.
    All {
        /// `+all`
        Pass = "+all",
        /// `?all`
        Neutral = "?all",
        /// `~all`
        SoftFail = "~all",
        /// `-all`
        Fail = "-all",
    }

    /// What stands at a name where one record should.
    #[derive(Default)]
    Found {
        /// Nothing of the kind.
        Absent = "absent",
        /// A record.
        Valid = "valid",
        /// Something that was meant to be one, and cannot be used as it is meant.
        Invalid = "invalid",
        /// More than one: none of them counts.
        Several = "several",
        /// It is not known.
        #[default]
        Unanswered = "unanswered",
    }

    /// How the search for a DMARC policy ended.
    #[derive(Default)]
    Search {
        /// A record applies.
        Found = "found",
        /// None does.
        Absent = "absent",
        /// The record that would is so defective that there is no DMARC (RFC 9989 §4.10.1).
        Unusable = "unusable",
        /// It is not known.
        #[default]
        Unanswered = "unanswered",
    }

    /// What the resolver says of DNSSEC.
    #[derive(Default)]
    Proof {
        /// It proved the answer: AD.
        Authenticated = "authenticated",
        /// It did not: unsigned, or it does not validate.
        Unproven = "unproven",
        /// It is not known.
        #[default]
        Unanswered = "unanswered",
    }
}

impl Reply {
    /// How this was answered.
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        match answer {
            Answer::Records(_) => Self::Records,
            Answer::NoData(_) => Self::NoData,
            Answer::NxDomain(_) => Self::NxDomain,
            Answer::Failed(failure) => Self::Failed(*failure),
        }
    }

    /// The word: that of [`Answer::word`], or `not-asked`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAsked => "not-asked",
            Self::Records => "records",
            Self::NoData => "nodata",
            Self::NxDomain => "nxdomain",
            Self::Failed(failure) => failure.word(),
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let others = [Self::NotAsked, Self::Records, Self::NoData, Self::NxDomain];
        let other = others.into_iter().find(|reply| reply.as_str() == word);
        other.or_else(|| Failure::parse(word).map(Self::Failed))
    }

    /// Whether it was asked and not answered.
    #[must_use]
    pub fn is_failed(self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

impl Found {
    /// Whether something of the kind is published, usable or not.
    #[must_use]
    pub fn is_published(self) -> bool {
        matches!(self, Self::Valid | Self::Invalid | Self::Several)
    }
}

impl Spf {
    /// Whether a record is published, usable or not. A record of which something could not be looked up is published, too.
    #[must_use]
    pub fn is_published(&self) -> bool {
        match self.result {
            SpfResult::Absent => false,
            SpfResult::Valid | SpfResult::Invalid => true,
            SpfResult::TempError => !self.reply.is_failed(),
        }
    }
}

impl Dkim {
    /// Whether there is something below `_domainkey`; `None` where the answers do not tell.
    #[must_use]
    pub fn has_folder(&self) -> Option<bool> {
        match (self.folder, self.nonsense) {
            (Reply::NxDomain, _) => Some(false),
            // RFC 8020 §2: a name that does not exist has nothing below it; so one with something below it exists.
            (Reply::Records | Reply::NoData, Reply::NxDomain) => Some(true),
            // Servers that deny so, a wildcard, or no answer at all.
            _ => None,
        }
    }
}
