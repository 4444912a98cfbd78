//! Who signs for whom, as OpenDKIM says it: one key (Domain, Selector, KeyFile), or two tables (KeyTable, SigningTable).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use mailtext::Domain;
use outgoing::Pattern;

use super::dataset::{self, Entry, Order};
use super::draft::{Block, Draft};
use super::{Line, find};

pub(super) const KEY: &str = "signing.key";
pub(super) const RULE: &str = "signing.rule";

/// Keys and rules.
pub(super) fn take(draft: &mut Draft, lines: &[Line]) {
    let of_one = [find(lines, "Domain"), find(lines, "Selector"), find(lines, "KeyFile")];
    if let Some(table) = find(lines, "KeyTable") {
        // opendkim.conf(5): where there is a KeyTable, Domain and KeyFile are ignored.
        of_one.iter().flatten().for_each(|line| draft.note(line, "import-overridden"));
        let names = key_table(draft, table);
        match find(lines, "SigningTable") {
            Some(rules) => signing_table(draft, rules, &names, is_on(lines, "MultipleSignatures")),
            None => draft.note(table, "import-no-signing-table"),
        }
        return;
    }
    if let Some(line) = find(lines, "SigningTable") {
        draft.note(line, "import-no-key-table");
    }
    match of_one {
        [Some(domains), Some(selector), Some(file)] => {
            one_key(draft, domains, selector, file, is_on(lines, "SubDomains"));
        }
        some => some.iter().flatten().for_each(|line| draft.note(line, "import-key-incomplete")),
    }
}

fn is_on(lines: &[Line], name: &str) -> bool {
    find(lines, name).and_then(Line::boolean) == Some(true)
}

/// One key for one or several domains.
fn one_key(draft: &mut Draft, domains: &Line, selector: &Line, file: &Line, subdomains: bool) {
    let path = place_of_key(draft, file, &file.value);
    for entry in dataset::read(draft, domains).map(|set| set.entries).unwrap_or_default() {
        let name = format!("{}._domainkey.{}", selector.value, entry.name);
        let of = |line: &Line| format!("{}: {}", line.place, line.name);
        let from = [of(&entry.line), of(selector), of(file)].join(", ");
        let key = key(&name, &entry.name, &selector.value, &path, from.clone());
        if push_key(draft, key, &entry.line, &entry.name).is_some() {
            let pattern = if subdomains { format!(".{}", entry.name) } else { entry.name };
            let rule =
                Block { section: RULE, values: vec![("from", pattern.as_str().into()), ("keys", keys([&name]))], from };
            draft.push(rule, &entry.line, &pattern);
        }
    }
}

/// `name domain:selector:path`. Gives what each name of theirs is called here.
fn key_table(draft: &mut Draft, table: &Line) -> HashMap<String, String> {
    let mut names = HashMap::new();
    for Entry { line, name, value } in dataset::read_table(draft, table).map(|set| set.entries).unwrap_or_default() {
        let value = value.unwrap_or_default();
        let mut parts = value.splitn(3, ':').map(str::trim);
        let (Some(domain), Some(selector), Some(place)) = (parts.next(), parts.next(), parts.next()) else {
            draft.note(&line, "import-line");
            continue;
        };
        // What is no path is the key itself, which must not be shown.
        if !["/", "./", "../"].iter().any(|start| place.starts_with(start)) {
            draft.note_with(&line, "import-key-inline", &[("value", name.as_str().into())]);
            continue;
        }
        if place.contains('%') {
            draft.note_with(&line, "import-key-by-sender", &[("value", name.as_str().into())]);
            continue;
        }
        let path = place_of_key(draft, &line, place);
        let block = key(&name, domain, selector, &path, format!("{}: {}", line.place, line.name));
        if let Some(called) = push_key(draft, block, &line, &name) {
            names.entry(name).or_insert(called);
        }
    }
    names
}

fn key(name: &str, domain: &str, selector: &str, file: &str, from: String) -> Block {
    let values = [("name", name), ("domain", domain), ("selector", selector), ("file", file)];
    Block { section: KEY, values: values.map(|(key, text)| (key, text.into())).into(), from }
}

/// Adds a key, and gives the name by which it is called: two keys at one place in DNS cannot be.
fn push_key(draft: &mut Draft, block: Block, line: &Line, value: &str) -> Option<String> {
    let texts = ["name", "domain", "selector", "file"].map(|key| block.get(key).unwrap_or_default().to_owned());
    let [name, domain, selector, file] = texts;
    let published = if domain == "%" { selector.clone() } else { format!("{selector}._domainkey.{domain}") };
    if Domain::parse(&published).is_err() {
        draft.note_with(line, "import-bad-value", &[("value", published.into()), ("key", "[[signing.key]]".into())]);
        return None;
    }
    let same = |other: &str, text: &str| other.eq_ignore_ascii_case(text);
    let place = published.to_ascii_lowercase();
    let index = &draft.keys;
    let before = index.by_name.get(&name).into_iter().chain(index.by_place.get(&place)).min().copied();
    if let Some(old) = before.and_then(|at| draft.block(at)) {
        let (called, other) = (old.get("name").unwrap_or_default().to_owned(), old.from.clone());
        let of = |key| old.get(key).unwrap_or_default();
        if !(same(of("domain"), &domain) && same(of("selector"), &selector) && of("file") == file) {
            let arguments = [("other", other.into()), ("key", "[[signing.key]]".into()), ("value", name.into())];
            draft.note_with(line, "import-contradiction", &arguments);
        }
        return Some(called);
    }
    if !draft.push(block, line, value) {
        return None;
    }
    let at = draft.last_block();
    draft.keys.by_name.insert(name.clone(), at);
    draft.keys.by_place.insert(place, at);
    Some(name)
}

/// Where the key is: what has no directory is sought beside our configuration from now on.
fn place_of_key(draft: &mut Draft, line: &Line, path: &str) -> String {
    let path = Path::new(path);
    if path.is_absolute() {
        return path.display().to_string();
    }
    match &draft.base {
        Some(base) => base.join(path).display().to_string(),
        None => {
            let path = path.display().to_string();
            draft.note_with(line, "import-relative", &[("value", path.as_str().into())]);
            path
        }
    }
}

/// `pattern name[:identity]`
fn signing_table(draft: &mut Draft, table: &Line, names: &HashMap<String, String>, all_sign: bool) {
    let Some(set) = dataset::read_table(draft, table) else { return };
    let mut rules = Rules::default();
    for Entry { line, name, value } in set.entries {
        let value = value.unwrap_or_default();
        let (key, identity) =
            value.split_once(':').map_or((value.as_str(), ""), |(key, identity)| (key.trim(), identity));
        if !identity.is_empty() {
            draft.note(&line, "import-no-identity");
        }
        let Some(called) = names.get(key) else {
            draft.note_with(&line, "import-key-unknown", &[("value", key.into())]);
            continue;
        };
        let Some(pattern) = pattern(&name, set.order) else {
            draft.note_with(&line, "import-no-pattern", &[("value", name.as_str().into())]);
            continue;
        };
        rules.take(draft, &line, Candidate { theirs: name, pattern, key: called.clone() }, set.order, all_sign);
    }
    if all_sign && rules.rules.len() > 1 {
        draft.note(table, "import-rules-do-not-add");
    }
    for (pattern, rule) in rules.in_order() {
        let names = keys(rule.keys.iter());
        let block =
            Block { section: RULE, values: vec![("from", pattern.as_str().into()), ("keys", names)], from: rule.from };
        draft.push(block, table, &pattern);
    }
}

/// An entry of a SigningTable: the pattern as it is written, as we write it, and the key.
struct Candidate {
    theirs: String,
    pattern: String,
    key: String,
}

/// The keys that are written, by what must not be there twice; where each is among the blocks.
#[derive(Default)]
pub(super) struct KeyIndex {
    by_name: HashMap<String, usize>,
    /// By `selector._domainkey.domain`, in lower case.
    by_place: HashMap<String, usize>,
}

#[derive(Default)]
struct Rules {
    rules: BTreeMap<String, Rule>,
    wide: Wide,
}

/// Patterns that match more than one address, each with its number and where it stands. There may be very many, nearly all
/// of one domain each: only those of a text's own domain can match it.
#[derive(Default)]
struct Wide {
    count: usize,
    of_domain: HashMap<String, Vec<(usize, String, String)>>,
    others: Vec<(usize, String, String)>,
}

impl Wide {
    fn add(&mut self, pattern: String, place: String) {
        let all = match domain_of(&pattern) {
            Some(domain) if !domain.contains('*') => self.of_domain.entry(domain).or_default(),
            _ => &mut self.others,
        };
        all.push((self.count, pattern, place));
        self.count += 1;
    }

    /// Where the first of them stands that matches the text.
    fn first(&self, text: &str) -> Option<&str> {
        let of_domain = domain_of(text).and_then(|domain| self.of_domain.get(&domain));
        let all = of_domain.into_iter().flatten().chain(&self.others);
        let first = all.filter(|(_, pattern, _)| matches(pattern, text)).min_by_key(|(number, ..)| *number);
        first.map(|(.., place)| place.as_str())
    }
}

fn domain_of(pattern: &str) -> Option<String> {
    pattern.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase())
}

struct Rule {
    order: usize,
    keys: Vec<String>,
    from: String,
    place: String,
}

impl Rules {
    fn take(&mut self, draft: &mut Draft, line: &Line, candidate: Candidate, order: Order, all_sign: bool) {
        let Candidate { theirs, pattern, key } = candidate;
        let count = self.rules.len();
        if let Some(rule) = self.rules.get_mut(&pattern) {
            if !all_sign {
                let arguments = [("value", theirs.into()), ("other", rule.place.as_str().into())];
                draft.note_with(line, "import-unreached", &arguments);
            } else if !rule.keys.contains(&key) {
                rule.keys.push(key);
            }
            return;
        }
        // In a list of patterns the first match counts; with us, the most specific one.
        let before = self.wide.first(&theirs).filter(|_| order == Order::Pattern && !all_sign);
        if let Some(other) = before {
            let arguments = [("value", theirs.as_str().into()), ("other", other.into())];
            return draft.note_with(line, "import-unreached", &arguments);
        }
        if theirs.contains('*') {
            self.wide.add(theirs, line.place.clone());
        }
        let from = format!("{}: {}", line.place, line.name);
        self.rules.insert(pattern, Rule { order: count, keys: vec![key], from, place: line.place.clone() });
    }

    fn in_order(self) -> Vec<(String, Rule)> {
        let mut rules: Vec<_> = self.rules.into_iter().collect();
        rules.sort_by_key(|(_, rule)| rule.order);
        rules
    }
}

/// Our pattern for theirs; `None` where there is none that says the same.
fn pattern(text: &str, order: Order) -> Option<String> {
    let ours = match (order, text) {
        (_, "*" | "*@*") => "*".to_owned(),
        // A pattern without an @ would have to match a whole address.
        (Order::Pattern, text) => text.contains('@').then(|| text.to_owned())?,
        // `.example.jp` stands for what is below alone.
        (Order::Name, text) => match text.split_once('@') {
            Some((local, domain)) if domain.starts_with('.') => format!("{local}@*{domain}"),
            None if text.starts_with('.') => format!("*{text}"),
            _ => text.to_owned(),
        },
    };
    let is_within = ours.rsplit('@').next().is_some_and(|domain| domain.starts_with('.'));
    (Pattern::parse(&ours).is_some() && !is_within).then(|| ours.to_ascii_lowercase())
}

/// Whether a pattern with asterisks matches a text; an asterisk in the text is one more character.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_ascii_lowercase(), text.to_ascii_lowercase());
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut pieces: Vec<_> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn keys<'a>(names: impl IntoIterator<Item = &'a String>) -> toml::Value {
    toml::Value::Array(names.into_iter().map(|name| name.as_str().into()).collect())
}

/// Which fields are signed, against those that we sign.
pub(super) fn fields(draft: &mut Draft, lines: &[Line]) {
    let recommended: BTreeSet<&str> = dkim::sign::RECOMMENDED.iter().map(|(name, _)| *name).collect();
    let [signed, omitted, over] = ["SignHeaders", "OmitHeaders", "OversignHeaders"].map(|name| find(lines, name));
    let (mut also, mut except) = (Vec::<(String, &Line)>::new(), Vec::<(String, &Line)>::new());
    if let Some(line) = signed {
        let list = List::read(draft, line);
        also.extend(list.added.iter().map(|name| (name.clone(), line)));
        let left = recommended.iter().filter(|name| !list.is_change && !list.added.iter().any(|other| other == *name));
        except.extend(left.map(|name| ((*name).to_owned(), line)));
        except.extend(list.removed.into_iter().map(|name| (name, line)));
    }
    if let Some(line) = omitted {
        except.extend(List::read(draft, line).added.into_iter().map(|name| (name, line)));
    }
    also.retain(|(name, _)| !except.iter().any(|(other, _)| other == name));
    // RFC 6376 §5.4: From is always signed, whatever such a list says.
    except.retain(|(name, _)| name != "from" && recommended.contains(name.as_str()));
    also.retain(|(name, _)| name != "dkim-signature" && !recommended.contains(name.as_str()));
    also.iter().for_each(|(name, line)| draft.add("signing", "also", name, line));
    except.iter().for_each(|(name, line)| draft.add("signing", "except", name, line));
    // A list that changes nothing is told, too.
    for line in [signed, omitted].into_iter().flatten() {
        if !also.iter().chain(&except).any(|(_, other)| other.place == line.place) {
            draft.always(line);
        }
    }
    if let Some(line) = over {
        oversigned(draft, line);
    }
}

fn oversigned(draft: &mut Draft, line: &Line) {
    let names = List::read(draft, line).added;
    if names == ["from"] {
        return draft.set("signing", "oversign", "from", line);
    }
    let ours = |name: &str| {
        dkim::sign::RECOMMENDED.iter().any(|(other, cover)| *other == name && *cover == dkim::sign::Cover::OnceMore)
    };
    draft.set("signing", "oversign", "recommended", line);
    for name in names.iter().filter(|name| !ours(name)) {
        draft.note_with(line, "import-not-oversigned", &[("value", name.as_str().into())]);
    }
}

/// `a,b`, or a change of the usual list: `*,+a,-b`.
struct List {
    is_change: bool,
    added: Vec<String>,
    removed: Vec<String>,
}

impl List {
    fn read(draft: &mut Draft, line: &Line) -> Self {
        let entries = dataset::read(draft, line).map(|set| set.entries);
        // A list that cannot be read changes nothing.
        let mut list = Self { is_change: entries.is_none(), added: Vec::new(), removed: Vec::new() };
        for entry in entries.unwrap_or_default() {
            let (into, name) = match (entry.name.as_str(), entry.name.strip_prefix('+'), entry.name.strip_prefix('-')) {
                ("*", ..) => {
                    list.is_change = true;
                    continue;
                }
                // "A string that will match no field": nothing is listed.
                (".", ..) => continue,
                (_, _, Some(name)) => (&mut list.removed, name),
                (name, added, None) => (&mut list.added, added.unwrap_or(name)),
            };
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') {
                draft.note_with(line, "import-bad-option", &[("value", name.into())]);
                continue;
            }
            into.push(name.to_ascii_lowercase());
        }
        list
    }
}
