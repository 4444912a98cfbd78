//! DMARC: the record that applies, by both methods, and where reports go (DMC).

use futures_util::future::{join, join_all, join3, join4};
use lookup::{Answer, Data, Kind, Question};
use mailtext::{Domain, Flaw, Outcome};

use dmarc::discovery::{Method, Place as PolicyPlace, Reach};
use dmarc::record::{Record, RecordFlaw};
use dmarc::{Destination, Discovery, Policy, PolicyRecord, ReportKind, Settings, Step};

use crate::finding::Place;
use crate::limits::NONSENSE_LABEL;
use crate::published::Published;
use crate::rule::Rule;
use crate::subject::Subject;
use crate::world::World;

mod of_policy;
mod of_reports;
mod of_text;
mod table;

/// The rules.
pub(crate) const RULES: &[Rule] = table::RULES;

/// What was found.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `_dmarc` before the domain.
    pub own: Option<Published>,
    /// The TXT records of the domain itself, where a record may stand by mistake.
    pub apex: Published,
    /// The record that applies, by the tree walk of RFC 9989.
    pub by_walk: Outcome<Discovery, Step>,
    /// The same by the public suffix list, as RFC 7489 had it.
    pub by_list: Outcome<Discovery, Step>,
    /// `_dmarc` before the organizational domain, when that is another name than the domain.
    pub organization: Option<Published>,
    /// The destinations of aggregate reports of the record that applies.
    pub aggregate: Vec<Target>,
    /// Those of failure reports.
    pub failure: Vec<Target>,
    /// `default._bimi`: whether an indicator is wanted.
    pub brand: Option<Published>,
    /// The MX records of the domain.
    pub exchanges: Published,
    /// What stands at `own`, read: a dozen rules look at it.
    own_read: Read,
    /// The same of `organization`.
    organization_read: Read,
}

/// The texts of a name, each with what is to be said of how it is written.
type Read = Vec<(Option<Record>, Vec<Flaw<RecordFlaw>>)>;

/// A destination of reports.
#[derive(Clone, Debug)]
pub struct Target {
    /// What the record says, and whether the destination agrees.
    pub destination: Destination,
    /// The MX records of its host.
    pub exchanges: Option<Published>,
    /// The addresses of its host, where there is no MX record.
    pub addresses: Vec<Published>,
    /// Whether a name that nobody would publish is agreed to as well: then everybody's reports are.
    pub agrees_to_anything: bool,
}

/// Asks.
pub async fn look<W: World>(world: &W, subject: &Subject) -> Seen {
    let domain = &subject.domain;
    let settings = |method| Settings { method, reach: Reach::Whole, suffixes: subject.suffixes.clone() };
    let (by_walk_settings, by_list_settings) = (settings(Method::TreeWalk), settings(Method::SuffixList));
    let found = join4(
        Published::ask_below(world, domain, "_dmarc"),
        Published::ask(world, domain.clone(), Kind::Txt),
        dmarc::discover(world, domain, &by_walk_settings),
        dmarc::discover(world, domain, &by_list_settings),
    );
    let beside =
        join(Published::ask_below(world, domain, "default._bimi"), Published::ask(world, domain.clone(), Kind::Mx));
    let ((own, apex, by_walk, by_list), (brand, exchanges)) = join(found, beside).await;
    let organization = by_walk.result.organizational_domain().filter(|organization| organization != domain);
    let (aggregate, failure, organization) = join3(
        targets(world, by_walk.result.policy_record(), ReportKind::Aggregate),
        targets(world, by_walk.result.policy_record(), ReportKind::Failure),
        async {
            match &organization {
                Some(organization) => Published::ask_below(world, organization, "_dmarc").await,
                None => None,
            }
        },
    )
    .await;
    let (own_read, organization_read) = (read(own.as_ref()), read(organization.as_ref()));
    Seen {
        own,
        apex,
        by_walk,
        by_list,
        organization,
        aggregate,
        failure,
        brand,
        exchanges,
        own_read,
        organization_read,
    }
}

fn read(published: Option<&Published>) -> Read {
    published.into_iter().flat_map(Published::texts).map(Record::parse).collect()
}

async fn targets<W: World>(world: &W, found: Option<&PolicyRecord>, kind: ReportKind) -> Vec<Target> {
    let Some(found) = found else {
        return Vec::new();
    };
    let judged = dmarc::destinations(world, &found.domain, &found.record, kind).await.result;
    join_all(judged.into_iter().map(|destination| target(world, &found.domain, destination))).await
}

async fn target<W: World>(world: &W, policy_domain: &Domain, destination: Destination) -> Target {
    let Some(host) = destination.uri.host().cloned() else {
        return Target { destination, exchanges: None, addresses: Vec::new(), agrees_to_anything: false };
    };
    let exchanges = Published::ask(world, host.clone(), Kind::Mx).await;
    // RFC 5321 §5.1: without an MX record the host itself is asked.
    let wants_addresses = matches!(exchanges.answer, Answer::NoData(_));
    let kinds: &[Kind] = if wants_addresses { &[Kind::A, Kind::Aaaa] } else { &[] };
    let addresses = join_all(kinds.iter().map(|kind| Published::ask(world, host.clone(), *kind))).await;
    let external = host != *policy_domain;
    let probe = host.prefixed(&format!("{NONSENSE_LABEL}._report._dmarc")).ok().filter(|_| external);
    let agrees_to_anything = match probe {
        Some(name) => is_agreement(&world.ask_ref(&Question::txt(name)).await),
        None => false,
    };
    Target { destination, exchanges: Some(exchanges), addresses, agrees_to_anything }
}

fn is_agreement(answer: &Answer) -> bool {
    answer.data().iter().any(|data| matches!(data, Data::Txt(text) if Record::parse(text.bytes()).0.is_some()))
}

/// A text at `_dmarc` before the domain, read.
pub(crate) struct Text<'a> {
    published: &'a Published,
    pub(crate) bytes: &'a [u8],
    pub(crate) record: Option<&'a Record>,
    flaws: &'a [Flaw<RecordFlaw>],
}

impl Text<'_> {
    pub(crate) fn place(&self) -> Place {
        self.published.record(self.bytes)
    }

    fn part(&self, flaw: &Flaw<RecordFlaw>) -> Place {
        self.published.part(self.bytes, flaw.span)
    }

    /// Whether it is meant to be a DMARC record, whatever it is.
    fn is_meant(&self) -> bool {
        self.record.is_some() || self.bytes.to_ascii_lowercase().windows(5).any(|word| word == b"dmarc")
    }
}

impl Seen {
    /// The texts at `_dmarc` before the domain.
    pub(crate) fn texts(&self) -> impl Iterator<Item = Text<'_>> {
        texts(self.own.as_ref(), &self.own_read)
    }

    /// The only record at `_dmarc` before the domain: several are none (RFC 9989 §4.10).
    pub(crate) fn own_record(&self) -> Option<Text<'_>> {
        only(self.texts())
    }

    /// The only record at `_dmarc` before the organizational domain, when that is another.
    pub(crate) fn organization_record(&self) -> Option<Text<'_>> {
        only(texts(self.organization.as_ref(), &self.organization_read))
    }

    /// The record that applies to the domain.
    #[must_use]
    pub fn applied(&self) -> Option<&PolicyRecord> {
        self.by_walk.result.policy_record()
    }

    /// The policy for the domain's own mail, without regard to `t=y`.
    #[must_use]
    pub fn policy(&self) -> Option<Policy> {
        self.applied().map(policy_of)
    }
}

/// The policy that a record asks for at the domain it was found for.
pub(crate) fn policy_of(found: &PolicyRecord) -> Policy {
    match found.place {
        PolicyPlace::Author => found.record.policy(),
        PolicyPlace::Organizational | PolicyPlace::PublicSuffix => found.record.subdomain_policy().0,
    }
}

fn texts<'a>(published: Option<&'a Published>, read: &'a Read) -> impl Iterator<Item = Text<'a>> {
    published.into_iter().flat_map(move |published| {
        let texts = published.texts().zip(read);
        texts.map(move |(bytes, (record, flaws))| Text { published, bytes, record: record.as_ref(), flaws })
    })
}

fn only<'a>(texts: impl Iterator<Item = Text<'a>>) -> Option<Text<'a>> {
    let mut records = texts.filter(|text| text.record.is_some());
    records.next().filter(|_| records.next().is_none())
}
