use lookup::Text;
use mailtext::Explain;
use proptest::prelude::*;

use super::*;
use crate::flaw::RecordFlaw as F;

fn parse(text: &str) -> (Record, Vec<(RecordFlaw, String)>) {
    let (record, flaws) = Record::parse(text.as_bytes());
    let flaws = flaws.into_iter().map(|flaw| (flaw.kind, record.term_text(flaw.span))).collect();
    (record, flaws)
}

fn flaws_of(text: &str) -> Vec<(RecordFlaw, String)> {
    parse(text).1
}

#[test]
fn sound_records_have_no_flaws() {
    for text in [
        "v=spf1",
        "V=sPF1 ",
        "v=spf1  a   -all ",
        "v=spf1 +a ?mx ~ptr -exists:%{ir}.%{v}._spf.%{d2} all",
        "v=spf1 a/24 a//64 a/24//64 mx:example.jp/0//0 a:example.jp//128 mx/32",
        "v=spf1 ip4:192.0.2.0/24 ip4:0.0.0.0/0 ip6:::/0 ip6:2001:db8::1 ip6:::ffff:192.0.2.1 ip6:1:2:3:4:5:6:7:8/128",
        "v=spf1 include:a.example. ?include:%{d}.x.example -all",
        "v=spf1 exists:%{l1r+-}.%{o}.%{h}.%{S}.%{i127} exists:foo%% a:foo:bar/baz.example.com",
        "v=spf1 A:example.XN--ZCKZAH IP4:192.0.2.1 ALL",
        "v=spf1 a:1.2.3a a:x.1-1",
        "v=spf1 redirect=_spf.example.jp exp=why.%{d}",
        "v=spf1 mx -all ra=postmaster rp=50 rr=e:f",
    ] {
        assert_eq!(flaws_of(text), [], "{text}");
    }
}

#[test]
fn fatal_flaws_have_names_and_places() {
    for (text, kind, place) in FATAL {
        let found = flaws_of(text);
        assert!(found.contains(&(kind, place.to_owned())), "{text:?}: {kind:?} at {place:?} not in {found:?}");
        assert!(kind.is_fatal(), "{kind:?}");
        let data = [Data::Txt(Text::from_strings([text]))];
        let selection = Policy::select(Domain::parse("d.example").unwrap(), &data).selection;
        assert_eq!(matches!(selection, Selection::Broken(_)), kind != F::VersionMissing, "{text:?}");
    }
}

/// A record, a fatal flaw in it, and the text at which the flaw lies.
const FATAL: [(&str, RecordFlaw, &str); 72] = [
    ("spf1 a", F::VersionMissing, "spf1 a"),
    ("v=spf1include:a.example", F::VersionMissing, "v=spf1"),
    ("v=spf1 a:example.jp\rptr", F::ControlCharacter, "\r"),
    ("v=spf1 a:example.jp\0", F::ControlCharacter, "\0"),
    ("v=spf1 a\t-all", F::ControlCharacter, "\t"),
    ("v=spf1 a:b\u{fc}cher.example", F::NonAscii, "\u{fc}"),
    ("v=spf1 ip:192.0.2.1", F::UnknownMechanism, "ip"),
    ("v=spf1 inlcude:a.example", F::UnknownMechanism, "inlcude"),
    ("v=spf1 -all.", F::UnknownMechanism, "-all."),
    ("v=spf1 -", F::UnknownMechanism, "-"),
    ("v=spf1 :a.example", F::UnknownMechanism, ":"),
    ("v=spf1 --all", F::UnknownMechanism, "--all"),
    ("v=spf1 redirect:a.example", F::ModifierAsMechanism, "redirect"),
    ("v=spf1 -redirect=a.example", F::QualifierOnModifier, "-redirect="),
    ("v=spf1 1up=foo", F::ModifierName, "1up="),
    ("v=spf1 =all", F::ModifierName, "="),
    ("v=spf1 include", F::ArgumentMissing, "include"),
    ("v=spf1 exists", F::ArgumentMissing, "exists"),
    ("v=spf1 ip4", F::ArgumentMissing, "ip4"),
    ("v=spf1 ip6:", F::ArgumentMissing, "ip6:"),
    ("v=spf1 -all:foobar", F::ArgumentUnexpected, ":foobar"),
    ("v=spf1 -all/8", F::ArgumentUnexpected, "/8"),
    ("v=spf1 ptr/0", F::ArgumentUnexpected, "/0"),
    ("v=spf1 include:a.example/24", F::ArgumentUnexpected, "/24"),
    ("v=spf1 exists:a.example/24", F::ArgumentUnexpected, "/24"),
    ("v=spf1 a:", F::EmptyDomainSpec, ":"),
    ("v=spf1 mx:/24", F::EmptyDomainSpec, ":"),
    ("v=spf1 exp=", F::EmptyDomainSpec, "="),
    ("v=spf1 redirect=", F::EmptyDomainSpec, "="),
    ("v=spf1 a:museum", F::TopLabel, "museum"),
    ("v=spf1 a:museum.", F::TopLabel, "museum."),
    ("v=spf1 a:111.222.33.44", F::TopLabel, "111.222.33.44"),
    ("v=spf1 a:example.-com", F::TopLabel, "example.-com"),
    ("v=spf1 a:example.com-", F::TopLabel, "example.com-"),
    ("v=spf1 a:example.com:8080", F::TopLabel, "example.com:8080"),
    ("v=spf1 a:example.com..", F::TopLabel, "example.com.."),
    ("v=spf1 a:example.%{d}com", F::TopLabel, "example.%{d}com"),
    ("v=spf1 exp=-all", F::TopLabel, "-all"),
    ("v=spf1 a:a.example/24/64", F::TopLabel, "a.example/24"),
    ("v=spf1 exists:%(ir).example", F::MacroStray, "%"),
    ("v=spf1 foo=%abc", F::MacroStray, "%"),
    ("v=spf1 exists:%{ir", F::MacroUnclosed, "%{ir"),
    ("v=spf1 a:%{a}.example", F::MacroLetter, "%{a}"),
    ("v=spf1 exp=%{r}.example", F::MacroExplanationOnly, "%{r}"),
    ("v=spf1 exists:%{c}", F::MacroExplanationOnly, "%{c}"),
    ("v=spf1 exists:%{T}.example", F::MacroExplanationOnly, "%{T}"),
    ("v=spf1 exists:%{d0}", F::MacroZero, "%{d0}"),
    ("v=spf1 exists:%{d!}", F::MacroDelimiter, "%{d!}"),
    ("v=spf1 a/", F::CidrSyntax, "/"),
    ("v=spf1 a/24/64", F::CidrSyntax, "/24/64"),
    ("v=spf1 a:a.example/xy", F::CidrSyntax, "/xy"),
    ("v=spf1 a:a.example//", F::CidrSyntax, "/"),
    ("v=spf1 ip4:192.0.2.0//24", F::CidrSyntax, "//24"),
    ("v=spf1 ip4:192.0.2.0/", F::CidrSyntax, "/"),
    ("v=spf1 ip4:192.0.2.0/024", F::LeadingZero, "/024"),
    ("v=spf1 a//00", F::LeadingZero, "/00"),
    ("v=spf1 ip4:192.0.02.1", F::LeadingZero, "192.0.02.1"),
    ("v=spf1 ip4:192.0.2.0/33", F::CidrTooLong, "/33"),
    ("v=spf1 a/33", F::CidrTooLong, "/33"),
    ("v=spf1 a/999999", F::CidrTooLong, "/999999"),
    ("v=spf1 ip6:::/129", F::CidrTooLong, "/129"),
    ("v=spf1 a//129", F::CidrTooLong, "/129"),
    ("v=spf1 ip4:192.0.2", F::Ip4Address, "192.0.2"),
    ("v=spf1 ip4:192.0.2.256", F::Ip4Address, "192.0.2.256"),
    ("v=spf1 ip4:192.0.2.1:25", F::Ip4Address, "192.0.2.1:25"),
    ("v=spf1 ip4:mail.example.jp", F::Ip4Address, "mail.example.jp"),
    ("v=spf1 ip6::CAFE::BABE", F::Ip6Address, ":CAFE::BABE"),
    ("v=spf1 ip6:fe80::1%eth0", F::Ip6Address, "fe80::1%eth0"),
    ("v=spf1 ip4:2001:db8::1", F::Ip6UnderIp4, "2001:db8::1"),
    ("v=spf1 ip6:192.0.2.1", F::Ip4UnderIp6, "192.0.2.1"),
    ("v=spf1 redirect=a.example redirect=a.example", F::DuplicateRedirect, "redirect=a.example"),
    ("v=spf1 exp=a.example exp=b.example", F::DuplicateExplanation, "exp=b.example"),
];

#[test]
fn other_flaws_are_not_fatal() {
    for (text, kind, place) in [
        ("v=spf1 moo.cow-far_out=man:dog/cat -all", F::UnknownModifier, "moo.cow-far_out=man:dog/cat"),
        ("v=spf1 default=pass", F::UnknownModifier, "default=pass"),
        ("v=spf1 include=a.example -all", F::MechanismAsModifier, "include=a.example"),
        ("v=spf1 -all mx", F::TermAfterAll, "mx"),
        ("v=spf1 redirect=a.example ~all", F::RedirectIgnored, "redirect=a.example"),
        ("v=spf1 redirect=a.example mx", F::ModifierNotLast, "redirect=a.example"),
        ("v=spf1 exp=a.example mx -all", F::ModifierNotLast, "exp=a.example"),
        ("v=spf1 ip4:192.0.2.7/24", F::HostBits, "192.0.2.7/24"),
        ("v=spf1 ip6:2001:db8::1/32", F::HostBits, "2001:db8::1/32"),
        ("v=spf1 a:a..example", F::DomainMalformed, "a..example"),
        ("v=spf1 mx -all ra=a@b.example", F::ReportAddress, "ra=a@b.example"),
        ("v=spf1 mx -all ra=a rp=101", F::ReportPercentage, "rp=101"),
        ("v=spf1 mx -all ra=a rr=e:x", F::ReportRequest, "rr=e:x"),
        ("v=spf1 mx -all rp=10", F::ReportWithoutAddress, "rp=10"),
    ] {
        let found = flaws_of(text);
        assert!(found.contains(&(kind, place.to_owned())), "{text:?}: {kind:?} at {place:?} not in {found:?}");
        assert!(!found.iter().any(|(kind, _)| kind.is_fatal()), "{text:?}: {found:?}");
    }
}

#[test]
fn every_flaw_is_explained() {
    assert!(RecordFlaw::IDS.iter().all(|id| id.starts_with("spf-flaw-")));
    assert_eq!(RecordFlaw::TopLabel.rule().unwrap().to_string(), "RFC 7208 §7.1");
}

#[test]
fn reports_are_read() {
    let (record, flaws) = parse("v=spf1 mx -all ra=spf-reports rp=1/4 rr=s:e");
    assert_eq!(flaws, []);
    assert_eq!(record.reports.address.as_deref(), Some("spf-reports"));
    assert_eq!(record.reports.percentage, 25);
    assert!(record.reports.requested.includes(Verdict::SoftFail));
    assert!(record.reports.requested.includes(Verdict::PermError));
    assert!(!record.reports.requested.includes(Verdict::Fail));
    for (text, want) in [("0", Some(0)), ("99", Some(99)), ("100", Some(100)), ("101", None), ("1/0", None), ("", None)]
    {
        assert_eq!(percentage(text), want, "{text}");
    }
}

#[test]
fn records_are_chosen_by_version() {
    let selection = |texts: &[&str]| {
        let data: Vec<_> = texts.iter().map(|text| Data::Txt(Text::from_strings([text]))).collect();
        Policy::select(Domain::parse("d.example").unwrap(), &data).selection
    };
    assert_eq!(selection(&[]), Selection::Nothing);
    assert_eq!(
        selection(&["v=spf10 -all", "v=spf1-all", "v=spf1\t-all", "v=spf", " v=spf1", "spf2.0/pra"]),
        Selection::Nothing
    );
    assert_eq!(selection(&["google-site-verification=x", "v=SPF1"]), Selection::Sound);
    assert_eq!(selection(&["v=spf1 -all", "v=spf1 -all"]), Selection::Several(2));
    assert_eq!(selection(&["v=spf1", "V=SPF1 mx", "v=spf1 a"]), Selection::Several(3));
}

#[test]
fn networks_match_by_prefix() {
    let (record, _) = parse("v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 a ip6:::/0 ip4:203.0.113.9");
    let runs: Vec<_> = record
        .stages()
        .iter()
        .filter_map(|stage| match stage {
            Stage::Networks(run) => Some(run),
            Stage::Directive(_) | Stage::Everyone(_) => None,
        })
        .collect();
    let first_match = |ip: &str| runs.iter().find_map(|run| record.network_with(run, ip.parse().unwrap()));
    assert_eq!(runs.len(), 2);
    assert_eq!(first_match("192.0.2.0"), Some(0));
    assert_eq!(first_match("192.0.2.255"), Some(0));
    assert_eq!(first_match("192.0.3.0"), None);
    assert_eq!(first_match("192.0.1.255"), None);
    assert_eq!(first_match("203.0.113.9"), Some(4));
    assert_eq!(first_match("2001:db8:ffff::1"), Some(1));
    assert_eq!(first_match("2001:db9::"), Some(3));
    assert_eq!((mask4(0), mask4(1), mask4(32)), (0, 1 << 31, u32::MAX));
    assert_eq!((mask6(0), mask6(1), mask6(128)), (0, 1 << 127, u128::MAX));
}

#[test]
fn sizes_at_below_and_above_the_limits() {
    for (terms, good) in [(TERM_COUNT_MAX - 1, true), (TERM_COUNT_MAX, true), (TERM_COUNT_MAX + 1, false)] {
        let found = flaws_of(&format!("v=spf1{}", " a".repeat(terms)));
        assert_eq!(found.iter().all(|(kind, _)| *kind != RecordFlaw::TooManyTerms), good, "{terms}");
    }
    for (length, good) in [(RECORD_BYTES_MAX - 1, true), (RECORD_BYTES_MAX, true), (RECORD_BYTES_MAX + 1, false)] {
        let text = format!("v=spf1 x={}", "y".repeat(length - 9));
        let found = flaws_of(&text);
        assert_eq!(found.iter().all(|(kind, _)| *kind != RecordFlaw::RecordTooLong), good, "{length}");
    }
    let many = Record::parse(format!("v=spf1{}", " ?".repeat(1000)).as_bytes()).1;
    assert_eq!(many.len(), crate::limits::FLAW_COUNT_MAX);
}

fn domain_spec() -> impl Strategy<Value = String> {
    let literal = "[a-z0-9_-]{1,8}(\\.[a-z0-9]{1,6}){0,2}";
    let expand = "%\\{[slodipvhSLODIPVH]([1-9][0-9]{0,2})?r?\\.?-?\\+?,?/?_?=?\\}";
    prop_oneof![
        (literal, "\\.[a-z]{2,6}").prop_map(|(name, top)| name + &top),
        (literal, expand).prop_map(|(name, expand)| format!("{name}.{expand}")),
        (expand, literal, "\\.[a-z]{2,6}").prop_map(|(expand, name, top)| format!("{expand}%%%_{name}{top}")),
    ]
}

fn term() -> impl Strategy<Value = String> {
    let cidr = "(/(0|[1-9]|[12][0-9]|3[0-2]))?(//(0|[1-9]|[1-9][0-9]|1[01][0-9]|12[0-8]))?";
    let qualified = prop_oneof![
        Just("all".to_owned()),
        Just("ptr".to_owned()),
        domain_spec().prop_map(|spec| format!("include:{spec}")),
        domain_spec().prop_map(|spec| format!("exists:{spec}")),
        domain_spec().prop_map(|spec| format!("PTR:{spec}")),
        ("a|mx", cidr).prop_map(|(name, cidr)| name + &cidr),
        ("a|MX", domain_spec(), cidr).prop_map(|(name, spec, cidr)| format!("{name}:{spec}{cidr}")),
        (any::<Ipv4Addr>(), 0..=32_u8).prop_map(|(address, bits)| format!("ip4:{address}/{bits}")),
        (any::<Ipv6Addr>(), 0..=128_u8).prop_map(|(address, bits)| format!("ip6:{address}/{bits}")),
    ];
    prop_oneof![
        4 => ("[-+~?]?", qualified).prop_map(|(qualifier, mechanism)| qualifier + &mechanism),
        1 => "[b-d][a-z0-9._-]{3,6}=[a-z:/]{0,9}",
    ]
}

fn record() -> impl Strategy<Value = String> {
    let modifiers = (proptest::option::of(domain_spec()), proptest::option::of(domain_spec()), 0..=100_u8);
    (proptest::collection::vec(term(), 0..8), modifiers).prop_map(|(terms, (redirect, explanation, percentage))| {
        let mut text = format!("v=spf1 {} ra=x rp={percentage}", terms.join(" "));
        redirect.into_iter().for_each(|spec| text += &format!(" redirect={spec}"));
        explanation.into_iter().for_each(|spec| text += &format!(" exp={spec}"));
        text
    })
}

/// A record without what depends on where things stand in its text.
fn meaning(record: &Record) -> impl PartialEq + fmt::Debug + use<> {
    let directives: Vec<_> =
        record.directives.iter().map(|directive| (directive.qualifier, directive.mechanism.clone())).collect();
    let unknown: Vec<_> =
        record.unknown_modifiers.iter().map(|modifier| (modifier.name.clone(), modifier.value.clone())).collect();
    let value = |modifier: &Option<Modifier<DomainSpec>>| modifier.as_ref().map(|modifier| modifier.value.clone());
    let reports = &record.reports;
    let reports = (reports.address.clone(), reports.percentage, reports.requested);
    (directives, unknown, value(&record.redirect), value(&record.explanation), reports, record.plan.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn parse_and_print_are_inverse(text in record()) {
        let (record, flaws) = Record::parse(text.as_bytes());
        prop_assert!(!flaws.iter().any(|flaw| flaw.kind.is_fatal()), "{text}: {flaws:?}");
        let printed = record.to_string();
        let (again, _) = Record::parse(printed.as_bytes());
        prop_assert_eq!(meaning(&record), meaning(&again), "{} printed {}", text, printed);
        prop_assert_eq!(again.to_string(), printed);
    }

    #[test]
    fn macro_strings_parse_and_print(text in domain_spec()) {
        let parsed = MacroString::parse_explanation(text.as_bytes()).unwrap();
        prop_assert_eq!(MacroString::parse_explanation(parsed.to_string().as_bytes()), Ok(parsed));
    }

    #[test]
    fn no_bytes_break_the_parsers(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "v=spf1 [a-z0-9:/=%{}. +?~-]{0,80}") {
        any_bytes(&bytes);
        any_bytes(text.as_bytes());
    }
}

/// What must hold of any bytes: nothing breaks, and every flaw lies in the text.
fn any_bytes(bytes: &[u8]) {
    let (record, flaws) = Record::parse(bytes);
    for flaw in flaws {
        assert!(flaw.span.start <= flaw.span.end && flaw.span.end as usize <= bytes.len(), "{flaw:?}");
    }
    for directive in record.directives() {
        assert!(!record.term_text(directive.span).is_empty());
    }
    let _ = record.to_string();
    let _ = MacroString::parse_explanation(bytes);
}

#[test]
#[ignore = "fuzz target"]
fn fuzz_spf_record() {
    let seeds = [
        "v=spf1 a/24//64 mx:%{d2}/0 ptr ip4:192.0.2.0/24 ip6:2001:db8::/32 exists:%{l1r+-}._spf.%{o} ~all",
        "v=spf1 redirect=_spf.%{d} exp=why.%{ir}.example ra=a rp=1/2 rr=e:f x.y-z=%{s}",
    ];
    testkit::fuzz("spf_record", &seeds, any_bytes);
}
