//! Servers of a zone that are asked one by one: those that disagree, cut, lie, know nothing, or say nothing.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)] // As in every test of this crate.

#[allow(dead_code, unreachable_pub)] // Not every test takes all of it.
mod support;

use std::time::Duration;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::TXT;
use hickory_proto::rr::{RData, Record};
use lookup::log::Log;
use lookup::{Answer, Data, Kind, Zone};
use mailtext::Domain;
use sekisho_net::authoritative::{AuthorityFailure, Places, Told, Way, find, tell};
use sekisho_net::authorities::{Authorities, Telling};
use support::{Asked, Over, Sent, Server, alias, domain, from_zone, name, now, question, response};

/// What the resolver knows: the zone has two servers.
const PARENT: &str = "$ORIGIN example.jp.\n@ NS ns1\n@ NS ns2\nns1 A 127.250.0.1\nns2 A 127.250.0.2\nns2 AAAA ::1\n";
/// Long enough never to pass where a server answers.
const WAIT: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(400);

/// What a server of the zone itself sends.
fn own(zone: &Zone, asked: &Asked) -> Vec<Sent> {
    assert!(!asked.message.metadata.recursion_desired);
    let mut sent = from_zone(zone, asked);
    for one in &mut sent {
        one.bytes[2] |= AUTHORITATIVE;
    }
    sent
}

async fn of_zone(text: &str) -> Server {
    let zone = Zone::parse(&format!("$ORIGIN example.jp.\n{text}")).unwrap();
    Server::start(move |asked| own(&zone, asked)).await
}

/// Asks both servers of example.jp, which stand here.
fn authorities(servers: [&Server; 2], wait: Duration) -> Authorities<Log<Zone>> {
    let names = ["ns1.example.jp", "ns2.example.jp"].map(domain);
    let places: Places = names.into_iter().zip(servers.map(|server| server.address)).collect();
    Authorities::new(Log::new(Zone::parse(PARENT).unwrap()), places).with_wait(wait)
}

async fn told(authorities: &Authorities<Log<Zone>>, name: &str) -> Option<Vec<(Domain, Told)>> {
    let (zone, told) = authorities.ask(&question(name, Kind::Txt)).await?;
    assert_eq!(zone, domain("example.jp"));
    Some(told.into_iter().map(|Telling { server, told, .. }| (server, told)).collect())
}

fn texts(told: &Told) -> Vec<String> {
    told.answer.as_ref().unwrap().data().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn each_server_tells_what_it_has() {
    let one = of_zone("@ TXT \"one\"\nalias CNAME @").await;
    let other = of_zone("@ TXT \"other\"\nalias CNAME elsewhere.example.\nelsewhere.example. TXT \"x\"").await;
    let authorities = authorities([&one, &other], WAIT);
    let of_zone = told(&authorities, "example.jp").await.unwrap();
    assert_eq!(
        of_zone.iter().map(|(server, _)| server.as_str()).collect::<Vec<_>>(),
        ["ns1.example.jp", "ns2.example.jp"]
    );
    assert_eq!(
        (texts(&of_zone[0].1), texts(&of_zone[1].1)),
        (vec!["\"one\"".to_owned()], vec!["\"other\"".to_owned()])
    );
    assert!(of_zone.iter().all(|(_, told)| told.way == Way::Udp && told.size_bytes > 20));
    // An alias is told, and not followed, even where the server has what is behind it.
    let of_alias = told(&authorities, "alias.example.jp").await.unwrap();
    let targets = of_alias.iter().map(|(_, told)| told.answer.as_ref().unwrap().data().to_vec()).collect::<Vec<_>>();
    assert_eq!(targets, [[Data::Cname(domain("example.jp"))], [Data::Cname(domain("elsewhere.example"))]]);
    let of_none = told(&authorities, "none.example.jp").await.unwrap();
    assert!(of_none.iter().all(|(_, told)| matches!(told.answer, Ok(Answer::NxDomain(_)))));
}

#[tokio::test]
async fn what_is_cut_is_asked_for_over_tcp() {
    let long = format!("@ TXT \"{0}\" \"{0}\" \"{0}\" \"{0}\" \"{0}\" \"{0}\"", "x".repeat(250));
    let whole = of_zone(&long).await;
    let cuts = Server::start(|asked| match asked.over {
        Over::Udp => {
            let mut cut = response(asked, ResponseCode::NoError);
            cut.metadata.truncation = true;
            now(cut.to_vec().unwrap())
        }
        Over::Tcp => Vec::new(),
    })
    .await;
    let authorities = authorities([&whole, &cuts], Duration::from_secs(3));
    let told = told(&authorities, "example.jp").await.unwrap();
    assert_eq!((told[0].1.way, texts(&told[0].1)[0].matches('x').count()), (Way::Tcp, 1500));
    assert!(told[0].1.size_bytes > 1500);
    assert_eq!((told[1].1.way, &told[1].1.answer), (Way::TcpRefused, &Err(AuthorityFailure::Timeout)));
}

#[tokio::test]
async fn a_server_that_says_nothing_is_waited_for_once() {
    let speaks = of_zone("@ TXT \"one\"\n_dmarc TXT \"two\"").await;
    let silent = Server::start(|_| Vec::new()).await;
    let authorities = authorities([&speaks, &silent], SHORT);
    for name in ["example.jp", "_dmarc.example.jp", "none.example.jp"] {
        let told = told(&authorities, name).await.unwrap();
        assert!(told[0].1.answer.is_ok());
        assert_eq!(told[1].1.answer, Err(AuthorityFailure::Timeout));
    }
    assert_eq!(silent.count(), 2, "two tries of the first question");
}

#[tokio::test]
async fn where_no_server_is_reached_nothing_is_said_of_them() {
    let (one, other) = (Server::start(|_| Vec::new()).await, Server::start(|_| Vec::new()).await);
    assert_eq!(told(&authorities([&one, &other], SHORT), "example.jp").await, None);
}

#[tokio::test]
async fn a_zone_is_found_once() {
    let (one, other) = (of_zone("@ TXT \"one\"").await, of_zone("@ TXT \"one\"").await);
    let log = Log::new(Zone::parse(PARENT).unwrap());
    // Only one stands elsewhere; the other's addresses are asked for, and nobody is there.
    let places: Places = [(domain("ns1.example.jp"), one.address)].into();
    let authorities = Authorities::new(&log, places).with_wait(SHORT);
    drop(other);
    for name in ["example.jp", "_dmarc.example.jp"] {
        assert!(authorities.ask(&question(name, Kind::Mx)).await.is_some(), "{name}");
    }
    let asked = log.questions();
    let of = |kind: Kind| asked.iter().filter(|question| question.kind == kind).count();
    assert_eq!((of(Kind::A), of(Kind::Aaaa)), (1, 1), "{asked:?}");
    assert!(asked.iter().all(|question| question.name != domain("ns1.example.jp")));
}

#[tokio::test]
async fn the_nearest_zone_counts() {
    let zone = format!("{PARENT}sub NS ns.sub\nns.sub A 127.250.0.3\n");
    let zone = Zone::parse(&zone).unwrap();
    for (name, want) in [
        ("example.jp", "example.jp"),
        ("_dmarc.example.jp", "example.jp"),
        ("a.b.c.d.e.example.jp", "example.jp"),
        ("s._domainkey.sub.example.jp", "sub.example.jp"),
    ] {
        let authority = find(&zone, &domain(name)).await.unwrap();
        assert_eq!(authority.zone, domain(want), "{name}");
        assert!(authority.servers.iter().all(|server| !server.addresses.is_empty()));
    }
    assert!(find(&zone, &domain("elsewhere.example")).await.is_err());
}

#[tokio::test]
async fn who_does_not_answer_for_the_zone() {
    let zone = Zone::parse("$ORIGIN example.jp.\n@ TXT \"cached\"").unwrap();
    let lame = Server::start(move |asked| from_zone(&zone, asked)).await;
    let asked = question("example.jp", Kind::Txt);
    assert_eq!(tell(lame.address, &asked, WAIT).await.answer, Err(AuthorityFailure::NotAuthoritative));
    for (code, want) in [
        (ResponseCode::NotAuth, AuthorityFailure::NotAuthoritative),
        (ResponseCode::Refused, AuthorityFailure::Refused),
        (ResponseCode::ServFail, AuthorityFailure::Refused),
    ] {
        let server = Server::start(move |asked| now(response(asked, code).to_vec().unwrap())).await;
        assert_eq!(tell(server.address, &asked, WAIT).await.answer, Err(want), "{code}");
    }
}

#[tokio::test]
async fn what_answers_another_question_is_not_looked_at() {
    let forged = |asked: &Asked, change: usize| {
        let mut message = response(asked, ResponseCode::NoError);
        message.metadata.authoritative = true;
        let owner = asked.message.queries[0].name.clone();
        message.add_answer(Record::from_rdata(owner, 60, RData::TXT(TXT::from_bytes(vec![b"forged"]))));
        let mut bytes = message.to_vec().unwrap();
        match change {
            // Another id, another name, another type.
            0 | 1 => bytes[change] ^= 0xff,
            2 => bytes[13] ^= 0x01,
            3 => bytes[12 + 12 + 1] ^= 0x01,
            // A question, not an answer; and one that is cut and answers nothing.
            4 => bytes[2] &= !0x80,
            _ => bytes = [&bytes[..2], &[0x82, 0, 0, 1, 0, 0, 0, 0, 0, 0], b"\x01x\0\0\x10\0\x01"].concat(),
        }
        bytes
    };
    let zone = Zone::parse("$ORIGIN example.jp.\n@ TXT \"true\"").unwrap();
    let server = Server::start(move |asked| {
        let lies = (0..6).map(|change| Sent { after: Duration::ZERO, bytes: forged(asked, change) });
        let rest = [Vec::new(), vec![0], vec![0xff; 4000]].map(|bytes| Sent { after: Duration::ZERO, bytes });
        lies.chain(rest).chain(own(&zone, asked)).collect()
    })
    .await;
    let told = tell(server.address, &question("example.jp", Kind::Txt), WAIT).await;
    assert_eq!((texts(&told), told.way), (vec!["\"true\"".to_owned()], Way::Udp));
}

#[tokio::test]
async fn an_answer_that_cannot_be_read() {
    let server = Server::start(|asked| {
        let mut message = response(asked, ResponseCode::NoError);
        message.metadata.authoritative = true;
        message.add_answer(alias("example.jp", "target.example"));
        let mut bytes = message.to_vec().unwrap();
        bytes.truncate(bytes.len() - 3);
        now(bytes)
    })
    .await;
    let told = tell(server.address, &question("example.jp", Kind::Txt), WAIT).await;
    assert_eq!(told.answer, Err(AuthorityFailure::Malformed));
    // Records that stand beside the name are none of it.
    let beside = Server::start(|asked| {
        let mut message = response(asked, ResponseCode::NoError);
        message.metadata.authoritative = true;
        message.add_answer(Record::from_rdata(name("other.jp"), 60, RData::TXT(TXT::from_bytes(vec![b"x"]))));
        now(message.to_vec().unwrap())
    })
    .await;
    let told = tell(beside.address, &question("example.jp", Kind::Txt), WAIT).await;
    assert!(matches!(told.answer, Ok(Answer::NoData(_))));
}

/// The AA bit in the third octet of the header.
const AUTHORITATIVE: u8 = 0x04;
