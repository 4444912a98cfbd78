//! What the domains of a house publish and have published, and the keys that sign for them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use audit::guideline::{self, Role};
use audit::history::{Audit, Kept, Part};
use audit::known::Statement;
use audit::{Desk, Known, SelectorSource, Snapshot, Subject, rule};
use dashboard::sources::{Asking, Look, Looked, Rotations, Seen, Sighting};
use lookup::fetch::{Both, Shelf};
use lookup::{Data, Zone};
use mailtext::Domain;
use outgoing::rotation::Book;
use testkit::block_on;

use super::world::NOW_MS;

const DAY_S: u64 = 86_400;

#[derive(Default)]
pub(crate) struct Audits {
    pub(crate) kept: BTreeMap<Domain, Kept>,
    /// What somebody saw a short while ago.
    pub(crate) looks: BTreeMap<Domain, Arc<Look>>,
    /// What comes of asking.
    pub(crate) answers: BTreeMap<Domain, Looked>,
    /// About whom DNS was asked.
    pub(crate) asked: Mutex<Vec<Domain>>,
    pub(crate) rotations: Option<Arc<Rotations>>,
}

impl Audits {
    /// Two domains: `example.jp` was audited three times, and changed twice; `example.net` once.
    pub(crate) fn of_the_house() -> Self {
        let mut audits = Self::default();
        let now_s = NOW_MS / 1000;
        let zone = |spf: &str, dmarc: &str| testkit::zone(&ZONE.replace("{spf}", spf).replace("{dmarc}", dmarc));
        for (days, spf, dmarc) in [
            (3, "v=spf1 ip4:12.1.3.0/24 -all", "v=DMARC1; p=reject; rua=mailto:dmarc@example.jp"),
            (2, "v=spf1 ip4:12.1.3.0/24 -all", "v=DMARC1; p=reject; rua=mailto:dmarc@example.jp"),
            (1, "v=spf1 ip4:12.1.2.0/24 -all", "v=DMARC1; p=none; rua=mailto:dmarc@example.jp"),
        ] {
            audits.audit("example.jp", now_s - days * DAY_S, &zone(spf, dmarc), &Known::default());
        }
        let now = zone("v=spf1 ip4:12.1.2.0/24 -all", "v=DMARC1; p=nnoe; rua=mailto:dmarc@example.jp");
        audits.looked("example.jp", &now, &declared("the list is signed", "postmaster"));
        let other =
            testkit::zone(&ZONE.replace("example.jp", "example.net").replace("{spf}", "x").replace("{dmarc}", "y"));
        audits.audit("example.net", now_s - DAY_S, &other, &Known::default());
        audits.rotations = Some(Arc::new(rotations()));
        audits
    }

    /// One domain with a stranger's words in each of its records.
    pub(crate) fn hostile(words: &str) -> Self {
        let mut audits = Self::default();
        let now_s = NOW_MS / 1000;
        let mut zone = testkit::zone("$ORIGIN example.jp.\n@ SOA ns1 hostmaster 1 3600 600 86400 300\n@ NS ns1\n");
        let name = |text: &str| Domain::parse(text).unwrap();
        audits.audit("example.jp", now_s - 2 * DAY_S, &zone, &Known::default());
        for (at, text) in [
            ("example.jp", format!("v=spf1 include:_spf.example.jp a:{words} -all")),
            ("_spf.example.jp", format!("v=spf1 exists:%{{i}}.{words} ?all")),
            ("_dmarc.example.jp", format!("v=DMARC1; p={words}; rua=mailto:{words}")),
            ("s1._domainkey.example.jp", format!("v=DKIM1; n={words}; p=AAAA{words}")),
            ("default._bimi.example.jp", format!("v=BIMI1; l={words}")),
            ("_mta-sts.example.jp", format!("v=STSv1; id={words}")),
            ("_smtp._tls.example.jp", format!("v=TLSRPTv1; rua={words}")),
        ] {
            zone.add(&name(at), Data::txt(text), 300);
        }
        audits.audit("example.jp", now_s - DAY_S, &zone, &Known::default());
        audits.looked("example.jp", &zone, &declared(words, words));
        audits
    }

    /// Audits a domain and keeps that.
    pub(crate) fn audit(&mut self, domain: &str, at_s: u64, zone: &Zone, known: &Known) {
        let domain = Domain::parse(domain).unwrap();
        let snapshot = taken(&domain, zone);
        let desk = Desk { snapshot: &snapshot, known };
        let findings = rule::judge_domain(&desk);
        let answered = guideline::judge(&desk, &findings, &[Role::Owner]);
        let kept = self.kept.entry(domain.clone()).or_insert_with(|| Kept::none(domain));
        let audit = Audit::of(&snapshot, &findings, &answered, i64::try_from(at_s).unwrap());
        let audit = audit.settled(kept.last().as_ref());
        let before_s = kept.moments.last().copied();
        for (name, text) in audit.to_parts() {
            let same = kept
                .parts
                .iter_mut()
                .find(|part| part.name == name && part.text == text && Some(part.last_s) == before_s);
            match same {
                Some(part) => part.last_s = at_s,
                None => kept.parts.push(Part { name, first_s: at_s, last_s: at_s, text }),
            }
        }
        kept.moments.push(at_s);
    }

    /// What comes of a look.
    pub(crate) fn look(&self, domain: &Domain, asking: Asking) -> Looked {
        match (self.looks.get(domain), asking) {
            (Some(look), _) => Looked::Seen(Arc::clone(look)),
            (None, Asking::Nobody) => Looked::NotAsked,
            (None, Asking::Now) => {
                self.asked.lock().unwrap().push(domain.clone());
                self.answers.get(domain).cloned().unwrap_or(Looked::Silent)
            }
        }
    }

    /// From now on somebody has to ask to see what it publishes.
    pub(crate) fn forget(&mut self, domain: &str) {
        let domain = Domain::parse(domain).unwrap();
        if let Some(look) = self.looks.remove(&domain) {
            self.answers.insert(domain, Looked::Seen(look));
        }
    }

    /// What it publishes now.
    pub(crate) fn looked(&mut self, domain: &str, zone: &Zone, known: &Known) {
        let domain = Domain::parse(domain).unwrap();
        let look = Look { snapshot: taken(&domain, zone), known: known.clone() };
        self.looks.insert(domain, Arc::new(look));
    }
}

fn declared(note: &str, by: &str) -> Known {
    let statement =
        Statement { requirement: "4-3".into(), met: true, by: by.into(), at_s: 1_795_000_000, note: note.into() };
    Known { now_s: i64::try_from(NOW_MS / 1000).unwrap(), statements: vec![statement], ..Known::default() }
}

fn taken(domain: &Domain, zone: &Zone) -> Snapshot {
    let mut subject = Subject::new(domain.clone());
    subject.selectors.push(("s1".into(), SelectorSource::Given));
    block_on(Snapshot::take(&Both { lookup: zone, fetch: Shelf::new() }, subject))
}

/// A key that signs and one before it, of one domain; the last one of another was compromised, and nothing signs.
fn rotations() -> Rotations {
    let at = |days: u64| NOW_MS / 1000 - days * DAY_S;
    let text = format!(
        "sekisho-keys 1\n\
         line example.jp ed25519 own\n\
         key old draining since={} created={} active={} until={} seen={} p={KEY}\n\
         key new active since={} created={} active={} seen={} p={KEY}\n\
         line example.net ed25519 provider dkim.provider.example 3\n\
         key lost revoked since={} created={} active={} until={} compromised p={KEY}\n",
        at(2),
        at(190),
        at(189),
        at(2),
        at(189),
        at(2),
        at(9),
        at(2),
        at(8),
        at(1),
        at(90),
        at(89),
        at(1),
    );
    let sighting =
        |days, messages, verified, is_whole| Some(Sighting { last_s: at(days), messages, verified, is_whole });
    let old = Seen { reports: sighting(3, 1_200, 1_190, true), mail: sighting(2, 40, 40, false) };
    let new = Seen { reports: None, mail: sighting(0, 7, 7, true) };
    let name = |text: &str| Domain::parse(text).unwrap();
    let seen = [(name("example.jp"), [(name("old"), old), (name("new"), new)].into())].into();
    Rotations { book: Book::parse(&text).unwrap(), seen, seen_days: 90, ..Rotations::default() }
}

const KEY: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

const ZONE: &str = "\
$ORIGIN example.jp.
@ SOA ns1 hostmaster 1 3600 600 86400 300
@ NS ns1
@ MX 10 mx
mx A 11.1.1.1
1.1.1.11.in-addr.arpa. PTR mx
@ TXT \"v=spf1 ip4:11.1.1.1 include:_spf.service.example -all\"
_spf.service.example. TXT \"v=spf1 include:_a.service.example ip4:12.1.1.0/24 -all\"
_a.service.example. TXT \"{spf}\"
_dmarc TXT \"{dmarc}\"
s1._domainkey TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"
";
