//! What the daemon tells the service manager, in the words of sd_notify(3): a datagram to the socket that the manager
//! has named.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Who started the daemon, when it wants to hear of it.
#[derive(Debug)]
pub struct ServiceManager {
    to: Option<(UnixDatagram, SocketAddr)>,
}

impl ServiceManager {
    /// The manager at this address: the value of `NOTIFY_SOCKET`, a path, or a name in the abstract namespace behind
    /// `@`. Without one, whatever is told is told to nobody.
    ///
    /// # Errors
    /// The address is none, or there can be no socket.
    pub fn at(address: Option<&OsStr>) -> io::Result<Self> {
        let Some(address) = address.filter(|address| !address.is_empty()) else {
            return Ok(Self { to: None });
        };
        let address = match address.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            _ => SocketAddr::from_pathname(address)?,
        };
        let socket = UnixDatagram::unbound()?;
        // A manager that does not read must not hold up the mail.
        socket.set_nonblocking(true)?;
        Ok(Self { to: Some((socket, address)) })
    }

    /// No manager.
    #[must_use]
    pub fn nobody() -> Self {
        Self { to: None }
    }

    /// Whether somebody hears.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.to.is_some()
    }

    /// Tells variables, such as `READY=1`: one a line.
    ///
    /// # Errors
    /// It could not be sent.
    pub fn tell(&self, lines: &[&str]) -> io::Result<()> {
        let Some((socket, address)) = &self.to else { return Ok(()) };
        socket.send_to_addr(lines.join("\n").as_bytes(), address).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_without_a_manager() {
        for address in [None, Some(OsStr::new(""))] {
            let manager = ServiceManager::at(address).unwrap();
            assert!(!manager.is_there());
            manager.tell(&["READY=1"]).unwrap();
        }
    }

    #[test]
    fn a_manager_behind_an_abstract_name_hears() {
        let name = format!("sekisho-notify-{}", std::process::id());
        let heard = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let manager = ServiceManager::at(Some(OsStr::new(&format!("@{name}")))).unwrap();
        assert!(manager.is_there());
        manager.tell(&["READY=1", "STATUS=listening"]).unwrap();
        let mut room = [0; 64];
        let count = heard.recv(&mut room).unwrap();
        assert_eq!(&room[..count], b"READY=1\nSTATUS=listening");
    }

    #[test]
    fn a_manager_that_has_gone_is_an_error_and_no_more() {
        let manager = ServiceManager::at(Some(OsStr::new("/nonexistent/notify"))).unwrap();
        assert!(manager.tell(&["READY=1"]).is_err());
    }
}
