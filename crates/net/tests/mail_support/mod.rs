//! Mail servers on loopback that do whatever a test wants: a line comes, and an act answers it.

#![allow(dead_code, unreachable_pub, unused_imports)] // Each test takes what it needs.

#[path = "../fetch_support/mod.rs"]
mod fetch_support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufStream};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub use fetch_support::{Authority, self_signed};

/// What a server does.
#[derive(Clone, Debug)]
pub enum Act {
    /// These bytes.
    Say(Vec<u8>),
    /// These bytes, and the connection is closed.
    Cut(Vec<u8>),
    /// Nothing, for ever.
    Hang,
    /// These bytes again and again.
    Endless(Vec<u8>),
    /// These bytes, and what follows goes over TLS.
    StartTls(Vec<u8>),
}

pub fn say(text: impl AsRef<[u8]>) -> Act {
    Act::Say(text.as_ref().to_vec())
}

/// What the server heard, over all its connections: lines without their ends, `connected` when one began.
pub type Heard = Arc<Mutex<Vec<String>>>;

pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

pub struct MailServerOfTest {
    pub port: u16,
    pub heard: Heard,
}

/// Where TLS begins.
#[derive(Clone)]
pub enum Tls {
    None,
    First(TlsAcceptor),
    Later(TlsAcceptor),
}

impl MailServerOfTest {
    /// `make` gives for each connection, numbered from 0, what answers its lines; the first line is empty, and is the
    /// moment of the greeting.
    pub async fn start<A>(tls: Tls, make: impl Fn(usize) -> A + Send + 'static) -> Self
    where
        A: FnMut(&str) -> Act + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Heard::default();
        let log = Arc::clone(&heard);
        tokio::spawn(async move {
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                log.lock().unwrap().push("connected".to_owned());
                tokio::spawn(converse(Box::new(stream), tls.clone(), make(number), Arc::clone(&log)));
            }
        });
        Self { port, heard }
    }

    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// How often a line was heard that begins so.
    pub fn count(&self, start: &str) -> usize {
        self.heard().iter().filter(|line| line.starts_with(start)).count()
    }
}

async fn converse(mut stream: Box<dyn Io>, tls: Tls, mut act: impl FnMut(&str) -> Act, heard: Heard) {
    if let Tls::First(acceptor) = &tls {
        let Ok(shaken) = acceptor.accept(stream).await else { return };
        stream = Box::new(shaken);
    }
    let mut stream = BufStream::new(stream);
    let mut line = String::new();
    loop {
        match act(&line) {
            Act::Say(bytes) => {
                if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
            Act::Cut(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.flush().await;
                return;
            }
            Act::Hang => std::future::pending().await,
            Act::Endless(bytes) => {
                while stream.write_all(&bytes).await.is_ok() {}
                return;
            }
            Act::StartTls(bytes) => {
                let Tls::Later(acceptor) = &tls else { panic!("no TLS was prepared") };
                let _ = stream.write_all(&bytes).await;
                let _ = stream.flush().await;
                let Ok(shaken) = acceptor.accept(stream.into_inner()).await else { return };
                stream = BufStream::new(Box::new(shaken));
            }
        }
        let mut bytes = Vec::new();
        match stream.read_until(b'\n', &mut bytes).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        line = String::from_utf8_lossy(bytes.trim_ascii_end()).into_owned();
        // A piece of a literal counts as a line; its CRLF is gone.
        heard.lock().unwrap().push(line.clone());
        if line.is_empty() {
            // The empty line is the greeting's moment; an empty line that was said is another.
            line.push('\n');
        }
    }
}

/// Waits, for a short while, for what another task does.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it did not happen: {what}");
}
