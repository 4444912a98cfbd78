//! A DNS server on loopback that answers from a zone file, for end-to-end tests: `zone_dns FILE` prints its address
//! (`127.0.0.1:PORT`, UDP and TCP) and serves until it is killed.

#![allow(unreachable_pub, dead_code, clippy::unwrap_used, clippy::panic)] // As the tests with which it shares the server.

#[path = "../tests/support/mod.rs"]
mod support;

#[tokio::main]
async fn main() {
    let file = std::env::args().nth(1).expect("usage: zone_dns FILE");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let server = support::Server::of_zone(&text).await;
    println!("{}", server.address);
    std::future::pending::<()>().await;
}
