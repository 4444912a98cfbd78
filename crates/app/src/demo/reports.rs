//! Reports over ninety days: made as their writers make them, read and judged as every report is, and committed.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use feedback::Archive as _;
use feedback::aggregate::write::{NAMESPACE, Shape, write};
use feedback::aggregate::{
    Aggregate, AlignedPass, Circumstances, DkimResult, Metadata, PublishedPolicy, Reason, Record, SpfResult, SpfScope,
};
use feedback::archive::{Host, Judge, Mark, Parcel, Sender, Standing, Trust};
use feedback::intake::{self, Settings};
use feedback::word::Word;
use insight::{Classifier, Hosts, Map, Marks};
use report::row::{Discovery, Mode, Policy, Testing};
use report::vocabulary::{Disposition, MethodResult};
use store::SqliteArchive;

use super::cast::{FLOWS, Flow, HOSTS, Habit, RECEIVERS, Receiver};
use super::dice::Dice;
use super::others;
use super::town::{BUSES, DOMAINS, FESTIVAL, QUARANTINE_SINCE_DAYS, TOWN, name};
use super::{DAY_S, broken};
use crate::failure::Failure;
use crate::reports::packer::Packer;

/// A report as it comes: when, in seconds since 1970, its file's name, and its bytes.
pub(super) struct Posted {
    pub(super) at_s: u64,
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
}

/// Fills the store of reports.
///
/// # Errors
/// The store cannot take it.
pub(super) async fn fill(archive: &SqliteArchive, now_s: u64) -> Result<(), Failure> {
    let failed = |error: feedback::ArchiveError| broken(&error.to_string());
    let hosts = hosts(now_s)?;
    archive.keep_hosts(hosts.clone()).await.map_err(failed)?;
    let mark = Mark {
        tenant: Box::default(),
        domain: name(TOWN)?,
        sender: Sender::Service("mailchimp".into()),
        standing: Standing::Approved,
        note: "the newsletter".into(),
        at_s: now_s - 60 * DAY_S,
    };
    archive.set_mark(mark.clone(), Some(mark.standing)).await.map_err(failed)?;
    let judge = Classifier::new(Map::curated(), Marks::new(vec![mark]), Hosts::new(hosts)).into_judge();
    for parcels in parcels(&judge, now_s)?.chunks(PARCEL_COUNT) {
        archive.import(parcels.to_vec(), None).await.map_err(failed)?;
    }
    Ok(())
}

/// All reports, in the order in which they came.
fn parcels(judge: &Judge, now_s: u64) -> Result<Vec<Parcel>, Failure> {
    let today = now_s / DAY_S;
    let days: Vec<u64> = (1..=DAY_COUNT).rev().collect();
    let (older, newer) = days.split_at(days.len() / 2);
    // Two halves, one beside the other: XML takes its time.
    let (older, newer) = std::thread::scope(|scope| {
        let older = scope.spawn(|| days_parcels(judge, today, older));
        let newer = days_parcels(judge, today, newer);
        (older.join(), newer)
    });
    let mut parcels = older.map_err(|_| broken("a thread that wrote reports"))??;
    parcels.extend(newer?);
    for posted in others::posted(now_s)? {
        parcels.extend(read(judge, &posted)?);
    }
    parcels.retain(|parcel| parcel.received_ms <= now_s * 1000);
    parcels.sort_by_key(|parcel| parcel.received_ms);
    Ok(parcels)
}

fn days_parcels(judge: &Judge, today: u64, days_ago: &[u64]) -> Result<Vec<Parcel>, Failure> {
    let mut parcels = Vec::new();
    for days_ago in days_ago {
        for (place, receiver) in (0..).zip(RECEIVERS) {
            for (which, domain) in (0..).zip(DOMAINS) {
                let mut dice = Dice::of(&[today - days_ago, place, which]);
                // The last day is reported by all, so that nothing seems to have fallen silent.
                if *days_ago > 2 && !dice.happens(receiver.reports_per_mille) {
                    continue;
                }
                if let Some(aggregate) = aggregate(receiver, domain, today, *days_ago, &mut dice)? {
                    parcels.extend(read(judge, &posted(receiver, &aggregate, &mut dice)?)?);
                }
            }
        }
    }
    Ok(parcels)
}

/// Reads and judges what came.
fn read(judge: &Judge, posted: &Posted) -> Result<Vec<Parcel>, Failure> {
    let packer = Packer {
        source: "imap:dmarc".into(),
        tenant: Box::default(),
        own: DOMAINS.iter().map(|domain| name(domain)).collect::<Result<_, _>>()?,
        judge: Arc::clone(judge),
        received_ms: posted.at_s * 1000,
    };
    let mut parcels = Vec::new();
    intake::read(&mut posted.bytes.as_slice(), &Settings::default(), &mut |item| {
        parcels.push(packer.parcel(item, &posted.path, Trust::Given));
    })
    .map_err(|error| broken(&error.to_string()))?;
    Ok(parcels)
}

/// A report as its writer sends it.
pub(super) fn posted(receiver: &Receiver, aggregate: &Aggregate, dice: &mut Dice) -> Result<Posted, Failure> {
    let mut xml = Vec::new();
    write(aggregate, receiver.shape, &mut xml).map_err(|error| broken(&error.to_string()))?;
    let mut text = String::from_utf8_lossy(&xml).into_owned();
    match receiver.habit {
        Habit::None => {}
        Habit::HardFail => text = text.replace("<result>softfail</result>", "<result>hardfail</result>"),
        Habit::NoVersion => text = text.replace("  <version>1.0</version>\n", ""),
    }
    let Metadata { begin_s, end_s, report_id, .. } = &aggregate.metadata;
    let path = format!("{}!{}!{begin_s}!{end_s}!{report_id}.xml", receiver.domain, aggregate.policy.domain);
    // Who reports about a day does so in the first hours of the next.
    Ok(Posted { at_s: end_s + dice.between(1800, 9 * 3600), path, bytes: text.into_bytes() })
}

/// What a receiver saw of a domain on a day; nothing where it saw no mail.
pub(super) fn aggregate(
    receiver: &Receiver,
    domain: &str,
    today: u64,
    days_ago: u64,
    dice: &mut Dice,
) -> Result<Option<Aggregate>, Failure> {
    let day = today - days_ago;
    let policy = policy(domain, days_ago, receiver.shape);
    let mut aggregate = Aggregate {
        version: Some("1.0".into()),
        namespace: if receiver.shape == Shape::Rfc9990 { NAMESPACE.into() } else { "".into() },
        metadata: Metadata {
            organization: receiver.organization.into(),
            email: receiver.email.into(),
            report_id: format!("{}{day}{:05}", &domain[..domain.len().min(9)].replace('.', "-"), dice.below(100_000))
                .into(),
            begin_s: day * DAY_S,
            end_s: (day + 1) * DAY_S - 1,
            ..Metadata::default()
        },
        policy,
        ..Aggregate::default()
    };
    for flow in FLOWS.iter().filter(|flow| flow.policy == domain && days_ago <= flow.since_days) {
        let counts = counts(flow, receiver, day, dice);
        if counts.is_empty() {
            continue;
        }
        let circumstances = u32::try_from(aggregate.circumstances.len()).unwrap_or(u32::MAX);
        aggregate.circumstances.push(circumstances_of(flow, &aggregate.policy, receiver.shape));
        for (source, count) in counts {
            let source: IpAddr = source.parse().map_err(|_| broken(source))?;
            aggregate.records.push(Record { source: Some(source), count, circumstances });
        }
    }
    Ok((!aggregate.records.is_empty()).then_some(aggregate))
}

/// How many messages of a stream came to a receiver, by address.
fn counts(flow: &Flow, receiver: &Receiver, day: u64, dice: &mut Dice) -> BTreeMap<&'static str, u64> {
    let millionths = dice.near(flow.per_day * flow.rhythm.per_cent(day) * receiver.per_mille * 10);
    // Less than one message a day is one now and then.
    let total = millionths / 1_000_000 + u64::from(dice.below(1_000_000) < millionths % 1_000_000);
    let mut counts = BTreeMap::new();
    let sources = flow.sources.len() as u64;
    let mut left = total;
    for (place, source) in (0_u64..).zip(flow.sources) {
        let share = if place + 1 == sources { left } else { dice.near(total / sources.max(1)).min(left) };
        left -= share;
        if share > 0 {
            counts.insert(*source, share);
        }
    }
    counts
}

/// The policy that stood in DNS on a day.
fn policy(domain: &str, days_ago: u64, shape: Shape) -> PublishedPolicy {
    let policy = match domain {
        BUSES if days_ago <= QUARANTINE_SINCE_DAYS => Policy::Quarantine,
        FESTIVAL => Policy::Reject,
        _ => Policy::None,
    };
    let is_new = shape == Shape::Rfc9990;
    PublishedPolicy {
        domain: domain.into(),
        policy: Word::Known(policy),
        subdomain_policy: Word::Known(policy),
        nonexistent_policy: if is_new { Word::Known(policy) } else { Word::Missing },
        dkim_mode: Word::Known(Mode::Relaxed),
        spf_mode: Word::Known(Mode::Relaxed),
        percent: (!is_new).then_some(100),
        failure_options: Some("0".into()),
        testing: if is_new { Word::Known(Testing::Off) } else { Word::Missing },
        discovery: if is_new { Word::Known(Discovery::TreeWalk) } else { Word::Missing },
    }
}

fn circumstances_of(flow: &Flow, policy: &PublishedPolicy, shape: Shape) -> Circumstances {
    let is_own = |name: &str| name == flow.policy || name.ends_with(&format!(".{}", flow.policy));
    let (envelope, spf) = flow.envelope;
    let spf_passes = spf == MethodResult::Pass && is_own(envelope);
    let dkim_passes = flow.dkim.iter().any(|(domain, _, result)| *result == MethodResult::Pass && is_own(domain));
    let wanted = policy.policy.known().unwrap_or(Policy::None);
    let disposition = match (spf_passes || dkim_passes, flow.reason.is_some(), wanted) {
        (true, _, Policy::None) => Disposition::None,
        (true, _, _) if shape == Shape::Rfc9990 => Disposition::Pass,
        (false, false, Policy::Quarantine) => Disposition::Quarantine,
        (false, false, Policy::Reject) => Disposition::Reject,
        _ => Disposition::None,
    };
    let passes = |passes| Word::Known(if passes { AlignedPass::Yes } else { AlignedPass::No });
    let dkim = flow.dkim.iter().map(|(domain, selector, result)| DkimResult {
        domain: (*domain).into(),
        selector: Some((*selector).into()),
        result: Word::Known(*result),
        comment: None,
    });
    let reason = flow.reason;
    Circumstances {
        disposition: Word::Known(disposition),
        dkim_aligned: passes(dkim_passes),
        spf_aligned: passes(spf_passes),
        reasons: reason
            .map(|(kind, comment)| Reason { kind: Word::Known(kind), comment: Some(comment.into()) })
            .into_iter()
            .collect(),
        header_from: flow.from.into(),
        envelope_from: Some(envelope.into()),
        envelope_to: None,
        dkim: dkim.collect(),
        spf: vec![SpfResult {
            domain: envelope.into(),
            scope: Word::Known(SpfScope::MailFrom),
            result: Word::Known(spf),
            comment: None,
        }],
    }
}

/// What is known of the addresses.
fn hosts(now_s: u64) -> Result<Vec<Host>, Failure> {
    let host = |(address, name, number, system, country): &(&str, Option<&str>, u32, &str, &str)| {
        Ok(Host {
            address: address.parse().map_err(|_| broken(address))?,
            name: name.map(Into::into),
            asn: Some(*number),
            as_name: Some((*system).into()),
            country: Some((*country).into()),
            at_s: now_s - DAY_S,
        })
    };
    HOSTS.iter().map(host).collect()
}

/// Of how many days there are reports.
pub(super) const DAY_COUNT: u64 = 90;
/// Reports that are committed together.
const PARCEL_COUNT: usize = 512;
