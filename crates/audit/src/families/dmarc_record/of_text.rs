//! Rules about the text at `_dmarc`: what stands there, and how it is written.

use lookup::Kind;
use mailtext::{Domain, Explain, TagFlaw, TagList};

use dmarc::Policy;
use dmarc::record::{Psd, Record, RecordFlaw, Testing};

use super::Text;
use crate::desk::Desk;
use crate::finding::{Findings, Fix};

pub(super) fn one_record_only(desk: &Desk<'_>, findings: &mut Findings) {
    let records: Vec<_> = desk.snapshot.dmarc.texts().filter(|text| text.record.is_some()).collect();
    if let [first, _, ..] = &records[..] {
        findings.at(first.place()).with("count", records.len()).advise("audit-dmc02-fix");
    }
}

pub(super) fn the_version_comes_first(desk: &Desk<'_>, findings: &mut Findings) {
    for text in desk.snapshot.dmarc.texts().filter(|text| text.record.is_none() && text.is_meant()) {
        let flaw = text.flaws.iter().find(|flaw| is_of_version(flaw.kind));
        let place = flaw.map_or_else(|| text.place(), |flaw| text.part(flaw));
        let finding = findings.at(place);
        if let Some(mended) = mended(text.bytes) {
            finding.publish(text.published.question.name.clone(), Kind::Txt, mended);
        }
    }
}

fn is_of_version(flaw: RecordFlaw) -> bool {
    matches!(flaw, RecordFlaw::VersionAbsent | RecordFlaw::VersionNotFirst | RecordFlaw::VersionValue)
}

/// The same tags with the version where it belongs, when that makes a record.
fn mended(text: &[u8]) -> Option<String> {
    let (tags, _) = TagList::parse(text);
    let mut record = b"v=DMARC1".to_vec();
    for tag in tags.iter().filter(|tag| !tag.name.eq_ignore_ascii_case(b"v")) {
        record.extend([b"; ", tag.name, b"=", tag.value].concat());
    }
    Record::parse(&record).0.map(|record| record.to_string())
}

pub(super) fn nothing_else_beside(desk: &Desk<'_>, findings: &mut Findings) {
    for text in desk.snapshot.dmarc.texts().filter(|text| text.record.is_none() && !text.is_meant()) {
        // A record of another kind has a finding of its own, DMC49.
        if spf::Record::claims(text.bytes) {
            continue;
        }
        findings.at(text.place());
    }
}

pub(super) fn the_policy_comes_second(desk: &Desk<'_>, findings: &mut Findings) {
    rewrite(desk, findings, |flaw| flaw == RecordFlaw::PolicyNotSecond);
}

pub(super) fn percentage_is_one(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |text, flaw| flaw == RecordFlaw::HistoricValue && has_tag_at(text, "pct"));
}

pub(super) fn percentage_is_gone(desk: &Desk<'_>, findings: &mut Findings) {
    for text in desk.snapshot.dmarc.texts() {
        let Some(record) = text.record else { continue };
        let Some(percentage) = record.historic.pct else { continue };
        let finding = findings.at(text.place());
        finding.with("percentage", u64::from(percentage));
        if !matches!(percentage, 0 | 100) {
            finding.sentence("audit-dmc16-between");
        }
        finding.publish(text.published.question.name.clone(), Kind::Txt, record.to_string());
    }
}

pub(super) fn percentage_zero_meant_testing(desk: &Desk<'_>, findings: &mut Findings) {
    for text in desk.snapshot.dmarc.texts() {
        let Some(record) = text.record else { continue };
        if record.historic.pct == Some(0) && record.testing == Testing::Off && record.policy() != Policy::None {
            let testing = Record { testing: Testing::On, ..record.clone() };
            findings.at(text.place()).publish(text.published.question.name.clone(), Kind::Txt, testing.to_string());
        }
    }
}

pub(super) fn format_and_interval_are_gone(desk: &Desk<'_>, findings: &mut Findings) {
    rewrite_where(desk, findings, |text| ["rf", "ri"].iter().any(|name| has_tag_at(text, name)));
}

pub(super) fn values_are_of_their_lists(desk: &Desk<'_>, findings: &mut Findings) {
    let wrong = |flaw| matches!(flaw, RecordFlaw::TestingValue | RecordFlaw::PsdValue | RecordFlaw::ModeValue);
    for_flaws(desk, findings, |_, flaw| wrong(flaw));
}

pub(super) fn psd_unknown_says_nothing(desk: &Desk<'_>, findings: &mut Findings) {
    for text in desk.snapshot.dmarc.texts().filter(|text| has_tag_at(text, "psd")) {
        let Some(record) = text.record else { continue };
        let says = TagList::parse(text.bytes).0.value("psd").is_some_and(|value| value.eq_ignore_ascii_case(b"u"));
        if says {
            let named = Record { psd: Psd::No, ..record.clone() };
            findings.at(text.place()).publish(text.published.question.name.clone(), Kind::Txt, named.to_string());
        }
    }
}

pub(super) fn destinations_are_uris(desk: &Desk<'_>, findings: &mut Findings) {
    let wrong = |flaw| matches!(flaw, RecordFlaw::UriSyntax | RecordFlaw::UriMailbox | RecordFlaw::UriEmpty);
    for_flaws(desk, findings, |_, flaw| wrong(flaw));
}

pub(super) fn destinations_are_mailboxes(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |_, flaw| flaw == RecordFlaw::UriScheme);
}

pub(super) fn marks_are_encoded(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |_, flaw| flaw == RecordFlaw::UriMark);
}

pub(super) fn sizes_are_gone(desk: &Desk<'_>, findings: &mut Findings) {
    rewrite(desk, findings, |flaw| flaw == RecordFlaw::UriSize);
}

pub(super) fn failure_options_need_a_destination(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |_, flaw| flaw == RecordFlaw::FailureOptionsAlone);
}

pub(super) fn failure_options_are_letters(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |_, flaw| flaw == RecordFlaw::FailureOptionsValue);
}

pub(super) fn tags_are_known(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |_, flaw| flaw == RecordFlaw::UnknownTag);
}

pub(super) fn tags_stand_once(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |_, flaw| flaw == RecordFlaw::Tag(TagFlaw::Duplicate));
}

pub(super) fn tags_are_well_formed(desk: &Desk<'_>, findings: &mut Findings) {
    for text in desk.snapshot.dmarc.texts().filter(Text::is_meant) {
        for flaw in text.flaws {
            if matches!(flaw.kind, RecordFlaw::Tag(kind) if kind != TagFlaw::Duplicate) {
                findings.at(text.part(flaw)).word("flaw", flaw.kind.id());
            }
        }
    }
}

pub(super) fn records_at_their_places(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.dmarc;
    for text in seen.texts().filter(|text| spf::Record::claims(text.bytes)) {
        findings.at(text.place()).fix(move_to(&desk.snapshot.subject.domain, text.bytes));
    }
    for text in seen.apex.texts().filter(|text| Record::parse(text).0.is_some()) {
        let finding = findings.at(seen.apex.record(text));
        finding.sentence("audit-dmc49-apex");
        if let Ok(name) = desk.snapshot.subject.domain.prefixed("_dmarc") {
            finding.fix(move_to(&name, text));
        }
    }
}

fn move_to(name: &Domain, text: &[u8]) -> Fix {
    let text = String::from_utf8_lossy(text).into_owned();
    Fix::Publish(crate::finding::Replacement { name: name.clone(), kind: Kind::Txt, text })
}

fn has_tag_at(text: &Text<'_>, name: &str) -> bool {
    TagList::parse(text.bytes).0.get(name).is_some()
}

/// A finding for each flaw of a record that `wanted` picks, with what the flaw says of itself.
fn for_flaws(desk: &Desk<'_>, findings: &mut Findings, wanted: impl Fn(&Text<'_>, RecordFlaw) -> bool) {
    for text in desk.snapshot.dmarc.texts().filter(|text| text.record.is_some()) {
        for flaw in text.flaws.iter().filter(|flaw| wanted(&text, flaw.kind)) {
            findings.at(text.part(flaw)).word("flaw", flaw.kind.id());
        }
    }
}

/// A finding for each such flaw whose fix is the same record, written as it is best.
fn rewrite(desk: &Desk<'_>, findings: &mut Findings, wanted: impl Fn(RecordFlaw) -> bool) {
    rewrite_where(desk, findings, |text| text.flaws.iter().any(|flaw| wanted(flaw.kind)));
}

fn rewrite_where(desk: &Desk<'_>, findings: &mut Findings, wanted: impl Fn(&Text<'_>) -> bool) {
    for text in desk.snapshot.dmarc.texts().filter(wanted) {
        let Some(record) = text.record else { continue };
        findings.at(text.place()).publish(text.published.question.name.clone(), Kind::Txt, record.to_string());
    }
}
