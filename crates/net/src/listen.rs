//! Where MTAs connect: `inet:PORT@HOST`, `inet6:PORT@HOST`, `unix:PATH`, in the form that libmilter and Postfix use.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, ready};

use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};

use crate::limits::{BACKLOG_COUNT, INHERITED_SOCKET_COUNT_MAX, SOCKET_PATH_BYTES_MAX};

/// Where to listen.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ListenAddress {
    /// `inet:PORT@HOST`; without a host, every IPv4 address of this machine.
    Inet {
        /// Address or name; `None` is every address.
        host: Option<String>,
        /// Port; 0 lets the system choose.
        port: u16,
    },
    /// `inet6:PORT@HOST`; without a host, every IPv6 address of this machine.
    Inet6 {
        /// Address or name; `None` is every address.
        host: Option<String>,
        /// Port; 0 lets the system choose.
        port: u16,
    },
    /// `unix:PATH` or `local:PATH`, or a path that begins with a slash.
    Unix(PathBuf),
}

/// Who may connect to a local socket.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SocketAccess {
    /// Permission bits, such as `0o660`; `None` leaves them to the umask.
    pub mode: Option<u32>,
    /// Owner, by name in /etc/passwd or by number; `None` leaves it.
    pub owner: Option<String>,
    /// Group, by name in /etc/group or by number; `None` leaves it.
    pub group: Option<String>,
}

/// Why nobody listens.
#[derive(thiserror::Error, Debug)]
#[non_exhaustive]
pub enum ListenError {
    /// The text is not an address.
    #[error("\"{text}\" is not an address to listen on: {reason} (inet:PORT@HOST, inet6:PORT@HOST or unix:PATH)")]
    BadAddress {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The host has no address of the family.
    #[error("{address}: the host has no address of this family")]
    NoSuchHost {
        /// The address to listen on.
        address: ListenAddress,
    },
    /// Something else answers there.
    #[error("{address}: another process listens there already")]
    InUse {
        /// The address to listen on.
        address: ListenAddress,
    },
    /// The path leads to something that is not a socket, which is left alone.
    #[error("{address}: the file exists and is not a socket")]
    NotASocket {
        /// The address to listen on.
        address: ListenAddress,
    },
    /// There is no such user or group.
    #[error("there is no {kind} \"{name}\" in {file}")]
    NoSuchAccount {
        /// `user` or `group`.
        kind: &'static str,
        /// The name.
        name: String,
        /// The file that was searched.
        file: &'static str,
    },
    /// The system refuses.
    #[error("{address}: {source}")]
    System {
        /// The address to listen on.
        address: ListenAddress,
        /// What the system said.
        source: io::Error,
    },
    /// Something that was handed over cannot be listened on.
    #[error("the inherited descriptor {number} is no stream socket that listens: {source}")]
    Inherited {
        /// Which, from 1.
        number: usize,
        /// What is wrong with it.
        source: io::Error,
    },
}

/// A socket that whoever started the process has opened for it, with its name (systemd.socket(5),
/// `FileDescriptorName`; sd_listen_fds(3)).
#[derive(Debug)]
pub struct InheritedListener {
    /// Its name, where it was given one.
    pub name: Option<String>,
    /// The socket.
    pub listener: Listener,
}

/// A socket on which connections come.
#[derive(Debug)]
pub struct Listener {
    socket: ListenSocket,
    /// Removes the file when the listener goes.
    _file: Option<SocketFile>,
}

#[derive(Debug)]
enum ListenSocket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// A connection that was accepted.
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// The file of a local socket; removed when dropped, unless somebody has put another in its place.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    device_and_inode: (u64, u64),
}

impl ListenAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// [`ListenError::BadAddress`].
    pub fn parse(text: &str) -> Result<Self, ListenError> {
        let bad = |reason| ListenError::BadAddress { text: text.to_owned(), reason };
        if text.starts_with('/') {
            return local(text).map_err(bad);
        }
        let (family, rest) = text.split_once(':').ok_or_else(|| bad("the family is missing"))?;
        match family {
            "unix" | "local" => local(rest).map_err(bad),
            "inet" => host_and_port(rest).map(|(host, port)| Self::Inet { host, port }).map_err(bad),
            "inet6" => host_and_port(rest).map(|(host, port)| Self::Inet6 { host, port }).map_err(bad),
            _ => Err(bad("the family is none of inet, inet6, unix, local")),
        }
    }

    fn system(&self, source: io::Error) -> ListenError {
        if source.kind() == io::ErrorKind::AddrInUse {
            ListenError::InUse { address: self.clone() }
        } else {
            ListenError::System { address: self.clone(), source }
        }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (family, host, port) = match self {
            Self::Unix(path) => return write!(formatter, "unix:{}", path.display()),
            Self::Inet { host, port } => ("inet", host, port),
            Self::Inet6 { host, port } => ("inet6", host, port),
        };
        write!(formatter, "{family}:{port}")?;
        host.as_ref().map_or(Ok(()), |host| write!(formatter, "@{host}"))
    }
}

fn host_and_port(text: &str) -> Result<(Option<String>, u16), &'static str> {
    let (port, host) = match text.split_once('@') {
        Some((port, host)) => (port, Some(host)),
        None => (text, None),
    };
    // `u16::from_str` takes a plus sign.
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = digits.then(|| port.parse().ok()).flatten().ok_or("the port is no number from 0 to 65535")?;
    let host = match host.map(|host| host.trim_start_matches('[').trim_end_matches(']')) {
        None | Some("*") => None,
        Some("") => return Err("the host is missing"),
        Some(host) if host.bytes().all(|byte| byte.is_ascii_graphic()) => Some(host.to_owned()),
        Some(_) => return Err("the host holds a character that no host has"),
    };
    Ok((host, port))
}

fn local(path: &str) -> Result<ListenAddress, &'static str> {
    match path.len() {
        0 => Err("the path is missing"),
        1..=SOCKET_PATH_BYTES_MAX if path.contains('\0') => Err("the path holds a NUL"),
        1..=SOCKET_PATH_BYTES_MAX => Ok(ListenAddress::Unix(path.into())),
        _ => Err("the path is too long for a local socket"),
    }
}

impl Listener {
    /// Listens. A local socket whose owner has gone is replaced; one on which somebody answers, or a file that is no
    /// socket, is left alone. `access` is for local sockets only.
    ///
    /// # Errors
    /// Every [`ListenError`] but [`ListenError::BadAddress`].
    pub async fn bind(address: &ListenAddress, access: &SocketAccess) -> Result<Self, ListenError> {
        match address {
            ListenAddress::Unix(path) => bind_local(address, path, access).await,
            ListenAddress::Inet { host, port } => {
                bind_inet(address, host.as_deref(), *port, Ipv4Addr::UNSPECIFIED.into()).await
            }
            ListenAddress::Inet6 { host, port } => {
                bind_inet(address, host.as_deref(), *port, Ipv6Addr::UNSPECIFIED.into()).await
            }
        }
    }

    /// The sockets that the environment says were handed to this process (`LISTEN_FDS`), in their order; none when it
    /// says nothing, or means another process. `names` is the value of `LISTEN_FDNAMES`. Asked again, there is none: so it
    /// is asked once, before threads start, for it clears what it has read from the environment.
    ///
    /// # Errors
    /// [`ListenError::Inherited`].
    pub fn inherited(names: Option<&str>) -> Result<Vec<InheritedListener>, ListenError> {
        let mut handed = ListenFd::from_env();
        let mut names = names.into_iter().flat_map(|names| names.split(':'));
        let count = handed.len().min(INHERITED_SOCKET_COUNT_MAX);
        (0..count).map(|at| inherited(&mut handed, at, names.next())).collect()
    }

    /// Accepts the next connection.
    pub(crate) fn poll_accept(&self, context: &mut Context<'_>) -> Poll<io::Result<(Stream, Option<SocketAddr>)>> {
        match &self.socket {
            ListenSocket::Tcp(listener) => {
                let (stream, address) = ready!(listener.poll_accept(context))?;
                // Answers are small and awaited.
                stream.set_nodelay(true)?;
                Poll::Ready(Ok((Stream::Tcp(stream), Some(address))))
            }
            ListenSocket::Unix(listener) => {
                let (stream, _) = ready!(listener.poll_accept(context))?;
                Poll::Ready(Ok((Stream::Unix(stream), None)))
            }
        }
    }

    /// What it listens on, as an address to write; a local socket without a name has none.
    #[must_use]
    pub fn address(&self) -> Option<ListenAddress> {
        match &self.socket {
            ListenSocket::Tcp(listener) => {
                let address = listener.local_addr().ok()?;
                let (host, port) = (Some(address.ip().to_string()), address.port());
                Some(match address {
                    SocketAddr::V4(_) => ListenAddress::Inet { host, port },
                    SocketAddr::V6(_) => ListenAddress::Inet6 { host, port },
                })
            }
            ListenSocket::Unix(listener) => {
                let address = listener.local_addr().ok()?;
                Some(ListenAddress::Unix(address.as_pathname()?.to_owned()))
            }
        }
    }

    /// The address on which it listens, with the port that the system has chosen.
    #[must_use]
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        match &self.socket {
            ListenSocket::Tcp(listener) => listener.local_addr().ok(),
            ListenSocket::Unix(_) => None,
        }
    }
}

/// A socket at this place of those that were handed over. What tokio needs of it, and nobody else may have set, is set.
fn inherited(handed: &mut ListenFd, at: usize, name: Option<&str>) -> Result<InheritedListener, ListenError> {
    let wrong = |source| ListenError::Inherited { number: at + 1, source };
    let socket = match handed.take_tcp_listener(at) {
        Ok(Some(listener)) => {
            listener.set_nonblocking(true).map_err(wrong)?;
            ListenSocket::Tcp(TcpListener::from_std(listener).map_err(wrong)?)
        }
        _ => {
            let missing = || wrong(io::ErrorKind::NotFound.into());
            let listener = handed.take_unix_listener(at).map_err(wrong)?.ok_or_else(missing)?;
            listener.set_nonblocking(true).map_err(wrong)?;
            ListenSocket::Unix(UnixListener::from_std(listener).map_err(wrong)?)
        }
    };
    let name = name.filter(|name| !name.is_empty() && *name != "unknown").map(str::to_owned);
    // Its file, if it has one, is the affair of whoever opened it.
    Ok(InheritedListener { name, listener: Listener { socket, _file: None } })
}

async fn bind_inet(
    address: &ListenAddress,
    host: Option<&str>,
    port: u16,
    any: IpAddr,
) -> Result<Listener, ListenError> {
    let socket_address = match host {
        None => SocketAddr::new(any, port),
        Some(host) => tokio::net::lookup_host((host, port))
            .await
            .map_err(|source| address.system(source))?
            .find(|found| found.is_ipv6() == any.is_ipv6())
            .ok_or_else(|| ListenError::NoSuchHost { address: address.clone() })?,
    };
    let listen = || {
        let socket = if any.is_ipv6() { TcpSocket::new_v6() } else { TcpSocket::new_v4() }?;
        socket.set_reuseaddr(true)?;
        // Accepted connections inherit it: a peer that went without a word is found out.
        socket.set_keepalive(true)?;
        socket.bind(socket_address)?;
        socket.listen(BACKLOG_COUNT)
    };
    let listener = listen().map_err(|source| address.system(source))?;
    Ok(Listener { socket: ListenSocket::Tcp(listener), _file: None })
}

/// Binds under a name beside, sets the access, and moves the socket into its place: nobody connects before the access
/// is set, and a stale socket is replaced in one step.
async fn bind_local(address: &ListenAddress, path: &Path, access: &SocketAccess) -> Result<Listener, ListenError> {
    check_place(address, path).await?;
    let owner = access.owner.as_deref().map(|name| account(name, "user", "/etc/passwd")).transpose()?;
    let group = access.group.as_deref().map(|name| account(name, "group", "/etc/group")).transpose()?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{:08x}", rand::random::<u32>()));
    let beside = PathBuf::from(beside);
    let listener = UnixListener::bind(&beside).map_err(|source| address.system(source))?;
    let settle = || {
        if owner.is_some() || group.is_some() {
            std::os::unix::fs::chown(&beside, owner, group)?;
        }
        if let Some(mode) = access.mode {
            std::fs::set_permissions(&beside, std::fs::Permissions::from_mode(mode & 0o777))?;
        }
        let metadata = std::fs::symlink_metadata(&beside)?;
        std::fs::rename(&beside, path)?;
        Ok(SocketFile { path: path.to_owned(), device_and_inode: (metadata.dev(), metadata.ino()) })
    };
    let file = settle().map_err(|source| {
        // What could not be moved into place is of no use.
        let _ = std::fs::remove_file(&beside);
        address.system(source)
    })?;
    Ok(Listener { socket: ListenSocket::Unix(listener), _file: Some(file) })
}

async fn check_place(address: &ListenAddress, path: &Path) -> Result<(), ListenError> {
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(address.system(error)),
    };
    if !metadata.file_type().is_socket() {
        return Err(ListenError::NotASocket { address: address.clone() });
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Somebody answers, or is too busy to, or does not let us.
        _ => Err(ListenError::InUse { address: address.clone() }),
    }
}

/// The number of a user or group; lines of both files begin with `name:password:number:`.
fn account(name: &str, kind: &'static str, file: &'static str) -> Result<u32, ListenError> {
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let text = std::fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let number = text.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok()).flatten()
    });
    number.ok_or_else(|| ListenError::NoSuchAccount { kind, name: name.to_owned(), file })
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let is_ours = std::fs::symlink_metadata(&self.path)
            .is_ok_and(|metadata| (metadata.dev(), metadata.ino()) == self.device_and_inode);
        if is_ours {
            // A file that cannot be removed is replaced at the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inet(host: Option<&str>, port: u16) -> ListenAddress {
        ListenAddress::Inet { host: host.map(Into::into), port }
    }

    #[test]
    fn addresses_that_are_some() {
        for (text, want) in [
            ("inet:8894@127.0.0.1", inet(Some("127.0.0.1"), 8894)),
            ("inet:8894", inet(None, 8894)),
            ("inet:8894@*", inet(None, 8894)),
            ("inet6:0@[::1]", ListenAddress::Inet6 { host: Some("::1".into()), port: 0 }),
            ("unix:/run/sekisho/milter.sock", ListenAddress::Unix("/run/sekisho/milter.sock".into())),
            ("local:milter.sock", ListenAddress::Unix("milter.sock".into())),
            ("/run/milter.sock", ListenAddress::Unix("/run/milter.sock".into())),
        ] {
            let address = ListenAddress::parse(text).unwrap();
            assert_eq!(address, want);
            assert_eq!(ListenAddress::parse(&address.to_string()).unwrap(), want);
        }
    }

    #[test]
    fn addresses_that_are_none() {
        for (text, reason) in [
            ("", "family is missing"),
            ("8894", "family is missing"),
            ("tcp:8894", "none of inet"),
            ("inet:", "port"),
            ("inet:+5", "port"),
            ("inet:65536", "port"),
            ("inet:25@", "host is missing"),
            ("inet:25@a b", "character"),
            ("unix:", "path is missing"),
            ("unix:/a\0b", "NUL"),
        ] {
            let error = ListenAddress::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn paths_at_below_and_above_the_limit() {
        for length in [SOCKET_PATH_BYTES_MAX - 1, SOCKET_PATH_BYTES_MAX, SOCKET_PATH_BYTES_MAX + 1] {
            let text = format!("/{}", "a".repeat(length - 1));
            assert_eq!(ListenAddress::parse(&text).is_ok(), length <= SOCKET_PATH_BYTES_MAX, "{length}");
        }
    }

    #[test]
    fn accounts_by_number_and_by_name() {
        assert_eq!(account("root", "user", "/etc/passwd").unwrap(), 0);
        assert_eq!(account("4711", "group", "/etc/group").unwrap(), 4711);
        let error = account("nobody-of-this-name", "group", "/etc/group").unwrap_err();
        assert_eq!(error.to_string(), "there is no group \"nobody-of-this-name\" in /etc/group");
    }
}
