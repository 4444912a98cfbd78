//! Who is there: domains with their records, the forwarder, the mailing list, the attacker, and their keys.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;

use dkim::{PrivateKey, Signer};
use dmarc::Policy;
use lookup::{Data, Text, Zone};
use mailtext::Domain;
use mailtext::encode::encode_base64;

use crate::dice::Dice;

/// Whether the owner tests a policy (`t=y`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Testing {
    /// It does: one level below counts.
    Yes,
    /// It does not.
    No,
}

/// A domain that sends mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    /// In A-labels.
    pub name: String,
    /// Where it sends from.
    pub ip: Ipv4Addr,
    /// Its DMARC policy; `None` without a record.
    pub policy: Option<Policy>,
    /// Whether that is a test.
    pub testing: Testing,
    /// `s` or `r`, for both mechanisms.
    pub mode: &'static str,
    /// `s=` of its key; none where it does not sign.
    pub selector: Option<&'static str>,
}

/// Everybody, and what DNS says of them.
#[derive(Debug)]
pub struct Names {
    /// Honest senders, with and without policies.
    pub senders: Vec<Sender>,
    /// What DNS holds.
    pub zone: Arc<Zone>,
    ed25519: Option<PrivateKey>,
    rsa: Option<PrivateKey>,
}

impl Sender {
    /// What it asks for, under `t=`.
    #[must_use]
    pub fn asks(&self) -> Option<Policy> {
        Some(match (self.policy?, self.testing) {
            (policy, Testing::No) => policy,
            (Policy::Reject, Testing::Yes) => Policy::Quarantine,
            (Policy::Quarantine | Policy::None, Testing::Yes) => Policy::None,
        })
    }
}

impl Names {
    /// The names of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed, &["names"]);
        let names = ["d0.example", "d1.example", "d2.example", "d3.example", "d4.example", INTERNATIONAL];
        let senders: Vec<Sender> = names
            .iter()
            .zip(10..)
            .map(|(name, host)| sender(name, Ipv4Addr::new(192, 0, 2, host), &mut dice))
            .collect();
        let ed25519 = PrivateKey::parse(ED25519).ok();
        let rsa = PrivateKey::parse(RSA).ok();
        let mut text = String::new();
        senders.iter().for_each(|sender| records(&mut text, sender));
        text.push_str(OTHERS);
        // The text is ours, and a test reads it.
        let mut zone = Zone::parse(&text).unwrap_or_default();
        let signers = senders.iter().filter_map(|sender| Some((sender.name.as_str(), sender.selector?)));
        for (name, selector) in signers.chain([(FORWARDER, "ed"), (LIST, "ed"), (ATTACKER, "ed"), (OUR_DOMAIN, "ed")]) {
            let key = if selector == "rsa" { &rsa } else { &ed25519 };
            publish(&mut zone, name, selector, key.as_ref());
        }
        Self { senders, zone: Arc::new(zone), ed25519, rsa }
    }

    /// The key of a selector.
    #[must_use]
    pub fn key(&self, selector: &str) -> Option<PrivateKey> {
        if selector == "rsa" { self.rsa.clone() } else { self.ed25519.clone() }
    }

    /// Who signs for a domain.
    #[must_use]
    pub fn signer(&self, domain: &str, selector: &str) -> Option<Signer> {
        Some(Signer::new(Domain::parse(domain).ok()?, Domain::parse(selector).ok()?, self.key(selector)?))
    }
}

fn sender(name: &str, ip: Ipv4Addr, dice: &mut Dice) -> Sender {
    let policy =
        dice.pick(&[None, Some(Policy::None), Some(Policy::Quarantine), Some(Policy::Reject), Some(Policy::Reject)]);
    let testing = if dice.happens(150) { Testing::Yes } else { Testing::No };
    let mode = if dice.happens(250) { "s" } else { "r" };
    let selector = dice.pick(&[None, Some("ed"), Some("ed"), Some("rsa")]);
    Sender { name: name.to_owned(), ip, policy, testing, mode, selector }
}

fn records(text: &mut String, sender: &Sender) {
    let Sender { name, ip, mode, .. } = sender;
    let [_, _, _, host] = ip.octets();
    let _ = writeln!(text, "{name}. TXT \"v=spf1 ip4:{ip} -all\"\n{name}. MX 10 mx.{name}.\nmx.{name}. A {ip}");
    let _ = writeln!(text, "news.{name}. TXT \"v=spf1 ip4:{ip} -all\"\nnews.{name}. MX 10 mx.{name}.");
    let _ = writeln!(text, "{host}.2.0.192.in-addr.arpa. PTR mx.{name}.");
    if let Some(policy) = sender.policy {
        let test = if sender.testing == Testing::Yes { "; t=y" } else { "" };
        let policy = policy.as_str();
        let _ = writeln!(text, "_dmarc.{name}. TXT \"v=DMARC1; p={policy}; adkim={mode}; aspf={mode}{test}\"");
    }
}

fn publish(zone: &mut Zone, domain: &str, selector: &str, key: Option<&PrivateKey>) {
    let name = Domain::parse(domain).and_then(|domain| domain.prefixed(&format!("{selector}._domainkey")));
    let (Ok(name), Some(key)) = (name, key) else { return };
    let record = format!("v=DKIM1; k={}; p={}", key.kind().as_str(), encode_base64(&key.public_key()));
    // A character-string holds 255 bytes at most.
    zone.add(&name, Data::Txt(Text::from_strings(record.as_bytes().chunks(250))), 300);
}

/// 例え.jp
pub const INTERNATIONAL: &str = "xn--r8jz45g.jp";
/// Whoever forwards.
pub const FORWARDER: &str = "fwd.example";
/// Whoever distributes.
pub const LIST: &str = "list.example";
/// Whoever forges, and is authenticated as itself.
pub const ATTACKER: &str = "attacker.example";
/// Our own domain.
pub const OUR_DOMAIN: &str = "example.net";
/// A domain without any DMARC record.
pub const PLAIN: &str = "plain.example";
/// A domain whose records cannot be read.
pub const BROKEN: &str = "broken.example";
/// A domain with two DMARC records.
pub const DOUBLE: &str = "double.example";
/// A domain that does not exist.
pub const VOID: &str = "void.example";
/// The forwarder's, the list's, the attacker's and any other address.
pub const FORWARDER_IP: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
/// The list's.
pub const LIST_IP: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 9);
/// The attacker's.
pub const ATTACKER_IP: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 66);

const OTHERS: &str = r#"
fwd.example. TXT "v=spf1 ip4:198.51.100.7 -all"
_dmarc.fwd.example. TXT "v=DMARC1; p=none"
list.example. TXT "v=spf1 ip4:198.51.100.9 -all"
lists.list.example. TXT "v=spf1 ip4:198.51.100.9 -all"
attacker.example. TXT "v=spf1 +all"
_dmarc.attacker.example. TXT "v=DMARC1; p=none"
plain.example. TXT "v=spf1 ip4:192.0.2.40 ~all"
broken.example. TXT "v=spf1 include: bad:mechanism -all"
_dmarc.broken.example. TXT "v=DMARC1; p=oops; rua"
double.example. TXT "v=spf1 ip4:192.0.2.41 include:void.example include:empty.example -all"
_dmarc.double.example. TXT "v=DMARC1; p=reject"
_dmarc.double.example. TXT "v=DMARC1; p=none"
example.net. TXT "v=spf1 ip4:192.0.2.50 -all"
_dmarc.example.net. TXT "v=DMARC1; p=reject"
7.100.51.198.in-addr.arpa. PTR out.fwd.example.
out.fwd.example. A 198.51.100.7
66.113.0.203.in-addr.arpa. PTR mx.d0.example.
"#;
const ED25519: &str = include_str!("../../../testdata/keys/ed25519.pem");
const RSA: &str = include_str!("../../../testdata/keys/rsa2048.pem");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wake::at_once;
    use lookup::{Kind, Lookup as _, Question};

    #[test]
    fn the_zone_is_read_and_the_keys_are_there() {
        assert!(Zone::parse(OTHERS).is_ok_and(|zone| zone.flaws().is_empty()));
        for seed in 0..20 {
            let names = Names::of(seed);
            assert!(names.key("ed").is_some() && names.key("rsa").is_some());
            for sender in &names.senders {
                let name = Domain::parse(&sender.name).unwrap();
                let ask = |name: Domain| at_once(names.zone.ask(Question::new(name, Kind::Txt))).unwrap();
                assert_eq!(ask(name.clone()).word(), "records", "{}", sender.name);
                assert_eq!(ask(name.prefixed("_dmarc").unwrap()).word() == "records", sender.policy.is_some());
            }
        }
    }
}
