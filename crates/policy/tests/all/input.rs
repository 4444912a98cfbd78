//! What of the facts reaches a verdict: nothing of auth's and dkim's own judgement is lost on the way.

use std::sync::Arc;

use auth::{Envelope, Facts, Methods, Settings};
use mailtext::authres::Letters;
use policy::{Dsn, Filtered, Input, Rules, Standing, Transaction, decide, decide_facts};

use crate::{arc_forge, forge, read};

const MESSAGE: &str = "From: A <a@bank.example>\r\nTo: b@example.jp\r\nSubject: x\r\nDate: Mon, 02 Jan 2023 03:04:05 +0900\r\n\r\nhello\r\n";
const SEALERS: [&str; 3] = ["list.example", "relay.example", "evil.example"];

fn facts(message: &[u8]) -> Facts {
    let key = mailtext::encode::encode_base64(&forge::key("ed25519").public_key());
    let keys = SEALERS.map(|name| format!("k1._domainkey.{name}. TXT \"v=DKIM1; k=ed25519; p={key}\"\n")).concat();
    let zone = format!(
        "{keys}ed._domainkey.bank.example. TXT \"v=DKIM1; k=ed25519; p={key}\"\n\
         _dmarc.bank.example. TXT \"v=DMARC1; p=reject\"\nbank.example. TXT \"v=spf1 +all\"\n"
    );
    let mut settings = Settings::new("mx.receiver.example");
    settings.methods = Methods::all();
    let envelope = Envelope::new(Some("192.0.2.1".parse().unwrap()), Some("a.example"), Some(b"<a@bank.example>"));
    let zone = Arc::new(testkit::zone(&zone));
    testkit::block_on(auth::check::authenticate(zone, Arc::new(settings), envelope, message, 1_700_000_000))
}

/// Trust in sealers is the same here as where the chain was validated: for every list of them, and every order of sets.
#[test]
fn trusted_sealers_are_those_of_the_chain() {
    let mut trusted = 0;
    for first in SEALERS {
        for second in SEALERS {
            for weak in [false, true] {
                let found = "mx.x.example; dmarc=pass header.from=bank.example";
                let message = arc_forge::set(MESSAGE.as_bytes(), "ed25519", &format!("i=1 d={first} s=k1"), found);
                let mut message = arc_forge::set(&message, "ed25519", &format!("i=2 d={second} s=k1"), found);
                if weak {
                    // A second From that nobody sealed.
                    message = [b"From: x@evil.example\r\n", &message[..]].concat();
                }
                let facts = facts(&message);
                let chain = &facts.others.arc.as_ref().unwrap().result;
                let arc = Input::of(&facts, &Transaction::default()).arc.unwrap();
                for list in 0..8_u8 {
                    let list: Vec<_> =
                        (0..3).filter(|at| list & (1 << at) != 0).map(|at| read::domain(SEALERS[at])).collect();
                    let wanted = chain.trusted_by(&list);
                    let got = arc.trusted_by(&list);
                    assert_eq!(
                        got.map(|seal| &seal.sealer),
                        wanted.map(|trusted| &trusted.set.sealer),
                        "{first} {second} {list:?}"
                    );
                    if let (Some(seal), Some(wanted)) = (got, wanted) {
                        trusted += 1;
                        assert!(!weak && wanted.found_dmarc_pass(&read::domain("bank.example")));
                        assert_eq!(seal.dmarc_pass, [read::domain("bank.example")]);
                    }
                }
            }
        }
    }
    assert_eq!(trusted, 36);
}

/// What auth does not accept for DMARC authenticates nothing here either; nor does SPF by a record for everybody.
#[test]
fn what_does_not_count_there_does_not_count_here() {
    for (tags, counts) in
        [("h=from:to:subject:date;", true), ("h=from:to:date;", false), ("h=from:to:subject:date; l=0;", false)]
    {
        let tags = format!("v=1; a=ed25519-sha256; c=relaxed/relaxed; d=bank.example; s=ed; {tags}");
        let facts = facts(&forge::sign(MESSAGE.as_bytes(), "ed25519", &tags));
        let input = Input::of(&facts, &Transaction::default());
        assert_eq!(input.dkim.len(), 1, "{tags}");
        assert_eq!(input.dkim[0].status, dkim::Status::Pass, "{tags}");
        assert_eq!(input.authenticated().count(), usize::from(counts), "{tags}");
        assert_eq!(input.spf.as_ref().map(|spf| spf.verdict), Some(spf::Verdict::Pass));
        assert!(input.spf.as_ref().is_some_and(|spf| !spf.authenticates()));
    }
}

#[test]
fn what_auth_is_not_told_comes_beside_it() {
    let facts = facts(MESSAGE.as_bytes());
    let transaction = Transaction {
        recipients: vec![read::domain("a.example")],
        list_id: Some(read::domain("l.example")),
        reply_letters: Letters::Utf8,
        dsn: Dsn::OfOthers,
        filtered: Filtered::Spam,
    };
    let input = Input::of(&facts, &transaction);
    assert_eq!((input.dsn, input.filtered), (Dsn::OfOthers, Filtered::Spam));
    assert_eq!((&input.recipients, &input.list_id), (&transaction.recipients, &transaction.list_id));
    assert_eq!((input.reply_letters, input.header_letters), (Letters::Utf8, Letters::Ascii));
    let rules = Rules::default();
    let standing = Standing::default();
    assert_eq!(decide_facts(&facts, &transaction, &rules, &standing), decide(&input, &rules, &standing));
}
