//! `[reports.milter]`: mail with reports that is taken in while it passes the milter.

use service::limits::WAY_IN_BYTES_MAX;
use service::{AfterWayIn, WayIn};
use toml::de::DeValue;

use super::{Key, Take, Wrong, string};

/// What the file says of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct WayInConfig {
    /// `addresses`: mail to these is taken in.
    addresses: Vec<String>,
    /// `action`: what becomes of it then.
    action: AfterWayIn,
    /// `bytes`: the longest that is taken in.
    bytes_max: usize,
}

impl Default for WayInConfig {
    fn default() -> Self {
        Self { addresses: Vec::new(), action: AfterWayIn::default(), bytes_max: WAY_IN_BYTES_MAX }
    }
}

/// The section.
pub(super) const MILTER: &str = "reports.milter";

/// The keys.
pub(super) const KEYS: &[Key] = &[
    key("addresses", |config, value| {
        let DeValue::Array(texts) = value else { return Err(Wrong) };
        let address = |text: &str| Some(text.to_lowercase()).filter(|text| text.contains('@')).ok_or(Wrong);
        let addresses = texts.iter().map(|text| address(string(text.get_ref())?));
        config.way_in.addresses = addresses.collect::<Result<Vec<_>, _>>()?;
        Ok(())
    }),
    key("action", |config, value| {
        config.way_in.action = match string(value)? {
            "deliver" => AfterWayIn::Deliver,
            "swallow" => AfterWayIn::Swallow,
            _ => return Err(Wrong),
        };
        Ok(())
    }),
    key("bytes", |config, value| {
        let DeValue::Integer(number) = value else { return Err(Wrong) };
        let bytes = number.as_str().parse().ok().filter(|bytes| (1..=WAY_IN_BYTES_MAX).contains(bytes));
        config.way_in.bytes_max = bytes.ok_or(Wrong)?;
        Ok(())
    }),
];

const fn key(name: &'static str, take: Take) -> Key {
    Key { section: MILTER, name, take }
}

impl WayInConfig {
    /// The key without which the others are of no use, when it is missing.
    pub(super) fn missing(&self) -> Option<&'static str> {
        (self.addresses.is_empty() && *self != Self::default()).then_some("addresses")
    }

    /// Which mail is taken in; `None` where none is.
    pub(crate) fn way_in(&self) -> Option<WayIn> {
        let way_in = WayIn::new(self.addresses.iter().map(String::as_str), self.action).up_to(self.bytes_max);
        (!self.addresses.is_empty()).then_some(way_in)
    }

    /// The addresses, to be shown.
    pub(crate) fn addresses(&self) -> &[String] {
        &self.addresses
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    #[test]
    fn addresses_are_needed() {
        let read = |text: &str| Config::parse(&format!("[reports.milter]\n{text}"), "f").map(|config| config.way_in);
        assert_eq!(WayInConfig::default().way_in(), None);
        let failure = read("action = \"swallow\"\n").unwrap_err();
        assert_eq!(mailtext::Explain::id(&failure), "cli-config-missing-key");
        let config = read("addresses = [\"DMARC@example.jp\"]\naction = \"swallow\"\nbytes = 1000\n").unwrap();
        assert_eq!(config.way_in(), Some(WayIn::new(["dmarc@example.jp"], AfterWayIn::Swallow).up_to(1000)));
        for wrong in ["addresses = [\"nobody\"]", "action = \"eat\"", "bytes = 0", "bytes = 1000000000"] {
            let failure = read(wrong).unwrap_err();
            assert_eq!(mailtext::Explain::id(&failure), "cli-config-bad-value", "{wrong}");
        }
    }
}
