//! An audit of a snapshot.

use std::collections::{BTreeMap, BTreeSet};

use lookup::fetch::{FetchFailure, Fetched};
use lookup::{Answer, Data, Kind, Question};
use mailtext::Domain;
use spf::tree::{NodeId, State};

use super::{Audit, Found, Record, RecordKind, Slot, Trouble};
use crate::finding::Finding;
use crate::guideline::Answered;
use crate::limits::{HISTORY_RECORD_COUNT_MAX, HISTORY_TEXT_BYTES_MAX, HISTORY_TEXT_COUNT_MAX};
use crate::published::Published;
use crate::snapshot::Snapshot;
use crate::world::{Greeting, Servers};

impl Audit {
    /// What is kept of an audit. It stands behind none yet: [`Audit::settled`].
    #[must_use]
    pub fn of(snapshot: &Snapshot, findings: &[Finding], answered: &[Answered<'_>], at_s: i64) -> Self {
        let mut worst = BTreeMap::new();
        for finding in findings {
            let name = finding.place.as_ref().map_or(&snapshot.subject.domain, |place| &place.name).as_str();
            let found = Found { rule: finding.rule.id.into(), name: name.into() };
            let severity = worst.entry(found).or_insert(finding.severity);
            *severity = finding.severity.max(*severity);
        }
        Self {
            domain: snapshot.subject.domain.clone(),
            at_s,
            records: records(snapshot),
            findings: worst,
            requirements: answered.iter().map(|one| (one.requirement.id.into(), one.met)).collect(),
            unasked: unasked(snapshot),
        }
    }
}

type Records = BTreeMap<Slot, Record>;

fn records(snapshot: &Snapshot) -> Records {
    let mut records = Records::new();
    tree(snapshot, &mut records);
    let dmarc = [snapshot.dmarc.own.as_ref(), snapshot.dmarc.organization.as_ref()];
    let named = dmarc
        .into_iter()
        .map(|published| (RecordKind::Dmarc, published, &b"v=dmarc1"[..]))
        .chain([
            (RecordKind::Bimi, snapshot.brand.own.as_ref(), &b"v=bimi1"[..]),
            (RecordKind::MtaSts, snapshot.transport.record.as_ref(), &b"v=stsv1"[..]),
            (RecordKind::TlsRpt, snapshot.transport.reporting.as_ref(), &b"v=tlsrptv1"[..]),
        ])
        // What stands at the place of a key is meant to be one, whatever it says.
        .chain(snapshot.keys.selectors.iter().map(|seen| (RecordKind::Dkim, Some(&seen.published), &b""[..])));
    for (kind, published, version) in named {
        if let Some(published) = published {
            let texts = published.texts().filter(|text| begins(text, version)).map(Box::from);
            add(&mut records, kind, published, texts.collect());
        }
    }
    for (kind, published) in
        [(RecordKind::Mx, &snapshot.hosts.exchanges), (RecordKind::Ns, &snapshot.publication.servers)]
    {
        let shown = published.answer.data().iter().map(|data| data.to_string().into_bytes().into());
        add(&mut records, kind, published, shown.collect());
    }
    policy_file(snapshot, &mut records);
    records
}

fn begins(text: &[u8], version: &[u8]) -> bool {
    text.get(..version.len()).is_some_and(|head| head.eq_ignore_ascii_case(version))
}

fn add(records: &mut Records, kind: RecordKind, published: &Published, texts: Vec<Box<[u8]>>) {
    let record = match &published.answer {
        Answer::Failed(failure) => failed(failure.word(), Vec::new()),
        _ => Record { texts: Some(bounded(texts)), ..Record::default() },
    };
    put(records, Slot::new(kind, published.question.name.as_str()), record);
}

fn failed(failure: &str, path: Vec<Box<str>>) -> Record {
    Record { texts: None, path, trouble: Some(Trouble { failure: failure.into(), rounds: 1 }) }
}

fn put(records: &mut Records, slot: Slot, record: Record) {
    if records.len() < HISTORY_RECORD_COUNT_MAX {
        records.entry(slot).or_insert(record);
    }
}

/// In a fixed order: servers turn the records of an answer round.
fn bounded(mut texts: Vec<Box<[u8]>>) -> Vec<Box<[u8]>> {
    texts.sort_unstable();
    texts.truncate(HISTORY_TEXT_COUNT_MAX);
    for text in &mut texts {
        if text.len() > HISTORY_TEXT_BYTES_MAX {
            *text = text[..HISTORY_TEXT_BYTES_MAX].into();
        }
    }
    texts
}

/// Every record of the SPF tree; one that is reached by several ways stands there by the first.
fn tree(snapshot: &Snapshot, records: &mut Records) {
    let tree = &snapshot.spf.tree;
    for (id, node) in tree.nodes() {
        let question = Question::txt(node.domain.clone());
        let record = match (&node.state, tree.answers.get(&question)) {
            // It stands there already, higher up.
            (State::Loop(_), _) => continue,
            (State::Failed(failure), _) | (_, Some(Answer::Failed(failure))) => failed(failure.word(), path(tree, id)),
            (State::Cut(_), _) => failed("budget", path(tree, id)),
            (_, answer) => {
                let texts = answer.map_or(&[][..], Answer::data).iter().filter_map(|data| match data {
                    Data::Txt(text) if spf::Record::claims(text.bytes()) => Some(text.bytes().into()),
                    _ => None,
                });
                Record { texts: Some(bounded(texts.collect())), path: path(tree, id), trouble: None }
            }
        };
        put(records, Slot::new(RecordKind::Spf, node.domain.as_str()), record);
    }
}

fn path(tree: &spf::Tree, id: NodeId) -> Vec<Box<str>> {
    let names = tree.way(id).into_iter().filter_map(|at| tree.node(at.node));
    names.map(|node| node.domain.as_str().into()).collect()
}

fn policy_file(snapshot: &Snapshot, records: &mut Records) {
    let Some(record) = &snapshot.transport.record else { return };
    let record_failed = matches!(record.answer, Answer::Failed(_));
    let kept = match &snapshot.transport.document {
        // It was not asked for, because nobody knows whether it should be, or because nothing is fetched here.
        None if record_failed => return,
        Some((_, Fetched::Failed(FetchFailure::Disabled | FetchFailure::NotOnTape | FetchFailure::Budget))) => return,
        None => Record { texts: Some(Vec::new()), ..Record::default() },
        Some((_, Fetched::Document(document))) => {
            Record { texts: Some(bounded(vec![document.bytes.clone()])), ..Record::default() }
        }
        Some((_, Fetched::Status(500..))) => failed("status", Vec::new()),
        Some((_, Fetched::Status(_))) => Record { texts: Some(Vec::new()), ..Record::default() },
        Some((_, Fetched::Failed(failure))) => failed(failure.id(), Vec::new()),
    };
    let name = format!("mta-sts.{}", snapshot.subject.domain);
    put(records, Slot::new(RecordKind::MtaStsPolicy, name), kept);
}

/// The questions that failed, with the families of rules that need their answers.
fn unasked(snapshot: &Snapshot) -> BTreeSet<(Box<str>, Box<str>)> {
    let mut unasked = BTreeSet::new();
    let mut add = |families: &[&str], what: &str| {
        if unasked.len() < HISTORY_RECORD_COUNT_MAX {
            unasked.extend(families.iter().map(|family| ((*family).into(), what.into())));
        }
    };
    for (question, answer) in snapshot.answers.iter().chain(&snapshot.spf.tree.answers) {
        if matches!(answer, Answer::Failed(_)) {
            add(families(question), &question.to_string());
        }
    }
    for (question, servers) in &snapshot.publication.each {
        match servers {
            Servers::Unknown => add(&["COM"], &question.to_string()),
            Servers::NotAsked => {}
            Servers::Asked { answers, .. } => {
                for one in answers.iter().filter(|one| matches!(one.answer, Answer::Failed(_))) {
                    add(&["COM"], &format!("{question} {}", one.address));
                }
            }
        }
    }
    for host in &snapshot.hosts.hosts {
        if matches!(host.greeting, Greeting::Unreachable) {
            add(&["MXN", "STS"], &format!("smtp {}", host.name));
        }
    }
    let documents =
        [(&["STS"][..], snapshot.transport.document.as_ref()), (&["BIM"][..], snapshot.brand.indicator.as_ref())];
    for (families, document) in documents {
        if let Some((url, Fetched::Failed(_) | Fetched::Status(500..))) = document {
            add(families, url.as_str());
        }
    }
    if let Some(document) = &snapshot.brand.evidence
        && matches!(document.fetched, Fetched::Failed(_) | Fetched::Status(500..))
    {
        add(&["BIM"], document.url.as_str());
    }
    unasked
}

/// Which families of rules need the answer to a question.
fn families(question: &Question) -> &'static [&'static str] {
    let has = |name: &Domain, label: &str| name.as_str().split('.').any(|its| its == label);
    match question.kind {
        _ if has(&question.name, "_domainkey") => &["ADS", "DKM"],
        _ if has(&question.name, "_dmarc") => &["DMC", "COM"],
        _ if has(&question.name, "_bimi") => &["BIM"],
        _ if has(&question.name, "_mta-sts") || has(&question.name, "_tls") => &["STS", "TRP"],
        Kind::Ptr | Kind::Tlsa => &["MXN", "STS"],
        Kind::Mx | Kind::A | Kind::Aaaa => &["COM", "DMC", "MXN", "SPF", "STS", "TRP"],
        Kind::Txt | Kind::Spf => &["ADS", "COM", "DMC", "SPF"],
        _ => &["BIM", "COM", "DKM", "DMC", "MXN", "SPF"],
    }
}
