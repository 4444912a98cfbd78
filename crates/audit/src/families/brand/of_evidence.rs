//! Rules about the evidence document.

use bimi::MarkType;
use bimi::evidence::EvidenceFlaw as Flaw;
use lookup::Data;
use lookup::fetch::Fetched;
use mailtext::Explain;

use super::Document;
use crate::desk::Desk;
use crate::finding::{Finding, Findings};
use crate::limits::MARK_DAYS;
use crate::severity::Severity;

const DAY_S: i64 = 86_400;

pub(super) fn it_is_valid_for_long(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |flaw| matches!(flaw, Flaw::Expired(_) | Flaw::NotYetValid(_)));
    if let Some(document) = &desk.snapshot.brand.evidence
        && let Some(evidence) = &document.evidence
    {
        let days = (evidence.not_after_s - desk.known.now_s) / DAY_S;
        if days <= MARK_DAYS {
            let finding = about(findings, document);
            finding.sentence("audit-bim28-soon").severity(Severity::Warning);
            finding.with("days", u64::try_from(days).unwrap_or_default());
        }
    }
}

pub(super) fn it_leads_to_a_root(desk: &Desk<'_>, findings: &mut Findings) {
    // Whom to trust is the installation's to say; without a word of it nothing can be told.
    if desk.snapshot.subject.roots.count() == 0 {
        return;
    }
    each(desk, findings, |flaw| {
        matches!(
            flaw,
            Flaw::Untrusted
                | Flaw::NoAuthority
                | Flaw::NoMark
                | Flaw::SeveralMarks
                | Flaw::Order
                | Flaw::Certificate
                | Flaw::TooManyCertificates
                | Flaw::TooLarge
                | Flaw::Pem
        )
    });
}

pub(super) fn it_is_for_marks(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |flaw| matches!(flaw, Flaw::Usage | Flaw::IssuerUsage));
}

pub(super) fn it_names_the_domain(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |flaw| *flaw == Flaw::Domain);
}

pub(super) fn it_holds_the_indicator(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |flaw| {
        matches!(
            flaw,
            Flaw::LogotypeAbsent
                | Flaw::Logotype
                | Flaw::LogotypeNoSvg
                | Flaw::LogotypeRemote
                | Flaw::LogotypeHash
                | Flaw::Indicator
        )
    });
    let brand = &desk.snapshot.brand;
    let own = brand.reading.as_ref().and_then(|reading| reading.indicator.as_ref());
    if let Some(document) = &brand.evidence
        && let (Some(own), Some(evidence)) = (own, &document.evidence)
        && own.sha256() != evidence.indicator.sha256()
    {
        about(findings, document).sentence("audit-bim32-other");
    }
}

pub(super) fn it_is_not_revoked(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |flaw| matches!(flaw, Flaw::Revoked(_) | Flaw::RevocationPointAbsent));
}

pub(super) fn it_was_logged(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |flaw| *flaw == Flaw::TimestampsAbsent);
}

pub(super) fn it_tells_the_kind_of_mark(desk: &Desk<'_>, findings: &mut Findings) {
    if let Some(document) = &desk.snapshot.brand.evidence
        && let Some(evidence) = &document.evidence
        && matches!(evidence.mark, MarkType::Unstated | MarkType::Other(_))
    {
        about(findings, document).with("kind", evidence.mark.as_str());
    }
}

pub(super) fn it_has_no_odd_extensions(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |flaw| matches!(flaw, Flaw::Extension(_)));
}

pub(super) fn authorities_are_allowed(desk: &Desk<'_>, findings: &mut Findings) {
    let brand = &desk.snapshot.brand;
    let named = |data: &Data| match data {
        Data::Caa(caa) if &*caa.tag == "issuevmc" => Some(String::from_utf8_lossy(&caa.value).into_owned()),
        _ => None,
    };
    let allowed: Vec<_> = brand.authorities.answer.data().iter().filter_map(named).collect();
    let has_mark = brand.evidence.as_ref().is_some_and(|document| matches!(document.fetched, Fetched::Document(_)));
    // RFC 8659 §4.3: a value without a name lets nobody issue.
    let nobody = |value: &String| value.split(';').next().unwrap_or_default().trim().is_empty();
    if has_mark && !allowed.is_empty() && allowed.iter().all(nobody) {
        findings.at(brand.authorities.place());
    }
}

fn each(desk: &Desk<'_>, findings: &mut Findings, wanted: impl Fn(&Flaw) -> bool) {
    let Some(document) = &desk.snapshot.brand.evidence else { return };
    for flaw in document.flaws.iter().filter(|flaw| wanted(flaw)) {
        let finding = about(findings, document);
        finding.arguments.extend(flaw.arguments());
        finding.word("flaw", flaw.id());
    }
}

fn about<'f>(findings: &'f mut Findings, document: &Document) -> &'f mut Finding {
    findings.found().with("url", document.url.as_str())
}
