//! What is made of messages that failed: to whom a report goes, on which occasions, how often, and what it shows.

use auth::{Check, Envelope, Settings as AuthSettings};
use feedback::outbox::memory::MemoryOutbox;
use feedback::outbox::{DeliveryQuery, Job, JobKind, JobQuery};
use lookup::Zone;
use net::{Resolver, ResolverConfig};
use policy::{RuleSet, Rules, Standing, Transaction, decide_facts};

use super::*;
use crate::config::Config;
use crate::say::Language;
use crate::sending::{Carrier, Signer, settings};

const NOW_S: u64 = 1_795_305_600;

const ZONE: &str = "\
sender.example. 60 TXT \"v=spf1 ip4:192.0.2.1 -all\"
_dmarc.sender.example. 60 TXT \"v=DMARC1; p=reject; ruf=mailto:ruf@sender.example,mailto:ruf@collector.example\"
any.example. 60 TXT \"v=spf1 ip4:192.0.2.1 -all\"
_dmarc.any.example. 60 TXT \"v=DMARC1; p=none; fo=1; ruf=mailto:ruf@any.example\"
spf.example. 60 TXT \"v=spf1 ip4:192.0.2.1 -all\"
_dmarc.spf.example. 60 TXT \"v=DMARC1; p=none; fo=s; ruf=mailto:ruf@spf.example\"
dkim.example. 60 TXT \"v=spf1 ip4:192.0.2.1 -all\"
_dmarc.dkim.example. 60 TXT \"v=DMARC1; p=none; fo=d; ruf=mailto:ruf@dkim.example\"
ed._domainkey.dkim.example. 60 TXT \"v=DKIM1; k=ed25519; p=XvVvfB4I+ZHGhwTpBIAiei8hwNllimF64w4SgsxqCPM=\"
_report._domainkey.dkim.example. 60 TXT \"ra=dkim-failures; rr=v\"
quiet._domainkey.dkim.example. 60 TXT \"v=DKIM1; p=\"
psd.example. 60 TXT \"v=spf1 -all\"
_dmarc.psd.example. 60 TXT \"v=DMARC1; p=reject; psd=y; ruf=mailto:ruf@psd.example\"
silent.example. 60 TXT \"v=spf1 -all\"
_dmarc.silent.example. 60 TXT \"v=DMARC1; p=reject; fo=1:d:s\"
asks.example. 60 TXT \"v=spf1 ip4:192.0.2.1 ~all ra=spf-failures rr=s\"
never.example. 60 TXT \"v=spf1 ip4:192.0.2.1 ~all ra=spf-failures rp=0\"
";

const ALL: &str = "dmarc = true\ndkim = true\nspf = true\n";

fn zone() -> Zone {
    testkit::zone(ZONE)
}

/// A message of a domain, with more fields.
fn message(domain: &str, fields: &str) -> String {
    format!(
        "Received: from mail.example (mail.example [192.0.2.77]) by mx.example for <taro@receiver.example>;\r\n\tSun, \
         22 Nov 2026 00:00:00 +0000\r\n{fields}From: Hanako <hanako@{domain}>\r\nTo: Taro <taro@receiver.example>\r\n\
         Subject: the secret\r\nDate: Sun, 22 Nov 2026 00:00:00 +0000\r\nMessage-ID: <1@{domain}>\r\n\r\nconfidential words\r\n"
    )
}

async fn case_of(ip: &str, mail_from: &str, message: &str) -> Case {
    let mut check = Check::new(zone(), Arc::new(AuthSettings::new("mx.receiver.example")), NOW_S);
    check.envelope(Envelope::new(Some(ip.parse().unwrap()), Some("client.example"), Some(mail_from.as_bytes())));
    let end = message.find("\r\n\r\n").unwrap() + 4;
    check.header(message.as_bytes()[..end].to_vec());
    check.body(&message.as_bytes()[end..]);
    Case {
        facts: check.finish().await,
        header: message.as_bytes()[..end].to_vec(),
        recipient_domains: vec![testkit::domain("receiver.example")],
        queue_id: Some("4Qx".to_owned()),
        action: Action::Label,
        row: None,
        arrival_s: NOW_S,
    }
}

/// A message of a domain that is not sent from where the domain sends.
async fn failed(domain: &str) -> Case {
    case_of("192.0.2.99", &format!("<hanako@{domain}>"), &message(domain, "")).await
}

fn maker(keys: &str) -> (Failures, Maker<MemoryOutbox>) {
    let text = format!(
        "[reports.send]\nfrom = \"reports@receiver.example\"\nsubmit = \"smtp://127.0.0.1\"\n\
         bounces = \"bounces@receiver.example\"\nexcept = [\".off.example\"]\nreport_domains = [\"reports.example\"]\n\
         [reports.failure]\n{keys}"
    );
    let config = Config::parse(&text, "x").unwrap();
    let settings = settings(&config.reporting).unwrap();
    // Nobody is asked.
    let resolver = Resolver::start(ResolverConfig::with_servers(vec!["127.0.0.1:9".parse().unwrap()])).unwrap();
    let signer = Signer::new(None, testkit::domain("receiver.example"));
    let world = (resolver, signer, Carrier::Maildir(std::env::temp_dir()));
    let outbox = (MemoryOutbox::new(), &b"key"[..]);
    let sending = Sending::new((&config.reporting, Language::English, std::env::temp_dir()), outbox, settings, world);
    let sending = (Arc::new(sending), config.reporting.report_domains.clone());
    let names = ("mx.receiver.example", Say::new(Language::English));
    Maker::with((&config.failing, b"0123456789abcdef"), sending, names, Arc::default())
}

async fn jobs(maker: &Maker<MemoryOutbox>) -> Vec<Job> {
    maker.sending.desk().outbox().jobs(JobQuery::Latest(None), 100).await.unwrap()
}

async fn body(maker: &Maker<MemoryOutbox>, job: &Job) -> String {
    let letter = maker.sending.desk().outbox().letter(&job.id).await.unwrap().unwrap();
    String::from_utf8(letter.body).unwrap().replace("\r\n ", " ")
}

/// Everything but what is asked of DNS for signers, which the tests do by a zone.
async fn take(maker: &mut Maker<MemoryOutbox>, case: &Case) {
    let is_on = std::mem::replace(&mut maker.kinds.dkim, false);
    maker.take(case).await;
    maker.kinds.dkim = is_on;
    if is_on && !maker.is_report_mail(case) {
        let wished = wishes(&zone(), &case.facts.dkim).await;
        let wished = wished.into_iter().filter_map(|outcome| outcome.result.wish).collect();
        maker.tell_signers(case, &Known::of(case), wished).await;
    }
}

/// The jobs that a case makes: kind, domain, and the type of failure.
async fn made(keys: &str, case: &Case) -> Vec<(JobKind, String, String)> {
    let (_, mut maker) = maker(keys);
    take(&mut maker, case).await;
    let mut told = Vec::new();
    for job in jobs(&maker).await {
        let body = body(&maker, &job).await;
        let kind = body.lines().find_map(|line| line.strip_prefix("Auth-Failure: ")).unwrap();
        told.push((job.kind, job.domain.to_string(), kind.to_owned()));
    }
    told.sort_by(|a, b| (&a.1, &a.2).cmp(&(&b.1, &b.2)));
    told
}

fn of(kind: JobKind, domain: &str, failure: &str) -> Vec<(JobKind, String, String)> {
    vec![(kind, domain.to_owned(), failure.to_owned())]
}

#[tokio::test]
async fn an_owner_is_told_and_sees_nobody() {
    let (_, mut maker) = maker("dmarc = true\n");
    let case = failed("sender.example").await;
    take(&mut maker, &case).await;
    let made = jobs(&maker).await;
    assert_eq!(made.len(), 1, "one report, to both addresses");
    assert_eq!((made[0].kind, made[0].domain.as_str()), (JobKind::Failure, "sender.example"));
    let text = body(&maker, &made[0]).await;
    for wanted in [
        "Feedback-Type: auth-failure",
        "Auth-Failure: dmarc",
        "Authentication-Results: mx.receiver.example; dmarc=fail header.from=sender.example",
        "Identity-Alignment: dkim, spf",
        "SPF-DNS: txt : sender.example : \"v=spf1 ip4:192.0.2.1 -all\"",
        "Source-IP: 192.0.2.99",
        "Original-Envelope-Id: 4Qx",
        "Reported-Domain: sender.example",
        "Delivery-Result: delivered",
        "Message-ID: <1@sender.example>",
        "(mail.example [192.0.2.77])",
    ] {
        assert!(text.contains(wanted), "{wanted}:\n{text}");
    }
    for private in
        ["hanako", "Hanako", "taro", "Taro", "secret", "confidential", "Original-Rcpt-To", "\nTo:", "Subject:"]
    {
        assert!(!text.contains(private), "{private}:\n{text}");
    }
}

#[tokio::test]
async fn what_is_switched_off_is_not_told() {
    let case = failed("sender.example").await;
    for keys in ["", "spf = true\ndkim = true\n", "dmarc = true\nonly = [\"other.example\"]\n"] {
        assert_eq!(made(keys, &case).await, [], "{keys}");
    }
    assert_eq!(made("dmarc = true\nonly = [\"sender.example\"]\n", &case).await.len(), 1);
    let (_, mut without) = maker("dmarc = true\nsource_ip = false\nheader = [\"date\"]\n");
    take(&mut without, &case).await;
    let job = jobs(&without).await.remove(0);
    let text = body(&without, &job).await;
    assert!(!text.contains("192.0.2.99") && !text.contains("192.0.2.77") && !text.contains("Message-ID"), "{text}");
}

// RFC 9989 §4.7: what `fo` asks for.
#[tokio::test]
async fn occasions_are_those_that_the_owner_names() {
    let passing = |domain: &str| {
        let (path, message) = (format!("<hanako@{domain}>"), message(domain, ""));
        async move { case_of("192.0.2.1", &path, &message).await }
    };
    assert_eq!(made(ALL, &passing("sender.example").await).await, [], "fo=0: SPF passes");
    assert_eq!(made(ALL, &passing("any.example").await).await, of(JobKind::Failure, "any.example", "dmarc"), "no DKIM");
    assert_eq!(made(ALL, &failed("any.example").await).await, of(JobKind::Failure, "any.example", "dmarc"));
    assert_eq!(made(ALL, &failed("spf.example").await).await, of(JobKind::Failure, "spf.example", "spf"));
    assert_eq!(made(ALL, &passing("spf.example").await).await, []);
    assert_eq!(made(ALL, &failed("dkim.example").await).await, [], "there is no signature");
    assert_eq!(made(ALL, &failed("silent.example").await).await, [], "no ruf");
    assert_eq!(made(ALL, &failed("psd.example").await).await, [], "psd=y");
    assert_eq!(made(ALL, &failed("x.sender.example").await).await, of(JobKind::Failure, "sender.example", "dmarc"));
}

fn signature(tags: &str) -> String {
    let hash = "A".repeat(43);
    let signature = "A".repeat(86);
    format!(
        "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; {tags};\r\n\ti=hanako@dkim.example; h=from:to; \
         bh={hash}=; b={signature}==\r\n"
    )
}

#[tokio::test]
async fn signers_are_told_where_they_ask_for_it() {
    let of_message = |fields: String| async move {
        case_of("192.0.2.1", "<hanako@dkim.example>", &message("dkim.example", &fields)).await
    };
    let asked = of_message(signature("d=dkim.example; s=ed; r=y")).await;
    assert_eq!(made("dkim = true\n", &asked).await, of(JobKind::Method, "dkim.example", "bodyhash"));
    assert_eq!(made("dmarc = true\n", &asked).await, of(JobKind::Failure, "dkim.example", "bodyhash"), "fo=d");
    let (_, mut maker) = maker("dkim = true\n");
    take(&mut maker, &asked).await;
    let job = jobs(&maker).await.remove(0);
    let to = maker.sending.desk().outbox().deliveries(DeliveryQuery::OfJob(job.id.clone()), 10).await.unwrap();
    assert_eq!(to.iter().map(|one| &*one.mailbox).collect::<Vec<_>>(), ["dkim-failures@dkim.example"]);
    let text = body(&maker, &job).await;
    assert!(text.contains("DKIM-Domain: dkim.example") && text.contains("DKIM-Selector: ed"), "{text}");
    assert!(!text.contains("hanako") && text.contains("DKIM-Identity: "), "{text}");
    let unasked = of_message(signature("d=dkim.example; s=ed")).await;
    assert_eq!(made("dkim = true\n", &unasked).await, [], "no r=y");
    let revoked = of_message(signature("d=dkim.example; s=quiet; r=y")).await;
    assert_eq!(made("dkim = true\n", &revoked).await, [], "rr=v: a key that cannot be used is another thing");
    assert_eq!(made("dmarc = true\n", &revoked).await, of(JobKind::Failure, "dkim.example", "revoked"));
    let elsewhere = of_message(signature("d=elsewhere.example; s=ed; r=y")).await;
    assert_eq!(made("dkim = true\n", &elsewhere).await, [], "the domain does not confirm it");
    let twice = of_message(signature("d=dkim.example; s=ed; r=y").repeat(3)).await;
    assert_eq!(made("dkim = true\n", &twice).await.len(), 1, "one to a domain");
}

#[tokio::test]
async fn domains_are_told_of_spf_where_they_ask_for_it() {
    let (_, mut maker) = maker("spf = true\n");
    take(&mut maker, &failed("asks.example").await).await;
    let job = jobs(&maker).await.remove(0);
    assert_eq!((job.kind, job.domain.as_str()), (JobKind::Method, "asks.example"));
    let to = maker.sending.desk().outbox().deliveries(DeliveryQuery::OfJob(job.id.clone()), 10).await.unwrap();
    assert_eq!(to.iter().map(|one| &*one.mailbox).collect::<Vec<_>>(), ["spf-failures@asks.example"]);
    let text = body(&maker, &job).await;
    assert!(text.contains("Auth-Failure: spf") && !text.contains("hanako"), "{text}");
    assert_eq!(made("spf = true\n", &failed("never.example").await).await, [], "rp=0");
    assert_eq!(made("spf = true\n", &failed("sender.example").await).await, [], "no ra=");
    let passing = case_of("192.0.2.1", "<hanako@asks.example>", &message("asks.example", "")).await;
    assert_eq!(made("spf = true\n", &passing).await, []);
}

#[tokio::test]
async fn there_is_no_report_about_reports_and_answers() {
    let path = "<hanako@sender.example>";
    let id = "0123456789abcdef0123456789abcdef";
    for (path, fields, is_told) in [
        (path, "", true),
        (path, "Content-Type: multipart/mixed; boundary=x\r\n", true),
        (path, "Content-Type: Multipart/Report; report-type=feedback-report\r\n", false),
        (path, "Subject: Report Domain: sender.example Submitter: x\r\n", false),
        (path, "TLS-Report-Domain: sender.example\r\n", false),
        (path, "Auto-Submitted: auto-replied (vacation)\r\n", false),
        (path, "Auto-Submitted: auto-generated\r\n", true),
        ("<>", "", false),
        ("<reports@receiver.example>", "", false),
        (&format!("<bounces+{id}@receiver.example>"), "", false),
    ] {
        let case = case_of("192.0.2.99", path, &message("sender.example", fields)).await;
        assert_eq!(!made("dmarc = true\n", &case).await.is_empty(), is_told, "{path} {fields}");
    }
    let mut to_reports = failed("sender.example").await;
    to_reports.recipient_domains = vec![testkit::domain("in.reports.example")];
    assert_eq!(made("dmarc = true\n", &to_reports).await, []);
}

#[tokio::test]
async fn what_looks_alike_is_one_report_and_there_are_only_so_many() {
    let (_, mut maker) = maker("dmarc = true\nto_each = 6\nalike = \"1h\"\n");
    let case = failed("sender.example").await;
    for _ in 0..5 {
        take(&mut maker, &case).await;
    }
    assert_eq!(jobs(&maker).await.len(), 1);
    assert_eq!(maker.counts.each(), BTreeMap::from([(("dmarc", "made"), 1), (("dmarc", "folded"), 4)]));
    // Another source is another kind, and of the destination's reports none is left.
    let other = case_of("192.0.2.98", "<hanako@sender.example>", &message("sender.example", "")).await;
    take(&mut maker, &other).await;
    assert_eq!(jobs(&maker).await.len(), 1);
    take(&mut maker, &failed("any.example").await).await;
    assert_eq!(jobs(&maker).await.len(), 2, "another destination");
}

#[tokio::test]
async fn only_what_may_be_reported_is_held_and_only_so_much() {
    let (failures, mut maker) = maker("dmarc = true\n");
    let rules = Rules::of(RuleSet::default());
    let hear = |case: &Case, action: Option<Action>, header: bool| {
        let mut verdict = decide_facts(&case.facts, &Transaction::default(), &rules, &Standing::default());
        verdict.action = action.unwrap_or(verdict.action);
        failures.hear(
            &Receipt {
                moment: Moment::End,
                queue_id: None,
                client_name: "client.example",
                facts: &case.facts,
                verdict: &verdict,
                row: None,
                failure: None,
                header: Some(&case.header[..]).filter(|_| header),
                recipient_domains: &case.recipient_domains,
                way_in: None,
                dsn: policy::Dsn::No,
                filtered: policy::Filtered::Unknown,
                recipient_count: 1,
                held: None,
                forged_count: 0,
                cleaned: Ok(()),
                labelled: Ok(()),
            },
            NOW_S,
        );
    };
    let (wanted, unwanted) = (failed("sender.example").await, failed("silent.example").await);
    hear(&unwanted, None, true);
    hear(&wanted, Some(Action::TempFail), true);
    hear(&wanted, None, false);
    assert!(maker.cases.try_recv().is_err(), "none of these");
    for _ in 0..FAILURE_CASE_COUNT_MAX {
        hear(&wanted, None, true);
    }
    assert_eq!(failures.counts.each(), BTreeMap::new());
    hear(&wanted, None, true);
    assert_eq!(failures.counts.each(), BTreeMap::from([(("any", "dropped"), 1)]), "one above");
    let mut held = 0;
    while maker.cases.try_recv().is_ok() {
        held += 1;
    }
    assert_eq!(held, FAILURE_CASE_COUNT_MAX);
}
