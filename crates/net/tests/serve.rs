//! The milter service with a conversation that echoes, against peers that are many, silent, slow or rude.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::future::pending;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sekisho_net::{
    ConnectionEnd, Conversation, ListenAddress, ListenError, Listener, Notice, Peer, ServeEnd, ServeOptions,
    SocketAccess, serve_milter,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Echoes each byte but these: `w` waits 40 ms before it is echoed, and reads nothing meanwhile; `b` begins a message
/// and `e` ends it; `q` is the end; `x` breaks it off; `p` panics; `f` floods.
#[derive(Default)]
struct Echo {
    output: Vec<u8>,
    waits_until: Option<tokio::time::Instant>,
    in_message: bool,
    is_finished: bool,
}

impl Conversation for Echo {
    type Error = &'static str;

    fn feed(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        assert!(self.wants_input());
        for byte in bytes {
            match byte {
                b'p' => panic!("as the peer wishes (a test; this message is expected)"),
                b'x' => return Err("rude"),
                b'f' => self.output.resize(64 << 20, b'f'),
                b'w' => self.waits_until = Some(tokio::time::Instant::now() + Duration::from_millis(40)),
                b'q' => self.is_finished = true,
                b'b' => self.in_message = true,
                b'e' => self.in_message = false,
                _ => {}
            }
            if !matches!(byte, b'w' | b'f') {
                self.output.push(*byte);
            }
        }
        Ok(())
    }

    fn output(&mut self, into: &mut Vec<u8>) {
        into.append(&mut self.output);
    }

    async fn drive(&mut self) {
        match self.waits_until {
            None => pending().await,
            Some(until) => tokio::time::sleep_until(until).await,
        }
        self.waits_until = None;
        self.output.push(b'w');
    }

    fn wants_input(&self) -> bool {
        self.waits_until.is_none() && !self.is_finished
    }

    fn is_finished(&self) -> bool {
        self.is_finished
    }

    fn is_between_messages(&self) -> bool {
        !self.in_message
    }
}

struct Service {
    address: std::net::SocketAddr,
    notices: Arc<Mutex<Vec<String>>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<ServeEnd>,
}

impl Service {
    async fn start(options: ServeOptions) -> Self {
        let address = ListenAddress::parse("inet:0@127.0.0.1").unwrap();
        let listener = Listener::bind(&address, &SocketAccess::default()).await.unwrap();
        let address = listener.tcp_address().unwrap();
        let (task, stop, notices) = serve(listener, options);
        Self { address, notices, stop, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Waits until so many notices have come.
    async fn notices(&self, count: usize) -> Vec<String> {
        loop {
            let notices = self.notices.lock().unwrap().clone();
            if notices.len() >= count {
                return notices;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    async fn stop(self) -> ServeEnd {
        self.stop.send(()).unwrap();
        self.task.await.unwrap()
    }
}

fn serve(
    listener: Listener,
    options: ServeOptions,
) -> (JoinHandle<ServeEnd>, oneshot::Sender<()>, Arc<Mutex<Vec<String>>>) {
    let (stop, stopped) = oneshot::channel();
    let notices = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&notices);
    let observe = move |notice: Notice| {
        log.lock().unwrap().push(match notice {
            Notice::Refused { peer } => format!("{} refused", peer.number),
            Notice::Ended { peer, end } => format!("{} {end}", peer.number),
            other => format!("{other:?}"),
        });
    };
    let make = |_: &Peer| Echo::default();
    let stopped = async { drop(stopped.await) };
    (tokio::spawn(serve_milter(vec![listener], options, make, observe, stopped)), stop, notices)
}

async fn talk<S: AsyncRead + tokio::io::AsyncWrite + Unpin>(stream: &mut S, text: &str) -> String {
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = vec![0; text.len()];
    stream.read_exact(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// What still comes until the connection ends, however it ends.
async fn rest<S: AsyncRead + Unpin>(stream: &mut S) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    bytes
}

#[tokio::test]
async fn many_connections_each_with_its_own_conversation() {
    let service = Service::start(ServeOptions::default()).await;
    let mut streams = Vec::new();
    for _ in 0..300 {
        streams.push(service.connect().await);
    }
    for round in 0..3 {
        for (number, stream) in streams.iter_mut().enumerate() {
            let text = format!("{number}-{round}");
            assert_eq!(talk(stream, &text).await, text);
        }
    }
    drop(streams);
    assert!(service.notices(300).await.iter().all(|notice| notice.ends_with("closed by the peer")));
    assert_eq!(service.stop().await, ServeEnd { accepted_count: 300, cut_count: 0 });
}

#[tokio::test]
async fn large_input_and_output_pass_whole() {
    let service = Service::start(ServeOptions::default()).await;
    let (mut reader, mut writer) = service.connect().await.into_split();
    let sent: Vec<u8> = (0..3_000_000_u32).map(|number| b"0123456789"[number as usize % 10]).collect();
    let want = sent.clone();
    let write = tokio::spawn(async move {
        writer.write_all(&sent).await.unwrap();
        writer.write_all(b"q").await.unwrap();
        writer
    });
    let got = rest(&mut reader).await;
    assert_eq!((got.len(), got[..want.len()] == want[..]), (want.len() + 1, true));
    drop(write.await.unwrap());
}

#[tokio::test]
async fn what_is_pending_is_driven_while_nothing_is_read() {
    let service = Service::start(ServeOptions::default()).await;
    let (mut slow, mut quick) = (service.connect().await, service.connect().await);
    slow.write_all(b"1w").await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    slow.write_all(b"2").await.unwrap();
    assert_eq!(talk(&mut quick, "others go on").await, "others go on");
    let mut answer = [0; 3];
    slow.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"1w2");
}

#[tokio::test]
async fn ends_of_all_kinds_leave_the_others_alone() {
    let service = Service::start(ServeOptions::default()).await;
    let mut bystander = service.connect().await;
    assert_eq!(talk(&mut bystander, "1").await, "1");
    for (text, want, end) in
        [("ab", "a", "rude"), ("a", "a", "panicked"), ("aq", "aq", "finished"), ("a", "a", "closed by the peer")]
    {
        let mut stream = service.connect().await;
        let last = match end {
            "rude" => "ax",
            "panicked" => "p",
            _ => "",
        };
        let text = if last.is_empty() { text } else { &text[..1] };
        assert_eq!(talk(&mut stream, text).await, text);
        stream.write_all(last.as_bytes()).await.unwrap();
        if end == "closed by the peer" {
            stream.shutdown().await.unwrap();
        }
        let got = rest(&mut stream).await;
        assert_eq!(got, if end == "rude" { want.as_bytes() } else { b"" }, "{end}");
    }
    let notices = service.notices(4).await;
    assert_eq!(notices, ["2 rude", "3 panicked", "4 finished", "5 closed by the peer"]);
    assert_eq!(talk(&mut bystander, "2").await, "2");
}

#[tokio::test]
async fn silence_has_an_end() {
    let service = Service::start(ServeOptions {
        first_input_timeout: Duration::from_millis(40),
        idle_timeout: Duration::from_millis(150),
        ..ServeOptions::default()
    })
    .await;
    let start = Instant::now();
    let (mut mute, mut brief) = (service.connect().await, service.connect().await);
    assert_eq!(talk(&mut brief, "1").await, "1");
    assert_eq!(rest(&mut mute).await, b"");
    assert_eq!(rest(&mut brief).await, b"");
    assert!(start.elapsed() >= Duration::from_millis(150));
    let silent = "the peer was silent for too long";
    assert_eq!(service.notices(2).await, [format!("1 {silent}"), format!("2 {silent}")]);
}

#[tokio::test]
async fn time_for_thinking_is_not_silence_of_the_peer() {
    let options = ServeOptions { idle_timeout: Duration::from_millis(25), ..ServeOptions::default() };
    let service = Service::start(options).await;
    let mut stream = service.connect().await;
    assert_eq!(talk(&mut stream, "w").await, "w");
    assert_eq!(talk(&mut stream, "1").await, "1");
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_left() {
    let options = ServeOptions { write_timeout: Duration::from_millis(80), ..ServeOptions::default() };
    let service = Service::start(options).await;
    let mut stream = service.connect().await;
    stream.write_all(b"f").await.unwrap();
    assert_eq!(service.notices(1).await, ["1 the peer did not read what was written"]);
}

#[tokio::test]
async fn numbers_of_connections_at_below_and_above_the_limit() {
    let service = Service::start(ServeOptions { connection_count_max: 3, ..ServeOptions::default() }).await;
    let mut streams = Vec::new();
    for _ in 0..3 {
        let mut stream = service.connect().await;
        assert_eq!(talk(&mut stream, "1").await, "1");
        streams.push(stream);
    }
    let mut fourth = service.connect().await;
    assert_eq!(rest(&mut fourth).await, b"");
    assert_eq!(service.notices(1).await, ["4 refused"]);
    streams.pop();
    service.notices(2).await;
    let mut fifth = loop {
        let mut stream = service.connect().await;
        if stream.write_all(b"1").await.is_ok() && stream.read_u8().await.is_ok() {
            break stream;
        }
    };
    assert_eq!(talk(&mut fifth, "again").await, "again");
}

#[tokio::test]
async fn at_shutdown_the_idle_end_at_once_and_messages_are_finished() {
    let service = Service::start(ServeOptions::default()).await;
    let (mut idle, mut busy) = (service.connect().await, service.connect().await);
    assert_eq!(talk(&mut idle, "1").await, "1");
    assert_eq!(talk(&mut busy, "b1").await, "b1");
    let address = service.address;
    service.stop.send(()).unwrap();
    assert_eq!(rest(&mut idle).await, b"");
    assert!(TcpStream::connect(address).await.is_err(), "nobody accepts any more");
    assert_eq!(talk(&mut busy, "2w").await, "2w");
    busy.write_all(b"e").await.unwrap();
    assert_eq!(rest(&mut busy).await, b"e");
    assert_eq!(service.task.await.unwrap(), ServeEnd { accepted_count: 2, cut_count: 0 });
}

#[tokio::test]
async fn after_the_time_of_grace_messages_are_cut() {
    let service = Service::start(ServeOptions { grace: Duration::from_millis(50), ..ServeOptions::default() }).await;
    let mut endless = service.connect().await;
    assert_eq!(talk(&mut endless, "b").await, "b");
    let notices = Arc::clone(&service.notices);
    assert_eq!(service.stop().await, ServeEnd { accepted_count: 1, cut_count: 1 });
    assert_eq!(*notices.lock().unwrap(), [format!("1 {}", ConnectionEnd::Cut)]);
    assert_eq!(rest(&mut endless).await, b"");
}

#[tokio::test]
async fn a_local_socket_comes_with_its_access_and_goes_with_its_listener() {
    let place = Place::new("access");
    let access = SocketAccess { mode: Some(0o620), ..SocketAccess::default() };
    let listener = Listener::bind(&place.address(), &access).await.unwrap();
    assert_eq!(std::fs::metadata(place.socket()).unwrap().permissions().mode() & 0o777, 0o620);
    assert_eq!(std::fs::read_dir(&place.0).unwrap().count(), 1, "nothing is left beside it");
    let (task, stop, _) = serve(listener, ServeOptions::default());
    let mut stream = UnixStream::connect(place.socket()).await.unwrap();
    assert_eq!(talk(&mut stream, "local").await, "local");
    stop.send(()).unwrap();
    task.await.unwrap();
    assert!(!place.socket().exists());
}

#[tokio::test]
async fn one_service_behind_several_listeners() {
    let place = Place::new("several");
    let any = ListenAddress::parse("inet:0@127.0.0.1").unwrap();
    let tcp = Listener::bind(&any, &SocketAccess::default()).await.unwrap();
    let local = Listener::bind(&place.address(), &SocketAccess::default()).await.unwrap();
    let address = tcp.tcp_address().unwrap();
    assert_eq!(tcp.address().unwrap().to_string(), format!("inet:{}@127.0.0.1", address.port()));
    let (stop, stopped) = oneshot::channel::<()>();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    let make = move |peer: &Peer| {
        log.lock().unwrap().push((peer.number, peer.listener, peer.address.is_some()));
        Echo::default()
    };
    let options = ServeOptions { connection_count_max: 2, ..ServeOptions::default() };
    let task = tokio::spawn(serve_milter(vec![tcp, local], options, make, |_| {}, async { drop(stopped.await) }));
    let mut first = TcpStream::connect(address).await.unwrap();
    assert_eq!(talk(&mut first, "tag").await, "tag");
    let mut second = UnixStream::connect(place.socket()).await.unwrap();
    assert_eq!(talk(&mut second, "local").await, "local");
    // The limit is one for all of them.
    let mut third = TcpStream::connect(address).await.unwrap();
    assert_eq!(rest(&mut third).await, b"");
    stop.send(()).unwrap();
    let end = task.await.unwrap();
    assert_eq!(end, ServeEnd { accepted_count: 3, cut_count: 0 });
    assert_eq!(*heard.lock().unwrap(), [(1, 0, true), (2, 1, false)]);
    assert!(!place.socket().exists());
}

#[tokio::test]
async fn nothing_is_inherited_where_nothing_was_handed_over() {
    assert!(Listener::inherited(Some("a:b")).unwrap().is_empty());
}

#[tokio::test]
async fn a_stale_socket_is_replaced_and_a_living_one_is_not() {
    let place = Place::new("stale");
    drop(std::os::unix::net::UnixListener::bind(place.socket()).unwrap());
    assert!(place.socket().exists());
    let listener = Listener::bind(&place.address(), &SocketAccess::default()).await.unwrap();
    let error = Listener::bind(&place.address(), &SocketAccess::default()).await.unwrap_err();
    assert!(matches!(error, ListenError::InUse { .. }), "{error}");
    assert!(UnixStream::connect(place.socket()).await.is_ok());
    // Another has taken the place: it is not ours to remove.
    std::fs::remove_file(place.socket()).unwrap();
    let _other = std::os::unix::net::UnixListener::bind(place.socket()).unwrap();
    drop(listener);
    assert!(place.socket().exists());
}

#[tokio::test]
async fn what_is_not_a_socket_is_left_alone() {
    let place = Place::new("file");
    std::fs::write(place.socket(), "precious").unwrap();
    let error = Listener::bind(&place.address(), &SocketAccess::default()).await.unwrap_err();
    assert!(matches!(error, ListenError::NotASocket { .. }), "{error}");
    assert_eq!(std::fs::read(place.socket()).unwrap(), b"precious");
    let nowhere = ListenAddress::Unix(place.0.join("no/such/directory"));
    let error = Listener::bind(&nowhere, &SocketAccess::default()).await.unwrap_err();
    assert!(matches!(error, ListenError::System { .. }), "{error}");
}

#[tokio::test]
async fn a_port_that_is_taken_says_so() {
    let first = Listener::bind(&ListenAddress::parse("inet:0@127.0.0.1").unwrap(), &SocketAccess::default()).await;
    let port = first.as_ref().unwrap().tcp_address().unwrap().port();
    let address = ListenAddress::parse(&format!("inet:{port}@localhost")).unwrap();
    let error = Listener::bind(&address, &SocketAccess::default()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("inet:{port}@localhost: another process listens there already"));
    let wrong = ListenAddress::parse("inet6:0@127.0.0.1").unwrap();
    let error = Listener::bind(&wrong, &SocketAccess::default()).await.unwrap_err();
    assert_eq!(error.to_string(), "inet6:0@127.0.0.1: the host has no address of this family");
}

/// A directory for one test.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sekisho-net-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("milter.sock")
    }

    fn address(&self) -> ListenAddress {
        ListenAddress::Unix(self.socket())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
