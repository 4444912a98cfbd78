//! What holds for any reports.

use std::net::{IpAddr, Ipv4Addr};

use dmarc::Policy;
use dmarc::record::Testing;
use feedback::Word;
use feedback::aggregate::{AlignedPass, Circumstances, DkimResult, PublishedPolicy, Reason, SpfResult, SpfScope};
use feedback::archive::{Class, Host, SourceLine};
use proptest::prelude::*;
use report::row::{Discovery, Mode};
use report::vocabulary::{Disposition, MethodResult, OverrideKind};

use crate::insight::advise::{Note, Rung};
use crate::insight::group::sighting;
use crate::insight::whatif::Hit;
use crate::insight::{
    Classifier, Existence, Gates, Hosts, Map, Marks, Modes, Proposal, Situation, Tally, advise, groups, what_if,
};

const NAMES: [&str; 8] = [
    "example.jp",
    "news.example.jp",
    "absent.example.jp",
    "other.example",
    "sendgrid.net",
    "gmail.com",
    "example-jp.20230601.gappssmtp.com",
    "co.jp",
];

fn name() -> impl Strategy<Value = Box<str>> {
    prop::sample::select(&NAMES[..]).prop_map(Box::from)
}

fn word<T: Clone + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = Word<T>> {
    prop_oneof![
        8 => prop::sample::select(all).prop_map(Word::Known),
        1 => Just(Word::Missing),
        1 => Just(Word::Other("odd".into())),
    ]
}

fn spf() -> impl Strategy<Value = SpfResult> {
    (name(), word(&[SpfScope::MailFrom, SpfScope::Helo]), word(MethodResult::ALL))
        .prop_map(|(domain, scope, result)| SpfResult { domain, scope, result, comment: None })
}

fn dkim() -> impl Strategy<Value = DkimResult> {
    (name(), prop::option::of(prop::sample::select(&["s1", "google", "selector1"][..])), word(MethodResult::ALL))
        .prop_map(|(domain, selector, result)| DkimResult {
            domain,
            selector: selector.map(Box::from),
            result,
            comment: None,
        })
}

fn circumstances() -> impl Strategy<Value = Circumstances> {
    let author = prop::sample::select(&NAMES[..3]).prop_map(Box::from);
    let reasons = prop::collection::vec(word(OverrideKind::ALL).prop_map(|kind| Reason { kind, comment: None }), 0..2);
    (author, prop::option::of(name()), prop::collection::vec(dkim(), 0..4), prop::collection::vec(spf(), 0..3), reasons)
        .prop_map(|(header_from, envelope_from, dkim, spf, reasons)| Circumstances {
            header_from,
            envelope_from,
            dkim,
            spf,
            reasons,
            ..Circumstances::default()
        })
}

fn policy() -> impl Strategy<Value = PublishedPolicy> {
    const POLICIES: &[Policy] = &[Policy::None, Policy::Quarantine, Policy::Reject];
    const MODES: &[Mode] = &[Mode::Relaxed, Mode::Strict];
    let policies = (word(POLICIES), word(POLICIES), word(POLICIES));
    let found = word(&[Discovery::TreeWalk, Discovery::SuffixList]);
    (policies, word(MODES), word(MODES), word(&[Testing::On, Testing::Off]), found).prop_map(
        |((policy, subdomain_policy, nonexistent_policy), dkim_mode, spf_mode, testing, discovery)| PublishedPolicy {
            domain: "example.jp".into(),
            policy,
            subdomain_policy,
            nonexistent_policy,
            dkim_mode,
            spf_mode,
            testing,
            discovery,
            ..PublishedPolicy::default()
        },
    )
}

fn lines() -> impl Strategy<Value = Vec<SourceLine>> {
    let address = prop_oneof![
        4 => (0..6_u8).prop_map(|last| Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)))),
        1 => Just(Some("2001:db8::7".parse().unwrap())),
        1 => Just(None),
    ];
    let line = (address, circumstances(), 1..1000_u64).prop_map(|(source, circumstances, count)| SourceLine {
        source,
        domain: "example.jp".into(),
        circumstances,
        class: Class::Undecidable,
        count,
        first_day: 20_000,
        last_day: 20_001,
    });
    prop::collection::vec(line, 0..30)
}

fn classifier() -> Classifier {
    let host = |last, name: Option<&str>| Host {
        address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)),
        name: name.map(Box::from),
        asn: None,
        as_name: None,
        country: None,
        at_s: 0,
    };
    let hosts = vec![
        host(1, Some("o1.em.sendgrid.net")),
        host(2, Some("mail-a.google.com")),
        host(3, Some("mx.example.jp")),
        host(4, None),
    ];
    Classifier::new(Map::curated(), Marks::default(), Hosts::new(hosts))
}

fn existence(author: &str) -> Existence {
    if author.starts_with("absent") { Existence::Absent } else { Existence::Exists }
}

/// A reporter that follows RFC 9989 to the letter: what it says of each line, and how many messages got which policy.
fn report(lines: &mut [SourceLine], policy: &PublishedPolicy, classifier: &Classifier) -> [u64; 3] {
    let mut dispositions = [0; 3];
    for line in lines {
        let passes = classifier.aligner.passes(&line.circumstances, policy, Modes::published(policy));
        line.circumstances.dkim_aligned = Word::Known(passes.dkim);
        line.circumstances.spf_aligned = Word::Known(passes.spf);
        let author = &*line.circumstances.header_from;
        let p = policy.policy.known().unwrap_or(Policy::None);
        let sp = policy.subdomain_policy.known().unwrap_or(p);
        let np = policy.nonexistent_policy.known().unwrap_or(sp);
        let asked = match author {
            "example.jp" => p,
            "absent.example.jp" => np,
            _ => sp,
        };
        let asked = match (asked, policy.testing.known() == Some(Testing::On)) {
            (Policy::Reject, true) => Policy::Quarantine,
            (_, true) => Policy::None,
            (asked, false) => asked,
        };
        let passed = passes.dkim == AlignedPass::Yes || passes.spf == AlignedPass::Yes;
        let (disposition, place) = match (passed, asked) {
            (false, Policy::Quarantine) => (Disposition::Quarantine, 1),
            (false, Policy::Reject) => (Disposition::Reject, 2),
            _ => (Disposition::None, 0),
        };
        line.circumstances.disposition = Word::Known(disposition);
        dispositions[place] += line.count;
    }
    dispositions
}

proptest! {
    #[test]
    fn the_published_policy_hits_what_the_reports_say(mut lines in lines(), policy in policy()) {
        let classifier = classifier();
        for line in &mut lines {
            line.class = classifier.class(&sighting(line, &policy));
        }
        let [untouched, quarantined, rejected] = report(&mut lines, &policy, &classifier);
        let groups = groups(&lines, &policy, &classifier);
        let proposal = Proposal::published(&policy);
        let now = what_if(proposal, &lines, &policy, &groups, &classifier, &existence);
        prop_assert_eq!(now.quarantined.total(), quarantined);
        prop_assert_eq!(now.rejected.total(), rejected);
        prop_assert_eq!(now.passed.total() + now.untouched.total(), untouched);
        for class in Tally::CLASSES {
            let parts = now.passed.of(class) + now.untouched.of(class) + now.hit().of(class);
            prop_assert_eq!(parts, now.total.of(class));
            prop_assert!(now.excused.of(class) <= now.hit().of(class));
        }
        prop_assert_eq!(now.hits.iter().map(Hit::total).sum::<u64>(), quarantined + rejected);
    }

    #[test]
    fn classes_and_sources_part_the_messages(mut lines in lines(), policy in policy()) {
        let classifier = classifier();
        let mut tally = Tally::default();
        for line in &mut lines {
            let (class, judged) = {
                let seen = sighting(line, &policy);
                (classifier.class(&seen), classifier.judge(&seen).class)
            };
            prop_assert_eq!(class, judged);
            line.class = class;
            tally.add(class, line.count);
        }
        let total: u64 = lines.iter().map(|line| line.count).sum();
        prop_assert_eq!(tally.total(), total);
        let groups = groups(&lines, &policy, &classifier);
        let mut of_groups = Tally::default();
        for group in &groups {
            of_groups.join(&group.tally);
            let mut of_addresses = Tally::default();
            group.addresses.iter().for_each(|address| of_addresses.join(&address.tally));
            prop_assert_eq!(of_addresses, group.tally);
            prop_assert!(group.pass_count <= group.tally.total());
            prop_assert!(group.dkim_count <= group.pass_count && group.spf_count <= group.pass_count);
        }
        prop_assert_eq!(of_groups, tally);
        let mut places: Vec<usize> = groups.iter().flat_map(|group| group.lines.clone()).collect();
        places.sort_unstable();
        prop_assert_eq!(places, (0..lines.len()).collect::<Vec<_>>());
    }

    #[test]
    fn mail_that_passes_is_the_domains_own(line in lines(), policy in policy()) {
        let classifier = classifier();
        for line in &line {
            let seen = sighting(line, &policy);
            if classifier.passes(&seen).is_pass() {
                prop_assert!(matches!(classifier.class(&seen), Class::Legitimate | Class::Forwarded));
            } else {
                prop_assert_ne!(classifier.class(&seen), Class::Legitimate);
            }
        }
    }

    #[test]
    fn advice_is_whole(mut lines in lines(), policy in policy(), days in 0..30_u32, reporters in 0..5_u32) {
        let classifier = classifier();
        for line in &mut lines {
            line.class = classifier.class(&sighting(line, &policy));
        }
        let situation = Situation {
            policy: &policy, record: None, lines: &lines, day_count: days, reporter_count: reporters, existence: &existence,
        };
        let advice = advise(&situation, &Gates::default(), &classifier);
        prop_assert_eq!(advice.tally.total(), lines.iter().map(|line| line.count).sum::<u64>());
        // Without tags for names below, a higher rung hits no less; with them, t=y makes those weaker, and a note says so.
        let is_alone = [&policy.subdomain_policy, &policy.nonexistent_policy].iter().all(|tag| tag.known().is_none());
        let is_weaker = advice.next.hit().total() < advice.now.hit().total();
        let is_told = advice.publication.notes.contains(&Note::TestingWeakens);
        prop_assert!(!is_weaker || (!is_alone && is_told), "{advice:?}");
        let (published, flaws) = dmarc::Record::parse(advice.publication.text.as_bytes());
        prop_assert_eq!(flaws, Vec::new());
        prop_assert_eq!(Rung::of(published.clone().unwrap().policy(), published.unwrap().testing, None), advice.rung.next());
        // A forwarder is never told to be repaired.
        for repair in &advice.repairs {
            let group = advice.groups.iter().find(|group| group.sender == repair.sender).unwrap();
            prop_assert!(group.tally.total() > group.tally.of(Class::Forwarded) + group.tally.of(Class::Suspected));
        }
    }
}
