//! The licences of everything that is linked: each crate's against the list `allow` of deny.toml, and no crate that it denies.
//!
//! `cargo deny` says more; this needs nothing but cargo, and sees only what is linked where it runs.

use std::collections::BTreeSet;

use crate::house::{Complaint, House, Outcome, cargo_program, shown};

const LIST: &str = "deny.toml";

pub(crate) fn check(house: &House) -> Outcome<Vec<Complaint>> {
    let text = house.read(LIST)?;
    let (allowed, denied) = (allowed(&text), denied(&text));
    if allowed.is_empty() {
        return Err(format!("{LIST} allows no licence"));
    }
    let mut complaints = Vec::new();
    for (name, licence) in linked(house)? {
        if denied.iter().any(|denied| name.split(' ').next() == Some(denied)) {
            complaints.push(Complaint::new(LIST, 0, format!("{name} is denied, and linked")));
        }
        if !is_allowed(&licence, &allowed) {
            complaints.push(Complaint::new(LIST, 0, format!("{name} is under “{licence}”")));
        }
    }
    Ok(complaints)
}

/// Every package, `name v1.0.0`, with its licence. `cargo metadata` would name some that no feature asks for.
fn linked(house: &House) -> Outcome<BTreeSet<(String, String)>> {
    let arguments = ["tree", "--workspace", "--edges", "normal,build", "--prefix", "none", "--format", "{p}\t{l}"];
    let mut command = house.command(&cargo_program(), &arguments);
    let output = command.output().map_err(|error| format!("{}: {error}", shown(&command)))?;
    if !output.status.success() {
        return Err(format!("{}: {}", shown(&command), String::from_utf8_lossy(&output.stderr)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter_map(|line| line.split_once('\t'));
    // A package that was shown before ends with a mark.
    Ok(lines.map(|(name, licence)| (name.to_owned(), licence.trim_end_matches(" (*)").to_owned())).collect())
}

/// The licences that the list `allow` names.
fn allowed(text: &str) -> BTreeSet<&str> {
    let lines = text.lines().map(str::trim).skip_while(|line| !line.starts_with("allow = [")).skip(1);
    let lines = lines.take_while(|line| !line.starts_with(']')).filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split('"').nth(1)).collect()
}

/// The crates that the list `deny` names.
fn denied(text: &str) -> BTreeSet<&str> {
    let entries = text.lines().filter_map(|line| line.trim().strip_prefix("{ crate = \""));
    entries.filter_map(|rest| rest.split('"').next()).collect()
}

/// Whether the crate may be taken under allowed licences alone (an SPDX expression; `/` is an older way to write OR).
fn is_allowed(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    any(&mut words, allowed) == Some(true) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

/// `all OR all …`
fn any(words: &mut Words<'_>, allowed: &BTreeSet<&str>) -> Option<bool> {
    let mut is_any = all(words, allowed)?;
    while words.next_if_eq(&"OR").is_some() {
        is_any |= all(words, allowed)?;
    }
    Some(is_any)
}

/// `one AND one …`
fn all(words: &mut Words<'_>, allowed: &BTreeSet<&str>) -> Option<bool> {
    let mut is_all = one(words, allowed)?;
    while words.next_if_eq(&"AND").is_some() {
        is_all &= one(words, allowed)?;
    }
    Some(is_all)
}

/// A licence, one with an exception – which only allows more –, or an expression in parentheses.
fn one(words: &mut Words<'_>, allowed: &BTreeSet<&str>) -> Option<bool> {
    let word = words.next()?;
    if word == "(" {
        let inner = any(words, allowed)?;
        return words.next_if_eq(&")").map(|_| inner);
    }
    if words.next_if_eq(&"WITH").is_some() {
        words.next()?;
    }
    Some(allowed.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let allowed: BTreeSet<&str> = ["MIT", "Apache-2.0", "ISC"].into();
        for (expression, wanted) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("MIT OR GPL-3.0-only", true),
            ("GPL-3.0-only/MIT", true),
            ("MIT AND GPL-3.0-only", false),
            ("ISC AND (Apache-2.0 OR OpenSSL)", true),
            ("ISC AND (GPL-2.0-only OR OpenSSL)", false),
            ("GPL-2.0-only OR ISC AND MIT", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("(MIT", false),
            ("MIT MIT", false),
            ("", false),
        ] {
            assert_eq!(is_allowed(expression, &allowed), wanted, "{expression}");
        }
    }

    #[test]
    fn the_lists() {
        let text = "[licenses]\nallow = [\n  \"MIT\",\n  # \"No\"\n  \"ISC\",\n]\n[bans]\ndeny = [\n  { crate = \"ring\" },\n]\n";
        assert_eq!(allowed(text), ["ISC", "MIT"].into());
        assert_eq!(denied(text), ["ring"].into());
    }
}
