//! How fast the resolver and how small an idle connection is, on this machine, now:
//! `cargo run --release -p sekisho-net --example pace [SERVER]`. Without a server, one that answers every question with
//! the same address runs beside.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::future::pending;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lookup::{Kind, Lookup as _, Question};
use mailtext::Domain;
use sekisho_net::{
    Conversation, ListenAddress, Listener, Resolver, ResolverConfig, ServeOptions, SocketAccess, parse_server,
    serve_milter,
};

#[tokio::main]
async fn main() {
    let server = match std::env::args().nth(1) {
        Some(text) => parse_server(&text).unwrap(),
        None => parrot(),
    };
    let resolver = Resolver::start(ResolverConfig::with_servers(vec![server])).unwrap();
    idle().await;
    fresh(&resolver).await;
    cached(&resolver).await;
}

/// Questions that nobody has asked before, 256 on their way.
async fn fresh(resolver: &Resolver) {
    let start = Instant::now();
    let askers: Vec<_> = (0..256)
        .map(|asker| {
            let resolver = resolver.clone();
            tokio::spawn(async move {
                for number in 0..200 {
                    resolver.ask(question(&format!("n{number}.a{asker}.example"))).await;
                }
            })
        })
        .collect();
    for asker in askers {
        asker.await.unwrap();
    }
    println!("fresh:  {:>9.0} questions/s  {:?}", per_second(256 * 200, start), resolver.counts());
}

async fn cached(resolver: &Resolver) {
    let questions: Vec<_> = (0..200).map(|number| question(&format!("n{number}.a0.example"))).collect();
    let start = Instant::now();
    for _ in 0..10_000 {
        for question in &questions {
            let _ = resolver.ask(question.clone()).await;
        }
    }
    println!("cached: {:>9.0} questions/s in one task", per_second(10_000 * 200, start));
}

async fn idle() {
    let address = ListenAddress::parse("inet:0@127.0.0.1").unwrap();
    let listener = Listener::bind(&address, &SocketAccess::default()).await.unwrap();
    let address = listener.tcp_address().unwrap();
    tokio::spawn(serve_milter(vec![listener], ServeOptions::default(), |_| Mute, |_| {}, pending()));
    let before = resident_bytes();
    let count = 8_000;
    let streams: Vec<_> = (0..count).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    println!("idle:   {:>9} bytes for each of {} connections", (resident_bytes() - before) / count, streams.len());
}

struct Mute;

impl Conversation for Mute {
    type Error = &'static str;

    fn feed(&mut self, _: &[u8]) -> Result<(), Self::Error> {
        Ok(())
    }

    fn output(&mut self, _: &mut Vec<u8>) {}

    async fn drive(&mut self) {
        pending::<()>().await;
    }

    fn wants_input(&self) -> bool {
        true
    }

    fn is_finished(&self) -> bool {
        false
    }

    fn is_between_messages(&self) -> bool {
        true
    }
}

/// A server in a thread: turns each question into a response with one address.
fn parrot() -> SocketAddr {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            // Everything but the EDNS record of 11 bytes.
            let mut reply = buffer[..length - 11].to_vec();
            reply[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
            reply.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 1]);
            let _ = socket.send_to(&reply, from);
        }
    });
    address
}

fn question(name: &str) -> Question {
    Question::new(Domain::query(name).unwrap(), Kind::A)
}

fn per_second(count: u32, start: Instant) -> f64 {
    f64::from(count) / start.elapsed().as_secs_f64()
}

fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}
