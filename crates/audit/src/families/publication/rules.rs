//! The rules COM01 to COM17.

use std::collections::{BTreeMap, BTreeSet};

use lookup::{Answer, Data, Dnssec, Failure, Question, Text};
use mailtext::{Domain, Rule as Reference, Span};

use crate::desk::Desk;
use crate::finding::{Findings, Fix, Place};
use crate::limits::{ANSWER_BYTES, FAILED_NAME_COUNT_SHOWN, TTL_S_LONG, TTL_S_SHORT};
use crate::rule::{Rule, domain};
use crate::severity::Severity::{Error, Info, Warning};
use crate::world::{ServerAnswer, Servers, Way};
use lookup::Kind;

const SPF: &str = "RFC 7208";

/// The rules.
pub(super) const RULES: &[Rule] = &[
    domain("COM01", "audit-com01", Error, Reference("RFC 9989", "4.10"), every_question_is_answered),
    domain("COM02", "audit-com02", Warning, Reference("RFC 1034", "4.3.5"), servers_agree),
    domain("COM03", "audit-com03", Error, Reference("RFC 7766", "5"), servers_answer_over_tcp),
    domain("COM04", "audit-com04", Warning, Reference(SPF, "3.4"), answers_fit_into_a_packet),
    domain("COM05", "audit-com05", Error, Reference(SPF, "3.3"), strings_are_joined_as_meant),
    domain("COM06", "audit-com06", Warning, Reference("RFC 1035", "5.1"), no_marks_of_the_zone_file),
    domain("COM07", "audit-com07", Warning, Reference("RFC 6376", "3.2"), only_printable_ascii),
    domain("COM08", "audit-com08", Error, Reference("RFC 1034", "3.6.2"), aliases_stand_alone),
    domain("COM09", "audit-com09", Warning, Reference("RFC 1034", "3.6.2"), aliases_lead_somewhere),
    domain("COM10", "audit-com10", Info, Reference("RFC 1034", "3.6.2"), aliases_to_others_are_named),
    domain("COM11", "audit-com11", Warning, Reference(SPF, "3.5"), records_are_not_wildcards),
    domain("COM12", "audit-com12", Info, Reference("RFC 1035", "3.2.1"), answers_are_kept_for_hours),
    domain("COM13", "audit-com13", Info, Reference("RFC 9989", "11.3"), the_zone_is_signed),
    domain("COM14", "audit-com14", Warning, Reference("RFC 9989", "4.5"), records_are_not_one_label_off),
    domain("COM15", "audit-com15", Warning, Reference("RFC 9989", "4.8"), records_begin_with_their_version),
    domain("COM16", "audit-com16", Info, Reference("RFC 1535", "6"), names_are_whole),
    // Beyond the catalogue: whoever mistypes a name should not be told what to publish there.
    domain("COM17", "audit-com17", Error, Reference("RFC 8020", "2"), the_domain_exists),
];

fn every_question_is_answered(desk: &Desk<'_>, findings: &mut Findings) {
    own_questions_are_answered(desk, findings);
    for (question, answers) in each(desk) {
        for answer in answers {
            // COM03 tells of one that cut its answer and gave no other.
            if let Answer::Failed(failure) = answer.answer
                && answer.way != Way::TcpRefused
            {
                let finding = findings.at(Place::of(question));
                finding.sentence("audit-com01-server").with("server", answer.server.as_str());
                finding.with("ip", answer.address.to_string()).word("failure", failure.word());
            }
        }
    }
}

/// One finding for each name, however much was asked about it. Where many fail, what failed once failed for all of them: the domain
/// itself and its policy are named, and of the others the first, with their number.
fn own_questions_are_answered(desk: &Desk<'_>, findings: &mut Findings) {
    let domain = &desk.snapshot.subject.domain;
    let mut names: BTreeMap<(&Domain, &'static str), Vec<&Question>> = BTreeMap::new();
    let mut answered_count = 0_usize;
    for (question, answer) in own(desk) {
        match answer {
            Answer::Failed(Failure::AliasChain | Failure::Budget) => {}
            Answer::Failed(failure) => names.entry((&question.name, failure.word())).or_default().push(question),
            _ => answered_count += 1,
        }
    }
    let mut names: Vec<_> = names.into_iter().collect();
    let policy = domain.prefixed("_dmarc").ok();
    names.sort_by_key(|((name, _), _)| (*name != domain, policy.as_ref() != Some(*name)));
    if let (0, [((_, failure), asked), _, ..]) = (answered_count, &names[..]) {
        let count: usize = names.iter().map(|(_, asked)| asked.len()).sum();
        findings.at(Place::of(asked[0])).sentence("audit-com01-all").word("failure", failure).with("count", count);
        return;
    }
    // One that is left is named, too.
    let shown = if names.len() <= FAILED_NAME_COUNT_SHOWN + 1 { names.len() } else { FAILED_NAME_COUNT_SHOWN };
    for ((_, failure), asked) in &names[..shown] {
        let kinds: Vec<_> = asked.iter().map(|question| question.kind.as_str()).collect();
        findings.at(Place::of(asked[0])).with("kinds", kinds.join(", ")).word("failure", failure);
    }
    if let [((_, failure), asked), ..] = &names[shown..] {
        let finding = findings.at(Place::of(asked[0]));
        finding.sentence("audit-com01-more").word("failure", failure).with("count", names.len() - shown);
    }
}

fn servers_agree(desk: &Desk<'_>, findings: &mut Findings) {
    for (question, answers) in each(desk) {
        let mut kinds: Vec<(BTreeSet<String>, &ServerAnswer)> = Vec::new();
        for answer in answers.iter().filter(|answer| !matches!(answer.answer, Answer::Failed(_))) {
            let data: BTreeSet<String> = answer.answer.data().iter().map(ToString::to_string).collect();
            if !kinds.iter().any(|(known, _)| *known == data) {
                kinds.push((data, answer));
            }
        }
        if let [(_, first), (_, second), ..] = &kinds[..] {
            let finding = findings.at(Place::of(question));
            finding.with("server", first.server.as_str()).with("other", second.server.as_str());
        }
    }
}

fn servers_answer_over_tcp(desk: &Desk<'_>, findings: &mut Findings) {
    for (question, answers) in each(desk) {
        for answer in answers.iter().filter(|answer| answer.way == Way::TcpRefused) {
            findings.at(Place::of(question)).with("server", answer.server.as_str());
        }
    }
}

fn answers_fit_into_a_packet(desk: &Desk<'_>, findings: &mut Findings) {
    for (question, answers) in each(desk) {
        let largest = answers.iter().map(|answer| answer.size_bytes).max().unwrap_or_default();
        if largest > ANSWER_BYTES {
            findings.at(Place::of(question)).with("size_bytes", largest).with("limit_bytes", ANSWER_BYTES);
        }
    }
}

fn strings_are_joined_as_meant(desk: &Desk<'_>, findings: &mut Findings) {
    for (question, text) in records(desk) {
        let strings: Vec<_> = text.strings().collect();
        let mut at = 0;
        for pair in strings.windows(2) {
            at += pair[0].len();
            if is_glued(text.bytes(), pair[0], pair[1]) {
                let span = Span::new(at.saturating_sub(10), (at + 10).min(text.bytes().len()));
                let mended = strings.iter().map(|part| String::from_utf8_lossy(part)).collect::<Vec<_>>().join(" ");
                findings.at(Place::part(question, text.bytes(), span)).publish(
                    question.name.clone(),
                    Kind::Txt,
                    mended,
                );
            }
        }
    }
}

/// Whether a term begins with the second string while the first ends within one.
fn is_glued(whole: &[u8], first: &[u8], second: &[u8]) -> bool {
    let starts = |words: &[&str]| {
        let bare =
            second.strip_prefix(b"+").or(second.strip_prefix(b"-")).or(second.strip_prefix(b"~")).unwrap_or(second);
        words.iter().any(|word| bare.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes())))
    };
    let open = first.last().is_some_and(|last| !last.is_ascii_whitespace());
    if spf::Record::claims(whole.trim_ascii_start()) {
        let terms =
            ["include:", "ip4:", "ip6:", "redirect=", "exists:", "exp=", "all", "mx:", "a:", "mx ", "a ", "ptr"];
        return open && starts(&terms);
    }
    let tags = ["p=", "sp=", "np=", "rua=", "ruf=", "adkim=", "aspf=", "fo=", "pct=", "k=", "t=", "s=", "h="];
    let inside_key = whole.windows(7).any(|word| word.eq_ignore_ascii_case(b"v=dkim1")) && first.contains(&b'p');
    open && !first.ends_with(b";") && !inside_key && starts(&tags)
}

fn no_marks_of_the_zone_file(desk: &Desk<'_>, findings: &mut Findings) {
    for (question, text) in records(desk) {
        let text_of = String::from_utf8_lossy(text.bytes());
        let smart = text_of.chars().find(|letter| matches!(letter, '\u{2018}'..='\u{201f}'));
        let plain = text.bytes().iter().position(|byte| matches!(byte, b'"' | b'\\'));
        // An escaped semicolon in a key record has a finding of its own, DKM25.
        let escaped = text.bytes().windows(2).any(|pair| pair == b"\\;");
        if let Some(at) = plain.filter(|_| !escaped) {
            let mended: String = text_of.chars().filter(|letter| !matches!(letter, '"' | '\\')).collect();
            let span = Span::new(at, at + 1);
            findings.at(Place::part(question, text.bytes(), span)).publish(question.name.clone(), Kind::Txt, mended);
        } else if smart.is_some() {
            findings.at(Place::record(question, text.bytes())).sentence("audit-com06-smart");
        }
    }
}

fn only_printable_ascii(desk: &Desk<'_>, findings: &mut Findings) {
    for (question, text) in records(desk) {
        let odd = text.bytes().iter().position(|byte| !matches!(byte, b' '..=b'~'));
        if let Some(at) = odd {
            let finding = findings.at(Place::part(question, text.bytes(), Span::new(at, at + 1)));
            finding.with("offset", at).with("byte", format!("{:02x}", text.bytes()[at]));
        }
    }
}

fn aliases_stand_alone(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.publication;
    for (question, _) in own(desk).filter(|(_, answer)| **answer == Answer::Failed(Failure::AliasChain)) {
        findings.at(Place::of(question)).sentence("audit-com08-chain");
    }
    // At the top of a zone stand SOA and NS, so that an alias has company in any case.
    let has_zone = seen.servers.answer.data().iter().any(|data| matches!(data, Data::Ns(_)));
    if has_zone && seen.alias.answer.data().iter().any(|data| matches!(data, Data::Cname(_))) {
        findings.at(seen.alias.place());
    }
}

fn aliases_lead_somewhere(desk: &Desk<'_>, findings: &mut Findings) {
    for alias in &desk.snapshot.publication.aliases {
        for data in alias.answer.data() {
            let text = desk.snapshot.answers.get(&Question::txt(alias.question.name.clone()));
            if let (Data::Cname(target), Some(answer)) = (data, text)
                && answer.is_void()
            {
                findings.at(alias.place()).with("target", target.as_str());
            }
        }
    }
}

fn aliases_to_others_are_named(desk: &Desk<'_>, findings: &mut Findings) {
    let suffixes = &desk.snapshot.subject.suffixes;
    let home = suffixes.organizational_domain(&desk.snapshot.subject.domain);
    for (question, answer) in own(desk) {
        let Answer::Records(records) = answer else { continue };
        let outside = records.aliases.iter().find(|alias| suffixes.organizational_domain(alias) != home);
        if let (Some(target), Kind::Txt) = (outside, question.kind) {
            findings.at(Place::of(question)).with("target", target.as_str());
        }
    }
}

fn records_are_not_wildcards(desk: &Desk<'_>, findings: &mut Findings) {
    // Where a wildcard would be taken for the record of that name. Selectors have DKM33.
    const NAMES: [(&str, &[u8]); 3] =
        [("_dmarc", b"v=dmarc1"), ("_mta-sts", b"v=stsv1"), ("_smtp._tls", b"v=tlsrptv1")];
    for (labels, version) in NAMES {
        let Ok(name) = desk.snapshot.subject.domain.prefixed(labels) else { continue };
        let question = Question::txt(name);
        let Some(answer) = desk.snapshot.answers.get(&question) else { continue };
        let claims =
            |text: &Text| text.bytes().get(..version.len()).is_some_and(|head| head.eq_ignore_ascii_case(version));
        if is_wildcard(desk, answer) && records_of(answer).any(claims) {
            findings.at(Place::of(&question));
        }
    }
}

/// Whether a name that nobody made answers the same.
fn is_wildcard(desk: &Desk<'_>, answer: &Answer) -> bool {
    let wildcard = desk.snapshot.publication.wildcard.as_ref().map(|wildcard| wildcard.answer.data());
    wildcard.is_some_and(|data| !data.is_empty() && data == answer.data())
}

/// Whether a name was asked only to see what answers to anything.
fn is_probe(name: &Domain) -> bool {
    name.as_str().contains(crate::limits::NONSENSE_LABEL)
}

fn answers_are_kept_for_hours(desk: &Desk<'_>, findings: &mut Findings) {
    for (question, answer) in own(desk).filter(|(question, _)| question.kind == Kind::Txt && !is_probe(&question.name))
    {
        if !records_of(answer).any(is_record) || is_wildcard(desk, answer) {
            continue;
        }
        let ttl_s = answer.ttl_s();
        if ttl_s < TTL_S_SHORT {
            findings.at(Place::of(question)).with("seconds", u64::from(ttl_s));
        } else if ttl_s > TTL_S_LONG {
            let finding = findings.at(Place::of(question));
            finding.sentence("audit-com12-long").with("seconds", u64::from(ttl_s));
        }
    }
}

fn the_zone_is_signed(desk: &Desk<'_>, findings: &mut Findings) {
    let seen = &desk.snapshot.publication;
    let bogus = own(desk).find(|(_, answer)| **answer == Answer::Failed(Failure::Bogus));
    if let Some((question, _)) = bogus {
        findings.at(Place::of(question)).sentence("audit-com13-bogus").severity(Warning);
        return;
    }
    let proven = match &seen.authority.answer {
        Answer::Records(records) => records.dnssec == Dnssec::Authenticated,
        // No zone of its own: the parent's matter.
        _ => return,
    };
    if !proven && matches!(seen.signer.answer, Answer::NoData(_)) {
        findings.at(seen.signer.place());
    }
}

fn records_are_not_one_label_off(desk: &Desk<'_>, findings: &mut Findings) {
    for misplaced in &desk.snapshot.publication.misplaced {
        let records = records_of(&misplaced.answer).any(is_record);
        let of_keys = desk.snapshot.keys.wildcard.as_ref().map(|wildcard| wildcard.answer.data());
        if records && !is_wildcard(desk, &misplaced.answer) && of_keys != Some(misplaced.answer.data()) {
            let name = misplaced.question.name.clone();
            findings.at(misplaced.place()).fix(Fix::Remove { name, kind: Kind::Txt });
        }
    }
}

fn records_begin_with_their_version(desk: &Desk<'_>, findings: &mut Findings) {
    for (question, text) in records(desk) {
        let bytes = text.bytes();
        let bare = bytes.trim_ascii();
        if bare.len() != bytes.len() {
            let mended = String::from_utf8_lossy(bare).into_owned();
            findings.at(Place::record(question, bytes)).publish(question.name.clone(), Kind::Txt, mended);
        }
    }
}

fn names_are_whole(desk: &Desk<'_>, findings: &mut Findings) {
    let domain = &desk.snapshot.subject.domain;
    if domain.label_count() == 1 {
        findings.found().with("domain", domain.as_str());
    }
}

/// The questions about the domain and what is below it.
fn own<'a>(desk: &Desk<'a>) -> impl Iterator<Item = (&'a Question, &'a Answer)> {
    let domain = &desk.snapshot.subject.domain;
    desk.snapshot.answers.iter().filter(move |(question, _)| question.name.is_within(domain))
}

fn the_domain_exists(desk: &Desk<'_>, findings: &mut Findings) {
    if desk.snapshot.does_not_exist() {
        findings.at(Place::of(&Question::txt(desk.snapshot.subject.domain.clone())));
    }
}

/// The texts there that are, or are meant to be, records of mail.
fn records<'a>(desk: &Desk<'a>) -> impl Iterator<Item = (&'a Question, &'a Text)> {
    own(desk)
        .filter(|(question, _)| question.kind == Kind::Txt && !is_probe(&question.name))
        .flat_map(|(question, answer)| records_of(answer).map(move |text| (question, text)))
        .filter(|(_, text)| is_record(text))
}

fn records_of(answer: &Answer) -> impl Iterator<Item = &Text> {
    answer.data().iter().filter_map(|data| match data {
        Data::Txt(text) => Some(text),
        _ => None,
    })
}

fn is_record(text: &Text) -> bool {
    const VERSIONS: [&[u8]; 7] = [b"v=spf1", b"v=dmarc1", b"v=dkim1", b"v=bimi1", b"v=stsv1", b"v=tlsrptv1", b"dkim="];
    let opening = |byte: &u8| !matches!(byte, b'"' | b'\\') && !byte.is_ascii_whitespace();
    let start = text.bytes().iter().position(opening).unwrap_or_default();
    let bare = text.bytes().get(start..).unwrap_or_default();
    VERSIONS.iter().any(|version| bare.get(..version.len()).is_some_and(|head| head.eq_ignore_ascii_case(version)))
}

fn each<'a>(desk: &Desk<'a>) -> impl Iterator<Item = (&'a Question, &'a [ServerAnswer])> {
    desk.snapshot.publication.each.iter().filter_map(|(question, servers)| match servers {
        Servers::Asked { answers, .. } => Some((question, &answers[..])),
        Servers::NotAsked | Servers::Unknown => None,
    })
}
