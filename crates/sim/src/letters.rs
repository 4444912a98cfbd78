//! The messages: honest ones, forwarded ones, forged ones. Each says what must come of it where DNS answers.

use std::net::Ipv4Addr;

use dkim::arc::{NewSet, Options, Sealer, validate};
use dmarc::Policy;
use mailtext::{Domain, Headers};

use crate::dice::Dice;
use crate::limits::{BIG_BODY_BYTES, BIG_FIELD_COUNT, BIG_RECIPIENT_COUNT};
use crate::mail::Mail;
use crate::names::{
    ATTACKER, ATTACKER_IP, BROKEN, DOUBLE, FORWARDER, FORWARDER_IP, INTERNATIONAL, LIST, LIST_IP, Names, OUR_DOMAIN,
    PLAIN, Sender, VOID,
};
use crate::wake::at_once;

/// What sort of message it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// From whom it says, by SPF and, where the domain signs, by DKIM.
    Aligned,
    /// The same from a name below the domain.
    Subdomain,
    /// Forwarded as it was.
    Forwarded,
    /// Forwarded and sealed, with another body.
    Sealed,
    /// Through a mailing list, with another subject and body.
    Listed,
    /// Somebody else's name in From.
    Spoofed,
    /// The same with results forged in our name, in many spellings.
    ForgedResults,
    /// Two From fields, one of them the attacker's.
    TwoFroms,
    /// A signed message, sent again by somebody else.
    Replayed,
    /// The same, and changed.
    Tampered,
    /// A bounce.
    Bounce,
    /// Submitted by a user of ours.
    Submitted,
    /// In other letters than ASCII.
    International,
    /// From a domain whose records are missing, broken, double, or that does not exist.
    BadRecords,
    /// With more of everything, and NULs.
    Big,
}

/// What DMARC must say where DNS answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// Pass.
    Pass,
    /// Anything but pass.
    NoPass,
}

/// A message with its envelope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Letter {
    /// Its sort.
    pub kind: Kind,
    /// Who brings it.
    pub client: Client,
    /// MAIL FROM, with its brackets.
    pub sender: String,
    /// RCPT TO, with their brackets.
    pub recipients: Vec<String>,
    /// The user of SMTP AUTH.
    pub user: Option<String>,
    /// The message.
    pub mail: Mail,
    /// What must come of it.
    pub expected: Expected,
    /// What the owners of the author domains ask for at most, where it fails.
    pub asks: Policy,
}

/// Who brings a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Client {
    /// Its address.
    pub ip: Ipv4Addr,
    /// What it says in HELO.
    pub helo: String,
}

/// All sorts.
const KINDS: [Kind; 15] = [
    Kind::Aligned,
    Kind::Subdomain,
    Kind::Forwarded,
    Kind::Sealed,
    Kind::Listed,
    Kind::Spoofed,
    Kind::ForgedResults,
    Kind::TwoFroms,
    Kind::Replayed,
    Kind::Tampered,
    Kind::Bounce,
    Kind::Submitted,
    Kind::International,
    Kind::BadRecords,
    Kind::Big,
];

/// The message of this number.
#[must_use]
pub fn letter(names: &Names, number: u64, now_s: u64, dice: &mut Dice) -> Letter {
    let kind = dice.pick(&KINDS);
    let at = dice.place(names.senders.len());
    let sender = if kind == Kind::International {
        names.senders.iter().find(|sender| sender.name == INTERNATIONAL).unwrap_or(&names.senders[at])
    } else {
        &names.senders[at]
    };
    let mut letter = honest(names, sender, number, now_s, dice);
    letter.kind = kind;
    match kind {
        Kind::Aligned | Kind::International => {}
        Kind::Subdomain => letter = below(names, sender, number, now_s, dice),
        Kind::Forwarded => forward(&mut letter, sender),
        Kind::Sealed => seal(&mut letter, names, now_s),
        Kind::Listed => distribute(&mut letter, names, now_s),
        Kind::Spoofed => letter = spoofed(names, sender, number, now_s, dice),
        Kind::ForgedResults => {
            letter = spoofed(names, sender, number, now_s, dice);
            forge_results(&mut letter.mail, dice);
        }
        Kind::TwoFroms => {
            letter.mail.put("From", &format!(" Somebody <somebody@{ATTACKER}>"));
            letter.expected = Expected::NoPass;
        }
        Kind::Replayed => replay(&mut letter, sender),
        Kind::Tampered => {
            replay(&mut letter, sender);
            letter.mail.body.extend_from_slice(b"and send it here instead\r\n");
            letter.expected = Expected::NoPass;
        }
        Kind::Bounce => bounce(&mut letter, sender),
        Kind::Submitted => letter = submitted(number, dice),
        Kind::BadRecords => letter = bad_records(number, dice),
        Kind::Big => enlarge(&mut letter),
    }
    letter.kind = kind;
    recipients(&mut letter, dice);
    letter
}

/// From whom it says.
fn honest(names: &Names, sender: &Sender, number: u64, now_s: u64, dice: &mut Dice) -> Letter {
    let mut mail = plain(&sender.name, number, dice);
    sign(&mut mail, names, sender, now_s);
    Letter {
        kind: Kind::Aligned,
        client: Client { ip: sender.ip, helo: format!("mx.{}", sender.name) },
        sender: format!("<taro@{}>", sender.name),
        recipients: Vec::new(),
        user: None,
        mail,
        expected: if sender.policy.is_some() { Expected::Pass } else { Expected::NoPass },
        asks: sender.asks().unwrap_or_default(),
    }
}

fn plain(author_domain: &str, number: u64, dice: &mut Dice) -> Mail {
    let (name, subject) = match author_domain {
        INTERNATIONAL => ("太郎 <太郎@例え.jp>".to_owned(), "関所からのお知らせ"),
        _ => (
            format!("Taro <taro@{author_domain}>"),
            dice.pick(&["lunch", "=?iso-2022-jp?B?GyRCMnEbKEI=?=", "re: re: re:"]),
        ),
    };
    let lines = dice.between(1, 30);
    let body: String = (0..lines).map(|line| format!("line {line} of message {number}\n")).collect();
    Mail::new(
        &[
            ("From", &format!(" {name}")),
            ("To", " you@example.net"),
            ("Subject", &format!(" {subject}\n\t{number}")),
            ("Date", " Sun, 22 Nov 2026 10:00:00 +0900"),
            ("Message-ID", &format!(" <{number}@{author_domain}>")),
        ],
        &body,
    )
}

fn sign(mail: &mut Mail, names: &Names, sender: &Sender, now_s: u64) {
    let signer = sender.selector.and_then(|selector| names.signer(&sender.name, selector));
    if let Some(signer) = signer {
        // Signed long before the world began, so that no jump of the clock makes it a signature of the future.
        mail.sign(&signer, now_s - SIGNED_BEFORE_S);
    }
}

/// From a name below; the signature is the domain's.
fn below(names: &Names, sender: &Sender, number: u64, now_s: u64, dice: &mut Dice) -> Letter {
    let author = format!("news.{}", sender.name);
    let mut letter = honest(names, sender, number, now_s, dice);
    letter.mail = plain(&author, number, dice);
    sign(&mut letter.mail, names, sender, now_s);
    if sender.mode == "s" {
        // SPF of the domain, the author below it: aligned only where that may be relaxed.
        letter.expected = Expected::NoPass;
    }
    letter
}

/// SPF breaks, DKIM does not.
fn forward(letter: &mut Letter, sender: &Sender) {
    letter.client = Client { ip: FORWARDER_IP, helo: format!("out.{FORWARDER}") };
    if sender.selector.is_none() {
        letter.expected = Expected::NoPass;
    }
}

/// The forwarder judges it, changes it, and seals what it found.
fn seal(letter: &mut Letter, names: &Names, now_s: u64) {
    letter.client = Client { ip: FORWARDER_IP, helo: format!("out.{FORWARDER}") };
    let from = letter.sender.trim_matches(['<', '>']).rsplit('@').next().unwrap_or_default().to_owned();
    letter.mail.put("Authentication-Results", &format!(" {FORWARDER}; dmarc=pass header.from={from}"));
    letter.mail.body.extend_from_slice(b"-- \r\nforwarded with care\r\n");
    letter.expected = Expected::NoPass;
    let (Ok(domain), Ok(selector), Some(key)) = (Domain::parse(FORWARDER), Domain::parse("ed"), names.key("ed")) else {
        return;
    };
    let signed_s = now_s - SIGNED_BEFORE_S;
    let wire = letter.mail.wire();
    let sealer = Sealer::new(domain, selector, key, FORWARDER);
    let chain = at_once(validate(&*names.zone, &wire, Options::default(), signed_s));
    let mut hasher = dkim::body::BodyHasher::new(sealer.body_hash_kind());
    hasher.update(&letter.mail.body);
    let set =
        chain.and_then(|chain| sealer.seal(&Headers::parse(&wire), &chain.result, &hasher.finish(), signed_s).ok());
    for field in set.iter().flat_map(NewSet::fields).rev() {
        letter.mail.put_field(field);
    }
}

/// A mailing list: its own envelope, another subject, a footer, a signature of its own.
fn distribute(letter: &mut Letter, names: &Names, now_s: u64) {
    letter.client = Client { ip: LIST_IP, helo: LIST.to_owned() };
    letter.sender = format!("<members-bounces@lists.{LIST}>");
    for (name, value) in &mut letter.mail.fields {
        if name == b"Subject" {
            *value = [b" [members]", &value[..]].concat();
        }
    }
    letter.mail.put("List-Id", &format!(" Members <members.{LIST}>"));
    letter.mail.body.extend_from_slice(b"_______\r\nmembers mailing list\r\n");
    letter.expected = Expected::NoPass;
    if let Some(signer) = names.signer(LIST, "ed") {
        letter.mail.sign(&signer, now_s - SIGNED_BEFORE_S);
    }
}

/// Somebody else's name in From; the attacker's own name is authenticated.
fn spoofed(names: &Names, sender: &Sender, number: u64, now_s: u64, dice: &mut Dice) -> Letter {
    let mut letter = honest(names, sender, number, now_s, dice);
    letter.mail = plain(&sender.name, number, dice);
    letter.client = Client { ip: ATTACKER_IP, helo: ATTACKER.to_owned() };
    letter.sender = if dice.happens(500) { format!("<x@{ATTACKER}>") } else { letter.sender };
    letter.expected = Expected::NoPass;
    if dice.happens(500)
        && let Some(signer) = names.signer(ATTACKER, "ed")
    {
        letter.mail.sign(&signer, now_s - SIGNED_BEFORE_S);
    }
    letter
}

/// Results in our name, as somebody writes them who wants readers to believe and filters to overlook them.
fn forge_results(mail: &mut Mail, dice: &mut Dice) {
    for _ in 0..dice.between(1, 6) {
        let value = dice.pick(&FORGED);
        let name = dice.pick(&["Authentication-Results", "AUTHENTICATION-RESULTS", "authentication-Results"]);
        let at = dice.place(mail.fields.len() + 1);
        mail.fields.insert(at, (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
        if dice.happens(300) {
            mail.put("Authentication-Results", " mx.example.org; dkim=pass");
        }
    }
    mail.put("X-Sekisho-Verdict", " accept; all is well");
    if dice.happens(300) {
        mail.put("BIMI-Indicator", " PHN2Zz4=");
    }
}

/// What was signed once is sent by another one. A bearer's paper: where it is signed, it passes.
fn replay(letter: &mut Letter, sender: &Sender) {
    letter.client = Client { ip: ATTACKER_IP, helo: ATTACKER.to_owned() };
    letter.sender = format!("<x@{ATTACKER}>");
    if sender.selector.is_none() {
        letter.expected = Expected::NoPass;
    }
}

/// An empty reverse-path: SPF judges the name in HELO, which publishes nothing.
fn bounce(letter: &mut Letter, sender: &Sender) {
    letter.sender = "<>".to_owned();
    if sender.selector.is_none() {
        letter.expected = Expected::NoPass;
    }
}

/// A user of ours, from anywhere.
fn submitted(number: u64, dice: &mut Dice) -> Letter {
    Letter {
        kind: Kind::Submitted,
        client: Client { ip: Ipv4Addr::new(203, 0, 113, 9), helo: "[203.0.113.9]".to_owned() },
        sender: format!("<hanako@{OUR_DOMAIN}>"),
        recipients: Vec::new(),
        user: Some(format!("hanako@{OUR_DOMAIN}")),
        mail: plain(OUR_DOMAIN, number, dice),
        // Where it is not signed by us but judged, nothing authenticates it.
        expected: Expected::NoPass,
        asks: Policy::Reject,
    }
}

/// From a domain whose records are of no use.
fn bad_records(number: u64, dice: &mut Dice) -> Letter {
    let name = dice.pick(&[PLAIN, BROKEN, DOUBLE, VOID]);
    Letter {
        kind: Kind::BadRecords,
        client: Client { ip: Ipv4Addr::new(192, 0, 2, 40), helo: name.to_owned() },
        sender: format!("<x@{name}>"),
        recipients: Vec::new(),
        user: None,
        mail: plain(name, number, dice),
        expected: Expected::NoPass,
        asks: Policy::None,
    }
}

/// Fields, recipients, and a body of NULs, which no signature survives; SPF does.
fn enlarge(letter: &mut Letter) {
    let filler = (0..BIG_FIELD_COUNT).map(|at| (format!("X-{at}").into_bytes(), b" x".repeat(20)));
    letter.mail.fields.extend(filler);
    letter.mail.body.extend(std::iter::repeat_n(0, BIG_BODY_BYTES));
    letter.recipients = (0..BIG_RECIPIENT_COUNT).map(|at| format!("<you{at}@d{}.example.net>", at % 7)).collect();
}

fn recipients(letter: &mut Letter, dice: &mut Dice) {
    if letter.recipients.is_empty() {
        letter.recipients.push("<you@example.net>".to_owned());
    }
    if dice.happens(200) {
        letter.recipients.push("<boss@vip.example.net>".to_owned());
    }
    if dice.happens(100) {
        letter.recipients = vec!["<boss@vip.example.net>".to_owned()];
    }
}

/// All of these are in our name, for one reader or another.
const FORGED: [&str; 7] = [
    " mx.example.net; dkim=pass",
    " \"mx.example.net\"; dmarc=pass header.from=d0.example",
    " MX.example.NET; dkim=pass",
    " (a;b) mx.example.net 1; dkim=pass",
    "\n\tmx.example.net;\n dkim=pass",
    "mx.example.net; none",
    " \"mx\\.example.net\"; dkim=pass",
];
const SIGNED_BEFORE_S: u64 = 2_592_000;
