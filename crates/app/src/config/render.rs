//! The configuration as text, made from the table in `reference`: all defaults, what is in effect, and the reference.

use std::fmt::Write as _;

use toml::de::{DeTable, DeValue};

use super::in_order;
use super::reference::{Default, Form, Row, Section, Times, sections};
use crate::say::Say;

/// What is in effect where the file says nothing and the table only has a phrase: `("receiver", "authserv_id")`.
pub(super) type Known<'a> = &'a dyn Fn(&str, &str) -> Option<String>;

/// Every key with its default, commented out: a file that changes nothing.
pub(super) fn defaults(say: &Say) -> String {
    let mut out = String::new();
    comment(&mut out, "", &say.word("config-title"));
    out.push_str("#\n");
    comment(&mut out, "", &say.word("config-head"));
    for section in sections() {
        out.push('\n');
        comment(&mut out, "", &say.word(&section.id()));
        // What may stand there several times is there only when it is written.
        let mark = if section.times == Times::Several { "#" } else { "" };
        let _ = writeln!(out, "{mark}{}", section.head());
        for row in section.rows {
            comment(&mut out, "", &say.word(&section.id_of(row)));
            let without = match row.default {
                Default::Is(_) => String::new(),
                Default::Told(..) => format!("; {}: {}", say.word("config-column-default"), without(row, say)),
            };
            comment(&mut out, "  ", &format!("({}{without})", form(row.form, say)));
            let _ = writeln!(out, "#{} = {}", row.name, row.default.example());
        }
    }
    out
}

/// Every key with what is in effect: the text of a file that was found good, and the defaults.
pub(super) fn effective(file: &str, text: &str, say: &Say, known: Known<'_>) -> String {
    let mut out = String::new();
    comment(&mut out, "", file);
    let Ok(table) = DeTable::parse(text) else { return out };
    for section in sections() {
        match (found(table.get_ref(), section.name), section.times) {
            (Some(DeValue::Array(several)), _) => {
                for one in several {
                    if let DeValue::Table(values) = one.get_ref() {
                        let _ = writeln!(out, "\n{}", section.head());
                        rows(&mut out, section, Some(values), text, say, known);
                    }
                }
            }
            (_, Times::Several) => {}
            (found, Times::Once) => {
                let _ = writeln!(out, "\n{}", section.head());
                let values = match found {
                    Some(DeValue::Table(values)) => Some(values),
                    _ => None,
                };
                rows(&mut out, section, values, text, say, known);
            }
        }
    }
    out
}

fn rows(out: &mut String, section: &Section, values: Option<&DeTable<'_>>, text: &str, say: &Say, known: Known<'_>) {
    if section.has_names_for_keys() {
        for (name, value) in values.map(in_order).unwrap_or_default() {
            let written = |span| text.get(span).unwrap_or_default();
            let _ = writeln!(out, "{} = {}", written(name.span()), written(value.span()));
        }
        return;
    }
    let mark = say.word("config-default-mark");
    for row in section.rows {
        let value = values.and_then(|values| values.get(row.name));
        let written = value.and_then(|value| text.get(value.span()));
        let _ = match (written, row.default, known(section.name, row.name)) {
            (Some(written), ..) => writeln!(out, "{} = {written}", row.name),
            (None, Default::Is(default), _) => writeln!(out, "{} = {default} # {mark}", row.name),
            (None, Default::Told(..), Some(value)) => {
                writeln!(out, "{} = {value} # {mark}: {}", row.name, without(row, say))
            }
            (None, Default::Told(..), None) => writeln!(out, "# {}: {}", row.name, without(row, say)),
        };
    }
}

/// `policy.dmarc` in `policy`, in the file.
fn found<'t, 'i>(table: &'t DeTable<'i>, name: &str) -> Option<&'t DeValue<'i>> {
    let mut parts = name.split('.');
    let first = table.get(parts.next()?)?.get_ref();
    parts.try_fold(first, |value, part| match value {
        DeValue::Table(table) => table.get(part).map(toml::Spanned::get_ref),
        _ => None,
    })
}

/// The reference, in Markdown.
pub(super) fn markdown(say: &Say) -> String {
    let mut out = format!("# {}\n\n{}\n\n", say.word("config-title"), say.word("config-made-by"));
    let _ = writeln!(out, "{}", say.word("config-place"));
    let columns = ["config-column-key", "config-column-form", "config-column-default", "config-column-what"];
    let columns = columns.map(|id| say.word(id)).join(" | ");
    for section in sections() {
        let (head, what) = (section.head(), say.word(&section.id()));
        let _ = writeln!(out, "\n## {head}\n\n{what}\n\n| {columns} |\n|--|--|--|--|");
        for row in section.rows {
            let default = match row.default {
                Default::Is(text) => format!("`{text}`"),
                Default::Told(_, example) => format!("{} (`{}`)", without(row, say), cell(example)),
            };
            let what = say.word(&section.id_of(row));
            let _ = writeln!(out, "| `{}` | {} | {default} | {} |", row.name, cell(&form(row.form, say)), cell(&what));
        }
    }
    out
}

fn without(row: &Row, say: &Say) -> String {
    match row.default {
        Default::Is(text) => text.to_owned(),
        Default::Told(id, _) => say.word(&format!("config-default-{id}")),
    }
}

fn form(form: Form, say: &Say) -> String {
    match (form, form.id()) {
        (Form::OneOf(words), _) => words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" | "),
        (_, Some(id)) => say.word(id),
        (_, None) => String::new(),
    }
}

/// A vertical line would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// A comment, broken where it is long. Japanese has no blanks: it is broken behind its punctuation.
fn comment(out: &mut String, indent: &str, text: &str) {
    let mut line = String::new();
    for word in text.split_inclusive([' ', '。', '、']) {
        if unicode_width::UnicodeWidthStr::width(line.as_str()) + unicode_width::UnicodeWidthStr::width(word.trim_end())
            > COMMENT_WIDTH
        {
            let _ = writeln!(out, "# {indent}{}", line.trim_end());
            line.clear();
        }
        line.push_str(word);
    }
    let _ = writeln!(out, "# {indent}{}", line.trim_end());
}

/// Columns of a comment, where its words allow.
const COMMENT_WIDTH: usize = 100;

#[cfg(test)]
mod tests {
    use super::super::openid::OPENID;
    use super::super::reference::ACTIONS;
    use super::super::{Config, OWN_POLICIES, keys};
    use super::*;
    use crate::say::Language;
    use std::collections::BTreeSet;

    const BOTH: [Language; 2] = [Language::English, Language::Japanese];

    /// What follows from a configuration, as far as it can be compared.
    fn meaning(config: &Config) -> impl PartialEq + std::fmt::Debug {
        let methods = format!("{:?}", config.methods().unwrap());
        let bimi = format!("{:?} {:?}", config.bimi_settings().unwrap().evidence, config.bimi_fetch != Some(false));
        (config.rules(), methods, bimi, config.dns_lists(), config.signing.clone())
    }

    #[test]
    fn the_table_has_the_keys_that_are_read_and_no_other() {
        let read: BTreeSet<_> = keys().map(|key| (key.section, key.name)).collect();
        let told: BTreeSet<_> = sections()
            .filter(|section| section.name != OWN_POLICIES)
            .flat_map(|section| section.rows.iter().map(|row| (section.name, row.name)))
            .collect();
        assert_eq!(read.difference(&told).collect::<Vec<_>>(), Vec::<&(&str, &str)>::new(), "not in the table");
        assert_eq!(told.difference(&read).collect::<Vec<_>>(), Vec::<&(&str, &str)>::new(), "nobody reads it");
        assert_eq!(told.len(), sections().map(|section| section.rows.len()).sum::<usize>() - 1, "twice in the table");
    }

    #[test]
    fn everything_in_the_table_has_a_sentence_and_no_sentence_is_idle() {
        let mut wanted = BTreeSet::new();
        for section in sections() {
            wanted.insert(section.id());
            for row in section.rows {
                wanted.insert(section.id_of(row));
                wanted.extend(row.form.id().map(str::to_owned));
                if let Default::Told(id, _) = row.default {
                    wanted.insert(format!("config-default-{id}"));
                }
            }
        }
        let others = [
            "config-title",
            "config-head",
            "config-made-by",
            "config-place",
            "config-column-key",
            "config-column-form",
            "config-column-default",
            "config-column-what",
            "config-default-mark",
            "config-good",
            "config-none",
            "config-no-user",
            "config-rule-idle",
            "config-rule-list-unasked",
            "config-rule-unremembered",
            "config-rule-nothing-sent",
        ];
        wanted.extend(others.map(str::to_owned));
        let there: BTreeSet<_> = words::ids().filter(|id| id.starts_with("config-")).map(str::to_owned).collect();
        assert_eq!(wanted.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "no sentence");
        assert_eq!(there.difference(&wanted).collect::<Vec<_>>(), Vec::<&String>::new(), "idle");
    }

    #[test]
    fn the_actions_of_the_table_are_those_of_the_rules() {
        let named: BTreeSet<_> = policy::Action::ALL.map(policy::Action::as_str).into();
        assert_eq!(ACTIONS.iter().copied().collect::<BTreeSet<_>>(), named);
    }

    #[test]
    fn the_defaults_change_nothing() {
        for language in BOTH {
            let text = defaults(&Say::new(language));
            assert_eq!(Config::parse(&text, "x").unwrap(), Config::default(), "{text}");
        }
    }

    #[test]
    fn the_defaults_of_the_table_are_the_programs() {
        let mut text = String::new();
        for section in sections().filter(|section| section.times == Times::Once) {
            let _ = writeln!(text, "{}", section.head());
            for row in section.rows {
                if let Default::Is(value) = row.default {
                    let _ = writeln!(text, "{} = {value}", row.name);
                }
            }
        }
        let written = Config::parse(&text, "x").unwrap();
        let default = Config::default();
        assert_eq!(meaning(&written), meaning(&default));
        let (options, running) = (net::ServeOptions::default(), written.running);
        assert_eq!(running.connections, Some(options.connection_count_max));
        assert_eq!(running.idle_timeout, Some(options.idle_timeout));
        assert_eq!(running.stop_within, Some(options.grace));
        assert_eq!((running.http, running.log), (default.running.http, default.running.log));
        assert_eq!(written.listen, [crate::serve::DEFAULT_ADDRESS]);
        assert_eq!(written.dns_timeout, Some(crate::common::DNS_TIMEOUT));
    }

    #[test]
    fn every_example_can_be_written() {
        for section in sections() {
            for row in section.rows {
                let Row { name, default, .. } = row;
                // Whoever comes back by a provider does so by a host of ours.
                let before = if section.name == OPENID { "[dashboard]\nhosts = [\"desk.example.jp\"]\n" } else { "" };
                let mut text = format!("{before}{}\n{name} = {}\n", section.head(), default.example());
                // What a section must have.
                for other in section.rows.iter().filter(|other| other.name != *name) {
                    if let Default::Told("required" | "as-send" | "or-webhook" | "required-by-way", example) =
                        other.default
                    {
                        let _ = writeln!(text, "{} = {example}", other.name);
                    }
                }
                let config = Config::parse(&text, "x").unwrap_or_else(|failure| panic!("{text}: {failure:?}"));
                if let Default::Told("own-field", _) = default {
                    let usual = policy::labels::LabelRules::default();
                    assert_eq!(config.rules().general.labels.fields, usual.fields);
                }
                if let Form::OneOf(words) = row.form {
                    for word in words {
                        let mut text = text.replacen(default.example(), &format!("\"{word}\""), 1);
                        // What such a word needs, and is left out by default.
                        let needed: &[&str] = match (section.name, *word) {
                            ("dashboard", "own") => &["certificate", "key"],
                            (OPENID, "groups") => &["groups"],
                            _ => &[],
                        };
                        for other in section.rows.iter().filter(|other| needed.contains(&other.name)) {
                            let _ = writeln!(text, "{} = {}", other.name, other.default.example());
                        }
                        assert!(Config::parse(&text, "x").is_ok(), "{text}");
                    }
                    let text = text.replacen(default.example(), "\"nonsense\"", 1);
                    assert!(Config::parse(&text, "x").is_err(), "{text}");
                }
            }
        }
    }

    #[test]
    fn what_is_in_effect_can_be_read_again() {
        let text = "[receiver]\nstage = \"block\"\nlisten = [\n  \"inet:1\", # one\n  \"/run/m\",\n]\n\
                    [policy.dmarc]\nreject_alone = \"reject\"\n[policy.domains]\n\"a.example\" = \"none\"\n\
                    [[dns_list]]\nzone = \"a.example\"\nkind = \"dnsbl\"\n\
                    [[dns_list]]\nzone = \"b.example\"\nkind = \"rhsbl\"\ntext = false\n";
        let known = |section: &str, key: &str| {
            ((section, key) == ("receiver", "authserv_id")).then(|| "\"mx.example.jp\"".to_owned())
        };
        for language in BOTH {
            let say = Say::new(language);
            let shown = effective("sekisho.toml", text, &say, &known);
            let (again, given) = (Config::parse(&shown, "x").unwrap(), Config::parse(text, "x").unwrap());
            assert_eq!(meaning(&again), meaning(&given), "{shown}");
            assert_eq!((again.listen.len(), again.authserv_id.as_deref()), (2, Some("mx.example.jp")), "{shown}");
            for section in sections().filter(|section| section.times == Times::Once && section.name != OWN_POLICIES) {
                for row in section.rows {
                    let lines = [format!("\n{} = ", row.name), format!("\n# {}: ", row.name)];
                    assert!(lines.iter().any(|line| shown.contains(line)), "{} {}", section.name, row.name);
                }
            }
        }
    }

    #[test]
    fn the_reference_has_a_row_for_every_key() {
        for language in BOTH {
            let text = markdown(&Say::new(language));
            let rows: usize = sections().map(|section| section.rows.len()).sum();
            assert_eq!(text.matches("\n| `").count(), rows);
            // Four cells each: five lines that are not in a cell.
            for line in text.lines().filter(|line| line.starts_with("| `")) {
                assert_eq!(line.replace("\\|", "").matches('|').count(), 5, "{line}");
            }
        }
    }
}
