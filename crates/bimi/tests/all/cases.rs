//! testdata/cases/bimi.
//!
//! `.in`: `from: local@domain` (none: no single author), `organizational: domain` (the author domain when left out),
//! `dmarc: pass|no-pass|temperror`, `author-policy:` and `organizational-policy:` `p[ sp=…][ t=y]` or `-` for no record
//! (reject for both when left out), `selector-signed:` and `selector-unsigned:` a BIMI-Selector value, `evidence:
//! required|when-present|ignored` (ignored when left out), `mark: names` (a mark certificate made for these names, put at
//! `mark-url:`), `now: seconds`. The documents stand in `.zone`.

use std::fmt::Write as _;
use std::sync::Arc;

use bimi::{
    Author, Bimi, Coverage, DmarcFacts, DmarcResult, EvidenceUse, Message, Policy, Published, Roots, SelectorField,
    Settings, Step, Testing, evaluate,
};
use lookup::Lookup;
use lookup::fetch::{Fetched, HttpsUrl, Shelf};
use mailtext::authres::LineEnd;
use mailtext::{Domain, Explain, Outcome};
use testkit::{Case, KeyValues, block_on};

use crate::forge::{LIST_URL, List, Mark, NOW_S};

#[test]
fn cases() {
    let count = testkit::cases("bimi", print);
    assert!(count >= 20);
}

/// Whatever question fails: the result stays, or it is temperror.
#[test]
fn no_failure_makes_a_result_stronger() {
    testkit::cases("bimi", |case| {
        let world = World::of(case);
        testkit::every_nth_failure(
            case.zone(),
            |lookup| world.evaluate(lookup, &case.input).result.result,
            |whole, broken| broken == whole || *broken == bimi::BimiResult::TempError,
        );
        print(case)
    });
}

fn print(case: &Case) -> String {
    let outcome = World::of(case).evaluate(case.zone(), &case.input);
    let bimi = &outcome.result;
    let mut out = format!("result: {}\nreason: {}\n", bimi.result.as_str(), bimi.reason.id());
    for property in bimi.properties() {
        let _ = writeln!(out, "{}.{}={}", property.ptype.as_str(), property.name.as_str(), property.value);
    }
    for field in bimi.fields(LineEnd::Lf) {
        let _ = writeln!(out, "{}: {}", field.name, field.value);
    }
    out.push_str("evidence:\n");
    out.push_str(&testkit::evidence(&outcome.evidence));
    out
}

struct World {
    shelf: Shelf,
    roots: Roots,
}

impl World {
    fn of(case: &Case) -> Self {
        let file = format!("{}.zone", case.stem.display());
        let mut shelf = Shelf::parse(&std::fs::read_to_string(file).unwrap()).unwrap();
        let mut roots = Roots::default();
        if let Some(names) = case.input.get("mark") {
            let names = names.split(' ').map(|name| &*name.to_owned().leak()).collect();
            let forged = Mark { names, ..Mark::default() }.forge();
            let mut put = |url: &str, bytes: Vec<u8>| {
                shelf.put(HttpsUrl::parse(url).unwrap(), Fetched::document(bytes, None));
            };
            put(case.input.need("mark-url"), forged.document().into_bytes());
            put(LIST_URL, forged.list(&List::default()));
            roots = forged.roots();
        }
        Self { shelf, roots }
    }

    fn evaluate<L: Lookup + Sync>(&self, lookup: &L, input: &KeyValues) -> Outcome<Bimi, Step> {
        let settings = Settings {
            evidence: match input.get("evidence") {
                Some("required") => EvidenceUse::Required,
                Some("when-present") => EvidenceUse::WhenPresent,
                None | Some("ignored") => EvidenceUse::Ignored,
                Some(other) => panic!("{other} is no use of evidence"),
            },
            roots: Arc::new(self.roots.clone()),
        };
        let field = |key: &'static str, coverage| {
            input.all(key).map(move |value| SelectorField { value: value.as_bytes(), coverage })
        };
        let selectors: Vec<_> =
            field("selector-signed", Coverage::Signed).chain(field("selector-unsigned", Coverage::Unsigned)).collect();
        let author = input.get("from").map(|from| author(from, input));
        let dmarc = dmarc(author.as_ref(), input);
        let message = Message { author, selectors: &selectors, dmarc };
        let now_s = input.get("now").map_or(NOW_S, |now| now.parse().unwrap());
        block_on(evaluate(lookup, &self.shelf, &message, &settings, now_s))
    }
}

fn author(from: &str, input: &KeyValues) -> Author {
    let (local_part, domain) = from.rsplit_once('@').unwrap();
    let organizational = input.get("organizational").unwrap_or(domain);
    let parse = |text| Domain::parse(text).unwrap();
    Author { local_part: local_part.into(), domain: parse(domain), organizational: parse(organizational) }
}

fn dmarc(author: Option<&Author>, input: &KeyValues) -> DmarcFacts {
    let result = match input.get("dmarc") {
        None | Some("pass") => DmarcResult::Pass,
        Some("no-pass") => DmarcResult::NoPass,
        Some("temperror") => DmarcResult::TempError,
        Some(other) => panic!("{other} is no result"),
    };
    let published = |key: &str, domain: &Domain| policy(input.get(key).unwrap_or("reject"), domain);
    DmarcFacts {
        result,
        author: author.and_then(|author| published("author-policy", &author.domain)),
        organizational: author.and_then(|author| published("organizational-policy", &author.organizational)),
    }
}

fn policy(text: &str, domain: &Domain) -> Option<Published> {
    let one = |word: &str| match word {
        "none" => Policy::None,
        "quarantine" => Policy::Quarantine,
        "reject" => Policy::Reject,
        other => panic!("{other} is no policy"),
    };
    let mut words = text.split(' ');
    let first = words.next().filter(|word| *word != "-")?;
    let mut published =
        Published { domain: domain.clone(), policy: one(first), subdomain_policy: None, testing: Testing::Off };
    for word in words {
        match word.split_once('=') {
            Some(("sp", value)) => published.subdomain_policy = Some(one(value)),
            Some(("t", "y")) => published.testing = Testing::On,
            _ => panic!("{word} is no tag"),
        }
    }
    Some(published)
}
