//! Bounces (RFC 3464): which report came back from where, and what was said.

use mailtext::mime::walk;
use mailtext::source::wire_form;
use mailtext::{Field, Headers};

use crate::limits::{DSN_RECIPIENT_COUNT_MAX, REPLY_BYTES_MAX, TEXT_BYTES_MAX};
use crate::outbox::DeliveryId;
use crate::outbox::settings::is_id;

/// A delivery status notification.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dsn {
    /// `Original-Envelope-Id`: what was said with ENVID.
    pub envelope_id: Option<Box<str>>,
    /// What became of the message for each recipient.
    pub recipients: Vec<Recipient>,
    /// Message-ID of the message that came back, with its brackets.
    pub message_id: Option<Box<str>>,
}

/// What became of a message for one recipient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recipient {
    /// `Original-Recipient`, else `Final-Recipient`: the address.
    pub address: Box<str>,
    /// `Action`.
    pub action: Action,
    /// `Status`: `5.1.1`.
    pub status: Option<Box<str>>,
    /// `Diagnostic-Code` without its type.
    pub diagnostic: Option<Box<str>>,
}

/// What was done (RFC 3464 §2.3.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Action {
    /// It could not be delivered, for ever.
    Failed,
    /// It is tried again.
    Delayed,
    /// It was delivered.
    Delivered,
    /// It went to somebody who tells nothing.
    Relayed,
    /// It went to several others.
    Expanded,
}

impl Dsn {
    /// Reads a mail; `None` when it is no delivery status notification.
    #[must_use]
    pub fn read(message: &[u8]) -> Option<Self> {
        let wire = wire_form(message);
        let headers = Headers::parse(&wire);
        let body = wire.get(headers.body_start()..).unwrap_or_default();
        let (parts, _) = walk(headers, body);
        let at = parts.iter().position(|part| {
            matches!(&*part.content_type.kind, "message/delivery-status" | "message/global-delivery-status")
        })?;
        let mut dsn = Self::default();
        dsn.take_status(&parts[at].decoded());
        for part in &parts[at + 1..] {
            let block = match &*part.content_type.kind {
                "message/rfc822" | "message/global" | "text/rfc822-headers" | "message/global-headers" => {
                    part.decoded()
                }
                _ => continue,
            };
            let returned = Headers::parse(&block);
            dsn.message_id = returned.named("message-id").next().and_then(|field| text(&field));
            break;
        }
        Some(dsn)
    }

    /// The delivery of ours that came back, as the notification itself tells.
    #[must_use]
    pub fn delivery(&self) -> Option<DeliveryId> {
        // RFC 3464 §4.1: anybody can write one; only who has seen the report knows its id.
        let of_message = self.message_id.as_deref().and_then(|id| id.trim_start_matches('<').split('@').next());
        let found = [self.envelope_id.as_deref(), of_message].into_iter().flatten().find(|id| is_id(id));
        found.map(|id| DeliveryId(id.into()))
    }

    /// What was said, when the message could not be delivered; `None` when it is still tried, or was delivered.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        let failed = self.recipients.iter().find(|recipient| recipient.action == Action::Failed)?;
        let said = [failed.status.as_deref(), failed.diagnostic.as_deref()];
        let said = said.into_iter().flatten().collect::<Vec<_>>().join(" ");
        Some(said[..said.floor_char_boundary(REPLY_BYTES_MAX)].to_owned())
    }

    // RFC 3464 §2.1: fields of the message, then a group for each recipient, with empty lines between them.
    fn take_status(&mut self, status: &[u8]) {
        let mut rest: &[u8] = &wire_form(status.trim_ascii_start());
        let mut is_first = true;
        while !rest.is_empty() && self.recipients.len() < DSN_RECIPIENT_COUNT_MAX {
            let group = Headers::parse(rest);
            if is_first {
                // RFC 3464 §2.2.1: the ENVID that we gave.
                self.envelope_id = group.named("original-envelope-id").next().and_then(|field| text(&field));
            }
            // Some programs leave the empty line out.
            self.recipients.extend(Recipient::read(&group));
            is_first = false;
            let end = group.body_start();
            rest = rest.get(end..).unwrap_or_default().trim_ascii_start();
        }
    }
}

impl Recipient {
    fn read(group: &Headers<'_>) -> Option<Self> {
        // RFC 3464 §2.1.1, §2.4: names without regard to case; fields that are not known are passed over.
        let value = |name: &str| group.named(name).next().and_then(|field| text(&field));
        // RFC 3464 §2.3.3: the action is required, and one of five words, without regard to case.
        let action = match value("action")?.to_ascii_lowercase().split([' ', '(']).next()? {
            "failed" => Action::Failed,
            "delayed" => Action::Delayed,
            "delivered" => Action::Delivered,
            "relayed" => Action::Relayed,
            "expanded" => Action::Expanded,
            _ => return None,
        };
        // RFC 3464 §2.3.1, §2.3.2: the address as we gave it, where it is told; else what became of it.
        let address = value("original-recipient").or_else(|| value("final-recipient"))?;
        Some(Self {
            address: typed(&address),
            action,
            // RFC 3464 §2.3.4, §2.3.6: the code, and what the server said.
            status: value("status"),
            diagnostic: value("diagnostic-code").map(|code| typed(&code)),
        })
    }
}

/// What stands behind the type (RFC 3464 §2.1.2): `rfc822; a@b.example`.
fn typed(value: &str) -> Box<str> {
    value.split_once(';').map_or(value, |(_, value)| value).trim().into()
}

fn text(field: &Field<'_>) -> Option<Box<str>> {
    let value = String::from_utf8_lossy(&field.unfolded()).into_owned();
    let value = value.trim();
    (!value.is_empty()).then(|| value[..value.floor_char_boundary(TEXT_BYTES_MAX)].into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Postfix writes them.
    const BOUNCE: &str = "From: MAILER-DAEMON@mx.receiver.example (Mail Delivery System)\n\
        To: reports+0123456789abcdef0123456789abcdef@receiver.example\n\
        Content-Type: multipart/report; report-type=delivery-status;\n boundary=\"b/1\"\n\n\
        --b/1\nContent-Description: Notification\n\nI'm sorry.\n\n\
        --b/1\nContent-Description: Delivery report\nContent-Type: message/delivery-status\n\n\
        Reporting-MTA: dns; mx.receiver.example\nX-Postfix-Queue-ID: 4Qx\n\
        Original-Envelope-Id: 0123456789abcdef0123456789abcdef\nArrival-Date: Sun, 22 Nov 2026 00:00:00 +0000\n\n\
        Final-Recipient: rfc822; dmarc@example.jp\nOriginal-Recipient: rfc822;dmarc@Example.JP\n\
        Action: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.jp\n\
        Diagnostic-Code: smtp; 550 5.1.1 <dmarc@example.jp>:\n    no such user\n\n\
        --b/1\nContent-Description: Undelivered Message Headers\nContent-Type: text/rfc822-headers\n\n\
        Message-ID: <fedcba9876543210fedcba9876543210@receiver.example>\nSubject: Report Domain: example.jp\n\n\
        --b/1--\n";

    #[test]
    fn a_bounce_is_read() {
        let dsn = Dsn::read(BOUNCE.as_bytes()).unwrap();
        assert_eq!(dsn.recipients.len(), 1);
        let recipient = &dsn.recipients[0];
        assert_eq!((&*recipient.address, recipient.action), ("dmarc@Example.JP", Action::Failed));
        assert_eq!(dsn.failure().as_deref(), Some("5.1.1 550 5.1.1 <dmarc@example.jp>:    no such user"));
        assert_eq!(dsn.delivery(), Some(DeliveryId("0123456789abcdef0123456789abcdef".into())));
        let without = BOUNCE.replace("Original-Envelope-Id: 0123456789abcdef0123456789abcdef\n", "");
        let by_message = Dsn::read(without.as_bytes()).unwrap().delivery();
        assert_eq!(by_message, Some(DeliveryId("fedcba9876543210fedcba9876543210".into())));
    }

    #[test]
    fn what_is_delayed_or_delivered_is_no_failure() {
        for action in ["delayed", "Delivered", "relayed", "expanded (list)"] {
            let mail = BOUNCE.replace("Action: failed", &format!("Action: {action}"));
            let dsn = Dsn::read(mail.as_bytes()).unwrap();
            assert_eq!((dsn.recipients.len(), dsn.failure()), (1, None), "{action}");
        }
        let unknown = Dsn::read(BOUNCE.replace("Action: failed", "Action: lost").as_bytes()).unwrap();
        assert_eq!(unknown.recipients, []);
    }

    #[test]
    fn other_mail_is_none() {
        assert_eq!(Dsn::read(b"Subject: x\r\n\r\nMessage-ID: <0123456789abcdef0123456789abcdef@x>\r\n"), None);
        assert_eq!(Dsn::read(b""), None);
    }

    #[test]
    fn so_many_recipients_are_read() {
        let group = "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.0.0\n\n";
        for count in [DSN_RECIPIENT_COUNT_MAX - 1, DSN_RECIPIENT_COUNT_MAX, DSN_RECIPIENT_COUNT_MAX + 1] {
            let mail =
                format!("Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n{}", group.repeat(count));
            let dsn = Dsn::read(mail.as_bytes()).unwrap();
            assert_eq!(dsn.recipients.len(), count.min(DSN_RECIPIENT_COUNT_MAX), "{count}");
        }
    }

    #[test]
    #[ignore = "runs for SEKISHO_FUZZ_SECONDS"]
    fn fuzz_dsn() {
        testkit::fuzz("dsn", &[BOUNCE], |bytes| {
            let _ = Dsn::read(bytes).map(|dsn| (dsn.delivery(), dsn.failure()));
        });
    }
}
