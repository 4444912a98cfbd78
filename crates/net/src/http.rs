//! A small HTTP/1.1 server for the operator and the machine's own monitoring, and the client that asks it over a local
//! socket. What is answered is the caller's affair.
//!
//! Everything has a cap: connections, the handshake of TLS, the header, the body, the time for each and for the whole
//! connection. Without TLS ([`serve_https`] speaks it) it belongs behind the loopback, a local socket, or a proxy.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, HOST, X_CONTENT_TYPE_OPTIONS};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

pub use hyper::header::{CONTENT_TYPE, HeaderValue};
pub use hyper::http::request::Parts;
pub use hyper::{Method, Request, Response, StatusCode};

use crate::limits::{
    ACCEPT_PAUSE_MS, HTTP_ANSWER_MS, HTTP_BODY_BYTES_MAX, HTTP_BODY_MS, HTTP_CONNECTION_COUNT_DEFAULT,
    HTTP_CONNECTION_MS, HTTP_GRACE_MS, HTTP_HANDSHAKE_MS, HTTP_HEADER_BYTES_MAX, HTTP_HEADER_COUNT_MAX, HTTP_HEADER_MS,
    HTTP_REPLY_BYTES_MAX,
};
use crate::listen::{Listener, Stream};
use crate::tls::ServerTls;

/// What a server needs to know beside its listener. All have defaults in [`crate::limits`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HttpOptions {
    /// Connections at one time; more are closed as they come.
    pub connection_count_max: usize,
    /// Body of a request, in bytes; with a larger one, the answer is 413.
    pub body_bytes_max: usize,
    /// Time for the handshake of TLS, where it is spoken.
    pub handshake_timeout: Duration,
    /// Time for the header of a request, and for the next request to begin.
    pub header_timeout: Duration,
    /// Time for the body of a request; when it has passed, the answer is 408.
    pub body_timeout: Duration,
    /// Time for the answer; when it has passed, the answer is 503.
    pub answer_timeout: Duration,
    /// How long a connection may live.
    pub connection_timeout: Duration,
}

/// From where a request came: among the extensions of each request that came over TCP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct From(pub SocketAddr);

/// Why there is no answer over a local socket.
#[derive(thiserror::Error, Debug)]
#[non_exhaustive]
pub enum AskError {
    /// Nobody listens there, or not for us.
    #[error("{0}")]
    Connect(io::Error),
    /// The other side does not speak HTTP, or broke off.
    #[error("{0}")]
    Http(hyper::Error),
    /// The request cannot be written: its target is none.
    #[error("the target of the request is none")]
    Target,
    /// The answer is larger than [`HTTP_REPLY_BYTES_MAX`].
    #[error("the answer is too large")]
    TooLarge,
    /// It took too long.
    #[error("no answer in time")]
    Silent,
}

/// Serves until `shutdown` is ready; then accepts nothing more, lets answers under way be written, within a time of
/// grace, and returns. An answer that panics ends its own connection only.
///
/// `answer` takes the whole request. The answer's body is sent as it is; without a Content-Type of its own it is plain
/// text, and nothing is to be cached unless it says so.
pub async fn serve_http<H, F>(listener: Listener, options: HttpOptions, answer: H, shutdown: impl Future<Output = ()>)
where
    H: Fn(Request<Vec<u8>>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Vec<u8>>> + Send + 'static,
{
    serve_all(listener, (options, None), (|_: &Parts| None, answer), shutdown).await;
}

/// As [`serve_http`], over TLS. Who does not speak it, or not in time, is turned away without a word; a handshake takes
/// one of the places for connections. Over a local socket, where nobody can listen on the way, there is no TLS.
pub async fn serve_https<H, F>(
    listener: Listener,
    tls: ServerTls,
    options: HttpOptions,
    answer: H,
    shutdown: impl Future<Output = ()>,
) where
    H: Fn(Request<Vec<u8>>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Vec<u8>>> + Send + 'static,
{
    serve_all(listener, (options, Some(tls)), (|_: &Parts| None, answer), shutdown).await;
}

/// As [`serve_http`], for requests that `admit` lets pass by their heads, saying nothing. The others are answered with
/// what it says, and their bodies are not read.
pub async fn serve_http_admitted<A, H, F>(
    listener: Listener,
    options: HttpOptions,
    admit: A,
    answer: H,
    shutdown: impl Future<Output = ()>,
) where
    A: Fn(&Parts) -> Option<Response<Vec<u8>>> + Send + Sync + 'static,
    H: Fn(Request<Vec<u8>>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Vec<u8>>> + Send + 'static,
{
    serve_all(listener, (options, None), (admit, answer), shutdown).await;
}

async fn serve_all<A, H, F>(
    listener: Listener,
    (options, tls): (HttpOptions, Option<ServerTls>),
    answer: (A, H),
    shutdown: impl Future<Output = ()>,
) where
    A: Fn(&Parts) -> Option<Response<Vec<u8>>> + Send + Sync + 'static,
    H: Fn(Request<Vec<u8>>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Vec<u8>>> + Send + 'static,
{
    let (options, answer) = (Arc::new(options), Arc::new(answer));
    let (closing, is_closing) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = std::future::poll_fn(|context| listener.poll_accept(context)) => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let Ok((stream, peer)) = accepted else {
            sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
            continue;
        };
        if connections.len() >= options.connection_count_max {
            continue;
        }
        let (options, answer, is_closing) = (Arc::clone(&options), Arc::clone(&answer), is_closing.clone());
        match (stream, tls.clone()) {
            (Stream::Tcp(stream), None) => connections.spawn(hold(stream, peer, options, answer, is_closing)),
            (Stream::Tcp(stream), Some(tls)) => connections.spawn(async move {
                if let Some(stream) = tls.accept(stream, options.handshake_timeout).await {
                    hold(stream, peer, options, answer, is_closing).await;
                }
            }),
            (Stream::Unix(stream), _) => connections.spawn(hold(stream, peer, options, answer, is_closing)),
        };
    }
    drop((listener, closing));
    let all = async { while connections.join_next().await.is_some() {} };
    // Whoever has not read its answer by then goes without.
    let _ = timeout(Duration::from_millis(HTTP_GRACE_MS), all).await;
    connections.shutdown().await;
}

/// One connection, over as many requests as there is time for.
async fn hold<S, A, H, F>(
    stream: S,
    peer: Option<SocketAddr>,
    options: Arc<HttpOptions>,
    answer: Arc<(A, H)>,
    mut is_closing: watch::Receiver<()>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Fn(&Parts) -> Option<Response<Vec<u8>>> + Send + Sync + 'static,
    H: Fn(Request<Vec<u8>>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<Vec<u8>>> + Send + 'static,
{
    let lifetime = options.connection_timeout;
    let mut server = hyper::server::conn::http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_buf_size(HTTP_HEADER_BYTES_MAX)
        .max_headers(HTTP_HEADER_COUNT_MAX);
    let service = service_fn(move |mut request: Request<Incoming>| {
        if let Some(peer) = peer {
            request.extensions_mut().insert(From(peer));
        }
        let (options, answer) = (Arc::clone(&options), Arc::clone(&answer));
        async move { Ok::<_, Infallible>(complete(respond(request, &options, &answer.0, &answer.1).await)) }
    });
    let mut connection = pin!(server.serve_connection(TokioIo::new(stream), service));
    // What ends a connection – its peer, its time – is nobody's concern but its peer's.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = sleep(lifetime) => {}
        _ = is_closing.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

async fn respond<A, H, F>(request: Request<Incoming>, options: &HttpOptions, admit: &A, answer: &H) -> Response<Vec<u8>>
where
    A: Fn(&Parts) -> Option<Response<Vec<u8>>>,
    H: Fn(Request<Vec<u8>>) -> F,
    F: Future<Output = Response<Vec<u8>>>,
{
    let (head, body) = request.into_parts();
    if let Some(refusal) = admit(&head) {
        return refusal;
    }
    // A length that is told is refused before a byte of it comes.
    if usize::try_from(body.size_hint().lower()).map_or(true, |length| length > options.body_bytes_max) {
        return status(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let body = match timeout(options.body_timeout, Limited::new(body, options.body_bytes_max).collect()).await {
        Ok(Ok(body)) => body.to_bytes().to_vec(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return status(StatusCode::PAYLOAD_TOO_LARGE),
        Ok(Err(_)) => return status(StatusCode::BAD_REQUEST),
        Err(_) => return status(StatusCode::REQUEST_TIMEOUT),
    };
    let answer = timeout(options.answer_timeout, answer(Request::from_parts(head, body))).await;
    answer.unwrap_or_else(|_| status(StatusCode::SERVICE_UNAVAILABLE))
}

/// An answer that is its status alone.
#[must_use]
pub fn status(status: StatusCode) -> Response<Vec<u8>> {
    let mut response = Response::new(format!("{status}\n").into_bytes());
    *response.status_mut() = status;
    response
}

/// An answer with the fields that every answer has.
fn complete(response: Response<Vec<u8>>) -> Response<Full<Bytes>> {
    let mut response = response.map(|body| Full::new(Bytes::from(body)));
    let fields = response.headers_mut();
    for (name, value) in
        [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store"), (X_CONTENT_TYPE_OPTIONS, "nosniff")]
    {
        fields.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Asks an HTTP server behind a local socket: one request without a body, `target` such as `/status`.
///
/// # Errors
/// [`AskError`]: there is no answer. Every status is one.
pub async fn ask_local(path: &Path, method: Method, target: &str) -> Result<(StatusCode, Vec<u8>), AskError> {
    let asked = timeout(Duration::from_millis(HTTP_ANSWER_MS), ask(path, method, target)).await;
    asked.unwrap_or(Err(AskError::Silent))
}

async fn ask(path: &Path, method: Method, target: &str) -> Result<(StatusCode, Vec<u8>), AskError> {
    let stream = UnixStream::connect(path).await.map_err(AskError::Connect)?;
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(HTTP_HEADER_BYTES_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(AskError::Http)?;
    // Ends with this function, whichever way it ends.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let request = Request::builder().method(method).uri(target).header(HOST, "localhost");
    let request = request.body(Full::<Bytes>::default()).map_err(|_| AskError::Target)?;
    let response = sender.send_request(request).await.map_err(AskError::Http)?;
    let status = response.status();
    match Limited::new(response.into_body(), HTTP_REPLY_BYTES_MAX).collect().await {
        Ok(body) => Ok((status, body.to_bytes().to_vec())),
        Err(error) if error.is::<LengthLimitError>() => Err(AskError::TooLarge),
        Err(error) => match error.downcast() {
            Ok(error) => Err(AskError::Http(*error)),
            Err(_) => Err(AskError::Silent),
        },
    }
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            connection_count_max: HTTP_CONNECTION_COUNT_DEFAULT,
            body_bytes_max: HTTP_BODY_BYTES_MAX,
            handshake_timeout: Duration::from_millis(HTTP_HANDSHAKE_MS),
            header_timeout: Duration::from_millis(HTTP_HEADER_MS),
            body_timeout: Duration::from_millis(HTTP_BODY_MS),
            answer_timeout: Duration::from_millis(HTTP_ANSWER_MS),
            connection_timeout: Duration::from_millis(HTTP_CONNECTION_MS),
        }
    }
}
