//! Rules about MTA-STS.

use lookup::fetch::{FetchFailure, Fetched};
use lookup::{Kind, Question};
use mailtext::{Domain, Flaw, TagList, Value};

use super::claims;
use super::policy::{Mode, Policy, PolicyFlaw};
use crate::desk::Desk;
use crate::finding::{Finding, Findings, Fix, Place};
use crate::limits::{MTA_STS_ENFORCE_AGE_S, MTA_STS_TESTING_AGE_S, MTA_STS_TESTING_DAYS};
use crate::published::Published;
use crate::world::Greeting;

const DAY_S: i64 = 86_400;

pub(super) fn one_record(desk: &Desk<'_>, findings: &mut Findings) {
    if let Some(published) = &desk.snapshot.transport.record {
        let count = published.texts().filter(|text| is_record(text)).count();
        if count > 1 {
            findings.at(published.place()).sentence("audit-sts01-several").with("count", count);
        }
        for text in published.texts().filter(|text| claims(text, b"v=sts") && !is_record(text)) {
            let finding = findings.at(published.record(text));
            if let Some(id) = TagList::parse(text).0.value("id") {
                let text = format!("v=STSv1; id={};", String::from_utf8_lossy(id));
                finding.publish(published.question.name.clone(), Kind::Txt, text);
            }
        }
    }
}

pub(super) fn the_id_is_one(desk: &Desk<'_>, findings: &mut Findings) {
    for (published, text) in records(desk) {
        let (tags, _) = TagList::parse(text);
        // RFC 8461 §3.1: 1*32(ALPHA / DIGIT).
        let good =
            tags.value("id").is_some_and(|id| (1..=32).contains(&id.len()) && id.iter().all(u8::is_ascii_alphanumeric));
        if !good {
            let place = tags.get("id").map_or_else(|| published.record(text), |id| published.part(text, id.span));
            findings.at(place).publish(published.question.name.clone(), Kind::Txt, new_id(desk));
        }
    }
}

pub(super) fn a_new_policy_has_a_new_id(desk: &Desk<'_>, findings: &mut Findings) {
    let before = desk.known.history.as_ref().and_then(|history| history.mta_sts.as_ref());
    let (Some((id, policy)), Some(document)) = (before, document(desk)) else { return };
    for (published, text) in records(desk) {
        let same = TagList::parse(text).0.value("id").is_some_and(|now| now == id.as_bytes());
        if same && **policy != *document {
            findings.at(published.record(text)).publish(published.question.name.clone(), Kind::Txt, new_id(desk));
        }
    }
}

/// The time makes an id that was never used.
fn new_id(desk: &Desk<'_>) -> String {
    format!("v=STSv1; id={};", desk.known.now_s)
}

pub(super) fn the_policy_is_there(desk: &Desk<'_>, findings: &mut Findings) {
    let Some((url, fetched)) = &desk.snapshot.transport.document else { return };
    let finding = match fetched {
        // What is too long to be read is STS06; what was not asked for is not known.
        Fetched::Document(_) | Fetched::Failed(FetchFailure::TooLarge | FetchFailure::Disabled) => return,
        Fetched::Status(status) => {
            let finding = findings.found();
            finding.sentence("audit-sts04-status").with("status", u64::from(*status))
        }
        Fetched::Failed(failure) => {
            let finding = findings.found();
            finding.arguments.push(("reason", Value::Word(failure.id())));
            finding
        }
    };
    finding.with("url", url.as_str());
}

pub(super) fn the_policy_is_plain_text(desk: &Desk<'_>, findings: &mut Findings) {
    let Some((url, Fetched::Document(document))) = &desk.snapshot.transport.document else { return };
    let kind = document.content_type.as_deref().unwrap_or_default();
    let bare = kind.split(';').next().unwrap_or_default().trim();
    if !bare.eq_ignore_ascii_case("text/plain") {
        findings.found().with("url", url.as_str()).with("content_type", bare);
    }
}

pub(super) fn the_policy_can_be_read(desk: &Desk<'_>, findings: &mut Findings) {
    if let Some((url, Fetched::Failed(FetchFailure::TooLarge))) = &desk.snapshot.transport.document {
        findings.found().sentence("audit-sts06-long").with("url", url.as_str());
    }
    for_flaws(desk, findings, |flaw| matches!(flaw, PolicyFlaw::Line | PolicyFlaw::Version));
}

pub(super) fn mode_and_age_are_there(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |flaw| {
        matches!(flaw, PolicyFlaw::ModeAbsent | PolicyFlaw::ModeValue | PolicyFlaw::AgeAbsent)
    });
}

pub(super) fn the_age_is_a_number(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |flaw| flaw == PolicyFlaw::AgeValue);
}

pub(super) fn the_age_is_long(desk: &Desk<'_>, findings: &mut Findings) {
    let Some(policy) = desk.snapshot.transport.policy() else { return };
    let wanted_s = match policy.mode {
        Some(Mode::Enforce) => MTA_STS_ENFORCE_AGE_S,
        Some(Mode::Testing) => MTA_STS_TESTING_AGE_S,
        _ => return,
    };
    if let Some(age_s) = policy.max_age_s.filter(|age_s| *age_s < wanted_s) {
        about(desk, findings).with("seconds", age_s).with("limit", wanted_s);
    }
}

pub(super) fn hosts_are_named(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |flaw| flaw == PolicyFlaw::HostsAbsent);
}

pub(super) fn every_mail_host_is_named(desk: &Desk<'_>, findings: &mut Findings) {
    let Some(policy) = enforced(desk) else { return };
    for host in desk.snapshot.hosts.mail_hosts().filter(|host| !policy.matches(host)) {
        about(desk, findings)
            .with("host", host.as_str())
            .fix(Fix::Do("audit-sts11-fix", vec![("host", host.as_str().into())]));
    }
}

pub(super) fn patterns_can_match(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |flaw| flaw == PolicyFlaw::Host);
}

pub(super) fn certificates_hold(desk: &Desk<'_>, findings: &mut Findings) {
    if enforced(desk).is_none() {
        return;
    }
    for host in &desk.snapshot.hosts.hosts {
        let sentence = match &host.greeting {
            Greeting::Plain | Greeting::TlsFailed => "audit-sts13-no-tls",
            Greeting::Tls { certificate, .. } if !certificate.is_for(&host.name) => "audit-sts13-name",
            Greeting::Tls { certificate, .. } if !certificate.is_trusted || certificate.ends_s < desk.known.now_s => {
                "audit-sts13"
            }
            _ => continue,
        };
        about(desk, findings).sentence(sentence).with("host", host.name.as_str());
    }
}

pub(super) fn testing_ends(desk: &Desk<'_>, findings: &mut Findings) {
    let Some(since_s) = desk.known.history.as_ref().and_then(|history| history.mta_sts_mode_since_s) else { return };
    let days = (desk.known.now_s - since_s) / DAY_S;
    if mode(desk) == Some(Mode::Testing) && days > MTA_STS_TESTING_DAYS {
        about(desk, findings).with("days", u64::try_from(days).unwrap_or_default());
    }
}

pub(super) fn none_is_taken_away(desk: &Desk<'_>, findings: &mut Findings) {
    if mode(desk) == Some(Mode::None) {
        about(desk, findings).advise("audit-sts15-fix");
    }
}

pub(super) fn keys_are_known(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |flaw| matches!(flaw, PolicyFlaw::UnknownKey | PolicyFlaw::Duplicate));
}

pub(super) fn reports_are_asked_for(desk: &Desk<'_>, findings: &mut Findings) {
    let (transport, domain) = (&desk.snapshot.transport, &desk.snapshot.subject.domain);
    let failed = transport.reporting.as_ref().is_some_and(|seen| matches!(seen.answer, lookup::Answer::Failed(_)));
    if records(desk).next().is_some()
        && !transport.asks_for_reports()
        && !failed
        && let Ok(name) = domain.prefixed("_smtp._tls")
    {
        let finding = findings.at(Place::of(&Question::txt(name.clone())));
        finding.publish(name, Kind::Txt, format!("v=TLSRPTv1; rua=mailto:tls-reports@{domain}"));
    }
}

fn is_record(text: &[u8]) -> bool {
    text.strip_prefix(b"v=STSv1").is_some_and(|rest| rest.trim_ascii_start().starts_with(b";"))
}

fn records<'a>(desk: &Desk<'a>) -> impl Iterator<Item = (&'a Published, &'a [u8])> {
    let published = desk.snapshot.transport.record.iter();
    published
        .flat_map(|published| published.texts().map(move |text| (published, text)))
        .filter(|(_, text)| is_record(text))
}

fn document<'a>(desk: &Desk<'a>) -> Option<&'a [u8]> {
    match &desk.snapshot.transport.document {
        Some((_, Fetched::Document(document))) => Some(&document.bytes),
        _ => None,
    }
}

fn mode(desk: &Desk<'_>) -> Option<Mode> {
    desk.snapshot.transport.policy().and_then(|policy| policy.mode)
}

fn enforced(desk: &Desk<'_>) -> Option<Policy> {
    desk.snapshot.transport.policy().filter(|policy| policy.mode == Some(Mode::Enforce) && !policy.hosts.is_empty())
}

fn for_flaws(desk: &Desk<'_>, findings: &mut Findings, wanted: impl Fn(PolicyFlaw) -> bool) {
    let Some(text) = document(desk) else { return };
    for Flaw { kind, span } in Policy::parse(text).1.into_iter().filter(|flaw| wanted(flaw.kind)) {
        let line = String::from_utf8_lossy(span.of(text)).into_owned();
        let line = if matches!(kind, PolicyFlaw::ModeAbsent | PolicyFlaw::AgeAbsent | PolicyFlaw::HostsAbsent) {
            String::new()
        } else {
            line.lines().next().unwrap_or_default().to_owned()
        };
        about(desk, findings).with("line", line);
    }
}

/// A finding about the policy file.
fn about<'f>(desk: &Desk<'_>, findings: &'f mut Findings) -> &'f mut Finding {
    let url = desk.snapshot.transport.document.as_ref().map_or("", |(url, _)| url.as_str());
    findings.found().with("url", url)
}

impl crate::world::Certificate {
    /// Whether the certificate is for this host: by its name, or by a star in place of its first label.
    #[must_use]
    pub fn is_for(&self, host: &Domain) -> bool {
        self.names.iter().any(|name| match name.strip_prefix("*.") {
            Some(rest) => host.parent().is_some_and(|parent| parent.as_str().eq_ignore_ascii_case(rest)),
            None => name.eq_ignore_ascii_case(host.as_str()),
        })
    }
}
