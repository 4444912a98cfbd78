//! Records written anew mean the same: their own proof is checked by evaluating both, at the edges of every network.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends by a panic")]

extern crate sekisho_spf as spf;

#[path = "tree/worlds.rs"]
mod worlds;

use std::collections::BTreeSet;
use std::net::IpAddr;

use lookup::log::Log;
use lookup::{Data, Kind, Zone};
use mailtext::Domain;
use proptest::prelude::*;
use spf::minimise::{Flatten, Hosts, Minimised, Obstacle, Plan, Reason, fit, minimise, superfluous};
use spf::tree::Caps;
use spf::{ExplanationUse, Identity, Limits, MailFrom, Request, Tree, Verdict, check_identity};

fn name(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

fn grown(zone: &Zone, domain: &str) -> Tree {
    testkit::block_on(spf::tree(zone, &name(domain), &Caps::default()))
}

fn zone(text: &str) -> Zone {
    worlds::parsed(&format!("$ORIGIN test.\n$TTL 300\n{text}"))
}

fn written(text: &str, plan: &Plan) -> Minimised {
    minimise(&grown(&zone(text), "example.test"), plan).unwrap()
}

fn texts(minimised: &Minimised) -> Vec<&str> {
    minimised.records.iter().map(|record| record.text.as_str()).collect()
}

const UNLIMITED: Limits = Limits {
    lookup_count_max: u8::MAX,
    void_lookup_count_max: u8::MAX,
    mx_host_count_max: u8::MAX,
    ptr_name_count_max: 10,
};

fn verdict(zone: &Zone, domain: &str, ip: IpAddr) -> Verdict {
    let request = Request {
        ip,
        helo: "client.test",
        mail_from: MailFrom::mailbox("user", domain),
        receiver: "unknown",
        now_s: 0,
        explanation: ExplanationUse::Skip,
    };
    testkit::block_on(check_identity(&Log::new(zone), &request, Identity::MailFrom, &UNLIMITED)).result.verdict
}

/// The zone with the new records in the place of the old one.
fn published(zone: &Zone, minimised: &Minimised) -> Zone {
    let mut zone = zone.clone();
    for record in &minimised.records {
        zone.remove(&record.name, Kind::Txt);
        zone.add(&record.name, Data::txt(&record.text), 300);
    }
    zone
}

fn addresses(trees: [&Tree; 2]) -> BTreeSet<IpAddr> {
    let verdicts = [Verdict::Pass, Verdict::SoftFail, Verdict::Neutral, Verdict::Fail];
    let mut found = BTreeSet::new();
    for tree in trees {
        found.extend(verdicts.iter().flat_map(|verdict| tree.results.of(*verdict).boundaries()));
        found.extend(tree.terms().flat_map(|(_, _, term)| term.opens.boundaries().collect::<Vec<_>>()));
    }
    found.retain(|address| address.to_canonical() == *address);
    found.extend((0..64).step_by(5).map(|last| IpAddr::from([10, 0, 0, last])));
    found
}

fn plans() -> impl Strategy<Value = Plan> {
    let names =
        || proptest::collection::vec((1..worlds::RECORD_COUNT).prop_map(|index| name(&format!("r{index}.test"))), 1..4);
    let flatten = prop_oneof![
        1 => Just(Flatten::Nothing),
        2 => Just(Flatten::All),
        1 => names().prop_map(Flatten::Only),
        1 => names().prop_map(Flatten::AllBut),
    ];
    (flatten, any::<bool>(), prop_oneof![Just(450_usize), Just(120), Just(200)]).prop_map(
        |(flatten, hosts, octets_max)| {
            let hosts = if hosts { Hosts::Replace } else { Hosts::Keep };
            Plan { flatten, hosts, octets_max, ..Plan::default() }
        },
    )
}

/// A sound world where `exists:%{ir}.x.%{d}` matches some clients: which ones is another question for each record, so that a macro that
/// was expanded for another domain, or a term that changed its place, lets others pass.
fn sound_world_with_lists() -> impl Strategy<Value = String> {
    let lists = proptest::collection::vec(proptest::collection::btree_set(0..64_u8, 0..24), worlds::RECORD_COUNT);
    (worlds::sound_world(), lists).prop_map(|(mut zone, lists)| {
        for (index, list) in lists.into_iter().enumerate() {
            let lines = list.into_iter().map(|last| format!("{last}.0.0.10.x.r{index}.test. A 127.0.0.2\n"));
            zone.extend(lines);
        }
        zone
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_new_record_says_what_the_old_one_said(text in worlds::sound_world(), plan in plans()) {
        let zone = worlds::parsed(&text);
        let tree = grown(&zone, "r0.test");
        match minimise(&tree, &plan) {
            Ok(minimised) => same_everywhere(&zone, &tree, &minimised, &text)?,
            // A name that nothing can be done about may be longer than 120 octets allow.
            Err(Obstacle::TooLong(_)) => prop_assert!(plan.octets_max < 450, "{}", text),
            Err(obstacle) => prop_assert!(false, "{:?}\n{}", obstacle, text),
        }
    }

    /// Terms that only a message can answer keep their macros and their places: whoever is on a list for one domain alone gets what
    /// he got.
    #[test]
    fn lists_say_what_they_said(text in sound_world_with_lists(), plan in plans()) {
        let zone = worlds::parsed(&text);
        let tree = grown(&zone, "r0.test");
        match minimise(&tree, &plan) {
            Ok(minimised) => {
                same_everywhere(&zone, &tree, &minimised, &text)?;
                let new_zone = published(&zone, &minimised);
                for ip in (0..64).map(|last| IpAddr::from([10, 0, 0, last])) {
                    let (before, after) = (verdict(&zone, "r0.test", ip), verdict(&new_zone, "r0.test", ip));
                    prop_assert_eq!(before, after, "{} {:?}\n{}", ip, minimised, text);
                }
            }
            Err(Obstacle::TooLong(_)) => prop_assert!(plan.octets_max < 450, "{}", text),
            Err(obstacle) => prop_assert!(false, "{:?}\n{}", obstacle, text),
        }
    }

    /// Wherever the world is unsound there is no record, or one that says the same.
    #[test]
    fn nothing_is_written_for_what_is_broken(text in worlds::world(), plan in plans()) {
        let tree = grown(&worlds::parsed(&text), "r0.test");
        let is_sound = tree.results.perm_error.is_empty() && tree.results.temp_error.is_empty() && tree.results.none.is_empty();
        match minimise(&tree, &plan) {
            Err(Obstacle::Unproved) => prop_assert!(false, "{:?}\n{}", plan, text),
            Err(Obstacle::Unsound) => prop_assert!(!is_sound, "{}", text),
            _ => prop_assert!(is_sound, "{}", text),
        }
    }

    #[test]
    fn what_fits_says_the_same(text in worlds::sound_world()) {
        let zone = worlds::parsed(&text);
        let tree = grown(&zone, "r0.test");
        let minimised = fit(&tree, &Plan::default()).unwrap();
        prop_assert!(minimised.after.lookups <= minimised.before.lookups);
        same_everywhere(&zone, &tree, &minimised, &text)?;
    }
}

fn same_everywhere(zone: &Zone, tree: &Tree, minimised: &Minimised, text: &str) -> Result<(), TestCaseError> {
    let new_zone = published(zone, minimised);
    let new = grown(&new_zone, "r0.test");
    prop_assert_eq!(&new.results, &tree.results, "{:?}\n{}", minimised, text);
    prop_assert_eq!(new.worst.cost, minimised.after);
    for ip in addresses([tree, &new]) {
        let (before, after) = (verdict(zone, "r0.test", ip), verdict(&new_zone, "r0.test", ip));
        prop_assert_eq!(before, after, "{} {:?}\n{}", ip, minimised, text);
    }
    Ok(())
}

#[test]
fn everything_is_replaced_and_joined() {
    let minimised = written(
        "example TXT \"v=spf1 include:a.test mx ip4:192.0.2.64/26 ~all\"
        example MX 10 h
        h A 192.0.2.128
        h AAAA 2001:db8::1
        a TXT \"v=spf1 ip4:192.0.2.0/26 include:b.test -all\"
        b TXT \"v=spf1 ip4:192.0.2.129 ip4:198.51.100.0/25 ip4:198.51.100.128/25 ?all\"",
        &Plan::flat(),
    );
    assert_eq!(
        texts(&minimised),
        ["v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.128/31 ip4:198.51.100.0/24 ip6:2001:db8::1 ~all"]
    );
    assert_eq!((minimised.before.lookups, minimised.after.lookups), (3, 0));
    assert_eq!(minimised.proof.pass_ip4, 128 + 2 + 256);
    let frozen: Vec<String> = minimised.frozen.iter().map(|frozen| frozen.question.to_string()).collect();
    assert_eq!(frozen, ["a.test TXT", "b.test TXT", "example.test MX", "h.test A", "h.test AAAA"]);
    assert!(minimised.frozen.iter().all(|frozen| frozen.is_short && frozen.ttl_s == 300));
}

#[test]
fn what_only_a_message_knows_stays_in_its_place() {
    let text = "example TXT \"v=spf1 ip4:192.0.2.1 -exists:%{i}.block.test include:a.test include:c.test -all\"
        a TXT \"v=spf1 ip4:192.0.2.8 exists:%{i}.%{d} a ip4:192.0.2.9 -all\"
        a A 192.0.2.10
        c TXT \"v=spf1 -ip4:198.51.100.1 exists:%{i}.%{d} -all\"";
    let minimised = written(text, &Plan::flat());
    assert_eq!(
        texts(&minimised),
        [
            "v=spf1 ip4:192.0.2.1 -exists:%{i}.block.test ip4:192.0.2.8 exists:%{i}.a.test ip4:192.0.2.9 ip4:192.0.2.10 include:c.test -all"
        ]
    );
    let kept: Vec<(u32, Reason)> = minimised.kept.iter().map(|kept| (kept.at.term, kept.reason)).collect();
    assert_eq!(kept, [(1, Reason::Varies), (3, Reason::Entangled)]);
    assert_eq!(minimised.proof.term_count, 3);
}

#[test]
fn names_are_chosen() {
    let text = "example TXT \"v=spf1 include:a.test include:b.test a:h.test -all\"
        a TXT \"v=spf1 include:b.test ip4:192.0.2.1 -all\"
        b TXT \"v=spf1 ip4:198.51.100.1 -all\"
        h A 203.0.113.1";
    let with = |flatten, hosts| texts(&written(text, &Plan { flatten, hosts, ..Plan::default() }))[0].to_owned();
    assert_eq!(with(Flatten::Nothing, Hosts::Keep), "v=spf1 include:a.test include:b.test a:h.test -all");
    assert_eq!(with(Flatten::Nothing, Hosts::Replace), "v=spf1 include:a.test include:b.test ip4:203.0.113.1 -all");
    assert_eq!(
        with(Flatten::Only(vec![name("a.test")]), Hosts::Keep),
        "v=spf1 ip4:192.0.2.1 ip4:198.51.100.1 include:b.test a:h.test -all"
    );
    assert_eq!(
        with(Flatten::AllBut(vec![name("b.test")]), Hosts::Keep),
        "v=spf1 include:b.test ip4:192.0.2.1 include:b.test a:h.test -all"
    );
}

#[test]
fn what_is_said_first_need_not_be_kept_out_later() {
    let plan = Plan::default();
    let minimised = written("example TXT \"v=spf1 -ip4:10.1.0.0/16 ~ip4:10.2.0.1 ip4:10.0.0.0/8 ~all\"", &plan);
    assert_eq!(texts(&minimised), ["v=spf1 -ip4:10.1.0.0/16 ~ip4:10.2.0.1 ip4:10.0.0.0/8 ~all"]);
    // What all others get at the end need not be said.
    let minimised = written("example TXT \"v=spf1 ip4:192.0.2.1 -ip4:192.0.2.2 ip4:192.0.2.1 -all\"", &plan);
    assert_eq!(texts(&minimised), ["v=spf1 ip4:192.0.2.1 -all"]);
    assert_eq!(minimised.dropped.iter().map(|at| at.term).collect::<Vec<_>>(), [2]);
    // A hole is shorter than what is around it.
    let minimised = written("example TXT \"v=spf1 -ip4:192.0.2.7 ip4:192.0.2.0/24 -all\"", &plan);
    assert_eq!(texts(&minimised), ["v=spf1 -ip4:192.0.2.7 ip4:192.0.2.0/24 -all"]);
}

#[test]
fn redirects_and_modifiers_stay_or_come_along() {
    let text = "example TXT \"v=spf1 ip4:192.0.2.1 redirect=r.test\"
        r TXT \"v=spf1 a exists:%{i}.%{d} ~all x=y ra=postmaster exp=why.%{d2}\"
        r A 192.0.2.2";
    assert_eq!(texts(&written(text, &Plan::default())), ["v=spf1 ip4:192.0.2.1 redirect=r.test"]);
    assert_eq!(
        texts(&written(text, &Plan::flat())),
        ["v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 exists:%{i}.r.test ~all x=y ra=postmaster exp=why.r.test"]
    );
}

#[test]
fn a_long_record_becomes_several() {
    let networks: String = (0..60).map(|index| format!(" ip4:192.0.2.{}", index * 2)).collect();
    let text = format!(
        "example TXT \"v=spf1 -ip4:198.51.100.1 include:a.test include:_spf1.example.test -all\"
        a TXT \"v=spf1{networks} -all\"
        _spf1.example TXT \"v=spf1 exists:%{{l}}.test -all\""
    );
    let minimised = written(&text, &Plan { flatten: Flatten::Only(vec![name("a.test")]), ..Plan::default() });
    let names: Vec<&str> = minimised.records.iter().map(|record| record.name.as_str()).collect();
    // The first name is in use.
    assert_eq!(names, ["example.test", "_spf2.example.test", "_spf3.example.test"]);
    assert!(minimised.records.iter().all(|record| record.text.len() <= 450));
    assert!(minimised.record().text.contains("include:_spf3.example.test include:_spf1.example.test -all"));
    // At the limit one record is enough, one octet below it is not.
    let one =
        written(&text, &Plan { octets_max: 10_000, flatten: Flatten::Only(vec![name("a.test")]), ..Plan::default() });
    let octets = one.record().text.len();
    let count = |octets_max| {
        written(&text, &Plan { octets_max, flatten: Flatten::Only(vec![name("a.test")]), ..Plan::default() })
            .records
            .len()
    };
    assert_eq!((one.records.len(), count(octets), count(octets - 1)), (1, 1, 2));
}

#[test]
fn obstacles_are_named() {
    let tree = |text: &str| grown(&zone(text), "example.test");
    let unsound = |text: &str| assert_eq!(minimise(&tree(text), &Plan::flat()), Err(Obstacle::Unsound), "{text}");
    unsound("x TXT \"v=spf1 -all\"");
    unsound("example TXT \"v=spf1 include:none.test -all\"");
    unsound("example TXT \"v=spf1 bogus -all\"");
    unsound("example TXT \"v=spf1 a:h.test -all\"\n;! h * timeout");
    let names: String = (0..12).map(|index| format!(" exists:%{{i}}.a-rather-long-name-{index}.test")).collect();
    let long = minimise(&tree(&format!("example TXT \"v=spf1{names} -all\"")), &Plan::flat());
    assert!(matches!(long, Err(Obstacle::TooLong(octets)) if octets > 450));
    let large: String = (0..9)
        .map(|octet| {
            let networks: String =
                (0..230).map(|third| format!(" ip4:{octet}.{third}.0.1 ip4:{octet}.{third}.9.1")).collect();
            format!("p{octet} TXT \"v=spf1{networks} -all\"\n").replace(" ip4", "\" \" ip4")
        })
        .collect();
    let includes: String = (0..9).map(|octet| format!(" include:p{octet}.test")).collect();
    let too_large = minimise(&tree(&format!("example TXT \"v=spf1{includes} -all\"\n{large}")), &Plan::flat());
    assert_eq!(too_large, Err(Obstacle::TooLarge(9 * 460)));
}

#[test]
fn what_adds_nothing_can_go() {
    let text = "example TXT \"v=spf1 mx a:h.test include:a.test include:b.test ptr -all\"
        example MX 10 h
        h A 192.0.2.1
        a TXT \"v=spf1 ip4:192.0.2.0/24 -all\"
        b TXT \"v=spf1 ip4:192.0.2.0/24 -all\"";
    let tree = grown(&zone(text), "example.test");
    assert_eq!(superfluous(&tree).iter().map(|at| at.term).collect::<Vec<_>>(), [0, 1, 3]);
    let minimised = minimise(&tree, &Plan { leave_out: superfluous(&tree), ..Plan::default() }).unwrap();
    assert_eq!(texts(&minimised), ["v=spf1 include:a.test ptr -all"]);
}

/// What costs twelve look-ups costs ten or fewer, and no more is frozen than it takes.
#[test]
fn a_record_over_the_limit_is_made_to_fit() {
    let mut text = String::from(
        "example TXT \"v=spf1 include:big.test include:small.test mx ~all\"\nexample MX 10 h\nh A 192.0.2.1\n",
    );
    for (name, count) in [("big", 5), ("small", 4)] {
        let includes: String = (0..count).map(|index| format!(" include:{name}{index}.test")).collect();
        text.push_str(&format!("{name} TXT \"v=spf1{includes} -all\"\n"));
        for index in 0..count {
            let networks: String = (0..if name == "big" { 9 } else { 1 })
                .map(|last| format!(" ip4:198.51.10{index}.{}", last * 2))
                .collect();
            text.push_str(&format!("{name}{index} TXT \"v=spf1{networks} -all\"\n"));
        }
    }
    let zone = zone(&text);
    let tree = grown(&zone, "example.test");
    assert_eq!(tree.worst.cost.lookups, 12);
    let minimised = fit(&tree, &Plan::default()).unwrap();
    assert!(minimised.after.lookups <= 10, "{minimised:?}");
    assert_eq!(grown(&published(&zone, &minimised), "example.test").results, tree.results);
    assert!(minimised.record().text.contains("include:big.test"), "{minimised:?}");
}
