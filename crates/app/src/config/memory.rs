//! `[policy.memory]`: what is remembered of who is authenticated, and what follows it. `[policy.dsn]`: what follows a
//! notification that answers nothing of ours.

use super::rules::set;
use super::{Key, Wrong, boolean};
use toml::de::DeValue;

/// What the file says of the memory, beside the rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct MemoryConfig {
    /// `remember`: whether anything is remembered.
    pub(crate) remember: bool,
    /// `half_life_days`: after how many days what was seen counts half.
    pub(crate) half_life_days: u64,
}

impl Default for MemoryConfig {
    fn default() -> Self {
        Self { remember: false, half_life_days: 14 }
    }
}

/// The keys.
pub(super) const KEYS: &[Key] = &[
    key("policy.dsn", "of_others", |config, value| set(&mut config.judging.rules.dsn.of_others, value)),
    key("policy.dsn", "of_nothing", |config, value| set(&mut config.judging.rules.dsn.of_nothing, value)),
    key(SECTION, "remember", |config, value| {
        config.memory.remember = boolean(value)?;
        Ok(())
    }),
    key(SECTION, "half_life_days", |config, value| {
        config.memory.half_life_days = number(value, HALF_LIFE_DAYS_MAX)?.max(1);
        Ok(())
    }),
    key(SECTION, "bad_domain", |config, value| set(&mut config.judging.rules.memory.bad_domain, value)),
    key(SECTION, "bad_client", |config, value| set(&mut config.judging.rules.memory.bad_client, value)),
    key(SECTION, "bad_below", |config, value| {
        let per_mille = u16::try_from(number(value, 1000)?).map_err(|_| Wrong)?;
        config.judging.rules.memory.bad_below_per_mille = per_mille;
        Ok(())
    }),
    key(SECTION, "messages", |config, value| {
        config.judging.rules.memory.weight_min = number(value, u64::MAX)?;
        Ok(())
    }),
    key(SECTION, "replay", |config, value| set(&mut config.judging.rules.memory.replay, value)),
    key(SECTION, "replay_count", |config, value| {
        config.judging.rules.memory.replay_count_min = number(value, u64::MAX)?;
        Ok(())
    }),
    key(SECTION, "usual_count", |config, value| {
        config.judging.rules.memory.usual_count_min = number(value, u64::MAX)?;
        Ok(())
    }),
];

const fn key(section: &'static str, name: &'static str, take: super::Take) -> Key {
    Key { section, name, take }
}

/// A whole number, not above a limit.
fn number(value: &DeValue<'_>, limit: u64) -> Result<u64, Wrong> {
    let DeValue::Integer(number) = value else { return Err(Wrong) };
    let number = u64::from_str_radix(number.as_str(), number.radix()).map_err(|_| Wrong)?;
    if number > limit { Err(Wrong) } else { Ok(number) }
}

const SECTION: &str = "policy.memory";
/// Longest half-life: days beyond are not remembered.
const HALF_LIFE_DAYS_MAX: u64 = policy::limits::REPUTATION_DAY_COUNT_MAX as u64;

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;
    use policy::Action;

    #[test]
    fn what_is_said_and_what_is_not() {
        let text = "[policy.memory]\nremember = true\nhalf_life_days = 7\nbad_domain = \"quarantine\"\nbad_client = \
                    \"label\"\nbad_below = 300\nmessages = 20\nreplay = \"tempfail\"\nreplay_count = 500\nusual_count = 9\n\
                    [policy.dsn]\nof_others = \"reject\"\nof_nothing = \"label\"\n";
        let config = Config::parse(text, "x").unwrap();
        assert_eq!(config.memory, MemoryConfig { remember: true, half_life_days: 7 });
        let rules = config.rules().general;
        let memory = rules.memory;
        assert_eq!((memory.bad_domain, memory.bad_client), (Action::Quarantine, Action::Label));
        assert_eq!((memory.bad_below_per_mille, memory.weight_min), (300, 20));
        assert_eq!((memory.replay, memory.replay_count_min, memory.usual_count_min), (Action::TempFail, 500, 9));
        assert_eq!((rules.dsn.of_others, rules.dsn.of_nothing), (Action::Reject, Action::Label));
        let default = Config::default();
        assert_eq!(default.memory, MemoryConfig::default());
        assert_eq!(default.rules().general.memory, policy::rules::MemoryRules::default());
    }

    #[test]
    fn numbers_at_below_and_above_their_limits() {
        for (key, limit) in [("half_life_days", HALF_LIFE_DAYS_MAX), ("bad_below", 1000)] {
            for (number, good) in [(limit - 1, true), (limit, true), (limit + 1, false)] {
                let text = format!("[policy.memory]\n{key} = {number}\n");
                assert_eq!(Config::parse(&text, "x").is_ok(), good, "{text}");
            }
        }
        for text in ["messages = -1", "messages = \"1\"", "replay_count = 1.5", "remember = 1", "bad_domain = true"] {
            assert!(Config::parse(&format!("[policy.memory]\n{text}\n"), "x").is_err(), "{text}");
        }
    }
}
