//! How long things last, and how selectors are named. Times are seconds.

use dkim::KeyKind;
use mailtext::Domain;

use crate::limits::{SELECTOR_BYTES_MAX, SELECTOR_NUMBER_MAX, TEMPLATE_BYTES_MAX};

/// How keys live.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// After how long a key gets a successor; `None` for never, unless somebody asks.
    pub rotate_after_s: Option<u64>,
    /// How long the longest queue holds mail (RFC 5321 §4.5.4.1: four to five days at least).
    pub queue_s: u64,
    /// How long after that a last attempt may come.
    pub retry_s: u64,
    /// `x=` of our signatures, seconds after `t=`.
    pub expire_in_s: Option<u64>,
    /// How long it may take until everybody who signs has heard of a change.
    pub lag_s: u64,
    /// The TTL of our records.
    pub ttl_s: u32,
    /// How long a revoked key stays published as such, at least.
    pub revoked_s: u64,
    /// For how long no report may have shown a selector before its record is taken away.
    pub quiet_s: u64,
    /// Whether private keys are published at the end.
    pub disclosure: Disclosure,
    /// How often what is published is looked at, when nothing is expected.
    pub check_s: u64,
    /// How selectors of keys are named that are published in their own domain.
    pub template: Template,
    /// How selectors are named that lead by CNAME to a provider's zone; `{n}` is the slot.
    pub slot_template: Template,
}

/// Whether the private keys of the past are published, so that old mail proves nothing any more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Disclosure {
    /// They are destroyed.
    #[default]
    Never,
    /// They are published when nobody accepts their signatures any more.
    AfterRevocation,
}

/// How a selector is named: a text with `{algorithm}` (`rsa`, `ed25519`), `{year}`, `{month}`, `{day}`, `{n}` (a number from
/// 1, the first that is free).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Template(Box<str>);

impl Default for Settings {
    fn default() -> Self {
        Self {
            rotate_after_s: Some(180 * DAY_S),
            queue_s: 5 * DAY_S,
            retry_s: DAY_S,
            expire_in_s: None,
            lag_s: HOUR_S,
            ttl_s: 3_600,
            revoked_s: 14 * DAY_S,
            quiet_s: 7 * DAY_S,
            disclosure: Disclosure::Never,
            check_s: 6 * HOUR_S,
            template: Template(DEFAULT_TEMPLATE.into()),
            slot_template: Template(DEFAULT_SLOT_TEMPLATE.into()),
        }
    }
}

impl Settings {
    /// How long a key stays published after its last signature.
    #[must_use]
    pub fn keep_s(&self) -> u64 {
        self.queue_s.saturating_add(self.retry_s).max(self.expire_in_s.unwrap_or(0))
    }
}

impl Template {
    /// Reads a template; `None` when it has unknown words, or makes no selector.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let template = Self(text.into());
        let sample = template.fill(KeyKind::Ed25519, 0, 1);
        (text.len() <= TEMPLATE_BYTES_MAX && sample.is_some()).then_some(template)
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the selector hangs on the day.
    #[must_use]
    pub fn has_date(&self) -> bool {
        ["{year}", "{month}", "{day}"].iter().any(|word| self.0.contains(word))
    }

    /// Whether several keys can have a name by it.
    #[must_use]
    pub fn has_number(&self) -> bool {
        self.0.contains("{n}")
    }

    /// The selector with this number of a key that is made at this time; `None` when it is no name.
    #[must_use]
    pub fn fill(&self, kind: KeyKind, now_s: u64, number: u32) -> Option<Domain> {
        let (year, month, day) = civil(now_s);
        let mut filled = String::new();
        let mut rest = &*self.0;
        while let Some((before, behind)) = rest.split_once('{') {
            let (word, behind) = behind.split_once('}')?;
            filled.push_str(before);
            match word {
                "algorithm" => filled.push_str(kind.as_str()),
                "year" => filled.push_str(&format!("{year:04}")),
                "month" => filled.push_str(&format!("{month:02}")),
                "day" => filled.push_str(&format!("{day:02}")),
                "n" => filled.push_str(&number.to_string()),
                _ => return None,
            }
            rest = behind;
        }
        filled.push_str(rest);
        // RFC 6376 §3.1: a selector is a name of letters, digits and hyphens, with dots between its parts.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        let selector = Domain::parse(&filled).ok().filter(|_| filled.bytes().all(is_plain))?;
        (selector.as_str().len() <= SELECTOR_BYTES_MAX).then_some(selector)
    }

    /// The first selector that is free, with a number up to `count`.
    pub(super) fn first_free(
        &self,
        kind: KeyKind,
        now_s: u64,
        count: Option<u32>,
        is_free: impl Fn(&Domain) -> bool,
    ) -> Option<Domain> {
        let last = if self.has_number() { count.unwrap_or(SELECTOR_NUMBER_MAX) } else { 1 };
        (1..=last).find_map(|number| self.fill(kind, now_s, number).filter(&is_free))
    }
}

/// Year, month and day of a time, in UTC.
fn civil(seconds: u64) -> (u64, u64, u64) {
    // Days are counted from 1 March of the year 0, so that the leap day is the last of its year.
    let days = (seconds / DAY_S).saturating_add(719_468);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// How selectors are named by default.
pub const DEFAULT_TEMPLATE: &str = "{algorithm}-{year}{month}-{n}";
/// How the selectors of slots are named by default.
pub const DEFAULT_SLOT_TEMPLATE: &str = "{algorithm}{n}";
const DAY_S: u64 = 86_400;
const HOUR_S: u64 = 3_600;
