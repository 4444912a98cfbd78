//! The small HTTP server against clients that are right, rude, slow or many, and the client over a local socket.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::future::pending;
use std::path::PathBuf;
use std::time::Duration;

use sekisho_net::http::{Method, Request, Response, StatusCode, status};
use sekisho_net::limits::{HTTP_BODY_BYTES_MAX, HTTP_HEADER_COUNT_MAX};
use sekisho_net::{AskError, HttpOptions, ListenAddress, Listener, SocketAccess, ask_local, serve_http};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Echoes the request; `/never` is never answered, `/panic` panics.
async fn echo(request: Request<Vec<u8>>) -> Response<Vec<u8>> {
    match request.uri().path() {
        "/never" => pending().await,
        "/panic" => panic!("as the client wishes (a test; this message is expected)"),
        "/json" => Response::builder().header("content-type", "application/json").body(b"{}".to_vec()).unwrap(),
        "/absent" => status(StatusCode::NOT_FOUND),
        path => {
            let head = format!("{} {path} {}", request.method(), request.body().len());
            Response::new(head.into_bytes())
        }
    }
}

struct Server {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    async fn start(options: HttpOptions) -> Self {
        let address = ListenAddress::parse("inet:0@127.0.0.1").unwrap();
        let listener = Listener::bind(&address, &SocketAccess::default()).await.unwrap();
        let address = listener.tcp_address().unwrap();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve_http(listener, options, echo, async { drop(stopped.await) }));
        Self { address, stop, task }
    }

    /// Writes this, and reads until the server closes.
    async fn say(&self, text: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        rest(&mut stream).await
    }
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A connection that is cut has said what it has said.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

fn get(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

fn post(length: usize) -> String {
    let head =
        format!("POST /here HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    head + &"x".repeat(length)
}

#[tokio::test]
async fn requests_are_answered() {
    let server = Server::start(HttpOptions::default()).await;
    let answer = server.say(&get("/here?x=1")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nGET /here 0"), "{answer}");
    for field in
        ["content-type: text/plain; charset=utf-8", "cache-control: no-store", "x-content-type-options: nosniff"]
    {
        assert!(answer.contains(&format!("\r\n{field}\r\n")), "{answer}");
    }
    let answer = server.say(&get("/json")).await;
    assert!(answer.contains("\r\ncontent-type: application/json\r\n") && !answer.contains("text/plain"), "{answer}");
    assert!(server.say(&get("/absent")).await.starts_with("HTTP/1.1 404 Not Found\r\n"));
    assert!(server.say(&post(5)).await.ends_with("POST /here 5"));
    // RFC 9110 §9.3.2: HEAD has the fields and no content.
    let answer = server.say(&get("/here").replace("GET", "HEAD")).await;
    assert!(answer.contains("\r\ncontent-length: 12\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn several_requests_in_one_connection() {
    let server = Server::start(HttpOptions::default()).await;
    let keep = get("/a").replace("Connection: close\r\n", "");
    let answer = server.say(&(keep.clone() + &keep + &get("/b"))).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{answer}");
}

#[tokio::test]
async fn bodies_at_below_and_above_the_limit() {
    let server = Server::start(HttpOptions::default()).await;
    for length in [HTTP_BODY_BYTES_MAX - 1, HTTP_BODY_BYTES_MAX] {
        assert!(server.say(&post(length)).await.ends_with(&format!("POST /here {length}")));
    }
    // It says so before the body has come; whether the client hears of it is the network's affair, so none is sent.
    let head = post(HTTP_BODY_BYTES_MAX + 1);
    let answer = server.say(head.trim_end_matches('x')).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn fields_at_below_and_above_the_limit() {
    let server = Server::start(HttpOptions::default()).await;
    for count in [HTTP_HEADER_COUNT_MAX - 1, HTTP_HEADER_COUNT_MAX, HTTP_HEADER_COUNT_MAX + 1] {
        let fields: String = (2..count).map(|number| format!("X-{number}: x\r\n")).collect();
        let answer = server.say(&get("/").replace("\r\n\r\n", &format!("\r\n{fields}\r\n"))).await;
        let wanted = if count <= HTTP_HEADER_COUNT_MAX { "HTTP/1.1 200 " } else { "HTTP/1.1 431 " };
        assert!(answer.starts_with(wanted), "{count}: {answer}");
    }
    let long = format!("X-Long: {}\r\n\r\n", "x".repeat(20_000));
    assert!(server.say(&get("/").replace("\r\n\r\n", &format!("\r\n{long}"))).await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test]
async fn garbage_is_a_bad_request_and_a_panic_ends_its_connection_only() {
    let server = Server::start(HttpOptions::default()).await;
    assert!(server.say("\u{16}\u{3}\u{1} tls\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
    assert_eq!(server.say(&get("/panic")).await, "");
    assert!(server.say(&get("/here")).await.ends_with("GET /here 0"));
}

#[tokio::test]
async fn every_wait_has_an_end() {
    let short = Duration::from_millis(100);
    let options =
        HttpOptions { header_timeout: short, body_timeout: short, answer_timeout: short, ..HttpOptions::default() };
    let server = Server::start(options).await;
    assert_eq!(server.say("GET / HT").await.matches("200").count(), 0, "a header that does not end");
    assert!(server.say(post(9).trim_end_matches('x')).await.starts_with("HTTP/1.1 408 "), "a body that does not come");
    assert!(server.say(&get("/never")).await.starts_with("HTTP/1.1 503 "), "an answer that does not come");
    let options = HttpOptions { connection_timeout: short, ..HttpOptions::default() };
    let server = Server::start(options).await;
    assert_eq!(server.say("").await, "", "a connection that says nothing");
}

#[tokio::test]
async fn more_connections_than_there_may_be_are_closed() {
    let server = Server::start(HttpOptions { connection_count_max: 1, ..HttpOptions::default() }).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    let keep = get("/a").replace("Connection: close\r\n", "");
    first.write_all(keep.as_bytes()).await.unwrap();
    let mut head = [0; 15];
    first.read_exact(&mut head).await.unwrap();
    assert_eq!(server.say(&get("/b")).await, "");
    first.write_all(get("/c").as_bytes()).await.unwrap();
    assert!(rest(&mut first).await.ends_with("GET /c 0"), "the first goes on");
}

#[tokio::test]
async fn it_stops_when_it_is_told_and_waits_for_nobody_who_is_idle() {
    let server = Server::start(HttpOptions::default()).await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    let keep = get("/a").replace("Connection: close\r\n", "");
    idle.write_all(keep.as_bytes()).await.unwrap();
    let mut head = [0; 15];
    idle.read_exact(&mut head).await.unwrap();
    server.stop.send(()).unwrap();
    server.task.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
    rest(&mut idle).await;
}

#[tokio::test]
async fn it_is_asked_over_a_local_socket() {
    let place = std::env::temp_dir().join(format!("sekisho-net-http-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    let path: PathBuf = place.join("control.sock");
    let nobody = ask_local(&path, Method::GET, "/status").await;
    assert!(matches!(nobody, Err(AskError::Connect(_))));

    let access = SocketAccess { mode: Some(0o600), ..SocketAccess::default() };
    let listener = Listener::bind(&ListenAddress::Unix(path.clone()), &access).await.unwrap();
    let server = tokio::spawn(serve_http(listener, HttpOptions::default(), echo, pending()));
    let (code, body) = ask_local(&path, Method::POST, "/reload").await.unwrap();
    assert_eq!((code, body), (StatusCode::OK, b"POST /reload 0".to_vec()));
    let (code, _) = ask_local(&path, Method::GET, "/absent").await.unwrap();
    assert_eq!(code, StatusCode::NOT_FOUND);
    assert!(matches!(ask_local(&path, Method::GET, "/panic").await, Err(AskError::Http(_))));
    assert!(matches!(ask_local(&path, Method::GET, "no target").await, Err(AskError::Target)));
    server.abort();
    std::fs::remove_dir_all(&place).unwrap();
}
