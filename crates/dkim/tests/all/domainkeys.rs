//! DomainKeys: testdata/cases/domainkeys, the messages of Mail::DKIM, properties.
//!
//! `.in`: `query-tag: required`; then any number of steps in order – `sign: TAGS` puts a signature on top (`b=` is added),
//! `prepend: FIELD` a field, `replace: OLD => NEW` changes the first place. Escapes as in testdata/cases/dkim.

use std::fmt::Write as _;
use std::fs;

use dkim::domainkeys::{self, Checked, DomainKeysVerifier, Options, QueryTag, Status};
use lookup::{Data, Failure, Lookup, Text, Zone};
use mailtext::Headers;
use proptest::prelude::*;
use testkit::case::Case;

use crate::cases::{replace, unescape};
use crate::domainkeys_forge as forge;
use crate::suites::mail_dkim_zone;

fn message(case: &Case) -> Vec<u8> {
    let mut message = case.wire();
    for (key, value) in case.input.iter() {
        match key {
            "sign" => message = forge::sign(&message, &unescape(value)),
            "prepend" => message = [unescape(value).as_bytes(), b"\r\n", &message].concat(),
            "replace" => {
                let (old, new) = value.split_once(" => ").unwrap();
                message = replace(&message, unescape(old).as_bytes(), unescape(new).as_bytes());
            }
            _ => {}
        }
    }
    message
}

fn options(case: &Case) -> Options {
    let query_tag =
        if case.input.get("query-tag") == Some("required") { QueryTag::Required } else { QueryTag::Optional };
    Options { query_tag, ..Options::default() }
}

fn run(case: &Case, lookup: &(impl Lookup + Sync)) -> Checked {
    testkit::block_on(domainkeys::verify(lookup, &message(case), options(case)))
}

fn print(checked: &Checked) -> String {
    let mut text = format!("{} signatures\n", checked.signatures.len());
    for outcome in &checked.signatures {
        let verification = &outcome.result;
        let show = |domain: Option<&mailtext::Domain>| domain.map_or("-".to_owned(), ToString::to_string);
        let (d, s) = (show(verification.parsed.domain.as_ref()), show(verification.parsed.selector.as_ref()));
        let testing = if verification.testing { " testing" } else { "" };
        let _ = writeln!(text, "{} d={d} s={s}{testing}", verification.status.as_str());
        for line in testkit::case::evidence(&outcome.evidence).lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    if let Some(policy) = &checked.policy {
        let _ = writeln!(text, "policy: signs all: {}", policy.result.signs_all());
        for line in testkit::case::evidence(&policy.evidence).lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

#[test]
fn all_cases_come_out_as_wanted() {
    let count = testkit::cases("domainkeys", |case| print(&run(case, case.zone())));
    assert!(count >= 20, "{count} cases");
}

/// The n-th question fails: a temporary error, or the outcome unchanged; never a pass that was none.
#[test]
fn no_failure_makes_a_pass() {
    testkit::cases("domainkeys", |case| {
        testkit::every_nth_failure(
            case.zone(),
            |lookup| {
                let signatures = run(case, lookup).signatures;
                signatures.iter().map(|outcome| outcome.result.status).collect::<Vec<_>>()
            },
            |whole, broken| {
                whole.len() == broken.len()
                    && whole.iter().zip(broken).all(|(whole, broken)| whole == broken || *broken == Status::TempError)
            },
        );
        print(&run(case, case.zone()))
    });
}

fn statuses(zone: &Zone, message: &[u8], options: Options) -> Vec<Status> {
    let checked = testkit::block_on(domainkeys::verify(zone, message, options));
    checked.signatures.iter().map(|outcome| outcome.result.status).collect()
}

/// Mail::DKIM speaks of a message: pass when a signature passes, else fail when one fails, else invalid.
fn mail_dkim_word(statuses: &[Status]) -> &'static str {
    match () {
        () if statuses.contains(&Status::Pass) => "pass",
        () if statuses.contains(&Status::Fail) => "fail",
        () => "invalid",
    }
}

/// The table wants a message without `q=` once to pass (good_dk_2) and once not (bad_dk_3): each holds under one of the
/// two readings of `q=`. RFC 4870 §3.3 demands the tag; the verifier of that suite no longer does, and passes both.
#[test]
fn messages_of_mail_dkim() {
    let Some(directory) = testkit::suite("dkim/mail-dkim") else { return };
    let zone = mail_dkim_zone(&directory);
    let table = fs::read_to_string(directory.join("expected.tsv")).unwrap();
    let (mut rows, mut wrong) = (0, Vec::new());
    for line in table.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (file, wanted, kinds) = (columns[0], columns[1], columns[3]);
        if !kinds.split('+').all(|kind| kind == "DK") {
            continue;
        }
        rows += 1;
        let message = testkit::wire(fs::read(directory.join("t/corpus").join(file)).unwrap());
        let reading = |query_tag| statuses(&zone, &message, Options { query_tag, ..Options::default() });
        let (lenient, strict) = (reading(QueryTag::Optional), reading(QueryTag::Required));
        let (lenient_wanted, strict_wanted) = match file {
            "good_dk_2.txt" => (wanted, "invalid"),
            "bad_dk_3.txt" => ("pass", wanted),
            _ => (wanted, wanted),
        };
        if (mail_dkim_word(&lenient), mail_dkim_word(&strict)) != (lenient_wanted, strict_wanted) {
            wrong.push(format!("{file}: wanted {wanted}, got {lenient:?}, with q= required {strict:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "{} of {rows}", wrong.len());
    println!("mail-dkim: {rows} messages with DomainKeys, under both readings of q=");
    assert_eq!(rows, 17);
}

/// What Mail::DKIM signed, when tests/e2e/domainkeys.sh or a person left it in a folder: `*.eml` must pass,
/// `*.broken` must not; `zone` is the DNS.
#[test]
fn messages_signed_by_mail_dkim() {
    let Some(folder) = std::env::var_os("SEKISHO_DOMAINKEYS_MESSAGES").map(std::path::PathBuf::from) else {
        println!("skipped: SEKISHO_DOMAINKEYS_MESSAGES names no folder");
        return;
    };
    let zone = Zone::parse(&fs::read_to_string(folder.join("zone")).unwrap()).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        let wanted = match path.extension().and_then(|extension| extension.to_str()) {
            Some("eml") => Status::Pass,
            Some("broken") => Status::Fail,
            _ => continue,
        };
        count += 1;
        let got = statuses(&zone, &testkit::wire(fs::read(&path).unwrap()), Options::default());
        if got != [wanted] {
            wrong.push(format!("{}: {got:?}", path.display()));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    println!("{count} messages signed by Mail::DKIM");
    assert!(count >= 8, "{count}");
}

fn zone() -> Zone {
    let mut zone = Zone::new();
    let record = format!("k=rsa; p={}", forge::PUBLIC);
    zone.add(&testkit::domain("k._domainkey.example.jp"), Data::Txt(Text::from_strings([record])), 60);
    zone
}

#[test]
fn a_message_without_signature_asks_nothing() {
    let headers = Headers::parse(b"From: a@example.jp\r\n\r\n");
    let verifier = DomainKeysVerifier::new(&headers, Options::default());
    assert!(verifier.questions().is_empty());
    assert_eq!(verifier.policy_question().unwrap().name.as_str(), "_domainkey.example.jp");
    assert!(verifier.finish(&[]).is_empty());
}

#[test]
fn the_limit_of_signatures_below_at_and_above() {
    let max = dkim::limits::DOMAINKEYS_SIGNATURE_COUNT_MAX;
    let mut message = b"From: a@example.jp\r\n\r\nhello\r\n".to_vec();
    for count in 1..=max + 1 {
        message = forge::sign(&message, "q=dns; c=nofws; d=example.jp; s=k; h=from;");
        let got = statuses(&zone(), &message, Options::default());
        assert_eq!(got.len(), count);
        assert!(got.iter().take(max).all(|status| *status == Status::Pass));
        assert!(got.iter().skip(max).all(|status| *status == Status::Policy));
    }
}

#[test]
fn late_answers_are_temporary_errors() {
    let message = forge::sign(b"From: a@example.jp\r\n\r\nhello\r\n", "q=dns; c=simple; d=example.jp; s=k;");
    let mut zone = zone();
    zone.fail(&testkit::domain("k._domainkey.example.jp"), None, Failure::Timeout);
    assert_eq!(statuses(&zone, &message, Options::default()), [Status::TempError]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// The whole canonical form of the test's own signer against the stream, in any chunks.
    #[test]
    fn what_is_signed_verifies_in_any_chunks(
        nofws: bool,
        listed: bool,
        body in "([ \ta-c]{0,6}(\r\n)?){0,12}",
        subject in "[ \ta-z]{0,20}(\r\n [a-z]{1,5})?",
        cuts in proptest::collection::vec(0_usize..80, 0..5),
    ) {
        let c = if nofws { "nofws" } else { "simple" };
        let h = if listed { "h=subject:from:to;" } else { "" };
        let plain = format!("Subject:{subject}\r\nFrom: a@example.jp\r\nTo: b@example.com\r\n\r\n{body}");
        let message = forge::sign(plain.as_bytes(), &format!("a=rsa-sha1; q=dns; c={c}; d=example.jp; s=k; {h}"));
        let headers = Headers::parse(&message);
        let mut verifier = DomainKeysVerifier::new(&headers, Options::default());
        let mut rest = &message[headers.body_start()..];
        for cut in cuts {
            let (chunk, after) = rest.split_at(cut.min(rest.len()));
            verifier.body(chunk);
            rest = after;
        }
        verifier.body(rest);
        let answers: Vec<_> = verifier.questions().iter().map(|question| zone().answer(question)).collect();
        let outcomes = verifier.finish(&answers);
        prop_assert_eq!(outcomes[0].result.status, Status::Pass, "{:?}", plain);
        // Any letter added to the body is noticed.
        let changed = [&message[..], b"x"].concat();
        prop_assert_eq!(statuses(&zone(), &changed, Options::default()), [Status::Fail]);
    }

    #[test]
    fn nothing_panics(field in proptest::collection::vec(any::<u8>(), 0..200), body in proptest::collection::vec(any::<u8>(), 0..50)) {
        let mut message = b"DomainKey-Signature: ".to_vec();
        message.extend_from_slice(&field);
        message.extend_from_slice(b"\r\nFrom: a@example.jp\r\n\r\n");
        message.extend_from_slice(&body);
        let got = statuses(&zone(), &message, Options::default());
        prop_assert!(!got.contains(&Status::Pass));
    }
}

/// Every parser of the historic and experimental methods, and the streaming form against the whole one.
#[test]
#[ignore = "fuzz target"]
fn fuzz_domainkeys() {
    let seeds = [
        "a=rsa-sha1; s=brisbane; d=example.jp; c=nofws; q=dns; h=from:to; b=AAAA",
        "t=y; o=-; n=notes; r=a@example.jp",
        "dkim=discardable; ra=a=40b; rp=10; rr=s:u; rs=no",
        "v=ATPS1; d=example.jp",
        "a \tb\r\n\r\n c\r\n\r\n",
    ];
    testkit::fuzz("domainkeys", &seeds, |bytes| {
        let _ = domainkeys::Parsed::parse(bytes, QueryTag::Optional);
        let _ = domainkeys::Policy::parse(bytes);
        let _ = dkim::adsp::Record::parse(bytes);
        let _ = dkim::atps::Reply::parse(bytes);
        let (reports, flaws) = dkim::reporting::Reports::parse(bytes);
        assert!(reports.percentage.get() <= 100);
        assert!(flaws.iter().all(|flaw| flaw.span.end as usize <= bytes.len()));
        let Ok(body) = std::str::from_utf8(bytes) else { return };
        let message = format!("From: a@example.jp\r\n\r\n{body}");
        for (kind, nofws) in
            [(domainkeys::Canonicalization::Simple, false), (domainkeys::Canonicalization::Nofws, true)]
        {
            let mut streamed = Vec::new();
            let mut canonicalizer = domainkeys::canonical::Canonicalizer::new(kind);
            canonicalizer.header(b"From: a@example.jp", &mut |piece| streamed.extend_from_slice(piece));
            for chunk in body.as_bytes().chunks(3) {
                canonicalizer.body(chunk, &mut |piece| streamed.extend_from_slice(piece));
            }
            canonicalizer.finish(&mut |piece| streamed.extend_from_slice(piece));
            assert_eq!(streamed, forge::canonical(message.as_bytes(), nofws, None));
        }
    });
}
