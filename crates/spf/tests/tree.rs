//! The tree of a record: what it says of every address is what a check of a client at that address says.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test ends by a panic")]

extern crate sekisho_spf as spf;

#[path = "tree/worlds.rs"]
mod worlds;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::IpAddr;

use lookup::log::Log;
use lookup::{Lookup, Zone};
use mailtext::Domain;
use proptest::prelude::*;
use spf::minimise::{Plan, fit, minimise, superfluous};
use spf::tree::{Caps, Cause, Cut, NodeId, Results, State, TermKind};
use spf::{ExplanationUse, Identity, Limits, MailFrom, Request, Tree, Verdict, check_identity};

fn name(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

fn grown(zone: &Zone, domain: &str) -> Tree {
    testkit::block_on(spf::tree(zone, &name(domain), &Caps::default()))
}

/// The record of `example.test` in a zone.
fn of(zone: &str) -> Tree {
    grown(&worlds::parsed(&format!("$ORIGIN test.\n$TTL 300\n{zone}")), "example.test")
}

fn checked<L: Lookup + Sync>(lookup: &L, domain: &str, ip: IpAddr, limits: &Limits) -> Verdict {
    let request = Request {
        ip,
        helo: "client.test",
        mail_from: MailFrom::mailbox("user", domain),
        receiver: "unknown",
        now_s: 0,
        explanation: ExplanationUse::Skip,
    };
    // What the log stands before is asked each time: flat policies have tests of their own.
    testkit::block_on(check_identity(&Log::new(lookup), &request, Identity::MailFrom, limits)).result.verdict
}

/// Addresses where something may change, and some others.
fn addresses(results: &[&Results]) -> BTreeSet<IpAddr> {
    let verdicts = [Verdict::Pass, Verdict::SoftFail, Verdict::Neutral, Verdict::Fail, Verdict::TempError];
    let sets = results.iter().flat_map(|results| verdicts.iter().map(|verdict| results.of(*verdict)));
    let found = sets.chain(results.iter().map(|results| &results.undecided)).flat_map(spf::AddressSet::boundaries);
    let others = (0..64).step_by(7).flat_map(|last| [format!("10.0.0.{last}"), format!("2001:db8::{last:x}")]);
    let found = found.chain(others.map(|text| text.parse().unwrap()));
    found.filter(|address| address.to_canonical() == *address).collect()
}

const UNLIMITED: Limits = Limits {
    lookup_count_max: u8::MAX,
    void_lookup_count_max: u8::MAX,
    mx_host_count_max: u8::MAX,
    ptr_name_count_max: 10,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_tree_says_what_a_check_says(text in worlds::world(), lookups in 1..12_u8, voids in 0..4_u8) {
        let zone = worlds::parsed(&text);
        let tree = grown(&zone, "r0.test");
        prop_assert_eq!(tree.cut, None);
        for limits in [Limits::default(), Limits { lookup_count_max: lookups, void_lookup_count_max: voids, ..Limits::default() }] {
            let results = tree.results_within(&limits);
            is_a_partition(&results);
            for ip in addresses(&[&results, &tree.results]) {
                if !results.is_undecided(ip) {
                    let verdict = checked(&zone, "r0.test", ip, &limits);
                    prop_assert_eq!(results.verdict(ip), verdict, "{} {:?}\n{}", ip, limits, text);
                }
            }
        }
    }

    #[test]
    fn without_limits_too(text in worlds::sound_world()) {
        let zone = worlds::parsed(&text);
        let tree = grown(&zone, "r0.test");
        prop_assert!(tree.is_whole());
        is_a_partition(&tree.results);
        for ip in addresses(&[&tree.results]) {
            if !tree.results.is_undecided(ip) {
                prop_assert_eq!(tree.results.verdict(ip), checked(&zone, "r0.test", ip, &UNLIMITED), "{}\n{}", ip, text);
            }
        }
    }

    /// The path that costs most is that of a client which nothing matches, and no client costs more.
    #[test]
    fn nobody_costs_more_than_the_worst(text in worlds::sound_world()) {
        let zone = worlds::parsed(&text);
        let tree = grown(&zone, "r0.test");
        let within = |lookups: u32| {
            let limits = Limits { lookup_count_max: u8::try_from(lookups).unwrap(), ..UNLIMITED };
            tree.results_within(&limits).perm_error.is_empty()
        };
        prop_assert!(within(tree.worst.cost.lookups), "{}", text);
        // A client outside all networks goes all the way, and one look-up less is too few for it.
        let stranger = "203.0.113.77".parse().unwrap();
        if let Some(less) = tree.worst.cost.lookups.checked_sub(1) {
            let limits = Limits { lookup_count_max: u8::try_from(less).unwrap(), ..UNLIMITED };
            prop_assert_eq!(tree.results_within(&limits).verdict(stranger), Verdict::PermError, "{}", text);
        }
    }

    /// What terms of the whole tree add and let pass is what passes, as long as nothing but the root has qualifiers.
    #[test]
    fn additions_are_disjoint(text in worlds::sound_world()) {
        let tree = grown(&worlds::parsed(&text), "r0.test");
        let mut seen = spf::AddressSet::new();
        for term in &tree.root().terms {
            prop_assert!(!seen.overlaps(&term.adds), "{}", text);
            prop_assert!(term.opens.is_superset(&term.adds));
            prop_assert!(term.dead.is_none() || term.adds.is_empty());
            seen.extend(&term.adds);
        }
    }
}

/// Each address has exactly one result.
fn is_a_partition(results: &Results) {
    let sets = [
        &results.pass,
        &results.soft_fail,
        &results.neutral,
        &results.fail,
        &results.none,
        &results.temp_error,
        &results.perm_error,
    ];
    let mut all = spf::AddressSet::new();
    for set in sets {
        assert!(!all.overlaps(set), "{results:?}");
        all.extend(set);
    }
    assert!(all.is_everyone(), "{results:?}");
}

#[test]
fn costs_are_counted_as_the_standard_counts() {
    let tree = of("example TXT \"v=spf1 include:a.test mx a:none.test exists:%{i}.%{p}.test ~all include:late.test\"
        example MX 10 h
        h A 192.0.2.1
        a TXT \"v=spf1 include:b.test a:h.test -all\"
        b TXT \"v=spf1 ip4:192.0.2.0/24 -all\"");
    assert_eq!(tree.worst.cost.lookups, 7);
    // `h` has no IPv6; `none` has nothing.
    assert_eq!((tree.worst.cost.void, tree.worst.cost.void_ip4, tree.worst.cost.void_ip6), (1, 1, 3));
    let path: Vec<(&str, u32)> = tree
        .worst
        .path
        .iter()
        .map(|counted| (tree.term(counted.at).unwrap().1.text.as_str(), counted.so_far.lookups))
        .collect();
    let wanted = [
        ("include:a.test", 1),
        ("include:b.test", 2),
        ("a:h.test", 3),
        ("mx", 4),
        ("a:none.test", 5),
        ("exists:%{i}.%{p}.test", 7),
    ];
    assert_eq!(path, wanted);
    assert_eq!(tree.worst.head_room(10), Some(3));
    assert_eq!(tree.worst.exceeds(6).map(|counted| counted.at.term), Some(3));
    assert_eq!(tree.root().terms[0].total.lookups, 3);
    // Nobody comes behind `all`, so nobody was asked.
    let late = &tree.root().terms[5];
    assert_eq!(late.dead.as_ref().map(|dead| dead.cause), Some(Cause::AfterAll));
    assert!(late.node.is_none() && tree.answers.keys().all(|question| question.name != name("late.test")));
}

#[test]
fn every_state_has_its_name() {
    let tree = of("example TXT \"v=spf1 include:none.test include:nothing.test include:two.test include:broken.test include:down.test include:example.test -all\"
        nothing TXT \"hello\"
        two TXT \"v=spf1 -all\"
        two TXT \"v=spf1 +all\"
        broken TXT \"v=spf1 ip4:300.1.1.1 -all\"
        ;! down TXT servfail");
    let states: Vec<State> = tree.nodes().skip(1).map(|(_, node)| node.state).collect();
    assert!(matches!(states[0], State::NoSuchDomain));
    assert!(matches!(states[1], State::NoRecord));
    assert!(matches!(states[2], State::Several(2)));
    assert!(matches!(states[3], State::Broken(flaw) if flaw.kind == spf::RecordFlaw::Ip4Address));
    assert!(matches!(states[4], State::Failed(lookup::Failure::ServFail)));
    assert!(matches!(states[5], State::Loop(NodeId(0))));
    assert!(tree.worst.is_endless && tree.worst.head_room(10).is_none() && !tree.is_whole());
    assert!(tree.results.perm_error.is_everyone());
    assert!(grown(&worlds::parsed("x.test. A 192.0.2.1\n"), "example.test").results.none.is_everyone());
    assert_eq!(grown(&Zone::new(), "localhost").root().state, State::NotCheckable);
}

#[test]
fn dead_terms_name_who_shadows_them() {
    let tree = of(
        "example TXT \"v=spf1 ip4:192.0.2.0/25 -ip4:192.0.2.128/25 ip4:192.0.2.64/26 ip4:192.0.2.0/24 a:void.test ip4:198.51.100.1 ~all redirect=x.test\"",
    );
    let terms = &tree.root().terms;
    let dead = |index: usize| {
        let dead = terms[index].dead.as_ref()?;
        Some((dead.cause, dead.by.iter().map(|at| at.term).collect::<Vec<_>>(), dead.is_contradicted))
    };
    assert_eq!(dead(1), None);
    assert_eq!(dead(2), Some((Cause::Covered, vec![0], false)));
    assert_eq!(dead(3), Some((Cause::Covered, vec![0, 1], true)));
    assert_eq!(dead(4), None);
    assert_eq!(dead(5), None);
    assert_eq!(terms[7].kind, TermKind::Redirect);
    assert_eq!(dead(7), Some((Cause::AfterAll, vec![6], false)));
    let everyone = of("example TXT \"v=spf1 ip4:0.0.0.0/0 ip6:::/0 ip4:192.0.2.1 -all\"");
    assert_eq!(everyone.root().terms[2].dead.as_ref().map(|dead| dead.cause), Some(Cause::Unreached));
    assert!(everyone.results.pass.is_everyone());
}

#[test]
fn what_macros_do_not_need_the_message_for_is_followed() {
    let tree = of("example TXT \"v=spf1 include:_spf.%{d} include:%{d2}.also include:%{l}.test -all\"
        _spf.example TXT \"v=spf1 a:h.%{o} -all\"
        h.example A 192.0.2.7
        example.test.also. TXT \"v=spf1 ip4:198.51.100.7 -all\"");
    assert_eq!(
        tree.results.pass.prefixes().map(|prefix| prefix.to_string()).collect::<Vec<_>>(),
        ["192.0.2.7", "198.51.100.7"]
    );
    assert!(tree.root().terms[2].varies());
    assert_eq!(tree.root().terms[2].letters, [spf::macros::Letter::LocalPart]);
    assert!(!tree.results.is_undecided("192.0.2.7".parse().unwrap()));
    assert!(tree.results.is_undecided("192.0.2.8".parse().unwrap()));
}

#[test]
fn a_record_is_judged_before_it_is_published() {
    let zone = worlds::parsed("example.test. TXT \"v=spf1 +all\"\na.test. TXT \"v=spf1 ip4:192.0.2.1 -all\"\n");
    let domain = name("example.test");
    let tree = testkit::block_on(spf::tree_of_record(&zone, b"v=spf1 include:a.test -all", &domain, &Caps::default()));
    assert_eq!(tree.source, spf::tree::Source::Given);
    assert_eq!((tree.results.pass.count_ip4(), tree.root().ttl_s), (1, 0));
    // The same of the answers alone.
    let again = spf::tree_of_answers(tree.answers.clone(), &domain, tree.source, &Caps::default());
    assert_eq!(again, tree);
    let span = tree.root().terms[0].span;
    assert_eq!(span.of(tree.root().record().text()), b"include:a.test");
}

#[test]
fn explanations_of_the_record_in_force_are_looked_up() {
    let state = |zone: &str| of(zone).node(NodeId(1)).unwrap().explanation.clone().unwrap().state;
    let zone = "example TXT \"v=spf1 redirect=r.test exp=unused.test\"\nr TXT \"v=spf1 -all exp=e.test\"\n";
    assert_eq!(state(zone), spf::tree::ExplanationState::Missing);
    assert_eq!(state(&format!("{zone}e TXT \"see %{{c}}\"")), spf::tree::ExplanationState::Text("see %{c}".into()));
    assert!(matches!(state(&format!("{zone}e TXT \"%{{z}}\"")), spf::tree::ExplanationState::Broken(_)));
    assert_eq!(state(&format!("{zone}e TXT a\ne TXT b")), spf::tree::ExplanationState::Several(2));
    let included = of("example TXT \"v=spf1 include:r.test -all\"\nr TXT \"v=spf1 -all exp=e.test\"\n");
    assert!(included.answers.keys().all(|question| question.name != name("e.test")));
}

/// Every level is one round of questions, however many they are.
#[test]
fn all_questions_of_a_level_are_asked_side_by_side() {
    let mut zone = String::from("example TXT \"v=spf1");
    (0..29).for_each(|index| zone.push_str(&format!(" include:p{index}.test")));
    zone.push_str(" mx -all\"\nexample MX 10 h\nh A 192.0.2.1\n");
    (0..29).for_each(|index| {
        zone.push_str(&format!("p{index} TXT \"v=spf1 a:h{index}.test -all\"\nh{index} A 192.0.2.{index}\n"));
    });
    let zone = worlds::parsed(&format!("$ORIGIN test.\n{zone}"));
    let slow = Rounds::new(zone);
    let tree = testkit::block_on(spf::tree(&slow, &name("example.test"), &Caps::default()));
    assert_eq!(tree.worst.cost.lookups, 59);
    // The record; includes and MX; hosts.
    assert_eq!(slow.rounds(), 3);
    assert_eq!(
        tree.worst.exceeds(10).map(|counted| tree.term(counted.at).unwrap().1.text.clone()),
        Some("include:p5.test".into())
    );
}

/// A resolver whose answers come only when everybody who asks has asked.
struct Rounds {
    zone: Zone,
    state: std::sync::Mutex<(usize, usize)>,
}

impl Rounds {
    fn new(zone: Zone) -> Self {
        Self { zone, state: std::sync::Mutex::default() }
    }

    fn rounds(&self) -> usize {
        self.state.lock().unwrap().0
    }
}

impl Lookup for Rounds {
    async fn ask(&self, question: lookup::Question) -> lookup::Answer {
        let mut is_first = true;
        // The first poll only counts; what is asked before anybody is polled again is one round.
        std::future::poll_fn(|context| {
            let mut state = self.state.lock().unwrap();
            if is_first {
                is_first = false;
                if state.1 == 0 {
                    state.0 += 1;
                }
                state.1 += 1;
                context.waker().wake_by_ref();
                return std::task::Poll::Pending;
            }
            state.1 -= 1;
            std::task::Poll::Ready(())
        })
        .await;
        self.zone.answer(&question)
    }
}

#[test]
fn our_limits_cut_the_tree_and_say_so() {
    let mut zone = String::from(
        "example TXT \"v=spf1 include:a.test include:b.test mx -all\"\nexample MX 1 h\nexample MX 2 h2\nh A 192.0.2.1\n",
    );
    zone.push_str("a TXT \"v=spf1 include:c.test -all\"\nb TXT \"v=spf1 ip4:192.0.2.1 -all\"\nc TXT \"v=spf1 ip4:192.0.2.2 -all\"\n");
    let zone = worlds::parsed(&format!("$ORIGIN test.\n{zone}"));
    let grown = |caps: Caps| testkit::block_on(spf::tree(&zone, &name("example.test"), &caps));
    let whole = grown(Caps::default());
    assert!(whole.is_whole() && whole.nodes().count() == 4);
    let asked = whole.answers.len();
    let bytes: usize = whole.answers.values().map(lookup::Answer::size_bytes).sum();
    let all = Caps::default();
    for (caps, below, cut) in [
        (Caps { node_count_max: 4, ..all }, Caps { node_count_max: 3, ..all }, Cut::Nodes),
        (Caps { depth_max: 2, ..all }, Caps { depth_max: 1, ..all }, Cut::Depth),
        (Caps { question_count_max: asked, ..all }, Caps { question_count_max: asked - 1, ..all }, Cut::Questions),
        (Caps { answer_bytes_max: bytes, ..all }, Caps { answer_bytes_max: bytes - 1, ..all }, Cut::Bytes),
        (Caps { host_count_max: 2, ..all }, Caps { host_count_max: 1, ..all }, Cut::Hosts),
        (Caps { term_count_max: 10, ..all }, Caps { term_count_max: 9, ..all }, Cut::Terms),
    ] {
        assert_eq!(grown(caps), whole, "{cut:?}");
        let less = grown(below);
        assert_eq!(less.cut, Some(cut));
        assert!(!less.is_whole());
    }
}

/// The n-th question fails, for every n: what passed before passes, or is a temperror now.
#[test]
fn a_failure_never_lets_anybody_pass() {
    let zone = worlds::parsed(
        "$ORIGIN test.
        example TXT \"v=spf1 include:a.test mx -a:h.test ip4:198.51.100.0/24 ~all\"
        example MX 10 h2
        h A 198.51.100.1
        h2 A 192.0.2.2
        a TXT \"v=spf1 -ip4:192.0.2.2 a:h2.test ip4:192.0.2.0/28 -all\"",
    );
    testkit::every_nth_failure(
        &zone,
        |lookup| testkit::block_on(spf::tree(lookup, &name("example.test"), &Caps::default())).results,
        |before, after| {
            let kept = before.pass.difference(&after.temp_error);
            after.pass.difference(&before.pass).is_empty() && after.pass.is_superset(&kept.intersection(&after.pass))
        },
    );
}

#[test]
fn whoever_runs_it_is_told_from_outside() {
    let mut tree = of("example TXT \"v=spf1 include:_spf.one.test include:two.test a:h.one.test -all\"
        _spf.one TXT \"v=spf1 ip4:192.0.2.0/24 -all\"
        two TXT \"v=spf1 ip4:192.0.2.0/25 ip4:198.51.100.0/24 -all\"
        h.one A 203.0.113.1");
    assert!(tree.party_shares().is_empty());
    tree.name_parties(|domain| {
        let organizational = domain.rightmost(2);
        let operator = (organizational == name("one.test")).then(|| "One Inc.".to_owned());
        Some(spf::tree::Party { organizational, operator })
    });
    let shares = tree.party_shares();
    assert_eq!(shares.len(), 2);
    assert_eq!(shares[0].party.operator.as_deref(), Some("One Inc."));
    assert_eq!((shares[0].terms.len(), shares[0].cost.lookups, shares[0].adds_ip4), (2, 2, 257));
    assert_eq!((shares[1].cost.lookups, shares[1].adds_ip4), (1, 256));
}

#[test]
fn cases() {
    let count = testkit::cases("spf-tree", |case| {
        let domain = name(case.input.need("domain"));
        let tree = grown_of_case(case, case.zone(), &domain);
        let mut out = drawn(&tree);
        out.push_str(&rewritten(case, &tree));
        never_passes_by_failure(case, &domain);
        out
    });
    assert!(count >= 15, "{count}");
}

fn grown_of_case<L: Lookup + Sync>(case: &testkit::Case, lookup: &L, domain: &Domain) -> Tree {
    let caps = Caps::default();
    match case.input.get("record") {
        Some(record) => testkit::block_on(spf::tree_of_record(lookup, record.as_bytes(), domain, &caps)),
        None => testkit::block_on(spf::tree(lookup, domain, &caps)),
    }
}

fn never_passes_by_failure(case: &testkit::Case, domain: &Domain) {
    testkit::every_nth_failure(
        case.zone(),
        |lookup| grown_of_case(case, lookup, domain).results.pass,
        spf::AddressSet::is_superset,
    );
}

fn drawn(tree: &Tree) -> String {
    let mut out = String::new();
    for line in tree.lines() {
        let (last, above) = line.rails.split_last().map_or((None, &[][..]), |(last, above)| (Some(*last), above));
        above.iter().for_each(|more| out.push_str(if *more { "│  " } else { "   " }));
        out.push_str(last.map_or("", |more| if more { "├─ " } else { "└─ " }));
        let total = line.total;
        let _ = write!(out, "{}  [lookups {} void {}", line.text, total.lookups, total.void);
        if let Some(adds) = line.adds {
            let _ = write!(out, " ip4 {} ip6 {}", adds.ip4, spf::tree::summary::rounded(adds.ip6));
        }
        out.push_str("]\n");
        testkit::evidence(&line.remarks).lines().for_each(|remark| {
            let _ = writeln!(out, "      {remark}");
        });
    }
    let _ = writeln!(out, "worst: {:?}", tree.worst.cost);
    out.push_str(&testkit::evidence(&tree.summary().into_iter().collect::<Vec<_>>()));
    for verdict in Results::ALL {
        let set = tree.results.of(verdict);
        if !set.is_empty() {
            let shown: Vec<String> = set.prefixes().take(6).map(|prefix| prefix.to_string()).collect();
            let more = if set.prefixes().count() > 6 { " …" } else { "" };
            let _ = writeln!(out, "{verdict}: {}{more}", shown.join(" "));
        }
    }
    for lookalike in &tree.root().lookalikes {
        let _ = writeln!(out, "lookalike {}: {}", lookalike.kind.word(), lookalike.text);
    }
    if let Some(explanation) = tree.node(tree.in_force()).and_then(|node| node.explanation.as_ref()) {
        let _ = writeln!(out, "explanation: {:?}", explanation.state);
    }
    out
}

/// `minimise: flat`, `fit` or `superfluous`, with `octets`.
fn rewritten(case: &testkit::Case, tree: &Tree) -> String {
    let octets_max = case.input.get("octets").map_or(450, |octets| octets.parse().unwrap());
    let written = match case.input.get("minimise") {
        None => return String::new(),
        Some("flat") => minimise(tree, &Plan { octets_max, ..Plan::flat() }),
        Some("fit") => fit(tree, &Plan { octets_max, ..Plan::default() }),
        Some("superfluous") => minimise(tree, &Plan { octets_max, leave_out: superfluous(tree), ..Plan::default() }),
        Some(other) => panic!("minimise: {other}"),
    };
    match written {
        Err(obstacle) => testkit::evidence(&[obstacle]),
        Ok(written) => {
            let mut out = String::new();
            for record in &written.records {
                let _ = writeln!(out, "{} TXT {:?}", record.name, record.text);
            }
            out + &testkit::evidence(&written.remarks(tree))
        }
    }
}

#[test]
fn ids_are_listed_once() {
    let ids = [spf::tree::remark::IDS, spf::tree::summary::IDS, spf::minimise::remark::IDS].concat();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len());
}
