//! Sightings written in one line, for tables of tests.
//!
//! `ip=` `host=` (`-` for an address without a name) `as=` tell of the machine; `count=`; `from=` is the author domain,
//! `domain=` the policy domain (the author's when it is not said); `mail=D:RESULT`, `helo=D:RESULT` and
//! `sign=D/SELECTOR:RESULT` are results; `env=` is the envelope sender; `said=DKIM/SPF` the reporter's own evaluation;
//! `why=KIND` or `why=KIND(comment_without_spaces)` an override; `did=` the disposition; `p=` `sp=` `np=` `adkim=` `aspf=`
//! `t=` `found=` the policy; `mark=service:ID:STANDING` and so on what the owner says; `knows=D/SELECTOR` a selector that is
//! known to sign.

use feedback::Word;
use feedback::aggregate::{AlignedPass, Circumstances, DkimResult, PublishedPolicy, Reason, SpfResult, SpfScope};
use feedback::archive::{Class, Host, Mark, Sender, SourceLine, Standing};
use mailtext::Domain;
use report::row::{Discovery, Mode, Policy, Testing};
use report::vocabulary::{Disposition, MethodResult, OverrideKind};

use crate::insight::{Classifier, Hosts, Map, Marks, Selectors};

/// A line, read.
#[derive(Clone, Default)]
pub(crate) struct Told {
    pub(crate) line: Option<SourceLine>,
    pub(crate) policy: PublishedPolicy,
    pub(crate) hosts: Vec<Host>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) known: Vec<(String, String)>,
}

impl Told {
    pub(crate) fn line(&self) -> &SourceLine {
        self.line.as_ref().unwrap()
    }

    pub(crate) fn classifier(&self) -> Classifier {
        classifier(std::slice::from_ref(self))
    }
}

pub(crate) fn classifier(all: &[Told]) -> Classifier {
    let hosts = all.iter().flat_map(|told| told.hosts.clone()).collect();
    let marks = all.iter().flat_map(|told| told.marks.clone()).collect();
    let mut classifier = Classifier::new(Map::curated(), Marks::new(marks), Hosts::new(hosts));
    let mut selectors = Selectors::default();
    for (domain, selector) in all.iter().flat_map(|told| &told.known) {
        selectors.add(domain, selector);
    }
    classifier.selectors = selectors.into();
    classifier
}

pub(crate) fn told(text: &str) -> Told {
    let mut told = Told::default();
    let mut line = SourceLine {
        source: None,
        domain: Box::default(),
        circumstances: Circumstances::default(),
        class: Class::Undecidable,
        count: 10,
        first_day: 20_000,
        last_day: 20_000,
    };
    told.policy.policy = Word::Known(Policy::None);
    let mut host: Option<(Option<&str>, Option<u32>)> = None;
    for token in text.split_ascii_whitespace() {
        let (key, value) = token.split_once('=').unwrap_or_else(|| panic!("{token}"));
        match key {
            "ip" => line.source = Some(value.parse().unwrap()),
            "host" => host = Some((Some(value).filter(|name| *name != "-"), None)),
            "as" => host = Some((host.and_then(|(name, _)| name), Some(value.parse().unwrap()))),
            "count" => line.count = value.parse().unwrap(),
            "day" => (line.first_day, line.last_day) = (value.parse().unwrap(), value.parse().unwrap()),
            "domain" => told.policy.domain = value.into(),
            "knows" => {
                let (domain, selector) = value.split_once('/').unwrap();
                told.known.push((domain.to_owned(), selector.to_owned()));
            }
            "mark" => told.marks.push(mark(value)),
            _ if policy(key, value, &mut told.policy) => {}
            _ => circumstance(key, value, &mut line.circumstances),
        }
    }
    if told.policy.domain.is_empty() {
        told.policy.domain = line.circumstances.header_from.clone();
    }
    line.domain = told.policy.domain.clone();
    for mark in &mut told.marks {
        mark.domain = Domain::parse(&told.policy.domain).unwrap();
    }
    if let Some((name, asn)) = host {
        told.hosts.push(Host {
            address: line.source.unwrap(),
            name: name.map(Box::from),
            asn,
            as_name: None,
            country: None,
            at_s: 0,
        });
    }
    told.line = Some(line);
    told
}

fn policy(key: &str, value: &str, policy: &mut PublishedPolicy) -> bool {
    let word = || Policy::parse(value.as_bytes()).map_or(Word::Other(value.into()), Word::Known);
    let mode = || Word::Known(if value == "s" { Mode::Strict } else { Mode::Relaxed });
    match key {
        "p" => policy.policy = word(),
        "sp" => policy.subdomain_policy = word(),
        "np" => policy.nonexistent_policy = word(),
        "adkim" => policy.dkim_mode = mode(),
        "aspf" => policy.spf_mode = mode(),
        "t" => policy.testing = Word::Known(if value == "y" { Testing::On } else { Testing::Off }),
        "found" if value == "walk" => policy.discovery = Word::Known(Discovery::TreeWalk),
        "found" => policy.discovery = Word::Known(Discovery::SuffixList),
        _ => return false,
    }
    true
}

fn circumstance(key: &str, value: &str, it: &mut Circumstances) {
    let result = |text: &str| MethodResult::parse(text).map_or(Word::Other(text.into()), Word::Known);
    let spf = |scope| {
        let (domain, word) = value.rsplit_once(':').unwrap();
        SpfResult { domain: domain.into(), scope, result: result(word), comment: None }
    };
    match key {
        "from" => it.header_from = value.into(),
        "env" => it.envelope_from = Some(value.into()),
        "mail" => it.spf.push(spf(Word::Missing)),
        "mfrom" => it.spf.push(spf(Word::Known(SpfScope::MailFrom))),
        "helo" => it.spf.push(spf(Word::Known(SpfScope::Helo))),
        "sign" => {
            let (name, word) = value.rsplit_once(':').unwrap();
            let (domain, selector) = name.split_once('/').unwrap_or((name, ""));
            let selector = Some(selector).filter(|selector| !selector.is_empty()).map(Box::from);
            it.dkim.push(DkimResult { domain: domain.into(), selector, result: result(word), comment: None });
        }
        "said" => {
            let (dkim, spf) = value.split_once('/').unwrap();
            let pass = |word| match word {
                "pass" => Word::Known(AlignedPass::Yes),
                "fail" => Word::Known(AlignedPass::No),
                other => Word::Other(Box::from(other)),
            };
            (it.dkim_aligned, it.spf_aligned) = (pass(dkim), pass(spf));
        }
        "why" => {
            let (kind, comment) = value.split_once('(').unwrap_or((value, ""));
            let comment = comment.trim_end_matches(')').replace('_', " ");
            it.reasons.push(Reason {
                kind: OverrideKind::parse(kind).map_or(Word::Other(kind.into()), Word::Known),
                comment: Some(comment.as_str()).filter(|comment| !comment.is_empty()).map(Box::from),
            });
        }
        "did" => it.disposition = Word::Known(Disposition::parse(value).unwrap()),
        other => panic!("{other}"),
    }
}

fn mark(text: &str) -> Mark {
    let (kind, rest) = text.split_once(':').unwrap();
    let (name, standing) = rest.rsplit_once(':').unwrap();
    Mark {
        tenant: Box::default(),
        domain: Domain::parse("example.jp").unwrap(),
        sender: match kind {
            "service" => Sender::Service(name.into()),
            "hosts" => Sender::Hosts(name.into()),
            _ => Sender::Network(name.into()),
        },
        standing: match standing {
            "approved" => Standing::Approved,
            "forwarder" => Standing::Forwarder,
            _ => Standing::Denied,
        },
        note: Box::default(),
        at_s: 0,
    }
}
