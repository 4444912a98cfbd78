//! Rules about the record, and about what DMARC and SPF have to say before it counts.

use dmarc::Policy;
use dmarc::record::Testing;
use lookup::Kind;
use mailtext::{Explain, Flaw};

use bimi::record::{Location, Record, RecordFlaw as Wrong};

use super::is_meant;
use crate::desk::{Desk, Letter};
use crate::families::dmarc_record::policy_of;
use crate::finding::{Findings, Place};
use crate::presence::Presence;
use lookup::Question;

pub(super) fn one_record(desk: &Desk<'_>, findings: &mut Findings) {
    if let Some(own) = &desk.snapshot.brand.own {
        let count = own.texts().filter(|text| Record::claims(text)).count();
        if count > 1 {
            findings.at(own.place()).with("count", count).advise("audit-bim01-fix");
        }
    }
}

pub(super) fn the_version_comes_first(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |flaw| {
        matches!(flaw, Wrong::VersionAbsent | Wrong::VersionNotFirst | Wrong::VersionValue)
    });
}

pub(super) fn a_location_is_there(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |flaw| matches!(flaw, Wrong::LocationAbsent | Wrong::LocationEmpty));
}

pub(super) fn locations_are_https(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |flaw| {
        matches!(
            flaw,
            Wrong::LocationUrl(_)
                | Wrong::LocationSyntax
                | Wrong::LocationHost
                | Wrong::AuthorityUrl(_)
                | Wrong::AuthoritySyntax
                | Wrong::AuthorityHost
                | Wrong::Comma
        )
    });
}

pub(super) fn locations_name_their_format(desk: &Desk<'_>, findings: &mut Findings) {
    for (published, text) in desk.snapshot.brand.records() {
        let (record, _) = Record::parse(text);
        let wanted: [(&Location, &[&str]); 2] =
            [(&record.location, &[".svg", ".svgz"]), (&record.authority, &[".pem"])];
        for (location, ends) in wanted {
            let Location::Url(url) = location else { continue };
            let path = url.path_and_query().split('?').next().unwrap_or_default().to_ascii_lowercase();
            if !ends.iter().any(|end| path.ends_with(end)) {
                findings.at(published.record(text)).with("url", url.as_str()).with("ends", ends.join(", "));
            }
        }
    }
}

pub(super) fn evidence_is_named(desk: &Desk<'_>, findings: &mut Findings) {
    for (published, text) in desk.snapshot.brand.records() {
        let (record, _) = Record::parse(text);
        if matches!(record.location, Location::Url(_)) && matches!(record.authority, Location::Absent | Location::Empty)
        {
            findings.at(published.record(text));
        }
    }
}

pub(super) fn tags_are_known(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |flaw| matches!(flaw, Wrong::UnknownTag | Wrong::Tag(_)));
}

pub(super) fn prefixes_are_sound(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |flaw| matches!(flaw, Wrong::LocalPartPrefix | Wrong::LocalPartPrefixes));
}

pub(super) fn the_avatar_is_a_word(desk: &Desk<'_>, findings: &mut Findings) {
    for_flaws(desk, findings, |flaw| flaw == Wrong::AvatarValue);
}

pub(super) fn dmarc_is_enforced(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.brand;
    let Some((published, text)) = seen.records().find(|(_, text)| Record::claims(text)) else { return };
    if Record::parse(text).0.is_declination() {
        return;
    }
    let found = desk.snapshot.dmarc.applied();
    let enforced = found.is_some_and(|found| {
        let partly = found.record.historic.pct.is_some_and(|percentage| percentage < 100);
        policy_of(found) != Policy::None
            && found.record.subdomain_policy().0 != Policy::None
            && found.record.testing == Testing::Off
            && !(partly && policy_of(found) == Policy::Quarantine)
    });
    if !enforced && !matches!(desk.snapshot.dmarc.presence(), Presence::Unanswered(..)) {
        let policy = found.map_or("absent", |found| policy_of(found).as_str());
        findings.at(published.record(text)).word("policy", policy);
    }
}

pub(super) fn spf_is_not_everyone(desk: &Desk<'_>, findings: &mut Findings) {
    let pass = &desk.snapshot.spf.tree.results.pass;
    let wants = desk.snapshot.brand.records().any(|(_, text)| Record::claims(text));
    if wants && (pass.is_all_ip4() || pass.is_all_ip6()) {
        findings.at(desk.snapshot.spf.record_place());
    }
}

pub(super) fn the_organization_stands_in(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.brand;
    let organization = seen.organization.as_ref().filter(|other| other.texts().any(Record::claims));
    if let (true, Some(organization)) = (seen.is_absent(), organization) {
        let finding = findings.at(organization.place());
        finding.with("domain", desk.snapshot.subject.domain.as_str());
    }
}

pub(super) fn selectors_are_signed(letter: &Letter<'_>, findings: &mut Findings) {
    let has = |name: &str| letter.headers.named(name).next().is_some();
    let signed = |name: &str| {
        letter.facts.signatures.iter().any(|signature| signature.fields.iter().any(|field| **field == *name))
    };
    if has("bimi-selector") && !signed("bimi-selector") {
        findings.found();
    }
    for name in ["bimi-location", "bimi-indicator"] {
        if signed(name) {
            findings.found().sentence("audit-bim38-signed").with("field", name);
        }
    }
}

/// A finding for each such flaw of a text that is meant to be a record.
fn for_flaws(desk: &Desk<'_>, findings: &mut Findings, wanted: impl Fn(Wrong) -> bool) {
    let Some(own) = &desk.snapshot.brand.own else { return };
    for text in own.texts().filter(|text| is_meant(text)) {
        for Flaw { kind, span } in Record::parse(text).1 {
            if wanted(kind) {
                let question = Question::new(own.question.name.clone(), Kind::Txt);
                findings.at(Place::part(&question, text, span)).word("flaw", kind.id());
            }
        }
    }
}
