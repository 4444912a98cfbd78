//! `[ledger]`: whether, where and how long rows are kept, and `[receiver] on_failure`.

use std::path::PathBuf;

use report::Site;
use service::{EvidenceKept, OnFailure};
use store::Durability;
use toml::de::DeValue;

use super::{Key, Wrong, boolean, string};

/// What the file says of the ledger.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LedgerConfig {
    /// `enabled`: whether rows are kept at all.
    pub(crate) enabled: bool,
    /// `file`: where; `ledger.sqlite` in the state directory if nothing is said.
    pub(crate) file: Option<PathBuf>,
    /// `durability`: whether the MTA is answered before or after a row is on the disk.
    pub(crate) durability: Durability,
    /// `addresses`: how much of addresses is kept.
    pub(crate) addresses: AddressesKept,
    /// `evidence`: of which messages the evidence is kept.
    pub(crate) evidence: EvidenceKept,
    /// `keep_rows_days`
    pub(crate) keep_rows_days: u32,
    /// `keep_evidence_days`
    pub(crate) keep_evidence_days: u32,
    /// `site`: the number of this daemon among those that share a ledger.
    pub(crate) site: Site,
    /// `[receiver] on_failure`
    pub(crate) on_failure: OnFailure,
}

/// How much of addresses is kept in rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum AddressesKept {
    /// As they are.
    #[default]
    Full,
    /// A hash under a key of this site.
    Hash,
    /// Nothing.
    None,
}

impl Default for LedgerConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            file: None,
            durability: Durability::BeforeReply,
            addresses: AddressesKept::Full,
            evidence: EvidenceKept::Notable,
            keep_rows_days: KEEP_ROWS_DAYS,
            keep_evidence_days: KEEP_EVIDENCE_DAYS,
            site: Site::default(),
            on_failure: OnFailure::Accept,
        }
    }
}

/// The keys.
pub(super) const KEYS: &[Key] = &[
    Key {
        section: "receiver",
        name: "on_failure",
        take: |config, value| {
            config.ledger.on_failure = match string(value)? {
                "accept" => OnFailure::Accept,
                "tempfail" => OnFailure::TempFail,
                _ => return Err(Wrong),
            };
            Ok(())
        },
    },
    Key {
        section: "ledger",
        name: "enabled",
        take: |config, value| {
            config.ledger.enabled = boolean(value)?;
            Ok(())
        },
    },
    Key {
        section: "ledger",
        name: "file",
        take: |config, value| {
            config.ledger.file = Some(string(value).ok().filter(|path| !path.is_empty()).ok_or(Wrong)?.into());
            Ok(())
        },
    },
    Key {
        section: "ledger",
        name: "durability",
        take: |config, value| {
            config.ledger.durability = match string(value)? {
                "before-reply" => Durability::BeforeReply,
                "async" => Durability::Async,
                _ => return Err(Wrong),
            };
            Ok(())
        },
    },
    Key {
        section: "ledger",
        name: "addresses",
        take: |config, value| {
            config.ledger.addresses = match string(value)? {
                "full" => AddressesKept::Full,
                "hash" => AddressesKept::Hash,
                "none" => AddressesKept::None,
                _ => return Err(Wrong),
            };
            Ok(())
        },
    },
    Key {
        section: "ledger",
        name: "evidence",
        take: |config, value| {
            config.ledger.evidence = match string(value)? {
                "none" => EvidenceKept::None,
                "notable" => EvidenceKept::Notable,
                "all" => EvidenceKept::All,
                _ => return Err(Wrong),
            };
            Ok(())
        },
    },
    Key {
        section: "ledger",
        name: "keep_rows_days",
        take: |config, value| {
            config.ledger.keep_rows_days = days(value)?;
            Ok(())
        },
    },
    Key {
        section: "ledger",
        name: "keep_evidence_days",
        take: |config, value| {
            config.ledger.keep_evidence_days = days(value)?;
            Ok(())
        },
    },
    Key {
        section: "ledger",
        name: "site",
        take: |config, value| {
            config.ledger.site = Site::new(number(value)?).ok_or(Wrong)?;
            Ok(())
        },
    },
];

/// From one day to a hundred years.
fn days(value: &DeValue<'_>) -> Result<u32, Wrong> {
    Ok(number::<u32>(value)?).and_then(|days| if (1..=36_500).contains(&days) { Ok(days) } else { Err(Wrong) })
}

fn number<T: std::str::FromStr>(value: &DeValue<'_>) -> Result<T, Wrong> {
    match value {
        DeValue::Integer(number) => number.to_string().parse().map_err(|_| Wrong),
        _ => Err(Wrong),
    }
}

/// Long enough for two reports of a year to be compared.
const KEEP_ROWS_DAYS: u32 = 400;
const KEEP_EVIDENCE_DAYS: u32 = 30;
