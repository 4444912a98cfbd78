//! The public suffix list, for discovery as RFC 7489 had it and for showing what it would have said.

use std::collections::BTreeMap;
use std::sync::Arc;

use mailtext::{Domain, Explain, Flaw, Rule, Value};

use crate::limits::SUFFIX_LIST_BYTES_MAX;

/// Which list is asked.
#[derive(Clone, Debug, Default)]
pub enum Suffixes {
    /// The list that was current when the program was built.
    #[default]
    Compiled,
    /// A list that was read.
    Loaded(Arc<PublicSuffixList>),
}

/// A public suffix list in its published format: ICANN and PRIVATE sections alike.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PublicSuffixList {
    /// By name in A-labels, without `*.` and `!`.
    rules: BTreeMap<Box<str>, Rules>,
    count: usize,
}

/// The rules that stand at one name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Rules {
    /// `name`: the name is a suffix.
    exact: bool,
    /// `*.name`: every name one label below is a suffix.
    wildcard: bool,
    /// `!name`: the name is no suffix, whatever `*` says.
    exception: bool,
}

/// What can be wrong with a list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SuffixFlaw {
    /// A line that is no rule; it was passed over.
    Line,
    /// More bytes than [`SUFFIX_LIST_BYTES_MAX`]; nothing was read.
    TooLong,
    /// No rule at all.
    Empty,
}

impl Suffixes {
    /// The organizational domain by this list: the public suffix and one label; a public suffix itself stays as it is.
    #[must_use]
    pub fn organizational_domain(&self, domain: &Domain) -> Domain {
        // RFC 7489 §3.2: the longest matching suffix and one label of the subject domain before it.
        self.registrable(domain).unwrap_or_else(|| domain.clone())
    }

    /// The public suffix and one label; `None` when `domain` is a public suffix.
    #[must_use]
    pub fn registrable(&self, domain: &Domain) -> Option<Domain> {
        let registrable = self.registrable_text(domain.as_str())?;
        if registrable.len() == domain.as_str().len() {
            return Some(domain.clone());
        }
        Domain::query(registrable).ok()
    }

    /// The same of a name that is in lower case and A-labels already, as a part of it: for those who ask for many.
    #[must_use]
    pub fn registrable_text<'a>(&self, name: &'a str) -> Option<&'a str> {
        match self {
            Self::Compiled => psl::domain_str(name),
            Self::Loaded(list) => list.registrable(name),
        }
    }
}

impl PublicSuffixList {
    /// Reads a list. Lines that are no rules are flawed and passed over; spans are offsets into `text`.
    #[must_use]
    pub fn parse(text: &str) -> (Self, Vec<Flaw<SuffixFlaw>>) {
        let mut list = Self::default();
        let mut flaws = Vec::new();
        if text.len() > SUFFIX_LIST_BYTES_MAX {
            flaws.push(Flaw::new(SuffixFlaw::TooLong, 0, text.len()));
            return (list, flaws);
        }
        let mut start = 0;
        for line in text.split('\n') {
            // publicsuffix.org/list: each line is only read up to the first white space.
            let rule = line.split(|letter: char| letter.is_ascii_whitespace()).next().unwrap_or_default();
            if !rule.is_empty() && !rule.starts_with("//") && list.add(rule).is_none() {
                flaws.push(Flaw::new(SuffixFlaw::Line, start, start + rule.len()));
            }
            start += line.len() + 1;
        }
        if list.count == 0 {
            flaws.push(Flaw::new(SuffixFlaw::Empty, 0, text.len()));
        }
        (list, flaws)
    }

    /// How many rules the list has.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        self.count
    }

    fn add(&mut self, rule: &str) -> Option<()> {
        let (name, set): (&str, fn(&mut Rules)) = match (rule.strip_prefix("*."), rule.strip_prefix('!')) {
            (Some(parent), _) => (parent, |rules| rules.wildcard = true),
            (_, Some(name)) => (name, |rules| rules.exception = true),
            _ => (rule, |rules| rules.exact = true),
        };
        let name = Domain::parse(name).ok()?;
        set(self.rules.entry(name.as_str().into()).or_default());
        self.count += 1;
        Some(())
    }

    /// The public suffix of `name` and one label; `None` when `name` is a suffix.
    fn registrable<'a>(&self, name: &'a str) -> Option<&'a str> {
        // Where each label begins, leftmost first.
        let starts: Vec<usize> = std::iter::once(0).chain(name.match_indices('.').map(|(dot, _)| dot + 1)).collect();
        // An unlisted top-level domain matches the rule "*": its last label is the suffix.
        let mut suffix = starts.len() - 1;
        for (at, start) in starts.iter().enumerate().rev() {
            let Some(rules) = self.rules.get(name.get(*start..)?) else {
                continue;
            };
            if rules.exception {
                // An exception beats every other rule; its suffix is the name without the leftmost label.
                suffix = at + 1;
                break;
            }
            if rules.exact {
                suffix = suffix.min(at);
            }
            if rules.wildcard && at > 0 {
                suffix = suffix.min(at - 1);
            }
        }
        name.get(*starts.get(suffix.checked_sub(1)?)?..)
    }
}

impl Explain for SuffixFlaw {
    fn id(&self) -> &'static str {
        match self {
            Self::Line => "dmarc-suffix-line",
            Self::TooLong => "dmarc-suffix-list-too-long",
            Self::Empty => "dmarc-suffix-list-empty",
        }
    }

    fn rule(&self) -> Option<Rule> {
        None
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::TooLong => vec![("limit_bytes", SUFFIX_LIST_BYTES_MAX.into())],
            Self::Line | Self::Empty => Vec::new(),
        }
    }
}

impl SuffixFlaw {
    /// All ids.
    pub const IDS: &'static [&'static str] =
        &["dmarc-suffix-line", "dmarc-suffix-list-too-long", "dmarc-suffix-list-empty"];
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "// a comment\njp\n*.kawasaki.jp\n!city.kawasaki.jp\nco.jp more\n関所.jp\n\nb..d\n";

    #[test]
    fn the_longest_rule_wins() {
        let (list, flaws) = PublicSuffixList::parse(LIST);
        let bad: Vec<_> = flaws.iter().map(|flaw| (flaw.kind, flaw.span.of(LIST.as_bytes()))).collect();
        assert_eq!(bad, [(SuffixFlaw::Line, &b"b..d"[..])]);
        assert_eq!(list.rule_count(), 5);
        let suffixes = Suffixes::Loaded(Arc::new(list));
        for (name, expected) in [
            ("jp", None),
            ("a.jp", Some("a.jp")),
            ("a.b.co.jp", Some("b.co.jp")),
            ("co.jp", None),
            ("a.kawasaki.jp", None),
            ("kawasaki.jp", Some("kawasaki.jp")),
            ("b.a.kawasaki.jp", Some("b.a.kawasaki.jp")),
            ("x.city.kawasaki.jp", Some("city.kawasaki.jp")),
            ("x.関所.jp", Some("x.xn--8ous75i.jp")),
            ("a.b.unlisted", Some("b.unlisted")),
        ] {
            let domain = Domain::parse(name).unwrap();
            assert_eq!(suffixes.registrable(&domain).as_ref().map(Domain::as_str), expected, "{name}");
        }
    }

    #[test]
    fn the_limit_at_below_and_above() {
        for (length, flawed) in
            [(SUFFIX_LIST_BYTES_MAX - 1, false), (SUFFIX_LIST_BYTES_MAX, false), (SUFFIX_LIST_BYTES_MAX + 1, true)]
        {
            let mut text = String::from("jp\n//");
            text.extend(std::iter::repeat_n('x', length - text.len()));
            let flaws = PublicSuffixList::parse(&text).1;
            assert_eq!(flaws.iter().any(|flaw| flaw.kind == SuffixFlaw::TooLong), flawed);
        }
        assert_eq!(PublicSuffixList::parse("").1.first().map(|flaw| flaw.kind), Some(SuffixFlaw::Empty));
    }
}
