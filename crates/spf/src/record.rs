//! The SPF record (RFC 7208 §4.5, §4.6, §5, §6): one parser for evaluation, audit and pages.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::Arc;

use lookup::{Data, Records};
use mailtext::{Domain, DomainError, Flaw, Span};
use smallvec::SmallVec;

use crate::flat::Kept;
use crate::flaw::{Flaws, RecordFlaw};
use crate::limits::{RECORD_BYTES_MAX, TERM_COUNT_MAX, VERSION_BYTES_MAX};
use crate::macros::{End, MacroString, Place, target_name};
use crate::outcome::Verdict;

/// A record as it was read: its directives in order, its modifiers, and the text they were read from.
///
/// It is there even when the text has fatal flaws; what could not be read is missing then.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Record {
    /// How it begins.
    pub version: Version,
    text: Box<[u8]>,
    directives: Box<[Directive]>,
    /// The modifier `redirect=`.
    pub redirect: Option<Modifier<DomainSpec>>,
    /// The modifier `exp=`.
    pub explanation: Option<Modifier<DomainSpec>>,
    /// The modifiers of RFC 6652.
    pub reports: Reports,
    /// Modifiers that are ignored.
    pub unknown_modifiers: Vec<UnknownModifier>,
    plan: Plan,
}

/// How a record begins: whose rules choose it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Version {
    /// `v=spf1`
    #[default]
    Spf1,
    /// `spf2.0/mfrom,pra`: a record of Sender ID (RFC 4406 §3.1), which SPF itself does not see.
    Spf2 {
        /// The digits of the minor version.
        minor: Box<str>,
        /// The scopes as they are written, known or not: at least one.
        scopes: Box<[Box<str>]>,
    },
}

/// The scopes of Sender ID (RFC 4406 §3.1): which address a record is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scope {
    /// The purported responsible address of the header.
    Pra,
    /// The reverse-path.
    MailFrom,
}

/// One mechanism with its qualifier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directive {
    /// What a match means.
    pub qualifier: Qualifier,
    /// What is tested.
    pub mechanism: Mechanism,
    /// Where it stands in the record's text.
    pub span: Span,
}

/// What a match means (RFC 7208 §4.6.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Qualifier {
    /// `+`, or none.
    Pass,
    /// `-`
    Fail,
    /// `~`
    SoftFail,
    /// `?`
    Neutral,
}

/// What a directive tests (RFC 7208 §5).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mechanism {
    /// `all`: always matches.
    All,
    /// `include:`: matches when the record of the domain says pass.
    Include(DomainSpec),
    /// `a`: an address of the domain.
    A(Option<DomainSpec>, DualCidr),
    /// `mx`: an address of a mail exchange of the domain.
    Mx(Option<DomainSpec>, DualCidr),
    /// `ptr`: the client's validated name lies within the domain.
    Ptr(Option<DomainSpec>),
    /// `ip4:`: a network.
    Ip4(Ipv4Addr, u8),
    /// `ip6:`: a network.
    Ip6(Ipv6Addr, u8),
    /// `exists:`: the name has an A record.
    Exists(DomainSpec),
}

/// Prefix lengths in bits for the two families.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct DualCidr {
    /// For IPv4: 0 to 32.
    pub ip4_bits: u8,
    /// For IPv6: 0 to 128.
    pub ip6_bits: u8,
}

/// A domain, as a mechanism or a modifier names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DomainSpec {
    /// Always the same name, of two labels or more.
    Fixed(Domain),
    /// Always the same text, which cannot be a name in DNS.
    Malformed(Box<str>, DomainError),
    /// Built for each check.
    Macros(MacroString),
}

/// A modifier and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Modifier<T> {
    /// What stands after `=`.
    pub value: T,
    /// Where the whole modifier stands in the record's text.
    pub span: Span,
}

/// A modifier that is ignored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownModifier {
    /// What stands before `=`.
    pub name: Box<str>,
    /// What stands after it.
    pub value: Box<str>,
    /// Where the whole modifier stands in the record's text.
    pub span: Span,
}

/// What the domain wishes to be told of failures (RFC 6652 §3). It says nothing in a record that was reached through
/// `include`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reports {
    /// `ra=`: the local part to which reports go, at the domain of the record, as it is written (quoted-printable).
    /// Without it no report is asked for.
    pub address: Option<Box<str>>,
    /// `rp=`: percentage of failures to report.
    pub percentage: u8,
    /// `rr=`: results to report.
    pub requested: ReportedResults,
    /// Where `rp=` or `rr=` stands.
    seen: Option<Span>,
}

/// The results of which RFC 6652 §4.1 lets a domain ask for reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReportedResults {
    /// `e`: temperror and permerror.
    pub errors: bool,
    /// `f`: fail.
    pub fail: bool,
    /// `s`: softfail.
    pub soft_fail: bool,
    /// `n`: neutral and none.
    pub neutral: bool,
}

/// What the TXT records of a name say about SPF. Kept beside the DNS answer, so that it is made once per answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// The name for which the answer was read first.
    pub(crate) domain: Domain,
    /// Which record was chosen, if one was.
    pub selection: Selection,
    /// The record; empty when none was chosen.
    pub record: Record,
    /// Its flaws.
    pub flaws: Vec<Flaw<RecordFlaw>>,
}

/// What came of choosing (RFC 7208 §4.5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Selection {
    /// No record begins with the version.
    Nothing,
    /// So many records do, more than one.
    Several(usize),
    /// One record, without a fatal flaw.
    Sound,
    /// One record, with this fatal flaw and perhaps others.
    Broken(Flaw<RecordFlaw>),
}

impl Policy {
    /// Chooses and reads the record among the TXT records of a name.
    #[must_use]
    pub fn select(domain: Domain, data: &[Data]) -> Self {
        // RFC 7208 §4.5: discard records that do not begin with a version section of exactly "v=spf1"
        let mut texts = data.iter().filter_map(|record| match record {
            Data::Txt(text) if version_length(text.bytes()).is_some() => Some(text.bytes()),
            _ => None,
        });
        let first = texts.next();
        let more = texts.count();
        let (selection, record, flaws) = match first {
            None => (Selection::Nothing, Record::default(), Vec::new()),
            // RFC 7208 §4.5: if the resultant record set includes more than one record, "permerror"
            Some(_) if more > 0 => (Selection::Several(more + 1), Record::default(), Vec::new()),
            Some(text) => {
                let (record, flaws) = Record::parse(text);
                (Selection::of(&flaws), record, flaws)
            }
        };
        Self { domain, selection, record, flaws }
    }

    /// What the TXT records of `domain` say, read once and kept beside them.
    #[must_use]
    pub fn of(domain: &Domain, records: &Records) -> Arc<Self> {
        match Kept::beside(domain, records) {
            Some(kept) => Arc::clone(&kept.policy),
            None => Arc::new(Self::select(domain.clone(), &records.data)),
        }
    }

    /// Chooses and reads the record for a scope of Sender ID. Where no record of version 2 has the scope, it is the
    /// policy of SPF, and shared with it. Records of the type SPF are not asked for: RFC 7208 §3.1 ended them.
    #[must_use]
    pub fn for_scope(scope: Scope, domain: &Domain, records: &Records) -> Arc<Self> {
        if let Some(kept) = Kept::beside(domain, records).filter(|kept| !kept.of_sender_id) {
            return Arc::clone(&kept.policy);
        }
        // RFC 4406 §4.4: records that use the "spf2" version identifier and do not have a scope-id that matches <scope>
        // are discarded
        let with_scope = |data: &Data| match data {
            Data::Txt(text) => Version::parse_spf2(text.bytes()).is_some_and(|(version, _)| version.has(scope)),
            _ => false,
        };
        let mut texts = records.data.iter().filter(|data| with_scope(data)).filter_map(|data| match data {
            Data::Txt(text) => Some(text.bytes()),
            _ => None,
        });
        // RFC 4406 §3.4: "v=spf1" is equivalent to "spf2.0/mfrom,pra"; §4.4 lets "spf2" take precedence for its scopes
        let Some(first) = texts.next() else {
            return Self::of(domain, records);
        };
        let more = texts.count();
        let (selection, record, flaws) = match Record::parse_spf2(first) {
            // RFC 4406 §4.4: if there are two or more records remaining, then check_host() exits with "PermError"
            _ if more > 0 => (Selection::Several(more + 1), Record::default(), Vec::new()),
            Some((record, flaws)) => (Selection::of(&flaws), record, flaws),
            None => (Selection::Nothing, Record::default(), Vec::new()),
        };
        Arc::new(Self { domain: domain.clone(), selection, record, flaws })
    }
}

/// Whether a record is one of Sender ID's, for whatever scope.
pub(crate) fn is_of_sender_id(data: &Data) -> bool {
    matches!(data, Data::Txt(text) if Version::parse_spf2(text.bytes()).is_some())
}

impl Selection {
    fn of(flaws: &[Flaw<RecordFlaw>]) -> Self {
        flaws.iter().find(|flaw| flaw.kind.is_fatal()).map_or(Self::Sound, |flaw| Self::Broken(*flaw))
    }
}

impl Version {
    /// Reads the version section of a record of Sender ID, and how many bytes it takes; `None` when the text does not
    /// begin with one that is well formed.
    #[must_use]
    pub fn parse_spf2(text: &[u8]) -> Option<(Self, usize)> {
        let length = text.iter().position(|byte| *byte == b' ').unwrap_or(text.len());
        let section = std::str::from_utf8(text.get(..length.min(VERSION_BYTES_MAX))?).ok()?;
        let name = section.get(..SPF2.len()).filter(|name| name.eq_ignore_ascii_case(SPF2))?;
        // RFC 4406 §3.1: version = "spf2." ver-minor scope; scope = "/" scope-id *( "," scope-id )
        let (minor, scopes) = section[name.len()..].split_once('/')?;
        let is_minor = !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit());
        let scopes: Vec<&str> = scopes.split(',').collect();
        if length > VERSION_BYTES_MAX || !is_minor || !scopes.iter().copied().all(is_modifier_name) {
            return None;
        }
        // RFC 4406 §4.4: ver-minor must be well formed for a record to be retained, but is otherwise ignored
        let scopes = scopes.into_iter().map(Box::from).collect();
        Some((Self::Spf2 { minor: minor.into(), scopes }, length))
    }

    /// Whether the record is for the scope. Records of SPF are for both.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        match self {
            Self::Spf1 => true,
            // RFC 4406 §4.4: a complete string match on the scope-id tokens
            Self::Spf2 { scopes, .. } => scopes.iter().any(|token| token.eq_ignore_ascii_case(scope.as_str())),
        }
    }
}

impl Scope {
    /// The scope-id: `pra`, `mfrom`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pra => "pra",
            Self::MailFrom => "mfrom",
        }
    }
}

impl Record {
    /// Reads a record and says all that is wrong with it. Fatal flaws ([`RecordFlaw::is_fatal`]) make the result
    /// permerror (RFC 7208 §4.6), wherever in the record they stand.
    #[must_use]
    pub fn parse(text: &[u8]) -> (Self, Vec<Flaw<RecordFlaw>>) {
        let (mut parser, read) = Parser::new(text);
        let start = version_length(read).unwrap_or_else(|| {
            let glued = VERSION.len().min(read.len());
            parser.flaws.push(RecordFlaw::VersionMissing, 0, glued);
            if read[..glued].eq_ignore_ascii_case(VERSION) { glued } else { 0 }
        });
        parser.terms(start);
        parser.finish()
    }

    /// Whether a text is an SPF record at all: it begins with the version section, exactly.
    #[must_use]
    pub fn claims(text: &[u8]) -> bool {
        // RFC 7208 §4.5: other texts are discarded.
        version_length(text).is_some()
    }

    /// Reads a record of Sender ID (RFC 4406 §3); `None` when its version section is none. Apart from that section it
    /// is as a record of SPF.
    #[must_use]
    pub fn parse_spf2(text: &[u8]) -> Option<(Self, Vec<Flaw<RecordFlaw>>)> {
        let (version, length) = Version::parse_spf2(text)?;
        let (mut parser, read) = Parser::new(text);
        parser.record.version = version;
        // RFC 4406 §3.3: modifiers that are unrecognized MUST be ignored; no positional one was ever defined
        parser.terms(length.min(read.len()));
        Some(parser.finish())
    }

    /// The text that was read.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The directives, in order.
    #[must_use]
    pub fn directives(&self) -> &[Directive] {
        &self.directives
    }

    /// The text of a term, for people: bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn term_text(&self, span: Span) -> String {
        String::from_utf8_lossy(span.of(&self.text)).into_owned()
    }

    /// Whether there is an `all`.
    #[must_use]
    pub fn has_all(&self) -> bool {
        self.directives.iter().any(|directive| directive.mechanism == Mechanism::All)
    }

    /// The stages in which the directives are evaluated.
    pub(crate) fn stages(&self) -> &[Stage] {
        &self.plan.stages
    }

    /// The networks of IPv4 of a run: prefix, mask, and the directive.
    pub(crate) fn networks4(&self, run: &NetworkRun) -> impl Iterator<Item = (u32, u32, u32)> {
        let networks = self.plan.ip4.get(run.ip4.start as usize..run.ip4.end as usize).unwrap_or_default();
        networks.iter().map(|network| (network.prefix, network.mask, network.directive))
    }

    /// The networks of IPv6 of a run: prefix, mask, and the directive.
    pub(crate) fn networks6(&self, run: &NetworkRun) -> impl Iterator<Item = (u128, u128, u32)> {
        let networks = self.plan.ip6.get(run.ip6.start as usize..run.ip6.end as usize).unwrap_or_default();
        networks.iter().map(|network| (network.prefix, network.mask, network.directive))
    }

    /// The first directive of a run of networks that holds the address.
    pub(crate) fn network_with(&self, run: &NetworkRun, ip: IpAddr) -> Option<u32> {
        match ip {
            IpAddr::V4(v4) => {
                let bits = v4.to_bits();
                let networks = self.plan.ip4.get(run.ip4.start as usize..run.ip4.end as usize)?;
                networks.iter().find(|network| bits & network.mask == network.prefix).map(|network| network.directive)
            }
            IpAddr::V6(v6) => {
                let bits = v6.to_bits();
                let networks = self.plan.ip6.get(run.ip6.start as usize..run.ip6.end as usize)?;
                networks.iter().find(|network| bits & network.mask == network.prefix).map(|network| network.directive)
            }
        }
    }
}

/// The directives as they are evaluated: runs of `ip4` and `ip6` as compact arrays, everything else one by one.
///
/// What most records have stands in the record itself: a message asks for records that were not used for a while, and each
/// place in memory that is not near another costs as much as all the arithmetic.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Plan {
    stages: SmallVec<[Stage; 4]>,
    ip4: SmallVec<[Network<u32>; 3]>,
    ip6: Box<[Network<u128>]>,
}

/// One stage of evaluation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Stage {
    Networks(NetworkRun),
    /// `all`.
    Everyone(u32),
    /// A directive that asks DNS.
    Directive(u32),
}

/// Ranges in the plan's arrays.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NetworkRun {
    ip4: Range<u32>,
    ip6: Range<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Network<T> {
    prefix: T,
    mask: T,
    directive: u32,
}

impl Plan {
    fn of(directives: &[Directive]) -> Self {
        let (mut stages, mut ip4, mut ip6) = (SmallVec::new(), SmallVec::new(), Vec::new());
        // How many networks of each family there are so far; a directive has its number in 32 bits, too.
        let (mut ip4_count, mut ip6_count) = (0_u32, 0_u32);
        for (index, directive) in (0_u32..).zip(directives) {
            match directive.mechanism {
                Mechanism::Ip4(address, bits) => {
                    let mask = mask4(bits);
                    ip4.push(Network { prefix: address.to_bits() & mask, mask, directive: index });
                    ip4_count += 1;
                }
                Mechanism::Ip6(address, bits) => {
                    let mask = mask6(bits);
                    ip6.push(Network { prefix: address.to_bits() & mask, mask, directive: index });
                    ip6_count += 1;
                }
                Mechanism::All => {
                    stages.push(Stage::Everyone(index));
                    continue;
                }
                _ => {
                    stages.push(Stage::Directive(index));
                    continue;
                }
            }
            if let Some(Stage::Networks(run)) = stages.last_mut() {
                (run.ip4.end, run.ip6.end) = (ip4_count, ip6_count);
            } else {
                let new4 = u32::from(matches!(directive.mechanism, Mechanism::Ip4(..)));
                stages.push(Stage::Networks(NetworkRun {
                    ip4: ip4_count - new4..ip4_count,
                    ip6: ip6_count - (1 - new4)..ip6_count,
                }));
            }
        }
        Self { stages, ip4, ip6: ip6.into() }
    }
}

/// The mask of an IPv4 prefix of so many bits.
pub(crate) fn mask4(bits: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0)
}

/// The mask of an IPv6 prefix of so many bits.
pub(crate) fn mask6(bits: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0)
}

/// How many bytes the version takes; `None` when the text does not begin with it.
pub(crate) fn version_length(text: &[u8]) -> Option<usize> {
    let version = text.get(..VERSION.len())?;
    // RFC 7208 §4.5: the version section is terminated by either an SP character or the end of the record
    let ends = matches!(text.get(VERSION.len()), None | Some(b' '));
    (ends && version.eq_ignore_ascii_case(VERSION)).then_some(VERSION.len())
}

struct Parser {
    flaws: Flaws,
    record: Record,
    directives: Vec<Directive>,
}

impl Parser {
    /// A parser of a text, and as much of it as is read.
    fn new(text: &[u8]) -> (Self, &[u8]) {
        let mut parser = Self { flaws: Flaws::new(), record: Record::default(), directives: Vec::new() };
        let mut read = text;
        if text.len() > RECORD_BYTES_MAX {
            parser.flaws.push(RecordFlaw::RecordTooLong, RECORD_BYTES_MAX, text.len());
            read = &text[..RECORD_BYTES_MAX];
        }
        parser.record.text = read.into();
        (parser, read)
    }

    // RFC 7208 §4.6.1: terms = *( 1*SP ( directive / modifier ) )
    fn terms(&mut self, start: usize) {
        let text = std::mem::take(&mut self.record.text);
        let mut offset = start;
        let mut count = 0;
        for bytes in text[start..].split(|byte| *byte == b' ') {
            let end = offset + bytes.len();
            if !bytes.is_empty() {
                count += 1;
                if count > TERM_COUNT_MAX {
                    self.flaws.push(RecordFlaw::TooManyTerms, offset, text.len());
                    break;
                }
                self.term(bytes, offset);
            }
            offset = end + 1;
        }
        self.record.text = text;
    }

    fn term(&mut self, bytes: &[u8], offset: usize) {
        if let Some(at) = bytes.iter().position(|byte| !(0x21..=0x7E).contains(byte)) {
            let ascii = bytes[at].is_ascii();
            let kind = if ascii { RecordFlaw::ControlCharacter } else { RecordFlaw::NonAscii };
            let same = bytes[at..].iter().take_while(|byte| !(0x21..=0x7E).contains(*byte) && byte.is_ascii() == ascii);
            let end = at + same.count();
            return self.flaws.push(kind, offset + at, offset + end);
        }
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        // RFC 7208 §4.6.1: modifiers always contain an equals ('=') character immediately after the name, and before any
        // ":" or "/" characters
        match text.find(['=', ':', '/']) {
            Some(at) if text.as_bytes()[at] == b'=' => self.modifier(&text[..at], &text[at + 1..], offset),
            found => self.directive(text, found.unwrap_or(text.len()), offset),
        }
    }

    fn directive(&mut self, text: &str, name_end: usize, offset: usize) {
        let qualifier = text.as_bytes().first().copied().and_then(Qualifier::parse);
        let name_start = usize::from(qualifier.is_some());
        let name = &text[name_start.min(name_end)..name_end];
        let term = Term { argument: &text[name_end..], start: offset, at: offset + name_end, end: offset + text.len() };
        let Some(mechanism) = self.mechanism(name, &term) else { return };
        if self.directives.iter().any(|before| before.mechanism == Mechanism::All) {
            self.flaws.push(RecordFlaw::TermAfterAll, term.start, term.end);
        }
        let span = Span::new(term.start, term.end);
        self.directives.push(Directive { qualifier: qualifier.unwrap_or(Qualifier::Pass), mechanism, span });
    }

    fn mechanism(&mut self, name: &str, term: &Term<'_>) -> Option<Mechanism> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("all") {
            // RFC 7208 §5.1: all = "all"
            if !term.argument.is_empty() {
                self.flaws.push(RecordFlaw::ArgumentUnexpected, term.at, term.end);
                return None;
            }
            Some(Mechanism::All)
        } else if is("include") {
            self.domain_argument(term)?.map(Mechanism::Include).or_else(|| self.missing(term))
        } else if is("exists") {
            self.domain_argument(term)?.map(Mechanism::Exists).or_else(|| self.missing(term))
        } else if is("ptr") {
            self.domain_argument(term).map(Mechanism::Ptr)
        } else if is("a") {
            self.host_argument(term).map(|(domain, cidr)| Mechanism::A(domain, cidr))
        } else if is("mx") {
            self.host_argument(term).map(|(domain, cidr)| Mechanism::Mx(domain, cidr))
        } else if is("ip4") {
            self.ip4(term)
        } else if is("ip6") {
            self.ip6(term)
        } else {
            let is_modifier = is("redirect") || is("exp");
            let kind = if is_modifier { RecordFlaw::ModifierAsMechanism } else { RecordFlaw::UnknownMechanism };
            self.flaws.push(kind, term.start, term.at.max(term.start + 1).min(term.end));
            None
        }
    }

    fn missing(&mut self, term: &Term<'_>) -> Option<Mechanism> {
        self.flaws.push(RecordFlaw::ArgumentMissing, term.start, term.end);
        None
    }

    /// `[ ":" domain-spec ]`. The outer `None` says that a flaw was named.
    fn domain_argument(&mut self, term: &Term<'_>) -> Option<Option<DomainSpec>> {
        if term.argument.is_empty() {
            return Some(None);
        }
        let Some(domain) = term.argument.strip_prefix(':') else {
            self.flaws.push(RecordFlaw::ArgumentUnexpected, term.at, term.end);
            return None;
        };
        let (before, cidr) = split_cidr(domain);
        if !cidr.is_empty() && !before.is_empty() {
            self.flaws.push(RecordFlaw::ArgumentUnexpected, term.end - cidr.len(), term.end);
            return None;
        }
        self.domain_spec(domain, term.at + 1).map(Some)
    }

    /// `[ ":" domain-spec ] [ dual-cidr-length ]`
    fn host_argument(&mut self, term: &Term<'_>) -> Option<(Option<DomainSpec>, DualCidr)> {
        let Some(domain) = term.argument.strip_prefix(':') else {
            return Some((None, self.dual_cidr(term.argument, term.at)?));
        };
        let (domain, cidr) = split_cidr(domain);
        let spec = self.domain_spec(domain, term.at + 1);
        let cidr = self.dual_cidr(cidr, term.end - cidr.len());
        Some((Some(spec?), cidr?))
    }

    // RFC 7208 §5.6: dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ]
    fn dual_cidr(&mut self, text: &str, offset: usize) -> Option<DualCidr> {
        let cut = text.find("//").unwrap_or(text.len());
        let (ip4, ip6) = text.split_at(cut);
        let ip4_bits = if ip4.is_empty() { Some(32) } else { self.prefix_length(&ip4[1..], offset + 1, 32) };
        let ip6_bits = if ip6.is_empty() { Some(128) } else { self.prefix_length(&ip6[2..], offset + cut + 2, 128) };
        Some(DualCidr { ip4_bits: ip4_bits?, ip6_bits: ip6_bits? })
    }

    fn prefix_length(&mut self, digits: &str, offset: usize, bits_max: u8) -> Option<u8> {
        let kind = if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            RecordFlaw::CidrSyntax
        } else if digits.len() > 1 && digits.starts_with('0') {
            // RFC 7208 §5.6: ip4-cidr-length = "/" ("0" / %x31-39 0*1DIGIT)
            RecordFlaw::LeadingZero
        } else {
            match digits.parse::<u8>() {
                Ok(bits) if bits <= bits_max => return Some(bits),
                _ => RecordFlaw::CidrTooLong,
            }
        };
        self.flaws.push(kind, offset - 1, offset + digits.len());
        None
    }

    fn network<'t>(&mut self, term: &Term<'t>, bits_max: u8) -> Option<(&'t str, Option<u8>)> {
        let Some(network) = term.argument.strip_prefix(':').filter(|network| !network.is_empty()) else {
            self.flaws.push(RecordFlaw::ArgumentMissing, term.start, term.end);
            return None;
        };
        match network.split_once('/') {
            None => Some((network, Some(bits_max))),
            Some((address, digits)) => {
                let bits = self.prefix_length(digits, term.end - digits.len(), bits_max);
                Some((address, bits))
            }
        }
    }

    fn ip4(&mut self, term: &Term<'_>) -> Option<Mechanism> {
        let (text, bits) = self.network(term, 32)?;
        // RFC 7208 §5.6: it is not permitted to omit parts of the IP address; no octet has a leading zero
        let Ok(address) = text.parse::<Ipv4Addr>() else {
            let kind = if text.parse::<Ipv6Addr>().is_ok() {
                RecordFlaw::Ip6UnderIp4
            } else if has_leading_zero(text) {
                RecordFlaw::LeadingZero
            } else {
                RecordFlaw::Ip4Address
            };
            self.flaws.push(kind, term.at + 1, term.at + 1 + text.len());
            return None;
        };
        let bits = bits?;
        if address.to_bits() & !mask4(bits) != 0 {
            self.flaws.push(RecordFlaw::HostBits, term.at + 1, term.end);
        }
        Some(Mechanism::Ip4(address, bits))
    }

    fn ip6(&mut self, term: &Term<'_>) -> Option<Mechanism> {
        let (text, bits) = self.network(term, 128)?;
        let Ok(address) = text.parse::<Ipv6Addr>() else {
            let is_ip4 = text.parse::<Ipv4Addr>().is_ok();
            let kind = if is_ip4 { RecordFlaw::Ip4UnderIp6 } else { RecordFlaw::Ip6Address };
            self.flaws.push(kind, term.at + 1, term.at + 1 + text.len());
            return None;
        };
        let bits = bits?;
        if address.to_bits() & !mask6(bits) != 0 {
            self.flaws.push(RecordFlaw::HostBits, term.at + 1, term.end);
        }
        Some(Mechanism::Ip6(address, bits))
    }

    // RFC 7208 §7.1: domain-spec = macro-string domain-end
    fn domain_spec(&mut self, text: &str, offset: usize) -> Option<DomainSpec> {
        if text.is_empty() {
            self.flaws.push(RecordFlaw::EmptyDomainSpec, offset - 1, offset);
            return None;
        }
        let (macros, end) = MacroString::parse(text, offset, Place::DomainSpec, &mut self.flaws);
        // RFC 7208 §7.1: domain-end = ( "." toplabel [ "." ] ) / macro-expand
        if end == End::Literal && !ends_in_top_label(text) {
            self.flaws.push(RecordFlaw::TopLabel, offset, offset + text.len());
            return None;
        }
        let Some(literal) = macros.as_literal() else { return Some(DomainSpec::Macros(macros)) };
        Some(match target_name(literal) {
            Ok(domain) if domain.as_str().contains('.') => DomainSpec::Fixed(domain),
            Ok(_) => DomainSpec::Macros(macros),
            Err(error) => {
                self.flaws.push(RecordFlaw::DomainMalformed, offset, offset + text.len());
                DomainSpec::Malformed(literal.into(), error)
            }
        })
    }

    fn modifier(&mut self, name: &str, value: &str, offset: usize) {
        let at = offset + name.len() + 1;
        let span = Span::new(offset, at + value.len());
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if !is_modifier_name(name) {
            let unqualified = name.strip_prefix(['+', '-', '?', '~']).is_some_and(is_modifier_name);
            let kind = if unqualified { RecordFlaw::QualifierOnModifier } else { RecordFlaw::ModifierName };
            self.flaws.push(kind, offset, at);
        } else if is("redirect") {
            let value = self.domain_spec(value, at);
            if self.record.redirect.is_some() {
                // RFC 7208 §6: these two modifiers MUST NOT appear in a record more than once each
                self.flaws.push(RecordFlaw::DuplicateRedirect, offset, span.end as usize);
            } else {
                self.record.redirect = value.map(|value| Modifier { value, span });
            }
        } else if is("exp") {
            let value = self.domain_spec(value, at);
            if self.record.explanation.is_some() {
                self.flaws.push(RecordFlaw::DuplicateExplanation, offset, span.end as usize);
            } else {
                self.record.explanation = value.map(|value| Modifier { value, span });
            }
        } else {
            // RFC 7208 §4.6.1: unknown-modifier = name "=" macro-string
            MacroString::parse(value, at, Place::Modifier, &mut self.flaws);
            if is("ra") || is("rp") || is("rr") {
                self.report_modifier(name, value, span);
            } else {
                let mechanism = MECHANISM_NAMES.iter().any(|known| is(known));
                let kind = if mechanism { RecordFlaw::MechanismAsModifier } else { RecordFlaw::UnknownModifier };
                self.flaws.push(kind, offset, span.end as usize);
                self.record.unknown_modifiers.push(UnknownModifier { name: name.into(), value: value.into(), span });
            }
        }
    }

    fn report_modifier(&mut self, name: &str, value: &str, span: Span) {
        let (reports, start, end) = (&mut self.record.reports, span.start as usize, span.end as usize);
        match name.as_bytes().get(1).map(u8::to_ascii_lowercase) {
            Some(b'a') if value.is_empty() || value.contains(['@', '<', '>', '"']) => {
                self.flaws.push(RecordFlaw::ReportAddress, start, end);
            }
            Some(b'a') => reports.address = Some(value.into()),
            Some(b'p') => match percentage(value) {
                Some(percentage) => reports.percentage = percentage,
                None => self.flaws.push(RecordFlaw::ReportPercentage, start, end),
            },
            _ => {
                let (requested, all_known) = ReportedResults::parse(value);
                reports.requested = requested;
                if !all_known {
                    self.flaws.push(RecordFlaw::ReportRequest, start, end);
                }
            }
        }
        // Whether an address stands anywhere is known only at the end; the span is kept for that.
        if !name.eq_ignore_ascii_case("ra") {
            self.record.reports.seen = Some(span);
        }
    }

    fn finish(mut self) -> (Record, Vec<Flaw<RecordFlaw>>) {
        let last = self.directives.last().map_or(0, |directive| directive.span.start);
        let redirect = self.record.redirect.as_ref().map(|modifier| modifier.span);
        let explanation = self.record.explanation.as_ref().map(|modifier| modifier.span);
        for span in redirect.into_iter().chain(explanation).filter(|span| span.start < last) {
            self.flaws.push(RecordFlaw::ModifierNotLast, span.start as usize, span.end as usize);
        }
        self.record.plan = Plan::of(&self.directives);
        self.record.directives = self.directives.into();
        if let Some(span) = redirect.filter(|_| self.record.has_all()) {
            self.flaws.push(RecordFlaw::RedirectIgnored, span.start as usize, span.end as usize);
        }
        if let Some(span) = self.record.reports.seen.filter(|_| self.record.reports.address.is_none()) {
            self.flaws.push(RecordFlaw::ReportWithoutAddress, span.start as usize, span.end as usize);
        }
        (self.record, self.flaws.into_vec())
    }
}

/// A mechanism being read: its argument with the separator, and where term, argument and end lie in the record.
struct Term<'t> {
    argument: &'t str,
    start: usize,
    at: usize,
    end: usize,
}

/// Cuts the prefix lengths off the end. A slash may stand in a domain-spec too, so only a tail that has neither dot nor
/// brace is taken for one.
fn split_cidr(text: &str) -> (&str, &str) {
    let mut cut = text.len();
    for _ in 0..2 {
        let Some(slash) = text[..cut].rfind('/') else { break };
        let tail = &text[slash + 1..cut];
        let digits = tail.bytes().all(|byte| byte.is_ascii_digit());
        if tail.contains(['.', '}', '%']) || (!digits && cut < text.len()) {
            break;
        }
        let double = text[..slash].ends_with('/');
        cut = if double { slash - 1 } else { slash };
        if !double {
            break;
        }
    }
    text.split_at(cut)
}

// RFC 7208 §7.1: toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
fn ends_in_top_label(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    let Some((_, label)) = text.rsplit_once('.') else { return false };
    !label.is_empty()
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.bytes().all(|byte| byte.is_ascii_digit())
        && !label.starts_with('-')
        && !label.ends_with('-')
}

// RFC 7208 §4.6.1: name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )
fn is_modifier_name(name: &str) -> bool {
    name.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn has_leading_zero(text: &str) -> bool {
    text.split('.').all(|octet| !octet.is_empty() && octet.bytes().all(|byte| byte.is_ascii_digit()))
        && text.split('.').any(|octet| octet.len() > 1 && octet.starts_with('0'))
}

/// RFC 6652 §3 says "an integer from 0 to 100" in prose and a fraction in its grammar; both are read.
fn percentage(text: &str) -> Option<u8> {
    let digits = |text: &str| {
        let good = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        good.then(|| text.parse::<u64>().ok()).flatten()
    };
    let percentage = match text.split_once('/') {
        None => digits(text)?,
        Some((part, whole)) => (digits(part)? * 100).checked_div(digits(whole)?)?,
    };
    u8::try_from(percentage).ok().filter(|percentage| *percentage <= 100)
}

impl Default for Reports {
    fn default() -> Self {
        Self { address: None, percentage: 100, requested: ReportedResults::ALL, seen: None }
    }
}

impl ReportedResults {
    /// `all`, which is the default.
    pub const ALL: Self = Self { errors: true, fail: true, soft_fail: true, neutral: true };

    /// Reads `rr=`. RFC 6652 §4: requests for reports not in the list are ignored; the second value says that none was.
    fn parse(text: &str) -> (Self, bool) {
        let mut requested = Self { errors: false, fail: false, soft_fail: false, neutral: false };
        let mut all_known = true;
        for token in text.split(':') {
            match token.to_ascii_lowercase().as_str() {
                "all" => requested = Self::ALL,
                "e" => requested.errors = true,
                "f" => requested.fail = true,
                "s" => requested.soft_fail = true,
                "n" => requested.neutral = true,
                _ => all_known = false,
            }
        }
        (requested, all_known)
    }

    /// Whether a report is wished of this verdict.
    #[must_use]
    pub fn includes(self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::TempError | Verdict::PermError => self.errors,
            Verdict::Fail => self.fail,
            Verdict::SoftFail => self.soft_fail,
            Verdict::Neutral | Verdict::None => self.neutral,
            Verdict::Pass => false,
        }
    }
}

impl Qualifier {
    fn parse(byte: u8) -> Option<Self> {
        match byte {
            b'+' => Some(Self::Pass),
            b'-' => Some(Self::Fail),
            b'~' => Some(Self::SoftFail),
            b'?' => Some(Self::Neutral),
            _ => None,
        }
    }

    /// What a match means.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Pass => Verdict::Pass,
            Self::Fail => Verdict::Fail,
            Self::SoftFail => Verdict::SoftFail,
            Self::Neutral => Verdict::Neutral,
        }
    }
}

impl Mechanism {
    /// Whether the mechanism asks DNS, and so counts against the limit of RFC 7208 §4.6.4.
    #[must_use]
    pub fn asks_dns(&self) -> bool {
        !matches!(self, Self::All | Self::Ip4(..) | Self::Ip6(..))
    }

    /// The domain named, if one is.
    #[must_use]
    pub fn domain_spec(&self) -> Option<&DomainSpec> {
        match self {
            Self::Include(spec) | Self::Exists(spec) => Some(spec),
            Self::A(spec, _) | Self::Mx(spec, _) | Self::Ptr(spec) => spec.as_ref(),
            Self::All | Self::Ip4(..) | Self::Ip6(..) => None,
        }
    }
}

impl fmt::Display for Record {
    /// The record in normal form: names in lower case, no qualifier `+`, no prefix that is the default, modifiers last.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.version)?;
        for directive in &self.directives {
            write!(formatter, " {directive}")?;
        }
        for modifier in &self.unknown_modifiers {
            write!(formatter, " {}={}", modifier.name, modifier.value)?;
        }
        if let Some(address) = &self.reports.address {
            write!(formatter, " ra={address}")?;
        }
        if self.reports.percentage != 100 {
            write!(formatter, " rp={}", self.reports.percentage)?;
        }
        if self.reports.requested != ReportedResults::ALL {
            write!(formatter, " rr={}", self.reports.requested)?;
        }
        if let Some(redirect) = &self.redirect {
            write!(formatter, " redirect={}", redirect.value)?;
        }
        if let Some(explanation) = &self.explanation {
            write!(formatter, " exp={}", explanation.value)?;
        }
        Ok(())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spf1 => formatter.write_str("v=spf1"),
            Self::Spf2 { minor, scopes } => write!(formatter, "{SPF2}{minor}/{}", scopes.join(",")),
        }
    }
}

impl fmt::Display for ReportedResults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens = [(self.errors, "e"), (self.fail, "f"), (self.soft_fail, "s"), (self.neutral, "n")];
        let mut separator = "";
        for (_, token) in tokens.into_iter().filter(|(wanted, _)| *wanted) {
            write!(formatter, "{separator}{token}")?;
            separator = ":";
        }
        Ok(())
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let qualifier = match self.qualifier {
            Qualifier::Pass => "",
            Qualifier::Fail => "-",
            Qualifier::SoftFail => "~",
            Qualifier::Neutral => "?",
        };
        write!(formatter, "{qualifier}{}", self.mechanism)
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = |formatter: &mut fmt::Formatter<'_>, name: &str, spec: &Option<DomainSpec>| match spec {
            Some(spec) => write!(formatter, "{name}:{spec}"),
            None => formatter.write_str(name),
        };
        match self {
            Self::All => formatter.write_str("all"),
            Self::Include(spec) => write!(formatter, "include:{spec}"),
            Self::Exists(spec) => write!(formatter, "exists:{spec}"),
            Self::Ptr(spec) => host(formatter, "ptr", spec),
            Self::A(spec, cidr) => host(formatter, "a", spec).and_then(|()| write!(formatter, "{cidr}")),
            Self::Mx(spec, cidr) => host(formatter, "mx", spec).and_then(|()| write!(formatter, "{cidr}")),
            Self::Ip4(address, 32) => write!(formatter, "ip4:{address}"),
            Self::Ip4(address, bits) => write!(formatter, "ip4:{address}/{bits}"),
            Self::Ip6(address, 128) => write!(formatter, "ip6:{address}"),
            Self::Ip6(address, bits) => write!(formatter, "ip6:{address}/{bits}"),
        }
    }
}

impl fmt::Display for DualCidr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ip4_bits != 32 {
            write!(formatter, "/{}", self.ip4_bits)?;
        }
        if self.ip6_bits != 128 {
            write!(formatter, "//{}", self.ip6_bits)?;
        }
        Ok(())
    }
}

impl fmt::Display for DomainSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(domain) => write!(formatter, "{}", Escaped(domain.as_str())),
            Self::Malformed(text, _) => write!(formatter, "{}", Escaped(text)),
            Self::Macros(macros) => write!(formatter, "{macros}"),
        }
    }
}

/// Literal text as a macro-string writes it.
struct Escaped<'t>(&'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.replace('%', "%%").replace(' ', "%_"))
    }
}

const VERSION: &[u8] = b"v=spf1";
const SPF2: &str = "spf2.";
const MECHANISM_NAMES: [&str; 8] = ["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"];

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
