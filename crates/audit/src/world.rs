//! Whom an audit asks: DNS and documents as everywhere, and two things that nobody else asks – each authoritative server of
//! a zone by itself, and a mail host's greeting.

use std::future::Future;
use std::net::IpAddr;

use lookup::fetch::{Both, Fetch};
use lookup::{Answer, Lookup, Question};
use mailtext::Domain;

/// Everything that an audit asks.
pub trait World: Lookup + Fetch + Sync {
    /// Asks each authoritative server of the zone that holds the name, at each of its addresses, without recursion.
    fn ask_servers(&self, question: &Question) -> impl Future<Output = Servers> + Send;

    /// Greets the mail server of a host at port 25, as far as TLS.
    fn greet(&self, host: &Domain) -> impl Future<Output = Greeting> + Send;
}

/// What the authoritative servers of a zone answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Servers {
    /// They were not asked.
    NotAsked,
    /// Which servers there are could not be found.
    Unknown,
    /// What they answered.
    Asked {
        /// The zone.
        zone: Domain,
        /// One for each address of each server.
        answers: Vec<ServerAnswer>,
    },
}

/// What one server answered at one of its addresses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerAnswer {
    /// The server.
    pub server: Domain,
    /// The address that was asked.
    pub address: IpAddr,
    /// The answer, over TCP when that over UDP was cut.
    pub answer: Answer,
    /// The size of the answer, bytes.
    pub size_bytes: usize,
    /// How it came.
    pub way: Way,
}

/// How an answer came.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Way {
    /// Over UDP.
    Udp,
    /// Over TCP, after UDP had been cut.
    Tcp,
    /// It was cut over UDP, and TCP gave nothing.
    TcpRefused,
}

/// What a mail host says when it is greeted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Greeting {
    /// It was not greeted.
    NotAsked,
    /// Nobody answers, or not as SMTP does.
    Unreachable,
    /// It does not offer STARTTLS.
    Plain,
    /// It offers STARTTLS, and TLS failed.
    TlsFailed,
    /// TLS was spoken.
    Tls {
        /// The version: `1.2`, `1.3`.
        version: &'static str,
        /// What its certificate says.
        certificate: Certificate,
    },
}

/// What a mail host's certificate says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// The names that it is for, as they stand there: `*.example.jp`.
    pub names: Vec<Box<str>>,
    /// When it ends, in seconds since 1970.
    pub ends_s: i64,
    /// Whether it leads to an authority that everybody trusts.
    pub is_trusted: bool,
    /// The certificate itself, DER.
    pub der: Box<[u8]>,
    /// Its public key (SubjectPublicKeyInfo), DER.
    pub public_key: Box<[u8]>,
}

/// A world without the two: a zone file, a tape, a resolver alone.
impl<L: Lookup + Sync, F: Fetch + Sync> World for Both<L, F> {
    async fn ask_servers(&self, _: &Question) -> Servers {
        Servers::NotAsked
    }

    async fn greet(&self, _: &Domain) -> Greeting {
        Greeting::NotAsked
    }
}
