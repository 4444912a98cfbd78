//! The milter service: holds connections, and passes bytes between each and a [`Conversation`].
//!
//! It knows bytes, silence and the end; what the bytes mean is the conversation's affair. An idle connection costs the
//! conversation itself, a task and a timer: room for reading is one for each thread, the conversation takes from there
//! what it wants to keep, and what there is to write is given back as soon as it is written.

use std::cell::RefCell;
use std::fmt::{self, Display};
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::limits::{
    ACCEPT_PAUSE_MS, BUFFER_KEPT_BYTES, CONNECTION_COUNT_DEFAULT, FIRST_INPUT_MS_DEFAULT, GRACE_MS_DEFAULT,
    IDLE_MS_DEFAULT, READ_BYTES, WRITE_MS_DEFAULT,
};
use crate::listen::{Listener, Stream};

/// What is held with one peer: fed with bytes, driven while it waits for the world, emptied of bytes to write.
pub trait Conversation: Send {
    /// Why what the peer sent ends the conversation.
    type Error: Display;

    /// Takes what the peer sent, cut anywhere. Called only while [`Conversation::wants_input`].
    ///
    /// # Errors
    /// What ends the conversation. What [`Conversation::output`] still gives is written before.
    fn feed(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Appends what is to be written now, and forgets it.
    fn output(&mut self, into: &mut Vec<u8>);

    /// Makes progress with what is pending, and is ready when there may be output, or input is wanted again. Pending for
    /// ever when there is nothing to do. May be dropped at any time, and called again: no progress is lost.
    fn drive(&mut self) -> impl Future<Output = ()> + Send;

    /// Whether [`Conversation::feed`] may be called. While not, nothing is read, and the peer's writes fill up.
    fn wants_input(&self) -> bool;

    /// Whether it is over.
    fn is_finished(&self) -> bool;

    /// Whether it could end now without a message being lost: at shutdown, this is waited for.
    fn is_between_messages(&self) -> bool;
}

/// Who has connected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Peer {
    /// Numbers the connections of this service, from 1.
    pub number: u64,
    /// The peer's address; `None` over a local socket.
    pub address: Option<SocketAddr>,
    /// On which of the listeners, counted from 0.
    pub listener: usize,
}

/// What a service needs to know beside its listeners. All times and counts have defaults in [`crate::limits`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServeOptions {
    /// Connections at one time; more are closed as they come.
    pub connection_count_max: usize,
    /// Time for a connection's first bytes.
    pub first_input_timeout: Duration,
    /// Time between a connection's bytes.
    pub idle_timeout: Duration,
    /// Time for the peer to take what is written.
    pub write_timeout: Duration,
    /// Time for messages to finish at shutdown.
    pub grace: Duration,
}

/// What may be logged.
#[derive(Debug)]
#[non_exhaustive]
pub enum Notice {
    /// A connection was closed as it came: there are too many.
    Refused {
        /// Who it was.
        peer: Peer,
    },
    /// A connection could not be accepted.
    AcceptFailed {
        /// What the system said.
        error: io::Error,
    },
    /// A connection has ended.
    Ended {
        /// Whose it was.
        peer: Peer,
        /// How.
        end: ConnectionEnd,
    },
}

/// How a connection has ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectionEnd {
    /// The conversation was over, or could end at shutdown.
    Finished,
    /// The peer closed it.
    ClosedByPeer,
    /// The peer said nothing for too long.
    Silent,
    /// The peer did not take what was written.
    NotReading,
    /// The conversation would not go on; its reason.
    Broken(String),
    /// The system ended it.
    Failed(io::Error),
    /// The conversation panicked: a bug. The others go on.
    Panicked,
    /// It was cut when the time of grace had passed.
    Cut,
}

/// What a service leaves behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ServeEnd {
    /// Connections accepted.
    pub accepted_count: u64,
    /// Connections cut when the time of grace had passed.
    pub cut_count: usize,
}

/// Serves what connects to any of the listeners until `shutdown` is ready; then accepts nothing more, lets messages finish within the time of grace, and
/// returns. Dropped, it cuts every connection.
///
/// A conversation that panics ends its own connection only.
pub async fn serve_milter<C, M, O>(
    listeners: Vec<Listener>,
    options: ServeOptions,
    make: M,
    observe: O,
    shutdown: impl Future<Output = ()>,
) -> ServeEnd
where
    C: Conversation + 'static,
    M: FnMut(&Peer) -> C + Send + 'static,
    O: Fn(Notice) + Send + Sync + 'static,
{
    let (closing, is_closing) = watch::channel(false);
    let door = Door { listeners, options: Arc::new(options), make, observe: Arc::new(observe), is_closing };
    // A task of its own: whoever awaits this may do so outside of the runtime's threads, and each connection would cost
    // two wake-ups of a thread, one to be accepted and one to be held.
    let mut accepting = JoinSet::new();
    accepting.spawn(door.keep());
    let early = tokio::select! {
        () = shutdown => None,
        ended = accepting.join_next() => ended,
    };
    // Nobody listens when the task has ended.
    let _ = closing.send(true);
    let ended = match early {
        None => accepting.join_next().await,
        ended => ended,
    };
    match ended {
        Some(Ok(end)) => end,
        Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        _ => ServeEnd { accepted_count: 0, cut_count: 0 },
    }
}

/// Where connections come in.
struct Door<M> {
    listeners: Vec<Listener>,
    options: Arc<ServeOptions>,
    make: M,
    observe: Arc<dyn Fn(Notice) + Send + Sync>,
    is_closing: watch::Receiver<bool>,
}

impl<M> Door<M> {
    /// Accepts until it is closed, and waits for those who are inside.
    async fn keep<C>(mut self) -> ServeEnd
    where
        C: Conversation + 'static,
        M: FnMut(&Peer) -> C,
    {
        let mut connections = JoinSet::new();
        let (mut accepted_count, mut turn) = (0, 0);
        loop {
            let (listener, accepted) = tokio::select! {
                _ = self.is_closing.wait_for(|is_closing| *is_closing) => break,
                accepted = accept(&self.listeners, &mut turn) => accepted,
                Some(_) = connections.join_next() => continue,
            };
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    (self.observe)(Notice::AcceptFailed { error });
                    sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
                    continue;
                }
            };
            accepted_count += 1;
            let peer = Peer { number: accepted_count, address, listener };
            if connections.len() >= self.options.connection_count_max {
                (self.observe)(Notice::Refused { peer });
                continue;
            }
            let connection = Connection {
                conversation: (self.make)(&peer),
                options: Arc::clone(&self.options),
                is_closing: self.is_closing.clone(),
            };
            let report = Report { peer, end: ConnectionEnd::Cut, observe: Arc::clone(&self.observe) };
            match stream {
                Stream::Tcp(stream) => connections.spawn(report.of(connection, stream)),
                Stream::Unix(stream) => connections.spawn(report.of(connection, stream)),
            };
        }
        drop(self.listeners);
        let all = async { while connections.join_next().await.is_some() {} };
        let _ = timeout(self.options.grace, all).await;
        let cut_count = connections.len();
        connections.shutdown().await;
        ServeEnd { accepted_count, cut_count }
    }
}

/// The next connection of any of the listeners, and of which. Each has its turn to be the first that is asked.
async fn accept(listeners: &[Listener], turn: &mut usize) -> (usize, io::Result<(Stream, Option<SocketAddr>)>) {
    *turn = turn.wrapping_add(1);
    poll_fn(|context| {
        for step in 0..listeners.len() {
            let at = turn.wrapping_add(step) % listeners.len();
            if let Poll::Ready(accepted) = listeners[at].poll_accept(context) {
                return Poll::Ready((at, accepted));
            }
        }
        Poll::Pending
    })
    .await
}

/// Tells how a connection has ended, however it ends.
struct Report {
    peer: Peer,
    end: ConnectionEnd,
    observe: Arc<dyn Fn(Notice) + Send + Sync>,
}

impl Report {
    async fn of<C: Conversation, S: AsyncRead + AsyncWrite + Unpin>(mut self, connection: Connection<C>, stream: S) {
        self.end = connection.hold(stream).await;
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let end = if std::thread::panicking() {
            ConnectionEnd::Panicked
        } else {
            std::mem::replace(&mut self.end, ConnectionEnd::Finished)
        };
        (self.observe)(Notice::Ended { peer: self.peer.clone(), end });
    }
}

struct Connection<C> {
    conversation: C,
    options: Arc<ServeOptions>,
    is_closing: watch::Receiver<bool>,
}

enum Event {
    Progress,
    Read(io::Result<usize>),
    Silence,
    Closing,
}

impl<C: Conversation> Connection<C> {
    async fn hold<S: AsyncRead + AsyncWrite + Unpin>(mut self, mut stream: S) -> ConnectionEnd {
        let mut output = Vec::new();
        let mut silence = pin!(sleep(self.options.first_input_timeout));
        let mut is_closing = *self.is_closing.borrow_and_update();
        let mut broken = None;
        loop {
            self.conversation.output(&mut output);
            if let Err(end) = write(&mut stream, &mut output, self.options.write_timeout).await {
                return end;
            }
            if let Some(reason) = broken.take() {
                return ConnectionEnd::Broken(reason);
            }
            if self.conversation.is_finished() || (is_closing && self.conversation.is_between_messages()) {
                return ConnectionEnd::Finished;
            }
            let wants_input = self.conversation.wants_input();
            let event = tokio::select! {
                biased;
                () = self.conversation.drive() => Event::Progress,
                read = read(&mut stream), if wants_input => Event::Read(read),
                () = &mut silence, if wants_input => Event::Silence,
                _ = self.is_closing.changed(), if !is_closing => Event::Closing,
            };
            match event {
                Event::Progress => {}
                Event::Read(Ok(0)) => return ConnectionEnd::ClosedByPeer,
                Event::Read(Ok(count)) => broken = feed(&mut self.conversation, count),
                Event::Read(Err(error)) => return end_of(error),
                Event::Silence => return ConnectionEnd::Silent,
                Event::Closing => is_closing = true,
            }
            if !matches!(event, Event::Closing) {
                silence.as_mut().reset(deadline(self.options.idle_timeout));
            }
        }
    }
}

async fn write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    output: &mut Vec<u8>,
    wait: Duration,
) -> Result<(), ConnectionEnd> {
    if output.is_empty() {
        return Ok(());
    }
    let result = timeout(wait, stream.write_all(output)).await;
    empty(output);
    match result {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(end_of(error)),
        Err(_) => Err(ConnectionEnd::NotReading),
    }
}

/// Reads into the thread's room. What has come is there until this thread does something else: until the next await.
async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<usize> {
    poll_fn(|context| {
        ROOM.with_borrow_mut(|room| {
            let mut room = ReadBuf::new(room);
            ready!(Pin::new(&mut *stream).poll_read(context, &mut room))?;
            Ok(room.filled().len()).into()
        })
    })
    .await
}

/// Lets the conversation take what [`read`] has just read, without a copy of ours; why it does not go on, if so.
fn feed<C: Conversation>(conversation: &mut C, count: usize) -> Option<String> {
    ROOM.with_borrow(|room| {
        let fed = conversation.feed(room.get(..count).unwrap_or_default());
        fed.err().map(|error| error.to_string())
    })
}

fn empty(buffer: &mut Vec<u8>) {
    buffer.clear();
    if buffer.capacity() > BUFFER_KEPT_BYTES {
        *buffer = Vec::new();
    }
}

fn end_of(error: io::Error) -> ConnectionEnd {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
            ConnectionEnd::ClosedByPeer
        }
        _ => ConnectionEnd::Failed(error),
    }
}

fn deadline(wait: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(wait).unwrap_or(now + Duration::from_secs(31_536_000))
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            connection_count_max: CONNECTION_COUNT_DEFAULT,
            first_input_timeout: Duration::from_millis(FIRST_INPUT_MS_DEFAULT),
            idle_timeout: Duration::from_millis(IDLE_MS_DEFAULT),
            write_timeout: Duration::from_millis(WRITE_MS_DEFAULT),
            grace: Duration::from_millis(GRACE_MS_DEFAULT),
        }
    }
}

impl Display for Peer {
    /// The address, or `local`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => write!(formatter, "{address}"),
            None => formatter.write_str("local"),
        }
    }
}

impl Display for ConnectionEnd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished => formatter.write_str("finished"),
            Self::ClosedByPeer => formatter.write_str("closed by the peer"),
            Self::Silent => formatter.write_str("the peer was silent for too long"),
            Self::NotReading => formatter.write_str("the peer did not read what was written"),
            Self::Broken(reason) => formatter.write_str(reason),
            Self::Failed(error) => error.fmt(formatter),
            Self::Panicked => formatter.write_str("panicked"),
            Self::Cut => formatter.write_str("cut at shutdown"),
        }
    }
}

thread_local! {
    /// Where each thread reads to, before it is known how much has come.
    static ROOM: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into());
}
