//! The results of a message in words, for the log and for the metrics: one row for each result of each method that is on.

use auth::Facts;
use auth::client::dns_lists::Color;
use auth::client::null_mx::State;
use mailtext::Domain;

/// One result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Found<'a> {
    /// The method, by its name in Authentication-Results where it has one.
    pub(super) method: &'static str,
    /// The result.
    pub(super) result: &'static str,
    /// Of whom: the signer, the list.
    pub(super) of: Option<&'a str>,
}

/// SPF, DKIM and DMARC, which are always on.
pub(super) fn main(facts: &Facts) -> Vec<Found<'_>> {
    let spf = facts.spf.as_ref().map_or("none", |both| both.mail_from.result.verdict.as_str());
    let mut found = vec![Found { method: "spf", result: spf, of: None }];
    if facts.dkim.is_empty() {
        found.push(Found { method: "dkim", result: "none", of: None });
    }
    for outcome in &facts.dkim {
        let of = name(outcome.result.parsed.domain.as_ref());
        found.push(Found { method: "dkim", result: outcome.result.status.as_str(), of });
    }
    found.push(Found { method: "dmarc", result: facts.dmarc.result.result.as_str(), of: None });
    found
}

/// The others, as far as they are on.
pub(super) fn others(facts: &Facts) -> Vec<Found<'_>> {
    let others = &facts.others;
    let mut found = Vec::new();
    let mut put = |method, result, of| found.push(Found { method, result, of });
    if let Some(chain) = &others.arc {
        put("arc", chain.result.result.as_str(), None);
    }
    if let Some(user) = &others.smtp_auth {
        put("auth", user.result.verdict.as_str(), None);
    }
    if let Some(client) = &others.iprev {
        put("iprev", client.result.verdict.as_str(), name(client.result.name.as_ref()));
    }
    for said in others.null_mx.iter().flatten() {
        put("null-mx", null_mx(&said.result.state), Some(said.result.domain.as_str()));
    }
    for entry in others.dns_lists.iter().flat_map(|checked| &checked.entries) {
        let method = match entry.result.color {
            Color::White => "dnswl",
            Color::Black => "dnsbl",
        };
        put(method, entry.result.verdict.as_str(), Some(entry.result.zone.as_str()));
    }
    if let Some(mark) = &others.bimi {
        put("bimi", mark.result.result.as_str(), None);
    }
    if let Some(checked) = &others.sender_id {
        put("sender-id", checked.result.verdict.as_str(), name(checked.result.domain.as_ref()));
    }
    if let Some(checked) = &others.domainkeys {
        if checked.signatures.is_empty() {
            put("domainkeys", "none", None);
        }
        for outcome in &checked.signatures {
            put("domainkeys", outcome.result.status.as_str(), name(outcome.result.parsed.domain.as_ref()));
        }
    }
    for outcome in others.adsp.iter().flatten() {
        put("dkim-adsp", outcome.result.status.as_str(), name(outcome.result.author.as_ref()));
    }
    for outcome in others.atps.iter().flatten() {
        put("dkim-atps", outcome.result.status.as_str(), name(outcome.result.signer.as_ref()));
    }
    found
}

fn null_mx(state: &State) -> &'static str {
    match state {
        State::Published => "published",
        State::Preference(_) | State::Repeated(_) | State::BesideOthers(_) => "malformed",
        State::Absent => "none",
        State::Unknown(_) => "temperror",
    }
}

fn name(domain: Option<&Domain>) -> Option<&str> {
    domain.map(Domain::as_str)
}
