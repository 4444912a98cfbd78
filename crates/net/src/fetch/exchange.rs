//! One request over one connection, HTTP/1.1.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{self, HeaderMap, HeaderName};
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use lookup::fetch::{FetchFailure, Fetched, HttpsUrl};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;

use crate::limits::{
    CONTENT_TYPE_BYTES_MAX, DOCUMENT_TTL_S_DEFAULT, DOCUMENT_TTL_S_MAX, FETCH_FAILURE_TTL_S, FETCH_HEADER_BYTES_MAX,
    FETCH_HEADER_COUNT_MAX,
};

/// What the server said.
pub(super) struct Reply {
    pub(super) said: Said,
    /// How long it may be kept.
    pub(super) ttl: Duration,
}

pub(super) enum Said {
    /// A document, or a status that is no redirection.
    End(Fetched),
    /// It is elsewhere; nothing when it does not say where.
    Moved(Option<String>),
}

/// Asks for the document. `bytes_max` bounds what is taken of it.
pub(super) async fn get<S>(stream: S, url: &HttpsUrl, bytes_max: usize) -> Result<Reply, FetchFailure>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(FETCH_HEADER_BYTES_MAX)
        .max_headers(FETCH_HEADER_COUNT_MAX)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failure(&error))?;
    // Ends with this function, whichever way it ends.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let response = sender.send_request(request(url)?).await.map_err(|error| failure(&error))?;
    let status = response.status();
    let ttl = lifetime(response.headers());
    let said = match status {
        StatusCode::OK => Said::End(document(response, bytes_max).await?),
        // RFC 9110 §15.4: these five say where the document is; 300 lets people choose, 304 answers another question.
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => Said::Moved(text(response.headers(), header::LOCATION)),
        _ => {
            let ttl = ttl.min(Duration::from_secs(FETCH_FAILURE_TTL_S));
            return Ok(Reply { said: Said::End(Fetched::Status(status.as_u16())), ttl });
        }
    };
    Ok(Reply { said, ttl })
}

fn request(url: &HttpsUrl) -> Result<hyper::Request<Empty<Bytes>>, FetchFailure> {
    hyper::Request::get(url.path_and_query())
        .header(header::HOST, host(url))
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::ACCEPT, "*/*")
        // RFC 9110 §12.5.3: identity is the document as it is. What comes compressed all the same is not unpacked here.
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONNECTION, "close")
        .body(Empty::new())
        .map_err(|_| FetchFailure::Malformed)
}

/// The host of a URL, with its port where it is not the usual one (RFC 9110 §7.2).
pub(super) fn host(url: &HttpsUrl) -> String {
    match url.port() {
        443 => url.host().as_str().to_owned(),
        port => format!("{}:{port}", url.host()),
    }
}

async fn document(response: Response<Incoming>, bytes_max: usize) -> Result<Fetched, FetchFailure> {
    let content_type = text(response.headers(), header::CONTENT_TYPE);
    let content_type = content_type.filter(|value| value.len() <= CONTENT_TYPE_BYTES_MAX);
    let bytes = read(response.into_body(), bytes_max).await?;
    Ok(Fetched::document(bytes, content_type.as_deref()))
}

/// The whole of a body.
pub(super) async fn read(mut body: Incoming, bytes_max: usize) -> Result<Vec<u8>, FetchFailure> {
    // A length that is told is refused before a byte of it comes.
    if usize::try_from(body.size_hint().lower()).map_or(true, |length| length > bytes_max) {
        return Err(FetchFailure::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| failure(&error))?.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > bytes_max {
            return Err(FetchFailure::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// The value of a field, when it is there once and is text.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    std::str::from_utf8(value.as_bytes()).ok().map(|text| text.trim().to_owned())
}

/// How long the response may be kept: what its server says, within bounds.
fn lifetime(headers: &HeaderMap) -> Duration {
    let values = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let (mut max_age_s, mut shared_max_age_s) = (None, None);
    for directive in values.flat_map(|value| value.split(',')) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        let seconds = || value.trim().trim_matches('"').parse::<u64>().ok();
        match name.trim().to_ascii_lowercase().as_str() {
            // RFC 9111 §5.2.2.5: nothing of it is stored. RFC 9111 §5.2.2.4: not used without asking the server again.
            // RFC 9111 §5.2.2.7: not stored by a cache that many share.
            "no-store" | "no-cache" | "private" => return Duration::ZERO,
            "max-age" => max_age_s = max_age_s.or_else(seconds),
            "s-maxage" => shared_max_age_s = shared_max_age_s.or_else(seconds),
            _ => {}
        }
    }
    // RFC 9111 §5.2.2.10: for a shared cache, s-maxage overrides max-age.
    let fresh_s = shared_max_age_s.or(max_age_s).unwrap_or(DOCUMENT_TTL_S_DEFAULT);
    // RFC 9111 §4.2: what another cache has kept it for is gone.
    let age_s = text(headers, header::AGE).and_then(|age| age.parse().ok()).unwrap_or(0);
    Duration::from_secs(fresh_s.saturating_sub(age_s).min(DOCUMENT_TTL_S_MAX))
}

pub(super) fn failure(error: &hyper::Error) -> FetchFailure {
    let of_input = || {
        let kind = error.source().and_then(|source| source.downcast_ref::<io::Error>()).map(io::Error::kind);
        matches!(kind, Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData))
    };
    if error.is_parse() || of_input() { FetchFailure::Malformed } else { FetchFailure::Unreachable }
}

pub(super) const USER_AGENT: &str = concat!("sekisho/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_response_may_be_kept() {
        for (fields, want_s) in [
            (&[][..], DOCUMENT_TTL_S_DEFAULT),
            (&[("cache-control", "public")], DOCUMENT_TTL_S_DEFAULT),
            (&[("cache-control", "max-age=60")], 60),
            (&[("cache-control", "Public, MAX-AGE = \"60\"")], 60),
            (&[("cache-control", "max-age=0")], 0),
            (&[("cache-control", "max-age=3599")], 3_599),
            (&[("cache-control", "max-age=3600")], 3_600),
            (&[("cache-control", "max-age=3601")], 3_600),
            (&[("cache-control", "max-age=99999999999999999999999")], DOCUMENT_TTL_S_DEFAULT),
            (&[("cache-control", "max-age=x")], DOCUMENT_TTL_S_DEFAULT),
            (&[("cache-control", "max-age=60, no-store")], 0),
            (&[("cache-control", "max-age=60"), ("cache-control", "no-cache")], 0),
            (&[("cache-control", "private")], 0),
            (&[("cache-control", "max-age=60, s-maxage=90")], 90),
            (&[("cache-control", "max-age=60"), ("age", "50")], 10),
            (&[("cache-control", "max-age=60"), ("age", "70")], 0),
            (&[("age", "x")], DOCUMENT_TTL_S_DEFAULT),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in fields {
                headers.append(*name, value.parse().unwrap());
            }
            assert_eq!(lifetime(&headers).as_secs(), want_s, "{fields:?}");
        }
    }

    #[test]
    fn a_request_says_no_more_than_it_must() {
        let of = |text| request(&HttpsUrl::parse(text).unwrap()).unwrap();
        let plain = of("https://example.jp/a/%E9?b=c&d#e");
        assert_eq!((plain.method().as_str(), plain.uri().to_string()), ("GET", "/a/%E9?b=c&d".to_owned()));
        assert_eq!(plain.headers()["host"], "example.jp");
        assert_eq!(plain.headers()["accept-encoding"], "identity");
        assert!(plain.headers()["user-agent"].to_str().unwrap().starts_with("sekisho/"));
        assert_eq!(plain.headers().len(), 5);
        assert_eq!(of("https://関所.example:8443/").headers()["host"], "xn--8ous75i.example:8443");
        // Whatever a URL may hold goes into a request line as it stands, or as it was encoded.
        let odd = of("https://example.jp/!$&'()*+,;=:@\"<>[]^`{|}~%?!$&'()*+,;=:@\"<>[]^`{|}~%");
        assert!(odd.uri().path().starts_with("/!$&'()*+,;=:@%22%3C%3E"), "{}", odd.uri());
    }
}
