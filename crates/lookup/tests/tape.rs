//! Tapes: what was recorded is what is played.

use proptest::prelude::*;
use sekisho_lookup::limits::{TAPE_ANSWER_COUNT_MAX, TAPE_BYTES_MAX, TEXT_BYTES_MAX};
use sekisho_lookup::tape::{Recording, Replay, Tape};
use sekisho_lookup::zone::ZoneErrorKind;
use sekisho_lookup::{Answer, Data, Dnssec, Failure, Kind, Lookup, Negative, Question, Records, Text, Zone};
use testkit::{arbitrary, block_on, domain, zone};

fn txt(name: &str) -> Question {
    Question::txt(domain(name))
}

fn recording(question: &Question, answer: &Answer) -> Recording {
    Recording { exchanges: vec![(question.clone(), answer.clone())], ..Recording::default() }
}

fn records(data: Vec<Data>) -> Answer {
    Answer::records(Records::new(data, 60, Dnssec::Unproven, Vec::new()))
}

#[test]
fn a_tape_is_readable_and_in_order() {
    let zone = zone(concat!(
        "b.example 300 TXT \"v=spf1 -all\"\na.example 60 CNAME c.example\nc.example 90 TXT one\nc.example 90 TXT two\n",
        ";! b.example TXT authenticated\n;! d.example MX servfail\n",
    ));
    let tape = Tape::new(&zone);
    for question in [
        txt("b.example"),
        txt("a.example"),
        Question::new(domain("d.example"), Kind::Mx),
        Question::new(domain("b.example"), Kind::A),
        txt("b.example"),
        txt("none.example"),
    ] {
        let _ = block_on(tape.ask(question));
    }
    let recording = tape.recording(&[("at", "2026-04-01T09:00:00Z"), ("Mail From", " a\\b\n")]);
    let text = recording.to_string();
    let want = concat!(
        "; sekisho tape 1\n",
        "; at: 2026-04-01T09:00:00Z\n",
        "; mail-from: \\032a\\092b\\010\n",
        "\n",
        "b.example. 300 IN TXT \"v=spf1 -all\"\n",
        ";! b.example. TXT authenticated\n",
        "a.example. 60 IN TXT \"one\"\n",
        "a.example. 60 IN TXT \"two\"\n",
        ";! a.example. TXT via c.example.\n",
        ";! d.example. MX servfail\n",
        ";! b.example. A nodata ttl=0\n",
        ";! none.example. TXT nxdomain ttl=0\n",
    );
    assert_eq!(testkit::diff(want, &text), "");
    assert_eq!(Recording::parse(&text), Ok(recording));

    let replay = Replay::parse(&text).expect("a tape");
    assert_eq!((replay.get("at"), replay.get("mail-from")), (Some("2026-04-01T09:00:00Z"), Some(" a\\b\n")));
    assert_eq!((replay.get("ip"), replay.metadata().len()), (None, 2));
    assert_eq!(block_on(replay.ask(txt("a.example"))), zone.answer(&txt("a.example")));
    assert_eq!(block_on(replay.ask(txt("other.example"))), Answer::Failed(Failure::NotOnTape));
    assert_eq!(block_on(replay.ask(Question::new(domain("a.example"), Kind::A))), Answer::Failed(Failure::NotOnTape));

    // A tape is also a zone file.
    let as_zone = Zone::parse(&text).expect("a zone");
    for (question, answer) in Recording::parse(&text).expect("a tape").exchanges {
        assert_eq!(as_zone.answer(&question), answer, "{question}");
    }
}

#[test]
fn all_bytes_and_the_longest_texts_survive() {
    let every_byte = (0..=255_u8).collect::<Vec<_>>();
    let longest = vec![vec![b'"'; 255]; 257];
    assert_eq!(longest.concat().len(), TEXT_BYTES_MAX);
    let one_string = vec![0xff_u8; TEXT_BYTES_MAX];
    for text in [
        Text::from_strings([&every_byte[..255], &every_byte[255..], b""]),
        Text::from_strings(&longest),
        Text::from_strings([&one_string]),
        Text::from_strings([b""]),
        Text::from_strings(["\r\n; no comment", "\\", "関所"]),
    ] {
        let recording = recording(&txt("a"), &records(vec![Data::Txt(text)]));
        assert!(Recording::parse(&recording.to_string()) == Ok(recording));
    }
}

#[test]
fn what_no_tape_can_hold_is_malformed_there() {
    let too_long = records(vec![Data::txt(vec![b'x'; TEXT_BYTES_MAX + 1])]);
    let other_kind = records(vec![Data::A(std::net::Ipv4Addr::LOCALHOST)]);
    for answer in [too_long, other_kind] {
        let read = Recording::parse(&recording(&txt("a"), &answer).to_string()).expect("a tape");
        assert_eq!(read.exchanges, [(txt("a"), Answer::Failed(Failure::Malformed))]);
    }
}

#[test]
fn other_texts_are_refused() {
    let error = |text: &str| Recording::parse(text).map_err(|error| (error.line, error.kind)).expect_err(text);
    assert_eq!(error(""), (1, ZoneErrorKind::TapeHeader));
    assert_eq!(error("; sekisho tape 2\n"), (1, ZoneErrorKind::TapeHeader));
    assert_eq!(error("; sekisho tape 1\n\n;! a * timeout\n"), (3, ZoneErrorKind::Type));
    assert_eq!(error("; sekisho tape 1\na NAPTR x\n"), (2, ZoneErrorKind::Type));
    assert_eq!(error("; sekisho tape 1\n. NS a\n"), (2, ZoneErrorKind::Type));
    assert_eq!(error("; sekisho tape 1\na A x\n"), (2, ZoneErrorKind::Data));
}

#[test]
fn a_tape_has_an_end() {
    let zone = Zone::new();
    for (count, incomplete) in
        [(TAPE_ANSWER_COUNT_MAX - 1, None), (TAPE_ANSWER_COUNT_MAX, None), (TAPE_ANSWER_COUNT_MAX + 1, Some("true"))]
    {
        let tape = Tape::new(&zone);
        for number in 0..count {
            assert_eq!(block_on(tape.ask(txt(&format!("n{number}")))).word(), "nxdomain");
        }
        let recording = tape.recording(&[]);
        assert_eq!(recording.exchanges.len(), count.min(TAPE_ANSWER_COUNT_MAX));
        assert_eq!(Replay::new(recording).get("incomplete"), incomplete, "{count}");
    }
    let head = "; sekisho tape 1\n;";
    for (length, good) in [(TAPE_BYTES_MAX - 1, true), (TAPE_BYTES_MAX, true), (TAPE_BYTES_MAX + 1, false)] {
        let text = format!("{head}{}", "x".repeat(length - head.len()));
        let read = Recording::parse(&text);
        assert_eq!(read.is_ok(), good, "{length}");
        assert!(good || read.is_err_and(|error| error.kind == ZoneErrorKind::TapeTooLong));
    }
}

#[test]
fn an_asker_that_leaves_does_not_hold_its_place() {
    struct Never;
    impl Lookup for Never {
        async fn ask(&self, question: Question) -> Answer {
            if question == txt("never") {
                std::future::pending::<()>().await;
            }
            Answer::NoData(Negative { ttl_s: 1, dnssec: Dnssec::Unproven })
        }
    }
    let tape = Tape::new(Never);
    let mut waiting = Box::pin(tape.ask(txt("never")));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(waiting.as_mut().poll(&mut context).is_pending());
    drop(waiting);
    let _ = block_on(tape.ask(txt("a")));
    assert_eq!(tape.recording(&[]).exchanges.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn tape_and_replay_answer_alike(
        exchanges in proptest::collection::vec(arbitrary::exchange(), 0..8),
        value in "\\PC{0,20}|[\\x00-\\x7f]{0,20}",
    ) {
        let source = Replay::new(Recording { exchanges: exchanges.clone(), ..Recording::default() });
        let tape = Tape::new(&source);
        for (question, _) in &exchanges {
            let _ = block_on(tape.ask(question.clone()));
        }
        let recording = tape.recording(&[("helo", &value)]);
        let text = recording.to_string();
        prop_assert_eq!(Recording::parse(&text).expect(&text), recording);
        let replay = Replay::parse(&text).expect(&text);
        prop_assert_eq!(replay.get("helo"), Some(&*value));
        for (question, _) in &exchanges {
            let (first, again) = (block_on(source.ask(question.clone())), block_on(replay.ask(question.clone())));
            prop_assert_eq!(first, again);
        }
    }
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_tape() {
    let seed =
        "; sekisho tape 1\n; ip: ::1\n\na. 3 IN TXT \"x\\000\"\n;! a. TXT authenticated via b.\n;! c. A nodata ttl=3\n";
    let documents = "; sekisho tape 1\n\n;! fetch https://a/ 200 text/plain\n;! + \"x\\010\"\n;! + eA==\n;! fetch https://a/ follow 404\n;! fetch \"https://a/;\" tls\n";
    testkit::fuzz("tape", &[seed, documents], |bytes| {
        let Ok(recording) =
            std::str::from_utf8(bytes).map_err(|_| ()).and_then(|text| Recording::parse(text).map_err(|_| ()))
        else {
            return;
        };
        let again = Recording::parse(&recording.to_string()).expect("what was printed is read");
        assert_eq!(again.exchanges, recording.exchanges);
        assert_eq!(again.fetches, recording.fetches);
    });
}
