use lookup::Zone;
use lookup::budget::Budget;
use lookup::log::Log;
use proptest::prelude::*;

use super::*;

fn request<'a>(ip: &str, helo: &'a str, local_part: &'a str, domain: &str) -> Request<'a> {
    Request {
        ip: ip.parse().unwrap(),
        helo,
        mail_from: MailFrom::mailbox(local_part, domain),
        receiver: "mx.example.jp",
        now_s: 1_700_000_000,
        explanation: ExplanationUse::Fetch,
    }
}

fn mail_from<L: Lookup + Sync>(lookup: &L, request: &Request<'_>, limits: &Limits) -> Checked {
    testkit::block_on(check_identity(lookup, request, Identity::MailFrom, limits)).result
}

fn verdict(zone: &Zone, ip: &str, domain: &str, limits: &Limits) -> Verdict {
    mail_from(zone, &request(ip, "mta.example", "user", domain), limits).verdict
}

#[test]
fn nothing_is_asked_without_a_domain() {
    let log = Log::new(Zone::new());
    let mut given = request("192.0.2.1", "mta", "user", "example.jp");
    for (mail_from_given, want) in [
        (MailFrom::Null, Problem::SingleLabel),
        (MailFrom::mailbox("a", "[192.0.2.1]"), Problem::AddressLiteral),
        (MailFrom::mailbox("a", "192.0.2.1"), Problem::AddressLiteral),
        (MailFrom::mailbox("a", "localhost"), Problem::SingleLabel),
        (MailFrom::mailbox("a", "a..example"), Problem::DomainMalformed(DomainError::EmptyLabel)),
        (MailFrom::mailbox("a", "a\0.example"), Problem::DomainMalformed(DomainError::Character)),
        (MailFrom::mailbox("a", ""), Problem::DomainMalformed(DomainError::Empty)),
        (MailFrom::Malformed(PathFlaw::Brackets), Problem::SenderMalformed(PathFlaw::Brackets)),
    ] {
        given.mail_from = mail_from_given;
        let checked = mail_from(&log, &given, &Limits::default());
        assert_eq!((checked.verdict, checked.domain, checked.reason), (Verdict::None, None, Some(want)));
    }
    for helo in ["", "[192.0.2.1]", "192.0.2.1", "a b.example", "\u{95a2}\u{6240}.example", "x..example"] {
        given = Request { helo, mail_from: MailFrom::Null, ..given };
        let both = testkit::block_on(check(&log, &given, &Limits::default()));
        assert_eq!(both.helo.result.verdict, Verdict::None, "{helo}");
        assert_eq!(both.mail_from.result.verdict, Verdict::None, "{helo}");
    }
    assert_eq!(log.questions(), []);
}

#[test]
fn a_null_sender_is_evaluated_once() {
    let log = Log::new(testkit::zone("mta.example. TXT \"v=spf1 a -all\"\nmta.example. A 192.0.2.1\n"));
    let given = Request { mail_from: MailFrom::Null, ..request("192.0.2.1", "mta.example", "", "x.example") };
    let both = testkit::block_on(check(&log, &given, &Limits::default()));
    assert_eq!(both.helo.result.verdict, Verdict::Pass);
    assert_eq!(both.mail_from.result.verdict, Verdict::Pass);
    assert_eq!(both.mail_from.result.identity, Identity::MailFrom);
    assert_eq!(log.questions().len(), 2);
}

#[test]
fn lookups_at_below_and_above_the_limit() {
    for (terms, want) in [(9, Verdict::Pass), (10, Verdict::Pass), (11, Verdict::PermError)] {
        let zone = testkit::zone(&format!(
            "d.example. TXT \"v=spf1{} ip4:192.0.2.1 -all\"\nd.example. A 192.0.2.99\n",
            " a".repeat(terms)
        ));
        assert_eq!(verdict(&zone, "192.0.2.1", "d.example", &Limits::default()), want, "{terms}");
    }
    let zone = testkit::zone("d.example. TXT \"v=spf1 a a ip4:192.0.2.1 -all\"\nd.example. A 192.0.2.99\n");
    for (limit, want) in [(1, Verdict::PermError), (2, Verdict::Pass), (3, Verdict::Pass)] {
        let limits = Limits { lookup_count_max: limit, ..Limits::default() };
        assert_eq!(verdict(&zone, "192.0.2.1", "d.example", &limits), want, "{limit}");
    }
}

#[test]
fn voids_at_below_and_above_the_limit() {
    for (voids, want) in [(1, Verdict::Pass), (2, Verdict::Pass), (3, Verdict::PermError)] {
        let terms: String = (0..voids).map(|n| format!(" a:n{n}.void.example")).collect();
        let zone = testkit::zone(&format!("d.example. TXT \"v=spf1{terms} ip4:192.0.2.1 -all\"\n"));
        assert_eq!(verdict(&zone, "192.0.2.1", "d.example", &Limits::default()), want, "{voids}");
    }
}

#[test]
fn hosts_of_one_family_cost_no_void_and_no_question_before_it_matters() {
    let text = |hosts: usize| {
        let terms: String = (0..hosts).map(|n| format!(" a:h{n}.example")).collect();
        let addresses: String = (0..hosts).map(|n| format!("h{n}.example. A 192.0.2.{n}\n")).collect();
        format!("d.example. TXT \"v=spf1{terms} ip6:2001:db8::1 -all\"\n{addresses}")
    };
    for (hosts, questions) in [(1, 2), (2, 3), (3, 5), (6, 11)] {
        let log = Log::new(testkit::zone(&text(hosts)));
        let checked = mail_from(&log, &request("2001:db8::1", "mta.example", "u", "d.example"), &Limits::default());
        assert_eq!(checked.verdict, Verdict::Pass, "{hosts}");
        assert_eq!(log.questions().len(), questions, "{hosts}");
        assert!(checked.void_lookups <= 2);
    }
}

#[test]
fn mail_exchanges_at_below_and_above_the_limit() {
    for (hosts, want) in [(9, Verdict::Pass), (10, Verdict::Pass), (11, Verdict::PermError)] {
        let mut text = String::from("d.example. TXT \"v=spf1 mx -all\"\n");
        for n in 0..hosts {
            text += &format!("d.example. MX {n} m{n}.example.\nm{n}.example. A 192.0.2.{n}\n");
        }
        let zone = testkit::zone(&text);
        assert_eq!(verdict(&zone, "192.0.2.8", "d.example", &Limits::default()), want, "{hosts}");
    }
}

#[test]
fn names_of_the_client_at_below_and_above_the_limit() {
    for (position, want) in [(8, Verdict::Pass), (9, Verdict::Pass), (10, Verdict::Fail)] {
        let mut text = String::from("d.example. TXT \"v=spf1 ptr -all\"\n");
        for n in 0..12 {
            let name = if n == position { "right.d.example.".to_owned() } else { format!("wrong{n}.example.") };
            text += &format!("1.2.0.192.in-addr.arpa. PTR {name}\n{name} A 192.0.2.1\n");
        }
        assert_eq!(verdict(&testkit::zone(&text), "192.0.2.1", "d.example", &Limits::default()), want, "{position}");
    }
}

#[test]
fn explanations_at_below_and_above_the_limit() {
    for (length, fits) in [(511, true), (512, true), (513, false)] {
        let zone = testkit::zone(&format!(
            "d.example. TXT \"v=spf1 -all exp=e.example\"\ne.example. TXT \"{}\" \"{}\" \"{}\"\n",
            "x".repeat(255),
            "x".repeat(255),
            "x".repeat(length - 510)
        ));
        let checked = mail_from(&zone, &request("192.0.2.1", "mta.example", "u", "d.example"), &Limits::default());
        assert_eq!(checked.verdict, Verdict::Fail);
        assert_eq!(checked.explanation.is_some(), fits, "{length}");
    }
}

#[test]
fn explanations_are_asked_only_when_wanted() {
    let log = Log::new(testkit::zone("d.example. TXT \"v=spf1 -all exp=e.example\"\ne.example. TXT no\n"));
    let mut given = request("192.0.2.1", "mta.example", "u", "d.example");
    given.explanation = ExplanationUse::Skip;
    assert_eq!(mail_from(&log, &given, &Limits::default()).explanation, None);
    assert_eq!(log.questions().len(), 1);
}

#[test]
fn nobody_writes_lines_into_an_explanation() {
    let zone = testkit::zone("d.example. TXT \"v=spf1 -all exp=e.example\"\ne.example. TXT \"no %{l} %{h}\"\n");
    for (local_part, helo, want) in [
        ("u", "mta.example", Some("no u mta.example")),
        ("u\r\n250 ok", "mta.example", None),
        ("u", "x\0y", None),
        ("\u{7528}", "mta.example", None),
    ] {
        let checked = mail_from(&zone, &request("192.0.2.1", helo, local_part, "d.example"), &Limits::default());
        assert_eq!((checked.verdict, checked.explanation.as_deref()), (Verdict::Fail, want));
    }
}

#[test]
fn the_budget_of_a_message_ends_in_temperror() {
    let zone =
        testkit::zone("d.example. TXT \"v=spf1 a mx -all\"\nd.example. A 192.0.2.9\nd.example. MX 0 d.example.\n");
    let given = request("192.0.2.1", "mta.example", "u", "d.example");
    for questions in 0..5 {
        let checked = mail_from(&Budget::with_limits(&zone, questions, 1 << 20), &given, &Limits::default());
        let want = if questions < 4 { Verdict::TempError } else { Verdict::Fail };
        assert_eq!(checked.verdict, want, "{questions}");
        assert_eq!(matches!(checked.reason, Some(Problem::Dns(_, Failure::Budget))), questions < 4);
    }
}

#[test]
fn the_term_that_decided_is_told() {
    let zone = testkit::zone(
        "d.example. TXT \"v=spf1 ?include:a.example -all\"\na.example. TXT \"v=spf1 include:b.example\"\n\
         b.example. TXT \"v=spf1 ip4:192.0.2.0/24\"\n",
    );
    let checked = mail_from(&zone, &request("192.0.2.1", "mta.example", "u", "d.example"), &Limits::default());
    assert_eq!(checked.verdict, Verdict::Neutral);
    assert_eq!(checked.matched().map(|place| place.text()), Some("?include:a.example".into()));
    let decided_by = checked.decided_by().unwrap();
    assert_eq!((decided_by.at.domain().as_str(), decided_by.text().as_str()), ("b.example", "ip4:192.0.2.0/24"));
    let ip = "192.0.2.1".parse().unwrap();
    let breadth = decided_by.breadth(ip);
    assert_eq!(breadth, crate::Breadth::Prefix { bits: 24, of: 32 });
    assert_eq!(breadth.free_bits(ip), Some(8));
    assert_eq!(checked.in_force.map(|at| at.domain().to_string()), Some("d.example".into()));
}

#[test]
fn breadths() {
    let ip: IpAddr = "2001:db8::1".parse().unwrap();
    for (record, want) in [
        ("+all", crate::Breadth::Everyone),
        ("ip6:::/0", crate::Breadth::Everyone),
        ("ip6:2001:db8::/20", crate::Breadth::Prefix { bits: 20, of: 128 }),
        ("a//0", crate::Breadth::Everyone),
        ("a/0", crate::Breadth::Prefix { bits: 128, of: 128 }),
        ("exists:d.example", crate::Breadth::ByName),
    ] {
        let zone = testkit::zone(&format!(
            "d.example. TXT \"v=spf1 {record}\"\nd.example. A 192.0.2.9\nd.example. AAAA 2001:db8::1\n"
        ));
        let checked = mail_from(&zone, &request("2001:db8::1", "mta.example", "u", "d.example"), &Limits::default());
        assert_eq!(checked.decided_by().map(|place| place.breadth(ip)), Some(want), "{record}");
    }
}

#[test]
fn futures_can_be_sent() {
    fn sent<T: Send>(_: T) {}
    let zone = Zone::new();
    let given = request("192.0.2.1", "mta.example", "u", "d.example");
    sent(check(&zone, &given, &Limits::default()));
}

#[test]
fn a_record_is_read_once_per_answer() {
    let zone = testkit::zone("d.example. TXT \"v=spf1 -all\"\n");
    let given = request("192.0.2.1", "mta.example", "u", "d.example");
    let policy = || mail_from(&zone, &given, &Limits::default()).in_force.unwrap().policy;
    assert!(Arc::ptr_eq(&policy(), &policy()));
}

/// Zones of few names whose records lead anywhere.
fn any_zone() -> impl Strategy<Value = String> {
    let name = || proptest::sample::select(vec!["a.example", "b.example", "c.example", "none.example"]);
    let term = prop_oneof![
        name().prop_map(|name| format!("include:{name}")),
        name().prop_map(|name| format!("-include:{name}")),
        name().prop_map(|name| format!("redirect={name}")),
        name().prop_map(|name| format!("a:{name}/31")),
        name().prop_map(|name| format!("?mx:{name}")),
        name().prop_map(|name| format!("~exists:%{{l}}.{name}")),
        Just("exists:%{p}.a.example".to_owned()),
        Just("ptr".to_owned()),
        Just("ip4:192.0.2.1".to_owned()),
        Just("-all".to_owned()),
        Just("exp=c.example".to_owned()),
    ];
    let record = proptest::collection::vec(term, 0..5).prop_map(|terms| format!("TXT \"v=spf1 {}\"", terms.join(" ")));
    let data = prop_oneof![
        4 => record,
        1 => Just("A 192.0.2.1".to_owned()),
        1 => Just("A 192.0.2.0".to_owned()),
        1 => name().prop_map(|name| format!("MX 0 {name}.")),
    ];
    proptest::collection::vec((name(), data), 1..10).prop_map(|lines| {
        let reverse = "1.2.0.192.in-addr.arpa. PTR a.example.\n".to_owned();
        lines.into_iter().fold(reverse, |text, (name, data)| text + &format!("{name}. {data}\n"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_zone_exceeds_the_limits(text in any_zone()) {
        let log = Log::new(testkit::zone(&text));
        let given = request("192.0.2.1", "mta.example", "u", "a.example");
        let limits = Limits::default();
        let outcome = testkit::block_on(check_identity(&log, &given, Identity::MailFrom, &limits));
        let checked = &outcome.result;
        // The term that exceeds the limit is counted, and a term with `%{p}` counts twice.
        prop_assert!(checked.lookups <= limits.lookup_count_max + 2);
        // Record, ten terms with a host each or an include, the client's names, the doubtful voids, the explanation.
        prop_assert!(log.questions().len() <= 1 + 10 * 11 + 11 + 3 + 1);
        let is_error = matches!(checked.verdict, Verdict::None | Verdict::TempError | Verdict::PermError);
        prop_assert_eq!(checked.reason.is_some(), is_error);
        prop_assert_eq!(checked.in_force.is_some(), !is_error);
        let asked = outcome.evidence.iter().filter(|step| matches!(step, Step::Asked { .. } | Step::Record { .. })).count();
        prop_assert!(asked <= log.questions().len());
        let again = testkit::block_on(check_identity(&log, &given, Identity::MailFrom, &limits));
        prop_assert_eq!(again, outcome);
    }
}
