//! Flat policies: whatever a policy is, and however its answers grow old and change, they say what an ordinary check says.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_macros, reason = "a test prints, and ends by a panic")]

mod twice;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use lookup::log::Log;
use lookup::{Answer, Keeper, Lookup, Moment, Question, Zone};
use mailtext::{Headers, PathFlaw, ReversePath};
use proptest::prelude::*;
use sekisho_spf as spf;
use spf::limits::{FLAT_BYTES_MAX, FLAT_HOST_COUNT_MAX, FLAT_LOOKUP_COUNT_MAX, FLAT_WAIT_COUNT_MAX};
use spf::{ExplanationUse, Identity, Limits, MailFrom, Pra, Request, Verdict, sender_id};
use twice::{Counted, Way};

/// A cache over a zone that may be changed, with a clock that stands still until it is put on.
struct Cache {
    zone: Mutex<Zone>,
    now_s: AtomicU64,
    kept: Mutex<HashMap<Question, (Answer, u64)>>,
    /// Bytes beside answers, and how often there were any to be counted.
    beside: Mutex<HashMap<Question, usize>>,
    attempts: AtomicUsize,
}

impl Cache {
    fn new(zone: &str) -> Self {
        Self {
            zone: Mutex::new(testkit::zone(zone)),
            now_s: AtomicU64::new(0),
            kept: Mutex::default(),
            beside: Mutex::default(),
            attempts: AtomicUsize::new(0),
        }
    }

    fn change(&self, zone: &str) {
        *self.zone.lock().unwrap() = testkit::zone(zone);
    }

    fn pass(&self, seconds: u64) {
        self.now_s.fetch_add(seconds, Ordering::Relaxed);
    }

    fn now_s(&self) -> u64 {
        self.now_s.load(Ordering::Relaxed)
    }
}

impl Lookup for Cache {
    async fn ask(&self, question: Question) -> Answer {
        let now_s = self.now_s();
        let mut kept = self.kept.lock().unwrap();
        if let Some((answer, _)) = kept.get(&question).filter(|(_, until_s)| *until_s > now_s) {
            return answer.clone();
        }
        let answer = match self.zone.lock().unwrap().answer(&question) {
            // Each time it comes anew from the world.
            Answer::Records(records) => Answer::Records(records.bare().into()),
            other => other,
        };
        kept.insert(question, (answer.clone(), now_s + u64::from(answer.ttl_s())));
        answer
    }

    fn keeper(&self) -> Option<&dyn Keeper> {
        Some(self)
    }
}

impl Keeper for Cache {
    fn now(&self) -> Moment {
        Moment::of_ticks(self.now_s())
    }

    fn holds_until(&self, question: &Question, answer: &Answer) -> Option<Moment> {
        let kept = self.kept.lock().unwrap();
        let (_, until_s) = kept.get(question).filter(|(other, _)| other.is_same(answer))?;
        (!matches!(answer, Answer::Failed(_))).then(|| Moment::of_ticks(*until_s))
    }

    fn hold_beside(&self, question: &Question, bytes: usize) -> bool {
        self.beside.lock().unwrap().insert(question.clone(), bytes);
        self.attempts.fetch_add(1, Ordering::Relaxed);
        true
    }
}

fn check(lookup: &Counted<impl Lookup + Sync>, ip: &str, sender: &str) -> (Verdict, Way) {
    check_within(lookup, ip, sender, &Limits::default())
}

fn check_within(lookup: &Counted<impl Lookup + Sync>, ip: &str, sender: &str, limits: &Limits) -> (Verdict, Way) {
    let path = ReversePath::parse(sender.as_bytes());
    let (outcome, way) = twice::check(lookup, &request(ip, &path), Identity::MailFrom, limits);
    (outcome.result.verdict, way)
}

fn request<'r>(ip: &str, path: &'r Result<ReversePath, PathFlaw>) -> Request<'r> {
    Request {
        ip: ip.parse::<IpAddr>().unwrap(),
        helo: "helo.example",
        mail_from: MailFrom::from(path),
        receiver: "mx.example.jp",
        now_s: 1_760_000_000,
        explanation: ExplanationUse::Fetch,
    }
}

const INCLUDING: &str = "example. 3600 SOA ns.example. root.example. 1 1 1 1 30\n\
     a.example. 1000 TXT \"v=spf1 include:b.example -all\"\n";

fn including(networks: &str) -> String {
    format!("{INCLUDING}b.example. 60 TXT \"v=spf1 {networks} -all\"\n")
}

#[test]
fn the_third_check_is_flat() {
    let lookup = Counted::new(Cache::new(&including("ip4:192.0.2.1")));
    for way in [Way::Ordinary, Way::Ordinary, Way::Flat, Way::Flat] {
        assert_eq!(check(&lookup, "192.0.2.1", "x@a.example"), (Verdict::Pass, way));
    }
    // The other family learns for itself; another sender of the domain need not.
    for way in [Way::Ordinary, Way::Ordinary, Way::Flat] {
        assert_eq!(check(&lookup, "2001:db8::1", "y@a.example"), (Verdict::Fail, way));
    }
    assert_eq!(check(&lookup, "::ffff:192.0.2.1", "y@a.example"), (Verdict::Pass, Way::Flat));
}

#[test]
fn sender_id_takes_what_was_made_for_spf_unless_a_record_is_its_own() {
    let headers = Headers::parse(b"From: x@a.example\r\n\r\n");
    let pra = Pra::of(&headers);
    for (own, way) in [
        ("", Way::Flat),
        ("b.example. 60 TXT \"spf2.0/pra +all\"\n", Way::Ordinary),
        ("b.example. 60 TXT \"spf2.0/mfrom +all\"\n", Way::Ordinary),
        ("a.example. 1000 TXT \"spf2.0/pra ?all\"\n", Way::Ordinary),
    ] {
        let lookup = Counted::new(Cache::new(&format!("{}{own}", including("ip4:192.0.2.1"))));
        let path = ReversePath::parse(b"x@a.example");
        for ip in ["192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2"] {
            check(&lookup, ip, "x@a.example");
            let smtp = request(ip, &path);
            let test = sender_id::Request { smtp: &smtp, test: sender_id::Test::Pra(&pra) };
            lookup.take();
            let outcome = testkit::block_on(sender_id::check(&lookup, &test, &Limits::default()));
            let asked = lookup.take();
            let log = Log::new(&lookup.inner);
            let ordinary = testkit::block_on(sender_id::check(&log, &test, &Limits::default()));
            assert_eq!(outcome, ordinary, "{own}");
            // The second ordinary check of SPF has taught.
            let is_learnt = ip == "192.0.2.2" || lookup.inner.attempts.load(Ordering::Relaxed) > 0;
            if is_learnt && way == Way::Flat {
                assert_eq!((asked, log.questions().len()), (1, 2), "{ip}");
            } else {
                assert_eq!(asked, log.questions().len(), "{own}");
            }
        }
    }
}

#[test]
fn a_changed_include_is_seen_when_its_answer_has_ended() {
    let lookup = Counted::new(Cache::new(&including("ip4:192.0.2.1")));
    for _ in 0..3 {
        check(&lookup, "192.0.2.1", "x@a.example");
    }
    lookup.inner.change(&including("ip4:192.0.2.2"));
    lookup.inner.pass(59);
    assert_eq!(check(&lookup, "192.0.2.1", "x@a.example"), (Verdict::Pass, Way::Flat));
    lookup.inner.pass(1);
    assert_eq!(check(&lookup, "192.0.2.1", "x@a.example"), (Verdict::Fail, Way::Ordinary));
    assert_eq!(check(&lookup, "192.0.2.2", "x@a.example"), (Verdict::Pass, Way::Flat));
    // The domain's own record, too: what stood beside its answer is gone with it.
    lookup.inner.change("a.example. 1000 TXT \"v=spf1 ip4:192.0.2.3 -all\"\n");
    lookup.inner.pass(1000);
    assert_eq!(check(&lookup, "192.0.2.2", "x@a.example"), (Verdict::Fail, Way::Ordinary));
}

#[test]
fn absence_holds_as_long_as_it_may() {
    let zone = |a: &str| format!("{INCLUDING}b.example. 600 TXT \"v=spf1 a:h.example ip4:192.0.2.1 -all\"\n{a}");
    let lookup = Counted::new(Cache::new(&zone("")));
    for way in [Way::Ordinary, Way::Ordinary, Way::Flat] {
        assert_eq!(check(&lookup, "192.0.2.1", "x@a.example"), (Verdict::Pass, way));
    }
    lookup.inner.change(&zone("h.example. 60 A 192.0.2.9\n"));
    lookup.inner.pass(29);
    assert_eq!(check(&lookup, "192.0.2.9", "x@a.example"), (Verdict::Fail, Way::Flat));
    lookup.inner.pass(1);
    assert_eq!(check(&lookup, "192.0.2.9", "x@a.example"), (Verdict::Pass, Way::Ordinary));
}

#[test]
fn failures_are_not_kept_and_what_depends_on_the_message_is_asked() {
    let failing = format!("{INCLUDING};! b.example. TXT servfail\n");
    let lookup = Counted::new(Cache::new(&failing));
    for _ in 0..5 {
        assert_eq!(check(&lookup, "192.0.2.1", "x@a.example"), (Verdict::TempError, Way::Ordinary));
    }
    lookup.inner.change(&including("ip4:192.0.2.1"));
    assert_eq!(check(&lookup, "192.0.2.1", "x@a.example").0, Verdict::Pass);
    // Before the macro it is flat, behind it is not.
    let lookup = Counted::new(Cache::new(&including("ip4:192.0.2.1 exists:%{i}.%{l}.example ip4:192.0.2.2")));
    for _ in 0..4 {
        check(&lookup, "192.0.2.1", "x@a.example");
        check(&lookup, "192.0.2.2", "x@a.example");
    }
    assert_eq!(check(&lookup, "192.0.2.1", "x@a.example"), (Verdict::Pass, Way::Flat));
    assert_eq!(check(&lookup, "192.0.2.2", "x@a.example"), (Verdict::Pass, Way::Ordinary));
}

#[test]
fn policies_that_include_each_other_are_let_go() {
    // A ring that is longer than the limit of look-ups: each flat policy ends before it comes back to itself.
    let mut zone = String::new();
    for number in 0..16 {
        let next = (number + 1) % 16;
        let _ =
            writeln!(zone, "n{number}.example. 60 TXT \"v=spf1 ip4:192.0.2.{number} include:n{next}.example -all\"");
    }
    let lookup = Counted::new(Cache::new(&zone));
    let mut flat_count = 0;
    for _ in 0..4 {
        for number in 0..16 {
            let (_, way) = check(&lookup, "192.0.2.5", &format!("x@n{number}.example"));
            flat_count += usize::from(way == Way::Flat);
        }
    }
    assert!(flat_count > 10, "{flat_count}");
    let weak: Vec<_> = lookup
        .inner
        .kept
        .lock()
        .unwrap()
        .values()
        .filter_map(|(answer, _)| match answer {
            Answer::Records(records) => Some(std::sync::Arc::downgrade(records)),
            _ => None,
        })
        .collect();
    assert_eq!(weak.len(), 16);
    drop(lookup);
    assert!(weak.iter().all(|records| records.upgrade().is_none()));
}

#[test]
fn what_gains_nothing_is_tried_seldom() {
    // An answer without a lifetime never holds.
    let lookup = Counted::new(Cache::new(
        "a.example. 1000 TXT \"v=spf1 ip4:192.0.2.1 include:b.example -all\"\nb.example. 0 TXT \"v=spf1 -all\"\n",
    ));
    let checks = 20 * usize::from(FLAT_WAIT_COUNT_MAX);
    for _ in 0..checks {
        assert_eq!(check(&lookup, "192.0.2.9", "x@a.example"), (Verdict::Fail, Way::Ordinary));
    }
    let attempts = lookup.inner.attempts.load(Ordering::Relaxed);
    // 1, 3, 7, … and then each 101st.
    assert!((20..30).contains(&attempts), "{attempts} attempts of {checks} checks");
}

#[test]
fn limits_at_below_and_above() {
    let limits = Limits { lookup_count_max: 100, mx_host_count_max: 100, ..Limits::default() };
    let way = |zone: &str| {
        let lookup = Counted::new(Cache::new(zone));
        for _ in 0..3 {
            check_within(&lookup, "192.0.2.200", "x@a.example", &limits);
        }
        check_within(&lookup, "192.0.2.200", "x@a.example", &limits).1
    };
    for (more, wanted) in [(-1, Way::Flat), (0, Way::Flat), (1, Way::Ordinary)] {
        let hosts = i32::from(FLAT_HOST_COUNT_MAX) + more;
        let mut zone = "a.example. 60 TXT \"v=spf1 mx -all\"\n".to_owned();
        for host in 0..hosts {
            let _ = writeln!(zone, "a.example. 60 MX 10 h{host}.example.\nh{host}.example. 60 A 192.0.2.{host}");
        }
        assert_eq!(way(&zone), wanted, "{hosts} hosts");
        let terms = i32::from(FLAT_LOOKUP_COUNT_MAX) + more;
        let mut zone = "a.example. 60 TXT \"v=spf1".to_owned();
        (0..terms).for_each(|_| zone.push_str(" a:h.example"));
        zone.push_str(" -all\"\nh.example. 60 A 192.0.2.1\n");
        assert_eq!(way(&zone), wanted, "{terms} look-ups");
    }
    // The size is an estimate; it grows with the record.
    let (mut largest, mut ways) = (0, Vec::new());
    for terms in (100..2_000).step_by(20) {
        let texts: Vec<String> = (0..terms).map(|term| format!("\" x{term:04}=y\"")).collect();
        let lookup = Counted::new(Cache::new(&format!("a.example. 60 TXT \"v=spf1 -all\" {}\n", texts.join(" "))));
        for _ in 0..3 {
            check(&lookup, "192.0.2.200", "x@a.example");
        }
        ways.push(
            check(&lookup, "192.0.2.200", "x@a.example").1 == Way::Flat || {
                // The record asks nothing, so that both ways ask the same; what is held tells them apart.
                lookup.inner.beside.lock().unwrap().values().any(|bytes| *bytes > 0)
            },
        );
        largest = largest.max(lookup.inner.beside.lock().unwrap().values().copied().max().unwrap_or(0));
    }
    assert!(ways.is_sorted_by(|one, other| one >= other) && ways[0] && !ways[ways.len() - 1]);
    assert!(largest <= FLAT_BYTES_MAX && largest > FLAT_BYTES_MAX - 1_000, "{largest}");
}

/// What happens in a history: a check, or something else.
#[derive(Clone, Debug)]
enum Event {
    Check { ip: String, name: usize },
    Pass(u64),
    Change { name: usize, text: String, ttl_s: u32 },
    Host { name: usize, line: String },
}

const NAME_COUNT: usize = 5;

fn term() -> impl Strategy<Value = String> {
    let qualifier = prop_oneof![6 => Just(""), 2 => Just("-"), 1 => Just("~"), 1 => Just("?")];
    let name = (0..NAME_COUNT).prop_map(|name| format!("n{name}.example"));
    let host = (0..NAME_COUNT).prop_map(|name| format!("h{name}.example"));
    let mechanism = prop_oneof![
        8 => (0..8_u8, 29..=32_u8).prop_map(|(last, bits)| format!("ip4:192.0.2.{last}/{bits}")),
        3 => (0..4_u8).prop_map(|last| format!("ip6:2001:db8::{last}")),
        8 => name.clone().prop_map(|name| format!("include:{name}")),
        2 => Just("a".to_owned()),
        3 => (host.clone(), 30..=32_u8).prop_map(|(host, bits)| format!("a:{host}/{bits}")),
        2 => Just("mx".to_owned()),
        2 => name.clone().prop_map(|name| format!("mx:{name}//127")),
        2 => host.prop_map(|host| format!("exists:{host}")),
        1 => Just("exists:%{i}.example".to_owned()),
        1 => Just("include:%{l}.example".to_owned()),
        1 => Just("ptr".to_owned()),
        1 => Just("all".to_owned()),
        1 => Just("broken:".to_owned()),
    ];
    prop_oneof![
        12 => (qualifier, mechanism).prop_map(|(qualifier, mechanism)| format!("{qualifier}{mechanism}")),
        1 => name.clone().prop_map(|name| format!("redirect={name}")),
        1 => name.prop_map(|name| format!("exp={name}")),
    ]
}

fn record() -> impl Strategy<Value = String> {
    let terms = prop::collection::vec(term(), 0..6);
    let end = prop_oneof![Just(" -all"), Just(" ~all"), Just("")];
    prop_oneof![
        12 => (terms, end).prop_map(|(terms, end)| format!("v=spf1 {}{end}", terms.join(" "))),
        1 => Just("another text".to_owned()),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let host = prop_oneof![
        (0..8_u8).prop_map(|last| format!("A 192.0.2.{last}")),
        (0..4_u8).prop_map(|last| format!("AAAA 2001:db8::{last}")),
        Just("A 192.0.2.6\n{name} 20 A 192.0.2.7".to_owned()),
        Just("TXT nothing".to_owned()),
        Just(String::new()),
    ];
    let client = prop_oneof![
        3 => (0..8_u8).prop_map(|last| format!("192.0.2.{last}")),
        1 => (0..4_u8).prop_map(|last| format!("2001:db8::{last}")),
    ];
    prop_oneof![
        20 => (client, 0..NAME_COUNT).prop_map(|(ip, name)| Event::Check { ip, name }),
        2 => (1..30_u64).prop_map(Event::Pass),
        2 => (0..NAME_COUNT, record(), 0..100_u32).prop_map(|(name, text, ttl_s)| Event::Change { name, text, ttl_s }),
        1 => (0..NAME_COUNT, host).prop_map(|(name, line)| Event::Host { name, line }),
    ]
}

/// The zone of these records and hosts; each name has the host of its number as mail exchange, and is a host itself.
fn zone_of(records: &[(String, u32)], hosts: &[String]) -> String {
    let mut zone = "example. 3600 SOA ns.example. root.example. 1 1 1 1 15\n".to_owned();
    for (number, ((text, ttl_s), host)) in records.iter().zip(hosts).enumerate() {
        let _ = writeln!(zone, "n{number}.example. {ttl_s} TXT \"{text}\"");
        let _ =
            writeln!(zone, "n{number}.example. 40 MX 10 h{number}.example.\nn{number}.example. 50 A 192.0.2.{number}");
        if !host.is_empty() {
            let name = format!("h{number}.example.");
            let _ = writeln!(zone, "{name} 30 {}", host.replace("{name}", &name));
        }
    }
    zone
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    fn every_history_is_the_same_both_ways(
        mut records in prop::collection::vec((record(), 0..100_u32), NAME_COUNT),
        events in prop::collection::vec(event(), 60..200),
    ) {
        let mut hosts = vec!["A 192.0.2.5".to_owned(); NAME_COUNT];
        let lookup = Counted::new(Cache::new(&zone_of(&records, &hosts)));
        let mut flat_count = 0;
        for event in events {
            match event {
                Event::Check { ip, name } => {
                    let (_, way) = check(&lookup, &ip, &format!("x@n{name}.example"));
                    flat_count += usize::from(way == Way::Flat);
                }
                Event::Pass(seconds) => lookup.inner.pass(seconds),
                Event::Change { name, text, ttl_s } => {
                    records[name] = (text, ttl_s);
                    lookup.inner.change(&zone_of(&records, &hosts));
                }
                Event::Host { name, line } => {
                    hosts[name] = line;
                    lookup.inner.change(&zone_of(&records, &hosts));
                }
            }
        }
        FLAT_COUNT.fetch_add(flat_count, Ordering::Relaxed);
    }
}

static FLAT_COUNT: AtomicUsize = AtomicUsize::new(0);

#[test]
fn histories() {
    every_history_is_the_same_both_ways();
    let count = FLAT_COUNT.load(Ordering::Relaxed);
    println!("{count} checks by flat policies");
    assert!(count > 1_000, "{count}");
}
