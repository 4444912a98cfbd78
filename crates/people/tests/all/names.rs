//! Names, and what grants let do.

use mailtext::Domain;
use people::limits::{GRANT_COUNT_MAX, GRANT_DOMAIN_COUNT_MAX, NAME_BYTES_MAX};
use people::*;
use proptest::prelude::*;

fn name(text: &str) -> Result<Name, NameError> {
    Name::parse(text)
}

fn domain(text: &str) -> Domain {
    Domain::parse(text).unwrap()
}

fn grant(text: &str) -> Grant {
    Grant::parse(text).unwrap()
}

#[test]
fn names_have_one_form() {
    for (text, want) in [
        ("taro", "taro"),
        ("Taro.Yamada+x@Example.JP", "taro.yamada+x@example.jp"),
        ("花子", "花子"),
        // Composed and decomposed, one look: one name.
        ("e\u{301}cole", "\u{e9}cole"),
        ("\u{304b}\u{3099}", "\u{304c}"),
        ("\u{212b}", "\u{e5}"),
    ] {
        assert_eq!(name(text).unwrap().as_str(), want, "{text:?}");
    }
}

#[test]
fn what_is_no_name_is_told_why() {
    assert_eq!(name(""), Err(NameError::Empty));
    for (text, character) in [
        ("ta ro", ' '),
        ("ta\u{0}ro", '\u{0}'),
        ("taro\n", '\n'),
        ("taro\u{202e}", '\u{202e}'),
        ("taro\u{200b}", '\u{200b}'),
        ("taro\u{3000}", '\u{3000}'),
        ("a/b", '/'),
        ("a:b", ':'),
        ("<b>", '<'),
        // A mark that finds no letter.
        ("q\u{301}", '\u{301}'),
    ] {
        assert_eq!(name(text), Err(NameError::Character(character)), "{text:?}");
    }
    for text in ["-rf", ".hidden", "@", "_"] {
        assert_eq!(name(text), Err(NameError::Start), "{text:?}");
    }
    for (count, is_fine) in [(NAME_BYTES_MAX - 1, true), (NAME_BYTES_MAX, true), (NAME_BYTES_MAX + 1, false)] {
        assert_eq!(name(&"a".repeat(count)).is_ok(), is_fine, "{count}");
    }
}

#[test]
fn a_role_may_what_those_before_it_may_where_it_is_granted() {
    let grants = vec![grant("viewer"), grant("operator:example.jp,example.com"), grant("admin:sub.example.jp")];
    let mut person = Person { grants, ..Person::new(name("taro").unwrap(), 0) };
    for (role, of, want) in [
        (Role::Viewer, None, true),
        (Role::Viewer, Some("other.example"), true),
        (Role::Operator, Some("example.jp"), true),
        (Role::Operator, Some("mail.example.jp"), true),
        (Role::Operator, Some("sub.example.jp"), true),
        (Role::Operator, Some("notexample.jp"), false),
        (Role::Operator, Some("jp"), false),
        (Role::Operator, None, false),
        (Role::Admin, Some("a.sub.example.jp"), true),
        (Role::Admin, Some("example.jp"), false),
        (Role::Admin, None, false),
    ] {
        assert_eq!(person.may(role, of.map(domain).as_ref()), want, "{role} {of:?}");
    }
    assert!(person.may_anywhere(Role::Admin));
    assert_eq!(person.domains(Role::Viewer), Scope::All);
    let wanted = [domain("example.com"), domain("example.jp")];
    assert_eq!(person.domains(Role::Operator), Scope::Domains(wanted.to_vec()), "what others cover is not named");
    person.is_disabled = true;
    assert!(!person.may(Role::Viewer, None) && !person.may_anywhere(Role::Viewer));
}

#[test]
fn grants_are_read_as_they_are_written() {
    for text in ["viewer", "operator", "admin", "viewer:example.jp", "operator:a.example,b.example"] {
        assert_eq!(grant(text).to_string(), text);
    }
    assert_eq!(grant("operator: Mail.Example.JP , example.jp").to_string(), "operator:example.jp");
    assert_eq!(Grant::parse("owner"), Err(GrantError::Role));
    assert_eq!(Grant::parse(""), Err(GrantError::Role));
    assert_eq!(Grant::parse("viewer:"), Err(GrantError::Domain("".into())));
    assert_eq!(Grant::parse("viewer:a b"), Err(GrantError::Domain("a b".into())));
    let some = |count: usize| {
        let names: Vec<String> = (0..count).map(|number| format!("d{number}.example")).collect();
        Grant::parse(&format!("viewer:{}", names.join(",")))
    };
    assert!(some(GRANT_DOMAIN_COUNT_MAX).is_ok());
    assert_eq!(some(GRANT_DOMAIN_COUNT_MAX + 1), Err(GrantError::TooManyDomains));
    let lines = |count: usize| grant::parse(&vec!["viewer"; count].join("\n"));
    assert_eq!(lines(GRANT_COUNT_MAX).unwrap().len(), GRANT_COUNT_MAX);
    assert_eq!(lines(GRANT_COUNT_MAX + 1), Err(GrantError::TooMany));
    assert_eq!(grant::parse(""), Ok(Vec::new()));
}

#[test]
fn grants_cover_what_they_hold() {
    let some = |texts: &[&str]| texts.iter().map(|text| grant(text)).collect::<Vec<_>>();
    for (ours, theirs, want) in [
        (&["admin"][..], &["viewer", "operator:example.jp"][..], true),
        (&["operator"], &["admin:example.jp"], false),
        (&["operator:example.jp", "operator:example.com"], &["viewer:example.com,a.example.jp"], true),
        (&["operator:example.jp"], &["operator"], false),
        (&["operator:a.example.jp"], &["operator:example.jp"], false),
        (&[], &[], true),
    ] {
        assert_eq!(grant::cover(&some(ours), &some(theirs)), want, "{ours:?} {theirs:?}");
    }
}

fn any_grant() -> impl Strategy<Value = Grant> {
    let domain = "(a|b|c)(\\.(a|b))?\\.example";
    let domains = prop_oneof![
        Just(Scope::All),
        prop::collection::vec(domain, 1..4)
            .prop_map(|names| Scope::of(names.iter().map(|name| Domain::parse(name).unwrap()).collect())),
    ];
    (0..3_usize, domains).prop_map(|(role, domains)| Grant { role: Role::ALL[role], domains })
}

proptest! {
    #[test]
    fn text_and_back_is_the_same(grants in prop::collection::vec(any_grant(), 0..5)) {
        prop_assert_eq!(grant::parse(&grant::print(&grants)), Ok(grants));
    }

    /// A token never lets do what the person may not, nor what it was not made for; and the person that it makes agrees.
    #[test]
    fn a_token_is_never_more_than_its_person(
        its in prop::collection::vec(any_grant(), 0..4),
        persons in prop::collection::vec(any_grant(), 0..4),
        role in 0..3_usize,
        at in prop::option::of("(x\\.)?(a|b|c)(\\.(a|b))?\\.example"),
    ) {
        let person = Person { grants: persons, ..Person::new(name("taro").unwrap(), 0) };
        let token = Token::new(&Secret::new([1; 32]), person.name.clone(), "", its, (0, 9));
        let (role, at) = (Role::ALL[role], at.map(|text| domain(&text)));
        let both = person.may(role, at.as_ref()) && grant::let_act(&token.grants, role, at.as_ref());
        prop_assert_eq!(token.may(&person, role, at.as_ref()), both);
        prop_assert_eq!(token.bearer(&person).may(role, at.as_ref()), both);
        prop_assert_eq!(token.domains(&person, role).has(at.as_ref()), both);
    }

    #[test]
    fn any_text_is_a_name_or_not(text in "\\PC{0,40}") {
        if let Ok(one) = name(&text) {
            prop_assert_eq!(name(one.as_str()), Ok(one));
        }
    }
}
