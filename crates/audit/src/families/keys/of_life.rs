//! Rules about the life of keys: what is used and what is published, and for how long.

use lookup::{Answer, Data, Kind};

use dkim::key::{KeyError, KeyRecord};

use super::SelectorSeen;
use crate::desk::Desk;
use crate::finding::{Findings, Fix};
use crate::known::{KeySeen, SelectorUse};
use crate::limits::{KEY_AGE_DAYS, KEY_AGE_OLD_DAYS, KEY_KEPT_DAYS, KEY_RETENTION_DAYS};
use crate::severity::Severity;
use crate::subject::SelectorSource;

const DAY_S: i64 = 86_400;

pub(super) fn used_selectors_have_a_key(desk: &Desk<'_>, findings: &mut Findings) {
    for seen in desk.snapshot.keys.selectors.iter().filter(|seen| seen.published.answer.is_void()) {
        if let Some(used) = use_of(desk, seen) {
            let finding = findings.at(seen.published.place());
            finding.with("selector", &*seen.selector).with("messages", used.messages);
        } else if matches!(seen.source, SelectorSource::Given | SelectorSource::Keys) {
            findings.at(seen.published.place()).sentence("audit-dkm01-given").with("selector", &*seen.selector);
        }
    }
}

pub(super) fn revoked_keys_are_not_used(desk: &Desk<'_>, findings: &mut Findings) {
    for key in desk.snapshot.keys.keys() {
        if matches!(key.record, Err(KeyError::Revoked)) {
            // A signature may still come out of a queue; after the retention nothing should.
            let used = use_of(desk, key.seen).filter(|used| days_since(desk, used.last_s) < KEY_RETENTION_DAYS);
            let finding = findings.at(key.place());
            finding.with("selector", &*key.seen.selector);
            if let Some(used) = used {
                finding.sentence("audit-dkm06-used").severity(Severity::Warning).with("messages", used.messages);
            }
        }
    }
}

pub(super) fn keys_grow_old(desk: &Desk<'_>, findings: &mut Findings) {
    for (seen, _) in desk.snapshot.keys.usable() {
        let Some(since_s) = first_seen(desk, seen) else { continue };
        let days = days_since(desk, since_s);
        if days > KEY_AGE_DAYS {
            let finding = findings.at(seen.published.place());
            finding.with("selector", &*seen.selector).with("days", u64::try_from(days).unwrap_or_default());
            if days <= KEY_AGE_OLD_DAYS {
                finding.severity(Severity::Info);
            }
            finding.advise("audit-dkm27-fix");
        }
    }
}

/// The earliest that is known of a key: its first sight in earlier audits or in mail, or the date in its selector.
fn first_seen(desk: &Desk<'_>, seen: &SelectorSeen) -> Option<i64> {
    let text = seen.published.texts().next();
    let history = desk.known.history.as_ref();
    let audited = history.and_then(|history| {
        let same = |key: &&KeySeen| *key.selector == *seen.selector && Some(&*key.text) == text;
        history.keys.iter().find(same).map(|key| key.first_s)
    });
    let used = use_of(desk, seen).map(|used| used.first_s);
    audited.into_iter().chain(used).chain(date_of(&seen.selector)).min()
}

/// A date in a selector: `202603`, `20260301`, in whatever stands around it. Seconds since 1970.
fn date_of(selector: &str) -> Option<i64> {
    let digits = selector.split(|letter: char| !letter.is_ascii_digit()).find(|part| matches!(part.len(), 6 | 8))?;
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8).unwrap_or(1));
    let plausible = (2004..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    // Days from the civil calendar, March first: the leap day is the last of the year then.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468;
    plausible.then_some(days * DAY_S)
}

pub(super) fn old_selectors_end(desk: &Desk<'_>, findings: &mut Findings) {
    let newest = desk.known.selectors.iter().map(|used| used.last_s).max();
    for (seen, _) in desk.snapshot.keys.usable() {
        let (Some(used), Some(newest)) = (use_of(desk, seen), newest) else { continue };
        let days = days_since(desk, used.last_s);
        if days > KEY_RETENTION_DAYS && newest > used.last_s {
            let finding = findings.at(seen.published.place());
            finding.with("selector", &*seen.selector).with("days", u64::try_from(days).unwrap_or_default());
            finding.publish(seen.published.question.name.clone(), Kind::Txt, "v=DKIM1; p=");
        }
    }
}

pub(super) fn a_new_key_has_a_new_selector(desk: &Desk<'_>, findings: &mut Findings) {
    let Some(history) = &desk.known.history else { return };
    for (seen, _) in desk.snapshot.keys.usable() {
        let text = seen.published.texts().next().unwrap_or_default();
        let before = history.keys.iter().filter(|key| *key.selector == *seen.selector && *key.text != *text);
        if before.into_iter().any(|key| has_other_key(&key.text, text)) {
            findings.at(seen.published.place()).with("selector", &*seen.selector).advise("audit-dkm29-fix");
        }
    }
}

fn has_other_key(one: &[u8], other: &[u8]) -> bool {
    let key = |text| {
        let value = mailtext::TagList::parse(text).0.value("p").unwrap_or_default();
        value.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<_>>()
    };
    KeyRecord::parse(one).0.is_ok() && key(one) != key(other)
}

pub(super) fn keys_stay_for_mail_under_way(desk: &Desk<'_>, findings: &mut Findings) {
    for seen in desk.snapshot.keys.selectors.iter().filter(|seen| seen.published.answer.is_void()) {
        let Some(used) = use_of(desk, seen) else { continue };
        let days = days_since(desk, used.last_s);
        let newer = desk.known.selectors.iter().any(|other| other.last_s > used.last_s);
        if days < KEY_KEPT_DAYS && newer {
            let finding = findings.at(seen.published.place());
            finding.with("selector", &*seen.selector).with("days", u64::try_from(days).unwrap_or_default());
        }
    }
}

pub(super) fn the_next_key_is_published(desk: &Desk<'_>, findings: &mut Findings) {
    if desk.known.signer.as_ref().is_some_and(|signer| signer.signed > 0 && signer.staged.is_empty()) {
        findings.found().with("domain", desk.snapshot.subject.domain.as_str()).advise("audit-dkm31-fix");
    }
}

pub(super) fn aliases_lead_to_a_key(desk: &Desk<'_>, findings: &mut Findings) {
    for seen in &desk.snapshot.keys.selectors {
        if let Some(target) = &seen.dangling {
            let finding = findings.at(seen.published.place());
            finding.with("selector", &*seen.selector).with("target", target.as_str());
        }
    }
}

pub(super) fn wildcards_hold_no_key(desk: &Desk<'_>, findings: &mut Findings) {
    let Some(wildcard) = &desk.snapshot.keys.wildcard else { return };
    if KeyRecord::parse_all(wildcard.answer.data()).iter().any(Result::is_ok)
        && let Ok(name) = desk.snapshot.subject.domain.prefixed("*._domainkey")
    {
        findings.at(wildcard.place()).fix(Fix::Remove { name, kind: Kind::Txt });
    }
}

pub(super) fn no_mail_means_no_key(desk: &Desk<'_>, findings: &mut Findings) {
    let Some(wildcard) = &desk.snapshot.keys.wildcard else { return };
    let revoked = |data: &[Data]| KeyRecord::parse_all(data).iter().any(|key| matches!(key, Err(KeyError::Revoked)));
    let failed = matches!(wildcard.answer, Answer::Failed(_));
    if desk.snapshot.sends_no_mail()
        && !failed
        && !revoked(wildcard.answer.data())
        && let Ok(name) = desk.snapshot.subject.domain.prefixed("*._domainkey")
    {
        let finding = findings.found();
        finding.with("domain", desk.snapshot.subject.domain.as_str()).publish(name, Kind::Txt, "v=DKIM1; p=");
    }
}

pub(super) fn private_keys_are_private(desk: &Desk<'_>, findings: &mut Findings) {
    let Some(signer) = &desk.known.signer else { return };
    if signer.exposed_keys > 0 {
        findings.found().with("count", signer.exposed_keys);
    }
    for selector in &signer.mismatched {
        findings.found().sentence("audit-dkm35-other").severity(Severity::Error).with("selector", &**selector);
    }
}

fn use_of<'a>(desk: &Desk<'a>, seen: &SelectorSeen) -> Option<&'a SelectorUse> {
    let domain = &desk.snapshot.subject.domain;
    desk.known
        .selectors
        .iter()
        .find(|used| used.domain == *domain && used.selector.eq_ignore_ascii_case(&seen.selector))
}

fn days_since(desk: &Desk<'_>, moment_s: i64) -> i64 {
    (desk.known.now_s - moment_s) / DAY_S
}

#[cfg(test)]
mod tests {
    use super::date_of;

    #[test]
    fn dates_in_selectors() {
        assert_eq!(date_of("20260301"), Some(1_772_323_200));
        assert_eq!(date_of("s202603a"), Some(1_772_323_200));
        assert_eq!(date_of("rsa-202402-b"), Some(1_706_745_600));
        for other in ["s1", "123456", "20261301", "selector1", "2026030112"] {
            assert_eq!(date_of(other), None, "{other}");
        }
    }
}
