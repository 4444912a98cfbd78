//! Rules about how records are written: the domain's own, and those that it leads to.

use lookup::Kind;
use mailtext::{Explain, Flaw};

use spf::RecordFlaw as Wrong;
use spf::tree::lookalike::LookalikeKind;
use spf::tree::{Lookalike, Node, State};

use crate::desk::Desk;
use crate::finding::{Finding, Findings, Fix};
use crate::limits::{SPF_OCTETS, SPF_OCTETS_UDP};
use crate::severity::Severity;

pub(super) fn one_record(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.spf;
    if let State::Several(count) = seen.tree.root().state {
        findings.at(seen.texts.place()).with("count", count).advise("audit-spf01-fix");
    }
}

pub(super) fn the_version_is_one(desk: &Desk<'_>, findings: &mut Findings) {
    for_lookalikes(desk, |seen| {
        if seen.kind != LookalikeKind::SenderId {
            findings
                .at(desk.snapshot.spf.texts.place())
                .with("record", seen.text.as_str())
                .word("kind", seen.kind.word());
        }
    });
}

pub(super) fn the_own_type_is_gone(desk: &Desk<'_>, findings: &mut Findings) {
    let own = &desk.snapshot.spf.own_type;
    if !own.answer.data().is_empty() {
        findings.at(own.place()).fix(Fix::Remove { name: own.question.name.clone(), kind: Kind::Spf });
    }
}

pub(super) fn sender_id_is_historic(desk: &Desk<'_>, findings: &mut Findings) {
    for_lookalikes(desk, |seen| {
        if seen.kind == LookalikeKind::SenderId {
            findings.at(desk.snapshot.spf.texts.place()).with("record", seen.text.as_str());
        }
    });
}

fn for_lookalikes(desk: &Desk<'_>, judge: impl FnMut(&Lookalike)) {
    desk.snapshot.spf.tree.root().lookalikes.iter().for_each(judge);
}

pub(super) fn no_syntax_errors(desk: &Desk<'_>, findings: &mut Findings) {
    // What has a rule of its own is told there.
    for_each(desk, |node, flaw| {
        if flaw.kind.is_fatal() && family(node, flaw).is_none() {
            note(desk, findings, node, flaw);
        }
    });
}

pub(super) fn mechanisms_are_known(desk: &Desk<'_>, findings: &mut Findings) {
    of_family(desk, findings, Family::Mechanism);
}

pub(super) fn delimiters_are_right(desk: &Desk<'_>, findings: &mut Findings) {
    of_family(desk, findings, Family::Delimiter);
}

pub(super) fn modifiers_are_known(desk: &Desk<'_>, findings: &mut Findings) {
    of_family(desk, findings, Family::Modifier);
}

pub(super) fn ip4_is_one(desk: &Desk<'_>, findings: &mut Findings) {
    of_family(desk, findings, Family::Ip4);
}

pub(super) fn ip6_is_one(desk: &Desk<'_>, findings: &mut Findings) {
    of_family(desk, findings, Family::Ip6);
}

pub(super) fn no_host_bits(desk: &Desk<'_>, findings: &mut Findings) {
    of_family(desk, findings, Family::HostBits);
}

pub(super) fn nothing_after_all(desk: &Desk<'_>, findings: &mut Findings) {
    of_family(desk, findings, Family::AfterAll);
}

pub(super) fn no_redirect_beside_all(desk: &Desk<'_>, findings: &mut Findings) {
    of_family(desk, findings, Family::RedirectBesideAll);
}

pub(super) fn modifiers_stand_once(desk: &Desk<'_>, findings: &mut Findings) {
    of_family(desk, findings, Family::Twice);
}

pub(super) fn modifiers_stand_last(desk: &Desk<'_>, findings: &mut Findings) {
    of_family(desk, findings, Family::NotLast);
}

pub(super) fn macros_are_well_formed(desk: &Desk<'_>, findings: &mut Findings) {
    of_family(desk, findings, Family::Macro);
}

pub(super) fn macros_at_their_places(desk: &Desk<'_>, findings: &mut Findings) {
    of_family(desk, findings, Family::MacroPlace);
}

pub(super) fn names_are_names(desk: &Desk<'_>, findings: &mut Findings) {
    of_family(desk, findings, Family::Name);
}

pub(super) fn names_are_ascii(desk: &Desk<'_>, findings: &mut Findings) {
    // RFC 7208 §3.1 makes the whole record end in permerror, which the catalogue calls a warning.
    for_each(desk, |node, flaw| {
        if family(node, flaw) == Some(Family::Ascii) {
            note(desk, findings, node, flaw).severity(Severity::Error);
        }
    });
}

/// What a rule of its own is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Mechanism,
    Delimiter,
    Modifier,
    Ip4,
    Ip6,
    HostBits,
    AfterAll,
    RedirectBesideAll,
    Twice,
    NotLast,
    Macro,
    MacroPlace,
    Name,
    Ascii,
    /// Another flaw says it already.
    Told,
}

fn family(node: &Node, flaw: &Flaw<Wrong>) -> Option<Family> {
    Some(match flaw.kind {
        Wrong::UnknownMechanism => Family::Mechanism,
        Wrong::ModifierAsMechanism | Wrong::MechanismAsModifier | Wrong::QualifierOnModifier => Family::Delimiter,
        Wrong::UnknownModifier => Family::Modifier,
        Wrong::Ip4Address | Wrong::LeadingZero | Wrong::Ip6UnderIp4 => Family::Ip4,
        Wrong::Ip6Address | Wrong::Ip4UnderIp6 => Family::Ip6,
        Wrong::HostBits => Family::HostBits,
        Wrong::TermAfterAll => Family::AfterAll,
        Wrong::RedirectIgnored => Family::RedirectBesideAll,
        Wrong::DuplicateRedirect | Wrong::DuplicateExplanation => Family::Twice,
        Wrong::ModifierNotLast => Family::NotLast,
        Wrong::MacroStray | Wrong::MacroUnclosed | Wrong::MacroLetter | Wrong::MacroZero | Wrong::MacroDelimiter => {
            Family::Macro
        }
        Wrong::MacroExplanationOnly => Family::MacroPlace,
        Wrong::TopLabel | Wrong::DomainMalformed => {
            // A macro that cannot be read leaves no name to be read either.
            let within = |other: &&Flaw<Wrong>| flaw.span.start <= other.span.start && other.span.end <= flaw.span.end;
            let macros = |other: &Flaw<Wrong>| {
                matches!(
                    other.kind,
                    Wrong::MacroStray
                        | Wrong::MacroUnclosed
                        | Wrong::MacroLetter
                        | Wrong::MacroZero
                        | Wrong::MacroDelimiter
                        | Wrong::MacroExplanationOnly
                )
            };
            let by_macro = node.policy.flaws.iter().filter(within).any(macros);
            if by_macro { Family::Told } else { Family::Name }
        }
        Wrong::CidrTooLong | Wrong::CidrSyntax => match mechanism_before(node.record().text(), flaw.span.start) {
            b"ip4" => Family::Ip4,
            b"ip6" => Family::Ip6,
            _ => return None,
        },
        Wrong::NonAscii => Family::Ascii,
        _ => return None,
    })
}

/// The name of the mechanism in which the byte at `offset` stands.
fn mechanism_before(text: &[u8], offset: u32) -> &[u8] {
    let before = text.get(..offset as usize).unwrap_or_default();
    let start = before.iter().rposition(|byte| *byte == b' ').map_or(0, |at| at + 1);
    let term = &before[start..];
    let term = term.strip_prefix(b"+").or(term.strip_prefix(b"-")).or(term.strip_prefix(b"~")).unwrap_or(term);
    term.split(|byte| *byte == b':').next().unwrap_or_default()
}

fn of_family(desk: &Desk<'_>, findings: &mut Findings, wanted: Family) {
    for_each(desk, |node, flaw| {
        if family(node, flaw) == Some(wanted) {
            note(desk, findings, node, flaw);
        }
    });
}

/// Each flaw of each record, the domain's own first; a record that is reached twice is told once.
fn for_each(desk: &Desk<'_>, mut judge: impl FnMut(&Node, &Flaw<Wrong>)) {
    let mut told = Vec::new();
    for (_, node) in desk.snapshot.spf.tree.nodes() {
        if !told.contains(&&node.domain) {
            told.push(&node.domain);
            node.policy.flaws.iter().for_each(|flaw| judge(node, flaw));
        }
    }
}

fn note<'f>(desk: &Desk<'_>, findings: &'f mut Findings, node: &Node, flaw: &Flaw<Wrong>) -> &'f mut Finding {
    let finding = findings.at(desk.snapshot.spf.place(node, flaw.span));
    finding.word("flaw", flaw.kind.id())
}

pub(super) fn records_are_short(desk: &Desk<'_>, findings: &mut Findings) {
    for (_, node) in desk.snapshot.spf.tree.nodes() {
        let length = node.record().text().len();
        if length > SPF_OCTETS {
            let whole = mailtext::Span::new(0, length);
            let mut place = desk.snapshot.spf.place(node, whole);
            place.span = None;
            let finding = findings.at(place);
            finding.with("size_bytes", length);
            if length > SPF_OCTETS_UDP {
                finding.sentence("audit-spf42-long");
            }
        }
    }
}
