//! Which servers are asked, and how: from resolv.conf(5) or from addresses given by hand.

use std::fmt;
use std::io::Read as _;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::path::{Path, PathBuf};
use std::time::Duration;

use lookup::Failure;

use crate::limits::{
    ATTEMPT_COUNT_DEFAULT, ATTEMPT_COUNT_MAX, CACHE_BYTES_DEFAULT, FAILURE_TTL_MS, IN_FLIGHT_COUNT_MAX,
    NEGATIVE_TTL_S_MAX, POSITIVE_TTL_S_MAX, QUESTION_MS_DEFAULT, RESOLV_CONF_BYTES_MAX, SERVER_COUNT_MAX,
    TRY_MS_DEFAULT, TRY_S_MAX,
};

/// Which servers are asked, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResolverConfig {
    /// Recursive resolvers, at least one and at most [`SERVER_COUNT_MAX`].
    pub servers: Vec<SocketAddr>,
    /// In which order they are asked.
    pub order: ServerOrder,
    /// Over what they are asked.
    pub transport: Transport,
    /// Whether EDNS is offered.
    pub edns: Edns,
    /// Whether the AD bit of answers is believed.
    pub authentic_data: AuthenticData,
    /// Time for one try at one server; a quarter of it in the first round, twice from the third on.
    pub try_timeout: Duration,
    /// Rounds over all servers, 1 to [`ATTEMPT_COUNT_MAX`].
    pub attempt_count: u32,
    /// Time for one question with all its tries.
    pub question_timeout: Duration,
    /// How much the cache may hold, in bytes; 0 keeps nothing.
    pub cache_bytes_max: usize,
    /// Longest time that records are kept, in seconds.
    pub positive_ttl_s_max: u32,
    /// Longest time that absence is kept, in seconds.
    pub negative_ttl_s_max: u32,
    /// How long a failure is kept.
    pub failure_ttl: Duration,
    /// Questions that may come all at once, 1 to [`IN_FLIGHT_COUNT_MAX`]: so many have been sent within [`crate::limits::BURST_MS`] and are not
    /// answered yet. What does not fit into the buffer of the server's socket is lost, and costs the time of a try.
    pub burst_count: usize,
}

/// In which order servers are asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServerOrder {
    /// As listed; the next one is asked when the one before it fails.
    Listed,
    /// Each question begins with the next one (`options rotate`).
    Rotated,
}

/// Over what servers are asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// UDP, and TCP when an answer was cut.
    UdpThenTcp,
    /// TCP only (`options use-vc`).
    TcpOnly,
}

/// Whether EDNS is offered (RFC 6891).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edns {
    /// Offered; left out for a while for a server that cannot parse it.
    Offered,
    /// Never offered.
    Off,
}

/// Whether the AD bit of answers is believed: only a resolver that is reached over a safe path can vouch for anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuthenticData {
    /// Asked for and believed.
    Believed,
    /// Not asked for, and cleared.
    Ignored,
}

/// Why there is no resolver.
#[derive(thiserror::Error, Debug)]
#[non_exhaustive]
pub enum ResolverError {
    /// The file that names the servers cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No server is named.
    #[error("no DNS server is configured{}", In(origin.as_deref()))]
    NoServer {
        /// The file that names none.
        origin: Option<PathBuf>,
    },
    /// More servers than are asked.
    #[error("{count} DNS servers are too many; at most {SERVER_COUNT_MAX} are asked")]
    TooManyServers {
        /// How many were named.
        count: usize,
    },
    /// This is not the address of a server.
    #[error("\"{text}\" is not the address of a DNS server (ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT)")]
    BadServer {
        /// What was given.
        text: String,
    },
    /// No server answers.
    #[error("no DNS server answers: {} ({failure})", List(servers))]
    Unreachable {
        /// The servers that were asked.
        servers: Vec<SocketAddr>,
        /// What came of it.
        failure: Failure,
    },
    /// The system gives no socket.
    #[error("no socket can be opened: {source}")]
    Socket {
        /// What the system said.
        source: std::io::Error,
    },
    /// Called outside a tokio runtime.
    #[error("the resolver was started outside of a tokio runtime")]
    NoRuntime,
}

impl ResolverConfig {
    /// The configuration for these servers, everything else by default; the AD bit is believed, because whoever names
    /// a server by hand has chosen it.
    #[must_use]
    pub fn with_servers(servers: Vec<SocketAddr>) -> Self {
        Self {
            servers,
            order: ServerOrder::Listed,
            transport: Transport::UdpThenTcp,
            edns: Edns::Offered,
            authentic_data: AuthenticData::Believed,
            try_timeout: Duration::from_millis(TRY_MS_DEFAULT),
            attempt_count: ATTEMPT_COUNT_DEFAULT,
            question_timeout: Duration::from_millis(QUESTION_MS_DEFAULT),
            cache_bytes_max: CACHE_BYTES_DEFAULT,
            positive_ttl_s_max: POSITIVE_TTL_S_MAX,
            negative_ttl_s_max: NEGATIVE_TTL_S_MAX,
            failure_ttl: Duration::from_millis(FAILURE_TTL_MS),
            burst_count: IN_FLIGHT_COUNT_MAX,
        }
    }

    /// The configuration of this machine: `/etc/resolv.conf`.
    ///
    /// # Errors
    /// [`ResolverError::Read`] and [`ResolverError::NoServer`].
    pub fn system() -> Result<Self, ResolverError> {
        Self::read_resolv_conf(Path::new("/etc/resolv.conf"))
    }

    /// The configuration that a file in the form of resolv.conf(5) gives.
    ///
    /// # Errors
    /// [`ResolverError::Read`] and [`ResolverError::NoServer`].
    pub fn read_resolv_conf(path: &Path) -> Result<Self, ResolverError> {
        let failed = |source| ResolverError::Read { path: path.to_owned(), source };
        let file = std::fs::File::open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(RESOLV_CONF_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
        Self::parse_resolv_conf(&String::from_utf8_lossy(&bytes))
            .ok_or_else(|| ResolverError::NoServer { origin: Some(path.to_owned()) })
    }

    /// Reads `nameserver` and `options` lines; like the C library, passes over what it does not know. `None` when no
    /// server is named. Of more than [`SERVER_COUNT_MAX`] servers, the first are taken.
    #[must_use]
    pub fn parse_resolv_conf(text: &str) -> Option<Self> {
        let mut config = Self::with_servers(Vec::new());
        let mut trust = AuthenticData::Ignored;
        for line in text.lines() {
            let line = line.split(['#', ';']).next().unwrap_or_default();
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") => config.servers.extend(words.next().and_then(|text| parse_server(text).ok())),
                Some("options") => words.for_each(|option| config.apply(option, &mut trust)),
                _ => {}
            }
        }
        config.servers.truncate(SERVER_COUNT_MAX);
        // resolv.conf(5): the AD bit is kept only with trust-ad. A resolver on this machine is as safe as this machine.
        if config.servers.iter().any(|server| !server.ip().is_loopback()) {
            config.authentic_data = trust;
        }
        (!config.servers.is_empty()).then_some(config)
    }

    fn apply(&mut self, option: &str, trust: &mut AuthenticData) {
        let (name, number) = match option.split_once(':') {
            Some((name, number)) => (name, number.parse::<u64>().ok()),
            None => (option, None),
        };
        match (name, number) {
            ("timeout", Some(seconds)) => self.try_timeout = Duration::from_secs(seconds.clamp(1, TRY_S_MAX)),
            ("attempts", Some(count)) => {
                self.attempt_count = u32::try_from(count).map_or(ATTEMPT_COUNT_MAX, |n| n.clamp(1, ATTEMPT_COUNT_MAX));
            }
            ("rotate", None) => self.order = ServerOrder::Rotated,
            ("use-vc", None) => self.transport = Transport::TcpOnly,
            ("edns0", None) => self.edns = Edns::Offered,
            ("trust-ad", None) => *trust = AuthenticData::Believed,
            _ => {}
        }
    }

    pub(super) fn check(&self) -> Result<(), ResolverError> {
        match self.servers.len() {
            0 => Err(ResolverError::NoServer { origin: None }),
            count if count > SERVER_COUNT_MAX => Err(ResolverError::TooManyServers { count }),
            _ => Ok(()),
        }
    }
}

/// Reads the address of a server: `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[::1]:53`, `fe80::1%eth0`.
///
/// # Errors
/// [`ResolverError::BadServer`].
pub fn parse_server(text: &str) -> Result<SocketAddr, ResolverError> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = text
        .parse()
        .ok()
        .or_else(|| inner.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, DNS_PORT)))
        .or_else(|| scoped(inner));
    // Port 0 is nobody's, and a server at the unspecified address cannot answer from it.
    match address {
        Some(address) if address.port() != 0 && !address.ip().is_unspecified() => Ok(address),
        _ => Err(ResolverError::BadServer { text: text.to_owned() }),
    }
}

/// RFC 4007 §11: a link-local address with its zone, which is a number or the name of an interface.
fn scoped(text: &str) -> Option<SocketAddr> {
    let (address, zone) = text.split_once('%')?;
    let address = address.parse().ok()?;
    let named = || -> Option<u32> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let path = zone.bytes().all(plain).then(|| format!("/sys/class/net/{zone}/ifindex"))?;
        std::fs::read_to_string(path).ok()?.trim().parse().ok()
    };
    let scope = zone.parse().ok().or_else(named)?;
    Some(SocketAddrV6::new(address, DNS_PORT, 0, scope).into())
}

struct In<'a>(Option<&'a Path>);

impl fmt::Display for In<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |path| write!(formatter, " in {}", path.display()))
    }
}

struct List<'a>(&'a [SocketAddr]);

impl fmt::Display for List<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, server) in self.0.iter().enumerate() {
            write!(formatter, "{}{server}", if index > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

const DNS_PORT: u16 = 53;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolv_conf_as_written_in_the_field() {
        let text = "# made by a tool\ndomain example.jp\nsearch example.jp\nnameserver 127.0.0.1 # local\n\
                    nameserver\t::1\nnameserver nonsense\n; comment\noptions timeout:1 attempts:9 rotate ndots:2 edns0 use-vc\n";
        let config = ResolverConfig::parse_resolv_conf(text).unwrap();
        assert_eq!(config.servers, ["127.0.0.1:53".parse().unwrap(), "[::1]:53".parse().unwrap()]);
        assert_eq!((config.try_timeout, config.attempt_count), (Duration::from_secs(1), ATTEMPT_COUNT_MAX));
        assert_eq!((config.order, config.transport), (ServerOrder::Rotated, Transport::TcpOnly));
        assert_eq!(config.authentic_data, AuthenticData::Believed);
        assert_eq!(ResolverConfig::parse_resolv_conf("search example.jp\n"), None);
    }

    #[test]
    fn the_ad_bit_of_a_distant_resolver_is_believed_only_when_told_so() {
        let trust = |text| ResolverConfig::parse_resolv_conf(text).unwrap().authentic_data;
        assert_eq!(trust("nameserver 192.0.2.53"), AuthenticData::Ignored);
        assert_eq!(trust("nameserver 127.0.0.1\nnameserver 192.0.2.53"), AuthenticData::Ignored);
        assert_eq!(trust("options trust-ad\nnameserver 192.0.2.53"), AuthenticData::Believed);
    }

    #[test]
    fn numbers_of_servers_at_below_and_above_the_limit() {
        for count in [SERVER_COUNT_MAX - 1, SERVER_COUNT_MAX, SERVER_COUNT_MAX + 1] {
            let text: String = (1..=count).map(|host| format!("nameserver 192.0.2.{host}\n")).collect();
            let config = ResolverConfig::parse_resolv_conf(&text).unwrap();
            assert_eq!(config.servers.len(), count.min(SERVER_COUNT_MAX));
            let given = ResolverConfig::with_servers(vec![([192, 0, 2, 1], 53).into(); count]);
            assert_eq!(given.check().is_ok(), count <= SERVER_COUNT_MAX);
        }
    }

    #[test]
    fn addresses_of_servers() {
        for (text, want) in [
            ("192.0.2.53", Some("192.0.2.53:53")),
            ("192.0.2.53:5353", Some("192.0.2.53:5353")),
            ("2001:db8::53", Some("[2001:db8::53]:53")),
            ("[::1]:5353", Some("[::1]:5353")),
            ("[::1]", Some("[::1]:53")),
            ("fe80::1%3", Some("[fe80::1%3]:53")),
            ("fe80::1%../../etc", None),
            ("192.0.2.53:0", None),
            ("0.0.0.0", None),
            ("dns.example", None),
            ("192.0.2.53:99999", None),
            ("", None),
        ] {
            assert_eq!(parse_server(text).ok(), want.map(|want| want.parse().unwrap()), "{text}");
        }
        assert!(parse_server("dns.example").unwrap_err().to_string().contains("\"dns.example\" is not the address"));
    }

    #[test]
    fn a_file_without_servers_and_no_file() {
        let missing = ResolverConfig::read_resolv_conf(Path::new("/nonexistent/resolv.conf")).unwrap_err();
        assert!(missing.to_string().starts_with("cannot read /nonexistent/resolv.conf: "), "{missing}");
        let none = ResolverConfig::read_resolv_conf(Path::new("/dev/null")).unwrap_err();
        assert_eq!(none.to_string(), "no DNS server is configured in /dev/null");
        assert!(ResolverConfig::with_servers(vec![]).check().is_err());
    }
}
