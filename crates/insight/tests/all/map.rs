//! The map of senders: ours, and an owner's own before it.

use std::collections::BTreeSet;

use mailtext::Explain;

use crate::insight::group::{sender, sighting};
use crate::insight::hosts::{is_generic, network};
use crate::insight::limits::{OWN_MAP_BYTES_MAX, OWN_MAP_FLAW_COUNT_MAX};
use crate::insight::map::MapFlawKind;
use crate::insight::marks::sender_text;
use crate::insight::{Classifier, Confidence, Hosts, Kind, Map, Marks};
use crate::sightings::told;

#[test]
fn our_map_is_in_order() {
    let map = Map::curated();
    let ids: BTreeSet<&str> = map.entries().iter().map(|entry| &*entry.id).collect();
    assert_eq!(ids.len(), map.entries().len());
    assert!(ids.len() >= 140, "{}", ids.len());
    for id in [
        "google-workspace",
        "microsoft-365",
        "amazon-ses",
        "sendgrid",
        "sansan",
        "blastengine",
        "cuenote",
        "iij",
        "sakura",
    ] {
        assert!(map.entry(id).is_some(), "{id}");
    }
    for entry in map.entries() {
        assert!(!entry.name.is_empty() && entry.kinds.has(entry.kinds.main()), "{entry:?}");
        assert!(entry.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'));
    }
}

#[test]
fn by_what_a_sender_is_known() {
    let map = Map::curated();
    for (text, id, confidence, evidence) in [
        ("ip=192.0.2.1 host=o1.em.sendgrid.net from=e.jp", "sendgrid", Confidence::High, "sender-by-host-name"),
        ("ip=192.0.2.1 host=O1.EM.SendGrid.NET. from=e.jp", "sendgrid", Confidence::High, "sender-by-host-name"),
        ("ip=2001:db8::1 host=mta1.xserver.jp from=e.jp", "xserver", Confidence::High, "sender-by-host-name"),
        ("from=e.jp mail=bounces.amazonses.com:pass", "amazon-ses", Confidence::High, "sender-by-envelope"),
        ("from=e.jp mail=x.jp:none sign=amazonses.com/a:pass", "amazon-ses", Confidence::High, "sender-by-signature"),
        (
            "from=e.jp mail=x.jp:none sign=e.jp/google:pass",
            "google-workspace",
            Confidence::Medium,
            "sender-by-selector",
        ),
        ("from=e.jp mail=x.jp:none sign=e.jp/scph0621:pass", "sparkpost", Confidence::Medium, "sender-by-selector"),
        (
            "from=e.jp sign=e.jp/selector2-netorg-onmicrosoft-com:pass",
            "microsoft-365",
            Confidence::Medium,
            "sender-by-selector",
        ),
        ("ip=192.0.2.1 as=2497 from=e.jp", "iij", Confidence::Low, "sender-by-system"),
        ("from=e.jp env=sendgrid.net mail=sendgrid.net:fail", "sendgrid", Confidence::Low, "sender-claimed-envelope"),
        ("from=e.jp sign=sendgrid.net/a:fail", "sendgrid", Confidence::Low, "sender-claimed-signature"),
        // Who handed it over comes before who made it.
        (
            "ip=192.0.2.1 host=mail-a.google.com from=e.jp sign=sendgrid.net/a:pass",
            "google-workspace",
            Confidence::High,
            "sender-by-host-name",
        ),
    ] {
        let told = told(text);
        let hosts = Hosts::new(told.hosts.clone());
        let seen = sighting(told.line(), &told.policy);
        let host = seen.source.and_then(|address| hosts.get(address));
        let naming = map.names(&seen, host, &told.classifier().aligner).source().unwrap_or_else(|| panic!("{text}"));
        assert_eq!((&*naming.entry.id, naming.confidence(), naming.id()), (id, confidence, evidence), "{text}");
    }
    // A selector in somebody else's name, and a selector that only begins alike.
    for text in ["from=e.jp mail=x.jp:none sign=other.jp/google:pass", "from=e.jp sign=e.jp/googlex:pass", "from=e.jp"]
    {
        let told = told(text);
        assert!(map.names(&sighting(told.line(), &told.policy), None, &told.classifier().aligner).source().is_none());
    }
}

#[test]
fn sources_are_services_then_hosts_then_networks() {
    for (text, expected) in [
        ("ip=192.0.2.1 host=o1.em.sendgrid.net from=e.jp mail=sendgrid.net:pass", "sendgrid"),
        ("ip=192.0.2.1 host=mx7.mail.vendor.co.jp from=e.jp mail=e.jp:fail", "vendor.co.jp"),
        ("ip=192.0.2.1 host=- from=e.jp mail=e.jp:fail", "192.0.2.0/24"),
        ("ip=2001:db8:1:2::5 from=e.jp mail=e.jp:fail", "2001:db8:1::/48"),
        ("ip=::ffff:192.0.2.1 from=e.jp mail=e.jp:fail", "192.0.2.0/24"),
        // Made by a service and forwarded by somebody: the one who handed it over is the source.
        (
            "ip=192.0.2.1 from=e.jp mail=e.jp:fail sign=e.jp/a:pass sign=sendgrid.net/b:pass why=forwarded",
            "192.0.2.0/24",
        ),
        ("from=e.jp mail=e.jp:fail", ""),
    ] {
        let told = told(text);
        let classifier = told.classifier();
        let seen = sighting(told.line(), &told.policy);
        let (sender, _) = sender(&classifier, &seen, classifier.class(&seen));
        assert_eq!(sender_text(&sender), expected, "{text}");
    }
    assert_eq!(network("::1".parse().unwrap()), "::/48");
}

#[test]
fn an_own_map_goes_first() {
    let text = "\u{feff}match,pattern,service,name,kinds\n\
                # a comment\n\
                \n\
                host,vendor.example,crm,\"Our \"\"CRM\"\", new\",service\n\
                mailfrom,*.bounce.example.net,crm\n\
                network , 192.0.2.0/24 , branch , Branch , hosting forwarder\n\
                network,2001:db8::/32,branch\n\
                dkim,mail.google.com,crm\n\
                selector,crm*,crm\n\
                asn,AS64500,branch\n\
                host,smtp.sendgrid.net,sendgrid\n";
    let (map, flaws) = Map::with_own(text);
    assert_eq!(flaws, []);
    let crm = map.entry("crm").unwrap();
    assert_eq!((&*crm.name, crm.kinds.main()), ("Our \"CRM\", new", Kind::Service));
    let branch = map.entry("branch").unwrap();
    assert!(branch.kinds.has(Kind::Hosting) && branch.kinds.has(Kind::Forwarder) && !branch.kinds.has(Kind::Isp));
    assert_eq!(&*map.entry("sendgrid").unwrap().name, "SendGrid", "a further pattern does not rename it");
    for (text, id) in [
        ("ip=198.51.100.1 host=a.vendor.example from=e.jp", "crm"),
        ("from=e.jp mail=x.bounce.example.net:pass", "crm"),
        ("from=e.jp mail=bounce.example.net:pass", "crm"),
        ("ip=192.0.2.200 host=mail-a.google.com from=e.jp", "branch"),
        ("ip=2001:db8:5::1 from=e.jp", "branch"),
        ("from=e.jp sign=mail.google.com/a:pass", "crm"),
        ("from=e.jp sign=google.com/a:pass", "google-workspace"),
        ("from=e.jp sign=e.jp/CRM7:pass", "crm"),
        ("ip=198.51.100.1 as=64500 from=e.jp", "branch"),
        ("ip=198.51.100.1 host=smtp.sendgrid.net from=e.jp", "sendgrid"),
    ] {
        let told = told(text);
        let classifier = Classifier::new(map.clone(), Marks::default(), Hosts::new(told.hosts.clone()));
        let seen = sighting(told.line(), &told.policy);
        let names = classifier.map.names(&seen, classifier.host(&seen), &classifier.aligner);
        assert_eq!(names.source().map(|naming| &*naming.entry.id), Some(id), "{text}");
    }
}

#[test]
fn flaws_of_an_own_map_have_line_numbers() {
    let text = "host,a.example,x\nhost,a.example\nhost,\"a.example,x\nhots,a.example,x\nhost,a..example,x\n\
                network,192.0.2.1/24,x\nasn,many,x\nhost,a.example,Bad Id\nhost,a.example,x,X,robot\n\
                host,a,b,c,service,more\nselector,*,x\nhost,1.2.3.4.5.6.7.8.example,x\nhost,\"a\"b,x\n";
    let (map, flaws) = Map::with_own(text);
    let told: Vec<_> = flaws.iter().map(|flaw| (flaw.line, flaw.kind)).collect();
    assert_eq!(
        told,
        [
            (2, MapFlawKind::Fields),
            (3, MapFlawKind::Quote),
            (4, MapFlawKind::Match),
            (5, MapFlawKind::Pattern),
            (6, MapFlawKind::Pattern),
            (7, MapFlawKind::Pattern),
            (8, MapFlawKind::Service),
            (9, MapFlawKind::Kind),
            (10, MapFlawKind::Fields),
            (11, MapFlawKind::Pattern),
            (12, MapFlawKind::Pattern),
            (13, MapFlawKind::Quote),
        ]
    );
    assert!(map.entry("x").is_some());
    assert!(flaws.iter().all(|flaw| flaw.arguments().iter().any(|(name, _)| *name == "line")));
}

#[test]
fn limits_of_an_own_map() {
    let of_length = |length: usize| "#".repeat(length);
    assert_eq!(Map::with_own(&of_length(OWN_MAP_BYTES_MAX - 1)).1, []);
    assert_eq!(Map::with_own(&of_length(OWN_MAP_BYTES_MAX)).1, []);
    let too_long = Map::with_own(&of_length(OWN_MAP_BYTES_MAX + 1)).1;
    assert_eq!(too_long.first().map(|flaw| flaw.kind), Some(MapFlawKind::TooLong));
    assert_eq!(Map::with_own(&"bad\n".repeat(500)).1.len(), OWN_MAP_FLAW_COUNT_MAX);
    for (lines, flaws) in [(19_999, 0), (20_000, 0), (20_001, 1)] {
        assert_eq!(Map::with_own(&"#\n".repeat(lines)).1.len(), flaws, "{lines}");
    }
}

#[test]
fn names_that_no_mail_server_should_have() {
    for (name, address, expected) in [
        ("p1234.dynamic.isp.example", "192.0.2.1", true),
        ("192-0-2-1.isp.example", "192.0.2.1", true),
        ("1.2.0.192.isp.example", "192.0.2.1", true),
        ("host192.0.2.1.example", "192.0.2.1", true),
        ("ppp001.isp.example", "2001:db8::1", true),
        ("mx1.example.jp", "192.0.2.1", false),
        ("mail-192-0.example.jp", "192.0.2.1", false),
        ("o1.ptr1234.sendgrid.net", "167.89.1.1", false),
        ("dynamics.example.jp", "192.0.2.1", false),
        ("a1-1.smtp-out.amazonses.com", "54.240.1.1", false),
    ] {
        assert_eq!(is_generic(name, address.parse().unwrap()), expected, "{name}");
    }
}
