use proptest::prelude::*;

use super::*;

fn show(value: &str) -> (Vec<String>, Vec<AddressFlaw>) {
    let (list, flaws) = AddressList::parse(value.as_bytes());
    let shown = |mailbox: &Mailbox| match &mailbox.display_name {
        Some(name) => format!("{name} <{mailbox}>"),
        None => mailbox.to_string(),
    };
    (list.mailboxes().map(shown).collect(), flaws.iter().map(|flaw| flaw.kind).collect())
}

#[track_caller]
fn reads(value: &str, mailboxes: &[&str], flaws: &[AddressFlaw]) {
    let (read, read_flaws) = show(value);
    assert_eq!(read, mailboxes, "{value:?}");
    assert_eq!(read_flaws, flaws, "{value:?}");
}

#[test]
fn examples_of_rfc_5322() {
    reads("John Doe <jdoe@machine.example>", &["John Doe <jdoe@machine.example>"], &[]);
    reads(r#""Joe Q. Public" <john.q.public@example.com>"#, &["Joe Q. Public <john.q.public@example.com>"], &[]);
    reads(
        "Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
        &["Mary Smith <mary@x.test>", "jdoe@example.org", "Who? <one@y.test>"],
        &[],
    );
    reads(
        r#"<boss@nil.test>, "Giant; \"Big\" Box" <sysservices@example.net>"#,
        &["boss@nil.test", "Giant; \"Big\" Box <sysservices@example.net>"],
        &[],
    );
    reads(
        "A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
        &["Ed Jones <c@a.test>", "joe@where.test", "John <jdoe@one.test>"],
        &[],
    );
    // RFC 5322, Appendix A.5: comments and folds wherever they may stand.
    reads("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", &["Pete <pete@silly.test>"], &[]);
    reads(
        "A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the group)",
        &["Chris Jones <c@public.example>", "joe@example.org", "John <jdoe@one.test>"],
        &[AddressFlaw::EmptyElement],
    );
    // RFC 5322, Appendix A.6.1: obsolete addressing.
    reads("Joe Q. Public <john.q.public@example.com>", &["Joe Q. Public <john.q.public@example.com>"], &[]);
    reads(
        "Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
        &["Mary Smith <mary@example.net>", "jdoe@test.example"],
        &[AddressFlaw::Route, AddressFlaw::EmptyElement],
    );
}

#[test]
fn groups() {
    let (list, flaws) = AddressList::parse(b"Undisclosed recipients:;");
    assert_eq!(list.entries().len(), 1);
    assert!(matches!(&list.entries()[0], Entry::Group(group) if group.name == "Undisclosed recipients"));
    assert!(list.is_empty());
    assert_eq!(flaws.iter().map(|flaw| flaw.kind).collect::<Vec<_>>(), [AddressFlaw::Empty]);
    reads("g: a@b.example", &["a@b.example"], &[AddressFlaw::UnclosedGroup]);
    reads("a@b.example; c@d.example", &["a@b.example", "c@d.example"], &[AddressFlaw::StraySemicolon]);
    reads("g: h: a@b.example;", &["a@b.example"], &[AddressFlaw::StrayColon, AddressFlaw::MissingAt]);
}

#[test]
fn local_parts() {
    reads(r#""a b"@c.example"#, &[r#""a b"@c.example"#], &[]);
    reads(r#""a@victim.example"@evil.example"#, &[r#""a@victim.example"@evil.example"#], &[]);
    reads(r#""a>"@evil.example"#, &[r#""a>"@evil.example"#], &[]);
    reads(r#"<"a\"<b@victim.example>"@evil.example>"#, &[r#""a\"<b@victim.example>"@evil.example"#], &[]);
    reads(r#"a."b c".d@e.example"#, &[r#""a.b c.d"@e.example"#], &[]);
    reads("a . b (c) . d@e.example", &["a.b.d@e.example"], &[]);
    // Japanese carriers gave such addresses away for years.
    reads("a..b.@docomo.example", &[r#""a..b."@docomo.example"#], &[AddressFlaw::Local]);
    reads(".a@docomo.example", &[r#"".a"@docomo.example"#], &[AddressFlaw::Local]);
    reads("関所@例え.jp", &["関所@xn--r8jz45g.jp"], &[]);
    reads("@victim.example", &["\"\"@victim.example"], &[AddressFlaw::EmptyLocal]);
    let (list, flaws) = AddressList::parse(b"\xff\xfe@b.example");
    assert_eq!(list.mailboxes().next().unwrap().local_bytes(), b"\xff\xfe");
    assert_eq!(flaws[0].kind, AddressFlaw::NotUtf8);
}

#[test]
fn domains() {
    reads("a@[192.0.2.1]", &["a@[192.0.2.1]"], &[]);
    reads("a@[IPv6:2001:db8::1]", &["a@[IPv6:2001:db8::1]"], &[]);
    reads("a@[tag: x]", &["a@[tag:x]"], &[AddressFlaw::Literal]);
    reads("a@", &["a@(domain-empty)"], &[AddressFlaw::Domain(DomainError::Empty)]);
    reads("a@b..c", &["a@(domain-empty-label)"], &[AddressFlaw::Domain(DomainError::EmptyLabel)]);
    reads("a@b_c.example", &["a@b_c.example"], &[]);
    reads("a@B.Example.", &["a@b.example"], &[]);
    reads(
        "a@b.example\0.evil",
        &["a@(domain-character)"],
        &[AddressFlaw::ControlByte, AddressFlaw::Domain(DomainError::Character)],
    );
    let host = |text| Host::parse(text).unwrap().address().map(|address| address.to_string());
    assert_eq!(host("[IPv6:2001:db8::1]").as_deref(), Some("2001:db8::1"));
    assert_eq!(host("[192.0.2.1]").as_deref(), Some("192.0.2.1"));
    assert_eq!(host("b.example"), None);
}

/// Attacks A5 to A9 and D10: no domain that a mail program might show is missing.
#[test]
fn broken_values_hide_no_domain() {
    use AddressFlaw as F;
    for (value, mailboxes, flaws) in [
        ("user@example.net>", &["user@example.net"][..], &[F::UnbalancedBracket][..]),
        ("<user@example.net", &["user@example.net"], &[F::UnbalancedBracket]),
        (
            "<<user@example.net>>",
            &["user@example.net"],
            &[F::UnbalancedBracket, F::EmptyBrackets, F::UnbalancedBracket, F::SeveralAddresses],
        ),
        (r#""\"A, B\"" <u@d.example>"#, &[r#""A, B" <u@d.example>"#], &[]),
        ("<a@evil.example>, <b@victim.example>", &["a@evil.example", "b@victim.example"], &[]),
        ("<a@evil.example><b@victim.example>", &["a@evil.example", "b@victim.example"], &[F::SeveralAddresses]),
        (
            "<a@evil.example, b@victim.example>",
            &["a@evil.example", "b@victim.example"],
            &[F::UnbalancedBracket, F::UnbalancedBracket],
        ),
        ("<@victim.example,@x.example:any@evil.example>", &["any@evil.example"], &[F::Route]),
        (
            "@victim.example,@x.example:any@evil.example",
            &["\"\"@victim.example", "\"\"@x.example", "any@evil.example"],
            &[F::EmptyLocal, F::StrayColon, F::EmptyLocal],
        ),
        ("a@victim.example@evil.example", &["a@victim.example", "victim.example@evil.example"], &[F::SeveralAddresses]),
        (
            "<a@victim.example@evil.example>",
            &["a@victim.example", "victim.example@evil.example"],
            &[F::SeveralAddresses],
        ),
        ("a@victim.example b@evil.example", &["a@victim.example", "b@evil.example"], &[F::SeveralAddresses]),
        (
            "\"x <a@victim.example> <b@evil.example>",
            &["\"x <a@victim.example>", "\"x <b@evil.example>"],
            &[F::UnclosedQuote, F::SeveralAddresses],
        ),
        (
            "b@evil.example (a@victim.example",
            &["b@evil.example", "a@victim.example"],
            &[F::UnclosedComment, F::SeveralAddresses],
        ),
        ("a@vic(x)tim.example", &["a@victim.example", "a@vic"], &[F::SeveralAddresses]),
        ("a\\@victim.example", &["\"\"@victim.example"], &[F::UnquotedByte, F::EmptyLocal]),
        ("Name a@b.example", &["a@b.example"], &[F::Local]),
        ("a@b.example Name", &["a@b.example"], &[F::Local]),
        ("a@b.example <c>", &["a@b.example"], &[]),
        ("<a@b.example> junk", &["a@b.example"], &[F::TrailingWords]),
        ("", &[], &[F::Empty]),
        (" \r\n ", &[], &[F::Empty]),
        ("<>", &[], &[F::EmptyBrackets, F::Empty]),
        ("Name", &[], &[F::MissingAt, F::Empty]),
        ("Name <user>", &[], &[F::MissingAt, F::Empty]),
        ("mailto:a@b.example", &["a@b.example"], &[F::UnclosedGroup]),
    ] {
        let (read, read_flaws) = show(value);
        if value == "a@b.example <c>" || value.starts_with("\"x <") {
            // The name shown is not the point here.
            let (list, _) = AddressList::parse(value.as_bytes());
            let addresses: Vec<String> = list.mailboxes().map(ToString::to_string).collect();
            let wanted: Vec<&str> =
                mailboxes.iter().map(|text| text.rsplit(['<', ' ']).next().unwrap().trim_end_matches('>')).collect();
            assert_eq!(addresses, wanted, "{value:?}");
            continue;
        }
        assert_eq!(read, mailboxes, "{value:?}");
        assert_eq!(read_flaws, flaws, "{value:?}");
    }
}

#[test]
fn no_address_is_taken_from_an_encoded_word() {
    use AddressFlaw as F;
    // "a@victim" in base64
    reads("=?utf-8?B?YUB2aWN0aW0=?=,<b@evil.example>", &["b@evil.example"], &[F::MissingAt, F::EncodedWordAddress]);
    reads("<=?utf-8?B?YUB2aWN0aW0=?=>", &[], &[F::MissingAt, F::EncodedWordAddress, F::Empty]);
    reads(
        "=?utf-8?Q?a=40victim.example?= <b@evil.example>",
        &["a@victim.example <b@evil.example>"],
        &[F::DisplayNameHoldsAddress],
    );
    reads(
        "=?utf-8?Q?a@victim.example?= <b@evil.example>",
        &["a@victim.example <b@evil.example>"],
        &[F::DisplayNameHoldsAddress],
    );
    // An encoded-word that holds an address in brackets: the grammar's address is in the list.
    let (read, _) = show("=?utf-8?Q?,<a@victim.example>?= <b@evil.example>");
    assert!(read.iter().any(|text| text.contains("a@victim.example")), "{read:?}");
    assert!(read.iter().any(|text| text.contains("b@evil.example")), "{read:?}");
    reads("=?utf-8?Q?a?=@evil.example", &["=?utf-8?Q?a?=@evil.example"], &[F::EncodedWordAddress]);
}

#[test]
fn names_that_contain_addresses() {
    use AddressFlaw as F;
    for name in [
        "\"a@victim.example\"",
        "\"a＠victim.example via x\"",
        "\"<a@victim.example>\"",
        "=?utf-8?B?YUB2aWN0aW0uZXhhbXBsZQ==?=",
    ] {
        let (list, flaws) = AddressList::parse(format!("{name} <b@evil.example>").as_bytes());
        assert_eq!(list.mailboxes().count(), 1, "{name}");
        assert_eq!(flaws.iter().map(|flaw| flaw.kind).collect::<Vec<_>>(), [F::DisplayNameHoldsAddress], "{name}");
    }
    reads("b@evil.example (a@victim.example)", &["a@victim.example <b@evil.example>"], &[F::DisplayNameHoldsAddress]);
    reads("\"B@Evil.example\" <b@evil.example>", &["B@Evil.example <b@evil.example>"], &[]);
    reads("\"at 3 @ home\" <b@evil.example>", &["at 3 @ home <b@evil.example>"], &[]);
}

#[test]
fn names_of_all_kinds() {
    reads("=?ISO-2022-JP?B?GyRCNFg9ahsoQg==?= =?UTF-8?Q?_a?= <b@c.example>", &["関所 a <b@c.example>"], &[]);
    reads("関所 <b@c.example>", &["関所 <b@c.example>"], &[]);
    reads("b@c.example (=?UTF-8?B?6Zai5omA?=)", &["関所 <b@c.example>"], &[]);
    reads("\"\" <b@c.example>", &["b@c.example"], &[]);
    reads("Foo, Bar <b@c.example>", &["Bar <b@c.example>"], &[AddressFlaw::MissingAt]);
    reads("Foo [x] <b@c.example>", &["Foo [x] <b@c.example>"], &[]);
}

#[test]
fn spans_point_at_elements() {
    let value = b" A <a@b.example> , c@d.example";
    let (list, _) = AddressList::parse(value);
    let spans: Vec<&[u8]> = list.mailboxes().map(|mailbox| mailbox.span.of(value)).collect();
    assert_eq!(spans, [&b"A <a@b.example> "[..], b"c@d.example"]);
}

#[test]
fn ids_are_listed_and_unique() {
    let ids: std::collections::BTreeSet<_> = AddressFlaw::IDS.iter().collect();
    assert_eq!(ids.len(), AddressFlaw::IDS.len());
    assert!(ids.contains(&AddressFlaw::Domain(DomainError::Empty).id()));
}

#[test]
fn limits_at_below_and_above() {
    let list = |count: usize| vec!["a@b.example"; count].join(",");
    for (count, flawed) in [(ADDRESS_COUNT_MAX - 1, false), (ADDRESS_COUNT_MAX, false), (ADDRESS_COUNT_MAX + 1, true)] {
        let (mailboxes, flaws) = show(&list(count));
        assert_eq!(flaws.contains(&AddressFlaw::TooMany), flawed, "{count}");
        assert_eq!(mailboxes.len(), count.min(ADDRESS_COUNT_MAX));
    }
    for (length, flawed) in
        [(ADDRESS_LIST_BYTES_MAX - 1, false), (ADDRESS_LIST_BYTES_MAX, false), (ADDRESS_LIST_BYTES_MAX + 1, true)]
    {
        let value = format!("{}@b.example", "a".repeat(length - 10));
        assert_eq!(show(&value).1.contains(&AddressFlaw::TooLong), flawed, "{length}");
    }
}

#[test]
fn hostile_nesting_ends_soon() {
    for byte in ["(", "\"", "<", "[", "@", ":", ";", ",", "\\", "=?", "a@b(c)", "<@a:", "=?utf-8?Q?"] {
        let (list, _) = AddressList::parse(byte.repeat(ADDRESS_LIST_BYTES_MAX / byte.len()).as_bytes());
        assert!(list.mailboxes().count() <= ADDRESS_COUNT_MAX);
    }
}

proptest! {
    #[test]
    fn every_domain_of_any_soup_is_seen(
        before in "[ a-z<>\"(),;:@\\\\=?.]{0,12}",
        after in "[ a-z<>\"(),;:@\\\\=?.]{0,12}",
    ) {
        // Unless a quoted string, comment or longer word swallows it, the address in the middle is found.
        let value = format!("{before} , x@victim.example , {after}");
        let (list, _) = AddressList::parse(value.as_bytes());
        let swallowed = before.contains(['"', '(', '\\', '<', '=', '@', ':']) ;
        let found = list.mailboxes().any(|mailbox| mailbox.domain_name().is_some_and(|name| name.as_str() == "victim.example"));
        prop_assert!(found || swallowed, "{value:?} {list:?}");
    }

    #[test]
    fn any_bytes_are_read(value in proptest::collection::vec(any::<u8>(), 0..120)) {
        let (list, flaws) = AddressList::parse(&value);
        for flaw in &flaws {
            prop_assert!(flaw.span.start <= flaw.span.end && flaw.span.end as usize <= value.len());
        }
        prop_assert!(!list.is_empty() || !flaws.is_empty());
    }

    #[test]
    fn a_printed_mailbox_reads_back(local in "[ -~関]{1,12}", domain in "[a-z]{1,8}\\.example", name in "[a-z][a-z ]{0,8}[a-z]") {
        let mailbox = Mailbox {
            display_name: Some(name.clone()),
            local,
            domain: Host::parse(&domain),
            span: Span::default(),
        };
        let (list, flaws) = AddressList::parse(format!("\"{name}\" <{mailbox}>").as_bytes());
        prop_assert_eq!(flaws, []);
        let read: Vec<Mailbox> = list.mailboxes().cloned().map(|read| Mailbox { span: Span::default(), ..read }).collect();
        prop_assert_eq!(read, [mailbox]);
    }
}

/// What a header can hold of addresses, more of what matters to the short way and what it must leave alone.
fn addresses() -> impl Strategy<Value = String> {
    let piece = r#"[a-c.]{1,3}|@|<|>|"|[ ]{1,2}|\\|,|;|:|\(|\)|=\?utf-8\?q\?[a-c=4_]{0,3}\?=|\r\n |\t|é|a@b\.c|<a@b\.c>|"a b"|\[1\]|[\x00\x0b\x0c\x7f\n]"#;
    proptest::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]
    #[test]
    fn the_short_way_reads_what_the_long_one_reads(value in addresses()) {
        if let Some(short) = AddressList::plain(value.as_bytes()) {
            prop_assert_eq!(short, AddressList::with_all_forms(value.as_bytes()));
        }
    }
}

#[test]
fn the_usual_forms_take_the_short_way() {
    let usual = [
        " a@example.jp",
        "a.b+c@example.jp",
        " <a@example.jp>",
        " A B <a@example.jp>",
        " \"B, A\" <a@example.jp>",
        " =?utf-8?B?5bGx55Sw?= <a@example.jp>",
        " \"victim@example.com\" <a@example.jp>",
        "a@example.jp\r\n",
    ];
    for value in usual {
        let short = AddressList::plain(value.as_bytes()).unwrap_or_else(|| panic!("the long way: {value}"));
        assert_eq!(short, AddressList::with_all_forms(value.as_bytes()), "{value}");
    }
    for other in [
        "",
        "a",
        "a@",
        "@b",
        "a@b, c@d",
        "\"a\"@b",
        "a(x)@b",
        "<a@b",
        "a b@c",
        "=?x?q?y?=@b",
        "A <@r:a@b>",
        "\u{c}a@b.c",
        "a@b.c\u{c}",
        "A\u{c}<a@b.c>",
    ] {
        assert!(AddressList::plain(other.as_bytes()).is_none(), "{other}");
    }
}
