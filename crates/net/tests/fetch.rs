//! The fetcher against servers on loopback that are well, slow, endless, broken, forged, or somewhere they must not be.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, unreachable_pub)]

mod fetch_support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fetch_support::*;
use lookup::fetch::{Fetch, FetchFailure, Fetched, Redirects, Request};
use lookup::{Answer, Data, Kind, Lookup, Question};
use rcgen::{CertificateParams, date_time_ymd};
use sekisho_net::limits::{FETCH_HEADER_BYTES_MAX, REDIRECT_COUNT_MAX};
use sekisho_net::{FetchConfig, FetchConfigError, Fetcher, PrivateAddresses, Roots};

#[tokio::test]
async fn a_document_as_it_was_sent() {
    let authority = Authority::new();
    let site = Site::start(authority.tls("www.example.test"), |_| {
        response("200 OK\r\nContent-Type:  image/svg+xml \r\nContent-Encoding: gzip", b"\x1f\x8bnot unpacked")
    })
    .await;
    let fetcher = fetcher(&authority);
    let fetched = fetcher.fetch(request(&site.url("/a/logo.svg?b=c"))).await;
    assert_eq!(fetched, Fetched::document(*b"\x1f\x8bnot unpacked", Some("image/svg+xml")));
    let sent = site.requests.lock().unwrap().join("");
    let want = format!(
        "GET /a/logo.svg?b=c HTTP/1.1\r\nhost: www.example.test:{}\r\nuser-agent: sekisho/{}\r\naccept: */*\r\n\
         accept-encoding: identity\r\nconnection: close\r\n\r\n",
        site.port,
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(sent, want);
    assert_eq!((fetcher.counts().documents, fetcher.counts().connections), (1, 1));
}

#[tokio::test]
async fn responses_of_every_kind() {
    let authority = Authority::new();
    let header = |length: usize| format!("HTTP/1.1 200 OK\r\nX: {}\r\nContent-Length: 0\r\n\r\n", "x".repeat(length));
    let said: Vec<(Vec<u8>, &str)> = vec![
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nxxxx".to_vec(), "document"),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end".to_vec(), "document"),
        (b"HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxx\r\n2;ext\r\nxx\r\n0\r\n\r\n".to_vec(), "document"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx".to_vec(), "document"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nxxxx".to_vec(), "404"),
        (b"HTTP/1.1 500 Oh\r\nContent-Length: 99999999\r\n\r\n".to_vec(), "500"),
        (b"HTTP/1.1 206 Partial\r\nContent-Length: 1\r\n\r\nx".to_vec(), "206"),
        (b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), "204"),
        (b"HTTP/1.1 300 Choose\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n".to_vec(), "300"),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec(), "304"),
        // Lengths that lie: too short for what comes, too long, two of them, none.
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nxxxx".to_vec(), "document"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nxxxx".to_vec(), "unreachable"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nxxxxx".to_vec(), "malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\nxxxx".to_vec(), "malformed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n".to_vec(), "too-large"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n".to_vec(), "malformed"),
        // Chunks that lie.
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nxx\r\n0\r\n\r\n".to_vec(), "malformed"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nxx\r\n".to_vec(), "unreachable"),
        // Headers up to a limit.
        (header(1000).into_bytes(), "document"),
        (header(FETCH_HEADER_BYTES_MAX).into_bytes(), "malformed"),
        (format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(101)).into_bytes(), "malformed"),
        // No HTTP at all.
        (b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec(), "malformed"),
        (b"220 mx.example.test ESMTP\r\n".to_vec(), "malformed"),
        (b"<html></html>\r\n\r\n".to_vec(), "malformed"),
        (vec![0; 5_000], "malformed"),
        (Vec::new(), "unreachable"),
        (b"HTTP/1.1 200 OK\r\nContent-Le".to_vec(), "unreachable"),
    ];
    let acts = said.clone();
    let site = Site::start(authority.tls("www.example.test"), move |path| {
        Act::Say(acts[path.trim_start_matches('/').parse::<usize>().unwrap()].0.clone())
    })
    .await;
    let fetcher = fetcher(&authority);
    for (index, (bytes, want)) in said.iter().enumerate() {
        let got = word(&fetcher, &site.url(&format!("/{index}"))).await;
        assert_eq!(got, *want, "{}", String::from_utf8_lossy(&bytes[..bytes.len().min(200)]));
    }
}

#[tokio::test]
async fn documents_at_below_and_above_the_cap() {
    let authority = Authority::new();
    let site = Site::start(authority.tls("www.example.test"), |path| {
        let (manner, length) = path[1..].split_once('/').unwrap();
        let body = vec![b'x'; length.parse().unwrap()];
        match manner {
            "length" => response("200 OK", &body),
            "chunks" => {
                let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
                for chunk in body.chunks(100) {
                    bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    bytes.extend_from_slice(chunk);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(b"0\r\n\r\n");
                Act::Say(bytes)
            }
            _ => Act::Say([b"HTTP/1.1 200 OK\r\n\r\n", &body[..]].concat()),
        }
    })
    .await;
    let fetcher = fetcher(&authority);
    for manner in ["length", "chunks", "close"] {
        for (length, want) in [(0, "document"), (999, "document"), (1000, "document"), (1001, "too-large")] {
            let fetched = fetcher.fetch(request(&site.url(&format!("/{manner}/{length}")))).await;
            assert_eq!(fetched.word(), want, "{manner} {length}");
            assert!(want != "document" || fetched == Fetched::document(vec![b'x'; length], None));
        }
    }
}

#[tokio::test]
async fn a_body_without_an_end_is_left() {
    let authority = Authority::new();
    let site = Site::start(authority.tls("www.example.test"), |path| match path {
        "/chunks" => Act::Endless(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
            b"100\r\n".iter().copied().chain(std::iter::repeat_n(b'x', 256)).chain(*b"\r\n").collect(),
        ),
        "/header" => Act::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-Again: and again\r\n".to_vec()),
        "/line" => Act::Endless(b"HTTP/1.1 200 ".to_vec(), vec![b'x'; 1000]),
        _ => Act::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 1000]),
    })
    .await;
    let fetcher = fetcher(&authority);
    for (path, want) in
        [("/chunks", "too-large"), ("/close", "too-large"), ("/header", "malformed"), ("/line", "malformed")]
    {
        assert_eq!(word(&fetcher, &site.url(path)).await, want, "{path}");
    }
}

#[tokio::test]
async fn a_slow_server_is_not_waited_for() {
    let authority = Authority::new();
    let site = Site::start(authority.tls("www.example.test"), |path| match path {
        "/silent" => Act::Hang(Vec::new()),
        "/header" => Act::Hang(b"HTTP/1.1 200 OK\r\n".to_vec()),
        // Informational responses are no way to keep us either.
        "/continue" => Act::Endless(Vec::new(), b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
        _ => Act::Hang(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nxxxx".to_vec()),
    })
    .await;
    let mute = Site::plain(b"").await;
    let total_timeout = Duration::from_millis(400);
    let fetcher = Fetcher::start(FetchConfig { total_timeout, ..config(&authority) }, Dns::here()).unwrap();
    for path in ["/silent", "/header", "/body", "/continue"] {
        let since = Instant::now();
        assert_eq!(word(&fetcher, &site.url(path)).await, "timeout", "{path}");
        assert!(since.elapsed() >= total_timeout, "{path}: {:?}", since.elapsed());
    }
    assert_eq!(word(&fetcher, &mute.url("/")).await, "unreachable");
}

#[tokio::test]
async fn a_connection_that_breaks() {
    let authority = Authority::new();
    let site = Site::start(authority.tls("www.example.test"), |path| match path {
        "/length" => Act::Cut(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nxxxx".to_vec()),
        // Without the end of TLS nobody knows whether this was all.
        "/close" => Act::Cut(b"HTTP/1.1 200 OK\r\n\r\nxxxx".to_vec()),
        "/whole" => Act::Cut(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nxxxx".to_vec()),
        _ => Act::Cut(Vec::new()),
    })
    .await;
    let fetcher = fetcher(&authority);
    for (path, want) in
        [("/length", "unreachable"), ("/close", "unreachable"), ("/", "unreachable"), ("/whole", "document")]
    {
        assert_eq!(word(&fetcher, &site.url(path)).await, want, "{path}");
    }
    // Nobody there at all.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert_eq!(word(&fetcher, &format!("https://www.example.test:{port}/")).await, "unreachable");
}

#[tokio::test]
async fn certificates_that_do_not_hold() {
    let authority = Authority::new();
    let stranger = Authority::new();
    let aged = |from: (i32, u8, u8), to: (i32, u8, u8)| {
        let mut params = CertificateParams::new(vec!["www.example.test".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from.0, from.1, from.2);
        params.not_after = date_time_ymd(to.0, to.1, to.2);
        authority.tls_of(&params)
    };
    let fetcher = fetcher(&authority);
    for (tls, want) in [
        (authority.tls("www.example.test"), "document"),
        (authority.tls("*.example.test"), "document"),
        (authority.tls("other.example.test"), "tls"),
        (authority.tls("example.test"), "tls"),
        // The address alone is not the name.
        (authority.tls("127.0.0.1"), "tls"),
        (aged((2020, 1, 1), (2021, 1, 1)), "tls"),
        (aged((2090, 1, 1), (2091, 1, 1)), "tls"),
        (stranger.tls("www.example.test"), "tls"),
        (self_signed("www.example.test"), "tls"),
    ] {
        let site = Site::start(tls, |_| response("200 OK", b"x")).await;
        assert_eq!(word(&fetcher, &site.url("/")).await, want);
        assert_eq!(site.requests.lock().unwrap().len(), usize::from(want == "document"), "no request to a stranger");
    }
    // No TLS at all.
    for bytes in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"220 mx.example.test ESMTP\r\n"] {
        let site = Site::plain(bytes).await;
        assert_eq!(word(&fetcher, &site.url("/")).await, "tls");
    }
}

#[tokio::test]
async fn roots_that_are_given() {
    let mut roots = Roots::default();
    let pems: String = [Authority::new().pem, Authority::new().pem].concat();
    assert_eq!(roots.add_pem(pems.as_bytes()).unwrap(), 2);
    assert!(matches!(roots.add_pem(b"nothing"), Err(FetchConfigError::NoCertificate)));
    let broken = format!("{pems}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert!(matches!(roots.add_pem(broken.as_bytes()), Err(FetchConfigError::BadCertificate { number: 3 })));
    for (count, good) in [(97, true), (1, true), (1, false)] {
        let pem = Authority::new().pem.repeat(count);
        let added = roots.add_pem(pem.as_bytes());
        assert_eq!(added.is_ok(), good, "{added:?}");
        assert!(good || matches!(added, Err(FetchConfigError::TooManyCertificates)));
        if count == 97 {
            assert_eq!(added.unwrap(), 97);
        }
    }
    assert!(std::thread::spawn(|| Fetcher::start(FetchConfig::default(), Dns::here()).is_err()).join().unwrap());
}

#[tokio::test]
async fn redirections() {
    let authority = Authority::new();
    let site = Site::start(authority.tls("www.example.test"), |path| {
        let to = |location: &str| response(&format!("302 Found\r\nLocation: {location}"), b"");
        match path {
            "/ok" => response("200 OK", b"x"),
            "/relative" => to("ok"),
            "/no-where" => response("301 Moved", b""),
            "/two" => response("301 Moved\r\nLocation: /ok\r\nLocation: /ok", b""),
            "/loop" => to("/loop"),
            "/http" => to("http://www.example.test/ok"),
            "/file" => to("file:///etc/passwd"),
            "/address" => to("https://127.0.0.1/ok"),
            "/user" => to("https://user@www.example.test/ok"),
            "/port" => to("https://www.example.test:25/"),
            "/metadata" => to("https://metadata.example.test/latest"),
            "/gone" => to("/404"),
            "/404" => response("404 Not Found", b""),
            path => match path[1..].split_once('/') {
                Some((status, left)) => {
                    let next = match left.parse::<u32>().unwrap() {
                        1 => "/ok".to_owned(),
                        left => format!("/{status}/{}", left - 1),
                    };
                    response(&format!("{status} Moved\r\nLocation: {next}"), b"")
                }
                None => response("500 Oh", b""),
            },
        }
    })
    .await;
    let dns = Dns::of("www.example.test A 127.0.0.1\nmetadata.example.test A 169.254.169.254\n");
    let fetcher = Fetcher::start(config(&authority), dns).unwrap();
    for (path, want) in [
        ("/relative", "document"),
        ("/301/1", "document"),
        ("/302/2", "document"),
        ("/303/2", "document"),
        ("/307/2", "document"),
        ("/308/3", "document"),
        ("/302/4", "redirect"),
        ("/loop", "redirect"),
        ("/no-where", "redirect"),
        ("/two", "redirect"),
        ("/http", "redirect"),
        ("/file", "redirect"),
        ("/address", "redirect"),
        ("/user", "redirect"),
        ("/port", "redirect"),
        ("/metadata", "private-address"),
        ("/gone", "404"),
    ] {
        assert_eq!(word(&fetcher, &site.url(path)).await, want, "{path}");
        let refused = Request { redirects: Redirects::Refuse, ..request(&site.url(path)) };
        assert_eq!(fetcher.fetch(refused).await, Fetched::Failed(FetchFailure::Redirect), "{path}");
    }
    assert_eq!(REDIRECT_COUNT_MAX, 3);
}

#[tokio::test]
async fn private_hosts_are_not_asked() {
    let authority = Authority::new();
    let tls = authority.tls("www.example.test");
    let site = Site::start(tls.clone(), |_| response("200 OK", b"secret")).await;
    let refusing = FetchConfig { private_addresses: PrivateAddresses::Refused, ..config(&authority) };
    for (zone, refused, allowed) in [
        ("www.example.test A 127.0.0.1\n", "private-address", "document"),
        ("www.example.test A 127.0.0.1\nwww.example.test A 10.0.0.1\n", "private-address", ""),
        ("www.example.test AAAA ::1\n", "private-address", ""),
        ("www.example.test AAAA ::ffff:127.0.0.1\n", "private-address", "private-address"),
        ("www.example.test AAAA 64:ff9b::127.0.0.1\n", "private-address", "private-address"),
        ("www.example.test A 0.0.0.0\n", "private-address", "private-address"),
        ("www.example.test A 169.254.169.254\n", "private-address", "private-address"),
        ("www.example.test CNAME a.example.test\na.example.test A 127.0.0.1\n", "private-address", "document"),
        // What is not to be used is left out, what may be used is.
        ("www.example.test A 0.0.0.0\nwww.example.test A 127.0.0.1\n", "private-address", "document"),
        ("other.example.test A 127.0.0.1\n", "no-address", "no-address"),
        (";! www.example.test * servfail\n", "no-address", "no-address"),
        ("www.example.test TXT x\n", "no-address", "no-address"),
    ] {
        let before = site.count();
        let fetcher = Fetcher::start(refusing.clone(), Dns::of(zone)).unwrap();
        assert_eq!(word(&fetcher, &site.url("/")).await, refused, "{zone}");
        assert_eq!(site.count(), before, "nobody knocked: {zone}");
        assert_eq!(fetcher.counts().refused_addresses, u64::from(refused == "private-address"));
        if !allowed.is_empty() {
            let fetcher = Fetcher::start(config(&authority), Dns::of(zone)).unwrap();
            assert_eq!(word(&fetcher, &site.url("/")).await, allowed, "{zone}");
        }
    }
}

/// Says another address each time it is asked.
#[derive(Clone)]
struct Rebinding(Arc<Script>);

struct Script {
    addresses: Mutex<Vec<&'static str>>,
    asked_count: AtomicUsize,
}

impl Lookup for Rebinding {
    async fn ask(&self, question: Question) -> Answer {
        if question.kind != Kind::A {
            return Answer::of(Vec::new(), 0);
        }
        self.0.asked_count.fetch_add(1, Ordering::SeqCst);
        let address = self.0.addresses.lock().unwrap().pop().unwrap_or("127.0.0.2");
        Answer::of(vec![Data::A(address.parse().unwrap())], 0)
    }
}

#[tokio::test]
async fn a_name_that_changes_is_asked_once_for_each_connection() {
    let authority = Authority::new();
    let tls = authority.tls("www.example.test");
    let site = Site::start(tls.clone(), |path| match path {
        "/again" => response("302 Found\r\nLocation: /ok", b""),
        _ => response("200 OK", b"good"),
    })
    .await;
    let other = Site::start_at(&format!("127.0.0.2:{}", site.port), tls, |_| response("200 OK", b"evil")).await;
    let of = |addresses: &[&'static str]| {
        let addresses = Mutex::new(addresses.iter().rev().copied().collect());
        Rebinding(Arc::new(Script { addresses, asked_count: AtomicUsize::new(0) }))
    };
    // The first word counts, and is not asked for again between check and connection.
    let dns = of(&["127.0.0.1"]);
    let fetcher = Fetcher::start(config(&authority), dns.clone()).unwrap();
    assert_eq!(fetcher.fetch(request(&site.url("/ok"))).await, Fetched::document(*b"good", None));
    assert_eq!((dns.0.asked_count.load(Ordering::SeqCst), site.count(), other.count()), (1, 1, 0));
    // After a redirection the name is asked again, and checked again.
    let dns = of(&["127.0.0.1", "169.254.169.254"]);
    let fetcher = Fetcher::start(config(&authority), dns.clone()).unwrap();
    assert_eq!(word(&fetcher, &site.url("/again")).await, "private-address");
    assert_eq!((dns.0.asked_count.load(Ordering::SeqCst), site.count(), other.count()), (2, 2, 0));
}

#[tokio::test]
async fn the_next_address_is_tried() {
    let authority = Authority::new();
    let site = Site::start(authority.tls("www.example.test"), |_| response("200 OK", b"x")).await;
    // Nobody listens at the first ones.
    let zone = "www.example.test A 127.0.0.9\nwww.example.test A 127.0.0.8\nwww.example.test AAAA ::1\nwww.example.test A 127.0.0.1\n";
    let fetcher = Fetcher::start(config(&authority), Dns::of(zone)).unwrap();
    assert_eq!(word(&fetcher, &site.url("/")).await, "document");
    // Only so many are tried at all.
    let mut zone: String = (10..16).map(|host| format!("www.example.test A 127.0.0.{host}\n")).collect();
    zone.push_str("www.example.test A 127.0.0.1\n");
    let fetcher = Fetcher::start(config(&authority), Dns::of(&zone)).unwrap();
    assert_eq!(word(&fetcher, &site.url("/")).await, "unreachable");
}

/// Answers for one family only.
struct HalfDeaf(Kind);

impl Lookup for HalfDeaf {
    async fn ask(&self, question: Question) -> Answer {
        if question.kind == self.0 {
            std::future::pending::<()>().await;
        }
        match question.kind {
            Kind::A => Answer::of(vec![Data::A([127, 0, 0, 1].into())], 60),
            _ => Answer::of(Vec::new(), 60),
        }
    }
}

#[tokio::test]
async fn a_family_that_is_never_answered_holds_nothing_up() {
    let authority = Authority::new();
    let site = Site::start(authority.tls("www.example.test"), |_| response("200 OK", b"x")).await;
    let fetcher = Fetcher::start(config(&authority), HalfDeaf(Kind::Aaaa)).unwrap();
    assert_eq!(word(&fetcher, &site.url("/")).await, "document");
    let total_timeout = Duration::from_millis(300);
    let fetcher = Fetcher::start(FetchConfig { total_timeout, ..config(&authority) }, HalfDeaf(Kind::A)).unwrap();
    assert_eq!(word(&fetcher, &site.url("/")).await, "timeout");
}

#[tokio::test]
async fn equal_requests_on_their_way_are_one_connection() {
    let authority = Authority::new();
    let site = Site::start(authority.tls("www.example.test"), |_| {
        let Act::Say(bytes) = response("200 OK\r\nCache-Control: no-store", b"x") else { panic!("it says") };
        Act::After(Duration::from_millis(200), bytes)
    })
    .await;
    let fetcher = fetcher(&authority);
    let url = site.url("/");
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (fetcher, url) = (fetcher.clone(), url.clone());
        all.spawn(async move { word(&fetcher, &url).await });
    }
    assert_eq!(all.join_all().await, vec!["document"; 20]);
    assert_eq!((site.count(), fetcher.counts().coalesced), (1, 19));
    // It was not to be kept.
    assert_eq!((word(&fetcher, &url).await.as_str(), site.count()), ("document", 2));
}

#[tokio::test]
async fn who_goes_away_leaves_the_document_to_the_others() {
    let authority = Authority::new();
    let site = Site::start(authority.tls("www.example.test"), |_| {
        let Act::Say(bytes) = response("200 OK", b"x") else { panic!("it says") };
        Act::After(Duration::from_millis(200), bytes)
    })
    .await;
    let fetcher = fetcher(&authority);
    let url = site.url("/");
    let first = tokio::time::timeout(Duration::from_millis(20), fetcher.fetch(request(&url))).await;
    assert!(first.is_err());
    assert_eq!((word(&fetcher, &url).await.as_str(), site.count()), ("document", 1));
}

#[tokio::test]
async fn what_is_kept_is_not_fetched_again() {
    let authority = Authority::new();
    let site = Site::start(authority.tls("www.example.test"), |path| match path {
        "/no-store" => response("200 OK\r\nCache-Control: no-store", b"x"),
        "/404" => response("404 Not Found", b""),
        "/broken" => Act::Say(b"x".to_vec()),
        _ => response("200 OK", b"x"),
    })
    .await;
    let fetcher = fetcher(&authority);
    for (path, connections) in [("/", 1), ("/404", 1), ("/broken", 1), ("/no-store", 3)] {
        let before = site.count();
        for _ in 0..3 {
            let _ = word(&fetcher, &site.url(path)).await;
        }
        assert_eq!(site.count() - before, connections, "{path}");
    }
    assert_eq!((fetcher.counts().asked, fetcher.counts().cache_hits, fetcher.counts().cache_entries), (12, 6, 3));
    // Another cap is another request.
    let smaller = Request { bytes_max: 0, ..request(&site.url("/")) };
    assert_eq!(fetcher.fetch(smaller).await.word(), "too-large");
    let none = Fetcher::start(FetchConfig { cache_bytes_max: 0, ..config(&authority) }, Dns::here()).unwrap();
    let before = site.count();
    assert_eq!(
        (word(&none, &site.url("/")).await, word(&none, &site.url("/")).await),
        ("document".into(), "document".into())
    );
    assert_eq!((site.count() - before, none.counts().cache_entries), (2, 0));
}

#[tokio::test]
async fn who_finds_no_place_in_time_is_told_so() {
    let authority = Authority::new();
    let site = Site::start(authority.tls("www.example.test"), |_| Act::Hang(Vec::new())).await;
    let config =
        FetchConfig { in_flight_count_max: 1, total_timeout: Duration::from_millis(300), ..config(&authority) };
    let fetcher = Fetcher::start(config, Dns::here()).unwrap();
    let (first, second) = (site.url("/first"), site.url("/second"));
    let (first, second) = tokio::join!(word(&fetcher, &first), word(&fetcher, &second));
    assert_eq!((first.as_str(), second.as_str()), ("timeout", "budget"));
    let counts = fetcher.counts();
    assert_eq!((counts.connections, counts.without_place, counts.cache_entries), (1, 1, 1));
}

#[tokio::test]
async fn the_futures_are_send_and_a_tape_takes_them() {
    let authority = Authority::new();
    let site =
        Site::start(authority.tls("www.example.test"), |_| response("200 OK\r\nContent-Type: text/plain", b"x\n"))
            .await;
    let tape = Arc::new(lookup::tape::Tape::new(fetcher(&authority)));
    let (url, taped) = (site.url("/"), Arc::clone(&tape));
    assert_eq!(tokio::spawn(async move { word(&taped, &url).await }).await.unwrap(), "document");
    let text = tape.recording(&[]).to_string();
    let want = format!("; sekisho tape 1\n\n;! fetch {} follow 200 text/plain\n;! + \"x\\010\"\n", site.url("/"));
    assert_eq!(text, want);
}
