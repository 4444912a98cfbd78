//! A stored row, as what a verdict rests on: for rules that are tried on the mail of the past.
//!
//! A row does not keep everything. Taken as harmless is what it does not say: a record of SPF that lets everybody pass, a
//! List-Id, trust in a sealer's results, and which key of a list in DNS was hit. So a replay may find a message milder
//! than the daemon would, never stricter.

use auth::client::dns_lists::{Color, Key};
use auth::client::iprev;
use auth::fact::Accept;
use dkim::Status;
use dkim::arc::ChainStatus;
use dmarc::evaluate::Applied;
use dmarc::{DmarcResult, FromDefect, Policy, PolicyTag};
use mailtext::Domain;
use policy::input::{Arc, Author, Breadth, Input, Listed, Seal, Signature, Spf, User};
use policy::{Action, Filtered, Standing, Stored};
use report::Row;
use report::row::{Address, AlignedPass, Evaluation, MethodOutcome};
use report::vocabulary::{Aligned, Method, MethodResult, Spam};

/// The message of a row, as it was judged and with what was done; `None` for mail that was not judged.
#[must_use]
pub fn stored(row: &Row) -> Option<Stored> {
    if row.direction == report::vocabulary::Direction::Out {
        return None;
    }
    Some(Stored { input: input(row), standing: Standing::default(), done: done(row), count: 1 })
}

/// What was done, in the words of the rules.
fn done(row: &Row) -> Action {
    Action::of(row.verdict.action.as_str()).unwrap_or_default()
}

fn input(row: &Row) -> Input {
    let spf = row.spf.mail_from.as_ref().map(|check| Spf {
        domain: check.domain.clone(),
        verdict: spf_verdict(check.result),
        breadth: Breadth::Some,
    });
    let helo = row.spf.helo.as_ref().filter(|check| check.result == MethodResult::Pass);
    let reverse = the(row, Method::Iprev);
    let null_mx = each(row, Method::NullMx).filter(|outcome| outcome.result == MethodResult::Fail);
    Input {
        client: row.client.ip,
        client_name: reverse.filter(|outcome| outcome.result == MethodResult::Pass).and_then(subject),
        reverse: reverse.and_then(|outcome| reverse_verdict(outcome.result)),
        user: user(row),
        mail_from: row.envelope.mail_from_domain.clone(),
        recipients: row.envelope.recipient_domains.clone(),
        from_defect: from_defect(row),
        authors: row.dmarc.authors.iter().map(author).collect(),
        dmarc: row.dmarc.result,
        spf,
        helo_pass: helo.and_then(|check| check.domain.clone()),
        dkim: signatures(row),
        arc: row.arc.as_ref().map(arc),
        adsp: each(row, Method::Adsp).filter_map(|outcome| adsp(outcome.result)).max_by_key(|status| weight(*status)),
        sender_id: the(row, Method::SenderId).map(|outcome| spf_verdict(outcome.result)),
        null_mx: null_mx.filter_map(subject).collect(),
        listed: row.others.iter().filter_map(|outcome| listed(row, outcome)).collect(),
        filtered: match row.message.spam {
            Spam::Unknown => Filtered::Unknown,
            Spam::No => Filtered::Clean,
            Spam::Yes => Filtered::Spam,
        },
        ..Input::default()
    }
}

fn each(row: &Row, method: Method) -> impl Iterator<Item = &MethodOutcome> {
    row.others.iter().filter(move |outcome| outcome.method == method)
}

fn the(row: &Row, method: Method) -> Option<&MethodOutcome> {
    each(row, method).next()
}

fn subject(outcome: &MethodOutcome) -> Option<Domain> {
    Domain::parse(outcome.subject.as_deref()?).ok()
}

fn user(row: &Row) -> User {
    match (&row.client.user, the(row, Method::SmtpAuth).map(|outcome| outcome.result)) {
        (Some(Address::Text(name)), _) => User::Somebody(Some(name.to_string())),
        (Some(Address::Hash(_) | Address::Withheld), _) | (None, Some(MethodResult::Pass)) => User::Somebody(None),
        (None, _) => User::Nobody,
    }
}

fn author(evaluation: &Evaluation) -> Author {
    Author {
        domain: evaluation.author.clone(),
        result: evaluation.result,
        policy: evaluation.published.as_ref().map(|published| {
            let policy = match published.applied {
                PolicyTag::P => Some(published.policy),
                PolicyTag::Sp => published.subdomain_policy,
                PolicyTag::Np => published.nonexistent_policy,
                PolicyTag::Defective => Some(Policy::None),
            };
            Applied { policy: policy.unwrap_or(published.policy), tag: published.applied, testing: published.testing }
        }),
        spf: evaluation.spf_aligned_pass,
        dkim: evaluation.dkim_aligned_pass,
    }
}

fn signatures(row: &Row) -> Vec<Signature> {
    let of = |(place, signature): (usize, &report::row::Signature)| {
        // A signature that passes and is aligned, and did not count, was not accepted.
        let did_not_count = row.dmarc.authors.iter().any(|evaluation| {
            let aligned = evaluation.dkim.get(place).copied().unwrap_or_default();
            matches!(aligned, Aligned::Relaxed | Aligned::Strict) && evaluation.dkim_aligned_pass != AlignedPass::Pass
        });
        let status = dkim_status(signature.result);
        let refused = status == Status::Pass && did_not_count;
        let acceptance = if refused { Accept::No } else { Accept::Yes };
        Some(Signature { domain: signature.domain.clone()?, status, acceptance })
    };
    row.dkim.iter().enumerate().filter_map(of).collect()
}

fn arc(arc: &report::row::Arc) -> Arc {
    let result = match arc.result {
        MethodResult::Pass => ChainStatus::Pass,
        MethodResult::None => ChainStatus::None,
        _ => ChainStatus::Fail,
    };
    let seals = arc.sealers.iter().map(|sealer| Seal { sealer: sealer.clone(), dmarc_pass: Vec::new() });
    Arc { result, seals: seals.collect(), comment: String::new() }
}

/// What is wrong with From, where no author domain could be evaluated. Which kind of fault it was is not kept.
fn from_defect(row: &Row) -> Option<FromDefect> {
    let unusable = row.dmarc.authors.is_empty() && row.dmarc.result == DmarcResult::PermError;
    unusable.then_some(FromDefect::Malformed)
}

fn listed(row: &Row, outcome: &MethodOutcome) -> Option<Listed> {
    let color = match (outcome.method, outcome.result) {
        (Method::Dnsbl, MethodResult::Fail) => Color::Black,
        (Method::Dnswl, MethodResult::Pass) => Color::White,
        _ => return None,
    };
    Some(Listed { zone: subject(outcome)?, color, key: Key::Address(row.client.ip?) })
}

fn spf_verdict(result: MethodResult) -> spf::Verdict {
    match result {
        MethodResult::Pass => spf::Verdict::Pass,
        MethodResult::Fail | MethodResult::HardFail => spf::Verdict::Fail,
        MethodResult::SoftFail => spf::Verdict::SoftFail,
        MethodResult::Neutral => spf::Verdict::Neutral,
        MethodResult::TempError => spf::Verdict::TempError,
        MethodResult::PermError => spf::Verdict::PermError,
        _ => spf::Verdict::None,
    }
}

fn dkim_status(result: MethodResult) -> Status {
    match result {
        MethodResult::Pass => Status::Pass,
        MethodResult::Policy => Status::Policy,
        MethodResult::TempError => Status::TempError,
        MethodResult::PermError => Status::PermError,
        _ => Status::Fail,
    }
}

fn reverse_verdict(result: MethodResult) -> Option<iprev::Verdict> {
    Some(match result {
        MethodResult::Pass => iprev::Verdict::Pass,
        MethodResult::Fail => iprev::Verdict::Fail,
        MethodResult::TempError => iprev::Verdict::TempError,
        MethodResult::PermError => iprev::Verdict::PermError,
        _ => return None,
    })
}

fn adsp(result: MethodResult) -> Option<dkim::adsp::Status> {
    Some(match result {
        MethodResult::Fail => dkim::adsp::Status::Fail,
        MethodResult::Discard => dkim::adsp::Status::Discard,
        MethodResult::NxDomain => dkim::adsp::Status::NxDomain,
        MethodResult::TempError => dkim::adsp::Status::TempError,
        MethodResult::PermError => dkim::adsp::Status::PermError,
        MethodResult::Pass => dkim::adsp::Status::Pass,
        MethodResult::Unknown => dkim::adsp::Status::Unknown,
        _ => return None,
    })
}

/// Which of several results says most against a message, as the rules have it.
fn weight(status: dkim::adsp::Status) -> u8 {
    match status {
        dkim::adsp::Status::None | dkim::adsp::Status::Pass | dkim::adsp::Status::Unknown => 0,
        dkim::adsp::Status::PermError => 1,
        dkim::adsp::Status::TempError => 2,
        dkim::adsp::Status::Fail => 3,
        dkim::adsp::Status::NxDomain => 4,
        dkim::adsp::Status::Discard => 5,
    }
}

#[cfg(test)]
mod tests {
    use policy::{Rules, Stage, simulate};
    use report::row::{Discovery, FailureOptions, Mode, Published, SpfCheck, Testing, Wanted};
    use report::vocabulary::Direction;
    use report::{RowId, Site};

    use super::*;

    fn domain(name: &str) -> Domain {
        Domain::parse(name).unwrap()
    }

    fn row(result: DmarcResult) -> Row {
        let mut row = Row::new(RowId::new(1_700_000_000_000, Site::default(), 0), Direction::In);
        let aligned = if result == DmarcResult::Pass { AlignedPass::Pass } else { AlignedPass::Fail };
        row.client.ip = Some("192.0.2.1".parse().unwrap());
        row.spf.mail_from =
            Some(SpfCheck { domain: Some(domain("a.example")), result: MethodResult::parse("fail").unwrap() });
        row.dmarc.result = result;
        row.dmarc.authors.push(Evaluation {
            author: domain("bank.example"),
            result,
            published: Some(Published {
                domain: domain("bank.example"),
                policy: Policy::Reject,
                subdomain_policy: None,
                nonexistent_policy: None,
                applied: PolicyTag::P,
                dkim_mode: Mode::Relaxed,
                spf_mode: Mode::Relaxed,
                failure_options: FailureOptions::default(),
                testing: Testing::default(),
                discovery: Discovery::TreeWalk,
                reports: Wanted::No,
            }),
            spf: Aligned::No,
            dkim: Vec::new(),
            spf_aligned_pass: AlignedPass::Fail,
            dkim_aligned_pass: aligned,
            wanted: if result == DmarcResult::Pass { Policy::None } else { Policy::Reject },
            reason: None,
        });
        row
    }

    #[test]
    fn rows_are_judged_by_other_rules() {
        let mut rules = Rules::default();
        rules.general.stage = Stage::Block;
        rules.general.dmarc.reject_alone = policy::rules::RejectAlone::Reject;
        let rows = [row(DmarcResult::Pass), row(DmarcResult::Fail)];
        let simulation = simulate(&rules, rows.iter().filter_map(stored));
        assert_eq!((simulation.message_count, simulation.changed_count, simulation.stricter_count), (2, 1, 1));
        assert_eq!(simulation.count(Action::Accept, Action::Reject), 1);
        assert_eq!(simulation.changes[0].author, Some(domain("bank.example")));
    }

    #[test]
    fn what_a_row_keeps_comes_back() {
        let mut row = row(DmarcResult::Fail);
        row.client.user = Some(Address::Text("taro".into()));
        row.dkim.push(report::row::Signature {
            domain: Some(domain("bank.example")),
            selector: None,
            result: MethodResult::Pass,
            algorithm: report::vocabulary::Algorithm::RsaSha256,
            key_bits: None,
            problem: None,
        });
        row.dmarc.authors[0].dkim.push(Aligned::Strict);
        for (method, result, subject) in [
            (Method::Iprev, MethodResult::Pass, "a.example"),
            (Method::NullMx, MethodResult::Fail, "null.example"),
            (Method::NullMx, MethodResult::None, "other.example"),
            (Method::Dnsbl, MethodResult::Fail, "bl.example"),
            (Method::Dnswl, MethodResult::None, "wl.example"),
            (Method::Adsp, MethodResult::Fail, "x.example"),
            (Method::Adsp, MethodResult::Discard, "y.example"),
        ] {
            row.others.push(MethodOutcome { method, result, subject: Some(subject.into()) });
        }
        let input = stored(&row).unwrap().input;
        assert_eq!(input.user, User::Somebody(Some("taro".to_owned())));
        // It passed, is aligned and did not count: the daemon did not accept it.
        assert!(!input.dkim[0].authenticates());
        assert_eq!((input.reverse, &input.client_name), (Some(iprev::Verdict::Pass), &Some(domain("a.example"))));
        assert_eq!(input.null_mx, [domain("null.example")]);
        let [listed] = &input.listed[..] else { panic!("one list") };
        assert_eq!((listed.zone.clone(), listed.color), (domain("bl.example"), Color::Black));
        assert_eq!(input.adsp, Some(dkim::adsp::Status::Discard));
        row.direction = Direction::Out;
        assert!(stored(&row).is_none());
    }
}
