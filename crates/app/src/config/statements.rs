//! `[[audit.statement]]`: what the operator declares of requirements, of the guideline or of a profile, that nothing shows.

use audit::guideline::REQUIREMENTS;
use audit::known::Statement;
use toml::de::DeValue;

use super::{Key, Take, Wrong, boolean, string};
use crate::desk::may_have_requirement;
use crate::time;

/// What the file says for audits.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct AuditConfig {
    statements: Vec<StatementConfig>,
}

/// `[[audit.statement]]`
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct StatementConfig {
    /// `requirement`
    requirement: Option<String>,
    /// `met`
    met: Option<bool>,
    /// `by`
    by: Option<String>,
    /// `date`, seconds since 1970
    at_s: Option<i64>,
    /// `note`
    note: String,
}

/// The section, and its section of sections.
pub(super) const AUDIT: &str = "audit";
pub(super) const STATEMENT: &str = "audit.statement";

impl AuditConfig {
    /// What the operator declares, the oldest first: of several about one requirement the newest counts.
    pub(crate) fn statements(&self) -> Vec<Statement> {
        let whole = |one: &StatementConfig| {
            Some(Statement {
                requirement: one.requirement.as_deref()?.into(),
                met: one.met?,
                by: one.by.as_deref()?.into(),
                at_s: one.at_s?,
                note: one.note.as_str().into(),
            })
        };
        let mut statements: Vec<_> = self.statements.iter().filter_map(whole).collect();
        statements.sort_by_key(|one| one.at_s);
        statements
    }

    pub(super) fn begin_statement(&mut self) {
        self.statements.push(StatementConfig::default());
    }

    /// The key that the last statement must have and has not.
    pub(super) fn missing_of_statement(&self) -> Option<&'static str> {
        match self.statements.last()? {
            StatementConfig { requirement: None, .. } => Some("requirement"),
            StatementConfig { met: None, .. } => Some("met"),
            StatementConfig { by: None, .. } => Some("by"),
            StatementConfig { at_s: None, .. } => Some("date"),
            _ => None,
        }
    }

    /// What the last statement names, where neither the guideline nor the profile has such a requirement.
    pub(super) fn unknown_of_statement(&self) -> Option<&str> {
        let named = self.statements.last()?.requirement.as_deref()?;
        let is_known = match named.split_once('/') {
            Some((profile, id)) => may_have_requirement(profile, id),
            None => REQUIREMENTS.iter().any(|requirement| requirement.id == named),
        };
        Some(named).filter(|_| !is_known)
    }

    fn last(&mut self) -> Result<&mut StatementConfig, Wrong> {
        self.statements.last_mut().ok_or(Wrong)
    }
}

/// The keys of these sections.
pub(super) const KEYS: &[Key] = &[
    key("requirement", |config, value| {
        config.audit.last()?.requirement = Some(text(value)?);
        Ok(())
    }),
    key("met", |config, value| {
        config.audit.last()?.met = Some(boolean(value)?);
        Ok(())
    }),
    key("by", |config, value| {
        config.audit.last()?.by = Some(text(value)?).filter(|by| !by.trim().is_empty());
        if config.audit.last()?.by.is_none() { Err(Wrong) } else { Ok(()) }
    }),
    key("date", |config, value| {
        config.audit.last()?.at_s = Some(date(value)?);
        Ok(())
    }),
    key("note", |config, value| {
        config.audit.last()?.note = text(value)?;
        Ok(())
    }),
];

const fn key(name: &'static str, take: Take) -> Key {
    Key { section: STATEMENT, name, take }
}

/// A text that is shown as it is.
fn text(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = string(value)?;
    if text.chars().any(char::is_control) { Err(Wrong) } else { Ok(text.to_owned()) }
}

/// A day, as TOML has it or as a text.
fn date(value: &DeValue<'_>) -> Result<i64, Wrong> {
    let read = match value {
        DeValue::Datetime(moment) => time::parse_or_day(&moment.to_string()),
        value => time::parse_or_day(string(value)?),
    };
    read.and_then(|seconds| i64::try_from(seconds).ok()).ok_or(Wrong)
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use mailtext::Explain as _;

    const WHOLE: &str = "[[audit.statement]]\nrequirement = \"4-3\"\nmet = true\nby = \"関守 太郎\"\ndate = 2026-11-01\n\
                         note = \"bounces are bound by Postfix\"\n";

    #[test]
    fn what_is_declared() {
        let later =
            "[[audit.statement]]\nrequirement = \"4-3\"\nmet = false\nby = \"b\"\ndate = \"2026-10-01T00:00:00Z\"\n";
        let statements = Config::parse(&format!("{WHOLE}{later}"), "x").unwrap().audit.statements();
        let told: Vec<_> = statements.iter().map(|one| (&*one.by, one.met, one.at_s, &*one.note)).collect();
        let wanted =
            [("b", false, 1_790_812_800, ""), ("関守 太郎", true, 1_793_491_200, "bounces are bound by Postfix")];
        assert_eq!(told, wanted);
    }

    #[test]
    fn requirements_of_profiles() {
        // The last is of a profile of one's own, whose file is named on the command line.
        for id in ["gmail/spam-rate", "yahoo/unsubscribe-soon", "microsoft/list-hygiene", "guideline/4-3", "ours/any"] {
            let statements = Config::parse(&WHOLE.replace("4-3", id), "x").unwrap().audit.statements();
            assert_eq!(statements.iter().map(|one| &*one.requirement).collect::<Vec<_>>(), [id]);
        }
    }

    #[test]
    fn what_is_lacking_or_wrong() {
        let told = |text: &str| {
            let failure = Config::parse(text, "sekisho.toml").unwrap_err();
            let arguments = failure.arguments().into_iter().map(|(name, value)| format!("{name}={value}"));
            format!("{} {}", failure.id(), arguments.collect::<Vec<_>>().join(" "))
        };
        for key in ["requirement", "met", "by", "date"] {
            let text: String =
                WHOLE.lines().filter(|line| !line.starts_with(key)).map(|line| format!("{line}\n")).collect();
            let wanted = format!("line=1 column=1 key={key} section=audit.statement");
            assert!(told(&text).ends_with(&wanted), "{text}: {}", told(&text));
        }
        let unknown = told(&WHOLE.replace("4-3", "9-9"));
        assert_eq!(unknown, "cli-config-unknown-requirement file=sekisho.toml line=1 column=1 value=9-9");
        for id in ["gmail/one-clock", "guideline/9-9", "gmail/", "/one-click", "/"] {
            let unknown = told(&WHOLE.replace("4-3", id));
            assert!(
                unknown.ends_with(&format!("unknown-requirement file=sekisho.toml line=1 column=1 value={id}")),
                "{unknown}"
            );
        }
        for (from, to) in [
            ("true", "\"yes\""),
            ("2026-11-01", "2026-13-01"),
            ("2026-11-01", "\"soon\""),
            ("関守 太郎", " "),
            ("関守 太郎", "a\\u0007"),
            ("\"4-3\"", "43"),
        ] {
            let told = told(&WHOLE.replace(from, to));
            assert!(told.starts_with("cli-config-bad-value") || told.starts_with("cli-config-error"), "{to}: {told}");
        }
        assert!(told("[audit]\nstatements = 3\n").starts_with("cli-config-unknown-key"));
    }
}
