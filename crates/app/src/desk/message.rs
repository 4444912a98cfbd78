//! `sekisho check --message`: messages, verified as `verify` does it, and judged by the rules about messages.

use std::io::Write;
use std::net::IpAddr;
use std::path::PathBuf;

use audit::families::letter::one_click;
use audit::guideline::Level;
use audit::known::{LetterFacts, SignatureFacts, Statement};
use audit::profile::{Profile, Seen};
use audit::{Finding, Letter, Severity, rule};
use auth::Facts;
use auth::client::iprev;
use clap::{Args, ValueHint};
use dashboard::told;
use dkim::canonical::Canonicalization;
use dkim::{Signature, Status};
use dmarc::DmarcResult;
use mailtext::received::Received;
use mailtext::{Headers, Value};
use serde_json::json;
use spf::Verdict;

use super::check::{FailOn, Format};
use super::profile::Holding;
use super::{html, json, text};
use crate::cli::{VerifyArguments, VerifyFormat};
use crate::common::Common;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::paint::{Paint, Tone};
use crate::say::Say;
use crate::verify::{self, Judged, Letters, Place, decisive, heading};

/// What is asked of messages.
#[derive(Args, Debug)]
pub(super) struct MessageArguments {
    /// Judge messages as well, or alone: files, mbox files, Maildir directories; - for standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub(super) message: Vec<PathBuf>,
    /// Address of the client that the messages come from; without it SPF is not evaluated
    #[arg(long, value_name = "IP", requires = "message")]
    ip: Option<String>,
    /// Name that the client gives in HELO or EHLO
    #[arg(long, value_name = "NAME", requires = "message", allow_hyphen_values = true)]
    helo: Option<String>,
    /// Sender of the envelope; '<>' for none
    #[arg(long, value_name = "ADDRESS", requires = "message", allow_hyphen_values = true)]
    mail_from: Option<String>,
    /// Without --ip, take the client's address from the topmost Received field that has one
    #[arg(long, requires = "message")]
    trace: bool,
    /// The messages are sent to many; a List-Unsubscribe field says so, too
    #[arg(long)]
    pub(super) bulk: bool,
    /// Share of the messages that readers call spam, per cent, as a receiver's postmaster tools tell it
    #[arg(long, value_name = "PERCENT", value_parser = hundredths)]
    pub(super) spam_rate: Option<u32>,
}

/// How what was found is shown.
pub(super) struct Showing<'a> {
    pub(super) common: &'a Common,
    pub(super) format: Format,
    pub(super) fail_on: &'a [FailOn],
    pub(super) profiles: &'a [Profile],
    pub(super) paint: Paint,
    pub(super) out: &'a mut dyn Write,
}

/// A message with what was found of it.
struct Told<'a> {
    file: String,
    facts: &'a Facts,
    letter: &'a Letter<'a>,
    findings: &'a [Finding],
    profiles: &'a [Holding<'a>],
}

struct Desk<'a> {
    showing: Showing<'a>,
    bulk: bool,
    spam_rate: Option<u32>,
    statements: Vec<Statement>,
}

/// Judges the messages, and tells what was found.
///
/// # Errors
/// An option is wrong, or the output cannot be written.
pub(super) fn run(arguments: &MessageArguments, showing: Showing<'_>) -> Result<ExitCode, Failure> {
    let asked = VerifyArguments {
        files: arguments.message.clone(),
        ip: arguments.ip.clone(),
        helo: arguments.helo.clone(),
        mail_from: arguments.mail_from.clone(),
        rcpt: Vec::new(),
        authserv_id: None,
        trace: arguments.trace,
        explain: false,
        fail_on: Vec::new(),
        // The rules ask for nothing that BIMI's documents say.
        no_fetch: true,
        tape: None,
        replay: None,
        legacy: false,
        discovery: None,
        format: VerifyFormat::Text,
    };
    let common = showing.common;
    let statements = common.config().audit.statements();
    let mut desk = Desk { showing, bulk: arguments.bulk, spam_rate: arguments.spam_rate, statements };
    verify::run_by_letters(common, asked, &mut desk)
}

impl Letters for Desk<'_> {
    fn take(&mut self, judged: &Judged) -> Result<ExitCode, Failure> {
        let headers = Headers::parse(&judged.header);
        let facts = letter_facts(&judged.facts, &headers, self.bulk, self.spam_rate);
        let letter = Letter { headers: &headers, facts: &facts };
        let findings = rule::judge_message(&letter);
        let seen = Seen {
            letter: Some(&letter),
            findings: &findings,
            spam_rate: self.spam_rate,
            is_bulk: facts.is_bulk,
            statements: &self.statements,
            ..Seen::default()
        };
        let hold = |profile| Holding { profile, held: audit::profile::judge(profile, &seen) };
        let profiles: Vec<_> = self.showing.profiles.iter().map(hold).collect();
        let say = self.showing.common.say();
        let told = Told {
            file: heading(&judged.place, say),
            facts: &judged.facts,
            letter: &letter,
            findings: &findings,
            profiles: &profiles,
        };
        let shown = match self.showing.format {
            Format::Text => told.text(say, self.showing.paint),
            Format::Json => format!("{}\n", told.json(&judged.place, say)),
            Format::Html => told.html(say),
        };
        self.showing.out.write_all(shown.as_bytes())?;
        let found = |least: Severity| findings.iter().any(|finding| finding.severity >= least);
        let unmet = |least: Level| profiles.iter().any(|profile| profile.fails(least));
        let fails = self.showing.fail_on.iter().any(|what| match what {
            FailOn::Error => found(Severity::Error),
            FailOn::Warning => found(Severity::Warning),
            FailOn::Must => unmet(Level::Must),
            FailOn::Should => unmet(Level::Should),
        });
        Ok(if fails { ExitCode::DoesNotHold } else { ExitCode::Done })
    }

    fn refuse(&mut self, place: &Place, failure: &Failure) -> Result<(), Failure> {
        let say = self.showing.common.say();
        let line = match self.showing.format {
            // Standard error has told it.
            Format::Text => return Ok(()),
            Format::Json => crate::json::bad_input(place, failure, say),
            Format::Html => html::refused(&heading(place, say), &say.explain(failure)),
        };
        Ok(self.showing.out.write_all(line.as_bytes())?)
    }
}

impl Told<'_> {
    fn text(&self, say: &Say, paint: Paint) -> String {
        let mut out = paint.tone(Tone::Strong, &text::summary(&self.file, self.findings, say)) + "\n";
        for line in self.lines(say) {
            out.push_str("  ");
            out.push_str(&line);
            out.push('\n');
        }
        text::findings(self.findings, say, paint, &mut out);
        self.profiles.iter().for_each(|profile| profile.text(say, paint, &mut out));
        out.push('\n');
        out
    }

    fn html(&self, say: &Say) -> String {
        html::message(&self.file, &self.lines(say), self.findings, self.profiles, say)
    }

    fn json(&self, place: &Place, say: &Say) -> serde_json::Value {
        let facts = self.letter.facts;
        let findings: Vec<_> = self.findings.iter().map(|one| told::finding(one, say)).collect();
        let spf = self.facts.spf.as_ref().map(|both| &both.mail_from.result);
        let signatures = self.facts.dkim.iter().map(|outcome| &outcome.result);
        let mut object = json!({
            "file": place.file,
            "number": place.number,
            "from": facts.author.as_ref().map(mailtext::Domain::as_str),
            "spf": spf.map(|one| json!({ "result": one.verdict.as_str(), "domain": one.domain().map(mailtext::Domain::as_str) })),
            "dkim": signatures.map(|one| json!({
                "result": one.status.as_str(),
                "domain": one.parsed.domain.as_ref().map(mailtext::Domain::as_str),
                "selector": one.parsed.selector.as_ref().map(mailtext::Domain::as_str),
            })).collect::<Vec<_>>(),
            "dmarc": { "result": self.facts.dmarc.result.result.as_str() },
            "bulk": facts.is_bulk,
            "one_click": one_click(self.letter).as_str(),
            "tls": facts.tls,
            "findings": findings,
        });
        json::add_profiles(&mut object, self.profiles, say);
        object
    }

    /// What verification found, a line each.
    fn lines(&self, say: &Say) -> Vec<String> {
        let line = |method: &'static str, result: &'static str, about: String| {
            let arguments =
                [("method", Value::from(method)), ("result", Value::from(result)), ("about", Value::Text(about))];
            say.say("check-message-method", &arguments)
        };
        let mut lines = Vec::new();
        lines.push(match self.facts.spf.as_ref().map(|both| &both.mail_from.result) {
            Some(one) => line("SPF", one.verdict.as_str(), one.domain().map_or_else(String::new, ToString::to_string)),
            None => say.word("check-message-no-spf"),
        });
        for one in self.facts.dkim.iter().map(|outcome| &outcome.result) {
            let part = |name: &Option<mailtext::Domain>| name.as_ref().map_or("?", |name| name.as_str()).to_owned();
            let about = format!("d={} s={}", part(&one.parsed.domain), part(&one.parsed.selector));
            lines.push(line("DKIM", one.status.as_str(), about));
        }
        if self.facts.dkim.is_empty() {
            lines.push(say.word("check-message-no-dkim"));
        }
        let author = self.letter.facts.author.as_ref().map_or_else(String::new, ToString::to_string);
        lines.push(line("DMARC", self.facts.dmarc.result.result.as_str(), author));
        let bulk = if self.letter.facts.is_bulk { "many" } else { "few" };
        let offered = one_click(self.letter).as_str();
        lines.push(say.say("check-message-bulk", &[("bulk", Value::Word(bulk)), ("offered", Value::Word(offered))]));
        lines
    }
}

/// What the rules want to know of a message, out of what verification found.
fn letter_facts(facts: &Facts, headers: &Headers<'_>, bulk: bool, spam_rate: Option<u32>) -> LetterFacts {
    let spf = facts.spf.as_ref().map(|both| &both.mail_from.result);
    let decisive = decisive(facts);
    let author = decisive.map(|one| one.discovery.author_domain.clone());
    // The list's organization stands in where DNS names none: it is what most receivers take today.
    let organization = decisive.map(|one| {
        let discovery = &one.discovery;
        discovery.organizational_domain().unwrap_or_else(|| discovery.psl_organizational_domain())
    });
    let reverse = facts.others.iprev.as_ref().and_then(|outcome| match outcome.result.verdict {
        iprev::Verdict::Pass => Some(true),
        iprev::Verdict::Fail | iprev::Verdict::PermError => Some(false),
        iprev::Verdict::TempError => None,
    });
    LetterFacts {
        spf: spf.and_then(|one| Some((one.verdict == Verdict::Pass, one.domain()?.clone()))),
        signatures: facts.dkim.iter().filter_map(|outcome| signature(&outcome.result)).collect(),
        author,
        organization,
        dmarc: match facts.dmarc.result.result {
            DmarcResult::Pass => Some(true),
            DmarcResult::Fail | DmarcResult::PermError => Some(false),
            DmarcResult::None | DmarcResult::TempError => None,
        },
        dns_failed: spf.is_some_and(|one| one.verdict == Verdict::TempError)
            || facts.dkim.iter().any(|outcome| outcome.result.status == Status::TempError)
            || facts.dmarc.result.result == DmarcResult::TempError,
        reverse,
        // RFC 2369 §3.2: the field is for mail of lists and for whoever writes to many.
        is_bulk: bulk || headers.named("list-unsubscribe").next().is_some(),
        tls: tls(headers),
        spam_rate,
    }
}

/// A signature that can be read; one that cannot be says nothing of what it covers.
fn signature(found: &dkim::Verification) -> Option<SignatureFacts> {
    let signature: &Signature = found.parsed.signature.as_ref().ok()?;
    let seconds = |time: Option<u64>| time.map(|time| i64::try_from(time).unwrap_or(i64::MAX));
    let name = |name: &[u8]| String::from_utf8_lossy(name).to_ascii_lowercase().into_boxed_str();
    Some(SignatureFacts {
        domain: signature.domain.clone(),
        selector: signature.selector.as_str().into(),
        holds: found.status == Status::Pass,
        fields: signature.header_fields.iter().map(|(_, field)| name(field)).collect(),
        body_length: signature.body_length,
        simple_header: signature.header_canonicalization == Canonicalization::Simple,
        signed_s: seconds(signature.timestamp_s),
        expires_s: seconds(signature.expiration_s),
        identity: signature.identity.as_ref().map(|identity| identity.domain.clone()),
    })
}

/// How the message came over the network: what the topmost field says that names a client there.
fn tls(headers: &Headers<'_>) -> Option<Box<str>> {
    let mut hops = headers.named("received").map(|field| (Received::parse(field.value), field.value));
    let (hop, value) = hops.find(|(hop, _)| hop.ip.is_some())?;
    let is_near = match hop.ip? {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    if is_near {
        return None;
    }
    match (Received::tls_version(value), hop.protocol.as_deref()) {
        (Some(version), _) => Some(version.into()),
        // The S says that TLS was used; what has none was sent in the clear.
        (None, Some(word)) if ["SMTP", "ESMTP", "ESMTPA"].iter().any(|plain| word.eq_ignore_ascii_case(plain)) => {
            Some("none".into())
        }
        (None, _) => None,
    }
}

/// `0.25`, in hundredths of a per cent.
pub(super) fn hundredths(text: &str) -> Result<u32, String> {
    let wrong = || "0 to 100, with two decimals at most: 0.08".to_owned();
    let text = text.strip_suffix('%').unwrap_or(text);
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= 3;
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 2 {
        return Err(wrong());
    }
    let whole: u32 = whole.parse().map_err(|_| wrong())?;
    let part: u32 = format!("{part:0<2}").parse().map_err(|_| wrong())?;
    Some(whole * 100 + part).filter(|rate| *rate <= 10_000).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates() {
        for (text, rate) in [("0", 0), ("0.1", 10), ("0.08", 8), ("0.30%", 30), ("100", 10_000), ("12.34", 1_234)] {
            assert_eq!(hundredths(text), Ok(rate), "{text}");
        }
        for text in ["", ".", "-1", "0.123", "100.01", "101", "9999", "1e2", "0,1", "１"] {
            assert!(hundredths(text).is_err(), "{text}");
        }
    }

    #[test]
    fn how_a_message_came() {
        let of = |received: &str| {
            let header = format!("Received: {received}; Mon, 23 Nov 2026 10:00:00 +0900\r\nFrom: a@example.jp\r\n\r\n");
            tls(&Headers::parse(header.as_bytes()))
        };
        let from = "from a.example (a.example [192.0.2.1]) by mx.example";
        assert_eq!(of(&format!("{from} with ESMTP id 1")).as_deref(), Some("none"));
        assert_eq!(of(&format!("{from} (using TLSv1.2 with cipher x) with ESMTPS id 1")).as_deref(), Some("1.2"));
        assert_eq!(of(&format!("{from} with ESMTPS id 1")).as_deref(), None);
        assert_eq!(of("from a (localhost [127.0.0.1]) by mx.example with ESMTP id 1").as_deref(), None);
        assert_eq!(of("by mx.example with SMTP id 1").as_deref(), None);
    }
}
