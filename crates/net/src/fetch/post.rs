//! One document to one place over HTTPS: a webhook; or a form, whose answer is read. What an operator wrote down is asked,
//! and still no other address than the configuration allows, and no redirection.

use std::sync::Arc;

use http_body_util::Full;
use hyper::Response;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper_util::rt::TokioIo;
use lookup::Lookup;
use lookup::fetch::{FetchFailure, HttpsUrl};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::config::{FetchConfig, FetchConfigError};
use super::{connect, exchange};
use crate::limits::{DOCUMENT_BYTES_MAX, FETCH_HEADER_BYTES_MAX, FETCH_HEADER_COUNT_MAX, POST_BYTES_MAX};
use crate::mail_server::Secret;

/// Puts documents to places; names go to `L`. Clones share what they need for it.
pub struct Poster<L> {
    shared: Arc<Shared<L>>,
}

struct Shared<L> {
    config: FetchConfig,
    lookup: L,
    tls: TlsConnector,
}

/// What is put.
#[derive(Clone, Copy, Debug)]
pub struct Post<'a> {
    /// Where to.
    pub url: &'a HttpsUrl,
    /// Its type.
    pub content_type: &'static str,
    /// The document; more than [`POST_BYTES_MAX`] bytes are not put.
    pub body: &'a [u8],
    /// Its id, by which a server knows one that comes again: `Idempotency-Key`.
    pub id: &'a str,
    /// Who we are: a bearer token (RFC 6750 §2.1).
    pub token: Option<&'a Secret>,
}

/// A form, of whose answer more is wanted than its status.
#[derive(Clone, Copy)]
pub struct Inquiry<'a> {
    /// Where to.
    pub url: &'a HttpsUrl,
    /// `application/x-www-form-urlencoded`.
    pub form: &'a str,
    /// The value of `Authorization`. It is a secret.
    pub authorization: Option<&'a str>,
    /// Largest answer that is taken, in bytes.
    pub bytes_max: usize,
}

impl<L> Clone for Poster<L> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<L: Lookup> Poster<L> {
    /// Connects to nothing yet. Of the configuration the addresses, the times and the authorities are used.
    ///
    /// # Errors
    /// [`FetchConfigError::Tls`].
    pub fn new(config: FetchConfig, lookup: L) -> Result<Self, FetchConfigError> {
        let tls = connect::tls(&config)?;
        Ok(Self { shared: Arc::new(Shared { config, lookup, tls }) })
    }

    /// Puts a document, and gives the status of the answer; 200 to 299 say that it was taken.
    ///
    /// # Errors
    /// There was no answer: what the server did with it nobody knows, unless it was not reached.
    /// [`FetchFailure::Redirect`] is not given: a redirection is a status.
    pub async fn post(&self, post: &Post<'_>) -> Result<u16, FetchFailure> {
        if post.body.len() > POST_BYTES_MAX {
            return Err(FetchFailure::TooLarge);
        }
        let done = timeout(self.shared.config.total_timeout, self.shared.put(post)).await;
        done.unwrap_or(Err(FetchFailure::Timeout))
    }

    /// Sends a form, and gives the status of the answer with its body, whatever the status is.
    ///
    /// # Errors
    /// There was no answer, or a larger one than is taken. [`FetchFailure::Redirect`] is not given: a redirection is a
    /// status.
    pub async fn inquire(&self, inquiry: &Inquiry<'_>) -> Result<(u16, Vec<u8>), FetchFailure> {
        if inquiry.form.len() > POST_BYTES_MAX {
            return Err(FetchFailure::TooLarge);
        }
        let done = timeout(self.shared.config.total_timeout, self.shared.inquire(inquiry)).await;
        done.unwrap_or(Err(FetchFailure::Timeout))
    }
}

impl<L: Lookup> Shared<L> {
    async fn put(&self, post: &Post<'_>) -> Result<u16, FetchFailure> {
        // The body of the answer is not waited for.
        Ok(say(self.reach(post.url).await?, request(post)?).await?.0.status().as_u16())
    }

    async fn inquire(&self, inquiry: &Inquiry<'_>) -> Result<(u16, Vec<u8>), FetchFailure> {
        let (response, _driver) = say(self.reach(inquiry.url).await?, question(inquiry)?).await?;
        let status = response.status().as_u16();
        let bytes_max = inquiry.bytes_max.min(DOCUMENT_BYTES_MAX);
        Ok((status, exchange::read(response.into_body(), bytes_max).await?))
    }

    async fn reach(&self, url: &HttpsUrl) -> Result<TlsStream<TcpStream>, FetchFailure> {
        let config = &self.config;
        let addresses = connect::addresses(&self.lookup, url.host(), config.private_addresses).await?;
        let stream = connect::connect(&addresses, url.port(), config.connect_timeout).await?;
        connect::secure(&self.tls, url, stream).await
    }
}

/// The answer, and what drives the connection as long as it is held.
async fn say<S>(
    stream: S,
    request: hyper::Request<Full<Bytes>>,
) -> Result<(Response<Incoming>, JoinSet<hyper::Result<()>>), FetchFailure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(FETCH_HEADER_BYTES_MAX)
        .max_headers(FETCH_HEADER_COUNT_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| exchange::failure(&error))?;
    // Ends with whoever holds it, whichever way that ends.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let response = sender.send_request(request).await.map_err(|error| exchange::failure(&error))?;
    Ok((response, driver))
}

fn question(inquiry: &Inquiry<'_>) -> Result<hyper::Request<Full<Bytes>>, FetchFailure> {
    let mut request = hyper::Request::post(inquiry.url.path_and_query())
        .header(header::HOST, exchange::host(inquiry.url))
        .header(header::USER_AGENT, exchange::USER_AGENT)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONNECTION, "close");
    if let Some(authorization) = inquiry.authorization {
        let mut value = HeaderValue::from_str(authorization).map_err(|_| FetchFailure::Malformed)?;
        value.set_sensitive(true);
        request = request.header(header::AUTHORIZATION, value);
    }
    let form = Bytes::copy_from_slice(inquiry.form.as_bytes());
    request.body(Full::new(form)).map_err(|_| FetchFailure::Malformed)
}

fn request(post: &Post<'_>) -> Result<hyper::Request<Full<Bytes>>, FetchFailure> {
    let mut request = hyper::Request::post(post.url.path_and_query())
        .header(header::HOST, exchange::host(post.url))
        .header(header::USER_AGENT, exchange::USER_AGENT)
        .header(header::CONTENT_TYPE, post.content_type)
        .header(IDEMPOTENCY_KEY, post.id)
        .header(header::CONNECTION, "close");
    if let Some(token) = post.token {
        let value =
            HeaderValue::from_str(&format!("Bearer {}", token.reveal())).map_err(|_| FetchFailure::Malformed)?;
        request = request.header(header::AUTHORIZATION, value);
    }
    request.body(Full::new(Bytes::copy_from_slice(post.body))).map_err(|_| FetchFailure::Malformed)
}

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
