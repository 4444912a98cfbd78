//! Aggregate reports as XML, as RFC 9990 has it or in the shape of RFC 7489 Appendix C, checked against the schema while
//! they are written, and packed.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::IpAddr;

use flate2::{Compression, GzBuilder};
use report::row::{Discovery, Mode, Policy, Testing};
use report::vocabulary::{Disposition, MethodResult, OverrideKind};
use thiserror::Error;

use super::check::{Checker, Violation};
use super::{Aggregate, AlignedPass, Circumstances, Metadata, PublishedPolicy, Record, SpfScope};
use crate::word::Word;

/// Which standard's report.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Shape {
    /// RFC 9990.
    #[default]
    Rfc9990,
    /// RFC 7489: for readers who know no other.
    Rfc7489,
}

/// The namespace of RFC 9990.
pub const NAMESPACE: &str = "urn:ietf:params:xml:ns:dmarc-2.0";

/// Why a report cannot be written.
#[derive(Debug, Error)]
pub enum WriteError {
    /// It is not as the schema has it: something is missing, or there is a word that no standard knows.
    #[error(transparent)]
    Invalid(#[from] Violation),
    /// Where it goes to takes nothing.
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// Writes a report as XML. It is checked on the way: when it is not as the schema has it, what was written is of no use.
///
/// # Errors
/// It is not valid, or cannot be written.
pub fn write(aggregate: &Aggregate, shape: Shape, out: &mut impl Write) -> Result<(), WriteError> {
    let mut checker = Checker::new(shape);
    let mut text = String::with_capacity(4096);
    let mut put = |text: &mut String| -> Result<(), WriteError> {
        checker.push(text.as_bytes())?;
        out.write_all(text.as_bytes())?;
        text.clear();
        Ok(())
    };
    head(&mut text, aggregate, shape);
    put(&mut text)?;
    for record in &aggregate.records {
        if let Some(circumstances) = aggregate.circumstances_of(record) {
            write_record(&mut text, record, circumstances, shape);
        }
        put(&mut text)?;
    }
    text.push_str("</feedback>\n");
    put(&mut text)?;
    Ok(checker.finish()?)
}

/// Writes a report and compresses it with gzip. Equal reports give equal bytes: no time and no machine stands in them.
///
/// # Errors
/// It is not valid.
pub fn pack(aggregate: &Aggregate, shape: Shape) -> Result<Vec<u8>, WriteError> {
    let builder = GzBuilder::new().mtime(0).operating_system(UNKNOWN_SYSTEM);
    let mut packed = builder.write(Vec::new(), Compression::default());
    write(aggregate, shape, &mut packed)?;
    Ok(packed.finish()?)
}

/// RFC 1952 §2.3.1: the operating system is not known.
const UNKNOWN_SYSTEM: u8 = 255;

fn head(text: &mut String, aggregate: &Aggregate, shape: Shape) {
    text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    match shape {
        // RFC 9990 §3.1.1.1: the root element is in the namespace of DMARC.
        Shape::Rfc9990 => {
            let _ = writeln!(text, "<feedback xmlns=\"{NAMESPACE}\">");
        }
        Shape::Rfc7489 => text.push_str("<feedback>\n"),
    }
    // RFC 9990 §3.1.1.2: the version, when it is there, is 1.0.
    element(text, 1, "version", "1.0");
    write_metadata(text, &aggregate.metadata, shape);
    write_policy(text, &aggregate.policy, shape);
}

fn write_metadata(text: &mut String, metadata: &Metadata, shape: Shape) {
    open(text, 1, "report_metadata");
    element(text, 2, "org_name", &metadata.organization);
    element(text, 2, "email", &metadata.email);
    optional(text, 2, "extra_contact_info", metadata.contact.as_deref());
    element(text, 2, "report_id", &metadata.report_id);
    open(text, 2, "date_range");
    element(text, 3, "begin", &metadata.begin_s.to_string());
    element(text, 3, "end", &metadata.end_s.to_string());
    close(text, 2, "date_range");
    match shape {
        // RFC 9990 §3.1.1.3: one element at most.
        Shape::Rfc9990 if !metadata.errors.is_empty() => element(text, 2, "error", &metadata.errors.join("; ")),
        Shape::Rfc9990 => {}
        Shape::Rfc7489 => metadata.errors.iter().for_each(|error| element(text, 2, "error", error)),
    }
    if shape == Shape::Rfc9990 {
        optional(text, 2, "generator", metadata.generator.as_deref());
    }
    close(text, 1, "report_metadata");
}

fn write_policy(text: &mut String, policy: &PublishedPolicy, shape: Shape) {
    let mode = |mode: Mode| match mode {
        Mode::Relaxed => "r",
        Mode::Strict => "s",
    };
    open(text, 1, "policy_published");
    element(text, 2, "domain", &policy.domain);
    if shape == Shape::Rfc9990 {
        word(text, 2, "discovery_method", &policy.discovery, Discovery::as_str);
    }
    word(text, 2, "p", &policy.policy, Policy::as_str);
    word(text, 2, "sp", &policy.subdomain_policy, Policy::as_str);
    if shape == Shape::Rfc9990 {
        word(text, 2, "np", &policy.nonexistent_policy, Policy::as_str);
    }
    optional(text, 2, "fo", policy.failure_options.as_deref());
    word(text, 2, "adkim", &policy.dkim_mode, mode);
    word(text, 2, "aspf", &policy.spf_mode, mode);
    match shape {
        Shape::Rfc9990 => word(text, 2, "testing", &policy.testing, |testing| match testing {
            Testing::Off => "n",
            Testing::On => "y",
        }),
        // RFC 7489 Appendix C has no optional `pct`; that tag is read by nobody any more.
        Shape::Rfc7489 => element(text, 2, "pct", &policy.percent.unwrap_or(100).to_string()),
    }
    close(text, 1, "policy_published");
}

fn write_record(text: &mut String, record: &Record, circumstances: &Circumstances, shape: Shape) {
    open(text, 1, "record");
    open(text, 2, "row");
    if let Some(source) = record.source {
        element(text, 3, "source_ip", &address(source, shape));
    }
    element(text, 3, "count", &record.count.to_string());
    write_evaluated(text, circumstances, shape);
    close(text, 2, "row");
    write_identifiers(text, circumstances, shape);
    write_results(text, circumstances, shape);
    close(text, 1, "record");
}

fn write_evaluated(text: &mut String, circumstances: &Circumstances, shape: Shape) {
    open(text, 3, "policy_evaluated");
    word(text, 4, "disposition", &circumstances.disposition, |disposition| match (shape, disposition) {
        // RFC 7489 Appendix C knows no `pass`.
        (Shape::Rfc7489, Disposition::Pass) => "none",
        (_, disposition) => disposition.as_str(),
    });
    word(text, 4, "dkim", &circumstances.dkim_aligned, AlignedPass::as_str);
    word(text, 4, "spf", &circumstances.spf_aligned, AlignedPass::as_str);
    for reason in &circumstances.reasons {
        let mut comment = reason.comment.clone();
        // RFC 9990 §3.1.6: what is not among the predefined types is `other`, and the comment says what.
        let mut other = |what: &str| {
            comment = Some(match &comment {
                None => what.into(),
                Some(more) => format!("{what}: {more}").into(),
            });
            "other"
        };
        let kind = match (shape, &reason.kind) {
            (Shape::Rfc9990, Word::Known(OverrideKind::Forwarded)) => other("forwarded"),
            (Shape::Rfc7489, Word::Known(OverrideKind::PolicyTestMode)) => other("policy_test_mode"),
            (_, Word::Known(kind)) => kind.as_str(),
            (Shape::Rfc7489, Word::Other(kind)) if **kind == *"sampled_out" => "sampled_out",
            (_, Word::Other(kind)) => other(kind),
            (_, Word::Missing) => "other",
        };
        open(text, 4, "reason");
        element(text, 5, "type", kind);
        optional(text, 5, "comment", comment.as_deref());
        close(text, 4, "reason");
    }
    close(text, 3, "policy_evaluated");
}

fn write_identifiers(text: &mut String, circumstances: &Circumstances, shape: Shape) {
    open(text, 2, "identifiers");
    optional(text, 3, "envelope_to", circumstances.envelope_to.as_deref());
    match (shape, circumstances.envelope_from.as_deref()) {
        (_, Some(domain)) => element(text, 3, "envelope_from", domain),
        // RFC 7489 Appendix C wants the element in any case.
        (Shape::Rfc7489, None) => element(text, 3, "envelope_from", ""),
        (Shape::Rfc9990, None) => {}
    }
    element(text, 3, "header_from", &circumstances.header_from);
    close(text, 2, "identifiers");
}

fn write_results(text: &mut String, circumstances: &Circumstances, shape: Shape) {
    open(text, 2, "auth_results");
    for signature in &circumstances.dkim {
        open(text, 3, "dkim");
        element(text, 4, "domain", &signature.domain);
        optional(text, 4, "selector", signature.selector.as_deref());
        word(text, 4, "result", &signature.result, MethodResult::as_str);
        optional(text, 4, "human_result", signature.comment.as_deref());
        close(text, 3, "dkim");
    }
    for result in &circumstances.spf {
        open(text, 3, "spf");
        element(text, 4, "domain", &result.domain);
        word(text, 4, "scope", &result.scope, |scope| match scope {
            SpfScope::MailFrom => "mfrom",
            SpfScope::Helo => "helo",
        });
        word(text, 4, "result", &result.result, |word| match (shape, word) {
            // RFC 7489 Appendix C: SPF has no `policy` there; no statement is what it comes to.
            (Shape::Rfc7489, MethodResult::Policy) => MethodResult::Neutral.as_str(),
            (_, word) => word.as_str(),
        });
        if shape == Shape::Rfc9990 {
            optional(text, 4, "human_result", result.comment.as_deref());
        }
        close(text, 3, "spf");
    }
    if shape == Shape::Rfc7489 && circumstances.spf.is_empty() {
        // RFC 7489 Appendix C: there is always at least one result of SPF; here nothing could be checked.
        open(text, 3, "spf");
        element(text, 4, "domain", circumstances.envelope_from.as_deref().unwrap_or_default());
        element(text, 4, "scope", "mfrom");
        element(text, 4, "result", "none");
        close(text, 3, "spf");
    }
    close(text, 2, "auth_results");
}

/// RFC 9990 §3.1.1.8: as RFC 3986 §3.2.2 writes addresses. The pattern of RFC 7489 Appendix C knows no `::`.
fn address(source: IpAddr, shape: Shape) -> String {
    match (source, shape) {
        (IpAddr::V6(address), Shape::Rfc7489) => address.segments().map(|segment| format!("{segment:x}")).join(":"),
        (address, _) => address.to_string(),
    }
}

fn open(text: &mut String, depth: usize, name: &str) {
    indent(text, depth);
    text.push('<');
    text.push_str(name);
    text.push_str(">\n");
}

fn close(text: &mut String, depth: usize, name: &str) {
    indent(text, depth);
    text.push_str("</");
    text.push_str(name);
    text.push_str(">\n");
}

fn element(text: &mut String, depth: usize, name: &str, value: &str) {
    indent(text, depth);
    text.push('<');
    text.push_str(name);
    text.push('>');
    let is_plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" -._:/@".contains(&byte));
    if is_plain {
        text.push_str(value);
    } else {
        value.chars().for_each(|character| escape(text, character));
    }
    text.push_str("</");
    text.push_str(name);
    text.push_str(">\n");
}

fn indent(text: &mut String, depth: usize) {
    (0..depth).for_each(|_| text.push_str("  "));
}

fn optional(text: &mut String, depth: usize, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        element(text, depth, name, value);
    }
}

fn word<T: Copy>(text: &mut String, depth: usize, name: &str, word: &Word<T>, known: impl Fn(T) -> &'static str) {
    match word {
        Word::Known(word) => element(text, depth, name, known(*word)),
        Word::Other(word) => element(text, depth, name, word),
        Word::Missing => {}
    }
}

/// A character as it may stand in XML 1.0. Line ends and tabs become spaces; what XML cannot hold becomes U+FFFD.
fn escape(text: &mut String, character: char) {
    match character {
        '&' => text.push_str("&amp;"),
        '<' => text.push_str("&lt;"),
        '>' => text.push_str("&gt;"),
        '"' => text.push_str("&quot;"),
        '\'' => text.push_str("&apos;"),
        '\t' | '\n' | '\r' => text.push(' '),
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => text.push(char::REPLACEMENT_CHARACTER),
        other => text.push(other),
    }
}
