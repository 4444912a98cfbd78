//! The assertion record, `v=BIMI1; l=…; a=…`: draft-brand-indicators-for-message-identification §4.3.

use std::fmt;
use std::ops::Range;

use lookup::fetch::{HttpsUrl, UrlFlaw};
use mailtext::{Explain, Flaw, Rule, Tag, TagFlaw, TagList, Value};

use crate::DRAFT;
use crate::limits::{LOCAL_PART_PREFIX_COUNT_MAX, LOCAL_PART_SELECTOR_BYTES_MAX};

/// What a domain owner says of its indicator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// `l=`: where the indicator is.
    pub location: Location,
    /// `a=`: where the evidence document is; empty when the tag is absent.
    pub authority: Location,
    /// `lps=`: whether the local-part may select another record.
    pub local_part: LocalPart,
    /// `avp=` as published; `None` when it is absent or not valid. The default is [`Avatar::Brand`].
    pub avatar: Option<Avatar>,
}

/// The value of `l=` or `a=`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Location {
    /// No such tag.
    Absent,
    /// The tag without a value.
    Empty,
    /// An address.
    Url(HttpsUrl),
    /// Something else.
    Invalid,
}

/// The value of `lps=`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LocalPart {
    /// No such tag: the local-part selects nothing.
    Absent,
    /// The tag without a value: every local-part selects.
    Any,
    /// Local-parts with one of these prefixes select, lower case. Empty when none of those published is valid.
    Prefixes(Vec<Box<str>>),
}

/// What a domain owner wants shown for a sender that has an avatar of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Avatar {
    /// The indicator.
    #[default]
    Brand,
    /// The avatar.
    Personal,
}

/// What can be wrong with a record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RecordFlaw {
    /// The tag list is broken.
    Tag(TagFlaw),
    /// No `v=`.
    VersionAbsent,
    /// `v=` is not the first tag.
    VersionNotFirst,
    /// Another version than `BIMI1`, exactly.
    VersionValue,
    /// No `l=`.
    LocationAbsent,
    /// `l=` is empty while `a=` is not: no declination, and no location.
    LocationEmpty,
    /// `l=` may not be asked.
    LocationUrl(UrlFlaw),
    /// `l=` has a character that no URI has, or does not begin with `https://`.
    LocationSyntax,
    /// `l=` names a host without a domain: not fully qualified.
    LocationHost,
    /// `l=` ends like an image of another format.
    LocationFormat,
    /// `a=` may not be asked.
    AuthorityUrl(UrlFlaw),
    /// `a=` has a character that no URI has, or does not begin with `https://`.
    AuthoritySyntax,
    /// `a=` names a host without a domain: not fully qualified.
    AuthorityHost,
    /// A comma in a URI, which must be encoded.
    Comma,
    /// A prefix of `lps=` that no selector can have.
    LocalPartPrefix,
    /// More prefixes than [`LOCAL_PART_PREFIX_COUNT_MAX`].
    LocalPartPrefixes,
    /// `avp=` is neither `brand` nor `personal`.
    AvatarValue,
    /// A tag that is not known.
    UnknownTag,
}

impl Record {
    /// Reads a record. It is never refused: what the flaws mean, [`RecordFlaw::is_fatal`] says. Spans are offsets into
    /// `text`.
    #[must_use]
    pub fn parse(text: &[u8]) -> (Self, Vec<Flaw<RecordFlaw>>) {
        let (tags, tag_flaws) = TagList::parse(text);
        let mut flaws: Vec<_> =
            tag_flaws.into_iter().map(|flaw| Flaw { kind: RecordFlaw::Tag(flaw.kind), span: flaw.span }).collect();
        version(&tags, text, &mut flaws);
        let record = Self {
            location: location(tags.get("l"), &LOCATION_FLAWS, &mut flaws),
            authority: location(tags.get("a"), &AUTHORITY_FLAWS, &mut flaws),
            local_part: local_part(tags.get("lps"), &mut flaws),
            avatar: avatar(tags.get("avp"), &mut flaws),
        };
        if let (Some(tag), Location::Url(url)) = (tags.get("l"), &record.location)
            && has_other_image_suffix(url)
        {
            flaws.push(Flaw { kind: RecordFlaw::LocationFormat, span: tag.span });
        }
        match (&record.location, &record.authority) {
            (Location::Absent, _) => flaws.push(Flaw::new(RecordFlaw::LocationAbsent, 0, text.len())),
            (Location::Empty, Location::Url(_) | Location::Invalid) => {
                let span = tags.get("l").map(|tag| tag.span).unwrap_or_default();
                flaws.push(Flaw { kind: RecordFlaw::LocationEmpty, span });
            }
            _ => {}
        }
        for tag in tags.iter().filter(|tag| !KNOWN_TAGS.contains(&tag.name)) {
            flaws.push(Flaw { kind: RecordFlaw::UnknownTag, span: tag.span });
        }
        flaws.sort_by_key(|flaw| (flaw.span.start, flaw.span.end));
        (record, flaws)
    }

    /// Whether a text is a BIMI record at all: its first tag is `v=BIMI1`, exactly. Others are discarded (§7.2, 4).
    #[must_use]
    pub fn claims(text: &[u8]) -> bool {
        // §4.3: the version must match precisely, and be the first tag.
        let first = text.split(|byte| *byte == b';').next().unwrap_or_default();
        let mut sides = first.splitn(2, |byte| *byte == b'=').map(<[u8]>::trim_ascii);
        sides.next() == Some(b"v") && sides.next() == Some(VERSION)
    }

    /// Whether this is an explicit refusal to take part: `l=` and `a=` are both empty (§4.3.1).
    #[must_use]
    pub fn is_declination(&self) -> bool {
        self.location == Location::Empty && matches!(self.authority, Location::Empty | Location::Absent)
    }

    /// The selector that `local` gives by `lps=`, when it does (§4.5).
    #[must_use]
    pub fn local_part_selector(&self, local: &str) -> Option<String> {
        let selector = || normalize_local_part(local);
        match &self.local_part {
            LocalPart::Absent => None,
            LocalPart::Any => selector(),
            LocalPart::Prefixes(prefixes) => {
                selector().filter(|selector| prefixes.iter().any(|prefix| selector.starts_with(&**prefix)))
            }
        }
    }
}

impl fmt::Display for Record {
    /// The record as it was understood.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("v=BIMI1;")?;
        for (name, location) in [("l", &self.location), ("a", &self.authority)] {
            match location {
                Location::Absent => {}
                Location::Empty => write!(formatter, " {name}=;")?,
                Location::Url(url) => write!(formatter, " {name}={url};")?,
                Location::Invalid => write!(formatter, " {name}=?;")?,
            }
        }
        match &self.local_part {
            LocalPart::Absent => {}
            LocalPart::Any => formatter.write_str(" lps=;")?,
            LocalPart::Prefixes(prefixes) => write!(formatter, " lps={};", prefixes.join(","))?,
        }
        match self.avatar {
            Some(avatar) => write!(formatter, " avp={};", avatar.as_str()),
            None => Ok(()),
        }
    }
}

impl Location {
    /// The address, when there is one.
    #[must_use]
    pub fn url(&self) -> Option<&HttpsUrl> {
        match self {
            Self::Url(url) => Some(url),
            _ => None,
        }
    }
}

impl Avatar {
    /// The word of the record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Brand => "brand",
            Self::Personal => "personal",
        }
    }
}

/// The selector that a local-part gives by the algorithm of §4.5, in lower case: what follows a `+` is dropped, `_` and
/// `.` become hyphens, several of them one. `None` when other characters remain, or none.
#[must_use]
pub fn normalize_local_part(local: &str) -> Option<String> {
    let local = local.split('+').next().unwrap_or_default();
    let mut selector = String::with_capacity(local.len().min(LOCAL_PART_SELECTOR_BYTES_MAX + 1));
    let mut in_group = false;
    for character in local.chars() {
        if matches!(character, '_' | '.') {
            if !in_group {
                selector.push('-');
            }
            in_group = true;
            continue;
        }
        in_group = false;
        // §4.5: a local-part with other characters may not be used as a selector.
        if !character.is_ascii_alphanumeric() && character != '-' {
            return None;
        }
        selector.push(character.to_ascii_lowercase());
    }
    let selector = selector.trim_matches('-');
    let sound = (1..=LOCAL_PART_SELECTOR_BYTES_MAX).contains(&selector.len());
    sound.then(|| selector.to_owned())
}

impl RecordFlaw {
    /// All ids of flaws that are of this crate.
    pub const IDS: &'static [&'static str] = &[
        "bimi-version-absent",
        "bimi-version-not-first",
        "bimi-version-value",
        "bimi-location-absent",
        "bimi-location-empty",
        "bimi-location-url",
        "bimi-location-syntax",
        "bimi-location-host",
        "bimi-location-format",
        "bimi-authority-url",
        "bimi-authority-syntax",
        "bimi-authority-host",
        "bimi-url-comma",
        "bimi-local-part-prefix",
        "bimi-local-part-prefixes",
        "bimi-avatar-value",
        "bimi-unknown-tag",
    ];

    /// Whether the record is of no use with it. Receivers must not attempt to fix errors (§4.3).
    #[must_use]
    pub fn is_fatal(self) -> bool {
        !matches!(
            self,
            Self::Comma | Self::LocalPartPrefix | Self::LocalPartPrefixes | Self::AvatarValue | Self::UnknownTag
        )
    }
}

impl Explain for RecordFlaw {
    fn id(&self) -> &'static str {
        match self {
            Self::Tag(flaw) => flaw.id(),
            Self::VersionAbsent => "bimi-version-absent",
            Self::VersionNotFirst => "bimi-version-not-first",
            Self::VersionValue => "bimi-version-value",
            Self::LocationAbsent => "bimi-location-absent",
            Self::LocationEmpty => "bimi-location-empty",
            Self::LocationUrl(_) => "bimi-location-url",
            Self::LocationSyntax => "bimi-location-syntax",
            Self::LocationHost => "bimi-location-host",
            Self::LocationFormat => "bimi-location-format",
            Self::AuthorityUrl(_) => "bimi-authority-url",
            Self::AuthoritySyntax => "bimi-authority-syntax",
            Self::AuthorityHost => "bimi-authority-host",
            Self::Comma => "bimi-url-comma",
            Self::LocalPartPrefix => "bimi-local-part-prefix",
            Self::LocalPartPrefixes => "bimi-local-part-prefixes",
            Self::AvatarValue => "bimi-avatar-value",
            Self::UnknownTag => "bimi-unknown-tag",
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self {
            Self::Tag(flaw) => flaw.rule(),
            Self::LocationFormat => Some(Rule(DRAFT, "4.3.2")),
            Self::LocationEmpty => Some(Rule(DRAFT, "7.3")),
            Self::LocalPartPrefixes => None,
            _ => Some(Rule(DRAFT, "4.3")),
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Tag(flaw) => flaw.arguments(),
            Self::LocationUrl(flaw) | Self::AuthorityUrl(flaw) => vec![("flaw", Value::Word(flaw.id()))],
            Self::LocalPartPrefixes => vec![("limit", LOCAL_PART_PREFIX_COUNT_MAX.into())],
            _ => Vec::new(),
        }
    }
}

/// The flaws of one of the two locations.
struct LocationFlaws {
    url: fn(UrlFlaw) -> RecordFlaw,
    syntax: RecordFlaw,
    host: RecordFlaw,
}

const LOCATION_FLAWS: LocationFlaws =
    LocationFlaws { url: RecordFlaw::LocationUrl, syntax: RecordFlaw::LocationSyntax, host: RecordFlaw::LocationHost };
const AUTHORITY_FLAWS: LocationFlaws = LocationFlaws {
    url: RecordFlaw::AuthorityUrl,
    syntax: RecordFlaw::AuthoritySyntax,
    host: RecordFlaw::AuthorityHost,
};

fn version(tags: &TagList<'_>, text: &[u8], flaws: &mut Vec<Flaw<RecordFlaw>>) {
    let flaw = match (tags.get("v"), tags.iter().next()) {
        (None, _) => Flaw::new(RecordFlaw::VersionAbsent, 0, text.len().min(2)),
        (Some(tag), _) if tag.value != VERSION => Flaw { kind: RecordFlaw::VersionValue, span: tag.span },
        (Some(tag), Some(first)) if first.name != b"v" => Flaw { kind: RecordFlaw::VersionNotFirst, span: tag.span },
        _ => return,
    };
    flaws.push(flaw);
}

fn location(tag: Option<&Tag<'_>>, kinds: &LocationFlaws, flaws: &mut Vec<Flaw<RecordFlaw>>) -> Location {
    let Some(tag) = tag else { return Location::Absent };
    if tag.value.is_empty() {
        return Location::Empty;
    }
    if tag.value.contains(&b',') {
        flaws.push(Flaw { kind: RecordFlaw::Comma, span: tag.span });
    }
    match url(tag.value, kinds) {
        Ok(url) => Location::Url(url),
        Err(kind) => {
            flaws.push(Flaw { kind, span: tag.span });
            Location::Invalid
        }
    }
}

fn url(value: &[u8], kinds: &LocationFlaws) -> Result<HttpsUrl, RecordFlaw> {
    // A reader of URLs as browsers have it mends much; nothing that needs mending comes to it.
    if !value.iter().all(|byte| is_uri_byte(*byte)) {
        return Err(kinds.syntax);
    }
    let text = std::str::from_utf8(value).map_err(|_| kinds.syntax)?;
    if !text.get(..HTTPS.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(HTTPS)) {
        let other_scheme = text.contains("://");
        return Err(if other_scheme { (kinds.url)(UrlFlaw::Scheme) } else { kinds.syntax });
    }
    // §4.3: the URI must contain a fully qualified domain name and specify HTTPS.
    let url = HttpsUrl::parse(text).map_err(kinds.url)?;
    if url.host().label_count() < 2 { Err(kinds.host) } else { Ok(url) }
}

/// The characters of RFC 3986 §2, and `%`.
fn is_uri_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

/// §4.3.2: a location that ends like another image format is a permanent error. What is no suffix of images is judged
/// by the document.
fn has_other_image_suffix(url: &HttpsUrl) -> bool {
    let path = url.path_and_query().split('?').next().unwrap_or_default();
    let file = path.rsplit('/').next().unwrap_or_default();
    file.rsplit_once('.').is_some_and(|(_, suffix)| OTHER_IMAGES.iter().any(|other| suffix.eq_ignore_ascii_case(other)))
}

fn local_part(tag: Option<&Tag<'_>>, flaws: &mut Vec<Flaw<RecordFlaw>>) -> LocalPart {
    let Some(tag) = tag else { return LocalPart::Absent };
    if tag.value.is_empty() {
        return LocalPart::Any;
    }
    let mut prefixes = Vec::new();
    for Range { start, end } in parts(tag.value, b',') {
        let prefix = tag.value.get(start..end).unwrap_or_default().trim_ascii();
        let at = tag.span.start as usize;
        if prefixes.len() == LOCAL_PART_PREFIX_COUNT_MAX {
            flaws.push(Flaw::new(RecordFlaw::LocalPartPrefixes, at + start, at + tag.value.len()));
            break;
        }
        match std::str::from_utf8(prefix) {
            Ok(text) if is_prefix(prefix) => prefixes.push(text.to_ascii_lowercase().into()),
            _ => flaws.push(Flaw::new(RecordFlaw::LocalPartPrefix, at + start, at + end)),
        }
    }
    LocalPart::Prefixes(prefixes)
}

/// §4.3: local-part-prefix = 1*63(ALPHA / DIGIT / "-").
fn is_prefix(prefix: &[u8]) -> bool {
    (1..=LOCAL_PART_SELECTOR_BYTES_MAX).contains(&prefix.len())
        && prefix.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

fn parts(text: &[u8], separator: u8) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    text.split(move |byte| *byte == separator).map(move |part| {
        let range = start..start + part.len();
        start = range.end + 1;
        range
    })
}

fn avatar(tag: Option<&Tag<'_>>, flaws: &mut Vec<Flaw<RecordFlaw>>) -> Option<Avatar> {
    let tag = tag?;
    match tag.value {
        b"brand" => Some(Avatar::Brand),
        b"personal" => Some(Avatar::Personal),
        // §4.3: any other value is ignored and not put into added fields.
        _ => {
            flaws.push(Flaw { kind: RecordFlaw::AvatarValue, span: tag.span });
            None
        }
    }
}

const VERSION: &[u8] = b"BIMI1";
const HTTPS: &str = "https://";
const KNOWN_TAGS: [&[u8]; 5] = [b"v", b"l", b"a", b"lps", b"avp"];
const OTHER_IMAGES: [&str; 13] =
    ["png", "jpg", "jpeg", "gif", "webp", "bmp", "ico", "tif", "tiff", "avif", "heic", "pdf", "eps"];

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<RecordFlaw> {
        Record::parse(text.as_bytes()).1.iter().map(|flaw| flaw.kind).collect()
    }

    #[test]
    fn a_whole_record() {
        let text = "v=BIMI1; l=https://a.example/b.svg; a=https://a.example/c.pem; lps=brand-, News ; avp=personal;";
        let (record, flaws) = Record::parse(text.as_bytes());
        assert_eq!(flaws, []);
        assert_eq!(record.to_string(), text.replace("brand-, News ", "brand-,news"));
        assert_eq!(record.avatar, Some(Avatar::Personal));
        assert!(!record.is_declination());
        assert_eq!(Record::parse(record.to_string().as_bytes()).0, record);
    }

    #[test]
    fn only_bimi_records_claim_to_be_so() {
        for (text, claims) in [
            ("v=BIMI1", true),
            ("v = BIMI1 ; l=", true),
            ("v=BIMI1; l=;", true),
            ("v=bimi1; l=", false),
            ("V=BIMI1; l=", false),
            ("v=BIMI10", false),
            ("v=BIMI1 l=https://a.example/", false),
            ("l=; v=BIMI1", false),
            (";v=BIMI1", false),
            ("v=spf1 -all", false),
            ("", false),
        ] {
            assert_eq!(Record::claims(text.as_bytes()), claims, "{text}");
        }
    }

    #[test]
    fn declination() {
        for (text, declines) in [
            ("v=BIMI1; l=; a=;", true),
            ("v=BIMI1; l=;", true),
            ("v=BIMI1; l=; a=; lps=brand-indicators-;", true),
            ("v=BIMI1; a=;", false),
            ("v=BIMI1; l=; a=https://a.example/a.pem", false),
            ("v=BIMI1; l=https://a.example/a.svg; a=", false),
        ] {
            let (record, _) = Record::parse(text.as_bytes());
            assert_eq!(record.is_declination(), declines, "{text}");
        }
        assert_eq!(kinds("v=BIMI1; l=; a=;"), []);
        assert_eq!(kinds("v=BIMI1; l=; a=https://a.example/a.pem"), [RecordFlaw::LocationEmpty]);
    }

    #[test]
    fn locations_are_https_and_never_mended() {
        let kinds = |url: &str| kinds(&format!("v=BIMI1; l={url}"));
        assert_eq!(kinds("https://a.example/b.svg"), []);
        assert_eq!(kinds("HTTPS://a.example/b"), []);
        assert_eq!(kinds("https://a.example/b.svgz?x=.png"), []);
        assert_eq!(kinds("http://a.example/b.svg"), [RecordFlaw::LocationUrl(UrlFlaw::Scheme)]);
        assert_eq!(kinds("https:a.example/b.svg"), [RecordFlaw::LocationSyntax]);
        assert_eq!(kinds("https:\\\\a.example\\b.svg"), [RecordFlaw::LocationSyntax]);
        assert_eq!(kinds("https://a.example/b c.svg"), [RecordFlaw::LocationSyntax]);
        assert_eq!(kinds("https://例え.example/b.svg"), [RecordFlaw::LocationSyntax]);
        assert_eq!(kinds("https://192.0.2.1/b.svg"), [RecordFlaw::LocationUrl(UrlFlaw::Host)]);
        assert_eq!(kinds("https://0x7f.1/b.svg"), [RecordFlaw::LocationUrl(UrlFlaw::Host)]);
        assert_eq!(kinds("https://[::1]/b.svg"), [RecordFlaw::LocationUrl(UrlFlaw::Host)]);
        assert_eq!(kinds("https://u:p@a.example/b.svg"), [RecordFlaw::LocationUrl(UrlFlaw::Credentials)]);
        assert_eq!(kinds("https://localhost/b.svg"), [RecordFlaw::LocationHost]);
        assert_eq!(kinds("https://a.example/b.PNG"), [RecordFlaw::LocationFormat]);
        assert_eq!(kinds("https://a.example/b,c.svg"), [RecordFlaw::Comma]);
        assert_eq!(kinds("file:///etc/passwd"), [RecordFlaw::LocationUrl(UrlFlaw::Scheme)]);
    }

    #[test]
    fn flaws_have_their_spans() {
        let text = b"v=BIMI1; l=ftp://x.example/; lps=a,_b; avp=both; x=1; a";
        let (_, flaws) = Record::parse(text);
        let shown: Vec<_> =
            flaws.iter().map(|flaw| (flaw.kind, std::str::from_utf8(flaw.span.of(text)).unwrap())).collect();
        assert_eq!(
            shown,
            [
                (RecordFlaw::LocationUrl(UrlFlaw::Scheme), "ftp://x.example/"),
                (RecordFlaw::LocalPartPrefix, "_b"),
                (RecordFlaw::AvatarValue, "both"),
                (RecordFlaw::UnknownTag, "1"),
                (RecordFlaw::Tag(TagFlaw::NoEquals), " a"),
            ]
        );
        assert_eq!(kinds("v=BIMI1"), [RecordFlaw::LocationAbsent]);
        assert!(kinds("v=BIMI1; l=; l=").contains(&RecordFlaw::Tag(TagFlaw::Duplicate)));
    }

    #[test]
    fn local_parts_become_selectors() {
        for (local, selector) in [
            ("news", Some("news")),
            ("Brand.One_news+tag", Some("brand-one-news")),
            ("a._.b", Some("a-b")),
            ("_a-", Some("a")),
            ("a--b", Some("a--b")),
            ("+tag", None),
            ("...", None),
            ("a b", None),
            ("ニュース", None),
            ("a\0", None),
        ] {
            assert_eq!(normalize_local_part(local).as_deref(), selector, "{local}");
        }
        for (length, good) in [(62, true), (63, true), (64, false)] {
            assert_eq!(normalize_local_part(&"a".repeat(length)).is_some(), good, "{length}");
        }
    }

    #[test]
    fn prefixes_decide_whether_the_local_part_selects() {
        fn selector(lps: &str, local: &str) -> Option<String> {
            Record::parse(format!("v=BIMI1; l=;{lps}").as_bytes()).0.local_part_selector(local)
        }
        assert_eq!(selector("", "news"), None);
        assert_eq!(selector("lps=", "news"), Some("news".into()));
        assert_eq!(selector("lps=brand-", "Brand.x"), Some("brand-x".into()));
        assert_eq!(selector("lps=brand-", "news"), None);
        // Prefixes were published, none of them valid: that is not the same as no prefix.
        assert_eq!(selector("lps=*", "news"), None);
        let many = |count: usize| (0..count).map(|n| format!("p{n:03}")).collect::<Vec<_>>().join(",");
        for (count, last) in [(31, true), (32, true), (33, false)] {
            let local = format!("p{:03}", count - 1);
            assert_eq!(selector(&format!("lps={}", many(count)), &local).is_some(), last, "{count} prefixes");
        }
    }
}
