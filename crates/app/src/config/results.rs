//! `[results]`: what is written beside Authentication-Results, and what becomes of the results of others,
//! those of spam filters among them.

use policy::labels::FieldName;
use service::{Foreign, Results, SpamField, Written};
use toml::de::DeValue;

use super::rules::networks;
use super::{Key, Wrong, boolean, string};

/// The keys.
pub(super) const KEYS: &[Key] = &[
    Key {
        section: "results",
        name: "received_spf",
        take: |config, value| {
            config.results.received_spf = written(value)?;
            Ok(())
        },
    },
    Key {
        section: "results",
        name: "explanation",
        take: |config, value| {
            config.results.explanation = written(value)?;
            Ok(())
        },
    },
    Key {
        section: "results",
        name: "foreign",
        take: |config, value| {
            config.results.foreign = match string(value)? {
                "keep" => Foreign::Keep,
                "remove" => Foreign::Remove,
                _ => return Err(Wrong),
            };
            Ok(())
        },
    },
    Key {
        section: "results",
        name: "foreign_except",
        take: |config, value| {
            let DeValue::Array(names) = value else { return Err(Wrong) };
            let name = |value: &str| Some(value.to_owned()).filter(|name| !name.is_empty()).ok_or(Wrong);
            let names = names.iter().map(|value| name(string(value.get_ref())?)).collect::<Result<Vec<_>, _>>()?;
            config.results = Results { foreign_except: names, ..std::mem::take(&mut config.results) };
            Ok(())
        },
    },
    Key {
        section: "results",
        name: "spam_field",
        take: |config, value| {
            let name = string(value)?;
            FieldName::new(name).map_err(|_| Wrong)?;
            config.results.spam.name = name.to_owned();
            Ok(())
        },
    },
    Key {
        section: "results",
        name: "spam_score",
        take: |config, value| {
            config.results.spam.score_min = Some(SpamField::score(string(value)?).ok_or(Wrong)?);
            Ok(())
        },
    },
    Key {
        section: "results",
        name: "spam_clients",
        take: |config, value| {
            config.results.spam.clients = networks(value)?;
            Ok(())
        },
    },
];

fn written(value: &DeValue<'_>) -> Result<Written, Wrong> {
    Ok(if boolean(value)? { Written::Yes } else { Written::No })
}
