//! Lines of a fold: keys that sort, and runs of them.

use std::collections::HashMap;
use std::io::{self, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use mailtext::Domain;
use report::Row;
use report::row::{
    Address, AlignedPass, Discovery, DmarcResult, Evaluation, FailureOptions, FailureWhen, Mode, Policy, PolicyTag,
    Published, Signature, Testing, Wanted,
};
use report::vocabulary::{Aligned, Disposition, MethodResult, OverrideKind};

use super::{EnvelopeTo, FoldError};
use crate::aggregate::AlignedPass as ReportedPass;
use crate::aggregate::{Circumstances, DkimResult, PublishedPolicy, Reason, SpfResult, SpfScope};
use crate::limits::{FOLD_KEY_BYTES_MAX, SIGNATURE_COUNT_MAX};
use crate::word::Word;

/// What a line counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Line {
    pub(super) count: u64,
    /// Whether some message of it is enough for a report.
    pub(super) counts_alone: bool,
}

/// A key with its count, as runs hold it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Counted {
    pub(super) key: Box<[u8]>,
    pub(super) count: u64,
}

/// What a line takes in memory beside its key, about: two pointers, the counts, a slot of the table and its slack.
pub(super) const BYTES_BESIDE_KEY: usize = 80;

/// Behind the policy domain: the mark that it has mail which counts alone. It sorts before the domain's lines.
const MARK: u8 = 0;
/// Behind the policy domain: a line.
const LINE: u8 = 1;
/// How many bytes a configuration has.
const CONFIGURATION_BYTES: usize = 10;

/// A key in its parts.
pub(super) struct Key<'k> {
    pub(super) domain: &'k [u8],
    /// `None` for a mark.
    pub(super) rest: Option<Rest<'k>>,
}

/// What stands behind the policy domain.
pub(super) struct Rest<'k> {
    pub(super) configuration: &'k [u8],
    pub(super) circumstances: &'k [u8],
    pub(super) source: IpAddr,
}

/// Writes the key of a row for one of its author domains.
pub(super) fn write_key(
    key: &mut Vec<u8>,
    order: &mut Vec<(u8, usize)>,
    row: &Row,
    evaluation: &Evaluation,
    published: &Published,
    envelope_to: EnvelopeTo,
) {
    // A domain is printable ASCII: the zero ends it, and sorts `a.b` before `a.b.c`.
    key.extend_from_slice(published.domain.as_str().as_bytes());
    key.extend_from_slice(&[0, LINE]);
    key.extend_from_slice(&configuration(published));
    let length_at = key.len();
    key.extend_from_slice(&[0; 4]);
    write_evaluated(key, row, evaluation, published);
    write_identifiers(key, row, evaluation, envelope_to);
    write_dkim(key, order, row, evaluation);
    write_spf(key, row);
    let length = u32::try_from(key.len() - length_at - 4).unwrap_or(u32::MAX);
    key[length_at..length_at + 4].copy_from_slice(&length.to_be_bytes());
    match row.client.ip.map(|ip| ip.to_canonical()) {
        Some(IpAddr::V4(ip)) => key.extend_from_slice(&ip.octets()),
        Some(IpAddr::V6(ip)) => key.extend_from_slice(&ip.octets()),
        None => {}
    }
}

/// RFC 9990 §3.1.1.5: what was discovered, or the default where a tag is not there.
fn configuration(published: &Published) -> [u8; CONFIGURATION_BYTES] {
    let subdomain = published.subdomain_policy.unwrap_or(published.policy);
    [
        policy_code(published.policy),
        policy_code(subdomain),
        policy_code(published.nonexistent_policy.unwrap_or(subdomain)),
        u8::from(published.dkim_mode == Mode::Strict),
        u8::from(published.spf_mode == Mode::Strict),
        match published.failure_options.when {
            FailureWhen::AllFailed => 0,
            FailureWhen::AnyFailed => 1,
            FailureWhen::Unsaid => 2,
        },
        u8::from(published.failure_options.dkim == Wanted::Yes),
        u8::from(published.failure_options.spf == Wanted::Yes),
        u8::from(published.testing == Testing::On),
        u8::from(published.discovery == Discovery::SuffixList),
    ]
}

/// The policy of a configuration.
pub(super) fn policy_of(domain: &[u8], configuration: &[u8]) -> Option<PublishedPolicy> {
    let &[policy, subdomain, nonexistent, dkim, spf, when, failed_dkim, failed_spf, testing, discovery] = configuration
    else {
        return None;
    };
    let mode = |strict| if strict == 1 { Mode::Strict } else { Mode::Relaxed };
    let wanted = |yes| if yes == 1 { Wanted::Yes } else { Wanted::No };
    let when = match when {
        0 => FailureWhen::AllFailed,
        1 => FailureWhen::AnyFailed,
        _ => FailureWhen::Unsaid,
    };
    let options = FailureOptions { when, dkim: wanted(failed_dkim), spf: wanted(failed_spf) }.to_string();
    // RFC 9990 §3.1.1.5: the default where nothing is said.
    let options = if options.is_empty() { FailureOptions::default().to_string() } else { options };
    Some(PublishedPolicy {
        domain: std::str::from_utf8(domain).ok()?.into(),
        policy: Word::Known(policy_from(policy)?),
        subdomain_policy: Word::Known(policy_from(subdomain)?),
        nonexistent_policy: Word::Known(policy_from(nonexistent)?),
        dkim_mode: Word::Known(mode(dkim)),
        spf_mode: Word::Known(mode(spf)),
        percent: None,
        failure_options: Some(options.into()),
        testing: Word::Known(if testing == 1 { Testing::On } else { Testing::Off }),
        discovery: Word::Known(if discovery == 1 { Discovery::SuffixList } else { Discovery::TreeWalk }),
    })
}

fn policy_code(policy: Policy) -> u8 {
    match policy {
        Policy::None => 0,
        Policy::Quarantine => 1,
        Policy::Reject => 2,
    }
}

fn policy_from(code: u8) -> Option<Policy> {
    [Policy::None, Policy::Quarantine, Policy::Reject].get(usize::from(code)).copied()
}

/// The policy that is meant for the author domain, as published.
fn applied(published: &Published) -> Policy {
    let subdomain = published.subdomain_policy.unwrap_or(published.policy);
    match published.applied {
        PolicyTag::P => published.policy,
        PolicyTag::Sp => subdomain,
        PolicyTag::Np => published.nonexistent_policy.unwrap_or(subdomain),
        PolicyTag::Defective => Policy::None,
    }
}

fn write_evaluated(key: &mut Vec<u8>, row: &Row, evaluation: &Evaluation, published: &Published) {
    let passed = evaluation.result == DmarcResult::Pass;
    let policy = applied(published);
    let disposition = match row.verdict.disposition {
        // Of several author domains this one passed, another did not: what became of the message is not this policy's.
        Disposition::Quarantine | Disposition::Reject if passed && policy == Policy::None => Disposition::None,
        Disposition::Quarantine | Disposition::Reject if passed => Disposition::Pass,
        Disposition::Pass if !passed => Disposition::None,
        other => other,
    };
    key.push(disposition.code());
    key.push(u8::from(evaluation.dkim_aligned_pass == AlignedPass::Pass));
    key.push(u8::from(evaluation.spf_aligned_pass == AlignedPass::Pass));
    let count_at = key.len();
    key.push(0);
    let mut reason = |kind: OverrideKind, comment: Option<&str>| {
        key[count_at] += 1;
        key.push(kind.code());
        write_optional(key, comment);
    };
    if passed {
        return;
    }
    let overrides = row.verdict.overrides.iter().take(usize::from(u8::MAX) - 1);
    overrides.for_each(|why| reason(why.kind, why.comment.as_deref()));
    if !row.verdict.overrides.is_empty() || is_policy(disposition, policy) {
        return;
    }
    // RFC 9990 §3.1.1.9: when alignment fails and what was applied is not the configured policy, a reason MUST be given.
    if evaluation.result == DmarcResult::TempError {
        reason(OverrideKind::Other, Some("DMARC could not be evaluated: a DNS query was not answered"));
    } else if published.testing == Testing::On && is_policy(disposition, evaluation.wanted) {
        reason(OverrideKind::PolicyTestMode, None);
    } else {
        reason(OverrideKind::LocalPolicy, None);
    }
}

fn is_policy(disposition: Disposition, policy: Policy) -> bool {
    matches!(
        (disposition, policy),
        (Disposition::None, Policy::None)
            | (Disposition::Quarantine, Policy::Quarantine)
            | (Disposition::Reject, Policy::Reject)
    )
}

fn write_identifiers(key: &mut Vec<u8>, row: &Row, evaluation: &Evaluation, envelope_to: EnvelopeTo) {
    write_text(key, evaluation.author.as_str());
    let envelope = &row.envelope;
    // RFC 9990 §3.1.1.10: the element may be there and empty when the reverse-path was null.
    let from = match (&envelope.mail_from, &envelope.mail_from_domain) {
        (_, Some(domain)) => Some(domain.as_str()),
        (None, None) => Some(""),
        (Some(Address::Text(_) | Address::Hash(_) | Address::Withheld), None) => None,
    };
    write_optional(key, from);
    let to = match (envelope_to, envelope.recipient_domains.as_slice()) {
        // Several would make several records of one message, or a record that tells half of the truth.
        (EnvelopeTo::Tell, [domain]) => Some(domain.as_str()),
        _ => None,
    };
    write_optional(key, to);
}

fn write_dkim(key: &mut Vec<u8>, order: &mut Vec<(u8, usize)>, row: &Row, evaluation: &Evaluation) {
    order.clear();
    let ranked = row.dkim.iter().enumerate().filter(|(_, signature)| signature.domain.is_some());
    order.extend(ranked.map(|(at, signature)| (priority(signature, evaluation.dkim.get(at).copied()), at)));
    order.sort_unstable();
    // RFC 9990 §3.1.3: no more than 100 signatures for a row, the important ones first.
    order.truncate(SIGNATURE_COUNT_MAX);
    key.push(u8::try_from(order.len()).unwrap_or(u8::MAX));
    for (_, at) in order.iter() {
        let signature = &row.dkim[*at];
        write_text(key, signature.domain.as_ref().map_or("", Domain::as_str));
        write_text(key, signature.selector.as_ref().map_or("", Domain::as_str));
        key.push(dkim_result(signature.result).code());
        write_optional(key, signature.problem.as_deref());
    }
}

/// RFC 9990 §3.1.3: passes in strict alignment, in relaxed alignment, other passes, then those that do not pass.
fn priority(signature: &Signature, aligned: Option<Aligned>) -> u8 {
    match (signature.result, aligned) {
        (MethodResult::Pass, Some(Aligned::Strict)) => 0,
        (MethodResult::Pass, Some(Aligned::Relaxed)) => 1,
        (MethodResult::Pass, _) => 2,
        _ => 3,
    }
}

fn write_spf(key: &mut Vec<u8>, row: &Row) {
    // RFC 9990 §3.1.1.13: only the MAIL FROM identity; without a domain there is nothing that was checked.
    let check = row.spf.mail_from.as_ref();
    match check.and_then(|check| Some((check.domain.as_ref()?, check.result))) {
        None => key.push(0),
        Some((domain, result)) => {
            key.push(1);
            write_text(key, domain.as_str());
            key.push(spf_result(result).code());
        }
    }
}

/// RFC 8601 §2.7.1: the results of DKIM; other words of a row become the one that is nearest.
fn dkim_result(result: MethodResult) -> MethodResult {
    match result {
        MethodResult::SoftFail => MethodResult::Fail,
        other => spf_result(other),
    }
}

/// RFC 8601 §2.7.2: the results of SPF.
fn spf_result(result: MethodResult) -> MethodResult {
    match result {
        MethodResult::HardFail | MethodResult::Discard | MethodResult::NxDomain => MethodResult::Fail,
        MethodResult::Unknown | MethodResult::Declined | MethodResult::Skipped => MethodResult::Neutral,
        other => other,
    }
}

/// Reads what [`write_key`] wrote between configuration and address.
pub(super) fn circumstances_of(bytes: &[u8]) -> Option<Circumstances> {
    let mut cursor = Cursor(bytes);
    let pass = |yes| Word::Known(if yes == 1 { ReportedPass::Yes } else { ReportedPass::No });
    let disposition = Word::Known(Disposition::from_code(cursor.byte()?)?);
    let (dkim_aligned, spf_aligned) = (pass(cursor.byte()?), pass(cursor.byte()?));
    let reasons = (0..cursor.byte()?).map(|_| {
        let kind = Word::Known(OverrideKind::from_code(cursor.byte()?)?);
        Some(Reason { kind, comment: cursor.optional()? })
    });
    let reasons = reasons.collect::<Option<_>>()?;
    let header_from = cursor.text()?.into();
    let (envelope_from, envelope_to) = (cursor.optional()?, cursor.optional()?);
    let dkim = (0..cursor.byte()?).map(|_| {
        let (domain, selector) = (cursor.text()?.into(), Some(cursor.text()?.into()));
        let result = Word::Known(MethodResult::from_code(cursor.byte()?)?);
        Some(DkimResult { domain, selector, result, comment: cursor.optional()? })
    });
    let dkim = dkim.collect::<Option<_>>()?;
    let spf = (0..cursor.byte()?).map(|_| {
        let domain = cursor.text()?.into();
        let result = Word::Known(MethodResult::from_code(cursor.byte()?)?);
        Some(SpfResult { domain, scope: Word::Known(SpfScope::MailFrom), result, comment: None })
    });
    let spf = spf.collect::<Option<_>>()?;
    let all = Circumstances {
        disposition,
        dkim_aligned,
        spf_aligned,
        reasons,
        header_from,
        envelope_from,
        envelope_to,
        dkim,
        spf,
    };
    cursor.0.is_empty().then_some(all)
}

impl<'k> Key<'k> {
    /// Takes a key apart; `None` when it is none.
    pub(super) fn parse(key: &'k [u8]) -> Option<Self> {
        let end = key.iter().position(|byte| *byte == 0)?;
        let (domain, rest) = key.split_at(end);
        match rest.get(1..)? {
            [MARK] => Some(Self { domain, rest: None }),
            [LINE, rest @ ..] => {
                let (configuration, rest) = rest.split_at_checked(CONFIGURATION_BYTES)?;
                let (length, rest) = rest.split_first_chunk::<4>()?;
                let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
                let (circumstances, source) = rest.split_at_checked(length)?;
                let source = match source.len() {
                    4 => IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(source).ok()?)),
                    _ => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(source).ok()?)),
                };
                Some(Self { domain, rest: Some(Rest { configuration, circumstances, source }) })
            }
            _ => None,
        }
    }
}

/// The lines in the order of their keys, with a mark for each domain that has one that counts alone.
pub(super) fn sorted(lines: HashMap<Box<[u8]>, Line>) -> Vec<(Box<[u8]>, Line)> {
    let mut lines: Vec<_> = lines.into_iter().collect();
    let mut marks: Vec<(Box<[u8]>, Line)> = Vec::new();
    lines.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    for (key, _) in lines.iter().filter(|(_, line)| line.counts_alone) {
        let end = key.iter().position(|byte| *byte == 0).unwrap_or(key.len());
        let mark = [&key[..end], &[0, MARK]].concat();
        if marks.last().is_none_or(|(last, _)| **last != *mark) {
            marks.push((mark.into(), Line { count: 0, counts_alone: true }));
        }
    }
    lines.append(&mut marks);
    // Two sorted stretches: this sort finds them, and merges.
    lines.sort_by(|(one, _), (other, _)| one.cmp(other));
    lines
}

/// Writes sorted lines: of each key what differs from the one before, and the count.
pub(super) fn write_run(run: &mut impl Write, lines: Vec<(Box<[u8]>, Line)>) -> io::Result<()> {
    let mut block = Vec::with_capacity(BLOCK_BYTES + FOLD_KEY_BYTES_MAX);
    let mut before: Box<[u8]> = Box::default();
    for (key, line) in lines {
        let shared = before.iter().zip(&key).take_while(|(one, other)| one == other).count();
        write_number(&mut block, shared as u64);
        write_number(&mut block, (key.len() - shared) as u64);
        block.extend_from_slice(&key[shared..]);
        write_number(&mut block, line.count);
        before = key;
        if block.len() >= BLOCK_BYTES {
            run.write_all(&block)?;
            block.clear();
        }
    }
    run.write_all(&block)
}

const BLOCK_BYTES: usize = 64 << 10;

/// Reads what [`write_run`] wrote.
#[derive(Debug)]
pub(super) struct RunReader<R> {
    bytes: BufReader<R>,
    key: Vec<u8>,
}

impl<R: Read> RunReader<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { bytes: BufReader::with_capacity(BLOCK_BYTES, reader), key: Vec::new() }
    }

    /// The next line; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Counted>, FoldError> {
        let Some(shared) = self.number()? else { return Ok(None) };
        let length = self.number()?.ok_or(FoldError::Corrupt)?;
        let (shared, length) = match (usize::try_from(shared), usize::try_from(length)) {
            (Ok(shared), Ok(length)) if shared <= self.key.len() && length <= FOLD_KEY_BYTES_MAX => (shared, length),
            _ => return Err(FoldError::Corrupt),
        };
        self.key.resize(shared + length, 0);
        self.bytes.read_exact(&mut self.key[shared..])?;
        let count = self.number()?.ok_or(FoldError::Corrupt)?;
        Ok(Some(Counted { key: self.key.as_slice().into(), count }))
    }

    /// A number; `None` at the end of the run.
    fn number(&mut self) -> Result<Option<u64>, FoldError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let mut byte = [0];
            match self.bytes.read(&mut byte)? {
                0 if shift == 0 => return Ok(None),
                0 => return Err(FoldError::Corrupt),
                _ => {}
            }
            number |= u64::from(byte[0] & 0x7f) << shift;
            if byte[0] & 0x80 == 0 {
                return Ok(Some(number));
            }
        }
        Err(FoldError::Corrupt)
    }
}

fn write_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn write_text(key: &mut Vec<u8>, text: &str) {
    // Rows have no longer texts; one that was never stored may, and is cut.
    let text = &text[..text.floor_char_boundary(usize::from(u16::MAX))];
    key.extend_from_slice(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    key.extend_from_slice(text.as_bytes());
}

fn write_optional(key: &mut Vec<u8>, text: Option<&str>) {
    key.push(u8::from(text.is_some()));
    if let Some(text) = text {
        write_text(key, text);
    }
}

struct Cursor<'b>(&'b [u8]);

impl<'b> Cursor<'b> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn text(&mut self) -> Option<&'b str> {
        let (length, rest) = self.0.split_first_chunk::<2>()?;
        let (text, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    fn optional(&mut self) -> Option<Option<Box<str>>> {
        match self.byte()? {
            0 => Some(None),
            _ => Some(Some(self.text()?.into())),
        }
    }
}
