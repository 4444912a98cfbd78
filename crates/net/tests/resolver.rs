//! The resolver against servers on loopback that lie, cut, delay, forge and fail.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, unreachable_pub, dead_code)]

mod support;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::{A, MX, PTR, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use lookup::{Answer, Data, Dnssec, Failure, Kind, Lookup as _, Negative, Text, Zone};
use sekisho_net::limits::BURST_MS;
use sekisho_net::{AuthenticData, Resolver, ResolverConfig, ResolverError, ServerOrder, Transport};
use support::*;

const ZONE: &str = r#"
$ORIGIN example.jp.
$TTL 300
@         SOA   ns hostmaster 7 3600 600 86400 120
          NS    ns
          TXT   "v=spf1 mx -all"
          TXT   "two " "strings" ""
          MX    10 mx
          MX    20 mx.elsewhere.example.
nomail    MX    0 .
mx        A     192.0.2.1
          A     192.0.2.2
          AAAA  2001:db8::1
bytes     TXT   "nul \000 quote \" latin1 \233 utf8 \227\129\130 dot . semicolon ;"
one       CNAME two
two       CNAME mx
UPPER     TXT   "case"
a!b'c     TXT   "odd label"
proven    CAA   128 issuevmc "ca.example; account=1"
          CAA   0 iodef "mailto:a@example.jp"
          TLSA  3 1 1 00ff10 abcdef
          DS    60485 13 2 2BB183AF5F22588179A53B0A
          SPF   "v=spf1 " "-all"
1.2.0.192.in-addr.arpa. PTR mx
;! signed * authenticated
signed    TXT   "v=spf1 -all"
;! bad    * servfail
;! bogus  * bogus
;! ref    * refused
;! long   * nodata ttl=60
;! gone   * nxdomain ttl=60
"#;

#[tokio::test]
async fn over_the_wire_the_zone_says_the_same() {
    let zone = Zone::parse(ZONE).unwrap();
    let server = Server::of_zone(ZONE).await;
    let resolver = resolver(&[&server]);
    let mut records = 0;
    for owner in [
        "example.jp",
        "nomail.example.jp",
        "mx.example.jp",
        "bytes.example.jp",
        "one.example.jp",
        "two.example.jp",
        "upper.example.jp",
        "a!b'c.example.jp",
        "1.2.0.192.in-addr.arpa",
        "proven.example.jp",
        "signed.example.jp",
        "bad.example.jp",
        "bogus.example.jp",
        "ref.example.jp",
        "long.example.jp",
        "gone.example.jp",
        "unknown.example.jp",
        "jp",
    ] {
        for kind in Kind::ALL {
            let question = question(owner, kind);
            let (want, got) = (zone.answer(&question), resolver.ask(question.clone()).await);
            assert_eq!(got, want, "{question}");
            records += usize::from(!want.data().is_empty());
        }
    }
    assert!(records >= 18, "{records}");
}

#[tokio::test]
async fn a_text_of_64_kilobytes_comes_whole_over_tcp() {
    let string: Vec<u8> = (0..=254).collect();
    let want = Text::from_strings(vec![string.clone(); 250]);
    let data = want.clone();
    let server = Server::start(move |asked| {
        let mut zone = Zone::new();
        from_zone(zone.add(&domain("big.example"), Data::Txt(data.clone()), 60), asked)
    })
    .await;
    let answer = resolver(&[&server]).ask(question("big.example", Kind::Txt)).await;
    assert_eq!(answer.data(), [Data::Txt(want)]);
    assert_eq!((server.count_over(Over::Udp), server.count_over(Over::Tcp)), (1, 1));
}

#[tokio::test]
async fn what_is_cut_over_tcp_too_is_truncated() {
    let server = Server::of_zone(";! cut.example * truncate").await;
    let answer = resolver(&[&server]).ask(question("cut.example", Kind::Txt)).await;
    assert_eq!(answer, Answer::Failed(Failure::Truncated));
    assert_eq!(server.count_over(Over::Tcp), 1);
}

#[tokio::test]
async fn tcp_that_hangs_breaks_off_or_lies_ends_in_time() {
    for (what, want) in [
        ("hang", Failure::Timeout),
        ("short", Failure::Timeout),
        ("garbage", Failure::Malformed),
        ("id", Failure::Malformed),
    ] {
        let server = Server::start(move |asked| match what {
            "hang" => vec![],
            // An empty message announces nothing; the connection stays open after half of one.
            "short" => vec![Sent { after: Duration::from_secs(60), bytes: vec![] }],
            "garbage" => now(vec![0xff; 40]),
            _ => {
                let mut bytes = with_address(asked);
                bytes[0] ^= 1;
                now(bytes)
            }
        })
        .await;
        let config = ResolverConfig { transport: Transport::TcpOnly, attempt_count: 1, ..hasty(&[&server]) };
        let answer = Resolver::start(config).unwrap().ask(question("a.example", Kind::A)).await;
        assert_eq!(answer, Answer::Failed(want), "{what}");
        assert_eq!(server.count_over(Over::Udp), 0);
    }
}

#[tokio::test]
async fn wrong_ids_and_wrong_questions_are_not_answers() {
    let server = Server::start(|asked| {
        let good = with_address(asked);
        let forged = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = with_records(
                asked,
                vec![Record::from_rdata(name("a.example"), 60, RData::A(A([203, 0, 113, 66].into())))],
            );
            change(&mut bytes);
            Sent { after: Duration::ZERO, bytes }
        };
        vec![
            forged(&|bytes| bytes[0] ^= 0x55),
            // Another name, another type, a question instead of a response, no question at all, cut off.
            forged(&|bytes| bytes[13] = b'b'),
            forged(&|bytes| bytes[24] = 28),
            forged(&|bytes| bytes[2] &= 0x7f),
            forged(&|bytes| bytes[5] = 0),
            forged(&|bytes| bytes.truncate(9)),
            forged(&Vec::clear),
            Sent { after: Duration::from_millis(5), bytes: good },
        ]
    })
    .await;
    let resolver = resolver(&[&server]);
    assert_eq!(resolver.ask(question("a.example", Kind::A)).await, an_address());
    assert_eq!(resolver.counts().strange_datagrams, 7);
}

#[tokio::test]
async fn where_somebody_guesses_tcp_is_asked() {
    let server = Server::start(|asked| {
        if asked.over == Over::Tcp {
            return now(with_address(asked));
        }
        let forge = |number: u16| {
            let mut bytes = with_address(asked);
            let id = asked.message.metadata.id.wrapping_add(1 + number);
            bytes[..2].copy_from_slice(&id.to_be_bytes());
            Sent { after: Duration::ZERO, bytes }
        };
        (0..200).map(forge).collect()
    })
    .await;
    let resolver = resolver(&[&server]);
    assert_eq!(resolver.ask(question("a.example", Kind::A)).await, an_address());
    assert_eq!((server.count_over(Over::Udp), server.count_over(Over::Tcp)), (1, 1));
}

#[tokio::test]
async fn ids_and_ports_are_not_to_be_guessed() {
    let server = Server::start(|asked| now(with_address(asked))).await;
    let resolver = resolver(&[&server]);
    for number in 0..400 {
        assert_eq!(resolver.ask(question(&format!("n{number}.example"), Kind::A)).await, an_address());
    }
    let log = server.log.lock().unwrap();
    let ids: Vec<_> = log.iter().map(|asked| asked.message.metadata.id).collect();
    let ports: HashSet<_> = log.iter().map(|asked| asked.from.port()).collect();
    assert!(ids.iter().collect::<HashSet<_>>().len() > 380);
    assert!(ids.windows(2).filter(|pair| pair[1] == pair[0].wrapping_add(1)).count() < 5);
    assert!(ports.len() >= 6, "{ports:?}");
}

#[tokio::test]
async fn garbage_behind_the_question_is_malformed_and_the_next_server_is_asked() {
    let loops = |asked: &Asked| {
        let mut bytes = response(asked, ResponseCode::NoError).to_vec().unwrap();
        let here = u8::try_from(bytes.len()).unwrap();
        bytes[7] = 1;
        // A name that points to itself.
        bytes.extend_from_slice(&[0xc0, here, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]);
        now(bytes)
    };
    let endless = |asked: &Asked| {
        let mut bytes = response(asked, ResponseCode::NoError).to_vec().unwrap();
        (bytes[6], bytes[7]) = (0xff, 0xff);
        now(bytes)
    };
    let short_data = |asked: &Asked| {
        let mut bytes = with_address(asked);
        let end = bytes.len() - 3;
        bytes.truncate(end);
        now(bytes)
    };
    let liars = [Server::start(loops).await, Server::start(endless).await, Server::start(short_data).await];
    for liar in &liars {
        let alone = resolver(&[liar]);
        assert_eq!(alone.ask(question("a.example", Kind::A)).await, Answer::Failed(Failure::Malformed));
        assert_eq!(liar.count(), 1, "it is not asked again");
        assert_eq!(alone.counts().malformed, 1);
    }
    let honest = Server::start(|asked| now(with_address(asked))).await;
    let together = resolver(&[&liars[0], &liars[1], &liars[2], &honest]);
    assert_eq!(together.ask(question("a.example", Kind::A)).await, an_address());
}

#[tokio::test]
async fn after_servfail_and_refused_the_next_server_is_asked() {
    for code in [ResponseCode::ServFail, ResponseCode::Refused, ResponseCode::NotAuth, ResponseCode::YXDomain] {
        let failing = Server::start(move |asked| now(response(asked, code).to_vec().unwrap())).await;
        let good = Server::start(|asked| now(with_address(asked))).await;
        let both = resolver(&[&failing, &good]);
        assert_eq!(both.ask(question("a.example", Kind::A)).await, an_address(), "{code:?}");
        assert_eq!((failing.count(), good.count()), (1, 1));
    }
}

#[tokio::test]
async fn the_failure_that_tells_most_is_told() {
    let silent = Server::start(|_| vec![]).await;
    let failing = Server::start(|asked| now(response(asked, ResponseCode::ServFail).to_vec().unwrap())).await;
    let refusing = Server::start(|asked| now(response(asked, ResponseCode::Refused).to_vec().unwrap())).await;
    let answer = hasty_resolver(&[&silent, &failing, &refusing]).ask(question("a.example", Kind::A)).await;
    assert_eq!(answer, Answer::Failed(Failure::ServFail));
    assert_eq!((silent.count(), failing.count(), refusing.count()), (2, 1, 1));
}

#[tokio::test]
async fn a_failed_validation_is_final() {
    let bogus = Server::of_zone(";! bogus.example * bogus").await;
    let careless = Server::start(|asked| now(with_address(asked))).await;
    let resolver = resolver(&[&bogus, &careless]);
    // A resolver that does not validate must not overrule one that does.
    assert_eq!(resolver.ask(question("bogus.example", Kind::A)).await, Answer::Failed(Failure::Bogus));
    assert_eq!(careless.count(), 0);
}

#[tokio::test]
async fn a_silent_server_is_asked_last_for_a_while() {
    let silent = Server::start(|_| vec![]).await;
    let good = Server::start(|asked| now(with_address(asked))).await;
    let resolver = hasty_resolver(&[&silent, &good]);
    for number in 0..10 {
        assert_eq!(resolver.ask(question(&format!("n{number}.example"), Kind::A)).await, an_address());
    }
    assert_eq!((silent.count(), good.count()), (3, 10));
    jump(11).await;
    assert_eq!(resolver.ask(question("later.example", Kind::A)).await, an_address());
    assert_eq!((silent.count(), good.count()), (4, 11));
}

#[tokio::test]
async fn servers_in_turn() {
    let servers =
        [Server::start(|asked| now(with_address(asked))).await, Server::start(|asked| now(with_address(asked))).await];
    let config = ResolverConfig { order: ServerOrder::Rotated, ..config(&[&servers[0], &servers[1]]) };
    let resolver = Resolver::start(config).unwrap();
    for number in 0..10 {
        assert_eq!(resolver.ask(question(&format!("n{number}.example"), Kind::A)).await, an_address());
    }
    assert_eq!((servers[0].count(), servers[1].count()), (5, 5));
}

#[tokio::test]
async fn a_lost_datagram_is_sent_again() {
    let server = Server::start(|asked| if asked.number == 0 { vec![] } else { now(with_address(asked)) }).await;
    let resolver = hasty_resolver(&[&server]);
    assert_eq!(resolver.ask(question("a.example", Kind::A)).await, an_address());
    assert_eq!((server.count(), resolver.counts().timeouts), (2, 1));
}

#[tokio::test]
async fn late_answers_are_waited_for_and_too_late_ones_are_not() {
    let server = Server::start(|asked| {
        let late = asked.question.name.as_str().starts_with("too");
        after(if late { 700 } else { 120 }, with_address(asked))
    })
    .await;
    let resolver = hasty_resolver(&[&server]);
    assert_eq!(resolver.ask(question("late.example", Kind::A)).await, an_address());
    assert_eq!(resolver.ask(question("too-late.example", Kind::A)).await, Answer::Failed(Failure::Timeout));
}

#[tokio::test]
async fn one_question_has_an_end_whatever_the_servers_do() {
    let servers = [Server::start(|_| vec![]).await, Server::start(|_| vec![]).await];
    let config = ResolverConfig {
        try_timeout: Duration::from_secs(60),
        question_timeout: Duration::from_millis(200),
        ..config(&[&servers[0], &servers[1]])
    };
    let start = Instant::now();
    let answer = Resolver::start(config).unwrap().ask(question("a.example", Kind::A)).await;
    assert_eq!(answer, Answer::Failed(Failure::Timeout));
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn nobody_there() {
    let server = Server::start(|_| vec![]).await;
    let config = ResolverConfig { try_timeout: Duration::from_secs(60), ..config(&[&server]) };
    drop(server);
    // The listening task has to be gone before its port is closed.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let resolver = Resolver::start(config).unwrap();
    assert_eq!(resolver.ask(question("a.example", Kind::A)).await, Answer::Failed(Failure::Unreachable));
    let error = resolver.check().await.unwrap_err();
    assert!(matches!(error, ResolverError::Unreachable { .. }));
    assert!(error.to_string().starts_with("no DNS server answers: 127.0.0.1:"), "{error}");
    let none = ResolverConfig::with_servers(vec![]);
    assert!(matches!(Resolver::start(none), Err(ResolverError::NoServer { .. })));
}

#[tokio::test]
async fn a_server_that_refuses_is_there() {
    let server = Server::start(|asked| now(response(asked, ResponseCode::Refused).to_vec().unwrap())).await;
    assert!(resolver(&[&server]).check().await.is_ok());
    assert_eq!(server.log.lock().unwrap()[0].question, question("localhost", Kind::A));
}

#[test]
fn outside_of_a_runtime() {
    let config = ResolverConfig::with_servers(vec!["127.0.0.1:53".parse().unwrap()]);
    assert!(matches!(Resolver::start(config), Err(ResolverError::NoRuntime)));
}

#[tokio::test]
async fn aliases_that_lead_out_of_an_answer_are_asked_for() {
    let server = Server::start(|asked| {
        now(match asked.question.name.as_str() {
            "a.example" => with_records(asked, vec![alias("b.example", "c.example"), alias("a.example", "b.example")]),
            "c.example" => with_records(asked, vec![alias("c.example", "d.example")]),
            _ => with_address(asked),
        })
    })
    .await;
    let answer = resolver(&[&server]).ask(question("a.example", Kind::A)).await;
    let Answer::Records(records) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(*records.aliases, [domain("b.example"), domain("c.example"), domain("d.example")]);
    assert_eq!(records.data.len(), 1);
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn where_nothing_is_an_alias_is_asked_for_only_when_one_led_there() {
    for (owner, asked_twice) in
        [("a.example.jp", false), ("to-nothing.example.jp", true), ("to-nobody.example.jp", true)]
    {
        let server = Server::of_zone(
            "$ORIGIN example.jp.\n@ 300 SOA ns hostmaster 7 3600 600 86400 120\na 300 A 192.0.2.1\n\
             to-nothing 300 CNAME a\nto-nobody 300 CNAME nobody\n",
        )
        .await;
        let resolver = resolver(&[&server]);
        assert!(resolver.ask(question(owner, Kind::Txt)).await.is_void(), "{owner}");
        let alias = resolver.ask(question(owner, Kind::Cname)).await;
        assert_eq!((alias.data().len(), server.count()), if asked_twice { (1, 2) } else { (0, 1) }, "{owner}");
    }
}

#[tokio::test]
async fn records_that_the_question_does_not_lead_to_are_not_answers() {
    let server = Server::start(|asked| {
        let foreign = Record::from_rdata(name("victim.example"), 60, RData::A(A([203, 0, 113, 66].into())));
        let mut message = response(asked, ResponseCode::NoError);
        message.add_answer(foreign.clone()).add_authority(soa(60, 60)).add_additional(foreign);
        now(message.to_vec().unwrap())
    })
    .await;
    let resolver = resolver(&[&server]);
    let none = Answer::NoData(Negative { ttl_s: 60, dnssec: Dnssec::Unproven });
    assert_eq!(resolver.ask(question("a.example", Kind::A)).await, none);
    assert_eq!(resolver.ask(question("victim.example", Kind::A)).await.data().len(), 1);
    assert_eq!(server.count(), 2, "what was beside the answer is not kept");
}

#[tokio::test]
async fn loops_of_aliases_end() {
    for (what, questions) in [("inside", 1), ("itself", 1), ("across", 2)] {
        let server = Server::start(move |asked| {
            now(match (what, asked.question.name.as_str()) {
                ("inside", _) => {
                    with_records(asked, vec![alias("a.example", "b.example"), alias("b.example", "a.example")])
                }
                ("itself", _) => with_records(asked, vec![alias("a.example", "A.EXAMPLE")]),
                (_, "a.example") => with_records(asked, vec![alias("a.example", "b.example")]),
                _ => with_records(asked, vec![alias("b.example", "a.example")]),
            })
        })
        .await;
        let answer = resolver(&[&server]).ask(question("a.example", Kind::A)).await;
        assert_eq!(answer, Answer::Failed(Failure::AliasChain), "{what}");
        assert_eq!(server.count(), questions, "{what}");
    }
}

#[tokio::test]
async fn chains_of_aliases_at_below_and_above_the_limit() {
    for in_one_answer in [true, false] {
        for length in [15, 16, 17] {
            let server = Server::start(move |asked| {
                let number: usize = asked.question.name.as_str()[1..].split('.').next().unwrap().parse().unwrap();
                let link = |number| alias(&format!("n{number}.example"), &format!("n{}.example", number + 1));
                let last = name(&format!("n{length}.example"));
                let address = Record::from_rdata(last, 60, RData::A(A([192, 0, 2, 1].into())));
                let mut records: Vec<_> = (number..length).map(link).chain([address]).collect();
                if !in_one_answer {
                    records.truncate(1);
                }
                now(with_records(asked, records))
            })
            .await;
            let answer = resolver(&[&server]).ask(question("n0.example", Kind::A)).await;
            match answer {
                Answer::Records(records) => assert!(length <= 16 && records.aliases.len() == length),
                other => assert!(length == 17 && other == Answer::Failed(Failure::AliasChain), "{length} {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn hosts_that_are_no_names_are_left_out() {
    let odd = |label: &[u8]| Name::from_labels([label, b"example"]).unwrap();
    let server = Server::start(move |asked| {
        let owner = asked.message.queries[0].name.clone();
        let data = match kind_of(asked) {
            RecordType::PTR => vec![
                RData::PTR(PTR(odd(b"victim.example\0"))),
                RData::PTR(PTR(odd(b"dot.inside"))),
                RData::PTR(PTR(odd(b"sp ace"))),
                RData::PTR(PTR(odd(b"\xe3\x81\x82"))),
                RData::PTR(PTR(Name::root())),
                RData::PTR(PTR(odd(b"Good"))),
            ],
            _ => vec![RData::MX(MX::new(1, odd(b"sp ace"))), RData::MX(MX::new(0, Name::root()))],
        };
        now(with_records(asked, data.into_iter().map(|data| Record::from_rdata(owner.clone(), 60, data)).collect()))
    })
    .await;
    let resolver = resolver(&[&server]);
    let pointers = resolver.ask(question("1.2.0.192.in-addr.arpa", Kind::Ptr)).await;
    assert_eq!(pointers.data(), [Data::Ptr(domain("good.example"))]);
    let exchanges = resolver.ask(question("a.example", Kind::Mx)).await;
    assert_eq!(exchanges.data(), [Data::Mx(lookup::MailExchange { preference: 0, exchange: None })]);
}

#[tokio::test]
async fn an_alias_to_no_name_is_a_bad_name() {
    let server = Server::start(|asked| {
        let target = hickory_proto::rr::rdata::CNAME(Name::from_labels(["dot.inside".as_bytes(), b"example"]).unwrap());
        now(with_records(asked, vec![Record::from_rdata(name("a.example"), 60, RData::CNAME(target))]))
    })
    .await;
    let answer = resolver(&[&server]).ask(question("a.example", Kind::A)).await;
    assert_eq!(answer, Answer::Failed(Failure::BadName));
}

#[tokio::test]
async fn records_are_asked_for_again_when_their_time_has_ended() {
    let server = Server::of_zone("a.example. 60 A 192.0.2.1\nzero.example. 0 A 192.0.2.1").await;
    let resolver = resolver(&[&server]);
    let ask = || resolver.ask(question("a.example", Kind::A));
    assert_eq!(ask().await, an_address());
    jump(59).await;
    assert_eq!(ask().await, an_address());
    assert_eq!(server.count(), 1);
    jump(2).await;
    assert_eq!(ask().await, an_address());
    assert_eq!(server.count(), 2);
    for _ in 0..3 {
        assert_eq!(resolver.ask(question("zero.example", Kind::A)).await.data().len(), 1);
    }
    assert_eq!(server.count(), 5, "TTL 0 is not kept");
    assert_eq!(resolver.counts().cache_hits, 1);
}

#[tokio::test]
async fn absence_is_kept_as_long_as_the_soa_record_says() {
    // The lesser of TTL and MINIMUM; never without a SOA record.
    for (code, record, want_ttl_s) in [
        (ResponseCode::NXDomain, Some(soa(100, 30)), 30),
        (ResponseCode::NXDomain, Some(soa(30, 100)), 30),
        (ResponseCode::NXDomain, None, 0),
        (ResponseCode::NoError, Some(soa(100, 30)), 30),
        (ResponseCode::NoError, None, 0),
    ] {
        let authority = record.clone();
        let server = Server::start(move |asked| {
            let mut message = response(asked, code);
            message.add_authorities(authority.clone());
            now(message.to_vec().unwrap())
        })
        .await;
        let resolver = resolver(&[&server]);
        let negative = Negative { ttl_s: want_ttl_s, dnssec: Dnssec::Unproven };
        let want = if code == ResponseCode::NXDomain { Answer::NxDomain(negative) } else { Answer::NoData(negative) };
        for _ in 0..2 {
            assert_eq!(resolver.ask(question("a.example", Kind::A)).await, want);
        }
        assert_eq!(server.count(), if record.is_some() { 1 } else { 2 }, "{code:?} {record:?}");
        jump(31).await;
        let before = server.count();
        assert_eq!(resolver.ask(question("a.example", Kind::A)).await, want);
        assert_eq!(server.count(), before + 1);
    }
}

#[tokio::test]
async fn failures_are_kept_for_a_moment() {
    let healed = Arc::new(AtomicBool::new(false));
    let is_healed = Arc::clone(&healed);
    let server = Server::start(move |asked| {
        if is_healed.load(Ordering::SeqCst) {
            return now(with_address(asked));
        }
        now(response(asked, ResponseCode::ServFail).to_vec().unwrap())
    })
    .await;
    let resolver = resolver(&[&server]);
    let ask = || resolver.ask(question("a.example", Kind::A));
    assert_eq!(ask().await, Answer::Failed(Failure::ServFail));
    healed.store(true, Ordering::SeqCst);
    tokio::time::pause();
    assert_eq!(ask().await, Answer::Failed(Failure::ServFail));
    tokio::time::resume();
    assert_eq!(server.count(), 1);
    jump(2).await;
    assert_eq!(ask().await, an_address());
}

#[tokio::test]
async fn the_word_on_dnssec_is_asked_for_and_passed_on_or_not() {
    for (trust, want) in [(AuthenticData::Believed, Dnssec::Authenticated), (AuthenticData::Ignored, Dnssec::Unproven)]
    {
        let server = Server::of_zone(
            "a.example. A 192.0.2.1\n;! a.example * authenticated\n;! no.example * nxdomain authenticated",
        )
        .await;
        let resolver = Resolver::start(ResolverConfig { authentic_data: trust, ..config(&[&server]) }).unwrap();
        let Answer::Records(records) = resolver.ask(question("a.example", Kind::A)).await else {
            panic!("there are records");
        };
        assert_eq!(records.dnssec, want);
        assert_eq!(server.log.lock().unwrap()[0].message.metadata.authentic_data, trust == AuthenticData::Believed);
    }
}

#[tokio::test]
async fn equal_questions_on_their_way_are_asked_once() {
    let server = Server::start(|asked| after(50, with_address(asked))).await;
    let resolver = resolver(&[&server]);
    let askers: Vec<_> = (0..100)
        .map(|_| {
            let resolver = resolver.clone();
            tokio::spawn(async move { resolver.ask(question("a.example", Kind::A)).await })
        })
        .collect();
    for asker in askers {
        assert_eq!(asker.await.unwrap(), an_address());
    }
    assert_eq!(server.count(), 1);
    let counts = resolver.counts();
    assert_eq!((counts.asked, counts.coalesced, counts.udp_tries), (100, 99, 1));
}

#[tokio::test]
async fn whoever_asked_first_may_go_away() {
    let server = Server::start(|asked| after(60, with_address(asked))).await;
    let resolver = resolver(&[&server]);
    let first = tokio::spawn({
        let resolver = resolver.clone();
        async move { resolver.ask(question("a.example", Kind::A)).await }
    });
    tokio::time::sleep(Duration::from_millis(10)).await;
    let second = tokio::spawn({
        let resolver = resolver.clone();
        async move { resolver.ask(question("a.example", Kind::A)).await }
    });
    tokio::time::sleep(Duration::from_millis(10)).await;
    first.abort();
    assert_eq!(second.await.unwrap(), an_address());
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_message_has_only_so_much_time() {
    let server = Server::start(|asked| {
        let slow = asked.question.name.as_str().starts_with("slow");
        after(if slow { 500 } else { 0 }, with_address(asked))
    })
    .await;
    let resolver = resolver(&[&server]);
    let message = resolver.for_message(Duration::from_millis(250));
    assert_eq!(message.ask(question("quick.example", Kind::A)).await, an_address());
    assert_eq!(message.ask(question("slow.example", Kind::A)).await, Answer::Failed(Failure::Timeout));
    assert_eq!(message.time_left(), Duration::ZERO);
    assert_eq!(message.ask(question("quick.example", Kind::A)).await, Answer::Failed(Failure::Budget));
    // The next message finds what came after the end of this one.
    tokio::time::sleep(Duration::from_millis(400)).await;
    let next = resolver.for_message(Duration::from_secs(60));
    assert_eq!(next.ask(question("slow.example", Kind::A)).await, an_address());
    assert_eq!((server.count(), resolver.counts().over_budget), (2, 1));
}

#[tokio::test]
async fn a_message_has_only_so_many_questions() {
    let server = Server::start(|asked| now(with_address(asked))).await;
    let message = resolver(&[&server]).for_message_of(Duration::from_secs(60), 3);
    let same = message.clone();
    for _ in 0..3 {
        assert_eq!(message.ask(question("a.example", Kind::A)).await, an_address());
    }
    assert_eq!(same.questions_left(), 0);
    assert_eq!(same.ask(question("a.example", Kind::A)).await, Answer::Failed(Failure::Budget));
}

#[tokio::test]
async fn a_server_without_edns_is_asked_without() {
    for (code, echoes) in [(ResponseCode::FormErr, true), (ResponseCode::FormErr, false), (ResponseCode::NotImp, false)]
    {
        let server = Server::start(move |asked| {
            if asked.message.edns.is_none() {
                return now(with_address(asked));
            }
            let mut message = response(asked, code);
            if !echoes {
                message.queries.clear();
            }
            now(message.to_vec().unwrap())
        })
        .await;
        let resolver = resolver(&[&server]);
        for number in 0..3 {
            assert_eq!(resolver.ask(question(&format!("n{number}.example"), Kind::A)).await, an_address());
        }
        assert_eq!(server.count(), 4, "that it cannot is remembered");
    }
}

#[tokio::test]
async fn a_server_that_understands_nothing_is_malformed() {
    let server = Server::start(|asked| now(response(asked, ResponseCode::FormErr).to_vec().unwrap())).await;
    let answer = resolver(&[&server]).ask(question("a.example", Kind::A)).await;
    assert_eq!(answer, Answer::Failed(Failure::Malformed));
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_referral_is_no_answer() {
    let server = Server::start(|asked| {
        let mut message = response(asked, ResponseCode::NoError);
        message.metadata.recursion_available = false;
        let ns = RData::NS(hickory_proto::rr::rdata::NS(name("a.root-servers.net")));
        message.add_authority(Record::from_rdata(Name::root(), 60, ns));
        now(message.to_vec().unwrap())
    })
    .await;
    let answer = resolver(&[&server]).ask(question("a.example", Kind::A)).await;
    assert_eq!(answer, Answer::Failed(Failure::Refused));
}

#[tokio::test]
async fn many_questions_at_once() {
    let server = Server::start(|asked| {
        let text = asked.question.name.as_str().as_bytes();
        let owner = asked.message.queries[0].name.clone();
        now(with_records(asked, vec![Record::from_rdata(owner, 60, RData::TXT(TXT::from_bytes(vec![text])))]))
    })
    .await;
    let resolver = resolver(&[&server]);
    // As many as the receive buffer of the server's socket bears, several times, past the life of a socket.
    for round in 0..12 {
        let askers: Vec<_> = (0..200)
            .map(|number| {
                let (resolver, name) = (resolver.clone(), format!("n{number}.r{round}.example"));
                tokio::spawn(async move { (resolver.ask(question(&name, Kind::Txt)).await, name) })
            })
            .collect();
        for asker in askers {
            let (answer, name) = asker.await.unwrap();
            assert_eq!(answer.data(), [Data::Txt(Text::from_strings([name]))]);
        }
    }
    assert_eq!(resolver.counts().cache_entries, 2_400);
}

/// What is sent within a moment and not answered yet may lie in the server's buffer: the next one waits for that moment. It waits no
/// longer, so that names that nobody answers for hold no others up.
#[tokio::test]
async fn questions_do_not_come_all_at_once() {
    let came = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&came);
    let server = Server::start(move |_| {
        seen.lock().unwrap().push(Instant::now());
        Vec::new()
    })
    .await;
    // One try each, so that no question comes twice.
    let config = ResolverConfig { burst_count: 2, attempt_count: 1, ..hasty(&[&server]) };
    let resolver = Resolver::start(ResolverConfig { try_timeout: Duration::from_secs(2), ..config }).unwrap();
    let asked = (0..6).map(|number| {
        let resolver = resolver.clone();
        tokio::spawn(async move { resolver.ask(question(&format!("n{number}.example.jp"), Kind::A)).await })
    });
    let start = Instant::now();
    for one in asked.collect::<Vec<_>>() {
        assert!(matches!(one.await.unwrap(), Answer::Failed(_)));
    }
    let came = came.lock().unwrap();
    assert_eq!(came.len(), 6, "each is asked in the end");
    let soonest = |pair: usize| came[pair * 2].duration_since(start).as_millis();
    assert!(soonest(1) >= u128::from(BURST_MS) && soonest(2) >= 2 * u128::from(BURST_MS), "{came:?}");
}

#[tokio::test]
async fn over_ipv6() {
    let Ok(server) = Server::start_at("::1".parse().unwrap(), |asked| now(with_address(asked))).await else {
        println!("skipped: this machine has no [::1]");
        return;
    };
    assert_eq!(resolver(&[&server]).ask(question("a.example", Kind::A)).await, an_address());
}

/// Lets so many seconds pass at once, for whoever reads tokio's clock.
async fn jump(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}
