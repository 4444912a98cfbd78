//! What is historic or an experiment, and still published: ADSP, ATPS, DomainKeys, reporting addresses.

use futures_util::future::{join, join_all};
use lookup::Kind;
use mailtext::Rule as Reference;

use dkim::adsp::{Practice, Record, RecordFlaw};
use dkim::domainkeys::policy;

use crate::desk::Desk;
use crate::finding::{Findings, Fix};
use crate::published::Published;
use crate::rule::{Rule, domain};
use crate::severity::Severity;
use crate::subject::Subject;
use crate::world::World;

/// What was found.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `_adsp._domainkey`.
    pub adsp: Option<Published>,
    /// `_domainkey`: the policy of DomainKeys.
    pub domainkeys: Option<Published>,
    /// `_report._domainkey`: RFC 6651.
    pub reporting: Option<Published>,
    /// `_atps`, asked for A and TXT: whether anything is below it.
    pub atps: Vec<Published>,
}

/// Asks.
pub async fn look<W: World>(world: &W, subject: &Subject) -> Seen {
    let domain = &subject.domain;
    let atps = async {
        let name = domain.prefixed("_atps").ok();
        join_all(name.into_iter().map(|name| Published::ask(world, name, Kind::Txt))).await
    };
    let of_keys = async {
        let above = Published::ask_below(world, domain, "_domainkey").await;
        // What is judged before it is published may be below what does not exist yet.
        let known = above.as_ref().filter(|_| subject.drafts.is_empty());
        let below = join(
            Published::ask_below_known(world, domain, "_adsp._domainkey", known),
            Published::ask_below_known(world, domain, "_report._domainkey", known),
        );
        let (adsp, reporting) = below.await;
        (above, adsp, reporting)
    };
    let ((domainkeys, adsp, reporting), atps) = join(of_keys, atps).await;
    Seen { adsp, domainkeys, reporting, atps }
}

/// The rules.
pub(crate) const RULES: &[Rule] = &[
    domain("ADS01", "audit-ads01", Severity::Warning, Reference("RFC 5617", "4.1"), practices_are_historic),
    domain("ADS02", "audit-ads02", Severity::Warning, Reference("RFC 5617", "4.2.1"), practice_is_a_known_word),
    domain("ADS03", "audit-ads03", Severity::Info, Reference("RFC 6541", "3"), third_parties_are_an_experiment),
    domain("ADS04", "audit-ads04", Severity::Warning, Reference("RFC 4870", "3.6"), domainkeys_are_historic),
    domain("ADS05", "audit-ads05", Severity::Info, Reference("RFC 6651", "3.2"), addresses_for_reports_are_unused),
];

fn practices_are_historic(desk: &Desk<'_>, findings: &mut Findings) {
    for (published, text) in records(&desk.snapshot.legacy.adsp) {
        let (record, flaws) = Record::parse(text);
        if flaws.iter().any(|flaw| flaw.kind == RecordFlaw::Start) {
            continue;
        }
        let finding = findings.at(published.record(text));
        if record.practice == Practice::Discardable {
            // Whoever still reads it throws away what a list or a forwarder changed.
            finding.sentence("audit-ads01-discardable").severity(Severity::Error);
        }
        finding.fix(Fix::Remove { name: published.question.name.clone(), kind: Kind::Txt });
    }
}

fn practice_is_a_known_word(desk: &Desk<'_>, findings: &mut Findings) {
    for (published, text) in records(&desk.snapshot.legacy.adsp) {
        for flaw in Record::parse(text).1 {
            if matches!(flaw.kind, RecordFlaw::PracticeSyntax | RecordFlaw::OtherPractice) {
                findings.at(published.part(text, flaw.span));
            }
        }
    }
}

fn third_parties_are_an_experiment(desk: &Desk<'_>, findings: &mut Findings) {
    // An empty non-terminal is NODATA, and says that there is something below (RFC 8020).
    for published in &desk.snapshot.legacy.atps {
        if matches!(published.answer, lookup::Answer::Records(_) | lookup::Answer::NoData(_)) {
            findings.at(published.place());
        }
    }
}

fn domainkeys_are_historic(desk: &Desk<'_>, findings: &mut Findings) {
    for (published, text) in records(&desk.snapshot.legacy.domainkeys) {
        let (_, flaws) = policy::Policy::parse(text);
        if text.starts_with(b"o=") || (flaws.is_empty() && !text.is_empty()) {
            let fix = Fix::Remove { name: published.question.name.clone(), kind: Kind::Txt };
            findings.at(published.record(text)).fix(fix);
        }
    }
}

fn addresses_for_reports_are_unused(desk: &Desk<'_>, findings: &mut Findings) {
    for (published, text) in records(&desk.snapshot.legacy.reporting) {
        // A wildcard of keys answers here, too.
        if mailtext::TagList::parse(text).0.get("p").is_none() {
            findings.at(published.record(text));
        }
    }
}

fn records(published: &Option<Published>) -> impl Iterator<Item = (&Published, &[u8])> {
    published.iter().flat_map(|published| published.texts().map(move |text| (published, text)))
}
