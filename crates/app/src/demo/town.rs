//! Who is there: the domains of an imaginary town, those who send for it, forward its mail and forge it, and what DNS says
//! of them all. Every name ends in `.example` (RFC 6761) but those of services, by which the map of senders knows them; every
//! address is one of documentation (RFC 5737, RFC 3849) or of benchmarks (RFC 2544).

use std::fmt::Write as _;
use std::sync::Arc;

use dkim::{KeyKind, PrivateKey};
use lookup::Zone;
use mailtext::Domain;
use mailtext::encode::encode_base64;

use super::broken;
use crate::failure::Failure;
use crate::keys::generate;

/// The town office: it observes, and would like to go on.
pub(super) const TOWN: &str = "asagiri.example";
/// The buses: in quarantine, and ready for more.
pub(super) const BUSES: &str = "asagiri-bus.example";
/// The festival: a name that sends no mail.
pub(super) const FESTIVAL: &str = "asagiri-matsuri.example";
/// The domains whose reports come.
pub(super) const DOMAINS: [&str; 3] = [TOWN, BUSES, FESTIVAL];

/// Our mail server.
pub(super) const HOST: &str = "mx1.asagiri.example";
/// The selector that signs, and the one that is to follow.
pub(super) const ACTIVE: &str = "rsa-202606-1";
pub(super) const STAGED: &str = "rsa-202612-1";

/// Since how many days those who forge are there.
pub(super) const FORGED_SINCE_DAYS: u64 = 24;
/// Since how many days the SPF record names the service of the invoices, which does not help.
pub(super) const INCLUDED_SINCE_DAYS: u64 = 21;
/// Since how many days the buses ask for quarantine.
pub(super) const QUARANTINE_SINCE_DAYS: u64 = 40;

/// The keys that are made for a demonstration.
pub(super) struct Keys {
    /// The town's, which signs, and the one that is to follow.
    pub(super) active: (String, PrivateKey),
    pub(super) staged: (String, PrivateKey),
    /// The one of everybody else.
    pub(super) others: PrivateKey,
}

impl Keys {
    /// Makes them: they are the only thing that is different each time, and nobody keeps them.
    ///
    /// # Errors
    /// The cryptographic library has no random numbers.
    pub(super) fn make() -> Result<Self, Failure> {
        std::thread::scope(|scope| {
            let active = scope.spawn(|| generate(KeyKind::Rsa));
            let staged = scope.spawn(|| generate(KeyKind::Rsa));
            let (_, others) = generate(KeyKind::Rsa)?;
            let joined = |key: std::thread::Result<_>| key.map_err(|_| broken("a thread that made a key"))?;
            Ok(Self { active: joined(active.join())?, staged: joined(staged.join())?, others })
        })
    }
}

/// What DNS said so many days ago.
///
/// # Errors
/// The text is no zone.
pub(super) fn zone(keys: &Keys, days_ago: u64) -> Result<Arc<Zone>, Failure> {
    let mut text = RECORDS.to_owned();
    let included = if days_ago <= INCLUDED_SINCE_DAYS { " include:sendgrid.net" } else { "" };
    let _ = writeln!(text, "{TOWN}. TXT \"v=spf1 include:_spf.{TOWN}{included} ~all\"");
    let policy = if days_ago <= QUARANTINE_SINCE_DAYS { "quarantine" } else { "none" };
    let _ = writeln!(text, "_dmarc.{BUSES}. TXT \"v=DMARC1; p={policy}; rua=mailto:dmarc@{TOWN}\"");
    publish(&mut text, TOWN, ACTIVE, &keys.active.1);
    if days_ago <= STAGED_SINCE_DAYS {
        publish(&mut text, TOWN, STAGED, &keys.staged.1);
    }
    for (domain, selector) in OTHER_KEYS {
        publish(&mut text, domain, selector, &keys.others);
    }
    let zone = Zone::parse(&text).map_err(|error| broken(&error.to_string()))?;
    Ok(Arc::new(zone))
}

/// A name that is written in this file.
///
/// # Errors
/// It is none.
pub(super) fn name(text: &str) -> Result<Domain, Failure> {
    Domain::parse(text).map_err(|_| broken(text))
}

fn publish(text: &mut String, domain: &str, selector: &str, key: &PrivateKey) {
    let record = format!("v=DKIM1; k={}; p={}", key.kind().as_str(), encode_base64(&key.public_key()));
    let _ = write!(text, "{selector}._domainkey.{domain}. TXT");
    // RFC 1035 §3.3: a character-string holds 255 bytes at most.
    let (mut rest, longest) = (record.as_str(), 250);
    while !rest.is_empty() {
        let (string, behind) = rest.split_at(rest.len().min(longest));
        let _ = write!(text, " \"{string}\"");
        rest = behind;
    }
    text.push('\n');
}

/// Since how many days the next key stands in DNS.
pub(super) const STAGED_SINCE_DAYS: u64 = 2;

/// A table: whose signatures hold, beside the town's own.
const OTHER_KEYS: [(&str, &str); 8] = [
    (BUSES, "bus1"),
    (TOWN, "k2"),
    ("sendgrid.net", "smtpapi"),
    ("yamanami.example", "y1"),
    ("minato-bank.example", "bank"),
    ("hokuto-post.example", "post"),
    ("kaigan-u.example", "ku"),
    ("lists.umibe-club.example", "list"),
];

/// A table: what does not change.
const RECORDS: &str = r#"$TTL 3600
asagiri.example. NS ns1.asagiri.example.
asagiri.example. NS ns2.asagiri.example.
ns1.asagiri.example. A 192.0.2.2
ns2.asagiri.example. A 198.51.100.2
asagiri.example. MX 10 mx1.asagiri.example.
asagiri.example. MX 20 mx2.asagiri.example.
mx1.asagiri.example. A 192.0.2.10
mx1.asagiri.example. AAAA 2001:db8:a5a::10
mx2.asagiri.example. A 192.0.2.11
10.2.0.192.in-addr.arpa. PTR mx1.asagiri.example.
11.2.0.192.in-addr.arpa. PTR mx2.asagiri.example.
_spf.asagiri.example. TXT "v=spf1 ip4:192.0.2.10 ip4:192.0.2.11 ip6:2001:db8:a5a::/64 -all"
_dmarc.asagiri.example. TXT "v=DMARC1; p=none; rua=mailto:dmarc@asagiri.example; ruf=mailto:dmarc@asagiri.example"
_smtp._tls.asagiri.example. TXT "v=TLSRPTv1; rua=mailto:tls@asagiri.example"
_mta-sts.asagiri.example. TXT "v=STSv1; id=20260901T090000"
news.asagiri.example. TXT "v=spf1 include:servers.mcsv.net -all"
news.asagiri.example. MX 10 mx1.asagiri.example.
asagiri-bus.example. NS ns1.asagiri.example.
asagiri-bus.example. NS ns2.asagiri.example.
asagiri-bus.example. MX 10 mail.asagiri-bus.example.
mail.asagiri-bus.example. A 192.0.2.30
30.2.0.192.in-addr.arpa. PTR mail.asagiri-bus.example.
asagiri-bus.example. TXT "v=spf1 ip4:192.0.2.30 -all"
asagiri-bus.example._report._dmarc.asagiri.example. TXT "v=DMARC1"
asagiri-matsuri.example._report._dmarc.asagiri.example. TXT "v=DMARC1"
asagiri-matsuri.example. NS ns1.asagiri.example.
asagiri-matsuri.example. NS ns2.asagiri.example.
asagiri-matsuri.example. MX 0 .
asagiri-matsuri.example. TXT "v=spf1 -all"
_dmarc.asagiri-matsuri.example. TXT "v=DMARC1; p=reject; rua=mailto:dmarc@asagiri.example"
sendgrid.net. TXT "v=spf1 ip4:198.51.100.16/28 ~all"
em8123.sendgrid.net. TXT "v=spf1 ip4:198.51.100.16/28 -all"
servers.mcsv.net. TXT "v=spf1 ip4:198.51.100.128/28 -all"
mcsv.net. TXT "v=spf1 include:servers.mcsv.net -all"
yamanami.example. MX 10 out.yamanami.example.
yamanami.example. TXT "v=spf1 ip4:192.0.2.60 -all"
out.yamanami.example. A 192.0.2.60
60.2.0.192.in-addr.arpa. PTR out.yamanami.example.
_dmarc.yamanami.example. TXT "v=DMARC1; p=reject; rua=mailto:dmarc@yamanami.example"
_dmarc.minato-bank.example. TXT "v=DMARC1; p=reject; rua=mailto:reports@minato-bank.example"
minato-bank.example. MX 10 out.minato-bank.example.
minato-bank.example. TXT "v=spf1 ip4:192.0.2.70 -all"
out.minato-bank.example. A 192.0.2.70
70.2.0.192.in-addr.arpa. PTR out.minato-bank.example.
_dmarc.hokuto-post.example. TXT "v=DMARC1; p=quarantine; rua=mailto:dmarc@hokuto-post.example"
hokuto-post.example. MX 10 out.hokuto-post.example.
hokuto-post.example. TXT "v=spf1 ip4:192.0.2.80 ~all"
out.hokuto-post.example. A 192.0.2.80
80.2.0.192.in-addr.arpa. PTR out.hokuto-post.example.
kaigan-u.example. MX 10 mx.kaigan-u.example.
kaigan-u.example. TXT "v=spf1 ip4:192.0.2.140 -all"
_dmarc.kaigan-u.example. TXT "v=DMARC1; p=none; rua=mailto:postmaster@kaigan-u.example"
mx.kaigan-u.example. A 192.0.2.141
fw1.kaigan-u.example. A 192.0.2.140
140.2.0.192.in-addr.arpa. PTR fw1.kaigan-u.example.
lists.umibe-club.example. TXT "v=spf1 ip4:192.0.2.150 -all"
lists.umibe-club.example. MX 10 lists.umibe-club.example.
lists.umibe-club.example. A 192.0.2.150
150.2.0.192.in-addr.arpa. PTR lists.umibe-club.example.
old-shop.example. TXT "v=spf1 include:gone.example include:old-shop.example ip4:192.0.2.999 -all"
old-shop.example. MX 10 mail.old-shop.example.
mail.old-shop.example. A 192.0.2.90
tea-house.example. TXT "v=spf1 ip4:192.0.2.95 ~all"
tea-house.example. MX 10 mail.tea-house.example.
mail.tea-house.example. A 192.0.2.95
95.2.0.192.in-addr.arpa. PTR mail.tea-house.example.
"#;
