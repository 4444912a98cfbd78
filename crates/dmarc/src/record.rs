//! The DMARC policy record: RFC 9989 §4.7 and §4.8.

use std::fmt;

use mailtext::{Explain, Flaw, Rule, Span, Tag, TagFlaw, TagList, Value};

use crate::limits::{REPORT_URI_BYTES_MAX, REPORT_URI_COUNT_MAX};
use crate::uri::{Uri, parse_list};

/// A DMARC policy record: something whose first tag is `v=DMARC1`. Tags that are absent or wrong hold their default.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Record {
    /// `p`, when there and valid.
    pub p: Option<Policy>,
    /// `sp`, when there and valid.
    pub sp: Option<Policy>,
    /// `np`, when there and valid.
    pub np: Option<Policy>,
    /// `adkim`.
    pub adkim: Mode,
    /// `aspf`.
    pub aspf: Mode,
    /// `fo`; to be ignored when `ruf` is empty.
    pub fo: FailureOptions,
    /// The valid URIs of `rua`.
    pub rua: Vec<Uri>,
    /// The valid URIs of `ruf`.
    pub ruf: Vec<Uri>,
    /// `psd`.
    pub psd: Psd,
    /// `t`.
    pub testing: Testing,
    /// What the policies are good for (§4.10.1).
    pub standing: Standing,
    /// The tags of RFC 7489 that are no more: never used here, told to those who still meet old receivers.
    pub historic: Historic,
}

/// What a domain owner asks for: weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Policy {
    /// No preference.
    #[default]
    None,
    /// Suspicious.
    Quarantine,
    /// Not valid.
    Reject,
}

/// Which tag of a record a policy was taken from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PolicyTag {
    /// `p`.
    P,
    /// `sp`.
    Sp,
    /// `np`.
    Np,
    /// None: the record is defective and counts as `p=none` (§4.10.1).
    Defective,
}

/// How alike an identifier and the author domain have to be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Mode {
    /// The same organizational domain.
    #[default]
    Relaxed,
    /// The same name.
    Strict,
}

/// Whether a record says that its domain is a public suffix domain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Psd {
    /// It does not say.
    #[default]
    Unknown,
    /// It is one.
    Yes,
    /// It is none, and it is an organizational domain.
    No,
}

/// Whether the owner is testing its policy.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Testing {
    /// `t=n`: the policy is meant.
    #[default]
    Off,
    /// `t=y`: one level below the policy is meant.
    On,
}

/// What the policies of a record are good for (RFC 9989 §4.10.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Standing {
    /// They stand as published.
    AsPublished,
    /// `p` is absent or wrong, or `sp` or `np` is wrong, and there is somebody to report to: as if `p=none` alone stood.
    MonitorOnly,
    /// The same and nobody to report to: no DMARC for this message.
    #[default]
    Unusable,
}

/// `fo`: when failure reports are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FailureOptions {
    /// `0` or `1`.
    pub when: FailureWhen,
    /// `d`: also for each DKIM signature that failed.
    pub dkim: Wanted,
    /// `s`: also when SPF failed.
    pub spf: Wanted,
}

/// `0` and `1` of `fo`, which exclude each other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum FailureWhen {
    /// `0`: no mechanism gave an aligned pass.
    #[default]
    AllFailed,
    /// `1`: some mechanism did not give an aligned pass.
    AnyFailed,
    /// Neither is said, only `d` or `s`.
    Unsaid,
}

/// Whether something was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Wanted {
    /// Not asked for.
    #[default]
    No,
    /// Asked for.
    Yes,
}

/// Tags that RFC 9989 §C.5.2 removed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Historic {
    /// `pct`, when it is 0 to 100.
    pub pct: Option<u8>,
    /// `ri`, in seconds, when it is a number.
    pub ri_s: Option<u32>,
}

/// What can be wrong with, or worth saying of, a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RecordFlaw {
    /// The tag list itself.
    Tag(TagFlaw),
    /// No tag `v`: not a DMARC record.
    VersionAbsent,
    /// `v` is not the first tag: not a DMARC record.
    VersionNotFirst,
    /// `v` is not exactly `DMARC1`: not a DMARC record.
    VersionValue,
    /// White space before `v`; other readers may not take it for a DMARC record.
    LeadingSpace,
    /// No `p`.
    PolicyAbsent,
    /// `p`, `sp` or `np` is none of `none`, `quarantine`, `reject`.
    PolicyValue,
    /// `p` does not follow `v` directly, which RFC 7489 wanted.
    PolicyNotSecond,
    /// `adkim` or `aspf` is neither `r` nor `s`.
    ModeValue,
    /// `psd` is none of `y`, `n`, `u`.
    PsdValue,
    /// `t` is neither `y` nor `n`.
    TestingValue,
    /// `fo` breaks its grammar.
    FailureOptionsValue,
    /// `fo` without `ruf`.
    FailureOptionsAlone,
    /// Nothing between two commas.
    UriEmpty,
    /// Not a URI.
    UriSyntax,
    /// A `mailto:` URI without one plain mailbox.
    UriMailbox,
    /// `!` or `,` inside a URI, not percent-encoded.
    UriMark,
    /// The obsolete size.
    UriSize,
    /// A scheme other than `mailto`.
    UriScheme,
    /// More URIs than [`REPORT_URI_COUNT_MAX`].
    UriTooMany,
    /// A URI longer than [`REPORT_URI_BYTES_MAX`].
    UriTooLong,
    /// `pct`, `rf` or `ri`.
    HistoricTag,
    /// `pct` or `ri` that was wrong even when it counted.
    HistoricValue,
    /// A tag that nobody knows.
    UnknownTag,
}

impl Record {
    /// Reads a record; `None` when `text` is no DMARC record. Spans are offsets into `text`.
    ///
    /// Of a tag that stands twice the first counts: RFC 9989 §4.8 wants errors behind `v` ignored, not the record.
    #[must_use]
    pub fn parse(text: &[u8]) -> (Option<Self>, Vec<Flaw<RecordFlaw>>) {
        let (list, tag_flaws) = TagList::parse(text);
        let mut flaws: Vec<_> =
            tag_flaws.iter().map(|flaw| Flaw { kind: RecordFlaw::Tag(flaw.kind), span: flaw.span }).collect();
        if !check_version(text, &list, &mut flaws) {
            return (None, flaws);
        }
        let mut reader = Reader { record: Self::default(), flaws, bad_policy: false, seen: 0 };
        for (index, tag) in list.iter().enumerate().skip(1) {
            reader.tag(text, index, tag);
        }
        reader.finish(text)
    }

    /// Whether `text` may be a DMARC record: a cheap look that spares [`Record::parse`] all other TXT records.
    #[must_use]
    pub fn looks_like(text: &[u8]) -> bool {
        text.trim_ascii_start().first() == Some(&b'v')
    }

    /// The policy for the domain that publishes the record.
    #[must_use]
    pub fn policy(&self) -> Policy {
        match self.standing {
            Standing::AsPublished => self.p.unwrap_or_default(),
            // RFC 9989 §4.10.1: act as if a record containing "p=none" was retrieved.
            Standing::MonitorOnly | Standing::Unusable => Policy::None,
        }
    }

    /// The policy for domains below that exist, and the tag it comes from.
    #[must_use]
    pub fn subdomain_policy(&self) -> (Policy, PolicyTag) {
        match (self.standing, self.sp) {
            (Standing::AsPublished, Some(sp)) => (sp, PolicyTag::Sp),
            (Standing::AsPublished, None) => (self.policy(), PolicyTag::P),
            _ => (Policy::None, PolicyTag::Defective),
        }
    }

    /// The policy for domains below that do not exist, and the tag it comes from.
    #[must_use]
    pub fn nonexistent_policy(&self) -> (Policy, PolicyTag) {
        match (self.standing, self.np) {
            (Standing::AsPublished, Some(np)) => (np, PolicyTag::Np),
            // RFC 9989 §4.7: without "np", "sp" is applied, and without "sp", "p".
            _ => self.subdomain_policy(),
        }
    }

    /// Whether it makes a difference whether a domain below exists.
    #[must_use]
    pub fn distinguishes_nonexistent(&self) -> bool {
        self.nonexistent_policy().0 != self.subdomain_policy().0
    }
}

impl Policy {
    /// The word of the record: `none`, `quarantine`, `reject`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }

    /// Reads the word, without regard to case.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        [Self::None, Self::Quarantine, Self::Reject]
            .into_iter()
            .find(|policy| word.eq_ignore_ascii_case(policy.as_str().as_bytes()))
    }

    /// RFC 9989 §4.7: under `t=y` one level below the policy is applied.
    #[must_use]
    pub fn one_level_below(self) -> Self {
        match self {
            Self::Reject => Self::Quarantine,
            Self::Quarantine | Self::None => Self::None,
        }
    }
}

impl PolicyTag {
    /// The name of the tag; `default` for a defective record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::P => "p",
            Self::Sp => "sp",
            Self::Np => "np",
            Self::Defective => "default",
        }
    }
}

impl Mode {
    /// `relaxed` or `strict`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Relaxed => "relaxed",
            Self::Strict => "strict",
        }
    }
}

impl Psd {
    /// The letter of the record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "u",
            Self::Yes => "y",
            Self::No => "n",
        }
    }
}

impl Default for FailureOptions {
    fn default() -> Self {
        Self { when: FailureWhen::AllFailed, dkim: Wanted::No, spf: Wanted::No }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for FailureOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = match self.when {
            FailureWhen::AllFailed => Some("0"),
            FailureWhen::AnyFailed => Some("1"),
            FailureWhen::Unsaid => None,
        };
        let dkim = (self.dkim == Wanted::Yes).then_some("d");
        let spf = (self.spf == Wanted::Yes).then_some("s");
        let words: Vec<_> = [when, dkim, spf].into_iter().flatten().collect();
        formatter.write_str(&words.join(":"))
    }
}

impl fmt::Display for Record {
    /// The record as it is best published: `v`, `p`, then what differs from the default. Historic tags are left out.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("v=DMARC1")?;
        for (name, policy) in [("p", self.p), ("sp", self.sp), ("np", self.np)] {
            if let Some(policy) = policy {
                write!(formatter, "; {name}={policy}")?;
            }
        }
        for (name, mode) in [("adkim", self.adkim), ("aspf", self.aspf)] {
            if mode == Mode::Strict {
                write!(formatter, "; {name}=s")?;
            }
        }
        if self.psd != Psd::Unknown {
            write!(formatter, "; psd={}", self.psd.as_str())?;
        }
        if self.testing == Testing::On {
            formatter.write_str("; t=y")?;
        }
        for (name, uris) in [("rua", &self.rua), ("ruf", &self.ruf)] {
            for (index, uri) in uris.iter().enumerate() {
                let before = if index == 0 { format!("; {name}=") } else { ",".to_owned() };
                write!(formatter, "{before}{}", uri.as_str())?;
            }
        }
        if self.fo != FailureOptions::default() {
            write!(formatter, "; fo={}", self.fo)?;
        }
        Ok(())
    }
}

impl RecordFlaw {
    /// All ids that flaws of a record can have, besides those of [`TagFlaw`].
    pub const IDS: &'static [&'static str] = &[
        "dmarc-version-absent",
        "dmarc-version-not-first",
        "dmarc-version-value",
        "dmarc-leading-space",
        "dmarc-policy-absent",
        "dmarc-policy-value",
        "dmarc-policy-not-second",
        "dmarc-mode-value",
        "dmarc-psd-value",
        "dmarc-testing-value",
        "dmarc-failure-options-value",
        "dmarc-failure-options-alone",
        "dmarc-uri-empty",
        "dmarc-uri-syntax",
        "dmarc-uri-mailbox",
        "dmarc-uri-mark",
        "dmarc-uri-size",
        "dmarc-uri-scheme",
        "dmarc-uri-too-many",
        "dmarc-uri-too-long",
        "dmarc-historic-tag",
        "dmarc-historic-value",
        "dmarc-unknown-tag",
    ];
}

impl Explain for RecordFlaw {
    fn id(&self) -> &'static str {
        match self {
            Self::Tag(flaw) => flaw.id(),
            Self::VersionAbsent => "dmarc-version-absent",
            Self::VersionNotFirst => "dmarc-version-not-first",
            Self::VersionValue => "dmarc-version-value",
            Self::LeadingSpace => "dmarc-leading-space",
            Self::PolicyAbsent => "dmarc-policy-absent",
            Self::PolicyValue => "dmarc-policy-value",
            Self::PolicyNotSecond => "dmarc-policy-not-second",
            Self::ModeValue => "dmarc-mode-value",
            Self::PsdValue => "dmarc-psd-value",
            Self::TestingValue => "dmarc-testing-value",
            Self::FailureOptionsValue => "dmarc-failure-options-value",
            Self::FailureOptionsAlone => "dmarc-failure-options-alone",
            Self::UriEmpty => "dmarc-uri-empty",
            Self::UriSyntax => "dmarc-uri-syntax",
            Self::UriMailbox => "dmarc-uri-mailbox",
            Self::UriMark => "dmarc-uri-mark",
            Self::UriSize => "dmarc-uri-size",
            Self::UriScheme => "dmarc-uri-scheme",
            Self::UriTooMany => "dmarc-uri-too-many",
            Self::UriTooLong => "dmarc-uri-too-long",
            Self::HistoricTag => "dmarc-historic-tag",
            Self::HistoricValue => "dmarc-historic-value",
            Self::UnknownTag => "dmarc-unknown-tag",
        }
    }

    fn rule(&self) -> Option<Rule> {
        Some(match self {
            Self::Tag(flaw) => return flaw.rule(),
            Self::UriTooMany | Self::UriTooLong => return None,
            Self::PolicyAbsent | Self::PolicyValue => Rule("RFC 9989", "4.10.1"),
            Self::PolicyNotSecond | Self::HistoricValue => Rule("RFC 7489", "6.3"),
            Self::HistoricTag => Rule("RFC 9989", "C.5.2"),
            Self::UriSyntax | Self::UriMark | Self::UriSize | Self::UriEmpty | Self::UnknownTag => {
                Rule("RFC 9989", "4.8")
            }
            _ => Rule("RFC 9989", "4.7"),
        })
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Tag(flaw) => flaw.arguments(),
            Self::UriTooMany => vec![("limit", REPORT_URI_COUNT_MAX.into())],
            Self::UriTooLong => vec![("limit_bytes", REPORT_URI_BYTES_MAX.into())],
            _ => Vec::new(),
        }
    }
}

/// RFC 9989 §4.7: `v` is the first tag and exactly `DMARC1`, or the entire record is ignored.
fn check_version(text: &[u8], list: &TagList<'_>, flaws: &mut Vec<Flaw<RecordFlaw>>) -> bool {
    let Some(version) = list.get("v") else {
        flaws.push(Flaw::new(RecordFlaw::VersionAbsent, 0, text.len()));
        return false;
    };
    let name = name_span(text, version);
    let before = text.get(..name.start as usize).unwrap_or_default();
    if before.iter().any(|byte| !mailtext::taglist::is_space(*byte)) {
        flaws.push(Flaw { kind: RecordFlaw::VersionNotFirst, span: name });
        return false;
    }
    if version.value != b"DMARC1" {
        flaws.push(Flaw { kind: RecordFlaw::VersionValue, span: version.span });
        return false;
    }
    if !before.is_empty() {
        flaws.push(Flaw::new(RecordFlaw::LeadingSpace, 0, before.len()));
    }
    true
}

struct Reader {
    record: Record,
    flaws: Vec<Flaw<RecordFlaw>>,
    /// `p`, `sp` or `np` is there and wrong.
    bad_policy: bool,
    /// The known tags that were read, one bit each: the first of a name counts.
    seen: u16,
}

/// The tags that have a meaning, or had one.
const KNOWN: [&[u8]; 14] =
    [b"v", b"p", b"sp", b"np", b"adkim", b"aspf", b"fo", b"rua", b"ruf", b"psd", b"t", b"pct", b"rf", b"ri"];

impl Reader {
    fn tag(&mut self, text: &[u8], index: usize, tag: &Tag<'_>) {
        let Some(known) = KNOWN.iter().position(|name| *name == tag.name) else {
            // RFC 9989 §4.7: unknown tags MUST be ignored.
            self.flaws.push(Flaw { kind: RecordFlaw::UnknownTag, span: name_span(text, tag) });
            return;
        };
        if self.seen & (1 << known) != 0 {
            return;
        }
        self.seen |= 1 << known;
        let offset = tag.span.start as usize;
        match tag.name {
            b"p" => {
                if index != 1 {
                    self.flaws.push(Flaw { kind: RecordFlaw::PolicyNotSecond, span: name_span(text, tag) });
                }
                self.record.p = self.policy(tag);
            }
            b"sp" => self.record.sp = self.policy(tag),
            b"np" => self.record.np = self.policy(tag),
            b"adkim" => self.record.adkim = self.mode(tag),
            b"aspf" => self.record.aspf = self.mode(tag),
            b"fo" => self.record.fo = self.failure_options(tag),
            b"rua" => self.record.rua = parse_list(tag.value, offset, &mut self.flaws),
            b"ruf" => self.record.ruf = parse_list(tag.value, offset, &mut self.flaws),
            b"psd" => self.record.psd = self.psd(tag),
            b"t" => self.record.testing = self.testing(tag),
            b"pct" | b"rf" | b"ri" => self.historic(text, tag),
            _ => {}
        }
    }

    fn policy(&mut self, tag: &Tag<'_>) -> Option<Policy> {
        let policy = Policy::parse(tag.value);
        if policy.is_none() {
            self.bad_policy = true;
            self.flaws.push(Flaw { kind: RecordFlaw::PolicyValue, span: tag.span });
        }
        policy
    }

    fn letter(&mut self, tag: &Tag<'_>, letters: &[u8], flaw: RecordFlaw) -> Option<u8> {
        // RFC 9989 §4.8: literals of the grammar are case-insensitive; a wrong value gives way to the default.
        let letter = match tag.value {
            [letter] => Some(letter.to_ascii_lowercase()).filter(|letter| letters.contains(letter)),
            _ => None,
        };
        if letter.is_none() {
            self.flaws.push(Flaw { kind: flaw, span: tag.span });
        }
        letter
    }

    fn mode(&mut self, tag: &Tag<'_>) -> Mode {
        if self.letter(tag, b"rs", RecordFlaw::ModeValue) == Some(b's') { Mode::Strict } else { Mode::Relaxed }
    }

    fn psd(&mut self, tag: &Tag<'_>) -> Psd {
        match self.letter(tag, b"ynu", RecordFlaw::PsdValue) {
            Some(b'y') => Psd::Yes,
            Some(b'n') => Psd::No,
            _ => Psd::Unknown,
        }
    }

    fn testing(&mut self, tag: &Tag<'_>) -> Testing {
        if self.letter(tag, b"yn", RecordFlaw::TestingValue) == Some(b'y') { Testing::On } else { Testing::Off }
    }

    fn failure_options(&mut self, tag: &Tag<'_>) -> FailureOptions {
        parse_failure_options(tag.value).unwrap_or_else(|| {
            self.flaws.push(Flaw { kind: RecordFlaw::FailureOptionsValue, span: tag.span });
            FailureOptions::default()
        })
    }

    fn historic(&mut self, text: &[u8], tag: &Tag<'_>) {
        self.flaws.push(Flaw { kind: RecordFlaw::HistoricTag, span: name_span(text, tag) });
        let number = tag.text().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let good = match tag.name {
            b"pct" => {
                let pct = number.and_then(|text| text.parse().ok()).filter(|pct| *pct <= 100);
                self.record.historic.pct = pct;
                pct.is_some()
            }
            b"ri" => {
                let seconds = number.and_then(|text| text.parse().ok());
                self.record.historic.ri_s = seconds;
                seconds.is_some()
            }
            _ => true,
        };
        if !good {
            self.flaws.push(Flaw { kind: RecordFlaw::HistoricValue, span: tag.span });
        }
    }

    fn finish(mut self, text: &[u8]) -> (Option<Record>, Vec<Flaw<RecordFlaw>>) {
        let saw =
            |name: &[u8]| KNOWN.iter().position(|known| *known == name).is_some_and(|at| self.seen & (1 << at) != 0);
        if !saw(b"p") {
            self.flaws.push(Flaw::new(RecordFlaw::PolicyAbsent, 0, text.len()));
        }
        if saw(b"fo") && !saw(b"ruf") {
            self.flaws.push(Flaw::new(RecordFlaw::FailureOptionsAlone, 0, text.len()));
        }
        // RFC 9989 §4.10.1: no valid "p", or an "sp" or "np" that is not valid: "p=none" when "rua" holds a valid URI,
        // else no DMARC processing.
        self.record.standing = match (self.record.p, self.bad_policy, self.record.rua.is_empty()) {
            (Some(_), false, _) => Standing::AsPublished,
            (_, _, false) => Standing::MonitorOnly,
            (_, _, true) => Standing::Unusable,
        };
        (Some(self.record), self.flaws)
    }
}

/// RFC 9989 §4.8: `0` or `1`, not both, and `d` and `s`, each at most once.
fn parse_failure_options(value: &[u8]) -> Option<FailureOptions> {
    let mut options = FailureOptions { when: FailureWhen::Unsaid, ..FailureOptions::default() };
    for word in value.split(|byte| *byte == b':') {
        match word.trim_ascii() {
            b"0" if options.when == FailureWhen::Unsaid => options.when = FailureWhen::AllFailed,
            b"1" if options.when == FailureWhen::Unsaid => options.when = FailureWhen::AnyFailed,
            b"d" | b"D" if options.dkim == Wanted::No => options.dkim = Wanted::Yes,
            b"s" | b"S" if options.spf == Wanted::No => options.spf = Wanted::Yes,
            _ => return None,
        }
    }
    Some(options)
}

/// Where the name of a tag stands.
fn name_span(text: &[u8], tag: &Tag<'_>) -> Span {
    let start = (tag.name.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    Span::new(start, start + tag.name.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> (Option<Record>, Vec<RecordFlaw>) {
        let (record, flaws) = Record::parse(text.as_bytes());
        (record, flaws.iter().map(|flaw| flaw.kind).collect())
    }

    fn record(text: &str) -> Record {
        parse(text).0.unwrap()
    }

    #[test]
    fn a_clean_record() {
        let text = "v=DMARC1; p=reject; sp=quarantine; np=reject; adkim=s; psd=n; t=y; rua=mailto:a@example.jp; \
                    ruf=mailto:f@example.jp; fo=1:d:s";
        let (read, flaws) = parse(text);
        assert_eq!(flaws, []);
        assert_eq!(read.map(|record| record.to_string()).as_deref(), Some(text));
    }

    #[test]
    fn what_is_no_record() {
        for (text, flaw) in [
            ("", RecordFlaw::VersionAbsent),
            ("V=DMARC1; p=none", RecordFlaw::VersionAbsent),
            ("v=spf1 -all", RecordFlaw::VersionValue),
            ("v=dmarc1; p=none", RecordFlaw::VersionValue),
            ("v=DMARC1 p=none", RecordFlaw::VersionValue),
            ("p=none; v=DMARC1", RecordFlaw::VersionNotFirst),
            ("; v=DMARC1", RecordFlaw::VersionNotFirst),
            ("junk; v=DMARC1", RecordFlaw::VersionNotFirst),
        ] {
            let (read, flaws) = parse(text);
            assert_eq!(read, None, "{text}");
            assert!(flaws.contains(&flaw), "{text}: {flaws:?}");
        }
    }

    #[test]
    fn standing_by_the_policies_and_rua() {
        for (text, standing) in [
            ("v=DMARC1; p=reject", Standing::AsPublished),
            ("v=DMARC1", Standing::Unusable),
            ("v=DMARC1; p=rejec", Standing::Unusable),
            ("v=DMARC1; p=", Standing::Unusable),
            ("v=DMARC1; p=reject; sp=x", Standing::Unusable),
            ("v=DMARC1; rua=mailto:a@b.example", Standing::MonitorOnly),
            ("v=DMARC1; p=reject; np=x; rua=mailto:a@b.example", Standing::MonitorOnly),
            ("v=DMARC1; rua=a@b.example", Standing::Unusable),
        ] {
            assert_eq!(record(text).standing, standing, "{text}");
        }
        let monitored = record("v=DMARC1; p=reject; sp=x; np=reject; rua=mailto:a@b.example");
        assert_eq!(monitored.policy(), Policy::None);
        assert_eq!(monitored.nonexistent_policy(), (Policy::None, PolicyTag::Defective));
    }

    #[test]
    fn flaws_that_do_not_hurt() {
        for (text, flaw) in [
            (" v=DMARC1; p=none", RecordFlaw::LeadingSpace),
            ("v=DMARC1; adkim=s; p=none", RecordFlaw::PolicyNotSecond),
            ("v=DMARC1; p=none; p=reject", RecordFlaw::Tag(TagFlaw::Duplicate)),
            ("v=DMARC1; p=none; adkim=x", RecordFlaw::ModeValue),
            ("v=DMARC1; p=none; psd=yes", RecordFlaw::PsdValue),
            ("v=DMARC1; p=none; t=1", RecordFlaw::TestingValue),
            ("v=DMARC1; p=none; ruf=mailto:a@b.example; fo=0:1", RecordFlaw::FailureOptionsValue),
            ("v=DMARC1; p=none; ruf=mailto:a@b.example; fo=d:d", RecordFlaw::FailureOptionsValue),
            ("v=DMARC1; p=none; fo=1", RecordFlaw::FailureOptionsAlone),
            ("v=DMARC1; p=none; pct=50", RecordFlaw::HistoricTag),
            ("v=DMARC1; p=none; pct=101", RecordFlaw::HistoricValue),
            ("v=DMARC1; p=none; ri=-1", RecordFlaw::HistoricValue),
            ("v=DMARC1; p=none; policy=x", RecordFlaw::UnknownTag),
            ("v=DMARC1; p=none; P=reject", RecordFlaw::UnknownTag),
            ("v=DMARC1; p=none; junk", RecordFlaw::Tag(TagFlaw::NoEquals)),
        ] {
            let (read, flaws) = parse(text);
            assert_eq!(
                read.map(|record| (record.standing, record.policy())),
                Some((Standing::AsPublished, Policy::None))
            );
            assert!(flaws.contains(&flaw), "{text}: {flaws:?}");
        }
    }

    #[test]
    fn flaws_point_at_the_text() {
        let text = b"v=DMARC1; p=none; polcy=x; rua=mailto:a@b.example!9m, junk";
        let (_, flaws) = Record::parse(text);
        let at: Vec<_> = flaws.iter().map(|flaw| (flaw.kind, flaw.span.of(text))).collect();
        assert_eq!(
            at,
            [
                (RecordFlaw::UnknownTag, &b"polcy"[..]),
                (RecordFlaw::UriSize, b"mailto:a@b.example!9m"),
                (RecordFlaw::UriSyntax, b"junk"),
            ]
        );
    }

    #[test]
    fn historic_tags_are_told() {
        let historic = record("v=DMARC1; p=none; pct=10; ri=3600; rf=afrf").historic;
        assert_eq!(historic, Historic { pct: Some(10), ri_s: Some(3600) });
    }

    fn any_record() -> impl Strategy<Value = Record> {
        let policy = || prop_oneof![Just(Policy::None), Just(Policy::Quarantine), Just(Policy::Reject)];
        let mode = || prop_oneof![Just(Mode::Relaxed), Just(Mode::Strict)];
        let wanted = || prop_oneof![Just(Wanted::No), Just(Wanted::Yes)];
        let uris = || proptest::collection::vec("mailto:[a-z]{1,8}@[a-z]{1,8}\\.example", 0..3);
        let psd = prop_oneof![Just(Psd::Unknown), Just(Psd::Yes), Just(Psd::No)];
        let testing = prop_oneof![Just(Testing::Off), Just(Testing::On)];
        let when = prop_oneof![Just(FailureWhen::AllFailed), Just(FailureWhen::AnyFailed)];
        let policies = (policy(), proptest::option::of(policy()), proptest::option::of(policy()));
        (policies, mode(), mode(), psd, testing, (uris(), uris()), (when, wanted(), wanted())).prop_map(
            |((p, sp, np), adkim, aspf, psd, testing, (rua, ruf), (when, dkim, spf))| {
                let uris =
                    |texts: Vec<String>| texts.iter().filter_map(|text| Uri::parse(text).ok()).collect::<Vec<_>>();
                let ruf = uris(ruf);
                let fo = FailureOptions { when, dkim, spf };
                Record {
                    p: Some(p),
                    sp,
                    np,
                    adkim,
                    aspf,
                    fo: if ruf.is_empty() { FailureOptions::default() } else { fo },
                    rua: uris(rua),
                    ruf,
                    psd,
                    testing,
                    standing: Standing::AsPublished,
                    historic: Historic::default(),
                }
            },
        )
    }

    proptest! {
        #[test]
        fn a_printed_record_reads_back(record in any_record()) {
            let text = record.to_string();
            let (read, flaws) = Record::parse(text.as_bytes());
            prop_assert_eq!(flaws, Vec::new());
            prop_assert_eq!(read, Some(record));
        }

        #[test]
        fn no_text_panics_and_spans_lie_inside(tail in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut text = b"v=DMARC1;".to_vec();
            text.extend(tail);
            for text in [&text[..], &text[9..]] {
                for flaw in Record::parse(text).1 {
                    prop_assert!(flaw.span.start <= flaw.span.end && flaw.span.end as usize <= text.len());
                }
            }
        }
    }
}
