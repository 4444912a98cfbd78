//! What comes beside: reports that are cut off, that come twice or contradict each other, or are none; TLS reports; failure
//! reports.

use std::net::IpAddr;

use feedback::failure::incident::{DeliveryResult, DmarcFact, Incident, Occasion, SpfFact, Witness};
use feedback::failure::write::letter;
use feedback::mail::Sender;
use feedback::redact::{Redaction, ShownFields};
use report::row::AlignedPass;
use report::vocabulary::{Aligned, MethodResult};
use serde_json::{Value, json};

use super::cast::RECEIVERS;
use super::dice::Dice;
use super::reports::{Posted, aggregate, posted as written};
use super::town::{HOST, TOWN, name};
use super::{DAY_S, broken};
use crate::failure::Failure;
use crate::time;

/// All of it.
///
/// # Errors
/// Something of it cannot be written.
pub(super) fn posted(now_s: u64) -> Result<Vec<Posted>, Failure> {
    let mut posted = damaged(now_s)?;
    posted.extend(tls(now_s));
    posted.extend(failures(now_s)?);
    Ok(posted)
}

/// What is not as it should be.
fn damaged(now_s: u64) -> Result<Vec<Posted>, Failure> {
    let today = now_s / DAY_S;
    let mut all = Vec::new();
    for (days_ago, number) in [(3_u64, 1_u64), (12, 2), (18, 3), (26, 4)] {
        // A reporter whose other reports have other ids.
        let receiver = &RECEIVERS[5];
        let mut dice = Dice::of(&[number, 99]);
        let Some(mut report) = aggregate(receiver, TOWN, today, days_ago, &mut dice)? else { continue };
        report.metadata.organization = "Shiosai Mail".into();
        report.metadata.email = "reports@shiosai-mail.example".into();
        let whole = written(receiver, &report, &mut dice)?;
        let path = |what: &str| whole.path.replace(receiver.domain, "shiosai-mail.example").replace(".xml", what);
        let again = Posted { at_s: whole.at_s + 3600, path: path("-again.xml"), bytes: whole.bytes.clone() };
        // Some of the records are counted once more, under the same id.
        report.records.iter_mut().take(1).for_each(|record| record.count += 3);
        let other = written(receiver, &report, &mut dice)?;
        let other = Posted { at_s: whole.at_s + 7200, path: path("-other.xml"), bytes: other.bytes };
        let at_s = whole.at_s;
        match number {
            1 => all.extend([Posted { path: path(".xml"), ..whole }, again]),
            2 => all.extend([Posted { path: path(".xml"), ..whole }, other]),
            _ => {
                let half = whole.bytes.len() * 7 / 10;
                all.push(Posted { at_s, path: path(".xml"), bytes: whole.bytes[..half].to_vec() });
            }
        }
    }
    let at_s = |days_ago: u64| now_s - days_ago * DAY_S;
    let none = "<html><body><p>Your mailbox is full.</p></body></html>\n";
    all.push(Posted { at_s: at_s(5), path: "mailbox-full.html".to_owned(), bytes: none.into() });
    let foreign = aggregate(&RECEIVERS[4], TOWN, today, 8, &mut Dice::of(&[8]))?;
    if let Some(mut foreign) = foreign {
        foreign.policy.domain = "somebody-else.example".into();
        foreign.metadata.report_id = "not-for-us-1".into();
        all.push(written(&RECEIVERS[4], &foreign, &mut Dice::of(&[9]))?);
    }
    Ok(all)
}

/// TLS reports: the certificate of the second mail server ended some days ago.
fn tls(now_s: u64) -> Vec<Posted> {
    let today = now_s / DAY_S;
    let mut all = Vec::new();
    for days_ago in 1..=TLS_DAYS {
        for (place, (organization, contact, sessions)) in (0..).zip([
            ("Google Inc.", "smtp-tls-reporting@google.com", 240),
            ("Microsoft Corporation", "tlsrpt-noreply@microsoft.com", 130),
        ]) {
            let mut dice = Dice::of(&[today - days_ago, 7, place]);
            let failed = if days_ago <= EXPIRED_DAYS { dice.near(sessions / 6) } else { 0 };
            let begin_s = (today - days_ago) * DAY_S;
            let id = format!("{}_{TOWN}", time::rfc3339(begin_s));
            let report = json!({
                "organization-name": organization,
                "date-range": {
                    "start-datetime": time::rfc3339(begin_s),
                    "end-datetime": time::rfc3339(begin_s + DAY_S - 1),
                },
                "contact-info": contact,
                "report-id": id,
                "policies": [policy(dice.near(sessions), failed)],
            });
            let path = format!("{organization}-{id}.json");
            all.push(Posted { at_s: begin_s + DAY_S + 7200, path, bytes: format!("{report}\n").into_bytes() });
        }
    }
    all
}

fn policy(successful: u64, failed: u64) -> Value {
    let mut policy = json!({
        "policy": {
            "policy-type": "sts",
            "policy-string": ["version: STSv1", "mode: testing", "mx: mx1.asagiri.example", "mx: mx2.asagiri.example",
                              "max_age: 86400"],
            "policy-domain": TOWN,
            "mx-host": ["mx1.asagiri.example", "mx2.asagiri.example"],
        },
        "summary": { "total-successful-session-count": successful, "total-failure-session-count": failed },
    });
    if failed > 0 {
        policy[DETAILS] = json!([{
            "result-type": "certificate-expired",
            "sending-mta-ip": "192.0.2.200",
            "receiving-mx-hostname": "mx2.asagiri.example",
            "receiving-ip": "192.0.2.11",
            "failed-session-count": failed,
        }]);
    }
    policy
}

/// Failure reports of forged messages, as a careful receiver sends them.
fn failures(now_s: u64) -> Result<Vec<Posted>, Failure> {
    let (author, redaction) = (name(TOWN)?, Redaction::new(b"a demonstration"));
    let sender = Sender {
        address: "dmarc@hokuto-mobile.example".into(),
        name: Some("Hokuto Mobile".into()),
        message_id_domain: name("hokuto-mobile.example")?,
    };
    let mut all = Vec::new();
    for (number, (days_ago, source, subject)) in (1_u64..).zip(FORGED) {
        let arrival_s = now_s - days_ago * DAY_S - number * 997;
        let source: IpAddr = source.parse().map_err(|_| broken(source))?;
        let header = format!(
            "From: \"Asagiri Town Office\" <tax@{TOWN}>\r\nTo: resident{number}@hokuto-mobile.example\r\n\
             Subject: {subject}\r\nMessage-ID: <{number}.{arrival_s}@{TOWN}>\r\nDate: Mon, 23 Nov 2026 09:00:00 +0900\r\n"
        );
        let mail_from = format!("tax@{TOWN}");
        let envelope_id = format!("4H{number:04}");
        let incident = Incident {
            arrival_s: i64::try_from(arrival_s).unwrap_or(i64::MAX),
            source: Some(source),
            source_port: None,
            mail_from: Some(&mail_from),
            rcpt_to: &[],
            envelope_id: Some(&envelope_id),
            header: header.as_bytes(),
            author: &author,
            delivery: Some(DeliveryResult::Spam),
            dmarc: Some(DmarcFact { result: MethodResult::Fail, spf: AlignedPass::Fail, dkim: AlignedPass::Fail }),
            spf: Some(SpfFact {
                domain: &author,
                result: MethodResult::SoftFail,
                aligned: Aligned::Strict,
                records: &[],
            }),
            dkim: &[],
        };
        let witness = Witness {
            authserv_id: "mx.hokuto-mobile.example",
            reporting_mta: Some("mx.hokuto-mobile.example"),
            user_agent: "hokuto-reports/2.4",
        };
        let failure = incident.describe(Occasion::Dmarc, witness, &redaction, &ShownFields::default());
        let text = format!("A message in the name of {TOWN} did not pass DMARC.\r\n");
        let letter = letter(&failure, &text, arrival_s + 60);
        let id = format!("{number}.{arrival_s}");
        let bytes = letter.to_bytes(&sender, &format!("dmarc@{TOWN}"), &id);
        all.push(Posted { at_s: arrival_s + 90, path: format!("<{id}@{HOST}>"), bytes });
    }
    Ok(all)
}

/// A table: forged messages – days ago, from where, the Subject, which nobody is shown.
const FORGED: &[(u64, &str, &str)] = &[
    (1, "203.0.113.7", "Tax refund"),
    (1, "198.18.44.5", "Your refund is waiting"),
    (3, "203.0.113.201", "Tax refund"),
    (4, "198.19.7.9", "Account closed"),
    (8, "203.0.113.19", "Tax refund"),
    (15, "198.18.44.66", "Unpaid water bill"),
    (22, "203.0.113.77", "Unpaid water bill"),
];
/// The member of RFC 8460 §4.4, in two pieces: in one it would look like the id of a sentence.
const DETAILS: &str = concat!("failure", "-details");
const TLS_DAYS: u64 = 30;
const EXPIRED_DAYS: u64 = 9;
