//! Who is excepted, in the order of the documentation: client network, SMTP AUTH, forwarder, sealer, mailing list,
//! forwarded with a signature that holds, allowed domain, white list.

use auth::client::dns_lists::{Color, Key};
use dmarc::DmarcResult;
use mailtext::Domain;

use crate::input::{Author, Input, User};
use crate::reason::Excuse;
use crate::rules::{Exceptions, RuleSet};
use crate::standing::{Meaning, Standing};
use crate::trust::network_of;

/// Everything that excuses this message, whatever there is to excuse.
pub(crate) fn excuses(input: &Input, rules: &RuleSet, standing: &Standing) -> Vec<Excuse> {
    let exceptions = &rules.exceptions;
    let user = match &input.user {
        User::Somebody(name) if exceptions.excepts_user(name.as_deref()) => Some(Excuse::User(name.clone())),
        _ => None,
    };
    let network = network_of(&exceptions.networks, input.client).map(Excuse::Network);
    let all = network.into_iter().chain(user);
    let all = all.chain(forwarder(input, exceptions)).chain(sealer(input, exceptions));
    let all = all.chain(mailing_list(input, exceptions)).chain(forwarded(input));
    all.chain(allowed(input, exceptions, standing)).chain(white_listed(input, rules)).collect()
}

fn forwarder(input: &Input, exceptions: &Exceptions) -> Option<Excuse> {
    let forwarders = &exceptions.forwarders;
    if let Some(network) = network_of(&forwarders.networks, input.client) {
        return Some(Excuse::ForwarderNetwork(network));
    }
    if let Some(name) = input.client_name.as_ref().filter(|name| forwarders.names.contains(name)) {
        return Some(Excuse::ForwarderName(name.clone()));
    }
    let mut domains = input.authenticated().chain(&input.helo_pass);
    domains.find(|domain| forwarders.domains.contains(domain)).cloned().map(Excuse::ForwarderDomain)
}

/// A sealer excuses when it found that DMARC passes for every author domain for which it does not pass here. A chain that
/// nobody trusts excuses nothing (A16).
fn sealer(input: &Input, exceptions: &Exceptions) -> Option<Excuse> {
    if exceptions.sealers.is_empty() || input.from_defect.is_some() {
        return None;
    }
    let arc = input.arc.as_ref()?;
    let seal = arc.trusted_by(&exceptions.sealers)?;
    let fails = |author: &&Author| matches!(author.result, DmarcResult::Fail | DmarcResult::TempError);
    // RFC 8617 §7.2.1: a policy to override DMARC when the chain's results say that the message passed before.
    let passed = input.authors.iter().filter(fails).all(|author| seal.dmarc_pass.contains(&author.domain));
    passed.then(|| Excuse::Sealer { domain: seal.sealer.clone(), comment: arc.comment.clone() })
}

/// Anybody can write a List-Id: it counts when the list, or a domain above it, is authenticated.
fn mailing_list(input: &Input, exceptions: &Exceptions) -> Option<Excuse> {
    let list = input.list_id.as_ref().filter(|list| exceptions.mailing_lists.contains(list))?;
    let authenticated = input.authenticated().any(|domain| related(list, domain));
    authenticated.then(|| Excuse::MailingList(list.clone()))
}

/// RFC 9989 §7.1: a message may fail SPF and be the author's all the same, by a signature that holds.
fn forwarded(input: &Input) -> Option<Excuse> {
    let signed = input.dkim.iter().filter(|signature| signature.authenticates()).map(|signature| &signature.domain);
    let of_author = |domain: &&Domain| input.authors.iter().any(|author| related(&author.domain, domain));
    let mut signed = signed.filter(of_author);
    signed.next().cloned().filter(|_| input.from_defect.is_none()).map(Excuse::Forwarded)
}

fn allowed(input: &Input, exceptions: &Exceptions, standing: &Standing) -> Option<Excuse> {
    let member = |domain: &Domain| {
        standing.members.iter().any(|member| member.meaning == Meaning::Allowed && member.domain == *domain)
    };
    let mut authenticated = input.authenticated();
    authenticated.find(|domain| exceptions.allowed.contains(domain) || member(domain)).cloned().map(Excuse::Allowed)
}

fn white_listed(input: &Input, rules: &RuleSet) -> Option<Excuse> {
    let counts = |zone: &Domain| rules.client.lists.contains_key(zone);
    let white = input.listed.iter().filter(|entry| entry.color == Color::White && counts(&entry.zone));
    // Of addresses only: a domain would have to be authenticated first.
    let mut addresses = white.filter(|entry| matches!(entry.key, Key::Address(_)));
    addresses.next().map(|entry| Excuse::WhiteListed { zone: entry.zone.clone(), client: input.client })
}

/// Whether one of the names is the other or lies below it.
pub(crate) fn related(one: &Domain, other: &Domain) -> bool {
    one.is_within(other) || other.is_within(one)
}
