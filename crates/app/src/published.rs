//! What DNS says of a domain today, for the advisor: its DMARC record, and which of the names in whose name mail was
//! counted do not exist. Who cannot be asked says nothing, and that is told.

use std::collections::{BTreeMap, BTreeSet};

use dmarc::Record;
use feedback::archive::SourceLine;
use futures_util::future::join_all;
use insight::Existence;
use lookup::{Answer, Data, Kind, Lookup, Question};
use mailtext::{Domain, Explain, Value};

use crate::limits::{EXISTENCE_COUNT_MAX, WAITING_COUNT_MAX};

/// What DNS says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Published {
    /// Where the record stands: `_dmarc.example.jp`.
    pub(crate) name: String,
    /// The record.
    pub(crate) record: Found,
    /// The names below that were asked about, and whether each exists.
    pub(crate) names: BTreeMap<Box<str>, Existence>,
    /// How many names nobody could say anything of.
    pub(crate) unknown_count: usize,
}

/// What was found where the record should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// A record.
    Record(String),
    /// None.
    Nothing,
    /// So many, which is as good as none.
    Several(usize),
    /// Nobody answered.
    Failed(lookup::Failure),
    /// Nobody was asked.
    NotAsked,
}

impl Published {
    /// Asks nobody.
    pub(crate) fn not_asked(domain: &str) -> Self {
        let name = format!("_dmarc.{domain}");
        Self { name, record: Found::NotAsked, names: BTreeMap::new(), unknown_count: 0 }
    }

    /// Asks for the record of a policy domain, and for the names below it that the lines are about.
    pub(crate) async fn ask<L: Lookup>(lookup: &L, domain: &str, lines: &[SourceLine]) -> Self {
        let authors = lines.iter().map(|line| &*line.circumstances.header_from).collect();
        Self::ask_of(lookup, domain, authors).await
    }

    /// The same for names that are known.
    pub(crate) async fn ask_of<L: Lookup>(lookup: &L, domain: &str, authors: BTreeSet<&str>) -> Self {
        let mut published = Self::not_asked(domain);
        published.record = record(lookup, &published.name).await;
        // Anybody can write any name into his mail: only so many are asked for.
        let below: Vec<&str> = authors.into_iter().filter(|author| is_below(author, domain)).collect();
        published.unknown_count = below.len().saturating_sub(EXISTENCE_COUNT_MAX);
        let asked = &below[..below.len().min(EXISTENCE_COUNT_MAX)];
        for some in asked.chunks(WAITING_COUNT_MAX) {
            let found = join_all(some.iter().map(|name| existence(lookup, name))).await;
            for (name, existence) in some.iter().zip(found) {
                match existence {
                    Some(existence) => drop(published.names.insert((*name).into(), existence)),
                    None => published.unknown_count += 1,
                }
            }
        }
        published
    }

    /// The record for the advisor: empty when there is none, `None` when nobody knows.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.record {
            Found::Record(text) => Some(text),
            // RFC 9989 §4.10.1: more than one record at a name are discarded; that is as if there were none.
            Found::Nothing | Found::Several(_) => Some(""),
            Found::Failed(_) | Found::NotAsked => None,
        }
    }

    /// Whether a name exists; what was not asked does.
    pub(crate) fn existence(&self, name: &str) -> Existence {
        self.names.get(name).copied().unwrap_or_default()
    }

    /// The names that do not exist.
    pub(crate) fn absent(&self) -> Vec<&str> {
        let absent = self.names.iter().filter(|(_, existence)| **existence == Existence::Absent);
        absent.map(|(name, _)| &**name).collect()
    }
}

impl Explain for Published {
    fn id(&self) -> &'static str {
        match &self.record {
            Found::Record(_) => "reports-dns-record",
            Found::Nothing => "reports-dns-no-record",
            Found::Several(_) => "reports-dns-several-records",
            Found::Failed(_) => "reports-dns-failed",
            Found::NotAsked => "reports-dns-not-asked",
        }
    }

    fn arguments(&self) -> Vec<(&'static str, Value)> {
        let mut arguments = vec![("name", Value::from(self.name.as_str()))];
        match &self.record {
            Found::Record(text) => arguments.push(("record", text.as_str().into())),
            Found::Several(count) => arguments.push(("count", (*count).into())),
            Found::Failed(failure) => arguments.push(("failure", failure.to_string().into())),
            Found::Nothing | Found::NotAsked => {}
        }
        arguments
    }
}

async fn record<L: Lookup>(lookup: &L, name: &str) -> Found {
    // A name that DNS cannot have stands nowhere in it.
    let Ok(name) = Domain::query(name) else { return Found::Nothing };
    let records = match lookup.ask(Question::txt(name)).await {
        Answer::Records(records) => records,
        Answer::NoData(_) | Answer::NxDomain(_) => return Found::Nothing,
        Answer::Failed(failure) => return Found::Failed(failure),
    };
    let mut texts = records.data.iter().filter_map(|data| match data {
        Data::Txt(text) if Record::parse(text.bytes()).0.is_some() => {
            Some(String::from_utf8_lossy(text.bytes()).into_owned())
        }
        _ => None,
    });
    match (texts.next(), texts.count()) {
        (None, _) => Found::Nothing,
        (Some(text), 0) => Found::Record(text),
        (Some(_), more) => Found::Several(more + 1),
    }
}

/// Whether a name exists; `None` when nobody says.
async fn existence<L: Lookup>(lookup: &L, name: &str) -> Option<Existence> {
    let name = Domain::query(name).ok()?;
    match lookup.ask(Question::new(name, Kind::A)).await {
        Answer::Records(_) | Answer::NoData(_) => Some(Existence::Exists),
        // RFC 9989 §3.2.13: a domain does not exist when the DNS says NXDOMAIN for it; no data is existence.
        Answer::NxDomain(_) => Some(Existence::Absent),
        Answer::Failed(_) => None,
    }
}

fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|before| before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use feedback::aggregate::Circumstances;
    use lookup::Zone;

    use super::*;

    fn line(author: &str) -> SourceLine {
        SourceLine {
            source: None,
            domain: "example.jp".into(),
            circumstances: Circumstances { header_from: author.into(), ..Circumstances::default() },
            class: feedback::archive::Class::Undecidable,
            count: 1,
            first_day: 1,
            last_day: 1,
        }
    }

    fn published(zone: &str, authors: &[&str]) -> Published {
        let lines: Vec<SourceLine> = authors.iter().map(|author| line(author)).collect();
        testkit::block_on(Published::ask(&Zone::parse(zone).unwrap(), "example.jp", &lines))
    }

    #[test]
    fn the_record_of_today() {
        let of = |zone: &str| published(zone, &[]).record;
        let record = "_dmarc.example.jp. TXT \"v=DMARC1; p=none\"\n";
        assert_eq!(of(record), Found::Record("v=DMARC1; p=none".to_owned()));
        assert_eq!(of("example.jp. TXT \"v=spf1 -all\"\n"), Found::Nothing);
        assert_eq!(of("_dmarc.example.jp. TXT \"something else\"\n"), Found::Nothing);
        assert_eq!(of(&format!("{record}_dmarc.example.jp. TXT \"v=DMARC1; p=reject\"\n")), Found::Several(2));
        let failed = published(";! _dmarc.example.jp TXT servfail\n", &[]);
        assert!(matches!(failed.record, Found::Failed(_)) && failed.text().is_none(), "{failed:?}");
        assert_eq!(published("", &[]).text(), Some(""), "no record is something that is known");
        assert_eq!(Published::not_asked("example.jp").text(), None);
    }

    #[test]
    fn names_below_that_do_not_exist() {
        let zone = "www.example.jp. A 192.0.2.1\na.deep.example.jp. A 192.0.2.1\n;! slow.example.jp A timeout\n";
        let authors =
            ["example.jp", "www.example.jp", "gone.example.jp", "deep.example.jp", "slow.example.jp", "other.example"];
        let found = published(zone, &authors);
        assert_eq!(found.absent(), ["gone.example.jp"]);
        assert_eq!((found.names.len(), found.unknown_count), (3, 1), "{found:?}");
        assert_eq!(found.existence("gone.example.jp"), Existence::Absent);
        assert_eq!([found.existence("deep.example.jp"), found.existence("slow.example.jp")], [Existence::Exists; 2]);
    }

    #[test]
    fn only_so_many_names_are_asked() {
        for (count, unknown) in [(EXISTENCE_COUNT_MAX, 0), (EXISTENCE_COUNT_MAX + 1, 1)] {
            let authors: Vec<String> = (0..count).map(|at| format!("n{at:04}.example.jp")).collect();
            let found = published("", &authors.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!((found.names.len(), found.unknown_count), (count.min(EXISTENCE_COUNT_MAX), unknown));
        }
    }
}
