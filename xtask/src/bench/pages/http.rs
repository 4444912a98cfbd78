//! As much of HTTP/1.1 as it takes to ask our own pages over a connection that stays open.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::house::Outcome;

/// A connection to the pages, as somebody with a token.
pub(super) struct Client {
    port: u16,
    token: String,
    stream: Option<BufReader<TcpStream>>,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    /// From the request's first byte to the answer's last, in milliseconds.
    pub(super) ms: f64,
    /// As it went over the wire.
    pub(super) body: Vec<u8>,
}

impl Client {
    pub(super) fn new(port: u16, token: &str) -> Self {
        Self { port, token: token.to_owned(), stream: None }
    }

    /// Asks, with gzip where `coding` says so.
    pub(super) fn get(&mut self, target: &str, coding: &str) -> Outcome<Answer> {
        let began = Instant::now();
        let answer = self.ask(target, coding).map_err(|error| format!("{target}: {error}"));
        if answer.is_err() {
            self.stream = None;
        }
        let (status, body) = answer?;
        Ok(Answer { status, ms: began.elapsed().as_secs_f64() * 1e3, body })
    }

    fn ask(&mut self, target: &str, coding: &str) -> std::io::Result<(u16, Vec<u8>)> {
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(("127.0.0.1", self.port))?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(Duration::from_secs(60)))?;
                BufReader::new(stream)
            }
        };
        let stream = self.stream.insert(stream);
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\nAccept-Encoding: {coding}\r\n\r\n",
            self.port, self.token
        );
        stream.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let wrong = |what: &str| std::io::Error::other(what.to_owned());
        let status = line.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or_else(|| wrong("no status"))?;
        let (mut length, mut closes) = (0, false);
        loop {
            line.clear();
            stream.read_line(&mut line)?;
            let lower = line.trim_end().to_ascii_lowercase();
            match lower.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().map_err(|_| wrong("no length"))?,
                Some(("connection", "close")) => closes = true,
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        if closes {
            self.stream = None;
        }
        Ok((status, body))
    }
}
