//! Mail hosts that are greeted: those that answer well, badly, late, or not at all. None is ever sent a mail.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)] // As in every test of this crate.

mod mail_support;

use std::time::Duration;

use lookup::Zone;
use lookup::log::Log;
use mail_support::{Act, Authority, MailServerOfTest, Tls, say, self_signed};
use mailtext::Domain;
use sekisho_net::Roots;
use sekisho_net::greeting::{GreetConfig, Greeted, Greeter};
use sekisho_net::limits::{SMTP_REPLY_LINE_BYTES_MAX, SMTP_REPLY_LINE_COUNT_MAX};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

const HOST: &str = "mx.example.jp";
const OFFER: &str = "250-mx.example.jp\r\n250-SIZE 1000\r\n250 STARTTLS\r\n";

fn host() -> Domain {
    Domain::parse(HOST).unwrap()
}

/// A greeter that finds the host at this port of the loopback.
fn greeter(port: u16) -> Greeter<Log<Zone>> {
    greeter_with(port, |_| {})
}

fn greeter_with(port: u16, change: impl FnOnce(&mut GreetConfig)) -> Greeter<Log<Zone>> {
    let mut config = GreetConfig::new("audit.example.net");
    config.places.insert(host(), ([127, 0, 0, 1], port).into());
    // Long enough never to pass where the server answers.
    let wait = Duration::from_secs(30);
    (config.connect_timeout, config.reply_timeout, config.tls_timeout) = (wait, wait, wait);
    change(&mut config);
    Greeter::new(Log::new(Zone::parse("").unwrap()), config)
}

/// One that does not wait for long.
fn hasty(config: &mut GreetConfig) {
    let wait = Duration::from_millis(1500);
    (config.reply_timeout, config.tls_timeout) = (wait, wait);
}

/// A server that answers the greeting, EHLO and STARTTLS so.
async fn server(tls: Tls, greeting: Act, ehlo: Act, start: Act) -> MailServerOfTest {
    MailServerOfTest::start(tls, move |_| {
        let (greeting, ehlo, start) = (greeting.clone(), ehlo.clone(), start.clone());
        move |line: &str| match line.split(' ').next().unwrap() {
            "" => greeting.clone(),
            "EHLO" => ehlo.clone(),
            "STARTTLS" => start.clone(),
            "QUIT" => Act::Cut(b"221 bye\r\n".to_vec()),
            other => panic!("{other}"),
        }
    })
    .await
}

async fn with_tls(tls: Tls, start: Act) -> MailServerOfTest {
    server(tls, say("220-mx.example.jp\r\n220 ESMTP\r\n"), say(OFFER), start).await
}

fn go() -> Act {
    Act::StartTls(b"220 go\r\n".to_vec())
}

#[tokio::test]
async fn what_a_host_shows_that_vouches_for_itself() {
    let server = with_tls(Tls::Later(self_signed(HOST)), go()).await;
    let Greeted::Tls { version, certificate } = greeter(server.port).greet(&host()).await else { panic!() };
    assert_eq!((version, certificate.is_trusted), ("1.3", false));
    assert_eq!(certificate.names, [HOST.into()]);
    assert_eq!(certificate.ends_s, 67_090_118_400, "rcgen's certificates end with the year 4096");
    let key_at =
        certificate.der.windows(certificate.public_key.len()).position(|part| *part == *certificate.public_key);
    assert!(key_at.is_some_and(|at| at > 0), "the key is a part of the certificate");
    assert_eq!(server.heard(), ["connected", "EHLO audit.example.net", "STARTTLS", "QUIT"]);
}

#[tokio::test]
async fn who_is_trusted_is_so_under_any_name() {
    let authority = Authority::new();
    for name in [HOST, "other.example.jp"] {
        let server = with_tls(Tls::Later(authority.tls(name)), go()).await;
        let mut roots = Roots::default();
        roots.add_pem(authority.pem.as_bytes()).unwrap();
        let greeter = greeter_with(server.port, |config| config.extra_roots = roots);
        let Greeted::Tls { certificate, .. } = greeter.greet(&host()).await else { panic!() };
        assert!(certificate.is_trusted, "{name}");
        assert_eq!(certificate.names, [name.into()]);
        // By the public authorities alone it is not.
        let Greeted::Tls { certificate, .. } = self::greeter(server.port).greet(&host()).await else { panic!() };
        assert!(!certificate.is_trusted, "{name}");
    }
}

#[tokio::test]
async fn a_host_is_greeted_once() {
    let server = with_tls(Tls::Later(self_signed(HOST)), go()).await;
    let greeter = greeter(server.port);
    let host = host();
    let (one, other) = tokio::join!(greeter.greet(&host), greeter.greet(&host));
    assert_eq!((&one, greeter.greet(&host).await), (&other, other.clone()));
    assert!(matches!(one, Greeted::Tls { .. }));
    assert_eq!(server.count("connected"), 1);
}

#[tokio::test]
async fn hosts_without_tls() {
    for ehlo in ["250 mx.example.jp\r\n", "250-STARTTLS\r\n250 SIZE\r\n", "502 what?\r\n"] {
        let server = server(Tls::None, say("220 hello\r\n"), say(ehlo), Act::Hang).await;
        assert_eq!(greeter(server.port).greet(&host()).await, Greeted::Plain, "{ehlo:?}");
        assert_eq!(server.heard(), ["connected", "EHLO audit.example.net", "QUIT"]);
    }
}

#[tokio::test]
async fn who_does_not_speak_smtp_or_not_with_us() {
    let long = vec![b'x'; SMTP_REPLY_LINE_BYTES_MAX + 2];
    for greeting in [
        say("554 no service for you\r\n"),
        say("SSH-2.0-x\r\n"),
        say("220-one\r\n250 another\r\n"),
        say([&b"220 "[..], &long].concat()),
        say("220-more\r\n".repeat(SMTP_REPLY_LINE_COUNT_MAX + 1)),
        Act::Endless(b"220 x".to_vec()),
        Act::Endless(b"220-x\r\n".to_vec()),
        Act::Cut(Vec::new()),
        Act::Cut(b"220 no end of the line".to_vec()),
    ] {
        let server = server(Tls::None, greeting.clone(), say(OFFER), Act::Hang).await;
        assert_eq!(greeter(server.port).greet(&host()).await, Greeted::Unreachable, "{greeting:?}");
    }
    for ehlo in
        [say("421 too busy\r\n"), say("550 go away\r\n"), Act::Endless(b"250-x\r\n".to_vec()), Act::Cut(Vec::new())]
    {
        let server = server(Tls::None, say("220 hello\r\n"), ehlo.clone(), Act::Hang).await;
        assert_eq!(greeter(server.port).greet(&host()).await, Greeted::Unreachable, "{ehlo:?}");
    }
    // Nobody is there.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    assert_eq!(greeter(port).greet(&host()).await, Greeted::Unreachable);
}

#[tokio::test]
async fn who_is_silent_or_slow_is_not_waited_for() {
    let silent = server(Tls::None, Act::Hang, Act::Hang, Act::Hang).await;
    assert_eq!(greeter_with(silent.port, hasty).greet(&host()).await, Greeted::Unreachable);
    // A byte now and then is no reply.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        while stream.write_all(b"2").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let greeter = greeter_with(port, hasty);
    assert_eq!(greeter.greet(&host()).await, Greeted::Unreachable);
}

#[tokio::test]
async fn tls_that_fails() {
    for start in [
        say("454 not now\r\n"),
        say("501 what?\r\n"),
        Act::Cut(b"220 go\r\n".to_vec()),
        // No handshake, but more SMTP.
        say("220 go\r\n"),
        Act::Endless(b"220 go\r\n".to_vec()),
    ] {
        let server = with_tls(Tls::Later(self_signed(HOST)), start.clone()).await;
        assert_eq!(greeter_with(server.port, hasty).greet(&host()).await, Greeted::TlsFailed, "{start:?}");
    }
}

#[tokio::test]
async fn what_is_slipped_in_before_the_handshake_counts_for_nothing() {
    let slipped = Act::StartTls(b"220 go\r\n250-mx.example.jp\r\n250 SIZE 1\r\n".to_vec());
    let server = with_tls(Tls::Later(self_signed(HOST)), slipped).await;
    let greeted = greeter(server.port).greet(&host()).await;
    assert!(matches!(greeted, Greeted::Tls { .. }), "{greeted:?}");
    assert_eq!(server.heard(), ["connected", "EHLO audit.example.net", "STARTTLS", "QUIT"]);
}

#[tokio::test]
async fn strangers_do_not_lead_us_inside() {
    let zone = "$ORIGIN example.jp.\nmx A 127.0.0.1\nmx A 10.0.0.1\nmx A 169.254.169.254\nmx AAAA ::1\n";
    let resolver = Log::new(Zone::parse(zone).unwrap());
    let greeter = Greeter::new(resolver, GreetConfig::new("audit.example.net"));
    assert_eq!(greeter.greet(&host()).await, Greeted::Refused);
    assert_eq!(greeter.greet(&Domain::parse("none.example.jp").unwrap()).await, Greeted::Refused);
}

#[test]
fn what_we_call_ourselves_is_one_word() {
    for (name, want) in [("audit.example.net", "audit.example.net"), ("", "localhost"), ("a\r\nMAIL", "localhost")] {
        assert_eq!(GreetConfig::new(name).helo, want);
    }
}
