//! MTA-STS and TLS reporting (STS, TRP).

use futures_util::future::{join, join_all};
use lookup::Kind;
use lookup::fetch::{Fetched, HttpsUrl, Redirects, Request};
use mailtext::{Domain, TagList};

use crate::limits::MTA_STS_POLICY_BYTES_MAX;
use crate::published::Published;
use crate::rule::Rule;
use crate::subject::Subject;
use crate::world::World;

mod of_reporting;
mod of_sts;
pub mod policy;
mod table;

/// The rules.
pub(crate) const RULES: &[Rule] = table::RULES;

/// What was found.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `_mta-sts` before the domain.
    pub record: Option<Published>,
    /// The policy file: where it was asked for, and what came. It is asked for when there is something like a record.
    pub document: Option<(HttpsUrl, Fetched)>,
    /// `_smtp._tls` before the domain.
    pub reporting: Option<Published>,
    /// The MX records of the hosts of mailboxes that TLS reports go to.
    pub destinations: Vec<Published>,
}

/// Asks.
pub async fn look<W: World>(world: &W, subject: &Subject) -> Seen {
    let domain = &subject.domain;
    let sts = async {
        let record = Published::ask_below(world, domain, "_mta-sts").await;
        let is_there = record.as_ref().is_some_and(|record| record.texts().any(|text| claims(text, b"v=sts")));
        let document = if is_there { policy(world, domain).await } else { None };
        (record, document)
    };
    let reports = async {
        let reporting = Published::ask_below(world, domain, "_smtp._tls").await;
        let hosts = reporting.iter().flat_map(Published::texts).flat_map(mailbox_hosts).collect::<Vec<_>>();
        let destinations = join_all(hosts.into_iter().map(|host| Published::ask(world, host, Kind::Mx))).await;
        (reporting, destinations)
    };
    let ((record, document), (reporting, destinations)) = join(sts, reports).await;
    Seen { record, document, reporting, destinations }
}

async fn policy<W: World>(world: &W, domain: &Domain) -> Option<(HttpsUrl, Fetched)> {
    // RFC 8461 §3.3: the policy host is "mta-sts" before the domain, and redirections are not followed.
    let url = HttpsUrl::parse(&format!("https://mta-sts.{domain}/.well-known/mta-sts.txt")).ok()?;
    let request = Request { url: url.clone(), bytes_max: MTA_STS_POLICY_BYTES_MAX, redirects: Redirects::Refuse };
    Some((url, world.fetch(request).await))
}

/// The URIs of `rua`, as they stand there.
fn uris(text: &[u8]) -> Vec<String> {
    let (tags, _) = TagList::parse(text);
    let list = String::from_utf8_lossy(tags.value("rua").unwrap_or_default()).into_owned();
    list.split(',').map(|uri| uri.trim().to_owned()).filter(|uri| !uri.is_empty()).collect()
}

/// Not as DMARC reads them: to a TLS report's address "!" belongs, it starts no size.
fn mailbox_hosts(text: &[u8]) -> Vec<Domain> {
    let host = |uri: String| {
        let mailbox =
            uri.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:")).and_then(|_| uri.get(7..))?;
        let mailbox = mailbox.split('?').next()?;
        Domain::parse(mailbox.rsplit_once('@')?.1).ok()
    };
    uris(text).into_iter().filter_map(host).collect()
}

fn claims(text: &[u8], start: &[u8]) -> bool {
    text.trim_ascii_start().get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

impl Seen {
    /// The policy that was fetched, read.
    #[must_use]
    pub fn policy(&self) -> Option<policy::Policy> {
        match &self.document {
            Some((_, Fetched::Document(document))) => Some(policy::Policy::parse(&document.bytes).0),
            _ => None,
        }
    }

    /// Whether there is a record that asks for TLS reports.
    #[must_use]
    pub fn asks_for_reports(&self) -> bool {
        self.reporting.iter().flat_map(Published::texts).any(|text| claims(text, b"v=TLSRPTv1"))
    }
}
