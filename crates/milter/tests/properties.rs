//! What holds for all bytes, all pieces, all filters and all MTAs.

#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests may panic, too.

use std::sync::Arc;

use proptest::prelude::*;
use sekisho_milter::codec::{Address, Arguments, Command, Frame, Response, frame};
use sekisho_milter::mta::{Delivery, Message, Outcome, Progress, Verdict};
use sekisho_milter::{
    Actions, Chunks, Edit, Event, Mta, Offer, PacketSize, Protocol, ProtocolError, RejectedRecipients, Reply,
    ReplyText, Session, Stage, Step, Steps, Turn, Wanted, deletion_order, limits,
};

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(1u8..=255, 0..12)
}

fn chunk() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..40)
}

fn offer() -> impl Strategy<Value = Offer> {
    (2u32..9, any::<u32>(), any::<u32>()).prop_map(|(version, actions, protocol)| Offer {
        version,
        actions: Actions::from_bits(actions),
        protocol: Protocol::from_bits(protocol),
    })
}

fn wanted() -> impl Strategy<Value = Wanted> {
    (0u16..1024, 0u16..1024, any::<u32>(), any::<bool>(), 0usize..3).prop_map(
        |(steps, answers, actions, shown, size)| {
            let of = |bits: u16| {
                let chosen: Vec<_> = Step::ALL.into_iter().filter(|step| bits & (1 << *step as u16) != 0).collect();
                Steps::of(&chosen)
            };
            Wanted {
                steps: of(steps),
                answers: of(answers),
                actions: Actions::from_bits(actions),
                macros: if actions & 0x100 == 0 { Vec::new() } else { vec![(Stage::Mail, "i {auth_type}".into())] },
                packet_size: [PacketSize::K64, PacketSize::K256, PacketSize::M1][size],
                rejected_recipients: if shown { RejectedRecipients::Shown } else { RejectedRecipients::Hidden },
                chunks: Chunks::Whole,
            }
        },
    )
}

/// A packet of the MTA, well-formed more often than not.
fn packet() -> impl Strategy<Value = Vec<u8>> {
    let encoded = |command: Command<'_>| {
        let mut out = Vec::new();
        command.encode(&mut out);
        out
    };
    let fixed = |command: Command<'static>| Just(encoded(command)).boxed();
    prop_oneof![
        2 => text().prop_map(move |name| encoded(Command::Helo { name: &name })),
        3 => text().prop_map(move |sender| encoded(Command::Mail { sender: &sender, arguments: Arguments::new(b"A=1\0") })),
        3 => text().prop_map(move |recipient| {
            encoded(Command::Recipient { recipient: &recipient, arguments: Arguments::default() })
        }),
        3 => (text(), chunk()).prop_map(move |(name, value)| encoded(Command::Header { name: &name, value: &value })),
        3 => chunk().prop_map(move |chunk| encoded(Command::Body(&chunk))),
        2 => (0usize..9, text()).prop_map(move |(stage, value)| {
            let command_code = Stage::ALL.get(stage).map_or(b'L', |stage| stage.command_code());
            encoded(Command::Macro { command_code, definitions: &[&b"i\0"[..], &value, b"\0"].concat() })
        }),
        1 => chunk().prop_map(move |last_chunk| encoded(Command::EndOfMessage { last_chunk: &last_chunk })),
        2 => fixed(Command::EndOfMessage { last_chunk: b"" }),
        2 => fixed(Command::Connect { hostname: b"h", address: Address::Unknown }),
        2 => fixed(Command::Data),
        2 => fixed(Command::EndOfHeaders),
        1 => fixed(Command::Abort),
        1 => fixed(Command::QuitNewConnection),
        1 => fixed(Command::Unknown { line: b"XYZZY" }),
        1 => fixed(Command::Negotiate(Offer::postfix())),
        1 => (prop::sample::select(&b"ABCDEHKLMNORTUx"[..]), chunk()).prop_map(|(code, data)| {
            let length = u32::try_from(data.len() + 1).unwrap();
            [&length.to_be_bytes()[..], &[code], &data].concat()
        }),
    ]
}

/// What a filter says next; depends only on how many events there were.
fn reply(choice: u8) -> Option<Reply<'static>> {
    Some(match choice % 8 {
        0 => Reply::Accept,
        1 => Reply::Reject,
        2 => Reply::Discard,
        3 => Reply::Skip,
        4 => Reply::TemporaryFailure,
        5 => return None,
        _ => Reply::Continue,
    })
}

/// Events, errors and output of a session that is fed in pieces of these sizes.
fn transcript(wanted: &Arc<Wanted>, stream: &[u8], pieces: &[usize], choices: &[u8]) -> (Vec<String>, Vec<u8>) {
    let mut session = Session::new(Arc::clone(wanted));
    let (mut seen, mut output) = (Vec::new(), Vec::new());
    let mut rest = stream;
    let mut pieces = pieces.iter().copied().cycle();
    while !rest.is_empty() {
        let (now, later) = rest.split_at(pieces.next().unwrap().clamp(1, rest.len()));
        rest = later;
        if now.len().is_multiple_of(2) {
            session.feed(now);
        } else {
            let mut left = now;
            while !left.is_empty() {
                let space = session.space();
                let count = space.len().min(left.len());
                space[..count].copy_from_slice(&left[..count]);
                session.filled(count);
                left = &left[count..];
            }
        }
        loop {
            match session.next_event() {
                Ok(Some(turn)) => seen.push(format!("{:?} {:?}", turn.event, turn.macros.get(b"i"))),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(session.next_event().err(), Some(error));
                    seen.push(error.name().to_owned());
                    return (seen, [output, session.take_output()].concat());
                }
            }
            let choice = choices[seen.len() % choices.len()];
            if let Some(reply) = reply(choice) {
                let _ = session.reply(reply);
            }
            let _ = session.edit(Edit::AddHeader { name: b"X", value: b" y" });
            if session.awaits_reply() == Some(Step::EndOfMessage) {
                session.reply(Reply::Continue).unwrap();
            }
            output.extend(session.take_output());
        }
        output.extend(session.take_output());
    }
    (seen, output)
}

/// As [`transcript`] of a filter that goes on, with what was shown of a body since the last other event as one.
fn bodies(wanted: &Arc<Wanted>, stream: &[u8], piece_bytes: usize) -> (Vec<String>, Vec<u8>) {
    let mut session = Session::new(Arc::clone(wanted));
    let (mut seen, mut body, mut output) = (Vec::new(), Vec::new(), Vec::new());
    for piece in stream.chunks(piece_bytes) {
        session.feed(piece);
        loop {
            match session.next_event() {
                Ok(Some(Turn { event: Event::Body(piece), .. })) => body.extend_from_slice(piece),
                Ok(Some(turn)) => seen.push(format!("{:?} {:?}", std::mem::take(&mut body), turn.event)),
                Ok(None) => break,
                Err(error) => {
                    seen.push(format!("{:?} {}", std::mem::take(&mut body), error.name()));
                    return (seen, [output, session.take_output()].concat());
                }
            }
            if session.awaits_reply() == Some(Step::EndOfMessage) {
                session.reply(Reply::Continue).unwrap();
            }
        }
        output.extend(session.take_output());
    }
    (seen, output)
}

/// The output of a session is a run of whole packets that an MTA can read.
fn check_output(mut output: &[u8]) {
    while !output.is_empty() {
        let Ok(Frame::Packet { code, data }) = frame(output, |_| limits::PACKET_BYTES_MAX_1M) else {
            panic!("not a packet: {output:?}")
        };
        Response::parse(code, data).unwrap();
        output = &output[5 + data.len()..];
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400), negotiated: bool) {
        let mut stream = Vec::new();
        if negotiated {
            Command::Negotiate(Offer::postfix()).encode(&mut stream);
        }
        stream.extend(bytes);
        let wanted = Arc::new(Wanted::default());
        let whole = transcript(&wanted, &stream, &[stream.len()], &[6]);
        prop_assert_eq!(&whole, &transcript(&wanted, &stream, &[1], &[6]));
        check_output(&whole.1);
        let mut mta = Mta::new(Offer::postfix());
        mta.feed(&stream);
        while let Ok(Some(_)) = mta.receive() {}
    }

    #[test]
    fn any_packets_in_any_pieces(
        wanted in wanted(),
        offer in offer(),
        packets in prop::collection::vec(packet(), 0..40),
        pieces in prop::collection::vec(1usize..60, 1..10),
        choices in prop::collection::vec(any::<u8>(), 1..10),
    ) {
        let wanted = Arc::new(wanted);
        let mut stream = Vec::new();
        Command::Negotiate(offer).encode(&mut stream);
        stream.extend(packets.concat());
        let whole = transcript(&wanted, &stream, &[stream.len()], &choices);
        prop_assert_eq!(&whole, &transcript(&wanted, &stream, &pieces, &choices));
        prop_assert_eq!(&whole, &transcript(&wanted, &stream, &[1], &choices));
        check_output(&whole.1);
    }

    #[test]
    fn a_body_in_pieces_is_the_same_body(
        wanted in wanted(),
        offer in offer(),
        packets in prop::collection::vec(packet(), 0..40),
        piece_bytes in 1usize..60,
    ) {
        let mut stream = Vec::new();
        Command::Negotiate(offer).encode(&mut stream);
        stream.extend(packets.concat());
        // What is behind the last packet may be the beginning of one.
        Command::Quit.encode(&mut stream);
        let pieces = Arc::new(Wanted { chunks: Chunks::AsTheyCome, ..wanted.clone() });
        let whole = bodies(&Arc::new(wanted), &stream, stream.len());
        prop_assert_eq!(&whole, &bodies(&pieces, &stream, piece_bytes));
        prop_assert_eq!(&whole, &bodies(&pieces, &stream, stream.len()));
    }

    #[test]
    fn commands_there_and_back(
        first in text(), second in text(), data in chunk(), ip4: u32, ip6: u128, port: u16, offer in offer(),
    ) {
        let arguments = [&first[..], b"\0", &second, b"\0"].concat();
        let inet = Address::Inet { ip: ip4.into(), port };
        let inet6 = Address::Inet6 { ip: ip6.into(), port };
        for command in [
            Command::Negotiate(offer),
            Command::Macro { command_code: b'M', definitions: &arguments },
            Command::Connect { hostname: &first, address: inet },
            Command::Connect { hostname: &first, address: inet6 },
            Command::Connect { hostname: &first, address: Address::Unix(&second) },
            Command::Connect { hostname: &first, address: Address::Unknown },
            Command::Helo { name: &first },
            Command::Mail { sender: &first, arguments: Arguments::new(&arguments) },
            Command::Recipient { recipient: &first, arguments: Arguments::default() },
            Command::Data,
            Command::Header { name: &first, value: &data },
            Command::EndOfHeaders,
            Command::Body(&data),
            Command::EndOfMessage { last_chunk: &data },
            Command::Abort,
            Command::Unknown { line: &first },
            Command::QuitNewConnection,
            Command::Quit,
        ] {
            let mut out = Vec::new();
            command.encode(&mut out);
            let Ok(Frame::Packet { code, data }) = frame(&out, |_| 1000) else { panic!("{command:?}") };
            prop_assert_eq!(code, command.code());
            prop_assert_eq!(Command::parse(code, data), Ok(command));
        }
    }

    #[test]
    fn responses_there_and_back(first in text(), second in text(), data in chunk(), number: u32) {
        let value = [b" ", &second[..]].concat();
        let value = value.strip_suffix(b"\r").unwrap_or(&value);
        prop_assume!(!value.windows(2).any(|pair| pair == b"\r\n"));
        for response in [
            Response::Continue, Response::Accept, Response::Reject, Response::TemporaryFailure, Response::Discard,
            Response::Skip, Response::Progress, Response::Shutdown, Response::ConnectionFailure,
            Response::ReplyCode(b"550 5.7.1 no"),
            Response::Edit(Edit::AddHeader { name: &first, value }),
            Response::Edit(Edit::InsertHeader { index: number, name: &first, value }),
            Response::Edit(Edit::ChangeHeader { occurrence: number, name: &first, value }),
            Response::Edit(Edit::DeleteHeader { occurrence: number, name: &first }),
            Response::Edit(Edit::ReplaceBody(&data)),
            Response::Edit(Edit::ChangeSender { sender: &first, arguments: None }),
            Response::Edit(Edit::ChangeSender { sender: &first, arguments: Some(&second) }),
            Response::Edit(Edit::AddRecipient { recipient: &first, arguments: None }),
            Response::Edit(Edit::AddRecipient { recipient: &first, arguments: Some(&second) }),
            Response::Edit(Edit::DeleteRecipient { recipient: &first }),
            Response::Edit(Edit::Quarantine { reason: &first }),
        ] {
            let mut out = Vec::new();
            response.encode(&mut out);
            let Ok(Frame::Packet { code, data }) = frame(&out, |_| 1000) else { panic!("{response:?}") };
            prop_assert_eq!(Response::parse(code, data), Ok(response));
        }
    }

    /// A strict MTA and a filter that says anything always come to an end, and never break the protocol.
    #[test]
    fn any_filter_with_any_mta(
        wanted in wanted(),
        offer in offer(),
        choices in prop::collection::vec(any::<u8>(), 1..12),
        recipients in 0usize..4,
        headers in prop::collection::vec((text(), text()), 0..4),
        body in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let message = Message {
            hostname: b"h",
            recipients: vec![b"<b@example.jp>"; recipients],
            headers: headers.iter().map(|(name, value)| (&name[..], &value[..])).collect(),
            body: &body,
            macros: vec![(Stage::Mail, b"i", b"1"), (Stage::Mail, b"auth_author", b"2")],
            ..Message::default()
        };
        let mut mta = Mta::new(offer);
        let mut session = Session::new(Arc::new(wanted));
        let mut said = 0;
        for delivery in [Delivery::first(&message), Delivery::further(&message)] {
            converse(&mut mta, &mut session, delivery, |session, _| {
                said += 1;
                if session.awaits_reply() == Some(Step::EndOfMessage) {
                    let _ = session.progress();
                    let _ = session.edit(Edit::InsertHeader { index: 0, name: b"X", value: b" y" });
                    let _ = session.edit(Edit::Quarantine { reason: b"z" });
                    let _ = session.delete_headers(b"A", &[1, 2]);
                }
                if let Some(reply) = reply(choices[said % choices.len()]) {
                    let _ = session.reply(reply);
                }
                if session.awaits_reply() == Some(Step::EndOfMessage) {
                    session.reply(Reply::Continue).unwrap();
                }
            });
        }
    }

    /// Whatever is deleted, Postfix (which no longer counts what is deleted) and Sendmail (which does) are left with
    /// the same headers: those that were not named.
    #[test]
    fn deletions_hit_the_headers_that_were_meant(count in 0u32..12, doomed in prop::collection::vec(1u32..14, 0..12)) {
        let kept: Vec<u32> = (1..=count).filter(|occurrence| !doomed.contains(occurrence)).collect();
        let mut postfix: Vec<u32> = (1..=count).collect();
        let mut sendmail: Vec<Option<u32>> = (1..=count).map(Some).collect();
        for occurrence in deletion_order(&doomed) {
            let place = occurrence as usize - 1;
            if place < postfix.len() {
                postfix.remove(place);
            }
            if let Some(header) = sendmail.get_mut(place) {
                *header = None;
            }
        }
        prop_assert_eq!(&postfix, &kept);
        prop_assert_eq!(sendmail.into_iter().flatten().collect::<Vec<_>>(), kept);
    }
}

/// Runs one delivery; panics if either side breaks the protocol or if both wait for each other.
fn converse(
    mta: &mut Mta,
    session: &mut Session,
    mut delivery: Delivery<'_>,
    mut filter: impl FnMut(&mut Session, &str),
) -> Outcome {
    let mut stalled = 0;
    loop {
        let done = match delivery.advance(mta).expect("the filter keeps to the protocol") {
            Progress::Done(outcome) => Some(outcome),
            Progress::Waiting => None,
        };
        let sent = mta.take_output();
        session.feed(&sent);
        while let Some(turn) = session.next_event().expect("the MTA keeps to the protocol") {
            let event = format!("{:?}", turn.event);
            filter(session, &event);
        }
        let answer = session.take_output();
        mta.feed(&answer);
        if let Some(outcome) = done {
            return outcome;
        }
        stalled = if sent.is_empty() && answer.is_empty() { stalled + 1 } else { 0 };
        assert!(stalled < 2, "both sides wait");
    }
}

fn filter_of(wanted: Wanted, offer: Offer, message: &Message<'_>, filter: impl FnMut(&mut Session, &str)) -> Outcome {
    converse(&mut Mta::new(offer), &mut Session::new(Arc::new(wanted)), Delivery::first(message), filter)
}

fn a_message() -> Message<'static> {
    Message {
        hostname: b"mail.example.com",
        address: Some(Address::Inet { ip: [192, 0, 2, 1].into(), port: 25 }),
        helo: b"mail.example.com",
        sender: b"<a@example.com>",
        recipients: vec![b"<b@example.jp>", b"<c@example.jp>"],
        headers: vec![(b"From", b" a@example.com"), (b"Subject", b" x")],
        body: b"text\r\n",
        ..Message::default()
    }
}

#[test]
fn a_delivery_collects_edits_and_verdict() {
    let wanted = Wanted { actions: Actions::ADD_HEADERS, ..Wanted::default() };
    for (offer, value) in [(Offer::postfix(), &b" y"[..]), (Offer::sendmail(), b" y"), (Offer::version_2(), b"y")] {
        let mut events = Vec::new();
        let outcome = filter_of(wanted.clone(), offer, &a_message(), |session, event| {
            events.push(event.split([' ', '(']).next().unwrap().to_owned());
            if session.awaits_reply() == Some(Step::EndOfMessage) {
                session.progress().unwrap();
                session.edit(Edit::InsertHeader { index: 0, name: b"X", value: b" y" }).unwrap();
                session.reply(Reply::Accept).unwrap();
            }
        });
        assert_eq!(outcome.verdict, Verdict::Accepted);
        assert_eq!((outcome.step, outcome.progress_count), (Step::EndOfMessage, 1));
        let want = [Edit::InsertHeader { index: 0, name: b"X", value }];
        assert_eq!(outcome.edits().collect::<Vec<_>>(), want);
        let data = if offer.version >= 4 { "Data " } else { "" };
        let want = format!(
            "Negotiated Connect Helo Mail Recipient Recipient {data}Header Header EndOfHeaders Body EndOfMessage"
        );
        assert_eq!(events.join(" "), want);
    }
}

#[test]
fn recipients_are_refused_one_by_one() {
    let no = ReplyText::new(550, None, &["no"]).unwrap();
    let refuse = |which: &[usize]| {
        let wanted = Wanted { answers: Steps::of(&[Step::Recipient]), ..Wanted::default() };
        let mut seen = 0;
        let outcome = filter_of(wanted, Offer::postfix(), &a_message(), |session, event| {
            if event.starts_with("Recipient") {
                seen += 1;
                if which.contains(&(seen - 1)) {
                    session.reply(Reply::Code(&no)).unwrap();
                }
            }
            if session.awaits_reply() == Some(Step::EndOfMessage) {
                session.reply(Reply::Continue).unwrap();
            }
        });
        (outcome.verdict, outcome.refused_recipients)
    };
    assert_eq!(refuse(&[]), (Verdict::Accepted, vec![]));
    assert_eq!(refuse(&[0]), (Verdict::Accepted, vec![0]));
    assert_eq!(refuse(&[1]), (Verdict::Accepted, vec![1]));
    assert_eq!(refuse(&[0, 1]), (Verdict::NoRecipients, vec![0, 1]));
}

#[test]
fn a_verdict_before_the_end() {
    let wanted = Wanted { answers: Steps::of(&[Step::EndOfHeaders]), ..Wanted::default() };
    let outcome = filter_of(wanted, Offer::postfix(), &a_message(), |session, event| {
        assert!(!event.starts_with("Abort"), "not told after the verdict");
        if event == "EndOfHeaders" {
            let text = ReplyText::new(451, None, &["50% later"]).unwrap();
            session.reply(Reply::Code(&text)).unwrap();
        }
    });
    assert_eq!((outcome.verdict, outcome.step), (Verdict::Code(b"451 50% later".to_vec()), Step::EndOfHeaders));
}

#[test]
fn what_a_strict_mta_refuses() {
    let refused = |negotiation: &[u32], more: &[u8]| {
        let mut mta = Mta::new(Offer::version_2());
        let words: Vec<u8> = negotiation.iter().flat_map(|word| word.to_be_bytes()).collect();
        mta.feed(&[&[0, 0, 0, 13, b'O'][..], &words, more].concat());
        while mta.receive()?.is_some() {}
        Ok::<(), ProtocolError>(())
    };
    assert_eq!(refused(&[2, 0x3f, 0x7f], b""), Ok(()));
    assert_eq!(refused(&[6, 0, 0], b""), Err(ProtocolError::NotOffered));
    assert_eq!(refused(&[2, 0x40, 0], b""), Err(ProtocolError::NotOffered));
    assert_eq!(refused(&[2, 0, 0x80], b""), Err(ProtocolError::NotOffered));
    assert_eq!(refused(&[2, 0, 0], b"\0\0\0\x01c"), Err(ProtocolError::UnexpectedResponse(b'c')));
}

/// A session past negotiation, connection and MAIL.
fn in_message() -> Session {
    let mut session = Session::new(Arc::new(Wanted { steps: Steps::NONE, ..Wanted::default() }));
    let mut stream = Vec::new();
    let offer = Offer { protocol: Protocol::from_bits(0x1f_f080), ..Offer::postfix() };
    Command::Negotiate(offer).encode(&mut stream);
    Command::Connect { hostname: b"h", address: Address::Unknown }.encode(&mut stream);
    Command::Mail { sender: b"<>", arguments: Arguments::default() }.encode(&mut stream);
    session.feed(&stream);
    assert!(matches!(session.next_event().unwrap().unwrap().event, Event::Negotiated(_)));
    assert!(session.next_event().unwrap().is_none());
    session
}

#[test]
fn counts_at_below_above() {
    let recipient = Command::Recipient { recipient: b"<b>", arguments: Arguments::default() };
    let header = Command::Header { name: b"A", value: b"b" };
    let feed = |session: &mut Session, command: Command<'_>, times: u32| {
        let mut stream = Vec::new();
        command.encode(&mut stream);
        session.feed(&stream.repeat(times as usize));
        session.next_event().map(|turn| assert!(turn.is_none()))
    };
    let mut session = in_message();
    assert_eq!(feed(&mut session, recipient, limits::RECIPIENT_COUNT_MAX - 1), Ok(()));
    assert_eq!(feed(&mut session, recipient, 1), Ok(()));
    assert_eq!(feed(&mut session, recipient, 1), Err(ProtocolError::RecipientCount));
    let mut session = in_message();
    assert_eq!(feed(&mut session, recipient, 1), Ok(()));
    assert_eq!(feed(&mut session, header, limits::HEADER_COUNT_MAX - 1), Ok(()));
    assert_eq!(feed(&mut session, header, 1), Ok(()));
    assert_eq!(feed(&mut session, header, 1), Err(ProtocolError::HeaderCount));
}

#[test]
fn packet_sizes_at_below_above() {
    let head = |code: u8, bytes: u32| [&bytes.to_be_bytes()[..], &[code]].concat();
    for (code, bytes_max) in [(b'B', limits::PACKET_BYTES_MAX_64K), (b'L', limits::HEADER_PACKET_BYTES_MAX)] {
        for (bytes, fits) in [(bytes_max - 1, true), (bytes_max, true), (bytes_max + 1, false)] {
            let mut session = in_message();
            session.feed(&head(code, bytes));
            let want = if fits { Ok(()) } else { Err(ProtocolError::PacketTooLarge { bytes, bytes_max }) };
            assert_eq!(session.next_event().map(|_| ()), want);
        }
    }
}

#[test]
fn output_is_written_in_parts() {
    let mut session = Session::new(Arc::new(Wanted::default()));
    let mut offer = Vec::new();
    Command::Negotiate(Offer::postfix()).encode(&mut offer);
    session.feed(&offer);
    session.next_event().unwrap();
    let whole = session.output().to_vec();
    assert_eq!(whole.len(), 17);
    session.written(5);
    assert_eq!(session.output(), &whole[5..]);
    session.written(100);
    assert!(session.output().is_empty());
    assert!(session.is_idle());
}

#[test]
fn an_edit_that_does_not_fit() {
    let wanted = Wanted { actions: Actions::ADD_HEADERS, ..Wanted::default() };
    let outcome = filter_of(wanted, Offer::postfix(), &a_message(), |session, _| {
        if session.awaits_reply() == Some(Step::EndOfMessage) {
            let largest = vec![b'x'; limits::PACKET_BYTES_MAX_64K as usize - 1 - 7];
            let edit = |value| Edit::AddHeader { name: b"X", value };
            session.edit(edit(&largest[1..])).unwrap();
            session.edit(edit(&largest)).unwrap();
            let above = [&largest[..], b"x"].concat();
            assert_eq!(session.edit(edit(&above)), Err(sekisho_milter::EditError::TooLong));
            session.reply(Reply::Continue).unwrap();
        }
    });
    assert_eq!(outcome.edits().count(), 2);
}
