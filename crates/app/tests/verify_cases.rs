//! Whole messages through [`auth`]: the differential cases of receivers and the attacks that must fail. Prints what was
//! found with the evidence of DKIM and DMARC (that of SPF has cases of its own), and the field that tells the world.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // tests may fail loudly

use std::fmt::Write as _;
use std::sync::Arc;

use auth::check::authenticate;
use auth::{Check, Envelope, Facts, Methods, Others, Settings};
use lookup::fetch::Shelf;
use lookup::{Data, Zone};
use mailtext::authres::LineEnd;
use mailtext::{Explain, ReversePath};
use testkit::{Case, block_on, cases, evidence};

/// 2026-04-01T09:00:00Z: when the messages of the cases were signed.
const NOW_S: u64 = 1_775_034_000;

#[test]
fn whole_messages() {
    let count = cases("verify", |case| print(&judge(case, zone(case), &case.wire())));
    assert!(count >= 68, "{count}");
}

/// Whatever fails on the way, nothing that failed passes.
#[test]
fn no_failure_of_dns_makes_a_pass() {
    cases("verify", |case| {
        let message = case.wire();
        let whole = judge(case, zone(case), &message);
        let outcome = |facts: &Facts| facts.dmarc.result.result;
        for name in names(case) {
            let mut broken = zone(case);
            broken.fail(&name, None, lookup::Failure::ServFail);
            let got = outcome(&judge(case, broken, &message));
            let wanted = outcome(&whole);
            assert!(got == wanted || got != dmarc::DmarcResult::Pass, "{}: {name} fails, and it passes", case.name);
        }
        print(&whole)
    });
}

fn names(case: &Case) -> Vec<mailtext::Domain> {
    let text = zone(case).to_string();
    let mut names: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with([';', '$']))
        .filter_map(|line| mailtext::Domain::query(line.split(' ').next()?).ok())
        .collect();
    names.dedup();
    names
}

fn zone(case: &Case) -> Zone {
    let mut zone = Zone::new();
    // Every top that the cases use exists.
    zone.add(&testkit::domain("example"), Data::txt("-"), 300);
    match &case.zone {
        Some(given) => testkit::zone(&(zone.to_string() + &given.to_string())),
        None => zone,
    }
}

fn judge(case: &Case, zone: Zone, message: &[u8]) -> Facts {
    let input = &case.input;
    let ip = input.get("ip").map(|ip| ip.parse().unwrap());
    let mail_from = input.get("mail-from").map(str::as_bytes);
    let mut settings = Settings::new("mx.example.jp");
    if input.get("legacy").is_some() {
        settings.dkim.age = dkim::Age::Legacy;
    }
    if input.get("discovery") == Some("psl") {
        settings.dmarc.method = dmarc::Method::SuffixList;
        settings.dmarc.reach = dmarc::Reach::Whole;
    }
    let envelope = Envelope::new(ip, input.get("helo"), mail_from);
    if input.get("methods") != Some("all") {
        return block_on(authenticate(Arc::new(zone), Arc::new(settings), envelope, message, NOW_S));
    }
    let bimi = bimi::Settings { evidence: bimi::EvidenceUse::Ignored, roots: Arc::default() };
    settings.methods = Methods { bimi: Some(bimi), ..Methods::all() };
    let file = testkit::root().join("testdata/cases/verify").join(input.need("documents"));
    let shelf = Shelf::parse(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut check = Check::new(Arc::new(zone), Arc::new(settings), NOW_S).with_fetch(shelf);
    check.envelope(envelope);
    let body = mailtext::Headers::parse(message).body_start();
    check.header(message[..body].to_vec());
    check.body(&message[body..]);
    block_on(check.finish())
}

fn print(facts: &Facts) -> String {
    let mut text = String::new();
    let authors: Vec<String> = facts.from.addresses.mailboxes().map(ToString::to_string).collect();
    let _ = writeln!(text, "from: {}", authors.join(", "));
    if let Some(both) = &facts.spf {
        let null = facts.envelope.mail_from == Some(Ok(ReversePath::Null));
        for checked in [&both.helo.result, &both.mail_from.result] {
            if !null || checked.identity == spf::Identity::MailFrom {
                let domain = checked.domain().map_or("-", mailtext::Domain::as_str);
                let _ = write!(text, "spf {}: {} {domain}", checked.identity.as_str(), checked.verdict);
                let _ = writeln!(text, "{}", checked.reason.as_ref().map(told).unwrap_or_default());
            }
        }
    }
    for outcome in &facts.dkim {
        let found = &outcome.result;
        let domain = found.parsed.domain.as_ref().map_or("-", mailtext::Domain::as_str);
        let _ = write!(text, "dkim: {} d={domain}", found.status.as_str());
        let _ = writeln!(text, "{}", found.problem.as_ref().map(told).unwrap_or_default());
    }
    let message = &facts.dmarc.result;
    let _ = write!(text, "dmarc: {}{}", message.result.as_str(), told(&message.reason));
    let policy = message.policy.map_or("-", |applied| applied.policy.as_str());
    let _ = writeln!(text, " policy={policy} disposition={}", message.disposition.as_str());
    for fact in &facts.facts {
        let _ = writeln!(text, "fact:{}", told(fact));
    }
    for line in evidence(&facts.dmarc.evidence).lines() {
        let _ = writeln!(text, "  {line}");
    }
    text.push_str(&others(&facts.others));
    let field = facts.authentication_results("mx.example.jp", &|what| what.id().to_owned());
    text + &field.to_field(facts.style(LineEnd::Lf))
}

/// The evidence of the other methods, where they were asked for: the field tells their results.
fn others(others: &Others) -> String {
    let mut text = String::new();
    let mut add = |name: &str, steps: String| {
        let _ = writeln!(text, "{name}:");
        steps.lines().for_each(|line| text.push_str(&format!("  {line}\n")));
    };
    // With ARC alone, which is on by default, a message without a chain has nothing to tell.
    for outcome in others.arc.iter().filter(|outcome| !outcome.evidence.is_empty()) {
        add("arc", evidence(&outcome.evidence));
    }
    others.sender_id.iter().for_each(|outcome| add("sender-id", evidence(&outcome.evidence)));
    if let Some(checked) = &others.domainkeys {
        checked.signatures.iter().for_each(|outcome| add("domainkeys", evidence(&outcome.evidence)));
        checked.policy.iter().for_each(|outcome| add("domainkeys policy", evidence(&outcome.evidence)));
    }
    others.adsp.iter().flatten().for_each(|outcome| add("adsp", evidence(&outcome.evidence)));
    others.atps.iter().flatten().for_each(|outcome| add("atps", evidence(&outcome.evidence)));
    others.iprev.iter().for_each(|outcome| add("iprev", evidence(&outcome.evidence)));
    others.null_mx.iter().flatten().for_each(|outcome| add("null-mx", evidence(&outcome.evidence)));
    others.bimi.iter().for_each(|outcome| add("bimi", evidence(&outcome.evidence)));
    text
}

/// ` id name=value`.
fn told(what: &impl Explain) -> String {
    let mut text = format!(" {}", what.id());
    for (name, value) in what.arguments() {
        let _ = write!(text, " {name}={}", value.to_string().escape_debug());
    }
    text
}
