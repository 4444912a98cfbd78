//! Precedence, as a table: what the documentation of `decide` promises, row by row.

use mailtext::Explain;
use policy::{Action, Verdict, decide, decide_early};
use testkit::KeyValues;

use crate::read;

const FORGED: &str = "client: 203.0.113.9\nmail-from: evil.example\nspf: fail bank.example\n\
                      author: bank.example fail p=reject\n";

fn verdict(text: &str) -> Verdict {
    let values = KeyValues::parse(text).unwrap();
    decide(&read::input(&values), &read::rules(&values), &read::standing(&values))
}

fn early(text: &str) -> Verdict {
    let values = KeyValues::parse(text).unwrap();
    decide_early(&read::input(&values), &read::rules(&values), &read::standing(&values))
}

/// Stages against DMARC's outcome.
#[test]
fn stages_and_policies() {
    let policies = ["p=none", "p=quarantine", "p=reject", "p=quarantine t=y", "p=reject t=y"];
    for (stage, wanted) in [
        ("observe", ["accept", "label", "label", "accept", "label"]),
        ("filter", ["accept", "quarantine", "quarantine", "accept", "quarantine"]),
        ("block", ["accept", "quarantine", "reject", "accept", "quarantine"]),
    ] {
        for (policy, wanted) in policies.iter().zip(wanted) {
            let text = format!("stage: {stage}\nspf: fail x.example\nauthor: bank.example fail {policy}\n");
            assert_eq!(verdict(&text).action.as_str(), wanted, "{stage} {policy}");
        }
    }
}

/// Of two actions the stricter one is done: accept, label, quarantine, tempfail, discard, reject.
#[test]
fn the_strictest_rule_wins() {
    for first in Action::ALL {
        for second in Action::ALL {
            let text = format!(
                "stage: block\nnull-mx: {}\nno-name: {}\nnull-mx-of: a.example\nreverse: none\n",
                first.as_str(),
                second.as_str()
            );
            assert_eq!(verdict(&text).action, first.max(second), "{text}");
        }
    }
}

/// What excuses what: each exception against each finding. `x` is excused.
#[test]
fn exceptions_and_findings() {
    let findings = [
        ("dmarc", "author: bank.example fail p=reject\nspf: fail x.example\n"),
        ("dmarc temperror", "dmarc.temperror: tempfail\nauthor: bank.example temperror\n"),
        ("from", "from.absent: reject\nfrom-defect: absent\n"),
        ("spf", "spf.fail: reject\nspf: fail x.example\nauthor: bank.example none\n"),
        ("adsp", "adsp.discard: discard\nadsp: discard\nauthor: bank.example none\n"),
        ("null mx", "null-mx: reject\nnull-mx-of: x.example\n"),
        ("name", "no-name: reject\nreverse: none\n"),
        ("listed", "list: bl.example reject\nlisted: black bl.example 192.0.2.1\n"),
        ("denied", "deny: bad.example\nmail-from: bad.example\n"),
        ("reputation", "bad-client: reject\nclient-score: 10 1000\n"),
        ("replay", "replay-action: reject\nreplay: 5000\n"),
    ];
    let dkim = "dkim: list.example pass\n";
    let exceptions = [
        ("network", "except.network: 192.0.2.0/24\n".to_owned(), "xxxxxxxxxxx"),
        ("user", "user: taro\n".to_owned(), "xxxxxxxxxxx"),
        ("forwarder", "forwarder.network: 192.0.2.0/24\n".to_owned(), "xx.xx......"),
        ("forwarder", format!("{dkim}forwarder.domain: list.example\n"), "xx.xx......"),
        ("sealer", "sealer: s.example\narc: pass\nseal: s.example bank.example\n".to_owned(), "xx.xx......"),
        ("list", format!("{dkim}mailing-list: .list.example\nlist-id: ml.list.example\n"), "xx.xx......"),
        ("forwarded", "dkim: bank.example pass\n".to_owned(), "...x......."),
        ("allowed", format!("{dkim}allow: list.example\n"), "...xxxxx.x."),
        ("white list", "list: wl.example accept\nlisted: white wl.example 192.0.2.1\n".to_owned(), ".....xxx.x."),
        ("nothing", String::new(), "..........."),
    ];
    for (exception, its_text, wanted) in &exceptions {
        let mut row = String::new();
        for (finding, text) in &findings {
            let verdict = verdict(&format!("stage: block\nreject-alone: reject\nclient: 192.0.2.1\n{text}{its_text}"));
            row.push(if verdict.action == Action::Accept { 'x' } else { '.' });
            assert!(verdict.action == Action::Accept || verdict.action > Action::Quarantine, "{exception} {finding}");
        }
        assert_eq!(row, *wanted, "{exception}");
    }
}

/// Claims excuse nothing: what anybody can write.
#[test]
fn claims_excuse_nothing() {
    for (what, claim) in [
        ("a List-Id", "mailing-list: .list.example\nlist-id: ml.list.example\n"),
        (
            "a List-Id and a signature of another",
            "mailing-list: .list.example\nlist-id: ml.list.example\ndkim: evil.example pass\n",
        ),
        ("a signature that does not hold", "forwarder.domain: list.example\ndkim: list.example fail\n"),
        ("a signature that does not count", "forwarder.domain: list.example\ndkim: list.example pass refused\n"),
        ("SPF that lets everybody pass", "forwarder.domain: x.example\nspf: pass x.example everyone\n"),
        ("a chain of a stranger", "sealer: s.example\narc: pass\nseal: evil.example bank.example\n"),
        (
            "a stranger behind a trusted sealer",
            "sealer: s.example\narc: pass\nseal: s.example bank.example\nseal: evil.example bank.example\n",
        ),
        ("a trusted sealer that found nothing", "sealer: s.example\narc: pass\nseal: s.example\n"),
        ("a trusted sealer that found another author", "sealer: s.example\narc: pass\nseal: s.example other.example\n"),
        ("a broken chain", "sealer: s.example\narc: fail\nseal: s.example bank.example\n"),
        ("an allowed domain that is not authenticated", "allow: evil.example\n"),
        ("the author in the list of allowed", "allow: bank.example\n"),
        ("a member that is not authenticated", "member: allowed bank.example\n"),
        ("a domain in a white list", "list: wl.example accept\nlisted: white wl.example bank.example\n"),
        ("an empty list of users", "except.user: taro\nuser: jiro\n"),
    ] {
        let verdict = verdict(&format!("stage: block\n{FORGED}{claim}"));
        assert!(verdict.action >= Action::Quarantine, "{what}: {verdict:?}");
    }
}

/// RFC 9989 §7.4: each sign alone lifts quarantine to reject; none of them leaves quarantine.
#[test]
fn signs_beside_the_policy() {
    let bare = "stage: block\nauthor: bank.example fail p=reject\nspf: pass list.example\n";
    assert_eq!(verdict(bare).action, Action::Quarantine);
    for (sign, text) in [
        ("spf-fail-unsigned", "spf: fail bank.example\n"),
        ("null-mx", "null-mx-of: x.example\n"),
        ("no-confirmed-name", "reverse: none\n"),
        ("no-confirmed-name", "reverse: other\n"),
        ("listed", "list: bl.example label\nlisted: black bl.example 192.0.2.1\n"),
        ("bad-reputation", "client-score: 100 1000\n"),
        ("bad-reputation", "dkim: evil.example pass\nscore: evil.example 100 1000\n"),
        ("unusual", "usual: 1000 2\n"),
        ("no-such-author", "adsp: nxdomain\n"),
    ] {
        let verdict = verdict(&format!("{bare}{text}"));
        assert_eq!(verdict.action, Action::Reject, "{sign}");
        let told = verdict.reasons.iter().find(|reason| reason.id() == "policy-another-sign").unwrap();
        assert_eq!(told.arguments()[0].1.to_string(), sign);
        assert_eq!(verdict.overrides, []);
    }
    for (what, text) in [
        ("a signature of the author, broken on the way", "spf: fail bank.example\ndkim: bank.example fail\n"),
        ("a list that no rule names", "listed: black bl.example 192.0.2.1\n"),
        ("the reputation of who is not authenticated", "dkim: evil.example fail\nscore: evil.example 100 1000\n"),
        ("a reputation that rests on little", "client-score: 100 10\n"),
        ("habits, but through a list", "usual: 1000 2\nlist-id: l.example\n"),
        ("habits of failing", "usual: 1000 20\n"),
        ("habits, but through ARC", "usual: 1000 0\narc: pass\n"),
    ] {
        let verdict = verdict(&format!("{bare}{text}"));
        assert_eq!(verdict.action, Action::Quarantine, "{what}");
        assert_eq!(verdict.overrides.len(), 1, "{what}");
    }
    let at_once = verdict(&format!("{bare}reject-alone: reject\n"));
    assert_eq!(at_once.action, Action::Reject);
}

/// At MAIL and RCPT: only what says `early`, only what refuses.
#[test]
fn early_decisions() {
    for (text, wanted) in [
        ("spf.fail: reject early\nspf: fail a.example\n", "reject"),
        ("spf.fail: reject\nspf: fail a.example\n", "accept"),
        ("spf.fail: quarantine early\nspf: fail a.example\n", "accept"),
        ("spf.temperror: tempfail early\nspf: temperror a.example\n", "tempfail"),
        ("null-mx: reject early\nnull-mx-of: a.example\n", "reject"),
        ("list: bl.example reject early\nlisted: black bl.example 192.0.2.1\n", "reject"),
        ("list: bl.example reject early\nlisted: black bl.example 192.0.2.1\nexcept.network: 192.0.2.1\n", "accept"),
        ("spf.fail: reject early\nspf: fail a.example\nforwarder.network: 192.0.2.1\n", "accept"),
        ("spf.fail: reject early\nspf: fail a.example\nuser: taro\n", "accept"),
        ("deny: a.example\nmail-from: a.example\n", "reject"),
        ("deny: a.example\ndenied: reject\nmail-from: a.example\n", "accept"),
        // Domestic only: the author is not known yet, the reverse-path is.
        ("spf.fail: reject early\nspf: fail a.example\nmail-from: a.example\nblocked: .jp\n", "accept"),
        ("spf.fail: reject early\nspf: fail a.jp\nmail-from: a.jp\nblocked: .jp\n", "reject"),
        ("from-defect: absent\nfrom.absent: reject\n", "accept"),
    ] {
        let whole = format!("client: 192.0.2.1\nstage: block\n{text}");
        let verdict = early(&whole);
        assert_eq!(verdict.action.as_str(), wanted, "{text}");
        assert_eq!(verdict.reply.is_some(), verdict.action.refuses(), "{text}");
        assert!(!early(&format!("{whole}stage: filter\n")).action.refuses(), "{text}");
    }
}

/// A white list speaks for an address, by a rule that names it; a domain in it may be anybody's claim.
#[test]
fn white_lists_speak_for_addresses() {
    let listed = "stage: block\nlist: bl.example reject\nlisted: black bl.example 192.0.2.1\n";
    for (white, wanted) in [
        ("list: wl.example accept\nlisted: white wl.example 192.0.2.1\n", Action::Accept),
        ("list: wl.example accept\nlisted: white wl.example bank.example\n", Action::Reject),
        ("listed: white wl.example 192.0.2.1\n", Action::Reject),
    ] {
        assert_eq!(verdict(&format!("{listed}{white}")).action, wanted, "{white}");
    }
}
