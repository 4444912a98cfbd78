//! Which keys sign for which author: rules with patterns, of which the most specific one counts.
//!
//! | pattern | stands for |
//! |--|--|
//! | `example.jp`, `*@example.jp` | every address of the domain |
//! | `*.example.jp`, `*@*.example.jp` | every address of the domains below it |
//! | `.example.jp`, `*@.example.jp` | both |
//! | `taro@example.jp` | this address; so with the other ways to name domains |
//! | `*` | every address |
//!
//! An address counts before a domain; a domain before those above it; `*` comes last. Rules with the same pattern add up:
//! their keys all sign. A rule without keys says that nothing is signed.
//!
//! A rule may be for some [`Clients`] alone. It is found for its authors all the same, so that nobody else gets a signature
//! by a wider rule instead.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;

use mailtext::{Domain, Mailbox, Network};

use crate::limits::{PATTERN_COUNT_MAX, TABLE_BYTES_MAX};
use crate::problem::Problem;

/// Whose mail a rule is about.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Pattern {
    local: Local,
    domain: Reach,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Local {
    Any,
    /// In lower case: RFC 5321 §2.4 leaves the case to the domain's owner, and here the owner speaks.
    Named(String),
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Reach {
    Any,
    At(Domain),
    Below(Domain),
    Within(Domain),
}

/// A rule: the keys, by their names, for mail of such authors.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// Whose mail.
    pub pattern: Pattern,
    /// The keys' names.
    pub keys: Vec<String>,
    /// For whose clients alone.
    pub clients: Clients,
}

/// Clients of the MTA that a rule is for; nothing said stands for all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Clients {
    /// Users of SMTP AUTH, as the MTA writes them; `*@example.jp` for all that end so.
    pub users: Vec<String>,
    /// Their networks.
    pub networks: Vec<Network>,
}

/// Rules, made ready to be asked. The time for an answer does not grow with their number.
#[derive(Clone, Debug, Default)]
pub struct SigningTable {
    at: HashMap<Domain, Entries>,
    below: HashMap<Domain, Entries>,
    any: Entries,
    count: usize,
}

#[derive(Clone, Debug, Default)]
struct Entries {
    any: Option<Found>,
    named: HashMap<String, Found>,
}

/// The keys that a pattern names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The pattern.
    pub pattern: Pattern,
    /// What each rule with this pattern gives, and to whom.
    grants: Vec<Grant>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Grant {
    clients: Clients,
    keys: Vec<usize>,
}

/// A line of a key table: `name domain:selector:file`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyLine {
    /// The number of the line, from 1.
    pub line: usize,
    /// The key's name.
    pub name: String,
    /// The domain, or `%`.
    pub domain: String,
    /// The selector.
    pub selector: String,
    /// Where the key is.
    pub file: String,
}

impl Pattern {
    /// Reads a pattern; `None` when it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = match text.rsplit_once('@') {
            Some(("*", domain)) => (Local::Any, domain),
            // `*` stands for all local parts or for none: half a one would be read in different ways.
            Some((local, _)) if local.is_empty() || local.contains(['*', '"']) => return None,
            Some((local, domain)) => (Local::Named(lower(local)), domain),
            None => (Local::Any, text),
        };
        let name = |text: &str| Domain::parse(text).ok();
        let domain = match (domain, domain.strip_prefix("*."), domain.strip_prefix('.')) {
            ("*", _, _) => Reach::Any,
            (_, Some(name_below), _) => Reach::Below(name(name_below)?),
            (_, _, Some(name_within)) => Reach::Within(name(name_within)?),
            _ => Reach::At(name(domain)?),
        };
        Some(Self { local, domain })
    }

    /// All of a domain and of those below it: for whom a key signs where no rule says so.
    #[must_use]
    pub fn within(domain: Domain) -> Self {
        Self { local: Local::Any, domain: Reach::Within(domain) }
    }
}

/// As it could be written.
impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Local::Named(local) = &self.local {
            write!(formatter, "{local}@")?;
        }
        match &self.domain {
            Reach::Any => formatter.write_str("*"),
            Reach::At(domain) => write!(formatter, "{domain}"),
            Reach::Below(domain) => write!(formatter, "*.{domain}"),
            Reach::Within(domain) => write!(formatter, ".{domain}"),
        }
    }
}

impl SigningTable {
    /// Adds keys, by their places, for authors of this pattern and mail of these clients.
    ///
    /// # Errors
    /// When there are too many patterns.
    pub fn insert(&mut self, pattern: &Pattern, keys: &[usize], clients: &Clients) -> Result<(), Problem> {
        if self.count >= PATTERN_COUNT_MAX {
            return Err(Problem::TooManyRules);
        }
        self.count += 1;
        match &pattern.domain {
            Reach::Any => self.any.add(pattern, keys, clients),
            Reach::At(domain) => self.at.entry(domain.clone()).or_default().add(pattern, keys, clients),
            Reach::Below(domain) => self.below.entry(domain.clone()).or_default().add(pattern, keys, clients),
            Reach::Within(domain) => {
                self.at.entry(domain.clone()).or_default().add(pattern, keys, clients);
                self.below.entry(domain.clone()).or_default().add(pattern, keys, clients);
            }
        }
        Ok(())
    }

    /// The rule for an author, when there is one. Addresses without a domain name have none.
    #[must_use]
    pub fn find(&self, author: &Mailbox) -> Option<&Found> {
        let domain = author.domain_name()?;
        let local = lower(&author.local);
        let nearest = || {
            let parents = (1..domain.label_count()).rev().map(|count| domain.rightmost(count));
            let below = parents.filter_map(|parent| self.below.get(&parent));
            self.at.get(domain).into_iter().chain(below).chain([&self.any])
        };
        nearest().find_map(|entries| entries.named.get(&local)).or_else(|| nearest().find_map(|it| it.any.as_ref()))
    }

    /// Every set of keys that a pattern names.
    pub(crate) fn found(&self) -> impl Iterator<Item = &Found> {
        let entries = self.at.values().chain(self.below.values()).chain([&self.any]);
        entries.flat_map(|entries| entries.named.values().chain(&entries.any))
    }
}

impl Entries {
    fn add(&mut self, pattern: &Pattern, keys: &[usize], clients: &Clients) {
        let none = || Found { pattern: pattern.clone(), grants: Vec::new() };
        let found = match &pattern.local {
            Local::Any => self.any.get_or_insert_with(none),
            Local::Named(local) => self.named.entry(local.clone()).or_insert_with(none),
        };
        match found.grants.iter_mut().find(|grant| grant.clients == *clients) {
            Some(grant) => grant.keys.extend(keys),
            None => found.grants.push(Grant { clients: clients.clone(), keys: keys.to_vec() }),
        }
    }
}

impl Found {
    /// The places of the keys that sign mail of this client, each once; empty where a rule says that nothing is signed.
    /// `None` when no rule is for this client.
    #[must_use]
    pub fn keys(&self, user: Option<&str>, client: Option<IpAddr>) -> Option<Vec<usize>> {
        let mut granted = self.grants.iter().filter(|grant| grant.clients.contain(user, client)).peekable();
        granted.peek()?;
        let mut keys = Vec::new();
        for key in granted.flat_map(|grant| &grant.keys) {
            if !keys.contains(key) {
                keys.push(*key);
            }
        }
        Some(keys)
    }

    /// The places of all its keys, whoever they are for.
    pub(crate) fn every_key(&self) -> impl Iterator<Item = usize> {
        self.grants.iter().flat_map(|grant| grant.keys.iter().copied())
    }
}

impl Clients {
    /// Whether this client is one of them: by its user, or by its address.
    #[must_use]
    pub fn contain(&self, user: Option<&str>, client: Option<IpAddr>) -> bool {
        let is_named = |name: &str| {
            let at_domain = |domain: &str| {
                let given = name.rsplit_once('@').filter(|(local, _)| !local.is_empty());
                given.is_some_and(|(_, given)| given.eq_ignore_ascii_case(domain))
            };
            self.users.iter().any(|user| user.strip_prefix("*@").map_or(user == name, at_domain))
        };
        let is_everybody = self.users.is_empty() && self.networks.is_empty();
        is_everybody
            || user.is_some_and(is_named)
            || client.is_some_and(|client| self.networks.iter().any(|network| network.contains(client)))
    }
}

/// Reads a table of rules: `pattern name` in a line, several names with commas between; `#` begins a comment. `file` is the
/// table's name.
///
/// # Errors
/// Names the first line that is none.
pub fn rules(text: &str, file: &str) -> Result<Vec<Rule>, Problem> {
    let mut rules = Vec::new();
    for (line, content) in lines(text, file)? {
        let wrong = Problem::RuleLine { file: file.to_owned(), line };
        let (pattern, keys) = content.split_once(char::is_whitespace).ok_or_else(|| wrong.clone())?;
        let pattern = Pattern::parse(pattern).ok_or_else(|| wrong.clone())?;
        let keys: Vec<String> = keys.split(',').map(|key| key.trim().to_owned()).collect();
        if keys.iter().any(|key| key.is_empty() || key.contains(char::is_whitespace)) {
            return Err(wrong);
        }
        rules.push(Rule { pattern, keys, clients: Clients::default() });
    }
    Ok(rules)
}

/// Reads a table of keys: `name domain:selector:file` in a line; `#` begins a comment. `file` is the table's name.
///
/// # Errors
/// Names the first line that is none.
pub fn keys(text: &str, file: &str) -> Result<Vec<KeyLine>, Problem> {
    let mut keys = Vec::new();
    for (line, content) in lines(text, file)? {
        let wrong = || Problem::KeyLine { file: file.to_owned(), line };
        let (name, place) = content.split_once(char::is_whitespace).ok_or_else(wrong)?;
        let mut parts = place.trim().splitn(3, ':');
        let mut part = || parts.next().filter(|part| !part.is_empty()).map(str::to_owned).ok_or_else(wrong);
        let (domain, selector, file) = (part()?, part()?, part()?);
        keys.push(KeyLine { line, name: name.to_owned(), domain, selector, file });
    }
    Ok(keys)
}

/// The lines that say something, with their numbers.
fn lines<'a>(text: &'a str, file: &str) -> Result<impl Iterator<Item = (usize, &'a str)> + use<'a>, Problem> {
    if text.len() > TABLE_BYTES_MAX {
        return Err(Problem::TableTooLong { file: file.to_owned() });
    }
    let content = |line: &str| -> usize { line.find('#').unwrap_or(line.len()) };
    let lines = text.lines().enumerate().map(move |(at, line)| (at + 1, line[..content(line)].trim()));
    Ok(lines.filter(|(_, line)| !line.is_empty()))
}

fn lower(local: &str) -> String {
    local.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailtext::AddressList;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    fn found(table: &SigningTable, author: &str) -> Option<(String, Vec<usize>)> {
        let (list, _) = AddressList::parse(author.as_bytes());
        let found = table.find(list.mailboxes().next().unwrap())?;
        Some((found.pattern.to_string(), found.keys(None, None).unwrap()))
    }

    #[test]
    fn the_most_specific_pattern_counts() {
        let mut table = SigningTable::default();
        for (at, text) in [
            "*",
            "*.example.jp",
            "example.jp",
            "taro@example.jp",
            ".sub.example.jp",
            "taro@*.example.jp",
            "postmaster@*",
            "例え.jp",
        ]
        .into_iter()
        .enumerate()
        {
            table.insert(&pattern(text), &[at], &Clients::default()).unwrap();
        }
        for (author, wanted) in [
            ("a@example.com", "*"),
            ("a@example.jp", "example.jp"),
            ("a@b.example.jp", "*.example.jp"),
            ("a@b.c.example.jp", "*.example.jp"),
            ("a@sub.example.jp", ".sub.example.jp"),
            ("a@x.sub.example.jp", ".sub.example.jp"),
            ("taro@example.jp", "taro@example.jp"),
            ("Taro@EXAMPLE.jp", "taro@example.jp"),
            ("\"taro\"@example.jp", "taro@example.jp"),
            ("taro@x.sub.example.jp", "taro@*.example.jp"),
            ("taro+news@example.jp", "example.jp"),
            ("postmaster@example.jp", "postmaster@*"),
            ("a@xn--r8jz45g.jp", "xn--r8jz45g.jp"),
            ("a@notexample.jp", "*"),
        ] {
            assert_eq!(found(&table, author).unwrap().0, wanted, "{author}");
        }
        assert_eq!(found(&table, "a@[192.0.2.1]"), None);
    }

    #[test]
    fn equal_patterns_add_up_and_one_without_keys_silences() {
        let mut table = SigningTable::default();
        for (text, keys) in [("example.jp", &[0, 1][..]), ("*@example.jp", &[1, 2]), ("robot@example.jp", &[])] {
            table.insert(&pattern(text), keys, &Clients::default()).unwrap();
        }
        assert_eq!(found(&table, "a@example.jp").unwrap().1, [0, 1, 2]);
        assert_eq!(found(&table, "robot@example.jp").unwrap().1, []);
        assert_eq!(found(&table, "a@sub.example.jp"), None);
    }

    #[test]
    fn a_rule_for_some_clients_is_for_no_others() {
        let mut table = SigningTable::default();
        let clients = |users: &[&str], networks: &[&str]| Clients {
            users: users.iter().map(|user| (*user).to_owned()).collect(),
            networks: networks.iter().map(|network| network.parse().unwrap()).collect(),
        };
        for (text, key, clients) in [
            ("example.jp", 0, clients(&["taro", "*@shop.example"], &[])),
            ("example.jp", 1, clients(&[], &["192.0.2.0/24"])),
            ("*", 2, Clients::default()),
        ] {
            table.insert(&pattern(text), &[key], &clients).unwrap();
        }
        let (list, _) = AddressList::parse(b"a@example.jp");
        let found = table.find(list.mailboxes().next().unwrap()).unwrap();
        for (user, client, wanted) in [
            (Some("taro"), None, Some(vec![0])),
            (Some("hanako@SHOP.example"), None, Some(vec![0])),
            (Some("@shop.example"), None, None),
            (Some("shop.example"), None, None),
            (Some("taro@shop.example.jp"), None, None),
            (Some("Taro"), None, None),
            (None, Some("192.0.2.7"), Some(vec![1])),
            (Some("taro"), Some("192.0.2.7"), Some(vec![0, 1])),
            (Some("jiro"), Some("198.51.100.7"), None),
            (None, None, None),
        ] {
            let client = client.map(|client| client.parse().unwrap());
            assert_eq!(found.keys(user, client), wanted, "{user:?} {client:?}");
        }
    }

    #[test]
    fn what_is_no_pattern() {
        for text in
            ["", "@example.jp", "a*@example.jp", "a@b..c", "*.", ".", "*.*", "a@*.*", "\"a b\"@example.jp", "a b"]
        {
            assert_eq!(Pattern::parse(text), None, "{text}");
        }
        for text in ["*", "taro@*", "taro@example.jp", "*.example.jp", ".example.jp", "example.jp"] {
            assert_eq!(pattern(text).to_string(), text);
        }
        for (text, shown) in [("*@*", "*"), ("*@example.jp", "example.jp"), ("*@*.example.jp", "*.example.jp")] {
            assert_eq!(pattern(text).to_string(), shown);
        }
    }

    #[test]
    fn tables_as_opendkim_writes_them() {
        let text = "# who\n*@example.jp\tmain\n\n*.example.jp main, second # both\r\n";
        let read = rules(text, "t").unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(
            (read[1].pattern.to_string().as_str(), &read[1].keys[..]),
            ("*.example.jp", &["main".into(), "second".into()][..])
        );
        for (text, line) in
            [("example.jp\n", 1), ("\nexample.jp main second\n", 2), ("a..b main", 1), ("a.jp main,", 1)]
        {
            assert_eq!(rules(text, "t"), Err(Problem::RuleLine { file: "t".into(), line }), "{text}");
        }
        let read = keys("main example.jp:s2026:/etc/keys/a:b.pem\nall %:p1:k.pem\n", "t").unwrap();
        assert_eq!((read[0].domain.as_str(), read[0].selector.as_str()), ("example.jp", "s2026"));
        assert_eq!((read[0].file.as_str(), read[1].domain.as_str(), read[1].line), ("/etc/keys/a:b.pem", "%", 2));
        for text in ["main", "main example.jp", "main example.jp:s", "main :s:f", "main a:b:"] {
            assert_eq!(keys(text, "t"), Err(Problem::KeyLine { file: "t".into(), line: 1 }), "{text}");
        }
    }
}
