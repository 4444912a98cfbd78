//! The submission client against servers that answer well, badly, late, or not at all, at each step.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)] // As in every test of this crate.

mod mail_support;

use std::time::Duration;

use mail_support::{Act, Authority, MailServerOfTest, Tls, say, self_signed};
use sekisho_net::limits::{SMTP_REPLY_LINE_BYTES_MAX, SMTP_REPLY_LINE_COUNT_MAX};
use sekisho_net::mail_server::{ConnectError, Login, Lost, MailServer, Secret, Security};
use sekisho_net::submission::{
    Cause, Delivery, Notify, OutgoingMessage, Pipelining, Recipient, Returned, Step, Submission, SubmissionConfig,
    SubmissionError, Submitter,
};

const MESSAGE: &[u8] = b"Subject: hello\r\n\r\nHello,\r\n.\r\n..\r\nbye\r\n";

/// Where in the conversation a line stands, as the server sees it.
fn step_of(line: &str, in_message: &mut bool) -> Option<Step> {
    if *in_message {
        *in_message = line != ".";
        return (!*in_message).then_some(Step::End);
    }
    let verb = line.split(' ').next().unwrap();
    Some(match verb {
        "" => Step::Greeting,
        "EHLO" => Step::Ehlo,
        "STARTTLS" => Step::StartTls,
        "RSET" => Step::Rset,
        "MAIL" => Step::Mail,
        "RCPT" => Step::Rcpt,
        "DATA" => Step::Data,
        _ => Step::Auth,
    })
}

/// A server that offers this, and acts as told at the steps that are told; elsewhere it agrees.
fn smtp(offers: &'static str, acts: Vec<(Step, Act)>) -> impl Fn(usize) -> Box<dyn FnMut(&str) -> Act + Send> + Send {
    smtp_by(offers, move |step, _| acts.iter().find(|(at, _)| *at == step).map(|(_, act)| act.clone()))
}

fn smtp_by<F>(offers: &'static str, by: F) -> impl Fn(usize) -> Box<dyn FnMut(&str) -> Act + Send> + Send
where
    F: Fn(Step, &str) -> Option<Act> + Clone + Send + 'static,
{
    move |_| {
        let by = by.clone();
        let mut in_message = false;
        Box::new(move |line| {
            let Some(step) = step_of(line, &mut in_message) else { return say("") };
            let act = by(step, line).unwrap_or_else(|| match step {
                Step::Greeting => say("220 mail.example.jp ESMTP\r\n"),
                Step::Ehlo => Act::Say(format!("250-mail.example.jp\r\n{offers}250 HELP\r\n").into_bytes()),
                Step::StartTls => Act::StartTls(b"220 go\r\n".to_vec()),
                Step::Auth => say("235 2.7.0 yes\r\n"),
                Step::Data => say("354 go\r\n"),
                _ if line == "QUIT" => Act::Cut(b"221 bye\r\n".to_vec()),
                _ => say("250 2.0.0 ok\r\n"),
            });
            in_message = step == Step::Data && matches!(&act, Act::Say(bytes) if bytes.starts_with(b"354"));
            act
        })
    }
}

fn config(port: u16, security: Security) -> SubmissionConfig {
    let mut config = SubmissionConfig::new(MailServer::new("localhost", port, security), "client.example.jp");
    // Long enough never to pass where the server answers.
    let wait = Duration::from_secs(30);
    (config.greeting_timeout, config.command_timeout, config.data_timeout) = (wait, wait, wait);
    (config.block_timeout, config.end_timeout) = (wait, wait);
    config
}

/// One that does not wait for long, but longer than a busy machine needs for an answer.
fn hasty(port: u16) -> SubmissionConfig {
    let mut config = config(port, Security::Loopback);
    let wait = Duration::from_millis(1500);
    (config.greeting_timeout, config.command_timeout, config.data_timeout) = (wait, wait, wait);
    (config.block_timeout, config.end_timeout) = (wait, wait);
    config
}

fn with_password(mut config: SubmissionConfig, password: &str) -> SubmissionConfig {
    config.login = Some(Login::password("user", Secret::new(password)));
    config
}

async fn connect(config: SubmissionConfig) -> Result<Submission, SubmissionError> {
    Submitter::new(config).unwrap().connect().await
}

async fn send(submission: &mut Submission, recipients: &[&str]) -> Vec<Delivery> {
    let recipients: Vec<_> = recipients.iter().map(|address| Recipient::new(address)).collect();
    submission.send(&message(&recipients, MESSAGE)).await
}

fn message<'a>(recipients: &'a [Recipient], bytes: &'a [u8]) -> OutgoingMessage<'a> {
    OutgoingMessage { sender: "a@example.jp", recipients, bytes, returned: None, envelope_id: None }
}

/// Outcomes as words: `accepted 250`, `refused Rcpt 550`, `failed Mail closed`.
fn words(deliveries: &[Delivery]) -> Vec<String> {
    deliveries.iter().map(word).collect()
}

fn word(delivery: &Delivery) -> String {
    match delivery {
        Delivery::Accepted(reply) => format!("accepted {}", reply.code),
        Delivery::Refused { at, reply } => format!("refused {at:?} {}", reply.code),
        Delivery::Deferred { at, reply } => format!("deferred {at:?} {}", reply.code),
        Delivery::Unsendable(reason) => format!("unsendable {reason:?}"),
        Delivery::Failed { at, cause } => format!("failed {at:?} {}", cause_word(cause)),
        Delivery::InDoubt { cause } => format!("in doubt {}", cause_word(cause)),
    }
}

fn cause_word(cause: &Cause) -> String {
    match cause {
        Cause::Lost(Lost::Closed) => "closed".to_owned(),
        Cause::Lost(Lost::Silent) => "silent".to_owned(),
        Cause::Lost(Lost::TooLong { .. }) => "too long".to_owned(),
        Cause::NotAReply => "no reply".to_owned(),
        Cause::Unexpected(reply) => format!("unexpected {}", reply.code),
        other => format!("{other:?}"),
    }
}

/// What becomes of one message to one recipient when the server acts so at this step, from the connection on.
async fn outcome(step: Step, act: Act, config: impl Fn(u16) -> SubmissionConfig) -> String {
    let server = MailServerOfTest::start(Tls::None, smtp("250-AUTH PLAIN\r\n", vec![(step, act)])).await;
    let mut submission = match connect(with_password(config(server.port), "sesame")).await {
        Ok(submission) => submission,
        Err(SubmissionError::Refused { at, reply }) => return format!("no connection: {at:?} {}", reply.code),
        Err(SubmissionError::Failed { at, cause }) => return format!("no connection: {at:?} {}", cause_word(&cause)),
        Err(other) => panic!("{other:?}"),
    };
    if step == Step::Rset {
        assert_eq!(words(&send(&mut submission, &["x@example.net"]).await), ["accepted 250"]);
    }
    let deliveries = send(&mut submission, &["b@example.net"]).await;
    let ended = matches!(deliveries[0], Delivery::Failed { .. } | Delivery::InDoubt { .. });
    assert_eq!(submission.is_open(), !ended, "{step:?}");
    word(&deliveries[0])
}

#[tokio::test]
async fn a_message_is_taken() {
    let server = MailServerOfTest::start(Tls::None, smtp("250-SIZE 5000\r\n", vec![])).await;
    let mut submission = connect(config(server.port, Security::Loopback)).await.unwrap();
    assert_eq!(submission.offers().message_bytes_max, Some(5000));
    assert!(!submission.is_tls());
    let deliveries = send(&mut submission, &["b@example.net"]).await;
    let Delivery::Accepted(reply) = &deliveries[0] else { panic!("{deliveries:?}") };
    assert_eq!(reply.to_string(), "250 2.0.0 ok");
    submission.quit().await;
    let size = format!("MAIL FROM:<a@example.jp> SIZE={}", MESSAGE.len());
    let want = [
        "connected",
        "EHLO client.example.jp",
        &size,
        "RCPT TO:<b@example.net>",
        "DATA",
        "Subject: hello",
        "",
        "Hello,",
        "..",
        "...",
        "bye",
        ".",
        "QUIT",
    ];
    assert_eq!(server.heard(), want);
}

#[tokio::test]
async fn refusals_at_each_step() {
    let slow = |port| config(port, Security::Loopback);
    for (code, kind) in [(451, "deferred"), (551, "refused")] {
        for step in [Step::Greeting, Step::Ehlo, Step::Auth] {
            let got = outcome(step, Act::Say(format!("{code} no\r\n").into_bytes()), slow).await;
            assert_eq!(got, format!("no connection: {step:?} {code}"));
        }
        let no = || Act::Say(format!("{code}-no\r\n{code} never\r\n").into_bytes());
        for step in [Step::Mail, Step::Rcpt, Step::Data, Step::End] {
            assert_eq!(outcome(step, no(), slow).await, format!("{kind} {step:?} {code}"));
        }
        // That is no word about the message.
        assert_eq!(outcome(Step::Rset, no(), slow).await, format!("failed Rset unexpected {code}"));
    }
}

#[tokio::test]
async fn connections_that_are_cut_at_each_step() {
    let slow = |port| config(port, Security::Loopback);
    for half in ["", "250", "250-more\r\n"] {
        for step in [Step::Greeting, Step::Ehlo, Step::Auth] {
            let got = outcome(step, Act::Cut(half.into()), slow).await;
            assert_eq!(got, format!("no connection: {step:?} closed"), "{half:?}");
        }
        for step in [Step::Mail, Step::Rcpt, Step::Data, Step::Rset] {
            let got = outcome(step, Act::Cut(half.into()), slow).await;
            assert_eq!(got, format!("failed {step:?} closed"), "{half:?}");
        }
        // RFC 1047: the one place where nobody can know.
        assert_eq!(outcome(Step::End, Act::Cut(half.into()), slow).await, "in doubt closed", "{half:?}");
    }
}

#[tokio::test]
async fn silence_at_each_step() {
    let steps = [
        (Step::Greeting, "no connection: Greeting silent"),
        (Step::Ehlo, "no connection: Ehlo silent"),
        (Step::Auth, "no connection: Auth silent"),
        (Step::Mail, "failed Mail silent"),
        (Step::Rcpt, "failed Rcpt silent"),
        (Step::Data, "failed Data silent"),
        (Step::Rset, "failed Rset silent"),
        (Step::End, "in doubt silent"),
    ];
    let waits = steps.map(|(step, want)| (tokio::spawn(outcome(step, Act::Hang, hasty)), want));
    for (wait, want) in waits {
        assert_eq!(wait.await.unwrap(), want);
    }
}

#[tokio::test]
async fn nonsense_at_each_step() {
    let slow = |port| config(port, Security::Loopback);
    for (bytes, want) in [
        ("HTTP/1.1 400 Bad Request\r\n", "no reply"),
        ("\r\n", "no reply"),
        ("250-a\r\n251 b\r\n", "no reply"),
        ("334 what\r\n", "unexpected 334"),
    ] {
        for step in [Step::Greeting, Step::Ehlo, Step::Auth] {
            assert_eq!(outcome(step, say(bytes), slow).await, format!("no connection: {step:?} {want}"), "{bytes:?}");
        }
        for step in [Step::Mail, Step::Rcpt, Step::Data] {
            assert_eq!(outcome(step, say(bytes), slow).await, format!("failed {step:?} {want}"), "{bytes:?}");
        }
        assert_eq!(outcome(Step::End, say(bytes), slow).await, format!("in doubt {want}"), "{bytes:?}");
    }
    // A yes where a "go on" was asked for.
    assert_eq!(outcome(Step::Data, say("250 ok\r\n"), slow).await, "failed Data unexpected 250");
}

#[tokio::test]
async fn replies_that_do_not_end() {
    let slow = |port| config(port, Security::Loopback);
    assert_eq!(outcome(Step::Mail, Act::Endless(b"x".to_vec()), slow).await, "failed Mail too long");
    assert_eq!(outcome(Step::End, Act::Endless(b"250-x\r\n".to_vec()), slow).await, "in doubt no reply");
    assert_eq!(
        outcome(Step::Greeting, Act::Endless(b"220-x\r\n".to_vec()), slow).await,
        "no connection: Greeting no reply"
    );
    let many = "250-x\r\n".repeat(SMTP_REPLY_LINE_COUNT_MAX - 1) + "250 x\r\n";
    assert_eq!(outcome(Step::End, say(many), slow).await, "accepted 250");
    for (length, want) in [
        (SMTP_REPLY_LINE_BYTES_MAX - 1, "accepted 250"),
        (SMTP_REPLY_LINE_BYTES_MAX, "accepted 250"),
        (SMTP_REPLY_LINE_BYTES_MAX + 1, "in doubt too long"),
    ] {
        let line = format!("250 {}\r\n", "x".repeat(length - 4));
        assert_eq!(outcome(Step::End, say(line), slow).await, want, "{length}");
    }
}

#[tokio::test]
async fn each_recipient_has_an_outcome_of_its_own_with_and_without_pipelining() {
    let by = |step, line: &str| {
        (step == Step::Rcpt).then(|| match line {
            line if line.contains("never") => say("550 5.1.1 never\r\n"),
            line if line.contains("later") => say("450 4.2.1 later\r\n"),
            _ => say("250 ok\r\n"),
        })
    };
    let to = ["one@x.example", "never@x.example", "bad address", "later@x.example", "two@x.example"];
    let want =
        ["accepted 250", "refused Rcpt 550", "unsendable BadAddress(MissingAt)", "deferred Rcpt 450", "accepted 250"];
    let mut lines = Vec::new();
    for pipelining in [Pipelining::IfOffered, Pipelining::Never] {
        let server = MailServerOfTest::start(Tls::None, smtp_by("250-PIPELINING\r\n", by)).await;
        let config = SubmissionConfig { pipelining, ..config(server.port, Security::Loopback) };
        let mut submission = connect(config).await.unwrap();
        assert_eq!(words(&send(&mut submission, &to).await), want);
        // Nobody is left, so there is no DATA; and the connection goes on.
        assert_eq!(words(&send(&mut submission, &["never@x.example"]).await), ["refused Rcpt 550"]);
        assert_eq!(words(&send(&mut submission, &["three@x.example"]).await), ["accepted 250"]);
        assert_eq!((server.count("DATA"), server.count("RSET")), (2, 2));
        lines.push(server.heard());
    }
    assert_eq!(lines[0], lines[1], "the same is said either way");
}

#[tokio::test]
async fn more_recipients_than_are_said_at_once() {
    let by = |step, line: &str| (step == Step::Rcpt && line.contains("7@")).then(|| say("550 no\r\n"));
    let server = MailServerOfTest::start(Tls::None, smtp_by("250-PIPELINING\r\n", by)).await;
    let mut submission = connect(config(server.port, Security::Loopback)).await.unwrap();
    let to: Vec<_> = (0..123).map(|number| format!("{number}@x.example")).collect();
    let to: Vec<_> = to.iter().map(String::as_str).collect();
    let got = words(&send(&mut submission, &to).await);
    let want: Vec<_> =
        (0..123).map(|number| if number % 10 == 7 { "refused Rcpt 550" } else { "accepted 250" }).collect();
    assert_eq!(got, want);
    assert_eq!(server.count("RCPT"), 123);
}

#[tokio::test]
async fn a_sender_that_is_refused_takes_all_with_it_and_the_next_message_goes() {
    for (offers, rcpt_count) in [("250-SIZE\r\n", 1), ("250-SIZE\r\n250-PIPELINING\r\n", 3)] {
        let by = |step, line: &str| match step {
            Step::Mail if line.ends_with("SIZE=7") => Some(say("552 5.3.4 too large\r\n")),
            Step::Rcpt if line.contains("void") => Some(say("503 5.5.1 no sender\r\n")),
            _ => None,
        };
        let server = MailServerOfTest::start(Tls::None, smtp_by(offers, by)).await;
        let mut submission = connect(config(server.port, Security::Loopback)).await.unwrap();
        let to = [Recipient::new("void@x.example"), Recipient::new("void@y.example")];
        let refused = submission.send(&message(&to, b"A: bc\r\n")).await;
        assert_eq!(words(&refused), ["refused Mail 552"; 2]);
        assert_eq!(words(&send(&mut submission, &["b@example.net"]).await), ["accepted 250"]);
        assert_eq!(server.count("RCPT"), rcpt_count);
    }
}

#[tokio::test]
async fn a_server_that_closes_with_421_is_not_spoken_to_again() {
    for step in [Step::Mail, Step::Rcpt, Step::Data, Step::End] {
        for offers in ["250-DSN\r\n", "250-PIPELINING\r\n"] {
            let acts = vec![(step, Act::Cut(b"421 4.3.2 going\r\n".to_vec()))];
            let server = MailServerOfTest::start(Tls::None, smtp(offers, acts)).await;
            let mut submission = connect(config(server.port, Security::Loopback)).await.unwrap();
            let got = words(&send(&mut submission, &["b@example.net", "c@example.net"]).await);
            assert_eq!(got, [format!("deferred {step:?} 421"), format!("deferred {step:?} 421")], "{offers}");
            assert!(!submission.is_open());
            let next = send(&mut submission, &["b@example.net"]).await;
            assert_eq!(next, [Delivery::Failed { at: Step::Mail, cause: Cause::Over }]);
        }
    }
}

#[tokio::test]
async fn a_server_that_breaks_off_in_the_message_has_not_taken_it() {
    // It says why, and reads no further.
    let acts = vec![(Step::Data, say("354 go\r\n421 4.3.2 going\r\n"))];
    let server = MailServerOfTest::start(Tls::None, smtp("250-DSN\r\n", acts)).await;
    let mut submission = connect(config(server.port, Security::Loopback)).await.unwrap();
    assert_eq!(words(&send(&mut submission, &["b@example.net"]).await), ["deferred Message 421"]);
    assert!(!submission.is_open());

    // It takes a part of more than fits between us, and goes.
    let large = b"0123456789abcdefghijklmnopqrstuvwxyz\r\n".repeat(1 << 20);
    let to = [Recipient::new("b@example.net")];
    let cut = |_: usize| {
        let mut inner = smtp("250-DSN\r\n", vec![])(0);
        let mut count = 0;
        move |line: &str| {
            count += usize::from(line.starts_with("0123456789"));
            if count == 1000 { Act::Cut(Vec::new()) } else { inner(line) }
        }
    };
    let server = MailServerOfTest::start(Tls::None, cut).await;
    let mut submission = connect(config(server.port, Security::Loopback)).await.unwrap();
    assert_eq!(words(&submission.send(&message(&to, &large)).await), ["failed Message closed"]);

    // It does not read, but has said why.
    let full = |_: usize| {
        let mut inner = smtp("250-DSN\r\n", vec![])(0);
        let mut count = 0;
        move |line: &str| {
            count += usize::from(line.starts_with("0123456789"));
            match count {
                1000 => say("552 5.3.4 too large\r\n"),
                1001.. => Act::Hang,
                _ => inner(line),
            }
        }
    };
    let server = MailServerOfTest::start(Tls::None, full).await;
    let mut submission = connect(hasty(server.port)).await.unwrap();
    assert_eq!(words(&submission.send(&message(&to, &large)).await), ["refused Message 552"]);
    assert!(!submission.is_open());
}

#[tokio::test]
async fn what_is_dropped_in_the_middle_ends_the_connection() {
    let server = MailServerOfTest::start(Tls::None, smtp("250-DSN\r\n", vec![(Step::End, Act::Hang)])).await;
    let mut submission = connect(config(server.port, Security::Loopback)).await.unwrap();
    tokio::select! {
        _ = send(&mut submission, &["b@example.net"]) => panic!("nobody answers"),
        () = mail_support::eventually("the final dot", || server.count(".") > 0) => {}
    }
    assert!(!submission.is_open());
    let next = send(&mut submission, &["b@example.net"]).await;
    assert_eq!(next, [Delivery::Failed { at: Step::Mail, cause: Cause::Over }]);
}

#[tokio::test]
async fn what_is_asked_of_notifications_is_said_when_it_is_offered() {
    let to = [Recipient {
        notify: Some(Notify::Never),
        original: Some("関 <x@example.jp>".to_owned()),
        ..Recipient::new("関@example.net")
    }];
    let with = |bytes| OutgoingMessage {
        returned: Some(Returned::Header),
        envelope_id: Some("report=1"),
        ..message(&to, bytes)
    };
    let offers = "250-DSN\r\n250-SMTPUTF8\r\n250-8BITMIME\r\n";
    let server = MailServerOfTest::start(Tls::None, smtp(offers, vec![])).await;
    let mut submission = connect(config(server.port, Security::Loopback)).await.unwrap();
    let got = words(&submission.send(&with(MESSAGE)).await);
    assert_eq!(got, ["unsendable BadParameter(\"ORCPT\")"], "an original address is ASCII");
    let to = [Recipient { original: Some("x@example.jp".to_owned()), ..to[0].clone() }];
    let outgoing = OutgoingMessage { recipients: &to, ..with("Subject: 関所\r\n\r\n関所\r\n".as_bytes()) };
    assert_eq!(words(&submission.send(&outgoing).await), ["accepted 250"]);
    let heard = server.heard();
    assert!(
        heard.contains(&"MAIL FROM:<a@example.jp> BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=report+3D1".to_owned()),
        "{heard:?}"
    );
    assert!(heard.contains(&"RCPT TO:<関@example.net> NOTIFY=NEVER ORCPT=rfc822;x@example.jp".to_owned()), "{heard:?}");
    assert!(heard.contains(&"Subject: 関所".to_owned()));
}

#[tokio::test]
async fn passwords_are_said_in_the_way_the_server_knows() {
    for (offers, password, want) in [
        ("250-AUTH LOGIN PLAIN\r\n", "sesame", &["AUTH PLAIN AHVzZXIAc2VzYW1l"][..]),
        ("250-AUTH=LOGIN\r\n", "sesame", &["AUTH LOGIN", "dXNlcg==", "c2VzYW1l"]),
    ] {
        let ask = |step, line: &str| {
            (step == Step::Auth && (line == "AUTH LOGIN" || line == "dXNlcg==")).then(|| say("334 VXNlcm5hbWU6\r\n"))
        };
        let server = MailServerOfTest::start(Tls::None, smtp_by(offers, ask)).await;
        connect(with_password(config(server.port, Security::Loopback), password)).await.unwrap();
        assert_eq!(server.heard()[2..], *want);
    }
    // RFC 4954 §4: what would make the line too long waits for its turn.
    for (length, is_first) in [(360, true), (380, false)] {
        let password = "x".repeat(length);
        let ask = |step, line: &str| (step == Step::Auth && line == "AUTH PLAIN").then(|| say("334 \r\n"));
        let server = MailServerOfTest::start(Tls::None, smtp_by("250-AUTH PLAIN\r\n", ask)).await;
        connect(with_password(config(server.port, Security::Loopback), &password)).await.unwrap();
        assert_eq!(server.heard()[2] == "AUTH PLAIN", !is_first, "{length}");
        assert_eq!(server.heard().len(), if is_first { 3 } else { 4 });
    }
    for offers in ["250-AUTH CRAM-MD5\r\n", "250-SIZE\r\n"] {
        let server = MailServerOfTest::start(Tls::None, smtp(offers, vec![])).await;
        let error = connect(with_password(config(server.port, Security::Loopback), "x")).await.err();
        assert_eq!(error, Some(SubmissionError::NoMechanism), "{offers}");
    }
}

#[tokio::test]
async fn tokens_are_said_in_the_way_the_server_knows() {
    let file = std::env::temp_dir().join(format!("sekisho-net-smtp-token-{}", std::process::id()));
    let with_token = |port| {
        let mut config = config(port, Security::Loopback);
        config.login = Some(Login::TokenFile { user: "u@example.jp".to_owned(), path: file.clone() });
        config
    };
    let server = MailServerOfTest::start(Tls::None, smtp("250-AUTH XOAUTH2\r\n", vec![])).await;
    let error = connect(with_token(server.port)).await.err();
    assert!(matches!(error, Some(SubmissionError::Token { .. })), "there is no file: {error:?}");
    std::fs::write(&file, "ya29.token\n").unwrap();
    connect(with_token(server.port)).await.unwrap();
    let xoauth2 = "AUTH XOAUTH2 dXNlcj11QGV4YW1wbGUuanABYXV0aD1CZWFyZXIgeWEyOS50b2tlbgEB";
    assert_eq!(server.heard().last().unwrap(), xoauth2);
    let server = MailServerOfTest::start(Tls::None, smtp("250-AUTH PLAIN XOAUTH2 OAUTHBEARER\r\n", vec![])).await;
    connect(with_token(server.port)).await.unwrap();
    let heard = server.heard().last().unwrap().clone();
    assert!(heard.starts_with("AUTH OAUTHBEARER bixhPXVAZXhhbXBsZS5qcCwBaG9zdD1sb2NhbGhvc3QB"), "{heard}");
    // A long one waits for its turn; a refusal comes in two steps, and is answered with nothing, or with control-A.
    std::fs::write(&file, "x".repeat(2000)).unwrap();
    for (offers, end) in [("250-AUTH XOAUTH2\r\n", "\n"), ("250-AUTH OAUTHBEARER\r\n", "AQ==")] {
        let ask = move |step, line: &str| match line {
            _ if step != Step::Auth && line != "\n" => None,
            line if line == end => Some(say("535 5.7.8 no\r\n")),
            line if line.starts_with("AUTH") => Some(say("334 \r\n")),
            _ => Some(say("334 eyJzdGF0dXMiOiI0MDEifQ==\r\n")),
        };
        let server = MailServerOfTest::start(Tls::None, smtp_by(offers, ask)).await;
        let error = connect(with_token(server.port)).await.err();
        let is_refused =
            matches!(&error, Some(SubmissionError::Refused { at: Step::Auth, reply }) if reply.code == 535);
        assert!(is_refused, "{offers}: {error:?}");
        assert_eq!(server.heard().len(), 5, "{offers}");
    }
    let server = MailServerOfTest::start(Tls::None, smtp("250-AUTH PLAIN LOGIN\r\n", vec![])).await;
    assert_eq!(
        connect(with_token(server.port)).await.err(),
        Some(SubmissionError::NoMechanism),
        "a token is no password"
    );
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test]
async fn a_handshake_has_an_end() {
    let server = MailServerOfTest::start(Tls::None, smtp("", vec![(Step::Greeting, Act::Hang)])).await;
    let mut config = config(server.port, Security::Tls);
    config.server.tls_timeout = Duration::from_millis(200);
    match connect(config).await.err() {
        Some(SubmissionError::Connect(ConnectError::Tls { reason, .. })) => {
            assert_eq!(reason, Lost::Silent.to_string());
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn tls_from_the_first_byte_and_after_starttls() {
    let authority = Authority::new();
    for security in [Security::Tls, Security::StartTls, Security::StartTlsIfOffered] {
        let acceptor = authority.tls("localhost");
        let tls = if security == Security::Tls { Tls::First(acceptor) } else { Tls::Later(acceptor) };
        let server = MailServerOfTest::start(tls, smtp("250-STARTTLS\r\n250-AUTH PLAIN\r\n", vec![])).await;
        let mut config = with_password(config(server.port, security), "sesame");
        config.server.roots.add_pem(authority.pem.as_bytes()).unwrap();
        let mut submission = connect(config).await.unwrap();
        assert!(submission.is_tls());
        assert_eq!(words(&send(&mut submission, &["b@example.net"]).await), ["accepted 250"]);
        submission.quit().await;
        let ehlo_count = if security == Security::Tls { 1 } else { 2 };
        assert_eq!(server.count("EHLO"), ehlo_count, "what was offered in the clear is forgotten");
        assert_eq!(server.count("QUIT"), 1);
    }
}

#[tokio::test]
async fn tls_that_does_not_hold() {
    let authority = Authority::new();
    for security in [Security::Tls, Security::StartTls, Security::StartTlsIfOffered] {
        for (acceptor, trusts, want) in [
            (authority.tls("localhost"), false, "UnknownIssuer"),
            (authority.tls("other.example"), true, "not valid for name"),
            (self_signed("localhost"), true, "certificate"),
        ] {
            let tls = if security == Security::Tls { Tls::First(acceptor) } else { Tls::Later(acceptor) };
            let server = MailServerOfTest::start(tls, smtp("250-STARTTLS\r\n250-AUTH PLAIN\r\n", vec![])).await;
            let mut config = with_password(config(server.port, security), "sesame");
            if trusts {
                config.server.roots.add_pem(authority.pem.as_bytes()).unwrap();
            }
            match connect(config).await {
                Err(SubmissionError::Connect(ConnectError::Tls { reason, .. })) => {
                    assert!(reason.contains(want), "{security:?} {want}: {reason}");
                }
                other => panic!("{security:?} {want}: {:?}", other.err()),
            }
            assert_eq!(server.count("AUTH"), 0);
        }
    }
}

#[tokio::test]
async fn starttls_that_is_not_what_it_should_be() {
    let tls = || Tls::Later(self_signed("localhost"));
    let server = MailServerOfTest::start(tls(), smtp("250-SIZE\r\n", vec![])).await;
    let error = connect(config(server.port, Security::StartTls)).await.err();
    assert_eq!(error, Some(SubmissionError::NoStartTls));
    let open = connect(config(server.port, Security::StartTlsIfOffered)).await.unwrap();
    assert!(!open.is_tls());

    let acts = vec![(Step::StartTls, say("454 4.7.0 not now\r\n"))];
    let server = MailServerOfTest::start(tls(), smtp("250-STARTTLS\r\n", acts)).await;
    for security in [Security::StartTls, Security::StartTlsIfOffered] {
        let error = connect(config(server.port, security)).await.err();
        assert!(matches!(error, Some(SubmissionError::Refused { at: Step::StartTls, .. })), "{error:?}");
    }

    // What is said in the clear behind the reply would otherwise be taken for what comes under TLS.
    let acts = vec![(Step::StartTls, Act::StartTls(b"220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n".to_vec()))];
    let server = MailServerOfTest::start(tls(), smtp("250-STARTTLS\r\n", acts)).await;
    match connect(config(server.port, Security::StartTls)).await {
        Err(SubmissionError::Connect(ConnectError::Tls { reason, .. })) => assert!(reason.contains("went on talking")),
        other => panic!("{:?}", other.err()),
    }
}

#[tokio::test]
async fn nobody_there() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = connect(config(port, Security::Loopback)).await.err();
    assert!(matches!(error, Some(SubmissionError::Connect(ConnectError::Unreachable { .. }))), "{error:?}");
    let nowhere = SubmissionConfig::new(MailServer::new("host.invalid", 25, Security::Tls), "a.example");
    let error = connect(nowhere).await.err();
    assert!(matches!(error, Some(SubmissionError::Connect(ConnectError::NoAddress { .. }))), "{error:?}");
}
