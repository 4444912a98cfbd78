//! Documents: URLs, the shelf, the wrappers, and documents on tape.

use futures_util::future::join;
use proptest::collection::vec;
use proptest::prelude::*;
use sekisho_lookup::budget::FetchBudget;
use sekisho_lookup::chaos::FetchChaos;
use sekisho_lookup::fetch::{
    Both, Disabled, Fetch, FetchFailure, FetchMemo, Fetched, HttpsUrl, Redirects, Request, Shelf, Target, UrlFlaw,
};
use sekisho_lookup::limits::{
    BUDGET_DOCUMENT_BYTES_MAX, BUDGET_FETCH_COUNT_MAX, MEMO_DOCUMENT_BYTES_MAX, MEMO_FETCH_COUNT_MAX,
    TAPE_DOCUMENT_BYTES_MAX, TAPE_FETCH_COUNT_MAX, TAPE_LINE_BASE64_BYTES, TAPE_LINE_TEXT_BYTES, URL_BYTES_MAX,
};
use sekisho_lookup::tape::{Recording, Replay, Tape};
use sekisho_lookup::zone::ZoneErrorKind;
use sekisho_lookup::{Lookup, Question, Zone};
use testkit::{block_on, domain, zone};

const MIB: usize = 1 << 20;

fn url(text: &str) -> HttpsUrl {
    HttpsUrl::parse(text).expect(text)
}

fn request(text: &str) -> Request {
    Request { url: url(text), bytes_max: 64 * MIB, redirects: Redirects::Refuse }
}

fn word(fetch: &impl Fetch, text: &str) -> &'static str {
    block_on(fetch.fetch(request(text))).word()
}

fn web() -> Shelf {
    let mut shelf = Shelf::new();
    for name in ["a", "b", "c"] {
        shelf.put(url(&format!("https://{name}/")), Fetched::document(*b"xxxx", None));
    }
    shelf.put(url("https://down/"), Fetched::Failed(FetchFailure::Timeout));
    shelf
}

#[test]
fn urls_that_may_be_asked() {
    for (text, host, port, path) in [
        ("https://example.jp/logo.svg", "example.jp", 443, "/logo.svg"),
        ("HTTPS://EXAMPLE.JP", "example.jp", 443, "/"),
        ("https://example.jp:443/", "example.jp", 443, "/"),
        ("https://example.jp:/", "example.jp", 443, "/"),
        ("https://example.jp:1024/", "example.jp", 1024, "/"),
        ("https://example.jp:8443/a?b=c#d", "example.jp", 8443, "/a?b=c"),
        ("https://example.jp./a/../b", "example.jp", 443, "/b"),
        ("https://関所.example/絵.svg", "xn--8ous75i.example", 443, "/%E7%B5%B5.svg"),
        ("https://xn--8ous75i.example/", "xn--8ous75i.example", 443, "/"),
        ("https://bücher.example/?q=ü", "xn--bcher-kva.example", 443, "/?q=%C3%BC"),
        ("https://a_b.example/@c:d@e", "a_b.example", 443, "/@c:d@e"),
        ("https://localhost/", "localhost", 443, "/"),
    ] {
        let url = url(text);
        assert_eq!((url.host().as_str(), url.port(), url.path_and_query()), (host, port, path), "{text}");
        assert_eq!(HttpsUrl::parse(url.as_str()), Ok(url), "{text}");
    }
    assert_eq!(url("https://example.jp/a#b"), url("https://example.jp/a"));
}

#[test]
fn urls_that_may_not_be_asked() {
    for (flaw, texts) in [
        (
            UrlFlaw::Host,
            &[
                "https://127.0.0.1/",
                "https://2130706433/",
                "https://0x7f000001/",
                "https://0177.0.0.1/",
                "https://0x7f.1/",
                "https://127.1/",
                "https://017700000001/",
                "https://192.0.2.1./",
                "https://%31%32%37.0.0.1/",
                "https://１２７.0.0.1/",
                "https://①②⑦.0.0.1/",
                "https://127。0。0。1/",
                "https://[::1]/",
                "https://[::ffff:127.0.0.1]/",
                "https://[2001:db8::1]:8443/",
                "https://a..example/",
                "https://-a.example/",
                "https://a!b.example/",
            ][..],
        ),
        (
            UrlFlaw::Scheme,
            &[
                "http://example.jp/",
                "ftp://example.jp/",
                "file:///etc/passwd",
                "data:image/svg+xml,x",
                "gopher://example.jp/",
                "httpss://example.jp/",
                "javascript:alert(1)",
                "mailto:a@example.jp",
            ][..],
        ),
        (
            UrlFlaw::Credentials,
            &[
                "https://user@example.jp/",
                "https://user:password@example.jp/",
                "https://@example.jp/",
                "https://:@example.jp/",
                "https://example.jp@192.0.2.1/",
                "https://example.jp:443@evil.example/",
            ][..],
        ),
        (
            UrlFlaw::Port,
            &["https://example.jp:0/", "https://example.jp:22/", "https://example.jp:25/", "https://example.jp:1023/"]
                [..],
        ),
        (
            UrlFlaw::Syntax,
            &[
                "",
                "https",
                "https:",
                "https:/",
                "https://",
                "https:///",
                "https:///example.jp/",
                "https:/example.jp/",
                "https:example.jp",
                "//example.jp/",
                "/logo.svg",
                "https://example.jp:65536/",
                "https://example.jp:x/",
                "https://[::1/",
                "https://192.0.2.256/",
                "https://1.2.3.4.5/",
                " https://example.jp/",
                "https://example.jp/ ",
                "https://example.jp/a b",
                "https://exam\tple.jp/",
                "https://example.jp/\r\nHost:x",
                "ht\ntps://example.jp/",
                "https://example.jp/\0",
                "https://example.jp/\u{85}",
                "https://example.jp/\u{3000}",
                "https:\\\\example.jp\\",
                "https://example.jp\\@evil.example/",
                "https://%00.example/",
                "https://exa%20mple.jp/",
                "a b://c",
            ][..],
        ),
    ] {
        for text in texts {
            assert_eq!(HttpsUrl::parse(text), Err(flaw), "{text:?}");
        }
    }
}

#[test]
fn urls_at_below_and_above_the_limit() {
    let head = "https://example.jp/";
    for (length, good) in [(URL_BYTES_MAX - 1, true), (URL_BYTES_MAX, true), (URL_BYTES_MAX + 1, false)] {
        let text = format!("{head}{}", "x".repeat(length - head.len()));
        assert_eq!(
            HttpsUrl::parse(&text).map(|url| url.as_str().len()),
            if good { Ok(length) } else { Err(UrlFlaw::TooLong) }
        );
    }
    // Three bytes here are nine on the wire.
    let wide = format!("{head}{}", "関".repeat((URL_BYTES_MAX - head.len()) / 3));
    assert_eq!(HttpsUrl::parse(&wide), Err(UrlFlaw::TooLong));
}

#[test]
fn where_a_redirection_leads() {
    let from = url("https://example.jp/a/b?c");
    for (location, want) in [
        ("/x", Ok("https://example.jp/x")),
        ("x", Ok("https://example.jp/a/x")),
        ("", Ok("https://example.jp/a/b?c")),
        ("//other.example/x#y", Ok("https://other.example/x")),
        ("https://other.example:8443", Ok("https://other.example:8443/")),
        ("http://example.jp/", Err(UrlFlaw::Scheme)),
        ("file:///etc/passwd", Err(UrlFlaw::Scheme)),
        ("//127.0.0.1/", Err(UrlFlaw::Host)),
        ("//0x7f.1/", Err(UrlFlaw::Host)),
        ("//user@other.example/", Err(UrlFlaw::Credentials)),
        ("//example.jp:25/", Err(UrlFlaw::Port)),
        ("\\\\other.example\\", Err(UrlFlaw::Syntax)),
        ("/a\tb", Err(UrlFlaw::Syntax)),
        ("https://", Err(UrlFlaw::Syntax)),
    ] {
        assert_eq!(from.join(location).as_ref().map(HttpsUrl::as_str).map_err(|flaw| *flaw), want, "{location}");
    }
    assert_eq!(from.join(&"x".repeat(URL_BYTES_MAX)), Err(UrlFlaw::TooLong));
    assert_eq!(from.join(&"x".repeat(URL_BYTES_MAX + 1)), Err(UrlFlaw::TooLong));
}

#[test]
fn words_are_read_again_and_ids_end_in_them() {
    for failure in FetchFailure::ALL {
        assert_eq!(FetchFailure::parse(failure.word()), Some(failure));
        assert_eq!(failure.id(), format!("fetch-{failure}"));
    }
    assert_eq!(FetchFailure::parse("status"), None);
    assert_eq!(FetchFailure::parse(""), None);
    assert!(UrlFlaw::ALL.iter().all(|flaw| flaw.id().starts_with("fetch-url-")));
}

#[test]
fn a_shelf_hands_out_what_is_there() {
    let shelf = web();
    assert_eq!(
        (word(&shelf, "https://a"), word(&shelf, "https://down/"), word(&shelf, "https://no/")),
        ("document", "timeout", "status")
    );
    for (bytes_max, want) in [(3, "too-large"), (4, "document"), (5, "document")] {
        let request = Request { bytes_max, ..request("https://a/") };
        assert_eq!(block_on(shelf.fetch(request)).word(), want);
    }
    assert_eq!(word(&Disabled, "https://a/"), "disabled");
}

#[test]
fn a_memo_fetches_once() {
    let chaos = FetchChaos::none(web());
    let memo = FetchMemo::new(&chaos);
    for text in ["https://a/", "https://a/", "https://down/", "https://down/", "https://no/", "https://no/#x"] {
        let _ = word(&memo, text);
    }
    assert_eq!((memo.count(), chaos.asked_count()), (3, 3));
    // Another cap may have another answer.
    assert_eq!(block_on(memo.fetch(Request { bytes_max: 1, ..request("https://a/") })).word(), "too-large");
    assert_eq!(word(&memo, "https://a/"), "document");
}

#[test]
fn a_memo_is_bounded_by_count_and_bytes() {
    // Each counts fourteen bytes: its URL and its document.
    for (count_max, bytes_max, kept) in [(1, 100, 1), (2, 100, 2), (9, 27, 1), (9, 28, 2), (9, 29, 2), (0, 100, 0)] {
        let chaos = FetchChaos::none(web());
        let memo = FetchMemo::with_limits(&chaos, count_max, bytes_max);
        for text in ["https://a/", "https://b/", "https://c/"].repeat(2) {
            assert_eq!(word(&memo, text), "document");
        }
        assert_eq!((memo.count(), chaos.asked_count()), (kept, 6 - kept), "{count_max} {bytes_max}");
    }
    let memo = FetchMemo::new(web());
    for number in 0..=MEMO_FETCH_COUNT_MAX {
        assert_eq!(memo.count(), number.min(MEMO_FETCH_COUNT_MAX));
        assert_eq!(word(&memo, &format!("https://n{number}/")), "status");
    }
    assert_eq!(memo.count(), MEMO_FETCH_COUNT_MAX);
    for (length, kept) in
        [(MEMO_DOCUMENT_BYTES_MAX - 11, 1), (MEMO_DOCUMENT_BYTES_MAX - 10, 1), (MEMO_DOCUMENT_BYTES_MAX - 9, 0)]
    {
        let mut shelf = Shelf::new();
        shelf.put(url("https://a/"), Fetched::document(vec![0; length], None));
        let memo = FetchMemo::new(shelf);
        assert_eq!((word(&memo, "https://a/"), memo.count()), ("document", kept));
    }
}

#[test]
fn a_budget_at_below_and_above() {
    for (count_max, last) in [(2, "budget"), (3, "document"), (4, "document")] {
        let chaos = FetchChaos::none(web());
        let budget = FetchBudget::with_limits(&chaos, count_max, 100);
        assert_eq!(
            (word(&budget, "https://a/"), word(&budget, "https://a/"), word(&budget, "https://a/")),
            ("document", "document", last)
        );
        assert_eq!((budget.fetch_count(), chaos.asked_count()), (3, count_max.min(3)));
    }
    for (bytes_max, second) in [(7, "budget"), (8, "document"), (9, "document")] {
        let budget = FetchBudget::with_limits(web(), 100, bytes_max);
        assert_eq!((word(&budget, "https://a/"), word(&budget, "https://b/")), ("document", second));
        assert_eq!((budget.document_bytes(), word(&budget, "https://c/")), (8, "budget"));
    }
    let budget = FetchBudget::new(web());
    assert!((0..BUDGET_FETCH_COUNT_MAX).all(|_| word(&budget, "https://no/") == "status"));
    assert_eq!(word(&budget, "https://no/"), "budget");
    for (length, want) in [(BUDGET_DOCUMENT_BYTES_MAX, "document"), (BUDGET_DOCUMENT_BYTES_MAX + 1, "budget")] {
        let mut shelf = Shelf::new();
        shelf.put(url("https://a/"), Fetched::document(vec![0; length], None));
        assert_eq!(word(&FetchBudget::new(shelf), "https://a/"), want);
    }
}

#[test]
fn chaos_breaks_one_request() {
    let chaos = FetchChaos::nth(web(), 2, FetchFailure::Tls);
    assert_eq!(
        (word(&chaos, "https://a/"), word(&chaos, "https://a/"), word(&chaos, "https://a/")),
        ("document", "tls", "document")
    );
    assert_eq!(chaos.asked_count(), 3);
}

#[test]
fn a_tape_of_both_is_readable_and_in_order() {
    let mut shelf = web();
    shelf.put(
        url("https://example.jp/logo.svg"),
        Fetched::document(*b"<svg a=\"b\"/>\r\n\n</svg>", Some("image/svg+xml")),
    );
    shelf.put(
        url("https://example.jp/a;b(c)"),
        Fetched::document(*b"\x1f\x8b\x08\x00", Some("text/plain; charset=utf-8")),
    );
    shelf.put(url("https://example.jp/"), Fetched::document(*b"", Some("")));
    let tape = Tape::new(Both { lookup: zone("a.example 60 TXT x\n"), fetch: shelf });
    for text in [
        "https://example.jp/logo.svg",
        "https://down/",
        "https://example.jp/a;b(c)",
        "https://down/",
        "https://example.jp/",
        "https://a/",
    ] {
        let _ = word(&tape, text);
    }
    let _ = block_on(tape.fetch(Request { redirects: Redirects::Follow, ..request("https://no/") }));
    assert_eq!(block_on(tape.ask(Question::txt(domain("a.example")))).word(), "records");
    let recording = tape.recording(&[]);
    let text = recording.to_string();
    let want = concat!(
        "; sekisho tape 1\n",
        "\n",
        "a.example. 60 IN TXT \"x\"\n",
        ";! fetch https://example.jp/logo.svg 200 image/svg+xml\n",
        ";! + \"<svg a=\\\"b\\\"/>\\013\\010\"\n",
        ";! + \"\\010\"\n",
        ";! + \"</svg>\"\n",
        ";! fetch https://down/ timeout\n",
        ";! fetch \"https://example.jp/a;b(c)\" 200 \"text/plain; charset=utf-8\"\n",
        ";! + H4sIAA==\n",
        ";! fetch https://example.jp/ 200 \"\"\n",
        ";! fetch https://a/ 200\n",
        ";! + \"xxxx\"\n",
        ";! fetch https://no/ follow 404\n",
    );
    assert_eq!(testkit::diff(want, &text), "");
    assert_eq!(Recording::parse(&text), Ok(recording));

    let replay = Replay::parse(&text).expect("a tape");
    let logo = block_on(replay.fetch(request("https://example.jp/logo.svg")));
    assert_eq!(logo, Fetched::document(*b"<svg a=\"b\"/>\r\n\n</svg>", Some("image/svg+xml")));
    assert_eq!((word(&replay, "https://down/"), word(&replay, "https://other/")), ("timeout", "not-on-tape"));
    // It was followed there, and is not now.
    assert_eq!(word(&replay, "https://no/"), "not-on-tape");
    assert_eq!(block_on(replay.fetch(Request { bytes_max: 3, ..request("https://a/") })).word(), "too-large");
    assert_eq!(block_on(replay.ask(Question::txt(domain("a.example")))).word(), "records");

    // A tape is also a zone file, and a shelf.
    let as_zone = Zone::parse(&text).expect("a zone");
    assert_eq!(as_zone.answer(&Question::txt(domain("a.example"))).word(), "records");
    assert_eq!(as_zone.flaws().len(), 0);
    let as_shelf = Shelf::parse(&text).expect("a shelf");
    assert_eq!(block_on(as_shelf.fetch(request("https://example.jp/logo.svg"))), logo);
    assert_eq!((word(&as_shelf, "https://down/"), word(&as_shelf, "https://else/")), ("timeout", "status"));
}

#[test]
fn lines_that_are_no_documents() {
    let error = |line: &str| {
        let text = format!("; sekisho tape 1\n\n{line}\n");
        Recording::parse(&text).map_err(|error| (error.line, error.kind)).expect_err(&text)
    };
    for line in [
        ";! fetch https://a/",
        ";! fetch https://a/ followed 200",
        ";! fetch https://a/ 200 text/plain more",
        ";! fetch https://a/ 404 text/plain",
        ";! fetch https://a/ 65536",
        ";! fetch https://a/ servfail",
        ";! fetch http://a/ 200",
        ";! fetch https://127.0.0.1/ 200",
        ";! fetch nonsense 200",
        ";! fetch \"https://a/\\25\" 200",
        ";! fetch https://a/ 200 \"\\255\"",
        ";! + eHh4",
    ] {
        assert_eq!(error(line), (3, ZoneErrorKind::Fetch), "{line}");
    }
    for line in [";! + eHh4*", ";! + eHh4e", ";! + \"\\25\"", ";! fetch https://a/ 404\n;! + eHh4"] {
        let number = if line.contains('\n') { 5 } else { 4 };
        assert_eq!(error(&format!(";! fetch https://a/ 200\n{line}")), (number, ZoneErrorKind::Fetch), "{line}");
    }
    // A name is still a name.
    let zone = zone(";! fetch TXT servfail\n;! fetch. * exists\n;! + A timeout\n");
    assert_eq!(zone.answer(&Question::txt(domain("fetch"))).word(), "servfail");
}

#[test]
fn lines_are_folded() {
    for (bytes, lines) in [
        (vec![b'x'; TAPE_LINE_TEXT_BYTES - 1], 1),
        (vec![b'x'; TAPE_LINE_TEXT_BYTES], 1),
        (vec![b'x'; TAPE_LINE_TEXT_BYTES + 1], 2),
        (vec![0; TAPE_LINE_BASE64_BYTES - 1], 1),
        (vec![0; TAPE_LINE_BASE64_BYTES], 1),
        (vec![0; TAPE_LINE_BASE64_BYTES + 1], 2),
        (vec![], 0),
    ] {
        let target = request("https://a/").target();
        let recording = Recording { fetches: vec![(target, Fetched::document(bytes, None))], ..Recording::default() };
        let text = recording.to_string();
        assert_eq!(text.lines().filter(|line| line.starts_with(";! + ")).count(), lines);
        assert_eq!(Recording::parse(&text), Ok(recording));
    }
}

#[test]
fn a_tape_has_an_end_of_documents_too() {
    for (count, incomplete) in [(TAPE_FETCH_COUNT_MAX, None), (TAPE_FETCH_COUNT_MAX + 1, Some("true"))] {
        let tape = Tape::new(web());
        for number in 0..count {
            assert_eq!(word(&tape, &format!("https://n{number}/")), "status");
        }
        let recording = tape.recording(&[]);
        assert_eq!(recording.fetches.len(), TAPE_FETCH_COUNT_MAX);
        assert_eq!(Replay::new(recording).get("incomplete"), incomplete);
    }
    for (length, kept) in [(TAPE_DOCUMENT_BYTES_MAX - 4, 2), (TAPE_DOCUMENT_BYTES_MAX - 3, 1)] {
        let mut shelf = web();
        shelf.put(url("https://big/"), Fetched::document(vec![0; length], None));
        let tape = Tape::new(shelf);
        // Asked twice, counted once.
        for text in ["https://big/", "https://big/", "https://a/"] {
            assert_eq!(word(&tape, text), "document");
        }
        let recording = tape.recording(&[]);
        assert_eq!((recording.fetches.len(), recording.metadata.len()), (kept, 2 - kept));
    }
}

#[test]
fn all_wrappers_stack_and_their_futures_are_send() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let fetch = FetchMemo::new(FetchBudget::new(FetchChaos::none(web())));
    let stack = Tape::new(Both { lookup: Zone::new(), fetch });
    assert_eq!(block_on(is_send((&&stack).fetch(request("https://a/")))).word(), "document");
    let stack = std::sync::Arc::new(stack);
    let question = Question::txt(domain("a"));
    let (fetched, answer) = block_on(is_send(join(stack.fetch(request("https://a/")), stack.ask(question))));
    assert_eq!((fetched.word(), answer.word()), ("document", "nxdomain"));
}

fn target() -> impl Strategy<Value = Target> {
    let redirects = prop_oneof![Just(Redirects::Refuse), Just(Redirects::Follow)];
    ("[a-z]{1,5}(:[1-9][0-9]{3})?/[ -~é関]{0,20}", redirects).prop_filter_map("a URL", |(rest, redirects)| {
        Some(Target { url: HttpsUrl::parse(&format!("https://{rest}")).ok()?, redirects })
    })
}

fn fetched() -> impl Strategy<Value = Fetched> {
    let bytes = prop_oneof![vec(any::<u8>(), 0..300), "[ -~\n]{0,500}".prop_map(String::into_bytes)];
    prop_oneof![
        4 => (bytes, proptest::option::of("\\PC{0,20}|[\\x00-\\x7f]{0,20}"))
            .prop_map(|(bytes, content_type)| Fetched::document(bytes, content_type.as_deref())),
        1 => (0..=u16::MAX).prop_filter("another status", |status| *status != 200).prop_map(Fetched::Status),
        1 => proptest::sample::select(FetchFailure::ALL.to_vec()).prop_map(Fetched::Failed),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_printed_is_read(
        exchanges in vec(testkit::arbitrary::exchange(), 0..2),
        fetches in vec((target(), fetched()), 0..6),
    ) {
        let metadata = vec![("ip".to_owned(), "::1".to_owned())];
        // Two of one question would be joined.
        let exchanges = exchanges.into_iter().take(1).collect();
        let recording = Recording { metadata, exchanges, fetches };
        let text = recording.to_string();
        prop_assert_eq!(Recording::parse(&text).expect(&text), recording.clone());
        prop_assert!(Zone::parse(&text).is_ok());
    }

    #[test]
    fn tape_and_replay_fetch_alike(fetches in vec((target(), fetched()), 0..6)) {
        let source = Replay::new(Recording { fetches: fetches.clone(), ..Recording::default() });
        let tape = Tape::new(&source);
        let asked = |target: &Target| Request { url: target.url.clone(), bytes_max: MIB, redirects: target.redirects };
        for (target, _) in &fetches {
            let _ = block_on(tape.fetch(asked(target)));
        }
        let replay = Replay::parse(&tape.recording(&[]).to_string()).expect("a tape");
        for (target, _) in &fetches {
            let (first, again) = (block_on(source.fetch(asked(target))), block_on(replay.fetch(asked(target))));
            prop_assert_eq!(first, again);
        }
    }

    #[test]
    fn a_url_is_https_a_name_and_stays_what_it_is(text in "(https://)?[!-~関。１]{0,30}") {
        if let Ok(url) = HttpsUrl::parse(&text) {
            prop_assert!(url.as_str().starts_with("https://"));
            prop_assert!(url.host().as_str().parse::<std::net::IpAddr>().is_err());
            prop_assert!(url.as_str().is_ascii() && url.path_and_query().starts_with('/'));
            prop_assert_eq!(HttpsUrl::parse(url.as_str()), Ok(url));
        }
    }
}
