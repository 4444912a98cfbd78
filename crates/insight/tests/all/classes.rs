//! Sightings and their classes, with the reasons that must be among those given.

use crate::insight;
use crate::insight::group::{class_word, sighting};
use crate::sightings::{Told, told};
use feedback::archive::Class;
use mailtext::Explain;

/// Sighting, class, reasons that must be given, reasons that must not (`-`).
type Case = (&'static str, &'static str, &'static str);

fn check(cases: &[Case]) {
    for (text, class, reasons) in cases {
        let told = told(text);
        let classifier = told.classifier();
        let seen = sighting(told.line(), &told.policy);
        let judgement = classifier.judge(&seen);
        let ids: Vec<&str> = judgement.reasons.iter().map(Explain::id).collect();
        let context = format!("{text}\n  {ids:?} {:?}", judgement.scores);
        assert_eq!(class_word(judgement.class), *class, "{context}");
        assert_eq!(classifier.class(&seen), judgement.class, "{context}");
        for reason in reasons.split_ascii_whitespace() {
            match reason.strip_prefix('-') {
                Some(absent) => assert!(!ids.contains(&absent), "{absent} {context}"),
                None => assert!(ids.contains(&reason), "{reason} {context}"),
            }
        }
        assert!(!ids.is_empty() || judgement.class == Class::Undecidable, "{context}");
    }
}

#[test]
fn mail_that_passes_spf() {
    check(&[
        ("from=example.jp mail=example.jp:pass sign=example.jp/s1:pass", "legitimate", "class-spf-aligned"),
        ("from=example.jp mail=bounce.example.jp:pass sign=example.jp/s1:pass", "legitimate", "class-spf-aligned"),
        ("from=example.jp mail=example.jp:pass", "legitimate", "class-spf-aligned"),
        // The signature broke and SPF holds: nothing was forwarded.
        ("from=example.jp mail=example.jp:pass sign=example.jp/s1:fail", "legitimate", "class-spf-aligned"),
        ("from=example.jp mfrom=example.jp:pass count=1", "legitimate", "class-spf-aligned"),
        // An empty MAIL FROM: HELO stands in its place.
        ("from=example.jp env= helo=mail.example.jp:pass", "legitimate", "class-spf-aligned"),
        // The reporter gives no results at all.
        ("from=example.jp said=fail/pass", "legitimate", "class-reported-pass"),
        // RFC 9989 §4.10.2 by the list: co.jp is a suffix, so that another firm under it is another organisation.
        ("from=example.co.jp mail=other.co.jp:pass", "undecidable", "class-third-envelope"),
        ("ip=2001:db8::25 from=example.jp mail=example.jp:pass", "legitimate", "class-spf-aligned"),
        (
            "from=example.jp mail=example.jp:pass said=fail/fail",
            "legitimate",
            "class-spf-aligned class-reporter-missed",
        ),
    ]);
}

#[test]
fn mail_that_passes_dkim_alone() {
    check(&[
        // A forwarder that keeps MAIL FROM.
        ("ip=192.0.2.9 from=example.jp mail=example.jp:fail sign=example.jp/s1:pass", "forwarded", "class-other-way"),
        ("from=example.jp mail=example.jp:softfail sign=example.jp/s1:pass", "forwarded", "class-other-way"),
        // One that writes its own.
        ("from=example.jp mail=forwarder.example:pass sign=example.jp/s1:pass", "forwarded", "class-third-envelope"),
        ("from=example.jp mail=forwarder.example:pass sign=example.jp/s1:pass count=1", "forwarded", "class-other-way"),
        (
            "ip=209.85.220.41 host=mail-sor-f41.google.com from=example.jp mail=example.jp:softfail sign=example.jp/s1:pass",
            "forwarded",
            "class-carrier",
        ),
        (
            "ip=40.107.1.1 host=mail-a.outbound.protection.outlook.com from=example.jp mail=other.example:pass sign=example.jp/selector1:pass",
            "forwarded",
            "class-carrier",
        ),
        ("from=example.jp mail=example.jp:fail sign=example.jp/s1:pass why=forwarded", "forwarded", "class-override"),
        (
            "from=example.jp mail=googlegroups.com:pass sign=example.jp/s1:pass",
            "forwarded",
            "class-carrier class-third-envelope",
        ),
        (
            "ip=2001:db8:1::9 from=example.jp mail=example.jp:fail sign=example.jp/s1:pass",
            "forwarded",
            "class-dkim-aligned",
        ),
        // A service of the owner's, with its own MAIL FROM.
        (
            "ip=167.89.1.1 host=o1.em.sendgrid.net from=example.jp mail=sendgrid.net:pass sign=example.jp/s1:pass",
            "legitimate",
            "class-carrier",
        ),
        (
            "from=example.jp mail=amazonses.com:pass sign=example.jp/abc:pass sign=amazonses.com/x:pass",
            "legitimate",
            "class-carrier",
        ),
        (
            "ip=167.89.1.1 host=o1.em.sendgrid.net from=example.jp mail=example.jp:softfail sign=example.jp/s1:pass",
            "legitimate",
            "class-carrier",
        ),
        (
            "ip=202.32.0.1 host=mo1.securemx.jp from=example.jp mail=example.jp:softfail sign=example.jp/s1:pass",
            "forwarded",
            "class-carrier",
        ),
        // The owner's own mailboxes at a service through which others forward too: its selector tells.
        (
            "ip=40.107.1.1 host=mail-a.outbound.protection.outlook.com from=example.jp mail=example.jp:softfail sign=example.jp/selector1:pass",
            "legitimate",
            "class-carrier class-maker",
        ),
        (
            "ip=209.85.220.41 host=mail-sor-f41.google.com from=example.jp mail=example.jp:softfail sign=example.jp/google:pass",
            "legitimate",
            "class-maker",
        ),
        // One's own machine.
        (
            "ip=192.0.2.1 host=mx.example.jp from=example.jp mail=example.jp:fail sign=example.jp/s1:pass",
            "legitimate",
            "class-own-host",
        ),
        (
            "from=example.jp mfrom=list.example:pass helo=mx.example.jp:pass sign=example.jp/s1:pass",
            "legitimate",
            "class-own-helo",
        ),
        // Nothing tells of the way.
        ("from=example.jp mail=example.jp:none sign=example.jp/s1:pass", "legitimate", "class-path-unknown"),
        ("from=example.jp mail=bounce.example.jp:none sign=example.jp/s1:pass", "legitimate", "class-path-unknown"),
        ("from=example.jp mail=example.jp:neutral sign=example.jp/s1:pass", "legitimate", "class-path-unknown"),
        ("from=example.jp mail=example.jp:permerror sign=example.jp/s1:pass", "legitimate", "class-path-unknown"),
        // SPF passes for the same organisation, and strict alignment asks for the same name.
        (
            "aspf=s from=example.jp mail=bounce.example.jp:pass sign=example.jp/s1:pass",
            "legitimate",
            "class-not-strict",
        ),
        ("from=example.jp sign=example.jp/s1:pass", "legitimate", "class-path-unknown"),
        ("from=example.jp mail=example.jp:temperror sign=example.jp/s1:pass", "legitimate", "class-path-unknown"),
        ("from=example.jp said=pass/fail", "legitimate", "class-reported-pass class-path-unknown"),
        // As large reporters anonymise: three signatures, one aligned.
        (
            "from=news.example.jp mail=x.example:pass sign=example.jp/k:pass sign=mcsv.net/k1:pass",
            "forwarded",
            "class-dkim-aligned",
        ),
        (
            "from=news.example.jp domain=example.jp ip=205.201.1.1 host=mail1.mcsv.net mail=x.example:pass sign=example.jp/k:pass",
            "legitimate",
            "class-carrier",
        ),
    ]);
}

#[test]
fn forwarded_mail_that_fails() {
    check(&[
        // The reporter's own word.
        ("from=example.jp mail=other.example:pass why=trusted_forwarder", "forwarded", "class-override"),
        (
            "from=example.jp mail=other.example:pass sign=other.example/a:pass why=trusted_forwarder(known_forwarder)",
            "forwarded",
            "class-override",
        ),
        ("from=example.jp mail=list.example:pass why=mailing_list", "forwarded", "class-override"),
        (
            "from=example.jp mail=example.jp:fail why=forwarded(looks_forwarded,_downgrade_to_quarantine_with_phishing_warning)",
            "forwarded",
            "class-override",
        ),
        ("from=example.jp mail=other.example:pass why=local_policy(arc=pass)", "forwarded", "class-arc-pass"),
        (
            "from=example.jp mail=other.example:pass why=local_policy(arc=pass_as[1].d=example.com_as[1].s=selector123)",
            "forwarded",
            "class-arc-pass",
        ),
        ("from=example.jp mail=other.example:pass why=local_policy(arc=fail)", "undecidable", "-class-arc-pass"),
        (
            "from=example.jp mail=other.example:pass why=local_policy(local_white_list)",
            "undecidable",
            "-class-override",
        ),
        ("from=example.jp mail=other.example:pass why=sampled_out", "undecidable", "-class-override"),
        // Something of ours is left on it, and somebody who is known to forward brought it.
        (
            "ip=209.85.220.41 host=mail-sor-f41.google.com from=example.jp mail=other.example:pass sign=example.jp/s1:fail",
            "forwarded",
            "class-carrier class-broken-signature",
        ),
        (
            "from=example.jp mail=googlegroups.com:pass sign=example.jp/s1:fail sign=googlegroups.com/20230601:pass",
            "forwarded",
            "class-broken-signature",
        ),
        (
            "ip=202.224.1.1 host=mail.asahi-net.or.jp from=example.jp mail=example.jp:softfail sign=example.jp/s1:fail",
            "forwarded",
            "class-carrier",
        ),
        (
            "ip=192.0.2.3 host=relay.pphosted.com from=example.jp mail=example.jp:fail sign=example.jp/s1:fail",
            "forwarded",
            "class-carrier",
        ),
        (
            "ip=2a00:1450::1 host=mail-lj1.google.com from=example.jp mail=example.jp:softfail sign=example.jp/s1:fail",
            "forwarded",
            "class-carrier",
        ),
        // SRS, SPF passes for it, and our signature broke.
        (
            "from=example.jp env=srs0=hhh=tt=example.jp=user@fwd.example mail=fwd.example:pass sign=example.jp/s1:fail",
            "forwarded",
            "class-rewritten-envelope class-broken-signature",
        ),
        (
            "from=example.jp env=user+srs=abc=de=example.jp=u@fwd.example mail=fwd.example:pass sign=example.jp/s1:fail",
            "forwarded",
            "class-rewritten-envelope",
        ),
        // A list that signs, and a selector of ours that is known to sign.
        (
            "knows=example.jp/s1 from=example.jp mail=list.example:pass sign=example.jp/s1:fail sign=list.example/l:pass",
            "forwarded",
            "class-third-signature class-broken-signature",
        ),
    ]);
}

#[test]
fn who_imitates_forwarders_is_not_taken_for_one() {
    check(&[
        // An SRS-looking MAIL FROM alone, whatever SPF says of it.
        (
            "from=example.jp env=srs0=hhh=tt=example.jp=user@evil.example mail=evil.example:pass",
            "undecidable",
            "class-rewritten-envelope class-unsigned",
        ),
        (
            "from=example.jp env=srs1=hhh=x==hh=tt=example.jp=user@evil.example mail=evil.example:pass sign=evil.example/a:pass",
            "undecidable",
            "class-third-signature",
        ),
        (
            "from=example.jp env=srs0=hhh=tt=example.jp=user@evil.example mail=evil.example:fail",
            "suspected",
            "class-nothing-authentic -class-rewritten-envelope",
        ),
        (
            "ip=192.0.2.66 host=- from=example.jp env=srs0=hhh=tt=example.jp=user@evil.example mail=evil.example:pass",
            "undecidable",
            "class-nameless",
        ),
        // And at a forwarder that is known: nothing of ours is on it.
        (
            "ip=209.85.220.41 host=mail-sor-f41.google.com from=example.jp env=srs0=hhh=tt=example.jp=user@gmail.com mail=gmail.com:pass",
            "undecidable",
            "class-carrier class-unsigned",
        ),
        // With an invented signature, from a machine that is no mail server.
        (
            "ip=192.0.2.66 host=- from=example.jp env=srs0=h=t=example.jp=u@evil.example mail=evil.example:pass sign=example.jp/s1:fail",
            "undecidable",
            "class-nameless class-broken-signature",
        ),
        (
            "ip=203.0.113.7 host=p113007.dynamic.isp.example from=example.jp env=srs0=h=t=example.jp=u@evil.example mail=evil.example:pass sign=example.jp/s1:fail",
            "undecidable",
            "class-generic-name",
        ),
        (
            "ip=203.0.113.7 host=203-0-113-7.isp.example from=example.jp env=srs0=h=t=example.jp=u@evil.example mail=evil.example:pass sign=example.jp/s1:fail",
            "undecidable",
            "class-generic-name",
        ),
        // By a selector that nobody ever signed with.
        (
            "knows=example.jp/s1 from=example.jp env=srs0=h=t=example.jp=u@evil.example mail=evil.example:pass sign=example.jp/xx:fail",
            "undecidable",
            "class-broken-signature-strange",
        ),
        (
            "knows=example.jp/s1 from=example.jp mail=example.jp:fail sign=example.jp/xx:fail",
            "suspected",
            "class-broken-signature-strange class-spf-denies",
        ),
        // Names that only claim to be a forwarder's.
        ("from=example.jp mail=googlegroups.com:fail sign=example.jp/s1:fail", "undecidable", "-class-carrier"),
        ("from=example.jp mail=gmail.com:softfail sign=googlegroups.com/a:fail", "suspected", "-class-carrier"),
        (
            "ip=192.0.2.66 as=15169 from=example.jp mail=evil.example:pass sign=example.jp/s1:fail",
            "undecidable",
            "-class-carrier",
        ),
        (
            "ip=192.0.2.66 host=mail.google.com.evil.example from=example.jp mail=evil.example:pass sign=example.jp/s1:fail",
            "undecidable",
            "-class-carrier",
        ),
        ("ip=192.0.2.66 host=notgoogle.com from=example.jp mail=example.jp:fail", "suspected", "-class-carrier"),
        // One message, and nothing more.
        ("count=1 from=example.jp mail=example.jp:fail", "suspected", ""),
        ("count=1 from=example.jp mail=other.example:pass", "undecidable", ""),
        ("count=1 ip=2001:db8::66 from=example.jp mail=example.jp:softfail", "suspected", "class-unsigned"),
        ("count=1 from=example.jp mail=other.example:pass sign=example.jp/s1:fail", "undecidable", ""),
        // HELO can be said by anybody, and the name of an address when nobody confirmed it.
        ("from=example.jp mfrom=evil.example:fail helo=mx.example.jp:fail", "suspected", "-class-own-helo"),
    ]);
}

#[test]
fn mail_that_is_badly_set_up() {
    check(&[
        (
            "ip=167.89.1.1 host=o1.em.sendgrid.net from=example.jp mail=sendgrid.net:pass sign=sendgrid.net/smtpapi:pass",
            "misconfigured",
            "class-carrier class-maker",
        ),
        (
            "from=example.jp mail=amazonses.com:pass sign=amazonses.com/abc:pass",
            "misconfigured",
            "class-carrier class-maker",
        ),
        (
            "ip=205.201.1.1 host=mail1.mcsv.net from=example.jp mail=mail1.mcsv.net:pass sign=mcsv.net/k1:pass",
            "misconfigured",
            "class-maker",
        ),
        (
            "from=example.jp mail=google.com:pass sign=example-jp.20230601.gappssmtp.com/20230601:pass",
            "misconfigured",
            "class-own-tenant",
        ),
        (
            "ip=40.107.1.1 host=mail-a.outbound.protection.outlook.com from=example.co.jp mail=example.onmicrosoft.com:pass sign=example.onmicrosoft.com/selector2:pass",
            "misconfigured",
            "class-own-tenant",
        ),
        // Tenants of others.
        (
            "from=example.jp mail=google.com:pass sign=other-jp.20230601.gappssmtp.com/20230601:pass",
            "undecidable",
            "-class-own-tenant",
        ),
        (
            "from=example.jp mail=evil.example:pass sign=example-jp.gappssmtp.com.evil.example/a:pass",
            "undecidable",
            "-class-own-tenant",
        ),
        (
            "ip=40.107.1.1 host=mail-a.outbound.protection.outlook.com from=example.co.jp mail=other.onmicrosoft.com:pass sign=other.onmicrosoft.com/selector2:pass",
            "undecidable",
            "-class-own-tenant",
        ),
        // One's own machines.
        ("ip=192.0.2.1 host=web1.example.jp from=example.jp mail=example.jp:fail", "misconfigured", "class-own-host"),
        (
            "ip=192.0.2.1 host=web1.example.jp from=example.jp mail=web1.example.jp:none",
            "misconfigured",
            "class-own-host",
        ),
        ("from=example.jp mfrom=vendor.example:none helo=app.example.jp:pass", "misconfigured", "class-own-helo"),
        // Strict alignment.
        ("aspf=s from=example.jp mail=bounce.example.jp:pass", "misconfigured", "class-not-strict"),
        (
            "adkim=s from=news.example.jp domain=example.jp mail=esp.example:pass sign=example.jp/a:pass",
            "misconfigured",
            "class-not-strict",
        ),
        (
            "adkim=s aspf=s from=example.jp mail=bounce.example.jp:pass sign=mail.example.jp/a:pass",
            "misconfigured",
            "class-not-strict",
        ),
        // A service known by SPF, and a key that cannot be used.
        (
            "ip=167.89.1.1 host=o1.em.sendgrid.net from=example.jp mail=bounce.esp.example:none sign=example.jp/s1:permerror",
            "misconfigured",
            "class-unusable-signature",
        ),
    ]);
}

#[test]
fn mail_that_is_suspected_or_undecidable() {
    check(&[
        (
            "from=example.jp mail=example.jp:fail",
            "suspected",
            "class-spf-denies class-nothing-authentic class-unsigned",
        ),
        ("from=example.jp mail=example.jp:softfail", "suspected", "class-spf-denies"),
        ("from=example.jp mail=evil.example:none", "suspected", "class-nothing-authentic"),
        ("ip=198.51.100.9 host=- from=example.jp mail=example.jp:fail", "suspected", "class-nameless"),
        ("ip=2001:db8::9 host=- from=example.jp mail=example.jp:fail", "suspected", "class-nameless"),
        (
            "ip=198.51.100.9 host=9.100.51.198.isp.example from=example.jp mail=example.jp:fail",
            "suspected",
            "class-generic-name",
        ),
        (
            "ip=198.51.100.9 host=ec2-198-51-100-9.compute.amazonaws.com from=example.jp mail=example.jp:fail",
            "suspected",
            "class-generic-name class-carrier",
        ),
        // The reporter gives no results: nothing tells.
        ("from=example.jp", "undecidable", "class-unsigned -class-nothing-authentic"),
        ("from=mail.example.jp domain=example.jp mail=mail.example.jp:none", "suspected", "class-unsigned"),
        ("from=example.jp mail=other.example:pass", "undecidable", "class-third-envelope"),
        ("from=example.jp mail=other.example:pass sign=other.example/a:pass", "undecidable", "class-third-signature"),
        ("from=example.jp mail=example.jp:permerror", "undecidable", "class-spf-broken"),
        ("from=example.jp mail=example.jp:temperror", "undecidable", "class-temporary"),
        ("from=example.jp mail=example.jp:fail sign=example.jp/s1:temperror", "undecidable", "class-temporary"),
        // A signature of ours broke and nobody known brought it: changed on the way, or copied.
        ("from=example.jp mail=example.jp:fail sign=example.jp/s1:fail", "undecidable", "class-broken-signature"),
        (
            "from=example.jp mail=other.example:pass sign=example.jp/s1:fail sign=other.example/a:pass",
            "undecidable",
            "class-broken-signature",
        ),
        // An access provider's server brought it: its customer, or one who stole a password.
        (
            "ip=202.224.1.1 host=mail.asahi-net.or.jp from=example.jp mail=example.jp:softfail",
            "undecidable",
            "class-carrier",
        ),
        // The reporter says fail, and words that nobody knows.
        ("from=example.jp said=fail/fail mail=example.jp:hmm sign=example.jp/a:odd", "undecidable", "class-unsigned"),
    ]);
}

#[test]
fn what_the_owner_says_comes_first() {
    let plain = "ip=192.0.2.7 host=mail.vendor.example from=example.jp mail=vendor.example:pass";
    check(&[
        (
            "mark=network:192.0.2.0/24:approved ip=192.0.2.7 from=example.jp mail=vendor.example:pass",
            "misconfigured",
            "class-mark-approved",
        ),
        (
            "mark=network:192.0.2.7:approved ip=192.0.2.7 from=example.jp mail=x.example:pass sign=example.jp/a:pass",
            "legitimate",
            "class-mark-approved",
        ),
        (
            "mark=network:2001:db8::/32:approved ip=2001:db8::7 from=example.jp mail=x.example:pass sign=example.jp/a:pass",
            "legitimate",
            "class-mark-approved",
        ),
        (
            "mark=hosts:vendor.example:approved ip=192.0.2.7 host=mail.vendor.example from=example.jp mail=vendor.example:pass",
            "misconfigured",
            "class-mark-approved",
        ),
        (
            "mark=hosts:vendor.example:forwarder ip=192.0.2.7 host=mail.vendor.example from=example.jp mail=vendor.example:pass",
            "forwarded",
            "class-mark-forwarder",
        ),
        (
            "mark=hosts:vendor.example:forwarder ip=192.0.2.7 host=mail.vendor.example from=example.jp mail=example.jp:pass",
            "legitimate",
            "class-spf-aligned",
        ),
        (
            "mark=hosts:vendor.example:denied ip=192.0.2.7 host=mail.vendor.example from=example.jp mail=example.jp:pass",
            "suspected",
            "class-mark-denied",
        ),
        (
            "mark=hosts:endor.example:denied ip=192.0.2.7 host=mail.vendor.example from=example.jp mail=example.jp:pass",
            "legitimate",
            "",
        ),
        (
            "mark=service:sendgrid:denied from=example.jp mail=sendgrid.net:pass sign=example.jp/s1:pass",
            "suspected",
            "class-mark-denied",
        ),
        (
            "mark=service:sendgrid:approved from=example.jp mail=sendgrid.net:pass",
            "misconfigured",
            "class-mark-approved",
        ),
        // It was made there and came by another way, where it broke.
        (
            "mark=service:sendgrid:approved from=example.jp mail=other.example:pass sign=sendgrid.net/a:pass why=forwarded",
            "forwarded",
            "class-override",
        ),
        // A claim is no source.
        ("mark=service:sendgrid:approved from=example.jp mail=sendgrid.net:fail", "suspected", "-class-mark-approved"),
        // The narrowest mark counts.
        (
            "mark=network:192.0.2.0/24:denied mark=network:192.0.2.7/32:approved ip=192.0.2.7 from=example.jp mail=example.jp:pass",
            "legitimate",
            "class-mark-approved",
        ),
        (
            "mark=hosts:vendor.example:denied mark=network:192.0.2.0/24:forwarder ip=192.0.2.7 host=mail.vendor.example from=example.jp mail=vendor.example:pass",
            "forwarded",
            "class-mark-forwarder",
        ),
    ]);
    check(&[(plain, "undecidable", "-class-mark-approved")]);
}

#[test]
fn marks_of_one_domain_are_none_of_anothers() {
    let mut told = told("mark=network:192.0.2.0/24:denied ip=192.0.2.7 from=example.jp mail=example.jp:pass");
    assert_eq!(class(&told), Class::Suspected);
    told.policy.domain = "other.jp".into();
    assert_eq!(class(&told), Class::Legitimate);
}

#[test]
fn a_mark_that_cannot_be_read_is_kept_apart() {
    let marks = insight::Marks::new(told("mark=network:192.0.2.7/24:denied from=example.jp").marks);
    assert_eq!((marks.unreadable().len(), marks.has("example.jp")), (1, false));
}

#[test]
fn the_count_never_decides() {
    for text in [
        "from=example.jp mail=other.example:pass",
        "from=example.jp mail=example.jp:fail",
        "from=example.jp mail=other.example:pass sign=example.jp/s1:fail",
        "from=example.jp mail=other.example:pass sign=example.jp/s1:pass",
    ] {
        let classes: Vec<Class> = [1, 2, 1_000_000].map(|count| class(&told(&format!("{text} count={count}")))).into();
        assert!(classes.windows(2).all(|pair| pair.first() == pair.last()), "{text}: {classes:?}");
    }
}

fn class(told: &Told) -> Class {
    told.classifier().class(&sighting(told.line(), &told.policy))
}
