//! Each limit at, one below and one above.

#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;

use lookup::Zone;
use milter::{LeadingSpace, Offer};
use sekisho_service::limits::{HEADER_BYTES_KEPT_MAX, QUEUE_ID_BYTES_MAX, RECIPIENT_DOMAIN_COUNT_MAX};
use support::{Counting, Mail, Story, apply, assert_one_on_top, rules_of};

fn story() -> Story<Arc<Zone>> {
    Story::new(Arc::new(Zone::new()), Offer::postfix())
}

#[test]
fn queue_ids() {
    for bytes in [QUEUE_ID_BYTES_MAX - 1, QUEUE_ID_BYTES_MAX, QUEUE_ID_BYTES_MAX + 1] {
        let mut story = story();
        story.queue_id = "Q".repeat(bytes);
        story.deliver(&Mail { fields: Vec::new(), body: Vec::new() });
        let kept = "Q".repeat(bytes.min(QUEUE_ID_BYTES_MAX));
        assert!(story.receipt().starts_with(&format!("queue-id={kept} ")), "{bytes}");
    }
}

/// A header that ends at the last byte that is read, one before, one behind: with a header that was cut nobody is the
/// author. And no forged field hides behind the limit.
#[test]
fn header_blocks() {
    let read_max = HEADER_BYTES_KEPT_MAX - 1;
    for (bytes, seen) in [(read_max - 1, true), (read_max, true), (read_max + 1, false)] {
        let from = (b"From".to_vec(), b" a@example.jp".to_vec());
        let forged = (b"Authentication-Results".to_vec(), b" mx.example.net; dmarc=pass".to_vec());
        // The block ends with the empty line.
        let last = b"From: a@example.jp\r\nAuthentication-Results: mx.example.net; dmarc=pass\r\n\r\n".len();
        let mut fields = Vec::new();
        let mut left = bytes - last;
        while left > 0 {
            // A rest that is too small for a field goes into the one before.
            let field = if left < 70_000 { left } else { 60_000 };
            fields.push((b"X-Fill".to_vec(), vec![b'x'; field - b"X-Fill:\r\n".len()]));
            left -= field;
        }
        fields.push(from);
        fields.push(forged);
        let mail = Mail { fields, body: Vec::new() };
        let mut story = story();
        let outcome = story.deliver(&mail);
        assert_one_on_top(&mail, &apply(&mail, &outcome, Counting::WhatIsLeft, LeadingSpace::Kept));
        let receipt = story.receipt();
        assert!(receipt.contains("forged=1 cleaned=ok labelled=ok"), "{receipt}");
        assert_eq!(receipt.contains("dmarc=none"), seen, "{bytes}: {receipt}");
    }
}

/// The domain with rules of its own is the last that is asked for them, the one before, or the one behind: it does not count
/// any more, and the message is judged by the general rules.
#[test]
fn domains_of_recipients() {
    let text = "rule.stage: block\nat last.example: stage=observe\n";
    let rules = rules_of(&testkit::KeyValues::parse(text).unwrap());
    let mail = Mail { fields: Vec::new(), body: Vec::new() };
    for (place, counts) in [
        (RECIPIENT_DOMAIN_COUNT_MAX - 1, true),
        (RECIPIENT_DOMAIN_COUNT_MAX, true),
        (RECIPIENT_DOMAIN_COUNT_MAX + 1, false),
    ] {
        let mut story = Story::with_rules(Arc::new(Zone::new()), Offer::postfix(), rules.clone());
        // One domain that comes twice takes one place.
        let others = (1..place).flat_map(|at| [format!("<a@d{at}.example>"), format!("<b@D{at}.example>")]);
        story.recipients = others.chain(["<you@last.example>".to_owned()]).collect();
        story.deliver(&mail);
        let verdict = story.verdict();
        assert_eq!(verdict.starts_with("action=label "), counts, "{place}: {verdict}");
    }
}
