//! Documents that are put to a place over HTTPS: what is said, what is not reached, and which answers count.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, unreachable_pub, dead_code)] // a test

mod fetch_support;

use std::time::Duration;

use fetch_support::*;
use lookup::fetch::{FetchFailure, HttpsUrl};
use sekisho_net::fetch::config::{FetchConfig, Roots};
use sekisho_net::limits::POST_BYTES_MAX;
use sekisho_net::mail_server::Secret;
use sekisho_net::{Inquiry, Post, Poster, PrivateAddresses};

fn config(authority: &Authority) -> FetchConfig {
    let mut roots = Roots::default();
    roots.add_pem(authority.pem.as_bytes()).unwrap();
    let private_addresses = PrivateAddresses::Allowed;
    FetchConfig { roots, private_addresses, total_timeout: Duration::from_secs(10), ..FetchConfig::default() }
}

fn poster(config: FetchConfig) -> Poster<Dns> {
    Poster::new(config, Dns::here()).unwrap()
}

fn post<'a>(url: &'a HttpsUrl, body: &'a [u8]) -> Post<'a> {
    Post { url, content_type: "application/json", body, id: "n1", token: None }
}

#[tokio::test]
async fn what_is_said() {
    let authority = Authority::new();
    let site =
        Site::start(authority.tls("www.example.test"), |_| Act::Say(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec())).await;
    let (poster, url) = (poster(config(&authority)), HttpsUrl::parse(&site.url("/hook?a=b")).unwrap());
    assert_eq!(poster.post(&post(&url, b"{}")).await, Ok(204));
    let token = Secret::new("sesame-sesame");
    assert_eq!(poster.post(&Post { token: Some(&token), ..post(&url, b"{}") }).await, Ok(204));
    let sent = site.requests.lock().unwrap().clone();
    let want = format!(
        "POST /hook?a=b HTTP/1.1\r\nhost: www.example.test:{}\r\nuser-agent: sekisho/{}\r\n\
         content-type: application/json\r\nidempotency-key: n1\r\nconnection: close\r\ncontent-length: 2\r\n\r\n",
        site.port,
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(sent[0], want);
    assert!(sent[1].contains("\r\nauthorization: Bearer sesame-sesame\r\n"), "{}", sent[1]);
}

#[tokio::test]
async fn answers_that_are_no_yes() {
    let authority = Authority::new();
    let site = Site::start(authority.tls("www.example.test"), |path| match path {
        "/moved" => Act::Say(b"HTTP/1.1 302 Found\r\nLocation: https://other.example.test/\r\n\r\n".to_vec()),
        "/endless" => {
            Act::Endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(), b"1\r\nx\r\n".to_vec())
        }
        "/garbage" => Act::Say(b"220 mx.example.test ESMTP\r\n".to_vec()),
        "/cut" => Act::Cut(Vec::new()),
        "/hang" => Act::Hang(Vec::new()),
        _ => Act::Say(b"HTTP/1.1 500 Oh\r\nContent-Length: 99999999\r\n\r\n".to_vec()),
    })
    .await;
    let short = FetchConfig { total_timeout: Duration::from_secs(3), ..config(&authority) };
    let poster = poster(short);
    for (path, want) in [
        ("/moved", Ok(302)),
        ("/endless", Ok(200)),
        ("/other", Ok(500)),
        ("/garbage", Err(FetchFailure::Malformed)),
        ("/cut", Err(FetchFailure::Unreachable)),
        ("/hang", Err(FetchFailure::Timeout)),
    ] {
        let url = HttpsUrl::parse(&site.url(path)).unwrap();
        assert_eq!(poster.post(&post(&url, b"{}")).await, want, "{path}");
    }
    // Where it was moved nobody was asked.
    assert_eq!(site.count(), 6);
}

#[tokio::test]
async fn a_form_and_what_answers_it() {
    let authority = Authority::new();
    let site = Site::start(authority.tls("www.example.test"), |path| {
        let of_length = |status: &str, length: usize| {
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n");
            Act::Say((head + &"x".repeat(length)).into_bytes())
        };
        match path {
            "/moved" => Act::Say(
                b"HTTP/1.1 307 Moved\r\nLocation: https://other.example.test/\r\nContent-Length: 0\r\n\r\n".to_vec(),
            ),
            "/endless" => {
                Act::Endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(), b"1\r\nx\r\n".to_vec())
            }
            "/refused" => of_length("400 Bad Request", 5),
            "/at" => of_length("200 OK", 100),
            "/above" => of_length("200 OK", 101),
            "/cut" => Act::Cut(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx".to_vec()),
            "/hang" => Act::Hang(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx".to_vec()),
            _ => of_length("200 OK", 2),
        }
    })
    .await;
    let short = FetchConfig { total_timeout: Duration::from_secs(3), ..config(&authority) };
    let poster = poster(short);
    for (path, want) in [
        ("/", Ok((200, 2))),
        ("/refused", Ok((400, 5))),
        ("/at", Ok((200, 100))),
        ("/above", Err(FetchFailure::TooLarge)),
        ("/endless", Err(FetchFailure::TooLarge)),
        // Nobody else hears what is in the form.
        ("/moved", Ok((307, 0))),
        ("/cut", Err(FetchFailure::Unreachable)),
        ("/hang", Err(FetchFailure::Timeout)),
    ] {
        let url = HttpsUrl::parse(&site.url(path)).unwrap();
        let inquiry = Inquiry { url: &url, form: "code=a%2Fb", authorization: Some("Basic YTpi"), bytes_max: 100 };
        let got = poster.inquire(&inquiry).await.map(|(status, body)| (status, body.len()));
        assert_eq!(got, want, "{path}");
    }
    let sent = site.requests.lock().unwrap()[0].clone();
    for field in [
        "POST / HTTP/1.1",
        "content-type: application/x-www-form-urlencoded",
        "accept: application/json",
        "authorization: Basic YTpi",
        "content-length: 10",
    ] {
        assert!(sent.contains(&format!("{field}\r\n")), "{sent}");
    }
    let url = HttpsUrl::parse(&site.url("/")).unwrap();
    for (length, want) in [(POST_BYTES_MAX - 1, true), (POST_BYTES_MAX, true), (POST_BYTES_MAX + 1, false)] {
        let form = "x".repeat(length);
        let inquiry = Inquiry { url: &url, form: &form, authorization: None, bytes_max: 100 };
        let got = poster.inquire(&inquiry).await;
        assert_eq!(got != Err(FetchFailure::TooLarge), want, "{length}");
    }
}

#[tokio::test]
async fn places_that_are_not_reached() {
    let authority = Authority::new();
    let site = Site::start(authority.tls("www.example.test"), |_| Act::Say(Vec::new())).await;
    let url = HttpsUrl::parse(&site.url("/")).unwrap();
    let refused = FetchConfig { private_addresses: PrivateAddresses::Refused, ..config(&authority) };
    assert_eq!(poster(refused).post(&post(&url, b"{}")).await, Err(FetchFailure::PrivateAddress));
    let unknown = HttpsUrl::parse("https://nowhere.example.test/").unwrap();
    let here = poster(config(&authority));
    assert_eq!(here.post(&post(&unknown, b"{}")).await, Err(FetchFailure::NoAddress));
    assert_eq!(here.post(&post(&url, &vec![b'x'; POST_BYTES_MAX + 1])).await, Err(FetchFailure::TooLarge));
    assert_eq!(site.count(), 0);
    // A certificate that nobody trusts.
    let public = FetchConfig { private_addresses: PrivateAddresses::Allowed, ..FetchConfig::default() };
    assert_eq!(poster(public).post(&post(&url, b"{}")).await, Err(FetchFailure::Tls));
}
