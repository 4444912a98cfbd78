//! What is known of the client: its cases, the n-th question failing, and what holds for every answer.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, clippy::disallowed_macros, missing_docs)] // tests read files, print, and may fail loudly

extern crate sekisho_auth as auth;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use auth::client::dns_lists::{
    self, Code, CodeError, Color, DnsSec, Entries, Key, List, Origin, Problem, Standing, Subjects, TestEntries,
    TestUse, TextUse,
};
use auth::client::smtp_auth::{self, AttemptFailure, Told};
use auth::client::{Named, Role, iprev, limits, null_mx};
use lookup::{Answer, Data, Lookup, Zone, log};
use mailtext::authres::{Letters, LineEnd, MethodResult, Style};
use mailtext::{AuthenticationResults, Domain, Explain, Outcome};
use testkit::Case;

#[test]
fn cases() {
    let count = testkit::cases("client", |case| match case.input.need("check") {
        "iprev" => iprev_case(case),
        "null-mx" => null_mx_case(case),
        "lists" => lists_case(case),
        "auth" => auth_case(case),
        other => panic!("check: {other}"),
    });
    assert!(count >= 37, "{count}");
}

fn ip(case: &Case) -> IpAddr {
    case.input.need("ip").parse().unwrap()
}

fn iprev_case(case: &Case) -> String {
    let run = |lookup: &dyn Fn() -> Outcome<iprev::Iprev, iprev::Step>| lookup();
    let whole = run(&|| testkit::block_on(iprev::check(case.zone(), ip(case), &iprev::Limits::default())));
    testkit::every_nth_failure(
        case.zone(),
        |lookup| testkit::block_on(iprev::check(lookup, ip(case), &iprev::Limits::default())).result,
        // Unchanged, or temperror; a name may be lost where another one leads back.
        |whole, broken| {
            broken.verdict == iprev::Verdict::TempError
                || (broken.verdict == whole.verdict && (broken.name == whole.name || whole.names.len() > 1))
        },
    );
    let Outcome { result, evidence } = whole;
    let mut out = format!("iprev: {}\nnames: {:?}\n", result.verdict.as_str(), result.names);
    print_field(&mut out, Some(result.method_result()));
    print_reply(&mut out, result.reply());
    print_steps(&mut out, "reason: ", result.reason.as_slice());
    print_steps(&mut out, "  ", &evidence);
    out
}

fn null_mx_case(case: &Case) -> String {
    let mut out = String::new();
    testkit::every_nth_failure(
        case.zone(),
        |lookup| testkit::block_on(null_mx::check_all(lookup, &domains(case))),
        |whole, broken| {
            let unknown = |state| matches!(state, null_mx::State::Unknown(_));
            whole.iter().zip(broken).all(|(whole, broken)| whole == broken || unknown(broken.result.state))
        },
    );
    for Outcome { result, evidence } in testkit::block_on(null_mx::check_all(case.zone(), &domains(case))) {
        print_steps(&mut out, "", std::slice::from_ref(&result));
        let _ = writeln!(out, "no mail: {}, malformed: {}", result.state.takes_no_mail(), result.state.is_malformed());
        print_reply(&mut out, result.reply());
        print_steps(&mut out, "  ", &evidence);
    }
    out
}

fn lists_case(case: &Case) -> String {
    let lists: Vec<List> = case.input.all("list").map(list).collect();
    let subjects = Subjects { ip: case.input.get("ip").map(|ip| ip.parse().unwrap()), domains: domains(case) };
    let run = |lookup: &dyn Ask| lookup.lists(&lists, &subjects);
    let whole = run(case.zone());
    testkit::every_nth_failure(
        case.zone(),
        |lookup| testkit::block_on(dns_lists::check(lookup, &lists, &subjects)),
        |whole, broken| whole.entries.iter().zip(&broken.entries).all(|(whole, broken)| weaker(whole, broken)),
    );
    let mut out = String::new();
    for Outcome { result, evidence } in whole.entries {
        print_steps(&mut out, "", std::slice::from_ref(&result));
        let roles: Vec<_> = result.roles.iter().map(|role| role.as_str()).collect();
        let _ = writeln!(
            out,
            "{} {} {:?} dnssec: {}",
            result.color.as_str(),
            result.verdict.as_str(),
            roles,
            result.dnssec.as_str()
        );
        print_field(&mut out, result.method_result());
        print_steps(&mut out, "reason: ", result.reason.as_slice());
        print_steps(&mut out, "  ", &evidence);
    }
    out
}

/// Never listed from not listed, and never not listed from listed: only temperror, or a broken list that is seen no more.
fn weaker(
    whole: &Outcome<dns_lists::Entry, dns_lists::Step>,
    broken: &Outcome<dns_lists::Entry, dns_lists::Step>,
) -> bool {
    let (whole, broken) = (&whole.result, &broken.result);
    broken.verdict == dns_lists::Verdict::TempError || (broken.verdict == whole.verdict && broken.codes == whole.codes)
}

trait Ask {
    fn lists(&self, lists: &[List], subjects: &Subjects) -> dns_lists::Checked;
}

impl<L: Lookup + Sync> Ask for L {
    fn lists(&self, lists: &[List], subjects: &Subjects) -> dns_lists::Checked {
        testkit::block_on(dns_lists::check(self, lists, subjects))
    }
}

fn auth_case(case: &Case) -> String {
    let unescaped = |key: &str| case.input.get(key).map(|text| text.replace("\\r", "\r").replace("\\n", "\n"));
    let (identity, mail_from) = (unescaped("identity"), unescaped("mail-from"));
    let told = Told {
        identity: identity.as_deref(),
        mechanism: case.input.get("mechanism"),
        mail_from: mail_from.as_deref(),
        failure: case.input.get("failure").map(|word| match word {
            "credentials" => AttemptFailure::Credentials,
            other => panic!("failure: {other}"),
        }),
    };
    let Outcome { result, evidence } = smtp_auth::read(&told);
    let mut out = format!("auth: {}\n", result.verdict.as_str());
    print_field(&mut out, Some(result.method_result()));
    print_steps(&mut out, "  ", &evidence);
    out
}

fn domains(case: &Case) -> Vec<Named> {
    case.input.all("domain").map(named).collect()
}

fn named(text: &str) -> Named {
    let (role, domain) = text.split_once(' ').unwrap();
    let roles = [Role::MailFrom, Role::From, Role::Helo, Role::Signature];
    let role = roles.into_iter().find(|known| known.as_str() == role).unwrap();
    (role, Domain::parse(domain).unwrap())
}

/// `dnswl zone key=value …`
fn list(text: &str) -> List {
    let mut words = text.split_whitespace();
    let (kind, zone) = (words.next().unwrap(), testkit::domain(words.next().unwrap()));
    let mut list = match kind {
        "dnswl" => List::dnswl(zone),
        "dnsbl" => List::dnsbl(zone),
        "rhsbl" => List::rhsbl(zone),
        other => panic!("list: {other}"),
    };
    (list.text, list.test) = (TextUse::Fetch, TestUse::WithEach);
    for word in words {
        match word.split_once('=').unwrap() {
            ("ask", "when-listed") => (list.text, list.test) = (TextUse::WhenListed, TestUse::WhenListed),
            ("listed", code) => list.listed.push(Code::parse(code).unwrap()),
            ("public", zone) => list.public_zone = Some(testkit::domain(zone)),
            ("test", "elsewhere") => list.test = TestUse::Elsewhere,
            ("origin", "mirror") => list.origin = Origin::Mirror,
            ("origin", "validating-resolver") => list.origin = Origin::ValidatingResolver,
            (key, value) => panic!("{key}={value}"),
        }
    }
    list
}

fn print_steps<S: Explain>(out: &mut String, before: &str, steps: &[S]) {
    for step in steps {
        assert!(ids().contains(step.id()), "{} is not listed", step.id());
        let _ = write!(out, "{before}{}", testkit::evidence(std::slice::from_ref(step)));
    }
}

fn print_field(out: &mut String, result: Option<MethodResult>) {
    let Some(result) = result else { return };
    let mut field = AuthenticationResults::new("x");
    field.results.push(result);
    for (name, letters) in [("field", Letters::Utf8), ("ascii", Letters::Ascii)] {
        let value = field.to_value(Style { line_end: LineEnd::CrLf, letters });
        let line = value.split_whitespace().skip(1).collect::<Vec<_>>().join(" ");
        if name == "field"
            || !value.is_ascii()
            || !field.to_value(Style { line_end: LineEnd::CrLf, letters: Letters::Utf8 }).is_ascii()
        {
            let _ = writeln!(out, "{name}: {line}");
        }
        let (again, flaws) = AuthenticationResults::parse(value.as_bytes());
        assert!(flaws.is_empty() && again.results.len() == 1, "{value}");
    }
}

fn print_reply(out: &mut String, reply: Option<auth::client::Reply>) {
    if let Some(reply) = reply {
        let _ = writeln!(out, "reply: {} {} {}", reply.code, reply.enhanced, reply.text);
    }
}

fn ids() -> BTreeSet<&'static str> {
    let all = [iprev::IDS, null_mx::IDS, dns_lists::IDS, smtp_auth::IDS].concat();
    let set: BTreeSet<_> = all.iter().copied().collect();
    assert_eq!(set.len(), all.len(), "an id twice");
    set
}

#[test]
fn codes() {
    let code = |text: &str| Code::parse(text).map(|code| code.to_string());
    for good in ["127.0.0.2", "127.0.0.2-127.0.0.11", "&0.0.0.6"] {
        assert_eq!(code(good).as_deref(), Ok(good));
    }
    assert_eq!(code(" 127.0.0.2 - 127.0.0.2 ").as_deref(), Ok("127.0.0.2"));
    for (bad, error) in [
        ("", CodeError::Address),
        ("127.0.0", CodeError::Address),
        ("128.0.0.1", CodeError::Outside),
        ("127.0.0.1-128.0.0.1", CodeError::Outside),
        ("127.0.0.3-127.0.0.2", CodeError::Order),
        ("&127.0.0.0", CodeError::NoBit),
        ("&6", CodeError::Address),
    ] {
        assert_eq!(code(bad), Err(error), "{bad:?}");
    }
    let bits = Code::parse("&0.0.0.6").unwrap();
    let matching: Vec<u8> = (0..=8).filter(|last| bits.matches(Ipv4Addr::new(127, 0, 0, *last))).collect();
    assert_eq!(matching, [2, 3, 4, 5, 6, 7]);
    assert!(!bits.matches(Ipv4Addr::new(192, 0, 0, 2)));
}

#[test]
fn self_tests() {
    let list = List::new(testkit::domain("l.example"), Color::Black, Entries::Ip);
    assert_eq!(list.test_entries(), [TestEntries::Ip4, TestEntries::Ip6]);
    let v6 = list.test_questions(TestEntries::Ip6).unwrap();
    assert_eq!(v6[0].name.as_str(), "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.l.example");
    let standing = |text: &str, entries| testkit::block_on(dns_lists::self_test(&testkit::zone(text), &list, entries));
    let good = "2.0.0.127.l.example A 127.0.0.2\n";
    let outcome = standing(good, TestEntries::Ip4);
    assert_eq!((outcome.result, outcome.evidence.len()), (Standing::Works, 2));
    assert_eq!(standing(good, TestEntries::Ip6).result, Standing::Broken(Problem::NoTestEntry));
    let all = "*.l.example A 127.0.0.2\n";
    assert_eq!(standing(all, TestEntries::Ip4).result, Standing::Broken(Problem::ListsAll));
    let web = "2.0.0.127.l.example A 192.0.2.1\n";
    assert_eq!(standing(web, TestEntries::Ip4).result, Standing::Broken(Problem::NoTestEntry));
    let refused = "2.0.0.127.l.example A 127.255.255.254\n";
    let code = Ipv4Addr::new(127, 255, 255, 254);
    assert_eq!(standing(refused, TestEntries::Ip4).result, Standing::Broken(Problem::Refused(code)));
    let late = format!("{good};! 1.0.0.127.l.example A timeout\n");
    assert!(matches!(standing(&late, TestEntries::Ip4).result, Standing::Unknown(Problem::Dns(..))));
    let rcode = format!("{good};! 1.0.0.127.l.example A refused\n");
    assert_eq!(standing(&rcode, TestEntries::Ip4).result, Standing::Broken(Problem::QueryRefused));
    let names = List::rhsbl(testkit::domain("l.example")).test_questions(TestEntries::Domains).unwrap();
    assert_eq!([names[0].name.as_str(), names[1].name.as_str()], ["test.l.example", "invalid.l.example"]);
    let long = List::dnsbl(testkit::domain(&vec!["a".repeat(61); 4].join(".")));
    let outcome = testkit::block_on(dns_lists::self_test(&Zone::new(), &long, TestEntries::Ip6));
    assert_eq!(outcome.result, Standing::Broken(Problem::NameTooLong));
    let subjects = Subjects { ip: Some(IpAddr::from([192, 0, 2, 1])), domains: Vec::new() };
    let checked = testkit::block_on(dns_lists::check(&Zone::new(), &[long], &subjects));
    assert_eq!(checked.entries[0].result.verdict, dns_lists::Verdict::None);
    assert!(matches!(checked.entries[0].evidence[..], [dns_lists::Step::NameTooLong(_)]));
}

/// A question that is asked for two reasons is asked once: two lists of one zone, and one domain in two places.
#[test]
fn each_question_is_asked_once() {
    let zone = testkit::zone("2.0.0.127.l.example A 127.0.0.2\ntest.l.example A 127.0.0.2\n");
    let log = log::Log::new(&zone);
    let name = testkit::domain("l.example");
    let mut lists = [List::dnsbl(name.clone()), List::dnswl(name.clone()), List::rhsbl(name)];
    let domains = [Role::From, Role::MailFrom, Role::From].map(|role| (role, testkit::domain("a.example")));
    let subjects = Subjects { ip: Some(IpAddr::from([192, 0, 2, 1])), domains: domains.to_vec() };
    let checked = testkit::block_on(dns_lists::check(&log, &lists, &subjects));
    assert_eq!(checked.entries.len(), 3);
    assert_eq!(checked.entries[2].result.roles, [Role::From, Role::MailFrom]);
    // Nobody has an entry: that is all there is to know.
    assert_eq!(log.questions().len(), 2);
    for list in &mut lists {
        (list.text, list.test) = (TextUse::Fetch, TestUse::WithEach);
    }
    let log = log::Log::new(&zone);
    testkit::block_on(dns_lists::check(&log, &lists, &subjects));
    // Entry, text and two test entries; for the addresses once, and for the domain.
    assert_eq!(log.questions().len(), 8);
}

#[test]
fn limits_at_below_and_above() {
    let subject = Subjects { ip: Some(IpAddr::from([192, 0, 2, 1])), domains: Vec::new() };
    for (count, omitted) in [
        (limits::LIST_ENTRY_COUNT_MAX - 1, None),
        (limits::LIST_ENTRY_COUNT_MAX, None),
        (limits::LIST_ENTRY_COUNT_MAX + 1, Some(dns_lists::Omitted(1))),
    ] {
        let lists = vec![List::dnsbl(testkit::domain("l.example")); count];
        let checked = testkit::block_on(dns_lists::check(&Zone::new(), &lists, &subject));
        assert_eq!(checked.omitted, omitted, "{count}");
        assert_eq!(checked.entries.len(), count.min(limits::LIST_ENTRY_COUNT_MAX));
    }
    let mut list = List::dnswl(testkit::domain("l.example"));
    list.test = TestUse::Elsewhere;
    for (length, kept) in [
        (limits::LIST_TEXT_BYTES_MAX - 1, true),
        (limits::LIST_TEXT_BYTES_MAX, true),
        (limits::LIST_TEXT_BYTES_MAX + 1, false),
    ] {
        let mut zone = Zone::new();
        zone.add(&testkit::domain("1.2.0.192.l.example"), Data::A(Ipv4Addr::new(127, 0, 0, 2)), 60);
        zone.add(&testkit::domain("1.2.0.192.l.example"), Data::txt("x".repeat(length)), 60);
        let checked = testkit::block_on(dns_lists::check(&zone, std::slice::from_ref(&list), &subject));
        assert_eq!(checked.entries[0].result.text.is_some(), kept, "{length}");
    }
    for (count, kept) in [
        (limits::LIST_CODE_COUNT_MAX - 1, limits::LIST_CODE_COUNT_MAX - 1),
        (limits::LIST_CODE_COUNT_MAX, limits::LIST_CODE_COUNT_MAX),
        (limits::LIST_CODE_COUNT_MAX + 1, limits::LIST_CODE_COUNT_MAX),
    ] {
        let mut zone = Zone::new();
        for last in 0..count {
            let code = Ipv4Addr::new(127, 0, 1, u8::try_from(last).unwrap());
            zone.add(&testkit::domain("1.2.0.192.l.example"), Data::A(code), 60);
        }
        let checked = testkit::block_on(dns_lists::check(&zone, std::slice::from_ref(&list), &subject));
        assert_eq!(checked.entries[0].result.codes.len(), kept, "{count}");
    }
    for (length, kept) in [
        (limits::AUTH_IDENTITY_BYTES_MAX - 1, true),
        (limits::AUTH_IDENTITY_BYTES_MAX, true),
        (limits::AUTH_IDENTITY_BYTES_MAX + 1, false),
    ] {
        let identity = "a".repeat(length);
        let outcome = smtp_auth::read(&Told { identity: Some(&identity), ..Told::default() });
        assert_eq!(outcome.result.identity.is_some(), kept, "{length}");
        assert_eq!(outcome.result.verdict, smtp_auth::Verdict::Pass);
    }
    for (length, kept) in [
        (limits::AUTH_MECHANISM_BYTES_MAX - 1, true),
        (limits::AUTH_MECHANISM_BYTES_MAX, true),
        (limits::AUTH_MECHANISM_BYTES_MAX + 1, false),
    ] {
        let mechanism = "X".repeat(length);
        let outcome = smtp_auth::read(&Told { mechanism: Some(&mechanism), ..Told::default() });
        assert_eq!(outcome.result.mechanism.is_some(), kept, "{length}");
    }
    for (count, confirmed) in [(9_u8, true), (10, true), (11, false)] {
        let mut zone = Zone::new();
        for number in 1..=count {
            let name = testkit::domain(&format!("h{number:02}.example"));
            zone.add(&testkit::domain("1.2.0.192.in-addr.arpa"), Data::Ptr(name.clone()), 60);
            let last = if number == count { 1 } else { 200 };
            zone.add(&name, Data::A(Ipv4Addr::new(192, 0, 2, last)), 60);
        }
        let client = IpAddr::from([192, 0, 2, 1]);
        let outcome = testkit::block_on(iprev::check(&zone, client, &iprev::Limits::default()));
        assert_eq!(outcome.result.verdict == iprev::Verdict::Pass, confirmed, "{count}");
    }
}

/// All kinds of answers to all questions: what holds whatever DNS says.
mod properties {
    use super::*;
    use lookup::{Kind, Question};
    use proptest::prelude::*;

    /// Answers the same to every question of a kind.
    struct Same([Answer; Kind::ALL.len()]);

    impl Lookup for Same {
        async fn ask(&self, question: Question) -> Answer {
            let at = Kind::ALL.iter().position(|kind| *kind == question.kind).unwrap();
            self.0[at].clone()
        }
    }

    fn answers() -> impl Strategy<Value = [Answer; Kind::ALL.len()]> {
        Kind::ALL.map(testkit::arbitrary::answer)
    }

    fn code_answer() -> impl Strategy<Value = Answer> {
        let octet = prop_oneof![Just(0_u8), Just(2), Just(255), any::<u8>()];
        let first = prop_oneof![4 => Just(127_u8), 1 => any::<u8>()];
        let address =
            (first, octet.clone(), octet.clone(), octet).prop_map(|(a, b, c, d)| Data::A([a, b, c, d].into()));
        proptest::collection::vec(address, 0..4).prop_map(|data| Answer::of(data, 60))
    }

    proptest! {
        #[test]
        fn iprev_passes_only_with_a_name(answers in answers(), bits: u32, honest: bool) {
            let first = answers.iter().flat_map(Answer::data).find_map(|data| match data {
                Data::A(address) => Some(address.to_bits()),
                _ => None,
            });
            let bits = first.filter(|_| honest).unwrap_or(bits);
            let client = IpAddr::from(Ipv4Addr::from_bits(bits));
            let outcome = testkit::block_on(iprev::check(&Same(answers.clone()), client, &iprev::Limits::default()));
            let holds = answers.iter().flat_map(Answer::data).any(|data| *data == Data::A(Ipv4Addr::from_bits(bits)));
            prop_assert_eq!(outcome.result.verdict == iprev::Verdict::Pass, outcome.result.name.is_some());
            prop_assert_eq!(outcome.result.name.is_some(), outcome.result.reason.is_none());
            prop_assert!(outcome.result.name.is_none() || holds);
            // The name is the client's own word: it must not come through as anything but a comment.
            let mut field = AuthenticationResults::new("mx.example");
            field.results.push(outcome.result.method_result());
            let written = field.to_value(Style { line_end: LineEnd::CrLf, letters: Letters::Ascii });
            let (again, flaws) = AuthenticationResults::parse(written.as_bytes());
            prop_assert!(flaws.is_empty() && again.results.len() == 1, "{}", written);
            prop_assert_eq!(again.results[0].properties.len(), 1);
        }

        #[test]
        fn a_null_mx_is_a_root(answer in testkit::arbitrary::answer(Kind::Mx)) {
            let state = null_mx::State::of(&answer);
            let roots = answer.data().iter().filter(|data| matches!(data, Data::Mx(mx) if mx.exchange.is_none())).count();
            prop_assert_eq!(state.takes_no_mail(), roots > 0 && roots == answer.data().len());
            prop_assert_eq!(state.takes_no_mail() || state.is_malformed(), roots > 0);
        }

        /// Listed only by a code that counts, from a list that is tested; and a white list never passes by an error.
        #[test]
        fn a_list_lists_only_by_its_codes(entry in code_answer(), there in code_answer(), absent in code_answer()) {
            let name = testkit::domain("l.example");
            let mut zone = Zone::new();
            for (owner, answer) in [("1.2.0.192", &entry), ("2.0.0.127", &there), ("1.0.0.127", &absent)] {
                for data in answer.data() {
                    zone.add(&name.prefixed(owner).unwrap(), data.clone(), 60);
                }
            }
            let subjects = Subjects { ip: Some(IpAddr::from([192, 0, 2, 1])), domains: Vec::new() };
            let asks_on = List::dnswl(name);
            let with_each = List { text: TextUse::Fetch, test: TestUse::WithEach, ..asks_on.clone() };
            let checked = testkit::block_on(dns_lists::check(&zone, &[with_each, asks_on], &subjects));
            let result = &checked.entries[0].result;
            // Who asks for the test entries only when there is an entry lists the same.
            let later = &checked.entries[1].result;
            prop_assert_eq!(later.verdict == dns_lists::Verdict::Listed, result.verdict == dns_lists::Verdict::Listed);
            prop_assert_eq!(&later.codes, &result.codes);
            let codes = |answer: &Answer| answer.data().iter().filter_map(|data| match data {
                Data::A(address) if address.octets()[0] == 127 => Some(address.octets()),
                _ => None,
            }).collect::<Vec<_>>();
            let is_error = |code: &[u8; 4]| code[1..3] == [255, 255] || code[1..] == [0, 0, 255];
            let errors = [&entry, &there, &absent].into_iter().flat_map(codes).any(|code| is_error(&code));
            let works = !codes(&there).is_empty() && absent.data().is_empty() && !errors;
            let listed = result.verdict == dns_lists::Verdict::Listed;
            prop_assert_eq!(listed, works && !codes(&entry).is_empty());
            prop_assert_eq!(listed, !result.codes.is_empty());
            prop_assert_eq!(result.verdict == dns_lists::Verdict::None, works && entry.data().is_empty());
            prop_assert!(result.dnssec == DnsSec::NotApplicable);
        }

        #[test]
        fn entries_are_names_that_lead_back(bits: u128, v4: bool) {
            let list = List::dnsbl(testkit::domain("l.example"));
            let client = if v4 { IpAddr::from((bits as u32).to_be_bytes()) } else { IpAddr::from(bits.to_be_bytes()) };
            let key = Key::address(client);
            let entry = list.entry(&key).unwrap();
            prop_assert!(entry.is_within(&list.zone));
            let reverse = Domain::reverse(client.to_canonical());
            let labels = reverse.label_count() - 2;
            prop_assert_eq!(entry.labels().take(labels).collect::<Vec<_>>(), reverse.labels().take(labels).collect::<Vec<_>>());
            prop_assert_eq!(entry.label_count(), labels + 2);
        }

        /// Whatever the MTA says, what is written is one result, and nothing of it comes through as another.
        #[test]
        fn auth_is_one_result(identity in ".{0,40}", mechanism in "[ -~]{0,24}", mail_from in ".{0,40}") {
            let told = Told { identity: Some(&identity), mechanism: Some(&mechanism), mail_from: Some(&mail_from), failure: None };
            let outcome = smtp_auth::read(&told);
            let mut field = AuthenticationResults::new("mx.example");
            field.results.push(outcome.result.method_result());
            let written = field.to_value(Style { line_end: LineEnd::CrLf, letters: Letters::Utf8 });
            let (again, _) = AuthenticationResults::parse(written.as_bytes());
            prop_assert_eq!(again.results.len(), 1);
            prop_assert!(again.results[0].is(outcome.result.verdict.as_str()));
            prop_assert_eq!(outcome.result.identity.is_some() && outcome.result.verdict != smtp_auth::Verdict::Pass, false);
        }
    }
}

#[test]
fn a_text_that_is_not_wanted_is_not_asked_for() {
    let zone = testkit::zone("2.0.0.127.l.example A 127.0.0.2\n1.2.0.192.l.example A 127.0.0.2\n");
    let log = log::Log::new(&zone);
    let mut list = List::dnsbl(testkit::domain("l.example"));
    (list.text, list.test) = (TextUse::Skip, TestUse::Elsewhere);
    let subjects = Subjects { ip: Some(IpAddr::from([192, 0, 2, 1])), domains: Vec::new() };
    let checked = testkit::block_on(dns_lists::check(&log, &[list], &subjects));
    assert_eq!(checked.entries[0].result.verdict, dns_lists::Verdict::Listed);
    assert_eq!(log.questions().len(), 1);
}
