//! What holds for every conversation: how bytes are cut does not matter, no failure of DNS leaves the MTA without a
//! reply or makes a verdict better, no bytes make us panic, and one field in our name is on top.

#![allow(clippy::unwrap_used)]

mod support;

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

use lookup::chaos::Chaos;
use lookup::{Answer, Lookup, Question, Zone};
use milter::codec::{Frame, frame};
use milter::{LeadingSpace, Offer, ProtocolError};
use policy::Rules;
use proptest::prelude::*;
use sekisho_service::Conversation;
use support::{Counting, Mail, StillWorld, Story, apply, assert_one_on_top, conversation, rules_of, zone_of};

/// A lookup whose answers are not there when they are first looked for.
#[derive(Clone)]
struct Slow {
    inner: Arc<Zone>,
    polls: u32,
}

impl Lookup for Slow {
    async fn ask(&self, question: Question) -> Answer {
        let mut left = self.polls;
        std::future::poll_fn(|_| {
            left = left.saturating_sub(1);
            if left == 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        self.inner.ask(question).await
    }
}

/// What came out of a conversation into which `sent` was fed in such pieces; while it waits, [`Conversation::drive`] is
/// dropped after each poll, and between pieces it is polled once.
fn replay(
    sent: &[u8],
    (lookup, rules): (Slow, Option<Rules>),
    mut next_bytes: impl FnMut() -> usize,
) -> (Vec<u8>, Option<ProtocolError>) {
    let mut conversation = conversation(StillWorld::new(lookup), rules, &support::Keeping::default());
    let (mut output, mut rest) = (Vec::new(), sent);
    while !rest.is_empty() && conversation.wants_input() {
        let (piece, left) = rest.split_at(next_bytes().clamp(1, rest.len()));
        rest = left;
        let fed = conversation.feed(piece);
        poll_once(&mut conversation);
        if fed.is_ok() {
            settle(&mut conversation);
        }
        conversation.output(&mut output);
    }
    (output, conversation.error())
}

fn settle(conversation: &mut Conversation<StillWorld<Slow>>) {
    let mut polls = 0;
    while !conversation.wants_input() && !conversation.is_finished() {
        poll_once(conversation);
        polls += 1;
        assert!(polls < 10_000, "nothing ends the waiting");
    }
}

fn poll_once(conversation: &mut Conversation<StillWorld<Slow>>) {
    let mut drive: Pin<&mut dyn Future<Output = ()>> = pin!(conversation.drive());
    let _ = drive.as_mut().poll(&mut Context::from_waker(Waker::noop()));
}

/// A case's name, what the MTA says in it, its zone, and its rules.
type Stream = (String, Vec<u8>, Arc<Zone>, Option<Rules>);

/// All cases.
fn streams() -> Vec<Stream> {
    let streams = std::cell::RefCell::new(Vec::new());
    testkit::cases("service", |case| {
        let story = Story::of_case(case, zone_of(case));
        streams.borrow_mut().push((case.name.clone(), story.sent, zone_of(case), rules_of(&case.input)));
        story.out
    });
    streams.into_inner()
}

#[test]
fn how_the_bytes_are_cut_does_not_matter() {
    for (name, sent, zone, rules) in streams() {
        let slow = |polls| (Slow { inner: Arc::clone(&zone), polls }, rules.clone());
        let whole = replay(&sent, slow(1), || usize::MAX);
        for (bytes, polls) in [(1, 1), (2, 3), (3, 50), (7, 2), (4_095, 5), (65_536, 9), (usize::MAX, 200)] {
            assert_eq!(replay(&sent, slow(polls), || bytes), whole, "{name}: pieces of {bytes}, answers after {polls}");
        }
    }
}

#[test]
fn no_failure_of_dns_leaves_the_mta_without_a_reply() {
    let asked = AtomicU32::new(0);
    testkit::cases("service", |case| {
        let zone = zone_of(case);
        let counting = Arc::new(Chaos::none(Arc::clone(&zone)));
        let whole = Story::of_case(case, Arc::clone(&counting)).out;
        for nth in 1..=counting.asked_count() {
            for failure in testkit::nth::FAILURES {
                asked.fetch_add(1, Ordering::Relaxed);
                // That every message has its reply, its receipt and its field is asserted on the way.
                let broken = Story::of_case(case, Arc::new(Chaos::nth(Arc::clone(&zone), nth, failure))).out;
                let judged = rules_of(&case.input).is_some();
                compare(&whole, &broken, judged, &format!("{}: question {nth} with {failure}", case.name));
            }
        }
        whole
    });
    assert!(asked.into_inner() > 200);
}

/// The same messages, the same edits – where no rule makes more of the results; and none passes that did not pass before.
fn compare(whole: &str, broken: &str, judged: bool, what: &str) {
    let lines = |text: &str, start: &str| {
        let found = text.lines().filter(|line| line.trim_start().starts_with(start)).map(str::to_owned);
        found.collect::<Vec<_>>()
    };
    let same: &[&str] =
        if judged { &["error: "] } else { &["message ", "delete ", "insert ", "delivered ", "error: "] };
    for start in same {
        assert_eq!(lines(broken, start), lines(whole, start), "{what}");
    }
    let (receipts, broken_receipts) = (lines(whole, "receipt "), lines(broken, "receipt "));
    assert_eq!(lines(whole, "message ").len(), lines(broken, "message ").len(), "{what}");
    if lines(whole, "recipient ") != lines(broken, "recipient ") {
        // Without an answer nobody is refused before the message: it comes, and has a receipt that it had not.
        assert!(receipts.len() <= broken_receipts.len(), "{what}");
        return;
    }
    assert_eq!(receipts.len(), broken_receipts.len(), "{what}");
    for (before, after) in receipts.iter().zip(&broken_receipts) {
        for pass in [" spf=pass ", " dmarc=pass "] {
            assert!(!after.contains(pass) || before.contains(pass), "{what}:\n{before}\n{after}");
        }
    }
}

/// Values of a field that claims to be ours, and of one that does not.
const OURS: [&str; 7] = [
    " mx.example.net; dkim=pass",
    " \"mx.example.net\"; dkim=pass",
    " MX.example.NET; dkim=pass",
    " (a;b) mx.example.net 1; dkim=pass",
    "\n\tmx.example.net;\n dkim=pass",
    "mx.example.net; none",
    " \"mx\\.example.net\"; dkim=pass",
];
const OF_OTHERS: [&str; 4] =
    [" mx.example.org; dkim=pass", " x.mx.example.net; spf=pass", " (mx.example.net) other; none", ""];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn one_field_in_our_name_is_on_top(
        fields in prop::collection::vec((0..3_u8, any::<prop::sample::Index>(), any::<bool>()), 0..24),
        offer in prop::sample::select(vec![Offer::postfix(), Offer::sendmail(), Offer::version_2()]),
    ) {
        let field = |(kind, index, upper): &(u8, prop::sample::Index, bool)| {
            let name: &[u8] = if *upper { b"AUTHENTICATION-RESULTS" } else { b"Authentication-Results" };
            match kind {
                0 => (name.to_vec(), index.get(&OURS).as_bytes().to_vec()),
                1 => (name.to_vec(), index.get(&OF_OTHERS).as_bytes().to_vec()),
                _ => (b"Received".to_vec(), b" by mx.example.net".to_vec()),
            }
        };
        let mail = Mail { fields: fields.iter().map(field).collect(), body: b"x\r\n".to_vec() };
        let mut story = Story::new(Arc::new(Zone::new()), offer);
        let outcome = story.deliver(&mail);
        let space = if offer == Offer::version_2() { LeadingSpace::Assumed } else { LeadingSpace::Kept };
        for counting in [Counting::WhatIsLeft, Counting::WhatCame] {
            assert_one_on_top(&mail, &apply(&mail, &outcome, counting, space));
        }
    }

    #[test]
    fn cuts_at_random(cuts in prop::collection::vec(1..900_usize, 1..20), case in any::<prop::sample::Index>()) {
        let streams = STREAMS.get_or_init(streams);
        let (name, sent, zone, rules) = case.get(streams);
        let slow = || (Slow { inner: Arc::clone(zone), polls: 2 }, rules.clone());
        let mut cut = cuts.iter().cycle();
        let got = replay(sent, slow(), || *cut.next().unwrap());
        prop_assert_eq!(got, replay(sent, slow(), || usize::MAX), "{}", name);
    }

    #[test]
    fn no_bytes_make_it_panic_or_hang(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in 1..5_000_usize,
        case in any::<prop::sample::Index>(),
    ) {
        let streams = STREAMS.get_or_init(streams);
        let (_, sent, zone, rules) = case.get(streams);
        let mut sent = sent[..sent.len().min(20_000)].to_vec();
        for (at, byte) in &changes {
            *at.get_mut(&mut sent[..]) = *byte;
        }
        let (output, _) = replay(&sent, (Slow { inner: Arc::clone(zone), polls: 1 }, rules.clone()), || cut);
        let mut rest = &output[..];
        while let Frame::Packet { data, .. } = frame(rest, |_| u32::MAX).unwrap() {
            rest = &rest[5 + data.len()..];
        }
        prop_assert!(rest.is_empty(), "half a packet in the output");
    }
}

static STREAMS: std::sync::OnceLock<Vec<Stream>> = std::sync::OnceLock::new();
