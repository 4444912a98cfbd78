//! A fuzzer for each parser. They run for `SEKISHO_FUZZ_SECONDS` each: `cargo test -- --ignored fuzz_`.

use crate::address::AddressList;
use crate::authres::{AuthenticationResults, Letters, LineEnd, Style, authserv_id_matches};
use crate::date::DateTime;
use crate::header::Headers;
use crate::mime::{ContentField, walk};
use crate::path::ReversePath;
use crate::received::Received;
use crate::source::{Event, Splitter};
use crate::{TagList, encode, encoded_word};

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_address_list() {
    let seeds = [
        "A Group(Some people)\r\n :Chris Jones <c@(Chris's host.)public.example>,\r\n joe@example.org;",
        "=?ISO-2022-JP?B?GyRCNFg9ahsoQg==?= <@a.example,@b.example:\"c d\".e@[IPv6:2001:db8::1]> (x)",
        "\"a@victim.example\" <b@evil.example>, user@example.net>",
    ];
    testkit::fuzz("address-list", &seeds, |bytes| {
        let (list, flaws) = AddressList::parse(bytes);
        assert!(!list.is_empty() || !flaws.is_empty());
        for mailbox in list.mailboxes() {
            assert!(mailbox.span.end as usize <= bytes.len());
        }
    });
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_reverse_path() {
    let seeds = ["<@a.example,@b.example:a@b.example>", "<\"a b\\\"c\"@[192.0.2.1]>", "<>", "関@例え.jp"];
    testkit::fuzz("reverse-path", &seeds, |bytes| {
        // A-labels are longer than what they stand for: a path at the limit may print longer.
        if let Ok(path) = ReversePath::parse(&bytes[..bytes.len().min(256)]) {
            assert_eq!(ReversePath::parse(&encode::bytes_of_text(&path.to_string())), Ok(path));
        }
    });
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_authentication_results() {
    let seeds = [
        "foo.example.net (foobar) 1 (baz);\r\n dkim (x) / 1 (y) = (z) fail policy (A dot) . (b) expired = 1362471462",
        "\"a b\"; spf=pass (c;d) reason=\"x\" smtp.mailfrom=\"q r\"@a.example smtp.helo=b; dmarc=pass action=none;",
        "i=1; mx.example 1; arc=pass; none",
    ];
    let style = Style { line_end: LineEnd::CrLf, letters: Letters::Utf8 };
    testkit::fuzz("authentication-results", &seeds, |bytes| {
        let _ = authserv_id_matches(bytes, "mx.example.jp");
        let _ = AuthenticationResults::parse_arc(bytes);
        let (read, _) = AuthenticationResults::parse(bytes);
        let (again, _) = AuthenticationResults::parse(read.to_value(style).as_bytes());
        assert_eq!(again.results.len(), read.results.len());
        let words = |all: &AuthenticationResults| all.results.iter().map(|one| one.is("pass")).collect::<Vec<_>>();
        assert_eq!(words(&again), words(&read), "nothing that was read becomes a pass by being written");
    });
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_source() {
    let seeds = ["From a\nA: b\n\n>From x\n\nFrom b\nC: d\n\nbody\n", "A: b\r\n\r\nbody\r\n", "\u{feff}A: b\n\nx"];
    let split = |bytes: &[u8], size: usize| {
        let mut whole = Vec::new();
        let mut sink = |event: Event<'_>| match event {
            Event::Headers(bytes) | Event::Body(bytes) => whole.extend_from_slice(bytes),
            other => whole.extend_from_slice(format!("[{other:?}]").as_bytes()),
        };
        let mut splitter = Splitter::new(None);
        bytes.chunks(size).for_each(|chunk| splitter.feed(chunk, &mut sink));
        splitter.finish(&mut sink);
        whole
    };
    testkit::fuzz("source", &seeds, |bytes| {
        let whole = split(bytes, usize::MAX);
        assert_eq!(split(bytes, 1), whole);
        assert_eq!(split(bytes, 3), whole);
    });
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_mime() {
    let seeds = [
        "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nA: b\r\n\r\nx\r\n--b--\r\n",
        "Content-Disposition: attachment; filename*0*=iso-2022-jp'ja'%1B%24B4X; filename*1=\"y\"\r\n\r\nx",
    ];
    testkit::fuzz("mime", &seeds, |bytes| {
        let headers = Headers::parse(bytes);
        let body = &bytes[headers.body_start()..];
        for part in walk(headers, body).0 {
            let _ = (part.text(), part.file_name());
        }
        let _ = ContentField::parse(bytes);
    });
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_small_parsers() {
    let seeds = [
        "Fri, 21 Nov 1997 09:55:06 -0600 (CST)",
        "from a (HELO b) (u@192.0.2.1) by c (Postfix) with ESMTP id 1; 21 Nov 97 09:55 GMT",
        "=?ISO-2022-JP?B?GyRCNFg9ahsoQg==?= =?utf-8*ja?Q?=E9=96=A2_x?=",
        "v=DKIM1; k=rsa; p=Zm9v\r\n YmE=",
    ];
    testkit::fuzz("small-parsers", &seeds, |bytes| {
        if let Ok(date) = DateTime::parse(bytes) {
            assert_eq!(
                DateTime::parse(date.to_string().as_bytes()).map(|again| again.unix_seconds),
                Ok(date.unix_seconds)
            );
        }
        let _ = (Received::parse(bytes), TagList::parse(bytes));
        let shown = encoded_word::decode(bytes);
        assert!(!encoded_word::display_safe(&shown).chars().any(char::is_control));
        let _ = (encode::decode_base64_fws(bytes), encode::decode_dkim_quoted_printable(bytes));
        assert_eq!(&*encode::bytes_of_text(&encode::text_of_bytes(bytes)), bytes);
    });
}
