//! The rules MXN01 to MXN12.

use std::collections::BTreeSet;
use std::net::IpAddr;

use lookup::{Answer, Data, Dnssec, Kind};
use mailtext::Rule as Reference;

use super::MailHost;
use crate::desk::Desk;
use crate::finding::Findings;
use crate::presence::Presence;
use crate::rule::{Rule, domain};
use crate::severity::Severity::{Error, Info, Warning};
use crate::subject::Usage;
use crate::world::Greeting;

const fn null(section: &'static str) -> Reference {
    Reference("RFC 7505", section)
}

const SENDERS: Reference = Reference("Gmail sender guidelines", "PTR");

/// The rules.
pub(super) const RULES: &[Rule] = &[
    domain("MXN01", "audit-mxn01", Error, null("3"), a_null_mx_stands_alone),
    domain("MXN02", "audit-mxn02", Warning, null("3"), a_null_mx_has_preference_zero),
    domain("MXN03", "audit-mxn03", Warning, null("4.2"), a_null_mx_sends_nothing),
    domain("MXN04", "audit-mxn04", Warning, null("4.2"), a_null_mx_says_so_everywhere),
    domain("MXN05", "audit-mxn05", Info, null("1"), addresses_are_not_taken_for_mail_hosts),
    domain("MXN06", "audit-mxn06", Error, Reference("RFC 5321", "5.1"), mail_hosts_are_hosts),
    domain("MXN07", "audit-mxn07", Warning, Reference("RFC 1918", "3"), mail_hosts_are_public),
    domain("MXN08", "audit-mxn08", Warning, SENDERS, senders_have_confirmed_names),
    domain("MXN09", "audit-mxn09", Warning, SENDERS, senders_have_names_of_their_own),
    domain("MXN10", "audit-mxn10", Info, Reference("RFC 2182", "3.1"), mail_hosts_are_several),
    domain("MXN11", "audit-mxn11", Warning, Reference("RFC 3207", "4"), mail_hosts_speak_tls),
    domain("MXN12", "audit-mxn12", Info, Reference("RFC 7672", "2.2"), signed_zones_have_associations),
];

fn a_null_mx_stands_alone(desk: &Desk<'_>, findings: &mut Findings) {
    let exchanges = &desk.snapshot.hosts.exchanges;
    let null = exchanges.answer.data().iter().any(|data| matches!(data, Data::Mx(mx) if mx.exchange.is_none()));
    if null && exchanges.answer.data().len() > 1 {
        findings.at(exchanges.place()).advise("audit-mxn01-fix");
    }
}

fn a_null_mx_has_preference_zero(desk: &Desk<'_>, findings: &mut Findings) {
    let exchanges = &desk.snapshot.hosts.exchanges;
    for data in exchanges.answer.data() {
        if let Data::Mx(mx) = data
            && mx.exchange.is_none()
            && mx.preference != 0
        {
            let finding = findings.at(exchanges.place());
            finding.with("preference", u64::from(mx.preference));
            finding.publish(exchanges.question.name.clone(), Kind::Mx, "0 .");
        }
    }
}

fn a_null_mx_sends_nothing(desk: &Desk<'_>, findings: &mut Findings) {
    let sent = desk.known.reports.as_ref().is_some_and(|reports| reports.own > 0);
    if desk.snapshot.hosts.is_null() && (sent || desk.snapshot.subject.usage == Usage::Mail) {
        findings.at(desk.snapshot.hosts.exchanges.place());
    }
}

fn a_null_mx_says_so_everywhere(desk: &Desk<'_>, findings: &mut Findings) {
    let snapshot = desk.snapshot;
    if !snapshot.hosts.is_null() || snapshot.subject.usage == Usage::Mail {
        return;
    }
    let domain = &snapshot.subject.domain;
    let apex = &snapshot.dmarc.apex;
    if !apex.texts().any(|text| text.eq_ignore_ascii_case(b"v=spf1 -all")) && apex.unanswered().is_none() {
        findings.at(apex.place()).publish(domain.clone(), Kind::Txt, "v=spf1 -all");
    }
    if snapshot.dmarc.policy() != Some(dmarc::Policy::Reject)
        && !matches!(snapshot.dmarc.presence(), Presence::Unanswered(..))
        && let Ok(name) = domain.prefixed("_dmarc")
    {
        let finding = findings.at(snapshot.hosts.exchanges.place());
        finding.sentence("audit-mxn04-dmarc").publish(name, Kind::Txt, "v=DMARC1; p=reject; adkim=s; aspf=s");
    }
}

fn addresses_are_not_taken_for_mail_hosts(desk: &Desk<'_>, findings: &mut Findings) {
    let hosts = &desk.snapshot.hosts;
    let addresses = hosts.own.iter().any(|own| !own.answer.data().is_empty());
    if addresses && matches!(hosts.exchanges.answer, Answer::NoData(_)) {
        let finding = findings.at(hosts.exchanges.place());
        finding.publish(hosts.exchanges.question.name.clone(), Kind::Mx, "0 .");
    }
}

fn mail_hosts_are_hosts(desk: &Desk<'_>, findings: &mut Findings) {
    for host in &desk.snapshot.hosts.hosts {
        let name = host.name.as_str();
        let literal = name.parse::<IpAddr>().is_ok();
        let alias = host.alias.answer.data().iter().find_map(|data| match data {
            Data::Cname(target) => Some(target),
            _ => None,
        });
        let sentence = if literal {
            "audit-mxn06-address"
        } else if name == "localhost" || name.ends_with(".localhost") {
            "audit-mxn06-localhost"
        } else if alias.is_some() {
            "audit-mxn06-alias"
        } else if host.ip4.answer.is_void() && host.ip6.answer.is_void() {
            "audit-mxn06"
        } else {
            continue;
        };
        let finding = findings.at(desk.snapshot.hosts.exchanges.place());
        finding.sentence(sentence).with("host", name);
        if let (Some(target), "audit-mxn06-alias") = (alias, sentence) {
            finding.with("target", target.as_str());
            let mended = format!("{} {target}.", host.preference);
            finding.publish(desk.snapshot.hosts.exchanges.question.name.clone(), Kind::Mx, mended);
        }
    }
}

fn mail_hosts_are_public(desk: &Desk<'_>, findings: &mut Findings) {
    for host in &desk.snapshot.hosts.hosts {
        let mut addresses = host.addresses().peekable();
        if addresses.peek().is_some() && addresses.all(is_private) && !host.is_uncertain() {
            findings.at(host.ip4.place()).with("host", host.name.as_str());
        }
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let shared = matches!(address.octets(), [100, 64..=127, _, _]);
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
                || shared
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
        }
    }
}

fn senders_have_confirmed_names(desk: &Desk<'_>, findings: &mut Findings) {
    for sender in &desk.snapshot.hosts.senders {
        if matches!(sender.names.answer, Answer::Failed(_)) || is_private(sender.address) {
            continue;
        }
        let finding = match (sender.names.answer.data(), &sender.confirmed[..]) {
            ([], _) => findings.at(sender.names.place()),
            // A name that could not be asked may lead back.
            (_, []) if sender.is_uncertain => continue,
            ([first, ..], []) => {
                let finding = findings.at(sender.names.place());
                finding.sentence("audit-mxn08-unconfirmed").with("host", first.to_string().trim_end_matches('.'))
            }
            _ => continue,
        };
        finding.with("ip", sender.address.to_string());
    }
}

fn senders_have_names_of_their_own(desk: &Desk<'_>, findings: &mut Findings) {
    for sender in &desk.snapshot.hosts.senders {
        for name in sender.confirmed.iter().filter(|name| is_generic(name.as_str(), sender.address)) {
            let finding = findings.at(sender.names.place());
            finding.with("ip", sender.address.to_string()).with("host", name.as_str());
        }
    }
}

/// Whether a name is made of the address, or says that it is one of many: what filters take for a dial-up line.
fn is_generic(name: &str, address: IpAddr) -> bool {
    const WORDS: [&str; 8] = ["dynamic", "dyn", "dhcp", "pool", "dialup", "ppp", "dsl", "broadband"];
    let words = name.split(['.', '-', '_']);
    let says = words.clone().any(|word| WORDS.contains(&word.trim_end_matches(|digit: char| digit.is_ascii_digit())));
    let IpAddr::V4(address) = address else { return says };
    let numbers: Vec<_> = name.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let octets = address.octets().map(|octet| octet.to_string());
    let within =
        octets.iter().filter(|octet| numbers.iter().any(|number| number.trim_start_matches('0') == **octet)).count();
    says || (within >= 3 && numbers.len() >= 3)
}

fn mail_hosts_are_several(desk: &Desk<'_>, findings: &mut Findings) {
    let hosts = &desk.snapshot.hosts.hosts;
    if hosts.iter().any(MailHost::is_uncertain) {
        return;
    }
    let addresses: BTreeSet<IpAddr> = hosts.iter().flat_map(MailHost::addresses).collect();
    let networks: BTreeSet<_> = addresses
        .iter()
        .map(|address| match address {
            IpAddr::V4(address) => address.octets()[..3].to_vec(),
            IpAddr::V6(address) => address.octets()[..6].to_vec(),
        })
        .collect();
    if hosts.len() == 1 && addresses.len() == 1 {
        findings.at(desk.snapshot.hosts.exchanges.place());
    } else if addresses.len() > 1 && networks.len() == 1 {
        let finding = findings.at(desk.snapshot.hosts.exchanges.place());
        finding.sentence("audit-mxn10-network").severity(Warning);
    }
}

fn mail_hosts_speak_tls(desk: &Desk<'_>, findings: &mut Findings) {
    for host in &desk.snapshot.hosts.hosts {
        let sentence = match &host.greeting {
            Greeting::Plain => "audit-mxn11",
            Greeting::TlsFailed => "audit-mxn11-failed",
            Greeting::Tls { certificate, .. } if certificate.ends_s < desk.known.now_s => "audit-mxn11-expired",
            Greeting::Tls { certificate, .. } if !certificate.is_for(&host.name) => "audit-mxn11-name",
            _ => continue,
        };
        findings.found().sentence(sentence).with("host", host.name.as_str());
    }
}

fn signed_zones_have_associations(desk: &Desk<'_>, findings: &mut Findings) {
    for host in &desk.snapshot.hosts.hosts {
        let Some(association) = &host.association else { continue };
        let signed = |answer: &Answer| match answer {
            Answer::Records(records) => records.dnssec == Dnssec::Authenticated,
            Answer::NoData(negative) | Answer::NxDomain(negative) => negative.dnssec == Dnssec::Authenticated,
            Answer::Failed(_) => false,
        };
        if !signed(&host.ip4.answer) || !signed(&desk.snapshot.hosts.exchanges.answer) {
            continue;
        }
        if association.answer.is_void() {
            findings.at(association.place()).with("host", host.name.as_str());
        } else if let Greeting::Tls { certificate, .. } = &host.greeting {
            let matches = |data: &Data| match data {
                Data::Tlsa(tlsa) => crate::dane::holds(tlsa, certificate),
                _ => None,
            };
            let results: Vec<_> = association.answer.data().iter().map(matches).collect();
            // An association with an authority cannot be compared with the host's certificate alone.
            if !results.is_empty() && results.iter().all(|result| *result == Some(false)) {
                let finding = findings.at(association.place());
                finding.sentence("audit-mxn12-other").severity(Error).with("host", host.name.as_str());
            }
        }
    }
}
