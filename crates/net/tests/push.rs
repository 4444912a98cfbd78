//! What is pushed over HTTP, by who may and who may not, in bodies of each kind.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)] // As in every test of this crate.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sekisho_net::http::StatusCode;
use sekisho_net::mail_server::Secret;
use sekisho_net::push::{Push, PushHandler, PushOptions, PushReply, serve_push};
use sekisho_net::{ListenAddress, Listener, SocketAccess};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

#[derive(Default)]
struct Keeper {
    pushes: Mutex<Vec<Push>>,
}

impl PushHandler for Keeper {
    async fn push(&self, push: Push) -> PushReply {
        let reply = match push.path.as_str() {
            "/panic" => panic!("as the client wishes (a test; this message is expected)"),
            "/never" => std::future::pending().await,
            "/twice" => PushReply { status: StatusCode::CONFLICT, text: "there is one\n".to_owned() },
            _ => PushReply { status: StatusCode::ACCEPTED, text: format!("{} bytes\n", push.body.len()) },
        };
        self.pushes.lock().unwrap().push(push);
        reply
    }
}

struct Server {
    address: SocketAddr,
    keeper: Arc<Keeper>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start() -> Self {
        let listener = ListenAddress::parse("inet:0@127.0.0.1").unwrap();
        let listener = Listener::bind(&listener, &SocketAccess::default()).await.unwrap();
        let address = listener.tcp_address().unwrap();
        let mut options =
            PushOptions::new(vec![Secret::new("first-token-0123"), Secret::new("other-token-4567")]).unwrap();
        options.http.body_bytes_max = 1000;
        options.http.answer_timeout = Duration::from_millis(200);
        let keeper = Arc::new(Keeper::default());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve_push(listener, options, Arc::clone(&keeper), async { drop(stopped.await) }));
        Self { address, keeper, stop, task }
    }

    /// Writes this, and reads until the server closes.
    async fn say(&self, text: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A connection that is cut has said what it has said.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }

    async fn status(&self, text: &str) -> String {
        let answer = self.say(text).await;
        answer.split(' ').nth(1).unwrap_or("none").to_owned()
    }

    fn count(&self) -> usize {
        self.keeper.pushes.lock().unwrap().len()
    }
}

fn post(path: &str, fields: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer first-token-0123\r\n{fields}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn a_body_with_a_length_and_one_in_chunks() {
    let server = Server::start().await;
    let fields = "Content-Type: application/gzip\r\nContent-Encoding: identity\r\n";
    let answer = server.say(&post("/reports/a%20b?c=d", fields, "hello")).await;
    assert!(answer.starts_with("HTTP/1.1 202 ") && answer.ends_with("\r\n\r\n5 bytes\n"), "{answer}");
    let chunked = post("/b", "Transfer-Encoding: chunked\r\n", "")
        .replace("Content-Length: 0\r\n", "")
        .replace("first-token-0123", "other-token-4567")
        + "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n";
    assert!(server.say(&chunked).await.ends_with("5 bytes\n"));
    let pushes = server.keeper.pushes.lock().unwrap();
    let of = |path: &str, token, content_type: Option<&str>, content_encoding: Option<&str>| Push {
        path: path.to_owned(),
        token,
        content_type: content_type.map(str::to_owned),
        content_encoding: content_encoding.map(str::to_owned),
        body: b"hello".to_vec(),
    };
    let want = [of("/reports/a%20b", 0, Some("application/gzip"), Some("identity")), of("/b", 1, None, None)];
    assert_eq!(*pushes, want);
}

#[tokio::test]
async fn who_has_no_token_is_refused_before_the_body() {
    let server = Server::start().await;
    for wrong in ["Bearer first-token-0124", "Bearer first-token-012", "Basic first-token-0123", "Bearer", ""] {
        let request = post("/", "", "x").replace("Bearer first-token-0123", wrong);
        let answer = server.say(&request).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{wrong}: {answer}");
        assert!(answer.to_ascii_lowercase().contains("\r\nwww-authenticate: bearer\r\n"), "{answer}");
    }
    // A body that never comes is not waited for.
    let request = post("/", "", "").replace("first", "wrong").replace("Content-Length: 0", "Content-Length: 900");
    assert_eq!(server.status(&request).await, "401");
    // Nor is it asked for; with the token, it is.
    let expect = |token: &str| {
        post("/", "Expect: 100-continue\r\n", "")
            .replace("first", token)
            .replace("Content-Length: 0", "Content-Length: 3")
    };
    assert_eq!(server.status(&expect("wrong")).await, "401");
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(expect("first").as_bytes()).await.unwrap();
    let mut head = [0; 25];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"abc").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("3 bytes\n"), "{answer}");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn bodies_at_below_and_above_the_limit() {
    let server = Server::start().await;
    for (length, want) in [(0, "202"), (999, "202"), (1000, "202"), (1001, "413")] {
        let body = "x".repeat(length);
        assert_eq!(server.status(&post("/", "", &body)).await, want, "{length}");
        let chunked = post("/", "Transfer-Encoding: chunked\r\n", "").replace("Content-Length: 0\r\n", "");
        let last = if length == 0 { String::new() } else { format!("{length:x}\r\n{body}\r\n") };
        assert_eq!(server.status(&format!("{chunked}{last}0\r\n\r\n")).await, want, "{length} in chunks");
    }
    assert_eq!(server.count(), 6);
}

#[tokio::test]
async fn other_methods_and_handlers_that_say_no_or_nothing() {
    let server = Server::start().await;
    for method in ["GET", "PUT", "DELETE"] {
        let answer = server.say(&post("/", "", "").replace("POST", method)).await;
        assert!(answer.starts_with("HTTP/1.1 405 "), "{method}: {answer}");
        assert!(answer.to_ascii_lowercase().contains("\r\nallow: post\r\n"), "{answer}");
    }
    let answer = server.say(&post("/twice", "", "x")).await;
    assert!(answer.starts_with("HTTP/1.1 409 ") && answer.ends_with("there is one\n"), "{answer}");
    assert_eq!(server.status(&post("/never", "", "x")).await, "503");
    assert_eq!(server.say(&post("/panic", "", "x")).await, "");
    assert_eq!(server.status(&post("/", "", "x")).await, "202", "the others go on");
}

#[tokio::test]
async fn it_stops_when_it_is_told() {
    let server = Server::start().await;
    assert_eq!(server.status(&post("/", "", "x")).await, "202");
    server.stop.send(()).unwrap();
    server.task.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}
