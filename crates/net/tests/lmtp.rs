//! The LMTP server over real sockets: many clients, slow ones, a handler that hangs or panics, and the end.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)] // As in every test of this crate.

mod mail_support;

use std::future::pending;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mail_support::eventually;
use sekisho_net::lmtp::{LmtpHandler, LmtpMessage, LmtpOptions, LmtpReply, serve_lmtp};
use sekisho_net::{ConnectionEnd, ListenAddress, Listener, Notice, ServeEnd, SocketAccess};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// Does as the sender wishes.
#[derive(Default)]
struct Handler {
    messages: Mutex<Vec<LmtpMessage>>,
    go_on: Notify,
    has_begun: Notify,
}

impl LmtpHandler for Handler {
    async fn recipient(&self, sender: &str, _: &str) -> LmtpReply {
        if sender == "hang-early@example.jp" { pending().await } else { LmtpReply::Accept }
    }

    async fn message(&self, message: LmtpMessage) -> Vec<LmtpReply> {
        match message.sender.as_str() {
            "hang@example.jp" => pending().await,
            "panic@example.jp" => panic!("as the client wishes (a test; this message is expected)"),
            "wait@example.jp" => {
                self.has_begun.notify_one();
                self.go_on.notified().await;
            }
            _ => {}
        }
        let replies = vec![LmtpReply::Accept; message.recipients.len()];
        self.messages.lock().unwrap().push(message);
        replies
    }
}

struct Server {
    address: SocketAddr,
    handler: Arc<Handler>,
    ends: Arc<Mutex<Vec<String>>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<ServeEnd>,
}

impl Server {
    async fn start(change: impl FnOnce(&mut LmtpOptions)) -> Self {
        let address = ListenAddress::parse("inet:0@127.0.0.1").unwrap();
        let listener = Listener::bind(&address, &SocketAccess::default()).await.unwrap();
        let address = listener.tcp_address().unwrap();
        let mut options = LmtpOptions::new("mx.example.net");
        change(&mut options);
        let (handler, ends) = (Arc::new(Handler::default()), Arc::<Mutex<Vec<String>>>::default());
        let (stop, stopped) = oneshot::channel();
        let log = Arc::clone(&ends);
        let observe = move |notice| {
            log.lock().unwrap().push(match notice {
                Notice::Ended { end: ConnectionEnd::Broken(reason), .. } => reason,
                Notice::Ended { end, .. } => format!("{end:?}"),
                other => format!("{other:?}"),
            });
        };
        let stopped = async { drop(stopped.await) };
        let task = tokio::spawn(serve_lmtp(vec![listener], options, Arc::clone(&handler), observe, stopped));
        Self { address, handler, ends, stop, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Says all this at once, and reads until the server closes: the codes of its replies.
    async fn say(&self, text: &str) -> Vec<u16> {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        codes(&mut stream).await
    }
}

async fn codes(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> Vec<u16> {
    let mut said = String::new();
    // What was said before a connection is cut was said.
    let _ = stream.read_to_string(&mut said).await;
    said.lines().filter(|line| line.as_bytes()[3] == b' ').map(|line| line[..3].parse().unwrap()).collect()
}

fn dialogue(sender: &str, text: &str) -> String {
    format!(
        "LHLO a\r\nMAIL FROM:<{sender}@example.jp> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<b@example.net>\r\n\
         RCPT TO:<関@example.net>\r\nDATA\r\n{text}\r\n.\r\nQUIT\r\n"
    )
}

const TAKEN: [u16; 9] = [220, 250, 250, 250, 250, 354, 250, 250, 221];

#[tokio::test]
async fn a_message_over_tcp_and_over_a_local_socket() {
    let server = Server::start(|_| {}).await;
    assert_eq!(server.say(&dialogue("a", "Subject: 関所\r\n\r\n...")).await, TAKEN);
    let place = std::env::temp_dir().join(format!("sekisho-net-lmtp-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    let path = place.join("lmtp.sock");
    let access = SocketAccess { mode: Some(0o600), ..SocketAccess::default() };
    let listener = Listener::bind(&ListenAddress::Unix(path.clone()), &access).await.unwrap();
    let (options, handler) = (LmtpOptions::new("mx.example.net"), Arc::clone(&server.handler));
    let local = tokio::spawn(serve_lmtp(vec![listener], options, handler, |_| {}, pending()));
    let mut stream = UnixStream::connect(&path).await.unwrap();
    stream.write_all(dialogue("b", "x").as_bytes()).await.unwrap();
    assert_eq!(codes(&mut stream).await, TAKEN);
    local.abort();
    std::fs::remove_dir_all(&place).unwrap();
    let messages = server.handler.messages.lock().unwrap();
    assert_eq!(messages[0].bytes, "Subject: 関所\r\n\r\n..\r\n".as_bytes());
    assert_eq!(messages[0].recipients, ["b@example.net", "関@example.net"]);
    assert!(messages[0].is_smtputf8);
    assert!(messages[0].peer.address.is_some() && messages[1].peer.address.is_none());
}

#[tokio::test]
async fn many_at_once() {
    let server = Arc::new(Server::start(|_| {}).await);
    let text = "0123456789\r\n".repeat(20_000);
    let clients = (0..40).map(|number| {
        let (server, text) = (Arc::clone(&server), format!("{number}\r\n{text}x"));
        tokio::spawn(async move { server.say(&dialogue(&format!("n{number}"), &text)).await })
    });
    for client in clients.collect::<Vec<_>>() {
        assert_eq!(client.await.unwrap(), TAKEN);
    }
    let messages = server.handler.messages.lock().unwrap();
    assert_eq!(messages.len(), 40);
    for message in messages.iter() {
        let number = message.sender.strip_prefix('n').unwrap().strip_suffix("@example.jp").unwrap();
        assert_eq!(message.bytes, format!("{number}\r\n{text}x\r\n").into_bytes());
    }
}

#[tokio::test]
async fn a_handler_that_hangs_or_panics_costs_its_own_message_only() {
    let server = Server::start(|options| options.handler_timeout = Duration::from_millis(100)).await;
    let later = [220, 250, 250, 250, 250, 354, 451, 451, 221];
    assert_eq!(server.say(&dialogue("hang", "x")).await, later);
    let early = [220, 250, 250, 451, 451, 503];
    assert_eq!(server.say(&dialogue("hang-early", "x")).await[..6], early);
    // Nothing was said of the recipients, so the MTA keeps the message.
    assert_eq!(server.say(&dialogue("panic", "x")).await[..6], later[..6]);
    assert_eq!(server.say(&dialogue("panic", "x")).await.len(), 6);
    assert_eq!(server.say(&dialogue("a", "x")).await, TAKEN);
    eventually("the panic is told", || server.ends.lock().unwrap().iter().any(|end| end == "Panicked")).await;
}

#[tokio::test]
async fn silence_and_crowds() {
    let server = Server::start(|options| {
        options.serve.idle_timeout = Duration::from_millis(1000);
        options.serve.first_input_timeout = Duration::from_millis(1000);
        options.serve.connection_count_max = 1;
    })
    .await;
    assert_eq!(codes(&mut server.connect().await).await, [220], "who says nothing");
    let mut half = server.connect().await;
    let text = dialogue("a", "x").replace("\r\n.\r\nQUIT\r\n", "");
    half.write_all(text.as_bytes()).await.unwrap();
    assert_eq!(codes(&mut half).await, [220, 250, 250, 250, 250, 354], "who says no more");
    assert!(server.handler.messages.lock().unwrap().is_empty());

    let server = Server::start(|options| options.serve.connection_count_max = 1).await;
    let mut first = server.connect().await;
    let mut greeting = [0; 3];
    first.read_exact(&mut greeting).await.unwrap();
    assert_eq!(codes(&mut server.connect().await).await, [] as [u16; 0]);
    first.write_all(dialogue("a", "x").as_bytes()).await.unwrap();
    let mut rest = String::new();
    first.read_to_string(&mut rest).await.unwrap();
    assert!(rest.ends_with("250 2.0.0 taken\r\n250 2.0.0 taken\r\n221 2.0.0 bye\r\n"), "the first goes on: {rest}");
}

#[tokio::test]
async fn it_stops_when_it_is_told_and_a_message_that_has_begun_is_finished() {
    let server = Server::start(|_| {}).await;
    let mut idle = server.connect().await;
    idle.write_all(b"LHLO a\r\n").await.unwrap();
    let mut busy = server.connect().await;
    busy.write_all(dialogue("wait", "x").as_bytes()).await.unwrap();
    server.handler.has_begun.notified().await;
    server.stop.send(()).unwrap();
    assert!(codes(&mut idle).await.len() <= 2, "who waits is let go");
    server.handler.go_on.notify_one();
    // What is behind the message is not waited for.
    assert_eq!(codes(&mut busy).await[..8], TAKEN[..8]);
    let end = server.task.await.unwrap();
    assert_eq!((end.accepted_count, end.cut_count), (2, 0));
    assert_eq!(server.handler.messages.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn who_does_not_end_in_time_is_cut() {
    let server = Server::start(|options| options.serve.grace = Duration::from_millis(100)).await;
    let mut busy = server.connect().await;
    busy.write_all(dialogue("hang", "x").as_bytes()).await.unwrap();
    let mut begun = vec![0; 300];
    eventually("the message is there", || {
        // The reply to DATA has come, so what follows is read.
        busy.try_read(&mut begun).is_ok_and(|count| begun[..count].windows(3).any(|code| code == b"354"))
    })
    .await;
    server.stop.send(()).unwrap();
    let end = server.task.await.unwrap();
    assert_eq!((end.accepted_count, end.cut_count), (1, 1));
    assert_eq!(codes(&mut busy).await, [] as [u16; 0], "nothing was promised");
}

#[tokio::test]
async fn abuse_is_told_with_its_reason() {
    let server = Server::start(|_| {}).await;
    assert_eq!(server.say("LHLO a\nMAIL FROM:<>\r\n").await, [220, 500]);
    assert_eq!(server.say("LHLO a\r\nBDAT 5 LAST\r\nQUIT\r\n").await, [220, 250, 502]);
    let ended = |text: &str| server.ends.lock().unwrap().iter().any(|end| end.contains(text));
    eventually("both", || ended("a line ends with CRLF") && ended("BDAT is not offered")).await;
}
