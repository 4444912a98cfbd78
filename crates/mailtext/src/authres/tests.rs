use proptest::prelude::*;

use super::*;

const ASCII: Style = Style { line_end: LineEnd::Lf, letters: Letters::Ascii };
const UTF8: Style = Style { line_end: LineEnd::CrLf, letters: Letters::Utf8 };

fn parse(value: &str) -> (AuthenticationResults, Vec<AuthresFlaw>) {
    let (read, flaws) = AuthenticationResults::parse(value.as_bytes());
    (read, flaws.iter().map(|flaw| flaw.kind).collect())
}

/// `method=result` and properties, for comparing.
fn show(read: &AuthenticationResults) -> Vec<String> {
    let property = |property: &Property| format!(" {}.{}={}", property.ptype, property.name, property.value);
    let result = |result: &MethodResult| {
        let reason = result.reason.as_ref().map(|reason| format!(" reason={reason}")).unwrap_or_default();
        let comment = result.comment.as_ref().map(|comment| format!(" ({comment})")).unwrap_or_default();
        let properties: String = result.properties.iter().map(property).collect();
        format!("{}={}{comment}{reason}{properties}", result.method, result.result)
    };
    read.results.iter().map(result).collect()
}

#[track_caller]
fn reads(value: &str, id: Option<&str>, results: &[&str], flaws: &[AuthresFlaw]) {
    let (read, read_flaws) = parse(value);
    assert_eq!(read.authserv_id.as_deref(), id, "{value}");
    assert_eq!(show(&read), results, "{value}");
    assert_eq!(read_flaws, flaws, "{value}");
}

#[test]
fn examples_of_rfc_8601() {
    let id = Some("example.com");
    reads("example.org 1; none", Some("example.org"), &[], &[]);
    reads("example.com;\r\n  spf=pass smtp.mailfrom=example.net", id, &["spf=pass smtp.mailfrom=example.net"], &[]);
    reads(
        "example.com;\r\n auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n spf=pass smtp.mailfrom=example.net",
        id,
        &["auth=pass (cram-md5) smtp.auth=sender@example.net", "spf=pass smtp.mailfrom=example.net"],
        &[],
    );
    reads(
        "example.com; dkim=pass reason=\"good signature\"\r\n header.i=@mail-router.example.net;\r\n dkim=fail reason=\"bad signature\" header.i=@newyork.example.com",
        id,
        &[
            "dkim=pass reason=good signature header.i=@mail-router.example.net",
            "dkim=fail reason=bad signature header.i=@newyork.example.com",
        ],
        &[],
    );
    // RFC 8601, Appendix B.7: comments in all places.
    reads(
        "foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n policy (A dot can go here) . (like that) expired\r\n (this surprised me) = (as I wasn't expecting it) 1362471462",
        Some("foo.example.net"),
        &["dkim=fail (wait for it) policy.expired=1362471462"],
        &[],
    );
}

#[test]
fn broken_fields_are_read_as_far_as_they_go() {
    use AuthresFlaw as F;
    let id = Some("a.example");
    reads("", None, &[], &[F::MissingId, F::NoResults]);
    reads("a.example", id, &[], &[F::NoResults]);
    reads("a.example; dkim=pass;", id, &["dkim=pass"], &[F::TrailingSemicolon]);
    reads("a.example; (a;b) dkim=pass (c;d=e) header.d=x.example", id, &["dkim=pass (c;d=e) header.d=x.example"], &[]);
    reads("a.example; dkim=pass (open; spf=pass", id, &["dkim=pass (open; spf=pass)"], &[F::UnclosedComment]);
    reads("a.example; nonsense; spf=pass", id, &["spf=pass"], &[F::Result]);
    reads("a.example 2; spf=pass", id, &["spf=pass"], &[F::Version]);
    reads("a.example x; spf=pass", id, &["spf=pass"], &[F::Version]);
    reads("a.example; spf=hardfail", id, &["spf=hardfail"], &[]);
    reads("a.example; none; spf=pass", id, &["spf=pass"], &[F::NoneBesideResults]);
    reads("a.example; SPF=Pass SMTP.MailFrom=B.example", id, &["spf=pass smtp.mailfrom=B.example"], &[]);
    reads(
        "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=b.example; dmarc=pass action=none header.from=b.example;",
        None,
        &["spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=b.example", "dmarc=pass .action=none header.from=b.example"],
        &[F::MissingId, F::Property, F::TrailingSemicolon],
    );
    reads(
        "a.example; spf=pass smtp.mailfrom=\"a b\"@c.example",
        id,
        &["spf=pass smtp.mailfrom=\"a b\"@c.example"],
        &[],
    );
    reads("a.example; iprev=pass policy.iprev=2001:db8::1", id, &["iprev=pass policy.iprev=2001:db8::1"], &[F::Value]);
    reads(
        "a.example; spf=pass smtp.mailfrom=\"a; dkim=pass",
        id,
        &["spf=pass smtp.mailfrom=a; dkim=pass"],
        &[F::UnclosedQuote],
    );
    reads(
        "関所.example; spf=pass smtp.mailfrom=関@例え.jp",
        Some("関所.example"),
        &["spf=pass smtp.mailfrom=関@例え.jp"],
        &[],
    );
    let (read, _) = parse("a.example; spf=hardfail");
    assert!(read.results[0].is("fail") && !read.results[0].is("pass"));
}

#[test]
fn arc_fields_have_an_instance() {
    let (read, flaws) =
        AuthenticationResults::parse_arc(b"i=2; mx.microsoft.example 1; spf=pass smtp.mailfrom=a.example");
    assert_eq!((read.instance, read.version, flaws.len()), (Some(2), Some(1), 0));
    for value in ["i=0; a.example; none", "a.example; none", "i=x; a.example; none", "i=1 a.example; none"] {
        let (_, flaws) = AuthenticationResults::parse_arc(value.as_bytes());
        assert!(flaws.iter().any(|flaw| flaw.kind == AuthresFlaw::Instance), "{value}");
    }
}

#[test]
fn our_id_is_recognised_in_every_disguise() {
    for value in [
        "mx.example.jp; dkim=pass",
        " MX.Example.JP;dkim=pass",
        "\"mx.example.jp\"; dkim=pass",
        "\"mx.\\example.jp\"; dkim=pass",
        "(a (nested) comment) mx.example.jp (b) 1 (c); none",
        "\r\n\tmx.example.jp\r\n ;",
        "mx.example.jp 1; dkim=pass",
        "mx.example.jp 99; dkim=pass",
        "mx.example.jp nonsense; dkim=pass",
        "mx.example.jp",
        "mx.example.jp.; dkim=pass",
        "mx.example.jp dkim=pass",
        "mx.example.jp(x);;;;",
        "mx.example.jp/1; dkim=pass",
        "mx.example.jp=; dkim=pass",
        "mx.example.jp, dkim=pass",
        "<mx.example.jp>; dkim=pass",
        "mx.(split)example.jp; dkim=pass",
        "mx. example.jp 1; dkim=pass",
        "\"mx\".example.jp; dkim=pass",
        "(mx.example.jp; dkim=pass",
        "\"mx.example.jp; dkim=pass",
        "mx.example.jp\0; dkim=pass",
        "=?utf-8?Q?mx.example.jp?=; dkim=pass",
    ] {
        let found = authserv_id_matches(value.as_bytes(), "mx.example.jp");
        assert!(found, "{value:?}");
    }
    assert!(authserv_id_matches("例え.jp; none".as_bytes(), "xn--r8jz45g.jp"));
    assert!(authserv_id_matches(b"xn--r8jz45g.jp; none", "例え.jp"));
    assert!(authserv_id_matches(b"\"front door\"; none", "Front Door"));
}

#[test]
fn other_ids_are_left_alone() {
    for value in [
        "mx.example.com; dkim=pass (mx.example.jp)",
        "a.mx.example.jp; dkim=pass",
        "mx.example.jp.evil.example; dkim=pass",
        "spf=pass smtp.mailfrom=mx.example.jp",
        "",
        "; mx.example.jp",
    ] {
        assert!(!authserv_id_matches(value.as_bytes(), "mx.example.jp"), "{value:?}");
    }
}

#[test]
fn what_is_written() {
    let mut field = AuthenticationResults::new("mx.example.jp");
    insta::assert_snapshot!(field.to_field(ASCII), @"Authentication-Results: mx.example.jp; none");
    field.results.push(
        MethodResult::new(Keyword::of("dkim"), Keyword::of("pass"))
            .commented("2048-bit rsa")
            .with("header", "d", "example.com")
            .with("header", "i", "@example.com")
            .with("header", "b", "oINEO8/g"),
    );
    field.results.push(
        MethodResult::new(Keyword::of("spf"), Keyword::of("pass"))
            .with("smtp", "mailfrom", "SRS0=a=b=c@example.net")
            .with("smtp", "helo", "x(y\"; dkim=pass\r\nX: y"),
    );
    field.results.push(MethodResult::new(Keyword::of("iprev"), Keyword::of("pass")).with(
        "policy",
        "iprev",
        "2001:db8::1",
    ));
    insta::assert_snapshot!(field.to_field(ASCII), @r#"
    Authentication-Results: mx.example.jp;
     dkim=pass (2048-bit rsa) header.d=example.com header.i=@example.com
     header.b="oINEO8/g";
     spf=pass smtp.mailfrom=SRS0=a=b=c@example.net
     smtp.helo="x(y\"; dkim=pass??X: y";
     iprev=pass policy.iprev="2001:db8::1"
    "#);
    field.instance = Some(1);
    assert!(field.to_field(UTF8).starts_with("ARC-Authentication-Results: i=1; mx.example.jp;\r\n dkim=pass"));
}

#[test]
fn values_that_do_not_fit_are_left_out() {
    for (length, written) in
        [(WRITTEN_VALUE_BYTES_MAX - 1, true), (WRITTEN_VALUE_BYTES_MAX, true), (WRITTEN_VALUE_BYTES_MAX + 1, false)]
    {
        let mut field = AuthenticationResults::new("a.example");
        field.results.push(MethodResult::new(Keyword::of("spf"), Keyword::of("fail")).with(
            "smtp",
            "helo",
            "x".repeat(length),
        ));
        assert_eq!(field.to_value(ASCII).contains("smtp.helo"), written, "{length}");
    }
}

#[test]
fn limits_at_below_and_above() {
    for (count, flawed) in
        [(AUTHRES_RESULT_COUNT_MAX - 1, false), (AUTHRES_RESULT_COUNT_MAX, false), (AUTHRES_RESULT_COUNT_MAX + 1, true)]
    {
        let (read, flaws) = parse(&format!("a.example{}", "; spf=pass".repeat(count)));
        assert_eq!(flaws.contains(&AuthresFlaw::TooMany), flawed, "{count} results");
        assert_eq!(read.results.len(), count.min(AUTHRES_RESULT_COUNT_MAX));
    }
    for (count, flawed) in [
        (AUTHRES_PROPERTY_COUNT_MAX - 1, false),
        (AUTHRES_PROPERTY_COUNT_MAX, false),
        (AUTHRES_PROPERTY_COUNT_MAX + 1, true),
    ] {
        let (_, flaws) = parse(&format!("a.example; spf=pass{}", " a.b=c".repeat(count)));
        assert_eq!(flaws.contains(&AuthresFlaw::TooMany), flawed, "{count} properties");
    }
    for (length, flawed) in [(AUTHRES_BYTES_MAX - 1, false), (AUTHRES_BYTES_MAX, false), (AUTHRES_BYTES_MAX + 1, true)]
    {
        let (_, flaws) = parse(&format!("a.example; spf=pass ({})", "x".repeat(length - 22)));
        assert_eq!(flaws.contains(&AuthresFlaw::TooLong), flawed, "{length}");
    }
}

#[test]
fn hostile_nesting_ends_soon() {
    for piece in ["(", "\"", ";", "a=b", "a=b ", "(a)", "a.b=\"", "=", "\\", "a.b=c;"] {
        let value = format!("a.example; {}", piece.repeat(AUTHRES_BYTES_MAX / piece.len() - 12));
        let (read, _) = AuthenticationResults::parse(value.as_bytes());
        assert!(read.results.len() <= AUTHRES_RESULT_COUNT_MAX);
        let _ = authserv_id_matches(value.as_bytes(), "a.example");
        let _ = authserv_id_matches(piece.repeat(AUTHRES_BYTES_MAX / piece.len()).as_bytes(), "a.example");
    }
}

#[test]
fn ids_are_unique() {
    let ids: std::collections::BTreeSet<_> = AuthresFlaw::IDS.iter().collect();
    assert_eq!(ids.len(), AuthresFlaw::IDS.len());
    assert_eq!(AuthresFlaw::TooLong.id(), "authres-too-long");
    assert_eq!(AuthresFlaw::NotUtf8.id(), "authres-not-utf8");
}

#[allow(clippy::disallowed_methods, reason = "suites are read where they lie")]
fn suite(name: &str) -> Option<String> {
    testkit::suite(name).map(|path| std::fs::read_to_string(path).unwrap())
}

/// go-msgauth: every input is read; those but the empty one without any flaw of grammar.
#[test]
fn suite_go_msgauth() {
    let Some(text) = suite("authres/go-msgauth-parse.json") else { return };
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 12);
    for case in cases {
        let input = case["input"].as_str().unwrap();
        let (read, flaws) = parse(input);
        if input.is_empty() {
            assert_eq!(read.authserv_id, None);
            continue;
        }
        assert!(!flaws.iter().any(|flaw| flaw.breaks_grammar()), "{input}: {flaws:?}");
        assert_eq!(input.contains("none") && read.results.is_empty(), input.ends_with("; none"), "{input}");
        let written = read.to_value(ASCII);
        let (again, flaws) = parse(&written);
        assert_eq!((&again, &flaws[..]), (&read, &[][..]), "{written}");
    }
}

/// MimeKit tells only whether it parses. We read everything; that MimeKit fails must show as a flaw, that it parses as
/// none – but for the following, where we and the standard differ from it.
#[test]
fn suite_mimekit() {
    // Forms that MimeKit tolerates and RFC 8601 §2.2 does not have: flaws here, and yet read.
    const TOLERATED_THERE: &[&str] = &[
        "TestParseAuthServId",
        "TestParseAuthServIdSemicolon",
        "TestParseAuthServIdWithVersion",
        "TestParseAuthServIdWithVersionAndSemicolon",
        "TestParseNoAuthServId",
        "TestParseMethodPropertyValueWithSlash",
        "TestParseOffice365RandomDomainTokensAndAction",
        "TestParseOffice365RandomDomainTokensAndEmptyPropertyValue",
        "TestParseGmailAuthenticationResults",
        "TestParseMethodResultWithUnderscore",
    ];
    let Some(text) = suite("authres/mimekit-authentication-results.json") else { return };
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(cases.len(), 88);
    let mut differing = Vec::new();
    for case in &cases {
        let (name, input) = (case["test"].as_str().unwrap(), case["input"].as_str().unwrap());
        let arc = input.trim_start().starts_with("i=");
        let (read, flaws) = if arc {
            AuthenticationResults::parse_arc(input.as_bytes())
        } else {
            AuthenticationResults::parse(input.as_bytes())
        };
        let sound = !flaws.iter().any(|flaw| flaw.kind.breaks_grammar());
        let parses = case["parses"].as_bool().unwrap();
        if parses {
            let expected = case["reencoded"].as_str().unwrap_or_default().matches('=').count() > usize::from(arc);
            assert_eq!(!read.results.is_empty(), expected || name.contains("Gmail"), "{name}");
        }
        if sound != parses {
            differing.push(name);
        }
    }
    assert_eq!(differing, TOLERATED_THERE);
}

/// Every field in the documentation of Python's authres is read, and its results are those that the text names.
#[test]
fn suite_authres_doctest() {
    // An IPv6 address without quotes; `version=…` without type; the id repeated: errors there, flaws here.
    let broken = |line: &str| line.contains("=2001:") || line.contains(" version=") || line.contains("none;thehesiod");
    let Some(text) = suite("authres/authres-doctest.txt") else { return };
    let mut count = 0;
    for line in text.lines() {
        let Some((_, rest)) = line.split_once("parse('") else { continue };
        let Some((_, value)) = rest.rsplit_once("')").map(|(field, _)| field).and_then(|field| field.split_once(": "))
        else {
            continue;
        };
        let (read, flaws) = parse(value);
        let sound = !flaws.iter().any(|flaw| flaw.breaks_grammar());
        assert_eq!(sound, !broken(line), "{value}: {flaws:?}");
        assert!(read.authserv_id.is_some() && !read.results.is_empty(), "{value}");
        let (again, _) = parse(&read.to_value(ASCII));
        assert_eq!(again.results.len(), read.results.len(), "{value}");
        count += 1;
    }
    assert!(count >= 20, "{count} fields found");
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~\r\n\0\t]{0,60}",
        "[();=\"\\\\@.,<>\r\n ]{0,20}",
        "[a-z'()\"]{0,4}@[a-z'.]{0,8}",
        Just("x\"; dkim=pass header.d=victim.example".to_owned()),
        Just("a\r\nAuthentication-Results: ours; dkim=pass".to_owned()),
        "[a-z=?(;]{790,820}",
    ]
}

fn hostile_result() -> impl Strategy<Value = MethodResult> {
    let keyword = || hostile().prop_map(|text| Keyword::new(&text));
    let property = (keyword(), keyword(), hostile(), proptest::option::of(hostile()))
        .prop_map(|(ptype, name, value, comment)| Property { ptype, name, value, comment });
    (
        (keyword(), keyword(), proptest::option::of(0u32..9)),
        (proptest::option::of(hostile()), proptest::option::of(hostile())),
        proptest::collection::vec(property, 0..4),
    )
        .prop_map(|((method, result, version), (comment, reason), properties)| MethodResult {
            method,
            version,
            result,
            comment,
            reason,
            properties,
        })
}

/// What must come back for a text that was written.
fn expected(text: &str, letters: Letters) -> Option<String> {
    let fits = pvalue(text, letters).is_some();
    fits.then(|| harmless(text, letters).into_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever a sender gives: one id, the same results, the same values, one field.
    #[test]
    fn nothing_leaves_its_place(
        id in hostile(),
        results in proptest::collection::vec(hostile_result(), 0..4),
        style in prop_oneof![Just(ASCII), Just(UTF8)],
    ) {
        let field = AuthenticationResults { authserv_id: Some(id.clone()), results, ..AuthenticationResults::default() };
        let text = field.to_value(style);
        let end = if style.line_end == LineEnd::Lf { "\n" } else { "\r\n" };
        prop_assert!(text.split(end).skip(1).all(|line| line.starts_with(' ') && line.trim() != ""), "{text:?}");
        prop_assert!(text.split(end).all(|line| line.len() < 998), "{text:?}");
        prop_assert!(!text.replace(end, "").chars().any(char::is_control), "{text:?}");
        let (read, flaws) = AuthenticationResults::parse(text.as_bytes());
        prop_assert!(flaws.is_empty(), "{text:?}: {flaws:?}");
        let wanted_id = value(&id, style.letters).map_or("unknown".to_owned(), |_| harmless(&id, style.letters).into_owned());
        prop_assert_eq!(read.authserv_id.as_deref(), Some(&*wanted_id), "{:?}", text);
        prop_assert_eq!(read.results.len(), field.results.len());
        for (read, written) in read.results.iter().zip(&field.results) {
            prop_assert_eq!((&read.method, &read.result, read.version), (&written.method, &written.result, written.version));
            let wanted: Vec<(Keyword, Keyword, String)> = written
                .properties
                .iter()
                .filter_map(|one| Some((one.ptype.clone(), one.name.clone(), expected(&one.value, style.letters)?)))
                .collect();
            let got: Vec<(Keyword, Keyword, String)> =
                read.properties.iter().map(|one| (one.ptype.clone(), one.name.clone(), one.value.clone())).collect();
            prop_assert_eq!(got, wanted, "{:?}", text);
        }
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (read, flaws) = AuthenticationResults::parse(&bytes);
        let _ = AuthenticationResults::parse_arc(&bytes);
        prop_assert!(flaws.iter().all(|flaw| flaw.span.end as usize <= bytes.len()));
        prop_assert!(read.authserv_id.is_some() || !flaws.is_empty());
        let _ = authserv_id_matches(&bytes, "mx.example.jp");
    }

    /// Whatever follows our id, the field is recognised as one that claims to be ours.
    #[test]
    fn our_id_is_found_before_any_rest(rest in hostile(), quoted in any::<bool>()) {
        let id = if quoted { "\"mx.example.jp\"" } else { "mx.example.jp" };
        for separator in [";", " ", "(", " 1;"] {
            let value = format!("{id}{separator}{rest}");
            prop_assert!(authserv_id_matches(value.as_bytes(), "mx.example.jp"), "{value:?}");
        }
    }

    #[test]
    fn what_is_read_and_written_reads_the_same(text in "[a-z.]{1,8}; ([a-z]{1,4}=[a-z]{1,4} ?(\\([a-z]{1,3}\\))?( [a-z]{1,3}\\.[a-z]{1,3}=[a-z@.]{1,5})?; ?){0,3}") {
        let (read, _) = parse(&text);
        let (again, _) = parse(&read.to_value(ASCII));
        prop_assert_eq!(again, read);
    }
}
