//! Rules about TLS reporting.

use lookup::{Answer, Kind};
use mailtext::TagList;

use super::{claims, uris};
use crate::desk::Desk;
use crate::finding::Findings;
use crate::published::Published;

pub(super) fn one_record(desk: &Desk<'_>, findings: &mut Findings) {
    if let Some(published) = &desk.snapshot.transport.reporting {
        let count = published.texts().filter(|text| text.starts_with(b"v=TLSRPTv1")).count();
        if count > 1 {
            findings.at(published.place()).with("count", count).advise("audit-trp01-fix");
        }
    }
}

pub(super) fn the_version_comes_first(desk: &Desk<'_>, findings: &mut Findings) {
    for (published, text) in meant(desk) {
        let good = text.strip_prefix(b"v=TLSRPTv1").is_some_and(|rest| {
            let rest = rest.trim_ascii_start();
            rest.is_empty() || rest.starts_with(b";")
        });
        if !good {
            let rua = uris(text).join(",");
            let finding = findings.at(published.record(text));
            if !rua.is_empty() {
                finding.publish(published.question.name.clone(), Kind::Txt, format!("v=TLSRPTv1; rua={rua}"));
            }
        }
    }
}

pub(super) fn destinations_are_known(desk: &Desk<'_>, findings: &mut Findings) {
    for (published, text) in meant(desk) {
        let list = uris(text);
        let wrong: Vec<_> = list.iter().filter(|uri| !is_known(uri) && !is_http(uri)).collect();
        if list.is_empty() {
            let mailbox = format!("v=TLSRPTv1; rua=mailto:tls-reports@{}", desk.snapshot.subject.domain);
            findings.at(published.record(text)).publish(published.question.name.clone(), Kind::Txt, mailbox);
        }
        for uri in wrong {
            findings.at(published.record(text)).sentence("audit-trp03-scheme").with("uri", uri.as_str());
        }
    }
}

pub(super) fn destinations_are_encoded(desk: &Desk<'_>, findings: &mut Findings) {
    for (published, text) in meant(desk) {
        for uri in uris(text) {
            if is_http(&uri) {
                findings.at(published.record(text)).sentence("audit-trp04-http").with("uri", uri.as_str());
            } else if uri.contains('!') {
                findings.at(published.record(text)).with("uri", uri.as_str());
            }
        }
    }
}

pub(super) fn destinations_take_mail(desk: &Desk<'_>, findings: &mut Findings) {
    let transport = &desk.snapshot.transport;
    for destination in &transport.destinations {
        let dead = destination.is_null_mx() || matches!(destination.answer, Answer::NxDomain(_));
        if dead {
            findings.at(destination.place());
        } else if destination.question.name == desk.snapshot.subject.domain {
            // When TLS to these hosts fails under "enforce", the reports about it fail with it.
            findings.at(destination.place()).sentence("audit-trp05-own");
        }
    }
}

pub(super) fn one_destination(desk: &Desk<'_>, findings: &mut Findings) {
    for (published, text) in meant(desk) {
        let count = uris(text).len();
        if count > 1 {
            findings.at(published.record(text)).with("count", count);
        }
    }
}

pub(super) fn tags_are_known(desk: &Desk<'_>, findings: &mut Findings) {
    for (published, text) in meant(desk) {
        for tag in TagList::parse(text).0.iter().filter(|tag| !matches!(tag.name, b"v" | b"rua")) {
            let name = String::from_utf8_lossy(tag.name).into_owned();
            findings.at(published.part(text, tag.span)).with("tag", name);
        }
    }
}

fn meant<'a>(desk: &Desk<'a>) -> impl Iterator<Item = (&'a Published, &'a [u8])> {
    let published = desk.snapshot.transport.reporting.iter();
    published
        .flat_map(|published| published.texts().map(move |text| (published, text)))
        .filter(|(_, text)| claims(text, b"v=tlsrpt") || TagList::parse(text).0.get("rua").is_some())
}

fn is_known(uri: &str) -> bool {
    let scheme = uri.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let mailbox = scheme == "mailto" && uri.contains('@');
    mailbox || (scheme == "https" && uri.get(5..8) == Some("://"))
}

fn is_http(uri: &str) -> bool {
    uri.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"))
}
