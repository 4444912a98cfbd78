//! DMARC of a name: its own record, and what applies to it by both standards.

use dmarc::discovery::{Existence, Reach, Settings};
use dmarc::record::{Psd, Standing, Testing};
use dmarc::{Discovery, Place, Policy, PolicyRecord, PolicySearch, Record, discover};
use futures_util::future::join3;
use lookup::Lookup;
use mailtext::{Domain, Explain};

pub use crate::survey::facts::{Applied, Dmarc, OwnPolicy, Search};

use crate::limits::SURVEY_FLAW_COUNT_MAX;
use crate::published::Published;
use crate::survey::facts::{Found, Reply};
use crate::survey::method::Method;

/// Asks.
pub(super) async fn look<L: Lookup + Sync>(lookup: &L, name: &Domain, method: &Method) -> Dmarc {
    let (own, walk, psl) = join3(
        Published::ask_below(lookup, name, "_dmarc"),
        by_walk(lookup, name, method),
        by_suffix_list(lookup, name, method),
    )
    .await;
    let reply = own.as_ref().map_or(Reply::NotAsked, |own| Reply::of(&own.answer));
    Dmarc { reply, own: own.as_ref().map_or_else(absent, of_published), walk, psl }
}

fn absent() -> OwnPolicy {
    OwnPolicy { found: Found::Absent, ..OwnPolicy::default() }
}

/// What stands at `_dmarc` before a name.
fn of_published(published: &Published) -> OwnPolicy {
    if Reply::of(&published.answer).is_failed() {
        return OwnPolicy::default();
    }
    let mut records = published.texts().filter_map(|text| Record::parse(text).0.map(|record| (text, record)));
    match (records.next(), records.next()) {
        (None, _) => {
            let meant = published.texts().find(|text| is_meant(text));
            meant.map_or_else(absent, |text| OwnPolicy {
                found: Found::Invalid,
                flaws: flaws(text),
                ..OwnPolicy::default()
            })
        }
        // RFC 9989 §4.10: several records are all discarded.
        (Some(_), Some(_)) => OwnPolicy { found: Found::Several, ..OwnPolicy::default() },
        (Some((text, record)), None) => OwnPolicy {
            found: if record.standing == Standing::AsPublished { Found::Valid } else { Found::Invalid },
            p: record.p,
            sp: record.sp,
            np: record.np,
            is_testing: record.testing == Testing::On,
            is_psd: record.psd == Psd::Yes,
            rua: count(record.rua.len()),
            ruf: count(record.ruf.len()),
            flaws: flaws(text),
        },
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Whether a text was meant to be a DMARC record.
fn is_meant(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    text.get(..7).is_some_and(|head| head.eq_ignore_ascii_case(b"v=dmarc"))
}

fn flaws(text: &[u8]) -> Vec<Box<str>> {
    let mut ids: Vec<Box<str>> = Vec::new();
    for flaw in Record::parse(text).1 {
        let id = flaw.kind.id();
        if ids.len() < SURVEY_FLAW_COUNT_MAX && !ids.iter().any(|kept| &**kept == id) {
            ids.push(id.into());
        }
    }
    ids
}

async fn by_walk<L: Lookup + Sync>(lookup: &L, name: &Domain, method: &Method) -> Applied {
    let settings = Settings { method: dmarc::Method::TreeWalk, reach: Reach::Whole, suffixes: method.suffixes.clone() };
    let discovery = discover(lookup, name, &settings).await.result;
    let below = |found: &PolicyRecord| match discovery.existence {
        Existence::Absent => found.record.nonexistent_policy().0,
        _ => found.record.subdomain_policy().0,
    };
    let mut applied = at_name(&discovery, below, effective);
    // RFC 9989 §4.10.1: names below take the organizational domain's record, else the public suffix domain's; the name's own
    // is theirs only where it is one of these.
    let organizational = discovery.organizational_domain();
    let kept = discovery.kept();
    let top = organizational.as_ref().and_then(|organizational| {
        let above = kept.iter().find(|kept| kept.domain == *organizational);
        above.or_else(|| kept.last().filter(|kept| kept.record.psd == Psd::Yes))
    });
    if let Some(top) = top.filter(|top| top.record.standing != Standing::Unusable) {
        applied.below = Some(effective(&top.record, top.record.subdomain_policy().0));
        applied.nonexistent = Some(effective(&top.record, top.record.nonexistent_policy().0));
    }
    applied.organizational = organizational;
    if discovery.failure().is_some() && applied.search != Search::Found {
        applied.search = Search::Unanswered;
    }
    applied
}

async fn by_suffix_list<L: Lookup + Sync>(lookup: &L, name: &Domain, method: &Method) -> Applied {
    let settings =
        Settings { method: dmarc::Method::SuffixList, reach: Reach::AsNeeded, suffixes: method.suffixes.clone() };
    let discovery = discover(lookup, name, &settings).await.result;
    // RFC 7489 knows neither `t` nor `np`: whether a name exists makes no difference.
    let below = |found: &PolicyRecord| found.record.subdomain_policy().0;
    let mut applied = at_name(&discovery, below, |_, policy| policy);
    let organizational = discovery.psl_organizational_domain();
    let top = match &discovery.policy {
        PolicySearch::Found(found) if found.domain == organizational => Some(discovery),
        _ => None,
    };
    let top = match top {
        Some(top) => top,
        // RFC 7489 §6.6.3: names below have no record of their own, and take the organizational domain's.
        None => discover(lookup, &organizational, &settings).await.result,
    };
    if let Some(found) = top.policy_record().filter(|found| found.record.standing != Standing::Unusable) {
        (applied.below, applied.nonexistent) = (Some(below(found)), Some(below(found)));
    }
    applied.organizational = Some(organizational);
    applied
}

/// RFC 9989 §4.7: under `t=y` one level below the policy is applied.
fn effective(record: &Record, policy: Policy) -> Policy {
    if record.testing == Testing::On { policy.one_level_below() } else { policy }
}

/// The record that applies to the name, and its policy there: `below` for names that are not the record's own.
fn at_name(
    discovery: &Discovery,
    below: impl Fn(&PolicyRecord) -> Policy,
    effective: impl Fn(&Record, Policy) -> Policy,
) -> Applied {
    let found = match &discovery.policy {
        PolicySearch::Found(found) => found,
        PolicySearch::Absent => return Applied { search: Search::Absent, ..Applied::default() },
        PolicySearch::Failed(_) => return Applied::default(),
    };
    let (place, domain) = (Some(found.place), Some(found.domain.clone()));
    let record = &found.record;
    // RFC 9989 §4.10.1: a defective record with nobody to report to means no DMARC.
    if record.standing == Standing::Unusable {
        return Applied { search: Search::Unusable, place, domain, ..Applied::default() };
    }
    let policy = if found.place == Place::Author { record.policy() } else { below(found) };
    Applied { search: Search::Found, place, domain, policy: Some(effective(record, policy)), ..Applied::default() }
}
