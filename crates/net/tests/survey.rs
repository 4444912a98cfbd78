//! The wire of surveys, against servers on loopback that lie, cut, and fail.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, unreachable_pub, dead_code)] // tests

mod support;

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_proto::op::ResponseCode;
use lookup::{Answer, Dnssec, Failure, Kind};
use sekisho_net::survey::{Way, Wire, WireConfig, Word};
use sekisho_net::{AuthenticData, ResolverError};
use support::*;
use tokio::net::UdpSocket;
use tokio::time::Instant;

fn wire(servers: &[&Server]) -> Wire {
    let servers = servers.iter().map(|server| server.address).collect();
    Wire::open(WireConfig { servers, authentic_data: AuthenticData::Believed, in_flight: 200 }).unwrap()
}

/// What is heard of so many tokens.
async fn heard(wire: &mut Wire, count: usize) -> BTreeMap<u64, Word> {
    let end = Instant::now() + Duration::from_secs(30);
    let mut words = Vec::new();
    let mut all = BTreeMap::new();
    while all.len() < count && Instant::now() < end {
        wire.hear(&mut words, Some(end)).await;
        for (token, word) in words.drain(..) {
            assert!(all.insert(token, word).is_none(), "{token} twice");
        }
    }
    all
}

/// Whether nothing is heard for a while.
async fn is_quiet(wire: &mut Wire) -> bool {
    let mut words = Vec::new();
    wire.hear(&mut words, Some(Instant::now() + Duration::from_millis(300))).await;
    words.is_empty()
}

#[tokio::test]
async fn many_questions_are_answered_each_with_its_own() {
    let server = Server::of_zone("$TTL 60\n*.a.example A 192.0.2.1\nb.example MX 0 .\n").await;
    let mut wire = wire(&[&server]);
    for token in 0..5_000_u64 {
        wire.send(2 * token, question(&format!("n{token}.a.example"), Kind::A), 0, Way::Udp);
        wire.send(2 * token + 1, question("b.example", Kind::Txt), 0, Way::Udp);
        // The server has only so much room.
        if token % 50 == 49 {
            let words = heard(&mut wire, 100).await;
            assert_eq!(words.len(), 100);
            for (token, word) in words {
                match word {
                    Word::Answer(answer) if token % 2 == 0 => assert_eq!(answer, an_address()),
                    Word::Answer(Answer::NoData(_)) if token % 2 == 1 => {}
                    other => panic!("{other:?}"),
                }
            }
        }
    }
    let counts = wire.counts();
    assert_eq!((counts.datagrams_sent, counts.datagrams_received, counts.strange), (10_000, 10_000, 0));
    let log = server.log.lock().unwrap();
    let ports: HashSet<_> = log.iter().map(|asked| asked.from.port()).collect();
    assert!(ports.len() >= 6, "ports change: {}", ports.len());
    let ids: HashSet<_> = log.iter().map(|asked| asked.message.metadata.id).collect();
    assert!(ids.len() > 8_000, "ids are random: {}", ids.len());
}

#[tokio::test]
async fn what_is_forged_is_passed_over() {
    // Another id, another question, and no response; then the truth.
    let forged = |asked: &Asked| {
        let mut other_id = response(asked, ResponseCode::NXDomain);
        other_id.metadata.id ^= 1;
        let mut other_question = response(asked, ResponseCode::NXDomain);
        other_question.queries[0].name = name("other.example");
        let mut bytes: Vec<Vec<u8>> = vec![other_id.to_vec().unwrap(), other_question.to_vec().unwrap()];
        bytes.push(asked.message.to_vec().unwrap());
        bytes.push(vec![1, 2, 3]);
        bytes.push(with_address(asked));
        bytes.into_iter().map(|bytes| Sent { after: Duration::ZERO, bytes }).collect()
    };
    let server = Server::start(forged).await;
    let mut wire = wire(&[&server]);
    wire.send(1, question("a.example", Kind::A), 0, Way::Udp);
    assert_eq!(heard(&mut wire, 1).await[&1], Word::Answer(an_address()));
    assert_eq!(wire.counts().strange, 4);
}

#[tokio::test]
async fn what_comes_from_elsewhere_does_not_come() {
    let elsewhere = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
    let asked_of: Arc<Mutex<Vec<Asked>>> = Arc::default();
    let keep = Arc::clone(&asked_of);
    let server = Server::start(move |asked| {
        keep.lock().unwrap().push(asked.clone());
        vec![]
    })
    .await;
    let mut wire = wire(&[&server]);
    wire.send(1, question("a.example", Kind::A), 0, Way::Udp);
    assert!(is_quiet(&mut wire).await);
    let asked = asked_of.lock().unwrap()[0].clone();
    // Everything fits but the port that it comes from.
    elsewhere.send_to(&with_address(&asked), asked.from).await.unwrap();
    assert!(is_quiet(&mut wire).await);
    assert_eq!(wire.counts().datagrams_received, 0);
}

#[tokio::test]
async fn guessing_is_noticed() {
    let server = Server::start(|asked| {
        let wrong = |number: u16| {
            let mut message = response(asked, ResponseCode::NXDomain);
            message.metadata.id = message.metadata.id.wrapping_add(1 + number);
            Sent { after: Duration::ZERO, bytes: message.to_vec().unwrap() }
        };
        (0..100).map(wrong).collect()
    })
    .await;
    let mut wire = wire(&[&server]);
    wire.send(1, question("a.example", Kind::A), 0, Way::Udp);
    assert_eq!(heard(&mut wire, 1).await[&1], Word::Suspicious);
}

#[tokio::test]
async fn what_was_cut_and_what_comes_over_a_connection() {
    let server = Server::start(|asked| {
        if asked.over == Over::Tcp {
            return now(with_address(asked));
        }
        let mut message = response(asked, ResponseCode::NoError);
        message.metadata.truncation = true;
        now(message.to_vec().unwrap())
    })
    .await;
    let mut wire = wire(&[&server]);
    wire.send(1, question("a.example", Kind::A), 0, Way::Udp);
    assert_eq!(heard(&mut wire, 1).await[&1], Word::Truncated);
    for token in 0..6 {
        wire.send(token, question("a.example", Kind::A), 0, Way::Tcp);
    }
    let words = heard(&mut wire, 6).await;
    assert_eq!(words.len(), 6);
    assert!(words.values().all(|word| *word == Word::Answer(an_address())), "{words:?}");
    assert_eq!(wire.counts().over_tcp, 6);
}

#[tokio::test]
async fn failures_have_their_names() {
    let code = |code: ResponseCode| async move {
        Server::start(move |asked| now(response(asked, code).to_vec().unwrap())).await
    };
    for (code, want) in [
        (code(ResponseCode::ServFail).await, Word::Failed(Failure::ServFail)),
        (code(ResponseCode::Refused).await, Word::Failed(Failure::Refused)),
        (code(ResponseCode::YXDomain).await, Word::Failed(Failure::Malformed)),
    ] {
        let mut wire = wire(&[&code]);
        wire.send(1, question("a.example", Kind::A), 0, Way::Udp);
        assert_eq!(heard(&mut wire, 1).await[&1], want);
    }
}

#[tokio::test]
async fn nobody_there_is_told_over_both_ways() {
    let server = Server::of_zone("a.example. 60 A 192.0.2.1\n").await;
    let mut wire = wire(&[&server]);
    drop(server);
    // The tasks of the server end some time after it was dropped.
    tokio::time::sleep(Duration::from_millis(100)).await;
    wire.send(2, question("a.example", Kind::A), 0, Way::Tcp);
    assert_eq!(heard(&mut wire, 1).await[&2], Word::Failed(Failure::Unreachable));
    // The system tells it when the socket is used again: each has had its turn.
    for token in 10..30 {
        wire.send(token, question("a.example", Kind::A), 0, Way::Udp);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let words = heard(&mut wire, 8).await;
    assert!(words.values().all(|word| *word == Word::Failed(Failure::Unreachable)), "{words:?}");
    wire.send(3, question("a.example", Kind::A), 7, Way::Udp);
    let words = heard(&mut wire, 1).await;
    assert_eq!(words.get(&3), Some(&Word::Failed(Failure::Unreachable)), "there is no such server");
}

#[tokio::test]
async fn a_server_that_knows_no_edns_is_asked_without() {
    let server = Server::start(|asked| {
        if asked.message.edns.is_some() {
            return now(response(asked, ResponseCode::FormErr).to_vec().unwrap());
        }
        now(with_address(asked))
    })
    .await;
    let mut wire = wire(&[&server]);
    for token in 0..3 {
        wire.send(token, question("a.example", Kind::A), 0, Way::Udp);
        assert_eq!(heard(&mut wire, 1).await[&token], Word::Answer(an_address()));
    }
    assert_eq!(server.count(), 4);
}

#[tokio::test]
async fn an_alias_that_leads_out_is_told_as_one() {
    let server = Server::start(|asked| now(with_records(asked, vec![alias("a.example", "b.example.net")]))).await;
    let mut wire = wire(&[&server]);
    wire.send(1, question("a.example", Kind::A), 0, Way::Udp);
    let want = Word::Alias { aliases: vec![domain("b.example.net")], ttl_s: 60, dnssec: Dnssec::Unproven };
    assert_eq!(heard(&mut wire, 1).await[&1], want);
}

#[tokio::test]
async fn what_is_forgotten_is_not_told() {
    let server = Server::start(|asked| after(100, with_address(asked))).await;
    let mut wire = wire(&[&server]);
    wire.send(1, question("a.example", Kind::A), 0, Way::Udp);
    wire.send(2, question("a.example", Kind::A), 0, Way::Tcp);
    assert!(wire.counts().datagrams_sent == 1);
    wire.forget(1);
    wire.forget(2);
    wire.forget(3);
    assert!(is_quiet(&mut wire).await);
}

#[tokio::test]
async fn numbers_of_servers_have_a_limit() {
    let server = Server::of_zone("a.example. 60 A 192.0.2.1\n").await;
    let config = WireConfig { servers: vec![], authentic_data: AuthenticData::Ignored, in_flight: 1 };
    assert!(matches!(Wire::open(config.clone()), Err(ResolverError::NoServer { .. })));
    let servers = vec![server.address; 9];
    assert!(matches!(Wire::open(WireConfig { servers, ..config }), Err(ResolverError::TooManyServers { count: 9 })));
}
