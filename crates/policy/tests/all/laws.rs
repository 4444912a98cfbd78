//! Laws that hold for every message, every rule and everything remembered.

use mailtext::Explain;
use mailtext::authres::Letters;
use policy::limits::{COMMENT_BYTES_MAX, FIELD_VALUE_BYTES_MAX, REPLY_TEXT_BYTES_MAX};
use policy::{Action, Disposition, Override, OverrideKind, Rules, Stage, decide, decide_early};
use proptest::prelude::*;
use testkit::KeyValues;

use crate::read;

/// Lines of which each says one thing; any of them in any number make a message.
const FACTS: &[&str] = &[
    "client: 192.0.2.1",
    "client: 2001:db8::1",
    "client-name: mx.list.example",
    "reverse: none",
    "reverse: other",
    "mail-from: bank.example",
    "mail-from: xn--8ous75i.jp",
    "rcpt: a.example",
    "rcpt: lax.example",
    "rcpt: strict.example",
    "list-id: ml.list.example",
    "letters: utf8",
    "spf: pass bank.example",
    "spf: pass list.example",
    "spf: pass list.example everyone",
    "spf: fail bank.example",
    "spf: temperror bank.example",
    "spf: permerror bank.example",
    "spf: softfail bank.example",
    "dkim: bank.example pass",
    "dkim: bank.example pass refused",
    "dkim: bank.example fail",
    "dkim: list.example pass",
    "helo-pass: mx.list.example",
    "adsp: discard",
    "adsp: nxdomain",
    "adsp: fail",
    "sender-id: fail",
    "domainkeys: fail",
    "null-mx-of: bank.example",
    "listed: black bl.example 192.0.2.1",
    "listed: black bl.example bank.example",
    "listed: white wl.example 192.0.2.1",
    "score: list.example 10 1000",
    "client-score: 10 1000",
    "usual: 1000 0",
    "replay: 5000",
    "member: denied list.example",
    "member: allowed list.example",
];

const AUTHORS: &[&str] = &[
    "author: bank.example fail p=reject",
    "author: bank.example fail p=reject np",
    "author: bank.example fail p=reject t=y",
    "author: 関所.jp fail p=quarantine",
    "author: bank.example fail p=quarantine t=y",
    "author: bank.example fail p=none",
    "author: bank.example pass p=reject spf",
    "author: bank.example pass p=none dkim",
    "author: bank.example none",
    "author: bank.example temperror",
    "from-defect: absent",
    "from-defect: repeated\nauthor: bank.example fail p=reject\nauthor: evil.example pass p=none",
    "author: evil.example pass p=none\nauthor: bank.example fail p=reject\ndmarc: fail",
    "dmarc: permerror",
];

const CHAINS: &[&str] = &[
    "",
    "arc: fail",
    "arc: pass\nseal: s.example bank.example",
    "arc: pass\nseal: s.example bank.example\nseal: evil.example",
];

const RULES: &[&str] = &[
    "blocked: .jp",
    "dmarc.temperror: tempfail",
    "dmarc.reject: discard",
    "dmarc.quarantine: label",
    "dmarc.spf-everyone: reject",
    "reject-alone: reject",
    "from.absent: reject",
    "from.malformed: discard",
    "spf.fail: reject early",
    "spf.temperror: tempfail early",
    "spf.permerror: reject",
    "spf.softfail: quarantine",
    "adsp.discard: discard",
    "adsp.nxdomain: reject",
    "sender-id.fail: reject",
    "domainkeys.fail: quarantine",
    "arc.fail: reject",
    "null-mx: reject early",
    "no-name: tempfail early",
    "name-not-confirmed: reject",
    "list: bl.example reject early",
    "list: wl.example accept",
    "bad-domain: reject",
    "bad-client: tempfail",
    "replay-action: reject",
    "deny: list.example",
    "force: bank.example none",
    "force: bank.example reject",
    "at lax.example: dmarc.reject=label; reject-alone=reject",
    "at strict.example: null-mx=reject; dmarc.none=quarantine",
    "mixed: strictest",
    "set-apart: hold",
    "subject: label 【迷惑】",
    "field: accept X-All {author} {mail_from} {client} {policy} {list} {action} {wanted} {stage} {reason}",
    "text.dmarc: 拒否しました {author}",
];

const EXCEPTIONS: &[&str] = &[
    "except.network: 192.0.2.0/24",
    "forwarder.network: 192.0.2.1",
    "forwarder.name: .list.example",
    "forwarder.domain: list.example",
    "sealer: s.example",
    "sealer: evil.example",
    "mailing-list: .list.example",
    "allow: list.example",
    "allow: bank.example",
];

fn some(lines: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    proptest::sample::subsequence(lines, 0..=most)
        .prop_map(|lines| lines.iter().map(|line| format!("{line}\n")).collect())
}

prop_compose! {
    fn message()(author in proptest::sample::select(AUTHORS), chain in proptest::sample::select(CHAINS), more in some(FACTS, 9)) -> String {
        format!("{author}\n{chain}\n{more}")
    }
}

fn stage() -> impl Strategy<Value = String> {
    proptest::sample::select(&Stage::ALL[..]).prop_map(|stage| format!("stage: {}\n", stage.as_str()))
}

fn values(text: &str) -> KeyValues {
    KeyValues::parse(text).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_message_has_a_sound_verdict(message in message(), stage in stage(), rules in some(RULES, 8), exceptions in some(EXCEPTIONS, 3)) {
        let (facts, rules) = (values(&message), read::rules(&values(&format!("{stage}{rules}{exceptions}"))));
        let (input, standing) = (read::input(&facts), read::standing(&facts));
        for (early, verdict) in [(true, decide_early(&input, &rules, &standing)), (false, decide(&input, &rules, &standing))] {
            prop_assert!(!verdict.reasons.is_empty());
            prop_assert_eq!(verdict.reply.is_some(), verdict.action.refuses());
            // Nothing but labels while observing, nothing refused while filtering.
            match rules.general.stage {
                Stage::Observe => prop_assert!(verdict.action <= Action::Label),
                Stage::Filter => prop_assert!(verdict.action <= Action::Quarantine),
                Stage::Block => prop_assert!(early || verdict.action == verdict.wanted),
            }
            prop_assert!(verdict.action.delivers() || (verdict.labels.fields.is_empty() && verdict.labels.subject.is_none()));
            if let Some(reply) = &verdict.reply {
                prop_assert!(reply.text.len() <= REPLY_TEXT_BYTES_MAX && !reply.text.contains(char::is_control));
                prop_assert!(input.reply_letters == Letters::Utf8 || reply.text.is_ascii());
                prop_assert_eq!(reply.code / 100, reply.enhanced[..1].parse::<u16>().unwrap());
            }
            for (_, value) in &verdict.labels.fields {
                prop_assert!(value.len() <= FIELD_VALUE_BYTES_MAX && !value.contains(char::is_control));
                prop_assert!(input.header_letters == Letters::Utf8 || value.is_ascii());
            }
            for reason in &verdict.reasons {
                prop_assert!(reason.id().starts_with("policy-"));
            }
        }
    }

    #[test]
    fn an_exception_never_makes_it_stricter(message in message(), stage in stage(), rules in some(RULES, 8), before in some(EXCEPTIONS, 3), exception in proptest::sample::select(EXCEPTIONS)) {
        let facts = values(&message);
        let (input, standing) = (read::input(&facts), read::standing(&facts));
        let action = |exceptions: &str| {
            // Rules for recipients begin with the general ones, exceptions among them.
            let rules: Rules = read::rules(&values(&format!("{stage}{exceptions}{rules}")));
            let early = decide_early(&input, &rules, &standing);
            let whole = decide(&input, &rules, &standing);
            (early.action, whole.action, whole.wanted)
        };
        let (without, with) = (action(&before), action(&format!("{before}{exception}\n")));
        prop_assert!(with.0 <= without.0 && with.1 <= without.1 && with.2 <= without.2, "{without:?} {with:?}");
    }

    #[test]
    fn a_failing_reject_is_never_accepted_silently(more in some(FACTS, 9), author in proptest::sample::select(&AUTHORS[..2]), chain in proptest::sample::select(CHAINS), alone in any::<bool>()) {
        let facts = values(&format!("{author}\n{chain}\n{more}"));
        let rules = read::rules(&values(if alone { "stage: block\nreject-alone: reject\n" } else { "stage: block\n" }));
        let verdict = decide(&read::input(&facts), &rules, &read::standing(&facts));
        let least = if alone { Action::Reject } else { Action::Quarantine };
        prop_assert!(verdict.action >= least);
        prop_assert!(matches!(verdict.disposition, Disposition::Quarantine | Disposition::Reject));
    }

    /// RFC 9989 §5.4: a deviation from what is published has a reason; and a reason says that there is a deviation.
    #[test]
    fn every_deviation_is_told(message in message(), stage in stage(), rules in some(RULES, 8), exceptions in some(EXCEPTIONS, 3)) {
        let (facts, rules) = (values(&message), read::rules(&values(&format!("{stage}{rules}{exceptions}"))));
        let input = read::input(&facts);
        let verdict = decide(&input, &rules, &read::standing(&facts));
        let failed = input.authors.iter().filter(|author| author.result == dmarc::DmarcResult::Fail);
        let published = failed.filter_map(|author| author.policy).map(|applied| applied.policy).max();
        if input.from_defect.is_none() && let Some(published) = published {
            let as_published = published.as_str() == verdict.disposition.as_str();
            prop_assert_eq!(as_published, verdict.overrides.is_empty(), "{:?}", verdict);
        } else {
            prop_assert_eq!(&verdict.overrides, &[]);
        }
        // No verdict for DMARC's sake is stricter than what is published, unless a rule of ours is named.
        if verdict.disposition == Disposition::Reject && published != Some(dmarc::Policy::Reject) {
            prop_assert!(verdict.overrides.iter().any(|note| note.kind == OverrideKind::LocalPolicy));
        }
        for note in &verdict.overrides {
            prop_assert!(note.comment.is_ascii() && note.comment.len() <= COMMENT_BYTES_MAX);
        }
    }

    /// A16: what ARC, a List-Id or HELO claim changes nothing where nobody is trusted.
    #[test]
    fn claims_make_nothing_milder(message in message(), rules in some(RULES, 8), chain in proptest::sample::select(&CHAINS[2..])) {
        let rules = read::rules(&values(&format!("stage: block\n{rules}")));
        let without = values(&message.replace("arc:", "# arc:").replace("seal:", "# seal:"));
        let standing = read::standing(&without);
        let mut input = read::input(&without);
        input.list_id = None;
        input.helo_pass = None;
        let plain = decide(&input, &rules, &standing);
        let mut claiming = input.clone();
        claiming.arc = read::input(&values(chain)).arc;
        claiming.helo_pass = Some(read::domain("mx.list.example"));
        let claimed = decide(&claiming, &rules, &standing);
        // That habits are broken is no sign where a chain holds: then the policy alone is left, and never less.
        if standing.usual.is_none() {
            prop_assert_eq!(claimed, plain);
        } else {
            prop_assert!(claimed.action == plain.action || claimed.action >= Action::Label);
        }
    }
}

#[test]
fn comments_at_below_and_above_the_limit() {
    for (length, kept) in [
        (COMMENT_BYTES_MAX - 1, COMMENT_BYTES_MAX - 1),
        (COMMENT_BYTES_MAX, COMMENT_BYTES_MAX),
        (COMMENT_BYTES_MAX + 1, COMMENT_BYTES_MAX),
    ] {
        assert_eq!(Override::new(OverrideKind::Other, &"a".repeat(length)).comment.len(), kept);
    }
    assert_eq!(Override::new(OverrideKind::Other, "a\r\n関").comment, "a???");
}

#[test]
fn the_words_of_reports() {
    let kinds = [
        (OverrideKind::Forwarded, "forwarded", "other"),
        (OverrideKind::TrustedForwarder, "trusted_forwarder", "trusted_forwarder"),
        (OverrideKind::MailingList, "mailing_list", "mailing_list"),
        (OverrideKind::LocalPolicy, "local_policy", "local_policy"),
        (OverrideKind::PolicyTestMode, "policy_test_mode", "policy_test_mode"),
        (OverrideKind::Other, "other", "other"),
    ];
    for (kind, ours, reported) in kinds {
        assert_eq!((kind.as_str(), kind.as_reported()), (ours, reported));
    }
}

#[test]
fn the_usual_texts_are_templates() {
    use policy::Cause::{
        Arc, Denied, Dmarc, DmarcTempError, From, List, NullMx, Replay, Reputation, ReverseName, SenderId, Signing,
        Spf, SpfError,
    };
    let all = [
        Dmarc,
        DmarcTempError,
        From,
        Spf,
        SpfError,
        Signing,
        SenderId,
        NullMx,
        ReverseName,
        Arc,
        List,
        Denied,
        Reputation,
        Replay,
    ];
    for cause in all {
        let text = policy::verdict::usual_text(cause);
        assert!(text.parse::<policy::Template>().is_ok_and(|template| template.is_ascii()), "{text}");
    }
}
