//! Reports of all kinds and in every state, and reports on their way out.

use std::io::Write as _;

use aws_lc_rs::digest::{SHA256, digest};
use feedback::archive::{Archive as _, Class, Content, DocumentLine, Kind, Origin, Parcel, Receipt, Status, Trust};
use feedback::failure::AuthFailure;
use feedback::mail::{Attachment, Letter};
use feedback::outbox::{
    Change, Delivery, DeliveryEnd, DeliveryId, DeliveryState, Job, JobEnd, JobId, JobKind, JobState, Outbox as _,
    Suppression,
};
use feedback::period::Period;
use feedback::tls::{PolicyKind, TlsFailure, TlsPolicy, TlsResult};
use feedback::{Deviation, Failure, Tls, Word, intake};

use mailtext::Domain;
use people::{Grant, Name, NewLine, Person, Registry as _};
use testkit::block_on;

use super::world::{NOW_MS, TODAY, World, report};

type Taint<'a> = &'a dyn Fn(&str) -> String;

pub(crate) fn gzipped(text: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}

fn sha(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().unwrap()
}

/// A report of another kind, that came a day ago.
fn parcel(name: &str, content: Content, raw: &[u8], taint: Taint<'_>) -> Parcel {
    Parcel {
        tenant: "".into(),
        received_ms: NOW_MS - 86_400_000,
        origin: Origin {
            source: "lmtp".into(),
            path: taint(name).into(),
            member: "".into(),
            trust: Trust::Authenticated("reporter.example".into()),
        },
        digest: sha(name.as_bytes()),
        raw: gzipped(raw),
        content,
        status: Status::Accepted,
        reason: None,
        deviations: Vec::new(),
        classes: Vec::new(),
    }
}

/// A failure report of a message in a domain's name.
pub(crate) fn failure(domain: &str, taint: Taint<'_>) -> Parcel {
    let header = format!("From: boss@{domain}\r\nSubject: {}\r\nX-Other: {}\r\n", taint("Pay now"), taint("x"));
    let text = |text: &str| -> Box<str> { taint(text).into() };
    let failure = Failure {
        feedback_type: "auth-failure".into(),
        user_agent: Some(text("Reporter/1")),
        auth_failure: Word::Known(AuthFailure::Dmarc),
        identity_alignment: Some(text("none")),
        delivery_result: Some(text("reject")),
        mail_from: Some(text("bounce@spoofer.example")),
        rcpt_to: vec![text("[redacted]@receiver.example")],
        arrival_s: Some(i64::from(TODAY - 1) * 86_400 + 3600),
        reporting_mta: Some(text("dns; mx.receiver.example")),
        source: "203.0.113.66".parse().ok(),
        incidents: 3,
        authentication_results: Some(text("mx.receiver.example; dmarc=fail")),
        reported_domains: vec![domain.into()],
        dkim_selector: Some(text("s1")),
        spf_dns: vec![text("txt : example : v=spf1 -all")],
        original_header: Some(header.clone().into_bytes().into()),
        header_from: Some(domain.into()),
        subject: Some(text("Pay now")),
        message_id: Some(text("<1@spoofer.example>")),
        text: Some(text("A message failed.")),
        ..Failure::default()
    };
    parcel(&format!("failure of {domain}"), Content::Failure(Box::new(failure)), header.as_bytes(), taint)
}

/// A TLS report of a day: so many sessions failed.
pub(crate) fn tls(domain: &str, day: u32, failed_count: u64, taint: Taint<'_>) -> Parcel {
    let failure = TlsFailure {
        result: Word::Known(TlsResult::CertificateExpired),
        mx_host: Some(taint(&format!("mx1.{domain}")).into()),
        receiving_ip: "192.0.2.25".parse().ok(),
        count: failed_count,
        more: Some(taint("more").into()),
        reason_code: Some(taint("code").into()),
        ..TlsFailure::default()
    };
    let policy = TlsPolicy {
        kind: Word::Known(PolicyKind::Sts),
        text: ["version: STSv1", "mode: testing"].map(|line| taint(line).into()).into(),
        domain: domain.into(),
        mx_hosts: vec![taint(&format!("*.{domain}")).into()],
        successful_count: 100,
        failed_count,
        failures: Vec::from_iter((failed_count > 0).then_some(failure)),
    };
    let begin_s = u64::from(day) * 86_400;
    let report = Tls {
        organization: taint("Google Inc.").into(),
        contact: taint("smtp-tls-reporting@google.com").into(),
        report_id: taint(&format!("tls-{domain}-{day}")).into(),
        begin_s,
        end_s: begin_s + 86_399,
        policies: vec![policy],
    };
    let raw = taint("{\"organization-name\":\"Google Inc.\"}");
    parcel(&format!("tls {domain} {day}"), Content::Tls(report), raw.as_bytes(), taint)
}

/// One that was refused, and could be read today: an aggregate report about example.org of yesterday.
pub(crate) fn refused(taint: Taint<'_>) -> Parcel {
    let begin_s = u64::from(TODAY - 1) * 86_400;
    let bytes = REFUSED.replace("BEGIN", &begin_s.to_string()).replace("END", &(begin_s + 86_399).to_string());
    let refused = Content::Refused(Some(Kind::Aggregate));
    Parcel {
        digest: sha(bytes.as_bytes()),
        status: Status::Refused,
        reason: Some(("refused-not-a-report".into(), taint("html").into())),
        ..parcel("refused.xml", refused, bytes.as_bytes(), taint)
    }
}

/// One of which nobody knows what it is, refused.
pub(crate) fn unknown(taint: Taint<'_>) -> Parcel {
    let reason = Some(("refused-unknown".into(), taint("a picture").into()));
    let trust = Origin { trust: Trust::Unauthenticated, ..parcel("", Content::Refused(None), b"", taint).origin };
    let raw = taint("Received: from somebody");
    Parcel {
        status: Status::Refused,
        reason,
        origin: trust,
        ..parcel("picture", Content::Refused(None), raw.as_bytes(), taint)
    }
}

/// The same report as one of before, cut off, and with other counts: it conflicts.
pub(crate) fn conflicting(domain: &str, day: u32, reporter: &str, taint: Taint<'_>) -> Parcel {
    let mut other = report(domain, day, reporter, taint);
    let Content::Aggregate(aggregate) = &mut other.content else { panic!("an aggregate report") };
    aggregate.records[0].count += 1;
    other.digest = sha(b"conflicting");
    other.status = Status::Salvaged;
    other.reason = Some(("salvaged-cut".into(), "".into()));
    other.deviations.push(Deviation { id: "deviation-count-zero".into(), example: "".into(), count: 2 });
    other
}

/// Brings what changes no count of messages: a failure report, TLS reports, and two that were refused.
pub(crate) fn fill(world: &World, domain: &str, taint: Taint<'_>) {
    world.bring(failure(domain, taint));
    for day in 1..=16 {
        world.bring(tls(domain, TODAY - day, u64::from(day == 3) * 7, taint));
    }
    world.bring(refused(taint));
    world.bring(unknown(taint));
    block_on(world.outbox.commit(sent(taint))).unwrap();
}

/// Four reports about example.com, example.org and another domain: one waits to be asked about, one is deferred and was
/// accepted elsewhere, one came back, and a failure report whose mailbox is suppressed.
fn sent(taint: Taint<'_>) -> Vec<Change> {
    let now_s = NOW_MS / 1000;
    let job = |number: u64, domain: &str, kind, state| {
        let xml = taint(&format!("<feedback>about {domain}</feedback>"));
        let name = "receiver.example!example.com!1!2!x.xml.gz";
        let file = Attachment { name, media_type: "application/gzip", bytes: &gzipped(xml.as_bytes()) };
        let subject = [taint(&format!("Report Domain: {domain}"))];
        let letter = match kind {
            JobKind::Aggregate => Letter::with_file(&subject, "A report.", file, now_s),
            _ => Letter::with_fields(&subject, "A failure.", "Feedback-Type: auth-failure\r\n", "From: a@b\r\n", now_s),
        };
        let period = Period::new(now_s - 86_400, now_s).unwrap();
        let (id, domain) = (JobId(number.to_string().into()), Domain::parse(domain).unwrap());
        Change::AddJob(
            Job { id, kind, domain, period, message_count: 10 + number, made_s: now_s - number, state },
            letter,
        )
    };
    let delivery = |job: u64, mailbox: &str, state| {
        let id = DeliveryId(format!("{job}-{mailbox}").into());
        let attempts = 1;
        Change::AddDelivery(Delivery {
            id,
            job: JobId(job.to_string().into()),
            mailbox: mailbox.into(),
            attempts,
            state,
        })
    };
    let done = |end| DeliveryState::Done { at_s: now_s - 60, end };
    let reply: Box<str> = taint("550 no such mailbox").into();
    let later = DeliveryState::Waiting { next_s: now_s + 900, last: Some(taint("451 later").into()) };
    let ended = JobState::Done { at_s: now_s - 60, end: JobEnd::Delivered };
    vec![
        Change::SetFoldedUntil(now_s - 36_000),
        job(1, "example.com", JobKind::Aggregate, JobState::Asking { next_s: now_s + 3_600, attempts: 0 }),
        job(2, "example.org", JobKind::Aggregate, JobState::Sending),
        delivery(2, "a@example.org", later),
        delivery(2, "b@example.org", done(DeliveryEnd::Accepted)),
        job(3, "example.jp", JobKind::Aggregate, ended),
        delivery(3, "gone@example.jp", done(DeliveryEnd::Bounced { reply: reply.clone() })),
        job(4, "example.org", JobKind::Failure, ended),
        delivery(4, "gone@example.jp", done(DeliveryEnd::Suppressed)),
        Change::DropLetter(JobId("3".into())),
        Change::SetSuppression(Suppression {
            mailbox: "gone@example.jp".into(),
            since_s: now_s - 60,
            until_s: now_s + 7 * 86_400,
            strikes: 2,
            reply,
        }),
    ]
}

/// Brings reports of a reporter of before that are not as they should be: one conflicts, one overlaps.
pub(crate) fn fill_badly(world: &World, domain: &str, reporter: &str, taint: Taint<'_>) {
    world.bring(conflicting(domain, TODAY - 2, reporter, taint));
    let mut overlapping = report(domain, TODAY - 6, reporter, taint);
    let Content::Aggregate(aggregate) = &mut overlapping.content else { panic!("an aggregate report") };
    aggregate.metadata.report_id = taint("another").into();
    overlapping.digest = sha(b"overlapping");
    world.bring(overlapping);
}

/// The request of somebody who is known, for [`known`].
pub(crate) const KNOWN: &[(&str, &str)] = &[("remote-user", "own")];

/// A house that somebody enters through a proxy, with these rights: `viewer:example.jp`.
pub(crate) fn known(mut world: World, rights: &str) -> World {
    world.settings.guest = None;
    world.settings.proxies = vec!["127.0.0.0/8".parse().unwrap()];
    world.settings.proxy_field = Some("remote-user".into());
    let mut person = Person::new(Name::parse("own").unwrap(), 0);
    person.grants = rights.split(' ').map(|right| Grant::parse(right).unwrap()).collect();
    block_on(world.people.put_person(person, NewLine::new(0, "test", "person-put", "own"))).unwrap();
    world
}

/// Reads a report again, as the daemon would.
pub(crate) async fn read_again(world: &World, line: &DocumentLine, bytes: &[u8]) -> Vec<Receipt> {
    let mut parcels = Vec::new();
    intake::read(&mut &*bytes, &intake::Settings::default(), &mut |item| {
        let count = match &item.content {
            Content::Aggregate(report) => report.records.len(),
            _ => 0,
        };
        parcels.push(Parcel {
            tenant: line.tenant.clone(),
            received_ms: NOW_MS,
            origin: line.origin.clone(),
            digest: item.digest,
            raw: item.raw,
            content: item.content,
            status: item.status,
            reason: item.reason.map(|reason| reason.to_pair()),
            deviations: item.deviations,
            classes: vec![Class::Legitimate; count],
        });
    })
    .unwrap();
    world.archive.import(parcels, None).await.unwrap()
}

const REFUSED: &str = "<feedback><version>1.0</version><report_metadata><org_name>Reporter</org_name>\
    <email>a@reporter.example</email><report_id>once-refused</report_id><date_range><begin>BEGIN</begin>\
    <end>END</end></date_range></report_metadata><policy_published><domain>example.org</domain><p>none</p>\
    </policy_published><record><row><source_ip>192.0.2.1</source_ip><count>5</count><policy_evaluated>\
    <disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row><identifiers>\
    <header_from>example.org</header_from></identifiers><auth_results><spf><domain>example.org</domain>\
    <result>pass</result></spf></auth_results></record></feedback>";
