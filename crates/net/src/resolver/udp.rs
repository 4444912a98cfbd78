//! Questions over UDP: for each server a few connected sockets, each with many questions on their way.
//!
//! Against forged answers (RFC 5452): the kernel passes datagrams of the server's address only; ids come from the
//! system's random numbers; ports are random and change every few hundred questions; a datagram that does not echo the
//! question is not an answer; and a socket on which somebody seems to guess moves its questions to TCP.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use foldhash::fast::RandomState;
use tokio::net::UdpSocket;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout};

use super::counters::{Counters, count, count_by};
use super::wire::{Query, answers, id_of};
use crate::limits::{
    DATAGRAM_BYTES_MAX, SOCKET_AGE_S_MAX, SOCKET_COUNT_PER_SERVER, SOCKET_IN_FLIGHT_COUNT_MAX,
    SOCKET_QUESTION_COUNT_MAX, STRANGE_DATAGRAM_COUNT_MAX,
};

/// The sockets towards one server.
pub(super) struct Sockets {
    server: SocketAddr,
    slots: [Mutex<Option<Arc<Socket>>>; SOCKET_COUNT_PER_SERVER],
    counters: Arc<Counters>,
}

/// Why no datagram came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum UdpFailure {
    /// None in time.
    Timeout,
    /// The system says that nobody is there.
    Unreachable,
    /// Too many that answer nothing asked: whatever comes next on this socket cannot be trusted.
    Suspicious,
}

struct Socket {
    socket: UdpSocket,
    opened: Instant,
    question_count: AtomicU32,
    /// No new questions; the reader ends when the last has gone.
    is_retired: AtomicBool,
    wake: Notify,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    by_id: HashMap<u16, Waiter, RandomState>,
    /// Questions given up, whose answers may still come and are not strange then.
    given_up_count: u32,
    strange_count: u32,
    /// Nobody reads the socket any more.
    is_closed: bool,
}

struct Waiter {
    /// Which ticket it is: an id may be taken again before the last ticket of that id is dropped.
    serial: u32,
    question: Box<[u8]>,
    reply: oneshot::Sender<Result<Vec<u8>, UdpFailure>>,
}

/// An id taken on a socket, given back when dropped.
struct Ticket<'a> {
    socket: &'a Socket,
    id: u16,
    serial: u32,
}

impl Sockets {
    pub(super) fn new(server: SocketAddr, counters: Arc<Counters>) -> Self {
        Self { server, slots: [const { Mutex::new(None) }; SOCKET_COUNT_PER_SERVER], counters }
    }

    /// Asks once, and waits so long for the answer: a datagram under the same id that echoes the question.
    pub(super) async fn ask(&self, query: &Query, wait: Duration) -> Result<Vec<u8>, UdpFailure> {
        let (reply, received) = oneshot::channel();
        let waiter = Waiter { serial: 0, question: query.question().into(), reply };
        let (socket, id, serial) = self.take_id(waiter)?;
        let ticket = Ticket { socket: &socket, id, serial };
        let datagram = query.with_id(ticket.id);
        count(&self.counters.udp_tries);
        count_by(&self.counters.bytes_sent, datagram.len());
        let exchange = async {
            socket.send(&datagram).await?;
            received.await.unwrap_or(Err(UdpFailure::Unreachable))
        };
        let result = timeout(wait, exchange).await.unwrap_or(Err(UdpFailure::Timeout));
        if let Ok(datagram) = &result {
            count_by(&self.counters.bytes_received, datagram.len());
        }
        drop(ticket);
        result
    }

    /// A socket, and an id on it under which the waiter waits.
    fn take_id(&self, mut waiter: Waiter) -> Result<(Arc<Socket>, u16, u32), UdpFailure> {
        // A socket may be closed between its choice and the taking of an id; hardly twice.
        for _ in 0..4 {
            let socket = self.socket()?;
            match socket.take_id(waiter) {
                Ok((id, serial)) => return Ok((socket, id, serial)),
                Err(back) => waiter = back,
            }
        }
        Err(UdpFailure::Unreachable)
    }

    /// One of the sockets, by chance; a new one where there is none or the old one is worn.
    fn socket(&self) -> Result<Arc<Socket>, UdpFailure> {
        let slot = &self.slots[rand::random_range(0..self.slots.len())];
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(socket) = slot.as_ref() {
            if !socket.is_worn() {
                return Ok(Arc::clone(socket));
            }
            socket.retire();
        }
        let socket = Socket::open(self.server, Arc::clone(&self.counters)).map_err(|_| UdpFailure::Unreachable)?;
        *slot = Some(Arc::clone(&socket));
        Ok(socket)
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        for slot in &self.slots {
            if let Some(socket) = slot.lock().unwrap_or_else(PoisonError::into_inner).take() {
                socket.retire();
            }
        }
    }
}

impl Socket {
    fn open(server: SocketAddr, counters: Arc<Counters>) -> io::Result<Arc<Self>> {
        let any: IpAddr = match server {
            SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        // Port 0: the kernel takes a random one of its range.
        let socket = std::net::UdpSocket::bind((any, 0))?;
        socket.connect(server)?;
        socket.set_nonblocking(true)?;
        let socket = Arc::new(Self {
            socket: UdpSocket::from_std(socket)?,
            opened: Instant::now(),
            question_count: AtomicU32::new(0),
            is_retired: AtomicBool::new(false),
            wake: Notify::new(),
            waiting: Mutex::default(),
        });
        tokio::spawn(read(Arc::clone(&socket), counters));
        Ok(socket)
    }

    fn is_worn(&self) -> bool {
        self.is_retired.load(Ordering::Acquire)
            || self.question_count.load(Ordering::Relaxed) >= SOCKET_QUESTION_COUNT_MAX
            || self.opened.elapsed() >= Duration::from_secs(SOCKET_AGE_S_MAX)
            || self.waiting().by_id.len() >= SOCKET_IN_FLIGHT_COUNT_MAX
    }

    fn retire(&self) {
        self.is_retired.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An id under which the waiter waits, and its serial number; the waiter back when nobody reads this socket any more.
    fn take_id(&self, mut waiter: Waiter) -> Result<(u16, u32), Waiter> {
        let mut waiting = self.waiting();
        if waiting.is_closed {
            return Err(waiter);
        }
        waiter.serial = self.question_count.fetch_add(1, Ordering::Relaxed);
        let serial = waiter.serial;
        // Few ids are taken ([`SOCKET_IN_FLIGHT_COUNT_MAX`], and some more for those who chose the socket at one time).
        let id = loop {
            let id: u16 = rand::random();
            if !waiting.by_id.contains_key(&id) {
                break id;
            }
        };
        waiting.by_id.insert(id, waiter);
        Ok((id, serial))
    }

    async fn send(&self, datagram: &[u8]) -> Result<(), UdpFailure> {
        // A connected socket tells the refusal of an earlier datagram at the next call; this one was not sent then.
        for _ in 0..2 {
            if self.socket.send(datagram).await.is_ok() {
                return Ok(());
            }
        }
        Err(UdpFailure::Unreachable)
    }

    fn deliver(&self, datagram: &[u8], counters: &Counters) {
        let mut waiting = self.waiting();
        let id = id_of(datagram);
        let fits = |waiter: &Waiter| answers(datagram, &waiter.question);
        if let Some(id) = id.filter(|id| waiting.by_id.get(id).is_some_and(fits)) {
            if let Some(waiter) = waiting.by_id.remove(&id) {
                // Whoever asked may have gone.
                let _ = waiter.reply.send(Ok(datagram.to_vec()));
            }
            return;
        }
        count(&counters.strange_datagrams);
        if waiting.given_up_count > 0 {
            waiting.given_up_count -= 1;
            return;
        }
        waiting.strange_count += 1;
        if waiting.strange_count > STRANGE_DATAGRAM_COUNT_MAX {
            // RFC 5452 §9.2: many answers that do not match tell of an attack; TCP cannot be forged blindly.
            self.give_up(&mut waiting, UdpFailure::Suspicious);
        }
    }

    /// Tells all who wait, and lets nobody ask here again.
    fn give_up(&self, waiting: &mut Waiting, failure: UdpFailure) {
        for (_, waiter) in waiting.by_id.drain() {
            let _ = waiter.reply.send(Err(failure));
        }
        self.retire();
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let mut waiting = self.socket.waiting();
        if waiting.by_id.get(&self.id).is_some_and(|waiter| waiter.serial == self.serial) {
            waiting.by_id.remove(&self.id);
            waiting.given_up_count = waiting.given_up_count.saturating_add(1);
        }
        if waiting.by_id.is_empty() && self.socket.is_retired.load(Ordering::Acquire) {
            self.socket.wake.notify_one();
        }
    }
}

/// Reads one socket until it is retired and nobody waits any more.
async fn read(socket: Arc<Socket>, counters: Arc<Counters>) {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        tokio::select! {
            received = socket.socket.recv(&mut buffer) => match received {
                Ok(length) => socket.deliver(&buffer[..length], &counters),
                // An ICMP message: nobody is there. It does not tell for which question, and need not.
                Err(_) => socket.give_up(&mut socket.waiting(), UdpFailure::Unreachable),
            },
            () = socket.wake.notified() => {}
        }
        if socket.is_retired.load(Ordering::Acquire) {
            let mut waiting = socket.waiting();
            waiting.is_closed = waiting.by_id.is_empty();
            if waiting.is_closed {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use lookup::Kind;
    use mailtext::Domain;

    use super::*;
    use crate::resolver::config::{AuthenticData, Edns};

    #[tokio::test]
    async fn a_ticket_gives_back_its_own_id_only() {
        let query =
            Query::new(&Domain::query("a.example").unwrap(), Kind::A, Edns::Off, AuthenticData::Ignored).unwrap();
        let socket = Socket::open(([127, 0, 0, 1], 53).into(), Arc::default()).unwrap();
        let waiter = || {
            let (reply, received) = oneshot::channel();
            (Waiter { serial: 0, question: query.question().into(), reply }, received)
        };
        let (first, _gone) = waiter();
        let (id, serial) = socket.take_id(first).unwrap_or_else(|_| panic!("the socket is open"));
        let ticket = Ticket { socket: &socket, id, serial };
        // The answer comes, and before the ticket is dropped, the id is taken again.
        socket.waiting().by_id.remove(&id);
        let (mut second, mut received) = waiter();
        second.serial = serial + 1;
        socket.waiting().by_id.insert(id, second);
        drop(ticket);
        assert!(matches!(received.try_recv(), Err(oneshot::error::TryRecvError::Empty)));
        assert_eq!(socket.waiting().given_up_count, 0);
        drop(Ticket { socket: &socket, id, serial: serial + 1 });
        assert!(matches!(received.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
        assert_eq!(socket.waiting().given_up_count, 1);
        socket.retire();
    }
}
