//! The engine of surveys over a simulated network: whatever happens on the way, the figures are the same.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // tests

extern crate sekisho_audit as audit;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::future::Future;

use audit::limits::{
    SURVEY_AHEAD_COUNT, SURVEY_CANARY_MS, SURVEY_DEAD_S, SURVEY_FAILED_TRY_COUNT, SURVEY_QUESTION_COUNT_MAX,
};
use audit::survey::engine::{Asker, Counts, Engine, Heard, OptOut, Order, SendId, Settings, Transport};
use lookup::{Answer, Data, Dnssec, Failure, Kind, Lookup as _, Negative, Question};
use mailtext::Domain;

fn name(text: &str) -> Domain {
    Domain::query(text).unwrap()
}

/// A number from a seed: splitmix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }
}

/// What is sent: the time in microseconds, the question, the server, over what.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Sent {
    at_us: u64,
    question: Question,
    server: usize,
    transport: Transport,
}

/// What the network does with one question; the times are in milliseconds.
type Fate = Vec<(u64, Heard)>;

type Deciding<'a> = dyn FnMut(&Sent, &mut Dice) -> Fate + 'a;
type Noise<'a> = dyn FnMut(&mut Dice) -> Vec<(SendId, Heard)> + 'a;

/// A network: what becomes of what is sent.
struct Network<'a> {
    fate: Box<Deciding<'a>>,
    dice: Dice,
    log: Vec<Sent>,
    forgotten: BTreeSet<SendId>,
    /// What comes of its own, at each tick.
    noise: Box<Noise<'a>>,
}

impl<'a> Network<'a> {
    fn new(seed: u64, fate: impl FnMut(&Sent, &mut Dice) -> Fate + 'a) -> Self {
        Network {
            fate: Box::new(fate),
            dice: Dice(seed),
            log: Vec::new(),
            forgotten: BTreeSet::new(),
            noise: Box::new(|_| Vec::new()),
        }
    }

    fn sent_to(&self, question: &str, kind: Kind) -> usize {
        self.log.iter().filter(|sent| sent.question == Question::new(name(question), kind)).count()
    }
}

/// The world as it is: what each question's answer is.
fn truth(question: &Question) -> Heard {
    let absent = Negative { ttl_s: 60, dnssec: Dnssec::Unproven };
    let text = |text: &str| Heard::Answer(Answer::of(vec![Data::txt(text)], 3600));
    let asked = question.name.as_str();
    match (asked, question.kind) {
        ("_spf.provider.example", Kind::Txt) => text("v=spf1 ip4:192.0.2.0/24 -all"),
        ("invalid", _) => Heard::Answer(Answer::NxDomain(absent)),
        (_, Kind::Ns) => Heard::Answer(Answer::of(vec![Data::Ns(name("ns1.dns.example"))], 3600)),
        (_, Kind::Txt) if asked.starts_with("_dmarc.") => match asked.len() % 3 {
            0 => text("v=DMARC1; p=none"),
            1 => Heard::Answer(Answer::NxDomain(absent)),
            _ => Heard::Answer(Answer::NoData(absent)),
        },
        (_, Kind::Txt) => text(&format!("v=spf1 include:_spf.provider.example ?all {asked}")),
        _ => Heard::Answer(Answer::NoData(absent)),
    }
}

/// An examination: a question, one that depends on it, and two at once.
async fn examine(asker: Asker, name: Domain) -> String {
    let txt = |name: Domain| Question::new(name, Kind::Txt);
    let own = asker.ask(txt(name.clone())).await;
    let mut told = format!("{name}: {}", words(&own));
    if own.data().iter().any(|data| data.to_string().contains("include:")) {
        let included = asker.ask(txt(Domain::query("_spf.provider.example").unwrap())).await;
        told.push_str(&format!(" | {}", words(&included)));
    }
    let questions = [txt(name.prefixed("_dmarc").unwrap()), Question::new(name, Kind::Mx)];
    for answer in lookup::ask_all(&asker, &questions).await {
        told.push_str(&format!(" | {}", words(&answer)));
    }
    told
}

fn words(answer: &Answer) -> String {
    let data: Vec<_> = answer.data().iter().map(ToString::to_string).collect();
    if data.is_empty() { answer.word().to_owned() } else { data.join(" ") }
}

struct Run {
    results: BTreeMap<u64, String>,
    counts: Counts,
    end_us: u64,
    is_dead: bool,
    most_at_once: usize,
    most_in_flight: usize,
    kept_bytes: usize,
}

/// Runs a survey of these names to its end, or until nobody is there.
fn survey<J, F>(settings: Settings, names: &[Domain], network: &mut Network<'_>, job: J) -> Run
where
    J: Fn(Asker, Domain) -> F,
    F: Future<Output = String> + Send + 'static,
{
    let mut engine = Engine::new(settings, job);
    let mut coming: BTreeMap<(u64, u64), (SendId, Heard)> = BTreeMap::new();
    let (mut now_us, mut serial, mut next) = (1_000_000, 0, 0);
    let mut run = Run {
        results: BTreeMap::new(),
        counts: Counts::default(),
        end_us: 0,
        is_dead: false,
        most_at_once: 0,
        most_in_flight: 0,
        kept_bytes: 0,
    };
    let mut open: BTreeSet<SendId> = BTreeSet::new();
    loop {
        while next < names.len() && engine.has_room(next as u64) {
            engine.begin(next as u64, names[next].clone());
            next += 1;
        }
        run.most_at_once = run.most_at_once.max(engine.running_count());
        for (id, heard) in (network.noise)(&mut network.dice) {
            engine.heard(id, heard);
        }
        let deadline = engine.tick(now_us);
        while let Some(order) = engine.next_order() {
            match order {
                Order::Forget { id } => {
                    open.remove(&id);
                    network.forgotten.insert(id);
                }
                Order::Send { id, question, server, transport } => {
                    open.insert(id);
                    let sent = Sent { at_us: now_us, question, server, transport };
                    for (after_ms, heard) in (network.fate)(&sent, &mut network.dice) {
                        serial += 1;
                        coming.insert((now_us + after_ms * 1_000, serial), (id, heard));
                    }
                    network.log.push(sent);
                }
            }
        }
        run.most_in_flight = run.most_in_flight.max(open.len());
        let mut is_new = false;
        while let Some((index, result)) = engine.next_result() {
            is_new = true;
            assert!(run.results.insert(index, result).is_none(), "one result for each");
        }
        if run.results.len() == names.len() || engine.is_dead() {
            break;
        }
        if is_new && next < names.len() {
            continue;
        }
        let event = coming.first_key_value().map(|((at_us, _), _)| *at_us);
        now_us = [deadline, event].into_iter().flatten().min().expect("something is waited for").max(now_us);
        while let Some(entry) = coming.first_entry().filter(|entry| entry.key().0 <= now_us) {
            let (id, heard) = entry.remove();
            open.remove(&id);
            engine.heard(id, heard);
        }
    }
    (run.counts, run.end_us, run.is_dead) = (engine.counts(), now_us, engine.is_dead());
    run.kept_bytes = engine.cache_bytes();
    run
}

fn names(count: usize) -> Vec<Domain> {
    (0..count).map(|number| name(&format!("n{number}.z{}.example", number % 7))).collect()
}

/// What is told when nothing goes wrong.
fn undisturbed(names: &[Domain]) -> BTreeMap<u64, String> {
    let mut network = Network::new(1, |sent, _| vec![(5, truth(&sent.question))]);
    let run = survey(Settings::new(1, 50), names, &mut network, examine);
    assert_eq!((run.counts.lost, run.counts.unanswered, run.counts.failed), (0, 0, 0));
    run.results
}

#[test]
fn each_question_is_asked_once_and_what_many_include_once_in_all() {
    let names = names(500);
    let mut network = Network::new(1, |sent, _| vec![(5, truth(&sent.question))]);
    let run = survey(Settings::new(1, 50), &names, &mut network, examine);
    assert_eq!(run.results.len(), 500);
    assert_eq!(network.sent_to("_spf.provider.example", Kind::Txt), 1);
    assert_eq!(network.log.len(), 3 * 500 + 1);
    let asked: BTreeSet<_> = network.log.iter().map(|sent| &sent.question).collect();
    assert_eq!(asked.len(), network.log.len(), "no question twice");
    assert_eq!(run.counts.asked, 4 * 500);
    assert_eq!(run.counts.cached + run.counts.joined, 499);
    let one = survey(Settings::new(1, 50), &names[..1], &mut network, examine);
    assert!(one.kept_bytes > 0);
    assert_eq!(run.kept_bytes, one.kept_bytes, "what only one asks is not kept for others");
    assert!(run.most_at_once <= 50 && run.most_in_flight <= 100);
    assert!(run.results[&0].starts_with("n0.z0.example: \"v=spf1 include"), "{}", run.results[&0]);
}

#[test]
fn loss_repetition_delay_and_disorder_change_no_figure() {
    let names = names(300);
    let want = undisturbed(&names);
    for (seed, loss) in [(1, 5), (2, 30), (3, 60)] {
        let mut network = Network::new(seed, move |sent, dice| {
            // A connection loses nothing.
            if sent.transport == Transport::Udp && dice.percent(loss) {
                return Vec::new();
            }
            let truth = truth(&sent.question);
            let late_ms = if dice.percent(10) { dice.next() % 4_000 } else { dice.next() % 200 };
            let mut fate = vec![(late_ms, truth.clone())];
            if dice.percent(10) {
                fate.push((late_ms + dice.next() % 3_000, truth));
            }
            fate
        });
        let run = survey(Settings::new(2, 50), &names, &mut network, examine);
        assert_eq!(run.results, want, "{loss} % lost");
        assert!(run.counts.lost > 0 && run.counts.unanswered == 0, "{:?}", run.counts);
    }
}

#[test]
fn a_late_answer_to_an_earlier_try_is_taken_and_the_later_try_forgotten() {
    let mut tries = 0;
    let mut network = Network::new(1, |sent, _| {
        if sent.question.kind == Kind::Soa {
            return vec![(1, truth(&sent.question))];
        }
        tries += 1;
        // The first try's answer comes while the second is on its way.
        if tries == 1 { vec![(1_500, truth(&sent.question))] } else { vec![] }
    });
    let ask = |asker: Asker, name: Domain| async move { words(&asker.ask(Question::txt(name)).await) };
    let run = survey(Settings::new(1, 1), &names(1), &mut network, ask);
    assert!(run.results[&0].contains("v=spf1"));
    assert_eq!((run.counts.sent_udp, run.counts.lost, network.forgotten.len()), (2, 1, 1));
}

#[test]
fn answers_under_ids_that_are_not_waited_for_are_passed_over() {
    let names = names(200);
    let want = undisturbed(&names);
    let lie = || Heard::Answer(Answer::of(vec![Data::txt("v=spf1 +all")], 60));
    let mut network = Network::new(9, |sent, _| vec![(5, truth(&sent.question))]);
    network.noise = Box::new(move |dice| {
        // Ids of tries that never were, with the places of real flights: generations do not fit.
        let mut noise =
            vec![(SendId(dice.next()), Heard::Truncated), (SendId(dice.next()), Heard::Failed(Failure::Refused))];
        for _ in 0..20 {
            let place = dice.next() & 0xff;
            let generation = 5_000 + (dice.next() & 0xf_ffff);
            noise.push((SendId(place | 1 << 32 | generation << 40), lie()));
        }
        noise
    });
    let run = survey(Settings::new(1, 20), &names, &mut network, examine);
    assert_eq!(run.results, want);
    assert!(run.results.values().all(|told| !told.contains("+all")));
}

#[test]
fn what_was_answered_is_not_answered_again() {
    // Every answer comes twice, the second with another text, when its place belongs to another question already.
    let names = names(200);
    let want = undisturbed(&names);
    let lie = || Heard::Answer(Answer::of(vec![Data::txt("v=spf1 +all")], 60));
    let mut network = Network::new(4, |sent, dice| vec![(5, truth(&sent.question)), (6 + dice.next() % 50, lie())]);
    assert_eq!(survey(Settings::new(1, 20), &names, &mut network, examine).results, want);
}

#[test]
fn a_storm_of_failures_passes_and_one_that_stays_is_told() {
    let names = names(100);
    let want = undisturbed(&names);
    for failure in [Failure::ServFail, Failure::Refused, Failure::Malformed] {
        let mut network = Network::new(1, |sent, _| {
            let heard = if sent.at_us < 5_000_000 { Heard::Failed(failure) } else { truth(&sent.question) };
            vec![(3, heard)]
        });
        assert_eq!(survey(Settings::new(1, 100), &names, &mut network, examine).results, want, "{failure}");

        let mut network = Network::new(1, |sent, _| {
            let is_broken = sent.question.name.as_str().contains("n3.z3.");
            vec![(3, if is_broken { Heard::Failed(failure) } else { truth(&sent.question) })]
        });
        let run = survey(Settings::new(1, 100), &names, &mut network, examine);
        let word = failure.word();
        assert_eq!(run.results[&3], format!("n3.z3.example: {word} | {word} | {word}"));
        assert_eq!(run.counts.unanswered, 3);
        assert_eq!(run.counts.failed, 3 * u64::from(SURVEY_FAILED_TRY_COUNT));
        assert!(run.results.iter().filter(|(index, _)| **index != 3).all(|(index, told)| *told == want[index]));
    }
}

#[test]
fn another_resolver_may_know_better() {
    let names = names(100);
    let mut network = Network::new(1, |sent, _| {
        vec![(3, if sent.server == 0 { Heard::Failed(Failure::Refused) } else { truth(&sent.question) })]
    });
    let run = survey(Settings::new(2, 100), &names, &mut network, examine);
    assert_eq!(run.results, undisturbed(&names));
    assert!(run.end_us < 1_500_000, "without a pause: {}", run.end_us);
}

#[test]
fn names_that_nobody_answers_for_are_told_as_such_and_hold_nobody_up() {
    let names = names(200);
    let want = undisturbed(&names);
    let mut network = Network::new(1, |sent, _| {
        if sent.question.name.as_str().contains("n7.z0.") { vec![] } else { vec![(5, truth(&sent.question))] }
    });
    let run = survey(Settings::new(1, 10), &names, &mut network, examine);
    assert_eq!(run.results[&7], "n7.z0.example: timeout | timeout | timeout");
    assert!(run.results.iter().filter(|(index, _)| **index != 7).all(|(index, told)| *told == want[index]));
    assert_eq!((run.counts.unanswered, run.counts.silences, run.is_dead), (3, 0, false));
    // Three over UDP and two over TCP, and canaries while nothing else is heard.
    assert_eq!(network.sent_to("n7.z0.example", Kind::Mx), 5);
    assert!(network.sent_to("invalid", Kind::Soa) > 0);
}

/// A resolver follows servers that delegate to each other until it has enough of it, and tells so long after a try is over.
#[test]
fn servers_that_delegate_in_circles_are_told_as_such_and_hold_nobody_up() {
    let names = names(210);
    let want = undisturbed(&names);
    for (gives_up_ms, server_count) in [(20, 1), (900, 2), (2_500, 1), (2_500, 2)] {
        let mut network = Network::new(1, move |sent, _| {
            let is_circle = sent.question.name.as_str().ends_with(".z3.example");
            let failed = || Heard::Failed(Failure::ServFail);
            vec![if is_circle { (gives_up_ms, failed()) } else { (5, truth(&sent.question)) }]
        });
        let run = survey(Settings::new(server_count, 20), &names, &mut network, examine);
        for (index, told) in &run.results {
            let name = &names[usize::try_from(*index).unwrap()];
            let is_circle = name.as_str().ends_with(".z3.example");
            let circle = format!("{name}: servfail | servfail | servfail");
            assert_eq!(told, if is_circle { &circle } else { &want[index] }, "{gives_up_ms} ms");
        }
        // Thirty names of three questions each; nothing else is missing.
        assert_eq!((run.counts.unanswered, run.counts.silences, run.is_dead), (90, 0, false));
        let asked = network.log.iter().filter(|sent| sent.question.name.as_str().ends_with(".z3.example")).count();
        assert!(asked <= 90 * 5, "each is asked so often and no more: {asked}");
    }
}

#[test]
fn a_resolver_that_dies_and_returns_changes_no_figure() {
    let names = names(2_000);
    let want = undisturbed(&names);
    let away = 1_100_000..61_000_000;
    for is_refusing in [false, true] {
        let mut network = Network::new(5, |sent, _| match (away.contains(&sent.at_us), is_refusing) {
            (false, _) => vec![(20, truth(&sent.question))],
            (true, false) => vec![],
            // The system says that nobody is at the port.
            (true, true) => vec![(0, Heard::Failed(Failure::Unreachable))],
        });
        let run = survey(Settings::new(1, 100), &names, &mut network, examine);
        assert_eq!(run.results, want);
        assert_eq!((run.counts.unanswered, run.counts.silences), (0, 1));
        let while_away = network.log.iter().filter(|sent| (4_000_000..61_000_000).contains(&sent.at_us)).count();
        assert!(while_away <= 57 * 1_000 / usize::try_from(SURVEY_CANARY_MS).unwrap() + 1, "{while_away}");
    }
}

#[test]
fn one_of_two_resolvers_dies_and_the_other_does_the_work() {
    let names = names(2_000);
    let mut network = Network::new(5, |sent, _| {
        if sent.server == 1 && sent.at_us > 1_100_000 { vec![] } else { vec![(20, truth(&sent.question))] }
    });
    let run = survey(Settings::new(2, 100), &names, &mut network, examine);
    assert_eq!(run.results, undisturbed(&names));
    assert_eq!((run.counts.unanswered, run.counts.silences), (0, 0));
    assert!(run.counts.lost < 600, "soon nobody asks it: {:?}", run.counts);
}

#[test]
fn when_nobody_is_there_the_survey_is_broken_off() {
    let mut network = Network::new(5, |_, _| vec![]);
    let run = survey(Settings::new(3, 100), &names(1_000), &mut network, examine);
    assert!(run.is_dead && run.results.is_empty(), "nothing is told that was not heard");
    assert!(run.end_us >= SURVEY_DEAD_S * 1_000_000);
}

#[test]
fn what_was_cut_is_asked_for_over_tcp() {
    let names = names(100);
    let want = undisturbed(&names);
    let mut network = Network::new(1, |sent, _| match sent.transport {
        Transport::Udp => {
            vec![(1, if sent.question.name.as_str() == "invalid" { truth(&sent.question) } else { Heard::Truncated })]
        }
        Transport::Tcp => vec![(3, truth(&sent.question))],
    });
    let run = survey(Settings::new(1, 10), &names, &mut network, examine);
    assert_eq!(run.results, want);
    assert_eq!((run.counts.sent_udp, run.counts.sent_tcp, run.counts.truncated), (301, 301, 301));

    // TCP is refused, or nobody answers there.
    for fate in [vec![(1, Heard::Failed(Failure::Unreachable))], vec![]] {
        let mut network = Network::new(1, |sent, _| match sent.transport {
            Transport::Udp if sent.question.name.as_str().contains("n3.z3.") => vec![(1, Heard::Truncated)],
            Transport::Udp => vec![(1, truth(&sent.question))],
            Transport::Tcp => fate.clone(),
        });
        let run = survey(Settings::new(2, 10), &names, &mut network, examine);
        assert_eq!(run.results[&3], "n3.z3.example: truncate | truncate | truncate");
        assert_eq!((run.counts.unanswered, run.counts.silences), (3, 0));
        assert!(run.results.iter().filter(|(index, _)| **index != 3).all(|(index, told)| *told == want[index]));
    }
}

#[test]
fn where_datagrams_cannot_be_trusted_connections_are_taken() {
    let names = names(20);
    let mut network = Network::new(1, |sent, _| match sent.transport {
        Transport::Udp => vec![(1, Heard::Suspicious)],
        Transport::Tcp => vec![(3, truth(&sent.question))],
    });
    assert_eq!(survey(Settings::new(1, 10), &names, &mut network, examine).results, undisturbed(&names));
}

#[test]
fn aliases_out_of_an_answer_are_followed_and_loops_are_found() {
    let alias = |to: &str| Heard::Alias { aliases: vec![name(to)], ttl_s: 60, dnssec: Dnssec::Unproven };
    let mut network = Network::new(1, |sent, _| {
        vec![(
            1,
            match sent.question.name.as_str() {
                "a.example" => alias("b.example"),
                "b.example" => alias("c.example.net"),
                "circle.example" => alias("around.example"),
                "around.example" => alias("circle.example"),
                _ => truth(&sent.question),
            },
        )]
    });
    let ask = |asker: Asker, name: Domain| async move {
        match asker.ask(Question::txt(name)).await {
            Answer::Records(records) => format!("{:?} {} {:?}", records.aliases, records.ttl_s, records.dnssec),
            other => other.word().to_owned(),
        }
    };
    let names = [name("a.example"), name("circle.example")];
    let run = survey(Settings::new(1, 2), &names, &mut network, ask);
    assert_eq!(run.results[&0], format!("{:?} 60 Unproven", [name("b.example"), name("c.example.net")]));
    assert_eq!(run.results[&1], "alias-chain");
}

#[test]
fn what_is_final_is_not_asked_again() {
    let mut network = Network::new(1, |_, _| vec![(1, Heard::Final(Failure::Bogus))]);
    let run = survey(Settings::new(2, 1), &names(1), &mut network, examine);
    assert_eq!(run.results[&0], "n0.z0.example: bogus | bogus | bogus");
    assert_eq!(network.log.len(), 3);
}

#[test]
fn no_second_has_more_questions_than_its_rate() {
    let names = names(300);
    let mut network =
        Network::new(3, |sent, dice| if dice.percent(10) { vec![] } else { vec![(5, truth(&sent.question))] });
    let settings = Settings { rate_per_s: Some(100), ..Settings::new(1, 200) };
    let run = survey(settings, &names, &mut network, examine);
    assert_eq!(run.results, undisturbed(&names));
    assert!(most_in_a_second(network.log.iter().map(|sent| sent.at_us)) <= 110 + 2, "a tenth at once, and canaries");
    assert!(run.end_us >= 8_900_000, "901 questions at 100 a second: {}", run.end_us);
}

#[test]
fn no_operator_is_asked_more_than_its_rate() {
    // All zones have one operator; the include has another.
    let names = names(100);
    let mut network = Network::new(3, |sent, _| vec![(5, truth(&sent.question))]);
    let settings = Settings { rate_per_operator_per_s: Some(50), ..Settings::new(1, 100) };
    let run = survey(settings, &names, &mut network, examine);
    assert_eq!(run.results, undisturbed(&names));
    let theirs = network.log.iter().filter(|sent| sent.question.kind != Kind::Ns);
    let theirs = theirs.filter(|sent| sent.question.name.as_str().contains(".z"));
    assert!(most_in_a_second(theirs.map(|sent| sent.at_us)) <= 55);
    assert_eq!(
        network.log.iter().filter(|sent| sent.question.kind == Kind::Ns).count(),
        100,
        "servers are asked for first"
    );
}

fn most_in_a_second(times_us: impl Iterator<Item = u64>) -> usize {
    let times_us: Vec<u64> = times_us.collect();
    times_us
        .iter()
        .enumerate()
        .map(|(index, from_us)| times_us[index..].iter().take_while(|at_us| **at_us < from_us + 1_000_000).count())
        .max()
        .unwrap()
}

#[test]
fn who_opted_out_is_not_asked() {
    let mut names = names(50);
    names.push(name("sub.quiet.example"));
    let mut network = Network::new(3, |sent, _| vec![(5, truth(&sent.question))]);
    let opt_out = OptOut::parse("quiet.example\nprovider.example\n").unwrap();
    let run = survey(Settings { opt_out, ..Settings::new(1, 10) }, &names, &mut network, examine);
    assert!(network.log.iter().all(|sent| !sent.question.name.as_str().contains("quiet")));
    assert_eq!(network.sent_to("_spf.provider.example", Kind::Txt), 0);
    assert_eq!(run.results[&50], "sub.quiet.example: budget | budget | budget");
    assert_eq!(run.counts.opted_out, 50 + 3);
}

#[test]
fn a_domain_may_ask_only_so_much_and_others_are_not_concerned() {
    let mut network = Network::new(3, |sent, _| vec![(1, truth(&sent.question))]);
    let greedy = |asker: Asker, name: Domain| async move {
        let mut words = Vec::new();
        for number in 0..SURVEY_QUESTION_COUNT_MAX + 1 {
            let question = Question::txt(name.prefixed(&format!("m{number}")).unwrap());
            words.push(asker.ask(question).await.word());
        }
        let last = words.len() - 1;
        format!("{} {} {}", words.iter().filter(|word| **word == "records").count(), words[last - 1], words[last])
    };
    let run = survey(Settings::new(1, 2), &names(2), &mut network, greedy);
    for told in run.results.values() {
        assert_eq!(*told, format!("{SURVEY_QUESTION_COUNT_MAX} records budget"));
    }
}

#[test]
fn answers_are_kept_for_their_ttl() {
    let mut network = Network::new(3, |sent, _| match sent.question.kind {
        Kind::A => vec![(1_000, Heard::Answer(Answer::of(vec![Data::A([192, 0, 2, 1].into())], 0)))],
        _ => vec![(0, Heard::Answer(Answer::of(vec![Data::txt("x")], 30)))],
    });
    // One after the other, a second each.
    let job = |asker: Asker, name: Domain| async move {
        let _ = asker.ask(Question::txt(Domain::query("shared.example").unwrap())).await;
        asker.ask(Question::new(name, Kind::A)).await.word().to_owned()
    };
    survey(Settings { try_ms: 5_000, ..Settings::new(1, 1) }, &names(100), &mut network, job);
    let asked = network.sent_to("shared.example", Kind::Txt);
    assert!((3..=4).contains(&asked), "{asked}");
}

#[test]
fn one_that_takes_long_is_not_left_behind_too_far() {
    let count = usize::try_from(SURVEY_AHEAD_COUNT).unwrap() + 5_000;
    let names: Vec<_> = (0..count).map(|number| name(&format!("n{number}.example"))).collect();
    let mut network = Network::new(3, |sent, _| {
        vec![(if sent.question.name.as_str() == "n10.example" { 100_000 } else { 0 }, truth(&sent.question))]
    });
    let ask =
        |asker: Asker, name: Domain| async move { asker.ask(Question::new(name, Kind::A)).await.word().to_owned() };
    let settings = Settings { try_ms: 200_000, cache_bytes_max: 1 << 16, ..Settings::new(1, 50) };
    let run = survey(settings, &names, &mut network, ask);
    assert_eq!(run.results.len(), count);
    let furthest = network
        .log
        .iter()
        .filter(|sent| sent.at_us < 101_000_000)
        .map(|sent| sent.question.name.as_str()[1..].split('.').next().unwrap().parse::<u64>().unwrap())
        .max()
        .unwrap();
    assert_eq!(furthest, 10 + SURVEY_AHEAD_COUNT - 1);
}

#[test]
fn the_same_events_give_the_same_orders() {
    let names = names(300);
    let once =
        || {
            let mut network = Network::new(77, |sent, dice| {
                if dice.percent(20) { vec![] } else { vec![(dice.next() % 500, truth(&sent.question))] }
            });
            let settings =
                Settings { rate_per_operator_per_s: Some(500), rate_per_s: Some(900), ..Settings::new(3, 64) };
            let run = survey(settings, &names, &mut network, examine);
            (network.log, run.results, run.end_us)
        };
    assert!(once() == once());
}

#[test]
fn what_nobody_waits_for_is_not_sent() {
    let mut network = Network::new(77, |sent, _| vec![(5, truth(&sent.question))]);
    let job = |asker: Asker, name: Domain| async move {
        // Polled once, and given up.
        let mut asking = Box::pin(asker.ask(Question::txt(name.clone())));
        std::future::poll_fn(|context| {
            let _ = asking.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
        drop(asking);
        asker.ask(Question::new(name, Kind::Mx)).await.word().to_owned()
    };
    let run = survey(Settings::new(1, 5), &names(20), &mut network, job);
    let by_kind: HashMap<Kind, usize> = network.log.iter().fold(HashMap::new(), |mut counts, sent| {
        *counts.entry(sent.question.kind).or_default() += 1;
        counts
    });
    assert_eq!((run.results.len(), by_kind.get(&Kind::Txt), by_kind.get(&Kind::Mx)), (20, None, Some(&20)));
}
