//! Taking what is pushed over HTTP: a POST with a bearer token (RFC 6750), whose body is given to a [`PushHandler`].
//!
//! Who has no token that we know is refused by the head of the request; no byte of the body is read. A body is bounded
//! whether its length is told or it comes in chunks. There is no TLS, as in [`crate::http`]: this belongs behind the
//! loopback, a local socket, or a proxy.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use sekisho_net::http::StatusCode;
//! use sekisho_net::mail_server::Secret;
//! use sekisho_net::push::{Push, PushHandler, PushOptions, PushReply, serve_push};
//! use sekisho_net::{ListenAddress, Listener, SocketAccess};
//!
//! struct Reports;
//!
//! impl PushHandler for Reports {
//!     async fn push(&self, push: Push) -> PushReply {
//!         println!("{}: {} bytes from the holder of token {}", push.path, push.body.len(), push.token);
//!         PushReply { status: StatusCode::ACCEPTED, text: "taken\n".to_owned() }
//!     }
//! }
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = Listener::bind(&ListenAddress::parse("inet:8461@127.0.0.1")?, &SocketAccess::default()).await?;
//! let options = PushOptions::new(vec![Secret::new("a long and random text")])?;
//! serve_push(listener, options, Arc::new(Reports), std::future::pending()).await;
//! # Ok(())
//! # }
//! ```

use std::future::Future;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::{ALLOW, AUTHORIZATION, CONTENT_ENCODING, HeaderMap, HeaderName, WWW_AUTHENTICATE};

use crate::http::{
    CONTENT_TYPE, HeaderValue, HttpOptions, Method, Request, Response, StatusCode, serve_http_admitted, status,
};
use crate::limits::{
    PUSH_BODY_BYTES_DEFAULT, PUSH_BODY_MS_DEFAULT, PUSH_CONNECTION_COUNT_DEFAULT, PUSH_TOKEN_BYTES_MAX,
    PUSH_TOKEN_BYTES_MIN, PUSH_TOKEN_COUNT_MAX,
};
use crate::listen::Listener;
use crate::mail_server::Secret;

/// What a server needs to know beside its listener.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PushOptions {
    tokens: Vec<Secret>,
    /// Bounds of connections, bodies and times; the defaults are those of [`crate::limits`].
    pub http: HttpOptions,
}

/// What was pushed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Push {
    /// Where to: the path without the query, percent-encoded as it came.
    pub path: String,
    /// Whose token it was: its place in the options, from 0.
    pub token: usize,
    /// The Content-Type, where one was told.
    pub content_type: Option<String>,
    /// The Content-Encoding, where one was told; the body is as it came.
    pub content_encoding: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What is answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PushReply {
    /// The status.
    pub status: StatusCode,
    /// The body, plain text.
    pub text: String,
}

/// Who takes what is pushed.
pub trait PushHandler: Send + Sync + 'static {
    /// Takes it, and says what is answered: when it is safe, not before. Dropped when it takes longer than
    /// [`HttpOptions::answer_timeout`]; then the answer is 503.
    fn push(&self, push: Push) -> impl Future<Output = PushReply> + Send;
}

/// Why tokens are none.
#[derive(thiserror::Error, Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum PushConfigError {
    /// There is none: everybody would be refused.
    #[error("there is no token")]
    NoToken,
    /// There are more than [`PUSH_TOKEN_COUNT_MAX`].
    #[error("there are more than {PUSH_TOKEN_COUNT_MAX} tokens")]
    TooManyTokens,
    /// One is too short to be a secret, too long, or holds characters that no token has.
    #[error("token {number} is none: {PUSH_TOKEN_BYTES_MIN} to {PUSH_TOKEN_BYTES_MAX} letters, digits and -._~+/=")]
    BadToken {
        /// Which, counted from 1.
        number: usize,
    },
}

impl PushOptions {
    /// Takes bodies from who has one of these tokens.
    ///
    /// # Errors
    /// [`PushConfigError`].
    pub fn new(tokens: Vec<Secret>) -> Result<Self, PushConfigError> {
        match tokens.len() {
            0 => return Err(PushConfigError::NoToken),
            1..=PUSH_TOKEN_COUNT_MAX => {}
            _ => return Err(PushConfigError::TooManyTokens),
        }
        // RFC 6750 §2.1: of what a token is made.
        let is_fitting = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        let is_one = |token: &Secret| {
            let token = token.reveal();
            (PUSH_TOKEN_BYTES_MIN..=PUSH_TOKEN_BYTES_MAX).contains(&token.len()) && token.bytes().all(is_fitting)
        };
        if let Some(at) = tokens.iter().position(|token| !is_one(token)) {
            return Err(PushConfigError::BadToken { number: at + 1 });
        }
        let http = HttpOptions {
            connection_count_max: PUSH_CONNECTION_COUNT_DEFAULT,
            body_bytes_max: PUSH_BODY_BYTES_DEFAULT,
            body_timeout: Duration::from_millis(PUSH_BODY_MS_DEFAULT),
            ..HttpOptions::default()
        };
        Ok(Self { tokens, http })
    }

    /// Whose token a request has. Each is compared, and each of its bytes, so that the time tells nothing of them.
    fn holder(&self, fields: &HeaderMap) -> Option<usize> {
        let value = only(fields, AUTHORIZATION)?;
        // RFC 9110 §11.1: the scheme is known whatever its case, and spaces divide it from what follows.
        let (scheme, token) = value.split_once(' ')?;
        let token = token.trim_start_matches(' ').as_bytes();
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return None;
        }
        let mut found = None;
        for (at, known) in self.tokens.iter().enumerate() {
            if is_equal(token, known.reveal().as_bytes()) {
                found = Some(at);
            }
        }
        found
    }
}

/// Serves until `shutdown` is ready, as [`crate::serve_http`] does.
pub async fn serve_push<H: PushHandler>(
    listener: Listener,
    options: PushOptions,
    handler: Arc<H>,
    shutdown: impl Future<Output = ()>,
) {
    let http = options.http.clone();
    let options = Arc::new(options);
    let gate = Arc::clone(&options);
    let admit = move |head: &crate::http::Parts| {
        if gate.holder(&head.headers).is_none() {
            return Some(refusal(StatusCode::UNAUTHORIZED, WWW_AUTHENTICATE, "Bearer"));
        }
        if head.method != Method::POST {
            // RFC 9110 §15.5.6: and which would be allowed.
            return Some(refusal(StatusCode::METHOD_NOT_ALLOWED, ALLOW, "POST"));
        }
        None
    };
    let answer = move |request: Request<Vec<u8>>| {
        let (options, handler) = (Arc::clone(&options), Arc::clone(&handler));
        async move {
            let (head, body) = request.into_parts();
            let Some(token) = options.holder(&head.headers) else { return status(StatusCode::UNAUTHORIZED) };
            let push = Push {
                path: head.uri.path().to_owned(),
                token,
                content_type: only(&head.headers, CONTENT_TYPE).map(str::to_owned),
                content_encoding: only(&head.headers, CONTENT_ENCODING).map(str::to_owned),
                body,
            };
            let reply = handler.push(push).await;
            let mut response = Response::new(reply.text.into_bytes());
            *response.status_mut() = reply.status;
            response
        }
    };
    serve_http_admitted(listener, http, admit, answer, shutdown).await;
}

/// RFC 6750 §3: who is refused hears which scheme there is; so with the methods.
fn refusal(code: StatusCode, name: HeaderName, value: &'static str) -> Response<Vec<u8>> {
    let mut response = status(code);
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}

/// The value of a field that is there once, and is text.
fn only(fields: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = fields.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

/// Whether they are equal. How long it takes depends on the lengths alone.
fn is_equal(one: &[u8], other: &[u8]) -> bool {
    let difference = one.iter().zip(other).fold(0, |difference, (one, other)| black_box(difference | (one ^ other)));
    one.len() == other.len() && black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_equal() {
        for (one, other, want) in
            [("abc", "abc", true), ("abc", "abd", false), ("abc", "ab", false), ("", "a", false), ("", "", true)]
        {
            assert_eq!(is_equal(one.as_bytes(), other.as_bytes()), want, "{one} {other}");
        }
    }

    #[test]
    fn tokens_at_below_and_above_the_limits() {
        for (length, is_one) in [
            (PUSH_TOKEN_BYTES_MIN - 1, false),
            (PUSH_TOKEN_BYTES_MIN, true),
            (PUSH_TOKEN_BYTES_MAX, true),
            (PUSH_TOKEN_BYTES_MAX + 1, false),
        ] {
            let options = PushOptions::new(vec![Secret::new("x".repeat(length))]);
            assert_eq!(options.err(), (!is_one).then_some(PushConfigError::BadToken { number: 1 }), "{length}");
        }
        let good = Secret::new("x".repeat(20));
        for bad in ["x x x x x x x x x x x", "関関関関関関関関", "x\nxxxxxxxxxxxxxxxxxxxx"] {
            let error = PushOptions::new(vec![good.clone(), Secret::new(bad)]).err();
            assert_eq!(error, Some(PushConfigError::BadToken { number: 2 }), "{bad}");
        }
        assert_eq!(PushOptions::new(vec![]).err(), Some(PushConfigError::NoToken));
        for count in [PUSH_TOKEN_COUNT_MAX - 1, PUSH_TOKEN_COUNT_MAX, PUSH_TOKEN_COUNT_MAX + 1] {
            assert_eq!(PushOptions::new(vec![good.clone(); count]).is_ok(), count <= PUSH_TOKEN_COUNT_MAX, "{count}");
        }
    }

    #[test]
    fn whose_token_it_is() {
        let options = PushOptions::new(vec![Secret::new("0123456789abcdef"), Secret::new("fedcba9876543210")]).unwrap();
        for (values, want) in [
            (&["Bearer 0123456789abcdef"][..], Some(0)),
            (&["bearer  fedcba9876543210"], Some(1)),
            (&["Bearer 0123456789abcdeg"], None),
            (&["Bearer 0123456789abcdef "], None),
            (&["Bearer 0123456789abcde"], None),
            (&["Bearer"], None),
            (&["Basic 0123456789abcdef"], None),
            (&["0123456789abcdef"], None),
            (&["Bearer 0123456789abcdef", "Bearer 0123456789abcdef"], None),
            (&[], None),
        ] {
            let mut fields = HeaderMap::new();
            for value in values {
                fields.append(AUTHORIZATION, value.parse().unwrap());
            }
            assert_eq!(options.holder(&fields), want, "{values:?}");
        }
    }
}
