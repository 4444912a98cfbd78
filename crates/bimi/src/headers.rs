//! What is written of an evaluation: header fields for the reader's program (draft-brand-indicators-for-message-identification
//! §7.9 to §7.11) and properties for Authentication-Results (§7.7).

use data_encoding::{BASE64, HEXLOWER};
use mailtext::authres::{Keyword, LineEnd, Property};

use crate::evaluate::{Bimi, BimiResult};
use crate::limits::WRITTEN_URL_BYTES_MAX;

/// The fields that only a receiver writes. Those of a message that comes in are to be removed, whatever the result (§7.8).
pub const FIELDS_TO_REMOVE: [&str; 3] = [LOCATION, INDICATOR, LOGO_PREFERENCE];

/// One header field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its value, as it follows `name: `, folded.
    pub value: String,
}

impl Bimi {
    /// The fields to add; none unless the result is pass.
    #[must_use]
    pub fn fields(&self, line_end: LineEnd) -> Vec<Field> {
        // §7.9, §7.10, §7.11: they must not be added when discovery or validation failed.
        let Some(indicator) = self.indicator.as_ref().filter(|_| self.result == BimiResult::Pass) else {
            return Vec::new();
        };
        let end = match line_end {
            LineEnd::CrLf => "\r\n",
            LineEnd::Lf => "\n",
        };
        let location = self.location_value(end).map(|value| Field { name: LOCATION, value });
        let indicator = Some(Field { name: INDICATOR, value: folded(&BASE64.encode(indicator.svg()), end) });
        // §7.11: not when the published value was invalid.
        let avatar = self.record().and_then(|record| record.avatar);
        let preference =
            avatar.map(|avatar| Field { name: LOGO_PREFERENCE, value: format!("avp={};", avatar.as_str()) });
        [location, indicator, preference].into_iter().flatten().collect()
    }

    /// The properties of `bimi=` in Authentication-Results.
    #[must_use]
    pub fn properties(&self) -> Vec<Property> {
        let mut properties = Vec::new();
        let mut add = |ptype, name, value: String| {
            let (ptype, name) = (Keyword::of(ptype), Keyword::of(name));
            properties.push(Property { ptype, name, value, comment: None });
        };
        let Some(assertion) = &self.assertion else { return properties };
        add("header", "d", assertion.domain.to_string());
        add("header", "selector", assertion.selector.as_str().to_owned());
        let record = &assertion.record;
        if record.is_declination() {
            return properties;
        }
        add("policy", "authority", self.authority.as_str().to_owned());
        if let Some(url) = record.authority.url() {
            add("policy", "authority-uri", url.to_string());
        }
        if let Some(url) = record.location.url() {
            add("policy", "indicator-uri", url.to_string());
        }
        if let Some(indicator) = &self.indicator {
            add("policy", "indicator-hash", short_hash(indicator.sha256()));
        }
        if let Some(avatar) = record.avatar {
            add("policy", "logo-preference", avatar.as_str().to_owned());
        }
        properties
    }

    /// §7.9: `a=` when the indicator is of the evidence document, `l=` otherwise; both when they were found to be the same.
    fn location_value(&self, end: &str) -> Option<String> {
        let authority = self.evidence.as_ref().and_then(|_| self.record()?.authority.url());
        let urls = [("l", self.location.as_ref()), ("a", authority)];
        let mut value = "v=BIMI1;".to_owned();
        let mut any = false;
        for (name, url) in urls {
            // A URL cannot be folded; one that is longer than a line may be is left out.
            let Some(url) = url.filter(|url| url.as_str().len() <= WRITTEN_URL_BYTES_MAX) else { continue };
            value.push_str(&format!("{end} {name}={url};"));
            any = true;
        }
        any.then_some(value)
    }
}

/// §7.7: SHA-256 of the uncompressed document, cut to its last characters: eight at least.
fn short_hash(sha256: &[u8; 32]) -> String {
    let hex = HEXLOWER.encode(sha256);
    hex.get(hex.len() - HASH_CHARACTER_COUNT..).unwrap_or_default().to_owned()
}

/// Lines of [`LINE_COLUMNS`] characters.
fn folded(base64: &str, end: &str) -> String {
    let mut value = String::with_capacity(base64.len() + base64.len() / 24 + 4);
    for (index, character) in base64.chars().enumerate() {
        if index > 0 && index % LINE_COLUMNS == 0 {
            value.push_str(end);
            value.push(' ');
        }
        value.push(character);
    }
    value
}

const LOCATION: &str = "BIMI-Location";
const INDICATOR: &str = "BIMI-Indicator";
const LOGO_PREFERENCE: &str = "BIMI-Logo-Preference";
/// With the field's name before it the first line stays within 78 columns.
const LINE_COLUMNS: usize = 60;
const HASH_CHARACTER_COUNT: usize = 16;
