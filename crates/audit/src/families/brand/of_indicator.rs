//! Rules about the indicator: where it is, and the table of SVG Tiny P/S.

use bimi::indicator::{FindingKind as Found, uncompressed};
use lookup::fetch::{FetchFailure, Fetched};
use mailtext::{Explain, Value};

use crate::desk::Desk;
use crate::finding::{Finding, Findings};

pub(super) fn it_can_be_fetched(desk: &Desk<'_>, findings: &mut Findings) {
    let brand = &desk.snapshot.brand;
    let indicator = brand.indicator.iter().map(|(url, fetched)| (url, fetched));
    let evidence = brand.evidence.iter().map(|document| (&document.url, &document.fetched));
    for (url, fetched) in indicator.chain(evidence) {
        match fetched {
            Fetched::Document(_) | Fetched::Failed(FetchFailure::Disabled | FetchFailure::TooLarge) => {}
            Fetched::Status(status) => {
                let finding = findings.found();
                finding.sentence("audit-bim12-status").with("url", url.as_str()).with("status", u64::from(*status));
            }
            Fetched::Failed(failure) => {
                let finding = findings.found();
                finding.arguments.push(("reason", Value::Word(failure.id())));
                finding.with("url", url.as_str());
            }
        }
    }
}

pub(super) fn it_comes_as_svg(desk: &Desk<'_>, findings: &mut Findings) {
    if let Some((_, Fetched::Document(document))) = &desk.snapshot.brand.indicator {
        let kind = document.content_type.as_deref().unwrap_or_default();
        let bare = kind.split(';').next().unwrap_or_default().trim();
        if !bare.eq_ignore_ascii_case("image/svg+xml") {
            about(desk, findings).with("content_type", bare);
        }
    }
}

pub(super) fn it_is_small(desk: &Desk<'_>, findings: &mut Findings) {
    if let Some((_, Fetched::Failed(FetchFailure::TooLarge))) = &desk.snapshot.brand.indicator {
        about(desk, findings);
    }
    each(desk, findings, |found| *found == Found::TooLarge);
}

pub(super) fn it_is_well_formed(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |found| {
        matches!(
            found,
            Found::Gzip
                | Found::Encoding
                | Found::DeclaredEncoding
                | Found::Doctype
                | Found::Xml
                | Found::TooManyNodes
                | Found::TooManyAttributes
                | Found::TooDeep
                | Found::Root
                | Found::Instruction
                | Found::UseLoop
                | Found::UseTooMany
                | Found::MoreFindings
        )
    });
}

pub(super) fn the_profile_is_named(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |found| is_attribute(found, "baseProfile"));
}

pub(super) fn the_version_is_named(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |found| is_attribute(found, "version"));
}

fn is_attribute(found: &Found, wanted: &str) -> bool {
    match found {
        Found::AttributeAbsent { name } => *name == wanted,
        Found::AttributeValue { name, element } => **name == *wanted && **element == *"svg",
        _ => false,
    }
}

pub(super) fn a_title_comes_first(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |found| *found == Found::TitleAbsent);
}

pub(super) fn the_title_says_something(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |found| matches!(found, Found::TitleEmpty | Found::TitleLong));
    if let Some(svg) = svg(desk) {
        let title = svg.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or_default();
        if ["bimi-svg-tiny-12-ps", "untitled", "logo", "svg"].contains(&title.trim().to_ascii_lowercase().as_str()) {
            about(desk, findings).sentence("audit-bim19-generic").with("text", title.trim());
        }
    }
}

pub(super) fn the_root_has_no_place(desk: &Desk<'_>, findings: &mut Findings) {
    each(
        desk,
        findings,
        |found| matches!(found, Found::Attribute { name, element } if **element == *"svg" && matches!(&**name, "x" | "y")),
    );
}

/// What runs, moves, or brings something in from elsewhere.
const ACTIVE: [&str; 16] = [
    "script",
    "a",
    "animate",
    "animateColor",
    "animateMotion",
    "animateTransform",
    "set",
    "image",
    "foreignObject",
    "handler",
    "listener",
    "audio",
    "video",
    "animation",
    "discard",
    "prefetch",
];

/// What some programs write, and the format left out.
const STYLING: [&str; 6] = ["style", "clipPath", "mask", "filter", "switch", "symbol"];

pub(super) fn elements_are_allowed(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |found| match found {
        Found::Element { name, .. } => !ACTIVE.contains(&&**name) && !STYLING.contains(&&**name),
        Found::Text { .. } => true,
        _ => false,
    });
}

pub(super) fn nothing_moves_or_runs(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |found| matches!(found, Found::Element { name, .. } if ACTIVE.contains(&&**name)));
}

pub(super) fn attributes_are_allowed(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |found| match found {
        Found::Element { name, .. } => STYLING.contains(&&**name),
        Found::Attribute { name, element } => {
            let of_root = **element == *"svg" && matches!(&**name, "x" | "y");
            !of_root && !name.ends_with("href")
        }
        _ => false,
    });
}

pub(super) fn nothing_leads_out(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |found| match found {
        Found::Attribute { name, .. } => name.ends_with("href"),
        Found::Reference { .. } => true,
        _ => false,
    });
}

pub(super) fn it_is_square(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |found| matches!(found, Found::SizeAbsent | Found::NotSquare));
}

pub(super) fn it_has_a_background(desk: &Desk<'_>, findings: &mut Findings) {
    // Receivers show indicators on any colour, often in a circle. Something that fills the area is drawn first.
    let Some(svg) = svg(desk) else { return };
    let shapes = ["<rect", "<circle", "<path", "<polygon", "<ellipse", "<text", "<line", "<use", "<polyline"];
    let first = shapes.iter().filter_map(|shape| svg.find(shape).map(|at| (at, *shape))).min();
    if first.is_some_and(|(_, shape)| !matches!(shape, "<rect" | "<circle")) {
        about(desk, findings);
    }
}

pub(super) fn values_are_allowed(desk: &Desk<'_>, findings: &mut Findings) {
    each(desk, findings, |found| {
        let named = is_attribute(found, "baseProfile") || is_attribute(found, "version");
        matches!(found, Found::AttributeValue { .. } | Found::AttributeAbsent { .. }) && !named
    });
}

fn svg(desk: &Desk<'_>) -> Option<String> {
    let Some((_, Fetched::Document(document))) = &desk.snapshot.brand.indicator else {
        return None;
    };
    uncompressed(&document.bytes).ok().map(|svg| String::from_utf8_lossy(&svg).into_owned())
}

/// A finding for each thing that the format forbids.
fn each(desk: &Desk<'_>, findings: &mut Findings, wanted: impl Fn(&Found) -> bool) {
    let Some(reading) = &desk.snapshot.brand.reading else { return };
    for found in reading.findings.iter().filter(|found| wanted(&found.kind)) {
        let finding = about(desk, findings);
        finding.arguments.extend(found.kind.arguments());
        finding.word("flaw", found.kind.id());
    }
}

fn about<'f>(desk: &Desk<'_>, findings: &'f mut Findings) -> &'f mut Finding {
    let url = desk.snapshot.brand.indicator.as_ref().map_or("", |(url, _)| url.as_str());
    findings.found().with("url", url)
}
