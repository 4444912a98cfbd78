//! Sender ID: its cases, the suites, the n-th question failing, and what holds for every header.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test reads files, prints, and ends by a panic"
)]

use std::fmt::Write as _;

use lookup::{Answer, Data, Lookup, Zone};
use mailtext::authres::{Letters, LineEnd, Style};
use mailtext::{AddressList, AuthenticationResults, Domain, Explain, Headers, ReversePath};
use proptest::prelude::*;
use sekisho_spf as spf;
use spf::sender_id::{self, Checked, Outcome, Problem, Request, Submitter, Test, check, check_submitter};
use spf::{ExplanationUse, Limits, MailFrom, Policy, Pra, PraField, PraFlaw, Scope, Verdict, Version};
use testkit::Case;
use yaml_rust2::{Yaml, YamlLoader};

#[test]
fn a_from_that_was_read_already_says_the_same() {
    for text in [
        "From: a@example.jp\r\n\r\n",
        "From: a@example.jp\r\nSender: b@c.example\r\n\r\n",
        "From: a@b.example, c@d.example\r\n\r\n",
        "From: <a@b@c.example>\r\n\r\n",
        "From: a@example.jp\rx\r\n\r\n",
        "From: a@example.jp\r\nSubject: a\nb\r\n\r\n",
        "From: \r\n\r\n",
    ] {
        let headers = Headers::parse(text.as_bytes());
        let (list, flaws) = AddressList::parse(headers.named("from").next().unwrap().value);
        assert_eq!(Pra::with_from(&headers, Some((&list, &flaws))), Pra::of(&headers), "{text:?}");
    }
}

#[test]
fn cases() {
    let count = testkit::cases("senderid", |case| {
        let mut out = String::new();
        for &scope in scopes(case) {
            let outcome = run(case, case.zone(), scope);
            ids_are_listed(&outcome);
            testkit::every_nth_failure(case.zone(), |lookup| run(case, lookup, scope), is_allowed);
            print(&mut out, &outcome);
        }
        if let Some(parameter) = case.input.get("submitter") {
            let outcome = check_submitter(parameter.as_bytes(), &pra_of(case));
            let _ = write!(out, "submitter: {}", testkit::evidence(std::slice::from_ref(&outcome.result)));
            print_reply(&mut out, outcome.result.reply());
        }
        out
    });
    assert!(count >= 30, "{count}");
}

/// Unchanged or temperror, and never a pass that was none.
fn is_allowed(whole: &Outcome, broken: &Outcome) -> bool {
    broken.result.verdict == Verdict::TempError || broken.result.verdict == whole.result.verdict
}

fn ids_are_listed(outcome: &Outcome) {
    let steps = outcome.evidence.iter().map(Explain::id);
    for id in steps.chain(outcome.result.reason.iter().map(Explain::id)) {
        let known = sender_id::IDS.iter().chain(PraFlaw::IDS).chain(spf::IDS).any(|known| *known == id);
        assert!(known, "{id} is not listed");
    }
}

fn scopes(case: &Case) -> &'static [Scope] {
    match case.input.need("test") {
        "both" => &[Scope::Pra, Scope::MailFrom],
        "pra" => &[Scope::Pra],
        "mfrom" => &[Scope::MailFrom],
        other => panic!("test: {other}"),
    }
}

fn pra_of(case: &Case) -> Result<Pra, PraFlaw> {
    Pra::of(&Headers::parse(&case.wire()))
}

fn run<L: Lookup + Sync>(case: &Case, lookup: &L, scope: Scope) -> Outcome {
    let path = ReversePath::parse(case.input.need("mail-from").as_bytes());
    let smtp = spf::Request {
        ip: case.input.need("ip").parse().expect("an address"),
        helo: case.input.need("helo"),
        mail_from: MailFrom::from(&path),
        receiver: "mx.example.jp",
        now_s: 1_760_000_000,
        explanation: ExplanationUse::Fetch,
    };
    let pra = pra_of(case);
    let test = if scope == Scope::Pra { Test::Pra(&pra) } else { Test::MailFrom };
    testkit::block_on(check(lookup, &Request { smtp: &smtp, test }, &Limits::default()))
}

fn print(out: &mut String, outcome: &Outcome) {
    let checked = &outcome.result;
    let domain = checked.domain.as_ref().map_or("-", Domain::as_str);
    let only = if checked.is_for_reporting_only() { " (for reporting only)" } else { "" };
    let _ = writeln!(out, "{} {domain}: {}{only}", checked.scope.as_str(), checked.verdict);
    let _ = writeln!(out, "field: {}", written(checked));
    print_reply(out, checked.reply());
    for (name, place) in [("matched", checked.matched()), ("decided-by", checked.decided_by())] {
        if let Some(place) = place {
            let _ = writeln!(out, "{name}: {} at {}", place.text(), place.at.domain());
        }
    }
    if let Some(reason) = &checked.reason {
        let _ = write!(out, "reason: {}", testkit::evidence(std::slice::from_ref(reason)));
    }
    for line in testkit::evidence(&outcome.evidence).lines() {
        let _ = writeln!(out, "  {line}");
    }
}

/// The result as Authentication-Results has it, without the name of who says so.
fn written(checked: &Checked) -> String {
    let mut field = AuthenticationResults::new("x");
    field.results.push(checked.method_result());
    let value = field.to_value(Style { line_end: LineEnd::CrLf, letters: Letters::Utf8 });
    value.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
}

fn print_reply(out: &mut String, reply: Option<sender_id::Reply>) {
    if let Some(sender_id::Reply { code, enhanced, text }) = reply {
        let _ = writeln!(out, "reply: {code} {enhanced} {text}");
    }
}

#[test]
fn ids_are_unique() {
    let mut ids: Vec<_> = sender_id::IDS.iter().chain(PraFlaw::IDS).chain(spf::IDS).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

/// RFC 4407 and the choice of records of RFC 4406, one test each.
#[test]
fn suite_of_addresses_and_records() {
    let Some(file) = testkit::suite("senderid/pra-cases.yml") else { return };
    let suite = YamlLoader::load_from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let (mut addresses, mut records, mut wrong) = (0, 0, Vec::new());
    for test in suite.iter().filter_map(Yaml::as_vec).flatten() {
        let name = test["name"].as_str().unwrap();
        let (got, want) = if test["headers"].is_badvalue() {
            records += 1;
            (selected(test), test["expect_record"].as_str().unwrap().to_owned())
        } else {
            addresses += 1;
            (purported(test), test["expect"].as_str().unwrap_or("(no address)").to_owned())
        };
        if got != want {
            wrong.push(format!("{name}: {got} instead of {want}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((addresses, records), (20, 10));
    println!("senderid/pra-cases.yml: {} as wanted", addresses + records);
}

fn purported(test: &Yaml) -> String {
    let mut header = String::new();
    for field in test["headers"].as_vec().unwrap() {
        let _ = write!(header, "{}: {}\r\n", field[0].as_str().unwrap(), field[1].as_str().unwrap());
    }
    match Pra::of(&Headers::parse(format!("{header}\r\n").as_bytes())) {
        Ok(pra) => pra.mailbox.to_string(),
        Err(_) => "(no address)".into(),
    }
}

/// The record that the check used, told by a whole check of `a@record.example`.
fn selected(test: &Yaml) -> String {
    let name = testkit::domain("record.example");
    let mut zone = Zone::new();
    for record in test["records"].as_vec().into_iter().flatten() {
        zone.add(&name, Data::txt(record.as_str().unwrap()), 60);
    }
    let pra = Pra::of(&Headers::parse(b"From: a@record.example\r\n\r\n"));
    let smtp = smtp("192.0.2.1", "mx.example", &MailFrom::mailbox("a", "record.example"));
    let test = if test["scope"].as_str() == Some("pra") { Test::Pra(&pra) } else { Test::MailFrom };
    let outcome = testkit::block_on(check(&zone, &Request { smtp: &smtp, test }, &Limits::default()));
    match outcome.result.in_force {
        Some(at) => String::from_utf8_lossy(at.record().text()).into_owned(),
        None => outcome.result.verdict.as_str().to_owned(),
    }
}

fn smtp<'a>(ip: &str, helo: &'a str, mail_from: &MailFrom<'a>) -> spf::Request<'a> {
    spf::Request {
        ip: ip.parse().unwrap(),
        helo,
        mail_from: mail_from.clone(),
        receiver: "unknown",
        now_s: 1_760_000_000,
        explanation: ExplanationUse::Skip,
    }
}

#[test]
fn suite_of_2006() {
    let Some(file) = testkit::suite("senderid/rfc4406-tests.yml") else { return };
    let suite = YamlLoader::load_from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut count = 0;
    for scenario in &suite {
        let mut zone = Zone::new();
        for (name, entries) in scenario["zonedata"].as_hash().unwrap() {
            for entry in entries.as_vec().unwrap() {
                // The names of the suite, v2+v1.example.com, are none that mail may have; DNS has them.
                zone.add(&host(name.as_str().unwrap()), Data::txt(entry["SPF"].as_str().unwrap()), 60);
            }
        }
        for (name, test) in scenario["tests"].as_hash().unwrap() {
            let (local_part, domain) = test["mailfrom"].as_str().unwrap().rsplit_once('@').unwrap();
            let mail_from = MailFrom::Mailbox { local_part, domain: host(domain) };
            let smtp = smtp(test["host"].as_str().unwrap(), test["helo"].as_str().unwrap(), &mail_from);
            let request = Request { smtp: &smtp, test: Test::MailFrom };
            let outcome = testkit::block_on(check(&zone, &request, &Limits::default()));
            assert_eq!(Some(outcome.result.verdict.as_str()), test["result"].as_str(), "{name:?}");
            count += 1;
        }
    }
    assert_eq!(count, 2);
    println!("senderid/rfc4406-tests.yml: {count} as wanted");
}

fn host(name: &str) -> Domain {
    testkit::domain(name)
}

#[test]
fn a_policy_of_spf_is_shared() {
    let Answer::Records(records) = Answer::of(vec![Data::txt("v=spf1 -all")], 60) else { panic!("records were given") };
    let name = testkit::domain("a.example");
    let own = Policy::of(&name, &records);
    for scope in [Scope::Pra, Scope::MailFrom] {
        assert!(std::sync::Arc::ptr_eq(&own, &Policy::for_scope(scope, &name, &records)));
    }
}

#[test]
fn versions() {
    let read = |text: &str| Version::parse_spf2(text.as_bytes()).map(|(version, length)| (version.to_string(), length));
    assert_eq!(read("spf2.0/mfrom,pra -all"), Some(("spf2.0/mfrom,pra".into(), 16)));
    assert_eq!(read("SPF2.10/Pra"), Some(("spf2.10/Pra".into(), 11)));
    for none in ["", "spf2", "spf2.", "spf2.0", "spf2.0/", "spf2.0/,pra", "spf2.0/pra,", "spf2.0a/pra", "spf2.0/1pra"] {
        assert_eq!(read(none), None, "{none:?}");
    }
    for none in ["v=spf1 -all", " spf2.0/pra", "spf2.0 /pra", "spf2.0/p\u{e9}", "spf3.0/pra", "spf2.0/pra\t-all"] {
        assert_eq!(read(none), None, "{none:?}");
    }
}

#[test]
fn limits_at_below_and_above() {
    use spf::limits::{SUBMITTER_BYTES_MAX, VERSION_BYTES_MAX};
    for (length, good) in [(VERSION_BYTES_MAX - 1, true), (VERSION_BYTES_MAX, true), (VERSION_BYTES_MAX + 1, false)] {
        let section = format!("spf2.0/pra,{}", "a".repeat(length - 11));
        assert_eq!(Version::parse_spf2(format!("{section} -all").as_bytes()).is_some(), good, "{length}");
    }
    let pra = Pra::of(&Headers::parse(b"From: a@a.example\r\n\r\n"));
    // `+61` is `a`: three bytes for one, so that the longest parameter is the longest path.
    for (length, good) in
        [(SUBMITTER_BYTES_MAX - 3, true), (SUBMITTER_BYTES_MAX, true), (SUBMITTER_BYTES_MAX + 3, false)]
    {
        let encoded: String = format!("{}@a.example", "a".repeat(length / 3 - 10))
            .bytes()
            .fold(String::new(), |text, byte| text + &format!("+{byte:02X}"));
        assert_eq!(encoded.len(), length);
        let differs = matches!(Submitter::of(encoded.as_bytes(), &pra), Submitter::Differs(_));
        assert_eq!(differs, good, "{length}");
    }
    let many = |count: usize| format!("From: a@a.example\r\n{}\r\n", "X: y\r\n".repeat(count - 1));
    for (count, flaw) in [
        (mailtext::limits::HEADER_FIELD_COUNT_MAX, None),
        (mailtext::limits::HEADER_FIELD_COUNT_MAX + 1, Some(PraFlaw::HeaderCut)),
    ] {
        assert_eq!(Pra::of(&Headers::parse(many(count).as_bytes())).err(), flaw, "{count}");
    }
}

/// A header of the fields that count, and of those between them.
fn fields() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let names = ["Resent-Sender", "resent-FROM", "Sender", "From", "Received", "Return-Path", "Subject"];
    let values = [" a@a.example", " \"x\" <b@b.example>", "  ", "", " <@>", " a@a.example, b@b.example", " root"];
    proptest::collection::vec(
        (proptest::sample::select(names.to_vec()), proptest::sample::select(values.to_vec())),
        0..8,
    )
}

fn pra_of_fields(fields: &[(&str, &str)]) -> Result<Pra, PraFlaw> {
    let lines: String = fields.iter().map(|(name, value)| format!("{name}:{value}\r\n")).collect();
    Pra::of(&Headers::parse(format!("{lines}\r\n").as_bytes()))
}

proptest! {
    /// The published order, said once more and differently: as a choice among what is filled.
    #[test]
    fn the_order_of_fields_is_the_published_one(fields in fields()) {
        let filled: Vec<(usize, String)> = fields.iter().enumerate()
            .filter(|(_, (_, value))| !value.trim().is_empty())
            .map(|(index, (name, _))| (index, name.to_ascii_lowercase()))
            .collect();
        let at = |wanted: &str| filled.iter().filter(|(_, name)| name == wanted).map(|(index, _)| *index).collect::<Vec<_>>();
        let separated = |from: usize, to: usize| fields.get(from..to).is_some_and(|between| {
            between.iter().any(|(name, _)| ["received", "return-path"].contains(&&*name.to_ascii_lowercase()))
        });
        let (resent_sender, resent_from) = (at("resent-sender"), at("resent-from"));
        let older = |sender: usize| resent_from.iter().any(|from| separated(*from, sender));
        let wanted = match (resent_sender.first(), resent_from.first(), &at("sender")[..], &at("from")[..]) {
            (Some(sender), ..) if !older(*sender) => Some(*sender),
            (_, Some(from), ..) => Some(*from),
            (_, None, [sender], _) => Some(*sender),
            (_, None, [], [from]) => Some(*from),
            _ => None,
        };
        match pra_of_fields(&fields) {
            Ok(pra) => {
                prop_assert_eq!(Some(pra.field_index), wanted);
                prop_assert!(["a.example", "b.example"].contains(&pra.domain.as_str()));
            }
            Err(PraFlaw::NoField | PraFlaw::SeveralFields(..)) => prop_assert_eq!(wanted, None),
            Err(_) => {
                let (_, value) = fields[wanted.unwrap()];
                prop_assert!(value.contains("<@>") || value.contains(',') || value.contains("root"));
            }
        }
    }

    #[test]
    fn fields_that_do_not_count_change_nothing(fields in fields(), at in 0_usize..8) {
        let mut more = fields.clone();
        more.insert(at.min(fields.len()), ("X-Other", " z@z.example"));
        let mailbox = |pra: Result<Pra, PraFlaw>| pra.map(|pra| (pra.field, pra.mailbox));
        prop_assert_eq!(mailbox(pra_of_fields(&fields)), mailbox(pra_of_fields(&more)));
    }

    #[test]
    fn any_bytes_are_read(header in proptest::collection::vec(any::<u8>(), 0..200), text in proptest::collection::vec(any::<u8>(), 0..80)) {
        let pra = Pra::of(&Headers::parse(&[b"Sender: ", &header[..]].concat()));
        let submitter = Submitter::of(&text, &pra);
        if let Submitter::Matches(path) = submitter {
            prop_assert_eq!(path.to_string(), pra.unwrap().mailbox.to_string());
        }
        if let Some((record, _)) = spf::Record::parse_spf2(&[b"spf2.0/pra ", &text[..]].concat()) {
            prop_assert!(record.version.has(Scope::Pra) && !record.version.has(Scope::MailFrom));
        }
    }

    /// What is printed of a record of version 2 is read back as the same record.
    #[test]
    fn a_printed_record_reads_back(minor in "[0-9]{1,3}", scopes in proptest::collection::vec("(pra|mfrom|x-[a-z]{1,5})", 1..4), terms in "( (a|mx|-all|ip4:192\\.0\\.2\\.1|x=y)){0,5}") {
        let text = format!("spf2.{minor}/{}{terms}", scopes.join(","));
        let (record, flaws) = spf::Record::parse_spf2(text.as_bytes()).unwrap();
        prop_assert!(flaws.iter().all(|flaw| !flaw.kind.is_fatal()));
        let (again, _) = spf::Record::parse_spf2(record.to_string().as_bytes()).unwrap();
        prop_assert_eq!((&record.version, record.directives().len()), (&again.version, again.directives().len()));
        prop_assert_eq!(record.to_string(), again.to_string());
    }
}

#[test]
fn a_flaw_names_its_field() {
    let flaw = |header: &str| Pra::of(&Headers::parse(format!("{header}\r\n\r\n").as_bytes())).unwrap_err();
    assert_eq!(flaw("Sender: a@a.example\r\nSender: b@b.example"), PraFlaw::SeveralFields(PraField::Sender, 2));
    assert_eq!(flaw("From: a@a.example, b@b.example"), PraFlaw::SeveralMailboxes(PraField::From, 2));
    assert_eq!(flaw("Resent-From: a@[192.0.2.1]"), PraFlaw::NoDomain(PraField::ResentFrom, None));
    assert!(matches!(flaw("From: a@-a.example"), PraFlaw::NoDomain(PraField::From, Some(_))));
    assert!(matches!(flaw("From: root"), PraFlaw::Malformed(PraField::From, _) | PraFlaw::NoDomain(PraField::From, _)));
    let problem = Problem::NoPra(PraFlaw::NoField);
    assert_eq!((problem.id(), problem.verdict()), ("sender-id-no-field", Verdict::PermError));
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_pra() {
    testkit::fuzz("pra", &testkit::case::seeds("senderid", "msg"), |bytes| {
        let pra = Pra::of(&Headers::parse(bytes));
        let _ = Submitter::of(bytes, &pra);
    });
}

#[test]
#[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
fn fuzz_spf2_record() {
    let seeds =
        ["spf2.0/pra ip4:192.0.2.1 -all", "spf2.7/mfrom,pra,x redirect=%{d}", "SPF2.0/PRA exists:%{l}.a exp=b.c"];
    testkit::fuzz("spf2-record", &seeds, |bytes| {
        if let Some((record, _)) = spf::Record::parse_spf2(bytes) {
            let _ = record.to_string();
        }
    });
}
