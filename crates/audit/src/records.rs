//! Records to publish: written, and read again by our own readers before they are given away.
//!
//! What cannot stand in a record – a name that is none, a mailbox without a domain – is an error here and never a broken record
//! in DNS. Caveats that belong to a record are ids of sentences.

use std::fmt::Write as _;
use std::net::IpAddr;

use lookup::Kind;
use mailtext::Domain;

use dmarc::record::{Mode, Record, Testing};
use dmarc::{Policy, Uri};

use crate::families::transport::policy::{self as sts, Mode as StsMode};

/// A record to publish.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Written {
    /// Where: the name as a zone file has it, which may begin with `*`.
    pub name: String,
    /// Which kind.
    pub kind: Kind,
    /// Its data: of a TXT record the text, of the others as a master file writes it.
    pub text: String,
    /// What to know of it, by the id of a sentence.
    pub caveat: Option<&'static str>,
}

/// Why a record cannot be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unwritable {
    /// A name would be longer than DNS allows, or is none.
    Name(String),
    /// Not a network.
    Network(String),
    /// Not a URI that this record may name.
    Uri(String),
    /// More look-ups than receivers make (RFC 7208 §4.6.4).
    TooManyLookups(usize),
    /// A key that is none.
    Key,
    /// A pattern of a mail host that matches none.
    Host(String),
}

/// What an SPF record shall say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpfWish {
    /// Networks: `192.0.2.0/24`, `2001:db8::1`.
    pub networks: Vec<String>,
    /// The domain's mail hosts send.
    pub mx: bool,
    /// The domain's own addresses send.
    pub a: bool,
    /// Services that send.
    pub includes: Vec<Domain>,
    /// What is said of all others.
    pub others: Others,
}

/// What an SPF record says of all others.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Others {
    /// `-all`.
    Fail,
    /// `~all`: forwarded mail can still pass by its signature.
    #[default]
    SoftFail,
    /// `?all`.
    Neutral,
}

/// What a DMARC record shall say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DmarcWish {
    /// `p`.
    pub policy: Policy,
    /// `sp`, where it differs.
    pub below: Option<Policy>,
    /// `np`.
    pub nonexistent: Option<Policy>,
    /// `t=y`.
    pub testing: bool,
    /// `adkim=s` and `aspf=s`.
    pub strict: bool,
    /// Where aggregate reports go: addresses, or `mailto:` URIs.
    pub aggregate: Vec<String>,
    /// Where failure reports go.
    pub failure: Vec<String>,
}

fn below(domain: &Domain, labels: &str) -> Result<String, Unwritable> {
    let wrong = || Unwritable::Name(format!("{labels}.{domain}"));
    match labels.strip_prefix("*.") {
        Some(rest) => domain.prefixed(rest).map(|name| format!("*.{name}")).map_err(|_| wrong()),
        None if labels == "*" => Ok(format!("*.{domain}")),
        None => domain.prefixed(labels).map(|name| name.as_str().to_owned()).map_err(|_| wrong()),
    }
}

fn txt(name: impl Into<String>, text: impl Into<String>) -> Written {
    Written { name: name.into(), kind: Kind::Txt, text: text.into(), caveat: None }
}

/// An SPF record at `name`.
///
/// # Errors
/// A network is none, or the record would ask too much.
pub fn spf(name: &Domain, wish: &SpfWish) -> Result<Vec<Written>, Unwritable> {
    let mut text = "v=spf1".to_owned();
    // RFC 7208 §10.1.1: what costs nothing stands in front.
    for network in &wish.networks {
        let address = network.split('/').next().unwrap_or_default();
        let wrong = || Unwritable::Network(network.clone());
        let kind = match address.parse::<IpAddr>().map_err(|_| wrong())? {
            IpAddr::V4(_) => "ip4",
            IpAddr::V6(_) => "ip6",
        };
        let _ = write!(text, " {kind}:{network}");
        let (_, flaws) = spf::Record::parse(format!("v=spf1 {kind}:{network} -all").as_bytes());
        if !flaws.is_empty() {
            return Err(wrong());
        }
    }
    let hosts = [(wish.a, " a"), (wish.mx, " mx")];
    hosts.iter().filter(|(is, _)| *is).for_each(|(_, term)| text.push_str(term));
    for include in &wish.includes {
        let _ = write!(text, " include:{include}");
    }
    let lookups = wish.includes.len() + usize::from(wish.a) + usize::from(wish.mx);
    if lookups > usize::from(spf::Limits::default().lookup_count_max) {
        return Err(Unwritable::TooManyLookups(lookups));
    }
    text.push_str(match wish.others {
        Others::Fail => " -all",
        Others::SoftFail => " ~all",
        Others::Neutral => " ?all",
    });
    Ok(vec![txt(name.as_str(), text)])
}

/// A DMARC record for `domain`, and the records that external destinations of reports have to publish.
///
/// # Errors
/// A destination is none.
pub fn dmarc(domain: &Domain, wish: &DmarcWish) -> Result<Vec<Written>, Unwritable> {
    let uris = |list: &[String]| list.iter().map(|text| uri(text)).collect::<Result<Vec<_>, _>>();
    let mode = if wish.strict { Mode::Strict } else { Mode::Relaxed };
    let record = Record {
        p: Some(wish.policy),
        sp: wish.below,
        np: wish.nonexistent,
        adkim: mode,
        aspf: mode,
        testing: if wish.testing { Testing::On } else { Testing::Off },
        rua: uris(&wish.aggregate)?,
        ruf: uris(&wish.failure)?,
        ..Record::default()
    };
    let mut written = vec![txt(below(domain, "_dmarc")?, record.to_string())];
    for host in record.rua.iter().chain(&record.ruf).filter_map(Uri::host) {
        // RFC 9990 §4: a destination outside says that it wants the reports.
        if !host.is_within(domain) && !domain.is_within(host) {
            let name = below(host, &format!("{domain}._report._dmarc"))?;
            if !written.iter().any(|other| other.name == name) {
                written.push(Written { caveat: Some("record-caveat-destination"), ..txt(name, "v=DMARC1") });
            }
        }
    }
    Ok(written)
}

fn uri(text: &str) -> Result<Uri, Unwritable> {
    let whole = if text.contains(':') { text.to_owned() } else { format!("mailto:{text}") };
    let uri = Uri::parse(&whole).map_err(|_| Unwritable::Uri(text.to_owned()))?;
    if uri.mailbox().is_none() {
        return Err(Unwritable::Uri(text.to_owned()));
    }
    Ok(uri)
}

/// All that says that a domain neither sends nor takes mail (the guideline's 2-11); with `wildcards`, of the names below it too.
///
/// # Errors
/// A name would be too long.
pub fn parked(domain: &Domain, wildcards: bool, aggregate: &[String]) -> Result<Vec<Written>, Unwritable> {
    let wish =
        DmarcWish { policy: Policy::Reject, strict: true, aggregate: aggregate.to_vec(), ..DmarcWish::default() };
    let mut written = vec![
        txt(domain.as_str(), "v=spf1 -all"),
        // RFC 7505 §3: a single MX record with the root as host.
        Written { kind: Kind::Mx, ..txt(domain.as_str(), "0 .") },
    ];
    written.extend(dmarc(domain, &wish)?);
    written.push(txt(below(domain, "*._domainkey")?, "v=DKIM1; p="));
    if wildcards {
        // RFC 7208 §3.5: a wildcard does not reach names that have records of their own.
        let caveat = Some("record-caveat-wildcard");
        written.push(Written { caveat, ..txt(below(domain, "*")?, "v=spf1 -all") });
        written.push(Written { caveat, kind: Kind::Mx, ..txt(below(domain, "*")?, "0 .") });
    }
    Ok(written)
}

/// The record of a provider that is made to be included (the guideline's 3-2): at `label` before its domain, with `-all`, since an
/// include takes only what passes.
///
/// # Errors
/// A network is none.
pub fn provider(domain: &Domain, label: &str, networks: &[String]) -> Result<Vec<Written>, Unwritable> {
    let name = domain.prefixed(label).map_err(|_| Unwritable::Name(format!("{label}.{domain}")))?;
    let wish = SpfWish { networks: networks.to_vec(), mx: false, a: false, includes: Vec::new(), others: Others::Fail };
    spf(&name, &wish)
}

/// What a client publishes before the first mail (3-3, 3-4): the provider's include, a CNAME for each selector, and DMARC.
///
/// # Errors
/// A name would be too long.
pub fn client(
    domain: &Domain,
    include: &Domain,
    selectors: &[(String, Domain)],
    aggregate: &[String],
) -> Result<Vec<Written>, Unwritable> {
    let wish =
        SpfWish { networks: Vec::new(), mx: true, a: false, includes: vec![include.clone()], others: Others::SoftFail };
    let mut written = spf(domain, &wish)?;
    for record in &mut written {
        record.caveat = Some("record-caveat-one-spf");
    }
    for (selector, target) in selectors {
        let name = below(domain, &format!("{selector}._domainkey"))?;
        written.push(Written { kind: Kind::Cname, ..txt(name, format!("{target}.")) });
    }
    written.extend(dmarc(domain, &DmarcWish { aggregate: aggregate.to_vec(), ..DmarcWish::default() })?);
    Ok(written)
}

/// A DKIM key record.
///
/// # Errors
/// The text is no usable key.
pub fn dkim(domain: &Domain, selector: &str, text: &str) -> Result<Vec<Written>, Unwritable> {
    dkim::key::KeyRecord::parse(text.as_bytes()).0.map_err(|_| Unwritable::Key)?;
    Ok(vec![txt(below(domain, &format!("{selector}._domainkey"))?, text)])
}

/// A BIMI record; without a location it declines.
///
/// # Errors
/// A URL is none that may be asked for.
pub fn bimi(
    domain: &Domain,
    selector: &str,
    location: Option<&str>,
    authority: Option<&str>,
) -> Result<Vec<Written>, Unwritable> {
    let text = match location {
        None => "v=BIMI1; l=; a=;".to_owned(),
        Some(location) => {
            let mut text = format!("v=BIMI1; l={location}");
            if let Some(authority) = authority {
                let _ = write!(text, "; a={authority}");
            }
            text
        }
    };
    let (_, flaws) = ::bimi::Record::parse(text.as_bytes());
    if !flaws.is_empty() {
        return Err(Unwritable::Uri(location.unwrap_or_default().to_owned()));
    }
    Ok(vec![txt(below(domain, &format!("{selector}._bimi"))?, text)])
}

/// An MTA-STS record, and the policy that belongs at `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`.
///
/// # Errors
/// A pattern matches no host.
pub fn mta_sts(
    domain: &Domain,
    mode: StsMode,
    hosts: &[String],
    max_age_s: u64,
    id: u64,
) -> Result<(Vec<Written>, String), Unwritable> {
    let mut policy = format!("version: STSv1\r\nmode: {}\r\n", mode.as_str());
    for host in hosts {
        let _ = write!(policy, "mx: {host}\r\n");
    }
    let _ = write!(policy, "max_age: {max_age_s}\r\n");
    let (_, flaws) = sts::Policy::parse(policy.as_bytes());
    if !flaws.is_empty() {
        return Err(Unwritable::Host(hosts.join(" ")));
    }
    Ok((vec![txt(below(domain, "_mta-sts")?, format!("v=STSv1; id={id};"))], policy))
}

/// A record that asks for TLS reports.
///
/// # Errors
/// A destination is none.
pub fn tls_rpt(domain: &Domain, destinations: &[String]) -> Result<Vec<Written>, Unwritable> {
    let uris = destinations.iter().map(|text| match text.get(..8) {
        // RFC 8460 §3: mailto and https.
        Some(scheme) if scheme.eq_ignore_ascii_case("https://") => lookup::fetch::HttpsUrl::parse(text)
            .map(|url| url.as_str().to_owned())
            .map_err(|_| Unwritable::Uri(text.clone())),
        _ => uri(text).map(|uri| uri.as_str().to_owned()),
    });
    let uris = uris.collect::<Result<Vec<_>, _>>()?;
    if uris.is_empty() {
        return Err(Unwritable::Uri(String::new()));
    }
    Ok(vec![txt(below(domain, "_smtp._tls")?, format!("v=TLSRPTv1; rua={}", uris.join(",")))])
}

impl Written {
    /// The data as a master file has it: TXT in strings of at most 255 bytes.
    #[must_use]
    pub fn data(&self) -> String {
        if self.kind != Kind::Txt {
            return self.text.clone();
        }
        lookup::Data::Txt(lookup::Text::split(self.text.as_bytes())).to_string()
    }

    /// A line of a zone file.
    #[must_use]
    pub fn zone_line(&self, ttl_s: u32) -> String {
        format!("{}. {ttl_s} IN {} {}", self.name, self.kind, self.data())
    }

    /// The lines of nsupdate that put the record in the place of what is there of its kind. Beside an SPF record other texts
    /// stand, which must stay: there nothing is taken away.
    #[must_use]
    pub fn nsupdate_lines(&self, ttl_s: u32) -> String {
        let add = format!("update add {}. {ttl_s} IN {} {}", self.name, self.kind, self.data());
        if self.kind == Kind::Txt && spf::Record::claims(self.text.as_bytes()) {
            return add;
        }
        format!("update delete {}. IN {}\n{add}", self.name, self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain(text: &str) -> Domain {
        Domain::parse(text).unwrap()
    }

    fn lines(written: &[Written]) -> Vec<String> {
        written.iter().map(|record| record.zone_line(3_600)).collect()
    }

    #[test]
    fn spf_records() {
        let wish = SpfWish {
            networks: vec!["192.0.2.0/24".into(), "2001:db8::1".into()],
            mx: true,
            a: false,
            includes: vec![domain("_spf.example.net")],
            others: Others::SoftFail,
        };
        let want =
            ["example.jp. 3600 IN TXT \"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::1 mx include:_spf.example.net ~all\""];
        assert_eq!(lines(&spf(&domain("example.jp"), &wish).unwrap()), want);
        for wrong in ["192.0.2.0/33", "192.0.2.1/24", "x", "2001:db8::/129"] {
            let wish = SpfWish { networks: vec![wrong.into()], ..wish.clone() };
            assert_eq!(spf(&domain("example.jp"), &wish), Err(Unwritable::Network(wrong.into())));
        }
        let many = SpfWish { includes: vec![domain("a.example"); 10], ..wish };
        assert_eq!(spf(&domain("example.jp"), &many), Err(Unwritable::TooManyLookups(11)));
    }

    #[test]
    fn dmarc_records_and_who_has_to_agree() {
        let wish = DmarcWish {
            policy: Policy::Quarantine,
            nonexistent: Some(Policy::Reject),
            testing: true,
            aggregate: vec!["a@example.jp".into(), "mailto:b@reports.example".into()],
            ..DmarcWish::default()
        };
        let want = [
            "_dmarc.example.jp. 3600 IN TXT \"v=DMARC1; p=quarantine; np=reject; t=y; rua=mailto:a@example.jp,mailto:b@reports.example\"",
            "example.jp._report._dmarc.reports.example. 3600 IN TXT \"v=DMARC1\"",
        ];
        assert_eq!(lines(&dmarc(&domain("example.jp"), &wish).unwrap()), want);
        for wrong in ["https://example.jp", "nobody", "mailto:"] {
            let wish = DmarcWish { aggregate: vec![wrong.into()], ..DmarcWish::default() };
            assert!(matches!(dmarc(&domain("example.jp"), &wish), Err(Unwritable::Uri(_))), "{wrong}");
        }
    }

    #[test]
    fn a_parked_domain_says_no_in_every_way() {
        let want = [
            "example.jp. 3600 IN TXT \"v=spf1 -all\"",
            "example.jp. 3600 IN MX 0 .",
            "_dmarc.example.jp. 3600 IN TXT \"v=DMARC1; p=reject; adkim=s; aspf=s\"",
            "*._domainkey.example.jp. 3600 IN TXT \"v=DKIM1; p=\"",
            "*.example.jp. 3600 IN TXT \"v=spf1 -all\"",
            "*.example.jp. 3600 IN MX 0 .",
        ];
        assert_eq!(lines(&parked(&domain("example.jp"), true, &[]).unwrap()), want);
        assert_eq!(parked(&domain("example.jp"), false, &[]).unwrap().len(), 4);
    }

    #[test]
    fn of_providers_and_their_clients() {
        let own = provider(&domain("esp.example"), "_spf", &["192.0.2.0/24".into()]).unwrap();
        assert_eq!(lines(&own), ["_spf.esp.example. 3600 IN TXT \"v=spf1 ip4:192.0.2.0/24 -all\""]);
        let selectors = [("esp1".to_owned(), domain("esp1.client.esp.example"))];
        let set = client(&domain("example.jp"), &domain("_spf.esp.example"), &selectors, &[]).unwrap();
        assert_eq!(
            lines(&set),
            [
                "example.jp. 3600 IN TXT \"v=spf1 mx include:_spf.esp.example ~all\"",
                "esp1._domainkey.example.jp. 3600 IN CNAME esp1.client.esp.example.",
                "_dmarc.example.jp. 3600 IN TXT \"v=DMARC1; p=none\"",
            ]
        );
    }

    #[test]
    fn long_texts_are_cut_and_nothing_is_lost() {
        let record = txt("example.jp", "a".repeat(300));
        assert_eq!(record.data(), format!("\"{}\" \"{}\"", "a".repeat(255), "a".repeat(45)));
        assert_eq!(
            txt("example.jp", "x").nsupdate_lines(60),
            "update delete example.jp. IN TXT\nupdate add example.jp. 60 IN TXT \"x\""
        );
        assert!(!txt("example.jp", "v=spf1 -all").nsupdate_lines(60).contains("delete"));
    }

    #[test]
    fn the_others() {
        let example = domain("example.jp");
        let key = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
        assert!(dkim(&example, "s1", key).is_ok());
        assert_eq!(dkim(&example, "s1", "v=DKIM1; p=x"), Err(Unwritable::Key));
        assert_eq!(bimi(&example, "default", None, None).unwrap()[0].text, "v=BIMI1; l=; a=;");
        assert!(bimi(&example, "default", Some("http://x"), None).is_err());
        assert!(bimi(&example, "default", Some("https://example.jp/l.svg"), Some("https://example.jp/c.pem")).is_ok());
        let hosts = ["*.example.jp".to_owned()];
        let (records, policy) = mta_sts(&example, StsMode::Enforce, &hosts, 1_209_600, 7).unwrap();
        assert_eq!(records[0].text, "v=STSv1; id=7;");
        assert!(policy.contains("mx: *.example.jp\r\n"));
        assert!(mta_sts(&example, StsMode::Enforce, &[], 1, 7).is_err());
        let destinations = ["tls@example.jp".to_owned(), "https://r.example/x".to_owned()];
        assert_eq!(
            tls_rpt(&example, &destinations).unwrap()[0].text,
            "v=TLSRPTv1; rua=mailto:tls@example.jp,https://r.example/x"
        );
        assert!(tls_rpt(&example, &[]).is_err());
    }
}
