//! The verdict in one word and one sentence: which sentence, with which arguments. The words are in `words`.

use auth::Facts;
use dkim::Status;
use dmarc::limits::AUTHOR_DOMAIN_COUNT_MAX;
use dmarc::{Aligned, Applied, DmarcResult, Evaluation, FromDefect, Policy, Reason};
use mailtext::{Domain, Value};
use spf::Verdict;

use crate::paint::Tone;

/// What is told first.
pub(crate) struct Judgement {
    /// The id of the word: `verdict-fail`.
    pub(crate) word: &'static str,
    /// How it looks.
    pub(crate) tone: Tone,
    /// The id of a label beside it.
    pub(crate) label: Option<&'static str>,
    /// The id of the sentence.
    pub(crate) sentence: &'static str,
    /// Its arguments.
    pub(crate) arguments: Vec<(&'static str, Value)>,
    /// What a receiver without rules of its own would do.
    pub(crate) action: &'static str,
}

impl Judgement {
    /// The judgement of what was found.
    pub(crate) fn of(facts: &Facts) -> Self {
        let message = &facts.dmarc.result;
        let (word, tone) = match message.result {
            DmarcResult::Pass => ("verdict-pass", Tone::Good),
            DmarcResult::Fail => ("verdict-fail", Tone::Bad),
            DmarcResult::None => ("verdict-none", Tone::Doubtful),
            DmarcResult::TempError => ("verdict-temperror", Tone::Doubtful),
            DmarcResult::PermError => ("verdict-permerror", Tone::Bad),
        };
        let unwanted = message.disposition != Policy::None;
        // A message without a readable author got around the policy that it would have had: it is marked in any case.
        let action = if unwanted || message.result == DmarcResult::PermError { "label" } else { "accept" };
        let (sentence, arguments) = sentence(facts);
        Self { word, tone, label: unwanted.then_some("verdict-spoofing-suspected"), sentence, arguments, action }
    }
}

/// The evaluation that decides.
pub(crate) fn decisive(facts: &Facts) -> Option<&Evaluation> {
    let message = &facts.dmarc.result;
    message.decisive.and_then(|at| message.each.get(at)).or(message.each.first())
}

type Sentence = (&'static str, Vec<(&'static str, Value)>);

fn sentence(facts: &Facts) -> Sentence {
    let message = &facts.dmarc.result;
    let Some(one) = decisive(facts) else { return broken(facts) };
    let domain = &one.discovery.author_domain;
    match message.result {
        DmarcResult::Pass if message.each.len() > 1 => {
            ("verdict-pass-several", vec![("count", message.each.len().into())])
        }
        DmarcResult::Pass => passed(facts, one),
        DmarcResult::Fail if message.each.len() > 1 => {
            ("verdict-several-authors", vec![("count", message.each.len().into())])
        }
        DmarcResult::Fail => failed(domain, one.policy),
        DmarcResult::None if one.reason == Reason::UnusableRecord => {
            ("verdict-unusable-record", vec![("domain", domain.into())])
        }
        DmarcResult::None => without_record(facts, domain),
        DmarcResult::TempError => ("verdict-dns-failed", vec![("domain", domain.into())]),
        DmarcResult::PermError => broken(facts),
    }
}

fn passed(facts: &Facts, one: &Evaluation) -> Sentence {
    let domain = ("domain", Value::from(&one.discovery.author_domain));
    match (one.spf_aligned, one.dkim_aligned) {
        (Aligned::Pass, Aligned::Pass) => ("verdict-pass-both", vec![domain]),
        (_, Aligned::Pass) => {
            let aligned = |(at, _): &(usize, &Domain)| one.dkim.get(*at).is_some_and(|one| one.is_aligned());
            let signer = passing_signers(facts).find(aligned).map(|(_, signer)| Value::from(signer));
            (
                "verdict-pass-dkim",
                [Some(domain), signer.map(|signer| ("dkim_domain", signer))].into_iter().flatten().collect(),
            )
        }
        _ => {
            let sender = spf_domain(facts).map(|sender| ("spf_domain", Value::from(sender)));
            ("verdict-pass-spf", [Some(domain), sender].into_iter().flatten().collect())
        }
    }
}

fn failed(domain: &Domain, applied: Option<Applied>) -> Sentence {
    let mut arguments = vec![("domain", Value::from(domain))];
    let Some(applied) = applied else { return ("verdict-monitor-nobody-vouches", arguments) };
    arguments.push(("policy", Value::Word(applied.policy.as_str())));
    if applied.policy != applied.to_apply() {
        arguments.push(("to_apply", Value::Word(applied.to_apply().as_str())));
        return ("verdict-testing-nobody-vouches", arguments);
    }
    let id = match applied.policy {
        Policy::Reject => "verdict-reject-nobody-vouches",
        Policy::Quarantine => "verdict-quarantine-nobody-vouches",
        Policy::None => "verdict-monitor-nobody-vouches",
    };
    (id, arguments)
}

fn without_record(facts: &Facts, domain: &Domain) -> Sentence {
    let mut arguments = vec![("domain", Value::from(domain))];
    let sender = spf_domain(facts);
    let signer = passing_signers(facts).next().map(|(_, signer)| signer);
    arguments.extend(sender.map(|sender| ("spf_domain", sender.into())));
    arguments.extend(signer.map(|signer| ("dkim_domain", signer.into())));
    let id = match (sender, signer) {
        (Some(_), Some(_)) => "verdict-no-record-both",
        (Some(_), None) => "verdict-no-record-spf",
        (None, Some(_)) => "verdict-no-record-dkim",
        (None, None) => "verdict-no-record-nothing",
    };
    (id, arguments)
}

fn broken(facts: &Facts) -> Sentence {
    let id = match facts.dmarc.result.reason {
        Reason::From(FromDefect::Absent) => "verdict-from-absent",
        Reason::From(FromDefect::Repeated) => "verdict-from-repeated",
        Reason::From(FromDefect::Malformed) => "verdict-from-malformed",
        Reason::From(FromDefect::BadDomain) => "verdict-from-bad-domain",
        Reason::AuthorsOverLimit => {
            let count = facts.from.authors.domains().len();
            return (
                "verdict-too-many-authors",
                vec![("count", count.into()), ("limit", AUTHOR_DOMAIN_COUNT_MAX.into())],
            );
        }
        _ => "verdict-from-no-mailbox",
    };
    (id, Vec::new())
}

/// The domain that SPF authenticates.
fn spf_domain(facts: &Facts) -> Option<&Domain> {
    let checked = &facts.spf.as_ref()?.mail_from.result;
    checked.domain().filter(|_| checked.verdict == Verdict::Pass)
}

/// The domains of passing signatures, each with its place among the identifiers that DMARC got.
fn passing_signers(facts: &Facts) -> impl Iterator<Item = (usize, &Domain)> {
    let with_domain = facts.dkim.iter().filter_map(|outcome| Some((outcome, outcome.result.parsed.domain.as_ref()?)));
    with_domain
        .enumerate()
        .filter(|(_, (outcome, _))| outcome.result.status == Status::Pass)
        .map(|(at, (_, domain))| (at, domain))
}
